import ipaddress
import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from marketplace_adapters.cartona import CANCEL_REASONS, PRODUCTION_URL, Adapter, api_url
from marketplace_adapters.core import InvalidError

from ..const import RETAILER_PREFIX, SECRETS

API_PREFIX = "/api/v1"
WEBHOOK_PATH = "/cartona_integration/webhook/order_status"
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
MOST_ROWS = 1000


class MarketplaceAccount(models.Model):
    """A supplier account of Cartona."""

    _inherit = "marketplace.account"

    provider = fields.Selection(
        selection_add=[("cartona", "Cartona")], ondelete={"cartona": "cascade"}
    )
    cartona_token = fields.Char(
        "API token",
        compute="_compute_cartona_secrets",
        inverse="_inverse_cartona_token",
        groups="marketplace.group_manager",
        copy=False,
        exportable=False,
        help="The supplier's token, as Cartona gave it. What is saved is never shown again.",
    )
    cartona_webhook_secret = fields.Char(
        "Webhook secret",
        compute="_compute_cartona_secrets",
        inverse="_inverse_cartona_webhook_secret",
        groups="marketplace.group_manager",
        copy=False,
        exportable=False,
        help="What Cartona sends with its messages to Odoo. Empty: the API token.",
    )
    cartona_token_header = fields.Char(
        "Token header",
        default="AuthorizationToken",
        help="Name of the header that carries the API token, bare. Cartona reads "
        "AuthorizationToken and answers 400 to other names.",
    )
    cartona_webhook_header = fields.Char(
        "Webhook header",
        default="AuthorizationToken",
        help="Header in which Cartona's messages carry the webhook token. "
        "Authorization: Bearer … is accepted as well.",
    )
    cartona_webhook_ips = fields.Char(
        "Webhook senders",
        help="Addresses or networks, separated by commas, that may send messages. "
        "Empty: any that knows the token.",
    )
    cartona_webhook_url = fields.Char(
        "Address for Cartona",
        compute="_compute_cartona_webhook_url",
        help="Cartona posts {hashed_id, status} here, with the webhook token in its header.",
    )
    cartona_supplier_code = fields.Char(
        "Internal supplier code",
        help="Only when one token covers several supplier accounts: without the code, all of "
        "them are read and written.",
    )
    cartona_price_format = fields.Selection(
        [("string", 'Text ("10.50")'), ("number", "Number (10.5)")],
        "Prices as",
        default="string",
        help="The vendor's own client sends text; its description says a number.",
    )
    cartona_base_stock = fields.Boolean(
        "One stock for all units",
        help="Products linked to a base product of Cartona: the pieces are sent once, and "
        "Cartona divides them among piece, box and carton.",
    )
    cartona_page_size = fields.Integer(
        "Rows of one page", default=100, help="When orders and products are read; 1 to 1000."
    )
    cartona_cancel_reason = fields.Selection(
        "_selection_cartona_reason",
        "Usual cancellation reason",
        default="cannot_deliver_the_order",
        help="Proposed when an order is cancelled; used when nobody can be asked.",
    )

    cartona_journal_id = fields.Many2one(
        "account.journal",
        "Journal for money of Cartona",
        domain="[('type', '=', 'general'), ('company_id', '=', company_id)]",
        check_company=True,
        help="With an account beside it, every posted invoice is divided: what Cartona pays as "
        "credit or collects as instalment is owed by Cartona, the rest is the retailer's cash.",
    )
    cartona_clearing_account_id = fields.Many2one(
        "account.account",
        "Owed by Cartona",
        domain="[('account_type', 'in', ('asset_current', 'liability_current'))]",
        check_company=True,
        help="Credit and instalments minus wallet top-ups: what Cartona's payments settle.",
    )

    # === COMPUTE METHODS === #

    @api.depends("company_id", "provider")
    def _compute_currency_id(self):
        """Cartona trades in Egyptian pounds."""
        pounds = self.env.ref("base.EGP", raise_if_not_found=False)
        for account in self.filtered(lambda account: account.provider == "cartona"):
            account.currency_id = account.currency_id or pounds
        return super()._compute_currency_id()

    def _compute_cartona_secrets(self):
        self._show_secrets(SECRETS)

    def _compute_cartona_webhook_url(self):
        for account in self:
            account.cartona_webhook_url = f"{account.get_base_url()}{WEBHOOK_PATH}"

    def _inverse_cartona_token(self):
        self._store_secret("cartona_token", SECRETS["cartona_token"])

    def _inverse_cartona_webhook_secret(self):
        self._store_secret("cartona_webhook_secret", SECRETS["cartona_webhook_secret"])

    @api.model
    def _selection_cartona_reason(self):
        labels = {
            "out_of_stock": self.env._("Out of stock"),
            "cannot_deliver_the_order": self.env._("Cannot deliver the order"),
            "supplier_asked_me_to_cancel": self.env._("Supplier asked to cancel"),
            "delayed_order": self.env._("Order is delayed"),
            "pending_order_without_action": self.env._("Order pending without action"),
            "removed_items": self.env._("Items were removed"),
            "supplier_attitude": self.env._("Supplier's attitude"),
            "missing_items": self.env._("Items are missing"),
            "expired_products": self.env._("Expired products"),
            "different_prices": self.env._("Different prices"),
            "different_products": self.env._("Different products"),
        }
        return [(reason, labels.get(reason, reason)) for reason in CANCEL_REASONS]

    # === CONSTRAINTS === #

    @api.constrains("provider", "cartona_token_header", "cartona_webhook_header")
    def _check_cartona_headers(self):
        for account in self._of_cartona():
            for name in (account.cartona_token_header, account.cartona_webhook_header):
                if name and not HEADER_NAME.fullmatch(name):
                    raise ValidationError(
                        self.env._("%(name)r is not the name of a header.", name=name)
                    )

    @api.constrains("provider", "cartona_webhook_ips")
    def _check_cartona_webhook_ips(self):
        for account in self._of_cartona():
            try:
                account._cartona_networks()
            except ValueError as exc:
                raise ValidationError(
                    self.env._(
                        "Webhook senders: write addresses or networks such as 203.0.113.0/24, "
                        "separated by commas (%s).",
                        exc,
                    )
                ) from exc

    @api.constrains("provider", "batch_size", "cartona_page_size")
    def _check_cartona_rows(self):
        for account in self._of_cartona():
            if not (0 <= account.batch_size <= MOST_ROWS):
                raise ValidationError(
                    self.env._("Cartona takes at most %s rows in one call.", MOST_ROWS)
                )
            if not (1 <= account.cartona_page_size <= MOST_ROWS):
                raise ValidationError(self.env._("A page of Cartona has 1 to %s rows.", MOST_ROWS))

    # === CRUD METHODS === #

    @api.onchange("provider")
    def _onchange_provider_cartona(self):
        if self.provider == "cartona" and not self.base_url:
            self.base_url = PRODUCTION_URL

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("provider") == "cartona":
                vals["base_url"] = self._cartona_base_url(vals.get("base_url") or PRODUCTION_URL)
        accounts = super().create(vals_list)
        accounts._activate_cartona_currency()
        return accounts

    def write(self, vals):
        provider = vals.get("provider")
        cartona = provider == "cartona" or (not provider and bool(self._of_cartona()))
        if cartona and vals.get("base_url"):
            vals = {**vals, "base_url": self._cartona_base_url(vals["base_url"])}
        result = super().write(vals)
        if {"state", "currency_id"} & vals.keys():
            self._activate_cartona_currency()
        return result

    # === HOOKS OF THE CORE === #

    def _get_adapter_class(self):
        """Override of ``marketplace`` to speak to Cartona."""
        self.ensure_one()
        return Adapter if self.provider == "cartona" else super()._get_adapter_class()

    def _adapter_options(self):
        """Override of ``marketplace`` to add what the Cartona adapter wants to know."""
        options = super()._adapter_options()
        if self.provider == "cartona":
            options.update(
                token_header=self.cartona_token_header or "",
                webhook_header=self.cartona_webhook_header or "",
                internal_supplier_code=(self.cartona_supplier_code or "").strip(),
                price_as_string=self.cartona_price_format != "number",
                base_stock=self.cartona_base_stock,
                page_size=self.cartona_page_size,
                cancel_reason=self.cartona_cancel_reason or "",
            )
        return options

    def _credential_spec(self):
        """Override of ``marketplace`` to say where Cartona's token comes from."""
        if self.provider != "cartona":
            return super()._credential_spec()
        return [
            {
                "key": "token",
                "label": self.env._("API token"),
                "hint": self.env._("Cartona gives it to each supplier; ask your contact there."),
                "required": True,
            }
        ]

    def _partner_external_id(self, text):
        """Override of ``marketplace`` to add the prefix that people leave out (X39)."""
        text = super()._partner_external_id(text)
        if self.provider != "cartona" or not text or text.startswith(RETAILER_PREFIX):
            return text
        return RETAILER_PREFIX + text

    def _link_extra_columns(self):
        """Override of ``marketplace`` to keep unit and count, as Cartona names them."""
        columns = super()._link_extra_columns()
        return (*columns, "unit", "unit_count") if self.provider == "cartona" else columns

    # === BUSINESS METHODS === #

    def _of_cartona(self):
        return self.filtered(lambda account: account.provider == "cartona")

    @api.model
    def _cartona_default(self, company=None):
        """The account that ``cartona_id`` on products, contacts and orders speaks of: the first
        one of the company (X18); empty when there is none."""
        company = company or self.env.company
        return self.sudo().search(
            [("provider", "=", "cartona"), ("company_id", "=", company.id)], limit=1
        )

    @api.model
    def _cartona_base_url(self, url):
        """Scheme and host (and prefix) without ``/api/v1``, which the adapter adds (X29).

        ``supplier-integrations.cartona.com``, ``https://…/api/v1/`` and a whole endpoint copied
        from a document all give ``https://supplier-integrations.cartona.com``.
        """
        url = (url or "").strip()
        if "://" not in url:
            url = f"https://{url}"
        try:
            return api_url(url).removesuffix(API_PREFIX)
        except InvalidError as exc:
            raise ValidationError(
                self.env._("The API address cannot be used: %s", exc.message)
            ) from exc

    def _cartona_networks(self):
        """Networks that may send messages; none: everybody.

        :raise ValueError: an entry that is none.
        """
        entries = (entry.strip() for entry in (self.cartona_webhook_ips or "").split(","))
        return [ipaddress.ip_network(entry, strict=False) for entry in entries if entry]

    @api.model
    def _cartona_may_send(self, address, networks):
        """Whether messages from an address are listened to.

        :param str address: of the sender, as the server sees it.
        :param networks: what :meth:`_cartona_networks` says.
        """
        try:
            sender = ipaddress.ip_address(address or "")
        except ValueError:
            return False
        sender = getattr(sender, "ipv4_mapped", None) or sender
        return any(sender in network for network in networks)

    def _activate_cartona_currency(self):
        """Orders come in pounds: the currency must be there once an account works."""
        for account in self._of_cartona():
            if account.state != "draft" and not account.currency_id.active:
                account.currency_id.sudo().active = True
