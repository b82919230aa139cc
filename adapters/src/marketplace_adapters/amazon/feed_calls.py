"""Operations on feeds, and the two order operations that write or prove what was written.

Sources: the models feeds_2021-06-30, ordersV0 (confirmShipment, the only one of it that is not
deprecated and used), orders_2026-01-01 (getOrder).
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

FEEDS = "/feeds/2021-06-30/feeds"
DOCUMENTS = "/feeds/2021-06-30/documents"


class FeedCalls(Caller):
    """Part of :class:`~.client.Client`."""

    def upload(self, content: bytes, content_type: str) -> str:
        """createFeedDocument and the upload; the id of the document.

        The address holds for five minutes; one that is over already is asked for once more.
        """
        for last in (False, True):
            reply = self.call(
                "createFeedDocument", "POST", DOCUMENTS, json={"contentType": content_type}
            )
            data = as_object(reply, "document")
            document = as_id(data.get("feedDocumentId"), "feedDocumentId")
            try:
                documents.upload(
                    self.transport, documents.described(data)[0], content, content_type
                )
                break
            except ServerError as error:
                if last or error.code != documents.EXPIRED:
                    raise
        return document

    def create_feed(self, feed_type: str, markets: Sequence[str], document: str) -> str:
        """createFeed; the id of the feed. Its budget was taken before the upload."""
        body = {
            "feedType": feed_type,
            "marketplaceIds": list(markets),
            "inputFeedDocumentId": document,
        }
        reply = self.call("createFeed", "POST", FEEDS, json=body, cost=0)
        return as_id(as_object(reply, "feed").get("feedId"), "feedId")

    def feed(self, feed: str) -> Mapping[str, Any]:
        """getFeed."""
        reply = self.call("getFeed", "GET", f"{FEEDS}/{segment(feed)}")
        return as_object(reply, "feed")

    def feeds(
        self, feed_types: Sequence[str], *, since: datetime | None = None, page_token: str = ""
    ) -> Any:
        """getFeeds, newest first; at most 100 a page, of the last 90 days.

        :param page_token: excludes every other parameter (M).
        """
        if page_token:
            params: dict[str, Any] = {"nextToken": page_token}
        else:
            params = {
                "feedTypes": feed_types,
                "pageSize": 100,
                "createdSince": iso(since) if since else None,
            }
        return self.call("getFeeds", "GET", FEEDS, params=params)

    def cancel_feed(self, feed: str) -> None:
        """cancelFeed: only one that is IN_QUEUE."""
        self.call("cancelFeed", "DELETE", f"{FEEDS}/{segment(feed)}")

    def feed_document(self, document: str) -> documents.Document:
        """getFeedDocument and the download; an address that is over is asked for once more."""
        for last in (False, True):
            reply = self.call("getFeedDocument", "GET", f"{DOCUMENTS}/{segment(document)}")
            url, packed = documents.described(reply)
            try:
                return documents.download(self.transport, url, packed)
            except ServerError as error:
                if last or error.code != documents.EXPIRED:
                    raise
        raise AssertionError("unreachable")

    # === ORDERS === #

    def confirm_shipment(self, order: str, body: dict[str, Any]) -> None:
        """confirmShipment (ordersV0): 204 without a body.

        :param body: ConfirmShipmentRequest.
        """
        path = f"/orders/v0/orders/{segment(order)}/shipmentConfirmation"
        self.call("confirmShipment", "POST", path, json=body)

    def get_order(self, order: str, data: Sequence[str] = ("FULFILLMENT",)) -> Mapping[str, Any]:
        """getOrder (2026-01-01); the order itself.

        :param data: ``includedData``, e.g. ``("PACKAGES",)``.
        """
        path = f"/orders/2026-01-01/orders/{segment(order)}"
        reply = self.call("getOrder", "GET", path, params={"includedData": data})
        return as_object(as_object(reply, "answer").get("order"), "order")

    def refunds_of(self, order: str) -> list[Mapping[str, Any]]:
        """listTransactions (finances 2024-06-19) of one order: those that give money back.

        They show up to 48 hours after the fact (M).
        """
        params = {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": order}
        reply = self.call(
            "listTransactions", "GET", "/finances/2024-06-19/transactions", params=params
        )
        payload = as_object(as_object(reply, "answer").get("payload"), "payload")
        rows = payload.get("transactions")
        return [
            row
            for row in (rows if isinstance(rows, list) else [])
            if isinstance(row, Mapping) and "refund" in str(row.get("transactionType")).lower()
        ]
