from odoo import api, fields, models

from odoo.addons.marketplace.const import REASON_KEY


class SaleMassCancelOrders(models.TransientModel):
    _inherit = "sale.mass.cancel.orders"

    shopify_order_count = fields.Integer(compute="_compute_shopify_order_count")
    shopify_reason = fields.Selection(
        lambda self: self.env["marketplace.account"]._selection_shopify_cancel_reason(),
        "Reason for Shopify",
        compute="_compute_shopify_reason",
        store=True,
        readonly=False,
    )

    @api.depends("sale_order_ids")
    def _compute_shopify_order_count(self):
        for wizard in self:
            wizard.shopify_order_count = len(wizard.sale_order_ids._shopify_needs_reason())

    @api.depends("sale_order_ids")
    def _compute_shopify_reason(self):
        for wizard in self:
            first = wizard.sale_order_ids._shopify_needs_reason()[:1]
            usual = first._shopify_order().account_id.shopify_cancel_reason
            wizard.shopify_reason = wizard.shopify_reason or usual

    def action_mass_cancel(self):
        """Override of ``sale`` to give all Shopify orders among them one reason.

        They go by themselves: another channel's orders have reasons of their own.
        """
        asked = self.with_context(**{REASON_KEY: False})
        own = asked.sale_order_ids._shopify_needs_reason()
        if own:
            own.with_context(**{REASON_KEY: self.shopify_reason})._action_cancel()
            self.sale_order_ids -= own
        return super().action_mass_cancel()
