from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from .marketplace_order import DELIVERED_BY


class SaleOrder(models.Model):
    _inherit = "sale.order"

    cartona_order_id = fields.Many2one(
        "marketplace.order",
        "Cartona order",
        compute="_compute_cartona_order",
        compute_sudo=True,
    )
    cartona_id = fields.Char(
        "Cartona ID",
        compute="_compute_cartona_order",
        search="_search_cartona_id",
        compute_sudo=True,
        help="Cartona's hashed id of this order.",
    )
    delivered_by = fields.Selection(
        DELIVERED_BY,
        compute="_compute_cartona_order",
        search="_search_delivered_by",
        compute_sudo=True,
        help="Supplier: you set the status, Cartona may only cancel. "
        "Cartona: it sets the status, you may only cancel.",
    )
    cartona_fulfilment = fields.Char(
        "Delivered by (as received)", compute="_compute_cartona_order", compute_sudo=True
    )
    cartona_status = fields.Char(
        "Status on Cartona", compute="_compute_cartona_order", compute_sudo=True
    )
    cartona_editing = fields.Boolean(compute="_compute_cartona_order", compute_sudo=True)
    cartona_otp_required = fields.Boolean(
        "Delivered with a code", compute="_compute_cartona_order", compute_sudo=True
    )
    cartona_can_hand_over = fields.Boolean(compute="_compute_cartona_order", compute_sudo=True)
    cartona_currency_id = fields.Many2one(
        "res.currency", compute="_compute_cartona_order", compute_sudo=True
    )
    cartona_total = fields.Monetary(
        "Total on Cartona",
        compute="_compute_cartona_order",
        compute_sudo=True,
        currency_field="cartona_currency_id",
    )
    cartona_credit = fields.Monetary(
        "Paid by Cartona",
        compute="_compute_cartona_order",
        compute_sudo=True,
        currency_field="cartona_currency_id",
    )
    cartona_installment = fields.Monetary(
        "Instalment",
        compute="_compute_cartona_order",
        compute_sudo=True,
        currency_field="cartona_currency_id",
    )
    cartona_top_up = fields.Monetary(
        "Wallet top-up",
        compute="_compute_cartona_order",
        compute_sudo=True,
        currency_field="cartona_currency_id",
    )
    cartona_cash = fields.Monetary(
        "Cash to collect",
        compute="_compute_cartona_order",
        compute_sudo=True,
        currency_field="cartona_currency_id",
        help="Total − paid by Cartona − instalment + wallet top-up.",
    )

    cartona_settlement_id = fields.Many2one(
        "account.move",
        "Cartona settlement",
        compute="_compute_cartona_order",
        compute_sudo=True,
        help="Journal entry with what Cartona pays and what is collected for it.",
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "state",
        "marketplace_order_ids.external_id",
        "marketplace_order_ids.fulfilment",
        "marketplace_order_ids.status",
        "marketplace_order_ids.raw_status",
        "marketplace_order_ids.payments",
        "marketplace_order_ids.cash_to_collect",
        "marketplace_order_ids.otp_required",
        "marketplace_order_ids.cartona_handed_at",
        "marketplace_order_ids.cartona_settlement_id",
    )
    def _compute_cartona_order(self):
        for sale in self:
            order = sale._order_of("cartona")
            cartona = order.provider == "cartona"
            sale.cartona_order_id = order
            sale.cartona_id = order.external_id
            sale.delivered_by = order.delivered_by
            sale.cartona_fulfilment = (order.extra or {}).get("delivered_by") or order.fulfilment
            sale.cartona_status = order.raw_status
            sale.cartona_editing = order.status == "hold"
            sale.cartona_otp_required = order.otp_required
            sale.cartona_can_hand_over = cartona and order._cartona_can_hand_over()
            sale.cartona_currency_id = order.currency_id
            sale.cartona_total = order.total
            sale.cartona_credit = order.cartona_credit
            sale.cartona_installment = order.cartona_installment
            sale.cartona_top_up = order.cartona_top_up
            sale.cartona_cash = order.cash_to_collect
            sale.cartona_settlement_id = order.cartona_settlement_id

    @api.model
    def _search_cartona_id(self, operator, value):
        return self._search_order_of("cartona", "external_id", operator, value)

    @api.model
    def _search_delivered_by(self, operator, value):
        return self._search_order_of("cartona", "delivered_by", operator, value)

    # === CANCELLATION === #

    @api.model
    def _cancel_dialogs(self):
        """Override of ``marketplace``: Cartona wants one of its own reasons."""
        return {"cartona": "marketplace.cartona.cancel", **super()._cancel_dialogs()}

    # === HANDING OVER === #

    def action_cartona_hand_over(self):
        """The goods left with the salesman: the retailer can no longer change the order."""
        for sale in self:
            order = sale._order_of("cartona")
            if not order or not order._cartona_can_hand_over():
                raise UserError(
                    self.env._(
                        "%s cannot be handed to a salesman: it must be a confirmed order that you "
                        "deliver yourself, and not yet on its way.",
                        sale.name,
                    )
                )
            order._cartona_hand_over()

    # === MONEY === #

    def _prepare_invoice(self):
        """Override of ``sale`` to say on the invoice which part Cartona pays or collects."""
        values = super()._prepare_invoice()
        order = self._order_of("cartona")
        note = order._cartona_money_note() if order else ""
        if note:
            narration = Markup(values.get("narration") or "")
            values["narration"] = narration + Markup("<p>%s</p>") % note
        return values
