import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, format_date

# What people were promised (X38): a change reaches the channel within these seconds, and at most
# this share of the operations of a day ends in error.
GOAL_SECONDS = 5.0
GOAL_ERROR_RATE = 1.0
# Work that waits longer than this is late, whatever the reason.
LATE_MINUTES = 5
# Newest results that a percentile is taken from: enough to be exact to the eye, few enough to be
# read at once from a log of any size.
SAMPLE = 1000


class MarketplaceAccount(models.Model):
    """Figures of the dashboard. Each group of figures is one statement for all accounts shown,
    whatever their number, and reads only what an index leads to: a partial index of what is
    unfinished, or the newest rows of one account by time. By SQL because the ORM cannot say
    "the newest thousand of each account"."""

    _inherit = "marketplace.account"

    # === QUEUE === #
    waiting_count = fields.Integer(
        "To send", compute="_compute_queue", help="Changes that wait to be sent."
    )
    oldest_waiting_at = fields.Datetime(
        "Oldest waiting", compute="_compute_queue", help="Since when the oldest change waits."
    )
    pending_count = fields.Integer(
        "In progress",
        compute="_compute_queue",
        help="Sent; the channel has not said yet what became of it.",
    )
    error_count = fields.Integer(
        "Errors", compute="_compute_queue", help="Changes that need a person before they can go on."
    )
    inbox_count = fields.Integer(
        "To process", compute="_compute_queue", help="Received, and not looked at yet."
    )
    quarantine_count = fields.Integer(
        "Quarantined",
        compute="_compute_queue",
        help="Received documents, mostly orders, that need a person before they can go on.",
    )
    cause_count = fields.Integer(
        "Open causes", compute="_compute_queue", help="Different reasons behind all errors."
    )
    trouble = fields.Char(
        "Newest trouble", compute="_compute_last", help="What the newest open error is about."
    )
    # === LAST SUCCESS (R424) === #
    last_sent_at = fields.Datetime(
        "Last sent", compute="_compute_last", help="Last time the channel accepted a change."
    )
    last_pulled_at = fields.Datetime(
        "Last fetched", compute="_compute_last", help="Last time the channel was asked for news."
    )
    last_order_at = fields.Datetime(
        "Last new order", compute="_compute_last", help="When the newest order arrived here."
    )
    oldest_waiting_ago = fields.Char(compute="_compute_ago")
    last_sent_ago = fields.Char(compute="_compute_ago")
    last_pulled_ago = fields.Char(compute="_compute_ago")
    last_order_ago = fields.Char(compute="_compute_ago")
    # === SERVICE LEVEL (X38) === #
    latency_p50 = fields.Float(
        "Change → accepted, median (s)",
        compute="_compute_service",
        digits=(12, 2),
        help="Half of the changes of the last 24 hours reached the channel within these seconds.",
    )
    latency_p95 = fields.Float(
        "Change → accepted, 95 % (s)",
        compute="_compute_service",
        digits=(12, 2),
        help="95 % of the changes of the last 24 hours reached the channel within these seconds. "
        "Goal: 5 seconds.",
    )
    error_rate = fields.Float(
        "Error rate (%)",
        compute="_compute_service",
        digits=(12, 2),
        help="Share of the changes of the last 24 hours that ended in error, after all retries. "
        "Goal: below 1 %.",
    )
    finished_count = fields.Integer(
        "Finished", compute="_compute_service", help="Changes that came to an end in 24 hours."
    )
    calls_today = fields.Integer(
        "Calls today", compute="_compute_service", help="Requests to the channel since midnight."
    )
    health = fields.Selection(
        [
            ("off", "Not running"),
            ("good", "All well"),
            ("attention", "Needs you"),
            ("bad", "In trouble"),
        ],
        compute="_compute_health",
        help="All well: everything arrives in time. Needs you: something waits for a decision. "
        "In trouble: changes are late, or too many fail.",
    )
    dashboard_graph = fields.Text(compute="_compute_dashboard_graph")
    # === COUNTS FOR BUTTONS === #
    listing_count = fields.Integer("Listing count", compute="_compute_link_counts")
    order_count = fields.Integer("Order count", compute="_compute_link_counts")

    # === COMPUTE METHODS === #

    def _compute_queue(self):
        # One statement for everything counted: a screen of accounts costs what one account costs.
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                WITH part AS (
                    SELECT account_id, 'new' AS part, count(*) AS number, min(id) AS first_id
                      FROM marketplace_outbox
                     WHERE account_id = ANY(%(ids)s) AND status = 'new'
                     GROUP BY account_id
                     UNION ALL
                    SELECT account_id, status, count(*), NULL
                      FROM marketplace_outbox
                     WHERE account_id = ANY(%(ids)s)
                       AND status IN ('submitted', 'pending', 'error')
                     GROUP BY account_id, status
                     UNION ALL
                    SELECT account_id, 'inbox', count(*), NULL
                      FROM marketplace_inbox
                     WHERE account_id = ANY(%(ids)s) AND status = 'new'
                     GROUP BY account_id
                     UNION ALL
                    SELECT account_id, 'quarantine', count(*), NULL
                      FROM marketplace_inbox
                     WHERE account_id = ANY(%(ids)s) AND status IN ('quarantined', 'error')
                     GROUP BY account_id
                     UNION ALL
                    SELECT account_id, 'cause', count(*), NULL
                      FROM marketplace_cause
                     WHERE account_id = ANY(%(ids)s) AND state = 'open'
                     GROUP BY account_id
                )
                SELECT part.account_id, part.part, part.number, oldest.created_at
                  FROM part LEFT JOIN marketplace_outbox oldest ON oldest.id = part.first_id
                """,
                ids=self.ids,
            )
        )
        counts, oldest = {}, {}
        for account_id, part, number, created_at in self.env.cr.fetchall():
            counts[account_id, part] = number
            if part == "new":
                oldest[account_id] = created_at
        for account in self:
            count = {part: counts.get((account._origin.id, part), 0) for part in _PARTS}
            account.waiting_count = count["new"]
            account.oldest_waiting_at = oldest.get(account._origin.id, False)
            account.pending_count = count["submitted"] + count["pending"]
            account.error_count = count["error"]
            account.inbox_count = count["inbox"]
            account.quarantine_count = count["quarantine"]
            account.cause_count = count["cause"]

    def _compute_last(self):
        # The newest row per account straight from an index; a grouped read walks whole tables.
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT account.id,
                       (SELECT coalesce(finished_at, started_at) FROM marketplace_submission
                         WHERE account_id = account.id AND state = 'done'
                         ORDER BY started_at DESC LIMIT 1),
                       (SELECT max(pulled_at) FROM marketplace_cursor
                         WHERE account_id = account.id),
                       (SELECT first_seen_at FROM marketplace_order
                         WHERE account_id = account.id AND first_seen_at IS NOT NULL
                         ORDER BY first_seen_at DESC LIMIT 1),
                       (SELECT title FROM marketplace_cause
                         WHERE account_id = account.id AND state = 'open'
                         ORDER BY last_at DESC, id DESC LIMIT 1)
                  FROM unnest(%s::int[]) AS account (id)
                """,
                self.ids,
            )
        )
        last = {row[0]: row[1:] for row in self.env.cr.fetchall()}
        for account in self:
            sent, pulled, ordered, trouble = last.get(account._origin.id, (False,) * 4)
            account.last_sent_at = sent
            account.last_pulled_at = pulled
            account.last_order_at = ordered
            account.trouble = trouble

    def _compute_ago(self):
        now = fields.Datetime.now()
        for account in self:
            for name in ("oldest_waiting", "last_sent", "last_pulled", "last_order"):
                account[f"{name}_ago"] = self._ago(account[f"{name}_at"], now)

    def _ago(self, moment, now):
        """How long ago, in the shortest words."""
        if not moment:
            return self.env._("never")
        seconds = max(0.0, (now - moment).total_seconds())
        if seconds < 60:
            return self.env._("just now")
        if seconds < 3600:
            return self.env._("%s min ago", int(seconds // 60))
        if seconds < 86400:
            return self.env._("%s h ago", int(seconds // 3600))
        return self.env._("%s d ago", int(seconds // 86400))

    def _compute_service(self):
        now = fields.Datetime.now()
        today = self._local_midnight()
        figures = self._service_figures(now - timedelta(hours=24))
        calls = self._count_calls(today)
        for account in self:
            one = figures.get(account._origin.id, {})
            account.latency_p50 = one.get("p50") or 0.0
            account.latency_p95 = one.get("p95") or 0.0
            account.finished_count = one.get("finished", 0)
            account.error_rate = one.get("error_rate") or 0.0
            account.calls_today = calls.get(account._origin.id, 0)

    @api.depends("state", "automatic")
    def _compute_health(self):
        late = fields.Datetime.now() - timedelta(minutes=LATE_MINUTES)
        for account in self:
            if account.state != "connected":
                account.health = "off"
            elif (
                account.error_rate > GOAL_ERROR_RATE
                or account.latency_p95 > GOAL_SECONDS
                or (
                    account.automatic
                    and account.oldest_waiting_at
                    and account.oldest_waiting_at < late
                )
            ):
                account.health = "bad"
            elif account.error_count or account.quarantine_count or account.cause_count:
                account.health = "attention"
            else:
                account.health = "good"

    def _compute_dashboard_graph(self):
        """Bars of what the channel accepted on each of the last seven days."""
        today = fields.Date.context_today(self)
        days = [today - timedelta(days=back) for back in range(6, -1, -1)]
        sent = self._sent_by_day(self._local_midnight() - timedelta(days=6))
        for account in self:
            values = [
                {
                    "value": sent.get((account._origin.id, day), 0),
                    "label": self.env._("Today")
                    if day == today
                    else format_date(self.env, day, date_format="EEE"),
                    "type": "future" if day == today else "past",
                }
                for day in days
            ]
            account.dashboard_graph = json.dumps(
                [
                    {
                        "key": self.env._("Changes accepted"),
                        "values": values,
                        "is_sample_data": False,
                    }
                ]
            )

    def _compute_link_counts(self):
        listings = self._count_of("marketplace.listing")
        orders = self._count_of("marketplace.order")
        for account in self:
            account.listing_count = listings.get(account._origin, 0)
            account.order_count = orders.get(account._origin, 0)

    # === FIGURES === #

    def _service_figures(self, since):
        """Latency and errors of each account since a moment.

        :param since: naive UTC.
        :return: {account id: {"finished", "errors", "error_rate", "retried", "recovered",
            "p50", "p95"}}; seconds, percent. Counts are exact; the percentiles and what was
            retried are those of the newest :data:`SAMPLE` items with a result.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT account.id, ended.number, failed.number, sample.*
                  FROM unnest(%(ids)s::int[]) AS account (id)
                 CROSS JOIN LATERAL (
                       -- Index only; what is unfinished is taken off again by partial indexes.
                       SELECT (SELECT count(*) FROM marketplace_outbox
                                WHERE account_id = account.id AND status_at >= %(since)s)
                            - (SELECT count(*) FROM marketplace_outbox
                                WHERE account_id = account.id AND status = 'new'
                                  AND status_at >= %(since)s)
                            - (SELECT count(*) FROM marketplace_outbox
                                WHERE account_id = account.id
                                  AND status IN ('submitted', 'pending')
                                  AND status_at >= %(since)s) AS number) ended
                 CROSS JOIN LATERAL (
                       SELECT count(*) AS number FROM marketplace_outbox
                        WHERE account_id = account.id AND status = 'error'
                          AND status_at >= %(since)s) failed
                 CROSS JOIN LATERAL (
                       SELECT count(*) FILTER (WHERE item.attempts > 1),
                              count(*) FILTER (
                                  WHERE item.attempts > 1 AND item.status = 'success'),
                              percentile_cont(0.5) WITHIN GROUP (ORDER BY told.seconds)
                                  FILTER (WHERE item.status = 'success'),
                              percentile_cont(0.95) WITHIN GROUP (ORDER BY told.seconds)
                                  FILTER (WHERE item.status = 'success')
                         FROM (SELECT id, status, attempts, status_at, submission_id
                                 FROM marketplace_outbox
                                WHERE account_id = account.id AND status_at >= %(since)s
                                  AND status IN ('success', 'error')
                                ORDER BY status_at DESC LIMIT %(sample)s) item
                         LEFT JOIN LATERAL (
                              -- From the newest change that the item carried (X38).
                              SELECT greatest(0, extract(epoch FROM item.status_at - coalesce(
                                         product.operation_timestamp,
                                         sale.operation_timestamp))) AS seconds
                                FROM marketplace_operation_outbox link
                                LEFT JOIN marketplace_product_operation product
                                  ON product.id = link.product_operation_id
                                LEFT JOIN marketplace_order_operation sale
                                  ON sale.id = link.order_operation_id
                               WHERE link.outbox_id = item.id
                                 AND item.submission_id IS NOT NULL
                               ORDER BY link.id DESC LIMIT 1) told ON true) sample
                """,
                ids=self.ids,
                since=since,
                sample=SAMPLE,
            )
        )
        return {
            account_id: {
                "finished": finished,
                "errors": errors,
                "error_rate": 100.0 * errors / finished if finished else None,
                "retried": retried,
                "recovered": recovered,
                "p50": float(p50) if p50 is not None else None,
                "p95": float(p95) if p95 is not None else None,
            }
            for account_id, finished, errors, retried, recovered, p50, p95 in (
                self.env.cr.fetchall()
            )
        }

    def _count_calls(self, since):
        """:return: {account id: number of requests since a moment (naive UTC)}; index only"""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT account_id, count(*) FROM marketplace_exchange
                 WHERE account_id = ANY(%s) AND started_at >= %s
                 GROUP BY account_id
                """,
                self.ids,
                since,
            )
        )
        return dict(self.env.cr.fetchall())

    def _sent_by_day(self, since):
        """:return: {(account id, day in the user's time zone): changes accepted}"""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT account_id,
                       (started_at AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date,
                       sum(item_count - error_count)
                  FROM marketplace_submission
                 WHERE account_id = ANY(%(ids)s) AND started_at >= %(since)s AND state = 'done'
                 GROUP BY 1, 2
                """,
                ids=self.ids,
                since=since,
                zone=self._zone(),
            )
        )
        return {
            (account_id, day): max(0, total) for account_id, day, total in self.env.cr.fetchall()
        }

    def _count_of(self, model):
        return dict(
            self.env[model]._read_group(
                [("account_id", "in", self.ids)], ["account_id"], ["__count"]
            )
        )

    def _zone(self):
        return self.env.tz.zone

    def _local_midnight(self):
        """Start of today for the user, as naive UTC."""
        self.env.cr.execute(
            "SELECT date_trunc('day', now() AT TIME ZONE %s) AT TIME ZONE %s AT TIME ZONE 'UTC'",
            [self._zone(), self._zone()],
        )
        return self.env.cr.fetchone()[0]


_PARTS = ("new", "submitted", "pending", "error", "inbox", "quarantine", "cause")


class MarketplaceOrder(models.Model):
    _inherit = "marketplace.order"

    # "When did the last order come?" for any account, without reading its orders.
    _account_seen_idx = models.Index("(account_id, first_seen_at)")
