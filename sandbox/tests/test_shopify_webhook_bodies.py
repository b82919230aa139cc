"""What webhooks of the sales side say: bodies of the REST shape, their events, privacy requests."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pytest
from shopify_sales_support import Counter, Shop, gid
from support import Received, Receiver, covers

NEW = {"first_name": "Zoë", "email": "zoe@example.com"}
SECRET = b"shpss_demo_secret"
TOPICS = (
    "ORDERS_CREATE", "ORDERS_UPDATED", "ORDERS_PAID", "ORDERS_EDITED", "ORDERS_CANCELLED",
    "ORDERS_FULFILLED", "ORDERS_PARTIALLY_FULFILLED", "REFUNDS_CREATE", "FULFILLMENTS_CREATE",
    "FULFILLMENTS_UPDATE", "RETURNS_REQUEST", "RETURNS_APPROVE", "RETURNS_PROCESS", "RETURNS_CLOSE",
    "DRAFT_ORDERS_CREATE", "DRAFT_ORDERS_UPDATE", "CUSTOMERS_CREATE",
)  # fmt: skip
SUBSCRIBE = """mutation($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: $uri}) {
    webhookSubscription { id } userErrors { message } } }"""
BAG = "{ shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }"


@pytest.fixture
def listening(shop: Shop, counter: Counter, receiver: Receiver) -> Receiver:
    for topic in TOPICS:
        shop.do(SUBSCRIBE, topic=topic, uri=receiver.url)
    return receiver


def heard(counter: Counter, receiver: Receiver, since: int = 0) -> list[tuple[str, Any]]:
    """(topic, body) of what arrived, in order; waits until all has."""
    counter.call("GET", "webhooks/wait?timeout=10")
    return [(each.headers["x-shopify-topic"], each.data) for each in receiver.received[since:]]


def signed(received: Received) -> bool:
    digest = base64.b64encode(hmac.new(SECRET, received.body, hashlib.sha256).digest()).decode()
    return received.headers["x-shopify-hmac-sha256"] == digest


@covers("R355", "R419")
def test_every_change_is_told_with_the_topics_of_the_platform(
    shop: Shop, counter: Counter, listening: Receiver
) -> None:
    order = counter.place(payment="pending", customer=None)
    line = str(order["lines"][0]["id"])
    steps: list[tuple[str, dict[str, Any], list[str]]] = [
        ("pay", {}, ["orders/paid", "orders/updated"]),
        ("edit", {"add": [{"sku": "TEA-100"}]}, ["orders/updated", "orders/edited"]),
        ("fulfil", {"items": {line: 1}},
         ["orders/partially_fulfilled", "orders/updated", "fulfillments/create"]),
        ("track", {"number": "7"}, ["orders/updated", "fulfillments/update"]),
        ("fulfil", {}, ["orders/fulfilled", "orders/updated", "fulfillments/create"]),
        ("return", {"items": {line: 1}, "requested": True}, ["orders/updated", "returns/request"]),
        ("approve", {}, ["orders/updated", "returns/approve"]),
        ("refund", {"items": {line: 1}}, ["orders/updated", "refunds/create"]),
        ("process", {"refund": False},
         ["orders/updated", "returns/process", "orders/updated", "returns/close"]),
    ]  # fmt: skip
    assert [topic for topic, _ in heard(counter, listening)] == ["orders/create"]
    for name, body, wanted in steps:
        since = len(listening.received)
        counter.step(order, name, **body)
        assert [topic for topic, _ in heard(counter, listening, since)] == wanted, name
    other = counter.place(customer=None)
    since += len(wanted)
    assert [topic for topic, _ in heard(counter, listening, since)] == [
        "orders/create", "orders/paid",
    ]  # fmt: skip
    since = len(listening.received)
    counter.step(other, "cancel")
    told = heard(counter, listening, since)
    assert [topic for topic, _ in told] == ["orders/cancelled", "orders/updated", "orders/updated",
                                           "refunds/create"]  # fmt: skip
    assert told[0][1]["cancel_reason"] == "customer" and told[0][1]["cancelled_at"]
    assert all(signed(each) for each in listening.received)
    events = [each.headers["x-shopify-event-id"] for each in listening.received]
    assert len(set(events)) == len(events)


@covers("R355", "R430")
def test_an_orders_body_has_the_traits_of_the_platform(counter: Counter) -> None:
    order = counter.place(
        currency="USD", country="US", shipping="5.00", tip="2.00", customer=None, address=None,
        discounts=[{"code": "TEN", "type": "percentage", "value": "10"}], tags=["b", "a"],
        note_attributes={"k": "v"},
    )  # fmt: skip
    counter.step(order, "refund", items={str(order["lines"][0]["id"]): 1})
    body = counter.payload(order)
    assert isinstance(body["id"], int)
    assert body["admin_graphql_api_id"] == gid("Order", body["id"])
    assert (body["customer"], body["shipping_address"], body["billing_address"]) == (None,) * 3
    assert (body["currency"], body["presentment_currency"]) == ("EUR", "USD")
    assert (body["taxes_included"], body["tags"]) == (False, "a, b")
    assert body["note_attributes"] == [{"name": "k", "value": "v"}]
    cola, tip = body["line_items"]
    assert (cola["quantity"], cola["current_quantity"], cola["fulfillable_quantity"]) == (2, 1, 1)
    assert cola["price_set"]["presentment_money"] == {"amount": "10.00", "currency_code": "USD"}
    assert cola["price"] == cola["price_set"]["shop_money"]["amount"] == "9.22"
    assert cola["discount_allocations"][0]["amount_set"]["presentment_money"]["amount"] == "2.00"
    assert cola["discount_allocations"][0]["discount_application_index"] == 0
    assert [row["rate"] for row in cola["tax_lines"]] == [0.0725, 0.0225]
    assert ("tip" in tip, "tip" in cola, tip["title"]) == (True, False, "Tip")
    assert body["discount_codes"] == [{"code": "TEN", "amount": "1.84", "type": "percentage"}]
    total = body["current_total_price_set"]["presentment_money"]["amount"]
    assert total == "17.34"  # 9.00 + 5.00 + 2.00, tax 0.86 and 0.48
    assert body["total_price_set"]["presentment_money"]["amount"] == "27.19"
    assert body["total_tip_received"] == "1.84"
    (refund,) = body["refunds"]
    (row,) = refund["refund_line_items"]
    assert (row["restock_type"], row["location_id"], row["quantity"]) == ("cancel", 7001, 1)
    assert row["subtotal_set"]["presentment_money"]["amount"] == "9.00"
    assert refund["transactions"][0]["kind"] == "refund"
    assert refund["transactions"][0]["amount"] == "9.85"
    assert body["created_at"].endswith("+01:00") and "." not in body["created_at"]
    assert "transactions" not in body and "risk" not in body


@covers("R355", "R361", "R432")
def test_both_roads_say_the_same_of_mixed_orders(shop: Shop, counter: Counter) -> None:
    placed = counter.shop("POST", "orders", {"count": 60, "mixed": True})
    counter.shop("POST", "life", {"count": 90})
    fields = f"""updatedAt taxesIncluded currentTotalPriceSet {BAG} totalPriceSet {BAG}
      currentTotalTaxSet {BAG} totalShippingPriceSet {BAG} displayFinancialStatus cancelledAt
      lineItems(first: 20) {{ nodes {{ id quantity currentQuantity originalUnitPriceSet {BAG}
        taxLines {{ priceSet {BAG} }} discountAllocations {{ allocatedAmountSet {BAG} }} }} }}
      refunds {{ id
        refundLineItems(first: 20) {{ nodes {{ quantity restockType subtotalSet {BAG} }} }}
        transactions(first: 5) {{ nodes {{ amountSet {BAG} }} }} }}
      fulfillments {{ id status }} """
    for order in placed:
        node, body = shop.order(order["id"], fields), counter.payload(order)
        for wire, name in (
            ("currentTotalPriceSet", "current_total_price_set"),
            ("totalPriceSet", "total_price_set"),
            ("currentTotalTaxSet", "current_total_tax_set"),
            ("totalShippingPriceSet", "total_shipping_price_set"),
        ):
            assert _bag(node[wire]) == _set(body[name])
        assert node["displayFinancialStatus"].lower() == body["financial_status"]
        assert bool(node["cancelledAt"]) == bool(body["cancelled_at"])
        assert _utc(node["updatedAt"]) == _utc(body["updated_at"])
        pairs = list(zip(node["lineItems"]["nodes"], body["line_items"], strict=True))
        for line, row in pairs:
            assert line["id"] == row["admin_graphql_api_id"]
            assert (line["quantity"], line["currentQuantity"]) == (
                row["quantity"], row["current_quantity"],
            )  # fmt: skip
            assert _bag(line["originalUnitPriceSet"]) == _set(row["price_set"])
            assert [_bag(each["priceSet"]) for each in line["taxLines"]] == [
                _set(each["price_set"]) for each in row["tax_lines"]
            ]
            assert [_bag(each["allocatedAmountSet"]) for each in line["discountAllocations"]] == [
                _set(each["amount_set"]) for each in row["discount_allocations"]
            ]
        assert [each["id"] for each in node["refunds"]] == [
            each["admin_graphql_api_id"] for each in body["refunds"]
        ]
        assert [each["status"].lower() for each in node["fulfillments"]] == [
            each["status"] for each in body["fulfillments"]
        ]


def _bag(bag: Any) -> tuple[Decimal, ...]:
    return tuple(Decimal(bag[name]["amount"]) for name in ("shopMoney", "presentmentMoney"))


def _set(found: Any) -> tuple[Decimal, ...]:
    return tuple(Decimal(found[name]["amount"]) for name in ("shop_money", "presentment_money"))


def _utc(text: str) -> str:
    """UTC of the two ways that moments are written, to the second."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone.utc)
    return moment.isoformat(timespec="seconds")


