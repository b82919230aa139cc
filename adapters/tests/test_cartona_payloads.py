"""Rows that Cartona gets, and who may send which status."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from marketplace_adapters.cartona import allowed
from marketplace_adapters.cartona.const import CANCEL_REASONS
from marketplace_adapters.cartona.payloads import (
    Style,
    base_pieces,
    cancel_row,
    identifier,
    lines_row,
    members,
    status_row,
)
from marketplace_adapters.core import (
    Cancellation,
    ImageState,
    InventoryState,
    LineChange,
    LinesUpdate,
    ListingKey,
    Money,
    OrderKey,
    OrderStatus,
    PriceState,
    ProductState,
    RejectedError,
    State,
    StatusUpdate,
)
from marketplace_adapters.testing import covers

STYLE = Style()
ORDER = OrderKey("pPX2wRNM")


def egp(amount: str) -> Money:
    return Money(Decimal(amount), "EGP")


def code_of(call: Any, *arguments: Any) -> str | None:
    with pytest.raises(RejectedError) as caught:
        call(*arguments)
    return caught.value.code


# === PRODUCTS === #


@pytest.mark.parametrize(
    ("key", "row"),
    [
        (ListingKey("110774"), {"supplier_product_id": "110774"}),
        (ListingKey(internal_id="479"), {"internal_product_id": "479"}),
        (
            ListingKey(
                "110774", internal_id="479", extra={"base_product_id": "650", "unit": "box"}
            ),
            {"supplier_product_id": "110774", "internal_product_id": "479"},
        ),
        (
            ListingKey(
                sku="X", extra={"base_product_id": "650", "unit": "box", "unit_count": "144"}
            ),
            {"base_product_id": "650", "unit": "box", "unit_count": 144},
        ),
        (
            ListingKey(
                internal_id="479#144",
                extra={"base_product_id": "650", "unit": "box", "unit_count": "144"},
            ),
            {
                "internal_product_id": "479#144",
                "base_product_id": "650",
                "unit": "box",
                "unit_count": 144,
            },
        ),
    ],
)
@covers("R137", "R149", "R150", "R280", "X19")
def test_a_product_is_named_by_the_best_id(key: ListingKey, row: dict[str, Any]) -> None:
    assert identifier(key) == row


@pytest.mark.parametrize(
    "key",
    [
        ListingKey(),
        ListingKey(sku="A", barcode="622"),
        ListingKey(extra={"base_product_id": "650", "unit": "box"}),
        ListingKey(extra={"base_product_id": "650", "unit": "box", "unit_count": "0"}),
        ListingKey(extra={"base_product_id": "650", "unit": "box", "unit_count": "x"}),
    ],
)
def test_a_product_that_cannot_be_named_is_refused(key: ListingKey) -> None:
    assert code_of(identifier, key) == "no_identifier"


@pytest.mark.parametrize(
    ("state", "row"),
    [
        (ProductState(), {}),
        (ProductState(title="T", description="D", barcode="6", weight_kg=Decimal(1)), {}),
        (ProductState(published=False), {"is_published": False}),
        (
            ProductState(
                published=True,
                min_order=Decimal("2.0"),
                max_order=Decimal(0),
                attributes={
                    "remind_me_at_stock": Decimal(5),
                    "notes": "ن",
                    "supplier_code": None,
                    "x": 1,
                },
            ),
            {
                "is_published": True,
                "min_order": 2,
                "max_order": 0,
                "remind_me_at_stock": 5,
                "notes": "ن",
            },
        ),
        (PriceState(egp("10.50")), {"selling_price": "10.50"}),
        (PriceState(egp("1E+2"), compare_at=egp("200")), {"selling_price": "100"}),
        (PriceState(egp("0")), {"selling_price": "0"}),
        (
            InventoryState(Decimal("7.99"), in_stock=True),
            {"in_stock": True, "is_unlimited_stock": False, "available_stock_quantity": 7},
        ),
        (
            InventoryState(Decimal("0.5"), in_stock=True),
            {"in_stock": False, "is_unlimited_stock": False, "available_stock_quantity": 0},
        ),
        (
            InventoryState(Decimal(-3), in_stock=True),
            {"in_stock": False, "is_unlimited_stock": False, "available_stock_quantity": 0},
        ),
        (
            InventoryState(Decimal(9), in_stock=False),
            {"in_stock": False, "is_unlimited_stock": False, "available_stock_quantity": 9},
        ),
        (
            InventoryState(Decimal(0), in_stock=True, unlimited=True),
            {"in_stock": True, "is_unlimited_stock": True},
        ),
    ],
)
@covers("R151", "R152", "R280", "X20", "X53")
def test_only_what_is_stated_is_sent(state: State, row: dict[str, Any]) -> None:
    told = members(state, STYLE)
    assert told == row
    quantity = told.get("available_stock_quantity", 0)
    assert type(quantity) is int


def test_a_price_may_be_a_number_by_option() -> None:
    style = Style(price_as_string=False)
    assert members(PriceState(egp("10.50")), style) == {"selling_price": 10.5}
    assert repr(members(PriceState(egp("10.00")), style)["selling_price"]) == "10"


def test_a_price_that_cartona_cannot_take_is_refused() -> None:
    assert code_of(members, PriceState(Money(Decimal(1), "USD")), STYLE) == "wrong_currency"
    assert code_of(members, PriceState(Money(Decimal(1), "")), STYLE) == "wrong_currency"
    assert code_of(members, PriceState(egp("-0.01")), STYLE) == "negative_price"
    assert code_of(members, ImageState(()), STYLE) == "unsupported"
    assert members(PriceState(Money(Decimal(1), "USD")), Style("USD")) == {"selling_price": "1"}


@pytest.mark.parametrize(
    ("count", "quantity", "in_stock", "pieces"),
    [
        ("12", Decimal(25) / 12, True, 25),
        ("12", Decimal(2), True, 24),
        ("1", Decimal("25.9"), True, 25),
        ("", Decimal(25), True, 25),
        ("x", Decimal(25), True, 25),
        ("12", Decimal(25), False, 0),
        ("144", Decimal(-1), True, 0),
        ("7", Decimal(1000) / 7, True, 1000),
    ],
)
@covers("R272", "C17")
def test_stock_of_any_unit_counts_in_pieces(
    count: str, quantity: Decimal, in_stock: bool, pieces: int
) -> None:
    key = ListingKey("1", extra={"unit_count": count})
    assert base_pieces(key, InventoryState(quantity, in_stock=in_stock)) == pieces


# === ORDERS === #


@pytest.mark.parametrize(
    ("update", "row"),
    [
        (StatusUpdate(OrderStatus.PENDING), {"status": "pending"}),
        (StatusUpdate(OrderStatus.CONFIRMED), {"status": "approved"}),
        (
            StatusUpdate(OrderStatus.SHIPPED, delivery_date=date(2026, 3, 4)),
            {"status": "assigned_to_salesman", "estimated_delivery_day": "2026-03-04"},
        ),
        (
            StatusUpdate(OrderStatus.DELIVERED, otp="0042", delivery_date=date(2026, 3, 4)),
            {"status": "delivered", "retailer_otp": "0042", "delivery_day": "2026-03-04"},
        ),
        (
            StatusUpdate(OrderStatus.CANCELLED),
            {"status": "cancelled_by_supplier", "cancellation_reason": "cannot_deliver_the_order"},
        ),
    ],
)
@covers("R179", "R181", "R268", "R279", "X23")
def test_a_status_has_cartonas_word(update: StatusUpdate, row: dict[str, Any]) -> None:
    assert status_row(ORDER, update, STYLE) == {"hashed_id": "pPX2wRNM"} | row
    assert "0042" not in repr(update)


@covers("R175", "R176", "R180")
def test_the_matrix_is_asked_again_before_a_status_leaves() -> None:
    theirs = OrderKey("x", {"fulfilment": "channel"})
    assert code_of(status_row, theirs, StatusUpdate(OrderStatus.DELIVERED), STYLE) == "not_allowed"
    assert status_row(theirs, StatusUpdate(OrderStatus.CANCELLED), STYLE)["hashed_id"] == "x"
    for status in (OrderStatus.HOLD, OrderStatus.RETURNED):
        assert code_of(status_row, ORDER, StatusUpdate(status), STYLE) == "not_writable"


@covers("X23")
def test_a_cancellation_needs_a_reason_of_the_list() -> None:
    for reason in CANCEL_REASONS:
        row = cancel_row(ORDER, Cancellation(reason, "note"), STYLE)
        assert row == {
            "hashed_id": "pPX2wRNM",
            "status": "cancelled_by_supplier",
            "cancellation_reason": reason,
        }
    assert code_of(cancel_row, ORDER, Cancellation("no mood"), STYLE) == "unknown_reason"
    own = Style(cancel_reason="out_of_stock")
    assert cancel_row(ORDER, Cancellation(), own)["cancellation_reason"] == "out_of_stock"


@covers("R269", "R278", "R281")
def test_lines_are_changed_cancelled_and_added() -> None:
    update = LinesUpdate((
        LineChange(Decimal("5.0"), external_id="11988950", price=egp("99")),
        LineChange(Decimal(3), external_id="11988951", cancelled=True),
        LineChange(Decimal("2.5"), listing=ListingKey(internal_id="104"), price=egp("320")),
    ))  # fmt: skip
    assert lines_row(ORDER, update, STYLE) == {
        "hashed_id": "pPX2wRNM",
        "order_details": [
            {"id": 11988950, "amount": 5},
            {"id": 11988951, "cancelled": True},
            {"internal_product_id": "104", "amount": 2.5, "price": 320},
        ],
    }


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (LineChange(Decimal(1), external_id="#1"), "no_line_id"),
        (LineChange(Decimal(1)), "no_line_id"),
        (LineChange(Decimal(1), listing=ListingKey("5")), "no_line_id"),
        (LineChange(Decimal(1), listing=ListingKey("5"), cancelled=True), "no_line_id"),
        (LineChange(Decimal(-1), external_id="5"), "negative_quantity"),
        (LineChange(Decimal(1), listing=ListingKey(), price=egp("1")), "no_identifier"),
        (
            LineChange(Decimal(1), listing=ListingKey("5"), price=Money(Decimal(1), "USD")),
            "wrong_currency",
        ),
    ],
)
def test_a_line_that_cannot_be_expressed_is_refused(change: LineChange, code: str) -> None:
    assert code_of(lines_row, ORDER, LinesUpdate((change,)), STYLE) == code
    assert code_of(lines_row, ORDER, LinesUpdate(()), STYLE) == "no_lines"


# === WHO MAY === #

ALL = set(OrderStatus)
WRITABLE = ALL - {OrderStatus.HOLD, OrderStatus.RETURNED}
CANCEL = {OrderStatus.CANCELLED}
LOCK = {OrderStatus.HOLD}


@pytest.mark.parametrize(
    ("direction", "fulfilment", "statuses"),
    [
        ("out", "seller", WRITABLE),
        ("out", "channel", CANCEL),
        ("out", "delivered_by_drone", CANCEL),
        ("out", "", CANCEL),
        ("in", "seller", CANCEL | LOCK),
        ("in", "channel", ALL),
        ("in", "delivered_by_drone", CANCEL | LOCK),
        ("in", "", CANCEL | LOCK),
    ],
)
@covers("R138", "R139", "R175", "R176", "R187", "R188", "R197", "X40")
def test_the_permission_matrix(direction: Any, fulfilment: str, statuses: set[OrderStatus]) -> None:
    assert {status for status in ALL if allowed(direction, fulfilment, status)} == statuses
