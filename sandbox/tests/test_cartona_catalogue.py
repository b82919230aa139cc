"""Products made, changed and removed by the control API."""

from __future__ import annotations

from typing import Any

import pytest
from support import RETAIL, Cartona, Control, covers

PIECE = 110782


@covers("R432")
def test_many_products_are_made_at_once(cartona: Cartona, control: Control) -> None:
    rows = control.call(
        "POST",
        "cartona/products",
        {"count": 10_000, "first_internal_id": 500, "selling_price": "3.5", "unit": "can"},
    )
    assert len(rows) == len({row["id"] for row in rows}) == 10_000
    assert [row["internal_product_id"] for row in rows[:2]] == ["500", "501"]
    last = cartona.product(rows[-1]["id"])
    assert (last["selling_price"], last["unit"], last["internal_product_id"]) == (
        3.5,
        "can",
        "10499",
    )
    rows = cartona.get("supplier-product", page=11, per_page=1000).data
    assert len(rows) == 26


def test_products_are_made_one_by_one(control: Control, cartona: Cartona) -> None:
    made = control.call(
        "POST",
        "cartona/products",
        {
            "supplier_code": RETAIL,
            "products": [
                {"id": 7, "name": "جبنة", "internal_product_id": 479, "base_product_id": 88},
                {"name": "جبنة", "unit": "box", "unit_count": 6, "base_product_id": 88},
            ],
        },
    )
    assert made[0] == {
        "id": 7,
        "supplier_code": RETAIL,
        "internal_product_id": "479",
        "base_product_id": 88,
    }
    (base,) = cartona.get("supplier-product/base-products", base_product_id=88).data
    assert [unit["unit_count"] for unit in base["units"]] == [1, 6]
    listed = control.call("GET", f"cartona/products?supplier_code={RETAIL}&after=110800")
    assert made[1]["id"] not in {7} and made[1]["id"] not in {row["id"] for row in listed[:5]}
    control.call("DELETE", "cartona/products/7")
    control.call("GET", "cartona/products/7", expect=404)
    assert cartona.get("supplier-product", internal_product_id="479").data == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"count": 0},
        {"count": "many"},
        {"products": {}},
        {"products": [7]},
        {"products": [{}]},
        {"products": [{"name": "a"}], "count": 1},
        {"products": [{"name": "a", "unit": "litre"}]},
        {"products": [{"name": "a", "unit": ["box"]}]},
        {"products": [{"name": "a", "unit_count": 0}]},
        {"products": [{"name": "a", "selling_price": -1}]},
        {"products": [{"name": "a", "min_order": 5, "max_order": 2}]},
        {"products": [{"name": "a", "id": 110774}]},
        {"products": [{"name": "a"}], "supplier_code": "NOBODY"},
        {"products": [{"name": "good"}, {"name": ""}]},
    ],
)
def test_products_that_are_malformed_are_not_made(control: Control, body: dict[str, Any]) -> None:
    assert "error" in control.call("POST", "cartona/products", body, expect=400)
    assert len(control.call("GET", "cartona/products")) == 38


def test_a_change_by_hand_is_a_foreign_edit(control: Control, cartona: Cartona) -> None:
    body = {"selling_price": "1.5", "internal_product_id": "", "is_published": False}
    found = control.call("PATCH", f"cartona/products/{PIECE}", body)
    assert (found["selling_price"], found["internal_product_id"]) == (1.5, None)
    assert cartona.product(PIECE)["is_published"] is False
    assert control.call("GET", "calls?endpoint=supplier-product/bulk-update") == []
    for bad in ({"selling_price": 0}, {"colour": 1}, {"name": "x"}):
        control.call("PATCH", f"cartona/products/{PIECE}", bad, expect=400)
    control.call("PATCH", "cartona/products/1", {}, expect=404)
