"""Both ways over HTTP: what Odoo tells arrives in the sandbox's shop, and its news arrive here."""

import base64
import hashlib
import hmac
import json

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from marketplace_adapters.shopify.const import SCOPES
from marketplace_adapters.testing import covers

from .common import (
    CLIENT_SECRET,
    FLOOR_ID,
    ONLINE,
    POS,
    STATIC_TOKEN,
    US_LIST,
    WAREHOUSE_ID,
    ShopifyCase,
)

WEBHOOK_LOGGER = "odoo.addons.marketplace.models.marketplace_account_webhook"


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


@tagged("post_install", "-at_install")
class TestNews(ShopifyCase):
    def edits(self):
        return self.env["marketplace.foreign.edit"].search(
            [("listing_id.account_id", "=", self.account.id)]
        )

    @covers("R355")
    def test_what_odoo_told_comes_back_as_nothing_new(self):
        template = self._make_shirt(categ_id=self._make_category("Clothes").id)
        template.write(
            {
                "shopify_vendor": "Nile",
                "shopify_description": "<p>Soft &amp; warm</p>",
                "shopify_seo_title": "A shirt",
                "shopify_handle": "nile-shirt",
                "shopify_inventory_policy": "DENY",
                "product_tag_ids": [Command.create({"name": "Summer"})],
                "hs_code": "6105.10",
            }
        )
        for variant in template.product_variant_ids:
            self._add_stock(variant, 3)
            variant.weight = 0.25
        listings = self._list(template.product_variant_ids)
        self.send()
        self.assertEqual(set(listings.mapped("sync_status")), {"synced"})
        self.shop.advance(300)
        self.fetch("listing")
        shown = [(one.member, one.odoo_value, one.channel_value) for one in self.edits()]
        self.assertEqual(shown, [])
        self.send()
        self.assertEqual(len(self.shop.calls("productUpdate")), 0)

    @covers("R355", "R358")
    def test_what_the_shop_owns_is_taken_over_and_the_rest_is_put_back(self):
        listing = self._list(self._make_product("Mug", default_code="MUG", price=6))
        self.account.edit_policy = "odoo"
        self.env["marketplace.edit.policy"].create(
            {
                "account_id": self.account.id,
                "what": "product:attributes/product/vendor",
                "policy": "channel",
            }
        )
        self.send()
        number = listing.shopify_product_id
        self.shop.advance(300)
        self.shop.call("PATCH", f"shopify/products/{number}", {"title": "Cup", "vendor": "Nile"})
        self.fetch("listing")
        self.send()
        self.assertEqual(listing.product_tmpl_id.shopify_vendor, "Nile")
        shown = self.shop.product(number)
        self.assertEqual((shown["title"], shown["vendor"]), ("Mug", "Nile"))

    @covers("R355", "R419", "X48")
    def test_compliance_messages_are_proven_and_answered(self):
        body = json.dumps(
            {
                "shop_id": 1,
                "shop_domain": "demo-shop.myshopify.com",
                "customer": {"id": 7, "email": "buyer@example.com", "phone": ""},
                "orders_to_redact": [],
            }
        ).encode()
        signature = base64.b64encode(
            hmac.new(CLIENT_SECRET.encode(), body, hashlib.sha256).digest()
        ).decode()
        headers = {
            "X-Shopify-Topic": "customers/redact",
            "X-Shopify-Shop-Domain": "demo-shop.myshopify.com",
            "X-Shopify-Event-Id": "event-1",
            "X-Shopify-Hmac-Sha256": signature,
        }
        status, _answer, _headers = self.account._webhook(headers, body)
        self.assertEqual(status, 200)
        received = self.env["marketplace.inbox"].search([("account_id", "=", self.account.id)])
        self.assertEqual(received.mapped("topic"), ["privacy"])
        for wrong in (None, "", signature[:-2] + "A="):
            with self.subTest(wrong), mute_logger(WEBHOOK_LOGGER):
                bad = {**headers, "X-Shopify-Hmac-Sha256": wrong}
                bad = {name: value for name, value in bad.items() if value is not None}
                self.assertEqual(self.account._webhook(bad, body)[0], 401)
        with mute_logger(WEBHOOK_LOGGER):
            self.assertEqual(self.account._webhook(headers, body + b" ")[0], 401)
