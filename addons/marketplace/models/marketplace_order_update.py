from markupsafe import Markup

from odoo import models
from odoo.exceptions import UserError

from ..tools.inbound import Quarantine
from ..tools.pricing import Pricer
from .marketplace_order import MATRIX
from .marketplace_order_import import Draft

# Statuses in which an order can still be changed; the lines of one that is over say nothing.
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
        if message.order is not None and self.sale_order_id and status in LIVE and action != "note":
            try:
                changed = self._apply_lines(message)
            except TooLate as exc:
                late = exc
        self._remember(message, status, late)
        if news and allowed:
            getattr(self, f"_do_{action}")(status)
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

    def _remember(self, message, status, late):
        """What the ledger knows of the channel now.

        :param late: lines that were not taken over; the revision then stays the old one, so that
            a replay looks at them again.
        """
        if message.order is not None:
            vals = self._ledger_state(message)
            order = message.order
            if order.total is not None:
                vals["total"] = float(order.total)
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
            vals = {"status": status, "raw_status": status, "event_at": message.received_at}
            if message.moment:
                vals["updated_at"] = message.moment
        self.write(vals)

    def _hold_code(self):
        return f"on_hold:{self.external_id}"

    # === WHAT A STATUS DOES === #

    def _do_confirm(self, status):
        """Confirm a quotation, unless a person is to do that."""
        if self.hands_off or self.account_id.order_mode != "full":
            self._do_tell(status)
            return
        self.sale_order_id.action_confirm()
        if status == "shipped":
            self._do_ship(status)
        elif status == "delivered":
            self._do_deliver(status)

    def _do_ship(self, status):
        """A note where the goods are handled."""
        self._note(self._waiting_pickings() or self.sale_order_id, status)

    def _do_deliver(self, status):
        """Validate the deliveries where the account's policy says so, else a note."""
        policy = self.account_id.validate_delivery
        if policy == "never" or (policy == "channel" and self.fulfilment != "channel"):
            self._do_ship(status)
            return
        try:
            with self.env.cr.savepoint():
                self._validate_deliveries()
        except UserError as exc:
            self._ask_person(
                self.env._("Delivered on %s, but the delivery cannot be validated here.",
                           self.account_id.name),
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
                self.env._("Cancelled on %s after it was invoiced: make a credit note.",
                           self.account_id.name)
            )

    def _do_flag(self, status):
        """It is too late for that: a person must act, the sales order stays as it is."""
        label = self._status_label(status)
        if self.sale_order_id.state == "cancel":
            if self._is_told("cancel"):
                return
            self._ask_person(
                self.env._("%(account)s says “%(status)s”, but the order is cancelled here.",
                           account=self.account_id.name, status=label)
            )
        else:
            self._ask_person(
                self.env._("Cancelled on %s after goods left: get them back.",
                           self.account_id.name),
                self.cancel_reason or "",
            )

    def _do_refund(self, status):
        """A return on the channel, as the account's policy says."""
        mode = self.account_id.refund_mode
        if mode == "ignore":
            return
        self._note(self.sale_order_id, status)
        if mode != "draft":
            return
        try:
            with self.env.cr.savepoint():
                self._draft_returns()
                self._draft_credit_notes()
        except UserError as exc:
            self._ask_person(
                self.env._("Returned on %s: the return could not be prepared.",
                           self.account_id.name),
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
                lambda picking: picking.state not in ("done", "cancel")
                and picking.picking_type_code != "incoming"
            )
            first = pickings.filtered(
                lambda picking: not picking.move_ids.move_orig_ids.filtered(
                    lambda move: move.state not in ("done", "cancel")
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

    def _draft_returns(self):
        """A return of every delivery that was not returned yet; a person receives it."""
        done = self.sale_order_id._marketplace_outgoing().filtered(
            lambda picking: picking.state == "done" and not picking.return_ids
        )
        for picking in done:
            wizard = self.env["stock.return.picking"].create({"picking_id": picking.id})
            wizard.action_create_returns_all()

    def _draft_credit_notes(self):
        """A draft credit note for every posted invoice that has none."""
        invoices = self.sale_order_id.invoice_ids.filtered(
            lambda move: move.move_type == "out_invoice"
            and move.state == "posted"
            and not move.reversal_move_ids
        )
        if invoices:
            reason = self.env._("Returned on %s", self.account_id.name)
            invoices._reverse_moves([{"ref": reason} for _invoice in invoices], cancel=False)

    # === LINES === #

    def _apply_lines(self, message):
        """Take over what the channel changed of the lines since it last told us.

        Compared with the ledger, not with the sales order: what people changed here and the
        channel does not know yet is theirs.

        :return: whether anything changed.
        :raise Quarantine: too late, an unknown product, or a total that does not fit.
        """
        order = message.order
        known = {line.external_id: line for line in self.line_ids}
        here = {line.external_id for line in order.lines}
        changed = [
            line
            for line in order.lines
            if line.external_id not in known or _differs(known[line.external_id], line)
        ]
        removed = [
            line for line in self.line_ids if line.external_id not in here and line.quantity
        ]
        # A skipped line of the import is no change.
        changed = [line for line in changed if not self._was_skipped(line, known)]
        if not changed and not removed:
            return False
        self._check_not_too_late(changed, removed)
        self._write_lines(message, changed, removed, known)
        return True

    def _was_skipped(self, line, known):
        if line.external_id in known or self.account_id.unknown_line != "skip":
            return False
        (match,) = self.env["marketplace.order.line"]._match(self.account_id, [line])
        return line.kind == "product" and not match.product

    def _check_not_too_late(self, changed, removed):
        """:raise Quarantine: goods left or an invoice is posted, and it is not so here already."""
        state = self._local_state()
        sale = self.sale_order_id
        invoiced = any(move.state == "posted" for move in sale.invoice_ids)
        if state in ("quotation", "sale") and not invoiced:
            return
        known = {line.external_id: line for line in self.line_ids}
        if all(self._is_so_already(known.get(line.external_id), line) for line in changed) and all(
            not row.sale_line_id.product_uom_qty for row in removed
        ):
            return
        names = ", ".join(
            [line.name or line.external_id for line in changed]
            + [row.title or row.external_id for row in removed]
        )
        summary = self.env._(
            "Changed on %s, too late to take over by itself.", self.account_id.name
        )
        raise TooLate(
            self,
            summary,
            Quarantine(
                "late_change",
                self.env._(
                    "Lines of %(order)s changed on %(account)s after goods left, an invoice was "
                    "posted or it was cancelled: %(lines)s.",
                    order=sale.name, account=self.account_id.name, lines=names,
                ),
                self.env._(
                    "Open the sales order and bring it in line by hand (a return, a second order, "
                    "a credit note), then press Retry or Mark as solved."
                ),
                "platform",
            ),
        )

    def _is_so_already(self, row, line):
        """Whether the sales order line has the quantity and price of the channel's line."""
        if not row or not row.sale_line_id:
            return False
        return (
            abs(row.sale_line_id._marketplace_quantity(row) - float(line.quantity)) < 1e-6
            and abs(row.unit_price - float(line.unit_price)) < 1e-9
        )

    def _write_lines(self, message, changed, removed, known):
        account, sale = self.account_id, self.sale_order_id
        order = message.order
        matches = self.env["marketplace.order.line"]._match(account, list(order.lines))
        draft = Draft(message, self, sale.currency_id, "full")
        for line, match in zip(order.lines, matches, strict=True):
            plan = self._plan_line(account, order, line, match)
            if plan is None:
                draft.skipped.append(line)
            else:
                draft.lines.append(plan)
        self._check_sum(account, draft)
        self._link_listings(account, [draft])
        pricer = Pricer(self.env, account.company_id)
        draft.position = sale.fiscal_position_id
        draft.parties = _SaleParties(sale.partner_id)
        locked = sale.locked
        sale.locked = False
        changed_ids = {line.external_id for line in changed}
        for plan in draft.lines:
            if plan.line.external_id in changed_ids:
                self._write_line(draft, plan, known.get(plan.line.external_id), pricer)
        for row in removed:
            row.sale_line_id.write(
                {"product_uom_qty": 0.0, "price_unit": row.sale_line_id.price_unit}
            )
            row.quantity = 0.0
        self._fit_total(account, draft, pricer)
        sale.locked = locked
        self._log_lines(changed, removed)

    def _write_line(self, draft, plan, row, pricer):
        """One changed or new line, in the sales order and in the ledger."""
        sale = self.sale_order_id
        vals = self._line_vals(self.account_id, draft, plan, pricer)
        sale_line = row.sale_line_id if row else None
        if sale_line and sale_line.product_id == plan.product:
            factor = plan.uom.factor / sale_line.product_uom_id.factor
            vals["product_uom_qty"] *= factor
            vals["price_unit"] /= factor
            # Price and discount are written with the quantity, or Odoo computes them anew.
            sale_line.write(
                {
                    name: vals[name]
                    for name in (
                        "product_uom_qty", "price_unit", "technical_price_unit", "discount", "name",
                    )
                }
            )
        else:
            if sale_line:
                sale_line.write({"product_uom_qty": 0.0, "price_unit": sale_line.price_unit})
            sale_line = self.env["sale.order.line"].create(
                {**vals, "order_id": sale.id, "sequence": 1000 + len(sale.order_line)}
            )
        ledger_vals = self._ledger_line_vals(plan, sale_line)
        if row:
            row.write(ledger_vals)
        else:
            row = self.env["marketplace.order.line"].create({**ledger_vals, "order_id": self.id})

    def _fit_total(self, account, draft, pricer):
        """The rounding line fits the new total, or a person must look.

        An order that people changed here meanwhile has a total of its own.
        """
        sale = self.sale_order_id
        if not self._is_as_told():
            return
        rounding = sale.order_line.filtered(
            lambda line: line.product_id == account.rounding_product_id
        )
        if rounding:
            rounding.write({"price_unit": 0.0})
        self._check_total(account, draft, sale, pricer)

    def _is_as_told(self):
        """Whether the sales order holds just what the channel knows, at its prices."""
        rounding = self.account_id.rounding_product_id
        own = self.sale_order_id.order_line.filtered(
            lambda line: not line.display_type and line.product_id != rounding
            and line.product_uom_qty
        )
        rows = self.line_ids.filtered("quantity")
        return not own - rows.sale_line_id and all(
            abs(row.sale_line_id._marketplace_quantity(row) - row.quantity) < 1e-6
            and abs(row.sale_line_id.price_unit - row.sale_price) < 1e-6
            for row in rows
            if row.sale_line_id
        )

    def _log_lines(self, changed, removed):
        parts = [self.env._("Changed on %s:", self.account_id.name)]
        parts += [
            f"{line.name or line.external_id}: {line.quantity} × {line.unit_price}"
            for line in changed
        ]
        parts += [self.env._("%s: removed", row.title or row.external_id) for row in removed]
        self.sale_order_id._message_log(body=Markup("<br/>").join(parts))


class TooLate(Quarantine):
    """A change that came too late: beside the quarantine, the one who handles the order is told.

    :param order: ledger row.
    :param summary: of the activity.
    """

    def __init__(self, order, summary, quarantine):
        super().__init__(
            quarantine.code, quarantine.title, quarantine.advice, quarantine.fault
        )
        self.order_id = order.id
        self.summary = summary


class _SaleParties:
    """The contact of an existing sales order, where a draft's parties are wanted."""

    def __init__(self, partner):
        self.partner = partner


def _differs(row, line):
    """Whether the channel says another quantity or price than it said before."""
    return (
        abs(row.quantity - float(line.quantity)) > 1e-6
        or abs(row.unit_price - float(line.unit_price)) > 1e-9
    )
