"""A marketplace in memory, for the tests of the engine: looks, pushes and faults without HTTP.

State belongs to a base URL, so that a test can look at what an adapter, opened elsewhere for the
same account, has pushed::

    channel = FakeChannel.of("https://fake.test/one")
    channel.fail_next(ServerError("down"))
    ...
    assert channel.listings["F-1"].price == Money(Decimal("9.90"), "EUR")
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from ..core import wire
from ..core.dates import UTC, iso
from ..core.errors import AdapterError, InvalidError
from ..core.types import (
    DeleteState,
    ImageState,
    InventoryState,
    ItemResult,
    Kind,
    ListingKey,
    Money,
    OrderKey,
    Outcome,
    PriceState,
    ProductState,
    PushItem,
    State,
)
from .fake_orders import order_document

SIGNATURE_HEADER = "X-Fake-Signature"


@dataclass(frozen=True, slots=True)
class FakeCall:
    """One call of an adapter, also one that failed. ``items`` is empty unless it is a push."""

    verb: str
    lane: str = ""
    key: str = ""
    items: tuple[PushItem, ...] = ()
    arguments: tuple[Any, ...] = ()


@dataclass(slots=True)
class FakeListing:
    """What the channel shows of one listing; ``states`` holds the last state of each kind, and
    ``members`` what else a :class:`~..core.types.RemoteListing` may say: group, options, …"""

    external_id: str
    key: ListingKey
    title: str = ""
    price: Money | None = None
    quantity: Decimal | None = None
    in_stock: bool | None = None
    published: bool | None = None
    images: tuple[str, ...] = ()
    deleted: bool = False
    states: dict[Kind, State] = field(default_factory=dict)
    members: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class FakeJob:
    """An asynchronous submission: done after ``polls_left`` polls, never by itself if negative."""

    remote_id: str
    items: tuple[PushItem, ...]
    polls_left: int
    results: tuple[ItemResult, ...] | None = None


@dataclass(slots=True)
class _Fault:
    error: AdapterError
    times: int
    verb: str | None
    after: bool


class FakeChannel:
    """One account's side of the fake marketplace. Tests set the public attributes freely.

    :ivar calls: every call since :meth:`reset`, oldest first.
    :ivar listings: by external id.
    :ivar written_at: when the catalogue that :meth:`.FakeAdapter.listings` gives was written down.
    :ivar orders: documents by id, see :func:`~.fake_orders.order_document`.
    :ivar facts: once-only items that took effect, by idempotency key.
    :ivar order_items: everything that took effect on an order, by its external id, in order.
    :ivar jobs: asynchronous submissions by remote id.
    :ivar strict: price or stock of an unknown listing is refused instead of creating it.
    :ivar polls_needed: polls until an asynchronous submission is done; -1: :meth:`finish` only.
    :ivar can_tell: whether a lost once-only item can be read back.
    :ivar token: the only token that is accepted; ``None`` accepts every token but an empty one.
    :ivar wanted: topics of webhooks that should come; ``None``: webhooks are set up by hand.
    :ivar subscribed: address by topic; ``stubborn`` topics cannot be subscribed.
    :ivar on_call: called before a call takes effect, outside the lock: the place for races.
    """

    _channels: ClassVar[dict[str, FakeChannel]] = {}
    _registry_lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.lock = threading.RLock()
        self.reset()

    @classmethod
    def of(cls, base_url: str) -> FakeChannel:
        """The channel behind a base URL; made at the first look."""
        with cls._registry_lock:
            return cls._channels.setdefault(base_url.rstrip("/"), cls(base_url.rstrip("/")))

    @classmethod
    def reset_all(cls) -> None:
        """Forget every channel: for the set-up of a test."""
        with cls._registry_lock:
            cls._channels.clear()

    def reset(self) -> None:
        """Back to an empty channel without faults."""
        self.calls: list[FakeCall] = []
        self.listings: dict[str, FakeListing] = {}
        self.written_at: datetime | None = None
        self.orders: dict[str, dict[str, Any]] = {}
        self.facts: dict[str, PushItem] = {}
        self.order_items: dict[str, list[PushItem]] = {}
        self.jobs: dict[str, FakeJob] = {}
        self.strict = False
        self.polls_needed = 1
        self.can_tell = True
        self.page_size = 50
        self.token: str | None = None
        self.wanted: tuple[str, ...] | None = None
        self.subscribed: dict[str, str] = {}
        self.stubborn: set[str] = set()
        self.on_call: Callable[[FakeCall], None] | None = None
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._faults: list[_Fault] = []
        self._verdicts: dict[str, tuple[Kind | None, Outcome | None, str, str]] = {}
        self._jobs_by_key: dict[str, str] = {}

    # === WHAT TESTS ASK === #

    @property
    def pushes(self) -> list[FakeCall]:
        """The pushes among :attr:`calls`."""
        return [call for call in self.calls if call.verb == "push"]

    @property
    def pushed(self) -> list[PushItem]:
        """The items of all pushes, oldest first."""
        return [item for call in self.pushes for item in call.items]

    # === WHAT TESTS ARRANGE === #

    def fail_next(
        self, error: AdapterError, *, times: int = 1, verb: str | None = None, after: bool = False
    ) -> None:
        """Let the next calls raise.

        :param verb: only calls of this verb: ``check``, ``push``, ``poll``, ``pull``,
            ``listings``, ``applied``.
        :param after: the call takes effect and only its answer is lost.
        """
        self._faults.append(_Fault(error, times, verb, after))

    def reject(
        self,
        target: str,
        code: str = "refused",
        message: str = "Refused by the fake channel.",
        *,
        kind: Kind | None = None,
        outcome: Outcome = Outcome.ERROR,
    ) -> None:
        """Answer items for this target (any of its ids) with ``outcome``, until :meth:`accept`."""
        self._verdicts[target] = (kind, outcome, code, message)

    def omit(self, target: str, *, kind: Kind | None = None) -> None:
        """Leave items for this target out of the results, until :meth:`accept`."""
        self._verdicts[target] = (kind, None, "", "")

    def accept(self, target: str) -> None:
        """Undo :meth:`reject` and :meth:`omit`."""
        self._verdicts.pop(target, None)

    def finish(self, remote_id: str | None = None) -> None:
        """Let an asynchronous submission (all of them without an id) be done at the next poll."""
        for job in self.jobs.values():
            if remote_id in (None, job.remote_id):
                job.polls_left = 0

    def add_listing(self, external_id: str, **values: Any) -> FakeListing:
        """A listing that exists on the channel; ``values`` are members of :class:`FakeListing`."""
        key = values.pop("key", None) or ListingKey(external_id=external_id)
        self.listings[external_id] = FakeListing(external_id, key, **values)
        return self.listings[external_id]

    def place_order(
        self,
        order_id: str | None = None,
        lines: Sequence[Mapping[str, Any]] | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """A buyer orders; see :func:`~.fake_orders.order_document`."""
        with self.lock:
            chosen = order_id or self._new_id("O", self.orders)
            self.orders[chosen] = order_document(chosen, lines, now=self.now(), **more)
            return self.orders[chosen]

    def change_order(self, order_id: str, **members: Any) -> dict[str, Any]:
        """The channel changes an order; ``updated_at`` moves unless it is given."""
        with self.lock:
            members.setdefault("updated_at", iso(self.now()))
            self.orders[order_id] = self.orders[order_id] | members
            return self.orders[order_id]

    def webhook(
        self, data: Any, *, secret: str, topic: str = "order"
    ) -> tuple[dict[str, str], bytes]:
        """Headers and body of a signed message."""
        body = wire.dumps({"topic": topic, "data": data})
        return {SIGNATURE_HEADER: sign(secret, body), "Content-Type": "application/json"}, body

    # === WHAT THE ADAPTER DOES === #

    def arrive(self, call: FakeCall) -> AdapterError | None:
        """Record a call. Raises a waiting fault, or returns one that strikes after the effect."""
        with self.lock:
            self.calls.append(call)
            fault = next((f for f in self._faults if f.verb in (None, call.verb)), None)
            if fault is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
        if self.on_call is not None:
            self.on_call(call)
        if fault is not None and not fault.after:
            raise fault.error
        return fault.error if fault else None

    def apply(self, items: Iterable[PushItem]) -> tuple[ItemResult, ...]:
        """Let items take effect; a once-only item that already did is not applied again."""
        with self.lock:
            results = [self._apply(item) for item in items]
        return tuple(result for result in results if result is not None)

    def submit(self, items: tuple[PushItem, ...], key: str) -> FakeJob:
        """Start an asynchronous submission; the same key gives the same one."""
        with self.lock:
            known = self._jobs_by_key.get(key) if key else None
            if known is not None:
                return self.jobs[known]
            job = FakeJob(self._new_id("J", self.jobs), items, self.polls_needed)
            self.jobs[job.remote_id] = job
            if key:
                self._jobs_by_key[key] = job.remote_id
            return job

    def poll(self, remote_id: str) -> FakeJob:
        """Ask for a submission; its items take effect when it gets done."""
        with self.lock:
            job = self.jobs.get(remote_id)
            if job is None:
                raise InvalidError("The fake channel knows no such submission.", code="unknown_job")
            if job.polls_left > 0:
                job.polls_left -= 1
            if job.polls_left == 0 and job.results is None:
                job.results = self.apply(job.items)
            return job

    def find(self, key: ListingKey) -> FakeListing | None:
        """The listing that a key means: by external id, else by SKU, own id or barcode."""
        if key.external_id:
            return self.listings.get(key.external_id)
        for listing in self.listings.values():
            known = listing.key
            if any(
                mine and mine == theirs
                for mine, theirs in (
                    (key.sku, known.sku),
                    (key.internal_id, known.internal_id),
                    (key.barcode, known.barcode),
                )
            ):
                return listing
        return None

    def _new_id(self, prefix: str, taken: Mapping[str, object]) -> str:
        numbers = (f"{prefix}-{number}" for number in itertools.count(1))
        return next(name for name in numbers if name not in taken)

    def judge(self, items: Iterable[PushItem]) -> tuple[ItemResult, ...]:
        """What :meth:`apply` would answer, with nothing changed."""
        with self.lock:
            return tuple(
                self._verdict(item) or ItemResult(item.ref, Outcome.SUCCESS) for item in items
            )

    def _verdict(self, item: PushItem) -> ItemResult | None:
        for name in _names(item.target):
            kind, outcome, code, message = self._verdicts.get(name, (None, None, "", ""))
            if kind in (None, item.kind) and outcome:
                return ItemResult(item.ref, outcome, code, message)
        return None

    def _apply(self, item: PushItem) -> ItemResult | None:
        for name in _names(item.target):
            verdict = self._verdicts.get(name)
            if verdict is not None and verdict[0] in (None, item.kind):
                _kind, outcome, code, message = verdict
                return ItemResult(item.ref, outcome, code, message) if outcome else None
        if isinstance(item.target, OrderKey):
            return self._apply_order(item, item.target)
        return self._apply_listing(item, item.target)

    def _apply_order(self, item: PushItem, target: OrderKey) -> ItemResult:
        if not (item.key and item.key in self.facts):
            self.order_items.setdefault(target.external_id, []).append(item)
            if item.key:
                self.facts[item.key] = item
        return ItemResult(item.ref, Outcome.SUCCESS)

    def _apply_listing(self, item: PushItem, target: ListingKey) -> ItemResult:
        listing = self.find(target)
        learned: dict[str, str] = {}
        if listing is None:
            if self.strict and item.kind is not Kind.PRODUCT:
                text = "The fake channel has no such listing."
                return ItemResult(item.ref, Outcome.ERROR, "unknown_product", text)
            external_id = target.external_id or self._new_id("F", self.listings)
            listing = self.listings[external_id] = FakeListing(external_id, target)
            learned = {"external_id": external_id}
        listing.states[item.kind] = item.state
        _show(listing, item.state)
        return ItemResult(item.ref, Outcome.SUCCESS, learned=learned)


def sign(secret: str, body: bytes) -> str:
    """The signature that :data:`SIGNATURE_HEADER` carries: HMAC-SHA256 in hexadecimal."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _names(target: ListingKey | OrderKey) -> list[str]:
    if isinstance(target, OrderKey):
        return [target.external_id]
    names = (target.external_id, target.sku, target.internal_id, target.barcode)
    return [name for name in names if name]


def _show(listing: FakeListing, state: State) -> None:
    if isinstance(state, ProductState):
        listing.deleted = False
        if state.title is not None:
            listing.title = state.title
        if state.published is not None:
            listing.published = state.published
    elif isinstance(state, PriceState):
        listing.price = state.price
    elif isinstance(state, InventoryState):
        listing.quantity, listing.in_stock = state.quantity, state.in_stock
    elif isinstance(state, ImageState):
        listing.images = state.urls
    elif isinstance(state, DeleteState):
        listing.deleted, listing.published = True, False
