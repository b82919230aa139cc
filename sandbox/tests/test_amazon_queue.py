"""The queue: the protocol of SQS, hidden messages, and messages that go astray."""

from __future__ import annotations

import hashlib
import json
import threading
from typing import Any

import pytest
from amazon_support import Amazon, AmazonControl
from support import covers


def receive(amazon: Amazon, **more: Any) -> list[dict[str, Any]]:
    found = amazon.queue("ReceiveMessage", **{"MaxNumberOfMessages": 10, **more})
    rows = found.get("Messages", [])
    assert isinstance(rows, list)
    return rows


def send(amazon: Amazon, *bodies: str) -> None:
    for body in bodies:
        amazon.queue("SendMessage", MessageBody=body)


def levels(amazon: Amazon) -> tuple[str, str]:
    """(visible, hidden)."""
    found = amazon.queue("GetQueueAttributes", AttributeNames=["All"])["Attributes"]
    return (
        found["ApproximateNumberOfMessages"],
        found["ApproximateNumberOfMessagesNotVisible"],
    )


@covers("R430")
def test_a_message_is_hidden_until_deleted_or_forgotten(
    amazon: Amazon, backstage: AmazonControl
) -> None:
    send(amazon, "one", "zwei ☕")
    rows = receive(amazon)
    assert [row["Body"] for row in rows] == ["one", "zwei ☕"]
    assert rows[1]["MD5OfBody"] == hashlib.md5("zwei ☕".encode()).hexdigest()
    assert (receive(amazon), levels(amazon)) == ([], ("0", "2"))
    amazon.queue("DeleteMessage", ReceiptHandle=rows[0]["ReceiptHandle"])
    backstage.advance(29)
    assert receive(amazon) == []
    backstage.advance(1)
    (again,) = receive(amazon, VisibilityTimeout=5)
    assert again["MessageId"] == rows[1]["MessageId"]
    assert again["Attributes"]["ApproximateReceiveCount"] == "2"
    amazon.queue("DeleteMessage", ReceiptHandle=rows[1]["ReceiptHandle"])  # an old handle
    backstage.advance(5)
    (third,) = receive(amazon)
    change = {"ReceiptHandle": third["ReceiptHandle"], "VisibilityTimeout": 0}
    amazon.queue("ChangeMessageVisibility", **change)
    assert levels(amazon) == ("1", "0")
    amazon.queue("PurgeQueue")
    assert levels(amazon) == ("0", "0")


def test_messages_come_ten_at_most_and_are_deleted_together(amazon: Amazon) -> None:
    send(amazon, *map(str, range(12)))
    assert len(receive(amazon, MaxNumberOfMessages=1)) == 1
    rows = receive(amazon)
    assert len(rows) == 10
    entries = [
        {"Id": str(index), "ReceiptHandle": row["ReceiptHandle"]} for index, row in enumerate(rows)
    ]
    entries[3]["ReceiptHandle"] = "nonsense"
    answer = amazon.queue("DeleteMessageBatch", Entries=entries)
    assert len(answer["Successful"]) == 9
    assert [(each["Id"], each["Code"]) for each in answer["Failed"]] == [
        ("3", "ReceiptHandleIsInvalid")
    ]
    assert levels(amazon) == ("1", "2")
    amazon.queue("DeleteMessageBatch", 400, Entries=[])
    amazon.queue("DeleteMessageBatch", 400, Entries=entries * 2)


def test_long_polling_ends_when_a_message_comes(amazon: Amazon, backstage: AmazonControl) -> None:
    found: list[Any] = []
    other = Amazon(f"http://{amazon.host}")
    waiting = threading.Thread(target=lambda: found.extend(receive(other, WaitTimeSeconds=20)))
    waiting.start()
    send(amazon, "news")
    waiting.join(10)
    other.close()
    assert [row["Body"] for row in found] == ["news"]


def test_keys_queues_and_actions_that_are_not_there(amazon: Amazon) -> None:
    assert amazon.queue("ReceiveMessage", 403, key="AKIASOMEONE")["__type"].endswith(
        "#InvalidClientTokenId"
    )
    assert amazon.queue("ReceiveMessage", 403, key="")["__type"].endswith(
        "#MissingAuthenticationToken"
    )
    url = f"http://{amazon.host}/amazon/sqs/other"
    assert amazon.queue("ReceiveMessage", 400, QueueUrl=url)["__type"].endswith(
        "#QueueDoesNotExist"
    )
    assert amazon.queue("FlyAway", 400)["__type"].endswith("#InvalidAction")
    amazon.queue("ReceiveMessage", 400, MaxNumberOfMessages=11)
    amazon.queue("SendMessage", 400)
    amazon.queue("DeleteMessage", 400, ReceiptHandle="x")


@covers("R431")
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"effect": "duplicate", "copies": 2}, ["a", "a", "b", "b", "c", "c"]),
        ({"effect": "drop", "match": {"nth": 2}}, ["a", "c"]),
        ({"effect": "empty", "direction": "webhook", "match": {"nth": 1}}, ["", "b", "c"]),
    ],
)
def test_messages_that_go_astray(
    amazon: Amazon, backstage: AmazonControl, fault: dict[str, Any], expected: list[str]
) -> None:
    backstage.call("POST", "faults", fault)
    orders = {backstage.order_of()["id"]: name for name in "abc"}
    found = []
    for row in receive(amazon):
        text = row["Body"]
        name = json.loads(text)["Payload"]["OrderChangeNotification"] if text else {}
        found.append(orders.get(name.get("AmazonOrderId", ""), ""))
    assert sorted(found) == sorted(expected)


def test_messages_in_another_order(amazon: Amazon, backstage: AmazonControl) -> None:
    backstage.call("POST", "faults", {"effect": "reorder", "window": 3, "hold": 60})
    orders = [backstage.order_of()["id"] for _ in range(2)]
    assert receive(amazon) == []
    orders.append(backstage.order_of()["id"])

    def ids() -> list[str]:
        return [
            json.loads(row["Body"])["Payload"]["OrderChangeNotification"]["AmazonOrderId"]
            for row in receive(amazon)
        ]

    found = ids()
    assert found != orders and sorted(found) == sorted(orders)
    late = backstage.order_of()["id"]
    assert ids() == []
    backstage.advance(60)
    assert late in ids()


def test_only_what_is_subscribed_is_sent(amazon: Amazon, backstage: AmazonControl) -> None:
    path = "/notifications/v1/subscriptions/ORDER_CHANGE"
    found = amazon.ok("GET", path)["payload"]
    scope = "sellingpartnerapi::notifications"
    amazon.login(refresh_token="", grant_type="client_credentials", scope=scope)
    amazon.ok("DELETE", f"{path}/{found['subscriptionId']}")
    amazon.login()
    assert amazon.call("GET", path).status == 404
    backstage.order_of()
    assert receive(amazon) == []
    body = {
        "payloadVersion": "1.0",
        "destinationId": found["destinationId"],
        "processingDirective": {
            "eventFilter": {
                "eventFilterType": "ORDER_CHANGE",
                "orderChangeTypes": ["BuyerRequestedChange"],
            }
        },
    }
    amazon.ok("POST", path, body)
    assert amazon.call("POST", path, body).status == 409
    order = backstage.order_of(status="UNSHIPPED")
    assert receive(amazon) == []
    backstage.step(order, "request-cancel")
    assert len(receive(amazon)) == 1
    assert amazon.call("GET", "/notifications/v1/subscriptions/NOTHING").status == 400
