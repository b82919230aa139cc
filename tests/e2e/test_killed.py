"""Odoo is killed in the middle, as by a power cut: nothing is lost, nothing is done twice."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest
from world import CATALOG, DETAILS, World

from marketplace_adapters.testing import covers
from suite.stage import Stage, wait_until


@pytest.fixture(scope="module")
def world(stage: Stage) -> World:
    return World(stage)


def start_again(world: World) -> None:
    """After the cut; the scheduled action's minute comes now instead of in a minute."""
    world.server.restart()
    world.run_safety_net()


@covers("R102", "R164", "R167", "R297", "R315", "R326", "X25")
def test_killed_in_a_burst_of_webhooks(world: World) -> None:
    (product,) = world.sell(1, sku="BURST", quantity=1000)
    hashed_ids = world.place(product, 2, count=60)
    world.sandbox.control("GET", "webhooks/wait?delivered=15&timeout=60")

    world.server.kill()
    start_again(world)

    world.wait_confirmed(hashed_ids)
    world.settle()
    world.assert_each_order_once(hashed_ids)
    reserved = world.number(
        "SELECT sum(reserved_quantity)::int FROM stock_quant quant"
        "  JOIN stock_location place ON place.id = quant.location_id AND place.usage = 'internal'"
        f" WHERE quant.product_id = {product.id}"
    )
    assert reserved == 120
    # What Cartona was told: each order received once, each confirmed once.
    orders = world.orders()
    told = [
        Counter(entry["text"] for entry in orders[one]["history"] if entry["actor"] == "supplier")
        for one in hashed_ids
    ]
    assert told == [Counter({"acknowledged (synced)": 1, "set to approved": 1})] * 60
    world.wait_product(product, "available_stock_quantity", 880)


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


@covers("R141", "R269", "R281", "R312")
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
    history = [entry["text"] for entry in world.orders()[hashed_id]["history"]]
    assert history.count("changed lines") == 1
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
    assert client("marketplace.outbox", "read", [item["id"]], ["status"])[0]["status"] == "success"
    history = [entry["text"] for entry in world.orders()[hashed_id]["history"]]
    assert history.count("changed lines") == 1
