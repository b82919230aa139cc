"""How much Amazon takes at once and how often.

Rates are requests per second with their burst, per account and application, from the usage plan
tables of the official models (read 2026-11). ``x-amzn-RateLimit-Limit`` of an answer teaches the
budget the rate that really applies.

A few changes go one by one, many as one feed. Where the border lies follows from the rates: a push
must not hold a worker longer than :data:`PUSH_SECONDS`, and in that time the single calls that
fit are the burst and what flows in meanwhile. A feed costs one createFeed, of which there is one
in two minutes, and its outcome comes after minutes: below the border it would be slower and
dearer, above it the single calls would have to wait for their budget.
"""

from __future__ import annotations

from ..core.limits import Lane, Limits, Rate
from ..core.types import LISTING_KINDS, Kind
from .const import ACKNOWLEDGEMENT_FEED, ADJUSTMENT_FEED, FULFILLMENT_FEED, LISTINGS_FEED

PUSH_SECONDS = 4.0
"""Seconds that the single calls of one push may take together."""

MAX_BATCH = 10_000
"""Listings of one push."""
MAX_MESSAGES = 25_000
"""Messages of a listings feed (D: changelog 2025-05-06)."""
MAX_FEED_BYTES = 10 * 1024 * 1024 - 64 * 1024
"""A feed stays below 10 MiB (D: Feeds API Best Practices); a little room for its frame."""
MAX_DOCUMENT = 64 * 1024 * 1024
"""Bytes of a document as it travels."""
MAX_UNPACKED = 256 * 1024 * 1024
"""Bytes of a document when it is unpacked: a limit for damaged ones, no report is so long."""


def feed_bucket(feed_type: str) -> str:
    """The rate of one type of feed, beside that of createFeed."""
    return f"feed:{feed_type}"


RATES: dict[str, Rate] = {
    # Login with Amazon states no rate; a token lasts an hour.
    "token": Rate(1, 10),
    # Documents travel to and from a store of their own that has no rate.
    "document": Rate(20, 100),
    # sellers v1
    "getMarketplaceParticipations": Rate(0.016, 15),
    # listingsItems 2021-08-01
    "searchListingsItems": Rate(5, 5),
    "getListingsItem": Rate(5, 10),
    "putListingsItem": Rate(5, 10),
    "patchListingsItem": Rate(5, 5),
    "deleteListingsItem": Rate(5, 5),
    # definitionsProductTypes 2020-09-01
    "searchDefinitionsProductTypes": Rate(5, 10),
    "getDefinitionsProductType": Rate(5, 10),
    # feeds 2021-06-30
    "createFeedDocument": Rate(0.5, 15),
    "createFeed": Rate(0.0083, 15),
    "getFeed": Rate(2, 15),
    "getFeeds": Rate(0.0222, 10),
    "getFeedDocument": Rate(0.0222, 10),
    "cancelFeed": Rate(2, 15),
    # Five listings feeds in five minutes (D: changelog 2025-05-06); other feeds of one type once
    # in twenty minutes (D: Feeds API Best Practices).
    feed_bucket(LISTINGS_FEED): Rate(5 / 300, 5),
    feed_bucket(ACKNOWLEDGEMENT_FEED): Rate(1 / 1200, 1),
    feed_bucket(FULFILLMENT_FEED): Rate(1 / 1200, 1),
    feed_bucket(ADJUSTMENT_FEED): Rate(1 / 1200, 1),
    # orders 2026-01-01 and what is left of v0
    "searchOrders": Rate(0.0056, 20),
    "getOrder": Rate(0.5, 30),
    "confirmShipment": Rate(2, 10),
    # reports 2021-06-30
    "createReport": Rate(0.0167, 15),
    "getReport": Rate(2, 15),
    "getReports": Rate(0.0222, 10),
    "getReportDocument": Rate(0.0167, 15),
    # finances 2024-06-19
    "listTransactions": Rate(0.5, 10),
    # fbaInventory v1
    "getInventorySummaries": Rate(2, 2),
    # notifications v1
    "getSubscription": Rate(1, 5),
    "createSubscription": Rate(1, 5),
    "getDestinations": Rate(1, 5),
    "createDestination": Rate(1, 5),
    # The seller's queue is paid by the call and hardly limited; a pull a few seconds long.
    "queue": Rate(20, 100),
}


def _few(*operations: str) -> int:
    """Calls that fit into :data:`PUSH_SECONDS`, by the slowest of the operations."""
    return min(int(RATES[one].burst + RATES[one].per_second * PUSH_SECONDS) for one in operations)


FEW_LISTINGS = _few("putListingsItem", "patchListingsItem", "deleteListingsItem")
"""So many calls go one by one, more as a feed (25 with the default rates)."""
FEW_SHIPMENTS = _few("confirmShipment")
"""The same for shipments (18)."""

MOST_LOOKUPS = int(RATES["searchListingsItems"].burst) * 20
"""So many new listings of one feed are looked up before, 20 a call, within the burst (100)."""

LIMITS = Limits(
    lanes=(
        # All kinds of one listing travel in one call or message. A feed of a whole catalogue may
        # take hours.
        Lane(
            "listing",
            LISTING_KINDS,
            MAX_BATCH,
            asynchronous=True,
            deadline=6 * 3600.0,
            bucket="patchListingsItem",
        ),
        # Repeatable: a second acknowledgement writes the same reference, and an order that is
        # cancelled already stays so; what the report says against it is checked with the order.
        Lane(
            "order_ack",
            (Kind.ACKNOWLEDGE, Kind.CANCEL),
            5_000,
            asynchronous=True,
            deadline=6 * 3600.0,
            bucket=feed_bucket(ACKNOWLEDGEMENT_FEED),
            # One feed in twenty minutes: a parcel is confirmed before if it leaves before.
            in_turn=False,
        ),
        # Repeatable: the same packageReferenceId edits the same parcel.
        Lane(
            "shipment",
            (Kind.SHIPMENT,),
            5_000,
            asynchronous=True,
            deadline=6 * 3600.0,
            bucket="confirmShipment",
        ),
        # Money: a second feed would pay twice.
        Lane(
            "refund",
            (Kind.REFUND,),
            1_000,
            asynchronous=True,
            deadline=6 * 3600.0,
            repeatable=False,
            bucket=feed_bucket(ADJUSTMENT_FEED),
        ),
    ),
    rates=RATES,
    topics=("order", "notification", "listing", "return", "settlement", "stored"),
    # searchOrders lags a little behind (D: Orders API, "within two minutes").
    overlap=300.0,
    intervals={
        "order": 180.0,
        "notification": 15.0,
        "listing": 900.0,
        "return": 3600.0,
        "settlement": 6 * 3600.0,
        "stored": 900.0,
    },
    product_first=True,
)
