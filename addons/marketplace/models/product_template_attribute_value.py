from odoo import models

from .product_template import recorded_values


class ProductTemplateAttributeValue(models.Model):
    _inherit = "product.template.attribute.value"

    def write(self, vals):
        recorder = self.env["marketplace.recorder"]
        if "price_extra" not in vals or not recorder._enabled():
            return super().write(vals)
        values = recorded_values(self, vals)
        result = super().write(vals)
        for value in self:
            recorder._record_write(
                value.product_tmpl_id,
                ["price_extra"],
                {value.product_tmpl_id.id: values.get(value.id)},
            )
        return result
