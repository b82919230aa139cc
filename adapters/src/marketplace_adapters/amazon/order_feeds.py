"""Messages of the three XML feeds for orders, and the body of confirmShipment. Pure.

The order of elements is that of the schemas (X release 4_1, in the specification's
ORDER_FEEDS.md): a sequence each, so one element in the wrong place refuses the feed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from xml.etree import ElementTree

from ..core import wire
from ..core.dates import iso
from ..core.errors import RejectedError
from ..core.money import plain
from ..core.types import (
    Acknowledgement,
    Cancellation,
    OrderKey,
    PushItem,
    Refund,
    RefundedLine,
    Shipment,
    ShippedLine,
)
from .const import (
    ACKNOWLEDGEMENT_FEED,
    ADJUSTMENT_FEED,
    ADJUSTMENT_REASONS,
    CANCEL_REASONS,
    DEFAULT_ADJUSTMENT_REASON,
    DEFAULT_CANCEL_REASON,
    FULFILLMENT_FEED,
    RETURN_REASON,
)
from .feeds import Frame

MESSAGE_TYPES = {
    ACKNOWLEDGEMENT_FEED: "OrderAcknowledgement",
    FULFILLMENT_FEED: "OrderFulfillment",
    ADJUSTMENT_FEED: "OrderAdjustment",
}
OTHER_CARRIER = "Other"
MAX_REFERENCE = 64
# Part of an order line's id behind "#" → component of an adjustment. Lines as the order parser
# names them: "<item>", "<item>#SHIPPING", …
COMPONENTS = {
    "": "Principal",
    "ITEM": "Principal",
    "SHIPPING": "Shipping",
    "GIFT_WRAP": "GiftWrap",
    "COD_FEE": "COD",
    "TAX": "Tax",
    "OTHER": "Other",
}
# Characters that XML 1.0 cannot hold.
_FOREIGN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ITEM = re.compile(r"(\d{1,20})(?:#([A-Z_]{1,30}))?", re.ASCII)


def frame(feed_type: str, seller_id: str) -> Frame:
    """The envelope of a feed."""
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        "<AmazonEnvelope><Header><DocumentVersion>1.01</DocumentVersion>"
        f"<MerchantIdentifier>{_escaped(seller_id)}</MerchantIdentifier></Header>"
        f"<MessageType>{MESSAGE_TYPES[feed_type]}</MessageType>"
    )
    return Frame(feed_type, head.encode(), b"", b"</AmazonEnvelope>")


def message(number: int, body: ElementTree.Element) -> bytes:
    """One message around its body."""
    root = ElementTree.Element("Message")
    _add(root, "MessageID", str(number))
    root.append(body)
    return ElementTree.tostring(root, encoding="unicode").encode()


# === ACKNOWLEDGEMENT, CANCELLATION === #


def acknowledgement(order: str, state: Acknowledgement) -> ElementTree.Element:
    """We have the order, under our number."""
    root = ElementTree.Element("OrderAcknowledgement")
    _add(root, "AmazonOrderID", order)
    if state.reference.strip():
        _add(root, "MerchantOrderID", state.reference.strip()[:MAX_REFERENCE])
    _add(root, "StatusCode", "Success")
    return root


def cancellation(order: str, state: Cancellation, items: Iterable[str]) -> ElementTree.Element:
    """The whole order is cancelled.

    :param items: ids of its items; the reason stands beside each.
    :raise RejectedError: a reason that Amazon does not know.
    """
    reason = cancel_reason(state)
    root = ElementTree.Element("OrderAcknowledgement")
    _add(root, "AmazonOrderID", order)
    _add(root, "StatusCode", "Failure")
    for item in items:
        row = ElementTree.SubElement(root, "Item")
        _add(row, "AmazonOrderItemCode", item)
        _add(row, "CancelReason", reason)
    return root


def cancel_reason(state: Cancellation) -> str:
    """The reason, :data:`DEFAULT_CANCEL_REASON` when none is given.

    :raise RejectedError: a word of no list.
    """
    if not state.reason:
        return DEFAULT_CANCEL_REASON
    if state.reason not in CANCEL_REASONS:
        raise RejectedError(
            f"Amazon knows no reason {state.reason[:40]!r} for a cancellation.", code="bad_reason"
        )
    return state.reason


# === SHIPMENT === #


def package_reference(reference: str) -> str:
    """The parcel's number in its order: positive and the same whenever it is told (M)."""
    digits = hashlib.sha256(reference.encode("utf-8", "replace")).hexdigest()[:12]
    return str(int(digits, 16) % 999_999_999 + 1)


