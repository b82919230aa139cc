"""Connections: pages of sorted rows with cursors, cut lazily.

A cursor holds the sort value and the number of its row, so a page is found by bisection, and goes
on at the right place when rows were added or removed meanwhile.
"""

from __future__ import annotations

import base64
import binascii
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from .errors import FieldError

MOST = 250
Key = tuple[Any, int]


def cursor_of(key: Key) -> str:
    """Opaque text for a sort key."""
    value, number = key
    if isinstance(value, datetime):
        value = {"t": value.isoformat()}
    elif isinstance(value, Decimal):
        value = {"d": str(value)}
    text = json.dumps([value, number], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode()


def key_of(cursor: str) -> Key:
    """:raises FieldError: no cursor of ours."""
    try:
        value, number = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if isinstance(value, dict):
            value = datetime.fromisoformat(value["t"]) if "t" in value else Decimal(value["d"])
        return value, int(number)
    except (ValueError, TypeError, KeyError, ArithmeticError, binascii.Error):
        raise FieldError(
            f"Invalid cursor for current pagination sort: {cursor[:80]}", "BAD_REQUEST"
        ) from None


class Sorted:
    """Rows in the order of a key, kept until `version` moves."""

    def __init__(self, rows: Sequence[Any], key: Callable[[Any], Key]) -> None:
        pairs = sorted(((key(row), row) for row in rows), key=lambda pair: pair[0])
        self.keys = [pair[0] for pair in pairs]
        self.rows = [pair[1] for pair in pairs]


def by_id(row: Any) -> Key:
    return row.id, row.id


def connection(
    found: Sorted | Sequence[Any],
    *,
    first: int | None = None,
    last: int | None = None,
    after: str | None = None,
    before: str | None = None,
    reverse: bool = False,
    key: Callable[[Any], Key] = by_id,
    keep: Callable[[Any], bool] | None = None,
    **_unused: Any,
) -> dict[str, Any]:
    """One page as a connection object; takes the arguments of a connection field as they are.

    :param found: rows, sorted already, or to be sorted by `key` here.
    :param keep: filter; looked at until the page is full.
    :raises FieldError: `first` and `last` are missing, both given, or out of range.
    """
    _check(first, last)
    rows = found if isinstance(found, Sorted) else Sorted(found, key)
    low, high = 0, len(rows.rows)
    if after is not None:
        at = key_of(after)
        low, high = (
            (low, bisect_left(rows.keys, at)) if reverse else (bisect_right(rows.keys, at), high)
        )
    if before is not None:
        at = key_of(before)
        low, high = (
            (bisect_right(rows.keys, at), high) if reverse else (low, bisect_left(rows.keys, at))
        )
    forwards = last is None
    wanted = first if forwards else last
    assert wanted is not None
    ascending = forwards != reverse
    positions = range(low, high) if ascending else range(high - 1, low - 1, -1)
    picked: list[int] = []
    more = False
    for position in positions:
        if keep is None or keep(rows.rows[position]):
            if len(picked) == wanted:
                more = True
                break
            picked.append(position)
    if not forwards:
        picked.reverse()
    return _page(rows, picked, more, forwards, (after, before))


def _check(first: int | None, last: int | None) -> None:
    if first is None and last is None:
        raise FieldError("you must provide one of first or last", "BAD_REQUEST")
    if first is not None and last is not None:
        raise FieldError("providing both first and last is not supported", "BAD_REQUEST")
    wanted = last if first is None else first
    if wanted is None or wanted < 0 or wanted > MOST:
        raise FieldError(f"first and last must be between 0 and {MOST}", "BAD_REQUEST")


def _page(
    rows: Sorted, picked: list[int], more: bool, forwards: bool, ends: tuple[str | None, str | None]
) -> dict[str, Any]:
    after, before = ends
    nodes = [rows.rows[each] for each in picked]

    def edges() -> list[dict[str, Any]]:
        return [{"cursor": cursor_of(rows.keys[each]), "node": rows.rows[each]} for each in picked]

    info = {
        "hasNextPage": more if forwards else before is not None,
        "hasPreviousPage": after is not None if forwards else more,
        "startCursor": cursor_of(rows.keys[picked[0]]) if picked else None,
        "endCursor": cursor_of(rows.keys[picked[-1]]) if picked else None,
    }
    return {"nodes": nodes, "edges": edges, "pageInfo": info}


def listed(rows: Sequence[Any], **args: Any) -> dict[str, Any]:
    """A connection over a short list in the order it has; the cursor is the position."""
    numbered = Sorted([], by_id)
    numbered.rows = list(rows)
    numbered.keys = [(position, position) for position in range(len(numbered.rows))]
    return connection(numbered, **args)
