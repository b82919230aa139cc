"""Orders of three lines through the inbox, against creating and confirming them one by one.

Two databases in one process, the same products and stock in both, measured in turn (ABBA), fifty
orders at a time. The suite's: a page of the channel is received, then processed as the job does
it; contacts are found or made, the order is created, its total compared, confirmed, its stock
reserved, the ledger written, the acknowledgement made ready. The peer's, without the suite: find
or make the contact, ``sale.order.create``, ``action_confirm``, commit, one order after the other.

Then the same orders three times, shuffled, by eight processes at once of which some are killed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import common
import deliveries
import documents
import scene
import seed
from common import Pair, Row, Sample
from documents import Document

COUNT = 1000
PAGE = 50
PRODUCTS = 100
GOAL, LIMIT = 0.75, 1.2


def measure(quick: bool = False) -> list[Row]:
    count = 200 if quick else COUNT
    with scene.Running() as running:
        sandbox = running.sandbox("import")
        without = running.database(scene.fresh("import_without"))
        suite = running.database(scene.fresh("import_suite", scene.SUITE))
        scene.begin_odoo(suite)
        peer, inbox = OneByOne(without), Inbox(suite, sandbox.room("cartona"))
        pair = common.alternate(peer.fifty, inbox.fifty, count // PAGE, warm_up=1)
        for side in (peer, inbox):
            side.check(count + PAGE)
        rows = [_row(pair, count)]
        common.progress(rows[0])
        rows.append(deliveries.measure(inbox.database, inbox.account, inbox.products, count))
        common.progress(rows[1])
    return rows


def _row(pair: Pair, count: int) -> Row:
    detail = pair.detail()
    spreads = {name: detail.pop(f"{name}_ms") for name in ("without", "suite")}
    per_order = {
        name: {key: value if key == "samples" else value / PAGE for key, value in spread.items()}
        for name, spread in spreads.items()
    }
    totals = [sum(clock for clock, _cpu in side) for side in (pair.suite, pair.without)]
    detail |= {
        "orders": count,
        "lines": documents.LINES,
        "orders_in_a_sample": PAGE,
        "suite_ms_an_order": per_order["suite"],
        "one_by_one_ms_an_order": per_order["without"],
        "ratio_of_totals": totals[0] / totals[1],
        "orders_a_second": count / totals[0],
        "peer_is": "contact found or made, sale.order.create, action_confirm, commit; no suite",
        "postgresql": scene.settings(),
    }
    return Row(
        "import", pair.ratio, "× one by one", "lower", 1.0, pair.ratio, GOAL, detail, limit=LIMIT
    )


class Side:
    """One of the two databases: products in stock, and orders that become sales orders."""

    def __init__(self, database: str) -> None:
        self.database = database
        with scene.environment(database) as env:
            self.products = seed.products(env, PRODUCTS)

    def page(self, number: int) -> list[Document]:
        """Fifty orders; number -1 is for warming up."""
        return documents.make(self.products, PAGE, first=(number + 1) * PAGE)

    def timed(self, action: Callable[[], object]) -> Sample:
        """Seconds by the clock, and of the processors in this thread and all database sessions."""
        before = self._cpu()
        clock = time.perf_counter()
        action()
        clock = time.perf_counter() - clock
        after = self._cpu()
        return clock, sum(used - before.get(pid, 0.0) for pid, used in after.items())

    def _cpu(self) -> dict[int, float]:
        with scene.environment(self.database) as env:
            env.cr.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
            used = {pid: common.cpu_of(pid) for (pid,) in env.cr.fetchall()}
        return used | {0: time.thread_time()}

    def check(self, count: int) -> None:
        """Both sides must have done the same work.

        :raises RuntimeError: orders are missing, or not confirmed and reserved, or of other totals.
        """
        expected = sum(
            (
                document.total
                for number in range(-1, count // PAGE - 1)
                for document in self.page(number)
            ),
            Decimal(),
        )
        with scene.environment(self.database) as env:
            found = summary(env)
        wanted = (count, expected, count * documents.LINES)
        if found != wanted:
            raise RuntimeError(f"{self.database} has {found}, not {wanted}")


def summary(env: Any) -> tuple[int, Decimal, int]:
    """Confirmed sales orders, the sum of their totals, and their reserved moves."""
    env.cr.execute("SELECT count(*), sum(amount_total) FROM sale_order WHERE state = 'sale'")
    count, total = env.cr.fetchone()
    env.cr.execute(
        """
        SELECT count(*) FROM stock_move move
          JOIN sale_order_line line ON line.id = move.sale_line_id
         WHERE move.state = 'assigned' AND move.quantity = line.product_uom_qty
        """
    )
    return count, money(total), env.cr.fetchone()[0]


def money(amount: float | None) -> Decimal:
    """To the cent; Odoo reads numeric columns as floats."""
    return Decimal(f"{amount or 0:.2f}")


class Inbox(Side):
    """The suite's: fifty at once."""

    def __init__(self, database: str, address: str) -> None:
        super().__init__(database)
        with scene.environment(database) as env:
            account = seed.account(env, address, webhook_rate=0)
            seed.listings(env, account, self.products)
            self.account = account.id
            self._engine = env.ref("marketplace.user_engine").id
        scene.cluster().sql(database, "VACUUM ANALYZE")

    def fifty(self, number: int) -> Sample:
        from marketplace_adapters.cartona.parsers import order_event

        payloads = [document.payload() for document in self.page(number)]

        def through() -> None:
            with scene.environment(self.database, self._engine) as env:
                account = env["marketplace.account"].browse(self.account)
                events = [order_event(payload) for payload in payloads]
                env["marketplace.inbox"]._receive(account, events, "pull")
            with scene.environment(self.database, self._engine) as env:
                account = env["marketplace.account"].browse(self.account)
                while env["marketplace.engine"]._process_batch(account):
                    pass

        return self.timed(through)


class OneByOne(Side):
    """The usual way: one order after the other, each in a transaction of its own."""

    def fifty(self, number: int) -> Sample:
        page = self.page(number)
        return self.timed(lambda: [self._import(document) for document in page])

    def _import(self, document: Document) -> None:
        with scene.environment(self.database) as env:
            order = env["sale.order"].create(
                {
                    "partner_id": self._contact(env, document).id,
                    "client_order_ref": document.payload()["receipt_id"],
                    "order_line": [
                        (
                            0,
                            0,
                            {
                                "product_id": product,
                                "product_uom_qty": quantity,
                                "price_unit": float(price),
                            },
                        )
                        for product, quantity, price in document.lines
                    ],
                }
            )
            order.action_confirm()

    def _contact(self, env: Any, document: Document) -> Any:
        retailer = document.retailer_payload()
        contacts = env["res.partner"]
        return contacts.search([("ref", "=", retailer["retailer_code"])], limit=1) or (
            contacts.create(
                {
                    "ref": retailer["retailer_code"],
                    "name": retailer["retailer_name"],
                    "phone": retailer["retailer_number"],
                    "street": retailer["retailer_address"],
                    "is_company": True,
                }
            )
        )
