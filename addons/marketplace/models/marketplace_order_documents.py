from decimal import Decimal

from odoo import fields, models
from odoo.tools import float_repr

from marketplace_adapters.core import UTC, Money, Refund, RefundedLine, Shipment, ShippedLine

from ..snapshot import Nothing, Tell
from ..tools.amounts import exact
from .marketplace_order_snapshot import RANK


class MarketplaceOrder(models.Model):
    """What the channel is told of the documents of an order: parcels, credit notes, returns."""

    _inherit = "marketplace.order"

    # === SHIPMENT === #

    def _snapshot_shipment(self, item):
        """One package of one transfer, with its tracking number as it is now."""
        picking = self._document(item)
        if picking.state != "done":
            return Nothing(self.env._("Nothing has left."))
        if self.hands_off or not self._outbound_allowed("shipped"):
            return Nothing(self.env._("The channel delivers this order itself."))
        if RANK[self.status or "pending"] >= RANK["cancelled"]:
            return Nothing(self.env._("The order is over on the channel."))
        packages = picking._marketplace_packages()
        wanted = (item.data or {}).get("package_id") or 0
        package = next((one for one in packages if (one.id or 0) == wanted), None)
        if package is None:
            return Nothing(self.env._("The package is gone."))
        lines = self._shipped_lines(picking, package)
        if not lines:
            return Nothing(self.env._("Nothing of this order was in it."))
        tracking = _tracking_of(picking, packages, package)
        reference = picking.name if len(packages) == 1 else f"{picking.name}/{package.name or 0}"
        shipped_at = (picking.date_done or fields.Datetime.now()).replace(microsecond=0)
        carriers = self.env["marketplace.carrier"]
        carrier, carrier_name = carriers._told(self.account_id, picking.carrier_id)
        complete = self._local_state() == "delivered"
        location = self._place_of(
            picking.picking_type_id.warehouse_id, picking.move_line_ids.location_id
        )
        state = Shipment(
            reference=reference,
            shipped_at=shipped_at.replace(tzinfo=UTC),
            lines=tuple(ShippedLine(line, quantity) for line, quantity in lines),
            carrier=carrier,
            carrier_name=carrier_name,
            tracking=tracking,
            tracking_url=(picking.carrier_tracking_url or None) if tracking else None,
            complete=complete,
            location=location,
        )
        values = {
            "reference": reference,
            "lines": {line: str(quantity) for line, quantity in lines},
            "carrier": picking.carrier_id.name or None,
            "tracking": tracking,
        }
        return Tell(state, values)

    def _shipped_lines(self, picking, package):
        """[(line of the channel, its units)] of what left in a package."""
        rows = {row.sale_line_id: row for row in self.line_ids if row.sale_line_id}
        shipped = {}
        for move_line in picking.move_line_ids:
            move = move_line.move_id
            row = rows.get(move.sale_line_id)
            if row is None or move_line.result_package_id != package:
                continue
            share = self._share_of_line(move, move_line)
            shipped.setdefault(row, {}).setdefault(move.product_id, 0.0)
            shipped[row][move.product_id] += share
        # A kit leaves as its components: as many kits left as of the scarcest component.
        return [
            (
                row.external_id,
                exact(row.sale_line_id._marketplace_quantity(row, min(parts.values()))),
            )
            for row, parts in shipped.items()
        ]

    def _share_of_line(self, move, move_line):
        """Quantity of the sales order line, in its unit, that a move line is."""
        line = move.sale_line_id
        if move.product_id == line.product_id:
            pieces = move_line.quantity * move_line.product_uom_id.factor
            return pieces / line.product_uom_id.factor
        demand = sum(
            one.product_uom_qty
            for one in line.move_ids
            if one.product_id == move.product_id and one.state != "cancel"
        )
        return line.product_uom_qty * move_line.quantity / (demand or 1.0)

    # === REFUND === #

    def _snapshot_refund(self, item):
        """A posted credit note, or goods that came back without one."""
        if item.res_model == "account.move":
            return self._snapshot_credit_note(self._document(item))
        return self._snapshot_return(self._document(item))

    def _snapshot_credit_note(self, move):
        if move.state != "posted":
            return Nothing(self.env._("The credit note is not posted."))
        rows = {row.sale_line_id: row for row in self.line_ids if row.sale_line_id}
        net = self.account_id.price_tax == "excluded"
        lines = []
        for line in move.invoice_line_ids:
            sale_line = line.sale_line_ids.filtered(lambda one: one.order_id == self.sale_order_id)[
                :1
            ]
            if not sale_line:
                continue
            row = rows.get(sale_line)
            pieces = line.quantity * line.product_uom_id.factor
            quantity = (
                sale_line._marketplace_quantity(row, pieces / sale_line.product_uom_id.factor)
                if row
                else line.quantity
            )
            amount = line.price_subtotal if net else line.price_total
            told = RefundedLine(
                external_id=row.external_id if row else None,
                quantity=exact(quantity),
                amount=Money(
                    Decimal(float_repr(amount, move.currency_id.decimal_places)),
                    move.currency_id.name,
                ),
            )
            lines += self._restocked(move, line, row, told) if row else [told]
        return self._tell_refund(move.name, lines, move.ref or None)

    def _snapshot_return(self, picking):
        if picking.state != "done":
            return Nothing(self.env._("Nothing came back."))
        if self.account_id.restock_policy != "return":
            return Nothing(self.env._("It is told with the credit note."))
        location = self._place_of(
            picking.picking_type_id.warehouse_id, picking.move_line_ids.location_dest_id
        )
        rows = {row.sale_line_id: row for row in self.line_ids if row.sale_line_id}
        currency = self.sale_order_id.currency_id.name
        returned = {}
        for move_line in picking.move_line_ids:
            line = move_line.move_id.sale_line_id
            if line in rows:
                share = self._share_of_line(move_line.move_id, move_line)
                returned[line] = returned.get(line, 0.0) + share
        lines = [
            RefundedLine(
                external_id=rows[line].external_id,
                quantity=exact(line._marketplace_quantity(rows[line], quantity)),
                amount=Money(Decimal(0), currency),
                restock=picking.location_dest_id.usage == "internal",
                location=location,
            )
            for line, quantity in returned.items()
        ]
        return self._tell_refund(picking.name, lines, None)

    def _tell_refund(self, reference, lines, reason):
        if not lines:
            return Nothing(self.env._("Nothing of this order is in it."))
        values = {
            "reference": reference,
            "lines": [
                {
                    "id": line.external_id,
                    "quantity": str(line.quantity),
                    "amount": str(line.amount.amount),
                }
                for line in lines
            ],
        }
        return Tell(Refund(reference, tuple(lines), reason), values)


def _tracking_of(picking, packages, package):
    """The tracking number of a package; several are written one after another with commas."""
    text = picking.carrier_tracking_ref or ""
    numbers = [part.strip() for part in text.split(",") if part.strip()]
    if len(numbers) == len(packages) > 1:
        return numbers[packages.index(package)]
    return text.strip() or None
