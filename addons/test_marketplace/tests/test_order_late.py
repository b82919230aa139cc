"""Orders that the channel changes after goods left or an invoice was posted, and exchanges."""

import itertools

from odoo.tests import tagged

from marketplace_adapters.testing import covers
from marketplace_adapters.testing.fake import order_line

from .test_refund import RefundCase


@tagged("post_install", "-at_install")
class TestOrderLate(RefundCase):
    def setUp(self):
        super().setUp()
        self.account.responsible_id = self.env.ref("base.user_admin")
        self.honey = self._make_product("Honey", 8.0, quantity=30, invoice_policy="order")
        self._list(self.honey, external_id="F-3")

    def change(self, minutes=5, *, tea=3, milk=2, honey=0, price=10, **more):
        lines = [line for line in self.two_lines(tea=tea, milk=milk) if line["quantity"] != "0"]
        if tea:
            lines[0]["price"] = str(price)
        if honey:
            lines.append(order_line("O-1-3", "F-3", honey, 8, name="Honey"))
        return self.take_in(self.document(lines=lines, minutes=minutes, **more))

    def ordered(self, sale):
        return {line.product_id.name: line.product_uom_qty for line in sale.order_line}

    def to_go(self, sale):
        moves = sale.picking_ids.move_ids.filtered(lambda m: m.state not in ("done", "cancel"))
        quantities = {}
        for move in moves:
            name = move.product_id.name
            quantities[name] = quantities.get(name, 0.0) + move.product_uom_qty
        return {name: quantity for name, quantity in quantities.items() if quantity}

    @covers("X25", "R269", "R278")
    def test_after_a_partial_delivery_lines_come_go_and_change(self):
        order = self.take_in(self.document(lines=self.two_lines()))
        sale = order.sale_order_id
        self.deliver(sale, Tea=1, Milk=0)
        self.assertEqual(order._local_state(), "partial")
        self.change(tea=2, milk=4, honey=1)
        self.assertEqual(self.ordered(sale), {"Tea": 2.0, "Milk": 4.0, "Honey": 1.0})
        self.assertEqual(self.to_go(sale), {"Tea": 1.0, "Milk": 4.0, "Honey": 1.0})
        self.assertEqual((sale.amount_total, order.total), (48.0, 48.0))
        self.assertEqual((self.item().status, self.causes().ids), ("done", []))
        self.change(9, tea=2, milk=0, honey=1)
        self.assertEqual(self.to_go(sale), {"Tea": 1.0, "Honey": 1.0})
        self.assertEqual(sale.amount_total, 28.0)
        self.deliver(sale)
        self.assertEqual(order._local_state(), "delivered")
        self.assertFalse(order.attention)

    @covers("X25")
    def test_after_the_invoice_what_is_new_can_be_billed(self):
        order = self.shipped()
        sale = order.sale_order_id
        self.change(tea=4, honey=2)
        self.assertEqual(self.to_go(sale), {"Tea": 1.0, "Honey": 2.0})
        self.assertEqual(sale.amount_total, 66.0)
        sale._create_invoices().action_post()
        self.assertEqual(sorted(sale.invoice_ids.mapped("amount_total")), [26.0, 40.0])
        self.assertFalse(order.attention)

    @covers("X25", "C11")
    def test_a_price_that_rises_after_the_invoice_is_asked_about(self):
        order = self.shipped()
        self.change(price=11)
        self.assertEqual(order.sale_order_id.amount_total, 43.0)
        self.assertEqual(order.attention, "Changed on Fake after it was invoiced.")
        self.assertEqual(self.item().status, "done")

    def test_a_discount_before_anything_was_billed(self):
        order = self.shipped(invoice=False)
        discounted = self.two_lines()
        discounted[0] |= {"price": "9", "discounts": [{"by": "seller", "amount": "3"}]}
        self.take_in(self.document(lines=discounted, minutes=5))
        sale = order.sale_order_id
        self.assertEqual(sale.amount_total, 37.0)
        self.assertEqual(order.line_ids[0].seller_discount, 3.0)
        sale._create_invoices().action_post()
        self.assertEqual(sale.invoice_ids.amount_total, 37.0)

    @covers("X25")
    def test_what_has_left_stays_ordered_until_it_is_back(self):
        order = self.shipped(invoice=False)
        sale = order.sale_order_id
        self.change(tea=1)
        self.assertEqual(self.ordered(sale), {"Tea": 3.0, "Milk": 2.0})
        self.assertEqual((order.line_ids[0].quantity, self.to_go(sale)), (1.0, {}))
        self.assertEqual(self.item().status, "done")

    def test_a_removed_line_that_has_left_stays_as_well(self):
        order = self.shipped(invoice=False)
        self.change(milk=0)
        self.assertEqual(self.ordered(order.sale_order_id), {"Tea": 3.0, "Milk": 2.0})
        self.change(9)
        self.assertEqual(self.ordered(order.sale_order_id), {"Tea": 3.0, "Milk": 2.0})
        self.assertEqual(self.to_go(order.sale_order_id), {})

    def test_the_other_policy_asks_a_person(self):
        self.account.late_changes = "ask"
        order = self.shipped()
        self.change(tea=4)
        self.assertEqual(self.item().cause_id.code, "late_change")
        self.assertEqual(self.ordered(order.sale_order_id), {"Tea": 3.0, "Milk": 2.0})

    def test_cancelled_here_it_is_asked_about_whatever_the_policy(self):
        order = self.take_in(self.document(lines=self.two_lines()))
        order.sale_order_id._action_cancel()
        self.change(tea=4)
        self.assertEqual(self.item().cause_id.code, "late_change")

    @covers("R38", "X25")
    def test_an_exchange_is_a_return_and_new_lines_in_one_order(self):
        order = self.shipped()
        sale = order.sale_order_id
        self.change(honey=1)
        self.assertEqual(self.to_go(sale), {"Honey": 1.0})
        # Tea for 10 comes back, honey for 8 goes: two are given back.
        row = self.refund(2, self.goods(1, 10), others=[{"kind": "adjustment", "amount": "-8"}])
        self.assertEqual(row.move_ids.amount_total, 2.0)
        self.deliver(sale)
        self.assertEqual(
            {line.product_id.name: line.qty_delivered for line in sale.order_line},
            {"Tea": 2.0, "Milk": 2.0, "Honey": 1.0},
        )
        self.assertEqual(self.to_go(sale), {})
        self.assertEqual(order._local_state(), "delivered")

    @covers("R38", "X25")
    def test_the_same_product_in_exchange_is_sent_again(self):
        """The return is a draft still when the channel adds the piece that replaces it."""
        self.account.refund_mode = "draft"
        order = self.shipped()
        sale = order.sale_order_id
        row = self.refund(0, self.goods(1, 0))
        self.assertEqual(row.picking_ids.move_ids.product_uom_qty, 1.0)
        self.change(15, tea=4)
        back = row.picking_ids.move_ids
        self.assertEqual(
            sum(
                move.product_uom_qty
                for move in sale.picking_ids.move_ids - back
                if move.state not in ("done", "cancel")
            ),
            1.0,
        )
        back.quantity, back.picked = 1.0, True
        row.picking_ids.button_validate()
        self.deliver(sale)
        tea = sale.order_line[0]
        self.assertEqual((tea.product_uom_qty, tea.qty_delivered), (3.0, 3.0))

    @covers("X26", "R38")
    def test_deliveries_twice_and_in_any_order_come_to_the_same(self):
        """Order, edit and refund of the same order in every order of arrival, each told twice."""
        ends = set()
        for number, turn in enumerate(itertools.permutations(range(3))):
            order_id = f"P-{number}"
            steps = [
                lambda o=order_id: self.take_in(self.document(o, self.two_lines(o))),
                lambda o=order_id: self.take_in(
                    self.document(o, self.two_lines(o, tea=2), minutes=10)
                ),
                lambda o=order_id, n=number: self.refund(
                    10,
                    self.goods(1, 10, line=f"{o}-1", left=False, restock=False),
                    refund_id=f"RF-{n}",
                    order_id=o,
                ),
            ]
            for step in turn:
                steps[step]()
                steps[step]()
            self.process()
            sale = self.ledger(order_id).sale_order_id
            ends.add(
                (
                    tuple(sale.order_line.mapped("product_uom_qty")),
                    sale.amount_total,
                    tuple(sorted(self.to_go(sale).items())),
                    len(sale.invoice_ids),
                    self.row(f"RF-{number}").state,
                )
            )
        self.assertEqual(ends, {((2.0, 2.0), 30.0, (("Milk", 2.0), ("Tea", 2.0)), 0, "done")})
