"""A shop on Shopify: stock in large calls beside one call for each, a price, a whole catalogue in,
and the budget of points when four work at once.

The simulated shop counts the points of each query as Shopify does.
"""

from __future__ import annotations

import itertools
import multiprocessing
import random
import time
from typing import Any

import common
import scene
import seed
from common import Row

from suite.console import say
from suite.stage import wait_until

SUITE = ("marketplace", "marketplace_shopify")
VARIANTS, CATALOGUE, MADE, SINGLES = 10_000, 20_000, 1_000, 60
LATENCY_LIMIT = 1.0
MEMORY_LIMIT = 400.0
#: Points that flow in each second, and the most that are kept. The peer is not limited, or it would
#: take the better part of an hour.
STANDARD, UNLIMITED = (100, 2_000), (0, 40_000)
WORKERS, SECONDS, SHARE = 4, 60, 0.9
CREDENTIALS = {"client_id": "demo-shopify-client", "client_secret": "shpss_demo_secret"}


def measure(quick: bool = False) -> list[Row]:
    variants, singles = (500, 10) if quick else (VARIANTS, SINGLES)
    catalogue, made = (500, 100) if quick else (CATALOGUE, MADE)
    seconds = 10 if quick else SECONDS
    with scene.Running() as running:
        shop = Shop(running, variants)
        rows = [*shop.stock(), shop.singles(singles), shop.budget(seconds)]
    with scene.Running() as running:
        rows.append(Newcomer(running, catalogue, "full").read())
    with scene.Running() as running:
        rows.append(Newcomer(running, made, "made").make())
    return rows


