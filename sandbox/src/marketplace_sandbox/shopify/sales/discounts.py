"""Discounts and taxes of lines: how much of each falls where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from .model import Allocation, Application, Line, Order, Shipping, Tax
from .money import Bag, Pair, total

#: country → (title, rate); rates are of the sandbox
TAXES: dict[str, tuple[tuple[str, str], ...]] = {
    "DE": (("MwSt", "0.19"),),
    "FR": (("TVA", "0.2"),),
    "GB": (("GB VAT", "0.2"),),
    "US": (("California State Tax", "0.0725"), ("Los Angeles County Tax", "0.0225")),
    "CH": (("MwSt", "0.081"),),
    "EG": (("VAT", "0.14"),),
    "JP": (("CT", "0.1"),),
}
Rate = tuple[str, Decimal, bool]  # title, rate, channel liable


def rates_for(country: str) -> list[Rate]:
    return [(title, Decimal(rate), False) for title, rate in TAXES.get(country, ())]


def taxes_of(pair: Pair, base: Bag, rates: Sequence[Rate], included: bool) -> list[Tax]:
    """Tax lines of an amount; several included ones share what is inside."""
    if not rates or not base:
        return [Tax(title, rate, base - base, liable) for title, rate, liable in rates]
    whole = sum((rate for _, rate, _ in rates), Decimal(0))
    taxes = pair.tax(base, whole, included)
    weights = [pair.tax(base, rate, False) for _, rate, _ in rates]
    return [
        Tax(title, rate, amount, liable)
        for (title, rate, liable), amount in zip(rates, pair.split(taxes, weights), strict=True)
    ]


def tax_line(order: Order, line: Line, rates: Sequence[Rate]) -> None:
    """Tax the whole ordered quantity of a line, discounts taken off."""
    if order.tax_exempt or not line.taxable or line.gift_card or line.tip:
        line.taxes = []
        return
    base = line.unit * line.quantity - total(each.amount for each in line.discounts)
    line.taxes = taxes_of(order.pair, base, rates, order.taxes_included)


def tax_shipping(order: Order, row: Shipping, rates: Sequence[Rate]) -> None:
    base = row.price - total(each.amount for each in row.discounts)
    row.taxes = [] if order.tax_exempt else taxes_of(order.pair, base, rates, order.taxes_included)


def rates_on(order: Order) -> list[Rate]:
    """The rates that the order's lines were taxed with."""
    for line in order.lines:
        if line.taxes:
            return [(each.title, each.rate, each.channel_liable) for each in line.taxes]
    return []


def apply(order: Order, found: Application, lines: Iterable[Line] | None = None) -> None:
    """Put a discount on an order and divide it over lines (all discountable ones by default)."""
    order.applications.append(found)
    index = len(order.applications) - 1
    rows: list[Any]
    if found.target == "shipping_line":
        rows = [each for each in order.shipping if not each.removed]
        bases = [each.price - total(a.amount for a in each.discounts) for each in rows]
    else:
        chosen = order.lines if lines is None else lines
        rows = [each for each in chosen if not each.gift_card and not each.tip]
        bases = [
            each.unit * each.quantity - total(a.amount for a in each.discounts) for each in rows
        ]
    whole = total(bases)
    if found.value_type == "percentage":
        parts = [order.pair.times(base, found.value / 100) for base in bases]
    else:
        amount = order.pair.of_presentment(found.value)
        if amount.presentment > whole.presentment:
            amount = whole
        parts = order.pair.split(amount, bases)
    for row, part in zip(rows, parts, strict=True):
        if part:
            row.discounts.append(Allocation(index, part))
