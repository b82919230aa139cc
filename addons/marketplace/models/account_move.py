from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        """Override of `account` to record credit notes of sales orders."""
        posted = super()._post(soft)
        if not self.env["marketplace.recorder"]._enabled():
            return posted
        for move in posted.filtered(lambda move: move.move_type == "out_refund"):
            for order in move.invoice_line_ids.sale_line_ids.order_id:
                self.env["marketplace.recorder"]._record_order(
                    "refund", move, order, {"key": str(order.id)}
                )
        return posted
