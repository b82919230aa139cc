"""What tests of the engine may ask of the fake channel."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from marketplace_adapters.core import (
    UTC,
    Acknowledgement,
    AuthError,
    Connection,
    DeleteState,
    ImageState,
    InvalidError,
    InventoryState,
    ItemResult,
    Kind,
    ListingKey,
    Money,
    OrderKey,
    OrderStatus,
    Outcome,
    PriceState,
    ProductState,
    PushItem,
    Refund,
    ServerError,
    Shipment,
    SignatureError,
    ThrottledError,
    TransportError,
)
from marketplace_adapters.testing.fake import FakeAdapter, FakeChannel, order_line

URL = "https://fake.test/unit"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PRICE = PriceState(Money(Decimal("9.90"), "EUR"))
SHIPMENT = Shipment("P1", NOW, ())


@pytest.fixture
def channel() -> FakeChannel:
    FakeChannel.reset_all()
    return FakeChannel.of(f"{URL}/")


@pytest.fixture
def adapter(channel: FakeChannel) -> FakeAdapter:
    return FakeAdapter(Connection(URL, {"token": "t-123"}, currency="EUR"))


def price(ref: str, target: str) -> PushItem:
    return PushItem(ref, Kind.PRICE, ListingKey(target), PRICE, f"k-{ref}")


def test_the_state_belongs_to_the_address(channel: FakeChannel, adapter: FakeAdapter) -> None:
    assert adapter.channel is channel
    assert FakeChannel.of(URL) is channel
    assert FakeChannel.of("https://fake.test/other") is not channel
    FakeChannel.reset_all()
    assert FakeChannel.of(URL) is not channel


def test_pushes_are_seen_with_their_effect(channel: FakeChannel, adapter: FakeAdapter) -> None:
    items = [
        PushItem("d", Kind.PRODUCT, ListingKey(sku="A"), ProductState(title="Tea", published=True)),
        PushItem("p", Kind.PRICE, ListingKey(sku="A"), PRICE),
        PushItem("s", Kind.INVENTORY, ListingKey("F-1"), InventoryState(Decimal(3), in_stock=True)),
    ]
    results = adapter.push("catalog", items, "key").results
    assert [dict(result.learned) for result in results] == [{"external_id": "F-1"}, {}, {}]
    listing = channel.listings["F-1"]
    assert (listing.title, listing.price, listing.quantity) == ("Tea", PRICE.price, Decimal(3))
    (call,) = channel.pushes
    assert (call.lane, call.key, call.items) == ("catalog", "key", tuple(items))
    assert channel.pushed == items


def test_an_asynchronous_push_takes_effect_at_its_poll(
    channel: FakeChannel, adapter: FakeAdapter
) -> None:
    channel.polls_needed = 2
    item = PushItem("i", Kind.IMAGE, ListingKey("F-9"), ImageState(("https://x.test/1",)))
    first = adapter.push("media", [item], "key")
    assert (first.results, first.done, first.remote_id) == ((), False, "J-1")
    assert adapter.push("media", [item], "key").remote_id == "J-1"
    assert not adapter.poll("J-1").done
    assert channel.listings == {}
    assert adapter.poll("J-1").results == (
        ItemResult("i", Outcome.SUCCESS, learned={"external_id": "F-9"}),
    )
    assert channel.listings["F-9"].images == ("https://x.test/1",)
    assert adapter.poll("J-1").done
    with pytest.raises(InvalidError):
        adapter.poll("J-7")


def test_a_submission_can_be_held_until_it_is_finished(
    channel: FakeChannel, adapter: FakeAdapter
) -> None:
    channel.polls_needed = -1
    item = PushItem("d", Kind.DELETE, ListingKey("F-1"), DeleteState())
    channel.add_listing("F-1", title="Tea")
    remote_id = adapter.push("media", [item], "key").remote_id or ""
    assert [adapter.poll(remote_id).done for _ in range(3)] == [False] * 3
    channel.finish(remote_id)
    assert adapter.poll(remote_id).done
    assert channel.listings["F-1"].deleted
    assert list(adapter.listings()) == []


def test_faults_strike_as_often_and_where_they_should(
    channel: FakeChannel, adapter: FakeAdapter
) -> None:
    channel.fail_next(ServerError("down"), times=2, verb="push")
    adapter.check()
    for _ in range(2):
        with pytest.raises(ServerError):
            adapter.push("catalog", [price("a", "F-1")], "k")
    assert channel.listings == {}
    assert adapter.push("catalog", [price("a", "F-1")], "k").done
    channel.fail_next(ThrottledError("slow", retry_after=5))
    with pytest.raises(ThrottledError):
        list(adapter.pull("order", NOW))
    assert [call.verb for call in channel.calls] == ["check", "push", "push", "push", "pull"]


def test_a_lost_answer_leaves_the_effect(channel: FakeChannel, adapter: FakeAdapter) -> None:
    ship = PushItem("s", Kind.SHIPMENT, OrderKey("O-1"), SHIPMENT, "parcel-1")
    assert adapter.applied(ship) == ItemResult("s", Outcome.RETRY)
    channel.fail_next(TransportError("lost"), after=True)
    with pytest.raises(TransportError):
        adapter.push("shipment", [ship], "k")
    assert adapter.applied(ship) == ItemResult("s", Outcome.SUCCESS)
    assert adapter.push("shipment", [ship], "k").results == (ItemResult("s", Outcome.SUCCESS),)
    assert channel.order_items == {"O-1": [ship]}
    channel.can_tell = False
    assert adapter.applied(ship) is None
    refund = PushItem("r", Kind.REFUND, OrderKey("O-1"), Refund("C1", ()), "refund-1")
    channel.fail_next(TransportError("lost"), after=True)
    with pytest.raises(TransportError):
        adapter.push("refund", [refund], "k2")
    assert len(channel.jobs) == 1
    assert adapter.push("refund", [refund], "k2").remote_id in channel.jobs
    assert len(channel.jobs) == 1


def test_single_items_are_refused_and_forgotten(channel: FakeChannel, adapter: FakeAdapter) -> None:
    channel.reject("F-1", "too_cheap", "The price is too low.")
    channel.omit("F-2", kind=Kind.PRICE)
    channel.reject("F-4", outcome=Outcome.RETRY, kind=Kind.INVENTORY)
    items = [price(f"r{n}", f"F-{n}") for n in (1, 2, 3, 4)]
    results = adapter.push("catalog", items, "k").results
    assert [(r.ref, r.outcome, r.code) for r in results] == [
        ("r1", Outcome.ERROR, "too_cheap"),
        ("r3", Outcome.SUCCESS, None),
        ("r4", Outcome.SUCCESS, None),
    ]
    channel.accept("F-1")
    channel.accept("F-2")
    assert len(adapter.push("catalog", items, "k").results) == 4


def test_a_strict_channel_knows_its_listings(channel: FakeChannel, adapter: FakeAdapter) -> None:
    channel.strict = True
    channel.add_listing("F-5", key=ListingKey("F-5", sku="S5", barcode="622"))
    unknown = adapter.push("catalog", [price("a", "F-1")], "k").results[0]
    assert (unknown.outcome, unknown.code) == (Outcome.ERROR, "unknown_product")
    for key in (ListingKey(sku="S5"), ListingKey(barcode="622")):
        item = PushItem("b", Kind.PRICE, key, PRICE)
        assert adapter.push("catalog", [item], "k").results[0].outcome is Outcome.SUCCESS
    new = PushItem("c", Kind.PRODUCT, ListingKey(sku="N"), ProductState(title="New"))
    assert adapter.push("catalog", [new], "k").results[0].learned == {"external_id": "F-1"}


def test_a_race_can_be_staged(channel: FakeChannel, adapter: FakeAdapter) -> None:
    seen: list[str] = []
    channel.on_call = lambda call: seen.append(f"{call.verb} {len(channel.listings)}")
    adapter.push("catalog", [price("a", "F-1")], "k")
    assert seen == ["push 0"]


def test_orders_are_placed_changed_and_pulled_in_pages(
    channel: FakeChannel, adapter: FakeAdapter
) -> None:
    channel.page_size = 2
    for minute in range(5):
        channel.now = lambda minute=minute: NOW + timedelta(minutes=minute)  # type: ignore[misc]
        channel.place_order(lines=[order_line("1", "F-1", 2, "4.50")], status="confirmed")
    channel.change_order("O-1", status="cancelled", cancelled_by="buyer")
    found = list(adapter.pull("order", NOW + timedelta(minutes=1), NOW + timedelta(minutes=4)))
    names = [[event.external_id for event in page.events] for page in found]
    assert names == [["O-2", "O-3"], ["O-4", "O-1"], ["O-5"]]
    assert found[-1].latest == NOW + timedelta(minutes=4)
    order = adapter.order(channel.orders["O-1"])
    assert (order.status, order.total, order.cancelled_by) == (
        OrderStatus.CANCELLED,
        Decimal("9.00"),
        "buyer",
    )
    acknowledge = PushItem("a", Kind.ACKNOWLEDGE, OrderKey("O-1"), Acknowledgement("S1"), "k")
    adapter.push("order", [acknowledge], "k")
    assert channel.order_items["O-1"] == [acknowledge]


def test_messages_are_signed(channel: FakeChannel, adapter: FakeAdapter) -> None:
    headers, body = channel.webhook({"id": 5, "status": "shipped"}, secret="t-123", topic="status")
    adapter.verify(headers, body)
    (event,) = adapter.parse(headers, body)
    assert (event.topic, event.external_id) == ("status", "5")
    assert adapter.status(event.payload) is OrderStatus.SHIPPED
    with pytest.raises(SignatureError):
        adapter.verify(channel.webhook({"id": 5}, secret="other")[0], body)
    with pytest.raises(InvalidError):
        adapter.status({"status": "lost"})


def test_a_revoked_token_stops_everything(channel: FakeChannel, adapter: FakeAdapter) -> None:
    channel.token = "another"
    assert not adapter.check().ok
    with pytest.raises(AuthError):
        adapter.push("catalog", [price("a", "F-1")], "k")
    assert [exchange.status for exchange in adapter.take_exchanges()] == [401, 401]
    channel.reset()
    assert adapter.check().ok


def test_the_batch_size_is_an_option(channel: FakeChannel) -> None:
    limits = FakeAdapter.limits_for({"batch_size": 2})
    assert {lane.batch_size for lane in limits.lanes} == {2}
    assert FakeAdapter.limits_for({}) is FakeAdapter.limits
