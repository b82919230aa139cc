from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from marketplace_adapters.shopify.const import CANCEL_REASONS, SCOPES
from marketplace_adapters.testing import covers

from ..models.marketplace_account import shop_domain
from .common import (
    CLIENT_ID,
    CLIENT_SECRET,
    ONLINE,
    POS,
    SECRETS,
    SHOP,
    US_LIST,
    WAREHOUSE_ID,
    OfflineCase,
)

MASK = "••••••••"


@tagged("post_install", "-at_install")
class TestAccount(OfflineCase):
    def _draft(self, **vals):
        return self.env["marketplace.account"].create(
            {"name": "Draft", "provider": "shopify", **vals}
        )

    # === ADDRESS === #

    @covers("R353", "X46")
    def test_the_shop_is_the_address(self):
        for text, domain in (
            ("demo-shop", SHOP),
            (" Demo-Shop.myshopify.com ", SHOP),
            ("https://demo-shop.myshopify.com/admin", SHOP),
            ("https://admin.shopify.com/store/demo-shop/products", SHOP),
            ("", ""),
        ):
            with self.subTest(text):
                self.assertEqual(shop_domain(text), domain)
        account = self._draft(shopify_shop="demo-shop")
        self.assertEqual((account.shopify_shop, account.base_url), (SHOP, f"https://{SHOP}"))
        account.shopify_shop = "other"
        self.assertEqual(account.base_url, "https://other.myshopify.com")
        self.assertEqual(self.account.base_url, self.base_url_of_shop)

    def test_an_address_that_is_no_shops_is_refused(self):
        for wrong in ("shop.example.com", "-shop", "my shop", "https://"):
            with self.subTest(wrong), self.assertRaises(ValidationError):
                self._draft(shopify_shop=wrong)

    def test_nothing_is_connected_without_a_shop_or_in_another_currency(self):
        account = self._draft(base_url=self.base_url_of_shop, **SECRETS)
        with self.assertRaises(UserError):
            account._connected()
        with self.assertRaises(ValidationError):
            account.state = "connected"
        account.shopify_shop = SHOP
        account.state = "connected"
        account.shopify_currency = account.currency_id.name
        with self.assertRaises(ValidationError):
            account.currency_id = self.env.ref("base.JPY")

    # === SECRETS === #

    @covers("R406", "R408", "R409", "X35", "X46")
    def test_secrets_are_never_shown_again(self):
        account = self._draft(**SECRETS)
        for field in SECRETS:
            self.assertEqual(account[field], MASK)
        self.assertFalse(account.shopify_access_token)
        credentials = self.env["marketplace.credential"]
        known = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        self.assertEqual(credentials._read_all(account), known)
        account.shopify_client_secret = MASK
        account.shopify_access_token = " shpat_x "
        account.shopify_api_secret = "shpss_x"
        self.assertEqual(
            credentials._read_all(account),
            {**known, "access_token": "shpat_x", "api_secret": "shpss_x"},
        )
        account.shopify_client_secret = False
        self.assertNotIn("client_secret", credentials._read_all(account))
        self.assertFalse(account.copy().shopify_client_id)

    @covers("X35")
    def test_only_managers_reach_the_secrets(self):
        user = new_test_user(self.env, "shopify-user", groups="marketplace.group_user")
        for field in SECRETS:
            with self.subTest(field), self.assertRaises(AccessError):
                self.account.with_user(user).read([field])
            with self.subTest(field), self.assertRaises(AccessError):
                self.account.with_user(user).write({field: "mine"})

    # === ACCESS === #

    @covers("R353")
    def test_what_the_app_may_not_do_is_named(self):
        self.assertFalse(self.account.shopify_scopes_missing, "nothing was read yet")
        self.account.shopify_scopes = " ".join(one for one in SCOPES if one != "write_orders")
        self.assertEqual(self.account.shopify_scopes_missing, "write_orders")
        self.account.shopify_scopes = " ".join(one for one in SCOPES if one[:5] == "write")
        unwritten = [
            one
            for one in SCOPES
            if one.startswith("read_") and one.replace("read_", "write_") not in SCOPES
        ]
        self.assertEqual(self.account.shopify_scopes_missing, ", ".join(unwritten))
        self.account.shopify_scopes = " ".join(SCOPES)
        self.assertFalse(self.account.shopify_scopes_missing)
        self.assertEqual(self.account.shopify_scopes_needed, ", ".join(SCOPES))

    # === SETTINGS === #

    def test_the_adapter_gets_what_the_account_says(self):
        pricelist = self.env["product.pricelist"].create(
            {"name": "US", "currency_id": self.dollar.id}
        )
        self.account.write(
            {
                "shopify_confirm_when": "placed",
                "shopify_money": "presentment",
                "shopify_include_drafts": True,
                "shopify_notify_customers": True,
                "shopify_restock": "never",
                "shopify_delete_means": "delete",
                "shopify_compare_at": "list_price",
                "shopify_upload_hosts": "https://a.test, https://b.test",
                "batch_size": 100,
                "shopify_market_ids": [
                    Command.create(
                        {
                            "external_id": US_LIST,
                            "name": "US",
                            "currency_id": self.dollar.id,
                            "pricelist_id": pricelist.id,
                        }
                    ),
                    Command.create(
                        {"external_id": "9002", "name": "UK", "currency_id": self.euro.id}
                    ),
                ],
            }
        )
        self.assertEqual(
            self.account._adapter_options(),
            {
                "batch_size": 100,
                "shop": SHOP,
                "webhook_url": self.account.webhook_url,
                "publications": [ONLINE],
                "price_lists": {US_LIST: "USD"},
                "confirm_when": "placed",
                "money": "presentment",
                "include_drafts": True,
                "reference_namespace": "odoo",
                "notify_customers": True,
                "restock": "never",
                "delete_means": "delete",
                "compare_at": True,
                "await_risk": True,
                "location": WAREHOUSE_ID,
                "upload_hosts": ["https://a.test", "https://b.test"],
            },
        )

    def test_of_several_locations_none_is_taken_for_the_warehouse(self):
        places = self.account.place_ids
        places.location_ids = False
        self.assertNotIn("location", self.account._adapter_options())
        places[0].active = False
        self.assertEqual(self.account._adapter_options()["location"], places[1].external_id)

    @covers("R361", "X37")
    def test_what_a_new_account_begins_with(self):
        account = self._draft()
        self.assertEqual(
            (
                account.order_mode,
                account.shopify_confirm_when,
                account.shopify_money,
                account.late_changes,
                account.restock_policy,
                account.shopify_unlisted,
                account.shopify_delete_means,
            ),
            ("full", "paid", "shop", "apply", "credit_note", "ARCHIVED", "archive"),
        )
        self.assertTrue(account._tells_refunds())

    def test_reasons_have_words(self):
        reasons = dict(self.account._selection_shopify_cancel_reason())
        self.assertEqual(tuple(reasons), CANCEL_REASONS)
        self.assertEqual(reasons["INVENTORY"], "Out of stock")

    def test_settings_that_cannot_work_are_refused(self):
        yen = self.env["product.pricelist"].create(
            {"name": "Yen", "currency_id": self.env.ref("base.JPY").id}
        )
        for vals in (
            {"shopify_namespace": "od"},
            {"shopify_namespace": "o do"},
            {"shopify_compare_at": "pricelist"},
            {"shopify_compare_at": "pricelist", "shopify_compare_pricelist_id": yen.id},
        ):
            with self.subTest(vals), self.assertRaises(ValidationError):
                self.account.write(vals)

    # === WHAT THE SHOP HAS === #

    def test_sales_channels_follow_the_shop(self):
        publications = self.env["marketplace.shopify.publication"]
        publications._take_over(self.account, [(ONLINE, "Web"), ("8003", "App")])
        rows = self.account.with_context(active_test=False).shopify_publication_ids
        self.assertEqual(
            [(row.external_id, row.name, row.publish, row.active) for row in rows],
            [
                (ONLINE, "Web", True, True),
                (POS, "Point of Sale", False, False),
                ("8003", "App", False, True),
            ],
        )
        publications._take_over(self.account, [(ONLINE, "Web"), (POS, "Point of Sale")])
        self.assertTrue(rows[1].active)

    def test_price_lists_follow_the_shop(self):
        markets = self.env["marketplace.shopify.market"]
        markets._take_over(self.account, [(US_LIST, "US", "USD"), ("9002", "UK", "GBP")])
        us, uk = self.account.shopify_market_ids.sorted("external_id")
        self.assertEqual((us.currency_id.name, uk.currency_id.active), ("USD", True))
        us.pricelist_id = self.env["product.pricelist"].create(
            {"name": "US", "currency_id": self.dollar.id}
        )
        markets._take_over(self.account, [(US_LIST, "US", "EUR")])
        self.assertEqual((us.currency_id, us.pricelist_id.id), (self.euro, False))
        self.assertFalse(uk.active)

    # === PAGES OF THE SHOP === #

    def test_pages_of_the_shop_are_in_its_admin(self):
        account = self._draft(shopify_shop=SHOP)
        self.assertEqual(
            account._shopify_admin_url("products/12"),
            "https://admin.shopify.com/store/demo-shop/products/12",
        )
        self.assertEqual(
            self.account._shopify_admin_url("orders/7"), f"{self.base_url_of_shop}/orders/7"
        )

    # === ONE OR SEVERAL === #

    @covers("X16")
    def test_the_menu_opens_the_one_account_and_lists_several(self):
        accounts = self.env["marketplace.account"]
        self.env.ref("marketplace_shopify.account_shopify").unlink()
        self.assertEqual(accounts._action_configuration("shopify")["res_id"], self.account.id)
        self._make_account("Second", shopify_shop="second.myshopify.com")
        self.assertNotIn("res_id", accounts._action_configuration("shopify"))

    def test_a_draft_comes_with_the_addon(self):
        draft = self.env.ref("marketplace_shopify.account_shopify")
        self.assertEqual((draft.provider, draft.state), ("shopify", "draft"))
        self.assertFalse(draft._may_call())

    # === THE WIZARD === #

    @covers("R247")
    def test_the_wizard_asks_for_the_shop_and_for_one_of_two_ways_in(self):
        wizard = self.env["marketplace.connect.wizard"].create(
            {"provider": "shopify", "name": "My shop"}
        )
        wizard.action_next()
        self.assertEqual(
            wizard.credential_ids.mapped("key"),
            ["client_id", "client_secret", "access_token", "api_secret"],
        )
        with self.assertRaisesRegex(UserError, "myshopify.com"):
            wizard.action_test()
        wizard.shopify_shop = "demo-shop"
        with self.assertRaisesRegex(UserError, "Dev Dashboard"):
            wizard.action_test()
        wizard.credential_ids[0].value = CLIENT_ID
        with self.assertRaisesRegex(UserError, "Dev Dashboard"):
            wizard.action_test()

    # === PRODUCTS OF THE SHOP === #

    def test_a_product_that_is_made_of_the_shops_keeps_what_it_says(self):
        line = self.env["marketplace.link.catalogue.line"].new(
            {
                "description": "<p>Hot</p>",
                "details": {
                    "vendor": "Nile",
                    "product_type": "Drink",
                    "tags": ["Summer", "Black"],
                    "handle": "tea",
                    "inventory_policy": "DENY",
                },
            }
        )
        template = self.env["product.template"].create(
            {"name": "Tea", **self.account._imported_template_vals(line)}
        )
        self.assertEqual(
            (template.shopify_vendor, template.shopify_type, template.shopify_handle),
            ("Nile", "Drink", "tea"),
        )
        self.assertEqual(sorted(template.product_tag_ids.mapped("name")), ["Black", "Summer"])
        self.assertEqual(str(template.shopify_description), "<p>Hot</p>")
