"""Settlement reports (GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2) in neutral types. Pure.

The first row of the file is its summary (period, deposit, ``total-amount``), each of the others
one amount of one transaction. All of them are taken as they are: whether they add up to the
total is visible in the result, and for the books to decide.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from ..core.errors import InvalidError
from ..core.news import Settlement, SettlementLine
from ..core.shape import as_object, as_text
from ..core.types import Event
from .flat import Row, amount, comma_style, moment, month_first, table
from .money_kinds import money_kind

REPORT_TYPE = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
NEEDED = ("settlement-id", "total-amount", "currency", "transaction-type", "amount-type", "amount")
_DATES = ("settlement-start-date", "settlement-end-date", "deposit-date", "posted-date")
SAMPLE = 2000
"""Rows that decide how doubtful numbers and dates are read."""


def settlement_event(report: Mapping[str, Any], text: str) -> Event:
    """The event of a downloaded report.

    :param report: its description (Report of the model).
    """
    report_id = as_text(report.get("reportId"), "reportId")
    try:
        first = next(table(text, NEEDED), {})
    except InvalidError:
        first = {}
    number = first.get("settlement-id", "")[:200]
    mark = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
    payload = {
        "report_id": report_id,
        "report_type": as_text(report.get("reportType"), "reportType"),
        "text": text,
    }
    # A file that cannot be read is stored as well, and fails where a person sees it.
    name = number or f"report:{report_id or mark[:12]}"
    # By its content: the same settlement in a second report is nothing new.
    return Event("settlement", name, mark, payload, moment(str(report.get("createdTime") or "")))


def parse_settlement(payload: Any) -> Settlement:
    """The payload of :func:`settlement_event`.

    :raise InvalidError: names the column that is missing or wrong.
    """
    data = as_object(payload, "settlement")
    text = data.get("text")
    if not isinstance(text, str):
        raise InvalidError("The settlement has no text.", code="bad_shape")
    rows = table(text, NEEDED)
    summary = next(rows, None)
    if summary is None:
        raise InvalidError("The settlement report is empty.", code="empty_report")
    if not summary["total-amount"]:
        raise InvalidError("The settlement report has no summary row.", code="no_summary")
    if not summary["settlement-id"] or not summary["currency"]:
        raise InvalidError("The summary lacks settlement-id or currency.", code="no_summary")
    comma, months = _style(text)
    lines = tuple(_lines(rows, summary, comma, months))
    markets = {line.marketplace for line in lines if line.marketplace}
    return Settlement(
        external_id=summary["settlement-id"],
        currency=summary["currency"].upper(),
        total=amount(summary["total-amount"], "total-amount", comma),
        lines=lines,
        started_at=moment(summary.get("settlement-start-date", ""), months),
        ended_at=moment(summary.get("settlement-end-date", ""), months),
        paid_at=moment(summary.get("deposit-date", ""), months),
        marketplace=markets.pop() if len(markets) == 1 else "",
    )


def _style(text: str) -> tuple[bool, bool]:
    """Whether the file has decimal commas, and dates with the month first."""
    numbers, dates = [], []
    for number, row in enumerate(table(text)):
        if number >= SAMPLE:
            break
        numbers += [row["total-amount"], row["amount"]]
        dates += [row.get(name, "") for name in _DATES]
    return comma_style(numbers), month_first(dates)


def _lines(
    rows: Iterator[Row], summary: Row, comma: bool, months: bool
) -> Iterator[SettlementLine]:
    seen: Counter[str] = Counter()
    for number, row in enumerate(rows, start=3):
        if row["settlement-id"] not in ("", summary["settlement-id"]):
            raise InvalidError(f"Row {number} is of another settlement.", code="two_settlements")
        if row["currency"].upper() not in ("", summary["currency"].upper()):
            raise InvalidError(f"Row {number} is in another currency.", code="mixed_currencies")
        yield _line(row, number, seen, comma, months)


def _line(row: Row, number: int, seen: Counter[str], comma: bool, months: bool) -> SettlementLine:
    words = [row["transaction-type"], row["amount-type"], row.get("amount-description", "")]
    posted = moment(row.get("posted-date-time", ""), months)
    return SettlementLine(
        external_id=_line_id(row, seen),
        kind=money_kind(*words),
        # The same few words on every row of a long file: kept once.
        type=sys.intern(" / ".join(filter(None, words))),
        amount=amount(row["amount"], f"amount of row {number}", comma),
        order_id=row.get("order-id", ""),
        line_id=row.get("order-item-code", ""),
        sku=row.get("sku", ""),
        quantity=_quantity(row.get("quantity-purchased", "")),
        posted_at=posted or moment(row.get("posted-date", ""), months),
        description=sys.intern(words[2]),
        marketplace=sys.intern(row.get("marketplace-name", "")),
    )


def _line_id(row: Row, seen: Counter[str]) -> str:
    """A digest of the row's content, numbered where rows are alike: the file names no id, and
    that of a row must not depend on where it stands."""
    text = "\t".join(f"{name}={row[name]}" for name in sorted(row) if row[name])
    mark = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=10).hexdigest()
    seen[mark] += 1
    return mark if seen[mark] == 1 else f"{mark}-{seen[mark]}"


def _quantity(value: str) -> Decimal:
    try:
        return amount(value, "quantity-purchased")
    except InvalidError:
        return Decimal(0)
