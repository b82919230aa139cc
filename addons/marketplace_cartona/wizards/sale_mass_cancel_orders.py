from odoo import api, fields, models


class SaleMassCancelOrders(models.TransientModel):
    _inherit = "sale.mass.cancel.orders"

    cartona_order_count = fields.Integer(compute="_compute_cartona_order_count")
    cartona_reason = fields.Selection(
        lambda self: self.env["marketplace.account"]._cancel_reasons("cartona"),
        "Reason for Cartona",
        compute="_compute_cartona_reason",
        store=True,
        readonly=False,
    )

    @api.depends("sale_order_ids")
    def _compute_cartona_order_count(self):
        self._compute_order_count_of("cartona")

    @api.depends("sale_order_ids")
    def _compute_cartona_reason(self):
        self._compute_reason_of("cartona")
