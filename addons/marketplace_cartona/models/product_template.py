from odoo import api, fields, models
from odoo.exceptions import UserError

from .product_product import HELP, cartona_id_domain


class ProductTemplate(models.Model):
    _inherit = "product.template"

    cartona_id = fields.Char(
        "External Product ID",
        compute="_compute_cartona_id",
        inverse="_inverse_cartona_id",
        search="_search_cartona_id",
        compute_sudo=True,
        copy=False,
        help=f"{HELP} Empty when the product has several variants: each has its own.",
    )

    @api.depends("product_variant_ids.cartona_id")
    @api.depends_context("company")
    def _compute_cartona_id(self):
        for template in self:
            variants = template.product_variant_ids
            template.cartona_id = variants.cartona_id if len(variants) == 1 else False

    def _inverse_cartona_id(self):
        for template in self:
            variants = template.product_variant_ids
            if len(variants) == 1:
                variants._set_cartona_id(template.cartona_id)
            elif variants and template.cartona_id:
                raise UserError(
                    self.env._(
                        "%s has several variants, and each is a product of its own on Cartona: "
                        "enter the External Product ID on the variants.",
                        template.display_name,
                    )
                )
        self.invalidate_recordset(["cartona_id"])

    @api.model
    def _search_cartona_id(self, operator, value):
        return cartona_id_domain(self.env, "product_tmpl_id", operator, value)

    def _get_related_fields_variant_template(self):
        """Override of ``product`` to keep an id given at creation for the variant made then."""
        return [*super()._get_related_fields_variant_template(), "cartona_id"]
