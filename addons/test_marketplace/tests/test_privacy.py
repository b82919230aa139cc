"""What buyers ask by law: a trail of it, and what is done."""

import json
from datetime import date, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.marketplace.models import marketplace_privacy_carry, marketplace_privacy_report

from marketplace_adapters.testing import covers

from .order_common import NOON, OrderCase

NAME = "Rosalinde Quaddelbach"
EMAIL = "rosalinde@quaddelbach.example"
PHONE = "+4930555012345"


@tagged("post_install", "-at_install")
class TestPrivacy(OrderCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(cls.env, "p-manager", groups="marketplace.group_manager")

    def setUp(self):
        super().setUp()
        self.tea.invoice_policy = self.milk.invoice_policy = "order"
        self.buyer = {"id": "B-77", "name": NAME, "email": EMAIL, "phone": PHONE}

    def place(self, order_id="O-1", **more):
        more.setdefault("buyer", self.buyer)
        more.setdefault("status", "confirmed")
        place = {"name": NAME, "street": "Nebelweg 7", "city": "Kleinstadt", "country": "DE"}
        return self.take_in(
            self.document(order_id, self.two_lines(order_id), ship_to=place, **more)
        )

    def ask(self, kind, number="P-1", **more):
        data = {"id": number, "kind": kind, "updated_at": NOON.isoformat(), **more}
        self.receive(data, topic="privacy")
        self.process()
        return self.request(number)

    def request(self, number="P-1"):
        return self.env["marketplace.privacy.request"].search([("external_id", "=", number)])

    def night(self):
        self.env.flush_all()  # the cron works with an environment of its own
        self.env["marketplace.privacy.request"]._cron_carry_out()
        self.env.invalidate_all()

    def pay(self, invoice):
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({}).action_create_payments()

    def bill(self, order):
        invoice = order.sale_order_id._create_invoices()
        invoice.action_post()
        return invoice

    @covers("R371", "C18")
    def test_a_buyer_is_forgotten_and_the_trail_says_so(self):
        order = self.place()
        self.deliver(order.sale_order_id)
        sale, partner = order.sale_order_id, order.sale_order_id.partner_id
        total = sale.amount_total
        request = self.ask("forget_buyer", buyer="B-77", email=EMAIL, orders=["O-1"])
        self.assertEqual(
            (request.state, request.order_ids, request.deadline, request.buyer_id),
            ("new", order, date(2030, 2, 14), "B-77"),
        )
        self.assertFalse(self.item("P-1").payload)
        self.night()
        self.assertEqual((request.state, request.done_count), ("done", 1))
        self.assertEqual(request.done_by_id, self.env.ref("base.user_root"))
        self.assertIn("Buyers removed from orders: 1", request.result)
        self.assertTrue(order.buyer_removed_at)
        self.assertEqual(
            (partner.name, partner.email, sale.amount_total), (f"Buyer {partner.id}", False, total)
        )
        self.assertEqual(partner.country_id.code, "DE")
        self.assertFalse(self.env["marketplace.partner"].search([("external_id", "=", "B-77")]))
        self.assertFalse(self.causes())

    def test_the_same_request_twice_is_one(self):
        self.place()
        self.ask("forget_buyer", buyer="B-77")
        self.ask("forget_buyer", buyer="B-77", email="other@example.com")
        self.assertEqual(len(self.request()), 1)
        self.assertEqual(self.item("P-1").status, "ignored")
        self.assertFalse(self.item("P-1").payload)

    def test_a_buyer_nobody_knows_needs_nothing(self):
        request = self.ask("forget_buyer", buyer="B-404", email="nobody@example.com")
        self.night()
        self.assertEqual(
            (request.state, request.result), ("done", "Nothing was kept of this buyer.")
        )

    @covers("C18")
    def test_orders_that_are_open_keep_their_buyer_until_they_are_over(self):
        first, second = self.place("O-1"), self.place("O-2")
        self.deliver(first.sale_order_id)
        invoice = self.bill(first)
        request = self.ask("forget_buyer", buyer="B-77")
        self.assertEqual(request.order_ids, first | second)
        self.night()
        self.night()
        self.assertEqual((request.state, request.kept_count), ("waiting", 2))
        cause = self.causes()
        self.assertIn("Orders: 2. To do by", cause.title)
        self.assertEqual(len(cause.message_ids.filtered("partner_ids")), 1)
        self.pay(invoice)
        self.night()
        self.assertEqual(
            (request.state, request.kept_count, bool(first.buyer_removed_at)), ("waiting", 1, True)
        )
        # The contact is the other order's as well.
        self.assertEqual(second.sale_order_id.partner_id.name, NAME)
        second.sale_order_id._action_cancel()
        self.night()
        self.assertEqual((request.state, request.done_count), ("done", 2))
        self.assertEqual(second.sale_order_id.partner_id.email, False)
        self.assertEqual(invoice.amount_total, 40.0)
        self.assertFalse(self.causes())

    def test_a_manager_may_have_it_done_in_spite_of_an_unpaid_invoice(self):
        order = self.place()
        self.deliver(order.sale_order_id)
        self.bill(order)
        request = self.ask("forget_buyer", buyer="B-77")
        self.night()
        self.assertEqual(request.state, "waiting")
        request.with_user(self.manager).action_carry_out()
        self.assertEqual((request.state, request.done_by_id), ("done", self.manager))

    def test_goods_that_must_still_leave_need_their_receiver_whoever_asks(self):
        self.place()
        request = self.ask("forget_buyer", buyer="B-77")
        request.with_user(self.manager).action_carry_out()
        self.assertEqual((request.state, request.kept_count), ("waiting", 1))

    def test_a_document_that_never_became_an_order_is_forgotten_too(self):
        lines = [{"id": "U-1-1", "listing": "F-404", "quantity": "1", "price": "1"}]
        self.receive(self.document("U-1", lines, buyer=self.buyer))
        self.process()
        item = self.item("U-1")
        self.assertEqual(item.status, "quarantined")
        self.ask("forget_buyer", buyer="B-77", email=EMAIL.upper())
        item.invalidate_recordset()
        self.assertEqual((item.status, item.payload), ("ignored", False))

    @covers("R371", "C18")
    def test_a_buyer_who_asks_gets_a_file_through_a_person(self):
        self.place()
        request = self.ask("report", buyer="B-77")
        self.night()
        self.night()
        self.assertEqual(request.state, "ready")
        found = json.loads(request.attachment_id.raw)
        self.assertEqual([one["email"] for one in found["contacts"] if one["email"]], [EMAIL])
        (order,) = found["orders"]
        self.assertEqual((order["number"], order["total"], len(order["lines"])), ("O-1", 40.0, 2))
        self.assertEqual(
            len(self.env["ir.attachment"].search([("res_model", "=", request._name)])), 1
        )
        self.assertIn("wants to know what is kept", self.causes().title)
        request.with_user(self.manager).action_sent()
        self.assertEqual((request.state, request.done_by_id), ("done", self.manager))
        self.assertFalse(self.causes())
        later = NOON.replace(tzinfo=None) + timedelta(days=90)
        with patch.object(marketplace_privacy_report.clock, "now", lambda: later):
            self.env["marketplace.privacy.request"]._gc_files()
        self.assertFalse(request.attachment_id)

    def test_a_file_leaves_with_the_buyer(self):
        order = self.place()
        self.deliver(order.sale_order_id)
        report = self.ask("report", "P-1", buyer="B-77")
        self.night()
        self.assertTrue(report.attachment_id)
        self.ask("forget_buyer", "P-2", buyer="B-77")
        self.night()
        self.assertEqual(self.request("P-2").state, "done")
        self.assertFalse(report.attachment_id)

    @covers("R371", "C18")
    def test_a_shop_that_left_is_forgotten_whole(self):
        first = self.place("O-1")
        second = self.place("O-2", buyer={"id": "B-78", "name": "Ada", "email": "ada@example.com"})
        for order in (first, second):
            self.deliver(order.sale_order_id)
        self.account._pause("Disconnected on the channel.")
        with patch.object(marketplace_privacy_carry, "BATCH", 1):
            request = self.ask("forget_shop")
            self.night()
        self.assertEqual(
            (request.state, request.done_count, request.order_ids), ("done", 2, first | second)
        )
        names = (first | second).sale_order_id.partner_id.mapped("name")
        self.assertTrue(all(name.startswith("Buyer ") for name in names), names)
        self.assertFalse(
            self.env["marketplace.partner"].search([("account_id", "=", self.account.id)])
        )

    def test_a_shop_that_is_connected_is_not_forgotten_without_a_person(self):
        order = self.place()
        self.deliver(order.sale_order_id)
        request = self.ask("forget_shop")
        self.night()
        self.night()
        self.assertEqual((request.state, order.buyer_removed_at), ("decide", False))
        self.assertIn("connected again", self.causes().title)
        request.with_user(self.manager).action_dismiss()
        self.assertEqual(
            (request.state, request.result), ("done", f"Dismissed by {self.manager.name}.")
        )
        self.assertEqual(order.sale_order_id.partner_id.name, NAME)
        again = self.ask("forget_shop", "P-2")
        self.night()
        again.with_user(self.manager).action_carry_out()
        self.assertEqual(again.state, "done")
        self.assertTrue(order.buyer_removed_at)

    def test_one_that_fails_does_not_stop_the_next(self):
        order = self.place()
        self.deliver(order.sale_order_id)
        first = self.ask("report", "P-1", buyer="B-77")
        second = self.ask("forget_buyer", "P-2", buyer="B-404")
        with (
            patch.object(type(first), "_report", side_effect=ZeroDivisionError("secret")),
            self.assertLogs("odoo.addons.marketplace", "WARNING") as log,
        ):
            self.night()
        self.assertEqual((first.state, second.state), ("new", "done"))
        self.assertNotIn("secret", "".join(log.output))
        self.assertIn("ZeroDivisionError", self.causes().title)

    def test_only_managers_see_and_decide(self):
        self.place()
        request = self.ask("report", buyer="B-77")
        user = new_test_user(self.env, "p-user", groups="marketplace.group_user")
        with self.assertRaises(AccessError):
            request.with_user(user).action_dismiss()
        reader = new_test_user(self.env, "p-reader", groups="marketplace.group_user")
        self.env["ir.model.access"].create(
            {
                "name": "reads",
                "model_id": self.env["ir.model"]._get_id(request._name),
                "group_id": self.env.ref("marketplace.group_user").id,
                "perm_read": True,
            }
        )
        with self.assertRaises(UserError):
            request.with_user(reader).action_carry_out()
