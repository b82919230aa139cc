import dataclasses
from decimal import Decimal
from fractions import Fraction

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.marketplace.snapshot import Tell

from marketplace_adapters.cartona import UNITS

# What Cartona is told besides the core's own members; a change is told at once.
TOLD_FIELDS = {
    "cartona_out_of_stock",
    "cartona_unlimited",
    "cartona_remind_at",
    "cartona_notes",
    "cartona_supplier_code",
}
MOST_PIECES = 1_000_000


class MarketplaceListing(models.Model):
    """A product of a Cartona supplier: one variant in one unit."""

    _inherit = "marketplace.listing"

    cartona_out_of_stock = fields.Boolean(
        "Show as out of stock", help="Retailers cannot order it, whatever the quantity."
    )
    cartona_unlimited = fields.Boolean(
        "Unlimited stock", help="Retailers can order any quantity; no stock is sent."
    )
    cartona_remind_at = fields.Integer(
        "Remind me at", help="Cartona reminds you when the stock falls to this. 0: never."
    )
    cartona_notes = fields.Text("Notes for Cartona")
    cartona_supplier_code = fields.Char(
        "Supplier code", help="Which of your supplier accounts sells it, e.g. retail or wholesale."
    )
    cartona_base_product_id = fields.Char(
        "Base product",
        compute="_compute_cartona_base",
        inverse="_inverse_cartona_base",
        help="Cartona's catalogue number of the product, the same for piece, box and carton.",
    )
    cartona_unit = fields.Selection(
        "_selection_cartona_unit",
        "Cartona unit",
        compute="_compute_cartona_base",
        inverse="_inverse_cartona_base",
    )
    cartona_unit_count = fields.Integer(
        "Pieces in the unit",
        compute="_compute_cartona_base",
        inverse="_inverse_cartona_base",
        help="As Cartona counts them: a box of 12 has 12.",
    )

    # === COMPUTE METHODS === #

    @api.depends("product_id")
    def _compute_internal_id(self):
        """Override of ``marketplace``: one id is one product on Cartona, so a further unit has an
        id of its own, the variant's and its pieces: ``42#12``."""
        for listing in self:
            product, unit = listing.product_id, listing.uom_id
            pieces = unit.factor / product.uom_id.factor if unit and product else 0
            own = listing.provider != "cartona" or listing.internal_id or unit == product.uom_id
            if not own and pieces == int(pieces) and 1 < pieces <= MOST_PIECES:
                listing.internal_id = f"{product.id}#{int(pieces)}"
        return super()._compute_internal_id()

    @api.depends("extra")
    def _compute_cartona_base(self):
        for listing in self:
            known = listing.extra or {}
            unit, count = known.get("unit"), str(known.get("unit_count") or "")
            listing.cartona_base_product_id = known.get("base_product_id") or False
            listing.cartona_unit = unit if unit in UNITS else False
            listing.cartona_unit_count = int(count) if count.isdecimal() else 0

    def _inverse_cartona_base(self):
        for listing in self:
            base = (listing.cartona_base_product_id or "").strip()
            count = listing.cartona_unit_count
            if not 0 <= count <= MOST_PIECES:
                raise ValidationError(self.env._("A unit has 1 to %s pieces.", f"{MOST_PIECES:,}"))
            given = {
                "base_product_id": base,
                "unit": listing.cartona_unit or "",
                "unit_count": str(count) if count else "",
            }
            kept = {
                name: value for name, value in (listing.extra or {}).items() if name not in given
            }
            listing.extra = kept | {name: value for name, value in given.items() if value}

    @api.model
    def _selection_cartona_unit(self):
        return [(unit, unit.replace("_", " ").capitalize()) for unit in UNITS]

    # === CRUD METHODS === #

    def write(self, vals):
        result = super().write(vals)
        if TOLD_FIELDS & vals.keys():
            self._request()
        return result

    # === ACTIONS === #

    def action_cartona_read(self):
        """Ask Cartona for name, unit and base product of these listings, and keep them."""
        found = 0
        for account, listings in self.grouped("account_id").items():
            if account.provider != "cartona":
                continue
            remote = account._ask(listings._cartona_look_up)
            for listing in listings:
                if remote.get(listing.id):
                    listing._cartona_keep(remote[listing.id])
                    found += 1
        message = self.env._(
            "Cartona knows %(found)s of %(all)s listings.", found=found, all=len(self)
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if found == len(self) else "warning",
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _cartona_look_up(self, adapter):
        """:return: {listing id: what Cartona has, or None}; by Cartona's id, else by ours."""
        known = self.filtered("external_id")
        ids = known.mapped("external_id")
        by_id = {one.key.external_id: one for one in adapter.listings(ids)} if ids else {}
        found = {listing.id: by_id.get(listing.external_id) for listing in known}
        for listing in (self - known).filtered("internal_id"):
            found[listing.id] = adapter.listing_of(listing.internal_id)
        return found

    def _cartona_keep(self, remote):
        """Keep what Cartona says of this listing, its id among it.

        :param remote: :class:`marketplace_adapters.core.RemoteListing`.
        """
        if not self.external_id:
            self.external_id = remote.key.external_id
        kept = {
            name: remote.key.extra[name]
            for name in ("base_product_id", "unit", "unit_count")
            if remote.key.extra.get(name)
        }
        extra = (self.extra or {}) | kept
        if extra != (self.extra or {}):
            self.extra = extra

    def action_cartona_find_base(self):
        """Look the product up in Cartona's own catalogue."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Find in Cartona's catalogue"),
            "res_model": "marketplace.cartona.base",
            "view_mode": "form",
            "target": "new",
            "context": {"default_listing_id": self.id},
        }

    # === HOOKS OF THE CORE === #

    def _attributes(self):
        """Override of ``marketplace`` to tell the members that Cartona alone has (X53)."""
        attributes = super()._attributes()
        if self.provider != "cartona":
            return attributes
        told = ((self.acknowledged or {}).get("product") or {}).get("attributes") or {}
        own = {
            "supplier_code": self.cartona_supplier_code or None,
            "remind_me_at_stock": self.cartona_remind_at or None,
            # Cleared notes must be told once, a note that never was need not.
            "notes": self.cartona_notes or ("" if told.get("notes") else None),
        }
        return attributes | {name: value for name, value in own.items() if value is not None}

    def _snapshot_inventory(self, account):
        """Override of ``marketplace`` for stock switches and the stock of base products."""
        states = super()._snapshot_inventory(account)
        if account.provider != "cartona":
            return states
        bases = self.filtered("cartona_base_product_id") if account.cartona_base_stock else self[:0]
        explained = bases._explain_quantity(account) if bases else {}
        for listing in self:
            tell = states.get(listing.id)
            if not isinstance(tell, Tell):
                continue
            if listing in bases and not tell.state.unlimited:
                tell = listing._tell_base_stock(tell, explained[listing.id])
            states[listing.id] = listing._tell_switches(tell)
        return states

    def _tell_base_stock(self, tell, steps):
        """The exact quantity instead of whole units: 25 pieces in boxes of 12 are 25 pieces of
        the base product, and not two boxes' 24 (C17).

        Where nobody said how many pieces Cartona counts in the unit, its piece is our unit of
        measure.
        """
        if not self._is_offered():
            return tell
        pieces = max(0.0, steps[-2][1])
        per_unit = Fraction(str(self.unit_count or 1)) if self.cartona_unit_count else Fraction(1)
        quantity = Fraction(str(round(pieces, 6))) / per_unit
        exact = Decimal(quantity.numerator) / Decimal(quantity.denominator)
        state = dataclasses.replace(tell.state, quantity=exact, in_stock=exact > 0)
        values = tell.values | {"pieces": str(round(pieces, 6)), "in_stock": state.in_stock}
        return Tell(state, values)

    def _tell_switches(self, tell):
        """What a person decided about this listing wins over the quantity."""
        state = tell.state
        offered = self._is_offered()
        if self.cartona_out_of_stock:
            state = dataclasses.replace(state, in_stock=False, unlimited=False)
        elif self.cartona_unlimited and offered:
            state = dataclasses.replace(state, in_stock=True, unlimited=True)
        if state is tell.state:
            return tell
        return Tell(state, tell.values | {"in_stock": state.in_stock, "unlimited": state.unlimited})
