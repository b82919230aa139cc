"""Test orders and orders that may be a fraud; cancellations, fees and what is told with them."""

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.marketplace.const import CANCEL_OPTIONS_KEY, REASON_KEY
from odoo.addons.marketplace.models.marketplace_engine import ORDERS_ALONE
from odoo.addons.marketplace.tools import clock

from marketplace_adapters.core import Kind
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.fake import order_line

from .order_common import OrderCase


@tagged("post_install", "-at_install")
class TestOrderRisk(OrderCase):
    def setUp(self):
        super().setUp()
        self.account.responsible_id = self.env.ref("base.user_admin")

    def place(self, order_id="O-1", **more):
        return self.take_in(self.document(order_id, self.two_lines(order_id), **more))

    # === TEST ORDERS === #

    @covers("X37")
    def test_a_test_order_is_recorded_only_and_says_why(self):
        order = self.place(test=True)
        self.assertEqual((order.test, order.sale_order_id.id), (True, False))
        self.assertEqual(order.why_not, "A test order: recorded only.")
        self.assertEqual((self.item().status, self.item().message), ("done", order.why_not))
        self.place(test=True, minutes=5, status="confirmed")
        self.assertEqual((order.status, order.sale_order_id.id), ("confirmed", False))

    @covers("X37")
    def test_a_test_order_may_be_a_quotation_and_is_never_confirmed(self):
        self.account.test_orders = "quotation"
        order = self.place(test=True, status="confirmed")
        sale = order.sale_order_id
        self.assertEqual((sale.state, sale.marketplace_test), ("draft", True))
        self.place(test=True, status="shipped", minutes=5)
        self.assertEqual(sale.state, "draft")
        with self.assertRaisesRegex(UserError, "test order: nobody pays it"):
            sale.action_confirm()
        held = self.env["marketplace.order"]._held_quantities(self.account, self.tea)
        self.assertEqual(held, {})

    # === RISK === #

    @covers("X37", "C11")
    def test_a_risky_order_waits_for_a_person_who_is_asked_once(self):
        order = self.place(risk="high", status="confirmed")
        sale = order.sale_order_id
        self.assertEqual((sale.state, order.risk_held), ("draft", True))
        self.assertIn("Possible fraud", order.attention)
        self.assertEqual(len(self.activities(sale)), 1)
        cause = self.causes()
        self.assertEqual(cause.code, "risk:O-1")
        self.place(risk="high", status="confirmed", minutes=5, note="again")
        self.assertEqual((sale.state, len(self.activities(sale))), ("draft", 1))
        held = self.env["marketplace.order"]._held_quantities(self.account, self.tea)
        self.assertEqual(held, {self.tea.id: 3.0})

    @covers("X37")
    def test_a_person_confirms_and_it_goes_on(self):
        order = self.place(risk="high", status="confirmed")
        sale = order.sale_order_id
        sale.action_confirm()
        self.assertEqual((sale.state, order.risk_held, order.attention), ("sale", False, False))
        self.assertEqual((self.causes().ids, self.activities(sale).ids), ([], []))
        self.place(risk="high", status="confirmed", minutes=5, note="again")
        self.assertEqual((sale.state, order.attention), ("sale", False))
        self.assertTrue(sale.picking_ids)

    def test_cancelling_it_answers_the_question_as_well(self):
        order = self.place(risk="high")
        order.sale_order_id._action_cancel()
        self.assertEqual((order.risk_held, self.causes().ids), (False, []))

    @covers("X37")
    def test_the_level_is_the_accounts(self):
        for level, risk, held in (
            ("high", "medium", False),
            ("medium", "medium", True),
            ("low", "low", True),
            ("never", "high", False),
            ("low", "", False),
        ):
            self.account.hold_risk = level
            order = self.place(f"O-{level}-{risk}", risk=risk)
            self.assertEqual(order.risk_held, held, (level, risk))
            self.assertEqual(order.sale_order_id.state, "draft" if held else "sale")

    def test_the_channel_thinks_better_of_it(self):
        order = self.place(risk="high")
        self.place(risk="low", minutes=5)
        self.assertEqual((order.sale_order_id.state, order.risk), ("sale", "low"))
        self.assertFalse(order.attention or self.causes())

    @covers("X37")
    def test_an_order_waits_for_a_risk_that_is_told_later(self):
        orders = type(self.env["marketplace.order"])
        self.patch(orders, "_waits_for_risk", lambda model, account, order: not order.risk)
        good = self.place("O-1", status="confirmed")
        bad = self.place("O-2", status="confirmed")
        self.assertEqual((good.sale_order_id.state, good.attention), ("draft", False))
        self.place("O-1", status="confirmed", risk="low", minutes=1)
        self.place("O-2", status="confirmed", risk="high", minutes=1)
        self.assertEqual((good.sale_order_id.state, bad.sale_order_id.state), ("sale", "draft"))
        self.assertEqual((good.risk_held, bad.risk_held), (False, True))
        self.account.hold_risk = "never"
        self.assertEqual(self.place("O-3").sale_order_id.state, "sale")

    def test_the_channel_finds_out_late(self):
        order = self.place(risk="low")
        self.assertEqual(order.sale_order_id.state, "sale")
        self.place(risk="high", minutes=5)
        self.assertEqual((order.sale_order_id.state, order.risk_held), ("sale", False))
        self.assertIn("after it was confirmed", order.attention)

    # === ORDERS THAT WAIT FOR THEIR RISK === #

    def let_wait(self):
        orders = type(self.env["marketplace.order"])
        self.patch(orders, "_waits_for_risk", lambda model, account, order: not order.risk)
        self.pulls = []
        self.patch(
            type(self.env["marketplace.engine"]),
            "_wake_pull",
            lambda engine, account: self.pulls.append(account.id),
        )

    @covers("X37")
    def test_the_channel_is_asked_at_once_and_as_long_as_an_order_waits(self):
        self.let_wait()
        order = self.place(status="confirmed")
        self.assertEqual((order.risk_awaited, order.attention), (True, False))
        self.assertEqual(self.pulls, [self.account.id])
        self.place(status="confirmed", minutes=1, note="again")
        self.assertEqual(self.pulls, [self.account.id] * 2)
        self.place(status="confirmed", risk="low", minutes=2)
        self.assertEqual((order.risk_awaited, order.sale_order_id.state), (False, "sale"))
        self.place(status="confirmed", minutes=3, note="no word of its risk")
        self.assertEqual(self.pulls, [self.account.id] * 2)
        # What the list itself does not tell yet is not asked for in a circle.
        self.take_in(self.document("O-3", self.two_lines("O-3"), status="confirmed"), source="pull")
        self.assertTrue(self.ledger("O-3").risk_awaited)
        self.account.hold_risk = "never"
        self.place("O-2", status="confirmed")
        self.assertEqual(self.pulls, [self.account.id] * 2)

    @covers("X37")
    def test_what_left_while_it_waited_leaves_once_it_goes_on(self):
        self.let_wait()
        self.account.validate_delivery = "always"
        order = self.place(status="confirmed")
        tea, milk = self.two_lines()
        lines = [{**tea, "shipped": "2"}, {**milk, "shipped": "0"}]
        self.take_in(self.document("O-1", lines, status="confirmed", risk="low", minutes=1))
        self.assertEqual(order.sale_order_id.order_line.mapped("qty_delivered"), [2.0, 0.0])

    @covers("X37")
    def test_paying_does_not_confirm_what_waits_and_a_known_risk_is_not_waited_for(self):
        self.let_wait()
        self.account.confirm_on = "confirmed"
        waits = self.place("O-1", status="pending")
        known = self.place("O-2", status="pending")
        self.place("O-2", status="pending", risk="low", minutes=1)
        self.assertEqual((waits.risk_awaited, known.risk_awaited), (True, False))
        self.assertEqual(known.sale_order_id.state, "draft")
        for order_id in ("O-1", "O-2"):
            self.place(order_id, status="confirmed", minutes=2)
        self.assertEqual((waits.sale_order_id.state, known.sale_order_id.state), ("draft", "sale"))
        self.place("O-1", status="confirmed", risk="low", minutes=3)
        self.assertEqual((waits.sale_order_id.state, waits.risk), ("sale", "low"))

    @covers("X37")
    def test_nothing_waits_for_ever(self):
        self.let_wait()
        order = self.place(status="confirmed")
        sale = order.sale_order_id
        orders = self.env["marketplace.order"]
        orders._ask_about_awaited()
        self.assertFalse(order.attention)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE marketplace_order SET create_date = create_date - interval '61 minutes'"
            " WHERE id = %s",
            [order.id],
        )
        order.invalidate_recordset()
        orders._ask_about_awaited()
        orders._ask_about_awaited()
        self.assertEqual((order.risk_awaited, order.risk_held, sale.state), (False, True, "draft"))
        self.assertIn("does not say whether this may be a fraud", order.attention)
        self.assertEqual(len(self.activities(sale)), 1)
        # News without a word of it leave it to the person; the word itself is still heard.
        self.place(status="confirmed", minutes=90, note="again")
        self.assertEqual((sale.state, order.risk_held), ("draft", True))
        self.place(status="confirmed", risk="low", minutes=91)
        self.assertEqual((sale.state, order.risk_held, order.attention), ("sale", False, False))
        self.assertEqual(self.activities(sale).ids, [])

    @covers("X37")
    def test_an_account_that_holds_nothing_any_more_lets_go_what_waits(self):
        self.let_wait()
        waits = self.place("O-1", status="confirmed")
        held = self.place("O-2", status="confirmed", risk="high")
        self.account.hold_risk = "never"
        self.assertEqual((waits.sale_order_id.state, waits.risk_awaited), ("sale", False))
        self.assertEqual((held.sale_order_id.state, held.risk_held), ("draft", True))

    def test_a_person_need_not_wait(self):
        self.let_wait()
        order = self.place(status="confirmed")
        order.sale_order_id.action_confirm()
        self.assertEqual((order.sale_order_id.state, order.risk_awaited), ("sale", False))
        self.place(status="confirmed", risk="high", minutes=1)
        self.assertEqual((order.sale_order_id.state, order.risk_held), ("sale", False))
        self.assertIn("after it was confirmed", order.attention)

    def test_orders_may_be_fetched_between_two_intervals_but_not_in_a_row(self):
        cursor = self.account._cursor("order")
        self.assertEqual(self.account._order_pull_pause(), 0)
        cursor.pulled_at = clock.now()
        self.assertGreater(self.account._order_pull_pause(), 0.5)
        cursor.pulled_at = clock.now() - timedelta(seconds=10)
        self.assertLess(self.account._order_pull_pause(), 0)
        cursor.not_before = clock.now() + timedelta(seconds=60)
        self.assertGreater(self.account._order_pull_pause(), 50)

    def test_a_pull_of_orders_alone_asks_for_nothing_else(self):
        asked = []
        accounts = type(self.account)
        self.patch(accounts, "_pull_topics", lambda account: ["order", "listing"])
        self.patch(accounts, "_pull_topic", lambda account, topic: asked.append(topic))
        jobs = [("identity_key", "like", "marketplace:_job_pull:%")]
        self.env["queue.job"].search(jobs).unlink()
        self.account.automatic = True
        self.account._cursor("order").pulled_at = clock.now()
        engine = self.env["marketplace.engine"].with_user(self.engine_user)
        engine._job_pull(self.account.id, ORDERS_ALONE)
        self.assertEqual(asked, ["order"])
        self.assertFalse(self.env["queue.job"].search(jobs), "the usual pull goes on by itself")
        engine._wake_pull(self.account)
        (job,) = self.env["queue.job"].search(jobs)
        self.assertEqual(job.identity_key, f"marketplace:_job_pull:{self.account.id}:1")
        self.assertTrue(job.eta)

    # === CANCELLATION === #

    def cancelled(self, **context):
        order = self.place(status="confirmed")
        self.run_engine()
        order.sale_order_id.with_context(**context)._action_cancel()
        self.run_engine()
        (item,) = [one for one in self.channel.order_items["O-1"] if one.kind is Kind.CANCEL]
        return item.state

    @covers("R267")
    def test_a_cancellation_says_what_the_account_says(self):
        self.account.write({"cancel_restock": False, "cancel_refund": True, "cancel_notify": True})
        told = self.cancelled(**{REASON_KEY: "FRAUD"})
        self.assertEqual(
            (told.reason, told.restock, told.refund, told.notify), ("FRAUD", False, True, True)
        )

    @covers("R267")
    def test_a_cancellation_says_what_a_person_chose(self):
        told = self.cancelled(**{CANCEL_OPTIONS_KEY: {"restock": False, "notify": True}})
        self.assertEqual((told.restock, told.refund, told.notify), (False, False, True))

    # === FEES === #

    @covers("R266")
    def test_each_fee_may_have_a_product_of_its_own(self):
        def with_fees(order_id):
            return self.take_in(
                self.document(
                    order_id,
                    [
                        *self.two_lines(order_id),
                        order_line(f"{order_id}-T", "", 1, 2, kind="fee", sku="tip", name="Tip"),
                        order_line(f"{order_id}-D", "", 1, 3, kind="fee", sku="duty", name="Duty"),
                    ],
                )
            ).sale_order_id

        sale = with_fees("O-1")
        usual = self.account.fee_product_id
        self.assertEqual(sale.order_line[2:].product_id, usual)
        self.assertEqual(self.account.fee_ids.mapped("code"), ["duty", "tip"])
        tip = self.env["product.product"].create({"name": "Tip", "type": "service"})
        self.account.fee_ids.filtered(lambda fee: fee.code == "tip").product_id = tip
        again = with_fees("O-2")
        self.assertEqual(again.order_line[2].product_id, tip)
        self.assertEqual(again.order_line[3].product_id, usual)
        self.assertEqual(len(self.account.fee_ids), 2)
