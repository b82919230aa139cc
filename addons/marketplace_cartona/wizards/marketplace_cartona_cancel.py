from odoo import api, fields, models


class MarketplaceCartonaCancel(models.TransientModel):
    """Asks for the reason that Cartona wants with every cancellation."""

    _name = "marketplace.cartona.cancel"
    _description = "Cancel Cartona Orders"
    _inherit = ["marketplace.cancel"]
    _provider = "cartona"

    editing = fields.Boolean(compute="_compute_editing")

    @api.depends("sale_order_ids")
    def _compute_editing(self):
        for wizard in self:
            sales = wizard.sale_order_ids
            wizard.editing = any(sale._order_of("cartona").status == "hold" for sale in sales)
