"""What a test or a demo may turn: speed, limits, and what is unconfirmed about the real service."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any

from ..wire import Invalid

#: Everything that the adapters may need; what the demo's app was granted.
SCOPES = (
    "read_all_orders",
    "read_assigned_fulfillment_orders",
    "read_companies",
    "read_customers",
    "read_draft_orders",
    "read_files",
    "read_fulfillments",
    "read_gift_cards",
    "read_inventory",
    "read_locations",
    "read_merchant_managed_fulfillment_orders",
    "read_order_edits",
    "read_orders",
    "read_payment_terms",
    "read_product_listings",
    "read_products",
    "read_publications",
    "read_returns",
    "read_third_party_fulfillment_orders",
    "write_assigned_fulfillment_orders",
    "write_customers",
    "write_draft_orders",
    "write_files",
    "write_fulfillments",
    "write_inventory",
    "write_merchant_managed_fulfillment_orders",
    "write_order_edits",
    "write_orders",
    "write_products",
    "write_publications",
    "write_returns",
    "write_third_party_fulfillment_orders",
)
MOST_SECONDS = 86_400 * 30


@dataclass(frozen=True)
class Settings:
    """Switches of the Shopify room; changed with ``POST /_control/shopify/settings``.

    bucket, restore_rate: points of the leaky bucket and points per second (Standard plan); a rate
        of 0 switches the limit off. most_cost: what one query may request.
    versions: API versions that are served; others are answered with 404.
    scopes: granted to every app; a ``write_`` scope contains its ``read_`` scope.
    token_seconds: life of a client-credentials token, on the sandbox's clock.
    latency: real seconds that every GraphQL call takes before it is worked on.
    bulk_seconds, bulk_row_ms: real time before a bulk operation begins, and per line of it.
    bulk_most: operations of each kind at a time. bulk_bytes: size of a bulk mutation's input.
    quantities_most: of one inventorySetQuantities call.
    webhook_retries: real seconds before each further attempt (the real service: 8 over 4 hours).
    webhook_failures: failed attempts in a row after which a subscription is removed; 0: never.
    async_seconds: how long a productSet in the background takes, on the sandbox's clock.
    media_hosts: where product images may come from: ``*`` or host names; others fail to process.
    """

    bucket: float = 2000.0
    restore_rate: float = 100.0
    most_cost: float = 1000.0
    versions: tuple[str, ...] = ("2026-10",)
    scopes: tuple[str, ...] = SCOPES
    token_seconds: float = 86_399.0
    latency: float = 0.0
    bulk_seconds: float = 0.0
    bulk_row_ms: float = 0.0
    bulk_most: float = 5.0
    bulk_bytes: float = 100.0 * 1024 * 1024
    quantities_most: float = 250.0
    webhook_retries: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 60.0)
    webhook_failures: float = 8.0
    async_seconds: float = 0.0
    media_hosts: tuple[str, ...] = ("*",)

    def changed(self, values: dict[str, Any]) -> Settings:
        """:raises Invalid: an unknown name, or a value that is not acceptable."""
        kinds = {each.name: each.default for each in fields(self)}
        found: dict[str, Any] = {}
        for name, value in values.items():
            if name not in kinds:
                raise Invalid(f"unknown setting {name[:40]!r}; known: {', '.join(kinds)}")
            found[name] = _value(name, value, kinds[name])
        return replace(self, **found)

    def state(self) -> dict[str, Any]:
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise Invalid(f"{name} must be a number")
    if not 0 <= value <= 10**10:
        raise Invalid(f"{name} must not be below 0 or above 10^10")
    return float(value)


def _value(name: str, value: Any, default: Any) -> Any:
    if isinstance(default, float):
        return _number(name, value)
    if not isinstance(value, (list, tuple)):
        raise Invalid(f"{name} must be a list")
    if name == "webhook_retries":
        return tuple(_number(name, each) for each in value)
    if not all(isinstance(each, str) for each in value):
        raise Invalid(f"{name} must be a list of texts")
    return tuple(value)
