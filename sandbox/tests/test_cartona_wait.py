"""Waiting for the simulated Cartona, and the times at which it accepted something."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from support import Cartona, Control, covers

from marketplace_sandbox import SandboxServer

UPDATE = "supplier-product/bulk-update"
PIECE = 110782


def waited(sandbox: SandboxServer, query: str, act: Callable[[], object]) -> dict[str, Any]:
    """Begin to wait, act, and give what the wait answered."""
    found: list[dict[str, Any]] = []
    ready = threading.Event()

    def wait() -> None:
        control = Control(sandbox.url)
        control.call("GET", "health")
        ready.set()
        found.append(control.call("GET", f"cartona/wait?{query}&timeout=10"))
        control.close()

    thread = threading.Thread(target=wait)
    thread.start()
    assert ready.wait(5)
    act()
    thread.join(10)
    return found[0]


@covers("R430")
@pytest.mark.parametrize(
    "who", [f"product={PIECE}", f"supplier_product_id={PIECE}", "product=COL-330",
            "internal_product_id=COL-330"]
)  # fmt: skip
def test_a_price_is_waited_for(sandbox: SandboxServer, cartona: Cartona, who: str) -> None:
    before = time.time()

    def act() -> None:
        for price in ("15.5", "16.50"):
            cartona.post(UPDATE, [{"supplier_product_id": PIECE, "selling_price": price}])

    result = waited(sandbox, f"{who}&field=selling_price&value=16.5", act)
    assert result["matched"] is True
    assert result["product"]["selling_price"] == 16.5
    accepted = result["accepted"]
    assert (accepted["field"], accepted["value"], accepted["origin"]) == (
        "selling_price",
        16.5,
        "api",
    )
    assert before <= accepted["at"] <= time.time()


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("available_stock_quantity", 7, "7.0"),
        ("is_published", False, "false"),
        ("notes", "x", "x"),
        ("max_order", None, "0"),
    ],
)
def test_other_fields_are_waited_for(
    control: Control, cartona: Cartona, field: str, value: Any, text: str
) -> None:
    cartona.post(UPDATE, [{"supplier_product_id": PIECE, field: value}])
    found = control.call("GET", f"cartona/wait?product={PIECE}&field={field}&value={text}")
    assert found["matched"] is True


def test_an_order_is_waited_for(sandbox: SandboxServer, cartona: Cartona, control: Control) -> None:
    order = control.place()["hashed_id"]
    path = f"order/update-order-status/{order}"
    result = waited(
        sandbox,
        f"order={order}&value=approved",
        lambda: cartona.post(path, {"status": "approved"}),
    )
    assert result["order"]["status"] == "approved"
    result = waited(
        sandbox,
        f"order={order}&field=acknowledged&value=true",
        lambda: cartona.post(path, {"status": "synced"}),
    )
    assert result["order"]["acknowledged"] is True
    found = control.call("GET", "cartona/wait?order=any&value=approved&timeout=0")
    assert found["order"]["hashed_id"] == order


def test_calls_are_waited_for(sandbox: SandboxServer, cartona: Cartona, control: Control) -> None:
    def act() -> None:
        for _ in range(2):
            cartona.post(UPDATE, [])

    result = waited(sandbox, f"calls=2&endpoint={UPDATE}", act)
    assert result["calls"] == 2
    found = control.call("GET", f"cartona/wait?calls=3&endpoint={UPDATE}&timeout=0", expect=408)
    assert (found["matched"], found["calls"]) == (False, 2)


def test_a_wait_ends_with_what_is_there(control: Control) -> None:
    query = f"cartona/wait?product={PIECE}&value=99&timeout=0.01"
    found = control.call("GET", query, expect=408)
    assert (found["matched"], found["product"]["selling_price"]) == (False, 15)
    assert found["waited"] >= 0.01
    query = "cartona/wait?product=none&value=1&timeout=0"
    assert control.call("GET", query, expect=408)["product"] is None
    query = "cartona/wait?order=none&value=1&timeout=0"
    assert control.call("GET", query, expect=408)["order"] is None


@pytest.mark.parametrize(
    "query",
    ["", "product=1", "product=1&field=colour&value=1", "calls=x", "calls=1&timeout=x",
     "order=1&value=1&timeout=301"],
)  # fmt: skip
def test_a_wait_for_nothing_is_refused(control: Control, query: str) -> None:
    control.call("GET", f"cartona/wait?{query}", expect=400)


@covers("R313", "R430")
def test_each_accepted_field_is_noted_with_its_time(cartona: Cartona, control: Control) -> None:
    start, monotonic = time.time(), time.monotonic()
    row = {"internal_product_id": "COL-330", "selling_price": "15", "available_stock_quantity": 9}
    call = cartona.post(UPDATE, [row, {"internal_product_id": "none", "selling_price": 1}])
    control.call("PATCH", f"cartona/products/{PIECE}", {"selling_price": 14})
    price, stock, hand = control.call("GET", "cartona/acceptances")
    assert {name: price[name] for name in ("field", "value", "changed", "origin")} == {
        "field": "selling_price",
        "value": 15,
        "changed": False,
        "origin": "api",
    }
    assert (stock["field"], stock["value"], stock["changed"]) == (
        "available_stock_quantity",
        9,
        True,
    )
    assert (hand["origin"], hand["call"], hand["value"]) == ("hand", None, 14)
    assert (price["supplier_product_id"], price["internal_product_id"]) == (PIECE, "COL-330")
    assert price["call"] == stock["call"] == int(call.headers["x-request-id"])
    assert start <= price["at"] <= hand["at"] <= time.time()
    assert monotonic <= price["monotonic"] <= hand["monotonic"] <= time.monotonic()
    assert [each["seq"] - price["seq"] for each in (price, stock, hand)] == [0, 1, 2]


def test_the_notes_can_be_narrowed(cartona: Cartona, control: Control) -> None:
    for price in (1, 1, 2):
        rows = [
            {"supplier_product_id": n, "selling_price": price, "min_order": 1}
            for n in (PIECE, 110774)
        ]
        cartona.post(UPDATE, rows)

    def values(query: str) -> list[Any]:
        return [each["value"] for each in control.call("GET", f"cartona/acceptances?{query}")]

    assert values(f"product={PIECE}&field=selling_price") == [1, 1, 2]
    assert values(f"product={PIECE}&field=selling_price&changed=true") == [1, 2]
    assert values(f"product={PIECE}&changed=true&limit=1") == [1]
    first = control.call("GET", "cartona/acceptances?limit=1")[0]["seq"]
    assert len(values(f"after={first}")) == 11
    control.call("DELETE", "cartona/acceptances")
    assert values("") == []
