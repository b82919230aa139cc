"""The same orders three times, shuffled, by eight processes at once, of which some are killed.

Each process delivers its share as webhooks (one message, one transaction) and processes what
waits, all at once on one account and without the engine's lock for the account, which would let
only one of them process: the inbox must cope alone. Killed are processes at random (SIGKILL, in
the middle of whatever they do); a new one goes on after the last message that was acknowledged,
so a message whose commit was not heard of comes once more.
"""

from __future__ import annotations

import multiprocessing
import random
import time
from collections import Counter
from decimal import Decimal
from multiprocessing.context import ForkProcess
from typing import Any

import documents
import scene
from common import Row
from documents import Document

from suite.console import SuiteError, say

WORKERS = 8
TIMES = 3
KILLS = 16
#: Orders in one transaction of a process: small, so that the processes meet often.
BATCH = 10
#: Messages that a process delivers between two transactions of processing.
STRIDE = 12
#: Seconds after which something hangs.
TIMEOUT = 900
#: Numbers of these orders begin here: other orders of the account are left aside.
FIRST = 500_000


def measure(database: str, account: int, products: list[int], count: int) -> Row:
    """Deliver, kill, count.

    :return: how many orders are missing, doubled or different; the goal is none.
    :raises SuiteError: it did not come to an end.
    """
    orders = documents.make(products, count, first=FIRST)
    started = time.monotonic()
    killed, conflicts = _Crowd(database, account, orders).run()
    seconds = time.monotonic() - started
    with scene.environment(database) as env:
        there = found(env, orders)
    bad = wrong(orders, there)
    detail = {
        "orders": count,
        "delivered": TIMES * count,
        "workers": WORKERS,
        "workers_killed": killed,
        "transactions_repeated": conflicts,
        "seconds": seconds,
        "sales_orders": sum(row["sales"] for row in there.values()),
        "total": float(sum(row["total"] for row in there.values())),
        "total_of_the_channel": float(sum(order.total for order in orders)),
        "wrong": bad[:20],
    }
    for line in bad[:20]:
        say(f"  WRONG: {line}")
    return Row("import-thrice", len(bad), "wrong orders", goal=0, detail=detail, limit=0)


# === WORKERS === #


class _Crowd:
    """Processes forked from this one, as Odoo forks its workers; replaced when killed."""

    def __init__(self, database: str, account: int, orders: list[Document]) -> None:
        chance = random.Random(3)
        bodies = [order.body(chance) for order in orders for _time in range(TIMES)]
        chance.shuffle(bodies)
        self._shares = [bodies[number::WORKERS] for number in range(WORKERS)]
        self._database, self._account = database, account
        self._chance = chance
        self._context = multiprocessing.get_context("fork")
        # One slot for each worker and no lock, which a killed process would never release.
        self._delivered = self._context.Array("i", WORKERS, lock=False)
        self._processed = self._context.Array("i", WORKERS, lock=False)
        self._conflicts = self._context.Array("i", WORKERS, lock=False)

    def run(self) -> tuple[int, int]:
        """:return: (processes killed, transactions that were repeated)"""
        workers = {number: self._start(number) for number in range(WORKERS)}
        everything = sum(len(share) for share in self._shares) * (1 + 1 / TIMES)
        killed, deadline = 0, time.monotonic() + TIMEOUT
        try:
            while any(worker.is_alive() for worker in workers.values()):
                if time.monotonic() > deadline:
                    raise SuiteError(f"orders still wait after {TIMEOUT} s")
                time.sleep(self._chance.uniform(0.02, 0.1))
                done = sum(self._delivered) + sum(self._processed)
                alive = [number for number, worker in workers.items() if worker.is_alive()]
                if killed < KILLS and done > everything * (killed + 0.5) / KILLS and alive:
                    victim = self._chance.choice(alive)
                    self._kill(workers[victim])
                    workers[victim] = self._start(victim)
                    killed += 1
        finally:
            for worker in workers.values():
                self._kill(worker)
        if failed := [worker.exitcode for worker in workers.values() if worker.exitcode]:
            raise SuiteError(f"{len(failed)} workers failed: exit codes {failed}")
        return killed, sum(self._conflicts)

    def _start(self, number: int) -> ForkProcess:
        from odoo import sql_db

        from odoo.addons.marketplace.tools.waker import waker

        # A child may not inherit connections, nor a lock that a thread holds.
        waker.wait()
        sql_db.close_all()
        worker = self._context.Process(target=self._work, args=(number,), daemon=True)
        worker.start()
        return worker

    def _kill(self, worker: ForkProcess) -> None:
        if worker.is_alive():
            worker.kill()
        worker.join()

    # === IN THE CHILD === #

    def _work(self, number: int) -> None:
        share = self._shares[number]
        while True:
            for body in share[self._delivered[number] :][:STRIDE]:
                self._repeated(number, self._deliver, body)
                self._delivered[number] += 1
            count = self._repeated(number, self._process)
            self._processed[number] += count
            if count or self._delivered[number] < len(share):
                continue
            if not self._repeated(number, self._waiting):
                return
            time.sleep(0.2)  # what another process holds is put off for two seconds

    def _repeated(self, number: int, work: Any, *arguments: Any) -> Any:
        """A transaction as Odoo runs it: once more when somebody else was quicker."""
        import psycopg2

        while True:
            try:
                with scene.environment(self._database) as env:
                    engine = env(user=env.ref("marketplace.user_engine").id)
                    account = engine["marketplace.account"].browse(self._account)
                    return work(account, *arguments)
            except (
                psycopg2.errors.UniqueViolation,
                psycopg2.extensions.TransactionRollbackError,
            ):
                self._conflicts[number] += 1

    def _deliver(self, account: Any, body: bytes) -> None:
        status, answer, _headers = account._webhook({"AuthorizationToken": scene.TOKEN}, body)
        if status != 200:
            raise RuntimeError(f"a message was refused: {status} {answer}")

    def _process(self, account: Any) -> int:
        count: int = account.env["marketplace.inbox"]._process_waiting(account, BATCH)
        return count

    def _waiting(self, account: Any) -> bool:
        inbox = account.env["marketplace.inbox"].sudo()
        domain = [("account_id", "=", account.id), ("status", "=", "new")]
        return bool(inbox.search_count(domain, limit=1))


