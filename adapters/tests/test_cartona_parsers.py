"""Orders, buyers and listings of Cartona, read."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

import cartona_samples as samples
from marketplace_adapters.cartona.parsers import (
    buyer_id,
    order_event,
    parse_base_product,
    parse_listing,
    parse_order,
    phone_digits,
)
from marketplace_adapters.core import (
    UTC,
    Address,
    Buyer,
    Discount,
    InvalidError,
    ListingKey,
    Money,
    Order,
    OrderLine,
    OrderStatus,
    Payment,
    revision,
)
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.harness import check_neutral


@covers("R135", "R136", "R159", "R165", "R168", "R171", "R173", "X39", "X40")
def test_a_full_order_is_read_member_by_member() -> None:
    payload = samples.order()
    address = Address(
        name="بقالة النور الجديدة", street="١٢ شارع الزهور، طنطا", phone="+201000000417"
    )
    key = ListingKey(
        external_id="501",
        internal_id="41",
        extra={"base_product_id": "91", "unit": "box", "unit_count": "12"},
    )
    line = OrderLine(
        external_id="7000001",
        listing=key,
        name='شاي أسود "ممتاز" 🍵',
        quantity=Decimal(3),
        unit_price=Decimal("84.35"),
        unit="box",
        unit_count=12,
        discounts=(Discount("seller", Decimal("1.5")), Discount("channel", Decimal("0.25"))),
        comment="اتصل قبل الوصول",
    )
    second = {"external_id": "7000002", "quantity": Decimal(2), "unit_price": Decimal(80)}
    assert parse_order(payload) == Order(
        external_id="qWe7Rt2y",
        number="10234",
        revision=revision(payload),
        status=OrderStatus.PENDING,
        raw_status="pending",
        currency="EGP",
        buyer=Buyer(
            external_id="retailer_88412",
            name="بقالة النور الجديدة",
            phone="+201000000417",
            phone2="01200000935",
            is_company=True,
            note="بجوار المسجد الكبير",
            address=address,
        ),
        lines=(line, replaced(line, **second)),
        total=Decimal("413.05"),
        placed_at=datetime(2026, 2, 28, 19, 15, 0, 123000, tzinfo=UTC),
        fulfilment="seller",
        ship_to=address,
        payments=(
            Payment("credit", Decimal("50.5"), -1, "Cartona credit"),
            Payment("top_up", Decimal(20), 1, "Wallet top-up collected for Cartona"),
        ),
        requested_delivery=date(2026, 3, 3),
        otp_required=True,
        note="الرجاء التوصيل صباحا",
        extra={
            "supplier_code": "R-17",
            "edited_by_admin": False,
            "delivered_by": "delivered_by_supplier",
            "delivery_day": "2026-03-02",
            "estimated_delivery_day": "2026-03-04",
            "pickup_date": "2026-03-01",
            "pickup_otp": "5521009937",
            "applied_supplier_rebate": 2,
            "distribution_route_code": "TNT-4",
        },
    )


def replaced(line: OrderLine, **members: Any) -> OrderLine:
    names = OrderLine.__dataclass_fields__
    return OrderLine(**{name: members.get(name, getattr(line, name)) for name in names})


def test_lines_add_up_to_the_total() -> None:
    order = parse_order(samples.order())
    assert sum(line.quantity * line.unit_price for line in order.lines) == order.total


@pytest.mark.parametrize("payload", samples.ALL_VALID, ids=lambda one: one["hashed_id"])
def test_every_valid_sample_is_read(payload: Any) -> None:
    order = parse_order(payload)
    assert order.external_id == payload["hashed_id"]
    check_neutral(order)


def test_required_members_alone_are_enough() -> None:
    order = parse_order(samples.bare_order())
    assert (order.number, order.total, order.placed_at) == ("10557", None, None)
    assert (order.fulfilment, order.payments, order.otp_required) == ("seller", (), False)
    assert order.buyer == Buyer(name="متجر", is_company=True, address=Address(name="متجر"))
    assert order.extra == {}
    assert order.lines[0] == OrderLine(
        "1", ListingKey(extra={"unit_count": "1"}), "", Decimal(1), Decimal(0)
    )


@pytest.mark.parametrize(
    ("word", "status", "cancelled_by"),
    [
        ("pending", OrderStatus.PENDING, ""),
        ("editing", OrderStatus.HOLD, ""),
        ("approved", OrderStatus.CONFIRMED, ""),
        ("assigned_to_salesman", OrderStatus.SHIPPED, ""),
        ("delivered", OrderStatus.DELIVERED, ""),
        ("cancelled_by_retailer", OrderStatus.CANCELLED, "buyer"),
        ("cancelled_by_supplier", OrderStatus.CANCELLED, "seller"),
        ("cancelled", OrderStatus.CANCELLED, ""),
        ("returned", OrderStatus.RETURNED, ""),
        ("return", OrderStatus.RETURNED, ""),
        (" Approved ", OrderStatus.CONFIRMED, ""),
    ],
)
@covers("R190", "X23")
def test_every_status_has_its_neutral_word(
    word: str, status: OrderStatus, cancelled_by: str
) -> None:
    order = parse_order(samples.order(status=word))
    assert (order.status, order.cancelled_by) == (status, cancelled_by)
    assert order.raw_status == word.strip()


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("teleported", "status 'teleported' is unknown."),
        ("synced", "status 'synced' is unknown."),
        ("", "status is missing."),
        (None, "status is missing."),
        ("x" * 500, f"status '{'x' * 40}' is unknown."),
    ],
)
def test_an_unknown_status_is_told_with_its_word(word: Any, message: str) -> None:
    with pytest.raises(InvalidError) as caught:
        parse_order(samples.order(status=word))
    assert (caught.value.message, caught.value.code) == (message, "unknown_status")


@pytest.mark.parametrize(
    ("members", "member"),
    [
        ({"hashed_id": ""}, "hashed_id"),
        ({"hashed_id": None}, "hashed_id"),
        ({"hashed_id": True}, "hashed_id"),
        ({"hashed_id": "x" * 300}, "hashed_id"),
        ({"order_details": []}, "order_details"),
        ({"order_details": None}, "order_details"),
        ({"order_details": {}}, "order_details"),
        ({"order_details": [samples.line(), 5]}, "order_details[1]"),
        ({"order_details": [samples.line(amount=None)]}, "order_details[0].amount"),
        ({"order_details": [samples.line(amount=-1)]}, "order_details[0].amount"),
        ({"order_details": [samples.line(amount="many")]}, "order_details[0].amount"),
        ({"order_details": [samples.line(selling_price=None)]}, "order_details[0].selling_price"),
        ({"order_details": [samples.line(selling_price=-0.01)]}, "order_details[0].selling_price"),
        ({"order_details": [samples.line(unit_count="dozen")]}, "unit_count"),
        ({"order_details": [samples.line(unit_count=1.5)]}, "unit_count"),
        ({"order_details": [samples.line(supplier_product_id=[1])]}, "supplier_product_id"),
        ({"order_details": [samples.line(id={})]}, "order_details[0].id"),
        ({"total_price": "a lot"}, "total_price"),
        ({"cartona_credit": []}, "cartona_credit"),
        ({"installment_cost": True}, "installment_cost"),
        ({"retailer": "Mona"}, "retailer"),
    ],
)
@covers("R302", "R307")
def test_what_touches_money_quantity_or_identity_is_never_guessed(
    members: dict[str, Any], member: str
) -> None:
    with pytest.raises(InvalidError) as caught:
        parse_order(samples.order(**members))
    assert caught.value.message.startswith(member)


def test_what_is_merely_useful_may_be_unreadable() -> None:
    order = parse_order(
        samples.order(
            created_at="last week",
            delivery_day=5,
            retailer_preferred_delivery_date="soon",
            estimated_delivery_day="2026-03-04T00:00:00",
            receipt_id={},
            note_message=["x"],
            delivered_by=None,
            retailer=samples.retailer(retailer_number=201000000417, address_notes=[]),
        )
    )
    assert (order.placed_at, order.number, order.note) == (None, "qWe7Rt2y", "")
    assert order.requested_delivery == date(2026, 3, 4)
    assert order.fulfilment == "seller"
    assert (order.buyer.phone, order.buyer.note) == ("201000000417", "")


@covers("R99", "R189")
def test_a_cancelled_order_may_have_lost_its_lines() -> None:
    order = parse_order(
        samples.order(
            status="cancelled_by_retailer", order_details=[], cancellation_reason="delayed_order"
        )
    )
    assert (order.lines, order.cancel_reason) == ((), "delayed_order")
    returned = parse_order(samples.order(status="returned", return_reason="expired_products"))
    assert returned.cancel_reason == "expired_products"


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("delivered_by_supplier", "seller"),
        ("delivered_by_cartona", "channel"),
        ("delivered_by_drone", "delivered_by_drone"),
        (None, "seller"),
    ],
)
@covers("R159", "X40")
def test_who_delivers_is_known_or_kept_as_received(raw: Any, kept: str) -> None:
    assert parse_order(samples.order(delivered_by=raw)).fulfilment == kept


@pytest.mark.parametrize(
    ("money", "otp", "cash"),
    [
        ({}, False, "413.05"),
        ({"cartona_credit": 50.5}, False, "362.55"),
        ({"installment_cost": "100.75"}, True, "312.30"),
        ({"wallet_top_up": 20}, True, "433.05"),
        ({"cartona_credit": 1, "installment_cost": 2, "wallet_top_up": 4}, True, "414.05"),
        ({"cartona_credit": None, "installment_cost": 0, "wallet_top_up": "0"}, False, "413.05"),
    ],
)
@covers("R279")
def test_money_outside_the_price_changes_the_cash_and_the_need_for_a_code(
    money: dict[str, Any], otp: bool, cash: str
) -> None:
    none = {"cartona_credit": 0, "installment_cost": 0, "wallet_top_up": 0}
    order = parse_order(samples.order(**{**none, **money}))
    assert order.otp_required is otp
    assert order.total is not None
    assert order.total + sum(p.sign * p.amount for p in order.payments) == Decimal(cash)


def test_ids_may_be_text_number_or_missing() -> None:
    line = samples.line(
        id=None, supplier_product_id=None, internal_product_id="904#2", base_product_id=91
    )
    order = parse_order(samples.order(hashed_id=55, order_details=[line, line]))
    assert order.external_id == "55"
    assert [one.external_id for one in order.lines] == ["#1", "#2"]
    key = order.lines[0].listing
    assert (key.external_id, key.internal_id) == (None, "904#2")
    assert key.extra["base_product_id"] == "91"


@pytest.mark.parametrize(
    ("internal_id", "sku"),
    [("479", None), ("904#2", None), ("COL-330", "COL-330"), ("شاي", "شاي"), ("٤٧٩", "٤٧٩")],
)
@covers("X36")
def test_our_id_is_a_sku_where_it_cannot_be_an_id_of_ours(
    internal_id: str, sku: str | None
) -> None:
    line = samples.line(internal_product_id=internal_id)
    (read,) = parse_order(samples.order(order_details=[line], total_price=None)).lines
    assert (read.listing.internal_id, read.listing.sku) == (internal_id, sku)


def test_the_same_content_has_the_same_revision_in_any_order() -> None:
    payload = samples.order()
    turned = dict(reversed(payload.items()))
    assert parse_order(turned).revision == parse_order(payload).revision
    assert parse_order(samples.order(status="approved")).revision != parse_order(payload).revision


# === BUYER === #


@pytest.mark.parametrize(
    ("retailer", "expected"),
    [
        ({"retailer_code": "88412", "id": 7}, "retailer_88412"),
        ({"retailer_code": 88412}, "retailer_88412"),
        ({"retailer_code": " ", "id": 7}, "retailer_id_7"),
        ({"retailer_code": None}, ""),
        ({"retailer_name": "Mona"}, ""),
        ({"retailer_number": "n/a", "retailer_number2": ""}, ""),
    ],
)
@covers("R136", "R165", "R303", "X39")
def test_a_buyer_is_known_by_code_then_id(retailer: dict[str, Any], expected: str) -> None:
    assert buyer_id(retailer) == expected


@covers("X39")
def test_a_buyer_without_code_is_known_by_phone_however_it_is_written() -> None:
    numbers = ["+20 100 000 0417", "00201000000417", "01000000417", "٠١٠٠٠٠٠٠٤١٧", "201000000417"]
    assert {phone_digits(number) for number in numbers} == {"201000000417"}
    ids = {buyer_id({"retailer_number": number}) for number in numbers}
    ids.add(buyer_id({"retailer_number": None, "retailer_number2": numbers[0]}))
    # Pinned: another digest would make every partner a new one.
    assert ids == {"retailer_tel_ebfd034c1eef38f9"}
    assert buyer_id({"retailer_number": "01000000418"}) not in ids


# === EVENTS, LISTINGS === #


@pytest.mark.parametrize("payload", [5, None, [], {}, {"hashed_id": None}, {"hashed_id": [1]}, "x"])
def test_a_document_without_id_stays_visible(payload: Any) -> None:
    event = order_event(payload)
    assert event.external_id == f"unknown-{revision(payload)[:12]}"
    with pytest.raises(InvalidError):
        parse_order(event.payload)


def test_the_time_of_a_change_is_taken_when_it_is_given() -> None:
    event = order_event(samples.order(updated_at="2026-03-01T10:00:00+02:00"))
    assert event.occurred_at == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert order_event(samples.order(updated_at="?")).occurred_at is None


@pytest.mark.parametrize(
    "row",
    [
        {"suppler_prodcut_id": 110774, "suppler_prodcut_name": "شاي"},
        {"supplier_product_id": "110774", "supplier_product_name": "شاي"},
        {"id": 110774, "product_name": "شاي"},
        {"id": 1, "supplier_product_id": 110774, "name": "شاي"},
        {"Suppler_Prodcut_ID": "110774 ", "name": "شاي"},
    ],
)
@covers("R264")
def test_a_listing_is_read_in_every_spelling(row: dict[str, Any]) -> None:
    more = {"internal_product_id": 479, "selling_price": "10.50", "available_stock_quantity": 0,
            "is_published": 1, "in_stock": "false", "unit": "box", "unit_count": 144,
            "base_product_id": 650, "min_order": 2, "max_order": None}  # fmt: skip
    listing = parse_listing(row | more)
    assert listing is not None
    extra = {"base_product_id": "650", "unit": "box", "unit_count": "144"}
    assert listing.key == ListingKey("110774", internal_id="479", extra=extra)
    assert (listing.title, listing.price) == ("شاي", Money(Decimal("10.50"), "EGP"))
    assert (listing.quantity, listing.published, listing.in_stock) == (Decimal(0), True, False)
    assert (listing.unit, listing.unit_count, listing.extra) == ("box", 144, {"min_order": 2})


def test_a_damaged_listing_is_read_as_far_as_it_goes() -> None:
    listing = parse_listing({"id": 5, "selling_price": "?", "stock": [], "unit_count": "x"})
    assert listing is not None
    assert (listing.price, listing.quantity, listing.unit_count) == (None, None, 1)
    assert (listing.published, listing.in_stock) == (None, None)
    nothing: tuple[Any, ...] = ({}, {"name": "x"}, None, 5, [], {"id": None}, {"id": {}})
    for row in nothing:
        assert parse_listing(row) is None


@covers("R271")
def test_a_base_product_is_no_listing_of_ours() -> None:
    listing = parse_base_product({"id": 4090, "name": "Water"})
    assert listing is not None
    assert (listing.key.external_id, listing.key.extra["base_product_id"]) == (None, "4090")
    assert listing.title == "Water"
    assert parse_base_product("x") is None
