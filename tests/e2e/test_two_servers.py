"""Two Odoo servers on one database, as behind a load balancer; one of them is killed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal

import pytest
from world import World

from marketplace_adapters.testing import covers
from suite.console import SuiteError
from suite.odoo import OdooServer
from suite.stage import Stage, wait_until
from suite.web import OdooClient


def answers(server: OdooServer) -> OdooClient | None:
    with suppress(SuiteError):
        return OdooClient(server.url, server.database)
    return None


@pytest.fixture(scope="module")
def world(stage: Stage) -> World:
    return World(stage)


@pytest.fixture(scope="module")
def second(stage: Stage, world: World) -> Iterator[OdooServer]:
    """The other server. Its job runner waits until the first one's is gone."""
    server = OdooServer(stage.cluster, world.server.database, name=f"{world.server.name}_second")
    server.start(ready=False)
    try:
        wait_until("the second server", lambda: answers(server), 120, every=0.2)
        world.subscribe(server)
        yield server
    finally:
        server.stop()


@covers("R164", "R310", "R322", "X25")
def test_both_work_and_nothing_happens_twice(world: World, second: OdooServer) -> None:
    products = world.sell(20, sku="BOTH", quantity=100)
    world.forget_calls()
    world.control("DELETE", "acceptances")
    # Each event is delivered to both servers.
    hashed_ids = world.place(products[0], 1, count=15)
    there = OdooClient(second.url, second.database)
    for price in (12, 13, 14):
        world.set_price(products[:10], price)
        there("product.product", "write", [one.id for one in products[10:]], {"list_price": price})

    world.wait_confirmed(hashed_ids)
    wait_until("the last price", lambda: world.prices(products) == {Decimal(14)}, 60, every=0.2)
    world.settle()
    world.assert_each_order_once(hashed_ids)
    # One sender at a time: each call was answered before the next came.
    calls = world.calls()
    ends = [call["at"] + call["duration_ms"] / 1000 for call in calls]
    overlapping = [call for call, end in zip(calls[1:], ends, strict=False) if call["at"] < end]
    assert overlapping == []
    told = [
        (one["supplier_product_id"], one["value"]) for one in world.acceptances("selling_price")
    ]
    assert len(told) == len(set(told)), "no price was told twice"
    orders = world.orders()
    for hashed_id in hashed_ids:
        texts = [one["text"] for one in orders[hashed_id]["history"] if one["actor"] == "supplier"]
        assert sorted(texts) == ["acknowledged (synced)", "set to approved"]


@covers("R326", "R315")
def test_the_other_one_goes_on_when_one_is_killed(world: World, second: OdooServer) -> None:
    (product,) = world.sell(1, sku="GOES-ON")

    world.server.kill()
    there = OdooClient(second.url, second.database)
    there("product.product", "write", [product.id], {"list_price": 77})
    (hashed_id,) = world.place(product, 2)

    world.wait_product(product, "selling_price", 77)
    wait_until(
        "the order",
        lambda: there(
            "sale.order",
            "search_count",
            [["marketplace_order_ids.external_id", "=", hashed_id], ["state", "=", "sale"]],
        ),
        60,
        every=0.2,
    )
    world.assert_each_order_once([hashed_id])