def confirmation(state: Shipment, market: str) -> dict[str, object]:
    """ConfirmShipmentRequest (M ordersV0); only for a parcel with a tracking number.

    :raise RejectedError: a quantity that is no whole number, or no line.
    """
    code, name = carrier(state)
    detail: dict[str, object] = {
        "packageReferenceId": package_reference(state.reference),
        "carrierCode": code or OTHER_CARRIER,
        "trackingNumber": _clean(state.tracking or ""),
        "shipDate": iso(state.shipped_at),
        "orderItems": [
            {"orderItemId": item, "quantity": count} for item, count in _shipped(state.lines)
        ],
    }
    if name:
        detail["carrierName"] = name
    return {"marketplaceId": market, "packageDetail": detail}


def can_confirm(state: Shipment) -> bool:
    """Whether confirmShipment takes it: it asks for a tracking number, the feed does not."""
    return bool((state.tracking or "").strip())


def fulfillment(order: str, state: Shipment) -> ElementTree.Element:
    """A parcel in the feed.

    :raise RejectedError: as :func:`confirmation`.
    """
    code, name = carrier(state)
    root = ElementTree.Element("OrderFulfillment")
    _add(root, "AmazonOrderID", order)
    _add(root, "MerchantFulfillmentID", package_reference(state.reference))
    _add(root, "FulfillmentDate", iso(state.shipped_at))
    tracking = _clean(state.tracking or "")
    if code or name or tracking:
        data = ElementTree.SubElement(root, "FulfillmentData")
        if code and code != OTHER_CARRIER:
            _add(data, "CarrierCode", code)
        else:
            _add(data, "CarrierName", name or OTHER_CARRIER)
        if tracking:
            _add(data, "ShipperTrackingNumber", tracking)
    for item, count in _shipped(state.lines):
        row = ElementTree.SubElement(root, "Item")
        _add(row, "AmazonOrderItemCode", item)
        _add(row, "Quantity", str(count))
    return root


def carrier(state: Shipment) -> tuple[str, str]:
    """Amazon's code and the carrier's name; ``Other`` needs a name (M)."""
    code, name = _clean(state.carrier or ""), _clean(state.carrier_name or "")
    if code == OTHER_CARRIER and not name:
        name = OTHER_CARRIER
    if not code and name:
        code = OTHER_CARRIER
    if not code and (state.tracking or "").strip():
        code = name = OTHER_CARRIER
    return code, name if code in ("", OTHER_CARRIER) else ""


def _shipped(lines: Iterable[ShippedLine]) -> list[tuple[str, int]]:
    found: dict[str, int] = {}
    for line in lines:
        item, part = item_of(line.external_id)
        if part:
            # Shipping, wrap and fees are no goods.
            continue
        if line.quantity != line.quantity.to_integral_value() or line.quantity < 0:
            raise RejectedError("Amazon counts whole pieces only.", code="bad_quantity")
        if line.quantity:
            found[item] = found.get(item, 0) + int(line.quantity)
    if not found:
        raise RejectedError("No line of the order is in this parcel.", code="no_lines")
    return list(found.items())


# === REFUND === #


