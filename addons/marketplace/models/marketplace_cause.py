from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL

# A cause that stays open is mentioned again after this long, when it strikes again.
REMIND_AFTER = timedelta(hours=24)


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
    provider = fields.Selection(related="account_id.provider", store=True, string="Channel")
    code = fields.Char(required=True, help="Equal for equal causes.")
    title = fields.Char("What happened", required=True, help="What happened, in one sentence.")
    advice = fields.Text("What to do", help="What to do, and where.")
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
        string="Whose fault",
    )
    state = fields.Selection(
        [("open", "Open"), ("solved", "Solved")],
        default="open",
        required=True,
        index=True,
        string="Status",
    )
    first_at = fields.Datetime("First seen", default=fields.Datetime.now, required=True)
    last_at = fields.Datetime("Last seen", default=fields.Datetime.now, required=True)
    notified_at = fields.Datetime("Last told", readonly=True)
    # Something that should be sent waited on it: it is solved once nothing does.
    outgoing = fields.Boolean("To send", readonly=True)
    outbox_ids = fields.One2many("marketplace.outbox", "cause_id", string="Waiting to be sent")
    inbox_ids = fields.One2many("marketplace.inbox", "cause_id", string="Waiting to be imported")
    waiting_count = fields.Integer("Waiting", compute="_compute_waiting_count")

    _code_unique = models.Constraint("UNIQUE (account_id, code)", "One row for each cause.")

    # === COMPUTE METHODS === #

    @api.depends("outbox_ids.status", "inbox_ids.status")
    def _compute_waiting_count(self):
        """Failed items of both directions that wait on the cause."""
        counts = {}
        for model, states in (
            ("marketplace.outbox", ["error"]),
            ("marketplace.inbox", ["quarantined", "error"]),
        ):
            for cause, count in (
                self.env[model]
                .sudo()
                ._read_group(
                    [("cause_id", "in", self.ids), ("status", "in", states)],
                    ["cause_id"],
                    ["__count"],
                )
            ):
                counts[cause.id] = counts.get(cause.id, 0) + count
        for cause in self:
            cause.waiting_count = counts.get(cause._origin.id, 0)

    # === RAISE === #

    @api.model
    def _raise(self, account, code, title, advice="", fault="seller"):
        """Open a cause, or mention once more one that is open; people are told once.

        :param code: equal for equal causes of an account.
        :return: the cause.

        By SQL: the inbox and the outbox of an account may raise the same cause at once.
        """
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO marketplace_cause AS cause
                    (account_id, company_id, provider, code, title, advice, fault, state,
                     first_at, last_at, create_uid, create_date, write_uid, write_date)
                VALUES (%(account)s, %(company)s, %(provider)s, %(code)s, %(title)s, %(advice)s,
                        %(fault)s, 'open', %(now)s, %(now)s, %(uid)s, %(now)s, %(uid)s, %(now)s)
                ON CONFLICT (account_id, code) DO UPDATE
                   SET state = 'open', title = excluded.title, advice = excluded.advice,
                       fault = excluded.fault, last_at = excluded.last_at,
                       first_at = CASE cause.state WHEN 'open' THEN cause.first_at
                                                   ELSE excluded.first_at END,
                       notified_at = CASE cause.state WHEN 'open' THEN cause.notified_at END
             RETURNING id, notified_at
                """,
                account=account.id,
                company=account.company_id.id,
                provider=account.provider,
                code=code[:250],
                title=title[:500],
                advice=advice or None,
                fault=fault,
                now=fields.Datetime.now(),
                uid=self.env.uid,
            )
        )
        cause_id, notified_at = self.env.cr.fetchone()
        cause = self.browse(cause_id)
        cause.invalidate_recordset()
        if not notified_at or notified_at < fields.Datetime.now() - REMIND_AFTER:
            cause.sudo()._notify_people()
        return cause

    def _notify_people(self):
        """A message to the people of the group and an activity for the responsible one.

        Mails are only queued: no mail server is called in anybody's transaction.
        """
        self.ensure_one()
        self.notified_at = fields.Datetime.now()
        people = self._people()
        body = Markup("<p>%s</p><p>%s</p>") % (
            self.title,
            Markup("<br/>").join((self.advice or "").splitlines()),
        )
        self.with_context(
            mail_notify_force_send=False, mail_post_autofollow_author_skip=True
        ).message_post(
            body=body,
            subject=self.env._(
                "%(account)s: %(title)s", account=self.account_id.name, title=self.title
            ),
            partner_ids=people.partner_id.ids,
            message_type="notification",
            subtype_xmlid="mail.mt_note",
        )
        responsible = self.account_id.responsible_id
        if responsible in people:
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.title[:100],
                note=body,
                user_id=responsible.id,
            )

    def _people(self):
        """Users of the marketplace group who may see this cause's company."""
        group = self.env.ref("marketplace.group_user")
        return group.all_user_ids.filtered(
            lambda user: (
                user.active
                and not user.share
                and user.id != self.env.ref("base.user_root").id
                and self.company_id in user.company_ids
            )
        )

    # === SOLVE === #

    @api.model
    def _solve(self, account, codes):
        """These causes are gone: what waits on them goes on by itself.

        :param codes: of :meth:`_raise`; unknown ones are ignored.
        """
        codes = [code[:250] for code in codes]
        causes = self.search(
            [("account_id", "=", account.id), ("code", "in", codes), ("state", "=", "open")]
        )
        if causes:
            causes._retry_all()
            causes._close()

    @api.model
    def _solve_prefix(self, account, prefix):
        """As :meth:`_solve` for all causes whose code begins so."""
        causes = self.search([("account_id", "=", account.id), ("state", "=", "open")])
        causes = causes.filtered(lambda cause: cause.code.startswith(prefix))
        if causes:
            causes._retry_all()
            causes._close()

    @api.model
    def _solve_linked(self, account):
        """Close causes of unknown products that were linked at the very moment of the import: the
        link was made before the cause, and the import did not see it yet.

        By SQL: one question for all causes and all ways a product is recognised by.
        """
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT cause.code
              FROM marketplace_cause cause
              JOIN marketplace_listing listing
                ON listing.account_id = cause.account_id AND listing.product_id IS NOT NULL
               AND substr(cause.code, length('unknown_product:') + 1)
                   IN (listing.external_id, listing.internal_id, listing.sku)
             WHERE cause.account_id = %s AND cause.state = 'open'
               AND starts_with(cause.code, 'unknown_product:')
               -- Only of the import that has just ended: later links solve their causes themselves.
               AND cause.last_at > now() AT TIME ZONE 'UTC' - interval '5 minutes'
             GROUP BY cause.code
            HAVING count(DISTINCT listing.id) = 1
            """,
            [account.id],
        )
        if codes := [row[0] for row in self.env.cr.fetchall()]:
            self._solve(account, codes)

    def _close(self):
        """Mark as solved and take the activities away."""
        if not self:
            return
        self.write({"state": "solved"})
        self.activity_ids.sudo().unlink()

    def _settle(self):
        """Close those on which nothing waits any more."""
        waiting = self.exists().filtered(lambda cause: cause.state == "open")
        waiting.invalidate_recordset(["waiting_count"])
        waiting.filtered(lambda cause: not cause.waiting_count)._close()

    @api.model
    def _settle_sent(self, account):
        """Close causes of what should be sent on which nothing waits any more: it was retried
        with success, or something newer took its place and went through."""
        self.search(
            [("account_id", "=", account.id), ("state", "=", "open"), ("outgoing", "=", True)]
        )._settle()

    @api.model
    def _settle_idle(self, account):
        """Close causes of the inbox on which nothing waits any more: the last one went through,
        or something newer made it pointless."""
        self.flush_model()
        self.env.cr.execute(
            """
            SELECT cause.id FROM marketplace_cause cause
             WHERE cause.account_id = %s AND cause.state = 'open'
               AND EXISTS (SELECT 1 FROM unnest(%s) AS inbound (prefix)
                            WHERE starts_with(cause.code, inbound.prefix))
               AND NOT EXISTS (
                   SELECT 1 FROM marketplace_inbox item
                    WHERE item.cause_id = cause.id AND item.status IN ('quarantined', 'error'))
               AND NOT EXISTS (
                   SELECT 1 FROM marketplace_outbox item
                    WHERE item.cause_id = cause.id AND item.status = 'error')
            """,
            [account.id, list(INBOUND_CODES)],
        )
        self.browse([row[0] for row in self.env.cr.fetchall()])._close()

    def _retry_all(self):
        """Everything that waits on these causes is tried again."""
        self.outbox_ids.filtered(lambda item: item.status == "error")._retry()
        self.inbox_ids.filtered(lambda item: item.status in ("quarantined", "error"))._replay()

    # === ACTIONS === #

    def action_retry_all(self):
        """Try everything again that waits on these causes; a cause that is still there comes
        back by itself."""
        self.check_access("write")
        causes = self.sudo()
        causes._retry_all()
        causes._close()

    def action_mark_solved(self):
        """A person dealt with it: what came in is left alone, what should go out stays an error
        until it is retried or dropped."""
        self.check_access("write")
        causes = self.sudo()
        causes.inbox_ids.filtered(lambda item: item.status in ("quarantined", "error")).with_user(
            self.env.user
        ).action_ignore()
        causes._close()


# How codes of the inbox begin; their causes are over once nothing waits on them.
INBOUND_CODES = (
    "unknown_product:",
    "unreadable:",
    "refused:",
    "access",
    "total_mismatch",
    "empty_order",
    "bad_quantity",
    "no_product_for:",
    "no_rounding_product",
    "currency:",
    "late_change",
    "unknown_order",
    "import_failed:",
    "settlement_booked:",
)
