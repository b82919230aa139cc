"""``/_control/shopify/…`` of the sales side.

- ``GET, POST /orders`` · ``GET /orders/ID`` · ``GET /orders/ID/payload?shape=webhook|refund|…``
- ``POST /orders/ID/STEP`` with STEP of `steps.Steps`; 422 when a rule forbids it
- ``POST /life`` ``{"count"}``: things happen to random orders
- ``GET, POST /drafts`` · ``GET /drafts/ID`` · ``POST /drafts/ID/STEP`` (invoice, complete, delete)
- ``GET, POST /customers`` · ``PATCH /customers/ID``
- ``POST /privacy`` ``{"topic", "url", "customer"?}``
- ``GET, POST /sales-settings`` ``{"job_seconds"}``
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request

from ...control import body_of
from ...wire import ApiError, Invalid, decimal_of, integer_of, json_response, parse_json, text_of
from ..errors import UserErrors
from ..part import Route
from . import totals
from .model import CODEC, Customer, Draft, Order
from .rest_order import order_body
from .rest_other import draft_body, privacy_body, return_body
from .rest_sending import fulfilment_body, refund_body

if TYPE_CHECKING:
    from .part import Sales

MOST = 20_000
PRIVACY = ("customers/data_request", "customers/redact", "shop/redact")


class SalesControl:
    """The control routes."""

    def __init__(self, sales: Sales) -> None:
        self._sales = sales
        self._desk = sales.desk

    def routes(self) -> list[Route]:
        return [
            ("GET", "/orders", self._orders),
            ("POST", "/orders", self._place),
            ("GET", "/orders/<int:number>", self._order),
            ("GET", "/orders/<int:number>/payload", self._payload),
            ("POST", "/orders/<int:number>/<step>", self._act),
            ("POST", "/life", self._life),
            ("GET", "/drafts", self._drafts),
            ("POST", "/drafts", self._draft),
            ("GET", "/drafts/<int:number>", self._one_draft),
            ("POST", "/drafts/<int:number>/<step>", self._draft_step),
            ("GET", "/customers", self._customers),
            ("POST", "/customers", self._customer),
            ("PATCH", "/customers/<int:number>", self._change_customer),
            ("POST", "/privacy", self._privacy),
            ("GET", "/sales-settings", lambda request: self._settings()),
            ("POST", "/sales-settings", self._change_settings),
        ]

    # === ORDERS === #

    def _find(self, number: int) -> Order:
        found = self._desk.orders.get(number)
        if found is None:
            raise ApiError(404, f"There is no order {number}")
        return found

    def _orders(self, request: Request) -> Any:
        """``?status=`` a financial or fulfilment word, in small letters."""
        word = (request.args.get("status") or "").upper()
        with self._sales.room.services.store.lock:
            return [
                self._sales.order_state(each)
                for each in self._desk.orders.values()
                if not word
                or word in (totals.financial_status(each), totals.fulfilment_status(each))
            ]

    def _place(self, request: Request) -> Any:
        """One (see `placing.MEMBERS`), a list of them, or ``{"count": n, …}``."""
        data = parse_json(request.get_data()) if request.get_data().strip() else {}
        specs, count = data, None
        if isinstance(data, dict):
            count = data.pop("count", None)
            number = 1 if count is None else integer_of(count, "count", 1, MOST)
            specs = [dict(data) for _ in range(number)]
        if not isinstance(specs, list) or not all(isinstance(spec, dict) for spec in specs):
            raise Invalid("an order, or a list of orders, is expected")
        placed = _refusing(lambda: self._sales.place_all(specs))
        if isinstance(data, dict) and count is None:
            return json_response(self._sales.order_state(placed[0]), 201)
        brief = [{"id": each.id, "name": each.name} for each in placed]
        long = len(placed) > 200
        return json_response(
            brief if long else [self._sales.order_state(each) for each in placed], 201
        )

    def _order(self, request: Request, number: int) -> Any:
        with self._sales.room.services.store.lock:
            return self._sales.order_state(self._find(number))

    def _payload(self, request: Request, number: int) -> Any:
        """``?shape=webhook`` (default), ``fulfillment``, ``refund``, ``return``; the newest one."""
        order, shape = self._find(number), request.args.get("shape") or "webhook"
        makers: dict[str, Callable[[], Any]] = {
            "webhook": lambda: order_body(self._desk, order),
            "fulfillment": lambda: fulfilment_body(self._desk, order, order.fulfilments[-1]),
            "refund": lambda: refund_body(self._desk, order, order.refunds[-1]),
            "return": lambda: return_body(self._desk, order, order.returns[-1]),
        }
        if shape not in makers:
            raise Invalid(f"unknown shape; known: {', '.join(makers)}")
        try:
            with self._sales.room.services.store.lock:
                return makers[shape]()
        except IndexError:
            raise ApiError(404, f"The order has no {shape}") from None

    def _act(self, request: Request, number: int, step: str) -> Any:
        order, body = self._find(number), body_of(request)
        _refusing(lambda: self._sales.steps.act(order, step, body))
        return self._sales.order_state(order)

    def _life(self, request: Request) -> Any:
        """``{"count"?: 100, "orders"?: [ids]}``: what happened, and how often."""
        body = body_of(request, {"count", "orders"})
        count = integer_of(body.get("count", 100), "count", 1, MOST)
        chosen = [self._find(int(each)) for each in body.get("orders") or ()]
        orders = chosen or self._desk.orders.values()
        return self._sales.generator.shake(self._sales.steps, orders, count)

    # === DRAFTS === #

    def _find_draft(self, number: int) -> Draft:
        found = self._desk.drafts.get(number)
        if found is None:
            raise ApiError(404, f"There is no draft {number}")
        return found

    def _drafts(self, request: Request) -> Any:
        return [draft_body(self._desk, each) for each in self._desk.drafts.values()]

    def _draft(self, request: Request) -> Any:
        made = _refusing(lambda: self._sales.drafts.create(body_of(request)))
        return json_response(draft_body(self._desk, made), 201)

    def _one_draft(self, request: Request, number: int) -> Any:
        return draft_body(self._desk, self._find_draft(number))

    def _draft_step(self, request: Request, number: int, step: str) -> Any:
        """``invoice``; ``complete`` ``{"payment"?}`` gives the order; ``delete``."""
        draft = self._find_draft(number)
        if step == "complete":
            body = body_of(request, {"payment", "gateway"})
            order = _refusing(lambda: self._sales.complete(draft, body))
            return self._sales.order_state(order)
        steps = {"invoice": self._sales.drafts.invoice, "delete": self._sales.drafts.delete}
        if step not in steps:
            raise Invalid(f"unknown step {step[:40]!r}; known: complete, {', '.join(steps)}")
        _refusing(lambda: steps[step](draft))
        return draft_body(self._desk, draft)

    # === PEOPLE === #

    def _customers(self, request: Request) -> Any:
        return [CODEC.encode(each) for each in self._desk.customers.values()]

    def _customer(self, request: Request) -> Any:
        made = self._sales.people.customer(body_of(request))
        return json_response(CODEC.encode(made), 201)

    def _change_customer(self, request: Request, number: int) -> Any:
        found = self._desk.customers.get(number)
        if found is None:
            raise ApiError(404, f"There is no customer {number}")
        names = {"first_name", "last_name", "email", "phone", "note"}
        for name, value in body_of(request, names).items():
            setattr(found, name, str(value or ""))
        found.updated = self._desk.now()
        self._sales.people.tell(found)
        return CODEC.encode(found)

    def _privacy(self, request: Request) -> Any:
        """A compliance event to the address that is configured with the app.

        ``{"topic", "url", "customer"?: id}``; without a customer the newest one.
        """
        body = body_of(request, {"topic", "url", "customer"})
        topic, url = str(body.get("topic")), text_of(body.get("url"), "url", 2_000)
        if topic not in PRIVACY:
            raise Invalid(f"unknown topic; known: {', '.join(PRIVACY)}")
        if not url.startswith(("http://", "https://")):
            raise Invalid("url must be an http or https address")
        customer = self._chosen(body.get("customer"))
        if customer is None and topic != "shop/redact":
            raise Invalid("there is no customer yet")
        sent = privacy_body(self._desk, topic, customer)
        self._sales.room.events.privacy(topic, sent, url, key=topic)
        if topic == "customers/redact" and customer is not None:
            customer.redacted = True
            self._desk.customers.put(customer)
        return sent

    def _chosen(self, given: Any) -> Customer | None:
        rows = self._desk.customers.values()
        if given in (None, ""):
            return rows[-1] if rows else None
        found = self._desk.customers.get(integer_of(given, "customer", 1, 10**15))
        if found is None:
            raise ApiError(404, "There is no such customer")
        return found

    # === SETTINGS === #

    def _settings(self) -> Any:
        return {"job_seconds": self._sales.cancelling.seconds}

    def _change_settings(self, request: Request) -> Any:
        """``{"job_seconds"}``: how long the job of `orderCancel` takes, on the sandbox's clock."""
        body = body_of(request, {"job_seconds"})
        if "job_seconds" in body:
            seconds = decimal_of(body["job_seconds"], "job_seconds", 0, 86_400)
            self._sales.cancelling.seconds = float(seconds)
        return self._settings()


def _refusing(function: Callable[[], Any]) -> Any:
    """:raises ApiError: 422 with the rule's words when a rule forbids it."""
    try:
        return function()
    except UserErrors as error:
        raise ApiError(422, str(error)) from None
