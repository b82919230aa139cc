"""Reads inbound messages whose sender is proven. Pure.

The real format of a push is unconfirmed; accepted are ``{"hashed_id", "status"}`` (G1), a whole
order, a list of either, or an object whose ``data`` or ``order`` is one of these.
"""

from __future__ import annotations

from typing import Any

from ..core import wire
from ..core.errors import InvalidError
from ..core.revision import revision
from ..core.shape import as_id, as_object, as_text
from ..core.types import Event
from .parsers import order_event

MAX_BODY = 5 * 1024 * 1024
MAX_EVENTS = 1000


def parse(body: bytes) -> tuple[Event, ...]:
    """The events of a message.

    Whether a status word is known is no question of shape: it is asked when the event is
    processed, where a person sees it.

    :raise InvalidError: too large, not JSON, or another shape.
    """
    if len(body) > MAX_BODY:
        raise InvalidError(f"The message is larger than {MAX_BODY} bytes.", code="too_large")
    message = wire.loads(body)
    if isinstance(message, dict) and "hashed_id" not in message:
        message = next((message[name] for name in ("data", "order") if name in message), message)
    rows = message if isinstance(message, list) else [message]
    if len(rows) > MAX_EVENTS:
        raise InvalidError(f"The message holds more than {MAX_EVENTS} events.", code="too_large")
    return tuple(_event(row) for row in rows)


def _event(value: Any) -> Event:
    data = as_object(value, "message")
    hashed_id = as_id(data.get("hashed_id"), "hashed_id")
    if not as_text(data.get("status"), "status"):
        raise InvalidError("status is missing.", code="bad_shape")
    if "order_details" in data:
        return order_event(data)
    return Event("status", hashed_id, revision(data), data)
