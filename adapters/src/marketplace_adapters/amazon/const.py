"""Tables of Amazon's Selling Partner API.

Sources, read 2026-11: ``M`` the official models, ``D`` the vendor's documentation
(developer-docs.amazon.com/sp-api), ``X`` the published schemas of feeds. Where a table is not
confirmed by one of them, it says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..core.news import ApiVersion

# M, and the table of lives in the vendor's notices (read 2026-11). Of Orders v0 the operations that
# read orders are removed on 2027-03-27 (D: Introducing the Orders API v2026-01-01); what is called
# here is confirmShipment alone, neither deprecated nor with a successor. Finances v0 ends on
# 2027-08-27 and is not called either.
VERSIONS: tuple[ApiVersion, ...] = (
    ApiVersion("Orders 2026-01-01"),
    ApiVersion("Orders v0 (shipment confirmation)"),
    ApiVersion("Listings Items 2021-08-01"),
    ApiVersion("Product Type Definitions 2020-09-01"),
    ApiVersion("Feeds 2021-06-30"),
    ApiVersion("Reports 2021-06-30"),
    ApiVersion("Finances 2024-06-19"),
    ApiVersion("FBA Inventory v1"),
    ApiVersion("Notifications v1"),
    ApiVersion("Sellers v1"),
)

TOKEN_URL = "https://api.amazon.com/auth/o2/token"  # D: Connecting to the SP-API, step 1
TOKEN_PATH = "/auth/o2/token"

DOCUMENT_HOSTS = ("https://*.amazonaws.com",)  # D: presigned addresses of feeds and reports


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the world with one API host (M: ``host``; D: SP-API endpoints)."""

    code: str
    name: str
    base_url: str
    sandbox_url: str


def _region(code: str, name: str) -> Region:
    host = f"sellingpartnerapi-{code}.amazon.com"
    return Region(code, name, f"https://{host}", f"https://sandbox.{host}")


REGIONS: dict[str, Region] = {
    region.code: region
    for region in (
        _region("eu", "Europe, Middle East, Africa, India"),
        _region("na", "North and South America"),
        _region("fe", "Far East"),
    )
}


@dataclass(frozen=True, slots=True)
class Marketplace:
    """One of Amazon's shops.

    :param country: ISO code (Amazon's own list says UK where ISO says GB).
    :param language: the shop's first language, as in ``language_tag``.
    """

    id: str
    country: str
    region: str
    currency: str
    language: str
    domain: str


# D: Marketplace IDs. Currencies, languages and domains as a call of getMarketplaceParticipations
# tells them per marketplace; an account's options overrule both.
MARKETPLACES: dict[str, Marketplace] = {
    one.id: one
    for one in (
        Marketplace("A1F83G8C2ARO7P", "GB", "eu", "GBP", "en_GB", "amazon.co.uk"),
        Marketplace("A1PA6795UKMFR9", "DE", "eu", "EUR", "de_DE", "amazon.de"),
        Marketplace("A13V1IB3VIYZZH", "FR", "eu", "EUR", "fr_FR", "amazon.fr"),
        Marketplace("APJ6JRA9NG5V4", "IT", "eu", "EUR", "it_IT", "amazon.it"),
        Marketplace("A1RKKUPIHCS9HS", "ES", "eu", "EUR", "es_ES", "amazon.es"),
        Marketplace("A1805IZSGTT6HS", "NL", "eu", "EUR", "nl_NL", "amazon.nl"),
        Marketplace("AMEN7PMS3EDWL", "BE", "eu", "EUR", "fr_BE", "amazon.com.be"),
        Marketplace("A28R8C7NBKEWEA", "IE", "eu", "EUR", "en_IE", "amazon.ie"),
        Marketplace("A2NODRKZP88ZB9", "SE", "eu", "SEK", "sv_SE", "amazon.se"),
        Marketplace("A1C3SOZRARQ6R3", "PL", "eu", "PLN", "pl_PL", "amazon.pl"),
        Marketplace("A33AVAJ2PDY3EV", "TR", "eu", "TRY", "tr_TR", "amazon.com.tr"),
        Marketplace("A2VIGQ35RCS4UG", "AE", "eu", "AED", "en_AE", "amazon.ae"),
        Marketplace("A17E79C6D8DWNP", "SA", "eu", "SAR", "ar_AE", "amazon.sa"),
        Marketplace("ARBP9OOSHTCHU", "EG", "eu", "EGP", "ar_AE", "amazon.eg"),
        Marketplace("AE08WJ6YKNBMC", "ZA", "eu", "ZAR", "en_ZA", "amazon.co.za"),
        Marketplace("A21TJRUUN4KGV", "IN", "eu", "INR", "en_IN", "amazon.in"),
        Marketplace("ATVPDKIKX0DER", "US", "na", "USD", "en_US", "amazon.com"),
        Marketplace("A2EUQ1WTGCTBG2", "CA", "na", "CAD", "en_CA", "amazon.ca"),
        Marketplace("A1AM78C64UM0Y8", "MX", "na", "MXN", "es_MX", "amazon.com.mx"),
        Marketplace("A2Q3Y263D00KWC", "BR", "na", "BRL", "pt_BR", "amazon.com.br"),
        Marketplace("A1VC38T7YXB528", "JP", "fe", "JPY", "ja_JP", "amazon.co.jp"),
        Marketplace("A39IBJ37TRP1C6", "AU", "fe", "AUD", "en_AU", "amazon.com.au"),
        Marketplace("A19VAU5U5O7RUS", "SG", "fe", "SGD", "en_SG", "amazon.sg"),
    )
}

