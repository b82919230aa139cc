"""Quantities: compare-and-set, the rules of @idempotent, and what is told of a change."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from shopify_sales_support import Counter, Shop, gid
from shopify_support import (
    SET_STOCK,
    SUBSCRIBE,
    available,
    errors,
    post,
    quantity,
    stock_input,
)
from support import Receiver, covers


@pytest.fixture(autouse=True)
def goods(shop: Shop, counter: Counter) -> None:
    """A shop with the demo's goods, without orders."""
    counter.call("POST", "reset", {"provider": "shopify", "seed": "goods"})


COLA, WAREHOUSE, FLOOR = 60001, 7001, 7002
CODE = "inventorySetQuantities"


def put(shop: Shop, key: str, *rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = shop.ask(SET_STOCK, key=key, input=stock_input(*rows, **more))[CODE]
    return found


@covers("R410", "R359")
def test_quantities_of_several_places_in_one_call(shop: Shop, counter: Counter) -> None:
    assert available(counter, "COL-330") == {"7001": 240, "7002": 24}
    found = put(
        shop,
        "a",
        quantity(COLA, WAREHOUSE, 7, 240),
        quantity(COLA, FLOOR, 0, 24),
        quantity(60002, WAREHOUSE, 480, 480),
        referenceDocumentUri="odoo://stock/1",
    )
    assert found["userErrors"] == []
    group = found["inventoryAdjustmentGroup"]
    assert (group["reason"], group["referenceDocumentUri"]) == ("correction", "odoo://stock/1")
    assert group["changes"] == [
        {"name": "available", "delta": -233, "quantityAfterChange": 7},
        {"name": "on_hand", "delta": -233, "quantityAfterChange": 7},
        {"name": "available", "delta": -24, "quantityAfterChange": 0},
        {"name": "on_hand", "delta": -24, "quantityAfterChange": 0},
    ]
    assert available(counter, "COL-330") == {"7001": 7, "7002": 0}


@covers("R410")
def test_nothing_changes_when_nothing_is_new(shop: Shop) -> None:
    found = put(shop, "a", quantity(COLA, WAREHOUSE, 240, 240))
    assert found == {"inventoryAdjustmentGroup": None, "userErrors": []}


@covers("R410", "X46")
def test_a_stale_comparison_stops_the_whole_call(shop: Shop, counter: Counter) -> None:
    counter.shop("POST", "inventory", {"sku": "COL-330", "location": FLOOR, "delta": -1})
    rows = (quantity(COLA, WAREHOUSE, 7, 240), quantity(COLA, FLOOR, 5, 24))
    found = put(shop, "a", *rows)["userErrors"]
    assert [(each["code"], each["field"]) for each in found] == [
        ("CHANGE_FROM_QUANTITY_STALE", ["input", "quantities", "1", "changeFromQuantity"])
    ]
    assert available(counter, "COL-330") == {"7001": 240, "7002": 23}
    assert put(shop, "b", quantity(COLA, FLOOR, 5, None))["userErrors"] == []
    assert available(counter, "COL-330")["7002"] == 5


@covers("R410", "X46")
def test_the_fault_stale_changes_the_level_right_before(shop: Shop, counter: Counter) -> None:
    match = {"provider": "shopify", "endpoint": CODE}
    counter.fault("stale", by=-2, match=match, times=1)
    rows = (quantity(COLA, WAREHOUSE, 9, 240),)
    codes = [each["code"] for each in put(shop, "a", *rows)["userErrors"]]
    assert codes == ["CHANGE_FROM_QUANTITY_STALE"]
    assert available(counter, "COL-330")["7001"] == 238
    assert put(shop, "b", quantity(COLA, WAREHOUSE, 9, 238))["userErrors"] == []


@covers("R410")
def test_on_hand_counts_what_is_committed(shop: Shop, counter: Counter) -> None:
    counter.place()  # two pieces
    before = counter.shop("GET", "inventory?sku=COL-330")["7001"]
    assert before == {"available": 238, "committed": 2, "on_hand": 240}
    put(shop, "a", quantity(COLA, WAREHOUSE, 100, 240), name="on_hand")
    after = counter.shop("GET", "inventory?sku=COL-330")["7001"]
    assert after == {"available": 98, "committed": 2, "on_hand": 100}


@covers("R354")
@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"name": "committed"}, "INVALID_NAME", "input.name"),
        ({"reason": "because"}, "INVALID_REASON", "input.reason"),
        ({"referenceDocumentUri": "no uri"}, "INVALID_REFERENCE_DOCUMENT",
         "input.referenceDocumentUri"),
        ({"quantities": [quantity(1, WAREHOUSE, 1)]}, "INVALID_INVENTORY_ITEM",
         "input.quantities.0.inventoryItemId"),
        ({"quantities": [quantity(COLA, 1, 1)]}, "INVALID_LOCATION",
         "input.quantities.0.locationId"),
        ({"quantities": [quantity(COLA, WAREHOUSE, 10**9 + 1)]}, "INVALID_QUANTITY_TOO_HIGH",
         "input.quantities.0.quantity"),
        ({"quantities": [quantity(COLA, WAREHOUSE, -(10**9) - 1)]}, "INVALID_QUANTITY_TOO_LOW",
         "input.quantities.0.quantity"),
        ({"quantities": [quantity(COLA, WAREHOUSE, 1), quantity(COLA, WAREHOUSE, 2)]},
         "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", "input.quantities"),
    ],
)  # fmt: skip
def test_what_is_refused(
    shop: Shop, counter: Counter, change: dict[str, Any], code: str, path: str
) -> None:
    data = {**stock_input(quantity(COLA, WAREHOUSE, 1)), **change}
    assert errors(shop, SET_STOCK, key="a", input=data) == [(code, path)]
    assert available(counter, "COL-330")["7001"] == 240


