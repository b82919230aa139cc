"""What happens in the web shop during the days of :mod:`story`: orders, a parcel, a refund, a
change that somebody makes in the shop itself."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from suite.demo.teller import Teller

NEW_PRODUCTS: tuple[tuple[str, str | None, str, dict[str, str]], ...] = (
    ("Mint Tea, 20 bags", "TEA-MNT", "3.40", {"compare_at": "3.90", "vendor": "Nile Herbs"}),
    ("Hibiscus, dried 250 g", "HIB-250", "2.80", {"vendor": "Nile Herbs"}),
    ("Olive Oil 500 ml", "OIL-500", "8.20", {"barcode": "6220000000012"}),
    ("Gift box", None, "19.00", {}),
)
TITLE = "Orange Juice 1 L – summer edition"


class ShopifyStory(Teller):
    provider: ClassVar[str] = "shopify"

    def tell(self) -> None:
        self._control("POST", "settings", {"restore_rate": 1000})
        self._ask_about_titles()
        orders = [
            self._place([("COL-330", 4), ("ORJ-1L", 2)], shipping="4.90", tip="1.00"),
            self._place([("CHO-WFR", 6)], company=True, po_number="PO-7731"),
            self._place([("ORJ-1L", 1)], payment="pending"),
            self._place([("COL-330", 2)], risk="high"),
        ]
        self._wait(
            "orders of the shop",
            "SELECT count(*) >= 4 FROM marketplace_order WHERE provider = 'shopify'",
        )
        self._go_on(orders)

    def _go_on(self, orders: list[str]) -> None:
        """Once the shop said how risky the orders are: until then they wait."""
        told = ", ".join(f"'{number}'" for number in orders[:2])
        ledgers = f"SELECT sale_order_id FROM marketplace_order WHERE external_id IN ({told})"
        self._wait(
            "the word on their risk",
            f"SELECT count(*) = 2 FROM sale_order WHERE state = 'sale' AND id IN ({ledgers})",
        )
        self._send_part_of(orders[0])
        self._control("POST", f"orders/{orders[1]}/fulfil", {})
        self._control("POST", f"orders/{orders[1]}/refund", {"amount": "2.50"})
        self._control("PATCH", f"products/{self._product('ORJ-1L')}", {"title": TITLE})
        for what, query in (
            ("the refund", "marketplace_return WHERE external_id LIKE 'refund-%'"),
            (
                "the change",
                "marketplace_foreign_edit WHERE state = 'open' AND member LIKE '%title'",
            ),
            ("the risk", "marketplace_order WHERE risk_held"),
            (
                "the parcel",
                "marketplace_outbox WHERE kind = 'shipment' AND status = 'success'"
                " AND lane = 'fulfilment'",
            ),
        ):
            self._wait(what, f"SELECT count(*) > 0 FROM {query}")
        self._keep_collections()
        self._ask_for_privacy()
        self._look_at_the_catalogue()

    def ids(self) -> dict[str, int]:
        """Records that pictures are taken of."""
        (account,) = self._account()
        mine = ["account_id", "=", account]
        ledger = "marketplace_order_ids"
        of_shop = [f"{ledger}.account_id", "=", account]
        return {
            "shop": account,
            "shop_listing": self._one("marketplace.listing", [mine, ["sku", "=", "ORJ-1L"]]),
            "shop_order": self._one("sale.order", [of_shop, ["picking_ids.state", "=", "done"]]),
            "shop_risky": self._one("sale.order", [of_shop, [f"{ledger}.risk_held", "=", True]]),
            "foreign_edit": self._one("marketplace.foreign.edit", [mine]),
            "onboarding": self._one("marketplace.onboarding", [mine]),
            "catalogue_import": self._one("marketplace.catalogue.import", [mine]),
        }

    # === INTERNALS === #

    def _ask_about_titles(self) -> None:
        """Somebody decides which title counts, each time."""
        (account,) = self._account()
        self.client(
            "marketplace.edit.policy",
            "create",
            [
                {
                    "account_id": account,
                    "what": "product:attributes/product/title",
                    "policy": "ask",
                }
            ],
        )

    def _product(self, sku: str) -> int:
        variants = self._control("GET", "variants")
        return int(next(row["product_id"] for row in variants if row["sku"] == sku))

    def _keep_collections(self) -> None:
        """One of a category, one that the shop fills by a rule."""
        (account,) = self._account()
        (category,) = self.client("product.category", "search", [], limit=1, order="id desc")
        rule = {"column": "price", "relation": "LESS_THAN", "condition": "5"}
        for vals in (
            {"name": "Summer drinks", "category_ids": [[6, 0, [category]]]},
            {"name": "Under five", "kind": "automatic", "rule_ids": [[0, 0, rule]]},
        ):
            self.client(
                "marketplace.shopify.collection", "create", [{"account_id": account, **vals}]
            )
        saved = "marketplace_shopify_collection WHERE state = 'saved'"
        self._wait("the collections", f"SELECT count(*) >= 2 FROM {saved}")

    def _ask_for_privacy(self) -> None:
        """One buyer asks what is kept, another to be forgotten; open orders keep her for now."""
        (account,) = self._account()
        (found,) = self.client("marketplace.account", "read", [account], ["webhook_url"])
        for topic in ("customers/data_request", "customers/redact"):
            body = {"topic": topic, "url": found["webhook_url"]}
            self._control("POST", "privacy", body)
        self._wait("the requests", "SELECT count(*) >= 2 FROM marketplace_privacy_request")

    def _look_at_the_catalogue(self) -> None:
        """The shop has products that Odoo does not: the first import, up to its preview."""
        rows = [
            {"title": title, "sku": sku, "price": price, "quantity": 40, **more}
            for title, sku, price, more in NEW_PRODUCTS
        ]
        self._control("POST", "products", {"products": rows})
        (account,) = self._account()
        self.client("marketplace.account", "action_onboarding", [account])
        onboarding = self._one("marketplace.onboarding", [["account_id", "=", account]])
        act = partial(self.client, "marketplace.onboarding")
        act("action_read", [onboarding])
        self._wait_for("marketplace_link_catalogue", account, "ready")
        for _step in ("read", "compare"):
            act("action_next", [onboarding])
        act("action_import", [onboarding])
        work = self._one("marketplace.catalogue.import", [["account_id", "=", account]])
        self.client("marketplace.catalogue.import", "action_plan", [work])
        self._wait_for("marketplace_catalogue_import", account, "planned")

    def _wait_for(self, table: str, account: int, state: str) -> None:
        self._wait(
            f"{table}: {state}",
            f"SELECT bool_or(state = '{state}') FROM {table} WHERE account_id = {account}",
        )

    def _send_part_of(self, number: str) -> None:
        """One parcel with tracking; the rest of the order waits."""
        order = self._one("sale.order", [["marketplace_order_ids.external_id", "=", number]])
        (found,) = self.client("sale.order", "read", [order], ["picking_ids"])
        picking = found["picking_ids"][0]
        moves = self.client("stock.move", "search", [["picking_id", "=", picking]], order="id")
        self.client("stock.move", "write", moves[:1], {"quantity": 2, "picked": True})
        self.client("stock.move", "write", moves[1:], {"quantity": 0})
        self.client("stock.picking", "write", [picking], {"carrier_tracking_ref": "NILE-00417"})
        self.client(
            "stock.picking",
            "button_validate",
            [picking],
            context={"skip_backorder": True, "picking_ids_not_to_backorder": []},
        )

    def _place(self, lines: list[tuple[str, int]], **more: Any) -> str:
        spec = {
            "payment": "paid",
            "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines],
            **more,
        }
        return str(self._control("POST", "orders", spec)["id"])
