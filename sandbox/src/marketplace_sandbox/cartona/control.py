"""``/_control/cartona/…``: catalogue, accounts, the retailer's side, waiting, and times."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from ..control import Look, Router, body_of, look_for_calls, wait_answer, whole_of
from ..store import encode
from ..wire import ApiError, Invalid, boolean_of, integer_of, json_response, parse_json, text_of
from .catalogue import parse_changes
from .model import Order, Product
from .payloads import event_payload, order_payload

if TYPE_CHECKING:
    from .room import CartonaRoom

MOST_CREATED = 200_000


class CartonaControl:
    """The control routes of the room."""

    def __init__(self, room: CartonaRoom) -> None:
        self._room = room
        self._router = Router(
            [
                ("GET", "/settings", self._settings),
                ("POST", "/settings", self._change_settings),
                ("GET", "/suppliers", self._suppliers),
                ("POST", "/suppliers", self._add_supplier),
                ("GET", "/tokens", self._tokens),
                ("POST", "/tokens", self._add_token),
                ("DELETE", "/tokens/<path:token>", self._revoke_token),
                ("GET", "/products", self._products),
                ("POST", "/products", self._create_products),
                ("GET", "/products/<identifier>", self._product),
                ("PATCH", "/products/<identifier>", self._edit_product),
                ("DELETE", "/products/<identifier>", self._remove_product),
                ("POST", "/base-products", self._create_base),
                ("GET", "/orders", self._orders),
                ("POST", "/orders", self._place),
                ("GET", "/orders/<hashed_id>", self._order),
                ("GET", "/orders/<hashed_id>/payload", self._payload),
                ("POST", "/orders/<hashed_id>/<action>", self._act),
                ("GET", "/acceptances", self._acceptances),
                ("DELETE", "/acceptances", self._forget_acceptances),
                ("GET", "/wait", self._wait),
            ]
        )

    def answer(self, request: Request, path: str) -> Response | None:
        return self._router.answer(request, path)

    # === ACCOUNTS === #

    def _settings(self, request: Request) -> Any:
        return self._room.settings.state()

    def _change_settings(self, request: Request) -> Any:
        return self._room.change_settings(body_of(request)).state()

    def _suppliers(self, request: Request) -> Any:
        return [encode(each) for each in self._room.suppliers.values()]

    def _add_supplier(self, request: Request) -> Any:
        body = body_of(request)
        code = text_of(body.get("code"), "code", 64)
        return encode(self._room.add_supplier(code, str(body.get("name") or "")))

    def _tokens(self, request: Request) -> Any:
        return [encode(each) for each in self._room.tokens.values()]

    def _add_token(self, request: Request) -> Any:
        """``{"token", "suppliers"?: [codes], "revoked"?}``; adds or replaces."""
        body = body_of(request)
        token, codes = str(body.get("token") or ""), body.get("suppliers") or []
        if not isinstance(codes, list):
            raise Invalid("suppliers must be a list of codes")
        try:
            self._room.add_token(token, [str(code) for code in codes])
        except ValueError as error:
            raise Invalid(str(error)) from None
        self._room.revoke_token(token, boolean_of(body.get("revoked", False), "revoked"))
        return self._tokens(request)

    def _revoke_token(self, request: Request, token: str) -> Any:
        if not self._room.revoke_token(token):
            raise ApiError(404, "There is no such token")
        return self._tokens(request)

    # === PRODUCTS === #

    def _products(self, request: Request) -> Any:
        """All products as stored; `supplier_code`, `after` (id) and `limit` narrow it."""
        args = request.args
        code, after = args.get("supplier_code"), whole_of(args, "after", 0)
        limit = whole_of(args, "limit", 10_000, MOST_CREATED)
        with self._room.services.store.lock:
            found = (
                encode(each)
                for each in self._room.catalogue.products.values()
                if each.id > after and (not code or each.supplier_code == code)
            )
            return list(islice(found, limit))

    def _create_products(self, request: Request) -> Any:
        """``{"products": [rows]}``, or ``{"count": n}`` with a pattern.

        With `count`: `name` ("Product"), `first_internal_id` (a number; the n-th product gets
        first + n; null gives none), and any product member as the value of all.
        Answers the ids in the order of creation.
        """
        body = body_of(request)
        code = body.pop("supplier_code", None)
        rows = body.pop("products", None)
        if rows is None:
            rows = self._pattern(body)
        elif not isinstance(rows, list) or body:
            raise Invalid("give products as a list, or count")
        room = self._room
        with room.services.store.transaction():
            created: list[Product] = []
            try:
                for row in rows:
                    if not isinstance(row, dict):
                        raise Invalid("a product must be an object")
                    owner = room.supplier_code(row.get("supplier_code", code))
                    created.append(room.catalogue.create(owner, row))
            except Invalid:
                for product in created:
                    room.catalogue.remove(product)
                raise
        names = ("id", "supplier_code", "internal_product_id", "base_product_id")
        return [{name: getattr(each, name) for name in names} for each in created]

    @staticmethod
    def _pattern(body: dict[str, Any]) -> list[dict[str, Any]]:
        count = integer_of(body.pop("count", None), "count", 1, MOST_CREATED)
        name = text_of(body.pop("name", "Product"), "name")
        first = body.pop("first_internal_id", None)
        start = None if first is None else integer_of(first, "first_internal_id")
        defaults: dict[str, Any] = {"available_stock_quantity": 100, **body}
        return [
            {
                **defaults,
                "name": f"{name} {number + 1}",
                "internal_product_id": None if start is None else str(start + number),
            }
            for number in range(count)
        ]

    def _find(self, identifier: str) -> Product:
        product = self._room.catalogue.get(identifier)
        if product is None:
            raise ApiError(404, "There is no such product")
        return product

    def _product(self, request: Request, identifier: str) -> Any:
        return encode(self._find(identifier))

    def _edit_product(self, request: Request, identifier: str) -> Any:
        """Change a product by hand, past the API: a foreign edit."""
        body = body_of(request)
        with self._room.services.store.transaction():
            product = self._find(identifier)
            changes = parse_changes(body)
            if "internal_product_id" in body:
                given = body["internal_product_id"]
                changes["internal_product_id"] = (
                    None if given in (None, "") else text_of(given, "internal_product_id")
                )
            if unknown := set(body) - set(changes):
                raise Invalid(f"unknown members: {', '.join(sorted(unknown))}")
            self._room.catalogue.change(product, changes, "hand")
            return encode(product)

    def _remove_product(self, request: Request, identifier: str) -> Any:
        with self._room.services.store.transaction():
            self._room.catalogue.remove(self._find(identifier))
        return {}

    def _create_base(self, request: Request) -> Any:
        """``{"id"?, "name", "name_ar"?, "brand"?, "category"?, "units": [[unit, count]]}``."""
        body = body_of(request)
        with self._room.services.store.transaction():
            return encode(self._room.catalogue.add_base(body))

    # === ORDERS === #

    def _orders(self, request: Request) -> Any:
        args = request.args
        status, code = args.get("status"), args.get("supplier_code")
        with self._room.services.store.lock:
            return [
                self._room.order_state(order)
                for order in self._room.orders.table.values()
                if (not status or order.status == status)
                and (not code or order.supplier_code == code)
            ]

    def _place(self, request: Request) -> Any:
        """Place one order (see `Orders.place`), or ``{"count": n, …}`` of them; a list of specs
        places each. Nothing is placed when one of them is refused."""
        data = parse_json(request.get_data()) if request.get_data().strip() else {}
        specs = data if isinstance(data, list) else None
        if isinstance(data, dict):
            count = data.pop("count", None)
            number = 1 if count is None else integer_of(count, "count", 1, 20_000)
            specs = [dict(data) for _ in range(number)]
        if specs is None or not all(isinstance(spec, dict) for spec in specs):
            raise Invalid("an order, or a list of orders, is expected")
        with self._room.services.store.transaction():
            placed = self._room.orders.place_all(specs, self._room.supplier_code)
            states = [self._room.order_state(order) for order in placed]
        single = isinstance(data, dict) and count is None
        return json_response(states[0] if single else states, 201)

    def _get(self, hashed_id: str) -> Order:
        order = self._room.orders.get(hashed_id)
        if order is None:
            raise ApiError(404, "There is no such order")
        return order

    def _order(self, request: Request, hashed_id: str) -> Any:
        with self._room.services.store.lock:
            return self._room.order_state(self._get(hashed_id))

    def _payload(self, request: Request, hashed_id: str) -> Any:
        """The order as pull-orders would give it; `style` as a webhook would."""
        with self._room.services.store.lock:
            order, style = self._get(hashed_id), request.args.get("style")
            if style:
                return event_payload(style, "order.status", order, self._room.settings)
            return order_payload(order, self._room.settings)

    def _act(self, request: Request, hashed_id: str, action: str) -> Any:
        """``edit``, ``begin-edit``, ``cancel``, ``status``, ``return``, ``notify``."""
        body = body_of(request)
        notify = boolean_of(body.get("notify", True), "notify")
        force = boolean_of(body.get("force", False), "force")
        reason = None if body.get("reason") in (None, "") else text_of(body["reason"], "reason")
        orders = self._room.orders
        actions: dict[str, Callable[[Order], None]] = {
            "edit": lambda order: orders.edit(
                order,
                body.get("lines") or [],
                str(body.get("by") or "retailer"),
                notify,
                force,
            ),
            "begin-edit": lambda order: orders.begin_edit(order, notify, force),
            "cancel": lambda order: orders.cancel(order, reason, notify, force),
            "return": lambda order: orders.take_back(order, reason, notify, force),
            "status": lambda order: orders.set_status(
                order, str(body.get("status")), notify, force
            ),
            "notify": orders.notify,
        }
        if action not in actions:
            raise ApiError(404, f"known actions: {', '.join(actions)}")
        with self._room.services.store.transaction():
            order = self._get(hashed_id)
            try:
                actions[action](order)
            except Invalid as error:
                raise ApiError(422, str(error)) from None
            return self._room.order_state(order)

    # === TIMES AND WAITING === #

    def _acceptances(self, request: Request) -> Any:
        """Accepted product field writes, oldest first: `after` (seq), `limit`, `field`,
        `product` (supplier_product_id), `changed` (true: only those that changed something)."""
        args = request.args
        after, limit = whole_of(args, "after", 0), whole_of(args, "limit", 1_000_000)
        field, product = args.get("field"), args.get("product")
        changed = args.get("changed") == "true"
        with self._room.services.store.lock:
            found = (
                each.state()
                for each in self._room.catalogue.acceptances
                if each.seq > after
                and (not field or each.field == field)
                and (not product or str(each.supplier_product_id) == product)
                and (not changed or each.changed)
            )
            return list(islice(found, limit))

    def _forget_acceptances(self, request: Request) -> Any:
        with self._room.services.store.lock:
            self._room.catalogue.acceptances.clear()
        return {}

    def _wait(self, request: Request) -> Any:
        """Wait until something is as asked; 200 ``matched: true``, or 408 after `timeout`.

        - a product: `product` (supplier_product_id, else internal_product_id) or explicitly
          `supplier_product_id` / `internal_product_id`, with `field` and `value`;
        - an order: `order` (hashed_id, or ``any``) with `field` (status) and `value`;
        - calls: `calls` (how many since the last reset), `endpoint` (all).
        """
        args, services = request.args, self._room.services
        if "calls" in args:
            look = look_for_calls(services, self._room.name, args)
        elif "order" in args:
            look = self._look_for_order(args)
        else:
            look = self._look_for_product(args)
        # Nothing of this room comes due on the clock.
        return wait_answer(services, args, look, lambda: None)

    def _look_for_order(self, args: Any) -> Look:
        hashed_id, field = args["order"], args.get("field", "status")
        value = args.get("value")

        def look() -> tuple[bool, dict[str, Any]]:
            orders = self._room.orders.table.values()
            if hashed_id != "any":
                order = self._room.orders.get(hashed_id)
                orders = [order] if order else []
            hits = [each for each in orders if _same(getattr(each, field, None), value)]
            shown = (hits or orders)[:1]
            return bool(hits), {"order": self._room.order_state(shown[0]) if shown else None}

        return look

    def _look_for_product(self, args: Any) -> Look:
        field, value = args.get("field", "selling_price"), args.get("value")
        if value is None or field not in Product.__dataclass_fields__:
            raise Invalid("product, field (a member of a product) and value are needed")
        catalogue, codes = self._room.catalogue, self._room.codes()

        def candidates() -> list[Product]:
            supplier_id = args.get("supplier_product_id", args.get("product"))
            internal_id = args.get("internal_product_id", args.get("product"))
            one = catalogue.get(supplier_id) if supplier_id else None
            if one is not None:
                return [one]
            return catalogue.by_internal(internal_id, codes) if internal_id else []

        def look() -> tuple[bool, dict[str, Any]]:
            products = candidates()
            hits = [each for each in products if _same(getattr(each, field), value)]
            shown = (hits or products)[:1]
            data: dict[str, Any] = {"product": encode(shown[0]) if shown else None}
            if hits:
                data["accepted"] = self._last_acceptance(hits[0].id, field)
            return bool(hits), data

        return look

    def _last_acceptance(self, identifier: int, field: str) -> Any:
        for each in reversed(self._room.catalogue.acceptances):
            if each.supplier_product_id == identifier and each.field == field:
                return each.state()
        return None


def _same(found: Any, wanted: str | None) -> bool:
    """Compare a stored value with the text of a query: numbers as numbers, booleans as words."""
    if wanted is None or found is None:
        return (found is None) == (wanted in (None, "", "null"))
    if isinstance(found, bool):
        return str(found).lower() == wanted.lower()
    if isinstance(found, (int, Decimal)):
        try:
            return Decimal(wanted) == found
        except ArithmeticError:
            return False
    return str(found) == wanted
