from odoo import api, models

from ..const import RELAY_PREFIX


class MarketplacePartner(models.Model):
    _inherit = "marketplace.partner"

    @api.model
    def _email_identifies(self, account, email):
        """Override of ``marketplace``: Amazon hides addresses behind relays of its own, and gives
        a buyer another one whenever it likes."""
        if account.provider == "amazon" and email.rpartition("@")[2].startswith(RELAY_PREFIX):
            return False
        return super()._email_identifies(account, email)
