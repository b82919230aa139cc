"""Mixed orders of a shop and their edits: twice and out of order, while polls run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from shopify_book import agree, connect, live, stocked
from shopify_world import ShopifyWorld

from marketplace_adapters.testing import covers
from suite.stage import Stage

ORDERS, PARTS = 300, 3


@pytest.fixture(scope="module")
def shop(stage: Stage) -> Iterator[ShopifyWorld]:
    made = stocked(stage)
    connect(made)
    made.hear()
    yield made
    made.server.stop()


@covers("R355", "R361", "C2", "X51")
def test_orders_and_edits_come_twice_and_out_of_order_while_polls_run(shop: ShopifyWorld) -> None:
    shop.fault("duplicate", copies=2)
    shop.fault("reorder", window=20)
    for part in range(PARTS):
        shop.control("POST", "orders", {"count": ORDERS // PARTS, "mixed": True})
        if part:
            live(shop, ORDERS // PARTS)
        shop.fetch()
    shop.sandbox.control("POST", "webhooks/flush")

    shop.wait_orders(ORDERS, 600)
    shop.settle(600)

    agree(shop)


@covers("R44", "C2")
def test_reading_all_of_them_again_changes_nothing(shop: ShopifyWorld) -> None:
    before = shop.totals()

    shop.read_again(300)
    shop.settle(600)

    assert shop.totals() == before
    agree(shop)
