"""The control API of the goods, the pages, and the state that survives a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from shopify_sales_support import Counter, Shop, gid
from shopify_support import (
    DEFINE,
    KEY,
    SET_STOCK,
    SUBSCRIBE,
    available,
    put,
    quantity,
    run_mutation,
    shirt,
    stock_input,
)
from support import Client, Receiver, covers

from marketplace_sandbox import SandboxServer


@pytest.fixture(autouse=True)
def goods(shop: Shop, counter: Counter) -> None:
    """A shop with the demo's goods, without orders."""
    counter.call("POST", "reset", {"provider": "shopify", "seed": "goods"})


@covers("R362")
def test_the_demo_has_the_goods_of_the_other_rooms(shop: Shop, counter: Counter) -> None:
    text = """{ shop { name currencyCode enabledPresentmentCurrencies taxesIncluded }
      locations(first: 5) { nodes { id name isActive } }
      productVariants(first: 1, query: "sku:COL-330") { nodes { price product { title } } } }"""
    found = shop.ask(text)
    assert found["shop"] == {
        "name": "Demo Shop",
        "currencyCode": "EUR",
        "enabledPresentmentCurrencies": ["EUR", "USD", "GBP"],
        "taxesIncluded": True,
    }
    assert found["locations"]["nodes"] == [
        {"id": gid("Location", 7001), "name": "Main warehouse", "isActive": True},
        {"id": gid("Location", 7002), "name": "Shop floor", "isActive": True},
    ]
    assert found["productVariants"]["nodes"] == [
        {"price": "1.79", "product": {"title": "Cola Can 330 ml"}}
    ]
    book = counter.shop("GET", "book")
    assert book["collections"]["6001"] == {"title": "Snacks", "products": [8006, 8007, 8008]}
    assert book["variants"]["40001"]["levels"]["7001"] == {
        "available": 240, "committed": 0, "on_hand": 240
    }  # fmt: skip
    counter.call("POST", "reset", {"provider": "shopify", "seed": "empty"})
    assert shop.ask("{ productsCount { count } }") == {"productsCount": {"count": 0}}
    assert len(shop.ask("{ locations(first: 5) { nodes { id } } }")["locations"]["nodes"]) == 2


@covers("R437")
def test_foreign_edits_change_and_tell(shop: Shop, counter: Counter, receiver: Receiver) -> None:
    for topic in ("PRODUCTS_UPDATE", "INVENTORY_LEVELS_UPDATE"):
        shop.do(SUBSCRIBE, topic=topic, data={"uri": receiver.url})
    found = counter.shop("PATCH", "skus/DAT-1K", {"price": "8.5", "available": 2, "location": 7002})
    assert (found["price"], found["available.7002"], found["quantity"]) == (8.5, 2, 42)
    told = [each.headers["x-shopify-topic"] for each in receiver.wait(2)]
    assert told == ["inventory_levels/update", "products/update"]
    counter.shop("PATCH", "variants/40008", {"compare_at": "10", "barcode": None})
    assert receiver.wait(3)[2].data["variants"][0]["compare_at_price"] == "10.00"
    seen = counter.shop("GET", "acceptances")
    assert [(x["field"], x["value"], x["origin"]) for x in seen] == [
        ("quantity", 2, "hand"), ("price", 8.5, "hand"), ("compare_at", 10, "hand")
    ]  # fmt: skip
    counter.shop("DELETE", "acceptances")
    assert counter.shop("GET", "acceptances") == []


@covers("R437")
@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PATCH", "skus/NOPE", {"price": 1}, 404),
        ("PATCH", "skus/COL-330", {"price": "x"}, 400),
        ("PATCH", "skus/COL-330", {"colour": "x"}, 400),
        ("PATCH", "products/8001", {"status": "GONE"}, 400),
        ("PATCH", "products/1", {}, 404),
        ("POST", "inventory", {"sku": "COL-330", "location": 1, "available": 1}, 400),
        ("POST", "inventory", {"sku": "COL-330"}, 400),
        ("POST", "products", {"products": [{"sku": "x"}]}, 400),
        ("POST", "products", {}, 400),
        ("POST", "settings", {"nope": 1}, 400),
        ("POST", "settings", {"bucket": "x"}, 400),
        ("GET", "wait?colour=x", None, 400),
        ("GET", "wait?sku=COL-330&field=price&value=3&timeout=0", None, 408),
    ],
)
def test_mistakes_of_the_control_api(
    counter: Counter, method: str, path: str, body: Any, status: int
) -> None:
    counter.shop(method, path, body, expect=status)
    assert available(counter, "COL-330") == {"7001": 240, "7002": 24}


