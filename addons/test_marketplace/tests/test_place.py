"""Channels with several locations: each is told what lies in the locations of Odoo behind it."""

from decimal import Decimal

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from marketplace_adapters.core import Event, Kind, Place
from marketplace_adapters.testing import covers

from .common import MarketplaceCase


@tagged("post_install", "-at_install")
class TestPlaces(MarketplaceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        stock = cls.warehouse.lot_stock_id
        cls.shelf, cls.cellar, cls.shop = cls.env["stock.location"].create(
            [
                {"name": name, "location_id": stock.id, "usage": "internal"}
                for name in ("Shelf", "Cellar", "Shop")
            ]
        )
        cls.tea = cls._make_product("Tea", 10.0)
        for location, quantity in ((cls.shelf, 5), (cls.cellar, 4), (cls.shop, 3)):
            cls.env["stock.quant"]._update_available_quantity(cls.tea, location, quantity)
        cls.listing = cls._list(cls.tea)
        cls.main, cls.front = cls.env["marketplace.place"].create(
            [
                {
                    "account_id": cls.account.id,
                    "external_id": "7001",
                    "name": "Main",
                    "sequence": 1,
                    "location_ids": [(6, 0, (cls.shelf | cls.cellar).ids)],
                },
                {
                    "account_id": cls.account.id,
                    "external_id": "7002",
                    "name": "Front",
                    "sequence": 2,
                    "location_ids": [(6, 0, cls.shop.ids)],
                },
            ]
        )

    def state(self):
        self.env.flush_all()
        return self.listing._snapshot_inventory(self.account)[self.listing.id].state

    def told(self):
        return {place: int(units) for place, units in self.state().by_location.items()}

    @covers("R360", "C22")
    def test_each_place_is_told_what_lies_behind_it(self):
        self.assertEqual(self.told(), {"7001": 9, "7002": 3})
        self.assertEqual(self.state().quantity, Decimal(12))
        self.assertEqual(self.account.location_ids, self.shelf | self.cellar | self.shop)
        self.assertEqual(
            self.listing.quantity_explanation.splitlines()[-2:], ["Main: 9", "Front: 3"]
        )

    @covers("C3", "C22")
    def test_what_is_kept_back_is_taken_from_the_last_place_first(self):
        self.account.quantity_buffer = 4
        self.assertEqual(self.told(), {"7001": 8, "7002": 0})
        self.account.write({"quantity_buffer": 0, "quantity_cap": 2})
        self.assertEqual(self.told(), {"7001": 2, "7002": 0})
        self.account.write({"quantity_cap": 0, "quantity_percentage": 50})
        self.assertEqual(self.told(), {"7001": 4, "7002": 1})
        self.account.write({"quantity_percentage": 100, "quantity_zero_below": 13})
        self.assertEqual(self.told(), {"7001": 0, "7002": 0})

    @covers("C17")
    def test_a_box_is_offered_where_it_can_be_filled(self):
        dozen = self.env["uom.uom"].create(
            {"name": "Four", "relative_factor": 4, "relative_uom_id": self.tea.uom_id.id}
        )
        self.listing.uom_id = dozen
        self.assertEqual(self.told(), {"7001": 2, "7002": 0})

    def test_a_place_without_locations_is_told_nothing(self):
        self.front.location_ids = False
        self.assertEqual(self.told(), {"7001": 9})
        self.assertEqual(self.account.location_ids, self.shelf | self.cellar)

    def test_a_closed_place_is_told_nothing(self):
        self.front.active = False
        self.assertEqual(self.told(), {"7001": 9})

    @covers("R360")
    def test_what_was_told_before_goes_along(self):
        self.run_engine()
        self.env["stock.quant"]._update_available_quantity(self.tea, self.shop, -1)
        self.channel.calls.clear()
        self.run_engine()
        [item] = [one for one in self.channel.pushed if one.kind is Kind.INVENTORY]
        self.assertEqual(dict(item.state.by_location), {"7001": Decimal(9), "7002": Decimal(2)})
        self.assertEqual(dict(item.state.known), {"7001": Decimal(9), "7002": Decimal(3)})

    @covers("R360")
    def test_goods_that_move_between_places_are_told(self):
        self.run_engine()
        for location, quantity in ((self.shelf, -2), (self.shop, 2)):
            self.env["stock.quant"]._update_available_quantity(self.tea, location, quantity)
        self.channel.calls.clear()
        self.run_engine()
        [item] = [one for one in self.channel.pushed if one.kind is Kind.INVENTORY]
        self.assertEqual(item.state.quantity, Decimal(12), "the whole is as it was")
        self.assertEqual(dict(item.state.by_location), {"7001": Decimal(7), "7002": Decimal(5)})

    def test_another_location_behind_a_place_is_told_at_once(self):
        self.run_engine()
        self.channel.calls.clear()
        self.main.location_ids = self.shelf
        self.run_engine()
        [item] = [one for one in self.channel.pushed if one.kind is Kind.INVENTORY]
        self.assertEqual(dict(item.state.by_location), {"7001": Decimal(5), "7002": Decimal(3)})

    def test_the_same_piece_is_not_offered_twice(self):
        with self.assertRaisesRegex(ValidationError, "Cellar would be offered twice"):
            self.front.location_ids |= self.cellar
        with self.assertRaisesRegex(ValidationError, "would be offered twice"):
            self.front.location_ids = self.warehouse.lot_stock_id

    def test_places_are_read_in_a_constant_number_of_queries(self):
        goods = self.env["product.product"].create(
            [{"name": f"G{number}", "is_storable": True} for number in range(20)]
        )
        some = self.env["marketplace.listing"].create(
            [{"account_id": self.account.id, "product_id": one.id} for one in goods]
        )
        few = some[:5]
        counts = []
        for listings in (few, some):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            listings._snapshot_inventory(self.account)
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    @covers("R360")
    def test_the_channels_locations_are_read(self):
        self.account._take_over_places(
            (Place("7001", "Main hall"), Place("7003", "New", address="1 Road, Town"))
        )
        self.assertEqual(self.main.name, "Main hall")
        self.assertEqual(self.main.location_ids, self.shelf | self.cellar, "kept")
        self.assertFalse(self.front.active, "gone there")
        fresh = self.account._place("7003")
        self.assertEqual((fresh.address, fresh.location_ids.ids), ("1 Road, Town", []))
        self.assertEqual(self.account._place("7002"), self.front, "found though closed")
        self.assertFalse(self.account._place("9"))

    def test_the_only_location_is_what_the_account_sells_from(self):
        other = self._make_account("Other")
        other._take_over_places((Place("1", "Store"),))
        self.assertEqual(other.place_ids.location_ids, other.location_ids)
        self.assertEqual(other.place_ids.warehouse_id, self.warehouse)


@tagged("post_install", "-at_install")
class TestDeliveries(MarketplaceCase):
    def receive(self, revision, delivery):
        event = Event("order", "1", revision, {}, delivery=delivery)
        return self.env["marketplace.inbox"]._receive(self.account, [event], "webhook")

    @covers("R419")
    def test_an_event_is_taken_once_whatever_its_content(self):
        self.assertEqual(self.receive("a", "e-1"), 1)
        self.assertEqual(self.receive("b", "e-1"), 0, "the same event")
        self.assertEqual(self.receive("b", "e-2"), 1)
        self.assertEqual(self.receive("b", "e-3"), 0, "the same content")
        self.assertEqual(self.receive("c", ""), 1)
        self.assertEqual(self.receive("d", ""), 1, "without an id each content counts")
