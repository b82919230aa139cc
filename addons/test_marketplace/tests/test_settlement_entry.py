"""A settlement becomes a draft journal entry that balances."""

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from marketplace_adapters.testing import covers
from marketplace_adapters.testing.fake_money import settlement_document, settlement_line

from .test_settlement import SettlementCase


@tagged("post_install", "-at_install")
class TestSettlementEntry(SettlementCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        account = cls.env["account.account"]
        if not cls.env["account.journal"].search([("type", "=", "general")], limit=1):
            cls.env["account.chart.template"].try_loading("generic_coa", cls.company)
        cls.clearing = account.create(
            {
                "name": "Channel payouts",
                "code": "MPCLEAR",
                "account_type": "asset_current",
                "reconcile": True,
            }
        )
        cls.expense = account.create(
            {"name": "Channel fees", "code": "MPFEE", "account_type": "expense"}
        )
        cls.journal = cls.env["account.journal"].create(
            {"name": "Settlements", "code": "MPSET", "type": "general"}
        )
        cls.tea.invoice_policy = cls.milk.invoice_policy = "order"
        cls.accountant = new_test_user(
            cls.env,
            "s-accountant",
            groups="marketplace.group_user,account.group_account_manager",
        )

    def configure(self):
        self.account.write(
            {
                "settlement_journal_id": self.journal.id,
                "settlement_clearing_id": self.clearing.id,
                "settlement_account_ids": [
                    fields.Command.create({"kind": kind, "ledger_account_id": self.expense.id})
                    for kind in ("fee", "adjustment", "tax", "sale", "shipping")
                ],
            }
        )

    def propose(self, settlement):
        settlement.with_user(self.accountant).action_propose_entry()
        return settlement.move_id

    def items(self, move):
        return {(item.account_id, item.name): item.amount_currency for item in move.line_ids}

    @covers("R39", "X12")
    def test_the_entry_balances_and_its_items_settle_the_invoices(self):
        self.configure()
        order = self.take_in(self.document(lines=self.two_lines()))
        invoice = order.sale_order_id._create_invoices()
        invoice.action_post()
        settlement = self.settle(paid_at="2030-01-31T12:00:00Z")
        self.assertFalse(settlement.entry_missing)
        move = self.propose(settlement)
        receivable = invoice.line_ids.filtered(lambda one: one.display_type == "payment_term")
        self.assertEqual(
            self.items(move),
            {
                (self.clearing, "Payout of S-1"): 25.51,
                (receivable.account_id, "O-1: paid"): -40.0,
                (self.expense, "Fees S-1"): 15.99,
                (self.expense, "Adjustments S-1"): -1.5,
            },
        )
        self.assertEqual((move.state, move.ref), ("draft", "Fake S-1"))
        self.assertEqual(move.date, fields.Date.to_date("2030-01-31"))
        self.assertAlmostEqual(sum(move.line_ids.mapped("balance")), 0.0, 6)
        item = move.line_ids.filtered(lambda one: one.name == "O-1: paid")
        self.assertEqual(item.partner_id, receivable.partner_id)
        move.action_post()
        (item | receivable).reconcile()
        self.assertEqual(invoice.payment_state, "paid")

    @covers("R39")
    def test_twice_is_the_same_entry_and_nothing_is_posted_by_itself(self):
        self.configure()
        self.take_in(self.document(lines=self.two_lines()))
        settlement = self.settle()
        move = self.propose(settlement)
        again = settlement.with_user(self.accountant).action_propose_entry()
        self.assertEqual((again["res_id"], move.state), (move.id, "draft"))
        self.assertEqual(settlement.with_user(self.accountant).move_line_ids, move.line_ids)
        self.assertEqual(self.env["account.move"].search_count([("ref", "=", "Fake S-1")]), 1)

    def test_what_is_missing_is_said_in_words(self):
        self.take_in(self.document(lines=self.two_lines()))
        settlement = self.settle()
        with self.assertRaises(UserError) as refused:
            self.propose(settlement)
        self.assertEqual(
            str(refused.exception).splitlines(),
            [
                "Choose the settlement journal of Fake.",
                "Choose the payout account of Fake.",
                "Say on which account “Fees” is booked.",
                "Say on which account “Adjustments” is booked.",
            ],
        )
        self.assertEqual(settlement.entry_missing, str(refused.exception))
        self.configure()
        settlement.invalidate_recordset(["entry_missing"])
        self.assertFalse(settlement.entry_missing)

    def test_what_is_open_or_does_not_add_up_is_not_booked(self):
        self.configure()
        settlement = self.settle(provisional=True)
        self.assertEqual(
            settlement.entry_missing, "The channel has not closed this settlement yet."
        )
        wrong = self.settle(settlement_id="S-2", total="1")
        self.assertEqual(wrong.entry_missing, "Its lines do not add up to the channel's total.")
        with self.assertRaises(UserError):
            self.propose(wrong)

    @covers("R39")
    def test_refunds_and_kept_tax_find_their_own_place(self):
        self.configure()
        order = self.take_in(self.document(lines=self.two_lines()))
        settlement = self.settle(
            [
                settlement_line("1", "sale", "37.00", "O-1"),
                settlement_line("2", "tax", "3.00", "O-1"),
                settlement_line("3", "tax", "-3.00", "O-1"),
                settlement_line("4", "refund", "-10.00", "O-1"),
            ]
        )
        move = self.propose(settlement)
        partner = order.sale_order_id.partner_invoice_id
        receivable = partner.property_account_receivable_id
        self.assertEqual(
            self.items(move),
            {
                (self.clearing, "Payout of S-1"): 27.0,
                (receivable, "O-1: paid"): -40.0,
                (receivable, "O-1: refunded"): 10.0,
                (self.expense, "Tax S-1"): 3.0,
            },
        )

    @covers("R39")
    def test_another_currency_balances_in_both(self):
        self.configure()
        foreign = (
            self.env["res.currency"].with_context(active_test=False).search([("name", "=", "GBP")])
        )
        foreign.active = True
        self.env["res.currency.rate"].create(
            {
                "currency_id": foreign.id,
                "company_id": self.company.id,
                "name": "2030-01-01",
                "rate": 0.87654321,
            }
        )
        lines = [settlement_line(str(n), "fee", "-0.37", type="Fee") for n in range(7)]
        lines += [settlement_line(str(n), "adjustment", "1.11") for n in range(7, 12)]
        lines += [settlement_line("20", "sale", "33.33", "X-1")]
        settlement = self.settle(lines, currency="GBP")
        move = self.propose(settlement)
        self.assertEqual(move.currency_id, foreign)
        self.assertEqual(set(move.line_ids.currency_id), {foreign})
        self.assertAlmostEqual(sum(move.line_ids.mapped("amount_currency")), 0.0, 6)
        self.assertAlmostEqual(sum(move.line_ids.mapped("balance")), 0.0, 6)
        payout = move.line_ids.filtered(lambda one: one.account_id == self.clearing)
        self.assertEqual(payout.amount_currency, 36.29)
        self.assertAlmostEqual(payout.balance, 36.29 / 0.87654321, 1)
        move.action_post()

    def test_the_entry_is_made_in_the_company_of_the_account(self):
        other = self.env["res.company"].create(
            {"name": "Other", "currency_id": self.company.currency_id.id}
        )
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", other.id)], limit=1)
        account = self._make_account("Foreign", company_id=other.id, warehouse_id=warehouse.id)
        journal = self.env["account.journal"].create(
            {"name": "Theirs", "code": "THEIR", "type": "general", "company_id": other.id}
        )
        booked = self.env["account.account"].create(
            {
                "name": "Theirs",
                "code": "THEIRS",
                "account_type": "expense",
                "company_ids": other.ids,
            }
        )
        account.write(
            {
                "settlement_journal_id": journal.id,
                "settlement_clearing_id": booked.id,
                "settlement_account_ids": [
                    fields.Command.create({"kind": "fee", "ledger_account_id": booked.id})
                ],
            }
        )
        document = settlement_document(
            "S-9", [settlement_line("1", "fee", "-1.00")], currency=self.currency
        )
        self.receive(document, topic="settlement", account=account)
        self.process(account)
        settlement = self.env["marketplace.settlement"].search([("external_id", "=", "S-9")])
        self.accountant.company_ids |= other
        settlement.with_user(self.accountant).with_context(
            allowed_company_ids=[self.company.id, other.id]
        ).action_propose_entry()
        self.assertEqual(settlement.move_id.company_id, other)
        self.assertEqual(settlement.move_id.line_ids.account_id, booked)
        with self.assertRaises(UserError):
            account.settlement_journal_id = self.journal

    def test_suggested_accounts_fill_only_what_is_empty(self):
        self.account.settlement_journal_id = self.journal
        self.account.action_suggest_settlement_accounts()
        self.assertEqual(self.account.settlement_journal_id, self.journal)
        self.assertEqual(self.account.settlement_clearing_id, self.company.transfer_account_id)
        rows = {row.kind: row.ledger_account_id for row in self.account.settlement_account_ids}
        expense = self.env["account.journal"].search([("type", "=", "purchase")], limit=1)
        self.assertEqual(rows["fee"], expense.default_account_id)
        self.assertEqual(len(rows), 10)
        self.account.action_suggest_settlement_accounts()
        self.assertEqual(len(self.account.settlement_account_ids), 10)

    def test_who_keeps_no_books_makes_no_entry(self):
        self.configure()
        settlement = self.settle([settlement_line("1", "fee", "-1.00")])
        user = new_test_user(self.env, "s-plain", groups="marketplace.group_user")
        with self.assertRaises(AccessError):
            settlement.with_user(user).action_propose_entry()
        self.assertFalse(settlement.move_id)

    @covers("R39")
    def test_a_booked_settlement_is_not_changed_behind_the_books(self):
        self.configure()
        settlement = self.settle()
        self.propose(settlement).action_post()
        self.settle(total="25.51", paid_at="2030-02-01T12:00:00Z")
        item = self.item("S-1")
        self.assertEqual(
            (item.status, item.cause_id.code), ("quarantined", "settlement_booked:S-1")
        )
        self.assertFalse(settlement.paid_at)
        settlement.move_id.button_draft()
        settlement.move_id.unlink()
        item.cause_id.action_retry_all()
        self.process()
        self.assertEqual(settlement.paid_at, fields.Datetime.to_datetime("2030-02-01 12:00:00"))
        self.assertEqual(self.causes().filtered(lambda c: "booked" in c.code), self.causes("x"))
