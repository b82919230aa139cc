"""What every provider must be able to do, in neutral types.

An adapter is opened for one account, used for one batch or one pull, and closed. It holds no
state that must survive: everything worth keeping is returned.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, ClassVar

from typing_extensions import Self

from .errors import InvalidError
from .limits import Budget, Limits, Unlimited
from .news import (
    ApiVersion,
    ListingNews,
    Place,
    PrivacyRequest,
    Return,
    Settlement,
    StoredQuantity,
    Subscriptions,
)
from .response import Dialect
from .transport import Transport
from .types import (
    Check,
    Event,
    Exchange,
    ItemResult,
    Order,
    OrderStatus,
    Page,
    PushItem,
    RemoteListing,
    Submission,
)


@dataclass(frozen=True, slots=True)
class Connection:
    """Everything an adapter must know about one account.

    :param base_url: scheme, host and optional path prefix; no request ever leaves it.
    :param credentials: secrets by name; never shown by ``repr``.
    :param options: settings of the provider, e.g. ``{"internal_supplier_code": "R1"}``.
    :param currency: ISO code for channels that do not state one.
    """

    base_url: str
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    options: Mapping[str, Any] = field(default_factory=dict)
    currency: str = ""


class Adapter(ABC):
    """Base of all adapters; a context manager that closes its connections."""

    provider: ClassVar[str]
    limits: Limits
    dialect: ClassVar[Dialect] = Dialect()
    versions: ClassVar[tuple[ApiVersion, ...]] = ()
    """Versions of the platform's interface in use; one that ends is told to people in time."""

    def __init__(
        self,
        connection: Connection,
        *,
        budget: Budget | None = None,
        transport: Transport | None = None,
    ) -> None:
        self.connection = connection
        self.limits = self.limits_for(connection.options)
        self.budget: Budget = budget or Unlimited()
        self.transport = transport or self._open_transport()
        self.transport.attach(self.budget, self.dialect, connection.credentials.values())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.connection.base_url!r})"

    @classmethod
    def limits_for(cls, options: Mapping[str, Any]) -> Limits:
        """The limits of an account with these options, e.g. a smaller batch; without opening it.

        :raise InvalidError: an option out of its range.
        """
        return cls.limits

    def _open_transport(self) -> Transport:
        """The transport to the account's host; a provider overrides it to add its path prefix."""
        return Transport(self.connection.base_url)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back sockets; may be called twice."""
        self.transport.close()

    def take_exchanges(self) -> tuple[Exchange, ...]:
        """The calls made since the last time this was asked, also when a verb raised."""
        return self.transport.take_exchanges()

    # === CONNECTION === #

    @abstractmethod
    def check(self) -> Check:
        """Try the connection with the cheapest call that proves credentials and rights.

        Missing or refused credentials are a ``Check`` with ``ok`` False; other failures raise.
        """

    def places(self) -> tuple[Place, ...]:
        """Locations of the channel that stock is told for; none for a channel with one store."""
        return ()

    def subscribe(self, url: str, *, mend: bool = True) -> Subscriptions | None:
        """Look whether the channel's webhooks come to this address, and put right what is wrong.

        :param url: our address; what else is subscribed elsewhere is left alone.
        :param mend: ``False`` only looks.
        :return: ``None`` when webhooks of this platform are set up by hand, or do not exist.
        """
        return None

    # === OUT === #

    @abstractmethod
    def push(self, lane: str, items: Sequence[PushItem], key: str) -> Submission:
        """Send items of one lane in as few calls as the platform allows.

        The engine passes at most ``batch_size`` different targets; items of several kinds for
        one target are to be merged where the platform takes them in one row.

        :param key: idempotency key of this push; the same when the same push is repeated.
        :return: a result for every item, whatever its order; missing ones count as retry (in a
            lane that is not repeatable only after :meth:`applied` was asked). A push that took
            several calls and failed in the middle returns the results it has.
        :raise AdapterError: nothing is known to be applied.
        """

    def poll(self, remote_id: str) -> Submission:
        """Ask for the outcome of an asynchronous push."""
        raise LookupError(f"{self.provider} answers at once; there is nothing to poll")

    def applied(self, item: PushItem) -> ItemResult | None:
        """Read back whether a once-only item whose answer was lost took effect.

        :return: ``SUCCESS`` when it took effect, ``RETRY`` when it surely did not, ``None`` when
            the platform cannot tell: the engine then repeats the item with the same key if the
            lane is repeatable, and asks a person otherwise.
        """
        return None

    def preview(self, items: Sequence[PushItem]) -> tuple[ItemResult, ...]:
        """Ask the channel what it would say of these items, without changing anything.

        :raise LookupError: the channel cannot be asked.
        """
        raise LookupError(f"{self.provider} cannot be asked before something is sent.")

    # === IN === #

    @abstractmethod
    def pull(self, topic: str, since: datetime, until: datetime | None = None) -> Iterator[Page]:
        """All pages of what changed since then, oldest first where the platform can.

        The engine stores a page before it asks for the next one, so what follows a ``yield`` (an
        acknowledgement, say) happens after the commit of that page. What takes the platform a
        while raises :class:`ThrottledError` with the seconds after which to ask again.

        Topics: ``order``, ``status``, ``listing``, ``return``, ``settlement``, ``stored``,
        ``privacy``, ``disconnected`` (the shop threw us out) and ``submission`` (its
        ``external_id`` is the remote id of work that is done now: it is polled at once). A topic
        may yield events of other topics as well.
        """

    @abstractmethod
    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """Prove the sender of an inbound message or raise :class:`SignatureError`.

        :param headers: names are compared without case.
        """

    @abstractmethod
    def parse(self, headers: Mapping[str, str], body: bytes) -> tuple[Event, ...]:
        """Read a verified inbound message; :class:`InvalidError` when its shape is unknown."""

    @abstractmethod
    def order(self, payload: Any) -> Order:
        """Read an order document; :class:`InvalidError` says which member is wrong."""

    def status(self, payload: Any) -> OrderStatus:
        """Read the payload of an event with topic ``status``: the new status of one order.

        :raise InvalidError: an unknown status, or a provider that sends whole orders only.
        """
        raise InvalidError(f"{self.provider} sends no status events.", code="bad_shape")

    def listing_news(self, payload: Any) -> ListingNews:
        """Read the payload of an event with topic ``listing``.

        :raise InvalidError: an unknown shape, or a provider that tells nothing of listings.
        """
        raise InvalidError(f"{self.provider} sends no news of listings.", code="bad_shape")

    def returned(self, payload: Any) -> Return:
        """Read the payload of an event with topic ``return``."""
        raise InvalidError(f"{self.provider} sends no returns.", code="bad_shape")

    def settlement(self, payload: Any) -> Settlement:
        """Read the payload of an event with topic ``settlement``; its lines as the channel has
        them, whether or not they add up to its total."""
        raise InvalidError(f"{self.provider} sends no settlements.", code="bad_shape")

    def stored(self, payload: Any) -> tuple[StoredQuantity, ...]:
        """Read the payload of an event with topic ``stored``: goods that the channel keeps."""
        raise InvalidError(f"{self.provider} keeps no goods.", code="bad_shape")

    def privacy(self, payload: Any) -> PrivacyRequest:
        """Read the payload of an event with topic ``privacy``."""
        raise InvalidError(f"{self.provider} asks nothing for buyers.", code="bad_shape")

    @abstractmethod
    def listings(
        self, keys: Iterable[str] | None = None, *, since: datetime | None = None
    ) -> Iterator[RemoteListing]:
        """The channel's own state of the given external ids, or of the whole catalogue.

        :param since: a catalogue that the channel wrote down before is too old; else one of some
            minutes ago will do, see :attr:`RemoteListing.read_at`.
        """
