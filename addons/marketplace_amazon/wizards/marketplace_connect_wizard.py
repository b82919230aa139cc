from odoo import fields, models
from odoo.exceptions import UserError


class MarketplaceConnectWizard(models.TransientModel):
    """Region and Merchant ID beside the secrets; the marketplaces are what Amazon says."""

    _inherit = "marketplace.connect.wizard"

    amazon_region = fields.Selection(related="account_id.amazon_region", readonly=False)
    amazon_seller_id = fields.Char(related="account_id.amazon_seller_id", readonly=False)
    amazon_market_ids = fields.One2many(related="account_id.amazon_market_ids", readonly=False)

    def _leave_credentials(self):
        """Override of ``marketplace``: without a marketplace nothing can be told."""
        if self.provider == "amazon" and not (self.amazon_seller_id or "").strip():
            raise UserError(self.env._("Please enter the Merchant ID."))
        works = super()._leave_credentials()
        if works and self.provider == "amazon" and not self.amazon_market_ids:
            self.write(
                {
                    "test_ok": False,
                    "test_message": self.env._(
                        "Amazon names no marketplace of this region for the account. Add the ones "
                        "where it sells."
                    ),
                }
            )
            return False
        return works
