from odoo import models


class ProductPricelist(models.Model):
    _inherit = "product.pricelist"

    def _accounts_priced_besides(self):
        """Override of ``marketplace``: pricelists that fill a shop's price lists, and those it
        compares with."""
        found = super()._accounts_priced_besides()
        markets = self.env["marketplace.shopify.market"].sudo()
        found |= markets.search([("pricelist_id", "in", self.ids)]).account_id
        return found | found.search([("shopify_compare_pricelist_id", "in", self.ids)])
