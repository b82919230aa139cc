import requests

from odoo import models

TIMEOUT = 30


class ProductTemplate(models.Model):
    """The usual way: each change is a job of its own, each job a call of its own.

    Fair to it: the job reads as little as it can, the call is the one the suite makes (one row
    instead of a hundred), and nothing is logged.
    """

    _inherit = "product.template"

    def write(self, vals):
        result = super().write(vals)
        if "list_price" in vals:
            for template in self:
                template.with_delay()._bench_export_price()
        return result

    def _bench_export_price(self):
        """Tell the channel the price of this product."""
        parameters = self.env["ir.config_parameter"].sudo()
        response = requests.post(
            parameters.get_param("bench_peer.url") + "/api/v1/supplier-product/bulk-update",
            json=[
                {
                    "internal_product_id": str(product.id),
                    "selling_price": f"{product.lst_price:.2f}",
                }
                for product in self.product_variant_ids
            ],
            headers={"AuthorizationToken": parameters.get_param("bench_peer.token")},
            timeout=TIMEOUT,
        )
        response.raise_for_status()
