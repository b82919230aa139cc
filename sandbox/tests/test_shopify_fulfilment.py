"""Fulfilment orders by location, parcels in parts, tracking, taking back, holds."""

from __future__ import annotations

from typing import Any

import pytest
from shopify_sales_support import FLOOR, MAIN, Counter, Shop, gid, moved, stock
from support import covers

CREATE = """mutation($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) { fulfillment {
  id name status location { id } totalQuantity trackingInfo(first: 5) { company number url }
  fulfillmentLineItems(first: 9) { nodes { id quantity lineItem { sku } } } }
  userErrors { field message } } }"""
TRACK = """mutation($id: ID!, $t: FulfillmentTrackingInput!) { fulfillmentTrackingInfoUpdate(
  fulfillmentId: $id, trackingInfoInput: $t) { fulfillment { trackingInfo { company number url } }
  userErrors { message } } }"""
UNDO = """mutation($id: ID!) { fulfillmentCancel(id: $id) { fulfillment { status }
  userErrors { message } } }"""


@pytest.fixture
def wide(shop: Shop, counter: Counter) -> dict[str, Any]:
    """An order of juices that no location has all of (the floor has 6), and two colas."""
    lying = stock(shop, "ORJ-1L")[0]
    return counter.place(
        lines=[{"sku": "ORJ-1L", "quantity": lying + 4}, {"sku": "COL-330", "quantity": 2}]
    )


@covers("R360", "R430")
def test_pieces_are_divided_over_locations_by_stock(
    shop: Shop, counter: Counter, wide: dict[str, Any]
) -> None:
    many = wide["lines"][0]["quantity"]
    found = {
        each["assignedLocation"]["location"]["id"]: {
            row["sku"]: row["remainingQuantity"] for row in each["lineItems"]["nodes"]
        }
        for each in shop.locations(wide["id"])
    }
    assert found == {MAIN: {"ORJ-1L": many - 6, "COL-330": 2}, FLOOR: {"ORJ-1L": 6}}
    assert stock(shop, "ORJ-1L", FLOOR) == (0, 6, 6)
    reserved = counter.reservations()
    assert (reserved["7001"]["ORJ-1L"], reserved["7002"]["ORJ-1L"]) == (many - 6, 6)


@covers("R353", "R430")
def test_one_location_with_everything_is_preferred(shop: Shop, counter: Counter) -> None:
    order = counter.place(lines=[{"sku": "ORJ-1L", "quantity": 50}, {"sku": "MNG-250"}])
    (only,) = shop.locations(order["id"])
    assert only["assignedLocation"]["location"]["id"] == MAIN
    counter.shop("PATCH", "locations/7001", {"active": False})
    later = counter.place(lines=[{"sku": "ORJ-1L", "quantity": 2}])
    (other,) = shop.locations(later["id"])
    assert other["assignedLocation"]["location"]["id"] == FLOOR
    counter.shop("PATCH", "locations/7001", {"active": True})


@covers("R353", "R430")
def test_a_part_is_sent_and_then_the_rest(shop: Shop, counter: Counter) -> None:
    before = stock(shop, "COL-330")
    order = counter.place(lines=[{"sku": "COL-330", "quantity": 3}, {"sku": "TEA-100"}])
    (source,) = shop.locations(order["id"])
    cola = next(row for row in source["lineItems"]["nodes"] if row["sku"] == "COL-330")
    parts = [{"id": cola["id"], "quantity": 2}]
    made = shop.do(
        CREATE,
        f={
            "lineItemsByFulfillmentOrder": [
                {"fulfillmentOrderId": source["id"], "fulfillmentOrderLineItems": parts}
            ],
            "trackingInfo": {"company": "DHL", "numbers": ["A1", "A2"]},
            "notifyCustomer": False,
        },
    )["fulfillment"]
    assert (made["status"], made["totalQuantity"], made["name"]) == (
        "SUCCESS", 2, f"{order['name']}-F1",
    )  # fmt: skip
    assert [(each["company"], each["number"]) for each in made["trackingInfo"]] == [
        ("DHL", "A1"), ("DHL", "A2"),
    ]  # fmt: skip
    assert moved(before, stock(shop, "COL-330")) == (-3, 1, -2)
    (source,) = shop.locations(order["id"])
    assert source["status"] == "IN_PROGRESS"
    assert counter.book(order)["fulfillment_status"] == "PARTIALLY_FULFILLED"
    rest = {"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": source["id"]}]}
    assert shop.do(CREATE, f=rest)["fulfillment"]["totalQuantity"] == 2
    book = counter.book(order)
    assert book["fulfillment_status"] == "FULFILLED"
    assert [row["origin"] for row in book["fulfillments"].values()] == ["api", "api"]
    assert shop.locations(order["id"])[0]["status"] == "CLOSED"
    assert "unfulfillable status= closed" in shop.refused(CREATE, f=rest)


