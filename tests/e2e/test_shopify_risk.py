"""A webhook tells an order without its risk: the shop is asked at once, not at the interval."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from shopify_world import ShopifyWorld

from marketplace_adapters.testing import covers
from suite.stage import Stage, wait_until

SKU = "WEB-1"


@pytest.fixture(scope="module")
def shop(stage: Stage) -> Iterator[ShopifyWorld]:
    made = ShopifyWorld(stage)
    made.control("POST", "products", {"count": 1, "prefix": "WEB-", "stock": 1000})
    # An hour between two pulls: what is known sooner was asked for.
    made.connect(interval=3600, sync_stock=False, automatic=False)
    products = made.products([SKU])
    made.stock(products, 1000)
    made.link({SKU: products[0]})
    made.client()("marketplace.account", "write", [made.account], {"automatic": True})
    made.hear()
    wait_until("the first pull", lambda: pulls(made) > 0)
    yield made
    made.server.stop()


def pulls(shop: ShopifyWorld) -> int:
    return shop.number("SELECT count(*) FROM marketplace_cursor WHERE pulled_at IS NOT NULL")


def place(shop: ShopifyWorld, **more: object) -> str:
    spec = {"lines": [{"sku": SKU, "quantity": 1}], "tax_exempt": True, **more}
    return str(shop.control("POST", "orders", spec)["id"])


def state(shop: ShopifyWorld, number: str) -> tuple[object, ...]:
    """State of the sales order, risk, held, awaited, and how the order came."""
    rows = shop.sql(
        "SELECT sale.state, ledger.risk, ledger.risk_held IS TRUE, ledger.risk_awaited IS TRUE,"
        " (SELECT string_agg(source, ' ' ORDER BY id) FROM marketplace_inbox"
        f"   WHERE topic = 'order' AND external_id = '{int(number)}')"
        " FROM marketplace_order ledger JOIN sale_order sale ON sale.id = ledger.sale_order_id"
        f" WHERE ledger.external_id = '{int(number)}'"
    )
    return tuple(rows[0]) if rows else ()


@covers("X37", "R361")
def test_the_risk_is_asked_for_as_soon_as_a_webhook_left_it_out(shop: ShopifyWorld) -> None:
    good, bad = place(shop), place(shop, risk="high")
    wait_until("the good order", lambda: state(shop, good)[:1] == ("sale",))
    wait_until("the bad order", lambda: state(shop, bad)[1:2] == ("high",))
    assert state(shop, good)[1:4] == ("low", False, False)
    assert state(shop, bad)[:4] == ("draft", "high", True, False)
    for number in (good, bad):
        came = str(state(shop, number)[4]).split()
        assert (came[0], "pull" in came) == ("webhook", True)
