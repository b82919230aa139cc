"""Webhooks: who sent them, and what they tell. Pure.

The signature is proven over the bytes as they came, before anything of them is read. One secret
signs for every shop that has the app, so the shop is compared as well.

::

    orders/create updated cancelled paid …      order, and a return for each refund in it
    refunds/create                              return
    returns/request approve update cancel …     return, where the message holds its lines
    draft_orders/*                              order, where the account takes drafts
    products/create update delete               listing
    inventory_levels/update                     listing
    bulk_operations/finish                      submission
    app/uninstalled                             disconnected
    customers/data_request customers/redact shop/redact      privacy
    all others                                  nothing: what they tell comes by one of these
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from ..core import wire
from ..core.errors import InvalidError, SignatureError
from ..core.news import PrivacyKind, PrivacyRequest
from ..core.response import Headers
from ..core.revision import revision
from ..core.shape import as_object, member, text
from ..core.types import Event
from . import drafts, news, orders, returns
from .forms import digest
from .settings import Settings
from .wording import moment, number, optional_number, rows

SIGNATURE = "X-Shopify-Hmac-Sha256"
TOPIC = "X-Shopify-Topic"
SHOP = "X-Shopify-Shop-Domain"
EVENT_ID = "X-Shopify-Event-Id"
TRIGGERED = "X-Shopify-Triggered-At"
MAX_BODY = 10 * 1024 * 1024
ORDERS = frozenset(
    f"orders/{word}"
    for word in ("create", "updated", "cancelled", "paid", "fulfilled", "partially_fulfilled")
)
OVER = frozenset({"canceled", "cancelled", "declined"})
PRIVACY = {
    "customers/data_request": PrivacyKind.REPORT,
    "customers/redact": PrivacyKind.FORGET_BUYER,
    "shop/redact": PrivacyKind.FORGET_SHOP,
}
# A finished bulk operation is named with its kind, so that its number matches no other's.
FINISHED = "bulk_operations/finish"


# === WHO === #


def verify(headers: Mapping[str, str], body: bytes, secret: str, shop: str = "") -> None:
    """Compare the signature, in time that does not tell how much of it is right.

    :param secret: of the app; while there is none, nothing is accepted.
    :param shop: the account's shop, ``name.myshopify.com``; empty accepts every one.
    :raise SignatureError: missing, of another secret, or of another shop.
    """
    if not secret:
        raise SignatureError("No secret for webhooks is configured.", code="no_secret")
    found = Headers(headers)
    given = found.get(SIGNATURE, "").strip()
    if not given:
        raise SignatureError("The signature is missing.", code="missing_signature")
    own = hmac.new(secret.encode("utf-8", "surrogatepass"), body, hashlib.sha256).digest()
    if not hmac.compare_digest(_decoded(given), own):
        raise SignatureError("The signature is wrong.", code="wrong_signature")
    sender = found.get(SHOP, "").strip().lower()
    if shop and sender and sender != shop.strip().lower():
        raise SignatureError("The message is of another shop.", code="wrong_shop")


def _decoded(text_: str) -> bytes:
    try:
        return base64.b64decode(text_.encode("ascii"), validate=True)
    except (ValueError, binascii.Error):
        return b""


# === WHAT === #


def parse(headers: Mapping[str, str], body: bytes, settings: Settings) -> tuple[Event, ...]:
    """The events of a verified message.

    :raise InvalidError: too large, no JSON, or another shape.
    """
    if len(body) > MAX_BODY:
        raise InvalidError(f"The message is larger than {MAX_BODY} bytes.", code="too_large")
    found = Headers(headers)
    topic = found.get(TOPIC, "").strip().lower()
    if not topic:
        raise InvalidError("The message names no topic.", code="bad_shape")
    data = as_object(wire.loads(body), "message")
    triggered = moment({"": found.get(TRIGGERED, "")}, "")
    event_id = found.get(EVENT_ID, "").strip()[:200]
    delivery = f"{event_id}/{topic}" if event_id else ""
    events = _events(topic, data, settings, triggered)
    several = len(events) > 1
    return tuple(
        replace(
            one,
            occurred_at=one.occurred_at or triggered,
            delivery=f"{delivery}:{index}" if delivery and several else delivery,
        )
        for index, one in enumerate(events)
    )


def _events(
    topic: str, data: dict[str, Any], settings: Settings, triggered: datetime | None
) -> tuple[Event, ...]:
    if topic in ORDERS:
        return tuple(order_events(data, settings))
    if topic in PRIVACY:
        return (_privacy_event(topic, data, triggered),)
    readers: dict[str, Callable[[dict[str, Any]], Iterable[Event]]] = {
        "refunds/create": lambda one: (refund_event(one, None, settings),),
        "orders/delete": lambda one: (_deleted_order(one),),
        "products/create": news.product_events,
        "products/update": news.product_events,
        "products/delete": lambda one: (news.deleted_event(one),),
        "inventory_levels/update": lambda one: (news.level_event(one),),
        "app/uninstalled": lambda one: (_uninstalled(one),),
        FINISHED: lambda one: (_finished(one),),
    }
    if topic in readers:
        return tuple(readers[topic](data))
    if topic.startswith("returns/"):
        return tuple(_return_events(data, settings))
    if topic.startswith("draft_orders/") and settings.include_drafts:
        if topic == "draft_orders/delete":
            data = drafts.deleted(number(data.get("id"), "id"))
        return (order_event(data, settings),)
    return ()


# === ORDERS, REFUNDS, RETURNS === #


def order_events(document: Mapping[str, Any], settings: Settings) -> Iterable[Event]:
    """An order of either road, and what it holds of refunds and returns."""
    yield order_event(document, settings)
    for refund in rows(document, "refunds"):
        yield refund_event(refund, document, settings)
    for one in rows(document, "returns"):
        if "return_line_items" in one or "returnLineItems" in one:
            yield return_event(one, document, settings)


def order_event(document: Mapping[str, Any], settings: Settings) -> Event:
    """The event of an order document.

    A document that cannot be read gets its revision and, if need be, its id from its content: it
    will fail in ``order`` and stay visible there, instead of stopping the page or vanishing.
    """
    when = moment(document, "updatedAt") or moment(document, "updated_at")
    try:
        form = orders.read(document, settings)
        mark = digest(form, settings.location, await_risk=settings.await_risk)
        return Event("order", orders.external_id(form), mark, document, when)
    except (InvalidError, ArithmeticError):
        mark = revision(document)
    found = optional_number(document.get("id")) or f"unknown-{mark[:12]}"
    prefix = orders.DRAFT_ID if drafts.is_draft(document) else ""
    return Event("order", f"{prefix}{found}", mark, document, when)


def refund_event(
    refund: Mapping[str, Any], order: Mapping[str, Any] | None, settings: Settings
) -> Event:
    """The event of a refund, which came in its order's document or alone."""
    payload = returns.refund_payload(refund, order, settings.money)
    return _return_event(returns.REFUND_ID, refund, payload, settings)


