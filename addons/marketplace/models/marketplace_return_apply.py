from markupsafe import Markup

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools.misc import formatLang

from ..snapshot import Nothing


class MarketplaceReturn(models.Model):
    """What a return does here: nothing, a note, or a return and a credit note, drafts or not."""

    _inherit = "marketplace.return"

    def _apply(self):
        """Do what the account's policy says with what is new of this return."""
        self.ensure_one()
        mode = self.account_id.refund_mode
        if self.state == "waiting":
            self.state = "noted"
        own = self._told_by_us()
        if own:
            self.write(
                {
                    "state": "own",
                    "message": self.env._("We told it ourselves: %s.", own.display_name),
                    "move_ids" if own._name == "account.move" else "picking_ids": [
                        Command.link(own.id)
                    ],
                }
            )
            return
        if not self.sale_order_id or mode == "ignore":
            self.message = self.env._("Recorded.")
            self._record_told()
            return
        self._record_told()
        self._note_items()
        self.message = self.env._("Noted on %s.", self.sale_order_id.name)
        if mode in ("draft", "posted") and not self.order_id.hands_off:
            self._carry_out()

    def _told_by_us(self):
        """The credit note or return that this is the echo of, by our own reference."""
        sale = self.sale_order_id
        if not self.reference or not sale:
            return False
        documents = (*sale.invoice_ids, *sale.picking_ids)
        return next((one for one in documents if one.name == self.reference), False)

    def _record_told(self):
        """One line in the log of operations, whatever the policy; nothing is told back."""
        sale = self.sale_order_id
        if not sale:
            return
        data = {"key": self.revision or self.external_id, "id": self.external_id}
        if self.amount_told:
            data["amount"] = f"{self.amount:.{self.currency_id.decimal_places}f}"
            data["currency"] = self.currency_id.name
        operation = "refund_in" if self.amount_told else "return_in"
        self.env["marketplace.recorder"]._record_order(operation, self, sale, data)

    def _note_items(self):
        """A message on the sales order: what comes back, and why; not the buyer's words."""
        account, external_id = self.account_id.name, self.external_id
        if self.amount_told:
            head = self.env._(
                "%(account)s: refund %(id)s of %(amount)s.",
                account=account,
                id=external_id,
                amount=formatLang(self.env, self.amount, currency_obj=self.currency_id),
            )
        elif self.received:
            head = self.env._(
                "%(account)s: return %(id)s is back.", account=account, id=external_id
            )
        else:
            head = self.env._(
                "%(account)s: return %(id)s is announced.", account=account, id=external_id
            )
        parts = [head]
        for row in self.line_ids.filtered("quantity"):
            words = ", ".join(part for part in (row.reason, row.condition) if part)
            parts.append(
                f"{row.quantity:g} × {row.title or '?'}" + (f" ({words})" if words else "")
            )
        self.sale_order_id._message_log(body=Markup("<br/>").join(parts))

    # === CARRY OUT === #

    def _carry_out(self):
        """Prepare what was not prepared yet; what does not work is asked of a person."""
        rows = self.line_ids.filtered(lambda row: row.quantity - row.handled > 1e-6)
        if not rows and not self.amount_told:
            return
        # What never left may be gone from the order already: there is nothing to prepare of it.
        gone = rows.filtered(lambda row: not row.order_line_id and not row.left)
        strange = rows.filtered(lambda row: not row.order_line_id) - gone
        problem = ""
        try:
            with self.env.cr.savepoint():
                self._draft(rows - strange - gone)
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
        if self.amount_told:
            self._settle_refund(rows)
            return
        if not rows:
            return
        quantities = {}
        for row in rows:
            line = row.order_line_id.sale_line_id
            units = row.quantity - row.handled
            quantities[line] = quantities.get(line, 0.0) + row.order_line_id._line_quantity(units)
        self._bring_back(self._to_come_back(rows))
        for row in rows:
            row.handled = row.quantity
        notes = self.env["account.move"]
        self.order_id._bring_in_line()
        if not self.account_id._tells_refunds():
            notes = self._draft_money(quantities)
        self.move_ids |= notes
        self._finish(notes)

    def _finish(self, notes, *, settled=False):
        """Post and receive where the policy says so, and say what became of it.

        :param notes: credit notes that were made now.
        :param settled: the sales order itself was brought in line.
        """
        posted = self.account_id.refund_mode == "posted"
        if posted:
            notes.action_post()
            self._try_to_receive()
        documents = [*self.picking_ids.mapped("name")]
        documents += [
            move.name if move.state == "posted" else self.env._("credit note")
            for move in self.move_ids
        ]
        open_ones = self.picking_ids.filtered(lambda one: one.state not in ("done", "cancel"))
        open_ones = bool(open_ones) or "draft" in self.move_ids.mapped("state")
        if documents or settled:
            self.state = "drafted" if open_ones else "done"
        if settled and not self.move_ids:
            self.message = self.env._("Not billed yet: %s comes to less.", self.sale_order_id.name)
        elif open_ones:
            self.message = self.env._("Prepared: %s", ", ".join(documents))
        elif documents:
            self.message = self.env._("Done: %s", ", ".join(documents))
        else:
            self.message = self.env._("Nothing of it was delivered or billed, or it is back.")

    def _try_to_receive(self):
        """What cannot be received by itself (a lot is missing, say) keeps no money waiting."""
        if not self.received:
            return
        try:
            with self.env.cr.savepoint():
                self._receive()
        except UserError as exc:
            self.order_id._ask_person(
                self.env._(
                    "Back according to %s, but it cannot be received here.", self.account_id.name
                ),
                str(exc),
            )

    def _receive(self):
        """Goods that are back are received; the channel knows it."""
        quiet = {"marketplace_as_told": True, "skip_backorder": True, "skip_sms": True}
        for picking in self.picking_ids.filtered(lambda one: one.state not in ("done", "cancel")):
            for move in picking.move_ids.filtered(lambda one: one.state != "cancel"):
                move.quantity = move.product_uom_qty
                move.picked = True
            picking.with_context(**quiet).button_validate()
            if picking.state != "done":
                raise UserError(self.env._("%s needs a person.", picking.name))

    # === GOODS === #

    def _to_come_back(self, rows):
        """What of these rows is back and was not dealt with.

        A piece that a channel tells as returned and later as refunded instead comes back once:
        all that is told of a line is compared with all that was done for it.

        :return: {row: units of the channel}
        """
        if self.stocked_by == "channel" or self.order_id.stocked_by == "channel":
            return {}
        wanted = {}
        for order_line, own in rows.grouped("order_line_id").items():
            told = order_line.return_line_ids.filtered(
                lambda one: one.restock and one.return_id.state != "own"
            )
            every = order_line.return_line_ids
            need = sum(told.mapped("quantity")) - sum(every.mapped("back"))
            for row in own.filtered("restock"):
                units = min(row.quantity - row.back, need)
                if units > 1e-6:
                    wanted[row] = units
                    need -= units
        return wanted

    def _bring_back(self, wanted):
        """Return transfers to where the channel says that the goods came back to.

        :param dict wanted: {row: units of the channel}
        """
        by_place = {}
        for row, units in wanted.items():
            line = row.order_line_id.sale_line_id
            quantities = by_place.setdefault(row.location or "", {})
            quantities[line] = quantities.get(line, 0.0) + row.order_line_id._line_quantity(units)
            row.back += units
        for location, quantities in by_place.items():
            pickings = self._draft_goods(quantities)
            self._lead_to(pickings, location)
            self.picking_ids |= pickings

    def _lead_to(self, pickings, location):
        """Let return transfers end in the location that the channel names."""
        place = self.account_id._place(location) if location else False
        if not place:
            return
        warehouse = place.warehouse_id
        for picking in pickings:
            inside = place.location_ids.filtered(lambda one: one.warehouse_id == warehouse)
            target = inside[:1] or place.location_ids[:1] or warehouse.lot_stock_id
            if not target or picking.location_dest_id == target:
                continue
            if warehouse and picking.picking_type_id.warehouse_id != warehouse:
                picking.picking_type_id = warehouse.in_type_id
                picking.move_ids.write(
                    {"picking_type_id": warehouse.in_type_id.id, "warehouse_id": warehouse.id}
                )
            picking.location_dest_id = target
            picking.move_ids.write({"location_dest_id": target.id})
            picking.move_line_ids.write({"location_dest_id": target.id})

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
        if origin and (
            field == "picking_ids"
            or origin[0].stocked_by == "channel"
            or (origin[0].amount_told and origin[0].state != "own")
        ):
            return Nothing(self.env._("The channel told us of it itself."))
        return super()._snapshot_refund(item)


def _in_unit(quantity, unit, other):
    """A quantity in another unit, not rounded."""
    return quantity * unit.factor / other.factor
