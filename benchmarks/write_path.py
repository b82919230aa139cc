"""What it costs the user that the suite is installed and an account is connected.

Two databases in one process, the same products in both, measured in turn (ABBA): one without the
suite, one with it, a Cartona account connected and every product listed. Each sample is one
transaction on a cursor from the pool, with an empty cache, committed durably. Between two samples,
untimed, waiting jobs are taken away as the job runner would: every sample pays for waking the
engine.
"""

from __future__ import annotations

import dataclasses
import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import common
import scene
import seed
from common import Pair, Row, Sample

PRODUCTS = 100
GOAL, LIMIT = 1.05, 1.1
WRITERS = 8
SHARED_PRODUCTS = 20


def measure(quick: bool = False) -> list[Row]:
    scale = 0.2 if quick else 1.0
    plan: list[tuple[str, Callable[[Side, int], Sample], int]] = [
        ("write-path-price", Side.price, 1000),
        ("write-path-price-variant", Side.price_of_variant, 500),
        ("write-path-price-100", Side.hundred_prices, 100),
        ("write-path-stock", Side.stock, 1000),
        ("write-path-delivery", Side.delivery, 300),
    ]
    with scene.Running() as running:
        sandbox = running.sandbox("write-path")
        without = running.database(scene.fresh("without"))
        suite = running.database(scene.fresh("suite", scene.SUITE))
        scene.begin_odoo(suite)
        sides = Side(without), Side(suite)
        sides[1].connect(sandbox.room("cartona"))
        seed.on_sandbox(sandbox, sides[1].products)
        rows = []
        for name, action, samples in plan:
            times = max(20, int(samples * scale))
            for side in sides:
                side.get_ready(times)
            rows.append(_row(name, compare(sides, action, times)))
            common.progress(rows[-1])
        rows.insert(0, _worst(rows))
        rows += _with_servers(running, sides, rows[1], int(400 * scale), int(100 * scale))
    return rows


def _row(name: str, pair: Pair) -> Row:
    detail = pair.detail() | {"postgresql": scene.settings()}
    return Row(
        name,
        pair.ratio,
        "× without",
        peer=1.0,
        ratio=pair.ratio,
        goal=GOAL,
        detail=detail,
        limit=LIMIT,
    )


def _worst(rows: list[Row]) -> Row:
    """The dearest of all writes stands for the figure."""
    worst = max(rows, key=lambda row: row.value)
    detail = {"worst_is": worst.name, "all": {row.name: row.value for row in rows}}
    return dataclasses.replace(worst, name="write-path", detail=detail)


def compare(sides: tuple[Side, Side], action: Callable[[Side, int], Sample], times: int) -> Pair:
    without, suite = sides
    return common.alternate(
        lambda number: action(without, number), lambda number: action(suite, number), times
    )


def _with_servers(
    running: scene.Running, sides: tuple[Side, Side], first: Row, times: int, each: int
) -> list[Row]:
    """The price once more, and concurrent writers, while Odoo with its job runner runs beside:
    what was written is sent meanwhile."""
    for side in sides:
        running.odoo(side.database)
        side.take_jobs = False
    beside = compare(sides, Side.price, times)
    detail = {"ratio_beside_a_running_server": beside.ratio, **beside.detail()}
    rows = [
        Row(
            "write-path-price-beside-server",
            beside.ratio,
            "× without",
            peer=1.0,
            ratio=beside.ratio,
            detail=detail | {"alone": first.ratio},
        )
    ]
    common.progress(rows[0])
    rows.append(_serialization_failures(sides, each))
    common.progress(rows[1])
    return rows


