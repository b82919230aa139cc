from odoo import fields, models


class ProductAttribute(models.Model):
    _inherit = "product.attribute"

    amazon_attribute = fields.Char(
        "Amazon attribute",
        help="Amazon's name of what this attribute says, for example color or size. Variants are "
        "shown as one family on Amazon when all their attributes have one.",
    )

    def write(self, vals):
        result = super().write(vals)
        if "amazon_attribute" in vals:
            templates = self.sudo().product_tmpl_ids
            templates.marketplace_listing_ids._of_amazon()._request()
        return result