class Shop:
    """A seller whose products are in the shop already, with two locations."""

    def __init__(self, running: scene.Running, count: int) -> None:
        self._sandbox = running.sandbox("shopify")
        self._plan(STANDARD)
        self.database = running.database(scene.fresh("shopify", SUITE))
        scene.begin_odoo(self.database)
        with scene.environment(self.database) as env:
            self._products = seed.products(env, count, stock=False)
            self._account_id = connect(env, self._sandbox.room("shopify"), sync_products=False)
            self._places(env)
            env.cr.commit()
            self._list(env)
        scene.cluster().sql(self.database, "VACUUM ANALYZE")
        self._prices = itertools.count(2001)
        self._levels = itertools.count(5)
        running.odoo(self.database)

    def _places(self, env: Any) -> None:
        account = env["marketplace.account"].browse(self._account_id)
        second = env["stock.warehouse"].create({"name": "Second", "code": "SEC"})
        stocks = account.warehouse_id.lot_stock_id | second.lot_stock_id
        for place, stock in zip(account.place_ids.sorted("external_id"), stocks, strict=True):
            place.location_ids = stock
        self._stocks = stocks.ids

    def _list(self, env: Any) -> None:
        products = env["product.product"].browse(self._products)
        rows = [
            {"title": product.name, "sku": product.default_code, "price": "9.99"}
            for product in products
        ]
        self._sandbox.control("POST", "shopify/products", {"products": rows})
        shown = self._sandbox.control("GET", "shopify/book")["variants"]
        by_sku = {row["sku"]: (number, row) for number, row in shown.items()}
        env["marketplace.listing"].create(
            [
                {
                    "account_id": self._account_id,
                    "product_id": product.id,
                    "external_id": by_sku[product.default_code][0],
                    "extra": {
                        "product_id": str(by_sku[product.default_code][1]["product"]),
                        "inventory_item_id": str(by_sku[product.default_code][1]["item"]),
                    },
                }
                for product in products
            ]
        )

    # === STOCK === #

    def stock(self) -> list[Row]:
        """Every variant changes at one of two locations, beside the peer on the same changes."""
        self._change_stock()  # the first time both locations are told
        self._wait_told(600)
        self._forget()
        started = time.monotonic()
        changes = self._change_stock()
        written = time.monotonic()
        self._wait_told(600)
        seconds, calls = time.monotonic() - written, self._count("inventorySetQuantities")
        wrong = self._wrong(changes)
        if wrong:
            raise RuntimeError(f"{len(wrong)} levels are wrong, for example {wrong[0]}")
        peer_seconds, peer_calls = self._peer(changes)
        detail = {
            "changes": len(changes),
            "seconds_of_the_users_transactions": written - started,
            "peer_is": "one call for each variant and location, one after the other",
            "peer_seconds": peer_seconds,
            "points": self._points(),
        }
        say(f"  {len(changes)} levels: {calls} calls, {seconds:.1f} s; peer {peer_calls} calls")
        rows = [
            Row(
                "shopify-stock-calls",
                peer_calls / calls,
                "× fewer calls",
                "higher",
                1.0,
                peer_calls / calls,
                100.0,
                {**detail, "calls": calls, "peer_calls": peer_calls},
                40.0,
            ),
            Row(
                "shopify-stock-seconds",
                seconds,
                "s",
                "lower",
                peer_seconds,
                seconds / peer_seconds,
            ),
        ]
        for row in rows:
            common.progress(row)
        return rows

    def _change_stock(self) -> list[tuple[int, int, int]]:
        """Another quantity of every product at one location.

        :return: (product, location, pieces) of each.
        """
        level = next(self._levels)
        changes = [
            (product, self._stocks[place % 2], level + place % 7)
            for place, product in enumerate(self._products)
        ]
        with scene.environment(self.database) as env:
            quants = env["stock.quant"].with_context(inventory_mode=True, tracking_disable=True)
            known = {
                (quant.product_id.id, quant.location_id.id): quant
                for quant in quants.search([("location_id", "in", self._stocks)])
            }
            fresh = [change for change in changes if change[:2] not in known]
            quants.sudo().create(
                [
                    {"product_id": product, "location_id": location, "quantity": pieces}
                    for product, location, pieces in fresh
                ]
            )
            for product, location, pieces in changes:
                if (product, location) in known:
                    known[product, location].sudo().quantity = pieces
        return changes

    def _wrong(self, changes: list[tuple[int, int, int]]) -> list[Any]:
        variants = self._sandbox.control("GET", "shopify/book")["variants"].values()
        with scene.environment(self.database) as env:
            places = {
                place.location_ids.id: place.external_id
                for place in env["marketplace.account"].browse(self._account_id).place_ids
            }
            items = {
                listing.product_id.id: listing.extra["inventory_item_id"]
                for listing in env["marketplace.listing"].search([])
            }
        shown = {
            (str(row["item"]), str(place)): int(level["available"])
            for row in variants
            for place, level in row["levels"].items()
        }
        return [
            change
            for change in changes
            if shown.get((items[change[0]], places[change[1]])) != change[2]
        ]

    def _peer(self, changes: list[tuple[int, int, int]]) -> tuple[float, int]:
        """The usual way: one call for each variant and location, by the very same client."""
        import uuid

        from marketplace_adapters.core import Connection
        from marketplace_adapters.shopify import Adapter
        from marketplace_adapters.shopify.generated.set_quantities import SetQuantities
        from marketplace_adapters.shopify.ids import gid

        self._plan(UNLIMITED)
        with scene.environment(self.database) as env:
            places = {
                place.location_ids.id: place.external_id
                for place in env["marketplace.account"].browse(self._account_id).place_ids
            }
            items = {
                listing.product_id.id: listing.extra["inventory_item_id"]
                for listing in env["marketplace.listing"].search([])
            }
        self._forget()
        started = time.monotonic()
        connection = Connection(self._sandbox.room("shopify"), CREDENTIALS, {})
        with Adapter(connection) as adapter:
            for product, location, pieces in changes:
                row = {
                    "inventoryItemId": gid("InventoryItem", items[product]),
                    "locationId": gid("Location", places[location]),
                    "quantity": pieces + 1,
                    "changeFromQuantity": None,
                }
                given = {"name": "available", "reason": "correction", "quantities": [row]}
                adapter.client.call(SetQuantities, {"input": given, "key": str(uuid.uuid4())})
                adapter.take_exchanges()
        seconds = time.monotonic() - started
        calls = self._count("inventorySetQuantities")
        self._plan(STANDARD)
        return seconds, calls

    # === ONE PRICE === #

    def singles(self, samples: int) -> Row:
        """One price after the other, from the commit to the acceptance by the shop."""
        chance = random.Random(7)
        self._forget()
        seconds = []
        for number in range(-2, samples):
            time.sleep(chance.uniform(0.3, 0.8))
            taken = self._change_price(number % 50)
            if number >= 0:
                seconds.append(taken)
        row = Row(
            "shopify-latency",
            common.percentile(seconds, 0.95),
            "s",
            goal=LATENCY_LIMIT / 4,
            detail=common.spread(seconds),
            limit=LATENCY_LIMIT,
        )
        common.progress(row)
        return row

    def _change_price(self, index: int) -> float:
        price = next(self._prices) / 100
        with scene.environment(self.database) as env:
            product = env["product.product"].browse(self._products[index])
            product.list_price = price
            sku = product.default_code
        committed = time.monotonic()
        found = self._sandbox.control(
            "GET", f"shopify/wait?sku={sku}&field=price&value={price:.2f}&timeout=60"
        )
        if not found["matched"]:
            raise RuntimeError(f"the price of {sku} did not arrive")
        return time.monotonic() - committed

    # === POINTS === #

    def budget(self, seconds: int) -> Row:
        """Four workers ask as much as the budget of points lets them, once what was saved up is
        spent."""
        self._plan(STANDARD)
        # Both sides begin with a full bucket, and the shop's is counted anew.
        scene.cluster().sql(self.database, "DELETE FROM marketplace_budget")
        self._sandbox.control("POST", "shopify/throttle", {"fill": True})
        context = multiprocessing.get_context("spawn")
        done = context.Event()
        workers = [
            context.Process(target=_ask, args=(self.database, self._account_id, done))
            for _number in range(WORKERS)
        ]
        for worker in workers:
            worker.start()
        try:
            wait_until(
                "the points that were saved up to be spent",
                lambda: self._points()["spent"] > STANDARD[1],
                120,
                every=0.2,
            )
            before, started = self._points(), time.monotonic()
            time.sleep(seconds)
            after, elapsed = self._points(), time.monotonic() - started
        finally:
            done.set()
            for worker in workers:
                worker.join()
        if any(worker.exitcode for worker in workers):
            raise RuntimeError("a worker failed")
        used, refused = after["spent"] - before["spent"], after["throttled"]
        share = used / (STANDARD[0] * elapsed)
        say(f"  {share:.0%} of the points used, {refused} refusals")
        row = Row(
            "shopify-throttled",
            refused,
            "refusals",
            goal=0,
            detail={
                "workers": WORKERS,
                "seconds": elapsed,
                "points": used,
                "share_of_the_budget": share,
            },
            limit=0,
        )
        common.progress(row)
        if share < SHARE:
            raise RuntimeError(f"only {share:.0%} of the budget were used")
        return row

    # === HOW === #

    def _plan(self, plan: tuple[int, int]) -> None:
        rate, most = plan
        self._sandbox.control("POST", "shopify/settings", {"restore_rate": rate, "bucket": most})
        self._sandbox.control("POST", "shopify/throttle", {"available": most})

    def _points(self) -> dict[str, Any]:
        found: dict[str, Any] = self._sandbox.control("GET", "shopify/throttle")
        return found

    def _wait_told(self, timeout: float) -> None:
        wait_told(self.database, timeout)

    def _forget(self) -> None:
        self._sandbox.control("DELETE", "calls")

    def _count(self, endpoint: str) -> int:
        counters = self._sandbox.control("GET", "counters").get("shopify", {})
        return int(counters.get(endpoint, {}).get("calls", 0))


