"""A shop that sells on the simulated channel: the suite's, or the peer's.

Each has a database, a running Odoo with two workers and the job runner, and a sandbox of its own,
so that their calls and their times do not mix. Prices are written from this process, as by one
more worker: the moment of the commit is then known exactly.
"""

from __future__ import annotations

import itertools
import time
from typing import Any

import scene
import seed

from suite.odoo import OdooServer
from suite.sandbox import Sandbox
from suite.stage import wait_until

#: What the products of a burst are written with, at once.
_BURST_CONTEXT = {"tracking_disable": True}
_ENDPOINT = "supplier-product/bulk-update"


class Shop:
    """Products that are listed, and what happens to their prices.

    :param suite: the suite, or the peer.
    :param count: products; the last :data:`SINGLES` of them are left out of bursts.
    """

    SINGLES = 200

    def __init__(self, running: scene.Running, *, suite: bool, count: int) -> None:
        self.suite = suite
        self.name = "suite" if suite else "peer"
        self.sandbox: Sandbox = running.sandbox(self.name)
        self.database = running.database(_database(suite))
        self._running = running
        self._count = count
        self._cents = itertools.count(1001)
        self._singles = 0
        self._burst_price = 0.0
        self.products: list[int] = []
        self.templates: list[int] = []

    def fill(self) -> None:
        """Products, their listings, the connection. Needs Odoo in this process."""
        with scene.environment(self.database) as env:
            self.products = seed.products(env, self._count + self.SINGLES, stock=False)
            self.templates = env["product.product"].browse(self.products).product_tmpl_id.ids
            if self.suite:
                account = seed.account(env, self.sandbox.room("cartona"), sync_orders=False)
                seed.listings(env, account, self.products)
            else:
                parameters = env["ir.config_parameter"]
                parameters.set_param("bench_peer.url", self.sandbox.room("cartona"))
                parameters.set_param("bench_peer.token", scene.TOKEN)
        seed.on_sandbox(self.sandbox, self.products)
        scene.cluster().sql(self.database, "VACUUM ANALYZE")

    def serve(self) -> OdooServer:
        """Start its Odoo, and wait until it took its first job."""
        server = self._running.odoo(self.database)
        self.change(0)
        return server

    # === ONE CHANGE === #

    def change(self, number: int) -> float:
        """Write one price as a person does, and wait until the channel accepted it.

        :return: seconds from the end of the commit to the acceptance, by the machine's clock.
        """
        self._singles += 1
        index = self._count + number % self.SINGLES
        price = self._price()
        with scene.environment(self.database) as env:
            env["product.template"].browse(self.templates[index]).list_price = price
        committed = time.time()
        found = self.sandbox.control(
            "GET",
            f"cartona/wait?product={self.products[index]}&field=selling_price"
            f"&value={price:.2f}&timeout=120",
        )
        return float(found["accepted"]["at"]) - committed

    def _price(self) -> float:
        return next(self._cents) / 100

    # === A BURST === #

    def burst(self) -> tuple[float, float]:
        """Write another price to every product but the singles, in one transaction.

        :return: (time of the commit, seconds that writing took)
        """
        self.sandbox.control("DELETE", "calls")
        self.sandbox.control("DELETE", "cartona/acceptances")
        self._singles = 0
        self._burst_price = self._price()
        started = time.time()
        with scene.environment(self.database) as env:
            quiet = env(context=_BURST_CONTEXT)
            for template in quiet["product.template"].browse(self.templates[: self._count]):
                template.list_price = self._burst_price
        committed = time.time()
        return committed, committed - started

    def drained(self) -> bool:
        """Whether the channel has got as many rows as products were changed."""
        return self._counters().get("rows", 0) >= self._count + self._singles

    def wait_drained(self, timeout: float) -> float:
        """Wait until every product of the burst has its price on the channel.

        :return: when the last one was accepted.
        """
        wait_until(f"the burst of {self.name} to drain", self.drained, timeout, every=0.05)
        # As many rows as products may still hold one product twice and another not yet.
        return wait_until(f"each price of {self.name}", self._last_acceptance, 120, every=0.5)

    def calls(self) -> int:
        """Calls since the burst began."""
        return int(self._counters().get("calls", 0))

    def _last_acceptance(self) -> float | None:
        """When the last product of the burst was accepted; None when one is missing."""
        rows = self.sandbox.control("GET", "cartona/acceptances?field=selling_price")
        wanted = {str(product) for product in self.products[: self._count]}
        accepted: dict[str, Any] = {
            row["internal_product_id"]: row
            for row in rows
            if row["internal_product_id"] in wanted and float(row["value"]) == self._burst_price
        }
        if len(accepted) < len(wanted):
            return None
        return max(float(row["at"]) for row in accepted.values())

    def _counters(self) -> dict[str, Any]:
        counters: dict[str, Any] = self.sandbox.control("GET", "counters")
        found: dict[str, Any] = counters.get("cartona", {}).get(_ENDPOINT, {})
        return found


def _database(suite: bool) -> str:
    if suite:
        return scene.fresh("shop_suite", scene.SUITE)
    return scene.fresh_peer("shop_peer")


def two_shops(running: scene.Running, count: int) -> tuple[Shop, Shop]:
    """The suite's shop and the peer's, filled and served."""
    shops = Shop(running, suite=True, count=count), Shop(running, suite=False, count=count)
    scene.begin_odoo(shops[0].database)
    for shop in shops:
        shop.fill()
    for shop in shops:
        shop.serve()
    return shops
