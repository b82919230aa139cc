from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..tools.pricing import Pricer
from .marketplace_return_money import _exact


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    marketplace_return_id = fields.Many2one(
        "marketplace.return",
        "Given back by",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Money that the channel gave back beyond goods, shipping and fees.",
    )


class MarketplaceReturn(models.Model):
    """Money given back for what was not billed: the sales order comes to less.

    ::

        goods that never left, or came back ──▶ fewer are ordered, at the price of the order
        shipping, fees, money alone         ──▶ a line below zero
        beyond all of these                 ──▶ a line below zero that points to its refund, so
                                                that it can follow what the order says later
    """

    _inherit = "marketplace.return"

    def _take_off_money(self, parts):
        """Bring an order in line that was not billed: what fewer goods do not explain becomes a
        line of its own.

        :return: whether there was anything to bring in line.
        """
        sale = self.sale_order_id
        if not parts:
            return False
        wanted = [(part, part.amount - self._explained(part)) for part in parts]
        due = sum((part.amount for part in parts), Decimal()) - _exact(
            self.in_order, self.currency_id
        )
        if due <= 0 or sale.state == "cancel":
            return True
        if self.in_order:
            wanted = [(part, due) for part in self._parts_of_other("adjustment", "", due)[:1]]
        self.in_order += float(due)
        lines = [(part, amount) for part, amount in wanted if amount]
        self.given_beyond += float(sum(amount for part, amount in lines if part.beyond))
        product = self.account_id.refund_product_id
        if lines and not product:
            raise UserError(
                self.env._("Open the account, Orders, and choose a product for refunds.")
            )
        pricer = Pricer(self.env, self.account_id.company_id)
        vals_list = [
            {
                "order_id": sale.id,
                "product_id": product.id,
                "name": f"{part.name} ({self.external_id})",
                "product_uom_qty": 1.0,
                "price_unit": pricer.price_unit(part.taxes, product, -float(amount), 1.0, True),
                "technical_price_unit": 0.0,
                "discount": 0.0,
                "tax_ids": [Command.set(part.taxes.ids)],
                "marketplace_return_id": self.id if part.beyond else False,
                "sequence": 999_000,
            }
            for part, amount in lines
        ]
        with sale._marketplace_unlocked():
            self.env["sale.order.line"].create(vals_list)
        sale._message_log(
            body=self.env._(
                "Refund %(id)s: nothing is billed yet, so there is no credit note. The order comes "
                "to less instead.",
                id=self.external_id,
            )
        )
        return True

    def _explained(self, part):
        """The part that quantities explain: goods that never left or came back are ordered no
        more, at the price of the order.

        :rtype: Decimal
        """
        row = part.row
        if row is not None and not row.left:
            # The order's own document leaves it out, at whatever it came to there.
            return part.amount
        if row is None or not row.restock:
            return Decimal()
        value = _exact(row.quantity * row.order_line_id.unit_price, self.currency_id)
        return min(value, part.amount)

    def _beyond(self):
        """What of it belongs to no goods, shipping or fee, whether it left a line here or not."""
        told = sum(float(one["amount"]) for one in self.others or [] if one["kind"] == "adjustment")
        return max(self.given_beyond, told)


class MarketplaceOrder(models.Model):
    _inherit = "marketplace.order"

    def _fit_given_back(self):
        """Money that pays for units which had been taken off after they were paid: the sales order
        comes to less since then, and does not twice. What was set off against what the buyer owed
        is below zero, and makes it no dearer in the same way. Refund and order come in any order,
        so this looks at what both say by now."""
        for order in self:
            sale = order.sale_order_id
            lines = sale.order_line.filtered("marketplace_return_id").sorted("id", reverse=True)
            billed = sale.invoice_ids.filtered(lambda move: move.state != "cancel")
            if not lines or not order.paid_back or billed or sale.state == "cancel":
                continue
            taken = -sum(lines.mapped("price_total"))
            sign = 1.0 if taken > 0 else -1.0
            # Of all refunds: one that left no line here is paid back by the order as well.
            beyond = sum(one._beyond() for one in order.return_ids)
            over = sign * taken - max(0.0, sign * (beyond - order.paid_back))
            with sale._marketplace_unlocked():
                for line in lines:
                    mine = -sign * line.price_total
                    less = min(over, mine)
                    if order.currency_id.compare_amounts(less, 0.0) > 0:
                        line.price_unit *= 1 - less / mine
                        over -= less
