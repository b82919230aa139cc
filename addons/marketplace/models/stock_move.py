from odoo import api, models

FORECAST_FIELDS = {"state", "product_uom_qty", "location_id", "location_dest_id", "date"}


class StockMove(models.Model):
    """Moves matter to accounts that offer the forecast; what they do to the stock itself is
    recorded by the quants."""

    _inherit = "stock.move"

    @api.model_create_multi
    def create(self, vals_list):
        moves = super().create(vals_list)
        moves._record_forecast()
        return moves

    def write(self, vals):
        result = super().write(vals)
        if FORECAST_FIELDS & vals.keys():
            self._record_forecast()
        return result

    def unlink(self):
        self._record_forecast()
        return super().unlink()

    def _record_forecast(self):
        recorder = self.env["marketplace.recorder"]
        if not recorder._enabled() or not self.env["marketplace.account"]._forecast_wanted():
            return
        for product, moves in self.grouped("product_id").items():
            locations = (moves.location_id | moves.location_dest_id).filtered(
                lambda location: location.usage in ("internal", "transit")
            )
            if locations:
                recorder._record_write(product, ["forecast"], locations=locations.ids)
