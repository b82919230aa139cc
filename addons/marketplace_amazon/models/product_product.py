from odoo import api, fields, models

FULFILMENT_HELP = "FBM: you deliver. FBA: Amazon keeps and delivers the goods."


class ProductProduct(models.Model):
    _inherit = "product.product"

    amazon_listed = fields.Boolean(
        compute="_compute_amazon",
        groups="marketplace.group_user,marketplace.group_engine",
    )
    amazon_asin = fields.Char(
        "ASIN",
        compute="_compute_amazon",
        search="_search_amazon_asin",
        groups="marketplace.group_user,marketplace.group_engine",
        help="Of all listings of this variant on Amazon.",
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

    @api.depends("marketplace_listing_ids.amazon_asin", "marketplace_listing_ids.active")
    def _compute_amazon(self):
        for product in self:
            product.update(product.marketplace_listing_ids._amazon_summary())

    @api.model
    def _search_amazon_asin(self, operator, value):
        return asin_domain(operator, value)


class MarketplaceListing(models.Model):
    _inherit = "marketplace.listing"

    def _amazon_summary(self):
        """What a product page shows of its listings on Amazon, in a line each."""
        own = self._of_amazon().filtered(lambda one: not one.amazon_is_parent)

        def each(name, spoken=None):
            values = dict.fromkeys(filter(None, own.mapped(name)))
            return ", ".join((spoken or {}).get(value, value) for value in values) or False

        conditions = dict(self._fields["amazon_condition"]._description_selection(self.env))
        return {
            "amazon_listed": bool(own),
            "amazon_asin": each("amazon_asin"),
            "amazon_product_type": each("amazon_product_type_id.display_name"),
            "amazon_condition": each("amazon_condition", conditions),
            "amazon_fulfilment": each("amazon_fulfilment", {"seller": "FBM", "channel": "FBA"}),
        }


def asin_domain(operator, value):
    """Products by the ASIN of a listing; the empty value finds those without any."""
    if operator in fields.Domain.NEGATIVE_OPERATORS:
        return NotImplemented
    listed = fields.Domain("marketplace_listing_ids.amazon_asin", "!=", False)
    if operator != "in":
        return fields.Domain("marketplace_listing_ids.amazon_asin", operator, value)
    wanted = [one for one in value if one]
    domain = fields.Domain("marketplace_listing_ids.amazon_asin", "in", wanted)
    return domain | ~listed if len(wanted) < len(list(value)) else domain
