from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import float_is_zero

from ..tools.pricing import Pricer
from .marketplace_return_apply import _in_unit


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    marketplace_money_only = fields.Boolean(
        "Money alone",
        readonly=True,
        help="Given back for something that is not coming back: it stays billed as a quantity.",
    )


class SaleOrderLine(models.Model):
    """Credit notes for money alone leave the billed quantity as it is, or what was refunded would
    be offered for billing again."""

    _inherit = "sale.order.line"

    def _prepare_qty_invoiced(self):
        """Override of `sale`."""
        quantities = super()._prepare_qty_invoiced()
        for line in self:
            for kept in line._get_invoice_lines().filtered("marketplace_money_only"):
                if kept.parent_state != "cancel" and kept.move_id.move_type == "out_refund":
                    quantities[line] += _in_unit(
                        kept.quantity, kept.product_uom_id, line.product_uom_id
                    )
        return quantities

    def _compute_qty_invoiced_posted(self):
        """Override of `sale`."""
        super()._compute_qty_invoiced_posted()
        for line in self:
            for kept in line._get_invoice_lines().filtered("marketplace_money_only"):
                if kept.parent_state == "posted" and kept.move_id.move_type == "out_refund":
                    line.qty_invoiced_posted += _in_unit(
                        kept.quantity, kept.product_uom_id, line.product_uom_id
                    )


class Part:
    """One line of a credit note on its way.

    :param sale_line: which line it is of.
    :param amount: tax included, Decimal.
    :param quantity: in the unit of the sales order line; 0 when it is money alone.
    :param row: the item of the return that it is of, if any.
    :param beyond: it belongs to no goods, shipping or fee.
    """

    __slots__ = ("amount", "beyond", "name", "product", "quantity", "row", "sale_line", "taxes")

    def __init__(
        self, sale_line, amount, name, product, taxes, quantity=0.0, row=None, beyond=False
    ):
        self.row = row
        self.beyond = beyond
        self.sale_line = sale_line
        self.amount = amount
        self.name = name
        self.product = product
        self.taxes = taxes
        self.quantity = quantity


