"""Orders of Shopify as the suite reads them, by webhook and by query: equal, to the cent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from marketplace_adapters.core import (
    UTC,
    Address,
    Company,
    Discount,
    InvalidError,
    ListingKey,
    Order,
    OrderStatus,
    Payment,
    parse_datetime,
)
from marketplace_adapters.shopify.orders import parse_order
from marketplace_adapters.shopify.settings import Settings
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.harness import check_neutral, mutations
from shopify_in_both import SHOP, both, rows
from shopify_in_samples import CUSTOMER, ORDER, Line, Refund, Sample, Shipping, bag, plain

# === THE WHOLE === #


@covers("R355", "R361", "R371", "X36")
def test_an_order_is_the_same_by_webhook_and_by_query() -> None:
    order = both(plain())
    assert (order.external_id, order.number) == (str(ORDER), "#1001")
    assert (order.status, order.raw_status) == (OrderStatus.CONFIRMED, "paid/unfulfilled")
    assert (order.currency, order.total) == ("EUR", Decimal("39.40"))
    assert order.placed_at == parse_datetime("2026-11-21T04:30:00Z", "x")
    assert order.updated_at == parse_datetime("2026-11-21T11:00:00Z", "x")
    assert order.updated_at is not None
    assert order.updated_at.tzinfo is UTC
    assert rows(order) == [
        ("1", "product", "2", "23.80"),
        ("2", "product", "1", "10.70"),
        ("shipping-5", "shipping", "1", "4.90"),
    ]
    assert [one.tax for one in order.lines] == [Decimal("3.80"), Decimal("0.70"), Decimal("0.78")]
    assert order.lines[0].listing == ListingKey("7001", "COL-330", extra={"product_id": "9001"})
    assert order.payments == (Payment("paid", Decimal("39.40"), -1, "shopify_payments"),)
    assert order.note == "Bitte klingeln\nwish: red"
    assert order.extra == {
        "source_name": "web",
        "financial_status": "paid",
        "fulfillment_status": "unfulfilled",
        "gateway": "shopify_payments",
        "current_total": "39.40",
        "tags": "a, b",
        "admin_path": f"orders/{ORDER}",
    }
    assert (order.test, order.risk, order.cancelled_by) == (False, "", "")


def test_the_buyer_is_the_customer_with_the_billing_address() -> None:
    order = both(plain())
    assert (order.buyer.external_id, order.buyer.name) == (str(CUSTOMER), "Léa Müller")
    assert (order.buyer.email, order.buyer.phone) == ("lea@example.com", "+49 170 7654321")
    assert order.buyer.company is None
    assert order.ship_to == Address(
        name="Léa Müller, Müller & Söhne",
        street="Hauptstraße 1",
        street2="Hof, 3. Stock",
        city="Köln",
        zip="50667",
        state="NW",
        country="DE",
        phone="+49 221 1234567",
    )
    assert order.bill_to == order.ship_to


def test_an_order_without_customer_and_address_is_read() -> None:
    sample = plain()
    sample.customer, sample.address = False, None
    order = both(sample)
    assert (order.buyer.external_id, order.buyer.name) == ("", "lea@example.com")
    assert (order.ship_to, order.bill_to, order.buyer.address) == (None, None, Address())


def test_a_company_is_named_by_the_query_alone() -> None:
    sample = plain()
    sample.company, sample.terms, sample.financial = (
        (31, 32, "Müller & Söhne", "Lager"),
        "Net 30",
        "pending",
    )
    sample.outstanding = "39.40"
    hook, query = parse_order(sample.rest(), SHOP), parse_order(sample.graph(), SHOP)
    assert hook.buyer.company == Company("31", "Müller & Söhne", "", "32", "", "Net 30")
    assert query.buyer.company == Company(
        "31", "Müller & Söhne", "DE123456789", "32", "Lager", "Net 30"
    )
    # Agreed terms: it is delivered before it is paid, and nothing of it is paid yet.
    assert (hook.status, hook.payments) == (OrderStatus.CONFIRMED, ())
    mark, _plus, more = query.revision.partition("+")
    assert (mark, len(more)) == (hook.revision, 8)


# === MONEY === #


def test_tax_on_top_becomes_part_of_the_price() -> None:
    sample = Sample(
        lines=[
            Line(
                1,
                "Lamp",
                3,
                bag("19.99"),
                taxes=[(bag("3.75"), 0.0625, False), (bag("1.50"), 0.025, False)],
            )
        ],
        shipping=[Shipping(5, bag("5.00"), taxes=[(bag("0.31"), 0.0625, False)])],
        included=False,
        total=bag("70.53"),
        tax=bag("5.56"),
    )
    order = both(sample)
    assert rows(order) == [("1", "product", "3", "65.22"), ("shipping-5", "shipping", "1", "5.31")]
    assert [one.tax for one in order.lines] == [Decimal("5.25"), Decimal("0.31")]
    assert all(one.tax_included for one in order.lines)


def test_tax_that_the_channel_collects_is_a_line_of_its_own() -> None:
    sample = Sample(
        lines=[Line(1, "Lamp", 1, bag("20.00"), taxes=[(bag("1.25"), 0.0625, True)])],
        included=False,
        total=bag("21.25"),
        tax=bag("1.25"),
    )
    order = both(sample)
    assert rows(order) == [("1", "product", "1", "20.00"), ("1#TAX", "tax", "1", "1.25")]
    assert [(one.taxed_by, one.tax) for one in order.lines] == [
        ("channel", Decimal(0)),
        ("channel", None),
    ]


def test_discounts_of_lines_orders_and_shipping_are_off_the_prices() -> None:
    sample = Sample(
        lines=[
            Line(1, "Cola", 3, bag("10.00"), cuts=[(bag("3.33"), 0), (bag("1.34"), 1)]),
            Line(2, "Tea", 1, bag("5.00"), cuts=[(bag("0.25"), 1)], sku="TEA"),
        ],
        discounts=[
            {"type": "automatic", "title": "3 für 2"},
            {"type": "discount_code", "code": "EXTRA5"},
            {"type": "discount_code", "code": "FREESHIP"},
        ],
        shipping=[Shipping(5, bag("9.90"), current=bag("0.00"), cuts=[(bag("9.90"), 2)])],
        total=bag("30.08"),
    )
    order = both(sample)
    assert rows(order) == [
        ("1", "product", "3", "25.33"),
        ("2", "product", "1", "4.75"),
        ("shipping-5", "shipping", "1", "0.00"),
    ]
    assert order.lines[0].discounts == (
        Discount("seller", Decimal("3.33"), "3 für 2"),
        Discount("seller", Decimal("1.34"), "EXTRA5"),
    )
    assert order.extra["discount_codes"] == "EXTRA5, FREESHIP"


def test_tips_gift_cards_duties_fees_and_custom_items_are_fees() -> None:
    sample = Sample(
        lines=[
            Line(1, "Cola", 1, bag("10.00"), duties=[bag("2.50")]),
            Line(2, "Card 25", 1, bag("25.00"), gift_card=True, ships=False, variant=7009),
            Line(3, "Tip", 1, bag("2.00"), variant=None, product=None, sku=None, ships=False),
            Line(4, "Engraving", 3, bag("6.66"), variant=None, product=None, sku=None, ships=False),
            Line(5, "Crate", 1, bag("7.00"), variant=None, product=None, sku=None),
        ],
        total=bag("67.73"),
        tip="2.00",
        fees=(bag("1.25"), bag("1.25")),
        duties=(bag("2.50"), bag("2.50")),
    )
    order = both(sample)
    assert [(one.external_id, one.kind, one.listing.sku) for one in order.lines] == [
        ("1", "product", "COL-330"),
        ("2", "fee", "gift_card"),
        ("3", "fee", "tip"),
        ("4", "fee", "custom"),
        ("5", "fee", "custom"),
        ("fee-duty", "fee", "duty"),
        ("fee-additional", "fee", "additional_fee"),
    ]
    assert rows(order)[3:] == [
        ("4", "fee", "3", "19.98"),
        ("5", "fee", "1", "7.00"),
        ("fee-duty", "fee", "1", "2.50"),
        ("fee-additional", "fee", "1", "1.25"),
    ]


def test_a_tip_without_a_line_gets_one() -> None:
    order = both(Sample(lines=[Line(1, "Cola", 1, bag("10.00"))], total=bag("12.00"), tip="2.00"))
    assert rows(order)[1] == ("fee-tip", "fee", "1", "2.00")


def test_tax_of_fees_is_found_in_the_tax_of_the_order() -> None:
    sample = Sample(
        lines=[Line(1, "Cola", 1, bag("10.00"), taxes=[(bag("1.00"), 0.1, False)])],
        included=False,
        total=bag("16.50"),
        tax=bag("1.50"),
        fees=(bag("5.00"), bag("5.00")),
    )
    order = both(sample)
    assert rows(order)[1] == ("fee-additional", "fee", "1", "5.50")
    assert order.lines[1].tax == Decimal("0.50")


def test_money_is_the_shops_or_the_buyers() -> None:
    sample = Sample(
        lines=[Line(1, "Cola", 2, bag("10.00", "10.85"))],
        shipping=[Shipping(5, bag("4.90", "5.32"))],
        total=bag("24.90", "27.02"),
        outstanding="24.90",
        financial="pending",
        currencies=("EUR", "USD"),
    )
    shop = both(sample)
    buyer = both(sample, Settings(currency="EUR", money="presentment"))
    assert (shop.currency, shop.total) == ("EUR", Decimal("24.90"))
    assert (buyer.currency, buyer.total) == ("USD", Decimal("27.02"))
    assert (shop.extra["other_currency"], buyer.extra["other_currency"]) == ("USD", "EUR")
    assert (shop.payments, buyer.payments) == ((), ())
    assert rows(buyer)[0] == ("1", "product", "2", "21.70")


def test_yen_have_no_cents_and_dinars_have_three() -> None:
    for code, each, total in (("JPY", "333", "999"), ("KWD", "0.333", "0.999")):
        sample = Sample(
            lines=[Line(1, "Cola", 3, bag(each, currency=code))],
            total=bag(total, currency=code),
            currencies=(code, code),
        )
        assert both(sample).total == Decimal(total)


def test_a_rounding_of_the_whole_order_is_spread_over_its_lines() -> None:
    # Tax counted over the order is one cent more than over its lines.
    sample = Sample(
        lines=[
            Line(1, "A", 1, bag("3.33"), taxes=[(bag("0.33"), 0.1, False)]),
            Line(2, "B", 1, bag("3.34"), taxes=[(bag("0.33"), 0.1, False)]),
        ],
        included=False,
        total=bag("7.34"),
        tax=bag("0.67"),
    )
    assert rows(both(sample)) == [("1", "product", "1", "3.66"), ("2", "product", "1", "3.68")]


def test_a_greater_difference_stays_for_a_person_to_see() -> None:
    sample = Sample(lines=[Line(1, "A", 1, bag("3.33"))], total=bag("5.00"))
    order = parse_order(sample.rest(), SHOP)
    assert (order.total, order.lines[0].unit_price) == (Decimal("5.00"), Decimal("3.33"))


# === PAYMENTS, STATUS === #


@pytest.mark.parametrize(
    ("word", "outstanding", "when_paid", "paid"),
    [
        ("paid", "0.00", "confirmed", "10.00"),
        ("authorized", "10.00", "confirmed", "10.00"),
        ("pending", "10.00", "pending", None),
        ("partially_paid", "4.00", "pending", "6.00"),
        ("partially_refunded", "0.00", "confirmed", "10.00"),
        ("refunded", "0.00", "confirmed", "10.00"),
        ("voided", "10.00", "pending", None),
        ("expired", "10.00", "pending", None),
        ("a_new_word", "10.00", "pending", None),
    ],
)
def test_an_order_is_confirmed_when_it_is_paid_or_placed(
    word: str, outstanding: str, when_paid: str, paid: str | None
) -> None:
    sample = Sample(
        lines=[Line(1, "A", 1, bag("10.00"))],
        total=bag("10.00"),
        financial=word,
        outstanding=outstanding,
    )
    order = both(sample)
    assert order.status.value == when_paid
    assert [one.amount for one in order.payments] == ([Decimal(paid)] if paid else [])
    assert both(sample, Settings(confirm_when="placed")).status is OrderStatus.CONFIRMED


def test_what_a_gift_card_paid_is_told_where_it_is_known() -> None:
    sample = Sample(
        lines=[Line(1, "A", 1, bag("10.00"))], total=bag("10.00"), gateways=["gift_card"]
    )
    assert both(sample).payments == (Payment("gift_card", Decimal("10.00"), -1, "gift_card"),)
    sample.gateways = ["gift_card", "shopify_payments"]
    paid = {"kind": "SALE", "status": "SUCCESS", "gateway": "gift_card"}
    amount = {"shopMoney": {"amount": "4.0"}, "presentmentMoney": {"amount": "4.0"}}
    sample.graph_more = {"transactions": [{**paid, "amountSet": amount}]}
    assert parse_order(sample.graph(), SHOP).payments == (
        Payment("gift_card", Decimal("4.0"), -1, "gift_card"),
        Payment("paid", Decimal("6.00"), -1, "shopify_payments"),
    )
    hook = parse_order(sample.rest(), SHOP)
    assert [(one.kind, one.amount) for one in hook.payments] == [("paid", Decimal("10.00"))]


def test_an_order_goes_from_confirmed_to_delivered() -> None:
    line = Line(1, "A", 2, bag("5.00"))
    sample = Sample(lines=[line], total=bag("10.00"))
    sample.parcels, sample.fulfilment = [(8, "success", "", [(1, 1)])], "PARTIALLY_FULFILLED"
    partly = both(sample)
    assert (partly.status, partly.lines[0].shipped) == (OrderStatus.CONFIRMED, Decimal(1))
    sample.parcels += [(9, "success", "", [(1, 1)]), (10, "cancelled", "", [(1, 1)])]
    sample.fulfilment = "FULFILLED"
    shipped = both(sample)
    assert (shipped.status, shipped.lines[0].shipped) == (OrderStatus.SHIPPED, Decimal(2))
    sample.parcels = [(8, "success", "DELIVERED", [(1, 1)]), (9, "success", "DELIVERED", [(1, 1)])]
    assert both(sample).status is OrderStatus.DELIVERED


@pytest.mark.parametrize(("reason", "by"), [("customer", "buyer"), ("fraud", "seller")])
def test_a_cancelled_order_says_who_did_it(reason: str, by: str) -> None:
    line = Line(1, "A", 2, bag("5.00"), current=0)
    sample = Sample(
        lines=[line],
        total=bag("0.00"),
        cancelled="yes",
        reason=reason,
        financial="refunded",
        refunds=[Refund(1, [(line, 2, "cancel", 7001, bag("10.00"), bag("0.00"))], bag("10.00"))],
    )
    order = both(sample)
    assert (order.status, order.cancelled_by, order.cancel_reason) == (
        OrderStatus.CANCELLED,
        by,
        reason,
    )
    assert (order.total, rows(order)) == (Decimal("0.00"), [("1", "product", "0", "0.00")])


# === WHAT ONLY ONE ROAD TELLS === #


def test_lines_are_delivered_from_the_location_of_their_fulfilment_order() -> None:
    sample = plain()
    sample.places = [
        (7001, "CLOSED", [(1, 0)]),
        (7002, "OPEN", [(1, 2)]),
        (7001, "OPEN", [(2, 1)]),
        (7003, "CANCELLED", [(2, 1)]),
    ]
    order = parse_order(sample.graph(), SHOP)
    assert [one.location for one in order.lines] == ["7002", "7001", ""]
    hook = parse_order(sample.rest(), SHOP)
    assert [one.location for one in hook.lines] == ["", "", ""]
    assert order.revision.startswith(f"{hook.revision}+")
    # In a shop with one location there is nothing new in it.
    sample.places = [(7001, "OPEN", [(1, 2), (2, 1)])]
    home = Settings(currency="EUR", location="7001")
    assert parse_order(sample.graph(), home).revision == hook.revision


def test_an_order_of_the_shop_floor_is_delivered_there() -> None:
    sample = plain()
    sample.source, sample.location = "pos", 7002
    assert [one.location for one in both(sample).lines] == ["7002", "7002", ""]


@pytest.mark.parametrize(
    ("recommendation", "levels", "risk", "same"),
    [
        ("NONE", [], "", True),
        ("NONE", ["NONE"], "", True),
        ("NONE", ["PENDING"], "", True),
        ("ACCEPT", ["LOW", "PENDING"], "", True),
        ("ACCEPT", ["LOW"], "low", True),
        ("ACCEPT", ["LOW", "HIGH"], "high", False),
        ("INVESTIGATE", ["PENDING"], "medium", False),
        ("CANCEL", [], "high", False),
        ("A_NEW_WORD", ["NEWER"], "", True),
    ],
)
def test_risk_is_the_gravest_word(
    recommendation: str, levels: list[str], risk: str, same: bool
) -> None:
    sample = plain()
    sample.risk = (recommendation, levels)
    order = parse_order(sample.graph(), SHOP)
    assert order.risk == risk
    assert (order.revision == parse_order(sample.rest(), SHOP).revision) is same


@covers("X37")
@pytest.mark.parametrize(("word", "news"), [("NONE", True), ("LOW", True), ("PENDING", False)])
def test_a_low_risk_is_news_where_orders_wait_for_it(word: str, news: bool) -> None:
    waiting = Settings(currency="EUR", location="7001", await_risk=True)
    sample = plain()
    sample.risk = ("NONE", [word])
    hook = parse_order(sample.rest(), waiting)
    poll = parse_order(sample.graph(), waiting)
    assert hook.risk == ""
    assert poll.risk == ("low" if news else "")
    assert (poll.revision != hook.revision) is news
    assert poll.revision.startswith(hook.revision)
    # What has left does not wait any more.
    sample.fulfilment, sample.parcels = "FULFILLED", [(8, "success", "", [(1, 2), (2, 1)])]
    assert (
        parse_order(sample.graph(), waiting).revision
        == parse_order(sample.rest(), waiting).revision
    )


def test_a_deleted_product_leaves_its_sku() -> None:
    sample = plain()
    sample.lines[0].variant = sample.lines[0].product = None
    order = both(sample)
    assert (order.lines[0].kind, order.lines[0].listing) == ("product", ListingKey(None, "COL-330"))


def test_a_change_gives_another_revision() -> None:
    marks = {both(plain()).revision}
    for name, value in (("tip", "1.00"), ("financial", "pending"), ("outstanding", "3.00")):
        sample = plain()
        setattr(sample, name, value)
        marks.add(parse_order(sample.rest(), SHOP).revision)
    assert len(marks) == 4


# === BAD SHAPES === #


def _document(road: str) -> Any:
    line = Line(
        1,
        "A",
        2,
        bag("10.00"),
        current=1,
        cuts=[(bag("1.00"), 0)],
        taxes=[(bag("1.00"), 0.1, False)],
        duties=[bag("1.00")],
    )
    refund = Refund(
        1,
        [(line, 1, "return", 7001, bag("9.50"), bag("0.50"))],
        bag("9.50"),
        shipping=[(bag("1.00"), bag("0.10"))],
    )
    sample = Sample(
        lines=[line],
        shipping=[Shipping(5, bag("5.00"))],
        discounts=[{"code": "ONE"}],
        refunds=[refund],
        parcels=[(8, "success", "", [(1, 1)])],
        total=bag("15.00"),
        company=(1, 2, "C", "L"),
        places=[(7001, "OPEN", [(1, 1)])],
        risk=("NONE", ["LOW"]),
        fees=(bag("1.00"), bag("1.00")),
        currencies=("EUR", "USD"),
    )
    return getattr(sample, road)()


def _try(document: Any, settings: Settings) -> Order | str:
    """The order, or the words it is refused with; no other error is caught."""
    try:
        return parse_order(document, settings)
    except InvalidError as error:
        return error.message


@covers("X51")
@pytest.mark.parametrize("road", ["rest", "graph"])
@pytest.mark.parametrize("money", ["shop", "presentment"])
def test_a_damaged_order_is_read_or_refused_and_never_breaks(road: str, money: str) -> None:
    settings = Settings(currency="EUR", money=money)
    read = refused = 0
    # One in so many, another part for each case: all of them take half a minute.
    start = ["rest", "graph"].index(road) * 2 + ["shop", "presentment"].index(money)
    for document in mutations(_document(road))[start::29]:
        order = _try(document, settings)
        if isinstance(order, Order):
            read += 1
            check_neutral(order)
        else:
            refused += 1
            assert "lea@example.com" not in order
    assert read > 50
    assert refused > 50


@pytest.mark.parametrize(
    ("road", "path", "named"),
    [
        ("rest", ("line_items", 0, "quantity"), "line_items[0].quantity"),
        ("rest", ("line_items", 0, "price_set", "shop_money", "amount"), "line_items[0].price_set"),
        ("rest", ("id",), "id"),
        ("rest", ("currency",), "currency"),
        ("graph", ("lineItems", "nodes", 0, "currentQuantity"), "lineItems[0].currentQuantity"),
        ("graph", ("currentTotalPriceSet",), "currentTotalPriceSet"),
        ("graph", ("refunds", 0, "refundLineItems", "nodes", 0, "quantity"), "refundLineItems[0]"),
    ],
)
def test_the_wrong_member_is_named(road: str, path: tuple[Any, ...], named: str) -> None:
    document = _document(road)
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = {"nasty": True}
    with pytest.raises(InvalidError, match=named.replace("[", r"\[").replace("]", r"\]")):
        parse_order(document, SHOP)
