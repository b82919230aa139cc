from odoo import api, models

from ..tools.pricing import Pricer
from .marketplace_partner import has_place


class MarketplaceOrder(models.Model):
    """Buyers that a channel names later than the order."""

    _inherit = "marketplace.order"

    def _enrich(self, order):
        """Put the buyer and his address on a sales order that was imported without them.

        Only what is missing is filled in: whoever chose another contact or address meanwhile
        keeps it.

        :param order: the neutral :class:`marketplace_adapters.core.Order`.
        """
        self.ensure_one()
        sale = self.sale_order_id
        if not self._lacks_buyer(order) or sale.state == "cancel":
            return
        (parties,) = self.env["marketplace.partner"]._resolve(self.account_id, [order])
        pricer = Pricer(self.env, self.account_id.company_id)
        vals = {
            **self._kept_of_account(sale),
            "partner_id": parties.partner.id,
            "partner_invoice_id": parties.invoice.id,
            "partner_shipping_id": parties.shipping.id,
        }
        if sale.state in ("draft", "sent"):
            vals["fiscal_position_id"] = pricer.fiscal_position(
                parties.partner, parties.shipping
            ).id
        prices = {line: line.price_unit for line in sale.order_line}
        sale.write(vals)
        for line, price in prices.items():
            if line.price_unit != price:
                line.price_unit = price
        self.partner_id = parties.partner
        sale.picking_ids.filtered(lambda one: one.state not in ("done", "cancel")).write(
            {"partner_id": parties.shipping.id}
        )
        self._map_taxes(order, pricer)

    @api.model
    def _kept_of_account(self, sale):
        """What Odoo would take from the new contact, although the channel and the account decide
        it: another pricelist would bring another currency."""
        names = ["payment_term_id", "user_id", "team_id"]
        if sale.state in ("draft", "sent"):
            names.append("pricelist_id")  # of a confirmed order nobody may write it
        return {name: sale[name].id for name in names}

    def _lacks_buyer(self, order):
        """Whether the channel knows of the buyer what this sales order does not."""
        if not (has_place(order.ship_to) or order.buyer.name or order.buyer.email):
            return False
        sale = self.sale_order_id
        if has_place(order.ship_to) and not has_place(sale.partner_shipping_id):
            return True
        return sale.partner_id == self.partner_id and bool(
            self.env["marketplace.partner"].search_count(
                [
                    ("account_id", "=", self.account_id.id),
                    ("partner_id", "=", self.partner_id.id),
                    ("external_id", "=", "anonymous"),
                ],
                limit=1,
            )
        )

    def _map_taxes(self, order, pricer):
        """The fiscal position of a quotation may have come with the address."""
        sale = self.sale_order_id
        if sale.state not in ("draft", "sent"):
            return
        channel = {line.external_id for line in order.lines if line.taxed_by == "channel"}
        for row in self.line_ids:
            line = row.sale_line_id
            if line and row.external_id not in channel:
                taxes = pricer.taxes(line.product_id, sale.fiscal_position_id)
                if line.tax_ids != taxes:
                    line.tax_ids = taxes
