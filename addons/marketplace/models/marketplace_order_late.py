from odoo import fields, models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _marketplace_left(self):
        """How much of this line has left, in its unit, whether or not it came back since."""
        self.ensure_one()
        outgoing = self.order_id._marketplace_outgoing()
        moves = self.move_ids.filtered(
            lambda move: (
                move.state == "done"
                and move.picking_id in outgoing
                and move.product_id == self.product_id
            )
        )
        if not moves:
            return self.qty_delivered
        pieces = sum(move.quantity * move.product_uom.factor for move in moves)
        return max(pieces / self.product_uom_id.factor, self.qty_delivered)


class MarketplaceOrderLine(models.Model):
    """How much of a line is ordered here.

    ::

        ordered here = max(quantity on the channel − what came back of it, delivered and not back)

    The channel's quantity is what left or is to leave; what came back stays in it. What has left
    stays ordered here until it is back: Odoo cannot order less than it delivered. Once it is back
    it is ordered no more, or it would be offered for billing and delivery again.
    """

    _inherit = "marketplace.order.line"

    return_line_ids = fields.One2many(
        "marketplace.return.line", "order_line_id", readonly=True, string="Returns"
    )

    def _back(self):
        """Units of the channel that came back and that a refund told.

        A piece may be told as returned first and as refunded later, and came back once; until the
        money is given back the buyer has paid for it.
        """
        self.ensure_one()
        rows = self.return_line_ids
        refunded = rows.filtered(lambda row: row.return_id.amount_told and row.restock)
        return min(sum(rows.mapped("back")), sum(refunded.mapped("quantity")))

    def _wanted(self):
        """What should be ordered here, in the unit of the sales order line."""
        self.ensure_one()
        line = self.sale_line_id
        quantity = self._line_quantity(max(self.quantity - self._back(), 0.0))
        if line.state == "sale" and line._marketplace_is_goods():
            quantity = max(quantity, line.qty_delivered)
        return quantity

    def _surplus(self):
        """Units of the channel that are ordered here beyond what it says: they have left; or, below
        zero, less than it says: they came back."""
        self.ensure_one()
        line = self.sale_line_id
        if not line or abs(line.product_uom_qty - self._wanted()) > 1e-6:
            return 0.0
        more = line._marketplace_quantity(self) - self.quantity
        return more if abs(more) > 1e-6 else 0.0

    def _is_settled(self, quantity):
        """Whether the sales order has this quantity of the channel, or returns that are known
        explain why it has more."""
        self.ensure_one()
        line = self.sale_line_id
        more = (line._marketplace_quantity(self) if line else 0.0) - quantity
        if abs(more) < 1e-6:
            return True
        back = sum(self.return_line_ids.mapped("quantity"))
        return 0 < more <= back + 1e-6

    def _set_ordered(self, vals=None, *, more=False):
        """Order what is wanted, with further values of the line.

        :param more: the channel wants more than before: it is procured also when goods that are
            on their way back hide it in the quantity.
        """
        self.ensure_one()
        line, vals = self.sale_line_id, dict(vals or {})
        quantity = self._wanted()
        # A quantity that is written starts procurement, also when it is the same.
        changes = abs(line.product_uom_qty - quantity) > 1e-6
        if changes:
            vals["product_uom_qty"] = quantity
            # Price and discount are written with the quantity, or Odoo computes them anew.
            vals.setdefault("price_unit", line.price_unit)
        if vals:
            line.write(vals)
        if more and not changes and self._back():
            line._action_launch_stock_rule()

    def _line_quantity(self, units):
        """Units of the channel in the unit of the sales order line."""
        self.ensure_one()
        line = self.sale_line_id
        pieces = units * (self.pieces or 1.0)
        return pieces * line.product_id.uom_id.factor / line.product_uom_id.factor


class MarketplaceOrder(models.Model):
    """Changes of the channel after goods left or an invoice was posted, where the account's policy
    is to take over what is possible."""

    _inherit = "marketplace.order"

    def _is_late(self, state):
        """Whether a change of lines comes after something that cannot be undone.

        :param str state: of :meth:`_local_state`.
        """
        self.ensure_one()
        invoiced = any(move.state == "posted" for move in self.sale_order_id.invoice_ids)
        return invoiced or state not in ("quotation", "sale")

    def _write_lines(self, message, changed, removed, known):
        """Override to ask about what is billed already and differs now."""
        prices = {row: row.unit_price for row in self.line_ids}
        super()._write_lines(message, changed, removed, known)
        if any(move.state == "posted" for move in self.sale_order_id.invoice_ids):
            self._ask_about_bill(prices)

    def _ask_about_bill(self, prices):
        """Invoices do not change by themselves.

        A channel that tells its refunds tells by them what is given back for what became less.

        :param dict prices: {ledger's line: unit price before}
        """
        told = self.account_id._tells_refunds()
        wrong = []
        for row, price in prices.items():
            line = row.sale_line_id
            if not line or line.qty_invoiced <= 0:
                continue
            dearer = row.quantity and row.unit_price - price > 1e-9
            cheaper = row.quantity and price - row.unit_price > 1e-9
            less = line.qty_invoiced - line.product_uom_qty > 1e-6
            if dearer or ((cheaper or less) and not told):
                wrong.append(row.title or line.name)
        if wrong:
            self._ask_person(
                self.env._("Changed on %s after it was invoiced.", self.account_id.name),
                self.env._("Correct the invoice, or add a credit note: %s", ", ".join(wrong)),
            )

    # === TOTALS === #

    def _fit_total(self, account, draft, pricer):
        """Override: while goods are on the sales order that the channel took off, or came back,
        its total is another one: invoices and credit notes make up for it."""
        if not any(row._surplus() for row in self.line_ids):
            super()._fit_total(account, draft, pricer)

    def _comparable_total(self, account, draft, sale):
        """Override: what was given back is no part of the channel's lines."""
        total = super()._comparable_total(account, draft, sale)
        given = sale.order_line.filtered(
            lambda line: account.refund_product_id and line.product_id == account.refund_product_id
        )
        if not given:
            return total
        untaxed = total == sale.amount_untaxed and total != sale.amount_total
        return total - sum(given.mapped("price_subtotal" if untaxed else "price_total"))

    def _bring_in_line(self):
        """Goods came back: they are ordered no more, and nothing to bill is left over."""
        for order in self:
            sale = order.sale_order_id
            rows = order.line_ids.filtered(lambda row: row.sale_line_id and row._back() > 1e-6)
            if sale.state != "sale" or not rows:
                continue
            with sale._marketplace_unlocked():
                for row in rows:
                    row._set_ordered()
