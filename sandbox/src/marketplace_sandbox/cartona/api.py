"""The nine endpoints of the Cartona supplier integrations API, below ``/cartona/api/v1/``.

Refusals: 401 for a missing, unknown or revoked token; 400 for ``Authorization`` instead of
``AuthorizationToken`` (recorded behaviour) and for a malformed request; 403 for a supplier code
that the token does not cover; 404 for an unknown path or order; 405; 415; 422 when a single
status change is against the rules. The body is ``{"error", "details"?}`` as in an early document.
Which of 400 and 422 the real service uses is unconfirmed; clients must treat both as refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from ..room import Exchange
from ..wire import ApiError, Invalid, integer_of, json_response, parse_json, text_of
from .model import Order
from .payloads import base_payload, order_payload, product_payload
from .values import moment_of

if TYPE_CHECKING:
    from .room import CartonaRoom

PREFIX = "api/v1/"
HEADER = "AuthorizationToken"


@dataclass
class Access:
    """What a request may touch: the supplier codes of its token."""

    token: str
    codes: tuple[str, ...]

    def narrow(self, code: Any) -> tuple[str, ...]:
        """The codes, or the one that was asked for.

        :raises Invalid: the token does not cover it.
        """
        if code is None or code == "":
            return self.codes
        if str(code) not in self.codes:
            raise Invalid("The token does not cover this supplier code")
        return (str(code),)


Handler = Callable[["Api", Exchange, Access], Response]
RowHandler = Callable[[dict[str, Any], Access], None]


class Api:
    """Answers the requests of one room."""

    def __init__(self, room: CartonaRoom) -> None:
        self._room = room

    # === ROUTING === #

    def endpoint(self, method: str, path: str) -> str | None:
        """The endpoint's name; None outside the API, ``unknown`` for an unknown path in it."""
        if not path.startswith(PREFIX):
            return None
        return self._route(path)[0]

    def _route(self, path: str) -> tuple[str, str]:
        """(name, hashed id): the name as in `ENDPOINTS`."""
        rest = path.removeprefix(PREFIX).rstrip("/")
        if self._room.settings.published_paths:
            rest = "order/" + rest.removeprefix("orders/") if rest.startswith("orders/") else rest
            rest = f"{rest}s" if rest == "supplier-product/base-product" else rest
        if rest in ENDPOINTS:
            return rest, ""
        first, _, last = rest.rpartition("/")
        if first == BULK_STATUS and last:
            return SINGLE_STATUS, last
        return "unknown", ""

    def answer(self, exchange: Exchange) -> Response:
        """:raises ApiError: the whole request is refused."""
        name = exchange.endpoint
        if name not in ENDPOINTS:
            raise ApiError(404, "Not found")
        method, handler = ENDPOINTS[name]
        if exchange.request.method != method:
            raise ApiError(405, "Method not allowed", headers={"Allow": method})
        access = self._authenticate(exchange.request)
        try:
            return handler(self, exchange, access)
        except Invalid as error:
            raise ApiError(400, str(error)) from None

    def _authenticate(self, request: Request) -> Access:
        """:raises ApiError: 400, 401 or 403."""
        given = request.headers.get(HEADER)
        if given is None and "Authorization" in request.headers:
            raise ApiError(400, "Bad request", f"header {HEADER} expected")
        token = self._room.tokens.get(given) if given else None
        if token is None or token.revoked:
            raise ApiError(401, "Unauthorized")
        access = Access(token.token, tuple(token.suppliers))
        code = request.args.get("internal_supplier_code")
        try:
            return Access(access.token, access.narrow(code))
        except Invalid as error:
            raise ApiError(403, str(error)) from None

    # === READING === #

    def _page(self, request: Request, rows: list[Any]) -> list[Any]:
        """The rows of the page asked for; a page behind the last one is empty.

        :raises Invalid: page or size is no whole number from 1.
        """
        args, settings = request.args, self._room.settings
        page = integer_of(args.get("page", 1), "page", 1)
        size = integer_of(args.get("per_page", args.get("limit", settings.per_page)), "per_page", 1)
        size = min(size, settings.per_page_most)
        return rows[(page - 1) * size : page * size]

    def _list(self, rows: list[dict[str, Any]]) -> Response:
        wrapped = self._room.settings.list_reply == "data"
        return json_response({"data": rows} if wrapped else rows)

    def pull_orders(self, exchange: Exchange, access: Access) -> Response:
        """Orders to be looked at. Pages move when orders are acknowledged in between."""
        args, settings = exchange.request.args, self._room.settings
        name = settings.pull_window_field
        since = moment_of(args["from"], "from") if args.get("from") else None
        until = moment_of(args["to"], "to") if args.get("to") else None

        def wanted(order: Order) -> bool:
            at = getattr(order, name)
            return (
                order.supplier_code in access.codes
                and not (order.acknowledged and settings.pull_mode == "until_synced")
                and (since is None or at >= since)
                and (until is None or at <= until)
            )

        with self._room.services.store.lock:
            orders = [order for order in self._room.orders.table.values() if wanted(order)]
            orders.sort(key=lambda order: getattr(order, name))
            if settings.pull_sort == "newest":
                orders.reverse()
            page = self._page(exchange.request, orders)
            return self._list([order_payload(order, settings) for order in page])

    def products(self, exchange: Exchange, access: Access) -> Response:
        args, room = exchange.request.args, self._room
        supplier_id, internal_id = args.get("supplier_product_id"), args.get("internal_product_id")
        with room.services.store.lock:
            if supplier_id:
                one = room.catalogue.get(supplier_id)
                rows = [one] if one else []
            elif internal_id:
                rows = room.catalogue.by_internal(internal_id, access.codes)
            else:
                rows = room.catalogue.products.values()
            rows = [
                each
                for each in rows
                if each.supplier_code in access.codes
                and (not internal_id or each.internal_product_id == internal_id)
            ]
            page = self._page(exchange.request, rows)
            return self._list([product_payload(each, room.settings) for each in page])

    def base_products(self, exchange: Exchange, access: Access) -> Response:
        args = exchange.request.args
        identifier = args.get("base_product_id", "").strip()
        words = args.get("search_token", "").casefold().split()
        rows = [
            base
            for base in self._room.catalogue.base.values()
            if (not identifier or str(base.id) == identifier)
            and all(word in f"{base.name} {base.name_ar} {base.brand}".casefold() for word in words)
        ]
        return self._list([base_payload(base) for base in self._page(exchange.request, rows)])

    # === WRITING === #

    def _body(self, exchange: Exchange) -> Any:
        """:raises ApiError: 415 not sent as JSON, 400 not JSON."""
        if exchange.request.mimetype != "application/json":
            raise ApiError(415, "Content-Type must be application/json")
        return parse_json(exchange.body)

    def _bulk(self, exchange: Exchange, access: Access, handle: RowHandler) -> Response:
        """Handle each row on its own; a bad one does not fail the call.

        :raises ApiError: the body is no list, or too long.
        """
        rows = self._body(exchange)
        most = self._room.settings.bulk_rows_most
        if not isinstance(rows, list):
            raise ApiError(400, "A list is expected")
        if len(rows) > most:
            raise ApiError(400, f"At most {most} rows in one request")
        exchange.record.rows = len(rows)
        errors: dict[int, str] = {}
        with self._room.services.store.transaction():
            for index, row in enumerate(rows):
                try:
                    if not isinstance(row, dict):
                        raise Invalid("A row must be an object")
                    reason = exchange.plan.row_fault(index, row)
                    if reason:
                        raise Invalid(reason)
                    handle(row, access)
                except Invalid as error:
                    errors[index] = str(error)
        return json_response(self._results(rows, errors))

    def _results(self, rows: list[Any], errors: dict[int, str]) -> Any:
        style = self._room.settings.bulk_results
        if style == "rows":
            return [
                {"index": index, **_identity(row), "success": index not in errors}
                | ({"error": errors[index]} if index in errors else {})
                for index, row in enumerate(rows)
            ]
        if style == "errors":
            failed = [
                {"index": index, **_identity(rows[index]), "error": text}
                for index, text in errors.items()
            ]
            return {"success": len(rows) - len(errors), "failed": len(errors), "errors": failed}
        return {}

    def _codes(self, row: dict[str, Any], access: Access) -> tuple[str, ...]:
        return access.narrow(row.get("internal_supplier_code", row.get("supplier_code")))

    def update_products(self, exchange: Exchange, access: Access) -> Response:
        room, call = self._room, exchange.record.id

        def handle(row: dict[str, Any], access: Access) -> None:
            room.catalogue.update(row, self._codes(row, access), room.settings, call)

        return self._bulk(exchange, access, handle)

    def update_base(self, exchange: Exchange, access: Access) -> Response:
        room, call = self._room, exchange.record.id

        def handle(row: dict[str, Any], access: Access) -> None:
            room.catalogue.update_base(row, self._codes(row, access), call)

        return self._bulk(exchange, access, handle)

    def update_base_stock(self, exchange: Exchange, access: Access) -> Response:
        room, call = self._room, exchange.record.id

        def handle(row: dict[str, Any], access: Access) -> None:
            room.catalogue.update_base_stock(row, self._codes(row, access), call)

        return self._bulk(exchange, access, handle)

    def _order(self, row: dict[str, Any], access: Access) -> Order:
        """:raises Invalid: no such order for this token."""
        order = self._room.orders.get(text_of(row.get("hashed_id"), "hashed_id"))
        if order is None or order.supplier_code not in access.codes:
            raise Invalid("Order not found")
        return order

    def bulk_status(self, exchange: Exchange, access: Access) -> Response:
        def handle(row: dict[str, Any], access: Access) -> None:
            self._room.orders.supplier_status(self._order(row, access), row)

        return self._bulk(exchange, access, handle)

    def single_status(self, exchange: Exchange, access: Access) -> Response:
        """One order; a refusal is an error answer, and the order stays as it was."""
        hashed_id = self._route(exchange.path)[1]
        row = self._body(exchange)
        if not isinstance(row, dict):
            raise ApiError(400, "An object is expected")
        if row.get("hashed_id") is not None and str(row["hashed_id"]) != hashed_id:
            raise ApiError(400, "hashed_id of body and path differ")
        exchange.record.rows = 1
        with self._room.services.store.transaction():
            order = self._room.orders.get(hashed_id)
            if order is None or order.supplier_code not in access.codes:
                raise ApiError(404, "Order not found", f"hashed_id {hashed_id[:64]}")
            try:
                self._room.orders.supplier_status(order, row)
            except Invalid as error:
                raise ApiError(422, "The status was not changed", str(error)) from None
        return json_response({})

    def update_details(self, exchange: Exchange, access: Access) -> Response:
        def handle(row: dict[str, Any], access: Access) -> None:
            self._room.orders.supplier_details(self._order(row, access), row)

        return self._bulk(exchange, access, handle)


def _identity(row: Any) -> dict[str, Any]:
    names = ("hashed_id", "supplier_product_id", "internal_product_id", "base_product_id")
    return {name: row[name] for name in names if name in row} if isinstance(row, dict) else {}


BULK_STATUS = "order/update-order-status"
SINGLE_STATUS = "order/update-order-status/{hashed_id}"
ENDPOINTS: dict[str, tuple[str, Handler]] = {
    "order/pull-orders": ("GET", Api.pull_orders),
    BULK_STATUS: ("POST", Api.bulk_status),
    SINGLE_STATUS: ("POST", Api.single_status),
    "order/update-order-details": ("POST", Api.update_details),
    "supplier-product": ("GET", Api.products),
    "supplier-product/bulk-update": ("POST", Api.update_products),
    "supplier-product/base-products": ("GET", Api.base_products),
    "supplier-product/base-product/bulk-update": ("POST", Api.update_base),
    "supplier-product/base-product/bulk-update-stock": ("POST", Api.update_base_stock),
}
