from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import float_repr

from marketplace_adapters.core import (
    UTC,
    Acknowledgement,
    Cancellation,
    LineChange,
    LinesUpdate,
    Money,
    OrderStatus,
    Refund,
    RefundedLine,
    Shipment,
    ShippedLine,
    StatusUpdate,
)

from ..snapshot import Nothing, Tell, Trouble

# How far an order got; nothing is told that would bring it back.
RANK = {
    "pending": 0,
    "hold": 0,
    "confirmed": 1,
    "shipped": 2,
    "delivered": 3,
    "returned": 4,
    "cancelled": 4,
}
# Documents that order items are about, besides the sales order.
DOCUMENTS = ("stock.picking", "account.move")
# What a sales order in this state means to the channel.
STATUS_OF = {"sale": "confirmed", "partial": "shipped", "delivered": "delivered"}


class MarketplaceOrder(models.Model):
    """What the channel is told of an order: sales order and its documents → neutral state."""

    _inherit = "marketplace.order"

    @api.model
    def _snapshot(self, items, *, sent=False):
        """What to tell of each order item now; reads are shared by the whole batch.

        :param items: outbox items of order kinds.
        :param sent: do not compare with what was acknowledged (recovery of once-only items).
        :return: {item id: Tell, Nothing or Trouble}
        """
        here = self._warm(items)
        result = {}
        for item in items:
            order = item.order_id
            if item.res_model in DOCUMENTS and (item.res_model, item.res_id) not in here:
                state = Nothing(self.env._("The document is gone."))
            elif item.kind not in ("acknowledge", "cancel") and order.status == "hold":
                state = order._on_hold()
            else:
                state = getattr(order, f"_snapshot_{item.kind}")(item)
            if isinstance(state, Tell) and not sent and order._knows(item, state.values):
                state = Nothing(self.env._("The channel knows it already."))
            result[item.id] = state
        return result

    def _warm(self, items):
        """Read what every snapshot needs, once for all orders of the batch.

        :return: {(model, id)} of the documents that still exist.
        """
        sales = items.order_id.sale_order_id
        sales.order_line.mapped("qty_delivered")
        sales.order_line.product_id.uom_id.mapped("factor")
        sales.order_line.product_uom_id.mapped("factor")
        sales.picking_ids.mapped("state")
        items.order_id.line_ids.mapped("quantity")
        pickings = self._documents(items, "stock.picking")
        pickings.move_line_ids.mapped("quantity")
        pickings.move_ids.mapped("sale_line_id")
        pickings.carrier_id.mapped("name")
        moves = self._documents(items, "account.move")
        moves.invoice_line_ids.sale_line_ids.mapped("order_id")
        return {(record._name, record.id) for found in (pickings, moves) for record in found}

    def _documents(self, items, model):
        ids = {item.res_id for item in items if item.res_model == model and item.res_id}
        return self.env[model].browse(ids).exists()

    def _document(self, item):
        return self.env[item.res_model].browse(item.res_id)

    def _on_hold(self):
        """Hands off while the buyer is changing the order; goes on by itself afterwards."""
        return Trouble(
            self._hold_code(),
            self.env._(
                "The buyer is changing order %s on the channel right now: news for it waits.",
                self.number,
            ),
            self.env._("Nothing to do: it goes on by itself once the change has arrived."),
        )

    # === WHAT THE CHANNEL KNOWS === #

    def _knows(self, item, values):
        """Whether the channel acknowledged just this before."""
        known = (self.acknowledged or {}).get(item.kind)
        if item.kind in ("shipment", "refund"):
            return isinstance(known, dict) and known.get(values["reference"]) == values
        return item.kind == "acknowledge" and known == values

    @api.model
    def _acknowledged(self, items):
        """The channel accepted these items: remember what it knows now.

        :param items: outbox items whose ``sent`` holds the values of their :class:`Tell`.
        """
        for item in items.sorted("id"):
            order, values = item.order_id, item.sent or {}
            known = dict(order.acknowledged or {})
            vals = {}
            if item.kind in ("shipment", "refund"):
                earlier = known.get(item.kind)
                known[item.kind] = {
                    **(earlier if isinstance(earlier, dict) else {}),
                    values.get("reference", ""): values,
                }
            else:
                known[item.kind] = values
            vals["acknowledged"] = known
            if item.kind == "acknowledge":
                vals["acknowledged_at"] = fields.Datetime.now()
            elif item.kind == "cancel":
                vals["status"] = "cancelled"
            elif item.kind == "status" and values.get("status"):
                vals["status"] = values["status"]
            elif item.kind == "lines":
                order._acknowledge_lines(values)
            order.write(vals)

    def _acknowledge_lines(self, values):
        """The channel took over our lines: they are what both know now."""
        rows = {row.external_id: row for row in self.line_ids}
        for change in values.get("lines", ()):
            row = rows.get(change.get("id"))
            if row is None:
                continue
            vals = {"quantity": float(change["quantity"])}
            if change.get("price"):
                vals["unit_price"] = float(change["price"])
                vals["sale_price"] = row.sale_line_id.price_unit
            row.write(vals)

    # === KINDS === #

    def _snapshot_acknowledge(self, item):
        reference = self.sale_order_id.name or self.number
        return Tell(Acknowledgement(reference), {"reference": reference})

    def _snapshot_status(self, item):
        """The status of the sales order now, whatever it was when the item was made."""
        data = item.data or {}
        wanted = data.get("status") or STATUS_OF.get(self._local_state())
        if self.hands_off or wanted is None:
            return Nothing(self.env._("There is no status to tell."))
        if RANK[self.status or "pending"] >= RANK[wanted]:
            return Nothing(self.env._("The channel has that status already."))
        if not self._outbound_allowed(wanted):
            return Nothing(self.env._("The channel sets that status itself."))
        state = StatusUpdate(OrderStatus(wanted), otp=data.get("otp") or None)
        return Tell(state, {"status": wanted})

    def _snapshot_cancel(self, item):
        if self.sale_order_id.state != "cancel":
            return Nothing(self.env._("The order is not cancelled any more."))
        if RANK[self.status or "pending"] >= RANK["cancelled"]:
            return Nothing(self.env._("It is over on the channel already."))
        if not self._outbound_allowed("cancelled"):
            return Nothing(self.env._("The channel does not let us cancel."))
        reason = (item.data or {}).get("reason") or self.cancel_reason or None
        return Tell(Cancellation(reason=reason), {"reason": reason})

    def _snapshot_lines(self, item):
        """What differs between the sales order and what the channel knows of its lines."""
        sale = self.sale_order_id
        if sale.state != "sale":
            return Nothing(self.env._("The order is not confirmed."))
        if RANK[self.status or "pending"] >= RANK["delivered"]:
            return Nothing(self.env._("The order is over on the channel."))
        changes, values = [], []
        for row in self.line_ids:
            change = self._line_change(row)
            if change is not None:
                changes.append(change)
        for line in self._added_lines():
            changes.append(self._added_change(line))
        if not changes:
            return Nothing(self.env._("The channel knows these lines."))
        for change in changes:
            values.append(
                {
                    "id": change.external_id,
                    "product": change.listing.external_id or change.listing.sku
                    if change.listing
                    else None,
                    "quantity": str(change.quantity),
                    "price": str(change.price.amount) if change.price else None,
                    "cancelled": change.cancelled,
                }
            )
        return Tell(LinesUpdate(tuple(changes)), {"lines": values})

    def _line_change(self, row):
        """:return: the change of one known line, ``None`` when there is none."""
        line = row.sale_line_id
        quantity = line._marketplace_quantity(row) if line else 0.0
        repriced = bool(line) and abs(line.price_unit * (1 - line.discount / 100) - row.sale_price) > (
            1e-6
        )
        if abs(quantity - row.quantity) < 1e-6 and not (repriced and quantity):
            return None
        return LineChange(
            quantity=_exact(quantity),
            external_id=row.external_id,
            cancelled=not quantity,
            price=self._gross_price(line, quantity) if repriced and quantity else None,
        )

    def _added_lines(self):
        """Products on the sales order that the channel does not know and that are listed there."""
        account = self.account_id
        services = account.shipping_product_id | account.fee_product_id | account.rounding_product_id
        return self.sale_order_id.order_line.filtered(
            lambda line: not line.display_type
            and line.product_uom_qty
            and line not in self.line_ids.sale_line_id
            and line.product_id not in services
            and not line.is_delivery
            and not line.is_downpayment
            and self._listing_of(line)
        )

    def _listing_of(self, line):
        """The listing in the unit of the line, else any of the product."""
        own = line.product_id.marketplace_listing_ids.filtered(
            lambda listing: listing.account_id == self.account_id and listing.active
        )
        return own.filtered(lambda listing: listing.uom_id == line.product_uom_id)[:1] or own[:1]

    def _added_change(self, line):
        listing = self._listing_of(line)
        pieces = line.product_uom_qty * line.product_uom_id.factor / line.product_id.uom_id.factor
        quantity = pieces / (listing.unit_count or 1.0)
        return LineChange(
            quantity=_exact(quantity),
            listing=listing._key(),
            price=self._gross_price(line, quantity),
        )

    def _gross_price(self, line, quantity):
        """What the buyer pays for one unit of the channel, in the order's currency."""
        net = self.account_id.price_tax == "excluded"
        amount = line.price_subtotal if net else line.price_total
        currency = self.sale_order_id.currency_id
        price = float_repr(amount / quantity, currency.decimal_places)
        return Money(Decimal(price), currency.name)

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
        carrier = picking.carrier_id
        complete = self._local_state() == "delivered"
        state = Shipment(
            reference=reference,
            shipped_at=shipped_at.replace(tzinfo=UTC),
            lines=tuple(ShippedLine(line, quantity) for line, quantity in lines),
            carrier=carrier.delivery_type or None,
            carrier_name=carrier.name or None,
            tracking=tracking,
            tracking_url=(picking.carrier_tracking_url or None) if tracking else None,
            complete=complete,
        )
        values = {
            "reference": reference,
            "lines": {line: str(quantity) for line, quantity in lines},
            "carrier": carrier.name or None,
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
            (row.external_id, _exact(row.sale_line_id._marketplace_quantity(row, min(parts.values()))))
            for row, parts in shipped.items()
        ]

    def _share_of_line(self, move, move_line):
        """Quantity of the sales order line, in its unit, that a move line is."""
        line = move.sale_line_id
        if move.product_id == line.product_id:
            pieces = move_line.quantity * move_line.product_uom_id.factor
            return pieces / line.product_uom_id.factor
        demand = sum(
            one.product_uom_qty for one in line.move_ids if one.product_id == move.product_id
            and one.state != "cancel"
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
            sale_line = line.sale_line_ids.filtered(
                lambda one: one.order_id == self.sale_order_id
            )[:1]
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
            lines.append(
                RefundedLine(
                    external_id=row.external_id if row else None,
                    quantity=_exact(quantity),
                    amount=Money(
                        Decimal(float_repr(amount, move.currency_id.decimal_places)),
                        move.currency_id.name,
                    ),
                )
            )
        return self._tell_refund(move.name, lines, move.ref or None)

    def _snapshot_return(self, picking):
        if picking.state != "done":
            return Nothing(self.env._("Nothing came back."))
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
                quantity=_exact(line._marketplace_quantity(rows[line], quantity)),
                amount=Money(Decimal(0), currency),
                restock=picking.location_dest_id.usage == "internal",
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


def _exact(quantity):
    """Float of Odoo → Decimal without float dust."""
    number = Decimal(repr(round(quantity, 6))).normalize()
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number


def _tracking_of(picking, packages, package):
    """The tracking number of a package; several are written one after another with commas."""
    text = picking.carrier_tracking_ref or ""
    numbers = [part.strip() for part in text.split(",") if part.strip()]
    if len(numbers) == len(packages) > 1:
        return numbers[packages.index(package)]
    return text.strip() or None
