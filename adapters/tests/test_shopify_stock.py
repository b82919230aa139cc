"""Quantities told to Shopify, on the sandbox: compared and set, many in one call."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from marketplace_adapters.core import InventoryState, Kind, ListingKey
from marketplace_adapters.shopify import ShopifyAdapter
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.server import ScriptedServer
from shopify_harness import SHOP_FLOOR, STORE
from shopify_sandbox import SandboxHarness, Wire
from shopify_shop import calls, good, item, levels, only, outcomes, push, stock


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


@covers("R416", "R417")
def test_quantities_of_several_locations_are_one_call(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    keys = [harness.listing(number) for number in range(3)]
    with calls(harness) as made:
        told = [stock(key, {}, f"r{n}", L7001=n, L7002=n + 10) for n, key in enumerate(keys)]
        good(push(harness, adapter, *told))
    assert made == ["inventorySetQuantities"]
    assert [levels(harness, key) for key in keys] == [
        {STORE: n, SHOP_FLOOR: n + 10} for n in range(3)
    ]


@covers("R416")
def test_three_hundred_quantities_are_two_calls(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    keys = [harness.listing(number) for number in range(150)]
    with calls(harness) as made, harness.adapter(batch_size=200) as large:
        told = [stock(key, {}, f"r{n}", L7001=n, L7002=1) for n, key in enumerate(keys)]
        good(push(harness, large, *told))
    assert made == ["inventorySetQuantities"] * 2
    assert levels(harness, keys[149]) == {STORE: 149, SHOP_FLOOR: 1}


@covers("R418")
def test_a_stale_quantity_is_read_once_and_set(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    one, two = harness.listing(1), harness.listing(2)
    good(push(harness, adapter, stock(one, {}, "a", L7001=5), stock(two, {}, "b", L7001=5)))
    good(push(harness, adapter, stock(one, {STORE: 5}, "a", L7001=3), key="by somebody else"))
    with calls(harness) as made:
        good(
            push(
                harness,
                adapter,
                stock(one, {STORE: 5}, "a", L7001=9),
                stock(two, {STORE: 5}, "b", L7001=8),
                key="ours",
            )
        )
    assert made == ["inventorySetQuantities", "nodes", "inventorySetQuantities"]
    assert levels(harness, one)[STORE] == 9
    assert levels(harness, two)[STORE] == 8


@covers("R418")
def test_a_quantity_that_is_stale_twice_comes_again(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    key = harness.listing(1)
    good(push(harness, adapter, stock(key, {}, L7001=50)))
    rule = {"match": {"provider": "shopify"}, "effect": "stale", "by": 1, "times": 2}
    rule["match"]["endpoint"] = "inventorySetQuantities"  # type: ignore[index]
    harness.wire.control("POST", "../faults", rule)
    with calls(harness) as made:
        result = only(push(harness, adapter, stock(key, {STORE: 50}, L7001=40), key="second"))
    assert (result.outcome.value, result.code) == ("retry", "CHANGE_FROM_QUANTITY_STALE")
    assert made.count("inventorySetQuantities") == 2
    good(push(harness, adapter, stock(key, {STORE: 50}, L7001=40), key="third"))
    assert levels(harness, key)[STORE] == 40


@covers("R421")
def test_what_was_acknowledged_is_not_said_again(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    key = harness.listing(1)
    good(push(harness, adapter, stock(key, {}, L7001=5, L7002=5)))
    with calls(harness) as made:
        good(push(harness, adapter, stock(key, {STORE: 5, SHOP_FLOOR: 5}, L7001=5, L7002=5)))
    assert made == []
    with calls(harness) as made:
        good(push(harness, adapter, stock(key, {STORE: 5, SHOP_FLOOR: 5}, L7001=5, L7002=4)))
    rows = harness.front.calls[-1].json["variables"]["input"]["quantities"]
    assert made == ["inventorySetQuantities"]
    assert [(one["quantity"], one["changeFromQuantity"]) for one in rows] == [(4, 5)]


@covers("X41")
def test_a_bad_row_does_not_spoil_the_others(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    key = harness.listing(1)
    ghost = ListingKey("77", "ghost", extra={"inventory_item_id": "777777", "product_id": "7"})
    results = push(
        harness, adapter, stock(ghost, {}, "ghost", L7001=1), stock(key, {}, "real", L7001=2)
    )
    assert [(ref, outcome) for ref, outcome, _code in outcomes(results)] == [
        ("ghost", "error"),
        ("real", "success"),
    ]
    assert levels(harness, key)[STORE] == 2


def test_a_shop_with_one_location_needs_no_connection(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    key = harness.listing(1)
    told = item(Kind.INVENTORY, key, InventoryState(Decimal("4.9"), True))
    good(push(harness, adapter, told))
    assert levels(harness, key)[STORE] == 4
    with harness.adapter(location="") as other:
        result = only(push(harness, other, told))
    assert (result.outcome.value, result.code) == ("error", "no_location")


def test_an_item_that_is_not_known_is_looked_up(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    key = harness.listing(1)
    with calls(harness) as made:
        good(push(harness, adapter, stock(ListingKey(key.external_id), {}, L7001=6)))
    assert made == ["nodes", "inventorySetQuantities"]
    assert levels(harness, key)[STORE] == 6


@covers("X37")
def test_the_same_push_again_is_answered_with_the_first_answer(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    key = harness.listing(1)
    good(push(harness, adapter, stock(key, {}, L7001=5), key="one"))
    good(push(harness, adapter, stock(key, {STORE: 5}, L7001=6), key="two"))
    # The answer to "one" was lost and it is told again: what came after it stays.
    good(push(harness, adapter, stock(key, {}, L7001=5), key="one"))
    assert levels(harness, key)[STORE] == 6
