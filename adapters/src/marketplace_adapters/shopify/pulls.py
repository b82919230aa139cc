"""What Shopify tells, topic by topic; see :mod:`.orders` and its neighbours for what it means.

The engine stores a page before it asks for the next one. :attr:`Page.latest` moves its cursor; the
lists are sorted by the shop's own time of change, so everything older has been delivered then.
Nothing here sleeps, and nothing is remembered between two pulls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ..core.adapter import Adapter
from ..core.errors import InvalidError
from ..core.news import ListingNews, PrivacyRequest, Return
from ..core.shape import as_object, text
from ..core.types import Event, Order, OrderStatus, Page, RemoteListing
from . import catalogue, news, orders, returns, webhooks
from .auth import signing_secret
from .client import Client
from .pull_goods import listings_of, product_pages
from .pull_orders import draft_pages, order_pages
from .settings import Settings

OVERLAP = timedelta(seconds=30)
"""A live pull reaches back so far behind the cursor: an index that lags, a clock that jumps. More
would read every order several times, with points that the shop needs for better."""
DELETED = "deleted"


class Pulls(Adapter):
    """Mixin of the adapter: what comes in."""

    client: Client
    settings: Settings

    # === PULL === #

    def pull(self, topic: str, since: datetime, until: datetime | None = None) -> Iterator[Page]:
        """See :meth:`Adapter.pull`.

        Topics: ``order`` (with refunds and returns as events of topic ``return``), ``draft`` (as
        events of topic ``order``), ``listing``.

        :raise InvalidError: a topic that Shopify does not have, or the account does not take.
        """
        if topic not in self.limits.topics:
            raise InvalidError(f"Shopify has no topic {topic[:40]!r}.")
        if until is None:
            since += max(timedelta(seconds=self.limits.overlap) - OVERLAP, timedelta())
        if topic == "order":
            return order_pages(self.client, self.settings, since, until)
        if topic == "draft":
            return draft_pages(self.client, self.settings, since, until)
        return product_pages(self.client, since, until)

    def listings(
        self, keys: Iterable[str] | None = None, *, since: datetime | None = None
    ) -> Iterator[RemoteListing]:
        """Variants by their ids, or the whole catalogue by a bulk operation.

        :raise ThrottledError: the catalogue is being written; ask again, it is found then.
        """
        currency = self._currency()
        if keys is not None:
            yield from listings_of(self.client, list(keys), currency)
            return
        written = catalogue.result(self.client, self.transport.clock, since)
        for found in catalogue.listings(self.client, written.url, currency):
            yield replace(found, read_at=written.at)

    def _currency(self) -> str:
        """The shop's; asked for once where the account does not know it."""
        if self.settings.currency:
            return self.settings.currency
        return text(self.client.run("ShopCurrency"), "shop", "currencyCode")

    # === RECEIVE === #

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """See :func:`.webhooks.verify`."""
        secret = signing_secret(self.connection.credentials)
        webhooks.verify(headers, body, secret, self.settings.shop)

    def parse(self, headers: Mapping[str, str], body: bytes) -> tuple[Event, ...]:
        """See :func:`.webhooks.parse`."""
        return webhooks.parse(headers, body, self.settings)

    # === READ === #

    def order(self, payload: Any) -> Order:
        """An order of either road, or a draft."""
        return orders.parse_order(payload, self.settings)

    def status(self, payload: Any) -> OrderStatus:
        """An order that was deleted in the shop."""
        if text(as_object(payload, "status"), "status") == DELETED:
            return OrderStatus.CANCELLED
        raise InvalidError("The status of the order is unknown.", code="unknown_status")

    def returned(self, payload: Any) -> Return:
        """A refund or a return of either road."""
        return returns.parse_return(payload, self.settings)

    def listing_news(self, payload: Any) -> ListingNews:
        """A variant of a product, a quantity, or a product that is no more."""
        return news.parse_news(payload, self.settings.currency)

    def privacy(self, payload: Any) -> PrivacyRequest:
        """What the law lets buyers ask for."""
        return webhooks.parse_privacy(payload)
