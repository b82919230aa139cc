"""Faults as data: what each does to a call, and which calls a rule hits."""

from __future__ import annotations

import http.client
import time
from typing import Any

import pytest
from support import Cartona, Control, covers

from marketplace_sandbox import SandboxServer
from marketplace_sandbox.faults import Faults

CUT = (ConnectionError, http.client.RemoteDisconnected)


def update(cartona: Cartona, price: float, identifier: int = 110774) -> int:
    row = {"supplier_product_id": identifier, "selling_price": price}
    return cartona.post("supplier-product/bulk-update", [row]).status


def price(control: Control, identifier: int = 110774) -> Any:
    return control.call("GET", f"cartona/products/{identifier}")["selling_price"]


# === EFFECTS === #


@covers("R430", "R394")
def test_too_many_requests_with_retry_after(cartona: Cartona, control: Control) -> None:
    control.fault("status", status=429, retry_after=2.5, times=1)
    answer = cartona.post(
        "supplier-product/bulk-update", [{"supplier_product_id": 110774, "selling_price": 1}]
    )
    assert (answer.status, answer.data) == (429, {"error": "Too many requests"})
    assert answer.headers["retry-after"] == "2.5"
    assert price(control) == 6
    assert update(cartona, 2) == 200
    assert price(control) == 2


def test_retry_after_may_be_a_date(cartona: Cartona, control: Control) -> None:
    date = "Wed, 21 Oct 2026 07:28:00 GMT"
    control.fault("status", status=503, retry_after=date)
    answer = cartona.get("supplier-product")
    assert (answer.status, answer.headers["retry-after"]) == (503, date)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 500, 502, 503, 504])
def test_any_status_without_applying(cartona: Cartona, control: Control, status: int) -> None:
    control.fault("status", status=status)
    assert update(cartona, 1) == status
    assert price(control) == 6


def test_a_status_after_applying_and_with_a_body_of_its_own(
    cartona: Cartona, control: Control
) -> None:
    control.fault("status", status=500, applied=True, body="<h1>غير متاح</h1>", times=1)
    answer = cartona.post(
        "supplier-product/bulk-update", [{"supplier_product_id": 110774, "selling_price": 1}]
    )
    assert (answer.status, answer.body.decode()) == (500, "<h1>غير متاح</h1>")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert price(control) == 1
    control.fault("status", status=422, body={"error": {"code": 7}})
    assert cartona.get("supplier-product").data == {"error": {"code": 7}}


@covers("R430")
def test_a_connection_cut_before_applying(cartona: Cartona, control: Control) -> None:
    control.fault("timeout_before", times=1)
    with pytest.raises(CUT):
        update(cartona, 1)
    cartona.close()
    assert price(control) == 6
    calls = control.call("GET", "calls?endpoint=supplier-product/bulk-update")
    assert (calls[0]["status"], calls[0]["fault"]) == (0, "timeout_before")


@covers("R430")
def test_a_connection_cut_after_applying(cartona: Cartona, control: Control) -> None:
    control.fault("timeout_after", times=1)
    with pytest.raises(CUT):
        update(cartona, 1)
    cartona.close()
    assert price(control) == 1


def test_an_answer_that_never_comes(sandbox: SandboxServer, control: Control) -> None:
    control.fault("timeout_after", hold=60)
    cartona = Cartona(sandbox.url)
    cartona.connection.timeout = 0.05
    with pytest.raises(TimeoutError):
        update(cartona, 1)
    found = control.call("GET", "cartona/wait?product=110774&value=1")
    assert found["matched"] is True
    cartona.close()


@covers("R430")
def test_half_of_a_bulk_fails(cartona: Cartona, control: Control) -> None:
    control.settings(bulk_results="rows")
    control.fault("rows")
    rows = [{"supplier_product_id": 110774 + n, "selling_price": 100 + n} for n in (0, 1, 4, 5)]
    answer = cartona.post("supplier-product/bulk-update", rows)
    assert answer.status == 200
    assert [each["success"] for each in answer.data] == [True, False, True, False]
    assert answer.data[1]["error"] == "Simulated failure of this row"
    assert [price(control, 110774 + n) for n in (0, 1, 4, 5)] == [100, 112, 104, 112.5]