class MarketplaceReturn(models.Model):
    """Money that a channel gave back: a credit note of exactly that amount.

    ::

        billed      ──▶ credit note; goods that come back reduce the billed quantity, money alone
                        does not
        not billed  ──▶ the sales order comes to so much less: fewer goods, or a line of its own
        both        ──▶ a later word on the same refund adds what is missing, never twice
    """

    _inherit = "marketplace.return"

    def _settle_refund(self, rows):
        """Goods, then money, of what is new.

        :param rows: items that were not dealt with.
        :raise UserError: Odoo refuses it, or less was given back than was booked.
        """
        self._take_off(rows)
        coming = self._to_come_back(rows)
        self._bring_back(coming)
        parts = self._parts()
        billed = [part for part in parts if self._is_billed(part)]
        notes = self._credit(billed)
        off = self._take_off_money([part for part in parts if part not in billed])
        for row in rows:
            row.handled = row.quantity
        self.move_ids |= notes
        self.order_id._bring_in_line()
        self.order_id._fit_given_back()
        self._finish(notes, settled=off)
        self._answer_question()

    def _answer_question(self):
        """A cancelled order that was billed has its credit note now."""
        order = self.order_id
        if order.attention and self.move_ids:
            order._answer_person(
                [
                    self.env._(
                        "Cancelled on %s after it was invoiced: make a credit note.",
                        self.account_id.name,
                    )
                ]
            )

    # === QUANTITIES === #

    def _take_off(self, rows):
        """Items that never left, and that the order's own document does not leave out yet because
        it was read before the refund: they are not delivered."""
        order = self.order_id
        moment = self.returned_at or self.updated_at
        if not moment or not order.updated_at or order.updated_at >= moment:
            return
        sale = self.sale_order_id
        if sale.state == "cancel":
            return
        with sale._marketplace_unlocked():
            for row in rows.filtered(lambda row: not row.left):
                line = row.order_line_id
                units = min(row.quantity - row.handled, line.quantity)
                if units > 1e-6 and line.sale_line_id:
                    line.quantity -= units
                    line._set_ordered()

    # === WHAT WAS GIVEN BACK === #

    def _parts(self):
        """All of :attr:`amount`, as lines of a credit note.

        :return: list of :class:`Part`.
        """
        rest = _exact(self.amount, self.currency_id) - self._never_ordered()
        parts = []
        rows = self.line_ids.filtered(lambda row: row.order_line_id.sale_line_id and row.quantity)
        others = self.others or []
        amounts = self._amounts_of(
            rows, rest - sum((Decimal(o["amount"]) for o in others), Decimal())
        )
        for row, amount in amounts.items():
            if amount:
                parts.append(self._part_of_row(row, amount))
                rest -= amount
        for other in others:
            amount = Decimal(other["amount"])
            if amount:
                parts += self._parts_of_other(other["kind"], other["label"], amount)
                rest -= amount
        if rest:
            parts += self._parts_of_other("adjustment", "", rest)
        return parts

    def _never_ordered(self):
        """What was given back for goods that never left and whose line is gone from the order, if
        nothing was billed: the order comes to so much less already."""
        gone = self.line_ids.filtered(
            lambda row: not row.left and not row.order_line_id.sale_line_id
        )
        if not gone or self._invoices():
            return Decimal()
        return sum((_exact(row.amount, self.currency_id) for row in gone), Decimal())

    def _amounts_of(self, rows, rest):
        """:return: {row: amount}; what the channel does not split is split by value."""
        if any(row.amount_told for row in rows):
            return {row: _exact(row.amount, self.currency_id) for row in rows}
        values = {row: row.quantity * row.order_line_id.unit_price for row in rows}
        total, split, left = sum(values.values()), {}, rest
        if not total:
            return {}
        for row, value in values.items():
            split[row] = _exact(float(rest) * value / total, self.currency_id)
            left -= split[row]
        split[next(iter(split))] += left
        return split

    def _part_of_row(self, row, amount):
        line = row.order_line_id.sale_line_id
        # Of goods that the buyer keeps money alone is given back: they stay delivered and billed.
        goods = row.restock or not row.left
        quantity = row.order_line_id._line_quantity(row.quantity) if goods else 0.0
        name = f"{row.quantity:g} × {row.title or line.name}"
        return Part(line, amount, name, line.product_id, line.tax_ids, quantity, row)

    def _parts_of_other(self, kind, label, amount):
        """Money that belongs to no item; an adjustment bears the taxes of the whole order."""
        account, sale = self.account_id, self.sale_order_id
        service = account._product_of(kind)
        own = sale.order_line.filtered(lambda line: not line.display_type and line.price_total > 0)
        names = {
            "shipping": self.env._("Shipping given back"),
            "fee": self.env._("Fee given back"),
            "tax": self.env._("Tax given back"),
        }
        name = label or names.get(kind) or self.env._("Given back")
        if kind != "adjustment":
            lines = own.filtered(lambda line: line.product_id == service)
            if kind == "shipping":
                lines |= own.filtered("is_delivery")
            if lines:
                line = lines[0]
                return [Part(line, amount, name, line.product_id, line.tax_ids)]
        product = account.refund_product_id
        if not product:
            raise UserError(
                self.env._("Open the account, Orders, and choose a product for refunds.")
            )
        if kind == "tax":
            return [Part(own[:1], amount, name, product, self.env["account.tax"])]
        return self._split_by_taxes(own, amount, name, product)

    def _split_by_taxes(self, lines, amount, name, product):
        groups = {}
        for line in lines.filtered(lambda one: one.product_id != product):
            groups.setdefault(line.tax_ids, []).append(line)
        if not groups:
            none = self.env["account.tax"]
            return [Part(lines[:1], amount, name, product, none, beyond=True)]
        weights = {taxes: sum(one.price_total for one in own) for taxes, own in groups.items()}
        total, left, parts = sum(weights.values()), amount, []
        for taxes, own in groups.items():
            share = _exact(float(amount) * weights[taxes] / total, self.currency_id)
            left -= share
            parts.append(Part(own[0], share, name, product, taxes, beyond=True))
        parts[0].amount += left
        return [part for part in parts if part.amount]

    # === BILLED: CREDIT NOTES === #

    def _invoices(self):
        """Posted invoices of the order, oldest first."""
        return self.sale_order_id.invoice_ids.filtered(
            lambda move: move.move_type == "out_invoice" and move.state == "posted"
        ).sorted("id")

    def _is_billed(self, part):
        """Whether what a part gives back was billed; what belongs to no line was as soon as
        anything was."""
        if part.sale_line and part.product == part.sale_line.product_id:
            lines = part.sale_line.invoice_lines
            return any(
                line.parent_state == "posted" and line.move_id.move_type == "out_invoice"
                for line in lines
            )
        return bool(self._invoices())

    def _credit(self, parts):
        """Credit notes that make what was credited of this refund what it should be.

        :return: the credit note that was made now; empty when nothing is missing.
        """
        moves = self.env["account.move"]
        wanted = sum((part.amount for part in parts), Decimal())
        kept = self.move_ids.filtered(lambda move: move.state != "cancel")
        booked = _exact(sum(kept.mapped("amount_total")), self.currency_id)
        missing = wanted - booked
        if not missing:
            return moves
        if kept and all(move.state == "draft" for move in kept):
            self.move_ids -= kept
            kept.unlink()
            kept, missing = moves, wanted
        if missing < 0:
            raise UserError(
                self.env._(
                    "Less was given back than is credited: %s.", ", ".join(kept.mapped("name"))
                )
            )
        if kept:
            parts = self._parts_of_other("adjustment", "", missing)
        note = moves.create(self._note_vals(parts))
        self._fit_note(note, missing)
        return note

    def _note_vals(self, parts):
        sale, invoices = self.sale_order_id, self._invoices()
        own = parts[0].sale_line.invoice_lines.move_id if parts else invoices
        first = (invoices & own)[:1] or invoices[:1]
        vals = sale._prepare_invoice()
        vals.update(
            {
                "move_type": "out_refund",
                "ref": self.env._("Refunded on %s", self.account_id.name)
                + f" ({self.external_id})",
                "partner_id": first.partner_id.id,
                "journal_id": first.journal_id.id,
                "currency_id": self.currency_id.id,
                "reversed_entry_id": first.id,
                "fiscal_position_id": first.fiscal_position_id.id,
                "invoice_payment_term_id": False,
                "payment_reference": False,
                "transaction_ids": [],
                "narration": False,
                "invoice_line_ids": self._note_lines(parts),
            }
        )
        return vals

    def _note_lines(self, parts):
        """Lines whose totals, tax included, are the amounts of the parts."""
        pricer = Pricer(self.env, self.account_id.company_id)
        commands = []
        for part in parts:
            quantity = part.quantity or 1.0
            price = float(part.amount) / quantity
            unit = part.sale_line.product_uom_id if part.quantity else part.product.uom_id
            commands.append(
                Command.create(
                    {
                        "product_id": part.product.id,
                        "name": part.name,
                        "quantity": quantity,
                        "product_uom_id": unit.id,
                        "price_unit": pricer.price_unit(
                            part.taxes, part.product, price, quantity, True
                        ),
                        "tax_ids": [Command.set(part.taxes.ids)],
                        "sale_line_ids": [Command.set(part.sale_line.ids)],
                        "marketplace_money_only": not part.quantity,
                    }
                )
            )
        return commands

    def _fit_note(self, note, amount):
        """Cents of rounding become a line of their own: the total is what was given back."""
        difference = self.currency_id.round(float(amount) - note.amount_total)
        if float_is_zero(difference, precision_rounding=self.currency_id.rounding):
            return
        product = self.account_id.rounding_product_id
        if not product:
            raise UserError(self.env._("Open the account, Orders, and choose a rounding product."))
        note.write(
            {
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "quantity": 1.0,
                            "price_unit": difference,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ]
            }
        )


