"""Equal content, equal revision: a digest of canonical JSON."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Any

from .errors import InvalidError


def revision(value: Any) -> str:
    """32 hexadecimal digits that depend on the content alone.

    The order of keys, spaces and the spelling of a whole number (``5`` or ``5.0``) do not matter;
    the order of a list does.

    :raise InvalidError: a value that is not JSON.
    """
    try:
        text = json.dumps(_canonical(value), sort_keys=True, allow_nan=False, default=_plain)
    except (TypeError, ValueError, RecursionError):
        raise InvalidError("The document is not JSON and has no revision.") from None
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _canonical(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _canonical(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_canonical(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    raise TypeError(f"{type(value).__name__} is not JSON")
