"""Getting reports without remembering anything: Amazon's own list says what was asked for.

::

    getReports: made already? ──DONE──▶ download            CANCELLED: nothing to tell
        │            ├─ IN_QUEUE, IN_PROGRESS ──▶ ThrottledError, look again in a minute
        │            └─ FATAL ──▶ asked for anew, after a while
        └─ no ──▶ createReport ──▶ ThrottledError

Whoever comes again asks for the same periods and finds what was made meanwhile, be it another
worker, after a restart, or on another server.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ..core.dates import Clock, optional_datetime
from ..core.errors import InvalidError, ServerError, ThrottledError
from ..core.shape import as_list, as_object, text
from .client import Client

LOOK_AGAIN = 60.0
"""Seconds after which a report that is being made is looked for again; it takes minutes."""
MAX_PERIOD = timedelta(days=30)
"""The longest period of one report (D: Order reports, Returns reports)."""
KEPT = timedelta(days=1)
"""A report of the same period that is not older is as good as a new one."""
SNAPSHOT = timedelta(minutes=30)
"""A state that was written down is good for so long."""
GIVE_UP = timedelta(hours=4)
"""A report that is not made by then is asked for anew."""
KEPT_BY_AMAZON = timedelta(days=90)
MAX_PAGES = 200
WORKING = ("IN_QUEUE", "IN_PROGRESS")


@dataclass(frozen=True, slots=True)
class Report:
    """A report as Amazon describes it."""

    id: str
    type: str
    status: str
    created: datetime
    start: datetime | None
    end: datetime | None
    document: str
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def period_end(self) -> datetime:
        """Up to when it tells."""
        return self.end or self.created


def read_report(value: Any) -> Report:
    """A Report of the model.

    :raise InvalidError: it has no time of its making.
    """
    data = as_object(value, "report")
    created = optional_datetime(data.get("createdTime"), "createdTime")
    if created is None:
        raise InvalidError("A report without createdTime.", code="bad_shape")
    return Report(
        id=text(data, "reportId"),
        type=text(data, "reportType"),
        status=text(data, "processingStatus").upper(),
        created=created,
        start=optional_datetime(data.get("dataStartTime"), "dataStartTime"),
        end=optional_datetime(data.get("dataEndTime"), "dataEndTime"),
        document=text(data, "reportDocumentId"),
        raw=data,
    )


class Reports:
    """The reports of one account.

    :param charset: of documents that state none and are no UTF-8, e.g. ``cp932`` in Japan.
    """

    def __init__(
        self, client: Client, markets: Sequence[str], clock: Clock, charset: str = "cp1252"
    ) -> None:
        self._client = client
        self._markets = tuple(markets)
        self._clock = clock
        self.charset = charset

    def listed(self, types: Sequence[str], since: datetime) -> list[Report]:
        """Reports of these types that were made since then, oldest first."""
        earliest = self._clock.now() - KEPT_BY_AMAZON + timedelta(hours=1)
        found: dict[str, Report] = {}
        token = ""
        for _page in range(MAX_PAGES):
            answer = self._client.reports(
                types, since=max(since, earliest), markets=self._markets, page_token=token
            )
            for value in as_list(answer.get("reports"), "reports"):
                report = read_report(value)
                found[report.id] = report
            token = text(answer, "nextToken")
            if not token:
                break
        else:
            raise ServerError(f"The list of reports did not end after {MAX_PAGES} pages.")
        return sorted(found.values(), key=lambda one: (one.created, one.id))

    def content(self, report: Report) -> str:
        """The text of a report that is DONE.

        :raise InvalidError: it names no document.
        """
        if not report.document:
            raise InvalidError("A finished report without a document.", code="bad_shape")
        return self._client.report_document(report.document).text(self.charset)

    # === PERIODS === #

    def of_period(
        self, report_type: str, since: datetime, until: datetime
    ) -> Iterator[tuple[Report, str]]:
        """All reports of a period, in parts of at most :data:`MAX_PERIOD`, oldest first.

        :return: (report, its text); parts without data are left out.
        :raise ThrottledError: not all of them are made yet; ask again for the same period.
        """
        parts = list(periods(since, until))
        made = self.listed((report_type,), self._clock.now() - KEPT)
        found = [_newest(made, start, end) for start, end in parts]
        self._ask_for_missing(report_type, parts, found)
        for report in found:
            if report is not None and report.status == "DONE":
                yield report, self.content(report)

    def _ask_for_missing(
        self,
        report_type: str,
        parts: Sequence[tuple[datetime, datetime]],
        found: Sequence[Report | None],
    ) -> None:
        waiting = False
        for (start, end), report in zip(parts, found, strict=True):
            if report is None or self._is_lost(report):
                self._client.create_report(report_type, self._markets, start, end)
                waiting = True
            elif report.status in WORKING:
                waiting = True
            elif report.status == "FATAL":
                raise ServerError(f"Amazon could not make the report {report.id}.", code="FATAL")
        if waiting:
            raise ThrottledError("The report is being made.", retry_after=LOOK_AGAIN)

    def _is_lost(self, report: Report) -> bool:
        """Whether a report that is not made must be asked for once more."""
        limit = timedelta(hours=1) if report.status == "FATAL" else GIVE_UP
        undone = report.status == "FATAL" or report.status in WORKING
        return undone and self._clock.now() - report.created > limit

    # === STATES === #

    def snapshot(self, report_type: str, newer_than: datetime) -> tuple[Report, str] | None:
        """A report that tells a state and no period, made a short while ago.

        :return: ``None`` when Amazon has nothing to tell.
        :raise ThrottledError: it is being made.
        """
        since = max(newer_than, self._clock.now() - SNAPSHOT)
        made = [one for one in self.listed((report_type,), since) if not self._is_lost(one)]
        done = [one for one in made if one.status in ("DONE", "CANCELLED")]
        if done:
            return (done[-1], self.content(done[-1])) if done[-1].status == "DONE" else None
        if not made:
            self._client.create_report(report_type, self._markets)
        raise ThrottledError("The report is being made.", retry_after=LOOK_AGAIN)

    # === NEWS === #

    def recent(self, types: Sequence[str], since: datetime) -> list[Report]:
        """Reports that :meth:`news` must know of, of all these types with one call."""
        return self.listed(types, min(since, self._clock.now() - KEPT) - timedelta(hours=1))

    def news(
        self,
        recent: Sequence[Report],
        report_type: str,
        since: datetime,
        seen_until: datetime,
        every: timedelta,
    ) -> Iterator[tuple[Report, str]]:
        """Reports that tell what came after a cursor; asks for the next one when it is time.

        :param recent: see :meth:`recent`.
        :param since: from when on the next report is to tell, some time before the cursor.
        :param seen_until: the cursor; reports that end there or before are known.
        :param every: how far apart reports are asked for.
        :raise ThrottledError: the next one is being made, and there is nothing else to read.
        """
        now = self._clock.now()
        made = [one for one in recent if one.type == report_type]
        fresh = [one for one in made if one.status == "DONE" and one.period_end > seen_until]
        for report in _whole(fresh):
            yield report, self.content(report)
        if fresh:
            return
        alive = [one for one in made if not self._is_lost(one)]
        waiting = any(one.status in WORKING for one in alive)
        if not waiting and all(now - one.created > every for one in alive):
            end = min(now, since + MAX_PERIOD)
            self._client.create_report(report_type, self._markets, since, end)
            waiting = True
        if waiting:
            raise ThrottledError("The report is being made.", retry_after=LOOK_AGAIN)


def periods(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Parts of at most :data:`MAX_PERIOD`; the same for the same period, in whole seconds."""
    start, end = since.replace(microsecond=0), until.replace(microsecond=0)
    while start < end:
        following = min(start + MAX_PERIOD, end)
        yield start, following
        start = following


def _newest(made: Sequence[Report], start: datetime, end: datetime) -> Report | None:
    """The last report of just this period."""
    same = [one for one in made if one.start and _same(one.start, start) and _ends(one, end)]
    done = [one for one in same if one.status in ("DONE", "CANCELLED")]
    chosen = done or same
    return chosen[-1] if chosen else None


def _ends(report: Report, end: datetime) -> bool:
    """Whether a report was asked for until then. What was in the future when it was asked for is
    told as far as that moment."""
    told = report.period_end
    return _same(told, end) or (
        end > report.created and abs(told - report.created) < timedelta(minutes=1)
    )


def _same(left: datetime, right: datetime) -> bool:
    return abs((left - right).total_seconds()) < 1.5


def _whole(reports: Sequence[Report]) -> list[Report]:
    """Without reports whose period another one holds as a whole."""
    kept = []
    for one in reports:
        inside = any(
            other is not one
            and one.start
            and other.start
            and other.start <= one.start
            and other.period_end >= one.period_end
            and (other.start, other.period_end) != (one.start, one.period_end)
            for other in reports
        )
        if not inside:
            kept.append(one)
    return kept
