"""Prices, stock and other values that were changed on a channel itself."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.marketplace.models import marketplace_edit_compare, marketplace_foreign_edit
from odoo.addons.marketplace.tools import clock
from odoo.addons.marketplace.tools.shown import MISSING, as_text, at, flat, same, with_member

from marketplace_adapters.core import Kind
from marketplace_adapters.testing import covers

from .edit_common import EditCase


@tagged("post_install", "-at_install")
class TestPrices(EditCase):
    def setUp(self):
        super().setUp()
        self.say(price="channel")

    def test_the_pricelists_own_rule_is_written_where_the_account_sells_by_one(self):
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "Shop",
                "currency_id": self.account.currency_id.id,
                "item_ids": [
                    fields.Command.create(
                        {"compute_price": "percentage", "percent_price": 10, "base": "list_price"}
                    )
                ],
            }
        )
        self.account.write({"price_source": "pricelist", "pricelist_id": pricelist.id})
        self.show(price={"price": "8.49", "currency": self.currency})
        self.show(seconds=7200, price={"price": "8.59", "currency": self.currency})
        own = pricelist.item_ids.filtered("product_id")
        self.assertEqual((own.product_id, own.fixed_price, len(own)), (self.tea, 8.59, 1))
        self.assertEqual(self.tea.list_price, 10)
        self.assertEqual(self.pushed(), [])

    def test_tax_unit_and_currency_are_respected(self):
        tax = self.env["account.tax"].create(
            {
                "name": "20 %",
                "amount": 20.0,
                "type_tax_use": "sale",
                "price_include_override": "tax_excluded",
            }
        )
        self.tea.taxes_id = tax
        other = self.env.ref("base.EUR" if self.currency != "EUR" else "base.GBP")
        other.active = True
        self.env["res.currency.rate"].search([("currency_id", "=", other.id)]).unlink()
        self.env["res.currency.rate"].create(
            {
                "currency_id": other.id,
                "company_id": self.company.id,
                "rate": 2.0,
                "name": "2020-01-01",
            }
        )
        dozen = self.env["uom.uom"].create(
            {"name": "Six", "relative_factor": 6, "relative_uom_id": self.tea.uom_id.id}
        )
        self.account.write({"price_tax": "included", "currency_id": other.id})
        self.tea_listing.uom_id = dozen
        self.account.edit_policy_ids.unlink()  # else the price would not be told at all
        self.pushed()
        self.say(price="channel")
        self.assertEqual(self.channel.listings["F-1"].price.amount, 144)  # 10 × 6 × 2 + 20 %
        self.show(price={"price": "216", "currency": other.name})
        self.assertEqual(self.rows()[0][3], "channel", self.edits.note)
        self.assertEqual(self.tea.list_price, 15.0)
        self.assertEqual(self.pushed(), [])

    def test_variants_that_share_a_price_are_not_changed_for_one_of_them(self):
        size = self.env["product.attribute"].create(
            {
                "name": "Size",
                "value_ids": [fields.Command.create({"name": name}) for name in ("S", "L")],
            }
        )
        shirt = self.env["product.template"].create(
            {
                "name": "Shirt",
                "list_price": 20,
                "taxes_id": False,
                "attribute_line_ids": [
                    fields.Command.create(
                        {
                            "attribute_id": size.id,
                            "value_ids": [fields.Command.set(size.value_ids.ids)],
                        }
                    )
                ],
            }
        )
        self._list(shirt.product_variant_ids[0], external_id="SH-1")
        self.account._request_products(shirt.product_variant_ids)
        self.pushed()
        self.show("SH-1", price={"price": "25", "currency": self.currency})
        self.assertEqual(shirt.list_price, 20)
        self.assertEqual(self.rows(), [("price", "20.00", "25", "open")])
        self.assertIn("share one sales price", self.edits.note)
        self.assertEqual(self.pushed(), [])

    def test_a_price_that_a_rule_decides_is_asked_about(self):
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "Always five",
                "currency_id": self.account.currency_id.id,
                "item_ids": [
                    fields.Command.create(
                        {
                            "applied_on": "0_product_variant",
                            "product_id": self.tea.id,
                            "product_tmpl_id": self.tea.product_tmpl_id.id,
                            "compute_price": "fixed",
                            "fixed_price": 5,
                            "date_start": "2020-01-01",
                            "date_end": "2099-01-01",
                            "min_quantity": 1,
                        }
                    )
                ],
            }
        )
        self.account.write({"price_source": "pricelist", "pricelist_id": pricelist.id})
        self.show(price={"price": "8.49", "currency": self.currency})
        self.assertEqual(self.edits.state, "open")
        self.assertIn("would tell another value", self.edits.note)
        self.assertEqual(len(pricelist.item_ids), 1)

    def test_a_member_that_odoo_has_no_place_for_stays_on_the_channel(self):
        self.account.edit_policy = "channel"
        self.show(price={"compare_at": "20"}, product={"vendor": "Somebody"})
        self.assertEqual(self.rows(), [])
        known = self.tea_listing.acknowledged
        self.tea_listing.acknowledged = {**known, "price": {**known["price"], "compare_at": "19"}}
        self.show(seconds=7200, price={"compare_at": "20"})
        self.assertEqual(self.rows(), [("compare_at", None, "20", "channel")])
        self.assertEqual(self.edits.note, "Odoo has no place for it.")
        self.assertEqual(self.pushed(), [])


@tagged("post_install", "-at_install")
class TestStockEdits(EditCase):
    @covers("C4")
    def test_more_on_the_channel_is_put_right_at_once(self):
        self.show(inventory={"quantity": "500"})
        self.assertEqual(self.rows(), [("quantity", "100", "500", "odoo")])
        self.assertEqual([kind for kind, *_rest in self.pushed()], [Kind.INVENTORY])
        self.assertEqual(self.channel.listings["F-1"].quantity, 100)

    @covers("C4")
    def test_fewer_there_wait_for_the_order_that_explains_them(self):
        self.show(inventory={"quantity": "97"})
        self.assertEqual(self.pushed(), [])
        self.take_in(self.document("O-1", self.two_lines("O-1", tea=3), status="confirmed"))
        self.assertEqual([name for _kind, name, _state in self.pushed()], ["F-2"])
        self.due()
        self.assertEqual(self.pushed(), [])
        self.assertEqual(self.tea_listing.acknowledged["inventory"]["quantity"], "97")

    def test_fewer_there_without_an_order_are_put_right_after_a_moment(self):
        self.show(inventory={"quantity": "97"})
        self.env["marketplace.foreign.edit"]._cron_tell_due()
        self.assertEqual(self.pushed(), [])
        self.due()
        self.assertEqual([name for _kind, name, _state in self.pushed()], ["F-1"])
        self.assertEqual(self.tea_listing.acknowledged["inventory"]["quantity"], "100")
        self.due()
        self.assertEqual(self.pushed(), [])

    def test_the_total_follows_the_place_that_changed(self):
        known = {"quantity": "5", "in_stock": True, "unlimited": False}
        self.tea_listing.acknowledged = {
            **self.tea_listing.acknowledged,
            "inventory": {**known, "by_location": {"7": "2", "8": "3"}},
        }
        self.show(inventory={"by_location": {"7": "0", "8": "0", "9": "4"}})
        self.assertEqual(
            self.tea_listing.acknowledged["inventory"],
            {
                "quantity": "0",
                "in_stock": False,
                "unlimited": False,
                "by_location": {"7": "0", "8": "0"},
            },
        )

    def test_a_place_that_counts_nothing_says_nothing(self):
        self.show(inventory={"quantity": None})
        self.show(seconds=7200, inventory={"quantity": "NaN"})
        self.assertEqual(self.rows(), [])

    def due(self):
        later = clock.now() + marketplace_edit_compare.SALE_GRACE + timedelta(seconds=1)
        self.patch(marketplace_foreign_edit.clock, "now", lambda: later)
        self.env["marketplace.foreign.edit"]._cron_tell_due()


@tagged("post_install", "-at_install")
class TestShown(EditCase):
    def test_values_are_compared_by_what_they_mean(self):
        for path, one, other, expected in (
            ("price", "12.5", "12.50", True),
            ("price", "12.5", "12.51", False),
            ("by_location/7", "3", 3.0, True),
            ("markets/1/amount", "1e2", "100", True),
            ("title", "1.0", "1", False),
            ("title", "Cafe\u0301 ", "Café", True),
            ("title", None, "", True),
            ("title", "", MISSING, False),
            ("published", True, 1, True),
            ("description", "a\r\nb", "a\nb", True),
            ("weight_kg", "0.12346", "0.1235", True),
            ("price", "NaN", "1", False),
            ("price", "9" * 400, "1", False),
            ("tags", ["a"], ["a"], True),
        ):
            with self.subTest(path=path, one=one):
                self.assertIs(same(path, one, other), expected)

    def test_members_are_found_by_their_path(self):
        values = {"a": {"b.c": 1, "d": {}}, "e": None}
        self.assertEqual(dict(flat(values)), {"a/b.c": 1, "e": None})
        self.assertEqual(
            (at(values, "a/b.c"), at(values, "a/x"), at(None, "a")), (1, MISSING, MISSING)
        )
        self.assertEqual(with_member(values, "a/d/f", 2)["a"], {"b.c": 1, "d": {"f": 2}})
        self.assertEqual(with_member(values, "a/b.c", MISSING)["a"], {"d": {}})
        self.assertEqual(values, {"a": {"b.c": 1, "d": {}}, "e": None})
        self.assertEqual((as_text(["a", 1]), as_text(None), as_text(0)), ("a, 1", "", "0"))
