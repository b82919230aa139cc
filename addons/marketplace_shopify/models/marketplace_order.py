import dataclasses

from odoo import api, fields, models

from odoo.addons.marketplace.snapshot import Nothing, Tell

from marketplace_adapters.shopify.const import CANCEL_REASONS

# Shopify takes a cancellation of what has not left.
CANCELLABLE = ("pending", "hold", "confirmed")
# Of orders of the shop floor nobody asks how risky they are.
FLOOR = "pos"
DRAFT_PREFIX = "draft-"


class MarketplaceOrder(models.Model):
    """An order of a shop.

    ::

        placed, not paid   ─▶ quotation that holds its stock back (the account may confirm it)
        paid, authorised   ─▶ confirmed, reserved, tagged with our number
        fulfilled          ─▶ by our parcels, each for its fulfilment orders
        draft order        ─▶ quotation; the order that it becomes is another one
    """

    _inherit = "marketplace.order"

    shopify_number = fields.Char("Number in the shop", compute="_compute_shopify_extra")
    shopify_source = fields.Char(
        "Sold through", compute="_compute_shopify_extra", help="web, pos, draft or an app's name."
    )
    shopify_financial = fields.Char("Payment", compute="_compute_shopify_extra")
    shopify_fulfilment = fields.Char("Fulfilment", compute="_compute_shopify_extra")
    shopify_gateway = fields.Char("Paid by", compute="_compute_shopify_extra")
    shopify_draft = fields.Boolean("Draft order", compute="_compute_shopify_extra")
    shopify_tags = fields.Char("Shopify tags", compute="_compute_shopify_extra")
    shopify_discounts = fields.Char("Discount codes", compute="_compute_shopify_extra")
    shopify_purchase_order = fields.Char("Purchase order", compute="_compute_shopify_extra")
    shopify_paid_in = fields.Char(
        "In the other currency",
        compute="_compute_shopify_extra",
        help="What the buyer paid in, or the shop's own, where these are two.",
    )
    shopify_gift_cards = fields.Char("Paid by gift card", compute="_compute_shopify_extra")
    shopify_terms = fields.Char("Terms of payment", compute="_compute_shopify_extra")
    shopify_fulfilment_orders = fields.Text(
        "Fulfilment orders",
        compute="_compute_shopify_extra",
        help="How the shop divides what is to be delivered among its locations.",
    )
    shopify_place_id = fields.Many2one(
        "marketplace.place", "Sold at", compute="_compute_shopify_extra"
    )
    shopify_url = fields.Char("In the shop", compute="_compute_shopify_extra")

    # === COMPUTE METHODS === #

    @api.depends("extra", "provider", "external_id", "number")
    def _compute_shopify_extra(self):
        for order in self:
            shop = order.provider == "shopify"
            extra = (order.extra or {}) if shop else {}
            order.shopify_number = (extra.get("number") or order.number) if shop else False
            order.shopify_source = extra.get("source_name") or False
            order.shopify_financial = _words(extra.get("financial_status"))
            order.shopify_fulfilment = _words(extra.get("fulfillment_status"))
            order.shopify_gateway = _joined(extra.get("gateway"))
            order.shopify_draft = shop and (order.external_id or "").startswith(DRAFT_PREFIX)
            order.shopify_tags = _joined(extra.get("tags"))
            order.shopify_discounts = _joined(extra.get("discount_codes"))
            order.shopify_purchase_order = extra.get("po_number") or False
            order.shopify_paid_in = order._shopify_paid_in(extra)
            order.shopify_gift_cards = extra.get("gift_cards") or False
            order.shopify_terms = extra.get("payment_terms") or False
            order.shopify_fulfilment_orders = order._shopify_parts(extra)
            place = str(extra.get("location_id") or "")
            order.shopify_place_id = order.account_id._place(place) if place else False
            order.shopify_url = shop and order._shopify_page(extra)

    def _shopify_paid_in(self, extra):
        currency = extra.get("other_currency")
        return f"{extra.get('other_total') or ''} {currency}".strip() if currency else False

    def _shopify_parts(self, extra):
        """A line for each fulfilment order: where, its state, what is still to go."""
        parts = extra.get("fulfillment_orders")
        return "\n".join(self._shopify_part(one) for one in parts or ()) or False

    def _shopify_part(self, part):
        states = {
            "open": self.env._("open"),
            "in_progress": self.env._("in progress"),
            "scheduled": self.env._("scheduled"),
            "on_hold": self.env._("on hold"),
            "closed": self.env._("closed"),
            "incomplete": self.env._("incomplete"),
            "cancelled": self.env._("cancelled"),
        }
        place = self.account_id._place(part["location"]).name or part["location"]
        words = {
            "place": place or self.env._("No location"),
            "state": states.get(part["status"], part["status"]),
            "number": part["id"],
        }
        if not part["left"]:
            return self.env._("%(place)s: %(state)s (%(number)s)", **words)
        return self.env._(
            "%(place)s: %(state)s, %(left)s to deliver (%(number)s)", left=part["left"], **words
        )

    def _shopify_page(self, extra):
        """The order's page in the shop's admin."""
        number = (self.external_id or "").removeprefix(DRAFT_PREFIX)
        kind = "draft_orders" if self.shopify_draft else "orders"
        path = extra.get("admin_path") or (f"{kind}/{number}" if number else "")
        return bool(path) and self.account_id._shopify_admin_url(path)

    # === HOOKS OF THE CORE === #

    @api.model
    def _confirms(self, account, order):
        """Override of ``marketplace``: what is not paid, and a draft, is never confirmed; its stock
        is held back by the quotation."""
        if account.provider == "shopify" and order.status.value == "pending":
            return False
        return super()._confirms(account, order)

    @api.model
    def _waits_for_risk(self, account, order):
        """Override of ``marketplace``: webhooks say nothing of the risk of an order, and Shopify's
        own analysis takes a moment as well; the list of orders tells it."""
        if account.provider != "shopify":
            return super()._waits_for_risk(account, order)
        return (
            not order.risk
            and order.status.value in CANCELLABLE
            and not order.test
            and not order.external_id.startswith(DRAFT_PREFIX)
            and order.extra.get("source_name") != FLOOR
        )

    @api.model
    def _told_in_part(self, account, order):
        """Override of ``marketplace``: nor do webhooks say from which of several locations an
        order is delivered."""
        if super()._told_in_part(account, order):
            return True
        if account.provider != "shopify" or len(account.place_ids.filtered("active")) < 2:
            return False
        return (
            order.status.value in CANCELLABLE
            and not order.external_id.startswith(DRAFT_PREFIX)
            and not order.extra.get("fulfillment_orders")
            and not any(line.location for line in order.lines)
        )

    def _outbound_allowed(self, status):
        """Override of ``marketplace``: of a draft order nothing is told, and only what has not
        left can be cancelled."""
        if self.provider != "shopify":
            return super()._outbound_allowed(status)
        if (self.external_id or "").startswith(DRAFT_PREFIX):
            return False
        return status != "cancelled" or self.status in CANCELLABLE

    def _snapshot_acknowledge(self, item):
        """Override of ``marketplace``: a draft order takes no number of ours."""
        if self.provider == "shopify" and (self.external_id or "").startswith(DRAFT_PREFIX):
            return Nothing(self.env._("A draft order is not told our number."))
        return super()._snapshot_acknowledge(item)

    def _snapshot_cancel(self, item):
        """Override of ``marketplace``: Shopify knows six reasons and wants one of them."""
        tell = super()._snapshot_cancel(item)
        if self.provider != "shopify" or not isinstance(tell, Tell):
            return tell
        reason = tell.state.reason
        if reason not in CANCEL_REASONS:
            reason = self.account_id.shopify_cancel_reason or "OTHER"
        note = self.env._("Cancelled in Odoo: %s", self.sale_order_id.name or self.number)
        state = dataclasses.replace(tell.state, reason=reason, note=note)
        return Tell(state, {**tell.values, "reason": reason})


def _words(text):
    """``PARTIALLY_REFUNDED`` → ``Partially refunded``."""
    return str(text).replace("_", " ").capitalize() if text else False


def _joined(value):
    """A list, or text, as one line."""
    if isinstance(value, (list, tuple)):
        value = ", ".join(str(one) for one in value)
    return value or False
