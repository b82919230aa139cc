"""The seller's queue (Amazon SQS) that notifications are delivered to.

botocore speaks to it: the core of Amazon's own client library, without which nothing can be signed
for it as Amazon wants. It is loaded when a queue is configured and needed by nothing else
(``pip install marketplace-adapters[amazon]``).

Nothing of the machine takes part: no profile, no configuration file, no credentials but the
account's, no endpoint but that of the configured address, no redirects, no repeats.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ..core.errors import (
    AdapterError,
    InvalidError,
    RejectedError,
    ServerError,
    ThrottledError,
    TransportError,
)
from ..core.limits import Budget, Unlimited
from ..core.transport import check_base_url

T = TypeVar("T")

BATCH = 10
"""Messages of one call (SQS)."""
HIDDEN = 120
"""Seconds for which nobody else gets a received message; what is not deleted comes again."""
CONNECT_TIMEOUT, READ_TIMEOUT = 5, 10
BUCKET = "queue"
_REGION = re.compile(r"^(?:[a-z0-9-]+\.)*?sqs\.([a-z]{2}(?:-[a-z]+)+-\d)\.", re.ASCII)
_AMAZON = re.compile(r"\.amazonaws\.com(\.cn)?$", re.ASCII)
DEFAULT_REGION = "us-east-1"

# A refused key of the queue must not stop the account, which sells and polls without it: it is a
# refusal that a person can mend, not an AuthError, which pauses.
_KEYS = (
    "InvalidClientTokenId",
    "UnrecognizedClient",
    "SignatureDoesNotMatch",
    "InvalidSignature",
    "InvalidSecurity",
    "AccessDenied",
    "ExpiredToken",
    "MissingAuthenticationToken",
    "IncompleteSignature",
    "OptInRequired",
    "NotAuthorized",
    "InvalidAccessKeyId",
    "Forbidden",
)
_THROTTLES = (
    "Throttl",
    "RequestLimit",
    "TooManyRequests",
    "OverLimit",
    "SlowDown",
    "QuotaExceeded",
)


@dataclass(frozen=True, slots=True)
class Message:
    """One received message; ``receipt`` is what deletes it."""

    id: str
    receipt: str = field(repr=False)
    body: str = field(repr=False)


class Queue:
    """One queue.

    :param url: https, or http on this machine; calls go to its host and nowhere else.
    :param region: taken from the address where it names one.
    """

    def __init__(
        self,
        url: str,
        access_key: str,
        secret_key: str,
        *,
        region: str = "",
        budget: Budget | None = None,
    ) -> None:
        self.url = check_base_url(url)
        parts = urlsplit(self.url)
        host = (parts.hostname or "").lower()
        named = _REGION.match(host)
        self.region = region or (named[1] if named else DEFAULT_REGION)
        # Amazon takes calls at the root of the host; a server that only looks like it, on this
        # machine, where its queue is.
        self.endpoint = f"{parts.scheme}://{parts.netloc}" if _AMAZON.search(host) else self.url
        self._local = host in ("localhost", "127.0.0.1", "::1")
        self._keys = (access_key, secret_key)
        self._budget: Budget = budget or Unlimited()
        self._client: Any = None

    def __repr__(self) -> str:
        return f"Queue({self.url!r})"

    def receive(self, most: int = BATCH) -> list[Message]:
        """Up to ``most`` messages (10 at most), at once: a worker never waits for news."""
        reply = self._call(
            "receive_message",
            MaxNumberOfMessages=min(max(most, 1), BATCH),
            WaitTimeSeconds=0,
            VisibilityTimeout=HIDDEN,
        )
        found = reply.get("Messages") or []
        return [
            Message(str(one["MessageId"]), str(one["ReceiptHandle"]), str(one.get("Body", "")))
            for one in found
            if isinstance(one, Mapping) and one.get("ReceiptHandle") and one.get("MessageId")
        ]

    def delete(self, messages: Sequence[Message]) -> None:
        """Take messages out of the queue; one that cannot be deleted comes again, and is then
        known."""
        for start in range(0, len(messages), BATCH):
            part = messages[start : start + BATCH]
            entries = [
                {"Id": str(number), "ReceiptHandle": one.receipt} for number, one in enumerate(part)
            ]
            self._call("delete_message_batch", Entries=entries)

    def close(self) -> None:
        """Give back sockets; may be called twice."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    # === CALLS === #

    def _call(self, name: str, **members: Any) -> Mapping[str, Any]:
        client = self._open()
        self._budget.take(BUCKET)
        call: Callable[..., Any] = getattr(client, name)
        reply = _guarded(lambda: call(QueueUrl=self.url, **members), self._budget)
        data = reply if isinstance(reply, Mapping) else {}
        headers = (data.get("ResponseMetadata") or {}).get("HTTPHeaders") or {}
        if "html" in str(headers.get("content-type", "")).lower():
            # A page of a proxy in front of the queue, which botocore takes for an empty answer.
            raise TransportError("The answer is not the queue's.", code="not_json")
        return data

    def _open(self) -> Any:
        if self._client is None:
            if not all(self._keys):
                raise RejectedError("The keys of the queue are missing.", code="queue_keys")
            self._client = _guarded(self._make, self._budget)
        return self._client

    def _make(self) -> Any:
        session = _session()
        config = _module("botocore.config").Config(
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            retries={"total_max_attempts": 1, "mode": "standard"},
            proxies={} if self._local else None,
            parameter_validation=False,
        )
        return session.create_client(
            "sqs",
            region_name=self.region,
            endpoint_url=self.endpoint,
            aws_access_key_id=self._keys[0],
            aws_secret_access_key=self._keys[1],
            config=config,
        )


