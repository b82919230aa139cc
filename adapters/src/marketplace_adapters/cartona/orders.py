"""The order lanes: acknowledge, status, cancel and lines.

::

    one item, or one with OTP ──> update-order-status/{hashed_id}   tells why it refuses
    several                   ──> update-order-status (array)       tells little
                                       └─> read back with pull-orders (X22)
                                             ├─ has the status, or is further ──> success
                                             ├─ not offered any more          ──> success, unseen
                                             └─ has another status ──> asked once more, singly

Two items for one order never travel in the same call: which comes first would be up to chance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..core.batches import isolate
from ..core.errors import AdapterError, InvalidError, RejectedError
from ..core.masking import Masker
from ..core.money import optional_decimal
from ..core.shape import as_list
from ..core.types import (
    Acknowledgement,
    Cancellation,
    ItemResult,
    LineChange,
    LinesUpdate,
    OrderKey,
    OrderStatus,
    Outcome,
    PushItem,
    StatusUpdate,
)
from .client import Client
from .const import PROGRESS, STATUS_IN
from .parsers import parse_status
from .payloads import Row, Style, acknowledge_row, cancel_row, lines_row, status_row
from .replies import RowReply, row_replies

Find = Callable[[frozenset[str]], Mapping[str, Any]]
"""Reads orders back: their documents by id, without those that are no longer offered."""


class OrderPush:
    """Sends the items of one push.

    :param find: the read-back, see :data:`Find`.
    """

    def __init__(self, client: Client, style: Style, size: int, masker: Masker, find: Find) -> None:
        self._client = client
        self._style = style
        self._size = size
        self._masker = masker
        self._find = find

    def push(self, lane: str, items: Sequence[PushItem]) -> tuple[ItemResult, ...]:
        """Results of the items that got an answer.

        :raise AdapterError: a failure before anything is known to be applied.
        """
        results: list[ItemResult] = []
        send = (
            self._lines
            if lane == "lines"
            else self._bulk
            if lane == "acknowledge"
            else self._statuses
        )
        stopped: set[str | None] = set()
        for wave in waves(items):
            ready: list[tuple[PushItem, Row]] = []
            # What follows a refused item of the same order waits for the next push.
            for item in (one for one in wave if one.target.external_id not in stopped):
                try:
                    ready.append((item, order_row(item, self._style)))
                except RejectedError as error:
                    results.append(_refusal(item, error))
            try:
                done = send(ready)
            except AdapterError:
                if not results:
                    raise
                return tuple(results)
            results += done
            if len(done) < len(ready):
                break
            bad = {result.ref for result in results if result.outcome is Outcome.ERROR}
            stopped |= {item.target.external_id for item in wave if item.ref in bad}
        return tuple(results)

    # === STATUS, CANCEL === #

    def _statuses(self, ready: Sequence[tuple[PushItem, Row]]) -> list[ItemResult]:
        alone: Sequence[tuple[PushItem, Row]] = [
            pair for pair in ready if "retailer_otp" in pair[1]
        ]
        together = [pair for pair in ready if "retailer_otp" not in pair[1]]
        if len(together) == 1:
            alone, together = ready, []
        results = self._bulk(together)
        if together:
            alone = [*alone, *self._unconfirmed(together, results)]
        again = {item.ref for item, _row in alone}
        return [r for r in results if r.ref not in again] + self._single(alone, bool(results))

    def _single(
        self, pairs: Iterable[tuple[PushItem, Row]], something_done: bool
    ) -> list[ItemResult]:
        results: list[ItemResult] = []
        for item, row in pairs:
            body = {name: value for name, value in row.items() if name != "hashed_id"}
            try:
                reply = self._client.set_status(
                    row["hashed_id"], {"hashed_id": row["hashed_id"]} | body
                )
                answer: RowReply | RejectedError = row_replies(reply, [row], self._masker)[0]
            except RejectedError as error:
                answer = error
            except AdapterError:
                if not (results or something_done):
                    raise
                return results
            if isinstance(answer, RejectedError) and self._has_it_already(item):
                answer = RowReply()
            results.append(self._result(item, answer))
        return results

    def _has_it_already(self, item: PushItem) -> bool:
        """A refusal may only mean that an earlier call, whose answer was lost, took effect."""
        try:
            verdict = self.applied(item)
        except AdapterError:
            return False
        return verdict is not None and verdict.outcome is Outcome.SUCCESS

    def _unconfirmed(
        self, pairs: Sequence[tuple[PushItem, Row]], results: Sequence[ItemResult]
    ) -> list[tuple[PushItem, Row]]:
        """Pairs of a mass update that Cartona took in silence and did not apply."""
        good = {result.ref for result in results if result.outcome is Outcome.SUCCESS}
        asked = [pair for pair in pairs if pair[0].ref in good]
        try:
            found = self._find(frozenset(row["hashed_id"] for _item, row in asked)) if asked else {}
        except AdapterError:
            # Taken with 2xx and not readable now; the pull will show what became of it.
            return []
        return [
            (item, row)
            for item, row in asked
            if row["hashed_id"] in found and not took_effect(item, found[row["hashed_id"]])
        ]

    # === BULK === #

    def _bulk(self, pairs: Sequence[tuple[PushItem, Row]]) -> list[ItemResult]:
        return self._isolated(pairs, self._client.set_statuses)

    def _lines(self, pairs: Sequence[tuple[PushItem, Row]]) -> list[ItemResult]:
        # One order a call: lines may not be repeated, so a lost answer must name its order.
        results: list[ItemResult] = []
        for pair in pairs:
            try:
                results += self._isolated([pair], self._client.update_details)
            except AdapterError as error:
                if not results:
                    raise
                return results + self._uncertain(pair[0], error)
        return results

    def _uncertain(self, item: PushItem, error: AdapterError) -> list[ItemResult]:
        """What became of an item whose answer was lost after others had succeeded."""
        if error.policy != "retry":
            return []  # refused before it was looked at
        try:
            verdict = self.applied(item)
        except AdapterError:
            verdict = None
        if verdict is None:
            text = "The answer was lost; look at the order at Cartona before sending it again."
            return [ItemResult(item.ref, Outcome.ERROR, "outcome_unknown", text)]
        return [verdict] if verdict.outcome is Outcome.SUCCESS else []

    def _isolated(
        self, pairs: Sequence[tuple[PushItem, Row]], call: Callable[[Sequence[Row]], Any]
    ) -> list[ItemResult]:
        def send(part: Sequence[tuple[PushItem, Row]]) -> list[RowReply]:
            rows = [row for _item, row in part]
            return row_replies(call(rows), rows, self._masker)

        answers = isolate(pairs, send, size=self._size)
        return [
            self._result(item, answer)
            for (item, _row), answer in zip(pairs, answers, strict=True)
            if answer is not None
        ]

    @staticmethod
    def _result(item: PushItem, answer: RowReply | RejectedError) -> ItemResult:
        if isinstance(answer, RejectedError):
            return _refusal(item, answer)
        if answer.ok:
            return ItemResult(item.ref, Outcome.SUCCESS)
        return _refusal(item, RejectedError(answer.message or "Refused.", code=answer.code))

    # === READ-BACK === #

    def applied(self, item: PushItem) -> ItemResult | None:
        """See :meth:`Adapter.applied`; an order that is no longer offered cannot be judged."""
        if not isinstance(item.target, OrderKey):
            return None
        hashed_id = item.target.external_id
        document = self._find(frozenset({hashed_id})).get(hashed_id)
        if document is None:
            return None
        done = took_effect(item, document)
        return ItemResult(item.ref, Outcome.SUCCESS if done else Outcome.RETRY)


def waves(items: Sequence[PushItem]) -> Iterator[list[PushItem]]:
    """Items in rounds: each round holds at most one of every order, in their given order."""
    rounds: list[list[PushItem]] = []
    counts: dict[str, int] = {}
    for item in items:
        name = item.target.external_id or ""
        number = counts.get(name, 0)
        counts[name] = number + 1
        if number == len(rounds):
            rounds.append([])
        rounds[number].append(item)
    yield from rounds


def order_row(item: PushItem, style: Style) -> Row:
    """The row of an item.

    :raise RejectedError: an item that cannot be expressed.
    """
    target, state = item.target, item.state
    if isinstance(target, OrderKey) and target.external_id:
        if isinstance(state, Acknowledgement):
            return acknowledge_row(target)
        if isinstance(state, StatusUpdate):
            return status_row(target, state, style)
        if isinstance(state, Cancellation):
            return cancel_row(target, state, style)
        if isinstance(state, LinesUpdate):
            return lines_row(target, state, style)
    raise RejectedError("This cannot be told of an order.", code="unsupported")


def took_effect(item: PushItem, document: Mapping[str, Any]) -> bool:
    """Whether an order document shows what an item wanted, or is already further."""
    if isinstance(item.state, LinesUpdate):
        return _lines_match(item.state, document)
    try:
        status = parse_status(document.get("status"), STATUS_IN)
    except InvalidError:
        return False
    if isinstance(item.state, Cancellation):
        return status is OrderStatus.CANCELLED
    if isinstance(item.state, StatusUpdate):
        wanted = item.state.status
        if OrderStatus.CANCELLED in (wanted, status) or wanted not in PROGRESS:
            return wanted is status
        return PROGRESS[status] >= PROGRESS[wanted] and status is not OrderStatus.HOLD
    # Still offered, so not acknowledged.
    return False


def _lines_match(state: LinesUpdate, document: Mapping[str, Any]) -> bool:
    try:
        details = as_list(document.get("order_details"), "order_details")
    except InvalidError:
        return False
    lines = [line for line in details if isinstance(line, dict)]
    return all(_line_matches(change, lines) for change in state.changes)


def _line_matches(change: LineChange, lines: Sequence[Mapping[str, Any]]) -> bool:
    for line in lines:
        if change.external_id:
            same = str(line.get("id")) == change.external_id
        else:
            same = change.listing is not None and _same_product(line, change)
        if same and _amount(line) == (0 if change.cancelled else change.quantity):
            return True
        if same and change.external_id:
            return False
    # A cancelled line may be shown no more.
    return change.cancelled


def _same_product(line: Mapping[str, Any], change: LineChange) -> bool:
    key = change.listing
    if key is None:
        return False
    if key.external_id:
        return str(line.get("supplier_product_id")) == key.external_id
    return bool(key.internal_id) and str(line.get("internal_product_id")) == key.internal_id


def _amount(line: Mapping[str, Any]) -> Any:
    try:
        return optional_decimal(line.get("amount"), "amount")
    except InvalidError:
        return None


def _refusal(item: PushItem, error: RejectedError) -> ItemResult:
    return ItemResult(item.ref, Outcome.ERROR, _cause(item, error), error.message)


def _cause(item: PushItem, error: RejectedError) -> str:
    """``wrong_otp`` and ``otp_required`` are guessed from the text: no code is documented."""
    if isinstance(item.state, StatusUpdate) and "otp" in error.message.lower():
        return "wrong_otp" if item.state.otp else "otp_required"
    return error.code or "refused"
