"""Reading the queue of notifications.

::

    receive ──▶ what they mean, with as few calls as it takes ──▶ page ──▶ (stored) ──▶ delete

A message is deleted only after the page with its event was stored. One whose order cannot be read
now, for want of budget, is left in the queue and comes again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ..core.dates import Clock
from ..core.errors import AdapterError, RejectedError, ThrottledError
from ..core.shape import as_list, as_object, text
from ..core.types import Event, Page
from . import news, notifications, returns, settlements
from .client import Client
from .notifications import Notification, OrderChange
from .people import words
from .pull_orders import OrderSearch
from .queue import BATCH, Message, Queue
from .reports import Reports
from .settings import Settings

PAGE = 100
"""Messages of one page."""
MAX_PAGES = 20
SINGLY = 15
"""More orders than these are searched for together: a page of searchOrders holds 100 of them,
and getOrder flows in at one in two seconds."""
SEARCH_PAGES = 3
SLACK = timedelta(minutes=1)
"""A change may be told a little before or after the order's own time of it."""
MAX_SKUS = 20
"""M searchListingsItems: identifiers."""


def notification_pages(
    queue: Queue,
    client: Client,
    reports: Reports,
    settings: Settings,
    data: Sequence[str],
    clock: Clock,
) -> Iterator[Page]:
    """All that waits in the queue, up to :data:`MAX_PAGES`.

    :raise AdapterError: after what could be read was delivered.
    """
    for _page in range(MAX_PAGES):
        messages = _received(queue)
        if not messages:
            return
        batch = _Batch(client, reports, settings, data, clock)
        failure = batch.read(messages)
        if batch.done:
            yield Page(tuple(batch.events))
            queue.delete(batch.done)
        if failure is not None:
            raise failure
        if len(messages) < PAGE or len(batch.done) < len(messages):
            return


def _received(queue: Queue) -> list[Message]:
    """As many as make a page; the same message may come twice in it."""
    found: dict[str, Message] = {}
    while len(found) < PAGE:
        part = queue.receive()
        found.update((one.id, one) for one in part)
        if len(part) < BATCH:
            break
    return list(found.values())


@dataclass(slots=True)
class _Batch:
    """The messages of one page and what becomes of them."""

    client: Client
    reports: Reports
    settings: Settings
    data: Sequence[str]
    clock: Clock
    events: list[Event] = field(default_factory=list)
    done: list[Message] = field(default_factory=list)

    def read(self, messages: Sequence[Message]) -> AdapterError | None:
        """Fill ``events`` and ``done``.

        :return: what went wrong; the messages that it concerned are not done.
        """
        changes: list[tuple[Message, OrderChange]] = []
        issues: list[tuple[Message, Notification]] = []
        finished: list[tuple[Message, Notification]] = []
        for message in messages:
            note = notifications.read(message.body)
            change = notifications.order_change(note) if note.kind == notifications.ORDER else None
            if change is not None:
                changes.append((message, change))
            elif note.kind in notifications.LISTING_ISSUES and _has_issues(note):
                issues.append((message, note))
            elif note.kind == notifications.REPORT and _is_wanted(note):
                finished.append((message, note))
            else:
                self._settle(message, [notifications.event(note)])
        steps: tuple[Callable[[], None], ...] = (
            lambda: self._orders(changes),
            lambda: self._issues(issues),
            lambda: self._finished(finished),
        )
        failure: AdapterError | None = None
        for step in steps:
            try:
                step()
            except ThrottledError:
                continue
            except AdapterError as error:
                failure = failure or error
        return failure

    def _settle(self, message: Message, events: Sequence[Event]) -> None:
        self.events += events
        self.done.append(message)

    # === ORDERS === #

    def _orders(self, changes: Sequence[tuple[Message, OrderChange]]) -> None:
        """Each order once, however many messages name it."""
        wanted: dict[str, datetime | None] = {}
        for _message, change in changes:
            before = wanted.get(change.order_id)
            times = [when for when in (before, change.changed_at) if when]
            wanted[change.order_id] = max(times, default=None)
        found: dict[str, Event] = {}
        if len(wanted) > SINGLY:
            self._search(wanted, found)
        try:
            for order_id in wanted:
                if order_id not in found:
                    found[order_id] = self._order(order_id)
        finally:
            told: set[str] = set()
            for message, change in changes:
                if change.order_id in found:
                    once = [] if change.order_id in told else [found[change.order_id]]
                    told.add(change.order_id)
                    self._settle(message, once)

    def _order(self, order_id: str) -> Event:
        try:
            return notifications.order_event(dict(self.client.get_order(order_id, self.data)))
        except RejectedError as error:
            # Not an order of this account, or too old: nothing will ever become of it.
            payload = {"order_id": order_id, "error": error.message}
            return Event(notifications.IGNORED, order_id, error.code or "refused", payload)

    def _search(self, wanted: dict[str, datetime | None], found: dict[str, Event]) -> None:
        """Read many orders at once; those that the search does not show as new are left."""
        times = [when for when in wanted.values() if when]
        if not times:
            return
        search = OrderSearch(self.client, self.settings.ids, self.data, self.clock)
        try:
            for number, page in enumerate(search.pages(min(times) - SLACK, None), start=1):
                for event in page.events:
                    changed = wanted.get(event.external_id)
                    new = event.occurred_at and changed and event.occurred_at >= changed - SLACK
                    if new:
                        found[event.external_id] = event
                if number == SEARCH_PAGES or len(found) == len(wanted):
                    return
        except ThrottledError:
            return

    # === LISTINGS, REPORTS === #

    def _issues(self, issues: Sequence[tuple[Message, Notification]]) -> None:
        """The issues themselves, which a notification does not tell; without them its hint."""
        skus = list(dict.fromkeys(notifications.word(note.payload, "Sku") for _m, note in issues))
        items: dict[str, Any] = {}
        for start in range(0, len(skus), MAX_SKUS):
            try:
                answer = self.client.search_items(
                    self.settings.ids,
                    locale=self.settings.locale,
                    data=("summaries", "issues"),
                    identifiers=skus[start : start + MAX_SKUS],
                    identifiersType="SKU",
                )
            except ThrottledError:
                break
            for item in as_list(as_object(answer, "answer").get("items"), "items"):
                items[text(item, "sku")] = item
        now = self.clock.now()
        for message, note in issues:
            item = items.get(notifications.word(note.payload, "Sku"))
            known = news.item_event(item, now) if item is not None else notifications.event(note)
            self._settle(message, [known])

    def _finished(self, finished: Sequence[tuple[Message, Notification]]) -> None:
        for message, note in finished:
            told = notifications.finished_report(note)
            document = self.client.report_document(told["reportDocumentId"])
            content = document.text(self.reports.charset)
            if told["reportType"] == settlements.REPORT_TYPE:
                self._settle(message, [settlements.settlement_event(told, content)])
            else:
                self._settle(message, list(returns.return_events(told["reportType"], content)))


def _has_issues(note: Notification) -> bool:
    severities = words({"s": notifications.value(note.payload, "Severities")}, "s")
    return any(word != "NONE" for word in severities)


def _is_wanted(note: Notification) -> bool:
    told = notifications.finished_report(note)
    wanted = (settlements.REPORT_TYPE, *returns.REPORTS)
    return (
        told["reportType"] in wanted
        and told["processingStatus"].upper() == "DONE"
        and bool(told["reportDocumentId"])
    )