class Newcomer:
    """A seller whose Odoo is empty and whose shop is full."""

    def __init__(self, running: scene.Running, count: int, name: str) -> None:
        self._count = count
        sandbox = running.sandbox(f"shopify-{name}")
        sandbox.control("POST", "shopify/products", {"count": count, "prefix": "FULL-"})
        self.database = running.database(scene.fresh(f"shopify_{name}", SUITE))
        scene.begin_odoo(self.database)
        with scene.environment(self.database) as env:
            self._account_id = connect(env, sandbox.room("shopify"))
            env.cr.commit()
        self._server = running.odoo(self.database)

    def read(self) -> Row:
        """The whole catalogue by one bulk operation, staged and matched."""
        memory, started = self._begin()
        seconds = time.monotonic() - started
        peaks = memory.finish()
        ((lines,),) = scene.cluster().sql(
            self.database, "SELECT count(*)::int FROM marketplace_link_catalogue_line"
        )
        if lines < self._count:
            raise RuntimeError(f"{lines} of {self._count} products were read")
        detail = {"products": self._count, "seconds": seconds, **peaks}
        return self._row("shopify-import-memory", peaks, detail)

    def make(self) -> Row:
        """Products of Odoo made of it."""
        memory, started = self._begin()
        with scene.environment(self.database) as env:
            account = env["marketplace.account"].browse(self._account_id)
            catalogue = env["marketplace.link.catalogue"]._of(account)
            plan = env["marketplace.catalogue.import"].create({"catalogue_id": catalogue.id})
            plan.action_plan()
        state = f"SELECT state FROM marketplace_catalogue_import WHERE id = {plan.id}"
        self._wait(f"SELECT ({state}) = 'planned'", 600)
        with scene.environment(self.database) as env:
            env["marketplace.catalogue.import"].browse(plan.id).action_run()
        self._wait(f"SELECT ({state}) = 'done'", 3600)
        seconds = time.monotonic() - started
        peaks = memory.finish()
        ((made,),) = scene.cluster().sql(
            self.database, "SELECT count(DISTINCT product_tmpl_id)::int FROM marketplace_listing"
        )
        if made != self._count:
            raise RuntimeError(f"{made} of {self._count} products were made")
        detail = {"products": self._count, "seconds": seconds, **peaks}
        return self._row("shopify-making-memory", peaks, detail)

    def _begin(self) -> tuple[scene.Memory, float]:
        memory = scene.Memory(self._server)
        memory.start()
        started = time.monotonic()
        with scene.environment(self.database) as env:
            account = env["marketplace.account"].browse(self._account_id)
            env["marketplace.link.catalogue"]._of(account).action_fetch()
        self._wait("SELECT state = 'ready' FROM marketplace_link_catalogue", 1800)
        return memory, started

    def _row(self, name: str, peaks: dict[str, float], detail: dict[str, Any]) -> Row:
        row = Row(
            name,
            peaks["one_mb"],
            "MB of the worker",
            goal=MEMORY_LIMIT / 2,
            detail=detail,
            limit=MEMORY_LIMIT,
        )
        say(f"  {self._count} products after {detail['seconds']:.0f} s")
        common.progress(row)
        return row

    def _wait(self, query: str, timeout: float) -> None:
        sql = scene.cluster().sql
        wait_until("the catalogue", lambda: sql(self.database, query) == [[True]], timeout, every=1)


