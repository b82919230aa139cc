"""Who may call: static tokens, tokens by client credentials, and the scopes behind them.

``POST /admin/oauth/access_token`` takes a form or JSON with `grant_type` client_credentials,
`client_id` and `client_secret`. Its tokens live a day on the sandbox's clock. A static token
belongs to an app of its own, with a bucket, subscriptions and bulk operations of its own.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from werkzeug.wrappers import Request, Response

from ..room import Exchange
from ..wire import ApiError, json_response, parse_json
from .part import Part

CLIENT_ID = "demo-shopify-client"
CLIENT_SECRET = "shpss_demo_secret"
STATIC = "shpat_demo_static"
HEADER = "X-Shopify-Access-Token"
INVALID = "[API] Invalid API key or access token (unrecognized login or wrong password)"
#: app → (number, title) of the two apps that the shop has installed
APPS = {"client": (501, "Odoo Marketplace"), "static": (502, "Odoo (legacy custom app)")}


@dataclass
class Access:
    """What a token stands for. `scopes` holds the reading scope of every writing one, too."""

    app: str
    scopes: frozenset[str] = field(default_factory=frozenset)


def widened(scopes: tuple[str, ...]) -> frozenset[str]:
    reading = {
        f"read_{each.removeprefix('write_')}" for each in scopes if each.startswith("write_")
    }
    return frozenset(scopes) | reading


class Refused(ApiError):  # noqa: N818 - reads as a verdict
    """A call that is not even looked at, in Shopify's form."""

    def response(self) -> Response:
        return json_response({"errors": self.message}, self.status, self.headers)


class Tokens(Part):
    """Tokens of both apps."""

    def __init__(self, room: Any) -> None:
        super().__init__(room)
        self.table = self.plain("tokens")

    def clear(self) -> None:
        self.table.clear()

    def seed(self, name: str) -> None:
        self.add(STATIC)

    def state(self) -> dict[str, Any]:
        return {"tokens": self.table.values()}

    def add(self, token: str, app: str = "static", expires: datetime | None = None) -> None:
        row = {"token": token, "app": app, "expires": expires, "revoked": False}
        self.table.put(token, row)

    def revoke(self, token: str | None = None, revoked: bool = True) -> int:
        """One token, or all; returns how many."""
        rows = [each for each in self.table.values() if token is None or each["token"] == token]
        for row in rows:
            self.table.put(row["token"], {**row, "revoked": revoked})
        return len(rows)

    def expire(self) -> int:
        """End all tokens that can end."""
        rows = [each for each in self.table.values() if each["expires"] is not None]
        for row in rows:
            self.table.put(row["token"], {**row, "expires": self.room.now()})
        return len(rows)

    # === THE TOKEN ENDPOINT === #

    def grant(self, exchange: Exchange) -> Response:
        """A token by client credentials."""
        form: Any = exchange.request.form
        if exchange.request.mimetype == "application/json":
            form = parse_json(exchange.body)
            if not isinstance(form, dict):
                return _oauth(400, "invalid_request", "An object is expected")
        if form.get("grant_type") != "client_credentials":
            return _oauth(400, "unsupported_grant_type", "The grant type is not supported")
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return _oauth(400, "invalid_client", "Client authentication failed")
        room = self.room
        with room.services.store.transaction():
            number = room.next_id("token", 1)
            text = hashlib.sha256(f"{room.services.seed}/{number}".encode()).hexdigest()[:32]
            life = room.settings.token_seconds
            for old in self.table.values():
                if old["expires"] and old["expires"] + timedelta(days=2) < room.now():
                    self.table.pop(old["token"])
            self.add(f"shpat_{text}", "client", room.now() + timedelta(seconds=life))
        return json_response(
            {
                "access_token": f"shpat_{text}",
                "scope": ",".join(sorted(room.settings.scopes)),
                "expires_in": int(life),
            }
        )

    # === EVERY CALL === #

    def scopes(self) -> frozenset[str]:
        """What the apps may do at this moment."""
        return widened(self.room.settings.scopes)

    def check(self, request: Request) -> Access:
        """:raises Refused: 401, the token does not open the shop."""
        row = self.table.get(request.headers.get(HEADER, ""))
        ended = row is not None and row["expires"] is not None and row["expires"] <= self.room.now()
        if row is None or row["revoked"] or ended:
            raise Refused(401, INVALID)
        return Access(row["app"], self.scopes())


def _oauth(status: int, code: str, text: str) -> Response:
    return json_response({"error": code, "error_description": text}, status)
