"""Rate limits as configuration: one token bucket per (limit, credential)."""

from __future__ import annotations

import fnmatch
import math
import threading
from dataclasses import dataclass
from typing import Any

from .clock import Clock


@dataclass(frozen=True)
class RateLimit:
    """`limit` calls per `seconds`, of which `burst` may come at once (default: all of them).

    `endpoint` is a pattern of endpoint names; ``*`` is every endpoint.
    """

    limit: int
    seconds: float = 60.0
    burst: int | None = None
    endpoint: str = "*"

    @classmethod
    def parse(cls, data: dict[str, Any]) -> RateLimit:
        """:raises ValueError: a member is unknown or out of range."""
        if unknown := set(data) - {"limit", "seconds", "burst", "endpoint"}:
            raise ValueError(f"unknown members of a rate limit: {', '.join(sorted(unknown))}")
        limit, burst = data.get("limit"), data.get("burst")
        for name, value in (("limit", limit), ("burst", burst)):
            missing = value is None and name == "burst"
            if not missing and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                raise ValueError(f"{name} must be a whole number of at least 1")
        try:
            seconds = float(data.get("seconds", 60))
        except (TypeError, ValueError):
            raise ValueError("seconds must be a number") from None
        if not 0 < seconds <= 86_400 * 31:
            raise ValueError("seconds must be above 0 and at most 31 days")
        assert isinstance(limit, int)
        return cls(limit, seconds, burst, str(data.get("endpoint") or "*"))

    @property
    def capacity(self) -> int:
        return self.burst or self.limit

    def state(self) -> dict[str, Any]:
        return {
            "limit": self.limit,
            "seconds": self.seconds,
            "burst": self.capacity,
            "endpoint": self.endpoint,
        }


@dataclass(frozen=True)
class Verdict:
    """Whether a call may pass, and the headers that tell the client where it stands."""

    allowed: bool
    headers: dict[str, str]


class Limiter:
    """Buckets filled by the sandbox clock, so that a test can pass time without waiting."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._limits: dict[str, list[RateLimit]] = {}
        self._buckets: dict[tuple[str, int, str], tuple[float, float]] = {}

    def configure(self, provider: str, limits: list[RateLimit]) -> None:
        """Set the limits of a provider; an empty list switches them off."""
        with self._lock:
            self._limits[provider] = limits
            self._buckets.clear()

    def clear(self) -> None:
        with self._lock:
            self._limits.clear()
            self._buckets.clear()

    def state(self) -> dict[str, Any]:
        return {name: [each.state() for each in found] for name, found in self._limits.items()}

    def check(self, provider: str, endpoint: str, credential: str) -> Verdict | None:
        """Take one token of every limit that applies; None when none applies."""
        moment = self._clock.now().timestamp()
        verdict: Verdict | None = None
        with self._lock:
            for index, limit in enumerate(self._limits.get(provider, [])):
                if fnmatch.fnmatchcase(endpoint, limit.endpoint):
                    found = self._take((provider, index, credential), limit, moment)
                    if verdict is None or not found.allowed:
                        verdict = found
                    if not found.allowed:
                        break
        return verdict

    def _take(self, key: tuple[str, int, str], limit: RateLimit, moment: float) -> Verdict:
        level, since = self._buckets.get(key, (float(limit.capacity), moment))
        rate = limit.limit / limit.seconds
        # A clock that was moved back must not empty the bucket.
        level = min(limit.capacity, level + max(0.0, moment - since) * rate)
        # The tolerance keeps "exactly refilled" from failing by a rounding error of the float.
        allowed = level >= 1 - 1e-6
        if allowed:
            level = max(0.0, level - 1)
        self._buckets[key] = (level, moment)
        headers = {
            "X-RateLimit-Limit": str(limit.limit),
            "X-RateLimit-Remaining": str(int(level)),
            "X-RateLimit-Reset": str(math.ceil((limit.capacity - level) / rate)),
        }
        if not allowed:
            headers["Retry-After"] = str(max(1, math.ceil((1 - level) / rate - 1e-6)))
        return Verdict(allowed, headers)
