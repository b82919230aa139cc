"""Settlement reports and open balances as neutral settlements."""

from __future__ import annotations

import tracemalloc
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amazon_in_samples import SETTLEMENT_COLUMNS, settlement_rows, tsv
from marketplace_adapters.amazon.documents import Document
from marketplace_adapters.amazon.finances import balance_events, counts, parse_balance
from marketplace_adapters.amazon.money_kinds import money_kind
from marketplace_adapters.amazon.settlements import (
    REPORT_TYPE,
    parse_settlement,
    settlement_event,
)
from marketplace_adapters.core import UTC, Event, InvalidError, MoneyKind, Settlement
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.harness import check_neutral, mutations

REPORT = {
    "reportId": "R1",
    "reportType": REPORT_TYPE,
    "createdTime": "2026-11-14T10:00:00Z",
    "dataEndTime": "2026-11-14T08:00:00Z",
}
AMOUNTS = (
    ("Order", "ItemPrice", "Principal", "1119.98", "302-1"),
    ("Order", "ItemPrice", "Tax", "190.40", "302-1"),
    ("Order", "ItemPrice", "Shipping", "4.99", "302-1"),
    ("Order", "ItemFees", "Commission", "-167.99", "302-1"),
    ("Order", "Promotion", "Shipping", "-4.99", "302-1"),
    ("Order", "ItemWithheldTax", "MarketplaceFacilitatorVAT-Principal", "-190.40", "302-1"),
    ("Refund", "ItemPrice", "Principal", "-50.00", "302-0"),
    ("Refund", "ItemFees", "RefundCommission", "-1.50", "302-0"),
    ("other-transaction", "other-transaction", "Previous Reserve Amount Balance", "12.34", ""),
    ("other-transaction", "other-transaction", "Current Reserve Amount", "-20.00", ""),
    ("ServiceFee", "Cost of Advertising", "TransactionTotalAmount", "-33.10", ""),
    ("other-transaction", "FBA Inventory Reimbursement", "WAREHOUSE_DAMAGE", "7.77", ""),
)


def event_of(*amounts: tuple[str, str, str, str, str], comma: bool = False) -> Event:
    rows = settlement_rows(*(amounts or AMOUNTS), comma=comma)
    return settlement_event(REPORT, tsv(SETTLEMENT_COLUMNS, rows))


def read(text: str) -> Settlement:
    return parse_settlement(settlement_event(REPORT, text).payload)


def sum_of(found: Settlement) -> Decimal:
    return sum((line.amount for line in found.lines), Decimal())


# === SETTLEMENT === #


@pytest.mark.parametrize("comma", [False, True])
@covers("R39", "X12")
def test_a_settlement_is_read_line_by_line_and_adds_up(comma: bool) -> None:
    found = parse_settlement(event_of(comma=comma).payload)
    assert (found.external_id, found.currency, found.provisional) == ("17550012345", "EUR", False)
    assert found.total == sum_of(found) == Decimal("867.50")
    assert found.started_at == datetime(2026, 10, 31, 8, tzinfo=UTC)
    assert found.ended_at == datetime(2026, 11, 14, 8, tzinfo=UTC)
    assert found.paid_at == datetime(2026, 11, 16, 8, tzinfo=UTC)
    assert found.marketplace == "Amazon.de"
    assert [line.kind.value for line in found.lines] == [
        "sale", "tax", "shipping", "fee", "discount", "tax", "refund", "fee", "reserve",
        "reserve", "fee", "adjustment",
    ]  # fmt: skip
    first = found.lines[0]
    assert (first.amount, first.quantity) == (Decimal("1119.98"), Decimal(2))
    assert (first.order_id, first.line_id, first.sku) == ("302-1", "12345678901234", "SKU-1")
    assert first.type == "Order / ItemPrice / Principal"
    assert first.description == "Principal"
    assert first.posted_at == datetime(2026, 11, 12, 21, 15, tzinfo=UTC)


