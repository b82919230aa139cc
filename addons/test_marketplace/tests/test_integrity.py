"""What does not hold together is found, explained, and shown."""

from datetime import timedelta

from odoo import fields
from odoo.tests import new_test_user, tagged

from marketplace_adapters.testing import covers

from .common import MarketplaceCase


@tagged("post_install", "-at_install")
class TestIntegrity(MarketplaceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.integrity = cls.env["marketplace.integrity"]
        cls.tea = cls._make_product("Tea", default_code="TEA", barcode="6221234567890")
        cls.coffee = cls._make_product("Coffee", default_code="COFFEE", barcode="6221234567891")
        cls.listing = cls._list(cls.tea)

    def found(self, code=None):
        """{code: records} of the test's accounts, or the records of one code."""
        self.env.flush_all()
        accounts = self.env["marketplace.account"].search([("provider", "=", "fake")])
        result = {check.code: records for check, records in self.integrity._run(accounts)}
        return result if code is None else result.get(code)

    def order(self, **vals):
        return self.env["marketplace.order"].create(
            {"account_id": self.account.id, "external_id": "O-1", "status": "confirmed", **vals}
        )

    @covers("R298", "R302", "R305")
    def test_what_is_in_order_is_not_complained_about(self):
        self._list(self.coffee)
        self.assertEqual(self.found(), {})

    def test_every_check_has_words_and_a_way_to_find_its_records(self):
        prices = self.integrity._prices(self.account)
        checks = self.integrity._checks()
        self.assertEqual(len({check.code for check in checks}), len(checks))
        for check in checks:
            with self.subTest(code=check.code):
                self.assertTrue(check.title and check.advice)
                self.assertIn(check.severity, ("error", "warning", "info"))
                self.assertTrue(
                    check.code in prices or hasattr(self.integrity, f"_find_{check.code}")
                )
                self.assertEqual(bool(check.fix), hasattr(self.integrity, f"_fix_{check.code}"))

    # === LISTINGS === #

    @covers("R305")
    def test_listings_without_a_product(self):
        orphan = self._list(self.coffee)
        self.coffee.product_tmpl_id.unlink()
        self.assertEqual(self.found("no_product"), orphan)
        self.integrity._fix("no_product", orphan)
        self.assertFalse(orphan.active)
        self.assertIsNone(self.found("no_product"))

    @covers("R305")
    def test_products_of_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE product_template SET company_id = %s WHERE id = %s",
            [other.id, self.tea.product_tmpl_id.id],
        )
        self.env.invalidate_all()
        self.assertEqual(self.found("foreign_company"), self.listing)

    @covers("C17")
    def test_units_that_cannot_be_converted(self):
        self.listing.uom_id = self.env.ref("uom.product_uom_kgm")
        self.assertEqual(self.found("wrong_unit"), self.listing)
        dozen = self.env.ref("uom.product_uom_dozen")
        self.listing.uom_id = dozen
        self.assertIsNone(self.found("wrong_unit"))

    def test_negative_and_missing_prices_by_the_policy_of_the_account(self):
        coffee = self._list(self.coffee)
        self.tea.list_price = -1
        self.coffee.list_price = 0
        self.assertEqual(self.found("negative_price"), self.listing)
        self.assertEqual(self.found("zero_price"), coffee)
        self.account.write(
            {
                "price_source": "pricelist",
                "pricelist_id": self.env["product.pricelist"]
                .create(
                    {
                        "name": "Channel",
                        "currency_id": self.account.currency_id.id,
                        "item_ids": [
                            (
                                0,
                                0,
                                {
                                    "compute_price": "fixed",
                                    "fixed_price": 5,
                                    "applied_on": "3_global",
                                },
                            )
                        ],
                    }
                )
                .id,
            }
        )
        self.assertEqual(self.found(), {})

    def test_order_limits(self):
        self.listing.write({"min_order": 5, "max_order": 0})
        self.assertIsNone(self.found("order_limits"))
        self.listing.max_order = 4
        self.assertEqual(self.found("order_limits"), self.listing)

    @covers("X36")
    def test_shared_skus_and_our_ids_of_different_products(self):
        other = self._list(self.coffee, sku="TEA", internal_id=str(self.tea.id))
        self.assertEqual(self.found("duplicate_sku"), self.listing | other)
        self.assertEqual(self.found("duplicate_internal_id"), self.listing | other)

    def test_two_units_of_one_product_may_share_sku_and_our_id(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        self._list(self.tea, uom_id=dozen.id, external_id="BOX")
        found = self.found()
        self.assertNotIn("duplicate_sku", found)
        self.assertNotIn("duplicate_internal_id", found)

    def test_the_same_sku_on_two_accounts_is_right(self):
        self._list(self.tea, self._make_account("Second"), external_id="ELSE")
        self.assertEqual(self.found(), {})

    def test_shared_barcodes(self):
        other = self._list(self.coffee)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE product_product SET barcode = %s WHERE id = %s",
            [self.tea.barcode, self.coffee.id],
        )
        self.env.invalidate_all()
        self.assertEqual(self.found("duplicate_barcode"), self.listing | other)

    def test_listings_without_an_external_id_after_a_day(self):
        self.listing.external_id = False
        self.assertIsNone(self.found("no_external"))
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE marketplace_listing SET create_date = now() - interval '2 days' WHERE id = %s",
            [self.listing.id],
        )
        self.env.invalidate_all()
        self.assertEqual(self.found("no_external"), self.listing)

    @covers("R305")
    def test_archived_products_and_products_that_cannot_be_sold(self):
        other = self._list(self.coffee)
        self.tea.product_tmpl_id.active = False
        self.coffee.product_tmpl_id.sale_ok = False
        self.assertEqual(self.found("archived_product"), self.listing)
        self.assertEqual(self.found("not_for_sale"), other)

    @covers("X36")
    def test_skus_that_changed_since_linking(self):
        self.tea.default_code = "TEA-NEW"
        self.assertEqual(self.found("sku_changed"), self.listing)
        self.integrity._fix("sku_changed", self.listing)
        self.assertEqual(self.listing.sku, "TEA-NEW")
        self.assertIsNone(self.found("sku_changed"))

    def test_an_external_id_of_two_accounts_of_one_channel_is_good_to_know(self):
        second = self._make_account("Second")
        other = self._list(self.coffee, second, external_id=self.listing.external_id)
        self.assertEqual(self.found("shared_external"), self.listing | other)

    # === CONTACTS, ACCOUNTS, ORDERS === #

    @covers("R296", "R298")
    def test_contacts(self):
        other_company = self.env["res.company"].create({"name": "Other"})
        shop, gone = self.env["res.partner"].create([{"name": "Shop"}, {"name": "Gone"}])
        foreign = self.env["res.partner"].create(
            {"name": "Foreign", "company_id": other_company.id}
        )
        one, two, three, four = self.env["marketplace.partner"].create(
            [
                {
                    "account_id": self.account.id,
                    "external_id": str(number),
                    "partner_id": partner.id,
                }
                for number, partner in enumerate((shop, shop, gone, foreign))
            ]
        )
        gone.active = False
        self.assertEqual(self.found("double_partner"), one | two)
        self.assertEqual(self.found("archived_partner"), three)
        self.assertEqual(self.found("foreign_partner"), four)

    def test_settings_of_accounts(self):
        other = self._make_account("Other")
        self.env.flush_all()
        self.env.cr.execute(
            "DELETE FROM marketplace_account_location_rel WHERE account_id = %s", [other.id]
        )
        self.env.invalidate_all()
        self.assertEqual(self.found("no_locations"), other)
        self.env["marketplace.place"].create(
            [
                {"account_id": self.account.id, "name": name, "external_id": name}
                for name in ("East", "West")
            ]
        )
        self.assertEqual(self.found("no_places"), self.account)
        self.account.price_source = "pricelist"
        self.assertEqual(self.found("no_pricelist"), self.account)
        foreign = (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search([("id", "!=", self.account.currency_id.id)], limit=1)
        )
        foreign.active = True
        self.account.pricelist_id = self.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": foreign.id}
        )
        self.assertEqual(self.found("pricelist_currency"), self.account)

    @covers("C20")
    def test_rights_that_the_engine_lacks(self):
        engine = self.env.ref("marketplace.user_engine")
        engine.group_ids = self.env.ref("base.group_user") | self.env.ref(
            "marketplace.group_engine"
        )
        self.assertEqual(self.found("engine_rights"), engine)

    @covers("R298", "R307")
    def test_orders_that_are_no_sales_order_after_a_day(self):
        order = self.order()
        self.assertIsNone(self.found("no_sale_order"))
        order.first_seen_at = fields.Datetime.now() - timedelta(days=2)
        self.assertEqual(self.found("no_sale_order"), order)
        item = self.env["marketplace.inbox"].create(
            {
                "account_id": self.account.id,
                "topic": "order",
                "external_id": "O-1",
                "revision": "1",
                "status": "quarantined",
                "order_id": order.id,
            }
        )
        self.integrity._fix("no_sale_order", order)
        self.assertEqual(item.status, "new")
        order.status = "cancelled"
        self.assertIsNone(self.found("no_sale_order"))

    def test_lines_that_are_missing_on_the_sales_order(self):
        sale = self.env["sale.order"].create({"partner_id": self.env.user.partner_id.id})
        order = self.order(sale_order_id=sale.id)
        line = self.env["marketplace.order.line"].create(
            {"order_id": order.id, "external_id": "1", "quantity": 2}
        )
        self.assertEqual(self.found("line_without_link"), line)

    # === SCREEN === #

    @covers("R305")
    def test_the_screen_shows_kinds_opens_records_and_helps(self):
        self.tea.default_code = "TEA-NEW"
        self.listing.write({"min_order": 5, "max_order": 4})
        user = new_test_user(self.env, "i-user", groups="marketplace.group_user")
        action = (
            self.env["marketplace.integrity.wizard"]
            .with_user(user)
            .with_context(default_account_ids=self.account.ids)
            .action_open_check()
        )
        wizard = self.env[action["res_model"]].with_user(user).browse(action["res_id"])
        self.assertEqual(
            [(problem.severity, problem.code, problem.count) for problem in wizard.problem_ids],
            [("error", "order_limits", 1), ("warning", "sku_changed", 1)],
        )
        opened = wizard.problem_ids[0].action_open()
        self.assertEqual(opened["domain"], [("id", "in", self.listing.ids)])
        wizard.problem_ids[1].action_fix()
        self.assertEqual(wizard.problem_ids.mapped("code"), ["order_limits"])
        self.assertEqual((wizard.error_count, wizard.warning_count), (1, 0))

    def test_the_nightly_check_tells_errors_once_and_ends_them(self):
        self.listing.write({"min_order": 5, "max_order": 4})
        for _night in range(2):
            self.integrity._cron_check()
        cause = self.account.cause_ids
        self.assertEqual((cause.code, cause.state), ("integrity:order_limits", "open"))
        self.assertEqual(cause.title, "Listings whose minimum order is above the maximum: 1")
        self.listing.max_order = 0
        self.integrity._cron_check()
        self.assertEqual(cause.state, "solved")
        self.assertFalse(self.env.ref("marketplace.cron_integrity").active)

    def test_queries_do_not_grow_with_the_listings(self):
        def count(number):
            products = self.env["product.product"].create(
                [
                    {
                        "name": f"I{number}-{n}",
                        "default_code": f"I{number}-{n}",
                        "list_price": 3,
                        "taxes_id": False,
                    }
                    for n in range(number)
                ]
            )
            self.env["marketplace.listing"].create(
                [
                    {
                        "account_id": self.account.id,
                        "product_id": product.id,
                        "external_id": f"E{product.id}",
                    }
                    for product in products
                ]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.integrity._run(self.account)
            return self.env.cr.sql_log_count - before

        count(3)
        few, many = count(3), count(300)
        self.assertLessEqual(many, few + 5)
