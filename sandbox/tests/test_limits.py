"""Rate limits, moved by the sandbox clock."""

from __future__ import annotations

from typing import Any

import pytest
from support import BOTH_TOKEN, Cartona, Control, covers

from marketplace_sandbox import SandboxServer


@covers("R333", "R430")
def test_the_bucket_empties_and_fills_with_the_clock(cartona: Cartona, control: Control) -> None:
    control.call("POST", "clock", {"mode": "frozen"})
    control.call("PUT", "limits/cartona", {"limit": 6, "seconds": 60, "burst": 2})
    first = cartona.get("supplier-product", per_page=1)
    assert first.status == 200
    assert first.headers["x-ratelimit-limit"] == "6"
    assert first.headers["x-ratelimit-remaining"] == "1"
    assert first.headers["x-ratelimit-reset"] == "10"
    assert cartona.get("supplier-product", per_page=1).status == 200
    refused = cartona.get("supplier-product", per_page=1)
    assert (refused.status, refused.data) == (429, {"error": "Too many requests"})
    assert refused.headers["retry-after"] == "10"
    assert refused.headers["x-ratelimit-remaining"] == "0"
    control.call("POST", "clock", {"advance": 9})
    assert cartona.get("supplier-product", per_page=1).headers["retry-after"] == "1"
    control.call("POST", "clock", {"advance": 1})
    assert cartona.get("supplier-product", per_page=1).status == 200
    control.call("POST", "clock", {"advance": 3600})
    statuses = [cartona.get("supplier-product", per_page=1).status for _ in range(3)]
    assert statuses == [200, 200, 429]


def test_a_refused_call_applies_nothing_and_is_counted(cartona: Cartona, control: Control) -> None:
    control.call("POST", "clock", {"mode": "frozen"})
    control.call("PUT", "limits/cartona", {"limit": 1})
    for price in (1, 2):
        row = {"supplier_product_id": 110774, "selling_price": price}
        cartona.post("supplier-product/bulk-update", [row])
    assert control.call("GET", "cartona/products/110774")["selling_price"] == 1
    tally = control.call("GET", "counters")["cartona"]["supplier-product/bulk-update"]
    assert tally["statuses"] == {"200": 1, "429": 1}


def test_each_token_has_its_own_bucket(
    sandbox: SandboxServer, cartona: Cartona, control: Control
) -> None:
    control.call("POST", "clock", {"mode": "frozen"})
    control.call("PUT", "limits/cartona", {"limit": 1})
    other = Cartona(sandbox.url, BOTH_TOKEN)
    assert cartona.get("supplier-product").status == 200
    assert cartona.get("supplier-product").status == 429
    assert other.get("supplier-product").status == 200
    other.close()


def test_limits_may_differ_by_endpoint(cartona: Cartona, control: Control) -> None:
    control.call("POST", "clock", {"mode": "frozen"})
    limits = [{"limit": 100}, {"limit": 1, "endpoint": "order/*"}]
    state = control.call("PUT", "limits/cartona", limits)
    assert [each["endpoint"] for each in state["cartona"]] == ["*", "order/*"]
    assert cartona.get("order/pull-orders").status == 200
    assert cartona.get("order/pull-orders").status == 429
    assert cartona.get("supplier-product").status == 200
    control.call("DELETE", "limits/cartona")
    answer = cartona.get("order/pull-orders")
    assert answer.status == 200
    assert "x-ratelimit-limit" not in answer.headers


def test_a_clock_moved_back_takes_nothing_away(cartona: Cartona, control: Control) -> None:
    control.call("POST", "clock", {"mode": "frozen"})
    control.call("PUT", "limits/cartona", {"limit": 2})
    assert cartona.get("supplier-product").status == 200
    control.call("POST", "clock", {"advance": -86_400})
    assert cartona.get("supplier-product").status == 200
    assert cartona.get("supplier-product").status == 429


@pytest.mark.parametrize(
    "limit",
    [
        {},
        {"limit": 0},
        {"limit": "5"},
        {"limit": True},
        {"limit": 5, "seconds": 0},
        {"limit": 5, "seconds": "minute"},
        {"limit": 5, "burst": 0},
        {"limit": 5, "per": 1},
        [{"limit": 5}, []],
        5,
    ],
)
def test_a_wrong_limit_is_refused(control: Control, limit: Any) -> None:
    assert "error" in control.call("PUT", "limits/cartona", limit, expect=400)
    assert control.call("GET", "limits") == {}
    control.call("PUT", "limits/nobody", {"limit": 5}, expect=400)
