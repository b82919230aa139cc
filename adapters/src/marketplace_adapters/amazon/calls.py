"""The one way to Amazon: every call of every operation goes through :meth:`Caller.call`.

No operation that is used asks for a restricted data token: orders of 2026-01-01 give buyers' data
by roles, and of the reports none that is restricted is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..core.dates import UTC
from ..core.errors import AuthError, InvalidError
from ..core.response import Response
from ..core.transport import Transport
from .auth import Login
from .dialect import TOKEN_EXPIRED
from .limits import RATES

USER_AGENT = "OdooMarketplaceSuite/19.0 (Language=Python)"


class Caller:
    """Calls operations of the Selling Partner API; :mod:`.client` puts the operations together.

    :param transport: to the regional host; :mod:`.documents` uses it for addresses of documents.
    :param seller_id: the merchant's id, part of many paths.
    """

    def __init__(self, transport: Transport, login: Login, seller_id: str) -> None:
        self.transport = transport
        self.login = login
        self._seller_id = seller_id

    @property
    def seller_id(self) -> str:
        """The merchant's id.

        :raise AuthError: it is not configured.
        """
        if not self._seller_id:
            raise AuthError("The merchant id is missing.", code="no_seller_id")
        return self._seller_id

    def call(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        scope: str = "",
        cost: float = 1.0,
        keep: bool = True,
        max_response: int | None = None,
    ) -> Any:
        """One operation; its answer as parsed JSON, ``None`` when the body is empty.

        A token that is refused because it is over is asked for anew, once: a call that is refused
        so did nothing.

        :param operation: ``operationId`` of the model, which is the bucket of the call too.
        :param params: lists are written with commas, as the models ask.
        :param scope: makes the call grantless.
        :param cost: tokens of the bucket; 0 when they were taken before.
        :param keep: see :meth:`Transport.request`.
        """
        if operation not in RATES:
            raise InvalidError(f"The operation {operation[:60]!r} has no rate in limits.py.")
        query = {name: _query(value) for name, value in (params or {}).items()}

        def send(access: str) -> Response:
            return self.transport.request(
                method,
                path,
                params=query,
                json=json,
                headers=_headers(access, self.transport.clock.now()),
                bucket=operation,
                cost=cost,
                keep=keep,
                max_response=max_response,
            )

        access = self.login.token(scope)
        try:
            return send(access).data
        except AuthError as error:
            self.login.forget(access, scope)
            if error.code != TOKEN_EXPIRED:
                raise
        return send(self.login.token(scope)).data


def _headers(access: str, now: datetime) -> dict[str, str]:
    return {
        "x-amz-access-token": access,
        "x-amz-date": now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ"),
        "User-Agent": USER_AGENT,
    }


def _query(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(str(one) for one in value) or None
    return value
