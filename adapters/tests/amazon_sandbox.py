"""The sandbox's Amazon room behind a scripted server, as a harness of the conformance suite."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from amazon_harness import AmazonHarness, listing_state
from marketplace_adapters.core import (
    Kind,
    ListingKey,
    ProductState,
    PushItem,
    RelationshipState,
    State,
)
from marketplace_adapters.testing.server import ScriptedServer
from sandbox_wire import SandboxWire

UK, DE, US = "A1F83G8C2ARO7P", "A1PA6795UKMFR9", "ATVPDKIKX0DER"
CREDENTIALS = {
    "client_id": "amzn1.application-oa2-client.demo",
    "client_secret": "amzn1.oa2-cs.demo-secret",
    "refresh_token": "Atzr|demo-refresh",
}
#: Everything at once, but feeds, which wait for :meth:`SandboxHarness.finish`.
SETTINGS = {
    "rates": 0,
    "feed_queue_seconds": 5,
    "feed_seconds": 5,
    "report_seconds": 0,
    "marketplaces": [UK, DE],
    "orders_take_stock": False,
}


class Wire(SandboxWire):
    """The seller's API."""

    room = "amazon"
    # Documents are at addresses of the host that the call named.
    sent = ("x-amz-access-token", "x-amz-date", "user-agent", "content-type", "accept", "host")
    kept = ("Content-Type", "x-amzn-ratelimit-limit", "x-amzn-requestid", "retry-after")

    def start_over(self) -> None:
        """Access and tokens alone."""
        super().start_over()
        self.control("POST", "settings", SETTINGS)


class SandboxHarness(AmazonHarness):
    """The sandbox behind the scripted server."""

    currency = "GBP"
    product_type = "GROCERY"

    def __init__(self, front: ScriptedServer, wire: Wire) -> None:
        self.wire = wire
        # The stub has the full 10,000; here it is the feeds that matter.
        options = {"seller_id": "A2DEMOSELLER", "marketplaces": [UK, DE], "batch_size": 300}
        login = f"{wire.url}/amazon/auth/o2/token"
        super().__init__(front, login, CREDENTIALS, options, "/amazon")
        self._status = "UNSHIPPED"

    def listings(self, numbers: list[int]) -> list[str]:
        body = {"count": len(numbers), "first": numbers[0], "quantity": 1000}
        return [str(sku) for sku in self.wire.control("POST", "listings", body)]

    def listing(self, number: int) -> str:
        return self.listings([number])[0]

    def parent(self) -> str:
        attributes = {
            "item_name": [{"value": "Family"}],
            "brand": [{"value": "Nile"}],
            "bullet_point": [{"value": "all of them"}],
            "country_of_origin": [{"value": "EG"}],
            "supplier_declared_dg_hz_regulation": [{"value": "not_applicable"}],
            "unit_count": [{"value": 1, "type": {"value": "Count"}}],
            "is_expiration_dated_product": [{"value": True}],
            "parentage_level": [{"value": "parent"}],
            "variation_theme": [{"name": "FLAVOR"}],
        }
        spec = {"sku": "FAMILY", "product_type": "GROCERY", "attributes": attributes}
        self.wire.control("POST", "listings", spec)
        return "FAMILY"

    def state_of(self, kind: Kind, number: int) -> State:
        if kind is Kind.RELATIONSHIP:
            parent = self.parent()
            return RelationshipState(ListingKey(parent, parent), "FLAVOR")
        if kind is Kind.PRODUCT:
            return ProductState(
                title='Tea "Green" 🍵 شاي',
                description="First harvest & <by hand> 🌱",
                weight_kg=Decimal("0.25"),
                attributes={"brand": "Läden", "bullet_points": ["fresh 🌱"]},
            )
        return listing_state(kind, number, self.currency)

    def items(self, kind: Kind, count: int) -> list[PushItem]:
        """A refund is of something that was shipped."""
        self._status = "SHIPPED" if kind is Kind.REFUND else "UNSHIPPED"
        return super().items(kind, count)

    def orders(self, numbers: list[int], **members: Any) -> list[tuple[str, str]]:
        """One order of two for each number; the ids of the orders and of their items."""
        line = {"sku": "SKU-ANY", "quantity": 2, "price": "10", "title": "Tea 🍵"}
        spec = {"status": self._status, "marketplace": UK, "lines": [line]} | members
        placed = self.wire.control("POST", "orders", [spec] * len(numbers))
        return [(order["id"], order["items"][0]["id"]) for order in placed]

    def order(self, **members: Any) -> tuple[str, str]:
        return self.orders([1], **members)[0]

    def place_orders(self, count: int) -> set[str]:
        """More than a page of 100, so that there is a second one."""
        numbers = list(range(max(count, 101) if count > 5 else count))
        return {order for order, _item in self.orders(numbers)}

    def finish(self) -> None:
        self.wire.control("POST", "../clock", {"advance": 60})
        self.wire.control("POST", "tick")

    def state(self) -> Any:
        """The sandbox's own book, without how often it was called."""
        book = self.wire.control("GET", "book")
        del book["calls"]
        return book
