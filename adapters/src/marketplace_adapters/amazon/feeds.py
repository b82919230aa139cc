"""Sending many things as feeds, and reading what became of them.

::

    split by count and bytes ──> for each feed: its budget ──> document ──> upload ──> createFeed
    poll: IN_QUEUE, IN_PROGRESS ──> not done
          CANCELLED             ──> surely nothing happened: again
          DONE, FATAL           ──> the processing report, item by item
          … without a report, or with one that cannot be read
                                ──> again, or a person's business where a repeat would pay twice
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..core.errors import AdapterError, InvalidError, RejectedError, ThrottledError
from ..core.limits import Budget
from ..core.masking import Masker
from ..core.types import Issue, ItemResult, Kind, Outcome, Submission
from .client import Client
from .const import FEED_ENDED, JSON_TYPE, LISTINGS_FEED, XML_TYPE
from .limits import MAX_FEED_BYTES, MAX_MESSAGES, feed_bucket
from .processing import Report, read_report
from .replies import accepted, errors_in, refused
from .tickets import MAX_TICKET, Refs, Sent, Ticket, pack, pack_skus, read_ticket

UNKNOWN = "outcome_unknown"
"""The engine's code for what a person must look up."""
ONCE = frozenset({Kind.REFUND})
"""Kinds that must not be repeated while their outcome is unknown."""
AGAIN = 1.0
"""Seconds until what did not fit into a submission is sent with the next one."""


