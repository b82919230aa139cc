from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


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
    provider = fields.Selection(related="account_id.provider", store=True, string="Channel")
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="account_id.currency_id")
    active = fields.Boolean(default=True)
    product_id = fields.Many2one("product.product", index="btree_not_null", ondelete="set null")
    product_tmpl_id = fields.Many2one(
        related="product_id.product_tmpl_id", store=True, index="btree_not_null"
    )
    title = fields.Char("Title on the channel", help="Name on the channel.")
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
    offer = fields.Char(
        copy=False,
        help="Tells apart several offers of the same product in the same unit, e.g. one that you "
        "deliver and one that the channel delivers from its store.",
    )
    extra = fields.Json("Further identifiers", copy=False)
    min_order = fields.Float("Minimum order")
    max_order = fields.Float("Maximum order", help="0: no limit.")
    published = fields.Boolean("Offered", default=True)
    # What the channel acknowledged last, by kind: {"price": {"price": "12.50", …}, …}. The engine
    # compares with it before sending, and writes it by SQL for a whole batch at once.
    acknowledged = fields.Json("Known to the channel", copy=False, readonly=True)
    last_sync_date = fields.Datetime("Last acknowledged", copy=False, readonly=True)
    sent_price = fields.Float(
        "Price on the channel", compute="_compute_sent", digits="Product Price"
    )
    sent_quantity = fields.Float("Quantity on the channel", compute="_compute_sent")
    sync_status = fields.Selection(
        [("pending", "Pending"), ("synced", "Synced"), ("error", "Error")],
        compute="_compute_sync_status",
        search="_search_sync_status",
        string="Status",
    )
    last_error = fields.Char("Error", compute="_compute_sync_status")
    outbox_ids = fields.One2many("marketplace.outbox", "listing_id", string="Told")

    _external_unique = models.Constraint(
        "UNIQUE (account_id, external_id)",
        "This external id is linked to another product of the same account.",
    )
    _product_unit_unique = models.UniqueIndex(
        "(account_id, product_id, uom_id, coalesce(offer, '')) WHERE product_id IS NOT NULL",
        "This product is already listed in this unit on this account; give a second offer a name "
        "of its own.",
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

    @api.depends("acknowledged", "outbox_ids.status")
    def _compute_sync_status(self):
        """Error if anything failed, pending if anything waits, else synced once acknowledged."""
        self.env.cr.execute(
            SQL(
                """
                SELECT listing_id, bool_or(status = 'error'),
                       (array_agg(message ORDER BY id DESC) FILTER (WHERE status = 'error'))[1]
                  FROM marketplace_outbox
                 WHERE listing_id = ANY(%s) AND status IN ('new', 'submitted', 'pending', 'error')
                 GROUP BY listing_id
                """,
                self.ids,
            )
        )
        open_items = {row[0]: row[1:] for row in self.env.cr.fetchall()}
        for listing in self:
            failed, message = open_items.get(listing._origin.id, (None, None))
            listing.last_error = message
            if failed is None:
                listing.sync_status = "synced" if listing.acknowledged else "pending"
            else:
                listing.sync_status = "error" if failed else "pending"

    @api.model
    def _search_sync_status(self, operator, value):
        if operator not in ("in", "not in"):
            return NotImplemented
        clauses = []
        waiting = Domain("outbox_ids.status", "in", ["new", "submitted", "pending"])
        failed = Domain("outbox_ids.status", "=", "error")
        known = Domain("acknowledged", "!=", False)
        if "error" in value:
            clauses.append(failed)
        if "pending" in value:
            clauses.append(~failed & (waiting | ~known))
        if "synced" in value:
            clauses.append(~failed & ~waiting & known)
        domain = Domain.OR(clauses)
        return domain if operator == "in" else ~domain

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        listings = super().create(vals_list)
        listings._solve_unknown()
        return listings

    def write(self, vals):
        result = super().write(vals)
        if {"external_id", "internal_id", "sku", "product_id", "active"} & vals.keys():
            self._solve_unknown()
        if vals.get("external_id"):
            self.env["marketplace.outbox"].sudo()._release(self)
        if {"uom_id", "min_order", "max_order", "published", "title", "extra"} & vals.keys():
            self._request()
        return result

    def _is_accepted(self):
        """Whether the channel has this listing: it acknowledged the product, or gave it an id."""
        self.ensure_one()
        return bool(self.external_id or (self.acknowledged or {}).get("product"))

    def _solve_unknown(self):
        """Orders that wait for this product can go on."""
        for account, listings in self.filtered("product_id").grouped("account_id").items():
            identifiers = {
                identifier
                for listing in listings
                for identifier in (
                    listing.external_id,
                    listing.internal_id,
                    listing.sku,
                    listing.barcode,
                )
                if identifier
            }
            self.env["marketplace.cause"].sudo()._solve(
                account, [f"unknown_product:{identifier}" for identifier in identifiers]
            )

    def _request(self):
        """Tell these listings again, through the operation log."""
        for account, listings in self.filtered("product_id").grouped("account_id").items():
            if account.state != "draft":
                account.sudo()._request_products(listings.product_id)

    def action_sync_now(self):
        """Tell the channel the present state of the selected listings."""
        self._request()

    def _learn(self, learned):
        """Keep identifiers that the channel gave.

        An external id that another listing has already is a person's to decide: refusing the
        answer because of it would only send the same thing again.

        :param dict learned: ``external_id`` and others, which go into ``extra``.
        """
        self.ensure_one()
        learned = dict(learned)
        vals = {}
        external_id = learned.pop("external_id", None)
        if external_id and external_id != self.external_id:
            other = self.with_context(active_test=False).search(
                [("account_id", "=", self.account_id.id), ("external_id", "=", external_id)]
            )
            if other:
                self._ask_whose_id(external_id, other)
            else:
                vals["external_id"] = external_id
        if learned:
            vals["extra"] = {**(self.extra or {}), **learned}
        if vals:
            super().write(vals)  # pylint: disable=super-method-mismatch
        if vals.get("external_id"):
            self.env["marketplace.outbox"]._release(self)

    def _ask_whose_id(self, external_id, other):
        self.env["marketplace.cause"]._raise(
            self.account_id,
            f"taken_external_id:{external_id}",
            self.env._(
                "The channel gave %(mine)s the id %(id)s, which is linked to %(other)s.",
                mine=self.product_id.display_name or self.display_name,
                id=external_id,
                other=other.product_id.display_name or other.display_name,
            ),
            self.env._("Open both listings and say which product the channel means."),
        )
