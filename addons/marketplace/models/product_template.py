from odoo import api, fields, models
from odoo.fields import Domain

from ..const import VALUE_FIELDS


def recorded_values(records, vals):
    """Short old and new values of the few fields worth keeping (X2), before they are written.

    :return: {record id: {field: [old, new]}}
    """
    names = [name for name in VALUE_FIELDS if name in vals and name in records._fields]
    if not names:
        return {}
    return {record.id: {name: (record[name], vals[name]) for name in names} for record in records}


class ProductTemplate(models.Model):
    _inherit = "product.template"

    marketplace_listing_ids = fields.One2many(
        "marketplace.listing",
        "product_tmpl_id",
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
        templates = super().create(vals_list)
        self.env["marketplace.recorder"]._record_create(templates)
        return templates

    def write(self, vals):
        recorder = self.env["marketplace.recorder"]
        if not vals or not recorder._enabled():
            return super().write(vals)
        values = recorded_values(self, vals)
        result = super().write(vals)
        recorder._record_write(self, vals, values)
        return result

    def unlink(self):
        recorder = self.env["marketplace.recorder"]
        variants = self.with_context(active_test=False).product_variant_ids
        if recorder._enabled():
            recorder._record_unlink(variants, variants._marketplace_identity())
            recorder._record_unlink(self, self._marketplace_identity())
        variants._marketplace_detach()
        return super().unlink()

    def _marketplace_identity(self):
        """What identifies templates once they are gone; their listings go with the variants."""
        return {
            template.id: {
                "sku": template.default_code or None,
                "barcode": template.barcode or None,
                "template_id": template.id,
            }
            for template in self
        }

    # === ACTIONS === #

    def action_marketplace_sync(self):
        """Tell every channel the present state of these products (Sync Now)."""
        return self.product_variant_ids.action_marketplace_sync()

    sync_to_marketplace = action_marketplace_sync


def worst_status(listings):
    """One status for several listings; empty without any."""
    statuses = set(listings.mapped("sync_status"))
    return next((one for one in ("error", "pending", "synced") if one in statuses), False)


def search_sync_status(operator, value, path):
    """Domain of the records whose worst listing has one of these statuses."""
    if operator not in ("in", "not in"):
        return NotImplemented

    def having(status):
        return Domain(path, "any", [("sync_status", "=", status)])

    domains = {
        "error": having("error"),
        "pending": having("pending") & ~having("error"),
        "synced": having("synced") & ~having("pending") & ~having("error"),
        False: Domain(path, "=", False),
    }
    domain = Domain.OR([domains[one] for one in domains if one in set(value)])
    return domain if operator == "in" else ~domain
