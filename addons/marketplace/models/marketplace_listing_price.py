from odoo import fields, models

from marketplace_adapters.core import PriceState

from ..snapshot import Tell, Trouble
from ..tools.amounts import money
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
            told = money(price, account.currency_id)
            result[listing.id] = Tell(
                PriceState(told), {"price": str(told.amount), "currency": told.currency}
            )
        return result

    def _explain_price(self, account, *, moment=None):
        """How the price of each listing comes about (C22), bulk.

        :param moment: naive UTC; ``None`` is now. Rules of pricelists have dates.
        :return: {listing id: [(step, price after it), …]}; the last one is what is sent.
        """
        pricelist = account.pricelist_id if account.price_source == "pricelist" else None
        label = (
            self.env._("Pricelist %s", pricelist.name) if pricelist else self.env._("Sales price")
        )
        prices = self._untaxed_prices(account, pricelist, account.currency_id, moment=moment)
        steps = {one.id: [(label, prices[one.id])] if one.id in prices else [] for one in self}
        if account.price_tax != "as_is":
            self._apply_tax(account, steps)
        for listing in self.filtered("product_id"):
            rounded = account.currency_id.round(steps[listing.id][-1][1])
            steps[listing.id].append((self.env._("Rounded"), rounded))
        return steps

    def _prices_of(self, account, pricelist, currency):
        """{listing id: price} of another pricelist with the account's policy of taxes, bulk; not
        rounded.

        :param pricelist: ``None`` for the sales price.
        """
        prices = self._untaxed_prices(account, pricelist, currency)
        steps = {listing_id: [("", price)] for listing_id, price in prices.items()}
        if account.price_tax != "as_is":
            self._apply_tax(account, steps)
        return {listing_id: step[-1][1] for listing_id, step in steps.items()}

    def _untaxed_prices(self, account, pricelist, currency, *, moment=None):
        """{listing id: price} of those that have a product, in their own units, bulk."""
        now = moment or fields.Datetime.now()
        result = {}
        for uom, listings in self.filtered("product_id").grouped("uom_id").items():
            products = listings.product_id.with_company(account.company_id)
            if pricelist:
                prices = pricelist._get_products_price(
                    products, 1.0, uom=uom, currency=currency, date=now
                )
            else:
                prices = products._price_compute(
                    "list_price",
                    uom=uom,
                    currency=currency,
                    company=account.company_id,
                    date=now.date(),
                )
            result.update({one.id: prices[one.product_id.id] for one in listings})
        return result

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
