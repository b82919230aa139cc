"""pull-orders: what comes, how long it comes, and in which order."""

from __future__ import annotations

from typing import Any

import pytest
from support import BOTH_TOKEN, RETAIL, WHOLESALE, Cartona, Control, covers

from marketplace_sandbox import SandboxServer

SYNC = "order/update-order-status"


def sync(cartona: Cartona, *orders: str) -> None:
    rows = [{"hashed_id": order, "status": "synced"} for order in orders]
    assert cartona.post(SYNC, rows).status == 200


@covers("R92", "R267", "R268", "R430")
def test_an_order_comes_until_it_is_acknowledged(cartona: Cartona, control: Control) -> None:
    first, second = (control.place()["hashed_id"] for _ in range(2))
    assert cartona.pulled() == cartona.pulled() == [first, second]
    sync(cartona, first)
    assert cartona.pulled() == [second]
    assert control.order(first)["status"] == "pending"
    sync(cartona, first)
    cartona.post(f"{SYNC}/{second}", {"status": "synced"})
    assert cartona.pulled() == []


@covers("R268")
def test_a_later_change_of_the_retailer_brings_it_again(cartona: Cartona, control: Control) -> None:
    order = control.place()
    hashed_id, line = order["hashed_id"], order["lines"][0]["id"]
    changes: list[tuple[str, dict[str, Any]]] = [
        ("begin-edit", {}),
        ("edit", {"lines": [{"id": line, "amount": 3}]}),
        ("cancel", {}),
    ]
    for action, body in changes:
        sync(cartona, hashed_id)
        assert cartona.pulled() == []
        control.act(hashed_id, action, **body)
        assert cartona.pulled() == [hashed_id]


def test_the_suppliers_own_changes_do_not(cartona: Cartona, control: Control) -> None:
    order = control.place()
    hashed_id, line = order["hashed_id"], order["lines"][0]["id"]
    cartona.post(f"{SYNC}/{hashed_id}", {"status": "approved"})
    assert cartona.pulled() == [hashed_id]
    sync(cartona, hashed_id)
    details = [{"hashed_id": hashed_id, "order_details": [{"id": line, "amount": 2}]}]
    cartona.post("order/update-order-details", details)
    cartona.post(f"{SYNC}/{hashed_id}", {"status": "assigned_to_salesman"})
    assert cartona.pulled() == []
    assert control.order(hashed_id)["lines"][0]["amount"] == 2


def test_acknowledging_moves_the_pages(cartona: Cartona, control: Control) -> None:
    """Who acknowledges page 1 before he asks for page 2 misses as many as he acknowledged."""
    orders = [each["hashed_id"] for each in control.call("POST", "cartona/orders", {"count": 6})]
    pages = [cartona.pulled(page=n, per_page=2) for n in (1, 2, 3, 4)]
    assert pages == [orders[0:2], orders[2:4], orders[4:6], []]
    sync(cartona, *pages[0])
    assert cartona.pulled(page=2, limit=2) == orders[4:6]


def test_orders_come_by_their_last_change(cartona: Cartona, control: Control) -> None:
    control.call("POST", "clock", {"mode": "frozen", "at": "2026-05-01T00:00:00Z"})
    placed = []
    for _ in range(3):
        placed.append(control.place()["hashed_id"])
        control.call("POST", "clock", {"advance": 60})
    control.act(placed[0], "begin-edit")
    assert cartona.pulled() == [placed[1], placed[2], placed[0]]
    control.settings(pull_sort="newest")
    assert cartona.pulled() == [placed[0], placed[2], placed[1]]
    control.settings(pull_sort="oldest", pull_window_field="created_at")
    assert cartona.pulled() == placed


@covers("R275")
@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"from": "2026-05-01T11:00:00Z"}, [1, 2]),
        ({"to": "2026-05-01T11:00:00Z"}, [0, 1]),
        ({"from": "2026-05-01T11:00:00Z", "to": "2026-05-01T11:00:00Z"}, [1]),
        ({"from": "2026-05-01T14:00:00+03:00", "to": "2026-05-01"}, []),
        ({"from": "2026-05-01 11:00:01"}, [2]),
        ({"from": "", "to": ""}, [0, 1, 2]),
    ],
)
def test_the_window_is_closed_on_both_sides(
    cartona: Cartona, control: Control, query: dict[str, str], numbers: list[int]
) -> None:
    placed = []
    for hour in (10, 11, 12):
        at = f"2026-05-01T{hour}:00:00Z"
        placed.append(control.place(created_at=at)["hashed_id"])
    assert cartona.pulled(**query) == [placed[number] for number in numbers]