def test_overrides_bend_a_body_for_nasty_tests(counter: Counter) -> None:
    order = counter.place(overrides={"line_items.0.sku": None, "total_weight": -1}, omit=["email"])
    body = counter.payload(order)
    assert (body["line_items"][0]["sku"], body["total_weight"]) == (None, -1)
    assert "email" not in body


@covers("R355", "R430")
def test_drafts_and_customers_are_told(shop: Shop, counter: Counter, listening: Receiver) -> None:
    draft = counter.shop("POST", "drafts", {"lines": [{"sku": "COL-330"}], "customer": NEW})
    order = counter.shop("POST", f"drafts/{draft['id']}/complete", {})
    told = heard(counter, listening)
    assert [topic for topic, _ in told] == [
        "customers/create", "draft_orders/create", "orders/create", "orders/paid",
        "draft_orders/update",
    ]  # fmt: skip
    assert (told[1][1]["status"], told[1][1]["total_price"]) == ("open", "1.79")
    assert (told[4][1]["status"], told[4][1]["order_id"]) == ("completed", order["id"])
    assert told[2][1]["customer"]["id"] == told[0][1]["id"]
    assert told[2][1]["financial_status"] == "paid"


@covers("R355", "R419")
def test_privacy_requests_reach_the_address_of_the_app(
    counter: Counter, receiver: Receiver
) -> None:
    order = counter.place(customer=NEW)
    customer = order["customer"]
    ask = {"url": receiver.url, "customer": customer}
    counter.shop("POST", "privacy", {"topic": "customers/data_request", **ask})
    counter.shop("POST", "privacy", {"topic": "customers/redact", **ask})
    counter.shop("POST", "privacy", {"topic": "shop/redact", "url": receiver.url})
    request, redact, shop = receiver.wait(3)
    assert request.headers["x-shopify-topic"] == "customers/data_request"
    assert request.data["orders_requested"] == [order["id"]]
    assert redact.data["orders_to_redact"] == [order["id"]]
    assert redact.data["customer"]["id"] == customer
    assert json.loads(shop.body) == {"shop_id": 70001, "shop_domain": "demo-shop.myshopify.com"}
    assert all(signed(each) for each in (request, redact, shop))
    assert counter.shop("GET", "book")["customers"][str(customer)]["redacted"] is True
    counter.shop("POST", "privacy", {"topic": "x", "url": receiver.url}, expect=400)


def test_pages_show_what_a_person_may_do(counter: Counter) -> None:
    order = counter.place(note="<b>&", tags=["x<y"], risk="high")
    counter.step(order, "fulfil", company="DHL", number="T<1>")
    counter.step(order, "return", requested=True)
    page = counter.send("GET", f"/shopify/orders/{order['id']}").body.decode()
    assert "T&lt;1&gt;" in page and "&lt;b&gt;&amp;" in page and "Main warehouse" in page
    for step in ("edit", "refund", "return", "approve", "deliver", "change"):
        assert f"/_control/shopify/orders/{order['id']}/{step}" in page
    listing = counter.send("GET", "/shopify/orders?q=" + order["name"][1:]).body.decode()
    assert f"/shopify/orders/{order['id']}" in listing
    counter.shop("POST", "drafts", {})
    assert "/complete" in counter.send("GET", "/shopify/drafts").body.decode()
    assert counter.send("GET", "/shopify/orders/1").status == 404
