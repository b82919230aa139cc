from odoo import api, fields, models
from odoo.exceptions import ValidationError


class MarketplacePlace(models.Model):
    """A location of the channel, and the locations of Odoo whose stock is offered there.

    A place without locations is told nothing, so that a new one never shows stock by accident.
    """

    _name = "marketplace.place"
    _description = "Marketplace Location of a Channel"
    _order = "account_id, sequence, id"
    _check_company_auto = True

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", index=True
    )
    provider = fields.Selection(related="account_id.provider", string="Channel")
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    sequence = fields.Integer(
        default=10, help="What is kept back is taken from the last location first."
    )
    name = fields.Char(required=True, string="Location of the channel")
    external_id = fields.Char("Id on the channel", required=True)
    address = fields.Char(readonly=True)
    active = fields.Boolean(default=True, help="Whether the channel sells from it.")
    location_ids = fields.Many2many(
        "stock.location",
        "marketplace_place_location_rel",
        "place_id",
        "location_id",
        string="Stock from",
        check_company=True,
        domain="[('usage', '=', 'internal')]",
        help="Stock in these locations and below is offered there. Empty: nothing is told.",
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        compute="_compute_warehouse_id",
        store=True,
        readonly=False,
        check_company=True,
        string="Delivered by",
        help="Delivers what the channel wants delivered from there.",
    )

    _external_unique = models.Constraint(
        "UNIQUE (account_id, external_id)", "This location of the channel is already here."
    )

    @api.depends("location_ids")
    def _compute_warehouse_id(self):
        for place in self:
            place.warehouse_id = place.warehouse_id or place.location_ids[:1].warehouse_id

    @api.constrains("location_ids", "active")
    def _check_overlap(self):
        """The same piece must not be offered twice on one channel."""
        for account in self.account_id:
            taken = [
                (location, place)
                for place in account.place_ids.filtered("active")
                for location in place.location_ids
            ]
            for location, place in taken:
                for other, rival in taken:
                    inside = (other.parent_path or "").startswith(location.parent_path or "-")
                    if rival != place and inside:
                        raise ValidationError(
                            self.env._(
                                "%(location)s would be offered twice on %(account)s: at %(one)s "
                                "and at %(other)s.",
                                location=other.complete_name,
                                account=account.name,
                                one=place.name,
                                other=rival.name,
                            )
                        )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        places = super().create(vals_list)
        places.account_id._sell_from_places()
        return places

    def write(self, vals):
        result = super().write(vals)
        if {"location_ids", "active", "external_id", "sequence"} & vals.keys():
            self.account_id._sell_from_places()
        return result

    def unlink(self):
        accounts = self.account_id
        result = super().unlink()
        accounts._sell_from_places()
        return result


class MarketplaceAccount(models.Model):
    """An account of a channel with several locations."""

    _inherit = "marketplace.account"

    place_ids = fields.One2many("marketplace.place", "account_id", "Locations of the channel")

    def _told_places(self):
        """Places that stock is told for, the first to be filled first."""
        self.ensure_one()
        return self.place_ids.filtered(lambda place: place.active and place.location_ids)

    def _lacks_places(self):
        """Whether the channel sells from several locations and none has stock of Odoo: only a
        person knows which one is the warehouse."""
        self.ensure_one()
        return len(self.place_ids.filtered("active")) > 1 and not self._told_places()

    def _place(self, external_id):
        """The place with this id on the channel, empty when it is not known here."""
        self.ensure_one()
        return self.with_context(active_test=False).place_ids.filtered(
            lambda place: place.external_id == external_id
        )[:1]

    def _sell_from_places(self):
        """What is offered at any place is what the account sells from; a change is told."""
        for account in self.exists():
            locations = account._told_places().location_ids
            if not locations:
                continue
            if account.location_ids != locations:
                account.location_ids = locations
            if account.state != "draft" and account.sync_stock:
                listed = account.sudo().listing_ids.product_id
                account.sudo()._request_products(listed)

    def action_read_places(self):
        """Ask the channel for its locations, and list those that are new."""
        self.ensure_one()
        found = self._ask(lambda adapter: adapter.places(), connected=False)
        self._take_over_places(found)
        return self._tell(self.env._("%s locations.", len(found)), kind="success", sticky=False)

    def _take_over_places(self, found):
        """:param found: of :class:`marketplace_adapters.core.Place`."""
        self.ensure_one()
        known = {
            place.external_id: place for place in self.with_context(active_test=False).place_ids
        }
        for one in found:
            vals = {"name": one.name, "address": one.address, "active": one.active}
            own = known.pop(one.external_id, None)
            if own is None:
                self.env["marketplace.place"].create(
                    {"account_id": self.id, "external_id": one.external_id, **vals}
                )
            else:
                changed = {name: value for name, value in vals.items() if own[name] != value}
                if changed:
                    own.write(changed)
        for gone in known.values():
            gone.active = False
        # The obvious: one location there, and the account says what it sells from.
        alone = self.place_ids.filtered("active")
        if len(alone) == 1 and not alone.location_ids and self.location_ids:
            alone.location_ids = self.location_ids
