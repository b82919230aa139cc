from odoo import api, fields, models

from odoo.addons.marketplace.const import REASON_KEY


class SaleMassCancelOrders(models.TransientModel):
    _inherit = "sale.mass.cancel.orders"

    amazon_order_count = fields.Integer(compute="_compute_amazon_order_count")
    amazon_reason = fields.Selection(
        lambda self: self.env["marketplace.account"]._selection_amazon_cancel_reason(),
        "Reason for Amazon",
        compute="_compute_amazon_reason",
        store=True,
        readonly=False,
    )

    @api.depends("sale_order_ids")
    def _compute_amazon_order_count(self):
        for wizard in self:
            wizard.amazon_order_count = len(wizard.sale_order_ids._amazon_needs_reason())

    @api.depends("sale_order_ids")
    def _compute_amazon_reason(self):
        for wizard in self:
            first = wizard.sale_order_ids._amazon_needs_reason()[:1]
            usual = first._amazon_order().account_id.amazon_cancel_reason
            wizard.amazon_reason = wizard.amazon_reason or usual

    def action_mass_cancel(self):
        """Override of ``sale`` to give all Amazon orders among them one reason.

        They go by themselves: another channel's orders have reasons of their own.
        """
        asked = self.with_context(**{REASON_KEY: False})
        own = asked.sale_order_ids._amazon_needs_reason()
        if own:
            own.with_context(**{REASON_KEY: self.amazon_reason})._action_cancel()
            self.sale_order_ids -= own
        return super().action_mass_cancel()
