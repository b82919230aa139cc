"""Where calls may go: addresses, compared by scheme, host and port."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from .errors import InvalidError

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
Origin = tuple[str, str, int]


class Origins:
    """The hosts that a transport may call besides its own.

    :param patterns: ``https://host``, ``https://host:8443``, ``http://127.0.0.1:8069`` or, for all
        hosts below a domain, ``https://*.example.com``.
    :raise InvalidError: anything else, and http towards another machine.
    """

    def __init__(self, patterns: Iterable[str] = ()) -> None:
        self._exact: set[Origin] = set()
        self._below: set[str] = set()
        for pattern in patterns:
            if pattern.startswith("https://*."):
                # Checked as a host, so that "*.", "*.com/path" and "*.a@b" are refused.
                host = origin_of(check_base_url(pattern.replace("*.", "", 1)))[1]
                if "." not in host or pattern.lower() != f"https://*.{host}":
                    raise InvalidError("A pattern of hosts must name a domain.", code="bad_url")
                self._below.add(f".{host}")
            elif "*" in pattern:
                raise InvalidError("A star stands for hosts below a domain only.", code="bad_url")
            else:
                self._exact.add(origin_of(check_base_url(pattern)))

    def __contains__(self, url: object) -> bool:
        scheme, host, port = origin_of(str(url))
        if (scheme, host, port) in self._exact:
            return True
        return (scheme, port) == ("https", 443) and any(host.endswith(end) for end in self._below)


def check_base_url(url: str) -> str:
    """The base URL without trailing slashes.

    :raise InvalidError: not HTTPS (HTTP only towards this machine), or a URL with a user, a query
        or a fragment.
    """
    try:
        parts = urlsplit(url.strip())
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise InvalidError("The base URL is not a URL.", code="bad_url") from None
    if parts.scheme not in ("http", "https") or not host:
        raise InvalidError("The base URL must start with https:// and a host.", code="bad_url")
    if parts.scheme == "http" and host not in LOOPBACK:
        raise InvalidError(
            "The base URL must use https; http is for this machine only.", code="bad_url"
        )
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise InvalidError("The base URL may hold only a host and a path.", code="bad_url")
    printable(url.strip())
    return url.strip().rstrip("/")


def segment(value: str) -> str:
    """One path segment, quoted; an id may hold any character but cannot change the path.

    :raise InvalidError: empty, ``.`` or ``..``.
    """
    if value in ("", ".", ".."):
        raise InvalidError("An empty id cannot be part of a path.")
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        raise InvalidError("The id holds characters that cannot be sent.") from None


def origin_of(url: str) -> Origin:
    """Scheme, host and port of an absolute address.

    :raise InvalidError: not a URL, or one with a user.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise InvalidError("The address of the call is not a URL.", code="bad_url") from None
    if "@" in parts.netloc:
        raise InvalidError("An address with a user is refused.", code="bad_url")
    return parts.scheme, (parts.hostname or "").lower(), port


def printable(text: str) -> None:
    """Refuse what could end a line of a request or be read as another path.

    :raise InvalidError: a space, a backslash or a control character.
    """
    if any(ord(char) <= 32 or char in "\\\x7f" for char in text):
        raise InvalidError(
            "An address may not hold spaces, backslashes or control characters.", code="bad_url"
        )
