"""The Feeds API 2021-06-30: documents, feeds, and their processing on the sandbox's clock.

IN_QUEUE ─► IN_PROGRESS ─► DONE or FATAL; only a feed in the queue can be cancelled. What a feed
changes it changes at the end. Fault rules for the endpoint ``processFeed`` (path ``/<feed type>``)
decide when a feed is created: `stuck` (it stays IN_PROGRESS), `rows` (these messages fail),
`status` (it ends FATAL).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from ..faults import FaultRule, Plan
from ..room import Exchange
from ..store import Table, encode
from ..wire import json_response
from .api import Handler, Parts
from .errors import QUOTA, SpError, invalid, missing
from .feed_listings import ListingsFeed
from .feed_orders import OrderFeeds
from .feed_result import Result
from .model import Feed
from .queued import KEPT, fault_of, options_of, page_of, places_of
from .values import (
    body_object,
    iso,
    seconds,
    text_member,
)

if TYPE_CHECKING:
    from .room import AmazonRoom

#: Not processed since 2025-07-31: getFeed answers FATAL.
RETIRED = (
    "POST_PRODUCT_DATA", "POST_INVENTORY_AVAILABILITY_DATA", "POST_PRODUCT_PRICING_DATA",
    "POST_PRODUCT_IMAGE_DATA", "POST_PRODUCT_RELATIONSHIP_DATA", "POST_PRODUCT_OVERRIDES_DATA",
    "POST_FLAT_FILE_INVLOADER_DATA", "POST_FLAT_FILE_LISTINGS_DATA",
    "POST_FLAT_FILE_BOOKLOADER_DATA", "POST_FLAT_FILE_CONVERGENCE_LISTINGS_DATA",
    "POST_FLAT_FILE_PRICEANDQUANTITYONLY_UPDATE_DATA", "POST_UIEE_BOOKLOADER_DATA",
)  # fmt: skip
MOST_BYTES = 10 * 1024 * 1024


class Feeds:
    """Feeds and their handlers."""

    def __init__(self, room: AmazonRoom) -> None:
        self._room = room
        self.table: Table[Feed] = Table(
            room.services.store, "amazon.feeds", encode, lambda row: Feed(**row)
        )
        self._open = {each.id for each in self.table.values() if each.ended is None}
        listings, orders = ListingsFeed(room), OrderFeeds(room)
        self._processors: dict[str, Callable[[Feed, bytes, Plan], Result]] = {
            "JSON_LISTINGS_FEED": listings.process,
            "POST_ORDER_ACKNOWLEDGEMENT_DATA": orders.acknowledgement,
            "POST_ORDER_FULFILLMENT_DATA": orders.fulfilment,
            "POST_PAYMENT_ADJUSTMENT_DATA": orders.adjustment,
        }

    def clear(self) -> None:
        self.table.clear()
        self._open.clear()

    def handlers(self) -> dict[str, Handler]:
        return {
            "createFeedDocument": self._create_document,
            "getFeedDocument": self._get_document,
            "createFeed": self._create,
            "getFeed": self._get,
            "getFeeds": self._list,
            "cancelFeed": self._cancel,
        }

    # === DOCUMENTS === #

    def _create_document(self, exchange: Exchange, _: Parts) -> Response:
        kind = text_member(body_object(exchange.body), "contentType")
        if "/" not in kind or not kind.isascii() or not kind.isprintable() or len(kind) > 200:
            raise invalid("Invalid 'contentType'.")
        documents = self._room.documents
        document = documents.add("input", kind)
        url = documents.url(exchange.request, document, "PUT")
        return json_response({"feedDocumentId": document.id, "url": url}, 201)

    def _get_document(self, exchange: Exchange, parts: Parts) -> Response:
        documents = self._room.documents
        document = documents.get(parts["id"], ("result", "input"))
        if document is None or document.content is None:
            raise missing("The feed document was not found.")
        return json_response(documents.describe(exchange.request, document, "feedDocumentId"))

    # === FEEDS === #

    def _create(self, exchange: Exchange, _: Parts) -> Response:
        body = body_object(exchange.body)
        kind = text_member(body, "feedType")
        places = places_of(self._room, body)
        if kind not in self._processors and kind not in RETIRED:
            raise invalid(f"Feed type '{kind[:60]}' is not supported.")
        document = self._room.documents.get(text_member(body, "inputFeedDocumentId"), ("input",))
        if document is None:
            raise invalid("Invalid 'inputFeedDocumentId'.")
        if any(each.document == document.id for each in self.table.values()):
            raise invalid("The feed document was used for another feed.")
        options = options_of(body, "feedOptions")
        rates = self._room.api_rates()
        if not rates.take(f"feed:{kind}", self._room.seller_id, self._room.settings.rates):
            raise SpError(429, QUOTA)
        number = self._room.services.store.next_id("amazon.feed", 53_000_000_001)
        feed = Feed(
            str(number), kind, places, self._room.now(), document.id,
            options,
            fault=self._plan(kind, document.content or b""),
        )  # fmt: skip
        self.table.put(feed.id, feed)
        self._open.add(feed.id)
        return json_response({"feedId": feed.id}, 202)

    def _plan(self, kind: str, content: bytes) -> dict[str, Any]:
        """What shall go wrong with a feed, from the rules in force now."""
        rule = fault_of(self._room, "FEED", "processFeed", kind, content)
        return {} if rule is None else {"effect": rule.effect, "params": dict(rule.params)}

    def find(self, identifier: str) -> Feed:
        """:raises SpError: 404."""
        feed = self.table.get(identifier)
        if feed is None or self._room.now() > feed.created + KEPT:
            raise missing(f"The feed '{identifier[:40]}' was not found.")
        return feed

    def _get(self, exchange: Exchange, parts: Parts) -> Response:
        return json_response(_shown(self.find(parts["id"])))

    def _list(self, exchange: Exchange, _: Parts) -> Response:
        names = ("feedTypes", "feeds")
        args = exchange.request.args
        return page_of(self._room, args, self.table, names, _shown)

    def _cancel(self, exchange: Exchange, parts: Parts) -> Response:
        feed = self.find(parts["id"])
        if feed.status != "IN_QUEUE":
            raise invalid(f"The feed is {feed.status}; only a feed IN_QUEUE can be cancelled.")
        self._end(feed, "CANCELLED")
        return Response(b"", 200)

    # === PROCESSING === #

    def tick(self) -> None:
        """Move on every feed whose time has come."""
        settings, now = self._room.settings, self._room.now()
        for identifier in sorted(self._open, key=lambda each: (len(each), each)):
            feed = self.table.get(identifier)
            if feed is None or feed.ended is not None:
                self._open.discard(identifier)
                continue
            if feed.status == "IN_QUEUE":
                start = feed.created + seconds(settings.feed_queue_seconds)
                if now < start:
                    continue
                feed.status, feed.started = "IN_PROGRESS", start
                self.table.put(feed.id, feed)
            assert feed.started is not None
            stuck = feed.fault.get("effect") == "stuck"
            if not stuck and now >= feed.started + seconds(settings.feed_seconds):
                self._process(feed)

    def release(self, feed: Feed) -> None:
        """Let a stuck feed go on."""
        feed.fault = {}
        self.table.put(feed.id, feed)
        self.tick()

    def _process(self, feed: Feed) -> None:
        document = self._room.documents.table.get(feed.document)
        content = document.content if document else None
        effect = feed.fault.get("effect")
        if feed.type in RETIRED or content is None or effect == "status":
            self._end(feed, "FATAL")
            return
        if len(content) > MOST_BYTES:
            self._end(feed, "FATAL")
            return
        result = self._processors[feed.type](feed, content, _plan_of(feed))
        feed.messages, feed.failed = result.messages, result.failed
        compress = self._room.settings.compress
        found = self._room.documents.add("result", result.content_type, result.content, compress)
        feed.result = found.id
        self._end(feed, "FATAL" if result.fatal else "DONE")

    def _end(self, feed: Feed, status: str) -> None:
        feed.status, feed.ended = status, self._room.now()
        self.table.put(feed.id, feed)
        self._open.discard(feed.id)
        self._room.notifications.feed_finished(feed)


def _plan_of(feed: Feed) -> Plan:
    """The row faults of a feed as a plan again."""
    plan = Plan()
    if feed.fault.get("effect") == "rows":
        plan.rule = FaultRule("feed", "rows", "api", {}, feed.fault["params"])
    return plan


def _shown(feed: Feed) -> dict[str, Any]:
    found: dict[str, Any] = {
        "feedId": feed.id,
        "feedType": feed.type,
        "marketplaceIds": feed.marketplaces,
        "createdTime": iso(feed.created),
        "processingStatus": feed.status,
    }
    if feed.started is not None:
        found["processingStartTime"] = iso(feed.started)
    if feed.ended is not None:
        found["processingEndTime"] = iso(feed.ended)
    if feed.result is not None:
        found["resultFeedDocumentId"] = feed.result
    return found
