"""The pages for people: complete, escaped, and read-only."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from support import Cartona, Client, Control, covers

from marketplace_sandbox import SandboxServer
from marketplace_sandbox.cartona.page import PRESETS
from marketplace_sandbox.faults import FaultRule

TABS = ("", "products", "orders", "requests", "faults", "accounts")


@pytest.fixture
def browser(sandbox: SandboxServer) -> Iterator[Client]:
    client = Client(sandbox.url)
    yield client
    client.close()


def page(browser: Client, path: str, status: int = 200) -> str:
    answer = browser.send("GET", path)
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer.body.decode()


@covers("R431")
@pytest.mark.parametrize("seed", ["demo", "orders", "empty", None])
def test_every_page_opens_whatever_there_is(
    browser: Client, control: Control, seed: str | None
) -> None:
    control.call("POST", "reset", {"seed": seed})
    for tab in TABS:
        text = page(browser, f"/cartona/{tab}")
        assert text.count("<main>") == text.count("</main>") == 1
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', text)
    assert "Cartona" in page(browser, "/")


def test_pages_show_what_happened(browser: Client, control: Control, cartona: Cartona) -> None:
    control.call("POST", "webhooks", {"provider": "cartona", "url": "http://127.0.0.1:9/h"})
    control.fault("slow", ms=0)
    order = control.place(wallet_top_up=50, retailer={"retailer_name": "بقالة الوحة"})
    body = [{"supplier_product_id": 110774, "selling_price": "7.77"}]
    cartona.post("supplier-product/bulk-update", body)
    control.call("PATCH", "cartona/products/110775", {"available_stock_quantity": 4321})
    live = page(browser, "/cartona/")
    for words in ("7.77", "4,321", "بقالة الوحة", "by hand", "1 fault on", "bulk-update"):
        assert words in live
    detail = page(browser, f"/cartona/orders/{order['hashed_id']}")
    assert order["retailer_otp"] in detail
    assert "order.placed" in detail
    requests = page(browser, "/cartona/requests")
    assert "7.77" in requests
    assert "http://127.0.0.1:9/h" in requests
    assert "Only Cartona" not in detail


def test_text_from_outside_is_escaped(browser: Client, control: Control, cartona: Cartona) -> None:
    evil = "<script>alert(1)</script>"
    control.call("POST", "cartona/products", {"products": [{"name": evil}]})
    line = {"product_name": evil, "amount": 1, "selling_price": 1}
    order = control.place(lines=[line], retailer={"retailer_name": evil}, note_message=evil)
    cartona.post("supplier-product/bulk-update", [{"notes": evil}])
    paths = [f"/cartona/{tab}" for tab in TABS]
    paths += [f"/cartona/orders/{order['hashed_id']}", f"/cartona/products?q={evil}"]
    for path in paths:
        assert "<script>alert" not in page(browser, path.replace("<", "%3C").replace(">", "%3E"))


def test_products_are_found_and_paged(browser: Client, control: Control) -> None:
    control.call("POST", "cartona/products", {"count": 120, "name": "صنف", "first_internal_id": 1})
    assert "158 in all, page 1 of 4" in page(browser, "/cartona/products")
    found = page(browser, "/cartona/products?q=cola+CAN&supplier=EG-WHOLESALE")
    assert re.findall(r"COL-330[-A-Z]*", found) == ["COL-330-BOX", "COL-330-PAL"]
    assert "page 4 of 4" in page(browser, "/cartona/products?page=99")
    assert "page 1 of 4" in page(browser, "/cartona/products?page=%D9%A3")
    arabic = page(browser, "/cartona/products?q=%D8%B5%D9%86%D9%81+120")
    assert arabic.count('name="selling_price"') == 1


def test_orders_are_found(browser: Client, control: Control) -> None:
    order = control.place(retailer={"retailer_name": "Seaside Kiosk"})
    control.act(order["hashed_id"], "cancel")
    for query in ("q=seaside", f"q={order['receipt_id']}", "q=&status=cancelled_by_retailer"):
        assert order["hashed_id"] in page(browser, f"/cartona/orders?{query}")
    assert order["hashed_id"] not in page(browser, "/cartona/orders?status=delivered")


def test_what_is_not_there(browser: Client) -> None:
    for path in ("/nothing", "/cartona/nothing", "/cartona/orders/none", "/cartona/products/1"):
        assert "There is nothing here" in page(browser, path, 404)
    assert browser.send("POST", "/cartona/").status == 404
    assert browser.send("GET", "/_static/../app.py").status == 404
    for name, kind in (("sandbox.css", "text/css"), ("sandbox.js", "text/javascript")):
        answer = browser.send("GET", f"/_static/{name}")
        assert (answer.status, answer.headers["content-type"]) == (200, f"{kind}; charset=utf-8")


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset[0])
def test_every_switch_of_the_fault_panel_is_a_rule(
    preset: tuple[str, str, str, dict[str, object]],
) -> None:
    rule = FaultRule.parse(preset[3], "x")
    assert rule.effect == preset[3]["effect"]
