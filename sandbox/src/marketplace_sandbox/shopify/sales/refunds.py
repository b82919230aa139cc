"""Money back: parts of lines, shipping, duties, free amounts, with or without restocking.

What the parts are worth is calculated; what is paid back is told by the transactions. The
difference becomes an adjustment ``refund_discrepancy``: negative in the buyer's favour.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from ..errors import refuse
from . import totals
from .desk import Desk
from .fulfilment import Fulfilments
from .model import (
    Adjustment,
    Line,
    Order,
    Refund,
    RefundedDuty,
    RefundLine,
    RefundShipping,
    Transaction,
)
from .money import NOTHING, ZERO, Bag, rounded, total
from .payments import Payments, refundable_of, refundables
from .rest_sending import refund_body

RESTOCK = ("NO_RESTOCK", "CANCEL", "RETURN")


@dataclass
class Part:
    """Pieces of a line to be refunded."""

    line: int
    quantity: int
    restock: str = "NO_RESTOCK"
    location: int = 0


@dataclass
class Payback:
    """Money through a gateway; `amount` in the buyer's currency. `parent` 0: found by gateway."""

    amount: Decimal
    gateway: str = ""
    parent: int = 0


@dataclass
class Wish:
    """What a refund shall be. `shipping`: an amount without tax on top, True for all of it.

    `paybacks` None: as much as the parts are worth, as far as it was paid. `balanced`: no
    adjustment, the rest stays between shop and buyer (exchanges).
    """

    parts: list[Part] = field(default_factory=list)
    shipping: Decimal | bool = False
    duties: list[int] = field(default_factory=list)
    paybacks: list[Payback] | None = None
    note: str = ""
    reason: str = ""
    over: bool = False
    of_return: int = 0
    balanced: bool = False
    origin: str = "api"


