"""Says which requirement a test shows; ``make requirements`` collects it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_ID = re.compile(r"(R|X|C)[1-9]\d*")


def covers(*ids: str) -> Callable[[T], T]:
    """Mark a test function or class, of pytest or unittest, with requirement numbers.

    >>> @covers("R12", "X4")
    ... def test_something(): ...
    >>> test_something.__covers__
    ('R12', 'X4')

    :param ids: ``R12``, ``X4`` or ``C17``; at least one.
    :raise ValueError: none, or another form: a typo would show a requirement that does not exist.
    """
    wrong = [name for name in ids if not isinstance(name, str) or not _ID.fullmatch(name)]
    if wrong or not ids:
        raise ValueError(
            f"covers() takes numbers such as 'R12', 'X4' or 'C17', not {wrong or '()'}"
        )

    def mark(target: T) -> T:
        # Own marks only: a subclass must not repeat those of its base.
        earlier: tuple[str, ...] = getattr(target, "__dict__", {}).get("__covers__", ())
        merged = tuple(dict.fromkeys(ids + earlier))
        target.__covers__ = merged  # type: ignore[attr-defined]
        return target

    return mark


def covered(target: object) -> tuple[str, ...]:
    """The numbers that :func:`covers` put on this very function or class."""
    found: tuple[str, ...] = getattr(target, "__dict__", {}).get("__covers__", ())
    return found