@covers("R39")
def test_lines_have_ids_that_stay_however_the_file_is_ordered() -> None:
    rows = settlement_rows(*AMOUNTS, *AMOUNTS[:2])
    once = read(tsv(SETTLEMENT_COLUMNS, rows))
    again = read(tsv(SETTLEMENT_COLUMNS[::-1], [rows[0], *reversed(rows[1:])], end="\n"))
    ids = [line.external_id for line in once.lines]
    assert len(set(ids)) == len(ids) == 14
    assert set(ids) == {line.external_id for line in again.lines}


def test_an_event_is_its_content_and_names_the_settlement() -> None:
    event = event_of()
    assert (event.topic, event.external_id) == ("settlement", "17550012345")
    assert event.occurred_at == datetime(2026, 11, 14, 10, tzinfo=UTC)
    rows = settlement_rows(*AMOUNTS)
    other = settlement_event({**REPORT, "reportId": "R2"}, tsv(SETTLEMENT_COLUMNS, rows))
    assert other.revision == event.revision


@covers("R39")
def test_a_settlement_that_does_not_add_up_is_told_as_it_is() -> None:
    rows = settlement_rows(*AMOUNTS)
    rows[0]["total-amount"] = "900.00"
    found = read(tsv(SETTLEMENT_COLUMNS, rows))
    assert found.total - sum_of(found) == Decimal("32.50")


def test_a_settlement_of_nothing_is_one() -> None:
    rows = settlement_rows()
    found = read(tsv(SETTLEMENT_COLUMNS, rows))
    assert (found.lines, found.total) == ((), Decimal(0))


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-8", "商品 قميص"), ("utf-8-sig", "商品"), ("cp1252", "Größe"), ("cp932", "商品表示")],
)
def test_every_encoding_of_the_files_is_read(encoding: str, name: str) -> None:
    rows = settlement_rows(*AMOUNTS)
    rows[1]["sku"] = name
    stated = encoding if encoding == "cp932" else ""
    text = Document(tsv(SETTLEMENT_COLUMNS, rows).encode(encoding), charset=stated).text()
    assert read(text).lines[0].sku == name


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty_report"),
        ("a\tb\n1\t2\n", "missing_column"),
        (tsv(SETTLEMENT_COLUMNS, settlement_rows(*AMOUNTS)[1:]), "no_summary"),
        (tsv(SETTLEMENT_COLUMNS, [{"total-amount": "5", "currency": "EUR"}]), "no_summary"),
    ],
)
def test_a_file_that_is_no_settlement_says_what_is_missing(text: str, code: str) -> None:
    event = settlement_event(REPORT, text)
    assert event.external_id == ("17550012345" if "17550012345" in text else "report:R1")
    with pytest.raises(InvalidError) as caught:
        parse_settlement(event.payload)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("amount", "1.2.3,4x", "bad_number"),
        ("settlement-id", "999", "two_settlements"),
        ("currency", "SEK", "mixed_currencies"),
    ],
)
def test_a_wrong_row_is_named_by_its_number(name: str, value: str, code: str) -> None:
    rows = settlement_rows(*AMOUNTS)
    rows[3][name] = value
    with pytest.raises(InvalidError, match=r"[Rr]ow 5") as caught:
        read(tsv(SETTLEMENT_COLUMNS, rows))
    assert caught.value.code == code


def long_settlement(count: int) -> dict[str, str]:
    lines = tsv(SETTLEMENT_COLUMNS, settlement_rows(*AMOUNTS)).splitlines()
    body = "".join(
        f"{lines[number % 12 + 2]}\n".replace("302-1", f"302-{number:07d}")
        for number in range(count)
    )
    return {"text": f"{lines[0]}\n{lines[1]}\n{body}"}


@pytest.mark.large
@covers("R39")
def test_a_settlement_of_a_hundred_thousand_rows_is_read() -> None:
    found = parse_settlement(long_settlement(100_000))
    assert len(found.lines) == len({line.external_id for line in found.lines}) == 100_000


