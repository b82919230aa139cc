from odoo import fields, models
from odoo.exceptions import UserError


class StockPicking(models.Model):
    _inherit = "stock.picking"

    cartona_id = fields.Char(related="sale_id.cartona_id")
    cartona_otp_required = fields.Boolean(related="sale_id.cartona_otp_required")
    cartona_currency_id = fields.Many2one(related="sale_id.cartona_currency_id")
    cartona_cash = fields.Monetary(
        related="sale_id.cartona_cash", currency_field="cartona_currency_id"
    )

    def _pre_action_done_hook(self):
        """Override of ``stock`` to ask Cartona first: a delivery with a code is validated only
        after Cartona accepted the code."""
        if not self.env["marketplace.account"]._provider_used("cartona"):
            return super()._pre_action_done_hook()
        self._cartona_check_editing()
        unpicked = self.move_ids.filtered(lambda move: not move.picked)
        result = super()._pre_action_done_hook()
        if result is not True:
            return result
        wanted = self._cartona_awaiting_otp()
        if not wanted:
            return True
        # Odoo takes everything as picked now. While the code is asked for nothing has left, and a
        # change of the order that arrives must still lower what goes.
        unpicked.picked = False
        return wanted._action_cartona_otp()

    def _action_done(self):
        """Override of ``stock``: no way around the code, also not for programs."""
        used = self.env["marketplace.account"]._provider_used("cartona")
        awaiting = self._cartona_awaiting_otp() if used else None
        if awaiting:
            raise UserError(
                self.env._(
                    "%s: Cartona wants the receiver's code. Press Validate and enter it.",
                    ", ".join(awaiting.mapped("name")),
                )
            )
        result = super()._action_done()
        if used:
            self._cartona_after_done()
        return result

    # === CODE OF THE RECEIVER === #

    def _cartona_awaiting_otp(self):
        """Pickings whose validation would complete a delivery that Cartona wants a code for."""
        return self.filtered(
            lambda picking: (
                picking._cartona_is_delivery()
                and picking.sale_id._order_of("cartona")
                and picking.sale_id._order_of("cartona")._cartona_wants_otp()
                and picking._cartona_completes(self)
            )
        )

    def _cartona_is_delivery(self):
        """Whether goods still go to the customer here."""
        return self.state not in ("done", "cancel") and self in self.sale_id._marketplace_outgoing()

    def _cartona_completes(self, together):
        """Whether nothing remains to be delivered of the order once these are validated."""
        rest = self.sale_id.picking_ids.filtered(lambda one: one._cartona_is_delivery())
        if rest - together:
            return False
        return not any(picking._cartona_leaves_backorder() for picking in rest & together)

    def _cartona_leaves_backorder(self):
        """Whether validating makes a backorder for what was not picked."""
        context = self.env.context
        rule = self.picking_type_id.create_backorder
        chosen = self.id in (context.get("picking_ids_not_to_backorder") or ())
        if rule == "never" or context.get("cancel_backorder") or (chosen and rule != "always"):
            return False
        return any(
            (move.product_uom_qty and not move.picked)
            or move.product_uom.compare(move._get_picked_quantity(), move.product_uom_qty) < 0
            for move in self.move_ids
            if move.state != "cancel"
        )

    def _action_cartona_otp(self):
        """The dialog that asks for the codes; it validates with the same context afterwards."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Code of the receiver"),
            "res_model": "marketplace.cartona.otp",
            "view_mode": "form",
            "target": "new",
            "context": {
                **self.env.context,
                "default_line_ids": [
                    (0, 0, {"picking_id": pickings[0].id})
                    for pickings in self.grouped("sale_id").values()
                ],
            },
        }

    # === EDITING, HANDING OVER === #

    def _cartona_check_editing(self):
        """While the retailer edits, the supplier must wait."""
        for picking in self.filtered("sale_id"):
            if picking.sale_id._order_of("cartona").status == "hold":
                raise UserError(
                    self.env._(
                        "The retailer is changing %s on Cartona right now. Wait until the change "
                        "has arrived.",
                        picking.sale_id.name,
                    )
                )

    def _cartona_after_done(self):
        """What a validated transfer means to an order of Cartona."""
        for picking in self:
            if picking.state != "done" or not picking.sale_id:
                continue
            order = picking.sale_id._order_of("cartona")
            if not order:
                continue
            next_step = picking.move_ids.move_dest_ids.location_dest_id
            if "customer" in next_step.mapped("usage") and order._cartona_can_hand_over():
                # The last but one of several steps: the goods are on their way.
                order._cartona_hand_over()
            elif order._local_state() == "delivered":
                order._cartona_note_short()