def adjustment(order: str, state: Refund) -> ElementTree.Element | None:
    """Money given back, a component for each part of an item's price.

    :return: ``None`` when no money is given back: goods that return are no news for Amazon.
    :raise RejectedError: an amount below zero, a part that Amazon does not refund through the
        seller, or a reason that it does not know.
    """
    by_item: dict[str, list[tuple[str, RefundedLine]]] = {}
    for line in state.lines:
        if not line.amount.amount:
            continue
        item, part = _refunded(line)
        by_item.setdefault(item, []).append((part, line))
    if not by_item:
        return None
    root = ElementTree.Element("OrderAdjustment")
    _add(root, "AmazonOrderID", order)
    _add(root, "ActionType", "Refund")
    for place, (item, rows) in enumerate(by_item.items(), 1):
        reason = adjustment_reason(state, [line for _part, line in rows])
        row = ElementTree.SubElement(root, "AdjustedItem")
        _add(row, "AmazonOrderItemCode", item)
        tail = f"-{place}"
        own = _clean(state.reference)[: MAX_REFERENCE - len(tail)]
        _add(row, "MerchantAdjustmentItemID", own + tail)
        _add(row, "AdjustmentReason", reason)
        prices = ElementTree.SubElement(row, "ItemPriceAdjustments")
        for kind, (amount, currency) in _components(rows).items():
            component = ElementTree.SubElement(prices, "Component")
            _add(component, "Type", kind)
            _add(component, "Amount", plain(amount)).set("currency", currency)
    return root


def adjustment_reason(state: Refund, lines: Iterable[RefundedLine]) -> str:
    """The refund's reason, else that goods came back, else :data:`DEFAULT_ADJUSTMENT_REASON`.

    :raise RejectedError: a word of no list.
    """
    if not state.reason:
        returned = any(line.restock for line in lines)
        return RETURN_REASON if returned else DEFAULT_ADJUSTMENT_REASON
    if state.reason not in ADJUSTMENT_REASONS:
        raise RejectedError(
            f"Amazon knows no reason {state.reason[:40]!r} for a refund.", code="bad_reason"
        )
    return state.reason


def _refunded(line: RefundedLine) -> tuple[str, str]:
    if line.amount.amount < 0:
        raise RejectedError("A refund below zero cannot be told.", code="bad_amount")
    if not line.external_id:
        raise RejectedError(
            "Part of the refund belongs to no line of the order.", code="no_order_line"
        )
    item, part = item_of(line.external_id)
    if part not in COMPONENTS or not item:
        raise RejectedError(
            "Amazon refunds this part of the order by itself.", code="not_refundable"
        )
    return item, part


def _components(rows: Iterable[tuple[str, RefundedLine]]) -> Mapping[str, tuple[Decimal, str]]:
    found: dict[str, tuple[Decimal, str]] = {}
    for part, line in rows:
        kind, currency = COMPONENTS[part], line.amount.currency
        amount, known = found.get(kind, (Decimal(), currency))
        if known != currency:
            raise RejectedError("A refund has one currency.", code="wrong_currency")
        found[kind] = (amount + line.amount.amount, currency)
    return found


# === VALUES === #


def order_of(item: PushItem) -> str:
    """The Amazon order id of an item.

    :raise RejectedError: a target that is no order.
    """
    if not isinstance(item.target, OrderKey) or not item.target.external_id.strip():
        raise RejectedError("An order is needed, not a product.", code="unsupported")
    return item.target.external_id.strip()


def item_of(line_id: str) -> tuple[str, str]:
    """Order item and part of a line's id: ``"123#SHIPPING"`` → ``("123", "SHIPPING")``.

    :raise RejectedError: an id that is none of Amazon's.
    """
    hit = _ITEM.fullmatch(line_id.strip())
    if hit is None and not line_id.startswith("order#"):
        raise RejectedError("A line is no item of the Amazon order.", code="no_order_line")
    return (hit[1], hit[2] or "") if hit else ("", line_id.removeprefix("order#"))


def _add(parent: ElementTree.Element, name: str, text: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, name)
    element.text = _clean(text)
    return element


def _clean(text: str) -> str:
    return _FOREIGN.sub("", wire.clean(text)).strip()


def _escaped(text: str) -> str:
    return _clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
