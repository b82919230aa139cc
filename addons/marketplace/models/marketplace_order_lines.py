from markupsafe import Markup

from odoo import models

from ..tools.inbound import Quarantine
from ..tools.pricing import Pricer
from .marketplace_order_plan import Draft


class TooLate(Quarantine):
    """A change that came too late: beside the quarantine, the one who handles the order is told.

    :param order: ledger row.
    :param summary: of the activity.
    """

    def __init__(self, order, summary, quarantine):
        super().__init__(quarantine.code, quarantine.title, quarantine.advice, quarantine.fault)
        self.order_id = order.id
        self.summary = summary


class MarketplaceOrder(models.Model):
    """Lines that changed on the channel: taken over while nothing has left."""

    _inherit = "marketplace.order"

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
        removed = [line for line in self.line_ids if line.external_id not in here and line.quantity]
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
        """:raise Quarantine: goods left or an invoice is posted, it is not so here already, and
        the account's policy is to ask."""
        state = self._local_state()
        sale = self.sale_order_id
        if not self._is_late(state):
            return
        if state != "cancelled" and self.account_id.late_changes == "apply":
            return
        known = {line.external_id: line for line in self.line_ids}
        if all(self._is_so_already(known.get(line.external_id), line) for line in changed) and all(
            row._is_settled(0.0) for row in removed
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
                    order=sale.name,
                    account=self.account_id.name,
                    lines=names,
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
        same_price = abs(row.unit_price - float(line.unit_price)) < 1e-9
        return same_price and row._is_settled(float(line.quantity))

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
        changed_ids = {line.external_id for line in changed}
        with sale._marketplace_unlocked():
            for plan in draft.lines:
                if plan.line.external_id in changed_ids:
                    self._write_line(draft, plan, known.get(plan.line.external_id), pricer)
            for row in removed:
                row.quantity = 0.0
                row._set_ordered()
            self._fit_total(account, draft, pricer)
        self._log_lines(changed, removed)
        if sale.state in ("draft", "sent") and not self.hands_off:
            self._record_held(sale)

    def _write_line(self, draft, plan, row, pricer):
        """One changed or new line, in the sales order and in the ledger."""
        sale = self.sale_order_id
        vals = self._line_vals(self.account_id, draft, plan, pricer)
        sale_line = row.sale_line_id if row else None
        if sale_line and sale_line.product_id == plan.product:
            factor = plan.uom.factor / sale_line.product_uom_id.factor
            vals["price_unit"] /= factor
            more = float(plan.line.quantity) - row.quantity > 1e-6
            row.write(self._ledger_line_vals(plan, sale_line))
            names = ("price_unit", "technical_price_unit", "discount", "name", "tax_ids")
            row._set_ordered({name: vals[name] for name in names}, more=more)
        else:
            if sale_line:
                row.quantity = 0.0
                row._set_ordered()
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
        """Whether the sales order holds just what the channel knows, at its prices; what has left
        and is not back yet stays on it."""
        account = self.account_id
        services = account.rounding_product_id | account.refund_product_id
        own = self.sale_order_id.order_line.filtered(
            lambda line: (
                not line.display_type and line.product_id not in services and line.product_uom_qty
            )
        )
        rows = self.line_ids.filtered(lambda row: row.quantity or row._surplus())
        return not own - rows.sale_line_id and all(
            abs(row.sale_line_id._marketplace_quantity(row) - row.quantity - row._surplus()) < 1e-6
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
