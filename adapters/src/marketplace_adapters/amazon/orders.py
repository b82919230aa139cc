"""An order of the Orders API (2026-01-01) in neutral types. Pure.

Strict where money, quantity or identity is concerned, lenient elsewhere. What becomes of its
items is in :mod:`.order_lines`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..core.dates import optional_datetime
from ..core.errors import InvalidError
from ..core.revision import revision
from ..core.shape import as_id, as_list, as_object, member, rows, text
from ..core.types import Order, OrderStatus, Payment
from .amounts import ZERO, Purse
from .const import MARKETPLACES
from .order_lines import CHANNEL, SELLER, order_lines, read_item
from .people import bill_to, buyer, delivery_note, ship_to, words
from .settings import Settings

# M: fulfillmentStatus. PARTIALLY_SHIPPED stays "confirmed": there is still something to ship, and
# what was shipped of a seller's order we know ourselves. As "shipped" it would bring a note with
# each of our own parcels, end the watch over ship-by dates, and a partly shipped order from before
# the account was connected would come in as one that is over.
# UNFULFILLABLE: Amazon cannot deliver it and nobody else will (Amazon-fulfilled orders only).
# INVOICE_UNCONFIRMED: left, but Amazon lacks the invoice (Brazil).
STATUS_IN = {
    "PENDINGAVAILABILITY": OrderStatus.PENDING,
    "PENDING": OrderStatus.PENDING,
    "UNSHIPPED": OrderStatus.CONFIRMED,
    "PARTIALLYSHIPPED": OrderStatus.CONFIRMED,
    "SHIPPED": OrderStatus.SHIPPED,
    "INVOICEUNCONFIRMED": OrderStatus.SHIPPED,
    "CANCELLED": OrderStatus.CANCELLED,
    "CANCELED": OrderStatus.CANCELLED,
    "UNFULFILLABLE": OrderStatus.CANCELLED,
}
CANCELLED_BY = {"BUYER": "buyer", "MERCHANT": SELLER, "AMAZON": CHANNEL}


def status_of(word: str) -> OrderStatus:
    """The neutral status of Amazon's word, of this version or of the retired one (``Unshipped``).

    A word that we do not know is "hands off": the order stays as it is until it becomes known.
    """
    return STATUS_IN.get(word.upper().replace("_", ""), OrderStatus.HOLD)


def currency_of(settings: Settings | None, market: str) -> str:
    """The currency of an order that tells no money yet: its marketplace's, else the account's."""
    own = settings.markets if settings else ()
    known = MARKETPLACES.get(market)
    chosen = next((one.currency for one in own if one.id == market), "")
    return chosen or (known.currency if known else "") or (own[0].currency if own else "")


def parse_order(payload: Any, settings: Settings | None = None) -> Order:
    """An order of searchOrders or getOrder.

    :param settings: of the account, for orders that tell no currency.
    :raise InvalidError: says which member is wrong, never with a buyer's data.
    """
    data = as_object(payload, "order")
    order_id = as_id(data.get("orderId"), "orderId")
    market = text(data, "salesChannel", "marketplaceId")
    raw = text(data, "fulfillment", "fulfillmentStatus")
    status = _status(data, raw)
    purse = Purse()
    grand = purse.optional(member(data, "proceeds").get("grandTotal"), "proceeds.grandTotal")
    items = [
        read_item(value, index, status, market, purse)
        for index, value in enumerate(as_list(data.get("orderItems"), "orderItems"))
    ]
    if not items and status is not OrderStatus.CANCELLED:
        raise InvalidError("orderItems is empty.", code="bad_shape")
    lines, total = order_lines(data, items, grand, purse)
    by_amazon = text(data, "fulfillment", "fulfilledBy").upper() == "AMAZON"
    place = ship_to(data)
    cancelled_by, reason = _cancellation(data, status, raw)
    return Order(
        external_id=order_id,
        number=order_id,
        revision=revision(data),
        status=status,
        raw_status=raw,
        currency=purse.currency or currency_of(settings, market),
        buyer=buyer(data, place),
        lines=lines,
        total=total,
        placed_at=_moment(data, "createdTime"),
        updated_at=_moment(data, "lastUpdatedTime"),
        fulfilment=CHANNEL if by_amazon else SELLER,
        stocked_by=CHANNEL if by_amazon else SELLER,
        priced=total is not None,
        ship_by=_moment(member(data, "fulfillment", "shipByWindow"), "latestDateTime"),
        deliver_by=_moment(member(data, "fulfillment", "deliverByWindow"), "latestDateTime"),
        ship_to=place,
        bill_to=bill_to(data),
        payments=_payments(data, total),
        cancelled_by=cancelled_by,
        cancel_reason=reason,
        note=delivery_note(data),
        extra=_extra(data, market),
    )


# === STATUS === #


def _status(data: Mapping[str, Any], raw: str) -> OrderStatus:
    status = status_of(raw)
    if status is OrderStatus.SHIPPED and _arrived(data):
        return OrderStatus.DELIVERED
    return status


def _arrived(data: Mapping[str, Any]) -> bool:
    """Whether every parcel is delivered; Amazon has no such status of the order itself."""
    parcels = [
        status
        for one in rows(data, "packages")
        if (status := text(one, "packageStatus", "status").upper()) != "CANCELLED"
    ]
    return bool(parcels) and all(status == "DELIVERED" for status in parcels)


def _cancellation(data: Mapping[str, Any], status: OrderStatus, raw: str) -> tuple[str, str]:
    """Who cancelled the order, and why."""
    if status is not OrderStatus.CANCELLED:
        return "", ""
    done = [
        member(one, "cancellation", "cancellationExecution") for one in rows(data, "orderItems")
    ]
    told = [CANCELLED_BY.get(text(one, "cancelledBy").upper(), "") for one in done]
    reasons = [text(one, "cancelReason") for one in done]
    unasked = "" if "CANCEL" in raw.upper() else raw
    return (
        next(filter(None, told), CHANNEL if unasked else ""),
        next(filter(None, reasons), unasked),
    )


# === MORE === #


def _payments(data: Mapping[str, Any], total: Decimal | None) -> tuple[Payment, ...]:
    """Amazon collects the money, but for cash on delivery: nothing is left to collect here."""
    if total is None:
        return ()
    cash, methods = ZERO, []
    for one in rows(data, "payment", "paymentExecutions"):
        method = text(one, "paymentMethod")
        methods.append(method)
        if method.replace("_", "").upper() in ("CASHONDELIVERY", "COD"):
            cash += Purse().money(one.get("paymentAmount"), "paymentAmount")
    paid = total - min(max(cash, ZERO), max(total, ZERO))
    label = ", ".join(dict.fromkeys(filter(None, methods)))
    return (Payment("paid", paid, -1, label),) if paid else ()


def _moment(data: Mapping[str, Any], name: str) -> datetime | None:
    try:
        return optional_datetime(data.get(name), name)
    except InvalidError:
        return None


def _extra(data: Mapping[str, Any], market: str) -> dict[str, Any]:
    """Members without a neutral counterpart; scalars, and only those that say something."""
    programs = [program.upper() for program in words(data, "programs")]
    fulfilment = member(data, "fulfillment")
    asked = [member(one, "cancellation", "cancellationRequest") for one in rows(data, "orderItems")]
    related = {
        text(one, "associationType"): text(one, "orderId") for one in rows(data, "associatedOrders")
    }
    channel = member(data, "salesChannel")
    found = {
        "marketplace_id": market,
        "sales_channel": text(channel, "marketplaceName") or text(channel, "channelName"),
        "outside": text(channel, "channelName").upper() == "NON_AMAZON",
        "is_prime": "PRIME" in programs,
        "is_business": "AMAZON_BUSINESS" in programs,
        "is_premium": "PREMIUM" in programs,
        "is_pickup": "IN_STORE_PICK_UP" in programs,
        "is_easy_ship": "AMAZON_EASY_SHIP" in programs,
        "programs": ", ".join(programs),
        "partly_shipped": text(fulfilment, "fulfillmentStatus").upper() == "PARTIALLY_SHIPPED",
        "ship_service_level": text(fulfilment, "fulfillmentServiceLevel"),
        "earliest_ship": text(fulfilment, "shipByWindow", "earliestDateTime"),
        "latest_ship": text(fulfilment, "shipByWindow", "latestDateTime"),
        "purchase_order": text(data, "buyer", "buyerPurchaseOrderNumber"),
        "replaces": related.get("REPLACEMENT_ORIGINAL_ID", ""),
        "exchanges": related.get("EXCHANGE_ORIGINAL_ID", ""),
        "seller_order_id": next((text(one, "aliasId") for one in rows(data, "orderAliases")), ""),
        "cancel_requested": any(text(one, "requester") for one in asked),
        "cancel_request": next(filter(None, (text(one, "cancelReason") for one in asked)), ""),
        "ioss": next(
            (
                number
                for one in rows(data, "orderItems")
                if (
                    number := text(
                        one, "fulfillment", "shipping", "internationalShipping", "iossNumber"
                    )
                )
            ),
            "",
        ),
    }
    return {name: value for name, value in found.items() if value}
