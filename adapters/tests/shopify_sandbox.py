"""The sandbox's Shopify room behind a scripted server, as a harness of the conformance suite."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, ClassVar

from marketplace_adapters.core import ListingKey, RemoteListing, ThrottledError
from marketplace_adapters.shopify import ShopifyAdapter
from marketplace_adapters.testing.server import ScriptedServer
from sandbox_wire import SandboxWire
from shopify_harness import ShopifyHarness
from shopify_in_samples import Line, Sample, Shipping, bag

STATIC = "shpat_demo_static"
API = "/shopify/admin/api/2026-10/graphql.json"
MAKE = """
mutation Make($identifier: ProductSetIdentifiers, $input: ProductSetInput!) {
  productSet(identifier: $identifier, input: $input) {
    product { id variants(first: 10) { nodes { id sku inventoryItem { id } } } }
    userErrors { field message code }
  }
}
"""


class Wire(SandboxWire):
    """The shop, and its owner's own API."""

    room = "shopify"
    # Files are at addresses of the host that the call named.
    sent = ("x-shopify-access-token", "content-type", "accept", "range", "host")
    kept = ("Content-Type", "retry-after", "x-request-id", "content-range")

    def start_over(self, **settings: Any) -> None:
        """A shop without products and orders, without a limit."""
        super().start_over()
        self.control("POST", "settings", {"restore_rate": 0, **settings})

    def graphql(self, query: str, variables: Any = None) -> Any:
        """As the owner of the shop would change something."""
        body = json.dumps({"query": query, "variables": variables or {}}).encode()
        headers = {"Content-Type": "application/json", "X-Shopify-Access-Token": STATIC}
        reply = json.loads(self.send("POST", API, headers, body).body)
        assert not reply.get("errors"), reply["errors"]
        return reply["data"]

    def make(self, **product: Any) -> dict[str, Any]:
        """A product of the owner's own; its answer."""
        made = self.graphql(MAKE, {"input": product})["productSet"]
        assert made["userErrors"] == [], made["userErrors"]
        found: dict[str, Any] = made["product"]
        return found


def tail(one: str) -> str:
    """The number of an id."""
    return one.rsplit("/", 1)[-1]


class PatientAdapter(ShopifyAdapter):
    """Waits for the catalogue where the engine would come back later."""

    finish: ClassVar[Callable[[], None]]

    def listings(
        self, keys: Iterable[str] | None = None, *, since: datetime | None = None
    ) -> Iterator[RemoteListing]:
        wanted = None if keys is None else list(keys)
        for _time in range(5):
            try:
                return iter(list(super().listings(wanted, since=since)))
            except ThrottledError:
                type(self).finish()
        raise AssertionError("the catalogue was never written")


class SandboxHarness(ShopifyHarness):
    """The sandbox behind the scripted server."""

    kind = PatientAdapter
    personal = (
        "lea@example.com",
        "+49 170 7654321",
        "buyer1@example.com",
        "Große Bleichen",
    )

    def __init__(self, front: ScriptedServer, wire: Wire) -> None:
        self.wire = wire
        PatientAdapter.finish = self.finish
        super().__init__(front, "/shopify")

    def listings(self, numbers: list[int]) -> list[ListingKey]:
        return [self.listing(number) for number in numbers]

    def listing(self, number: int) -> ListingKey:
        """A product of one variant, made by the owner."""
        made = self.wire.make(
            title=f"Owner's {number}",
            productOptions=[{"name": "Title", "values": [{"name": "Default Title"}]}],
            variants=[
                {
                    "optionValues": [{"optionName": "Title", "name": "Default Title"}],
                    "sku": f"SKU-{number:05d}",
                    "price": "10.00",
                    "inventoryItem": {"tracked": True},
                }
            ],
        )
        (variant,) = made["variants"]["nodes"]
        extra = {
            "product_id": tail(made["id"]),
            "inventory_item_id": tail(variant["inventoryItem"]["id"]),
        }
        return ListingKey(tail(variant["id"]), variant["sku"], f"{number}", extra=extra)

    def orders(self, numbers: list[int], **members: Any) -> list[tuple[str, str]]:
        line = {"title": "Tea 🍵", "quantity": 2, "price": "10.00"}
        spec = {"payment": "paid", "lines": [line], **members}
        placed = self.wire.control("POST", "orders", [spec] * len(numbers))
        return [(str(one["id"]), str(first_line(one))) for one in placed]

    def place_orders(self, count: int) -> set[str]:
        numbers = list(range(count))
        return {order for order, _line in self.orders(numbers)}

    def finish(self) -> None:
        self.wire.control("POST", "../clock", {"advance": 60})
        self.wire.control("POST", "tick")

    def payload(self) -> Any:
        """The body of a webhook of an order; refunds are events of their own."""
        return sample().rest()

    def changed(self) -> Any:
        """It was paid."""
        found = sample()
        found.financial, found.outstanding = "paid", "0.00"
        return found.rest()

    def state(self) -> Any:
        """The sandbox's own book."""
        return self.wire.control("GET", "book")


def sample() -> Sample:
    """An order with every member filled, that waits for its money."""
    line = Line(
        1,
        "Tee 🍵",
        2,
        bag("10.00", "11.00"),
        cuts=[(bag("1.00", "1.10"), 0)],
        taxes=[(bag("1.00", "1.10"), 0.1, False)],
        duties=[bag("1.00", "1.10")],
        properties={"engraving": "شاي"},
    )
    return Sample(
        lines=[line],
        shipping=[Shipping(5, bag("5.00", "5.50"), taxes=[(bag("0.50", "0.55"), 0.1, False)])],
        discounts=[{"code": "TEA", "type": "discount_code"}],
        parcels=[(8, "success", "", [(1, 1)])],
        total=bag("26.00", "28.60"),
        tax=bag("1.50", "1.65"),
        tip="1.00",
        fees=(bag("1.00", "1.10"), bag("1.00", "1.10")),
        company=(1, 2, "C", "L"),
        terms="Net 30",
        financial="pending",
        outstanding="28.60",
        currencies=("EUR", "USD"),
    )


def first_line(order: Any) -> Any:
    return order["lines"][0]["id"]