# === FEEDS === #

# D: Feed Type Values, Listings Feed Type Values, Order Feed Type Values.
LISTINGS_FEED = "JSON_LISTINGS_FEED"
ACKNOWLEDGEMENT_FEED = "POST_ORDER_ACKNOWLEDGEMENT_DATA"
FULFILLMENT_FEED = "POST_ORDER_FULFILLMENT_DATA"
ADJUSTMENT_FEED = "POST_PAYMENT_ADJUSTMENT_DATA"
FEED_TYPES = (LISTINGS_FEED, ACKNOWLEDGEMENT_FEED, FULFILLMENT_FEED, ADJUSTMENT_FEED)

JSON_TYPE = "application/json; charset=UTF-8"
XML_TYPE = "text/xml; charset=UTF-8"

# M feeds_2021-06-30, Feed.processingStatus
FEED_WORKING = frozenset({"IN_QUEUE", "IN_PROGRESS"})
FEED_ENDED = frozenset({"DONE", "CANCELLED", "FATAL"})

# Feed types that are processed no more since 2025-07-31 (D: Feeds API Best Practices).
RETIRED_FEED_TYPES = (
    "POST_PRODUCT_DATA",
    "POST_INVENTORY_AVAILABILITY_DATA",
    "POST_PRODUCT_PRICING_DATA",
    "POST_PRODUCT_IMAGE_DATA",
    "POST_PRODUCT_RELATIONSHIP_DATA",
    "POST_PRODUCT_OVERRIDES_DATA",
)

# === REASONS === #

# X release 4_1: OrderAcknowledgement.Item.CancelReason
CANCEL_REASONS = (
    "NoInventory",
    "ShippingAddressUndeliverable",
    "CustomerExchange",
    "BuyerCanceled",
    "GeneralAdjustment",
    "CarrierCreditDecision",
    "RiskAssessmentInformationNotValid",
    "CarrierCoverageFailure",
    "CustomerReturn",
    "MerchandiseNotReceived",
    "CannotVerifyInformation",
    "PricingError",
    "RejectOrder",
    "WeatherDelay",
)
DEFAULT_CANCEL_REASON = "NoInventory"

# X release 4_1: OrderAdjustment.AdjustedItem.AdjustmentReason
ADJUSTMENT_REASONS = (
    "NoInventory",
    "CustomerReturn",
    "GeneralAdjustment",
    "CouldNotShip",
    "DifferentItem",
    "Abandoned",
    "CustomerCancel",
    "PriceError",
    "ProductOutofStock",
    "CustomerAddressIncorrect",
    "Exchange",
    "Other",
    "CarrierCreditDecision",
    "RiskAssessmentInformationNotValid",
    "CarrierCoverageFailure",
    "TransactionRecord",
    "Undeliverable",
    "RefusedDelivery",
)
DEFAULT_ADJUSTMENT_REASON = "GeneralAdjustment"
RETURN_REASON = "CustomerReturn"

# === LISTINGS === #

DEFAULT_CONDITION = "new_new"
# D: Listings Items, condition_type of most product types.
CONDITIONS = (
    "new_new",
    "new_open_box",
    "new_oem",
    "refurbished_refurbished",
    "used_like_new",
    "used_very_good",
    "used_good",
    "used_acceptable",
    "collectible_like_new",
    "collectible_very_good",
    "collectible_good",
    "collectible_acceptable",
    "club_club",
)
REQUIREMENTS = ("LISTING", "LISTING_PRODUCT_ONLY", "LISTING_OFFER_ONLY")  # M listingsItems
DEFAULT_PRODUCT_TYPE = "PRODUCT"
"""Takes part in every patch of a SKU whose product type is not known (D: Listings Items)."""

SELLER_CHANNEL = "DEFAULT"
CHANNEL_BY_REGION = {"eu": "AMAZON_EU", "na": "AMAZON_NA", "fe": "AMAZON_JP"}
"""``fulfillment_channel_code`` of goods that Amazon keeps (D: Listings Items, FBA offers). The
far east has a code per country: :data:`CHANNEL_BY_COUNTRY`."""
CHANNEL_BY_COUNTRY = {"JP": "AMAZON_JP", "AU": "AMAZON_AU", "SG": "AMAZON_SG", "IN": "AMAZON_IN"}

MAX_IMAGES = 9
"""``main_product_image_locator`` and ``other_product_image_locator_1`` to ``_8``."""
MAX_BULLETS = 10

# === ROLES === #

# D: Roles; which role an operation asks for, to say in words what is missing.
ROLES = {
    "getMarketplaceParticipations": "Selling Partner Insights",
    "searchOrders": "Inventory and Order Tracking",
    "getOrder": "Inventory and Order Tracking",
    "confirmShipment": "Inventory and Order Tracking",
    "searchListingsItems": "Product Listing",
    "getListingsItem": "Product Listing",
    "putListingsItem": "Product Listing",
    "patchListingsItem": "Product Listing",
    "deleteListingsItem": "Product Listing",
    "getDefinitionsProductType": "Product Listing",
    "createFeed": "Product Listing or Inventory and Order Tracking",
    "getFeeds": "Product Listing or Inventory and Order Tracking",
    "listTransactions": "Finance and Accounting",
    "getInventorySummaries": "Amazon Fulfillment",
}
