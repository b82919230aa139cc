"""Login with Amazon: an access token for an hour, from the refresh token of the account.

::

    no token, or it is over ──> one caller asks, the others wait for him
    its last five minutes   ──> one caller asks, the others go on with the old one
    Amazon says expired     ──> forgotten and asked for once more, by :meth:`Caller.call`

How they are shared and renewed: :mod:`..core.tokens`.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..core.errors import AuthError
from ..core.tokens import Tokens, fetch_token, name_of
from ..core.transport import Transport

AHEAD = 300.0
"""Seconds before its end that a token is renewed; half its life when that is shorter."""
DEFAULT_LIFE = 3600.0
CREDENTIALS = ("client_id", "client_secret", "refresh_token")

TOKENS = Tokens(AHEAD)


class Login:
    """The logins of one account.

    :param credentials: :data:`CREDENTIALS`; see :func:`missing`.
    :param token_url: absolute; its origin must be one of the transport's.
    """

    def __init__(
        self,
        transport: Transport,
        credentials: Mapping[str, str],
        token_url: str,
        tokens: Tokens = TOKENS,
    ) -> None:
        self._transport = transport
        self._credentials = {name: credentials.get(name) or "" for name in CREDENTIALS}
        self._token_url = token_url
        self._tokens = tokens
        self._hidden = ""

    def __repr__(self) -> str:
        return f"Login({self._token_url!r})"

    def token(self, scope: str = "") -> str:
        """An access token.

        :param scope: of a grantless operation, e.g. ``sellingpartnerapi::notifications``.
        :raise AuthError: credentials are missing or refused.
        """
        gone = missing(self._credentials)
        if gone:
            raise AuthError(f"Missing: {', '.join(gone)}.", code="no_credentials")
        token = self._tokens.get(
            self._name(scope), lambda: self._fetch(scope), self._transport.clock
        )
        if token != self._hidden:
            self._transport.masker.add([token])
            self._hidden = token
        return token

    def forget(self, token: str, scope: str = "") -> None:
        """Amazon refuses this token."""
        self._tokens.forget(self._name(scope), token)

    def _name(self, scope: str) -> str:
        return name_of(self._token_url, scope, *self._credentials.values())

    def _fetch(self, scope: str) -> tuple[str, float]:
        """``POST /auth/o2/token`` (D: Connecting to the SP-API)."""
        own = self._credentials
        form = {"client_id": own["client_id"], "client_secret": own["client_secret"]}
        if scope:
            form |= {"grant_type": "client_credentials", "scope": scope}
        else:
            form |= {"grant_type": "refresh_token", "refresh_token": own["refresh_token"]}
        return fetch_token(self._transport, self._token_url, form, DEFAULT_LIFE)


def missing(credentials: Mapping[str, str]) -> tuple[str, ...]:
    """The names of :data:`CREDENTIALS` that are empty."""
    return tuple(name for name in CREDENTIALS if not credentials.get(name))
