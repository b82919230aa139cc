"""Orders going out: acknowledged, cancelled, shipped, refunded, and read back."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

import amazon_samples as samples
from amazon_harness import SHIPPED_AT, order_state
from amazon_room import Purse, Room, opened
from amazon_stub import error
from marketplace_adapters.amazon.limits import feed_bucket
from marketplace_adapters.core import (
    Cancellation,
    ItemResult,
    Kind,
    ListingKey,
    Money,
    OrderKey,
    Outcome,
    ProductState,
    PushItem,
    Refund,
    RefundedLine,
    ServerError,
    Shipment,
    ShippedLine,
    ThrottledError,
    TransportError,
)
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.server import Reply

FULFILLMENT = feed_bucket("POST_ORDER_FULFILLMENT_DATA")


@pytest.fixture
def room() -> Iterator[Room]:
    with opened() as found:
        yield found


def items(room: Room, kind: Kind, count: int, start: int = 1) -> list[PushItem]:
    """One item for each of so many new orders."""
    placed = [room.stub.add_order(number) for number in range(start, start + count)]
    return [
        PushItem(str(start + n), kind, OrderKey(order), order_state(kind, line, start + n))
        for n, (order, line) in enumerate(placed)
    ]


def outcomes(results: tuple[ItemResult, ...]) -> dict[str, Outcome]:
    return {result.ref: result.outcome for result in results}


def status(room: Room, item: PushItem) -> str:
    assert isinstance(item.target, OrderKey)
    found = room.stub.orders[item.target.external_id]["fulfillment"]["fulfillmentStatus"]
    assert isinstance(found, str)
    return found


# === ACKNOWLEDGE, CANCEL === #


@covers("R34", "R35", "X10")
def test_acknowledgements_and_cancellations_are_one_feed(room: Room) -> None:
    mine = items(room, Kind.ACKNOWLEDGE, 3)
    dead = items(room, Kind.CANCEL, 1, start=10)
    with room.adapter() as adapter:
        answer = adapter.push("order_ack", mine + dead, "k")
        assert len(room.stub.feeds) == 1
        found = room.end(adapter, answer)
    assert set(outcomes(found.results).values()) == {Outcome.SUCCESS}
    assert list(room.stub.acknowledged.values()) == ["S00001", "S00002", "S00003"]
    assert status(room, dead[0]) == "CANCELLED"


def test_a_cancelled_order_is_not_told_and_a_shipped_one_is_refused(room: Room) -> None:
    gone, shipped = items(room, Kind.CANCEL, 2)
    for item, word in ((gone, "CANCELLED"), (shipped, "SHIPPED")):
        assert isinstance(item.target, OrderKey)
        room.stub.orders[item.target.external_id]["fulfillment"]["fulfillmentStatus"] = word
    wrong = PushItem("w", Kind.CANCEL, gone.target, Cancellation("weather"))
    with room.adapter() as adapter:
        answer = adapter.push("order_ack", [gone, shipped, wrong], "k")
    by_ref = {result.ref: (result.outcome, result.code) for result in answer.results}
    assert by_ref == {
        "1": (Outcome.SUCCESS, None),
        "2": (Outcome.ERROR, "already_shipped"),
        "w": (Outcome.ERROR, "bad_reason"),
    }
    assert (answer.done, room.stub.feeds) == (True, {})


def test_an_order_that_amazon_does_not_know_is_refused(room: Room) -> None:
    item = PushItem("1", Kind.CANCEL, OrderKey("302-0000000-0000000"), Cancellation())
    with room.adapter() as adapter:
        (found,) = adapter.push("order_ack", [item], "k").results
    assert (found.outcome, found.code) == (Outcome.ERROR, "NotFound")


def test_a_cancellation_that_the_report_refuses_is_looked_up(room: Room) -> None:
    """Another told it first: the order is cancelled, which is all that was wanted."""
    (item,) = items(room, Kind.CANCEL, 1)
    assert isinstance(item.target, OrderKey)
    with room.adapter() as adapter:
        answer = adapter.push("order_ack", [item], "k")
        key = item.target.external_id
        kept = room.stub.orders.pop(key)
        room.stub.finish()
        kept["fulfillment"]["fulfillmentStatus"] = "CANCELLED"
        room.stub.orders[key] = kept
        found = adapter.poll(answer.remote_id or "")
        assert outcomes(found.results) == {"1": Outcome.SUCCESS}
        kept["fulfillment"]["fulfillmentStatus"] = "UNSHIPPED"
        assert outcomes(adapter.poll(answer.remote_id or "").results) == {"1": Outcome.ERROR}


def test_a_reading_budget_that_ends_lets_the_acknowledgements_go(room: Room) -> None:
    mine = items(room, Kind.ACKNOWLEDGE, 2)
    dead = items(room, Kind.CANCEL, 3, start=10)
    with room.adapter(Purse(getOrder=1)) as adapter:
        answer = adapter.push("order_ack", [dead[0], *mine, *dead[1:]], "k")
    assert outcomes(answer.results) == dict.fromkeys(("10", "1", "2"), Outcome.PENDING)
    assert answer.retry_after == 7.0
    with room.adapter(Purse(getOrder=0)) as adapter, pytest.raises(ThrottledError):
        adapter.push("order_ack", dead, "k")


# === SHIPMENT === #


@covers("R36", "X13")
def test_few_parcels_are_confirmed_and_many_are_a_feed(room: Room) -> None:
    few = items(room, Kind.SHIPMENT, 18)
    many = items(room, Kind.SHIPMENT, 19, start=100)
    with room.adapter() as adapter:
        answer = adapter.push("shipment", few, "k")
        assert (answer.done, set(outcomes(answer.results).values())) == (True, {Outcome.SUCCESS})
        assert room.stub.feeds == {}
        answer = adapter.push("shipment", many, "k")
        found = room.end(adapter, answer)
    assert set(outcomes(found.results).values()) == {Outcome.SUCCESS}
    assert [feed["feedType"] for feed in room.stub.feeds.values()] == [
        "POST_ORDER_FULFILLMENT_DATA"
    ]
    assert {status(room, item) for item in few + many} == {"SHIPPED"}


def test_parcels_with_and_without_tracking_go_each_their_way(room: Room) -> None:
    with_number, without = items(room, Kind.SHIPMENT, 2)
    assert isinstance(without.state, Shipment)
    bare = Shipment("OUT/9", SHIPPED_AT, without.state.lines)
    pair = [with_number, PushItem("2", Kind.SHIPMENT, without.target, bare)]
    with room.adapter() as adapter:
        answer = adapter.push("shipment", pair, "k")
        assert outcomes(answer.results) == {"1": Outcome.SUCCESS, "2": Outcome.PENDING}
        assert outcomes(room.end(adapter, answer).results) == {"2": Outcome.SUCCESS}
    # The feed's budget is used up: what was confirmed stays confirmed.
    with room.adapter(Purse(**{FULFILLMENT: 0})) as adapter:
        answer = adapter.push("shipment", pair, "k")
    assert (outcomes(answer.results), answer.retry_after) == ({"1": Outcome.SUCCESS}, 7.0)


def test_a_budget_for_parcels_that_ends_leaves_the_rest_waiting(room: Room) -> None:
    parcels = items(room, Kind.SHIPMENT, 5)
    with room.adapter(Purse(confirmShipment=2)) as adapter:
        answer = adapter.push("shipment", parcels, "k")
        assert (len(answer.results), answer.retry_after) == (2, 7.0)
    with room.adapter(Purse(confirmShipment=0)) as adapter, pytest.raises(ThrottledError):
        adapter.push("shipment", parcels, "k")


@covers("R36")
def test_a_refusal_of_what_took_effect_before_is_a_success(room: Room) -> None:
    (item,) = items(room, Kind.SHIPMENT, 1)
    with room.adapter() as adapter:
        adapter.client.login.token()
        room.front.next(Reply(fault="reset", after=True))
        with pytest.raises(TransportError):
            adapter.push("shipment", [item], "k")
        assert adapter.applied(item) == ItemResult("1", Outcome.SUCCESS)
        room.front.next(error(400, "InvalidInput", "The order is already shipped."))
        assert outcomes(adapter.push("shipment", [item], "k").results) == {"1": Outcome.SUCCESS}
        other = PushItem("2", Kind.SHIPMENT, item.target, Shipment(
            "OUT/77", SHIPPED_AT, (ShippedLine("9" * 14, Decimal(1)),), tracking="N"))  # fmt: skip
        room.front.next(error(400, "InvalidInput", "Wrong item."))
        (found,) = adapter.push("shipment", [other], "k").results
    assert (found.outcome, found.code) == (Outcome.ERROR, "InvalidInput")
    assert "Wrong item." in (found.message or "")


def test_the_marketplace_of_the_order_is_told_with_its_parcel(room: Room) -> None:
    (item,) = items(room, Kind.SHIPMENT, 1)
    assert isinstance(item.target, OrderKey)
    far = OrderKey(item.target.external_id, {"marketplace_id": samples.US})
    with room.adapter() as adapter:
        adapter.push("shipment", [item, PushItem("2", Kind.SHIPMENT, far, item.state)], "k")
    assert [call.json["marketplaceId"] for call in room.front.calls] == [samples.DE, samples.US]


# === REFUND === #


@covers("R38", "X11")
def test_refunds_are_one_feed_and_goods_without_money_none(room: Room) -> None:
    paid = items(room, Kind.REFUND, 2)
    nothing = Refund("R", (RefundedLine("1" * 14, Decimal(1), Money(Decimal(0), "EUR"), True),))
    bare = PushItem("n", Kind.REFUND, OrderKey("302-1-1"), nothing)
    with room.adapter() as adapter:
        assert outcomes(adapter.push("refund", [bare], "k").results) == {"n": Outcome.SUCCESS}
        assert room.front.calls == []
        answer = adapter.push("refund", [*paid, bare], "k")
        assert outcomes(answer.results) == {
            "1": Outcome.PENDING,
            "2": Outcome.PENDING,
            "n": Outcome.SUCCESS,
        }
        assert outcomes(room.end(adapter, answer).results) == dict.fromkeys("12", Outcome.SUCCESS)
    assert room.stub.refunds == [
        ("302-0000001-0000001", "00000000000001", "Principal", "4.20"),
        ("302-0000002-0000002", "00000000000002", "Principal", "4.20"),
    ]


@pytest.mark.parametrize("word", ["FATAL", "DONE"])
def test_a_refund_whose_outcome_is_not_known_is_a_persons_to_look_up(room: Room, word: str) -> None:
    (item,) = items(room, Kind.REFUND, 1)
    room.stub.status = word
    room.stub.reports["700001"] = None
    with room.adapter() as adapter:
        found = room.end(adapter, adapter.push("refund", [item], "k"))
    assert [(one.outcome, one.code) for one in found.results] == [
        (Outcome.ERROR, "outcome_unknown")
    ]


def test_a_refund_feed_that_was_cancelled_did_nothing(room: Room) -> None:
    (item,) = items(room, Kind.REFUND, 1)
    room.stub.status = "CANCELLED"
    with room.adapter() as adapter:
        found = room.end(adapter, adapter.push("refund", [item], "k"))
    assert [one.outcome for one in found.results] == [Outcome.RETRY]


@covers("X11")
def test_a_lost_refund_is_read_back_as_far_as_amazon_lets(room: Room) -> None:
    (item,) = items(room, Kind.REFUND, 1)
    with room.adapter() as adapter:
        assert adapter.applied(item) == ItemResult("1", Outcome.RETRY), "there was no such feed"
        room.front.next(
            Reply(201, {"feedDocumentId": "in-9", "url": room.stub._url("in-9")}),
            Reply(200),
            Reply(fault="reset", after=True),
        )
        room.stub.documents["in-9"] = b""
        with pytest.raises(TransportError):
            adapter.push("refund", [item], "k")
        assert adapter.applied(item) is None, "a feed is there, nobody can say what is in it"
        amount = {"currencyAmount": -4.20, "currencyCode": "EUR"}
        room.stub.transactions = [
            {"transactionType": "Shipment", "totalAmount": amount},
            {"transactionType": "Refund", "totalAmount": {"currencyAmount": -9}},
            {"transactionType": "Refund", "totalAmount": None},
        ]
        assert adapter.applied(item) is None
        room.stub.transactions.append({"transactionType": "Refund", "totalAmount": amount})
        assert adapter.applied(item) == ItemResult("1", Outcome.SUCCESS)


def test_what_cannot_be_read_back_says_so(room: Room) -> None:
    (item,) = items(room, Kind.ACKNOWLEDGE, 1)
    price = PushItem("p", Kind.PRODUCT, ListingKey("s"), ProductState())
    with room.adapter() as adapter:
        assert adapter.applied(item) is None
        assert adapter.applied(price) is None
        room.front.next(Reply(503))
        with pytest.raises(ServerError):
            adapter.applied(item)
