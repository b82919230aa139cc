"""Reading all pages of a list whose server documents neither a total nor a largest page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..core.errors import ServerError
from ..core.revision import revision

MAX_PAGES = 10_000


def pages(
    fetch: Callable[[int], list[Any]], size: int, most: int | None = None
) -> Iterator[list[Any]]:
    """Pages with rows that were not seen before, from page 1 on.

    Ends at an empty page, at a page that brings nothing new (a server that ignores ``page``), and
    at a short one. A page of 50 where 100 were asked may only mean that the server gives 50 at
    most, so a length that looks like such a limit (a multiple of five) is followed by one more
    call.

    :param most: pages after which reading ends; without it, :data:`MAX_PAGES` are an error.
    """
    seen: set[str] = set()
    for number in range(1, (most or MAX_PAGES) + 1):
        rows = fetch(number)
        marked = {revision(row): row for row in rows}
        fresh = [row for mark, row in marked.items() if mark not in seen]
        seen.update(marked)
        if fresh:
            yield fresh
        if not fresh or (len(rows) < size and len(rows) % 5):
            return
    if most is None:
        raise ServerError(f"The list did not end after {MAX_PAGES} pages.")
