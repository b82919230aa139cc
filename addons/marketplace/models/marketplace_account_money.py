from odoo import api, fields, models

LEVELS = [("low", "Low"), ("medium", "Medium"), ("high", "High")]


class MarketplaceAccount(models.Model):
    """What an account does with refunds, suspicious and test orders, late changes and
    cancellations."""

    _inherit = "marketplace.account"

    refund_mode = fields.Selection(
        selection_add=[("posted", "Return, and a posted credit note")],
        ondelete={"posted": lambda accounts: accounts.write({"refund_mode": "draft"})},
        help="Refunds and returns that the channel tells. Posted: goods that are back are "
        "received, and credit notes are posted; else both are drafts for a person.",
    )
    refund_product_id = fields.Many2one(
        "product.product",
        "Refund product",
        domain="[('type', '=', 'service')]",
        default=lambda self: self._default_product("product_refund"),
        help="For money given back that belongs to no line of the order.",
    )
    late_changes = fields.Selection(
        [
            ("ask", "Ask a person"),
            ("apply", "Take over what is possible"),
        ],
        "Changes after goods left",
        compute="_compute_by_provider",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="Lines that the channel changes after goods left or an invoice was posted. What has "
        "left stays on the sales order until it is back.",
    )
    restock_policy = fields.Selection(
        [
            ("return", "By the return transfer"),
            ("credit_note", "With the credit note, for goods that are back"),
            ("always", "With every credit note"),
            ("never", "Never"),
        ],
        "Tell that goods are back",
        compute="_compute_by_provider",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    test_orders = fields.Selection(
        [("ignore", "Record only"), ("quotation", "Quotation, never confirmed")],
        "Test orders",
        default="ignore",
        required=True,
    )
    hold_risk = fields.Selection(
        [("never", "Never"), *LEVELS],
        "Hold orders from risk",
        default="high",
        required=True,
        help="An order that the channel finds as risky or riskier stays a quotation until a person "
        "confirms it.",
    )
    cancel_restock = fields.Boolean(
        "Goods are for sale again", default=True, help="Told with a cancellation."
    )
    cancel_refund = fields.Boolean(
        "The channel gives the money back", help="Told with a cancellation."
    )
    cancel_notify = fields.Boolean(
        "The channel writes to the buyer", help="Told with a cancellation."
    )
    fee_ids = fields.One2many("marketplace.fee", "account_id", "Products of fees")
    term_ids = fields.One2many("marketplace.term", "account_id", "Terms of payment")

    # === COMPUTE METHODS === #

    @api.depends("provider")
    def _compute_by_provider(self):
        for account in self:
            account.late_changes = account.late_changes or account._default_late_changes()
            account.restock_policy = account.restock_policy or account._default_restock_policy()

    # === HOOKS OF PROVIDERS === #

    def _default_late_changes(self):
        """``ask`` or ``apply``; a channel that tells every refund by itself can apply."""
        return "ask"

    def _default_restock_policy(self):
        """How the channel hears that goods are back, before anybody chose."""
        return "return"

    def _tells_refunds(self):
        """Whether the channel tells every refund with its money, by itself (topic ``return``).

        Then a return without money is one of goods alone, and an order that is returned as a
        whole needs nothing more. The lines of such a channel's orders are those that are left
        after refunds and returns.
        """
        self.ensure_one()
        return False

    # === CRUD METHODS === #

    def write(self, vals):
        result = super().write(vals)
        if vals.get("hold_risk") == "never":
            self.env["marketplace.order"].sudo().search(
                [("account_id", "in", self.ids), ("risk_awaited", "=", True)]
            )._stop_waiting()
        return result

    # === BUSINESS METHODS === #

    def _holds(self, risk):
        """Whether an order with this risk waits for a person."""
        self.ensure_one()
        levels = [level for level, _label in LEVELS]
        if self.hold_risk not in levels or risk not in levels:
            return False
        return levels.index(risk) >= levels.index(self.hold_risk)


class MarketplaceFee(models.Model):
    """Which product stands for one kind of fee of an account: tips, duties, gift cards…"""

    _name = "marketplace.fee"
    _description = "Marketplace Fee Product"
    _order = "account_id, code"
    _rec_name = "code"

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    code = fields.Char("Fee", required=True, help="As the channel calls it, e.g. tip.")
    product_id = fields.Many2one(
        "product.product",
        domain="[('type', '=', 'service')]",
        help="Empty: the fee product of the account.",
    )

    _code_unique = models.Constraint("UNIQUE (account_id, code)", "This fee has a product already.")

    @api.model
    def _note(self, account, codes):
        """Rows for fees that were never seen, so that somebody can choose a product for them.

        By SQL: two batches of one account may see the same new fee at once.
        """
        new = sorted({code[:100] for code in codes if code} - set(account.fee_ids.mapped("code")))
        if not new:
            return
        self.env.cr.execute(
            """
            INSERT INTO marketplace_fee
                (account_id, company_id, code, create_uid, create_date, write_uid, write_date)
            SELECT %(account)s, %(company)s, code, %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s,
                   now() AT TIME ZONE 'UTC'
              FROM unnest(%(codes)s) AS code
                ON CONFLICT (account_id, code) DO NOTHING
            """,
            {
                "account": account.id,
                "company": account.company_id.id,
                "codes": new,
                "uid": self.env.uid,
            },
        )
        account.invalidate_recordset(["fee_ids"])

    @api.model
    def _product(self, account, line):
        """The product of a fee line; empty when none was chosen for it."""
        code = line.listing.sku or line.name
        return account.fee_ids.filtered(lambda fee: fee.code == code).product_id


class MarketplaceTerm(models.Model):
    """Which payment terms the words of a channel mean."""

    _name = "marketplace.term"
    _description = "Marketplace Terms of Payment"
    _order = "account_id, name"

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    name = fields.Char("On the channel", required=True, help="In the channel's own words.")
    payment_term_id = fields.Many2one(
        "account.payment.term",
        "Payment terms",
        help="Empty: as for other orders of the account.",
    )

    _name_unique = models.Constraint("UNIQUE (account_id, name)", "These terms are here already.")

    @api.model
    def _terms(self, account, buyer):
        """Payment terms of an order: what the company agreed with the channel, where the account
        knows what it means, else the account's own."""
        words = buyer.company.terms if buyer.company else ""
        own = account.term_ids.filtered(lambda term: term.name == words)
        return own.payment_term_id or account.payment_term_id

    @api.model
    def _note(self, account, words):
        """Rows for terms that were never seen, so that somebody can choose what they mean.

        By SQL: two batches of one account may see the same new words at once.
        """
        known = set(account.term_ids.mapped("name"))
        new = sorted({word[:250] for word in words if word} - known)
        if not new:
            return
        self.env.cr.execute(
            """
            INSERT INTO marketplace_term
                (account_id, company_id, name, create_uid, create_date, write_uid, write_date)
            SELECT %(account)s, %(company)s, name, %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s,
                   now() AT TIME ZONE 'UTC'
              FROM unnest(%(names)s) AS name
                ON CONFLICT (account_id, name) DO NOTHING
            """,
            {
                "account": account.id,
                "company": account.company_id.id,
                "names": new,
                "uid": self.env.uid,
            },
        )
        account.invalidate_recordset(["term_ids"])
