"""From the price a buyer pays to the unit price of a sales order line, by Odoo's tax engine."""

from odoo.fields import Domain


def own_taxes(product, company):
    """The sales taxes of a product that belong to a company or to one above it."""
    return product.with_company(company).taxes_id._filter_taxes_by_company(company)


def converted(amount, currency, target, company, date, *, exact=False):
    """An amount in another currency, at the rate of a date; rounded unless ``exact``."""
    return currency._convert(amount, target, company, date, round=not exact)


class Pricer:
    """Taxes and unit prices of one batch of one company; remembers what it computed.

    :param env: environment whose company sells.
    """

    def __init__(self, env, company):
        self.env = env(context={**env.context, "allowed_company_ids": [company.id]})
        self.company = company
        self._taxes = {}
        self._prices = {}
        self._positions = {}
        self._automatic = None

    def fiscal_position(self, partner, shipping):
        """As the sales order would choose it, without a search for each order."""
        key = (partner.id, shipping.id)
        if key not in self._positions:
            self._positions[key] = self._find_position(partner, shipping)
        return self._positions[key]

    def taxes(self, product, position):
        """Taxes of a product in this company, mapped by the fiscal position."""
        key = (product.id, position.id)
        if key not in self._taxes:
            own = own_taxes(product.with_env(self.env), self.company)
            self._taxes[key] = position.map_tax(own)
        return self._taxes[key]

    def price_unit(self, taxes, product, price, quantity, included):
        """The unit price at which ``quantity`` costs what the channel says.

        :param float price: of one unit, with tax if ``included``, else without.
        :return: a float, not rounded: Odoo rounds the line, not the price.
        """
        key = (tuple(taxes.ids), product.id, price, quantity, included)
        if key not in self._prices:
            self._prices[key] = self._price_unit(taxes, product, price, quantity or 1.0, included)
        return self._prices[key]

    def converts(self, taxes, included):
        """Whether the price has to be computed, which may cost a cent of rounding."""
        flat = taxes.flatten_taxes_hierarchy()
        return any(tax.price_include != included for tax in flat)

    def _price_unit(self, taxes, product, price, quantity, included):
        if not self.converts(taxes, included):
            return price
        net = price
        if included:
            net = (
                self._details(taxes, product, price, quantity, "total_included")["total_excluded"]
                / quantity
            )
        if not any(tax.price_include for tax in taxes.flatten_taxes_hierarchy()):
            return net
        details = self._details(taxes, product, net, quantity, "total_excluded")
        inside = sum(
            data["tax_amount"] for data in details["taxes_data"] if data["tax"].price_include
        )
        return net + inside / quantity

    def _details(self, taxes, product, price, quantity, mode):
        return taxes._get_tax_details(
            price_unit=price,
            quantity=quantity,
            rounding_method="round_globally",
            product=product,
            special_mode=mode,
        )

    def _find_position(self, partner, shipping):
        positions = self.env["account.fiscal.position"]
        if self._automatic is None:
            self._automatic = bool(
                positions.search_count(
                    Domain(positions._check_company_domain(self.company))
                    & Domain("auto_apply", "=", True),
                    limit=1,
                )
            )
        own = partner.with_env(self.env)
        if not self._automatic:
            there = shipping.with_env(self.env)
            return there.property_account_position_id or own.property_account_position_id
        return positions._get_fiscal_position(own, shipping.with_env(self.env))
