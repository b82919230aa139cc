import logging
import time
import uuid
from datetime import timedelta
from functools import partial

import psycopg2
from psycopg2 import errors as pg_errors

from odoo import api, fields, models, tools
from odoo.tools import SQL

from odoo.addons.queue_job.job import Job

from marketplace_adapters.core import AuthError, ThrottledError

from ..const import BURST_PAUSE, JOB_SECONDS, PULL_AGAIN, STOPPED_SECONDS
from ..tools import clock
from ..tools.db import fresh_env, session_lock
from ..tools.faults import log_failure
from ..tools.inbound import safe_text
from ..tools.waker import waker
from .marketplace_sender import Parked

_logger = logging.getLogger(__name__)

# Seconds until what is held back is looked at again while another job works on the account.
REVIEW_AGAIN = 2
# Argument of a pull that asks for orders alone, now.
ORDERS_ALONE = 1


class MarketplaceEngine(models.AbstractModel):
    """The jobs. Each is cheap, may run twice, may die anywhere, and is made again when missing:
    operations, outbox and inbox are the truth, jobs only work on them.

    ::

        user's transaction ─wake─▶ _job_dispatch ─▶ _job_send(account)      (one at a time each)
        webhook, _job_pull ─wake─▶ _job_process(account)                    (one at a time each)
        _cron_keep_going: wakes whatever has work and no job
    """

    _name = "marketplace.engine"
    _description = "Marketplace Engine"

    # === WAKING === #

    @api.model
    def _wake(self, method, account_id, *, eta=None, argument=0):
        """Have a job run soon, unless an equal one waits already.

        One INSERT by SQL, because the check and the INSERT must be one step, and a job enqueued
        by the ORM costs several times as much. The columns come from queue_job itself, so its
        schema may change.

        :param int account_id: 0 for jobs that serve all accounts.
        :param datetime eta: naive UTC; later waiting jobs do not count as equal, but for the import
            of what was received one that pauses in a burst does.
        """
        identity = f"marketplace:{method}:{account_id}:{argument}"
        columns, values = self._job_row(method, account_id, argument)
        cr = self.env.cr
        cr.execute(
            SQL(
                """
                INSERT INTO queue_job (uuid, date_created, eta, identity_key, %s)
                SELECT %s, now() AT TIME ZONE 'UTC', %s, %s, %s
                 WHERE NOT EXISTS (
                       SELECT 1 FROM queue_job
                        WHERE identity_key = %s
                          AND state IN ('pending', 'enqueued', 'wait_dependencies')
                          AND (eta IS NULL OR eta <= coalesce(%s, now() AT TIME ZONE 'UTC') + %s))
                """,
                SQL(", ").join(SQL.identifier(column) for column in columns),
                str(uuid.uuid4()),
                eta,
                identity,
                SQL(", ").join(SQL("%s", value) for value in values),
                identity,
                eta,
                timedelta(seconds=BURST_PAUSE if method == "_job_process" else 0),
            )
        )

    @api.model
    def _wake_after_commit(self, method, account_id, argument=0):
        """Like :meth:`_wake`, but once this transaction is committed, from one of its own.

        A waiting job seen then surely starts after the commit, and sees what was committed.
        """
        cr = self.env.cr
        cr.postcommit.add(partial(waker.note, cr.dbname, method, account_id, argument))

    @api.model
    def _wake_process(self, account):
        """Somebody put something into the inbox of an account."""
        self._wake_after_commit("_job_process", account.id)

    @api.model
    def _wake_pull(self, account):
        """A channel named an order that is not here, or told it in part: its orders are fetched
        now, not at the interval. In a burst of them once for many."""
        if not account.automatic:
            return
        pause = account._order_pull_pause()
        if pause > 0:
            eta = clock.now() + timedelta(seconds=pause)
            self._wake("_job_pull", account.id, eta=eta, argument=ORDERS_ALONE)
        else:
            self._wake_after_commit("_job_pull", account.id, ORDERS_ALONE)

    @api.model
    def _wake_send(self, account):
        """Somebody put something into the outbox of an account."""
        self._wake_after_commit("_job_send", account.id)

    @tools.ormcache("method", "account_id", "argument")
    def _job_row(self, method, account_id, argument):
        """Columns and values of a fresh job row, as queue_job would store them."""
        engine_user = self.env.ref("marketplace.user_engine")
        engine = self.env(user=engine_user.id, su=False, context={})["marketplace.engine"]
        job = Job(
            getattr(engine, method),
            args=(account_id, argument) if account_id else (argument,),
            priority={"_job_process": 4, "_job_dispatch": 5, "_job_send": 6}.get(method, 8),
        )
        record = self.env["queue.job"].sudo().new()
        columns, values = [], []
        for name, value in job._store_values(create=True).items():
            field = record._fields[name]
            if name in ("uuid", "date_created", "eta", "identity_key") or not field.store:
                continue
            if field.column_type:
                columns.append(name)
                values.append(field.convert_to_column_insert(value, record))
        return tuple(columns), tuple(values)

    # === JOBS === #

    @api.model
    def _job_dispatch(self, _argument=0):
        """Marketplace: dispatch operations"""
        account_ids = set()
        more = True
        while more:
            found, more = self.env["marketplace.dispatcher"]._dispatch()
            account_ids |= found
            if more and account_ids:
                self._hand_over(account_ids)
        senders = self._senders(account_ids)
        if len(senders) == 1:
            # The usual single change: no second job, its start alone would cost 15 ms.
            self._speaking(senders.id)._send_account(senders.id, dispatched=True)
        else:
            self._hand_over(senders.ids)

    @api.model
    def _job_send(self, account_id, forced=0):
        """Marketplace: send what an account must be told"""
        self._speaking(account_id)._send_account(account_id, forced=bool(forced))

    @api.model
    def _job_process(self, account_id, _argument=0):
        """Marketplace: process what an account received"""
        self._speaking(account_id)._process_account(account_id)

    @api.model
    def _job_pull(self, account_id, alone=0):
        """Marketplace: ask a channel for news

        :param int alone: ``ORDERS_ALONE``, else all that is due, and again after the interval.
        """
        engine = self._speaking(account_id)
        if alone == ORDERS_ALONE:
            engine._pull_orders(account_id)
        else:
            engine._pull_account(account_id)

    @api.model
    def _job_fetch(self, account_id, period):
        """Marketplace: fetch the orders of a period

        :param str period: naive UTC moments ``since/until``; an empty ``until`` is now.
        """
        self._speaking(account_id)._fetch_account(account_id, period)

    # === CRONS === #

    @api.model
    def _cron_keep_going(self):
        """Every minute: make again whatever job is missing. The safety net, not the way."""
        engine = self.sudo()
        self.env.cr.execute(
            """
            SELECT EXISTS (SELECT 1 FROM marketplace_product_operation WHERE dispatched_at IS NULL)
                OR EXISTS (SELECT 1 FROM marketplace_order_operation WHERE dispatched_at IS NULL)
            """
        )
        if self.env.cr.fetchone()[0]:
            engine._wake("_job_dispatch", 0)
        self.env["marketplace.order"].sudo()._ask_about_awaited()
        accounts = self.env["marketplace.account"].sudo().search([("state", "=", "connected")])
        for account in accounts:
            if self.env["marketplace.inbox"]._has_due(account.id):
                engine._wake("_job_process", account.id)
            if not account.automatic:
                continue
            due = self.env["marketplace.outbox"]._next_due(account.id)
            # What is held back may be right by now: an hour passed, or somebody was quicker.
            if due is not None or account.held_kinds:
                engine._wake("_job_send", account.id)
            if account._pull_is_due():
                engine._wake("_job_pull", account.id)

    @api.model
    def _cron_reconcile(self):
        """Every night: tell everything again that is not equal to what was acknowledged, and read
        the last days' orders once more. Nothing equal leaves (invariant 9)."""
        accounts = (
            self.env["marketplace.account"]
            .sudo()
            .search([("state", "=", "connected"), ("automatic", "=", True)])
        )
        for account in accounts:
            account._request_products()
            account._rewind_cursors(days=2)
        self.env["marketplace.credential"]._tell_expiring()

    # === SENDING === #

    def _send_account(self, account_id, *, forced=False, dispatched=False):
        """Send until nothing is due, the time is over, or the channel wants us to wait.

        :param dispatched: the log was looked at just now.
        """
        account = self.env["marketplace.account"].browse(account_id).exists()
        if not account or not account._may_call() or not (account.automatic or forced):
            return
        with session_lock(self.env, f"out.{account_id}") as held:
            if not held:
                if account.held_kinds:
                    self._review_soon(account, forced)
                return  # whoever holds it looks once more after letting go
            parked = Parked()
            wait = self._send_while_due(account, dispatched, parked)
        with fresh_env(self.env) as env:
            if not wait and not parked.lanes():
                causes = env["marketplace.cause"]
                causes._solve(account.with_env(env), ["send_stopped"])
                # Only after all was sent: what fails once more is the same cause, told once.
                causes._settle_sent(account)
            due = env["marketplace.outbox"]._next_due(account_id, parked.lanes())
            due = min((one for one in (due, parked.seconds()) if one is not None), default=None)
            if due is not None and account.with_env(env)._may_call():
                seconds = max(wait, due)
                env["marketplace.engine"]._wake(
                    "_job_send",
                    account_id,
                    eta=clock.now() + timedelta(seconds=seconds) if seconds else None,
                    argument=int(forced),
                )

    def _send_while_due(self, account, dispatched, parked):
        """:param parked: lanes that wait for their budget; more may join them.
        :return: seconds until it makes sense to come again."""
        until = time.monotonic() + JOB_SECONDS
        try:
            with account._engine_adapter() as adapter:
                sender = self.env["marketplace.sender"]
                sender._recover(account, adapter)
                sender._poll_due(account, adapter, parked)
                while time.monotonic() < until:
                    # What was changed during a push goes with the next one.
                    if not dispatched and self._dispatch_meanwhile(account):
                        parked.review = True
                    dispatched = False
                    wait = sender._send_batch(account, adapter, parked)
                    if wait is not None:
                        return wait
        except AuthError as exc:
            self._pause_account(account, exc)
        except psycopg2.Error:
            raise
        except ThrottledError as exc:
            return exc.retry_after
        except Exception as exc:
            self._record_stop(account, "send", exc)
            return STOPPED_SECONDS
        return 0.0

    def _dispatch_meanwhile(self, account):
        """One chunk of what was changed during a push; other accounts hear of theirs.

        :return: whether there is something for this account.
        """
        found, _more = self.env["marketplace.dispatcher"]._dispatch()
        if others := found - {account.id}:
            self._hand_over(others)
        return account.id in found

    def _dispatch_rest(self, account):
        """All that waits in the log: one change of thousands of products is looked at whole."""
        more, others = True, set()
        while more:
            found, more = self.env["marketplace.dispatcher"]._dispatch()
            others |= found
        if others := others - {account.id}:
            self._hand_over(others)

    def _review_soon(self, account, forced):
        """What is held back is looked at again, by a job that has the account for itself: the one
        under way may have looked before what this one was made for."""
        with fresh_env(self.env) as env:
            eta = clock.now() + timedelta(seconds=REVIEW_AGAIN)
            env["marketplace.engine"]._wake("_job_send", account.id, eta=eta, argument=int(forced))

    def _record_stop(self, account, what, error):
        """Something that nobody foresaw stopped a flow of an account: in a committed step of its
        own people are told; the job ends well and the next one tries again."""
        log_failure(_logger, error, f"{what} of account", account.id)
        with fresh_env(self.env) as env:
            own = account.with_env(env)
            title = {
                "send": env._("Sending to %(account)s stopped: %(error)s"),
                "process": env._("What %(account)s sent cannot be processed: %(error)s"),
            }[what]
            env["marketplace.cause"]._raise(
                own,
                f"{what}_stopped",
                title % {"account": own.name, "error": safe_text(error)},
                env._("It is tried again by itself. If it stays, send us the server's log."),
                "suite",
            )

    def _pause_account(self, account, error):
        """Credentials do not work: stop, keep queueing, tell a person once."""
        with fresh_env(self.env) as env:
            own = account.with_env(env)
            own._pause(str(error))
            env["marketplace.cause"]._raise(
                own,
                "auth",
                env._("%(account)s was paused: %(error)s", account=own.name, error=error.message),
                env._(
                    "Open the account, enter the credentials again and press Test Connection. "
                    "Changes are kept meanwhile and are sent then."
                ),
                error.fault,
            )

    # === RECEIVING === #

    def _process_account(self, account_id):
        """Process until nothing is due or the time is over."""
        account = self.env["marketplace.account"].browse(account_id)
        with session_lock(self.env, f"in.{account_id}") as held:
            # Whoever holds it goes on with what is due. The job made below is for what comes
            # meanwhile: without it each message would make one that finds the lock taken.
            wait = self._process_while_due(account) if held else BURST_PAUSE
        with fresh_env(self.env) as env:
            if wait is not None and env["marketplace.inbox"]._has_due(account_id):
                env["marketplace.engine"]._wake(
                    "_job_process",
                    account_id,
                    eta=clock.now() + timedelta(seconds=wait) if wait else None,
                )

    def _pull_account(self, account_id):
        """Ask for news, and come again after the interval."""
        account = self.env["marketplace.account"].browse(account_id).exists()
        if not account or not account._may_call():
            return
        unfinished = False
        with session_lock(self.env, f"pull.{account_id}") as held:
            if held:
                unfinished = account._pull_all()
        # The pull under way may have read its page before what this one was made for.
        wait = 0 if unfinished else account._next_pull()
        wait = wait if held else min(wait, PULL_AGAIN)
        with fresh_env(self.env) as env:
            if account.automatic and account.state == "connected":
                env["marketplace.engine"]._wake(
                    "_job_pull", account_id, eta=clock.now() + timedelta(seconds=wait)
                )

    def _pull_orders(self, account_id):
        """Ask for orders alone, whatever their interval; a pull under way may have read its page
        before what this one was made for."""
        account = self.env["marketplace.account"].browse(account_id).exists()
        if not account or not account._may_call():
            return
        with session_lock(self.env, f"pull.{account_id}") as held:
            if held and not account._pull_all(["order"]):
                return
        with fresh_env(self.env) as env:
            eta = clock.now() + timedelta(seconds=0 if held else PULL_AGAIN)
            env["marketplace.engine"]._wake("_job_pull", account_id, eta=eta, argument=ORDERS_ALONE)

    def _fetch_account(self, account_id, period):
        """Fetch the orders of a period, see :meth:`_job_fetch`."""
        account = self.env["marketplace.account"].browse(account_id).exists()
        if account and account._may_call():
            since, _slash, until = period.partition("/")
            account._fetch_period(
                fields.Datetime.to_datetime(since), fields.Datetime.to_datetime(until) or None
            )

    def _process_while_due(self, account):
        """:return: seconds until it makes sense to come again, ``None`` when it makes none."""
        until = time.monotonic() + JOB_SECONDS
        try:
            while time.monotonic() < until:
                if self._in_burst(account):
                    return BURST_PAUSE
                if not self._process_batch(account):
                    break
        except AuthError as exc:
            self._pause_account(account, exc)
            return None
        except psycopg2.Error:
            raise
        except Exception as exc:
            self._record_stop(account, "process", exc)
            return STOPPED_SECONDS
        with fresh_env(self.env) as env:
            own, causes = account.with_env(env), env["marketplace.cause"]
            causes._solve(own, ["process_stopped"])
            causes._solve_linked(own)
        return 0.0

    def _in_burst(self, account):
        """Whether messages arrive faster than they should be disturbed, and none waits too long."""
        with fresh_env(self.env) as env:
            return env["marketplace.inbox"]._in_burst(account.id)

    def _process_batch(self, account):
        """One transaction's worth; retried when somebody else was quicker."""
        for _attempt in range(5):
            try:
                with fresh_env(self.env) as env:
                    return env["marketplace.inbox"]._process_waiting(account.with_env(env))
            except (
                pg_errors.SerializationFailure,
                pg_errors.UniqueViolation,
                pg_errors.DeadlockDetected,
                pg_errors.LockNotAvailable,
            ) as exc:
                _logger.info("Inbox of account %s: once more after %s", account.id, type(exc))
        return 0

    # === INTERNALS === #

    def _speaking(self, account_id):
        """This engine in the language of the account's people: what it writes is for them."""
        if len(self.env["res.lang"].get_installed()) == 1:
            return self
        account = self.env["marketplace.account"].sudo().browse(account_id).exists()
        lang = account.user_id.lang or account.company_id.partner_id.lang
        return self.with_context(lang=lang) if lang else self

    def _senders(self, account_ids):
        return (
            self.env["marketplace.account"]
            .browse(account_ids)
            .exists()
            .filtered(lambda account: account.automatic and account._may_call())
        )

    def _hand_over(self, account_ids):
        with fresh_env(self.env) as env:
            for account in env["marketplace.engine"]._senders(account_ids):
                env["marketplace.engine"]._wake("_job_send", account.id)
