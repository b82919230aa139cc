"""Delivery methods under the names of the channel."""

from odoo.tests import tagged
from odoo.tools import mute_logger

from marketplace_adapters.core import Kind
from marketplace_adapters.testing import covers

from .order_common import OrderCase


@tagged("post_install", "-at_install")
class TestCarrier(OrderCase):
    def setUp(self):
        super().setUp()
        product = self._make_product("Delivery", type="service", is_storable=False)
        self.carrier = self.env["delivery.carrier"].create(
            {"name": "Fast lorry", "product_id": product.id, "delivery_type": "fixed"}
        )

    def shipped(self):
        """What the channel was told of a parcel."""
        order = self.take_in(self.document(lines=self.two_lines()))
        picking = order.sale_order_id.picking_ids
        picking.carrier_id = self.carrier
        self.deliver(order.sale_order_id)
        self.run_engine()
        (item,) = [one for one in self.channel.order_items["O-1"] if one.kind is Kind.SHIPMENT]
        return item.state.carrier, item.state.carrier_name

    def row(self, **vals):
        return self.env["marketplace.carrier"].create(
            {"carrier_id": self.carrier.id, "code": "LORRY", **vals}
        )

    @covers("R36")
    def test_without_a_row_it_is_told_by_its_own_name(self):
        self.assertEqual(self.shipped(), (None, "Fast lorry"))

    @covers("R36")
    def test_the_row_of_the_account_goes_before_that_of_the_channel(self):
        self.row(provider="fake", code="ANY")
        row = self.row(account_id=self.account.id, service="Lorry Express")
        self.assertEqual(row.provider, "fake")
        self.assertEqual(self.shipped(), ("LORRY", "Lorry Express"))

    @covers("R36")
    def test_a_row_of_the_channel_counts_for_all_its_accounts(self):
        self.row(provider="fake")
        self.assertEqual(self.shipped(), ("LORRY", "Fast lorry"))

    def test_a_method_stands_once_in_a_list(self):
        self.row(account_id=self.account.id)
        self.row(provider="fake")
        for vals in ({"account_id": self.account.id}, {"provider": "fake"}):
            with (
                self.subTest(vals=vals),
                mute_logger("odoo.sql_db"),
                self.assertRaises(Exception) as refused,
                self.env.cr.savepoint(),
            ):
                self.row(**vals)
            self.assertIn("marketplace_carrier", str(refused.exception))
