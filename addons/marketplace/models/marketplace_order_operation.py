from odoo import fields, models


class MarketplaceOrderOperation(models.Model):
    """Operations on sales orders. ``model_name`` and ``record_id`` name the document it happened
    on (order, picking, credit note), ``order_id`` the sales order."""

    _name = "marketplace.order.operation"
    _description = "Marketplace Order Operation"
    _inherit = ["marketplace.operation"]
    _rec_name = "record_operation"

    order_id = fields.Integer("Order id", readonly=True, aggregator=None)
    record_operation = fields.Selection(
        [
            ("confirmation", "Confirmation"),
            ("lines", "Line change"),
            ("shipment", "Shipment"),
            ("tracking", "Tracking number"),
            ("delivery", "Delivery"),
            ("cancellation", "Cancellation"),
            ("refund", "Refund"),
            ("return", "Return"),
            ("refund_in", "Refund of the channel"),
            ("return_in", "Return of the channel"),
        ],
        "Operation",
        required=True,
        readonly=True,
    )
    delivery_ids = fields.One2many(
        "marketplace.delivery", "order_operation_id", readonly=True, string="What became of it"
    )

    _waiting_idx = models.Index("(id) WHERE dispatched_at IS NULL")
    _order_idx = models.Index("(order_id, id)")
