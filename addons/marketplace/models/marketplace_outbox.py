from odoo import api, fields, models
from odoo.tools import SQL

from marketplace_adapters.core import LISTING_KINDS, Kind

from ..const import LINGER, LINGER_SENDS, ORPHAN_SECONDS

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


# Not of a kind that the account holds back; in the statement that reads the items, so that an
# account that holds nothing pays nothing.
NOT_HELD = """
    kind != ALL(coalesce(string_to_array(
        (SELECT held_kinds FROM marketplace_account WHERE id = %(account)s), ','), '{}'))
"""


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
    waiting = fields.Boolean(
        "Waits for its product",
        readonly=True,
        help="The channel must have accepted the product before it can be told this.",
    )
    doubtful = fields.Boolean(
        readonly=True, help="May have taken effect: read back before it is sent again."
    )
    message = fields.Char("Answer", readonly=True)
    cause_id = fields.Many2one("marketplace.cause", ondelete="set null", readonly=True)
    advice = fields.Text(related="cause_id.advice")
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
        by_order = not any(kind in LISTING_KINDS for kind in lane.kinds)
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
                       attempts = attempts + 1, submission_id = NULL, fall = NULL
                  FROM (SELECT id FROM marketplace_outbox
                         WHERE account_id = %(account)s AND lane = %(lane)s AND status = 'new'
                           AND waiting IS NOT TRUE AND %(column)s = ANY(%(targets)s)
                           AND (not_before IS NULL OR not_before <= now() AT TIME ZONE 'UTC')
                           AND """
                + NOT_HELD
                + """
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
             WHERE account_id = %(account)s AND lane = %(lane)s AND status = 'new'
               AND waiting IS NOT TRUE
               AND (not_before IS NULL OR not_before <= now() AT TIME ZONE 'UTC')
               AND """
            + NOT_HELD,
            account=account.id,
            lane=lane.name,
        )
        if by_order:
            # Only the first unfinished item of an order, so that each order hears things in turn.
            others = [one for one in account._limits().lanes if one.name != lane.name]
            loose = [one.name for one in others if not one.in_turn]
            self.env.cr.execute(
                SQL(
                    """
                    SELECT id %s AND NOT EXISTS (
                        SELECT 1 FROM marketplace_outbox earlier
                         WHERE earlier.order_id = item.order_id AND earlier.id < item.id
                           AND earlier.status IN ('new', 'submitted', 'pending')
                           AND earlier.lane != ALL(%s))
                     ORDER BY priority, id LIMIT %s
                    """,
                    due,
                    loose,
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
                     WHERE account_id = %(account)s AND lane = %(lane)s AND status = 'new'
                       AND """
            + NOT_HELD
            + """)
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
    def _next_due(self, account_id, without=()):
        """Seconds until something of an account is due: 0 now, ``None`` never.

        :param without: names of lanes that wait for their budget.
        """
        self.env.cr.execute(
            """
            SELECT min(greatest(0, extract(epoch FROM due - now() AT TIME ZONE 'UTC')))
              FROM (SELECT coalesce(min(not_before), now() AT TIME ZONE 'UTC') AS due
                      FROM marketplace_outbox
                     WHERE account_id = %(account)s AND status = 'new' AND not_before IS NOT NULL
                       AND waiting IS NOT TRUE AND lane != ALL(%(without)s)
                       AND """
            + NOT_HELD
            + """
                    HAVING count(*) > 0
                     UNION ALL
                    (SELECT now() AT TIME ZONE 'UTC' FROM marketplace_outbox
                      WHERE account_id = %(account)s AND status = 'new' AND not_before IS NULL
                        AND waiting IS NOT TRUE AND lane != ALL(%(without)s)
                        AND """
            + NOT_HELD
            + """
                      LIMIT 1)
                     UNION ALL
                    (SELECT now() AT TIME ZONE 'UTC' FROM marketplace_outbox
                      WHERE account_id = %(account)s AND status = 'submitted'
                        AND status_at < now() AT TIME ZONE 'UTC'
                            - make_interval(secs => %(orphan)s)
                      LIMIT 1)
                     UNION ALL
                    SELECT min(poll_at) FROM marketplace_submission
                     WHERE account_id = %(account)s AND state = 'pending') moments
             WHERE due IS NOT NULL
            """,
            {"account": account_id, "orphan": ORPHAN_SECONDS, "without": list(without)},
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
