from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from marketplace_adapters.core import AuthError, ThrottledError

from ..tools import clock
from ..tools.db import fresh_env
from ..tools.faults import as_adapter_error

CAUSE = "webhooks"
SILENT = "webhook_silent:"
# A topic is busy when so many messages are usual, at this time of these days, for as long as it
# has been silent now.
BUSY = 10
DAYS = 7
BUSY_DAYS = 5
# A silence is not looked at in longer pieces: days repeat themselves.
LONGEST = timedelta(hours=24)


class MarketplaceSubscription(models.Model):
    """One topic of webhooks that a channel should send, and whether it is subscribed."""

    _name = "marketplace.subscription"
    _description = "Webhook Subscription"
    _order = "account_id, topic, id"
    _rec_name = "topic"
    _log_access = False

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", index=True, readonly=True
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    topic = fields.Char(required=True, readonly=True, help="In the channel's own words.")
    state = fields.Selection(
        [("good", "Subscribed"), ("mended", "Was missing, mended"), ("missing", "Missing")],
        required=True,
        default="good",
        readonly=True,
        string="Status",
    )
    checked_at = fields.Datetime("Looked at", readonly=True)
    mended_at = fields.Datetime("Mended", readonly=True)

    _topic_unique = models.UniqueIndex("(account_id, topic)")

    @api.model
    def _note(self, account, found):
        """Remember what a look at the channel showed.

        :param found: :class:`marketplace_adapters.core.Subscriptions`.
        """
        now = clock.now().replace(microsecond=0)
        rows = self.search([("account_id", "=", account.id)])
        rows.filtered(lambda row: row.topic not in found.wanted).unlink()
        known = {row.topic: row for row in rows.exists()}
        create = []
        for topic in found.wanted:
            vals = {"state": "good", "checked_at": now}
            if topic in found.mended:
                vals |= {"state": "mended", "mended_at": now}
            elif topic in found.missing:
                vals["state"] = "missing"
            if topic in known:
                known[topic].write(vals)
            else:
                create.append({"account_id": account.id, "topic": topic, **vals})
        self.create(create)

    # === HEALTH === #

    @api.model
    def _cron_check(self):
        """Every hour: subscriptions that went missing are mended, and a busy topic that went
        silent is told. One account's failure does not stop the others."""
        accounts = self.env["marketplace.account"].sudo().search([("state", "=", "connected")])
        for account in accounts:
            if account._may_call():
                account._check_webhooks()
                with fresh_env(self.env) as env:
                    env["marketplace.subscription"]._check_silence(account.with_env(env))

    @api.model
    def _check_silence(self, account):
        """Tell people of topics that are silent against their own rhythm; a topic that speaks
        again solves it."""
        silent = self._silent_topics(account)
        causes = self.env["marketplace.cause"]
        for topic, since in silent.items():
            causes._raise(
                account,
                f"{SILENT}{topic}",
                self.env._(
                    "%(account)s has sent no webhook “%(topic)s” since %(since)s, although it "
                    "does at this time on other days.",
                    account=account.name,
                    topic=topic,
                    since=fields.Datetime.to_string(since) + " UTC",
                ),
                self.env._(
                    "Open the account, Health, and press Check webhooks. Nothing is lost: the "
                    "channel is also asked for news at its interval."
                ),
                "platform",
            )
        over = causes.search([("account_id", "=", account.id), ("state", "=", "open")]).filtered(
            lambda cause: cause.code.startswith(SILENT) and cause.code[len(SILENT) :] not in silent
        )
        over._close()

    def _silent_topics(self, account):
        """Topics that say nothing although they usually do.

        A silence counts when in the same hours of the days before (and of the same weekday) there
        were messages, on average :data:`BUSY` or more, so a quiet shop, a night and a Sunday raise
        no alarm. Where the channel is asked for the topic as well, something must have been found
        that way meanwhile: else nothing happened at all.

        :return: {topic: naive UTC of its last message}

        By SQL: the numbers of all topics and days are one statement over an index by time.
        """
        now = clock.now()
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                WITH spoken AS (
                    SELECT topic, max(received_at) AS last_at, min(received_at) AS first_at
                      FROM marketplace_inbox
                     WHERE account_id = %(account)s AND source = 'webhook'
                       AND received_at > %(now)s::timestamp - interval '15 days'
                       AND received_at <= %(now)s
                     GROUP BY topic
                ), span AS (
                    SELECT topic, last_at, first_at,
                           greatest(last_at, %(now)s::timestamp - %(longest)s::interval) AS start_at
                      FROM spoken
                ), number AS (
                    SELECT span.topic, day, count(item.id) AS number
                      FROM span
                     CROSS JOIN generate_series(1, 14) AS day
                      LEFT JOIN marketplace_inbox item
                        ON item.account_id = %(account)s AND item.topic = span.topic
                       AND item.source = 'webhook'
                       AND item.received_at > span.start_at - day * interval '1 day'
                       AND item.received_at <= %(now)s::timestamp - day * interval '1 day'
                     GROUP BY span.topic, day
                )
                SELECT span.topic, span.last_at
                  FROM span JOIN number USING (topic)
                 WHERE span.first_at < %(now)s::timestamp - %(days)s * interval '1 day'
                 GROUP BY span.topic, span.last_at, span.start_at
                HAVING avg(number) FILTER (WHERE day <= %(days)s) >= %(busy)s
                   AND count(*) FILTER (WHERE day <= %(days)s AND number > 0) >= %(busy_days)s
                   AND bool_and(number > 0) FILTER (WHERE day = %(days)s)
                   AND (NOT span.topic = ANY(%(pulled)s) OR EXISTS (
                       SELECT 1 FROM marketplace_inbox pulled
                        WHERE pulled.account_id = %(account)s AND pulled.topic = span.topic
                          AND pulled.source = 'pull' AND pulled.received_at > span.last_at
                          AND pulled.received_at <= %(now)s))
                """,
                account=account.id,
                now=now,
                longest=LONGEST,
                days=DAYS,
                busy=BUSY,
                busy_days=BUSY_DAYS,
                pulled=list(account._pull_topics()),
            )
        )
        return dict(self.env.cr.fetchall())


class MarketplaceAccount(models.Model):
    """Whether webhooks come as they should."""

    _inherit = "marketplace.account"

    subscription_ids = fields.One2many(
        "marketplace.subscription", "account_id", "Webhooks", readonly=True
    )
    webhook_state = fields.Selection(
        [
            ("unknown", "Nothing to look at"),
            ("good", "All subscribed"),
            ("mended", "Mended at the last look"),
            ("missing", "Some are missing"),
        ],
        "Subscriptions",
        compute="_compute_webhook_state",
        help="Looked at every hour; what went missing is subscribed again by itself. Channels "
        "whose webhooks are set up by hand, or that have none, show nothing to look at.",
    )
    webhook_checked_at = fields.Datetime("Looked at", compute="_compute_webhook_state")
    webhook_missing = fields.Char("Missing", compute="_compute_webhook_state")

    @api.depends("subscription_ids.state", "subscription_ids.checked_at")
    def _compute_webhook_state(self):
        for account in self:
            rows = account.subscription_ids
            states = set(rows.mapped("state"))
            account.webhook_state = next(
                (state for state in ("missing", "mended", "good") if state in states), "unknown"
            )
            account.webhook_checked_at = max(filter(None, rows.mapped("checked_at")), default=False)
            missing = rows.filtered(lambda row: row.state == "missing").mapped("topic")
            account.webhook_missing = ", ".join(missing)

    def action_check_webhooks(self):
        """A person wants to know, and to have mended what can be."""
        self.ensure_one()
        self.check_access("write")
        if not self._may_call():
            raise UserError(self.env._("%s is not connected.", self.name))
        problem = self.sudo()._check_webhooks()
        self.invalidate_recordset()
        if problem:
            return self._tell(problem, kind="danger", sticky=True)
        found = {
            "unknown": self.env._("The webhooks of this channel are set up by hand."),
            "good": self.env._("All webhooks are subscribed."),
            "mended": self.env._("Some webhooks were missing; they are subscribed again."),
        }
        return self._tell(found[self.webhook_state], kind="success", sticky=False)

    def _check_webhooks(self):
        """Look at the subscriptions and mend them, in committed steps of their own.

        :return: ``None``, or what is wrong, for a person.
        """
        self.ensure_one()
        adapter, found, error = None, None, None
        try:
            with self._engine_adapter() as adapter:
                found = adapter.subscribe(self.sudo().webhook_url)
        except ThrottledError as exc:
            return str(exc)  # the next hour looks again
        except psycopg2.Error:
            raise
        except Exception as exc:
            error = as_adapter_error(exc)
        with fresh_env(self.env) as env:
            own = self.with_env(env)
            if adapter:
                env["marketplace.exchange"].sudo()._store(own, adapter.take_exchanges())
            if found:
                env["marketplace.subscription"].sudo()._note(own, found)
            problem = own.sudo()._webhook_problem(found, error)
            if problem is None:
                env["marketplace.cause"].sudo()._solve(own, [CAUSE])
        if isinstance(error, AuthError):
            self.env["marketplace.engine"].sudo()._pause_account(self, error)
        elif problem:
            with fresh_env(self.env) as env:
                env["marketplace.cause"].sudo()._raise(
                    self.with_env(env),
                    CAUSE,
                    problem,
                    env._(
                        "Orders still arrive: the channel is also asked for news at its interval. "
                        "Open the account, Health, and press Check webhooks once the address "
                        "%s can be reached from outside and the app has the rights it needs.",
                        self.get_base_url(),
                    ),
                    error.fault if error else "platform",
                )
        return problem

    def _webhook_problem(self, found, error):
        """What is wrong in words, ``None`` when nothing is."""
        if error:
            return self.env._(
                "The webhooks of %(account)s could not be looked at: %(error)s",
                account=self.name,
                error=error.message,
            )
        left = [topic for topic in found.missing if topic not in found.mended] if found else []
        if left:
            return self.env._(
                "%(account)s does not send these webhooks, and they could not be subscribed: "
                "%(topics)s",
                account=self.name,
                topics=", ".join(left),
            )
        return None
