"""Every answer of the simulated API is as the official models have it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from amazon_models import complaints, feed_complaints, notification_complaints
from amazon_support import (
    DE,
    FEEDS,
    ITEMS,
    ORDERS,
    REPORTS,
    UK,
    US,
    Amazon,
    AmazonControl,
    home,
    offer,
    replace,
    stock,
    type_of,
)
from support import covers

SCHEMAS = {
    "ORDER_CHANGE": "OrderChangeNotification.json",
    "LISTINGS_ITEM_STATUS_CHANGE": "ListingsItemStatusChangeNotification.json",
    "LISTINGS_ITEM_ISSUES_CHANGE": "ListingsItemIssuesChangeNotification.json",
    "FEED_PROCESSING_FINISHED": "FeedProcessingFinishedNotification.json",
    "REPORT_PROCESSING_FINISHED": "ReportProcessingFinishedNotification.json",
}
EVERYTHING = [
    "BUYER", "RECIPIENT", "PROCEEDS", "EXPENSE", "PROMOTION", "CANCELLATION", "FULFILLMENT",
    "PACKAGES", "TAX", "PAYMENT",
]  # fmt: skip
LISTING_DATA = [
    "summaries", "attributes", "issues", "offers", "fulfillmentAvailability", "procurement",
    "relationships", "productTypes",
]  # fmt: skip


class Judge:
    """Makes calls and collects what the models have against the answers."""

    def __init__(self, amazon: Amazon) -> None:
        self.amazon = amazon
        self.found: list[str] = []

    def __call__(
        self, model: str, operation: str, method: str, path: str, body: Any = None, **query: Any
    ) -> Any:
        answer = self.amazon.call(method, path, body, **query)
        data = answer.data if answer.body else None
        self.found += complaints(model, operation, answer.status, data)
        return data


@pytest.fixture
def judge(amazon: Amazon) -> Judge:
    return Judge(amazon)


@covers("R430")
@pytest.mark.parametrize("vat_rows", ["none", "included", "added"])
def test_orders_of_every_kind(judge: Judge, backstage: AmazonControl, vat_rows: str) -> None:
    backstage.set(vat_rows=vat_rows)
    backstage.amazon("POST", "orders", {"count": 150, "mixed": True})
    backstage.advance(300)
    query = {"createdAfter": "2026-11-01T00:00:00Z", "includedData": EVERYTHING}
    seen: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        page = judge(
            "orders", "searchOrders", "GET", ORDERS, maxResultsPerPage=40, **query, **token
        )
        seen += page["orders"]
        if "pagination" not in page:
            break
        token = {"paginationToken": page["pagination"]["nextToken"]}
    assert len(seen) == 150
    assert {each["fulfillment"]["fulfillmentStatus"] for each in seen} == {
        "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED",
    }  # fmt: skip
    order = judge("orders", "getOrder", "GET", f"{ORDERS}/{seen[0]['orderId']}")["order"]
    assert set(order) >= {"orderId", "orderItems"}
    judge("orders", "getOrder", "GET", f"{ORDERS}/202-0000000-0000000")
    judge("orders", "searchOrders", "GET", ORDERS)
    assert judge.found == []


@covers("R430")
def test_listings_and_product_types(judge: Judge, backstage: AmazonControl) -> None:
    body = {"productType": "HOME", "requirements": "LISTING", "attributes": home()}
    path = f"{ITEMS}/VASE%2F1"
    preview = {"marketplaceIds": UK, "mode": "VALIDATION_PREVIEW"}
    judge("listings", "putListingsItem", "PUT", path, body, **preview)
    judge("listings", "putListingsItem", "PUT", path, {**body, "attributes": {}}, marketplaceIds=UK)
    included = {"marketplaceIds": UK, "includedData": ["issues", "identifiers"]}
    judge("listings", "putListingsItem", "PUT", path, body, **included)
    patches = [
        replace("purchasable_offer", offer(12.5, audience="ALL")),
        replace("fulfillment_availability", stock(3)),
    ]
    change = {"productType": "PRODUCT", "patches": patches}
    judge("listings", "patchListingsItem", "PATCH", path, change, marketplaceIds=UK)
    backstage.amazon("POST", "issues/VASE/1", {"action": "SEARCH_SUPPRESSED"})
    query = {"marketplaceIds": UK, "includedData": LISTING_DATA}
    item = judge("listings", "getListingsItem", "GET", path, **query)
    assert item["issues"][0]["enforcements"]["actions"] == [{"action": "SEARCH_SUPPRESSED"}]
    found = judge("listings", "searchListingsItems", "GET", ITEMS, **query)
    assert found["numberOfResults"] == 1
    judge("listings", "deleteListingsItem", "DELETE", path, marketplaceIds=UK)
    judge("listings", "getListingsItem", "GET", path, **query)
    types = "/definitions/2020-09-01/productTypes"
    operation = "searchDefinitionsProductTypes"
    judge("definitions", operation, "GET", types, marketplaceIds=UK, keywords="tea")
    query = {"marketplaceIds": UK, "requirements": "LISTING"}
    judge("definitions", "getDefinitionsProductType", "GET", f"{types}/SHIRT", **query)
    judge("definitions", "getDefinitionsProductType", "GET", f"{types}/NOTHING", **query)
    assert judge.found == []


@covers("R430")
def test_feeds_and_their_report(judge: Judge, amazon: Amazon) -> None:
    document = judge(
        "feeds", "createFeedDocument", "POST", f"{FEEDS}/documents", {"contentType": "text/xml"}
    )
    assert set(document) == {"feedDocumentId", "url"}
    feed = amazon.feed(
        "JSON_LISTINGS_FEED",
        {
            "header": {
                "sellerId": "A2DEMOSELLER",
                "version": "2.0",
                "report": {"includedData": LISTING_DATA, "apiVersion": "2021-08-01"},
            },
            "messages": [
                {
                    "messageId": 1,
                    "sku": "A",
                    "operationType": "UPDATE",
                    "productType": "HOME",
                    "attributes": home(),
                },
                {
                    "messageId": 2,
                    "sku": "B",
                    "operationType": "PATCH",
                    "productType": "PRODUCT",
                    "patches": [replace("fulfillment_availability", stock(1))],
                },
                {"messageId": 3, "sku": "C", "operationType": "UPDATE"},
                {"messageId": 3, "sku": "D", "operationType": "DELETE"},
                {"messageId": 4, "sku": "E", "operationType": "DELETE"},
            ],
        },
    )
    state = judge("feeds", "getFeed", "GET", f"{FEEDS}/feeds/{feed}")
    judge("feeds", "getFeeds", "GET", f"{FEEDS}/feeds", feedTypes="JSON_LISTINGS_FEED")
    path = f"{FEEDS}/documents/{state['resultFeedDocumentId']}"
    result = amazon.download(judge("feeds", "getFeedDocument", "GET", path))
    report = json.loads(result)
    name = "listings-feed-processing-report-schema-v2.json"
    assert feed_complaints(name, report) == []
    assert report["summary"] == {
        "errors": 3,
        "warnings": 0,
        "messagesProcessed": 5,
        "messagesAccepted": 2,
        "messagesInvalid": 3,
        "itemSummary": {"items": 1, "errors": 0, "warnings": 0},
    }
    judge("feeds", "cancelFeed", "DELETE", f"{FEEDS}/feeds/{feed}")
    assert judge.found == []


def test_reports_money_stock_and_access(judge: Judge, backstage: AmazonControl) -> None:
    backstage.amazon("POST", "fba", {"sku": "F-1", "fulfillable": 7})
    for market in (UK, US):
        order = backstage.order_of(
            marketplace=market, status="SHIPPED", shipping="1.99", promotion="0.50"
        )
        backstage.step(order, "refund")
    backstage.amazon("POST", "settlements", {"marketplace": UK})
    backstage.advance(300)
    kind = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
    body = {"reportType": kind, "marketplaceIds": [UK]}
    made = judge("reports", "createReport", "POST", f"{REPORTS}/reports", body)
    report = judge("reports", "getReport", "GET", f"{REPORTS}/reports/{made['reportId']}")
    judge("reports", "getReports", "GET", f"{REPORTS}/reports", reportTypes=kind)
    path = f"{REPORTS}/documents/{report['reportDocumentId']}"
    judge("reports", "getReportDocument", "GET", path)
    query = {"postedAfter": "2026-11-01T00:00:00Z"}
    path = "/finances/2024-06-19/transactions"
    rows = judge("finances", "listTransactions", "GET", path, **query)["payload"]["transactions"]
    assert [each["transactionType"] for each in rows] == ["Shipment", "Refund"] * 2
    query = {
        "granularityType": "Marketplace",
        "granularityId": UK,
        "marketplaceIds": UK,
        "details": "true",
    }
    judge("fba", "getInventorySummaries", "GET", "/fba/inventory/v1/summaries", **query)
    path = "/sellers/v1/marketplaceParticipations"
    judge("sellers", "getMarketplaceParticipations", "GET", path)
    resource = {"method": "GET", "path": "/orders/v0/orders"}
    path = "/tokens/2021-03-01/restrictedDataToken"
    judge("tokens", "createRestrictedDataToken", "POST", path, {"restrictedResources": [resource]})
    path = "/notifications/v1/subscriptions"
    judge("notifications", "getSubscription", "GET", f"{path}/ORDER_CHANGE")
    query = {"notificationTypes": "ORDER_CHANGE"}
    judge("notifications", "getSubscriptions", "GET", path, **query)
    assert judge.found == []


def test_grantless_notifications(judge: Judge, amazon: Amazon) -> None:
    amazon.login(
        grant_type="client_credentials", refresh_token="", scope="sellingpartnerapi::notifications"
    )
    arn = "arn:aws:sqs:us-east-2:444455556666:queue1"
    body = {"name": "mine", "resourceSpecification": {"sqs": {"arn": arn}}}
    path = "/notifications/v1/destinations"
    made = judge("notifications", "createDestination", "POST", path, body)["payload"]
    assert len(judge("notifications", "getDestinations", "GET", path)["payload"]) == 2
    path = f"{path}/{made['destinationId']}"
    judge("notifications", "getDestination", "GET", path)
    judge("notifications", "deleteDestination", "DELETE", path)
    assert amazon.call("GET", path).status == 404
    assert judge.found == []


@covers("R430")
def test_every_notification_is_as_published(amazon: Amazon, backstage: AmazonControl) -> None:
    backstage.amazon("POST", "orders", {"count": 40, "mixed": True})
    order = backstage.order_of(status="UNSHIPPED", business=True)
    backstage.step(order, "request-cancel", reason="CHANGED_MIND")
    for market in (UK, DE):
        amazon.put("A", home(market), marketplaceIds=market)
    backstage.amazon("POST", "issues/A", {"action": "SEARCH_SUPPRESSED"})
    amazon.call("DELETE", f"{ITEMS}/A", marketplaceIds=DE)
    amazon.feed("POST_PRODUCT_DATA", b"<x/>")
    amazon.feed("JSON_LISTINGS_FEED", b"{}")
    body = {"reportType": "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA", "marketplaceIds": [UK]}
    amazon.ok("POST", f"{REPORTS}/reports", body)
    messages = amazon.messages()
    assert {type_of(each) for each in messages} == set(SCHEMAS)
    found: list[str] = []
    for message in messages:
        kind = type_of(message)
        if kind == "LISTINGS_ITEM_STATUS_CHANGE":  # the schema's enum has another spelling
            message["NotificationType"] = "LISTINGS_ITEM_STATUS_CHANGED"
        found += notification_complaints(SCHEMAS[kind], message)
    assert found == []