@pytest.mark.parametrize(
    ("params", "failed"),
    [
        ({"rows": [0, 3, 99]}, [0, 3]),
        ({"every": 3}, [2]),
        ({"ids": [110775, "110779"]}, [1, 3]),
        ({"every": 1}, [0, 1, 2, 3]),
    ],
)
def test_chosen_rows_of_a_bulk_fail(
    cartona: Cartona, control: Control, params: dict[str, Any], failed: list[int]
) -> None:
    control.settings(bulk_results="errors")
    control.fault("rows", reason="قيد الصيانة", **params)
    rows = [{"supplier_product_id": 110774 + n, "in_stock": True} for n in (0, 1, 4, 5)]
    data = cartona.post("supplier-product/bulk-update", rows).data
    assert [each["index"] for each in data["errors"]] == failed
    assert {each["error"] for each in data["errors"]} == {"قيد الصيانة"}
    assert data["success"] == 4 - len(failed)


def test_slow_answers_are_slow_and_right(cartona: Cartona, control: Control) -> None:
    control.fault("slow", ms=30)
    control.fault("slow", ms=10, jitter_ms=1)
    started = time.monotonic()
    assert update(cartona, 1) == 200
    assert time.monotonic() - started >= 0.04
    assert price(control) == 1
    call = control.call("GET", "calls")[0]
    assert call["fault"] == "slow"
    assert call["duration_ms"] >= 40


@covers("R430")
@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("effect", ["wrong_json", "html", "empty", "wrong_content_type"])
def test_answers_that_are_no_json(
    cartona: Cartona, control: Control, effect: str, applied: bool
) -> None:
    control.fault(effect, applied=applied)
    answer = cartona.post(
        "supplier-product/bulk-update", [{"supplier_product_id": 110774, "selling_price": 1}]
    )
    assert answer.status == 200
    assert price(control) == (1 if applied else 6)
    if effect == "empty":
        assert answer.body == b""
    elif effect == "wrong_content_type":
        assert (answer.headers["content-type"], answer.data) == ("text/html; charset=utf-8", {})
    else:
        with pytest.raises(ValueError, match=r".+"):
            _ = answer.data


def test_a_truncated_answer(cartona: Cartona, control: Control) -> None:
    control.fault("truncated", times=1)
    with pytest.raises(http.client.IncompleteRead) as caught:
        cartona.get("supplier-product", per_page=5)
    assert len(caught.value.partial) > 100
    cartona.close()
    assert cartona.get("supplier-product").status == 200


def test_a_revoked_token_by_fault(cartona: Cartona, control: Control) -> None:
    control.fault("revoked", match={"token": "sandbox-retail-*"})
    assert cartona.get("supplier-product").status == 401
    other = Cartona(f"http://{cartona.host}", "sandbox-wholesale-token")
    assert other.get("supplier-product").status == 200
    other.close()


# === WHICH CALLS === #


def test_a_rule_hits_only_what_it_names(cartona: Cartona, control: Control) -> None:
    control.fault("status", match={"method": "GET", "path": "*/order/*", "provider": "cartona"})
    assert cartona.get("supplier-product").status == 200
    assert cartona.get("order/pull-orders").status == 500
    assert update(cartona, 1) == 200


def test_a_rule_names_calls_by_endpoint_and_content(cartona: Cartona, control: Control) -> None:
    control.fault("status", match={"endpoint": "supplier-product/*", "contains": "110775"})
    assert update(cartona, 1, 110774) == 200
    assert update(cartona, 1, 110775) == 500


