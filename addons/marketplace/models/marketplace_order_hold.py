from odoo import api, models

# Statuses in which an order still wants goods.
WANTED = ("pending", "hold", "confirmed")


class MarketplaceOrder(models.Model):
    """Soft reservation: goods of orders that are no confirmed sales order yet."""

    _inherit = "marketplace.order"

    @api.model
    def _held_quantities(self, account, products):
        """What quotations of all channels want of products, so that it is not sold twice.

        :param account: of whose places the stock is asked; another warehouse's orders do not
            count.
        :return: {product id: quantity in the product's own unit}; one query.
        """
        if not account.hold_quotations or not products:
            return {}
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT line.product_id,
                   sum(line.product_uom_qty * unit.factor / piece.factor)
              FROM marketplace_order ledger
              JOIN sale_order sale ON sale.id = ledger.sale_order_id
              JOIN sale_order_line line ON line.order_id = sale.id
              JOIN uom_uom unit ON unit.id = line.product_uom_id
              JOIN product_product product ON product.id = line.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
              JOIN uom_uom piece ON piece.id = template.uom_id
             WHERE sale.state IN ('draft', 'sent') AND NOT ledger.hands_off
               AND ledger.test IS NOT TRUE
               AND ledger.stocked_by IS DISTINCT FROM 'channel'
               AND ledger.status = ANY(%s) AND line.product_id = ANY(%s)
               AND coalesce(line.warehouse_id, sale.warehouse_id) = ANY(%s)
             GROUP BY line.product_id
            """,
            [list(WANTED), products.ids, account.location_ids.warehouse_id.ids],
        )
        return {product: float(quantity) for product, quantity in self.env.cr.fetchall()}

    @api.model
    def _record_held(self, sales):
        """The stock that is offered changes although no quant does: quotations came or went."""
        recorder = self.env["marketplace.recorder"]
        for sale in sales.filtered(lambda sale: not sale.marketplace_stocked):
            location = sale.warehouse_id.lot_stock_id
            products = sale.order_line.product_id.filtered("is_storable")
            recorder._record_write(
                products, ["reserved_quantity"], locations=location.ids, decrement=True
            )
