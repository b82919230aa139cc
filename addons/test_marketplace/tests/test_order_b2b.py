"""Buyers who order for a company: one company, its branches and people, each once."""

from odoo.tests import tagged

from marketplace_adapters.testing import covers
from marketplace_adapters.testing.fake_orders import parse_order

from .order_common import OrderCase

HARBOUR = {"street": "Harbour 1", "city": "Cairo", "zip": "11511", "country": "EG"}
HILL = {"street": "Hill 9", "city": "Giza", "zip": "12511", "country": "EG"}


@tagged("post_install", "-at_install")
class TestOrderCompany(OrderCase):
    def business(self, order_id="O-1", account=None, *, who="P-1", person="Rosa", more=None, **own):
        company = {"id": "C-1", "name": "Nile Trading", "vat": "EG123 456", **own}
        buyer = {"id": who, "name": person, "email": f"{person.lower()}@nile.example"}
        buyer["company"] = company
        document = self.document(order_id, self.two_lines(order_id), buyer=buyer, **(more or {}))
        return self.take_in(document, **({"account": account} if account else {})).sale_order_id

    def links(self, account=None):
        return self.env["marketplace.partner"].search(
            [("account_id", "=", (account or self.account).id)]
        )

    @covers("R36", "X11")
    def test_the_order_is_the_companys_and_the_person_its_contact(self):
        sale = self.business(more={"bill_to": {**HARBOUR, "name": "Nile Trading"}})
        person, company = sale.partner_id, sale.partner_id.commercial_partner_id
        self.assertEqual((company.name, company.is_company), ("Nile Trading", True))
        self.assertEqual((company.vat, company.street), ("EG123 456", "Harbour 1"))
        self.assertEqual((person.name, person.type, person.parent_id), ("Rosa", "contact", company))
        self.assertEqual(sale.partner_invoice_id, company)
        self.assertEqual(sale.partner_shipping_id, company)

    @covers("R36")
    def test_the_same_company_and_people_come_back(self):
        first = self.business()
        second = self.business("O-2")
        third = self.business("O-3", who="P-2", person="Omar")
        self.assertEqual(first.partner_id, second.partner_id)
        self.assertNotEqual(first.partner_id, third.partner_id)
        companies = (first | second | third).partner_id.commercial_partner_id
        self.assertEqual(len(companies), 1)
        self.assertEqual(len(companies.child_ids), 2)

    def test_one_batch_makes_each_once(self):
        documents = [
            self.document(
                f"B-{number}",
                self.two_lines(f"B-{number}"),
                buyer={
                    "id": f"P-{number % 2}",
                    "name": f"Person {number % 2}",
                    "company": {"id": f"C-{number % 3}", "name": "Nile", "vat": "EG1"},
                },
            )
            for number in range(6)
        ]
        self.take_in(*documents)
        sales = self.env["marketplace.order"].search([]).sale_order_id.filtered("client_order_ref")
        own = sales.filtered(lambda sale: sale.client_order_ref.startswith("B-"))
        self.assertEqual(len(own), 6)
        company = own.partner_id.commercial_partner_id
        self.assertEqual(company.mapped("name"), ["Nile"])

    @covers("R36")
    def test_a_branch_is_an_address_of_the_company(self):
        sale = self.business(
            site_id="S-7", site_name="Giza shop", more={"ship_to": {**HILL, "name": "Rosa"}}
        )
        company = sale.partner_id.commercial_partner_id
        site = sale.partner_shipping_id
        self.assertEqual((site.name, site.parent_id, site.street), ("Giza shop", company, "Hill 9"))
        self.assertEqual(sale.partner_id.parent_id, site)
        again = self.business(
            "O-2", site_id="S-7", site_name="Renamed", more={"ship_to": {**HILL, "name": "Omar"}}
        )
        self.assertEqual((again.partner_shipping_id, site.name), (site, "Giza shop"))
        elsewhere = self.business(
            "O-3", site_id="S-7", more={"ship_to": {**HARBOUR, "name": "Quay"}}
        )
        self.assertEqual(elsewhere.partner_shipping_id.name, "Quay")
        self.assertEqual(elsewhere.partner_shipping_id.commercial_partner_id, company)

    @covers("R36")
    def test_an_existing_company_is_found_by_vat_then_name_and_never_renamed(self):
        partners = self.env["res.partner"].with_context(no_vat_validation=True)
        nile = partners.create({"name": "Nile Ltd.", "is_company": True, "vat": "EG123456"})
        other = partners.create({"name": "Delta", "is_company": True, "vat": "EG999"})
        delta = partners.create({"name": "Delta", "is_company": True})
        sale = self.business()
        self.assertEqual(sale.partner_id.commercial_partner_id, nile)
        self.assertEqual((nile.name, nile.vat), ("Nile Ltd.", "EG123456"))
        named = self.business("O-2", id="C-2", name="Delta", vat="EG1")
        # The first Delta has another VAT number: it is another company.
        self.assertEqual(named.partner_id.commercial_partner_id, delta)
        self.assertFalse(other.child_ids)

    def test_a_person_of_the_company_that_is_known_here_is_used(self):
        nile = self.env["res.partner"].create({"name": "Nile Trading", "is_company": True})
        rosa = self.env["res.partner"].create(
            {"name": "Rosa M.", "email": "ROSA@nile.example", "parent_id": nile.id}
        )
        sale = self.business(vat="")
        self.assertEqual((sale.partner_id, rosa.name), (rosa, "Rosa M."))

    def test_the_same_person_for_himself_is_another_contact(self):
        for_company = self.business()
        private = self.take_in(
            self.document(
                "O-2",
                self.two_lines("O-2"),
                buyer={"id": "P-1", "name": "Rosa", "email": "rosa.home@mail.example"},
            )
        ).sale_order_id
        self.assertNotEqual(private.partner_id, for_company.partner_id)
        self.assertEqual(private.partner_id.commercial_partner_id, private.partner_id)

    def test_nobody_named_the_branch_or_company_orders(self):
        sale = self.take_in(
            self.document(
                lines=self.two_lines(), buyer={"id": "P", "company": {"id": "C-1", "name": "Nile"}}
            )
        ).sale_order_id
        self.assertEqual((sale.partner_id.name, sale.partner_id.is_company), ("Nile", True))

    def test_two_accounts_never_mix_their_ids(self):
        other = self._make_account("Second")
        self._list(self.tea, other, external_id="F-1")
        self._list(self.milk, other, external_id="F-2")
        first = self.business()
        second = self.business("O-1", other, person="Omar", vat="EG777")
        self.assertEqual(first.partner_id.commercial_partner_id.name, "Nile Trading")
        # Found by its id alone it would be the first account's company.
        found = self.links(other).filtered(lambda link: link.external_id == "company:C-1")
        self.assertEqual(found.partner_id, second.partner_id.commercial_partner_id)
        self.assertEqual(found.partner_id.vat, "EG777")
        self.assertNotEqual(found.partner_id, first.partner_id.commercial_partner_id)

    @covers("R36")
    def test_terms_of_payment_are_those_that_the_account_maps(self):
        net30 = self.env["account.payment.term"].create({"name": "30 days"})
        usual = self.env["account.payment.term"].create({"name": "At once"})
        self.account.payment_term_id = usual
        sale = self.business(terms="NET_30")
        self.assertEqual(sale.payment_term_id, usual)
        term = self.account.term_ids
        self.assertEqual((term.name, term.payment_term_id.id), ("NET_30", False))
        term.payment_term_id = net30
        self.assertEqual(self.business("O-2", terms="NET_30").payment_term_id, net30)
        self.assertEqual(self.business("O-3", terms="NET_60").payment_term_id, usual)
        self.assertEqual(self.account.term_ids.mapped("name"), ["NET_30", "NET_60"])

    def test_the_number_of_queries_does_not_grow_with_the_orders(self):
        def batch(start, count):
            return [
                self.document(
                    f"Q-{number}",
                    self.two_lines(f"Q-{number}"),
                    buyer={
                        "id": f"P-{number}",
                        "name": f"Person {number}",
                        "email": f"p{number}@nile.example",
                        "company": {
                            "id": f"C-{number}",
                            "name": f"Company {number}",
                            "site_id": "S",
                            "site_name": "Shop",
                        },
                    },
                    ship_to={**HILL, "name": "Shop"},
                )
                for number in range(start, start + count)
            ]

        partners = self.env["marketplace.partner"].with_user(self.engine_user)
        account = self.account.with_user(self.engine_user)

        def cost(start, count):
            orders = [parse_order(one, self.currency) for one in batch(start, count)]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            partners._resolve(account, orders)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        cost(0, 2)
        new_few, new_many = cost(10, 5), cost(100, 40)
        few, many = cost(10, 5), cost(100, 40)
        self.assertEqual(many, few)
        # Odoo itself looks at each contact that is created below another.
        self.assertLessEqual((new_many - new_few) / 35, 2.1)
