from odoo import fields, models


class MarketplaceCursor(models.Model):
    """How far one topic of one account was pulled, on the channel's own clock. Apart from the
    account, so that the engine never competes with somebody who edits the account."""

    _name = "marketplace.cursor"
    _description = "Marketplace Pull Cursor"
    _rec_name = "topic"

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    topic = fields.Char(required=True)
    position = fields.Datetime(
        "Read up to", help="Newest change seen, by the channel's clock (UTC)."
    )
    pulled_at = fields.Datetime("Last successful pull")
    received = fields.Integer("Documents at the last pull")

    _topic_unique = models.Constraint("UNIQUE (account_id, topic)", "One cursor for each topic.")
