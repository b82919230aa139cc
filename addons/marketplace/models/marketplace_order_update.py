from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError

from .marketplace_order import MATRIX
from .marketplace_order_lines import TooLate

# Statuses in which the lines of an order say what is wanted of it.
LIVE = ("pending", "confirmed", "shipped", "delivered")


class MarketplaceOrder(models.Model):
    """Orders that are here already: what a change on the channel does to them."""

    _inherit = "marketplace.order"

    def _apply(self, message):
        """Apply one newer document or status, as :data:`MATRIX` says.

        :raise Quarantine: a person must decide; nothing was changed then.
        """
        self.ensure_one()
        status = (message.order.status if message.order else message.status).value
        action = MATRIX[self._local_state()][status]
        news, was_held = status != self.status, self.status == "hold"
        allowed = not news or self._inbound_allowed(status)
        changed, late = False, None
        says_lines = message.order is not None and self._says_lines(status)
        if says_lines and self.sale_order_id and action != "note":
            self._enrich(message.order)
            self._adopt_added(message.order)
            try:
                changed = self._apply_lines(message)
            except TooLate as exc:
                late = exc
        self._remember(message, status, late)
        if news and allowed:
            getattr(self, f"_do_{action}")(status)
        # Goods may have left of an order that waits, for money that an edit made due, say.
        if message.order is not None and status in ("pending", "confirmed", "shipped"):
            self._ship_as_told(message.order)
        if message.order is not None and (changed or news):
            self._acknowledge_import(self.account_id)
        if was_held and news:
            self.env["marketplace.cause"]._solve(self.account_id, [self._hold_code()])
        if late is not None:
            self._ask_person(late.summary, late.title)
            message.hold(late)
        elif not changed and not news:
            message.settle("ignored", self.env._("Nothing changed."), self)
        elif not allowed:
            message.settle("done", self.env._("Recorded; the channel may not set that here."), self)
        else:
            message.settle("done", self.env._("Updated."), self)

    def _says_lines(self, status):
        """Whether a document of this status says what is wanted of the order. The lines of one that
        is over say nothing, unless the channel tells refunds: then they keep what came back, and
        miss only what was taken off before, maybe since we last looked."""
        return status in LIVE or (status == "returned" and self.account_id._tells_refunds())

    def _adopt_added(self, order):
        """Lines that people added here have ids on the channel now."""
        known = set(self.line_ids.mapped("external_id"))
        new = [
            line for line in order.lines if line.kind == "product" and line.external_id not in known
        ]
        self.line_ids._adopt(self.account_id, new)

    def _ledger_money(self, order):
        """Total, parts that flow another way, and cash, as a newer document says."""
        total = order.total
        if total is None:
            told = self.sale_order_id and self._is_as_told()
            total = Decimal(str(self.sale_order_id.amount_total if told else self.total))
        return self._money_vals(order, total)

    def _remember(self, message, status, late):
        """What the ledger knows of the channel now.

        :param late: lines that were not taken over; the revision then stays the old one, so that
            a replay looks at them again.
        """
        if message.order is not None:
            order = message.order
            vals = self._ledger_state(message) | self._ledger_money(order)
            if order.fulfilment:
                vals["fulfilment"] = order.fulfilment
            vals["otp_required"] = order.otp_required
            if order.requested_delivery:
                vals["requested_delivery"] = order.requested_delivery
            if order.extra:
                vals["extra"] = {**(self.extra or {}), **dict(order.extra)}
            if late is not None:
                del vals["revision"]
        else:
            vals = {
                "status": status,
                "raw_status": status,
                "event_at": message.received_at,
                "event_source": message.source,
            }
            if message.moment:
                vals["updated_at"] = message.moment
        self.write(vals)
        self._fit_given_back()

    def _hold_code(self):
        return f"on_hold:{self.external_id}"

    # === WHAT A STATUS DOES === #

    def _do_confirm(self, status):
        """Confirm a quotation, unless a person is to do that."""
        if self.hands_off or self.account_id.order_mode != "full":
            self._do_tell(status)
            return
        self.sale_order_id.action_confirm()
        # What came back while it was a quotation is not to be delivered any more.
        self._bring_in_line()
        if status == "shipped":
            self._do_ship(status)
        elif status == "delivered":
            self._do_deliver(status)

    def _do_ship(self, status):
        """A note where the goods are handled; what the channel keeps has left with that."""
        self._deliver_stocked()
        self._note(self._waiting_pickings() or self.sale_order_id, status)

    def _do_deliver(self, status):
        """Validate the deliveries where the account's policy says so, else a note."""
        policy = self.account_id.validate_delivery
        if self.stocked_by == "channel":
            policy = "never"  # there is nothing to validate
        if policy == "never" or (policy == "channel" and self.fulfilment != "channel"):
            self._do_ship(status)
            return
        try:
            with self.env.cr.savepoint():
                self._validate_deliveries()
        except UserError as exc:
            self._ask_person(
                self.env._(
                    "Delivered on %s, but the delivery cannot be validated here.",
                    self.account_id.name,
                ),
                str(exc),
            )

    def _do_cancel(self, status):
        """Cancel the sales order; nothing has left yet."""
        sale = self.sale_order_id
        posted = sale.invoice_ids.filtered(lambda move: move.state == "posted")
        sale._action_cancel()
        reason = self.cancel_reason or ""
        sale._message_log(
            body=self.env._(
                "Cancelled on %(account)s. %(reason)s", account=self.account_id.name, reason=reason
            )
        )
        if posted:
            self._ask_person(
                self.env._(
                    "Cancelled on %s after it was invoiced: make a credit note.",
                    self.account_id.name,
                )
            )

    def _do_flag(self, status):
        """It is too late for that: a person must act, the sales order stays as it is."""
        label = self._status_label(status)
        if self.sale_order_id.state == "cancel":
            if self._is_told("cancel"):
                return
            self._ask_person(
                self.env._(
                    "%(account)s says “%(status)s”, but the order is cancelled here.",
                    account=self.account_id.name,
                    status=label,
                )
            )
        else:
            self._ask_person(
                self.env._(
                    "Cancelled on %s after goods left: get them back.", self.account_id.name
                ),
                self.cancel_reason or "",
            )

    def _do_refund(self, status):
        """A return on the channel, as the account's policy says."""
        mode = self.account_id.refund_mode
        if mode == "ignore":
            return
        self._note(self.sale_order_id, status)
        if mode not in ("draft", "posted") or self.account_id._tells_refunds():
            return
        try:
            with self.env.cr.savepoint():
                self._draft_returns()
                notes = self._draft_credit_notes()
                if mode == "posted":
                    notes.action_post()
        except UserError as exc:
            self._ask_person(
                self.env._(
                    "Returned on %s: the return could not be prepared.", self.account_id.name
                ),
                str(exc),
            )

    def _do_tell(self, status):
        """A note on the sales order."""
        self._note(self.sale_order_id, status)

    _do_lines = _do_tell

    def _do_note(self, status):
        """The status is remembered, nothing else."""

    _do_create = _do_record = _do_wait = _do_note

    # === HELPERS OF STATUSES === #

    def _note(self, records, status):
        body = self.env._(
            "%(account)s: %(status)s (%(raw)s).",
            account=self.account_id.name,
            status=self._status_label(status),
            raw=self.raw_status,
        )
        if records:
            records._message_log_batch(bodies={record.id: body for record in records})

    def _status_label(self, status):
        return dict(self._fields["status"]._description_selection(self.env))[status]

    def _is_told(self, kind):
        """Whether the channel is still to hear something of this kind from us."""
        return bool(
            self.outbox_ids.filtered(
                lambda item: item.kind == kind and item.status in ("new", "submitted", "pending")
            )
        )

    def _waiting_pickings(self):
        return self.sale_order_id._marketplace_outgoing().filtered(
            lambda picking: picking.state not in ("done", "cancel")
        )

    def _validate_deliveries(self):
        """Everything that is still to go leaves now, step by step where there are several.

        :raise UserError: a lot or serial number is missing, say.
        """
        for _step in range(5):
            pickings = self.sale_order_id.picking_ids.filtered(
                lambda picking: (
                    picking.state not in ("done", "cancel")
                    and picking.picking_type_code != "incoming"
                )
            )
            first = pickings.filtered(
                lambda picking: (
                    not picking.move_ids.move_orig_ids.filtered(
                        lambda one: one.state not in ("done", "cancel")
                    )
                )
            )
            if not first:
                return
            for picking in first:
                for move in picking.move_ids.filtered(lambda m: m.state not in ("done", "cancel")):
                    move.quantity = move.product_uom_qty
                    move.picked = True
                picking.with_context(skip_backorder=True, skip_sms=True).button_validate()
                if picking.state != "done":
                    raise UserError(self.env._("%s needs a person.", picking.name))

    @api.model
    def _cancel_moves(self, moves):
        """These goods do not leave from there."""
        moves._action_cancel()

    def _draft_returns(self):
        """A return of every delivery that was not returned yet; a person receives it."""
        done = self.sale_order_id._marketplace_outgoing().filtered(
            lambda picking: picking.state == "done" and not picking.return_ids
        )
        for picking in done:
            wizard = self.env["stock.return.picking"].create({"picking_id": picking.id})
            wizard.action_create_returns_all()

    def _draft_credit_notes(self):
        """A draft credit note for every posted invoice that has none.

        :return: the credit notes
        """
        invoices = self.sale_order_id.invoice_ids.filtered(
            lambda move: (
                move.move_type == "out_invoice"
                and move.state == "posted"
                and not move.reversal_move_ids
            )
        )
        return self._reverse_drafts(invoices) if invoices else invoices

    def _reverse_drafts(self, invoices):
        """:return: draft credit notes of these invoices, in their order"""
        reason = self.env._("Returned on %s", self.account_id.name)
        return invoices._reverse_moves([{"ref": reason} for _invoice in invoices], cancel=False)
