"""Deliveries: in order, again after a failure, and wrong when a rule says so."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from support import RETAIL, WHOLESALE, Cartona, Control, Receiver, covers

Subscribe = Callable[..., dict[str, Any]]


@pytest.fixture
def subscribe(control: Control, receiver: Receiver) -> Subscribe:
    """Subscribe the receiver; answers the subscription."""

    def add(**members: Any) -> dict[str, Any]:
        body = {"provider": "cartona", "url": receiver.url, "retries": [0, 0], **members}
        found: dict[str, Any] = control.call("POST", "webhooks", body)
        return found

    return add


def statuses(receiver: Receiver, count: int) -> list[str]:
    return [each.data["status"] for each in receiver.wait(count)]


@covers("R102", "R185", "R430")
def test_every_change_of_the_retailer_is_told(
    control: Control, receiver: Receiver, subscribe: Subscribe
) -> None:
    subscribe(token="s3cret")
    order = control.place()
    hashed_id = order["hashed_id"]
    control.act(hashed_id, "begin-edit")
    control.act(hashed_id, "edit", lines=[{"id": order["lines"][0]["id"], "amount": 2}])
    control.act(hashed_id, "cancel", reason="delayed_order")
    assert statuses(receiver, 4) == ["pending", "editing", "pending", "cancelled_by_retailer"]
    first = receiver.received[0]
    assert first.data == {"hashed_id": hashed_id, "status": "pending"}
    assert first.path == "/hook?x=1"
    assert first.headers["authorizationtoken"] == "s3cret"
    assert first.headers["content-type"] == "application/json"
    assert control.call("GET", "webhooks/wait")["reached"] is True
    log = control.call("GET", "webhooks/deliveries")
    assert [each["topic"] for each in log] == [
        "order.status",
        "order.edited",
        "order.status",
        "order.placed",
    ]
    assert {each["state"] for each in log} == {"delivered"}


def test_nothing_is_told_when_not_wanted(
    control: Control, receiver: Receiver, subscribe: Subscribe, cartona: Cartona
) -> None:
    subscribe()
    silent = control.place(notify=False)["hashed_id"]
    control.act(silent, "cancel", notify=False)
    own = control.place(notify=False)["hashed_id"]
    body = {"status": "approved"}
    assert cartona.post(f"order/update-order-status/{own}", body).status == 200
    control.act(own, "notify")
    assert receiver.wait(1)[0].data == {"hashed_id": own, "status": "approved"}
    control.call("GET", "webhooks/wait")
    assert len(receiver.received) == 1


def test_own_changes_come_back_when_set_so(
    control: Control, receiver: Receiver, subscribe: Subscribe, cartona: Cartona
) -> None:
    subscribe()
    control.settings(webhook_on_supplier_change=True)
    order = control.place(notify=False)["hashed_id"]
    cartona.post("order/update-order-status", [{"hashed_id": order, "status": "approved"}])
    assert statuses(receiver, 1) == ["approved"]


@pytest.mark.parametrize("style", ["order", "list", "envelope"])
def test_payload_styles(
    control: Control, receiver: Receiver, subscribe: Subscribe, style: str
) -> None:
    subscribe(style=style)
    hashed_id = control.place()["hashed_id"]
    order = control.call("GET", f"cartona/orders/{hashed_id}/payload")
    wanted = {
        "order": order,
        "list": [order],
        "envelope": {"event": "order.placed", "order": order},
    }
    assert receiver.wait(1)[0].data == wanted[style]


def test_an_account_hears_only_its_own_orders(
    control: Control, receiver: Receiver, subscribe: Subscribe
) -> None:
    subscribe(account=WHOLESALE, header="X-Token", token="w")
    control.place(supplier_code=RETAIL)
    line = {"internal_product_id": "COL-330-BOX", "amount": 5}
    order = control.place(supplier_code=WHOLESALE, lines=[line])
    received = receiver.wait(1)[0]
    assert received.data["hashed_id"] == order["hashed_id"]
    assert received.headers["x-token"] == "w"


def test_a_failed_delivery_is_tried_again(
    control: Control, receiver: Receiver, subscribe: Subscribe
) -> None:
    receiver.answers = [500, 302]
    subscribe()
    control.place()
    receiver.wait(3)
    assert control.call("GET", "webhooks/wait")["reached"] is True
    delivery = control.call("GET", "webhooks/deliveries")[0]
    assert delivery["state"] == "delivered"
    assert [each["status"] for each in delivery["attempts"]] == [500, 302, 200]
    assert receiver.received[0].body == receiver.received[2].body


def test_a_delivery_is_given_up_in_the_end(
    control: Control, receiver: Receiver, subscribe: Subscribe
) -> None:
    receiver.answers = [500, 500, 500]
    subscribe()
    control.place()
    control.call("GET", "webhooks/wait")
    delivery = control.call("GET", "webhooks/deliveries")[0]
    assert (delivery["state"], len(delivery["attempts"])) == ("failed", 3)
    control.call("POST", f"webhooks/deliveries/{delivery['id']}/again")
    receiver.wait(4)
    control.call("GET", "webhooks/wait")
    assert control.call("GET", "webhooks/deliveries")[0]["state"] == "delivered"
    control.call("POST", "webhooks/deliveries/999999/again", expect=404)


def test_an_address_where_nobody_listens(control: Control, subscribe: Subscribe) -> None:
    subscribe(url="http://127.0.0.1:9/x", retries=[])
    control.place()
    control.call("GET", "webhooks/wait")
    delivery = control.call("GET", "webhooks/deliveries")[0]
    assert delivery["state"] == "failed"
    assert delivery["attempts"][0]["error"].startswith("ConnectionRefusedError")


@covers("R430")
def test_duplicates_arrive_at_the_same_instant(
    control: Control, receiver: Receiver, subscribe: Subscribe
) -> None:
    """The receiver answers only when all three are there: one by one they would never end."""
    receiver.together = threading.Barrier(3)
    subscribe(retries=[])
    control.fault("duplicate", copies=3, parallel=True)
    control.place()
    received = receiver.wait(3)
    assert len({each.body for each in received}) == 1
    control.call("GET", "webhooks/wait")
    log = control.call("GET", "webhooks/deliveries")
    assert [each["state"] for each in log] == ["delivered"] * 3


def test_duplicates_one_after_the_other(
    control: Control, receiver: Receiver, subscribe: Subscribe
) -> None:
    subscribe()
    control.fault("duplicate", copies=2, match={"topic": "order.placed", "nth": 2})
    orders = [control.place()["hashed_id"] for _ in range(3)]
    received = [each.data["hashed_id"] for each in receiver.wait(4)]
    assert received == [orders[0], orders[1], orders[1], orders[2]]


@covers("R430")
def test_events_overtake_each_other(
    control: Control, receiver: Receiver, subscribe: Subscribe
) -> None:
    subscribe()
    control.fault("reorder", window=2)
    order = control.place()["hashed_id"]
    control.act(order, "cancel")
    assert statuses(receiver, 2) == ["cancelled_by_retailer", "pending"]


def test_held_events_go_when_told(
    control: Control, receiver: Receiver, subscribe: Subscribe
) -> None:
    subscribe()
    control.fault("reorder", window=50, hold=60)
    orders = [control.place()["hashed_id"] for _ in range(5)]
    assert control.call("POST", "webhooks/flush") == {"released": 5}
    received = [each.data["hashed_id"] for each in receiver.wait(5)]
    assert sorted(received) == sorted(orders)
    assert received != orders


def test_held_events_go_by_themselves(
    control: Control, receiver: Receiver, subscribe: Subscribe
) -> None:
    subscribe()
    control.fault("reorder", window=50, hold=0.01)
    control.place()
    assert statuses(receiver, 1) == ["pending"]


def test_lost_late_and_wrong_events(
    control: Control, receiver: Receiver, subscribe: Subscribe
) -> None:
    subscribe(token="right")
    rules = [("drop", {}), ("delay", {"ms": 5}), ("wrong_token", {}), ("empty", {})]
    for number, (effect, params) in enumerate(rules):
        control.fault(effect, direction="webhook", match={"nth": number + 1}, **params)
    control.fault("wrong_json", direction="webhook", match={"nth": 5})
    orders = [control.place()["hashed_id"] for _ in range(5)]
    received = receiver.wait(4)
    control.call("GET", "webhooks/wait")
    assert len(received) == 4
    by_body = {each.body: each for each in received}
    assert by_body[b""].headers["authorizationtoken"] == "right"
    assert orders[0].encode() not in b"".join(by_body)
    late, forged = (
        next(each for each in received if orders[n].encode() in each.body) for n in (1, 2)
    )
    (broken,) = [each for each in received if each.body and not each.body.endswith(b"}")]
    assert late.data["status"] == "pending"
    assert forged.headers["authorizationtoken"] == "wrong-right"
    with pytest.raises(ValueError, match=r".+"):
        _ = broken.data
    assert control.call("GET", "webhooks/deliveries?limit=5")[4]["state"] == "dropped"


def test_a_connection_that_the_receiver_closed_is_opened_anew(
    control: Control, receiver: Receiver, subscribe: Subscribe
) -> None:
    receiver.hangs_up = True
    subscribe(retries=[])
    for number in range(3):
        control.place()
        receiver.wait(number + 1)
        control.call("GET", "webhooks/wait")
    log = control.call("GET", "webhooks/deliveries")
    assert [each["state"] for each in log] == ["delivered"] * 3
    assert len(receiver.received) == 3


def test_subscriptions_are_listed_replaced_and_removed(
    control: Control, subscribe: Subscribe
) -> None:
    assert subscribe(id="a")["id"] == "a"
    assert subscribe(id="a", style="order")["style"] == "order"
    assert [each["id"] for each in control.call("GET", "webhooks")] == ["a"]
    control.call("DELETE", "webhooks/b", expect=404)
    assert control.call("DELETE", "webhooks/a") == {"removed": 1}
    assert control.call("GET", "webhooks") == []


@pytest.mark.parametrize(
    "members",
    [
        {"url": ""},
        {"url": "ftp://x/y"},
        {"url": "http://"},
        {"url": "http://x:99999/"},
        {"url": "http://x/\r\nEvil: 1"},
        {"token": "línea"},
        {"header": "A\nB"},
        {"style": "xml"},
        {"account": "nobody"},
        {"retries": "often"},
        {"retries": [-1]},
        {"provider": "nobody"},
        {"colour": 1},
    ],
)
def test_a_wrong_subscription_is_refused(
    control: Control, subscribe: Subscribe, members: dict[str, Any]
) -> None:
    body = {"provider": "cartona", "url": "http://127.0.0.1:9/", **members}
    assert "error" in control.call("POST", "webhooks", body, expect=400)
    assert control.call("GET", "webhooks") == []


def test_waiting_for_deliveries_ends(control: Control, subscribe: Subscribe) -> None:
    assert control.call("GET", "webhooks/wait?delivered=1&timeout=0", expect=408) == {
        "reached": False
    }
    subscribe()
    control.place()
    assert control.call("GET", "webhooks/wait?delivered=1")["reached"] is True
    control.call("DELETE", "webhooks/deliveries")
    assert control.call("GET", "webhooks/deliveries") == []
