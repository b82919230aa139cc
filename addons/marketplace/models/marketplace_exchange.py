from odoo import api, fields, models

from ..const import BODY_LIMIT


class MarketplaceExchange(models.Model):
    """One HTTP call as it may be kept: bodies masked and capped, no headers. Apart from the
    submission, because bodies are large and leave early."""

    _name = "marketplace.exchange"
    _description = "Marketplace HTTP Exchange"
    _order = "id desc"
    _rec_name = "url"

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", index=True, readonly=True
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    provider = fields.Selection(related="account_id.provider", store=True, string="Channel")
    submission_id = fields.Many2one(
        "marketplace.submission", ondelete="cascade", index="btree_not_null", readonly=True
    )
    method = fields.Char(readonly=True)
    url = fields.Char("Address", readonly=True)
    status = fields.Integer("HTTP status", readonly=True, help="0: no answer.")
    duration = fields.Float("Seconds", readonly=True, digits=(12, 4))
    started_at = fields.Datetime("Started", readonly=True)
    request = fields.Text(readonly=True)
    response = fields.Text("Answer", readonly=True)
    request_id = fields.Char("Id given by the channel", readonly=True)

    _account_started_idx = models.Index("(account_id, started_at)")

    @api.model
    def _store(self, account, exchanges, submission=None):
        """Keep the calls of an adapter, already masked by it; one INSERT.

        :param exchanges: of :class:`marketplace_adapters.core.Exchange`.
        """
        self.create(
            [
                {
                    "account_id": account.id,
                    "submission_id": submission.id if submission else False,
                    "method": one.method,
                    "url": one.url[:500],
                    "status": one.status or 0,
                    "duration": one.duration,
                    "started_at": one.started_at.replace(tzinfo=None),
                    "request": one.request[:BODY_LIMIT],
                    "response": one.response[:BODY_LIMIT],
                    "request_id": one.request_id,
                }
                for one in exchanges
            ]
        )
