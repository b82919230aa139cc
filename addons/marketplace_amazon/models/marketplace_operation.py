from odoo import api, fields, models

from odoo.addons.marketplace.models.marketplace_operation import DELIVERY_STATUS


class MarketplaceOperation(models.AbstractModel):
    """The seeds' names for what became of an operation on Amazon (R64–R71, X4), on both logs."""

    _inherit = "marketplace.operation"

    amazon_status = fields.Selection(
        DELIVERY_STATUS, compute="_compute_amazon_status", search="_search_amazon_status"
    )
    amazon_status_data = fields.Char("Amazon answer", compute="_compute_amazon_status")
    amazon_status_timestamp = fields.Datetime(
        "Amazon status since", compute="_compute_amazon_status"
    )

    @api.depends("dispatched_at")
    def _compute_amazon_status(self):
        self._compute_provider_status("amazon")

    @api.model
    def _search_amazon_status(self, operator, value):
        return self._search_provider_status("amazon", operator, value)
