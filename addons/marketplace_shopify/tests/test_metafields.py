"""Values as text of each type, and where they come from."""

import json
from datetime import date, datetime

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import BaseCase, new_test_user, tagged

from odoo.addons.marketplace.snapshot import Tell, Trouble

from marketplace_adapters.testing import covers

from ..tools.metafields import ALL_TYPES, BadValueError, convert
from .common import OfflineCase


@tagged("post_install", "-at_install")
class TestValues(BaseCase):
    @covers("R359")
    def test_each_type_has_its_own_form(self):
        for kind, value, text in (
            ("single_line_text_field", "  two\nlines ", "two lines"),
            ("single_line_text_field", ["Red", "Blue"], "Red, Blue"),
            ("multi_line_text_field", "two\r\nlines\n", "two\nlines"),
            ("multi_line_text_field", "شاي أخضر", "شاي أخضر"),
            ("number_integer", 12.0, "12"),
            ("number_integer", 0, "0"),
            ("number_integer", "-7", "-7"),
            ("number_decimal", 0.1 + 0.2, "0.3"),
            ("number_decimal", 100.0, "100"),
            ("number_decimal", "-0.0", "0"),
            ("boolean", False, "false"),
            ("boolean", True, "true"),
            ("boolean", "no", "false"),
            ("date", date(2026, 2, 28), "2026-02-28"),
            ("date", "2026-02-28 23:59:59", "2026-02-28"),
            ("date_time", datetime(2026, 2, 28, 23, 5, 6, 7), "2026-02-28T23:05:06Z"),
            ("date_time", "2026-03-01T01:05:06+02:00", "2026-02-28T23:05:06Z"),
            ("date_time", date(2026, 2, 28), "2026-02-28T00:00:00Z"),
            ("url", "https://example.com/ä", "https://example.com/ä"),
            ("color", "#00ff7F", "#00ff7F"),
            ("language", "ar", "ar"),
            ("weight", 0.25, '{"value":0.25,"unit":"kg"}'),
            ("volume", 3, '{"value":3.0,"unit":"ml"}'),
            ("rating", 4.5, '{"value":"4.5","scale_min":"0.0","scale_max":"5.0"}'),
            ("money", 12.5, '{"amount":"12.5","currency_code":"EUR"}'),
            ("json", '{"a": [1]}', '{"a":[1]}'),
            ("link", "https://a.test", '{"text":"https://a.test","url":"https://a.test"}'),
            ("product_reference", "12", "gid://shopify/Product/12"),
            ("variant_reference", ["12", "13"], "gid://shopify/ProductVariant/12"),
            ("list.product_reference", ["12"], '["gid://shopify/Product/12"]'),
            ("list.single_line_text_field", "one\n\n two", '["one","two"]'),
            ("list.number_decimal", [1.5, 2], '["1.5","2"]'),
            ("list.date", [date(2026, 1, 2)], '["2026-01-02"]'),
            ("list.weight", [1], '[{"value":1.0,"unit":"kg"}]'),
        ):
            with self.subTest(kind=kind, value=value):
                self.assertEqual(convert(kind, value, currency="EUR"), text)

    @covers("R359")
    def test_a_rich_text_has_paragraphs(self):
        found = json.loads(convert("rich_text_field", "One\n\nTwo"))
        self.assertEqual([one["children"][0]["value"] for one in found["children"]], ["One", "Two"])

    def test_nothing_stays_nothing_and_a_zero_is_something(self):
        for kind in ALL_TYPES:
            for value in (None, "", "  ", []):
                with self.subTest(kind=kind, value=value):
                    self.assertIsNone(convert(kind, value))
        self.assertEqual(convert("number_integer", 0), "0")
        self.assertIsNone(convert("single_line_text_field", False))

    def test_what_does_not_fit_is_refused(self):
        for kind, value in (
            ("number_integer", 1.5),
            ("number_integer", 2**53),
            ("number_decimal", "twelve"),
            ("number_decimal", float("inf")),
            ("number_decimal", 10.0**14),
            ("boolean", "perhaps"),
            ("date", "31.12.2026"),
            ("date_time", "tomorrow"),
            ("url", "example"),
            ("color", "red"),
            ("rating", 6),
            ("json", "{"),
            ("product_reference", "gid://shopify/Collection/1"),
            ("metaobject_reference", "thing"),
            ("list.single_line_text_field", [str(number) for number in range(129)]),
        ):
            with self.subTest(kind=kind, value=value), self.assertRaises(BadValueError):
                convert(kind, value)
        with self.assertRaises(BadValueError):
            convert("weight", 1, unit="stone")


