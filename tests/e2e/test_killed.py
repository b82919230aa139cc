"""Odoo is killed in the middle, as by a power cut: nothing is lost, nothing is done twice."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from world import CATALOG, DETAILS, STATUSES, World

from marketplace_adapters.testing import covers
from suite.stage import Stage, wait_until


@pytest.fixture(scope="module")
def world(stage: Stage) -> World:
    return World(stage)


def told_by_supplier(order: dict[str, Any]) -> Counter[str]:
    """What the supplier's side did to an order of the channel, and how often."""
    return Counter(entry["text"] for entry in order["history"] if entry["actor"] == "supplier")


def start_again(world: World) -> None:
    """After the cut; the scheduled action's minute comes now instead of in a minute."""
    world.server.restart()
    world.run_safety_net()


@covers("R102", "R164", "R167", "R192", "R297", "R315", "R326", "X25", "X26")
def test_killed_in_a_burst_of_webhooks(world: World) -> None:
    (product,) = world.sell(1, sku="BURST", quantity=1000)
    # Nothing is fetched, and nobody repeats what was not acknowledged: webhooks are all there is.
    world.client()("marketplace.account", "write", [world.account], {"sync_orders": False})
    world.sandbox.control("DELETE", "webhooks")
    world.subscribe(world.server, style="order", retries=[])
    world.sandbox.control("DELETE", "webhooks/deliveries")
    hashed_ids = world.place(product, 2, count=200)
    world.sandbox.control("GET", "webhooks/wait?delivered=60&timeout=60")

    world.server.kill()
    world.sandbox.control("GET", "webhooks/wait?timeout=60")
    deliveries = world.deliveries()
    acknowledged = [one["key"] for one in deliveries if one["state"] == "delivered"]
    assert 60 <= len(acknowledged) < 200, "it was in the middle"
    start_again(world)

    world.wait_confirmed(acknowledged)
    world.settle()
    world.assert_each_order_once(acknowledged)
    # What was not acknowledged once more, and as much again of what was.
    unsure = [one for one in deliveries if one["state"] != "delivered"]
    for one in unsure + deliveries[: len(unsure)]:
        world.sandbox.control("POST", f"webhooks/deliveries/{one['id']}/again")
    world.wait_confirmed(hashed_ids)
    world.settle()
    world.assert_each_order_once(hashed_ids)
    reserved = world.number(
        "SELECT sum(reserved_quantity)::int FROM stock_quant quant"
        "  JOIN stock_location place ON place.id = quant.location_id AND place.usage = 'internal'"
        f" WHERE quant.product_id = {product.id}"
    )
    assert reserved == 400
    # What Cartona was told: each order received once, each confirmed once.
    orders = world.orders()
    told = [told_by_supplier(orders[one]) for one in hashed_ids]
    assert told == [Counter({"acknowledged (synced)": 1, "set to approved": 1})] * 200
    world.wait_product(product, "available_stock_quantity", 600)
    world.client()("marketplace.account", "write", [world.account], {"sync_orders": True})


@covers("R66", "R68", "R71", "R314", "R318", "R321")
def test_killed_while_a_long_list_is_sent(world: World) -> None:
    world.client()("marketplace.account", "write", [world.account], {"batch_size": 10})
    products = world.sell(120, sku="LIST", price=10)
    world.fault("slow", {"endpoint": CATALOG}, ms=150)
    world.forget_calls()

    world.set_price(products, 11)
    world.wait_calls(4)
    world.server.kill()
    assert world.prices(products) == {Decimal(10), Decimal(11)}, "it was in the middle"
    start_again(world)

    wait_until("the new price of all", lambda: world.prices(products) == {Decimal(11)}, 90, 0.2)
    world.mend()
    world.settle()
    rows = sum(call["rows"] for call in world.calls(CATALOG) if call["status"] == 200)
    assert 120 <= rows <= 130, "at most the batch under way is told twice"
    states = world.sql(
        "SELECT status, count(*) FROM marketplace_outbox"
        " WHERE kind = 'price' AND listing_id IN"
        f" ({', '.join(str(product.listing) for product in products)})"
        " AND status_at > now() AT TIME ZONE 'UTC' - interval '10 minutes'"
        " AND status NOT IN ('success', 'superseded') GROUP BY 1"
    )
    assert states == []


