"""Exactly once, with real transactions: threads, kills, shuffles."""

import random
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import psycopg2

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, tagged
from odoo.tests.common import get_db_name

from marketplace_adapters.core import Event, revision
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.fake import order_document, order_line

from .order_common import NOON

WORKERS = 8


@tagged("post_install", "-at_install")
class TestInboxRace(BaseCase):
    """Commits for real, on an account of its own; afterwards everything of it is removed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())
        cls.addClassCleanup(cls.clean_up)
        with cls.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            account = env["marketplace.account"].create(
                {
                    "name": f"Race {uuid.uuid4().hex}",
                    "provider": "fake",
                    "base_url": f"https://{uuid.uuid4().hex}.fake.example",
                    "state": "connected",
                }
            )
            env["marketplace.credential"]._store(account, "token", "fake-token")
            product = env["product.product"].create(
                {"name": "Race tea", "is_storable": True, "taxes_id": False, "list_price": 10}
            )
            env["marketplace.listing"].create(
                {"account_id": account.id, "product_id": product.id, "external_id": "R-1"}
            )
            cls.account_id, cls.product_id = account.id, product.id
            cls.currency = account.currency_id.name
            cls.engine_id = env.ref("marketplace.user_engine").id

    @classmethod
    def clean_up(cls):
        with cls.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})
            cls.forget_orders(env)
            account = env["marketplace.account"].browse(cls.account_id)
            partners = env["marketplace.partner"].search([("account_id", "=", account.id)])
            contacts = partners.partner_id
            account.unlink()
            contacts.unlink()
            product = env["product.product"].browse(cls.product_id)
            env["stock.quant"].search([("product_id", "=", product.id)]).unlink()
            product.product_tmpl_id.unlink()

    @classmethod
    def forget_orders(cls, env):
        orders = env["marketplace.order"].search([("account_id", "=", cls.account_id)])
        sales = orders.sale_order_id
        env["marketplace.outbox"].search([("account_id", "=", cls.account_id)]).unlink()
        env["marketplace.inbox"].search([("account_id", "=", cls.account_id)]).unlink()
        orders.unlink()
        sales._action_cancel()
        pickings = sales.picking_ids
        pickings.move_ids.unlink()
        pickings.unlink()
        sales.unlink()

    def setUp(self):
        super().setUp()
        self.addCleanup(self.forget)

    def forget(self):
        with self.registry.cursor() as cr:
            self.forget_orders(api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True}))

    # === WORKERS === #

    def document(self, number, *, minutes=0):
        return order_document(
            f"R-{number}",
            [order_line(f"{number}-1", "R-1", 1 + number % 5, 10)],
            now=NOON + timedelta(minutes=minutes),
            currency=self.currency,
            # A few buyers for all, so that the workers meet at their contacts as well.
            buyer={"id": f"RB-{number % 7}", "name": f"Racer {number % 7}"},
        )

    def events(self, documents):
        return [
            Event(
                "order",
                str(one["id"]),
                revision(one),
                one,
                datetime.fromisoformat(one["updated_at"].replace("Z", "+00:00")),
            )
            for one in documents
        ]

    def in_transaction(self, work):
        """One transaction as the engine runs it: repeated when somebody else was quicker."""
        for _attempt in range(50):
            try:
                with self.registry.cursor() as cr:
                    env = api.Environment(cr, self.engine_id, {})
                    return work(env, env["marketplace.account"].browse(self.account_id))
            except psycopg2.errors.UniqueViolation:
                continue
            except psycopg2.extensions.TransactionRollbackError:
                continue
        raise AssertionError("fifty conflicts in a row")

    def receive(self, documents):
        return self.in_transaction(
            lambda env, account: env["marketplace.inbox"]._receive(
                account, self.events(documents), "webhook"
            )
        )

    def work_off(self, limit=10):
        """Without the engine's lock for the account: the inbox must cope alone."""
        self.make_due()
        while self.in_transaction(
            lambda env, account: env["marketplace.inbox"]._process_waiting(account, limit)
        ):
            pass

    def make_due(self):
        """Nobody sleeps in a test: what was put off for two seconds is due now."""
        self.in_transaction(
            lambda env, account: env.cr.execute(
                "UPDATE marketplace_inbox SET not_before = NULL"
                " WHERE id IN (SELECT id FROM marketplace_inbox WHERE account_id = %s"
                " AND status = 'new' AND not_before IS NOT NULL FOR UPDATE SKIP LOCKED)",
                [account.id],
            )
        )

    def together(self, work, count=WORKERS):
        barrier = threading.Barrier(count)

        def run(number):
            barrier.wait()
            return work(number)

        with ThreadPoolExecutor(count) as pool:
            return [future.result() for future in [pool.submit(run, n) for n in range(count)]]

    def outcome(self):
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            orders = env["marketplace.order"].search([("account_id", "=", self.account_id)])
            sales = env["sale.order"].search([("origin", "=", orders[:1].account_id.name)])
            items = env["marketplace.inbox"].search([("account_id", "=", self.account_id)])
            partners = env["marketplace.partner"].search([("account_id", "=", self.account_id)])
            self.assertEqual(orders.sale_order_id, sales)
            return {
                "orders": len(orders),
                "sales": len(sales),
                "confirmed": len(sales.filtered(lambda sale: sale.state == "sale")),
                "total": sum(sales.mapped("amount_total")),
                "statuses": sorted(set(items.mapped("status"))),
                "items": len(items),
                "partners": len(
                    partners.filtered(lambda link: link.partner_id in orders.partner_id).partner_id
                ),
            }

    # === TESTS === #

    @covers("C2", "R322")
    def test_the_same_order_from_eight_workers_is_one_sales_order(self):
        document = self.document(1)
        new = self.together(lambda _worker: self.receive([document]))
        self.assertEqual(sorted(new), [0] * (WORKERS - 1) + [1])
        self.together(lambda _worker: self.work_off())
        self.work_off()
        self.assertEqual(
            self.outcome(),
            {
                "orders": 1,
                "sales": 1,
                "confirmed": 1,
                "total": 20.0,
                "statuses": ["done"],
                "items": 1,
                "partners": 1,
            },
        )

    @covers("C2")
    def test_orders_delivered_three_times_shuffled_by_eight_workers_are_there_once(self):
        documents = [self.document(number) for number in range(40)]
        dice = random.Random(7)
        deliveries = [one for one in documents for _time in range(3)]
        dice.shuffle(deliveries)

        def work(worker):
            mine = deliveries[worker::WORKERS]
            for start in range(0, len(mine), 5):
                self.receive(mine[start : start + 5])
                self.work_off(7)

        self.together(work)
        self.work_off()
        self.assertEqual(
            self.outcome(),
            {
                "orders": 40,
                "sales": 40,
                "confirmed": 40,
                "total": sum(float(one["total"]) for one in documents),
                "statuses": ["done"],
                "items": 40,
                "partners": 7,
            },
        )

    def test_versions_of_one_order_from_eight_workers_end_at_the_newest(self):
        versions = [
            {
                **self.document(3, minutes=minute),
                "lines": [order_line("3-1", "R-1", minute, 10)],
                "total": str(10 * minute),
            }
            for minute in range(1, 17)
        ]
        random.Random(3).shuffle(versions)

        def work(worker):
            for version in versions[worker::WORKERS]:
                self.receive([version])
                self.work_off(3)

        self.together(work)
        self.work_off()
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            order = env["marketplace.order"].search([("account_id", "=", self.account_id)])
            self.assertEqual(order.sale_order_id.order_line.product_uom_qty, 16.0)
            self.assertEqual(order.total, 160.0)

    @covers("C2", "R34")
    def test_a_worker_killed_before_its_commit_leaves_nothing_and_loses_nothing(self):
        documents = [self.document(number) for number in range(100, 110)]
        self.receive(documents)
        with self.assertRaises(psycopg2.OperationalError), self.registry.cursor() as cr:
            env = api.Environment(cr, self.engine_id, {})
            account = env["marketplace.account"].browse(self.account_id)
            self.assertEqual(env["marketplace.inbox"]._process_waiting(account), 10)
            env.flush_all()
            with self.registry.cursor() as killer:
                cr.execute("SELECT pg_backend_pid()")
                killer.execute("SELECT pg_terminate_backend(%s)", [cr.fetchone()[0]])
            cr.execute("SELECT 1")
        before = self.outcome()
        self.assertEqual((before["orders"], before["statuses"]), (0, ["new"]))
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            self.assertFalse(
                env["marketplace.outbox"].search([("account_id", "=", self.account_id)])
            )
        self.work_off()
        self.assertEqual(self.outcome()["orders"], 10)
        self.assertEqual(self.outcome()["statuses"], ["done"])
