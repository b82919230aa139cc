import dataclasses

from odoo import api, fields, models

from odoo.addons.marketplace.snapshot import Nothing, Tell

from marketplace_adapters.amazon.const import ADJUSTMENT_REASONS, MARKETPLACES

# Amazon takes a cancellation of what is paid and has not left.
CANCELLABLE = ("confirmed",)
# Statuses in which an acknowledgement says something: before, the order is not paid yet.
ACKNOWLEDGEABLE = ("confirmed", "shipped")


class MarketplaceOrder(models.Model):
    """An order of Amazon.

    ::

        Pending    ─▶ quotation that holds its stock back; never confirmed, prices may be missing
        Unshipped  ─▶ confirmed, reserved, acknowledged with our number
        Shipped    ─▶ by our parcels, or by Amazon from its own store (FBA)
        Cancelled  ─▶ cancelled here; too late, and a person decides
    """

    _inherit = "marketplace.order"

    amazon_market_id = fields.Char("Marketplace ID", compute="_compute_amazon_extra")
    amazon_sales_channel = fields.Char("Sales channel", compute="_compute_amazon_extra")
    amazon_service_level = fields.Char("Shipping service", compute="_compute_amazon_extra")
    amazon_purchase_order = fields.Char(
        "Purchase order of the buyer", compute="_compute_amazon_extra"
    )
    amazon_prime = fields.Boolean("Prime", compute="_compute_amazon_extra")
    amazon_business = fields.Boolean(compute="_compute_amazon_extra")
    amazon_premium = fields.Boolean("Premium", compute="_compute_amazon_extra")
    amazon_fba = fields.Boolean(
        "FBA",
        compute="_compute_amazon_extra",
        search="_search_amazon_fba",
        help="Amazon keeps and delivers the goods.",
    )
    amazon_pending = fields.Boolean(
        "Not paid yet",
        compute="_compute_amazon_extra",
        search="_search_amazon_pending",
        help="Amazon has not released the order: its stock is held back, and prices may be "
        "missing.",
    )
    amazon_url = fields.Char("In Seller Central", compute="_compute_amazon_extra")

    # === COMPUTE METHODS === #

    @api.depends("extra", "provider", "stocked_by", "status", "external_id")
    def _compute_amazon_extra(self):
        for order in self:
            amazon = order.provider == "amazon"
            extra = (order.extra or {}) if amazon else {}
            order.amazon_market_id = extra.get("marketplace_id") or False
            order.amazon_sales_channel = extra.get("sales_channel") or False
            order.amazon_service_level = extra.get("ship_service_level") or False
            order.amazon_purchase_order = extra.get("purchase_order") or False
            order.amazon_prime = bool(extra.get("is_prime"))
            order.amazon_business = bool(extra.get("is_business"))
            order.amazon_premium = bool(extra.get("is_premium"))
            order.amazon_fba = amazon and order.stocked_by == "channel"
            order.amazon_pending = amazon and order.status == "pending"
            order.amazon_url = amazon and order._amazon_seller_central()

    def _amazon_seller_central(self):
        """The order's page, on the site of the marketplace where it was placed."""
        known = MARKETPLACES.get((self.extra or {}).get("marketplace_id") or "")
        domain = known.domain if known else self.account_id._amazon_home()._domain()
        if not (domain and self.external_id):
            return False
        return f"https://sellercentral.{domain}/orders-v3/order/{self.external_id}"

    @api.model
    def _search_amazon_fba(self, operator, value):
        return self._search_amazon(operator, value, [("stocked_by", "=", "channel")])

    @api.model
    def _search_amazon_pending(self, operator, value):
        return self._search_amazon(operator, value, [("status", "=", "pending")])

    def _search_amazon(self, operator, value, domain):
        if operator != "in":
            return NotImplemented
        own = fields.Domain("provider", "=", "amazon") & fields.Domain(domain)
        return fields.Domain.OR([own if one else ~own for one in value])

    # === HOOKS OF THE CORE === #

    @api.model
    def _confirms(self, account, order):
        """Override of ``marketplace``: what is not paid is never confirmed; its stock is held back
        by the quotation."""
        if account.provider == "amazon" and order.status.value == "pending":
            return False
        return super()._confirms(account, order)

    def _outbound_allowed(self, status):
        """Override of ``marketplace``: what Amazon delivers is Amazon's, and only what is paid and
        has not left can be cancelled."""
        if self.provider != "amazon":
            return super()._outbound_allowed(status)
        if self.stocked_by == "channel" or self.fulfilment == "channel":
            return False
        return status != "cancelled" or self.status in CANCELLABLE

    def _snapshot_acknowledge(self, item):
        """Override of ``marketplace``: Amazon takes our number of an order that is paid and that
        we deliver."""
        if self.provider != "amazon":
            return super()._snapshot_acknowledge(item)
        if self.fulfilment == "channel" or self.stocked_by == "channel":
            return Nothing(self.env._("Amazon delivers this order itself."))
        if self.hands_off or self.status not in ACKNOWLEDGEABLE:
            return Nothing(self.env._("Amazon takes an acknowledgement of open orders alone."))
        return super()._snapshot_acknowledge(item)

    def _snapshot_credit_note(self, move):
        """Override of ``marketplace`` to give one of Amazon's reasons.

        It is no part of what is remembered: money that was given back is never told again because
        its reason changed.
        """
        tell = super()._snapshot_credit_note(move)
        if self.provider != "amazon" or not isinstance(tell, Tell):
            return tell
        reason = move.amazon_refund_reason or self.account_id.amazon_refund_reason
        reason = reason if reason in ADJUSTMENT_REASONS else None
        return Tell(dataclasses.replace(tell.state, reason=reason), tell.values)

    @api.model
    def _acknowledged(self, items):
        """Override of ``marketplace``: a cancellation that Amazon took is its status now."""
        result = super()._acknowledged(items)
        for item in items.filtered(lambda one: one.order_id.provider == "amazon"):
            if item.kind == "cancel":
                item.order_id.raw_status = "CANCELLED"
        return result

    # === PENDING ORDERS === #

    def _amazon_release(self):
        """Amazon has a pending order no more: its quotation lets its stock go."""
        for order in self:
            sale = order.sale_order_id
            order.write({"status": "cancelled", "raw_status": "GONE"})
            if sale.state in ("draft", "sent"):
                sale._action_cancel()
                sale._message_log(
                    body=self.env._(
                        "%s no longer has this order, which was never paid: its stock is free "
                        "again.",
                        order.account_id.name,
                    )
                )
