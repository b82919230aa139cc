from odoo import api, fields, models

from ..tools.inbound import naive


class MarketplaceReturn(models.Model):
    """Goods that a buyer sends back, or money given back, as a channel tells it: one row for each
    return or refund of the channel, so that each is prepared once, however often it is told.

    ::

        waiting ──its order came──▶ noted     remembered, or a note on the sales order
        (order unknown)           ▶ drafted   draft return and credit note (account's policy)
                                  ▶ done      posted and received, or brought in line
                                  ▶ attention a person must decide
        own                       we told the channel ourselves: nothing to do
    """

    _name = "marketplace.return"
    _description = "Marketplace Return"
    _order = "id desc"
    _rec_name = "external_id"

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", index=True, readonly=True
    )
    provider = fields.Selection(related="account_id.provider", store=True, string="Channel")
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    external_id = fields.Char("Id on the channel", required=True, readonly=True)
    order_external_id = fields.Char("Order on the channel", required=True, readonly=True)
    order_id = fields.Many2one(
        "marketplace.order", ondelete="cascade", index="btree_not_null", readonly=True
    )
    sale_order_id = fields.Many2one(related="order_id.sale_order_id", string="Sales order")
    state = fields.Selection(
        [
            ("waiting", "Order unknown"),
            ("noted", "Recorded"),
            ("drafted", "Return prepared"),
            ("done", "Carried out"),
            ("attention", "To decide"),
            ("own", "Told by us"),
        ],
        default="waiting",
        required=True,
        readonly=True,
        index=True,
        string="Status",
    )
    message = fields.Char("Result", readonly=True)
    received = fields.Boolean(
        readonly=True, help="The goods are back; else the return is only announced."
    )
    stocked_by = fields.Char(
        "Come back to",
        readonly=True,
        help="To whose store they come back: seller or channel. What comes back to the channel's "
        "own store never touches yours.",
    )
    returned_at = fields.Datetime("Returned", readonly=True)
    amount_told = fields.Boolean(
        "With money", readonly=True, help="The channel says how much money was given back."
    )
    amount = fields.Monetary("Given back", readonly=True, help="All of it, tax included.")
    currency_id = fields.Many2one("res.currency", readonly=True)
    # What belongs to no item: [{"kind", "amount", "label"}]
    others = fields.Json("Given back beside the goods", readonly=True)
    in_order = fields.Monetary(
        "Off the order",
        readonly=True,
        copy=False,
        help="The part that was never billed: the sales order comes to so much less.",
    )
    given_beyond = fields.Monetary(
        "Beyond goods",
        readonly=True,
        copy=False,
        help="Of it, what belongs to no goods, shipping or fee.",
    )
    reference = fields.Char("Our reference", readonly=True)
    raw_status = fields.Char("Status on the channel", readonly=True)
    comment = fields.Text("Words of the buyer", readonly=True)
    revision = fields.Char("Version", readonly=True)
    updated_at = fields.Datetime("Changed on the channel", readonly=True)
    inbox_id = fields.Many2one("marketplace.inbox", ondelete="set null", readonly=True)
    line_ids = fields.One2many("marketplace.return.line", "return_id", readonly=True)
    picking_ids = fields.Many2many(
        "stock.picking", "marketplace_return_picking_rel", readonly=True, string="Return transfers"
    )
    move_ids = fields.Many2many(
        "account.move", "marketplace_return_move_rel", readonly=True, string="Credit notes"
    )

    _external_unique = models.Constraint(
        "UNIQUE (account_id, external_id)", "This return of the channel is already here."
    )
    # An order that arrives late asks which returns waited for it.
    _waiting_idx = models.Index("(account_id, order_external_id) WHERE order_id IS NULL")

    # === TAKE IN === #

    @api.model
    def _take_in(self, account, messages):
        """Apply returns of the inbox; what belongs to an unknown order waits for it."""
        documents = [message.document for message in messages]
        known = self.search(
            [
                ("account_id", "=", account.id),
                ("external_id", "in", [document.external_id for document in documents]),
            ]
        )
        returns = {one.external_id: one for one in known}
        orders = {
            order.external_id: order
            for order in self.env["marketplace.order"].search(
                [
                    ("account_id", "=", account.id),
                    ("external_id", "in", [document.order_id for document in documents]),
                ]
            )
        }
        for message in messages:
            document = message.document
            own = returns.get(document.external_id, self.browse())
            order = orders.get(document.order_id, self.env["marketplace.order"])
            returns[document.external_id] = own._take_one(account, message, order)

    def _take_one(self, account, message, order):
        """:return: the row of the return"""
        if self.state == "own":
            message.settle("ignored", self.env._("We told it ourselves."), self.order_id)
            return self
        if self.order_id and self.revision == message.revision:
            message.settle("ignored", self.env._("Known already."), self.order_id)
            return self
        if self and message.moment and self.updated_at and message.moment < self.updated_at:
            message.settle("ignored", self.env._("Older than what we know."), self.order_id)
            return self
        vals = self._document_vals(message, order)
        own = self
        if own:
            own.write(vals)
        else:
            own = self.create({"account_id": account.id, **vals})
        own._write_items(message.document.items)
        if not order:
            message.outcome, message.waits_for = "unknown_order", message.document.order_id
            return own
        own._apply()
        message.settle("done", own.message or "", order)
        return own

    @api.model
    def _document_vals(self, message, order):
        document = message.document
        money = document.amount
        return {
            "amount_told": money is not None,
            "amount": float(money.amount) if money is not None else 0.0,
            "currency_id": self._currency(money, order).id,
            "others": [
                {"kind": other.kind, "amount": str(other.amount), "label": other.label}
                for other in document.others
            ],
            "reference": document.reference,
            "external_id": document.external_id,
            "order_external_id": document.order_id,
            "order_id": order.id,
            "received": document.received,
            "stocked_by": document.stocked_by,
            "returned_at": naive(document.returned_at),
            "raw_status": document.raw_status,
            "comment": document.comment,
            "revision": message.revision,
            "updated_at": message.moment,
            "inbox_id": message.id,
        }

    @api.model
    def _currency(self, money, order):
        """The currency of a refund; that of its order where the channel names none.

        :raise Quarantine: a currency that Odoo does not know or that is switched off.
        """
        if money is None or not money.currency:
            return order.sale_order_id.currency_id or order.currency_id
        if order.currency_id.name == money.currency:
            return order.currency_id
        return self.env["marketplace.order"]._currency_of(money)

    def _write_items(self, items):
        """One row for each item; what was prepared of it stays known."""
        self.ensure_one()
        rows = {row.key: row for row in self.line_ids}
        wanted = {}
        for item in items:
            listing = item.listing
            parts = [item.line_id, listing.external_id or "", listing.sku or "", item.reason]
            if not (item.restock and item.left) or item.location:
                kind = "kept" if item.left else "stayed"
                parts += ["" if item.restock and item.left else kind, item.location]
            key = "|".join(parts)
            vals = wanted.setdefault(
                key,
                {
                    "key": key,
                    "line_external_id": item.line_id,
                    "listing_external_id": listing.external_id,
                    "sku": listing.sku,
                    "reason": item.reason,
                    "condition": item.condition,
                    "restock": item.restock and item.left,
                    "left": item.left,
                    "location": item.location,
                    "quantity": 0.0,
                    "amount": 0.0,
                    "amount_told": False,
                },
            )
            vals["quantity"] += float(item.quantity)
            if item.amount is not None:
                vals["amount"] += float(item.amount)
                vals["amount_told"] = True
        for key, row in rows.items():
            row.write(wanted.pop(key, {"quantity": 0.0, "amount": 0.0}))
        self.env["marketplace.return.line"].create(
            [{"return_id": self.id, **vals} for vals in wanted.values()]
        )
        self.line_ids._find_order_lines()

    # === ACTIONS === #

    def action_open_sale_order(self):
        """Open the sales order."""
        return self.order_id.action_open_sale_order()

    def action_done(self):
        """A person has dealt with it."""
        self.check_access("read")
        self.sudo().filtered(lambda one: one.state == "attention").state = "noted"