@dataclass(frozen=True, slots=True)
class Part:
    """One message to be: its items, and its bytes once its number is known.

    :param sku: of a new listing.
    """

    refs: Refs
    write: Callable[[int], bytes]
    sku: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the messages of a type of feed."""

    feed_type: str
    head: bytes
    glue: bytes
    tail: bytes

    @property
    def content_type(self) -> str:
        """For createFeedDocument and the upload alike."""
        return JSON_TYPE if self.feed_type == LISTINGS_FEED else XML_TYPE

    def content(self, messages: Sequence[bytes]) -> bytes:
        """The whole document."""
        return self.head + self.glue.join(messages) + self.tail


@dataclass(frozen=True, slots=True)
class Draft:
    """One feed to be sent."""

    groups: tuple[Refs, ...]
    content: bytes
    skus: tuple[str, ...] = ()


def drafts(
    parts: Sequence[Part], frame: Frame, *, count: int = MAX_MESSAGES, size: int = MAX_FEED_BYTES
) -> Iterator[Draft]:
    """Feeds of at most ``count`` messages and ``size`` bytes; see :func:`oversized` before."""
    told: list[Part] = []
    messages: list[bytes] = []
    room = size - len(frame.head) - len(frame.tail)
    left = room
    for part in parts:
        message = part.write(len(messages) + 1)
        if messages and (len(messages) >= count or len(message) + len(frame.glue) > left):
            yield _draft(told, messages, frame)
            told, messages, left = [], [], room
            message = part.write(1)
        told.append(part)
        messages.append(message)
        left -= len(message) + len(frame.glue)
    if messages:
        yield _draft(told, messages, frame)


def _draft(parts: Sequence[Part], messages: Sequence[bytes], frame: Frame) -> Draft:
    skus = tuple(part.sku for part in parts) if any(part.sku for part in parts) else ()
    return Draft(tuple(part.refs for part in parts), frame.content(messages), skus)


def oversized(part: Part, frame: Frame, size: int = MAX_FEED_BYTES) -> bool:
    """Whether a message fits into no feed at all."""
    return len(part.write(MAX_MESSAGES)) > size - len(frame.head) - len(frame.tail)


class Feeds:
    """Sends feeds of one account and asks for their outcome.

    :param budget: asked before a document is made: what cannot be submitted is not uploaded.
    :param markets: ids of all marketplaces.
    """

    def __init__(
        self, client: Client, budget: Budget, markets: Sequence[str], masker: Masker
    ) -> None:
        self._client = client
        self._budget = budget
        self._markets = tuple(markets)
        self._masker = masker

    # === SENDING === #

    def send(
        self, parts: Sequence[Part], frame: Frame, known: Sequence[ItemResult] = ()
    ) -> Submission:
        """Submit the messages, in several feeds where one does not hold them.

        :param known: results that are known already.
        :raise AdapterError: nothing was submitted. Once a feed is, what follows is left for the
            next push.
        """
        results = list(known)
        fitting = []
        for part in parts:
            if oversized(part, frame):
                text = "The data of this product is larger than a whole feed may be."
                results += [
                    ItemResult(ref, Outcome.ERROR, "too_large", text) for ref, _ in part.refs
                ]
            else:
                fitting.append(part)
        sent: list[Sent] = []
        wait, room = None, MAX_TICKET
        for draft in self._ticketed(fitting, frame):
            packed = len(pack(draft.groups))
            if packed > room:
                wait = AGAIN
                break
            try:
                feed = self._submit(draft, frame)
            except AdapterError as error:
                if not sent:
                    raise
                wait = error.retry_after if isinstance(error, ThrottledError) else AGAIN
                break
            room -= packed
            skus = draft.skus if len(pack_skus(draft.skus)) <= room else ()
            room -= len(pack_skus(skus)) if skus else 0
            sent.append(Sent(feed, draft.groups, skus))
            results += [
                ItemResult(ref, Outcome.PENDING, message=f"Feed {feed}.")
                for group in draft.groups
                for ref, _kind in group
            ]
        if not sent:
            return Submission(tuple(results))
        ticket = Ticket(frame.feed_type, tuple(sent))
        return Submission(tuple(results), done=False, remote_id=ticket.text(), retry_after=wait)

    def _ticketed(self, parts: Sequence[Part], frame: Frame) -> Iterator[Draft]:
        """Feeds whose references alone fit into a ticket."""
        for draft in drafts(parts, frame):
            count = len(draft.groups)
            if len(pack(draft.groups)) <= MAX_TICKET:
                yield draft
                parts = parts[count:]
                continue
            while len(pack(draft.groups[:count])) > MAX_TICKET:
                count //= 2
            yield from drafts(parts[:count], frame)
            yield from self._ticketed(parts[count:], frame)
            return

    def _submit(self, draft: Draft, frame: Frame) -> str:
        self._budget.take(feed_bucket(frame.feed_type))
        self._budget.take("createFeed")
        document = self._client.upload(draft.content, frame.content_type)
        return self._client.create_feed(frame.feed_type, self._markets, document)

    # === ASKING === #

    def poll(self, remote_id: str) -> Submission:
        """The outcome of a submission, once all of its feeds have ended.

        :raise AdapterError: it cannot be asked for now.
        """
        ticket = read_ticket(remote_id)
        ended: list[tuple[str, str]] = []
        for one in ticket.feeds:
            status, document = self._state(one.feed)
            if status not in FEED_ENDED and status != "GONE":
                return Submission((), done=False, remote_id=remote_id)
            ended.append((status, document))
        results: list[ItemResult] = []
        for one, (status, document) in zip(ticket.feeds, ended, strict=True):
            found = self._outcome(one, status, document)
            if found is None:
                return Submission((), done=False, remote_id=remote_id)
            results += found
        return Submission(tuple(results), remote_id=remote_id)

    def _state(self, feed: str) -> tuple[str, str]:
        try:
            data = self._client.feed(feed)
        except RejectedError as error:
            if error.message.startswith("HTTP 404"):
                return "GONE", ""
            raise
        status = str(data.get("processingStatus") or "").upper()
        document = data.get("resultFeedDocumentId")
        return status, document if isinstance(document, str) else ""

    def _outcome(self, sent: Sent, status: str, document: str) -> list[ItemResult] | None:
        """Results of one feed that ended; ``None`` while its report is not final."""
        feed, groups = sent.feed, sent.groups
        if status == "CANCELLED" and not document:
            text = f"Amazon cancelled feed {feed} before it began."
            return [_retry(ref, "feed_cancelled", text) for group in groups for ref, _ in group]
        if not document:
            word = {"GONE": "does not know", "FATAL": "gave up"}.get(status, "says nothing of")
            return _lost(groups, f"feed_{status.lower()}", f"Amazon {word} feed {feed}.")
        try:
            report = read_report(self._client.feed_document(document).content, self._masker)
        except (InvalidError, RejectedError) as error:
            text = f"The report of feed {feed} cannot be read ({error.message})"
            return _lost(groups, "bad_report", text)
        if not report.final:
            return None
        results = report_results(report, groups, sent.skus, fatal=status == "FATAL")
        return self._checked(results, report, groups)

    def _checked(
        self, results: list[ItemResult], report: Report, groups: Sequence[Refs]
    ) -> list[ItemResult]:
        """A refused cancellation may only mean that the order is cancelled already."""
        cancels = {ref for group in groups for ref, kind in group if kind is Kind.CANCEL}
        orders = {
            ref: report.orders[number]
            for number, group in enumerate(groups, 1)
            if number in report.orders
            for ref, _kind in group
        }
        looked = 0
        for place, result in enumerate(results):
            if result.outcome is not Outcome.ERROR or result.ref not in cancels:
                continue
            if result.ref in orders and looked < 10:
                looked += 1
                if self._cancelled(orders[result.ref]):
                    results[place] = ItemResult(result.ref, Outcome.SUCCESS)
        return results

    def _cancelled(self, order: str) -> bool:
        try:
            data = self._client.get_order(order, ("FULFILLMENT",))
        except AdapterError:
            return False
        told = data.get("fulfillment")
        status = told.get("fulfillmentStatus") if isinstance(told, dict) else ""
        return str(status).upper() in ("CANCELLED", "CANCELED")


def report_results(
    report: Report, groups: Sequence[Refs], skus: Sequence[str] = (), *, fatal: bool = False
) -> list[ItemResult]:
    """Results of all items of a feed.

    :param skus: of new listings by message, as far as they are known.
    :param fatal: Amazon gave up in the middle: what the report does not name may be anything.
    """
    doubt = not report.void and (fatal or report.doubtful(len(groups)))
    results: list[ItemResult] = []
    for number, refs in enumerate(groups, 1):
        issues = report.messages.get(number, ())
        if errors_in(issues):
            results += refused(refs, issues)
        elif report.void:
            results += refused(refs, (*issues, *(_bare(one) for one in report.whole)))
        elif doubt:
            text = "The report does not say what became of it."
            results += _lost([refs], "not_reported", text)
        else:
            sku = report.skus.get(number) or (skus[number - 1] if number <= len(skus) else "")
            results += accepted(refs, issues, {"external_id": sku} if sku else {})
    return results


def _bare(issue: Issue) -> Issue:
    """An issue of the whole feed names no attribute of a message."""
    return Issue(issue.code, issue.message, issue.severity)


def _lost(groups: Sequence[Refs], code: str, text: str) -> list[ItemResult]:
    return [
        ItemResult(ref, Outcome.ERROR, UNKNOWN, text) if kind in ONCE else _retry(ref, code, text)
        for group in groups
        for ref, kind in group
    ]


def _retry(ref: str, code: str, text: str) -> ItemResult:
    return ItemResult(ref, Outcome.RETRY, code, text)
