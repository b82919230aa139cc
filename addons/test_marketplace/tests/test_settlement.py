"""What a channel pays: taken in, matched with orders and documents, balanced."""

from odoo.tests import tagged

from marketplace_adapters.testing import covers
from marketplace_adapters.testing.fake_money import settlement_document, settlement_line

from .order_common import OrderCase


class SettlementCase(OrderCase):
    def lines(self, order_id="O-1"):
        """A sale of 40 with fees of 6, and a subscription that belongs to no order."""
        return [
            settlement_line("1", "sale", "36.00", order_id, type="Order / Principal", sku="TEA"),
            settlement_line("2", "shipping", "4.00", order_id, type="Order / Shipping"),
            settlement_line("3", "fee", "-6.00", order_id, type="Order / Commission"),
            settlement_line("4", "fee", "-9.99", type="Subscription"),
            settlement_line("5", "adjustment", "1.50", type="Reimbursement"),
        ]

    def settle(self, lines=None, settlement_id="S-1", **more):
        more.setdefault("currency", self.currency)
        more.setdefault("ended_at", "2030-01-29T12:00:00Z")
        document = settlement_document(
            settlement_id, self.lines() if lines is None else lines, **more
        )
        self.receive(document, topic="settlement", source="pull")
        self.process()
        return self.settlement(settlement_id)

    def settlement(self, settlement_id="S-1"):
        return self.env["marketplace.settlement"].search(
            [("account_id", "=", self.account.id), ("external_id", "=", settlement_id)]
        )

    def states(self, settlement):
        return {line.external_id: line.state for line in settlement.line_ids}


