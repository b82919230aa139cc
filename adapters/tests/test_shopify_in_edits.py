"""Edited and refunded orders of Shopify: what was agreed, what was taken off, what is paid back."""

from __future__ import annotations

from decimal import Decimal

import pytest

from marketplace_adapters.core import Order, OrderStatus
from shopify_in_both import both, rows
from shopify_in_samples import Line, Refund, Sample, Shipping, bag


def test_units_that_an_edit_removed_are_gone_with_their_share() -> None:
    # 3 × 10.00 less 1.00: one unit off leaves 2/3, rounded as Shopify rounds.
    sample = Sample(
        lines=[
            Line(1, "A", 3, bag("10.00"), current=2, cuts=[(bag("1.00"), 0)]),
            Line(2, "B", 1, bag("4.00"), current=0, sku="B"),
            Line(3, "C", 1, bag("2.00"), sku="C"),
        ],
        discounts=[{"code": "ONE"}],
        total=bag("21.33"),
    )
    assert rows(both(sample)) == [("1", "product", "2", "19.33"), ("3", "product", "1", "2.00")]


@pytest.mark.parametrize(
    ("current", "given", "outstanding", "paid_back"),
    [
        (2, "10.00", "0.00", "10.00"),  # a paid unit was taken off, and paid back
        (2, "4.00", "-6.00", "4.00"),  # a part of it
        (2, "12.00", "2.00", "10.00"),  # and two more out of kindness
        (3, "5.00", "5.00", "0"),  # out of kindness alone
    ],
)
def test_money_for_what_an_edit_took_off_is_told_apart(
    current: int, given: str, outstanding: str, paid_back: str
) -> None:
    sample = Sample(
        lines=[Line(1, "A", 3, bag("10.00"), current=current)],
        total=bag(f"{current * 10}.00"),
        refunds=[Refund(1, [], bag(given))],
        outstanding=outstanding,
        financial="partially_refunded",
    )
    assert both(sample).paid_back == Decimal(paid_back)


def test_a_refund_may_pay_back_an_edit_and_units_at_once() -> None:
    gone = Line(2, "B", 1, bag("4.00"), current=0)
    sample = Sample(
        lines=[Line(1, "A", 3, bag("10.00"), current=2), gone],
        total=bag("20.00"),
        refunds=[Refund(1, [(gone, 1, "cancel", 7001, bag("4.00"), bag("0.00"))], bag("14.00"))],
        financial="partially_refunded",
    )
    order = both(sample)
    assert (order.total, order.paid_back) == (Decimal("20.00"), Decimal("10.00"))


def test_a_unit_may_have_cost_a_cent_more_than_its_share() -> None:
    """Of two units for 12.66 the shop takes one off as 6.34, and gives 6.32 for the other."""
    gone = Line(1, "A", 2, bag("9.99"), current=0, cuts=[(bag("7.32"), 0)])
    sample = Sample(
        lines=[gone, Line(2, "B", 1, bag("4.00"), sku="B")],
        discounts=[{"code": "ONE"}],
        total=bag("4.00"),
        refunds=[Refund(1, [(gone, 1, "cancel", 7001, bag("6.32"), bag("0.00"))], bag("12.66"))],
        financial="partially_refunded",
    )
    assert both(sample).paid_back == Decimal("6.34")
    sample.refunds = [Refund(1, sample.refunds[0].lines, bag("12.68"))]
    assert both(sample).paid_back == Decimal("6.33"), "two cents out of kindness"


def test_what_an_exchange_left_owing_is_paid_back_later() -> None:
    """A tea for 10.00 came back for one of 4.00; the next refund pays the six."""
    tea, cheap = Line(1, "A", 2, bag("10.00"), current=1), Line(2, "B", 1, bag("4.00"), sku="B")
    parcels = [(8, "success", "", [(1, 2), (2, 1)])]
    swap = Refund(1, [(tea, 1, "return", 7001, bag("10.00"), bag("0.00"))])
    owed = Sample(lines=[tea, cheap], total=bag("14.00"), refunds=[swap], parcels=parcels)
    assert (both(owed).total, both(owed).paid_back) == (Decimal("24.00"), Decimal())
    owed.refunds = [swap, Refund(2, [], bag("6.00"))]
    assert (both(owed).total, both(owed).paid_back) == (Decimal("24.00"), Decimal("6.00"))


