import secrets
from datetime import timedelta

from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError

from marketplace_adapters.core import AuthError, Connection


class MarketplaceAccount(models.Model):
    """One authenticated connection to a provider: what it sells from, at which price, and how its
    orders come in. A provider adds itself with ``selection_add`` and two hooks."""

    _name = "marketplace.account"
    _description = "Marketplace Account"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True, help="How your people call this connection.")
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    color = fields.Integer()
    provider = fields.Selection([], required=True, tracking=True, string="Channel")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    currency_id = fields.Many2one(
        "res.currency",
        compute="_compute_currency_id",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        help="Currency of the prices that are sent and of orders that do not say theirs.",
    )
    state = fields.Selection(
        [
            ("draft", "Not connected"),
            ("connected", "Connected"),
            ("paused", "Paused"),
        ],
        default="draft",
        required=True,
        copy=False,
        tracking=True,
        string="Status",
        help="Paused: changes are still recorded, nothing is sent until somebody resumes.",
    )
    pause_reason = fields.Char("Why paused", copy=False, readonly=True, tracking=True)
    base_url = fields.Char(
        "API address",
        help="Scheme and host, with a path prefix if there is one. Requests go nowhere else.",
    )
    automatic = fields.Boolean(
        "Enable automatic integration",
        default=True,
        help="Send changes and fetch orders in the background. When off, changes are recorded "
        "and wait for the manual synchronization.",
    )
    interval = fields.Integer(
        "Integration interval (seconds)",
        default=60,
        help="How often the channel is asked for news. Changes of Odoo are sent at once, "
        "whatever this says.",
    )
    # === WHAT IS SENT === #
    sync_products = fields.Boolean("Send products", default=True)
    sync_prices = fields.Boolean("Send prices", default=True)
    sync_stock = fields.Boolean("Send stock", default=True)
    sync_orders = fields.Boolean("Fetch orders", default=True)
    sync_order_status = fields.Boolean("Send order status", default=True)
    auto_list = fields.Boolean(
        "List new products",
        help="A product created in Odoo that can be sold gets a listing here by itself.",
    )
    lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(),
        "Language",
        default=lambda self: self.env.company.partner_id.lang or self.env.lang,
        help="Names and descriptions of products are sent in this language.",
    )
    pricelist_id = fields.Many2one("product.pricelist", check_company=True)
    price_source = fields.Selection(
        [("pricelist", "Pricelist"), ("list_price", "Sales price")],
        default="list_price",
        required=True,
        string="Price from",
    )
    price_tax = fields.Selection(
        [
            ("as_is", "As in Odoo"),
            ("included", "With tax"),
            ("excluded", "Without tax"),
        ],
        default="as_is",
        required=True,
        string="Tax in the price",
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        check_company=True,
        compute="_compute_warehouse_id",
        store=True,
        readonly=False,
        help="Delivers the orders of this account.",
    )
    location_ids = fields.Many2many(
        "stock.location",
        "marketplace_account_location_rel",
        "account_id",
        "location_id",
        string="Sells from",
        check_company=True,
        domain="[('usage', '=', 'internal')]",
        compute="_compute_location_ids",
        store=True,
        readonly=False,
        help="Only stock in these locations and below is offered.",
    )
    quantity_source = fields.Selection(
        [
            ("free", "Free quantity (on hand − reserved)"),
            ("on_hand", "On hand"),
            ("forecast", "Forecast (on hand + incoming − outgoing)"),
        ],
        default="free",
        required=True,
        string="Quantity from",
    )
    forecast_days = fields.Integer(
        "Look ahead (days)", default=7, help="Look this far ahead for incoming goods."
    )
    quantity_percentage = fields.Float("Offer (%)", default=100.0)
    quantity_buffer = fields.Float("Keep back", help="Never offered, whatever is left.")
    quantity_cap = fields.Float("Offer at most", help="0: no limit.")
    quantity_zero_below = fields.Float("Offer none below", help="0: never.")
    # === HOW ORDERS COME IN === #
    order_mode = fields.Selection(
        [
            ("full", "Full: confirm, reserve, deliver"),
            ("quotation", "Quotation: a person confirms"),
            ("visibility", "Visibility only: no reservation"),
        ],
        default="full",
        required=True,
        string="Orders become",
    )
    unknown_line = fields.Selection(
        [
            ("quarantine", "Hold the whole order until the product is linked"),
            ("skip", "Import the order without that line"),
        ],
        default="quarantine",
        required=True,
        string="Unknown product",
    )
    total_tolerance = fields.Monetary(
        "Tolerated difference",
        default=0.01,
        help="A difference up to this goes into one rounding line; above it the order is held.",
    )
    rounding_product_id = fields.Many2one(
        "product.product", domain="[('type', '=', 'service')]", string="Rounding product"
    )
    shipping_product_id = fields.Many2one(
        "product.product", domain="[('type', '=', 'service')]", string="Shipping product"
    )
    team_id = fields.Many2one("crm.team", "Sales team", check_company=True)
    user_id = fields.Many2one("res.users", "Salesperson")
    payment_term_id = fields.Many2one(
        "account.payment.term", check_company=True, string="Payment terms"
    )
    refund_mode = fields.Selection(
        [
            ("ignore", "Ignore"),
            ("note", "Note on the order"),
            ("draft", "Draft return and credit note"),
        ],
        "Returns of the channel",
        default="note",
        required=True,
    )
    responsible_id = fields.Many2one(
        "res.users", default=lambda self: self.env.user, help="Gets the activities."
    )
    order_lookback_days = fields.Integer("First import (days)", default=60)
    # === HOUSEKEEPING === #
    batch_size = fields.Integer(
        "Listings in one call", help="Listings in one call; 0 lets the provider decide."
    )
    retention_days = fields.Integer("Keep the log (days)", default=100)
    body_retention_days = fields.Integer("Keep requests and answers (days)", default=14)
    webhook_token = fields.Char(
        "Webhook token",
        copy=False,
        exportable=False,
        groups="marketplace.group_manager,marketplace.group_engine",
        default=lambda self: secrets.token_urlsafe(32),
    )
    webhook_url = fields.Char(
        "Webhook address",
        compute="_compute_webhook_url",
        exportable=False,
        groups="marketplace.group_manager",
    )
    webhook_rate = fields.Integer(
        "Webhook calls per minute", default=1200, help="More are refused with 429."
    )
    credential_ids = fields.One2many(
        "marketplace.credential",
        "account_id",
        groups="marketplace.group_manager",
        string="Credentials",
    )
    cursor_ids = fields.One2many("marketplace.cursor", "account_id", string="Pull cursors")
    listing_ids = fields.One2many("marketplace.listing", "account_id", string="Listings")
    order_ids = fields.One2many("marketplace.order", "account_id", string="Orders")
    cause_ids = fields.One2many("marketplace.cause", "account_id", string="Error causes")

    _interval_min = models.Constraint(
        "CHECK (interval >= 5)", "The interval is at least 5 seconds."
    )
    _percentage_range = models.Constraint(
        "CHECK (quantity_percentage BETWEEN 0 AND 100)",
        "Offer between 0 and 100 percent of the quantity.",
    )
    _quantity_positive = models.Constraint(
        "CHECK (quantity_buffer >= 0 AND quantity_cap >= 0 AND quantity_zero_below >= 0)",
        "Quantities of the policy cannot be negative.",
    )
    _batch_positive = models.Constraint(
        "CHECK (batch_size BETWEEN 0 AND 100000)", "The batch size cannot be negative."
    )
    _retention_positive = models.Constraint(
        "CHECK (retention_days >= 1 AND body_retention_days >= 0)", "Keep at least one day."
    )

    # === COMPUTE METHODS === #

    @api.depends("company_id")
    def _compute_currency_id(self):
        for account in self:
            account.currency_id = account.currency_id or account.company_id.currency_id

    @api.depends("company_id")
    def _compute_warehouse_id(self):
        for account in self:
            if account.warehouse_id.company_id != account.company_id:
                account.warehouse_id = self.env["stock.warehouse"].search(
                    [("company_id", "=", account.company_id.id)], limit=1
                )

    @api.depends("warehouse_id")
    def _compute_location_ids(self):
        for account in self:
            company_locations = account.location_ids.filtered(
                lambda location, account=account: location.company_id == account.company_id
            )
            account.location_ids = company_locations or account.warehouse_id.lot_stock_id

    def _compute_webhook_url(self):
        for account in self:
            account.webhook_url = (
                f"{account.get_base_url()}/marketplace/webhook/"
                f"{account.provider}/{account.sudo().webhook_token}"
            )

    # === CONSTRAINTS === #

    @api.constrains("base_url")
    def _check_base_url(self):
        for account in self.filtered("base_url"):
            host = account._base_url_host()
            if not account.base_url.startswith("https://") and host not in (
                "localhost",
                "127.0.0.1",
                "[::1]",
            ):
                raise ValidationError(
                    self.env._(
                        "The API address of %s must start with https:// "
                        "(http:// is only allowed for a sandbox on this machine).",
                        account.name,
                    )
                )

    @api.constrains("location_ids", "sync_stock", "state")
    def _check_locations(self):
        for account in self:
            if account.state == "connected" and account.sync_stock and not account.location_ids:
                raise ValidationError(
                    self.env._("%s sends stock: say which locations it sells from.", account.name)
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        accounts = super().create(vals_list)
        accounts._grant_engine_company()
        self.env.registry.clear_cache()
        return accounts

    def write(self, vals):
        result = super().write(vals)
        if {"active", "state", "company_id", "quantity_source"} & vals.keys():
            self._grant_engine_company()
            self.env.registry.clear_cache()
        return result

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    # === HOOKS OF PROVIDERS === #

    def _get_adapter_class(self):
        """The adapter of this account's provider.

        Every provider overrides this for its own accounts and calls ``super()`` for others.

        :rtype: type[marketplace_adapters.core.Adapter]
        """
        self.ensure_one()
        raise UserError(
            self.env._(
                "No adapter serves %s. Install the addon of that channel.",
                self.provider or self.env._("this account"),
            )
        )

    def _adapter_options(self):
        """Settings that the adapter wants, JSON-able; a provider adds its own fields.

        :rtype: dict
        """
        self.ensure_one()
        return {"batch_size": self.batch_size} if self.batch_size else {}

    # === ADAPTER === #

    def _open_adapter(self):
        """The adapter of this account, with its secrets and the shared budget; use as a context
        manager. The one place where credentials are read."""
        self.ensure_one()
        connection = Connection(
            base_url=self.base_url or "",
            credentials=self.env["marketplace.credential"]._read_all(self),
            options=self._adapter_options(),
            currency=self.currency_id.name,
        )
        return self._get_adapter_class()(
            connection, budget=self.env["marketplace.budget"]._of(self)
        )

    def _engine_adapter(self):
        """As :meth:`_open_adapter` for the engine: credentials that cannot be read (a lost key,
        say) are credentials that do not work.

        :raise AuthError: the account must be paused.
        """
        try:
            return self._open_adapter()
        except UserError as exc:
            raise AuthError(str(exc), code="unreadable_credentials") from None

    def _limits(self):
        """:rtype: marketplace_adapters.core.Limits"""
        return self._get_adapter_class().limits_for(self._adapter_options())

    # === BUSINESS METHODS === #

    @api.model
    @tools.ormcache()
    def _recording_enabled(self):
        """Whether anything is worth recording: somebody is or was connected."""
        self.flush_model(["active", "state"])
        self.env.cr.execute(
            "SELECT 1 FROM marketplace_account WHERE active AND state != 'draft' LIMIT 1"
        )
        return bool(self.env.cr.rowcount)

    @api.model
    @tools.ormcache()
    def _forecast_wanted(self):
        """Whether any account offers the forecast, so that moves matter and not only quants."""
        self.flush_model(["active", "state", "quantity_source"])
        self.env.cr.execute(
            "SELECT 1 FROM marketplace_account"
            " WHERE active AND state != 'draft' AND quantity_source = 'forecast' LIMIT 1"
        )
        return bool(self.env.cr.rowcount)

    def _pause(self, reason):
        """Stop sending, keep recording."""
        self.write({"state": "paused", "pause_reason": reason})

    def _grant_engine_company(self):
        """The engine works in the companies that have an account, and in no other."""
        engine = self.env.ref("marketplace.user_engine", raise_if_not_found=False)
        missing = self.company_id - engine.sudo().company_ids if engine else None
        if missing:
            engine.sudo().write({"company_ids": [(4, company.id) for company in missing]})

    def _base_url_host(self):
        self.ensure_one()
        return (
            (self.base_url or "")
            .partition("://")[2]
            .split("/")[0]
            .rpartition("@")[2]
            .rsplit(":", 1)[0]
        )

    def _lookback_start(self):
        return fields.Datetime.now() - timedelta(days=self.order_lookback_days)
