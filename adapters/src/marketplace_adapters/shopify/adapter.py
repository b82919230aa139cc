"""Shopify in neutral types."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ..core.errors import InvalidError
from ..core.limits import Limits
from ..core.news import ApiVersion, Place, Subscriptions
from ..core.response import Dialect
from ..core.transport import Transport
from ..core.types import Check, ItemResult, OrderKey, PushItem, Submission
from . import shop_parts
from .auth import Login
from .bulk_push import BulkPush
from .check import check
from .client import Client
from .collections import Collection, Collections
from .const import API_ENDS, API_VERSION, DRAFT_TOPICS, WEBHOOK_TOPICS
from .dialect import ShopifyDialect
from .generated.shop import Shop
from .limits import LIMITS, MAX_BATCH
from .order_push import OrderPush
from .price_push import PricePush
from .product_push import ProductPush
from .pulls import Pulls
from .settings import origins, settings_of
from .shop_parts import PriceList, Publication
from .stock_push import StockPush
from .subscriptions import Webhooks


class ShopifyAdapter(Pulls):
    """The Admin GraphQL API.

    Credentials: ``client_id`` and ``client_secret`` of an app in the Dev Dashboard; or
    ``access_token`` of an older app, then ``api_secret`` signs the webhooks.

    Options: see :class:`.settings.Settings`, and

    * ``upload_hosts``: further hosts for files, e.g. of a proxy
    * ``batch_size``: listings of one push, at most and by default 10,000
    """

    provider: ClassVar[str] = "shopify"
    limits = LIMITS
    dialect: ClassVar[Dialect] = ShopifyDialect()
    versions: ClassVar[tuple[ApiVersion, ...]] = (ApiVersion(API_VERSION, API_ENDS),)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.settings = settings_of(self.connection)
        login = Login(self.transport, self.connection.credentials)
        self.client = Client(self.transport, login)
        self._bulk = BulkPush(self.client)
        self._orders = OrderPush(self.client, self.settings)

    @classmethod
    def limits_for(cls, options: Mapping[str, Any]) -> Limits:
        """The lanes with the account's ``batch_size``; no topic of drafts when none are wanted."""
        limits = cls.limits
        if not options.get("include_drafts"):
            topics = tuple(topic for topic in limits.topics if topic != "draft")
            limits = dataclasses.replace(limits, topics=topics)
        size = _batch_size(options)
        if not size:
            return limits
        lanes = tuple(
            dataclasses.replace(lane, batch_size=min(size, lane.batch_size))
            for lane in limits.lanes
        )
        return dataclasses.replace(limits, lanes=lanes)

    def _open_transport(self) -> Transport:
        return Transport(self.connection.base_url, others=origins(self.connection))

    # === CONNECTION === #

    def check(self) -> Check:
        """The shop and the rights of the app; see :mod:`.check`."""
        return check(self.client, self.connection.credentials, self.settings)

    def places(self) -> tuple[Place, ...]:
        """All locations, also those that are switched off."""
        return shop_parts.places(self.client)

    def shop(self) -> Shop:
        """The shop, its currency, and the rights of the app."""
        return self.client.call(Shop)

    def scopes(self) -> tuple[str, ...]:
        """The rights that were granted to the app."""
        return tuple(one.handle for one in self.shop().currentAppInstallation.accessScopes)

    def publications(self) -> tuple[Publication, ...]:
        """Sales channels and catalogues where products can be seen."""
        return shop_parts.publications(self.client)

    def price_lists(self) -> tuple[PriceList, ...]:
        """Price lists of further markets and companies."""
        return shop_parts.price_lists(self.client)

    def subscribe(self, url: str, *, mend: bool = True) -> Subscriptions | None:
        """See :mod:`.subscriptions`; the webhooks of privacy are set up with the app."""
        topics = [*WEBHOOK_TOPICS, *(DRAFT_TOPICS if self.settings.include_drafts else ())]
        return Webhooks(self.client, topics).look(url, mend=mend)

    def save_collection(self, wanted: Collection) -> str:
        """Make or change a collection; its id. See :mod:`.collections`."""
        return Collections(self.client, self.settings).save(wanted)

    # === OUT === #

    def push(self, lane: str, items: Sequence[PushItem], key: str) -> Submission:
        """See the modules of the lanes."""
        road = next((one for one in self.limits.lanes if one.name == lane), None)
        if road is None or any(item.kind not in road.kinds for item in items):
            raise InvalidError(f"Shopify cannot take these items in lane {lane[:40]!r}.")
        if not items:
            return Submission(())
        if lane == "product":
            return ProductPush(self.client, self._bulk, self.settings).push(items, key)
        if lane == "price":
            now = self.transport.clock.now()
            return PricePush(self.client, self._bulk, self.settings).push(items, key, now)
        if lane == "stock":
            return StockPush(self.client, self.settings).push(items, key)
        return self._orders.push(items)

    def poll(self, remote_id: str) -> Submission:
        """The outcome of bulk operations, and of orders that are being called off."""
        if remote_id.startswith('{"cancel"'):
            return self._orders.poll(remote_id)
        return self._bulk.poll(remote_id)

    def applied(self, item: PushItem) -> ItemResult | None:
        """Orders are read back; what describes a listing may be told again."""
        if not isinstance(item.target, OrderKey):
            return None
        return self._orders.applied(item)


def _batch_size(options: Mapping[str, Any]) -> int:
    value = options.get("batch_size")
    if value is None or value is False or value == "":
        return 0
    text = str(value)
    if isinstance(value, bool) or not text.isdecimal() or not 1 <= int(text) <= MAX_BATCH:
        raise InvalidError(f"The option batch_size must be a number from 1 to {MAX_BATCH}.")
    return int(text)
