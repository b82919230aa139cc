"""Listings through the adapter: few by themselves, many as a feed, and the way between budgets."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

import amazon_samples as samples
from amazon_room import Purse, Room, opened
from amazon_stub import asin_of, error, issue
from marketplace_adapters.amazon import feeds
from marketplace_adapters.amazon.limits import FEW_LISTINGS, FEW_SHIPMENTS, LIMITS, feed_bucket
from marketplace_adapters.core import (
    DeleteState,
    InventoryState,
    ItemResult,
    Kind,
    ListingKey,
    Money,
    Outcome,
    PriceState,
    ProductState,
    PushItem,
    RelationshipState,
    ServerError,
    Severity,
    ThrottledError,
    TransportError,
)
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.server import Reply

LISTINGS = feed_bucket("JSON_LISTINGS_FEED")


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


def paid(room: Room, sku: str) -> Any:
    return room.stub.listings[sku]["purchasable_offer"][0]["our_price"][0]["schedule"][0]


# === HOW MANY === #


def test_the_border_between_calls_and_a_feed_follows_from_the_rates() -> None:
    assert (FEW_LISTINGS, FEW_SHIPMENTS) == (25, 18)
    few = LIMITS.rates["patchListingsItem"]
    assert int(few.burst + few.per_second * 4) == FEW_LISTINGS


@covers("R28", "R68")
def test_a_single_change_is_one_patch(room: Room) -> None:
    (item,) = prices(room, 1)
    with room.adapter() as adapter:
        answer = adapter.push("listing", [item], "k")
    assert (answer.done, answer.retry_after) == (True, None)
    assert answer.results == (
        ItemResult(
            "1000",
            Outcome.SUCCESS,
            learned={"external_id": "sku-0", "asin": asin_of("sku-0")},
        ),
    )
    assert room.operations() == ["PATCH items"]
    assert room.front.calls[0].query["marketplaceIds"] == f"{samples.DE},{samples.UK}"


@covers("R23", "R28")
def test_more_than_few_are_one_feed_with_every_outcome_known(room: Room) -> None:
    items = prices(room, FEW_LISTINGS + 1)
    room.stub.refuse["sku-3"] = [issue("8541", "Falsch.", "ERROR", "purchasable_offer")]
    budget = Purse()
    with room.adapter(budget) as adapter:
        answer = adapter.push("listing", items, "k")
        assert set(outcomes(answer.results).values()) == {Outcome.PENDING}
        assert len(answer.results) == 26
        assert "700001" in (answer.remote_id or "")
        found = room.end(adapter, answer)
    assert room.operations() == [
        "POST documents",
        "PUT documents",
        "POST feeds",
        "GET feeds",
        "GET documents",
        "GET documents",
    ]
    by_ref = outcomes(found.results)
    assert by_ref.pop("1003") is Outcome.ERROR
    assert set(by_ref.values()) == {Outcome.SUCCESS}
    assert len(by_ref) == 25
    assert [bucket for bucket, _cost in budget.taken][:4] == [
        LISTINGS,
        "createFeed",
        "token",
        "createFeedDocument",
    ]
    assert paid(room, "sku-25") == {"value_with_tax": 26}


@pytest.mark.large
@covers("R23")
def test_2000_price_changes_need_one_feed_and_25001_two(room: Room) -> None:
    items = prices(room, 25_001)
    with room.adapter() as adapter:
        answer = adapter.push("listing", items[:2000], "k")
        assert len(room.stub.feeds) == 1
        assert len(room.end(adapter, answer).results) == 2000
        answer = adapter.push("listing", items, "k")
        assert len(room.stub.feeds) == 3
        assert len(answer.remote_id or "") < 2500
        found = room.end(adapter, answer).results
    assert len(found) == 25_001
    assert set(outcomes(found).values()) == {Outcome.SUCCESS}


def test_references_that_fill_a_ticket_leave_the_rest_for_the_next_push(room: Room) -> None:
    items = [
        PushItem(f"{n * 7919 % 1_000_003:07d}-{n}", item.kind, item.target, item.state)
        for n, item in enumerate(prices(room, 1200))
    ]
    with room.adapter() as adapter:
        answer = adapter.push("listing", items, "k")
        told = {result.ref for result in answer.results}
        assert 0 < len(told) < 1200
        assert answer.retry_after == 1.0
        assert len(answer.remote_id or "") < 2500
        assert {result.ref for result in room.end(adapter, answer).results} == told


# === BUDGETS === #


def test_an_empty_budget_refuses_before_anything_is_sent(room: Room) -> None:
    for items, budget in (
        (prices(room, 1), Purse(patchListingsItem=0)),
        (prices(room, 40), Purse(**{LISTINGS: 0})),
        (prices(room, 40), Purse(createFeed=0)),
    ):
        with room.adapter(budget) as adapter:
            with pytest.raises(ThrottledError) as caught:
                adapter.push("listing", items, "k")
            assert caught.value.retry_after == 7.0
    assert room.front.calls == []


def test_a_budget_that_ends_in_the_middle_leaves_the_rest_waiting(room: Room) -> None:
    items = prices(room, 10)
    with room.adapter(Purse(patchListingsItem=4)) as adapter:
        answer = adapter.push("listing", items, "k")
    assert outcomes(answer.results) == {str(1000 + n): Outcome.SUCCESS for n in range(4)}
    assert (answer.done, answer.retry_after) == (True, 7.0)


@pytest.fixture
def small_feeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Feeds of a hundred messages."""
    monkeypatch.setattr(feeds, "drafts", functools.partial(feeds.drafts, count=100))


