"""Bursts of 500 webhooks over real HTTP, and Odoo killed in the middle of others.

Each message is an order of three lines, sent as a channel does it: several connections, each with
its next message as soon as the last one is acknowledged, and a new connection for each message.
Time runs from before the connect to the end of the answer. Meanwhile the same server works: it
imports the orders that have come and acknowledges them to the simulated channel. Fetching orders
is switched off, so that nothing but the webhooks can bring them.
"""

from __future__ import annotations

import http.client
import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import common
import deliveries
import documents
import scene
import seed
from common import Row
from documents import Document

from suite.console import SuiteError, say
from suite.odoo import OdooServer
from suite.stage import wait_until

MESSAGES = 500
CONNECTIONS = 4
#: Processes of Odoo that serve; one of them is busy with importing most of the time.
WORKERS = 4
BURSTS, KILLS = 5, 3
PRODUCTS = 100
GOAL = LIMIT = 0.05
PATH = "/cartona_integration/webhook/order_status"
#: Seconds after which the import of a burst hangs. A job that was killed is found dead only after
#: about a minute.
PATIENCE = 600


def measure(quick: bool = False) -> list[Row]:
    messages, bursts, kills = (100, 2, 1) if quick else (MESSAGES, BURSTS, KILLS)
    with scene.Running() as running:
        shop = Shop(running, messages)
        shop.warm_up()
        runs = [shop.burst() for _number in range(bursts)]
        rows = _rows(runs, messages)
        for row in rows:
            common.progress(row)
        chance = random.Random(4)
        crashes = [shop.crash(chance.uniform(0.3, 0.7)) for _number in range(kills)]
        rows.append(_lost(crashes, messages))
        common.progress(rows[-1])
    return rows


# === SENDING === #


@dataclass
class Burst:
    """Messages on their way to one server, and what became of them."""

    orders: list[Document]
    seconds: list[float] = field(default_factory=list)
    acknowledged: set[str] = field(default_factory=set)
    answers: Counter[int] = field(default_factory=Counter)
    began: float = 0.0
    ended: float = 0.0

    def send(self, server: OdooServer) -> None:
        """Send all that is not acknowledged yet; a connection that fails sends nothing more."""
        waiting = [order for order in self.orders if order.hashed_id not in self.acknowledged]
        waiting.reverse()
        threads = [
            threading.Thread(target=self._send, args=(server.port, waiting))
            for _connection in range(CONNECTIONS)
        ]
        self.began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.ended = time.perf_counter()

    def _send(self, port: int, waiting: list[Document]) -> None:
        headers = {"Content-Type": "application/json", "AuthorizationToken": scene.TOKEN}
        while waiting:
            try:
                order = waiting.pop()
            except IndexError:
                return
            body = order.body()
            started = time.perf_counter()
            try:
                status = _post(port, body, headers)
            except (OSError, http.client.HTTPException):
                return
            self.seconds.append(time.perf_counter() - started)
            self.answers[status] += 1
            if status == 200:
                self.acknowledged.add(order.hashed_id)

    @property
    def rate(self) -> float:
        """Acknowledged messages in a second."""
        return len(self.acknowledged) / (self.ended - self.began)

    def must_be_complete(self) -> None:
        """:raises SuiteError: not every message was acknowledged."""
        missing = len(self.orders) - len(self.acknowledged)
        if missing:
            raise SuiteError(f"{missing} messages not acknowledged; answers: {dict(self.answers)}")


