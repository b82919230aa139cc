from odoo import api, fields, models

from .product_template import recorded_values, search_sync_status, worst_status


class ProductProduct(models.Model):
    _inherit = "product.product"

    marketplace_listing_ids = fields.One2many(
        "marketplace.listing",
        "product_id",
        "Marketplace listings",
        groups="marketplace.group_user,marketplace.group_engine",
    )
    marketplace_sync_status = fields.Selection(
        [("pending", "Pending"), ("synced", "Synced"), ("error", "Error")],
        "Marketplace status",
        compute="_compute_marketplace_sync",
        search="_search_marketplace_sync_status",
        groups="marketplace.group_user,marketplace.group_engine",
        help="Empty when no marketplace sells it.",
    )
    marketplace_last_sync_date = fields.Datetime(
        "Last marketplace sync",
        compute="_compute_marketplace_sync",
        groups="marketplace.group_user,marketplace.group_engine",
    )

    # === COMPUTE METHODS === #

    @api.depends("marketplace_listing_ids.sync_status", "marketplace_listing_ids.last_sync_date")
    def _compute_marketplace_sync(self):
        for record in self:
            listings = record.marketplace_listing_ids
            record.marketplace_sync_status = worst_status(listings)
            record.marketplace_last_sync_date = max(
                filter(None, listings.mapped("last_sync_date")), default=False
            )

    @api.model
    def _search_marketplace_sync_status(self, operator, value):
        return search_sync_status(operator, value, "marketplace_listing_ids")

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        products = super().create(vals_list)
        self.env["marketplace.recorder"]._record_create(products)
        return products

    def write(self, vals):
        recorder = self.env["marketplace.recorder"]
        # What belongs to the template is recorded there, by its own write (R22).
        own = [name for name in vals if name in self._fields and not self._fields[name].inherited]
        if not own or not recorder._enabled():
            return super().write(vals)
        values = recorded_values(self, vals)
        result = super().write(vals)
        recorder._record_write(self, own, values)
        return result

    def unlink(self):
        recorder = self.env["marketplace.recorder"]
        if recorder._enabled():
            recorder._record_unlink(self, self._marketplace_identity())
        self._marketplace_detach()
        return super().unlink()

    def _marketplace_detach(self):
        """Listings outlive their products. The database would detach them as well, but stumbles
        when it deletes the variants with their template and a listing is of this transaction."""
        self.env["marketplace.listing"].sudo().with_context(active_test=False).search(
            [("product_id", "in", self.ids)]
        ).write({"product_id": False})

    def _marketplace_identity(self):
        """What identifies variants once they are gone (X1): with the external ids of every
        account.

        :return: {variant id: sku, barcode, template_id, listings}
        """
        listings = (
            self.env["marketplace.listing"]
            .sudo()
            .search([("product_id", "in", self.ids)])
            .grouped("product_id")
        )
        return {
            product.id: {
                "sku": product.default_code or None,
                "barcode": product.barcode or None,
                "template_id": product.product_tmpl_id.id,
                "listings": [
                    {
                        "listing_id": listing.id,
                        "account_id": listing.account_id.id,
                        "external_id": listing.external_id or None,
                    }
                    for listing in listings.get(product, ())
                ],
            }
            for product in self
        }

    # === ACTIONS === #

    def action_marketplace_sync(self):
        """Tell every channel the present state of these variants (Sync Now)."""
        self.marketplace_listing_ids._request()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The channels are being told."),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    sync_to_marketplace = action_marketplace_sync
