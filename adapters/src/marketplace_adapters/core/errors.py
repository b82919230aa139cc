"""The closed set of errors an adapter may raise for a whole call.

::

    AdapterError
     ├── TransportError   no usable answer; the call may have been applied   retry
     ├── ServerError      the platform failed (5xx)                          retry
     ├── ThrottledError   too many calls; ``retry_after`` seconds            wait, not counted
     ├── AuthError        credentials refused or lacking a right             pause the account
     ├── SignatureError   an inbound message that we cannot trust            refuse, store nothing
     ├── ConflictError    somebody else changed the target meanwhile         re-read once, retry
     ├── InvalidError     our request or our reading of the answer is wrong  bury: our bug
     └── RejectedError    the platform refuses this item                     bury until data change

Two axes: ``policy`` (what the engine does) and ``fault`` (whose fault it is, so who is told).
A failure of one item of a batch is a value (:class:`~marketplace_adapters.core.types.ItemResult`),
a failure of the whole call is one of these exceptions.
"""

from __future__ import annotations

from typing import ClassVar, Literal

Policy = Literal["retry", "wait", "pause", "refuse", "reread", "bury"]
Fault = Literal["network", "platform", "seller", "sender", "suite"]


class AdapterError(Exception):
    """Base of the closed set.

    :param message: one sentence for a person; never holds a secret or a buyer's data.
    :param code: the platform's own error code, if it gave one.
    :param request_id: the platform's id of the call, for its support.
    """

    policy: ClassVar[Policy] = "bury"
    fault: ClassVar[Fault] = "suite"

    def __init__(
        self, message: str, *, code: str | None = None, request_id: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.request_id = request_id

    def __str__(self) -> str:
        prefix = f"[{self.request_id}] " if self.request_id else ""
        return f"{prefix}{self.message}"


class TransportError(AdapterError):
    """No usable answer arrived; whether the call was applied is unknown."""

    policy = "retry"
    fault = "network"


class ServerError(AdapterError):
    """The platform answered that it failed (HTTP 5xx)."""

    policy = "retry"
    fault = "platform"


class ThrottledError(AdapterError):
    """Too many calls, said by the platform (429) or by our own budget before calling.

    :param retry_after: seconds until a call may succeed; at least 0.
    """

    policy = "wait"
    fault = "platform"

    def __init__(
        self,
        message: str,
        *,
        retry_after: float,
        code: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, code=code, request_id=request_id)
        self.retry_after = max(0.0, retry_after)


class AuthError(AdapterError):
    """Credentials are missing, refused, expired, or lack a right."""

    policy = "pause"
    fault = "seller"


class SignatureError(AdapterError):
    """An inbound message whose sender could not be proven."""

    policy = "refuse"
    fault = "sender"


class ConflictError(AdapterError):
    """The target changed between our reading and our writing."""

    policy = "reread"
    fault = "platform"


class InvalidError(AdapterError):
    """The call was malformed, or the answer is of a form we do not know: our bug."""

    policy = "bury"
    fault = "suite"


class RejectedError(AdapterError):
    """The platform understood the call and refuses it until the data changes."""

    policy = "bury"
    fault = "seller"


ERRORS: tuple[type[AdapterError], ...] = (
    TransportError,
    ServerError,
    ThrottledError,
    AuthError,
    SignatureError,
    ConflictError,
    InvalidError,
    RejectedError,
)
