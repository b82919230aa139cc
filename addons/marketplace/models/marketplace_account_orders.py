from odoo import fields, models


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

    def _default_product(self, name):
        template = self.env.ref(f"marketplace.{name}", raise_if_not_found=False)
        return template.product_variant_id if template else False

    def _product_of(self, line_kind):
        """The service for a line that is no product: ``shipping``, ``wrap`` or ``fee``."""
        self.ensure_one()
        return self.shipping_product_id if line_kind == "shipping" else self.fee_product_id
