"""One method per endpoint. Answers are parsed JSON; what they mean is the parsers' business."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ..core.dates import iso
from ..core.errors import AdapterError, AuthError, InvalidError, RejectedError
from ..core.response import Dialect, Response
from ..core.transport import Transport, segment
from .const import PATHS, TOKEN_HEADER

Row = dict[str, Any]


class CartonaDialect(Dialect):
    """Errors as far as they are known: ``{"error": "Order not found", "details": "…"}``, or text.

    400 is a refusal here: it is what a call with a wrong header or a row that it does not like
    gets, and one refused row must not be taken for a bug that stops its batch.
    """

    def error_class(self, response: Response) -> type[AdapterError]:
        """As the base, but 400 is a refusal."""
        if response.status == 400:
            return RejectedError
        return super().error_class(response)


class Client:
    """The endpoints that the adapter uses.

    :param token: raw token of the supplier account.
    :param header: name of the header that carries it.
    :param supplier_code: sent as ``internal_supplier_code`` with every call when one token covers
        several supplier accounts (A). That it is a query parameter is unconfirmed.
    """

    def __init__(
        self,
        transport: Transport,
        token: str,
        *,
        header: str = TOKEN_HEADER,
        supplier_code: str = "",
    ) -> None:
        self._transport = transport
        self._token = token
        self._header = header
        self._supplier_code = supplier_code

    # === ORDERS === #

    def pull_orders(
        self, page: int, per_page: int, since: datetime | None = None, until: datetime | None = None
    ) -> Any:
        """GET order/pull-orders (G1, G2, C): orders new or changed."""
        window = {"from": iso(since) if since else None, "to": iso(until) if until else None}
        return self._get("pull_orders", {"page": page, "per_page": per_page, **window}, "order")

    def set_statuses(self, rows: Sequence[Row]) -> Any:
        """POST order/update-order-status (G2, A): one bad row does not fail the call."""
        return self._post("set_statuses", rows, "order")

    def set_status(self, hashed_id: str, body: Row) -> Any:
        """POST order/update-order-status/{hashed_id} (G1, A, C): one, and its error is told."""
        return self._post("set_status", body, "order", hashed_id=hashed_id)

    def update_details(self, rows: Sequence[Row]) -> Any:
        """POST order/update-order-details (G2, A, C): changed, cancelled and new lines."""
        return self._post("update_details", rows, "order")

    # === PRODUCTS === #

    def products(self, page: int, per_page: int, **filters: str) -> Any:
        """GET supplier-product (G2, C).

        :param filters: ``internal_product_id`` or ``supplier_product_id``.
        """
        bucket = "catalog" if per_page > 1 else "default"
        return self._get("products", {"page": page, "per_page": per_page, **filters}, bucket)

    def update_products(self, rows: Sequence[Row]) -> Any:
        """POST supplier-product/bulk-update (G1, G2, C)."""
        return self._post("update_products", rows, "catalog")

    def base_products(self, page: int, per_page: int, **filters: str) -> Any:
        """GET supplier-product/base-products (G2): Cartona's catalogue.

        :param filters: ``base_product_id`` or ``search_token``.
        """
        query = {"page": page, "per_page": per_page, **filters}
        return self._get("base_products", query, "catalog")

    def update_base_products(self, rows: Sequence[Row]) -> Any:
        """POST supplier-product/base-product/bulk-update (G2)."""
        return self._post("update_base_products", rows, "catalog")

    def update_base_stock(self, rows: Sequence[Row]) -> Any:
        """POST supplier-product/base-product/bulk-update-stock (G2): pieces over all units."""
        return self._post("update_base_stock", rows, "catalog")

    # === HELPERS === #

    def _get(self, name: str, query: Mapping[str, Any], bucket: str) -> Any:
        return self._request("GET", PATHS[name], query, None, bucket)

    def _post(self, name: str, body: Any, bucket: str, **ids: str) -> Any:
        path = PATHS[name].format(**{key: segment(value) for key, value in ids.items()})
        return self._request("POST", path, {}, body, bucket)

    def _request(
        self, method: str, path: str, query: Mapping[str, Any], body: Any, bucket: str
    ) -> Any:
        if not self._token:
            raise AuthError("The token of the Cartona account is missing.", code="no_token")
        own = {"internal_supplier_code": self._supplier_code} if self._supplier_code else {}
        response = self._transport.request(
            method,
            path,
            params={**query, **own},
            json=body,
            headers={self._header: self._token},
            bucket=bucket,
        )
        return response.data


def rows_of(reply: Any, member: str) -> list[Any]:
    """The rows of a list answer: a bare list (A), or an object with ``data`` (C).

    :raise InvalidError: neither.
    """
    if reply is None:
        return []
    if isinstance(reply, dict) and "data" in reply:
        reply = reply["data"]
        if isinstance(reply, dict):
            # A paginator around the rows, as common frameworks put one.
            reply = reply.get("data", reply.get(member))
    if isinstance(reply, dict) and isinstance(reply.get(member), list):
        reply = reply[member]
    if not isinstance(reply, list):
        raise InvalidError(f"The answer holds no list of {member}.", code="bad_shape")
    return reply
