"""Reading Amazon's flat files: tables as text, a header first, tabs between the columns. Pure.

Row by row: a table of any length costs the memory of its text. Columns are found by their names,
in whatever order; rows may be shorter or longer than the header. Numbers and dates differ from
country to country inside one and the same report type, so a whole column decides how its
doubtful ones are read (``1.234`` is a thousand in Italy and hardly more than one in Ireland).
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache

from ..core.dates import UTC, parse_datetime
from ..core.errors import InvalidError
from ..core.money import decimal

MAX_JOINED = 20
"""Lines that one quoted field may run over."""
Row = Mapping[str, str]

_NAME = re.compile(r"[^a-z0-9]+")
_GROUPED = re.compile(r"[\s'’\u00a0\u202f\u066c]")
_NUMBER = re.compile(r"[+-]?[\d.,]+([eE][+-]?\d{1,3})?", re.ASCII)
_PLAIN = re.compile(r"-?\d{1,15}(\.\d{1,2})?", re.ASCII)
_IN_DOUBT = re.compile(r"[+-]?[1-9]\d*[.,]\d{3}", re.ASCII)
_NUMERIC_DATE = re.compile(
    r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?"
    r"(?:\s*([AaPp])[Mm])?\s*([A-Za-z]{1,5}|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
_WORD_DATE = re.compile(
    r"(?:(\d{1,2})[ -]([A-Za-z]{3})[a-z]*|([A-Za-z]{3})[a-z]* (\d{1,2}),?)[ -](\d{4})"
    r"(?:,? +(\d{1,2}):(\d{2})(?::(\d{2}))?)?(?:\s*([AaPp])[Mm])?\s*([A-Za-z]{1,5})?",
    re.ASCII,
)
# Not the locale's names: these are Amazon's.
_MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec"
_ZONES = {
    "": 0, "Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "BST": 1, "IST": 1, "WEST": 1, "CET": 1,
    "MET": 1, "CEST": 2, "MEST": 2, "EET": 2, "SAST": 2, "EEST": 3, "TRT": 3, "AST": 3, "GST": 4,
    "SGT": 8, "AWST": 8, "JST": 9, "AEST": 10, "AEDT": 11, "EST": -5, "EDT": -4, "CST": -6,
    "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "BRT": -3,
}  # fmt: skip


# === ROWS === #


def table(text: str, needed: Sequence[str] = ()) -> Iterator[Row]:
    """The rows by column name (lower case, words joined by ``-``); an empty text has none.

    :param needed: columns without which the report cannot be understood.
    :raise InvalidError: names the column that is missing.
    """
    lines = _lines(text)
    header = next(lines, None)
    if header is None:
        return
    mark = "\t" if "\t" in header or "," not in header else ","
    names = [column_name(cell) for cell in _cells(header, mark)]
    gone = [name for name in needed if name not in names]
    if gone:
        raise InvalidError(f"The report has no column {gone[0]!r}.", code="missing_column")
    # The first of equal names counts; what stands beyond the header has no meaning.
    places = {name: names.index(name) for name in names}
    for cells in _records(lines, mark, len(names)):
        row = {name: cells[place] for name, place in places.items()}
        if any(row.values()):
            yield row


def column_name(text: str) -> str:
    """``Order ID``, ``order_id`` and ``order-id`` are one name."""
    return _NAME.sub("-", unicodedata.normalize("NFKC", text).strip().lower()).strip("-")


def _lines(text: str) -> Iterator[str]:
    """Lines that hold something, without copying the text."""
    start = 1 if text.startswith("\ufeff") else 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line = text[start:end].rstrip("\r")
        if line.strip():
            yield line
        start = end + 1


def _records(lines: Iterator[str], mark: str, width: int) -> Iterator[list[str]]:
    for line in lines:
        cells = _cells(line, mark)
        if len(cells) < width and _is_open(line, mark):
            cells = _joined(line, lines, mark, width)
        yield [*cells, *[""] * (width - len(cells))]


def _joined(line: str, lines: Iterator[str], mark: str, width: int) -> list[str]:
    """A quoted field may hold line breaks."""
    for _more in range(MAX_JOINED):
        following = next(lines, None)
        if following is None:
            break
        line = f"{line}\n{following}"
        cells = _cells(line, mark)
        if len(cells) >= width and not _is_open(line, mark):
            break
    return _cells(line, mark)


def _cells(line: str, mark: str) -> list[str]:
    """Most files quote nothing and have quotes as plain text (``5" pipe``): a field is quoted
    only when it both begins and ends so."""
    if '"' not in line:
        return [cell.strip() for cell in line.split(mark)]
    if _is_quoted(line, mark):
        try:
            cells = next(csv.reader([line], delimiter=mark, strict=True), [])
            return [cell.strip() for cell in cells]
        except csv.Error:
            pass
    return [cell.strip() for cell in line.split(mark)]


def _is_quoted(line: str, mark: str) -> bool:
    return line.startswith('"') or f'{mark}"' in line


def _is_open(line: str, mark: str) -> bool:
    return _is_quoted(line, mark) and line.count('"') % 2 == 1


# === NUMBERS === #


def comma_style(values: Iterable[str]) -> bool:
    """Whether numbers of a file have a decimal comma, by the first that leaves no doubt."""
    for value in values:
        text = _GROUPED.sub("", value).lower().partition("e")[0]
        comma, point = text.rfind(","), text.rfind(".")
        if comma < 0 and point < 0:
            continue
        if comma >= 0 and point >= 0:
            return comma > point
        place = max(comma, point)
        alone = text.count(text[place]) == 1
        if not alone:
            return text[place] == "."
        if len(text) - place - 1 != 3 or text[:place].strip("+-") in ("", "0"):
            return text[place] == ","
    return False


def amount(value: str, member: str, comma: bool = False) -> Decimal:
    """``1.234,56``, ``1,234.56``, ``(12.30)``, ``−5``, ``1E+2``; empty is zero.

    :param comma: how to read one that leaves a doubt, see :func:`comma_style`.
    :raise InvalidError: no number.
    """
    if _PLAIN.fullmatch(value):
        return decimal(value, member)
    text = _GROUPED.sub("", unicodedata.normalize("NFKC", value).replace("\u2212", "-"))
    text = "".join(str(unicodedata.digit(char)) if char.isdecimal() else char for char in text)
    if not text:
        return Decimal(0)
    if text.startswith("(") and text.endswith(")"):
        text = f"-{text[1:-1]}"
    if text.endswith("-"):
        text = f"-{text[:-1]}"
    if not _NUMBER.fullmatch(text):
        raise InvalidError(f"{member} is not a number.", code="bad_number")
    mark = "," if comma_style([text]) or (comma and _doubtful(text)) else "."
    other = "." if mark == "," else ","
    return decimal(text.replace(other, "").replace(mark, "."), member)


def _doubtful(text: str) -> bool:
    """One mark with three digits behind it and no lone zero before it."""
    return bool(_IN_DOUBT.fullmatch(text))


def whole(value: str, member: str) -> Decimal:
    """A quantity; empty is zero."""
    return amount(value, member)


# === DATES === #


def month_first(values: Iterable[str]) -> bool:
    """Whether dates of a file are written month first, by the first that leaves no doubt."""
    for value in values:
        hit = _NUMERIC_DATE.fullmatch(value.strip())
        if hit and len(hit[1]) < 3:
            if int(hit[1]) > 12:
                return False
            if int(hit[2]) > 12:
                return True
    return False


@lru_cache(16384)
def moment(value: str, months: bool = False) -> datetime | None:
    """A date with or without time, in any of the ways that Amazon's reports write one.

    :param months: day and month are month first where that is in doubt.
    :return: aware, UTC; ``None`` when it is empty or cannot be read. A zone that is not known
        counts as UTC, which is what all but a few reports are in.
    """
    text = value.strip()
    if not text:
        return None
    try:
        return parse_datetime(text, "date")
    except InvalidError:
        pass
    try:
        return _numeric(text, months) or _worded(text)
    except (ValueError, OverflowError):
        return None


def _numeric(text: str, months: bool) -> datetime | None:
    hit = _NUMERIC_DATE.fullmatch(text)
    if hit is None:
        return None
    first, second, third = int(hit[1]), int(hit[2]), int(hit[3])
    if len(hit[1]) == 4:
        year, month, day = first, second, third
    else:
        day, month = (second, first) if months or second > 12 else (first, second)
        if months and month > 12:
            day, month = month, day
        year = third if len(hit[3]) == 4 else 2000 + third
    return _at(year, month, day, hit[4], hit[5], hit[6], hit[7], hit[8])


def _worded(text: str) -> datetime | None:
    hit = _WORD_DATE.fullmatch(text)
    if hit is None:
        return None
    name = (hit[2] or hit[3]).lower()
    place = _MONTHS.find(name)
    if place % 3:
        return None
    day = int(hit[1] or hit[4])
    month = place // 3 + 1
    return _at(int(hit[5]), month, day, hit[6], hit[7], hit[8], hit[9], hit[10])


def _at(
    year: int,
    month: int,
    day: int,
    hour: str | None,
    minute: str | None,
    second: str | None,
    half: str | None,
    zone: str | None,
) -> datetime:
    hours = int(hour or 0)
    if half:
        hours = hours % 12 + (12 if half.lower() == "p" else 0)
    found = datetime(
        year, month, day, hours, int(minute or 0), int(second or 0), tzinfo=_zone(zone)
    )
    return found.astimezone(UTC)


def _zone(text: str | None) -> timezone:
    name = (text or "").upper()
    if name[:1] in ("+", "-"):
        offset = timedelta(hours=int(name[1:3]), minutes=int(name[-2:]))
        return timezone(-offset if name[0] == "-" else offset)
    return timezone(timedelta(hours=_ZONES.get(name, 0)))
