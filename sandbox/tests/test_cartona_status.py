"""Status changes by the supplier and by Cartona's side: every cell of both tables, and codes."""

from __future__ import annotations

from typing import Any

import pytest
from support import Cartona, Control, covers

STATUS = "order/update-order-status"
PENDING, EDITING, APPROVED = "pending", "editing", "approved"
ASSIGNED, DELIVERED, RETURNED = "assigned_to_salesman", "delivered", "returned"
RETAILER, SUPPLIER = "cancelled_by_retailer", "cancelled_by_supplier"
ALL = (PENDING, EDITING, APPROVED, ASSIGNED, DELIVERED, RETAILER, SUPPLIER, RETURNED)
FINAL = (DELIVERED, RETAILER, SUPPLIER, RETURNED)
OPEN = (PENDING, APPROVED, ASSIGNED)

# Written here once more, by hand, from the contract: what each side may bring about.
SUPPLIER_MAY = {
    "delivered_by_supplier": {
        PENDING: {PENDING, APPROVED, ASSIGNED, DELIVERED, SUPPLIER},
        APPROVED: {PENDING, APPROVED, ASSIGNED, DELIVERED, SUPPLIER},
        ASSIGNED: {PENDING, APPROVED, ASSIGNED, DELIVERED, SUPPLIER},
        EDITING: set(),
        DELIVERED: {DELIVERED},
        SUPPLIER: {SUPPLIER},
        RETAILER: set(),
        RETURNED: set(),
    },
    "delivered_by_cartona": {
        PENDING: {PENDING, SUPPLIER},
        APPROVED: {APPROVED, SUPPLIER},
        ASSIGNED: {ASSIGNED, SUPPLIER},
        EDITING: set(),
        DELIVERED: {DELIVERED},
        SUPPLIER: {SUPPLIER},
        RETAILER: set(),
        RETURNED: set(),
    },
}
CARTONA_MAY = {
    "delivered_by_supplier": {
        PENDING: {EDITING, RETAILER},
        EDITING: {PENDING, RETAILER},
        APPROVED: {RETAILER},
        ASSIGNED: {RETURNED},
    },
    "delivered_by_cartona": {
        PENDING: {EDITING, APPROVED, ASSIGNED, DELIVERED, RETAILER},
        EDITING: {PENDING, RETAILER},
        APPROVED: {PENDING, ASSIGNED, DELIVERED, RETAILER},
        ASSIGNED: {PENDING, APPROVED, DELIVERED, RETURNED, RETAILER},
    },
}
MODES = list(SUPPLIER_MAY)


def place(control: Control, status: str, mode: str | None, **more: Any) -> str:
    found: str = control.place(status=status, delivered_by=mode, **more)["hashed_id"]
    return found


@covers("R138", "R139", "R197", "R430")
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("status", ALL)
def test_what_the_supplier_may_write(
    cartona: Cartona, control: Control, mode: str, status: str
) -> None:
    for target in ALL:
        order = place(control, status, mode)
        answer = cartona.post(f"{STATUS}/{order}", {"status": target})
        allowed = target in SUPPLIER_MAY[mode][status]
        assert (target, answer.status) == (target, 200 if allowed else 422)
        assert control.order(order)["status"] == (target if allowed else status)


@covers("R138", "R139", "R430")
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("status", ALL)
def test_what_cartonas_side_may_do(control: Control, mode: str, status: str) -> None:
    for target in ALL:
        order = place(control, status, mode)
        allowed = target in CARTONA_MAY[mode].get(status, ())
        control.act(order, "status", None if allowed else 422, status=target)
        assert control.order(order)["status"] == (target if allowed else status)


def test_a_missing_delivered_by_means_the_supplier(cartona: Cartona, control: Control) -> None:
    order = place(control, PENDING, None)
    assert cartona.get("order/pull-orders").data[0]["delivered_by"] is None
    assert cartona.post(f"{STATUS}/{order}", {"status": APPROVED}).status == 200


