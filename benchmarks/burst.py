"""10,000 changed prices in one transaction: calls, time until all are accepted, memory.

The peer, written the usual way, has the same burst in the same run, between two of the suite's.
Time runs from the end of the commit to the acceptance of the last product, by the channel.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import Any

import scene
from common import Row
from outgoing import Shop, two_shops

from suite.console import say
from suite.odoo import OdooServer

COUNT = 10_000
BATCH = 100
GOAL, LIMIT = 50.0, 20.0


@dataclass
class Runs:
    """What was measured of one shop."""

    seconds: list[float] = field(default_factory=list)
    writing: list[float] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    memory: list[dict[str, float]] = field(default_factory=list)

    def detail(self) -> dict[str, Any]:
        return {
            "seconds": self.seconds,
            "seconds_of_the_users_transaction": self.writing,
            "calls": self.calls,
            "memory": self.memory,
        }


def measure(quick: bool = False) -> list[Row]:
    count = 500 if quick else COUNT
    runs = {"suite": Runs(), "peer": Runs()}
    with scene.Running() as running:
        suite, peer = two_shops(running, count)
        for shop in (suite, peer, suite) if quick else (suite, suite, peer, suite):
            _run(shop, running.server_of(shop.database), runs[shop.name])
    return _rows(runs["suite"], runs["peer"], count)


def _run(shop: Shop, server: OdooServer, runs: Runs) -> None:
    memory = scene.Memory(server)
    memory.start()
    committed, writing = shop.burst()
    last = shop.wait_drained(1800)
    runs.memory.append(memory.finish())
    runs.seconds.append(last - committed)
    runs.writing.append(writing)
    runs.calls.append(shop.calls())
    say(f"  {shop.name}: {runs.seconds[-1]:.1f} s, {runs.calls[-1]} calls")


def _rows(suite: Runs, peer: Runs, count: int) -> list[Row]:
    own, others = statistics.median(suite.seconds), statistics.median(peer.seconds)
    calls, others_calls = max(suite.calls), max(peer.calls)
    memory = max(run["all_mb"] for run in suite.memory)
    others_memory = max(run["all_mb"] for run in peer.memory)
    detail = {
        "changes": count,
        "suite": suite.detail(),
        "peer": peer.detail(),
        "peer_is": "one queue_job and one call for each changed record",
        "postgresql": scene.settings(),
    }
    return [
        Row("burst", others / own, "× faster", "higher", 1.0, others / own, GOAL, detail, LIMIT),
        Row("burst-seconds", own, "s", "lower", others, own / others),
        Row(
            "burst-calls",
            calls,
            "calls",
            "lower",
            others_calls,
            calls / others_calls,
            count / BATCH * 1.05,
            limit=count / BATCH * 1.05,
        ),
        Row(
            "burst-peak-memory",
            memory,
            "MB",
            "lower",
            others_memory,
            memory / others_memory,
            detail={"of": "all processes of Odoo together, at their highest"},
        ),
    ]
