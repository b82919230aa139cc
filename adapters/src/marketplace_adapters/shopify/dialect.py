"""How Shopify words errors and limits.

::

    HTTP 401 {"errors": "[API] Invalid API key or access token"}   AuthError, code token_refused
    HTTP 400 of the login {"error": "invalid_client", …}           AuthError
    HTTP 402 423                                                   AuthError      the shop is frozen
    HTTP 404                                                       AuthError      no such shop
    HTTP 429                                                       ThrottledError
    200 {"data": …, "extensions": {"cost": …}}                     teaches the budget
    200 {"errors": [{"message", "extensions": {"code"}}]}          see :mod:`.failures`
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..core.errors import AdapterError, AuthError
from ..core.response import (
    LONGEST_RETRY_AFTER,
    SHORTEST_RETRY_AFTER,
    Dialect,
    Learned,
    Response,
)

TOKEN_REFUSED = "token_refused"
LOGIN_ERRORS = frozenset(
    {
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "unauthorized_client",
        "access_denied",
        "application_cannot_be_found",
        "shop_not_permitted",
        "unsupported_grant_type",
    }
)
_FROZEN = (
    "The shop is frozen because a bill is unpaid; its owner pays it in the Shopify admin, "
    "Settings > Billing."
)
_NO_SHOP = (
    "There is no shop at this address; check the shop's name in the account, it ends with "
    ".myshopify.com."
)
_LOCKED = "Shopify has locked the shop; its owner asks Shopify's support to unlock it."
WORDS: dict[int, tuple[str, str]] = {
    402: ("shop_frozen", _FROZEN),
    403: ("forbidden", ""),
    404: ("no_shop", _NO_SHOP),
    423: ("shop_locked", _LOCKED),
}
"""Statuses that concern the whole shop: code and what to do."""


@dataclass(frozen=True, slots=True)
class CostSaid:
    """``extensions.cost`` of an answer; ``None`` is not said."""

    requested: float | None = None
    actual: float | None = None
    maximum: float | None = None
    available: float | None = None
    restore: float | None = None


class ShopifyDialect(Dialect):
    """See the module."""

    def error_class(self, response: Response) -> type[AdapterError]:
        """As the module's table says, else as the base."""
        if response.status in WORDS or (response.status == 400 and _login_error(response)):
            return AuthError
        return super().error_class(response)

    def message(self, response: Response) -> str:
        """What to do, and what Shopify says."""
        own = WORDS.get(response.status, ("", ""))[1]
        said = super().message(response)
        return " ".join(part for part in (own, said) if part)

    def code(self, response: Response) -> str | None:
        """The login's own code, or ours for a status that says enough."""
        if response.status == 401 and _errors_text(response):
            return TOKEN_REFUSED
        found = _login_error(response) or WORDS.get(response.status, ("", ""))[0]
        return found or super().code(response)

    def learned(self, response: Response, now: datetime) -> Learned:
        """The state of the bucket, and what the call did not need of what was taken."""
        said = cost_said(response.data)
        unused = None
        if said.requested is not None and said.actual is not None:
            unused = max(0.0, said.requested - said.actual)
        return Learned(
            remaining=said.available,
            limit=said.maximum,
            per_second=said.restore,
            retry_after=self.retry_after(response, now),
            unused=unused,
        )

    def retry_after(self, response: Response, now: datetime) -> float | None:
        """``Retry-After``, else the seconds until a throttled call can be paid."""
        asked = super().retry_after(response, now)
        if asked is None and response.ok and throttled(response.data):
            return seconds_until(cost_said(response.data))
        return asked


def cost_said(data: Any) -> CostSaid:
    """Read ``extensions.cost``; members of another shape are not said."""
    cost = _member(_member(data, "extensions"), "cost")
    status = _member(cost, "throttleStatus")
    return CostSaid(
        _number(cost.get("requestedQueryCost")),
        _number(cost.get("actualQueryCost")),
        _number(status.get("maximumAvailable")),
        _number(status.get("currentlyAvailable")),
        _number(status.get("restoreRate")),
    )


def seconds_until(said: CostSaid) -> float:
    """Seconds until the points of a throttled call have flown back."""
    if said.requested is None or said.available is None or not said.restore:
        return SHORTEST_RETRY_AFTER
    wait = (said.requested - said.available) / said.restore
    return min(max(wait, SHORTEST_RETRY_AFTER), LONGEST_RETRY_AFTER)


def throttled(data: Any) -> bool:
    """Whether the answer is a refusal for want of points."""
    return any(code_of(one) == "THROTTLED" for one in errors_of(data))


def errors_of(data: Any) -> list[Mapping[str, Any]]:
    """The top-level errors of an answer."""
    errors = data.get("errors") if isinstance(data, dict) else None
    if isinstance(errors, str):
        return [{"message": errors}]
    return [one for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []


def code_of(error: Mapping[str, Any]) -> str:
    """``extensions.code`` of a top-level error."""
    code = _member(error, "extensions").get("code")
    return code[:100] if isinstance(code, str) else ""


def _member(value: Any, name: str) -> Mapping[str, Any]:
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) and 0 <= found < 1e9 else None


def _errors_text(response: Response) -> bool:
    return isinstance(response.data, dict) and isinstance(response.data.get("errors"), str)


def _login_error(response: Response) -> str:
    said = response.data.get("error") if isinstance(response.data, dict) else None
    return said if isinstance(said, str) and said in LOGIN_ERRORS else ""
