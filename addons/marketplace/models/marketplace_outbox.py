import json

from odoo import api, fields, models
from odoo.tools import SQL

from marketplace_adapters.core import Kind

from ..const import LINGER, LINGER_SENDS, MAX_ATTEMPTS
from ..snapshot import Trouble
from ..tools.backoff import retry_delay

KINDS = [
    ("product", "Product"),
    ("price", "Price"),
    ("inventory", "Stock"),
    ("image", "Images"),
    ("relationship", "Relationship"),
    ("override", "Override"),
    ("delete", "Close listing"),
    ("acknowledge", "Acknowledgement"),
    ("status", "Order status"),
    ("lines", "Order lines"),
    ("shipment", "Shipment"),
    ("refund", "Refund"),
    ("cancel", "Cancellation"),
]


class MarketplaceOutbox(models.Model):
    """What one account must still be told.

    ::

        new ──claim──▶ submitted ──answer──▶ success
         ▲               │  │ asynchronous
         │ retry, wait   │  └──▶ pending ──poll──▶ success / error
         ├───────────────┘
         └── error ◀── refused or exhausted          any waiting or error item ──▶ superseded
    """

    _name = "marketplace.outbox"
    _description = "Marketplace Outbox Item"
    _order = "id desc"
    _rec_name = "kind"
    _log_access = False

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", readonly=True
    )
    provider = fields.Selection(related="account_id.provider", store=False, string="Channel")
    company_id = fields.Many2one(related="account_id.company_id")
    kind = fields.Selection(KINDS, required=True, readonly=True)
    lane = fields.Char(required=True, readonly=True)
    listing_id = fields.Many2one("marketplace.listing", ondelete="cascade", readonly=True)
    order_id = fields.Many2one("marketplace.order", ondelete="cascade", readonly=True)
    # The document an order item is about: picking, credit note, sales order.
    res_model = fields.Char("Document model", readonly=True)
    res_id = fields.Many2oneReference(
        model_field="res_model", readonly=True, aggregator=None, string="Document"
    )
    key = fields.Char(
        "Idempotency key", readonly=True, help="An order item is sent once for each key."
    )
    data = fields.Json(
        "Added by a person", readonly=True, help="What a person added, e.g. a cancellation reason."
    )
    status = fields.Selection(
        [
            ("new", "New"),
            ("submitted", "Submitted"),
            ("pending", "Pending"),
            ("success", "Success"),
            ("error", "Error"),
            ("superseded", "Superseded"),
        ],
        required=True,
        default="new",
        readonly=True,
    )
    status_at = fields.Datetime("Status since", default=fields.Datetime.now, readonly=True)
    priority = fields.Integer(default=10, readonly=True, aggregator=None)
    not_before = fields.Datetime("Not before", readonly=True)
    attempts = fields.Integer("Tries", readonly=True, aggregator=None)
    doubtful = fields.Boolean(
        readonly=True, help="May have taken effect: read back before it is sent again."
    )
    message = fields.Char("Answer", readonly=True)
    cause_id = fields.Many2one("marketplace.cause", ondelete="set null", readonly=True)
    submission_id = fields.Many2one("marketplace.submission", ondelete="set null", readonly=True)
    created_at = fields.Datetime("Created", default=fields.Datetime.now, readonly=True)
    sent = fields.Json("Values sent", readonly=True)

    # At most one waiting item for each thing to tell: that is the coalescing.
    _waiting_unique = models.UniqueIndex(
        "(account_id, listing_id, kind) WHERE status = 'new' AND listing_id IS NOT NULL"
    )
    _key_unique = models.UniqueIndex("(account_id, kind, key) WHERE key IS NOT NULL")
    _claim_idx = models.Index("(account_id, lane, priority, id) WHERE status = 'new'")
    _unfinished_idx = models.Index(
        "(account_id, status) WHERE status IN ('submitted', 'pending', 'error')"
    )
    _listing_idx = models.Index("(listing_id, kind, id) WHERE listing_id IS NOT NULL")
    _order_idx = models.Index("(order_id, id) WHERE order_id IS NOT NULL")
    _submission_idx = models.Index("(submission_id) WHERE submission_id IS NOT NULL")
    _cause_idx = models.Index("(cause_id) WHERE cause_id IS NOT NULL")
    _age_idx = models.Index("(account_id, status_at)")

    # === CLAIM === #

    @api.model
    def _claim(self, account, lane, size):
        """Mark what goes into the next push of a lane as submitted.

        Half of a full batch are the newest targets, half the oldest: a fresh change never queues
        behind a bulk, and nothing starves.

        :param lane: :class:`marketplace_adapters.core.Lane`.
        :param int size: most targets.
        :return: (outbox items, seconds to wait for more because a burst is going on)
        """
        by_order = not any(kind in _LISTING_KINDS for kind in lane.kinds)
        targets = self._claimable(account, lane, size, by_order)
        if not targets:
            return self.browse(), 0.0
        if not by_order and len(targets) < size and (wait := self._linger(account, lane)):
            return self.browse(), wait
        column = SQL.identifier("id" if by_order else "listing_id")
        self.env.cr.execute(
            SQL(
                """
                UPDATE marketplace_outbox item
                   SET status = 'submitted', status_at = clock_timestamp() AT TIME ZONE 'UTC',
                       attempts = attempts + 1, submission_id = NULL
                  FROM (SELECT id FROM marketplace_outbox
                         WHERE account_id = %(account)s AND lane = %(lane)s AND status = 'new'
                           AND %(column)s = ANY(%(targets)s)
                           AND (not_before IS NULL OR not_before <= now() AT TIME ZONE 'UTC')
                         ORDER BY id
                           FOR NO KEY UPDATE SKIP LOCKED) due
                 WHERE item.id = due.id
             RETURNING item.id
                """,
                account=account.id,
                lane=lane.name,
                column=column,
                targets=targets,
            )
        )
        return self.browse(sorted(row[0] for row in self.env.cr.fetchall())), 0.0

    def _claimable(self, account, lane, size, by_order):
        """Ids of the targets (listings, or items of orders) for the next push."""
        due = SQL(
            """
              FROM marketplace_outbox item
             WHERE account_id = %s AND lane = %s AND status = 'new'
               AND (not_before IS NULL OR not_before <= now() AT TIME ZONE 'UTC')
            """,
            account.id,
            lane.name,
        )
        if by_order:
            # Only the first unfinished item of an order, so that each order hears things in turn.
            self.env.cr.execute(
                SQL(
                    """
                    SELECT id %s AND NOT EXISTS (
                        SELECT 1 FROM marketplace_outbox earlier
                         WHERE earlier.order_id = item.order_id AND earlier.id < item.id
                           AND earlier.status IN ('new', 'submitted', 'pending'))
                     ORDER BY priority, id LIMIT %s
                    """,
                    due,
                    size,
                )
            )
            return [row[0] for row in self.env.cr.fetchall()]
        rows = size * len(lane.kinds)
        self.env.cr.execute(
            SQL(
                """
                (SELECT id, listing_id, priority %(due)s ORDER BY priority, id DESC LIMIT %(rows)s)
                UNION
                (SELECT id, listing_id, priority %(due)s ORDER BY id LIMIT %(rows)s)
                """,
                due=due,
                rows=rows,
            )
        )
        found = self.env.cr.fetchall()
        newest = [row[1] for row in sorted(found, key=lambda row: (row[2], -row[0]))]
        oldest = [row[1] for row in sorted(found, key=lambda row: row[0])]
        newest, oldest = list(dict.fromkeys(newest)), list(dict.fromkeys(oldest))
        chosen = dict.fromkeys(newest[: size - size // 2])
        chosen.update(dict.fromkeys(oldest))
        return list(chosen)[:size]

    def _linger(self, account, lane):
        """Seconds to let a burst fill the next batch; 0 for whatever comes first.

        Only a third send within half a second is a burst; and nothing waits longer than that.
        """
        self.env.cr.execute(
            """
            SELECT count(*), extract(epoch FROM now() AT TIME ZONE 'UTC' - max(started_at)),
                   (SELECT extract(epoch FROM now() AT TIME ZONE 'UTC' - min(created_at))
                      FROM marketplace_outbox
                     WHERE account_id = %(account)s AND lane = %(lane)s AND status = 'new')
              FROM marketplace_submission
             WHERE account_id = %(account)s AND lane = %(lane)s
               AND started_at > now() AT TIME ZONE 'UTC' - make_interval(secs => %(linger)s)
            """,
            {"account": account.id, "lane": lane.name, "linger": LINGER},
        )
        sends, _since, oldest = self.env.cr.fetchone()
        if sends < LINGER_SENDS or float(oldest or 0) >= LINGER:
            return 0.0
        return max(0.05, LINGER - float(oldest or 0))

    @api.model
    def _next_due(self, account_id):
        """Seconds until something of an account is due: 0 now, ``None`` never."""
        self.env.cr.execute(
            """
            SELECT min(greatest(0, extract(epoch FROM due - now() AT TIME ZONE 'UTC')))
              FROM (SELECT coalesce(min(not_before), now() AT TIME ZONE 'UTC') AS due
                      FROM marketplace_outbox
                     WHERE account_id = %(account)s AND status = 'new' AND not_before IS NOT NULL
                    HAVING count(*) > 0
                     UNION ALL
                    (SELECT now() AT TIME ZONE 'UTC' FROM marketplace_outbox
                      WHERE account_id = %(account)s AND status = 'new' AND not_before IS NULL
                      LIMIT 1)
                     UNION ALL
                    SELECT min(poll_at) FROM marketplace_submission
                     WHERE account_id = %(account)s AND state = 'pending') waiting
             WHERE due IS NOT NULL
            """,
            {"account": account_id},
        )
        seconds = self.env.cr.fetchone()[0]
        return None if seconds is None else float(seconds)

    # === SNAPSHOT === #

    def _snapshot(self):
        """What to tell of each item now, by bulk reads.

        :return: {item id: Tell, Nothing or Trouble}
        """
        listing_items = self.filtered("listing_id")
        result = {}
        if listing_items:
            result.update(self.env["marketplace.listing"]._snapshot(listing_items))
        if order_items := self - listing_items:
            result.update(self.env["marketplace.order"]._snapshot(order_items))
        return result

    def _kind(self):
        return Kind(self.kind)

    def _key(self):
        """The same for every repeat of the same fact."""
        return self.key or f"{self.env.cr.dbname}:{self.id}"

    def _target(self):
        return self.listing_id._key() if self.listing_id else self.order_id._target()

    # === STATUS === #

    @api.model
    def _attach(self, values, submission):
        """Remember with each item what is being sent, and in which submission."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE marketplace_outbox item
                   SET submission_id = %s, sent = row.sent::jsonb
                  FROM unnest(%s::int[], %s::text[]) AS row (id, sent)
                 WHERE item.id = row.id
                """,
                submission.id,
                list(values),
                [json.dumps(value) for value in values.values()],
            )
        )
        self.browse(values).invalidate_recordset()

    @api.model
    def _finish(self, ids, status, message):
        """Set the status of items that share it."""
        if not ids:
            return
        self.env.cr.execute(
            SQL(
                """
                UPDATE marketplace_outbox
                   SET status = %s, message = %s, cause_id = NULL, not_before = NULL,
                       doubtful = NULL,
                       status_at = clock_timestamp() AT TIME ZONE 'UTC'
                 WHERE id = ANY(%s)
                """,
                status,
                message,
                list(ids),
            )
        )
        self.browse(ids).invalidate_recordset()

    @api.model
    def _succeed(self, results):
        """Items that the channel accepted: remember what it knows now.

        The listing keeps, by kind, the values of the newest item; one UPDATE for the batch.
        """
        if not results:
            return
        ids = [int(result.ref) for result in results]
        for message in {result.message for result in results}:
            self._finish(
                [int(result.ref) for result in results if result.message == message],
                "success",
                message,
            )
        self.env.cr.execute(
            SQL(
                """
                UPDATE marketplace_listing listing
                   SET acknowledged = coalesce(listing.acknowledged, '{}') || told.kinds,
                       last_sync_date = now() AT TIME ZONE 'UTC'
                  FROM (SELECT listing_id, jsonb_object_agg(kind, sent ORDER BY id) AS kinds
                          FROM marketplace_outbox
                         WHERE id = ANY(%s) AND listing_id IS NOT NULL AND sent IS NOT NULL
                         GROUP BY listing_id) told
                 WHERE listing.id = told.listing_id
                """,
                ids,
            )
        )
        items = self.browse(ids)
        items.listing_id.invalidate_recordset(["acknowledged", "last_sync_date"])
        learned = {int(result.ref): result.learned for result in results if result.learned}
        for item in self.browse(learned):
            if item.listing_id:
                item.listing_id._learn(learned[item.id])
        if order_items := items.filtered("order_id"):
            self.env["marketplace.order"]._acknowledged(order_items)

    @api.model
    def _put_back(self, ids, message, seconds, *, doubtful=False):
        """Not our fault: the attempt does not count."""
        self._renew(ids, message, lambda attempts: seconds, counted=False, doubtful=doubtful)

    @api.model
    def _postpone(self, ids, message, *, code=None, doubtful=False):
        """Try again later; give up and ask a person after the last attempt.

        :param doubtful: it may have taken effect; read back before it is sent again.
        """
        items = self.browse(ids)
        spent = items.filtered(lambda item: item.attempts >= MAX_ATTEMPTS)
        if spent:
            spent._bury(
                Trouble(
                    f"exhausted:{code or 'unknown'}",
                    message or "",
                    self.env._(
                        "It was tried %s times. Press Retry once the cause is gone.", MAX_ATTEMPTS
                    ),
                ),
                fault="platform",
            )
        self._renew((items - spent).ids, message, retry_delay, counted=True, doubtful=doubtful)

    def _renew(self, ids, message, delay, *, counted, doubtful=False):
        """Back to new; superseded when a newer item for the same thing waits already."""
        if not ids:
            return
        items = self.browse(ids)
        seconds = [float(delay(item.attempts)) for item in items]
        self.env.cr.execute(
            SQL(
                """
                UPDATE marketplace_outbox item
                   SET status = CASE WHEN newer.id IS NULL THEN 'new' ELSE 'superseded' END,
                       status_at = clock_timestamp() AT TIME ZONE 'UTC',
                       attempts = item.attempts - %s,
                       message = %s, doubtful = %s, cause_id = NULL,
                       not_before = CASE WHEN row.seconds > 0 THEN
                           (clock_timestamp() AT TIME ZONE 'UTC')
                           + make_interval(secs => row.seconds) END
                  FROM unnest(%s::int[], %s::float[]) AS row (id, seconds)
                  LEFT JOIN LATERAL (
                       SELECT waiting.id
                         FROM marketplace_outbox waiting
                         JOIN marketplace_outbox own ON own.id = row.id
                        WHERE waiting.listing_id = own.listing_id AND waiting.kind = own.kind
                          AND waiting.account_id = own.account_id AND waiting.status = 'new'
                          AND waiting.id != own.id
                        LIMIT 1) newer ON true
                 WHERE item.id = row.id
                """,
                0 if counted else 1,
                message or None,
                doubtful,
                list(items.ids),
                seconds,
            )
        )
        items.invalidate_recordset()

    def _bury(self, trouble, *, fault="seller"):
        """An error that a person must see: told once for each cause."""
        if not self:
            return
        for account, items in self.grouped("account_id").items():
            cause = self.env["marketplace.cause"]._raise(
                account, trouble.code, trouble.title, trouble.advice, fault
            )
            self._finish(items.ids, "error", trouble.title)
            self.env.cr.execute(
                "UPDATE marketplace_outbox SET cause_id = %s WHERE id = ANY(%s)",
                [cause.id, items.ids],
            )
            items.invalidate_recordset(["cause_id"])

    # === ACTIONS === #

    def _retry(self):
        """Errors back to new with fresh attempts, and wake their accounts."""
        failed = self.filtered(lambda item: item.status == "error")
        failed._renew(failed.ids, False, lambda attempts: 0.0, counted=True)
        self.env.cr.execute(
            "UPDATE marketplace_outbox SET attempts = 0 WHERE id = ANY(%s)", [failed.ids]
        )
        failed.invalidate_recordset()
        for account in failed.account_id:
            self.env["marketplace.engine"]._wake_send(account)

    def action_retry(self):
        """Send the selected errors once more."""
        self.sudo()._retry()

    def action_drop(self):
        """Give up the selected waiting or failed items."""
        items = self.sudo().filtered(lambda item: item.status in ("new", "error"))
        items._finish(items.ids, "superseded", self.env._("Dropped by %s.", self.env.user.name))

    def action_mark_sent(self):
        """A person saw on the channel that it took effect."""
        items = self.sudo().filtered(lambda item: item.status == "error")
        items._finish(items.ids, "success", self.env._("Confirmed by %s.", self.env.user.name))


_LISTING_KINDS = frozenset(
    (
        Kind.PRODUCT,
        Kind.PRICE,
        Kind.INVENTORY,
        Kind.IMAGE,
        Kind.RELATIONSHIP,
        Kind.OVERRIDE,
        Kind.DELETE,
    )
)
