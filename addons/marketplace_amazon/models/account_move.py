from odoo import api, fields, models


class AccountMove(models.Model):
    """Why money is given back, in the words of Amazon's adjustments."""

    _inherit = "account.move"

    amazon_refund_reason = fields.Selection(
        lambda self: self.env["marketplace.account"]._selection_amazon_refund_reason(),
        "Reason for Amazon",
        copy=False,
        help="Told to Amazon with the refund. Empty: the usual one of the account.",
    )
    amazon_refunds = fields.Boolean(compute="_compute_amazon_refunds", compute_sudo=True)

    @api.depends("move_type", "invoice_line_ids.sale_line_ids")
    def _compute_amazon_refunds(self):
        """Whether Amazon hears of this credit note."""
        used = self.env["marketplace.account"]._provider_used("amazon")
        for move in self:
            move.amazon_refunds = bool(
                used
                and move.move_type == "out_refund"
                and any(
                    sale._order_of("amazon")
                    for sale in move.invoice_line_ids.sale_line_ids.order_id
                )
            )
