"""The provider ``fake``: a whole adapter on a marketplace in memory, for tests of the engine."""

from __future__ import annotations

import dataclasses
import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from ..core import wire
from ..core.adapter import Adapter
from ..core.dates import iso, optional_datetime
from ..core.errors import AuthError, InvalidError, SignatureError
from ..core.limits import Lane, Limits, Rate
from ..core.news import (
    ApiVersion,
    ListingNews,
    PrivacyRequest,
    Return,
    Settlement,
    StoredQuantity,
    Subscriptions,
)
from ..core.response import Headers
from ..core.revision import revision
from ..core.shape import as_id, as_object
from ..core.types import (
    Check,
    Event,
    Exchange,
    ItemResult,
    Kind,
    ListingKey,
    Order,
    OrderStatus,
    Outcome,
    Page,
    PushItem,
    RemoteListing,
    Submission,
)
from .fake_channel import SIGNATURE_HEADER, FakeCall, FakeChannel, FakeJob, FakeListing, sign
from .fake_money import parse_return, parse_settlement
from .fake_news import parse_news, parse_privacy, parse_stored
from .fake_orders import order_document, order_line, parse_order, parse_status

__all__ = [
    "LIMITS",
    "SIGNATURE_HEADER",
    "FakeAdapter",
    "FakeCall",
    "FakeChannel",
    "FakeJob",
    "FakeListing",
    "order_document",
    "order_line",
    "sign",
]

LIMITS = Limits(
    lanes=(
        Lane("catalog", (Kind.PRODUCT, Kind.PRICE, Kind.INVENTORY), 100, bucket="listing"),
        Lane(
            "media",
            (Kind.IMAGE, Kind.RELATIONSHIP, Kind.OVERRIDE, Kind.DELETE),
            50,
            asynchronous=True,
            deadline=600.0,
            bucket="listing",
        ),
        Lane("order", (Kind.ACKNOWLEDGE, Kind.STATUS, Kind.LINES, Kind.CANCEL), 20, bucket="order"),
        Lane("shipment", (Kind.SHIPMENT,), 20, repeatable=False, bucket="order"),
        Lane("refund", (Kind.REFUND,), 20, asynchronous=True, repeatable=False, bucket="order"),
    ),
    rates={
        "default": Rate(100, 200),
        "listing": Rate(100, 200),
        "order": Rate(100, 200),
    },
    topics=("order",),
)


