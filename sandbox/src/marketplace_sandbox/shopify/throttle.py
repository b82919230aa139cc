"""The leaky bucket of points: one per app and shop, filled on the sandbox's clock."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass
class _Bucket:
    level: float
    at: datetime


class Throttle:
    """Points that the apps may spend. A rate of 0 switches the limit off."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: dict[str, _Bucket] = {}
        self.spent = 0.0
        self.throttled = 0

    def clear(self) -> None:
        """Full buckets, and nothing counted."""
        with self._lock:
            self._buckets.clear()
            self.spent, self.throttled = 0.0, 0

    def _bucket(self, app: str, now: datetime, most: float, rate: float) -> _Bucket:
        found = self._buckets.setdefault(app, _Bucket(most, now))
        # A clock that was moved back must not empty the bucket.
        passed = max(0.0, (now - found.at).total_seconds())
        found.level = min(most, found.level + passed * rate)
        found.at = now
        return found

    def take(self, app: str, cost: float, now: datetime, most: float, rate: float) -> bool:
        """Take the requested cost; False, and nothing taken, when there is not enough."""
        with self._lock:
            found = self._bucket(app, now, most, rate)
            if rate and found.level + 1e-6 < cost:
                self.throttled += 1
                return False
            self.spent += cost
            found.level = max(0.0, found.level - cost) if rate else most
            return True

    def give_back(self, app: str, points: float, now: datetime, most: float, rate: float) -> None:
        """What was requested and not used."""
        with self._lock:
            found = self._bucket(app, now, most, rate)
            found.level = min(most, found.level + points)
            self.spent -= points

    def set(self, app: str, level: float, now: datetime) -> None:
        """For tests: so many points are left."""
        with self._lock:
            self._buckets[app] = _Bucket(level, now)

    def status(self, app: str, now: datetime, most: float, rate: float) -> dict[str, Any]:
        """``throttleStatus`` of an answer."""
        with self._lock:
            level = self._bucket(app, now, most, rate).level
        return {
            "maximumAvailable": float(most),
            "currentlyAvailable": int(level),
            "restoreRate": float(rate),
        }
