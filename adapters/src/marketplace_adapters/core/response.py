"""An answer of a platform, and what a provider's dialect reads from it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from .dates import UTC
from .errors import (
    AdapterError,
    AuthError,
    ConflictError,
    InvalidError,
    RejectedError,
    ServerError,
    ThrottledError,
    TransportError,
)

DEFAULT_RETRY_AFTER = 30.0
"""Seconds to wait after a 429 that names no time."""
SHORTEST_RETRY_AFTER = 1.0
LONGEST_RETRY_AFTER = 86400.0

_SECONDS = re.compile(r"\d{1,9}(\.\d{1,6})?", re.ASCII)
# Refusals that follow from the data of the call; other 4xx follow from its form.
_REFUSALS = frozenset({402, 404, 410, 422, 423, 451})
_MESSAGE_MEMBERS = ("message", "error_description", "error", "detail", "details", "errors", "title")


class Headers(Mapping[str, str]):
    """Header names are compared without case; the last of equal names wins."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = {str(k).lower(): str(v) for k, v in (values or {}).items()}

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Headers({sorted(self._values)})"


@dataclass(frozen=True, slots=True)
class Response:
    """An answer that arrived whole. ``data`` is the parsed body, ``None`` when it is empty or not
    JSON; bodies are kept out of ``repr`` because they hold buyers' data."""

    status: int
    headers: Headers
    content: bytes = field(repr=False)
    data: Any = field(default=None, repr=False)
    is_json: bool = False

    @property
    def ok(self) -> bool:
        """2xx."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Learned:
    """What an answer says about the rate of its bucket; ``None`` is not said. ``unused``: of the
    tokens that the call took, what it did not need."""

    remaining: float | None = None
    limit: float | None = None
    per_second: float | None = None
    retry_after: float | None = None
    unused: float | None = None


class Dialect:
    """How one provider words errors and limits in HTTP. Providers override what differs.

    ::

        2xx                                   Response
        3xx                                   InvalidError      (redirects are never followed)
        401 403                               AuthError
        408                                   TransportError
        409 412                               ConflictError
        429                                   ThrottledError
        402 404 410 422 423 451               RejectedError
        other 4xx                             InvalidError
        5xx                                   ServerError
    """

    def error_class(self, response: Response) -> type[AdapterError]:
        """The class of the error that an answer other than 2xx stands for."""
        status = response.status
        if status in (401, 403):
            return AuthError
        if status in (409, 412):
            return ConflictError
        if status == 408:
            return TransportError
        if status == 429:
            return ThrottledError
        if status in _REFUSALS:
            return RejectedError
        return ServerError if status >= 500 else InvalidError

    def message(self, response: Response) -> str:
        """The platform's own sentence, not yet masked; empty when it says nothing readable."""
        if response.is_json:
            return sentence(response.data)
        if "html" in response.headers.get("content-type", "").lower():
            return ""
        text = response.content[:2000].decode("utf-8", "replace").strip()
        return "" if text[:1] == "<" else " ".join(text.split())

    def code(self, response: Response) -> str | None:
        """The platform's own error code, if it gives one."""
        code = response.data.get("code") if isinstance(response.data, dict) else None
        return str(code)[:100] if isinstance(code, (str, int)) and code != "" else None

    def request_id(self, response: Response) -> str | None:
        """The platform's id of the call, for its support."""
        found = response.headers.get("x-request-id") or response.headers.get("request-id")
        return found[:100] if found else None

    def retry_after(self, response: Response, now: datetime) -> float | None:
        """Seconds that the answer asks to wait, ``None`` when it does not."""
        return retry_after(response.headers.get("retry-after"), now)

    def learned(self, response: Response, now: datetime) -> Learned:
        """What the answer says about the rate."""
        return Learned(
            remaining=_number(response.headers.get("x-ratelimit-remaining")),
            limit=_number(response.headers.get("x-ratelimit-limit")),
            retry_after=self.retry_after(response, now),
        )


def retry_after(value: str | None, now: datetime) -> float | None:
    """Read a Retry-After header: seconds or an HTTP date.

    :param now: aware, UTC.
    :return: seconds between 1 and a day; ``None`` when missing or unreadable.
    """
    if not value:
        return None
    text = value.strip()
    if _SECONDS.fullmatch(text):
        seconds = float(text)
    else:
        try:
            moment = parsedate_to_datetime(text)
            # A date "-0000" comes back naive although HTTP dates are always GMT.
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            seconds = (moment - now).total_seconds()
        except (TypeError, ValueError, IndexError, OverflowError):
            return None
    return min(max(seconds, SHORTEST_RETRY_AFTER), LONGEST_RETRY_AFTER)


def _number(value: str | None) -> float | None:
    text = (value or "").strip()
    return float(text) if _SECONDS.fullmatch(text) else None


def sentence(data: Any, depth: int = 0) -> str:
    """The words of the usual error members; other members are left out, they may be an echo."""
    if depth > 4:
        return ""
    if isinstance(data, str):
        return " ".join(data[:2000].split())
    if isinstance(data, list):
        parts = [sentence(item, depth + 1) for item in data[:5]]
        return "; ".join(part for part in parts if part)
    if isinstance(data, dict):
        parts = [sentence(data[name], depth + 1) for name in _MESSAGE_MEMBERS if name in data]
        return ": ".join(dict.fromkeys(part for part in parts if part))
    return ""
