from odoo import api, fields, models

from odoo.addons.marketplace.const import REASON_KEY

from ..const import OPTIONS_KEY


class MarketplaceShopifyCancel(models.TransientModel):
    """Asks for the reason of a cancellation, and what becomes of goods, money and buyer."""

    _name = "marketplace.shopify.cancel"
    _description = "Cancel Shopify Orders"

    sale_order_ids = fields.Many2many(
        "sale.order", "marketplace_shopify_cancel_sale_rel", required=True, readonly=True
    )
    reason = fields.Selection(
        lambda self: self.env["marketplace.account"]._selection_shopify_cancel_reason(),
        required=True,
        compute="_compute_usual",
        store=True,
        readonly=False,
    )
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
    shipped = fields.Boolean(compute="_compute_shipped")

    @api.depends("sale_order_ids")
    def _compute_usual(self):
        for wizard in self:
            account = wizard.sale_order_ids[:1]._shopify_order().account_id
            wizard.reason = wizard.reason or account.shopify_cancel_reason
            wizard.restock = account.cancel_restock
            wizard.refund = account.cancel_refund
            wizard.notify = account.cancel_notify

    @api.depends("sale_order_ids")
    def _compute_shipped(self):
        for wizard in self:
            pickings = wizard.sale_order_ids.picking_ids
            wizard.shipped = any(picking.state == "done" for picking in pickings)

    def action_cancel_orders(self):
        """Cancel in Odoo now; the shop is told once that is committed."""
        self.ensure_one()
        context = {
            REASON_KEY: self.reason,
            OPTIONS_KEY: {
                "restock": self.restock,
                "refund": self.refund,
                "notify": self.notify,
            },
        }
        return self.sale_order_ids.with_context(**context).action_cancel()
