"""Amazon's flat files: tables, numbers and dates of all countries, and orders out of reports."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from amazon_in_samples import UK, US, tsv
from marketplace_adapters.amazon.flat import (
    amount,
    comma_style,
    moment,
    month_first,
    table,
)
from marketplace_adapters.amazon.summaries import is_open, parse_summary, summary_events
from marketplace_adapters.core import UTC, Address, Discount, InvalidError, OrderStatus
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.harness import check_neutral, mutations

# === ROWS === #


def test_columns_are_found_by_name_in_any_order_and_spelling() -> None:
    text = "\ufeffOrder ID\tsku_Name\t Amount \r\n1\tقميص\t5\r\n\r\n2\t商品\t6\r\n"
    assert list(table(text, ("order-id", "amount"))) == [
        {"order-id": "1", "sku-name": "قميص", "amount": "5"},
        {"order-id": "2", "sku-name": "商品", "amount": "6"},
    ]


@pytest.mark.parametrize("text", ["", "\ufeff", "\n\r\n", "a\tb\n", "a\tb\r\n\t\r\n"])
def test_a_file_without_rows_has_none(text: str) -> None:
    assert list(table(text)) == []


def test_a_missing_column_is_named() -> None:
    with pytest.raises(InvalidError) as caught:
        list(table("a\tb\n1\t2\n", ("a", "total-amount")))
    assert caught.value.message == "The report has no column 'total-amount'."
    assert caught.value.code == "missing_column"


def test_rows_may_be_shorter_and_longer_than_the_header() -> None:
    assert list(table("a\tb\tb\n1\n1\t2\t3\t4\t5\n")) == [{"a": "1", "b": ""}, {"a": "1", "b": "2"}]


def test_quotes_are_text_unless_they_hold_a_field() -> None:
    text = (
        "a\tb\tc\n"
        '5" pipe\tplain\t1\n'
        '"a\ttab"\t"with ""quotes"""\t2\n'
        '"Best" shirt\tplain\t3\n'
        'x\t"two\nlines"\t4\n'
        "y\tafter\t5\n"
    )
    assert [(row["a"], row["b"], row["c"]) for row in table(text)] == [
        ('5" pipe', "plain", "1"),
        ("a\ttab", 'with "quotes"', "2"),
        ('"Best" shirt', "plain", "3"),
        ("x", "two\nlines", "4"),
        ("y", "after", "5"),
    ]


def test_a_quote_that_never_ends_does_not_swallow_the_file() -> None:
    rows = ['"open\t1'] + [f"{number}\t{number}" for number in range(50)]
    found = list(table("\n".join(["a\tb\tc", *rows])))
    assert len(found) >= 30
    assert found[-1] == {"a": "49", "b": "49", "c": ""}


def test_commas_part_the_columns_where_no_tab_does() -> None:
    assert list(table('a,b\n"1,5",x\n')) == [{"a": "1,5", "b": "x"}]


def test_a_long_file_is_read_row_by_row() -> None:
    text = "a\tb\n" + "1\t2\n" * 10
    rows = table(text)
    assert next(rows) == {"a": "1", "b": "2"}
    assert sum(1 for _row in rows) == 9


# === NUMBERS === #


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1234.56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1.234.567", "1234567"),
        ("1 234,50", "1234.50"),
        ("1\u202f234,50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("-0,99", "-0.99"),
        ("−5", "-5"),
        ("(12.30)", "-12.30"),
        ("7,5-", "-7.5"),
        ("1E+2", "100"),
        ("1,5e3", "1500"),
        ("0.005", "0.005"),
        ("１２．５", "12.5"),
        ("٣٫٥".replace("٫", "."), "3.5"),
        (".5", "0.5"),
        ("", "0"),
    ],
)
def test_a_number_of_any_country_is_read(text: str, value: str) -> None:
    assert amount(text, "amount") == Decimal(value)


def test_the_file_decides_what_a_lone_mark_means() -> None:
    assert comma_style(["5", "1.234", "2,50"])
    assert not comma_style(["5", "1,234", "2.50"])
    assert not comma_style(["5", "", "1.234"])
    assert amount("1.234", "x", comma=True) == 1234
    assert amount("1.234", "x", comma=False) == Decimal("1.234")
    assert amount("1,234", "x", comma=True) == Decimal("1.234")
    assert amount("1,234", "x", comma=False) == 1234
    assert amount("-0.125", "x", comma=True) == Decimal("-0.125")


