"""Messages of Amazon's notifications, as the seller's queue or an event bus brings them. Pure.

::

    body of the queue ─┬─ the notification         {"NotificationType": …}
                       ├─ wrapped by SNS           {"Type": "Notification", "Message": "{…}"}
                       └─ wrapped by EventBridge   {"detail-type": …, "detail": {…}}

Names are in PascalCase in most types and in camelCase in others (schemas of the model), so they
are compared without case. A message may come several times: it is told apart by its
``NotificationId``, which is the revision of its event.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..core import wire
from ..core.errors import InvalidError
from ..core.masking import Masker
from ..core.revision import revision
from ..core.shape import text
from ..core.types import Event
from .flat import moment

MAX_BODY = 1024 * 1024
"""Bytes of a message; a queue takes 256 KiB."""
MAX_WRAPS = 4
UNREADABLE, IGNORED = "unreadable", "notification"

# M: notificationType; two spellings of some are in use (FACTS, schemas).
ORDER = "ORDER_CHANGE"
LISTING_STATUS = ("LISTINGS_ITEM_STATUS_CHANGE", "LISTINGS_ITEM_STATUS_CHANGED")
LISTING_ISSUES = ("LISTINGS_ITEM_ISSUES_CHANGE", "LISTINGS_ITEM_ISSUES_CHANGED")
FEED = "FEED_PROCESSING_FINISHED"
REPORT = "REPORT_PROCESSING_FINISHED"
STOCK = ("FBA_INVENTORY_AVAILABILITY_CHANGES", "FBA_INVENTORY_AVAILABILITY_CHANGE")
SUBSCRIBED = (ORDER, LISTING_STATUS[0], LISTING_ISSUES[0], FEED, REPORT, STOCK[0])
"""Types that are worth a subscription."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification without its wrapping.

    :param kind: its type; empty when the body could not be read, ``payload`` then says why.
    :param number: its NotificationId, or a digest of the body.
    """

    kind: str
    number: str
    payload: Mapping[str, Any] = field(repr=False)
    occurred_at: datetime | None = None


def read(body: str | bytes) -> Notification:
    """The notification of a message; never fails, because a message that stops the queue would
    come again and again."""
    raw = body.encode("utf-8", "replace") if isinstance(body, str) else body
    mark = hashlib.sha256(raw).hexdigest()[:32]
    try:
        return _opened(raw, mark)
    except InvalidError as error:
        shown = Masker().text(wire.clean(raw[:4000].decode("utf-8", "replace")))
        return Notification("", mark, {"error": error.message, "body": shown})


def _opened(raw: bytes, mark: str) -> Notification:
    if len(raw) > MAX_BODY:
        raise InvalidError(f"The message is larger than {MAX_BODY} bytes.", code="too_large")
    message = wire.loads(raw)
    for _wrap in range(MAX_WRAPS):
        inner = _unwrapped(message)
        if inner is None:
            break
        message = wire.loads(inner) if isinstance(inner, str) else inner
    kind = word(message, "NotificationType")
    payload = value(message, "Payload")
    if not kind or not isinstance(payload, Mapping):
        raise InvalidError("The message is no notification of Amazon.", code="bad_shape")
    metadata = value(message, "NotificationMetadata")
    number = word(metadata, "NotificationId") or mark
    when = moment(word(message, "EventTime"))
    return Notification(kind.upper(), number[:200], payload, when)


def _unwrapped(message: Any) -> Any:
    """What a wrapping holds, ``None`` when there is none."""
    if not isinstance(message, Mapping) or value(message, "NotificationType") is not None:
        return None
    if isinstance(message.get("Message"), str):
        return message["Message"]
    for name in ("detail", "Detail", "message", "body", "Body"):
        if isinstance(message.get(name), (Mapping, str)):
            return message[name]
    return None


def value(data: Any, name: str) -> Any:
    """The member whose name is equal but for its case, ``None`` when there is none."""
    wanted = name.lower()
    for key, found in data.items() if isinstance(data, Mapping) else ():
        if isinstance(key, str) and key.lower() == wanted:
            return found
    return None


def word(data: Any, name: str) -> str:
    """As :func:`value`, as text; empty when it is none."""
    return text({"t": value(data, name)}, "t")


def inner(note: Notification, name: str) -> Mapping[str, Any]:
    """The object of that name in the payload, or the payload itself."""
    found = value(note.payload, name)
    return found if isinstance(found, Mapping) else note.payload


# === MEANING === #


@dataclass(frozen=True, slots=True)
class OrderChange:
    """What ORDER_CHANGE tells: no prices and no address, so the order must be read.

    :param changed_at: when it changed, at Amazon.
    """

    order_id: str
    status: str
    changed_at: datetime | None


def order_change(note: Notification) -> OrderChange | None:
    """``None`` when it names no order."""
    data = inner(note, "OrderChangeNotification")
    order_id = word(data, "AmazonOrderId")
    if not order_id:
        return None
    trigger = value(data, "OrderChangeTrigger")
    summary = value(data, "Summary")
    changed = moment(word(trigger, "TimeOfOrderChange"))
    status = word(summary, "OrderStatus")
    return OrderChange(order_id, status, changed or note.occurred_at)


def finished_report(note: Notification) -> dict[str, str]:
    """``reportId``, ``reportType``, ``processingStatus`` and ``reportDocumentId``."""
    data = inner(note, "reportProcessingFinishedNotification")
    names = ("reportId", "reportType", "processingStatus", "reportDocumentId")
    return {name: word(data, name) for name in names}


def event(note: Notification) -> Event:
    """The event of a notification that needs no further call.

    A message that cannot be read becomes one with topic ``unreadable``, one that nothing is done
    with one with topic ``notification``: both are on record in the inbox and leave the queue,
    where nothing would ever become of them.
    """
    topic, external_id, payload = _event_of(note)
    if not external_id:
        topic, external_id = (IGNORED if note.kind else UNREADABLE), note.number
    if topic == IGNORED:
        payload = {"notificationType": note.kind, "payload": dict(note.payload)}
    return Event(topic, external_id[:256], note.number, payload, note.occurred_at)


def _event_of(note: Notification) -> tuple[str, str, Any]:
    time = note.occurred_at.isoformat() if note.occurred_at else ""
    if note.kind in (*LISTING_STATUS, *LISTING_ISSUES):
        payload = {**note.payload, "event_time": time}
        return "listing", word(note.payload, "Sku"), payload
    if note.kind == FEED:
        data = inner(note, "feedProcessingFinishedNotification")
        return "submission", word(data, "feedId"), dict(data)
    if note.kind in STOCK:
        data = inner(note, "FulfillmentInventoryAvailabilityChangeNotification")
        return "stored", word(data, "SKU"), dict(data)
    if note.kind == ORDER:
        change = order_change(note)
        if change is not None:
            return "status", change.order_id, {"order_id": change.order_id, "status": change.status}
    return IGNORED, "", dict(note.payload)


def order_event(document: Any) -> Event:
    """The event of an order document; one without a readable id fails where a person sees it."""
    mark = revision(document)
    number = text(document, "orderId")[:256] or f"unknown-{mark[:12]}"
    return Event("order", number, mark, document, moment(text(document, "lastUpdatedTime")))
