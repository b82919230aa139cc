from odoo import api, fields, models

from .marketplace_account_money import LEVELS


class MarketplaceOrder(models.Model):
    """Orders that nobody pays, and orders that may be a fraud.

    ::

        test ──ignore────▶ ledger row alone      risk below the account's level ──▶ as any other
             └─quotation─▶ never confirmed       from it on ──▶ quotation, held
                                                 held ──a person confirms, or the risk falls──▶ on
    """

    _inherit = "marketplace.order"

    test = fields.Boolean("Test order", readonly=True, help="Placed to try the shop.")
    risk = fields.Selection(
        LEVELS, readonly=True, help="How likely it is a fraud, as the channel says."
    )
    risk_held = fields.Boolean(
        "Held for its risk",
        readonly=True,
        copy=False,
        help="A quotation until a person confirms it.",
    )
    why_not = fields.Char("Why there is no sales order", readonly=True)

    # === HOOKS OF PROVIDERS === #

    @api.model
    def _waits_for_risk(self, account, order):
        """Whether the channel says how risky this order is a little later, with its next news:
        until then it stays a quotation, and nobody is asked.

        :param order: the neutral :class:`marketplace_adapters.core.Order`.
        """
        return False

    # === IMPORT === #

    def _wants_creation(self, account, ledger, message):
        """Override: a test order is recorded only, where the account says so."""
        order = message.order
        if not order.test or account.test_orders != "ignore" or ledger.sale_order_id:
            return super()._wants_creation(account, ledger, message)
        if not ledger:
            why = self.env._("A test order: recorded only.")
            self._record_only(account, message)
            self.browse(message.order_id).why_not = why
            message.text = why
        return False

    def _mode_for(self, account, order):
        """Override: a test order is never more than a quotation."""
        mode = super()._mode_for(account, order)
        return "quotation" if order.test and mode == "full" else mode

    @api.model
    def _confirms(self, account, order):
        """Override: what may be a fraud waits for a person."""
        if account._holds(order.risk):
            return False
        if account.hold_risk != "never" and self._waits_for_risk(account, order):
            return False
        return super()._confirms(account, order)

    @api.model
    def _ledger_state(self, message):
        """Override to keep both."""
        order = message.order
        vals = super()._ledger_state(message)
        vals["test"] = order.test
        if order.risk in dict(LEVELS):
            vals["risk"] = order.risk
        return vals

    @api.model
    def _import(self, account, fresh):
        """Override to ask a person about what is held."""
        ledgers = super()._import(account, fresh)
        for ledger in ledgers:
            if ledger.risk and not ledger.hands_off and account._holds(ledger.risk):
                ledger._hold_for_risk()
        return ledgers

    # === CHANGES === #

    def _apply(self, message):
        """Override: the channel may find out, or think better of it, later."""
        before = self.risk
        if message.order is None or not self.sale_order_id or self.hands_off:
            return super()._apply(message)
        holds = self.account_id._holds(message.order.risk or before)
        if holds and not self.account_id._holds(before) and self.sale_order_id.state != "cancel":
            # Before anything else, so that nothing confirms it in between.
            self.risk = message.order.risk
            self._hold_for_risk()
        elif not holds and (self.risk_held or (message.order.risk and not before)):
            self._release(message.order)
        return super()._apply(message)

    def _release(self, order):
        """The channel says that nothing is wrong: what waited for that goes on."""
        if self.risk_held:
            self.risk_held = False
            self._forget_risk()
        waits = self.sale_order_id.state in ("draft", "sent")
        status = order.status.value
        if waits and status in ("confirmed", "pending") and self._confirms(self.account_id, order):
            self._do_confirm(status)

    def _do_confirm(self, status):
        """Override: neither a test order nor one that is held confirms itself."""
        if self.test or self.risk_held:
            self._do_tell(status)
            return
        super()._do_confirm(status)

    def _hold_for_risk(self):
        """Ask once; a quotation waits, for what is confirmed already a person must hurry."""
        self.ensure_one()
        account, sale = self.account_id, self.sale_order_id
        waits = sale.state in ("draft", "sent")
        self.risk_held = waits
        summary = (
            self.env._("Possible fraud according to %s: confirm it, or cancel it.", account.name)
            if waits
            else self.env._(
                "Possible fraud according to %s, found after it was confirmed.", account.name
            )
        )
        self._ask_person(summary)
        self.env["marketplace.cause"]._raise(
            account,
            self._risk_code(),
            self.env._(
                "%(account)s thinks that order %(number)s may be a fraud.",
                account=account.name,
                number=self.number,
            ),
            self.env._(
                "Open sales order %s, look at it on the channel, and confirm it or cancel it.",
                sale.name,
            ),
            "platform",
        )

    def _forget_risk(self):
        """The question is answered: by a person, or by the channel itself."""
        for order in self:
            self.env["marketplace.cause"].sudo()._solve(order.account_id, [order._risk_code()])
            order._answer_person(
                [
                    order.env._(
                        "Possible fraud according to %s: confirm it, or cancel it.",
                        order.account_id.name,
                    ),
                    order.env._(
                        "Possible fraud according to %s, found after it was confirmed.",
                        order.account_id.name,
                    ),
                ]
            )

    def _risk_code(self):
        return f"risk:{self.external_id}"

    def _answer_person(self, summaries):
        """What was asked of a person is settled: the question and its activity leave.

        :param summaries: texts of :meth:`_ask_person`, in the language of the asker; the attention
            itself is compared as well, so that another language only leaves an activity behind.
        """
        self.ensure_one()
        if self.attention in summaries:
            self.attention = False
        record = self.sale_order_id or self.account_id
        self.env["mail.activity"].sudo().search(
            [
                ("res_model", "=", record._name),
                ("res_id", "=", record.id),
                ("summary", "in", summaries),
            ]
        ).unlink()


class SaleOrder(models.Model):
    _inherit = "sale.order"

    marketplace_risk = fields.Selection(
        LEVELS,
        "Risk of fraud",
        compute="_compute_marketplace_risk",
        compute_sudo=True,
        help="As the channel says.",
    )
    marketplace_test = fields.Boolean(
        "Test order", compute="_compute_marketplace_risk", compute_sudo=True
    )

    @api.depends("marketplace_order_ids.risk", "marketplace_order_ids.test")
    def _compute_marketplace_risk(self):
        for sale in self:
            ledger = sale.marketplace_order_ids.sorted("id")[-1:]
            sale.marketplace_risk = ledger.risk
            sale.marketplace_test = ledger.test

    def _confirmation_error_message(self):
        """Override of `sale`: a test order is never confirmed."""
        error = super()._confirmation_error_message()
        if error or not self.env["marketplace.recorder"]._enabled():
            return error
        ledger = self.sudo().marketplace_order_ids.filtered("test")[:1]
        if ledger:
            return self.env._(
                "Order %(number)s of %(account)s is a test order: nobody pays it.",
                number=ledger.number,
                account=ledger.account_id.name,
            )
        return False

    def write(self, vals):
        """Override of `sale`: confirming or cancelling answers the question of a fraud."""
        result = super().write(vals)
        state = vals.get("state")
        if state in ("sale", "cancel") and self.env["marketplace.recorder"]._enabled():
            asked = self.sudo().marketplace_order_ids.filtered(
                lambda ledger: (
                    ledger.risk_held
                    or (state == "cancel" and ledger.account_id._holds(ledger.risk))
                )
            )
            if asked:
                asked.risk_held = False
                asked._forget_risk()
        return result
