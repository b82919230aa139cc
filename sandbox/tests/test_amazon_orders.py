"""Orders: searched, read, pending, shipped in parts, cancelled, with all their money."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from amazon_support import DE, ORDERS, UK, US, Amazon, AmazonControl, home, offer, stock
from support import covers

LONG_AGO = {"createdAfter": "2026-01-01T00:00:00Z"}
MONEY = ["PROCEEDS", "PROMOTION", "TAX", "FULFILLMENT", "PAYMENT"]


def get(amazon: Amazon, order: dict[str, Any], *included: str) -> dict[str, Any]:
    query = {"includedData": list(included)} if included else {}
    found = amazon.ok("GET", f"{ORDERS}/{order['id']}", **query)["order"]
    assert isinstance(found, dict)
    return found


def rows(proceeds: dict[str, Any]) -> dict[str, str]:
    return {each["type"]: each["subtotal"]["amount"] for each in proceeds["breakdowns"]}


def confirm(
    amazon: Amazon, order: dict[str, Any], reference: str, items: dict[str, int], **more: Any
) -> Any:
    body = {
        "marketplaceId": order["marketplace"],
        "packageDetail": {
            "packageReferenceId": reference,
            "carrierCode": "Royal Mail",
            "trackingNumber": f"TRACK{reference}",
            "shipDate": "2026-11-20T12:00:00Z",
            "orderItems": [{"orderItemId": k, "quantity": v} for k, v in items.items()],
            **more,
        },
    }
    return amazon.call("POST", f"/orders/v0/orders/{order['id']}/shipmentConfirmation", body)


# === LIFE === #


@covers("R430")
def test_a_pending_order_has_no_prices_and_no_people(
    amazon: Amazon, backstage: AmazonControl
) -> None:
    order = backstage.order_of()
    everything = ("BUYER", "RECIPIENT", "PACKAGES", *MONEY)
    found = get(amazon, order, *everything)
    assert found["fulfillment"]["fulfillmentStatus"] == "PENDING"
    assert {"proceeds", "buyer", "recipient", "payment"} & set(found) == set()
    (item,) = found["orderItems"]
    assert "price" not in item["product"] and "proceeds" not in item
    assert (item["quantityOrdered"], item["product"]["sellerSku"]) == (1, "T-1")
    assert backstage.book()["reservations"] == {"T-1": 1}
    backstage.step(order, "pay")
    found = get(amazon, order, *everything)
    assert found["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED"
    assert found["proceeds"]["grandTotal"] == {"amount": "10.00", "currencyCode": "GBP"}
    assert found["buyer"]["buyerEmail"].endswith("@marketplace.amazon.co.uk")
    assert found["recipient"]["deliveryAddress"]["countryCode"] == "GB"
    assert backstage.book()["reservations"] == {"T-1": 1}


def test_without_the_roles_people_are_left_out(amazon: Amazon, backstage: AmazonControl) -> None:
    order = backstage.order_of(status="UNSHIPPED")
    backstage.set(buyer_data=False)
    found = get(amazon, order, "BUYER", "RECIPIENT", "PROCEEDS")
    assert "buyer" not in found and "recipient" not in found
    assert found["proceeds"]["grandTotal"]["amount"] == "10.00"


def test_only_what_is_asked_for_is_included(amazon: Amazon, backstage: AmazonControl) -> None:
    found = get(amazon, backstage.order_of(status="SHIPPED"))
    assert set(found) == {
        "orderId",
        "createdTime",
        "lastUpdatedTime",
        "salesChannel",
        "orderItems",
    }
    assert set(found["orderItems"][0]) == {"orderItemId", "quantityOrdered", "product"}
    answer = amazon.call("GET", f"{ORDERS}/{found['orderId']}", includedData="ALL")
    assert answer.status == 400


# === MONEY === #


@covers("R430")
def test_discounts_gift_wrap_shipping_and_collected_tax_add_up(
    amazon: Amazon, backstage: AmazonControl
) -> None:
    line = {
        "sku": "T-1",
        "quantity": 3,
        "price": "9.99",
        "shipping": "4.50",
        "shipping_discount": "4.50",
        "gift_wrap": "2.00",
        "gift_message": "For you",
        "discount": "1.00",
        "promotion": "PLM-1",
    }
    order = backstage.order_of(marketplace=US, status="UNSHIPPED", lines=[line])
    found = get(amazon, order, *MONEY)
    (item,) = found["orderItems"]
    assert rows(item["proceeds"]) == {
        "ITEM": "29.97",
        "SHIPPING": "4.50",
        "GIFT_WRAP": "2.00",
        "DISCOUNT": "-5.50",
        "TAX": "2.56",
    }
    total = sum(Decimal(each) for each in rows(item["proceeds"]).values())
    assert item["proceeds"]["proceedsTotal"]["amount"] == str(total) == "33.53"
    assert rows(found["proceeds"]) == rows(item["proceeds"])
    tax = item["proceeds"]["breakdowns"][-1]["detailedBreakdowns"]
    assert [(each["subtype"], each["value"]["amount"]) for each in tax] == [
        ("ITEM", "2.39"),
        ("GIFT_WRAP", "0.17"),
    ]
    assert item["tax"]["taxCollections"][0]["model"] == "MARKETPLACE_FACILITATOR"
    assert item["promotion"] == {"breakdowns": [{"promotionId": "PLM-1"}]}
    option = item["fulfillment"]["packing"]["giftOption"]
    assert option == {"giftMessage": "For you", "giftWrapLevel": "CLASSIC"}
    assert backstage.book()["orders"][order["id"]]["total"] == "33.53"


@covers("R430")
@pytest.mark.parametrize(
    ("vat_rows", "expected", "unit"),
    [
        ("none", {"ITEM": "24.00", "SHIPPING": "6.00"}, "12.00"),
        ("included", {"ITEM": "24.00", "SHIPPING": "6.00", "TAX": "5.00"}, "12.00"),
        ("added", {"ITEM": "20.00", "SHIPPING": "5.00", "TAX": "5.00"}, "10.00"),
    ],
)
def test_three_ways_to_show_vat(
    amazon: Amazon, backstage: AmazonControl, vat_rows: str, expected: dict[str, str], unit: str
) -> None:
    backstage.set(vat_rows=vat_rows)
    line = {"sku": "T-1", "quantity": 2, "price": "12.00", "shipping": "6.00"}
    found = get(amazon, backstage.order_of(status="UNSHIPPED", lines=[line]), *MONEY)
    assert rows(found["proceeds"]) == expected
    assert found["proceeds"]["grandTotal"]["amount"] == "30.00"
    assert found["orderItems"][0]["product"]["price"]["unitPrice"]["amount"] == unit


def test_discounts_may_be_shown_as_positive(amazon: Amazon, backstage: AmazonControl) -> None:
    backstage.set(discount_sign="positive")
    found = get(amazon, backstage.order_of(status="UNSHIPPED", promotion="2.5"), "PROCEEDS")
    assert rows(found["proceeds"]) == {"ITEM": "10.00", "DISCOUNT": "2.50"}
    assert found["proceeds"]["grandTotal"]["amount"] == "7.50"


# === SEARCH === #


@covers("R430")
def test_search_pages_by_update_and_misses_nothing(
    amazon: Amazon, backstage: AmazonControl
) -> None:
    orders = []
    for _ in range(7):
        orders.append(backstage.order_of()["id"])
        backstage.advance(60)
    start = {"lastUpdatedAfter": "2026-11-20T12:01:00Z", "maxResultsPerPage": 2}
    first = amazon.ok("GET", ORDERS, **start)
    assert [each["orderId"] for each in first["orders"]] == orders[1:3]
    assert first["lastUpdatedBefore"] == "2026-11-20T12:07:00.000Z"
    backstage.step({"id": orders[0]}, "pay")  # moves in after the first page was read
    token = first["pagination"]["nextToken"]
    seen: list[str] = []
    while token:
        page = amazon.ok("GET", ORDERS, paginationToken=token, **start)
        seen += [each["orderId"] for each in page["orders"]]
        token = page.get("pagination", {}).get("nextToken")
    assert seen == [*orders[3:], orders[0]]
    backstage.set(repeat_on_pages=True)
    again = amazon.ok("GET", ORDERS, paginationToken=first["pagination"]["nextToken"], **start)
    assert [each["orderId"] for each in again["orders"]] == orders[2:4]
    backstage.advance(86_401)
    amazon.login()
    token = first["pagination"]["nextToken"]
    assert amazon.call("GET", ORDERS, paginationToken=token, **start).status == 400


def test_search_filters(amazon: Amazon, backstage: AmazonControl) -> None:
    backstage.order_of(status="UNSHIPPED")
    backstage.order_of(status="SHIPPED", fulfilled_by="AMAZON")
    backstage.order_of(marketplace=DE)
    backstage.order_of(created_at="2024-01-01T00:00:00Z")

    def count(**more: Any) -> int:
        return len(amazon.ok("GET", ORDERS, **{"createdAfter": "2020-01-01", **more})["orders"])

    assert count() == 3  # older than two years is not returned
    assert count(fulfillmentStatuses="UNSHIPPED,SHIPPED") == 2
    assert count(fulfilledBy="AMAZON") == 1
    assert count(marketplaceIds=DE) == 1
    assert count(createdAfter="2026-11-20T12:00:01Z") == 0


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"createdAfter": "2026-11-01", "lastUpdatedAfter": "2026-11-01"},
        {"createdAfter": "2026-11-01", "lastUpdatedBefore": "2026-11-02"},
        {"createdAfter": "2026-11-02", "createdBefore": "2026-11-01"},
        {"createdAfter": "2026-11-01", "createdBefore": "2026-11-20T11:58:30Z"},
        {"createdAfter": "2026-13-01"},
        {"createdAfter": "2026-11-01", "maxResultsPerPage": 101},
        {"createdAfter": "2026-11-01", "maxResultsPerPage": 0},
        {"createdAfter": "2026-11-01", "fulfillmentStatuses": "CANCELED"},
        {"createdAfter": "2026-11-01", "includedData": "PRICES"},
        {"createdAfter": "2026-11-01", "paginationToken": "x"},
    ],
)
def test_searches_that_are_refused(amazon: Amazon, query: dict[str, Any]) -> None:
    answer = amazon.call("GET", ORDERS, **query)
    assert (answer.status, answer.data["errors"][0]["code"]) == (400, "InvalidInput")


# === SHIPMENTS === #


@covers("R36", "R430")
def test_two_parcels_an_edit_and_the_money_of_each(
    amazon: Amazon, backstage: AmazonControl
) -> None:
    lines = [
        {"sku": "T-1", "quantity": 3, "price": "3.33", "shipping": "1.00"},
        {"sku": "T-2", "quantity": 1, "price": "5"},
    ]
    order = backstage.order_of(status="UNSHIPPED", lines=lines)
    one, two = (each["id"] for each in order["items"])
    answer = confirm(amazon, order, "1", {one: 1})
    assert (answer.status, answer.body) == (204, b"")
    found = get(amazon, order, "FULFILLMENT", "PACKAGES")
    assert found["fulfillment"]["fulfillmentStatus"] == "PARTIALLY_SHIPPED"
    state = found["orderItems"][0]["fulfillment"]
    assert (state["quantityFulfilled"], state["quantityUnfulfilled"]) == (1, 2)
    assert backstage.book()["reservations"] == {"T-1": 2, "T-2": 1}
    assert confirm(amazon, order, "2", {one: 2, two: 1}).status == 204
    changed = {"trackingNumber": "NEW", "carrierCode": "Other", "carrierName": "My bike"}
    assert confirm(amazon, order, "2", {one: 2, two: 1}, **changed).status == 204
    found = get(amazon, order, "FULFILLMENT", "PACKAGES")
    assert found["fulfillment"]["fulfillmentStatus"] == "SHIPPED"
    assert [(each["carrier"], each["trackingNumber"]) for each in found["packages"]] == [
        ("Royal Mail", "TRACK1"),
        ("My bike", "NEW"),
    ]
    assert backstage.book()["reservations"] == {}
    money = backstage.amazon("POST", "settlements", {"marketplace": UK})
    assert len(money["transactions"]) == 2  # the edit moved no money


@pytest.mark.parametrize(
    ("reference", "quantity", "more"),
    [
        ("0", 1, {}),
        ("A", 1, {}),
        ("1", 4, {}),
        ("1", 0, {}),
        ("1", "1", {}),
        ("1", 1, {"carrierCode": "Other"}),
        ("1", 1, {"carrierCode": ""}),
        ("1", 1, {"trackingNumber": None}),
        ("1", 1, {"shipDate": "20.11.2026"}),
        ("1", 1, {"orderItems": []}),
        ("1", 1, {"orderItems": [{"orderItemId": "1", "quantity": 1}]}),
    ],
)
def test_confirmations_that_are_refused(
    amazon: Amazon, backstage: AmazonControl, reference: str, quantity: Any, more: dict[str, Any]
) -> None:
    lines = [{"sku": "T-1", "quantity": 3, "price": "3"}]
    order = backstage.order_of(status="UNSHIPPED", lines=lines)
    answer = confirm(amazon, order, reference, {order["items"][0]["id"]: quantity}, **more)
    assert (answer.status, answer.data["errors"][0]["code"]) == (400, "InvalidInput")
    assert backstage.book()["orders"][order["id"]]["packages"] == {}


@pytest.mark.parametrize(
    "spec",
    [
        {"status": "PENDING"},
        {"status": "CANCELLED"},
        {"status": "UNSHIPPED", "fulfilled_by": "AMAZON"},
    ],
)
def test_orders_that_the_seller_does_not_ship(
    amazon: Amazon, backstage: AmazonControl, spec: dict[str, Any]
) -> None:
    order = backstage.order_of(**spec)
    assert confirm(amazon, order, "1", {order["items"][0]["id"]: 1}).status == 400
    other = {**order, "marketplace": DE}
    assert confirm(amazon, other, "1", {order["items"][0]["id"]: 1}).status == 400
    unknown = {**order, "id": "202-0000000-0000000"}
    assert confirm(amazon, unknown, "1", {"x": 1}).status == 404


# === STOCK AND CANCELLATION === #


@covers("R430")
def test_an_order_takes_stock_and_a_cancellation_gives_it_back(
    amazon: Amazon, backstage: AmazonControl
) -> None:
    amazon.put("T-1", home(purchasable_offer=offer(5), fulfillment_availability=stock(3)))
    order = backstage.order_of(lines=[{"sku": "T-1", "quantity": 2}])
    assert order["total"] == "10.00"
    assert backstage.book()["listings"]["T-1"]["quantity"] == 1
    too_many = backstage.order_of(lines=[{"sku": "T-1", "quantity": 2}])
    assert backstage.book()["listings"]["T-1"]["quantity"] == 0
    assert backstage.book()["reservations"] == {"T-1": 4}
    backstage.step(order, "cancel", reason="CHANGED_MIND")
    backstage.step(too_many, "cancel", by="AMAZON")
    assert backstage.book()["listings"]["T-1"]["quantity"] == 3
    found = get(amazon, order, "CANCELLATION", "PROCEEDS")
    assert "proceeds" not in found
    (item,) = found["orderItems"]
    assert item["quantityOrdered"] == 2
    assert item["cancellation"] == {
        "cancellationExecution": {"cancelledBy": "BUYER", "cancelReason": "CHANGED_MIND"}
    }
    backstage.step(order, "cancel", expect=422)
    backstage.step(order, "pay", expect=422)


def test_a_part_is_cancelled_and_the_rest_is_paid(amazon: Amazon, backstage: AmazonControl) -> None:
    lines = [{"sku": "T-1", "quantity": 3, "price": "3.33", "shipping": "1.00"}]
    order = backstage.order_of(status="UNSHIPPED", lines=lines)
    item = order["items"][0]["id"]
    backstage.step(order, "cancel", by="MERCHANT", items={item: 1})
    found = get(amazon, order, "PROCEEDS", "FULFILLMENT")
    assert found["orderItems"][0]["quantityOrdered"] == 2
    assert rows(found["proceeds"]) == {"ITEM": "6.66", "SHIPPING": "0.67"}
    backstage.step(order, "cancel", items={item: 3}, expect=422)
    backstage.step(order, "ship")
    assert get(amazon, order, "FULFILLMENT")["fulfillment"]["fulfillmentStatus"] == "SHIPPED"


def test_the_buyer_asks_to_cancel(amazon: Amazon, backstage: AmazonControl) -> None:
    order = backstage.order_of(status="UNSHIPPED")
    amazon.messages()
    backstage.step(order, "request-cancel", reason="NO_LONGER_NEEDED")
    (item,) = get(amazon, order, "CANCELLATION")["orderItems"]
    assert item["cancellation"] == {
        "cancellationRequest": {"requester": "BUYER", "cancelReason": "NO_LONGER_NEEDED"}
    }
    (message,) = amazon.messages("ORDER_CHANGE")
    told = message["Payload"]["OrderChangeNotification"]
    assert told["OrderChangeType"] == "BuyerRequestedChange"
    assert told["Summary"]["OrderItems"][0]["IsBuyerRequestedCancel"] is True


@covers("R430")
def test_amazon_ships_from_its_own_stock(amazon: Amazon, backstage: AmazonControl) -> None:
    backstage.amazon("POST", "fba", {"sku": "F-1", "fulfillable": 5, "inbound": 2})

    def stock_of() -> dict[str, Any]:
        query = {
            "granularityType": "Marketplace",
            "granularityId": UK,
            "marketplaceIds": UK,
            "details": "true",
        }
        answer = amazon.ok("GET", "/fba/inventory/v1/summaries", **query)
        (row,) = answer["payload"]["inventorySummaries"]
        details = row["inventoryDetails"]
        return {
            "total": row["totalQuantity"],
            "fulfillable": details["fulfillableQuantity"],
            "reserved": details["reservedQuantity"]["totalReservedQuantity"],
        }

    lines = [{"sku": "F-1", "quantity": 2, "price": "7"}]
    order = backstage.order_of(fulfilled_by="AMAZON", lines=lines)
    assert stock_of() == {"total": 7, "fulfillable": 3, "reserved": 2}
    assert backstage.book()["reservations"] == {}
    backstage.step(order, "advance")
    backstage.step(order, "advance")
    assert stock_of() == {"total": 5, "fulfillable": 3, "reserved": 0}
    found = get(amazon, order, "FULFILLMENT", "PACKAGES")
    assert found["fulfillment"]["fulfillmentStatus"] == "SHIPPED"
    assert "packages" not in found
    backstage.step(order, "return", items={order["items"][0]["id"]: 1})
    assert stock_of() == {"total": 6, "fulfillable": 4, "reserved": 0}


@covers("R430")
def test_every_step_is_told_in_the_spelling_of_v0(amazon: Amazon, backstage: AmazonControl) -> None:
    lines = [{"sku": "T-1", "quantity": 2, "price": "1"}]
    order = backstage.order_of(lines=lines)
    item = order["items"][0]["id"]
    backstage.step(order, "pay")
    backstage.step(order, "ship", items={item: 1})
    backstage.step(order, "ship")
    backstage.step(backstage.order_of(), "cancel")
    summaries = [
        each["Payload"]["OrderChangeNotification"]["Summary"]
        for each in amazon.messages("ORDER_CHANGE")
    ]
    assert [each["OrderStatus"] for each in summaries] == [
        "Pending",
        "Unshipped",
        "PartiallyShipped",
        "Shipped",
        "Pending",
        "Canceled",
    ]
    assert [each["NumberOfItemsUnshipped"] for each in summaries] == [2, 2, 1, 0, 1, 0]
    assert summaries[0]["FulfillmentType"] == "MFN"


def test_pending_orders_may_become_unshipped_by_themselves(
    amazon: Amazon, backstage: AmazonControl
) -> None:
    backstage.set(pending_seconds=600)
    order = backstage.order_of()
    backstage.advance(599)
    status = get(amazon, order, "FULFILLMENT")["fulfillment"]["fulfillmentStatus"]
    assert status == "PENDING"
    backstage.advance(1)
    status = get(amazon, order, "FULFILLMENT")["fulfillment"]["fulfillmentStatus"]
    assert status == "UNSHIPPED"


@covers("R37", "R430")
def test_amazon_cancels_what_is_not_shipped_in_thirty_days(
    amazon: Amazon, backstage: AmazonControl
) -> None:
    backstage.set(unshipped_days=30)
    late = backstage.order_of(status="UNSHIPPED", created_at="2026-10-21T12:00:01Z")
    fba = backstage.order_of(
        status="UNSHIPPED", created_at="2026-10-01T00:00:00Z", fulfilled_by="AMAZON"
    )
    assert get(amazon, late, "FULFILLMENT")["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED"
    backstage.advance(1)
    found = get(amazon, late, "FULFILLMENT", "CANCELLATION")
    assert found["fulfillment"]["fulfillmentStatus"] == "CANCELLED"
    execution = found["orderItems"][0]["cancellation"]["cancellationExecution"]
    assert execution == {"cancelledBy": "AMAZON", "cancelReason": "NOT_SHIPPED_IN_TIME"}
    assert get(amazon, fba, "FULFILLMENT")["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED"


# === PLACING === #


@pytest.mark.parametrize(
    "spec",
    [
        {"lines": [{"quantity": 1}]},
        {"lines": [{"sku": "A", "quantity": 0}]},
        {"lines": [{"sku": "A", "price": "x"}]},
        {"lines": [{"sku": "A", "colour": "red"}]},
        {"lines": [{"sku": "A", "shipping_discount": 1}]},
        {"status": "LOST"},
        {"status": "PARTIALLY_SHIPPED", "lines": [{"sku": "A"}]},
        {"marketplace": "XX"},
        {"address": "here"},
        {"omit": {"asin": 1}},
        {"fulfilled_by": "NOBODY"},
        {"created_at": "yesterday"},
        {"something": 1},
        {"count": 0},
    ],
)
def test_orders_that_cannot_be_placed(backstage: AmazonControl, spec: dict[str, Any]) -> None:
    backstage.amazon("POST", "orders", spec, 400)
    if "count" not in spec:
        backstage.amazon("POST", "orders", [{}, spec], 400)
    assert backstage.book()["orders"] == {}


def test_an_order_may_be_bent_for_nasty_tests(amazon: Amazon, backstage: AmazonControl) -> None:
    order = backstage.order_of(
        status="UNSHIPPED",
        overrides={"orderItems.0.product.title": "T" * 500, "programs": ["NEWS"]},
        omit=[
            "salesChannel.marketplaceName",
            "orderItems.0.product.asin",
            "nothing.there",
            "orderItems.7.x",
        ],
    )
    found = get(amazon, order)
    assert found["programs"] == ["NEWS"]
    assert found["orderItems"][0]["product"]["title"] == "T" * 500
    assert "asin" not in found["orderItems"][0]["product"]
    assert set(found["salesChannel"]) == {"channelName", "marketplaceId"}


@covers("R431")
def test_mixed_orders_are_the_same_in_every_run(backstage: AmazonControl) -> None:
    def run() -> tuple[Any, set[str], set[str], set[str]]:
        backstage.call("POST", "reset", {"seed": "empty"})
        backstage.freeze()
        orders = backstage.amazon("POST", "orders", {"count": 200, "mixed": True})
        return (
            backstage.book()["orders"],
            {each["status"] for each in orders},
            {each["currency"] for each in orders},
            {each["fulfilled_by"] for each in orders},
        )

    first, statuses, currencies, sides = run()
    assert len(first) == 200
    assert statuses == {"PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED"}
    assert currencies == {"GBP", "EUR", "USD"}
    assert sides == {"MERCHANT", "AMAZON"}
    assert run()[0] == first
