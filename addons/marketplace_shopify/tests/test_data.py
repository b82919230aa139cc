from pathlib import Path

from lxml import etree

from odoo.exceptions import AccessError
from odoo.modules.module import Manifest, get_module_path
from odoo.tests import new_test_user, tagged

from odoo.addons.marketplace.tests.screens import ScreenMixin

from marketplace_adapters.testing import covers

from .common import SECRETS, OfflineCase


@tagged("post_install", "-at_install")
class TestData(OfflineCase):
    @covers("R48", "R61", "R285", "R290", "X30", "X32")
    def test_shopify_is_one_addon_on_the_core(self):
        manifest = Manifest.for_addon("marketplace_shopify")
        self.assertEqual(
            (manifest["name"], manifest["depends"]), ("Marketplace: Shopify", ["marketplace"])
        )
        self.assertRegex(manifest["version"], r"^19\.0\.\d+\.\d+\.\d+$")
        self.assertEqual((manifest["license"], manifest["application"]), ("LGPL-3", True))

    @covers("R330")
    def test_a_neutralized_copy_knows_no_secret_and_works_for_no_account(self):
        draft = self.env.ref("marketplace_shopify.account_shopify")
        draft.write(SECRETS)
        self.env.flush_all()
        script = Path(get_module_path("marketplace_shopify"), "data", "neutralize.sql")
        self.env.cr.execute(script.read_text(encoding="utf-8"))
        self.env.invalidate_all()
        self.assertEqual((self.account.state, draft.state), ("paused", "draft"))
        for account in (self.account, draft):
            self.assertEqual(self.env["marketplace.credential"]._read_all(account), {})
            self.assertFalse(account.shopify_client_secret)
            self.assertFalse(account._may_call())

    @covers("R73", "R292")
    def test_the_configuration_is_for_managers(self):
        user = new_test_user(self.env, "sh-market", groups="marketplace.group_user")
        action = self.env.ref("marketplace_shopify.action_shopify_configuration")
        with self.assertRaises(AccessError):
            action.with_user(user).run()
        manager = new_test_user(self.env, "sh-boss", groups="marketplace.group_manager")
        self.assertEqual(action.with_user(manager).run()["res_model"], "marketplace.account")

    @covers("R73", "X34")
    def test_the_menu_has_collections_and_the_configuration(self):
        for name, path in (
            ("menu_shopify_configuration", "Marketplace/Shopify/Configuration"),
            ("menu_shopify_collection", "Marketplace/Shopify/Collections"),
        ):
            self.assertEqual(self.env.ref(f"marketplace_shopify.{name}").complete_name, path)

    @covers("R73", "R354", "R359", "R362")
    def test_the_fields_stand_on_the_screens_of_odoo(self):
        for model, view, names in (
            (
                "marketplace.account",
                "marketplace.view_marketplace_account_form",
                [
                    "shopify_shop",
                    "shopify_client_id",
                    "shopify_client_secret",
                    "shopify_access_token",
                    "shopify_api_secret",
                    "shopify_scopes",
                    "shopify_scopes_missing",
                    "shopify_scopes_needed",
                    "shopify_market_ids",
                    "shopify_publication_ids",
                    "shopify_metafield_ids",
                    "shopify_unlisted",
                    "shopify_delete_means",
                    "shopify_compare_at",
                    "shopify_confirm_when",
                    "shopify_money",
                    "shopify_include_drafts",
                    "shopify_notify_customers",
                    "shopify_restock",
                    "shopify_cancel_reason",
                    "place_ids",
                    "edit_policy_ids",
                    "test_orders",
                    "api_versions",
                ],
            ),
            (
                "marketplace.connect.wizard",
                "marketplace.view_connect_wizard_form",
                ["shopify_shop", "shopify_scopes_missing", "shopify_publication_ids"],
            ),
            (
                "marketplace.listing",
                "marketplace.view_listing_form",
                ["shopify_product_id", "shopify_compare_at_price", "shopify_publication_ids"],
            ),
            (
                "product.template",
                "product.product_template_only_form_view",
                [
                    "shopify_status",
                    "shopify_vendor",
                    "shopify_type",
                    "shopify_category",
                    "shopify_handle",
                    "shopify_seo_title",
                    "shopify_seo_description",
                    "shopify_image_text",
                    "shopify_image_ids",
                    "shopify_description",
                ],
            ),
            ("product.category", "product.product_category_form_view", ["shopify_category"]),
            (
                "sale.order",
                "sale.view_order_form",
                ["shopify_number", "shopify_source", "shopify_financial", "shopify_fulfilment"],
            ),
            (
                "marketplace.order",
                "marketplace.view_order_form",
                ["shopify_number", "shopify_gateway", "shopify_url"],
            ),
        ):
            arch = etree.fromstring(self.env[model].get_view(self.env.ref(view).id)["arch"])
            for name in names:
                with self.subTest(model=model, field=name):
                    found = arch.xpath(f"//field[@name='{name}']")
                    self.assertGreaterEqual(len(found), 1)


@tagged("post_install", "-at_install")
class TestScreens(ScreenMixin, OfflineCase):
    addon = "marketplace_shopify"

    @covers("R73", "X58")
    def test_every_view_renders_for_everybody_who_may_read(self):
        self.check_views(at_least=19)

    def test_every_button_has_a_method_and_says_what_it_does(self):
        self.check_buttons()
