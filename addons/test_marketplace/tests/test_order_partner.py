"""Who ordered: recognised, never doubled, never renamed."""

from odoo.tests import tagged

from marketplace_adapters.testing import covers

from .order_common import OrderCase

HOME = {
    "name": "Mona Adel",
    "street": "12 Nile St.",
    "city": "Cairo",
    "zip": "11511",
    "country": "EG",
    "state": "C",
}


@tagged("post_install", "-at_install")
class TestOrderPartner(OrderCase):
    def buyer(self, **more):
        return {
            "id": "B-1",
            "name": "Mona Adel",
            "email": "Mona.Adel@example.com",
            "phone": "+20 100 000 0001",
            "address": HOME,
        } | more

    def bring(self, order_id="O-1", account=None, buyer=None, **more):
        document = self.document(
            order_id, self.two_lines(order_id), buyer=buyer or self.buyer(), **more
        )
        return self.take_in(document, account=account)

    def contacts(self):
        return self.env["res.partner"].search(
            [("name", "ilike", "Mona"), ("parent_id", "=", False)]
        )

    @covers("R165", "R167", "R297", "R136", "X39", "R341", "R343")
    def test_an_unknown_buyer_becomes_a_contact_with_a_link(self):
        order = self.bring()
        partner = order.partner_id
        self.assertEqual(
            (partner.name, partner.email, partner.street, partner.city, partner.zip),
            ("Mona Adel", "Mona.Adel@example.com", "12 Nile St.", "Cairo", "11511"),
        )
        self.assertEqual((partner.country_id.code, partner.state_id.code), ("EG", "C"))
        self.assertEqual(partner.company_id, self.company)
        link = partner.marketplace_partner_ids
        self.assertEqual(
            (link.external_id, link.account_id, link.customer_type), ("B-1", self.account, "b2c")
        )
        self.assertEqual(partner.marketplace_sync_status, "synced")
        self.assertEqual(partner.marketplace_customer_type, "b2c")
        self.assertEqual(partner.last_customer_sync_date, link.last_sync_date)

    @covers("R166", "R296", "R348")
    def test_the_same_buyer_is_found_by_id_even_under_another_name(self):
        partner = self.bring().partner_id
        again = self.bring("O-2", buyer=self.buyer(name="M. Adel", email="other@example.com"))
        self.assertEqual(again.partner_id, partner)
        self.assertEqual((partner.name, partner.email), ("Mona Adel", "Mona.Adel@example.com"))

    @covers("X39")
    def test_the_same_number_on_two_accounts_is_two_buyers(self):
        other = self._make_account("Other")
        self._list(self.tea, other, external_id="F-1")
        self._list(self.milk, other, external_id="F-2")
        first = self.bring().partner_id
        second = self.bring(
            account=other, buyer={"id": "B-1", "name": "Somebody Else", "phone": "+49 30 1234567"}
        ).partner_id
        self.assertNotEqual(first, second)

    @covers("R349")
    def test_the_same_person_on_two_accounts_is_one_contact_with_two_links(self):
        other = self._make_account("Other")
        self._list(self.tea, other, external_id="F-1")
        self._list(self.milk, other, external_id="F-2")
        first = self.bring().partner_id
        second = self.bring(account=other, buyer=self.buyer(id="Z-9")).partner_id
        self.assertEqual(first, second)
        known = first.marketplace_partner_ids.mapped("external_id")
        self.assertEqual(sorted(known), ["B-1", "Z-9"])

    def test_an_existing_contact_is_found_by_email_without_regard_to_case(self):
        known = self.env["res.partner"].create(
            {"name": "Mrs. Adel", "email": "mona.adel@EXAMPLE.com"}
        )
        self.assertEqual(self.bring().partner_id, known)
        self.assertEqual(known.name, "Mrs. Adel")

    def test_an_existing_contact_is_found_by_phone_and_name(self):
        known = self.env["res.partner"].create({"name": "Mona Adel", "phone": "0100-000-0001"})
        self.assertEqual(self.bring(buyer=self.buyer(email="")).partner_id, known)

    def test_the_same_phone_under_another_name_is_another_person(self):
        known = self.env["res.partner"].create({"name": "Karim", "phone": "01000000001"})
        self.assertNotEqual(self.bring(buyer=self.buyer(email="")).partner_id, known)

    @covers("R348")
    def test_a_contact_of_another_company_is_not_seen(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.env["res.partner"].create(
            {"name": "Mona Adel", "email": "mona.adel@example.com", "company_id": company.id}
        )
        partner = self.bring().partner_id
        self.assertEqual(partner.company_id, self.company)

    def test_one_buyer_with_two_ids_in_one_batch_is_one_contact(self):
        self.receive(
            self.document("O-1", self.two_lines("O-1"), buyer=self.buyer()),
            self.document("O-2", self.two_lines("O-2"), buyer=self.buyer(id="B-2")),
        )
        self.process()
        self.assertEqual(self.ledger("O-1").partner_id, self.ledger("O-2").partner_id)
        self.assertEqual(len(self.contacts()), 1)

    def test_another_address_is_kept_below_the_contact_once(self):
        office = {**HOME, "name": "Mona at work", "street": "1 Tahrir Sq."}
        first = self.bring(ship_to=office).sale_order_id
        again = self.bring("O-2", ship_to={**office, "street": "1, TAHRIR SQ"}).sale_order_id
        self.assertEqual(first.partner_shipping_id.parent_id, first.partner_id)
        self.assertEqual(first.partner_shipping_id.type, "delivery")
        self.assertEqual(again.partner_shipping_id, first.partner_shipping_id)
        self.assertEqual(len(first.partner_id.child_ids), 1)

    def test_the_contacts_own_address_makes_no_second_one(self):
        sale = self.bring(ship_to=HOME).sale_order_id
        self.assertEqual(sale.partner_shipping_id, sale.partner_id)
        self.assertFalse(sale.partner_id.child_ids)

    def test_a_buyer_without_id_is_recognised_by_what_is_known(self):
        buyer = {"name": "No Id", "phone": "", "address": {"street": "5 Way", "city": "Giza"}}
        first = self.bring(buyer=buyer).partner_id
        again = self.bring("O-2", buyer=buyer).partner_id
        self.assertEqual(first, again)
        self.assertTrue(first.marketplace_partner_ids.external_id.startswith("digest:"))

    def test_buyers_of_whom_nothing_is_known_share_one_contact(self):
        first = self.bring(buyer={"id": ""}).partner_id
        again = self.bring("O-2", buyer={"id": ""}).partner_id
        self.assertEqual(first, again)
        self.assertEqual(first.name, "Customer of Fake")

    def test_a_place_that_odoo_does_not_know_stays_readable(self):
        partner = self.bring(
            buyer=self.buyer(address={**HOME, "state": "Atlantis", "country": "Nowhereland"})
        ).partner_id
        self.assertEqual((partner.city, partner.street2), ("Cairo, Atlantis", "Nowhereland"))
        self.assertFalse(partner.country_id)

    def test_a_company_with_a_strange_tax_number_comes_in(self):
        partner = self.bring(buyer=self.buyer(is_company=True, vat="not-a-vat-123")).partner_id
        self.assertEqual((partner.is_company, partner.vat), (True, "not-a-vat-123"))
        self.assertEqual(partner.marketplace_customer_type, "b2b")

    @covers("X50", "R234", "R342")
    def test_a_contact_that_no_channel_knows_has_no_status(self):
        partner = self.env["res.partner"].create({"name": "Offline"})
        self.assertFalse(partner.marketplace_sync_status)
        self.assertFalse(partner.last_customer_sync_date)
        linked = self.bring().partner_id
        search = self.env["res.partner"].search
        self.assertIn(linked, search([("marketplace_sync_status", "=", "synced")]))
        self.assertNotIn(partner, search([("marketplace_sync_status", "=", "synced")]))
        self.assertIn(partner, search([("marketplace_sync_status", "=", False)]))
        self.assertNotIn(linked, search([("marketplace_sync_status", "=", False)]))
        self.assertIn(linked, search([("marketplace_customer_type", "=", "b2c")]))
        linked.marketplace_customer_type = "supplier"
        self.assertEqual(linked.marketplace_partner_ids.customer_type, "supplier")

    def test_a_batch_of_buyers_takes_a_constant_number_of_queries(self):
        def queries(count, start):
            orders = [
                self.document(
                    f"Q-{start + n}",
                    buyer={
                        "id": f"Q-{start + n}",
                        "name": f"Q {start + n}",
                        "phone": f"+2010{start + n:08d}",
                    },
                )
                for n in range(count)
            ]
            with self.account._open_adapter() as adapter:
                neutral = [adapter.order(order) for order in orders]
            account = self.account.with_user(self.engine_user)
            links = self.env["marketplace.partner"].with_user(self.engine_user)
            links._resolve(account, neutral[:1])
            before = self.env.cr.sql_log_count
            links._resolve(account, neutral[1:])
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        few, many = queries(4, 0), queries(41, 100)
        self.assertLessEqual(many, few)
