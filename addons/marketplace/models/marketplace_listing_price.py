from decimal import Decimal

from odoo import fields, models
from odoo.tools import float_repr

from marketplace_adapters.core import Money, PriceState

from ..snapshot import Tell, Trouble
from ..tools.pricing import own_taxes


class MarketplaceListing(models.Model):
    """The price that a listing tells, by the account's policy, and how it comes about."""

    _inherit = "marketplace.listing"

    def _snapshot_price(self, account):
        """:return: {listing id: Tell or Trouble} with a :class:`PriceState`"""
        result = {}
        explained = self._explain_price(account)
        for listing in self:
            if not listing.product_id:
                result[listing.id] = self._trouble_no_product(listing)
                continue
            price = explained[listing.id][-1][1]
            if price < 0:
                result[listing.id] = Trouble(
                    f"negative_price:{listing.id}",
                    self.env._("The price of %s is negative.", listing.product_id.display_name),
                    self.env._("Correct the sales price or the pricelist rule."),
                )
                continue
            amount = Decimal(float_repr(price, account.currency_id.decimal_places))
            state = PriceState(Money(amount, account.currency_id.name))
            result[listing.id] = Tell(
                state, {"price": str(amount), "currency": account.currency_id.name}
            )
        return result

    def _explain_price(self, account, *, moment=None):
        """How the price of each listing comes about (C22), bulk.

        :param moment: naive UTC; ``None`` is now. Rules of pricelists have dates.
        :return: {listing id: [(step, price after it), …]}; the last one is what is sent.
        """
        steps = {listing.id: [] for listing in self}
        today = moment or fields.Datetime.now()
        pricelist = account.pricelist_id if account.price_source == "pricelist" else None
        for uom, listings in self.filtered("product_id").grouped("uom_id").items():
            products = listings.product_id.with_company(account.company_id)
            if pricelist:
                prices = pricelist._get_products_price(
                    products, 1.0, uom=uom, currency=account.currency_id, date=today
                )
                label = self.env._("Pricelist %s", pricelist.name)
            else:
                prices = products._price_compute(
                    "list_price",
                    uom=uom,
                    currency=account.currency_id,
                    company=account.company_id,
                    date=today.date(),
                )
                label = self.env._("Sales price")
            for listing in listings:
                steps[listing.id].append((label, prices[listing.product_id.id]))
        if account.price_tax != "as_is":
            self._apply_tax(account, steps)
        for listing in self.filtered("product_id"):
            rounded = account.currency_id.round(steps[listing.id][-1][1])
            steps[listing.id].append((self.env._("Rounded"), rounded))
        return steps

    def _apply_tax(self, account, steps):
        for listing in self.filtered("product_id"):
            product = listing.product_id.with_company(account.company_id)
            taxes = own_taxes(product, account.company_id)
            if not taxes:
                continue
            computed = taxes.compute_all(
                steps[listing.id][-1][1],
                currency=account.currency_id,
                quantity=1.0,
                product=product,
            )
            total = "total_included" if account.price_tax == "included" else "total_excluded"
            label = dict(account._fields["price_tax"]._description_selection(self.env))
            steps[listing.id].append((label[account.price_tax], computed[total]))
