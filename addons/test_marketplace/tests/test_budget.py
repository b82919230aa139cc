"""The rate budget: one bucket for all workers, with a share that only orders may use."""

import threading
from datetime import timedelta

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, tagged
from odoo.tests.common import get_db_name

from marketplace_adapters.core import Kind, Rate, ThrottledError
from marketplace_adapters.testing import covers

from .order_common import OrderCase

WORKERS, BURST = 8, 20


@tagged("post_install", "-at_install")
class TestBudget(OrderCase):
    def budget(self):
        return self.env["marketplace.budget"]._of(self.account)

    def refusal(self, budget, bucket="listing"):
        # Not assertRaises: Odoo's rolls back what was counted.
        try:
            budget.take(bucket)
        except ThrottledError as exc:
            return exc
        raise AssertionError("granted")

    def row(self, bucket="listing"):
        self.env.invalidate_all()
        return self.env["marketplace.budget"].search(
            [("account_id", "=", self.account.id), ("bucket", "=", bucket)]
        )

    def empty(self, bucket, tokens):
        """A bucket that nothing flows into while the test runs."""
        budget = self.budget()
        budget.rates = {bucket: Rate(0.001, 100)}
        budget.take(bucket)
        self.row(bucket).tokens = tokens
        self.env.flush_all()
        return budget

    @covers("C9", "R333")
    def test_a_call_takes_a_token_and_an_empty_bucket_says_how_long_to_wait(self):
        budget = self.empty("listing", 12.0)
        taken = self.row().taken
        budget.take("listing")
        budget.take("listing")
        self.assertGreater(self.refusal(budget).retry_after, 0)
        self.assertEqual((self.row().taken, self.row().refused), (taken + 2, 1))
        budget.take("a bucket without a rate is free")

    @covers("C9")
    def test_the_reserved_share_is_for_orders(self):
        budget = self.empty("listing", 10.0)
        self.refusal(budget)
        budget.urgent = True
        for _call in range(10):
            budget.take("listing")
        self.refusal(budget)

    @covers("C9")
    def test_orders_are_pulled_and_told_from_the_reserved_share(self):
        order = self.take_in(self.document(lines=self.two_lines()))
        self.run_engine()
        self.channel.calls.clear()
        self.env["marketplace.budget"].search([]).write({"tokens": 3, "per_second": 0.001})
        self.env["marketplace.budget"].search([]).write({"burst": 200})
        self.env.flush_all()
        self.tea.list_price = 99
        order.sale_order_id.with_context(marketplace_cancel_reason="x")._action_cancel()
        self.run_engine()
        self.assertEqual({item.kind for item in self.channel.pushed}, {Kind.CANCEL})
        self.env["marketplace.engine"]._job_pull(self.account.id)
        self.assertEqual([call.verb for call in self.channel.calls][-1], "pull")
        waiting = self.env["marketplace.outbox"].search([("status", "=", "new")])
        self.assertIn("price", waiting.mapped("kind"))

    @covers("R357", "R411", "C9")
    def test_what_the_channel_says_is_believed(self):
        budget = self.empty("listing", 50.0)
        budget.learn("listing", remaining=3, limit=40, per_second=0.0001)
        row = self.row()
        self.assertEqual((row.tokens, row.burst, row.per_second), (3.0, 40.0, 0.0001))
        budget.learn("listing", remaining=30)
        self.assertAlmostEqual(self.row().tokens, 3.0, 1, "never more than we know of")
        budget.learn("listing", unused=2)
        self.assertAlmostEqual(self.row().tokens, 5.0, 1, "what a call did not need comes back")
        budget.learn("listing", unused=100)
        self.assertEqual(self.row().tokens, 40.0, "never more than the bucket holds")
        budget.learn("listing", retry_after=60)
        row = self.row()
        self.assertEqual((row.throttled, row.is_blocked, row.available), (1, True, 0.0))
        budget.urgent = True
        self.assertAlmostEqual(self.refusal(budget).retry_after, 60, delta=5)

    @covers("C9")
    def test_what_flowed_in_during_a_call_is_not_counted_twice(self):
        budget = self.empty("listing", 10.0)
        row = self.row()
        row.write({"per_second": 1.0, "updated_at": row.updated_at - timedelta(seconds=30)})
        self.env.flush_all()
        budget.learn("listing", remaining=35, unused=20)
        self.assertAlmostEqual(self.row().tokens, 35, delta=1)
        budget.urgent = True
        budget.take("listing", 30)
        self.assertLess(self.row().tokens, 10)

    @covers("C9")
    def test_the_gauge_shows_what_is_left_and_what_is_allowed(self):
        self.empty("listing", 25.0)
        row = self.row()
        self.assertEqual((row.available, row.available_share), (25.0, 25.0))
        self.assertEqual(row.rate_text, "3.6 an hour, 100 at once")


@tagged("post_install", "-at_install")
class TestSharedBudget(BaseCase):
    """Real connections: the bucket is shared by whoever works, on whichever server."""

    @covers("C9", "R333")
    def test_eight_workers_together_get_no_more_than_the_burst(self):
        registry = Registry(get_db_name())
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            account = env["marketplace.account"].create(
                {"name": "Shared", "provider": "fake", "base_url": "https://shared.fake.example"}
            )
        granted, lock = [], threading.Lock()
        start = threading.Barrier(WORKERS)

        def work():
            with registry.cursor() as own:
                budget = api.Environment(own, SUPERUSER_ID, {})["marketplace.budget"]._of(
                    account.with_env(api.Environment(own, SUPERUSER_ID, {}))
                )
                budget.rates = {"calls": Rate(0.0001, BURST)}
                budget.urgent = True
                start.wait(30)
                for _call in range(BURST):
                    try:
                        budget.take("calls")
                    except ThrottledError:
                        continue
                    with lock:
                        granted.append(1)

        threads = [threading.Thread(target=work) for _worker in range(WORKERS)]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
            self.assertEqual(len(granted), BURST)
        finally:
            with registry.cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                env["marketplace.account"].browse(account.id).unlink()
