import json
import math

from odoo import api, fields, models
from odoo.tools import SQL

from marketplace_adapters.core.wire import clean

from ..tools.inbound import naive


class MarketplaceInbox(models.Model):
    """One event or document of a channel, stored before anything is done with it.

    ::

        new ──process──▶ done / ignored (older or already known)
         ▲  │
         │  └──▶ quarantined (a person must decide) / error (our failure, retried)
         └── replay
    """

    _name = "marketplace.inbox"
    _description = "Marketplace Inbox Item"
    _order = "id desc"
    _rec_name = "external_id"
    _log_access = False

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", readonly=True
    )
    provider = fields.Selection(related="account_id.provider", string="Channel")
    company_id = fields.Many2one(related="account_id.company_id")
    topic = fields.Char(required=True, readonly=True)
    external_id = fields.Char("Id on the channel", required=True, readonly=True)
    revision = fields.Char("Version", required=True, readonly=True)
    payload = fields.Json(
        "Document (raw)", readonly=True, groups="marketplace.group_user,marketplace.group_engine"
    )
    source = fields.Selection(
        [("webhook", "Webhook"), ("pull", "Pull"), ("manual", "Manual")],
        required=True,
        default="pull",
        readonly=True,
    )
    occurred_at = fields.Datetime("Changed on the channel", readonly=True)
    received_at = fields.Datetime("Received", default=fields.Datetime.now, readonly=True)
    processed_at = fields.Datetime("Processed", readonly=True)
    delivery = fields.Char(
        "Event", readonly=True, help="The channel's id of the event; each is taken once."
    )
    status = fields.Selection(
        [
            ("new", "New"),
            ("done", "Done"),
            ("ignored", "Nothing to do"),
            ("quarantined", "Quarantined"),
            ("error", "Error"),
        ],
        required=True,
        default="new",
        readonly=True,
    )
    attempts = fields.Integer("Tries", readonly=True, aggregator=None)
    not_before = fields.Datetime("Not before", readonly=True)
    message = fields.Text("Result", readonly=True)
    cause_id = fields.Many2one("marketplace.cause", ondelete="set null", readonly=True)
    advice = fields.Text(related="cause_id.advice")
    order_id = fields.Many2one("marketplace.order", ondelete="set null", readonly=True)

    _event_unique = models.UniqueIndex("(account_id, topic, external_id, revision)")
    _delivery_unique = models.UniqueIndex("(account_id, delivery) WHERE delivery IS NOT NULL")
    _waiting_idx = models.Index("(account_id, id) WHERE status = 'new'")
    _trouble_idx = models.Index("(account_id, status) WHERE status IN ('quarantined', 'error')")
    _cause_idx = models.Index("(cause_id) WHERE cause_id IS NOT NULL")
    _age_idx = models.Index("(account_id, received_at)")
    _order_idx = models.Index("(order_id) WHERE order_id IS NOT NULL")

    # === RECEIVE === #

    @api.model
    def _receive(self, account, events, source):
        """Store events, each content once, and wake the processing.

        :param events: :class:`marketplace_adapters.core.Event`, any number.
        :param source: ``webhook``, ``pull`` or ``manual``.
        :return: number of rows that were not known before.

        By SQL: one statement for a page or a burst, and PostgreSQL alone can tell which of two
        simultaneous equal events is the second.
        """
        rows = [_event_row(event) for event in events]
        if not rows:
            return 0
        columns = [list(column) for column in zip(*rows, strict=True)]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO marketplace_inbox
                    (account_id, topic, external_id, revision, payload, occurred_at, delivery,
                     source, received_at, status, attempts)
                SELECT %s, topic, external_id, revision, payload::jsonb, occurred_at, delivery,
                       %s, clock_timestamp() AT TIME ZONE 'UTC', 'new', 0
                  FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::timestamp[],
                              %s::text[])
                       AS row (topic, external_id, revision, payload, occurred_at, delivery)
                ON CONFLICT DO NOTHING
                """,
                account.id,
                source,
                *columns,
            )
        )
        count = self.env.cr.rowcount
        if source == "pull" and count < len(rows):
            count += self._reopen(account, rows)
        if count:
            self.env["marketplace.engine"]._wake_process(account)
        return count

    def _reopen(self, account, rows):
        """Documents that a channel went back to: what a pull brings now is the present state,
        although we saw the same content before the order became something else.

        With a time of its own going back is new content; but what was sent in the same second may
        have arrived after it.
        """
        orders = [row for row in rows if row[0] == "order"]
        if not orders:
            return 0
        self.env.cr.execute(
            SQL(
                """
                UPDATE marketplace_inbox item
                   SET status = 'new', attempts = 0, not_before = NULL, cause_id = NULL,
                       source = 'pull', received_at = clock_timestamp() AT TIME ZONE 'UTC'
                  FROM unnest(%s::text[], %s::text[]) AS row (external_id, revision)
                  JOIN marketplace_order ledger
                    ON ledger.account_id = %s AND ledger.external_id = row.external_id
                 WHERE item.account_id = %s AND item.topic = 'order'
                   AND item.external_id = row.external_id AND item.revision = row.revision
                   AND item.status IN ('done', 'ignored')
                   AND ledger.revision IS DISTINCT FROM item.revision
                   AND (item.occurred_at IS NULL OR item.occurred_at = ledger.updated_at
                        AND ledger.event_source != 'pull')
                   AND NOT EXISTS (
                       SELECT 1 FROM marketplace_inbox newer
                        WHERE newer.account_id = item.account_id AND newer.topic = 'order'
                          AND newer.external_id = item.external_id AND newer.status = 'new')
                """,
                [row[1] for row in orders],
                [row[2] for row in orders],
                account.id,
                account.id,
            )
        )
        return self.env.cr.rowcount

    # === REPLAY === #

    @api.model
    def _wake_status_of(self, account, external_ids):
        """The orders are here now: statuses that came before them can be applied."""
        self.env.cr.execute(
            """
            UPDATE marketplace_inbox
               SET status = 'new', not_before = NULL, attempts = 0
             WHERE account_id = %s AND topic = 'status' AND external_id = ANY(%s)
               AND (status = 'quarantined' OR status = 'new' AND not_before IS NOT NULL)
            """,
            [account.id, list(external_ids)],
        )

    def _replay(self):
        """Back to new with fresh attempts; wakes the accounts."""
        if not self:
            return
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE marketplace_inbox
               SET status = 'new', attempts = 0, not_before = NULL, cause_id = NULL
             WHERE id = ANY(%s)
            """,
            [self.ids],
        )
        self.invalidate_recordset()
        for account in self.account_id:
            self.env["marketplace.engine"]._wake_process(account)

    def action_replay(self):
        """Process the selected items once more; what is known already changes nothing."""
        self.check_access("read")
        items = self.sudo()
        causes = items.cause_id
        items._replay()
        causes._settle()

    def action_ignore(self):
        """A person decided that nothing is to be done."""
        self.check_access("read")
        items = self.sudo().filtered(lambda item: item.status in ("quarantined", "error", "new"))
        causes = items.cause_id
        items.write(
            {
                "status": "ignored",
                "cause_id": False,
                "message": self.env._("Ignored by %s.", self.env.user.name),
                "processed_at": fields.Datetime.now(),
            }
        )
        causes._settle()


def _event_row(event):
    """Topic, external id, revision, payload as JSON text, time, id of the event; free of what
    PostgreSQL refuses."""
    payload = json.dumps(_storable(event.payload), allow_nan=False)
    return (
        clean(event.topic),
        clean(event.external_id),
        clean(event.revision),
        payload,
        naive(event.occurred_at),
        clean(event.delivery) or None,
    )


def _storable(value):
    """JSON without NUL, half surrogates and infinite numbers, which jsonb cannot hold."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(key)): _storable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_storable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
