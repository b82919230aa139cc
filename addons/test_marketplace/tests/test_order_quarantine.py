"""What cannot be imported waits with a reason, hurts nobody else, and goes on by itself."""

from unittest.mock import patch

import psycopg2

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools.translate import code_translations

from marketplace_adapters.core import Event
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.fake import order_line

from .order_common import OrderCase

PROCESSING = "odoo.addons.marketplace.models.marketplace_inbox_process"


@tagged("post_install", "-at_install")
class TestOrderQuarantine(OrderCase):
    def unknown(self, order_id="O-1", external_id="F-404", **more):
        return self.document(
            order_id,
            [order_line("1", "F-1", 1, 10), order_line("2", external_id, 1, 5, name="Honey")],
            **more,
        )

    @covers("X24", "R307", "R170", "R302")
    def test_an_unknown_product_holds_the_whole_order_with_a_reason_in_words(self):
        self.take_in(self.unknown())
        item = self.item()
        self.assertEqual(item.status, "quarantined")
        self.assertEqual(item.message, "The product Honey (F-404) is not linked.")
        self.assertEqual(item.cause_id.code, "unknown_product:F-404")
        self.assertIn(
            "create one for your product with external id or SKU F-404", item.cause_id.advice
        )
        self.assertFalse(self.ledger())

    def test_reasons_are_in_the_language_of_the_accounts_people(self):
        self.env["res.lang"]._activate_lang("ar_001")
        self.account.user_id = self.env["res.users"].create(
            {"name": "Salma", "login": "salma", "lang": "ar_001"}
        )
        self.receive(self.unknown())
        self.env["marketplace.engine"].with_user(self.engine_user)._job_process(self.account.id)
        self.env.invalidate_all()
        (item,) = self.env["marketplace.inbox"].search([("account_id", "=", self.account.id)])
        arabic = code_translations.get_python_translations("marketplace", "ar_001")
        words = arabic["The product %(product)s (%(identifier)s) is not linked."]
        self.assertEqual(item.cause_id.title, words % {"product": "Honey", "identifier": "F-404"})

    @covers("C11", "R294")
    def test_linking_the_product_lets_all_orders_that_waited_go_on(self):
        documents = [self.unknown(f"O-{number}") for number in range(1, 8)]
        self.receive(*documents)
        self.process()
        cause = self.causes()
        self.assertEqual((len(cause), cause.waiting_count), (1, 7))
        honey = self._make_product("Honey", quantity=10)
        self._list(honey, external_id="F-404")
        self.assertEqual(cause.state, "solved")
        self.process()
        self.assertEqual(
            len(self.env["marketplace.order"].search([("account_id", "=", self.account.id)])), 7
        )
        self.assertEqual(self.statuses(), ["done"] * 7)
        self.assertFalse(self.causes())

    def test_a_status_of_a_held_order_waits_with_it_and_asks_for_nothing_else(self):
        self.take_in(self.unknown())
        self.receive(
            {"id": "O-1", "status": "cancelled", "updated_at": "2030-01-15T13:00:00Z"},
            topic="status",
        )
        self.process()
        cause = self.causes()
        self.assertEqual((cause.code, cause.waiting_count), ("unknown_product:F-404", 2))
        self.assertEqual(self.statuses(), ["quarantined"] * 2)
        self._list(self._make_product("Honey", quantity=10), external_id="F-404")
        self.process()
        self.assertEqual(self.ledger().sale_order_id.state, "cancel")
        self.assertFalse(self.causes())

    def test_giving_an_existing_listing_the_external_id_lets_them_go_on_too(self):
        honey = self._make_product("Honey")
        listing = self._list(honey, external_id=False)
        self.take_in(self.unknown())
        listing.external_id = "F-404"
        self.process()
        self.assertTrue(self.ledger().sale_order_id)

    @covers("X24", "R172")
    def test_an_account_may_leave_unknown_lines_out_and_says_so_on_the_order(self):
        self.account.unknown_line = "skip"
        order = self.take_in(self.unknown())
        sale = order.sale_order_id
        self.assertEqual((sale.amount_total, len(sale.order_line)), (10.0, 1))
        self.assertIn(
            "Left out, because its product is not linked: 1 × Honey (F-404).",
            sale.message_ids[-1].body,
        )
        self.assertEqual(self.item().status, "done")

    def test_an_order_of_unknown_lines_only_is_held_even_then(self):
        self.account.unknown_line = "skip"
        self.take_in(self.document(lines=[order_line("1", "F-404", 1, 5)]))
        self.assertEqual(self.item().cause_id.code, "empty_order")

    @covers("R85", "R47")
    def test_people_are_told_once_for_each_cause(self):
        seller = self.env["res.users"].create(
            {
                "name": "Seller",
                "login": "seller-told",
                "email": "seller@example.com",
                "group_ids": [(4, self.env.ref("marketplace.group_user").id)],
            }
        )
        self.account.responsible_id = seller
        self.receive(*[self.unknown(f"O-{number}") for number in range(5)])
        self.process()
        cause = self.causes()
        told = cause.message_ids.filtered(lambda one: seller.partner_id in one.partner_ids)
        self.assertEqual(len(told), 1)
        self.assertIn("The product Honey (F-404) is not linked.", told.body)
        self.assertEqual(self.activities(cause).user_id, seller)
        self.take_in(self.unknown("O-9"))
        self.assertEqual(
            len(cause.message_ids.filtered(lambda one: seller.partner_id in one.partner_ids)), 1
        )

    def test_a_cause_that_comes_back_is_told_again(self):
        self.account.responsible_id = self.env.ref("base.user_admin")
        self.take_in(self.unknown())
        cause = self.causes()
        count = len(cause.message_ids)
        cause.action_retry_all()
        self.process()
        self.assertEqual(cause.state, "open")
        self.assertEqual(len(cause.message_ids), count + 1)
        self.assertEqual(len(self.activities(cause)), 1)

    @covers("C11")
    def test_a_thousand_failures_of_seven_causes_are_seven_rows(self):
        self.receive(*[self.unknown(f"O-{n}", f"F-{400 + n % 7}") for n in range(70)])
        self.process()
        causes = self.causes()
        self.assertEqual(len(causes), 7)
        self.assertEqual(set(causes.mapped("waiting_count")), {10})
        causes.action_mark_solved()
        self.assertEqual(set(self.statuses()), {"ignored"})

    def test_one_bad_order_does_not_spoil_its_batch(self):
        """A failure while creating, which no check can foresee."""
        bad, phone = "O-13", "+201000000001"
        create = type(self.env["sale.order"]).create

        def failing(orders, vals_list):
            if any(vals.get("client_order_ref") == bad for vals in vals_list):
                raise RuntimeError("a customization stumbles over " + phone)
            return create(orders, vals_list)

        self.patch(type(self.env["sale.order"]), "create", failing)
        self.receive(*[self.document(f"O-{n}", self.two_lines(f"O-{n}")) for n in range(20)])
        with self.assertLogs(PROCESSING, "WARNING") as log:
            self.assertEqual(self.process(), 20)
        self.assertEqual(
            self.env["marketplace.order"].search_count([("account_id", "=", self.account.id)]), 19
        )
        item = self.item(bad)
        self.assertEqual((item.status, item.attempts), ("new", 1))
        self.assertTrue(item.not_before)
        self.assertNotIn(phone, item.message)
        self.assertNotIn(phone, "".join(log.output))

    @covers("R312", "R315")
    def test_our_own_failure_is_tried_again_and_in_the_end_shown(self):
        def failing(_orders, _vals_list):
            raise RuntimeError("boom")

        self.patch(type(self.env["sale.order"]), "create", failing)
        self.receive(self.document(lines=self.two_lines()))
        with self.assertLogs(PROCESSING, "WARNING"):
            for _attempt in range(10):
                self.process()
                self.item().not_before = False
        item = self.item()
        self.assertEqual((item.status, item.attempts), ("error", 10))
        self.assertEqual(item.cause_id.fault, "suite")

    def test_a_refusal_of_odoo_is_asked_about_in_its_own_words(self):
        def refusing(_orders):
            # pylint: disable-next=translation-required
            raise UserError("You must set a warehouse on your sale order to proceed.")

        self.patch(type(self.env["sale.order"]), "action_confirm", refusing)
        self.take_in(self.document(lines=self.two_lines()))
        item = self.item()
        self.assertEqual(item.status, "quarantined")
        self.assertEqual(item.message, "You must set a warehouse on your sale order to proceed.")
        self.assertFalse(self.ledger())

    def test_a_serialization_failure_is_the_engines_to_repeat(self):
        def failing(_orders, _vals_list):
            raise psycopg2.errors.SerializationFailure("could not serialize access")

        self.patch(type(self.env["sale.order"]), "create", failing)
        self.receive(self.document(lines=self.two_lines()))
        with self.assertRaises(psycopg2.errors.SerializationFailure):
            self.inbox._process_waiting(self.account.with_user(self.engine_user))

    @covers("R196")
    def test_nasty_documents_are_held_and_the_good_one_beside_them_passes(self):
        good = self.document("GOOD", self.two_lines())
        nasty = [
            {**self.document("N-1"), "lines": "none"},
            {**self.document("N-2"), "total": "a lot"},
            {**self.document("N-3"), "status": "teleported"},
            {**self.document("N-4"), "buyer": ["x"]},
            {**self.document("N-5"), "lines": [{"id": "1", "quantity": "NaN", "price": "1"}]},
            {**self.document("N-6"), "placed_at": "yesterday"},
            {**self.document("N-7"), "lines": [None]},
            {**self.document("N-8"), "currency": "€"},
            self.document("N-9", [order_line("1", "F-1", -3, 10)]),
            self.document("N-10", [order_line("1", "F-1", "1e25", 10)]),
        ]
        self.receive(*nasty[:5], good, *nasty[5:])
        self.process()
        self.assertEqual(self.item("GOOD").status, "done")
        for document in nasty:
            item = self.item(document["id"])
            self.assertEqual(item.status, "quarantined", document["id"])
            self.assertTrue(item.message)
            self.assertTrue(item.cause_id)

    def test_what_postgresql_cannot_store_is_cleaned_not_lost(self):
        document = self.document(lines=self.two_lines())
        document["note"] = "tea\x00 please \ud800"
        document["extra"] = {"weird\x00key": float("inf")}
        event = Event("order", "O-1", "r\x001", document)
        account = self.account.with_user(self.engine_user)
        self.assertEqual(self.inbox._receive(account, [event], "pull"), 1)
        self.process()
        order = self.ledger()
        self.assertEqual(order.note, "tea please \ufffd")
        self.assertEqual(order.extra, {"weirdkey": None})

    def test_unicode_of_every_kind_comes_through(self):
        name = "محل الأمل 🛒 𝒯est\u202e naïve"
        order = self.take_in(
            self.document(
                lines=[order_line("1", "F-1", 1, 10, name="شاي", comment="بدون سكر")],
                buyer={"id": "ع-1", "name": name},
                note="📦" * 500,
            )
        )
        self.assertEqual(order.partner_id.name, name)
        self.assertIn("بدون سكر", order.sale_order_id.order_line.name)
        self.assertEqual(len(order.note), 500)

    def test_a_huge_order_comes_in_whole(self):
        lines = [order_line(str(n), "F-1" if n % 2 else "F-2", 1, "1.01") for n in range(400)]
        order = self.take_in(self.document(lines=lines))
        self.assertEqual(len(order.sale_order_id.order_line), 400)
        self.assertEqual(order.sale_order_id.amount_total, 404.0)


@tagged("post_install", "-at_install")
class TestLinkedMeanwhile(OrderCase):
    @covers("R307", "C11")
    def test_a_link_made_at_the_moment_of_the_import_lets_the_order_in(self):
        coffee = self._make_product("Coffee", 20.0)
        self.receive(self.document("L-1", [order_line("L-1-1", "F-99", 1, 20)]))
        self.process()
        cause = self.env["marketplace.cause"].search([("code", "=", "unknown_product:F-99")])
        self.assertEqual(cause.state, "open")
        listings = type(self.env["marketplace.listing"])
        with patch.object(listings, "_solve_unknown", lambda listing: None):
            # The import that is under way does not see it, and it does not see the import.
            self._list(coffee, external_id="F-99")
        self.env.flush_all()
        self.env["marketplace.engine"].with_user(self.engine_user)._job_process(self.account.id)
        self.env.invalidate_all()
        self.assertEqual(cause.state, "solved")
        self.process()
        sale = self.env["sale.order"].search([("client_order_ref", "=", "L-1")])
        self.assertEqual(sale.order_line.product_id, coffee)
