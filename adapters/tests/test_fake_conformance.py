"""The fake channel's adapter in the suite of all providers."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from marketplace_adapters.core import (
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
    LineChange,
    LinesUpdate,
    ListingKey,
    Money,
    OrderKey,
    OrderStatus,
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
    StatusUpdate,
)
from marketplace_adapters.testing.conformance import AdapterConformance
from marketplace_adapters.testing.fake import FakeAdapter, FakeChannel, order_line
from marketplace_adapters.testing.harness import Harness

URL = "https://fake.test/conformance"
EUR = Money(Decimal("10.05"), "EUR")
STATES: dict[Kind, State] = {
    Kind.PRODUCT: ProductState(title='شاي "أخضر" 🍵', published=True),
    Kind.PRICE: PriceState(EUR),
    Kind.INVENTORY: InventoryState(Decimal(3), in_stock=True, restock_date=date(2026, 5, 1)),
    Kind.IMAGE: ImageState(("https://images.test/1.png",)),
    Kind.RELATIONSHIP: RelationshipState(parent=ListingKey(sku="P")),
    Kind.OVERRIDE: OverrideState({"template": "ثقيل"}),
    Kind.DELETE: DeleteState(),
    Kind.ACKNOWLEDGE: Acknowledgement("S1"),
    Kind.STATUS: StatusUpdate(OrderStatus.CONFIRMED),
    Kind.LINES: LinesUpdate((LineChange(Decimal(1), external_id="1"),)),
    Kind.SHIPMENT: Shipment(
        "P1", datetime(2026, 1, 1, tzinfo=UTC), (ShippedLine("1", Decimal(1)),)
    ),
    Kind.REFUND: Refund("C1", (RefundedLine("1", Decimal(1), EUR),)),
    Kind.CANCEL: Cancellation("out_of_stock"),
}


class FakeHarness(Harness):
    secrets = ("fake-token-4410", "fake-secret-9917")
    personal = ("منى السيد", "mona@shop.test", "+201011111111", "12 Nile Street")

    def __init__(self) -> None:
        FakeChannel.reset_all()
        self.channel = FakeChannel.of(URL)
        self.channel.token = self.secrets[0]
        self.channel.page_size = 2
        self._numbers = itertools.count(1)

    def open(
        self, *, budget: Budget | None = None, credentials: Mapping[str, str] | None = None
    ) -> Adapter:
        own = dict(zip(("token", "secret"), self.secrets, strict=True))
        chosen = own if credentials is None else credentials
        return FakeAdapter(Connection(URL, chosen, currency="EUR"), budget=budget)

    def items(self, kind: Kind, count: int) -> list[PushItem]:
        numbers = [next(self._numbers) for _ in range(count)]
        listing = kind not in (
            Kind.ACKNOWLEDGE,
            Kind.STATUS,
            Kind.LINES,
            Kind.SHIPMENT,
            Kind.REFUND,
            Kind.CANCEL,
        )
        return [
            PushItem(
                f"r{n}",
                kind,
                ListingKey(external_id=f"F-{n}") if listing else OrderKey(f"O-{n}"),
                STATES[kind],
                f"k{n}",
            )
            for n in numbers
        ]

    def seen(self) -> int:
        return len(self.channel.calls)

    def state(self) -> Any:
        return copy.deepcopy((self.channel.listings, self.channel.order_items))

    def place_orders(self, count: int) -> set[str]:
        return {self.channel.place_order()["id"] for _ in range(count)}

    def payload(self) -> Any:
        name, email, phone, street = self.personal
        address = {"name": name, "street": street, "city": "طنطا", "country": "EG", "phone": phone}
        buyer = {"id": "B7", "name": name, "email": email, "phone": phone, "address": address}
        line = order_line("1", "F-1", "2", "10.05", name="شاي", tax="1.4", unit_count=6)
        discounts = [{"by": "channel", "amount": "0.5", "label": "x"}]
        return FakeChannel(URL).place_order(
            "O-77",
            [line | {"discounts": discounts, "comment": "c"}],
            buyer=buyer,
            ship_to=address,
            bill_to=address,
            payments=[{"kind": "credit", "amount": "1", "sign": -1, "label": "c"}],
            requested_delivery="2026-02-01",
            note=f"call {phone}",
            otp_required=True,
            extra={"route": "A"},
        )

    def changed(self) -> Any:
        return {**self.payload(), "status": "cancelled"}

    def message(self, payload: Any) -> tuple[dict[str, str], bytes]:
        return self.channel.webhook(payload, secret=self.secrets[1])


class TestFake(AdapterConformance):
    @pytest.fixture
    def harness(self) -> Harness:
        return FakeHarness()
