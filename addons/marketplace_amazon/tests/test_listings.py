from psycopg2.errors import CheckViolation

from odoo import Command, fields
from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.marketplace.snapshot import Nothing, Trouble

from marketplace_adapters.testing import covers

from .common import DE, UK, AmazonCase


@tagged("post_install", "-at_install")
class TestListings(AmazonCase):
    def told(self, kind, listing):
        """What would be told of a kind now."""
        return getattr(listing, f"_snapshot_{kind}")(self.account)[listing.id]

    def attribute(self, sku, name):
        return self.amazon.listing(sku)["attributes"].get(name)

    # === PRODUCT === #

    @covers("R23", "R24", "R25", "R28", "R72")
    def test_a_product_goes_live_with_price_and_stock(self):
        product = self._make_product("Black tea", 4.95, 35, default_code="TEA-100")
        listing = self._list(product)
        self.send()
        remote = self.amazon.listing("TEA-100")
        self.assertEqual(remote["product_type"], "GROCERY")
        self.assertEqual(
            self.attribute("TEA-100", "item_name"),
            [
                {"value": "Black tea", "language_tag": "en_GB", "marketplace_id": UK},
                {"value": "Black tea", "language_tag": "de_DE", "marketplace_id": DE},
            ],
        )
        self.assertEqual(
            [row["value"] for row in self.attribute("TEA-100", "is_expiration_dated_product")],
            [True, True],
        )
        self.assertEqual(
            self.attribute("TEA-100", "fulfillment_availability"),
            [{"fulfillment_channel_code": "DEFAULT", "quantity": 35}],
        )
        self.assertEqual(float(remote["price"]), 4.95)
        self.assertEqual(listing.external_id, "TEA-100")
        self.assertEqual(listing.sync_status, "synced")
        self.fetch("listing")
        self.assertEqual(len(listing.amazon_asin), 10)
        self.assertIn("BUYABLE", listing.channel_status)

    @covers("R24")
    def test_nothing_else_goes_before_the_product_is_accepted(self):
        product = self._make_product(quantity=3, default_code="T1")
        self._describe(product, country_of_origin="XX")
        listing = self._list(product, amazon_product_type_id=False)
        self.send()
        self.assertEqual(self.amazon.skus(), [])
        self.assertEqual(self.last(listing, "product").status, "error")
        for kind in ("price", "inventory"):
            self.assertNotIn(self.last(listing, kind).status, ("success", "error"))
        self.assertEqual(self.amazon.calls("patchListingsItem"), [])

    def test_the_exact_state_of_a_product(self):
        product = self._make_product("Tea", default_code="T1", description_sale="Fresh.")
        listing = self._list(product, amazon_condition="used_good")
        tell = self.told("product", listing)
        self.assertEqual(tell.state.title, "Tea")
        self.assertEqual(tell.state.description, "Fresh.")
        self.assertEqual(
            tell.state.attributes,
            {
                "product_type": "GROCERY",
                "requirements": "LISTING",
                "condition": "used_good",
                "fulfilment": "seller",
                "brand": "Nile Trade",
                "bullet_points": ["Fresh from the Nile"],
                "marketplaces": [UK, DE],
                "values": {
                    "country_of_origin": "EG",
                    "supplier_declared_dg_hz_regulation": "not_applicable",
                    "unit_count": {"value": 1, "type": {"value": "Count"}},
                    "is_expiration_dated_product": True,
                },
            },
        )
        self.assertEqual(tell.values["attributes"], tell.state.attributes)
        key = listing._key()
        self.assertEqual((key.external_id, key.sku), (None, "T1"))
        self.assertEqual(key.extra, {"fulfilment": "seller", "product_type": "GROCERY"})

    @covers("R23")
    def test_each_marketplace_gets_its_own_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        uk, de = self.account._amazon_markets()
        self.assertFalse(de.lang, "nobody spoke it when the marketplace was added")
        self.assertNotEqual(uk.lang, "de_DE")
        de.lang = "de_DE"
        product = self._make_product("Black tea", default_code="T1", description_sale="Fresh.")
        product.product_tmpl_id.with_context(lang="de_DE").write(
            {"name": "Schwarzer Tee", "description_sale": "Frisch."}
        )
        listing = self._list(product)
        self.send()
        names = {row["marketplace_id"]: row["value"] for row in self.attribute("T1", "item_name")}
        self.assertEqual(names, {UK: "Black tea", DE: "Schwarzer Tee"})
        texts = self.attribute("T1", "product_description")
        self.assertEqual([row["value"] for row in texts], ["Fresh.", "Frisch."])
        product.product_tmpl_id.with_context(lang="de_DE").name = "Assam"
        self.send()
        self.assertEqual(self.attribute("T1", "item_name")[1]["value"], "Assam")
        listing.title = "TEA"
        self.send()
        self.assertEqual(
            [row["value"] for row in self.attribute("T1", "item_name")], ["TEA", "TEA"]
        )

    @covers("X36")
    def test_two_products_with_one_sku_never_overwrite_each_other(self):
        first = self._list(self._make_product("First", default_code="SAME", quantity=1))
        second = self._list(self._make_product("Second", default_code="SAME", quantity=2))
        self.send()
        self.assertEqual(self.attribute("SAME", "item_name")[0]["value"], "First")
        item = self.last(second, "product")
        self.assertEqual(item.status, "error")
        self.assertIn("SKU SAME", item.message)
        self.assertEqual(first.sync_status, "synced")
        second.sku = "OTHER"
        self.send()
        self.assertEqual(self.amazon.skus(), ["OTHER", "SAME"])
        self.assertEqual(second.sync_status, "synced")

    # === WHAT THE PRODUCT TYPE ASKS FOR === #

    @covers("R23", "R84")
    def test_what_is_missing_is_said_before_anything_is_sent(self):
        product = self._make_product("Tea", default_code="T1")
        listing = self._list(product, amazon_product_type_id=self._type().id)
        self.assertCountEqual(
            listing._amazon_lacks(),
            [
                "brand",
                "country_of_origin",
                "supplier_declared_dg_hz_regulation",
                "bullet_point",
                "unit_count",
                "is_expiration_dated_product",
            ],
        )
        tell = self.told("product", listing)
        self.assertIsInstance(tell, Trouble)
        self.assertIn("“Brand” (brand) is required", tell.title)
        self.assertIn("Add What Is Missing", tell.advice)
        self.assertIn("(brand)", listing.amazon_missing)
        self.amazon.call("DELETE", "calls")
        self.send()
        self.assertEqual(self.amazon.call("GET", "calls?provider=amazon"), [])
        item = self.last(listing, "product")
        self.assertEqual(item.status, "error")
        self.assertEqual(listing.last_error, item.message)

    @covers("R23", "C11")
    def test_filling_in_what_is_missing_sends_it_by_itself(self):
        product = self._make_product("Tea", quantity=4, default_code="T1")
        listing = self._list(product, amazon_product_type_id=self._type().id)
        self.send()
        listing.action_amazon_attributes()
        rows = listing.amazon_product_attribute_ids
        self.assertEqual(rows.product_tmpl_id, product.product_tmpl_id)
        self.assertEqual(rows.mapped("required"), [True] * 6)
        self.assertEqual(rows.filtered(lambda row: row.name == "brand").title, "Brand")
        origin = rows.filtered(lambda row: row.name == "country_of_origin")
        self.assertIn("EG", origin.hint)
        listing.action_amazon_attributes()
        self.assertEqual(len(listing.amazon_product_attribute_ids), 6, "no row twice")
        rows.unlink()
        self._describe(product)
        self.assertFalse(listing.amazon_missing)
        self.send()
        self.assertEqual(self.amazon.skus(), ["T1"])
        self.assertEqual(listing.sync_status, "synced")

    def test_a_value_that_amazon_does_not_take_is_named(self):
        product = self._make_product("Tea", default_code="T1")
        self._describe(product, country_of_origin="Nowhere")
        listing = self._list(product, amazon_product_type_id=self._type().id)
        tell = self.told("product", listing)
        self.assertIsInstance(tell, Trouble)
        self.assertIn("Country of origin", tell.title)

    def test_without_a_product_type_a_person_is_asked(self):
        listing = self._list(self._make_product(default_code="T1"), amazon_product_type_id=False)
        tell = self.told("product", listing)
        self.assertIn("product type", tell.title)
        self.assertEqual(tell.code, f"amazon_type:{listing.id}")

    def test_a_row_of_the_listing_takes_the_place_of_the_products(self):
        product = self._make_product(default_code="T1")
        listing = self._list(product)
        rows = self.env["marketplace.amazon.attribute"]
        rows.create({"listing_id": listing.id, "name": "brand", "value": "Own brand"})
        for text in ("One", "Two"):
            rows.create({"listing_id": listing.id, "name": "bullet_point", "value": text})
        attributes = self.told("product", listing).state.attributes
        self.assertEqual(attributes["brand"], "Own brand")
        self.assertEqual(attributes["bullet_points"], ["One", "Two"])

    def test_a_value_is_text_or_json_that_can_be_read(self):
        product = self._make_product()
        for name, value in (("brand", '{"value": '), ("not a name", "x")):
            with self.subTest(name), self.assertRaises(ValidationError):
                self.env["marketplace.amazon.attribute"].create(
                    {"product_tmpl_id": product.product_tmpl_id.id, "name": name, "value": value}
                )
        with (
            self.assertRaises(CheckViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.env["marketplace.amazon.attribute"].create({"name": "brand"})
            self.env.flush_all()

    @covers("R23")
    def test_a_product_type_is_found_by_words_and_kept(self):
        listing = self._list(
            self._make_product("Shirt", default_code="S1"), amazon_product_type_id=False
        )
        action = listing.action_amazon_find_type()
        wizard = Form(self.env[action["res_model"]].with_context(**action["context"])).save()
        self.assertEqual(wizard.words, "Shirt")
        wizard.action_search()
        line = wizard.line_ids.filtered(lambda one: one.name == "SHIRT")
        line.action_choose()
        kind = listing.amazon_product_type_id
        self.assertEqual((kind.name, kind.title, kind.market_id), ("SHIRT", "Shirt", UK))
        self.assertIn("SIZE/COLOR", kind._themes())
        self.assertIn("Brand (brand)", kind.required_text)
        calls = len(self.amazon.calls("getDefinitionsProductType"))
        kind._refresh_if_old()
        self.assertEqual(len(self.amazon.calls("getDefinitionsProductType")), calls)
        kind.fetched_at = fields.Datetime.subtract(fields.Datetime.now(), days=8)
        self.env["marketplace.amazon.product.type"]._cron_refresh()
        self.env.invalidate_all()
        self.assertEqual(len(self.amazon.calls("getDefinitionsProductType")), calls + 1)
        self.assertFalse(kind._is_old())

    # === OFFER OF AMAZON'S PRODUCT === #

    def test_an_asin_alone_makes_an_offer(self):
        product = self._make_product(quantity=2, default_code="T1")
        listing = self._list(product, amazon_asin="b0abcd1234", amazon_product_type_id=False)
        self.assertEqual(listing.amazon_asin, "B0ABCD1234")
        self.assertEqual(listing.amazon_requirements, "LISTING_OFFER_ONLY")
        self.assertEqual(listing.extra, {"asin": "B0ABCD1234"})
        self.assertIsInstance(self.told("image", listing), Nothing)
        self.send()
        self.assertEqual(
            [row["value"] for row in self.attribute("T1", "merchant_suggested_asin")],
            ["B0ABCD1234"] * 2,
        )
        self.assertFalse(self.attribute("T1", "item_name"))
        self.assertEqual(listing.sync_status, "synced")

    def test_an_asin_has_ten_characters(self):
        listing = self._list(self._make_product(default_code="T1"))
        with self.assertRaises(ValidationError):
            listing.amazon_asin = "B0"

    # === STOCK === #

    @covers("R25", "R26", "R27")
    def test_handling_time_and_restock_date(self):
        self.account.amazon_handling_days = 3
        product = self._make_product(default_code="T1")
        listing = self._list(product)
        soon = fields.Date.add(fields.Date.today(), days=9)
        listing.amazon_restock_date = soon
        tell = self.told("inventory", listing)
        self.assertEqual((tell.state.handling_days, tell.state.restock_date), (3, soon))
        self.send()
        self.assertEqual(
            self.attribute("T1", "fulfillment_availability"),
            [
                {
                    "fulfillment_channel_code": "DEFAULT",
                    "quantity": 0,
                    "lead_time_to_ship_max_days": 3,
                    "restock_date": soon.isoformat(),
                }
            ],
        )
        listing.amazon_handling_days = 1
        self.env["stock.quant"]._update_available_quantity(product, self.warehouse.lot_stock_id, 5)
        self.send()
        self.assertEqual(
            self.attribute("T1", "fulfillment_availability"),
            [
                {
                    "fulfillment_channel_code": "DEFAULT",
                    "quantity": 5,
                    "lead_time_to_ship_max_days": 1,
                }
            ],
        )

    @covers("R26")
    def test_the_next_receipt_can_be_the_restock_date(self):
        self.account.amazon_restock_auto = True
        product = self._make_product(default_code="T1")
        listing = self._list(product)
        when = fields.Datetime.add(fields.Datetime.now(), days=5)
        move = self.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": 20,
                "date": when,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.warehouse.lot_stock_id.id,
            }
        )
        move._action_confirm()
        self.assertEqual(self.told("inventory", listing).state.restock_date, when.date())

    @covers("R25")
    def test_the_same_product_is_sold_by_us_and_by_amazon(self):
        product = self._make_product(quantity=7, default_code="T1")
        own = self._list(product)
        action = own.action_amazon_second_offer()
        fba = self.env["marketplace.listing"].browse(action["res_id"])
        self.assertEqual((fba.offer, fba.amazon_fulfilment, fba.sku), ("FBA", "channel", "T1-FBA"))
        self.assertEqual(fba.amazon_product_type_id, own.amazon_product_type_id)
        self.assertEqual(own.action_amazon_second_offer()["res_id"], fba.id)
        self.assertEqual(fba.action_amazon_second_offer()["res_id"], own.id)
        self.send()
        self.assertEqual(
            self.attribute("T1-FBA", "fulfillment_availability"),
            [{"fulfillment_channel_code": "AMAZON_EU"}],
        )
        self.amazon.call("DELETE", "calls")
        self.env["stock.quant"]._update_available_quantity(product, self.warehouse.lot_stock_id, 1)
        self.send()
        self.assertEqual(
            [call["path"].rsplit("/", 1)[1] for call in self.amazon.calls("patchListingsItem")],
            ["T1"],
            "our stock is nothing to what Amazon keeps",
        )

    # === EXCEPTIONS === #

    @covers("R31", "X8")
    def test_a_shipping_template_of_a_listing_or_of_the_account(self):
        listing = self._list(self._make_product(default_code="T1"))
        self.assertIsInstance(self.told("override", listing), Nothing)
        self.account.amazon_shipping_group = "Light parcels"
        self.send()
        self.assertEqual(
            [row["value"] for row in self.attribute("T1", "merchant_shipping_group")],
            ["Light parcels"] * 2,
        )
        listing.amazon_shipping_group = "Heavy parcels"
        self.send()
        self.assertEqual(
            self.attribute("T1", "merchant_shipping_group")[0]["value"], "Heavy parcels"
        )
        listing.amazon_shipping_group = False
        self.account.amazon_shipping_group = False
        self.send()
        self.assertFalse(self.attribute("T1", "merchant_shipping_group"))

    # === MANUAL === #

    @covers("R42", "R43", "R58", "R60", "R82")
    def test_the_manual_product_synchronization_tells_the_whole_catalogue(self):
        self.account.automatic = False
        for number in range(3):
            self._list(self._make_product(default_code=f"M{number}", quantity=1))
        self.send()
        self.assertEqual(self.amazon.skus(), [])
        wizard = self.env["marketplace.sync.wizard"].create(
            {"mode": "products", "account_ids": [Command.set(self.account.ids)]}
        )
        wizard.action_run()
        engine = self._engine()
        engine._job_dispatch()
        engine._job_send(self.account.id, 1)
        self.assertEqual(self.amazon.skus(), ["M0", "M1", "M2"])

    @covers("C5")
    def test_amazon_can_be_asked_before_anything_is_sent(self):
        listing = self._list(self._make_product(default_code="T1", price=3))
        wizard = self.env["marketplace.sync.wizard"].create(
            {"mode": "products", "account_ids": [Command.set(self.account.ids)]}
        )
        wizard.action_preview()
        rows = wizard.preview_ids.filtered(lambda row: row.listing_id == listing)
        self.assertEqual(set(rows.mapped("outcome")), {"send"})
        wizard.action_ask_channel()
        self.assertTrue(all(rows.mapped("answer")))
        self.assertEqual(self.amazon.skus(), [])

    # === ISSUES === #

    @covers("R69", "R70", "R84", "R85")
    def test_what_amazon_finds_wrong_stands_on_the_listing(self):
        listing = self._list(self._make_product(default_code="T1", quantity=1))
        self.send()
        self.amazon.call(
            "POST",
            "amazon/issues/T1",
            {
                "code": "18027",
                "message": "The image is too small.",
                "severity": "ERROR",
                "attributes": ["main_product_image_locator"],
            },
        )
        self.fetch("listing")
        (issue,) = listing.issue_ids
        self.assertEqual((issue.code, issue.severity), ("18027", "error"))
        self.assertEqual(issue.attribute_names, "main_product_image_locator")
        self.assertTrue(listing.has_issues)

    # === DELETE === #

    def test_a_product_that_is_gone_closes_its_listing(self):
        product = self._make_product(default_code="T1", quantity=1)
        self._list(product)
        self.send()
        self.env["stock.quant"].search([("product_id", "=", product.id)]).sudo().unlink()
        product.product_tmpl_id.unlink()
        self.send()
        self.assertEqual(self.amazon.skus(), [])


