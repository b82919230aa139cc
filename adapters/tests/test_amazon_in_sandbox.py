"""What Amazon tells, read from the sandbox over real sockets: the room knows nothing of the
adapter, so what both agree on was understood."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from amazon_sandbox import CREDENTIALS, DE, SETTINGS, UK, US, Wire
from marketplace_adapters.amazon import AmazonAdapter
from marketplace_adapters.amazon.auth import TOKENS
from marketplace_adapters.amazon.settings import origins
from marketplace_adapters.core import (
    UTC,
    Connection,
    Event,
    MoneyKind,
    Order,
    OrderStatus,
    Severity,
    SystemClock,
    ThrottledError,
    Transport,
    parse_datetime,
)
from marketplace_adapters.testing import covers

CENT = Decimal("0.01")
LONG_AGO = timedelta(days=3)


class Ahead(SystemClock):
    """A clock that is ahead."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.seconds)


class Shop:
    """One account on the sandbox."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    def open(self, ahead: float = 0, **options: Any) -> AmazonAdapter:
        """:param ahead: seconds that our clock is ahead of Amazon's."""
        TOKENS.clear()
        keys = {
            "queue_access_key": "AKIADEMOQUEUE000000A",
            "queue_secret_key": "demo-queue-secret",
        }
        own = {"seller_id": "A2DEMOSELLER", "marketplaces": [UK, DE, US], **options}
        connection = Connection(f"{self.wire.url}/amazon", {**CREDENTIALS, **keys}, own)
        clock = Ahead(ahead)
        transport = Transport(connection.base_url, others=origins(connection), clock=clock)
        return AmazonAdapter(connection, transport=transport)

    def pull(self, topic: str, **options: Any) -> tuple[list[Event], datetime | None]:
        """Everything of a topic; what is being made is waited for."""
        with self.open(**options) as adapter:
            since = adapter.transport.clock.now() - LONG_AGO
            events: list[Event] = []
            for _attempt in range(3):
                events, latest = [], None
                try:
                    for page in adapter.pull(topic, since, None):
                        events += page.events
                        latest = max(filter(None, (latest, page.latest)), default=None)
                    return events, latest
                except ThrottledError:
                    self.wire.control("POST", "tick")
        raise AssertionError("it is never ready")

    def place(self, *specs: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
        body: Any = list(specs) if specs else more
        placed = self.wire.control("POST", "orders", body)
        return placed if isinstance(placed, list) else [placed]

    def payload(self, order_id: str) -> dict[str, Any]:
        found = self.wire.control("GET", f"orders/{order_id}/payload")
        assert isinstance(found, dict)
        return found


@pytest.fixture(scope="module")
def wire(sandbox_url: str) -> Iterator[Wire]:
    wire = Wire(sandbox_url)
    yield wire
    wire.close()


@pytest.fixture
def shop(wire: Wire) -> Shop:
    wire.start_over()
    wire.control("POST", "settings", {**SETTINGS, "marketplaces": [UK, DE, US]})
    wire.control("POST", "subscribe", {"queue": "demo-queue"})
    return Shop(wire)


def sum_of(order: Order) -> Decimal:
    return sum((line.quantity * line.unit_price for line in order.lines), Decimal())


# === ORDERS === #


@pytest.mark.large
@covers("R33", "X9", "C9")
def test_hundreds_of_mixed_orders_come_in_once_each_and_to_the_cent(shop: Shop) -> None:
    shop.wire.control("POST", "listings", {"count": 20})
    placed = {one["id"]: one for one in shop.place(count=300, mixed=True)}
    events, latest = shop.pull("order")
    assert {event.external_id for event in events} == placed.keys()
    assert len(events) == 300
    assert latest is not None
    statuses: set[OrderStatus] = set()
    currencies: set[str] = set()
    kinds: set[str] = set()
    with shop.open() as adapter:
        for event in events:
            order = adapter.order(event.payload)
            assert order.revision == event.revision
            statuses.add(order.status)
            currencies.add(order.currency)
            kinds.update(line.kind for line in order.lines)
            if order.total is not None and order.status is not OrderStatus.CANCELLED:
                assert sum_of(order).quantize(CENT) == order.total.quantize(CENT), event.payload
            if order.status is OrderStatus.PENDING:
                assert not order.priced
                assert all(line.quantity > 0 for line in order.lines)
    assert statuses >= {
        OrderStatus.PENDING,
        OrderStatus.CONFIRMED,
        OrderStatus.SHIPPED,
        OrderStatus.CANCELLED,
    }
    assert currencies == {"GBP", "EUR", "USD"}
    assert kinds >= {"product", "shipping", "tax"}


@covers("R33", "X6", "X9")
def test_poll_and_notification_bring_the_same_order(shop: Shop) -> None:
    placed = [one["id"] for one in shop.place(count=12, mixed=True)]
    polled = {event.external_id: event.revision for event in shop.pull("order")[0]}
    url = f"{shop.wire.url}/amazon/sqs/demo-queue"
    told = [
        event for event in shop.pull("notification", queue_url=url)[0] if event.topic == "order"
    ]
    assert {event.external_id for event in told} == set(placed)
    assert {event.external_id: event.revision for event in told} == polled
    assert shop.pull("notification", queue_url=url)[0] == []


@covers("X6")
def test_every_step_of_an_order_is_told_by_the_queue(shop: Shop) -> None:
    url = f"{shop.wire.url}/amazon/sqs/demo-queue"
    (placed,) = shop.place(status="PENDING", marketplace=DE, lines=[{"sku": "A", "quantity": 2}])
    seen = []
    for step in (None, "pay", "ship"):
        if step:
            shop.wire.control("POST", f"orders/{placed['id']}/{step}", {})
        with shop.open(queue_url=url) as adapter:
            for page in adapter.pull("notification", datetime(2026, 1, 1, tzinfo=UTC)):
                seen += [adapter.order(event.payload).status for event in page.events]
    assert list(dict.fromkeys(seen)) == [
        OrderStatus.PENDING,
        OrderStatus.CONFIRMED,
        OrderStatus.SHIPPED,
    ]


@covers("R44", "X9", "X15")
def test_a_backfill_by_report_tells_the_same_goods_as_the_orders(shop: Shop) -> None:
    placed = {one["id"] for one in shop.place(count=60, mixed=True)}
    with shop.open() as adapter:
        now = adapter.transport.clock.now()
        found: dict[str, Order] = {}
        for _attempt in range(4):
            try:
                for page in adapter.pull(
                    "order", now - timedelta(days=40), now + timedelta(hours=1)
                ):
                    for event in page.events:
                        found[event.external_id] = adapter.order(event.payload)
                break
            except ThrottledError:
                shop.wire.control("POST", "tick")
        assert found.keys() == placed
        summaries = [order for order in found.values() if order.summary]
        assert summaries
        assert all(
            order.status not in (OrderStatus.PENDING, OrderStatus.CONFIRMED) for order in summaries
        )
        for order in summaries:
            whole = adapter.order(shop.payload(order.external_id))
            assert (order.currency, order.stocked_by) == (whole.currency, whole.stocked_by)
            if order.status is OrderStatus.CANCELLED:
                continue
            assert sum_of(order).quantize(CENT) == sum_of(whole).quantize(CENT), order.external_id
            goods = [
                (line.listing.sku, line.quantity) for line in order.lines if line.kind == "product"
            ]
            assert goods == [
                (line.listing.sku, line.quantity) for line in whole.lines if line.kind == "product"
            ]


# === MONEY === #


@pytest.mark.parametrize("market", [UK, DE])
@covers("R39", "X12")
def test_a_settlement_adds_up_in_the_form_of_its_country(shop: Shop, market: str) -> None:
    line = {"sku": "Ö-1", "quantity": 3, "price": "1234.56", "shipping": "4.99", "discount": "10"}
    placed = shop.place(
        *[{"marketplace": market, "status": "SHIPPED", "lines": [line]} for _number in range(4)]
    )
    fees = {"Subscription Fee": "-39.00", "Current Reserve Amount": "-12.34"}
    shop.wire.control("POST", "settlements", {"marketplace": market, "fees": fees})
    events, latest = shop.pull("settlement")
    with shop.open() as adapter:
        closed = adapter.settlement(events[0].payload)
        open_ = [adapter.settlement(event.payload) for event in events[1:]]
    assert latest is not None
    assert closed.external_id == events[0].external_id
    assert closed.total == sum((one.amount for one in closed.lines), Decimal())
    assert closed.total != 0
    assert {one.order_id for one in closed.lines if one.order_id} == {one["id"] for one in placed}
    kinds = {one.kind for one in closed.lines}
    assert {MoneyKind.SALE, MoneyKind.FEE, MoneyKind.RESERVE} <= kinds
    assert MoneyKind.OTHER not in kinds
    assert closed.started_at is not None
    assert closed.ended_at is not None
    assert all(one.provisional for one in open_)
    assert {one.currency for one in open_} == {"GBP", "EUR", "USD"}


@covers("R39", "X12")
def test_what_was_posted_since_is_the_open_balance(shop: Shop) -> None:
    line = {"sku": "S-1", "quantity": 1, "price": "20.00"}
    (placed,) = shop.place(marketplace=DE, status="SHIPPED", lines=[line])
    shop.wire.control("POST", "../clock", {"advance": 600})
    try:
        events, _latest = shop.pull("settlement")
    finally:
        shop.wire.control("DELETE", "../clock")
    with shop.open() as adapter:
        found = {event.external_id: adapter.settlement(event.payload) for event in events}
    balance = found["open:EUR"]
    assert balance.total == sum((one.amount for one in balance.lines), Decimal())
    assert {one.order_id for one in balance.lines} == {placed["id"]}
    assert MoneyKind.SALE in {one.kind for one in balance.lines}


# === RETURNS, STOCK, LISTINGS === #


@covers("R38", "X11")
def test_returns_to_both_stores_are_read(shop: Shop) -> None:
    line = {"sku": "S-1", "quantity": 2}
    own, stored = shop.place(
        {"marketplace": DE, "status": "SHIPPED", "lines": [line]},
        {"marketplace": DE, "status": "SHIPPED", "fulfilled_by": "AMAZON", "lines": [line]},
    )
    for one in (own, stored):
        shop.wire.control("POST", f"orders/{one['id']}/return", {})
    events, latest = shop.pull("return", ahead=60)
    assert latest is not None
    with shop.open() as adapter:
        found = [adapter.returned(event.payload) for event in events]
    assert {(one.order_id, one.stocked_by) for one in found} == {
        (own["id"], "seller"),
        (stored["id"], "channel"),
    }
    assert {item.listing.sku for one in found for item in one.items} == {"S-1"}
    assert sum(item.quantity for one in found for item in one.items) == 4


def test_goods_that_amazon_keeps_are_counted(shop: Shop) -> None:
    for number in range(60):
        body = {"sku": f"F-{number}", "fulfillable": number, "reserved": 2, "inbound": 5}
        shop.wire.control("POST", "fba", body)
    events, _latest = shop.pull("stored")
    with shop.open() as adapter:
        found = [one for event in events for one in adapter.stored(event.payload)]
    assert {one.key.sku: one.available for one in found} == {
        f"F-{number}": Decimal(number) for number in range(60)
    }
    assert {(one.reserved, one.inbound, one.place) for one in found} == {
        (Decimal(2), Decimal(5), UK)
    }


def test_issues_come_by_poll_and_by_queue(shop: Shop) -> None:
    shop.wire.control("POST", "listings", {"count": 3})
    url = f"{shop.wire.url}/amazon/sqs/demo-queue"
    shop.pull("notification", queue_url=url)
    issue = {"code": "18027", "message": "Bad image.", "severity": "ERROR", "attributes": "image"}
    shop.wire.control("POST", "issues/SKU-00002", issue)

    def issues(topic: str, **options: Any) -> dict[str, Any]:
        events, _latest = shop.pull(topic, **options)
        with shop.open() as adapter:
            news = [
                adapter.listing_news(event.payload) for event in events if event.topic == "listing"
            ]
        return {one.key.sku or "": one.issues for one in news if one.issues is not None}

    polled = issues("listing")
    assert polled.keys() == {"SKU-00001", "SKU-00002", "SKU-00003"}
    (found,) = polled["SKU-00002"]
    assert (found.code, found.severity, found.attributes) == ("18027", Severity.ERROR, ("image",))
    assert issues("notification", queue_url=url)["SKU-00002"] == polled["SKU-00002"]
    shop.wire.control("DELETE", "issues/SKU-00002")
    assert issues("notification", queue_url=url)["SKU-00002"] == ()


@covers("C2")
def test_news_told_twice_and_out_of_order_are_the_same_news(shop: Shop) -> None:
    shop.place(count=30, mixed=True)
    first = shop.pull("order")[0]
    second = shop.pull("order")[0]
    shuffled = random.Random(7).sample(second, len(second))
    assert {(one.external_id, one.revision) for one in first} == {
        (one.external_id, one.revision) for one in shuffled
    }
    assert all(one.occurred_at for one in first)
    assert all(
        one.occurred_at == parse_datetime(one.payload["lastUpdatedTime"], "t") for one in first
    )
