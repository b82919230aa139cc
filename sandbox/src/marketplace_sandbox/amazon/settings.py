"""What a test or a demo may turn: speed, and what is unconfirmed about the real service."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any

from ..wire import Invalid
from .marketplaces import MARKETPLACES, PARTICIPATING

CHOICES: dict[str, tuple[str, ...]] = {
    "vat_rows": ("none", "included", "added"),
    "discount_sign": ("negative", "positive"),
    "unknown_attributes": ("warning", "error"),
    "patch_unknown": ("invalid", "not_found"),
}
MOST_SECONDS = 86_400 * 30


@dataclass(frozen=True)
class Settings:
    """Switches of the Amazon room; changed with ``POST /_control/amazon/settings``.

    rates: factor on every rate of the usage plans; 0 switches the limits off. Bursts stay.
    feed_queue_seconds, feed_seconds: how long a feed waits, and is worked on, on the sandbox's
        clock. report_seconds: the same of a report, which begins at once.
    listing_seconds: after acceptance, until a listing gets its status and ASIN.
    pending_seconds: after which a pending order becomes unshipped by itself; 0: never.
    unshipped_days: after which Amazon cancels an order that the seller has not shipped (the real
        service after 30); 0: never.
    url_seconds, token_seconds, page_token_seconds: life of presigned addresses (5 minutes),
        access tokens (1 hour) and pagination tokens (24 hours).
    compress: result documents and reports are gzipped.
    vat_rows: of marketplaces with prices that contain VAT. ``none``: no TAX row, as of sellers
        without Amazon's tax calculation; ``included``: a TAX row that is part of the price and
        not of the sum; ``added``: net price and a TAX row that add up, as the example of the
        model has it.
    discount_sign: of DISCOUNT rows. The model has no example; negative rows add up.
    unknown_attributes: what an attribute is that the product type does not have.
    patch_unknown: a patch of an unknown SKU is answered INVALID with an issue, or with 404.
    buyer_data: whether the application has the roles for buyer and recipient; without, these
        are left out of orders.
    denied: names of operations (with ``*``) that the application has no role for: 403.
    orders_take_stock: an order lowers the quantity of the listing, a cancellation gives it back.
    repeat_on_pages: each further page of searchOrders repeats the last order of the one before.
    encoding: of all report files, instead of the marketplace's own; empty: the latter.
    marketplaces: those that the seller takes part in.
    """

    rates: float = 1.0
    feed_queue_seconds: float = 2.0
    feed_seconds: float = 6.0
    report_seconds: float = 6.0
    listing_seconds: float = 0.0
    pending_seconds: float = 0.0
    unshipped_days: float = 0.0
    url_seconds: float = 300.0
    token_seconds: float = 3600.0
    page_token_seconds: float = 86_400.0
    compress: bool = True
    vat_rows: str = "none"
    discount_sign: str = "negative"
    unknown_attributes: str = "warning"
    patch_unknown: str = "invalid"
    buyer_data: bool = True
    denied: tuple[str, ...] = ()
    orders_take_stock: bool = True
    repeat_on_pages: bool = False
    encoding: str = ""
    marketplaces: tuple[str, ...] = PARTICIPATING

    def changed(self, values: dict[str, Any]) -> Settings:
        """:raises Invalid: an unknown name, or a value that is not acceptable."""
        kinds = {each.name: type(each.default) for each in fields(self)}
        found: dict[str, Any] = {}
        for name, value in values.items():
            if name not in kinds:
                raise Invalid(f"unknown setting {name[:40]!r}; known: {', '.join(kinds)}")
            found[name] = _value(name, value, kinds[name])
        return replace(self, **found)

    def state(self) -> dict[str, Any]:
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}


def _value(name: str, value: Any, kind: type) -> Any:
    if name in CHOICES and value not in CHOICES[name]:
        raise Invalid(f"{name} must be one of {', '.join(CHOICES[name])}")
    if kind is float:
        if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
            raise Invalid(f"{name} must be a number")
        if not 0 <= value <= MOST_SECONDS:
            raise Invalid(f"{name} must be between 0 and {MOST_SECONDS}")
        return float(value)
    if kind is tuple:
        if not isinstance(value, (list, tuple)) or not all(isinstance(x, str) for x in value):
            raise Invalid(f"{name} must be a list of texts")
        if name == "marketplaces" and (not value or not set(value) <= set(MARKETPLACES)):
            raise Invalid(f"marketplaces must be some of {', '.join(MARKETPLACES)}")
        return tuple(value)
    if type(value) is not kind:
        raise Invalid(f"{name} must be of type {kind.__name__}")
    if name == "encoding" and value:
        try:
            codecs.lookup(str(value))
        except LookupError:
            raise Invalid("encoding is not known") from None
    return value
