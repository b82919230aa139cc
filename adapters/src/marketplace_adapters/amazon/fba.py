"""Goods that Amazon keeps, in neutral types. Pure.

Three sources say the same: getInventorySummaries, the notification of a change, and the report of
the whole inventory. Numbers are those of one marketplace: Amazon counts a pool that serves several
marketplaces once for each of them, so they must never be added up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from ..core.errors import InvalidError
from ..core.money import decimal
from ..core.news import StoredQuantity
from ..core.revision import revision
from ..core.shape import as_id, as_object, member, rows, text
from ..core.types import Event, ListingKey
from .flat import moment, table, whole

REPORT_TYPE = "GET_FBA_MYI_ALL_INVENTORY_DATA"
ZERO = Decimal(0)


def summary_event(summary: Any, market: str) -> Event:
    """The event of one row of getInventorySummaries."""
    payload = {"marketplace_id": market, "summary": summary}
    mark = revision(payload)
    when = moment(text(summary, "lastUpdatedTime"))
    # A row without SKU fails where a person sees it, and does not stop its page.
    return Event(
        "stored", text(summary, "sellerSku") or f"unknown-{mark[:12]}", mark, payload, when
    )


def report_events(content: str, market: str, counted_at: str) -> Iterator[Event]:
    """Events of the report of the whole inventory.

    :param counted_at: when the report was made; its rows say no time.
    :raise InvalidError: names the column that is missing.
    """
    for row in table(content, ("sku", "afn-fulfillable-quantity")):
        kept = {name: value for name, value in row.items() if name in _COLUMNS}
        payload = {"marketplace_id": market, "counted_at": counted_at, "row": kept}
        yield Event(
            "stored", row["sku"] or "unknown", revision(payload), payload, moment(counted_at)
        )


_COLUMNS = frozenset(
    {
        "sku",
        "fnsku",
        "asin",
        "condition",
        "afn-fulfillable-quantity",
        "afn-unsellable-quantity",
        "afn-reserved-quantity",
        "afn-researching-quantity",
        "afn-inbound-working-quantity",
        "afn-inbound-shipped-quantity",
        "afn-inbound-receiving-quantity",
    }
)


def parse_stored(payload: Any, home: str = "") -> tuple[StoredQuantity, ...]:
    """The payload of a ``stored`` event.

    :param home: of a notification that tells several marketplaces, this one counts.
    :raise InvalidError: a quantity is missing or no number.
    """
    data = as_object(payload, "stored")
    if "summary" in data:
        return (_summary(as_object(data["summary"], "summary"), text(data, "marketplace_id")),)
    if "row" in data:
        return (_row(as_object(data["row"], "row"), text(data, "marketplace_id")),)
    return _notified(data, home)


def _summary(data: Mapping[str, Any], market: str) -> StoredQuantity:
    details = as_object(data.get("inventoryDetails"), "inventoryDetails")
    reserved = member(details, "reservedQuantity")
    return StoredQuantity(
        key=_key(text(data, "sellerSku"), text(data, "asin"), text(data, "fnSku")),
        available=_count(details, "fulfillableQuantity"),
        reserved=_count(reserved, "totalReservedQuantity"),
        inbound=sum(
            (
                _count(details, f"inbound{step}Quantity")
                for step in ("Working", "Shipped", "Receiving")
            ),
            ZERO,
        ),
        unsellable=_count(member(details, "unfulfillableQuantity"), "totalUnfulfillableQuantity")
        + _count(member(details, "researchingQuantity"), "totalResearchingQuantity"),
        place=market,
    )


def _row(data: Mapping[str, Any], market: str) -> StoredQuantity:
    def count(*names: str) -> Decimal:
        return sum((whole(text(data, f"afn-{name}-quantity"), name) for name in names), ZERO)

    return StoredQuantity(
        key=_key(text(data, "sku"), text(data, "asin"), text(data, "fnsku")),
        available=count("fulfillable"),
        reserved=count("reserved"),
        inbound=count("inbound-working", "inbound-shipped", "inbound-receiving"),
        unsellable=count("unsellable", "researching"),
        place=market,
    )


def _notified(data: Mapping[str, Any], home: str) -> tuple[StoredQuantity, ...]:
    """FBA_INVENTORY_AVAILABILITY_CHANGE: all marketplaces of one SKU."""
    places = rows(data, "FulfillmentInventoryByMarketplace")
    if not places:
        raise InvalidError("The notification names no marketplace.", code="bad_shape")
    own = [one for one in places if text(one, "MarketplaceId") == home] if home else places
    return tuple(_notified_place(data, one) for one in own)


def _notified_place(data: Mapping[str, Any], place: Mapping[str, Any]) -> StoredQuantity:
    numbers = as_object(place.get("FulfillmentInventory"), "FulfillmentInventory")
    reserved = member(numbers, "ReservedQuantityBreakdown")
    inbound = member(numbers, "InboundQuantityBreakdown")
    steps = ("WarehouseProcessing", "WarehouseTransfer", "PendingCustomerOrder")
    return StoredQuantity(
        key=_key(text(data, "SKU"), text(data, "ASIN"), text(data, "FNSKU")),
        available=_count(numbers, "Fulfillable"),
        reserved=sum((_count(reserved, name) for name in steps), ZERO),
        inbound=sum((_count(inbound, name) for name in ("Working", "Shipped", "Receiving")), ZERO),
        unsellable=_count(numbers, "Unfulfillable") + _count(numbers, "Researching"),
        place=text(place, "MarketplaceId"),
    )


def _key(sku: str, asin: str, fnsku: str) -> ListingKey:
    known = {"asin": asin, "fnsku": fnsku, "fulfilment": "channel"}
    return ListingKey(
        external_id=as_id(sku, "sku"),
        sku=sku,
        extra={name: value for name, value in known.items() if value},
    )


def _count(data: Mapping[str, Any], name: str) -> Decimal:
    value = data.get(name)
    number = ZERO if value is None else decimal(value, name)
    if number < 0:
        raise InvalidError(f"{name} is below zero.", code="bad_number")
    return number
