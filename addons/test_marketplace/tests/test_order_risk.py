"""Test orders and orders that may be a fraud; cancellations, fees and what is told with them."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.marketplace.const import CANCEL_OPTIONS_KEY, REASON_KEY

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
