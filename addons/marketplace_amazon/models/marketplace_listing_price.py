import dataclasses
from collections import defaultdict
from datetime import timedelta, timezone

from odoo import fields, models

from odoo.addons.marketplace.snapshot import Nothing, Tell, Trouble
from odoo.addons.marketplace.tools.amounts import money


class MarketplaceListing(models.Model):
    """Prices on Amazon: the usual one, sales, limits, companies, further marketplaces."""

    _inherit = "marketplace.listing"

    def _snapshot_price(self, account):
        """Override of ``marketplace`` for everything that Amazon's prices have besides."""
        states = super()._snapshot_price(account)
        if account.provider != "amazon":
            return states
        told = self.filtered(lambda one: isinstance(states.get(one.id), Tell))
        regular = told._amazon_regular_prices(account)
        prices = {one.id: float(states[one.id].state.price.amount) for one in told}
        markets = told._amazon_market_prices(account, prices)
        for listing in told:
            if listing.amazon_is_parent:
                states[listing.id] = Nothing(self.env._("A parent of variants is not sold."))
            else:
                states[listing.id] = listing._amazon_tell_price(
                    states[listing.id], account, regular.get(listing.id), markets[listing.id]
                )
        return states

    def _amazon_tell_price(self, tell, account, regular, markets):
        """The price with what belongs to it, or a trouble.

        :param regular: (usual price, from, until) while a dated rule of the pricelist lowers it.
        :param dict markets: marketplace id → :class:`Money`.
        """
        state = tell.state
        if not state.price.amount:
            return Trouble(
                f"amazon_no_price:{self.id}",
                self.env._("%s has no price.", self.product_id.display_name),
                self.env._("Enter a sales price, or a rule of the account's pricelist."),
            )
        currency = account.currency_id
        changes = {"markets": markets}
        if sale := self._amazon_sale(currency, state.price, regular):
            changes["price"], changes["compare_at"], begin, end = sale
            changes["sale_from"], changes["sale_until"] = _aware(begin), _aware(end)
        for name in ("minimum", "maximum", "business"):
            amount = self[f"amazon_{name}_price"]
            changes[name] = money(amount, currency) if amount else None
        state = dataclasses.replace(state, **changes)
        return self._amazon_outside_limits(state) or Tell(state, _values(state))

    def _amazon_sale(self, currency, price, regular):
        """:return: (sale price, usual price, from, until); ``None`` without a sale to tell"""
        now = fields.Datetime.now()
        end = self.amazon_sale_until
        if self.amazon_sale_price and end and end > now:
            low = money(self.amazon_sale_price, currency)
            usual = money(regular[0], currency) if regular else price
            return (low, usual, self.amazon_sale_from, end) if low.amount < usual.amount else None
        if regular and money(regular[0], currency).amount > price.amount:
            usual, begin, end = regular
            return price, money(usual, currency), begin or now.replace(hour=0, minute=0), end
        return None

    def _amazon_outside_limits(self, state):
        """:return: a trouble when the price is outside of its own limits: Amazon would take the
        offer off"""
        low, high = state.minimum, state.maximum
        usual = state.compare_at or state.price
        if (low and min(state.price.amount, usual.amount) < low.amount) or (
            high and usual.amount > high.amount
        ):
            return Trouble(
                f"amazon_price_limits:{self.id}",
                self.env._(
                    "The price of %(product)s, %(price)s, is outside of its limits on Amazon.",
                    product=self.product_id.display_name,
                    price=state.price.amount,
                ),
                self.env._("Correct the price, or minimum and maximum price on the listing."),
            )
        return None

    # === SALES OF THE PRICELIST === #

    def _amazon_regular_prices(self, account):
        """{listing id: (usual price, from, until)} where a rule with an end is in force now: the
        price that comes back when it has ended is the usual one."""
        if account.price_source != "pricelist" or not account.pricelist_id:
            return {}
        items = self._amazon_rules(account)
        later = defaultdict(self.browse)
        for listing in self:
            item = items.get(listing.id)
            if item and item.date_end:
                later[item.date_end] |= listing
        result = {}
        for end, listings in later.items():
            moment = end + timedelta(seconds=1)
            explained = listings._explain_price(account, moment=moment)
            for listing in listings:
                item = items[listing.id]
                result[listing.id] = (explained[listing.id][-1][1], item.date_start, end)
        return result

    def _amazon_rules(self, account):
        """{listing id: the rule of the pricelist that makes its price now}."""
        now = fields.Datetime.now()
        found = {}
        for uom, listings in self.filtered("product_id").grouped("uom_id").items():
            products = listings.product_id.with_company(account.company_id)
            rules = account.pricelist_id._compute_price_rule(
                products, 1.0, currency=account.currency_id, uom=uom, date=now
            )
            for listing in listings:
                rule = rules.get(listing.product_id.id, (0, False))[1]
                if rule:
                    found[listing.id] = self.env["product.pricelist.item"].browse(rule)
        return found

    # === FURTHER MARKETPLACES === #

    def _amazon_market_prices(self, account, prices):
        """{listing id: {marketplace id: :class:`Money`}} of all marketplaces but home, bulk.

        :param dict prices: listing id → price at home.
        """
        result = {listing.id: {} for listing in self}
        for market in account._amazon_markets()[1:]:
            for listing_id, price in self._amazon_prices_at(account, market, prices).items():
                result[listing_id][market.market_id] = money(price, market.currency_id)
        return result

    def _amazon_prices_at(self, account, market, prices):
        """{listing id: price} on one marketplace: of its pricelist, else the account's own price
        in its currency."""
        if not market.pricelist_id:
            rate = self.env["res.currency"]._get_conversion_rate(
                account.currency_id,
                market.currency_id,
                account.company_id,
                fields.Date.context_today(self),
            )
            return {listing.id: prices[listing.id] * rate for listing in self}
        return self._prices_of(account, market.pricelist_id, market.currency_id)


def _aware(moment):
    return moment.replace(tzinfo=timezone.utc)


def _values(state):
    """What is remembered of a price, with exact strings."""
    values = {
        "price": str(state.price.amount),
        "currency": state.price.currency,
        "sale_from": state.sale_from and state.sale_from.isoformat(),
        "sale_until": state.sale_until and state.sale_until.isoformat(),
        "markets": {name: f"{one.amount} {one.currency}" for name, one in state.markets.items()},
    }
    for name in ("compare_at", "minimum", "maximum", "business"):
        one = getattr(state, name)
        values[name] = str(one.amount) if one else None
    return {name: value for name, value in values.items() if value}
