from odoo import fields, models

# Setting → beginning of the codes of causes that it may solve.
UNLOCKS = {
    "total_tolerance": "total_mismatch",
    "price_tax": "total_mismatch",
    "unknown_line": "unknown_product:",
    "shipping_product_id": "no_product_for:",
    "fee_product_id": "no_product_for:",
    "tax_product_id": "no_product_for:",
    "rounding_product_id": "no_rounding_product",
}


class MarketplaceAccount(models.Model):
    """How the orders of an account come in: what its policies need beyond the basics."""

    _inherit = "marketplace.account"

    confirm_on = fields.Selection(
        [
            ("received", "As soon as it arrives"),
            ("confirmed", "Once the channel has confirmed it"),
        ],
        "Confirm an order",
        default="received",
        required=True,
        help="In mode Full. On channels where the seller approves orders, confirming approves. "
        "Until it is confirmed, an order is a quotation.",
    )
    validate_delivery = fields.Selection(
        [
            ("never", "Never: a person validates"),
            ("channel", "Of orders that the channel delivers"),
            ("always", "Of all orders"),
        ],
        "Validate deliveries",
        default="channel",
        required=True,
        help="When the channel says that an order was delivered.",
    )
    live_since = fields.Datetime(
        "Live since",
        default=fields.Datetime.now,
        copy=False,
        help="Orders that were placed before and had left before are imported to be seen: they "
        "reserve and move no stock.",
    )
    shipping_product_id = fields.Many2one(
        default=lambda self: self._default_product("product_shipping")
    )
    rounding_product_id = fields.Many2one(
        default=lambda self: self._default_product("product_rounding")
    )
    fee_product_id = fields.Many2one(
        "product.product",
        "Fee product",
        domain="[('type', '=', 'service')]",
        default=lambda self: self._default_product("product_fee"),
        help="For fees, gift wrap and other lines that are no product.",
    )

    tax_product_id = fields.Many2one(
        "product.product",
        "Tax of the channel",
        domain="[('type', '=', 'service')]",
        default=lambda self: self._default_product("product_tax"),
        help="For tax that the channel collects and pays itself: part of what the buyer pays, none "
        "of your own.",
    )
    hold_quotations = fields.Boolean(
        "Hold back stock of quotations",
        default=True,
        help="Orders of channels that are not confirmed here yet are not offered once more.",
    )

    def write(self, vals):
        """Override to let orders go on that waited for what is set now."""
        result = super().write(vals)
        prefixes = [prefix for name, prefix in UNLOCKS.items() if name in vals]
        for account in self if prefixes else ():
            for prefix in prefixes:
                self.env["marketplace.cause"].sudo()._solve_prefix(account, prefix)
        return result

    def _default_product(self, name):
        template = self.env.ref(f"marketplace.{name}", raise_if_not_found=False)
        return template.product_variant_id if template else False

    def _product_of(self, line_kind):
        """The service for a line that is no product: ``shipping``, ``wrap``, ``fee``, ``tax``."""
        self.ensure_one()
        own = {"shipping": self.shipping_product_id, "tax": self.tax_product_id}
        return own.get(line_kind, self.fee_product_id)
