"""One bad row stands alone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from marketplace_adapters.core import (
    AdapterError,
    AuthError,
    RejectedError,
    ThrottledError,
    TransportError,
    chunks,
    isolate,
)
from marketplace_adapters.testing import covers


class Platform:
    """Refuses a call that holds a bad row; may fail at the n-th call."""

    def __init__(self, bad: set[int], fail_at: int = 0, error: AdapterError | None = None) -> None:
        self.bad, self.fail_at, self.error = bad, fail_at, error
        self.calls: list[list[int]] = []

    def send(self, rows: Sequence[int]) -> list[str]:
        self.calls.append(list(rows))
        if len(self.calls) == self.fail_at and self.error:
            raise self.error
        if self.bad.intersection(rows):
            raise RejectedError("no", code="bad")
        return [f"ok {row}" for row in rows]


def test_a_good_batch_is_one_call() -> None:
    platform = Platform(set())
    assert isolate(range(5), platform.send, size=100) == [f"ok {n}" for n in range(5)]
    assert len(platform.calls) == 1
    assert isolate([], platform.send, size=100) == []
    assert len(platform.calls) == 1


def test_rows_beyond_the_size_take_further_calls_in_order() -> None:
    platform = Platform(set())
    isolate(range(250), platform.send, size=100)
    assert [(call[0], len(call)) for call in platform.calls] == [(0, 100), (100, 100), (200, 50)]
    assert [len(part) for part in chunks(range(250), 100)] == [100, 100, 50]


@pytest.mark.parametrize("bad", [0, 1, 49, 50, 99])
@covers("R314", "R394")
def test_one_bad_row_of_a_hundred_is_found(bad: int) -> None:
    platform = Platform({bad})
    answers = isolate(range(100), platform.send, size=100)
    refused = [i for i, answer in enumerate(answers) if isinstance(answer, RejectedError)]
    assert refused == [bad]
    assert [a for i, a in enumerate(answers) if i != bad] == [
        f"ok {n}" for n in range(100) if n != bad
    ]
    assert len(platform.calls) <= 15


def test_two_bad_neighbours_are_found() -> None:
    answers = isolate(range(8), Platform({3, 4}).send, size=8)
    assert [isinstance(answer, RejectedError) for answer in answers] == [
        n in (3, 4) for n in range(8)
    ]


def test_a_single_refused_row_is_its_own_answer() -> None:
    (answer,) = isolate([7], Platform({7}).send, size=100)
    assert isinstance(answer, RejectedError)


def test_a_call_that_is_refused_whatever_it_holds_is_not_searched_for_ever() -> None:
    platform = Platform(set(range(1000)))
    with pytest.raises(RejectedError):
        isolate(range(1000), platform.send, size=1000, max_calls=10)
    assert len(platform.calls) == 10


def test_what_was_not_tried_is_left_open() -> None:
    platform = Platform({1, 3, 5, 7, 9, 11, 13, 15})
    answers = isolate(range(16), platform.send, size=16, max_calls=8)
    assert answers[0] == "ok 0"
    assert None in answers
    assert all(answer is None or isinstance(answer, (str, RejectedError)) for answer in answers)


@pytest.mark.parametrize(
    "error", [TransportError("x"), AuthError("x"), ThrottledError("x", retry_after=1)]
)
def test_a_failure_before_anything_is_accepted_is_raised(error: AdapterError) -> None:
    with pytest.raises(type(error)):
        isolate(range(200), Platform(set(), 1, error).send, size=100)


def test_a_later_failure_does_not_forget_what_was_accepted() -> None:
    platform = Platform(set(), 2, TransportError("x"))
    answers = isolate(range(300), platform.send, size=100)
    assert answers == [f"ok {n}" for n in range(100)] + [None] * 200
