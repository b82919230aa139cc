"""Money in: authorised, captured, paid at once, by gift card, or outside of the shop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import refuse
from . import totals
from .desk import Desk
from .fulfilment import Fulfilments
from .model import Order, Transaction
from .money import Bag

GATEWAYS = ("shopify_payments", "paypal", "gift_card", "manual", "Cash on Delivery (COD)", "cash")
MANUAL = ("manual", "Cash on Delivery (COD)", "Bank Deposit", "cash")


class Payments:
    """Rules of paying."""

    def __init__(self, desk: Desk, fulfilments: Fulfilments) -> None:
        self.desk = desk
        self._fulfilments = fulfilments

    def add(
        self, order: Order, kind: str, gateway: str, amount: Bag, *, status: str = "success",
        parent: int = 0, refund: int = 0, receipt: Mapping[str, Any] | None = None,
    ) -> Transaction:  # fmt: skip
        """Put a transaction on an order; nothing is told."""
        made = Transaction(
            self.desk.new_id("transaction"), kind, status, gateway, amount, self.desk.now(),
            parent, refund, order.location, receipt=dict(receipt or {}),
        )  # fmt: skip
        order.transactions.append(made)
        return made

    def pay(self, order: Order, gateway: str = "", amount: Bag | None = None) -> None:
        """Take what is authorised, or let the buyer pay what he owes (or a part of it)."""
        self._open(order)
        due = totals.outstanding(order)
        if amount is None and due.presentment <= 0:
            raise refuse(("input", "id"), "Order is already paid.")
        part = due if amount is None else amount
        if part.presentment <= 0 or part.presentment > due.presentment:
            raise refuse(("input", "amount"), "Amount must be above 0 and not above what is due.")
        parent = self._authorization(order)
        if parent is not None:
            self.add(order, "capture", parent.gateway, part, parent=parent.id)
        else:
            pending = next((e for e in order.transactions if e.status == "pending"), None)
            name = gateway or (pending.gateway if pending else "manual")
            self.add(order, "sale", name, part, parent=pending.id if pending else 0)
        self.settled(order, "paid")

    def settled(self, order: Order, word: str) -> None:
        """Tell a payment; gift cards that were bought are sent when all is paid."""
        done = totals.financial_status(order) == "PAID"
        self.desk.changed(order, word, *(("ORDERS_PAID",) if done else ()))
        if done:
            self.send_gift_cards(order)

    def send_gift_cards(self, order: Order) -> None:
        cards = {each.id for each in order.lines if each.gift_card}
        for source in list(order.fulfilment_orders):
            if source.method == "NONE" and source.status == "OPEN":
                parts = {row.id: row.remaining for row in source.lines if row.line in cards}
                if any(parts.values()):
                    self._fulfilments.create(
                        order, [(source, parts)], service="gift_card", origin="shop"
                    )

    def capture(self, order: Order, parent: int, amount: Bag) -> Transaction:
        """A part of an authorisation; what is above the part is let go."""
        self._open(order)
        found = self._authorization(order)
        if found is None or found.id != parent:
            raise refuse(("input", "parentTransactionId"), "Transaction can't be captured.")
        if not 0 < amount.presentment <= found.amount.presentment:
            raise refuse(("input", "amount"), "Amount exceeds the authorized amount.")
        made = self.add(order, "capture", found.gateway, amount, parent=found.id)
        self.settled(order, "captured")
        return made

    def void(self, order: Order) -> None:
        """Let authorisations go; nothing is told."""
        while (found := self._authorization(order)) is not None:
            self.add(order, "void", found.gateway, found.amount, parent=found.id)

    def _authorization(self, order: Order) -> Transaction | None:
        used = {
            each.parent for each in order.transactions
            if each.kind in ("capture", "void") and each.status == "success"
        }  # fmt: skip
        return next(
            (
                each
                for each in order.transactions
                if each.kind == "authorization" and each.status == "success" and each.id not in used
            ),
            None,
        )

    @staticmethod
    def _open(order: Order) -> None:
        if order.cancelled:
            raise refuse(("input", "id"), "Order is cancelled.")


def refundable_of(order: Order, paid: Transaction) -> Bag:
    """What of a sale or capture was not given back yet."""
    back = [
        each.amount
        for each in order.transactions
        if each.kind == "refund" and each.parent == paid.id and each.status == "success"
    ]
    left = paid.amount
    for each in back:
        left = left - each
    return left


def refundables(order: Order) -> list[Transaction]:
    """Sales and captures with something left, gift cards last (as they were used first)."""
    found = [
        each
        for each in order.transactions
        if each.kind in ("sale", "capture")
        and each.status == "success"
        and refundable_of(order, each).presentment > 0
    ]
    return sorted(found, key=lambda each: each.gateway == "gift_card")
