from odoo import models
from odoo.exceptions import UserError


class MarketplaceOrder(models.Model):
    """Goods that the channel says have left although nobody sent them here: sent by hand in the
    channel's own pages, or before this account was connected."""

    _inherit = "marketplace.order"

    def _ship_as_told(self, order):
        """Let leave here what left according to the channel, where the account's policy says so
        (Validate deliveries: of all orders). The channel is not told of it again.

        :param order: the neutral :class:`marketplace_adapters.core.Order`.
        """
        self.ensure_one()
        if (
            self.account_id.validate_delivery != "always"
            or self.hands_off
            or self.stocked_by == "channel"
            or self.sale_order_id.state != "sale"
        ):
            return
        missing = self._left_elsewhere(order)
        if not missing:
            return
        try:
            with self.env.cr.savepoint():
                self._send_off(missing)
        except UserError as exc:
            self._ask_person(
                self.env._(
                    "Left according to %s, but the delivery cannot be validated here.",
                    self.account_id.name,
                ),
                str(exc),
            )

    def _left_elsewhere(self, order):
        """:return: {sales order line: its quantity that left and is not delivered here}"""
        over = order.status.value in ("shipped", "delivered")
        told = {
            line.external_id: float(line.quantity if over else line.shipped or 0)
            for line in order.lines
            if line.kind == "product"
        }
        missing = {}
        for row in self.line_ids:
            line = row.sale_line_id
            if not line or not line._marketplace_is_goods():
                continue
            quantity = told.get(row.external_id, 0.0) * (row.pieces or 1.0)
            quantity *= line.product_id.uom_id.factor / line.product_uom_id.factor
            # What came back has left all the same.
            quantity = min(quantity, line.product_uom_qty) - line._marketplace_left()
            if quantity > 1e-6:
                missing[line] = quantity
        return missing

    def _send_off(self, missing):
        """:raise UserError: several steps, a kit, a lot: a person must do it."""
        quiet = {"marketplace_as_told": True, "skip_backorder": True, "skip_sms": True}
        pickings = self.env["stock.picking"]
        for line, quantity in missing.items():
            moves = line.move_ids.filtered(lambda one: one.state not in ("done", "cancel"))
            if len(moves) != 1 or moves.product_id != line.product_id or moves.move_orig_ids:
                raise UserError(self.env._("%s needs a person.", line.order_id.name))
            moves.quantity = quantity * line.product_uom_id.factor / moves.product_uom.factor
            moves.picked = True
            pickings |= moves.picking_id
        for picking in pickings:
            others = picking.move_ids.filtered(lambda move: not move.picked)
            others.picked = False
            picking.with_context(**quiet).button_validate()
            if picking.state != "done":
                raise UserError(self.env._("%s needs a person.", picking.name))
