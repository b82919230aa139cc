"""What Amazon gives the conformance suite, in front of the stub and of the sandbox alike."""

from __future__ import annotations

import itertools
from abc import abstractmethod
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import amazon_samples as samples
from marketplace_adapters.amazon import AmazonAdapter
from marketplace_adapters.amazon.auth import TOKENS
from marketplace_adapters.amazon.settings import origins
from marketplace_adapters.core import (
    LISTING_KINDS,
    UTC,
    Acknowledgement,
    Adapter,
    Budget,
    Cancellation,
    Connection,
    DeleteState,
    ImageState,
    InventoryState,
    Kind,
    ListingKey,
    Money,
    OrderKey,
    OverrideState,
    PriceState,
    ProductState,
    PushItem,
    Refund,
    RefundedLine,
    RelationshipState,
    Shipment,
    ShippedLine,
    State,
    Transport,
    wire,
)
from marketplace_adapters.testing.harness import HttpHarness
from marketplace_adapters.testing.server import ScriptedServer

WEBHOOK_TOKEN = "agreed-key-8812aa"
SHIPPED_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class AmazonHarness(HttpHarness):
    """Subclasses say where listings and orders come from.

    Login with Amazon is another host than the API, so it does not stand behind the front; the
    account is logged in before anything is counted.
    """

    personal = samples.PERSONAL
    signs_body = False
    currency = "EUR"
    product_type = "SHIRT"

    def __init__(
        self,
        front: ScriptedServer,
        login_url: str,
        credentials: Mapping[str, str],
        options: Mapping[str, Any],
        prefix: str = "",
    ) -> None:
        self.front = front
        self.base_url = front.base_url + prefix
        self.credentials = {**credentials, "webhook_token": WEBHOOK_TOKEN}
        self.options = {"token_url": login_url, **options}
        self._numbers = itertools.count(1)
        self._listed: dict[str, str] = {}
        TOKENS.clear()
        with self.adapter() as adapter:
            adapter.client.login.token()

    @property
    def secrets(self) -> tuple[str, ...]:  # type: ignore[override]
        """All of them but the client id, which is none."""
        return tuple(v for name, v in self.credentials.items() if name != "client_id")

    def open(
        self, *, budget: Budget | None = None, credentials: Mapping[str, str] | None = None
    ) -> Adapter:
        """An adapter that waits as long as the harness says."""
        return self.adapter(budget=budget, credentials=credentials)

    def adapter(
        self,
        *,
        budget: Budget | None = None,
        credentials: Mapping[str, str] | None = None,
        **options: Any,
    ) -> AmazonAdapter:
        """The same, as what it is."""
        own = self.credentials if credentials is None else credentials
        connection = Connection(self.base_url, own, {**self.options, **options})
        transport = Transport(
            self.base_url, others=origins(connection), timeout=(1.0, self.timeout)
        )
        return AmazonAdapter(connection, budget=budget, transport=transport)

    def items(self, kind: Kind, count: int) -> list[PushItem]:
        """Listings or orders that exist, one item each."""
        numbers = [next(self._numbers) for _ in range(count)]
        if kind in LISTING_KINDS:
            extra = {"product_type": self.product_type}
            return [
                PushItem(f"r{n}", kind, ListingKey(sku, sku, extra=extra), self.state_of(kind, n))
                for n, sku in zip(numbers, self.listings(numbers), strict=True)
            ]
        return [
            PushItem(f"r{n}", kind, OrderKey(order), order_state(kind, line, n, self.currency))
            for n, (order, line) in zip(numbers, self.orders(numbers), strict=True)
        ]

    @abstractmethod
    def listings(self, numbers: list[int]) -> list[str]:
        """SKUs of new listings."""

    @abstractmethod
    def orders(self, numbers: list[int]) -> list[tuple[str, str]]:
        """Ids of new orders and of their first items."""

    @abstractmethod
    def parent(self) -> str:
        """SKU of a variation parent."""

    def state_of(self, kind: Kind, number: int) -> State:
        """A state of a listing."""
        if kind is Kind.RELATIONSHIP:
            return RelationshipState(ListingKey(self.parent(), self.parent()), "SIZE/COLOR")
        return listing_state(kind, number, self.currency)

    def payload(self) -> Any:
        """The full sample."""
        return samples.order()

    def changed(self) -> Any:
        """It was shipped."""
        order = samples.order(lastUpdatedTime="2026-03-02T08:00:00Z")
        order["fulfillment"]["fulfillmentStatus"] = "SHIPPED"
        return order

    def message(self, payload: Any) -> tuple[dict[str, str], bytes]:
        """The agreed key in its header."""
        return {"X-Api-Key": WEBHOOK_TOKEN}, wire.dumps(payload)


def listing_state(kind: Kind, number: int, currency: str = "EUR") -> State:
    """A state with everything that the kind has."""
    price = Money(Decimal(number) + Decimal("0.05"), currency)
    if kind is Kind.PRODUCT:
        return ProductState(
            title='Tee "Grün" 🍵 شاي',
            description="Erste Ernte & <Handarbeit> 🌱",
            weight_kg=Decimal("0.25"),
            attributes={
                "product_type": "SHIRT",
                "brand": "Läden",
                "bullet_points": ["weich", "grün „echt“"],
                "values": {"fabric_type": "100% Baumwolle"},
            },
        )
    if kind is Kind.PRICE:
        return PriceState(
            price,
            minimum=Money(Decimal("0.01"), currency),
            maximum=Money(Decimal(99999), currency),
            business=Money(Decimal(number), currency),
        )
    if kind is Kind.INVENTORY:
        return InventoryState(Decimal("7.9"), True, handling_days=2, restock_date=date(2026, 5, 1))
    if kind is Kind.IMAGE:
        return ImageState(("https://shop.test/1.jpg", "https://shop.test/2.jpg?u=ü"))
    if kind is Kind.OVERRIDE:
        return OverrideState({"merchant_shipping_group": "legacy-template-id"})
    return DeleteState()


def order_state(kind: Kind, line: str, number: int = 1, currency: str = "EUR") -> State:
    """A state of an order with one item of two pieces."""
    if kind is Kind.ACKNOWLEDGE:
        return Acknowledgement(f"S{number:05d}")
    if kind is Kind.SHIPMENT:
        return Shipment(
            f"WH/OUT/{number:05d}",
            SHIPPED_AT + timedelta(seconds=number),
            (ShippedLine(line, Decimal(2)),),
            carrier="DHL",
            tracking=f"00340434{number:09d}",
        )
    if kind is Kind.REFUND:
        amount = Money(Decimal("4.20"), currency)
        return Refund(f"RINV/{number:05d}", (RefundedLine(line, Decimal(1), amount, True),))
    return Cancellation("NoInventory", "nicht mehr da")
