from odoo import api, fields, models

from odoo.addons.marketplace.const import REASON_KEY

from marketplace_adapters.shopify.const import CANCEL_REASONS


class SaleOrder(models.Model):
    _inherit = "sale.order"

    shopify_order_id = fields.Many2one(
        "marketplace.order",
        "Shopify order",
        compute="_compute_shopify_order",
        compute_sudo=True,
    )
    shopify_number = fields.Char(
        "Shopify number",
        compute="_compute_shopify_order",
        search="_search_shopify_number",
        compute_sudo=True,
    )
    shopify_url = fields.Char("In the shop", compute="_compute_shopify_order", compute_sudo=True)
    shopify_source = fields.Char(
        "Sold through", compute="_compute_shopify_order", compute_sudo=True
    )
    shopify_financial = fields.Char("Payment", compute="_compute_shopify_order", compute_sudo=True)
    shopify_fulfilment = fields.Char(
        "Fulfilment", compute="_compute_shopify_order", compute_sudo=True
    )
    shopify_gateway = fields.Char("Paid by", compute="_compute_shopify_order", compute_sudo=True)
    shopify_paid_in = fields.Char(
        "In the other currency", compute="_compute_shopify_order", compute_sudo=True
    )
    shopify_draft = fields.Boolean(
        "Draft order", compute="_compute_shopify_order", compute_sudo=True
    )
    shopify_tags = fields.Char("Shopify tags", compute="_compute_shopify_order", compute_sudo=True)
    shopify_discounts = fields.Char(
        "Discount codes", compute="_compute_shopify_order", compute_sudo=True
    )
    shopify_purchase_order = fields.Char(
        "Purchase order", compute="_compute_shopify_order", compute_sudo=True
    )
    shopify_place_id = fields.Many2one(
        "marketplace.place", "Sold at", compute="_compute_shopify_order", compute_sudo=True
    )
    shopify_unpaid = fields.Boolean(compute="_compute_shopify_order", compute_sudo=True)

    # === COMPUTE METHODS === #

    @api.depends(
        "marketplace_order_ids.external_id",
        "marketplace_order_ids.number",
        "marketplace_order_ids.status",
        "marketplace_order_ids.extra",
    )
    def _compute_shopify_order(self):
        for sale in self:
            order = sale._shopify_order()
            sale.shopify_order_id = order
            sale.shopify_number = order.shopify_number
            sale.shopify_url = order.shopify_url
            sale.shopify_source = order.shopify_source
            sale.shopify_financial = order.shopify_financial
            sale.shopify_fulfilment = order.shopify_fulfilment
            sale.shopify_gateway = order.shopify_gateway
            sale.shopify_paid_in = order.shopify_paid_in
            sale.shopify_draft = order.shopify_draft
            sale.shopify_tags = order.shopify_tags
            sale.shopify_discounts = order.shopify_discounts
            sale.shopify_purchase_order = order.shopify_purchase_order
            sale.shopify_place_id = order.shopify_place_id
            sale.shopify_unpaid = order.status == "pending"

    @api.model
    def _search_shopify_number(self, operator, value):
        """Sales orders by the number in the shop; ``False`` finds all others."""
        if operator in fields.Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        wanted = [one for one in value if one] if operator == "in" else value
        found = self._shopify_orders([("number", operator, wanted)])
        domain = fields.Domain("id", "in", found.subselect("sale_order_id"))
        if operator == "in" and len(wanted) < len(list(value)):
            linked = self._shopify_orders([]).subselect("sale_order_id")
            domain |= fields.Domain("id", "not in", linked)
        return domain

    def _shopify_orders(self, domain):
        """Query of the ledger rows of Shopify that became sales orders."""
        own = fields.Domain([("provider", "=", "shopify"), ("sale_order_id", "!=", False)])
        return self.env["marketplace.order"].sudo()._search(own & fields.Domain(domain))

    def _shopify_order(self):
        """The order of Shopify that this sales order came from; empty for others."""
        return self.sudo().marketplace_order_ids.filtered(
            lambda order: order.provider == "shopify"
        )[:1]

    # === CANCELLATION === #

    def action_cancel(self):
        """Override of ``sale`` to ask why, and what becomes of goods and money."""
        if not any(order.locked for order in self) and self._shopify_needs_reason():
            return {
                "type": "ir.actions.act_window",
                "name": self.env._("Why is it cancelled?"),
                "res_model": "marketplace.shopify.cancel",
                "view_mode": "form",
                "target": "new",
                "context": {"default_sale_order_ids": self.ids},
            }
        return super().action_cancel()

    def _action_cancel(self):
        """Override of ``sale`` to see to it that every cancellation has a reason Shopify knows,
        also where nobody could be asked, or where another channel's reason was given."""
        given = self.env.context.get(REASON_KEY)
        if given in CANCEL_REASONS or not self.env["marketplace.account"]._shopify_used():
            return super()._action_cancel()
        usual = {}
        for sale in self:
            order = sale._shopify_order()
            tells = order and sale._shopify_tells_cancel(order)
            reason = order.account_id.shopify_cancel_reason if tells else given
            usual.setdefault(reason or False, []).append(sale.id)
        for reason, ids in usual.items():
            context = {REASON_KEY: reason} if reason else {}
            super(SaleOrder, self.browse(ids).with_context(**context))._action_cancel()
        return True

    def _shopify_needs_reason(self):
        """Orders among these for which a person should say why."""
        if self.env.context.get(REASON_KEY):
            return self.browse()
        if not self.env["marketplace.account"]._shopify_used():
            return self.browse()
        return self.filtered(
            lambda sale: (
                sale.state != "cancel" and sale._shopify_tells_cancel(sale._shopify_order())
            )
        )

    def _shopify_tells_cancel(self, order):
        """Whether the shop will hear of a cancellation here: not of what it cancelled itself."""
        return bool(
            order
            and order.account_id.state != "draft"
            and order.account_id.sync_order_status
            and order._outbound_allowed("cancelled")
        )

    # === ACTIONS === #

    def action_shopify_open(self):
        """Open the order in the shop's admin."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": self.shopify_url, "target": "new"}
