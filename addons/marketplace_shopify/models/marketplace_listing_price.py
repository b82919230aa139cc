import dataclasses

from odoo import models

from odoo.addons.marketplace.snapshot import Tell
from odoo.addons.marketplace.tools.amounts import money


class MarketplaceListing(models.Model):
    """Prices in a shop: the usual one, the one struck through, those of further markets."""

    _inherit = "marketplace.listing"

    def _snapshot_price(self, account):
        """Override of ``marketplace`` for compare-at prices and price lists of markets."""
        states = super()._snapshot_price(account)
        if account.provider != "shopify":
            return states
        told = self.filtered(lambda one: isinstance(states.get(one.id), Tell))
        usual = told._shopify_usual_prices(account)
        markets = told._shopify_market_prices(account)
        for listing in told:
            states[listing.id] = listing._shopify_tell_price(
                states[listing.id], account, usual.get(listing.id), markets[listing.id]
            )
        return states

    def _shopify_tell_price(self, tell, account, usual, markets):
        """:param usual: what the account compares with, ``None`` for nothing.
        :param dict markets: price list of the shop → :class:`Money`.
        """
        state, currency = tell.state, account.currency_id
        compare = money(self.shopify_compare_at_price or usual or 0.0, currency)
        shops_own = account.shopify_compare_at == "none" and not self.shopify_compare_at_price
        if shops_own or compare.amount <= state.price.amount:
            compare = None
        state = dataclasses.replace(state, compare_at=compare, markets=markets)
        values = {
            **tell.values,
            "compare_at": str(compare.amount) if compare else None,
            "markets": {name: f"{one.amount} {one.currency}" for name, one in markets.items()},
        }
        if account.shopify_compare_at == "none" and not compare:
            del values["compare_at"]  # the shop's own, and nobody's to compare
        return Tell(state, {name: one for name, one in values.items() if one != {}})

    # === STRUCK THROUGH === #

    def _shopify_usual_prices(self, account):
        """{listing id: price before it was lowered}, bulk."""
        if account.shopify_compare_at == "pricelist":
            return self._prices_of(
                account, account.shopify_compare_pricelist_id, account.currency_id
            )
        if account.shopify_compare_at == "list_price":
            return self._prices_of(account, None, account.currency_id)
        return {}

    # === FURTHER MARKETS === #

    def _shopify_market_prices(self, account):
        """{listing id: {price list of the shop: :class:`Money`}}, bulk."""
        result = {listing.id: {} for listing in self}
        for market in account._shopify_markets():
            prices = self._prices_of(account, market.pricelist_id, market.currency_id)
            for listing_id, price in prices.items():
                result[listing_id][market.external_id] = money(price, market.currency_id)
        return result
