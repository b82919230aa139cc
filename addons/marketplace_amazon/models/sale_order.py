from odoo import api, fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    amazon_order_id = fields.Many2one(
        "marketplace.order",
        "Amazon order",
        compute="_compute_amazon_order",
        compute_sudo=True,
    )
    amazon_id = fields.Char(
        "Amazon order ID",
        compute="_compute_amazon_order",
        search="_search_amazon_id",
        compute_sudo=True,
    )
    amazon_url = fields.Char(
        "In Seller Central", compute="_compute_amazon_order", compute_sudo=True
    )
    amazon_status = fields.Char(
        "Status on Amazon", compute="_compute_amazon_order", compute_sudo=True
    )
    amazon_sales_channel = fields.Char(
        "Sales channel", compute="_compute_amazon_order", compute_sudo=True
    )
    amazon_service_level = fields.Char(
        "Shipping service", compute="_compute_amazon_order", compute_sudo=True
    )
    amazon_purchase_order = fields.Char(
        "Purchase order of the buyer", compute="_compute_amazon_order", compute_sudo=True
    )
    amazon_ship_by = fields.Datetime("Ship by", compute="_compute_amazon_order", compute_sudo=True)
    amazon_deliver_by = fields.Datetime(
        "Deliver by", compute="_compute_amazon_order", compute_sudo=True
    )
    amazon_prime = fields.Boolean("Prime", compute="_compute_amazon_order", compute_sudo=True)
    amazon_business = fields.Boolean(compute="_compute_amazon_order", compute_sudo=True)
    amazon_premium = fields.Boolean("Premium", compute="_compute_amazon_order", compute_sudo=True)
    amazon_fba = fields.Boolean(
        "Fulfilled by Amazon",
        compute="_compute_amazon_order",
        search="_search_amazon_fba",
        compute_sudo=True,
        help="Amazon keeps and delivers the goods: your own stock is not touched.",
    )
    amazon_pending = fields.Boolean(
        "Not paid yet",
        compute="_compute_amazon_order",
        search="_search_amazon_pending",
        compute_sudo=True,
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "marketplace_order_ids.external_id",
        "marketplace_order_ids.status",
        "marketplace_order_ids.raw_status",
        "marketplace_order_ids.extra",
        "marketplace_order_ids.stocked_by",
        "marketplace_order_ids.ship_by",
        "marketplace_order_ids.deliver_by",
    )
    def _compute_amazon_order(self):
        for sale in self:
            order = sale._order_of("amazon")
            sale.amazon_order_id = order
            sale.amazon_id = order.external_id
            sale.amazon_url = order.amazon_url
            sale.amazon_status = order.raw_status
            sale.amazon_sales_channel = order.amazon_sales_channel
            sale.amazon_service_level = order.amazon_service_level
            sale.amazon_purchase_order = order.amazon_purchase_order
            sale.amazon_ship_by = order.ship_by
            sale.amazon_deliver_by = order.deliver_by
            sale.amazon_prime = order.amazon_prime
            sale.amazon_business = order.amazon_business
            sale.amazon_premium = order.amazon_premium
            sale.amazon_fba = order.amazon_fba
            sale.amazon_pending = order.amazon_pending

    @api.model
    def _search_amazon_id(self, operator, value):
        return self._search_order_of("amazon", "external_id", operator, value)

    @api.model
    def _search_amazon_fba(self, operator, value):
        return self._search_amazon_flag([("stocked_by", "=", "channel")], operator, value)

    @api.model
    def _search_amazon_pending(self, operator, value):
        return self._search_amazon_flag([("status", "=", "pending")], operator, value)

    def _search_amazon_flag(self, domain, operator, value):
        if operator != "in":
            return NotImplemented
        orders = self._orders_of("amazon", domain)
        found = fields.Domain("id", "in", orders.subselect("sale_order_id"))
        return fields.Domain.OR([found if one else ~found for one in value])

    # === CANCELLATION === #

    @api.model
    def _cancel_dialogs(self):
        """Override of ``marketplace``: Amazon wants one of its own reasons."""
        return {"amazon": "marketplace.amazon.cancel", **super()._cancel_dialogs()}

    # === ACTIONS === #

    def action_amazon_seller_central(self):
        """Open the order in Seller Central."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": self.amazon_url, "target": "new"}
