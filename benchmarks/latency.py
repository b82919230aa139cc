"""From the commit of one changed price to its acceptance by the channel.

On an idle system the suite and the peer change in turn. Then the suite alone while a burst of
10,000 drains: a fresh single change may not queue behind it.
"""

from __future__ import annotations

import random
import time

import common
import scene
from common import Row
from outgoing import Shop, two_shops

from suite.console import say

IDLE_GOAL, IDLE_LIMIT = 0.1, 0.25
BURST_GOAL = BURST_LIMIT = 1.0
#: Seconds between two changes of an idle system.
PAUSE = (0.4, 0.8)
PAUSE_IN_BURST = (0.02, 0.08)


def measure(quick: bool = False) -> list[Row]:
    burst, idle_samples, burst_samples = (1_000, 15, 10) if quick else (10_000, 120, 150)
    with scene.Running() as running:
        suite, peer = two_shops(running, burst)
        rows = _idle(suite, peer, idle_samples)
        rows += _while_draining(suite, burst, burst_samples)
    return rows


def _idle(suite: Shop, peer: Shop, samples: int) -> list[Row]:
    chance = random.Random(1)
    seconds: dict[str, list[float]] = {"suite": [], "peer": []}
    for number in range(-3, samples):
        for shop in (suite, peer) if number % 2 else (peer, suite):
            time.sleep(chance.uniform(*PAUSE))
            taken = shop.change(number % Shop.SINGLES)
            if number >= 0:
                seconds[shop.name].append(taken)
    detail = {
        "suite": common.spread(seconds["suite"]),
        "peer": common.spread(seconds["peer"]),
        "peer_is": "one queue_job and one call for each change",
        "postgresql": scene.settings(),
    }
    rows = []
    for name, share, goal, limit in (
        ("latency", 0.95, IDLE_GOAL, IDLE_LIMIT),
        ("latency-p50", 0.5, None, None),
    ):
        own = common.percentile(seconds["suite"], share)
        others = common.percentile(seconds["peer"], share)
        rows.append(Row(name, own, "s", "lower", others, own / others, goal, detail, limit))
        common.progress(rows[-1])
    return rows


def _while_draining(shop: Shop, burst: int, samples: int) -> list[Row]:
    """Single changes, one after the other, as long as some of the burst is not accepted yet."""
    chance = random.Random(2)
    seconds: list[float] = []
    drains: list[float] = []
    while len(seconds) < samples and len(drains) < 10:
        committed, _writing = shop.burst()
        before = len(seconds)
        while not shop.drained():
            seconds.append(shop.change(len(seconds)))
            time.sleep(chance.uniform(*PAUSE_IN_BURST))
        drains.append(shop.wait_drained(600) - committed)
        say(f"  {len(seconds) - before} single changes while a burst drained {drains[-1]:.1f} s")
        time.sleep(2)
    detail = {**common.spread(seconds), "burst": burst, "drained_in_s": drains}
    rows = [
        Row(
            "latency-while-draining",
            common.percentile(seconds, 0.95),
            "s",
            goal=BURST_GOAL,
            detail=detail,
            limit=BURST_LIMIT,
        ),
        Row("latency-while-draining-p50", common.percentile(seconds, 0.5), "s"),
    ]
    for row in rows:
        common.progress(row)
    return rows