@pytest.mark.large
def test_reading_a_long_settlement_takes_little_more_memory_than_its_lines() -> None:
    payload = long_settlement(5_000)
    tracemalloc.start()
    try:
        found = parse_settlement(payload)
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(found.lines) == 5_000
    assert kept < 2_000 * 5_000
    assert peak - kept < 1_000 * 5_000


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.decimals("-99999", "99999", places=2), max_size=30),
    st.booleans(),
)
@covers("R39")
def test_any_amounts_add_up_to_the_total_with_point_and_with_comma(
    amounts: list[Decimal], comma: bool
) -> None:
    rows = [
        ("Order", "ItemPrice", "Principal", str(value), f"302-{n}")
        for n, value in enumerate(amounts)
    ]
    found = read(tsv(SETTLEMENT_COLUMNS, settlement_rows(*rows, comma=comma)))
    assert [line.amount for line in found.lines] == amounts
    assert found.total == sum_of(found)


def test_no_damage_of_a_settlement_gets_further_than_a_refusal() -> None:
    for damaged in mutations(event_of().payload):
        try:
            check_neutral(parse_settlement(damaged))
        except InvalidError:
            continue


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("Order", "ItemPrice", "GiftWrap"), MoneyKind.SALE),
        (("Order", "ItemPrice", "ShippingTax"), MoneyKind.TAX),
        (("Order", "ItemPrice", "COD Fee"), MoneyKind.SALE),
        (("Order", "ItemFees", "FBAPerUnitFulfillmentFee"), MoneyKind.FEE),
        (("Order", "ItemFees", "ShippingChargeback"), MoneyKind.FEE),
        (("Order", "Promotion", "TaxDiscount"), MoneyKind.DISCOUNT),
        (("Refund", "ItemPrice", "Tax"), MoneyKind.REFUND),
        (("Refund", "ItemPrice", "RestockingFee"), MoneyKind.REFUND),
        (("Refund", "Promotion", "Principal"), MoneyKind.REFUND),
        (("Refund", "ItemWithheldTax", "MarketplaceFacilitatorTax-Principal"), MoneyKind.TAX),
        (("A-to-z Guarantee Refund", "ItemPrice", "Principal"), MoneyKind.REFUND),
        (("Chargeback Refund", "ItemPrice", "Principal"), MoneyKind.REFUND),
        (("other-transaction", "other-transaction", "Subscription Fee"), MoneyKind.FEE),
        (("other-transaction", "other-transaction", "Shipping label purchase"), MoneyKind.FEE),
        (("other-transaction", "other-transaction", "BalanceAdjustment"), MoneyKind.ADJUSTMENT),
        (("other-transaction", "other-transaction", "Payable to Amazon"), MoneyKind.TRANSFER),
        (("CouponRedemptionFee", "CouponRedemptionFee", "Iced coffee week"), MoneyKind.FEE),
        (("Order", "Iced coffee", "toffee"), MoneyKind.OTHER),
        (("Order_Retrocharge", "ItemPrice", "Tax"), MoneyKind.TAX),
        (("", "", ""), MoneyKind.OTHER),
    ],
)
@covers("R39", "X12")
def test_every_word_of_a_settlement_has_a_kind(words: tuple[str, ...], kind: MoneyKind) -> None:
    assert money_kind(*words) is kind


# === OPEN BALANCE === #


def cash(amount: Any, currency: str = "EUR") -> dict[str, Any]:
    return {"currencyAmount": amount, "currencyCode": currency}


def part(kind: str, amount: Any, *parts: dict[str, Any]) -> dict[str, Any]:
    row = {"breakdownType": kind, "breakdownAmount": cash(amount)}
    return {**row, "breakdowns": list(parts)} if parts else row


