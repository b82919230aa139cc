from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from marketplace_adapters.core import UTC, AdapterError, AuthError, ThrottledError

from ..tools.db import fresh_env


class MarketplaceAccount(models.Model):
    """What people and crons can ask of an account; everything goes through the same pipeline."""

    _inherit = "marketplace.account"

    # === STATE === #

    def _may_call(self):
        """Whether requests may leave for this account at all (invariant 5)."""
        self.ensure_one()
        return self.active and self.state == "connected"

    def write(self, vals):
        result = super().write(vals)
        if vals.get("state") == "connected" or vals.get("automatic"):
            engine = self.env["marketplace.engine"].sudo()
            for account in self:
                engine._wake_after_commit("_job_pull", account.id)
                engine._wake_after_commit("_job_send", account.id)
        return result

    def action_pause(self):
        """A person stops the account; changes are still recorded."""
        for account in self:
            account._pause(self.env._("Paused by %s", self.env.user.name))

    def action_resume(self):
        """Go on; whatever waited is sent, coalesced."""
        self.write({"state": "connected", "pause_reason": False})
        for account in self:
            self.env["marketplace.cause"].sudo()._solve(account, ["auth"])

    # === MANUAL SYNCHRONIZATION === #

    def _request_products(self, products=None, *, force=False):
        """Record a create operation for products, for these accounts only (R58).

        :param products: variants; ``None`` for all that are listed or, where the account lists
            by itself, could be.
        :param force: tell again also what the channel acknowledged already.
        :return: number of operations.

        By SQL: a whole catalogue is one statement.
        """
        count = 0
        for account in self:
            if force:
                self._forget_acknowledged(account, products)
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO marketplace_product_operation
                        (model_name, record_id, template_id, record_operation, site_name,
                         account_id, operation_timestamp, user_id)
                    SELECT 'product.product', product.id, product.product_tmpl_id, 'create', %s,
                           %s, clock_timestamp() AT TIME ZONE 'UTC', %s
                      FROM product_product product
                      JOIN product_template template ON template.id = product.product_tmpl_id
                     WHERE %s AND (
                           EXISTS (SELECT 1 FROM marketplace_listing listing
                                    WHERE listing.account_id = %s AND listing.active
                                      AND listing.product_id = product.id)
                           OR (%s AND product.active AND template.sale_ok AND
                               (template.company_id IS NULL OR template.company_id = %s)))
                    """,
                    account.provider,
                    account.id,
                    self.env.uid,
                    SQL("product.id = ANY(%s)", products.ids)
                    if products is not None
                    else SQL("TRUE"),
                    account.id,
                    account.auto_list,
                    account.company_id.id,
                )
            )
            count += self.env.cr.rowcount
        self._wake_manual()
        return count

    def _request_orders(self, since, until=None, orders=None):
        """Record the present state of orders once more, for these accounts only (R83).

        :param since, until: naive UTC, compared with the order's date.
        :param orders: sales orders; ``None`` for all of the period.
        :return: number of operations.
        """
        count = 0
        stamp = fields.Datetime.now().isoformat()
        for account in self:
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO marketplace_order_operation
                        (model_name, record_id, order_id, record_operation, operation_data,
                         site_name, account_id, operation_timestamp, user_id)
                    SELECT 'sale.order', sale.id, sale.id,
                           CASE sale.state WHEN 'cancel' THEN 'cancellation'
                                           ELSE 'confirmation' END,
                           jsonb_build_object('key', %s::text, 'manual', true), %s, %s,
                           clock_timestamp() AT TIME ZONE 'UTC', %s
                      FROM sale_order sale
                      JOIN marketplace_order ledger ON ledger.sale_order_id = sale.id
                     WHERE ledger.account_id = %s AND sale.state IN ('sale', 'cancel') AND %s
                    """,
                    stamp,
                    account.provider,
                    account.id,
                    self.env.uid,
                    account.id,
                    SQL("sale.id = ANY(%s)", orders.ids)
                    if orders is not None
                    else SQL(
                        "sale.date_order >= %s AND sale.date_order <= %s",
                        since,
                        until or fields.Datetime.now(),
                    ),
                )
            )
            count += self.env.cr.rowcount
        self._wake_manual()
        return count

    def _request_pull(self, since, until=None):
        """Fetch orders of a period now; the live cursor does not move.

        :return: number of new documents.
        """
        return sum(account._pull_topic("order", since, until) for account in self)

    def _wake_manual(self):
        """Dispatch, then send also for accounts that do not send by themselves."""
        engine = self.env["marketplace.engine"].sudo()
        engine._wake_after_commit("_job_dispatch", 0)
        for account in self.filtered(lambda account: not account.automatic):
            engine._wake_after_commit("_job_send", account.id, argument=1)

    def _forget_acknowledged(self, account, products):
        domain = [("account_id", "=", account.id)]
        if products is not None:
            domain.append(("product_id", "in", products.ids))
        self.env["marketplace.listing"].sudo().search(domain).write({"acknowledged": False})

    # === PULL === #

    def _pull_is_due(self):
        """Whether the interval has passed for some topic."""
        self.ensure_one()
        if not self._pull_topics():
            return False
        pulled = [
            cursor.pulled_at
            for cursor in self.cursor_ids
            if cursor.topic in self._pull_topics() and cursor.pulled_at
        ]
        if len(pulled) < len(self._pull_topics()):
            return True
        return min(pulled) <= fields.Datetime.now() - timedelta(seconds=self.interval)

    def _pull_topics(self):
        """Topics worth asking for, given what the account wants."""
        self.ensure_one()
        return [topic for topic in self._limits().topics if topic != "order" or self.sync_orders]

    def _pull_all(self):
        """Ask for news of every topic; one topic's failure does not stop the others."""
        self.ensure_one()
        for topic in self._pull_topics():
            try:
                self._pull_topic(topic)
            except ThrottledError:
                return  # the next round will do
            except AuthError as exc:
                self.env["marketplace.engine"]._pause_account(self, exc)
                return
            except AdapterError as exc:
                with fresh_env(self.env) as env:
                    env["marketplace.cause"]._raise(
                        self.with_env(env),
                        f"pull:{type(exc).__name__}",
                        env._("News could not be fetched: %s", exc.message),
                        env._("It is tried again by itself at the next interval."),
                        exc.fault,
                    )
            else:
                with fresh_env(self.env) as env:
                    env["marketplace.cause"]._solve_prefix(self.with_env(env), "pull:")

    def _pull_topic(self, topic, since=None, until=None):
        """Store every page of a topic; the cursor moves with the last page, in its commit.

        :param since: naive UTC; ``None`` goes on from the cursor.
        :return: number of new documents.
        """
        self.ensure_one()
        live = since is None
        start = since or self._pull_start(topic)
        latest, new, received = None, 0, 0
        with self._open_adapter() as adapter:
            try:
                for page in adapter.pull(topic, _aware(start), _aware(until) if until else None):
                    with fresh_env(self.env) as env:
                        own = self.with_env(env)
                        new += env["marketplace.inbox"]._receive(own, page.events, "pull")
                    received += len(page.events)
                    latest = max(filter(None, (latest, page.latest)), default=None)
            finally:
                with fresh_env(self.env) as env:
                    own = self.with_env(env)
                    env["marketplace.exchange"]._store(own, adapter.take_exchanges())
        if live:
            with fresh_env(self.env) as env:
                self.with_env(env)._move_cursor(topic, latest, received)
        return new

    def _pull_start(self, topic):
        cursor = self.cursor_ids.filtered(lambda cursor: cursor.topic == topic)
        position = cursor.position or self._lookback_start()
        return position - timedelta(seconds=self._limits().overlap)

    def _move_cursor(self, topic, latest, received):
        cursor = self.env["marketplace.cursor"].search(
            [("account_id", "=", self.id), ("topic", "=", topic)]
        ) or self.env["marketplace.cursor"].create({"account_id": self.id, "topic": topic})
        position = latest.replace(tzinfo=None) if latest else None
        vals = {"pulled_at": fields.Datetime.now(), "received": received}
        # The channel's own clock moves the cursor, never ours, and never backwards.
        if position and (not cursor.position or position > cursor.position):
            vals["position"] = position
        cursor.write(vals)

    def _rewind_cursors(self, *, days):
        """Have the next pull read back some days: what a live pull missed is found again."""
        for cursor in self.cursor_ids.filtered("position"):
            cursor.position = min(cursor.position, fields.Datetime.now() - timedelta(days=days))

    # === RETENTION === #

    @api.autovacuum
    def _gc_log(self):
        """Let go of what was kept long enough; the newest state of every listing stays."""
        for account in self.sudo().with_context(active_test=False).search([]):
            params = {
                "account": account.id,
                "keep": f"{account.retention_days} days",
                "keep_bodies": f"{account.body_retention_days} days",
            }
            for statement in _RETENTION:
                self.env.cr.execute(statement, params)
        self.env.cr.execute(
            """
            SELECT coalesce(max(retention_days), 100) FROM marketplace_account
            """
        )
        keep = f"{self.env.cr.fetchone()[0]} days"
        for table in ("marketplace_product_operation", "marketplace_order_operation"):
            self.env.cr.execute(
                SQL(
                    """
                    DELETE FROM %(table)s op
                     WHERE op.dispatched_at < now() AT TIME ZONE 'UTC' - %(keep)s::interval
                       AND NOT EXISTS (
                           SELECT 1 FROM marketplace_operation_outbox link
                             JOIN marketplace_outbox item ON item.id = link.outbox_id
                            WHERE link.%(column)s = op.id
                              AND item.status NOT IN ('success', 'superseded'))
                    """,
                    table=SQL.identifier(table),
                    keep=keep,
                    column=SQL.identifier(
                        "product_operation_id" if "product" in table else "order_operation_id"
                    ),
                )
            )


_RETENTION = (
    """
    DELETE FROM marketplace_exchange
     WHERE account_id = %(account)s
       AND started_at < now() AT TIME ZONE 'UTC' - %(keep_bodies)s::interval
    """,
    """
    DELETE FROM marketplace_outbox
     WHERE account_id = %(account)s AND status IN ('success', 'superseded')
       AND status_at < now() AT TIME ZONE 'UTC' - %(keep)s::interval
    """,
    """
    DELETE FROM marketplace_submission
     WHERE account_id = %(account)s AND state IN ('done', 'failed')
       AND started_at < now() AT TIME ZONE 'UTC' - %(keep)s::interval
    """,
    """
    DELETE FROM marketplace_inbox
     WHERE account_id = %(account)s AND status IN ('done', 'ignored')
       AND received_at < now() AT TIME ZONE 'UTC' - %(keep)s::interval
    """,
)


def _aware(moment):
    """Naive UTC of Odoo → aware UTC of the adapters: the one place for it."""
    return moment.replace(tzinfo=UTC)
