"""What Shopify tells, read from the sandbox over real sockets: the room knows nothing of the
adapter, so what both agree on was understood."""

from __future__ import annotations

import dataclasses
import json
import queue
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from marketplace_adapters.core import (
    Connection,
    Event,
    InvalidError,
    Money,
    Order,
    OrderStatus,
    RemoteListing,
    ServerError,
    SignatureError,
    SystemClock,
    ThrottledError,
    Transport,
    Unlimited,
)
from marketplace_adapters.shopify import catalogue
from marketplace_adapters.shopify.adapter import ShopifyAdapter
from marketplace_adapters.shopify.cost import MOST
from marketplace_adapters.shopify.settings import origins
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.server import Call, Reply, ScriptedServer
from shopify_in_samples import SECRET, SHOP
from shopify_sandbox import Wire

LONG_AGO = datetime(2020, 1, 1, tzinfo=timezone.utc)
CENT = Decimal("0.01")
# What only the query tells, and what follows from it.
RICHER = ("fulfillment_orders", "on_hold", "gift_cards")


class Ahead(SystemClock):
    """A clock that is ahead."""

    def __init__(self, by: timedelta) -> None:
        self.by = by

    def now(self) -> datetime:
        return super().now() + self.by


class Purse(Unlimited):
    """A budget that counts, and refuses when it is told to."""

    def __init__(self, most: int = 10**9) -> None:
        self.calls: list[float] = []
        self.most = most

    def take(self, bucket: str, cost: float = 1.0) -> None:
        if bucket == "graphql":
            if len(self.calls) >= self.most:
                raise ThrottledError("enough", retry_after=5)
            self.calls.append(cost)


