"""The time as the simulated marketplaces see it: real, shifted, or standing still."""

from __future__ import annotations

import re
import threading
from datetime import datetime, timedelta, timezone
from typing import Any

_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})"
    r"(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|z|[+\- ]\d{2}:?\d{2})?)?"
)


def parse_time(text: str) -> datetime:
    """Read an ISO 8601 date or date-time; without a zone it is taken as UTC.

    A blank before the offset stands for the plus sign that URL decoding turned into a blank.

    :raises ValueError: not an ISO date, or a day that does not exist.
    """
    match = _ISO.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not an ISO 8601 date-time: {text[:40]!r}")
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    moment = datetime(
        int(year),
        int(month),
        int(day),
        int(hour or 0),
        int(minute or 0),
        int(second or 0),
        int((fraction or "").ljust(6, "0")[:6]),
        timezone.utc,
    )
    if zone and zone not in "Zz":
        shift = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
        try:
            moment = moment + shift if zone[0] == "-" else moment - shift
        except OverflowError:
            raise ValueError(f"out of range: {text[:40]!r}") from None
    return moment


def format_time(moment: datetime) -> str:
    """Write a moment the way JSON APIs of this kind do: ``2026-07-01T10:20:30.123Z``."""
    text = moment.astimezone(timezone.utc).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


class Clock:
    """An adjustable clock, safe to use from several threads.

    Modes: ``real`` (the machine's time), ``offset`` (shifted, running), ``frozen`` (moved by
    `advance` alone). Latencies are never measured with it; they use the machine's own time.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offset = timedelta()
        self._frozen: datetime | None = None

    def now(self) -> datetime:
        """Return the current moment, aware, in UTC."""
        with self._lock:
            if self._frozen is not None:
                return self._frozen
            return datetime.now(timezone.utc) + self._offset

    @property
    def mode(self) -> str:
        if self._frozen is not None:
            return "frozen"
        return "offset" if self._offset else "real"

    def real(self) -> None:
        """Go back to the machine's time."""
        with self._lock:
            self._offset, self._frozen = timedelta(), None

    def freeze(self, at: datetime | None = None) -> None:
        """Stop at a moment, by default at the present one."""
        moment = at or self.now()
        with self._lock:
            self._frozen = moment

    def shift(self, offset: timedelta) -> None:
        """Run with a fixed distance from the machine's time."""
        with self._lock:
            self._offset, self._frozen = offset, None

    def advance(self, step: timedelta) -> None:
        """Move on by a step; a negative one moves back."""
        with self._lock:
            if self._frozen is not None:
                self._frozen += step
            else:
                self._offset += step

    def state(self) -> dict[str, Any]:
        return {
            "mode": self.mode,
            "now": format_time(self.now()),
            "offset_seconds": self._offset.total_seconds(),
        }
