from odoo import fields, models


class MarketplaceOrderLine(models.Model):
    """A line of a channel's order, and the sales order line it became."""

    _name = "marketplace.order.line"
    _description = "Marketplace Order Line"
    _order = "order_id, id"
    _rec_name = "title"

    order_id = fields.Many2one("marketplace.order", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="order_id.currency_id")
    external_id = fields.Char(required=True)
    listing_id = fields.Many2one("marketplace.listing", ondelete="set null")
    sale_line_id = fields.Many2one("sale.order.line", index="btree_not_null", ondelete="set null")
    title = fields.Char()
    quantity = fields.Float(digits="Product Unit")
    unit_price = fields.Float(digits="Product Price")
    unit = fields.Char()
    unit_count = fields.Float(default=1)
    seller_discount = fields.Monetary()
    channel_discount = fields.Monetary()
    comment = fields.Char()

    _external_unique = models.Constraint(
        "UNIQUE (order_id, external_id)", "This line of the order is already here."
    )