def return_event(
    value: Mapping[str, Any], order: Mapping[str, Any] | None, settings: Settings
) -> Event:
    """The event of a return."""
    return _return_event(returns.RETURN_ID, value, returns.return_payload(value, order), settings)


def _return_event(
    prefix: str, value: Mapping[str, Any], payload: dict[str, Any], settings: Settings
) -> Event:
    try:
        form = returns.read(payload, settings)
        return Event("return", f"{prefix}{form.id}", digest(form), payload, form.at)
    except (InvalidError, ArithmeticError):
        mark = revision(payload)
    found = optional_number(value.get("id")) or f"unknown-{mark[:12]}"
    return Event("return", f"{prefix}{found}", mark, payload)


def _return_events(data: dict[str, Any], settings: Settings) -> Iterable[Event]:
    """A message without the lines says nothing of what comes back, unless nothing does."""
    if "return_line_items" in data or text(data, "status").lower() in OVER:
        event = return_event(data, None, settings)
        # A return has no time of its last change; the message has.
        yield event if "updated_at" in data else replace(event, occurred_at=None)


def _deleted_order(data: Mapping[str, Any]) -> Event:
    found = number(data.get("id"), "id")
    payload = {"order_id": found, "status": "deleted"}
    return Event("status", found, revision(payload), payload)


# === SHOP === #


def _uninstalled(data: Mapping[str, Any]) -> Event:
    """The shop's own record; of it nothing is kept but its name."""
    shop = text(data, "myshopify_domain") or text(data, "domain") or text(data, "id") or "shop"
    payload = {"shop": shop}
    when = moment(data, "updated_at")
    mark = revision({**payload, "at": text(data, "updated_at")})
    return Event("disconnected", shop[:256], mark, payload, when)


def _finished(data: Mapping[str, Any]) -> Event:
    found = number(data.get("admin_graphql_api_id"), "admin_graphql_api_id")
    names = ("admin_graphql_api_id", "status", "error_code", "type", "completed_at")
    payload = {name: data.get(name) for name in names}
    return Event("submission", found, revision(payload), payload, moment(data, "completed_at"))


# === PRIVACY === #


def _privacy_event(topic: str, data: dict[str, Any], triggered: datetime | None) -> Event:
    payload = {
        "topic": topic,
        "request": data,
        "requested_at": triggered.isoformat() if triggered else "",
    }
    mark = revision({"topic": topic, "request": data})
    return Event("privacy", _privacy_id(topic, data), mark, payload, triggered)


def _privacy_id(topic: str, data: Mapping[str, Any]) -> str:
    """The request's own id; what has none is the same while it asks for the same."""
    own = optional_number(member(data, "data_request").get("id"))
    return f"request-{own}" if own else f"{topic.replace('/', '-')}-{revision(data)[:20]}"


def parse_privacy(payload: Any) -> PrivacyRequest:
    """The payload of an event with topic ``privacy``.

    :raise InvalidError: an unknown topic.
    """
    data = as_object(payload, "privacy")
    topic = text(data, "topic")
    if topic not in PRIVACY:
        raise InvalidError("The request for privacy is of an unknown kind.", code="bad_shape")
    request = as_object(data.get("request"), "request")
    customer = member(request, "customer")
    found = request.get("orders_requested") or request.get("orders_to_redact") or []
    ids = [optional_number(one) for one in found] if isinstance(found, list) else []
    return PrivacyRequest(
        external_id=_privacy_id(topic, request),
        kind=PRIVACY[topic],
        buyer_id=optional_number(customer.get("id")),
        email=text(customer, "email"),
        phone=text(customer, "phone"),
        order_ids=tuple(filter(None, ids)),
        requested_at=moment(data, "requested_at"),
    )