def transaction(amount: Any = 88.5, **more: Any) -> dict[str, Any]:
    return {
        "transactionId": "T1",
        "transactionType": "Shipment",
        "transactionStatus": "RELEASED",
        "description": "Order Payment",
        "postedDate": "2026-11-20T10:00:00.5Z",
        "totalAmount": cash(amount),
        "relatedIdentifiers": [
            {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": "302-1"}
        ],
        "marketplaceDetails": {"marketplaceName": "Amazon.de"},
        **more,
    }


SINCE = datetime(2026, 11, 14, 8, tzinfo=UTC)


def balance(*transactions: dict[str, Any]) -> Settlement:
    (event,) = balance_events(transactions, SINCE, ["EUR"])
    return parse_balance(event.payload)


@covers("R39", "X12")
def test_what_is_open_is_a_provisional_settlement_down_to_the_finest_amounts() -> None:
    goods = {
        "description": "A shirt",
        "totalAmount": cash(90),
        "contexts": [{"contextType": "ProductContext", "sku": "S-1", "quantityShipped": 2}],
        "breakdowns": [
            part("Sales", 100, part("Product Charges", 95), part("Shipping", 5.5)),
            part("Expenses", -10, part("Amazon Fees", -10, part("Commission", -10))),
        ],
    }
    found = balance(transaction(items=[goods]))
    assert (found.external_id, found.provisional, found.started_at) == ("open:EUR", True, SINCE)
    assert [(line.type, str(line.amount), line.kind.value) for line in found.lines] == [
        ("Shipment Order Payment / Sales / Product Charges", "95", "sale"),
        ("Shipment Order Payment / Sales / Shipping", "5.5", "shipping"),
        # What the parts leave out of their whole stands alone.
        ("Shipment Order Payment / Sales", "-0.5", "sale"),
        ("Shipment Order Payment / Expenses / Amazon Fees / Commission", "-10", "fee"),
        ("Shipment Order Payment", "-1.5", "other"),
    ]
    assert found.total == sum_of(found) == Decimal("88.5")
    assert {line.order_id for line in found.lines} == {"302-1"}
    assert (found.lines[0].sku, found.lines[0].quantity) == ("S-1", Decimal(2))
    assert [line.external_id for line in found.lines] == [f"T1-{n}" for n in range(5)]


def test_breakdowns_of_the_transaction_serve_where_it_has_no_items() -> None:
    fee = transaction(
        -39,
        transactionType="ServiceFee",
        description="Subscription",
        breakdowns=[part("Subscription Fee", -39)],
        relatedIdentifiers=[],
    )
    (line,) = balance(fee).lines
    assert (line.kind, line.amount, line.order_id) == (MoneyKind.FEE, Decimal(-39), "")
    (bare,) = balance(transaction(10)).lines
    assert (bare.type, bare.amount) == ("Shipment Order Payment", Decimal(10))


def test_deferred_money_is_not_open_yet_and_counts_once_when_it_is() -> None:
    release = [{"relatedIdentifierName": "RELEASE_TRANSACTION_ID", "relatedIdentifierValue": "T9"}]
    assert counts(transaction())
    assert not counts(transaction(transactionStatus="DEFERRED"))
    assert not counts(
        transaction(transactionStatus="DEFERRED_RELEASED", relatedIdentifiers=release)
    )
    assert counts(transaction(transactionStatus="DEFERRED_RELEASED"))
    assert counts(transaction(transactionStatus=None))


def test_every_currency_has_a_balance_of_its_own_and_an_empty_one_is_told() -> None:
    foreign = transaction(totalAmount=cash(5, "SEK"))
    events = balance_events([transaction(), foreign], SINCE, ["EUR", "GBP"])
    assert [event.external_id for event in events] == ["open:EUR", "open:GBP", "open:SEK"]
    assert [len(parse_balance(event.payload).lines) for event in events] == [1, 0, 1]
    assert events[0].occurred_at == datetime(2026, 11, 20, 10, 0, 0, 500000, tzinfo=UTC)
    again = balance_events([transaction(), foreign], SINCE, ["EUR", "GBP"])
    assert [event.revision for event in again] == [event.revision for event in events]


def test_no_damage_of_a_balance_gets_further_than_a_refusal() -> None:
    goods = {"totalAmount": cash(10), "breakdowns": [part("Sales", 10, part("Tax", 1))]}
    (event,) = balance_events([transaction(items=[goods])], SINCE)
    for damaged in mutations(event.payload):
        try:
            check_neutral(parse_balance(damaged))
        except InvalidError:
            continue
    deep = part("x", 1)
    for _level in range(20):
        deep = part("x", 1, deep)
    with pytest.raises(InvalidError, match="nested"):
        balance(transaction(1, breakdowns=[deep]))
