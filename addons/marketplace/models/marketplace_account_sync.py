import time
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

from marketplace_adapters.core import UTC, AuthError, ThrottledError

from ..const import JOB_SECONDS, PULL_AGAIN
from ..tools import clock
from ..tools.db import fresh_env
from ..tools.faults import as_adapter_error
from ..tools.inbound import naive


class MarketplaceAccount(models.Model):
    """When an account may work, what it pulls, and how long it remembers."""

    _inherit = "marketplace.account"

    # === STATE === #

    def _may_call(self):
        """Whether requests may leave for this account at all (invariant 5)."""
        self.ensure_one()
        return self.active and self.state == "connected"

    def write(self, vals):
        result = super().write(vals)
        if vals.get("state") == "connected" or vals.get("automatic"):
            engine = self.env["marketplace.engine"].sudo()
            for account in self.filtered("automatic"):
                engine._wake_after_commit("_job_pull", account.id)
                engine._wake_after_commit("_job_send", account.id)
        return result

    def action_pause(self):
        """A person stops the account; changes are still recorded."""
        for account in self:
            account._pause(self.env._("Paused by %s", self.env.user.name))

    def action_resume(self):
        """Go on; whatever waited is sent, coalesced."""
        self.write({"state": "connected", "pause_reason": False})
        for account in self:
            self.env["marketplace.cause"].sudo()._solve(account, ["auth"])

    # === PULL === #

    def _pull_is_due(self):
        """Whether the interval has passed for some topic."""
        self.ensure_one()
        return bool(self._due_topics())

    def _due_topics(self):
        """Topics whose interval has passed."""
        now = fields.Datetime.now()
        return [
            topic
            for topic in self._pull_topics()
            if self._known_cursor(topic)._is_due(now, self._topic_interval(topic))
        ]

    def _topic_interval(self, topic):
        """Seconds between two pulls of a topic: the account's, or what the provider says of it.

        Cheap topics (less than a minute) are asked as often as the provider says; no other is
        asked more often than the account wants.
        """
        given = self._limits().intervals.get(topic, self.interval)
        return given if given < 60 else max(given, self.interval)

    def _pull_topics(self):
        """Topics worth asking for, given what the account wants."""
        self.ensure_one()
        return [topic for topic in self._limits().topics if topic != "order" or self.sync_orders]

    def _pull_all(self, topics=None):
        """Ask for news of every topic; one topic's failure does not stop the others.

        A topic with an interval of its own is left out until that has passed.

        :param topics: these alone, whatever their interval.
        :return: whether there is more to ask for at once.
        """
        self.ensure_one()
        unfinished = False
        own, due = self._limits().intervals, self._due_topics()
        for topic in self._pull_topics():
            if (topic in own and topic not in due) if topics is None else topic not in topics:
                continue
            try:
                self._pull_topic(topic)
                cursor = self._known_cursor(topic)
                unfinished |= bool(cursor) and not cursor.pulled_at
            except ThrottledError as exc:
                self._wait_with_topic(topic, exc.retry_after)
            except AuthError as exc:
                self.env["marketplace.engine"]._pause_account(self, exc)
                return False
            except psycopg2.Error:
                raise
            except Exception as exc:
                self._record_failed_pull(topic, as_adapter_error(exc))
            else:
                with fresh_env(self.env) as env:
                    env["marketplace.cause"]._solve_prefix(self.with_env(env), f"pull:{topic}:")
        return unfinished

    def _order_pull_pause(self):
        """Seconds until orders may be asked for again, between two intervals; 0: now."""
        self.ensure_one()
        cursor = self._known_cursor("order")
        again = [cursor.pulled_at + timedelta(seconds=PULL_AGAIN)] if cursor.pulled_at else []
        again += [cursor.not_before] if cursor.not_before else []
        now = clock.now()
        return max(((moment - now).total_seconds() for moment in again), default=0)

    def _wait_with_topic(self, topic, seconds):
        """The channel wants to be asked for a topic again no sooner than in so many seconds."""
        with fresh_env(self.env) as env:
            cursor = self.with_env(env)._cursor(topic)
            cursor.not_before = fields.Datetime.now() + timedelta(seconds=min(seconds, 3600))

    def _record_failed_pull(self, topic, error):
        """People are told once for each topic, in a committed step of its own."""
        with fresh_env(self.env) as env:
            env["marketplace.cause"]._raise(
                self.with_env(env),
                f"pull:{topic}:{type(error).__name__}",
                env._("News could not be fetched: %s", error.message),
                env._("It is tried again by itself at the next interval."),
                error.fault,
            )

    def _pull_topic(self, topic, since=None, until=None):
        """Store every page of a topic; the cursor moves when the last one is stored.

        A pull that takes long is divided, or a server that ends long jobs would begin it again and
        again: the cursor moves to where it is, and is due at once.

        :param since: naive UTC; ``None`` goes on from the cursor.
        :return: number of new documents.
        """
        self.ensure_one()
        live = since is None
        start = since or self._pull_start(topic)
        latest, new, received, whole = None, 0, 0, True
        deadline = time.monotonic() + JOB_SECONDS
        with self._engine_adapter() as adapter:
            # Notifications bring orders as well.
            adapter.budget.urgent = topic in ("order", "notification")
            try:
                for page in adapter.pull(topic, _aware(start), _aware(until) if until else None):
                    with fresh_env(self.env) as env:
                        own = self.with_env(env)
                        new += env["marketplace.inbox"]._receive(own, page.events, "pull")
                    received += len(page.events)
                    latest = max(filter(None, (latest, page.latest)), default=None)
                    if live and time.monotonic() > deadline and self._may_divide(start, page):
                        whole = False
                        break
            finally:
                with fresh_env(self.env) as env:
                    own = self.with_env(env)
                    env["marketplace.exchange"]._store(own, adapter.take_exchanges())
        if live:
            with fresh_env(self.env) as env:
                self.with_env(env)._move_cursor(topic, latest, received, whole)
            self.env.invalidate_all(flush=False)
        return new

    def _may_divide(self, start, page):
        """Whether a pull that goes on after this page begins later than this one did."""
        overlap = timedelta(seconds=self._limits().overlap)
        return page.latest is not None and naive(page.latest) - overlap > start

    def _pull_start(self, topic):
        cursor = self._known_cursor(topic)
        position = cursor.position or self._lookback_start()
        return position - timedelta(seconds=self._limits().overlap)

    def _next_pull(self):
        """Seconds until some topic is to be asked for again."""
        self.ensure_one()
        return min((self._topic_interval(topic) for topic in self._pull_topics()), default=60)

    def _move_cursor(self, topic, latest, received, whole=True):
        cursor = self._cursor(topic)
        position = latest.replace(tzinfo=None) if latest else None
        pulled_at = whole and fields.Datetime.now()
        vals = {"pulled_at": pulled_at, "received": received, "not_before": False}
        # The channel's own clock moves the cursor, never ours, and never backwards.
        if position and (not cursor.position or position > cursor.position):
            vals["position"] = position
        cursor.write(vals)

    def _known_cursor(self, topic):
        """The cursor of a topic; empty when it was never asked for."""
        return self.cursor_ids.filtered(lambda cursor: cursor.topic == topic)

    def _cursor(self, topic):
        """The cursor of a topic, made when it is wanted first."""
        cursors = self.env["marketplace.cursor"]
        return cursors.search(
            [("account_id", "=", self.id), ("topic", "=", topic)]
        ) or cursors.create({"account_id": self.id, "topic": topic})

    def _rewind_cursors(self, *, days):
        """Have the next pull read back some days: what a live pull missed is found again."""
        for cursor in self.cursor_ids.filtered("position"):
            cursor.position = min(cursor.position, fields.Datetime.now() - timedelta(days=days))

    # === RETENTION === #

    @api.autovacuum
    def _gc_log(self):
        """Let go of what was kept long enough; the newest state of every listing stays."""
        for account in self.sudo().with_context(active_test=False).search([]):
            params = {
                "account": account.id,
                "keep": f"{account.retention_days} days",
                "keep_bodies": f"{account.body_retention_days} days",
            }
            for statement in _RETENTION:
                self.env.cr.execute(statement, params)
            self._gc_causes(account)
        self.env.cr.execute(
            """
            SELECT coalesce(max(retention_days), 100) FROM marketplace_account
            """
        )
        keep = f"{self.env.cr.fetchone()[0]} days"
        for table in ("marketplace_product_operation", "marketplace_order_operation"):
            self.env.cr.execute(
                SQL(
                    """
                    DELETE FROM %(table)s op
                     WHERE op.dispatched_at < now() AT TIME ZONE 'UTC' - %(keep)s::interval
                       AND NOT EXISTS (
                           SELECT 1 FROM marketplace_operation_outbox link
                             JOIN marketplace_outbox item ON item.id = link.outbox_id
                            WHERE link.%(column)s = op.id
                              AND item.status NOT IN ('success', 'superseded'))
                    """,
                    table=SQL.identifier(table),
                    keep=keep,
                    column=SQL.identifier(
                        "product_operation_id" if "product" in table else "order_operation_id"
                    ),
                )
            )

    def _gc_causes(self, account):
        """Solved causes leave with their messages, a part of them at a time."""
        long_ago = fields.Datetime.now() - timedelta(days=account.retention_days)
        self.env["marketplace.cause"].sudo().search(
            [
                ("account_id", "=", account.id),
                ("state", "=", "solved"),
                ("last_at", "<", long_ago),
            ],
            limit=1000,
        ).unlink()


_RETENTION = (
    """
    DELETE FROM marketplace_exchange
     WHERE account_id = %(account)s
       AND started_at < now() AT TIME ZONE 'UTC' - %(keep_bodies)s::interval
    """,
    """
    DELETE FROM marketplace_outbox
     WHERE account_id = %(account)s AND status IN ('success', 'superseded')
       AND status_at < now() AT TIME ZONE 'UTC' - %(keep)s::interval
    """,
    """
    DELETE FROM marketplace_submission
     WHERE account_id = %(account)s AND state IN ('done', 'failed')
       AND started_at < now() AT TIME ZONE 'UTC' - %(keep)s::interval
    """,
    """
    DELETE FROM marketplace_inbox
     WHERE account_id = %(account)s AND status IN ('done', 'ignored')
       AND received_at < now() AT TIME ZONE 'UTC' - %(keep)s::interval
    """,
)


def _aware(moment):
    """Naive UTC of Odoo → aware UTC of the adapters: the one place for it."""
    return moment.replace(tzinfo=UTC)
