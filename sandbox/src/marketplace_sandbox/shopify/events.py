"""Webhooks: subscriptions made through the API, signed deliveries, removal after failures.

Bodies have the REST shape. The signature is base64(HMAC-SHA256(raw body, client secret)). An event
keeps its `X-Shopify-Event-Id` in every delivery; `X-Shopify-Webhook-Id` is that of one delivery to
one subscription and stays the same across its retries.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlsplit

from ..subscriptions import Subscription as Address
from ..webhooks import Delivery
from ..wire import to_json
from .access import CLIENT_SECRET
from .errors import refuse
from .gids import gid, number_of
from .paging import connection
from .part import Context, Part
from .registry import Resolvers

KIND = "WebhookSubscription"
#: Resources whose name is more than the first word of a topic.
_RESOURCES = (
    "BULK_OPERATIONS", "INVENTORY_LEVELS", "INVENTORY_ITEMS", "DRAFT_ORDERS", "FULFILLMENT_ORDERS",
    "ORDER_TRANSACTIONS", "COMPANY_LOCATIONS", "COMPANY_CONTACTS", "TENDER_TRANSACTIONS",
    "FULFILLMENT_EVENTS", "PRODUCT_PUBLICATIONS", "COLLECTION_PUBLICATIONS", "VARIANTS",
    "PRODUCT_LISTINGS", "COLLECTION_LISTINGS", "CUSTOMER_ACCOUNT_SETTINGS", "DISCOUNTS",
)  # fmt: skip
PRIVACY = ("customers/data_request", "customers/redact", "shop/redact")


@dataclass
class Subscription:
    """One address of one app for one topic. `failures` counts failed attempts in a row."""

    id: int
    app: str
    topic: str
    uri: str
    created: datetime
    updated: datetime
    format: str = "JSON"
    filter: str | None = None
    include_fields: list[str] = field(default_factory=list)
    metafield_namespaces: list[str] = field(default_factory=list)
    name: str | None = None
    failures: int = 0

    typename = KIND


def topic_text(topic: str) -> str:
    """``INVENTORY_LEVELS_UPDATE`` → ``inventory_levels/update``."""
    for resource in _RESOURCES:
        if topic.startswith(resource + "_"):
            return f"{resource.lower()}/{topic[len(resource) + 1 :].lower()}"
    first, _, rest = topic.partition("_")
    return f"{first.lower()}/{rest.lower()}"


class Events(Part):
    """Who is told what."""

    def __init__(self, room: Any) -> None:
        super().__init__(room)
        self.subscriptions = self.rows("subscriptions", Subscription)
        self._by_topic: dict[str, list[Subscription]] = {}
        self._version = -1
        room.services.webhooks.listen(room.name, self._attempted)

    def clear(self) -> None:
        self.subscriptions.clear()

    def state(self) -> dict[str, Any]:
        return {"subscriptions": [vars(each) for each in self.subscriptions.values()]}

    # === TELLING === #

    def _wanting(self, topic: str) -> list[Subscription]:
        if self._version != self.subscriptions.version:
            self._by_topic = {}
            for each in self.subscriptions.values():
                self._by_topic.setdefault(each.topic, []).append(each)
            self._version = self.subscriptions.version
        return self._by_topic.get(topic, [])

    def wanted(self, topic: str) -> bool:
        """Whether anybody listens; to save the making of a body."""
        return bool(self._wanting(topic))

    def publish(
        self,
        topic: str,
        body: Callable[[], Mapping[str, Any]] | Mapping[str, Any],
        key: str = "",
        app: str | None = None,
    ) -> int:
        """Tell everybody who subscribed; inside a transaction, after the change.

        :param topic: as in the enum, ``ORDERS_CREATE``.
        :param body: REST-shaped, or a function that makes it; called at once, if anybody listens.
        :param key: what it is about, for the delivery log.
        :param app: only subscriptions of this app (finished bulk operations).
        :return: how many deliveries were queued, faults not counted.
        """
        found = [each for each in self._wanting(topic) if app is None or each.app == app]
        if not found:
            return 0
        data = body() if callable(body) else body
        event, now = self._new_id("event"), self.room.now()
        for each in found:
            self._send(each, topic_text(topic), data, key, event, now)
        return len(found)

    def privacy(self, topic: str, body: Mapping[str, Any], uri: str, key: str = "") -> None:
        """Send a compliance webhook to the address configured with the app."""
        now = self.room.now()
        target = Subscription(0, "client", topic, uri, now, now)
        self._send(target, topic, body, key, self._new_id("event"), now)

    def _new_id(self, kind: str) -> str:
        number = self.room.next_id(kind, 1)
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.room.services.seed}/{kind}/{number}"))

    def _send(
        self,
        target: Subscription,
        topic: str,
        data: Mapping[str, Any],
        key: str,
        event: str,
        now: datetime,
    ) -> None:
        if target.include_fields:
            data = _included(data, target.include_fields)
        headers = {
            "X-Shopify-Topic": topic,
            "X-Shopify-Shop-Domain": self.room.shop.domain,
            "X-Shopify-API-Version": self.room.settings.versions[0],
            "X-Shopify-Webhook-Id": self._new_id("webhook"),
            "X-Shopify-Event-Id": event,
            "X-Shopify-Triggered-At": now.astimezone(timezone.utc)
            .isoformat(timespec="microseconds")
            .replace("+00:00", "Z"),
        }
        if target.name:
            headers["X-Shopify-Name"] = target.name
        address = Address(
            id=f"shopify-{target.id}",
            provider=self.room.name,
            url=target.uri,
            retries=list(self.room.settings.webhook_retries),
        )

        def head(body: bytes, forged: bool) -> dict[str, str]:
            secret = CLIENT_SECRET + ("-forged" if forged else "")
            return {**headers, "X-Shopify-Hmac-Sha256": signature(body, secret)}

        self.room.services.webhooks.send(address, topic, key, to_json(data), head)

    def _attempted(self, delivery: Delivery, good: bool) -> None:
        """Called by the sender after every attempt."""
        number = int(delivery.subscription.id.removeprefix("shopify-"))
        with self.room.services.store.transaction():
            found = self.subscriptions.get(number)
            if found is None or (good and not found.failures):
                return
            found.failures = 0 if good else found.failures + 1
            most = self.room.settings.webhook_failures
            if most and found.failures >= most:
                self.remove(number)
            else:
                self.subscriptions.put(found)

    def remove(self, number: int) -> bool:
        """Delete a subscription; what waits for it is not sent any more."""
        if self.subscriptions.pop(number) is None:
            return False
        self.room.services.webhooks.forget(f"shopify-{number}")
        return True

    # === THE API === #

    def resolvers(self) -> Resolvers:
        found = Resolvers()
        found.mutation("webhookSubscriptionCreate")(self._create)
        found.mutation("webhookSubscriptionUpdate")(self._update)
        found.mutation("webhookSubscriptionDelete")(self._delete)
        found.query("webhookSubscription")(lambda ctx, id: self._own(ctx, number_of(id, KIND)))
        found.query("webhookSubscriptions")(self._list)
        found.query("webhookSubscriptionsCount")(
            lambda ctx, **args: {"count": len(self._mine(ctx)), "precision": "EXACT"}
        )
        found.node(KIND, self._own)
        found.field(f"{KIND}.id")(lambda row, ctx: gid(KIND, row.id))
        found.field(f"{KIND}.legacyResourceId")(lambda row, ctx: row.id)
        found.field(f"{KIND}.createdAt")(lambda row, ctx: row.created)
        found.field(f"{KIND}.updatedAt")(lambda row, ctx: row.updated)
        found.field(f"{KIND}.apiVersion")(
            lambda row, ctx: self.room.api_version(self.room.settings.versions[0])
        )
        return found

    def _mine(self, ctx: Context) -> list[Subscription]:
        return [each for each in self.subscriptions.values() if each.app == ctx.access.app]

    def _own(self, ctx: Context, number: int) -> Subscription | None:
        found = self.subscriptions.get(number)
        return found if found is not None and found.app == ctx.access.app else None

    def _list(
        self,
        ctx: Context,
        topics: list[str] | None = None,
        uri: str | None = None,
        format: str | None = None,
        **args: Any,
    ) -> Any:
        rows = [
            each
            for each in self._mine(ctx)
            if (not topics or each.topic in topics)
            and (not uri or each.uri == uri)
            and (not format or each.format == format)
        ]
        return connection(rows, **args)

    def _create(self, ctx: Context, topic: str, webhook_subscription: dict[str, Any]) -> Any:
        uri = self._uri(webhook_subscription.get("uri"))
        name = webhook_subscription.get("name")
        wanted = webhook_subscription.get("filter")
        for each in self._mine(ctx):
            if (each.topic, each.uri, each.filter) == (topic, uri, wanted):
                raise refuse(
                    ["webhookSubscription", "callbackUrl"],
                    "Address for this topic has already been taken",
                )
        row = Subscription(
            self.room.next_id("subscription", 1001), ctx.access.app, topic, uri, ctx.now, ctx.now
        )
        self._fill(row, webhook_subscription, name)
        return {"webhookSubscription": self.subscriptions.put(row), "userErrors": []}

    @staticmethod
    def _fill(row: Subscription, data: dict[str, Any], name: str | None) -> None:
        if name is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,50}", name):
            raise refuse(["webhookSubscription", "name"], "Name is invalid")
        row.name = name
        row.format = data.get("format") or row.format
        row.filter = data.get("filter", row.filter)
        row.include_fields = list(data.get("includeFields") or row.include_fields)
        row.metafield_namespaces = list(data.get("metafieldNamespaces") or row.metafield_namespaces)

    @staticmethod
    def _uri(uri: Any) -> str:
        path = ["webhookSubscription", "callbackUrl"]
        if not uri:
            raise refuse(path, "Address can't be blank")
        parts = urlsplit(str(uri))
        # The sandbox delivers to this machine as well, where nothing has a certificate.
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise refuse(path, "Address is invalid")
        return str(uri)

    def _found(self, ctx: Context, id: str) -> Subscription:
        row = self._own(ctx, number_of(id, KIND))
        if row is None:
            raise refuse(["id"], "Webhook subscription does not exist")
        return row

    def _update(self, ctx: Context, id: str, webhook_subscription: dict[str, Any]) -> Any:
        row = self._found(ctx, id)
        if "uri" in webhook_subscription:
            row.uri = self._uri(webhook_subscription["uri"])
        self._fill(row, webhook_subscription, webhook_subscription.get("name", row.name))
        row.updated, row.failures = ctx.now, 0
        return {"webhookSubscription": self.subscriptions.put(row), "userErrors": []}

    def _delete(self, ctx: Context, id: str) -> Any:
        self.remove(self._found(ctx, id).id)
        return {"deletedWebhookSubscriptionId": id, "userErrors": []}


def signature(body: bytes, secret: str = CLIENT_SECRET) -> str:
    """What `X-Shopify-Hmac-Sha256` has."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def _included(data: Mapping[str, Any], fields: list[str]) -> dict[str, Any]:
    """Only some members; ``variants.id`` names a member of the members of a list."""
    found: dict[str, Any] = {}
    for path in fields:
        first, _, rest = path.partition(".")
        if first not in data:
            continue
        value = data[first]
        if rest and isinstance(value, list):
            old = found.get(first) or [{} for _ in value]
            found[first] = [
                {**each, **_included(row, [rest])} for each, row in zip(old, value, strict=True)
            ]
        elif rest and isinstance(value, dict):
            found[first] = {**(found.get(first) or {}), **_included(value, [rest])}
        else:
            found[first] = value
    return found
