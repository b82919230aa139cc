from odoo import models


class ProductPricelistItem(models.Model):
    _inherit = "product.pricelist.item"

    def _record_price(self):
        """Override of ``marketplace``: pricelists that a shop compares with or that fill its price
        lists count as well.

        A rule of one product concerns that product; any other one the whole account, of which only
        what differs is sent.
        """
        super()._record_price()
        recorder = self.env["marketplace.recorder"]
        if not recorder._enabled():
            return
        markets = self.env["marketplace.shopify.market"].sudo()
        accounts = self.env["marketplace.account"].sudo()
        for item in self:
            pricelists = item.pricelist_id | item.pricelist_id._marketplace_dependents()
            found = markets.search([("pricelist_id", "in", pricelists.ids)]).account_id
            found |= accounts.search([("shopify_compare_pricelist_id", "in", pricelists.ids)])
            found = found.filtered(lambda one: one.state != "draft")
            products = item.product_id or item.product_tmpl_id.product_variant_ids
            if found and products:
                recorder._record_write(products, ["pricelist"])
            else:
                for account in found:
                    account._request_products()
