from odoo import fields, models


class MarketplaceSubmission(models.Model):
    """Outbox items sent together in one push: what it cost and what became of it."""

    _name = "marketplace.submission"
    _description = "Marketplace Submission"
    _order = "id desc"

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", index=True, readonly=True
    )
    provider = fields.Selection(related="account_id.provider", store=True, string="Channel")
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    name = fields.Char(compute="_compute_name")
    lane = fields.Char(required=True, readonly=True)
    key = fields.Char("Idempotency key", readonly=True)
    state = fields.Selection(
        [
            ("sending", "Sending"),
            ("pending", "Pending on the channel"),
            ("done", "Done"),
            ("failed", "Failed"),
        ],
        default="sending",
        required=True,
        readonly=True,
        index=True,
        string="Status",
    )
    item_count = fields.Integer("Items", readonly=True)
    error_count = fields.Integer("Errors", readonly=True)
    call_count = fields.Integer("Calls", readonly=True)
    remote_id = fields.Char("Id on the channel", readonly=True, index="btree_not_null")
    deadline = fields.Datetime("Given up after", readonly=True)
    poll_at = fields.Datetime("Asked again", readonly=True)
    started_at = fields.Datetime("Started", default=fields.Datetime.now, readonly=True)
    finished_at = fields.Datetime("Finished", readonly=True)
    duration = fields.Float("Seconds", readonly=True)
    message = fields.Char("Result", readonly=True)
    exchange_ids = fields.One2many(
        "marketplace.exchange", "submission_id", readonly=True, string="Calls made"
    )
    outbox_ids = fields.One2many(
        "marketplace.outbox", "submission_id", readonly=True, string="Sent items"
    )

    _account_started_idx = models.Index("(account_id, started_at)")

    def _compute_name(self):
        for submission in self:
            submission.name = f"{submission.lane} #{submission.id}"
