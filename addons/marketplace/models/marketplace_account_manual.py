import psycopg2

from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.queue_job.exception import RetryableJobError

from marketplace_adapters.core import AuthError, Kind, ThrottledError

from ..tools.faults import as_adapter_error


class MarketplaceAccount(models.Model):
    """What people ask of an account by hand; from the operation on it is the usual pipeline
    (R60)."""

    _inherit = "marketplace.account"

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
        """Record the present state of orders and what left of them, for these accounts only
        (R45, R83).

        :param since, until: naive UTC, compared with the date of the order, or of the shipment.
        :param orders: sales orders; ``None`` for all of the period.
        :return: number of operations.
        """
        self.env.flush_all()
        count = 0
        until = until or fields.Datetime.now()
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
                        until,
                    ),
                )
            )
            count += self.env.cr.rowcount
            if account._limits().lane(Kind.SHIPMENT):
                count += account._request_shipments(stamp, since, until, orders)
        self._wake_manual()
        return count

    def _request_shipments(self, stamp, since, until, orders):
        """Record parcels that left and that the channel was never told of.

        What waits, or failed, is left to its own item: a shipment is told once, and only a person
        may decide about one whose answer was lost.

        :param stamp: tells apart what was asked for at different times.
        """
        self.ensure_one()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO marketplace_order_operation
                    (model_name, record_id, order_id, record_operation, operation_data,
                     site_name, account_id, operation_timestamp, user_id)
                SELECT DISTINCT ON (picking.id, line.result_package_id)
                       'stock.picking', picking.id, ledger.sale_order_id, 'shipment',
                       jsonb_build_object(
                           'key', coalesce(line.result_package_id, 0) || ':' || %(stamp)s,
                           'package_id', coalesce(line.result_package_id, 0), 'manual', true),
                       %(provider)s, %(account)s, clock_timestamp() AT TIME ZONE 'UTC', %(user)s
                  FROM marketplace_order ledger
                  JOIN stock_picking picking ON picking.sale_id = ledger.sale_order_id
                  JOIN stock_picking_type kind ON kind.id = picking.picking_type_id
                  JOIN stock_move_line line ON line.picking_id = picking.id
                 WHERE ledger.account_id = %(account)s AND picking.state = 'done'
                   AND kind.code IN ('outgoing', 'dropship') AND %(chosen)s
                   AND NOT EXISTS (
                       SELECT 1 FROM marketplace_outbox told
                        WHERE told.order_id = ledger.id AND told.kind = 'shipment'
                          AND told.res_model = 'stock.picking' AND told.res_id = picking.id
                          AND told.status IN ('new', 'submitted', 'pending', 'error'))
                """,
                stamp=stamp,
                provider=self.provider,
                account=self.id,
                user=self.env.uid,
                chosen=SQL("picking.sale_id = ANY(%s)", orders.ids)
                if orders is not None
                else SQL("picking.date_done BETWEEN %s AND %s", since, until),
            )
        )
        return self.env.cr.rowcount

    def _request_pull(self, since, until=None):
        """Have the orders of a period fetched in the background; the live cursor does not move.

        :param since, until: naive UTC.
        """
        engine = self.env["marketplace.engine"].sudo()
        period = f"{fields.Datetime.to_string(since)}/{fields.Datetime.to_string(until) or ''}"
        for account in self:
            engine._wake_after_commit("_job_fetch", account.id, argument=period)

    def _fetch_period(self, since, until):
        """Fetch the orders of a period; what goes wrong is told to people.

        :return: number of new documents.
        """
        self.ensure_one()
        try:
            return self._pull_topic("order", since, until)
        except ThrottledError as exc:
            raise RetryableJobError(
                exc.message, seconds=int(exc.retry_after) + 1, ignore_retry=True
            ) from exc
        except AuthError as exc:
            self.env["marketplace.engine"]._pause_account(self, exc)
        except psycopg2.Error:
            raise
        except Exception as exc:
            self._record_failed_pull("order", as_adapter_error(exc))
        return 0

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
