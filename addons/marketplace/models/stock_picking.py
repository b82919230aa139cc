from odoo import models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _action_done(self):
        """Override of `stock` to record what left for a buyer, and what came back."""
        result = super()._action_done()
        # What a channel said itself it is not told again.
        told = self.env.context.get("marketplace_as_told")
        if not told and self.env["marketplace.recorder"]._enabled():
            for picking in self:
                if picking.state == "done" and picking.sale_id:
                    picking._record_marketplace()
        return result

    def write(self, vals):
        """Override of `stock` to record a tracking number that comes after the goods left."""
        if "carrier_tracking_ref" not in vals:
            return super().write(vals)
        tracking = vals["carrier_tracking_ref"]
        changing = self.filtered(lambda picking: picking.carrier_tracking_ref != tracking)
        result = super().write(vals)
        for picking in changing:
            if tracking and picking.state == "done" and picking.sale_id:
                for package in picking._marketplace_packages():
                    self.env["marketplace.recorder"]._record_order(
                        "tracking",
                        picking,
                        picking.sale_id,
                        {"key": f"{package.id or 0}:{tracking}", "package_id": package.id},
                    )
        return result

    def _record_marketplace(self):
        """Shipment of each package, delivery of the whole order, or return; no search here."""
        recorder, order = self.env["marketplace.recorder"], self.sale_id
        if self.picking_type_code in ("outgoing", "dropship"):
            for package in self._marketplace_packages():
                recorder._record_order(
                    "shipment",
                    self,
                    order,
                    {"key": str(package.id or 0), "package_id": package.id},
                )
            if all(one.state in ("done", "cancel") for one in order._marketplace_outgoing()):
                recorder._record_order("delivery", self, order)
        elif self.picking_type_code == "incoming":
            recorder._record_order("return", self, order, {"key": "0"})

    def _marketplace_packages(self):
        """Packages the goods left in, in order; one empty one for what left without."""
        packages = self.move_line_ids.result_package_id.sorted("id")
        loose = any(not line.result_package_id for line in self.move_line_ids)
        none = self.env["stock.package"]
        return [*packages, *([none] if loose or not packages else [])]
