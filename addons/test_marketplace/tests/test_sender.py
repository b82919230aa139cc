"""Sending under trouble: killed jobs, lost answers, slow channels, bulks and fresh changes."""

from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.marketplace.const import MAX_ATTEMPTS
from odoo.addons.marketplace.models import marketplace_outbox
from odoo.addons.marketplace.tools import backoff, clock

from marketplace_adapters.core import Kind, TransportError
from marketplace_adapters.testing import covers

from .common import MarketplaceCase

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)


@tagged("post_install", "-at_install")
class TestSender(MarketplaceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tea = cls._make_product("Tea", 10.0, quantity=20)
        cls.listing = cls._list(cls.tea)

    def setUp(self):
        super().setUp()
        self.run_engine()
        self.channel.calls.clear()

    def last_item(self, kind="price"):
        return self.env["marketplace.outbox"].search(
            [("kind", "=", kind)], order="id desc", limit=1
        )

    def later(self, **delta):
        """The engine's clock some time from now."""
        moment = clock.now() + timedelta(**delta)
        return patch.object(clock, "now", lambda: moment)

    @covers("R315", "R326", "R66")
    def test_a_job_killed_after_the_claim_loses_nothing(self):
        self.tea.list_price = 11
        self.run_engine_to_its_death()
        item = self.last_item()
        self.assertEqual((item.status, item.submission_id.state), ("submitted", "sending"))
        self.run_engine()
        self.env.invalidate_all()
        self.assertEqual(item.status, "success")
        self.assertEqual([item.state.price.amount for item in self.channel.pushed], [11])

    @covers("R315")
    def test_a_job_killed_before_it_recorded_the_answer_tells_again(self):
        self.tea.list_price = 11
        self.run_engine_to_its_death("_apply_answer")
        self.run_engine()
        self.assertEqual(len(self.channel.pushes), 2)
        self.assertEqual(self.last_item().status, "success")

    @covers("R130", "R312")
    def test_a_lost_answer_of_a_price_is_told_again(self):
        self.channel.fail_next(TransportError("reset"), verb="push", after=True)
        self.tea.list_price = 11
        self.run_engine()
        item = self.last_item()
        self.assertEqual(item.status, "new")
        item.not_before = False
        self.run_engine()
        self.assertEqual(item.status, "success")

    def test_after_the_last_attempt_a_person_is_asked(self):
        self.tea.list_price = 11
        self.channel.fail_next(TransportError("reset"), verb="push", times=99)
        for attempt in range(1, MAX_ATTEMPTS + 1):
            self.run_engine()
            item = self.last_item()
            self.assertEqual(item.attempts, attempt)
            item.not_before = False
        self.assertEqual(item.status, "error")
        self.assertEqual(item.cause_id.code, "exhausted:TransportError")
        self.assertEqual(item.cause_id.waiting_count, 1)

    def test_an_item_that_waits_for_its_retry_gives_way_to_a_newer_one(self):
        self.tea.list_price = 11
        self.run_engine()
        self.channel.calls.clear()
        outbox = self.env["marketplace.outbox"]

        def change_meanwhile(call):
            if call.verb == "push":
                self.channel.on_call = None
                self.tea.list_price = 13
                self.env.cr.flush()
                self.env["marketplace.dispatcher"]._dispatch()

        self.channel.on_call = change_meanwhile
        self.channel.fail_next(TransportError("reset"), verb="push")
        self.tea.list_price = 12
        self.run_engine()
        items = outbox.search([("kind", "=", "price")], order="id desc", limit=2)
        self.assertEqual(items.mapped("status"), ["success", "superseded"])
        self.assertEqual(self.channel.listings[self.listing.external_id].price.amount, 13)

    @covers("R67", "R68")
    def test_an_asynchronous_channel_is_polled_until_it_is_done(self):
        self.tea.image_1920 = PIXEL
        self.run_engine()
        item = self.last_item("image")
        self.assertEqual((item.status, item.submission_id.state), ("pending", "pending"))
        operation = self.env["marketplace.product.operation"].search(
            [("delivery_ids.outbox_id", "=", item.id)], limit=1, order="id desc"
        )
        self.assertEqual(operation.status, "pending")
        with self.later(seconds=10):
            self.run_engine()
        self.assertEqual((item.status, item.submission_id.state), ("success", "done"))
        self.assertEqual(len(self.channel.listings[self.listing.external_id].images), 1)

    def test_a_submission_past_its_deadline_is_given_up_and_told_again(self):
        self.channel.polls_needed = -1
        self.tea.image_1920 = PIXEL
        self.run_engine()
        item = self.last_item("image")
        stuck = item.submission_id
        with self.later(hours=2):
            self.run_engine()
        self.assertEqual(stuck.state, "failed")
        self.assertEqual(item.status, "new")

    def test_an_item_the_channel_did_not_mention_is_told_again(self):
        self.channel.omit(self.listing.external_id)
        self.tea.list_price = 11
        self.run_engine()
        self.assertEqual(self.last_item().status, "new")
        self.assertEqual(self.last_item().message, "No answer.")

    def test_one_refused_listing_does_not_stop_the_others(self):
        others = [self._make_product(f"P{i}") for i in range(5)]
        for product in others:
            self._list(product)
        self.run_engine()
        self.channel.calls.clear()
        self.channel.reject(f"X{others[2].id}", "bad")
        for product in others:
            product.list_price = 5
        self.run_engine()
        self.assertEqual(len(self.channel.pushes), 1)
        self.assertEqual(
            [self.channel.listings[f"X{p.id}"].price.amount for p in others],
            [5, 5, 10, 5, 5],
        )

    # === FRESH CHANGES AND BULKS === #

    @covers("R314", "R318")
    def test_a_bulk_goes_out_in_full_batches_and_a_fresh_change_in_the_next_one(self):
        bulk = [self._make_product(f"P{i}") for i in range(25)]
        for product in bulk:
            self._list(product)
        self.run_engine()
        self.channel.calls.clear()
        self.account.batch_size = 10
        for product in bulk:
            product.list_price = 5
        self.env.cr.flush()
        self.env["marketplace.dispatcher"]._dispatch()
        self.tea.list_price = 6
        self.run_engine()
        sizes = [len(call.items) for call in self.channel.pushes]
        self.assertEqual(sizes, [10, 10, 6])
        first = {item.target.external_id for item in self.channel.pushes[0].items}
        self.assertIn(self.listing.external_id, first, "fresh ones go with the next batch")
        self.assertIn(f"X{bulk[0].id}", first, "the oldest do not starve")

    def test_only_a_third_send_in_a_row_waits_for_a_batch_to_fill(self):
        self.patch(marketplace_outbox, "LINGER_SENDS", 2)
        lane = next(lane for lane in self.account._limits().lanes if Kind.PRICE in lane.kinds)
        outbox = self.env["marketplace.outbox"]
        self.env.cr.execute("DELETE FROM marketplace_submission")
        self.assertEqual(outbox._linger(self.account, lane), 0)
        for _i in range(2):
            self.env["marketplace.submission"].create(
                {"account_id": self.account.id, "lane": lane.name, "started_at": clock.now()}
            )
        self.env.cr.execute(
            """
            INSERT INTO marketplace_outbox
                (account_id, kind, lane, listing_id, status, priority, created_at)
            VALUES (%s, 'price', %s, %s, 'new', 8, now() AT TIME ZONE 'UTC')
            """,
            [self.account.id, lane.name, self.listing.id],
        )
        self.env.flush_all()
        self.assertAlmostEqual(outbox._linger(self.account, lane), 0.5, places=1)

    def test_the_delay_before_a_retry_doubles_up_to_an_hour(self):
        delays = [backoff.retry_delay(n, random_=lambda: 0.5) for n in (1, 2, 3, 11, 5000)]
        self.assertEqual(delays, [5, 10, 20, 3600, 3600])
        self.assertEqual(backoff.retry_delay(1, random_=lambda: 0.0), 4.375)

    # === LOGS === #

    @covers("R434")
    def test_a_submission_keeps_its_calls_without_secrets(self):
        self.tea.list_price = 11
        self.run_engine()
        submission = self.last_item().submission_id
        self.assertEqual((submission.state, submission.item_count), ("done", 1))
        self.assertEqual(len(submission.exchange_ids), 1)
        self.assertIn("11.00", submission.exchange_ids.request)
        for exchange in submission.exchange_ids:
            self.assertNotIn("fake-token", exchange.request + exchange.response + exchange.url)

    def test_what_is_old_and_done_is_let_go_and_what_waits_stays(self):
        self.channel.reject(self.listing.external_id)
        self.tea.list_price = 11
        self.run_engine()
        failed = self.last_item()
        solved, fresh = (
            self.env["marketplace.cause"]._raise(self.account, code, code)
            for code in ("long ago", "lately")
        )
        (solved | fresh)._close()
        items = self.env["marketplace.inbox"].create(
            [
                {
                    "account_id": self.account.id,
                    "topic": "order",
                    "external_id": status,
                    "revision": "1",
                    "status": status,
                }
                for status in ("new", "done", "ignored", "quarantined", "error")
            ]
        )
        order_operations = self.env["marketplace.order.operation"].create(
            [
                {
                    "model_name": "sale.order",
                    "record_id": 1,
                    "order_id": 1,
                    "record_operation": "confirmation",
                    "operation_timestamp": clock.now(),
                    "dispatched_at": moment,
                }
                for moment in (clock.now(), False)
            ]
        )
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE marketplace_outbox SET status_at = status_at - interval '200 days';
            UPDATE marketplace_product_operation
               SET dispatched_at = dispatched_at - interval '200 days';
            UPDATE marketplace_order_operation
               SET dispatched_at = dispatched_at - interval '200 days';
            UPDATE marketplace_submission SET started_at = started_at - interval '200 days';
            UPDATE marketplace_exchange SET started_at = started_at - interval '200 days';
            UPDATE marketplace_inbox SET received_at = received_at - interval '200 days';
            UPDATE marketplace_cause SET last_at = last_at - interval '200 days'
             WHERE code = 'long ago';
            """
        )
        self.env.invalidate_all()
        self.env["marketplace.account"]._gc_log()
        self.env.invalidate_all()
        self.assertEqual(self.env["marketplace.outbox"].search([]), failed)
        self.assertEqual(len(self.env["marketplace.product.operation"].search([])), 1)
        self.assertFalse(self.env["marketplace.exchange"].search([]))
        self.assertEqual(items.exists().mapped("status"), ["new", "quarantined", "error"])
        self.assertEqual(order_operations.exists(), order_operations[1])
        self.assertEqual((solved | fresh | failed.cause_id).exists(), fresh | failed.cause_id)

    def test_a_younger_log_than_the_account_wants_to_keep_stays(self):
        self.account.write({"retention_days": 30, "body_retention_days": 5})
        self.tea.list_price = 11
        self.run_engine()
        counts = []
        for days in (4, 2, 25):
            for table, column in (
                ("outbox", "status_at"),
                ("submission", "started_at"),
                ("exchange", "started_at"),
            ):
                # pylint: disable=sql-injection
                self.env.cr.execute(
                    f"UPDATE marketplace_{table} SET {column} = {column} - interval '{days} days'"
                )
            self.env.invalidate_all()
            self.env["marketplace.account"]._gc_log()
            counts.append(
                [
                    bool(self.env[f"marketplace.{model}"].search_count([]))
                    for model in ("outbox", "submission", "exchange")
                ]
            )
        self.assertEqual(counts, [[True, True, True], [True, True, False], [False, False, False]])
