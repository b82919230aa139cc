"""Both ways, as a seller sees them, in a threaded server and in one with workers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from world import CATALOG, RETAIL, WHOLESALE, Product, World

from marketplace_adapters.testing import covers
from suite.demo import check
from suite.stage import Stage


@pytest.fixture(scope="module", params=[0, 2], ids=["threads", "workers"])
def world(request: pytest.FixtureRequest, stage: Stage) -> Iterator[World]:
    made = World(stage, workers=request.param)
    yield made
    made.server.stop()
    made.sandbox.stop()


@pytest.fixture(scope="module")
def cola(world: World) -> Product:
    (product,) = world.sell(1, sku=check.SKU)
    return product


@covers("R86", "R87", "R89", "R310", "R313", "X38")
def test_a_price_goes_out_by_itself(world: World, cola: Product) -> None:
    world.forget_calls()

    check.price_out(world)

    assert [call["rows"] for call in world.calls(CATALOG)] == [1]


@covers("R92", "R93", "R331", "X26")
def test_an_order_comes_in_by_itself(world: World, cola: Product) -> None:
    _seconds, order = check.order_in(world)

    client, names = world.client(), ["marketplace_order_id", "marketplace_account_id"]
    (sale,) = client("sale.order", "read", [order["id"]], names)
    assert sale["marketplace_account_id"] == [world.account, "Cartona"]
    # Cartona is told that it is approved, and its answer makes it so here as well.
    world.wait_order(sale["marketplace_order_id"], "approved")
    world.settle()
    (sale,) = client("sale.order", "read", [order["id"]], ["marketplace_status"])
    assert sale["marketplace_status"] == "confirmed"


@covers("R215", "R311", "R316", "R319", "R328", "R352", "X17")
def test_what_one_account_sold_is_gone_on_the_other(world: World, cola: Product) -> None:
    second = world.connect("Cartona wholesale", WHOLESALE)
    (there,) = world.list_products(second, WHOLESALE, [cola.id], ["COLA-WHOLESALE"])
    world.settle()
    before = world.offered(there)
    assert before == world.offered(cola)

    (hashed_id,) = world.place(cola, 4)

    world.wait_product(there, "available_stock_quantity", before - 4)
    world.wait_product(cola, "available_stock_quantity", before - 4)
    world.assert_each_order_once([hashed_id])
    assert world.orders()[hashed_id]["supplier_code"] == RETAIL
