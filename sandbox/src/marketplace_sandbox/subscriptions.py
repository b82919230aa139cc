"""Who wants to be told, and the sending of one event to him."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

RETRIES = (0.5, 2.0, 10.0)
TIMEOUT = 10.0
Connections = dict[tuple[str, str], http.client.HTTPConnection]


@dataclass
class Subscription:
    """An address that wants events.

    :param style: name of the payload form; the room that publishes knows the names.
    :param header: header that carries the token, bare.
    :param account: only events of this account (None: of all).
    :param retries: seconds to wait before each further attempt.
    """

    id: str
    provider: str
    url: str
    style: str = ""
    header: str = "AuthorizationToken"
    token: str = ""
    account: str | None = None
    retries: list[float] = field(default_factory=lambda: list(RETRIES))

    @classmethod
    def parse(cls, data: dict[str, Any], default_id: str) -> Subscription:
        """:raises ValueError: a member is unknown, missing or not acceptable."""
        known = {"id", "provider", "url", "style", "header", "token", "account", "retries"}
        if unknown := set(data) - known:
            raise ValueError(f"unknown members of a subscription: {', '.join(sorted(unknown))}")
        url = str(data.get("url") or "")
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("url must be an http or https address")
        _ = parts.port  # an impossible port raises here, not in the worker
        if not data.get("provider"):
            raise ValueError("provider is missing")
        header = str(data.get("header") or "AuthorizationToken")
        token = str(data.get("token") or "")
        if any(ord(char) < 32 or ord(char) > 126 for char in header + token + url):
            raise ValueError("url, header and token must be plain ASCII")
        retries = data.get("retries", list(RETRIES))
        if not isinstance(retries, list) or not all(
            isinstance(each, (int, float, Decimal)) and 0 <= each <= 86_400 for each in retries
        ):
            raise ValueError("retries must be a list of seconds")
        account = data.get("account")
        return cls(
            id=str(data.get("id") or default_id),
            provider=str(data["provider"]),
            url=url,
            style=str(data.get("style") or ""),
            header=header,
            token=token,
            account=None if account is None else str(account),
            retries=[float(each) for each in retries],
        )

    def state(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "provider": self.provider,
            "url": self.url,
            "style": self.style,
            "header": self.header,
            "token": self.token,
            "account": self.account,
            "retries": self.retries,
        }


def post(
    subscription: Subscription,
    token: str,
    body: bytes,
    connections: Connections,
    more: Mapping[str, str] | None = None,
) -> tuple[int, bytes]:
    """Send once, over the kept connection if there is one.

    A kept connection that the other side has closed meanwhile is opened anew.

    :param connections: the kept ones, by scheme and place; changed.
    :param more: further headers of this delivery.
    :return: status and body of the answer.
    :raises OSError, http.client.HTTPException: no usable answer.
    """
    parts = urlsplit(subscription.url)
    place = (parts.scheme, parts.netloc)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Content-Type": "application/json", "User-Agent": "marketplace-sandbox"}
    if token:
        headers[subscription.header] = token
    headers.update(more or {})
    kept = connections.pop(place, None)
    if kept is not None:
        try:
            return _exchange(kept, path, body, headers, place, connections)
        except (ConnectionError, http.client.BadStatusLine):
            pass  # closed while idle; a time-out is not repeated here
    fresh = _connect(parts.scheme, parts.hostname or "", parts.port)
    return _exchange(fresh, path, body, headers, place, connections)


def _exchange(
    connection: http.client.HTTPConnection,
    path: str,
    body: bytes,
    headers: dict[str, str],
    place: tuple[str, str],
    connections: Connections,
) -> tuple[int, bytes]:
    try:
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        answer = response.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        raise
    connections[place] = connection
    return response.status, answer


def _connect(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
    return kind(host, port, timeout=TIMEOUT)
