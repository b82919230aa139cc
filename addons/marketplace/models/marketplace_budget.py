import math

from odoo import fields, models
from odoo.tools import SQL

from marketplace_adapters.core import ThrottledError

from ..tools.db import fresh_env


class MarketplaceBudget(models.Model):
    """A token bucket of one account, shared by all workers of all servers.

    Tokens flow in with time and are computed when asked for, so nothing runs to refill them.
    """

    _name = "marketplace.budget"
    _description = "Marketplace Rate Budget"
    _order = "account_id, bucket"
    _rec_name = "bucket"
    _log_access = False

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    bucket = fields.Char("Kind of call", required=True)
    per_second = fields.Float("Calls a second", required=True, digits=(16, 6))
    burst = fields.Float("At once", required=True)
    tokens = fields.Float("Left at the last call", required=True)
    updated_at = fields.Datetime("Last call", required=True)
    blocked_until = fields.Datetime("Blocked until", help="The channel said so.")
    taken = fields.Integer("Calls granted", default=0)
    refused = fields.Integer("Calls put off", default=0)
    throttled = fields.Integer("Refused by the channel", default=0)

    _bucket_unique = models.Constraint("UNIQUE (account_id, bucket)", "One row for each bucket.")

    # Share of a bucket that only urgent calls (orders) may use.
    RESERVED = 0.1

    def _of(self, account, *, urgent=False):
        """The budget of an account as an adapter wants it."""
        return AccountBudget(self.env, account, urgent=urgent)

    def _take(self, account_id, bucket, rate, cost, urgent):
        """Take tokens in one statement.

        :return: 0 when granted, else seconds to wait.

        By SQL because refill, check and take must be one atomic step for all workers.
        """
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO marketplace_budget AS budget
                    (account_id, company_id, bucket, per_second, burst, tokens, updated_at,
                     taken, refused, throttled)
                SELECT id, company_id, %(bucket)s, %(per_second)s, %(burst)s, %(burst)s,
                       clock_timestamp() AT TIME ZONE 'UTC', 0, 0, 0
                  FROM marketplace_account WHERE id = %(account)s
                ON CONFLICT (account_id, bucket) DO NOTHING
                """,
                bucket=bucket,
                account=account_id,
                per_second=rate.per_second,
                burst=rate.burst,
            )
        )
        keep = 0 if urgent else math.floor(rate.burst * self.RESERVED)
        self.env.cr.execute(
            SQL(
                """
                WITH clock AS (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS now),
                now_bucket AS (
                    SELECT id, per_second,
                           greatest(0, extract(epoch FROM blocked_until - clock.now)) AS blocked,
                           least(burst, tokens + per_second
                               * extract(epoch FROM clock.now - updated_at)) AS tokens
                      FROM marketplace_budget, clock
                     WHERE account_id = %(account)s AND bucket = %(bucket)s
                       FOR UPDATE OF marketplace_budget
                )
                UPDATE marketplace_budget budget
                   SET tokens = now_bucket.tokens
                           - CASE WHEN granted THEN %(cost)s ELSE 0 END,
                       updated_at = clock.now,
                       taken = taken + granted::int,
                       refused = refused + (NOT granted)::int
                  FROM now_bucket, clock, LATERAL (
                        SELECT coalesce(blocked, 0) = 0
                               AND now_bucket.tokens >= %(cost)s + %(keep)s AS granted) verdict
                 WHERE budget.id = now_bucket.id
             RETURNING granted, greatest(coalesce(blocked, 0),
                    (%(cost)s + %(keep)s - now_bucket.tokens) / now_bucket.per_second)
                """,
                account=account_id,
                bucket=bucket,
                cost=cost,
                keep=keep,
            )
        )
        found = self.env.cr.fetchone()
        if not found:
            return 0.0  # the account is not committed yet: nobody else calls for it
        granted, wait = found
        return 0.0 if granted else max(float(wait), 0.05)

    def _learn(
        self,
        account_id,
        bucket,
        *,
        remaining=None,
        limit=None,
        per_second=None,
        retry_after=None,
        unused=None,
    ):
        """Believe the channel: fewer tokens than we thought, another rate, or a pause; and take
        back what a call did not need.

        What has flown in until now is counted first: ``remaining`` has it in it."""
        self.env.cr.execute(
            SQL(
                """
                WITH clock AS (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS now)
                UPDATE marketplace_budget
                   SET tokens = least(tokens + coalesce(%(unused)s::float, 0) + per_second
                                          * extract(epoch FROM clock.now - updated_at),
                                      coalesce(%(remaining)s::float, 'Infinity'),
                                      coalesce(%(limit)s, burst)),
                       updated_at = clock.now,
                       burst = coalesce(%(limit)s, burst),
                       per_second = coalesce(%(per_second)s, per_second),
                       throttled = throttled + (%(retry_after)s::float IS NOT NULL)::int,
                       blocked_until = CASE WHEN %(retry_after)s::float IS NULL
                           THEN blocked_until
                           ELSE greatest(blocked_until,
                               clock.now + make_interval(secs => %(retry_after)s::float)) END
                  FROM clock
                 WHERE account_id = %(account)s AND bucket = %(bucket)s
                """,
                unused=unused,
                remaining=remaining,
                limit=limit,
                per_second=per_second,
                retry_after=retry_after,
                account=account_id,
                bucket=bucket,
            )
        )


class AccountBudget:
    """:class:`marketplace_adapters.core.Budget` over the shared buckets of one account.

    :param urgent: orders are at work, which may use the reserved share; set anew for each push.
    """

    def __init__(self, env, account, *, urgent=False):
        self.env = env
        self.account_id = account.id
        self.rates = account._limits().rates
        self.urgent = urgent

    def take(self, bucket, cost=1.0):
        """Grant a call or raise :class:`ThrottledError`; a bucket without a rate is free."""
        rate = self.rates.get(bucket)
        if rate is None:
            return
        with fresh_env(self.env, read_committed=True, repeatable=True) as env:
            wait = env["marketplace.budget"]._take(self.account_id, bucket, rate, cost, self.urgent)
        if wait:
            raise ThrottledError(
                f"The budget for {bucket} is used up for {wait:.1f} s.", retry_after=wait
            )

    def learn(self, bucket, **known):
        """Write down what an answer said, if it said anything new.

        :param known: ``remaining``, ``limit``, ``per_second``, ``retry_after``, ``unused``.
        """
        said = {name: value for name, value in known.items() if value is not None}
        if not said or (bucket not in self.rates and "retry_after" not in said):
            return
        with fresh_env(self.env, read_committed=True, repeatable=True) as env:
            env["marketplace.budget"]._learn(self.account_id, bucket, **said)
