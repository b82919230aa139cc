"""A push that is stopped in the middle keeps what it told; scripted answers over a real socket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from marketplace_adapters.core import (
    InventoryState,
    Kind,
    ListingKey,
    Money,
    OrderKey,
    Outcome,
    PriceState,
    PushItem,
    Refund,
    RefundedLine,
    ServerError,
    ThrottledError,
    Unlimited,
)
from marketplace_adapters.shopify.price_push import shown
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.server import ScriptedServer
from shopify_harness import SHIPPED_AT
from shopify_stub import ShopifyStub

NOTHING: dict[str, Any] = {"userErrors": [], "product": {"id": "gid://shopify/Product/1"}}


class Purse(Unlimited):
    """Pays for so many points, then asks to wait."""

    def __init__(self, points: float) -> None:
        self.points = points

    def take(self, bucket: str, cost: float = 1.0) -> None:
        if bucket != "graphql":
            return
        if cost > self.points:
            raise ThrottledError("The budget is used up.", retry_after=9.0)
        self.points -= cost


@pytest.fixture(scope="module")
def front() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def stub(front: ScriptedServer) -> ShopifyStub:
    stub = ShopifyStub(front)
    stub.answers["productVariantsBulkUpdate"] = lambda _variables: NOTHING
    return stub


def price(number: int) -> PushItem:
    key = ListingKey(f"{number}", extra={"product_id": f"{number}"})
    state = PriceState(Money(Decimal(number), "EUR"))
    return PushItem(f"r{number}", Kind.PRICE, key, state, f"k{number}")


@covers("R357", "X36")
def test_a_budget_that_ends_in_the_middle_keeps_what_was_told(stub: ShopifyStub) -> None:
    # One price is 11 points.
    with stub.adapter(budget=Purse(35)) as adapter:
        submission = adapter.push("price", [price(number) for number in range(1, 6)], "k")
    assert [one.ref for one in submission.results] == ["r1", "r2", "r3"]
    assert {one.outcome for one in submission.results} == {Outcome.SUCCESS}
    assert (submission.done, submission.retry_after) == (True, 9.0)


@covers("R357")
def test_a_budget_that_is_empty_from_the_start_is_no_attempt(stub: ShopifyStub) -> None:
    with stub.adapter(budget=Purse(5)) as adapter, pytest.raises(ThrottledError) as caught:
        adapter.push("price", [price(1), price(2)], "k")
    assert caught.value.retry_after == 9.0
    assert stub.sent("productVariantsBulkUpdate") == []


@covers("X36")
def test_a_server_that_fails_in_the_middle_keeps_what_was_told(stub: ShopifyStub) -> None:
    failing = {"errors": [{"message": "x", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}
    good = {"data": {"productVariantsBulkUpdate": NOTHING}}
    with stub.adapter() as adapter:
        stub.next(good, failing)
        submission = adapter.push("price", [price(number) for number in (1, 2, 3)], "k")
        assert [one.ref for one in submission.results] == ["r1"]
        assert submission.retry_after is None
        stub.next(failing)
        with pytest.raises(ServerError):
            adapter.push("price", [price(1)], "k")


@covers("X41")
def test_a_refusal_is_the_items_whose_row_it_names(stub: ShopifyStub) -> None:
    error = {"field": ["variants", "1", "price"], "message": "too low", "code": "INVALID_VALUE"}
    stub.answers["productVariantsBulkUpdate"] = lambda _variables: {
        **NOTHING,
        "userErrors": [error],
    }
    rows = []
    for number in (1, 2, 3):
        key = ListingKey(f"{number}", extra={"product_id": "7"})
        rows.append(PushItem(f"r{number}", Kind.PRICE, key, price(number).state))
    with stub.adapter() as adapter:
        results = {one.ref: one for one in adapter.push("price", rows, "k").results}
    assert [results[ref].outcome.value for ref in ("r1", "r2", "r3")] == [
        "success",
        "error",
        "success",
    ]
    assert (results["r2"].code, results["r2"].message) == ("INVALID_VALUE", "too low")


def test_a_refusal_without_a_row_is_everybodys(stub: ShopifyStub) -> None:
    error = {"field": ["productId"], "message": "gone", "code": "PRODUCT_DOES_NOT_EXIST"}
    stub.answers["productVariantsBulkUpdate"] = lambda _variables: {
        "product": None,
        "userErrors": [error],
    }
    with stub.adapter() as adapter:
        (result,) = adapter.push("price", [price(1)], "k").results
    assert (result.outcome.value, result.code) == ("error", "PRODUCT_DOES_NOT_EXIST")


# === KEYS === #


def stock(quantity: int) -> PushItem:
    key = ListingKey("1", extra={"product_id": "1", "inventory_item_id": "5"})
    state = InventoryState(Decimal(quantity), True, by_location={"7001": Decimal(quantity)})
    return PushItem("r1", Kind.INVENTORY, key, state, "k")


def taken(_variables: Mapping[str, Any]) -> Any:
    return {"inventoryAdjustmentGroup": None, "userErrors": []}


@covers("X37")
def test_the_key_follows_from_the_push_and_its_content(stub: ShopifyStub) -> None:
    stub.answers["inventorySetQuantities"] = taken
    with stub.adapter() as adapter:
        for key, quantity in (("a", 1), ("a", 1), ("a", 2), ("b", 1)):
            adapter.push("stock", [stock(quantity)], key)
    keys = [one["key"] for one in stub.sent("inventorySetQuantities")]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


@covers("X37")
def test_a_key_whose_first_attempt_failed_is_replaced(stub: ShopifyStub) -> None:
    code = "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"
    error = {"field": None, "message": "x", "code": code}
    used = {"inventoryAdjustmentGroup": None, "userErrors": [error]}
    stub.answers["inventorySetQuantities"] = lambda _variables: (
        used if len(stub.sent("inventorySetQuantities")) == 1 else taken(_variables)
    )
    with stub.adapter() as adapter:
        (result,) = adapter.push("stock", [stock(1)], "a").results
    first, second = (one["key"] for one in stub.sent("inventorySetQuantities"))
    assert result.outcome is Outcome.SUCCESS
    assert first != second


@covers("X37", "R430")
def test_a_refund_has_the_key_of_its_fact(stub: ShopifyStub) -> None:
    money = {"shopMoney": {"amount": "10.0"}, "presentmentMoney": {"amount": "10.0"}}
    stub.answers["order"] = lambda _variables: {
        "id": "gid://shopify/Order/1",
        "currencyCode": "EUR",
        "presentmentCurrencyCode": "EUR",
        "totalPriceSet": money,
        "totalOutstandingSet": money,
        "refunds": [],
        "lineItems": {"nodes": []},
        "transactions": [],
    }
    stub.answers["refundCreate"] = lambda _variables: {
        "refund": {"id": "gid://shopify/Refund/5"},
        "userErrors": [],
    }
    rows = (RefundedLine("3", Decimal(1), Money(Decimal(4), "EUR")),)
    told = PushItem("r1", Kind.REFUND, OrderKey("1"), Refund("RINV/1", rows), "fact-1")
    with stub.adapter() as adapter:
        for push in ("a", "b"):
            (result,) = adapter.push("refund", [told], push).results
            assert result.learned == {"external_id": "refund-5"}
    first, second = stub.sent("refundCreate")
    assert first == second
    assert first["input"]["transactions"] == []


# === PRICES IN TIME === #


def test_a_sale_price_holds_in_its_time_only() -> None:
    low, high = Money(Decimal(5), "EUR"), Money(Decimal(9), "EUR")
    now = SHIPPED_AT
    state = PriceState(low, high)
    assert shown(state, now) == (low, high)
    assert shown(PriceState(low), now) == (low, None)
    assert shown(PriceState(low, high, sale_from=now, sale_until=now), now) == (high, None)
    later = now.replace(year=2027)
    assert shown(PriceState(low, high, sale_from=later), now) == (high, None)
    assert shown(PriceState(low, high, sale_from=now, sale_until=later), now) == (low, high)
