"""Both ways over HTTP: what Odoo tells arrives in the sandbox's shop, and its news arrive here."""

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from marketplace_adapters.shopify.const import SCOPES
from marketplace_adapters.testing import covers

from .common import FLOOR_ID, ONLINE, POS, STATIC_TOKEN, US_LIST, WAREHOUSE_ID, ShopifyCase


@tagged("post_install", "-at_install")
class TestConnection(ShopifyCase):
    def _draft(self, **vals):
        return self.env["marketplace.account"].create(
            {
                "name": "Draft",
                "provider": "shopify",
                "shopify_shop": "demo-shop",
                "base_url": self.shop.base_url,
                "shopify_client_id": "demo-shopify-client",
                "shopify_client_secret": "shpss_demo_secret",
                **vals,
            }
        )

    @covers("R353", "X46")
    def test_a_shop_says_what_it_is_and_what_it_has(self):
        account = self._draft()
        check, problem = account._test_connection()
        self.assertIsNone(problem)
        self.assertTrue(check.ok)
        self.assertEqual((account.currency_id.name, account.shopify_currency), ("EUR", "EUR"))
        self.assertFalse(account.shopify_scopes_missing)
        self.assertLessEqual(set(SCOPES), set(account.shopify_scopes.split()))
        self.assertEqual(
            [(one.external_id, one.publish) for one in account.shopify_publication_ids],
            [(ONLINE, True), (POS, False)],
        )
        self.assertEqual(
            [(one.external_id, one.currency_id.name) for one in account.shopify_market_ids],
            [(US_LIST, "USD")],
        )
        self.assertEqual(sorted(account.place_ids.mapped("external_id")), [WAREHOUSE_ID, FLOOR_ID])

    @covers("X46")
    def test_an_older_apps_token_works_as_well(self):
        account = self._draft(
            shopify_client_id=False,
            shopify_client_secret=False,
            shopify_access_token=STATIC_TOKEN,
        )
        _check, problem = account._test_connection()
        self.assertIsNone(problem)

    @covers("R353")
    def test_a_scope_that_is_missing_is_named_and_stands_on_the_account(self):
        self.shop.settings(scopes=[one for one in SCOPES if one != "write_inventory"])
        account = self._draft()
        check, problem = account._test_connection()
        self.assertIsNone(check)
        self.assertIn("write_inventory", problem)
        self.assertEqual(account.shopify_scopes_missing, "write_inventory")
        self.shop.settings(scopes=list(SCOPES))
        _check, problem = account._test_connection()
        self.assertIsNone(problem)
        self.assertFalse(account.shopify_scopes_missing)

    @covers("R353")
    def test_what_is_wrong_is_said_in_words(self):
        account = self._draft(shopify_client_secret="wrong")
        check, problem = account._test_connection()
        self.assertIsNone(check)
        self.assertIn("client secret", problem)
        self.assertNotIn("wrong", problem)

    def test_another_shop_than_the_one_that_was_named_is_refused(self):
        account = self._draft(shopify_shop="other")
        _check, problem = account._test_connection()
        self.assertIn("demo-shop.myshopify.com", problem)

    def test_only_a_connected_shop_is_asked(self):
        self.account.state = "paused"
        with self.assertRaises(UserError):
            self.account.action_shopify_read_shop()
        self.account.state = "connected"
        self.account.action_shopify_read_shop()
        self.assertEqual(self.account.shopify_currency, "EUR")


@tagged("post_install", "-at_install")
class TestPush(ShopifyCase):
    @covers("R358", "R359", "R360")
    def test_a_product_with_variants_arrives_whole_and_once(self):
        template = self._make_shirt(categ_id=self._make_category("Clothes").id)
        template.shopify_vendor = "Nile"
        for number, variant in enumerate(template.product_variant_ids):
            self._add_stock(variant, 3 + number)
        self._add_stock(template.product_variant_ids[0], 2, self.floor)
        listings = self._list(template.product_variant_ids)
        self.send()
        self.finish_bulk()
        for listing in listings:
            self.assertEqual(listing.sync_status, "synced", listing.last_error)
        self.assertEqual(len(set(listings.mapped("shopify_product_id"))), 1)
        self.assertEqual(len(set(listings.mapped("external_id"))), 4)
        rows = self.shop.variants()
        self.assertEqual(sorted(row["sku"] for row in rows), sorted(listings.mapped("sku")))
        product = self.shop.product(listings[0].shopify_product_id)
        self.assertEqual((product["title"], product["vendor"]), ("Shirt", "Nile"))
        self.assertEqual(
            self.shop.available(listings[0].shopify_item_id),
            {WAREHOUSE_ID: 3, FLOOR_ID: 2},
        )
        calls = len(self.shop.call("GET", "calls?provider=shopify&limit=2000"))
        listings._request()
        self.send()
        self.assertEqual(
            len(self.shop.call("GET", "calls?provider=shopify&limit=2000")),
            calls,
            "nothing that the shop knows is told again",
        )

    @covers("R358")
    def test_changes_go_alone(self):
        product = self._make_product("Tea", default_code="TEA", price=10, quantity=5)
        listing = self._list(product)
        self.send()
        product.name = "Green tea"
        self.send()
        shown = self.shop.product(listing.shopify_product_id)
        self.assertEqual(shown["title"], "Green tea")
        product.list_price = 12
        self.send()
        (row,) = self.shop.variants()
        self.assertEqual(row["price"], 12)
        self._add_stock(product, 2)
        self.send()
        self.assertEqual(self.shop.available(listing.shopify_item_id)[WAREHOUSE_ID], 7)

    @covers("R358")
    def test_an_archived_product_is_archived_there(self):
        product = self._make_product("Tea", default_code="TEA")
        listing = self._list(product)
        self.send()
        product.product_tmpl_id.action_archive()
        self.send()
        self.assertEqual(self.shop.product(listing.shopify_product_id)["status"], "ARCHIVED")

    @covers("R362")
    def test_collections_are_saved_and_products_join_and_leave_them(self):
        tea, cups = self._make_category("Tea"), self._make_category("Cups")
        product = self._make_product("Black tea", categ_id=tea.id)
        listing = self._list(product)
        self.send()
        collection = self.env["marketplace.shopify.collection"].create(
            {
                "account_id": self.account.id,
                "name": "Hot drinks",
                "category_ids": [Command.set(tea.ids)],
            }
        )
        self.save_collections()
        self.assertEqual(collection.state, "saved", collection.message)
        self.send()
        self.assertEqual(
            self.last(listing, "product").status, "success", self.last(listing, "product").message
        )
        self.assertEqual(
            self.shop.collections(listing.shopify_product_id), [collection.external_id]
        )
        product.categ_id = cups
        self.send()
        self.assertEqual(self.shop.collections(listing.shopify_product_id), [])

    @covers("R362")
    def test_an_automatic_collection_is_saved_with_its_rules(self):
        collection = self.env["marketplace.shopify.collection"].create(
            {
                "account_id": self.account.id,
                "name": "Cheap",
                "kind": "automatic",
                "rule_ids": [
                    Command.create({"column": "vendor", "relation": "EQUALS", "condition": "Nile"}),
                    Command.create({"condition": "Summer"}),
                ],
            }
        )
        self.save_collections()
        self.assertEqual(collection.state, "saved", collection.message)
        before = collection.external_id
        collection.name = "Cheapest"
        self.save_collections()
        self.assertEqual((collection.state, collection.external_id), ("saved", before))

    def save_collections(self):
        self._engine()._save_shopify_collections(self.account.id)
        self.env.invalidate_all()
