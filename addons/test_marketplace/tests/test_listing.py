"""What a listing tells: price and quantity by the account's policy, and how they came about."""

from datetime import timedelta
from decimal import Decimal

from odoo import fields
from odoo.tests import tagged

from marketplace_adapters.core import Kind, Money
from marketplace_adapters.testing import covers

from .common import MarketplaceCase


@tagged("post_install", "-at_install")
class TestListing(MarketplaceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tea = cls._make_product("Tea", 10.0, quantity=25)
        cls.listing = cls._list(cls.tea)

    def quantity(self, listing=None):
        listing = listing or self.listing
        return listing._snapshot_inventory(listing.account_id)[listing.id].state.quantity

    def price(self, listing=None):
        listing = listing or self.listing
        return listing._snapshot_price(listing.account_id)[listing.id].state.price

    # === TEXTS === #

    def test_names_are_sent_in_the_accounts_language_and_without_our_code(self):
        self.env["res.lang"]._activate_lang("ar_001")
        self.tea.default_code = "TEA-1"
        self.tea.with_context(lang="ar_001").name = "شاي"
        for lang, title in (("en_US", "Tea"), ("ar_001", "شاي")):
            self.account.lang = lang
            state = self.listing._snapshot_product(self.account)[self.listing.id].state
            self.assertEqual(state.title, title)
        self.listing.title = "Tea of the house"
        state = self.listing._snapshot_product(self.account)[self.listing.id].state
        self.assertEqual(state.title, "Tea of the house")

    # === QUANTITY === #

    @covers("R152", "X20", "R328")
    def test_the_free_quantity_leaves_out_what_is_reserved(self):
        self.env["stock.quant"]._update_reserved_quantity(self.tea, self.warehouse.lot_stock_id, 4)
        self.assertEqual(self.quantity(), 21)
        self.account.quantity_source = "on_hand"
        self.assertEqual(self.quantity(), 25)

    @covers("X20", "R152")
    def test_the_forecast_counts_what_comes_within_its_days(self):
        self.account.write({"quantity_source": "forecast", "forecast_days": 7})
        supplier = self.env.ref("stock.stock_location_suppliers")
        for days, quantity in ((3, 5), (30, 100)):
            self.env["stock.move"].create(
                {
                    "product_id": self.tea.id,
                    "product_uom_qty": quantity,
                    "location_id": supplier.id,
                    "location_dest_id": self.warehouse.lot_stock_id.id,
                    "date": fields.Datetime.now() + timedelta(days=days),
                }
            )._action_confirm()
        self.assertEqual(self.quantity(), 30)

    @covers("X20", "C3")
    def test_percentage_buffer_cap_and_threshold_apply_in_this_order(self):
        self.account.write({"quantity_percentage": 80, "quantity_buffer": 5})
        self.assertEqual(self.quantity(), 15)
        self.account.quantity_cap = 10
        self.assertEqual(self.quantity(), 10)
        self.account.quantity_zero_below = 11
        self.assertEqual(self.quantity(), 0)

    @covers("X20")
    def test_a_quantity_is_never_negative(self):
        self.env["stock.quant"]._update_available_quantity(
            self.tea, self.warehouse.lot_stock_id, -40
        )
        self.assertEqual(self.quantity(), 0)

    @covers("C17")
    def test_boxes_are_whole_and_come_from_the_same_pieces(self):
        box = self.env["uom.uom"].create(
            {
                "name": "Box of 12",
                "relative_factor": 12,
                "relative_uom_id": self.tea.uom_id.id,
            }
        )
        boxes = self._list(self.tea, uom_id=box.id, external_id="BOX")
        self.assertEqual((self.quantity(), self.quantity(boxes)), (25, 2))
        self.env["stock.quant"]._update_available_quantity(
            self.tea, self.warehouse.lot_stock_id, -12
        )
        self.assertEqual((self.quantity(), self.quantity(boxes)), (13, 1))
        self.assertEqual(self.price(boxes).amount, Decimal("120.00"))

    @covers("R316")
    def test_only_the_account_s_locations_count(self):
        second = self.env["stock.warehouse"].create({"name": "Second", "code": "SEC"})
        self.env["stock.quant"]._update_available_quantity(self.tea, second.lot_stock_id, 100)
        self.assertEqual(self.quantity(), 25)
        self.account.location_ids += second.lot_stock_id
        self.assertEqual(self.quantity(), 125)

    def test_a_shelf_below_the_location_counts(self):
        shelf = self.env["stock.location"].create(
            {"name": "Shelf", "location_id": self.warehouse.lot_stock_id.id}
        )
        self.run_engine()
        self.channel.calls.clear()
        self.env["stock.quant"]._update_available_quantity(self.tea, shelf, 5)
        self.run_engine()
        (item,) = self.channel.pushed
        self.assertEqual(item.state.quantity, 30)

    @covers("C22")
    def test_the_explanation_ends_in_what_is_sent(self):
        self.account.write({"quantity_percentage": 50, "quantity_buffer": 1})
        steps = self.listing._explain_quantity(self.account)[self.listing.id]
        self.assertEqual([quantity for _label, quantity in steps], [25.0, 12.5, 11.5, 11])
        self.assertEqual(steps[-1][1], self.quantity())

    def test_a_service_is_always_available(self):
        service = self.env["product.product"].create({"name": "Gift card", "type": "service"})
        listing = self._list(service)
        state = listing._snapshot_inventory(self.account)[listing.id].state
        self.assertEqual((state.unlimited, state.in_stock), (True, True))

    def test_a_product_that_is_not_for_sale_is_offered_with_zero(self):
        self.tea.sale_ok = False
        self.assertEqual(self.quantity(), 0)

    def test_no_location_is_a_trouble_and_never_everything(self):
        account = self._make_account("Nowhere", sync_stock=False)
        account.location_ids = False
        listing = self._list(self.tea, account)
        self.assertEqual(listing._snapshot_inventory(account)[listing.id].code, "no_locations")

    def test_of_several_places_a_person_chooses_the_one_with_stock(self):
        places = self.env["marketplace.place"].create(
            [
                {"account_id": self.account.id, "name": name, "external_id": name}
                for name in ("East", "West")
            ]
        )
        listing = self.listing
        trouble = listing._snapshot_inventory(self.account)[listing.id]
        self.assertEqual(trouble.code, "no_places")
        self.assertIn(self.account.name, trouble.title)
        places[0].active = False
        state = listing._snapshot_inventory(self.account)[listing.id].state
        self.assertEqual(state.by_location, {}, "of one place there is nothing to choose")
        places.active = True
        places[1].location_ids = self.account.location_ids
        state = listing._snapshot_inventory(self.account)[listing.id].state
        self.assertEqual(list(state.by_location), ["West"])

    # === PRICE === #

    @covers("X49", "R151")
    def test_the_price_comes_from_the_pricelist_of_the_account(self):
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "Channel",
                "item_ids": [
                    (
                        0,
                        0,
                        {
                            "compute_price": "percentage",
                            "percent_price": 20,
                            "applied_on": "3_global",
                        },
                    )
                ],
            }
        )
        self.account.write({"price_source": "pricelist", "pricelist_id": pricelist.id})
        self.assertEqual(self.price(), Money(Decimal("8.00"), self.account.currency_id.name))

    @covers("X49")
    def test_prices_are_converted_to_the_currency_of_the_account(self):
        euro, dollar = self.env.ref("base.EUR"), self.env.ref("base.USD")
        other = (euro | dollar) - self.account.company_id.currency_id
        other = other[0]
        other.active = True
        other.rate_ids.unlink()
        self.env["res.currency.rate"].create(
            {"currency_id": other.id, "rate": 2.0, "name": "2020-01-01"}
        )
        self.account.currency_id = other
        self.assertEqual(self.price(), Money(Decimal("20.00"), other.name))

    @covers("X49")
    def test_tax_is_added_or_taken_off_as_the_channel_wants_it(self):
        tax = self.env["account.tax"].create(
            {"name": "14 %", "amount": 14, "price_include_override": "tax_excluded"}
        )
        self.tea.taxes_id = tax
        self.account.price_tax = "included"
        self.assertEqual(self.price().amount, Decimal("11.40"))
        tax.price_include_override = "tax_included"
        self.account.price_tax = "excluded"
        self.assertEqual(self.price().amount, Decimal("8.77"))

    @covers("X49", "R22")
    def test_the_extra_price_of_a_variant_counts(self):
        attribute = self.env["product.attribute"].create(
            {"name": "Size", "value_ids": [(0, 0, {"name": "S"}), (0, 0, {"name": "L"})]}
        )
        template = self.env["product.template"].create(
            {
                "name": "Shirt",
                "list_price": 30,
                "taxes_id": False,
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
        large = template.product_variant_ids[1]
        listing = self._list(large)
        self.run_engine()
        self.channel.calls.clear()
        large.product_template_attribute_value_ids.price_extra = 5
        self.run_engine()
        (item,) = self.channel.pushed
        self.assertEqual((item.kind, item.state.price.amount), (Kind.PRICE, Decimal("35.00")))
        self.assertEqual(item.target.external_id, listing.external_id)

    @covers("X49")
    def test_a_rule_of_the_pricelist_or_of_its_base_is_told(self):
        base = self.env["product.pricelist"].create({"name": "Base"})
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "Channel",
                "item_ids": [
                    (
                        0,
                        0,
                        {
                            "compute_price": "formula",
                            "base": "pricelist",
                            "base_pricelist_id": base.id,
                            "applied_on": "3_global",
                        },
                    )
                ],
            }
        )
        self.account.write({"price_source": "pricelist", "pricelist_id": pricelist.id})
        self.run_engine()
        self.channel.calls.clear()
        self.env["product.pricelist.item"].create(
            {
                "pricelist_id": base.id,
                "applied_on": "0_product_variant",
                "product_id": self.tea.id,
                "compute_price": "fixed",
                "fixed_price": 7,
            }
        )
        self.run_engine()
        (item,) = self.channel.pushed
        self.assertEqual(item.state.price.amount, Decimal("7.00"))

    @covers("X49")
    def test_a_dated_price_is_told_when_it_comes_into_force(self):
        pricelist = self.env["product.pricelist"].create({"name": "Channel"})
        self.account.write({"price_source": "pricelist", "pricelist_id": pricelist.id})
        now = fields.Datetime.now()
        self.env["product.pricelist.item"].create(
            {
                "pricelist_id": pricelist.id,
                "applied_on": "3_global",
                "compute_price": "fixed",
                "fixed_price": 6,
                "date_start": now + timedelta(hours=1),
                "date_end": now + timedelta(hours=2),
            }
        )
        self.run_engine()
        self.assertEqual(self.channel.listings[self.listing.external_id].price.amount, 10)
        item = self.env["product.pricelist.item"]
        item._cron_record_dated_prices()
        for hours, price in ((1.5, 6), (3, 10)):
            with self.subTest(hours=hours), self.at(now + timedelta(hours=hours)):
                item._cron_record_dated_prices()
                self.run_engine()
                self.assertEqual(
                    self.channel.listings[self.listing.external_id].price.amount, price
                )

    def test_a_negative_price_is_a_trouble(self):
        self.tea.list_price = -1
        trouble = self.listing._snapshot_price(self.account)[self.listing.id]
        self.assertEqual(trouble.code, f"negative_price:{self.listing.id}")

    def at(self, moment):
        """Odoo's clock at another time."""
        from unittest.mock import patch

        return patch.object(fields.Datetime, "now", staticmethod(lambda *a: moment))

    # === SEVERAL ACCOUNTS === #

    @covers("X4", "X5", "X17", "R56", "R62")
    def test_one_operation_has_a_status_on_each_account(self):
        other = self._make_account("Second")
        self._list(self.tea, other)
        self.run_engine()
        from marketplace_adapters.testing.fake import FakeChannel

        FakeChannel.of(other.base_url).reject(f"X{self.tea.id}", "closed", "Closed.")
        self.tea.list_price = 11
        self.run_engine()
        operation = self.env["marketplace.product.operation"].search([], limit=1, order="id desc")
        self.assertEqual(
            {delivery.account_id: delivery.status for delivery in operation.delivery_ids},
            {self.account: "success", other: "error"},
        )
        self.assertEqual(operation.status, "error")
        found = self.env["marketplace.product.operation"].search([("status", "=", "error")])
        self.assertIn(operation, found)

    @covers("R58", "R59", "X14")
    def test_the_manual_synchronization_records_a_create_for_every_listed_product(self):
        self.run_engine()
        self.channel.calls.clear()
        count = self.account._request_products()
        self.assertEqual(count, 1)
        operation = self.env["marketplace.product.operation"].search([], limit=1, order="id desc")
        self.assertEqual(
            (operation.record_operation, operation.record_id, operation.account_id),
            ("create", self.tea.id, self.account),
        )
        self.run_engine()
        self.assertEqual(self.channel.pushes, [], "nothing equal is sent")
        self.account._request_products(force=True)
        self.run_engine()
        self.assertEqual(
            {item.kind for item in self.channel.pushed},
            {Kind.PRODUCT, Kind.PRICE, Kind.INVENTORY},
        )

    @covers("R80", "R41")
    def test_without_automatic_changes_wait_for_the_manual_button(self):
        self.run_engine()
        self.channel.calls.clear()
        self.account.automatic = False
        self.tea.list_price = 19
        self.run_engine()
        self.assertEqual(self.channel.pushes, [])
        self.env["marketplace.engine"]._job_send(self.account.id, 1)
        self.assertEqual([item.state.price.amount for item in self.channel.pushed], [19])

    def test_a_new_product_gets_a_listing_where_the_account_wants_it(self):
        self.account.auto_list = True
        product = self._make_product("New")
        self.run_engine()
        self.assertEqual(product.marketplace_listing_ids.account_id, self.account)
        self.assertEqual(product.marketplace_sync_status, "synced")
