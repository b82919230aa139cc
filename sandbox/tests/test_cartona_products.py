"""The product list, bulk updates of products and base products, and the catalogue."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support import RETAIL, Cartona, Control, covers, refusal

UPDATE = "supplier-product/bulk-update"
#: Box and piece of "Cola Can 330 ml", 24 in a box, of the retail account.
PIECE, BOX, COLA = 110782, 110783, 4092


# === LIST === #


@covers("R275", "R276")
def test_the_list_is_bare_and_paged(cartona: Cartona) -> None:
    everything = cartona.get("supplier-product", per_page=100).data
    assert [row["id"] for row in everything][:3] == [110774, 110775, 110778]
    assert len(everything) == 26
    pages = [cartona.get("supplier-product", page=n, per_page=10).data for n in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [10, 10, 6, 0]
    assert [row for page in pages for row in page] == everything
    assert len(cartona.get("supplier-product").data) == 20
    assert len(cartona.get("supplier-product", limit=3).data) == 3
    assert len(cartona.get("supplier-product", limit=3, per_page=4).data) == 4
    assert len(cartona.get("supplier-product", per_page=10**9).data) == 26


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=x", "per_page=0", "limit=1.5"])
def test_a_page_that_is_none_is_refused(cartona: Cartona, query: str) -> None:
    for name in ("supplier-product", "order/pull-orders", "supplier-product/base-products"):
        assert cartona.get(f"{name}?{query}").status == 400


def test_the_list_is_filtered_by_either_id(cartona: Cartona) -> None:
    def ids(**query: Any) -> list[int]:
        return [row["id"] for row in cartona.get("supplier-product", **query).data]

    assert ids(supplier_product_id=PIECE) == [PIECE]
    assert ids(internal_product_id="COL-330") == [PIECE]
    assert ids(internal_product_id="COL-330", supplier_product_id=BOX) == []
    assert ids(supplier_product_id="x") == ids(internal_product_id="904#2") == []


@covers("R276")
@pytest.mark.parametrize(
    ("style", "names"),
    [
        ("both", ["id", "suppler_prodcut_id", "suppler_prodcut_name", "name"]),
        ("misspelled", ["suppler_prodcut_id", "suppler_prodcut_name"]),
        ("id", ["id", "name"]),
        ("correct", ["supplier_product_id", "supplier_product_name"]),
    ],
)
def test_the_list_spells_id_and_name_in_the_set_way(
    cartona: Cartona, control: Control, style: str, names: list[str]
) -> None:
    control.settings(product_keys=style)
    (row,) = cartona.get("supplier-product", supplier_product_id=BOX).data
    assert row == {
        **{name: BOX if name.endswith("id") else "Cola Can 330 ml" for name in names},
        "internal_product_id": "COL-330-BOX",
        "base_product_id": COLA,
        "supplier_code": RETAIL,
        "unit": "box",
        "unit_count": 24,
        "selling_price": 342,
        "available_stock_quantity": 50,
        "in_stock": True,
        "min_order": 1,
        "max_order": None,
        "is_published": True,
        "is_unlimited_stock": False,
        "remind_me_at_stock": None,
        "notes": None,
    }


def test_lists_may_come_wrapped(cartona: Cartona, control: Control) -> None:
    control.settings(list_reply="data")
    assert len(cartona.get("supplier-product", per_page=2).data["data"]) == 2
    assert cartona.get("order/pull-orders").data == {"data": []}


# === UPDATE === #


@covers("R280", "R95", "R270")
def test_every_member_can_be_changed(cartona: Cartona) -> None:
    values = {
        "min_order": 2,
        "max_order": 40,
        "available_stock_quantity": 17,
        "in_stock": False,
        "is_published": False,
        "selling_price": 12.345,
        "remind_me_at_stock": 5,
        "notes": "تُحفظ مبردة",
        "is_unlimited_stock": True,
    }
    row = {"internal_product_id": "COL-330", **values}
    answer = cartona.post(UPDATE, [row])
    assert (answer.status, answer.data) == (200, {})
    found = cartona.product(PIECE)
    assert {name: found[name] for name in values} == values
    assert cartona.product(BOX)["min_order"] == 1


@pytest.mark.parametrize(
    ("member", "given", "stored"),
    [
        ("selling_price", "12.50", 12.5),
        ("selling_price", "0.01", 0.01),
        ("selling_price", 1e3, 1000),
        ("selling_price", " 7 ", 7),
        ("available_stock_quantity", "0", 0),
        ("available_stock_quantity", 12.0, 12),
        ("available_stock_quantity", 10**9, 10**9),
        ("max_order", None, None),
        ("max_order", 0, None),
        ("remind_me_at_stock", None, None),
        ("notes", None, None),
        ("notes", "ن" * 2000, "ن" * 2000),
        ("in_stock", "false", False),
        ("is_published", "True", True),
    ],
)
def test_values_that_are_accepted(cartona: Cartona, member: str, given: Any, stored: Any) -> None:
    cartona.post(UPDATE, [{"supplier_product_id": str(PIECE), member: given}])
    assert cartona.product(PIECE)[member] == stored


BAD_VALUES: dict[str, list[Any]] = {
    "selling_price": [
        0,
        -1,
        "-1",
        "",
        "abc",
        "NaN",
        "Infinity",
        "1e5",
        "١٢",
        "1,5",
        True,
        None,
        [],
    ],
    "available_stock_quantity": [-1, 1.5, "1.5", "-0.5", "", "ten", True, None, "9" * 41],
    "in_stock": [0, 1, "yes", None, ""],
    "is_published": [2, "on", []],
    "is_unlimited_stock": [1, None],
    "min_order": [0, -1, "x", None, 201],
    "max_order": [-1, "many", 0.5],
    "remind_me_at_stock": [-1, "low"],
    "notes": ["", 1.5, "n" * 2001, ["x"]],
}


@covers("R430")
@pytest.mark.parametrize("member", BAD_VALUES)
def test_a_bad_value_refuses_its_row_and_no_other(
    cartona: Cartona, control: Control, member: str
) -> None:
    control.settings(bulk_results="errors")
    before = cartona.product(PIECE)
    bad = [
        {"supplier_product_id": PIECE, "notes": "never", member: each}
        for each in BAD_VALUES[member]
    ]
    first, last = {"supplier_product_id": BOX, "selling_price": 11}, {"min_order": 3}
    rows = [first, *bad, {"supplier_product_id": BOX, **last}]
    answer = cartona.post(UPDATE, rows)
    assert answer.status == 200
    assert [error["index"] for error in answer.data["errors"]] == list(range(1, len(bad) + 1))
    assert all(member in error["error"] for error in answer.data["errors"])
    assert cartona.product(PIECE) == before
    box = cartona.product(BOX)
    assert (box["selling_price"], box["min_order"]) == (11, 3)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"selling_price": 1}, "supplier_product_id, internal_product_id or base_product_id"),
        ({"supplier_product_id": 1}, "Product not found"),
        ({"supplier_product_id": "x"}, "Product not found"),
        ({"supplier_product_id": ""}, "supplier_product_id must not be empty"),
        ({"supplier_product_id": []}, "supplier_product_id must be text"),
        ({"supplier_product_id": True}, "supplier_product_id must be text"),
        ({"internal_product_id": "904#2"}, "Product not found"),
        ({"internal_product_id": "x" * 256}, "internal_product_id is longer than 255"),
        ({"base_product_id": COLA}, "unit is needed"),
        ({"base_product_id": COLA, "unit": "box"}, "unit_count is needed"),
        ({"base_product_id": "x", "unit": "box", "unit_count": 24}, "base_product_id must be a"),
        ({"base_product_id": COLA, "unit": "box", "unit_count": 25}, "The catalogue has no such"),
        ([], "A row must be an object"),
        (None, "A row must be an object"),
        ("110774", "A row must be an object"),
    ],
)
def test_a_row_without_a_known_product_is_refused(
    cartona: Cartona, control: Control, row: Any, words: str
) -> None:
    error = refusal(cartona, control, UPDATE, row)
    assert error is not None
    assert words in error


def test_supplier_product_id_wins_and_links(cartona: Cartona) -> None:
    cartona.post(UPDATE, [{"supplier_product_id": BOX, "internal_product_id": "479"}])
    assert cartona.product(BOX)["internal_product_id"] == "479"
    cartona.post(UPDATE, [{"internal_product_id": 479, "selling_price": 5}])
    assert cartona.product(BOX)["selling_price"] == 5
    cartona.post(UPDATE, [{"internal_product_id": "COL-330-BOX", "selling_price": 6}])
    assert cartona.product(BOX)["selling_price"] == 5
    cartona.post(UPDATE, [{"supplier_product_id": BOX, "internal_product_id": None}])
    assert cartona.product(BOX)["internal_product_id"] is None


def test_base_product_with_unit_identifies(cartona: Cartona) -> None:
    row = {"base_product_id": COLA, "unit": "box", "unit_count": "24", "selling_price": "333.3"}
    cartona.post(UPDATE, [row])
    assert cartona.product(BOX)["selling_price"] == 333.3
    assert cartona.product(PIECE)["selling_price"] == 15


def test_members_that_are_not_known_are_ignored(cartona: Cartona, control: Control) -> None:
    row = {"supplier_product_id": BOX, "colour": "red", "unit_count": 1, "min_order": 2}
    assert refusal(cartona, control, UPDATE, row) is None
    assert cartona.product(BOX)["min_order"] == 2
    assert cartona.product(BOX)["unit_count"] == 24


def test_the_last_row_for_a_product_counts(cartona: Cartona) -> None:
    rows = [{"supplier_product_id": BOX, "selling_price": price} for price in (1, 2, 3)]
    cartona.post(UPDATE, rows)
    assert cartona.product(BOX)["selling_price"] == 3


def test_largest_and_smallest_order_go_together(cartona: Cartona, control: Control) -> None:
    words = "min_order must not be above max_order"
    row = {"supplier_product_id": BOX, "min_order": 5, "max_order": 4}
    assert refusal(cartona, control, UPDATE, row) == words
    assert refusal(cartona, control, UPDATE, {**row, "max_order": 5}) is None
    assert refusal(cartona, control, UPDATE, {"supplier_product_id": BOX, "min_order": 6}) == words


def test_the_three_forms_of_a_bulk_answer(cartona: Cartona, control: Control) -> None:
    rows = [
        {"internal_product_id": "COL-330", "selling_price": 1},
        {"internal_product_id": "none", "selling_price": 1},
        7,
    ]
    assert cartona.post(UPDATE, rows).data == {}
    control.settings(bulk_results="rows")
    assert cartona.post(UPDATE, rows).data == [
        {"index": 0, "internal_product_id": "COL-330", "success": True},
        {"index": 1, "internal_product_id": "none", "success": False, "error": "Product not found"},
        {"index": 2, "success": False, "error": "A row must be an object"},
    ]
    control.settings(bulk_results="errors")
    assert cartona.post(UPDATE, rows).data == {
        "success": 1,
        "failed": 2,
        "errors": [
            {"index": 1, "internal_product_id": "none", "error": "Product not found"},
            {"index": 2, "error": "A row must be an object"},
        ],
    }


def test_a_large_bulk_with_unicode_is_whole(cartona: Cartona) -> None:
    rows = [{"supplier_product_id": BOX, "notes": "ثلاجة " * 100, "min_order": 1}] * 1000
    body = json.dumps(rows, ensure_ascii=False).encode()
    assert cartona.post_raw(UPDATE, body).status == 200
    assert cartona.product(BOX)["notes"] == ("ثلاجة " * 100).strip()
