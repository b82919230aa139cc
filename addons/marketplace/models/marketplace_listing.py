import math
from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, float_repr

from marketplace_adapters.core import (
    DeleteState,
    ImageState,
    InventoryState,
    ListingKey,
    Money,
    OverrideState,
    PriceState,
    ProductState,
    RelationshipState,
)

from ..snapshot import Nothing, Tell, Trouble


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
        if {"uom_id", "min_order", "max_order", "published", "title", "extra"} & vals.keys():
            self._request()
        return result

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

    # === SNAPSHOT === #

    @api.model
    def _snapshot(self, items):
        """What to tell of each listing item now: one bulk read for each kind of the batch.

        :param items: outbox items of listing kinds of one account.
        :return: {item id: Tell, Nothing or Trouble}
        """
        result = {}
        for account, account_items in items.grouped("account_id").items():
            for kind, kind_items in account_items.grouped("kind").items():
                listings = kind_items.listing_id
                states = getattr(listings, f"_snapshot_{kind}")(account)
                for item in kind_items:
                    state = states.get(item.listing_id.id)
                    result[item.id] = item.listing_id._against_acknowledged(kind, state)
        return result

    def _against_acknowledged(self, kind, state):
        if isinstance(state, Tell) and (self.acknowledged or {}).get(kind) == state.values:
            return Nothing(self.env._("The channel knows it already."))
        return state

    def _key(self):
        """:rtype: marketplace_adapters.core.ListingKey"""
        self.ensure_one()
        return ListingKey(
            external_id=self.external_id or None,
            sku=self.sku or None,
            internal_id=self.internal_id or None,
            barcode=self.barcode or None,
            extra={name: str(value) for name, value in (self.extra or {}).items()},
        )

    def _learn(self, learned):
        """Keep identifiers that the channel gave.

        :param dict learned: ``external_id`` and others, which go into ``extra``.
        """
        self.ensure_one()
        learned = dict(learned)
        vals = {}
        external_id = learned.pop("external_id", None)
        if external_id and external_id != self.external_id:
            vals["external_id"] = external_id
        if learned:
            vals["extra"] = {**(self.extra or {}), **learned}
        if vals:
            super().write(vals)  # pylint: disable=super-method-mismatch

    def _snapshot_product(self, account):
        """:return: {listing id: Tell or Trouble} with a :class:`ProductState`"""
        result = {}
        for listing in self:
            product = listing.product_id
            if not product:
                result[listing.id] = self._trouble_no_product(listing)
                continue
            state = ProductState(
                title=listing.title or product.display_name,
                description=product.description_sale or None,
                published=listing._is_offered(),
                min_order=_decimal(listing.min_order) if listing.min_order else None,
                max_order=_decimal(listing.max_order) if listing.max_order else None,
                barcode=product.barcode or None,
                weight_kg=_decimal(product.weight) if product.weight else None,
                attributes=listing._attributes(),
            )
            result[listing.id] = Tell(state, _values(state))
        return result

    def _attributes(self):
        """Members that only one provider knows; a provider overrides this.

        :rtype: dict
        """
        self.ensure_one()
        return {}

    def _is_offered(self):
        """Whether buyers may see it: wished, and the product can be sold."""
        self.ensure_one()
        return bool(
            self.published and self.active and self.product_id.active and self.product_id.sale_ok
        )

    def _snapshot_price(self, account):
        """:return: {listing id: Tell or Trouble} with a :class:`PriceState`"""
        result = {}
        explained = self._explain_price(account)
        for listing in self:
            if not listing.product_id:
                result[listing.id] = self._trouble_no_product(listing)
                continue
            price = explained[listing.id][-1][1]
            if price < 0:
                result[listing.id] = Trouble(
                    f"negative_price:{listing.id}",
                    self.env._("The price of %s is negative.", listing.product_id.display_name),
                    self.env._("Correct the sales price or the pricelist rule."),
                )
                continue
            amount = Decimal(float_repr(price, account.currency_id.decimal_places))
            state = PriceState(Money(amount, account.currency_id.name))
            result[listing.id] = Tell(
                state, {"price": str(amount), "currency": account.currency_id.name}
            )
        return result

    def _explain_price(self, account):
        """How the price of each listing comes about (C22), bulk.

        :return: {listing id: [(step, price after it), …]}; the last one is what is sent.
        """
        steps = {listing.id: [] for listing in self}
        today = fields.Datetime.now()
        pricelist = account.pricelist_id if account.price_source == "pricelist" else None
        for uom, listings in self.filtered("product_id").grouped("uom_id").items():
            products = listings.product_id.with_company(account.company_id)
            if pricelist:
                prices = pricelist._get_products_price(
                    products, 1.0, uom=uom, currency=account.currency_id, date=today
                )
                label = self.env._("Pricelist %s", pricelist.name)
            else:
                prices = products._price_compute(
                    "list_price",
                    uom=uom,
                    currency=account.currency_id,
                    company=account.company_id,
                    date=today.date(),
                )
                label = self.env._("Sales price")
            for listing in listings:
                steps[listing.id].append((label, prices[listing.product_id.id]))
        if account.price_tax != "as_is":
            self._apply_tax(account, steps)
        for listing in self.filtered("product_id"):
            rounded = account.currency_id.round(steps[listing.id][-1][1])
            steps[listing.id].append((self.env._("Rounded"), rounded))
        return steps

    def _apply_tax(self, account, steps):
        for listing in self.filtered("product_id"):
            product = listing.product_id.with_company(account.company_id)
            taxes = product.taxes_id._filter_taxes_by_company(account.company_id)
            if not taxes:
                continue
            computed = taxes.compute_all(
                steps[listing.id][-1][1],
                currency=account.currency_id,
                quantity=1.0,
                product=product,
            )
            total = "total_included" if account.price_tax == "included" else "total_excluded"
            label = dict(account._fields["price_tax"]._description_selection(self.env))
            steps[listing.id].append((label[account.price_tax], computed[total]))

    def _snapshot_inventory(self, account):
        """:return: {listing id: Tell or Trouble} with an :class:`InventoryState`"""
        result = {}
        if not account.location_ids:
            return {
                listing.id: Trouble(
                    "no_locations",
                    self.env._("%s does not say which locations it sells from.", account.name),
                    self.env._("Fill in Sells from on the account."),
                )
                for listing in self
            }
        explained = self._explain_quantity(account)
        for listing in self:
            if not listing.product_id:
                result[listing.id] = self._trouble_no_product(listing)
                continue
            quantity = Decimal(int(explained[listing.id][-1][1]))
            unlimited = not listing.product_id.is_storable
            offered = listing._is_offered()
            state = InventoryState(
                quantity=quantity if offered else Decimal(0),
                in_stock=offered and (unlimited or quantity > 0),
                unlimited=offered and unlimited,
            )
            result[listing.id] = Tell(
                state,
                {
                    "quantity": str(state.quantity),
                    "in_stock": state.in_stock,
                    "unlimited": state.unlimited,
                },
            )
        return result

    def _explain_quantity(self, account):
        """How the quantity of each listing comes about (C22), one bulk read.

        :return: {listing id: [(step, quantity after it), …]}; the last one is what is sent, a
            whole number of sales units and never negative.
        """
        products = self.product_id.with_company(account.company_id).with_context(
            location=account.location_ids.ids, warehouse_id=False
        )
        until = False
        if account.quantity_source == "forecast":
            until = fields.Datetime.now() + timedelta(days=account.forecast_days)
        known = products._compute_quantities_dict(None, None, None, to_date=until)
        column, label = {
            "free": ("free_qty", self.env._("On hand − reserved")),
            "on_hand": ("qty_available", self.env._("On hand")),
            "forecast": ("virtual_available", self.env._("On hand + incoming − outgoing")),
        }[account.quantity_source]
        return {
            listing.id: listing._quantity_steps(account, label, known, column) for listing in self
        }

    def _quantity_steps(self, account, label, known, column):
        if not self.product_id:
            return [(self.env._("No product"), 0)]
        pieces = known[self.product_id.id][column]
        steps = [(label, pieces)]
        if account.quantity_percentage != 100:
            pieces *= account.quantity_percentage / 100
            steps.append((self.env._("%s %% offered", account.quantity_percentage), pieces))
        if account.quantity_buffer:
            pieces -= account.quantity_buffer
            steps.append((self.env._("Kept back"), pieces))
        if account.quantity_cap and pieces > account.quantity_cap:
            pieces = account.quantity_cap
            steps.append((self.env._("At most"), pieces))
        if account.quantity_zero_below and pieces < account.quantity_zero_below:
            pieces = 0
            steps.append((self.env._("Too few to offer"), pieces))
        # A tiny tolerance, so that 3 × 0.1 boxes of a floating point stock do not lose one.
        units = math.floor(max(0.0, pieces) / (self.unit_count or 1.0) + 1e-6)
        steps.append((self.env._("Whole units of %s", self.uom_id.name or ""), units))
        return steps

    def _snapshot_image(self, account):
        """:return: {listing id: Tell or Trouble} with an :class:`ImageState`"""
        result = {}
        base_url = account.get_base_url()
        for listing in self:
            product = listing.product_id
            urls = ()
            if product.image_1920:
                stamp = int(product.write_date.timestamp())
                urls = (f"{base_url}/web/image/product.product/{product.id}/image_1920?u={stamp}",)
            if not urls and not (listing.acknowledged or {}).get("image"):
                result[listing.id] = Nothing(self.env._("There is no image."))
            else:
                result[listing.id] = Tell(ImageState(urls), {"urls": list(urls)})
        return result

    def _snapshot_relationship(self, account):
        """Variants of one template belong together under its first one."""
        return {listing.id: Tell(RelationshipState(), {"theme": None}) for listing in self}

    def _snapshot_override(self, account):
        """Exceptions from the account's settings; a provider fills them."""
        return {listing.id: Tell(OverrideState({}), {}) for listing in self}

    def _snapshot_delete(self, account):
        """The product is gone: the listing is closed."""
        return {listing.id: Tell(DeleteState(), {"deleted": True}) for listing in self}

    def _trouble_no_product(self, listing):
        return Trouble(
            f"no_product:{listing.id}",
            self.env._("The listing %s has no product any more.", listing.display_name),
            self.env._("Open the listing and choose a product, or archive it."),
        )


def _decimal(value):
    """Float of Odoo → exact Decimal without float dust."""
    return Decimal(repr(round(value, 6)))


def _values(state):
    """A flat state as JSON-able values with exact strings."""
    return {
        name: str(value) if isinstance(value, Decimal) else value
        for name, value in asdict(state).items()
        if value is not None and value != {}
    }
