"""Money, moments and names as GraphQL and webhook bodies write them."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

CENT = Decimal("0.01")
_WORD = re.compile(r"(?<=[a-z0-9])([A-Z])")


@lru_cache(4096)
def snake(name: str) -> str:
    """``legacyResourceId`` → ``legacy_resource_id``."""
    return _WORD.sub(r"_\1", name).lower()


def cents(value: Decimal | int | str) -> Decimal:
    """Rounded to two places, half away from zero."""
    return Decimal(value).quantize(CENT, ROUND_HALF_UP)


def money_text(value: Decimal) -> str:
    """The scalar Money, and money in webhook bodies: ``"10.00"``."""
    return f"{cents(value):f}"


def decimal_text(value: Decimal) -> str:
    """The scalar Decimal, as in MoneyV2.amount: at least one digit behind the point, ``"10.0"``."""
    text = f"{value.normalize():f}"
    return text if "." in text else f"{text}.0"


def money_v2(amount: Decimal, currency: str) -> dict[str, Any]:
    return {"amount": amount, "currencyCode": currency}


def money_bag(
    shop: Decimal, currency: str, presentment: Decimal | None = None, other: str | None = None
) -> dict[str, Any]:
    """One amount in the shop's currency and in the one that the buyer saw."""
    return {
        "shopMoney": money_v2(shop, currency),
        "presentmentMoney": money_v2(
            shop if presentment is None else presentment, other or currency
        ),
    }


def iso(moment: datetime) -> str:
    """The scalar DateTime: seconds, in UTC, ``2026-10-01T08:00:00Z``."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_rest(moment: datetime) -> str:
    """A moment of a webhook body: ``2026-10-01T08:00:00+00:00``."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S+00:00")