@covers("R362")
def test_many_products_at_once(shop: Shop, counter: Counter) -> None:
    found = counter.shop("POST", "products", {"count": 3, "prefix": "WEB-", "stock": 50})
    assert [each["sku"] for each in found["variants"]] == ["WEB-1", "WEB-2", "WEB-3"]
    assert found["variants"][0] == {
        "id": 40013, "product_id": 8010, "inventory_item_id": 60013, "sku": "WEB-1"
    }  # fmt: skip
    (one,) = counter.shop("POST", "products", {"skus": ["شاي-١"]})["variants"]
    assert counter.shop("GET", "variants")[-1] == one
    levels = [x for x in counter.shop("GET", "levels") if x["inventory_item_id"] == 60013]
    assert levels == [{"inventory_item_id": 60013, "location_id": 7001, "available": 50}]
    counter.shop("GET", "wait?sku=WEB-2&field=price&value=9.990&timeout=0")
    counter.shop("GET", "wait?sku=WEB-2&field=available.7001&value=50&timeout=0")
    assert counter.shop("GET", "wait?calls=0&endpoint=productSet")["matched"] is True


@covers("R362")
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("", "Cola Can 330 ml"),
        ("products?q=tsh-bla", "Nile T-Shirt"),
        ("products?status=DRAFT", "No product here."),
        ("products/8009", "TSH-SAN-M"),
        ("collections", "Featured"),
        ("work", "Nobody has subscribed."),
        ("requests", "No request yet."),
    ],
)
def test_pages(shop: Shop, counter: Counter, path: str, text: str) -> None:
    counter.call("DELETE", "calls")
    found = shop.send("GET", f"/shopify/{path}")
    assert found.status == 200
    assert text in found.body.decode()


@covers("R362")
def test_pages_that_do_not_exist_and_links_into_the_admin(shop: Shop) -> None:
    for path in ("products/1", "products/x", "nope", "work/1"):
        assert shop.send("GET", f"/shopify/{path}").status == 404
    for path, page in (("products/8001", "products/8001"), ("collections/6001", "collections")):
        found = shop.send("GET", f"/shopify/admin/{path}")
        assert (found.status, found.headers["location"]) == (302, f"/shopify/{page}")


@covers("R362")
def test_the_page_shows_what_was_pushed_and_escapes_it(shop: Shop) -> None:
    made = put(shop, shirt(title="<b>Shirt</b>", tags=["fresh"]))
    number = made["id"].rsplit("/", 1)[1]
    page = shop.send("GET", f"/shopify/products/{number}").body.decode()
    assert "&lt;b&gt;Shirt&lt;/b&gt;" in page
    assert ("<b>Shirt</b>" in page, "fresh" in page, "CS-B" in page) == (False, True, True)


@covers("R362", "X46")
def test_everything_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with SandboxServer(state=path) as server:
        server.rooms["shopify"].seed("goods")
        shop, counter = Shop(server.url), Counter(server.url)
        shop.do(DEFINE, definition=KEY)
        custom = {"customId": {"namespace": "odoo", "key": "product", "value": "42"}}
        made = put(shop, shirt(), identifier=custom)
        stock = stock_input(quantity(60001, 7001, 5, 240))
        first = shop.do(SET_STOCK, key="a", input=stock)
        shop.do(SUBSCRIBE, topic="ORDERS_PAID", data={"uri": "https://odoo.example/x"})
        counter.fault("stuck", match={"provider": "shopify", "endpoint": "bulkOperation"})
        row = {"identifier": custom, "input": {"title": "Never"}}
        query = """mutation ($identifier: ProductSetIdentifiers!, $input: ProductSetInput!) {
          productSet(identifier: $identifier, input: $input) { userErrors { message } } }"""
        number = run_mutation(shop, query, [row] * 30)
        shop.close()
        counter.close()
    with SandboxServer(state=path) as server:
        shop, counter = Shop(server.url), Counter(server.url)
        assert put(shop, shirt(), identifier=custom)["id"] == made["id"]
        assert shop.do(SET_STOCK, key="a", input=stock) == first
        assert available(counter, "COL-330") == {"7001": 5, "7002": 24}
        rows = counter.shop("GET", "subscriptions")
        assert [each["topic"] for each in rows] == ["ORDERS_PAID"]
        operation = next(x for x in counter.shop("GET", "bulk") if x["id"] == number)
        assert (operation["status"], operation["error_code"]) == (
            "FAILED", "INTERNAL_SERVER_ERROR"
        )  # fmt: skip
        found = shop.ask('{ productVariants(first: 5, query: "sku:CS-R") { nodes { sku } } }')
        assert found["productVariants"]["nodes"] == [{"sku": "CS-R"}]
        shop.close()
        counter.close()


@covers("R362")
def test_everything_is_in_the_state(counter: Counter) -> None:
    state = counter.call("GET", "state")["rooms"]["shopify"]
    assert len(state["products"]) == 9
    assert {"settings", "tokens", "subscriptions", "locations", "collections", "publications",
            "price_lists", "bulk_operations", "metafield_definitions"} <= set(state)  # fmt: skip


@covers("R362")
def test_the_start_page_knows_the_room(shop: Shop) -> None:
    client = Client(f"http://{shop.host}")
    page = client.send("GET", "/").body.decode()
    client.close()
    assert "Shopify" in page
