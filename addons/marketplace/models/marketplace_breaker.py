from datetime import timedelta

from odoo import api, fields, models

from ..tools import clock

# Seconds that an account is left alone, the longer the more often the channel fails.
STEPS = (60, 300, 900, 3600)
# Half of the newest so many items failed, in at least so many calls of this time.
ITEMS = 100
CALLS = 5
WITHIN = timedelta(minutes=15)
# Failures that are the channel's own: it did not answer, or said that it failed.
FAILURES = frozenset({"TransportError", "ServerError"})
# They say nothing about whether the channel works.
NEUTRAL = frozenset({"ThrottledError", "AuthError"})


class MarketplaceSubmission(models.Model):
    _inherit = "marketplace.submission"

    error_type = fields.Char("Kind of failure", readonly=True, help="Of a call that failed whole.")


class MarketplaceAccount(models.Model):
    """Sending stops for a while when the channel fails all the time (C10).

    Each item that fails has its own pause already, but there may be thousands of them, and after
    ten tries each would be a person's. So the account is left alone as a whole::

        working ── so many calls in a row, or half of the items, fail ──▶ left alone 1 min
           ▲                                                                   │
           └── answered ── one call for one target ◀── time is over ───────────┘
                              └── fails: left alone 5 min, 15 min, then 60 min each time

    What waits coalesces meanwhile, and what the channel sends is received as ever.
    """

    _inherit = "marketplace.account"

    failure_limit = fields.Integer(
        "Stop after failures in a row",
        default=20,
        help="So many calls failed by the channel's own fault, or half of the last 100 items: "
        "sending stops for 1, 5, 15 and then 60 minutes, and goes on as soon as one call works. "
        "0: never.",
    )
    breaker_step = fields.Integer("Pauses because of failures", readonly=True, copy=False)
    breaker_until = fields.Datetime("Tried again", readonly=True, copy=False)

    _failure_limit_positive = models.Constraint(
        "CHECK (failure_limit >= 0)", "The number of failures cannot be negative."
    )

    @api.depends("breaker_step")
    def _compute_health(self):
        super()._compute_health()
        for account in self.filtered(lambda one: one.breaker_step and one.state == "connected"):
            account.health = "bad"

    def _breaker_wait(self):
        """Seconds until the channel may be told something; 0: now."""
        self.ensure_one()
        if not (self.breaker_step and self.breaker_until and self.failure_limit):
            return 0.0
        return max(0.0, (self.breaker_until - clock.now()).total_seconds())

    def _count_failure(self, error, *, probe):
        """A call failed as a whole.

        :param error: :class:`marketplace_adapters.core.AdapterError`.
        :param probe: it was the one that asked whether the channel works again.
        """
        self.ensure_one()
        name = type(error).__name__
        if name in NEUTRAL:
            return
        if name not in FAILURES:
            if probe:
                self._close_breaker()  # it refused, so it works
            return
        if self.failure_limit and (probe or self._fails_all_the_time()):
            self._open_breaker(error)

    def _fails_all_the_time(self):
        """Whether the newest calls failed: so many in a row, or half of the newest items."""
        number = max(ITEMS, self.failure_limit)
        self.env["marketplace.submission"].flush_model()
        # By SQL: a few columns of the newest rows by an index, after each failure.
        self.env.cr.execute(
            """
            SELECT coalesce(error_type, ''), item_count, started_at
              FROM marketplace_submission
             WHERE account_id = %s AND state != 'sending'
               AND (state != 'failed' OR error_type != ALL(%s))
             ORDER BY started_at DESC, id DESC LIMIT %s
            """,
            [self.id, list(NEUTRAL), number],
        )
        calls = [(kind in FAILURES, items, at) for kind, items, at in self.env.cr.fetchall()]
        row = [failed for failed, _items, _at in calls[: self.failure_limit]]
        if len(row) == self.failure_limit and all(row):
            return True
        since, items, failed_items = clock.now() - WITHIN, 0, 0
        for place, (failed, count, moment) in enumerate(calls):
            if moment < since:
                return False
            items += count
            failed_items += count if failed else 0
            if items >= ITEMS and place + 1 >= CALLS:
                return failed_items * 2 >= items
        return False

    def _open_breaker(self, error):
        step = self.breaker_step + 1
        pause = STEPS[min(step, len(STEPS)) - 1]
        until = clock.now().replace(microsecond=0) + timedelta(seconds=pause)
        self.write({"breaker_step": step, "breaker_until": until})
        # The account's pause takes the place of the items' own, by SQL for thousands of them: else
        # there may be nothing to ask with when it is over.
        self.env.cr.execute(
            """
            UPDATE marketplace_outbox SET not_before = NULL
             WHERE account_id = %s AND status = 'new' AND not_before IS NOT NULL
            """,
            [self.id],
        )
        self.env["marketplace.outbox"].invalidate_model(["not_before"])
        self.env["marketplace.cause"]._raise(
            self,
            "breaker",
            self.env._(
                "%(account)s does not work at present: %(error)s",
                account=self.name,
                error=error.message,
            ),
            self.env._(
                "Sending is tried again by itself, at most once an hour; changes are kept and "
                "coalesce. If it stays, look at the status page of the channel."
            ),
            error.fault,
        )

    def _close_breaker(self):
        """The channel works again."""
        self.ensure_one()
        self.write({"breaker_step": 0, "breaker_until": False})
        self.env["marketplace.cause"]._solve(self, ["breaker"])

    def action_try_now(self):
        """Ask the channel now instead of later whether it works again."""
        for account in self.filtered("breaker_step"):
            account.breaker_until = clock.now().replace(microsecond=0)
            self.env["marketplace.engine"].sudo()._wake_after_commit(
                "_job_send", account.id, 0 if account.automatic else 1
            )
        return {"type": "ir.actions.client", "tag": "soft_reload"}
