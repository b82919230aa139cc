"""What Amazon tells, topic by topic; see :mod:`.orders` and its neighbours for what it means.

The engine stores a page before it asks for the next one. :attr:`Page.latest` moves its cursor, so
it is set only where everything older has been delivered: a pull that the budget cuts short ends
there, and the next one goes on. Nothing here sleeps, and nothing is remembered between two pulls.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ..core.dates import iso
from ..core.errors import AuthError, InvalidError, RejectedError, ThrottledError
from ..core.limits import Budget, Limits
from ..core.shape import as_list, as_object, rows, text
from ..core.transport import Transport
from ..core.types import Event, Page
from . import fba, finances, news, returns, settlements
from .client import Client
from .const import ROLES
from .dialect import LOGIN_ERRORS, TOKEN_EXPIRED
from .flat import moment
from .meaning import Meaning
from .pull_notifications import notification_pages
from .pull_orders import included_data, order_pages
from .queue import Queue
from .reports import Reports

CHARSETS = {"JP": "cp932"}
"""Encodings of flat files by country, where they state none (U); elsewhere cp1252."""
LISTING_DATA = ("summaries", "issues")
ISSUE_PAGES = 3
"""Pages of listings with issues that are looked at besides those that changed."""
LISTING_OVERLAP = timedelta(seconds=15)
RETURN_EVERY = timedelta(minutes=50)
RETURN_BACK = timedelta(days=2)
"""Reports of returns reach back so far: the two of them do not end at the same moment."""
BALANCE_BACK = timedelta(days=45)
"""How far back the last settlement is looked for; Amazon settles every two weeks."""
# D: Roles.
TOPIC_ROLES = {
    "listing": ROLES["searchListingsItems"],
    "return": "Inventory and Order Tracking” or “Amazon Fulfillment",
    "settlement": ROLES["listTransactions"],
    "stored": ROLES["getInventorySummaries"],
}
LOGIN_TROUBLE = LOGIN_ERRORS | {TOKEN_EXPIRED, "no_credentials", "no_seller_id"}
BALANCE_MOST = timedelta(days=179)
STOCK_OLDEST = timedelta(days=2)
"""Changes of stock are asked for so far back, else everything."""


class Pulls(Meaning):
    """Part of the adapter; the attributes are the adapter's."""

    transport: Transport
    budget: Budget
    limits: Limits
    client: Client

    def pull(self, topic: str, since: datetime, until: datetime | None = None) -> Iterator[Page]:
        """See :meth:`Adapter.pull`.

        Options: ``include_buyer`` (True), ``fba`` (True), ``queue_url``, ``queue_region``.

        :raise InvalidError: a topic that Amazon does not have.
        :raise RejectedError: what the topic needs is not allowed to the application. An account
            that may not see its settlements, say, goes on selling, so this is no AuthError, which
            would pause it.
        """
        roads = {
            "order": self._pull_orders,
            "notification": self._pull_notifications,
            "listing": self._pull_listings,
            "return": self._pull_returns,
            "settlement": self._pull_settlements,
            "stored": self._pull_stored,
        }
        if topic not in roads or topic not in self.limits.topics:
            raise InvalidError(f"Amazon has no topic {topic[:40]!r}.")
        pages = roads[topic](since, until)
        return pages if topic == "order" else _allowed(topic, pages)

    # === ORDERS, NOTIFICATIONS === #

    def _pull_orders(self, since: datetime, until: datetime | None) -> Iterator[Page]:
        return order_pages(
            self.client,
            self._reports(),
            self.settings.ids,
            included_data(self.connection.options),
            self.transport.clock,
            since,
            until,
        )

    def _pull_notifications(self, since: datetime, until: datetime | None) -> Iterator[Page]:
        options, keys = self.connection.options, self.connection.credentials
        url = str(options.get("queue_url") or "")
        if not url:
            return
        queue = Queue(
            url,
            keys.get("queue_access_key") or "",
            keys.get("queue_secret_key") or "",
            region=str(options.get("queue_region") or ""),
            budget=self.budget,
        )
        try:
            yield from notification_pages(
                queue,
                self.client,
                self._reports(),
                self.settings,
                included_data(options),
                self.transport.clock,
            )
        finally:
            queue.close()

    # === LISTINGS === #

    def _pull_listings(self, since: datetime, until: datetime | None) -> Iterator[Page]:
        """Listings that changed, then those with issues: these come and go without a change.

        They come oldest first, so that the overlap of a live pull is not read again and again
        while a whole catalogue changes; a few seconds of it are enough.
        """
        if until is None:
            since += max(timedelta(seconds=self.limits.overlap) - LISTING_OVERLAP, timedelta())
        try:
            yield from self._listing_pages(since, until)
        except ThrottledError:
            if until is not None:
                raise
            # What was delivered stands; the next pull goes on where this one ended.
            return
        if until is None:
            try:
                yield from self._issue_pages()
            except ThrottledError:
                return

    def _listing_pages(self, since: datetime, until: datetime | None) -> Iterator[Page]:
        filters: dict[str, Any] = {
            "lastUpdatedAfter": iso(since),
            "lastUpdatedBefore": iso(until) if until else None,
            "sortBy": "lastUpdatedDate",
            "sortOrder": "ASC",
        }
        for items in self._searched(filters):
            dates = [
                when
                for item in items
                for one in rows(item, "summaries")
                if (when := moment(text(one, "lastUpdatedDate")))
            ]
            yield Page(self._listing_events(items), max(dates, default=None))

    def _issue_pages(self) -> Iterator[Page]:
        filters = {"withIssueSeverity": ("ERROR", "WARNING"), "sortOrder": "DESC"}
        for number, items in enumerate(self._searched(filters), start=1):
            yield Page(self._listing_events(items))
            if number == ISSUE_PAGES:
                return

    def _searched(self, filters: Mapping[str, Any]) -> Iterator[list[Any]]:
        token = ""
        while True:
            answer = as_object(
                self.client.search_items(
                    self.settings.ids,
                    locale=self.settings.locale,
                    data=LISTING_DATA,
                    page_token=token,
                    **filters,
                ),
                "answer",
            )
            yield as_list(answer.get("items"), "items")
            following = text(answer, "pagination", "nextToken")
            if not following or following == token:
                return
            token = following

    def _listing_events(self, items: Sequence[Any]) -> tuple[Event, ...]:
        now = self.transport.clock.now()
        return tuple(news.item_event(item, now) for item in items)

    # === RETURNS === #

    def _pull_returns(self, since: datetime, until: datetime | None) -> Iterator[Page]:
        """Both reports; the cursor moves when both have been read."""
        ends: list[datetime] = []
        late: ThrottledError | None = None
        reports, types = self._reports(), self._return_reports()
        recent = [] if until else reports.recent(types, since - RETURN_BACK)
        for report_type in types:
            if until is not None:
                found = reports.of_period(report_type, since, until)
            else:
                seen = since + timedelta(seconds=self.limits.overlap)
                back = since - RETURN_BACK
                found = reports.news(recent, report_type, back, seen, RETURN_EVERY)
            try:
                for report, content in found:
                    yield Page(tuple(returns.return_events(report_type, content)))
                    ends.append(report.period_end)
            except ThrottledError as error:
                late = error
        if late is not None:
            raise late
        if ends:
            yield Page((), min(ends))

    def _return_reports(self) -> tuple[str, ...]:
        return returns.REPORTS if self._uses_fba() else (returns.SELLER_REPORT,)

    # === MONEY === #

    def _pull_settlements(self, since: datetime, until: datetime | None) -> Iterator[Page]:
        """Settlements that were closed, then what is open since; the latter only for a live pull
        and if the budget and the roles of the application allow all of it: half a balance would
        be a wrong one, and settlements do not depend on it."""
        reports = Reports(self.client, (), self.transport.clock, self._charset())
        back = self.transport.clock.now() - BALANCE_BACK
        listed = reports.listed((settlements.REPORT_TYPE,), since if until else min(since, back))
        done = [one for one in listed if one.status == "DONE"]
        told = False
        for report in done:
            if report.created < since or (until and report.created > until):
                continue
            try:
                content = reports.content(report)
            except ThrottledError:
                if until is not None or not told:
                    raise
                return
            yield Page((settlements.settlement_event(report.raw, content),), report.created)
            told = True
        if until is None:
            start = max((one.period_end for one in done), default=back)
            try:
                yield Page(self._open_balance(start))
            except ThrottledError:
                return
            except AuthError as error:
                if error.code in LOGIN_TROUBLE:
                    raise

    def _open_balance(self, since: datetime) -> tuple[Event, ...]:
        now = self.transport.clock.now()
        start = min(max(since, now - BALANCE_MOST), now - timedelta(minutes=3))
        found: list[Mapping[str, Any]] = []
        token = ""
        while True:
            answer = self.client.transactions(start, page_token=token)
            found += [
                one
                for one in as_list(answer.get("transactions"), "transactions")
                if isinstance(one, Mapping)
            ]
            following = text(answer, "nextToken")
            # Pages may be empty; the list ends where no token comes (M).
            if not following or following == token:
                break
            token = following
        currencies = sorted({market.currency for market in self.settings.markets})
        return tuple(finances.balance_events(found, start, currencies))

    # === STOCK === #

    def _pull_stored(self, since: datetime, until: datetime | None) -> Iterator[Page]:
        """Goods that Amazon keeps: of the home marketplace, because it counts a common pool once
        for each of them. More than the list's small budget gives is read from the report of the
        whole."""
        home = self.settings.home
        if home is None or not self._uses_fba():
            return
        recent = self.transport.clock.now() - since < STOCK_OLDEST
        try:
            yield from self._stock_pages(home.id, since if recent else None)
            return
        except ThrottledError as error:
            late = error
        reports = Reports(self.client, (home.id,), self.transport.clock, self._charset())
        seen = since + timedelta(seconds=self.limits.overlap)
        try:
            found = reports.snapshot(fba.REPORT_TYPE, seen)
        except RejectedError:
            raise late from None
        if found is not None:
            report, content = found
            events = tuple(fba.report_events(content, home.id, iso(report.created)))
            yield Page(events, report.created)

    def _stock_pages(self, market: str, since: datetime | None) -> Iterator[Page]:
        token, latest = "", None
        while True:
            answer = self.client.inventory_summaries(market, since, page_token=token)
            payload = as_object(answer.get("payload"), "payload")
            found = as_list(payload.get("inventorySummaries"), "inventorySummaries")
            events = tuple(fba.summary_event(one, market) for one in found)
            times = [event.occurred_at for event in events if event.occurred_at]
            latest = max([*times, *([latest] if latest else [])], default=None)
            token = text(answer, "pagination", "nextToken")
            # In no order of time, so the last page alone moves the cursor.
            yield Page(events, None if token else latest)
            if not token:
                return

    def _uses_fba(self) -> bool:
        return bool(self.connection.options.get("fba", True))

    def _reports(self) -> Reports:
        return Reports(self.client, self.settings.ids, self.transport.clock, self._charset())

    def _charset(self) -> str:
        home = self.settings.home
        return CHARSETS.get(home.country if home else "", "cp1252")


def _allowed(topic: str, pages: Iterator[Page]) -> Iterator[Page]:
    """Pages of a topic that an account can do without."""
    try:
        yield from pages
    except AuthError as error:
        # What concerns the login concerns everything.
        if error.code in LOGIN_TROUBLE:
            raise
        role = TOPIC_ROLES.get(topic, "")
        hint = f" The application lacks the role “{role}”, it seems." if role else ""
        raise RejectedError(
            f"Amazon does not allow this to be read ({error.message}).{hint}",
            code="missing_role",
            request_id=error.request_id,
        ) from None
