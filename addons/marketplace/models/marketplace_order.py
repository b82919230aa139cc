from odoo import fields, models

STATUS = [
    ("pending", "Pending"),
    ("hold", "Being edited"),
    ("confirmed", "Confirmed"),
    ("shipped", "Shipped"),
    ("delivered", "Delivered"),
    ("cancelled", "Cancelled"),
    ("returned", "Returned"),
]


class MarketplaceOrder(models.Model):
    """An order as one account knows it: the import ledger. One row for each order of the channel,
    whatever happened to it; the sales order is linked once there is one."""

    _name = "marketplace.order"
    _description = "Marketplace Order"
    _inherit = ["mail.thread"]
    _order = "placed_at desc, id desc"
    _rec_name = "number"

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", index=True, readonly=True
    )
    provider = fields.Selection(related="account_id.provider", store=True)
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    external_id = fields.Char(required=True, readonly=True)
    number = fields.Char(readonly=True, index=True)
    sale_order_id = fields.Many2one(
        "sale.order", index="btree_not_null", ondelete="restrict", readonly=True
    )
    partner_id = fields.Many2one("res.partner", readonly=True)
    status = fields.Selection(STATUS, readonly=True, index=True)
    raw_status = fields.Char("Status on the channel", readonly=True)
    fulfilment = fields.Char(readonly=True, help="Who delivers: seller or channel.")
    revision = fields.Char(readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    total = fields.Monetary("Total on the channel", readonly=True)
    payments = fields.Json(readonly=True)
    cash_to_collect = fields.Monetary(readonly=True)
    otp_required = fields.Boolean(readonly=True)
    cancel_reason = fields.Char()
    requested_delivery = fields.Date(readonly=True)
    placed_at = fields.Datetime(readonly=True)
    updated_at = fields.Datetime("Changed on the channel", readonly=True)
    first_seen_at = fields.Datetime(default=fields.Datetime.now, readonly=True)
    last_seen_at = fields.Datetime(default=fields.Datetime.now, readonly=True)
    seen_count = fields.Integer(default=1, readonly=True)
    acknowledged_at = fields.Datetime(readonly=True)
    # What the channel acknowledged of what we told it: {"status": "delivered", …}
    acknowledged = fields.Json(readonly=True, copy=False)
    extra = fields.Json(readonly=True)
    note = fields.Text(readonly=True)
    line_ids = fields.One2many("marketplace.order.line", "order_id", readonly=True)
    outbox_ids = fields.One2many("marketplace.outbox", "order_id")
    inbox_ids = fields.One2many("marketplace.inbox", "order_id")

    _external_unique = models.Constraint(
        "UNIQUE (account_id, external_id)", "This order of the channel is already here."
    )
