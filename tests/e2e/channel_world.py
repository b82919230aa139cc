"""A small seller on one simulated channel: one Odoo, products in both. What every channel shares.

As :mod:`world`: everything is done from outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from suite.odoo import OdooServer
from suite.sandbox import Sandbox
from suite.stage import Stage, wait_until
from suite.web import OdooClient

#: What the engine has not done yet. A listing's items may wait for their product for ever, and a
#: submission is asked about until it is done.
_BUSY = """
    SELECT count(*) FROM (
        SELECT 1 FROM marketplace_product_operation WHERE dispatched_at IS NULL
        UNION ALL SELECT 1 FROM marketplace_order_operation WHERE dispatched_at IS NULL
        UNION ALL SELECT 1 FROM marketplace_outbox
                   WHERE kind IN ('product', 'price', 'inventory', 'image', 'shipment')
                     AND status IN ('new', 'submitted', 'pending') AND waiting IS NOT TRUE
        UNION ALL SELECT 1 FROM marketplace_inbox WHERE status = 'new'
        UNION ALL SELECT 1 FROM queue_job WHERE state = 'started'
                     AND method_name IN ('_job_dispatch', '_job_send', '_job_process')
    ) AS work
"""


class ChannelWorld:
    """
    :param settings: of the simulated channel, see its ``settings`` module in the sandbox.
    """

    provider: ClassVar[str]

    def __init__(self, stage: Stage, **settings: Any) -> None:
        self.stage = stage
        self.sandbox: Sandbox = stage.sandbox()
        self.control("POST", "settings", settings)
        self.server: OdooServer = stage.odoo()
        self._client = OdooClient(self.server.url, self.server.database)
        self.account = 0

    def client(self) -> OdooClient:
        return self._client

    def control(self, method: str, path: str, body: object = None) -> Any:
        """The control interface of the simulated channel."""
        return self.sandbox.control(method, f"{self.provider}/{path}", body)

    def book(self) -> dict[str, Any]:
        """The channel's own truth."""
        found: dict[str, Any] = self.control("GET", "book")
        return found

    def sql(self, query: str) -> list[list[Any]]:
        return self.stage.cluster.sql(self.server.database, query)

    def number(self, query: str) -> int:
        return int(self.sql(query)[0][0])

    # === SETTING UP === #

    def make_account(self, **values: Any) -> int:
        """A new account whose connection test succeeds. :return: its id."""
        client = self.client()
        vals = {"provider": self.provider, "interval": 5, **values}
        (account,) = client("marketplace.account", "create", [vals])
        client("marketplace.account", "action_test_connection", [account])
        (found,) = client("marketplace.account", "read", [account], ["state", "pause_reason"])
        assert found["state"] == "connected", found
        self.account = int(account)
        return self.account

    def products(self, skus: Sequence[str], *, quantity: int = 100_000) -> list[int]:
        """Products in stock, one for each SKU, without taxes. :return: their ids."""
        client = self.client()
        products = client(
            "product.product",
            "create",
            [
                {
                    "name": f"Product {sku}",
                    "default_code": sku,
                    "type": "consu",
                    "is_storable": True,
                    "list_price": 9.99,
                    "taxes_id": False,
                }
                for sku in skus
            ],
        )
        self.count_stock(products, self.locations()[:1], quantity)
        return [int(one) for one in products]

    def locations(self) -> list[int]:
        """Where the account sells from."""
        client = self.client()
        (account,) = client("marketplace.account", "read", [self.account], ["location_ids"])
        return [int(one) for one in account["location_ids"]]

    def count_stock(self, products: Sequence[int], locations: Sequence[int], quantity: int) -> None:
        """So many of each product at each of these locations."""
        client = self.client()
        quants = client(
            "stock.quant",
            "create",
            [
                {
                    "product_id": product,
                    "location_id": location,
                    "inventory_quantity": quantity,
                }
                for product in products
                for location in locations
            ],
            context={"inventory_mode": True},
        )
        client("stock.quant", "action_apply_inventory", quants)

    def fault(self, effect: str, match: dict[str, Any] | None = None, **rule: Any) -> str:
        """Let the channel fail. :return: the rule's id."""
        body = {"effect": effect, "match": {"provider": self.provider, **(match or {})}, **rule}
        return str(self.sandbox.control("POST", "faults", body)["id"])

    def begin(self) -> None:
        """Sell and send from now on; what was placed before the account was connected as well."""
        self.sql("UPDATE marketplace_account SET live_since = now() - interval '90 days'")
        self.client()("marketplace.account", "write", [self.account], {"automatic": True})

    # === DOING === #

    def fetch(self) -> None:
        """Ask for news of every topic now, whatever its interval says."""
        self.sql("UPDATE marketplace_cursor SET pulled_at = NULL")
        self.run_safety_net()

    def run_safety_net(self) -> None:
        """The scheduled action that makes missing jobs: its minute comes now."""
        self.client().run_cron("Marketplace: keep going")

    def settle(self, timeout: float = 120) -> None:
        """Wait until the engine has nothing left to do."""
        wait_until("the engine to be idle", lambda: self.number(_BUSY) == 0, timeout, every=0.3)

    def wait_orders(self, count: int, timeout: float) -> None:
        """Wait until so many orders are known."""
        wait_until(
            "every order",
            lambda: self.number("SELECT count(*) FROM marketplace_order") >= count,
            timeout,
            every=0.5,
        )

    def read_again(self, timeout: float) -> None:
        """The cursor goes back to the beginning: every page is read once more."""
        self.sql("UPDATE marketplace_cursor SET position = now() - interval '30 days'")
        self.fetch()
        read = (
            "SELECT count(*) FROM marketplace_cursor"
            " WHERE topic = 'order' AND pulled_at IS NOT NULL"
        )
        wait_until("the cursor", lambda: self.number(read) == 1, timeout, every=0.5)

    # === SEEING === #

    def causes(self) -> list[dict[str, Any]]:
        """What people are asked to look at."""
        found: list[dict[str, Any]] = self.client()(
            "marketplace.cause", "search_read", [["state", "=", "open"]], ["title", "code"]
        )
        return found

    def totals(self) -> dict[str, tuple[int, str, str]]:
        """Order of the channel → (number of sales orders, their total, their currency)."""
        rows = self.sql(
            "SELECT ledger.external_id, count(sale.id),"
            "       to_char(coalesce(sum(sale.amount_total), 0), 'FM999999990.00'),"
            "       max(currency.name)"
            "  FROM marketplace_order ledger"
            "  LEFT JOIN sale_order sale ON sale.id = ledger.sale_order_id"
            "  LEFT JOIN res_currency currency ON currency.id = sale.currency_id"
            " GROUP BY 1"
        )
        return {str(row[0]): (int(row[1]), str(row[2]), str(row[3])) for row in rows}

    def reserved(self) -> dict[str, int]:
        """SKU → pieces of the own stock that orders wait for, confirmed or not."""
        rows = self.sql(
            """
            SELECT sku, sum(quantity)::int FROM (
                SELECT product.default_code AS sku, move.product_uom_qty AS quantity
                  FROM stock_move move JOIN product_product product ON product.id = move.product_id
                  JOIN stock_picking picking ON picking.id = move.picking_id
                 WHERE move.state NOT IN ('done', 'cancel') AND picking.sale_id IS NOT NULL
                 UNION ALL
                SELECT product.default_code, line.product_uom_qty
                  FROM sale_order_line line
                  JOIN product_product product ON product.id = line.product_id
                  JOIN product_template template ON template.id = product.product_tmpl_id
                  JOIN sale_order sale ON sale.id = line.order_id
                 WHERE sale.state IN ('draft', 'sent') AND template.type = 'consu'
                   AND NOT coalesce(sale.marketplace_stocked, false)) wanted
             WHERE quantity > 0 GROUP BY sku ORDER BY sku
            """
        )
        return {str(row[0]): int(row[1]) for row in rows}
