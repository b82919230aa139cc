"""The request log and the counters."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from support import Cartona, Client, Control, covers

from marketplace_sandbox import calls
from marketplace_sandbox.calls import Call, CallLog


@covers("R430", "R434")
def test_a_call_is_logged_in_full(cartona: Cartona, control: Control) -> None:
    body = '[{"supplier_product_id": 110774, "notes": "ثلاجة ✓"}]'.encode()
    answer = cartona.post_raw("supplier-product/bulk-update?x=1", body)
    assert answer.status == 200
    (call,) = control.call("GET", "calls")
    assert call["request_body"] == body.decode()
    assert call["response_body"] == "{}"
    assert (call["method"], call["path"]) == ("POST", "/api/v1/supplier-product/bulk-update")
    assert (call["query"], call["rows"], call["status"]) == ("x=1", 1, 200)
    assert (call["request_size"], call["response_size"]) == (len(body), 2)
    assert call["endpoint"] == "supplier-product/bulk-update"
    assert call["token"] == "san…en"
    assert cartona.token not in str(call)
    assert answer.headers["x-request-id"] == str(call["id"])
    assert control.call("GET", f"calls/{call['id']}") == call
    control.call("GET", "calls/1000000", expect=404)


def test_calls_are_counted_by_endpoint(cartona: Cartona, control: Control) -> None:
    for _ in range(3):
        cartona.get("supplier-product", per_page=1)
    cartona.get("order/pull-orders")
    cartona.post("order/update-order-status/none", {"status": "approved"})
    cartona.get("nonsense")
    counters = control.call("GET", "counters")["cartona"]
    assert {name: each["calls"] for name, each in counters.items()} == {
        "supplier-product": 3,
        "order/pull-orders": 1,
        "order/update-order-status/{hashed_id}": 1,
        "unknown": 1,
    }
    assert counters["order/update-order-status/{hashed_id}"]["statuses"] == {"404": 1}
    assert counters["unknown"]["errors"] == 1
    control.call("DELETE", "calls")
    assert control.call("GET", "counters") == {}
    assert control.call("GET", "calls") == []


def test_the_log_can_be_narrowed(cartona: Cartona, control: Control) -> None:
    for size in (1, 2, 3):
        cartona.get("supplier-product", per_page=size)
    cartona.get("order/pull-orders")
    newest = control.call("GET", "calls?endpoint=supplier-product&limit=2&bodies=false")
    assert [call["query"] for call in newest] == ["per_page=3", "per_page=2"]
    assert "request_body" not in newest[0]
    later = control.call("GET", f"calls?after={newest[0]['id']}&provider=cartona")
    assert [call["endpoint"] for call in later] == ["order/pull-orders"]
    assert control.call("GET", "calls?provider=nobody") == []
    for query in ("limit=-1", "limit=many", "after=1.5", "bodies=perhaps", "limit=999999"):
        assert "error" in control.call("GET", f"calls?{query}", expect=400)


def test_pages_and_control_calls_are_not_logged(cartona: Cartona, control: Control) -> None:
    client = Client(f"http://{cartona.host}")
    assert client.send("GET", "/cartona/").status == 200
    client.close()
    control.call("GET", "health")
    assert control.call("GET", "calls") == []


def _call(log: CallLog, size: int) -> Call:
    return Call(
        log.next_id(),
        0.0,
        datetime.now(timezone.utc),
        "p",
        "e",
        "GET",
        "/",
        "",
        "",
        b"x" * size,
        size,
    )


def test_the_log_forgets_the_oldest_and_keeps_its_counters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "KEEP", 3)
    log = CallLog(lambda: None)
    for _ in range(5):
        log.add(_call(log, 10))
    assert [call.id for call in log.select()] == [5, 4, 3]
    assert log.count("p") == log.count("p", "e") == 5
    monkeypatch.setattr(calls, "BYTES_CAP", 25)
    log.add(_call(log, 10))
    assert [call.id for call in log.select()] == [6, 5]


def test_long_bodies_are_cut_in_the_log_only(monkeypatch: pytest.MonkeyPatch) -> None:
    log = CallLog(lambda: None)
    log.add(_call(log, calls.BODY_CAP + 5))
    (call,) = log.select()
    assert len(call.request_body) == calls.BODY_CAP
    assert call.request_size == calls.BODY_CAP + 5
