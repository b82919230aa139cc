"""What happens to an order in Odoo is recorded and told to its channel."""

from datetime import timezone
from decimal import Decimal

from odoo.tests import Form, tagged

from marketplace_adapters.core import Kind, Money, OrderStatus
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.fake import order_line

from .order_common import OrderCase


@tagged("post_install", "-at_install")
class TestOrderTell(OrderCase):
    def setUp(self):
        super().setUp()
        self.order = self.take_in(self.document(lines=self.two_lines()))
        self.sale = self.order.sale_order_id

    def operations(self, *names):
        self.env.cr.flush()
        found = self.env["marketplace.order.operation"].search(
            [("order_id", "=", self.sale.id)], order="id"
        )
        return found.filtered(lambda one: one.record_operation in names) if names else found

    def told(self, kind=None, order_id="O-1"):
        items = self.channel.order_items.get(order_id, [])
        return [item for item in items if kind is None or item.kind is kind]

    def settle(self):
        """What the import itself has to tell is told."""
        self.run_engine()
        self.channel.order_items.clear()
        self.channel.calls.clear()

    # === RECORDING === #

    @covers("R53", "X3")
    def test_confirming_is_recorded_with_the_order(self):
        (operation,) = self.operations("confirmation")
        self.assertEqual(
            (operation.model_name, operation.record_id, operation.order_id),
            ("sale.order", self.sale.id, self.sale.id),
        )

    def test_several_changed_lines_in_one_transaction_are_one_operation(self):
        self.sale.order_line[0].product_uom_qty = 5
        self.sale.order_line[1].price_unit = 4
        self.sale.order_line[0].product_uom_qty = 6
        self.assertEqual(len(self.operations("lines")), 1)

    def test_writing_what_is_there_already_is_no_change(self):
        line = self.sale.order_line[0]
        line.write({"product_uom_qty": line.product_uom_qty, "price_unit": line.price_unit})
        self.assertFalse(self.operations("lines"))

    def test_lines_of_a_quotation_are_nobodys_business(self):
        quotation = self.env["sale.order"].create({"partner_id": self.sale.partner_id.id})
        self.env["sale.order.line"].create(
            {"order_id": quotation.id, "product_id": self.tea.id, "product_uom_qty": 1}
        )
        self.env.cr.flush()
        self.assertFalse(
            self.env["marketplace.order.operation"].search([("order_id", "=", quotation.id)])
        )

    @covers("R6", "R36", "R53")
    def test_a_delivery_is_recorded_as_shipment_and_delivery(self):
        picking = self.deliver(self.sale)
        operations = self.operations("shipment", "delivery")
        self.assertEqual(operations.mapped("record_operation"), ["shipment", "delivery"])
        self.assertEqual(operations.mapped("record_id"), [picking.id] * 2)

    # === STATUS === #

    @covers("R99", "R174", "R176", "R178", "R179", "R181", "X23")
    def test_confirming_a_pending_order_approves_it_on_the_channel(self):
        self.run_engine()
        (item,) = self.told(Kind.STATUS)
        self.assertIs(item.state.status, OrderStatus.CONFIRMED)
        self.assertEqual(item.target.external_id, "O-1")
        self.assertEqual(self.order.status, "confirmed")
        self.assertEqual(self.operations("confirmation").status, "success")

    def test_what_the_channel_confirmed_itself_is_not_told_back(self):
        self.take_in(self.document("O-2", self.two_lines("O-2"), status="confirmed"))
        self.run_engine()
        self.assertEqual([item.kind for item in self.told(order_id="O-2")], [Kind.ACKNOWLEDGE])

    def test_delivered_is_told_when_all_has_left(self):
        self.settle()
        self.deliver(self.sale, Tea=3, Milk=0)
        self.run_engine()
        self.assertEqual(
            [item.state.status for item in self.told(Kind.STATUS)], [OrderStatus.SHIPPED]
        )
        self.deliver(self.sale)
        self.run_engine()
        self.assertEqual(
            [item.state.status for item in self.told(Kind.STATUS)],
            [OrderStatus.SHIPPED, OrderStatus.DELIVERED],
        )
        self.assertEqual(self.order.status, "delivered")

    @covers("R139", "R175", "R177", "R180")
    def test_what_we_may_not_set_is_not_told(self):
        self.patch(
            type(self.env["marketplace.order"]),
            "_outbound_allowed",
            lambda order, status: status == "cancelled",
        )
        self.run_engine()
        self.assertFalse(self.told(Kind.STATUS))
        self.deliver(self.sale)
        self.run_engine()
        self.assertFalse(self.told(Kind.STATUS) + self.told(Kind.SHIPMENT))
        self.assertEqual(self.operations("confirmation").status, "success")

    @covers("R7", "R99")
    def test_a_cancellation_is_told_with_its_reason(self):
        self.settle()
        self.sale.with_context(marketplace_cancel_reason="out_of_stock")._action_cancel()
        self.run_engine()
        (item,) = self.told(Kind.CANCEL)
        self.assertEqual(item.state.reason, "out_of_stock")
        self.assertEqual(self.order.status, "cancelled")

    def test_a_cancellation_of_the_channel_is_not_told_back(self):
        self.settle()
        self.take_in(self.document(lines=self.two_lines(), status="cancelled", minutes=1))
        self.run_engine()
        self.assertFalse(self.told(Kind.CANCEL))

    def test_while_the_buyer_edits_news_wait_and_then_go_by_themselves(self):
        self.settle()
        self.take_in(self.document(lines=self.two_lines(), status="hold", minutes=1))
        self.sale.order_line[0].product_uom_qty = 4
        self.run_engine()
        self.assertFalse(self.told(Kind.LINES))
        self.take_in(self.document(lines=self.two_lines(), status="confirmed", minutes=2))
        self.run_engine()
        self.assertEqual(len(self.told(Kind.LINES)), 1)

    # === LINES === #

    @covers("R269", "R278", "R281")
    def test_changed_removed_and_added_lines_are_told_as_they_differ(self):
        self.settle()
        bread = self._make_product("Bread", 2.25, quantity=9)
        self._list(bread, external_id="F-3")
        self.sale.order_line[0].product_uom_qty = 5
        self.sale.order_line[1].product_uom_qty = 0
        self.env["sale.order.line"].create(
            {
                "order_id": self.sale.id,
                "product_id": bread.id,
                "product_uom_qty": 2,
                "price_unit": 2.25,
                "tax_ids": False,
            }
        )
        self.run_engine()
        (item,) = self.told(Kind.LINES)
        tea, milk, added = item.state.changes
        self.assertEqual(
            (tea.external_id, tea.quantity, tea.price, tea.cancelled),
            ("O-1-1", Decimal(5), None, False),
        )
        self.assertEqual(
            (milk.external_id, milk.quantity, milk.cancelled), ("O-1-2", Decimal(0), True)
        )
        self.assertEqual(
            (added.external_id, added.listing.external_id, added.quantity),
            (None, "F-3", Decimal(2)),
        )
        self.assertEqual(added.price, Money(Decimal("2.25"), self.currency))
        self.assertEqual(self.order.line_ids.mapped("quantity"), [5.0, 0.0, 2.0])
        self.assertEqual(self.order.total, self.sale.amount_total)
        self.assertEqual(self.order.cash_to_collect, self.sale.amount_total)
        # What was added is not added again with the next change.
        self.sale.order_line[0].product_uom_qty = 4
        self.run_engine()
        item = self.told(Kind.LINES)[-1]
        self.assertEqual([change.external_id for change in item.state.changes], ["O-1-1"])

    def test_a_line_set_back_is_not_told(self):
        self.settle()
        line = self.sale.order_line[0]
        line.product_uom_qty = 5
        self.env.cr.flush()
        line.product_uom_qty = 3
        self.run_engine()
        self.assertFalse(self.told(Kind.LINES))
        self.assertEqual(self.operations("lines").mapped("status"), ["success"] * 2)

    def test_a_changed_price_is_told_gross(self):
        tax = self.env["account.tax"].create(
            {
                "name": "10% on top",
                "amount": 10,
                "type_tax_use": "sale",
                "price_include_override": "tax_excluded",
            }
        )
        self.tea.taxes_id = tax
        order = self.take_in(self.document("O-2", [order_line("a", "F-1", 2, 11)]))
        self.settle()
        order.sale_order_id.order_line.price_unit = 12
        self.run_engine()
        (item,) = self.told(Kind.LINES, "O-2")
        self.assertEqual(item.state.changes[0].price, Money(Decimal("13.20"), self.currency))
        self.settle()
        order.sale_order_id.order_line.price_unit = 12
        self.run_engine()
        self.assertFalse(self.told(Kind.LINES, "O-2"))

    @covers("C17")
    def test_quantities_are_told_in_the_channels_unit(self):
        order = self.take_in(
            self.document("O-3", [order_line("a", "F-2", 2, 70, unit="box", unit_count=15)])
        )
        self.settle()
        order.sale_order_id.order_line.product_uom_qty = 45
        self.run_engine()
        (item,) = self.told(Kind.LINES, "O-3")
        self.assertEqual(item.state.changes[0].quantity, Decimal(3))

    # === SHIPMENT === #

    @covers("R6", "R36")
    def test_a_shipment_names_lines_carrier_and_tracking(self):
        self.settle()
        carrier = self.env["delivery.carrier"].create(
            {"name": "Swift", "product_id": self.account.shipping_product_id.id}
        )
        picking = self.sale.picking_ids
        picking.write({"carrier_id": carrier.id, "carrier_tracking_ref": "T-1"})
        self.deliver(self.sale)
        self.run_engine()
        (item,) = self.told(Kind.SHIPMENT)
        shipment = item.state
        self.assertEqual(shipment.reference, picking.name)
        self.assertEqual(
            [(line.external_id, line.quantity) for line in shipment.lines],
            [("O-1-1", Decimal(3)), ("O-1-2", Decimal(2))],
        )
        self.assertEqual((shipment.carrier_name, shipment.tracking), ("Swift", "T-1"))
        self.assertIs(shipment.shipped_at.tzinfo, timezone.utc)
        self.assertTrue(shipment.complete)

    @covers("R6")
    def test_tracking_that_comes_later_amends_the_shipment_once(self):
        self.settle()
        picking = self.deliver(self.sale)
        self.run_engine()
        picking.carrier_tracking_ref = "LATE-7"
        self.run_engine()
        picking.carrier_tracking_ref = "LATE-7"
        self.run_engine()
        self.assertEqual(
            [item.state.tracking for item in self.told(Kind.SHIPMENT)], [None, "LATE-7"]
        )

    def test_tracking_before_the_first_send_is_sent_once(self):
        self.settle()
        picking = self.deliver(self.sale)
        picking.carrier_tracking_ref = "SOON-1"
        self.run_engine()
        self.assertEqual([item.state.tracking for item in self.told(Kind.SHIPMENT)], ["SOON-1"])

    def test_a_partial_shipment_and_its_backorder_are_two_with_their_quantities(self):
        self.settle()
        self.deliver(self.sale, Tea=1, Milk=2)
        self.run_engine()
        self.deliver(self.sale)
        self.run_engine()
        first, second = (item.state for item in self.told(Kind.SHIPMENT))
        self.assertEqual(
            [(one.external_id, one.quantity) for one in first.lines],
            [("O-1-1", Decimal(1)), ("O-1-2", Decimal(2))],
        )
        self.assertEqual(
            [(one.external_id, one.quantity) for one in second.lines], [("O-1-1", Decimal(2))]
        )
        self.assertEqual((first.complete, second.complete), (False, True))
        self.assertNotEqual(first.reference, second.reference)

    def test_every_package_is_a_shipment_with_its_own_tracking(self):
        self.settle()
        picking = self.sale.picking_ids
        packages = self.env["stock.package"].create([{"name": "P1"}, {"name": "P2"}])
        for move_line, package in zip(picking.move_line_ids, packages, strict=True):
            move_line.result_package_id = package
        picking.carrier_tracking_ref = "T-1,T-2"
        self.deliver(self.sale)
        self.run_engine()
        told = {item.state.reference: item.state for item in self.told(Kind.SHIPMENT)}
        self.assertEqual(
            {
                name: (state.tracking, [line.external_id for line in state.lines])
                for name, state in told.items()
            },
            {
                f"{picking.name}/P1": ("T-1", ["O-1-1"]),
                f"{picking.name}/P2": ("T-2", ["O-1-2"]),
            },
        )

    def test_a_dropship_is_a_shipment(self):
        vendor = self.env["res.partner"].create({"name": "Vendor"})
        product = self._make_product("From vendor")
        product.write(
            {
                "seller_ids": [(0, 0, {"partner_id": vendor.id, "price": 1})],
                "route_ids": [(6, 0, self.env.ref("stock_dropshipping.route_drop_shipping").ids)],
            }
        )
        self._list(product, external_id="F-9")
        order = self.take_in(self.document("O-5", [order_line("a", "F-9", 2, 8)]))
        sale = order.sale_order_id
        sale.stock_reference_ids.purchase_ids.button_confirm()
        self.settle()
        picking = sale.picking_ids
        self.assertEqual(picking.picking_type_code, "dropship")
        picking.move_ids.write({"quantity": 2, "picked": True})
        picking.button_validate()
        self.run_engine()
        (item,) = self.told(Kind.SHIPMENT, "O-5")
        self.assertEqual(
            [(one.external_id, one.quantity) for one in item.state.lines], [("a", Decimal(2))]
        )

    # === REFUND AND RETURN === #

    @covers("R8", "R38")
    def test_a_posted_credit_note_is_told_line_by_line(self):
        self.tea.invoice_policy = self.milk.invoice_policy = "order"
        invoice = self.sale._create_invoices()
        invoice.action_post()
        self.settle()
        credit = invoice._reverse_moves([{"ref": "damaged"}])
        credit.invoice_line_ids.filtered(lambda one: one.product_id == self.tea).quantity = 1
        credit.invoice_line_ids.filtered(lambda one: one.product_id == self.milk).unlink()
        self.assertFalse(self.operations("refund"))
        credit.action_post()
        self.run_engine()
        self.channel.finish()
        (item,) = [
            one for call in self.channel.calls for one in call.items if one.kind is Kind.REFUND
        ]
        self.assertEqual(item.state.reason, "damaged")
        (line,) = item.state.lines
        self.assertEqual(
            (line.external_id, line.quantity, line.amount),
            ("O-1-1", Decimal(1), Money(Decimal("10.00"), self.currency)),
        )

    def test_goods_that_come_back_are_told_as_a_return_without_money(self):
        picking = self.deliver(self.sale)
        self.settle()
        wizard = self.env["stock.return.picking"].with_context(
            active_id=picking.id, active_model="stock.picking"
        )
        form = Form(wizard)
        with form.product_return_moves.edit(0) as line:
            line.quantity = 1
        back = self.env["stock.picking"].browse(form.save().action_create_returns()["res_id"])
        back.move_ids.write({"quantity": 1, "picked": True})
        back.button_validate()
        self.run_engine()
        (item,) = [
            one for call in self.channel.calls for one in call.items if one.kind is Kind.REFUND
        ]
        (line,) = item.state.lines
        self.assertEqual(
            (line.external_id, line.quantity, line.amount.amount, line.restock),
            ("O-1-1", Decimal(1), Decimal(0), True),
        )

    # === THE WHOLE === #

    def test_a_batch_of_order_items_takes_a_constant_number_of_queries(self):
        def queries(first, count):
            names = [f"C-{first + n}" for n in range(count)]
            self.receive(*[self.document(name, self.two_lines(name)) for name in names])
            self.process()
            orders = self.env["marketplace.order"].search([("external_id", "in", names)])
            for sale in orders.sale_order_id:
                self.deliver(sale)
            self.env.cr.flush()
            self.env["marketplace.dispatcher"]._dispatch()
            self.env.invalidate_all()
            items = self.env["marketplace.outbox"].search(
                [("order_id.external_id", "in", names), ("status", "=", "new")]
            )
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["marketplace.order"]._snapshot(items)
            return self.env.cr.sql_log_count - before

        few, many = queries(0, 2), queries(100, 12)
        self.assertEqual(many, few)

    @covers("R226", "R227", "R228", "R229", "X52", "R225")
    def test_the_sales_order_shows_what_the_channel_knows(self):
        self.assertEqual(
            (
                self.sale.marketplace_order_id,
                self.sale.marketplace_status,
                self.sale.marketplace_account_id,
            ),
            ("O-1", "pending", self.account),
        )
        self.assertEqual(self.sale.marketplace_sync_date, self.order.last_seen_at)
        search = self.env["sale.order"].search
        self.assertEqual(search([("marketplace_order_id", "=", "O-1")]), self.sale)
        self.assertEqual(search([("marketplace_order_id", "ilike", "o-1")]), self.sale)
        self.assertIn(self.sale, search([("marketplace_status", "in", ["pending"])]))
        self.assertNotIn(self.sale, search([("marketplace_order_id", "=", False)]))
        self.assertNotIn(self.sale, search([("marketplace_order_id", "!=", "O-1")]))
        plain = self.env["sale.order"].create({"partner_id": self.sale.partner_id.id})
        self.assertFalse(plain.marketplace_order_id)
        self.assertIn(plain, search([("marketplace_order_id", "=", False)]))
        self.settle()
        self.order.status = "pending"
        self.sale.update_marketplace_status()
        self.run_engine()
        self.assertEqual(len(self.told(Kind.STATUS)), 1)
