import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

GROUPS = "marketplace.group_user,marketplace.group_engine"
STATUS = [
    ("ACTIVE", "Active"),
    ("DRAFT", "Draft"),
    ("UNLISTED", "Unlisted"),
    ("ARCHIVED", "Archived"),
]
POLICY = [("DENY", "Stop selling"), ("CONTINUE", "Go on selling")]
TAXONOMY = re.compile(r"(gid://shopify/TaxonomyCategory/)?([a-z]{2}(-[0-9]+)*)")
HANDLE = re.compile(r"[^\s/?#&]{1,255}")
# Told with the images, not with the product.
IMAGE_FIELDS = {"shopify_image_ids", "shopify_image_text"}


def taxonomy_id(env, text):
    """``hg-9-1`` or its whole id → the whole id.

    :raise ValidationError: neither of them.
    """
    found = TAXONOMY.fullmatch((text or "").strip())
    if not found:
        raise ValidationError(
            env._("%s is no category of Shopify: its ids look like hg-9-1.", text)
        )
    return f"gid://shopify/TaxonomyCategory/{found[2]}"


class ProductTemplate(models.Model):
    """What a shop is told of a product beyond name, price and stock."""

    _inherit = "product.template"

    shopify_listed = fields.Boolean(compute="_compute_shopify_listed", groups=GROUPS)
    shopify_description = fields.Html(
        "Description for Shopify",
        translate=True,
        sanitize=True,
        groups=GROUPS,
        help="Empty: the description of the website's shop, else the one of quotations.",
    )
    shopify_vendor = fields.Char(
        "Vendor on Shopify", groups=GROUPS, help="The brand. Empty: as the shop has it."
    )
    shopify_type = fields.Char(
        "Type on Shopify", groups=GROUPS, help="Empty: the name of the product category."
    )
    shopify_category = fields.Char(
        "Shopify category",
        groups=GROUPS,
        help="Id of Shopify's product taxonomy, for example hg-9-1. Empty: that of the product "
        "category.",
    )
    shopify_handle = fields.Char(
        "Handle",
        groups=GROUPS,
        copy=False,
        help="Last part of its address in the shop. Empty: the shop makes one of the name.",
    )
    shopify_status = fields.Selection(
        STATUS,
        "Status on Shopify",
        groups=GROUPS,
        help="While it is offered. Empty: active.",
    )
    shopify_inventory_policy = fields.Selection(
        POLICY,
        "Without stock",
        groups=GROUPS,
        help="What the shop does when nothing is left. Empty: as the shop has it.",
    )
    shopify_seo_title = fields.Char(
        "Title for search engines", translate=True, groups=GROUPS, help="Empty: the name."
    )
    shopify_seo_description = fields.Text(
        "Description for search engines", translate=True, groups=GROUPS
    )
    shopify_image_text = fields.Char(
        "What the image shows",
        translate=True,
        groups=GROUPS,
        help="For those who cannot see it (alternative text). Empty: the name.",
    )
    shopify_image_ids = fields.Many2many(
        "ir.attachment",
        "marketplace_shopify_template_image_rel",
        "product_tmpl_id",
        "attachment_id",
        "Further images for Shopify",
        groups=GROUPS,
        help="Shown after the product's own image. What a file's description says is its "
        "alternative text.",
    )

    # === COMPUTE METHODS === #

    @api.depends("marketplace_listing_ids.provider", "marketplace_listing_ids.active")
    def _compute_shopify_listed(self):
        for template in self:
            template.shopify_listed = "shopify" in template.marketplace_listing_ids.mapped(
                "provider"
            )

    # === CONSTRAINTS === #

    @api.constrains("shopify_category", "shopify_handle")
    def _check_shopify(self):
        for template in self.sudo():
            if template.shopify_category:
                taxonomy_id(self.env, template.shopify_category)
            if template.shopify_handle and not HANDLE.fullmatch(template.shopify_handle):
                raise ValidationError(
                    self.env._(
                        "%s cannot be part of an address: no spaces, slashes, ?, # and &.",
                        template.shopify_handle,
                    )
                )

    # === CRUD METHODS === #

    def write(self, vals):
        result = super().write(vals)
        if IMAGE_FIELDS & vals.keys():
            self.sudo().marketplace_listing_ids._of_shopify()._request()
        return result

    # === ACTIONS === #

    def action_shopify_open(self):
        """The product's page in the shop's admin; of several shops, the first one's."""
        self.ensure_one()
        listings = self.marketplace_listing_ids._of_shopify()
        return (listings.filtered("shopify_url")[:1] or listings[:1]).action_shopify_open()
