"""3,000 mixed orders of a shop and their edits: twice and out of order, while polls run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from shopify_world import ShopifyWorld

from marketplace_adapters.testing import covers
from suite.stage import Stage, wait_until

ORDERS, PARTS = 300, 3
SKUS = [f"WEB-{number}" for number in range(1, 41)]


@pytest.fixture(scope="module")
def shop(stage: Stage) -> Iterator[ShopifyWorld]:
    made = ShopifyWorld(stage)
    # The largest plan: what is shown here is not how fast Shopify lets one ask.
    made.control("POST", "settings", {"restore_rate": 2000, "bucket": 40000})
    made.control("POST", "products", {"count": len(SKUS), "prefix": "WEB-", "stock": 100_000})
    yield made
    made.server.stop()


@pytest.fixture(scope="module")
def connected(shop: ShopifyWorld) -> ShopifyWorld:
    shop.connect(
        validate_delivery="always", refund_mode="draft", sync_stock=False, automatic=False
    )
    # What was placed before the account was connected is sold and sent as well here.
    shop.sql("UPDATE marketplace_account SET live_since = now() - interval '90 days'")
    products = shop.products(SKUS)
    shop.stock(products, 100_000)
    shop.link(dict(zip(SKUS, products, strict=True)))
    client = shop.client()
    client("marketplace.account", "write", [shop.account], {"automatic": True})
    shop.hear()
    return shop


def agree(shop: ShopifyWorld) -> None:
    """Every order of the shop is here once, with its total to the cent, its goods are held where
    they are to be delivered, and what was given back is known once."""
    book = shop.book()
    ours = shop.totals()
    assert ours.keys() == book["orders"].keys()
    wrong: dict[str, Any] = {}
    for number, order in book["orders"].items():
        count, total, currency = ours[number]
        expected = (1, order["sold_total"]["shop"], order["currency"])
        if count == 0:
            assert order["cancelled"] or order["test"], (number, order)
        elif not order["cancelled"] and (count, total, currency) != expected:
            wrong[number] = (ours[number], expected, order["name"])
    assert wrong == {}
    assert reserved(shop) == {
        place: pieces for place, pieces in book["reservations"].items() if pieces
    }
    assert refunds(shop) == {
        f"refund-{number}": refund["amount"]["shop"]
        for order in book["orders"].values()
        for number, refund in order["refunds"].items()
        if not order["test"]
    }


def reserved(shop: ShopifyWorld) -> dict[str, dict[str, int]]:
    """The shop's location → SKU → pieces that are to be delivered from there."""
    rows = shop.sql(
        """
        SELECT place.external_id, product.default_code, sum(move.product_uom_qty)::int
          FROM stock_move move
          JOIN product_product product ON product.id = move.product_id
          JOIN stock_picking picking ON picking.id = move.picking_id
          JOIN stock_picking_type kind ON kind.id = picking.picking_type_id
          JOIN marketplace_place place ON place.warehouse_id = kind.warehouse_id
         WHERE move.state NOT IN ('done', 'cancel') AND picking.sale_id IS NOT NULL
           AND kind.code = 'outgoing' AND move.product_uom_qty > 0
         GROUP BY 1, 2
        """
    )
    found: dict[str, dict[str, int]] = {}
    for place, sku, pieces in rows:
        found.setdefault(str(place), {})[str(sku)] = int(pieces)
    return found


def refunds(shop: ShopifyWorld) -> dict[str, str]:
    """What was given back, by the id of the refund."""
    rows = shop.sql(
        "SELECT external_id, to_char(amount, 'FM999999990.00') FROM marketplace_return"
        " WHERE external_id LIKE 'refund-%'"
    )
    return {str(row[0]): str(row[1]) for row in rows}


@covers("R355", "R361", "C2", "X51")
def test_orders_and_edits_come_twice_and_out_of_order_while_polls_run(
    connected: ShopifyWorld,
) -> None:
    connected.sandbox.control(
        "POST", "faults", {"effect": "duplicate", "match": {"provider": "shopify"}, "copies": 2}
    )
    connected.sandbox.control(
        "POST", "faults", {"effect": "reorder", "match": {"provider": "shopify"}, "window": 20}
    )
    for part in range(PARTS):
        connected.control("POST", "orders", {"count": ORDERS // PARTS, "mixed": True})
        if part:
            connected.control("POST", "life", {"count": ORDERS // PARTS})
        connected.fetch()
    connected.sandbox.control("POST", "webhooks/flush")

    wait_until(
        "every order",
        lambda: connected.number("SELECT count(*) FROM marketplace_order") >= ORDERS,
        600,
        every=0.5,
    )
    connected.settle(600)

    agree(connected)


@covers("R44", "C2")
def test_reading_all_of_them_again_changes_nothing(connected: ShopifyWorld) -> None:
    before = connected.totals()
    connected.sql("UPDATE marketplace_cursor SET position = now() - interval '30 days'")

    connected.fetch()
    wait_until(
        "the cursor",
        lambda: (
            connected.number(
                "SELECT count(*) FROM marketplace_cursor"
                " WHERE topic = 'order' AND pulled_at IS NOT NULL"
            )
            == 1
        ),
        300,
        every=0.5,
    )
    connected.settle(600)

    assert connected.totals() == before
    agree(connected)
