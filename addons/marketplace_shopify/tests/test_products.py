"""What the shop is told of products: the adapter gets the state as it was agreed."""

import base64
from decimal import Decimal

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.marketplace.snapshot import Nothing, Tell, Trouble

from marketplace_adapters.testing import covers

from .common import BLUE, GREEN, ONLINE, POS, RED, US_LIST, OfflineCase

CATEGORY = "gid://shopify/TaxonomyCategory/hg-9-1"


class SnapshotCase(OfflineCase):
    def product(self, listing):
        return listing._snapshot_product(self.account)[listing.id]

    def attributes(self, listing):
        state = self.product(listing)
        self.assertIsInstance(state, Tell)
        return state.state.attributes


@tagged("post_install", "-at_install")
class TestProduct(SnapshotCase):
    @covers("R358", "R362")
    def test_a_product_with_all_of_its_members(self):
        tags = self.env["product.tag"].create([{"name": "Summer"}, {"name": "Black"}])
        template = self._make_product(
            "Tea", price=12.5, default_code="TEA", barcode="4006381333931", weight=0.25
        ).product_tmpl_id
        template.write(
            {
                "shopify_description": "<p>Hot <b>tea</b></p>",
                "shopify_vendor": "Nile",
                "shopify_type": "Drink",
                "shopify_category": "hg-9-1",
                "shopify_handle": "green-tea",
                "shopify_seo_title": "Tea, hot",
                "shopify_seo_description": "Really hot",
                "shopify_inventory_policy": "CONTINUE",
                "product_tag_ids": [Command.set(tags.ids)],
                "hs_code": "0902.10",
                "country_of_origin": self.env.ref("base.eg").id,
            }
        )
        listing = self._list(template.product_variant_ids)
        tell = self.product(listing)
        attributes = tell.state.attributes
        self.assertEqual(
            attributes["product"],
            {
                "key": str(template.id),
                "id": None,
                "title": "Tea",
                "description_html": "<p>Hot <b>tea</b></p>",
                "vendor": "Nile",
                "type": "Drink",
                "tags": ["Black", "Summer"],
                "status": "ACTIVE",
                "category": CATEGORY,
                "seo_title": "Tea, hot",
                "seo_description": "Really hot",
                "handle": "green-tea",
                "options": [],
                "metafields": [],
                "collections": [],
                "managed_collections": [],
            },
        )
        self.assertEqual(
            attributes["variant"],
            {
                "key": str(listing.product_id.id),
                "id": None,
                "options": {},
                "sku": "TEA",
                "barcode": "4006381333931",
                "weight_kg": "0.25",
                "taxable": False,
                "tracked": True,
                "requires_shipping": True,
                "hs_code": "0902.10",
                "country": "EG",
                "inventory_policy": "CONTINUE",
                "metafields": [],
                "position": 1,
                "price": "12.50",
                "compare_at": None,
            },
        )
        self.assertEqual(attributes["variants"], [attributes["variant"]])
        self.assertEqual(
            (tell.state.title, tell.state.barcode, tell.state.weight_kg),
            ("Tea", "4006381333931", Decimal("0.25")),
        )
        known = tell.values["attributes"]
        self.assertEqual(
            (known["product"]["title"], known["product"]["tags"], known["variant"]["sku"]),
            ("Tea", ["Black", "Summer"], "TEA"),
        )
        for name in ("key", "id", "price", "position", "managed_collections"):
            self.assertNotIn(name, known["product"] | known["variant"])

    @covers("R358")
    def test_what_nobody_says_is_not_touched(self):
        listing = self._list(self._make_product("Tea", categ_id=self._make_category("Food").id))
        product = self.attributes(listing)["product"]
        for name in ("vendor", "category", "handle", "seo_title", "description_html"):
            self.assertNotIn(name, product)
        self.assertEqual(product["type"], "Food")
        variant = self.attributes(listing)["variant"]
        for name in ("sku", "barcode", "weight_kg", "hs_code", "country", "inventory_policy"):
            self.assertNotIn(name, variant)

    @covers("R359")
    def test_variants_are_told_together_with_their_options(self):
        template = self._make_shirt()
        listings = self._list(template.product_variant_ids)
        attributes = self.attributes(listings[3])
        self.assertEqual(
            attributes["product"]["options"],
            [
                {"name": "Colour", "values": ["Red", "Blue"]},
                {"name": "Size", "values": ["S", "M"]},
            ],
        )
        self.assertEqual(
            [(row["sku"], row["options"], row["position"]) for row in attributes["variants"]],
            [
                ("SHIRT-RED-S", {"Colour": "Red", "Size": "S"}, 1),
                ("SHIRT-RED-M", {"Colour": "Red", "Size": "M"}, 2),
                ("SHIRT-BLUE-S", {"Colour": "Blue", "Size": "S"}, 3),
                ("SHIRT-BLUE-M", {"Colour": "Blue", "Size": "M"}, 4),
            ],
        )
        self.assertEqual(attributes["product"]["title"], "Shirt")
        self.assertEqual(attributes["variant"]["sku"], "SHIRT-BLUE-M")

    @covers("R359")
    def test_values_that_no_listed_variant_has_are_no_values_there(self):
        template = self._make_shirt()
        listings = self._list(template.product_variant_ids[:1])
        self.assertEqual(
            self.attributes(listings)["product"]["options"],
            [{"name": "Colour", "values": ["Red"]}, {"name": "Size", "values": ["S"]}],
        )

    @covers("R359")
    def test_ids_that_the_shop_gave_come_with_every_variant_and_prices_no_more(self):
        template = self._make_shirt(sizes=())
        listings = self._list(template.product_variant_ids)
        self._link(listings[0], 111, 222)
        attributes = self.attributes(listings[1])
        self.assertEqual(attributes["product"]["id"], "111")
        self.assertEqual(
            [(row["id"], row.get("price")) for row in attributes["variants"]],
            [("222", None), (None, "20.00")],
        )
        self.assertEqual(
            (listings[0].shopify_product_id, listings[0].shopify_item_id), ("111", "5222")
        )

    def test_more_than_three_attributes_are_a_persons_to_solve(self):
        template = self._make_shirt()
        lines = []
        for name in ("Cut", "Cloth"):
            attribute = self.env["product.attribute"].create(
                {"name": name, "value_ids": [Command.create({"name": x}) for x in ("a", "b")]}
            )
            lines.append(
                Command.create(
                    {
                        "attribute_id": attribute.id,
                        "value_ids": [Command.set(attribute.value_ids.ids)],
                    }
                )
            )
        template.attribute_line_ids = lines
        listing = self._list(template.product_variant_ids[:1])
        trouble = self.product(listing)
        self.assertIsInstance(trouble, Trouble)
        self.assertIn("4 attributes", trouble.title)

    def test_another_unit_is_a_product_of_its_own(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        product = self._make_product("Egg", weight=0.06)
        piece, box = self._list(product), self._list(product, uom_id=dozen.id)
        one, many = self.attributes(piece), self.attributes(box)
        self.assertNotEqual(one["product"]["key"], many["product"]["key"])
        self.assertEqual(many["product"]["title"], f"Egg ({dozen.name})")
        self.assertEqual((len(one["variants"]), len(many["variants"])), (1, 1))
        self.assertEqual(
            (one["variant"]["weight_kg"], many["variant"]["weight_kg"]), ("0.06", "0.72")
        )

    def test_what_was_linked_stays_with_its_product_of_the_shop(self):
        template = self._make_shirt(sizes=())
        listings = self._list(template.product_variant_ids)
        self._link(listings[0], 111, 222)
        self._link(listings[1], 333, 444)
        first, second = self.attributes(listings[0]), self.attributes(listings[1])
        self.assertEqual((first["product"]["id"], second["product"]["id"]), ("111", "333"))
        self.assertNotEqual(first["product"]["key"], second["product"]["key"])
        self.assertEqual(len(first["variants"]), 1)

    def test_one_product_of_the_shop_with_several_of_odoo_keeps_its_texts(self):
        listings = self._list(self._make_product("Tea") | self._make_product("Coffee"))
        self._link(listings[0], 111, 222)
        self._link(listings[1], 111, 333)
        attributes = self.attributes(listings[0])
        self.assertEqual(set(attributes["product"]), {"key", "id"})
        self.assertEqual([row["id"] for row in attributes["variants"]], ["222", "333"])
        other = self._list(self._make_product("Milk"))
        other.extra = {"product_id": "111"}
        self.assertIsInstance(self.product(other), Trouble)

    @covers("R358")
    def test_what_is_not_offered_is_archived_or_a_draft(self):
        template = self._make_shirt(sizes=())
        listings = self._list(template.product_variant_ids)
        listings[0].published = False
        attributes = self.attributes(listings[1])
        self.assertEqual(attributes["product"]["status"], "ACTIVE")
        self.assertEqual(
            [row.get("inventory_policy") for row in attributes["variants"]], ["DENY", None]
        )
        listings[1].published = False
        self.assertEqual(self.attributes(listings[1])["product"]["status"], "ARCHIVED")
        self.account.shopify_unlisted = "DRAFT"
        self.assertEqual(self.attributes(listings[1])["product"]["status"], "DRAFT")
        listings.published = True
        template.shopify_status = "UNLISTED"
        self.assertEqual(self.attributes(listings[1])["product"]["status"], "UNLISTED")

    @covers("R358")
    def test_titles_of_the_listing_come_first_and_are_everybodys(self):
        template = self._make_shirt(sizes=())
        listings = self._list(template.product_variant_ids)
        listings[1].title = "Shirt of the year"
        self.assertEqual(self.attributes(listings[0])["product"]["title"], "Shirt of the year")

    def test_texts_are_in_the_language_of_the_account(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        template = self._make_shirt(sizes=())
        french = template.with_context(lang="fr_FR")
        french.name = "Chemise"
        french.attribute_line_ids.attribute_id.name = "Couleur"
        listings = self._list(template.product_variant_ids)
        self.account.lang = "fr_FR"
        product = self.attributes(listings[0])["product"]
        self.assertEqual((product["title"], product["options"][0]["name"]), ("Chemise", "Couleur"))

    def test_the_category_of_shopify_is_found_above(self):
        parent = self.env["product.category"].create({"name": "Food", "shopify_category": "fb"})
        category = self.env["product.category"].create({"name": "Tea", "parent_id": parent.id})
        listing = self._list(self._make_product(categ_id=category.id))
        self.assertEqual(
            self.attributes(listing)["product"]["category"], "gid://shopify/TaxonomyCategory/fb"
        )
        with self.assertRaises(ValidationError):
            listing.product_tmpl_id.shopify_category = "Food and drinks"
        with self.assertRaises(ValidationError):
            listing.product_tmpl_id.shopify_handle = "green tea"

    @covers("R356")
    def test_a_batch_is_read_in_a_constant_number_of_queries(self):
        tags = self.env["product.tag"].create([{"name": "Summer"}])
        self.env["marketplace.shopify.metafield"].create(
            [
                {"account_id": self.account.id, "key": "cat", "path": "categ_id.complete_name"},
                {
                    "account_id": self.account.id,
                    "owner": "variant",
                    "key": "opt",
                    "type": "list.product_reference",
                    "path": "optional_product_ids",
                },
            ]
        )

        def queries(count):
            templates = self.env["product.template"].union(
                *(
                    self._make_shirt(name=f"S{count}-{number}", product_tag_ids=tags.ids)
                    for number in range(count)
                )
            )
            listings = self._list(templates.product_variant_ids)
            self.env.flush_all()
            self.env.invalidate_all()
            self.env.registry.clear_cache()
            account = self.env["marketplace.account"].browse(self.account.id)
            listings = listings.browse(listings.ids)
            before = self.env.cr.sql_log_count
            for kind in ("product", "price", "inventory", "image", "override"):
                states = getattr(listings, f"_snapshot_{kind}")(account)
                self.assertEqual(len(states), count * 4)
            return self.env.cr.sql_log_count - before

        queries(1)  # whatever is read once for the registry
        few, many = queries(3), queries(30)
        self.assertLessEqual(many, few + 3, f"{few} for 3 products, {many} for 30")

    def test_many_variants_share_one_list(self):
        numbers = [f"{number:02}" for number in range(25)]
        template = self._make_shirt(colours=numbers[:10], sizes=numbers)
        self.assertEqual(len(template.product_variant_ids), 250)
        listings = self._list(template.product_variant_ids)
        states = listings._snapshot_product(self.account)
        first = states[listings[0].id].state.attributes
        self.assertEqual(len(first["variants"]), 250)
        self.assertEqual([row["position"] for row in first["variants"]], list(range(1, 251)))
        for listing in listings:
            self.assertNotIn("variants", states[listing.id].values)


@tagged("post_install", "-at_install")
class TestOwnership(SnapshotCase):
    def _own(self, *members):
        self.account.edit_policy = "odoo"
        self.env["marketplace.edit.policy"].create(
            [{"account_id": self.account.id, "what": one, "policy": "channel"} for one in members]
        )

    @covers("R358")
    def test_what_the_shop_owns_is_left_out_once_it_has_the_product(self):
        template = self._make_shirt(sizes=(), shopify_vendor="Nile")
        listings = self._list(template.product_variant_ids)
        self._own(
            "product:title",
            "product:attributes/product/vendor",
            "product:barcode",
            "product:published",
        )
        self.assertEqual(self.attributes(listings[0])["product"]["vendor"], "Nile")
        self._link(listings[0], 111, 222)
        listings[0].product_id.barcode = "4006381333931"
        attributes = self.attributes(listings[0])
        for name in ("title", "vendor", "status"):
            self.assertNotIn(name, attributes["product"])
        self.assertIn("tags", attributes["product"])
        self.assertNotIn("barcode", attributes["variant"])
        self.assertNotIn("barcode", attributes["variants"][0])
        state = self.product(listings[0]).state
        self.assertEqual((state.title, state.barcode), (None, None))

    def test_a_change_of_what_the_shop_owns_is_not_told(self):
        listing = self._list(self._make_product("Tea", default_code="TEA"))
        self._link(listing, 111, 222)
        self._own("product:title")
        self._acknowledge(listing, "product", self.product(listing).values)
        listing.product_id.name = "Green tea"
        state = listing._against_acknowledged("product", self.product(listing))
        self.assertIsInstance(state, Nothing)
        listing.product_id.product_tmpl_id.shopify_vendor = "Nile"
        state = listing._against_acknowledged("product", self.product(listing))
        self.assertEqual(state.state.attributes["product"]["vendor"], "Nile")
        self.assertNotIn("title", state.state.attributes["product"])

    def test_values_of_the_shop_are_taken_over_where_it_owns_them(self):
        template = self._make_shirt(sizes=())
        listings = self._list(template.product_variant_ids)
        self._link(listings[0], 111, 222)
        for owner, member, value in (
            ("product", "title", "Hemd"),
            ("product", "vendor", "Nile"),
            ("product", "type", "Top"),
            ("product", "tags", ["Black", "Summer"]),
            ("product", "handle", "hemd"),
            ("product", "seo_title", "Ein Hemd"),
            ("product", "seo_description", "Schön"),
            ("product", "category", CATEGORY),
            ("product", "status", "DRAFT"),
            ("product", "description_html", "<p>Schön</p>"),
            ("variant", "inventory_policy", "CONTINUE"),
            ("variant", "sku", "HEMD-1"),
            ("variant", "barcode", "4006381333931"),
            ("variant", "weight_kg", "0.25"),
        ):
            with self.subTest(member):
                path = f"attributes/{owner}/{member}"
                note = listings[0]._take_channel_value(self.account, "product", path, value)
                self.assertIsNone(note)
                told = self.product(listings[0]).values["attributes"]
                self.assertEqual(told[owner][member], value)
        self.assertEqual(listings.mapped("title"), ["Hemd", "Hemd"])


@tagged("post_install", "-at_install")
class TestPrices(SnapshotCase):
    def price(self, listing):
        return listing._snapshot_price(self.account)[listing.id]

    def _pricelist(self, currency=None, **rule):
        return self.env["product.pricelist"].create(
            {
                "name": "List",
                "currency_id": (currency or self.euro).id,
                "item_ids": [
                    Command.create({"compute_price": "percentage", "percent_price": 10, **rule})
                ],
            }
        )

    def _market(self, **vals):
        return self.env["marketplace.shopify.market"].create(
            {
                "account_id": self.account.id,
                "external_id": US_LIST,
                "name": "US",
                "currency_id": self.dollar.id,
                **vals,
            }
        )

    def test_the_plain_price_says_nothing_of_the_struck_one(self):
        tell = self.price(self._list(self._make_product(price=9.99)))
        self.assertEqual(tell.values, {"price": "9.99", "currency": "EUR"})
        self.assertIsNone(tell.state.compare_at)
        self.assertFalse(self.account._adapter_options()["compare_at"])

    def test_a_price_below_the_sales_price_is_shown_beside_it(self):
        self.account.write(
            {
                "price_source": "pricelist",
                "pricelist_id": self._pricelist().id,
                "shopify_compare_at": "list_price",
            }
        )
        tell = self.price(self._list(self._make_product(price=10)))
        self.assertEqual(tell.values, {"price": "9.00", "currency": "EUR", "compare_at": "10.00"})
        self.assertTrue(self.account._adapter_options()["compare_at"])

    def test_a_price_that_is_not_lower_strikes_nothing_through(self):
        self.account.shopify_compare_at = "list_price"
        tell = self.price(self._list(self._make_product(price=10)))
        self.assertEqual(tell.values, {"price": "10.00", "currency": "EUR", "compare_at": None})

    def test_another_pricelist_and_the_listing_itself(self):
        self.account.write(
            {
                "shopify_compare_at": "pricelist",
                "shopify_compare_pricelist_id": self._pricelist(percent_price=-50).id,
            }
        )
        listing = self._list(self._make_product(price=10))
        self.assertEqual(self.price(listing).values["compare_at"], "15.00")
        listing.shopify_compare_at_price = 12
        self.assertEqual(self.price(listing).values["compare_at"], "12.00")

    def test_price_lists_of_markets_are_filled_from_pricelists(self):
        listing = self._list(self._make_product(price=10))
        market = self._market()
        self.assertNotIn("markets", self.price(listing).values)
        market.pricelist_id = self._pricelist(self.dollar)
        tell = self.price(listing)
        self.assertEqual(tell.values["markets"], {US_LIST: "9.00 USD"})
        self.assertEqual(tell.state.markets[US_LIST].amount, Decimal("9.00"))
        self.assertEqual(self.account._adapter_options()["price_lists"], {US_LIST: "USD"})
        market.active = False
        self.assertNotIn("markets", self.price(listing).values)

    def test_rules_of_a_market_are_told(self):
        product = self._make_product(price=10)
        listing = self._list(product)
        market = self._market(pricelist_id=self._pricelist(self.dollar).id)
        self.send_nothing()
        self.env["product.pricelist.item"].create(
            {
                "pricelist_id": market.pricelist_id.id,
                "applied_on": "0_product_variant",
                "product_id": product.id,
                "compute_price": "fixed",
                "fixed_price": 7,
            }
        )
        self._engine()
        self.assertIn(listing.product_id.id, self._operations().mapped("record_id"))
        self.assertEqual(self.price(listing).values["markets"], {US_LIST: "7.00 USD"})

    def send_nothing(self):
        """What happened so far is nobody's business."""
        self._engine()
        self.env.cr.execute("UPDATE marketplace_product_operation SET dispatched_at = now()")
        self.env.invalidate_all()

    def _operations(self):
        return self.env["marketplace.product.operation"].search([("dispatched_at", "=", False)])


@tagged("post_install", "-at_install")
class TestImages(SnapshotCase):
    def image(self, listing):
        return listing._snapshot_image(self.account)[listing.id]

    @covers("R358")
    def test_all_images_of_a_product_with_what_they_show(self):
        template = self._make_shirt(sizes=())
        template.image_1920 = RED
        template.shopify_image_text = "A shirt on a line"
        template.shopify_image_ids = self.env["ir.attachment"].create(
            {
                "name": "back.png",
                "datas": GREEN,
                "mimetype": "image/png",
                "description": "Its back",
            }
        )
        listings = self._list(template.product_variant_ids)
        listings[1].product_id.image_variant_1920 = BLUE
        states = listings._snapshot_image(self.account)
        first, second = (states[one.id].state for one in listings)
        self.assertEqual(first, second)
        self.assertEqual(first.texts, ("A shirt on a line", "Its back", "Shirt (Blue)"))
        self.assertEqual(len(set(first.urls)), 3)
        self.assertTrue(all("/marketplace/image/" in url for url in first.urls))
        variants = self.attributes(listings[0])["variants"]
        self.assertNotIn("image", variants[0])
        self.assertEqual(variants[1]["image"], first.urls[2])

    def test_without_an_image_nothing_is_told(self):
        self.assertIsInstance(self.image(self._list(self._make_product())), Nothing)

    def test_the_images_are_behind_their_addresses_and_nothing_else(self):
        template = self._make_shirt(sizes=(), image_1920=RED)
        listings = self._list(template.product_variant_ids)
        images = listings[0]._public_images()
        token = listings[0]._image_token()
        found = listings._public_image(listings[0].id, token, images.checksum)
        self.assertEqual(found[1], "image/png")
        self.assertEqual(
            found[0],
            template.with_context(bin_size=False).image_1920
            and base64.b64decode(template.image_1920),
        )
        self.assertIsNone(listings._public_image(listings[0].id, "0" * 32, images.checksum))
        self.assertIsNone(listings._public_image(listings[1].id, token, images.checksum))
        self.assertIsNone(listings._public_image(listings[0].id, token, "0" * 40))

    def test_shopify_cannot_reach_an_address_of_this_machine(self):
        listing = self._list(self._make_product(image_1920=RED))
        self.account.base_url = "https://demo-shop.myshopify.com"
        self.env["ir.config_parameter"].set_param("web.base.url", "http://localhost:8069")
        self.assertIsInstance(self.image(listing), Trouble)

    def test_a_variants_new_image_is_told_with_the_product(self):
        template = self._make_shirt(sizes=())
        listings = self._list(template.product_variant_ids)
        self._engine()
        listings[0].product_id.image_variant_1920 = BLUE
        self._engine()
        operation = self.env["marketplace.product.operation"].search([], limit=1, order="id desc")
        self.assertEqual(operation.record_id, listings[0].product_id.id)
        self.assertLessEqual({"image", "product"}, set(operation.operation_data["kinds"]))


@tagged("post_install", "-at_install")
class TestPublications(SnapshotCase):
    def shown(self, listing):
        state = listing._snapshot_override(self.account)[listing.id]
        return state.values.get("publications") if isinstance(state, Tell) else None

    @covers("R358")
    def test_new_products_are_shown_where_the_account_says(self):
        listing = self._list(self._make_product())
        self.assertTrue(listing.shopify_made_here)
        self.assertEqual(self.shown(listing), [ONLINE])
        self.account.shopify_publication_ids.publish = True
        self.assertEqual(self.shown(listing), [ONLINE, POS])
        self.account.shopify_publication_ids.publish = False
        self.assertIsNone(self.shown(listing))

    @covers("R358")
    def test_what_was_in_the_shop_before_stays_where_it_is(self):
        listing = self._list(self._make_product(), external_id="222")
        self.assertFalse(listing.shopify_made_here)
        self.assertIsNone(self.shown(listing))
        listing.shopify_publication_ids = self.account.shopify_publication_ids[1]
        self.assertEqual(self.shown(listing), [POS])

    def test_all_variants_of_a_product_say_the_same(self):
        listings = self._list(self._make_shirt(sizes=()).product_variant_ids)
        listings[0].shopify_publication_ids = self.account.shopify_publication_ids[1]
        self.assertEqual(self.shown(listings[1]), [POS])

    def test_sales_channels_of_another_shop_are_refused(self):
        other = self._make_account("Second", state="draft")
        listing = self._list(self._make_product())
        with self.assertRaises(ValidationError):
            listing.shopify_publication_ids = other.shopify_publication_ids[0]
