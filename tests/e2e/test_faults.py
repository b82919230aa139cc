"""The channel fails in every way that channels do; Odoo and the channel agree in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from world import CATALOG, RETAIL, TOKENS, Product, World

from marketplace_adapters.testing import covers
from suite.stage import Stage, wait_until


@pytest.fixture(scope="module")
def made(stage: Stage) -> World:
    return World(stage)


@pytest.fixture
def world(made: World) -> Iterator[World]:
    yield made
    made.mend()


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
    assert world.open_causes() == []


def newest_item(world: World, product: Product) -> dict[str, Any]:
    """What an operator sees of the last price of a product that was to be told."""
    fields = ["status", "attempts", "message", "not_before", "submission_id"]
    (item,) = world.client()(
        "marketplace.outbox",
        "search_read",
        [["listing_id", "=", product.listing], ["kind", "=", "price"]],
        fields,
        order="id desc",
        limit=1,
    )
    return dict(item)


@covers("R66", "R68", "R71", "R84", "R312", "R315", "R357", "X42")
@pytest.mark.parametrize(
    ("effect", "rule", "message"),
    [
        ("status", {"status": 500}, "500"),
        ("status", {"status": 503, "applied": True}, "503"),
        ("timeout_before", {}, "connection failed"),
        ("timeout_after", {}, "connection failed"),
        ("truncated", {}, "connection failed"),
        ("wrong_json", {}, "not JSON"),
        ("html", {"status": 200}, "not JSON"),
    ],
    ids=["error", "error-after", "cut-before", "cut-after", "half-answer", "no-json", "html"],
)
def test_what_failed_once_says_so_and_is_tried_again(
    world: World, effect: str, rule: dict[str, Any], message: str, request: pytest.FixtureRequest
) -> None:
    (product,) = world.sell(1, sku=f"ONCE-{request.node.callspec.id}")
    world.fault(effect, {"endpoint": CATALOG}, times=1, **rule)
    world.forget_calls()

    world.set_price([product], 12)

    def item() -> dict[str, Any]:
        return newest_item(world, product)

    seen = wait_until("the failure", lambda: item() if item()["message"] else None, 60, every=0.1)
    assert (seen["status"], seen["attempts"], bool(seen["not_before"])) == ("new", 1, True)
    assert message in seen["message"]
    assert world.open_causes() == [], "one failure is nobody's business yet"
    client = world.client()
    (failed,) = client(
        "marketplace.submission", "read", [seen["submission_id"][0]], ["state", "message"]
    )
    assert failed["state"] == "failed"
    assert message in failed["message"]

    world.hurry()

    world.settle()
    world.wait_product(product, "selling_price", 12)
    seen = item()
    assert (seen["status"], seen["attempts"], seen["not_before"]) == ("success", 2, False)
    calls = world.calls()
    assert (len(calls), calls[-1]["status"], calls[-1]["rows"]) == (2, 200, 1)


@covers("R47", "R69", "R85", "R294", "R312", "R320", "C11")
def test_an_outage_is_told_once_and_over_with_one_click(world: World) -> None:
    products = world.sell(3, sku="OUTAGE")
    # What becomes of each item; that the account as a whole pauses is told in the core's tests.
    world.client()("marketplace.account", "write", [world.account], {"failure_limit": 0})
    world.fault("status", {"endpoint": CATALOG}, status=503)
    world.set_price(products, 14)

    def given_up() -> bool:
        world.hurry()
        return all(newest_item(world, product)["status"] == "error" for product in products)

    wait_until("the last attempt", given_up, 90, every=0.3)
    world.set_price(products[:1], 15)
    wait_until("the newest too", given_up, 90, every=0.3)
    (cause,) = world.open_causes()
    assert cause["waiting_count"] == 3
    assert "503" in cause["title"]
    assert len(cause["message_ids"]) == 1, "people were told once"
    (account,) = world.client()("marketplace.account", "read", [world.account], ["state"])
    assert account["state"] == "connected"

    world.mend()
    world.client()("marketplace.cause", "action_retry_all", [cause["id"]])

    world.wait_product(products[0], "selling_price", 15)
    world.settle()
    assert world.prices(products[1:]) == {Decimal(14)}
    assert world.open_causes() == []


@covers("R102", "R184", "R193", "R194", "R196", "X26", "X51")
def test_what_webhooks_miss_is_fetched(world: World) -> None:
    (product,) = world.sell(1, sku="MISSED")
    world.sandbox.control("DELETE", "webhooks/deliveries")
    # Of four events the first is lost, the second forged, the third half a one, the last empty.
    world.fault("drop", {"nth": [1]})
    world.fault("wrong_token", {"nth": [2]})
    world.fault("wrong_json", {"nth": [3]}, direction="webhook")
    world.fault("empty", {"nth": [4]}, direction="webhook")

    hashed_ids = world.place(product, 2, count=4)

    world.wait_confirmed(hashed_ids)
    world.settle()
    world.assert_each_order_once(hashed_ids)
    answers = {
        one["key"]: [attempt["status"] for attempt in one["attempts"]][:1]
        for one in world.deliveries()
    }
    assert [answers[one] for one in hashed_ids] == [[], [401], [400], [400]]
    listed = ", ".join(f"'{one}'" for one in hashed_ids)
    sources = world.sql(
        f"SELECT DISTINCT source FROM marketplace_inbox WHERE external_id IN ({listed})"
    )
    assert sources == [["pull"]], "nothing of what was refused is stored"


@covers("R69", "R84", "R274", "R294", "R317", "R320")
def test_one_bad_row_spoils_no_other_and_people_retry_the_cause(world: World) -> None:
    world.control("POST", "settings", {"bulk_results": "rows"})
    products = world.sell(10, sku="HALF")
    world.fault("rows", {"endpoint": CATALOG}, every=2, reason="Price under review", times=1)

    world.set_price(products, 13)

    world.settle()
    assert world.prices(products[0::2]) == {Decimal(13)}
    assert world.prices(products[1::2]) == {Decimal(10)}
    (cause,) = world.open_causes()
    assert cause["waiting_count"] == 5
    assert "Price under review" in str(cause["title"])

    world.client()("marketplace.cause", "action_retry_all", [cause["id"]])

    wait_until("all prices", lambda: world.prices(products) == {Decimal(13)}, 60, every=0.1)
    world.settle()
    assert world.open_causes() == []
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
    (cause,) = world.open_causes()
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
    assert (state(), world.open_causes()) == ("connected", [])


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
