from odoo import models


class ProductProduct(models.Model):
    _inherit = "product.product"

    def write(self, vals):
        """Override of ``product``: which image is a variant's own is said with the product."""
        result = super().write(vals)
        if {"image_variant_1920", "image_1920"} & vals.keys():
            recorder = self.env["marketplace.recorder"]
            if recorder._enabled() and self.env["marketplace.account"]._provider_used("shopify"):
                recorder._record_write(self, ["shopify_image"])
        return result
