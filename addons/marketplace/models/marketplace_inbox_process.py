import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from marketplace_adapters.core import AdapterError

from ..const import BURST_MESSAGES, BURST_PATIENCE, MAX_ATTEMPTS
from ..tools.backoff import retry_delay
from ..tools.faults import log_failure
from ..tools.inbound import IMPORT_CONTEXT, Message, Quarantine
from .marketplace_inbox_topics import LARGE_TOPICS, ORDER_TOPICS

_logger = logging.getLogger(__name__)

# A status that arrives before its order: look again after 1, 2, 4 … minutes, then ask a person.
STATUS_FIRST_WAIT = 60.0
STATUS_TRIES = 5


class MarketplaceInbox(models.Model):
    """From what was stored to orders: claim, read, apply, and what became of each item."""

    _inherit = "marketplace.inbox"

    @api.model
    def _has_due(self, account_id):
        """Whether something of an account can be processed now."""
        self.env.cr.execute(
            """
            SELECT EXISTS (
                SELECT 1 FROM marketplace_inbox
                 WHERE account_id = %s AND status = 'new'
                   AND (not_before IS NULL OR not_before <= now() AT TIME ZONE 'UTC'))
            """,
            [account_id],
        )
        return self.env.cr.fetchone()[0]

    @api.model
    def _in_burst(self, account_id):
        """Whether webhooks pour in just now, and the oldest item has not waited long."""
        self.env.cr.execute(
            """
            SELECT count(*) FILTER (
                       WHERE source = 'webhook' AND received_at > moment - interval '1 second'
                   ) >= %s
                   AND min(received_at) > moment - %s
              FROM marketplace_inbox, (SELECT now() AT TIME ZONE 'UTC' AS moment) AS clock
             WHERE account_id = %s AND status = 'new' AND not_before IS NULL
             GROUP BY moment
            """,
            [BURST_MESSAGES, timedelta(seconds=BURST_PATIENCE), account_id],
        )
        found = self.env.cr.fetchone()
        return bool(found and found[0])

    @api.model
    def _process_waiting(self, account, limit=50):
        """Process the oldest waiting items of an account, in the caller's transaction.

        One bad item never spoils another: each stands in a savepoint of its own as soon as the
        batch as a whole does not go through. Nothing is called on the network.

        :return: number of items taken; 0 when nothing is due.
        :raise psycopg2.Error: somebody else was quicker (serialization failure, deadlock, unique
            violation of the ledger); the caller repeats the batch in a new transaction.
        """
        account = account.with_company(account.company_id).with_context(**IMPORT_CONTEXT)
        inbox = account.env["marketplace.inbox"]
        messages = inbox._one_large(inbox._claim(account, limit))
        if not messages:
            return 0
        with account._engine_adapter() as adapter:
            for message in messages:
                inbox._read(adapter, message)
        inbox._keep_newest([message for message in messages if message.topic in ORDER_TOPICS])
        inbox._keep_locked(account, messages)
        waiting = [message for message in messages if message.outcome is None]
        account.env["marketplace.order"]._process(
            account, [message for message in waiting if message.topic in ORDER_TOPICS]
        )
        inbox._process_topics(
            account, [message for message in waiting if message.topic not in ORDER_TOPICS]
        )
        inbox._write_down(account, messages)
        return len(messages)

    def _claim(self, account, limit):
        """Lock the oldest due items; whoever else works here takes others."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT id, topic, external_id, revision,
                   CASE WHEN topic = ANY(%s) THEN NULL ELSE payload END,
                   occurred_at, received_at, attempts, source
              FROM marketplace_inbox
             WHERE account_id = %s AND status = 'new'
               AND (not_before IS NULL OR not_before <= now() AT TIME ZONE 'UTC')
             ORDER BY id LIMIT %s
               FOR UPDATE SKIP LOCKED
            """,
            [list(LARGE_TOPICS), account.id, limit],
        )
        return [Message(*row) for row in self.env.cr.fetchall()]

    @api.model
    def _read(self, adapter, message):
        """Payload → neutral order or status; what cannot be read is settled at once."""
        try:
            if message.topic == "order":
                message.order = adapter.order(message.payload)
                message.external_id = message.order.external_id
            elif message.topic == "status":
                message.status = adapter.status(message.payload)
            else:
                self._read_topic(adapter, message)
        except AdapterError as exc:
            message.hold(exc)
        except (TypeError, ValueError, KeyError, AttributeError, IndexError) as exc:
            # A parser that stumbles over a shape it does not know is our bug, not a reason to stop.
            message.hold(
                Quarantine(
                    f"unreadable:{type(exc).__name__}",
                    self.env._("The document could not be read (%s).", type(exc).__name__),
                    self.env._("Send us the document; replay it after the next update."),
                    "suite",
                )
            )

    @api.model
    def _keep_newest(self, messages):
        """Of several items of one order only the newest document counts, and statuses after it."""
        groups = {}
        for message in messages:
            if message.outcome is None:
                groups.setdefault(message.external_id, []).append(message)
        for group in groups.values():
            newest = max(group, key=Message.sort_key)
            document = max(
                (message for message in group if message.order is not None),
                key=Message.sort_key,
                default=None,
            )
            for message in group:
                if message is not newest and message is not document:
                    message.settle("ignored", self.env._("Something newer came with it."))

    def _keep_locked(self, account, messages):
        """Leave alone what another transaction is working on, for a moment."""
        waiting = {message.thing() for message in messages if message.outcome is None}
        if not waiting:
            return
        things = [list(column) for column in zip(*sorted(waiting), strict=True)]
        self.env.cr.execute(
            """
            SELECT thing, external_id,
                   pg_try_advisory_xact_lock(hashtextextended(
                       'marketplace.' || thing || '.' || %s || '.' || external_id, 0))
              FROM unnest(%s::text[], %s::text[]) AS row (thing, external_id)
            """,
            [account.id, *things],
        )
        held = {(thing, external_id): got for thing, external_id, got in self.env.cr.fetchall()}
        for message in messages:
            if message.outcome is None and not held[message.thing()]:
                message.outcome = "later"

    # === RESULTS === #

    def _write_down(self, account, messages):
        """Record what became of every item, one UPDATE for the batch.

        The failed savepoints are rolled back by now, so this is what survives of a failure.
        """
        rows = []
        causes = self._raise_causes(account, messages)
        now = fields.Datetime.now()
        for message in messages:
            status, attempts, not_before = message.outcome, message.attempts, None
            if status == "later":
                status, not_before = "new", now + timedelta(seconds=2)
            elif status == "unknown_order":
                status, attempts, not_before = self._status_without_order(message, now)
            elif message.failed:
                attempts += 1
                if attempts < MAX_ATTEMPTS:
                    status = "new"
                    not_before = now + timedelta(seconds=retry_delay(attempts))
            cause = causes.get(message.id)
            rows.append(
                (
                    message.id,
                    status,
                    message.text[:4000],
                    attempts,
                    not_before,
                    message.order_id,
                    cause.id if cause else None,
                )
            )
        self._store_results(rows)
        early = [message for message in messages if message.outcome == "unknown_order"]
        if early:
            self._wait_with_order(early)
        self.env["marketplace.cause"]._settle_idle(account)
        if any(message.topic == "status" and not message.attempts for message in early):
            self.env["marketplace.engine"]._wake_pull(account)

    def _store_results(self, rows):
        # Every row has values of its own; the ORM would send one UPDATE for each.
        columns = [list(column) for column in zip(*rows, strict=True)]
        self.env.cr.execute(
            SQL(
                """
                UPDATE marketplace_inbox item
                   SET status = row.status, message = nullif(row.message, ''),
                       attempts = row.attempts, not_before = row.not_before,
                       order_id = coalesce(row.order_id, item.order_id), cause_id = row.cause_id,
                       processed_at = CASE WHEN row.status = 'new' THEN NULL
                                           ELSE clock_timestamp() AT TIME ZONE 'UTC' END
                  FROM unnest(%s::int[], %s::text[], %s::text[], %s::int[], %s::timestamp[],
                              %s::int[], %s::int[])
                       AS row (id, status, message, attempts, not_before, order_id, cause_id)
                 WHERE item.id = row.id
                """,
                *columns,
            )
        )
        self.browse(columns[0]).invalidate_recordset()

    def _status_without_order(self, message, now):
        """The order may still be on its way: wait for it, then ask a person."""
        attempts = message.attempts + 1
        if attempts > STATUS_TRIES:
            return "quarantined", attempts, None
        wait = timedelta(seconds=STATUS_FIRST_WAIT * 2 ** (attempts - 1))
        return "new", attempts, now + wait

    def _wait_with_order(self, messages):
        """What belongs to an order that is held here waits for the same cause, not for a fetch.

        By SQL: one statement compares all of them with the documents of their orders.
        """
        self.env.cr.execute(
            SQL(
                """
                UPDATE marketplace_inbox item
                   SET status = 'quarantined', cause_id = held.cause_id, not_before = NULL,
                       message = %s
                  FROM unnest(%s::int[], %s::text[]) AS row (id, order_id), marketplace_inbox held
                 WHERE item.id = row.id AND held.account_id = item.account_id
                   AND held.topic = 'order' AND held.external_id = row.order_id
                   AND held.status = 'quarantined' AND held.cause_id IS NOT NULL
                """,
                self.env._("Waits for its order."),
                [message.id for message in messages],
                [message.waits_for or message.external_id for message in messages],
            )
        )

    def _raise_causes(self, account, messages):
        """:return: {item id: cause} of everything that a person must look at."""
        found, troubles = {}, {}
        for message in messages:
            trouble = message.trouble
            if message.outcome == "unknown_order" and message.attempts >= STATUS_TRIES:
                message.text = self._text_without_order(message.topic)
                trouble = Quarantine(
                    "unknown_order"
                    if message.topic == "status"
                    else f"unknown_order:{message.topic}",
                    message.text,
                    self.env._("Fetch the orders of that time: account, Synchronize, Orders."),
                    "platform",
                )
            elif message.failed and message.attempts + 1 >= MAX_ATTEMPTS:
                trouble = Quarantine(
                    f"import_failed:{message.text.partition(':')[0]}",
                    self.env._("An order cannot be imported: %s", message.text)
                    if message.topic in ORDER_TOPICS
                    else self.env._(
                        "%(topic)s: what came cannot be applied: %(error)s",
                        topic=message.topic,
                        error=message.text,
                    ),
                    self.env._("This is a fault of ours. Press Retry after the next update."),
                    "suite",
                )
            if trouble is not None:
                troubles.setdefault(trouble.code, trouble)
                found[message.id] = trouble.code
        raised = {
            code: self.env["marketplace.cause"]._raise(
                account, trouble.code, trouble.title, trouble.advice, trouble.fault
            )
            for code, trouble in troubles.items()
        }
        return {message_id: raised[code] for message_id, code in found.items()}

    @api.model
    def _log_failure(self, error, message):
        """Where an unexpected error came from, without the text that may hold a buyer's data."""
        log_failure(_logger, error, "inbox item", f"{message.id} ({message.topic})")