@pytest.mark.parametrize("query", ["from=yesterday", "to=2026-02-30", "from=1780000000"])
def test_a_window_that_is_none_is_refused(cartona: Cartona, query: str) -> None:
    assert cartona.get(f"order/pull-orders?{query}").status == 400


def test_by_agreement_all_of_the_window_comes_always(cartona: Cartona, control: Control) -> None:
    control.settings(pull_mode="window")
    order = control.place()["hashed_id"]
    sync(cartona, order)
    assert len(cartona.pulled(per_page=100)) == 6
    assert order in cartona.pulled(per_page=100)


def test_an_account_pulls_its_own_orders(
    sandbox: SandboxServer, cartona: Cartona, control: Control
) -> None:
    mine = control.place()["hashed_id"]
    box = {"internal_product_id": "COL-330-BOX", "amount": 5}
    theirs = control.place(supplier_code=WHOLESALE, lines=[box])["hashed_id"]
    both = Cartona(sandbox.url, BOTH_TOKEN)
    assert cartona.pulled() == [mine]
    assert both.pulled() == [mine, theirs]
    assert both.pulled(internal_supplier_code=WHOLESALE) == [theirs]
    assert both.pulled(internal_supplier_code=RETAIL) == [mine]
    both.close()


@covers("R166", "R173", "R430")
def test_an_order_shows_all_its_members(cartona: Cartona, control: Control) -> None:
    control.call("POST", "clock", {"mode": "frozen", "at": "2026-05-01T10:00:00Z"})
    placed = control.place(
        hashed_id="pPX2wRNM",
        receipt_id="R-77",
        cartona_credit="10.5",
        installment_cost=20,
        wallet_top_up=5,
        applied_supplier_rebate=1.25,
        delivered_by="delivered_by_cartona",
        delivery_day="2026-05-03",
        note_message="يرجى الاتصال",
        retailer={"retailer_name": "كشك", "retailer_code": None},
        lines=[
            {
                "internal_product_id": "MLK-1L",
                "amount": 2,
                "selling_price": "38.75",
                "applied_supplier_discount": "3.25",
                "comment": "offer",
            },
            {"internal_product_id": "MLK-1L", "amount": 1},
            {"internal_product_id": "904#2", "product_name": "جبن", "price": 1, "amount": 2.5},
        ],
    )
    (order,) = cartona.get("order/pull-orders").data
    assert order["hashed_id"] == "pPX2wRNM"
    assert (order["receipt_id"], order["created_at"]) == ("R-77", "2026-05-01T10:00:00.000Z")
    assert (order["total_price"], order["cartona_credit"]) == (122, 10.5)
    assert (order["installment_cost"], order["wallet_top_up"]) == (20, 5)
    assert (order["applied_supplier_rebate"], order["delivery_day"]) == (1.25, "2026-05-03")
    assert (order["status"], order["delivered_by"]) == ("pending", "delivered_by_cartona")
    assert order["retailer"]["retailer_name"] == "كشك"
    assert order["retailer"]["retailer_code"] is None
    assert order["note_message"] == "يرجى الاتصال"
    first, second, third = order["order_details"]
    assert first == {
        "id": placed["lines"][0]["id"],
        "supplier_product_id": "110792",
        "internal_product_id": "MLK-1L",
        "base_product_id": "4096",
        "unit": "piece",
        "unit_count": 1,
        "product_name": "Full Cream Milk 1 L",
        "amount": 2,
        "selling_price": 38.75,
        "applied_supplier_discount": 3.25,
        "applied_cartona_discount": 0,
        "comment": "offer",
    }
    assert (second["supplier_product_id"], second["selling_price"]) == ("110792", 42)
    assert (third["supplier_product_id"], third["amount"]) == (None, 2.5)
    assert third["internal_product_id"] == "904#2"
    assert placed["cash_to_collect"] == 96.5
    assert "retailer_otp" not in order
    assert len(order["pickup_otp"]) == 4


def test_an_order_can_be_bent_for_nasty_tests(cartona: Cartona, control: Control) -> None:
    control.place(
        overrides={"total_price": "lots", "order_details": [{"id": 1}], "status": "weird"},
        omit=["retailer.retailer_code", "receipt_id", "order_details.id", "none.at.all"],
    )
    (order,) = cartona.get("order/pull-orders").data
    assert (order["total_price"], order["status"]) == ("lots", "weird")
    assert order["order_details"] == [{}]
    assert "receipt_id" not in order
    assert "retailer_code" not in order["retailer"]


def test_members_that_no_sample_has_can_be_left_out(cartona: Cartona, control: Control) -> None:
    control.settings(order_extras=False)
    control.place()
    (order,) = cartona.get("order/pull-orders").data
    assert not {"receipt_id", "created_at"} & set(order)
    assert not {"id", "retailer_email"} & set(order["retailer"])
