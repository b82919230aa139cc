"""The figures of the dashboard: exact numbers from a log that is written by hand."""

from datetime import timedelta

from odoo import fields
from odoo.tests import new_test_user, tagged

from marketplace_adapters.testing import covers

from .common import MarketplaceCase


@tagged("post_install", "-at_install")
class TestFigures(MarketplaceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tea = cls._make_product("Tea")
        cls.listing = cls._list(cls.tea)

    def setUp(self):
        super().setUp()
        self.run_engine()
        for table in ("outbox", "submission", "exchange", "inbox", "product_operation"):
            # pylint: disable=sql-injection
            self.env.cr.execute(f"DELETE FROM marketplace_{table}")
        self.env.invalidate_all()
        self.now = fields.Datetime.now()

    # === A LOG === #

    def told(self, seconds, status="success", *, attempts=1, hours=1, submission=None):
        """A change that was told, so many seconds after it was made."""
        ended = self.now - timedelta(hours=hours)
        submission = submission or self.submission(1, hours=hours)
        operation = self.env["marketplace.product.operation"].create(
            {
                "model_name": "product.product",
                "record_id": self.tea.id,
                "record_operation": "write",
                "operation_timestamp": ended - timedelta(seconds=seconds),
                "dispatched_at": ended,
            }
        )
        item = self.env["marketplace.outbox"].create(
            {
                "account_id": self.account.id,
                "kind": "price",
                "lane": "catalog",
                "listing_id": self.listing.id,
                "status": status,
                "status_at": ended,
                "attempts": attempts,
                "submission_id": submission.id,
            }
        )
        self.env.flush_all()
        self.env.cr.execute(
            "INSERT INTO marketplace_operation_outbox (product_operation_id, outbox_id)"
            " VALUES (%s, %s)",
            [operation.id, item.id],
        )
        return item

    def submission(self, items, *, calls=1, seconds=0.5, hours=1, errors=0, state="done"):
        return self.env["marketplace.submission"].create(
            {
                "account_id": self.account.id,
                "lane": "catalog",
                "state": state,
                "item_count": items,
                "error_count": errors,
                "call_count": calls,
                "duration": seconds,
                "started_at": self.now - timedelta(hours=hours),
                "finished_at": self.now - timedelta(hours=hours),
            }
        )

    def call(self, status, seconds, *, hours=1):
        self.env["marketplace.exchange"].create(
            {
                "account_id": self.account.id,
                "status": status,
                "duration": seconds,
                "started_at": self.now - timedelta(hours=hours),
            }
        )

    def figures(self, hours=24):
        user = new_test_user(self.env, f"f-user-{hours}", groups="marketplace.group_user")
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["marketplace.figures"].with_user(user).get_figures(hours)

    def row(self, figures=None):
        rows = (figures or self.figures())["accounts"]
        return next(row for row in rows if row["id"] == self.account.id)

    # === WHAT IT SHOWS === #

    @covers("C12", "X38", "R428")
    def test_latency_is_from_the_change_to_the_acceptance(self):
        for seconds in range(1, 101):
            self.told(seconds / 10)
        row = self.row()
        self.assertAlmostEqual(row["p50"], 5.05, places=3)
        self.assertAlmostEqual(row["p95"], 9.505, places=3)
        self.assertEqual(self.account.health, "bad", "the goal is 5 seconds")

    @covers("C12", "X38", "R320", "R422")
    def test_the_error_rate_counts_what_ended_in_the_period(self):
        for _number in range(197):
            self.told(1)
        for _number in range(3):
            self.told(1, "error")
        self.told(1, "error", hours=30)
        waiting = self.told(1)
        waiting.status = "new"
        figures = self.figures()
        row = self.row(figures)
        self.assertEqual((row["finished"], row["failed"]), (200, 3))
        self.assertEqual(row["error_rate"], 1.5)
        self.assertEqual(figures["goals"], {"seconds": 5.0, "error_rate": 1.0})

    @covers("R429")
    def test_recovery_is_the_share_of_retried_changes_that_arrived(self):
        self.told(1)
        for _number in range(3):
            self.told(9, attempts=2)
        self.told(9, "error", attempts=10)
        row = self.row()
        self.assertEqual((row["retried"], row["recovered"], row["recovery_rate"]), (4, 3, 75.0))

    @covers("R421", "R426", "R422")
    def test_calls_are_counted_and_timed_by_account_with_its_platform(self):
        for number in range(1, 11):
            self.call(200, number / 10)
        self.call(500, 0.1)
        self.call(0, 0.1)
        self.call(200, 9, hours=30)
        row = self.row()
        self.assertEqual((row["provider"], row["calls"]), ("Fake", 12))
        self.assertAlmostEqual(row["answer_p50"], 0.45, places=3)
        self.assertEqual(row["calls_failed"], 2)
        self.assertAlmostEqual(row["call_error_rate"], 100 * 2 / 12)

    @covers("R427", "R428")
    def test_bulk_efficiency_and_speed_are_items_per_call_and_per_second(self):
        self.submission(100, calls=1, seconds=2)
        self.submission(50, calls=2, seconds=1)
        row = self.row()
        self.assertEqual((row["items"], row["sending_calls"]), (150, 3))
        self.assertEqual((row["items_per_call"], row["items_per_second"]), (50.0, 50.0))

    @covers("R423", "R437")
    def test_the_queue_is_counted_by_where_things_stand(self):
        for status, count in (("submitted", 2), ("pending", 3), ("error", 4)):
            for _number in range(count):
                self.told(1, status)
        waiting = self.told(1)
        waiting.status = "new"
        self.env["marketplace.inbox"].create(
            [
                {
                    "account_id": self.account.id,
                    "topic": "order",
                    "external_id": str(number),
                    "revision": "1",
                    "status": status,
                }
                for number, status in enumerate(["new", "quarantined", "error", "done"])
            ]
        )
        row = self.row()
        self.assertEqual(
            (row["waiting"], row["pending"], row["errors"], row["quarantine"]), (1, 5, 4, 3)
        )
        self.assertEqual(row["oldest_waiting_at"], waiting.created_at.isoformat(" ", "seconds"))

    @covers("R424")
    def test_the_last_success_of_each_direction(self):
        self.submission(1, hours=5)
        last = self.submission(1, hours=3)
        self.submission(1, hours=1, state="failed")
        pulled = (self.now - timedelta(hours=2)).replace(microsecond=0)
        self.env["marketplace.cursor"].create(
            {"account_id": self.account.id, "topic": "order", "pulled_at": pulled}
        )
        order = self.env["marketplace.order"].create(
            {
                "account_id": self.account.id,
                "external_id": "O-1",
                "first_seen_at": self.now - timedelta(hours=4),
            }
        )
        row = self.row()
        self.assertEqual(
            (row["last_sent_at"], row["last_pulled_at"], row["last_order_at"]),
            tuple(
                moment.isoformat(" ", "seconds")
                for moment in (last.finished_at, pulled, order.first_seen_at)
            ),
        )

    @covers("R422", "C11")
    def test_the_reasons_behind_errors_come_with_their_numbers(self):
        causes = self.env["marketplace.cause"]
        for code, count in (("few", 1), ("many", 3)):
            cause = causes._raise(self.account, code, f"Title of {code}", fault="platform")
            for _number in range(count):
                self.told(1, "error").cause_id = cause
        shown = [
            (one["title"], one["waiting"], one["fault"], one["account"])
            for one in self.figures()["causes"]
            if one["account"] == self.account.name
        ]
        self.assertEqual(
            shown,
            [
                ("Title of many", 3, "The channel", "Fake"),
                ("Title of few", 1, "The channel", "Fake"),
            ],
        )

    @covers("C12")
    def test_the_chart_has_no_gaps_and_adds_up(self):
        self.submission(7, hours=1)
        self.submission(5, errors=2, hours=10)
        self.submission(4, hours=20, state="failed")
        chart = self.figures()["chart"]
        self.assertIn(len(chart), (24, 25))
        self.assertEqual(sum(one["accepted"] for one in chart), 10)
        self.assertEqual(sum(one["failed"] for one in chart), 6)

    def test_another_company_s_accounts_are_not_in_the_figures(self):
        company = self.env["res.company"].create({"name": "Other"})
        foreign = self._make_account("Foreign", company_id=company.id)
        self.assertNotIn(foreign.id, [row["id"] for row in self.figures()["accounts"]])

    def test_an_account_without_a_log_has_no_figures_instead_of_zeros(self):
        row = self.row()
        for name in ("error_rate", "p50", "p95", "answer_p50", "recovery_rate", "items_per_call"):
            with self.subTest(name=name):
                self.assertIsNone(row[name])
        self.assertEqual(self.account.health, "good")