def _post(port: int, body: bytes, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", PATH, body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


# === RECEIVING === #


class Shop:
    """A database with a connected account, its Odoo, and the channel."""

    def __init__(self, running: scene.Running, messages: int) -> None:
        self._sandbox = running.sandbox("webhook")
        self.database = running.database(scene.fresh("webhook", scene.SUITE))
        scene.begin_odoo(self.database)
        with scene.environment(self.database) as env:
            self._products = seed.products(env, PRODUCTS)
            account = seed.account(
                env, self._sandbox.room("cartona"), sync_orders=False, webhook_rate=0
            )
            seed.listings(env, account, self._products)
        seed.on_sandbox(self._sandbox, self._products)
        scene.cluster().sql(self.database, "VACUUM ANALYZE")
        self._messages = messages
        self._sent = 0
        self._server = running.odoo(self.database, workers=WORKERS)

    def warm_up(self) -> None:
        """A first page to every process of the server: it loads Odoo only then."""
        burst = Burst(self._place(100))
        burst.send(self._server)
        burst.must_be_complete()
        self._wait_imported(burst)

    def burst(self) -> Burst:
        """One burst, undisturbed, and all its orders imported.

        :raises SuiteError: a message was refused, or an order is not there exactly once.
        """
        burst = Burst(self._place(self._messages))
        burst.send(self._server)
        burst.must_be_complete()
        self._wait_imported(burst)
        if wrong := self._wrong(burst):
            raise SuiteError(f"{len(wrong)} orders are wrong, for example {wrong[0]}")
        say(
            f"  p99 {common.percentile(burst.seconds, 0.99) * 1000:.0f} ms, "
            f"{burst.rate:.0f} messages/s"
        )
        return burst

    def crash(self, share: float) -> dict[str, Any]:
        """A burst in whose middle Odoo is killed with all its processes; then it is started again
        and the channel repeats what was not acknowledged.

        :param share: of the messages, acknowledged when Odoo is killed.
        """
        burst = Burst(self._place(self._messages))
        killer = threading.Thread(target=self._kill_at, args=(burst, share * self._messages))
        killer.start()
        burst.send(self._server)
        killer.join()
        before = set(burst.acknowledged)
        stored = self._stored(burst)
        self._server.restart()
        burst.send(self._server)
        burst.must_be_complete()
        seconds = self._wait_imported(burst)
        crash = {
            "acknowledged_before": len(before),
            "lost": sorted(one for one in before if stored[one] != 1),
            "stored_but_not_acknowledged": len(stored.keys() - before),
            "wrong": self._wrong(burst),
            "imported_s_after_the_restart": seconds,
        }
        say(
            f"  killed after {len(before)} of {self._messages}: "
            f"{len(crash['lost'])} lost, {len(crash['wrong'])} wrong in the end"
        )
        return crash

    def _kill_at(self, burst: Burst, count: float) -> None:
        deadline = time.monotonic() + 60
        while len(burst.acknowledged) < count and time.monotonic() < deadline:
            time.sleep(0.001)
        self._server.kill()

    def _place(self, count: int) -> list[Document]:
        """New orders that the channel knows, so that it takes their acknowledgement."""
        orders = documents.make(self._products, count, first=self._sent)
        self._sent += count
        self._sandbox.control("POST", "cartona/orders", [_placed(order) for order in orders])
        return orders

    def _stored(self, burst: Burst) -> Counter[str]:
        """Rows of the inbox for each order."""
        return Counter(
            dict(
                self._rows(
                    "SELECT external_id, count(*) FROM marketplace_inbox"
                    " WHERE external_id = ANY(%s) GROUP BY 1",
                    [order.hashed_id for order in burst.orders],
                )
            )
        )

    def _wait_imported(self, burst: Burst) -> float:
        """:return: seconds until nothing of the inbox waits."""
        ids = [order.hashed_id for order in burst.orders]
        query = (
            "SELECT count(*) FROM marketplace_inbox WHERE external_id = ANY(%s) AND status != 'new'"
        )
        started = time.monotonic()
        wait_until(
            "the orders of the webhooks",
            lambda: self._rows(query, ids)[0][0] >= len(ids),
            PATIENCE,
            every=0.25,
        )
        return time.monotonic() - started

    def _wrong(self, burst: Burst) -> list[str]:
        with scene.environment(self.database) as env:
            return deliveries.wrong(burst.orders, deliveries.found(env, burst.orders))

    def _rows(self, query: str, ids: list[str]) -> list[tuple[Any, ...]]:
        with scene.environment(self.database) as env:
            env.cr.execute(query, [ids])
            rows: list[tuple[Any, ...]] = env.cr.fetchall()
            return rows


def _placed(order: Document) -> dict[str, Any]:
    payload = order.payload()
    names = ("hashed_id", "receipt_id", "status", "delivered_by", "retailer")
    return {
        **{name: payload[name] for name in names},
        "lines": [
            {
                "internal_product_id": str(product),
                "amount": quantity,
                "selling_price": float(price),
            }
            for product, quantity, price in order.lines
        ],
        "plain": True,
        "force": True,
        "notify": False,
    }


# === ROWS === #


def _rows(runs: list[Burst], messages: int) -> list[Row]:
    def middle(of: Callable[[Burst], float]) -> float:
        return statistics.median(of(run) for run in runs)

    rate = middle(lambda run: run.rate)
    detail = {
        "messages": messages,
        "bursts": len(runs),
        "connections": CONNECTIONS,
        "workers": WORKERS,
        "messages_a_second": rate,
        "p99_of_each_burst": [common.percentile(run.seconds, 0.99) for run in runs],
        "slowest": max(max(run.seconds) for run in runs),
        "meanwhile": "the same server imports the orders and acknowledges them to the channel",
        "postgresql": scene.settings(),
    }
    return [
        Row(
            "webhook",
            middle(lambda run: common.percentile(run.seconds, 0.99)),
            "s",
            goal=GOAL,
            detail=detail,
            limit=LIMIT,
        ),
        Row("webhook-p50", middle(lambda run: common.percentile(run.seconds, 0.5)), "s"),
        Row("webhook-rate", rate, "messages/s", "higher"),
    ]


def _lost(crashes: list[dict[str, Any]], messages: int) -> Row:
    wrong = sum(len(crash["lost"]) + len(crash["wrong"]) for crash in crashes)
    detail = {"messages": messages, "kills": len(crashes), "crashes": crashes}
    return Row("webhook-lost", wrong, "messages", goal=0, detail=detail, limit=0)
