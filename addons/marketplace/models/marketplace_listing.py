from odoo import api, fields, models


class MarketplaceListing(models.Model):
    """One product variant as one account knows it: identifiers, what was last acknowledged."""

    _name = "marketplace.listing"
    _description = "Marketplace Listing"
    _order = "account_id, sku, id"
    _rec_name = "sku"
    _check_company_auto = True

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", index=True
    )
    provider = fields.Selection(related="account_id.provider", store=True)
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="account_id.currency_id")
    active = fields.Boolean(default=True)
    product_id = fields.Many2one("product.product", index="btree_not_null", ondelete="set null")
    product_tmpl_id = fields.Many2one(
        related="product_id.product_tmpl_id", store=True, index="btree_not_null"
    )
    title = fields.Char(help="Name on the channel.")
    external_id = fields.Char("External Product ID", index="btree_not_null", copy=False)
    internal_id = fields.Char(
        "Our id on the channel",
        compute="_compute_internal_id",
        store=True,
        readonly=False,
        help="What the channel stores as our id: the variant's id, unless you say otherwise.",
    )
    sku = fields.Char("SKU", compute="_compute_internal_id", store=True, readonly=False)
    barcode = fields.Char(related="product_id.barcode")
    uom_id = fields.Many2one(
        "uom.uom",
        "Sales unit",
        compute="_compute_uom_id",
        store=True,
        readonly=False,
        help="Unit in which the channel sells: piece, box, carton.",
    )
    unit_count = fields.Float(
        "Pieces per unit", compute="_compute_unit_count", help="In the product's own unit."
    )
    extra = fields.Json("Further identifiers", copy=False)
    min_order = fields.Float("Minimum order")
    max_order = fields.Float("Maximum order", help="0: no limit.")
    published = fields.Boolean("Offered", default=True)
    # What the channel acknowledged last, by kind: {"price": {"price": "12.50", …}, …}. The engine
    # compares with it before sending, and writes it by SQL for a whole batch at once.
    acknowledged = fields.Json(copy=False, readonly=True)
    last_sync_date = fields.Datetime("Last acknowledged", copy=False, readonly=True)
    sent_price = fields.Float(
        "Price on the channel", compute="_compute_sent", digits="Product Price"
    )
    sent_quantity = fields.Float("Quantity on the channel", compute="_compute_sent")
    sync_status = fields.Selection(
        [("pending", "Pending"), ("synced", "Synced"), ("error", "Error")],
        compute="_compute_sync_status",
        search="_search_sync_status",
    )
    last_error = fields.Char(compute="_compute_sync_status")
    outbox_ids = fields.One2many("marketplace.outbox", "listing_id")

    _external_unique = models.Constraint(
        "UNIQUE (account_id, external_id)",
        "This external id is linked to another product of the same account.",
    )
    _product_unit_unique = models.UniqueIndex(
        "(account_id, product_id, uom_id) WHERE product_id IS NOT NULL",
        "This product is already listed in this unit on this account.",
    )

    # === COMPUTE METHODS === #

    @api.depends("product_id")
    def _compute_internal_id(self):
        for listing in self:
            listing.internal_id = listing.internal_id or str(listing.product_id.id or "") or False
            listing.sku = listing.sku or listing.product_id.default_code

    @api.depends("product_id")
    def _compute_uom_id(self):
        for listing in self:
            listing.uom_id = listing.uom_id or listing.product_id.uom_id

    @api.depends("uom_id", "product_id")
    def _compute_unit_count(self):
        for listing in self:
            unit, piece = listing.uom_id, listing.product_id.uom_id
            listing.unit_count = unit.factor / piece.factor if unit and piece else 1.0

    @api.depends("acknowledged")
    def _compute_sent(self):
        for listing in self:
            known = listing.acknowledged or {}
            listing.sent_price = float(known.get("price", {}).get("price") or 0)
            listing.sent_quantity = float(known.get("inventory", {}).get("quantity") or 0)
