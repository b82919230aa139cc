from odoo import api, fields, models

from odoo.addons.marketplace.const import REASON_KEY


class SaleMassCancelOrders(models.TransientModel):
    _inherit = "sale.mass.cancel.orders"

    cartona_order_count = fields.Integer(compute="_compute_cartona_order_count")
    cartona_reason = fields.Selection(
        lambda self: self.env["marketplace.account"]._selection_cartona_reason(),
        "Reason for Cartona",
        compute="_compute_cartona_reason",
        store=True,
        readonly=False,
    )

    @api.depends("sale_order_ids")
    def _compute_cartona_order_count(self):
        for wizard in self:
            wizard.cartona_order_count = len(wizard.sale_order_ids._cartona_needs_reason())

    @api.depends("sale_order_ids")
    def _compute_cartona_reason(self):
        for wizard in self:
            first = wizard.sale_order_ids._cartona_needs_reason()[:1]
            usual = first._cartona_order().account_id.cartona_cancel_reason
            wizard.cartona_reason = wizard.cartona_reason or usual

    def action_mass_cancel(self):
        """Override of ``sale`` to give all Cartona orders among them one reason."""
        if self.cartona_order_count:
            asked = self.with_context(**{REASON_KEY: self.cartona_reason})
            return super(SaleMassCancelOrders, asked).action_mass_cancel()
        return super().action_mass_cancel()
