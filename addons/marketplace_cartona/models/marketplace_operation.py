from odoo import api, fields, models

from odoo.addons.marketplace.models.marketplace_operation import DELIVERY_STATUS


class MarketplaceOperation(models.AbstractModel):
    """The seeds' names for what became of an operation on Cartona (X4), on both logs."""

    _inherit = "marketplace.operation"

    cartona_status = fields.Selection(
        DELIVERY_STATUS, compute="_compute_cartona_status", search="_search_cartona_status"
    )
    cartona_status_data = fields.Char("Cartona answer", compute="_compute_cartona_status")
    cartona_status_timestamp = fields.Datetime(
        "Cartona status since", compute="_compute_cartona_status"
    )

    @api.depends("dispatched_at")
    def _compute_cartona_status(self):
        self._compute_provider_status("cartona")

    @api.model
    def _search_cartona_status(self, operator, value):
        return self._search_provider_status("cartona", operator, value)
