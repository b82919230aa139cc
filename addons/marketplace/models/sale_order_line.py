from odoo import api, models

# What a channel may have to know of a line of a confirmed order.
LINE_FIELDS = {"product_uom_qty", "price_unit", "discount", "product_id", "product_uom_id"}


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `sale` to record lines that are added to confirmed orders."""
        lines = super().create(vals_list)
        lines._record_marketplace()
        return lines

    def write(self, vals):
        """Override of `sale` to record changed lines of confirmed orders."""
        names = LINE_FIELDS & vals.keys()
        if not names or not self.env["marketplace.recorder"]._enabled():
            return super().write(vals)
        changing = self.filtered(
            lambda line: (
                line.state == "sale"
                and any(
                    line._fields[name].convert_to_write(line[name], line) != vals[name]
                    for name in names
                )
            )
        )
        result = super().write(vals)
        changing._record_marketplace()
        return result

    def unlink(self):
        """Override of `sale` to record lines that are removed from confirmed orders."""
        self._record_marketplace()
        return super().unlink()

    def _record_marketplace(self):
        """One operation for each confirmed order, whatever the number of lines."""
        if not self.env["marketplace.recorder"]._enabled():
            return
        for order in self.filtered(lambda line: line.state == "sale").order_id:
            self.env["marketplace.recorder"]._record_order("lines", order, order)

    def _marketplace_quantity(self, row, quantity=None):
        """A quantity of this line in units of the channel.

        :param row: the ledger's line.
        :param quantity: in the unit of this line; the ordered one by default.
        """
        self.ensure_one()
        if quantity is None:
            quantity = self.product_uom_qty
        return (
            quantity
            * self.product_uom_id.factor
            / self.product_id.uom_id.factor
            / (row.pieces or 1.0)
        )