@pytest.mark.parametrize("status", ALL)
def test_synced_is_taken_in_every_status_and_is_none(
    cartona: Cartona, control: Control, status: str
) -> None:
    order = place(control, status, "delivered_by_cartona")
    assert cartona.post(f"{STATUS}/{order}", {"status": "synced"}).data == {}
    found = control.order(order)
    assert (found["status"], found["acknowledged"]) == (status, True)


@covers("R100", "R132")
@pytest.mark.parametrize(
    ("body", "status", "details"),
    [
        ({}, 422, "status is needed"),
        ({"status": None}, 422, "status is needed"),
        ({"status": 1}, 422, "status is needed"),
        ({"status": "done"}, 422, "status must be one of synced, pending, approved"),
        ({"status": "APPROVED"}, 422, "status must be one of"),
        ({"status": APPROVED, "hashed_id": "other"}, 400, None),
        ({"status": APPROVED, "delivery_day": "soon"}, 422, "delivery_day: not an ISO 8601"),
        ({"status": APPROVED, "estimated_delivery_day": 5}, 422, "estimated_delivery_day: not"),
        ({"status": SUPPLIER, "cancellation_reason": "mood"}, 422, "cancellation_reason must be"),
        ({"status": SUPPLIER, "cancellation_reason": ["x"]}, 422, "cancellation_reason must be"),
    ],
)
def test_a_single_status_that_is_wrong_is_refused_with_a_reason(
    cartona: Cartona, control: Control, body: dict[str, Any], status: int, details: str | None
) -> None:
    order = place(control, PENDING, "delivered_by_supplier")
    answer = cartona.post(f"{STATUS}/{order}", body)
    assert answer.status == status
    assert answer.data["error"]
    assert details is None or answer.data["details"].startswith(details)
    assert control.order(order)["status"] == PENDING


@covers("R101")
def test_the_hashed_id_stands_in_the_path_as_it_is(cartona: Cartona, control: Control) -> None:
    order = place(control, PENDING, "delivered_by_supplier", hashed_id="pPX2wRNM")
    for wrong in ("<pPX2wRNM>", "%3CpPX2wRNM%3E", "ppx2wrnm", "0", "%D9%A3"):
        answer = cartona.post(f"{STATUS}/{wrong}", {"status": APPROVED})
        assert (answer.status, answer.data["error"]) == (404, "Order not found")
    assert cartona.post(f"{STATUS}/{order}", {"status": APPROVED, "hashed_id": order}).data == {}
    assert control.order(order)["status"] == APPROVED


@covers("R279", "R274")
def test_the_bulk_takes_good_rows_and_stays_silent_about_bad_ones(
    cartona: Cartona, control: Control
) -> None:
    good, other, locked = (
        place(control, status, "delivered_by_supplier") for status in (PENDING, APPROVED, EDITING)
    )
    rows: list[Any] = [
        {"hashed_id": good, "status": APPROVED, "estimated_delivery_day": "2026-05-03"},
        {"hashed_id": "none", "status": APPROVED},
        {"hashed_id": locked, "status": APPROVED},
        {"status": APPROVED},
        {"hashed_id": 5},
        "junk",
        {"hashed_id": other, "status": SUPPLIER, "cancellation_reason": "out_of_stock"},
    ]
    answer = cartona.post(STATUS, rows)
    assert (answer.status, answer.data) == (200, {})
    assert [control.order(each)["status"] for each in (good, other, locked)] == [
        APPROVED,
        SUPPLIER,
        EDITING,
    ]
    assert control.order(good)["estimated_delivery_day"] == "2026-05-03"
    assert control.order(other)["cancellation_reason"] == "out_of_stock"
    control.settings(bulk_results="errors")
    assert [each["error"] for each in cartona.post(STATUS, rows).data["errors"]] == [
        "Order not found",
        "The retailer is editing the order",
        "hashed_id must be text",
        "Order not found",
        "A row must be an object",
    ]


