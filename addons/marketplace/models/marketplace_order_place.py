from odoo import api, fields, models
from odoo.exceptions import UserError

from .marketplace_order_update import LIVE


class SaleOrderLine(models.Model):
    """Lines that a channel wants delivered from another warehouse than the rest of the order."""

    _inherit = "sale.order.line"

    marketplace_warehouse_id = fields.Many2one(
        "stock.warehouse",
        "Warehouse wanted by the channel",
        readonly=True,
        copy=False,
        help="Delivers this line; empty: the warehouse of the order.",
    )

    @api.depends("marketplace_warehouse_id")
    def _compute_warehouse_id(self):
        """Override of `sale_stock`: as the channel says, unless a person chose a route."""
        super()._compute_warehouse_id()
        for line in self:
            if line.marketplace_warehouse_id and not line.route_ids:
                line.warehouse_id = line.marketplace_warehouse_id


class MarketplaceOrderLine(models.Model):
    _inherit = "marketplace.order.line"

    location = fields.Char(
        readonly=True, help="The channel's own id of the location that delivers it."
    )


class MarketplaceOrder(models.Model):
    """Which warehouse delivers: the one of the channel's location, by order and by line."""

    _inherit = "marketplace.order"

    # === IN === #

    @api.model
    def _warehouse_for(self, account, order):
        """Override: the warehouse that the lines are to leave from, most of them if several."""
        wanted = {}
        for line in order.lines:
            warehouse = self._warehouse_of(account, line)
            if warehouse:
                wanted[warehouse] = wanted.get(warehouse, 0) + 1
        if not wanted:
            return super()._warehouse_for(account, order)
        return max(wanted, key=wanted.get)

    @api.model
    def _warehouse_of(self, account, line):
        """The warehouse of a line's location; empty when the channel names none, or one that
        nobody mapped."""
        if line.kind != "product" or not line.location:
            return self.env["stock.warehouse"]
        return account._place(line.location).warehouse_id

    def _line_vals(self, account, draft, plan, pricer):
        """Override to let a line leave from another warehouse than its order."""
        vals = super()._line_vals(account, draft, plan, pricer)
        warehouse = self._warehouse_of(account, plan.line)
        if warehouse:
            sale = draft.ledger.sale_order_id
            usual = sale.warehouse_id or self._warehouse_for(account, draft.order)
            vals["marketplace_warehouse_id"] = warehouse.id if warehouse != usual else False
        return vals

    @api.model
    def _ledger_line_vals(self, plan, sale_line):
        """Override to keep the location."""
        return {
            **super()._ledger_line_vals(plan, sale_line),
            "location": plan.line.location or False,
        }

    def _apply(self, message):
        """Override: what has not left yet goes where the channel moved it."""
        order, moved = message.order, False
        if order is not None and order.status.value in LIVE and self.sale_order_id:
            moved = self._move_lines(order)
        super()._apply(message)
        if moved and message.outcome == "ignored":
            message.settle("done", self.env._("Updated."), self)

    def _move_lines(self, order):
        """Let lines leave from where the channel says now, if it says something else than before.

        Compared with the ledger: a warehouse that a person chose stays until the channel changes
        its mind.

        :return: whether anything was to move.
        """
        told = {line.external_id: line for line in order.lines if line.kind == "product"}
        moved = {}
        for row in self.line_ids:
            line = told.get(row.external_id)
            if line is None or not line.location or line.location == (row.location or ""):
                continue
            warehouse = self._warehouse_of(self.account_id, line)
            row.location = line.location
            if warehouse and row.sale_line_id and row.sale_line_id.warehouse_id != warehouse:
                moved[row.sale_line_id] = warehouse
        if not moved or self.sale_order_id.state == "cancel":
            return False
        try:
            with self.env.cr.savepoint():
                self._deliver_from(moved)
        except UserError as exc:
            self._ask_person(
                self.env._(
                    "%s wants it delivered from another location, but it is on its way.",
                    self.account_id.name,
                ),
                str(exc),
            )
        return True

    def _deliver_from(self, moved):
        """Replace the open transfers of lines by those of another warehouse.

        :param dict moved: {sales order line: warehouse}
        :raise UserError: goods are picked already.
        """
        sale = self.sale_order_id
        with sale._marketplace_unlocked():
            goods = [line for line in sale.order_line if line._marketplace_is_goods()]
            if sale.state != "sale" and all(line in moved for line in goods):
                sale.warehouse_id = next(iter(moved.values()))
            lines = sale.order_line.browse([line.id for line in moved])
            open_moves = lines.move_ids.filtered(lambda move: move.state not in ("done", "cancel"))
            chain = open_moves
            while more := chain.move_orig_ids - chain:
                chain |= more
            if sale.state == "sale" and any(move.state == "done" or move.picked for move in chain):
                raise UserError(self.env._("%s: goods are picked already.", sale.name))
            for line, warehouse in moved.items():
                own = warehouse if warehouse != sale.warehouse_id else warehouse.browse()
                line.marketplace_warehouse_id = own
            if sale.state == "sale":
                pickings = chain.picking_id
                self._cancel_moves(chain)
                lines._action_launch_stock_rule()
                names = (sale.picking_ids - pickings).mapped("name")
                sale._message_log(
                    body=self.env._(
                        "%(account)s: delivered from %(warehouse)s now. %(transfers)s",
                        account=self.account_id.name,
                        warehouse=", ".join({one.name: 1 for one in moved.values()}),
                        transfers=", ".join(names),
                    )
                )

    @api.model
    def _record_held(self, sales):
        """Override: of lines that leave from elsewhere, the stock there is held back."""
        super()._record_held(sales)
        recorder = self.env["marketplace.recorder"]
        for sale in sales.filtered(lambda sale: not sale.marketplace_stocked):
            elsewhere = sale.order_line.filtered(
                lambda line: (
                    line.marketplace_warehouse_id
                    and line.warehouse_id != line.order_id.warehouse_id
                )
            )
            for warehouse, lines in elsewhere.grouped("warehouse_id").items():
                recorder._record_write(
                    lines.product_id.filtered("is_storable"),
                    ["reserved_quantity"],
                    locations=warehouse.lot_stock_id.ids,
                    decrement=True,
                )

    # === OUT === #

    def _place_of(self, warehouse, locations):
        """The channel's id of the location that goods left from or came back to.

        :param warehouse: of the transfer.
        :param locations: of Odoo, of its moves; the narrowest fitting place counts.
        """
        places = self.account_id.place_ids.filtered("active")
        inside = [
            (len(own.parent_path or ""), place)
            for place in places
            for own in place.location_ids
            if any(
                (location.parent_path or "").startswith(own.parent_path or "-")
                for location in locations
            )
        ]
        if inside:
            return max(inside, key=lambda pair: pair[0])[1].external_id
        own = places.filtered(lambda place: warehouse and place.warehouse_id == warehouse)
        return own[:1].external_id or ""
