from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.inbound import Quarantine
from ..tools.pricing import converted
from .marketplace_settlement_line import KINDS
from .marketplace_settlement_match import SALE_KINDS


class MarketplaceSettlement(models.Model):
    """A settlement as a draft journal entry.

    ::

        payout account            what the channel pays out
        receivable, per order     what it settled of an order that has a sales order here: an item
                                  that the order's invoice (or credit note) is reconciled with
        account of each kind      fees, and whatever belongs to no sales order here
    """

    _inherit = "marketplace.settlement"

    move_id = fields.Many2one(
        "account.move",
        "Journal entry",
        ondelete="set null",
        index="btree_not_null",
        readonly=True,
        copy=False,
    )
    move_state = fields.Selection(
        related="move_id.state", string="Status of the entry", tracking=False
    )
    move_line_ids = fields.One2many(
        related="move_id.line_ids",
        string="Journal items",
        groups="account.group_account_invoice",
    )
    entry_missing = fields.Text("Before it is booked", compute="_compute_entry_missing")

    # === COMPUTE METHODS === #

    @api.depends("state", "move_id")
    def _compute_entry_missing(self):
        for settlement in self:
            missing = [] if settlement.move_id else settlement.sudo()._missing()
            settlement.entry_missing = "\n".join(missing) or False

    def _missing(self):
        """What keeps it from being booked, in sentences for a person."""
        self.ensure_one()
        account, missing = self.account_id, []
        if self.state == "open":
            missing.append(self.env._("The channel has not closed this settlement yet."))
        if self.state == "check":
            missing.append(self.env._("Its lines do not add up to the channel's total."))
        if not account.settlement_journal_id:
            missing.append(self.env._("Choose the settlement journal of %s.", account.name))
        if not account.settlement_clearing_id:
            missing.append(self.env._("Choose the payout account of %s.", account.name))
        labels = dict(
            self.env["marketplace.settlement.line"]._fields["kind"]._description_selection(self.env)
        )
        known = set(account.settlement_account_ids.mapped("kind"))
        needed = set(self._by_kind(self._by_order())) - known
        missing += [
            self.env._("Say on which account “%s” is booked.", labels[kind])
            for kind, _label in KINDS
            if kind in needed
        ]
        return missing

    # === ACTIONS === #

    def action_propose_entry(self):
        """Make the draft entry, or open the one that is there.

        :raise UserError: says what is missing.
        """
        self.ensure_one()
        self.check_access("read")
        self.lock_for_update(allow_referencing=True)
        if not self.move_id:
            if missing := self.sudo()._missing():
                raise UserError("\n".join(missing))
            # Made with the user's own rights: whoever may not make journal entries makes none.
            moves = self.env["account.move"].with_company(self.company_id)
            move = moves.create(self._entry_vals())
            self.sudo().move_id = move
            self.sudo()._message_log(body=self.env._("Journal entry proposed."))
        return self.action_open_entry()

    def action_open_entry(self):
        """The journal entry."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "view_mode": "form",
            "res_id": self.move_id.id,
        }

    # === ENTRY === #

    def _entry_vals(self):
        settlement = self.sudo()
        account = settlement.account_id
        moment = settlement.paid_at or settlement.ended_at or fields.Datetime.now()
        date = fields.Datetime.context_timestamp(self, moment).date()
        items = settlement._items(date)
        return {
            "move_type": "entry",
            "journal_id": account.settlement_journal_id.id,
            "company_id": account.company_id.id,
            "currency_id": settlement.currency_id.id,
            "date": date,
            "ref": f"{account.name} {settlement.external_id}",
            "line_ids": [fields.Command.create(item) for item in items],
        }

    def _items(self, date):
        """Journal items: balanced in the settlement's currency and in the company's.

        What the rounding of each conversion leaves over goes into the largest item.
        """
        company, currency = self.company_id, self.currency_id
        home = company.currency_id
        items = self._receivable_items() + self._kind_items()
        payout = sum(item["amount_currency"] for item in items)
        if not currency.is_zero(payout):
            items.insert(
                0,
                {
                    "account_id": self.account_id.settlement_clearing_id.id,
                    "name": self.env._("Payout of %s", self.external_id),
                    "amount_currency": -payout,
                },
            )
        for item in items:
            item["amount_currency"] = currency.round(item["amount_currency"])
            item["currency_id"] = currency.id
            item["balance"] = converted(item["amount_currency"], currency, home, company, date)
            # No tax by default of an account: the amounts are final.
            item["tax_ids"] = [fields.Command.clear()]
        if items:
            largest = max(items, key=lambda item: abs(item["balance"]))
            rest = sum(item["balance"] for item in items if item is not largest)
            largest["balance"] = home.round(-rest)
        return items

    def _receivable_items(self):
        orders = self._by_order()
        parties = self._parties(orders)
        items = []
        for order in orders:
            for amount, move_type, label in (
                (order["paid"], "out_invoice", self.env._("%s: paid", order["number"])),
                (order["refunded"], "out_refund", self.env._("%s: refunded", order["number"])),
            ):
                if self.currency_id.is_zero(amount):
                    continue
                partner, receivable = parties[order["sale_order_id"], move_type]
                items.append(
                    {
                        "account_id": receivable,
                        "partner_id": partner,
                        "name": label,
                        "amount_currency": -amount,
                    }
                )
        return items

    def _kind_items(self):
        accounts = {
            row.kind: row.ledger_account_id for row in self.account_id.settlement_account_ids
        }
        labels = dict(
            self.env["marketplace.settlement.line"]._fields["kind"]._description_selection(self.env)
        )
        return [
            {
                "account_id": accounts[kind].id,
                "name": f"{labels[kind]} {self.external_id}",
                "amount_currency": -amount,
            }
            for kind, amount in self._by_kind(self._by_order()).items()
        ]

    # === SUMS === #

    def _by_order(self):
        """What was settled of each order that has a sales order here.

        Tax that the channel keeps (a negative tax) is part of it only when the order's total on
        the channel is without that tax.

        By SQL: thousands of orders in one statement.

        :return: list of {order_id, number, sale_order_id, paid, withheld, refunded}; floats.
        """
        self.ensure_one()
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT ledger.id, ledger.number, ledger.sale_order_id,
                   coalesce(sum(line.amount) FILTER (WHERE line.kind = ANY(%(sale)s)), 0),
                   coalesce(sum(line.amount) FILTER (
                       WHERE line.kind = 'tax' AND line.amount < 0), 0),
                   coalesce(sum(line.amount) FILTER (WHERE line.kind = 'refund'), 0),
                   ledger.total
              FROM marketplace_settlement_line line
              JOIN marketplace_order ledger ON ledger.id = line.order_id
             WHERE line.settlement_id = %(id)s AND ledger.sale_order_id IS NOT NULL
               AND line.kind = ANY(%(all)s)
             GROUP BY ledger.id
             ORDER BY ledger.number, ledger.id
            """,
            {"id": self.id, "sale": list(SALE_KINDS), "all": [*SALE_KINDS, "refund"]},
        )
        orders = []
        for order_id, number, sale_order_id, net, kept, refunded, total in self.env.cr.fetchall():
            gross_fits = kept and abs(net - kept - total) < abs(net - total)
            withheld = kept if gross_fits else 0
            orders.append(
                {
                    "order_id": order_id,
                    "number": number,
                    "sale_order_id": sale_order_id,
                    "paid": float(net - withheld),
                    "withheld": float(withheld),
                    "refunded": float(refunded),
                }
            )
        return orders

    def _by_kind(self, orders):
        """What is booked by kind: all that is not in ``orders``.

        :return: {kind: amount} without zeros, in the order of the kinds.
        """
        self.ensure_one()
        self.env.cr.execute(
            """
            -- By SQL: the sums of all lines of a settlement, without reading one of them.
            SELECT line.kind, sum(line.amount)
              FROM marketplace_settlement_line line
              LEFT JOIN marketplace_order ledger ON ledger.id = line.order_id
             WHERE line.settlement_id = %s
               AND NOT (line.kind = ANY(%s) AND ledger.sale_order_id IS NOT NULL)
             GROUP BY line.kind
            """,
            [self.id, [*SALE_KINDS, "refund"]],
        )
        sums = {kind: float(amount) for kind, amount in self.env.cr.fetchall()}
        sums["tax"] = sums.get("tax", 0.0) + sum(order["withheld"] for order in orders)
        return {
            kind: sums[kind]
            for kind, _label in KINDS
            if not self.currency_id.is_zero(sums.get(kind, 0.0))
        }

    def _parties(self, orders):
        """Contact and receivable account of each order: of its posted invoice or credit note,
        else those of whoever is billed.

        By SQL: the items of thousands of invoices in one statement.

        :return: {(sale order id, "out_invoice" or "out_refund"): (partner id, account id)}
        """
        sale_ids = [order["sale_order_id"] for order in orders]
        self.env.cr.execute(
            """
            SELECT DISTINCT ON (sold.order_id, move.move_type)
                   sold.order_id, move.move_type, due.partner_id, due.account_id
              FROM sale_order_line sold
              JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = sold.id
              JOIN account_move_line billed ON billed.id = rel.invoice_line_id
              JOIN account_move move ON move.id = billed.move_id
              JOIN account_move_line due
                ON due.move_id = move.id AND due.display_type = 'payment_term'
             WHERE sold.order_id = ANY(%s) AND move.state = 'posted'
               AND move.move_type IN ('out_invoice', 'out_refund')
             ORDER BY sold.order_id, move.move_type, move.id DESC
            """,
            [sale_ids],
        )
        found = {row[:2]: row[2:] for row in self.env.cr.fetchall()}
        parties = {}
        for sale in self.env["sale.order"].browse(sale_ids).with_company(self.company_id):
            partner = sale.partner_invoice_id.commercial_partner_id
            usual = (partner.id, partner.property_account_receivable_id.id)
            invoice = found.get((sale.id, "out_invoice"), usual)
            parties[sale.id, "out_invoice"] = invoice
            parties[sale.id, "out_refund"] = found.get((sale.id, "out_refund"), invoice)
        return parties

    # === AFTERWARDS === #

    def _check_not_booked(self):
        """Override: a posted entry keeps the lines that it was made of."""
        for settlement in self.filtered("move_id"):
            if settlement.move_id.state == "posted":
                raise Quarantine(
                    f"settlement_booked:{settlement.external_id}",
                    self.env._(
                        "Settlement %s changed on the channel after it was booked.",
                        settlement.external_id,
                    ),
                    self.env._(
                        "Set its journal entry back to draft and delete it, then press Retry; or "
                        "mark this as solved to leave it as it is."
                    ),
                    "platform",
                )
            settlement._message_log(
                body=self.env._(
                    "Changed on the channel: delete the proposed journal entry and propose it anew."
                )
            )