@pytest.mark.parametrize(
    ("rule", "statuses"),
    [
        ({"match": {"nth": 2}}, [200, 500, 200, 200, 200, 200]),
        ({"match": {"nth": [1, 4]}}, [500, 200, 200, 500, 200, 200]),
        ({"match": {"every": 3}}, [200, 200, 500, 200, 200, 500]),
        ({"times": 2}, [500, 500, 200, 200, 200, 200]),
        ({"match": {"every": 2}, "times": 1}, [200, 500, 200, 200, 200, 200]),
    ],
)
def test_a_rule_counts(
    cartona: Cartona, control: Control, rule: dict[str, Any], statuses: list[int]
) -> None:
    control.fault("status", **rule)
    assert [cartona.get("supplier-product", per_page=1).status for _ in range(6)] == statuses


def test_chances_are_the_same_in_every_run() -> None:
    def draw() -> list[bool]:
        faults = Faults("seed")
        faults.add({"effect": "status", "probability": 0.4})
        facts = {"provider": "x", "method": "GET", "path": "/", "endpoint": "e"}
        return [faults.plan(facts).rule is not None for _ in range(200)]

    first = draw()
    assert first == draw()
    assert 60 <= sum(first) <= 100


def test_the_first_rule_wins_and_the_other_is_not_used_up(
    cartona: Cartona, control: Control
) -> None:
    control.fault("status", id="first", status=500, times=1)
    control.fault("status", id="second", status=503, times=1)
    assert [cartona.get("supplier-product").status for _ in range(3)] == [500, 503, 200]
    state = {rule["id"]: rule for rule in control.call("GET", "faults")}
    assert (state["first"]["used"], state["second"]["used"], state["first"]["seen"]) == (1, 1, 3)


# === CONTROL === #


def test_rules_are_replaced_removed_and_cleared(control: Control) -> None:
    control.fault("status", id="a", status=500)
    control.fault("status", id="a", status=502)
    control.call("POST", "faults", [{"effect": "slow"}, {"effect": "html", "id": "b"}])
    assert [(r["id"], r["effect"]) for r in control.call("GET", "faults")] == [
        ("a", "status"),
        ("fault-3", "slow"),
        ("b", "html"),
    ]
    assert control.call("GET", "faults")[0]["status"] == 502
    control.call("DELETE", "faults/a")
    control.call("DELETE", "faults/a", expect=404)
    assert control.call("DELETE", "faults") == []


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({}, "unknown effect ''"),
        ({"effect": "explode"}, "unknown effect 'explode'"),
        ({"effect": "drop", "direction": "api"}, "unknown effect 'drop'"),
        ({"effect": "status", "direction": "sideways"}, "direction must be api or webhook"),
        ({"effect": "status", "colour": 1}, "unknown parameters of status: colour"),
        ({"effect": "status", "match": {"verb": "GET"}}, "unknown members of match: verb"),
        ({"effect": "status", "match": {"nth": 0}}, "nth must be a whole number of at least 1"),
        ({"effect": "status", "match": {"every": "2"}}, "every must be a whole number"),
        ({"effect": "status", "times": -1}, "times must be a whole number"),
        ({"effect": "status", "probability": 1.5}, "probability must be between 0 and 1"),
        ({"effect": "status", "probability": "often"}, "probability must be a number"),
        ({"effect": "status", "status": "500"}, "status must be a whole number"),
        ({"effect": "slow", "ms": -1}, "ms must be between 0 and 60000"),
        ({"effect": "rows", "rows": "all"}, "rows must be a list"),
        ({"effect": "duplicate", "copies": 1}, "copies must be a whole number of at least 2"),
        ([{"effect": "slow"}, 7], "a rule must be an object"),
        ([{"effect": "slow"}, {"effect": "no"}], "unknown effect 'no'"),
        ("slow", "a rule must be an object"),
    ],
)
def test_a_wrong_rule_is_refused_and_nothing_is_added(
    control: Control, rule: Any, words: str
) -> None:
    assert words in control.call("POST", "faults", rule, expect=400)["error"]
    assert control.call("GET", "faults") == []
