"""Returns that a channel tells: prepared once, for what came back alone."""

from odoo.tests import tagged

from marketplace_adapters.testing import covers
from marketplace_adapters.testing.fake import order_line
from marketplace_adapters.testing.fake_money import return_document

from .order_common import OrderCase


@tagged("post_install", "-at_install")
class TestReturn(OrderCase):
    def setUp(self):
        super().setUp()
        self.account.refund_mode = "draft"
        self.tea.invoice_policy = self.milk.invoice_policy = "order"

    def delivered(self, order_id="O-1", **more):
        order = self.take_in(self.document(order_id, self.two_lines(order_id), **more))
        self.deliver(order.sale_order_id)
        order.sale_order_id._create_invoices().action_post()
        return order

    def tell(self, quantity=1, return_id="R-1", order_id="O-1", line=None, **more):
        item = {"quantity": str(quantity), "line": line or f"{order_id}-1", "reason": "Too small"}
        items = more.pop("items", [item])
        self.receive(return_document(return_id, order_id, items, **more), topic="return")
        self.process()
        return self.row(return_id)

    def row(self, return_id="R-1"):
        return self.env["marketplace.return"].search(
            [("account_id", "=", self.account.id), ("external_id", "=", return_id)]
        )

    @covers("R38", "X11")
    def test_only_the_returned_goods_come_back_and_only_they_are_credited(self):
        sale = self.delivered().sale_order_id
        row = self.tell(2)
        self.assertEqual((row.state, row.sale_order_id), ("drafted", sale))
        (move,) = row.picking_ids.move_ids
        self.assertEqual((move.product_id, move.product_uom_qty), (self.tea, 2.0))
        self.assertNotEqual(row.picking_ids.state, "done")
        self.assertEqual(row.picking_ids.picking_type_code, "incoming")
        note = row.move_ids
        self.assertEqual((note.move_type, note.state), ("out_refund", "draft"))
        self.assertEqual(note.amount_total, 20.0)
        self.assertEqual(note.invoice_line_ids.mapped("quantity"), [2.0])
        self.assertIn("2 × Tea (Too small)", sale.message_ids[0].body + sale.message_ids[1].body)

    @covers("R38", "X11")
    def test_told_again_and_received_later_it_is_prepared_once(self):
        sale = self.delivered().sale_order_id
        row = self.tell(1)
        again = self.tell(1, received=True, status="Completed")
        self.assertEqual(again, row)
        self.assertTrue(row.received)
        self.item("R-1").action_replay()
        self.process()
        self.assertEqual((len(row.picking_ids), len(row.move_ids)), (1, 1))
        self.assertEqual(len(sale.picking_ids), 2)
        self.assertEqual(len(sale.invoice_ids), 2)

    def test_a_second_return_takes_only_what_is_left(self):
        self.delivered()
        self.tell(2)
        second = self.tell(5, "R-2", line="O-1-1")
        self.assertEqual(second.picking_ids.move_ids.mapped("product_uom_qty"), [1.0])
        self.assertEqual(second.move_ids.amount_total, 10.0)
        third = self.tell(1, "R-3")
        self.assertFalse(third.picking_ids | self.env["stock.picking"])
        self.assertEqual(third.message, "Nothing of it was delivered or billed, or it is back.")

    def test_more_of_it_later_prepares_the_rest(self):
        self.delivered()
        row = self.tell(1)
        self.tell(3)
        self.assertEqual(sorted(row.picking_ids.move_ids.mapped("product_uom_qty")), [1.0, 2.0])
        self.assertEqual(sorted(row.move_ids.mapped("amount_total")), [10.0, 20.0])

    @covers("R38")
    def test_goods_that_go_back_to_the_channel_never_touch_own_stock(self):
        sale = self.delivered().sale_order_id
        row = self.tell(2, stocked_by="channel", received=True)
        self.assertFalse(row.picking_ids)
        self.assertEqual(len(sale.picking_ids), 1)
        self.assertEqual(row.move_ids.amount_total, 20.0)
        # The channel gave the money back itself: posting the note tells it nothing.
        row.move_ids.action_post()
        self.run_engine()
        told = self.env["marketplace.outbox"].search([("kind", "=", "refund")])
        self.assertEqual(told.mapped("message"), ["The channel told us of it itself."])
        self.assertFalse(
            [one for one in self.channel.order_items.get("O-1", []) if one.kind.value == "refund"]
        )

    @covers("X11", "C11")
    def test_a_return_of_an_unknown_order_waits_for_it(self):
        row = self.tell(1)
        self.assertEqual((row.state, self.item("R-1").status), ("waiting", "new"))
        self.assertTrue(self.item("R-1").not_before)
        self.delivered()
        self.assertTrue(row.order_id)
        self.assertEqual(self.item("R-1").status, "done")
        # It came before anything was delivered: there was nothing to prepare.
        self.assertEqual(row.state, "noted")

    def test_an_order_that_never_comes_is_asked_about_and_then_goes_on(self):
        self.tell(1)
        for _try in range(5):
            self.item("R-1").not_before = False
            self.env.flush_all()
            self.process()
        item = self.item("R-1")
        self.assertEqual((item.status, item.cause_id.code), ("quarantined", "unknown_order:return"))
        self.assertEqual(item.message, "A return came for an order that never came.")
        cause = item.cause_id
        self.take_in(self.document(lines=self.two_lines()))
        self.process()
        self.assertEqual((self.item("R-1").status, cause.state), ("done", "solved"))

    def test_the_policies_note_and_ignore(self):
        sale = self.delivered().sale_order_id
        self.account.refund_mode = "note"
        row = self.tell(1)
        self.assertEqual((row.state, row.message), ("noted", f"Noted on {sale.name}."))
        self.assertIn("return R-1 is announced", sale.message_ids[0].body)
        self.account.refund_mode = "ignore"
        count = len(sale.message_ids)
        other = self.tell(1, "R-2")
        self.assertEqual((other.state, len(sale.message_ids)), ("noted", count))
        self.assertEqual(len(sale.picking_ids), 1)

    def test_by_product_without_a_line_id_and_something_strange(self):
        order = self.delivered()
        row = self.tell(
            items=[
                {"quantity": "1", "listing": "F-2"},
                {"quantity": "1", "sku": "TEA"},
                {"quantity": "1", "sku": "NOT-OURS"},
            ]
        )
        self.assertEqual(
            sorted(row.picking_ids.move_ids.mapped("product_id.name")), ["Milk", "Tea"]
        )
        self.assertEqual(row.state, "attention")
        self.assertIn("NOT-OURS", row.message)
        self.assertTrue(order.attention)
        row.action_done()
        self.assertEqual(row.state, "noted")

    def test_a_kit_comes_back_as_its_parts(self):
        """As a kit of manufacturing leaves: moves of its parts on the line of the kit."""
        order = self.take_in(self.document(lines=self.two_lines(tea=3)))
        line, picking = order.sale_order_id.order_line[0], order.sale_order_id.picking_ids
        whole = line.move_ids
        bags, tin = (self._make_product(name, quantity=90) for name in ("Bags", "Tin"))
        for product, quantity in ((bags, 60), (tin, 3)):
            part = whole.copy({"product_id": product.id, "product_uom_qty": quantity})
            part._action_confirm()
        whole._action_cancel()
        whole.unlink()
        self.assertEqual(len(line.move_ids), 2)
        self.deliver(order.sale_order_id)
        self.assertEqual(picking.state, "done")
        row = self.tell(2)
        self.assertEqual(
            {move.product_id: move.product_uom_qty for move in row.picking_ids.move_ids},
            {bags: 40.0, tin: 2.0},
        )

    def test_boxes_come_back_as_pieces(self):
        box = self.env["uom.uom"].create(
            {
                "name": "Box of 6",
                "relative_factor": 6,
                "relative_uom_id": self.tea.uom_id.id,
            }
        )
        self._list(self.tea, external_id="F-BOX", uom_id=box.id, unit_count=6)
        order = self.take_in(
            self.document(lines=[order_line("O-1-1", "F-BOX", 2, 55, unit_count=6)])
        )
        self.deliver(order.sale_order_id)
        row = self.tell(1)
        (move,) = row.picking_ids.move_ids
        self.assertEqual(move.product_qty, 6.0)

    def test_the_comment_of_the_buyer_stays_out_of_the_chatter(self):
        sale = self.delivered().sale_order_id
        row = self.tell(1, comment="I am Rosa and it stinks")
        self.assertEqual(row.comment, "I am Rosa and it stinks")
        self.assertNotIn("Rosa", " ".join(sale.message_ids.mapped("body")))
