from odoo import api, fields, models


class SaleMassCancelOrders(models.TransientModel):
    _inherit = "sale.mass.cancel.orders"

    amazon_order_count = fields.Integer(compute="_compute_amazon_order_count")
    amazon_reason = fields.Selection(
        lambda self: self.env["marketplace.account"]._cancel_reasons("amazon"),
        "Reason for Amazon",
        compute="_compute_amazon_reason",
        store=True,
        readonly=False,
    )

    @api.depends("sale_order_ids")
    def _compute_amazon_order_count(self):
        self._compute_order_count_of("amazon")

    @api.depends("sale_order_ids")
    def _compute_amazon_reason(self):
        self._compute_reason_of("amazon")