@pytest.mark.usefixtures("small_feeds")
def test_a_second_feed_without_budget_waits_and_the_first_goes_on(room: Room) -> None:
    items = prices(room, 150)
    with room.adapter(Purse(createFeed=1)) as adapter:
        answer = adapter.push("listing", items, "k")
    assert (answer.done, answer.retry_after, len(answer.results)) == (False, 7.0, 100)


@pytest.mark.parametrize("fault", [Reply(503), Reply(fault="reset")])
def test_what_was_told_before_a_failure_is_not_forgotten(room: Room, fault: Reply) -> None:
    items = prices(room, 3)
    with room.adapter() as adapter:
        adapter.client.login.token()
        patched = Reply(200, {"sku": "sku-0", "status": "ACCEPTED", "submissionId": "s"})
        room.front.next(patched, fault)
        answer = adapter.push("listing", items, "k")
        assert (outcomes(answer.results), answer.done) == ({"1000": Outcome.SUCCESS}, True)
        room.front.next(fault)
        with pytest.raises((ServerError, TransportError)):
            adapter.push("listing", items, "k")


@pytest.mark.usefixtures("small_feeds")
def test_a_lost_answer_of_a_second_feed_keeps_the_first(room: Room) -> None:
    items = prices(room, 150)
    with room.adapter() as adapter:
        room.front.next(
            Reply(201, {"feedDocumentId": "in-0", "url": room.stub._url("in-0")}),
            Reply(200),
            Reply(202, {"feedId": "5"}),
            Reply(fault="reset"),
        )
        answer = adapter.push("listing", items, "k")
    assert (answer.done, answer.retry_after, len(answer.results)) == (False, 1.0, 100)


# === TWO MARKETPLACES, NEW, GONE === #


