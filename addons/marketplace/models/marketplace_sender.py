import uuid
from datetime import timedelta

from psycopg2 import errors as pg_errors

from odoo import api, models

from marketplace_adapters.core import (
    AdapterError,
    AuthError,
    ItemResult,
    Outcome,
    PushItem,
    ThrottledError,
)

from ..snapshot import Nothing, Tell, Trouble
from ..tools import clock
from ..tools.backoff import poll_delay
from ..tools.db import fresh_env


class MarketplaceSender(models.AbstractModel):
    """claim → snapshot → push → apply, for one account at a time.

    Claim and snapshot are one transaction: under repeatable read an operation that extends an
    item after our snapshot makes the claim fail and repeat, so what is read is never older than
    what is claimed. The push holds no transaction open. Apply is a transaction of its own.
    """

    _name = "marketplace.sender"
    _description = "Marketplace Sender"

    @api.model
    def _send_batch(self, account, adapter):
        """Send one batch of the most urgent lane that has something.

        :return: ``None`` when something was done and more may be due, else seconds to wait.
        :raise AuthError, ThrottledError: after the items were put back.
        """
        lane, items, submission_id = self._retrying(self._claim_and_snapshot, account, adapter)
        if lane is None:
            return items  # seconds to wait
        if not items:
            return None  # everything claimed needed no call
        self._push(account, adapter, lane, items, submission_id)
        return None

    # === CLAIM AND SNAPSHOT === #

    def _claim_and_snapshot(self, env, account, adapter):
        if not account._may_call():
            return None, 0.0, None  # somebody paused it meanwhile
        outbox = env["marketplace.outbox"]
        for lane in self._lanes(adapter):
            claimed, wait = outbox._claim(account, lane, self._size(account, adapter, lane))
            if wait:
                return None, wait, None
            if claimed:
                break
        else:
            return None, 0.0, None
        snapshot = claimed._snapshot()
        items, values, done, troubled = [], {}, {}, []
        for item in claimed:
            state = snapshot.get(item.id) or Nothing(env._("Nothing is left to tell."))
            if isinstance(state, Tell):
                items.append(
                    PushItem(str(item.id), item._kind(), item._target(), state.state, item._key())
                )
                values[item.id] = state.values
            elif isinstance(state, Nothing):
                done.setdefault(state.message, []).append(item.id)
            else:
                troubled.append((item, state))
        for message, ids in done.items():
            outbox._finish(ids, "success", message)
        for item, trouble in troubled:
            item._bury(trouble)
        if not items:
            return lane, [], None
        submission = env["marketplace.submission"].create(
            {
                "account_id": account.id,
                "lane": lane.name,
                "key": str(uuid.uuid4()),
                "item_count": len(items),
                "started_at": clock.now(),
            }
        )
        outbox._attach(values, submission)
        return lane, items, submission.id

    def _lanes(self, adapter):
        """Order lanes first: a late shipment costs more than a late price."""
        return sorted(
            adapter.limits.lanes,
            key=lambda lane: all(kind.value in _LISTING for kind in lane.kinds),
        )

    def _size(self, account, adapter, lane):
        return account._batch_size(lane)

    # === PUSH === #

    def _push(self, account, adapter, lane, items, submission_id):
        """Send without a transaction open, then record what became of it whatever happened."""
        key = str(submission_id)
        try:
            answer = adapter.push(lane.name, items, key)
        except AdapterError as exc:
            self._retrying(self._apply_failure, account, adapter, lane, items, submission_id, exc)
            if isinstance(exc, (AuthError, ThrottledError)):
                raise
            return
        self._retrying(self._apply_answer, account, adapter, lane, items, submission_id, answer)

    # === APPLY === #

    def _apply_answer(self, env, account, adapter, lane, items, submission_id, answer):
        account = account.with_env(env)
        submission = env["marketplace.submission"].browse(submission_id)
        results = {result.ref: result for result in answer.results}
        if not answer.done:
            pending = [item for item in items if item.ref not in results]
            env["marketplace.outbox"]._finish(
                [int(item.ref) for item in pending], "pending", env._("Accepted, being processed.")
            )
        else:
            pending = []
            for item in items:
                results.setdefault(
                    item.ref,
                    ItemResult(item.ref, Outcome.RETRY, "no_answer", env._("No answer.")),
                )
        errors = self._apply_results(env, account, results.values())
        now = clock.now()
        submission.write(
            {
                "state": "pending" if not answer.done else "done",
                "remote_id": answer.remote_id,
                "deadline": now + timedelta(seconds=lane.deadline) if not answer.done else False,
                "poll_at": now + timedelta(seconds=poll_delay(0)) if not answer.done else False,
                "error_count": errors,
            }
        )
        self._record_exchanges(env, account, adapter, submission)

    def _apply_results(self, env, account, results):
        """Write results for a whole batch at once; returns how many are errors."""
        outbox = env["marketplace.outbox"]
        successes, retries, errors = [], {}, []
        for result in results:
            if result.outcome is Outcome.SUCCESS:
                successes.append(result)
            elif result.outcome is Outcome.PENDING:
                outbox._finish([int(result.ref)], "pending", result.message)
            elif result.outcome is Outcome.RETRY:
                retries.setdefault((result.code, result.message), []).append(int(result.ref))
            else:
                errors.append(result)
        outbox._succeed(successes)
        for (code, message), ids in retries.items():
            outbox._postpone(ids, message or code, code=code)
        for (code, message), ids in _grouped(errors).items():
            outbox.browse(ids)._bury(
                Trouble(f"rejected:{code or 'unknown'}", message or code or "", "")
            )
        return len(errors)

    def _apply_failure(self, env, account, adapter, lane, items, submission_id, error):
        """The whole call failed: what happens to the items depends on the error's policy."""
        account = account.with_env(env)
        outbox = env["marketplace.outbox"]
        submission = env["marketplace.submission"].browse(submission_id)
        ids = [int(item.ref) for item in items]
        if error.policy in ("wait", "pause"):
            seconds = getattr(error, "retry_after", 0)
            outbox._put_back(ids, str(error), seconds)
        elif error.policy in ("retry", "reread"):
            if lane.repeatable or error.policy == "reread":
                outbox._postpone(ids, str(error), code=type(error).__name__)
            else:
                self._ask_back(env, account, adapter, items, error)
        else:
            for item in outbox.browse(ids):
                item.message = str(error)
            outbox.browse(ids)._bury(
                Trouble(
                    f"{type(error).__name__}:{error.code or ''}",
                    error.message,
                    env._("Retry once the cause is gone."),
                ),
                fault=error.fault,
            )
        submission.write(
            {
                "state": "failed",
                "message": str(error)[:500],
                "error_count": len(ids) if error.policy in ("bury", "refuse") else 0,
            }
        )
        self._record_exchanges(env, account, adapter, submission)

    def _ask_back(self, env, account, adapter, items, error):
        """A once-only item whose answer was lost: read back before any repeat."""
        outbox = env["marketplace.outbox"]
        known, unknown = [], []
        for item in items:
            try:
                result = adapter.applied(item)
            except AdapterError:
                outbox._postpone([int(item.ref)], str(error), code="unverified")
                continue
            (known if result else unknown).append(result or item)
        self._apply_results(env, account, known)
        if unknown:
            outbox.browse([int(item.ref) for item in unknown])._bury(
                Trouble(
                    "outcome_unknown",
                    env._("The answer was lost and the channel cannot say whether it took effect."),
                    env._("Look at the channel. Press Retry if it is not there, else Mark as sent."),
                ),
                fault="network",
            )

    def _record_exchanges(self, env, account, adapter, submission):
        exchanges = adapter.take_exchanges()
        env["marketplace.exchange"]._store(account, exchanges, submission)
        submission.write(
            {
                "finished_at": clock.now(),
                "call_count": submission.call_count + len(exchanges),
                "duration": submission.duration + sum(one.duration for one in exchanges),
            }
        )

    # === POLL === #

    @api.model
    def _poll_due(self, account, adapter):
        """Ask for the outcome of asynchronous submissions whose time has come."""
        with fresh_env(self.env) as env:
            due = env["marketplace.submission"].search(
                [
                    ("account_id", "=", account.id),
                    ("state", "=", "pending"),
                    ("poll_at", "<=", clock.now()),
                ],
                order="poll_at",
                limit=50,
            )
            rows = [(one.id, one.remote_id, one.deadline, one.started_at) for one in due]
        for submission_id, remote_id, deadline, started_at in rows:
            try:
                answer = adapter.poll(remote_id)
            except (AuthError, ThrottledError):
                raise
            except AdapterError as exc:
                answer = exc
            self._retrying(
                self._apply_poll, account, adapter, submission_id, answer, deadline, started_at
            )

    def _apply_poll(self, env, account, adapter, submission_id, answer, deadline, started_at):
        account = account.with_env(env)
        outbox = env["marketplace.outbox"]
        submission = env["marketplace.submission"].browse(submission_id)
        now = clock.now()
        if isinstance(answer, AdapterError):
            submission.message = str(answer)[:500]
            done, results = False, ()
        else:
            done, results = answer.done, answer.results
        submission.error_count += self._apply_results(env, account, results)
        left = submission.outbox_ids.filtered(lambda item: item.status == "pending")
        if done:
            outbox._postpone(left.ids, env._("The channel said nothing about it."), code="no_answer")
            submission.state = "done"
        elif deadline and now > deadline:
            # The channel has forgotten it: level-triggered items are told again, now.
            outbox._postpone(left.ids, env._("No outcome within the deadline."), code="deadline")
            submission.write(
                {"state": "failed", "message": env._("No outcome within the deadline.")}
            )
        else:
            age = (now - started_at).total_seconds()
            submission.poll_at = now + timedelta(seconds=poll_delay(age))
        self._record_exchanges(env, account, adapter, submission)

    # === RECOVERY === #

    @api.model
    def _recover(self, account, adapter):
        """Items that a killed job left behind. We hold the account's lock, so nobody else is
        working on them: what may be repeated goes back, the rest is read back first."""
        with fresh_env(self.env) as env:
            orphans = env["marketplace.outbox"].search(
                [("account_id", "=", account.id), ("status", "=", "submitted")]
            )
            rows = {}
            for item in orphans:
                rows.setdefault(item.lane, []).append(item.id)
        for lane in adapter.limits.lanes:
            if ids := rows.get(lane.name):
                self._retrying(self._recover_lane, account, adapter, lane, ids)

    def _recover_lane(self, env, account, adapter, lane, ids):
        outbox = env["marketplace.outbox"]
        items = outbox.browse(ids)
        interrupted = env._("Interrupted; sent again.")
        items.submission_id.filtered(lambda one: one.state == "sending").write(
            {"state": "failed", "message": interrupted, "finished_at": clock.now()}
        )
        if lane.repeatable or not items.submission_id:
            outbox._put_back(ids, interrupted, 0)
            return
        snapshot = items._snapshot(sent=True)
        told = [
            PushItem(str(item.id), item._kind(), item._target(), state.state, item._key())
            for item in items
            if isinstance(state := snapshot.get(item.id), Tell)
        ]
        outbox._put_back(list(set(ids) - {int(item.ref) for item in told}), interrupted, 0)
        self._ask_back(env, account.with_env(env), adapter, told, AdapterError(interrupted))

    # === INTERNALS === #

    def _retrying(self, step, account, *args):
        """Run one step in a transaction of its own; again when somebody else was quicker."""
        for attempt in range(6):
            try:
                with fresh_env(self.env) as env:
                    return step(env, account.with_env(env), *args)
            except (
                pg_errors.SerializationFailure,
                pg_errors.UniqueViolation,
                pg_errors.DeadlockDetected,
            ):
                if attempt == 5:
                    raise
        return None


_LISTING = {"product", "price", "inventory", "image", "relationship", "override", "delete"}


def _grouped(results):
    groups = {}
    for result in results:
        groups.setdefault((result.code, result.message), []).append(int(result.ref))
    return groups

