from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import float_repr

from marketplace_adapters.core import (
    Acknowledgement,
    Cancellation,
    LineChange,
    LinesUpdate,
    Money,
    OrderStatus,
    StatusUpdate,
)

from ..snapshot import Nothing, Tell, Trouble
from ..tools.amounts import exact
from .marketplace_order_line import ADDED

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
        """The channel took over our lines: they are what both know now, and so is the total."""
        before = self._sum_of_lines()
        rows = {row.external_id: row for row in self.line_ids}
        for change in values.get("lines", ()):
            row = rows.get(change.get("id"))
            if row is None:
                self._acknowledge_added(change)
                continue
            vals = {"quantity": float(change["quantity"])}
            if change.get("price"):
                vals["unit_price"] = float(change["price"])
                vals["sale_price"] = row.sale_line_id.price_unit
            row.write(vals)
        difference = self._sum_of_lines() - before
        # Where prices are told without tax, the tax of the difference is the channel's to say.
        if difference and self.account_id.price_tax != "excluded":
            self.total = self.currency_id.round(self.total + difference)
            self.cash_to_collect = self.currency_id.round(self.cash_to_collect + difference)

    def _sum_of_lines(self):
        return sum(row.quantity * row.unit_price for row in self.line_ids)

    def _acknowledge_added(self, change):
        """A line that was added here is on the channel now, under an id that it has not told."""
        line = self.env["sale.order.line"].browse(change.get("line") or 0).exists()
        if not line or line in self.line_ids.sale_line_id:
            return
        listing = self._listing_of(line)
        self.env["marketplace.order.line"].create(
            {
                "order_id": self.id,
                "external_id": f"{ADDED}{line.id}",
                "sale_line_id": line.id,
                "listing_id": listing.id,
                "title": listing.title or line.product_id.display_name,
                "quantity": float(change["quantity"]),
                "unit_price": float(change["price"] or 0),
                "unit_count": listing.unit_count or 1.0,
                "pieces": listing.unit_count or 1.0,
                "sale_price": line.price_unit,
            }
        )

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
        if self.stocked_by == "channel" and wanted in ("shipped", "delivered"):
            return Nothing(self.env._("The channel delivers this order itself."))
        if RANK[self.status or "pending"] >= RANK[wanted]:
            return Nothing(self.env._("The channel has that status already."))
        if not self._outbound_allowed(wanted):
            return Nothing(self.env._("The channel sets that status itself."))
        state = StatusUpdate(OrderStatus(wanted), otp=data.get("otp") or None)
        return Tell(state, {"status": wanted})

    def _tells_cancel(self):
        """Whether the channel will hear of a cancellation here: not of what is over there, nor of
        what it cancelled itself. Of no order at all: no."""
        return bool(
            self
            and RANK[self.status or "pending"] < RANK["delivered"]
            and self.account_id.state != "draft"
            and self.account_id.sync_order_status
            and self._outbound_allowed("cancelled")
        )

    def _snapshot_cancel(self, item):
        if self.sale_order_id.state != "cancel":
            return Nothing(self.env._("The order is not cancelled any more."))
        if RANK[self.status or "pending"] >= RANK["cancelled"]:
            return Nothing(self.env._("It is over on the channel already."))
        if not self._outbound_allowed("cancelled"):
            return Nothing(self.env._("The channel does not let us cancel."))
        data, account = item.data or {}, self.account_id
        reason = data.get("reason") or self.cancel_reason or None
        options = {
            "restock": account.cancel_restock,
            "refund": account.cancel_refund,
            "notify": account.cancel_notify,
        }
        chosen = data.get("options") or {}
        options |= {name: bool(chosen[name]) for name in options if name in chosen}
        state = Cancellation(reason=reason, note=data.get("note") or None, **options)
        usual = {"restock": True, "refund": False, "notify": False}
        unusual = {name: value for name, value in options.items() if value != usual[name]}
        return Tell(state, {"reason": reason, **unusual})

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
            if change is None:
                continue
            if row._is_added():
                self._ask_about_added(row)
                continue
            changes.append(change)
            values.append(_line_values(change))
        for line in self._added_lines():
            change = self._added_change(line)
            changes.append(change)
            values.append(_line_values(change) | {"line": line.id})
        if not changes:
            return Nothing(self.env._("The channel knows these lines."))
        return Tell(LinesUpdate(tuple(changes)), {"lines": values})

    def _ask_about_added(self, row):
        """A line that was added here cannot be changed before the channel has told its id."""
        self._ask_person(
            self.env._("A line that was added here changed before the channel told its id."),
            self.env._(
                "%(line)s: the channel still has %(quantity)s. Change it there; the change comes "
                "back by itself.",
                line=row.title,
                quantity=row.quantity,
            ),
        )

    def _line_change(self, row):
        """:return: the change of one known line, ``None`` when there is none."""
        line = row.sale_line_id
        quantity = line._marketplace_quantity(row) if line else 0.0
        price = line.price_unit * (1 - line.discount / 100)
        repriced = bool(line) and abs(price - row.sale_price) > 1e-6
        if abs(quantity - row.quantity) < 1e-6 and not (repriced and quantity):
            return None
        return LineChange(
            quantity=exact(quantity),
            external_id=row.external_id,
            cancelled=not quantity,
            price=self._gross_price(line, quantity) if repriced and quantity else None,
        )

    def _added_lines(self):
        """Products on the sales order that the channel does not know and that are listed there."""
        account = self.account_id
        services = account.shipping_product_id | account.fee_product_id
        services |= account.rounding_product_id | account.refund_product_id
        return self.sale_order_id.order_line.filtered(
            lambda line: (
                not line.display_type
                and line.product_uom_qty
                and line not in self.line_ids.sale_line_id
                and line.product_id not in services
                and not line.is_delivery
                and not line.is_downpayment
                and self._listing_of(line)
            )
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
            quantity=exact(quantity),
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


def _line_values(change):
    """What is remembered of a change that is told."""
    return {
        "id": change.external_id,
        "product": change.listing.external_id or change.listing.sku if change.listing else None,
        "quantity": str(change.quantity),
        "price": str(change.price.amount) if change.price else None,
        "cancelled": change.cancelled,
    }
