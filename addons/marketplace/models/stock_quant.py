from odoo import api, fields, models


class StockQuant(models.Model):
    _inherit = "stock.quant"

    marketplace_sync_status = fields.Selection(
        related="product_id.marketplace_sync_status",
        string="Marketplace status",
        groups="marketplace.group_user,marketplace.group_engine",
    )

    @api.model_create_multi
    def create(self, vals_list):
        quants = super().create(vals_list)
        if self.env["marketplace.recorder"]._enabled():
            for quant in quants:
                quant._record_stock((0.0, 0.0))
        return quants

    def write(self, vals):
        if not {"quantity", "reserved_quantity", "location_id"} & vals.keys():
            return super().write(vals)
        if not self.env["marketplace.recorder"]._enabled():
            return super().write(vals)
        # Read before the write from the cache: whoever computes a new quantity just read the old.
        before = {quant.id: (quant.quantity, quant.reserved_quantity) for quant in self}
        if "location_id" in vals:
            for quant in self:
                quant._record_stock(before[quant.id], (0.0, 0.0))
                before[quant.id] = (0.0, 0.0)
        result = super().write(vals)
        for quant in self:
            quant._record_stock(before[quant.id])
        return result

    def unlink(self):
        if self.env["marketplace.recorder"]._enabled():
            for quant in self:
                quant._record_stock((quant.quantity, quant.reserved_quantity), (0.0, 0.0))
        return super().unlink()

    def _record_stock(self, before, after=None):
        """:param before, after: (quantity, reserved quantity); after: the present ones."""
        after = after or (self.quantity, self.reserved_quantity)
        place = self.location_id
        if (
            before != after
            and place.usage in ("internal", "transit")
            and not place.marketplace_mirror
        ):
            self.env["marketplace.recorder"]._record_stock(self, before, after)
