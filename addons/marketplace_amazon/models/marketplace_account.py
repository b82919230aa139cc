from odoo import api, fields, models
from odoo.exceptions import ValidationError

from marketplace_adapters.amazon.adapter import AmazonAdapter as Adapter
from marketplace_adapters.amazon.const import REGIONS

from ..const import SECRETS

OTHER_ADDRESS = "other"
QUEUE_HELP = (
    "Amazon tells news of orders, listings and feeds through a queue of your own (Amazon SQS). In "
    "AWS: create a standard queue, let the principal 437568002678 send messages to it "
    "(SQS:SendMessage, SQS:GetQueueAttributes), and create an access key that may receive and "
    "delete messages. Then subscribe the queue for ORDER_CHANGE, LISTINGS_ITEM_STATUS_CHANGE, "
    "LISTINGS_ITEM_ISSUES_CHANGE, FEED_PROCESSING_FINISHED and REPORT_PROCESSING_FINISHED. "
    "Without a queue orders are fetched every three minutes, which is as often as Amazon allows."
)


class MarketplaceAccount(models.Model):
    """A seller account of Amazon in one region: one host, one login, several marketplaces."""

    _inherit = "marketplace.account"

    provider = fields.Selection(
        selection_add=[("amazon", "Amazon")], ondelete={"amazon": "cascade"}
    )
    amazon_seller_id = fields.Char(
        "Merchant ID",
        help="Amazon calls it Selling Partner ID or merchant token today: Seller Central › "
        "Account Info › Merchant Token.",
    )
    amazon_region = fields.Selection(
        "_selection_amazon_region",
        "Region",
        default="eu",
        help="Decides which of Amazon's hosts is called, and with that the API address.",
    )
    amazon_market_ids = fields.One2many(
        "marketplace.amazon.market",
        "account_id",
        "Marketplaces",
        help="Marketplace ID: where this account sells. The first one is home: its currency, and "
        "the one that product types are taken from.",
    )
    amazon_client_id = fields.Char(
        "LWA client ID",
        compute="_compute_amazon_secrets",
        inverse="_inverse_amazon_client_id",
        groups="marketplace.group_manager",
        copy=False,
        exportable=False,
        help="Login with Amazon, of your application in Seller Central › Develop Apps. It took the "
        "place of the Access Key of MWS.",
    )
    amazon_client_secret = fields.Char(
        "LWA client secret",
        compute="_compute_amazon_secrets",
        inverse="_inverse_amazon_client_secret",
        groups="marketplace.group_manager",
        copy=False,
        exportable=False,
        help="Beside the client ID. It took the place of the Secret Key of MWS.",
    )
    amazon_refresh_token = fields.Char(
        "Refresh token",
        compute="_compute_amazon_secrets",
        inverse="_inverse_amazon_refresh_token",
        groups="marketplace.group_manager",
        copy=False,
        exportable=False,
        help="What Amazon shows when you authorise the application for your seller account. New "
        "roles need a new authorisation.",
    )
    amazon_token_url = fields.Char(
        "Token address",
        help="Where access tokens come from. Empty: Amazon's own address, or the sandbox's.",
    )
    amazon_document_hosts = fields.Char(
        "Document hosts",
        help="Further addresses, separated by commas, that reports and feed documents may be read "
        "from. Amazon's own are known.",
    )
    amazon_queue_url = fields.Char("Queue", help=QUEUE_HELP)
    amazon_queue_region = fields.Char("Queue region", help="For example eu-west-1.")
    amazon_queue_access_key = fields.Char(
        "Queue access key",
        compute="_compute_amazon_secrets",
        inverse="_inverse_amazon_queue_access_key",
        groups="marketplace.group_manager",
        copy=False,
        exportable=False,
        help="Access key id of AWS that may receive and delete messages of the queue.",
    )
    amazon_queue_secret_key = fields.Char(
        "Queue secret key",
        compute="_compute_amazon_secrets",
        inverse="_inverse_amazon_queue_secret_key",
        groups="marketplace.group_manager",
        copy=False,
        exportable=False,
    )
    amazon_include_buyer = fields.Boolean(
        "Buyers' names and addresses",
        default=True,
        help="Asks for who ordered and where it goes. Amazon gives it to applications with the "
        "role Direct-to-Consumer Shipping or Tax Invoicing; without, orders come in all the same.",
    )
    amazon_families = fields.Boolean(
        "Variants as a family",
        default=True,
        help="Variants of one product are shown on one page of Amazon, below a parent listing "
        "that is made by itself.",
    )
    amazon_handling_days = fields.Integer(
        "Handling time (days)", help="Working days until it leaves. 0: Amazon's own rule."
    )
    amazon_shipping_group = fields.Char(
        "Shipping template",
        help="Merchant shipping group of all listings that name none of their own. Empty: "
        "Amazon's default template.",
    )
    amazon_restock_auto = fields.Boolean(
        "Tell when it is back",
        help="Where nothing is left, the date of the next receipt is told as restock date.",
    )
    amazon_cancel_reason = fields.Selection(
        "_selection_amazon_cancel_reason",
        "Cancellation reason for Amazon",
        default="NoInventory",
        help="Proposed when an order is cancelled; used when nobody can be asked.",
    )
    amazon_refund_reason = fields.Selection(
        "_selection_amazon_refund_reason",
        "Refund reason for Amazon",
        default="GeneralAdjustment",
        help="For credit notes that say no reason of their own.",
    )
    amazon_pending_days = fields.Integer(
        "Release pending orders after (days)",
        default=7,
        help="An order that is not paid yet holds stock back. After so many days Amazon is asked "
        "for it once more, and what Amazon no longer has lets its stock go.",
    )

    _amazon_days_positive = models.Constraint(
        "CHECK (coalesce(amazon_handling_days, 0) BETWEEN 0 AND 30"
        " AND coalesce(amazon_pending_days, 1) >= 1)",
        "The handling time is 0 to 30 days, and pending orders are kept one day at least.",
    )

    # === COMPUTE METHODS === #

    def _compute_amazon_secrets(self):
        self._show_secrets(SECRETS)

    def _inverse_amazon_client_id(self):
        self._store_secret("amazon_client_id", SECRETS["amazon_client_id"])

    def _inverse_amazon_client_secret(self):
        self._store_secret("amazon_client_secret", SECRETS["amazon_client_secret"])

    def _inverse_amazon_refresh_token(self):
        self._store_secret("amazon_refresh_token", SECRETS["amazon_refresh_token"])

    def _inverse_amazon_queue_access_key(self):
        self._store_secret("amazon_queue_access_key", SECRETS["amazon_queue_access_key"])

    def _inverse_amazon_queue_secret_key(self):
        self._store_secret("amazon_queue_secret_key", SECRETS["amazon_queue_secret_key"])

    @api.model
    def _selection_amazon_region(self):
        names = {
            "eu": self.env._("Europe, Middle East, Africa, India"),
            "na": self.env._("North and South America"),
            "fe": self.env._("Far East and Australia"),
        }
        return [
            *((code, names.get(code, one.name)) for code, one in REGIONS.items()),
            *(
                (f"{code}_test", self.env._("Amazon's sandbox: %s", names.get(code, one.name)))
                for code, one in REGIONS.items()
            ),
            (OTHER_ADDRESS, self.env._("Another address")),
        ]

    # === CONSTRAINTS === #

    @api.constrains("provider", "amazon_region", "amazon_market_ids")
    def _check_amazon_markets(self):
        for account in self._of_amazon():
            region = (account.amazon_region or "").removesuffix("_test")
            if region not in REGIONS:
                continue
            for market in account.amazon_market_ids:
                if market.region and market.region != region:
                    raise ValidationError(
                        self.env._(
                            "%(market)s belongs to another region of Amazon. Make an account of "
                            "its own for it.",
                            market=market.display_name,
                        )
                    )

    @api.constrains("provider", "state", "currency_id", "amazon_market_ids", "amazon_seller_id")
    def _check_amazon_complete(self):
        for account in self._of_amazon():
            if account.state != "connected":
                continue
            home = account._amazon_home()
            if not home or not (account.amazon_seller_id or "").strip():
                raise ValidationError(
                    self.env._(
                        "%s needs its Merchant ID and at least one marketplace.", account.name
                    )
                )
            if account.currency_id != home.currency_id:
                raise ValidationError(
                    self.env._(
                        "Prices of %(account)s are told in %(currency)s: the currency of its home "
                        "marketplace.",
                        account=account.name,
                        currency=home.currency_id.name,
                    )
                )

    # === CRUD METHODS === #

    @api.onchange("provider", "amazon_region")
    def _onchange_amazon_region(self):
        if self.provider == "amazon":
            self.base_url = self._amazon_address(self.amazon_region) or self.base_url

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("provider") == "amazon":
                vals.update(self._amazon_defaults(vals))
        accounts = super().create(vals_list)
        accounts._activate_amazon_currencies()
        return accounts

    def write(self, vals):
        region = vals.get("amazon_region")
        if region and not vals.get("base_url"):
            address = self._amazon_address(region)
            vals = {**vals, "base_url": address} if address else vals
        elif vals.get("base_url") and not region and self._of_amazon():
            vals = {**vals, "amazon_region": self._amazon_region_of(vals["base_url"])}
        result = super().write(vals)
        if {"state", "currency_id"} & vals.keys():
            self._activate_amazon_currencies()
        if {"amazon_shipping_group", "amazon_handling_days"} & vals.keys():
            self._of_amazon().filtered(lambda one: one.state != "draft").sudo()._request_products()
        return result

    # === HOOKS OF THE CORE === #

    def _get_adapter_class(self):
        """Override of ``marketplace`` to speak to Amazon."""
        self.ensure_one()
        return Adapter if self.provider == "amazon" else super()._get_adapter_class()

    def _adapter_options(self):
        """Override of ``marketplace`` to add what the Amazon adapter wants to know."""
        options = super()._adapter_options()
        if self.provider != "amazon":
            return options
        markets = self._amazon_markets()
        options.update(
            seller_id=(self.amazon_seller_id or "").strip(),
            marketplaces=markets.mapped("market_id"),
            languages={one.market_id: one.language for one in markets if one.language},
            currencies={one.market_id: one.currency_id.name for one in markets},
            include_buyer=self.amazon_include_buyer,
        )
        if self.amazon_token_url:
            options["token_url"] = self.amazon_token_url.strip()
        hosts = [one.strip() for one in (self.amazon_document_hosts or "").split(",")]
        if any(hosts):
            options["document_hosts"] = [one for one in hosts if one]
        if self.amazon_queue_url:
            options["queue_url"] = self.amazon_queue_url.strip()
            options["queue_region"] = (self.amazon_queue_region or "").strip()
        return options

    def _credential_spec(self):
        """Override of ``marketplace`` to say where Amazon's keys come from."""
        if self.provider != "amazon":
            return super()._credential_spec()
        return [
            {
                "key": "client_id",
                "label": self.env._("LWA client ID"),
                "hint": self.env._("Seller Central › Develop Apps › your application."),
                "required": True,
            },
            {
                "key": "client_secret",
                "label": self.env._("LWA client secret"),
                "hint": self.env._("Beside the client ID; shown once when it is made."),
                "required": True,
            },
            {
                "key": "refresh_token",
                "label": self.env._("Refresh token"),
                "hint": self.env._("Develop Apps › Authorise application."),
                "required": True,
            },
        ]

    def _link_extra_columns(self):
        """Override of ``marketplace`` to keep what Amazon says of a SKU besides."""
        columns = super()._link_extra_columns()
        return (*columns, "asin", "fulfilment") if self.provider == "amazon" else columns

    # === HELPERS === #

    def _of_amazon(self):
        return self.filtered(lambda account: account.provider == "amazon")

    def _amazon_markets(self):
        """Where the account sells, home first."""
        self.ensure_one()
        return self.amazon_market_ids.filtered("active").sorted(lambda one: (one.sequence, one.id))

    def _amazon_home(self):
        """The first marketplace: its currency, language and product types count."""
        return self._amazon_markets()[:1]

    @api.model
    def _amazon_address(self, region):
        """The API address of a region; ``None`` where a person enters it."""
        code, _test, _rest = (region or "").partition("_test")
        if code not in REGIONS:
            return None
        known = REGIONS[code]
        return known.sandbox_url if region.endswith("_test") else known.base_url

    @api.model
    def _amazon_region_of(self, url):
        """The region whose address this is, ``other`` when it is none of Amazon's."""
        for code in REGIONS:
            for region in (code, f"{code}_test"):
                if self._amazon_address(region) == (url or "").strip().rstrip("/"):
                    return region
        return OTHER_ADDRESS

    @api.model
    def _amazon_defaults(self, vals):
        """What a new account of Amazon begins with, where nothing else is said."""
        region = vals.get("amazon_region") or (
            self._amazon_region_of(vals["base_url"]) if vals.get("base_url") else "eu"
        )
        return {
            "amazon_region": region,
            "base_url": vals.get("base_url") or self._amazon_address(region) or False,
            # Amazon cancels what has not left after thirty days (R37).
            "cancel_after_days": vals.get("cancel_after_days", 30),
        }

    def _activate_amazon_currencies(self):
        """Orders come in the currencies of the marketplaces: they must be there once it works."""
        for account in self._of_amazon():
            if account.state != "draft":
                wanted = account.amazon_market_ids.currency_id | account.currency_id
                wanted.sudo().filtered(lambda one: not one.active).active = True
