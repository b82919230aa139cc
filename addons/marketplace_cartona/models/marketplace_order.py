import dataclasses

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.marketplace.snapshot import Nothing

from marketplace_adapters.cartona import STATUS_OUT, allowed
from marketplace_adapters.core import (
    ItemResult,
    Kind,
    OrderKey,
    OrderStatus,
    Outcome,
    PushItem,
    StatusUpdate,
)

from ..const import ACCEPTED_KEY

DELIVERED_BY = [
    ("delivered_by_supplier", "Supplier"),
    ("delivered_by_cartona", "Cartona"),
]
FULFILMENT = {"seller": "delivered_by_supplier", "channel": "delivered_by_cartona"}
OVER = ("delivered", "cancelled", "returned")


class MarketplaceOrder(models.Model):
    """An order of a Cartona supplier.

    Who may set which status, and in which direction, says :func:`marketplace_adapters.cartona.
    allowed`.
    """

    _inherit = "marketplace.order"

    delivered_by = fields.Selection(
        DELIVERED_BY, compute="_compute_delivered_by", search="_search_delivered_by"
    )
    cartona_credit = fields.Monetary(compute="_compute_cartona_money", help="Cartona pays it.")
    cartona_installment = fields.Monetary(
        "Instalment", compute="_compute_cartona_money", help="Cartona collects it."
    )
    cartona_top_up = fields.Monetary(
        "Wallet top-up", compute="_compute_cartona_money", help="Cash collected for Cartona."
    )
    cartona_settlement_id = fields.Many2one(
        "account.move",
        "Settlement",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="Journal entry with what Cartona pays and what is collected for it.",
    )
    cartona_handed_at = fields.Datetime(
        "Handed to salesman", readonly=True, copy=False, help="The retailer can no longer change."
    )
    cartona_confirmed_at = fields.Datetime(
        "Code accepted",
        readonly=True,
        copy=False,
        help="When Cartona accepted the receiver's code: it knows the order as delivered.",
    )

    # === COMPUTE METHODS === #

    @api.depends("fulfilment", "provider")
    def _compute_delivered_by(self):
        for order in self:
            known = FULFILMENT.get(order.fulfilment) if order.provider == "cartona" else False
            order.delivered_by = known

    @api.model
    def _search_delivered_by(self, operator, value):
        if operator != "in":
            return NotImplemented
        cartona = fields.Domain("provider", "=", "cartona")
        words = {word: fulfilment for fulfilment, word in FULFILMENT.items()}
        wanted = [words[one] for one in value if one in words]
        domain = cartona & fields.Domain("fulfilment", "in", wanted)
        if False in value:
            known = cartona & fields.Domain("fulfilment", "in", list(FULFILMENT))
            domain |= ~known
        return domain

    @api.depends("payments")
    def _compute_cartona_money(self):
        for order in self:
            amounts = {}
            for part in order.payments or []:
                amounts[part.get("kind")] = float(part.get("amount") or 0)
            order.cartona_credit = amounts.get("credit", 0)
            order.cartona_installment = amounts.get("installment", 0)
            order.cartona_top_up = amounts.get("top_up", 0)

    # === HOOKS OF THE CORE === #

    def _apply(self, message):
        """Override of ``marketplace``: Cartona's messages hold a status alone, and are sent after
        a change of the lines as well; those are fetched at once."""
        result = super()._apply(message)
        if self.provider == "cartona" and message.order is None and self.status not in OVER:
            self.env["marketplace.engine"]._wake_pull(self.account_id)
        return result

    def _inbound_allowed(self, status):
        """Override of ``marketplace`` for the permission matrix (R138, R139, R187, R188)."""
        if self.provider != "cartona":
            return super()._inbound_allowed(status)
        return allowed("in", self.fulfilment or "seller", OrderStatus(status))

    def _outbound_allowed(self, status):
        """Override of ``marketplace`` for the permission matrix (R138, R139, R175–R180)."""
        if self.provider != "cartona":
            return super()._outbound_allowed(status)
        return allowed("out", self.fulfilment or "seller", OrderStatus(status))

    def _knows(self, item, values):
        """Override of ``marketplace``: Cartona offers an order again after every change, until
        that very change is acknowledged."""
        if self.provider == "cartona" and item.kind == "acknowledge":
            return False
        return super()._knows(item, values)

    @api.model
    def _acknowledged(self, items):
        """Override of ``marketplace``: the status that Cartona took over is its status now; it
        does not come back by itself."""
        result = super()._acknowledged(items)
        for item in items.filtered(lambda one: one.order_id.provider == "cartona"):
            status = "cancelled" if item.kind == "cancel" else (item.sent or {}).get("status")
            if item.kind in ("cancel", "status") and status:
                item.order_id.raw_status = STATUS_OUT[OrderStatus(status)]
        return result

    def _snapshot_cancel(self, item):
        """Override of ``marketplace``: while the retailer edits, no cancellation is taken."""
        if self.provider == "cartona" and self.status == "hold":
            return self._on_hold()
        return super()._snapshot_cancel(item)

    def _snapshot_lines(self, item):
        """Override of ``marketplace``: of an order that Cartona delivers, we change nothing."""
        if self.provider == "cartona" and (self.fulfilment or "seller") != "seller":
            return Nothing(self.env._("Cartona delivers this order; its lines are not ours."))
        return super()._snapshot_lines(item)

    def _line_change(self, row):
        """Override of ``marketplace``: Cartona has no way to change the price of a line, so a
        person must know that the retailer still sees the old one."""
        change = super()._line_change(row)
        if self.provider != "cartona" or change is None or not change.price:
            return change
        self._ask_person(
            self.env._("Cartona cannot change the price of a line."),
            self.env._(
                "%(line)s: the retailer still sees %(price)s. Put the old price back, or set the "
                "quantity to zero and add the product once more with the new price.",
                line=row.title or row.external_id,
                price=row.unit_price,
            ),
        )
        change = dataclasses.replace(change, price=None)
        unchanged = not change.cancelled and abs(float(change.quantity) - row.quantity) < 1e-6
        return None if unchanged else change

    def _target(self):
        """Override of ``marketplace``: the adapter looks at the permission matrix once more."""
        if self.provider != "cartona":
            return super()._target()
        return OrderKey(self.external_id, {"fulfilment": self.fulfilment or "seller"})

    def _local_state(self):
        """Override of ``marketplace``: of an order of Cartona that nothing is to go any more, what
        left is the delivery, also when less left than was ordered (X23)."""
        state = super()._local_state()
        if self.provider != "cartona" or state != "partial":
            return state
        outgoing = self.sale_order_id._marketplace_outgoing()
        return "delivered" if set(outgoing.mapped("state")) <= {"done", "cancel"} else state

    # === HANDING OVER === #

    def _cartona_can_hand_over(self):
        """Whether Cartona may be told that the goods are on their way."""
        self.ensure_one()
        return bool(
            self.provider == "cartona"
            and not self.cartona_handed_at
            and not self.hands_off
            and self.status in ("pending", "confirmed")
            and self.sale_order_id.state == "sale"
            and self.account_id.state != "draft"
            and self._outbound_allowed("shipped")
        )

    def _cartona_hand_over(self):
        """Record that the goods left with the salesman; Cartona is told like everything else."""
        self.ensure_one()
        sale = self.sale_order_id
        self.cartona_handed_at = fields.Datetime.now()
        self.env["marketplace.recorder"]._record_order(
            "shipment", sale, sale, {"key": "handed", "status": "shipped"}
        )

    def _cartona_note_short(self):
        """Less left than was ordered, and nothing is to follow: Cartona counts the full order."""
        self.ensure_one()
        short = self.sale_order_id.order_line.filtered(
            lambda line: (
                line.qty_delivered_method == "stock_move"
                and line.product_uom_id.compare(line.qty_delivered, line.product_uom_qty) < 0
            )
        )
        if short:
            self._ask_person(
                self.env._("Less was delivered than ordered, but Cartona counts the full order."),
                ", ".join(short.product_id.mapped("display_name")),
            )

    # === MONEY === #

    def _cartona_money_note(self):
        """Where the money of the order comes from, in one sentence; empty when it is plain cash."""
        self.ensure_one()
        parts = [
            (self.env._("paid by Cartona"), self.cartona_credit),
            (self.env._("instalment collected by Cartona"), self.cartona_installment),
            (self.env._("wallet top-up collected for Cartona"), self.cartona_top_up),
        ]
        shown = [f"{label} {self.currency_id.format(amount)}" for label, amount in parts if amount]
        if not shown:
            return ""
        return self.env._(
            "Cartona %(number)s: total %(total)s, %(parts)s; cash to collect %(cash)s.",
            number=self.number or self.external_id,
            total=self.currency_id.format(self.total),
            parts=", ".join(shown),
            cash=self.currency_id.format(self.cash_to_collect),
        )

    def _cartona_settle(self, invoice):
        """Divide the money of a posted invoice between the retailer and Cartona, once an order.

        Nothing happens while the account names no journal and no account for it.
        """
        self.ensure_one()
        account = self.account_id
        paid = self.cartona_credit + self.cartona_installment
        unsettled = self.cartona_settlement_id.state != "posted"
        named = account.cartona_journal_id and account.cartona_clearing_account_id
        if not (named and unsettled and (paid or self.cartona_top_up)):
            return
        invoice = invoice.sudo().with_company(account.company_id)
        entry = invoice.create(
            invoice._cartona_settlement_vals(
                account,
                paid,
                self.cartona_top_up,
                self.currency_id,
                self.env._("Cartona %s", self.number or self.external_id),
            )
        )
        entry._post(soft=False)
        self.cartona_settlement_id = entry
        credit = entry._cartona_receivable().filtered(lambda line: line.balance < 0)
        if credit:
            (credit | invoice._cartona_receivable()).reconcile()

    # === DELIVERY WITH A CODE === #

    def _cartona_wants_otp(self):
        """Whether Cartona asks for the receiver's code before this order may be delivered."""
        self.ensure_one()
        return bool(
            self.provider == "cartona"
            and self.otp_required
            and not self._cartona_is_confirmed()
            and self.status not in OVER
            and self.account_id.state != "draft"
            and self.account_id.sync_order_status
            and self._outbound_allowed("delivered")
        )

    def _cartona_is_confirmed(self):
        """Whether Cartona accepted the code, earlier or in this very transaction."""
        return bool(self.cartona_confirmed_at) or self.id in self._cartona_accepted()

    def _cartona_accepted(self):
        return self.env.cr.cache.setdefault(ACCEPTED_KEY, set())

    def _cartona_deliver(self, otp):
        """Close the delivery on Cartona with the receiver's code, before Odoo closes it.

        What Cartona accepted is recorded in a transaction of its own: whatever happens to the
        validation afterwards, nobody is asked again.

        :param str otp: what the receiver said.
        :raise UserError: refused, or no usable answer; nothing is to be validated then.
        """
        self.ensure_one()
        if self._cartona_is_confirmed():
            return
        otp = "".join((otp or "").split())
        if not otp:
            raise UserError(self.env._("Ask the receiver for the code of %s.", self.number))
        self._cartona_no_lines_waiting()
        result = self._cartona_push_delivered(otp)
        if result.outcome is Outcome.SUCCESS:
            self.env["marketplace.sender"]._retrying(
                self._cartona_record_delivered, self.account_id, self.id
            )
            self._cartona_accepted().add(self.id)
            self.invalidate_recordset()
            return
        if result.code == "wrong_otp":
            raise UserError(
                self.env._(
                    "Cartona refuses the code for %(number)s. Ask the receiver again. "
                    "Nothing was validated.\n%(message)s",
                    number=self.number,
                    message=result.message or "",
                )
            )
        raise UserError(
            self.env._(
                "Cartona does not accept the delivery of %(number)s. Nothing was validated.\n"
                "%(message)s",
                number=self.number,
                message=result.message or result.code or "",
            )
        )

    def _cartona_push_delivered(self, otp):
        """:rtype: marketplace_adapters.core.ItemResult"""
        item = PushItem(
            str(self.id),
            Kind.STATUS,
            self._target(),
            StatusUpdate(OrderStatus.DELIVERED, otp=otp),
            f"otp:{self.id}",
        )
        try:
            results = self.account_id._ask(
                lambda adapter: adapter.push("status", [item], item.key).results
            )
        except UserError as exc:
            raise UserError(
                self.env._("%s\nNothing was validated; the same code can be used again.", exc)
            ) from exc
        return next(iter(results), ItemResult(item.ref, Outcome.RETRY, "no_answer"))

    @api.model
    def _cartona_record_delivered(self, env, _account, order_id):
        order = env["marketplace.order"].browse(order_id)
        order.write(
            {
                "cartona_confirmed_at": fields.Datetime.now(),
                "status": "delivered",
                "raw_status": "delivered",
                "acknowledged": {
                    **(order.acknowledged or {}),
                    "status": {"status": "delivered"},
                },
            }
        )

    def _cartona_no_lines_waiting(self):
        """Changed lines must arrive before the delivery: afterwards Cartona takes none."""
        waiting = self.outbox_ids.filtered(
            lambda item: item.kind == "lines" and item.status in ("new", "submitted")
        )
        if waiting:
            raise UserError(
                self.env._(
                    "Changed lines of %s are still on their way to Cartona. Try again in a moment.",
                    self.number,
                )
            )
