"""Access tokens: from the client credentials, good for a day, or one that the merchant wrote down.

::

    no token, or it is over    ──> one caller asks, the others wait for him
    its last hour              ──> one caller asks, the others go on with the old one
    Shopify refuses it (401)   ──> forgotten and asked for once more, by :meth:`.client.Client.run`

How they are shared and renewed: :mod:`..core.tokens`.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..core.errors import AuthError
from ..core.tokens import Tokens, fetch_token, name_of
from ..core.transport import Transport
from .const import TOKEN_PATH

AHEAD = 3600.0
"""Seconds before its end that a token is renewed; half its life when that is shorter."""
DEFAULT_LIFE = 86399.0
CREDENTIALS = ("client_id", "client_secret")

TOKENS = Tokens(AHEAD)


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
        return name_of(self._transport.base_url, *self._credentials.values())

    def _fetch(self) -> tuple[str, float]:
        """``POST /admin/oauth/access_token`` (D: Client credentials grant)."""
        form = {"grant_type": "client_credentials", **self._credentials}
        token, life = fetch_token(self._transport, TOKEN_PATH, form, DEFAULT_LIFE)
        return token, min(life, 30 * DEFAULT_LIFE)


def missing(credentials: Mapping[str, str]) -> tuple[str, ...]:
    """The names of what is needed and empty; nothing when there is an ``access_token``."""
    if (credentials.get("access_token") or "").strip():
        return ()
    return tuple(name for name in CREDENTIALS if not (credentials.get(name) or "").strip())


def signing_secret(credentials: Mapping[str, str]) -> str:
    """What signs the webhooks: the secret of the app, or of the older kind of app."""
    names = ("api_secret", "client_secret") if credentials.get("access_token") else CREDENTIALS[1:]
    return next((found for name in names if (found := (credentials.get(name) or "").strip())), "")
