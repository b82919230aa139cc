"""Deadlines of channels: shown, told in time, told to the managers when they are missed."""

from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.tests import new_test_user, tagged

from odoo.addons.marketplace.tools import clock

from marketplace_adapters.testing import covers

from .order_common import OrderCase

SHIP_BY = "2030-01-17T18:00:00Z"


@tagged("post_install", "-at_install")
class TestDeadline(OrderCase):
    def setUp(self):
        super().setUp()
        self.responsible = new_test_user(
            self.env, "d-responsible", groups="marketplace.group_user", tz="UTC"
        )
        self.manager = new_test_user(
            self.env, "d-manager", groups="marketplace.group_manager", tz="UTC"
        )
        self.account.write({"responsible_id": self.responsible.id, "deadline_hours": 24})

    def order(self, order_id="O-1", **more):
        more.setdefault("ship_by", SHIP_BY)
        return self.take_in(self.document(order_id, self.two_lines(order_id), **more))

    def at(self, text):
        moment = datetime.fromisoformat(text)
        return patch.object(clock, "now", lambda: moment)

    def run_cron(self, moment):
        with self.at(moment):
            self.env["marketplace.order"]._cron_deadlines()

    def told(self, record):
        return self.activities(record).filtered(
            lambda one: one.activity_type_id == self.env.ref("marketplace.activity_deadline")
        )

    @covers("C16", "R37")
    def test_the_earliest_deadline_counts_until_it_is_met(self):
        order = self.order(deliver_by="2030-01-20T18:00:00Z")
        self.assertEqual((order.deadline, order.deadline_kind), (datetime(2030, 1, 17, 18), "ship"))
        self.assertEqual(order.sale_order_id.marketplace_deadline, datetime(2030, 1, 17, 18))
        self.deliver(order.sale_order_id)
        self.assertEqual(
            (order.deadline, order.deadline_kind), (datetime(2030, 1, 20, 18), "deliver")
        )
        self.take_in(self.document(lines=self.two_lines(), minutes=9, status="delivered"))
        self.assertFalse(order.deadline)

    @covers("C16", "R37")
    def test_an_order_that_is_never_shipped_is_cancelled_by_the_channel_after_so_many_days(self):
        self.account.cancel_after_days = 30
        order = self.order(ship_by=None)
        self.assertEqual(
            (order.deadline, order.deadline_kind), (datetime(2030, 2, 14, 12), "cancel")
        )
        self.account.cancel_after_days = 0
        self.assertFalse(order.deadline)
        self.account.cancel_after_days = 1
        self.assertEqual(order.deadline, datetime(2030, 1, 16, 12))
        order.sale_order_id._action_cancel()
        self.assertFalse(order.deadline)

    def test_a_new_deadline_of_the_channel_is_taken_over(self):
        order = self.order()
        self.order(ship_by="2030-01-19T18:00:00Z", minutes=5)
        self.assertEqual(order.deadline, datetime(2030, 1, 19, 18))
        self.order(ship_by=None, minutes=6)
        self.assertEqual(order.ship_by, datetime(2030, 1, 19, 18))

    def test_orders_that_the_channel_delivers_from_its_own_store_are_not_ours_to_ship(self):
        self.assertFalse(self.order(stocked_by="channel").deadline)

    @covers("C16")
    def test_the_responsible_is_told_hours_before_and_once(self):
        sale = self.order().sale_order_id
        self.run_cron("2030-01-16T17:59:59")
        self.assertFalse(self.told(sale))
        self.run_cron("2030-01-16T18:00:00")
        activity = self.told(sale)
        self.assertEqual(activity.user_id, self.responsible)
        self.assertIn("Ship by 17 Jan 2030, 18:00", activity.summary)
        self.run_cron("2030-01-16T19:00:00")
        self.assertEqual(self.told(sale), activity)
        self.assertFalse(self.told(self.account))

    @covers("C16")
    def test_once_it_is_past_the_managers_are_told_in_one_message(self):
        for number in range(3):
            self.order(f"O-{number}")
        self.run_cron("2030-01-17T18:00:00")
        (activity,) = self.told(self.account).filtered(lambda one: one.user_id == self.manager)
        self.assertEqual(activity.summary, "Orders past their deadline: 3")
        self.assertIn("O-1: Ship by", activity.note)
        self.run_cron("2030-01-17T18:15:00")
        self.order("O-4", ship_by="2030-01-17T18:20:00Z")
        self.run_cron("2030-01-17T18:30:00")
        (same,) = self.told(self.account).filtered(lambda one: one.user_id == self.manager)
        self.assertEqual((same, same.summary), (activity, "Orders past their deadline: 4"))

    @covers("C16")
    def test_what_is_met_is_not_nagged_about(self):
        sale = self.order().sale_order_id
        self.run_cron("2030-01-17T18:00:00")
        self.assertTrue(self.told(sale))
        self.deliver(sale)
        self.run_cron("2030-01-17T18:15:00")
        self.assertFalse(self.told(sale))
        self.assertFalse(self.told(self.account))

    def test_a_later_deadline_is_told_anew(self):
        sale = self.order().sale_order_id
        self.run_cron("2030-01-17T17:00:00")
        first = self.told(sale)
        self.order(ship_by="2030-01-25T18:00:00Z", minutes=5)
        self.run_cron("2030-01-18T17:00:00")
        self.run_cron("2030-01-24T19:00:00")
        self.assertNotEqual(self.told(sale), first)
        self.assertIn("25 Jan", self.told(sale).summary)

    @covers("C16")
    def test_the_dashboard_counts_and_the_list_is_sorted_by_time_left(self):
        now = clock.now().replace(microsecond=0)
        for order_id, hours in (("O-1", 48), ("O-2", -3), ("O-3", -1), ("O-4", 90)):
            self.order(order_id, ship_by=f"{(now + timedelta(hours=hours)).isoformat()}Z")
        self.assertEqual(self.account.late_count, 2)
        action = self.account.with_context(figure="late").action_drill_down()
        self.assertEqual(action["res_model"], "marketplace.order")
        self.assertEqual(action["context"]["search_default_late"], 1)
        found = self.env["marketplace.order"].search(
            [("deadline", "<", "now"), ("account_id", "=", self.account.id)], order="deadline, id"
        )
        self.assertEqual(found.mapped("external_id"), ["O-2", "O-3"])

    @covers("C16")
    def test_the_time_that_is_left_is_said_in_hours_then_in_days(self):
        order = self.order()
        for moment, text in (
            ("2030-01-15T17:00:00", "2 days"),
            ("2030-01-15T19:00:00", "47 h"),
            ("2030-01-17T17:30:00", "0 h"),
            ("2030-01-17T20:59:00", "2 h late"),
            ("2030-01-20T18:00:00", "3 days late"),
        ):
            with self.subTest(moment=moment), self.at(moment):
                order.invalidate_recordset(["time_left"])
                self.assertEqual(order.time_left, text)

    @covers("C16")
    def test_due_today_is_until_midnight_where_the_user_is(self):
        self.env.user.tz = "UTC"
        today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        self.order("O-1", ship_by=f"{(today + timedelta(hours=23, minutes=59)).isoformat()}Z")
        self.order("O-2", ship_by=f"{(today + timedelta(hours=24, minutes=1)).isoformat()}Z")
        with patch.object(clock, "now", lambda: today + timedelta(hours=8)):
            self.account.invalidate_recordset()
            self.assertEqual((self.account.late_count, self.account.due_count), (0, 1))

    def test_many_orders_cost_no_more_queries_each(self):
        counts = []
        for size, start in ((5, 0), (5, 10), (50, 20)):
            for number in range(start, start + size):
                self.receive(
                    self.document(f"O-{number}", self.two_lines(f"O-{number}"), ship_by=SHIP_BY)
                )
            self.process()
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.run_cron("2030-01-17T17:00:00")
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLess(counts[2] - counts[1], 45 * 2)
