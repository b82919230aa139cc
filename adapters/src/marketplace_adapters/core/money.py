"""The one place where a number of a channel becomes a Decimal, and back."""

from __future__ import annotations

import re
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from .errors import InvalidError

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
# Beyond these a value is damaged data; Decimal would take it and later fill the memory.
_MAX_TEXT = 64
_MAX_MAGNITUDE = 20


def decimal(value: Any, member: str) -> Decimal:
    """An exact Decimal from a JSON number or a string; a float counts as its shortest spelling.

    :param member: name of the member, for the error.
    :raise InvalidError: missing, not a number, not finite or absurdly large.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        raise InvalidError(f"{member} must be a number, got {_kind(value)}.", code="bad_number")
    if isinstance(value, int) and abs(value) >= 10**_MAX_MAGNITUDE:
        raise InvalidError(f"{member} is out of range.", code="bad_number")
    text = value.strip() if isinstance(value, str) else str(value)
    if len(text) > _MAX_TEXT or not _NUMBER.fullmatch(text):
        raise InvalidError(f"{member} is not a number.", code="bad_number")
    number = Decimal(text)
    if number and abs(number.adjusted()) > _MAX_MAGNITUDE:
        raise InvalidError(f"{member} is out of range.", code="bad_number")
    return number


def optional_decimal(value: Any, member: str) -> Decimal | None:
    """As :func:`decimal`; ``None`` and an empty string are ``None``."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return decimal(value, member)


def number(value: Decimal) -> int | float:
    """A JSON number: whole values as int, others as the float with the same spelling."""
    return int(value) if value == value.to_integral_value() else float(value)


def plain(value: Decimal) -> str:
    """Decimal notation without exponent: ``Decimal("1E+2")`` is ``"100"``."""
    return format(value, "f")


def floor(value: Decimal) -> int:
    """Whole units for sale: rounded down, never negative."""
    return max(0, int(value.to_integral_value(rounding=ROUND_FLOOR)))


def _kind(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__
