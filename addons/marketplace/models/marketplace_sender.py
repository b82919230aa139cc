import uuid
from dataclasses import dataclass
from datetime import timedelta

from psycopg2 import errors as pg_errors

from odoo import api, models

from marketplace_adapters.core import (
    AdapterError,
    AuthError,
    ItemResult,
    Lane,
    Outcome,
    PushItem,
    Submission,
    ThrottledError,
)

from ..snapshot import Nothing, Tell, Trouble
from ..tools import clock
from ..tools.backoff import poll_delay
from ..tools.db import fresh_env

OUTCOME_UNKNOWN = "outcome_unknown"


@dataclass(frozen=True, slots=True)
class Batch:
    """What goes into one push.

    :param items: of :class:`marketplace_adapters.core.PushItem`.
    :param doubtful: refs of items that may have taken effect already.
    """

    lane: Lane
    items: list
    submission_id: int
    doubtful: set


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
        batch = self._retrying(self._claim_and_snapshot, account, adapter)
        if isinstance(batch, float):
            return batch  # nothing is due for so many seconds
        if batch:
            self._push(account, adapter, batch)
        return None

    # === CLAIM AND SNAPSHOT === #

    def _claim_and_snapshot(self, env, account, adapter):
        """:return: a :class:`Batch`; ``None`` when what was claimed needed no call; seconds to
        wait when nothing is due."""
        if not account._may_call():
            return 0.0  # somebody paused it meanwhile
        outbox = env["marketplace.outbox"]
        for lane in self._lanes(adapter):
            claimed, wait = outbox._claim(account, lane, lane.batch_size)
            if wait:
                return wait
            if claimed:
                break
        else:
            return 0.0
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
            return None
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
        doubtful = {str(item.id) for item in claimed if item.doubtful}
        return Batch(lane, items, submission.id, doubtful)

    def _lanes(self, adapter):
        """Order lanes first: a late shipment costs more than a late price."""
        return sorted(
            adapter.limits.lanes,
            key=lambda lane: all(kind.value in _LISTING for kind in lane.kinds),
        )

    # === PUSH === #

    def _push(self, account, adapter, batch):
        """Send without a transaction open, then record what became of it whatever happened."""
        try:
            settled, items = self._read_back(adapter, batch)
            answer = Submission(())
            if items:
                answer = adapter.push(batch.lane.name, items, str(batch.submission_id))
        except AdapterError as exc:
            self._retrying(self._apply_failure, account, adapter, batch, exc)
            if isinstance(exc, (AuthError, ThrottledError)):
                raise
            return
        self._retrying(self._apply_answer, account, adapter, batch, answer, settled)

    def _read_back(self, adapter, batch):
        """Once-only items whose answer was lost are read back before any repeat.

        :return: (results of those that are settled, items that are to be sent)
        """
        settled, items = [], []
        for item in batch.items:
            if item.ref not in batch.doubtful:
                items.append(item)
                continue
            result = adapter.applied(item)
            if result is None:
                message = self.env._(
                    "The answer was lost and the channel cannot say whether it took effect."
                )
                settled.append(ItemResult(item.ref, Outcome.ERROR, OUTCOME_UNKNOWN, message))
            elif result.outcome is Outcome.RETRY:
                items.append(item)
            else:
                settled.append(result)
        return settled, items

    # === APPLY === #

    def _apply_answer(self, env, account, adapter, batch, answer, settled):
        lane = batch.lane
        outbox = env["marketplace.outbox"]
        submission = env["marketplace.submission"].browse(batch.submission_id)
        results = {result.ref: result for result in (*answer.results, *settled)}
        unanswered = [int(item.ref) for item in batch.items if item.ref not in results]
        if answer.done:
            outbox._postpone(
                unanswered, env._("No answer."), code="no_answer", doubtful=not lane.repeatable
            )
        else:
            outbox._finish(unanswered, "pending", env._("Accepted, being processed."))
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
            advice = ""
            if code == OUTCOME_UNKNOWN:
                advice = env._(
                    "Look at the channel. Press Retry if it is not there, else Mark as sent."
                )
            outbox.browse(ids)._bury(
                Trouble(f"rejected:{code or 'unknown'}", message or code or "", advice)
            )
        return len(errors)

    def _apply_failure(self, env, account, adapter, batch, error):
        """The whole call failed: what happens to the items depends on the error's policy."""
        outbox = env["marketplace.outbox"]
        submission = env["marketplace.submission"].browse(batch.submission_id)
        ids = [int(item.ref) for item in batch.items]
        buried = error.policy in ("bury", "refuse")
        if error.policy in ("wait", "pause"):
            outbox._put_back(ids, str(error), getattr(error, "retry_after", 0))
        elif buried:
            outbox.browse(ids)._bury(
                Trouble(
                    f"{type(error).__name__}:{error.code or ''}",
                    error.message,
                    env._("Retry once the cause is gone."),
                ),
                fault=error.fault,
            )
        else:
            # A conflict surely took no effect; a lost answer may have.
            doubtful = error.policy == "retry" and not batch.lane.repeatable
            outbox._postpone(ids, str(error), code=type(error).__name__, doubtful=doubtful)
        submission.write(
            {
                "state": "failed",
                "message": str(error)[:500],
                "error_count": len(ids) if buried else 0,
            }
        )
        self._record_exchanges(env, account, adapter, submission)

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
            outbox._postpone(
                left.ids, env._("The channel said nothing about it."), code="no_answer"
            )
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
        working on them: they go back, and what may not be repeated is read back first."""
        self._retrying(self._put_back_orphans, account, adapter)

    def _put_back_orphans(self, env, account, adapter):
        outbox = env["marketplace.outbox"]
        orphans = outbox.search([("account_id", "=", account.id), ("status", "=", "submitted")])
        if not orphans:
            return
        interrupted = env._("Interrupted; sent again.")
        orphans.submission_id.filtered(lambda one: one.state == "sending").write(
            {"state": "failed", "message": interrupted, "finished_at": clock.now()}
        )
        repeatable = {lane.name for lane in adapter.limits.lanes if lane.repeatable}
        for lane, items in orphans.grouped("lane").items():
            outbox._put_back(items.ids, interrupted, 0, doubtful=lane not in repeatable)

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
