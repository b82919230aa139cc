from odoo import api, fields, models

from marketplace_adapters.core import OrderKey

from ..tools.inbound import Quarantine, is_conflict

STATUS = [
    ("pending", "Pending"),
    ("hold", "Being edited"),
    ("confirmed", "Confirmed"),
    ("shipped", "Shipped"),
    ("delivered", "Delivered"),
    ("cancelled", "Cancelled"),
    ("returned", "Returned"),
]

_REMOTE = ("pending", "hold", "confirmed", "shipped", "delivered", "cancelled", "returned")
# Local state × status on the channel → what is done here. The drawing is the table.
#
#              pending    hold    confirmed  shipped    delivered  cancelled  returned
_DRAWING = """
  none         create     wait    create     create     create     record     record
  quotation    lines      note    confirm    confirm    confirm    cancel     cancel
  sale         lines      note    lines      ship       deliver    cancel     refund
  partial      lines      note    lines      ship       deliver    flag       refund
  delivered    lines      note    lines      lines      lines      flag       refund
  cancelled    flag       note    flag       flag       flag       note       note
"""
MATRIX = {
    row.split()[0]: dict(zip(_REMOTE, row.split()[1:], strict=True))
    for row in _DRAWING.strip().splitlines()
}


class MarketplaceOrder(models.Model):
    """An order as one account knows it: the import ledger. One row for each order of the channel
    that was let in, whatever became of it; the sales order is linked once there is one.

    What a change on the channel does here depends on where the sales order stands, and is decided
    by :data:`MATRIX`::

        local state   quotation: draft or sent · sale: confirmed, nothing left · partial, delivered:
                      goods left · cancelled · none: no sales order yet
        create        make the sales order (confirmed, quotation or visible only: account's policy)
        record        keep the ledger row alone: there is nothing to sell any more
        wait, note    remember the status, hands off
        lines         take over changed lines; once goods left or an invoice is posted: ask a person
        confirm       lines, then confirm, unless a person is to do that
        ship          lines, then a note on the deliveries
        deliver       lines, then a note or a validated delivery (account's policy)
        cancel        cancel the sales order
        flag          too late for that: an activity for a person, the sales order stays
        refund        nothing, a note, or a draft return and credit note (account's policy)
    """

    _name = "marketplace.order"
    _description = "Marketplace Order"
    _inherit = ["mail.thread"]
    _order = "placed_at desc, id desc"
    _rec_name = "number"

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", index=True, readonly=True
    )
    provider = fields.Selection(related="account_id.provider", store=True, string="Channel")
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    external_id = fields.Char("Id on the channel", required=True, readonly=True)
    number = fields.Char(readonly=True, index=True)
    sale_order_id = fields.Many2one(
        "sale.order",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        string="Sales order",
    )
    partner_id = fields.Many2one("res.partner", readonly=True, string="Customer")
    status = fields.Selection(STATUS, readonly=True, index=True)
    raw_status = fields.Char("Status on the channel", readonly=True)
    fulfilment = fields.Char("Delivered by", readonly=True, help="Who delivers: seller or channel.")
    stocked_by = fields.Char(
        "Goods kept by",
        readonly=True,
        help="From whose stock it is delivered: seller or channel. An order from the channel's "
        "own store never touches yours.",
    )
    revision = fields.Char("Version", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    total = fields.Monetary("Total on the channel", readonly=True)
    paid_back = fields.Monetary(
        readonly=True, help="Given back for what was taken off after it was paid."
    )
    payments = fields.Json(readonly=True)
    cash_to_collect = fields.Monetary("Cash to collect", readonly=True)
    otp_required = fields.Boolean("Code on delivery", readonly=True)
    cancel_reason = fields.Char("Reason of the cancellation")
    requested_delivery = fields.Date("Wanted on", readonly=True)
    placed_at = fields.Datetime("Placed", readonly=True)
    updated_at = fields.Datetime("Changed on the channel", readonly=True)
    event_at = fields.Datetime(
        "Newest news received", readonly=True, help="Orders news of channels that tell no time."
    )
    event_source = fields.Char(
        "Newest news came by", readonly=True, help="Read from the channel, or sent by it."
    )
    first_seen_at = fields.Datetime("First seen", default=fields.Datetime.now, readonly=True)
    last_seen_at = fields.Datetime("Last seen", default=fields.Datetime.now, readonly=True)
    seen_count = fields.Integer("Times seen", default=1, readonly=True)
    acknowledged_at = fields.Datetime("Acknowledged", readonly=True)
    # What the channel acknowledged of what we told it, by kind: {"status": {…}, "shipment": {…}}
    acknowledged = fields.Json("Known to the channel", readonly=True, copy=False)
    extra = fields.Json("Further members (raw)", readonly=True)
    note = fields.Text(readonly=True)
    hands_off = fields.Boolean(
        "Visible only",
        readonly=True,
        help="Imported to be seen: its sales order is not confirmed, reserves and delivers "
        "nothing. So are orders that were over before this account was connected.",
    )
    attention = fields.Char(
        "To decide",
        readonly=True,
        copy=False,
        help="What a person must decide; empty when nothing.",
    )
    line_ids = fields.One2many("marketplace.order.line", "order_id", readonly=True, string="Lines")
    outbox_ids = fields.One2many("marketplace.outbox", "order_id", string="Told to the channel")
    inbox_ids = fields.One2many("marketplace.inbox", "order_id", string="Received")

    _external_unique = models.Constraint(
        "UNIQUE (account_id, external_id)", "This order of the channel is already here."
    )

    # === HOOKS OF PROVIDERS === #

    def _inbound_allowed(self, status):
        """Whether the channel may set this status here; a provider knows its own rules.

        :param str status: a value of :data:`STATUS`.
        """
        self.ensure_one()
        return True

    def _outbound_allowed(self, status):
        """Whether we may tell the channel this status; a provider knows its own rules.

        :param str status: a value of :data:`STATUS`; ``cancelled`` for a cancellation.
        """
        self.ensure_one()
        return True

    @api.model
    def _order_mode(self, account, order):
        """How an order comes in: ``full``, ``quotation`` or ``visibility``.

        :param order: the neutral :class:`marketplace_adapters.core.Order`.
        """
        return account.order_mode

    def _target(self):
        """:rtype: marketplace_adapters.core.OrderKey"""
        self.ensure_one()
        extra = {
            name: str(value)
            for name, value in (self.extra or {}).items()
            if isinstance(value, (str, int))
        }
        return OrderKey(self.external_id, extra)

    # === STATE === #

    def _local_state(self):
        """Where the sales order stands: a row of :data:`MATRIX`."""
        self.ensure_one()
        sale = self.sale_order_id
        if not sale:
            return "none"
        if sale.state == "cancel":
            return "cancelled"
        if sale.state != "sale":
            return "quotation"
        goods = sale.order_line.filtered(
            lambda line: line._marketplace_is_goods() and line.product_uom_qty > 0
        )
        left = sale._marketplace_outgoing().filtered(lambda picking: picking.state == "done")
        if not left and not any(goods.mapped("qty_delivered")):
            return "sale"
        if goods and all(line.qty_delivered >= line.product_uom_qty for line in goods):
            return "delivered"
        return "partial"

    def _is_stale(self, message):
        """Whether an item of the inbox is older than what we know.

        The channel's own clock decides. Where it is even, what was read there is at least as new
        as what was sent from there; where that does not tell either, the order of arrival does.
        """
        self.ensure_one()
        if message.moment and self.updated_at:
            if message.moment != self.updated_at:
                return message.moment < self.updated_at
            if message.source != self.event_source and "pull" in (
                message.source,
                self.event_source,
            ):
                return self.event_source == "pull"
        return bool(self.event_at) and message.received_at < self.event_at

    # === PROCESS === #

    @api.model
    def _process(self, account, messages):
        """Apply claimed inbox items; sets what became of each.

        All orders together first, because creating and confirming fifty at once takes half the
        time. If that fails, the batch is halved until the bad one stands alone.

        :param messages: list of :class:`~..tools.inbound.Message`.
        """
        groups = {}
        for message in messages:
            groups.setdefault(message.external_id, []).append(message)
        for group in groups.values():
            group.sort(key=lambda message: (message.order is None, message.id))
        if groups:
            self._process_groups(account, list(groups.values()))

    def _process_groups(self, account, groups):
        try:
            with self.env.cr.savepoint():
                self._process_together(account, groups)
            return
        except Exception as exc:
            if is_conflict(exc):
                raise
            failed = exc
        if len(groups) > 1:
            half = len(groups) // 2
            for part in (groups[:half], groups[half:]):
                for message in (message for group in part for message in group):
                    message.reset()
                self._process_groups(account, part)
            return
        for message in groups[0]:
            message.hold(failed)
        if groups[0][0].failed:
            self.env["marketplace.inbox"]._log_failure(failed, groups[0][0])

    def _process_together(self, account, groups):
        known = self.search(
            [
                ("account_id", "=", account.id),
                ("external_id", "in", [group[0].external_id for group in groups]),
            ]
        )
        ledgers = {order.external_id: order for order in known}
        fresh = []
        for group in groups:
            document = group[0] if group[0].order is not None else None
            if document is None:
                continue
            ledger = ledgers.get(document.external_id, self.browse())
            if self._wants_creation(account, ledger, document):
                fresh.append((document, ledger))
        for ledger in self._import(account, fresh):
            ledgers[ledger.external_id] = ledger
        for group in groups:
            for message in group:
                if message.outcome is None:
                    self._apply_alone(ledgers.get(message.external_id), message)
        self._count_seen(known, groups)

    def _wants_creation(self, account, ledger, message):
        """Whether a document leads to a new sales order; others are applied to the ledger."""
        action = MATRIX["none"][message.order.status.value]
        if ledger.sale_order_id:
            return False
        if action == "create":
            return not (ledger and ledger._is_stale(message))
        if not ledger and action == "record":
            self._record_only(account, message)
        elif not ledger:
            message.settle(
                "ignored", self.env._("The buyer is still changing it; what comes next counts.")
            )
        return False

    def _record_only(self, account, message):
        """An order that was over before it came: kept in the ledger, nothing to sell."""
        currency = self._currency_of(message.order)
        ledger = self.create({"account_id": account.id, **self._ledger_vals(message, currency)})
        message.settle("done", self.env._("Over before it came: recorded only."), ledger)

    def _apply_alone(self, ledger, message):
        """Apply one item in a savepoint of its own: its failure is its alone."""
        if not ledger:
            message.outcome = "unknown_order"
            return
        message.order_id = ledger.id
        if message.order is not None and message.order.summary:
            message.settle("ignored", self.env._("Known already, and in full."), ledger)
            return
        if message.order is not None and message.revision == ledger.revision:
            message.settle("ignored", self.env._("Known already."), ledger)
            return
        if ledger._is_stale(message):
            message.settle("ignored", self.env._("Older than what we know."), ledger)
            return
        try:
            with self.env.cr.savepoint():
                ledger._apply(message)
        except Exception as exc:
            if is_conflict(exc):
                raise
            message.hold(exc)
            if message.failed:
                self.env["marketplace.inbox"]._log_failure(exc, message)

    def _count_seen(self, known, groups):
        """Orders that were here before were seen again."""
        seen = {group[0].external_id: len(group) for group in groups}
        now = fields.Datetime.now()
        for order in known:
            order.write(
                {"seen_count": order.seen_count + seen[order.external_id], "last_seen_at": now}
            )

    def _currency_of(self, order):
        """:raise Quarantine: a currency that Odoo does not know or that is switched off."""
        code = order.currency
        currency = (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search([("name", "=", code)], limit=1)
        )
        if not currency.active:
            raise Quarantine(
                f"currency:{code}",
                self.env._("Orders in %s come in, but that currency is not active.", code or "?"),
                self.env._("Activate it: Invoicing, Configuration, Currencies; then press Retry."),
            )
        return currency

    # === ACTIONS === #

    def action_open_sale_order(self):
        """Open the sales order."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "view_mode": "form",
            "res_id": self.sale_order_id.id,
        }

    def action_clear_attention(self):
        """A person has dealt with it."""
        self.check_access("read")
        for order in self.sudo().filtered("attention"):
            order._message_log(
                body=self.env._(
                    "Dealt with by %(user)s: %(what)s",
                    user=self.env.user.name,
                    what=order.attention,
                )
            )
            order.attention = False

    def _ask_person(self, summary, note=""):
        """An activity on the sales order for whoever is responsible, once for each question."""
        self.ensure_one()
        self.attention = summary
        record = self.sale_order_id or self.account_id
        asked = (
            self.env["mail.activity"]
            .sudo()
            .search_count(
                [
                    ("res_model", "=", record._name),
                    ("res_id", "=", record.id),
                    ("summary", "=", summary),
                ],
                limit=1,
            )
        )
        if asked:
            return
        user = self.account_id.responsible_id
        if not user.active or not record.with_user(user).has_access("read"):
            user = self.sale_order_id.user_id or self.env.ref("base.user_admin")
        record.activity_schedule(
            "mail.mail_activity_data_todo", summary=summary, note=note, user_id=user.id
        )
