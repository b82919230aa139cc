"""An adapter in front of the stub, and short ways to make items."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import cartona_samples as samples
from cartona_stub import TOKEN, CartonaStub
from marketplace_adapters.cartona import CartonaAdapter, api_url
from marketplace_adapters.core import (
    UTC,
    Acknowledgement,
    Cancellation,
    Connection,
    InventoryState,
    ItemResult,
    Kind,
    LinesUpdate,
    ListingKey,
    Money,
    OrderKey,
    Outcome,
    PriceState,
    ProductState,
    PushItem,
    State,
    StatusUpdate,
    SystemClock,
    Transport,
)
from marketplace_adapters.testing.server import ScriptedServer

OK, BAD = Outcome.SUCCESS, Outcome.ERROR
KINDS = {
    PriceState: Kind.PRICE,
    InventoryState: Kind.INVENTORY,
    ProductState: Kind.PRODUCT,
    Acknowledgement: Kind.ACKNOWLEDGE,
    StatusUpdate: Kind.STATUS,
    LinesUpdate: Kind.LINES,
    Cancellation: Kind.CANCEL,
}


class ShortlyAfter(SystemClock):
    """Two days after the sample orders were placed."""

    def now(self) -> datetime:
        return datetime(2026, 3, 2, tzinfo=UTC)


class Bench:
    """An adapter in front of the stub."""

    def __init__(self, front: ScriptedServer) -> None:
        self.front, self.stub = front, CartonaStub()
        front.forget()
        front.handle_with(self.stub.answer)

    def open(self, **options: Any) -> CartonaAdapter:
        connection = Connection(self.front.base_url, {"token": TOKEN}, options, "EGP")
        transport = Transport(api_url(connection.base_url), clock=ShortlyAfter())
        return CartonaAdapter(connection, transport=transport)

    def push(self, lane: str, *items: PushItem, **options: Any) -> dict[str, ItemResult]:
        with self.open(**options) as adapter:
            results = adapter.push(lane, items, "key").results
        assert len({result.ref for result in results}) == len(results)
        return {result.ref: result for result in results}

    def outcomes(self, lane: str, *items: PushItem, **options: Any) -> dict[str, Outcome]:
        return {ref: r.outcome for ref, r in self.push(lane, *items, **options).items()}

    @property
    def bodies(self) -> list[tuple[str, Any]]:
        return [(call.path.removeprefix("/api/v1/"), call.json) for call in self.front.calls]

    @property
    def paths(self) -> list[str]:
        return [path for path, _body in self.bodies]


def item(ref: str, state: State, target: str | ListingKey) -> PushItem:
    key: ListingKey | OrderKey
    if isinstance(target, ListingKey):
        key = target
    elif KINDS[type(state)] in (Kind.PRICE, Kind.INVENTORY, Kind.PRODUCT):
        key = ListingKey(target)
    else:
        key = OrderKey(target)
    return PushItem(ref, KINDS[type(state)], key, state, f"key-{ref}")


def price(amount: str = "10.50", currency: str = "EGP") -> PriceState:
    return PriceState(Money(Decimal(amount), currency))


def stock(quantity: str, **more: Any) -> InventoryState:
    return InventoryState(Decimal(quantity), in_stock=True, **more)


def placed(bench: Bench, *ids: str, **members: Any) -> None:
    for name in ids:
        bench.stub.orders[name] = samples.order(name, **members)
