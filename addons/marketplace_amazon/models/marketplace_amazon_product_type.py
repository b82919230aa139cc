import logging
from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.marketplace.tools.db import fresh_env
from odoo.addons.marketplace.tools.faults import log_failure

from marketplace_adapters.amazon.product_types import from_json
from marketplace_adapters.core import AdapterError, InvalidError, ThrottledError

from ..const import DEFINITION_DAYS

_logger = logging.getLogger(__name__)

# Key of the cursor's cache: definitions as the adapter reads them.
CACHE_KEY = "marketplace_amazon.definitions"
# Definitions that one run of the scheduled action asks for; each is two calls.
MOST_REFRESHED = 50


class MarketplaceAmazonProductType(models.Model):
    """What Amazon wants to know of a kind of product, kept for a week.

    Definitions differ by marketplace, by what is listed and by seller; the home marketplace of the
    account is what counts here.
    """

    _name = "marketplace.amazon.product.type"
    _description = "Amazon Product Type"
    _order = "account_id, title, name"
    _rec_names_search = ["name", "title"]

    account_id = fields.Many2one(
        "marketplace.account",
        required=True,
        ondelete="cascade",
        index=True,
        domain="[('provider', '=', 'amazon')]",
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    name = fields.Char("Product type", required=True, help="Amazon's code, for example SHIRT.")
    title = fields.Char("Called", readonly=True)
    market_id = fields.Char("Marketplace ID", readonly=True)
    requirements = fields.Char(default="LISTING", readonly=True)
    version = fields.Char(readonly=True)
    checksum = fields.Char(readonly=True)
    fetched_at = fields.Datetime("Asked for", readonly=True)
    # ProductType.to_json() of the adapter; read by _definition() alone.
    definition = fields.Json("Definition (raw)", readonly=True)
    required_text = fields.Text("Asked for by Amazon", compute="_compute_texts")
    theme_text = fields.Text("Variation themes", compute="_compute_texts")
    listing_ids = fields.One2many("marketplace.listing", "amazon_product_type_id", "Listings")

    _name_unique = models.Constraint(
        "UNIQUE (account_id, name, requirements)", "This product type is on the account already."
    )

    # === COMPUTE METHODS === #

    @api.depends("name", "title")
    def _compute_display_name(self):
        for kind in self:
            same = not kind.title or kind.title.upper() == kind.name
            kind.display_name = kind.name if same else f"{kind.title} ({kind.name})"

    @api.depends("definition")
    def _compute_texts(self):
        for kind in self:
            known = kind._definition()
            rows = known.attributes if known else ()
            kind.required_text = "\n".join(
                f"{one.label} ({one.name})" for one in rows if one.required
            )
            kind.theme_text = "\n".join(kind._themes())

    def _definition(self):
        """:rtype: marketplace_adapters.amazon.product_types.ProductType, ``None`` before it was
        asked for, or when it was kept by another version."""
        if not self or not self.fetched_at:
            return None
        # A definition has thousands of members, which are copied whenever the field is read, and
        # every listing of a batch asks for it.
        known = self.env.cr.cache.setdefault(CACHE_KEY, {})
        key = self.id, self.checksum, self.market_id, self.requirements
        if key not in known:
            try:
                known[key] = from_json(self.definition)
            except InvalidError:
                known[key] = None
        return known[key]

    def _themes(self):
        """Variation themes that the type knows, as Amazon writes them."""
        known = self._definition()
        theme = known.attribute("variation_theme") if known else None
        return [value for value, _label in theme.values] if theme else []

    def _types(self):
        """{attribute: ``text``, ``number``, ``integer``, ``boolean`` or ``object``}."""
        known = self._definition()
        return {one.name: one.type for one in known.attributes} if known else {}

    # === FINDING === #

    @api.model
    def _of(self, account, name, title=""):
        """The record of a product type, made when it is not here."""
        found = self.search([("account_id", "=", account.id), ("name", "=", name)], limit=1)
        return found or self.create(
            {"account_id": account.id, "name": name, "title": title or False}
        )

    # === REFRESHING === #

    def action_refresh(self):
        """Ask Amazon for the present definitions."""
        for account, kinds in self.grouped("account_id").items():
            for kind in kinds:
                definition = account._ask(kind._amazon_read)
                kind._keep(definition)

    def _refresh_if_old(self):
        """Ask for what was not asked for within the last week."""
        self.filtered(lambda kind: kind._is_old()).action_refresh()

    def _is_old(self):
        self.ensure_one()
        oldest = fields.Datetime.now() - timedelta(days=DEFINITION_DAYS)
        home = self.account_id._amazon_home().market_id
        return (
            not self.fetched_at or self.fetched_at < oldest or bool(home and self.market_id != home)
        )

    @api.model
    def _cron_refresh(self):
        """Every day: ask again for what is used and older than a week, in steps of their own."""
        used = self.sudo().search(
            [("account_id.state", "=", "connected"), ("listing_ids", "!=", False)],
            order="fetched_at NULLS FIRST",
        )
        old = used.filtered(lambda kind: kind._is_old())[:MOST_REFRESHED]
        for account, kinds in old.grouped("account_id").items():
            if not account._may_call():
                continue
            try:
                account._amazon_refresh_types(kinds)
            except ThrottledError:
                continue  # the rest tomorrow
            except AdapterError as exc:
                log_failure(_logger, exc, "product types of account", account.id)

    def _amazon_read(self, adapter):
        """The definition as Amazon has it now; the one kept while it is the same."""
        return adapter.product_type(
            self.name, requirements=self.requirements or "LISTING", known=self._definition()
        )

    def _keep(self, definition):
        """Keep a definition; listings that were short of something are looked at again.

        :param definition: :class:`marketplace_adapters.amazon.product_types.ProductType`.
        """
        self.ensure_one()
        changed = definition != self._definition()
        vals = {"fetched_at": fields.Datetime.now()}
        if changed:
            vals |= {
                "title": definition.label or self.title,
                "version": definition.version,
                "checksum": definition.checksum,
                "market_id": definition.market,
                "definition": definition.to_json(),
            }
        self.write(vals)
        if changed:
            self.listing_ids._request()


class MarketplaceAccount(models.Model):
    _inherit = "marketplace.account"

    def _amazon_refresh_types(self, kinds):
        """Ask for definitions with one login; each is kept in a step of its own."""
        self.ensure_one()
        with self._engine_adapter() as adapter:
            try:
                for kind in kinds:
                    definition = kind._amazon_read(adapter)
                    with fresh_env(self.env) as env:
                        kind.with_env(env)._keep(definition)
            finally:
                with fresh_env(self.env) as env:
                    env["marketplace.exchange"]._store(self.with_env(env), adapter.take_exchanges())