class Shop:
    """One account on the sandbox."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    def open(
        self, budget: Purse | None = None, ahead: timedelta = timedelta(), **options: Any
    ) -> ShopifyAdapter:
        keys = {"client_id": "demo-shopify-client", "client_secret": SECRET}
        own = {"shop": SHOP, "include_drafts": True, **options}
        connection = Connection(f"{self.wire.url}/shopify", keys, own, "EUR")
        transport = Transport(
            connection.base_url, others=origins(connection), clock=Ahead(ahead), timeout=(1.0, 30.0)
        )
        return ShopifyAdapter(connection, budget=budget, transport=transport)

    def pull(self, topic: str, budget: Purse | None = None, **options: Any) -> list[Event]:
        with self.open(budget, **options) as adapter:
            return [one for page in adapter.pull(topic, LONG_AGO) for one in page.events]

    def place(self, **order: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.wire.control("POST", "orders", order)
        return found

    def step(self, order: dict[str, Any], step: str, **body: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.wire.control("POST", f"orders/{order['id']}/{step}", body)
        return found

    def hook(self, order_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.wire.control("GET", f"orders/{order_id}/payload")
        return found


@pytest.fixture(scope="module")
def wire(sandbox_url: str) -> Iterator[Wire]:
    wire = Wire(sandbox_url)
    yield wire
    wire.close()


@pytest.fixture
def shop(wire: Wire) -> Shop:
    wire.control("DELETE", "../clock")  # another test may have advanced it
    wire.control("POST", "../seed", {"name": "demo"})
    wire.control("POST", "settings", {"restore_rate": 0})
    return Shop(wire)


# === ORDERS === #


def common(order: Order) -> Order:
    """Without what only the query tells."""
    extra = {name: value for name, value in order.extra.items() if name not in RICHER}
    lines = tuple(dataclasses.replace(one, location="") for one in order.lines)
    paid = sum((one.amount for one in order.payments), Decimal())
    return dataclasses.replace(
        order,
        revision=order.revision.partition("+")[0],
        risk="",
        lines=lines,
        payments=()
        if not paid
        else (dataclasses.replace(order.payments[0], kind="", amount=paid, label=""),),
        buyer=dataclasses.replace(order.buyer, company=None),
        extra=extra,
    )


@pytest.mark.large
@covers("R355", "R361", "X36")
@pytest.mark.parametrize("money", ["shop", "presentment"])
def test_mixed_orders_are_equal_on_both_roads_and_come_to_the_shops_own_book(
    shop: Shop, money: str
) -> None:
    shop.wire.control("POST", "orders", {"count": 90, "mixed": True})
    shop.wire.control("POST", "life", {"count": 180})
    book = shop.wire.control("GET", "book")["orders"]
    events = shop.pull("order", money=money)
    orders = {one.external_id: one for one in events if one.topic == "order"}
    returns = {one.external_id: one for one in events if one.topic == "return"}
    assert orders.keys() == book.keys()
    seen = set()
    with shop.open(money=money) as adapter:
        for number, event in orders.items():
            row, order = book[number], adapter.order(event.payload)
            body = shop.hook(number)
            headers = {"X-Shopify-Topic": "orders/updated"}
            hooked = adapter.parse(headers, json.dumps(body).encode())
            assert common(adapter.order(hooked[0].payload)) == common(order)
            assert hooked[0].revision == event.revision.partition("+")[0]
            for one in hooked[1:]:
                assert one.revision == returns[one.external_id].revision
            amount = sum((one.quantity * one.unit_price for one in order.lines), Decimal())
            assert amount.quantize(Decimal("1E-9")) == order.total
            assert order.extra["current_total"] == row["total"][money]
            assert str(order.total.quantize(CENT)) == row["sold_total"][money], row["name"]
            _check_lines(order, row)
            seen.add(order.status)
        refunds = {f"refund-{one}" for row in book.values() for one in row["refunds"]}
        assert refunds == {one for one in returns if one.startswith("refund-")}
        for row in book.values():
            for number, refund in row["refunds"].items():
                _check_refund(adapter.returned(returns[f"refund-{number}"].payload), refund, money)
    assert seen >= {
        OrderStatus.PENDING,
        OrderStatus.CONFIRMED,
        OrderStatus.SHIPPED,
        OrderStatus.CANCELLED,
        OrderStatus.RETURNED,
    }


def _check_lines(order: Order, row: dict[str, Any]) -> None:
    wanted = {
        number: line["quantity"] - line["cancelled"]
        for number, line in row["lines"].items()
        if line["quantity"] - line["cancelled"]
    }
    found = {one.external_id: int(one.quantity) for one in order.lines if one.quantity}
    assert {number: found.get(number) for number in wanted} == wanted
    assert not {number for number in found if number in row["lines"]} - set(wanted)


def _check_refund(found: Any, row: dict[str, Any], money: str) -> None:
    amount = Decimal(row["amount"][money])
    assert (found.amount.amount if found.amount else Decimal()) == amount
    assert sorted((one.line_id, int(one.quantity), one.restock) for one in found.items) == sorted(
        (one["line"], one["quantity"], one["restock"] == "RETURN") for one in row["items"].values()
    )
    assert {one.location for one in found.items if one.restock} == {
        one["location"] for one in row["items"].values() if one["restock"] == "RETURN"
    }


@pytest.mark.large
def test_an_order_with_300_lines_is_read_whole_and_no_call_costs_too_much(shop: Shop) -> None:
    order = shop.place(
        lines=[
            {"title": f"Bead {index}", "sku": f"B-{index}", "price": "0.37"} for index in range(300)
        ],
        payment="paid",
    )
    shop.step(order, "fulfil")
    shop.step(order, "refund")
    purse = Purse()
    events = {one.external_id: one for one in shop.pull("order", purse)}
    with shop.open() as adapter:
        found = adapter.order(events[str(order["id"])].payload)
        (refund,) = [one for one in events if one.startswith("refund-")]
        back = adapter.returned(events[refund].payload)
    assert len([one for one in found.lines if one.kind == "product"]) == 300
    assert all(one.location == "7001" for one in found.lines if one.kind == "product")
    assert len(back.items) == 300
    assert max(purse.calls) <= MOST


def test_pages_come_oldest_first_and_move_the_cursor_by_the_shops_clock(shop: Shop) -> None:
    first, second = shop.place(), shop.place()
    shop.step(first, "touch")
    with shop.open() as adapter:
        pages = list(adapter.pull("order", LONG_AGO))
    moments = [page.latest for page in pages if page.latest]
    assert len(moments) == len(pages)
    assert moments == sorted(moments)
    events = [one for page in pages for one in page.events if one.topic == "order"]
    times = [one.occurred_at for one in events if one.occurred_at]
    assert len(times) == len(events)
    assert times == sorted(times)
    with shop.open() as adapter:
        last = moments[-1]
        later = list(adapter.pull("order", last + timedelta(hours=1)))
    assert [one for page in later for one in page.events] == []
    assert {str(first["id"]), str(second["id"])} <= {
        one.external_id for page in pages for one in page.events
    }


@covers("R357", "X42")
def test_a_pull_that_the_budget_cuts_short_keeps_what_it_has(shop: Shop) -> None:
    shop.wire.control("POST", "orders", {"count": 20})
    whole = shop.pull("order")
    part = shop.pull("order", Purse(most=2))
    assert 0 < len(part) < len(whole)
    assert [one.external_id for one in part] == [one.external_id for one in whole[: len(part)]]
    with shop.open(Purse(most=0)) as adapter, pytest.raises(ThrottledError):
        list(adapter.pull("order", LONG_AGO))
    with shop.open(Purse(most=2)) as adapter, pytest.raises(ThrottledError):
        list(adapter.pull("order", LONG_AGO, datetime.now(timezone.utc)))


def test_a_period_ends_where_it_was_told_to(shop: Shop) -> None:
    known = {str(shop.place()["id"]), str(shop.place()["id"])}
    now = datetime.now(timezone.utc)
    with shop.open() as adapter:
        for until, wanted in ((now + timedelta(hours=1), known), (now - timedelta(hours=1), set())):
            pages = list(adapter.pull("order", LONG_AGO, until))
            found = {one.external_id for page in pages for one in page.events}
            assert found & known == wanted


def test_drafts_are_quotations_until_they_are_completed(shop: Shop) -> None:
    open_ = shop.wire.control("POST", "drafts", {"lines": [{"sku": "COL-330", "quantity": 3}]})
    done = shop.wire.control("POST", "drafts", {"lines": [{"sku": "TEA-100", "quantity": 1}]})
    shop.wire.control("POST", f"drafts/{done['id']}/complete", {})
    with shop.open() as adapter:
        found = {}
        for event in shop.pull("draft"):
            order = adapter.order(event.payload)
            assert event.topic == "order"
            amount = sum((one.quantity * one.unit_price for one in order.lines), Decimal())
            assert amount.quantize(Decimal("1E-9")) == order.total
            found[order.external_id] = order.status
    assert found[f"draft-{open_['id']}"] is OrderStatus.PENDING
    assert found[f"draft-{done['id']}"] is OrderStatus.CANCELLED


# === WEBHOOKS === #


@covers("R355", "R419", "X48")
def test_what_the_shop_sends_is_proven_and_read(shop: Shop) -> None:
    calls: queue.Queue[Call] = queue.Queue()

    def take(call: Call) -> Reply:
        calls.put(call)
        return Reply(200, b"")

    with ScriptedServer(take) as hooks, shop.open() as adapter:
        told = adapter.subscribe(f"{hooks.base_url}/webhook")
        assert told is not None
        assert set(told.mended) == set(told.wanted)
        order = shop.place(lines=[{"sku": "COL-330", "quantity": 2}], payment="paid")
        shop.step(order, "refund", items={str(order["lines"][0]["id"]): 1})
        found: dict[str, set[str]] = {}
        deliveries = set()
        while not found.keys() >= {"order", "return", "listing"}:
            call = calls.get(timeout=20)
            adapter.verify(call.headers, call.body)
            with pytest.raises(SignatureError):
                adapter.verify(call.headers, call.body + b" ")
            for event in adapter.parse(call.headers, call.body):
                found.setdefault(event.topic, set()).add(event.external_id)
                assert event.occurred_at is not None
                assert event.delivery not in deliveries
                deliveries.add(event.delivery)
    assert found["order"] == {str(order["id"])}
    assert all(one.startswith("item-60001-") for one in found["listing"])


# === GOODS === #


def read_catalogue(
    shop: Shop, ahead: timedelta = timedelta(), since: datetime | None = None
) -> list[RemoteListing]:
    """The whole catalogue; what is being written is asked for again."""
    for _attempt in range(1000):
        try:
            with shop.open(ahead=ahead) as adapter:
                return list(adapter.listings(since=since))
        except ThrottledError:
            time.sleep(0.01)  # a thread of the sandbox's writes it
    raise AssertionError("the catalogue was never written")


def bulk_queries(shop: Shop) -> int:
    with shop.open() as adapter:
        data = adapter.client.run("BulkQueries", {"first": 50, "query": "operation_type:query"})
    return len(data["bulkOperations"]["nodes"])


@covers("R356")
def test_the_whole_catalogue_is_one_bulk_operation(shop: Shop) -> None:
    with shop.open() as adapter, pytest.raises(ThrottledError):
        list(adapter.listings())
    found = read_catalogue(shop)
    again = read_catalogue(shop)
    assert found == again
    assert bulk_queries(shop) == 1
    cola = next(one for one in found if one.key.sku == "COL-330")
    assert (cola.price, cola.group_title, cola.options) == (
        Money(Decimal("1.79"), "EUR"),
        "Cola Can 330 ml",
        {},
    )
    assert cola.by_location.keys() == {"7001", "7002"}
    assert cola.quantity == sum(cola.by_location.values())
    shirts = [one for one in found if one.group_title == "Nile T-Shirt"]
    assert len({one.group for one in shirts}) == 1
    assert {tuple(one.options) for one in shirts} == {("Colour", "Size")}
    # A reading that is made later asks for a new one.
    read_catalogue(shop, timedelta(hours=2))
    assert bulk_queries(shop) == 2


@covers("R356")
def test_who_wants_the_catalogue_of_now_gets_a_new_one_once(shop: Shop) -> None:
    read_catalogue(shop)
    asked = datetime.now(timezone.utc) + timedelta(minutes=4)
    assert {one.read_at < asked for one in read_catalogue(shop) if one.read_at} == {True}
    shop.wire.control("POST", "../clock", {"advance": 300})
    found = read_catalogue(shop, since=asked)
    assert {one.read_at is not None and one.read_at >= asked for one in found} == {True}
    assert found == read_catalogue(shop, since=asked), "asked again it is found"
    assert bulk_queries(shop) == 2


def test_a_clock_that_is_ahead_asks_for_one_more_and_no_further(shop: Shop) -> None:
    ahead = datetime.now(timezone.utc) + timedelta(hours=2)
    for _time in range(3):
        read_catalogue(shop, timedelta(hours=2), since=ahead)
    assert bulk_queries(shop) == 2


@pytest.mark.parametrize("url", ["https://evil.example/x.jsonl", "http://169.254.169.254/latest"])
def test_a_file_of_another_host_is_not_fetched(shop: Shop, url: str) -> None:
    with shop.open() as adapter:
        with pytest.raises(InvalidError, match="not configured"):
            list(catalogue.listings(adapter.client, url, "EUR"))
        assert list(catalogue.listings(adapter.client, "", "EUR")) == []


def test_listings_by_id_are_those_of_the_catalogue(shop: Shop) -> None:
    found = {str(one.key.external_id): replace(one, read_at=None) for one in read_catalogue(shop)}
    with shop.open() as adapter:
        some = list(adapter.listings([*found, "404", "no id"]))
        assert list(adapter.listings([])) == []
    assert {str(one.key.external_id): one for one in some} == found


def test_products_that_changed_are_news(shop: Shop) -> None:
    events = shop.pull("listing")
    listed = {str(one.key.external_id): one for one in read_catalogue(shop)}
    assert {one.external_id for one in events} == set(listed)
    with shop.open() as adapter:
        for event in events:
            news = adapter.listing_news(event.payload)
            one = listed[event.external_id]
            assert one.price is not None
            assert news.key == one.key
            assert Decimal(news.values["price"]["price"]) == one.price.amount
            assert news.values["product"]["attributes"]["product"]["title"] == one.group_title


def test_a_bulk_operation_that_fails_is_told_and_started_anew(shop: Shop) -> None:
    rule = {
        "id": "half",
        "match": {"provider": "shopify", "endpoint": "bulkOperation"},
        "effect": "half",
        "after": 3,
        "times": 1,
    }
    shop.wire.control("POST", "../faults", rule)
    with shop.open() as adapter, pytest.raises(ThrottledError):
        list(adapter.listings())
    with pytest.raises(ServerError, match="could not write"):
        read_catalogue(shop)  # it breaks in a thread of its own, in its own time
    shop.wire.control("DELETE", "../faults")
    assert len(read_catalogue(shop, timedelta(minutes=3))) == 12
    assert bulk_queries(shop) == 2
