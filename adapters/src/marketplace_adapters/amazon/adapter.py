"""Amazon in neutral types."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from ..core.adapter import Adapter
from ..core.errors import InvalidError
from ..core.limits import Limits
from ..core.news import ApiVersion
from ..core.response import Dialect
from ..core.transport import Transport
from ..core.types import Check, ItemResult, ListingKey, PushItem, RemoteListing, State, Submission
from . import documents, product_types
from .auth import Login
from .check import check
from .client import Client
from .const import VERSIONS
from .dialect import AmazonDialect
from .feeds import Feeds
from .limits import LIMITS, MAX_BATCH
from .listing_push import ListingPush
from .listings import all_items, chosen_items, parse_listing
from .order_push import OrderPush
from .payloads import Attributes, attributes, is_new
from .product_types import ProductType
from .pulls import Pulls
from .settings import origins, settings_of, token_url


class AmazonAdapter(Pulls, Adapter):
    """The Selling Partner API.

    Credentials: ``client_id``, ``client_secret``, ``refresh_token`` of Login with Amazon;
    ``queue_access_key`` and ``queue_secret_key`` when a queue is configured.

    Options:

    * ``seller_id``: the merchant id; ``marketplaces``: ids, the first is home
    * ``languages``, ``currencies``: by marketplace id, where they differ from :mod:`.const`
    * ``token_url``, ``document_hosts``: see :mod:`.settings`
    * ``queue_url``, ``queue_region``: the SQS queue of notifications
    * ``batch_size``: listings of one push, at most and by default 10,000
    * ``include_buyer``: ask for the buyer's and the recipient's data
    """

    provider: ClassVar[str] = "amazon"
    versions: ClassVar[tuple[ApiVersion, ...]] = VERSIONS
    limits = LIMITS
    dialect: ClassVar[Dialect] = AmazonDialect()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        connection = self.connection
        self.settings = settings_of(connection)
        login = Login(self.transport, connection.credentials, token_url(connection))
        self.client = Client(self.transport, login, self.settings.seller_id)
        masker = self.transport.masker
        self._feeds = Feeds(self.client, self.budget, self.settings.ids, masker)
        self._listings = ListingPush(self.client, self._feeds, self.settings, masker)
        self._orders = OrderPush(self.client, self._feeds, self.settings)

    @classmethod
    def limits_for(cls, options: Mapping[str, Any]) -> Limits:
        """The lanes with the account's ``batch_size``; no notifications without a queue."""
        limits = cls.limits
        if not options.get("queue_url"):
            topics = tuple(topic for topic in limits.topics if topic != "notification")
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
        """Login, participations, marketplaces and roles; see :mod:`.check`."""
        return check(self.client, self.connection.credentials, self.settings)

    # === OUT === #

    def push(self, lane: str, items: Sequence[PushItem], key: str) -> Submission:
        """See :mod:`.listing_push` and :mod:`.order_push`. Amazon knows no idempotency key."""
        road = next((one for one in self.limits.lanes if one.name == lane), None)
        if road is None or any(item.kind not in road.kinds for item in items):
            raise InvalidError(f"Amazon cannot take these items in lane {lane[:40]!r}.")
        if not items:
            return Submission(())
        if lane == "listing":
            return self._listings.push(items, self.transport.clock.now())
        return self._orders.push(lane, items)

    def poll(self, remote_id: str) -> Submission:
        """The outcome of feeds; see :mod:`.feeds`."""
        return self._feeds.poll(remote_id)

    def applied(self, item: PushItem) -> ItemResult | None:
        """See :meth:`.order_push.OrderPush.applied`."""
        return self._orders.applied(item)

    def preview(self, items: Sequence[PushItem]) -> tuple[ItemResult, ...]:
        """What Amazon would say of listings (``VALIDATION_PREVIEW``)."""
        if any(not isinstance(item.target, ListingKey) for item in items):
            raise LookupError("Amazon can be asked of listings only.")
        return self._listings.preview(items, self.transport.clock.now())

    # === READ-BACK === #

    def listings(
        self, keys: Iterable[str] | None = None, *, since: datetime | None = None
    ) -> Iterator[RemoteListing]:
        """Listings by SKU, or all of them, as the home marketplace shows them."""
        home, locale = self.settings.ids[:1], self.settings.locale
        search = partial(self.client.search_items, home, locale=locale)
        if keys is None:
            items = all_items(search)
        else:
            one = partial(self.client.item, markets=home, locale=locale)
            items = chosen_items(search, one, list(dict.fromkeys(keys)))
        for item in items:
            listing = parse_listing(item, self.settings)
            if listing is not None:
                yield listing

    # === PRODUCT TYPES === #

    def product_types(
        self, keywords: str = "", *, title: str = "", locale: str = ""
    ) -> tuple[tuple[str, str], ...]:
        """Names and labels of product types for words, or for the title of a product."""
        reply = self.client.product_types(
            self.settings.ids[:1], keywords=keywords.split(), name=title, locale=locale
        )
        return product_types.parse_product_types(reply)

    def product_type(
        self,
        name: str,
        *,
        market: str = "",
        requirements: str = "LISTING",
        locale: str = "DEFAULT",
        parentage: str = "",
        known: ProductType | None = None,
    ) -> ProductType:
        """One product type, to be kept by the caller for days.

        :param market: an id; the home marketplace by default.
        :param known: the one kept; it comes back unchanged while Amazon's is the same, and the
            schema is not downloaded then.
        :raise RejectedError: there is no such product type.
        """
        market = market or (self.settings.ids[:1] or ("",))[0]
        definition = self.client.product_type(
            name, market, requirements=requirements, locale=locale, parentage=parentage
        )
        url, checksum = product_types.schema_link(definition)
        if known is not None and checksum and known.checksum == checksum:
            return known
        content = documents.download(self.transport, url).content
        if not product_types.same_checksum(content, checksum):
            raise InvalidError("The schema of the product type is damaged.", code="bad_checksum")
        return product_types.parse_product_type(definition, content)

    def attributes(self, key: ListingKey, states: Iterable[State]) -> Attributes:
        """What would be told of a listing, for :func:`.product_types.missing`."""
        found: Attributes = {}
        now = self.transport.clock.now()
        for state in states:
            found |= attributes(key, state, self.settings, now, new=is_new(key))
        return found


def _batch_size(options: Mapping[str, Any]) -> int:
    value = options.get("batch_size")
    if value is None or value is False or value == "":
        return 0
    text = str(value)
    if isinstance(value, bool) or not text.isdecimal() or not 1 <= int(text) <= MAX_BATCH:
        raise InvalidError(f"The option batch_size must be a number from 1 to {MAX_BATCH}.")
    return int(text)
