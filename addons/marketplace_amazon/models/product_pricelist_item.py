from odoo import models


class ProductPricelistItem(models.Model):
    _inherit = "product.pricelist.item"

    def _record_price(self):
        """Override of ``marketplace``: pricelists of further marketplaces of Amazon count as well.

        A rule of one product concerns that product; any other one the whole account, of which only
        what differs is sent.
        """
        super()._record_price()
        recorder = self.env["marketplace.recorder"]
        if not recorder._enabled():
            return
        markets = self.env["marketplace.amazon.market"].sudo()
        for item in self:
            pricelists = item.pricelist_id | item.pricelist_id._marketplace_dependents()
            found = markets.search([("pricelist_id", "in", pricelists.ids)])
            accounts = found.account_id.filtered(lambda one: one.state != "draft")
            products = item.product_id or item.product_tmpl_id.product_variant_ids
            if accounts and products:
                recorder._record_write(products, ["pricelist"])
            else:
                for account in accounts:
                    account._request_products()
