"""A small seller on a stage: one Odoo, one simulated Cartona, a connected account, products.

Everything is done from outside, as people and channels do it: Odoo's external interface, the
sandbox's control interface, processes killed from the shell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from suite.odoo import OdooServer
from suite.sandbox import Sandbox
from suite.stage import Stage, wait_until
from suite.web import OdooClient

RETAIL, WHOLESALE = "EG-RETAIL", "EG-WHOLESALE"
TOKENS = {RETAIL: "sandbox-retail-token", WHOLESALE: "sandbox-wholesale-token"}
WEBHOOK = "cartona_integration/webhook/order_status"

CATALOG = "supplier-product/bulk-update"
DETAILS = "order/update-order-details"
STATUSES = "order/update-order-status"

#: What an engine that has nothing left to do leaves behind: nothing.
_BUSY = """
    SELECT count(*) FROM (
        SELECT 1 FROM marketplace_product_operation WHERE dispatched_at IS NULL
        UNION ALL SELECT 1 FROM marketplace_order_operation WHERE dispatched_at IS NULL
        UNION ALL SELECT 1 FROM marketplace_outbox
                   WHERE status IN ('new', 'submitted', 'pending')
        UNION ALL SELECT 1 FROM marketplace_inbox WHERE status = 'new'
        UNION ALL SELECT 1 FROM queue_job WHERE state = 'started'
                     AND method_name IN ('_job_dispatch', '_job_send', '_job_process')
    ) AS work