class MarketplaceReturnLine(models.Model):
    """Part of a return."""

    _name = "marketplace.return.line"
    _description = "Marketplace Return Line"
    _order = "return_id, id"
    _rec_name = "title"

    return_id = fields.Many2one(
        "marketplace.return", required=True, ondelete="cascade", index=True, readonly=True
    )
    company_id = fields.Many2one(related="return_id.company_id", store=True, index=True)
    key = fields.Char(required=True, readonly=True)
    line_external_id = fields.Char("Order line on the channel", readonly=True)
    listing_external_id = fields.Char("Product on the channel", readonly=True)
    sku = fields.Char("SKU", readonly=True)
    title = fields.Char("Product", compute="_compute_title")
    order_line_id = fields.Many2one(
        "marketplace.order.line",
        ondelete="set null",
        index="btree_not_null",
        readonly=True,
        string="Order line",
    )
    quantity = fields.Float(digits="Product Unit", readonly=True)
    handled = fields.Float(
        "Prepared", digits="Product Unit", readonly=True, help="In return and credit note."
    )
    back = fields.Float(
        digits="Product Unit",
        readonly=True,
        help="In return transfers, or never left here.",
    )
    amount = fields.Monetary("Given back", readonly=True, help="Tax included.")
    amount_told = fields.Boolean(readonly=True)
    currency_id = fields.Many2one(related="return_id.currency_id")
    restock = fields.Boolean(
        "Back on the shelf",
        readonly=True,
        default=True,
        help="Else it came back to nobody's stock, or never left.",
    )
    location = fields.Char(readonly=True, help="The channel's own id of where it came back to.")
    left = fields.Boolean(
        "Had left", readonly=True, default=True, help="Else it was taken off before it left."
    )
    reason = fields.Char(readonly=True)
    condition = fields.Char(readonly=True)

    @api.depends("order_line_id", "sku", "listing_external_id")
    def _compute_title(self):
        for row in self:
            row.title = row.order_line_id.title or row.sku or row.listing_external_id

    def _find_order_lines(self):
        """The line of the order that each is of: by its id, else by the product; the only line
        of an order needs neither."""
        for row in self:
            lines = row.return_id.order_id.line_ids.filtered("sale_line_id")
            found = lines.filtered(
                lambda line, row=row: line.external_id == row.line_external_id
            ) or lines.filtered(lambda line, row=row: row._is_product_of(line))
            if not found and len(lines) == 1 and not row._names_something():
                found = lines
            row.order_line_id = found[:1]

    def _names_something(self):
        return bool(self.line_external_id or self.listing_external_id or self.sku)

    def _is_product_of(self, line):
        listing, product = line.listing_id, line.sale_line_id.product_id
        if self.listing_external_id and self.listing_external_id == listing.external_id:
            return True
        return bool(self.sku) and self.sku in (listing.sku, product.default_code)


