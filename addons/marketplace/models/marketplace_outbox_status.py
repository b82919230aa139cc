import json

from odoo import api, models
from odoo.tools import SQL

from marketplace_adapters.core import Outcome

from ..const import MAX_ATTEMPTS
from ..snapshot import Trouble
from ..tools.backoff import retry_delay


class MarketplaceOutbox(models.Model):
    """What became of items: statuses of a whole batch at once, by SQL; and what people decide."""

    _inherit = "marketplace.outbox"

    @api.model
    def _attach(self, values, submission, falls=()):
        """Remember with each item what is being sent, and in which submission.

        :param falls: ids of those that make their listing fall.
        """
        self.env.cr.execute(
            SQL(
                """
                UPDATE marketplace_outbox item
                   SET submission_id = %s, sent = row.sent::jsonb, fall = item.id = ANY(%s)
                  FROM unnest(%s::int[], %s::text[]) AS row (id, sent)
                 WHERE item.id = row.id
                """,
                submission.id,
                list(falls),
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
        if products := items.filtered(lambda item: item.kind == "product").listing_id:
            self._release(products)
        learned = {int(result.ref): result.learned for result in results if result.learned}
        for item in self.browse(learned):
            if item.listing_id:
                item.listing_id._learn(learned[item.id])
            elif item.kind == "refund":
                item.order_id._learn_refund(item, learned[item.id])
        if order_items := items.filtered("order_id"):
            self.env["marketplace.order"]._acknowledged(order_items)

    # === PRODUCT FIRST === #

    def _hold_for_product(self):
        """Of claimed items, keep those that the channel may be told now (R24).

        A listing's product must be accepted before anything else of it is told. What is claimed
        together with the product goes with it, in the same request.

        :return: the items that may go.
        """
        with_product = self.filtered(lambda item: item.kind in ("product", "delete")).listing_id
        early = self.filtered(
            lambda item: (
                item.listing_id
                and item.listing_id not in with_product
                and not item.listing_id._is_accepted()
            )
        )
        early._wait_for_product()
        return self - early

    @api.model
    def _with_product(self, items, troubled):
        """Of what is to be sent, what may go although a person must see to some products first:
        the rest of a listing that the channel does not have waits for its product.

        :param items: of :class:`marketplace_adapters.core.PushItem`.
        :param troubled: records.
        """
        stuck = {
            item.listing_id
            for item in troubled
            if item.kind == "product" and not item.listing_id._is_accepted()
        }
        if not stuck:
            return items
        told = self.browse([int(item.ref) for item in items])
        early = told.filtered(lambda item: item.listing_id in stuck and item.kind != "product")
        early._wait_for_product()
        return [item for item in items if int(item.ref) not in early._ids]

    def _wait_for_product(self):
        """Back to new until the product is accepted; see :meth:`_release`."""
        if not self:
            return
        self._put_back(self.ids, self.env._("Waits until its product is accepted."), 0)
        self.env.cr.execute(
            "UPDATE marketplace_outbox SET waiting = true WHERE id = ANY(%s) AND status = 'new'",
            [self.ids],
        )
        self.invalidate_recordset(["waiting"])

    @api.model
    def _refused_with_product(self, results):
        """Ids of items that were refused only because their new product was."""
        failed = [int(result.ref) for result in results if result.outcome is Outcome.ERROR]
        items = self.browse(failed)
        products = items.filtered(lambda item: item.kind == "product").listing_id
        return {
            item.id
            for item in items
            if item.kind not in ("product", "delete")
            and item.listing_id in products
            and not item.listing_id._is_accepted()
        }

    @api.model
    def _release(self, listings):
        """The products of these listings are accepted: what waited for that may go."""
        self.flush_model()
        self.env.cr.execute(
            """
            UPDATE marketplace_outbox SET waiting = false, not_before = NULL, message = NULL
             WHERE listing_id = ANY(%s) AND status = 'new' AND waiting
         RETURNING account_id
            """,
            [listings.ids],
        )
        accounts = {row[0] for row in self.env.cr.fetchall()}
        self.invalidate_model(["waiting", "not_before", "message"])
        for account in self.env["marketplace.account"].browse(accounts):
            self.env["marketplace.engine"]._wake_send(account)

    # === NEWER BEFORE OLDER === #

    @api.model
    def _supersede_pending(self, results):
        """A newer value was accepted: older ones that the channel still works on do not count."""
        self.env.cr.execute(
            """
            UPDATE marketplace_outbox old
               SET status = 'superseded', message = %s,
                   status_at = clock_timestamp() AT TIME ZONE 'UTC'
              FROM marketplace_outbox newer
             WHERE newer.id = ANY(%s) AND newer.listing_id IS NOT NULL
               AND old.listing_id = newer.listing_id AND old.kind = newer.kind
               AND old.id < newer.id AND old.status = 'pending'
         RETURNING old.id
            """,
            [
                self.env._("A newer value was accepted meanwhile."),
                [int(result.ref) for result in results],
            ],
        )
        self.browse([row[0] for row in self.env.cr.fetchall()]).invalidate_recordset()

    def _tell_again(self):
        """The channel took these over after a newer value: it may hold the older one now."""
        if not self:
            return
        self.env.cr.execute(
            """
            UPDATE marketplace_listing listing
               SET acknowledged = coalesce(listing.acknowledged, '{}') || told.kinds
              FROM (SELECT listing_id, jsonb_object_agg(kind, sent ORDER BY id) AS kinds
                      FROM marketplace_outbox WHERE id = ANY(%(ids)s) GROUP BY listing_id) told
             WHERE listing.id = told.listing_id;
            INSERT INTO marketplace_outbox
                (account_id, kind, lane, listing_id, status, status_at, priority, attempts,
                 message, created_at)
            SELECT account_id, kind, lane, listing_id, 'new', now() AT TIME ZONE 'UTC', priority,
                   0, %(message)s, clock_timestamp() AT TIME ZONE 'UTC'
              FROM marketplace_outbox WHERE id = ANY(%(ids)s)
            ON CONFLICT (account_id, listing_id, kind)
                WHERE status = 'new' AND listing_id IS NOT NULL DO NOTHING
            """,
            {
                "ids": self.ids,
                "message": self.env._("An older value may have arrived last; told again."),
            },
        )
        self.listing_id.invalidate_recordset(["acknowledged"])

    # === NOT NOW === #

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
            if doubtful:
                # A person's Retry reads back first as well.
                self.env.cr.execute(
                    "UPDATE marketplace_outbox SET doubtful = true WHERE id = ANY(%s)", [spent.ids]
                )
                spent.invalidate_recordset(["doubtful"])
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
                       attempts = item.attempts - %s, waiting = false,
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
            if not cause.outgoing:
                cause.outgoing = True
            self._finish(items.ids, "error", trouble.title)
            self.env.cr.execute(
                "UPDATE marketplace_outbox SET cause_id = %s WHERE id = ANY(%s)",
                [cause.id, items.ids],
            )
            items.invalidate_recordset(["cause_id"])

    # === ACTIONS === #

    def _retry(self):
        """Errors back to new with fresh attempts, and wake their accounts. What may have taken
        effect is read back before it is sent again."""
        failed = self.filtered(lambda item: item.status == "error")
        if not failed:
            return
        for doubtful, items in failed.grouped("doubtful").items():
            items._renew(items.ids, False, lambda attempts: 0.0, counted=True, doubtful=doubtful)
        self.env.cr.execute(
            "UPDATE marketplace_outbox SET attempts = 0 WHERE id = ANY(%s)", [failed.ids]
        )
        failed.invalidate_recordset()
        for account in failed.account_id:
            self.env["marketplace.engine"]._wake_send(account)

    def action_retry(self):
        """Send the selected errors once more."""
        self.check_access("read")
        self.sudo()._retry()

    def action_drop(self):
        """Give up the selected waiting or failed items."""
        self.check_access("read")
        items = self.sudo().filtered(lambda item: item.status in ("new", "error"))
        causes = items.cause_id
        items._finish(items.ids, "superseded", self.env._("Dropped by %s.", self.env.user.name))
        causes._settle()

    def action_mark_sent(self):
        """A person saw on the channel that it took effect."""
        self.check_access("read")
        items = self.sudo().filtered(lambda item: item.status == "error")
        causes = items.cause_id
        items._finish(items.ids, "success", self.env._("Confirmed by %s.", self.env.user.name))
        causes._settle()
