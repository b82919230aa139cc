"""How much Shopify takes at once and how often.

Calls are paid with points of one bucket for each app and shop, which fills with so many points a
second: 100 (Standard), 200 (Advanced), 1000 (Plus), 2000 (Enterprise); every answer tells the real
figures, which the budget believes (D: GraphQL Admin API rate limits, read 2026-11).

A few changes go by single calls, many as one bulk operation. Where the border lies follows from
the rates: a push must not hold a worker longer than :data:`PUSH_SECONDS` nor empty the bucket that
orders need as well, and a bulk operation costs three calls and answers after seconds to minutes.
"""

from __future__ import annotations

from ..core.limits import Lane, Limits, Rate
from ..core.types import Kind

PUSH_SECONDS = 4.0
"""Seconds that the single calls of one push may take together."""
CALL_SECONDS = 0.2
"""What a call takes with the way there and back."""
CALL_POINTS = 20
"""What a change of one product costs: a mutation with the objects of its answer."""

RATES: dict[str, Rate] = {
    "graphql": Rate(100, 2000),
    # A token lasts a day; Shopify states no rate.
    "token": Rate(1, 10),
    # Files lie on a store of their own that has no rate.
    "file": Rate(50, 200),
    # Images lie on a delivery network.
    "images": Rate(20, 100),
}

FEW = int(
    min(
        PUSH_SECONDS / CALL_SECONDS,
        (RATES["graphql"].burst / 4 + RATES["graphql"].per_second * PUSH_SECONDS) / CALL_POINTS,
    )
)
"""So many products of one push are told by single calls, more as a bulk operation (20)."""

MAX_QUANTITIES = 250
"""Quantities of one ``inventorySetQuantities`` (U in the facts; the reference names it)."""
MAX_PRICES = 250
"""Prices of one ``priceListFixedPricesAdd`` (D)."""
MAX_VARIANTS = 2048
"""Variants of a product (C: 2024-10)."""
MAX_IDS = 100
"""Ids of one ``nodes``, so that it costs less than a call may."""
MAX_BATCH = 10_000
"""Listings of one push."""

LIMITS = Limits(
    lanes=(
        # Everything that describes a product travels in one productSet; many as a bulk operation,
        # which may take hours (D: up to 24).
        Lane(
            "product",
            (Kind.PRODUCT, Kind.IMAGE, Kind.OVERRIDE, Kind.DELETE),
            MAX_BATCH,
            asynchronous=True,
            deadline=24 * 3600.0,
            bucket="graphql",
        ),
        Lane(
            "price",
            (Kind.PRICE,),
            MAX_BATCH,
            asynchronous=True,
            deadline=24 * 3600.0,
            bucket="graphql",
        ),
        # Repeatable: quantities are compared and set, and the same key gives the same answer.
        Lane("stock", (Kind.INVENTORY,), MAX_QUANTITIES * 10, bucket="graphql"),
        # A parcel that was told already is found again by what was fulfilled, see
        # :mod:`.fulfilments`.
        Lane("fulfilment", (Kind.SHIPMENT,), 20, repeatable=False, bucket="graphql"),
        # Repeatable: the same tag and metafield; an order that is cancelled already stays so.
        # Asynchronous, because calling off an order is a job of Shopify's.
        Lane("order", (Kind.ACKNOWLEDGE, Kind.CANCEL), 20, asynchronous=True, bucket="graphql"),
        # Money, but the key of the refund keeps it from being paid twice.
        Lane("refund", (Kind.REFUND,), 20, bucket="graphql"),
    ),
    rates=RATES,
    topics=("order", "listing", "draft"),
    overlap=300.0,
    intervals={"order": 60.0, "listing": 300.0, "draft": 300.0},
    product_first=True,
)
