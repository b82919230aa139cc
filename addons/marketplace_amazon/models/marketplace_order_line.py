from odoo import api, models

from odoo.addons.marketplace.models.marketplace_order_line import Match


class MarketplaceOrderLine(models.Model):
    _inherit = "marketplace.order.line"

    @api.model
    def _match(self, account, lines):
        """Override of ``marketplace``: what no SKU finds is found by its ASIN."""
        matches = super()._match(account, lines)
        if account.provider != "amazon":
            return matches
        open_ones = {
            place: line.listing.extra["asin"]
            for place, (line, match) in enumerate(zip(lines, matches, strict=True))
            if line.kind == "product" and not match.product and line.listing.extra.get("asin")
        }
        if not open_ones:
            return matches
        found = self.env["marketplace.listing"].search(
            [
                ("account_id", "=", account.id),
                ("amazon_asin", "in", list(set(open_ones.values()))),
                ("amazon_is_parent", "=", False),
                ("product_id", "!=", False),
            ]
        )
        by_asin = found.grouped("amazon_asin")
        for place, asin in open_ones.items():
            if listings := by_asin.get(asin):
                products = listings.product_id
                several = len(products) if len(products) > 1 else 0
                matches[place] = Match(listings[0], listings[0].product_id, several)
        return matches