def test_what_was_given_back_alone_makes_it_another_order() -> None:
    line = Line(1, "A", 2, bag("10.00"), current=1)

    def order(*refunds: Refund) -> Order:
        return both(Sample(lines=[line], total=bag("10.00"), refunds=list(refunds)))

    def refund(restock: str, paid: str) -> Refund:
        return Refund(1, [(line, 1, restock, 7001, bag("10.00"), bag("0.00"))], bag(paid))

    found = [
        order(),
        order(refund("cancel", "10.00")),
        order(refund("return", "10.00")),
        order(refund("return", "9.00")),
        order(refund("return", "9.00"), Refund(2, [], bag("1.00"))),
    ]
    assert len({one.revision for one in found}) == len(found)


def test_units_refunded_before_they_left_are_gone() -> None:
    line = Line(1, "A", 3, bag("11.90"), current=1, taxes=[(bag("5.70"), 0.19, False)])
    sample = Sample(
        lines=[line],
        total=bag("11.90"),
        tax=bag("1.90"),
        refunds=[Refund(1, [(line, 2, "cancel", 7001, bag("23.80"), bag("3.80"))], bag("23.80"))],
        financial="partially_refunded",
    )
    order = both(sample)
    assert rows(order) == [("1", "product", "1", "11.90")]
    assert (order.total, order.lines[0].tax) == (Decimal("11.90"), Decimal("1.90"))
    assert order.extra["refunded_total"] == "23.80"


@pytest.mark.parametrize("restock", ["return", "no_restock", "legacy_restock"])
def test_units_refunded_after_they_left_stay_on_the_order(restock: str) -> None:
    line = Line(1, "A", 3, bag("10.00"), current=1, taxes=[(bag("3.00"), 0.1, False)])
    sample = Sample(
        lines=[line],
        included=False,
        total=bag("11.00"),
        tax=bag("1.00"),
        refunds=[Refund(1, [(line, 2, restock, 7001, bag("20.00"), bag("2.00"))], bag("22.00"))],
        parcels=[(8, "success", "", [(1, 3)])],
        fulfilment="FULFILLED",
        financial="partially_refunded",
    )
    order = both(sample)
    assert rows(order) == [("1", "product", "3", "33.00")]
    assert (order.total, order.extra["current_total"]) == (Decimal("33.00"), "11.00")
    assert order.status is OrderStatus.SHIPPED
    assert order.lines[0].shipped == Decimal(3)


def test_an_order_is_returned_when_every_unit_came_back() -> None:
    line = Line(1, "A", 2, bag("10.00"), current=0)
    refund = Refund(1, [(line, 2, "return", 7001, bag("20.00"), bag("0.00"))], bag("20.00"))
    sample = Sample(
        lines=[line],
        total=bag("0.00"),
        refunds=[refund],
        parcels=[(8, "success", "DELIVERED", [(1, 2)])],
        fulfilment="FULFILLED",
        financial="refunded",
    )
    assert both(sample).status is OrderStatus.RETURNED
    refund.lines = [(line, 2, "no_restock", None, bag("20.00"), bag("0.00"))]
    assert both(sample).status is OrderStatus.DELIVERED


def test_refunded_shipping_is_still_what_was_agreed() -> None:
    line = Line(1, "A", 1, bag("10.00"))
    shipping = Shipping(5, bag("5.95"), current=bag("0.00"), taxes=[(bag("0.95"), 0.19, False)])
    refund = Refund(1, [], bag("5.95"), shipping=[(bag("5.95"), bag("0.95"))])
    sample = Sample(lines=[line], shipping=[shipping], total=bag("10.00"), refunds=[refund])
    order = both(sample)
    assert rows(order) == [("1", "product", "1", "10.00"), ("shipping-5", "shipping", "1", "5.95")]


def test_a_shop_that_leaves_refunded_shipping_in_its_total_is_read_too() -> None:
    line = Line(1, "A", 1, bag("10.00"))
    refund = Refund(1, [], bag("5.95"), shipping=[(bag("5.95"), bag("0.95"))])
    sample = Sample(
        lines=[line], shipping=[Shipping(5, bag("5.95"))], total=bag("15.95"), refunds=[refund]
    )
    assert both(sample).total == Decimal("15.95")


def test_units_that_came_back_without_a_refund_stay_on_the_order() -> None:
    sample = Sample(
        lines=[Line(1, "A", 2, bag("10.00"), current=1)],
        total=bag("10.00"),
        parcels=[(8, "success", "", [(1, 2)])],
        fulfilment="FULFILLED",
    )
    order = both(sample)
    assert (order.total, rows(order)) == (Decimal("20.00"), [("1", "product", "2", "20.00")])


def test_a_removed_way_of_shipping_is_gone() -> None:
    sample = Sample(
        lines=[Line(1, "A", 1, bag("10.00"))],
        shipping=[Shipping(5, bag("5.00"), removed=True), Shipping(6, bag("7.00"))],
        total=bag("17.00"),
    )
    assert [one.external_id for one in both(sample).lines] == ["1", "shipping-6"]
