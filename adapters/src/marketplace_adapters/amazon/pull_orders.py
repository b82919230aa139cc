"""Reading orders: by their last update, and long periods by report.

::

    a live pull, or a short period ──▶ searchOrders, 100 a page, one call in three minutes
         cut short by the budget ──┬─ everything up to some moment is delivered: ends there
                                   └─ a long time is left: the order report
    a long period                  ──▶ the order report; what is open of it is read whole
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ..core.dates import Clock
from ..core.errors import RejectedError, ThrottledError
from ..core.shape import as_list, text
from ..core.types import Event, Page
from . import summaries
from .client import Client
from .flat import moment
from .notifications import order_event
from .reports import Reports

# M: includedData. What the money, the lines and the dates of an order are made of.
DATA = (
    "PROCEEDS",
    "PROMOTION",
    "CANCELLATION",
    "FULFILLMENT",
    "PACKAGES",
    "TAX",
    "PAYMENT",
)
BUYER_DATA = ("BUYER", "RECIPIENT")
WINDOW = timedelta(days=1)
"""A backlog is read day by day, so that a pull that is cut short has finished some of them."""
LONG = timedelta(days=7)
"""Longer periods are asked for as a report."""
BACKLOG = timedelta(days=1)
SETTLED = timedelta(minutes=2)
"""``lastUpdatedBefore`` must lie so far in the past (M)."""
SURE = 20
"""So many orders in the order of their updates are no chance."""
CHUNK = 100


def included_data(options: Mapping[str, Any]) -> tuple[str, ...]:
    """``includedData`` for an account; a buyer's data only where it wants them."""
    return (*BUYER_DATA, *DATA) if options.get("include_buyer", True) else DATA


def order_pages(
    client: Client,
    reports: Reports,
    markets: Sequence[str],
    data: Sequence[str],
    clock: Clock,
    since: datetime,
    until: datetime | None,
) -> Iterator[Page]:
    """Pages of orders that were updated in a period.

    :raise ThrottledError: nothing, or of a period with an end not everything, could be read.
    """
    search = OrderSearch(client, markets, data, clock)
    if until is not None and until - since > LONG:
        yield from _report_pages(client, reports, data, since, until)
        return
    reached: datetime | None = None
    begun = False
    try:
        for page in search.pages(since, until):
            reached = page.latest or reached
            begun = True
            yield page
        return
    except ThrottledError:
        if not begun:
            # The budget was empty from the first: nothing is known of how much there is.
            raise
        if until is None and reached and clock.now() - reached <= BACKLOG:
            return
        if (until or clock.now()) - (reached or since) <= BACKLOG:
            raise
    # By the hour, so that whoever comes again asks for the same report.
    end = until or clock.now().replace(minute=0, second=0, microsecond=0)
    yield from _report_pages(client, reports, data, _by_day(reached or since), end)


def _by_day(since: datetime) -> datetime:
    return since.replace(hour=0, minute=0, second=0, microsecond=0)


class OrderSearch:
    """searchOrders for one account."""

    def __init__(
        self, client: Client, markets: Sequence[str], data: Sequence[str], clock: Clock
    ) -> None:
        self._client = client
        self._markets = tuple(markets)
        self._data = tuple(data)
        self._clock = clock

    def pages(self, since: datetime, until: datetime | None) -> Iterator[Page]:
        """All pages of a period; a long one that does not fit on one page, day by day, and in
        longer steps while these fit on one."""
        end = until or self._clock.now()
        if until is not None and self._clock.now() - until < SETTLED:
            until = None
        whole = self._window(since, until)
        first = next(whole, None)
        if first is None:
            return
        page, last = first
        yield page
        if last:
            return
        if end - since <= WINDOW:
            for page, _last in whole:
                yield page
            return
        told = {(event.external_id, event.revision) for event in page.events}
        start, width = since, WINDOW
        while start < end:
            stop: datetime | None = min(start + width, end)
            if stop and (stop >= end or self._clock.now() - stop < SETTLED):
                stop = until
            pages = 0
            for page, _last in self._window(start, stop):
                pages += 1
                yield _without(page, told)
            if stop is until:
                return
            start += width
            # Calls are rare: where little happened, one of them is to reach further.
            width = width * 2 if pages == 1 else max(WINDOW, width / 2)

    def _window(self, since: datetime, until: datetime | None) -> Iterator[tuple[Page, bool]]:
        """(page, whether it is the last) of one search.

        The end of what was searched, which Amazon states, moves the cursor with the last page;
        before that the orders themselves do, where they come in the order of their updates.
        """
        token, reached = "", None
        ordered = True
        while True:
            answer = self._client.search_orders(
                since, until, markets=self._markets, data=self._data, page_token=token
            )
            events = tuple(order_event(one) for one in as_list(answer.get("orders"), "orders"))
            times = [event.occurred_at for event in events if event.occurred_at]
            token = text(answer, "pagination", "nextToken")
            ordered = ordered and times == sorted(times) and _after(times, reached)
            newest = max([*times, *([reached] if reached else [])], default=None)
            if not token:
                stated = moment(text(answer, "lastUpdatedBefore")) or until
                yield Page(events, stated or newest), True
                return
            reached = newest
            yield Page(events, newest if ordered and len(times) >= SURE else None), False


def _without(page: Page, told: set[tuple[str, str]]) -> Page:
    """The page without the events that the first page of all brought already."""
    fresh = tuple(e for e in page.events if (e.external_id, e.revision) not in told)
    return Page(fresh, page.latest)


def _after(times: Sequence[datetime], reached: datetime | None) -> bool:
    return not times or reached is None or times[0] >= reached


# === REPORTS === #


def _report_pages(
    client: Client, reports: Reports, data: Sequence[str], since: datetime, until: datetime
) -> Iterator[Page]:
    """Orders of the order report. Those that are still open are read whole as far as the budget
    allows: there is something to be done for them, and the report tells no address."""
    whole = _Whole(client, data)
    for report, content in reports.of_period(summaries.REPORT_TYPE, since, until):
        chunk: list[Event] = []
        for event in summaries.summary_events(content):
            chunk.append(whole.read(event))
            if len(chunk) == CHUNK:
                yield Page(tuple(chunk))
                chunk = []
        yield Page(tuple(chunk), report.end)


class _Whole:
    """Reads open orders one by one until the budget is used up."""

    def __init__(self, client: Client, data: Sequence[str]) -> None:
        self._client = client
        self._data = tuple(data)
        self._goes_on = True

    def read(self, event: Event) -> Event:
        """The order's own document instead of its rows of the report, if it can be had."""
        if not (self._goes_on and summaries.is_open(event)):
            return event
        try:
            return order_event(dict(self._client.get_order(event.external_id, self._data)))
        except ThrottledError:
            self._goes_on = False
        except RejectedError:
            pass
        return event
