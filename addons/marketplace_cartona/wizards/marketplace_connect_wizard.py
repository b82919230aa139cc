from odoo import fields, models


class MarketplaceConnectWizard(models.TransientModel):
    _inherit = "marketplace.connect.wizard"

    cartona_supplier_code = fields.Char(related="account_id.cartona_supplier_code", readonly=False)
