from odoo import models


class MarketplaceListing(models.Model):
    """Linking in bulk: what one save does for one listing is done once for all of them."""

    _inherit = "marketplace.listing"

    def _solve_unknown(self):
        """Override of the save's own step: :meth:`_linked` does it for the whole batch."""
        if not self.env.context.get("marketplace_linking"):
            super()._solve_unknown()

    def _request(self):
        """Override of the save's own step: linking tells the channel nothing by itself."""
        if not self.env.context.get("marketplace_linking"):
            super()._request()

    def _linked(self, *, send_now=False):
        """Listings were linked in bulk: orders that wait for their products can go on.

        :param send_now: tell the channel product, price and stock of them.
        """
        listings = self.with_context(marketplace_linking=False)
        listings._solve_unknown()
        if send_now:
            listings._request()
