import logging
import time
import uuid
from dataclasses import dataclass

import psycopg2
from psycopg2 import errors as pg_errors

from odoo import api, models

from marketplace_adapters.core import (
    LISTING_KINDS,
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
from ..tools.anomaly import NotDispatchedError
from ..tools.db import fresh_env, skip_flush
from ..tools.faults import as_adapter_error, log_failure
from ..tools.inbound import is_conflict, safe_text

_logger = logging.getLogger(__name__)

OUTCOME_UNKNOWN = "outcome_unknown"
LISTING = frozenset(kind.value for kind in LISTING_KINDS)
# A divided batch of which so many parts were refused and none accepted is not asked on.
MOST_REFUSED = 24


@dataclass(frozen=True, slots=True)
class Batch:
    """What goes into one push.

    :param items: of :class:`marketplace_adapters.core.PushItem`.
    :param doubtful: refs of items that may have taken effect already.
    :param probe: the channel failed for long; it is asked with this one whether it works again.
    """

    lane: Lane
    items: list
    submission_id: int
    doubtful: set
    probe: bool = False


class Parked:
    """Lanes whose budget is used up, and until when. Lives as long as one job.

    :ivar review: something new came for what is held back: it is looked at again.
    """

    def __init__(self):
        self._until = {}
        self.review = True

    def add(self, lane, seconds):
        """A lane waits so many seconds."""
        self._until[lane] = time.monotonic() + max(seconds, 0.05)

    def holds(self, lane):
        """Whether a lane waits still."""
        return self._until.get(lane, 0.0) > time.monotonic()

    def lanes(self):
        """Names of the lanes that wait still."""
        return [lane for lane in self._until if self.holds(lane)]

    def seconds(self):
        """Until the first of them may go on, ``None`` when none waits."""
        now = time.monotonic()
        left = [until - now for until in self._until.values() if until > now]
        return min(left, default=None)


class MarketplaceSender(models.AbstractModel):
    """claim → snapshot → push → apply, for one account at a time.

    Claim and snapshot are one transaction: under repeatable read an operation that extends an
    item after our snapshot makes the claim fail and repeat, so what is read is never older than
    what is claimed. The push holds no transaction open. Apply is a transaction of its own.
    """

    _name = "marketplace.sender"
    _description = "Marketplace Sender"

    @api.model
    def _send_batch(self, account, adapter, parked):
        """Send one batch of the most urgent lane that has something.

        :param parked: :class:`Parked` lanes; one whose budget is used up joins them, so that it
            never keeps the others waiting.
        :return: ``None`` when something was done and more may be due, else seconds to wait.
        :raise AuthError: after the items were put back.
        """
        try:
            batch = self._retrying(self._claim_and_snapshot, account, adapter, parked)
        except NotDispatchedError:
            self.env["marketplace.engine"]._dispatch_rest(account)
            batch = self._retrying(self._claim_and_snapshot, account, adapter, parked, True)
        parked.review = False
        if isinstance(batch, float):
            return batch  # nothing is due for so many seconds
        if batch:
            try:
                self._push(account, adapter, batch)
            except ThrottledError as exc:
                parked.add(batch.lane.name, exc.retry_after)
        return None

    # === CLAIM AND SNAPSHOT === #

    def _claim_and_snapshot(self, env, account, adapter, parked, whole=False):
        """:param whole: all operations are dispatched.
        :return: a :class:`Batch`; ``None`` when what was claimed needed no call; seconds to
        wait when nothing is due."""
        if not account._may_call():
            return 0.0  # somebody paused it meanwhile
        if wait := account._breaker_wait():
            return wait
        if account.held_kinds and parked.review:
            self._review(env, account)
        outbox, probe = env["marketplace.outbox"], bool(account.breaker_step)
        lane, claimed, wait = self._claim_lane(outbox, account, adapter, parked, probe)
        if lane is None:
            return wait
        if lane.repeatable:
            skip_flush(env.cr)
        if adapter.limits.product_first:
            claimed = claimed._hold_for_product()
        items, values, troubled = self._told_apart(env, claimed)
        if adapter.limits.product_first:
            items = outbox._with_product(items, [item for item, _trouble in troubled])
        items, falls = self._watch(env, account, items, values, whole)
        if not items:
            return None
        submission = self._open_submission(env, account, lane, items)
        sent = {int(item.ref): values[int(item.ref)] for item in items}
        outbox._attach(sent, submission, falls)
        doubtful = {str(item.id) for item in claimed if item.doubtful}
        return Batch(lane, items, submission.id, doubtful, probe)

    def _told_apart(self, env, claimed):
        """What is to be sent of claimed items; the others are finished or buried.

        :return: (list of :class:`PushItem`, {item id: values}, [(item, Trouble)])
        """
        outbox, snapshot = env["marketplace.outbox"], self._snapshot_each(env, claimed)
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
        return items, values, troubled

    def _claim_lane(self, outbox, account, adapter, parked, probe=False):
        """The first lane that has something to send now.

        :param probe: one target alone.
        :return: (lane, its items, 0), or (``None``, no items, seconds to wait)
        """
        waits = []
        for lane in self._lanes(adapter):
            if parked.holds(lane.name):
                continue
            claimed, wait = outbox._claim(account, lane, 1 if probe else lane.batch_size)
            if claimed:
                return lane, claimed, 0.0
            if wait:
                waits.append(wait)
        return None, outbox, min(waits, default=0.0)

    def _snapshot_each(self, env, claimed):
        """The snapshot of a batch; when it fails, of each item alone, so that whatever is wrong
        with one (a broken pricelist rule, a bug of an addon) stops that one only."""
        try:
            with env.cr.savepoint():
                return claimed._snapshot()
        except Exception as exc:
            if is_conflict(exc):
                raise
        result = {}
        for item in claimed:
            try:
                with env.cr.savepoint():
                    result.update(item._snapshot())
            except Exception as exc:
                if is_conflict(exc):
                    raise
                log_failure(_logger, exc, "outbox item", item.id)
                result[item.id] = Trouble(
                    f"snapshot:{type(exc).__name__}",
                    env._("What is to be told cannot be computed: %s", safe_text(exc)),
                    env._("Look at the product or the order, correct it, then press Retry."),
                )
        return result

    def _lanes(self, adapter):
        """Order lanes first: a late shipment costs more than a late price."""
        return sorted(
            adapter.limits.lanes,
            key=lambda lane: all(kind.value in LISTING for kind in lane.kinds),
        )

    # === PUSH === #

    def _push(self, account, adapter, batch):
        """Send without a transaction open, then record what became of it whatever happened.

        A batch that is refused as a whole is halved until what spoils it stands alone, so that
        one bad item never stops the others. When every part is refused, the items are not to
        blame: the rest is buried together, without a call for each of them.
        """
        error = self._push_once(account, adapter, batch)
        waiting = [(batch, error)] if error else []
        try:
            self._push_divided(account, adapter, waiting)
        except (AuthError, ThrottledError) as exc:
            # Parts that were not asked for yet wait like the one that was.
            seconds = getattr(exc, "retry_after", 0)
            self._retrying(self._put_back_orphans, account, adapter, seconds)
            raise

    def _push_divided(self, account, adapter, waiting):
        """:param waiting: list of (batch, error of its call); empty at the end."""
        refused = accepted = 0
        while waiting:
            part, error = waiting.pop()
            if len(part.items) == 1 or (refused >= MOST_REFUSED and not accepted):
                self._retrying(self._apply_failure, account, adapter, part, error)
                continue
            for half in self._retrying(self._divide, account, adapter, part, error):
                error = self._push_once(account, adapter, half)
                if error:
                    refused += 1
                    waiting.append((half, error))
                else:
                    accepted += 1

    def _push_once(self, account, adapter, batch):
        """One push, and what became of it recorded.

        :return: ``None``, or the error of a call that was refused as a whole and may be repeated
            with fewer items: nothing is recorded then.
        """
        adapter.budget.urgent = not any(kind.value in LISTING for kind in batch.lane.kinds)
        try:
            settled, items = self._read_back(adapter, batch)
            answer = Submission(())
            if items:
                answer = adapter.push(batch.lane.name, items, str(batch.submission_id))
        except psycopg2.Error:
            raise  # our own database: the next job finds the items as they are
        except Exception as exc:
            error = as_adapter_error(exc, repeatable=batch.lane.repeatable)
            if error.policy == "bury" and batch.lane.repeatable:
                return error
            self._retrying(self._apply_failure, account, adapter, batch, error)
            if isinstance(error, (AuthError, ThrottledError)):
                raise
            return None
        self._retrying(self._apply_answer, account, adapter, batch, answer, settled)
        if answer.retry_after is not None:
            raise ThrottledError("The budget ran out.", retry_after=answer.retry_after)
        return None

    def _divide(self, env, account, adapter, batch, error):
        """:return: two batches with submissions of their own; kinds of one target stay together
        as long as there are several targets."""
        submission = env["marketplace.submission"].browse(batch.submission_id)
        submission.write({"state": "failed", "message": str(error)[:500]})
        self._record_exchanges(env, account, adapter, submission)
        groups = {}
        for item in batch.items:
            groups.setdefault(repr(item.target), []).append(item)
        parts = list(groups.values()) if len(groups) > 1 else [[item] for item in batch.items]
        middle = len(parts) // 2
        halves = []
        for part in (parts[:middle], parts[middle:]):
            items = [item for group in part for item in group]
            own = self._open_submission(env, account, batch.lane, items)
            env["marketplace.outbox"].browse([int(item.ref) for item in items]).write(
                {"submission_id": own.id}
            )
            refs = {item.ref for item in items}
            halves.append(Batch(batch.lane, items, own.id, batch.doubtful & refs, batch.probe))
        return halves

    def _open_submission(self, env, account, lane, items):
        return env["marketplace.submission"].create(
            {
                "account_id": account.id,
                "lane": lane.name,
                "key": str(uuid.uuid4()),
                "item_count": len(items),
                "started_at": clock.now(),
            }
        )

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

    # === RECOVERY === #

    @api.model
    def _recover(self, account, adapter):
        """Items that a killed job left behind. We hold the account's lock, so nobody else is
        working on them: they go back, and what may not be repeated is read back first."""
        self._retrying(self._put_back_orphans, account, adapter)

    def _put_back_orphans(self, env, account, adapter, seconds=0):
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
            outbox._put_back(items.ids, interrupted, seconds, doubtful=lane not in repeatable)

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
