"""Buyers are forgotten in time, and nothing else is."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.marketplace.models import marketplace_buyer
from odoo.addons.marketplace.tools import clock

from marketplace_adapters.core import Exchange
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.fake import order_line
from marketplace_adapters.testing.fake_money import return_document

from .order_common import NOON, OrderCase

NAME = "Rosalinde Quaddelbach"
STREET = "Nebelkrähengasse 77"
PHONE = "+4930555012345"
EMAIL = "rosalinde@quaddelbach.example"
NOTE = "Ring twice,\nthe dog <Waldemar> bites"
BUYER_NOTE = "I am fond of Zwetschgenkuchen <br> & tea"
COMMENT = "Engrave: For Kunigunde"
TRACES = (
    NAME,
    "Quaddelbach",
    STREET,
    "Nebelkr",
    PHONE,
    "4930555012345",
    "Waldemar",
    "Kunigunde",
    "Zwetschgenkuchen",
)


@tagged("post_install", "-at_install")
class TestBuyerData(OrderCase):
    def setUp(self):
        super().setUp()
        self.account.buyer_retention_days = 30
        self.tea.invoice_policy = self.milk.invoice_policy = "order"
        self.germany = self.env.ref("base.de")

    def buyer(self, **more):
        address = {
            "name": NAME,
            "street": STREET,
            "street2": "Hinterhaus bei Quaddelbach",
            "city": "Kleinkleckersdorf",
            "zip": "12345",
            "country": "DE",
            "phone": PHONE,
        }
        return {
            "id": "B-77",
            "name": NAME,
            "email": EMAIL,
            "phone": PHONE,
            "phone2": "+4930555999888",
            "note": BUYER_NOTE,
            "address": address,
        } | more

    def place(self, order_id="O-1", **more):
        more.setdefault("buyer", self.buyer())
        more.setdefault("note", NOTE)
        lines = [
            order_line(f"{order_id}-1", "F-1", 3, 10, name="Tea", comment=COMMENT),
            order_line(f"{order_id}-2", "F-2", 2, 5, name="Milk"),
        ]
        place = {"street": STREET, "city": "Kleinkleckersdorf", "zip": "12345", "country": "DE"}
        more.setdefault("ship_to", {"name": f"{NAME} c/o Meier", **place})
        return self.take_in(self.document(order_id, lines, **more))

    def finish(self, order):
        """Delivered, billed and told to the channel."""
        self.deliver(order.sale_order_id)
        invoice = order.sale_order_id._create_invoices()
        invoice.action_post()
        order.sale_order_id.picking_ids.date_done = NOON.replace(tzinfo=None)
        self.env.flush_all()
        return invoice

    def night(self, days=31):
        moment = NOON.replace(tzinfo=None) + timedelta(days=days)
        with patch.object(clock, "now", lambda: moment):
            self.env["marketplace.account"]._cron_buyer_data()
        self.env.invalidate_all()

    def found(self, words):
        """Every row of the database that holds one of the words: {(table, word)}."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT relname FROM pg_class JOIN pg_namespace space ON space.oid = relnamespace
             WHERE relkind = 'r' AND space.nspname = 'public'
            """
        )
        found = set()
        for (table,) in self.env.cr.fetchall():
            for word in words:
                self.env.cr.execute(
                    SQL(
                        "SELECT 1 FROM %s AS entry WHERE position(lower(%s) in"
                        " lower(entry::text)) > 0 LIMIT 1",
                        SQL.identifier(table),
                        word,
                    )
                )
                if self.env.cr.rowcount:
                    found.add((table, word))
        return found

    @covers("C18")
    def test_nothing_of_the_buyer_is_left_anywhere_in_the_database(self):
        order = self.place()
        sale = order.sale_order_id
        self.receive(
            return_document(
                "R-1", "O-1", [{"quantity": "1", "line": "O-1-1"}], comment="Waldemar ate it"
            ),
            topic="return",
        )
        self.process()
        invoice = self.finish(order)
        sale.message_post(body=f"Called {NAME} on {PHONE}, lives in {STREET}.")
        sale.partner_id.message_post(body="Mail to " + EMAIL, subject=f"For {NAME}")
        self.env["marketplace.exchange"]._store(
            self.account,
            [
                Exchange("GET", "https://x.example", NOON, 0.1, 200, f"{NAME}", f"{PHONE}"),
            ],
        )
        totals = (sale.amount_total, sale.amount_tax, invoice.amount_total)
        before = {table for table, _word in self.found((*TRACES, EMAIL))}
        self.assertLessEqual(
            {"res_partner", "mail_message", "marketplace_inbox", "sale_order_line"}, before
        )
        self.night()
        self.assertEqual(self.found((*TRACES, EMAIL)), set())
        self.assertEqual(totals, (sale.amount_total, sale.amount_tax, invoice.amount_total))
        for partner in (sale.partner_id, sale.partner_shipping_id):
            self.assertEqual(partner.name, f"Buyer {partner.id}")
            self.assertEqual(partner.country_id, self.germany)
            self.assertFalse(partner.street or partner.city or partner.zip or partner.email)
        self.assertEqual(invoice.invoice_partner_display_name, sale.partner_invoice_id.display_name)
        self.assertEqual(sale.order_line[0].product_id, self.tea)
        self.assertIn("Tea", sale.order_line[0].name)
        self.assertTrue(order.buyer_removed_at)
        self.assertFalse(order.note)

    def test_every_way_to_use_a_contact_is_asked(self):
        columns = self.env["marketplace.order"]._contact_columns()
        self.assertGreater(len(columns), 20)
        for known in (
            ("sale_order", "partner_shipping_id"),
            ("account_move", "commercial_partner_id"),
            ("res_users", "partner_id"),
            ("res_partner", "parent_id"),
            ("stock_picking", "partner_id"),
        ):
            self.assertIn(known, columns)

    @covers("C18")
    def test_the_account_says_how_much_was_removed(self):
        self.finish(self.place())
        self.finish(self.place("O-2", buyer=self.buyer(id="B-2", name="Other Person", email="")))
        self.night()
        self.assertIn("Orders: 2, contacts made anonymous: 4", self.account.message_ids[0].body)

    @covers("C18")
    def test_not_before_its_time_and_not_when_nothing_was_said(self):
        order = self.place()
        self.finish(order)
        self.night(29)
        self.assertFalse(order.buyer_removed_at)
        self.account.buyer_retention_days = 0
        self.night(4000)
        self.assertFalse(order.buyer_removed_at)
        self.assertEqual(order.sale_order_id.partner_id.name, NAME)

    def test_an_order_that_has_not_left_keeps_its_buyer(self):
        order = self.place()
        self.night(300)
        self.assertFalse(order.buyer_removed_at)
        self.deliver(order.sale_order_id, Tea=3, Milk=0)
        self.assertEqual(order._local_state(), "partial")
        order.sale_order_id.picking_ids.filtered(
            lambda one: one.state == "done"
        ).date_done = NOON.replace(tzinfo=None)
        self.night(300)
        self.assertFalse(order.buyer_removed_at)

    def test_a_cancelled_order_is_forgotten_as_well(self):
        order = self.place(status="pending")
        self.take_in(
            self.document(
                minutes=5,
                status="cancelled",
                buyer=self.buyer(),
                lines=[order_line("O-1-1", "F-1", 3, 10), order_line("O-1-2", "F-2", 2, 5)],
            )
        )
        self.assertEqual(order.sale_order_id.state, "cancel")
        self.night()
        self.assertEqual(self.found((NAME, STREET)), set())

    @covers("C18")
    def test_contacts_that_people_made_are_never_touched(self):
        own = self.env["res.partner"].create({"name": NAME, "email": EMAIL, "street": "Own 1"})
        order = self.place()
        self.assertEqual(order.sale_order_id.partner_id, own)
        self.finish(order)
        self.night()
        self.assertTrue(order.buyer_removed_at)
        self.assertEqual((own.name, own.email, own.street), (NAME, EMAIL, "Own 1"))
        # The address that the order brought below it goes.
        self.assertNotIn("Meier", order.sale_order_id.partner_shipping_id.name)
        self.assertFalse(
            self.env["marketplace.inbox"].search([("order_id", "=", order.id)]).payload
        )

    @covers("C18")
    def test_contacts_with_other_orders_or_documents_stay(self):
        cases = {
            "order by hand": lambda partner: self.env["sale.order"].create(
                {"partner_id": partner.id}
            ),
            "bill": lambda partner: self.env["account.move"].create(
                {"move_type": "in_invoice", "partner_id": partner.id}
            ),
            "login": lambda partner: self.env["res.users"].create(
                {"login": "rosa", "partner_id": partner.id}
            ),
            "contact below": lambda partner: self.env["res.partner"].create(
                {"name": "Aunt", "parent_id": partner.id}
            ),
            "bank account": lambda partner: self.env["res.partner.bank"].create(
                {"acc_number": "123", "partner_id": partner.id}
            ),
        }
        for number, (case, use) in enumerate(cases.items(), 1):
            with self.subTest(case=case):
                name = f"Person {number}"
                buyer = self.buyer(id=f"B-{number}", name=name, email=f"p{number}@x.example")
                order = self.place(f"O-{number}", buyer=buyer)
                self.finish(order)
                use(order.sale_order_id.partner_id)
                self.env.flush_all()
                self.night()
                self.assertTrue(order.buyer_removed_at)
                self.assertEqual(order.sale_order_id.partner_id.name, name)

    @covers("C18")
    def test_a_buyer_with_a_younger_order_is_forgotten_with_that_one(self):
        first, second = self.place(), self.place("O-2")
        self.assertEqual(first.sale_order_id.partner_id, second.sale_order_id.partner_id)
        partner = first.sale_order_id.partner_id
        self.finish(first)
        self.finish(second)
        second.sale_order_id.picking_ids.date_done = (NOON + timedelta(days=20)).replace(
            tzinfo=None
        )
        self.env.flush_all()
        self.night()
        self.assertTrue(first.buyer_removed_at)
        self.assertFalse(second.buyer_removed_at)
        self.assertEqual(partner.name, NAME)
        self.night(51)
        self.assertEqual(partner.name, f"Buyer {partner.id}")
        self.assertEqual(self.found((NAME, STREET, "Waldemar")), set())

    @covers("C18")
    def test_whoever_orders_again_is_a_new_contact_and_late_news_put_nothing_back(self):
        order = self.place()
        partner = order.sale_order_id.partner_id
        self.finish(order)
        self.night()
        self.take_in(
            self.document(
                minutes=60,
                status="delivered",
                buyer=self.buyer(),
                ship_to={"street": STREET, "city": "X", "country": "DE"},
                lines=[order_line("O-1-1", "F-1", 3, 10), order_line("O-1-2", "F-2", 2, 5)],
            )
        )
        self.assertEqual(order.status, "delivered")
        self.assertEqual(order.sale_order_id.partner_id, partner)
        self.assertEqual(partner.name, f"Buyer {partner.id}")
        again = self.place("O-9")
        self.assertNotEqual(again.sale_order_id.partner_id, partner)
        self.assertEqual(again.sale_order_id.partner_id.name, NAME)

    def test_companies_keep_the_number_that_their_taxes_need(self):
        order = self.place(buyer=self.buyer(is_company=True, vat="DE123456788"))
        self.finish(order)
        self.night()
        partner = order.sale_order_id.partner_id
        self.assertEqual((partner.name, partner.vat), (f"Buyer {partner.id}", "DE123456788"))

    def test_many_orders_go_in_batches(self):
        for number in range(5):
            buyer = self.buyer(id=f"B-{number}", name=f"Person {number}", email="", phone="")
            self.finish(self.place(f"O-{number}", buyer=buyer))
        self.patch(marketplace_buyer, "BATCH", 2)
        self.night()
        orders = self.env["marketplace.order"].search([("account_id", "=", self.account.id)])
        self.assertEqual(len(orders.filtered("buyer_removed_at")), 5)
        self.assertIn("Orders: 5", self.account.message_ids[0].body)
        count = len(self.account.message_ids)
        self.night(32)
        self.assertEqual(len(self.account.message_ids), count)

    def test_the_period_is_the_provider_s_unless_a_person_says_another(self):
        account = type(self.account)
        self.patch(account, "_default_buyer_retention", lambda self: 30)
        self.assertEqual(self._make_account("Strict").buyer_retention_days, 30)
        self.assertEqual(self._make_account("Own", buyer_retention_days=7).buyer_retention_days, 7)
        self.assertEqual(self._make_account("None").with_context(x=1).buyer_retention_days, 30)

    def test_settled_orders_are_no_reason_to_remember(self):
        """Journal entries name the contact, but hold nothing of the person."""
        order = self.place()
        self.finish(order)
        partner = order.sale_order_id.partner_id
        journal = self.env["account.journal"].search([("type", "=", "general")], limit=1)
        receivable = partner.property_account_receivable_id
        self.env["account.move"].create(
            {
                "journal_id": journal.id,
                "line_ids": [
                    fields.Command.create(
                        {"account_id": receivable.id, "partner_id": partner.id, "balance": amount}
                    )
                    for amount in (40, -40)
                ],
            }
        )
        self.env.flush_all()
        self.night()
        self.assertEqual(partner.name, f"Buyer {partner.id}")
