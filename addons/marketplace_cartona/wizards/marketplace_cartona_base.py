from itertools import islice

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

MOST_RESULTS = 50


class MarketplaceCartonaBase(models.TransientModel):
    """Looks a product up in Cartona's own catalogue, so that a listing knows its base product."""

    _name = "marketplace.cartona.base"
    _description = "Find a Base Product of Cartona"

    listing_id = fields.Many2one(
        "marketplace.listing", required=True, readonly=True, ondelete="cascade"
    )
    words = fields.Char(
        compute="_compute_words", store=True, readonly=False, help="Arabic or English."
    )
    unit = fields.Selection(
        lambda self: self.env["marketplace.listing"]._selection_cartona_unit(),
        compute="_compute_words",
        store=True,
        readonly=False,
    )
    unit_count = fields.Integer(
        "Pieces in the unit", compute="_compute_words", store=True, readonly=False
    )
    line_ids = fields.One2many("marketplace.cartona.base.line", "wizard_id", readonly=True)
    searched = fields.Boolean(readonly=True)

    @api.depends("listing_id")
    def _compute_words(self):
        for wizard in self:
            listing = wizard.listing_id
            wizard.words = listing.title or listing.product_id.name
            wizard.unit = listing.cartona_unit or "piece"
            wizard.unit_count = listing.cartona_unit_count or int(listing.unit_count or 1)

    def action_search(self):
        """Ask Cartona; the first results are shown."""
        self.ensure_one()
        words = (self.words or "").strip()
        if not words:
            raise UserError(self.env._("Enter a word of the product's name."))
        found = self.listing_id.account_id._ask(
            lambda adapter: list(islice(adapter.base_products(words), MOST_RESULTS))
        )
        rows = [
            {"base_product_id": one.key.extra["base_product_id"], "title": one.title}
            for one in found
            if one.key.extra.get("base_product_id")
        ]
        self.write(
            {
                "searched": True,
                "line_ids": [Command.clear(), *(Command.create(row) for row in rows)],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Find in Cartona's catalogue"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }


class MarketplaceCartonaBaseLine(models.TransientModel):
    """One product of Cartona's catalogue."""

    _name = "marketplace.cartona.base.line"
    _description = "Base Product of Cartona"

    wizard_id = fields.Many2one("marketplace.cartona.base", required=True, ondelete="cascade")
    base_product_id = fields.Char(readonly=True)
    title = fields.Char("Name on Cartona", readonly=True)

    def action_choose(self):
        """This is the product."""
        self.ensure_one()
        wizard = self.wizard_id
        wizard.listing_id.write(
            {
                "cartona_base_product_id": self.base_product_id,
                "cartona_unit": wizard.unit,
                "cartona_unit_count": wizard.unit_count,
            }
        )
        return {"type": "ir.actions.act_window_close"}
