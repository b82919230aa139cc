"""Pulling news of listings, returns, settlements and stock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from amazon_in_samples import SETTLEMENT_COLUMNS, settlement_rows, tsv
from amazon_in_stub import DE, NOW, UK, Amazon, Purse
from marketplace_adapters.amazon import fba, returns
from marketplace_adapters.amazon.settlements import REPORT_TYPE
from marketplace_adapters.core import (
    AuthError,
    MoneyKind,
    RejectedError,
    ServerError,
    ThrottledError,
    iso,
    parse_datetime,
)
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.server import Call, Reply

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ITEMS = "/listings/2021-08-01/items/A1"
STOCK = "/fba/inventory/v1/summaries"
MONEY = "/finances/2024-06-19/transactions"


@pytest.fixture
def amazon() -> Iterator[Amazon]:
    found = Amazon()
    with found.server:
        yield found


def calls_of(amazon: Amazon, path: str) -> list[Call]:
    return [call for call in amazon.server.calls if call.path == path]


# === LISTINGS === #


def listing(number: int, minutes: int) -> dict[str, Any]:
    when = iso(NOW - timedelta(minutes=minutes))
    summary = {"marketplaceId": DE, "asin": "B1", "status": ["BUYABLE"], "lastUpdatedDate": when}
    return {"sku": f"S-{number}", "summaries": [summary], "issues": []}


def shop(amazon: Amazon, items: list[dict[str, Any]]) -> None:
    def search(call: Call) -> Any:
        found = items
        if "withIssueSeverity" in call.query:
            found = [one for one in items if one["issues"]]
        else:
            since = parse_datetime(call.query["lastUpdatedAfter"], "t")
            found = [
                one
                for one in items
                if parse_datetime(one["summaries"][0]["lastUpdatedDate"], "t") >= since
            ]
        start = int(call.query.get("pageToken", "0"))
        body: dict[str, Any] = {"numberOfResults": len(found), "items": found[start : start + 20]}
        if start + 20 < len(found):
            body["pagination"] = {"nextToken": str(start + 20)}
        return body

    amazon.answers[ITEMS] = search


def test_listings_that_changed_are_read_oldest_first_then_those_with_issues(amazon: Amazon) -> None:
    bad = listing(99, 5000)
    bad["issues"] = [{"code": "1", "message": "No.", "severity": "ERROR"}]
    shop(amazon, [*(listing(number, 50 - number) for number in range(45)), bad])
    events, latest, error = amazon.pull("listing", NOW - HOUR)
    assert error is None
    assert [event.external_id for event in events] == [*(f"S-{n}" for n in range(45)), "S-99"]
    assert latest == NOW - timedelta(minutes=6)
    first, *_more, last = calls_of(amazon, ITEMS)
    assert first.query["marketplaceIds"] == f"{DE},{UK}"
    assert first.query["includedData"] == "summaries,issues"
    assert (first.query["sortBy"], first.query["sortOrder"]) == ("lastUpdatedDate", "ASC")
    # The engine's overlap of five minutes is not read again but for some seconds of it.
    assert first.query["lastUpdatedAfter"] == iso(NOW - HOUR + timedelta(seconds=285))
    assert first.query["issueLocale"] == "de_DE"
    assert last.query["withIssueSeverity"] == "ERROR,WARNING"


@covers("C9")
def test_news_of_listings_beyond_the_budget_come_with_the_next_pull(amazon: Amazon) -> None:
    shop(amazon, [listing(number, 50) for number in range(50)])
    for number, one in enumerate(
        amazon.answers[ITEMS](Call("GET", ITEMS, {"lastUpdatedAfter": "2026-01-01"}, {}, b""))[
            "items"
        ]
    ):
        one["summaries"][0]["lastUpdatedDate"] = iso(NOW - timedelta(minutes=50 - number))
    events, latest, error = amazon.pull("listing", NOW - HOUR, budget=Purse(searchListingsItems=1))
    assert (len(events), latest, error) == (20, NOW - timedelta(minutes=31), None)
    events, latest, error = amazon.pull(
        "listing", NOW - HOUR, NOW, budget=Purse(searchListingsItems=1)
    )
    assert isinstance(error, ThrottledError)
    assert amazon.pull("listing", NOW - HOUR, budget=Purse(searchListingsItems=0)) == (
        [],
        None,
        None,
    )


# === RETURNS === #

RMA = "Order ID\tAmazon RMA ID\tMerchant SKU\tReturn quantity\tReturn request date\n"
LPN = "order-id\tsku\tquantity\tlicense-plate-number\treturn-date\n"


@covers("R38", "X11")
def test_returns_come_from_two_reports_and_move_the_cursor_together(amazon: Amazon) -> None:
    since = NOW - 10 * DAY - timedelta(seconds=300)
    assert isinstance(amazon.pull("return", since)[2], ThrottledError)
    assert sorted(one["reportType"] for one in amazon.reports) == sorted(returns.REPORTS)
    assert {one["dataStartTime"] for one in amazon.reports} == {iso(since - 2 * DAY)}
    amazon.clock.pass_by(minutes=5)
    seller, store = sorted(amazon.reports, key=lambda one: one["reportType"] == returns.FBA_REPORT)
    amazon.settle(seller, f"{RMA}302-1\tRMA1\tS-1\t1\t20-Nov-2026\n")
    events, latest, error = amazon.pull("return", since)
    assert ([event.external_id for event in events], latest) == (["rma:RMA1"], None)
    assert isinstance(error, ThrottledError)
    amazon.settle(store, f"{LPN}302-2\tS-1\t1\tLPN1\t2026-11-19T00:00:00+00:00\n")
    events, latest, error = amazon.pull("return", since)
    assert [event.external_id for event in events] == ["rma:RMA1", "fba:LPN1"]
    assert (latest, error, len(amazon.reports)) == (NOW, None, 2)
    # Known now; a new one is asked for when it is time, and not before.
    following = NOW - timedelta(seconds=300)
    assert amazon.pull("return", following) == ([], None, None)
    amazon.clock.pass_by(hours=1)
    assert isinstance(amazon.pull("return", following)[2], ThrottledError)
    assert len(amazon.reports) == 4
    amazon.finish(status="CANCELLED")
    assert amazon.pull("return", following) == ([], None, None)


def test_an_account_without_fba_asks_for_its_own_returns_alone(amazon: Amazon) -> None:
    amazon.pull("return", NOW - DAY, fba=False)
    assert [one["reportType"] for one in amazon.reports] == [returns.SELLER_REPORT]
    assert amazon.pull("stored", NOW - DAY, fba=False) == ([], None, None)


def test_returns_of_a_period_are_read_from_reports_of_just_that_period(amazon: Amazon) -> None:
    period = (NOW - 40 * DAY, NOW - DAY)
    assert isinstance(amazon.pull("return", *period)[2], ThrottledError)
    assert len(amazon.reports) == 4
    amazon.finish(f"{RMA}302-1\tRMA1\tS-1\t1\t20-Nov-2026\n")
    for report in amazon.reports:
        if report["reportType"] == returns.FBA_REPORT:
            amazon.settle(report, f"{LPN}302-2\tS-1\t1\tLPN1\t2026-11-19\n")
    events, latest, error = amazon.pull("return", *period)
    assert (len(events), latest, error) == (4, NOW - 10 * DAY, None)


# === SETTLEMENTS === #


def settle(amazon: Amazon, number: int, made: timedelta, end: timedelta) -> None:
    rows = settlement_rows(("Order", "ItemPrice", "Principal", f"{number}.50", "302-1"))
    rows[0]["settlement-id"] = rows[1]["settlement-id"] = f"1755{number}"
    report = {
        "reportId": f"S{number}",
        "reportType": REPORT_TYPE,
        "createdTime": iso(NOW - made),
        "dataStartTime": iso(NOW - end - 14 * DAY),
        "dataEndTime": iso(NOW - end),
    }
    amazon.reports.append(report)
    amazon.settle(report, tsv(SETTLEMENT_COLUMNS, rows))


def transactions(amazon: Amazon, count: int, size: int = 2) -> None:
    def answer(call: Call) -> Any:
        start = int(call.query.get("nextToken", "0"))
        found = [
            {
                "transactionId": f"T{number}",
                "transactionType": "Shipment",
                "transactionStatus": "RELEASED",
                "totalAmount": {"currencyAmount": 1.25, "currencyCode": "EUR"},
                "breakdowns": [
                    {
                        "breakdownType": "Product Charges",
                        "breakdownAmount": {"currencyAmount": 1.25, "currencyCode": "EUR"},
                    }
                ],
            }
            for number in range(start, min(start + size, count))
        ]
        token = {"nextToken": str(start + size)} if start + size < count else {}
        return {"payload": {"transactions": found, **token}}

    amazon.answers[MONEY] = answer


@covers("R39", "X12")
def test_new_settlements_and_what_is_open_since_the_last_one_are_read(amazon: Amazon) -> None:
    settle(amazon, 1, 20 * DAY, 21 * DAY)
    settle(amazon, 2, 5 * DAY, 6 * DAY)
    transactions(amazon, 5)
    events, latest, error = amazon.pull("settlement", NOW - 10 * DAY)
    assert error is None
    assert [event.external_id for event in events] == ["17552", "open:EUR", "open:GBP"]
    assert latest == NOW - 5 * DAY
    calls = calls_of(amazon, MONEY)
    assert [call.query.get("nextToken") for call in calls] == [None, "2", "4"]
    assert {call.query["postedAfter"] for call in calls} == {iso(NOW - 6 * DAY)}
    with amazon.open() as adapter:
        closed, open_, empty = (adapter.settlement(event.payload) for event in events)
    assert (str(closed.total), closed.provisional) == ("2.50", False)
    assert (str(open_.total), open_.provisional, len(open_.lines)) == ("6.25", True, 5)
    assert {line.kind for line in open_.lines} == {MoneyKind.SALE}
    assert (empty.total, empty.lines) == (Decimal(0), ())


def test_half_a_balance_is_no_balance(amazon: Amazon) -> None:
    settle(amazon, 2, 5 * DAY, 6 * DAY)
    transactions(amazon, 50)
    events, latest, error = amazon.pull(
        "settlement", NOW - 10 * DAY, budget=Purse(listTransactions=3)
    )
    assert ([event.external_id for event in events], error) == (["17552"], None)
    assert latest == NOW - 5 * DAY


def test_settlements_beyond_the_budget_come_with_the_next_pull(amazon: Amazon) -> None:
    for number in range(3):
        settle(amazon, number, (9 - number) * DAY, (10 - number) * DAY)
    transactions(amazon, 0)
    since = NOW - 20 * DAY
    events, latest, error = amazon.pull("settlement", since, budget=Purse(getReportDocument=2))
    assert ([event.external_id for event in events], error) == (["17550", "17551"], None)
    assert latest == NOW - 8 * DAY
    _events, _latest, error = amazon.pull(
        "settlement", since, NOW, budget=Purse(getReportDocument=2)
    )
    assert isinstance(error, ThrottledError)
    period = amazon.pull("settlement", since, NOW - 8 * DAY)
    assert [event.external_id for event in period[0]] == ["17550", "17551"]


def test_a_document_whose_address_is_over_is_asked_for_once_more(amazon: Amazon) -> None:
    settle(amazon, 1, 5 * DAY, 6 * DAY)
    transactions(amazon, 0)
    gone = [True]

    def handler(call: Call) -> Reply:
        if call.path.startswith("/documents/") and gone.pop() if gone else False:
            return Reply(403, b"<Error><Message>Request has expired</Message></Error>")
        return amazon.answer(call)

    amazon.server.handle_with(handler)
    events, _latest, error = amazon.pull("settlement", NOW - 10 * DAY)
    assert (events[0].external_id, error) == ("17551", None)


# === STOCK === #


def stock(amazon: Amazon, count: int) -> None:
    def answer(call: Call) -> Any:
        start = int(call.query.get("nextToken", "0"))
        found = [
            {
                "sellerSku": f"S-{number}",
                "lastUpdatedTime": iso(NOW - timedelta(minutes=number)),
                "inventoryDetails": {"fulfillableQuantity": number},
            }
            for number in range(start, min(start + 50, count))
        ]
        more = {"nextToken": str(start + 50)} if start + 50 < count else {}
        return {"payload": {"inventorySummaries": found}, "pagination": more}

    amazon.answers[STOCK] = answer


def test_all_pages_of_stock_are_read_for_the_home_marketplace(amazon: Amazon) -> None:
    stock(amazon, 120)
    events, latest, error = amazon.pull("stored", NOW - HOUR)
    assert ([event.external_id for event in events], error) == (
        [f"S-{number}" for number in range(120)],
        None,
    )
    assert latest == NOW
    first, second, _third = calls_of(amazon, STOCK)
    assert dict(first.query) == {
        "details": "true",
        "granularityType": "Marketplace",
        "granularityId": DE,
        "marketplaceIds": DE,
        "startDateTime": iso(NOW - HOUR),
    }
    # The list wants its start again with every page.
    assert second.query["startDateTime"] == first.query["startDateTime"]
    amazon.server.calls.clear()
    amazon.pull("stored", NOW - 60 * DAY)
    assert "startDateTime" not in calls_of(amazon, STOCK)[0].query


@covers("C9")
def test_more_stock_than_the_budget_lists_is_read_from_a_report(amazon: Amazon) -> None:
    stock(amazon, 200)
    since = NOW - 60 * DAY
    events, latest, error = amazon.pull("stored", since, budget=Purse(getInventorySummaries=2))
    assert (len(events), latest) == (100, None)
    assert isinstance(error, ThrottledError)
    assert [(one["reportType"], one["marketplaceIds"]) for one in amazon.reports] == [
        (fba.REPORT_TYPE, [DE])
    ]
    amazon.clock.pass_by(minutes=5)
    rows = [{"sku": f"S-{number}", "afn-fulfillable-quantity": number} for number in range(200)]
    amazon.finish(tsv(["sku", "afn-fulfillable-quantity"], rows))
    events, latest, error = amazon.pull("stored", since, budget=Purse(getInventorySummaries=0))
    assert (len(events), latest, error, len(amazon.reports)) == (200, NOW, None, 1)
    with amazon.open() as adapter:
        (found,) = adapter.stored(events[7].payload)
    assert (found.key.sku, found.available, found.place) == ("S-7", Decimal(7), DE)


def test_stock_without_a_report_waits_for_its_budget(amazon: Amazon) -> None:
    stock(amazon, 200)

    def handler(call: Call) -> Reply:
        if call.method == "POST" and call.path.endswith("/reports"):
            return Reply(400, {"errors": [{"code": "InvalidInput", "message": "unknown type"}]})
        return amazon.answer(call)

    amazon.server.handle_with(handler)
    _events, _latest, error = amazon.pull(
        "stored", NOW - HOUR, budget=Purse(getInventorySummaries=2)
    )
    assert isinstance(error, ThrottledError)
    assert error.retry_after == 7.0


def test_a_list_that_fails_is_told_as_it_is(amazon: Amazon) -> None:
    amazon.answers[STOCK] = lambda call: Reply(500)
    assert isinstance(amazon.pull("stored", NOW - HOUR)[2], ServerError)


def test_a_role_that_is_missing_stops_its_topic_and_not_the_account(amazon: Amazon) -> None:
    refusal = {"errors": [{"code": "Unauthorized", "message": "Access is denied."}]}
    amazon.answers[STOCK] = lambda call: Reply(403, refusal)
    error = amazon.pull("stored", NOW - HOUR)[2]
    assert isinstance(error, RejectedError)
    assert error.code == "missing_role"
    assert "“Amazon Fulfillment”" in error.message
    amazon.answers[MONEY] = lambda call: Reply(403, refusal)
    settle(amazon, 1, 5 * DAY, 6 * DAY)
    events, latest, error = amazon.pull("settlement", NOW - 10 * DAY)
    assert ([event.external_id for event in events], latest, error) == (
        ["17551"],
        NOW - 5 * DAY,
        None,
    )
    amazon.server.handle_with(lambda call: Reply(400, {"error": "invalid_grant"}))
    for topic in ("stored", "settlement", "listing", "return", "order"):
        assert isinstance(amazon.pull(topic, NOW - HOUR)[2], AuthError)
    amazon.server.handle_with(
        lambda call: Reply(403, refusal) if call.path.startswith("/orders") else amazon.answer(call)
    )
    assert isinstance(amazon.pull("order", NOW - HOUR)[2], AuthError)
