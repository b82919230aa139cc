"""Rows of nested dataclasses to JSON-able structures and back, each with the name of its type."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

MARK = "$"
PLAIN = (str, int, float, bool, type(None), Decimal, datetime)


@cache
def names_of(kind: Any) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))


class Codec:
    """Knows the dataclasses that rows are made of.

    A member that a stored row does not have yet takes its default, one that a class no longer
    has is left out, so that an older state file can be read.
    """

    def __init__(self, *kinds: type) -> None:
        self._kinds = {kind.__name__: kind for kind in kinds}

    def encode(self, value: Any) -> Any:
        if isinstance(value, PLAIN):
            return value
        if isinstance(value, (list, tuple)):
            return [self.encode(each) for each in value]
        if isinstance(value, dict):
            return {key: self.encode(each) for key, each in value.items()}
        if is_dataclass(value):
            kind: Any = type(value)
            found = {name: self.encode(getattr(value, name)) for name in names_of(kind)}
            return {MARK: kind.__name__, **found}
        raise TypeError(f"{type(value).__name__} cannot be stored")

    def decode(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.decode(each) for each in value]
        if not isinstance(value, dict):
            return value
        found = {key: self.decode(each) for key, each in value.items() if key != MARK}
        if MARK not in value:
            return found
        kind = self._kinds[value[MARK]]
        known = names_of(kind)
        return kind(**{key: each for key, each in found.items() if key in known})
