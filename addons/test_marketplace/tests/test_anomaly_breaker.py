"""A channel that fails all the time is left alone for a growing while (C10)."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.marketplace.tools import clock

from marketplace_adapters.core import (
    AuthError,
    RejectedError,
    ServerError,
    ThrottledError,
    TransportError,
)
from marketplace_adapters.testing import covers

from .common import MarketplaceCase


@tagged("post_install", "-at_install")
class TestBreaker(MarketplaceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.products = cls.env["product.product"].concat(
            *[cls._make_product(f"P{number}") for number in range(6)]
        )
        for product in cls.products:
            cls._list(product)
        cls.account.failure_limit = 3
        cls.began = clock.now()

    def setUp(self):
        super().setUp()
        self.moment = self.began
        self.patch(clock, "now", lambda: self.moment)
        self.run_engine()
        self.channel.calls.clear()
        self.env["marketplace.submission"].search([]).unlink()
        self.price = 10

    def send(self, *, times=1, products=None):
        """Change a price and send, so many times; the pauses of the items are over each time."""
        for _time in range(times):
            self.price += 1
            (products or self.products[0]).product_tmpl_id.list_price = self.price
            self.env["marketplace.outbox"].search([("status", "=", "new")]).not_before = False
            self.run_engine()

    def fail(self, error=None, times=99):
        self.channel.fail_next(error or ServerError("503"), verb="push", times=times)

    def mend(self):
        self.channel._faults.clear()

    def open_up(self):
        self.fail()
        self.send(times=3)
        self.channel.calls.clear()

    def minutes(self, number):
        self.moment += timedelta(minutes=number)

    def state(self):
        until = self.account.breaker_until
        left = (until - self.moment.replace(microsecond=0)).total_seconds() if until else 0
        return self.account.breaker_step, left

    def cause(self):
        return self.env["marketplace.cause"].search([("code", "=", "breaker")])

    @covers("C10")
    def test_failures_in_a_row_stop_sending_and_people_hear_it_once(self):
        self.fail()
        self.send(times=2)
        self.assertEqual(self.state(), (0, 0))
        self.send()
        self.assertEqual(self.state(), (1, 60))
        self.assertEqual(len(self.channel.pushes), 3)
        self.send(times=2)
        self.assertEqual(len(self.channel.pushes), 3)
        self.assertEqual(self.cause().title, "Fake does not work at present: 503")
        self.assertEqual((self.cause().state, self.cause().fault), ("open", "platform"))
        self.assertEqual(self.account.state, "connected")
        self.assertEqual(self.account.health, "bad")
        waiting = self.env["marketplace.outbox"].search([("status", "=", "new")])
        self.assertEqual(len(waiting), 1, "what waits coalesces")

    @covers("C10")
    def test_one_call_for_one_target_asks_whether_it_works_again(self):
        self.open_up()
        self.mend()
        self.send(products=self.products)
        self.assertEqual(self.channel.pushes, [])
        self.minutes(2)
        self.run_engine()
        self.assertEqual([len(call.items) for call in self.channel.pushes], [1, 5])
        self.assertEqual(self.state(), (0, 0))
        self.assertEqual(self.cause().state, "solved")

    @covers("C10")
    def test_the_pause_grows_to_an_hour(self):
        self.open_up()
        pauses = []
        for _step in range(4):
            self.minutes(61)
            self.run_engine()
            pauses.append(self.state())
        self.assertEqual(pauses, [(2, 300), (3, 900), (4, 3600), (5, 3600)])
        self.assertEqual(len(self.channel.pushes), 4)
        item = self.env["marketplace.outbox"].search([("status", "=", "new")])
        self.assertEqual(item.attempts, 3, "asking whether it works is no try of the item")

    def test_a_channel_that_does_not_work_is_in_trouble_at_once(self):
        self.account.breaker_step = 1
        self.assertEqual(self.account.health, "bad")
        self.account.breaker_step = 0
        self.assertEqual(self.account.health, "good")

    def test_the_next_job_comes_when_the_pause_is_over(self):
        self.open_up()
        self.env["queue.job"].search([]).unlink()
        self.run_engine()
        key = f"marketplace:_job_send:{self.account.id}:0"
        job = self.env["queue.job"].search([("identity_key", "=", key)])
        self.assertEqual(len(job), 1)
        self.assertAlmostEqual((job.eta - self.account.breaker_until).total_seconds(), 0, delta=1)

    def test_a_success_between_failures_begins_anew(self):
        self.fail(times=2)
        self.send(times=3)
        self.fail()
        self.send(times=2)
        self.assertEqual(self.state(), (0, 0))

    def test_too_many_calls_and_refused_ones_are_no_failures_of_the_channel(self):
        for error in (ThrottledError("slow", retry_after=0.01), RejectedError("no")):
            self.fail(error, times=3)
            self.send(times=3)
        self.assertEqual(self.state(), (0, 0))

    def test_throttling_between_failures_does_not_hide_them(self):
        for error in (ServerError("1"), ThrottledError("slow", retry_after=60)):
            self.fail(error, times=1)
            self.send()
        self.fail(TransportError("2"), times=2)
        self.send()
        self.assertEqual(self.state(), (0, 0))
        self.send()
        self.assertEqual(self.account.breaker_step, 1)

    def test_a_channel_that_refuses_works(self):
        self.open_up()
        self.mend()
        self.fail(RejectedError("no"), times=1)
        self.minutes(2)
        self.run_engine()
        self.assertEqual(self.state(), (0, 0))
        self.assertEqual(self.cause().state, "solved")

    def test_credentials_refused_by_the_probe_pause_the_account(self):
        self.open_up()
        self.mend()
        self.fail(AuthError("token"), times=1)
        self.minutes(2)
        self.run_engine()
        self.assertEqual((self.account.state, self.account.breaker_step), ("paused", 1))
        self.account.action_resume()
        self.run_engine()
        self.assertEqual(self.state(), (0, 0))

    def test_half_of_the_newest_items_failed(self):
        self.account.failure_limit = 50
        moment = self.moment - timedelta(minutes=1)
        rows = [("done", False, 10)] * 5 + [("failed", "TransportError", 10)] * 4
        for place, (state, error, items) in enumerate(rows):
            self.env["marketplace.submission"].create(
                {
                    "account_id": self.account.id,
                    "lane": "catalog",
                    "state": state,
                    "error_type": error,
                    "item_count": items,
                    "started_at": moment + timedelta(seconds=place),
                }
            )
        self.env.flush_all()
        self.assertFalse(self.account._fails_all_the_time(), "90 items are too few to say")
        failed = self.env["marketplace.submission"].search([], limit=1)
        last = failed.copy({"started_at": moment + timedelta(seconds=30)})
        last.write({"state": "failed", "error_type": "ServerError"})
        self.assertTrue(self.account._fails_all_the_time())
        last.item_count = 9
        failed.error_type = "RejectedError"
        self.assertFalse(self.account._fails_all_the_time())
        self.minutes(20)
        last.item_count = 500
        self.assertFalse(self.account._fails_all_the_time(), "it was long ago")

    def test_one_failed_batch_of_many_items_is_not_enough(self):
        self.account.failure_limit = 20
        self.fail(times=1)
        self.send(products=self.products)
        self.assertEqual(self.state(), (0, 0))

    def test_zero_switches_it_off(self):
        self.account.failure_limit = 0
        self.fail()
        self.send(times=5)
        self.assertEqual(self.state(), (0, 0))
        self.assertEqual(len(self.channel.pushes), 5)

    def test_switched_off_while_it_waits_it_goes_on(self):
        self.open_up()
        self.mend()
        self.account.failure_limit = 0
        self.run_engine()
        self.assertEqual(self.state(), (0, 0))

    def test_a_manager_has_it_tried_now(self):
        self.open_up()
        self.mend()
        self.account.action_try_now()
        self.minutes(0.1)
        self.run_engine()
        self.assertEqual(len(self.channel.pushes), 1)
        self.assertEqual(self.state(), (0, 0))

    def test_a_job_killed_with_its_probe_asks_again(self):
        self.open_up()
        self.mend()
        self.minutes(2)
        self.run_engine_to_its_death()
        self.assertEqual(self.account.breaker_step, 1)
        self.run_engine()
        self.assertEqual([len(call.items) for call in self.channel.pushes], [1])
        self.assertEqual(self.state(), (0, 0))

    def test_another_account_goes_on(self):
        other = self._make_account("Other")
        self._list(self.products[0], other)
        self.run_engine()
        self.open_up()
        self.assertEqual((self.account.breaker_step, other.breaker_step), (1, 0))