@covers("R269", "R281", "R312")
def test_killed_between_a_changed_order_and_its_answer(world: World) -> None:
    sold, more = world.sell(2, sku="LINES")
    (hashed_id,) = world.place(sold, 3)
    world.wait_confirmed([hashed_id])
    world.settle()
    # Cartona takes the change and keeps the answer back; a repeat would add the line once more.
    world.fault("timeout_after", {"endpoint": DETAILS}, hold=60, times=1)
    world.forget_calls()
    client = world.client()
    (sale,) = client(
        "sale.order", "search", [["marketplace_order_ids.external_id", "=", hashed_id]]
    )
    line = {"order_id": sale, "product_id": more.id, "product_uom_qty": 5}
    client("sale.order.line", "create", [line])
    wait_until(
        "the new line on Cartona", lambda: len(world.orders()[hashed_id]["lines"]) == 2, 60, 0.1
    )

    world.server.kill()
    start_again(world)

    world.settle()
    amounts = {
        row["supplier_product_id"]: Decimal(str(row["amount"]))
        for row in world.orders()[hashed_id]["lines"]
    }
    assert amounts == {sold.external_id: 3, more.external_id: 5}
    assert told_by_supplier(world.orders()[hashed_id])["changed lines"] == 1
    # Cartona offers an acknowledged order no more, so nobody but a person can look.
    (item,) = client(
        "marketplace.outbox",
        "search_read",
        [["kind", "=", "lines"], ["order_id.external_id", "=", hashed_id]],
        ["status", "message", "cause_id"],
    )
    assert item["status"] == "error"
    assert "cannot say whether it took effect" in item["message"]
    assert item["cause_id"]

    client("marketplace.outbox", "action_mark_sent", [item["id"]])

    world.settle()
    assert world.open_causes() == []
    assert client("marketplace.outbox", "read", [item["id"]], ["status"])[0]["status"] == "success"
    assert told_by_supplier(world.orders()[hashed_id])["changed lines"] == 1


@covers("R99", "R100", "R312", "X23")
@pytest.mark.parametrize("news", ["approved", "cancelled_by_supplier"])
def test_killed_between_news_of_an_order_and_their_answer(world: World, news: str) -> None:
    (product,) = world.sell(1, sku=f"NEWS-{news}")
    # Cartona takes the news and keeps the answer back.
    world.fault("timeout_after", {"endpoint": STATUSES, "contains": news}, hold=60, times=1)
    (hashed_id,) = world.place(product, 3)
    world.wait_confirmed([hashed_id])
    if news == "cancelled_by_supplier":
        world.wait_order(hashed_id, "approved")
        client = world.client()
        sale = client(
            "sale.order", "search", [["marketplace_order_ids.external_id", "=", hashed_id]]
        )
        client(
            "sale.order",
            "action_cancel",
            sale,
            context={"marketplace_cancel_reason": "out_of_stock"},
        )
    world.wait_order(hashed_id, news)

    world.server.kill()
    start_again(world)

    world.settle()
    expected = Counter({"acknowledged (synced)": 1, "set to approved": 1})
    if news == "cancelled_by_supplier":
        expected["set to cancelled_by_supplier"] = 1
    assert told_by_supplier(world.orders()[hashed_id]) == expected
    statuses = world.sql(
        "SELECT DISTINCT item.status FROM marketplace_outbox item"
        "  JOIN marketplace_order ledger ON ledger.id = item.order_id"
        f" WHERE ledger.external_id = '{hashed_id}'"
    )
    assert statuses == [["success"]]
    assert world.open_causes() == []


@covers("R315", "R326", "X41")
def test_what_waits_without_a_job_runner_goes_on_with_one(world: World) -> None:
    (product,) = world.sell(1, sku="RUNNER")
    world.server.channels = "root:0"
    world.server.restart()
    world.forget_calls()
    world.set_price([product], 21)
    (hashed_id,) = world.place(product, 2)
    world.sandbox.control("GET", "webhooks/wait?timeout=60")
    assert world.calls() == []
    assert world.confirmed([hashed_id]) == 0

    world.server.channels = "root:2"
    world.server.restart()

    world.wait_product(product, "selling_price", 21)
    world.wait_confirmed([hashed_id])
    world.settle()
    world.assert_each_order_once([hashed_id])
    assert [call["rows"] for call in world.calls() if "21" in call["request_body"]] == [1]
