"""A shop that is connected late: its orders were edited, sent, refunded and exchanged before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from shopify_book import agree, connect, live, stocked
from shopify_world import ShopifyWorld

from marketplace_adapters.testing import covers
from suite.stage import Stage

ORDERS, EVENTS = 150, 250


@pytest.fixture(scope="module")
def shop(stage: Stage) -> Iterator[ShopifyWorld]:
    made = stocked(stage)
    yield made
    made.server.stop()


@covers("R44", "R361", "X11", "X26")
def test_orders_with_a_past_are_what_the_shop_says(shop: ShopifyWorld) -> None:
    shop.control("POST", "orders", {"count": ORDERS, "mixed": True})
    live(shop, EVENTS)

    connect(shop)
    shop.fetch()
    shop.wait_orders(ORDERS, 300)
    shop.settle(300)

    agree(shop)


@covers("R44", "C2")
def test_they_go_on_from_there(shop: ShopifyWorld) -> None:
    live(shop, EVENTS)

    shop.fetch()
    shop.settle(300)
    shop.read_again(300)
    shop.settle(300)

    agree(shop)
