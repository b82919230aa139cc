from odoo import fields, models
from odoo.exceptions import UserError


class MarketplaceConnectWizard(models.TransientModel):
    """The shop beside its keys; what is missing is named, what the shop has is shown."""

    _inherit = "marketplace.connect.wizard"

    shopify_shop = fields.Char(related="account_id.shopify_shop", readonly=False)
    shopify_scopes_missing = fields.Char(related="account_id.shopify_scopes_missing")
    shopify_scopes_needed = fields.Char(related="account_id.shopify_scopes_needed")
    shopify_publication_ids = fields.One2many(
        related="account_id.shopify_publication_ids", readonly=False
    )
    shopify_market_ids = fields.One2many(related="account_id.shopify_market_ids", readonly=False)
    shopify_confirm_when = fields.Selection(
        related="account_id.shopify_confirm_when", readonly=False
    )
    shopify_place_ids = fields.One2many(related="account_id.place_ids", readonly=False)

    def _test(self):
        """Override of ``marketplace``: one of two ways in is needed, and the shop's address."""
        if self.provider == "shopify":
            if not self.shopify_shop:
                raise UserError(self.env._("Please enter the shop: name.myshopify.com."))
            known = set(self.credential_ids.filtered("stored").mapped("key"))
            if "access_token" not in known and not {"client_id", "client_secret"} <= known:
                raise UserError(
                    self.env._(
                        "Please enter client ID and client secret of your app in the Dev "
                        "Dashboard, or the access token of an older custom app."
                    )
                )
        return super()._test()
