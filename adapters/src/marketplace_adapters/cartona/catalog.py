"""The lane ``catalog``: product, price and stock of a listing in one row (R98).

With the account's option ``base_stock``, the stock of listings that name a base product goes
through a second call instead, once per base product: Cartona divides the pieces by each unit's
count itself, so that piece and box can never disagree (C17).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..core.batches import isolate
from ..core.errors import AdapterError, RejectedError
from ..core.masking import Masker
from ..core.types import InventoryState, ItemResult, ListingKey, Outcome, PushItem
from .client import Client
from .payloads import Row, Style, base_pieces, base_stock_row, identifier, members
from .replies import RowReply, row_replies


@dataclass(slots=True)
class _Sending:
    """One row and the items it carries."""

    row: Row
    items: list[PushItem] = field(default_factory=list)
    known_id: str | None = None


def push_catalog(
    client: Client, items: Sequence[PushItem], style: Style, size: int, masker: Masker
) -> tuple[ItemResult, ...]:
    """Send items in one call per ``size`` rows; a result for each item that got an answer."""
    results: list[ItemResult] = []
    rows, stocks = _plan(items, style, results)
    results += _send(client.update_products, rows, size, masker)
    try:
        results += _send(client.update_base_stock, stocks, size, masker)
    except AdapterError:
        # What the first call achieved must not be forgotten; the rest comes again.
        if not results:
            raise
    return tuple(results)


def _plan(
    items: Sequence[PushItem], style: Style, results: list[ItemResult]
) -> tuple[list[_Sending], list[_Sending]]:
    """Rows for both calls; items that need none get their result here."""
    rows: dict[str, _Sending] = {}
    stocks: dict[str, _Sending] = {}
    for item in items:
        try:
            base = _base_product(item, style)
            if base:
                _add_stock(stocks, base, item)
            else:
                _add_row(rows, item, style, results)
        except RejectedError as error:
            results.append(ItemResult(item.ref, Outcome.ERROR, error.code, error.message))
    return list(rows.values()), list(stocks.values())


def _add_row(
    rows: dict[str, _Sending], item: PushItem, style: Style, results: list[ItemResult]
) -> None:
    if not isinstance(item.target, ListingKey):
        raise RejectedError("A product is needed, not an order.", code="unsupported")
    told = members(item.state, style)
    if not told:
        # Cartona keeps nothing of what changed, e.g. the title: there is nothing to tell.
        results.append(ItemResult(item.ref, Outcome.SUCCESS))
        return
    identity = identifier(item.target)
    name = repr(sorted(identity.items()))
    sending = rows.setdefault(name, _Sending(identity, known_id=item.target.external_id))
    sending.row = sending.row | told
    sending.items.append(item)


def _base_product(item: PushItem, style: Style) -> str:
    if not style.base_stock or not isinstance(item.state, InventoryState):
        return ""
    # A base-stock row has no member for "unlimited".
    if item.state.unlimited or not isinstance(item.target, ListingKey):
        return ""
    return item.target.extra.get("base_product_id", "")


def _add_stock(stocks: dict[str, _Sending], base: str, item: PushItem) -> None:
    assert isinstance(item.target, ListingKey)
    assert isinstance(item.state, InventoryState)
    pieces = base_pieces(item.target, item.state)
    known = stocks.get(base)
    if known is None:
        known = stocks[base] = _Sending(base_stock_row(base, pieces))
    # Whole boxes hide loose pieces, so the unit that sees most pieces is the exact one.
    member = "available_stock_quantity"
    known.row[member] = max(known.row[member], pieces)
    known.items.append(item)


def _send(
    call: Callable[[Sequence[Row]], Any], sendings: Sequence[_Sending], size: int, masker: Masker
) -> list[ItemResult]:
    if not sendings:
        return []

    def send(part: Sequence[_Sending]) -> list[RowReply]:
        rows = [sending.row for sending in part]
        return row_replies(call(rows), rows, masker)

    answers = isolate(sendings, send, size=size)
    results: list[ItemResult] = []
    for sending, answer in zip(sendings, answers, strict=True):
        results += [_result(item, answer, sending.known_id) for item in sending.items]
    return [result for result in results if result.outcome is not Outcome.RETRY]


def _result(
    item: PushItem, answer: RowReply | RejectedError | None, known_id: str | None
) -> ItemResult:
    if answer is None:
        return ItemResult(item.ref, Outcome.RETRY)
    if isinstance(answer, RejectedError):
        return ItemResult(item.ref, Outcome.ERROR, answer.code or "refused", answer.message)
    if not answer.ok:
        code = answer.code or "refused"
        return ItemResult(item.ref, Outcome.ERROR, code, answer.message or None)
    new = answer.external_id if not known_id else None
    return ItemResult(item.ref, Outcome.SUCCESS, learned={"external_id": new} if new else {})
