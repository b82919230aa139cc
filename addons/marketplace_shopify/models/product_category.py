from odoo import api, fields, models

from .product_template import taxonomy_id


class ProductCategory(models.Model):
    _inherit = "product.category"

    shopify_category = fields.Char(
        "Shopify category",
        groups="marketplace.group_user,marketplace.group_engine",
        help="Id of Shopify's product taxonomy, for example hg-9-1. For all products of this "
        "category that say none of their own.",
    )

    @api.constrains("shopify_category")
    def _check_shopify_category(self):
        for category in self.filtered("shopify_category"):
            taxonomy_id(self.env, category.shopify_category)

    def write(self, vals):
        result = super().write(vals)
        if {"shopify_category", "parent_id"} & vals.keys():
            listings = (
                self.env["marketplace.listing"]
                .sudo()
                .search(
                    [
                        ("provider", "=", "shopify"),
                        ("product_tmpl_id.categ_id", "child_of", self.ids),
                    ]
                )
            )
            listings._request()
        return result
