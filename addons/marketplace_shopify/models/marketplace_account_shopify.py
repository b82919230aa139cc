from odoo import api, fields, models
from odoo.exceptions import UserError

from ..const import ADMIN_URL, ALIASES, SHOP_SUFFIX


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
                self._shopify_read(connected=False)
                if check and not self.place_ids:
                    places = self._ask(lambda adapter: adapter.places(), connected=False)
                    self._take_over_places(places)
            except UserError:
                return check, problem  # what is wrong was said already
        return check, problem

    def _connected(self):
        """Override of ``marketplace``: a shop without address cannot be called."""
        if self.provider == "shopify" and self.state == "draft" and not self.shopify_shop:
            raise UserError(self.env._("Enter the address of the shop of %s first.", self.name))
        return super()._connected()

    def action_shopify_read_shop(self):
        """Ask the shop what it is: currency, access, sales channels, price lists."""
        self.ensure_one()
        self._shopify_read()
        return self._tell(self.env._("The shop was read."), kind="success", sticky=False)

    def _shopify_read(self, *, connected=True):
        """Read what the shop is and has, as far as the app may.

        :raise UserError: it cannot be asked.
        """
        shop = self._ask(lambda adapter: adapter.shop(), connected=connected)
        self._shopify_take_over(shop)
        may = set((self.shopify_scopes or "").split())
        if "read_publications" in may or "write_publications" in may:
            found = self._ask(lambda adapter: adapter.publications(), connected=connected)
            self.env["marketplace.shopify.publication"]._take_over(
                self, [(one.id, one.name) for one in found]
            )
        if "read_products" in may or "write_products" in may:
            found = self._ask(lambda adapter: adapter.price_lists(), connected=connected)
            self.env["marketplace.shopify.market"]._take_over(
                self, [(one.id, one.name, one.currency) for one in found]
            )

    def _shopify_take_over(self, answer):
        """:param answer: what the adapter's ``shop()`` gives: the shop, and what the app may do."""
        self.ensure_one()
        shop = answer.shop
        granted = sorted(one.handle for one in answer.currentAppInstallation.accessScopes)
        vals = {"shopify_scopes": " ".join(granted), "shopify_currency": shop.currencyCode.value}
        if not self.shopify_shop and shop.myshopifyDomain:
            vals["shopify_shop"] = shop.myshopifyDomain
            vals["base_url"] = self.base_url
        if self.currency_id.name != vals["shopify_currency"]:
            vals["currency_id"] = self._shopify_currency(vals["shopify_currency"])
        changed = {name: value for name, value in vals.items() if self[name] != value}
        self.write(self._convert_to_write(changed))

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

    # === OWNERSHIP === #

    def _edit_policy_of(self, kind, member):
        """Override of ``marketplace``: what is said of the title of all channels counts for the
        title of Shopify, which stands in another place."""
        alias = ALIASES.get(member)
        if self.provider == "shopify" and kind == "product" and alias:
            said = set(self.edit_policy_ids.mapped("what"))
            if f"product:{member}" not in said and f"product:{alias}" in said:
                return super()._edit_policy_of(kind, alias)
        return super()._edit_policy_of(kind, member)

    # === PRODUCTS THAT ARE MADE OF THE SHOP'S === #

    def _imported_template_vals(self, lines):
        """Override of ``marketplace`` to keep what the shop says of a product besides."""
        vals = super()._imported_template_vals(lines)
        if self.provider != "shopify" or not lines:
            return vals
        told = lines[0].details or {}
        tags = self.env["marketplace.listing"]._shopify_tags(told.get("tags") or [])
        found = {
            "shopify_vendor": told.get("vendor"),
            "shopify_type": told.get("product_type"),
            "shopify_handle": told.get("handle"),
            "shopify_inventory_policy": told.get("inventory_policy"),
            "shopify_description": lines[0].description,
            "product_tag_ids": [fields.Command.set(tags.ids)] if tags else None,
        }
        return vals | {name: value for name, value in found.items() if value}

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
            return f"{address}/{path.replace('draft_orders/', 'drafts/')}"
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
