"""Faults as data: rules that say which calls or deliveries go wrong, and how.

A rule has a `match` (all given members must agree) and an `effect` with its parameters:

    {"id": "storm", "match": {"provider": "cartona", "endpoint": "supplier-product/bulk-update",
     "nth": [2, 3]}, "effect": "status", "status": 429, "retry_after": 2, "times": 1}

For one call every matching `slow` rule counts, and of the others the first one that matches.
"""

from __future__ import annotations

import fnmatch
import itertools
import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# effect → its parameters with their defaults; None means optional
API_EFFECTS: dict[str, dict[str, Any]] = {
    "status": {"status": 500, "retry_after": None, "body": None, "applied": False},
    "timeout_before": {"hold": 0},
    "timeout_after": {"hold": 0},
    "rows": {"rows": None, "every": None, "ids": None, "reason": "Simulated failure of this row"},
    "slow": {"ms": 250, "jitter_ms": 0},
    "revoked": {},
    "wrong_json": {"applied": True},
    "html": {"applied": True, "status": 200},
    "truncated": {"applied": True},
    "empty": {"applied": True, "status": 200},
    "wrong_content_type": {"applied": True},
    "stuck": {},
    "expired": {},
    "quota": {},
    "throttled": {},
    "stale": {"by": 1},
    "half": {"after": None},
}
#: Effects that the room itself brings about while it answers.
ROOM_EFFECTS = frozenset(("rows", "stuck", "expired", "quota", "throttled", "stale", "half"))
WEBHOOK_EFFECTS: dict[str, dict[str, Any]] = {
    "duplicate": {"copies": 2, "parallel": False},
    "reorder": {"window": 2, "hold": 2.0},
    "drop": {},
    "delay": {"ms": 500},
    "wrong_token": {},
    "wrong_json": {},
    "empty": {},
}
_MATCH = {"provider", "method", "path", "endpoint", "contains", "token", "topic", "nth", "every"}


@dataclass
class FaultRule:
    """One rule. `direction` is ``api`` (calls to the sandbox) or ``webhook`` (its deliveries)."""

    id: str
    effect: str
    direction: str
    match: dict[str, Any]
    params: dict[str, Any]
    times: int | None = None
    probability: float = 1.0
    seen: int = 0
    used: int = 0

    @classmethod
    def parse(cls, data: Mapping[str, Any], default_id: str) -> FaultRule:
        """Check and build a rule from JSON.

        :raises ValueError: unknown member, effect or parameter, or a value of the wrong kind.
        """
        rest = dict(data)
        match = dict(rest.pop("match", None) or {})
        effect = str(rest.pop("effect", ""))
        direction = str(rest.pop("direction", None) or _direction_of(effect))
        effects = {"api": API_EFFECTS, "webhook": WEBHOOK_EFFECTS}.get(direction, {})
        if effect not in effects:
            known = ", ".join(effects) or "direction must be api or webhook"
            raise ValueError(f"unknown effect {effect!r}; known: {known}")
        if unknown := set(match) - _MATCH:
            raise ValueError(f"unknown members of match: {', '.join(sorted(unknown))}")
        times = rest.pop("times", None)
        if times is not None:
            times = _whole(times, "times")
        probability = _number(rest.pop("probability", 1.0), "probability", 1.0)
        identifier = str(rest.pop("id", None) or default_id)
        params = dict(effects[effect])
        if unknown := set(rest) - set(params):
            raise ValueError(f"unknown parameters of {effect}: {', '.join(sorted(unknown))}")
        params.update(rest)
        _check_values(match, params)
        return cls(identifier, effect, direction, match, params, times, probability)

    def state(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "direction": self.direction,
            "effect": self.effect,
            "match": self.match,
            "times": self.times,
            "probability": self.probability,
            "seen": self.seen,
            "used": self.used,
            **self.params,
        }


def _direction_of(effect: str) -> str:
    return "webhook" if effect in WEBHOOK_EFFECTS and effect not in API_EFFECTS else "api"


def _whole(value: Any, name: str, least: int = 1) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}")
    return value


def _number(value: Any, name: str, most: float) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a number") from None
    if isinstance(value, bool) or not 0 <= number <= most:
        raise ValueError(f"{name} must be between 0 and {most:g}")
    return number


def _check_values(match: dict[str, Any], params: dict[str, Any]) -> None:
    nth = match.get("nth")
    if nth is not None:
        numbers = nth if isinstance(nth, list) else [nth]
        match["nth"] = [_whole(number, "nth") for number in numbers]
    for source in (match, params):
        if source.get("every") is not None:
            _whole(source["every"], "every")
    for name, most in (("ms", 60_000), ("jitter_ms", 60_000), ("hold", 600)):
        if params.get(name) is not None:
            params[name] = _number(params[name], name, most)
    for name, least in (("copies", 2), ("window", 2), ("status", 100)):
        if params.get(name) is not None:
            _whole(params[name], name, least)
    if params.get("retry_after") is not None and not isinstance(params["retry_after"], str):
        params["retry_after"] = _number(params["retry_after"], "retry_after", 10**6)
    for name in ("rows", "ids"):
        if params.get(name) is not None and not isinstance(params[name], list):
            raise ValueError(f"{name} must be a list")