@pytest.mark.parametrize("text", ["x", "1.2.3,4,5x", "--5", "NaN", "$5", "1e999", "9" * 70, "."])
def test_what_is_no_number_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidError, match="total-amount"):
        amount(text, "total-amount")


# === DATES === #


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31T10:00:00+00:00", datetime(2026, 1, 31, 10)),
        ("2026-01-31 10:00:00 UTC", datetime(2026, 1, 31, 10)),
        ("31.01.2026 10:00:00 UTC", datetime(2026, 1, 31, 10)),
        ("03.02.2026", datetime(2026, 2, 3)),
        ("31/01/2026", datetime(2026, 1, 31)),
        ("01/31/2026", datetime(2026, 1, 31)),
        ("2026/01/31 10:00:00 JST", datetime(2026, 1, 31, 1)),
        ("2026-01-31 10:00:00 PST", datetime(2026, 1, 31, 18)),
        ("31.01.2026 10:00:00 +0530", datetime(2026, 1, 31, 4, 30)),
        ("31-Jan-2026", datetime(2026, 1, 31)),
        ("Dec 5, 2026 5:00:00 PM PST", datetime(2026, 12, 6, 1)),
        ("1/2/26", datetime(2026, 2, 1)),
        ("12/01/2026 12:05 AM", datetime(2026, 1, 12, 0, 5)),
    ],
)
def test_a_date_of_any_country_is_read(text: str, expected: datetime) -> None:
    assert moment(text) == expected.replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["", " ", "x", "31.02.2026", "99/99/2026", "31-Foo-2026", "2026"])
def test_what_is_no_date_is_nothing(text: str) -> None:
    assert moment(text) is None


def test_the_file_decides_whether_the_month_comes_first() -> None:
    assert month_first(["", "02/03/2026", "02/13/2026"])
    assert not month_first(["02/03/2026", "13/02/2026", "02/13/2026"])
    assert not month_first(["2026-01-02", "x"])
    assert moment("02/03/2026", months=True) == datetime(2026, 2, 3, tzinfo=UTC)
    assert moment("02/03/2026") == datetime(2026, 3, 2, tzinfo=UTC)


# === ORDERS === #

COLUMNS = [
    "amazon-order-id",
    "merchant-order-id",
    "purchase-date",
    "last-updated-date",
    "order-status",
    "fulfillment-channel",
    "sales-channel",
    "ship-service-level",
    "product-name",
    "sku",
    "asin",
    "item-status",
    "quantity",
    "currency",
    "item-price",
    "item-tax",
    "shipping-price",
    "shipping-tax",
    "gift-wrap-price",
    "gift-wrap-tax",
    "item-promotion-discount",
    "ship-promotion-discount",
    "ship-city",
    "ship-state",
    "ship-postal-code",
    "ship-country",
    "promotion-ids",
    "is-business-order",
    "purchase-order-number",
]


def row(number: str = "202-1", **more: Any) -> dict[str, Any]:
    return {
        "amazon-order-id": number,
        "purchase-date": "2026-09-01T08:00:00+00:00",
        "last-updated-date": "2026-09-03T09:00:00+00:00",
        "order-status": "Shipped",
        "fulfillment-channel": "Merchant",
        "sales-channel": "Amazon.co.uk",
        "sku": "S-1",
        "asin": "B01",
        "product-name": "قميص",
        "item-status": "Shipped",
        "quantity": 2,
        "currency": "GBP",
        "item-price": "20.00",
        "ship-city": "Leeds",
        "ship-country": "gb",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }


