"""Amazon's budgets, as they are: a catalogue to live, a burst, a single change, an empty budget.

The simulated Amazon keeps the real rates; a feed takes it some seconds where Amazon takes minutes,
so the times of feeds here say what the suite needs, not what Amazon does.
"""

from __future__ import annotations

import itertools
import random
import time
from typing import Any

import common
import scene
import seed
from common import Row

from suite.console import say
from suite.stage import wait_until

SUITE = ("marketplace", "marketplace_amazon")
SKUS, BURST, SINGLES = 5_000, 2_000, 60
UK = "A1F83G8C2ARO7P"
ATTRIBUTES = {
    "brand": "Nile Trade",
    "country_of_origin": "EG",
    "supplier_declared_dg_hz_regulation": "not_applicable",
}
#: Seconds between two single changes: slower than the budget of single calls refills.
PAUSE = (0.5, 1.0)
LATENCY_LIMIT = 1.0


def measure(quick: bool = False) -> list[Row]:
    skus, burst, singles = (300, 150, 10) if quick else (SKUS, BURST, SINGLES)
    with scene.Running() as running:
        shop = Shop(running, skus)
        rows = [shop.catalogue(), shop.burst(burst), shop.singles(singles), shop.empty_budget()]
    return rows


class Shop:
    """A seller with products that Amazon does not have yet."""

    def __init__(self, running: scene.Running, count: int) -> None:
        self._sandbox = running.sandbox("amazon")
        self._sandbox.control("POST", "amazon/settings", {"orders_take_stock": False})
        self.database = running.database(scene.fresh("amazon", SUITE))
        scene.begin_odoo(self.database)
        with scene.environment(self.database) as env:
            env.ref("base.GBP").active = True
            self._products = seed.products(env, count, stock=False)
            env.company.currency_id = env.ref("base.GBP")
            account = self._account(env)
            env.cr.commit()  # what is asked of Amazon is logged by transactions of their own
            kind = env["marketplace.amazon.product.type"].create(
                {"account_id": account.id, "name": "PRODUCT"}
            )
            kind.action_refresh()
            self._list(env, account, kind)
            self._account_id = account.id
        scene.cluster().sql(self.database, "VACUUM ANALYZE")
        self._prices = itertools.count(2001)
        running.odoo(self.database)

    def _account(self, env: Any) -> Any:
        account = env["marketplace.account"].create(
            {
                "name": "Benchmark",
                "provider": "amazon",
                "amazon_region": "other",
                "base_url": self._sandbox.room("amazon"),
                "amazon_seller_id": "A2DEMOSELLER",
                "amazon_client_id": "amzn1.application-oa2-client.demo",
                "amazon_client_secret": "amzn1.oa2-cs.demo-secret",
                "amazon_refresh_token": "Atzr|demo-refresh",
                "amazon_market_ids": [(0, 0, {"market_id": UK})],
                "sync_orders": False,
                "sync_stock": False,
            }
        )
        account.state = "connected"
        return account

    def _list(self, env: Any, account: Any, kind: Any) -> None:
        products = env["product.product"].browse(self._products)
        env["marketplace.amazon.attribute"].create(
            [
                {"product_tmpl_id": product.product_tmpl_id.id, "name": name, "value": value}
                for product in products
                for name, value in ATTRIBUTES.items()
            ]
        )
        env["marketplace.listing"].create(
            [
                {
                    "account_id": account.id,
                    "product_id": product.id,
                    "amazon_product_type_id": kind.id,
                }
                for product in products
            ]
        )

    # === FIGURES === #

    def catalogue(self) -> Row:
        """Every SKU from nothing to accepted, through feeds."""
        self._forget()
        started = time.monotonic()
        with scene.environment(self.database) as env:
            env["marketplace.account"].browse(self._account_id)._request_products()
        self._wait_told(900)
        seconds = time.monotonic() - started
        listed = len(self._sandbox.control("GET", "amazon/listings"))
        calls = self._calls()
        row = Row(
            "amazon-catalogue-feeds",
            calls.get("createFeed", 0),
            "feeds",
            goal=5,
            detail={
                "skus": len(self._products),
                "live": listed,
                "seconds": seconds,
                "calls": calls,
                "rates": "as Amazon's; a feed takes 8 s",
            },
            # The burst of the budget: more would wait two minutes for each.
            limit=15,
        )
        if listed != len(self._products):
            raise RuntimeError(f"{listed} of {len(self._products)} products are live")
        say(f"  {listed} SKUs live after {seconds:.1f} s: {calls}")
        common.progress(row)
        return row

    def burst(self, count: int) -> Row:
        """Many prices in one transaction."""
        self._forget()
        price = next(self._prices) / 100
        started = time.monotonic()
        with scene.environment(self.database) as env:
            quiet = env(context={"tracking_disable": True})
            for product in quiet["product.product"].browse(self._products[:count]):
                product.list_price = price
        self._wait_told(600)
        seconds = time.monotonic() - started
        calls = self._calls()
        wrong = [
            row["sku"]
            for row in self._sandbox.control("GET", "amazon/listings")
            if row["sku"] in self._skus(count) and float(row["price"]) != price
        ]
        if wrong:
            raise RuntimeError(f"{len(wrong)} prices are wrong, for example {wrong[0]}")
        row = Row(
            "amazon-burst-feeds",
            calls.get("createFeed", 0),
            "feeds",
            goal=2,
            detail={"changes": count, "seconds": seconds, "calls": calls},
            limit=2,
        )
        common.progress(row)
        return row

    def singles(self, samples: int) -> Row:
        """One price after the other, each the PATCH way, while the budget is free."""
        chance = random.Random(7)
        time.sleep(3)
        self._forget()
        seconds = []
        for number in range(-2, samples):
            time.sleep(chance.uniform(*PAUSE))
            taken = self._change(number % 50)
            if number >= 0:
                seconds.append(taken)
        calls = self._calls()
        row = Row(
            "amazon-latency",
            common.percentile(seconds, 0.95),
            "s",
            goal=LATENCY_LIMIT,
            detail={**common.spread(seconds), "calls": calls},
            limit=LATENCY_LIMIT,
        )
        if calls.get("createFeed"):
            raise RuntimeError("a single change went by a feed")
        common.progress(row)
        return row

    def empty_budget(self) -> Row:
        """The longest job while a change waits for its budget: no worker may wait with it."""
        scene.cluster().sql(
            self.database,
            "DELETE FROM queue_job WHERE state = 'done'",
            # No token for six seconds.
            "UPDATE marketplace_budget SET tokens = -30, updated_at = now() AT TIME ZONE 'UTC'"
            " WHERE bucket = 'patchListingsItem'",
        )
        waited = self._change(3)
        time.sleep(1)
        ((longest,),) = scene.cluster().sql(
            self.database, "SELECT coalesce(max(exec_time), 0)::float8 FROM queue_job"
        )
        row = Row(
            "amazon-empty-budget",
            float(str(longest)),
            "s of a worker",
            goal=1.0,
            detail={"waited_for_the_budget": waited},
            limit=2.0,
        )
        if waited < 3:
            raise RuntimeError(f"the budget was not empty: {waited:.1f} s")
        common.progress(row)
        return row

    # === HOW === #

    def _change(self, index: int) -> float:
        """:return: seconds from the commit to the acceptance."""
        price = next(self._prices) / 100
        with scene.environment(self.database) as env:
            env["product.product"].browse(self._products[index]).list_price = price
        committed = time.monotonic()
        (sku,) = self._skus_of([self._products[index]])
        found = self._sandbox.control(
            "GET", f"amazon/wait?sku={sku}&field=price&value={price:.2f}&timeout=60"
        )
        if not found["matched"]:
            raise RuntimeError(f"the price of {sku} did not arrive")
        return time.monotonic() - committed

    def _skus(self, count: int) -> set[str]:
        return set(self._skus_of(self._products[:count]))

    def _skus_of(self, ids: list[int]) -> list[str]:
        first = self._products[0]
        return [f"TEA-{product - first:06}" for product in ids]

    def _wait_told(self, timeout: float) -> None:
        query = """
            SELECT (SELECT count(*) FROM marketplace_product_operation WHERE dispatched_at IS NULL)
                 + (SELECT count(*) FROM marketplace_outbox
                     WHERE status IN ('new', 'submitted', 'pending') AND waiting IS NOT TRUE)
        """

        def done() -> bool:
            return scene.cluster().sql(self.database, query) == [[0]]

        wait_until("everything to be told", done, timeout, every=0.5)
        ((failed,),) = scene.cluster().sql(
            self.database, "SELECT count(*) FROM marketplace_outbox WHERE status = 'error'"
        )
        if failed:
            raise RuntimeError(f"{failed} items were refused")

    def _forget(self) -> None:
        self._sandbox.control("DELETE", "calls")

    def _calls(self) -> dict[str, int]:
        """Calls of each operation since :meth:`_forget`."""
        counters = self._sandbox.control("GET", "counters").get("amazon", {})
        return {name: int(tally["calls"]) for name, tally in counters.items()}
