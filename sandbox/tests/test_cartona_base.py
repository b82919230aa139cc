"""Base products: the catalogue, and updates that reach all units of one."""

from __future__ import annotations

from typing import Any

import pytest
from support import BOTH_TOKEN, RETAIL, Cartona, Control, covers, refusal

from marketplace_sandbox import SandboxServer

UPDATE = "supplier-product/bulk-update"
STOCK = "supplier-product/base-product/bulk-update-stock"
BASE = "supplier-product/base-product/bulk-update"
#: Box and piece of "Cola Can 330 ml", 24 in a box, of the retail account.
PIECE, BOX, COLA = 110782, 110783, 4092


@covers("R282", "R272")
def test_base_stock_is_divided_by_each_unit_and_floored(cartona: Cartona) -> None:
    rows = [
        {"base_product_id": COLA, "available_stock_quantity": 25},
        {"base_product_id": "4096", "available_stock_quantity": "11"},
        {"base_product_id": 9, "available_stock_quantity": 5},
        {"base_product_id": 4090},
        {"base_product_id": 4090, "available_stock_quantity": -1},
    ]
    assert cartona.post(STOCK, rows).status == 200
    stock = [cartona.product(n)["available_stock_quantity"] for n in (PIECE, BOX, 110792, 110793)]
    assert stock == [25, 1, 11, 0]
    assert cartona.product(110774)["available_stock_quantity"] == 960


def test_base_stock_stays_with_the_account_of_the_token(cartona: Cartona, control: Control) -> None:
    cartona.post(STOCK, [{"base_product_id": COLA, "available_stock_quantity": 24}])
    assert control.call("GET", "cartona/products/110784")["available_stock_quantity"] == 240


def test_base_stock_changes_the_stock_alone(cartona: Cartona) -> None:
    row = {"base_product_id": COLA, "available_stock_quantity": 24, "selling_price": 1}
    cartona.post(STOCK, [row])
    assert cartona.product(BOX)["selling_price"] == 342


@covers("R271")
def test_a_base_update_reaches_all_units_or_the_named_one(cartona: Cartona) -> None:
    cartona.post(
        BASE,
        [
            {"base_product_id": COLA, "is_published": False, "selling_price": "2.5"},
            {"base_product_id": COLA, "unit": "box", "unit_count": 24, "min_order": 7},
        ],
    )
    piece, box = cartona.product(PIECE), cartona.product(BOX)
    assert (piece["is_published"], box["is_published"]) == (False, False)
    assert (piece["selling_price"], box["selling_price"]) == (2.5, 60)
    assert (piece["min_order"], box["min_order"]) == (1, 7)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"is_published": True}, "base_product_id is needed"),
        ({"base_product_id": COLA}, "Nothing to change"),
        ({"base_product_id": 1, "in_stock": True}, "Base product not found"),
        ({"base_product_id": COLA, "unit": "box", "in_stock": True}, "unit_count is needed"),
    ],
)
def test_a_base_row_that_is_refused(
    cartona: Cartona, control: Control, row: dict[str, Any], words: str
) -> None:
    assert refusal(cartona, control, BASE, row) == words


@covers("R276")
def test_the_catalogue_is_listed_and_searched(cartona: Cartona) -> None:
    def ids(**query: Any) -> list[int]:
        rows = cartona.get("supplier-product/base-products", **query).data
        return [row["base_product_id"] for row in rows]

    assert len(ids()) == 13
    assert ids(page=2, per_page=5) == [4095, 4096, 4097, 4098, 4099]
    assert ids(search_token="WATER 1.5") == [4091]
    assert ids(search_token="مياه") == [4090, 4091]
    assert ids(search_token="zzz") == ids(base_product_id="x") == []
    (row,) = cartona.get("supplier-product/base-products", base_product_id=COLA).data
    assert row["base_product_name_ar"] == "كولا علبة ٣٣٠ مل"
    units = [{"unit": "can", "unit_count": 1}, {"unit": "box", "unit_count": 24}]
    assert row["units"] == [*units, {"unit": "pallet", "unit_count": 1440}]


def test_a_catalogue_unit_can_be_taken_into_the_offer(
    sandbox: SandboxServer, cartona: Cartona, control: Control
) -> None:
    row = {
        "base_product_id": COLA,
        "unit": "pallet",
        "unit_count": 1440,
        "internal_product_id": "P1",
        "available_stock_quantity": 3,
    }
    assert "selling_price is needed" in str(refusal(cartona, control, UPDATE, row))
    row["selling_price"] = "19000"
    both = Cartona(sandbox.url, BOTH_TOKEN)
    unlinked = {**row, "internal_product_id": None}
    assert refusal(both, control, UPDATE, unlinked) is None  # wholesale sells it already
    assert refusal(cartona, control, UPDATE, row) is None
    (found,) = cartona.get("supplier-product", internal_product_id="P1").data
    assert (found["selling_price"], found["unit"], found["supplier_code"]) == (
        19000,
        "pallet",
        RETAIL,
    )
    assert refusal(cartona, control, UPDATE, {**row, "selling_price": 18000}) is None
    assert len(cartona.get("supplier-product", internal_product_id="P1").data) == 1
    other = {"base_product_id": 4093, "unit": "box", "unit_count": 12}
    relink = {**other, "internal_product_id": "NEW", "min_order": 4}
    assert refusal(cartona, control, UPDATE, relink) is None
    (linked,) = cartona.get("supplier-product", internal_product_id="NEW").data
    assert (linked["id"], linked["min_order"]) == (110787, 4)
    control.settings(create_from_base=False)
    assert refusal(cartona, control, UPDATE, {**other, "internal_product_id": "X"}) == (
        "Product not found"
    )
    both.close()
