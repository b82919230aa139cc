"""The one place where times of a channel are read and written; inside all are aware and UTC."""

from __future__ import annotations

import re
import time
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import Any, Protocol

from .errors import InvalidError

UTC = timezone.utc

# datetime.fromisoformat of Python 3.10 knows neither "Z" nor fractions of any length.
_MOMENT = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})"
    r"(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|z|UTC|[+-]\d{2}(?::?\d{2})?)?)?",
    re.ASCII,
)


class Clock(Protocol):
    """Source of time, so that tests decide what time it is."""

    def now(self) -> datetime:
        """Aware, UTC."""

    def monotonic(self) -> float:
        """Seconds, for durations."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Aware, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds, for durations."""
        return time.monotonic()


def parse_datetime(value: Any, member: str, zone: tzinfo = UTC) -> datetime:
    """ISO 8601, with or without zone, seconds and fraction; a bare date is its midnight.

    :param zone: of times that state none.
    :return: aware, UTC.
    :raise InvalidError: anything else.
    """
    hit = _MOMENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if hit is None:
        raise InvalidError(f"{member} is not an ISO 8601 time.", code="bad_date")
    year, month, day, hour, minute, second = (int(part or 0) for part in hit.groups()[:6])
    micro = int((hit[7] or "")[:6].ljust(6, "0"))
    try:
        moment = datetime(year, month, day, hour, minute, second, micro, _zone(hit[8], zone))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidError(f"{member} is not an existing time.", code="bad_date") from None


def optional_datetime(value: Any, member: str, zone: tzinfo = UTC) -> datetime | None:
    """As :func:`parse_datetime`; ``None`` and an empty string are ``None``."""
    if value is None or value == "":
        return None
    return parse_datetime(value, member, zone)


def parse_date(value: Any, member: str) -> date:
    """The calendar day as written; the time of a longer value is ignored, never converted.

    :raise InvalidError: not an ISO 8601 date or time.
    """
    hit = _MOMENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if hit is None:
        raise InvalidError(f"{member} is not an ISO 8601 date.", code="bad_date")
    try:
        return date(int(hit[1]), int(hit[2]), int(hit[3]))
    except ValueError:
        raise InvalidError(f"{member} is not an existing day.", code="bad_date") from None


def iso(moment: datetime) -> str:
    """``2026-01-31T23:59:59Z``: whole seconds, UTC.

    :raise InvalidError: a naive datetime (our bug).
    """
    if moment.tzinfo is None:
        raise InvalidError("A time without zone cannot be sent.")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _zone(text: str | None, default: tzinfo) -> tzinfo:
    if not text:
        return default
    if text in ("Z", "z", "UTC"):
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:]) if len(text) > 3 else 0
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)
