"""How much a provider takes at once and how often: data, with its source beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from .types import Kind


@dataclass(frozen=True, slots=True)
class Lane:
    """Kinds that travel in one request.

    :param kinds: what may be mixed in one :meth:`Adapter.push`.
    :param batch_size: most *targets* (listings or orders) of one push.
    :param asynchronous: the answer comes later, by :meth:`Adapter.poll`.
    :param deadline: seconds after which an asynchronous submission is given up and read back.
    :param repeatable: a repeat does no harm (level-triggered, or the platform deduplicates).
    :param bucket: name of the rate in :attr:`Limits.rates` that a call of this lane draws from.
    :param in_turn: what is told later of the same order, in other lanes, waits for this lane's
        items. Not so where the platform does not mind and this lane may wait long.
    """

    name: str
    kinds: tuple[Kind, ...]
    batch_size: int
    asynchronous: bool = False
    deadline: float = 3600.0
    repeatable: bool = True
    bucket: str = "default"
    in_turn: bool = True


@dataclass(frozen=True, slots=True)
class Rate:
    """A token bucket: ``per_second`` tokens flow in, at most ``burst`` are kept."""

    per_second: float
    burst: float


@dataclass(frozen=True, slots=True)
class Limits:
    """All lanes and rates of a provider. A provider supports a kind exactly when a lane names it.

    :param topics: what :meth:`Adapter.pull` can fetch, e.g. ``("order",)``.
    :param overlap: seconds that a pull reaches back behind its cursor.
    :param intervals: seconds between two pulls of a topic, where the account's own interval would
        be more than the platform allows or the topic deserves.
    :param product_first: a listing's product must be accepted before its other kinds are told.
    """

    lanes: tuple[Lane, ...]
    rates: Mapping[str, Rate] = field(default_factory=dict)
    topics: tuple[str, ...] = ("order",)
    overlap: float = 300.0
    intervals: Mapping[str, float] = field(default_factory=dict)
    product_first: bool = False

    def lane(self, kind: Kind) -> Lane | None:
        """The lane a kind travels in, ``None`` when the provider does not support it."""
        return next((lane for lane in self.lanes if kind in lane.kinds), None)

    @property
    def kinds(self) -> frozenset[Kind]:
        """Every supported kind."""
        return frozenset(kind for lane in self.lanes for kind in lane.kinds)


class Budget(Protocol):
    """Token buckets shared by everybody who calls for one account."""

    def take(self, bucket: str, cost: float = 1.0) -> None:
        """Take ``cost`` tokens or raise :class:`ThrottledError` with the seconds to wait."""

    def learn(
        self,
        bucket: str,
        *,
        remaining: float | None = None,
        limit: float | None = None,
        per_second: float | None = None,
        retry_after: float | None = None,
        unused: float | None = None,
    ) -> None:
        """Believe what the platform's answer says about the bucket.

        :param unused: of the tokens that were taken, what the call did not need after all.
        """


class Unlimited:
    """A budget that never refuses: for tests and one-off tools."""

    def take(self, bucket: str, cost: float = 1.0) -> None:
        """Always granted."""

    def learn(
        self,
        bucket: str,
        *,
        remaining: float | None = None,
        limit: float | None = None,
        per_second: float | None = None,
        retry_after: float | None = None,
        unused: float | None = None,
    ) -> None:
        """Nothing is remembered."""