class FakeAdapter(Adapter):
    """Speaks to :class:`FakeChannel` instead of a host.

    Credentials: ``token`` (needed by every call) and ``secret`` (signs webhooks, the token if
    missing). Options: ``batch_size`` for all lanes.
    """

    provider: ClassVar[str] = "fake"
    limits = LIMITS
    versions: ClassVar[tuple[ApiVersion, ...]] = (ApiVersion("Fake 1"),)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._exchanges: list[Exchange] = []

    @classmethod
    def limits_for(cls, options: Mapping[str, Any]) -> Limits:
        """The class's limits, with the option ``batch_size`` for every lane."""
        size = options.get("batch_size")
        if not size:
            return cls.limits
        lanes = tuple(dataclasses.replace(lane, batch_size=int(size)) for lane in cls.limits.lanes)
        return dataclasses.replace(cls.limits, lanes=lanes)

    @property
    def channel(self) -> FakeChannel:
        """The channel behind this account's base URL."""
        return FakeChannel.of(self.connection.base_url)

    def take_exchanges(self) -> tuple[Exchange, ...]:
        """The calls made since the last time, as if they had been HTTP."""
        taken, self._exchanges = tuple(self._exchanges), []
        return taken

    # === CONNECTION === #

    def check(self) -> Check:
        """One call; a refused token is an answer, not an error."""
        if not self.connection.credentials.get("token"):
            return Check(False, "The token is missing.", missing=("token",))
        try:
            self._call(FakeCall("check"), "default")
        except AuthError as error:
            return Check(False, error.message)
        return Check(True, "The fake channel answers.", seller_name="Fake Seller")

    def subscribe(self, url: str, *, mend: bool = True) -> Subscriptions | None:
        """Compare the channel's subscriptions with what it should send, see
        :attr:`FakeChannel.wanted`."""
        lost = self._call(FakeCall("subscribe", arguments=(url, mend)), "default")
        channel = self.channel
        if channel.wanted is None:
            return None
        missing = tuple(one for one in channel.wanted if channel.subscribed.get(one) != url)
        mended = tuple(one for one in missing if mend and one not in channel.stubborn)
        channel.subscribed.update(dict.fromkeys(mended, url))
        self._after(lost)
        return Subscriptions(tuple(channel.wanted), missing, mended)

    # === OUT === #

    def push(self, lane: str, items: Sequence[PushItem], key: str) -> Submission:
        """Apply at once, or later for an asynchronous lane."""
        road = next((one for one in self.limits.lanes if one.name == lane), None)
        if road is None or any(item.kind not in road.kinds for item in items):
            raise InvalidError(f"The fake channel cannot take these items in lane {lane[:40]!r}.")
        if not items:
            return Submission(())
        lost = self._call(FakeCall("push", lane, key, tuple(items)), road.bucket)
        if road.asynchronous:
            job = self.channel.submit(tuple(items), key)
            submission = Submission((), done=False, remote_id=job.remote_id)
        else:
            submission = Submission(self.channel.apply(items))
        if lost is not None:
            raise lost
        return submission

    def poll(self, remote_id: str) -> Submission:
        """The state of an asynchronous push."""
        self._after(self._call(FakeCall("poll", arguments=(remote_id,)), "default"))
        job = self.channel.poll(remote_id)
        if job.results is None:
            return Submission((), done=False, remote_id=remote_id)
        return Submission(job.results, remote_id=remote_id)

    def applied(self, item: PushItem) -> ItemResult | None:
        """Look the idempotency key up, unless the channel was told not to know."""
        self._after(self._call(FakeCall("applied", items=(item,)), "order"))
        if not self.channel.can_tell or not item.key:
            return None
        found = item.key in self.channel.facts
        return ItemResult(item.ref, Outcome.SUCCESS if found else Outcome.RETRY)

    # === IN === #

    def pull(self, topic: str, since: datetime, until: datetime | None = None) -> Iterator[Page]:
        """Orders by ``updated_at``, oldest first, in pages."""
        if topic not in self.limits.topics:
            raise InvalidError(f"The fake channel has no topic {topic[:40]!r}.")
        return self._pages(since, until)

    def _pages(self, since: datetime, until: datetime | None) -> Iterator[Page]:
        channel, number = self.channel, 0
        while True:
            call = FakeCall("pull", arguments=(iso(since), number))
            self._after(self._call(call, "order"))
            events = sorted(
                (event for event in map(self._event, list(channel.orders.values()))),
                key=lambda event: (event.occurred_at or since, event.external_id),
            )
            wanted = [
                event
                for event in events
                if (event.occurred_at or since) >= since
                and (until is None or (event.occurred_at or since) <= until)
            ]
            page = tuple(wanted[number * channel.page_size : (number + 1) * channel.page_size])
            times = [event.occurred_at for event in page if event.occurred_at]
            if page:
                yield Page(page, max(times, default=None))
            if len(page) < channel.page_size:
                return
            number += 1

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """HMAC of the raw body."""
        secret = self._secret()
        given = Headers(headers).get(SIGNATURE_HEADER, "")
        if not secret or not given:
            raise SignatureError("The signature is missing.")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), sign(secret, body).encode()):
            raise SignatureError("The signature is wrong.")

    def parse(self, headers: Mapping[str, str], body: bytes) -> tuple[Event, ...]:
        """``{"topic": "order"|"status", "data": {"id": …}}``."""
        message = wire.loads(body)
        if not isinstance(message, dict) or not isinstance(message.get("data"), dict):
            raise InvalidError("The message must be an object with data.", code="bad_shape")
        topic, data = message.get("topic"), message["data"]
        if topic not in ("order", "status"):
            raise InvalidError("The topic of the message is unknown.", code="bad_shape")
        return (self._event(data, topic),)

    def order(self, payload: Any) -> Order:
        """The neutral order of a document."""
        return parse_order(payload, self.connection.currency)

    def status(self, payload: Any) -> OrderStatus:
        """The status in ``{"id": …, "status": …}``."""
        return parse_status(as_object(payload, "event").get("status"))

    def listing_news(self, payload: Any) -> ListingNews:
        """What the channel says of a listing."""
        return parse_news(payload)

    def returned(self, payload: Any) -> Return:
        """Goods that come back."""
        return parse_return(payload)

    def settlement(self, payload: Any) -> Settlement:
        """What the channel pays."""
        return parse_settlement(payload)

    def stored(self, payload: Any) -> tuple[StoredQuantity, ...]:
        """What the channel keeps."""
        return parse_stored(payload)

    def privacy(self, payload: Any) -> PrivacyRequest:
        """What is asked for in a buyer's name."""
        return parse_privacy(payload)

    def preview(self, items: Sequence[PushItem]) -> tuple[ItemResult, ...]:
        """What the channel would say: its verdicts, with nothing changed."""
        self._after(self._call(FakeCall("preview", items=tuple(items)), "listing"))
        return self.channel.judge(items)

    def listings(
        self, keys: Iterable[str] | None = None, *, since: datetime | None = None
    ) -> Iterator[RemoteListing]:
        """What the channel shows; deleted listings are left out."""
        wanted = None if keys is None else set(keys)
        if wanted is not None and not wanted:
            return
        self._after(self._call(FakeCall("listings"), "listing"))
        for listing in list(self.channel.listings.values()):
            if not listing.deleted and (wanted is None or listing.external_id in wanted):
                yield dataclasses.replace(_remote(listing), read_at=self.channel.written_at)

    # === HELPERS === #

    def _event(self, data: dict[str, Any], topic: str = "order") -> Event:
        external_id = as_id(data.get("id"), "id")
        moment = optional_datetime(data.get("updated_at"), "updated_at")
        return Event(topic, external_id, revision(data), data, moment)

    def _secret(self) -> str:
        credentials = self.connection.credentials
        return credentials.get("secret") or credentials.get("token") or ""

    def _call(self, call: FakeCall, bucket: str) -> Exception | None:
        token = self.connection.credentials.get("token")
        if not token:
            raise AuthError("The token is missing.")
        self.budget.take(bucket)
        if self.channel.token not in (None, token):
            error: Exception = AuthError("The token is refused.", code="bad_token")
            self._keep(call, 401)
            raise error
        try:
            lost = self.channel.arrive(call)
        except Exception:
            self._keep(call, None)
            raise
        self._keep(call, 200)
        return lost

    def _after(self, lost: Exception | None) -> None:
        if lost is not None:
            raise lost

    def _keep(self, call: FakeCall, status: int | None) -> None:
        items = [_plain(item) for item in call.items]
        self._exchanges.append(
            Exchange(
                method="POST" if call.items else "GET",
                url=f"{self.connection.base_url}/{call.lane or call.verb}",
                started_at=self.transport.clock.now(),
                duration=0.0,
                status=status,
                request=self.transport.masker.json(items),
                response="",
            )
        )


def _plain(item: PushItem) -> dict[str, Any]:
    target, state = dataclasses.asdict(item.target), dataclasses.asdict(item.state)
    return {"ref": item.ref, "kind": item.kind.value, "target": target, "state": state}


def _remote(listing: FakeListing) -> RemoteListing:
    key = listing.key
    return RemoteListing(
        key=ListingKey(listing.external_id, key.sku, key.internal_id, key.barcode, key.extra),
        title=listing.title,
        price=listing.price,
        quantity=listing.quantity,
        published=listing.published,
        in_stock=listing.in_stock,
        **listing.members,
    )