"""


@dataclass(frozen=True)
class Product:
    """A product of Odoo and its counterpart on the channel."""

    id: int
    listing: int
    external_id: int


class World:
    """
    :param workers: of Odoo, see :class:`suite.odoo.OdooServer`.
    :param webhooks: whether the channel tells Odoo of its orders; else they are only pulled.
    """

    def __init__(self, stage: Stage, *, workers: int = 0, webhooks: bool = True) -> None:
        self.stage = stage
        self.sandbox: Sandbox = stage.sandbox()
        self.server: OdooServer = stage.odoo(workers=workers)
        self._client = OdooClient(self.server.url, self.server.database)
        if webhooks:
            self.subscribe(self.server)
        self.account = self.connect("Cartona", RETAIL)

    # === BOTH SIDES === #

    def client(self) -> OdooClient:
        return self._client

    def control(self, method: str, path: str, body: object = None) -> Any:
        """The control interface of the simulated Cartona."""
        return self.channel("cartona", method, path, body)

    def channel(self, provider: str, method: str, path: str, body: object = None) -> Any:
        """The control interface of any simulated channel."""
        return self.sandbox.control(method, f"{provider}/{path}", body)

    def sql(self, query: str) -> list[list[Any]]:
        return self.stage.cluster.sql(self.server.database, query)

    def number(self, query: str) -> int:
        return int(self.sql(query)[0][0])

    # === SETTING UP === #

    def subscribe(self, server: OdooServer, supplier: str = RETAIL, **more: Any) -> None:
        """Have a supplier's events sent to a server.

        :param more: further members of the subscription: ``style``, ``retries``, ``id``.
        """
        subscription = {
            "provider": "cartona",
            "url": f"{server.url}/{WEBHOOK}",
            "token": TOKENS[supplier],
            "account": supplier,
            **more,
        }
        self.sandbox.control("POST", "webhooks", subscription)

    def connect(self, name: str, supplier: str, **values: Any) -> int:
        """A new account whose connection test succeeds. :return: its id."""
        client = self.client()
        vals = {
            "name": name,
            "provider": "cartona",
            "base_url": self.sandbox.room("cartona"),
            "cartona_token": TOKENS[supplier],
            "interval": 5,
            **values,
        }
        (account,) = client("marketplace.account", "create", [vals])
        client("marketplace.account", "action_test_connection", [account])
        (found,) = client("marketplace.account", "read", [account], ["state"])
        assert found["state"] == "connected"
        return int(account)

    def sell(
        self, count: int, *, price: int = 10, quantity: int = 100, sku: str = "SKU"
    ) -> list[Product]:
        """Products in stock, on the channel and linked; the channel knows price and stock.

        :param sku: beginning of their SKUs, which are also their ids on the channel.
        """
        client = self.client()
        names = [f"{sku}-{number}" for number in range(count)] if count > 1 else [sku]
        products = client(
            "product.product",
            "create",
            [
                {
                    "name": f"Product {name}",
                    "default_code": name,
                    "type": "consu",
                    "is_storable": True,
                    "list_price": price,
                    "taxes_id": False,
                }
                for name in names
            ],
        )
        self.stock(products, quantity)
        listed = self.list_products(self.account, RETAIL, products, names)
        self.settle()
        return listed

    def stock(self, products: Iterable[int], quantity: int) -> None:
        """Count the stock of products: there are so many in the main warehouse."""
        client = self.client()
        (account,) = client("marketplace.account", "read", [self.account], ["location_ids"])
        location = account["location_ids"][0]
        quants = client(
            "stock.quant",
            "create",
            [
                {"product_id": product, "location_id": location, "inventory_quantity": quantity}
                for product in products
            ],
            context={"inventory_mode": True},
        )
        client("stock.quant", "action_apply_inventory", quants)

    def list_products(
        self, account: int, supplier: str, products: Sequence[int], skus: Sequence[str]
    ) -> list[Product]:
        """Offer products on an account: on the channel, and linked here."""
        rows = [
            {"name": sku, "internal_product_id": sku, "unit": "piece", "selling_price": "1"}
            for sku in skus
        ]
        created = self.control("POST", "products", {"products": rows, "supplier_code": supplier})
        client = self.client()
        listings = client(
            "marketplace.listing",
            "create",
            [
                {
                    "account_id": account,
                    "product_id": product,
                    "external_id": str(row["id"]),
                    "internal_id": row["internal_product_id"],
                }
                for product, row in zip(products, created, strict=True)
            ],
        )
        client("marketplace.listing", "action_sync_now", listings)
        return [
            Product(product, listing, row["id"])
            for product, listing, row in zip(products, listings, created, strict=True)
        ]

    # === DOING === #

    def set_price(self, products: Iterable[Product], price: float) -> None:
        """One change of all these products in one transaction."""
        ids = [product.id for product in products]
        self.client()("product.product", "write", ids, {"list_price": price})

    def place(self, product: Product, amount: int = 1, *, count: int = 1) -> list[str]:
        """Orders of a retailer without extras. :return: their hashed ids."""
        spec = {
            "count": count,
            "plain": True,
            "lines": [{"supplier_product_id": product.external_id, "amount": amount}],
            "delivered_by": "delivered_by_supplier",
        }
        return [order["hashed_id"] for order in self.control("POST", "orders", spec)]

    def fault(self, effect: str, match: dict[str, Any] | None = None, **rule: Any) -> str:
        """Let the channel fail. :return: the rule's id, for :meth:`mend`."""
        body = {"effect": effect, "match": {"provider": "cartona", **(match or {})}, **rule}
        return str(self.sandbox.control("POST", "faults", body)["id"])

    def mend(self) -> None:
        """Let nothing fail any more."""
        self.sandbox.control("DELETE", "faults")

    def forget_calls(self) -> None:
        self.sandbox.control("DELETE", "calls")

    def hurry(self) -> None:
        """What waits for its next try is due now instead of in some seconds."""
        self.sql("UPDATE marketplace_outbox SET not_before = NULL WHERE status = 'new'")
        self.run_safety_net()

    # === SEEING === #

    def wait_product(self, product: Product, field: str, value: object) -> None:
        """Wait until the channel has taken a value."""
        self.control(
            "GET",
            f"wait?supplier_product_id={product.external_id}&field={field}&value={value}&timeout=90",
        )

    def wait_order(self, hashed_id: str, status: str) -> None:
        """Wait until an order of the channel has a status."""
        self.control("GET", f"wait?order={hashed_id}&field=status&value={status}&timeout=90")

    def wait_calls(self, count: int, endpoint: str = CATALOG) -> None:
        """Wait until the channel got so many calls since the last :meth:`forget_calls`."""
        self.control("GET", f"wait?calls={count}&endpoint={endpoint}&timeout=90")

    def calls(self, endpoint: str = CATALOG) -> list[dict[str, Any]]:
        """The calls of an endpoint, oldest first."""
        found: list[dict[str, Any]] = self.sandbox.control(
            "GET", f"calls?provider=cartona&endpoint={endpoint}&limit=2000"
        )
        return found[::-1]

    def prices(self, products: Iterable[Product]) -> set[Decimal]:
        """The prices that the channel shows."""
        wanted = {product.external_id for product in products}
        rows = self.control("GET", "products?limit=100000")
        return {Decimal(str(row["selling_price"])) for row in rows if row["id"] in wanted}

    def offered(self, product: Product) -> int:
        """How many pieces the channel shows."""
        row = self.control("GET", f"products/{product.external_id}")
        return int(row["available_stock_quantity"])

    def acceptances(self, field: str) -> list[dict[str, Any]]:
        """What the channel took over its interface for a field of a product, oldest first."""
        found = self.control("GET", f"acceptances?field={field}&limit=100000")
        return [one for one in found if one["origin"] == "api"]

    def deliveries(self) -> list[dict[str, Any]]:
        """The events that were sent, oldest first."""
        found: list[dict[str, Any]] = self.sandbox.control("GET", "webhooks/deliveries?limit=1000")
        return found[::-1]

    def open_causes(self) -> list[dict[str, Any]]:
        """What the people of the account are asked to look at, with how much waits on each."""
        found: list[dict[str, Any]] = self.client()(
            "marketplace.cause",
            "search_read",
            [["state", "=", "open"]],
            ["title", "code", "waiting_count", "message_ids"],
        )
        return found

    def orders(self) -> dict[str, dict[str, Any]]:
        """The orders of the channel by hashed id."""
        return {order["hashed_id"]: order for order in self.control("GET", "orders")}

    def run_safety_net(self) -> None:
        """The scheduled action that makes missing jobs: its minute comes now."""
        self.client().run_cron("Marketplace: keep going")

    def settle(self, timeout: float = 90) -> None:
        """Wait until the engine has nothing left to do."""
        wait_until("the engine to be idle", lambda: self.number(_BUSY) == 0, timeout, every=0.2)

    def confirmed(self, hashed_ids: Sequence[str]) -> int:
        """How many of these orders are confirmed sales orders."""
        return int(
            self.client()(
                "sale.order",
                "search_count",
                [
                    ["marketplace_order_ids.external_id", "in", list(hashed_ids)],
                    ["state", "=", "sale"],
                ],
            )
        )

    def wait_confirmed(self, hashed_ids: Sequence[str], timeout: float = 90) -> None:
        wait_until(
            f"{len(hashed_ids)} sales orders",
            lambda: self.confirmed(hashed_ids) == len(hashed_ids),
            timeout,
            every=0.2,
        )

    def assert_each_order_once(self, hashed_ids: Sequence[str]) -> None:
        """One ledger entry and one sales order for each, with the channel's own totals."""
        listed = ", ".join(f"'{one}'" for one in hashed_ids)
        rows = self.sql(
            "SELECT ledger.external_id, count(*), sum(sale.amount_total)::text"
            "  FROM marketplace_order ledger"
            "  JOIN sale_order sale ON sale.id = ledger.sale_order_id AND sale.state = 'sale'"
            f" WHERE ledger.external_id IN ({listed}) GROUP BY 1"
        )
        orders = self.orders()
        assert {row[0]: (row[1], Decimal(row[2])) for row in rows} == {
            one: (1, Decimal(str(orders[one]["total_price"]))) for one in hashed_ids
        }
        (lone,) = self.sql(
            "SELECT count(*) FROM sale_order sale WHERE NOT EXISTS"
            " (SELECT 1 FROM marketplace_order WHERE sale_order_id = sale.id)"
        )
        assert lone == [0], "a sales order without an order of the channel"
