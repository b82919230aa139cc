from odoo import api, fields, models

from odoo.addons.marketplace.const import REASON_KEY


class MarketplaceCartonaCancel(models.TransientModel):
    """Asks for the reason that Cartona wants with every cancellation."""

    _name = "marketplace.cartona.cancel"
    _description = "Cancel Cartona Orders"

    sale_order_ids = fields.Many2many(
        "sale.order", "marketplace_cartona_cancel_sale_rel", required=True, readonly=True
    )
    reason = fields.Selection(
        lambda self: self.env["marketplace.account"]._selection_cartona_reason(),
        required=True,
        compute="_compute_reason",
        store=True,
        readonly=False,
    )
    editing = fields.Boolean(compute="_compute_warnings")
    shipped = fields.Boolean(compute="_compute_warnings")

    @api.depends("sale_order_ids")
    def _compute_reason(self):
        for wizard in self:
            account = wizard.sale_order_ids[:1]._cartona_order().account_id
            wizard.reason = wizard.reason or account.cartona_cancel_reason

    @api.depends("sale_order_ids")
    def _compute_warnings(self):
        for wizard in self:
            sales = wizard.sale_order_ids
            wizard.editing = any(sale._cartona_order().status == "hold" for sale in sales)
            wizard.shipped = any(picking.state == "done" for picking in sales.picking_ids)

    def action_cancel_orders(self):
        """Cancel in Odoo now; Cartona is told with the reason once that is committed."""
        self.ensure_one()
        return self.sale_order_ids.with_context(**{REASON_KEY: self.reason}).action_cancel()
