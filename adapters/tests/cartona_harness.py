"""What Cartona gives the conformance suite, in front of the stub and of the sandbox alike."""

from __future__ import annotations

import itertools
from abc import abstractmethod
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import cartona_samples as samples
from marketplace_adapters.cartona import CartonaAdapter
from marketplace_adapters.core import (
    Acknowledgement,
    Adapter,
    Budget,
    Cancellation,
    Connection,
    InventoryState,
    Kind,
    LineChange,
    LinesUpdate,
    ListingKey,
    Money,
    OrderKey,
    OrderStatus,
    PriceState,
    ProductState,
    PushItem,
    State,
    StatusUpdate,
    Transport,
    wire,
)
from marketplace_adapters.testing.harness import HttpHarness
from marketplace_adapters.testing.server import ScriptedServer

WEBHOOK_TOKEN = "hook-token-b81d22"


class CartonaHarness(HttpHarness):
    """Subclasses say where products and orders come from."""

    personal = (
        "بقالة النور الجديدة",
        "+201000000417",
        "01200000935",
        "شارع الزهور",
        "بجوار المسجد",
        "الرجاء التوصيل",
        "اتصل قبل الوصول",
        "5521009937",
    )
    signs_body = False

    def __init__(self, front: ScriptedServer, token: str, prefix: str = "") -> None:
        self.front = front
        self.base_url = front.base_url + prefix
        self._token = token
        self._numbers = itertools.count(1)

    @property
    def secrets(self) -> tuple[str, ...]:  # type: ignore[override]
        """Both tokens."""
        return (self._token, WEBHOOK_TOKEN)

    def open(
        self, *, budget: Budget | None = None, credentials: Mapping[str, str] | None = None
    ) -> Adapter:
        """An adapter that waits as long as the harness says."""
        own = {"token": self._token, "webhook_token": WEBHOOK_TOKEN}
        connection = Connection(self.base_url, own if credentials is None else credentials)
        transport = Transport(f"{self.base_url}/api/v1", timeout=(1.0, self.timeout))
        return CartonaAdapter(connection, budget=budget, transport=transport)

    def items(self, kind: Kind, count: int) -> list[PushItem]:
        """Listings or orders that exist, one item each."""
        numbers = [next(self._numbers) for _ in range(count)]
        if kind in (Kind.PRODUCT, Kind.PRICE, Kind.INVENTORY):
            products = self.products(numbers)
            return [
                PushItem(f"r{n}", kind, ListingKey(product), _listing_state(kind, n), f"k{n}")
                for n, product in zip(numbers, products, strict=True)
            ]
        return [
            PushItem(f"r{n}", kind, OrderKey(order), _order_state(kind, line), f"k{n}")
            for n, (order, line) in zip(numbers, self.orders(numbers), strict=True)
        ]

    @abstractmethod
    def products(self, numbers: list[int]) -> list[str]:
        """Ids of new products."""

    @abstractmethod
    def orders(self, numbers: list[int]) -> list[tuple[str, str]]:
        """Ids of new orders and of their first lines."""

    def payload(self) -> Any:
        """The full sample."""
        return samples.order()

    def changed(self) -> Any:
        """It was approved."""
        return samples.order(status="approved")

    def message(self, payload: Any) -> tuple[dict[str, str], bytes]:
        """The token bare in its header."""
        return {"AuthorizationToken": WEBHOOK_TOKEN}, wire.dumps(payload)


def _listing_state(kind: Kind, number: int) -> State:
    if kind is Kind.PRODUCT:
        return ProductState(
            title="شاي 🍵",
            published=True,
            min_order=Decimal(1),
            max_order=Decimal(50),
            attributes={"notes": 'ملاحظة "خاصة" 🛒\u202e', "remind_me_at_stock": 3},
        )
    if kind is Kind.PRICE:
        return PriceState(Money(Decimal(number) + Decimal("0.05"), "EGP"))
    return InventoryState(Decimal("7.9"), in_stock=True)


def _order_state(kind: Kind, line_id: str) -> State:
    if kind is Kind.ACKNOWLEDGE:
        return Acknowledgement("S00042")
    if kind is Kind.STATUS:
        return StatusUpdate(OrderStatus.CONFIRMED)
    if kind is Kind.LINES:
        return LinesUpdate((LineChange(Decimal(2), external_id=line_id),))
    return Cancellation("out_of_stock", "نفدت الكمية")