@covers("R354")
def test_the_comparison_may_be_null_but_not_missing(shop: Shop, counter: Counter) -> None:
    row = quantity(COLA, WAREHOUSE, 1)
    del row["changeFromQuantity"]
    found = post(shop, SET_STOCK, key="a", input=stock_input(row)).data
    assert found["data"] == {CODE: None}
    assert found["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert available(counter, "COL-330")["7001"] == 240


@covers("R354")
def test_too_many_rows(shop: Shop, counter: Counter) -> None:
    rows = [quantity(COLA, WAREHOUSE, n) for n in range(251)]
    found = post(shop, SET_STOCK, key="a", input=stock_input(*rows)).data
    assert found["errors"][0]["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"
    assert available(counter, "COL-330")["7001"] == 240


@covers("R359")
def test_negative_pieces_and_a_place_that_never_had_any(shop: Shop, counter: Counter) -> None:
    place = counter.shop("POST", "locations", {"name": "Lager Süd"})["id"]
    assert place == 7003
    found = put(shop, "a", quantity(COLA, place, 4), quantity(COLA, FLOOR, -3))
    assert found["userErrors"] == []
    assert available(counter, "COL-330") == {"7001": 240, "7002": -3, "7003": 4}
    counter.shop("PATCH", f"locations/{place}", {"active": False})
    codes = errors(shop, SET_STOCK, key="b", input=stock_input(quantity(COLA, place, 1)))
    assert codes == [("INVALID_LOCATION", "input.quantities.0.locationId")]


# === @idempotent === #


@covers("R354")
def test_without_the_directive_the_call_fails(shop: Shop, counter: Counter) -> None:
    query = SET_STOCK.replace("@idempotent(key: $key)", "").replace("$key: String!,", "")
    found = post(shop, query, input=stock_input(quantity(COLA, WAREHOUSE, 1))).data
    assert "data" not in found
    assert found["errors"][0]["message"] == (
        "The @idempotent directive is required for this mutation but was not provided."
    )
    assert available(counter, "COL-330")["7001"] == 240


@covers("R354", "X46")
def test_the_same_key_gives_the_first_result(shop: Shop, counter: Counter) -> None:
    first = put(shop, "a", quantity(COLA, WAREHOUSE, 7, 240))
    counter.shop("POST", "inventory", {"sku": "COL-330", "available": 99})
    assert put(shop, "a", quantity(COLA, WAREHOUSE, 7, 240)) == first
    assert available(counter, "COL-330")["7001"] == 99
    other = put(shop, "a", quantity(COLA, WAREHOUSE, 8, 240))["userErrors"]
    assert [each["code"] for each in other] == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    assert available(counter, "COL-330")["7001"] == 99


@covers("R354")
def test_the_first_result_may_be_a_refusal(shop: Shop, counter: Counter) -> None:
    stale = put(shop, "a", quantity(COLA, WAREHOUSE, 7, 1))
    counter.shop("POST", "inventory", {"sku": "COL-330", "available": 1})
    assert put(shop, "a", quantity(COLA, WAREHOUSE, 7, 1)) == stale
    assert put(shop, "b", quantity(COLA, WAREHOUSE, 7, 1))["userErrors"] == []


@covers("R354")
def test_two_calls_with_one_key_at_the_same_time(shop: Shop, counter: Counter) -> None:
    counter.shop("POST", "settings", {"latency": 0.3})
    found: list[Any] = []
    rows = stock_input(quantity(COLA, WAREHOUSE, 7, 240))

    def call() -> None:
        client = Shop(f"http://{shop.host}")
        found.append(client.ask(SET_STOCK, key="same", input=rows)[CODE]["userErrors"])
        client.close()

    threads = [threading.Thread(target=call) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    codes = sorted(error["code"] for errors in found for error in errors)
    assert codes == ["IDEMPOTENCY_CONCURRENT_REQUEST"]
    counter.shop("POST", "settings", {"latency": 0})
    assert put(shop, "same", quantity(COLA, WAREHOUSE, 7, 240))["userErrors"] == []
    assert available(counter, "COL-330")["7001"] == 7


@covers("R354", "X46")
def test_an_attempt_that_broke_half_way_spoils_its_key(shop: Shop, counter: Counter) -> None:
    match = {"provider": "shopify", "endpoint": CODE}
    counter.fault("half", match=match, times=1)
    rows = stock_input(quantity(COLA, WAREHOUSE, 7, 240))
    broken = post(shop, SET_STOCK, key="a", input=rows).data
    assert broken["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert errors(shop, SET_STOCK, key="a", input=rows) == [
        ("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "")
    ]
    assert available(counter, "COL-330")["7001"] == 240
    assert put(shop, "b", quantity(COLA, WAREHOUSE, 7, 240))["userErrors"] == []


@covers("R354")
def test_keys_of_two_mutations_in_one_call(shop: Shop, counter: Counter) -> None:
    query = """mutation ($a: InventorySetQuantitiesInput!, $b: InventorySetQuantitiesInput!) {
      first: inventorySetQuantities(input: $a) @idempotent(key: "1") { userErrors { code } }
      second: inventorySetQuantities(input: $b) @idempotent(key: "2") { userErrors { code } } }"""
    a, b = (stock_input(quantity(COLA, place, 5)) for place in (WAREHOUSE, FLOOR))
    good: dict[str, Any] = {"userErrors": []}
    assert shop.ask(query, a=a, b=b) == {"first": good, "second": good}
    b = stock_input(quantity(COLA, FLOOR, 6))
    found = shop.ask(query, a=a, b=b)
    assert found == {
        "first": good,
        "second": {"userErrors": [{"code": "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"}]},
    }
    assert available(counter, "COL-330") == {"7001": 5, "7002": 5}


# === OTHER WAYS === #

ADJUST = """mutation ($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { changes { name delta } } userErrors { code field } } }"""
ACTIVATE = """mutation ($item: ID!, $place: ID!, $available: Int, $key: String!) {
  inventoryActivate(inventoryItemId: $item, locationId: $place, available: $available)
  @idempotent(key: $key) { inventoryLevel { id quantities(names: ["available"]) { quantity } }
    userErrors { field message } } }"""


@covers("R359")
def test_adjusting_by_a_difference(shop: Shop, counter: Counter) -> None:
    row = {"delta": -5, "inventoryItemId": gid("InventoryItem", COLA),
           "locationId": gid("Location", WAREHOUSE), "changeFromQuantity": 240}  # fmt: skip
    data = {"name": "available", "reason": "correction", "changes": [row]}
    found = shop.do(ADJUST, input=data, key="a")["inventoryAdjustmentGroup"]["changes"]
    assert found == [{"name": "available", "delta": -5}, {"name": "on_hand", "delta": -5}]
    assert available(counter, "COL-330")["7001"] == 235
    stale = [("CHANGE_FROM_QUANTITY_STALE", "input.changes.0.changeFromQuantity")]
    assert errors(shop, ADJUST, input=data, key="b") == stale


@covers("R359")
def test_activating_keeps_what_is_there(shop: Shop, counter: Counter) -> None:
    place = counter.shop("POST", "locations", {"name": "North"})["id"]
    where = {"item": gid("InventoryItem", COLA), "place": gid("Location", place)}
    found = shop.do(ACTIVATE, **where, available=3, key="a")["inventoryLevel"]
    assert found == {
        "id": f"gid://shopify/InventoryLevel/{place}?inventory_item_id={COLA}",
        "quantities": [{"quantity": 3}],
    }
    again = shop.do(ACTIVATE, **where, key="b")["inventoryLevel"]
    assert again["quantities"] == [{"quantity": 3}]
    assert "already active" in shop.refused(ACTIVATE, **where, available=9, key="c")


@covers("R359")
def test_an_item_changes_by_itself(shop: Shop) -> None:
    query = """mutation ($id: ID!, $input: InventoryItemInput!) {
      inventoryItemUpdate(id: $id, input: $input) {
        inventoryItem { sku tracked countryCodeOfOrigin harmonizedSystemCode
          measurement { weight { unit value } } unitCost { amount currencyCode } }
        userErrors { message } } }"""
    data = {"sku": "COLA", "tracked": False, "countryCodeOfOrigin": "EG", "cost": "1.5",
            "harmonizedSystemCode": "220210",
            "measurement": {"weight": {"value": 0.33, "unit": "KILOGRAMS"}}}  # fmt: skip
    found = shop.do(query, id=gid("InventoryItem", COLA), input=data)["inventoryItem"]
    assert found == {
        "sku": "COLA",
        "tracked": False,
        "countryCodeOfOrigin": "EG",
        "harmonizedSystemCode": "220210",
        "measurement": {"weight": {"unit": "KILOGRAMS", "value": 0.33}},
        "unitCost": {"amount": "1.5", "currencyCode": "EUR"},
    }
    rows = shop.ask('{ productVariants(first: 3, query: "sku:COLA") { nodes { id } } }')
    assert rows["productVariants"]["nodes"] == [{"id": gid("ProductVariant", 40001)}]


@covers("R359", "X42")
def test_levels_are_told_and_can_be_read_back(
    shop: Shop, counter: Counter, receiver: Receiver
) -> None:
    shop.do(SUBSCRIBE, topic="INVENTORY_LEVELS_UPDATE", data={"uri": receiver.url})
    put(shop, "a", quantity(COLA, WAREHOUSE, 7, 240), quantity(COLA, FLOOR, 24, 24))
    counter.shop("POST", "inventory", {"sku": "COL-330", "location": FLOOR, "available": 5})
    mine, foreign = receiver.wait(2)
    assert {k: v for k, v in mine.data.items() if k != "updated_at"} == {
        "inventory_item_id": COLA,
        "location_id": WAREHOUSE,
        "available": 7,
        "admin_graphql_api_id": f"gid://shopify/InventoryLevel/7001?inventory_item_id={COLA}",
    }
    assert (foreign.data["location_id"], foreign.data["available"]) == (FLOOR, 5)
    query = """query ($id: ID!) { node(id: $id) { ... on InventoryLevel {
      location { id } item { sku } quantities(names: ["available", "incoming"]) {
        name quantity } } } }"""
    found = shop.ask(query, id=foreign.data["admin_graphql_api_id"])["node"]
    assert found == {
        "location": {"id": gid("Location", FLOOR)},
        "item": {"sku": "COL-330"},
        "quantities": [
            {"name": "available", "quantity": 5},
            {"name": "incoming", "quantity": 0},
        ],
    }
