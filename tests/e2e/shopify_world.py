"""A small shop on Shopify: one Odoo with two warehouses, the simulated shop, products in both."""

from __future__ import annotations

from typing import Any, ClassVar

from channel_world import ChannelWorld

from suite.stage import Stage


class ShopifyWorld(ChannelWorld):
    """
    :param settings: of the simulated shop, see ``marketplace_sandbox.shopify.settings``.
    """

    provider: ClassVar[str] = "shopify"

    def __init__(self, stage: Stage, **settings: Any) -> None:
        super().__init__(stage, **settings)
        # The shop sends its webhooks there.
        parameters = ["web.base.url", self.server.url]
        self.client()("ir.config_parameter", "set_param", *parameters)

    def connect(self, **values: Any) -> int:
        """A new account whose connection test succeeds, both locations of the shop with a
        warehouse of Odoo behind each. :return: its id."""
        client = self.client()
        currency = client("res.currency", "search", [["name", "=", "EUR"]], **_ALL)
        client("res.currency", "write", currency, {"active": True})
        account = self.make_account(
            name="Shop",
            shopify_shop="demo-shop.myshopify.com",
            base_url=self.sandbox.room("shopify"),
            shopify_client_id="demo-shopify-client",
            shopify_client_secret="shpss_demo_secret",
            **values,
        )
        places = client(
            "marketplace.place", "search", [["account_id", "=", account]], order="external_id"
        )
        assert len(places) == 2, "the shop's locations are read with the connection"
        client("stock.warehouse", "create", [{"name": "Second", "code": "SEC"}])
        warehouses = client("stock.warehouse", "search_read", [], ["lot_stock_id"], order="id")
        for place, warehouse in zip(places, warehouses, strict=False):
            stock = warehouse["lot_stock_id"][0]
            client("marketplace.place", "write", [place], {"location_ids": [(6, 0, [stock])]})
        return account

    def stock(self, products: list[int], quantity: int) -> None:
        """So many of each product at each location."""
        self.count_stock(products, self.locations(), quantity)

    def link(self, skus: dict[str, int]) -> None:
        """Listings of what the shop sells already.

        :param skus: SKU → product of Odoo.
        """
        variants = self.book()["variants"]
        self.client()(
            "marketplace.listing",
            "create",
            [
                {
                    "account_id": self.account,
                    "product_id": skus[row["sku"]],
                    "sku": row["sku"],
                    "external_id": number,
                    "extra": {
                        "product_id": str(row["product"]),
                        "inventory_item_id": str(row["item"]),
                    },
                }
                for number, row in variants.items()
                if row["sku"] in skus
            ],
        )

    def sell_untracked(self, sku: str) -> None:
        """Something that nobody keeps in stock and the shop sells by its SKU alone."""
        client = self.client()
        vals = {"name": sku, "default_code": sku, "type": "service", "taxes_id": False}
        (product,) = client("product.product", "create", [vals])
        listing = {"account_id": self.account, "product_id": product, "sku": sku}
        client("marketplace.listing", "create", [listing])

    def hear(self) -> None:
        """Let the shop send its webhooks here."""
        client = self.client()
        client("marketplace.account", "action_check_webhooks", [self.account])
        (found,) = client("marketplace.account", "read", [self.account], ["webhook_state"])
        assert found["webhook_state"] in ("good", "mended"), found


_ALL: dict[str, Any] = {"context": {"active_test": False}}
