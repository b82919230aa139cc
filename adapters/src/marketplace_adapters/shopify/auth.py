"""Access tokens: from the client credentials, good for a day, or one that the merchant wrote down.

::

    no token, or it is over    ──> one caller asks, the others wait for him
    its last hour              ──> one caller asks, the others go on with the old one
    Shopify refuses it (401)   ──> forgotten and asked for once more, by :meth:`.client.Client.run`

Tokens live in the memory of the process, keyed by a digest of the shop's address and the
credentials, so that a changed secret never meets the token of the old one.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from ..core.dates import Clock
from ..core.errors import AdapterError, AuthError, TransportError
from ..core.transport import Transport
from .const import TOKEN_PATH

AHEAD = 3600.0
"""Seconds before its end that a token is renewed; half its life when that is shorter."""
SHORTEST_LIFE = 60.0
DEFAULT_LIFE = 86399.0
MAX_TOKENS = 512
CREDENTIALS = ("client_id", "client_secret")

Fetch = Callable[[], tuple[str, float]]
"""Asks for a token; the token and the seconds it is good for."""


@dataclass(frozen=True, slots=True)
class _Issued:
    """A token, with the times when it is to be renewed and when it ends."""

    token: str = field(default="", repr=False)
    renew: float = 0.0
    ends: float = 0.0


@dataclass(slots=True)
class _Slot:
    """``issued`` is replaced as a whole, so that it is read without the lock."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    issued: _Issued = field(default_factory=_Issued)


class Tokens:
    """The tokens of this process; safe for threads, its ``repr`` shows a count."""

    def __init__(self) -> None:
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
        return _Issued(token, now + max(life - AHEAD, life / 2), now + life)

    def _slot(self, name: str) -> _Slot:
        with self._lock:
            slot = self._slots.setdefault(name, _Slot())
            self._slots.move_to_end(name)
            while len(self._slots) > MAX_TOKENS:
                self._slots.popitem(last=False)
            return slot


TOKENS = Tokens()


class Login:
    """The access to one shop.

    :param credentials: ``access_token``, or :data:`CREDENTIALS`; see :func:`missing`.
    """

    def __init__(
        self, transport: Transport, credentials: Mapping[str, str], tokens: Tokens = TOKENS
    ) -> None:
        self._transport = transport
        self._static = (credentials.get("access_token") or "").strip()
        self._credentials = {name: (credentials.get(name) or "").strip() for name in CREDENTIALS}
        self._gone = missing(credentials)
        self._tokens = tokens
        self._hidden = ""

    def __repr__(self) -> str:
        return f"Login({self._transport.base_url!r})"

    @property
    def renewable(self) -> bool:
        """Whether a refused token can be replaced by a new one."""
        return not self._static

    def token(self) -> str:
        """An access token.

        :raise AuthError: credentials are missing or refused.
        """
        if self._gone:
            raise AuthError(f"Missing: {', '.join(self._gone)}.", code="no_credentials")
        if self._static:
            return self._static
        token = self._tokens.get(self._name(), self._fetch, self._transport.clock)
        if token != self._hidden:
            self._transport.masker.add([token])
            self._hidden = token
        return token

    def forget(self, token: str) -> None:
        """Shopify refuses this token."""
        if self.renewable:
            self._tokens.forget(self._name(), token)

    def _name(self) -> str:
        parts = (self._transport.base_url, *self._credentials.values())
        text = "\0".join(f"{len(part)}:{part}" for part in parts)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    def _fetch(self) -> tuple[str, float]:
        """``POST /admin/oauth/access_token`` (D: Client credentials grant)."""
        form = {"grant_type": "client_credentials", **self._credentials}
        response = self._transport.request(
            "POST",
            TOKEN_PATH,
            data=urlencode(form, errors="replace").encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"},
            bucket="token",
            keep=False,
        )
        reply = response.data if isinstance(response.data, dict) else {}
        token, seconds = reply.get("access_token"), reply.get("expires_in", DEFAULT_LIFE)
        if not isinstance(token, str) or not token:
            raise TransportError("The login was answered without a token.", code="bad_login")
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
            seconds = DEFAULT_LIFE
        return token, min(float(seconds), 30 * DEFAULT_LIFE)


def missing(credentials: Mapping[str, str]) -> tuple[str, ...]:
    """The names of what is needed and empty; nothing when there is an ``access_token``."""
    if (credentials.get("access_token") or "").strip():
        return ()
    return tuple(name for name in CREDENTIALS if not (credentials.get(name) or "").strip())


def signing_secret(credentials: Mapping[str, str]) -> str:
    """What signs the webhooks: the secret of the app, or of the older kind of app."""
    names = ("api_secret", "client_secret") if credentials.get("access_token") else CREDENTIALS[1:]
    return next((found for name in names if (found := (credentials.get(name) or "").strip())), "")
