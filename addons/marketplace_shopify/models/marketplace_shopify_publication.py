from odoo import api, fields, models


class MarketplaceShopifyPublication(models.Model):
    """A sales channel of the shop: online store, point of sale, another app."""

    _name = "marketplace.shopify.publication"
    _description = "Shopify Sales Channel"
    _order = "account_id, id"

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    external_id = fields.Char("Id in the shop", required=True)
    publish = fields.Boolean("New products", help="Products that Odoo makes are shown there.")

    _external_unique = models.Constraint(
        "UNIQUE (account_id, external_id)", "This sales channel is already here."
    )

    # === CRUD METHODS === #

    def write(self, vals):
        result = super().write(vals)
        if {"active", "publish"} & vals.keys():
            for account in self.account_id:
                if account.state != "draft":
                    account.sudo()._request_products()
        return result

    @api.model
    def _take_over(self, account, publications):
        """The sales channels that a shop has now; the first one ever seen gets new products.

        :param publications: (id, name) of each.
        """
        known = account.with_context(active_test=False).shopify_publication_ids
        first = not known
        by_id = known.grouped("external_id")
        for external_id, name in publications:
            found = by_id.pop(external_id, None)
            if found is None:
                self.create(
                    {
                        "account_id": account.id,
                        "external_id": external_id,
                        "name": name,
                        "publish": first,
                    }
                )
                first = False
            elif found.name != name or not found.active:
                found.write({"name": name, "active": True})
        for gone in by_id.values():
            gone.active = False
