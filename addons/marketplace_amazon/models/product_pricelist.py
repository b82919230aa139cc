from odoo import models


class ProductPricelist(models.Model):
    _inherit = "product.pricelist"

    def _accounts_priced_besides(self):
        """Override of ``marketplace``: each marketplace of Amazon may have its own pricelist."""
        markets = self.env["marketplace.amazon.market"].sudo()
        found = markets.search([("pricelist_id", "in", self.ids)])
        return super()._accounts_priced_besides() | found.account_id
