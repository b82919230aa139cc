"""What an item of an order costs, from Amazon's lists of breakdowns. Pure.

Amazon tells money as ``breakdowns`` of a ``type`` with a ``subtotal`` (M orders_2026-01-01)::

    ITEM SHIPPING GIFT_WRAP COD_FEE OTHER      charges
    DISCOUNT  details ITEM SHIPPING …          promotions off these charges
    TAX       details ITEM SHIPPING … DISCOUNT tax on these charges

The model says neither which sign a discount has, nor whether the charges hold tax and discount
already. The one thing that is certain is ``proceedsTotal``: of the four ways to read the list the
first that comes to it is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal, localcontext
from typing import Any

from ..core.errors import InvalidError
from ..core.money import decimal
from ..core.shape import as_list, as_object, as_text

PARTS = ("ITEM", "SHIPPING", "GIFT_WRAP", "COD_FEE", "OTHER")
ZERO = Decimal(0)


class Purse:
    """Reads money and sees to it that one order has one currency."""

    def __init__(self) -> None:
        self.currency = ""

    def money(self, value: Any, member: str) -> Decimal:
        """The amount of ``{"amount": "9.99", "currencyCode": "EUR"}``.

        :raise InvalidError: another shape, or a second currency.
        """
        data = as_object(value, member)
        amount = decimal(data.get("amount"), f"{member}.amount")
        code = as_text(data.get("currencyCode"), f"{member}.currencyCode").upper()
        if len(code) != 3 or not (code.isascii() and code.isalpha()):
            raise InvalidError(f"{member}.currencyCode is no currency.", code="bad_currency")
        if self.currency and code != self.currency:
            raise InvalidError(f"{member} is in a second currency.", code="mixed_currencies")
        self.currency = code
        return amount

    def optional(self, value: Any, member: str) -> Decimal | None:
        """As :meth:`money`; ``None`` stays ``None``."""
        return None if value is None else self.money(value, member)


@dataclass(slots=True)
class Amounts:
    """The money of one item; every mapping is by part, see :data:`PARTS`.

    :param charges: before discounts.
    :param discounts: positive, taken off the charges.
    :param taxes: on what is left.
    :param on_top: the charges do not hold the tax.
    :param taxed: Amazon said something of tax.
    :param told: subtotals by type as they came, to compare with those of the whole order.
    """

    charges: dict[str, Decimal] = field(default_factory=dict)
    discounts: dict[str, Decimal] = field(default_factory=dict)
    taxes: dict[str, Decimal] = field(default_factory=dict)
    on_top: bool = True
    taxed: bool = False
    told: dict[str, Decimal] = field(default_factory=dict)

    def parts(self) -> list[str]:
        """Parts that cost something or would without their discount."""
        return [part for part in PARTS if part in self.charges or part in self.taxes]

    def tax(self, part: str) -> Decimal:
        """Tax on a part."""
        return self.taxes.get(part, ZERO)

    def net(self, part: str) -> Decimal:
        """What is paid for a part, without tax."""
        amount = self.charges.get(part, ZERO) - self.discounts.get(part, ZERO)
        return amount if self.on_top else amount - self.tax(part)

    def total(self) -> Decimal:
        """What is paid for the item, tax included."""
        return sum((self.net(part) + self.tax(part) for part in self.parts()), ZERO)

    def scaled(self, part_of: Decimal, whole: Decimal) -> Amounts:
        """The same for ``part_of`` of ``whole`` units, in the smallest unit of the amounts."""

        def share(values: Mapping[str, Decimal]) -> dict[str, Decimal]:
            return {
                name: spread(value, [part_of, whole - part_of])[0] for name, value in values.items()
            }

        return Amounts(
            share(self.charges), share(self.discounts), share(self.taxes), self.on_top, self.taxed
        )


def item_amounts(
    value: Any, where: str, purse: Purse, unit_price: Decimal | None, quantity: Decimal
) -> Amounts | None:
    """The money of an item; ``None`` when Amazon says nothing of it.

    :param value: ``proceeds`` of the item.
    :param unit_price: ``product.price.unitPrice``, used when there is no list.
    """
    data = as_object({} if value is None else value, where)
    total = purse.optional(data.get("proceedsTotal"), f"{where}.proceedsTotal")
    found = Amounts()
    for kind, subtotal, details in breakdowns(data, where, purse):
        found.told[kind] = found.told.get(kind, ZERO) + subtotal
        if kind == "TAX":
            found.taxed = True
            _add(found.taxes, _tax_parts(subtotal, details))
        elif kind == "DISCOUNT":
            _add(found.discounts, _discount_parts(subtotal, details))
        else:
            _add(found.charges, {kind if kind in PARTS else "OTHER": subtotal})
    if not found.told:
        lump = total if total is not None else unit_price and unit_price * quantity
        if lump is None:
            return None
        found.charges["ITEM"] = lump
    for part in found.discounts:
        found.charges.setdefault(part, ZERO)
    return _as_told(found, total)


def breakdowns(
    data: Mapping[str, Any], where: str, purse: Purse
) -> Iterator[tuple[str, Decimal, list[tuple[str, Decimal]]]]:
    """(type, subtotal, [(subtype, amount), …]) of a ``proceeds`` object."""
    for index, value in enumerate(as_list(data.get("breakdowns"), f"{where}.breakdowns")):
        here = f"{where}.breakdowns[{index}]"
        row = as_object(value, here)
        kind = as_text(row.get("type"), f"{here}.type").upper()
        details = [
            (
                as_text(as_object(one, here).get("subtype"), f"{here}.subtype").upper(),
                purse.money(as_object(one, here).get("value"), f"{here}.value"),
            )
            for one in as_list(row.get("detailedBreakdowns"), f"{here}.detailedBreakdowns")
        ]
        yield kind, purse.money(row.get("subtotal"), f"{here}.subtotal"), details


def _tax_parts(subtotal: Decimal, details: Sequence[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """Tax by part. The tax on a discount lessens that on the item; its sign is not documented."""
    parts: dict[str, Decimal] = {}
    for kind, value in details:
        if kind != "DISCOUNT":
            _add(parts, {kind if kind in PARTS else "OTHER": value})
    relief = sum((value for kind, value in details if kind == "DISCOUNT"), ZERO)
    plain = sum(parts.values(), ZERO)
    if relief:
        signed = relief if plain + relief == subtotal else -abs(relief)
        _add(parts, {"ITEM": signed})
        plain += signed
    if plain != subtotal:
        _add(parts, {"ITEM": subtotal - plain})
    return parts


def _discount_parts(
    subtotal: Decimal, details: Sequence[tuple[str, Decimal]]
) -> dict[str, Decimal]:
    parts: dict[str, Decimal] = {}
    _add(parts, *({kind if kind in PARTS else "ITEM": abs(value)} for kind, value in details))
    rest = abs(subtotal) - sum(parts.values(), ZERO)
    if rest:
        _add(parts, {"ITEM": rest})
    return parts


def _as_told(found: Amounts, total: Decimal | None) -> Amounts:
    """Read the list so that it comes to the total; see the module."""
    charged = sum(found.charges.values(), ZERO)
    off = sum(found.discounts.values(), ZERO)
    tax = sum(found.taxes.values(), ZERO)
    readings = (
        (True, charged - off + tax),
        (False, charged - off),
        (True, charged + tax),
        (False, charged),
    )
    for number, (on_top, amount) in enumerate(readings):
        if total is None or amount == total:
            found.on_top = on_top
            if number > 1:
                # The discount is off the charges already: shown, not taken once more.
                _add(found.charges, found.discounts)
            break
    return found


def _add(target: dict[str, Decimal], *more: Mapping[str, Decimal]) -> None:
    for values in more:
        for name, value in values.items():
            target[name] = target.get(name, ZERO) + value


def spread(amount: Decimal, weights: Iterable[Decimal]) -> list[Decimal]:
    """Divide an amount by weights without losing or inventing a cent: each share has as many
    digits as the amount, what is left goes to the largest weights.

    >>> spread(Decimal("0.10"), [Decimal(1), Decimal(1), Decimal(1)])
    [Decimal('0.04'), Decimal('0.03'), Decimal('0.03')]
    """
    parts = [max(weight, ZERO) for weight in weights]
    whole = sum(parts, ZERO)
    if not whole:
        parts, whole = [Decimal(1)] * len(parts), Decimal(len(parts))
    step = Decimal((0, (1,), min(int(amount.as_tuple().exponent), 0)))
    with localcontext() as context:
        context.prec = 160
        shares = [(amount * part / whole).quantize(step, ROUND_DOWN) for part in parts]
        left = amount - sum(shares, ZERO)
        unit = step.copy_sign(left)
        for index in sorted(range(len(parts)), key=lambda index: -parts[index]):
            if not left:
                break
            shares[index] += unit
            left -= unit
    return shares