def connect(env: Any, url: str, **values: Any) -> int:
    """An account of the simulated shop that works. :return: its id."""
    account = env["marketplace.account"].create(
        {
            "name": "Benchmark",
            "provider": "shopify",
            "shopify_shop": "demo-shop.myshopify.com",
            "base_url": url,
            "shopify_client_id": CREDENTIALS["client_id"],
            "shopify_client_secret": CREDENTIALS["client_secret"],
            **{"sync_orders": False, **values},
        }
    )
    env.cr.commit()  # what is asked of the shop is logged by transactions of their own
    check, problem = account._test_connection()
    if not check:
        raise RuntimeError(problem)
    account.state = "connected"
    return int(account.id)


def wait_told(database: str, timeout: float) -> None:
    """Until nothing is left to tell."""
    query = """
        SELECT (SELECT count(*) FROM marketplace_product_operation WHERE dispatched_at IS NULL)
             + (SELECT count(*) FROM marketplace_outbox
                 WHERE status IN ('new', 'submitted', 'pending') AND waiting IS NOT TRUE)
    """
    sql = scene.cluster().sql
    wait_until("everything to be told", lambda: sql(database, query) == [[0]], timeout, every=0.2)
    ((failed,),) = sql(database, "SELECT count(*) FROM marketplace_outbox WHERE status = 'error'")
    if failed:
        raise RuntimeError(f"{failed} items were refused")


def _ask(database: str, account_id: int, done: Any) -> None:
    """One of several workers: asks for a few products again and again, as fast as it may."""
    from marketplace_adapters.core import ThrottledError

    scene.begin_odoo(database)
    with scene.environment(database) as env:
        account = env["marketplace.account"].browse(account_id)
        keys = env["marketplace.listing"].search([], limit=10).mapped("external_id")
        while not done.is_set():
            with account.sudo()._open_adapter() as adapter:
                try:
                    for _row in adapter.listings(keys):
                        pass
                except ThrottledError as exc:
                    time.sleep(min(exc.retry_after, 0.5))
                adapter.take_exchanges()
