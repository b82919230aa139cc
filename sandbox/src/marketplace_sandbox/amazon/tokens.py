"""Login with Amazon, the check of access tokens, and restricted data tokens.

``POST /auth/o2/token`` takes a form with `grant_type` refresh_token or client_credentials. An
access token lives an hour on the sandbox's clock. A refresh token may be revoked; its access
tokens are worthless then, too.
"""

from __future__ import annotations

import fnmatch
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from ..room import Exchange
from ..store import Table, encode
from ..wire import json_response
from .errors import LoginError, SpError, denied, invalid
from .model import Access
from .values import body_object, digest, text_member

if TYPE_CHECKING:
    from .room import AmazonRoom

HEADER = "x-amz-access-token"
CLIENT_ID = "amzn1.application-oa2-client.demo"
CLIENT_SECRET = "amzn1.oa2-cs.demo-secret"
REFRESH = "Atzr|demo-refresh"
NOTIFICATIONS = "sellingpartnerapi::notifications"
#: Operations that the notifications model marks grantless: they need a token of client credentials.
GRANTLESS = frozenset(
    (
        "createDestination",
        "getDestinations",
        "getDestination",
        "deleteDestination",
        "getSubscriptionById",
        "deleteSubscriptionById",
    )
)
RESTRICTED_REPORTS = frozenset(("GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING",))


class Tokens:
    """Credentials of the one application, its refresh tokens and access tokens."""

    def __init__(self, room: AmazonRoom) -> None:
        self._room = room
        store = room.services.store
        self.refresh: Table[dict[str, Any]] = Table(store, "amazon.refresh", dict, dict)
        self.access: Table[Access] = Table(
            store, "amazon.access", encode, lambda row: Access(**row)
        )

    def clear(self) -> None:
        self.refresh.clear()
        self.access.clear()

    def add(self, token: str) -> None:
        self.refresh.put(token, {"token": token, "revoked": False})

    def revoke(self, token: str, revoked: bool = True) -> bool:
        """Make a refresh token worthless, or worth something again; False when unknown."""
        if token not in self.refresh:
            return False
        self.refresh.put(token, {"token": token, "revoked": revoked})
        return True

    def expire(self) -> int:
        """Let all access tokens end now; returns how many."""
        count = len(self.access)
        for each in self.access.values():
            each.expires = self._room.now()
            self.access.put(each.token, each)
        return count

    # === LOGIN WITH AMAZON === #

    def login(self, exchange: Exchange) -> Response:
        """:raises LoginError: as RFC 6749 says."""
        request = exchange.request
        kind = request.mimetype
        form: Any = request.form
        if kind == "application/json":
            form = body_object(exchange.body)
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            raise LoginError(401, "invalid_client", "Client authentication failed")
        grant = form.get("grant_type")
        if grant == "refresh_token":
            return self._by_refresh(form.get("refresh_token"))
        if grant == "client_credentials":
            return self._by_credentials(form.get("scope"))
        if not grant:
            raise LoginError(400, "invalid_request", "The request is missing: grant_type")
        raise LoginError(400, "unsupported_grant_type", "The grant_type is not supported")

    def _by_refresh(self, token: Any) -> Response:
        if not token:
            raise LoginError(400, "invalid_request", "The request is missing: refresh_token")
        found = self.refresh.get(str(token))
        if found is None or found["revoked"]:
            raise LoginError(
                400, "invalid_grant", "The request has an invalid grant parameter : refresh_token"
            )
        access = self._issue(refresh=str(token))
        return self._reply(access, {"refresh_token": str(token)})

    def _by_credentials(self, scope: Any) -> Response:
        if scope not in (NOTIFICATIONS, "sellingpartnerapi::migration"):
            raise LoginError(400, "invalid_scope", "The requested scope is invalid")
        return self._reply(self._issue(scope=str(scope)), {"scope": str(scope)})

    def _issue(self, refresh: str = "", scope: str = "", paths: list[str] | None = None) -> Access:
        room = self._room
        number = room.services.store.next_id("amazon.token", 1)
        start = "Atz.sprdt|" if paths else "Atza|"
        text = start + digest("token", room.services.seed, str(number))
        life = timedelta(seconds=room.settings.token_seconds)
        access = Access(text, room.now() + life, refresh, scope, paths or [])
        for old in [each for each in self.access.values() if each.expires + life < room.now()]:
            self.access.pop(old.token)
        self.access.put(text, access)
        return access

    def _reply(self, access: Access, more: dict[str, str]) -> Response:
        life = int(self._room.settings.token_seconds)
        return json_response(
            {"access_token": access.token, "token_type": "bearer", "expires_in": life, **more}
        )

    # === EVERY CALL === #

    def check(self, exchange: Exchange) -> Access:
        """The access token of a call. :raises SpError: 403, it does not open this operation."""
        given = exchange.request.headers.get(HEADER)
        if not given:
            raise denied("Access token is missing in the request header.")
        access = self.access.get(given)
        refresh = self.refresh.get(access.refresh) if access and access.refresh else None
        if access is None or (access.refresh and (refresh is None or refresh["revoked"])):
            raise denied("The access token you provided is revoked, malformed or invalid.")
        if self._room.now() >= access.expires:
            raise denied("The access token you provided has expired.")
        name = exchange.endpoint
        if any(fnmatch.fnmatchcase(name, each) for each in self._room.settings.denied):
            raise denied()
        if (name in GRANTLESS) != bool(access.scope):
            raise denied("The access token is not of the kind that this operation needs.")
        if access.paths and not self._covers(access, exchange):
            raise denied("The restricted data token does not cover this resource.")
        return access

    @staticmethod
    def _covers(access: Access, exchange: Exchange) -> bool:
        wanted = f"{exchange.request.method} /{exchange.path}"
        return any(fnmatch.fnmatchcase(wanted, each) for each in access.paths)

    def restricted(self, exchange: Exchange) -> Response:
        """createRestrictedDataToken."""
        body = body_object(exchange.body)
        resources = body.get("restrictedResources")
        if not isinstance(resources, list) or not 1 <= len(resources) <= 50:
            raise invalid("'restrictedResources' must be a list of 1 to 50 resources.")
        paths: list[str] = []
        for each in resources:
            if not isinstance(each, dict):
                raise invalid("A restricted resource must be an object.")
            method, path = text_member(each, "method"), text_member(each, "path")
            if method not in ("GET", "PUT", "POST", "DELETE") or not path.startswith("/"):
                raise invalid("Application does not have access to one or more requested data.")
            while "{" in path and "}" in path:  # a place holder of any id
                start, _, rest = path.partition("{")
                path = start + "*" + rest.partition("}")[2]
            paths.append(f"{method} {path}")
        access = self.check(exchange)
        if access.paths:
            raise SpError(403, "A restricted data token cannot make another one.")
        made = self._issue(refresh=access.refresh, paths=paths)
        life = int(self._room.settings.token_seconds)
        return json_response({"restrictedDataToken": made.token, "expiresIn": life})