@covers("R33", "R44", "X9", "X15")
def test_rows_of_a_report_become_one_order_each_wherever_they_stand() -> None:
    rows = [row("202-1"), row("202-2"), row("202-1", sku="S-2", quantity=1, item_price="5.00")]
    events = list(summary_events(tsv(COLUMNS, rows)))
    assert [(event.topic, event.external_id) for event in events] == [
        ("order", "202-2"),
        ("order", "202-1"),
    ]
    assert events[0].occurred_at == datetime(2026, 9, 3, 9, tzinfo=UTC)
    found = parse_summary(events[1].payload)
    assert (found.external_id, found.summary, found.status) == ("202-1", True, OrderStatus.SHIPPED)
    assert (found.currency, found.total, found.priced) == ("GBP", None, True)
    assert (found.extra["marketplace_id"], found.fulfilment) == (UK, "seller")
    assert [(one.external_id, str(one.unit_price), one.quantity) for one in found.lines] == [
        ("added:1", "10.00", Decimal(2)),
        ("added:2", "5.00", Decimal(1)),
    ]
    assert found.ship_to == Address(city="Leeds", country="GB")
    assert found.revision == events[1].revision


def test_a_summary_of_the_united_states_has_its_tax_as_a_line() -> None:
    sold = row(
        sales_channel="Amazon.com",
        currency="USD",
        item_tax="1.60",
        shipping_price="5.99",
        shipping_tax="0.40",
        item_promotion_discount="2.00",
        ship_promotion_discount="-5.99",
        gift_wrap_price="3.00",
        promotion_ids="P1",
        fulfillment_channel="Amazon",
    )
    (event,) = summary_events(tsv(COLUMNS, [sold]))
    found = parse_summary(event.payload)
    assert [(one.kind, str(one.unit_price), one.taxed_by) for one in found.lines] == [
        ("product", "9.00", "channel"),
        ("wrap", "3.00", "channel"),
        ("tax", "2.00", "channel"),
    ]
    assert found.lines[0].discounts == (Discount("seller", Decimal("2.00"), "P1"),)
    assert (found.extra["marketplace_id"], found.stocked_by) == (US, "channel")


def test_prices_elsewhere_hold_their_tax() -> None:
    (event,) = summary_events(tsv(COLUMNS, [row(item_tax="3.33", item_price="1.020,00")]))
    (line,) = parse_summary(event.payload).lines
    assert (line.unit_price, line.tax, line.taxed_by) == (Decimal(510), Decimal("3.33"), "seller")


@pytest.mark.parametrize(
    ("word", "status", "open_"),
    [
        ("Pending", OrderStatus.PENDING, True),
        ("Pending - Waiting for Pick Up", OrderStatus.PENDING, True),
        ("Unshipped", OrderStatus.CONFIRMED, True),
        ("Shipping", OrderStatus.HOLD, True),
        ("Shipped - Picked Up", OrderStatus.SHIPPED, False),
        ("Shipped - Delivered to Buyer", OrderStatus.DELIVERED, False),
        ("Shipped - Returned to Seller", OrderStatus.RETURNED, False),
        ("Shipped - Rejected by Buyer", OrderStatus.SHIPPED, False),
        ("Cancelled", OrderStatus.CANCELLED, False),
    ],
)
def test_the_words_of_the_report_have_their_meaning(
    word: str, status: OrderStatus, open_: bool
) -> None:
    (event,) = summary_events(tsv(COLUMNS, [row(order_status=word)]))
    assert (parse_summary(event.payload).status, is_open(event)) == (status, open_)


def test_a_cancelled_item_and_one_without_price_are_read() -> None:
    rows = [row(item_status="Cancelled"), row(item_price="", quantity=0)]
    (event,) = summary_events(tsv(COLUMNS, rows))
    assert [line.quantity for line in parse_summary(event.payload).lines] == [0, 0]
    (pending,) = summary_events(tsv(COLUMNS, [row(item_price="", order_status="Pending")]))
    assert not parse_summary(pending.payload).priced


def test_a_report_without_a_needed_column_or_with_a_wrong_number_is_refused() -> None:
    with pytest.raises(InvalidError, match="'quantity'"):
        list(summary_events("amazon-order-id\torder-status\n1\tShipped\n"))
    (event,) = summary_events(tsv(COLUMNS, [row(item_price="abc")]))
    with pytest.raises(InvalidError, match="item-price"):
        parse_summary(event.payload)


def test_no_damage_of_a_summary_gets_further_than_a_refusal() -> None:
    (event,) = summary_events(tsv(COLUMNS, [row()]))
    for damaged in mutations(event.payload):
        try:
            check_neutral(parse_summary(damaged))
        except InvalidError:
            continue
