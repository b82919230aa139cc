from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    marketplace_partner_ids = fields.One2many(
        "marketplace.partner",
        "partner_id",
        "Marketplace links",
        groups="marketplace.group_user,marketplace.group_engine",
    )
    marketplace_sync_status = fields.Selection(
        [("pending", "Pending"), ("synced", "Synced"), ("error", "Error")],
        "Marketplace status",
        compute="_compute_marketplace",
        search="_search_marketplace_sync_status",
        compute_sudo=True,
        help="Empty for contacts that no channel knows.",
    )
    marketplace_customer_type = fields.Selection(
        [("b2c", "Consumer"), ("b2b", "Business"), ("supplier", "Supplier")],
        "Marketplace customer type",
        compute="_compute_marketplace",
        inverse="_inverse_marketplace_customer_type",
        search="_search_marketplace_customer_type",
        compute_sudo=True,
    )
    last_customer_sync_date = fields.Datetime(
        "Last news of a channel",
        compute="_compute_marketplace",
        search="_search_last_customer_sync_date",
        compute_sudo=True,
    )

    @api.depends("marketplace_partner_ids.customer_type", "marketplace_partner_ids.last_sync_date")
    def _compute_marketplace(self):
        """From the links; an order of the contact that waits for a person is an error."""
        links = self.env["marketplace.partner"].search([("partner_id", "in", self.ids)])
        by_partner = links.grouped("partner_id")
        troubled = self._marketplace_troubled()
        for partner in self:
            own = by_partner.get(partner._origin, links.browse())
            partner.marketplace_customer_type = own[:1].customer_type
            partner.last_customer_sync_date = max(
                filter(None, own.mapped("last_sync_date")), default=False
            )
            if not own:
                partner.marketplace_sync_status = False
            else:
                partner.marketplace_sync_status = (
                    "error" if partner._origin.id in troubled else "synced"
                )

    def _marketplace_troubled(self):
        """Ids of contacts with an order of a channel that waits for a person."""
        orders = (
            self.env["marketplace.order"]
            .sudo()
            .search([("partner_id", "in", self.ids), ("attention", "!=", False)])
        )
        return set(orders.partner_id.ids)

    def _inverse_marketplace_customer_type(self):
        for partner in self:
            partner.sudo().marketplace_partner_ids.customer_type = partner.marketplace_customer_type

    @api.model
    def _search_marketplace_sync_status(self, operator, value):
        if operator != "in":
            return NotImplemented
        links = self.env["marketplace.partner"].sudo()
        orders = self.env["marketplace.order"].sudo()
        linked = links._search([]).subselect("partner_id")
        troubled = orders._search([("attention", "!=", False)]).subselect("partner_id")
        clauses = []
        if False in value:
            clauses.append([("id", "not in", linked)])
        if "error" in value:
            clauses.append(["&", ("id", "in", linked), ("id", "in", troubled)])
        if "synced" in value:
            clauses.append(["&", ("id", "in", linked), "!", ("id", "in", troubled)])
        return fields.Domain.OR(clauses)

    @api.model
    def _search_marketplace_customer_type(self, operator, value):
        return self._search_marketplace_link("customer_type", operator, value)

    @api.model
    def _search_last_customer_sync_date(self, operator, value):
        return self._search_marketplace_link("last_sync_date", operator, value)

    @api.model
    def _search_marketplace_link(self, field, operator, value):
        if operator in fields.Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        links = self.env["marketplace.partner"].sudo()
        clauses = []
        if operator == "in" and False in value:
            value = [one for one in value if one is not False]
            clauses.append([("id", "not in", links._search([]).subselect("partner_id"))])
        found = links._search([(field, operator, value)])
        clauses.append([("id", "in", found.subselect("partner_id"))])
        return fields.Domain.OR(clauses)
