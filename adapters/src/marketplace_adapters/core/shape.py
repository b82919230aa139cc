"""Reading members of a document whose shape we were told but cannot trust.

Every function raises :class:`InvalidError` with the member's name and never with its value, which
may be a buyer's.
"""

from __future__ import annotations

from typing import Any

from . import wire
from .errors import InvalidError


def as_object(value: Any, member: str) -> dict[str, Any]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise InvalidError(f"{member} must be an object.", code="bad_shape")
    return value


def as_list(value: Any, member: str) -> list[Any]:
    """A JSON list; ``None`` is an empty one."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise InvalidError(f"{member} must be a list.", code="bad_shape")
    return value


def as_text(value: Any, member: str) -> str:
    """Text or a whole number as text, without surrounding space; ``None`` is empty."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise InvalidError(f"{member} must be text.", code="bad_shape")
    return wire.clean(str(value)).strip()


def as_id(value: Any, member: str) -> str:
    """As :func:`as_text`, but not empty and not longer than 256 characters."""
    text = as_text(value, member)
    if not text:
        raise InvalidError(f"{member} is missing.", code="bad_shape")
    if len(text) > 256:
        raise InvalidError(f"{member} is too long.", code="bad_shape")
    return text
