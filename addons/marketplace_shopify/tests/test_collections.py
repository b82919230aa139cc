from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from marketplace_adapters.core import RejectedError
from marketplace_adapters.shopify.collections import Collection, Rule
from marketplace_adapters.testing import covers

from .common import ONLINE, OfflineCase


@tagged("post_install", "-at_install")
class TestCollections(OfflineCase):
    def setUp(self):
        super().setUp()
        self.food = self._make_category("Food")
        self.tea = self._make_category("Tea", parent_id=self.food.id)
        self.summer = self.env["product.tag"].create({"name": "Summer"})

    def _collect(self, **vals):
        return self.env["marketplace.shopify.collection"].create(
            {"account_id": self.account.id, "name": "Drinks", **vals}
        )

    def ids(self, listing):
        product = listing._snapshot_product(self.account)[listing.id].state.attributes["product"]
        return product["collections"], product["managed_collections"]

    @covers("R362")
    def test_products_are_in_collections_by_category_and_by_tag(self):
        listings = self._list(
            self._make_product("Black tea", categ_id=self.tea.id)
            | self._make_product("Cup", product_tag_ids=[Command.set(self.summer.ids)])
            | self._make_product("Spoon")
        )
        self._collect(category_ids=[Command.set(self.food.ids)], external_id="11")
        self._collect(name="Hot", tag_ids=[Command.set(self.summer.ids)], external_id="22")
        self._collect(name="New", tag_ids=[Command.set(self.summer.ids)])
        managed = ["11", "22"]
        self.assertEqual(
            [self.ids(listing) for listing in listings],
            [(["11"], managed), (["22"], managed), ([], managed)],
        )

    @covers("R362")
    def test_an_automatic_one_is_the_shops_to_fill(self):
        listing = self._list(self._make_product(categ_id=self.tea.id))
        collection = self._collect(
            kind="automatic",
            external_id="11",
            rule_ids=[
                Command.create({"column": "price", "relation": "LESS_THAN", "condition": "10"}),
                Command.create({"column": "category", "relation": "EQUALS", "condition": "fb-1"}),
            ],
        )
        self.assertEqual(self.ids(listing), ([], []))
        self.assertEqual(
            collection._told(),
            Collection(
                key=str(collection.id),
                title="Drinks",
                id="11",
                sort_order="BEST_SELLING",
                rules=(
                    Rule("price", "LESS_THAN", ("10",)),
                    Rule("category", "EQUALS", ("gid://shopify/TaxonomyCategory/fb-1",)),
                ),
            ),
        )

    @covers("R362")
    def test_a_new_one_is_shown_where_new_products_are(self):
        collection = self._collect(description="<p>Hot</p>", handle="hot", sort_order="MANUAL")
        self.assertEqual(
            collection._told(),
            Collection(
                key=str(collection.id),
                title="Drinks",
                description_html="<p>Hot</p>",
                handle="hot",
                sort_order="MANUAL",
                publications=(ONLINE,),
            ),
        )

    @covers("R362")
    def test_products_are_told_once_the_shop_gave_the_number(self):
        product = self._make_product(categ_id=self.tea.id)
        self._list(product)
        collection = self._collect(category_ids=[Command.set(self.food.ids)])
        self._engine()
        operations = self.env["marketplace.product.operation"]
        newest = operations.search([], order="id desc", limit=1)
        collection._saved(collection._told(), "11", None)
        self.assertEqual((collection.state, collection.external_id), ("saved", "11"))
        found = operations.search([("id", ">", newest.id)])
        self.assertEqual(found.mapped("record_id"), [product.id])

    def test_who_leaves_a_collection_is_told_as_well(self):
        black, green = self._make_product(categ_id=self.tea.id), self._make_product()
        self._list(black | green)
        collection = self._collect(category_ids=[Command.set(self.tea.ids)], external_id="11")
        green.categ_id = self.food
        self._engine()
        operations = self.env["marketplace.product.operation"]
        newest = operations.search([], order="id desc", limit=1)
        collection.category_ids = self.food
        self.assertEqual(
            sorted(operations.search([("id", ">", newest.id)]).mapped("record_id")),
            sorted((black | green).ids),
        )
        newest = operations.search([], order="id desc", limit=1)
        collection.category_ids = False
        self.assertEqual(
            sorted(operations.search([("id", ">", newest.id)]).mapped("record_id")),
            sorted((black | green).ids),
        )

    @covers("R362")
    def test_what_changed_meanwhile_is_saved_once_more(self):
        collection = self._collect()
        told = collection._told()
        collection.name = "Hot drinks"
        collection._saved(told, "11", None)
        self.assertEqual((collection.state, collection.external_id), ("changed", "11"))
        collection._saved(collection._told(), "11", None)
        self.assertEqual(collection.state, "saved")
        collection.sequence = 5
        self.assertEqual(collection.state, "saved")
        collection.name = "Drinks"
        self.assertEqual(collection.state, "changed")

    def test_a_refusal_stands_on_its_collection_and_stops_no_other(self):
        bad, good = self._collect(name="Bad"), self._collect(name="Good")

        class Adapter:
            def save_collection(self, wanted):
                if wanted.title == "Bad":
                    raise RejectedError("Handle has already been taken")
                return "22"

        self._engine()._save_each_collection(self.account, Adapter())
        self.env.invalidate_all()
        self.assertEqual(
            (bad.state, bad.message, bad.external_id),
            ("error", "Handle has already been taken", False),
        )
        self.assertEqual((good.state, good.message, good.external_id), ("saved", False, "22"))
        bad.handle = "other"
        self.assertEqual(bad.state, "new")

    @covers("R362")
    def test_a_collection_for_each_category(self):
        self._list(
            self._make_product(categ_id=self.tea.id) | self._make_product(categ_id=self.food.id)
        )
        self._collect(category_ids=[Command.set(self.food.ids)])
        self.account.action_shopify_collections_from_categories()
        self.account.action_shopify_collections_from_categories()
        found = self.account.shopify_collection_ids
        self.assertEqual(sorted(found.mapped("name")), ["Drinks", "Tea"])
        self.assertEqual(found.mapped("product_count"), [2, 1])

    def test_rules_that_shopify_does_not_know_are_refused(self):
        for rule in (
            {"column": "tag", "relation": "CONTAINS", "condition": "x"},
            {"column": "price", "relation": "STARTS_WITH", "condition": "1"},
            {"column": "price", "relation": "EQUALS", "condition": "cheap"},
            {"column": "price", "relation": "EQUALS", "condition": "nan"},
            {"column": "stock", "relation": "NOT_EQUALS", "condition": "1"},
            {"column": "vendor", "relation": "EQUALS", "condition": " "},
            {"column": "category", "relation": "EQUALS", "condition": "Food"},
        ):
            with self.subTest(rule), self.assertRaises(ValidationError):
                self._collect(kind="automatic", rule_ids=[Command.create(rule)])
        with self.assertRaises(ValidationError):
            self._collect(kind="automatic")
        with self.assertRaises(ValidationError):
            self._collect(external_id="gid://shopify/Collection/1")

    def test_a_changed_rule_changes_its_collection(self):
        collection = self._collect(
            kind="automatic", rule_ids=[Command.create({"condition": "Summer"})]
        )
        collection._saved(collection._told(), "11", None)
        collection.rule_ids.condition = "Winter"
        self.assertEqual(collection.state, "changed")
        self.assertEqual(collection._told().rules, (Rule("tag", "TAGGED_WITH", ("Winter",)),))
