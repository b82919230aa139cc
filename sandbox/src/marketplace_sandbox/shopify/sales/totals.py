"""The money of an order: what each line, and the whole, is worth, at first and now.

For `n` pieces of a line of `q`: price × n, less the share n/q of its discounts; tax likewise. A
refund of some pieces is worth the difference between before and after, so that refunding all,
in whatever steps, gives back exactly what was paid.
"""

from __future__ import annotations

from dataclasses import dataclass

from .model import Line, Order, Shipping
from .money import NOTHING, Bag, total


def discount(order: Order, line: Line, pieces: int) -> Bag:
    share = order.pair.share
    return total(share(each.amount, pieces, line.quantity) for each in line.discounts)


def net(order: Order, line: Line, pieces: int) -> Bag:
    """Price of some pieces after all discounts; with tax when the order's prices contain it."""
    return line.unit * pieces - discount(order, line, pieces)


def tax(order: Order, line: Line, pieces: int) -> Bag:
    share = order.pair.share
    return total(share(each.amount, pieces, line.quantity) for each in line.taxes)


def duty(order: Order, line: Line, pieces: int) -> Bag:
    """Duties, with the taxes on them when the order's prices do not contain tax."""
    bags = [each.amount for each in line.duties]
    return total(order.pair.share(each, pieces, line.quantity) for each in bags)


def shipping_price(line: Shipping) -> Bag:
    """After discounts, before refunds; nothing when an edit took it off."""
    return NOTHING if line.removed else line.price - total(each.amount for each in line.discounts)


def shipping_tax(line: Shipping) -> Bag:
    return NOTHING if line.removed else total(each.amount for each in line.taxes)


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of an order; `total` is what the buyer owes or owed."""

    items: Bag  # prices of lines, no discounts, no tips
    discounts: Bag
    subtotal: Bag  # lines less discounts
    shipping: Bag
    tax: Bag
    duties: Bag
    fees: Bag
    tips: Bag
    total: Bag
    quantity: int


def totals(order: Order, current: bool) -> Totals:
    """:param current: after edits, refunds and returns; else with all that was ever on it."""
    return _totals(
        order, {e.id: e.current if current else e.quantity for e in order.lines}, current
    )


def cancelled_pieces(order: Order, line: Line) -> int:
    """Pieces that were refunded before they left (restock CANCEL)."""
    return sum(
        row.quantity
        for refund in order.refunds
        for row in refund.lines
        if row.line == line.id and row.restock == "CANCEL"
    )


def exchanged_pieces(order: Order, line: Line) -> int:
    """Pieces that came back and for which no money was given."""
    paid = {each.refund for each in order.transactions if each.refund}
    return sum(
        row.quantity
        for refund in order.refunds
        for row in refund.lines
        if row.line == line.id and row.restock != "CANCEL" and refund.id not in paid
    )


def sold(order: Order) -> Bag:
    """Worth of what was delivered or still is to be: refunds of pieces that had left take nothing
    off. Of those that were exchanged, duties and the taxes that the channel pays are gone."""
    pieces = {e.id: e.quantity - e.removed - cancelled_pieces(order, e) for e in order.lines}
    worth, share = _totals(order, pieces, False).total, order.pair.share
    for line in order.lines:
        gone = exchanged_pieces(order, line)
        if gone:
            worth = worth - duty(order, line, gone)
            liable = [each.amount for each in line.taxes if each.channel_liable]
            worth = worth - total(share(each, gone, line.quantity) for each in liable)
    return worth


def _totals(order: Order, counts: dict[int, int], shipping_refunds: bool) -> Totals:
    """:param shipping_refunds: take off refunded shipping, and the fees of a cancelled order."""
    items = discounts = subtotal = taxes = duties = tips = NOTHING
    quantity = 0
    for line in order.lines:
        pieces = counts[line.id]
        if line.tip:
            tips = tips + line.unit * pieces
            continue
        gross, off = line.unit * pieces, discount(order, line, pieces)
        items, discounts, subtotal = items + gross, discounts + off, subtotal + gross - off
        taxes = taxes + tax(order, line, pieces)
        duties = duties + duty(order, line, pieces)
        quantity += 0 if line.gift_card else pieces
    shipping = NOTHING
    for each in order.shipping:
        if each.removed:
            continue
        shipping = shipping + shipping_price(each)
        taxes = taxes + shipping_tax(each)
        discounts = discounts + total(found.amount for found in each.discounts)
        if shipping_refunds:
            shipping = shipping - each.refunded
            taxes = taxes - each.refunded_tax
    charged = [] if shipping_refunds and order.cancelled else order.fees
    fees = total(each.amount for each in charged)
    taxes = taxes + total(found.amount for each in charged for found in each.taxes)
    whole = subtotal + shipping + duties + fees + tips
    if not order.taxes_included:
        whole = whole + taxes
    return Totals(items, discounts, subtotal, shipping, taxes, duties, fees, tips, whole, quantity)


# === PAYMENTS === #


def received(order: Order) -> Bag:
    """What came in, refunds not taken off."""
    return total(
        each.amount
        for each in order.transactions
        if each.kind in ("sale", "capture") and each.status == "success"
    )


def refunded(order: Order) -> Bag:
    return total(
        each.amount
        for each in order.transactions
        if each.kind == "refund" and each.status == "success"
    )


def capturable(order: Order) -> Bag:
    """Authorised, and neither captured nor voided yet."""
    used = {
        each.parent
        for each in order.transactions
        if each.kind in ("capture", "void") and each.status == "success"
    }
    return total(
        each.amount
        for each in order.transactions
        if each.kind == "authorization" and each.status == "success" and each.id not in used
    )


def discrepancy(order: Order) -> Bag:
    """Calculated less actual refunds: negative in the buyer's favour."""
    return total(
        each.amount
        for refund in order.refunds
        for each in refund.adjustments
        if each.kind == "refund_discrepancy"
    )


def outstanding(order: Order) -> Bag:
    """Positive: the buyer still owes it; negative: he is owed it."""
    paid = received(order) - refunded(order)
    return totals(order, current=True).total - paid + discrepancy(order)


def financial_status(order: Order) -> str:
    """The displayed word; ``AUTHORIZED``, ``PAID`` and so on."""
    came, back = received(order).presentment, refunded(order).presentment
    if back:
        return "REFUNDED" if back >= came else "PARTIALLY_REFUNDED"
    if came:
        return "PARTIALLY_PAID" if outstanding(order).presentment > 0 else "PAID"
    if capturable(order):
        return "AUTHORIZED"
    if order.cancelled or any(each.kind == "void" for each in order.transactions):
        return "VOIDED"
    return "PENDING" if totals(order, current=True).total else "PAID"


def fulfilment_status(order: Order) -> str:
    """The displayed word of `OrderDisplayFulfillmentStatus`."""
    lines = [each for each in order.lines if not each.tip]
    opened = [
        each for each in order.fulfilment_orders if each.status not in ("CLOSED", "CANCELLED")
    ]
    remaining = sum(row.remaining for each in opened for row in each.lines)
    sent = sum(each.fulfilled for each in lines)
    if not remaining and not sent:
        if any(each.quantity - each.current for each in lines):
            return "RESTOCKED" if not sum(each.current for each in lines) else "UNFULFILLED"
        return "UNFULFILLED" if order.fulfilment_orders else "FULFILLMENT_NOT_REQUIRED"
    if not remaining:
        return "FULFILLED"
    if any(each.status == "ON_HOLD" for each in opened) and not sent:
        return "ON_HOLD"
    return "PARTIALLY_FULFILLED" if sent else "UNFULFILLED"
