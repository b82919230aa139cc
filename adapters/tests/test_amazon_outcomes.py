"""How feeds end, and what Amazon has: reading what became of listings."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

import amazon_samples as samples
from amazon_room import Room, opened
from amazon_stub import asin_of, issue
from marketplace_adapters.amazon import AmazonAdapter
from marketplace_adapters.amazon.listings import all_items
from marketplace_adapters.core import (
    DeleteState,
    InvalidError,
    ItemResult,
    Kind,
    ListingKey,
    Money,
    Outcome,
    PriceState,
    PushItem,
    ServerError,
)
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.server import Reply


@pytest.fixture
def room() -> Iterator[Room]:
    with opened() as found:
        yield found


def prices(room: Room, count: int) -> list[PushItem]:
    """A new price for each of so many listings."""
    return [
        PushItem(
            str(1000 + n),
            Kind.PRICE,
            ListingKey(room.stub.add_listing(f"sku-{n}"), extra={"product_type": "SHIRT"}),
            PriceState(Money(Decimal(n + 1), "EUR")),
        )
        for n in range(count)
    ]


def outcomes(results: tuple[ItemResult, ...]) -> dict[str, Outcome]:
    return {result.ref: result.outcome for result in results}


# === PREVIEW === #


@covers("C5")
def test_a_preview_changes_nothing(room: Room) -> None:
    items = prices(room, 2)
    room.stub.refuse["sku-1"] = [issue("5", "Nein.", "ERROR", "purchasable_offer")]
    before = room.stub.state()
    with room.adapter() as adapter:
        found = adapter.preview(
            [*items, PushItem("d", Kind.DELETE, ListingKey("x"), DeleteState())]
        )
        assert outcomes(found) == {
            "1000": Outcome.SUCCESS,
            "1001": Outcome.ERROR,
            "d": Outcome.SUCCESS,
        }
    assert room.stub.state() == before
    assert {call.query["mode"] for call in room.front.calls} == {"VALIDATION_PREVIEW"}


# === FEEDS THAT END BADLY === #


def poll_after(room: Room, adapter: AmazonAdapter, count: int = 30) -> tuple[ItemResult, ...]:
    answer = adapter.push("listing", prices(room, count), "k")
    return room.end(adapter, answer).results


@pytest.mark.parametrize(
    ("status", "report", "code"),
    [
        ("CANCELLED", None, "feed_cancelled"),
        ("FATAL", None, "feed_fatal"),
        ("DONE", None, "feed_done"),
        ("DONE", b"\x00\x01garbage", "bad_report"),
        ("DONE", b"<html>Maintenance</html>", "bad_report"),
        ("DONE", b"[]", "bad_report"),
        ("FATAL", b'{"issues": [], "summary": {"messagesAccepted": 10}}', "not_reported"),
    ],
)
def test_an_outcome_that_is_not_known_is_told_again(
    room: Room, status: str, report: bytes | None, code: str
) -> None:
    room.stub.status = status
    room.stub.reports["700001"] = report
    with room.adapter() as adapter:
        results = poll_after(room, adapter)
    assert {(result.outcome, result.code) for result in results} == {(Outcome.RETRY, code)}
    assert len(results) == 30


def test_a_feed_that_amazon_forgot_is_told_again(room: Room) -> None:
    with room.adapter() as adapter:
        answer = adapter.push("listing", prices(room, 30), "k")
        room.stub.feeds.clear()
        found = adapter.poll(answer.remote_id or "")
    assert {(one.outcome, one.code) for one in found.results} == {(Outcome.RETRY, "feed_gone")}


def test_a_feed_that_is_worked_on_is_not_done(room: Room) -> None:
    with room.adapter() as adapter:
        answer = adapter.push("listing", prices(room, 30), "k")
        for status in ("IN_QUEUE", "IN_PROGRESS", "SOMETHING_NEW"):
            room.front.next(Reply(200, {"feedId": "700001", "processingStatus": status}))
            waiting = adapter.poll(answer.remote_id or "")
            assert (waiting.done, waiting.results) == (False, ())


def test_a_poll_that_fails_may_be_repeated(room: Room) -> None:
    with room.adapter() as adapter:
        answer = adapter.push("listing", prices(room, 30), "k")
        room.stub.finish()
        room.front.next(Reply(503))
        with pytest.raises(ServerError):
            adapter.poll(answer.remote_id or "")
        assert len(adapter.poll(answer.remote_id or "").results) == 30
        with pytest.raises(InvalidError):
            adapter.poll("something else")


# === READ-BACK === #


def test_listings_are_read_by_sku_twenty_a_call_or_all(room: Room) -> None:
    prices(room, 45)
    room.stub.add_listing("with,comma")
    with room.adapter() as adapter:
        skus = [f"sku-{n}" for n in range(41)]
        chosen = list(adapter.listings([*skus, "nobody", "a,b", "with,comma"]))
        assert {one.key.sku for one in chosen} == {*skus, "with,comma"}
        assert len(chosen) == 42
        assert len(room.front.calls) == 5
        room.front.forget()
        everything = list(adapter.listings())
    assert (len(everything), len(room.front.calls)) == (46, 3)
    assert everything[0].key.extra == {"asin": asin_of("sku-0"), "product_type": "SHIRT"}


def test_a_listing_that_can_hardly_be_read_is_shown_as_far_as_it_can(room: Room) -> None:
    rows = [
        None,
        {},
        {"sku": "a"},
        {"sku": "b", "summaries": None, "attributes": {"purchasable_offer": [{}, 1]}},
        {"sku": "c", "offers": [{"marketplaceId": samples.DE, "offerType": "B2C",
                                 "price": {"amount": "9.99", "currencyCode": "EUR"}}],
         "fulfillmentAvailability": [{"fulfillmentChannelCode": "AMAZON_EU", "quantity": 3}]},
    ]  # fmt: skip
    with room.adapter() as adapter:
        adapter.client.login.token()
        room.front.next(Reply(200, {"numberOfResults": 5, "items": rows}))
        found = {one.key.sku: one for one in adapter.listings()}
    assert set(found) == {"a", "b", "c"}
    assert (found["a"].price, found["b"].price) == (None, None)
    assert found["c"].price == Money(Decimal("9.99"), "EUR")
    assert (found["c"].quantity, found["c"].key.extra["fulfilment"]) == (Decimal(3), "channel")


def catalogue(count: int, created: Any) -> Any:
    """A search over so many items, which shows a thousand of each search at most."""
    items: list[dict[str, Any]] = [
        {"sku": f"s{n:05d}", "summaries": [{"createdDate": created(n)}]} for n in range(count)
    ]

    def search(page_token: str = "", createdAfter: str | None = None, **_more: Any) -> Any:  # noqa: N803
        found = [one for one in items if one["summaries"][0]["createdDate"] >= (createdAfter or "")]
        start = int(page_token or 0)
        end = min(start + 20, 1000)
        more = {"pagination": {"nextToken": str(end)}} if end < min(len(found), 1000) else {}
        return {"numberOfResults": len(found), "items": found[start:end], **more}

    return search


@pytest.mark.large
def test_a_catalogue_beyond_a_thousand_is_read_in_windows() -> None:
    search = catalogue(2500, lambda n: f"2026-01-{n // 100 + 1:02d}T00:00:00Z")
    assert [one["sku"] for one in all_items(search)] == [f"s{n:05d}" for n in range(2500)]


def test_a_catalogue_that_cannot_be_read_to_its_end_says_so() -> None:
    search = catalogue(1500, lambda n: "2026-01-01T00:00:00Z")
    with pytest.raises(ServerError) as caught:
        list(all_items(search))
    assert caught.value.code == "no_end"
