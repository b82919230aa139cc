from odoo import fields, models


class MarketplacePartner(models.Model):
    """A contact as one account knows it."""

    _name = "marketplace.partner"
    _description = "Marketplace Partner Link"
    _rec_name = "external_id"

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", index=True
    )
    provider = fields.Selection(related="account_id.provider", store=True)
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    external_id = fields.Char("External Partner ID", required=True)
    partner_id = fields.Many2one("res.partner", required=True, ondelete="cascade", index=True)
    customer_type = fields.Selection(
        [("b2c", "Consumer"), ("b2b", "Business"), ("supplier", "Supplier")], default="b2c"
    )
    last_sync_date = fields.Datetime(default=fields.Datetime.now)

    _external_unique = models.Constraint(
        "UNIQUE (account_id, external_id)",
        "This external id is linked to another contact of the same account.",
    )
