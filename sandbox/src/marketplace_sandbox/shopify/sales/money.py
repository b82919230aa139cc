"""Amounts in two currencies: the shop's own, and the one that the buyer sees.

Both are kept and rounded on their own, as the platform does it, so each adds up to its last digit.
Shapes on the wire differ: GraphQL writes ``10.0``, webhook bodies write ``10.00``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
#: currencies whose smallest unit is not a hundredth
DIGITS = {"JPY": 0, "KRW": 0, "CLP": 0, "VND": 0, "KWD": 3, "BHD": 3, "JOD": 3, "TND": 3}
#: units of a currency for one euro; the sandbox's own rates, they never change
RATES = {
    "EUR": Decimal(1),
    "USD": Decimal("1.0842"),
    "GBP": Decimal("0.8563"),
    "CHF": Decimal("0.9371"),
    "SEK": Decimal("11.2750"),
    "EGP": Decimal("52.4100"),
    "JPY": Decimal("163.27"),
    "KWD": Decimal("0.3331"),
}


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To the smallest unit of a currency, half up."""
    return amount.quantize(Decimal(1).scaleb(-DIGITS.get(currency, 2)), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Bag:
    """The same money in the shop's and in the buyer's currency."""

    shop: Decimal
    presentment: Decimal

    def __add__(self, other: Bag) -> Bag:
        return Bag(self.shop + other.shop, self.presentment + other.presentment)

    def __sub__(self, other: Bag) -> Bag:
        return Bag(self.shop - other.shop, self.presentment - other.presentment)

    def __mul__(self, number: int) -> Bag:
        return Bag(self.shop * number, self.presentment * number)

    def __neg__(self) -> Bag:
        return Bag(-self.shop, -self.presentment)

    def __bool__(self) -> bool:
        return bool(self.shop or self.presentment)


NOTHING = Bag(ZERO, ZERO)


def total(bags: Iterable[Bag]) -> Bag:
    shop = presentment = ZERO
    for bag in bags:
        shop += bag.shop
        presentment += bag.presentment
    return Bag(shop, presentment)


@dataclass(frozen=True, slots=True)
class Pair:
    """The currencies of one order. `rate`: presentment units for one unit of the shop's."""

    shop: str
    presentment: str
    rate: Decimal

    @classmethod
    def of(cls, shop: str, presentment: str) -> Pair:
        """:raises KeyError: a currency without a rate."""
        rate = RATES[presentment] / RATES[shop]
        return cls(shop, presentment, rate.quantize(Decimal("0.000001")))

    def of_presentment(self, amount: Decimal) -> Bag:
        own = rounded(amount, self.presentment)
        same = self.shop == self.presentment
        return Bag(own if same else rounded(own / self.rate, self.shop), own)

    def of_shop(self, amount: Decimal) -> Bag:
        own = rounded(amount, self.shop)
        same = self.shop == self.presentment
        return Bag(own, own if same else rounded(own * self.rate, self.presentment))

    def times(self, bag: Bag, factor: Decimal) -> Bag:
        return Bag(
            rounded(bag.shop * factor, self.shop),
            rounded(bag.presentment * factor, self.presentment),
        )

    def share(self, bag: Bag, part: int, whole: int) -> Bag:
        """What of an amount belongs to some pieces; all of it for all of them."""
        if not whole or not part:
            return NOTHING
        return bag if part == whole else self.times(bag, Decimal(part) / whole)

    def portion(self, bag: Bag, part: Bag, whole: Bag) -> Bag:
        """What of an amount goes with a part of another amount (the tax of some shipping)."""
        if part == whole or not whole.presentment:
            return bag
        return self.times(bag, part.presentment / whole.presentment)

    def split(self, bag: Bag, weights: Sequence[Bag]) -> list[Bag]:
        """Divide by weights; the parts add up exactly in both currencies."""
        whole = total(weights)
        parts: list[Bag] = []
        done, seen = NOTHING, NOTHING
        for weight in weights:
            seen = seen + weight
            upto = (
                Bag(
                    rounded(bag.shop * seen.shop / whole.shop, self.shop),
                    rounded(bag.presentment * seen.presentment / whole.presentment,
                            self.presentment),
                )
                if whole.shop and whole.presentment
                else NOTHING
            )  # fmt: skip
            parts.append(upto - done)
            done = upto
        return parts

    def tax(self, base: Bag, rate: Decimal, included: bool) -> Bag:
        """Tax of an amount that contains it (`included`) or not."""
        return self.times(base, rate / (1 + rate) if included else rate)
