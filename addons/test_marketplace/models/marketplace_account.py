from odoo import fields, models

from marketplace_adapters.testing.fake import FakeAdapter


class MarketplaceAccount(models.Model):
    _inherit = "marketplace.account"

    provider = fields.Selection(selection_add=[("fake", "Fake")], ondelete={"fake": "cascade"})

    def _get_adapter_class(self):
        """Override of `marketplace` to serve accounts of the fake provider."""
        return FakeAdapter if self.provider == "fake" else super()._get_adapter_class()
