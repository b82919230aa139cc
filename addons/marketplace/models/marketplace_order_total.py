from decimal import Decimal

from odoo import models
from odoo.fields import Command

from ..tools.inbound import Quarantine


class MarketplaceOrder(models.Model):
    """What the buyer pays is what the sales order comes to, to the cent."""

    _inherit = "marketplace.order"

    def _check_sum(self, account, draft):
        """The lines of the channel must add up to its total, before anything is created."""
        order = draft.order
        if order.total is None or not all(plan.included for plan in draft.lines):
            return
        if any(not line.tax_included for line in draft.skipped):
            return
        amount = sum((line.quantity * line.unit_price for line in order.lines), Decimal())
        difference = float(order.total - amount)
        if abs(difference) > account.total_tolerance + 1e-9:
            raise Quarantine(
                "total_mismatch",
                self.env._(
                    "Order %(number)s: its lines add up to %(lines)s %(currency)s, "
                    "the channel says %(total)s.",
                    number=order.number,
                    lines=draft.currency.round(float(amount)),
                    total=order.total,
                    currency=order.currency,
                ),
                _comparison(draft, None)
                + "\n"
                + self.env._(
                    "Look at the order on the channel: a fee or a discount may be missing. "
                    "Raise the tolerance on the account, or enter this order by hand."
                ),
                "platform",
            )

    def _check_total(self, account, draft, sale, pricer):
        """Compare to the cent; a difference within the tolerance becomes one line of its own.

        :raise Quarantine: above it, with the comparison of every line.
        """
        if draft.order.total is None:
            return
        difference = draft.currency.round(
            float(self._expected_total(draft)) - self._comparable_total(account, draft, sale)
        )
        if not difference:
            return
        converted = sum(
            pricer.converts(self._line_taxes(draft, plan, pricer), plan.included)
            for plan in draft.lines
        )
        # Prices that had to be computed back from gross may each cost a unit of rounding.
        allowed = max(account.total_tolerance, converted * draft.currency.rounding)
        if abs(difference) > allowed + 1e-9:
            raise self._total_mismatch(draft, sale, difference)
        self._add_rounding(account, sale, difference)

    def _expected_total(self, draft):
        skipped = sum((line.quantity * line.unit_price for line in draft.skipped), Decimal())
        return draft.order.total - skipped

    def _comparable_total(self, account, draft, sale):
        """What the channel's total corresponds to: net where it sells net and states no tax."""
        net = account.price_tax == "excluded" and not any(plan.line.tax for plan in draft.lines)
        return sale.amount_untaxed if net else sale.amount_total

    def _total_mismatch(self, draft, sale, difference):
        order = draft.order
        return Quarantine(
            "total_mismatch",
            self.env._(
                "Order %(number)s: the channel says %(channel)s %(currency)s, "
                "Odoo comes to %(odoo)s.",
                number=order.number,
                channel=order.total,
                currency=order.currency,
                odoo=sale.currency_id.round(sale.amount_total),
            ),
            _comparison(draft, sale)
            + "\n"
            + self.env._(
                "Look at the taxes of these products, or raise the tolerance on the account; "
                "then press Retry."
            ),
        )

    def _add_rounding(self, account, sale, difference):
        rounding = sale.order_line.filtered(
            lambda line: line.product_id == account.rounding_product_id
        )
        if rounding:
            rounding[0].price_unit += difference
            return
        if not account.rounding_product_id:
            raise Quarantine(
                "no_rounding_product",
                self.env._("A rounding difference has no product to be booked on."),
                self.env._("Open the account, Orders, and choose a rounding product."),
            )
        self.env["sale.order.line"].create(
            {
                "order_id": sale.id,
                "product_id": account.rounding_product_id.id,
                "product_uom_qty": 1.0,
                "price_unit": difference,
                "discount": 0.0,
                "tax_ids": [Command.clear()],
                "sequence": 1_000_000,
            }
        )


def _comparison(draft, sale):
    """Line by line, what the channel says and what Odoo comes to."""
    lines = []
    sale_lines = iter(sale.order_line.sorted(lambda line: (line.sequence, line.id)) if sale else ())
    for plan in draft.lines:
        line = plan.line
        text = (
            f"{line.name or line.external_id}: {line.quantity} × {line.unit_price}"
            f" = {line.quantity * line.unit_price}"
        )
        if sale and (plan.quantity or line.kind != "product"):
            text += f" | Odoo: {sale.currency_id.round(next(sale_lines).price_total)}"
        lines.append(text)
    return "\n".join(lines)
