from odoo import fields, models

from odoo.addons.marketplace.const import CANCEL_OPTIONS_KEY


class MarketplaceShopifyCancel(models.TransientModel):
    """Asks for the reason of a cancellation, and what becomes of goods, money and buyer."""

    _name = "marketplace.shopify.cancel"
    _description = "Cancel Shopify Orders"
    _inherit = ["marketplace.cancel"]
    _provider = "shopify"

    restock = fields.Boolean(
        "Goods are for sale again", compute="_compute_usual", store=True, readonly=False
    )
    refund = fields.Boolean(
        "Shopify gives the money back",
        compute="_compute_usual",
        store=True,
        readonly=False,
        help="To where it came from. Without it, nothing is paid back.",
    )
    notify = fields.Boolean(
        "Shopify writes to the buyer", compute="_compute_usual", store=True, readonly=False
    )

    def _compute_usual(self):
        """Override of ``marketplace`` for what else the account usually says."""
        super()._compute_usual()
        for wizard in self:
            account = wizard._first_account()
            wizard.restock = account.cancel_restock
            wizard.refund = account.cancel_refund
            wizard.notify = account.cancel_notify

    def _chosen(self):
        """Override of ``marketplace`` for what becomes of goods, money and buyer."""
        options = {name: self[name] for name in ("restock", "refund", "notify")}
        return {**super()._chosen(), CANCEL_OPTIONS_KEY: options}
