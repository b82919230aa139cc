"""The Cartona room: its rows and what the house asks of it."""

from __future__ import annotations

from typing import Any, ClassVar

from werkzeug.wrappers import Request, Response

from ..room import Exchange, Room, Services
from ..store import Table, encode
from ..wire import Invalid, json_response
from . import rules, seed
from .api import HEADER, Api
from .catalogue import Catalogue
from .control import CartonaControl
from .model import Order, Supplier, Token
from .orders import Orders
from .page import CartonaPages
from .payloads import STYLES, event_payload
from .settings import Settings


class CartonaRoom(Room):
    """Rows: `suppliers`, `tokens`, `catalogue`, `orders`; switches: `settings`."""

    name: ClassVar[str] = "cartona"
    title: ClassVar[str] = "Cartona"

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        store = services.store
        self.suppliers: Table[Supplier] = Table(
            store, "cartona.suppliers", encode, lambda row: Supplier(**row)
        )
        self.tokens: Table[Token] = Table(store, "cartona.tokens", encode, lambda row: Token(**row))
        self._settings = Settings().changed(store.meta.get("cartona.settings") or {})
        self.catalogue = Catalogue(services)
        self.orders = Orders(services, self.catalogue, lambda: self.settings, self._publish)
        self._api = Api(self)
        self._control = CartonaControl(self)
        self._pages = CartonaPages(self)

    # === ROWS === #

    @property
    def settings(self) -> Settings:
        return self._settings

    def change_settings(self, values: dict[str, Any]) -> Settings:
        """:raises Invalid: a name or value is not acceptable; nothing is changed then."""
        settings = self._settings.changed(values)
        with self.services.store.transaction():
            self._settings = settings
            self.services.store.meta.put("cartona.settings", settings.state())
        return settings

    def codes(self) -> list[str]:
        return [supplier.code for supplier in self.suppliers.values()]

    def add_supplier(self, code: str, name: str = "") -> Supplier:
        """Add an account, or rename it."""
        supplier = Supplier(code, name or code)
        with self.services.store.transaction():
            self.suppliers.put(code, supplier)
        return supplier

    def add_token(self, token: str, accounts: list[str]) -> None:
        codes = self.codes()
        unknown = [code for code in accounts if code not in codes]
        if not token or not token.isascii() or not token.isprintable():
            raise ValueError("a token must be printable ASCII text")
        if unknown or not codes:
            raise ValueError(f"unknown supplier code: {', '.join(unknown) or 'there is none'}")
        with self.services.store.transaction():
            self.tokens.put(token, Token(token, accounts or codes[:1]))

    def revoke_token(self, token: str, revoked: bool = True) -> bool:
        """Make a token worthless, or worth something again; False when it is unknown."""
        with self.services.store.transaction():
            found = self.tokens.get(token)
            if found is not None:
                found.revoked = revoked
                self.tokens.put(token, found)
        return found is not None

    def _publish(self, topic: str, order: Order) -> None:
        self.services.webhooks.publish(
            self.name,
            topic,
            order.hashed_id,
            order.supplier_code,
            lambda style: event_payload(style, topic, order, self.settings),
        )

    # === WHAT THE HOUSE ASKS === #

    def endpoint(self, method: str, path: str) -> str | None:
        return self._api.endpoint(method, path)

    def credential(self, request: Request) -> str:
        return request.headers.get(HEADER, "")

    def api(self, exchange: Exchange) -> Response:
        return self._api.answer(exchange)

    def refuse(self, status: int, message: str) -> Response:
        return json_response({"error": message} if message else {}, status)

    def control(self, request: Request, path: str) -> Response | None:
        return self._control.answer(request, path)

    def page(self, request: Request, path: str) -> Response | None:
        return self._pages.answer(request, path)

    def check_webhook(self, data: dict[str, Any]) -> None:
        style, account = data.get("style") or "", data.get("account")
        if style and style not in STYLES:
            raise ValueError(f"style must be one of {', '.join(STYLES)}")
        if account is not None and account not in self.suppliers:
            raise ValueError("account is no known supplier code")

    def seed(self, name: str) -> None:
        if name not in seed.SEEDS:
            raise ValueError(f"unknown seed {name[:40]!r}; known: {', '.join(seed.SEEDS)}")
        with self.services.store.transaction():
            self.reset()
            seed.plant(self, name)

    def reset(self) -> None:
        store = self.services.store
        with store.transaction():
            for table in (self.suppliers, self.tokens, self.orders.table):
                table.clear()
            self.catalogue.clear()
            for name in ("base", "product", "line", "receipt"):
                store.meta.pop(f"next.cartona.{name}")
            self._settings = Settings()
            store.meta.pop("cartona.settings")
            self.orders.start_over()

    def is_empty(self) -> bool:
        return not len(self.suppliers)

    def state(self) -> dict[str, Any]:
        with self.services.store.lock:
            return {
                "settings": self.settings.state(),
                "suppliers": [encode(each) for each in self.suppliers.values()],
                "tokens": [encode(each) for each in self.tokens.values()],
                "base_products": [encode(each) for each in self.catalogue.base.values()],
                "products": [encode(each) for each in self.catalogue.products.values()],
                "orders": [self.order_state(each) for each in self.orders.table.values()],
            }

    def order_state(self, order: Order) -> dict[str, Any]:
        """All that the sandbox knows of an order, with the codes that the API never shows."""
        return {
            **encode(order),
            "lines": [encode(line) for line in order.lines],
            "total_price": order.total_price,
            "cash_to_collect": order.cash_to_collect,
            "needs_otp": order.needs_otp,
        }

    def facts(self) -> list[tuple[str, str]]:
        orders = self.orders.table.values()
        waiting = sum(not order.acknowledged for order in orders)
        opened = sum(order.status in (*rules.OPEN, rules.EDITING) for order in orders)
        return [
            ("Accounts", str(len(self.suppliers))),
            ("Products", f"{len(self.catalogue.products):,}"),
            ("Open orders", f"{opened:,}"),
            ("Not yet acknowledged", f"{waiting:,}"),
            ("API calls", f"{self.services.calls.count(self.name):,}"),
        ]

    def supplier_code(self, given: Any = None) -> str:
        """A supplier code that exists; the first one when none is given.

        :raises Invalid: unknown.
        """
        codes = self.codes()
        if given is None and codes:
            return codes[0]
        if given not in codes:
            raise Invalid(f"unknown supplier code {str(given)[:40]!r}")
        return str(given)
