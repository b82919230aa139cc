from odoo import api, models


class SaleOrderLine(models.Model):
    """Lines of orders that the channel delivers from its own store: no transfer, no reservation,
    no lot; what left is written as the channel says it."""

    _inherit = "sale.order.line"

    @api.depends("order_id.marketplace_stocked")
    def _compute_qty_delivered_method(self):
        """Override of `sale_stock`: nothing of ours moves."""
        super()._compute_qty_delivered_method()
        for line in self:
            if line.order_id.marketplace_stocked and line.qty_delivered_method == "stock_move":
                line.qty_delivered_method = "manual"

    def _action_launch_stock_rule(self, *, previous_product_uom_qty=False):
        """Override of `sale_stock`: nothing is procured."""
        own = self.filtered(lambda line: not line.order_id.marketplace_stocked)
        if not own:
            return True
        return super(SaleOrderLine, own)._action_launch_stock_rule(
            previous_product_uom_qty=previous_product_uom_qty
        )

    def _marketplace_is_goods(self):
        """Whether the line is something that has to be delivered."""
        self.ensure_one()
        if self.order_id.marketplace_stocked:
            return self.product_id.type == "consu"
        return self.qty_delivered_method == "stock_move"


class MarketplaceOrder(models.Model):
    _inherit = "marketplace.order"

    def _deliver_stocked(self):
        """Everything of an order left the channel's own store; of others, nothing happens."""
        self.ensure_one()
        sale = self.sale_order_id
        if self.stocked_by != "channel" or sale.state != "sale":
            return
        for line in sale.order_line:
            if line._marketplace_is_goods() and line.qty_delivered != line.product_uom_qty:
                line.qty_delivered = line.product_uom_qty
