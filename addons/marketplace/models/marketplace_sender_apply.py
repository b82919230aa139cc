from datetime import timedelta

import psycopg2

from odoo import api, models

from marketplace_adapters.core import AdapterError, AuthError, Outcome, ThrottledError

from ..snapshot import Trouble
from ..tools import clock
from ..tools.backoff import poll_delay
from ..tools.db import fresh_env, skip_flush
from ..tools.faults import as_adapter_error
from .marketplace_sender import OUTCOME_UNKNOWN


class MarketplaceSender(models.AbstractModel):
    """What became of a push: results of items, failures of a call, answers that come later."""

    _inherit = "marketplace.sender"

    # === APPLY === #

    def _apply_answer(self, env, account, adapter, batch, answer, settled):
        lane = batch.lane
        if lane.repeatable:
            skip_flush(env.cr)
        outbox = env["marketplace.outbox"]
        submission = env["marketplace.submission"].browse(batch.submission_id)
        results = {result.ref: result for result in (*answer.results, *settled)}
        unanswered = [int(item.ref) for item in batch.items if item.ref not in results]
        if answer.retry_after is not None:
            outbox._put_back(
                unanswered, env._("The budget is used up for now."), answer.retry_after
            )
        elif answer.done:
            outbox._postpone(
                unanswered, env._("No answer."), code="no_answer", doubtful=not lane.repeatable
            )
        else:
            outbox._finish(unanswered, "pending", env._("Accepted, being processed."))
        errors = self._apply_results(env, account, results.values(), adapter.limits)
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
        if batch.probe:
            account._close_breaker()

    def _apply_results(self, env, account, results, limits):
        """Write results for a whole batch at once; returns how many are errors."""
        outbox = env["marketplace.outbox"]
        results = list(results)
        env["marketplace.listing.issue"]._take_over_results(results)
        successes, retries, errors = [], {}, []
        waiting = outbox._refused_with_product(results) if limits.product_first else set()
        outbox.browse(waiting)._wait_for_product()
        for result in results:
            if int(result.ref) in waiting:
                continue
            if result.outcome is Outcome.SUCCESS:
                successes.append(result)
            elif result.outcome is Outcome.PENDING:
                outbox._finish([int(result.ref)], "pending", result.message)
            elif result.outcome is Outcome.RETRY:
                retries.setdefault((result.code, result.message), []).append(int(result.ref))
            else:
                errors.append(result)
        outbox._succeed(successes)
        if any(lane.asynchronous for lane in limits.lanes):
            outbox._supersede_pending(successes)
        for (code, message), ids in retries.items():
            outbox._postpone(ids, message or code, code=code)
        for (code, message), ids in _grouped(errors).items():
            advice = env._(
                "The channel refused it. Correct the product, the order or the account: a changed "
                "product is sent by itself, for anything else press Retry all."
            )
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
            if batch.probe:
                outbox._put_back(ids, str(error), 0, doubtful=doubtful)
            else:
                outbox._postpone(ids, str(error), code=type(error).__name__, doubtful=doubtful)
        submission.write(
            {
                "state": "failed",
                "error_type": type(error).__name__,
                "message": str(error)[:500],
                "error_count": len(ids) if buried else 0,
            }
        )
        self._record_exchanges(env, account, adapter, submission)
        account._count_failure(error, probe=batch.probe)

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
    def _poll_due(self, account, adapter, parked):
        """Ask for the outcome of asynchronous submissions whose time has come.

        :param parked: lanes that wait for their budget; asking may have to wait as well.
        """
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
        for place, (submission_id, remote_id, deadline, started_at) in enumerate(rows):
            try:
                answer = adapter.poll(remote_id)
            except AuthError:
                raise
            except ThrottledError as exc:
                later = [row[0] for row in rows[place:]]
                self._retrying(self._poll_later, account, later, exc.retry_after)
                return
            except psycopg2.Error:
                raise
            except Exception as exc:
                answer = as_adapter_error(exc)
            self._retrying(
                self._apply_poll, account, adapter, submission_id, answer, deadline, started_at
            )

    def _poll_later(self, env, account, submission_ids, seconds):
        env["marketplace.submission"].browse(submission_ids).write(
            {"poll_at": clock.now() + timedelta(seconds=max(1.0, seconds))}
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
        current, late = _apart(results, submission.outbox_ids)
        submission.error_count += self._apply_results(env, account, current, adapter.limits)
        late._tell_again()
        once = any(
            lane.name == submission.lane and not lane.repeatable for lane in adapter.limits.lanes
        )
        left = submission.outbox_ids.filtered(lambda item: item.status == "pending")
        if done:
            outbox._postpone(
                left.ids,
                env._("The channel said nothing about it."),
                code="no_answer",
                doubtful=once,
            )
            submission.state = "done"
        elif deadline and now > deadline:
            # The channel has forgotten it: level-triggered items are told again, now; what may be
            # told once only is read back before.
            outbox._postpone(
                left.ids, env._("No outcome within the deadline."), code="deadline", doubtful=once
            )
            self._tell_stuck(env, account, submission, len(left))
            submission.write(
                {"state": "failed", "message": env._("No outcome within the deadline.")}
            )
        else:
            age = (now - started_at).total_seconds()
            submission.poll_at = now + timedelta(seconds=poll_delay(age))
        self._record_exchanges(env, account, adapter, submission)

    def _tell_stuck(self, env, account, submission, count):
        """People hear that the channel left something lying; the next outcome in time solves it."""
        env["marketplace.cause"]._raise(
            account,
            f"stuck:{submission.lane}",
            env._(
                "%(account)s has not said within its time what became of submission %(id)s "
                "(%(count)s items).",
                account=account.name,
                id=submission.remote_id or submission.id,
                count=count,
            ),
            env._(
                "The items are told again by themselves. If it stays, look at the status page of "
                "the channel."
            ),
            "platform",
        )


def _apart(results, items):
    """Results that count, and items that a newer value overtook while they were on their way.

    Which of both the channel took over last, it does not say: those that it took are told again.
    """
    overtaken = {item.id: item for item in items if item.status == "superseded"}
    current = [result for result in results if int(result.ref) not in overtaken]
    late = [
        int(result.ref)
        for result in results
        if int(result.ref) in overtaken and result.outcome is Outcome.SUCCESS
    ]
    return current, items.browse(late)


def _grouped(results):
    groups = {}
    for result in results:
        groups.setdefault((result.code, result.message), []).append(int(result.ref))
    return groups
