import base64

from odoo import Command
from odoo.tests import HttpCase, tagged

from odoo.addons.marketplace.snapshot import Nothing, Trouble

from marketplace_adapters.testing import covers

from .common import DE, UK, AmazonCase

# A red, a green and a blue pixel, so that each has a checksum of its own.
RED = (
    b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJg"
    b"gg=="
)
GREEN = (
    b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    b"gg=="
)
BLUE = (
    b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPj/HwADBwIAMCbHYQAAAABJRU5ErkJg"
    b"gg=="
)
SHIRT = {
    "brand": "Nile",
    "bullet_point": "Cotton",
    "country_of_origin": "EG",
    "supplier_declared_dg_hz_regulation": "not_applicable",
    "department": "Unisex",
    "target_gender": "unisex",
    "age_range_description": "Adult",
    "fabric_type": "100% cotton",
}


class FamilyCase(AmazonCase):
    """A shirt in two colours and two sizes."""

    def _shirt(self, mapped=True):
        attributes = self.env["product.attribute"].create(
            [
                {
                    "name": name,
                    "amazon_attribute": amazon if mapped else False,
                    "value_ids": [Command.create({"name": value}) for value in values],
                }
                for name, amazon, values in (
                    ("Colour", "color", ("Red", "Blue")),
                    ("Size", "size", ("M", "L")),
                )
            ]
        )
        template = self.env["product.template"].create(
            {
                "name": "T-Shirt",
                "list_price": 20,
                "is_storable": True,
                "taxes_id": False,
                "attribute_line_ids": [
                    Command.create(
                        {
                            "attribute_id": one.id,
                            "value_ids": [Command.set(one.value_ids.ids)],
                        }
                    )
                    for one in attributes
                ],
            }
        )
        for number, variant in enumerate(template.product_variant_ids):
            variant.default_code = f"SHIRT-{number}"
        self.env["marketplace.amazon.attribute"].create(
            [
                {"product_tmpl_id": template.id, "name": name, "value": value}
                for name, value in SHIRT.items()
            ]
        )
        return template

    def _list_all(self, template):
        kind = self._type("SHIRT")
        return self.env["marketplace.listing"].create(
            [
                {
                    "account_id": self.account.id,
                    "product_id": variant.id,
                    "amazon_product_type_id": kind.id,
                }
                for variant in template.product_variant_ids
            ]
        )


@tagged("post_install", "-at_install")
class TestFamilies(FamilyCase):
    @covers("R30", "R21", "R22", "X8")
    def test_variants_stand_below_a_parent_with_a_theme(self):
        template = self._shirt()
        listings = self._list_all(template)
        (parent,) = listings[0]._amazon_parent()
        self.assertEqual((parent.sku, parent.offer), (f"PARENT-{template.id}", "PARENT"))
        self.assertEqual(template._amazon_theme_of(self.account), "SIZE/COLOR")
        self.send()
        # Once Amazon has the parent, its variants are told of it.
        self.send()
        self.assertEqual(
            self.amazon.skus(),
            sorted([parent.sku, *template.product_variant_ids.mapped("default_code")]),
        )
        remote = self.amazon.listing(parent.sku)["attributes"]
        self.assertEqual(remote["parentage_level"][0]["value"], "parent")
        self.assertEqual(remote["variation_theme"][0]["name"], "SIZE/COLOR")
        self.assertNotIn("purchasable_offer", remote)
        child = self.amazon.listing("SHIRT-0")["attributes"]
        self.assertEqual(
            child["child_parent_sku_relationship"],
            [
                {
                    "child_relationship_type": "variation",
                    "parent_sku": parent.sku,
                    "marketplace_id": market,
                }
                for market in (UK, DE)
            ],
        )
        self.assertEqual((child["color"][0]["value"], child["size"][0]["value"]), ("Red", "M"))
        self.assertEqual(set(listings.mapped("sync_status")), {"synced"})
        self.assertEqual(parent.sync_status, "synced")

    def test_variants_that_cannot_be_told_apart_are_no_family(self):
        template = self._shirt(mapped=False)
        listings = self._list_all(template)
        self.assertFalse(listings[0]._amazon_parent())
        self.assertIsNone(template._amazon_theme_of(self.account))
        # Without a colour Amazon would refuse it, and says so before.
        self.assertIn("color", listings[0]._amazon_lacks())
        attributes = template.attribute_line_ids.attribute_id
        for attribute, name in zip(attributes, ("color", "size"), strict=True):
            attribute.amazon_attribute = name
        listings.action_amazon_group()
        self.assertTrue(listings[0]._amazon_parent())

    def test_an_account_may_want_no_families(self):
        self.account.amazon_families = False
        listings = self._list_all(self._shirt())
        self.assertFalse(listings[0]._amazon_parent())
        self.assertIsInstance(
            listings[0]._snapshot_relationship(self.account)[listings[0].id], Nothing
        )

    def test_a_parent_lives_as_long_as_its_product_has_variants(self):
        template = self._shirt()
        parent = self._list_all(template)[0]._amazon_parent()
        self.send()
        template.product_variant_ids[0].unlink()
        self.send()
        self.assertIn(parent.sku, self.amazon.skus())
        self.assertEqual(parent.product_id, template.product_variant_ids[0])
        self.assertNotIn("SHIRT-0", self.amazon.skus())

    @covers("R30")
    def test_accessories_are_named_once_amazon_has_them(self):
        cup, tea = (self._make_product(name, default_code=name) for name in ("CUP", "TEA"))
        listings = [self._list(one) for one in (cup, tea)]
        self.send()
        tea.product_tmpl_id.optional_product_ids = cup.product_tmpl_id
        tell = listings[1]._snapshot_relationship(self.account)[listings[1].id]
        self.assertEqual(tell.values, {"accessories": ["CUP"]})
        self.assertEqual([key.sku for key in tell.state.accessories], ["CUP"])
        self.send()
        told = self.last(listings[1], "relationship")
        self.assertEqual((told.status, told.sent), ("success", {"accessories": ["CUP"]}))


