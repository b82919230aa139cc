from odoo import Command, fields, models


class AccountMove(models.Model):
    """What Cartona pays or collects of an order, in the books.

    ::

        invoice 870.00 ─┬─ credit 20.00 + instalment 30.00 ─▶ owed by Cartona (reconciled)
                        └─ 820.00 of the retailer, and the wallet top-up 7.50 that is collected
                           for Cartona: 827.50, the cash to collect
    """

    _inherit = "account.move"

    cartona_invoice_id = fields.Many2one(
        "account.move",
        "Settles",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="Invoice of a Cartona order whose money this entry divides.",
    )

    def _post(self, soft=True):
        """Override of ``account`` to divide the money of Cartona's orders."""
        posted = super()._post(soft)
        if not self.env["marketplace.account"]._provider_used("cartona"):
            return posted
        for invoice in posted.filtered(lambda move: move.move_type == "out_invoice"):
            for sale in invoice.invoice_line_ids.sale_line_ids.order_id:
                order = sale._order_of("cartona")
                if order:
                    order._cartona_settle(invoice)
        return posted

    def button_draft(self):
        """Override of ``account``: the entry goes with its invoice, and is made anew with it."""
        self._cartona_undo_settlement()
        return super().button_draft()

    def button_cancel(self):
        """Override of ``account``: the entry goes with its invoice."""
        self._cartona_undo_settlement()
        return super().button_cancel()

    def _cartona_undo_settlement(self):
        invoices = self.filtered(lambda move: move.move_type == "out_invoice")
        if not invoices or not self.env["marketplace.account"]._provider_used("cartona"):
            return
        entries = self.sudo().search(
            [("cartona_invoice_id", "in", invoices.ids), ("state", "=", "posted")]
        )
        if entries:
            entries.button_draft()
            entries.button_cancel()

    def _cartona_settlement_vals(self, account, paid, top_up, currency, label):
        """Values of the entry that divides the money of this invoice.

        :param paid: what Cartona owes: credit and instalment, in the currency of the order.
        :param top_up: what the retailer pays for Cartona.
        """
        self.ensure_one()
        receivable = self._cartona_receivable()[:1]
        day = self.invoice_date or self.date

        def line(book, amount, partner):
            balance = currency._convert(amount, self.company_currency_id, self.company_id, day)
            return Command.create(
                {
                    "name": label,
                    "account_id": book.id,
                    "partner_id": partner.id,
                    "currency_id": currency.id,
                    "amount_currency": amount,
                    "balance": balance,
                }
            )

        nobody = self.env["res.partner"]
        clearing, owed = account.cartona_clearing_account_id, receivable.account_id
        lines = []
        if paid:
            lines += [line(clearing, paid, nobody), line(owed, -paid, receivable.partner_id)]
        if top_up:
            lines += [line(owed, top_up, receivable.partner_id), line(clearing, -top_up, nobody)]
        return {
            "move_type": "entry",
            "journal_id": account.cartona_journal_id.id,
            "date": day,
            "ref": label,
            "cartona_invoice_id": self.id,
            "line_ids": lines,
        }

    def _cartona_receivable(self):
        return self.line_ids.filtered(lambda one: one.account_id.account_type == "asset_receivable")
