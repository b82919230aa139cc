import json

from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from marketplace_adapters.testing import covers

from .common import CartonaCase

UPDATE = "supplier-product/bulk-update"
BASE_STOCK = "supplier-product/base-product/bulk-update-stock"


@tagged("post_install", "-at_install")
class TestProducts(CartonaCase):
    def rows(self, endpoint=UPDATE):
        """All rows that were sent to an endpoint, oldest first."""
        found = []
        for call in self.cartona.calls(endpoint):
            body = call["request_body"]
            found += json.loads(body) if isinstance(body, str) else body
        return found

    # === PRICE AND STOCK === #

    @covers("R94", "R95", "R97", "R98", "R149", "R150", "R151", "R152", "R200", "R270", "R309")
    def test_price_and_stock_travel_in_one_row_with_both_ids(self):
        product = self._make_product(price=12.5, quantity=7)
        listing = self._link(product)
        self.send()
        self.assertEqual(
            self.rows(),
            [
                {
                    "supplier_product_id": listing.external_id,
                    "internal_product_id": str(product.id),
                    "is_published": True,
                    "selling_price": "12.50",
                    "in_stock": True,
                    "is_unlimited_stock": False,
                    "available_stock_quantity": 7,
                }
            ],
        )
        remote = self.cartona.product(listing.external_id)
        self.assertEqual(remote["internal_product_id"], str(product.id))
        self.assertEqual(float(remote["selling_price"]), 12.5)
        self.assertEqual(remote["available_stock_quantity"], 7)
        self.assertEqual(listing.sync_status, "synced")

    @covers("R142", "R143", "R309")
    def test_a_changed_price_arrives_alone(self):
        product = self._make_product(price=10, quantity=3)
        listing = self._link(product)
        self.send()
        self.cartona.call("DELETE", "calls")
        product.list_price = 11.25
        self.env.flush_all()
        self.assertEqual(self.rows(), [], "whoever saves does not wait for Cartona")
        self.send()
        self.assertEqual(
            self.rows(),
            [
                {
                    "supplier_product_id": listing.external_id,
                    "internal_product_id": str(product.id),
                    "selling_price": "11.25",
                }
            ],
        )

    @covers("R96", "R144", "R145", "R152", "R311", "X20")
    def test_a_reservation_lowers_what_is_offered(self):
        product = self._make_product(quantity=10)
        listing = self._link(product)
        self.send()
        move = self.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": 4,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
            }
        )
        move._action_confirm()
        move._action_assign()
        self.send()
        self.assertEqual(self.cartona.product(listing.external_id)["available_stock_quantity"], 6)

    @covers("R328", "X20")
    def test_no_stock_is_zero_and_out_of_stock_never_negative(self):
        product = self._make_product()
        self.env["stock.quant"]._update_available_quantity(product, self.warehouse.lot_stock_id, -5)
        listing = self._link(product, available_stock_quantity=9)
        self.send()
        remote = self.cartona.product(listing.external_id)
        self.assertEqual(remote["available_stock_quantity"], 0)
        self.assertFalse(remote["in_stock"])

    def test_a_price_can_be_sent_as_a_number(self):
        self.account.cartona_price_format = "number"
        self._link(self._make_product(price=12.5))
        self.send()
        self.assertEqual([row["selling_price"] for row in self.rows()], [12.5])

    @covers("R274", "R314", "R318", "R321")
    def test_a_hundred_and_one_products_are_two_calls(self):
        products = self.env["product.product"].create(
            [
                {"name": f"P{number}", "list_price": 5, "is_storable": True, "taxes_id": False}
                for number in range(101)
            ]
        )
        for product in products:
            self._link(product)
        self.env.flush_all()
        self.assertFalse(self.cartona.calls(UPDATE), "nobody waits for Cartona")
        self.send()
        self.assertEqual(len(self.cartona.calls(UPDATE)), 2)
        self.assertEqual(len(self.rows()), 101)

    # === ALL MEMBERS (X53) === #

    @covers("X53", "R280")
    def test_every_member_of_a_listing_reaches_cartona(self):
        product = self._make_product(price=10, quantity=50)
        listing = self._link(product)
        self.send()
        listing.write(
            {
                "min_order": 2,
                "max_order": 20,
                "published": False,
                "cartona_remind_at": 5,
                "cartona_notes": "هش 🥚",
            }
        )
        self.send()
        remote = self.cartona.product(listing.external_id)
        self.assertEqual(
            {
                name: remote[name]
                for name in (
                    "min_order",
                    "max_order",
                    "is_published",
                    "remind_me_at_stock",
                    "notes",
                )
            },
            {
                "min_order": 2,
                "max_order": 20,
                "is_published": False,
                "remind_me_at_stock": 5,
                "notes": "هش 🥚",
            },
        )

    @covers("X53")
    def test_cleared_notes_are_told_once_and_notes_that_never_were_are_not(self):
        listing = self._link(self._make_product())
        self.send()
        self.assertNotIn("notes", self.rows()[-1])
        listing.cartona_notes = "Fragile"
        self.send()
        self.assertEqual(self.cartona.product(listing.external_id)["notes"], "Fragile")
        listing.cartona_notes = False
        self.send()
        self.assertEqual(self.rows()[-1]["notes"], "")
        listing.min_order = 2
        self.send()
        self.assertNotIn("notes", self.rows()[-1])

    @covers("X53")
    def test_unlimited_and_out_of_stock_are_decided_by_a_person(self):
        listing = self._link(self._make_product(quantity=4))
        listing.cartona_unlimited = True
        self.send()
        remote = self.cartona.product(listing.external_id)
        self.assertTrue(remote["is_unlimited_stock"])
        self.assertTrue(remote["in_stock"])
        listing.cartona_out_of_stock = True
        self.send()
        remote = self.cartona.product(listing.external_id)
        self.assertFalse(remote["in_stock"])
        self.assertFalse(remote["is_unlimited_stock"])
        listing.write({"cartona_out_of_stock": False, "cartona_unlimited": False})
        self.send()
        remote = self.cartona.product(listing.external_id)
        self.assertTrue(remote["in_stock"])
        self.assertEqual(remote["available_stock_quantity"], 4)

    def test_an_archived_product_is_taken_off(self):
        product = self._make_product(quantity=4)
        listing = self._link(product)
        self.send()
        product.active = False
        self.send()
        remote = self.cartona.product(listing.external_id)
        self.assertFalse(remote["is_published"])
        self.assertFalse(remote["in_stock"])

    # === UNITS (C17) === #

    def _piece_and_box(self, quantity):
        dozen = self.env.ref("uom.product_uom_dozen")
        product = self._make_product(price=2, quantity=quantity)
        piece = self._link(product)
        box = self._link(product, uom=dozen, unit="box", unit_count=12)
        for listing, unit, count in ((piece, "piece", 1), (box, "box", 12)):
            listing.write(
                {
                    "cartona_base_product_id": "4090",
                    "cartona_unit": unit,
                    "cartona_unit_count": count,
                }
            )
        return product, piece, box

    @covers("C17")
    def test_each_unit_gets_its_own_stock_and_price(self):
        _product, piece, box = self._piece_and_box(25)
        self.send()
        remote = [self.cartona.product(listing.external_id) for listing in (piece, box)]
        self.assertEqual([one["available_stock_quantity"] for one in remote], [25, 2])
        self.assertEqual([float(one["selling_price"]) for one in remote], [2.0, 24.0])

    @covers("C17", "R272", "R282", "R277")
    def test_one_base_stock_call_feeds_all_units(self):
        self.account.cartona_base_stock = True
        product, piece, box = self._piece_and_box(25)
        self.send()
        self.assertEqual(
            self.rows(BASE_STOCK), [{"base_product_id": 4090, "available_stock_quantity": 25}]
        )
        self.assertFalse(any("available_stock_quantity" in row for row in self.rows()))
        remote = [self.cartona.product(listing.external_id) for listing in (piece, box)]
        self.assertEqual([one["available_stock_quantity"] for one in remote], [25, 2])
        # One box is sold: 13 pieces and one box are left.
        self.env["stock.quant"]._update_available_quantity(
            product, self.warehouse.lot_stock_id, -12
        )
        self.send()
        remote = [self.cartona.product(listing.external_id) for listing in (piece, box)]
        self.assertEqual([one["available_stock_quantity"] for one in remote], [13, 1])
        self.assertEqual(len(self.cartona.calls(BASE_STOCK)), 2)

    @covers("C17")
    def test_loose_pieces_are_not_lost_when_only_boxes_are_listed(self):
        self.account.cartona_base_stock = True
        _product, piece, box = self._piece_and_box(25)
        piece.active = False
        self.send()
        self.assertEqual(
            self.rows(BASE_STOCK), [{"base_product_id": 4090, "available_stock_quantity": 25}]
        )
        self.assertEqual(self.cartona.product(box.external_id)["available_stock_quantity"], 2)

    @covers("C17")
    def test_without_a_count_the_piece_of_cartona_is_our_unit_of_measure(self):
        self.account.cartona_base_stock = True
        _product, piece, box = self._piece_and_box(25)
        piece.active = False
        box.cartona_unit_count = 0
        self.send()
        self.assertEqual(
            self.rows(BASE_STOCK), [{"base_product_id": 4090, "available_stock_quantity": 25}]
        )

    @covers("C17", "R271", "R295")
    def test_a_unit_of_cartonas_catalogue_begins_to_be_sold(self):
        units = [["piece", 1], ["box", 12]]
        base = {"id": 650, "name": "Tea bags", "units": units}
        self.cartona.call("POST", "cartona/base-products", base)
        product = self._make_product(price=2, quantity=25)
        piece = self._link(product, base_product_id=650)
        dozen = self.env.ref("uom.product_uom_dozen")
        box = self.env["marketplace.listing"].create(
            {"account_id": self.account.id, "product_id": product.id, "uom_id": dozen.id}
        )
        self.assertEqual(
            (piece.internal_id, box.internal_id), (str(product.id), f"{product.id}#12")
        )
        box.write(
            {"cartona_base_product_id": "650", "cartona_unit": "box", "cartona_unit_count": 12}
        )
        self.send()
        self.assertEqual(box.sync_status, "synced")
        box.action_cartona_read()
        self.assertTrue(box.external_id)
        self.assertNotEqual(box.external_id, piece.external_id)
        remote = [self.cartona.product(listing.external_id) for listing in (piece, box)]
        self.assertEqual([float(one["selling_price"]) for one in remote], [2.0, 24.0])
        self.assertEqual([one["available_stock_quantity"] for one in remote], [25, 2])
        self.assertEqual(
            [one["internal_product_id"] for one in remote], [piece.internal_id, box.internal_id]
        )

    @covers("R264", "R271", "R275", "R276")
    def test_unit_and_base_product_are_read_from_cartona(self):
        listing = self._link(self._make_product(), base_product_id=4711, unit="box", unit_count=24)
        gone = self._link(self._make_product())
        gone.external_id = "999999"
        result = (listing | gone).action_cartona_read()
        self.assertIn("1 of 2", result["params"]["message"])
        self.assertEqual(
            (listing.cartona_base_product_id, listing.cartona_unit, listing.cartona_unit_count),
            ("4711", "box", 24),
        )
        self.assertFalse(gone.cartona_base_product_id)

    @covers("R264", "R271", "R276")
    def test_a_base_product_is_found_in_cartonas_catalogue(self):
        self.cartona.call(
            "POST",
            "cartona/base-products",
            {"id": 650, "name": "Tea bags", "name_ar": "شاي", "units": [["piece", 1]]},
        )
        self.cartona.call(
            "POST", "cartona/base-products", {"id": 651, "name": "Rice", "units": [["kg", 1]]}
        )
        listing = self._link(self._make_product("Tea"))
        action = listing.action_cartona_find_base()
        wizard = Form(self.env[action["res_model"]].with_context(**action["context"])).save()
        self.assertEqual((wizard.words, wizard.unit, wizard.unit_count), ("Tea", "piece", 1))
        wizard.words = "شاي"
        wizard.action_search()
        self.assertEqual(
            [(line.base_product_id, line.title) for line in wizard.line_ids], [("650", "Tea bags")]
        )
        wizard.line_ids.action_choose()
        self.assertEqual(
            listing.extra, {"base_product_id": "650", "unit": "piece", "unit_count": "1"}
        )
        wizard.words = " "
        with self.assertRaisesRegex(UserError, "Enter a word"):
            wizard.action_search()

    def test_when_cartona_cannot_be_asked_a_person_is_told_why(self):
        listing = self._link(self._make_product())
        self.account.cartona_token = "wrong"
        with self.assertRaisesRegex(UserError, "could not be asked"):
            listing.action_cartona_read()
        self.account.action_pause()
        with self.assertRaisesRegex(UserError, "not connected, or paused"):
            listing.action_cartona_read()

    def test_the_base_product_is_kept_beside_other_identifiers(self):
        listing = self._link(self._make_product())
        listing.extra = {"own": "kept"}
        listing.cartona_base_product_id = " 77 "
        listing.cartona_unit = "box"
        listing.cartona_unit_count = 12
        self.assertEqual(
            listing.extra,
            {"own": "kept", "base_product_id": "77", "unit": "box", "unit_count": "12"},
        )
        listing.cartona_unit_count = 0
        self.assertEqual(listing.extra, {"own": "kept", "base_product_id": "77", "unit": "box"})
        for count in (-1, 1_000_001):
            with self.assertRaises(ValidationError):
                listing.cartona_unit_count = count

    # === LINKS (X18) === #

    @covers("X18", "R141", "R154", "R203", "R221", "R291", "R295", "R339")
    def test_cartona_id_of_a_variant_is_its_listing(self):
        product = self._make_product()
        self.assertFalse(product.cartona_id)
        product.cartona_id = " 110774 "
        listing = product.marketplace_listing_ids
        self.assertEqual(listing.external_id, "110774")
        self.assertEqual(listing.account_id, self.account)
        self.assertEqual(product.cartona_id, "110774")
        self.assertEqual(product.product_tmpl_id.cartona_id, "110774")
        product.cartona_id = "5"
        self.assertEqual(listing.external_id, "5")
        product.cartona_id = False
        self.assertFalse(listing.external_id)
        self.assertTrue(listing.exists())

    @covers("X18", "R141")
    def test_cartona_id_can_be_given_when_a_product_is_created(self):
        template = self.env["product.template"].create({"name": "Rice", "cartona_id": "900"})
        self.assertEqual(template.product_variant_id.cartona_id, "900")
        self.assertEqual(template.cartona_id, "900")
        product = self.env["product.product"].create({"name": "Oil", "cartona_id": "901"})
        self.assertEqual(product.marketplace_listing_ids.external_id, "901")

    @covers("X18")
    def test_a_template_with_variants_leaves_the_id_to_each(self):
        attribute = self.env["product.attribute"].create(
            {"name": "Size", "value_ids": [(0, 0, {"name": "S"}), (0, 0, {"name": "L"})]}
        )
        template = self.env["product.template"].create(
            {
                "name": "Shirt",
                "attribute_line_ids": [
                    (
                        0,
                        0,
                        {
                            "attribute_id": attribute.id,
                            "value_ids": [(6, 0, attribute.value_ids.ids)],
                        },
                    )
                ],
            }
        )
        small, large = template.product_variant_ids
        small.cartona_id, large.cartona_id = "1", "2"
        self.assertFalse(template.cartona_id)
        self.assertEqual((small.cartona_id, large.cartona_id), ("1", "2"))
        with self.assertRaises(UserError):
            template.cartona_id = "3"

    @covers("X18", "R141")
    def test_products_are_found_by_their_id(self):
        first = self._make_product()
        second = self._make_product()
        third = self._make_product()
        first.cartona_id, second.cartona_id = "110774", "110999"
        products = self.env["product.product"]
        among = [("id", "in", (first | second | third).ids)]
        for condition, found in (
            (("cartona_id", "=", "110774"), first),
            (("cartona_id", "in", ["110774", "110999", "x"]), first | second),
            (("cartona_id", "ilike", "1109"), second),
            (("cartona_id", "=", False), third),
            (("cartona_id", "!=", False), first | second),
            (("cartona_id", "!=", "110774"), second | third),
            (("cartona_id", "not ilike", "0774"), second | third),
        ):
            with self.subTest(condition):
                self.assertEqual(products.search([condition, *among]), found)
        templates = self.env["product.template"].search([("cartona_id", "=", "110999")])
        self.assertEqual(templates, second.product_tmpl_id)

    @covers("X18")
    def test_cartona_id_speaks_of_the_first_account_and_of_the_own_unit(self):
        product = self._make_product()
        other = self._make_account("Wholesale", sequence=5)
        self._link(product, account=other)
        self.assertFalse(product.cartona_id)
        self._link(product, uom=self.env.ref("uom.product_uom_dozen"), unit="box", unit_count=12)
        piece = self._link(product)
        self.env.invalidate_all()
        self.assertEqual(product.cartona_id, piece.external_id)

    @covers("R298", "R305")
    def test_one_id_cannot_be_two_products(self):
        self._make_product().cartona_id = "7"
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self._make_product().cartona_id = "7"
            self.env.flush_all()

    def test_without_an_account_an_id_cannot_be_kept(self):
        self.env["marketplace.account"].search([("provider", "=", "cartona")]).unlink()
        product = self._make_product()
        product.cartona_id = False
        with self.assertRaisesRegex(UserError, "has no Cartona account yet"):
            product.cartona_id = "7"

    @covers("R219", "R248")
    def test_a_stock_user_can_read_and_search_the_id(self):
        product = self._make_product()
        product.cartona_id = "77"
        user = self.env["res.users"].create(
            {
                "name": "S",
                "login": "cartona-stock",
                "group_ids": [(6, 0, [self.env.ref("stock.group_stock_user").id])],
            }
        )
        own = self.env["product.product"].with_user(user)
        self.assertEqual(own.search([("cartona_id", "=", "77")]).cartona_id, "77")

    # === STATUS ON THE LOG (X4) === #

    @covers("X4", "R20", "R64")
    def test_the_log_says_what_became_of_a_change_on_cartona(self):
        product = self._make_product(price=1)
        self._link(product)
        self.send()
        self.env["marketplace.product.operation"].search([]).unlink()
        product.list_price = 3
        self.env.flush_all()
        self.env.cr.precommit.run()
        operations = self.env["marketplace.product.operation"]
        own = [
            ("model_name", "=", "product.template"),
            ("record_id", "=", product.product_tmpl_id.id),
        ]
        operation = operations.search(own)
        self.assertFalse(operation.cartona_status)
        self.assertEqual(operations.search([*own, ("cartona_status", "=", False)]), operation)
        self.send()
        self.assertEqual(operation.cartona_status, "success")
        self.assertTrue(operation.cartona_status_timestamp)
        self.assertEqual(operations.search([*own, ("cartona_status", "=", "success")]), operation)
        self.assertFalse(operations.search([*own, ("cartona_status", "=", "error")]))

    @covers("X4", "R69", "R84")
    def test_a_refused_row_is_an_error_on_the_log_and_others_arrive(self):
        self.cartona.call("POST", "cartona/settings", {"bulk_results": "errors"})
        good, bad = self._make_product(price=1), self._make_product(price=1)
        listings = self._link(good), self._link(bad)
        self.cartona.fail(UPDATE, "rows", ids=[listings[1].external_id], reason="قليل جدا")
        self.send()
        self.assertEqual([one.sync_status for one in listings], ["synced", "error"])
        self.assertIn("قليل جدا", listings[1].last_error)


