from pathlib import Path

from lxml import etree

from odoo.exceptions import AccessError
from odoo.modules.module import Manifest, get_module_path
from odoo.tests import new_test_user, tagged

from odoo.addons.marketplace.tests.screens import ScreenMixin

from marketplace_adapters.testing import covers

from .common import SECRETS, AmazonCase


@tagged("post_install", "-at_install")
class TestData(AmazonCase):
    @covers("R48", "R61", "R285", "R290", "X30", "X32")
    def test_amazon_is_one_addon_on_the_core(self):
        manifest = Manifest.for_addon("marketplace_amazon")
        self.assertEqual(
            (manifest["name"], manifest["depends"]), ("Marketplace: Amazon", ["marketplace"])
        )
        self.assertRegex(manifest["version"], r"^19\.0\.\d+\.\d+\.\d+$")
        self.assertEqual((manifest["license"], manifest["application"]), ("LGPL-3", True))

    @covers("R330")
    def test_a_neutralized_copy_knows_no_secret_and_works_for_no_account(self):
        draft = self.env.ref("marketplace_amazon.account_amazon")
        draft.write(SECRETS)
        self.env.flush_all()
        script = Path(get_module_path("marketplace_amazon"), "data", "neutralize.sql")
        self.env.cr.execute(script.read_text(encoding="utf-8"))
        self.env.invalidate_all()
        self.assertEqual((self.account.state, draft.state), ("paused", "draft"))
        for account in (self.account, draft):
            self.assertEqual(self.env["marketplace.credential"]._read_all(account), {})
            self.assertFalse(account.amazon_refresh_token)
            self.assertFalse(account._may_call())

    @covers("R73", "R292")
    def test_the_configuration_is_for_managers(self):
        user = new_test_user(self.env, "az-market", groups="marketplace.group_user")
        action = self.env.ref("marketplace_amazon.action_amazon_configuration")
        with self.assertRaises(AccessError):
            action.with_user(user).run()
        manager = new_test_user(self.env, "az-boss", groups="marketplace.group_manager")
        self.assertEqual(action.with_user(manager).run()["res_model"], "marketplace.account")

    @covers("R73", "X34")
    def test_the_menu_has_product_types_and_the_configuration(self):
        for name, path in (
            ("menu_amazon_configuration", "Marketplace/Amazon/Configuration"),
            ("menu_amazon_product_type", "Marketplace/Amazon/Product types"),
        ):
            self.assertEqual(self.env.ref(f"marketplace_amazon.{name}").complete_name, path)

    def test_the_scheduled_actions_run_every_day(self):
        for name in ("cron_release_pending", "cron_product_types"):
            cron = self.env.ref(f"marketplace_amazon.{name}")
            self.assertEqual(
                (cron.active, cron.interval_number, cron.interval_type), (True, 1, "days")
            )

    @covers("R72", "R73", "R74", "R75", "R76", "R77", "R78", "R79", "R80")
    def test_the_fields_stand_on_the_screens_of_odoo(self):
        for model, view, names in (
            (
                "marketplace.account",
                "marketplace.view_marketplace_account_form",
                [
                    "amazon_seller_id",
                    "amazon_region",
                    "amazon_market_ids",
                    "amazon_client_id",
                    "amazon_client_secret",
                    "amazon_refresh_token",
                    "amazon_queue_url",
                    "interval",
                    "automatic",
                ],
            ),
            (
                "marketplace.connect.wizard",
                "marketplace.view_connect_wizard_form",
                ["amazon_region", "amazon_seller_id", "amazon_market_ids"],
            ),
            (
                "marketplace.listing",
                "marketplace.view_listing_form",
                [
                    "amazon_asin",
                    "amazon_product_type_id",
                    "amazon_condition",
                    "amazon_fulfilment",
                    "amazon_handling_days",
                ],
            ),
            (
                "product.template",
                "product.product_template_only_form_view",
                [
                    "amazon_asin",
                    "amazon_product_type",
                    "amazon_condition",
                    "amazon_fulfilment",
                    "amazon_theme",
                    "amazon_image_ids",
                    "amazon_attribute_ids",
                ],
            ),
            ("product.product", "product.product_normal_form_view", ["amazon_asin"]),
            (
                "sale.order",
                "sale.view_order_form",
                ["amazon_id", "amazon_ship_by", "amazon_prime", "amazon_fba"],
            ),
            ("account.move", "account.view_move_form", ["amazon_refund_reason"]),
            ("product.attribute", "product.product_attribute_view_form", ["amazon_attribute"]),
        ):
            arch = etree.fromstring(self.env[model].get_view(self.env.ref(view).id)["arch"])
            for name in names:
                with self.subTest(model=model, field=name):
                    found = arch.xpath(f"//field[@name='{name}']")
                    self.assertGreaterEqual(len(found), 1)


@tagged("post_install", "-at_install")
class TestScreens(ScreenMixin, AmazonCase):
    addon = "marketplace_amazon"

    @covers("R73", "X58")
    def test_every_view_renders_for_everybody_who_may_read(self):
        self.check_views(at_least=21)

    def test_every_button_has_a_method_and_says_what_it_does(self):
        self.check_buttons()
