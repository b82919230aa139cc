"""Tables of the core: what is recorded, and which kinds of outbox items it leads to."""

# Shown instead of a stored secret; writing it back changes nothing.
MASK = "••••••••"
# Context key: why an order is cancelled, in the channel's own words.
REASON_KEY = "marketplace_cancel_reason"
# … what else the person chose: {"restock", "refund", "notify"}, and words for the channel.
CANCEL_OPTIONS_KEY = "marketplace_cancel_options"
CANCEL_NOTE_KEY = "marketplace_cancel_note"

# Fields that change without anything for a channel to know: never recorded.
IGNORED_FIELDS = frozenset(
    {
        "write_date",
        "write_uid",
        "create_date",
        "create_uid",
        "__last_update",
        "message_follower_ids",
        "message_ids",
        "message_main_attachment_id",
        "message_partner_ids",
        "activity_ids",
        "activity_state",
        "activity_user_id",
        "activity_type_id",
        "activity_date_deadline",
        "rating_ids",
        "website_message_ids",
        "priority",
        "is_favorite",
        "color",
        "sequence",
        "responsible_id",
        "property_stock_production",
        "property_stock_inventory",
        "marketplace_listing_ids",
        "seller_ids",
        "variant_seller_ids",
        "cost_method",
        "valuation",
        "description_picking",
        "description_pickingin",
        "description_pickingout",
        "description_purchase",
        "product_variant_ids",
        "property_account_income_id",
        "property_account_expense_id",
        "standard_price",
        "purchase_ok",
        "purchase_line_warn_msg",
        "sale_line_warn_msg",
        "service_to_purchase",
        "expense_policy",
        "invoice_policy",
    }
)

# Field of a product → kinds that must be told again. Any other field means ``product``.
FIELD_KINDS = {
    "list_price": ("price",),
    "lst_price": ("price",),
    "price_extra": ("price",),
    "pricelist": ("price",),
    "taxes_id": ("price",),
    "uom_id": ("product", "price", "inventory"),
    "quantity": ("inventory",),
    "reserved_quantity": ("inventory",),
    "forecast": ("inventory",),
    "image_1920": ("image",),
    "image_variant_1920": ("image",),
    "product_template_image_ids": ("image",),
    "attribute_line_ids": ("product", "relationship"),
    "accessory_product_ids": ("relationship",),
    "optional_product_ids": ("relationship",),
    "active": ("product", "inventory"),
    "sale_ok": ("product", "inventory"),
    "type": ("product", "inventory"),
    "is_storable": ("inventory",),
}
DEFAULT_KINDS = ("product",)
CREATE_KINDS = ("product", "price", "inventory", "image", "relationship", "override")

# Fields whose short old and new values are kept with the operation (X2).
VALUE_FIELDS = ("list_price", "price_extra")

# Smaller goes first: orders before decrements before the rest.
PRIORITY = {
    "cancel": 1,
    "acknowledge": 2,
    "status": 3,
    "lines": 3,
    "shipment": 3,
    "refund": 4,
    "decrement": 5,
    "inventory": 8,
    "price": 8,
    "delete": 9,
    "product": 10,
    "override": 12,
    "relationship": 12,
    "image": 14,
}

# Order operation → kinds for an order of a channel (X3).
ORDER_OPERATION_KINDS = {
    "confirmation": ("status",),
    "lines": ("lines",),
    "shipment": ("shipment", "status"),
    "tracking": ("shipment",),
    "delivery": ("status",),
    "cancellation": ("cancel",),
    "refund": ("refund",),
    "return": ("refund",),
}

# A whole send is at most this many seconds of one job; the job then hands over to a fresh one.
JOB_SECONDS = 30.0
# Seconds until a flow is tried again that something unforeseen stopped.
STOPPED_SECONDS = 60.0
# Seconds after which a sent item without a result was left behind by a job that died.
ORPHAN_SECONDS = 120
# People hear that a credential expires so many days before.
EXPIRY_DAYS = 14
# A burst of webhooks is so many within a second: while it lasts, the import leaves the processors
# to the acknowledgements, the oldest message waits at most so many seconds.
BURST_MESSAGES = 10
BURST_PATIENCE = 5.0
BURST_PAUSE = 1.0
# Seconds until a pull that was wanted while another was under way.
PULL_AGAIN = 2
# Operations dispatched in one transaction, newest first.
DISPATCH_CHUNK = 2000
# A burst is this many sends within LINGER seconds; only then what follows waits to fill a batch.
LINGER_SENDS = 3
LINGER = 0.5
# Retries of a failing send: 5 s, 10 s, 20 s … at most an hour, ten times.
RETRY_FIRST = 5.0
RETRY_MOST = 3600.0
MAX_ATTEMPTS = 10
# A stored body of a request or an answer is cut here.
BODY_LIMIT = 20_000
