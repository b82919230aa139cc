"""Operations that read: orders, reports, finances, stock, notifications.

Sources: the models orders_2026-01-01, reports_2021-06-30, finances_2024-06-19, fbaInventory,
notifications. Each of the lists has its own way of turning a page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ..core.dates import iso
from ..core.errors import ServerError
from ..core.shape import as_id, as_object
from ..core.transport import segment
from . import documents
from .calls import Caller

ORDERS = "/orders/2026-01-01/orders"
REPORTS = "/reports/2021-06-30"
TRANSACTIONS = "/finances/2024-06-19/transactions"
SUMMARIES = "/fba/inventory/v1/summaries"
NOTIFICATIONS = "/notifications/v1"
NOTIFICATION_SCOPE = "sellingpartnerapi::notifications"
"""Destinations belong to the application and not to a seller (U: the scope's name)."""


class ReadingCalls(Caller):
    """Part of :class:`~.client.Client`."""

    # === ORDERS === #

    def search_orders(
        self,
        since: datetime,
        until: datetime | None = None,
        *,
        markets: Sequence[str] = (),
        data: Sequence[str] = (),
        page_token: str = "",
    ) -> Mapping[str, Any]:
        """searchOrders: 100 a page, by their last update.

        :param since, until: the same again with every ``page_token``, which holds for a day.
        :param data: ``includedData``.
        """
        params = {
            "lastUpdatedAfter": iso(since),
            "lastUpdatedBefore": iso(until) if until else None,
            "marketplaceIds": markets or None,
            "maxResultsPerPage": 100,
            "includedData": data or None,
            "paginationToken": page_token or None,
        }
        return as_object(self.call("searchOrders", "GET", ORDERS, params=params), "answer")

    # === REPORTS === #

    def reports(
        self,
        types: Sequence[str] = (),
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        markets: Sequence[str] = (),
        page_token: str = "",
    ) -> Mapping[str, Any]:
        """getReports: 100 a page, of the last 90 days at most.

        :param page_token: excludes every other parameter (M).
        """
        if page_token:
            params: dict[str, Any] = {"nextToken": page_token}
        else:
            params = {
                "reportTypes": types,
                "marketplaceIds": markets[:10] or None,
                "pageSize": 100,
                "createdSince": iso(since) if since else None,
                "createdUntil": iso(until) if until else None,
            }
        reply = self.call("getReports", "GET", f"{REPORTS}/reports", params=params)
        return as_object(reply, "answer")

    def create_report(
        self,
        report_type: str,
        markets: Sequence[str],
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> str:
        """createReport; the id of the report."""
        body: dict[str, Any] = {"reportType": report_type, "marketplaceIds": list(markets[:25])}
        if since:
            body["dataStartTime"] = iso(since)
        if until:
            body["dataEndTime"] = iso(until)
        reply = self.call("createReport", "POST", f"{REPORTS}/reports", json=body)
        return as_id(as_object(reply, "report").get("reportId"), "reportId")

    def report(self, report: str) -> Mapping[str, Any]:
        """getReport."""
        path = f"{REPORTS}/reports/{segment(report)}"
        return as_object(self.call("getReport", "GET", path), "report")

    def report_document(self, document: str) -> documents.Document:
        """getReportDocument and the download; an address that is over is asked for once more."""
        path = f"{REPORTS}/documents/{segment(document)}"
        for last in (False, True):
            url, packed = documents.described(self.call("getReportDocument", "GET", path))
            try:
                return documents.download(self.transport, url, packed)
            except ServerError as error:
                if last or error.code != documents.EXPIRED:
                    raise
        raise AssertionError("unreachable")

    # === MONEY, STOCK === #

    def transactions(
        self, since: datetime, until: datetime | None = None, *, page_token: str = ""
    ) -> Mapping[str, Any]:
        """listTransactions: what was posted in at most 180 days, all marketplaces.

        :param page_token: comes with the arguments of the call that gave it (M).
        """
        params = {
            "postedAfter": iso(since),
            "postedBefore": iso(until) if until else None,
            "nextToken": page_token or None,
        }
        reply = self.call("listTransactions", "GET", TRANSACTIONS, params=params)
        return as_object(as_object(reply, "answer").get("payload"), "payload")

    def inventory_summaries(
        self, market: str, since: datetime | None = None, *, page_token: str = ""
    ) -> Mapping[str, Any]:
        """getInventorySummaries, with details.

        :param since: changed since then, at most 18 months ago; also with a ``page_token``, which
            holds for 30 seconds (M).
        """
        params = {
            "details": True,
            "granularityType": "Marketplace",
            "granularityId": market,
            "marketplaceIds": (market,),
            "startDateTime": iso(since) if since else None,
            "nextToken": page_token or None,
        }
        reply = self.call("getInventorySummaries", "GET", SUMMARIES, params=params)
        return as_object(reply, "answer")

    # === NOTIFICATIONS === #

    def destinations(self) -> Mapping[str, Any]:
        """getDestinations, without a seller."""
        path = f"{NOTIFICATIONS}/destinations"
        reply = self.call("getDestinations", "GET", path, scope=NOTIFICATION_SCOPE)
        return as_object(reply, "answer")

    def create_destination(self, name: str, queue_arn: str) -> str:
        """createDestination for a queue, without a seller; the id of the destination."""
        body = {"name": name, "resourceSpecification": {"sqs": {"arn": queue_arn}}}
        path = f"{NOTIFICATIONS}/destinations"
        reply = self.call("createDestination", "POST", path, json=body, scope=NOTIFICATION_SCOPE)
        data = as_object(as_object(reply, "answer").get("payload"), "payload")
        return as_id(data.get("destinationId"), "destinationId")

    def subscription(self, kind: str) -> Mapping[str, Any]:
        """getSubscription; RejectedError (404) when there is none."""
        path = f"{NOTIFICATIONS}/subscriptions/{segment(kind)}"
        return as_object(self.call("getSubscription", "GET", path), "answer")

    def subscribe(self, kind: str, destination: str, version: str = "1.0") -> str:
        """createSubscription; the id of the subscription.

        :param version: ``payloadVersion``.
        """
        body = {"payloadVersion": version, "destinationId": destination}
        path = f"{NOTIFICATIONS}/subscriptions/{segment(kind)}"
        reply = self.call("createSubscription", "POST", path, json=body)
        data = as_object(as_object(reply, "answer").get("payload"), "payload")
        return as_id(data.get("subscriptionId"), "subscriptionId")
