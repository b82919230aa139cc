"""The operations by method and path. Their names are those of the models (operationId)."""

from __future__ import annotations

import re
from typing import NamedTuple

SKU = r"(?P<sku>.+)"
ID = r"(?P<id>[^/]+)"
ORDERS = "orders/2026-01-01/orders"
V0 = "orders/v0/orders"
LISTINGS = "listings/2021-08-01/items/(?P<seller>[^/]+)"
FEEDS = "feeds/2021-06-30"
REPORTS = "reports/2021-06-30"
NOTIFICATIONS = "notifications/v1"
DEFINITIONS = "definitions/2020-09-01/productTypes"


class Operation(NamedTuple):
    name: str
    method: str
    pattern: re.Pattern[str]


def _operation(name: str, method: str, path: str) -> Operation:
    return Operation(name, method, re.compile(path))


OPERATIONS = tuple(
    _operation(*each)
    for each in (
        ("login", "POST", "auth/o2/token"),
        ("document", "GET", "documents/.+"),
        ("document", "HEAD", "documents/.+"),
        ("document", "PUT", "documents/.+"),
        ("queue", "POST", "sqs(/.*)?"),
        ("getMarketplaceParticipations", "GET", "sellers/v1/marketplaceParticipations"),
        ("searchDefinitionsProductTypes", "GET", DEFINITIONS),
        ("getDefinitionsProductType", "GET", f"{DEFINITIONS}/{ID}"),
        ("searchListingsItems", "GET", LISTINGS),
        ("putListingsItem", "PUT", f"{LISTINGS}/{SKU}"),
        ("patchListingsItem", "PATCH", f"{LISTINGS}/{SKU}"),
        ("getListingsItem", "GET", f"{LISTINGS}/{SKU}"),
        ("deleteListingsItem", "DELETE", f"{LISTINGS}/{SKU}"),
        ("createFeedDocument", "POST", f"{FEEDS}/documents"),
        ("getFeedDocument", "GET", f"{FEEDS}/documents/{ID}"),
        ("createFeed", "POST", f"{FEEDS}/feeds"),
        ("getFeeds", "GET", f"{FEEDS}/feeds"),
        ("getFeed", "GET", f"{FEEDS}/feeds/{ID}"),
        ("cancelFeed", "DELETE", f"{FEEDS}/feeds/{ID}"),
        ("searchOrders", "GET", ORDERS),
        ("getOrder", "GET", f"{ORDERS}/{ID}"),
        ("confirmShipment", "POST", f"{V0}/{ID}/shipmentConfirmation"),
        ("v0.getOrders", "GET", V0),
        ("v0.getOrder", "GET", f"{V0}/{ID}"),
        ("v0.getOrderBuyerInfo", "GET", f"{V0}/{ID}/buyerInfo"),
        ("v0.getOrderAddress", "GET", f"{V0}/{ID}/address"),
        ("v0.getOrderItems", "GET", f"{V0}/{ID}/orderItems"),
        ("v0.getOrderItemsBuyerInfo", "GET", f"{V0}/{ID}/orderItems/buyerInfo"),
        ("createReport", "POST", f"{REPORTS}/reports"),
        ("getReports", "GET", f"{REPORTS}/reports"),
        ("getReport", "GET", f"{REPORTS}/reports/{ID}"),
        ("cancelReport", "DELETE", f"{REPORTS}/reports/{ID}"),
        ("getReportDocument", "GET", f"{REPORTS}/documents/{ID}"),
        ("listTransactions", "GET", "finances/2024-06-19/transactions"),
        ("v0.listFinancialEvents", "GET", "finances/v0/.+"),
        ("getInventorySummaries", "GET", "fba/inventory/v1/summaries"),
        ("createRestrictedDataToken", "POST", "tokens/2021-03-01/restrictedDataToken"),
        ("getSubscriptions", "GET", f"{NOTIFICATIONS}/subscriptions"),
        ("getSubscription", "GET", f"{NOTIFICATIONS}/subscriptions/(?P<type>[^/]+)"),
        ("createSubscription", "POST", f"{NOTIFICATIONS}/subscriptions/(?P<type>[^/]+)"),
        (
            "sendTestNotification",
            "POST",
            f"{NOTIFICATIONS}/subscriptions/(?P<type>[^/]+)/testNotification",
        ),
        (
            "getSubscriptionById",
            "GET",
            f"{NOTIFICATIONS}/subscriptions/(?P<type>[^/]+)/{ID}",
        ),
        (
            "deleteSubscriptionById",
            "DELETE",
            f"{NOTIFICATIONS}/subscriptions/(?P<type>[^/]+)/{ID}",
        ),
        ("createDestination", "POST", f"{NOTIFICATIONS}/destinations"),
        ("getDestinations", "GET", f"{NOTIFICATIONS}/destinations"),
        ("getDestination", "GET", f"{NOTIFICATIONS}/destinations/{ID}"),
        ("deleteDestination", "DELETE", f"{NOTIFICATIONS}/destinations/{ID}"),
    )
)
#: What is an API path and never a page.
PREFIXES = re.compile(
    r"(auth/|documents/|sqs(/|$)|[a-z]+/(v\d|\d{4}-\d\d-\d\d)(/|$)|fba/inventory/)"
)
#: Operations that are gone; they answer 410 and stand in the log under these names.
REMOVED = frozenset(each.name for each in OPERATIONS if each.name.startswith("v0."))
#: No token and no usage plan of the Selling Partner API.
OUTSIDE = frozenset(("login", "document", "queue"))


def find(method: str, path: str) -> tuple[str, dict[str, str]] | None:
    """(name, parts of the path) of a call; None outside the API.

    An API path that no operation has is ``unknown``, one with another method ``wrong method``.
    """
    if not PREFIXES.match(path):
        return None
    known = False
    for operation in OPERATIONS:
        match = operation.pattern.fullmatch(path)
        if match is not None:
            known = True
            if operation.method == method:
                return operation.name, match.groupdict()
    return ("wrong method" if known else "unknown"), {}
