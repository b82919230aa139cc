"""Prices told to Shopify, on the sandbox, and many changes at once: bulk operations."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from marketplace_adapters.core import InvalidError, Kind, ListingKey, Money, PushItem
from marketplace_adapters.shopify import ShopifyAdapter
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.server import ScriptedServer
from shopify_harness import MARKET
from shopify_sandbox import SandboxHarness, Wire, tail
from shopify_shop import (
    calls,
    good,
    item,
    look,
    only,
    outcomes,
    priced,
    product,
    push,
    tee,
    variant,
)


@pytest.fixture(scope="module")
def wire(sandbox_url: str) -> Iterator[Wire]:
    wire = Wire(sandbox_url)
    yield wire
    wire.close()


@pytest.fixture(scope="module")
def front(wire: Wire) -> Iterator[ScriptedServer]:
    with ScriptedServer(wire.forward) as scripted:
        yield scripted


@pytest.fixture
def harness(front: ScriptedServer, wire: Wire) -> SandboxHarness:
    front.forget()
    wire.start_over()
    return SandboxHarness(front, wire)


@pytest.fixture
def adapter(harness: SandboxHarness) -> Iterator[ShopifyAdapter]:
    with harness.adapter() as adapter:
        yield adapter


# === PRICES === #


@covers("R412")
def test_prices_are_grouped_by_product(harness: SandboxHarness, adapter: ShopifyAdapter) -> None:
    keys = tee(harness, adapter, "Blue", "Red")
    other = harness.listing(7)
    with calls(harness) as made:
        good(
            push(
                harness,
                adapter,
                priced(keys["Blue"], "9.99", "a", compare_at=Money(Decimal(20), "EUR")),
                priced(keys["Red"], "8", "b"),
                priced(other, "7", "c"),
            )
        )
    assert made == ["productVariantsBulkUpdate"] * 2
    rows = look(harness, keys["Blue"].extra["product_id"])["variants"]["nodes"]
    assert [(one["price"], one["compareAtPrice"]) for one in rows] == [
        ("9.99", "20.00"),
        ("8.00", None),
    ]


@covers("R413")
def test_further_markets_have_their_own_price(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    key = harness.listing(1)
    with calls(harness) as made:
        markets = {MARKET: Money(Decimal("11.5"), "USD")}
        good(push(harness, adapter, priced(key, "10", markets=markets)))
    assert made == ["priceListFixedPricesAdd", "productVariantsBulkUpdate"]
    shown = harness.wire.graphql(
        "query Q($id: ID!) { priceList(id: $id) "
        "{ prices(first: 5, originType: FIXED) { nodes { variant { id } price { amount } } } } }",
        {"id": f"gid://shopify/PriceList/{MARKET}"},
    )["priceList"]["prices"]["nodes"]
    assert [(tail(one["variant"]["id"]), Decimal(one["price"]["amount"])) for one in shown] == [
        (key.external_id, Decimal("11.5"))
    ]


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"markets": {MARKET: Money(Decimal(1), "GBP")}}, "wrong_currency"),
        ({"markets": {"9999": Money(Decimal(1), "USD")}}, None),
    ],
)
def test_a_price_that_no_market_takes_is_told_to_nobody(
    harness: SandboxHarness, adapter: ShopifyAdapter, members: dict[str, Any], code: str | None
) -> None:
    key = harness.listing(1)
    result = only(push(harness, adapter, priced(key, "77", **members)))
    assert result.outcome.value == "error"
    assert code in (None, result.code)
    assert look(harness, key.extra["product_id"])["variants"]["nodes"][0]["price"] == "10.00"


def test_a_price_in_another_currency_is_refused_before_a_call(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    told = priced(ListingKey("1", extra={"product_id": "1"}), "5")
    state = dataclasses.replace(told.state, price=Money(Decimal(5), "USD"))  # type: ignore[arg-type]
    with calls(harness) as made:
        result = only(push(harness, adapter, dataclasses.replace(told, state=state)))
    assert (result.code, made) == ("wrong_currency", [])


def test_a_product_that_is_not_known_is_looked_up(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    key = harness.listing(1)
    bare = ListingKey(key.external_id, key.sku)
    gone = ListingKey("999999", "gone")
    with calls(harness) as made:
        results = push(harness, adapter, priced(bare, "5", "a"), priced(gone, "5", "b"))
    assert made == ["nodes", "productVariantsBulkUpdate"]
    assert outcomes(results) == [("a", "success", None), ("b", "error", "unknown_variant")]


# === MANY === #


def many(harness: SandboxHarness, count: int) -> list[PushItem]:
    return [
        priced(harness.listing(number), f"{number}.50", f"r{number}")
        for number in range(1, count + 1)
    ]


@covers("R414", "R415", "R421")
def test_many_prices_are_one_bulk_operation(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    items = many(harness, 25)
    with calls(harness) as made:
        good(push(harness, adapter, *items))
    assert made[:2] == ["stagedUploadsCreate", "bulkOperationRunMutation"]
    assert set(made[2:]) == {"bulkOperation"}, "then it is asked about until it is done"
    for one in (items[0], items[24]):
        shown = look(harness, one.target.extra["product_id"])["variants"]["nodes"][0]["price"]
        assert Decimal(shown) == one.state.price.amount  # type: ignore[union-attr]


@covers("R415", "X41")
def test_a_bad_line_of_a_bulk_operation_is_its_items_alone(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    items = many(harness, 25)
    items[7] = priced(items[7].target, "-1", "r8")  # type: ignore[arg-type]
    results = {one.ref: one for one in push(harness, adapter, *items).results}
    assert {ref for ref, one in results.items() if one.outcome.value == "error"} == {"r8"}
    assert len(results) == 25


@covers("R415", "X36")
def test_a_bulk_operation_that_breaks_half_way_is_told_again(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    items = many(harness, 25)
    fault = {
        "match": {"provider": "shopify", "endpoint": "bulkOperation"},
        "effect": "half",
        "after": 10,
        "times": 1,
    }
    harness.wire.control("POST", "../faults", fault)
    results = push(harness, adapter, *items).results
    done = [one.ref for one in results if one.outcome.value == "success"]
    again = [one for one in results if one.outcome.value == "retry"]
    assert done == [f"r{number}" for number in range(1, 11)]
    assert (len(again), {one.code for one in again}) == (15, {"not_done"})
    good(push(harness, adapter, *items, key="second"))


def test_a_bulk_operation_that_nobody_knows_is_told_again(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    items = many(harness, 21)
    first = adapter.push("price", items, "k")
    harness.wire.start_over()
    results = adapter.poll(first.remote_id or "").results
    assert {one.outcome.value for one in results} == {"retry"}
    assert len(results) == 21


@covers("R414")
def test_many_new_products_teach_their_ids(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    items = []
    for number in range(1, 24):
        rows = [variant(number * 10 + place, colour) for place, colour in enumerate(("A", "B"))]
        items += [
            item(
                Kind.PRODUCT,
                ListingKey(sku=f"S{number}{place}", internal_id=row["key"]),
                product(rows, row, key=f"P{number}", title=f"Tee {number}"),
                f"r{number * 10 + place}",
            )
            for place, row in enumerate(rows)
        ]
    results = {one.ref: one for one in good(push(harness, adapter, *items)).results}
    assert len(results) == 46
    first, second = results["r70"].learned, results["r71"].learned
    assert first["product_id"] == second["product_id"]
    found = look(harness, first["product_id"])
    assert found["title"] == "Tee 7"
    ids = [tail(one["id"]) for one in found["variants"]["nodes"]]
    assert ids == [first["external_id"], second["external_id"]]


def test_a_strange_ticket_is_our_bug(adapter: ShopifyAdapter) -> None:
    for text in ("", "x", "{}", '{"bulk": [], "items": "abc"}', '{"cancel": 5}', "[]"):
        with pytest.raises(InvalidError):
            adapter.poll(text)
