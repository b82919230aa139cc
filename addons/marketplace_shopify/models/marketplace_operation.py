from odoo import api, fields, models

from odoo.addons.marketplace.models.marketplace_operation import DELIVERY_STATUS


class MarketplaceOperation(models.AbstractModel):
    """What became of an operation on Shopify (R358, R434), on both logs."""

    _inherit = "marketplace.operation"

    shopify_status = fields.Selection(
        DELIVERY_STATUS, compute="_compute_shopify_status", search="_search_shopify_status"
    )
    shopify_status_data = fields.Char("Shopify answer", compute="_compute_shopify_status")
    shopify_status_timestamp = fields.Datetime(
        "Shopify status since", compute="_compute_shopify_status"
    )

    @api.depends("dispatched_at")
    def _compute_shopify_status(self):
        self._compute_provider_status("shopify")

    @api.model
    def _search_shopify_status(self, operator, value):
        return self._search_provider_status("shopify", operator, value)
