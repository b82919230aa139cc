from markupsafe import Markup

from odoo import models
from odoo.exceptions import UserError

from ..snapshot import Nothing


class MarketplaceReturn(models.Model):
    """What a return does here: nothing, a note, or a draft return and a draft credit note."""

    _inherit = "marketplace.return"

    def _apply(self):
        """Do what the account's policy says with what is new of this return."""
        self.ensure_one()
        mode = self.account_id.refund_mode
        if self.state == "waiting":
            self.state = "noted"
        if not self.sale_order_id or mode == "ignore":
            self.message = self.env._("Recorded.")
            return
        self._note_items()
        self.message = self.env._("Noted on %s.", self.sale_order_id.name)
        if mode == "draft":
            self._draft_new()

    def _note_items(self):
        """A message on the sales order: what comes back, and why; not the buyer's words."""
        head = (
            self.env._("%(account)s: return %(id)s is back.")
            if self.received
            else self.env._("%(account)s: return %(id)s is announced.")
        ) % {"account": self.account_id.name, "id": self.external_id}
        parts = [head]
        for row in self.line_ids.filtered("quantity"):
            words = ", ".join(part for part in (row.reason, row.condition) if part)
            parts.append(
                f"{row.quantity:g} × {row.title or '?'}" + (f" ({words})" if words else "")
            )
        self.sale_order_id._message_log(body=Markup("<br/>").join(parts))

    # === DRAFTS === #

    def _draft_new(self):
        """Prepare what was not prepared yet; what does not work is asked of a person."""
        fresh = self.line_ids.filtered(lambda row: row.quantity - row.handled > 1e-6)
        if not fresh:
            return
        strange = fresh.filtered(lambda row: not row.order_line_id)
        known = fresh - strange
        problem = ""
        try:
            with self.env.cr.savepoint():
                self._draft(known)
        except UserError as exc:
            problem = str(exc)
        if strange:
            problem = self.env._(
                "Not in the order: %s", ", ".join(row.title or row.key for row in strange)
            )
        if problem:
            self.state, self.message = "attention", problem[:250]
            self.order_id._ask_person(
                self.env._(
                    "Returned on %s: the return could not be prepared.", self.account_id.name
                ),
                problem,
            )

    def _draft(self, rows):
        """:raise UserError: Odoo refuses it."""
        if not rows:
            return
        quantities = {}
        for row in rows:
            line, units = row.order_line_id.sale_line_id, row.quantity - row.handled
            pieces = units * (row.order_line_id.pieces or 1.0)
            factor = line.product_id.uom_id.factor / line.product_uom_id.factor
            quantities[line] = quantities.get(line, 0.0) + pieces * factor
            row.handled = row.quantity
        if self.stocked_by != "channel" and self.order_id.stocked_by != "channel":
            self.picking_ids |= self._draft_goods(quantities)
        self.move_ids |= self._draft_money(quantities)
        if self.picking_ids or self.move_ids:
            self.state = "drafted"
            names = self.picking_ids.mapped("name")
            if self.move_ids:
                names.append(self.env._("credit note"))
            self.message = self.env._("Prepared: %s", ", ".join(names))
        else:
            self.message = self.env._("Nothing of it was delivered or billed, or it is back.")

    def _draft_goods(self, quantities):
        """Return transfers of what left and has not come back yet.

        :param dict quantities: {sales order line: quantity in its unit}
        """
        by_picking = {}
        for line, quantity in quantities.items():
            for move, taken in self._moves_to_return(line, quantity).items():
                by_picking.setdefault(move.picking_id, {})[move] = taken
        pickings = self.env["stock.picking"]
        for picking, moves in by_picking.items():
            wizard = self.env["stock.return.picking"].create({"picking_id": picking.id})
            for row in wizard.product_return_moves:
                row.quantity = moves.get(row.move_id, 0.0)
            pickings |= pickings.browse(wizard.action_create_returns()["res_id"])
        return pickings

    def _moves_to_return(self, line, quantity):
        """:return: {done move to the buyer: quantity in its unit}; a kit's parts by its recipe"""
        outgoing = self.sale_order_id._marketplace_outgoing()
        moves = line.move_ids.filtered(
            lambda move: move.state == "done" and move.picking_id in outgoing
        ).sorted("id")
        if line.product_id in moves.product_id:
            pieces = quantity * line.product_uom_id.factor / line.product_id.uom_id.factor
            needs = {line.product_id: pieces}
        else:
            share = quantity / (line.product_uom_qty or 1.0)
            needs = {
                product: share * sum(own.mapped("product_qty"))
                for product, own in moves.grouped("product_id").items()
            }
        taken = {}
        for move in moves:
            factor = move.product_uom.factor / move.product_id.uom_id.factor
            back = move.returned_move_ids.filtered(lambda one: one.state != "cancel")
            left = move.quantity * factor - sum(back.mapped("product_qty"))
            part = min(needs.get(move.product_id, 0.0), left)
            if part > 1e-6:
                taken[move] = part / factor
                needs[move.product_id] -= part
        return taken

    def _draft_money(self, quantities):
        """Draft credit notes of what was billed and not credited yet, for these lines alone.

        :param dict quantities: {sales order line: quantity in its unit}
        """
        billed = self._billed_lines(quantities)
        if not billed:
            return self.env["account.move"]
        invoices = self.env["account.move"].union(*(line.move_id for line in billed))
        notes = self.order_id._reverse_drafts(invoices)
        for invoice, note in zip(invoices, notes, strict=True):
            wanted = {}
            for line, quantity in billed.items():
                if line.move_id == invoice:
                    sale_line = line.sale_line_ids[:1]
                    wanted[sale_line] = wanted.get(sale_line, 0.0) + quantity
            for line in note.invoice_line_ids:
                quantity = wanted.pop(line.sale_line_ids[:1], 0.0)
                if quantity:
                    line.quantity = quantity
                else:
                    line.unlink()
        return notes

    def _billed_lines(self, quantities):
        """:return: {line of a posted invoice: quantity in its unit}"""
        billed = {}
        for sale_line, wanted in quantities.items():
            unit, quantity = sale_line.product_uom_id, wanted
            lines = sale_line.invoice_lines.filtered(lambda one: one.parent_state != "cancel")
            credited = sum(
                _in_unit(line.quantity, line.product_uom_id, unit)
                for line in lines
                if line.move_id.move_type == "out_refund"
            )
            for line in lines.sorted("id"):
                if line.move_id.move_type != "out_invoice" or line.parent_state != "posted":
                    continue
                own = _in_unit(line.quantity, line.product_uom_id, unit)
                gone = min(own, credited)
                credited -= gone
                part = min(quantity, own - gone)
                if part > 1e-6:
                    billed[line] = _in_unit(part, unit, line.product_uom_id)
                    quantity -= part
        return billed


class MarketplaceOrder(models.Model):
    _inherit = "marketplace.order"

    def _snapshot_refund(self, item):
        """Override: a channel is not told what it told us itself: goods that come back, and money
        for goods that came back to its own store."""
        field = "move_ids" if item.res_model == "account.move" else "picking_ids"
        origin = self.return_ids.filtered(lambda one: item.res_id in one[field].ids)
        if origin and (field == "picking_ids" or origin[0].stocked_by == "channel"):
            return Nothing(self.env._("The channel told us of it itself."))
        return super()._snapshot_refund(item)


def _in_unit(quantity, unit, other):
    """A quantity in another unit, not rounded."""
    return quantity * unit.factor / other.factor
