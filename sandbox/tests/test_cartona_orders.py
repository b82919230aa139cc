"""Placing, editing, cancelling and returning; the stock they move; the supplier's line edits."""

from __future__ import annotations

from typing import Any

import pytest
from support import RETAIL, WHOLESALE, Cartona, Control, covers

DETAILS = "order/update-order-details"
COLA, MILK, WATER = 110782, 110792, 110774


def stock(control: Control, identifier: int) -> int:
    found: int = control.call("GET", f"cartona/products/{identifier}")["available_stock_quantity"]
    return found


def edit(cartona: Cartona, control: Control, order: str, details: Any) -> str | None:
    """The supplier changes lines; the error of the row, or None."""
    control.settings(bulk_results="rows")
    answer = cartona.post(DETAILS, [{"hashed_id": order, "order_details": details}])
    assert answer.status == 200
    error: str | None = answer.data[0].get("error")
    return error


def lines(control: Control, order: str) -> list[tuple[Any, Any, Any]]:
    return [
        (line["supplier_product_id"], line["amount"], line["selling_price"])
        for line in control.order(order)["lines"]
    ]


# === THE SUPPLIER CHANGES LINES === #


@covers("R281", "R278", "R269")
def test_the_published_example_of_a_line_edit(cartona: Cartona, control: Control) -> None:
    requests = [{"supplier_product_id": each, "amount": 2} for each in (COLA, MILK)]
    order = control.place(lines=requests)
    first, second = (line["id"] for line in order["lines"])
    details = [
        {"id": first, "amount": 5.0},
        {"id": second, "cancelled": True},
        {"internal_product_id": "WTR-600", "amount": 4.0, "price": 5.5},
    ]
    body = [{"hashed_id": order["hashed_id"], "order_details": details}]
    answer = cartona.post(DETAILS, body)
    assert (answer.status, answer.data) == (200, {})
    assert lines(control, order["hashed_id"]) == [(COLA, 5, 15), (WATER, 4, 5.5)]
    assert control.order(order["hashed_id"])["total_price"] == 97
    (pulled,) = cartona.get("order/pull-orders").data
    assert pulled["total_price"] == 97
    assert [line["amount"] for line in pulled["order_details"]] == [5, 4]


@covers("R269")
@pytest.mark.parametrize(
    ("request_", "product", "price"),
    [
        ({"supplier_product_id": str(COLA), "internal_product_id": "WTR-600"}, COLA, 15),
        ({"internal_product_id": "WTR-600", "base_product_id": 4092}, WATER, 6),
        ({"base_product_id": 4092, "unit": "box", "unit_count": 24}, COLA + 1, 342),
        ({"base_product_id": "4092", "unit": "can", "unit_count": 1, "price": "14"}, COLA, 14),
        ({"internal_product_id": "MLK-1L"}, MILK, 42),
    ],
)
def test_an_added_line_names_its_product_in_the_published_order(
    cartona: Cartona, control: Control, request_: dict[str, Any], product: int, price: float
) -> None:
    order = control.place(lines=[{"internal_product_id": "MLK-1L", "amount": 1}])["hashed_id"]
    assert edit(cartona, control, order, [{**request_, "amount": 2}]) is None
    assert lines(control, order) == [(MILK, 1, 42), (product, 2, price)]


@pytest.mark.parametrize(
    ("status", "allowed"),
    [
        ("pending", True),
        ("approved", True),
        ("assigned_to_salesman", True),
        ("editing", False),
        ("delivered", False),
        ("cancelled_by_retailer", False),
        ("cancelled_by_supplier", False),
        ("returned", False),
    ],
)
def test_lines_may_be_changed_in_open_orders_only(
    cartona: Cartona, control: Control, status: str, allowed: bool
) -> None:
    order = control.place(status=status)
    detail = {"id": order["lines"][0]["id"], "amount": 7, "price": 3}
    error = edit(cartona, control, order["hashed_id"], [detail])
    assert (error is None) is allowed
    assert lines(control, order["hashed_id"]) == [(COLA, 7, 3) if allowed else (COLA, 1, 15)]


@pytest.mark.parametrize(
    ("details", "words"),
    [
        (None, "order_details must be a list with at least one line"),
        ([], "order_details must be a list with at least one line"),
        ({}, "order_details must be a list with at least one line"),
        (["x"], "a detail must be an object"),
        ([{"id": 1, "amount": 2}], "The order has no line 1"),
        ([{"id": "x", "amount": 2}], "id must be a number"),
        ([{"id": "LINE"}], "a detail needs amount, price or cancelled"),
        ([{"id": "LINE", "amount": 0}], "amount must be above 0"),
        ([{"id": "LINE", "amount": -1}], "amount must be between 0"),
        ([{"id": "LINE", "amount": "many"}], "amount must be a number"),
        ([{"id": "LINE", "price": -1}], "price must be between 0"),
        ([{"id": "LINE", "cancelled": "yes"}], "cancelled must be true or false"),
        ([{"id": "LINE", "cancelled": True}], "An order keeps at least one line"),
        ([{"amount": 1}], "Product not found"),
        ([{"internal_product_id": "none", "amount": 1}], "Product not found"),
        ([{"id": "LINE", "amount": 9}, {"id": 1, "amount": 9}], "The order has no line 1"),
    ],
)
def test_a_bad_detail_leaves_the_whole_order_as_it_was(
    cartona: Cartona, control: Control, details: Any, words: str
) -> None:
    order = control.place()
    line, before = order["lines"][0]["id"], stock(control, COLA)
    if isinstance(details, list):
        details = [
            {**each, "id": line} if isinstance(each, dict) and each.get("id") == "LINE" else each
            for each in details
        ]
    error = edit(cartona, control, order["hashed_id"], details)
    assert error is not None
    assert error.startswith(words)
    assert lines(control, order["hashed_id"]) == [(COLA, 1, 15)]
    assert stock(control, COLA) == before


