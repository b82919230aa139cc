"""What the tests of Shopify's sales side share: a client of the API and of the control calls."""

from __future__ import annotations

import uuid
from typing import Any

from support import Client, Control

TOKEN = "shpat_demo_static"
MAIN, FLOOR = "gid://shopify/Location/7001", "gid://shopify/Location/7002"
PATH = "/shopify/admin/api/2026-10/graphql.json"


def key() -> str:
    return str(uuid.uuid4())


class Shop(Client):
    """An app of the shop."""

    def ask(self, query: str, /, **variables: Any) -> Any:
        """The data of a call that must have no top-level errors."""
        body = {"query": query, "variables": variables}
        answer = self.json("POST", PATH, body, **{"X-Shopify-Access-Token": TOKEN})
        assert answer.status == 200, answer.body
        assert "errors" not in answer.data, answer.data["errors"]
        return answer.data["data"]

    def errors(self, query: str, /, **variables: Any) -> list[dict[str, Any]]:
        """The top-level errors of a call."""
        body = {"query": query, "variables": variables}
        answer = self.json("POST", PATH, body, **{"X-Shopify-Access-Token": TOKEN})
        found: list[dict[str, Any]] = answer.data["errors"]
        return found

    def do(self, mutation: str, /, **variables: Any) -> Any:
        """The payload of a mutation without userErrors."""
        (payload,) = self.ask(mutation, **variables).values()
        assert not payload.get("userErrors"), payload["userErrors"]
        return payload

    def refused(self, mutation: str, /, **variables: Any) -> str:
        """The message of a mutation's only userError."""
        (payload,) = self.ask(mutation, **variables).values()
        (error,) = payload["userErrors"]
        return str(error["message"])

    def order(self, number: int, fields: str) -> Any:
        query = "query($id: ID!) { order(id: $id) { %s } }" % fields  # noqa: UP031 - braces
        return self.ask(query, id=gid("Order", number))["order"]

    def locations(self, number: int) -> list[dict[str, Any]]:
        """Fulfilment orders of an order."""
        fields = """fulfillmentOrders(first: 10) { nodes { id status
            assignedLocation { location { id } }
            lineItems(first: 10) { nodes { id remainingQuantity totalQuantity sku } } } }"""
        found: list[dict[str, Any]] = self.order(number, fields)["fulfillmentOrders"]["nodes"]
        return found


class Counter(Control):
    """The shop's staff and buyers, by the control API."""

    def shop(self, method: str, path: str, body: Any = None, expect: int | None = None) -> Any:
        return self.call(method, f"shopify/{path}", body, expect)

    def place(self, **spec: Any) -> dict[str, Any]:
        """An order of two colas for 10.00 each, German VAT inside, paid, unless told otherwise."""
        spec.setdefault("lines", [{"sku": "COL-330", "quantity": 2, "price": "10.00"}])
        spec.setdefault("country", "DE")
        found: dict[str, Any] = self.shop("POST", "orders", spec)
        return found

    def step(self, order: dict[str, Any], name: str, expect: int | None = None, **body: Any) -> Any:
        return self.shop("POST", f"orders/{order['id']}/{name}", body, expect)

    def book(self, order: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.shop("GET", "book")["orders"][str(order["id"])]
        return found

    def reservations(self) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = self.shop("GET", "book")["reservations"]
        return found

    def payload(self, order: dict[str, Any], shape: str = "webhook") -> dict[str, Any]:
        found: dict[str, Any] = self.shop("GET", f"orders/{order['id']}/payload?shape={shape}")
        return found


LEVEL = """query($id: ID!, $place: ID!) { node(id: $id) { ... on ProductVariant { inventoryItem {
    inventoryLevel(locationId: $place) { quantities(names: ["available", "committed", "on_hand"]) {
        name quantity } } } } } }"""
VARIANTS = {"COL-330": 40001, "WTR-600": 40002, "ORJ-1L": 40003, "MNG-250": 40004, "TEA-100": 40005,
            "DAT-1K": 40008}  # fmt: skip


def stock(shop: Shop, sku: str, place: str = MAIN) -> tuple[int, int, int]:
    """(available, committed, on hand)."""
    found = shop.ask(LEVEL, id=gid("ProductVariant", VARIANTS[sku]), place=place)
    rows = found["node"]["inventoryItem"]["inventoryLevel"]["quantities"]
    by_name = {each["name"]: each["quantity"] for each in rows}
    return by_name["available"], by_name["committed"], by_name["on_hand"]


def gid(kind: str, number: int | str) -> str:
    return f"gid://shopify/{kind}/{number}"


def moved(before: tuple[int, int, int], after: tuple[int, int, int]) -> tuple[int, int, int]:
    return after[0] - before[0], after[1] - before[1], after[2] - before[2]
