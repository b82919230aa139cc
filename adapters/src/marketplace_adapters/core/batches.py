"""Sending many rows in one call without letting one bad row spoil the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from .errors import AdapterError, RejectedError

T = TypeVar("T")
R = TypeVar("R")

MAX_CALLS = 30


def chunks(rows: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Consecutive parts of at most ``size`` rows."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def isolate(
    rows: Sequence[T],
    send: Callable[[Sequence[T]], Sequence[R]],
    *,
    size: int,
    max_calls: int = MAX_CALLS,
) -> list[R | RejectedError | None]:
    """Send rows; when the platform refuses a whole call, halve it until the bad row stands alone.

    Only for rows that may be repeated. 100 rows with one bad one take about 14 more calls.

    :param send: one call; its answers are in the order of its rows.
    :param size: most rows of one call.
    :param max_calls: refused calls after which the search is given up.
    :return: for each row its answer, the refusal of that very row, or ``None`` when it was not
        sent: the engine will come back with it.
    :raise AdapterError: a failure before anything was accepted. Later failures leave ``None``
        behind instead, so that what is known to be accepted is not forgotten.
    """
    answers: list[R | RejectedError | None] = [None] * len(rows)
    waiting = [(i, min(i + size, len(rows))) for i in range(0, len(rows), size)][::-1]
    refusals: list[RejectedError] = []
    accepted = False
    while waiting and len(refusals) < max_calls:
        low, high = waiting.pop()
        try:
            answers[low:high] = send(rows[low:high])
            accepted = True
        except RejectedError as error:
            refusals.append(error)
            if high - low == 1:
                answers[low] = error
            else:
                middle = (low + high) // 2
                waiting += [(middle, high), (low, middle)]
        except AdapterError:
            if accepted:
                break
            raise
    if waiting and refusals and not accepted:
        # Everything is refused: the call as such is wrong, not one of its rows.
        raise refusals[0]
    return answers
