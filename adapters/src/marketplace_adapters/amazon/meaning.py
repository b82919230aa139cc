"""What arrives unasked, and what stored documents mean; see :mod:`.orders` and its neighbours."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from ..core import wire
from ..core.adapter import Connection
from ..core.errors import InvalidError, SignatureError
from ..core.news import ListingNews, Return, Settlement, StoredQuantity
from ..core.response import Headers
from ..core.shape import as_object, text
from ..core.types import Event, Order, OrderStatus
from . import fba, finances, news, notifications, returns, settlements, summaries
from .orders import parse_order, status_of
from .settings import Settings

MAX_BODY = 5 * 1024 * 1024


class Meaning:
    """Part of the adapter; the attributes are the adapter's."""

    connection: Connection
    settings: Settings

    # === INBOUND === #

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """A key that was agreed with an event bus (EventBridge API destination) as the credential
        ``webhook_token``, in the header ``X-Api-Key`` or ``Authorization``, bare or as bearer.
        Amazon itself sends nothing by HTTP."""
        wanted = self.connection.credentials.get("webhook_token") or ""
        if not wanted:
            raise SignatureError("No key is agreed for messages from outside.", code="no_token")
        sent = Headers(headers)
        for name in ("x-api-key", "authorization"):
            value = (sent.get(name) or "").strip()
            if value[:7].lower() == "bearer ":
                value = value[7:].strip()
            if value and hmac.compare_digest(
                value.encode("utf-8", "replace"), wanted.encode("utf-8", "replace")
            ):
                return
        raise SignatureError("The key of the message is missing or wrong.", code="wrong_token")

    def parse(self, headers: Mapping[str, str], body: bytes) -> tuple[Event, ...]:
        """A notification, wrapped or not, or an order document; no call is made.

        ORDER_CHANGE tells a status alone (topic ``status``); the pull brings the order.
        """
        if len(body) > MAX_BODY:
            raise InvalidError(f"The message is larger than {MAX_BODY} bytes.", code="too_large")
        message = wire.loads(body)
        if isinstance(message, dict):
            document = message.get("order", message)
            if isinstance(document, dict) and "orderId" in document:
                return (notifications.order_event(document),)
        note = notifications.read(body)
        if not note.kind:
            raise InvalidError("The message is no notification of Amazon.", code="bad_shape")
        return (notifications.event(note),)

    # === MEANING === #

    def order(self, payload: Any) -> Order:
        """An order document, or an order of the order report."""
        if isinstance(payload, Mapping) and "summary" in payload:
            return summaries.parse_summary(payload, self.settings)
        return parse_order(payload, self.settings)

    def status(self, payload: Any) -> OrderStatus:
        """The status of an ORDER_CHANGE notification, in the spelling of the older version."""
        word = text(as_object(payload, "status"), "status")
        if not word:
            raise InvalidError("status is missing.", code="unknown_status")
        return status_of(word)

    def listing_news(self, payload: Any) -> ListingNews:
        """See :func:`.news.parse_news`."""
        home = self.settings.home
        return news.parse_news(payload, home.id if home else "", self.settings.ids)

    def returned(self, payload: Any) -> Return:
        """See :func:`.returns.parse_return`."""
        return returns.parse_return(payload)

    def settlement(self, payload: Any) -> Settlement:
        """A settlement report, or the balance that is open."""
        if isinstance(payload, Mapping) and "open" in payload:
            return finances.parse_balance(payload)
        return settlements.parse_settlement(payload)

    def stored(self, payload: Any) -> tuple[StoredQuantity, ...]:
        """See :func:`.fba.parse_stored`."""
        home = self.settings.home
        return fba.parse_stored(payload, home.id if home else "")
