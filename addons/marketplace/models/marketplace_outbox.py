from odoo import fields, models

KINDS = [
    ("product", "Product"),
    ("price", "Price"),
    ("inventory", "Stock"),
    ("image", "Images"),
    ("relationship", "Relationship"),
    ("override", "Override"),
    ("delete", "Close listing"),
    ("acknowledge", "Acknowledgement"),
    ("status", "Order status"),
    ("lines", "Order lines"),
    ("shipment", "Shipment"),
    ("refund", "Refund"),
    ("cancel", "Cancellation"),
]


class MarketplaceOutbox(models.Model):
    """What one account must still be told.

    ::

        new ──claim──▶ submitted ──answer──▶ success
         ▲               │  │ asynchronous
         │ retry, wait   │  └──▶ pending ──poll──▶ success / error
         ├───────────────┘
         └── error ◀── refused or exhausted          any waiting or error item ──▶ superseded
    """

    _name = "marketplace.outbox"
    _description = "Marketplace Outbox Item"
    _order = "id desc"
    _rec_name = "kind"
    _log_access = False

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", readonly=True
    )
    provider = fields.Selection(related="account_id.provider", store=False)
    company_id = fields.Many2one(related="account_id.company_id")
    kind = fields.Selection(KINDS, required=True, readonly=True)
    lane = fields.Char(required=True, readonly=True)
    listing_id = fields.Many2one("marketplace.listing", ondelete="cascade", readonly=True)
    order_id = fields.Many2one("marketplace.order", ondelete="cascade", readonly=True)
    # The document an order item is about: picking, credit note, sales order.
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", readonly=True, aggregator=None)
    key = fields.Char(
        "Idempotency key", readonly=True, help="An order item is sent once for each key."
    )
    data = fields.Json(readonly=True, help="What a person added, e.g. a cancellation reason.")
    status = fields.Selection(
        [
            ("new", "New"),
            ("submitted", "Submitted"),
            ("pending", "Pending"),
            ("success", "Success"),
            ("error", "Error"),
            ("superseded", "Superseded"),
        ],
        required=True,
        default="new",
        readonly=True,
    )
    status_at = fields.Datetime("Status since", default=fields.Datetime.now, readonly=True)
    priority = fields.Integer(default=10, readonly=True, aggregator=None)
    not_before = fields.Datetime(readonly=True)
    attempts = fields.Integer(readonly=True, aggregator=None)
    message = fields.Char("Answer", readonly=True)
    cause_id = fields.Many2one("marketplace.cause", ondelete="set null", readonly=True)
    submission_id = fields.Many2one("marketplace.submission", ondelete="set null", readonly=True)
    created_at = fields.Datetime(default=fields.Datetime.now, readonly=True)
    sent = fields.Json("Values sent", readonly=True)

    # At most one waiting item for each thing to tell: that is the coalescing.
    _waiting_unique = models.UniqueIndex(
        "(account_id, listing_id, kind) WHERE status = 'new' AND listing_id IS NOT NULL"
    )
    _key_unique = models.UniqueIndex("(account_id, kind, key) WHERE key IS NOT NULL")
    _claim_idx = models.Index("(account_id, lane, priority, id) WHERE status = 'new'")
    _unfinished_idx = models.Index(
        "(account_id, status) WHERE status IN ('submitted', 'pending', 'error')"
    )
    _listing_idx = models.Index("(listing_id, kind, id) WHERE listing_id IS NOT NULL")
    _order_idx = models.Index("(order_id, id) WHERE order_id IS NOT NULL")
    _submission_idx = models.Index("(submission_id) WHERE submission_id IS NOT NULL")
    _cause_idx = models.Index("(cause_id) WHERE cause_id IS NOT NULL")
    _age_idx = models.Index("(account_id, status_at)")