_LOADERS: list[Any] = []


def _session() -> Any:
    """A session that sees nothing of the machine's own configuration. Descriptions of the service
    are read once in a process, which is most of the time that a client takes."""
    nothing = (None, None, os.devnull, None)
    session = _module("botocore.session").Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": nothing,
            "credentials_file": nothing,
        }
    )
    if not _LOADERS:
        _LOADERS.append(session.get_component("data_loader"))
    session.register_component("data_loader", _LOADERS[0])
    return session


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise RejectedError(
            "Reading a queue needs botocore: pip install 'marketplace-adapters[amazon]'.",
            code="no_botocore",
        ) from None


# === ERRORS === #


def _guarded(call: Callable[[], T], budget: Budget) -> T:
    """Run it; what botocore raises becomes one of the closed set, without its texts, which quote
    addresses and bodies."""
    try:
        return call()
    except AdapterError:
        raise
    except Exception as error:
        raise _translated(error, budget) from None


def _translated(error: Exception, budget: Budget) -> AdapterError:
    reply = getattr(error, "response", None)
    if isinstance(reply, Mapping):
        return _refused(reply, budget)
    name = type(error).__name__
    if "Timeout" in name:
        return TransportError("The queue did not answer in time.", code="read_timeout")
    if "SSL" in name:
        return TransportError("The certificate of the queue was refused.", code="tls")
    if "Proxy" in name:
        return TransportError("The proxy refused the connection.", code="proxy")
    if any(part in name for part in ("Connection", "HTTPClient", "Parser", "Checksum", "Read")):
        return TransportError(f"The connection to the queue failed ({name}).", code="connection")
    return InvalidError(f"The call to the queue failed ({name}).", code="queue")


def _refused(reply: Mapping[str, Any], budget: Budget) -> AdapterError:
    data, meta = reply.get("Error"), reply.get("ResponseMetadata")
    code = str(data.get("Code", "")) if isinstance(data, Mapping) else ""
    status = meta.get("HTTPStatusCode") if isinstance(meta, Mapping) else None
    number = str(meta.get("RequestId") or "")[:100] if isinstance(meta, Mapping) else ""
    short = code.rpartition("#")[2].rpartition(".")[2] or "unknown"
    status = status if isinstance(status, int) else 0
    if status == 429 or any(word in short for word in _THROTTLES):
        budget.learn(BUCKET, retry_after=30.0)
        return ThrottledError("The queue is asked too often.", retry_after=30.0, code=short)
    if any(word in short for word in _KEYS) or status in (401, 403):
        text = f"Amazon refuses the keys of the queue ({short})."
        return RejectedError(text, code="queue_keys", request_id=number or None)
    if "NonExistentQueue" in short or "QueueDoesNotExist" in short or status == 404:
        return RejectedError("There is no such queue.", code="no_queue", request_id=number or None)
    if status >= 500 or status == 0 or status < 400:
        # Answers that are no answers of a queue (a proxy's page, a redirect) say nothing.
        kind = ServerError if status >= 500 else TransportError
        return kind(f"The queue failed (HTTP {status}).", code=short, request_id=number or None)
    return InvalidError(f"The queue refuses the call ({short}).", code=short)
