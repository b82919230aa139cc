"""The room in the house: seeds, pages, control API, state that survives, waiting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from amazon_support import UK, US, Amazon, AmazonControl, home, offer, replace, stock
from support import Client, covers

from marketplace_sandbox import SandboxServer
from marketplace_sandbox.amazon.page_presets import PRESETS
from marketplace_sandbox.faults import FaultRule

TABS = ("", "listings", "orders", "work", "money", "queue", "requests", "faults", "access")


@pytest.fixture
def browser(sandbox: SandboxServer) -> Iterator[Client]:
    client = Client(sandbox.url)
    yield client
    client.close()


def page(browser: Client, path: str, status: int = 200) -> str:
    answer = browser.send("GET", f"/amazon/{path}")
    assert answer.status == status, answer.body
    return answer.body.decode()


# === SEEDS === #


@covers("R431")
def test_the_demo_sells_the_products_of_the_suites_demo(backstage: AmazonControl) -> None:
    backstage.call("POST", "reset", {"seed": "demo"})
    book = backstage.book()
    assert set(book["listings"]) == {
        "COL-330",
        "ORJ-1L",
        "TEA-100",
        "CHO-WFR",
        "DAT-1K",
        "TEA-100-FBA",
        "DAT-1K-FBA",
    }
    cartona = {each["internal_product_id"] for each in backstage.call("GET", "cartona/products")}
    own = {name for name in book["listings"] if not name.endswith("-FBA")}
    assert own <= cartona
    assert [each["status"] for each in book["orders"].values()] == [
        "SHIPPED",
        "SHIPPED",
        "UNSHIPPED",
        "PENDING",
    ]
    assert book["reservations"] == {"COL-330": 6, "DAT-1K": 3, "ORJ-1L": 2}
    assert book["listings"]["CHO-WFR"]["issues"] == ["99300"]
    assert backstage.amazon("GET", "queue") == []
    backstage.call("POST", "seed", {"name": "orders", "provider": "amazon"})
    assert len(backstage.book()["orders"]) == 12
    assert len(backstage.amazon("GET", "orders?status=UNSHIPPED")) == 9
    backstage.call("POST", "seed", {"name": "nothing", "provider": "amazon"}, expect=400)
    backstage.call("POST", "reset")
    assert backstage.book()["orders"] == {}


@covers("R431")
def test_the_state_survives_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    with SandboxServer(state=file, seed="demo") as server:
        control, seller = AmazonControl(server.url), Amazon(server.url)
        control.set(rates=0, feed_queue_seconds=5, vat_rows="added", denied=["searchOrders"])
        seller.login()
        seller.put("Ä/1", home(purchasable_offer=offer(3.5)))
        feed = seller.feed("JSON_LISTINGS_FEED", b"{}")
        control.amazon("POST", "orders", {"count": 30, "mixed": True})
        control.amazon("POST", "settlements", {"marketplace": US})
        before = control.call("GET", "state")["rooms"]["amazon"]
    with SandboxServer(state=file) as server:
        control = AmazonControl(server.url)
        after = control.call("GET", "state")["rooms"]["amazon"]
        assert after == before
        control.advance(3000)
        assert {each["id"]: each["status"] for each in control.amazon("GET", "feeds")} == {
            feed: "FATAL"
        }
        again = Amazon(server.url)
        again.login()
        assert again.item("Ä/1")["summaries"][0]["status"] == ["DISCOVERABLE"]
        report = control.amazon("GET", "settlements")[0]["report"]
        assert again.ok("GET", f"/reports/2021-06-30/reports/{report}")["reportId"] == report


def test_a_further_refresh_token_and_no_webhooks(backstage: AmazonControl, amazon: Amazon) -> None:
    backstage.amazon("POST", "tokens", {"token": "Atzr|second"})
    assert amazon.login(refresh_token="Atzr|second")["expires_in"] == 3600
    body = {"provider": "amazon", "url": "http://127.0.0.1:9/"}
    backstage.call("POST", "webhooks", body, expect=400)


# === CONTROL API === #


@pytest.mark.parametrize(
    "values",
    [
        {"rates": -1},
        {"rates": "fast"},
        {"rates": True},
        {"vat_rows": "some"},
        {"compress": 1},
        {"denied": "searchOrders"},
        {"marketplaces": []},
        {"marketplaces": ["nowhere"]},
        {"encoding": "klingon"},
        {"colour": "red"},
    ],
)
def test_settings_that_are_refused(backstage: AmazonControl, values: dict[str, Any]) -> None:
    before = backstage.amazon("GET", "settings")
    backstage.amazon("POST", "settings", values, 400)
    assert backstage.amazon("GET", "settings") == before


def test_listings_made_and_changed_by_hand(backstage: AmazonControl, amazon: Amazon) -> None:
    skus = backstage.amazon("POST", "listings", {"count": 3, "first": 7, "price": "4.50"})
    assert skus == ["SKU-00007", "SKU-00008", "SKU-00009"]
    state = backstage.amazon("PATCH", "listings/SKU-00008", {"price": "5.25", "quantity": 9})
    assert (state["prices"][UK], state["quantity"]) == ("5.25", 9)
    assert state["prices"][US] == "5.85"
    assert backstage.amazon("GET", "listings/SKU-00008") == state
    backstage.amazon("PATCH", "listings/SKU-00008", {"price": "-1"}, 400)
    backstage.amazon("PATCH", "listings/NOTHING", {"price": "1"}, 404)
    backstage.amazon("DELETE", "listings/SKU-00007")
    backstage.amazon("POST", "listings", {"sku": "X", "attributes": {}}, 400)
    assert set(backstage.book()["listings"]) == {"SKU-00008", "SKU-00009"}
    names = [each["names"] for each in backstage.amazon("GET", "acceptances?sku=SKU-00008")]
    assert names[-1] == ["fulfillment_availability", "purchasable_offer"]


@covers("R431")
def test_waiting_for_what_a_client_does(backstage: AmazonControl, amazon: Amazon) -> None:
    amazon.put("V", home(purchasable_offer=offer(3)))
    found = backstage.amazon("GET", "wait?sku=V&field=price&value=3.00&timeout=0")
    assert found["matched"] is True and found["listing"]["sku"] == "V"
    missed = backstage.amazon("GET", "wait?sku=V&field=price&value=4&timeout=0", expect=408)
    assert missed["matched"] is False
    backstage.set(feed_seconds=0.3)
    backstage.call("DELETE", "clock")  # what is due on the clock happens while somebody waits
    amazon.login()
    content = {
        "header": {"sellerId": "A2DEMOSELLER", "version": "2.0"},
        "messages": [
            {
                "messageId": 1,
                "sku": "V",
                "operationType": "PATCH",
                "productType": "PRODUCT",
                "patches": [replace("fulfillment_availability", stock(5))],
            }
        ],
    }
    amazon.feed("JSON_LISTINGS_FEED", content)
    found = backstage.amazon("GET", "wait?sku=V&field=quantity&value=5&timeout=10")
    assert found["matched"] is True
    order = backstage.order_of()
    backstage.amazon("GET", f"wait?order={order['id']}&value=PENDING&timeout=0")
    backstage.amazon("GET", "wait?calls=1&endpoint=putListingsItem&timeout=0")
    backstage.amazon("GET", "wait?timeout=0", expect=400)


def test_steps_that_are_refused(backstage: AmazonControl) -> None:
    order = backstage.order_of(status="UNSHIPPED")
    item = order["items"][0]["id"]
    backstage.step(order, "fly", expect=400)
    backstage.step(order, "ship", items=["x"], expect=400)
    backstage.step(order, "ship", items={item: "1"}, expect=400)
    backstage.step(order, "ship", items={"1": 1}, expect=422)
    backstage.step(order, "deliver", expect=422)
    backstage.step(order, "return", expect=422)
    backstage.step(order, "refund", expect=422)
    backstage.step(order, "ship")
    backstage.step(order, "refund", parts={item: {"Principal": "x"}}, expect=400)
    backstage.step(order, "refund", parts={item: {"Principal": "10.01"}}, expect=422)
    backstage.step(order, "refund", parts={item: {"Principal": "0"}}, expect=422)
    backstage.step({"id": "202-0000000-0000000"}, "pay", expect=404)


# === PAGES === #


@covers("R431")
@pytest.mark.parametrize("seed", ["demo", "orders", "empty", None])
def test_every_page_opens_whatever_there_is(
    browser: Client, backstage: AmazonControl, seed: str | None
) -> None:
    backstage.call("POST", "reset", {"seed": seed})
    if seed == "orders":
        backstage.amazon("POST", "orders", {"count": 60, "mixed": True})
        for market in (UK, US):
            backstage.amazon("POST", "settlements", {"marketplace": market})
    for tab in TABS:
        text = page(browser, tab)
        assert text.count("<main>") == text.count("</main>") == 1
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', text)
    book = backstage.book()
    for order in book["orders"]:
        assert order in page(browser, f"orders/{order}")
    for sku in book["listings"]:
        assert sku in page(browser, f"listings/{sku}")
    for path in ("orders/nothing", "listings/nothing", "nothing"):
        page(browser, path, 404)
    assert "Amazon" in browser.send("GET", "/").body.decode()


def test_pages_show_what_happened(
    browser: Client, backstage: AmazonControl, amazon: Amazon
) -> None:
    rule = {"effect": "stuck", "match": {"endpoint": "processFeed"}}
    backstage.call("POST", "faults", rule)
    title = [{"value": "Vase <b>&", "language_tag": "en_GB", "marketplace_id": UK}]
    amazon.put("V", home(item_name=title, purchasable_offer=offer(3)))
    backstage.amazon("POST", "issues/V", {"message": "Too blue", "severity": "WARNING"})
    feed = amazon.feed("JSON_LISTINGS_FEED", b"{}")
    address = {"name": "Żółć <i>"}
    order = backstage.order_of(status="SHIPPED", lines=[{"sku": "V"}], address=address)
    live = page(browser, "")
    for words in ("Vase &lt;b&gt;&amp;", feed, order["id"], "1 fault on", "no limits"):
        assert words in live
    assert "Release" in page(browser, "work")
    assert "Too blue" in page(browser, "listings/V")
    assert "Żółć &lt;i&gt;" in page(browser, f"orders/{order['id']}")
    assert "ORDER_CHANGE" in page(browser, "queue")
    assert "putListingsItem" in page(browser, "requests")
    assert order["id"] in page(browser, "money")
    assert "V" in page(browser, "listings?issues=1&q=vase")
    assert "No listing here" in page(browser, "listings?q=nothing")
    assert order["id"] in page(browser, f"orders?q={order['id'].lower()}")
    assert "No order here" in page(browser, "orders?q=nobody")


@covers("R431")
def test_every_fault_of_the_page_is_a_rule() -> None:
    for identifier, _, _, rule in PRESETS:
        assert FaultRule.parse(rule, identifier).effect == rule["effect"]
    assert len({each[0] for each in PRESETS}) == len(PRESETS)


def test_the_page_of_an_order_offers_the_steps_that_it_can_take(
    browser: Client, backstage: AmazonControl
) -> None:
    order = backstage.order_of()
    pending = page(browser, f"orders/{order['id']}")
    assert "Let it become unshipped" in pending and "Ship by hand" not in pending
    backstage.step(order, "pay")
    assert "Ship by hand" in page(browser, f"orders/{order['id']}")
    item = order["items"][0]["id"]
    backstage.step(order, "ship", items={f"id{item}": 1})  # as the form names it
    shipped = page(browser, f"orders/{order['id']}")
    assert "Deliver" in shipped and f'name="items.id{item}"' in shipped
