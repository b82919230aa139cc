from collections.abc import Mapping
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from .marketplace_link_matcher import HOW, Named

STATUS = [
    ("linked", "Linked"),
    ("proposed", "Proposed"),
    ("conflict", "Conflict"),
    ("unmatched", "Without a product"),
    ("missing", "Missing on the channel"),
    ("ignored", "Ignored"),
]
CONFIDENCE = {
    "external_id": "certain",
    "internal_id": "certain",
    "person": "certain",
    "template_id": "likely",
    "sku": "likely",
    "barcode": "likely",
    "unit_barcode": "likely",
    "sku_loose": "unsure",
}


class MarketplaceLinkCatalogueLine(models.Model):
    """One listing of a channel in the review list: a person ticks, changes, or ignores it."""

    _name = "marketplace.link.catalogue.line"
    _description = "Marketplace Listing of a Channel to Review"
    _order = "catalogue_id, status desc, title, id"
    _rec_name = "title"
    _log_access = False

    catalogue_id = fields.Many2one(
        "marketplace.link.catalogue", required=True, ondelete="cascade", index=True, readonly=True
    )
    account_id = fields.Many2one(related="catalogue_id.account_id")
    company_id = fields.Many2one(related="catalogue_id.company_id", store=True, index=True)
    key = fields.Char(required=True, readonly=True)
    # === WHAT THE CHANNEL SAYS === #
    external_id = fields.Char("External id", readonly=True)
    sku = fields.Char("SKU on the channel", readonly=True)
    internal_id = fields.Char("Our id on the channel", readonly=True)
    barcode = fields.Char("Barcode on the channel", readonly=True)
    title = fields.Char("Name on the channel", readonly=True)
    unit = fields.Char("Unit on the channel", readonly=True)
    unit_count = fields.Float("Pieces", readonly=True)
    price = fields.Float("Price on the channel", digits="Product Price", readonly=True)
    quantity = fields.Float("Quantity on the channel", readonly=True)
    published = fields.Selection([("yes", "Yes"), ("no", "No")], "Offered", readonly=True)
    extra = fields.Json(readonly=True)
    group_key = fields.Char(
        "Product on the channel", readonly=True, help="The same for all variants of one product."
    )
    group_title = fields.Char("Name of the product", readonly=True)
    # Pairs of name and value, in the channel's order: an object would lose it in the database.
    options = fields.Json("Options on the channel", readonly=True)
    options_text = fields.Char("Options", compute="_compute_options_text")
    description = fields.Text("Description on the channel", readonly=True, prefetch=False)
    currency = fields.Char(readonly=True)
    compare_at = fields.Float("Compare-at price", digits="Product Price", readonly=True)
    weight_kg = fields.Float("Weight (kg)", digits=(16, 6), readonly=True)
    image_urls = fields.Json("Images on the channel", readonly=True, prefetch=False)
    by_location = fields.Json("Quantity by location", readonly=True)
    details = fields.Json("Further facts", readonly=True, prefetch=False)
    # === THE READING === #
    seen = fields.Integer(readonly=True, help="Number of the last reading that saw it.")
    matched = fields.Integer(readonly=True, help="Number of the last reading that matched it.")
    # === WHAT IT MEANS === #
    status = fields.Selection(STATUS, default="unmatched", required=True, index=True)
    how = fields.Selection(HOW, "Found by", readonly=True)
    confidence = fields.Selection(
        [("certain", "Certain"), ("likely", "Likely"), ("unsure", "Unsure")],
        compute="_compute_confidence",
        store=True,
    )
    reason = fields.Char(readonly=True)
    product_id = fields.Many2one("product.product", ondelete="set null", index="btree_not_null")
    uom_id = fields.Many2one("uom.uom", "Unit", ondelete="set null")
    alternative_ids = fields.Many2many(
        "product.product",
        "marketplace_link_catalogue_alternative_rel",
        "line_id",
        "product_id",
        string="Alternatives",
        readonly=True,
    )
    tick = fields.Boolean("Link", help="Tick, then press Link.")
    listing_id = fields.Many2one("marketplace.listing", readonly=True, ondelete="set null")

    _key_unique = models.Constraint("UNIQUE (catalogue_id, key)", "One line for each listing.")
    _group_idx = models.Index("(catalogue_id, group_key)")
    _reading_idx = models.Index("(catalogue_id, matched, id)")

    @api.depends("how")
    def _compute_confidence(self):
        for line in self:
            line.confidence = CONFIDENCE.get(line.how, False)

    @api.depends("options")
    def _compute_options_text(self):
        for line in self:
            line.options_text = ", ".join(f"{name}: {value}" for name, value in line.options or ())

    # === CRUD METHODS === #

    def write(self, vals):
        """Whoever chooses a product decides; the next reading keeps the choice."""
        if not self.env.context.get("marketplace_matching") and "product_id" in vals:
            chosen = bool(vals["product_id"])
            vals = {
                "uom_id": False,
                **vals,
                "how": "person" if chosen else False,
                "status": "proposed" if chosen else "unmatched",
                "tick": chosen,
                "reason": False,
                "alternative_ids": [fields.Command.clear()],
            }
        return super().write(vals)

    # === ACTIONS === #

    def action_link(self):
        """Link the selected listings with the products beside them."""
        ready = self.filtered(lambda line: line.product_id and line.status != "missing")
        if not ready:
            raise UserError(self.env._("Choose a product for the listings that you want to link."))
        for catalogue, lines in ready.grouped("catalogue_id").items():
            catalogue._link(lines)

    def action_ignore(self):
        """Leave these listings of the channel alone, also at the next reading."""
        self.filtered(lambda line: line.status != "missing").write(
            {"status": "ignored", "tick": False, "reason": False}
        )

    def action_consider(self):
        """Look for a product for ignored listings once more."""
        ignored = self.filtered(lambda line: line.status == "ignored")
        ignored.status = "unmatched"
        for catalogue, lines in ignored.grouped("catalogue_id").items():
            catalogue._match(lines)

    def action_archive_missing(self):
        """Archive our links that the channel does not list any more."""
        missing = self.filtered(lambda line: line.status == "missing")
        missing.listing_id.active = False
        missing.unlink()

    def action_open(self):
        """The listing, or the product that is proposed."""
        self.ensure_one()
        record = self.listing_id or self.product_id
        if not record:
            raise UserError(self.env._("There is no product yet."))
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }

    # === MATCHING === #

    @api.model
    def _remote_vals(self, remote):
        """A listing as the channel has it, as values of a line."""
        key = remote.key
        name = key.external_id or (
            f"sku:{key.sku}" if key.sku else f"id:{key.internal_id or key.barcode or remote.title}"
        )
        return {
            "key": name,
            "external_id": key.external_id or False,
            "sku": key.sku or False,
            "internal_id": key.internal_id or False,
            "barcode": key.barcode or False,
            "title": remote.title or False,
            "unit": remote.unit or False,
            "unit_count": float(remote.unit_count or 1),
            "price": float(remote.price.amount) if remote.price else 0.0,
            "quantity": float(remote.quantity or 0),
            "published": {True: "yes", False: "no"}.get(remote.published, False),
            "extra": {name: str(value) for name, value in key.extra.items()} or False,
            "group_key": f"group:{remote.group}" if remote.group else name,
            "group_title": remote.group_title or False,
            "options": _clean_options(remote.options) or False,
            "description": remote.description or False,
            "currency": remote.price.currency if remote.price else False,
            "compare_at": float(remote.compare_at.amount) if remote.compare_at else 0.0,
            "weight_kg": float(remote.weight_kg or 0),
            "image_urls": list(remote.image_urls) or False,
            "by_location": {name: str(value) for name, value in remote.by_location.items()}
            or False,
            "details": as_json(remote.extra) or False,
        }

    def _differs(self, vals):
        return any((self[name] or False) != (value or False) for name, value in vals.items())

    def _named(self):
        self.ensure_one()
        count = Decimal(repr(self.unit_count)) if self.unit or self.unit_count > 1 else None
        chosen = self._is_chosen()
        return Named(
            external_id=self.external_id or "",
            internal_id=self.internal_id or "",
            sku=self.sku or "",
            barcode=self.barcode or "",
            unit=self.unit or "",
            unit_count=count,
            chosen=self.product_id.id if chosen else 0,
            chosen_uom=self.uom_id.id if chosen else 0,
        )

    def _is_chosen(self):
        """Whether a person decided and it was not linked yet; then the choice counts."""
        return self.how == "person" and self.status != "linked" and bool(self.product_id)

    def _given(self, match):
        """What the channel says of the listing, to be kept with the link."""
        given = {
            name: self[name] for name in ("title", "sku", "internal_id", "extra") if self[name]
        }
        if self.published:
            given["published"] = self.published == "yes"
        listed = match.by_external or match.own
        if listed.product_id and listed.product_id == match.product:
            # Linked already: what a person wrote there since stays.
            given = {name: value for name, value in given.items() if not listed[name]}
        return given

    def _store_plan(self, plan):
        """Keep what was found out about a line; a tick stays only while it makes sense."""
        status = {"create": "proposed", "error": "unmatched", "unchanged": "linked"}.get(
            plan.action, plan.action
        )
        linked = plan.match.by_external.product_id and plan.match.by_external.product_id == (
            plan.match.product
        )
        if status == "update":
            status = "linked" if linked else "proposed"
        vals = {
            "status": status,
            "how": plan.how or False,
            "reason": plan.reason if status in ("conflict", "unmatched") else False,
            "listing_id": plan.target.id if status == "linked" else False,
            "tick": self.tick and status in ("proposed", "conflict"),
        }
        if status == "linked" and self.sku and plan.target.sku and self.sku != plan.target.sku:
            vals["reason"] = self.env._(
                "The SKU on the channel is %(remote)s, the link says %(ours)s.",
                remote=self.sku,
                ours=plan.target.sku,
            )
        if self.alternative_ids != plan.match.alternatives:
            vals["alternative_ids"] = [fields.Command.set(plan.match.alternatives.ids)]
        if not self._is_chosen():
            vals |= {"product_id": plan.record.id, "uom_id": plan.match.uom.id}
        self.with_context(marketplace_matching=True).write(vals)

    def _settle(self, status, *, listing=None, reason=False):
        """What became of a line that was to be linked."""
        vals = {"status": status, "reason": reason, "tick": False}
        if listing:
            vals["listing_id"] = listing.id
        self.with_context(marketplace_matching=True).write(vals)


def _clean_options(options):
    """Names and values without stray spaces; an option without a value says nothing."""
    cleaned = [[" ".join(name.split()), " ".join(value.split())] for name, value in options.items()]
    return [[name, value] for name, value in cleaned if name and value]


def as_json(value):
    """Whatever an adapter tells, as the database can keep it: exact, with numbers as text."""
    if isinstance(value, Mapping):
        return {str(name): as_json(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [as_json(item) for item in value]
    return value if value is None or isinstance(value, (str, int, bool)) else str(value)