def test_one_bad_order_does_not_stop_the_others(cartona: Cartona, control: Control) -> None:
    orders = [control.place() for _ in range(2)]
    rows: list[Any] = [
        {
            "hashed_id": each["hashed_id"],
            "order_details": [{"id": each["lines"][0]["id"], "amount": 3}],
        }
        for each in orders
    ]
    rows[1:1] = [{"hashed_id": "none", "order_details": []}, None]
    assert cartona.post(DETAILS, rows).data == {}
    assert [lines(control, each["hashed_id"]) for each in orders] == [[(COLA, 3, 15)]] * 2


# === THE RETAILER CHANGES HIS ORDER === #


@covers("R430")
def test_the_supplier_waits_while_the_retailer_edits(cartona: Cartona, control: Control) -> None:
    order = control.place()
    hashed_id, line = order["hashed_id"], order["lines"][0]["id"]
    control.act(hashed_id, "begin-edit")
    answer = cartona.post(f"order/update-order-status/{hashed_id}", {"status": "approved"})
    assert (answer.status, answer.data["details"]) == (422, "The retailer is editing the order")
    assert edit(cartona, control, hashed_id, [{"id": line, "amount": 2}]) == (
        "The retailer is editing the order"
    )
    control.act(hashed_id, "edit", lines=[{"id": line, "amount": 4}])
    found = control.order(hashed_id)
    assert (found["status"], found["lines"][0]["amount"]) == ("pending", 4)
    assert found["edited_by_admin"] is False
    assert [each["text"] for each in found["history"]] == [
        "placed",
        "started editing",
        "changed lines",
    ]


def test_only_staff_may_change_an_approved_order(control: Control) -> None:
    order = control.place(status="approved")
    hashed_id, details = order["hashed_id"], [{"id": order["lines"][0]["id"], "amount": 2}]
    control.act(hashed_id, "edit", 422, lines=details)
    control.act(hashed_id, "edit", 422, lines=details, by="somebody")
    control.act(hashed_id, "begin-edit", 422)
    found = control.act(hashed_id, "edit", lines=details, by="admin")
    assert (found["status"], found["edited_by_admin"]) == ("approved", True)
    control.act(hashed_id, "status", status="returned", force=True)
    control.act(hashed_id, "edit", 422, lines=details, by="admin")


def test_cancelling_and_returning(control: Control) -> None:
    order = control.place()["hashed_id"]
    control.act(order, "cancel", 422, reason="mood")
    assert control.order(order)["status"] == "pending"
    found = control.act(order, "cancel", reason="delayed_order")
    assert (found["status"], found["cancellation_reason"]) == (
        "cancelled_by_retailer",
        "delayed_order",
    )
    control.act(order, "cancel", 422)
    shipped = control.place(status="assigned_to_salesman")["hashed_id"]
    control.act(shipped, "cancel", 422)
    found = control.act(shipped, "return", reason="تالف")
    assert (found["status"], found["return_reason"]) == ("returned", "تالف")
    control.act(shipped, "return", 422)
    control.act("none", "cancel", 404)
    control.act(order, "explode", 404)


# === STOCK === #


@covers("R328", "R430")
def test_an_order_takes_stock_and_a_cancellation_gives_it_back(
    cartona: Cartona, control: Control
) -> None:
    before = stock(control, COLA)
    order = control.place(lines=[{"supplier_product_id": COLA, "amount": 30}])
    hashed_id, line = order["hashed_id"], order["lines"][0]["id"]
    assert stock(control, COLA) == before - 30
    control.act(hashed_id, "edit", lines=[{"id": line, "amount": 10}])
    assert stock(control, COLA) == before - 10
    assert edit(cartona, control, hashed_id, [{"id": line, "amount": 12}]) is None
    assert stock(control, COLA) == before - 12
    added = [{"supplier_product_id": MILK, "amount": 2}, {"id": line, "cancelled": True}]
    assert edit(cartona, control, hashed_id, added) is None
    assert (stock(control, COLA), stock(control, MILK)) == (before, 358)
    control.act(hashed_id, "cancel")
    assert (stock(control, COLA), stock(control, MILK)) == (before, 360)


def test_goods_on_the_road_do_not_come_back_by_themselves(control: Control) -> None:
    before = stock(control, COLA)
    order = control.place(status="assigned_to_salesman")["hashed_id"]
    control.act(order, "return")
    assert stock(control, COLA) == before - 1


