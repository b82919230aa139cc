from odoo import fields, models

from .marketplace_settlement_line import KINDS


class MarketplaceSettlementAccount(models.Model):
    """Where an account books amounts of one kind that settle no order of ours."""

    _name = "marketplace.settlement.account"
    _description = "Marketplace Settlement Booking"
    _order = "account_id, id"
    _rec_name = "kind"
    _check_company_auto = True

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    kind = fields.Selection(KINDS, required=True, string="What it is")
    ledger_account_id = fields.Many2one(
        "account.account", required=True, check_company=True, string="Booked on"
    )

    _kind_unique = models.Constraint(
        "UNIQUE (account_id, kind)", "Each kind is booked on one account."
    )


class MarketplaceAccount(models.Model):
    """How settlements of an account are booked. A proposal is a draft: nothing is ever posted by
    itself, and no taxes are computed: the channel's amounts are booked as they are. Tax on the
    channel's fees comes into the books with the channel's own invoice."""

    _inherit = "marketplace.account"

    settlement_journal_id = fields.Many2one(
        "account.journal",
        "Settlement journal",
        check_company=True,
        domain="[('type', 'in', ('general', 'bank'))]",
        help="Journal entries that are proposed for settlements are made here.",
    )
    settlement_clearing_id = fields.Many2one(
        "account.account",
        "Payout account",
        check_company=True,
        help="What the channel pays out is booked here: an account that is cleared when the money "
        "arrives at the bank.",
    )
    settlement_account_ids = fields.One2many(
        "marketplace.settlement.account", "account_id", string="Bookings by kind"
    )

    def action_suggest_settlement_accounts(self):
        """Fill what is empty with the company's usual accounts; what a person chose stays."""
        for account in self:
            company = account.company_id
            if not account.settlement_journal_id:
                account.settlement_journal_id = account._first_journal("general")
            if not account.settlement_clearing_id:
                account.settlement_clearing_id = company.transfer_account_id
            known = set(account.settlement_account_ids.mapped("kind"))
            self.env["marketplace.settlement.account"].create(
                [
                    {"account_id": account.id, "kind": kind, "ledger_account_id": found.id}
                    for kind, found in account._usual_accounts().items()
                    if found and kind not in known
                ]
            )

    def _usual_accounts(self):
        """:return: {kind: account.account, may be empty}"""
        self.ensure_one()
        company = self.company_id
        income = self._first_journal("sale").default_account_id
        expense = self._first_journal("purchase").default_account_id
        taxes = company.account_sale_tax_id.invoice_repartition_line_ids.account_id[:1]
        payout = self.settlement_clearing_id or company.transfer_account_id
        usual = dict.fromkeys(("sale", "shipping", "discount", "refund"), income)
        usual |= dict.fromkeys(("fee", "adjustment", "other"), expense)
        usual |= {"tax": taxes or income, "reserve": payout, "transfer": payout}
        return {kind: usual[kind] for kind, _label in KINDS}

    def _first_journal(self, journal_type):
        return self.env["account.journal"].search(
            [("company_id", "parent_of", self.company_id.id), ("type", "=", journal_type)],
            limit=1,
        )
