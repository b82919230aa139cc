import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from marketplace_adapters.shopify.adapter import ShopifyAdapter as Adapter
from marketplace_adapters.shopify.const import CANCEL_REASONS, SCOPES

from ..const import SECRETS, SHOP_SUFFIX

SHOP = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")
NAMESPACE = re.compile(r"[A-Za-z0-9_-]{3,255}")


class MarketplaceAccount(models.Model):
    """A shop of Shopify: one address, one app that may enter it, locations, markets, sales
    channels."""

    _inherit = "marketplace.account"

    provider = fields.Selection(
        selection_add=[("shopify", "Shopify")], ondelete={"shopify": "cascade"}
    )
    shopify_shop = fields.Char(
        "Shop",
        help="The shop's own address, name.myshopify.com: Shopify admin › Settings › Domains. It "
        "is the API address as well.",
    )
    shopify_client_id = fields.Char(
        "Client ID",
        compute="_compute_shopify_secrets",
        inverse="_inverse_shopify_client_id",
        groups="marketplace.group_manager",
        copy=False,
        exportable=False,
        help="Of your app in the Dev Dashboard › Settings.",
    )
    shopify_client_secret = fields.Char(
        "Client secret",
        compute="_compute_shopify_secrets",
        inverse="_inverse_shopify_client_secret",
        groups="marketplace.group_manager",
        copy=False,
        exportable=False,
        help="Beside the client ID. Webhooks are signed with it as well.",
    )
    shopify_access_token = fields.Char(
        "Access token",
        compute="_compute_shopify_secrets",
        inverse="_inverse_shopify_access_token",
        groups="marketplace.group_manager",
        copy=False,
        exportable=False,
        help="Of a custom app that was made in the shop's admin before 2026 (shpat_…), in the "
        "place of client ID and secret.",
    )
    shopify_api_secret = fields.Char(
        "API secret key",
        compute="_compute_shopify_secrets",
        inverse="_inverse_shopify_api_secret",
        groups="marketplace.group_manager",
        copy=False,
        exportable=False,
        help="Of the same custom app: signs its webhooks.",
    )
    shopify_scopes = fields.Text(
        "Access granted",
        readonly=True,
        copy=False,
        help="What the shop lets the app do, as it was read last.",
    )
    shopify_scopes_missing = fields.Char(
        "Access missing",
        compute="_compute_shopify_scopes_missing",
        help="What this addon needs besides. Add it in the Dev Dashboard, release a new version "
        "of the app, and have the shop accept it.",
    )
    shopify_scopes_needed = fields.Char(
        "Access needed", compute="_compute_shopify_scopes_missing", help="All that is needed."
    )
    shopify_currency = fields.Char(
        "Currency of the shop", readonly=True, copy=False, help="As the shop says it."
    )
    shopify_market_ids = fields.One2many(
        "marketplace.shopify.market",
        "account_id",
        "Prices of further markets",
        help="Price lists of the shop, and the pricelist of Odoo that fills each.",
    )
    shopify_publication_ids = fields.One2many(
        "marketplace.shopify.publication",
        "account_id",
        "Sales channels",
        help="Where the shop shows its products; new ones go to those that are marked.",
    )
    shopify_collection_ids = fields.One2many(
        "marketplace.shopify.collection", "account_id", "Collections"
    )
    shopify_metafield_ids = fields.One2many(
        "marketplace.shopify.metafield", "account_id", "Metafields", copy=True
    )
    shopify_unlisted = fields.Selection(
        [("ARCHIVED", "Archived"), ("DRAFT", "Draft")],
        "Not offered is",
        default="ARCHIVED",
        required=True,
        help="What becomes of a product in the shop that is archived in Odoo, cannot be sold or is "
        "not offered. A single variant stays and has no stock.",
    )
    shopify_delete_means = fields.Selection(
        [("archive", "Archived"), ("draft", "Draft"), ("delete", "Deleted")],
        "Deleted is",
        default="archive",
        required=True,
        help="What becomes of a product in the shop that is deleted in Odoo.",
    )
    shopify_compare_at = fields.Selection(
        [
            ("none", "The shop's own"),
            ("list_price", "Sales price, where the price is lower"),
            ("pricelist", "Another pricelist, where the price is lower"),
        ],
        "Compare-at price",
        default="none",
        required=True,
        help="The price that is shown struck through.",
    )
    shopify_compare_pricelist_id = fields.Many2one(
        "product.pricelist", "Compare with", check_company=True
    )
    shopify_confirm_when = fields.Selection(
        [("paid", "It is paid, or the payment is authorised"), ("placed", "It is placed")],
        "An order counts when",
        default="paid",
        required=True,
        help="Until then it is a quotation that holds its stock back.",
    )
    shopify_money = fields.Selection(
        [("shop", "The shop's currency"), ("presentment", "What the buyer pays in")],
        "Orders are in",
        default="shop",
        required=True,
    )
    shopify_include_drafts = fields.Boolean(
        "Draft orders",
        help="Open draft orders of the shop come in as quotations.",
    )
    shopify_notify_customers = fields.Boolean(
        "Shopify writes to buyers",
        help="Lets Shopify send its own mails on shipments, refunds and cancellations.",
    )
    shopify_restock = fields.Selection(
        [
            ("odoo", "As the return in Odoo says"),
            ("never", "Never: stock comes from Odoo"),
            ("always", "Always"),
        ],
        "Restock on refunds",
        default="odoo",
        required=True,
        help="Whether Shopify counts refunded goods as being back. What is told of stock is right "
        "either way.",
    )
    shopify_cancel_reason = fields.Selection(
        "_selection_shopify_cancel_reason",
        "Cancellation reason for Shopify",
        default="OTHER",
        help="Proposed when an order is cancelled; used when nobody can be asked.",
    )
    shopify_namespace = fields.Char(
        "Metafield namespace",
        default="odoo",
        help="Where Odoo keeps its own numbers on products and orders of the shop.",
    )
    shopify_upload_hosts = fields.Char(
        "Upload hosts",
        help="Further addresses, separated by commas, that bulk operations may send to and read "
        "from. Shopify's own are known.",
    )

    # === COMPUTE METHODS === #

    def _compute_shopify_secrets(self):
        self._show_secrets(SECRETS)

    def _inverse_shopify_client_id(self):
        self._store_secret("shopify_client_id", "client_id")

    def _inverse_shopify_client_secret(self):
        self._store_secret("shopify_client_secret", "client_secret")

    def _inverse_shopify_access_token(self):
        self._store_secret("shopify_access_token", "access_token")

    def _inverse_shopify_api_secret(self):
        self._store_secret("shopify_api_secret", "api_secret")

    @api.depends("shopify_scopes")
    def _compute_shopify_scopes_missing(self):
        for account in self:
            granted = set((account.shopify_scopes or "").split())
            # Who may write may read.
            granted |= {f"read_{one[6:]}" for one in granted if one.startswith("write_")}
            missing = [one for one in SCOPES if one not in granted] if granted else []
            account.shopify_scopes_missing = ", ".join(missing) or False
            account.shopify_scopes_needed = ", ".join(SCOPES)

    @api.model
    def _selection_shopify_cancel_reason(self):
        labels = {
            "CUSTOMER": self.env._("The customer changed their mind"),
            "INVENTORY": self.env._("Out of stock"),
            "FRAUD": self.env._("Fraud"),
            "DECLINED": self.env._("Payment was declined"),
            "STAFF": self.env._("Mistake of our own"),
            "OTHER": self.env._("Other"),
        }
        return [(reason, labels[reason]) for reason in CANCEL_REASONS]

    # === CONSTRAINTS === #

    @api.constrains("provider", "shopify_shop")
    def _check_shopify_shop(self):
        for account in self._of_shopify().filtered("shopify_shop"):
            if not SHOP.fullmatch(account.shopify_shop):
                raise ValidationError(
                    self.env._(
                        "%s is not the address of a shop: it looks like name.myshopify.com.",
                        account.shopify_shop,
                    )
                )

    @api.constrains("provider", "shopify_namespace")
    def _check_shopify_namespace(self):
        for account in self._of_shopify():
            if not NAMESPACE.fullmatch(account.shopify_namespace or ""):
                raise ValidationError(
                    self.env._("A namespace of metafields has 3 to 255 letters, digits, _ and -.")
                )

    @api.constrains("provider", "state", "currency_id", "shopify_shop", "shopify_currency")
    def _check_shopify_complete(self):
        for account in self._of_shopify():
            if account.state != "connected":
                continue
            if not account.shopify_shop:
                raise ValidationError(self.env._("%s needs the address of its shop.", account.name))
            known = account.shopify_currency
            if known and account.currency_id.name != known:
                raise ValidationError(
                    self.env._(
                        "Prices of %(account)s are told in %(currency)s: the currency of the shop.",
                        account=account.name,
                        currency=known,
                    )
                )

    @api.constrains("provider", "shopify_compare_at", "shopify_compare_pricelist_id")
    def _check_shopify_compare(self):
        for account in self._of_shopify():
            if account.shopify_compare_at == "pricelist" and (
                account.shopify_compare_pricelist_id.currency_id != account.currency_id
            ):
                raise ValidationError(
                    self.env._(
                        "Say with which pricelist prices are compared; it is in %s.",
                        account.currency_id.name,
                    )
                )

    # === CRUD METHODS === #

    @api.onchange("provider", "shopify_shop")
    def _onchange_shopify_shop(self):
        if self.provider == "shopify" and self.shopify_shop:
            self.shopify_shop = shop_domain(self.shopify_shop)
            self.base_url = self._shopify_address(self.shopify_shop, self.base_url)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("shopify_shop"):
                vals["shopify_shop"] = shop_domain(vals["shopify_shop"])
                vals["base_url"] = vals.get("base_url") or f"https://{vals['shopify_shop']}"
        return super().create(vals_list)

    def write(self, vals):
        if vals.get("shopify_shop"):
            vals = {**vals, "shopify_shop": shop_domain(vals["shopify_shop"])}
            if not vals.get("base_url"):
                vals["base_url"] = self._shopify_address(vals["shopify_shop"], self[:1].base_url)
        result = super().write(vals)
        if TOLD_FIELDS & vals.keys():
            self._of_shopify().filtered(lambda one: one.state != "draft").sudo()._request_products()
        return result

    # === HOOKS OF THE CORE === #

    def _get_adapter_class(self):
        """Override of ``marketplace`` to speak to Shopify."""
        self.ensure_one()
        return Adapter if self.provider == "shopify" else super()._get_adapter_class()

    def _adapter_options(self):
        """Override of ``marketplace`` to add what the Shopify adapter wants to know."""
        options = super()._adapter_options()
        if self.provider != "shopify":
            return options
        options.update(
            shop=self.shopify_shop or "",
            webhook_url=self.sudo().webhook_url,
            publications=self._shopify_publications().mapped("external_id"),
            price_lists={one.external_id: one.currency_id.name for one in self._shopify_markets()},
            confirm_when=self.shopify_confirm_when,
            money=self.shopify_money,
            include_drafts=self.shopify_include_drafts,
            reference_namespace=self.shopify_namespace or "odoo",
            notify_customers=self.shopify_notify_customers,
            restock=self.shopify_restock,
            delete_means=self.shopify_delete_means,
            compare_at=self.shopify_compare_at != "none",
            await_risk=self.hold_risk != "never",
        )
        # Where a shop has several locations, only a person knows which one is the warehouse.
        places, told = self.place_ids.filtered("active"), self._told_places()
        if told or len(places) == 1:
            options["location"] = (told or places)[0].external_id
        hosts = [one.strip() for one in (self.shopify_upload_hosts or "").split(",")]
        if any(hosts):
            options["upload_hosts"] = [one for one in hosts if one]
        return options

    def _tells_refunds(self):
        """Override of ``marketplace``: Shopify tells every refund with its money."""
        return self.provider == "shopify" or super()._tells_refunds()

    def _default_late_changes(self):
        """Override of ``marketplace``: orders can be edited in the shop at any time."""
        return "apply" if self.provider == "shopify" else super()._default_late_changes()

    def _default_restock_policy(self):
        """Override of ``marketplace``: a refund says what of it is back."""
        return "credit_note" if self.provider == "shopify" else super()._default_restock_policy()

    def _credential_spec(self):
        """Override of ``marketplace`` to say where Shopify's keys come from."""
        if self.provider != "shopify":
            return super()._credential_spec()
        dashboard = self.env._("Dev Dashboard › your app › Settings.")
        legacy = self.env._("Only for a custom app that was made in the shop's admin.")
        specs = (
            ("client_id", self.env._("Client ID"), dashboard),
            ("client_secret", self.env._("Client secret"), dashboard),
            ("access_token", self.env._("Access token"), legacy),
            ("api_secret", self.env._("API secret key"), legacy),
        )
        return [
            {"key": key, "label": label, "hint": hint, "required": False}
            for key, label, hint in specs
        ]

    def _link_extra_columns(self):
        """Override of ``marketplace`` to keep what Shopify says of a variant besides."""
        columns = super()._link_extra_columns()
        if self.provider != "shopify":
            return columns
        return (*columns, "product_id", "inventory_item_id")

    # === HELPERS === #

    def _of_shopify(self):
        return self.filtered(lambda account: account.provider == "shopify")

    def _shopify_markets(self):
        """Price lists that Odoo fills."""
        self.ensure_one()
        return self.shopify_market_ids.filtered(lambda one: one.active and one.pricelist_id)

    def _shopify_publications(self):
        """Sales channels that new products go to."""
        self.ensure_one()
        return self.shopify_publication_ids.filtered(lambda one: one.active and one.publish)

    @api.model
    def _shopify_address(self, shop, address):
        """The API address of a shop; an address that is none of Shopify's own stays."""
        host = (address or "").partition("://")[2].partition("/")[0]
        return address if host and not host.endswith(SHOP_SUFFIX) else f"https://{shop}"


# What changes what listings tell.
TOLD_FIELDS = {
    "shopify_unlisted",
    "shopify_compare_at",
    "shopify_compare_pricelist_id",
}


def shop_domain(text):
    """``https://Name.myshopify.com/admin``, ``name`` → ``name.myshopify.com``; what is no address
    of a shop comes back as it is and is refused."""
    text = (text or "").strip().lower()
    text = text.partition("://")[2] or text
    if text.startswith("admin.shopify.com/store/"):
        text = text.removeprefix("admin.shopify.com/store/")
    text = text.partition("/")[0]
    return text if not text or "." in text else f"{text}{SHOP_SUFFIX}"
