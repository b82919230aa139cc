"""Orders that leave from several warehouses, as the channel's locations say."""

from odoo.tests import tagged

from marketplace_adapters.core import Kind
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.fake import order_line
from marketplace_adapters.testing.fake_money import return_document
from marketplace_adapters.testing.fake_orders import parse_order

from .order_common import OrderCase


@tagged("post_install", "-at_install")
class TestOrderPlace(OrderCase):
    def setUp(self):
        super().setUp()
        self.second = self.env["stock.warehouse"].create(
            {"name": "Second", "code": "SEC", "company_id": self.company.id}
        )
        places = self.env["marketplace.place"]
        for external_id, warehouse in (("7001", self.warehouse), ("7002", self.second)):
            places.create(
                {
                    "account_id": self.account.id,
                    "name": external_id,
                    "external_id": external_id,
                    "location_ids": [(6, 0, warehouse.lot_stock_id.ids)],
                }
            )
        for product in (self.tea, self.milk):
            self.env["stock.quant"]._update_available_quantity(
                product, self.second.lot_stock_id, 20
            )

    def lines(self, tea="7001", milk="7002", order_id="O-1", **more):
        return [
            order_line(f"{order_id}-1", "F-1", 3, 10, name="Tea", location=tea, **more),
            order_line(f"{order_id}-2", "F-2", 2, 5, name="Milk", location=milk),
        ]

    def open_moves(self, sale):
        return sale.picking_ids.move_ids.filtered(lambda one: one.state not in ("done", "cancel"))

    def warehouses(self, sale):
        return {
            move.product_id.name: move.picking_id.picking_type_id.warehouse_id
            for move in self.open_moves(sale)
        }

    @covers("R37", "X11")
    def test_each_line_leaves_from_its_location(self):
        sale = self.take_in(self.document(lines=self.lines())).sale_order_id
        self.assertEqual(sale.warehouse_id, self.warehouse)
        self.assertEqual(len(sale.picking_ids), 2)
        self.assertEqual(self.warehouses(sale), {"Tea": self.warehouse, "Milk": self.second})
        self.assertEqual(sale.picking_ids.mapped("state"), ["assigned", "assigned"])
        self.assertEqual(sale.order_line.warehouse_id, self.warehouse | self.second)

    @covers("R37")
    def test_one_location_is_the_warehouse_of_the_order(self):
        sale = self.take_in(self.document(lines=self.lines("7002", "7002"))).sale_order_id
        self.assertEqual((sale.warehouse_id, len(sale.picking_ids)), (self.second, 1))
        self.assertFalse(sale.order_line.marketplace_warehouse_id)

    def test_an_unknown_location_leaves_it_to_the_account(self):
        sale = self.take_in(self.document(lines=self.lines("9", ""))).sale_order_id
        self.assertEqual((sale.warehouse_id, len(sale.picking_ids)), (self.warehouse, 1))

    @covers("R37", "X25")
    def test_moved_on_the_channel_before_anything_left_the_delivery_moves(self):
        order = self.take_in(self.document(lines=self.lines("7001", "7001")))
        sale = order.sale_order_id
        self.take_in(self.document(lines=self.lines("7001", "7002"), minutes=5))
        self.assertEqual(self.warehouses(sale), {"Tea": self.warehouse, "Milk": self.second})
        self.assertEqual(self.item().status, "done")
        self.assertEqual(order.line_ids.mapped("location"), ["7001", "7002"])
        quantity = self.env["stock.quant"]._get_available_quantity
        self.assertEqual(quantity(self.milk, self.warehouse.lot_stock_id), 50.0)
        self.assertEqual(quantity(self.milk, self.second.lot_stock_id), 18.0)
        self.take_in(self.document(lines=self.lines("7001", "7001"), minutes=9))
        self.assertEqual(set(self.warehouses(sale).values()), {self.warehouse})
        self.assertEqual(sorted(self.open_moves(sale).mapped("product_uom_qty")), [2.0, 3.0])

    def test_moved_together_with_another_quantity(self):
        sale = self.take_in(self.document(lines=self.lines("7001", "7001"))).sale_order_id
        moved = self.lines("7001", "7002")
        moved[1]["quantity"] = "4"
        self.take_in(self.document(lines=moved, minutes=5, total="50"))
        move = self.open_moves(sale).filtered(lambda one: one.product_id == self.milk)
        self.assertEqual(move.mapped("product_uom_qty"), [4.0])
        self.assertEqual(move.picking_type_id.warehouse_id, self.second)

    def test_what_left_stays_and_the_rest_moves(self):
        sale = self.take_in(self.document(lines=self.lines("7001", "7001"))).sale_order_id
        self.deliver(sale, Tea=1)
        self.take_in(self.document(lines=self.lines("7002", "7001"), minutes=5))
        tea = self.open_moves(sale).filtered(lambda one: one.product_id == self.tea)
        self.assertEqual(tea.mapped("product_uom_qty"), [2.0])
        self.assertEqual(tea.picking_type_id.warehouse_id, self.second)
        self.assertEqual(sale.order_line[0].qty_delivered, 1.0)

    def test_goods_that_are_picked_are_asked_about(self):
        order = self.take_in(self.document(lines=self.lines("7001", "7001")))
        sale = order.sale_order_id
        sale.picking_ids.move_ids.picked = True
        self.take_in(self.document(lines=self.lines("7001", "7002"), minutes=5))
        self.assertEqual(set(self.warehouses(sale).values()), {self.warehouse})
        self.assertIn("another location", order.attention)

    def test_a_quotation_holds_back_where_it_will_leave(self):
        self.account.order_mode = "quotation"
        sale = self.take_in(self.document(lines=self.lines())).sale_order_id
        self.assertEqual(sale.state, "draft")
        self.assertEqual(sale.order_line[1].warehouse_id, self.second)
        sale.action_confirm()
        self.assertEqual(self.warehouses(sale), {"Tea": self.warehouse, "Milk": self.second})

    def test_a_thousand_orders_ask_for_the_places_once(self):
        orders = [
            parse_order(self.document(f"N-{number}", self.lines(order_id=f"N-{number}")), "EUR")
            for number in range(1000)
        ]
        ledger = self.env["marketplace.order"]
        self.assertEqual(ledger._warehouse_for(self.account, orders[0]), self.warehouse)
        with self.assertQueryCount(0):
            for order in orders:
                ledger._warehouse_for(self.account, order)
                self.assertEqual(ledger._warehouse_of(self.account, order.lines[1]), self.second)

    @covers("R266")
    def test_a_parcel_says_where_it_left_from(self):
        sale = self.take_in(self.document(lines=self.lines())).sale_order_id
        for picking in sale.picking_ids:
            for move in picking.move_ids:
                move.quantity, move.picked = move.product_uom_qty, True
            picking.button_validate()
        self.run_engine()
        told = [one.state for one in self.channel.order_items["O-1"] if one.kind is Kind.SHIPMENT]
        self.assertEqual(
            sorted((one.location, one.lines[0].external_id) for one in told),
            [("7001", "O-1-1"), ("7002", "O-1-2")],
        )

    @covers("R38", "X11")
    def test_a_refund_comes_back_to_the_location_that_the_channel_names(self):
        self.account.refund_mode = "posted"
        sale = self.take_in(self.document(lines=self.lines("7001", "7001"))).sale_order_id
        self.deliver(sale)
        item = {"line": "O-1-1", "quantity": "1", "amount": "10", "location": "7002"}
        self.receive(
            return_document("RF", "O-1", [item], amount="10", received=True), topic="return"
        )
        self.process()
        row = self.env["marketplace.return"].search([("external_id", "=", "RF")])
        self.assertEqual(row.picking_ids.state, "done")
        self.assertEqual(row.picking_ids.location_dest_id, self.second.lot_stock_id)
        quantity = self.env["stock.quant"]._get_available_quantity
        self.assertEqual(quantity(self.tea, self.second.lot_stock_id), 21.0)
        self.assertEqual(sale.order_line[0].product_uom_qty, 2.0)

    @covers("R267")
    def test_a_credit_note_says_which_goods_are_back_and_where(self):
        self.tea.invoice_policy = self.milk.invoice_policy = "order"
        self.account.restock_policy = "credit_note"
        sale = self.take_in(self.document(lines=self.lines("7001", "7001"))).sale_order_id
        self.deliver(sale)
        sale._create_invoices().action_post()
        wizard = self.env["stock.return.picking"].create({"picking_id": sale.picking_ids.id})
        for line in wizard.product_return_moves:
            line.quantity = 2.0 if line.product_id == self.tea else 0.0
        back = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        back.move_ids.quantity, back.move_ids.picked = 2.0, True
        back.button_validate()
        (note,) = sale.invoice_ids._reverse_moves([{}])
        note.action_post()
        self.run_engine()
        (told,) = [
            one.state
            for call in self.channel.calls
            for one in call.items
            if one.kind is Kind.REFUND
        ]
        self.assertEqual(
            [
                (line.external_id, line.quantity, line.amount.amount, line.restock, line.location)
                for line in told.lines
            ],
            [
                ("O-1-1", 2, 20, True, "7001"),
                ("O-1-1", 1, 10, False, ""),
                ("O-1-2", 2, 10, False, ""),
            ],
        )
        item = self.env["marketplace.outbox"].search([("res_model", "=", "stock.picking")], limit=1)
        item.res_id = back.id
        nothing = item.order_id._snapshot_return(back)
        self.assertEqual(nothing.message, "It is told with the credit note.")
