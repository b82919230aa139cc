"""The request log and its counters. Bodies are capped; old calls go, counters stay."""

from __future__ import annotations

import itertools
import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .clock import format_time

KEEP = 2_000
BODY_CAP = 64 * 1024
BYTES_CAP = 64 * 1024 * 1024


@dataclass(slots=True)
class Call:
    """One request that a simulated API got. Status 0: the connection was cut instead."""

    id: int
    at: float
    clock: datetime
    provider: str
    endpoint: str
    method: str
    path: str
    query: str
    token: str
    request_body: bytes
    request_size: int
    status: int = 0
    duration_ms: float = 0.0
    response_body: bytes = b""
    response_size: int = 0
    rows: int | None = None
    fault: str | None = None

    @property
    def weight(self) -> int:
        return len(self.request_body) + len(self.response_body)

    def state(self, bodies: bool = True) -> dict[str, Any]:
        data: dict[str, Any] = {
            "id": self.id,
            "at": self.at,
            "clock": format_time(self.clock),
            "provider": self.provider,
            "endpoint": self.endpoint,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "token": self.token,
            "status": self.status,
            "duration_ms": round(self.duration_ms, 3),
            "request_size": self.request_size,
            "response_size": self.response_size,
            "rows": self.rows,
            "fault": self.fault,
        }
        if bodies:
            data["request_body"] = self.request_body.decode("utf-8", "replace")
            data["response_body"] = self.response_body.decode("utf-8", "replace")
        return data


@dataclass
class Tally:
    """Counters of one endpoint since the last reset."""

    calls: int = 0
    errors: int = 0
    rows: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    total_ms: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)

    def add(self, call: Call) -> None:
        self.calls += 1
        self.errors += not 200 <= call.status < 400
        self.rows += call.rows or 0
        self.bytes_in += call.request_size
        self.bytes_out += call.response_size
        self.total_ms += call.duration_ms
        self.statuses[call.status] += 1

    def state(self) -> dict[str, Any]:
        return {
            "calls": self.calls,
            "errors": self.errors,
            "rows": self.rows,
            "bytes_in": self.bytes_in,
            "bytes_out": self.bytes_out,
            "total_ms": round(self.total_ms, 3),
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
        }


class CallLog:
    """The last calls and the counters of all.

    :param changed: called after each addition, to wake those who wait for calls.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._lock = threading.Lock()
        self._calls: deque[Call] = deque()
        self._bytes = 0
        self._serial = itertools.count(1)
        self._tallies: dict[tuple[str, str], Tally] = {}

    def next_id(self) -> int:
        return next(self._serial)

    def add(self, call: Call) -> None:
        call.request_body = call.request_body[:BODY_CAP]
        call.response_body = call.response_body[:BODY_CAP]
        with self._lock:
            self._calls.append(call)
            self._bytes += call.weight
            while len(self._calls) > KEEP or self._bytes > BYTES_CAP:
                self._bytes -= self._calls.popleft().weight
            self._tallies.setdefault((call.provider, call.endpoint), Tally()).add(call)
        self._changed()

    def clear(self) -> None:
        """Forget calls and counters; ids go on."""
        with self._lock:
            self._calls.clear()
            self._bytes = 0
            self._tallies.clear()
        self._changed()

    def get(self, identifier: int) -> Call | None:
        with self._lock:
            return next((call for call in self._calls if call.id == identifier), None)

    def select(
        self, provider: str = "", endpoint: str = "", after: int = 0, limit: int = 100
    ) -> list[Call]:
        """The newest calls that fit, newest first."""
        with self._lock:
            found = (
                call
                for call in reversed(self._calls)
                if call.id > after
                and (not provider or call.provider == provider)
                and (not endpoint or call.endpoint == endpoint)
            )
            return list(itertools.islice(found, limit))

    def count(self, provider: str, endpoint: str = "") -> int:
        """How many calls an endpoint, or a whole provider, got since the last reset."""
        with self._lock:
            return sum(
                tally.calls
                for (room, name), tally in self._tallies.items()
                if room == provider and (not endpoint or name == endpoint)
            )

    def counters(self) -> dict[str, dict[str, Any]]:
        """provider → endpoint → counters."""
        result: dict[str, dict[str, Any]] = {}
        with self._lock:
            for (provider, endpoint), tally in sorted(self._tallies.items()):
                result.setdefault(provider, {})[endpoint] = tally.state()
        return result
