from odoo import api, fields, models

TOLD_FIELDS = {"active", "pricelist_id"}


class MarketplaceShopifyMarket(models.Model):
    """A price list of the shop, which one or more of its markets use, and what fills it."""

    _name = "marketplace.shopify.market"
    _description = "Shopify Price List"
    _order = "account_id, name, id"
    _check_company_auto = True

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    name = fields.Char("Price list of the shop", required=True)
    active = fields.Boolean(default=True)
    external_id = fields.Char("Id in the shop", required=True)
    currency_id = fields.Many2one("res.currency", required=True)
    pricelist_id = fields.Many2one(
        "product.pricelist",
        "Filled from",
        check_company=True,
        domain="[('currency_id', '=', currency_id)]",
        help="Pricelist whose prices are told. Empty: the shop computes them by itself.",
    )

    _external_unique = models.Constraint(
        "UNIQUE (account_id, external_id)", "This price list of the shop is already here."
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        markets = super().create(vals_list)
        markets.filtered("pricelist_id")._told_anew()
        return markets

    def write(self, vals):
        result = super().write(vals)
        if TOLD_FIELDS & vals.keys():
            self._told_anew()
        return result

    def _told_anew(self):
        for account in self.account_id:
            if account.state != "draft" and account.sync_prices:
                account.sudo()._request_products()

    @api.model
    def _take_over(self, account, price_lists):
        """The price lists that a shop has now.

        :param price_lists: (id, name, ISO currency) of each.
        """
        known = account.with_context(active_test=False).shopify_market_ids.grouped("external_id")
        for external_id, name, code in price_lists:
            market = known.pop(external_id, None)
            currency = account._shopify_currency(code)
            if market is None:
                self.create(
                    {
                        "account_id": account.id,
                        "external_id": external_id,
                        "name": name,
                        "currency_id": currency.id,
                    }
                )
                continue
            vals = {"name": name, "currency_id": currency.id}
            if market.currency_id != currency:
                vals["pricelist_id"] = False  # its prices are in another currency
            if (market.name, market.currency_id) != (name, currency):
                market.write(vals)
        for market in known.values():
            market.active = False
