from odoo import api, fields, models

from odoo.addons.marketplace.const import REASON_KEY

from marketplace_adapters.amazon.const import CANCEL_REASONS


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
            order = sale._amazon_order()
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
        return self._search_amazon("external_id", operator, value)

    @api.model
    def _search_amazon_fba(self, operator, value):
        return self._search_amazon_flag([("stocked_by", "=", "channel")], operator, value)

    @api.model
    def _search_amazon_pending(self, operator, value):
        return self._search_amazon_flag([("status", "=", "pending")], operator, value)

    def _amazon_orders(self, domain):
        """Query of the ledger rows of Amazon that became sales orders."""
        own = fields.Domain([("provider", "=", "amazon"), ("sale_order_id", "!=", False)])
        return self.env["marketplace.order"].sudo()._search(own & fields.Domain(domain))

    def _search_amazon_flag(self, domain, operator, value):
        if operator != "in":
            return NotImplemented
        found = fields.Domain("id", "in", self._amazon_orders(domain).subselect("sale_order_id"))
        return fields.Domain.OR([found if one else ~found for one in value])

    def _search_amazon(self, field, operator, value):
        """Sales orders by a field of their Amazon order; ``False`` finds all others."""
        if operator in fields.Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        wanted = [one for one in value if one] if operator == "in" else value
        found = self._amazon_orders([(field, operator, wanted)])
        domain = fields.Domain("id", "in", found.subselect("sale_order_id"))
        if operator == "in" and len(wanted) < len(list(value)):
            linked = self._amazon_orders([(field, "!=", False)]).subselect("sale_order_id")
            domain |= fields.Domain("id", "not in", linked)
        return domain

    def _amazon_order(self):
        """The order of Amazon that this sales order came from; empty for others."""
        return self.sudo().marketplace_order_ids.filtered(lambda order: order.provider == "amazon")[
            :1
        ]

    # === CANCELLATION === #

    def action_cancel(self):
        """Override of ``sale`` to ask for Amazon's reason before anything is cancelled."""
        if not any(order.locked for order in self) and self._amazon_needs_reason():
            return self._action_amazon_cancel()
        return super().action_cancel()

    def _action_cancel(self):
        """Override of ``sale`` to see to it that every cancellation has a reason Amazon knows,
        also where nobody could be asked, or where another channel's reason was given."""
        given = self.env.context.get(REASON_KEY)
        if given in CANCEL_REASONS or not self._amazon_used():
            return super()._action_cancel()
        usual = {}
        for sale in self:
            order = sale._amazon_order()
            tells = order and sale._amazon_tells_cancel(order)
            reason = order.account_id.amazon_cancel_reason if tells else given
            usual.setdefault(reason or False, []).append(sale.id)
        for reason, ids in usual.items():
            context = {REASON_KEY: reason} if reason else {}
            super(SaleOrder, self.browse(ids).with_context(**context))._action_cancel()
        return True

    def _amazon_used(self):
        return self.env["marketplace.account"]._amazon_used()

    def _amazon_needs_reason(self):
        """Orders among these for which a person should say why."""
        if self.env.context.get(REASON_KEY) or not self._amazon_used():
            return self.browse()
        return self.filtered(
            lambda sale: sale.state != "cancel" and sale._amazon_tells_cancel(sale._amazon_order())
        )

    def _amazon_tells_cancel(self, order):
        """Whether Amazon will hear of a cancellation here: not of what it cancelled itself."""
        return bool(
            order
            and order.account_id.state != "draft"
            and order.account_id.sync_order_status
            and order._outbound_allowed("cancelled")
        )

    def _action_amazon_cancel(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Why is it cancelled?"),
            "res_model": "marketplace.amazon.cancel",
            "view_mode": "form",
            "target": "new",
            "context": {"default_sale_order_ids": self.ids},
        }

    # === ACTIONS === #

    def action_amazon_seller_central(self):
        """Open the order in Seller Central."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": self.amazon_url, "target": "new"}
