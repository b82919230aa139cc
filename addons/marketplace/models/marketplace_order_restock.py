import dataclasses
from decimal import ROUND_HALF_UP, Decimal

from odoo import models

from ..tools.amounts import exact


class MarketplaceOrder(models.Model):
    """What the channel is told of goods that came back, together with their credit note."""

    _inherit = "marketplace.order"

    def _restocked(self, move, line, row, told):
        """Tell of a refunded line whether its goods are back, and where.

        Goods are counted line by line over all credit notes, the oldest first: each piece that
        came back is told once.

        :param move: the credit note.
        :param line: its line.
        :param row: ledger's line.
        :param told: :class:`marketplace_adapters.core.RefundedLine` of the whole quantity.
        :return: list of one, or of two when only a part is back.
        """
        policy = self.account_id.restock_policy
        if policy in ("return", "never") or line.marketplace_money_only:
            return [told]
        back, location = self._came_back(row)
        if policy == "always":
            return [dataclasses.replace(told, restock=True, location=location)]
        back -= self._credited_before(move, line, row)
        units = exact(max(0.0, min(back, float(told.quantity))))
        if not units:
            return [told]
        if units == told.quantity:
            return [dataclasses.replace(told, restock=True, location=location)]
        cent = Decimal(1).scaleb(-move.currency_id.decimal_places)
        share = (told.amount.amount * units / told.quantity).quantize(cent, ROUND_HALF_UP)
        return [
            dataclasses.replace(
                told,
                quantity=units,
                amount=dataclasses.replace(told.amount, amount=share),
                restock=True,
                location=location,
            ),
            dataclasses.replace(
                told,
                quantity=told.quantity - units,
                amount=dataclasses.replace(told.amount, amount=told.amount.amount - share),
            ),
        ]

    def _came_back(self, row):
        """:return: (units of the channel that are on a shelf again, its id of the location)"""
        line = row.sale_line_id
        moves = line.move_ids.filtered(
            lambda move: (
                move.state == "done"
                and move.origin_returned_move_id
                and move.location_dest_id.usage == "internal"
                and move.product_id == line.product_id
            )
        )
        if not moves:
            return 0.0, ""
        pieces = sum(move.quantity * move.product_uom.factor for move in moves)
        last = moves.sorted("id")[-1:]
        return (
            line._marketplace_quantity(row, pieces / line.product_uom_id.factor),
            self._place_of(last.picking_type_id.warehouse_id, last.location_dest_id),
        )

    def _credited_before(self, move, line, row):
        """Units of the channel that older credit notes gave money back for."""
        sale_line = row.sale_line_id
        older = sale_line.invoice_lines.filtered(
            lambda one: (
                one.move_id.move_type == "out_refund"
                and one.parent_state == "posted"
                and not one.marketplace_money_only
                and (one.move_id.id, one.id) < (move.id, line.id)
            )
        )
        pieces = sum(one.quantity * one.product_uom_id.factor for one in older)
        return sale_line._marketplace_quantity(row, pieces / sale_line.product_uom_id.factor)
