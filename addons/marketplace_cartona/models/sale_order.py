from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.marketplace.const import REASON_KEY

from .marketplace_order import DELIVERED_BY, OVER


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
            order = sale._cartona_order()
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
        return self._search_cartona("external_id", operator, value)

    @api.model
    def _search_delivered_by(self, operator, value):
        return self._search_cartona("delivered_by", operator, value)

    def _search_cartona(self, field, operator, value):
        """Sales orders by a field of their Cartona order; ``False`` finds all others."""
        if operator in fields.Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        own = fields.Domain(
            [("provider", "=", "cartona"), ("sale_order_id", "!=", False), (field, "!=", False)]
        )
        orders = self.env["marketplace.order"].sudo()
        wanted = [one for one in value if one] if operator == "in" else value
        found = orders._search(own & fields.Domain(field, operator, wanted))
        domain = fields.Domain("id", "in", found.subselect("sale_order_id"))
        if operator == "in" and len(wanted) < len(list(value)):
            linked = orders._search(own).subselect("sale_order_id")
            domain |= fields.Domain("id", "not in", linked)
        return domain

    def _cartona_order(self):
        """The order of Cartona that this sales order came from; empty for others."""
        return self.sudo().marketplace_order_ids.filtered(
            lambda order: order.provider == "cartona"
        )[:1]

    # === CANCELLATION === #

    def action_cancel(self):
        """Override of ``sale`` to ask for Cartona's reason before anything is cancelled."""
        if not any(order.locked for order in self) and self._cartona_needs_reason():
            return self._action_cartona_cancel()
        return super().action_cancel()

    def _action_cancel(self):
        """Override of ``sale`` to see to it that every cancellation has a reason Cartona knows,
        also where nobody could be asked."""
        if self.env.context.get(REASON_KEY):
            return super()._action_cancel()
        usual = {}
        for sale in self:
            order = sale._cartona_order()
            reason = order.account_id.cartona_cancel_reason if order else False
            tells = reason and sale._cartona_tells_cancel(order)
            usual.setdefault(reason if tells else False, []).append(sale.id)
        for reason, ids in usual.items():
            context = {REASON_KEY: reason} if reason else {}
            super(SaleOrder, self.browse(ids).with_context(**context))._action_cancel()
        return True

    def _cartona_needs_reason(self):
        """Orders among these for which a person should say why."""
        if self.env.context.get(REASON_KEY):
            return self.browse()
        return self.filtered(
            lambda sale: (
                sale.state != "cancel" and sale._cartona_tells_cancel(sale._cartona_order())
            )
        )

    def _cartona_tells_cancel(self, order):
        """Whether Cartona will hear of a cancellation here: not of what it cancelled itself."""
        return bool(
            order
            and order.status not in OVER
            and order.account_id.state != "draft"
            and order.account_id.sync_order_status
            and order._outbound_allowed("cancelled")
        )

    def _action_cartona_cancel(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Why is it cancelled?"),
            "res_model": "marketplace.cartona.cancel",
            "view_mode": "form",
            "target": "new",
            "context": {"default_sale_order_ids": self.ids},
        }

    # === HANDING OVER === #

    def action_cartona_hand_over(self):
        """The goods left with the salesman: the retailer can no longer change the order."""
        for sale in self:
            order = sale._cartona_order()
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
        order = self._cartona_order()
        note = order._cartona_money_note() if order else ""
        if note:
            narration = Markup(values.get("narration") or "")
            values["narration"] = narration + Markup("<p>%s</p>") % note
        return values
