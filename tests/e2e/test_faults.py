"""The channel fails in every way that channels do; Odoo and the channel agree in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

import pytest
from world import CATALOG, RETAIL, TOKENS, World

from marketplace_adapters.testing import covers
from suite.stage import Stage, wait_until


@pytest.fixture(scope="module")
def made(stage: Stage) -> World:
    return World(stage)


@pytest.fixture
def world(made: World) -> Iterator[World]:
    yield made
    made.mend()


def open_causes(world: World) -> list[dict[str, object]]:
    found: list[dict[str, object]] = world.client()(
        "marketplace.cause", "search_read", [["state", "=", "open"]], ["title", "waiting_count"]
    )
    return found


@covers("R333", "R357", "R315")
def test_too_many_calls_are_waited_for_and_not_counted_as_failures(world: World) -> None:
    products = world.sell(3, sku="STORM")
    world.fault("status", {"endpoint": CATALOG}, status=429, retry_after=1, times=3)
    world.forget_calls()

    world.set_price(products, 12)

    wait_until("the price", lambda: world.prices(products) == {Decimal(12)}, 60, every=0.1)
    world.settle()
    assert Counter(call["status"] for call in world.calls()) == {429: 3, 200: 1}
    listed = ", ".join(str(product.listing) for product in products)
    tries = world.sql(
        "SELECT DISTINCT attempts FROM marketplace_outbox"
        f" WHERE kind = 'price' AND status = 'success' AND listing_id IN ({listed})"
    )
    assert tries == [[1]], "the one that succeeded is the only one that counts"
    assert open_causes(world) == []


@covers("R69", "R84", "R274", "R294", "R317", "R320")
def test_one_bad_row_spoils_no_other_and_people_retry_the_cause(world: World) -> None:
    world.control("POST", "settings", {"bulk_results": "rows"})
    products = world.sell(10, sku="HALF")
    world.fault("rows", {"endpoint": CATALOG}, every=2, reason="Price under review", times=1)

    world.set_price(products, 13)

    world.settle()
    assert world.prices(products[0::2]) == {Decimal(13)}
    assert world.prices(products[1::2]) == {Decimal(10)}
    (cause,) = open_causes(world)
    assert cause["waiting_count"] == 5
    assert "Price under review" in str(cause["title"])

    world.client()("marketplace.cause", "action_retry_all", [cause["id"]])

    wait_until("all prices", lambda: world.prices(products) == {Decimal(13)}, 60, every=0.1)
    world.settle()
    assert open_causes(world) == []
    world.control("POST", "settings", {"bulk_results": "silent"})


@covers("R47", "R85", "R262", "R293", "R307")
def test_a_revoked_token_pauses_and_one_call_tells_all_that_happened(world: World) -> None:
    (product,) = world.sell(1, sku="REVOKED")
    client = world.client()
    world.control("DELETE", f"tokens/{TOKENS[RETAIL]}")
    world.set_price([product], 11)

    def state() -> str:
        (found,) = client("marketplace.account", "read", [world.account], ["state"])
        return str(found["state"])

    wait_until("the account to be paused", lambda: state() == "paused", 60, every=0.1)
    (cause,) = open_causes(world)
    assert "paused" in str(cause["title"])
    world.forget_calls()
    for price in (12, 13, 14, 15):
        world.set_price([product], price)
    world.run_safety_net()
    assert world.calls() == []

    world.control("POST", "tokens", {"token": TOKENS[RETAIL], "suppliers": [RETAIL]})
    client("marketplace.account", "action_test_connection", [world.account])

    world.wait_product(product, "selling_price", 15)
    world.settle()
    assert [(call["status"], call["rows"]) for call in world.calls()] == [(200, 1)]
    assert (state(), open_causes(world)) == ("connected", [])


@covers("R164", "R165", "R186", "X25")
def test_events_that_come_thrice_and_in_any_order(world: World) -> None:
    (product,) = world.sell(1, sku="EVENTS", quantity=100)
    world.fault("duplicate", copies=3, parallel=True)
    world.fault("reorder", window=6, hold=0.5)

    kept = world.place(product, 2, count=6)
    dropped = world.place(product, 3, count=6)
    for hashed_id in dropped:
        world.control("POST", f"orders/{hashed_id}/cancel", {"reason": "different_prices"})

    world.wait_confirmed(kept)
    listed = ", ".join(f"'{one}'" for one in dropped)
    living = (
        "SELECT count(*) FROM marketplace_order ledger"
        "  JOIN sale_order sale ON sale.id = ledger.sale_order_id AND sale.state != 'cancel'"
        f" WHERE ledger.external_id IN ({listed})"
    )
    told = (
        "SELECT count(*) FROM marketplace_order"
        f" WHERE external_id IN ({listed}) AND status = 'cancelled'"
    )
    wait_until("six cancellations", lambda: world.number(told) == 6, 90, every=0.2)
    wait_until("no sale of a cancelled order", lambda: world.number(living) == 0, 90, every=0.2)
    world.assert_each_order_once(kept)
    world.wait_product(product, "available_stock_quantity", 100 - 12)
