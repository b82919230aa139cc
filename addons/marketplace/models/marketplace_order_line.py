from dataclasses import dataclass
from typing import Any

from odoo import api, fields, models

# Before the sales order line's id: a line that was added here and told, while the channel has not
# told the id that it has there.
ADDED = "added:"


@dataclass(slots=True)
class Match:
    """What a line of a channel's order means here.

    :param listing: record, empty when only a product was found.
    :param product: record, empty when nothing was found.
    :param ambiguous: how many listings or products it could be, when more than one.
    """

    listing: Any
    product: Any
    ambiguous: int = 0


class MarketplaceOrderLine(models.Model):
    """A line of a channel's order, and the sales order line it became."""

    _name = "marketplace.order.line"
    _description = "Marketplace Order Line"
    _order = "order_id, id"
    _rec_name = "title"

    order_id = fields.Many2one("marketplace.order", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="order_id.currency_id")
    external_id = fields.Char("Id on the channel", required=True)
    listing_id = fields.Many2one("marketplace.listing", ondelete="set null")
    sale_line_id = fields.Many2one(
        "sale.order.line", index="btree_not_null", ondelete="set null", string="Sales order line"
    )
    title = fields.Char("Product on the channel")
    quantity = fields.Float(digits="Product Unit")
    unit_price = fields.Float("Unit price", min_display_digits="Product Price")
    unit = fields.Char("Sales unit")
    unit_count = fields.Float("Pieces per unit", default=1)
    pieces = fields.Float(
        default=1.0, digits=0, help="In the product's own unit, for one unit of the channel."
    )
    sale_price = fields.Float(
        "Price in Odoo", digits=0, help="As imported; another one means somebody changed it."
    )
    seller_discount = fields.Monetary("Seller's discount")
    channel_discount = fields.Monetary("Channel's discount")
    comment = fields.Char()

    _external_unique = models.Constraint(
        "UNIQUE (order_id, external_id)", "This line of the order is already here."
    )

    # === LINES THAT WERE ADDED HERE === #

    def _is_added(self):
        """Whether the channel has not told the id of this line yet."""
        self.ensure_one()
        return self.external_id.startswith(ADDED)

    def _adopt(self, account, lines):
        """Give lines that were added here the ids that the channel has for them.

        Of several of the same product the one with the same quantity and price is taken first.

        :param lines: the channel's product lines that no row has yet, as
            :class:`marketplace_adapters.core.OrderLine`.
        """
        waiting = self.filtered(lambda row: row._is_added())
        if not waiting or not lines:
            return
        found = list(zip(lines, self._match(account, lines), strict=True))
        for row in waiting:
            product = row.listing_id.product_id or row.sale_line_id.product_id
            same = [pair for pair in found if pair[1].product and pair[1].product == product]
            if not same:
                continue
            best = min(
                same,
                key=lambda pair, row=row: (
                    pair[1].listing != row.listing_id,
                    abs(float(pair[0].quantity) - row.quantity) > 1e-6,
                    abs(float(pair[0].unit_price) - row.unit_price) > 1e-9,
                ),
            )
            found.remove(best)
            row.external_id = best[0].external_id

    # === MATCHING === #

    @api.model
    def _match(self, account, lines):
        """Listing and product of lines: by external id, else by our own id, else by SKU, else by
        barcode, on this account; a product that is not listed yet by its SKU or barcode.

        :param lines: list of :class:`marketplace_adapters.core.OrderLine`.
        :return: list of :class:`Match`; at most one query for each way, whatever the number.
        """
        found = [None] * len(lines)
        for name in ("external_id", "internal_id", "sku", "barcode"):
            self._match_listings(account, lines, found, name)
        for name, column in (("sku", "default_code"), ("barcode", "barcode")):
            self._match_products(account, lines, found, name, column)
        listings, products = self.env["marketplace.listing"], self.env["product.product"]
        return [match or Match(listings, products) for match in found]

    def _match_listings(self, account, lines, found, name):
        wanted = _wanted(lines, found, name)
        if not wanted:
            return
        path = "product_id.barcode" if name == "barcode" else name
        listings = (
            self.env["marketplace.listing"]
            .with_context(active_test=False)
            .search([("account_id", "=", account.id), (path, "in", list(wanted))])
        )
        by_value = {}
        for listing in listings:
            by_value.setdefault(listing[name], []).append(listing)
        for position, value in _positions(lines, found, name):
            candidates = _best(by_value.get(value, []), lines[position])
            if candidates:
                found[position] = Match(
                    candidates[0], candidates[0].product_id, _count_if_several(candidates)
                )

    def _match_products(self, account, lines, found, name, column):
        wanted = _wanted(lines, found, name)
        if not wanted:
            return
        products = self.env["product.product"].search(
            [
                (column, "in", list(wanted)),
                ("company_id", "in", [False, account.company_id.id]),
            ]
        )
        by_value = {}
        for product in products:
            by_value.setdefault(product[column], []).append(product)
        for position, value in _positions(lines, found, name):
            candidates = by_value.get(value, [])
            if candidates:
                found[position] = Match(
                    self.env["marketplace.listing"], candidates[0], _count_if_several(candidates)
                )


def _positions(lines, found, name):
    """(position, identifier) of the product lines that are still to be found."""
    return [
        (position, getattr(line.listing, name))
        for position, line in enumerate(lines)
        if found[position] is None and line.kind == "product" and getattr(line.listing, name)
    ]


def _wanted(lines, found, name):
    return {value for _position, value in _positions(lines, found, name)}


def _count_if_several(candidates):
    return len(candidates) if len(candidates) > 1 else 0


def _best(listings, line):
    """Of several listings of one SKU: those that are offered, in the unit that was sold."""
    if len(listings) > 1:
        listings = [listing for listing in listings if listing.active] or listings
    if len(listings) > 1:
        listings = [one for one in listings if one.unit_count == line.unit_count] or listings
    return listings
