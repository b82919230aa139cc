from odoo import models


class MarketplaceAmazonCancel(models.TransientModel):
    """Asks for the reason that Amazon wants with every cancellation."""

    _name = "marketplace.amazon.cancel"
    _description = "Cancel Amazon Orders"
    _inherit = ["marketplace.cancel"]
    _provider = "amazon"
