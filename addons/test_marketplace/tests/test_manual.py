"""Synchronization by hand and by the clock: both end in the same pipeline."""

from datetime import timedelta
from unittest.mock import patch

from dateutil.relativedelta import relativedelta
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.marketplace.models import marketplace_engine
from odoo.addons.queue_job.exception import RetryableJobError

from marketplace_adapters.core import AuthError, Kind, ThrottledError
from marketplace_adapters.testing import covers

from .order_common import NOON, OrderCase


@tagged("post_install", "-at_install")
class TestSyncWizard(OrderCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(
            cls.env, "m-user", groups="marketplace.group_user,sales_team.group_sale_salesman"
        )

    def wizard(self, mode, **vals):
        """As a person opens it: the defaults of the form, then what he changes."""
        wizards = self.env["marketplace.sync.wizard"].with_user(self.user)
        wizard = Form(wizards.with_context(default_mode=mode)).save()
        wizard.write(vals)
        return wizard

    def operations(self, model="product"):
        self.env.flush_all()
        return self.env[f"marketplace.{model}.operation"].search([], order="id")

    def settle(self):
        self.run_engine()
        self.channel.calls.clear()
        self.channel.order_items.clear()
        self.env.cr.execute("DELETE FROM marketplace_product_operation")
        self.env.cr.execute("DELETE FROM marketplace_order_operation")
        self.env.invalidate_all()

    def setUp(self):
        super().setUp()
        self.notes = []
        self.patch(marketplace_engine.waker, "note", lambda *note: self.notes.append(note))
        self.env.cr.postcommit.clear()

    def jobs(self, method):
        """(account id, argument) of what wakes the engine once this is committed."""
        self.env.cr.postcommit.run()
        return [note[2:] for note in self.notes if note[1] == method]

    # === PRODUCTS === #

    @covers("R40", "R42", "R43", "R58", "R60", "R82", "R206", "R436")
    def test_all_products_are_recorded_as_created_and_go_the_usual_way(self):
        self.settle()
        self.env.cr.postcommit.clear()
        self.notes.clear()
        wizard = self.wizard("products", force=True)
        self.assertEqual((wizard.account_ids, wizard.product_count), (self.account, 2))
        result = wizard.action_run()
        self.assertIn("2", result["params"]["message"])
        operations = self.operations()
        self.assertEqual(
            {(one.record_operation, one.record_id, one.user_id) for one in operations},
            {("create", self.tea.id, self.user), ("create", self.milk.id, self.user)},
        )
        self.assertEqual(len(operations), 2)
        self.assertEqual(self.jobs("_job_dispatch"), [(0, 0)])
        self.run_engine()
        self.assertEqual(
            {(item.target.external_id, item.kind) for item in self.channel.pushed},
            {
                (name, kind)
                for name in ("F-1", "F-2")
                for kind in (Kind.PRODUCT, Kind.PRICE, Kind.INVENTORY)
            },
        )
        self.assertEqual(operations.mapped("status"), ["success"] * 2)

    @covers("R42", "R56", "X5")
    def test_chosen_products_on_a_chosen_account(self):
        other = self._make_account("Second")
        self._list(self.tea, other)
        self.settle()
        wizard = self.wizard("products", scope="selection", force=True)
        wizard.account_ids = other
        with self.assertRaises(UserError):
            wizard.action_run()
        wizard.product_ids = self.tea
        self.assertEqual(wizard.product_count, 1)
        wizard.action_run()
        (operation,) = self.operations()
        self.assertEqual((operation.site_name, operation.account_id), ("fake", other))
        self.run_engine()
        self.assertEqual(self.channel.pushes, [])
        self.assertEqual(operation.delivery_ids.account_id, other)

    def test_an_account_that_is_not_connected_is_refused_in_plain_words(self):
        wizard = self.wizard("products")
        self.account._pause("for now")
        with self.assertRaises(UserError) as caught:
            wizard.action_run()
        self.assertIn("connected", str(caught.exception))

    def test_other_people_cannot_ask_for_it(self):
        outsider = new_test_user(self.env, "m-outsider", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.env["marketplace.sync.wizard"].with_user(outsider).create({"mode": "products"})

    # === ORDER STATUS AND SHIPMENTS === #

    @covers("R83", "X15")
    def test_the_order_status_of_three_months_is_told_by_default(self):
        now = fields.Datetime.now().replace(microsecond=0)
        with patch.object(fields.Datetime, "now", staticmethod(lambda: now)):
            wizard = self.wizard("order_status")
        self.assertEqual(wizard.date_from, now - relativedelta(months=3))
        self.assertFalse(wizard.date_to)

    @covers("R83", "R60", "R178")
    def test_orders_of_the_period_are_recorded_and_others_are_not(self):
        for name in ("O-1", "O-2", "O-3"):
            self.take_in(self.document(name, self.two_lines(name)))
        sales = self.env["marketplace.order"].search([], order="external_id").sale_order_id
        for sale, days in zip(sales, (10, 80, 100), strict=True):
            sale.date_order = fields.Datetime.now() - timedelta(days=days)
        self.settle()
        self.env["marketplace.order"].search([]).status = "pending"
        wizard = self.wizard("order_status")
        self.assertEqual(wizard.order_count, 2)
        wizard.action_run()
        operations = self.operations("order")
        self.assertEqual(sorted(operations.mapped("order_id")), sales[:2].ids)
        self.assertEqual(set(operations.mapped("record_operation")), {"confirmation"})
        self.run_engine()
        told = {
            name: [item.kind for item in items] for name, items in self.channel.order_items.items()
        }
        self.assertEqual(told, {"O-1": [Kind.STATUS], "O-2": [Kind.STATUS]})

    def test_a_period_that_ends_before_it_begins_is_refused(self):
        wizard = self.wizard("order_status", date_to=fields.Datetime.now() - timedelta(days=365))
        with self.assertRaises(UserError):
            wizard.action_run()

    @covers("R45", "R36")
    def test_parcels_that_the_channel_was_never_told_of_are_uploaded(self):
        self.account.sync_order_status = False
        order = self.take_in(self.document(lines=self.two_lines()))
        picking = self.deliver(order.sale_order_id)
        picking.carrier_tracking_ref = "T-9"
        self.settle()
        self.account.sync_order_status = True
        order.sale_order_id.date_order = fields.Datetime.now() - timedelta(days=200)
        wizard = self.wizard("order_status")
        wizard.action_run()
        self.assertEqual(self.operations("order").mapped("record_operation"), ["shipment"])
        self.run_engine()
        (item,) = [one for one in self.channel.order_items["O-1"] if one.kind is Kind.SHIPMENT]
        self.assertEqual((item.state.reference, item.state.tracking), (picking.name, "T-9"))
        self.channel.order_items.clear()
        self.wizard("order_status").action_run()
        self.run_engine()
        self.assertEqual(self.channel.order_items, {}, "the channel knows it now")

    def test_a_shipment_that_is_doubtful_is_not_told_by_the_button(self):
        order = self.take_in(self.document(lines=self.two_lines()))
        self.deliver(order.sale_order_id)
        self.channel.reject("O-1", kind=Kind.SHIPMENT)
        self.run_engine()
        self.channel.accept("O-1")
        item = self.env["marketplace.outbox"].search([("kind", "=", "shipment")])
        self.assertEqual(item.status, "error")
        self.wizard("order_status").action_run()
        self.assertNotIn("shipment", self.operations("order")[-1:].mapped("record_operation"))

    # === IMPORT === #

    @covers("R44", "X15")
    def test_the_orders_of_two_months_are_fetched_by_default_in_the_background(self):
        now = fields.Datetime.now().replace(microsecond=0)
        with patch.object(fields.Datetime, "now", staticmethod(lambda: now)):
            wizard = self.wizard("import")
        self.assertEqual(wizard.date_from, now - relativedelta(months=2))
        self.env.cr.postcommit.clear()
        self.channel.calls.clear()
        wizard.action_run()
        self.assertEqual(self.channel.calls, [], "nobody waits for the channel")
        period = f"{fields.Datetime.to_string(wizard.date_from)}/"
        self.assertEqual(self.jobs("_job_fetch"), [(self.account.id, period)])

    @covers("R44", "R206", "R321")
    def test_a_period_is_fetched_and_the_live_cursor_stays(self):
        for days, name in ((0, "N-1"), (40, "N-2"), (90, "N-3")):
            self.channel.place_order(
                name, self.two_lines(name), updated_at=(NOON - timedelta(days=days)).isoformat()
            )
        self.env["marketplace.engine"]._job_pull(self.account.id)
        self.env.invalidate_all()
        position = self.account.cursor_ids.position
        self.env.cr.execute("DELETE FROM marketplace_inbox")
        since, until = (NOON - timedelta(days=days) for days in (60, 10))
        period = "/".join(one.strftime("%Y-%m-%d %H:%M:%S") for one in (since, until))
        self.env["marketplace.engine"]._job_fetch(self.account.id, period)
        self.env.invalidate_all()
        self.assertEqual(self.env["marketplace.inbox"].search([]).mapped("external_id"), ["N-2"])
        self.assertEqual(self.account.cursor_ids.position, position)

    def test_a_fetch_that_must_wait_comes_again_and_refused_credentials_pause(self):
        engine = self.env["marketplace.engine"]
        self.channel.fail_next(ThrottledError("slow down", retry_after=7), verb="pull")
        with self.assertRaises(RetryableJobError) as caught:
            engine._job_fetch(self.account.id, "2030-01-01 00:00:00/")
        self.assertEqual((caught.exception.seconds, caught.exception.ignore_retry), (8, True))
        self.channel.fail_next(AuthError("revoked"), verb="pull")
        engine._job_fetch(self.account.id, "2030-01-01 00:00:00/")
        self.env.invalidate_all()
        self.assertEqual(self.account.state, "paused")


@tagged("post_install", "-at_install")
class TestClockwork(OrderCase):
    """What happens by itself, and when."""

    def jobs(self, method):
        self.env.flush_all()
        return self.env["queue.job"].search(
            [("identity_key", "=", f"marketplace:{method}:{self.account.id}:0")]
        )

    @covers("R79", "X6")
    def test_the_interval_is_sixty_seconds_unless_said_otherwise(self):
        self.assertEqual(self.account.interval, 60)
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.account.interval = 4
            self.env.flush_all()

    @covers("R41", "R160", "R161", "X6")
    def test_every_pull_arranges_the_next_one_after_the_interval(self):
        self.account.interval = 90
        self.env.flush_all()
        moment = fields.Datetime.now().replace(microsecond=0)
        with patch.object(marketplace_engine.clock, "now", lambda: moment):
            self.env["marketplace.engine"]._job_pull(self.account.id)
        self.assertEqual(self.jobs("_job_pull").mapped("eta"), [moment + timedelta(seconds=90)])
        self.env.invalidate_all()
        self.assertTrue(self.account.cursor_ids.pulled_at)

    @covers("R80", "X28")
    def test_without_automatic_no_next_pull_is_arranged(self):
        self.account.automatic = False
        self.env.flush_all()
        self.env["marketplace.engine"]._job_pull(self.account.id)
        self.assertFalse(self.jobs("_job_pull"))

    @covers("R41", "X28")
    def test_the_cron_makes_again_what_is_missing_for_connected_automatic_accounts(self):
        self.tea.list_price = 13
        self.receive(self.document(lines=self.two_lines()))
        self.env.cr.flush()
        self.env["marketplace.dispatcher"]._dispatch()
        methods = ("_job_send", "_job_pull", "_job_process")
        self.account._pause("for now")
        self.env.flush_all()
        self.env["marketplace.engine"]._cron_keep_going()
        self.assertFalse(any(self.jobs(method) for method in methods))
        self.account.write({"state": "connected", "automatic": False})
        self.env.flush_all()
        self.env["marketplace.engine"]._cron_keep_going()
        self.assertEqual([len(self.jobs(one)) for one in methods], [0, 0, 1])
        self.account.automatic = True
        self.env.flush_all()
        for _minute in range(2):
            self.env["marketplace.engine"]._cron_keep_going()
        self.assertEqual([len(self.jobs(one)) for one in methods], [1, 1, 1])

    @covers("R41")
    def test_connecting_an_account_fetches_and_sends_at_once(self):
        notes = []
        self.patch(marketplace_engine.waker, "note", lambda *note: notes.append(note[1:3]))
        account = self._make_account("New", state="draft")
        self.env.flush_all()
        self.env.cr.postcommit.clear()
        account.action_test_connection()
        self.assertEqual(account.state, "connected")
        self.assertEqual(notes, [], "not before the commit")
        self.env.cr.postcommit.run()
        self.assertLessEqual({("_job_pull", account.id), ("_job_send", account.id)}, set(notes))

    @covers("R147", "X27")
    def test_the_nightly_run_tells_what_differs_and_reads_two_days_back(self):
        self.run_engine()
        self.channel.calls.clear()
        self.env["marketplace.engine"]._job_pull(self.account.id)
        self.env.invalidate_all()
        cursor = self.account.cursor_ids
        cursor.position = fields.Datetime.now()
        self.tea_listing.acknowledged = {**self.tea_listing.acknowledged, "price": {"price": "1"}}
        self.env.flush_all()
        self.env["marketplace.engine"]._cron_reconcile()
        self.run_engine()
        self.assertEqual(
            [(item.kind, item.target.external_id) for item in self.channel.pushed],
            [(Kind.PRICE, "F-1")],
        )
        self.assertLess(cursor.position, fields.Datetime.now() - timedelta(days=1))
