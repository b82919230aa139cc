from odoo import fields, models

KINDS = [
    ("sale", "Sales"),
    ("shipping", "Shipping"),
    ("tax", "Tax"),
    ("discount", "Discounts"),
    ("refund", "Refunds"),
    ("fee", "Fees"),
    ("adjustment", "Adjustments"),
    ("reserve", "Reserve"),
    ("transfer", "Transfers"),
    ("other", "Other"),
]


class MarketplaceSettlementLine(models.Model):
    """One transaction of a settlement; positive amounts are to the seller's credit."""

    _name = "marketplace.settlement.line"
    _description = "Marketplace Settlement Line"
    _order = "settlement_id desc, id"
    _rec_name = "type"
    _log_access = False

    settlement_id = fields.Many2one(
        "marketplace.settlement", required=True, ondelete="cascade", index=True, readonly=True
    )
    account_id = fields.Many2one(related="settlement_id.account_id", store=True)
    company_id = fields.Many2one(related="settlement_id.company_id", store=True)
    currency_id = fields.Many2one(related="settlement_id.currency_id", store=True)
    provisional = fields.Boolean(related="settlement_id.provisional", string="Still open")
    external_id = fields.Char("Id on the channel", required=True, readonly=True)
    kind = fields.Selection(KINDS, required=True, readonly=True, string="What it is")
    type = fields.Char("Words of the channel", readonly=True)
    amount = fields.Monetary(readonly=True)
    order_external_id = fields.Char("Order on the channel", readonly=True)
    line_external_id = fields.Char("Order line on the channel", readonly=True)
    sku = fields.Char("SKU", readonly=True)
    quantity = fields.Float(readonly=True, digits="Product Unit", aggregator=None)
    posted_at = fields.Datetime("Posted", readonly=True)
    description = fields.Char(readonly=True)
    marketplace = fields.Char(readonly=True)
    order_id = fields.Many2one(
        "marketplace.order",
        ondelete="set null",
        index="btree_not_null",
        readonly=True,
    )
    sale_order_id = fields.Many2one(related="order_id.sale_order_id", string="Sales order")
    move_id = fields.Many2one(
        "account.move",
        ondelete="set null",
        index="btree_not_null",
        readonly=True,
        string="Invoice or credit note",
    )
    state = fields.Selection(
        [
            ("matched", "Matched"),
            ("fee", "Fee"),
            ("none", "No order"),
            ("unknown", "Order unknown"),
            ("differs", "Amount differs"),
        ],
        default="none",
        required=True,
        readonly=True,
        string="Status",
        help="Matched: all that was settled of the order is its total, or what was refunded is in "
        "credit notes. Order unknown: that order is not here (yet).",
    )

    _external_unique = models.Constraint(
        "UNIQUE (settlement_id, external_id)", "This line of the settlement is already here."
    )
    # An order that arrives late asks who waited for it.
    _unknown_idx = models.Index("(account_id, order_external_id) WHERE state = 'unknown'")

    def action_open_order(self):
        """The ledger row of the order."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "marketplace.order",
            "view_mode": "form",
            "res_id": self.order_id.id,
        }
