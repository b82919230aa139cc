"""Pages for people below ``/cartona/``: what the platform's own dashboard would show, and more.

The pages only read; their buttons use the control API, so whatever a person can do a test can.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from ..pages import Preset, cut, faults_shown, render, requests_shown
from ..wire import to_json
from . import rules
from .catalogue import matching
from .model import Order
from .payloads import STYLES, order_payload
from .settings import CHOICES

if TYPE_CHECKING:
    from .room import CartonaRoom

TABS = (
    ("", "Live"),
    ("products", "Products"),
    ("orders", "Orders"),
    ("requests", "Requests"),
    ("faults", "Faults & clock"),
    ("accounts", "Accounts"),
)
PRESETS: tuple[Preset, ...] = (
    (
        "storm",
        "Rate limit storm",
        "every second call answers 429, Retry-After 2 s",
        {"effect": "status", "status": 429, "retry_after": 2, "match": {"every": 2}},
    ),
    (
        "down",
        "Server down",
        "every call answers 503",
        {"effect": "status", "status": 503},
    ),
    (
        "flaky",
        "Flaky server",
        "one call in three answers 500",
        {"effect": "status", "status": 500, "probability": 0.33},
    ),
    (
        "cut-before",
        "Connection lost before",
        "half of the calls: not applied, no answer",
        {"effect": "timeout_before", "probability": 0.5},
    ),
    (
        "cut-after",
        "Connection lost after",
        "half of the calls: applied, but no answer",
        {"effect": "timeout_after", "probability": 0.5},
    ),
    (
        "half",
        "Half-failed bulk",
        "every second row of a bulk call is not applied",
        {"effect": "rows", "every": 2},
    ),
    ("slow", "Slow", "each call takes two seconds longer", {"effect": "slow", "ms": 2000}),
    (
        "html",
        "HTML instead of JSON",
        "applied, and answered with a web page",
        {"effect": "html"},
    ),
    (
        "garbage",
        "Broken JSON",
        "applied, and answered with half a document",
        {"effect": "wrong_json"},
    ),
    ("revoked", "Token revoked", "each call answers 401", {"effect": "revoked"}),
    (
        "duplicates",
        "Duplicate webhooks",
        "each event comes three times at the same instant",
        {"effect": "duplicate", "copies": 3, "parallel": True},
    ),
    (
        "shuffle",
        "Webhooks out of order",
        "three events are held back and sent shuffled",
        {"effect": "reorder", "window": 3},
    ),
    ("lost", "Lost webhooks", "events are never sent", {"effect": "drop"}),
)


class CartonaPages:
    """The pages of the room."""

    def __init__(self, room: CartonaRoom) -> None:
        self._room = room

    def answer(self, request: Request, path: str) -> Response | None:
        """None when there is no such page."""
        first, _, rest = path.strip("/").partition("/")
        pages: dict[str, Callable[[Request], Response]] = {
            "": self._live,
            "products": self._products,
            "orders": self._orders,
            "requests": self._requests,
            "faults": self._faults,
            "accounts": self._accounts,
        }
        if request.method not in ("GET", "HEAD"):
            return None
        with self._room.services.store.lock:
            if first == "orders" and rest:
                order = self._room.orders.get(rest)
                return None if order is None else self._order(order)
            if first in pages and not rest:
                return pages[first](request)
        return None

    def _render(self, template: str, tab: str, **values: Any) -> Response:
        room = self._room
        webhooks = room.services.webhooks.subscriptions(room.name)
        return render(
            room.services,
            room.name,
            template,
            room=room,
            tab=tab,
            tabs=TABS,
            rules=rules,
            suppliers=room.suppliers.values(),
            webhooks=webhooks,
            active_faults=room.services.faults.state(),
            **values,
        )

    def _live(self, request: Request) -> Response:
        catalogue = self._room.catalogue
        recent = list(catalogue.acceptances)[-400:]
        changes = [each for each in reversed(recent) if each.changed][:12]
        names = {
            each.supplier_product_id: catalogue.get(each.supplier_product_id) for each in changes
        }
        orders = self._by_date(self._room.orders.table.values())
        return self._render(
            "cartona_live.html",
            "",
            changes=changes,
            names=names,
            products=catalogue.products.values()[:14],
            product_total=len(catalogue.products),
            orders=orders[:8],
            calls=self._room.services.calls.select(self._room.name, limit=12),
            figures=self._figures(orders),
        )

    def _figures(self, orders: Sequence[Order]) -> list[tuple[str, str, str]]:
        """(label, value, remark) of the tiles."""
        room = self._room
        products = room.catalogue.products.values()
        published = sum(product.is_published for product in products)
        out = sum(product.is_published and product.on_offer == 0 for product in products)
        opened = [order for order in orders if order.status in (*rules.OPEN, rules.EDITING)]
        waiting = sum(not order.acknowledged for order in orders)
        counters = room.services.calls.counters().get(room.name, {})
        calls = sum(each["calls"] for each in counters.values())
        errors = sum(each["errors"] for each in counters.values())
        return [
            ("Products", f"{len(products):,}", f"{published:,} published"),
            ("Sold out", f"{out:,}", "published, nothing on offer"),
            ("Open orders", f"{len(opened):,}", f"{waiting:,} not acknowledged"),
            ("API calls", f"{calls:,}", f"{errors:,} refused or failed"),
        ]

    @staticmethod
    def _by_date(orders: Sequence[Order]) -> list[Order]:
        return sorted(orders, key=lambda order: order.created_at, reverse=True)

    def _products(self, request: Request) -> Response:
        text, code = request.args.get("q", ""), request.args.get("supplier", "")
        rows = [
            product
            for product in matching(self._room.catalogue.products.values(), text)
            if not code or product.supplier_code == code
        ]
        return self._render(
            "cartona_products.html",
            "products",
            slice=cut(rows, request.args.get("page")),
            base=self._room.catalogue.base,
            q=text,
            supplier=code,
        )

    def _orders(self, request: Request) -> Response:
        text, status = request.args.get("q", "").strip(), request.args.get("status", "")
        needle = text.casefold()
        rows = [
            order
            for order in self._by_date(self._room.orders.table.values())
            if (not status or order.status == status)
            and (
                not needle
                or needle
                in f"{order.hashed_id} {order.receipt_id} "
                f"{order.retailer.get('retailer_name')}".casefold()
            )
        ]
        offered = [each for each in self._room.catalogue.products.values()[:500] if each.on_offer]
        return self._render(
            "cartona_orders.html",
            "orders",
            slice=cut(rows, request.args.get("page")),
            products=offered,
            q=text,
            status=status,
        )

    def _order(self, order: Order) -> Response:
        room = self._room
        deliveries = [
            each for each in room.services.webhooks.deliveries(1_000) if each.key == order.hashed_id
        ]
        return self._render(
            "cartona_order.html",
            "orders",
            order=order,
            targets=sorted(
                rules.cartona_targets(order.delivered_by, order.status),
                key=rules.STATUSES.index,
            ),
            deliveries=deliveries[:20],
            products=[
                each
                for each in room.catalogue.products.values()[:500]
                if each.supplier_code == order.supplier_code and each.on_offer
            ],
            payload=to_json(order_payload(order, room.settings)).decode(),
        )

    def _requests(self, request: Request) -> Response:
        services = self._room.services
        return self._render(
            "cartona_requests.html",
            "requests",
            deliveries=services.webhooks.deliveries(50),
            **requests_shown(services, self._room.name, request),
        )

    def _faults(self, request: Request) -> Response:
        services, name = self._room.services, self._room.name
        return self._render(
            "cartona_faults.html",
            "faults",
            limits=services.limiter.state().get(name, []),
            **faults_shown(services, name, PRESETS),
        )

    def _accounts(self, request: Request) -> Response:
        return self._render(
            "cartona_accounts.html",
            "accounts",
            tokens=self._room.tokens.values(),
            settings=self._room.settings.state(),
            choices=CHOICES,
            styles=STYLES,
        )