@covers("R23", "R24", "R74")
def test_a_new_product_is_put_in_each_marketplace_and_a_refusal_in_one_counts(room: Room) -> None:
    key = ListingKey(None, "neu")
    state = ProductState(title="Neu", attributes={"product_type": "SHIRT"})
    item = PushItem("1", Kind.PRODUCT, key, state)
    with room.adapter() as adapter:
        (found,) = adapter.push("listing", [item], "k").results
        assert (found.outcome, found.learned["external_id"]) == (Outcome.SUCCESS, "neu")
        assert [(call.method, call.query["marketplaceIds"]) for call in room.front.calls] == [
            ("GET", f"{samples.DE},{samples.UK}"),
            ("PUT", samples.DE),
            ("PUT", samples.UK),
        ]
        room.stub.listings.clear()
        missing = error(404, "NOT_FOUND", "SKU not found")
        wrong = {
            "sku": "neu",
            "status": "INVALID",
            "submissionId": "s",
            "issues": [issue("90220", "'x' fehlt", "ERROR", "x")],
        }
        good = {"sku": "neu", "status": "ACCEPTED", "submissionId": "s", "issues": []}
        room.front.next(missing, Reply(200, good), Reply(200, wrong))
        (found,) = adapter.push("listing", [item], "k").results
    assert (found.outcome, found.code) == (Outcome.ERROR, "90220")


def test_a_product_that_amazon_has_already_loses_nothing(room: Room) -> None:
    red = [{"value": "rot", "marketplace_id": samples.DE}]
    room.stub.add_listing("da", color=red)
    state = ProductState(title="Neu", barcode="4006381333931", attributes={"product_type": "HAT"})
    item = PushItem("1", Kind.PRODUCT, ListingKey(None, "da"), state)
    with room.adapter() as adapter:
        (found,) = adapter.push("listing", [item], "k").results
    assert (found.outcome, found.learned["external_id"]) == (Outcome.SUCCESS, "da")
    kept = room.stub.listings["da"]
    assert kept["color"] == red
    assert [row["value"] for row in kept["item_name"]] == ["Neu", "Neu"]
    barcodes = kept["externally_assigned_product_identifier"]
    assert [row["marketplace_id"] for row in barcodes] == [samples.UK]
    # The stub's summaries name the German shop alone: the British one gets it anew.
    assert [call.method for call in room.front.calls] == ["GET", "PATCH", "PUT"]
    assert room.front.calls[1].json["productType"] == "SHIRT"
    assert room.front.calls[1].query["marketplaceIds"] == samples.DE


def test_a_product_of_which_nothing_is_told_is_there_already(room: Room) -> None:
    room.stub.add_listing("da")
    item = PushItem("2", Kind.PRODUCT, ListingKey(None, "da"), ProductState())
    with room.adapter(marketplaces=[samples.DE]) as adapter:
        (found,) = adapter.push("listing", [item], "k").results
    assert (found.outcome, found.learned) == (Outcome.SUCCESS, {"external_id": "da"})
    assert [call.method for call in room.front.calls] == ["GET"]


@covers("R24")
def test_many_new_products_are_updates_of_a_feed(room: Room) -> None:
    items = [
        PushItem(str(n), Kind.PRODUCT, ListingKey(None, f"neu-{n}"), ProductState(title=f"N{n}"))
        for n in range(20)
    ]
    room.stub.add_listing("neu-7", color=[{"value": "rot"}])
    with room.adapter() as adapter:
        answer = adapter.push("listing", items, "k")
        assert not answer.done, "twenty products in two marketplaces are forty calls"
        found = room.end(adapter, answer)
    assert [(one.ref, one.outcome, one.learned) for one in found.results] == [
        (str(n), Outcome.SUCCESS, {"external_id": f"neu-{n}"}) for n in range(20)
    ]
    (document,) = (room.stub.documents[name] for name in room.stub.documents if name == "in-0")
    messages = json.loads(document)["messages"]
    assert [one["sku"] for one in messages if one["operationType"] == "PATCH"] == ["neu-7"]
    assert room.stub.listings["neu-7"]["color"] == [{"value": "rot"}]
    message = messages[0]
    assert (message["operationType"], message["requirements"]) == ("UPDATE", "LISTING")
    assert {row["marketplace_id"] for row in message["attributes"]["item_name"]} == {
        samples.DE,
        samples.UK,
    }


