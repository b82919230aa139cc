"""The Notifications API and the messages that it sends, in the shapes of the published schemas.

Messages go to the queue that a subscription's destination names (the last part of its ARN). They
are at least once and in no order: rules for webhooks (`duplicate`, `reorder`, `drop`, `delay`,
`wrong_json`, `empty`) with the notification type as `topic` work on them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from ..room import Exchange
from ..store import Table
from ..wire import json_response, to_json
from .api import Handler, Parts
from .errors import SpError, invalid, missing
from .model import Feed, Listing, Order, Report
from .values import body_object, csv_of, digest, iso, text_member

if TYPE_CHECKING:
    from .room import AmazonRoom

#: type → payload version
TYPES = {
    "ORDER_CHANGE": "1.0",
    "LISTINGS_ITEM_STATUS_CHANGE": "1.0",
    "LISTINGS_ITEM_ISSUES_CHANGE": "1.0",
    "FEED_PROCESSING_FINISHED": "2020-09-04",
    "REPORT_PROCESSING_FINISHED": "2020-09-04",
}
ARN = re.compile(r"arn:aws:sqs:[^:\s]+:[^:\s]+:([^:\s]+)")
V0_STATUS = {
    "PENDING_AVAILABILITY": "PendingAvailability",
    "PENDING": "Pending",
    "UNSHIPPED": "Unshipped",
    "PARTIALLY_SHIPPED": "PartiallyShipped",
    "SHIPPED": "Shipped",
    "CANCELLED": "Canceled",
    "UNFULFILLABLE": "Unfulfillable",
}
PROGRAMS = {"AMAZON_BUSINESS": "Business", "PRIME": "Prime", "PREMIUM": "Premium"}
APPLICATION = "amzn1.sellerapps.app.demo"


class Notifications:
    """Destinations, subscriptions, and the sending."""

    def __init__(self, room: AmazonRoom) -> None:
        self._room = room
        store = room.services.store
        self.destinations: Table[dict[str, Any]] = Table(store, "amazon.destinations", dict, dict)
        self.subscriptions: Table[dict[str, Any]] = Table(store, "amazon.subscriptions", dict, dict)

    def clear(self) -> None:
        self.destinations.clear()
        self.subscriptions.clear()

    def handlers(self) -> dict[str, Handler]:
        return {
            "createDestination": self._create_destination,
            "getDestinations": lambda *_: json_response({"payload": self.destinations.values()}),
            "getDestination": lambda _, parts: json_response(
                {"payload": self._destination(parts["id"])}
            ),
            "deleteDestination": self._delete_destination,
            "createSubscription": self._create,
            "getSubscriptions": self._list,
            "getSubscription": self._get,
            "getSubscriptionById": self._get,
            "deleteSubscriptionById": self._delete,
            "sendTestNotification": self._test,
        }

    # === DESTINATIONS === #

    def _create_destination(self, exchange: Exchange, _: Parts) -> Response:
        body = body_object(exchange.body)
        name, given = text_member(body, "name"), body.get("resourceSpecification")
        sqs = given.get("sqs") if isinstance(given, dict) else None
        arn = sqs.get("arn") if isinstance(sqs, dict) else None
        if not isinstance(arn, str) or not ARN.fullmatch(arn):
            raise invalid("Only destinations with an SQS ARN are simulated.")
        if any(each["resource"]["sqs"]["arn"] == arn for each in self.destinations.values()):
            raise SpError(409, "A destination with this resource exists already.")
        return json_response({"payload": self.add_destination(name, arn)})

    def add_destination(self, name: str, arn: str) -> dict[str, Any]:
        identifier = self._uid("destination")
        row = {"name": name, "destinationId": identifier, "resource": {"sqs": {"arn": arn}}}
        self.destinations.put(identifier, row)
        return row

    def _destination(self, identifier: str) -> dict[str, Any]:
        found = self.destinations.get(identifier)
        if found is None:
            raise missing("The destination was not found.")
        return found

    def _delete_destination(self, exchange: Exchange, parts: Parts) -> Response:
        self._destination(parts["id"])
        if any(each["destinationId"] == parts["id"] for each in self.subscriptions.values()):
            raise SpError(409, "The destination is used by a subscription.")
        self.destinations.pop(parts["id"])
        return json_response({})

    # === SUBSCRIPTIONS === #

    @staticmethod
    def _type(kind: str) -> str:
        if kind not in TYPES:
            raise invalid(f"Notification type '{kind[:60]}' is not supported.")
        return kind

    def _create(self, exchange: Exchange, parts: Parts) -> Response:
        kind, body = self._type(parts["type"]), body_object(exchange.body)
        version = text_member(body, "payloadVersion")
        if version not in (TYPES[kind], "1.0"):
            raise invalid(f"Payload version '{version[:20]}' is not supported.")
        self._destination(text_member(body, "destinationId"))
        if any(each["type"] == kind for each in self.subscriptions.values()):
            raise SpError(409, "There is a subscription of this type already.")
        directive = body.get("processingDirective") or {}
        return json_response({"payload": self.subscribe(kind, body["destinationId"], directive)})

    def subscribe(
        self, kind: str, destination: str, directive: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        identifier = self._uid("subscription")
        row = {
            "type": kind,
            "subscriptionId": identifier,
            "payloadVersion": TYPES[kind],
            "destinationId": destination,
            "processingDirective": directive or {},
        }
        self.subscriptions.put(identifier, row)
        return _shown(row)

    def subscribe_all(self, queue: str) -> None:
        """Every type to one queue, by hand."""
        for each in self.subscriptions.values():
            self.subscriptions.pop(each["subscriptionId"])
        arn = f"arn:aws:sqs:eu-west-1:000000000000:{queue}"
        known = [e for e in self.destinations.values() if e["resource"]["sqs"]["arn"] == arn]
        destination = known[0] if known else self.add_destination(queue, arn)
        for kind in TYPES:
            self.subscribe(kind, destination["destinationId"])

    def _list(self, exchange: Exchange, _: Parts) -> Response:
        args = exchange.request.args
        (kind,) = csv_of(args, "notificationTypes", most=1, required=True)
        rows = [_shown(each) for each in self.subscriptions.values() if each["type"] == kind]
        return json_response({"payload": {"subscriptions": rows}})

    def _get(self, exchange: Exchange, parts: Parts) -> Response:
        return json_response({"payload": _shown(self._find(parts))})

    def _find(self, parts: Parts) -> dict[str, Any]:
        kind = self._type(parts["type"])
        for each in self.subscriptions.values():
            if each["type"] == kind and parts.get("id") in (None, each["subscriptionId"]):
                return each
        raise missing("The subscription was not found.")

    def _delete(self, exchange: Exchange, parts: Parts) -> Response:
        self.subscriptions.pop(self._find(parts)["subscriptionId"])
        return json_response({})

    def _test(self, exchange: Exchange, parts: Parts) -> Response:
        found = self._find(parts)
        test = {"NotificationType": found["type"], "Payload": {"Test": True}}
        self._room.queue.send(self._queue(found), to_json(test).decode(), found["type"])
        return json_response({"payload": {}})

    # === SENDING === #

    def _uid(self, kind: str) -> str:
        number = self._room.services.store.next_id(f"amazon.{kind}", 1)
        text = digest(kind, self._room.services.seed, str(number))
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:32]}"

    def _queue(self, subscription: dict[str, Any]) -> str:
        row = self.destinations.get(subscription["destinationId"])
        match = ARN.fullmatch(row["resource"]["sqs"]["arn"]) if row else None
        return match.group(1) if match else ""

    def _send(self, kind: str, payload: dict[str, Any], market: str = "", change: str = "") -> None:
        """To everyone who wants this type: the envelope in the spelling of the type."""
        for each in self.subscriptions.values():
            queue = self._queue(each)
            if each["type"] != kind or not queue or _filtered(each, market, change):
                continue
            now = iso(self._room.now())
            envelope: dict[str, Any] = {
                "NotificationVersion": "1.0",
                "NotificationType": kind,
                "PayloadVersion": TYPES[kind],
                "EventTime": now,
                "Payload": payload,
                "NotificationMetadata": {
                    "ApplicationId": APPLICATION,
                    "SubscriptionId": each["subscriptionId"],
                    "PublishTime": now,
                    "NotificationId": self._uid("notification"),
                },
            }
            if kind.endswith("_PROCESSING_FINISHED"):
                envelope = _small_first(envelope)
                envelope["notificationVersion"] = TYPES[kind]
            self._room.queue.send(queue, to_json(envelope).decode(), kind)

    def order_change(self, order: Order, change: str, reason: str) -> None:
        """ORDER_CHANGE: no prices and no address; the status in the spelling of v0."""
        shipped = sum(each.shipped for each in order.items)
        summary: dict[str, Any] = {
            "MarketplaceId": order.marketplace,
            "OrderStatus": V0_STATUS[order.status],
            "PurchaseDate": iso(order.created),
            "DestinationPostalCode": None
            if order.status == "PENDING"
            else order.address.get("postalCode"),
            "FulfillmentType": "AFN" if order.fulfilled_by == "AMAZON" else "MFN",
            "OrderType": "StandardOrder",
            "NumberOfItemsShipped": shipped,
            "NumberOfItemsUnshipped": sum(each.remaining for each in order.items),
            "EarliestDeliveryDate": iso(order.deliver_from),
            "LatestDeliveryDate": iso(order.deliver_by),
            "EarliestShipDate": iso(order.ship_from),
            "LatestShipDate": iso(order.ship_by),
            "OrderPrograms": [PROGRAMS[each] for each in order.programs if each in PROGRAMS],
            "ShippingPrograms": [],
            "OrderItems": [
                {
                    "OrderItemId": each.id,
                    "SellerSKU": each.sku,
                    "SupplySourceId": None,
                    "OrderItemStatus": "Unshipped" if each.remaining else "Shipped",
                    "Quantity": each.quantity,
                    "QuantityShipped": each.shipped,
                    "IsBuyerRequestedCancel": bool(each.cancel_requested),
                }
                for each in order.items
            ],
        }
        payload = {
            "NotificationLevel": "OrderLevel",
            "SellerId": self._room.seller_id,
            "AmazonOrderId": order.id,
            "OrderChangeType": change,
            "OrderChangeTrigger": {"TimeOfOrderChange": iso(order.updated), "ChangeReason": reason},
            "Summary": summary,
        }
        market = order.marketplace
        self._send("ORDER_CHANGE", {"OrderChangeNotification": payload}, market, change)

    def listing_status(self, listing: Listing, market: str, status: list[str]) -> None:
        payload = {
            "SellerId": self._room.seller_id,
            "MarketplaceId": market,
            "Asin": listing.asin,
            "Sku": listing.sku,
            "CreatedDate": iso(listing.created),
            "Status": list(status),
        }
        self._send("LISTINGS_ITEM_STATUS_CHANGE", payload, market)

    def listing_issues(self, listing: Listing) -> None:
        severities = sorted({e["severity"] for e in listing.issues} & {"ERROR", "WARNING"})
        actions = sorted(
            {
                action["action"]
                for each in listing.issues
                for action in each.get("enforcements", {}).get("actions", ())
            }
        )
        for market in listing.marketplaces:
            payload = {
                "SellerId": self._room.seller_id,
                "MarketplaceId": market,
                "Asin": listing.asin,
                "Sku": listing.sku,
                "Severities": severities or ["NONE"],
                "EnforcementActions": [each for each in actions if each == "SEARCH_SUPPRESSED"],
            }
            self._send("LISTINGS_ITEM_ISSUES_CHANGE", payload, market)

    def feed_finished(self, feed: Feed) -> None:
        payload = {
            "sellerId": self._room.seller_id,
            "accountId": f"amzn1.merchant.o.{self._room.seller_id}",
            "feedId": feed.id,
            "feedType": feed.type,
            "processingStatus": feed.status,
        }
        if feed.result:
            payload["resultFeedDocumentId"] = feed.result
        self._send("FEED_PROCESSING_FINISHED", {"feedProcessingFinishedNotification": payload})

    def report_finished(self, report: Report) -> None:
        payload = {
            "sellerId": self._room.seller_id,
            "accountId": f"amzn1.merchant.o.{self._room.seller_id}",
            "reportId": report.id,
            "reportType": report.type,
            "processingStatus": report.status,
        }
        if report.document:
            payload["reportDocumentId"] = report.document
        self._send("REPORT_PROCESSING_FINISHED", {"reportProcessingFinishedNotification": payload})


def _filtered(subscription: dict[str, Any], market: str, change: str) -> bool:
    """Whether the event filter of a subscription keeps a message back."""
    wanted = (subscription.get("processingDirective") or {}).get("eventFilter") or {}
    places, changes = wanted.get("marketplaceIds"), wanted.get("orderChangeTypes")
    return bool((places and market and market not in places) or (changes and change not in changes))


def _small_first(envelope: dict[str, Any]) -> dict[str, Any]:
    """The members in camelCase, as some types have them (their payload has it already)."""
    found: dict[str, Any] = {}
    for name, value in envelope.items():
        inner = _small_first(value) if name == "NotificationMetadata" else value
        found[name[0].lower() + name[1:]] = inner
    return found


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """A subscription without what only the sandbox knows of it."""
    hidden = {"type"} if row.get("processingDirective") else {"type", "processingDirective"}
    return {name: value for name, value in row.items() if name not in hidden}
