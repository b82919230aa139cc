from odoo import api, models
from odoo.tools import SQL

from ..const import CREATE_KINDS, DISPATCH_CHUNK, ORDER_OPERATION_KINDS, PRIORITY
from ..tools.db import fresh_env, session_lock


class MarketplaceDispatcher(models.AbstractModel):
    """Operations → outbox items of every account concerned, set by set.

    By SQL throughout: the ORM would read and write row by row what is one statement for two
    thousand operations.
    """

    _name = "marketplace.dispatcher"
    _description = "Marketplace Operation Dispatcher"

    @api.model
    def _dispatch(self):
        """Dispatch one chunk of each log, newest first so that a fresh change never queues behind
        a bulk.

        :return: (ids of accounts that have something to send, whether more is waiting)
        """
        with (
            session_lock(self.env, "dispatch", wait=True),
            fresh_env(self.env, read_committed=True, repeatable=True) as env,
        ):
            dispatcher = env["marketplace.dispatcher"]
            products, more_products = dispatcher._dispatch_products()
            orders, more_orders = dispatcher._dispatch_orders()
        return products | orders, more_products or more_orders

    def _dispatch_products(self):
        # Set-based: however many operations and listings, a constant number of statements.
        operations = self._waiting("marketplace_product_operation")
        if not operations:
            return set(), False
        self._list_new_products(operations)
        self.env.cr.execute(
            SQL(
                """
                WITH op AS (
                    SELECT id, model_name, record_id, record_operation, site_name, account_id,
                           coalesce(operation_data, '{}') AS data
                      FROM marketplace_product_operation
                     WHERE id = ANY(%(operations)s)
                ), target AS (
                    SELECT op.id AS op_id, listing.id AS listing_id
                      FROM op
                      JOIN marketplace_listing listing ON listing.product_id = op.record_id
                     WHERE op.model_name = 'product.product'
                       AND op.record_operation != 'unlink' AND listing.active
                     UNION ALL
                    SELECT op.id, listing.id
                      FROM op
                      JOIN marketplace_listing listing ON listing.product_tmpl_id = op.record_id
                     WHERE op.model_name = 'product.template'
                       AND op.record_operation != 'unlink' AND listing.active
                     UNION ALL
                    SELECT op.id, listing.id
                      FROM op
                      JOIN marketplace_account account ON account.pricelist_id = op.record_id
                       AND account.price_source = 'pricelist'
                      JOIN marketplace_listing listing ON listing.account_id = account.id
                     WHERE op.model_name = 'product.pricelist' AND listing.active
                       AND (NOT op.data ? 'templates'
                            OR op.data->'templates' @> to_jsonb(listing.product_tmpl_id)
                            OR op.data->'products' @> to_jsonb(listing.product_id))
                     UNION ALL
                    SELECT op.id, listing.id
                      FROM op, jsonb_array_elements(op.data->'listings') gone
                      JOIN marketplace_listing listing ON listing.id = (gone->>'listing_id')::int
                     WHERE op.record_operation = 'unlink'
                ), asked AS (
                    SELECT op.id AS op_id,
                           CASE WHEN op.record_operation = 'create' THEN create_kind.kind
                                WHEN op.record_operation = 'unlink' THEN 'delete'
                                ELSE written.kind END AS kind
                      FROM op
                      LEFT JOIN LATERAL jsonb_array_elements_text(op.data->'kinds')
                           AS written (kind) ON op.record_operation = 'write'
                      LEFT JOIN unnest(%(create_kinds)s) AS create_kind (kind)
                           ON op.record_operation = 'create'
                ), wanted AS (
                    SELECT op.id AS op_id, listing.id AS listing_id, account.id AS account_id,
                           lane.kind, lane.lane,
                           CASE WHEN lane.kind = 'inventory' AND op.data ? 'decrement'
                                THEN %(decrement)s ELSE lane.priority END AS priority
                      FROM target
                      JOIN op ON op.id = target.op_id
                      JOIN asked ON asked.op_id = op.id
                      JOIN marketplace_listing listing ON listing.id = target.listing_id
                      JOIN marketplace_account account ON account.id = listing.account_id
                      JOIN unnest(%(providers)s, %(kinds)s, %(lanes)s, %(priorities)s)
                           AS lane (provider, kind, lane, priority)
                        ON lane.provider = account.provider
                       AND lane.kind = CASE asked.kind WHEN 'forecast' THEN 'inventory'
                                       ELSE asked.kind END
                     WHERE account.active AND account.state != 'draft'
                       AND (op.site_name IS NULL OR op.site_name = account.provider)
                       AND (op.account_id IS NULL OR op.account_id = account.id)
                       AND CASE lane.kind WHEN 'price' THEN account.sync_prices
                                          WHEN 'inventory' THEN account.sync_stock
                                          ELSE account.sync_products END
                       AND (asked.kind != 'forecast' OR account.quantity_source = 'forecast')
                       AND (lane.kind != 'inventory' OR NOT op.data ? 'locations' OR EXISTS (
                            SELECT 1
                              FROM jsonb_array_elements_text(op.data->'locations') changed
                              JOIN stock_location place ON place.id = changed::int
                              JOIN marketplace_account_location_rel sells
                                ON sells.account_id = account.id
                              JOIN stock_location source ON source.id = sells.location_id
                             WHERE place.parent_path LIKE source.parent_path || '%%'))
                ), item AS (
                    INSERT INTO marketplace_outbox AS item
                        (account_id, kind, lane, listing_id, status, status_at, priority,
                         attempts, created_at)
                    SELECT account_id, kind, lane, listing_id, 'new',
                           now() AT TIME ZONE 'UTC', min(priority), 0,
                           clock_timestamp() AT TIME ZONE 'UTC'
                      FROM wanted
                     GROUP BY account_id, kind, lane, listing_id
                     ORDER BY max(op_id)
                    ON CONFLICT (account_id, listing_id, kind)
                        WHERE status = 'new' AND listing_id IS NOT NULL
                    DO UPDATE SET priority = least(item.priority, excluded.priority)
                    RETURNING id, account_id, listing_id, kind
                ), link AS (
                    INSERT INTO marketplace_operation_outbox (product_operation_id, outbox_id)
                    SELECT wanted.op_id, item.id
                      FROM wanted
                      JOIN item USING (account_id, listing_id, kind)
                     GROUP BY 1, 2
                     ORDER BY 1
                ), buried AS (
                    UPDATE marketplace_outbox old
                       SET status = 'superseded', status_at = now() AT TIME ZONE 'UTC',
                           cause_id = NULL
                      FROM item
                     WHERE old.account_id = item.account_id AND old.status = 'error'
                       AND old.listing_id = item.listing_id AND old.kind = item.kind
                ), marked AS (
                    UPDATE marketplace_product_operation
                       SET dispatched_at = clock_timestamp() AT TIME ZONE 'UTC'
                     WHERE id = ANY(%(operations)s)
                )
                SELECT DISTINCT account_id FROM item
                """,
                operations=operations,
                create_kinds=list(CREATE_KINDS),
                decrement=PRIORITY["decrement"],
                **self._lane_columns(),
            )
        )
        return {row[0] for row in self.env.cr.fetchall()}, len(operations) == DISPATCH_CHUNK

    def _dispatch_orders(self):
        # Set-based like the products.
        operations = self._waiting("marketplace_order_operation")
        if not operations:
            return set(), False
        pairs = [
            (operation, kind)
            for operation, kinds in ORDER_OPERATION_KINDS.items()
            for kind in kinds
        ]
        self.env.cr.execute(
            SQL(
                """
                WITH wanted AS (
                    SELECT op.id AS op_id, ledger.id AS order_id, account.id AS account_id,
                           lane.kind, lane.lane, lane.priority, op.model_name, op.record_id,
                           lane.kind || ':' || op.record_operation || ':' || op.model_name || ':'
                               || op.record_id || ':'
                               || coalesce(op.operation_data->>'key', op.id::text) AS key,
                           op.operation_data AS data
                      FROM marketplace_order_operation op
                      JOIN marketplace_order ledger ON ledger.sale_order_id = op.order_id
                      JOIN marketplace_account account ON account.id = ledger.account_id
                      JOIN unnest(%(pair_operations)s, %(pair_kinds)s)
                           AS pair (operation, kind) ON pair.operation = op.record_operation
                      JOIN unnest(%(providers)s, %(kinds)s, %(lanes)s, %(priorities)s)
                           AS lane (provider, kind, lane, priority)
                        ON lane.provider = account.provider AND lane.kind = pair.kind
                     WHERE op.id = ANY(%(operations)s)
                       AND account.active AND account.state != 'draft'
                       AND account.sync_order_status
                       AND (op.site_name IS NULL OR op.site_name = account.provider)
                       AND (op.account_id IS NULL OR op.account_id = account.id)
                ), item AS (
                    INSERT INTO marketplace_outbox AS item
                        (account_id, kind, lane, order_id, res_model, res_id, key, data, status,
                         status_at, priority, attempts, created_at)
                    SELECT DISTINCT ON (account_id, kind, key)
                           account_id, kind, lane, order_id, model_name, record_id, key, data,
                           'new', now() AT TIME ZONE 'UTC', priority, 0,
                           clock_timestamp() AT TIME ZONE 'UTC'
                      FROM wanted
                     ORDER BY account_id, kind, key, op_id
                    ON CONFLICT (account_id, kind, key) WHERE key IS NOT NULL
                    DO UPDATE SET key = excluded.key
                    RETURNING id, account_id, kind, key
                ), link AS (
                    INSERT INTO marketplace_operation_outbox (order_operation_id, outbox_id)
                    SELECT wanted.op_id, item.id
                      FROM wanted JOIN item USING (account_id, kind, key)
                     ORDER BY 1
                ), marked AS (
                    UPDATE marketplace_order_operation
                       SET dispatched_at = clock_timestamp() AT TIME ZONE 'UTC'
                     WHERE id = ANY(%(operations)s)
                )
                SELECT DISTINCT account_id FROM item
                """,
                operations=operations,
                pair_operations=[pair[0] for pair in pairs],
                pair_kinds=[pair[1] for pair in pairs],
                **self._lane_columns(),
            )
        )
        return {row[0] for row in self.env.cr.fetchall()}, len(operations) == DISPATCH_CHUNK

    # === INTERNALS === #

    def _waiting(self, table):
        """Ids by the partial index of what is not dispatched, without loading any operation."""
        self.env.cr.execute(
            SQL(
                "SELECT id FROM %s WHERE dispatched_at IS NULL ORDER BY id DESC LIMIT %s",
                SQL.identifier(table),
                DISPATCH_CHUNK,
            )
        )
        return [row[0] for row in self.env.cr.fetchall()]

    def _lane_columns(self):
        """What the installed providers support, as columns of a small table."""
        accounts = self.env["marketplace.account"].sudo().search([("state", "!=", "draft")])
        rows = [
            (provider, kind.value, lane.name, PRIORITY[kind.value])
            for provider, same in accounts.grouped("provider").items()
            for lane in same[:1]._limits().lanes
            for kind in lane.kinds
        ]
        columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
        names = ("providers", "kinds", "lanes", "priorities")
        types = ("text[]", "text[]", "text[]", "int[]")
        return {
            name: SQL("%s::" + cast, list(column))
            for name, cast, column in zip(names, types, columns, strict=True)
        }

    def _list_new_products(self, operations):
        """Listings for products that were created, on accounts that list by themselves."""
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT account.id, product.id
                  FROM marketplace_product_operation op
                  JOIN product_product product ON product.active AND (
                       (op.model_name = 'product.product' AND product.id = op.record_id) OR
                       (op.model_name = 'product.template'
                        AND product.product_tmpl_id = op.record_id))
                  JOIN product_template template ON template.id = product.product_tmpl_id
                  JOIN marketplace_account account
                    ON account.auto_list AND account.active AND account.state != 'draft'
                   AND (template.company_id IS NULL OR template.company_id = account.company_id)
                 WHERE op.id = ANY(%s) AND op.record_operation = 'create' AND template.sale_ok
                   AND (op.site_name IS NULL OR op.site_name = account.provider)
                   AND (op.account_id IS NULL OR op.account_id = account.id)
                   AND NOT EXISTS (SELECT 1 FROM marketplace_listing listing
                        WHERE listing.account_id = account.id AND listing.product_id = product.id)
                """,
                operations,
            )
        )
        rows = self.env.cr.fetchall()
        if rows:
            self.env["marketplace.listing"].create(
                [{"account_id": account, "product_id": product} for account, product in rows]
            )
            self.env.flush_all()
