import dataclasses

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

# What Shopify is told besides the core's own members; a change is told at once.
TOLD_FIELDS = {"shopify_compare_at_price", "shopify_publication_ids", "offer"}


class MarketplaceListing(models.Model):
    """A variant of a product of the shop."""

    _inherit = "marketplace.listing"

    shopify_product_id = fields.Char(
        "Product in the shop",
        compute="_compute_shopify_ids",
        store=True,
        index="btree_not_null",
        help="Shopify's number of the product that this variant belongs to.",
    )
    shopify_item_id = fields.Char(
        "Inventory item", compute="_compute_shopify_ids", store=True, index="btree_not_null"
    )
    shopify_made_here = fields.Boolean(
        "Made by Odoo",
        copy=False,
        readonly=True,
        help="Odoo made it in the shop, and says on which sales channels it is shown. What was in "
        "the shop before stays where it is.",
    )
    shopify_publication_ids = fields.Many2many(
        "marketplace.shopify.publication",
        "marketplace_shopify_listing_publication_rel",
        "listing_id",
        "publication_id",
        "Shown on",
        domain="[('account_id', '=', account_id)]",
        help="Sales channels of this product. Empty: as the account says, for what Odoo made.",
    )
    shopify_compare_at_price = fields.Monetary(
        "Compare-at price",
        help="Shown struck through, where it is higher than the price. 0: as the account says.",
    )
    shopify_url = fields.Char("In the shop", compute="_compute_shopify_url")

    _shopify_compare_positive = models.Constraint(
        "CHECK (coalesce(shopify_compare_at_price, 0) >= 0)",
        "A compare-at price cannot be negative.",
    )

    # === COMPUTE METHODS === #

    @api.depends("extra", "account_id")
    def _compute_shopify_ids(self):
        for listing in self:
            extra = (listing.extra or {}) if listing.provider == "shopify" else {}
            listing.shopify_product_id = extra.get("product_id") or False
            listing.shopify_item_id = extra.get("inventory_item_id") or False

    @api.depends("shopify_product_id", "account_id")
    def _compute_shopify_url(self):
        for listing in self:
            number = listing.shopify_product_id
            listing.shopify_url = bool(number) and listing.account_id._shopify_admin_url(
                f"products/{number}"
            )

    # === CONSTRAINTS === #

    @api.constrains("shopify_publication_ids", "account_id")
    def _check_shopify_publications(self):
        for listing in self:
            if listing.shopify_publication_ids.account_id - listing.account_id:
                raise ValidationError(
                    self.env._("These sales channels are of another shop: choose others.")
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        listings = super().create(vals_list)
        listings._of_shopify().filtered(
            lambda one: not one.external_id and not one.shopify_product_id
        ).shopify_made_here = True
        return listings

    def write(self, vals):
        result = super().write(vals)
        if TOLD_FIELDS & vals.keys():
            self._of_shopify()._request()
        return result

    # === HELPERS === #

    def _of_shopify(self):
        return self.filtered(lambda listing: listing.provider == "shopify")

    # === HOOKS OF THE CORE === #

    def _key(self):
        """Override of ``marketplace``: what belongs to a product that the shop does not have yet
        is known by our key of that product."""
        key = super()._key()
        if self.provider != "shopify" or self.shopify_product_id or not self.product_id:
            return key
        extra = {**key.extra, "product_key": self._shopify_key()}
        return dataclasses.replace(key, extra=extra)

    def _can_take(self, kind, member):
        """Override of ``marketplace``: the compare-at price is kept for shops alone; on another
        channel it stays what it is."""
        if (kind, member) == ("price", "compare_at") and self.provider != "shopify":
            return False
        return super()._can_take(kind, member)

    # === ACTIONS === #

    def action_shopify_open(self):
        """The product's page in the shop's admin."""
        self.ensure_one()
        if not self.shopify_url:
            raise UserError(self.env._("The shop does not have this product yet."))
        return {"type": "ir.actions.act_url", "url": self.shopify_url, "target": "new"}

    # === WHAT SOMEBODY CHANGED IN THE SHOP === #

    def _take_product_attributes_product_title(self, account, value):
        """The name of a product of Shopify is that of all of its variants."""
        if account.edit_title_target == "product":
            self._shopify_family().write({"title": False})
            self._shopify_template(account).name = value
        else:
            self._shopify_family().write({"title": value})

    def _take_product_attributes_product_description_html(self, account, value):
        self._shopify_template(account).shopify_description = Markup(value or "")

    def _take_product_attributes_product_vendor(self, account, value):
        self._shopify_template(account).shopify_vendor = value or False

    def _take_product_attributes_product_type(self, account, value):
        self._shopify_template(account).shopify_type = value or False

    def _take_product_attributes_product_handle(self, account, value):
        self._shopify_template(account).shopify_handle = value or False

    def _take_product_attributes_product_category(self, account, value):
        self._shopify_template(account).shopify_category = value or False

    def _take_product_attributes_product_seo_title(self, account, value):
        self._shopify_template(account).shopify_seo_title = value or False

    def _take_product_attributes_product_seo_description(self, account, value):
        self._shopify_template(account).shopify_seo_description = value or False

    def _take_product_attributes_product_status(self, account, value):
        """Archived there means not offered; what is offered may be active, a draft or unlisted."""
        family = self._shopify_family()
        if value == account.shopify_unlisted:
            family.write({"published": False})
        else:
            family.write({"published": True})
            self._shopify_template(account).shopify_status = value or False

    def _take_product_attributes_product_tags(self, account, value):
        """Tags by name; those that Odoo does not have are made."""
        self._shopify_template(account).product_tag_ids = self._shopify_tags(value or [])

    def _take_product_attributes_variant_sku(self, account, value):
        self.sku = value or False

    def _take_product_attributes_variant_barcode(self, account, value):
        self._take_product_barcode(account, value)

    def _take_product_attributes_variant_weight_kg(self, account, value):
        self._take_product_weight_kg(account, value)

    def _take_product_attributes_variant_inventory_policy(self, account, value):
        self._shopify_template(account).shopify_inventory_policy = value or False

    def _take_price_compare_at(self, account, value):
        self.shopify_compare_at_price = float(value or 0)

    def _shopify_template(self, account):
        return self._edited_product(account).product_tmpl_id

    @api.model
    def _shopify_tags(self, names):
        """Product tags with these names, made where they are missing."""
        names = list(dict.fromkeys(names))
        tags = self.env["product.tag"].sudo().search([("name", "in", names)])
        missing = [name for name in names if name not in tags.mapped("name")]
        return tags | tags.create([{"name": name} for name in missing])


class MarketplaceEditPolicy(models.Model):
    _inherit = "marketplace.edit.policy"

    @api.model
    def _select_what(self):
        """Override of ``marketplace`` to name what Shopify has besides."""
        words = {
            "product/title": self.env._("Shopify: title"),
            "product/description_html": self.env._("Shopify: description"),
            "product/status": self.env._("Shopify: status"),
            "product/vendor": self.env._("Shopify: vendor"),
            "product/type": self.env._("Shopify: type"),
            "product/tags": self.env._("Shopify: tags"),
            "product/category": self.env._("Shopify: category"),
            "product/seo_title": self.env._("Shopify: title for search engines"),
            "product/seo_description": self.env._("Shopify: description for search engines"),
            "product/handle": self.env._("Shopify: handle"),
            "product/collections": self.env._("Shopify: collections"),
            "product/metafields": self.env._("Shopify: metafields of products"),
            "variant/metafields": self.env._("Shopify: metafields of variants"),
            "variant/sku": self.env._("Shopify: SKU"),
            "variant/barcode": self.env._("Shopify: barcode"),
            "variant/weight_kg": self.env._("Shopify: weight"),
            "variant/inventory_policy": self.env._("Shopify: sell without stock"),
        }
        found = [(f"product:attributes/{path}", text) for path, text in words.items()]
        images = self.env._("Shopify: images")
        return [*super()._select_what(), *found, ("image:urls", images)]
