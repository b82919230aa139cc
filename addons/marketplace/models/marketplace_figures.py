from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .marketplace_dashboard import GOAL_ERROR_RATE, GOAL_SECONDS

# Answer times are taken from the newest calls of each account: see SAMPLE of the dashboard.
CALL_SAMPLE = 2000
# Reasons shown on the page; the Errors screen has all of them.
CAUSES_SHOWN = 8


class MarketplaceFigures(models.AbstractModel):
    """The page of figures (R421–R429): a constant number of statements, whatever the number of
    accounts and the size of the log."""

    _name = "marketplace.figures"
    _description = "Marketplace Figures"

    @api.model
    def get_figures(self, hours=24):
        """Everything that the page shows.

        :param hours: 24 (by the hour) or 168 (by the day).
        :return: JSON-able; durations in seconds, rates in percent, moments as ISO text in UTC,
            ``None`` where nothing was measured.
        """
        hours = 168 if hours > 24 else 24
        since = fields.Datetime.now() - timedelta(hours=hours)
        accounts = self.env["marketplace.account"].search([])
        service = accounts._service_figures(since)
        sending = self._sending(accounts, since)
        calls = accounts._count_calls(since)
        answers = self._answers(accounts, since)
        rows = [self._row(account, service, sending, calls, answers) for account in accounts]
        return {
            "hours": hours,
            "goals": {"seconds": GOAL_SECONDS, "error_rate": GOAL_ERROR_RATE},
            "accounts": rows,
            "total": self._total(rows),
            "chart": self._chart(accounts, since, hours),
            "causes": self._causes(accounts),
        }

    # === ROWS === #

    def _row(self, account, service, sending, calls, answers):
        told = service.get(account.id, {})
        sent = sending.get(account.id, {})
        answer = answers.get(account.id, {})
        row = {
            "id": account.id,
            "name": account.name,
            "provider": dict(account._fields["provider"]._description_selection(self.env)).get(
                account.provider, account.provider
            ),
            "company": account.company_id.name,
            "state": account.state,
            "health": account.health,
            "waiting": account.waiting_count,
            "pending": account.pending_count,
            "errors": account.error_count,
            "quarantine": account.quarantine_count + account.inbox_count,
            "last_sent_at": _iso(account.last_sent_at),
            "last_pulled_at": _iso(account.last_pulled_at),
            "last_order_at": _iso(account.last_order_at),
            "oldest_waiting_at": _iso(account.oldest_waiting_at),
            "finished": told.get("finished", 0),
            "failed": told.get("errors", 0),
            "error_rate": told.get("error_rate"),
            "p50": told.get("p50"),
            "p95": told.get("p95"),
            "retried": told.get("retried", 0),
            "recovered": told.get("recovered", 0),
            "calls": calls.get(account.id, 0),
            "answer_p50": answer.get("p50"),
            "answer_p95": answer.get("p95"),
            "calls_sampled": answer.get("sampled", 0),
            "calls_failed": answer.get("failed", 0),
            "items": sent.get("items", 0),
            "sending_calls": sent.get("calls", 0),
            "seconds": sent.get("seconds", 0.0),
        }
        return _with_rates(row)

    def _total(self, rows):
        """All accounts together: sums, and the worst of what cannot be added up."""
        total = {
            key: sum(row[key] for row in rows)
            for key in (
                "waiting",
                "pending",
                "errors",
                "quarantine",
                "finished",
                "failed",
                "retried",
                "recovered",
                "calls",
                "calls_sampled",
                "calls_failed",
                "items",
                "sending_calls",
                "seconds",
            )
        }
        total["error_rate"] = (
            100.0 * total["failed"] / total["finished"] if total["finished"] else None
        )
        for key in ("p50", "p95", "answer_p50", "answer_p95"):
            total[key] = max((row[key] for row in rows if row[key] is not None), default=None)
        for key in ("last_sent_at", "last_pulled_at", "last_order_at"):
            total[key] = max((row[key] for row in rows if row[key]), default=None)
        return _with_rates(total)

    # === STATEMENTS === #

    def _sending(self, accounts, since):
        """:return: {account id: {"items", "calls", "seconds"}} of what was sent"""
        self.env.cr.execute(
            SQL(
                """
                SELECT account_id, sum(item_count), sum(call_count), sum(duration)
                  FROM marketplace_submission
                 WHERE account_id = ANY(%s) AND started_at >= %s
                 GROUP BY account_id
                """,
                accounts.ids,
                since,
            )
        )
        return {
            account_id: {"items": items or 0, "calls": calls or 0, "seconds": seconds or 0.0}
            for account_id, items, calls, seconds in self.env.cr.fetchall()
        }

    def _answers(self, accounts, since):
        """:return: {account id: {"sampled", "failed", "p50", "p95"}} of the newest calls"""
        self.env.cr.execute(
            SQL(
                """
                SELECT account.id, sample.*
                  FROM unnest(%s::int[]) AS account (id)
                 CROSS JOIN LATERAL (
                       SELECT count(*),
                              count(*) FILTER (WHERE status < 200 OR status >= 400),
                              percentile_cont(0.5) WITHIN GROUP (ORDER BY duration),
                              percentile_cont(0.95) WITHIN GROUP (ORDER BY duration)
                         FROM (SELECT status, duration::float FROM marketplace_exchange
                                WHERE account_id = account.id AND started_at >= %s
                                ORDER BY started_at DESC LIMIT %s) call) sample
                """,
                accounts.ids,
                since,
                CALL_SAMPLE,
            )
        )
        return {
            account_id: {"sampled": sampled, "failed": failed, "p50": p50, "p95": p95}
            for account_id, sampled, failed, p50, p95 in self.env.cr.fetchall()
        }

    def _chart(self, accounts, since, hours):
        """Accepted and refused by the hour or by the day, in the user's time zone.

        :return: list of {"at": ISO text in UTC, "accepted", "failed"}, oldest first, no gaps
        """
        unit, step = ("day", "1 day") if hours > 24 else ("hour", "1 hour")
        self.env.cr.execute(
            SQL(
                """
                WITH local AS (
                    SELECT date_trunc(%(unit)s, moment AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)
                           AS at
                      FROM generate_series(%(since)s::timestamp, now() AT TIME ZONE 'UTC',
                                           %(step)s::interval) AS moment
                     UNION
                    SELECT date_trunc(%(unit)s, now() AT TIME ZONE %(zone)s)
                ), sent AS (
                    SELECT date_trunc(%(unit)s, started_at AT TIME ZONE 'UTC'
                                                AT TIME ZONE %(zone)s) AS at,
                           sum(CASE state WHEN 'failed' THEN 0
                               ELSE greatest(0, item_count - error_count) END) AS accepted,
                           sum(CASE state WHEN 'failed' THEN item_count
                               ELSE error_count END) AS failed
                      FROM marketplace_submission
                     WHERE account_id = ANY(%(ids)s) AND started_at >= %(since)s
                     GROUP BY 1
                )
                SELECT local.at AT TIME ZONE %(zone)s AT TIME ZONE 'UTC',
                       coalesce(sent.accepted, 0), coalesce(sent.failed, 0)
                  FROM local LEFT JOIN sent USING (at)
                 ORDER BY local.at
                """,
                unit=unit,
                step=step,
                zone=self.env.tz.zone,
                since=since,
                ids=accounts.ids,
            )
        )
        return [
            {"at": _iso(at), "accepted": int(accepted), "failed": int(failed)}
            for at, accepted, failed in self.env.cr.fetchall()
        ]

    def _causes(self, accounts):
        """The open causes that most waits for; their number is small, what waits is counted by
        an index."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT cause.id, cause.title, cause.fault, cause.account_id,
                       (SELECT count(*) FROM marketplace_outbox item
                         WHERE item.cause_id = cause.id AND item.status = 'error')
                     + (SELECT count(*) FROM marketplace_inbox item
                         WHERE item.cause_id = cause.id
                           AND item.status IN ('quarantined', 'error')) AS waiting
                  FROM marketplace_cause cause
                 WHERE cause.account_id = ANY(%s) AND cause.state = 'open'
                 ORDER BY waiting DESC, cause.last_at DESC, cause.id DESC
                 LIMIT %s
                """,
                accounts.ids,
                CAUSES_SHOWN,
            )
        )
        rows = self.env.cr.fetchall()
        fault = dict(
            self.env["marketplace.cause"]._fields["fault"]._description_selection(self.env)
        )
        names = {account.id: account.name for account in accounts}
        return [
            {
                "id": cause_id,
                "title": title,
                "fault": fault.get(code, code),
                "account": names[account_id],
                "waiting": waiting,
            }
            for cause_id, title, code, account_id, waiting in rows
        ]


def _with_rates(row):
    """Add what follows from the sums of a row."""
    row["recovery_rate"] = 100.0 * row["recovered"] / row["retried"] if row["retried"] else None
    row["call_error_rate"] = (
        100.0 * row["calls_failed"] / row["calls_sampled"] if row["calls_sampled"] else None
    )
    row["items_per_call"] = row["items"] / row["sending_calls"] if row["sending_calls"] else None
    row["items_per_second"] = row["items"] / row["seconds"] if row["seconds"] else None
    return row


def _iso(moment):
    return moment.isoformat(sep=" ", timespec="seconds") if moment else None