@pytest.mark.large
def test_a_large_upload_learns_its_skus_later(room: Room) -> None:
    skus = [hashlib.sha256(str(n).encode()).hexdigest()[:20] for n in range(3000)]
    items = [
        PushItem(str(n), Kind.PRODUCT, ListingKey(None, sku), ProductState(title="N"))
        for n, sku in enumerate(skus)
    ]
    with room.adapter() as adapter:
        answer = adapter.push("listing", items, "k")
        assert (len(answer.results), len(room.stub.feeds)) == (3000, 1)
        assert len(answer.remote_id or "") < 2500
        found = room.end(adapter, answer).results
    assert {(one.outcome, len(one.learned)) for one in found} == {(Outcome.SUCCESS, 0)}


def test_a_listing_that_is_gone_already_is_deleted(room: Room) -> None:
    item = PushItem("1", Kind.DELETE, ListingKey("weg"), DeleteState())
    with room.adapter() as adapter:
        adapter.client.login.token()
        gone = error(404, "NOT_FOUND", "SKU not found")
        room.front.next(gone, gone)
        assert outcomes(adapter.push("listing", [item], "k").results) == {"1": Outcome.SUCCESS}


def test_a_sku_with_any_character_stays_one_part_of_the_path(room: Room) -> None:
    sku = "a/b ü%?#&é🍵,c"
    room.stub.add_listing(sku)
    item = PushItem("1", Kind.INVENTORY, ListingKey(sku), InventoryState(Decimal(1), True))
    with room.adapter() as adapter:
        assert outcomes(adapter.push("listing", [item], "k").results) == {"1": Outcome.SUCCESS}
    assert room.stub.listings[sku]["fulfillment_availability"][0]["quantity"] == 1


# === ISSUES === #


@covers("R69", "R70", "R84")
def test_a_refused_call_names_attributes_and_the_other_kinds_come_again(room: Room) -> None:
    key = ListingKey(room.stub.add_listing("s"))
    room.stub.refuse["s"] = [
        issue("99022", "Der Preis fehlt.", "ERROR", "purchasable_offer.our_price"),
        issue("1", "Hinweis", "WARNING", "fulfillment_availability"),
    ]
    items = [
        PushItem("p", Kind.PRICE, key, PriceState(Money(Decimal(1), "EUR"))),
        PushItem("q", Kind.INVENTORY, key, InventoryState(Decimal(1), True)),
    ]
    with room.adapter() as adapter:
        price, stock = adapter.push("listing", items, "k").results
    assert (price.ref, price.outcome, price.code, price.message) == (
        "p",
        Outcome.ERROR,
        "99022",
        "Der Preis fehlt.",
    )
    assert [one.attributes for one in price.issues or ()] == [("purchasable_offer.our_price",)]
    assert (stock.ref, stock.outcome, stock.code) == ("q", Outcome.RETRY, "with_others")


def test_a_warning_comes_with_the_success(room: Room) -> None:
    key = ListingKey(room.stub.add_listing("s"))
    room.stub.warn["s"] = [issue("18027", "Bild", "WARNING", "main_product_image_locator")]
    item = PushItem("p", Kind.PRODUCT, key, ProductState(title="T"))
    with room.adapter() as adapter:
        (found,) = adapter.push("listing", [item], "k").results
    assert found.outcome is Outcome.SUCCESS
    assert [(one.code, one.severity) for one in found.issues or ()] == [("18027", Severity.WARNING)]


@covers("X8")
def test_accessories_are_said_to_have_no_place_on_amazon(room: Room) -> None:
    key = ListingKey(room.stub.add_listing("s"))
    parent = ListingKey("p")
    state = RelationshipState(parent, "COLOR", (ListingKey("case"),))
    with room.adapter() as adapter:
        (found,) = adapter.push(
            "listing", [PushItem("r", Kind.RELATIONSHIP, key, state)], "k"
        ).results
    assert (found.outcome, [one.code for one in found.issues or ()]) == (
        Outcome.SUCCESS,
        ["accessories_not_told"],
    )
