from odoo import api, models, tools
from odoo.exceptions import UserError

from ..const import ADMIN_URL, SHOP_SUFFIX


class MarketplaceAccount(models.Model):
    """What a person asks of a shop: what it is, where it sells, what the app may do."""

    _inherit = "marketplace.account"

    # === CONNECTION === #

    def _test_connection(self):
        """Override of ``marketplace``: whatever works, the shop says what it is and what the app
        may do, so that a person sees what is missing."""
        check, problem = super()._test_connection()
        if self.provider == "shopify":
            try:
                shop = self._ask(lambda adapter: adapter.shop(), connected=False)
            except UserError:
                return check, problem
            self._shopify_take_over(shop)
            if check and not self.place_ids:
                places = self._ask(lambda adapter: adapter.places(), connected=False)
                self._take_over_places(places)
        return check, problem

    def _connected(self):
        """Override of ``marketplace``: a shop without address cannot be called."""
        if self.provider == "shopify" and self.state == "draft" and not self.shopify_shop:
            raise UserError(self.env._("Enter the address of the shop of %s first.", self.name))
        return super()._connected()

    def action_shopify_read_shop(self):
        """Ask the shop what it is: currency, access, sales channels, price lists."""
        self.ensure_one()
        self._shopify_take_over(self._ask(lambda adapter: adapter.shop()))
        return self._tell(self.env._("The shop was read."), kind="success", sticky=False)

    def _shopify_take_over(self, shop):
        """:param shop: :class:`marketplace_adapters.shopify.shop.Shop`."""
        self.ensure_one()
        vals = {"shopify_scopes": " ".join(sorted(shop.scopes)), "shopify_currency": shop.currency}
        if not self.shopify_shop and shop.domain:
            vals["shopify_shop"] = shop.domain
            vals["base_url"] = self.base_url
        if self.currency_id.name != shop.currency:
            vals["currency_id"] = self._shopify_currency(shop.currency).id
        self.write({name: value for name, value in vals.items() if self[name] != value})
        self.env["marketplace.shopify.publication"]._take_over(self, shop.publications)
        self.env["marketplace.shopify.market"]._take_over(self, shop.price_lists)

    @api.model
    def _shopify_currency(self, code):
        """A currency by its code; what a shop uses is made active.

        :raise UserError: Odoo does not know it.
        """
        currency = (
            self.env["res.currency"]
            .sudo()
            .with_context(active_test=False)
            .search([("name", "=", code)], limit=1)
        )
        if not currency:
            raise UserError(self.env._("The shop uses the currency %s: add it first.", code))
        if not currency.active:
            currency.active = True
        return currency.sudo(False)

    @api.model
    @tools.ormcache()
    def _shopify_used(self):
        """Whether any shop works: orders of others cost nothing."""
        return bool(
            self.sudo().search_count(
                [("provider", "=", "shopify"), ("state", "!=", "draft")], limit=1
            )
        )

    # === OWNERSHIP === #

    def _shopify_leaves(self, kind, members):
        """Members of a kind that are the shop's own and are never told.

        :rtype: set
        """
        self.ensure_one()
        return {member for member in members if self._owned_by_channel(kind, member)}

    # === WINDOWS === #

    def _shopify_admin_url(self, path):
        """A page of the shop's admin; of the sandbox, its own page.

        :param str path: ``products/123``.
        """
        self.ensure_one()
        address = (self.base_url or "").rstrip("/")
        host = address.partition("://")[2].partition("/")[0]
        shop = (self.shopify_shop or "").removesuffix(SHOP_SUFFIX)
        if host and not host.endswith(SHOP_SUFFIX):
            return f"{address}/admin/{path}"
        return f"{ADMIN_URL}/{shop}/{path}" if shop else False

    def action_shopify_collections(self):
        """The collections of this shop."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "marketplace_shopify.action_shopify_collection"
        )
        action["domain"] = [("account_id", "=", self.id)]
        action["context"] = {"default_account_id": self.id}
        return action

    def action_shopify_collections_from_categories(self):
        """A collection for each product category of listed products that has none."""
        self.ensure_one()
        added = self.env["marketplace.shopify.collection"]._from_categories(self)
        return self._tell(
            self.env._("%s collections were added.", len(added)), kind="success", sticky=False
        )

    @api.model
    def _action_shopify_configuration(self):
        """Opens the account when there is exactly one, else their list (X16)."""
        accounts = self.search([("provider", "=", "shopify")])
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Shopify"),
            "res_model": self._name,
            "domain": [("provider", "=", "shopify")],
            "context": {"default_provider": "shopify"},
            "views": [(False, "list"), (False, "form")],
        }
        if len(accounts) == 1:
            action.update(views=[(False, "form")], res_id=accounts.id)
        return action