class MarketplaceInbox(models.Model):
    _inherit = "marketplace.inbox"

    def _process_topic_return(self, account, messages):
        """Returns, each once."""
        account.env["marketplace.return"]._take_in(account, messages)

    @api.model
    def _text_without_order(self, topic):
        """Override: say it in words."""
        if topic == "return":
            return self.env._("A return came for an order that never came.")
        return super()._text_without_order(topic)

    @api.model
    def _wake_returns_of(self, orders):
        """The orders are here now: returns that came before them can be applied.

        By SQL: one look at a partial index, almost always without a result.
        """
        self.env.cr.execute(
            """
            UPDATE marketplace_inbox item
               SET status = 'new', not_before = NULL, attempts = 0
              FROM marketplace_return early
             WHERE early.account_id = ANY(%s) AND early.order_external_id = ANY(%s)
               AND early.order_id IS NULL AND item.id = early.inbox_id
               AND (item.status = 'quarantined' OR item.status = 'new'
                    AND item.not_before IS NOT NULL)
         RETURNING item.id, item.account_id
            """,
            [orders.account_id.ids, orders.mapped("external_id")],
        )
        woken = self.env.cr.fetchall()
        self.browse([row[0] for row in woken]).invalidate_recordset()
        for account_id in {row[1] for row in woken}:
            self.env["marketplace.engine"]._wake_after_commit("_job_process", account_id)


class MarketplaceOrder(models.Model):
    _inherit = "marketplace.order"

    return_ids = fields.One2many("marketplace.return", "order_id", readonly=True, string="Returns")

    def _take_returns_again(self):
        """There is a sales order now: returns that could only be recorded are applied to it."""
        returns = self.return_ids.filtered(lambda one: one.state == "noted")
        if not returns:
            return
        returns.revision = False
        returns.inbox_id.write({"status": "new", "not_before": False, "attempts": 0})
        for account in returns.account_id:
            self.env["marketplace.engine"]._wake_after_commit("_job_process", account.id)

    @api.model_create_multi
    def create(self, vals_list):
        """Override to let returns go on that came before their orders."""
        orders = super().create(vals_list)
        if orders:
            self.env["marketplace.inbox"]._wake_returns_of(orders)
        return orders
