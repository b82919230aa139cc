from odoo import api, fields, models


class SaleMassCancelOrders(models.TransientModel):
    _inherit = "sale.mass.cancel.orders"

    shopify_order_count = fields.Integer(compute="_compute_shopify_order_count")
    shopify_reason = fields.Selection(
        lambda self: self.env["marketplace.account"]._cancel_reasons("shopify"),
        "Reason for Shopify",
        compute="_compute_shopify_reason",
        store=True,
        readonly=False,
    )

    @api.depends("sale_order_ids")
    def _compute_shopify_order_count(self):
        self._compute_order_count_of("shopify")

    @api.depends("sale_order_ids")
    def _compute_shopify_reason(self):
        self._compute_reason_of("shopify")
