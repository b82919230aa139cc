"""Pulling orders: pages, budgets that end in the middle, long periods by report."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from amazon_in_samples import breakdown, item, order, tsv
from amazon_in_stub import DE, NOW, UK, Amazon, Purse
from marketplace_adapters.core import (
    UTC,
    InvalidError,
    OrderStatus,
    RejectedError,
    ServerError,
    SignatureError,
    ThrottledError,
)
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.server import Reply

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REPORT = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"


@pytest.fixture
def amazon() -> Iterator[Amazon]:
    found = Amazon()
    with found.server:
        yield found


def place(amazon: Amazon, count: int, since: datetime, step: timedelta) -> list[str]:
    for number in range(count):
        document = order(item(rows=[breakdown("ITEM", "5.00")], total="5.00"), total="5.00")
        document["orderId"] = f"302-{len(amazon.orders):07d}"
        document["lastUpdatedTime"] = (since + number * step).isoformat()
        amazon.orders.append(document)
    return [one["orderId"] for one in amazon.orders[-count:]]


# === SEARCH === #


@covers("R33", "X6", "X9")
def test_all_pages_are_read_with_one_call_each_and_the_data_they_need(amazon: Amazon) -> None:
    ids = place(amazon, 250, NOW - HOUR, timedelta(seconds=5))
    events, latest, error = amazon.pull("order", NOW - HOUR)
    assert ([event.external_id for event in events], error) == (ids, None)
    assert latest == NOW - timedelta(minutes=2)
    calls = [call for call in amazon.server.calls if "orders" in call.path]
    assert len(calls) == 3
    assert [call.query.get("paginationToken") for call in calls] == [None, "100", "200"]
    assert len({call.query["lastUpdatedAfter"] for call in calls}) == 1
    assert calls[0].query["marketplaceIds"] == f"{DE},{UK}"
    assert calls[0].query["includedData"] == (
        "BUYER,RECIPIENT,PROCEEDS,PROMOTION,CANCELLATION,FULFILLMENT,PACKAGES,TAX,PAYMENT"
    )


def test_a_buyer_is_asked_for_only_where_he_is_wanted(amazon: Amazon) -> None:
    amazon.pull("order", NOW - HOUR, include_buyer=False)
    (call,) = (call for call in amazon.server.calls if "orders" in call.path)
    assert call.query["includedData"].startswith("PROCEEDS,")


@covers("C2")
def test_the_end_that_amazon_states_moves_the_cursor_also_without_orders(amazon: Amazon) -> None:
    assert amazon.pull("order", NOW - DAY) == ([], NOW - timedelta(minutes=2), None)
    assert amazon.operations() == ["GET orders"]


@covers("C9")
def test_a_pull_that_the_budget_cuts_short_goes_on_where_it_ended(amazon: Amazon) -> None:
    ids = place(amazon, 450, NOW - 20 * HOUR, timedelta(minutes=2))
    since, found = NOW - 20 * HOUR, []
    for _round in range(3):
        events, latest, error = amazon.pull("order", since, budget=Purse(searchOrders=2))
        assert error is None
        assert latest is not None
        found += [event.external_id for event in events]
        since = latest
    assert set(found) == set(ids)


def test_orders_in_no_order_move_the_cursor_at_the_end_alone(amazon: Amazon) -> None:
    place(amazon, 250, NOW - HOUR, timedelta(seconds=5))
    amazon.orders.reverse()
    events, latest, error = amazon.pull("order", NOW - HOUR, budget=Purse(searchOrders=2))
    assert (len(events), latest) == (200, None)
    assert isinstance(error, ThrottledError)
    assert error.retry_after == 7.0


def test_nothing_in_the_budget_raises_before_a_call(amazon: Amazon) -> None:
    _events, _latest, error = amazon.pull("order", NOW - HOUR, budget=Purse(searchOrders=0))
    assert isinstance(error, ThrottledError)
    assert amazon.operations() == []


def test_a_backlog_is_read_day_by_day(amazon: Amazon) -> None:
    amazon.page_size = 10
    ids = place(amazon, 30, NOW - 3 * DAY, timedelta(hours=2))
    amazon.orders = amazon.orders[::2] + amazon.orders[1::2]
    events, latest, error = amazon.pull("order", NOW - 3 * DAY)
    assert ({event.external_id for event in events}, error) == (set(ids), None)
    assert latest == NOW - timedelta(minutes=2)
    ends = [
        call.query.get("lastUpdatedBefore") for call in amazon.server.calls if "orders" in call.path
    ]
    assert ends == [
        None,
        *["2026-11-19T12:00:00Z"] * 2,
        *["2026-11-20T12:00:00Z"] * 2,
        None,
    ]


def test_a_short_period_with_an_end_is_searched_and_never_cut_in_silence(amazon: Amazon) -> None:
    ids = place(amazon, 150, NOW - 5 * HOUR, timedelta(minutes=1))
    period = (NOW - 5 * HOUR, NOW - 3 * HOUR)
    events, _latest, error = amazon.pull("order", *period)
    assert ([event.external_id for event in events], error) == (ids[:121], None)
    _events, _latest, error = amazon.pull("order", *period, budget=Purse(searchOrders=1))
    assert isinstance(error, ThrottledError)


# === BACKFILL === #

COLUMNS = ["amazon-order-id", "last-updated-date", "order-status", "sku", "quantity", "item-price"]


def rows_of(*statuses: str) -> str:
    rows = [
        {
            "amazon-order-id": f"303-{number:07d}",
            "last-updated-date": "2026-09-03T09:00:00+00:00",
            "order-status": status,
            "sku": "S-1",
            "quantity": "1",
            "item-price": "5.00",
        }
        for number, status in enumerate(statuses)
    ]
    return tsv(COLUMNS, rows)


@covers("R33", "R44", "X9", "X15")
def test_a_long_period_is_read_from_reports_that_are_asked_for_once(amazon: Amazon) -> None:
    since, until = NOW - 70 * DAY, NOW - DAY
    _events, _latest, error = amazon.pull("order", since, until)
    assert isinstance(error, ThrottledError)
    assert error.retry_after == 60.0
    assert amazon.operations() == ["GET reports", *["POST reports"] * 3]
    asked = [(one["dataStartTime"], one["dataEndTime"]) for one in amazon.reports]
    assert asked == [
        ("2026-09-12T12:00:00Z", "2026-10-12T12:00:00Z"),
        ("2026-10-12T12:00:00Z", "2026-11-11T12:00:00Z"),
        ("2026-11-11T12:00:00Z", "2026-11-20T12:00:00Z"),
    ]
    assert {one["reportType"] for one in amazon.reports} == {REPORT}
    # Still being made: nothing is asked for twice, whoever asks.
    amazon.settle(amazon.reports[0], rows_of("Shipped"))
    assert isinstance(amazon.pull("order", since, until)[2], ThrottledError)
    amazon.settle(amazon.reports[1], None, "CANCELLED")
    amazon.settle(amazon.reports[2], rows_of("Cancelled", "Shipped"))
    events, _latest, error = amazon.pull("order", since, until)
    assert error is None
    assert len(amazon.reports) == 3
    assert [event.external_id for event in events] == [
        "303-0000000",
        "303-0000000",
        "303-0000001",
    ]
    with amazon.open() as adapter:
        found = adapter.order(events[1].payload)
    assert (found.summary, found.status) == (True, OrderStatus.CANCELLED)


def test_a_period_into_the_future_is_read_from_what_was_told_until_then(amazon: Amazon) -> None:
    since, until = NOW - 20 * DAY, NOW + DAY
    amazon.pull("order", since, until)
    (report,) = amazon.reports
    report["dataEndTime"] = report["createdTime"]
    amazon.finish(rows_of("Shipped"))
    amazon.clock.pass_by(minutes=3)
    events, _latest, error = amazon.pull("order", since, until)
    assert (len(events), error, len(amazon.reports)) == (1, None, 1)


@covers("R44")
def test_open_orders_of_a_report_are_read_whole_as_far_as_the_budget_goes(amazon: Amazon) -> None:
    since, until = NOW - 20 * DAY, NOW - DAY
    place(amazon, 3, NOW - 9 * DAY, DAY)
    for number, document in enumerate(amazon.orders):
        document["orderId"] = f"303-{number:07d}"
    amazon.pull("order", since, until)
    amazon.finish(rows_of("Unshipped", "Shipped", "Pending", "Unshipped", "Pending"))
    events, _latest, error = amazon.pull("order", since, until, budget=Purse(getOrder=3))
    assert error is None
    whole = ["orderItems" in event.payload for event in events]
    # The second is over; the fourth is not known to getOrder; the fifth is beyond the budget.
    assert whole == [True, False, True, False, False]
    assert amazon.operations().count("GET orders/303-0000003") == 1
    assert "GET orders/303-0000004" not in amazon.operations()


def test_a_report_that_fails_or_never_comes_is_asked_for_anew_later(amazon: Amazon) -> None:
    period = (NOW - 20 * DAY, NOW - DAY)
    amazon.pull("order", *period)
    amazon.finish(status="FATAL")
    assert isinstance(amazon.pull("order", *period)[2], ServerError)
    amazon.clock.pass_by(hours=2)
    assert isinstance(amazon.pull("order", *period)[2], ThrottledError)
    assert len(amazon.reports) == 2
    amazon.clock.pass_by(hours=5)
    amazon.pull("order", *period)
    assert len(amazon.reports) == 3
    amazon.finish(rows_of("Shipped"))
    assert len(amazon.pull("order", *period)[0]) == 1


@covers("C9")
def test_a_live_pull_far_behind_is_caught_up_by_report(amazon: Amazon) -> None:
    place(amazon, 250, NOW - 40 * DAY, timedelta(minutes=5))
    amazon.orders.reverse()
    since = NOW - 40 * DAY
    events, latest, error = amazon.pull("order", since, budget=Purse(searchOrders=3))
    assert (len(events), latest) == (200, None)
    assert isinstance(error, ThrottledError)
    assert [one["dataEndTime"] for one in amazon.reports][-1] == "2026-11-21T12:00:00Z"
    amazon.clock.pass_by(minutes=10)
    amazon.finish(rows_of("Shipped"))
    events, latest, error = amazon.pull("order", since, budget=Purse(searchOrders=1))
    assert error is None
    assert [event.external_id for event in events[100:]] == ["303-0000000"] * 2
    assert latest == NOW


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"\x1f\x8b\x08\x00broken", "TransportError"),
        (gzip.compress(b"amazon-order-id\t" * 5000)[:40], "TransportError"),
        (b"a\tb\n1\t2\n", "InvalidError"),
    ],
)
def test_a_damaged_report_is_an_error_of_the_closed_set(
    amazon: Amazon, content: bytes, error: str
) -> None:
    period = (NOW - 20 * DAY, NOW - DAY)
    amazon.pull("order", *period)
    amazon.finish(b"x")
    (name,) = amazon.documents
    amazon.documents[name] = content
    assert type(amazon.pull("order", *period)[2]).__name__ == error


def test_an_empty_report_has_no_orders(amazon: Amazon) -> None:
    period = (NOW - 20 * DAY, NOW - DAY)
    amazon.pull("order", *period)
    amazon.finish(b"")
    assert amazon.pull("order", *period)[0] == []


# === INBOUND === #


def test_messages_from_outside_need_the_agreed_key(amazon: Amazon) -> None:
    with amazon.open() as adapter:
        with pytest.raises(SignatureError) as caught:
            adapter.verify({"X-Api-Key": ""}, b"")
        assert caught.value.code == "no_token"
        adapter.connection.credentials["webhook_token"] = "agreed"  # type: ignore[index]
        adapter.verify({"x-api-key": "agreed"}, b"")
        adapter.verify({"Authorization": "Bearer agreed"}, b"")
        for headers in ({}, {"X-Api-Key": "agree"}, {"Authorization": "Basic agreed"}):
            with pytest.raises(SignatureError):
                adapter.verify(headers, b"")


def test_an_order_change_from_outside_is_a_status(amazon: Amazon) -> None:
    body = (
        b'{"detail": {"NotificationType": "ORDER_CHANGE", "EventTime": "2026-11-21T11:59:00Z",'
        b'"Payload": {"OrderChangeNotification": {"AmazonOrderId": "302-1",'
        b'"Summary": {"OrderStatus": "Canceled"}}},'
        b'"NotificationMetadata": {"NotificationId": "n-1"}}}'
    )
    with amazon.open() as adapter:
        (event,) = adapter.parse({}, body)
        assert (event.topic, event.external_id, event.revision) == ("status", "302-1", "n-1")
        assert adapter.status(event.payload) is OrderStatus.CANCELLED
        payloads: tuple[Any, ...] = ({}, {"status": ""}, None, {"status": []})
        for payload in payloads:
            with pytest.raises(InvalidError):
                adapter.status(payload)


def test_a_topic_that_is_not_there_is_refused(amazon: Amazon) -> None:
    with amazon.open() as adapter:
        for topic in ("status", "notification", "x" * 99):
            with pytest.raises(InvalidError, match="no topic"):
                adapter.pull(topic, NOW)


def test_a_refusal_of_the_search_is_told_as_it_is(amazon: Amazon) -> None:
    with amazon.open() as adapter:
        adapter.client.login.token()
        refusal: dict[str, Any] = {"errors": [{"code": "InvalidInput", "message": "No."}]}
        amazon.server.next(Reply(400, refusal))
        with pytest.raises(RejectedError, match="No"):
            list(adapter.pull("order", datetime(2026, 1, 1, tzinfo=UTC)))
