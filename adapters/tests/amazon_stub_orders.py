"""The part of Amazon's stub that holds orders; see :mod:`amazon_stub`."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import amazon_samples as samples
from marketplace_adapters.testing.server import Call, Reply


def error(status: int, code: str, message: str, details: str = "") -> Reply:
    """An error list."""
    row = {"code": code, "message": message, "details": details}
    return Reply(status, {"errors": [row]}, {"x-amzn-RequestId": "stub-request"})


class OrdersStub:
    """Orders, what was told of them, and money.

    :ivar page: most rows of a page of orders.
    """

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.acknowledged: dict[str, str] = {}
        self.refunds: list[tuple[str, str, str, str]] = []
        self.transactions: list[dict[str, Any]] = []
        self.page = 100

    def add_order(self, number: int, **members: Any) -> tuple[str, str]:
        """Ids of a new order and of its item."""
        key = f"302-{number:07d}-{number:07d}"
        self.orders[key] = samples.order(key, orderItems=[samples.item(number)], **members)
        return key, f"{number:014d}"

    def _process_orders(self, content: bytes) -> bytes:
        root = ElementTree.fromstring(content)
        assert root.findtext("Header/MerchantIdentifier") == samples.SELLER
        rows = []
        messages = root.findall("Message")
        for message in messages:
            said = self._order_message(message)
            if said:
                rows.append((message.findtext("MessageID"), said))
        results = "".join(
            f"<Result><MessageID>{number}</MessageID><ResultCode>Error</ResultCode>"
            f"<ResultMessageCode>25</ResultMessageCode><ResultDescription>{said}"
            f"</ResultDescription><AdditionalInfo><AmazonOrderID>{order}</AmazonOrderID>"
            "</AdditionalInfo></Result>"
            for number, (said, order) in rows
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?><AmazonEnvelope><Header><DocumentVersion>1.02'
            "</DocumentVersion></Header><MessageType>ProcessingReport</MessageType><Message>"
            "<MessageID>1</MessageID><ProcessingReport><DocumentTransactionID>1"
            "</DocumentTransactionID><StatusCode>Complete</StatusCode><ProcessingSummary>"
            f"<MessagesProcessed>{len(messages)}</MessagesProcessed><MessagesSuccessful>"
            f"{len(messages) - len(rows)}</MessagesSuccessful><MessagesWithError>{len(rows)}"
            "</MessagesWithError><MessagesWithWarning>0</MessagesWithWarning></ProcessingSummary>"
            f"{results}</ProcessingReport></Message></AmazonEnvelope>"
        ).encode()

    def _order_message(self, message: ElementTree.Element) -> tuple[str, str] | None:
        body = message[1]
        key = body.findtext("AmazonOrderID") or ""
        order = self.orders.get(key)
        if order is None:
            return "The order is unknown.", key
        if body.tag == "OrderAdjustment":
            for item in body.findall("AdjustedItem"):
                for part in item.findall("ItemPriceAdjustments/Component"):
                    amount = part.find("Amount")
                    assert amount is not None
                    code = item.findtext("AmazonOrderItemCode") or ""
                    kind = part.findtext("Type") or ""
                    self.refunds.append((key, code, kind, amount.text or ""))
        elif body.tag == "OrderFulfillment":
            self._ship(
                order,
                body.findtext("MerchantFulfillmentID") or "",
                body.findtext("FulfillmentData/ShipperTrackingNumber"),
            )
        elif body.findtext("StatusCode") == "Success":
            self.acknowledged[key] = body.findtext("MerchantOrderID") or ""
            alias = {"aliasId": self.acknowledged[key], "aliasType": "SELLER_ORDER_ID"}
            order["orderAliases"] = [alias]
        else:
            order["fulfillment"]["fulfillmentStatus"] = "CANCELLED"
        return None

    @staticmethod
    def _ship(order: dict[str, Any], reference: str, tracking: str | None) -> None:
        packages = order.setdefault("packages", [])
        packages[:] = [one for one in packages if one["packageReferenceId"] != reference]
        packages.append({"packageReferenceId": reference, "trackingNumber": tracking or ""})
        order["fulfillment"]["fulfillmentStatus"] = "SHIPPED"

    def _orders_orders(self, call: Call, parts: list[str]) -> Reply:
        if parts[1:] == ["shipmentConfirmation"]:
            order = self.orders.get(parts[0])
            if order is None:
                return error(400, "InvalidInput", "Order not found")
            detail = call.json["packageDetail"]
            self._ship(order, detail["packageReferenceId"], detail["trackingNumber"])
            return Reply(204)
        if parts:
            order = self.orders.get(parts[0])
            return Reply(200, {"order": order}) if order else error(404, "NotFound", "No order")
        since = call.query["lastUpdatedAfter"]
        until = call.query.get("lastUpdatedBefore", "9999")
        rows = [o for o in self.orders.values() if since <= o["lastUpdatedTime"] < until]
        start = int(call.query.get("paginationToken") or 0)
        end = start + min(int(call.query.get("maxResultsPerPage", 100)), self.page)
        body: dict[str, Any] = {"orders": rows[start:end]}
        if end < len(rows):
            body["pagination"] = {"nextToken": str(end)}
        return Reply(200, body)

    def _finances_transactions(self, call: Call, parts: list[str]) -> Reply:
        return Reply(200, {"payload": {"transactions": self.transactions}})
