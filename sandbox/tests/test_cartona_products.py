"""The product list, bulk updates of products and base products, and the catalogue."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support import BOTH_TOKEN, RETAIL, Cartona, Control, covers

from marketplace_sandbox import SandboxServer

UPDATE = "supplier-product/bulk-update"
STOCK = "supplier-product/base-product/bulk-update-stock"
BASE = "supplier-product/base-product/bulk-update"
#: Box and piece of "Cola Can 330 ml", 24 in a box, of the retail account.
PIECE, BOX, COLA = 110782, 110783, 4092


def refusal(cartona: Cartona, control: Control, name: str, row: Any) -> str | None:
    """Send one row; the error of that row, or None when it was accepted."""
    control.settings(bulk_results="rows")
    answer = cartona.post(name, [row])
    assert answer.status == 200
    (result,) = answer.data
    assert result["success"] is ("error" not in result)
    error: str | None = result.get("error")
    return error


# === LIST === #


@covers("R275", "R276")
def test_the_list_is_bare_and_paged(cartona: Cartona) -> None:
    everything = cartona.get("supplier-product", per_page=100).data
    assert [row["id"] for row in everything][:3] == [110774, 110775, 110778]
    assert len(everything) == 26
    pages = [cartona.get("supplier-product", page=n, per_page=10).data for n in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [10, 10, 6, 0]
    assert sum(pages, []) == everything
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


@covers("R430")
@pytest.mark.parametrize(
    ("member", "given"),
    [
        *[("selling_price", bad) for bad in
          (0, -1, "-1", "", "abc", "NaN", "Infinity", "1e5", "١٢", "1,5", True, None, [], {}, 1e10)],
        *[("available_stock_quantity", bad) for bad in
          (-1, 1.5, "1.5", "-0.5", "", "ten", True, None, 10**9 + 1, "9" * 41)],
        *[("in_stock", bad) for bad in (0, 1, "yes", None, "")],
        *[("is_published", bad) for bad in (2, "on", [])],
        *[("is_unlimited_stock", bad) for bad in (1, None)],
        *[("min_order", bad) for bad in (0, -1, "x", None, 201)],
        *[("max_order", bad) for bad in (-1, "many", 0.5)],
        *[("remind_me_at_stock", bad) for bad in (-1, "low")],
        *[("notes", bad) for bad in ("", 1.5, "n" * 2001, ["x"])],
    ],
)  # fmt: skip
def test_a_bad_value_refuses_its_row_and_no_other(
    cartona: Cartona, control: Control, member: str, given: Any
) -> None:
    before = cartona.product(PIECE)
    rows = [
        {"supplier_product_id": BOX, "selling_price": 11},
        {"supplier_product_id": PIECE, "notes": "never", member: given},
        {"supplier_product_id": BOX, "min_order": 3},
    ]
    assert cartona.post(UPDATE, rows).status == 200
    assert cartona.product(PIECE) == before
    box = cartona.product(BOX)
    assert (box["selling_price"], box["min_order"]) == (11, 3)
    assert refusal(cartona, control, UPDATE, rows[1]) is not None


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


# === BASE PRODUCTS === #


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


# === BY THE CONTROL API === #


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


def test_a_large_bulk_with_unicode_is_whole(cartona: Cartona) -> None:
    rows = [{"supplier_product_id": BOX, "notes": "ثلاجة " * 100, "min_order": 1}] * 1000
    body = json.dumps(rows, ensure_ascii=False).encode()
    assert cartona.post_raw(UPDATE, body).status == 200
    assert cartona.product(BOX)["notes"] == ("ثلاجة " * 100).strip()
