"""Orders told to Shopify, on the sandbox: our number, parcels, refunds, cancellations."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from marketplace_adapters.core import (
    Acknowledgement,
    Cancellation,
    ItemResult,
    Kind,
    Money,
    OrderKey,
    Outcome,
    PushItem,
    Refund,
    RefundedLine,
    Shipment,
    ShippedLine,
    TransportError,
)
from marketplace_adapters.shopify import ShopifyAdapter
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.server import Reply, ScriptedServer
from shopify_harness import SHIPPED_AT, SHOP_FLOOR, STORE
from shopify_sandbox import SandboxHarness, Wire, tail
from shopify_shop import calls, good, item, levels, only, push, stock


@pytest.fixture(scope="module")
def wire(sandbox_url: str) -> Iterator[Wire]:
    wire = Wire(sandbox_url)
    yield wire
    wire.close()


@pytest.fixture(scope="module")
def front(wire: Wire) -> Iterator[ScriptedServer]:
    with ScriptedServer(wire.forward) as scripted:
        yield scripted


@pytest.fixture
def harness(front: ScriptedServer, wire: Wire) -> SandboxHarness:
    front.forget()
    wire.start_over()
    return SandboxHarness(front, wire)


@pytest.fixture
def adapter(harness: SandboxHarness) -> Iterator[ShopifyAdapter]:
    with harness.adapter() as adapter:
        yield adapter


ORDER = """
query Look($id: ID!) {
  order(id: $id) {
    id cancelledAt cancelReason tags displayFulfillmentStatus
    metafield(namespace: "odoo", key: "reference") { value }
    fulfillments(first: 10) {
      id status location { id } trackingInfo(first: 5) { number company url }
      fulfillmentLineItems(first: 10) { nodes { quantity lineItem { id } } }
    }
    refunds(first: 10) {
      id note totalRefundedSet { shopMoney { amount } presentmentMoney { amount } }
      refundLineItems(first: 10) { nodes { quantity restockType } }
    }
  }
}
"""


def place(harness: SandboxHarness, **members: Any) -> tuple[OrderKey, list[str]]:
    """An order of the shop, and the ids of its lines."""
    lines = members.pop("lines", [{"title": "Tea 🍵", "quantity": 3, "price": "10.00"}])
    spec = {"payment": "paid", "lines": lines, "taxes_included": True, **members}
    (order,) = harness.wire.control("POST", "orders", [spec])
    return OrderKey(str(order["id"])), [str(one["id"]) for one in order["lines"]]


def see(harness: SandboxHarness, key: OrderKey) -> dict[str, Any]:
    found = harness.wire.graphql(ORDER, {"id": f"gid://shopify/Order/{key.external_id}"})
    order: dict[str, Any] = found["order"]
    return order


def parcel(
    key: OrderKey, lines: dict[str, int], reference: str = "WH/OUT/1", **members: Any
) -> PushItem:
    rows = tuple(ShippedLine(line, Decimal(many)) for line, many in lines.items())
    state = Shipment(reference, SHIPPED_AT, rows, **members)
    return item(Kind.SHIPMENT, key, state, reference)


def refund(key: OrderKey, rows: list[RefundedLine], reference: str = "RINV/1") -> PushItem:
    return item(Kind.REFUND, key, Refund(reference, tuple(rows)), reference)


def back(
    line: str | None, many: int, amount: str, restock: bool = True, currency: str = "EUR"
) -> RefundedLine:
    return RefundedLine(line, Decimal(many), Money(Decimal(amount), currency), restock, STORE)


# === OUR NUMBER === #


@covers("R425")
def test_an_order_carries_our_number(harness: SandboxHarness, adapter: ShopifyAdapter) -> None:
    key, _lines = place(harness, tags=["vip"])
    told = item(Kind.ACKNOWLEDGE, key, Acknowledgement("S00012"))
    for _time in range(2):
        good(push(harness, adapter, told))
        found = see(harness, key)
        assert sorted(found["tags"]) == ["Odoo", "S00012", "vip"]
        assert found["metafield"]["value"] == "S00012"
    assert adapter.applied(told) == ItemResult("r1", Outcome.SUCCESS)
    other = dataclasses.replace(told, state=Acknowledgement("S00013"))
    assert adapter.applied(other) == ItemResult("r1", Outcome.RETRY)


def test_a_draft_order_is_told_nothing(harness: SandboxHarness, adapter: ShopifyAdapter) -> None:
    told = item(Kind.ACKNOWLEDGE, OrderKey("draft-5"), Acknowledgement("S1"))
    with calls(harness) as made:
        good(push(harness, adapter, told))
    assert made == []


# === PARCELS === #


@covers("R426", "R427")
def test_a_partial_parcel_and_then_the_rest(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    key, (line,) = place(harness)
    good(
        push(harness, adapter, parcel(key, {line: 1}, tracking="A1", carrier="DHL", complete=False))
    )
    found = see(harness, key)
    assert found["displayFulfillmentStatus"] == "PARTIALLY_FULFILLED"
    (made,) = found["fulfillments"]
    assert made["trackingInfo"][0]["number"] == "A1"
    assert made["fulfillmentLineItems"]["nodes"] == [
        {"quantity": 1, "lineItem": {"id": f"gid://shopify/LineItem/{line}"}}
    ]
    good(push(harness, adapter, parcel(key, {line: 2}, "WH/OUT/2", tracking="A2")))
    assert see(harness, key)["displayFulfillmentStatus"] == "FULFILLED"
    too_many = only(push(harness, adapter, parcel(key, {line: 1}, "WH/OUT/3")))
    assert (too_many.outcome.value, too_many.code) == ("error", "too_few_left")


@covers("R428")
def test_tracking_that_comes_later_changes_the_parcel(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    key, (line,) = place(harness)
    good(push(harness, adapter, parcel(key, {line: 3})))
    told = parcel(key, {line: 3}, tracking="B7", carrier="DPD")
    with calls(harness) as made:
        good(push(harness, adapter, told))
    assert made == ["order", "fulfillmentTrackingInfoUpdate"]
    with calls(harness) as made:
        good(push(harness, adapter, told))
    assert made == ["order"]
    (only_one,) = see(harness, key)["fulfillments"]
    assert only_one["trackingInfo"][0]["number"] == "B7"


@covers("R427")
def test_a_parcel_of_another_location_is_that_locations(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    keys = [harness.listing(number) for number in (1, 2)]
    good(
        push(
            harness,
            adapter,
            stock(keys[0], {}, "a", L7001=9, L7002=0),
            stock(keys[1], {}, "b", L7001=0, L7002=9),
        )
    )
    rows = [{"sku": key.sku, "quantity": 1, "price": "5.00"} for key in keys]
    order, lines = place(harness, lines=rows)
    good(push(harness, adapter, parcel(order, dict.fromkeys(lines, 1), location=SHOP_FLOOR)))
    found = see(harness, order)
    assert found["displayFulfillmentStatus"] == "FULFILLED"
    assert {tail(one["location"]["id"]) for one in found["fulfillments"]} <= {STORE, SHOP_FLOOR}


@covers("R427")
def test_the_last_parcel_takes_along_what_is_no_product(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    listing = harness.listing(1)
    good(push(harness, adapter, stock(listing, {}, L7001=9)))
    rows = [
        {"sku": listing.sku, "quantity": 2, "price": "5.00"},
        {"title": "Gravur „Für Lea“", "quantity": 1, "price": "3.00"},
    ]
    key, (goods, _engraving) = place(harness, lines=rows)
    good(push(harness, adapter, parcel(key, {goods: 1}, "WH/OUT/1", complete=False)))
    assert see(harness, key)["displayFulfillmentStatus"] == "PARTIALLY_FULFILLED"
    good(push(harness, adapter, parcel(key, {goods: 1}, "WH/OUT/2", complete=True)))
    found = see(harness, key)
    assert found["displayFulfillmentStatus"] == "FULFILLED"
    last = found["fulfillments"][-1]["fulfillmentLineItems"]["nodes"]
    assert [one["quantity"] for one in last] == [1, 1]


@covers("X36")
def test_a_parcel_whose_answer_was_lost_is_found_again(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    key, (line,) = place(harness)
    told = parcel(key, {line: 3}, tracking="C1")
    assert adapter.applied(told) == ItemResult("WH/OUT/1", Outcome.RETRY)
    harness.front.forget()
    # The order is read, the parcel made, its answer lost.
    read = harness.front.calls
    harness.front.handle_with(lambda call: _lose_parcel(harness, call))
    with pytest.raises(TransportError):
        push(harness, adapter, told)
    harness.front.handle_with(harness.wire.forward)
    assert len(read) == 2
    assert adapter.applied(told) == ItemResult("WH/OUT/1", Outcome.SUCCESS)
    without = parcel(key, {line: 3})
    assert adapter.applied(without) is None
    assert len(see(harness, key)["fulfillments"]) == 1


def _lose_parcel(harness: SandboxHarness, call: Any) -> Reply:
    reply = harness.wire.forward(call)
    lost = b"fulfillmentCreate" in call.body
    return Reply(200, b"<html>gateway</html>", {"Content-Type": "text/html"}) if lost else reply


def test_an_order_that_shopify_holds_says_where_to_click(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    key, (line,) = place(harness)
    harness.wire.control("POST", f"orders/{key.external_id}/hold", {})
    result = only(push(harness, adapter, parcel(key, {line: 1})))
    assert (result.outcome.value, result.code) == ("error", "on_hold")
    assert "release it in the Shopify admin" in (result.message or "")


def test_an_order_that_is_not_there(harness: SandboxHarness, adapter: ShopifyAdapter) -> None:
    result = only(push(harness, adapter, parcel(OrderKey("404"), {"1": 1})))
    assert (result.outcome.value, result.code) == ("error", "unknown_order")


# === REFUNDS === #


@covers("R430", "R431", "X37")
def test_a_refund_is_made_once(harness: SandboxHarness, adapter: ShopifyAdapter) -> None:
    key, (line,) = place(harness)
    told = refund(key, [back(line, 1, "10.00", restock=False)])
    first = only(good(push(harness, adapter, told)))
    again = only(good(push(harness, adapter, told)))
    (made,) = see(harness, key)["refunds"]
    assert first.learned == again.learned == {"external_id": f"refund-{tail(made['id'])}"}
    assert made["note"] == "Odoo: RINV/1"
    assert Decimal(made["totalRefundedSet"]["shopMoney"]["amount"]) == Decimal(10)
    assert made["refundLineItems"]["nodes"] == [{"quantity": 1, "restockType": "NO_RESTOCK"}]
    assert adapter.applied(told) == ItemResult("RINV/1", Outcome.SUCCESS)


@covers("R432")
@pytest.mark.parametrize(
    ("option", "restock", "expected"),
    [
        ("odoo", True, [(1, "RETURN"), (2, "CANCEL")]),
        ("odoo", False, [(3, "NO_RESTOCK")]),
        ("never", True, [(3, "NO_RESTOCK")]),
        ("always", False, [(1, "RETURN"), (2, "CANCEL")]),
    ],
)
def test_goods_come_back_as_the_account_wishes(
    harness: SandboxHarness, option: str, restock: bool, expected: list[tuple[int, str]]
) -> None:
    key, (line,) = place(harness)
    with harness.adapter(restock=option) as adapter:
        good(push(harness, adapter, parcel(key, {line: 1}, complete=False)))
        good(push(harness, adapter, refund(key, [back(line, 3, "30.00", restock)])))
    (made,) = see(harness, key)["refunds"]
    rows = made["refundLineItems"]["nodes"]
    assert sorted((one["quantity"], one["restockType"]) for one in rows) == expected


@covers("R431")
def test_shipping_and_goodwill_are_given_back(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    key, (line,) = place(harness, shipping="4.90")
    rows = [back(line, 1, "10.00", False), back("shipping-1", 1, "4.90"), back(None, 0, "1.10")]
    good(push(harness, adapter, refund(key, rows)))
    (made,) = see(harness, key)["refunds"]
    assert Decimal(made["totalRefundedSet"]["shopMoney"]["amount"]) == Decimal("16.00")


@covers("R431")
def test_more_than_was_paid_is_not_given_back(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    key, (line,) = place(harness)
    result = only(push(harness, adapter, refund(key, [back(line, 1, "99.00")])))
    assert (result.outcome.value, result.code) == ("error", "over_refund")
    assert "69.00 EUR more" in (result.message or "")
    assert see(harness, key)["refunds"] == []


@covers("R433")
def test_a_customers_own_currency_is_given_back(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    key, (line,) = place(harness, currency="USD")
    good(push(harness, adapter, refund(key, [back(line, 1, "10.00", False)])))
    (made,) = see(harness, key)["refunds"]
    shop = Decimal(made["totalRefundedSet"]["shopMoney"]["amount"])
    shown = Decimal(made["totalRefundedSet"]["presentmentMoney"]["amount"])
    assert abs(shop - 10) <= Decimal("0.01")
    assert shown != shop
    pounds = refund(key, [back(line, 1, "1.00", currency="GBP")], "RINV/2")
    assert only(push(harness, adapter, pounds)).code == "wrong_currency"


# === CANCELLED === #


@covers("R429")
def test_an_order_is_called_off_once(harness: SandboxHarness, adapter: ShopifyAdapter) -> None:
    key, _lines = place(harness)
    told = item(Kind.CANCEL, key, Cancellation("INVENTORY", "sold out", refund=True))
    assert adapter.applied(told) == ItemResult("r1", Outcome.RETRY)
    for _time in range(2):
        good(push(harness, adapter, told))
        found = see(harness, key)
        assert (found["cancelReason"], found["cancelledAt"] is None) == ("INVENTORY", False)
    assert adapter.applied(told) == ItemResult("r1", Outcome.SUCCESS)


@covers("R429")
def test_a_job_that_takes_its_time_is_asked_for(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    harness.wire.control("POST", "sales-settings", {"job_seconds": 30})
    key, _lines = place(harness)
    first = adapter.push("order", [item(Kind.CANCEL, key, Cancellation("CUSTOMER"))], "k")
    assert (first.done, first.results) == (False, ())
    assert adapter.poll(first.remote_id or "").done is False
    harness.finish()
    last = adapter.poll(first.remote_id or "")
    assert last.results == (ItemResult("r1", Outcome.SUCCESS),)


def test_a_reason_of_another_channel_is_refused(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    told = item(Kind.CANCEL, OrderKey("1"), Cancellation("NoInventory"))
    with calls(harness) as made:
        result = only(push(harness, adapter, told))
    assert (result.code, made) == ("unknown_reason", [])


def test_stock_of_a_cancelled_order_is_for_sale_again(
    harness: SandboxHarness, adapter: ShopifyAdapter
) -> None:
    listing = harness.listing(1)
    good(push(harness, adapter, stock(listing, {}, L7001=9)))
    key, _lines = place(harness, lines=[{"sku": listing.sku, "quantity": 2, "price": "5.00"}])
    assert levels(harness, listing)[STORE] == 7
    good(push(harness, adapter, item(Kind.CANCEL, key, Cancellation("OTHER", restock=True))))
    assert levels(harness, listing)[STORE] == 9