@covers("R353", "R430")
def test_a_parcel_leaves_from_one_location(
    shop: Shop, counter: Counter, wide: dict[str, Any]
) -> None:
    sources = [{"fulfillmentOrderId": each["id"]} for each in shop.locations(wide["id"])]
    text = shop.refused(CREATE, f={"lineItemsByFulfillmentOrder": sources})
    assert text == "All fulfillment orders must be assigned to the same location."
    counter.step(wide, "edit", add=[{"sku": "TEA-100", "quantity": 1}])
    same = [
        {"fulfillmentOrderId": each["id"]}
        for each in shop.locations(wide["id"])
        if each["assignedLocation"]["location"]["id"] == MAIN
    ]
    made = shop.do(CREATE, f={"lineItemsByFulfillmentOrder": same})["fulfillment"]
    assert (len(same), made["totalQuantity"]) == (2, wide["lines"][0]["quantity"] - 6 + 2 + 1)


@covers("R353", "R430")
def test_more_than_waits_is_refused_and_changes_nothing(shop: Shop, counter: Counter) -> None:
    order = counter.place()
    before = stock(shop, "COL-330")
    (source,) = shop.locations(order["id"])
    row = source["lineItems"]["nodes"][0]["id"]

    def send(quantity: int, times: int = 1) -> str:
        parts = [{"id": row, "quantity": quantity}] * times
        group = {"fulfillmentOrderId": source["id"], "fulfillmentOrderLineItems": parts}
        return shop.refused(CREATE, f={"lineItemsByFulfillmentOrder": [group]})

    assert send(3) == "Invalid fulfillment order line item quantity requested."
    assert send(0) == "Quantity must be greater than 0."
    assert send(2, times=2) == "Invalid fulfillment order line item quantity requested."
    assert counter.book(order)["fulfillments"] == {}
    assert stock(shop, "COL-330") == before


@covers("R353", "R430")
def test_tracking_is_told_later_and_a_parcel_taken_back(shop: Shop, counter: Counter) -> None:
    before = stock(shop, "COL-330")
    order = counter.place()
    (source,) = shop.locations(order["id"])
    rest = {"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": source["id"]}]}
    made = shop.do(CREATE, f=rest)["fulfillment"]
    assert made["trackingInfo"] == []
    told = {"company": "UPS", "number": "1Z", "url": "https://example.com/1Z"}
    found = shop.do(TRACK, id=made["id"], t=told)["fulfillment"]["trackingInfo"]
    assert found == [told]
    assert shop.do(UNDO, id=made["id"])["fulfillment"]["status"] == "CANCELLED"
    assert moved(before, stock(shop, "COL-330")) == (-2, 2, 0)
    (again,) = shop.locations(order["id"])
    assert (again["status"], again["lineItems"]["nodes"][0]["remainingQuantity"]) == ("OPEN", 2)
    assert shop.refused(UNDO, id=made["id"]) == "Fulfillment is already cancelled."
    assert "cancelled" in shop.refused(TRACK, id=made["id"], t={"number": "2"})
    shop.do(CREATE, f=rest)
    assert counter.book(order)["fulfillment_status"] == "FULFILLED"


def test_what_is_held_cannot_be_sent(shop: Shop, counter: Counter) -> None:
    order = counter.place()
    (source,) = shop.locations(order["id"])
    hold = """mutation($id: ID!) { fulfillmentOrderHold(id: $id, fulfillmentHold: {
      reason: HIGH_RISK_OF_FRAUD, reasonNotes: "?", handle: "h"}) { fulfillmentHold { id handle }
      fulfillmentOrder { status } userErrors { message code } } }"""
    assert shop.do(hold, id=source["id"])["fulfillmentOrder"]["status"] == "ON_HOLD"
    assert counter.book(order)["fulfillment_status"] == "ON_HOLD"
    rest = {"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": source["id"]}]}
    assert "unfulfillable status= on_hold" in shop.refused(CREATE, f=rest)
    assert shop.refused(hold, id=source["id"]) == "The handle is taken."
    release = """mutation($id: ID!) { fulfillmentOrderReleaseHold(id: $id) {
      fulfillmentOrder { status } userErrors { message } } }"""
    assert shop.do(release, id=source["id"])["fulfillmentOrder"]["status"] == "OPEN"
    shop.do(CREATE, f=rest)


def test_another_location_takes_over(shop: Shop, counter: Counter) -> None:
    here, there = stock(shop, "COL-330"), stock(shop, "COL-330", FLOOR)
    order = counter.place()
    (source,) = shop.locations(order["id"])
    move = """mutation($id: ID!, $to: ID!) { fulfillmentOrderMove(id: $id, newLocationId: $to) {
      movedFulfillmentOrder { id assignedLocation { location { id } } }
      userErrors { message } } }"""
    found = shop.do(move, id=source["id"], to=FLOOR)["movedFulfillmentOrder"]
    assert found["assignedLocation"]["location"]["id"] == FLOOR
    assert stock(shop, "COL-330") == here
    assert moved(there, stock(shop, "COL-330", FLOOR)) == (-2, 2, 0)
    assert shop.refused(move, id=found["id"], to=gid("Location", 9)) == "Location not found."
