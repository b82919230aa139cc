"""Cartona in neutral types."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit, urlunsplit

from ..core.adapter import Adapter
from ..core.errors import AuthError, InvalidError, RejectedError
from ..core.limits import Limits
from ..core.news import ApiVersion
from ..core.response import Dialect
from ..core.shape import as_object
from ..core.transport import Transport, check_base_url
from ..core.types import (
    Check,
    Event,
    ItemResult,
    Order,
    OrderStatus,
    Page,
    PushItem,
    RemoteListing,
    Submission,
)
from . import signing, webhook
from .catalog import push_catalog
from .client import CartonaDialect, Client, rows_of
from .const import (
    API_PREFIX,
    CURRENCY,
    DEFAULT_CANCEL_REASON,
    TOKEN_HEADER,
    VERSIONS,
    WEBHOOK_STATUS_IN,
)
from .limits import LIMITS, MAX_BATCH
from .orders import OrderPush
from .paging import pages
from .parsers import order_event, parse_base_product, parse_listing, parse_order, parse_status
from .payloads import Style

READ_BACK = timedelta(days=30)
"""How far back the read-back of an order looks."""
READ_BACK_PAGES = 5
SINGLE_LOOKUPS = 20
"""Up to so many listings are read one by one; more are picked from the whole list."""


class CartonaAdapter(Adapter):
    """The supplier integrations API.

    Credentials: ``token``; ``webhook_token`` for inbound messages, the token if missing.

    Options, all with a default:

    * ``token_header`` (``AuthorizationToken``), ``webhook_header`` (``AuthorizationToken``)
    * ``internal_supplier_code``: which supplier, when one token covers several
    * ``batch_size`` (100): rows of one call, 1 to 1000; ``page_size`` (100)
    * ``price_as_string`` (True), ``base_stock`` (False), ``cancel_reason``: see :class:`Style`
    """

    provider: ClassVar[str] = "cartona"
    versions: ClassVar[tuple[ApiVersion, ...]] = VERSIONS
    limits = LIMITS
    dialect: ClassVar[Dialect] = CartonaDialect()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        options, credentials = self.connection.options, self.connection.credentials
        self.style = Style(
            currency=self.connection.currency or CURRENCY,
            price_as_string=bool(options.get("price_as_string", True)),
            base_stock=bool(options.get("base_stock", False)),
            cancel_reason=options.get("cancel_reason") or DEFAULT_CANCEL_REASON,
        )
        self.client = Client(
            self.transport,
            credentials.get("token") or "",
            header=options.get("token_header") or TOKEN_HEADER,
            supplier_code=options.get("internal_supplier_code") or "",
        )
        self._page_size = _in_range(options, "page_size", 100, MAX_BATCH)

    @classmethod
    def limits_for(cls, options: Mapping[str, Any]) -> Limits:
        """The lanes with the account's ``batch_size``."""
        size = _in_range(options, "batch_size", 0, MAX_BATCH)
        if not size:
            return cls.limits
        lanes = tuple(
            dataclasses.replace(lane, batch_size=size) if lane.repeatable else lane
            for lane in cls.limits.lanes
        )
        return dataclasses.replace(cls.limits, lanes=lanes)

    def _open_transport(self) -> Transport:
        return Transport(api_url(self.connection.base_url))

    # === CONNECTION === #

    def check(self) -> Check:
        """``GET supplier-product?page=1&per_page=1`` (C)."""
        if not self.connection.credentials.get("token"):
            return Check(False, "The token is missing.", missing=("token",))
        try:
            rows = rows_of(self.client.products(1, 1), "products")
        except AuthError as error:
            return Check(False, f"Cartona refuses the token ({error.message}).")
        except RejectedError as error:
            # A wrong header name is answered with 400, a wrong address with 404.
            text = "Cartona refuses the call; check the address and the name of the token header"
            return Check(False, f"{text} ({error.message}).")
        except InvalidError as error:
            return Check(False, f"The address does not answer as Cartona does ({error.message}).")
        return Check(True, "Connected." if rows else "Connected; the supplier has no products yet.")

    # === OUT === #

    def push(self, lane: str, items: Sequence[PushItem], key: str) -> Submission:
        """See the modules ``catalog`` and ``orders``. Cartona knows no idempotency key."""
        road = next((one for one in self.limits.lanes if one.name == lane), None)
        if road is None or any(item.kind not in road.kinds for item in items):
            raise InvalidError(f"Cartona cannot take these items in lane {lane[:40]!r}.")
        if not items:
            return Submission(())
        masker = self.transport.masker
        if lane == "catalog":
            size = road.batch_size
            return Submission(push_catalog(self.client, items, self.style, size, masker))
        return Submission(self._orders(road.batch_size).push(lane, items))

    def applied(self, item: PushItem) -> ItemResult | None:
        """Looks the order up in pull-orders; ``None`` when it is no longer offered there."""
        return self._orders(1).applied(item)

    def _orders(self, size: int) -> OrderPush:
        return OrderPush(self.client, self.style, size, self.transport.masker, self._find_orders)

    def _find_orders(self, ids: frozenset[str]) -> Mapping[str, Any]:
        since = self.transport.clock.now() - READ_BACK
        found: dict[str, Any] = {}
        for rows in self._order_pages(since, None, READ_BACK_PAGES):
            for row in rows:
                if isinstance(row, dict) and str(row.get("hashed_id")) in ids:
                    found[str(row["hashed_id"])] = row
            if len(found) == len(ids):
                break
        return found

    # === IN === #

    def pull(self, topic: str, since: datetime, until: datetime | None = None) -> Iterator[Page]:
        """Orders of the window, all pages.

        ``latest`` is the newest ``updated_at``, if Cartona ever sends one; its ``created_at`` must
        not move a cursor that is to catch changes. It comes with the end: nothing says in which
        order the pages are.
        """
        if topic not in self.limits.topics:
            raise InvalidError(f"Cartona has no topic {topic[:40]!r}.")
        return self._pull(since, until)

    def _pull(self, since: datetime, until: datetime | None) -> Iterator[Page]:
        latest: datetime | None = None
        for rows in self._order_pages(since, until):
            events = tuple(order_event(row) for row in rows)
            times = [event.occurred_at for event in events if event.occurred_at]
            latest = max([*times, *([latest] if latest else [])], default=None)
            yield Page(events)
        if latest:
            yield Page((), latest)

    def _order_pages(
        self, since: datetime, until: datetime | None, most: int | None = None
    ) -> Iterator[list[Any]]:
        def fetch(page: int) -> list[Any]:
            reply = self.client.pull_orders(page, self._page_size, since, until)
            return rows_of(reply, "orders")

        return pages(fetch, self._page_size, most)

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """A token in a header; see :mod:`.signing`."""
        credentials = self.connection.credentials
        token = credentials.get("webhook_token") or credentials.get("token") or ""
        header = self.connection.options.get("webhook_header") or TOKEN_HEADER
        signing.verify(headers, token, header)

    def parse(self, headers: Mapping[str, str], body: bytes) -> tuple[Event, ...]:
        """Status events and whole orders; see :mod:`.webhook`."""
        return webhook.parse(body)

    def order(self, payload: Any) -> Order:
        """See :func:`.parsers.parse_order`."""
        return parse_order(payload, self.style.currency)

    def status(self, payload: Any) -> OrderStatus:
        """The status of ``{"hashed_id", "status"}``."""
        return parse_status(as_object(payload, "message").get("status"), WEBHOOK_STATUS_IN)

    def listings(
        self, keys: Iterable[str] | None = None, *, since: datetime | None = None
    ) -> Iterator[RemoteListing]:
        """Products of the supplier, by supplier_product_id or all."""
        wanted = None if keys is None else list(dict.fromkeys(keys))
        if wanted is not None and len(wanted) <= SINGLE_LOOKUPS:
            for key in wanted:
                rows = rows_of(self.client.products(1, 100, supplier_product_id=key), "products")
                yield from self._listings(rows, {key})
            return
        for rows in pages(self._product_page, self._page_size):
            yield from self._listings(rows, None if wanted is None else set(wanted))

    def listing_of(self, internal_id: str) -> RemoteListing | None:
        """The product of the supplier that carries our id; ``None`` when there is not just one."""
        reply = self.client.products(1, 100, internal_product_id=internal_id)
        found = self._listings(rows_of(reply, "products"), None)
        same = [listing for listing in found if listing.key.internal_id == internal_id]
        return same[0] if len(same) == 1 else None

    def base_products(self, search: str = "") -> Iterator[RemoteListing]:
        """Cartona's own catalogue, to link products with; ``extra["base_product_id"]`` names them.

        :param search: words to look for; empty is everything.
        """
        query = {"search_token": search} if search else {}

        def fetch(page: int) -> list[Any]:
            return rows_of(self.client.base_products(page, self._page_size, **query), "products")

        for rows in pages(fetch, self._page_size):
            for row in rows:
                listing = parse_base_product(row, self.style.currency)
                if listing is not None:
                    yield listing

    def _product_page(self, page: int) -> list[Any]:
        return rows_of(self.client.products(page, self._page_size), "products")

    def _listings(self, rows: Iterable[Any], wanted: set[str] | None) -> Iterator[RemoteListing]:
        for row in rows:
            listing = parse_listing(row, self.style.currency)
            if listing is not None and (wanted is None or listing.key.external_id in wanted):
                yield listing


def api_url(base_url: str) -> str:
    """The base URL with ``/api/v1`` exactly once (X29).

    ``https://host``, ``https://host/cartona``, ``https://host/api/v1/`` and a whole endpoint copied
    from a document are all understood.

    :raise InvalidError: see :func:`~marketplace_adapters.core.transport.check_base_url`.
    """
    parts = urlsplit(check_base_url(base_url))
    path = f"{parts.path}/"
    prefix = path.split(f"{API_PREFIX}/")[0].rstrip("/")
    return urlunsplit(parts._replace(path=prefix + API_PREFIX))


def _in_range(options: Mapping[str, Any], name: str, default: int, most: int) -> int:
    value = options.get(name)
    if value is None or value is False or value == "":
        return default
    if isinstance(value, bool) or not isinstance(value, (int, str)) or not str(value).isdecimal():
        raise InvalidError(f"The option {name} must be a number from 1 to {most}.")
    if not 1 <= int(value) <= most:
        raise InvalidError(f"The option {name} must be a number from 1 to {most}.")
    return int(value)
