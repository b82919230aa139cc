"""Random orders: realistic, repeatable, and of the shape of the contract."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from support import BOTH_TOKEN, WHOLESALE, Cartona, Control, covers, specs


def batch(control: Control, count: int = 200, **spec: Any) -> list[dict[str, Any]]:
    """Orders of a catalogue with stock enough, one at the same moment."""
    control.call("POST", "reset", {"seed": "demo"})
    control.call("POST", "clock", {"mode": "frozen", "at": "2026-05-01T10:00:00Z"})
    stock = {"base_product_id": 0, "available_stock_quantity": 10**9}
    rows = [{**stock, "base_product_id": 4090 + number} for number in range(13)]
    supplier = Cartona(f"http://{control.host}", BOTH_TOKEN)
    supplier.post("supplier-product/base-product/bulk-update-stock", rows)
    supplier.close()
    found: list[dict[str, Any]] = control.call("POST", "cartona/orders", {"count": count, **spec})
    return found


@covers("R432")
def test_the_same_seed_draws_the_same_orders(control: Control) -> None:
    assert batch(control, 50) == batch(control, 50)


@covers("R432", "R430")
def test_orders_are_as_varied_as_real_ones(control: Control) -> None:
    orders = batch(control)
    assert len({order["hashed_id"] for order in orders}) == 200
    numeric = [order for order in orders if order["hashed_id"].isdigit()]
    assert 60 < len(numeric) < 140
    shares = {
        "credit": sum(order["cartona_credit"] > 0 for order in orders),
        "instalment": sum(order["installment_cost"] > 0 for order in orders),
        "top-up": sum(order["wallet_top_up"] > 0 for order in orders),
        "no code": sum(order["retailer"]["retailer_code"] is None for order in orders),
        "by cartona": sum(order["delivered_by"] == "delivered_by_cartona" for order in orders),
        "note": sum(order["note_message"] is not None for order in orders),
    }
    assert all(5 <= count <= 130 for count in shares.values()), shares
    names = {order["retailer"]["retailer_name"] for order in orders}
    assert any(re.search(r"[\u0600-\u06ff]", name) for name in names)
    assert any(re.fullmatch(r"[ -~]+", name) for name in names)
    offers = [
        order
        for order in orders
        if len({line["supplier_product_id"] for line in order["lines"]}) < len(order["lines"])
    ]
    assert len(offers) > 10
    assert len({order["retailer_otp"][0] for order in orders}) == 10


@covers("R432")
def test_every_order_adds_up(control: Control) -> None:
    for order in batch(control):
        total = sum(round(line["amount"] * line["selling_price"], 4) for line in order["lines"])
        assert round(total, 2) == round(order["total_price"], 2)
        assert order["cash_to_collect"] >= 0
        assert re.fullmatch(r"\+20\d{10}", order["retailer"]["retailer_number"])
        assert re.fullmatch(r"\d{6}", order["retailer_otp"])
        assert order["needs_otp"] == (order["installment_cost"] > 0 or order["wallet_top_up"] > 0)
        for line in order["lines"]:
            assert line["selling_price"] > 0
            assert 1 <= line["amount"] <= 200


def test_plain_orders_have_no_surprises(control: Control) -> None:
    for order in batch(control, 100, plain=True, line_count=3):
        assert len({line["supplier_product_id"] for line in order["lines"]}) == 3
        assert len(order["lines"]) == 3
        assert order["retailer"]["retailer_code"] is not None
        assert order["delivered_by"] == "delivered_by_supplier"
        money = ("cartona_credit", "installment_cost", "wallet_top_up")
        assert [order[name] for name in money] == [0, 0, 0]


def test_random_orders_keep_to_what_is_on_offer(control: Control) -> None:
    for order in control.call("POST", "cartona/orders", {"count": 20}):
        assert all(line["taken"] == line["amount"] for line in order["lines"])
    for product in control.call("GET", "cartona/products"):
        assert product["available_stock_quantity"] >= 0
    order = control.call("POST", "cartona/orders", {"supplier_code": WHOLESALE, "plain": True})
    for line in order["lines"]:
        assert line["amount"] >= (5 if line["unit"] == "box" else 1)
    control.call("POST", "reset", {"seed": "empty"})
    assert "nothing on offer" in control.call("POST", "cartona/orders", {}, expect=400)["error"]


@covers("R430")
@pytest.mark.parametrize("extras", [True, False])
def test_orders_have_the_shape_of_the_contract(
    cartona: Cartona, control: Control, extras: bool
) -> None:
    schema = json.loads(specs("cartona", "cartona-order.schema.json").read_text())
    jsonschema = pytest.importorskip("jsonschema")
    batch(control, 100)
    control.settings(order_extras=extras)
    line = {"internal_product_id": "904#2", "product_name": "جبن", "price": 1, "amount": 2.5}
    order = control.place(lines=[line], delivered_by=None)["hashed_id"]
    control.act(order, "begin-edit")
    control.act(order, "cancel", reason="missing_items")
    orders = cartona.get("order/pull-orders", per_page=1000).data
    assert len(orders) == 101
    schema["$ref"] = "#/$defs/orders"
    jsonschema.Draft202012Validator(schema).validate(orders)
