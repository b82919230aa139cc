"""Reading members of a document whose shape we were told but cannot trust.

The strict ones (``as_…``) raise :class:`InvalidError` with the member's name and never with its
value, which may be a buyer's. The lenient ones walk a path of members and find nothing where there
is nothing: an order is not lost for an unreadable address.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    found = as_text(value, member)
    if not found:
        raise InvalidError(f"{member} is missing.", code="bad_shape")
    if len(found) > 256:
        raise InvalidError(f"{member} is too long.", code="bad_shape")
    return found


def at(data: Any, *path: str) -> Any:
    """What stands at a path of members, ``None`` where there is nothing."""
    for name in path:
        data = data.get(name) if isinstance(data, Mapping) else None
    return data


def text(data: Any, *path: str) -> str:
    """The text at a path of members, empty when it is not there or no text."""
    try:
        return as_text(at(data, *path), "text")
    except InvalidError:
        return ""


def member(data: Any, *path: str) -> Mapping[str, Any]:
    """The object at a path of members, empty when there is none."""
    found = at(data, *path)
    return found if isinstance(found, Mapping) else {}


def rows(data: Any, *path: str) -> list[Mapping[str, Any]]:
    """The objects of a list at a path of members."""
    found = at(data, *path)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
