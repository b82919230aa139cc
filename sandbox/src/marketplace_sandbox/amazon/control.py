"""``/_control/amazon/…``: what a test, a demo or the page does past the API.

- ``GET, POST /settings`` · ``GET /book`` · ``POST /tick`` · ``GET /wait``
- ``GET, POST /orders`` · ``GET /orders/ID`` · ``GET /orders/ID/payload`` · ``POST /orders/ID/STEP``
  with STEP pay, ship, cancel, request-cancel, deliver, advance, return, refund, touch
- ``GET, POST /listings`` · ``GET, PATCH, DELETE /listings/SKU`` · ``POST, DELETE /issues/SKU``
- ``GET /feeds`` · ``GET /feeds/ID/input`` · ``GET /feeds/ID/result`` · ``POST /feeds/ID/release``
- ``GET /reports`` · ``GET /reports/ID/content`` · ``GET, POST /settlements``
- ``GET, POST /fba`` · ``POST /tokens`` · ``POST /tokens/expire`` · ``POST /quota``
- ``GET, DELETE /queue`` · ``POST /queue/flush`` · ``POST /subscribe``
- ``GET, DELETE /acceptances``
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from ..control import Look, Router, body_of, look_for_calls, wait_answer, whole_of
from ..store import encode
from ..wire import (
    ApiError,
    Invalid,
    boolean_of,
    integer_of,
    json_response,
    parse_json,
    text_of,
)
from .book import book, listing_state
from .control_listings import ListingControl
from .order_payloads import order_payload
from .order_steps import act
from .orders_api import INCLUDED
from .rates import PLANS
from .seed import QUEUE

if TYPE_CHECKING:
    from .room import AmazonRoom

MOST_CREATED = 50_000


class AmazonControl:
    """The control routes of the room."""

    def __init__(self, room: AmazonRoom) -> None:
        self._room = room
        self._router = Router(
            [
                ("GET", "/settings", self._settings),
                ("POST", "/settings", self._change_settings),
                ("GET", "/book", lambda request: book(room)),
                ("POST", "/tick", lambda request: {}),
                ("GET", "/wait", self._wait),
                ("GET", "/orders", self._orders),
                ("POST", "/orders", self._place),
                ("GET", "/orders/<identifier>", self._order),
                ("GET", "/orders/<identifier>/payload", self._payload),
                ("POST", "/orders/<identifier>/<step>", self._act),
                *ListingControl(room).routes(),
                ("GET", "/feeds", self._feeds),
                ("GET", "/feeds/<identifier>/<part>", self._feed_part),
                ("POST", "/feeds/<identifier>/release", self._release),
                ("GET", "/reports", self._reports),
                ("GET", "/reports/<identifier>/content", self._report),
                ("GET", "/settlements", lambda request: room.settlements.table.values()),
                ("POST", "/settlements", self._settle),
                ("GET", "/fba", lambda request: room.fba.table.values()),
                ("POST", "/fba", self._set_fba),
                ("POST", "/tokens", self._token),
                ("POST", "/tokens/expire", self._expire),
                ("POST", "/quota", self._quota),
                ("GET", "/queue", self._queue),
                ("DELETE", "/queue", self._purge),
                ("POST", "/queue/flush", self._flush),
                ("POST", "/subscribe", self._subscribe),
                ("GET", "/acceptances", self._acceptances),
                ("DELETE", "/acceptances", self._forget_acceptances),
            ]
        )

    def answer(self, request: Request, path: str) -> Response | None:
        if request.method == "GET":
            return self._router.answer(request, path)
        with self._room.services.store.transaction():
            return self._router.answer(request, path)

    # === SETTINGS AND ACCESS === #

    def _settings(self, request: Request) -> Any:
        return self._room.settings.state()

    def _change_settings(self, request: Request) -> Any:
        return self._room.change_settings(body_of(request)).state()

    def _token(self, request: Request) -> Any:
        """``{"token", "revoked"?}``: adds a refresh token, revokes it, or makes it good again."""
        body = body_of(request, {"token", "revoked"})
        token = text_of(body.get("token"), "token", 500)
        if token not in self._room.tokens.refresh:
            self._room.tokens.add(token)
        self._room.tokens.revoke(token, boolean_of(body.get("revoked", False), "revoked"))
        return self._room.tokens.refresh.values()

    def _expire(self, request: Request) -> Any:
        return {"expired": self._room.tokens.expire()}

    def _quota(self, request: Request) -> Any:
        """``{"operation"}``: its quota is exceeded now, until time passes."""
        name = str(body_of(request, {"operation"}).get("operation"))
        if name not in PLANS:
            raise Invalid(f"unknown operation; known: {', '.join(PLANS)}")
        for row in self._room.tokens.refresh.values():
            self._room.api_rates().empty(name, row["token"])
        self._room.api_rates().empty(name, self._room.seller_id)
        return {"exceeded": name}

    # === ORDERS === #

    def _orders(self, request: Request) -> Any:
        status = request.args.get("status")
        with self._room.services.store.lock:
            return [
                self._room.order_state(each)
                for each in self._room.orders.table.values()
                if not status or each.status == status
            ]

    def _place(self, request: Request) -> Any:
        """Place one order (see `placing.MEMBERS`), a list of them, or ``{"count": n, …}``.

        ``"mixed": true`` draws state, side, currency and extras by chance. Nothing is placed when
        one is refused.
        """
        data = parse_json(request.get_data()) if request.get_data().strip() else {}
        specs, count = data, None
        if isinstance(data, dict):
            count = data.pop("count", None)
            number = 1 if count is None else integer_of(count, "count", 1, 20_000)
            specs = [dict(data) for _ in range(number)]
        if not isinstance(specs, list) or not all(isinstance(spec, dict) for spec in specs):
            raise Invalid("an order, or a list of orders, is expected")
        placed = self._room.placing.place_all(specs)
        states = [self._room.order_state(each) for each in placed]
        single = isinstance(data, dict) and count is None
        return json_response(states[0] if single else states, 201)

    def _order(self, request: Request, identifier: str) -> Any:
        with self._room.services.store.lock:
            return self._room.order_state(self._room.orders.find(identifier))

    def _payload(self, request: Request, identifier: str) -> Any:
        """As getOrder gives it with everything included."""
        with self._room.services.store.lock:
            order = self._room.orders.find(identifier)
            return order_payload(order, self._room.settings, INCLUDED)

    def _act(self, request: Request, identifier: str, step: str) -> Any:
        """``{"by", "reason", "items": {id: pieces}, "parts": {id: {component: amount}}, …}``."""
        order = self._room.orders.find(identifier)
        act(self._room.orders, order, step, body_of(request))
        return self._room.order_state(order)

    # === FEEDS, REPORTS, SETTLEMENTS === #

    def _feeds(self, request: Request) -> Any:
        return [encode(each) for each in self._room.feeds.table.values()]

    def _feed_part(self, request: Request, identifier: str, part: str) -> Any:
        """The document of a feed, ``input`` or ``result``, not compressed."""
        feed = self._room.feeds.find(identifier)
        name = {"input": feed.document, "result": feed.result}.get(part)
        if not name:
            raise ApiError(404, "There is no such document")
        return Response(self._room.documents.text(name), content_type="text/plain; charset=utf-8")

    def _release(self, request: Request, identifier: str) -> Any:
        feed = self._room.feeds.find(identifier)
        self._room.feeds.release(feed)
        return encode(feed)

    def _reports(self, request: Request) -> Any:
        return [encode(each) for each in self._room.reports.table.values()]

    def _report(self, request: Request, identifier: str) -> Any:
        report = self._room.reports.find(identifier)
        if not report.document:
            raise ApiError(404, "The report has no document")
        document = self._room.documents.table.get(report.document)
        assert document is not None
        content = self._room.documents.text(report.document)
        return Response(content, content_type=document.content_type)

    def _settle(self, request: Request) -> Any:
        """``{"marketplace"?, "fees"?: {description: amount}}``: close the settlement period."""
        body = body_of(request, {"marketplace", "fees"})
        fees = body.get("fees") or {}
        if not isinstance(fees, dict):
            raise Invalid("fees must be an object")
        market = self._room.market(body.get("marketplace"))
        return json_response(self._room.settlements.close(market, fees), 201)

    def _set_fba(self, request: Request) -> Any:
        """``{"sku", "fulfillable"?, "reserved"?, "inbound"?, "unfulfillable"?}``."""
        body = body_of(request, {"sku", "fulfillable", "reserved", "inbound", "unfulfillable"})
        sku = text_of(body.pop("sku", None), "sku", 40)
        values = {name: integer_of(value, name) for name, value in body.items()}
        return self._room.fba.set(sku, **values)

    # === QUEUE AND TIMES === #

    def _queue(self, request: Request) -> Any:
        return [encode(each) for each in self._room.queue.table.values()]

    def _purge(self, request: Request) -> Any:
        self._room.queue.table.clear()
        return {}

    def _flush(self, request: Request) -> Any:
        return {"released": self._room.queue.flush()}

    def _subscribe(self, request: Request) -> Any:
        """``{"queue"?}``: every notification type to this queue."""
        self._room.notifications.subscribe_all(
            str(body_of(request, {"queue"}).get("queue") or QUEUE)
        )
        return self._room.notifications.subscriptions.values()

    def _acceptances(self, request: Request) -> Any:
        args = request.args
        after, limit = whole_of(args, "after", 0), whole_of(args, "limit", 100_000)
        sku = args.get("sku")
        rows = [
            each
            for each in list(self._room.listings.acceptances)
            if each["seq"] > after and (not sku or each["sku"] == sku)
        ]
        return rows[:limit]

    def _forget_acceptances(self, request: Request) -> Any:
        self._room.listings.acceptances.clear()
        return {}

    def _wait(self, request: Request) -> Any:
        """Wait until something is so; 408 after `timeout` seconds.

        `sku` with `field` (price, quantity, status, asin …) and `value`; `order` (id) with
        `field` (status) and `value`; or `calls` (how many) with `endpoint`.
        """
        args, room = request.args, self._room
        return wait_answer(room.services, args, self._look(args), room.tick)

    def _look(self, args: Any) -> Look:
        room = self._room
        if "calls" in args:
            return look_for_calls(room.services, room.name, args)
        if "order" not in args and "sku" not in args:
            raise Invalid("sku, order or calls is needed")
        field, value = args.get("field"), args.get("value")

        def row() -> tuple[bool, dict[str, Any]]:
            if "order" in args:
                order = room.orders.get(args["order"])
                state = room.order_state(order) if order else {}
                return _same(state.get(field or "status"), value), {"order": state or None}
            listing = room.listings.get(args["sku"])
            market = room.market(args.get("marketplace"))
            state = listing_state(room, listing, market) if listing else {}
            return _same(state.get(field or "price"), value), {"listing": state or None}

        return row


def _same(found: Any, wanted: str | None) -> bool:
    """Compare a value with the text of a query: numbers as numbers, lists by their members."""
    if wanted is None:
        return found is not None
    if isinstance(found, list):
        return wanted in found or ",".join(map(str, found)) == wanted
    if isinstance(found, (int, Decimal)) and not isinstance(found, bool):
        try:
            return Decimal(wanted) == found
        except ArithmeticError:
            return False
    return str(found) == wanted
