"""Orders and drafts by their last update, oldest first; each with its refunds and returns.

::

    a page of orders, the first rows of their lists
      └─ of each order: further rows of its lists, its refunds, returns and gift card payments,
         where the order says that there are some
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from ..core.dates import iso
from ..core.errors import ThrottledError
from ..core.shape import text
from ..core.types import Event, Page
from .client import Client
from .paging import pages, size, whole
from .settings import Settings
from .webhooks import order_event, order_events
from .wording import moment, rows, words

LINES = 5
"""Lines of an order that a page of orders holds."""
DRAFT_LINES = 10
GIFT_CARD = "gift_card"
NOTHING_RETURNED = frozenset({"", "NO_RETURN"})


def query_of(since: datetime, until: datetime | None) -> str:
    """The search of what changed. Times are in UTC, quoted because of their colons."""
    found = f"updated_at:>='{iso(since)}'"
    # Whole seconds: what changed within the last one belongs to the period.
    return found + (f" updated_at:<'{iso(until + timedelta(seconds=1))}'" if until else "")


def order_pages(
    client: Client, settings: Settings, since: datetime, until: datetime | None
) -> Iterator[Page]:
    """Orders that changed since then.

    :raise ThrottledError: before anything was delivered, or of a period: ask again.
    """
    variables: dict[str, Any] = {"query": query_of(since, until), "lines": LINES}
    variables["first"] = size("OrdersChanged", variables, most=50)
    told = False
    try:
        for nodes in pages(client, "OrdersChanged", variables, "orders"):
            found = [one for one in nodes if isinstance(one, dict)]
            for node in found:
                complete(client, node)
            yield Page(_events(found, settings), latest(found))
            told = True
    except ThrottledError:
        # Oldest first: what was delivered stands, and the next pull goes on from there.
        if until is not None or not told:
            raise


def complete(client: Client, node: dict[str, Any]) -> None:
    """Put an order's lists together, in place."""
    whole(client, node, "lineItems", "OrderLines", "order")
    whole(client, node, "shippingLines", "OrderShipping", "order")
    whole(
        client,
        node,
        "fulfillmentOrders",
        "OrderPlaces",
        "order",
        lambda one: whole(client, one, "lineItems", "PlaceLines", "fulfillmentOrder"),
    )
    for parcel in rows(node, "fulfillments"):
        whole(client, parcel, "fulfillmentLineItems", "ParcelLines", "fulfillment")
    order_id = text(node, "id")
    if rows(node, "refunds"):
        data = client.run("OrderRefunds", {"id": order_id})
        node["refunds"] = rows(data, "order", "refunds")
        for refund in node["refunds"]:
            whole(client, refund, "refundLineItems", "RefundLines", "refund")
    if text(node, "returnStatus").upper() not in NOTHING_RETURNED:
        node["returns"] = _returns(client, order_id)
    gateways = words(node, "paymentGatewayNames")
    if GIFT_CARD in gateways and len(gateways) > 1:
        data = client.run("OrderPayments", {"id": order_id})
        node["transactions"] = rows(data, "order", "transactions")


def _returns(client: Client, order_id: str) -> list[Mapping[str, Any]]:
    data = client.run("OrderReturns", {"id": order_id})
    owner = {"id": order_id, **(data.get("order") or {})}
    whole(
        client,
        owner,
        "returns",
        "MoreReturns",
        "order",
        lambda one: whole(client, one, "returnLineItems", "ReturnLines", "return"),
    )
    return rows(owner, "returns")


def _events(nodes: list[dict[str, Any]], settings: Settings) -> tuple[Event, ...]:
    return tuple(event for node in nodes for event in order_events(node, settings))


def latest(nodes: list[dict[str, Any]]) -> datetime | None:
    """The newest time of change on a page, by the shop's clock."""
    return max((when for one in nodes if (when := moment(one, "updatedAt"))), default=None)


def draft_pages(
    client: Client, settings: Settings, since: datetime, until: datetime | None
) -> Iterator[Page]:
    """Drafts that changed since then, as orders."""
    variables: dict[str, Any] = {"query": query_of(since, until), "lines": DRAFT_LINES}
    variables["first"] = size("DraftsChanged", variables, most=50)
    told = False
    try:
        for nodes in pages(client, "DraftsChanged", variables, "draftOrders"):
            found = [one for one in nodes if isinstance(one, dict)]
            for node in found:
                whole(client, node, "lineItems", "DraftLines", "draftOrder")
            yield Page(tuple(order_event(one, settings) for one in found), latest(found))
            told = True
    except ThrottledError:
        if until is not None or not told:
            raise
