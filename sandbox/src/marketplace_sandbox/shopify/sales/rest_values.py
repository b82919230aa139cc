"""Values as webhook bodies write them: money as text, both currencies as sets, local times."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from .model import Allocation, Order, Tax
from .money import Bag, Pair, rounded

ZONE = timezone(timedelta(hours=1))  # the shop's; no daylight saving in the sandbox


def moment(value: datetime | None) -> str | None:
    """``2026-10-01T09:00:00+01:00``: whole seconds in the shop's zone."""
    return None if value is None else value.astimezone(ZONE).isoformat(timespec="seconds")


def amount(value: Decimal, currency: str) -> str:
    return f"{rounded(value, currency):f}"


def bag(value: Bag, pair: Pair) -> dict[str, Any]:
    return {
        "shop_money": {"amount": amount(value.shop, pair.shop), "currency_code": pair.shop},
        "presentment_money": {
            "amount": amount(value.presentment, pair.presentment),
            "currency_code": pair.presentment,
        },
    }


def tax_line(row: Tax, pair: Pair) -> dict[str, Any]:
    return {
        "channel_liable": row.channel_liable,
        "price": amount(row.amount.shop, pair.shop),
        "price_set": bag(row.amount, pair),
        "rate": float(row.rate),
        "title": row.title,
    }


def allocation(row: Allocation, pair: Pair) -> dict[str, Any]:
    return {
        "amount": amount(row.amount.shop, pair.shop),
        "amount_set": bag(row.amount, pair),
        "discount_application_index": row.index,
    }


def token(*parts: object) -> str:
    """A hexadecimal text that stands for a secret of the shop's checkout."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:32]


def address(data: dict[str, Any] | None) -> dict[str, Any] | None:
    """In the order of members that bodies have; the number of a stored address is left out."""
    if data is None:
        return None
    names = (
        "first_name", "address1", "phone", "city", "zip", "province", "country", "last_name",
        "address2", "company", "latitude", "longitude", "name", "country_code", "province_code",
    )  # fmt: skip
    return {name: data.get(name) for name in names}


def lower(order: Order, word: str) -> str | None:
    """The REST word of a displayed fulfilment status."""
    return {
        "FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial", "RESTOCKED": "restocked",
    }.get(word)  # fmt: skip