@tagged("post_install", "-at_install")
class TestPartners(CartonaCase):
    @covers("R140", "R214", "R232", "R291", "R296", "R340", "R347", "X39")
    def test_a_contact_carries_the_id_of_its_shop(self):
        partner = self.env["res.partner"].create({"name": "بقالة النور", "cartona_id": "1234"})
        self.assertEqual(partner.cartona_id, "retailer_1234")
        link = self.env["marketplace.partner"].search([("partner_id", "=", partner.id)])
        self.assertEqual(link.external_id, "retailer_1234")
        self.assertEqual(link.account_id, self.account)
        partner.cartona_id = "retailer_R-9"
        self.assertEqual(link.external_id, "retailer_R-9")
        partner.cartona_id = False
        self.assertFalse(link.exists())
        self.assertFalse(partner.cartona_id)

    @covers("R166", "R296")
    def test_contacts_are_found_by_the_id(self):
        first, second = self.env["res.partner"].create(
            [{"name": "A", "cartona_id": "77001"}, {"name": "B"}]
        )
        partners = self.env["res.partner"]
        among = [("id", "in", (first | second).ids)]
        for condition, found in (
            (("cartona_id", "=", "retailer_77001"), first),
            (("cartona_id", "ilike", "7700"), first),
            (("cartona_id", "=", False), second),
            (("cartona_id", "!=", False), first),
            (("cartona_id", "!=", "retailer_77001"), second),
        ):
            with self.subTest(condition):
                self.assertEqual(partners.search([condition, *among]), found)

    @covers("R298", "R305")
    def test_one_shop_cannot_be_two_contacts(self):
        self.env["res.partner"].create({"name": "A", "cartona_id": "5"})
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.env["res.partner"].create({"name": "B", "cartona_id": "5"})
            self.env.flush_all()
