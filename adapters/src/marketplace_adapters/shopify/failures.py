"""Errors of a GraphQL answer in the closed set, with words for a person.

An answer with HTTP 200 may refuse the call in three ways; none is ever taken for success.

::

    errors[].extensions.code
      THROTTLED                            ThrottledError   seconds until the points are back
      ACCESS_DENIED                        AuthError        a right is missing: which, and where
      SHOP_INACTIVE                        AuthError        the shop is closed
      UNAUTHORIZED                         AuthError        the token is refused
      INTERNAL_SERVER_ERROR TIMEOUT …      ServerError
      MAX_COST_EXCEEDED, all others        InvalidError     our request is wrong
    errors beside data                     the same: half an answer is none
    data.<mutation>.userErrors[]           values, by :func:`user_errors`
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..core.errors import (
    AdapterError,
    AuthError,
    ConflictError,
    InvalidError,
    RejectedError,
    ServerError,
    ThrottledError,
)
from ..core.masking import Masker, cap
from .dialect import code_of, cost_said, errors_of, seconds_until

MESSAGE_CAP = 300
_SERVER = frozenset(
    {"INTERNAL_SERVER_ERROR", "INTERNAL_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE", "BAD_GATEWAY"}
)
_SCOPE = re.compile(r"\b((?:read|write)_[a-z_]{2,60}|unauthenticated_[a-z_]{2,60})\b")
WHERE_SCOPES = (
    "Open the app in the Shopify Dev Dashboard, Versions > Access scopes (an older app: Shopify "
    "admin > Settings > Apps > Develop apps > the app > Configuration), add them, release, and "
    "install the app again."
)


def raise_for(data: Any, field: str, masker: Masker, request_id: str | None = None) -> None:
    """Raise what the top-level errors of an answer stand for; return when there are none.

    :param field: root field of the call, for the message.
    :raise AdapterError: see the module.
    """
    errors = errors_of(data)
    if not errors:
        return
    # The gravest word decides: throttled first, for nothing was done then.
    errors.sort(key=lambda one: _rank(code_of(one)))
    code = code_of(errors[0]) or "graphql_error"
    said = cap(masker.text(_text(errors[0].get("message"))), MESSAGE_CAP)
    raise _error(code, said, field, data, request_id)


def _rank(code: str) -> int:
    if code == "THROTTLED":
        return 0
    if code in ("ACCESS_DENIED", "SHOP_INACTIVE", "UNAUTHORIZED"):
        return 1
    return 2 if code in _SERVER else 3


def _error(code: str, said: str, field: str, data: Any, request_id: str | None) -> AdapterError:
    if code == "THROTTLED":
        wait = seconds_until(cost_said(data))
        text = f"Shopify asks to wait {wait:.0f} s before {field}."
        return ThrottledError(text, retry_after=wait, code=code, request_id=request_id)
    if code == "ACCESS_DENIED":
        return AuthError(_denied(said, field), code=code, request_id=request_id)
    if code == "SHOP_INACTIVE":
        text = "The shop is closed; its owner chooses a plan in the Shopify admin, Settings > Plan."
        return AuthError(text, code=code, request_id=request_id)
    if code == "UNAUTHORIZED":
        return AuthError(f"Shopify refuses the token ({said}).", code=code, request_id=request_id)
    if code in _SERVER:
        return ServerError(f"Shopify failed in {field} ({said}).", code=code, request_id=request_id)
    if code == "MAX_COST_EXCEEDED":
        text = f"The call {field} is too large for Shopify ({said})."
        return InvalidError(text, code=code, request_id=request_id)
    return InvalidError(f"Shopify refuses the call {field} ({said}).", code=code[:100])


def _denied(said: str, field: str) -> str:
    scopes = ", ".join(dict.fromkeys(_SCOPE.findall(said)))
    if scopes:
        return f"The app may not use {field}: it lacks the right {scopes}. {WHERE_SCOPES}"
    return f"The app may not use {field} ({said}). {WHERE_SCOPES}"


# === ERRORS OF A MUTATION === #


@dataclass(frozen=True, slots=True)
class UserError:
    """One of ``userErrors``.

    :param field: path below the arguments: ``("input", "variants", "0", "price")``.
    """

    message: str
    code: str = ""
    field: tuple[str, ...] = ()

    def index(self, member: str) -> int | None:
        """The position in the list ``member`` that it is about, if it says one."""
        for name, after in zip(self.field, self.field[1:], strict=False):
            if name == member and after.isdecimal() and len(after) < 10:
                return int(after)
        return None


def user_errors(rows: Iterable[Any], masker: Masker) -> tuple[UserError, ...]:
    """The errors of a payload, from models or raw rows; texts are masked and capped."""
    found = []
    for row in rows:
        get = (
            row.get if isinstance(row, Mapping) else lambda name, one=row: getattr(one, name, None)
        )
        path = get("field")
        found.append(
            UserError(
                message=cap(masker.text(_text(get("message"))), MESSAGE_CAP) or "No reason given.",
                code=_text(get("code"))[:100],
                field=tuple(_text(part) for part in path) if isinstance(path, list) else (),
            )
        )
    return tuple(found)


def refused(error: UserError, what: str) -> AdapterError:
    """An error of a mutation as one for the whole call.

    :param what: what was wanted, for the message: ``"the collection"``.
    """
    text = f"Shopify refuses {what}: {error.message}"
    code = error.code or "refused"
    if code in ("IDEMPOTENCY_CONCURRENT_REQUEST", "CHANGE_FROM_QUANTITY_STALE"):
        return ConflictError(text, code=code)
    if code in ("THROTTLED", "TOO_MANY_REQUESTS"):
        return ThrottledError(text, retry_after=30.0, code=code)
    if code in ("INTERNAL_SERVER_ERROR", "INTERNAL_ERROR"):
        return ServerError(text, code=code)
    return RejectedError(text, code=code)


def _text(value: Any) -> str:
    text = getattr(value, "value", value)
    return " ".join(text[:2000].split()) if isinstance(text, str) else ""
