"""Refunds that a channel tells with their money: to the cent, once, and back where they belong."""

from odoo.tests import tagged

from marketplace_adapters.core import Kind
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.fake import order_line
from marketplace_adapters.testing.fake_money import return_document

from .order_common import OrderCase


class RefundCase(OrderCase):
    def setUp(self):
        super().setUp()
        accounts = type(self.account)
        self.patch(accounts, "_tells_refunds", lambda account: account.provider == "fake")
        self.account.write({"refund_mode": "posted", "late_changes": "apply"})
        self.tea.invoice_policy = self.milk.invoice_policy = "order"

    def shipped(self, lines=None, order_id="O-1", *, invoice=True, **more):
        order = self.take_in(self.document(order_id, lines or self.two_lines(order_id), **more))
        self.deliver(order.sale_order_id)
        if invoice:
            order.sale_order_id._create_invoices().action_post()
        return order

    def goods(self, quantity=1, amount=None, line="O-1-1", **more):
        item = {"line": line, "quantity": str(quantity), **more}
        return item if amount is None else {**item, "amount": str(amount)}

    def refund(self, amount, *items, refund_id="RF-1", order_id="O-1", minutes=10, **more):
        more.setdefault("currency", self.currency)
        more.setdefault("received", True)
        more.setdefault("returned_at", f"2030-01-15T12:{minutes:02d}:00Z")
        more.setdefault("updated_at", more["returned_at"])
        document = return_document(refund_id, order_id, list(items), amount=str(amount), **more)
        self.receive(document, topic="return")
        self.process()
        return self.row(refund_id)

    def row(self, refund_id="RF-1"):
        return self.env["marketplace.return"].search(
            [("account_id", "=", self.account.id), ("external_id", "=", refund_id)]
        )

    def to_bill(self, sale):
        return sale.order_line.mapped("qty_to_invoice")

    def stock(self, product, location=None):
        location = location or self.warehouse.lot_stock_id
        return self.env["stock.quant"]._get_available_quantity(product, location)