@tagged("post_install", "-at_install")
class TestSettlement(SettlementCase):
    @covers("R39", "X12")
    def test_lines_are_matched_with_orders_and_add_up(self):
        order = self.take_in(self.document(lines=self.two_lines()))
        settlement = self.settle()
        self.assertEqual(
            self.states(settlement),
            {"1": "matched", "2": "matched", "3": "fee", "4": "fee", "5": "none"},
        )
        self.assertEqual(settlement.line_ids[:3].order_id, order)
        self.assertFalse(settlement.line_ids[3:].order_id)
        self.assertEqual(settlement.line_ids[0].sale_order_id, order.sale_order_id)
        self.assertEqual(
            (settlement.state, settlement.total, settlement.line_total, settlement.difference),
            ("done", 25.51, 25.51, 0.0),
        )
        self.assertEqual((settlement.line_count, settlement.problem_count), (5, 0))
        self.assertEqual(self.item("S-1").status, "done")
        self.assertEqual(order.settlement_line_ids, settlement.line_ids[:3])

    @covers("R39", "X12")
    def test_what_does_not_add_up_is_kept_and_asked_of_a_person_once(self):
        self.take_in(self.document(lines=self.two_lines()))
        settlement = self.settle(total="30.00")
        self.assertEqual((settlement.state, settlement.difference), ("check", 4.49))
        self.assertEqual(len(settlement.line_ids), 5)
        cause = self.causes()
        self.assertEqual(cause.code, "settlement_difference:S-1")
        self.assertIn("25.51", cause.title)
        self.assertIn("30.0", cause.title)
        corrected = self.settle(total="25.51", paid_at="2030-01-30T12:00:00Z")
        self.assertEqual(corrected, settlement)
        self.assertEqual(settlement.state, "done")
        self.assertEqual(cause.state, "solved")

    @covers("R39")
    def test_the_final_one_replaces_the_provisional_one_and_never_the_other_way(self):
        self.take_in(self.document(lines=self.two_lines()))
        settlement = self.settle(self.lines()[:2], provisional=True)
        self.assertEqual((settlement.state, settlement.line_count), ("open", 2))
        final = self.settle()
        self.assertEqual(final, settlement)
        self.assertEqual((settlement.state, settlement.line_count), ("done", 5))
        self.settle(self.lines()[:3], provisional=True)
        self.assertEqual(self.item("S-1").message, "The final one is here already.")
        self.assertEqual((settlement.provisional, len(settlement.line_ids)), (False, 5))

    def test_the_same_twice_changes_nothing(self):
        settlement = self.settle()
        lines = settlement.line_ids
        self.item("S-1").action_replay()
        self.process()
        self.assertEqual(self.item("S-1").message, "Known already.")
        self.assertEqual(settlement.line_ids, lines)
        self.assertEqual(len(self.settlement()), 1)

    @covers("R39", "C11")
    def test_an_order_that_comes_late_is_matched_by_itself(self):
        settlement = self.settle()
        self.assertEqual(settlement.state, "waiting")
        self.assertEqual(settlement.line_ids.mapped("state")[:3], ["unknown"] * 3)
        self.assertEqual(settlement.problem_count, 3)
        order = self.take_in(self.document(lines=self.two_lines()))
        self.assertEqual(settlement.state, "done")
        self.assertEqual(settlement.line_ids[0].order_id, order)
        self.assertEqual(self.states(settlement)["1"], "matched")

    def test_an_amount_that_differs_from_the_order_is_shown(self):
        self.take_in(self.document(lines=self.two_lines()))
        lines = self.lines()
        lines[0] = settlement_line("1", "sale", "30.00", "O-1")
        settlement = self.settle(lines)
        self.assertEqual(self.states(settlement)["1"], "differs")
        self.assertEqual(self.states(settlement)["2"], "differs")
        self.assertEqual((settlement.state, settlement.problem_count), ("waiting", 2))

    def test_an_order_that_two_settlements_pay_is_matched_once_both_are_here(self):
        self.take_in(self.document(lines=self.two_lines()))
        first = self.settle([settlement_line("1", "sale", "30.00", "O-1")])
        self.assertEqual((first.state, self.states(first)), ("waiting", {"1": "differs"}))
        second = self.settle([settlement_line("1", "sale", "10.00", "O-1")], "S-2")
        self.assertEqual((first.state, second.state), ("done", "done"))
        self.assertEqual(self.states(first), {"1": "matched"})

    def test_what_is_still_open_is_not_counted_twice_with_what_is_final(self):
        self.take_in(self.document(lines=self.two_lines()))
        lines = [settlement_line("1", "sale", "40.00", "O-1")]
        final = self.settle(lines)
        self.settle(lines, "OPEN", provisional=True)
        self.assertEqual((final.state, self.states(final)), ("done", {"1": "matched"}))

    @covers("R39")
    def test_tax_that_the_channel_keeps_does_not_make_a_difference(self):
        self.take_in(self.document(lines=self.two_lines()))
        settlement = self.settle(
            [
                settlement_line("1", "sale", "37.00", "O-1"),
                settlement_line("2", "tax", "3.00", "O-1"),
                settlement_line("3", "tax", "-3.00", "O-1", type="Withheld"),
            ]
        )
        self.assertEqual(set(self.states(settlement).values()), {"matched"})
        second = self.take_in(self.document("O-2", self.two_lines("O-2")))
        self.assertEqual(second.total, 40.0)
        settlement = self.settle(
            [
                settlement_line("1", "sale", "40.00", "O-2"),
                settlement_line("2", "tax", "3.00", "O-2"),
                settlement_line("3", "tax", "-3.00", "O-2"),
            ],
            "S-2",
        )
        self.assertEqual(set(self.states(settlement).values()), {"matched"})

    @covers("R39", "R38")
    def test_refunds_are_matched_with_credit_notes(self):
        self.tea.invoice_policy = self.milk.invoice_policy = "order"
        order = self.take_in(self.document(lines=self.two_lines()))
        invoice = order.sale_order_id._create_invoices()
        invoice.action_post()
        settlement = self.settle(
            [*self.lines(), settlement_line("6", "refund", "-10.00", "O-1", type="Refund")]
        )
        self.assertEqual(settlement.line_ids[0].move_id, invoice)
        self.assertEqual(self.states(settlement)["6"], "differs")
        note = invoice._reverse_moves([{}])
        note.invoice_line_ids.filtered(lambda one: one.product_id == self.tea).quantity = 1
        note.invoice_line_ids.filtered(lambda one: one.product_id == self.milk).unlink()
        self.assertEqual(note.amount_total, 10.0)
        self.env["marketplace.settlement"]._cron_match()
        self.assertEqual(self.states(settlement)["6"], "matched")
        self.assertEqual(settlement.line_ids[5].move_id, note)
        self.assertEqual(settlement.state, "done")
        note.unlink()
        settlement.action_match()
        self.assertEqual(self.states(settlement)["6"], "differs")
        self.assertFalse(settlement.line_ids[5].move_id)

    def test_orders_of_another_account_are_not_ours(self):
        other = self._make_account("Other")
        self.take_in(self.document(lines=self.two_lines()), account=other)
        settlement = self.settle()
        self.assertEqual(self.states(settlement)["1"], "unknown")

    def test_lines_with_one_id_are_refused_so_that_no_money_gets_lost(self):
        self.settle([settlement_line("1", "fee", "-1"), settlement_line("1", "fee", "-2")])
        item = self.item("S-1")
        self.assertEqual(
            (item.status, item.cause_id.code), ("quarantined", "unreadable:settlement_lines")
        )
        self.assertFalse(self.settlement())

    def test_an_inactive_currency_holds_it_until_it_is_switched_on(self):
        currency = (
            self.env["res.currency"].with_context(active_test=False).search([("name", "=", "JPY")])
        )
        currency.active = False
        self.settle(currency="JPY")
        self.assertEqual(self.item("S-1").cause_id.code, "currency:JPY")
        currency.active = True
        self.process()
        self.assertEqual(self.settlement().currency_id, currency)

    def test_an_empty_settlement_and_one_of_nothing(self):
        settlement = self.settle([], total="0")
        self.assertEqual((settlement.state, settlement.line_count), ("done", 0))
        self.assertFalse(settlement.summary)

    def test_the_summary_draws_every_kind_once(self):
        settlement = self.settle()
        summary = str(settlement.summary)
        self.assertEqual(summary.count("<tr>"), 4)
        for words in ("Sales", "Shipping", "Fees", "Adjustments", "width: 100.0%", "36.00"):
            self.assertIn(words, summary)
        self.assertNotIn("Refunds", summary)

    @covers("R39")
    def test_ten_times_the_lines_cost_no_query_more(self):
        self.take_in(self.document(lines=self.two_lines()))

        def big(count, settlement_id):
            return settlement_document(
                settlement_id,
                [
                    settlement_line(str(number), "fee", "-0.01", f"X-{number}")
                    for number in range(count)
                ],
                currency=self.currency,
            )

        counts = []
        for count, name in ((300, "S-1"), (300, "S-2"), (3000, "S-3")):
            self.receive(big(count, name), topic="settlement", source="pull")
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.process()
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(self.settlement(name).line_count, count)
        self.assertEqual(counts[2], counts[1])

    def test_several_large_documents_take_a_batch_each(self):
        for number in range(3):
            self.receive(
                settlement_document(f"S-{number}", self.lines(), currency=self.currency),
                topic="settlement",
                source="pull",
            )
        account = self.account.with_user(self.engine_user)
        self.assertEqual(self.inbox._process_waiting(account), 1)
        self.assertEqual(self.statuses(), ["done", "new", "new"])
        self.assertEqual(self.process(), 2)
        self.assertEqual(self.statuses(), ["done"] * 3)
