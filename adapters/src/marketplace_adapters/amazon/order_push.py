"""The lanes of orders: acknowledgement and cancellation, shipment, refund.

::

    acknowledge  one feed for all
    cancel       the order is read: cancelled already → success; shipped → refused here; else the
                 same feed, with a reason for each of its items
    shipment     few with a tracking number: confirmShipment each; many, or without: a feed
    refund       one feed; sent once (see :meth:`applied`)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

from ..core.errors import AdapterError, InvalidError, RejectedError, ThrottledError
from ..core.money import optional_decimal
from ..core.types import (
    Acknowledgement,
    Cancellation,
    ItemResult,
    OrderKey,
    Outcome,
    PushItem,
    Refund,
    Shipment,
    Submission,
)
from . import order_feeds
from .client import Client
from .const import ACKNOWLEDGEMENT_FEED, ADJUSTMENT_FEED, FULFILLMENT_FEED
from .feeds import Feeds, Part
from .limits import FEW_SHIPMENTS
from .replies import failure
from .settings import Settings

LOOK_BACK = timedelta(days=3)
"""How far back the read-back of a refund looks for feeds."""
CANCELLED = frozenset({"CANCELLED", "CANCELED"})
SHIPPED = frozenset({"SHIPPED", "PARTIALLY_SHIPPED"})


class OrderPush:
    """Sends the items of one push and reads back what became of one."""

    def __init__(self, client: Client, feeds: Feeds, settings: Settings) -> None:
        self._client = client
        self._feeds = feeds
        self._settings = settings

    def push(self, lane: str, items: Sequence[PushItem]) -> Submission:
        """Results so far, or a feed that is on its way."""
        if lane == "shipment":
            return self._ship(items)
        if lane == "refund":
            return self._refund(items)
        return self._answer(items)

    # === ACKNOWLEDGE, CANCEL === #

    def _answer(self, items: Sequence[PushItem]) -> Submission:
        results: list[ItemResult] = []
        parts: list[Part] = []
        wait: float | None = None
        for item in items:
            if wait is not None and isinstance(item.state, Cancellation):
                continue
            try:
                body = self._answer_body(item, results)
            except RejectedError as error:
                results.append(failure(item.ref, error))
            except ThrottledError as error:
                wait = error.retry_after
            else:
                if body is not None:
                    parts.append(_part(item, body))
        if wait is not None and not (parts or results):
            raise ThrottledError("The budget for reading orders is used up.", retry_after=wait)
        return _later(self._send(ACKNOWLEDGEMENT_FEED, parts, results), wait)

    def _answer_body(self, item: PushItem, results: list[ItemResult]) -> ElementTree.Element | None:
        order, state = order_feeds.order_of(item), item.state
        if isinstance(state, Acknowledgement):
            return order_feeds.acknowledgement(order, state)
        if not isinstance(state, Cancellation):
            raise InvalidError("This lane takes acknowledgements and cancellations.")
        order_feeds.cancel_reason(state)
        data = self._client.get_order(order)
        status = _status(data)
        if status in CANCELLED:
            results.append(ItemResult(item.ref, Outcome.SUCCESS))
            return None
        if status in SHIPPED:
            raise RejectedError(
                "The order is shipped and cannot be cancelled any more; refund it instead.",
                code="already_shipped",
            )
        return order_feeds.cancellation(order, state, _items(data))

    # === SHIPMENT === #

    def _ship(self, items: Sequence[PushItem]) -> Submission:
        results: list[ItemResult] = []
        alone = [item for item in items if _confirmable(item)]
        if len(alone) > FEW_SHIPMENTS:
            alone = []
        names = {item.ref for item in alone}
        parts: list[Part] = []
        for item in items:
            if item.ref in names:
                continue
            try:
                parts.append(_part(item, _fulfillment(item)))
            except RejectedError as error:
                results.append(failure(item.ref, error))
        wait = self._confirm(alone, results, bool(parts))
        if not parts:
            return Submission(tuple(results), retry_after=wait)
        try:
            return _later(self._send(FULFILLMENT_FEED, parts, results), wait)
        except AdapterError as error:
            if not results:
                raise
            # What was confirmed must not be forgotten; the feed's part comes again.
            again = error.retry_after if isinstance(error, ThrottledError) else 0.0
            return Submission(tuple(results), retry_after=max(again, wait or 0.0))

    def _confirm(
        self, items: Sequence[PushItem], results: list[ItemResult], more: bool
    ) -> float | None:
        """Confirm one by one.

        :param more: something else follows, so that a failure here must not stop it.
        :return: seconds to wait for the rest, ``None`` when nothing is left.
        """
        for item in items:
            try:
                results.append(self._confirmed(item))
            except ThrottledError as error:
                if not (results or more):
                    raise
                return error.retry_after
            except AdapterError:
                if not (results or more):
                    raise
                return 0.0
        return None

    def _confirmed(self, item: PushItem) -> ItemResult:
        try:
            order = order_feeds.order_of(item)
            assert isinstance(item.state, Shipment)
            body = order_feeds.confirmation(item.state, self._market(item))
            self._client.confirm_shipment(order, body)
        except (RejectedError, InvalidError) as error:
            if isinstance(error, InvalidError) and not error.message.startswith("HTTP 4"):
                raise
            if error.message.startswith("HTTP") and self._is_applied(item):
                return ItemResult(item.ref, Outcome.SUCCESS)
            return failure(item.ref, error)
        return ItemResult(item.ref, Outcome.SUCCESS)

    def _is_applied(self, item: PushItem) -> bool:
        """A refusal may only mean that an earlier call, whose answer was lost, took effect."""
        try:
            verdict = self.applied(item)
        except AdapterError:
            return False
        return verdict is not None and verdict.outcome is Outcome.SUCCESS

    def _market(self, item: PushItem) -> str:
        assert isinstance(item.target, OrderKey)
        home = self._settings.home
        market = item.target.extra.get("marketplace_id") or (home.id if home else "")
        if not market:
            raise RejectedError("The account names no marketplace.", code="no_marketplace")
        return market

    # === REFUND === #

    def _refund(self, items: Sequence[PushItem]) -> Submission:
        results: list[ItemResult] = []
        parts: list[Part] = []
        for item in items:
            try:
                order = order_feeds.order_of(item)
                assert isinstance(item.state, Refund)
                body = order_feeds.adjustment(order, item.state)
            except RejectedError as error:
                results.append(failure(item.ref, error))
                continue
            if body is None:
                results.append(ItemResult(item.ref, Outcome.SUCCESS))
            else:
                parts.append(_part(item, body))
        return self._send(ADJUSTMENT_FEED, parts, results)

    def _send(
        self, feed_type: str, parts: Sequence[Part], results: Sequence[ItemResult]
    ) -> Submission:
        if not parts:
            return Submission(tuple(results))
        frame = order_feeds.frame(feed_type, self._client.seller_id)
        return self._feeds.send(parts, frame, results)

    # === READ-BACK === #

    def applied(self, item: PushItem) -> ItemResult | None:
        """Whether an item took effect, as far as Amazon lets one see.

        A refund shows in the order's transactions, after up to two days. Until then only one thing
        is certain: when there was no adjustment feed at all, there was none of ours.
        """
        readers: dict[type, Callable[[str, Any], bool | None]] = {
            Shipment: self._has_parcel,
            Cancellation: self._has_cancellation,
            Acknowledgement: self._has_reference,
            Refund: self._has_refund,
        }
        read = readers.get(type(item.state))
        if read is None:
            return None
        found = read(order_feeds.order_of(item), item.state)
        if found is None:
            return None
        return ItemResult(item.ref, Outcome.SUCCESS if found else Outcome.RETRY)

    def _has_parcel(self, order: str, state: Shipment) -> bool:
        data = self._client.get_order(order, ("FULFILLMENT", "PACKAGES"))
        packages = data.get("packages")
        own = order_feeds.package_reference(state.reference)
        tracking = (state.tracking or "").strip()
        for one in packages if isinstance(packages, list) else ():
            if not isinstance(one, Mapping):
                continue
            if str(one.get("packageReferenceId")) == own:
                return True
            if tracking and str(one.get("trackingNumber") or "").strip() == tracking:
                return True
        return False

    def _has_cancellation(self, order: str, state: Cancellation) -> bool:
        return _status(self._client.get_order(order)) in CANCELLED

    def _has_reference(self, order: str, state: Acknowledgement) -> bool | None:
        aliases = self._client.get_order(order).get("orderAliases")
        rows = [one for one in aliases or () if isinstance(one, Mapping)]
        return True if any(one.get("aliasId") == state.reference for one in rows) else None

    def _has_refund(self, order: str, state: Refund) -> bool | None:
        whole = sum((line.amount.amount for line in state.lines), Decimal())
        for one in self._client.refunds_of(order):
            told = one.get("totalAmount")
            amount = told.get("currencyAmount") if isinstance(told, Mapping) else None
            try:
                paid = optional_decimal(amount, "totalAmount")
            except InvalidError:
                continue
            if paid is not None and abs(paid) == whole:
                return True
        since = self._client.transport.clock.now() - LOOK_BACK
        reply = self._client.feeds((ADJUSTMENT_FEED,), since=since)
        feeds = reply.get("feeds") if isinstance(reply, Mapping) else None
        return False if isinstance(feeds, list) and not feeds else None


def _confirmable(item: PushItem) -> bool:
    return isinstance(item.state, Shipment) and order_feeds.can_confirm(item.state)


def _fulfillment(item: PushItem) -> ElementTree.Element:
    assert isinstance(item.state, Shipment)
    return order_feeds.fulfillment(order_feeds.order_of(item), item.state)


def _part(item: PushItem, body: ElementTree.Element) -> Part:
    return Part(((item.ref, item.kind),), lambda number: order_feeds.message(number, body))


def _later(submission: Submission, wait: float | None) -> Submission:
    """The same, whose items without result wait."""
    if wait is None:
        return submission
    again = max(wait, submission.retry_after or 0.0)
    return Submission(submission.results, submission.done, submission.remote_id, again)


def _status(order: Mapping[str, Any]) -> str:
    told = order.get("fulfillment")
    status = told.get("fulfillmentStatus") if isinstance(told, Mapping) else ""
    return str(status or "").upper()


def _items(order: Mapping[str, Any]) -> list[str]:
    rows = order.get("orderItems")
    found = [row.get("orderItemId") for row in rows or () if isinstance(row, Mapping)]
    return [str(one) for one in found if one]
