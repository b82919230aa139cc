from odoo import api, fields, models

from odoo.addons.marketplace.const import REASON_KEY


class MarketplaceAmazonCancel(models.TransientModel):
    """Asks for the reason that Amazon wants with every cancellation."""

    _name = "marketplace.amazon.cancel"
    _description = "Cancel Amazon Orders"

    sale_order_ids = fields.Many2many(
        "sale.order", "marketplace_amazon_cancel_sale_rel", required=True, readonly=True
    )
    reason = fields.Selection(
        lambda self: self.env["marketplace.account"]._selection_amazon_cancel_reason(),
        required=True,
        compute="_compute_reason",
        store=True,
        readonly=False,
    )
    shipped = fields.Boolean(compute="_compute_shipped")

    @api.depends("sale_order_ids")
    def _compute_reason(self):
        for wizard in self:
            account = wizard.sale_order_ids[:1]._amazon_order().account_id
            wizard.reason = wizard.reason or account.amazon_cancel_reason

    @api.depends("sale_order_ids")
    def _compute_shipped(self):
        for wizard in self:
            pickings = wizard.sale_order_ids.picking_ids
            wizard.shipped = any(picking.state == "done" for picking in pickings)

    def action_cancel_orders(self):
        """Cancel in Odoo now; Amazon is told with the reason once that is committed."""
        self.ensure_one()
        return self.sale_order_ids.with_context(**{REASON_KEY: self.reason}).action_cancel()
