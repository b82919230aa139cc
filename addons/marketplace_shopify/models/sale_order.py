from odoo import api, fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    shopify_order_id = fields.Many2one(
        "marketplace.order",
        "Shopify order",
        compute="_compute_shopify_order",
        compute_sudo=True,
    )
    shopify_number = fields.Char(
        "Shopify number",
        compute="_compute_shopify_order",
        search="_search_shopify_number",
        compute_sudo=True,
    )
    shopify_url = fields.Char("In the shop", compute="_compute_shopify_order", compute_sudo=True)
    shopify_source = fields.Char(
        "Sold through", compute="_compute_shopify_order", compute_sudo=True
    )
    shopify_financial = fields.Char("Payment", compute="_compute_shopify_order", compute_sudo=True)
    shopify_fulfilment = fields.Char(
        "Fulfilment", compute="_compute_shopify_order", compute_sudo=True
    )
    shopify_gateway = fields.Char("Paid by", compute="_compute_shopify_order", compute_sudo=True)
    shopify_paid_in = fields.Char(
        "In the other currency", compute="_compute_shopify_order", compute_sudo=True
    )
    shopify_draft = fields.Boolean(
        "Draft order", compute="_compute_shopify_order", compute_sudo=True
    )
    shopify_tags = fields.Char("Shopify tags", compute="_compute_shopify_order", compute_sudo=True)
    shopify_discounts = fields.Char(
        "Discount codes", compute="_compute_shopify_order", compute_sudo=True
    )
    shopify_purchase_order = fields.Char(
        "Purchase order", compute="_compute_shopify_order", compute_sudo=True
    )
    shopify_place_id = fields.Many2one(
        "marketplace.place", "Sold at", compute="_compute_shopify_order", compute_sudo=True
    )
    shopify_unpaid = fields.Boolean(compute="_compute_shopify_order", compute_sudo=True)

    # === COMPUTE METHODS === #

    @api.depends(
        "marketplace_order_ids.external_id",
        "marketplace_order_ids.number",
        "marketplace_order_ids.status",
        "marketplace_order_ids.extra",
    )
    def _compute_shopify_order(self):
        for sale in self:
            order = sale._order_of("shopify")
            sale.shopify_order_id = order
            sale.shopify_number = order.shopify_number
            sale.shopify_url = order.shopify_url
            sale.shopify_source = order.shopify_source
            sale.shopify_financial = order.shopify_financial
            sale.shopify_fulfilment = order.shopify_fulfilment
            sale.shopify_gateway = order.shopify_gateway
            sale.shopify_paid_in = order.shopify_paid_in
            sale.shopify_draft = order.shopify_draft
            sale.shopify_tags = order.shopify_tags
            sale.shopify_discounts = order.shopify_discounts
            sale.shopify_purchase_order = order.shopify_purchase_order
            sale.shopify_place_id = order.shopify_place_id
            sale.shopify_unpaid = order.status == "pending"

    @api.model
    def _search_shopify_number(self, operator, value):
        return self._search_order_of("shopify", "number", operator, value)

    # === CANCELLATION === #

    @api.model
    def _cancel_dialogs(self):
        """Override of ``marketplace``: Shopify wants one of its own reasons."""
        return {"shopify": "marketplace.shopify.cancel", **super()._cancel_dialogs()}

    # === ACTIONS === #

    def action_shopify_open(self):
        """Open the order in the shop's admin."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": self.shopify_url, "target": "new"}
