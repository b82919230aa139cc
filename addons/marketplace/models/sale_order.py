from contextlib import contextmanager

from odoo import api, fields, models

from ..const import CANCEL_NOTE_KEY, CANCEL_OPTIONS_KEY, REASON_KEY
from .marketplace_order import STATUS


class SaleOrder(models.Model):
    _inherit = "sale.order"

    marketplace_order_ids = fields.One2many(
        "marketplace.order",
        "sale_order_id",
        "Marketplace orders",
        groups="marketplace.group_user,marketplace.group_engine",
    )
    marketplace_order_id = fields.Char(
        "Marketplace order",
        compute="_compute_marketplace",
        search="_search_marketplace_order_id",
        compute_sudo=True,
        help="The order's id on the channel; empty for orders that came another way.",
    )
    marketplace_account_id = fields.Many2one(
        "marketplace.account",
        compute="_compute_marketplace",
        search="_search_marketplace_account_id",
        compute_sudo=True,
    )
    marketplace_status = fields.Selection(
        STATUS,
        "Status on the channel",
        compute="_compute_marketplace",
        search="_search_marketplace_status",
        compute_sudo=True,
    )
    marketplace_sync_date = fields.Datetime(
        "Last news of the channel", compute="_compute_marketplace", compute_sudo=True
    )
    marketplace_attention = fields.Char(
        compute="_compute_marketplace",
        compute_sudo=True,
        help="What a person must decide about this order of a channel.",
    )

    marketplace_currency_id = fields.Many2one(
        "res.currency",
        readonly=True,
        help="What the buyer pays in, where no pricelist says it.",
    )

    marketplace_stocked = fields.Boolean(
        "Goods kept by the channel",
        readonly=True,
        help="Delivered from the channel's own store: no transfer is made and your stock stays "
        "as it is.",
    )

    # === COMPUTE METHODS === #

    @api.depends("marketplace_currency_id")
    def _compute_currency_id(self):
        """Override of `sale`: an order of a channel has the channel's currency."""
        super()._compute_currency_id()
        for sale in self:
            if sale.marketplace_currency_id and not sale.pricelist_id:
                sale.currency_id = sale.marketplace_currency_id

    @api.depends(
        "marketplace_order_ids.external_id",
        "marketplace_order_ids.status",
        "marketplace_order_ids.last_seen_at",
        "marketplace_order_ids.acknowledged_at",
        "marketplace_order_ids.attention",
    )
    def _compute_marketplace(self):
        """Of the newest ledger row; a sale seen through two channels has two."""
        for sale in self:
            ledger = sale.marketplace_order_ids.sorted("id")[-1:]
            sale.marketplace_order_id = ledger.external_id
            sale.marketplace_account_id = ledger.account_id
            sale.marketplace_status = ledger.status
            sale.marketplace_sync_date = max(
                filter(None, (ledger.last_seen_at, ledger.acknowledged_at)), default=False
            )
            sale.marketplace_attention = ledger.attention

    @api.model
    def _search_marketplace_order_id(self, operator, value):
        return self._search_ledger("external_id", operator, value)

    @api.model
    def _search_marketplace_account_id(self, operator, value):
        return self._search_ledger("account_id", operator, value)

    @api.model
    def _search_marketplace_status(self, operator, value):
        return self._search_ledger("status", operator, value)

    @api.model
    def _search_ledger(self, field, operator, value):
        """Sales orders by a field of their ledger row; ``False`` finds those without one."""
        if operator in fields.Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        ledgers = self.env["marketplace.order"].sudo().with_context(active_test=False)
        clauses = []
        if operator == "in" and False in value:
            value = [one for one in value if one is not False]
            linked = ledgers._search([("sale_order_id", "!=", False)])
            clauses.append([("id", "not in", linked.subselect("sale_order_id"))])
        found = ledgers._search([("sale_order_id", "!=", False), (field, operator, value)])
        clauses.append([("id", "in", found.subselect("sale_order_id"))])
        return fields.Domain.OR(clauses)

    # === ORDERS OF ONE PROVIDER === #

    def _order_of(self, provider):
        """The order of a provider that this sales order came from, as superuser; else empty."""
        orders = self.sudo().marketplace_order_ids
        return orders.filtered(lambda order: order.provider == provider)[:1]

    @api.model
    def _orders_of(self, provider, domain):
        """Query of the ledger rows of a provider that became sales orders."""
        own = fields.Domain([("provider", "=", provider), ("sale_order_id", "!=", False)])
        return self.env["marketplace.order"].sudo()._search(own & fields.Domain(domain))

    @api.model
    def _search_order_of(self, provider, field, operator, value):
        """Sales orders by a field of their order of a provider; ``False`` finds all others."""
        if operator in fields.Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        wanted = [one for one in value if one] if operator == "in" else value
        found = self._orders_of(provider, [(field, "!=", False), (field, operator, wanted)])
        domain = fields.Domain("id", "in", found.subselect("sale_order_id"))
        if operator == "in" and len(wanted) < len(list(value)):
            linked = self._orders_of(provider, [(field, "!=", False)])
            domain |= fields.Domain("id", "not in", linked.subselect("sale_order_id"))
        return domain

    # === CRUD METHODS === #

    def write(self, vals):
        """Override of `sale` to record confirmation and cancellation."""
        state = vals.get("state")
        if state not in ("sale", "cancel"):
            return super().write(vals)
        changing = self.filtered(lambda sale: sale.state != state)
        held = changing._marketplace_held() if state == "cancel" else None
        result = super().write(vals)
        if held:
            self.env["marketplace.order"]._record_held(held)
        recorder = self.env["marketplace.recorder"]
        told = self._marketplace_cancel_wish()
        for sale in changing:
            if state == "sale":
                recorder._record_order("confirmation", sale, sale)
            else:
                recorder._record_order("cancellation", sale, sale, told or None)
        return result

    # === ACTION METHODS === #

    def update_marketplace_status(self):
        """Tell the channels of these orders their present state once more."""
        ledgers = self.env["marketplace.order"].sudo().search([("sale_order_id", "in", self.ids)])
        self.check_access("write")
        for account, own in ledgers.grouped("account_id").items():
            account._request_orders(None, None, own.sale_order_id)

    def _confirmation_error_message(self):
        """Override of `sale`: what is only to be seen is not confirmed by mistake."""
        error = super()._confirmation_error_message()
        if error or not self.env["marketplace.recorder"]._enabled():
            return error
        ledger = self.sudo().marketplace_order_ids.filtered("hands_off")[:1]
        if ledger:
            return self.env._(
                "Order %(number)s of %(account)s is only to be seen here: it is delivered "
                "elsewhere or was over before the account was connected.",
                number=ledger.number,
                account=ledger.account_id.name,
            )
        return False

    # === CHANGES OF THE CHANNEL === #

    @contextmanager
    def _marketplace_unlocked(self):
        """An order that is locked against people's changes takes the channel's over all the same.

        What fails in here is rolled back by who asked for it, the lock with it.
        """
        locked, self.locked = self.locked, False
        yield
        self.locked = locked

    # === CANCELLATION === #

    @api.model
    def _cancel_dialogs(self):
        """Hook: {provider: model of the dialog that asks why its orders are cancelled}.

        A provider that wants a reason of its own list adds its dialog, which inherits
        ``marketplace.cancel``, and has the usual reason on its accounts: a selection with the name
        ``<provider>_cancel_reason``.
        """
        return {}

    def action_cancel(self):
        """Override of `sale` to ask for the channel's reason before anything is cancelled."""
        if not any(sale.locked for sale in self):
            for provider, dialog in self._cancel_dialogs().items():
                if self._needs_cancel_reason(provider):
                    return {
                        "type": "ir.actions.act_window",
                        "name": self.env._("Why is it cancelled?"),
                        "res_model": dialog,
                        "view_mode": "form",
                        "target": "new",
                        "context": {"default_sale_order_ids": self.ids},
                    }
        return super().action_cancel()

    def _action_cancel(self):
        """Override of `sale` to see to it that every cancellation has a reason its channel knows,
        also where nobody could be asked, or where another channel's reason was given."""
        given = self.env.context.get(REASON_KEY) or False
        known = self._known_cancel_reasons()
        groups = self.grouped(lambda sale: sale._cancel_reason(given, known))
        if groups.keys() <= {given}:
            return super()._action_cancel()
        for reason, sales in groups.items():
            super(SaleOrder, sales.with_context(**{REASON_KEY: reason}))._action_cancel()
        return True

    def _needs_cancel_reason(self, provider):
        """Orders among these for which a person should tell a provider why they are cancelled."""
        used = self.env["marketplace.account"]._provider_used(provider)
        if not used or self.env.context.get(REASON_KEY):
            return self.browse()
        return self.filtered(
            lambda sale: sale.state != "cancel" and sale._order_of(provider)._tells_cancel()
        )

    @api.model
    def _known_cancel_reasons(self):
        """{provider: its reasons} of the providers that want one and have an account."""
        account = self.env["marketplace.account"]
        return {
            provider: {reason for reason, _label in account._cancel_reasons(provider)}
            for provider in self._cancel_dialogs()
            if account._provider_used(provider)
        }

    def _cancel_reason(self, given, known):
        """The reason of one cancellation: the one given, unless the channel does not know it; then
        the usual one of the account.

        :param dict known: of :meth:`_known_cancel_reasons`.
        """
        for provider, reasons in known.items():
            order = self._order_of(provider)
            if given not in reasons and order._tells_cancel():
                given = order.account_id[f"{provider}_cancel_reason"] or given
        return given

    # === BUSINESS METHODS === #

    @api.model
    def _marketplace_cancel_wish(self):
        """What a person chose for a cancellation: ``reason``, ``options`` (restock, refund,
        notify) and ``note``, from the context; what is missing is the account's own."""
        context = self.env.context
        chosen = {
            "reason": context.get(REASON_KEY),
            "options": context.get(CANCEL_OPTIONS_KEY),
            "note": context.get(CANCEL_NOTE_KEY),
        }
        return {name: value for name, value in chosen.items() if value}

    def _marketplace_held(self):
        """Quotations of channels, which hold goods back without a reservation."""
        if not self.env["marketplace.recorder"]._enabled():
            return self.browse()
        return self.filtered(
            lambda sale: sale.state in ("draft", "sent") and sale.sudo().marketplace_order_ids
        )

    def _marketplace_outgoing(self):
        """Transfers that bring goods to the buyer, also straight from a vendor."""
        return self.picking_ids.filtered(
            lambda picking: picking.picking_type_code in ("outgoing", "dropship")
        )
