from odoo import api, fields, models

from marketplace_adapters.amazon.const import MARKETPLACES

# What changes what Amazon is told of listings.
TOLD_FIELDS = {"market_id", "sequence", "active", "currency_id", "pricelist_id", "lang"}


class MarketplaceAmazonMarket(models.Model):
    """One marketplace of Amazon where an account sells; the first one is home."""

    _name = "marketplace.amazon.market"
    _description = "Amazon Marketplace of an Account"
    _order = "account_id, sequence, id"
    _rec_name = "market_id"

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10, help="The first one is home.")
    active = fields.Boolean(default=True)
    market_id = fields.Selection(
        "_selection_market", "Amazon marketplace", required=True, help="Amazon's Marketplace ID."
    )
    country_id = fields.Many2one("res.country", compute="_compute_known")
    region = fields.Char(compute="_compute_known")
    currency_id = fields.Many2one(
        "res.currency",
        compute="_compute_currency_id",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
    )
    language = fields.Char(
        compute="_compute_currency_id",
        store=True,
        precompute=True,
        readonly=False,
        help="Of texts and error messages, as Amazon writes it: de_DE.",
    )
    lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(),
        "Texts in",
        compute="_compute_lang",
        store=True,
        precompute=True,
        readonly=False,
        help="Names and descriptions of products on this marketplace, as they are translated in "
        "Odoo. Empty: in the language of the account.",
    )
    pricelist_id = fields.Many2one(
        "product.pricelist",
        check_company=True,
        domain="[('currency_id', '=', currency_id)]",
        help="Prices on this marketplace. Empty: the account's own price, in this currency by "
        "Odoo's rate. The home marketplace has the price that the account says.",
    )
    is_home = fields.Boolean("Home", compute="_compute_is_home")

    _market_unique = models.Constraint(
        "UNIQUE (account_id, market_id)", "This marketplace is on the account already."
    )

    # === COMPUTE METHODS === #

    @api.model
    def _selection_market(self):
        """Named by country and domain, in the order of the names."""
        countries = {
            country.code: country.name
            for country in self.env["res.country"]
            .sudo()
            .search([("code", "in", [one.country for one in MARKETPLACES.values()])])
        }
        rows = [
            (key, f"{countries.get(one.country, one.country)} ({one.domain})")
            for key, one in MARKETPLACES.items()
        ]
        return sorted(rows, key=lambda row: row[1])

    @api.depends("market_id")
    def _compute_known(self):
        countries = self.env["res.country"]
        for market in self:
            known = MARKETPLACES.get(market.market_id)
            market.region = known.region if known else False
            market.country_id = (
                countries.search([("code", "=", known.country)], limit=1) if known else False
            )

    @api.depends("market_id")
    def _compute_currency_id(self):
        for market in self:
            known = MARKETPLACES.get(market.market_id)
            currency = market._currency_named(known.currency) if known else None
            market.currency_id = currency or market.currency_id
            market.language = known.language if known else market.language

    @api.depends("market_id")
    def _compute_lang(self):
        """The marketplace's own language, if Odoo speaks it, whichever country's."""
        installed = [code for code, _name in self.env["res.lang"].get_installed()]
        for market in self:
            known = MARKETPLACES.get(market.market_id)
            wanted = known.language if known else ""
            same = [code for code in installed if code.partition("_")[0] == wanted[:2]]
            market.lang = wanted if wanted in installed else next(iter(same), False)

    @api.depends("sequence", "active", "account_id.amazon_market_ids.sequence")
    def _compute_is_home(self):
        for market in self:
            market.is_home = (
                market.account_id and market._origin == market.account_id._amazon_home()
            )

    @api.depends("market_id")
    def _compute_display_name(self):
        labels = dict(self._selection_market())
        for market in self:
            market.display_name = labels.get(market.market_id) or market.market_id

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        markets = super().create(vals_list)
        markets.account_id._amazon_markets_changed()
        return markets

    def write(self, vals):
        result = super().write(vals)
        if TOLD_FIELDS & vals.keys():
            self.account_id._amazon_markets_changed()
        return result

    def unlink(self):
        accounts = self.account_id
        result = super().unlink()
        accounts._amazon_markets_changed()
        return result

    # === HELPERS === #

    @api.model
    def _currency_named(self, code):
        return (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search([("name", "=", code)], limit=1)
        )

    def _domain(self):
        """``amazon.de``; empty for none."""
        known = MARKETPLACES.get(self.market_id)
        return known.domain if known else ""

    def _seller_central(self):
        """Address of Seller Central for this marketplace.

        :rtype: str
        """
        return f"https://sellercentral.{self._domain()}" if self._domain() else ""