class Side:
    """One of the two databases, and what is done in it."""

    def __init__(self, database: str) -> None:
        self.database = database
        self.take_jobs = False
        self.pickings: list[int] = []
        with scene.environment(database) as env:
            self.products = seed.products(env, PRODUCTS)
            self.templates = env["product.product"].browse(self.products).product_tmpl_id.ids
            self.location = seed.location(env).id
        self._prices = itertools.count(1)

    def connect(self, address: str) -> None:
        """Connect an account that lists all products."""
        self.take_jobs = True
        with scene.environment(self.database) as env:
            account = seed.account(env, address)
            seed.listings(env, account, self.products)

    def get_ready(self, times: int) -> None:
        """Deliveries for ``times`` samples; statistics and dead rows as after a quiet night."""
        missing = times + 20 - len(self.pickings)
        if missing > 0:
            with scene.environment(self.database) as env:
                self.pickings += seed.deliveries(env, self.products, missing)
        scene.cluster().sql(self.database, "VACUUM ANALYZE")

    # === WHAT IS TIMED === #

    def price(self, number: int) -> Sample:
        template, price = self.templates[number % PRODUCTS], self.next_price()
        return self._timed(
            lambda env: env["product.template"].browse(template).write({"list_price": price})
        )

    def price_of_variant(self, number: int) -> Sample:
        product, price = self.products[number % PRODUCTS], self.next_price()
        return self._timed(
            lambda env: env["product.product"].browse(product).write({"list_price": price})
        )

    def hundred_prices(self, number: int) -> Sample:
        price = self.next_price()

        def write(env: Any) -> None:
            for template in env["product.template"].browse(self.templates):
                template.write({"list_price": price})

        return self._timed(write)

    def stock(self, number: int) -> Sample:
        product, change = self.products[number % PRODUCTS], -1.0 if number % 2 else 1.0

        def move(env: Any) -> None:
            env["stock.quant"]._update_available_quantity(
                env["product.product"].browse(product),
                env["stock.location"].browse(self.location),
                change,
            )

        return self._timed(move)

    def delivery(self, number: int) -> Sample:
        picking = self.pickings.pop()

        def validate(env: Any) -> None:
            result = env["stock.picking"].browse(picking).button_validate()
            if result is not True:
                raise RuntimeError(f"the delivery asks something: {result}")

        return self._timed(validate)

    def next_price(self) -> float:
        """One that was never written before."""
        return 10 + next(self._prices) / 100

    # === HOW === #

    def _timed(self, action: Callable[[Any], object]) -> Sample:
        """One transaction: from the pool's cursor to the end of the commit."""
        cpu = time.thread_time()
        clock = time.perf_counter()
        with scene.environment(self.database) as env:
            session = env.cr._cnx.info.backend_pid
            used = common.cpu_of(session)
            action(env)
        clock = time.perf_counter() - clock
        cpu = time.thread_time() - cpu + common.cpu_of(session) - used
        if self.take_jobs:
            self._take_jobs()
        return clock, cpu

    def _take_jobs(self) -> None:
        """What the runner would do with a waiting job."""
        from odoo.sql_db import db_connect

        from odoo.addons.marketplace.tools.waker import waker

        if not waker.wait(10):
            raise RuntimeError("the engine was not woken within 10 s")
        with db_connect(self.database).cursor() as cr:
            cr.execute("UPDATE queue_job SET state = 'done' WHERE state = 'pending'")
            cr.execute("DELETE FROM queue_job WHERE state = 'done'")


# === CONCURRENCY === #


def _serialization_failures(sides: tuple[Side, Side], each: int) -> Row:
    """Eight writers on the same products while the engine sends what they write.

    Two transactions that write one product at the same time fail without the suite as well; so
    the writers take turns at each product, and whatever fails then is the suite's doing. How many
    fail when they do not is in the detail, for both databases.
    """
    turns = {side.database: _Writers(side, each, take_turns=True).run() for side in sides}
    crowds = {side.database: _Writers(side, each, take_turns=False).run() for side in sides}
    without, suite = (side.database for side in sides)
    detail = {
        "writers": WRITERS,
        "products": SHARED_PRODUCTS,
        "transactions": WRITERS * each,
        "failures": sum(turns[suite].values()),
        "failures_without": sum(turns[without].values()),
        "failed_statements": dict(turns[suite]),
        "without_turns": {
            "failures": sum(crowds[suite].values()),
            "failures_without": sum(crowds[without].values()),
            "failed_statements": dict(crowds[suite]),
        },
    }
    return Row(
        "write-path-serialization-failures",
        sum(turns[suite].values()),
        "failures",
        peer=sum(turns[without].values()),
        goal=0,
        detail=detail,
        limit=0,
    )


class _Writers:
    """Threads that write prices and stock, each in transactions of its own."""

    def __init__(self, side: Side, each: int, take_turns: bool) -> None:
        self._side = side
        self._each = each
        self._locks = [
            threading.Lock() if take_turns else None for _product in range(SHARED_PRODUCTS)
        ]
        self._failed: Counter[str] = Counter()
        self._errors: list[BaseException] = []

    def run(self) -> Counter[str]:
        """The tables on which a statement could not be serialized, and how often."""
        threads = [threading.Thread(target=self._write, args=(one,)) for one in range(WRITERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._errors:
            raise self._errors[0]
        return self._failed

    def _write(self, seed_number: int) -> None:
        from psycopg2 import errors

        chance = random.Random(seed_number)
        try:
            for _number in range(self._each):
                index = chance.randrange(SHARED_PRODUCTS)
                with ExitStack() as stack:
                    if lock := self._locks[index]:
                        stack.enter_context(lock)
                    try:
                        self._change(index, chance.random() < 0.5)
                    except (errors.SerializationFailure, errors.DeadlockDetected) as error:
                        self._failed[_table_of(error)] += 1
        except BaseException as error:
            self._errors.append(error)

    def _change(self, index: int, price: bool) -> None:
        side = self._side
        with scene.environment(side.database) as env:
            if price:
                template = env["product.template"].browse(side.templates[index])
                template.list_price = side.next_price()
            else:
                env["stock.quant"]._update_available_quantity(
                    env["product.product"].browse(side.products[index]),
                    env["stock.location"].browse(side.location),
                    1.0,
                )


def _table_of(error: Any) -> str:
    """The first words of the statement that failed."""
    query = error.cursor.query if error.cursor is not None else b""
    return " ".join((query or b"COMMIT").decode("utf-8", "replace").split()[:4])