# === WHAT BECAME OF THEM === #


def found(env: Any, orders: list[Document]) -> dict[str, dict[str, Any]]:
    """What is in the database of each order, by its id on the channel."""
    numbers = {order.payload()["receipt_id"]: order.hashed_id for order in orders}
    env.cr.execute(
        """
        SELECT sale.client_order_ref, count(*), sum(amount_total),
               bool_and(state = 'sale' AND (SELECT count(*) FROM sale_order_line line
                                              JOIN stock_move move ON move.sale_line_id = line.id
                                             WHERE line.order_id = sale.id
                                               AND move.state = 'assigned'
                                               AND move.quantity = line.product_uom_qty) = %s)
          FROM sale_order sale WHERE client_order_ref = ANY(%s) GROUP BY 1
        """,
        [documents.LINES, list(numbers)],
    )
    rows = {
        numbers[number]: {"sales": sales, "total": Decimal(f"{total:.2f}"), "reserved": reserved}
        for number, sales, total, reserved in env.cr.fetchall()
    }
    for name, statement in _COUNTS.items():
        env.cr.execute(statement, [list(numbers.values())])
        counts: Counter[str] = Counter(dict(env.cr.fetchall()))
        for hashed_id, row in rows.items():
            row[name] = counts[hashed_id]
    return rows


_COUNTS = {
    "ledger_rows": """
        SELECT external_id, count(*) FROM marketplace_order
         WHERE external_id = ANY(%s) GROUP BY 1""",
    "inbox_items_done": """
        SELECT external_id, count(*) FROM marketplace_inbox
         WHERE external_id = ANY(%s) AND status = 'done' GROUP BY 1""",
    "acknowledgements": """
        SELECT ledger.external_id, count(*) FROM marketplace_outbox item
          JOIN marketplace_order ledger ON ledger.id = item.order_id
         WHERE ledger.external_id = ANY(%s) AND item.kind = 'acknowledge' GROUP BY 1""",
}


def wrong(orders: list[Document], there: dict[str, dict[str, Any]]) -> list[str]:
    """One line for each order that is not there exactly once as the channel has it."""
    lines = []
    for order in orders:
        expected = {
            "sales": 1,
            "total": order.total,
            "reserved": True,
            **dict.fromkeys(_COUNTS, 1),
        }
        row = there.get(order.hashed_id, {"sales": 0, "total": Decimal()})
        if row != expected:
            lines.append(f"{order.hashed_id}: {row}")
    return lines