class MarketplaceOrder(models.Model):
    _inherit = "marketplace.order"

    def _learn_refund(self, item, learned):
        """The channel's id of a refund that we told: when it comes back, it is ours.

        :param item: outbox item.
        :param dict learned: ``external_id`` as :attr:`Return.external_id` will say it.
        """
        self.ensure_one()
        external_id = learned.get("external_id")
        returns = self.env["marketplace.return"]
        if not external_id:
            return
        row = returns.search(
            [("account_id", "=", self.account_id.id), ("external_id", "=", external_id)], limit=1
        )
        if row:
            return
        field = "move_ids" if item.res_model == "account.move" else "picking_ids"
        returns.create(
            {
                "account_id": self.account_id.id,
                "external_id": external_id,
                "order_external_id": self.external_id,
                "order_id": self.id,
                "state": "own",
                "message": self.env._("We told it ourselves."),
                field: [Command.link(item.res_id)],
            }
        )


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _action_done(self):
        """Override of `stock`: once refunded goods are back, their order says so."""
        result = super()._action_done()
        if self.env["marketplace.recorder"]._enabled():
            back = self.filtered(
                lambda picking: (
                    picking.state == "done"
                    and picking.picking_type_code == "incoming"
                    and picking.sale_id
                )
            )
            if back:
                back.sale_id.sudo().marketplace_order_ids._bring_in_line()
        return result


def _exact(amount, currency):
    """A float of Odoo as the exact amount of its currency."""
    return Decimal(f"{currency.round(amount):.{currency.decimal_places}f}")
