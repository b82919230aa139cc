"""Moves bytes to the configured hosts and turns every failure into the closed set of errors.

Rules that hold for every provider, because they live here:

* no request leaves for a host that is not configured: absolute URLs are compared with the
  configured origins and redirects are never followed;
* HTTPS, except towards this machine (sandbox, tests);
* nothing is repeated here: whether a repeat is safe is known to the engine alone;
* the budget is asked before each call and told what the answer says about the rate;
* proxies and certificate bundles of the environment are used, because many companies reach the
  internet only so; ``.netrc`` is not, because it would overwrite our credentials;
* every call is kept as a masked :class:`~marketplace_adapters.core.types.Exchange`.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn
from urllib.parse import urlencode

import requests
import urllib3
from requests.utils import get_environ_proxies

from . import wire
from .dates import Clock, SystemClock
from .errors import AdapterError, AuthError, InvalidError, ThrottledError, TransportError
from .limits import Budget, Unlimited
from .masking import Masker, cap, sensitive_values
from .origins import LOOPBACK, Origin, Origins, check_base_url, origin_of, printable, segment
from .response import DEFAULT_RETRY_AFTER, Dialect, Headers, Response
from .types import Exchange

__all__ = ["Transport", "check_base_url", "segment"]

USER_AGENT = "marketplace-adapters/19.0"
BODY_CAP = 65536
"""Characters of a body that an exchange keeps."""
MESSAGE_CAP = 300
MAX_RESPONSE = 32 * 1024 * 1024
MAX_EXCHANGES = 200
_CHUNK = 65536


@dataclass(slots=True)
class _Call:
    """One call while it is under way."""

    method: str
    url: str
    masker: Masker
    sent: str
    started_at: datetime
    begun: float
    status: int | None = None
    received: str = ""
    request_id: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    keep: bool = True
    most: int = MAX_RESPONSE


class Transport:
    """HTTP to one host, with keep-alive.

    :param base_url: scheme, host and optional path prefix; see :func:`check_base_url`.
    :param others: further hosts that absolute addresses may name, see :class:`Origins`; whoever
        calls one decides which headers it gets.
    :param timeout: seconds to connect and seconds between two parts of an answer.
    :param deadline: seconds that a whole answer may take; a host that drips cannot hold a worker.
    :param session: one to use instead of an own, e.g. with a test adapter mounted.
    :param mask: hides secrets in everything kept; the adapter adds its credentials to it.
    """

    def __init__(
        self,
        base_url: str,
        *,
        others: Iterable[str] = (),
        timeout: tuple[float, float] = (5.0, 30.0),
        deadline: float = 120.0,
        session: requests.Session | None = None,
        clock: Clock | None = None,
        mask: Masker | None = None,
        budget: Budget | None = None,
        dialect: Dialect | None = None,
    ) -> None:
        self.base_url = check_base_url(base_url)
        self._origins = Origins((self.base_url, *others))
        self._routes: dict[Origin, dict[str, Any]] = {}
        self._timeout = timeout
        self._deadline = deadline
        self._clock = clock or SystemClock()
        self._mask = mask or Masker()
        self._budget: Budget = budget or Unlimited()
        self._dialect = dialect or Dialect()
        self._session = session
        self._exchanges: deque[Exchange] = deque(maxlen=MAX_EXCHANGES)

    def __repr__(self) -> str:
        return f"Transport({self.base_url!r})"

    @property
    def masker(self) -> Masker:
        """Hides what this transport knows to be secret; for texts of the adapter itself."""
        return self._mask

    @property
    def clock(self) -> Clock:
        """The source of time."""
        return self._clock

    def attach(self, budget: Budget, dialect: Dialect, secrets: Iterable[str]) -> None:
        """Called by the adapter that owns this transport."""
        self._budget = budget
        self._dialect = dialect
        self._mask.add(secrets)

    def close(self) -> None:
        """Give back sockets; may be called twice."""
        if self._session is not None:
            self._session.close()

    def take_exchanges(self) -> tuple[Exchange, ...]:
        """The calls since the last time, oldest first, at most :data:`MAX_EXCHANGES`."""
        taken = tuple(self._exchanges)
        self._exchanges.clear()
        return taken

    # === CALL === #

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        bucket: str = "default",
        cost: float = 1.0,
        expect_json: bool = True,
        keep: bool = True,
        max_response: int | None = None,
    ) -> Response:
        """One call.

        :param path: relative to the base URL, or absolute on a configured origin.
        :param params: query; members that are ``None`` are left out.
        :param json: body written as JSON; ``data`` instead for raw bytes.
        :param bucket: rate that the call draws from, ``cost`` tokens of it.
        :param expect_json: an answer with another body is no usable answer.
        :param keep: whether the exchange shows the bodies; else only how long they are.
        :param max_response: bytes, instead of :data:`MAX_RESPONSE`.
        :return: an answer with status 2xx; an empty body has ``data`` ``None``.
        :raise AdapterError: one of the closed set, as :class:`Dialect` says.
        """
        call = self._prepare(method, path, params, json, data, headers)
        call.keep, call.most = keep, max_response or MAX_RESPONSE
        if not keep:
            call.sent = _size(call.body or b"")
        self._budget.take(bucket, cost)
        call.started_at, call.begun = self._clock.now(), self._clock.monotonic()
        try:
            response = self._send(call)
            return self._accept(call, response, bucket, expect_json)
        finally:
            self._keep(call)

    def _prepare(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        json: Any,
        data: bytes | None,
        headers: Mapping[str, str] | None,
    ) -> _Call:
        url = self._url(path, params)
        masker = self._mask.with_secrets(
            value for value in sensitive_values(json) if len(value) > 3
        )
        body = wire.dumps(json) if json is not None else data
        sent = masker.json(json, BODY_CAP) if json is not None else _raw(masker, data or b"")
        own = {"Accept": "application/json", "User-Agent": USER_AGENT}
        if json is not None:
            own["Content-Type"] = "application/json"
        own.update(headers or {})
        for name, value in own.items():
            _check_header(name, value)
        now = self._clock
        return _Call(method, url, masker, sent, now.now(), now.monotonic(), headers=own, body=body)

    def _url(self, path: str, params: Mapping[str, Any] | None) -> str:
        printable(path)
        if "://" in path.split("?")[0]:
            if path not in self._origins:
                raise InvalidError("A call to a host that was not configured is refused.")
            url = path
        else:
            url = f"{self.base_url}/{path.lstrip('/')}"
        query = [(key, value) for key, value in (params or {}).items() if value is not None]
        if query:
            url += ("&" if "?" in url else "?") + urlencode(query, doseq=True)
        return url

    def _open(self) -> requests.Session:
        if self._session is None:
            session = requests.Session()
            session.trust_env = False
            self._session = session
        return self._session

    def _route(self, url: str) -> dict[str, Any]:
        """Proxies and certificates for the host of a call."""
        origin = origin_of(url)
        if origin not in self._routes:
            route: dict[str, Any] = {}
            if origin[1] not in LOOPBACK:
                bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
                route = {"proxies": get_environ_proxies(url), "verify": bundle or True}
            self._routes[origin] = route
        return self._routes[origin]

    def _send(self, call: _Call) -> Response:
        try:
            with self._open().request(
                call.method,
                call.url,
                data=call.body,
                headers=dict(call.headers),
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
                **self._route(call.url),
            ) as answer:
                call.status = answer.status_code
                headers = Headers(answer.headers)
                content = self._read(call, answer)
        except AdapterError:
            raise
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            _translate(error)
        return Response(answer.status_code, headers, content, *_parsed(content))

    def _read(self, call: _Call, answer: requests.Response) -> bytes:
        parts: list[bytes] = []
        size = 0
        for part in answer.iter_content(_CHUNK):
            parts.append(part)
            size += len(part)
            if size > call.most:
                raise TransportError(f"The answer is larger than {call.most} bytes.")
            if self._clock.monotonic() - call.begun > self._deadline:
                raise TransportError(f"The answer was not complete after {self._deadline:g} s.")
        return b"".join(parts)

    def _accept(self, call: _Call, response: Response, bucket: str, expect_json: bool) -> Response:
        call.received = _received(call, response)
        call.request_id = self._dialect.request_id(response)
        self._learn(response, bucket)
        if not response.ok:
            raise self._error(call, response)
        if expect_json and response.content.strip() and not response.is_json:
            # A page of a proxy in front of the platform: whether the call went through is unknown.
            raise TransportError(
                f"The answer (HTTP {response.status}) is not JSON.",
                code="not_json",
                request_id=call.request_id,
            )
        return response

    def _learn(self, response: Response, bucket: str) -> None:
        learned = self._dialect.learned(response, self._clock.now())
        wait = learned.retry_after
        if response.status == 429 and wait is None:
            wait = DEFAULT_RETRY_AFTER
        known = (learned.remaining, learned.limit, learned.per_second, learned.unused, wait)
        if any(value is not None for value in known):
            self._budget.learn(
                bucket,
                remaining=learned.remaining,
                limit=learned.limit,
                per_second=learned.per_second,
                retry_after=wait,
                unused=learned.unused,
            )

    def _error(self, call: _Call, response: Response) -> AdapterError:
        cls = self._dialect.error_class(response)
        said = cap(call.masker.text(self._dialect.message(response)), MESSAGE_CAP)
        message = f"HTTP {response.status}" + (f": {said}" if said else "")
        code = self._dialect.code(response)
        code = call.masker.text(code) if code else None
        if issubclass(cls, ThrottledError):
            wait = self._dialect.retry_after(response, self._clock.now())
            wait = DEFAULT_RETRY_AFTER if wait is None else wait
            return cls(message, retry_after=wait, code=code, request_id=call.request_id)
        return cls(message, code=code, request_id=call.request_id)

    def _keep(self, call: _Call) -> None:
        self._exchanges.append(
            Exchange(
                method=call.method,
                url=call.masker.url(call.url),
                started_at=call.started_at,
                duration=max(0.0, self._clock.monotonic() - call.begun),
                status=call.status,
                request=call.sent,
                response=call.received,
                request_id=call.request_id,
            )
        )


def _parsed(content: bytes) -> tuple[Any, bool]:
    if not content.strip():
        return None, False
    try:
        return wire.loads(content), True
    except InvalidError:
        return None, False


def _received(call: _Call, response: Response) -> str:
    if not call.keep:
        return _size(response.content)
    if response.is_json:
        return call.masker.json(response.data, BODY_CAP)
    return _raw(call.masker, response.content)


def _size(content: bytes) -> str:
    return f"({len(content)} bytes)" if content else ""


def _raw(masker: Masker, content: bytes) -> str:
    """Bytes that are not JSON, for the log; markup and binary data are named, not shown."""
    text = wire.clean(content[: BODY_CAP * 4].decode("utf-8", "replace"))
    return cap(masker.text(text), BODY_CAP)


def _check_header(name: str, value: str) -> None:
    """Refuse what ``http.client`` would refuse with the value (a secret) in its message."""
    if not name or not all(33 <= ord(char) <= 126 and char != ":" for char in name):
        raise InvalidError("The name of a header holds characters that cannot be sent.")
    if (
        not isinstance(value, str)
        or value != value.strip()
        or not all(32 <= ord(char) <= 126 for char in value)
    ):
        raise AuthError(f"The value for the header {name} holds characters that cannot be sent.")


def _translate(error: Exception) -> NoReturn:
    """Raise without a cause: the texts of the libraries quote URLs and header values."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        raise TransportError("The host did not answer in time.", code="connect_timeout") from None
    if isinstance(error, (requests.exceptions.Timeout, TimeoutError)):
        raise TransportError("No answer in time.", code="read_timeout") from None
    if isinstance(error, requests.exceptions.SSLError):
        raise TransportError("The certificate of the host was refused.", code="tls") from None
    if isinstance(error, requests.exceptions.ProxyError):
        raise TransportError("The proxy refused the connection.", code="proxy") from None
    if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidHeader)):
        raise InvalidError("The call has a bad address or header.", code="bad_url") from None
    name = type(error).__name__
    raise TransportError(f"The connection failed ({name}).", code="connection") from None
