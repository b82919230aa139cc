"""The money of orders: breakdowns become lines that come to the total."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import amazon_in_samples as samples
from amazon_in_samples import FACILITATOR, UK, US, breakdown, item, money, order
from marketplace_adapters.amazon.amounts import spread
from marketplace_adapters.amazon.const import MARKETPLACES
from marketplace_adapters.amazon.orders import parse_order
from marketplace_adapters.core import (
    Discount,
    Order,
    Payment,
)
from marketplace_adapters.testing import covers

CENT = Decimal("0.01")


def lines_of(found: Order) -> list[tuple[str, str, str, str, str]]:
    return [
        (one.external_id, one.kind, str(one.quantity), str(one.unit_price), one.taxed_by)
        for one in found.lines
    ]


def sum_of(found: Order) -> Decimal:
    return sum((one.quantity * one.unit_price for one in found.lines), Decimal())


@covers("R33", "X11")
def test_charges_promotions_and_collected_tax_become_lines_that_make_the_total() -> None:
    found = parse_order(samples.full_order())
    # 20.00 − 1.00 for three, 5.99 − 1.99 shipping, 3.00 wrap, 2.10 tax that Amazon pays, 5.00 tip
    assert [(x, k, q, t) for x, k, q, _price, t in lines_of(found)] == [
        ("12345678901234", "product", "3", "channel"),
        ("12345678901234#SHIPPING", "shipping", "1", "channel"),
        ("12345678901234#GIFT_WRAP", "wrap", "1", "channel"),
        ("12345678901234#TAX", "tax", "1", "channel"),
        ("order#DELIVERY_TIP", "fee", "1", "channel"),
    ]
    prices = [one.unit_price for one in found.lines]
    assert prices[1:] == [Decimal("4.00"), Decimal("3.00"), Decimal("2.10"), Decimal("5.00")]
    assert (3 * prices[0]).quantize(CENT) == Decimal("19.00")
    assert sum_of(found).quantize(CENT) == Decimal("33.10")
    first = found.lines[0]
    assert first.discounts == (Discount("seller", Decimal("1.00"), "SAVE5"),)
    assert found.lines[1].discounts == (Discount("seller", Decimal("1.99"), "SAVE5"),)
    assert first.tax == 0
    assert (first.listing.sku, first.listing.external_id) == ("SKU-12345678901234",) * 2
    assert first.listing.extra == {"asin": "B000000001"}
    assert first.comment == (
        "Gift message: حبيبتي\nGift wrap: PREMIUM\nCustomization: https://custom.test/x?y=1"
    )
    assert "حبيبتي" not in repr(first)


# === MONEY === #


@covers("R33")
def test_tax_that_the_seller_owes_is_part_of_the_price() -> None:
    rows = [
        breakdown("ITEM", "89.97", "GBP"),
        breakdown("SHIPPING", "10.00", "GBP"),
        breakdown("TAX", "4.00", "GBP", {"ITEM": "3.00", "SHIPPING": "1.00"}),
    ]
    on_top = item(quantity=3, rows=rows, total="103.97", currency="GBP")
    found = parse_order(order(on_top, total="103.97", market=UK, currency="GBP"))
    assert lines_of(found) == [
        ("11111111111111", "product", "3", "30.99", "seller"),
        ("11111111111111#SHIPPING", "shipping", "1", "11.00", "seller"),
    ]
    assert [(one.tax, one.tax_included) for one in found.lines] == [
        (Decimal("3.00"), True),
        (Decimal("1.00"), True),
    ]
    held = item(quantity=3, rows=rows, total="99.97", currency="GBP")
    found = parse_order(order(held, total="99.97", market=UK, currency="GBP"))
    assert [str(one.unit_price) for one in found.lines] == ["29.99", "10.00"]
    assert [one.tax for one in found.lines] == [Decimal("3.00"), Decimal("1.00")]


@covers("R33")
def test_tax_that_amazon_collects_is_a_line_of_its_own_also_where_prices_hold_it() -> None:
    rows = [breakdown("ITEM", "119.00"), breakdown("TAX", "19.00")]
    sold = item(quantity=2, rows=rows, total="119.00", tax=FACILITATOR)
    found = parse_order(order(sold, total="119.00"))
    assert lines_of(found) == [
        ("11111111111111", "product", "2", "50.00", "channel"),
        ("11111111111111#TAX", "tax", "1", "19.00", "channel"),
    ]
    assert [one.tax for one in found.lines] == [Decimal(0), None]


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize(("total", "price"), [("8.00", "8.00"), ("10.00", "10.00")])
def test_the_total_says_how_a_discount_is_meant(sign: str, total: str, price: str) -> None:
    rows = [breakdown("ITEM", "10.00"), breakdown("DISCOUNT", f"{sign}2.00")]
    found = parse_order(order(item(rows=rows, total=total), total=total))
    assert found.lines[0].unit_price == Decimal(price)
    assert found.lines[0].discounts == (Discount("seller", Decimal("2.00")),)
    assert sum_of(found) == found.total


def test_tax_on_a_discount_lessens_the_tax_whatever_its_sign() -> None:
    for relief in ("0.20", "-0.20"):
        rows = [
            breakdown("ITEM", "10.00", "USD"),
            breakdown("DISCOUNT", "2.00", "USD"),
            breakdown("TAX", "0.80", "USD", {"ITEM": "1.00", "DISCOUNT": relief}),
        ]
        sold = item(rows=rows, total="8.80", currency="USD")
        found = parse_order(order(sold, total="8.80", market=US, currency="USD"))
        assert [str(one.unit_price) for one in found.lines] == ["8.00", "0.80"]


def test_shipping_that_a_promotion_pays_is_no_line() -> None:
    rows = [
        breakdown("ITEM", "10.00"),
        breakdown("SHIPPING", "4.00"),
        breakdown("DISCOUNT", "4.00", details={"SHIPPING": "4.00"}),
        breakdown("COD_FEE", "2.50"),
        breakdown("SOMETHING_NEW", "0.50"),
    ]
    found = parse_order(order(item(rows=rows, total="13.00"), total="13.00"))
    assert [(one.kind, one.name, str(one.unit_price)) for one in found.lines[1:]] == [
        ("fee", "Cash on delivery fee", "2.50"),
        ("fee", "Other charges", "0.50"),
    ]


def test_a_price_that_does_not_come_out_even_keeps_its_total() -> None:
    found = parse_order(
        order(item(quantity=7, rows=[breakdown("ITEM", "100.00")], total="100.00"), total="100.00")
    )
    assert abs(sum_of(found) - 100) < Decimal("1e-20")


def test_what_the_order_alone_tells_is_told_by_a_line() -> None:
    sold = item(rows=[breakdown("ITEM", "10.00")], total="10.00")
    rows = [
        breakdown("ITEM", "10.00"),
        breakdown("SHIPPING", "3.00"),
        breakdown("DISCOUNT", "1.00"),
        breakdown("DELIVERY_TIP", "2.00"),
    ]
    found = parse_order(order(sold, total="14.00", rows=rows))
    assert lines_of(found)[1:] == [
        ("order#SHIPPING", "shipping", "1", "3.00", "channel"),
        ("order#DISCOUNT", "fee", "1", "-1.00", "channel"),
        ("order#DELIVERY_TIP", "fee", "1", "2.00", "channel"),
    ]
    # A tip that is announced and not part of the total yet is none.
    waiting = parse_order(order(sold, total="10.00", rows=rows[-1:]))
    assert [one.kind for one in waiting.lines] == ["product"]


def test_tax_that_only_the_order_tells_is_shared_by_its_items() -> None:
    sold = [
        item("1", rows=[breakdown("ITEM", "10.00")], total="10.00"),
        item("2", 2, rows=[breakdown("ITEM", "20.00")], total="20.00"),
    ]
    rows = [breakdown("ITEM", "30.00"), breakdown("TAX", "5.71")]
    found = parse_order(order(*sold, total="35.71", rows=rows))
    assert [one.tax for one in found.lines] == [Decimal("1.90"), Decimal("3.81")]
    assert sum_of(found).quantize(CENT) == Decimal("35.71")
    held = parse_order(order(*sold, total="30.00", rows=rows))
    assert [(one.kind, one.tax) for one in held.lines] == [("product", None)] * 2


def test_a_total_that_nothing_explains_stays_as_amazon_says_it() -> None:
    sold = item(rows=[breakdown("ITEM", "10.00")], total="10.00")
    found = parse_order(order(sold, total="12.34"))
    assert (found.total, sum_of(found)) == (Decimal("12.34"), Decimal("10.00"))


def test_prices_without_a_total_make_one() -> None:
    found = parse_order(order(item("1", unit="4.50", quantity=2), item("2", unit="1.00")))
    assert (found.total, found.priced, sum_of(found)) == (Decimal("10.00"), True, Decimal("10.00"))
    half = parse_order(order(item("1", unit="4.50"), item("2")))
    assert (half.total, half.priced) == (None, False)


def test_cash_on_delivery_is_left_to_collect() -> None:
    paid = {
        "paymentExecutions": [
            {"paymentMethod": "CashOnDelivery", "paymentAmount": money("30")},
            {"paymentMethod": "GiftCertificate", "paymentAmount": money("20")},
        ]
    }
    sold = item(rows=[breakdown("ITEM", "50")], total="50")
    found = parse_order(order(sold, total="50", payment=paid))
    assert found.payments == (Payment("paid", Decimal(20), -1, "CashOnDelivery, GiftCertificate"),)


# === CANCELLED UNITS === #


def cut(**told: Any) -> dict[str, Any]:
    return item(
        "1",
        4,
        [breakdown("ITEM", "40.00"), breakdown("SHIPPING", "4.00")],
        total="44.00",
        unit="10.00",
        **told,
    )


@covers("R35")
def test_cancelled_units_of_a_line_are_wanted_no_more() -> None:
    sold = cut(fulfillment={"quantityFulfilled": 1, "quantityUnfulfilled": 2})
    other = item("2", rows=[breakdown("ITEM", "6.00")], total="6.00")
    found = parse_order(order(sold, other, total="50.00"))
    assert lines_of(found) == [
        ("1", "product", "3", "10.00", "seller"),
        ("1#SHIPPING", "shipping", "1", "3.00", "seller"),
        ("2", "product", "1", "6.00", "seller"),
    ]
    assert found.total == sum_of(found) == Decimal("39.00")


def test_amounts_that_amazon_lessened_itself_are_taken_as_they_are() -> None:
    sold = item(
        "1",
        4,
        [breakdown("ITEM", "30.00")],
        total="30.00",
        unit="10.00",
        fulfillment={"quantityFulfilled": 0, "quantityUnfulfilled": 3},
    )
    found = parse_order(order(sold, total="30.00"))
    assert lines_of(found) == [("1", "product", "3", "10.00", "seller")]
    assert found.total == Decimal("30.00")


def test_a_line_that_is_cancelled_as_a_whole_has_quantity_zero() -> None:
    gone = cut(
        fulfillment={"quantityFulfilled": 0, "quantityUnfulfilled": 0},
        cancellation={"cancellationExecution": {"cancelledBy": "BUYER"}},
    )
    other = item("2", rows=[breakdown("ITEM", "6.00")], total="6.00")
    found = parse_order(order(gone, other, total="50.00"))
    assert lines_of(found) == [
        ("1", "product", "0", "10.00", "seller"),
        ("2", "product", "1", "6.00", "seller"),
    ]
    assert found.total == sum_of(found) == Decimal("6.00")


def test_nothing_done_and_nothing_open_alone_cancels_nothing() -> None:
    told = {"quantityFulfilled": 0, "quantityUnfulfilled": 0}
    assert parse_order(order(cut(fulfillment=told), total="44.00")).lines[0].quantity == 4
    pending = parse_order(order(cut(fulfillment=told), total="44.00", status="PENDING"))
    assert pending.lines[0].quantity == 4


def test_a_line_of_nothing_is_read() -> None:
    found = parse_order(order(item(quantity=0, rows=[], total="0"), total="0"))
    assert lines_of(found) == [("11111111111111", "product", "0", "0", "seller")]
    assert (found.total, found.priced) == (Decimal(0), True)


# === PROPERTIES === #

cents = st.integers(0, 2_000_000)


@st.composite
def priced_items(draw: st.DrawFn) -> dict[str, Any]:
    """An item whose breakdowns come to its total, in one of the ways that Amazon may mean."""
    step = draw(st.sampled_from([Decimal(1), Decimal("0.01"), Decimal("0.001")]))
    charges = {"ITEM": draw(cents) * step}
    for part in ("SHIPPING", "GIFT_WRAP", "COD_FEE", "OTHER"):
        if draw(st.booleans()):
            charges[part] = draw(cents) * step
    rows = [breakdown(part, amount) for part, amount in charges.items()]
    discounts = {
        part: min(amount, draw(cents) * step)
        for part, amount in charges.items()
        if draw(st.booleans())
    }
    off = sum(discounts.values(), Decimal())
    if discounts:
        sign = draw(st.sampled_from([1, -1]))
        told = {part: sign * amount for part, amount in discounts.items()}
        rows.append(breakdown("DISCOUNT", sign * off, details=told))
    taxes = {
        part: min(amount - discounts.get(part, 0), draw(cents) * step / 10)
        for part, amount in charges.items()
        if draw(st.booleans())
    }
    tax = sum(taxes.values(), Decimal())
    if taxes:
        rows.append(breakdown("TAX", tax, details=taxes))
    on_top = draw(st.booleans())
    netted = draw(st.booleans())
    total = sum(charges.values()) - (0 if netted else off) + (tax if on_top else 0)
    more: dict[str, Any] = {"tax": FACILITATOR} if draw(st.booleans()) else {}
    return item("1", draw(st.integers(1, 50)), rows, total=total, **more)


@pytest.mark.large
@settings(max_examples=300, deadline=None)
@given(
    st.lists(priced_items(), min_size=1, max_size=6),
    st.sampled_from(["EUR", "USD", "JPY", "GBP", "KWD"]),
    st.sampled_from(sorted(MARKETPLACES)),
    cents,
)
@covers("R33", "X11")
def test_the_lines_always_come_to_the_total(
    items: list[dict[str, Any]], currency: str, market: str, tip: int
) -> None:
    tipped = Decimal(tip) / 100
    total = tipped
    for number, one in enumerate(items):
        one["orderItemId"] = str(number)
        total += Decimal(one["proceeds"]["proceedsTotal"]["amount"])
    document = order(*items, total=total, market=market, rows=[breakdown("DELIVERY_TIP", tipped)])
    found = parse_order(json.loads(json.dumps(document).replace('"EUR"', f'"{currency}"')))
    assert found.currency == currency
    assert found.total == total
    assert abs(sum_of(found) - total) < Decimal("1e-15")
    tax = sum((one.unit_price for one in found.lines if one.kind == "tax"), Decimal())
    owed = sum((one.tax or 0 for one in found.lines), Decimal())
    told = [
        Decimal(row["subtotal"]["amount"])
        for one in items
        for row in one["proceeds"]["breakdowns"]
        if row["type"] == "TAX"
    ]
    assert tax + owed == sum(told, Decimal())
    assert all(one.tax in (None, 0) for one in found.lines if one.taxed_by == "channel")


@given(
    st.decimals("-100000", "100000", places=2),
    st.lists(st.decimals(0, 1000, places=2), min_size=1, max_size=12),
)
def test_shares_lose_and_invent_nothing(amount: Decimal, weights: list[Decimal]) -> None:
    shares = spread(amount, weights)
    assert sum(shares) == amount
    assert all(share.as_tuple().exponent == -2 for share in shares)
    assert all(share * amount >= 0 for share in shares)