class Refunds:
    """Rules of paying back."""

    def __init__(self, desk: Desk, fulfilments: Fulfilments, payments: Payments) -> None:
        self.desk = desk
        self._fulfilments = fulfilments
        self._payments = payments

    # === CHECKS === #

    def check(self, order: Order, wish: Wish) -> None:
        """:raises UserErrors: the first rule that is broken; nothing was changed."""
        used: dict[int, int] = {}
        for index, part in enumerate(wish.parts):
            self._check_part(order, part, used, ("refundLineItems", str(index)))
        if wish.shipping is not False and wish.shipping is not True:
            left = total(
                totals.shipping_price(each) - each.refunded for each in order.shipping
            ).presentment
            if wish.shipping < 0 or wish.shipping > left:
                raise refuse(
                    ("input", "shipping"), "Shipping refund amount exceeds the refundable amount."
                )
        known = {each.id for line in order.lines for each in line.duties}
        if set(wish.duties) - known:
            raise refuse(("input", "refundDuties"), "Duty does not exist on the order.")
        if wish.paybacks is not None:
            self._check_paybacks(order, wish)

    def _check_part(
        self, order: Order, part: Part, used: dict[int, int], path: tuple[str, ...]
    ) -> None:
        line = order.line(part.line)
        where = ("input", *path)
        if line is None:
            raise refuse((*where, "lineItemId"), "Line item does not exist on the order.")
        if part.quantity <= 0:
            raise refuse((*where, "quantity"), "Quantity must be greater than 0.")
        used[line.id] = used.get(line.id, 0) + part.quantity
        if used[line.id] > line.current:
            raise refuse(
                (*where, "quantity"),
                "Quantity cannot refund more items than were purchased",
            )
        if part.restock not in RESTOCK:
            raise refuse((*where, "restockType"), "Restock type is not valid.")
        if part.restock == "CANCEL" and part.quantity > self._fulfilments.to_send(order, line):
            raise refuse(
                (*where, "restockType"),
                "Restock type cannot be cancel for fulfilled line items.",
            )
        if part.restock == "RETURN":
            if part.quantity > line.fulfilled:
                raise refuse(
                    (*where, "restockType"),
                    "Restock type cannot be return for unfulfilled line items.",
                )
            if not part.location:
                raise refuse((*where, "locationId"), "Location must be specified.")
        if part.location and part.location not in self.desk.room.locations:
            raise refuse((*where, "locationId"), "Location does not exist.")

    @staticmethod
    def _check_paybacks(order: Order, wish: Wish) -> None:
        assert wish.paybacks is not None
        asked = sum((each.amount for each in wish.paybacks), ZERO)
        paid = (totals.received(order) - totals.refunded(order)).presentment
        if asked > paid and not wish.over:
            raise refuse(
                ("input", "transactions"), "Refund amount exceeds the amount paid for the order."
            )
        by_id = {each.id: each for each in order.transactions}
        for index, each in enumerate(wish.paybacks):
            where = ("input", "transactions", str(index))
            if each.amount < 0:
                raise refuse((*where, "amount"), "Amount must be greater than or equal to 0.")
            parent = by_id.get(each.parent)
            if each.parent and (parent is None or parent.kind not in ("sale", "capture")):
                raise refuse((*where, "parentId"), "Parent transaction can't be refunded.")
            if parent and not wish.over:
                left = refundable_of(order, parent).presentment
                if each.amount > left:
                    raise refuse(
                        (*where, "amount"),
                        f"Refund amount {each.amount} exceeds the refundable amount {left}.",
                    )

    # === DOING === #

    def create(self, order: Order, wish: Wish, tell: bool = True) -> Refund:
        """:raises UserErrors: see `check`."""
        self.check(order, wish)
        owed = totals.outstanding(order)
        refund = Refund(
            self.desk.new_id("refund"), self.desk.now(), wish.note,
            of_return=wish.of_return, origin=wish.origin,
        )  # fmt: skip
        for part in wish.parts:
            line = order.line(part.line)
            assert line is not None
            refund.duties += self._duties(order, line, part.quantity)
            refund.lines.append(self._line(order, line, part))
        refund.shipping = self._shipping(order, wish.shipping)
        due = due_back(order, self.worth(order, refund), owed)
        paid = self._pay_back(order, refund, wish, due)
        rest = due - paid
        if rest.presentment and not wish.balanced:
            refund.adjustments.append(
                Adjustment(
                    self.desk.new_id("adjustment"), rest, NOTHING, "refund_discrepancy",
                    wish.reason or "REFUND_DISCREPANCY",
                )
            )  # fmt: skip
        order.refunds.append(refund)
        self.desk.index(order)
        if tell:
            self.tell(order, refund)
        return refund

    def tell(self, order: Order, refund: Refund) -> None:
        self.desk.changed(order, f"refund {refund.id}")
        self.desk.room.events.publish(
            "REFUNDS_CREATE", lambda: refund_body(self.desk, order, refund), key=str(order.id)
        )

    def _line(self, order: Order, line: Line, part: Part) -> RefundLine:
        before, after = line.current, line.current - part.quantity
        place = part.location
        if part.restock == "CANCEL":
            place = self._fulfilments.take_off(order, line, part.quantity, True, part.location)
        elif part.restock == "RETURN":
            self._fulfilments.take_back(line, part.quantity, part.location)
        gone = part.quantity
        subtotal = totals.net(order, line, before) - totals.net(order, line, after)
        tax = totals.tax(order, line, before) - totals.tax(order, line, after)
        line.refunded += gone
        return RefundLine(
            self.desk.new_id("refund_line"), line.id, gone, part.restock, place, subtotal, tax
        )

    def _shipping(self, order: Order, wanted: Decimal | bool) -> list[RefundShipping]:
        left = None if wanted is True else Decimal(wanted or 0)
        found: list[RefundShipping] = []
        for each in order.shipping:
            rest = totals.shipping_price(each) - each.refunded
            if (left is not None and left <= 0) or not rest.presentment:
                continue
            amount = rest
            if left is not None and left < rest.presentment:
                amount = order.pair.times(rest, left / rest.presentment)
                amount = Bag(amount.shop, rounded(left, order.pair.presentment))
            rest_tax = totals.shipping_tax(each) - each.refunded_tax
            tax = order.pair.portion(rest_tax, amount, rest)
            each.refunded = each.refunded + amount
            each.refunded_tax = each.refunded_tax + tax
            found.append(RefundShipping(self.desk.new_id("refund_line"), each.id, amount, tax))
            if left is not None:
                left -= amount.presentment
        return found

    @staticmethod
    def _duties(order: Order, line: Line, pieces: int) -> list[RefundedDuty]:
        """Duties go back with the pieces that they were taken for; called before these do."""
        share, found = order.pair.share, []
        for each in line.duties:
            before = share(each.amount, line.current, line.quantity)
            after = share(each.amount, line.current - pieces, line.quantity)
            found.append(RefundedDuty(each.id, before - after))
        return found

    @staticmethod
    def worth(order: Order, refund: Refund) -> Bag:
        """What the parts of a refund are worth, taxes and duties with them."""
        found = total([e.subtotal for e in refund.lines] + [e.subtotal for e in refund.shipping])
        if not order.taxes_included:
            found = found + total([e.tax for e in refund.lines] + [e.tax for e in refund.shipping])
        found = found + total(each.amount for each in refund.duties)
        return found

    def _pay_back(self, order: Order, refund: Refund, wish: Wish, due: Bag) -> Bag:
        paybacks = wish.paybacks
        if paybacks is None:
            paybacks = spread(order, due.presentment)
        paybacks = [each for each in paybacks if each.amount > 0]
        exact = sum((each.amount for each in paybacks), ZERO) == due.presentment
        done = NOTHING
        for index, each in enumerate(paybacks):
            parent = self._parent(order, each)
            amount = order.pair.of_presentment(each.amount)
            if exact and index == len(paybacks) - 1:
                amount = due - done  # rates round: the shop's currency follows the parts
            gateway = each.gateway or (parent.gateway if parent else "manual")
            self._payments.add(
                order, "refund", gateway, amount, parent=parent.id if parent else 0,
                refund=refund.id,
            )  # fmt: skip
            done = done + amount
        return done

    @staticmethod
    def _parent(order: Order, payback: Payback) -> Transaction | None:
        rows = refundables(order)
        if payback.parent:
            return next((each for each in order.transactions if each.id == payback.parent), None)
        same = [each for each in rows if each.gateway == payback.gateway]
        return next(iter(same or rows), None)


def due_back(order: Order, worth: Bag, owed: Bag) -> Bag:
    """What is to be paid back for parts: what the buyer had not paid yet is not.

    :param owed: what was outstanding before; negative when the buyer was owed something already.
    """
    paid = totals.received(order) - totals.refunded(order)
    due = worth - owed
    if due.presentment <= 0:
        return NOTHING
    return paid if due.presentment > paid.presentment else due


def spread(order: Order, amount: Decimal) -> list[Payback]:
    """An amount over the ways that the buyer paid."""
    found: list[Payback] = []
    for each in refundables(order):
        part = min(amount, refundable_of(order, each).presentment)
        if part > 0:
            found.append(Payback(part, each.gateway, each.id))
            amount -= part
    return found
