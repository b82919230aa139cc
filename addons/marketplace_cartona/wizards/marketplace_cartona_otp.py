from odoo import api, fields, models


class MarketplaceCartonaOtp(models.TransientModel):
    """Asks for the code that the receiver got from Cartona, and closes the delivery there before
    it is validated here.

    ::

        Validate ─▶ dialog ─▶ Cartona: delivered, with the code
                                 ├─ accepted ─▶ recorded (committed) ─▶ validate in Odoo
                                 └─ refused, or no answer ─▶ shown; nothing is validated
    """

    _name = "marketplace.cartona.otp"
    _description = "Deliver Cartona Orders with a Code"

    line_ids = fields.One2many("marketplace.cartona.otp.line", "wizard_id")

    def action_deliver(self):
        """Ask Cartona for each order, then validate with what was chosen before (backorders)."""
        self.ensure_one()
        for line in self.line_ids:
            line.order_id.sudo()._cartona_deliver(line.otp)
            line.otp = False  # used up, and nobody's business any more
        pickings = self.env["stock.picking"].browse(
            self.env.context.get("button_validate_picking_ids") or self.line_ids.picking_id.ids
        )
        return pickings.button_validate()


class MarketplaceCartonaOtpLine(models.TransientModel):
    """One order to deliver."""

    _name = "marketplace.cartona.otp.line"
    _description = "Cartona Order to Deliver with a Code"

    wizard_id = fields.Many2one("marketplace.cartona.otp", required=True, ondelete="cascade")
    picking_id = fields.Many2one("stock.picking", required=True, ondelete="cascade", readonly=True)
    order_id = fields.Many2one("marketplace.order", compute="_compute_order", compute_sudo=True)
    number = fields.Char(compute="_compute_order", compute_sudo=True)
    currency_id = fields.Many2one("res.currency", compute="_compute_order", compute_sudo=True)
    cash_to_collect = fields.Monetary(compute="_compute_order", compute_sudo=True)
    otp = fields.Char("Code", copy=False, exportable=False)

    @api.depends("picking_id")
    def _compute_order(self):
        for line in self:
            order = line.picking_id.sale_id._order_of("cartona")
            line.order_id = order
            line.number = order.number or order.external_id
            line.currency_id = order.currency_id
            line.cash_to_collect = order.cash_to_collect
