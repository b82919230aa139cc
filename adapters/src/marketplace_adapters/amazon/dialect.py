"""How Amazon words errors and limits.

::

    {"errors": [{"code": "InvalidInput", "message": "…", "details": "…"}]}     the API
    {"error": "invalid_grant", "error_description": "…"}                       Login with Amazon
    <Error><Code>AccessDenied</Code><Message>Request has expired</Message>…    documents

    400 InvalidInput            RejectedError   the data of this call, not the call as such
    400 of the login            AuthError       the refresh token or the application is refused
    401 403 "token … expired"   AuthError, code token_expired: log in once more
    401 403 Unauthorized        AuthError       a role or a scope is missing
    429 QuotaExceeded           ThrottledError  as long as one call takes at the stated rate
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..core.errors import AdapterError, AuthError, RejectedError
from ..core.response import LONGEST_RETRY_AFTER, SHORTEST_RETRY_AFTER, Dialect, Learned, Response

TOKEN_EXPIRED = "token_expired"
LOGIN_ERRORS = frozenset(
    {
        "invalid_grant",
        "invalid_client",
        "unauthorized_client",
        "access_denied",
        "invalid_scope",
        "unsupported_grant_type",
    }
)
_RATE = re.compile(r"\d{1,6}(\.\d{1,9})?", re.ASCII)
# "The access token you provided has expired.", "… is revoked, malformed or invalid."
_STALE = re.compile(r"token\b.{0,40}\b(expired|revoked|malformed|invalid)", re.IGNORECASE)


class AmazonDialect(Dialect):
    """See the module."""

    def error_class(self, response: Response) -> type[AdapterError]:
        """As the module's table says, else as the base."""
        if response.status == 400:
            if _login_error(response):
                return AuthError
            if first_error(response.data).get("code") == "InvalidInput":
                return RejectedError
        return super().error_class(response)

    def code(self, response: Response) -> str | None:
        """The first error's code."""
        error = first_error(response.data)
        if response.status in (401, 403) and _STALE.search(
            f"{error.get('message')} {error.get('details')}"
        ):
            return TOKEN_EXPIRED
        code = error.get("code") or _login_error(response)
        return str(code)[:100] if code and isinstance(code, (str, int)) else super().code(response)

    def request_id(self, response: Response) -> str | None:
        """``x-amzn-RequestId``."""
        found = response.headers.get("x-amzn-requestid")
        return found[:100] if found else super().request_id(response)

    def retry_after(self, response: Response, now: datetime) -> float | None:
        """``Retry-After``, else the time of one call at the stated rate."""
        asked = super().retry_after(response, now)
        rate = stated_rate(response)
        if asked is None and response.status == 429 and rate:
            return min(max(1 / rate, SHORTEST_RETRY_AFTER), LONGEST_RETRY_AFTER)
        return asked

    def learned(self, response: Response, now: datetime) -> Learned:
        """The stated rate and, of a refusal, the time to wait."""
        return Learned(
            per_second=stated_rate(response), retry_after=self.retry_after(response, now)
        )


def stated_rate(response: Response) -> float | None:
    """Requests per second as ``x-amzn-RateLimit-Limit`` says, which may be absent (M)."""
    text = (response.headers.get("x-amzn-ratelimit-limit") or "").strip()
    rate = float(text) if _RATE.fullmatch(text) else 0.0
    return rate if rate > 0 and math.isfinite(rate) else None


def first_error(data: Any) -> Mapping[str, Any]:
    """The first of the error list, empty when there is none."""
    errors = data.get("errors") if isinstance(data, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    return first if isinstance(first, dict) else {}


def _login_error(response: Response) -> str:
    said = response.data.get("error") if isinstance(response.data, dict) else None
    return said if isinstance(said, str) and said in LOGIN_ERRORS else ""
