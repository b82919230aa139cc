from datetime import timedelta

from odoo import api, fields, models

from ..tools import clock
from .marketplace_account_money import LEVELS

# Seconds that an order waits for the channel's word before a person is asked.
RISK_PATIENCE = 3600
# What is further on was sold without us.
GOES_ON = ("confirmed", "pending")


class MarketplaceOrder(models.Model):
    """Orders that nobody pays, and orders that may be a fraud.

    ::

        test ──ignore────▶ ledger row alone      risk below the account's level ──▶ as any other
             └─quotation─▶ never confirmed       from it on ──▶ quotation, held
                                                 held ──a person confirms, or the risk falls──▶ on
                                                 awaited ──the channel tells it──▶ on, or held
                                                         └─ not within an hour ──▶ held
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
    risk_awaited = fields.Boolean(
        "Its risk is not told yet",
        readonly=True,
        copy=False,
        help="A quotation until the channel says how likely it is a fraud.",
    )
    why_not = fields.Char("Why there is no sales order", readonly=True)

    _risk_awaited_idx = models.Index("(id) WHERE risk_awaited")

    # === HOOKS OF PROVIDERS === #

    @api.model
    def _waits_for_risk(self, account, order):
        """Whether the channel says how risky this order is a little later, with its next news:
        until then it stays a quotation, and nobody is asked.

        :param order: the neutral :class:`marketplace_adapters.core.Order`.
        """
        return False

    @api.model
    def _told_in_part(self, account, order):
        """Whether the channel's list says more of a new order than its message did, so that it is
        asked at once.

        :param order: the neutral :class:`marketplace_adapters.core.Order`.
        """
        return account.hold_risk != "never" and self._waits_for_risk(account, order)

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
        """Override to ask a person about what is held, and the channel about what it left out."""
        ledgers = super()._import(account, fresh)
        orders = {message.external_id: message.order for message, _ledger in fresh}
        for ledger in ledgers:
            if ledger.risk and not ledger.hands_off and account._holds(ledger.risk):
                ledger._hold_for_risk()
        ledgers.filtered(lambda one: one._awaits_risk(orders[one.external_id])).risk_awaited = True
        # What was read there said all that the list has.
        sent = {message.external_id for message, _ledger in fresh if message.source != "pull"}
        if any(
            self._told_in_part(account, orders[one.external_id])
            for one in ledgers
            if one.external_id in sent
        ):
            self.env["marketplace.engine"]._wake_pull(account)
        return ledgers

    def _awaits_risk(self, order):
        """Whether this quotation waits for a word that neither this document nor one before it
        said."""
        self.ensure_one()
        return (
            self.account_id.hold_risk != "never"
            and self.account_id.order_mode == "full"
            and not (order.risk or self.risk)
            and not (self.hands_off or self.test or self.risk_held)
            and self.sale_order_id.state in ("draft", "sent")
            and self._waits_for_risk(self.account_id, order)
        )

    # === CHANGES === #

    def _apply(self, message):
        """Override: the channel may say it, find out, or think better of it, later."""
        before, order = self.risk, message.order
        if order is None or not self.sale_order_id or self.hands_off:
            return super()._apply(message)
        awaited, told = self.risk_awaited, order.risk or before
        self.risk_awaited = self._awaits_risk(order)
        holds = self.account_id._holds(told)
        released = False
        if holds and not self.account_id._holds(before) and self.sale_order_id.state != "cancel":
            # Before anything else, so that nothing confirms it in between.
            self.risk = order.risk
            self._hold_for_risk()
        elif self.risk_held and told and not holds:
            self.risk_held = False
            self._forget_risk()
            released = True
        elif awaited and not holds:
            released = not self.risk_awaited
        result = super()._apply(message)
        if released:
            self._release(message)
        elif self.risk_awaited and message.source != "pull":
            self.env["marketplace.engine"]._wake_pull(self.account_id)
        return result

    def _release(self, message):
        """The channel says that nothing is wrong: what waited for that goes on. After the lines:
        they may know only now where they are delivered from."""
        order = message.order
        status = order.status.value
        if self.sale_order_id.state not in ("draft", "sent") or status not in GOES_ON:
            return
        if self._confirms(self.account_id, order):
            self._do_confirm(status)
            self._ship_as_told(order)
            message.settle("done", self.env._("Updated."), self)

    def _do_confirm(self, status):
        """Override: neither a test order nor one that is held, or waits, confirms itself."""
        if self.test or self.risk_held or self.risk_awaited:
            self._do_tell(status)
            return
        super()._do_confirm(status)

    def _stop_waiting(self):
        """The account holds nothing back any more: what waited goes on."""
        self.risk_awaited = False
        for order in self:
            if order.sale_order_id.state in ("draft", "sent") and order.status == "confirmed":
                order._do_confirm(order.status)

    @api.model
    def _ask_about_awaited(self):
        """Nothing waits for ever: after an hour a person decides in the channel's place."""
        since = clock.now() - timedelta(seconds=RISK_PATIENCE)
        late = self.search(
            [
                ("risk_awaited", "=", True),
                ("status", "=", "confirmed"),
                ("create_date", "<", since),
            ]
        )
        for order in late:
            order.risk_awaited = False
            if order.sale_order_id.state in ("draft", "sent"):
                order.risk_held = True
                order._ask_person(order._untold_question())

    def _untold_question(self):
        return self.env._(
            "%s does not say whether this may be a fraud: confirm it, or cancel it.",
            self.account_id.name,
        )

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
                    order._untold_question(),
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
                    or ledger.risk_awaited
                    or (state == "cancel" and ledger.account_id._holds(ledger.risk))
                )
            )
            if asked:
                asked.write({"risk_held": False, "risk_awaited": False})
                asked._forget_risk()
        return result
