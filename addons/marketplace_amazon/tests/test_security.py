"""Who may see and do what with the models of this addon, group by group and company by company."""

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.marketplace.tests.rights import RightsCase

from marketplace_adapters.testing import covers

from .common import US, AmazonCase

# model → rights of user, manager and engine as read, write, create, unlink.
RIGHTS = {
    "marketplace.amazon.attribute": ("rwcu", "rwcu", "r"),
    "marketplace.amazon.market": ("r", "rwcu", "r"),
    "marketplace.amazon.product.type": ("rwc", "rwcu", "rwc"),
}
WIZARDS = {
    "marketplace.amazon.cancel": "sales_team.group_sale_salesman",
    "marketplace.amazon.type.find": "marketplace.group_user",
    "marketplace.amazon.type.find.line": "marketplace.group_user",
}


class SecurityCase(RightsCase, AmazonCase):
    def own(self):
        return self.models_of("marketplace_amazon")


@tagged("post_install", "-at_install")
class TestRights(SecurityCase):
    @covers("R292", "R46")
    def test_rights_of_users_managers_and_the_engine(self):
        self.assertEqual(self.own(), set(RIGHTS) | set(WIZARDS), "say here who may do what")
        self.check_rights(RIGHTS)

    @covers("R292")
    def test_other_people_see_nothing(self):
        self.check_others_see_nothing(self.own())

    def test_every_dialog_is_for_those_who_need_it(self):
        self.check_dialogs(WIZARDS)

    def test_a_user_works_with_listings_and_changes_no_account(self):
        listing = self._list(self._make_product(default_code="T1")).with_user(self.user)
        listing.amazon_handling_days = 2
        self.assertEqual(listing.amazon_product_type_id.display_name, "GROCERY")
        with self.assertRaises(AccessError):
            self.account.with_user(self.user).amazon_region = "na"
        with self.assertRaises(AccessError):
            self.account._amazon_markets()[0].with_user(self.user).sequence = 5

    def test_the_screens_of_others_work_without_any_right(self):
        seller = new_test_user(
            self.env,
            "az-seller",
            groups="sales_team.group_sale_manager,product.group_product_manager,"
            "account.group_account_invoice",
        )
        product = self._make_product("Tea", default_code="T1")
        self._list(product)
        sale = self.env["sale.order"].create(
            {
                "partner_id": self.env.user.partner_id.id,
                "order_line": [Command.create({"product_id": product.id})],
            }
        )
        invoice = self.env["account.move"].create(
            {"move_type": "out_refund", "partner_id": self.env.user.partner_id.id}
        )
        for record in (product, product.product_tmpl_id, sale, invoice):
            self.env.invalidate_all()
            mine = record.with_user(seller)
            arch = etree.fromstring(mine.get_view(view_type="form")["arch"])
            shown = set(arch.xpath("//field[not(ancestor::field)]/@name"))
            with self.subTest(record._name):
                self.assertTrue(mine.read(list(shown)))
        sale.with_user(seller).action_confirm()
        sale.with_user(seller).action_cancel()
        self.assertEqual(sale.state, "cancel")


@tagged("post_install", "-at_install")
class TestCompanies(SecurityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create({"name": "Other"})
        warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.other.id)], limit=1)
        cls.foreign = cls._make_account(
            "Foreign",
            company_id=cls.other.id,
            warehouse_id=warehouse.id,
            amazon_seller_id="A2OTHER",
            state="draft",
        )
        product = cls._make_product("Foreign", default_code="F1", company_id=cls.other.id)
        kind = cls.env["marketplace.amazon.product.type"]._of(cls.foreign, "SHIRT")
        rows = cls.env["marketplace.amazon.attribute"]
        cls.rows = [
            cls.foreign.amazon_market_ids[0],
            kind,
            rows.create({"product_tmpl_id": product.product_tmpl_id.id, "name": "brand"}),
            rows.create(
                {
                    "listing_id": cls.env["marketplace.listing"]
                    .create({"account_id": cls.foreign.id, "product_id": product.id})
                    .id,
                    "name": "brand",
                }
            ),
        ]
        cls.env.flush_all()

    @covers("R287", "X17")
    def test_nobody_sees_or_makes_rows_of_a_company_that_is_not_his(self):
        self.assertEqual({row._name for row in self.rows}, set(RIGHTS))
        for row in self.rows:
            self.env.invalidate_all()
            mine = self.env[row._name].with_user(self.manager)
            with self.subTest(row=row):
                self.assertNotIn(row.id, mine.search([]).ids)
                with self.assertRaises(AccessError):
                    mine.browse(row.id).read(["name" if "name" in row._fields else "market_id"])
        for model, vals in (
            ("marketplace.amazon.market", {"account_id": self.foreign.id, "market_id": US}),
            ("marketplace.amazon.product.type", {"account_id": self.foreign.id, "name": "HOME"}),
        ):
            with self.subTest(model), self.assertRaises(AccessError):
                self.env[model].with_user(self.manager).create(vals)
                self.env.flush_all()

    @covers("R287", "X17")
    def test_whoever_has_both_companies_sees_both(self):
        self.manager.company_ids |= self.other
        for row in self.rows:
            with self.subTest(row=row):
                mine = (
                    self.env[row._name]
                    .with_user(self.manager)
                    .with_context(allowed_company_ids=[self.company.id, self.other.id])
                )
                self.assertIn(row.id, mine.search([]).ids)

    def test_attributes_of_a_product_of_everybody_are_everybodys(self):
        product = self._make_product("Shared")
        row = self._describe(product)[0]
        self.assertFalse(row.company_id)
        self.assertTrue(row.with_user(self.user).read(["name"]))
