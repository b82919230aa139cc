"""Reading and writing JSON so that nothing nasty gets further than this file.

What other rooms may rely on: a value read here holds no NaN, no infinity, no NUL character and
no half surrogate pair, so that it can be stored in PostgreSQL and written as JSON again.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from .errors import InvalidError

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
MAX_DEPTH = 64


def clean(text: str) -> str:
    """The text without what PostgreSQL refuses: NUL is dropped, half surrogates become U+FFFD."""
    if _UNSTORABLE.search(text) is None:
        return text
    return _UNSTORABLE.sub(lambda hit: "" if hit[0] == "\x00" else "\ufffd", text)


def loads(raw: bytes | str) -> Any:
    """Parse JSON.

    :raise InvalidError: not JSON, not UTF-8, deeper than :data:`MAX_DEPTH`, NaN or infinite; the
        message never quotes the text, which may be a buyer's.
    """
    try:
        text = raw.decode("utf-8-sig") if isinstance(raw, bytes) else raw
        value = json.loads(text, parse_float=_finite, parse_constant=_refuse)
    except UnicodeDecodeError:
        raise InvalidError("The text is not UTF-8.", code="not_json") from None
    except RecursionError:
        raise InvalidError("The JSON is nested too deeply.", code="not_json") from None
    except ValueError:
        raise InvalidError("The text is not JSON.", code="not_json") from None
    return _clean(value, 0)


def dumps(value: Any) -> bytes:
    """Write compact UTF-8 JSON.

    :raise InvalidError: a value that JSON cannot hold (our bug).
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        kind = type(error).__name__
        raise InvalidError(f"The request cannot be written as JSON ({kind}).") from None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return number


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


def _clean(value: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise InvalidError("The JSON is nested too deeply.", code="not_json")
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_clean(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {clean(key): _clean(item, depth + 1) for key, item in value.items()}
    return value
