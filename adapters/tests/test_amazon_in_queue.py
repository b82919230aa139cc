"""The queue of notifications: what is read, what it becomes, when it is deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from amazon_in_samples import SETTLEMENT_COLUMNS, breakdown, item, order, settlement_rows, tsv
from amazon_in_stub import DE, NOW, Amazon, Purse, note
from marketplace_adapters.amazon.queue import Queue
from marketplace_adapters.amazon.settlements import REPORT_TYPE
from marketplace_adapters.core import (
    AdapterError,
    InvalidError,
    RejectedError,
    ServerError,
    ThrottledError,
    TransportError,
)
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.server import Call, Reply, ScriptedServer

pytest.importorskip("botocore")


@pytest.fixture
def amazon() -> Iterator[Amazon]:
    found = Amazon()
    with found.server:
        yield found


def place(amazon: Amazon, count: int) -> list[str]:
    for number in range(count):
        document = order(item(rows=[breakdown("ITEM", "5.00")], total="5.00"), total="5.00")
        document["orderId"] = f"302-{number:07d}"
        document["lastUpdatedTime"] = "2026-11-21T11:58:30Z"
        amazon.orders.append(document)
    return [one["orderId"] for one in amazon.orders]


def change(order_id: str, number: str, at: str = "2026-11-21T11:58:30Z") -> str:
    payload = {"AmazonOrderId": order_id, "OrderChangeTrigger": {"TimeOfOrderChange": at}}
    return note("ORDER_CHANGE", number, {"OrderChangeNotification": payload})


def send(amazon: Amazon, *bodies: str) -> None:
    for number, body in enumerate(bodies, start=len(amazon.messages)):
        amazon.messages[f"m{number}"] = body


def pull(amazon: Amazon, budget: Purse | None = None) -> tuple[list[tuple[str, str]], Any]:
    url = f"{amazon.server.base_url}/sqs/orders"
    events, _latest, error = amazon.pull("notification", NOW, budget=budget, queue_url=url)
    return [(event.topic, event.external_id) for event in events], error


# === MESSAGES === #


@covers("X6", "X9")
def test_an_order_that_changed_is_read_once_and_its_messages_are_deleted(amazon: Amazon) -> None:
    first, second = place(amazon, 2)
    send(amazon, change(first, "n1"), change(second, "n2"), change(first, "n3"))
    assert pull(amazon) == ([("order", first), ("order", second)], None)
    assert sorted(amazon.deleted) == ["m0", "m1", "m2"]
    assert amazon.operations() == [
        "ReceiveMessage",
        f"GET orders/{first}",
        f"GET orders/{second}",
        "DeleteMessageBatch",
    ]


@covers("X6")
def test_a_message_is_deleted_only_after_its_page_was_stored(amazon: Amazon) -> None:
    (order_id,) = place(amazon, 1)
    send(amazon, change(order_id, "n1"))
    with amazon.open(queue_url=f"{amazon.server.base_url}/sqs/orders") as adapter:
        found = adapter.pull("notification", NOW)
        assert [event.external_id for event in next(iter(found)).events] == [order_id]
        assert amazon.deleted == []
        assert list(found) == []
    assert amazon.deleted == ["m0"]
    send(amazon, change(order_id, "n2"))
    with amazon.open(queue_url=f"{amazon.server.base_url}/sqs/orders") as adapter:
        interrupted = iter(adapter.pull("notification", NOW))
        next(interrupted)
        interrupted.close()  # type: ignore[attr-defined]
    assert amazon.deleted == ["m0"]


@covers("C9")
def test_orders_beyond_the_budget_stay_in_the_queue(amazon: Amazon) -> None:
    ids = place(amazon, 3)
    send(amazon, *(change(order_id, order_id) for order_id in ids))
    feed = {"feedProcessingFinishedNotification": {"feedId": "77"}}
    send(amazon, note("FEED_PROCESSING_FINISHED", "f1", feed))
    found, error = pull(amazon, Purse(getOrder=2))
    assert (sorted(found), error) == (
        [("order", ids[0]), ("order", ids[1]), ("submission", "77")],
        None,
    )
    assert sorted(amazon.deleted) == ["m0", "m1", "m3"]


@covers("C9", "C2")
def test_a_burst_of_changes_is_searched_for_together(amazon: Amazon) -> None:
    ids = place(amazon, 90)
    # Told of a change that the search does not show yet: read by itself.
    send(amazon, *(change(order_id, order_id) for order_id in ids[:89]))
    send(amazon, change(ids[89], "late", at="2026-11-21T12:30:00Z"))
    found, error = pull(amazon)
    assert (sorted(found), error) == ([("order", order_id) for order_id in ids], None)
    calls = amazon.operations()
    assert calls.count("GET orders") == 1
    assert [call for call in calls if call.startswith("GET orders/")] == [f"GET orders/{ids[89]}"]
    assert len(amazon.deleted) == 90
    assert calls.count("DeleteMessageBatch") == 9


def test_a_burst_without_a_search_budget_is_read_singly(amazon: Amazon) -> None:
    ids = place(amazon, 20)
    send(amazon, *(change(order_id, order_id) for order_id in ids))
    found, error = pull(amazon, Purse(searchOrders=0, getOrder=5))
    assert (len(found), error, len(amazon.deleted)) == (5, None, 5)


def test_what_nobody_can_read_or_use_leaves_the_queue_and_stays_on_record(amazon: Amazon) -> None:
    send(
        amazon,
        "garbled {",
        note("PRICING_HEALTH", "p1", {"x": 1}),
        change("302-9999999", "n1"),
    )
    found, error = pull(amazon)
    assert error is None
    assert [topic for topic, _id in found] == ["unreadable", "notification", "notification"]
    assert sorted(amazon.deleted) == ["m0", "m1", "m2"]


def test_issues_are_read_for_many_listings_in_one_call(amazon: Amazon) -> None:
    asked: list[Call] = []

    def search(call: Call) -> Any:
        asked.append(call)
        return {"numberOfResults": 1, "items": [{"sku": "S-1", "issues": [], "summaries": []}]}

    amazon.answers["/listings/2021-08-01/items/A1"] = search
    bad = {"MarketplaceId": DE, "Severities": ["ERROR"]}
    send(
        amazon,
        note("LISTINGS_ITEM_ISSUES_CHANGE", "i1", {**bad, "Sku": "S-1"}),
        note("LISTINGS_ITEM_ISSUES_CHANGE", "i2", {**bad, "Sku": "S-2"}),
        note("LISTINGS_ITEM_ISSUES_CHANGE", "i3", {**bad, "Sku": "S-3", "Severities": ["NONE"]}),
    )
    events, _latest, error = amazon.pull(
        "notification", NOW, queue_url=f"{amazon.server.base_url}/sqs/orders"
    )
    assert error is None
    assert [one.query["identifiers"] for one in asked] == ["S-1,S-2"]
    assert asked[0].query["identifiersType"] == "SKU"
    with amazon.open() as adapter:
        told = {event.external_id: adapter.listing_news(event.payload).issues for event in events}
    assert told["S-1"] == told["S-3"] == ()
    assert [issue.code for issue in told["S-2"] or ()] == ["ERROR"]


@covers("R39", "X12")
def test_a_settlement_that_is_ready_is_fetched_at_once(amazon: Amazon) -> None:
    text = tsv(SETTLEMENT_COLUMNS, settlement_rows(("Order", "ItemPrice", "Principal", "5", "1")))
    amazon.documents["D7"] = text.encode("utf-8")
    told = {
        "reportId": "R7",
        "reportType": REPORT_TYPE,
        "processingStatus": "DONE",
        "reportDocumentId": "D7",
    }
    other = {**told, "reportType": "GET_SOMETHING"}
    name = "reportProcessingFinishedNotification"
    send(
        amazon,
        note("REPORT_PROCESSING_FINISHED", "r1", {name: told}),
        note("REPORT_PROCESSING_FINISHED", "r2", {name: other}),
        note("REPORT_PROCESSING_FINISHED", "r3", {name: {**told, "processingStatus": "FATAL"}}),
    )
    found, error = pull(amazon)
    assert error is None
    assert sorted(found) == [
        ("notification", "r2"),
        ("notification", "r3"),
        ("settlement", "17550012345"),
    ]


@pytest.mark.large
@covers("X9")
def test_two_thousand_messages_are_read_page_by_page(amazon: Amazon) -> None:
    feed = {"feedProcessingFinishedNotification": {"feedId": "77"}}
    send(amazon, *(note("FEED_PROCESSING_FINISHED", f"f{n}", feed) for n in range(450)))
    events, _latest, error = amazon.pull(
        "notification", NOW, queue_url=f"{amazon.server.base_url}/sqs/orders"
    )
    assert (len({event.revision for event in events}), error) == (450, None)
    assert len(amazon.deleted) == 450


def test_a_failure_in_the_middle_keeps_what_was_read(amazon: Amazon) -> None:
    first, second = place(amazon, 2)
    send(amazon, change(first, "n1"), change(second, "n2"))

    def fail(call: Call) -> Reply:
        if call.path.endswith(second):
            return Reply(503)
        return amazon.answer(call)

    amazon.server.handle_with(fail)
    found, error = pull(amazon)
    assert found == [("order", first)]
    assert isinstance(error, ServerError)
    assert amazon.deleted == ["m0"]


def test_without_a_queue_there_is_no_such_topic(amazon: Amazon) -> None:
    with amazon.open() as adapter, pytest.raises(InvalidError):
        adapter.pull("notification", NOW)


# === QUEUE === #


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as found:
        yield found


def refusal(kind: str, status: int = 400) -> Reply:
    body = {"__type": f"com.amazonaws.sqs#{kind}", "message": "secret text"}
    return Reply(status, body, {"Content-Type": "application/x-amz-json-1.0"})


@pytest.mark.parametrize(
    ("reply", "error", "code"),
    [
        (refusal("InvalidClientTokenId", 403), RejectedError, "queue_keys"),
        (refusal("AccessDeniedException"), RejectedError, "queue_keys"),
        (refusal("SignatureDoesNotMatch", 403), RejectedError, "queue_keys"),
        (refusal("QueueDoesNotExist"), RejectedError, "no_queue"),
        (refusal("RequestThrottled"), ThrottledError, "RequestThrottled"),
        (refusal("OverLimit", 403), ThrottledError, "OverLimit"),
        (refusal("InternalFailure", 500), ServerError, None),
        (refusal("InvalidParameterValue"), InvalidError, "InvalidParameterValue"),
        (Reply(200, "<html>", {"Content-Type": "text/html"}), TransportError, "not_json"),
        (Reply(503, "<html>proxy</html>"), ServerError, None),
        (Reply(fault="reset"), TransportError, "connection"),
        (Reply(fault="no_http"), TransportError, "connection"),
        (Reply(302, headers={"Location": "http://127.0.0.1:1/"}), TransportError, None),
    ],
)
def test_every_failure_of_the_queue_is_one_of_the_closed_set(
    server: ScriptedServer, reply: Reply, error: type[AdapterError], code: str | None
) -> None:
    queue = Queue(f"{server.base_url}/sqs/q", "AKIATEST", "queue-secret")
    server.next(reply)
    with pytest.raises(AdapterError) as caught:
        queue.receive()
    assert type(caught.value) is error
    assert code is None or caught.value.code == code
    assert "secret" not in f"{caught.value!r} {caught.value} {queue!r}"
    assert len(server.calls) == 1
    queue.close()
    queue.close()


def test_calls_go_to_the_configured_host_signed_and_with_nothing_of_the_machine(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "not-there")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "OTHER")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    queue = Queue(f"{server.base_url}/sqs/q", "AKIATEST", "queue-secret", region="eu-west-1")
    assert queue.receive(500) == []
    (call,) = server.calls
    assert (call.method, call.path) == ("POST", "/sqs/q")
    assert call.headers["x-amz-target"] == "AmazonSQS.ReceiveMessage"
    assert "Credential=AKIATEST/" in call.headers["authorization"]
    assert "/eu-west-1/sqs/aws4_request" in call.headers["authorization"]
    assert json.loads(call.body) == {
        "QueueUrl": f"{server.base_url}/sqs/q",
        "MaxNumberOfMessages": 10,
        "WaitTimeSeconds": 0,
        "VisibilityTimeout": 120,
    }
    queue.close()


@pytest.mark.parametrize(
    ("url", "endpoint", "region"),
    [
        (
            "https://sqs.eu-west-1.amazonaws.com/123456789012/orders",
            "https://sqs.eu-west-1.amazonaws.com",
            "eu-west-1",
        ),
        (
            "https://sqs.cn-north-1.amazonaws.com.cn/1/q",
            "https://sqs.cn-north-1.amazonaws.com.cn",
            "cn-north-1",
        ),
        (
            "https://vpce-1.sqs.us-gov-west-1.vpce.amazonaws.com/1/q",
            "https://vpce-1.sqs.us-gov-west-1.vpce.amazonaws.com",
            "us-gov-west-1",
        ),
        ("http://127.0.0.1:9/sqs/q", "http://127.0.0.1:9/sqs/q", "us-east-1"),
    ],
)
def test_endpoint_and_region_follow_from_the_address(url: str, endpoint: str, region: str) -> None:
    queue = Queue(url, "k", "s")
    assert (queue.endpoint, queue.region) == (endpoint, region)


def test_an_address_or_keys_that_cannot_serve_are_refused() -> None:
    for url in ("http://queue.example.com/1/q", "ftp://x/q", "", "https://u@h/q"):
        with pytest.raises(InvalidError):
            Queue(url, "k", "s")
    with pytest.raises(RejectedError) as caught:
        Queue("https://sqs.eu-west-1.amazonaws.com/1/q", "", "s").receive()
    assert caught.value.code == "queue_keys"


def test_the_budget_is_asked_before_the_queue(server: ScriptedServer) -> None:
    queue = Queue(f"{server.base_url}/sqs/q", "k", "s", budget=Purse(queue=0))
    with pytest.raises(ThrottledError):
        queue.receive()
    assert server.calls == []
