from odoo import api, fields, models

from .product_product import FULFILMENT_HELP, asin_domain


class ProductTemplate(models.Model):
    _inherit = "product.template"

    amazon_attribute_ids = fields.One2many(
        "marketplace.amazon.attribute",
        "product_tmpl_id",
        "Amazon attributes",
        copy=True,
        groups="marketplace.group_user,marketplace.group_engine",
        help="What Amazon is told of this product beyond name, description, images and prices.",
    )
    amazon_theme = fields.Char(
        "Variation theme",
        groups="marketplace.group_user,marketplace.group_engine",
        help="What the variants differ by, as the product type names it: SIZE/COLOR. Empty: found "
        "by the attributes of the variants.",
    )
    amazon_image_ids = fields.Many2many(
        "ir.attachment",
        "marketplace_amazon_template_image_rel",
        "product_tmpl_id",
        "attachment_id",
        "Further images for Amazon",
        groups="marketplace.group_user,marketplace.group_engine",
        help="Shown after the product's own image; Amazon takes nine in all.",
    )
    amazon_listed = fields.Boolean(
        compute="_compute_amazon",
        groups="marketplace.group_user,marketplace.group_engine",
    )
    amazon_asin = fields.Char(
        "ASIN",
        compute="_compute_amazon",
        search="_search_amazon_asin",
        groups="marketplace.group_user,marketplace.group_engine",
        help="Of all listings of this product on Amazon.",
    )
    amazon_product_type = fields.Char(
        "Amazon product type",
        compute="_compute_amazon",
        groups="marketplace.group_user,marketplace.group_engine",
    )
    amazon_condition = fields.Char(
        "Condition on Amazon",
        compute="_compute_amazon",
        groups="marketplace.group_user,marketplace.group_engine",
    )
    amazon_fulfilment = fields.Char(
        "Fulfilment",
        compute="_compute_amazon",
        groups="marketplace.group_user,marketplace.group_engine",
        help=FULFILMENT_HELP,
    )

    # === COMPUTE METHODS === #

    @api.depends("marketplace_listing_ids.amazon_asin", "marketplace_listing_ids.active")
    def _compute_amazon(self):
        for template in self:
            template.update(template.marketplace_listing_ids._amazon_summary())

    @api.model
    def _search_amazon_asin(self, operator, value):
        return asin_domain(operator, value)

    # === CRUD METHODS === #

    def write(self, vals):
        result = super().write(vals)
        if {"amazon_theme", "amazon_image_ids"} & vals.keys():
            self.sudo().marketplace_listing_ids._of_amazon()._request()
        return result

    # === FAMILIES === #

    def _amazon_mapped(self):
        """{Amazon's attribute: the line of the product} of what makes variants differ.

        Empty unless every such attribute is known on Amazon: else two variants would look alike.
        """
        self.ensure_one()
        lines = self.valid_product_template_attribute_line_ids.filtered(
            lambda line: (
                line.attribute_id.create_variant != "no_variant"
                and len(line.product_template_value_ids) > 1
            )
        )
        names = lines.attribute_id.mapped("amazon_attribute")
        if not all(names) or len(set(names)) != len(lines):
            return {}
        return {line.attribute_id.amazon_attribute: line for line in lines}

    def _amazon_theme_of(self, account):
        """The variation theme of this product on an account; ``None`` when it is no family."""
        self.ensure_one()
        if not account.amazon_families:
            return None
        names = list(self._amazon_mapped())
        if not names or len(self.product_variant_ids) < 2:
            return None
        template = self.sudo()
        if template.amazon_theme:
            return template.amazon_theme.strip()
        kinds = template.marketplace_listing_ids.filtered(
            lambda one: one.account_id == account
        ).amazon_product_type_id
        wanted = {_part(name) for name in names}
        for theme in kinds[:1]._themes():
            if {_part(part) for part in theme.split("/")} == wanted:
                return theme
        return "/".join(name.upper() for name in sorted(names, reverse=True))


def _part(name):
    """``COLOR_NAME`` and ``color`` are the same."""
    return name.strip().lower().removesuffix("_name")
