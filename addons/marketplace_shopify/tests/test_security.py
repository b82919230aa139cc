"""Who may see and do what with the models of this addon, group by group and company by company."""

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.marketplace.tests.rights import RightsCase

from marketplace_adapters.testing import covers

from .common import OfflineCase

# model → rights of user, manager and engine as read, write, create, unlink.
RIGHTS = {
    "marketplace.shopify.market": ("r", "rwcu", "r"),
    "marketplace.shopify.publication": ("r", "rwcu", "r"),
    "marketplace.shopify.metafield": ("r", "rwcu", "r"),
    "marketplace.shopify.collection": ("rwc", "rwcu", "rw"),
    "marketplace.shopify.collection.rule": ("rwcu", "rwcu", "r"),
}
WIZARDS = {"marketplace.shopify.cancel": "sales_team.group_sale_salesman"}


class SecurityCase(RightsCase, OfflineCase):
    def own(self):
        return self.models_of("marketplace_shopify")


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

    def test_a_user_works_with_listings_and_collections_and_changes_no_account(self):
        listing = self._list(self._make_product(default_code="T1")).with_user(self.user)
        listing.shopify_compare_at_price = 12
        collection = self.env["marketplace.shopify.collection"].with_user(self.user)
        self.assertTrue(collection.create({"account_id": self.account.id, "name": "Summer"}))
        with self.assertRaises(AccessError):
            self.account.with_user(self.user).shopify_shop = "other.myshopify.com"
        with self.assertRaises(AccessError):
            self.account.shopify_publication_ids[0].with_user(self.user).publish = False

    def test_the_engine_tells_everything_with_its_own_rights(self):
        template = self._make_shirt(categ_id=self._make_category("Clothes").id)
        template.product_tag_ids = self.env["product.tag"].create({"name": "Summer"})
        listings = self._list(template.product_variant_ids)
        self.env["marketplace.shopify.metafield"].create(
            {"account_id": self.account.id, "key": "cat", "path": "categ_id.complete_name"}
        )
        self.env["marketplace.shopify.collection"].create(
            {
                "account_id": self.account.id,
                "name": "Clothes",
                "external_id": "1",
                "category_ids": [Command.set(template.categ_id.ids)],
            }
        )
        self.env.flush_all()
        self.env.invalidate_all()
        mine, account = listings.with_user(self.engine), self.account.with_user(self.engine)
        for kind in ("product", "price", "inventory", "image", "override"):
            with self.subTest(kind):
                states = getattr(mine, f"_snapshot_{kind}")(account)
                self.assertEqual(set(states), set(listings.ids))

    def test_the_screens_of_others_work_without_any_right(self):
        seller = new_test_user(
            self.env,
            "sh-seller",
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
        for record in (product, product.product_tmpl_id, sale, self._make_category("Food")):
            self.env.invalidate_all()
            mine = record.with_user(seller)
            arch = etree.fromstring(mine.get_view(view_type="form")["arch"])
            shown = set(arch.xpath("//field[not(ancestor::field)]/@name"))
            with self.subTest(record._name):
                self.assertTrue(mine.read(list(shown)))
        product.with_user(seller).image_1920 = False
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
            shopify_shop="other.myshopify.com",
            state="draft",
        )
        collection = cls.env["marketplace.shopify.collection"].create(
            {
                "account_id": cls.foreign.id,
                "name": "Summer",
                "kind": "automatic",
                "rule_ids": [Command.create({"condition": "Summer"})],
            }
        )
        cls.vals = {
            "marketplace.shopify.market": {
                "external_id": "1",
                "name": "US",
                "currency_id": cls.dollar.id,
            },
            "marketplace.shopify.metafield": {"key": "name", "path": "name"},
            "marketplace.shopify.publication": {"external_id": "1", "name": "Web"},
            "marketplace.shopify.collection": {"name": "Winter"},
        }
        # What is different in a second row, so that nothing but the rights can refuse it.
        cls.fresh = {
            "marketplace.shopify.market": {"external_id": "2"},
            "marketplace.shopify.metafield": {"key": "title"},
            "marketplace.shopify.publication": {"external_id": "2"},
            "marketplace.shopify.collection": {"name": "Autumn"},
        }
        cls.rows = [
            cls.env[model].create({**vals, "account_id": cls.foreign.id})
            for model, vals in cls.vals.items()
        ]
        cls.rows.append(collection.rule_ids)
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
                    mine.browse(row.id).read([row._rec_name])
        for model, vals in self.vals.items():
            with self.subTest(model), self.assertRaises(AccessError):
                self.env[model].with_user(self.manager).create(
                    {**vals, **self.fresh[model], "account_id": self.foreign.id}
                )
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
