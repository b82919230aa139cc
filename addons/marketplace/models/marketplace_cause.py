from odoo import fields, models


class MarketplaceCause(models.Model):
    """Why something needs a person: equal errors of one account share one cause, are told once,
    and are retried together."""

    _name = "marketplace.cause"
    _description = "Marketplace Error Cause"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "state, last_at desc, id desc"
    _rec_name = "title"

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    provider = fields.Selection(related="account_id.provider", store=True)
    code = fields.Char(required=True, help="Equal for equal causes.")
    title = fields.Char(required=True, help="What happened, in one sentence.")
    advice = fields.Text(help="What to do, and where.")
    fault = fields.Selection(
        [
            ("seller", "You"),
            ("platform", "The channel"),
            ("network", "The network"),
            ("suite", "The suite"),
            ("sender", "An unknown sender"),
        ],
        default="seller",
        required=True,
    )
    state = fields.Selection(
        [("open", "Open"), ("solved", "Solved")], default="open", required=True, index=True
    )
    first_at = fields.Datetime(default=fields.Datetime.now, required=True)
    last_at = fields.Datetime(default=fields.Datetime.now, required=True)
    outbox_ids = fields.One2many("marketplace.outbox", "cause_id")
    inbox_ids = fields.One2many("marketplace.inbox", "cause_id")
    waiting_count = fields.Integer("Waiting", compute="_compute_waiting_count")

    _code_unique = models.Constraint("UNIQUE (account_id, code)", "One row for each cause.")