@dataclass
class Plan:
    """What goes wrong with one call: a delay in seconds, and at most one rule besides."""

    delay: float = 0.0
    rule: FaultRule | None = None

    def has(self, effect: str) -> bool:
        """Whether the rule for this call has a certain effect."""
        return self.rule is not None and self.rule.effect == effect

    def row_fault(self, index: int, row: Any) -> str | None:
        """The reason why a row of a bulk call shall fail, or None."""
        rule = self.rule
        if rule is None or rule.effect != "rows":
            return None
        every, rows, ids = rule.params["every"], rule.params["rows"], rule.params["ids"]
        hit = (
            (every is None and rows is None and ids is None and index % 2 == 1)
            or (every is not None and (index + 1) % every == 0)
            or (rows is not None and index in rows)
            or (ids is not None and isinstance(row, dict) and _names(row) & {str(i) for i in ids})
        )
        return str(rule.params["reason"]) if hit else None


def _names(row: dict[str, Any]) -> set[str]:
    return {str(value) for key, value in row.items() if key == "id" or key.endswith("_id")}


@dataclass
class Faults:
    """The rules in force, in order. Chances are drawn from a seeded generator."""

    seed: str = "faults"
    _rules: dict[str, FaultRule] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _serial: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def add(self, data: Mapping[str, Any]) -> FaultRule:
        """Add a rule, or replace the one with the same id.

        :raises ValueError: the rule is not well-formed.
        """
        with self._lock:
            rule = FaultRule.parse(data, f"fault-{next(self._serial)}")
            self._rules[rule.id] = rule
            return rule

    @staticmethod
    def check(data: Mapping[str, Any]) -> None:
        """:raises ValueError: the rule is not well-formed."""
        FaultRule.parse(data, "check")

    def remove(self, identifier: str) -> bool:
        with self._lock:
            return self._rules.pop(identifier, None) is not None

    def clear(self) -> None:
        """Forget all rules and start the generator over."""
        with self._lock:
            self._rules.clear()
            self._serial = itertools.count(1)
            self._random = random.Random(self.seed)

    def state(self) -> list[dict[str, Any]]:
        with self._lock:
            return [rule.state() for rule in self._rules.values()]

    def uniform(self, most: float) -> float:
        with self._lock:
            return self._random.uniform(0, most)

    def shuffled(self, items: list[Any]) -> list[Any]:
        """The items in another order, whenever there are two or more."""
        with self._lock:
            order = list(range(len(items)))
            while len(items) > 1 and order == sorted(order):
                self._random.shuffle(order)
            return [items[position] for position in order]

    def plan(self, facts: Mapping[str, str], body: bytes = b"", named: bool = False) -> Plan:
        """Decide about one call.

        :param facts: provider, method, path, endpoint, token.
        :param named: only rules that name an endpoint count; for what is no call, such as the
            work on something that a call left behind.
        """
        plan = Plan()
        for rule in self._pick("api", facts, body, named):
            if rule.effect == "slow":
                plan.delay += (rule.params["ms"] + self.uniform(rule.params["jitter_ms"])) / 1000
            else:
                plan.rule = rule
        return plan

    def for_webhook(self, facts: Mapping[str, str], body: bytes) -> list[FaultRule]:
        """Decide about one delivery; `facts`: provider, topic, path, token."""
        return self._pick("webhook", facts, body)

    def _pick(
        self, direction: str, facts: Mapping[str, str], body: bytes, named: bool = False
    ) -> list[FaultRule]:
        picked: list[FaultRule] = []
        taken: set[str] = set()
        with self._lock:
            for rule in self._rules.values():
                kind = "slow" if rule.effect == "slow" else "other"
                if direction == "webhook":
                    kind = rule.effect
                if named and "endpoint" not in rule.match:
                    continue
                if rule.direction != direction or not _matches(rule.match, facts, body):
                    continue
                rule.seen += 1
                if kind != "slow" and kind in taken:
                    continue
                if self._due(rule):
                    rule.used += 1
                    taken.add(kind)
                    picked.append(rule)
        return picked

    def _due(self, rule: FaultRule) -> bool:
        nth, every = rule.match.get("nth"), rule.match.get("every")
        if rule.times is not None and rule.used >= rule.times:
            return False
        if nth is not None and rule.seen not in nth:
            return False
        if every is not None and rule.seen % every:
            return False
        return rule.probability >= 1 or self._random.random() < rule.probability


def _matches(match: Mapping[str, Any], facts: Mapping[str, str], body: bytes) -> bool:
    for name in ("provider", "method", "path", "endpoint", "token", "topic"):
        if name in match and not fnmatch.fnmatchcase(facts.get(name, ""), str(match[name])):
            return False
    return "contains" not in match or str(match["contains"]).encode() in body