@covers("R328")
def test_nobody_can_order_what_is_not_on_offer(control: Control) -> None:
    control.call("PATCH", f"cartona/products/{COLA}", {"available_stock_quantity": 3})

    def refused(**line: Any) -> str:
        body = {"plain": True, "lines": [{"supplier_product_id": COLA, **line}]}
        error: str = control.call("POST", "cartona/orders", body, expect=400)["error"]
        return error

    assert refused(amount=4) == "Only 3 of Cola Can 330 ml (110782) on offer"
    order = control.place(lines=[{"supplier_product_id": COLA, "amount": 2}])
    assert refused(amount=2) == "Only 1 of Cola Can 330 ml (110782) on offer"
    more = [{"id": order["lines"][0]["id"], "amount": 4}]
    assert "Only 1 more" in control.act(order["hashed_id"], "edit", 422, lines=more)["error"]
    control.call("PATCH", f"cartona/products/{COLA}", {"is_unlimited_stock": True, "max_order": 50})
    assert refused(amount=51) == "Cola Can 330 ml (110782): order 1 to 50"
    control.place(lines=[{"supplier_product_id": COLA, "amount": 50}])
    assert stock(control, COLA) == 1
    for switch in ("is_published", "in_stock"):
        control.call("PATCH", f"cartona/products/{COLA}", {switch: False})
        assert refused(amount=1) == "Only 0 of Cola Can 330 ml (110782) on offer"
        control.call("PATCH", f"cartona/products/{COLA}", {switch: True})


def test_force_sells_what_is_not_there(control: Control) -> None:
    control.call("PATCH", f"cartona/products/{COLA}", {"available_stock_quantity": 3})
    line = {"supplier_product_id": COLA, "amount": 10}
    order = control.place(force=True, lines=[line])["hashed_id"]
    assert stock(control, COLA) == 0
    control.act(order, "cancel")
    assert stock(control, COLA) == 3


def test_stock_can_be_left_alone(control: Control) -> None:
    control.settings(orders_take_stock=False)
    order = control.place()["hashed_id"]
    assert stock(control, COLA) == 1200
    control.act(order, "cancel")
    assert stock(control, COLA) == 1200


# === PLACING === #


@pytest.mark.parametrize(
    "spec",
    [
        {"colour": 1},
        {"lines": []},
        {"lines": [7]},
        {"lines": [{"amount": 1}]},
        {"lines": [{"internal_product_id": "none"}]},
        {"lines": [{"supplier_product_id": COLA, "amount": "NaN"}]},
        {"lines": [{"supplier_product_id": COLA, "selling_price": "x"}]},
        {"lines": [{"product_name": "free", "amount": 1}]},
        {"lines": [{"supplier_product_id": COLA + 2, "amount": 5}], "supplier_code": RETAIL},
        {"line_count": 0},
        {"line_count": "x"},
        {"status": "shipped"},
        {"delivered_by": "pigeon"},
        {"created_at": "later"},
        {"cartona_credit": -1},
        {"supplier_code": "NOBODY"},
        {"retailer": "shop"},
        {"overrides": []},
        {"omit": "status"},
        {"plain": 1},
        {"notify": "never"},
        {"count": 0},
        {"hashed_id": "x" * 65},
    ],
)
def test_an_order_that_is_malformed_is_not_placed(control: Control, spec: dict[str, Any]) -> None:
    before = control.call("GET", "cartona/orders"), control.call("GET", "cartona/products")
    assert "error" in control.call("POST", "cartona/orders", spec, expect=400)
    after = control.call("GET", "cartona/orders"), control.call("GET", "cartona/products")
    assert after == before


def test_a_list_of_orders_is_placed_whole_or_not_at_all(control: Control) -> None:
    line = {"supplier_product_id": COLA, "amount": 100}
    good: dict[str, Any] = {"plain": True, "lines": [line]}
    bad = {**good, "hashed_id": "twice"}
    control.call("POST", "cartona/orders", [good, bad, bad], expect=400)
    assert stock(control, COLA) == 1200
    placed = control.call("POST", "cartona/orders", [good, bad])
    assert [order["hashed_id"] for order in placed][1] == "twice"
    assert stock(control, COLA) == 1000
    control.call("POST", "cartona/orders", "order", expect=400)


def test_the_account_follows_from_the_product(control: Control) -> None:
    order = control.place(lines=[{"supplier_product_id": 110776, "amount": 5}])
    assert order["supplier_code"] == WHOLESALE


def test_orders_are_listed_by_status_and_account(control: Control) -> None:
    order = control.place(status="editing")["hashed_id"]
    found = control.call("GET", f"cartona/orders?status=editing&supplier_code={RETAIL}")
    assert [each["hashed_id"] for each in found] == [order]
    assert control.call("GET", f"cartona/orders?supplier_code={WHOLESALE}") == []
    assert len(control.call("GET", "cartona/orders")) == 6
    control.call("GET", "cartona/orders/none", expect=404)
    style = control.call("GET", f"cartona/orders/{order}/payload?style=status")
    assert style == {"hashed_id": order, "status": "editing"}