@tagged("post_install", "-at_install")
class TestMapping(OfflineCase):
    def _map(self, **vals):
        return self.env["marketplace.shopify.metafield"].create(
            {"account_id": self.account.id, "key": "some_key", **vals}
        )

    def told(self, listing):
        state = listing._snapshot_product(self.account)[listing.id]
        self.assertIsInstance(state, Tell)
        return state

    def value(self, listing, owner="product"):
        rows = self.told(listing).state.attributes[owner]["metafields"]
        return [row["value"] for row in rows]

    @covers("R359")
    def test_fields_of_product_and_variant_attributes_and_fixed_values_are_told(self):
        template = self._make_shirt(categ_id=self._make_category("Clothes").id)
        listings = self._list(template.product_variant_ids)
        colour = template.attribute_line_ids.attribute_id.filtered(lambda one: one.name == "Colour")
        self._map(key="category", path="categ_id.complete_name")
        self._map(key="made", source="constant", constant="By hand")
        self._map(
            key="colours",
            type="list.single_line_text_field",
            source="attribute",
            attribute_id=colour.id,
        )
        self._map(owner="variant", key="colour", source="attribute", attribute_id=colour.id)
        self._map(owner="variant", key="weight", type="weight", path="weight", unit="g")
        template.product_variant_ids[0].weight = 250
        state = self.told(listings[0]).state
        self.assertEqual(
            {row["key"]: row["value"] for row in state.attributes["product"]["metafields"]},
            {
                "category": template.categ_id.complete_name,
                "made": "By hand",
                "colours": '["Red","Blue"]',
            },
        )
        self.assertEqual(
            state.attributes["variant"]["metafields"],
            [
                {
                    "namespace": "custom",
                    "key": "colour",
                    "type": "single_line_text_field",
                    "value": "Red",
                },
                {
                    "namespace": "custom",
                    "key": "weight",
                    "type": "weight",
                    "value": '{"value":250.0,"unit":"g"}',
                },
            ],
        )

    @covers("R359")
    def test_texts_are_told_in_the_language_of_the_account(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        product = self._make_product("Tea")
        product.with_context(lang="fr_FR").name = "Thé"
        self._map(path="name")
        listing = self._list(product)
        self.account.lang = "fr_FR"
        self.assertEqual(self.value(listing), ["Thé"])
        self.account.lang = "en_US"
        self.assertEqual(self.value(listing), ["Tea"])

    def test_a_moment_becomes_the_day_that_it_was_for_the_company(self):
        self.company.partner_id.tz = "Asia/Tokyo"
        self._map(type="date", path="create_date")
        product = self._make_product()
        self.env.cr.execute(
            "UPDATE product_template SET create_date = '2026-05-01 20:00:00' WHERE id = %s",
            [product.product_tmpl_id.id],
        )
        product.product_tmpl_id.invalidate_recordset()
        self.assertEqual(self.value(self._list(product)), ["2026-05-02"])

    @covers("R359")
    def test_other_products_are_named_by_their_number_in_the_shop(self):
        extra, missing = self._make_product("Cup"), self._make_product("Spoon")
        listing = self._list(extra | missing)
        self._link(listing[0], 111, 222)
        tea = self._make_product("Tea")
        tea.product_tmpl_id.optional_product_ids = (extra | missing).product_tmpl_id
        row = self._map(type="list.product_reference", path="optional_product_ids")
        mine = self._list(tea)
        self.assertEqual(self.value(mine), ['["gid://shopify/Product/111"]'])
        row.type = "list.variant_reference"
        self.assertEqual(self.value(mine), ['["gid://shopify/ProductVariant/222"]'])

    def test_what_has_no_value_any_more_is_taken_away_once(self):
        product = self._make_product(description_sale="Hot")
        listing = self._list(product)
        self._map(path="description_sale")
        tell = self.told(listing)
        self.assertEqual(
            tell.values["attributes"]["product"]["metafields"], {"custom.some_key": "Hot"}
        )
        self._acknowledge(listing, "product", tell.values)
        product.description_sale = False
        self.assertEqual(self.value(listing), [None])
        self._acknowledge(listing, "product", self.told(listing).values)
        self.assertEqual(self.value(listing), [])

    def test_a_value_that_does_not_fit_stops_its_product_alone(self):
        bad, good = self._make_product("1.5"), self._make_product("12")
        self._map(type="number_integer", path="name")
        listings = self._list(bad | good)
        states = listings._snapshot_product(self.account)
        self.assertIsInstance(states[listings[0].id], Trouble)
        self.assertIn("custom.some_key", states[listings[0].id].title)
        self.assertIsInstance(states[listings[1].id], Tell)

    def test_mappings_that_cannot_work_are_refused(self):
        for vals in (
            {"path": "nothing"},
            {"path": "name.more"},
            {"path": "categ_id.nothing"},
            {"path": "image_1920"},
            {"path": ""},
            {"source": "attribute"},
            {"source": "constant"},
            {"source": "constant", "constant": "x", "type": "number_integer"},
            {"path": "name", "key": "a"},
            {"path": "name", "key": "with space"},
            {"path": "name", "namespace": "odoo"},
            {"path": "name", "namespace": "shopify"},
            {"path": "weight", "type": "weight", "unit": "stone"},
            {"path": "name", "unit": "kg"},
        ):
            with self.subTest(vals), self.assertRaises(ValidationError):
                self._map(**vals)

    def test_an_example_shows_what_it_would_be(self):
        self._list(self._make_product("Tea"))
        row = self._map(path="name")
        self.assertEqual(row.example, "Tea")
        row.write({"type": "number_integer"})
        self.assertIn("Does not fit", row.example)

    def test_fields_that_the_mapper_may_not_read_cannot_be_mapped(self):
        manager = new_test_user(self.env, "sh-mapper", groups="marketplace.group_manager")
        rows = self.env["marketplace.shopify.metafield"].with_user(manager)
        vals = {"account_id": self.account.id, "key": "some_key"}
        self.assertTrue(rows.create({**vals, "path": "name"}))
        field = self.env["product.template"]._fields["default_code"]
        self.patch(field, "groups", "base.group_system")
        with self.assertRaises(ValidationError):
            rows.create({**vals, "key": "other", "path": "default_code"})

    def test_a_changed_mapping_is_told_for_all_products(self):
        self._list(self._make_product())
        self._engine()
        operations = self.env["marketplace.product.operation"]
        before = operations.search_count([("account_id", "=", self.account.id)])
        row = self._map(source="constant", constant="1")
        self.assertEqual(
            operations.search_count([("account_id", "=", self.account.id)]), before + 1
        )
        row.sequence = 5
        row.constant = "2"
        self.assertEqual(
            operations.search_count([("account_id", "=", self.account.id)]), before + 2
        )
        self.account.write({"shopify_metafield_ids": [Command.unlink(row.id)]})
        self.assertEqual(
            operations.search_count([("account_id", "=", self.account.id)]), before + 3
        )