@tagged("post_install", "-at_install")
class TestPrices(AmazonCase):
    def setUp(self):
        super().setUp()
        self.product = self._make_product(price=10, quantity=5, default_code="T1")
        self.listing = self._list(self.product)

    def told(self):
        return self.listing._snapshot_price(self.account)[self.listing.id]

    def offers(self):
        rows = self.amazon.listing("T1")["attributes"]["purchasable_offer"]
        return {(row["marketplace_id"], row["audience"]): row for row in rows}

    @covers("R28")
    def test_a_price_in_the_currency_of_each_marketplace(self):
        euro = self.env.ref("base.EUR")
        self.env["res.currency.rate"].search([("currency_id", "=", euro.id)]).unlink()
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "Germany",
                "currency_id": euro.id,
                "item_ids": [
                    Command.create(
                        {"compute_price": "fixed", "fixed_price": 12.5, "applied_on": "3_global"}
                    )
                ],
            }
        )
        self.account._amazon_markets()[1].pricelist_id = pricelist
        tell = self.told()
        self.assertEqual(tell.values["price"], "10.00")
        self.assertEqual(tell.values["markets"], {DE: "12.50 EUR"})
        self.send()
        prices = {
            key: row["our_price"][0]["schedule"][0]["value_with_tax"]
            for key, row in self.offers().items()
        }
        self.assertEqual(prices, {(UK, "ALL"): 10.0, (DE, "ALL"): 12.5})
        pricelist.item_ids.fixed_price = 13
        self.send()
        self.assertEqual(
            self.offers()[DE, "ALL"]["our_price"][0]["schedule"][0]["value_with_tax"], 13.0
        )

    @covers("R28")
    def test_a_sale_with_dates_beside_the_usual_price(self):
        now = fields.Datetime.now().replace(microsecond=0)
        begin, end = fields.Datetime.subtract(now, days=1), fields.Datetime.add(now, days=3)
        self.listing.write(
            {
                "amazon_sale_price": 8,
                "amazon_sale_from": begin,
                "amazon_sale_until": end,
                "amazon_minimum_price": 7,
                "amazon_maximum_price": 15,
                "amazon_business_price": 9.5,
            }
        )
        self.assertEqual(
            self.told().values,
            {
                "price": "8.00",
                "currency": "GBP",
                "compare_at": "10.00",
                "sale_from": f"{begin.isoformat()}+00:00",
                "sale_until": f"{end.isoformat()}+00:00",
                "minimum": "7.00",
                "maximum": "15.00",
                "business": "9.50",
                "markets": self.told().values["markets"],
            },
        )
        self.send()
        offer = self.offers()[UK, "ALL"]
        self.assertEqual(offer["our_price"][0]["schedule"][0]["value_with_tax"], 10.0)
        sale = offer["discounted_price"][0]["schedule"][0]
        self.assertEqual(sale["value_with_tax"], 8.0)
        self.assertEqual(
            self.offers()[UK, "B2B"]["our_price"][0]["schedule"][0]["value_with_tax"], 9.5
        )

    @covers("R28", "X49")
    def test_a_dated_rule_of_the_pricelist_is_a_sale(self):
        now = fields.Datetime.now().replace(microsecond=0)
        begin, end = fields.Datetime.subtract(now, days=1), fields.Datetime.add(now, days=2)
        fixed = {"compute_price": "fixed", "applied_on": "3_global"}
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "Amazon",
                "currency_id": self.account.currency_id.id,
                "item_ids": [
                    Command.create({**fixed, "fixed_price": 11}),
                    Command.create(
                        {
                            "compute_price": "fixed",
                            "applied_on": "1_product",
                            "product_tmpl_id": self.product.product_tmpl_id.id,
                            "fixed_price": 9,
                            "date_start": begin,
                            "date_end": end,
                        }
                    ),
                ],
            }
        )
        self.account.write({"price_source": "pricelist", "pricelist_id": pricelist.id})
        values = self.told().values
        self.assertEqual((values["price"], values["compare_at"]), ("9.00", "11.00"))
        self.assertEqual(values["sale_until"], f"{end.isoformat()}+00:00")

    def test_a_sale_that_is_over_is_told_no_more(self):
        now = fields.Datetime.now()
        self.listing.write(
            {
                "amazon_sale_price": 8,
                "amazon_sale_from": fields.Datetime.subtract(now, days=3),
                "amazon_sale_until": fields.Datetime.subtract(now, days=1),
            }
        )
        self.assertNotIn("compare_at", self.told().values)
        with self.assertRaises(ValidationError):
            self.listing.write({"amazon_sale_price": 8, "amazon_sale_until": False})

    def test_a_price_outside_of_its_limits_is_a_question(self):
        self.listing.amazon_minimum_price = 12
        tell = self.told()
        self.assertEqual(tell.code, f"amazon_price_limits:{self.listing.id}")
        with self.assertRaises(ValidationError):
            self.listing.amazon_maximum_price = 11

    def test_no_price_is_a_question(self):
        self.product.list_price = 0
        self.assertEqual(self.told().code, f"amazon_no_price:{self.listing.id}")

    @covers("C1", "R28")
    def test_a_single_change_goes_by_itself_and_many_as_one_feed(self):
        self.send()
        self.amazon.call("DELETE", "calls")
        self.product.list_price = 11
        self.send()
        self.assertEqual(len(self.amazon.calls("patchListingsItem")), 1)
        self.assertEqual(self.amazon.calls("createFeed"), [])
        others = [
            self._list(self._make_product(default_code=f"F{number:02}", quantity=1))
            for number in range(40)
        ]
        self.send()
        self.assertEqual(len(self.amazon.calls("createFeed")), 1)
        self.assertEqual(set(self.last(others[0], "product").mapped("status")), {"pending"})
        self.finish_feeds()
        self.assertEqual(len(self.amazon.skus()), 41)
        self.assertEqual({one.sync_status for one in others}, {"synced"})