@pytest.mark.parametrize(
    "money",
    [
        {"installment_cost": 10},
        {"wallet_top_up": 0.5},
        {"installment_cost": 1, "wallet_top_up": 1},
    ],
)
@covers("R279", "R430")
def test_delivered_needs_the_retailers_code(
    cartona: Cartona, control: Control, money: dict[str, Any]
) -> None:
    order = place(control, ASSIGNED, "delivered_by_supplier", retailer_otp="012345", **money)
    wrong: list[Any] = [None, "", "12345", 12345, "0123456", True, ["012345"], {"a": 1}, "٠١٢٣٤٥"]
    for code in wrong:
        body = {"status": DELIVERED, "retailer_otp": code}
        answer = cartona.post(f"{STATUS}/{order}", body)
        assert (code, answer.status) == (code, 422)
        assert "retailer_otp" in answer.data["details"]
        assert cartona.post(STATUS, [{"hashed_id": order, **body}]).data == {}
    assert cartona.post(f"{STATUS}/{order}", {"status": DELIVERED}).status == 422
    assert control.order(order)["status"] == ASSIGNED
    body = {"status": DELIVERED, "retailer_otp": "012345"}
    assert cartona.post(f"{STATUS}/{order}", body).status == 200
    assert control.order(order)["status"] == DELIVERED
    assert cartona.post(f"{STATUS}/{order}", {"status": DELIVERED}).status == 200


def test_the_code_may_come_as_a_number_and_in_bulk(cartona: Cartona, control: Control) -> None:
    order = place(control, ASSIGNED, None, retailer_otp="987654", wallet_top_up=1)
    row = {"hashed_id": order, "status": DELIVERED, "retailer_otp": 987654}
    cartona.post(STATUS, [row])
    assert control.order(order)["status"] == DELIVERED


def test_no_code_is_needed_otherwise(cartona: Cartona, control: Control) -> None:
    order = place(control, ASSIGNED, None, cartona_credit=5)
    assert control.order(order)["needs_otp"] is False
    assert cartona.post(f"{STATUS}/{order}", {"status": DELIVERED}).status == 200
    early = place(control, PENDING, None, wallet_top_up=5)
    assert cartona.post(f"{STATUS}/{early}", {"status": APPROVED}).status == 200


@pytest.mark.parametrize(
    "reason",
    [
        "out_of_stock",
        "cannot_deliver_the_order",
        "supplier_asked_me_to_cancel",
        "delayed_order",
        "pending_order_without_action",
        "removed_items",
        "supplier_attitude",
        "missing_items",
        "expired_products",
        "different_prices",
        "different_products",
    ],
)
def test_each_published_reason_is_taken(cartona: Cartona, control: Control, reason: str) -> None:
    order = place(control, PENDING, None)
    body = {"status": SUPPLIER, "cancellation_reason": reason}
    assert cartona.post(f"{STATUS}/{order}", body).status == 200
    assert control.order(order)["cancellation_reason"] == reason


def test_a_reason_can_be_required(cartona: Cartona, control: Control) -> None:
    control.settings(require_cancellation_reason=True)
    order = place(control, PENDING, None)
    answer = cartona.post(f"{STATUS}/{order}", {"status": SUPPLIER})
    assert (answer.status, answer.data["details"]) == (422, "cancellation_reason is needed")


def test_odd_statuses_can_be_forced(cartona: Cartona, control: Control) -> None:
    order = place(control, DELIVERED, None)
    control.act(order, "status", 422, status="return")
    control.act(order, "status", status="return", force=True)
    control.act(order, "status", 422, status="nonsense", force=True)
    assert cartona.get("order/pull-orders").data[0]["status"] == "return"


def test_days_can_be_told_without_a_new_status(cartona: Cartona, control: Control) -> None:
    order = place(control, APPROVED, None)
    body = {"status": APPROVED, "estimated_delivery_day": "2026-05-09"}
    assert cartona.post(f"{STATUS}/{order}", body).status == 200
    assert control.order(order)["estimated_delivery_day"] == "2026-05-09"
    before = control.order(order)
    assert cartona.post(f"{STATUS}/{order}", {"status": APPROVED}).status == 200
    assert control.order(order) == before