@tagged("post_install", "-at_install")
class TestImages(HttpCase, FamilyCase):
    def image(self, listing):
        return listing._snapshot_image(self.account)[listing.id]

    @covers("R29")
    def test_amazon_fetches_images_without_a_login(self):
        product = self._make_product(default_code="T1", image_1920=RED)
        extra = self.env["ir.attachment"].create(
            {"name": "back.png", "datas": BLUE, "mimetype": "image/png"}
        )
        product.product_tmpl_id.amazon_image_ids = extra
        self.env["ir.config_parameter"].set_param("web.base.url", self.base_url())
        listing = self._list(product)
        urls = self.image(listing).state.urls
        self.assertEqual(len(urls), 2)
        self.assertEqual(self.image(listing).state.urls, urls, "the same while the image is")
        for url, data in zip(urls, (None, BLUE), strict=True):
            answer = self.url_open(url.removeprefix(self.base_url()))
            self.assertEqual(
                (answer.status_code, answer.headers["Content-Type"]), (200, "image/png")
            )
            self.assertIn("public", answer.headers["Cache-Control"])
            if data:
                self.assertEqual(answer.content, base64.b64decode(data))
        self.send()
        remote = self.amazon.listing("T1")["attributes"]
        self.assertEqual(remote["main_product_image_locator"][0]["media_location"], urls[0])
        self.assertEqual(remote["other_product_image_locator_1"][0]["media_location"], urls[1])

    @covers("R29", "R332")
    def test_an_address_that_is_not_right_shows_nothing(self):
        listing = self._list(self._make_product(default_code="T1", image_1920=RED))
        other = self._list(self._make_product(default_code="T2", image_1920=GREEN))
        url = self.image(listing).state.urls[0].partition("/marketplace/image")[2]
        path = f"/marketplace/image{url}"
        token = listing._image_token()
        for wrong in (
            path.replace(token, "0" * 32),
            path.replace(f"/{listing.id}/", f"/{other.id}/"),
            path.replace(f"/{listing.id}/", "/999999999/"),
            path.replace(listing._public_images().checksum, other._public_images().checksum),
        ):
            with self.subTest(wrong):
                self.assertEqual(self.url_open(wrong).status_code, 404)

    @covers("R29")
    def test_a_new_image_has_a_new_address_and_goes_alone(self):
        product = self._make_product(default_code="T1", image_1920=RED)
        listing = self._list(product)
        self.send()
        before = self.image(listing).state.urls
        self.amazon.call("DELETE", "calls")
        product.image_1920 = GREEN
        self.assertNotEqual(self.image(listing).state.urls, before)
        self.send()
        (call,) = self.amazon.calls("patchListingsItem")
        self.assertIn("main_product_image_locator", call["request_body"])
        self.assertNotIn("purchasable_offer", call["request_body"])

    def test_variants_show_their_own_image_and_nine_at_most(self):
        template = self._shirt()
        template.image_1920 = RED
        listings = self._list_all(template)
        listings[1].product_id.image_variant_1920 = BLUE
        template.amazon_image_ids = self.env["ir.attachment"].create(
            [
                {
                    "name": f"{number}.png",
                    "raw": base64.b64decode(GREEN) + bytes([number]),
                    "mimetype": "image/png",
                }
                for number in range(12)
            ]
        )
        first, second = (one._public_images() for one in listings[:2])
        self.assertNotEqual(first[0].checksum, second[0].checksum)
        self.assertEqual((len(first), len(second)), (9, 9))
        parent = listings[0]._amazon_parent()
        self.assertEqual(parent._public_images()[0].checksum, first[0].checksum)

    def test_a_listing_without_an_image_tells_none(self):
        listing = self._list(self._make_product(default_code="T1"))
        self.assertIsInstance(self.image(listing), Nothing)

    @covers("R29")
    def test_amazon_cannot_reach_an_address_of_this_machine(self):
        listing = self._list(self._make_product(default_code="T1", image_1920=RED))
        self.account.base_url = "https://sellingpartnerapi-eu.amazon.com"
        self.env["ir.config_parameter"].set_param("web.base.url", "http://localhost:8069")
        trouble = self.image(listing)
        self.assertIsInstance(trouble, Trouble)
        self.assertIn("web.base.url", trouble.advice)
        self.env["ir.config_parameter"].set_param("web.base.url", "https://erp.example.com")
        self.assertEqual(
            self.image(listing).state.urls[0].partition("/marketplace/image")[0],
            "https://erp.example.com",
        )
