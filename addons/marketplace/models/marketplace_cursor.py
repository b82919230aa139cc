from datetime import timedelta

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
    not_before = fields.Datetime(
        "Not before", help="The channel wants to be asked again no sooner, e.g. for a report."
    )
    received = fields.Integer("Documents at the last pull")

    _topic_unique = models.Constraint("UNIQUE (account_id, topic)", "One cursor for each topic.")

    def _is_due(self, now, interval):
        """Whether the topic is to be asked for; an empty record is one never asked for.

        :param datetime now: naive UTC.
        :param float interval: seconds between two pulls.
        """
        if self.not_before and self.not_before > now:
            return False
        return not self.pulled_at or self.pulled_at <= now - timedelta(seconds=interval)
