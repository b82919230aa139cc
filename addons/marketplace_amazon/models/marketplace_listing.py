from odoo import api, fields, models
from odoo.exceptions import ValidationError

from marketplace_adapters.amazon.const import CONDITIONS, DEFAULT_CONDITION

from ..const import FBA_OFFER, PARENT_OFFER

# What Amazon is told besides the core's own members; a change is told at once.
TOLD_FIELDS = {
    "amazon_asin",
    "amazon_attribute_ids",
    "amazon_condition",
    "amazon_fulfilment",
    "amazon_handling_days",
    "amazon_maximum_price",
    "amazon_minimum_price",
    "amazon_business_price",
    "amazon_product_type_id",
    "amazon_requirements",
    "amazon_restock_date",
    "amazon_sale_from",
    "amazon_sale_price",
    "amazon_sale_until",
    "amazon_shipping_group",
    "sku",
}
FULFILMENT = [("seller", "You (FBM)"), ("channel", "Amazon (FBA)")]
REQUIREMENTS = [
    ("LISTING", "Product and offer"),
    ("LISTING_OFFER_ONLY", "Offer of a product that Amazon has"),
]


class MarketplaceListing(models.Model):
    """A SKU of an Amazon seller: one variant in one condition, delivered by one side."""

    _inherit = "marketplace.listing"

    amazon_asin = fields.Char(
        "ASIN",
        compute="_compute_amazon_asin",
        inverse="_inverse_amazon_asin",
        store=True,
        index="btree_not_null",
        copy=False,
        help="Amazon's number of the product. It is learned by itself once a listing is "
        "accepted; enter it to sell a product that Amazon has already.",
    )
    amazon_product_type_id = fields.Many2one(
        "marketplace.amazon.product.type",
        "Product type",
        compute="_compute_amazon_product_type_id",
        store=True,
        readonly=False,
        domain="[('account_id', '=', account_id)]",
        help="Decides what Amazon wants to know of the product.",
    )
    amazon_requirements = fields.Selection(
        REQUIREMENTS,
        "What is listed",
        compute="_compute_amazon_requirements",
        store=True,
        readonly=False,
        help="With an ASIN the offer alone is enough: texts and images stay as Amazon has them.",
    )
    amazon_condition = fields.Selection(
        "_selection_amazon_condition",
        "Condition",
        compute="_compute_amazon_condition",
        store=True,
        readonly=False,
        help="Empty: as Amazon has it.",
    )
    amazon_fulfilment = fields.Selection(
        FULFILMENT,
        "Fulfilment",
        compute="_compute_amazon_fulfilment",
        store=True,
        readonly=False,
        help="FBA: Amazon keeps and delivers the goods; no stock is told. The same product can "
        "have one listing of each.",
    )
    amazon_handling_days = fields.Integer("Handling time (days)", help="0: as the account says.")
    amazon_restock_date = fields.Date(
        "Back in stock on", help="Told while nothing is left, and as long as it is in the future."
    )
    amazon_shipping_group = fields.Char(
        "Shipping template", help="Merchant shipping group. Empty: as the account says."
    )
    amazon_minimum_price = fields.Monetary("Minimum price", help="For Amazon's own repricing.")
    amazon_maximum_price = fields.Monetary("Maximum price", help="For Amazon's own repricing.")
    amazon_business_price = fields.Monetary(
        "Business price", help="For companies that buy through Amazon Business."
    )
    amazon_sale_price = fields.Monetary(
        "Sale price",
        help="Shown beside the usual price, struck through. A dated rule of the account's "
        "pricelist does the same by itself.",
    )
    amazon_sale_from = fields.Datetime("Sale from")
    amazon_sale_until = fields.Datetime("Sale until")
    amazon_attribute_ids = fields.One2many(
        "marketplace.amazon.attribute", "listing_id", "Attributes of this listing", copy=True
    )
    amazon_product_attribute_ids = fields.One2many(
        related="product_tmpl_id.amazon_attribute_ids",
        readonly=False,
        string="Attributes of the product",
    )
    amazon_missing = fields.Char(
        "Missing on Amazon",
        compute="_compute_amazon_missing",
        help="What the product type asks for and nobody has filled in.",
    )
    amazon_is_parent = fields.Boolean(
        "Parent of variants",
        compute="_compute_amazon_is_parent",
        store=True,
        help="Holds the variants of a product together; nobody can buy it.",
    )

    _amazon_prices_positive = models.Constraint(
        "CHECK (coalesce(amazon_minimum_price, 0) >= 0 AND coalesce(amazon_maximum_price, 0) >= 0"
        " AND coalesce(amazon_business_price, 0) >= 0 AND coalesce(amazon_sale_price, 0) >= 0"
        " AND coalesce(amazon_handling_days, 0) BETWEEN 0 AND 30)",
        "Prices of Amazon cannot be negative, and the handling time is 0 to 30 days.",
    )

    # === COMPUTE METHODS === #

    @api.depends("extra")
    def _compute_amazon_asin(self):
        for listing in self:
            listing.amazon_asin = (listing.extra or {}).get("asin") or False

    def _inverse_amazon_asin(self):
        for listing in self:
            asin = listing.amazon_asin
            kept = {name: value for name, value in (listing.extra or {}).items() if name != "asin"}
            if asin:
                kept["asin"] = asin
            if kept != (listing.extra or {}):
                listing.extra = kept or False

    @api.depends("product_id", "account_id")
    def _compute_amazon_product_type_id(self):
        """A further variant or offer of a product is of the type of the others."""
        for listing in self:
            if listing.amazon_product_type_id or listing.provider != "amazon":
                continue
            others = listing.product_id.product_tmpl_id.sudo().marketplace_listing_ids
            listing.amazon_product_type_id = others.filtered(
                lambda one, listing=listing: (
                    one.account_id == listing.account_id and one.amazon_product_type_id
                )
            )[:1].amazon_product_type_id

    @api.depends("account_id", "amazon_asin")
    def _compute_amazon_requirements(self):
        """What Amazon has already (an ASIN, a SKU that was linked) keeps its texts and images,
        unless somebody says of which type it is."""
        for listing in self:
            if listing.provider == "amazon" and not listing.amazon_requirements:
                there = listing.amazon_asin or listing.external_id
                joins = there and not listing.amazon_product_type_id
                listing.amazon_requirements = "LISTING_OFFER_ONLY" if joins else "LISTING"

    @api.depends("account_id")
    def _compute_amazon_condition(self):
        """New, unless Amazon has the listing already."""
        for listing in self:
            if listing.provider == "amazon" and not listing.amazon_condition:
                listing.amazon_condition = False if listing.external_id else DEFAULT_CONDITION

    @api.depends("account_id", "offer", "extra")
    def _compute_amazon_fulfilment(self):
        """As Amazon says it, else by the name of the offer."""
        for listing in self:
            if listing.provider == "amazon" and not listing.amazon_fulfilment:
                fba = (listing.offer or "").upper() == FBA_OFFER
                known = (listing.extra or {}).get("fulfilment")
                told = known if known in dict(FULFILMENT) else None
                listing.amazon_fulfilment = told or ("channel" if fba else "seller")

    @api.depends("account_id", "offer")
    def _compute_amazon_is_parent(self):
        for listing in self:
            listing.amazon_is_parent = (
                listing.provider == "amazon" and listing.offer == PARENT_OFFER
            )

    @api.depends(
        "account_id",
        "product_id",
        "amazon_product_type_id",
        "amazon_requirements",
        "amazon_attribute_ids.value",
        "product_tmpl_id.amazon_attribute_ids.value",
    )
    def _compute_amazon_missing(self):
        for listing in self:
            listing.amazon_missing = False
            if listing.provider == "amazon" and listing.product_id:
                issues = listing._amazon_issues()
                listing.amazon_missing = " ".join(issue.message for issue in issues) or False

    @api.model
    def _selection_amazon_condition(self):
        labels = {
            "new_new": self.env._("New"),
            "new_open_box": self.env._("New, open box"),
            "new_oem": self.env._("New, OEM"),
            "refurbished_refurbished": self.env._("Refurbished"),
            "used_like_new": self.env._("Used, like new"),
            "used_very_good": self.env._("Used, very good"),
            "used_good": self.env._("Used, good"),
            "used_acceptable": self.env._("Used, acceptable"),
            "collectible_like_new": self.env._("Collectible, like new"),
            "collectible_very_good": self.env._("Collectible, very good"),
            "collectible_good": self.env._("Collectible, good"),
            "collectible_acceptable": self.env._("Collectible, acceptable"),
            "club_club": self.env._("Club"),
        }
        return [(one, labels.get(one, one)) for one in CONDITIONS]

    # === CONSTRAINTS === #

    @api.constrains("amazon_asin", "account_id")
    def _check_amazon_asin(self):
        for listing in self._of_amazon().filtered("amazon_asin"):
            if len(listing.amazon_asin) != 10 or not listing.amazon_asin.isalnum():
                raise ValidationError(
                    self.env._("An ASIN has ten letters and digits, for example B0ABCD1234.")
                )

    @api.constrains("amazon_sale_price", "amazon_sale_from", "amazon_sale_until")
    def _check_amazon_sale(self):
        for listing in self.filtered("amazon_sale_price"):
            begin, end = listing.amazon_sale_from, listing.amazon_sale_until
            if not begin or not end or begin >= end:
                raise ValidationError(
                    self.env._("A sale on Amazon has a beginning and an end: say from and until.")
                )

    @api.constrains("amazon_minimum_price", "amazon_maximum_price")
    def _check_amazon_limits(self):
        for listing in self:
            low, high = listing.amazon_minimum_price, listing.amazon_maximum_price
            if low and high and low > high:
                raise ValidationError(
                    self.env._("The minimum price may not be above the maximum price.")
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        listings = super().create([_with_asin(vals) for vals in vals_list])
        listings._of_amazon()._amazon_group()
        return listings

    def write(self, vals):
        result = super().write(_with_asin(vals))
        if TOLD_FIELDS & vals.keys():
            self._of_amazon()._request()
        if "amazon_asin" in vals:
            self._of_amazon()._amazon_solve_by_asin()
        if "amazon_product_type_id" in vals:
            self._of_amazon()._amazon_share_type()
        return result

    # === HOOKS OF THE CORE === #

    def _key(self):
        """Override of ``marketplace``: on Amazon the SKU is the identity, and it is never
        changed once Amazon has it."""
        key = super()._key()
        if self.provider != "amazon":
            return key
        sku = self.external_id or self.sku or None
        # Of a large feed Amazon may tell the ids later: what it accepted is known by its SKU.
        accepted = sku if (self.acknowledged or {}).get("product") else None
        extra = dict(key.extra)
        extra["fulfilment"] = self.amazon_fulfilment or "seller"
        if self.amazon_product_type_id:
            extra["product_type"] = self.amazon_product_type_id.name
        return type(key)(
            external_id=self.external_id or accepted,
            sku=sku,
            internal_id=key.internal_id,
            barcode=key.barcode,
            extra=extra,
        )

    @api.depends("product_id", "offer")
    def _compute_internal_id(self):
        """Override of ``marketplace``: a second offer of a product has a SKU of its own."""
        result = super()._compute_internal_id()
        for listing in self:
            if listing.provider != "amazon" or listing.external_id:
                continue
            own = listing.product_id.default_code or f"P{listing.product_id.id or 0}"
            plain = listing.sku in (False, listing.product_id.default_code)
            if listing.product_id and plain and listing.offer and not listing.amazon_is_parent:
                listing.sku = f"{own}-{listing.offer}"
            elif listing.product_id and not listing.sku:
                listing.sku = own
        return result

    # === HELPERS === #

    def _of_amazon(self):
        return self.filtered(lambda listing: listing.provider == "amazon")

    def _amazon_solve_by_asin(self):
        """Orders name a product by SKU and ASIN: those that waited look once more."""
        for account in self.filtered("amazon_asin").account_id:
            self.env["marketplace.cause"].sudo()._solve_prefix(account, "unknown_product:")

    def _amazon_share_type(self):
        """All variants of one product are of one type, also the parent."""
        for listing in self.filtered("amazon_product_type_id"):
            others = self.search(
                [
                    ("account_id", "=", listing.account_id.id),
                    ("product_tmpl_id", "=", listing.product_tmpl_id.id),
                    ("product_tmpl_id", "!=", False),
                    ("amazon_product_type_id", "=", False),
                ]
            )
            others.amazon_product_type_id = listing.amazon_product_type_id

    # === ACTIONS === #

    def action_amazon_find_type(self):
        """Look for the product type by words."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Find the product type"),
            "res_model": "marketplace.amazon.type.find",
            "view_mode": "form",
            "target": "new",
            "context": {"default_listing_id": self.id},
        }

    def action_amazon_attributes(self):
        """A row for everything that the product type asks for and that nobody has filled in."""
        for listing in self._of_amazon():
            if not listing.amazon_product_type_id.fetched_at:
                raise ValidationError(
                    self.env._("Choose the product type first: it says what Amazon wants.")
                )
            names = listing._amazon_lacks()
            rows = listing.product_tmpl_id.amazon_attribute_ids | listing.amazon_attribute_ids
            new = [name for name in names if name not in rows.mapped("name")]
            self.env["marketplace.amazon.attribute"].create(
                [{"product_tmpl_id": listing.product_tmpl_id.id, "name": name} for name in new]
            )

    def action_amazon_second_offer(self):
        """The same product once more, delivered by the other side."""
        self.ensure_one()
        fba = self.amazon_fulfilment != "channel"
        offer = FBA_OFFER if fba else "FBM"
        other = self.search(
            [
                ("account_id", "=", self.account_id.id),
                ("product_id", "=", self.product_id.id),
                ("uom_id", "=", self.uom_id.id),
                ("amazon_fulfilment", "=", "channel" if fba else "seller"),
                ("amazon_is_parent", "=", False),
            ],
            limit=1,
        ) or self.create(
            {
                "account_id": self.account_id.id,
                "product_id": self.product_id.id,
                "uom_id": self.uom_id.id,
                "offer": offer,
                "amazon_fulfilment": "channel" if fba else "seller",
                "amazon_asin": self.amazon_asin,
                "amazon_condition": self.amazon_condition,
                "amazon_product_type_id": self.amazon_product_type_id.id,
                "amazon_requirements": self.amazon_requirements,
            }
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "view_mode": "form",
            "res_id": other.id,
        }

    def action_amazon_open(self):
        """The product's page on Amazon."""
        self.ensure_one()
        home = self.account_id._amazon_home()
        return {
            "type": "ir.actions.act_url",
            "url": f"https://www.{home._domain()}/dp/{self.amazon_asin}",
            "target": "new",
        }


def _with_asin(vals):
    """The same values with the ASIN as Amazon writes it."""
    asin = vals.get("amazon_asin")
    return {**vals, "amazon_asin": asin.strip().upper() or False} if asin else vals
