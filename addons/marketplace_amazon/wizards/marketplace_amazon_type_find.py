from odoo import Command, api, fields, models
from odoo.exceptions import UserError

MOST_RESULTS = 50


class MarketplaceAmazonTypeFind(models.TransientModel):
    """Looks for the product type of a listing, by words or by the product's name."""

    _name = "marketplace.amazon.type.find"
    _description = "Find the Product Type of Amazon"

    listing_id = fields.Many2one(
        "marketplace.listing", required=True, readonly=True, ondelete="cascade"
    )
    words = fields.Char(
        compute="_compute_words",
        store=True,
        readonly=False,
        help="What kind of thing it is, in the language of the home marketplace or in English.",
    )
    line_ids = fields.One2many("marketplace.amazon.type.find.line", "wizard_id", readonly=True)
    searched = fields.Boolean(readonly=True)

    @api.depends("listing_id")
    def _compute_words(self):
        for wizard in self:
            wizard.words = wizard.listing_id.title or wizard.listing_id.product_id.name

    def action_search(self):
        """Ask Amazon; the first results are shown."""
        self.ensure_one()
        words = (self.words or "").strip()
        if not words:
            raise UserError(self.env._("Enter a word that says what kind of thing it is."))
        found = self.listing_id.account_id._ask(
            lambda adapter: adapter.product_types(words) or adapter.product_types(title=words)
        )
        self.write(
            {
                "searched": True,
                "line_ids": [
                    Command.clear(),
                    *(
                        Command.create({"name": name, "title": title})
                        for name, title in found[:MOST_RESULTS]
                    ),
                ],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Find the product type"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }


class MarketplaceAmazonTypeFindLine(models.TransientModel):
    """One product type."""

    _name = "marketplace.amazon.type.find.line"
    _description = "Product Type of Amazon to Choose"

    wizard_id = fields.Many2one("marketplace.amazon.type.find", required=True, ondelete="cascade")
    name = fields.Char("Product type", readonly=True)
    title = fields.Char("Called", readonly=True)

    def action_choose(self):
        """This is the type; what Amazon wants to know of it is fetched at once."""
        self.ensure_one()
        listing = self.wizard_id.listing_id
        kind = self.env["marketplace.amazon.product.type"]._of(
            listing.account_id, self.name, self.title
        )
        kind._refresh_if_old()
        listing.amazon_product_type_id = kind
        return {"type": "ir.actions.act_window_close"}
