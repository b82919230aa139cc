"""Values of orders, read strictly."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..clock import parse_time
from ..wire import Invalid, text_of
from . import rules


def reason_of(value: Any) -> str:
    """:raises Invalid: not one of the published reasons."""
    if value not in rules.CANCELLATION_REASONS:
        raise Invalid(f"cancellation_reason must be one of {', '.join(rules.CANCELLATION_REASONS)}")
    return str(value)


def moment_of(value: Any, name: str) -> datetime:
    """:raises Invalid: not an ISO date-time."""
    try:
        return parse_time(str(value))
    except ValueError as error:
        raise Invalid(f"{name}: {error}") from None


def day_of(value: Any, name: str) -> str:
    """A day as it was written. :raises Invalid: not an ISO date or date-time."""
    text = text_of(value, name, 40)
    moment_of(text, name)
    return text


def object_of(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Invalid(f"{what} must be an object")
    return value
