from odoo import models


class MarketplaceCatalogueImport(models.Model):
    """The opening stock: what the channel says, as counts that a person checks and applies."""

    _inherit = "marketplace.catalogue.import"

    def _prepare_stock(self, plan, listings):
        """Draft counts of the variants of one product.

        :return: notes of what was left out.
        """
        counts, notes = [], []
        variants = {listing.external_id or listing.sku: listing.product_id for listing in listings}
        for line in plan.lines:
            variant = variants.get(line.external_id or line.sku)
            if not variant or not variant.is_storable:
                continue
            for location, quantity, missing in self._counted(line):
                if not quantity:
                    continue
                if missing:
                    notes.append(
                        self.env._(
                            "%(quantity)s of %(sku)s at %(place)s were left out: say which "
                            "location of Odoo that is.",
                            quantity=f"{quantity:g}",
                            sku=line.sku or line.external_id,
                            place=missing,
                        )
                    )
                    continue
                counts.append(
                    {
                        "product_id": variant.id,
                        "location_id": location.id,
                        "inventory_quantity": quantity,
                    }
                )
        quants = self.env["stock.quant"].with_context(
            inventory_mode=True,
            marketplace_quiet=True,
            allowed_company_ids=[self.company_id.id],
        )
        quants.create(counts)
        return notes

    def _counted(self, line):
        """:return: list of (location, quantity, name of a place that is not known here)"""
        account = self.account_id
        if not line.by_location:
            location = account.location_ids[:1] or account.warehouse_id.lot_stock_id
            return [(location, line.quantity, "")]
        result = []
        for external_id, quantity in line.by_location.items():
            place = account._place(external_id)
            location = place.location_ids[:1]
            result.append(
                (location, float(quantity), "" if location else place.name or external_id)
            )
        return result

    def action_stock(self):
        """The counts that were prepared, to be checked and applied."""
        self.ensure_one()
        products = self.item_ids.product_tmpl_id.product_variant_ids
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Opening stock"),
            "res_model": "stock.quant",
            "views": [
                (self.env.ref("stock.view_stock_quant_tree_inventory_editable").id, "list"),
            ],
            "domain": [
                ("product_id", "in", products.ids),
                ("location_id.usage", "in", ("internal", "transit")),
                ("inventory_quantity_set", "=", True),
            ],
            "context": {"inventory_mode": True, "no_at_date": True},
        }
