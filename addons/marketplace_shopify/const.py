"""Names of the Shopify addon; the API's own tables are in ``marketplace_adapters.shopify``."""

# Keys under which the adapter finds the secrets, by the account's field.
SECRETS = {
    "shopify_client_id": "client_id",
    "shopify_client_secret": "client_secret",
    "shopify_access_token": "access_token",
    "shopify_api_secret": "api_secret",
}

SHOP_SUFFIX = ".myshopify.com"
ADMIN_URL = "https://admin.shopify.com/store"

# Options that tell the variants of a product apart, and variants of one product
# (descriptions of ``productSet`` and ``Product.variants`` in the schema of 2026-10).
MOST_OPTIONS = 3
MOST_VARIANTS = 2048
# Longest texts that Shopify takes (field descriptions of the schema of 2026-10).
MOST_TITLE = 255
MOST_TAG = 255
MOST_TAGS = 250
MOST_ALT_TEXT = 512

# Members of a product and of a variant that the account may leave to the shop, as the adapter and
# the engine's memory have them below ``attributes/product`` and ``attributes/variant``.
PRODUCT_MEMBERS = (
    "title",
    "description_html",
    "vendor",
    "type",
    "tags",
    "status",
    "category",
    "seo_title",
    "seo_description",
    "handle",
    "collections",
    "metafields",
)
VARIANT_MEMBERS = (
    "sku",
    "barcode",
    "weight_kg",
    "taxable",
    "tracked",
    "requires_shipping",
    "hs_code",
    "country",
    "inventory_policy",
    "image",
    "metafields",
)
# How other channels call the same.
ALIASES = {
    "attributes/product/title": "title",
    "attributes/product/description_html": "description",
    "attributes/product/status": "published",
    "attributes/variant/barcode": "barcode",
    "attributes/variant/weight_kg": "weight_kg",
}
