"""Orders of Shopify read by both roads: webhook and query."""

from __future__ import annotations

from decimal import Decimal

from marketplace_adapters.core import (
    Order,
)
from marketplace_adapters.shopify.orders import parse_order
from marketplace_adapters.shopify.settings import Settings
from marketplace_adapters.testing.harness import check_neutral
from shopify_in_samples import Sample

SHOP = Settings(currency="EUR")
CENT = Decimal("0.01")


def both(sample: Sample, settings: Settings = SHOP) -> Order:
    """The order by the query, once it is proven to be the webhook's."""
    by_hook = parse_order(sample.rest(), settings)
    by_query = parse_order(sample.graph(), settings)
    assert by_hook.revision == by_query.revision
    assert by_hook == by_query
    check_neutral(by_query)
    amount = sum((one.quantity * one.unit_price for one in by_query.lines), Decimal())
    assert by_query.total is not None
    assert amount.quantize(Decimal("1E-12")) == by_query.total
    return by_query


def rows(order: Order) -> list[tuple[str, str, str, str]]:
    """(id, kind, quantity, what the line comes to)."""
    return [
        (
            one.external_id,
            one.kind,
            str(one.quantity),
            str((one.quantity * one.unit_price).quantize(CENT)),
        )
        for one in order.lines
    ]
