from datetime import timedelta

from odoo import api, fields, models

# An open cause that keeps happening is told again after this many hours, not at every item.
REMIND_HOURS = 24


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
    notified_at = fields.Datetime(readonly=True)
    first_at = fields.Datetime(default=fields.Datetime.now, required=True)
    last_at = fields.Datetime(default=fields.Datetime.now, required=True)
    outbox_ids = fields.One2many("marketplace.outbox", "cause_id")
    inbox_ids = fields.One2many("marketplace.inbox", "cause_id")
    waiting_count = fields.Integer("Waiting", compute="_compute_waiting_count")

    _code_unique = models.Constraint("UNIQUE (account_id, code)", "One row for each cause.")

    # === COMPUTE METHODS === #

    def _compute_waiting_count(self):
        """Outbox items in error plus inbox items that wait for it; two grouped reads."""
        counts = dict.fromkeys(self.ids, 0)
        for model, statuses in (
            ("marketplace.outbox", ["error"]),
            ("marketplace.inbox", ["quarantined", "error"]),
        ):
            groups = self.env[model]._read_group(
                [("cause_id", "in", self.ids), ("status", "in", statuses)],
                ["cause_id"],
                ["__count"],
            )
            for cause, count in groups:
                counts[cause.id] += count
        for cause in self:
            cause.waiting_count = counts.get(cause.id, 0)

    # === BUSINESS METHODS === #

    @api.model
    def _raise(self, account, code, title, advice="", fault="seller"):
        """Something of this account needs a person: one row, told once.

        :param code: equal for equal causes.
        :return: the cause.
        """
        cause = self.sudo().search([("account_id", "=", account.id), ("code", "=", code)])
        now = fields.Datetime.now()
        vals = {"title": title, "advice": advice, "fault": fault, "last_at": now, "state": "open"}
        if not cause:
            cause = self.sudo().create({"account_id": account.id, "code": code, **vals})
            cause._notify()
        else:
            news = cause.state == "solved" or not cause.notified_at or (
                cause.notified_at < now - timedelta(hours=REMIND_HOURS)
            )
            cause.write(vals)
            if news:
                cause._notify()
        return cause

    def _notify(self):
        """One Odoo message to the people of the group, one activity to whoever is responsible."""
        group = self.env.ref("marketplace.group_user")
        for cause in self:
            users = group.all_user_ids.filtered(
                lambda user, company=cause.company_id: user.active and company in user.company_ids
            )
            body = cause.title if not cause.advice else f"{cause.title}\n{cause.advice}"
            cause.message_post(
                body=body,
                subject=self.env._("Marketplace: %s", cause.account_id.name),
                partner_ids=users.partner_id.ids,
                message_type="notification",
                subtype_xmlid="mail.mt_comment",
            )
            responsible = cause.account_id.responsible_id
            if responsible.active and not cause.activity_ids:
                cause.activity_schedule(
                    "mail.mail_activity_data_todo", summary=cause.title, user_id=responsible.id
                )
            cause.notified_at = fields.Datetime.now()

    @api.model
    def _solve(self, account, codes):
        """These causes are gone: whatever waits for them goes on."""
        causes = self.sudo().search(
            [("account_id", "=", account.id), ("code", "in", list(codes)), ("state", "=", "open")]
        )
        causes._go_on()

    @api.model
    def _solve_prefix(self, account, prefix):
        """All open causes whose code begins like this are gone."""
        causes = self.sudo().search(
            [("account_id", "=", account.id), ("code", "=like", prefix + "%"),
             ("state", "=", "open")]
        )
        causes._go_on()

    def _go_on(self):
        """Solved: replay what waits, close the activities."""
        if not self:
            return
        self.env["marketplace.outbox"].sudo().search(
            [("cause_id", "in", self.ids), ("status", "=", "error")]
        )._retry()
        self.env["marketplace.inbox"].sudo().search(
            [("cause_id", "in", self.ids), ("status", "in", ("quarantined", "error"))]
        )._replay()
        self.activity_ids.action_feedback(feedback=self.env._("Solved."))
        self.write({"state": "solved"})

    # === ACTIONS === #

    def action_retry_all(self):
        """Try again everything that waits for these causes."""
        self.sudo()._go_on()

    def action_mark_solved(self):
        """A person says it is done; what waits stays where it is."""
        self.sudo().activity_ids.action_feedback(feedback=self.env._("Solved."))
        self.sudo().write({"state": "solved"})
