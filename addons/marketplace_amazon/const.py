"""Names of the Amazon addon; the API's own tables are in ``marketplace_adapters.amazon``."""

# Keys under which the adapter finds the secrets, by the account's field.
SECRETS = {
    "amazon_client_id": "client_id",
    "amazon_client_secret": "client_secret",
    "amazon_refresh_token": "refresh_token",
    "amazon_queue_access_key": "queue_access_key",
    "amazon_queue_secret_key": "queue_secret_key",
}

# Domain of the addresses that Amazon puts between buyer and seller: marketplace.amazon.de, …
RELAY_PREFIX = "marketplace.amazon."

# Name of the second offer of a product: the goods that Amazon keeps.
FBA_OFFER = "FBA"
# Name of the listing that holds the variants of a product together.
PARENT_OFFER = "PARENT"
# Begins its SKU; the template's id follows.
PARENT_PREFIX = "PARENT-"

# A definition of a product type is asked for again after so many days.
DEFINITION_DAYS = 7
# Amazon takes one main image and eight more.
MOST_IMAGES = 9