@tagged("post_install", "-at_install")
class TestRefund(RefundCase):
    @covers("R38", "X11")
    def test_goods_that_are_back_are_received_credited_and_ordered_no_more(self):
        sale = self.shipped().sale_order_id
        row = self.refund(10, self.goods(1, 10))
        self.assertEqual((row.state, row.amount), ("done", 10.0))
        self.assertEqual((row.picking_ids.state, row.move_ids.state), ("done", "posted"))
        self.assertEqual((row.move_ids.move_type, row.move_ids.amount_total), ("out_refund", 10.0))
        self.assertEqual(row.move_ids.reversed_entry_id.move_type, "out_invoice")
        self.assertEqual(self.stock(self.tea), 98.0)
        tea = sale.order_line[0]
        self.assertEqual(
            (tea.product_uom_qty, tea.qty_delivered, tea.qty_invoiced), (2.0, 2.0, 2.0)
        )
        self.assertEqual(self.to_bill(sale), [0.0, 0.0])
        self.assertEqual(sum(sale.invoice_ids.mapped("amount_total_signed")), 30.0)
        self.assertFalse(sale.picking_ids.filtered(lambda p: p.state not in ("done", "cancel")))

    @covers("R38", "X11")
    def test_drafts_wait_for_a_person_and_end_in_the_same_place(self):
        self.account.refund_mode = "draft"
        sale = self.shipped().sale_order_id
        row = self.refund(20, self.goods(2, 20))
        self.assertEqual((row.state, row.move_ids.state), ("drafted", "draft"))
        self.assertEqual(row.picking_ids.move_ids.product_uom_qty, 2.0)
        self.assertEqual(sale.order_line[0].product_uom_qty, 3.0)
        row.move_ids.action_post()
        for move in row.picking_ids.move_ids:
            move.quantity, move.picked = 2.0, True
        row.picking_ids.button_validate()
        self.assertEqual(row.picking_ids.state, "done")
        self.assertEqual(sale.order_line[0].product_uom_qty, 1.0)
        self.assertEqual(self.to_bill(sale), [0.0, 0.0])
        self.assertEqual(len(sale.picking_ids), 2)

    @covers("X11")
    def test_a_piece_that_was_exchanged_is_not_delivered_again(self):
        """The document of an exchange: one tea came back, a milk instead is still to leave."""
        self.account.validate_delivery = "always"
        self.env["marketplace.place"].create(
            {
                "account_id": self.account.id,
                "external_id": "7001",
                "name": "Main",
                "location_ids": [(6, 0, self.warehouse.lot_stock_id.ids)],
            }
        )
        lines = [
            {**order_line("O-1-1", "F-1", 2, 10, name="Tea"), "shipped": "2", "location": "7001"},
            {**order_line("O-1-2", "F-2", 1, 5, name="Milk"), "shipped": "0", "location": "7001"},
        ]
        order = self.take_in(self.document("O-1", lines, status="confirmed"))
        sale = order.sale_order_id
        self.assertEqual(sale.order_line.mapped("qty_delivered"), [2.0, 0.0])
        row = self.refund(0, self.goods(1, location="7001"))
        self.assertEqual((row.state, row.picking_ids.state), ("done", "done"))
        waiting = sale.picking_ids.move_ids.filtered(lambda m: m.state not in ("done", "cancel"))
        self.assertEqual(waiting.mapped("product_id"), self.milk)
        self.assertEqual(sale.order_line.mapped("product_uom_qty"), [1.0, 1.0])
        # The next word on the order says the same.
        again = self.document("O-1", lines, status="confirmed", minutes=20, note="seen")
        self.take_in(again)
        waiting = sale.picking_ids.move_ids.filtered(lambda m: m.state not in ("done", "cancel"))
        self.assertEqual(waiting.mapped("product_id"), self.milk)

    @covers("X11")
    def test_money_for_goods_that_the_buyer_keeps_is_money_alone(self):
        for policy in ("order", "delivery"):
            self.tea.invoice_policy = self.milk.invoice_policy = policy
            order_id = f"O-{policy}"
            sale = self.shipped(order_id=order_id).sale_order_id
            row = self.refund(
                "7.50",
                self.goods(1, "7.50", line=f"{order_id}-1", restock=False),
                refund_id=f"RF-{policy}",
                order_id=order_id,
            )
            self.assertFalse(row.picking_ids)
            self.assertEqual(row.move_ids.amount_total, 7.5)
            tea = sale.order_line[0]
            self.assertEqual((tea.product_uom_qty, tea.qty_invoiced), (3.0, 3.0))
            self.assertEqual(tea.qty_invoiced_posted, 3.0)
            self.assertEqual(self.to_bill(sale), [0.0, 0.0])

    @covers("X11")
    def test_the_credit_note_is_what_was_given_back_whatever_the_taxes(self):
        taxes = self.env["account.tax"]
        for number, (rate, included, amount) in enumerate(
            [(19, False, "3.33"), (19, True, "3.33"), (7.7, False, "0.03"), (5.5, True, "11.11")]
        ):
            tax = taxes.create(
                {
                    "name": f"Tax {number}",
                    "amount": rate,
                    "price_include_override": "tax_included" if included else "tax_excluded",
                }
            )
            self.tea.taxes_id = tax
            order_id = f"T-{number}"
            sale = self.shipped(order_id=order_id).sale_order_id
            self.assertEqual(sale.amount_total, 40.0, (rate, included))
            row = self.refund(
                amount,
                self.goods(1, amount, line=f"{order_id}-1"),
                refund_id=f"RF-{number}",
                order_id=order_id,
            )
            self.assertEqual(f"{row.move_ids.amount_total:.2f}", f"{float(amount):.2f}")
            self.assertIn(tax, row.move_ids.invoice_line_ids.tax_ids)

    @covers("X11")
    def test_shipping_and_goodwill_are_credited_with_the_taxes_of_the_order(self):
        tax = self.env["account.tax"].create(
            {"name": "VAT", "amount": 25, "price_include_override": "tax_included"}
        )
        self.tea.taxes_id = self.account.shipping_product_id.taxes_id = tax
        lines = [
            *self.two_lines(),
            order_line("O-1-S", "", 1, 5, kind="shipping", name="Post"),
        ]
        sale = self.shipped(lines).sale_order_id
        row = self.refund(
            "8.00",
            others=[
                {"kind": "shipping", "amount": "5.00"},
                {"kind": "adjustment", "amount": "3.00", "label": "Sorry"},
            ],
        )
        note = row.move_ids
        self.assertEqual(note.amount_total, 8.0)
        by_name = {line.name: line for line in note.invoice_line_ids}
        self.assertEqual(by_name["Shipping given back"].tax_ids, tax)
        # 3.00 are spread over the order: 35.00 with this tax, 10.00 of milk without.
        parts = note.invoice_line_ids.filtered(lambda line: line.name == "Sorry")
        self.assertEqual(sorted(parts.mapped("price_total")), [0.67, 2.33])
        self.assertEqual(self.to_bill(sale), [0.0, 0.0, 0.0])
        self.assertEqual(sale.invoice_ids - note, note.reversed_entry_id)

    @covers("X11")
    def test_what_the_channel_does_not_split_is_split_by_value(self):
        self.shipped()
        row = self.refund(
            15, self.goods(1, line="O-1-1"), self.goods(1, line="O-1-2", restock=False)
        )
        self.assertEqual(sorted(row.move_ids.invoice_line_ids.mapped("price_total")), [5.0, 10.0])

    @covers("X11")
    def test_a_refund_in_another_currency_than_the_companys(self):
        other = (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search([("name", "=", "GBP" if self.currency != "GBP" else "EUR")])
        )
        other.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": other.id, "name": "2029-12-31", "rate": 0.8}
        )
        sale = self.shipped(currency=other.name).sale_order_id
        self.assertEqual(sale.invoice_ids.currency_id, other)
        row = self.refund("10.01", self.goods(1, "10.01"), currency=other.name)
        self.assertEqual((row.move_ids.currency_id, row.currency_id), (other, other))
        self.assertEqual(row.move_ids.amount_total, 10.01)

    @covers("X11", "R38")
    def test_told_again_it_changes_nothing_and_more_of_it_adds_the_rest(self):
        sale = self.shipped().sale_order_id
        row = self.refund(10, self.goods(1, 10))
        self.item("RF-1").action_replay()
        self.process()
        self.refund(10, self.goods(1, 10), comment="again", minutes=11)
        self.assertEqual((len(row.picking_ids), row.move_ids.mapped("amount_total")), (1, [10.0]))
        self.refund(14, self.goods(1, 10), others=[], minutes=12)
        self.assertEqual(row.move_ids.sorted("id").mapped("amount_total"), [10.0, 4.0])
        self.assertEqual(len(row.picking_ids), 1)
        self.refund(9, self.goods(1, 9), minutes=13)
        self.assertEqual(row.state, "attention")
        self.assertIn("Less was given back", row.message)
        self.assertEqual(len(sale.invoice_ids), 3)

    def test_a_draft_follows_later_words(self):
        self.account.refund_mode = "draft"
        self.shipped()
        row = self.refund(10, self.goods(1, 10))
        self.refund(12, self.goods(1, 12), minutes=12)
        self.assertEqual(row.move_ids.mapped("amount_total"), [12.0])
        self.assertEqual(row.move_ids.state, "draft")

    @covers("X11")
    def test_an_older_word_never_replaces_a_newer_one(self):
        self.shipped()
        row = self.refund(12, self.goods(1, 12), minutes=20)
        self.refund(5, self.goods(1, 5), minutes=15)
        self.assertEqual(row.amount, 12.0)
        self.assertEqual(self.item("RF-1").message, "Older than what we know.")

    @covers("X11")
    def test_not_billed_yet_the_order_comes_to_less_and_says_so(self):
        sale = self.shipped(invoice=False).sale_order_id
        row = self.refund(
            "14.00",
            self.goods(1, 10),
            others=[{"kind": "adjustment", "amount": "4.00", "label": "Sorry"}],
        )
        self.assertFalse(row.move_ids)
        self.assertEqual(row.in_order, 14.0)
        # One tea is back, and four off: 40 − 10 − 4.
        self.assertEqual(sale.amount_total, 26.0)
        self.assertIn("nothing is billed yet", " ".join(sale.message_ids.mapped("body")))
        self.item("RF-1").action_replay()
        self.process()
        self.assertEqual(sale.amount_total, 26.0)
        sale._create_invoices().action_post()
        self.assertEqual(sale.invoice_ids.amount_total, 26.0)

    @covers("X11", "X26")
    def test_what_was_taken_off_and_then_paid_back_is_not_lost_twice(self):
        """An edit takes a paid tea off, a refund pays it back: whichever comes here first."""
        edited = {"lines": self.two_lines(tea=2), "paid_back": "10", "minutes": 11}
        first = self.take_in(self.document(lines=self.two_lines())).sale_order_id
        self.take_in(self.document(**edited))
        self.refund(10)
        self.assertEqual(first.amount_total, 30.0)
        lines = self.two_lines("O-2")
        second = self.take_in(self.document("O-2", lines)).sale_order_id
        row = self.refund(12, refund_id="RF-2", order_id="O-2")
        self.assertEqual((second.amount_total, row.given_beyond), (28.0, 12.0))
        self.take_in(self.document("O-2", **{**edited, "lines": self.two_lines("O-2", tea=2)}))
        self.assertEqual(second.amount_total, 28.0, "two of the twelve were given out of kindness")
        self.take_in(self.document("O-2", **{**edited, "lines": self.two_lines("O-2", tea=2)}))
        self.assertEqual(second.amount_total, 28.0)

    @covers("X11", "X26")
    def test_what_was_taken_off_before_all_the_rest_came_back_is_not_kept(self):
        """Milk was taken off and the tea that had left came back, both since we last looked."""
        order = self.take_in(self.document(lines=self.two_lines()))
        sale = order.sale_order_id
        self.deliver(sale, Milk=0)
        rest = self.two_lines()[:1]
        self.take_in(self.document(lines=rest, minutes=11, status="returned", paid_back="10"))
        self.refund(40, self.goods(3, 30), others=[{"kind": "adjustment", "amount": "10"}])
        self.assertEqual(sale.order_line.mapped("product_uom_qty")[:2], [0.0, 0.0])
        self.assertEqual((sale.amount_total, self.item().status), (0.0, "done"))
        open_moves = sale.picking_ids.move_ids.filtered(lambda m: m.state not in ("done", "cancel"))
        self.assertFalse(open_moves)

    @covers("X11", "X26")
    def test_a_refund_that_could_only_be_recorded_counts_once_the_order_goes_on(self):
        """All of it came back before the account was connected; then something was added."""
        lines = self.two_lines()
        order = self.take_in(self.document(lines=lines, status="returned"))
        self.assertFalse(order.sale_order_id)
        row = self.refund(10, self.goods(1, 10, left=False, restock=False))
        self.assertEqual((row.state, row.in_order), ("noted", 0.0))
        self.take_in(self.document(lines=self.two_lines(tea=2), status="confirmed", minutes=11))
        self.process()
        self.assertEqual(order.sale_order_id.amount_total, 30.0)
        row = self.refund(4, refund_id="RF-2", minutes=12)
        self.assertEqual(order.sale_order_id.amount_total, 26.0)
        self.assertEqual(self.row().state, "done")

    @covers("X11")
    def test_what_never_left_reduces_the_delivery_instead_of_coming_back(self):
        order = self.take_in(self.document(lines=self.two_lines()))
        sale = order.sale_order_id
        sale._create_invoices().action_post()
        row = self.refund(10, self.goods(1, 10, left=False, restock=False))
        self.assertEqual(row.picking_ids.ids, [])
        self.assertEqual(sale.picking_ids.move_ids.sorted("id").mapped("product_uom_qty"), [2, 2])
        self.assertEqual(row.move_ids.amount_total, 10.0)
        self.assertEqual(self.to_bill(sale), [0.0, 0.0])
        # Its own document comes later, and says the same.
        self.take_in(self.document(lines=self.two_lines(tea=2), minutes=11))
        self.assertEqual(sale.order_line[0].product_uom_qty, 2.0)
        self.assertEqual(sale.amount_total, 30.0)
        self.assertEqual(self.item().status, "ignored")

    @covers("X11", "X26")
    def test_the_document_first_and_the_refund_after_it_come_to_the_same(self):
        order = self.take_in(self.document(lines=self.two_lines()))
        sale = order.sale_order_id
        sale._create_invoices().action_post()
        self.take_in(self.document(lines=self.two_lines(tea=2), minutes=10))
        self.assertEqual(sale.order_line[0].product_uom_qty, 2.0)
        row = self.refund(10, self.goods(1, 10, left=False, restock=False))
        self.assertEqual(sale.order_line[0].product_uom_qty, 2.0)
        self.assertEqual((row.move_ids.amount_total, self.to_bill(sale)), (10.0, [0.0, 0.0]))
        self.assertEqual(sale.picking_ids.move_ids.sorted("id").mapped("product_uom_qty"), [2, 2])

    @covers("X11", "X26")
    def test_a_refund_before_its_order_waits_for_it(self):
        row = self.refund(10, self.goods(1, 10, left=False, restock=False))
        self.assertEqual(row.state, "waiting")
        self.take_in(self.document(lines=self.two_lines(tea=2), minutes=10))
        self.process()
        sale = row.sale_order_id
        self.assertEqual((row.state, sale.amount_total), ("done", 30.0))
        self.assertEqual(row.currency_id.name, self.currency)
        self.assertFalse(row.move_ids)

    @covers("X11", "R267")
    def test_our_own_refund_is_recognised_by_its_reference(self):
        sale = self.shipped().sale_order_id
        (note,) = sale.invoice_ids._reverse_moves([{}])
        note.action_post()
        row = self.refund(40, self.goods(3, 30), reference=note.name)
        self.assertEqual((row.state, row.move_ids), ("own", note))
        self.assertEqual((len(sale.invoice_ids), len(sale.picking_ids)), (2, 1))
        self.refund(40, self.goods(3, 30), minutes=30)
        self.assertEqual(self.item("RF-1").message, "We told it ourselves.")

    @covers("X11", "R267")
    def test_our_own_refund_is_recognised_by_the_id_that_the_channel_gave_it(self):
        order = self.shipped()
        sale = order.sale_order_id
        (note,) = sale.invoice_ids._reverse_moves([{}])
        note.action_post()
        item = self.env["marketplace.outbox"].new({"kind": "refund", "res_model": note._name})
        item.res_id = note.id
        order._learn_refund(item, {"external_id": "RF-9"})
        row = self.refund(40, self.goods(3, 30), refund_id="RF-9")
        self.assertEqual((row.state, row.move_ids), ("own", note))
        self.assertEqual(len(sale.invoice_ids), 2)

    @covers("X11")
    def test_the_channel_is_not_told_what_it_told(self):
        self.shipped()
        self.run_engine()
        self.refund(10, self.goods(1, 10))
        self.run_engine()
        told = self.channel.order_items.get("O-1", [])
        self.assertFalse([one for one in told if one.kind is Kind.REFUND])
        logged = self.env["marketplace.order.operation"].search(
            [("record_operation", "=", "refund_in")]
        )
        self.assertEqual(
            logged.mapped("operation_data"),
            [
                {
                    "key": self.row().revision,
                    "id": "RF-1",
                    "amount": "10.00",
                    "currency": self.currency,
                }
            ],
        )

    def test_the_policies_note_and_ignore_touch_nothing(self):
        sale = self.shipped().sale_order_id
        self.account.refund_mode = "note"
        row = self.refund(10, self.goods(1, 10))
        self.assertEqual((row.state, len(sale.invoice_ids), len(sale.picking_ids)), ("noted", 1, 1))
        self.assertIn("refund RF-1 of", sale.message_ids[0].body)
        self.account.refund_mode = "ignore"
        other = self.refund(10, self.goods(1, 10), refund_id="RF-2")
        self.assertEqual((other.state, other.message), ("noted", "Recorded."))

    def test_something_refused_is_asked_about_and_changes_nothing(self):
        sale = self.shipped().sale_order_id
        self.account.refund_product_id = False
        row = self.refund(3, others=[{"kind": "adjustment", "amount": "3"}])
        self.assertEqual((row.state, len(sale.invoice_ids)), ("attention", 1))
        self.assertIn("choose a product for refunds", row.message)

    @covers("R38")
    def test_goods_announced_then_refunded_come_back_once(self):
        sale = self.shipped().sale_order_id
        document = return_document(
            "RT-1", "O-1", [{"line": "O-1-1", "quantity": "1"}], received=True
        )
        self.receive(document, topic="return")
        self.process()
        announced = self.row("RT-1")
        self.assertEqual((announced.picking_ids.state, len(announced.move_ids)), ("done", 0))
        self.receive({**document, "items": [], "status": "closed"}, topic="return")
        self.process()
        refund = self.refund(10, self.goods(1, 10))
        self.assertFalse(refund.picking_ids)
        self.assertEqual(refund.move_ids.amount_total, 10.0)
        self.assertEqual(self.stock(self.tea), 98.0)
        self.assertEqual(self.to_bill(sale), [0.0, 0.0])

    @covers("X11")
    def test_thirds_of_a_cent_come_to_the_amount_with_taxes_rounded_over_all(self):
        self.company.tax_calculation_rounding_method = "round_globally"
        tax = self.env["account.tax"].create(
            {"name": "VAT", "amount": 19, "price_include_override": "tax_excluded"}
        )
        self.tea.taxes_id = self.milk.taxes_id = tax
        self.account.price_tax = "excluded"
        lines = [
            order_line("O-1-1", "F-1", 3, "3.33", name="Tea", tax_included=False),
            order_line("O-1-2", "F-2", 7, "1.11", name="Milk", tax_included=False),
        ]
        self.shipped(lines, total=None)
        row = self.refund(
            "9.13",
            self.goods(1, "3.97"),
            self.goods(3, "3.95", line="O-1-2", restock=False),
            others=[{"kind": "adjustment", "amount": "1.21"}],
        )
        self.assertEqual((row.move_ids.amount_total, row.state), (9.13, "done"))

    def test_boxes_are_credited_and_come_back_as_boxes(self):
        box = self.env["uom.uom"].create(
            {"name": "Box of 6", "relative_factor": 6, "relative_uom_id": self.tea.uom_id.id}
        )
        self._list(self.tea, external_id="F-BOX", uom_id=box.id, unit_count=6)
        lines = [order_line("O-1-1", "F-BOX", 3, 55, unit_count=6)]
        sale = self.shipped(lines).sale_order_id
        row = self.refund("55", self.goods(1, "55"))
        self.assertEqual(row.picking_ids.move_ids.product_qty, 6.0)
        self.assertEqual(row.move_ids.invoice_line_ids.product_uom_id, box)
        self.assertEqual((row.move_ids.amount_total, self.stock(self.tea)), (55.0, 88.0))
        self.assertEqual((sale.order_line.product_uom_qty, self.to_bill(sale)), (2.0, [0.0]))

    def test_what_cannot_be_received_by_itself_keeps_no_money_waiting(self):
        order = self.shipped()
        self.tea.tracking = "lot"
        row = self.refund(10, self.goods(1, 10))
        self.assertEqual((row.move_ids.state, row.move_ids.amount_total), ("posted", 10.0))
        self.assertNotEqual(row.picking_ids.state, "done")
        self.assertEqual(row.state, "drafted")
        self.assertIn("cannot be received", order.attention)

    def test_an_order_that_is_only_to_be_seen_stays_as_it_is(self):
        self.account.order_mode = "visibility"
        order = self.take_in(self.document(lines=self.two_lines()))
        row = self.refund(5, others=[{"kind": "adjustment", "amount": "5"}])
        self.assertEqual((row.state, order.sale_order_id.amount_total), ("noted", 40.0))

    @covers("X11")
    def test_refunds_of_one_order_add_up_and_never_take_more_back_than_left(self):
        sale = self.shipped().sale_order_id
        for number in (1, 2, 3):
            self.refund(10, self.goods(1, 10), refund_id=f"RF-{number}", minutes=10 + number)
        last = self.refund(10, self.goods(2, 10, line="O-1-2"), refund_id="RF-4", minutes=20)
        self.assertEqual(last.state, "done")
        self.assertEqual((self.stock(self.tea), self.stock(self.milk)), (100.0, 50.0))
        self.assertEqual(sum(sale.invoice_ids.mapped("amount_total_signed")), 0.0)
        self.assertEqual(sale.order_line.mapped("product_uom_qty"), [0.0, 0.0])
        again = self.refund(10, self.goods(1, 10), refund_id="RF-5", minutes=25)
        self.assertFalse(again.picking_ids)

    @covers("X11")
    def test_a_cancelled_order_that_was_billed_gets_its_credit_note(self):
        order = self.take_in(self.document(lines=self.two_lines()))
        sale = order.sale_order_id
        sale._create_invoices().action_post()
        self.take_in(self.document(lines=self.two_lines(), minutes=10, status="cancelled"))
        self.assertEqual(sale.state, "cancel")
        self.assertTrue(order.attention)
        row = self.refund(
            40,
            self.goods(3, 30, left=False, restock=False),
            self.goods(2, 10, line="O-1-2", left=False, restock=False),
        )
        self.assertEqual(row.move_ids.amount_total, 40.0)
        self.assertFalse(order.attention)
        self.assertFalse(
            self.activities(sale).filtered(lambda one: "credit note" in (one.summary or ""))
        )
