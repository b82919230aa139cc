"""Access tokens that platforms give for a time, one for each login, shared by all who need it.

::

    no token, or it is over   ──> one caller asks, the others wait for him
    it ends soon              ──> one caller asks, the others go on with the old one
    the platform refuses it   ──> forgotten, and asked for once more

Tokens live in the memory of the process, keyed by a digest of the login, so that every adapter of
an account shares one and a changed secret never meets the token of the old one.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from .dates import Clock
from .errors import AdapterError, AuthError, TransportError
from .transport import Transport

SHORTEST_LIFE = 60.0
MAX_TOKENS = 512

Fetch = Callable[[], tuple[str, float]]
"""Asks for a token; the token and the seconds it is good for."""


@dataclass(frozen=True, slots=True)
class _Issued:
    """A token with the times when it is to be renewed and when it ends."""

    token: str = field(default="", repr=False)
    renew: float = 0.0
    ends: float = 0.0


@dataclass(slots=True)
class _Slot:
    """What is known of one name. ``issued`` is replaced as a whole, so that it is read without the
    lock, which only those hold who ask the platform."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    issued: _Issued = field(default_factory=_Issued)


class Tokens:
    """The tokens of this process; safe for threads, its ``repr`` shows a count.

    :param ahead: seconds before its end that a token is renewed; half its life when that is
        shorter.
    """

    def __init__(self, ahead: float) -> None:
        self._ahead = ahead
        self._slots: OrderedDict[str, _Slot] = OrderedDict()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Tokens({len(self._slots)})"

    def get(self, name: str, fetch: Fetch, clock: Clock) -> str:
        """The token of that name; ``fetch`` is called by one thread at a time.

        :raise AdapterError: what ``fetch`` raises when there is no token that still holds.
        """
        slot = self._slot(name)
        issued, now = slot.issued, clock.monotonic()
        if issued.renew > now:
            return issued.token
        if not slot.lock.acquire(blocking=issued.ends <= now):
            return issued.token
        try:
            # Whoever waited finds what the first one brought.
            if slot.issued.renew <= clock.monotonic():
                slot.issued = self._renewed(slot.issued, fetch, clock)
            return slot.issued.token
        finally:
            slot.lock.release()

    def forget(self, name: str, token: str) -> None:
        """This token is refused. One that came meanwhile is kept."""
        slot = self._slot(name)
        with slot.lock:
            if slot.issued.token == token:
                slot.issued = _Issued()

    def clear(self) -> None:
        """Forget everything, e.g. between tests."""
        with self._lock:
            self._slots.clear()

    def _renewed(self, old: _Issued, fetch: Fetch, clock: Clock) -> _Issued:
        try:
            token, seconds = fetch()
        except AuthError:
            raise
        except AdapterError:
            if old.token and old.ends > clock.monotonic():
                return old
            raise
        now, life = clock.monotonic(), max(seconds, SHORTEST_LIFE)
        return _Issued(token, now + max(life - self._ahead, life / 2), now + life)

    def _slot(self, name: str) -> _Slot:
        with self._lock:
            slot = self._slots.setdefault(name, _Slot())
            self._slots.move_to_end(name)
            while len(self._slots) > MAX_TOKENS:
                self._slots.popitem(last=False)
            return slot


def name_of(*parts: str) -> str:
    """The name of a login: a digest from which nothing of it can be read."""
    text = "\0".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def fetch_token(
    transport: Transport, address: str, form: Mapping[str, str], life: float
) -> tuple[str, float]:
    """Ask for a token the way of OAuth 2: a form, answered with ``access_token``, ``expires_in``.

    :param address: absolute, or a path of the transport.
    :param life: seconds that a token is good for when the answer does not say it.
    :raise AdapterError: no token was given.
    """
    response = transport.request(
        "POST",
        address,
        data=urlencode(form, errors="replace").encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"},
        bucket="token",
        keep=False,
    )
    reply = response.data if isinstance(response.data, dict) else {}
    token, seconds = reply.get("access_token"), reply.get("expires_in", life)
    if not isinstance(token, str) or not token:
        raise TransportError("The login was answered without a token.", code="bad_login")
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        seconds = life
    return token, float(seconds)
