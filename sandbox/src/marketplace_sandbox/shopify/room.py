"""The Shopify room: its parts and what the house asks of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, TypeVar

from werkzeug.wrappers import Request, Response

from ..room import Exchange, Room, Services
from ..wire import json_response
from .acceptance import Acceptances
from .access import APPS, Access, Tokens
from .bulk import Bulk
from .catalogue import Catalogue
from .control import ShopifyControl
from .engine import Engine
from .events import Events
from .goods import Goods
from .grouping import Collections
from .idempotency import Keys
from .markets import Markets
from .metafields import Metafields
from .page import TABS, ShopifyPages
from .part import Context, Part, Rows
from .product_edits import ProductEdits
from .product_writer import ProductWriter
from .registry import Resolvers
from .sales import Sales
from .seed import Seed
from .settings import Settings
from .shop import API_VERSIONS, Location, Shop, ShopData
from .stock import Stock
from .throttle import Throttle
from .uploads import Uploads

SomePart = TypeVar("SomePart", bound=Part)
SEEDS = ("demo", "orders", "goods", "empty")
SETTINGS = "shopify.settings"


class ShopifyRoom(Room):
    """One shop. The parts keep their own rows."""

    name: ClassVar[str] = "shopify"
    title: ClassVar[str] = "Shopify"
    shop: ClassVar[ShopData] = ShopData()
    tabs: ClassVar[tuple[tuple[str, str], ...]] = TABS

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        store = services.store
        self._settings = Settings().changed(store.meta.get(SETTINGS) or {})
        self.throttle = Throttle()
        self.parts: list[Part] = []
        self.keys = self._add(Keys(self))
        self.tokens = self._add(Tokens(self))
        self.events = self._add(Events(self))
        self.shops = self._add(Shop(self))
        self.acceptances = self._add(Acceptances(self))
        self.metafields = self._add(Metafields(self))
        self.catalogue = self._add(Catalogue(self))
        self.stock = self._add(Stock(self))
        self.product_writer = self._add(ProductWriter(self))
        self.product_edits = self._add(ProductEdits(self))
        self.collections = self._add(Collections(self))
        self.markets = self._add(Markets(self))
        self._add(Seed(self))
        self._add(Goods(self))
        self.uploads = self._add(Uploads(self))
        self.bulk = self._add(Bulk(self))
        self.sales = self._add(Sales(self))
        self.resolvers = Resolvers()
        for part in self.parts:
            self.resolvers.merge(part.resolvers())
        self.engine = Engine(self)
        self._control = ShopifyControl(self)
        self._pages = ShopifyPages(self)

    def _add(self, part: SomePart) -> SomePart:
        self.parts.append(part)
        return part

    # === WHAT THE PARTS NEED === #

    def now(self) -> datetime:
        return self.services.clock.now()

    @property
    def started(self) -> datetime:
        """When the shop was opened."""
        found: datetime = self.services.store.meta.get("shopify.started") or self.now()
        return found

    @property
    def settings(self) -> Settings:
        return self._settings

    @property
    def locations(self) -> Rows[Location]:
        """Rows of `Location` by number."""
        return self.shops.locations

    def next_id(self, name: str, start: int) -> int:
        """The next number of a sequence of this room; inside a transaction."""
        return self.services.store.next_id(f"shopify.{name}", start)

    def change_settings(self, values: dict[str, Any]) -> Settings:
        """:raises Invalid: a name or value is not acceptable; nothing is changed then."""
        settings = self._settings.changed(values)
        with self.services.store.transaction():
            self._settings = settings
            self.services.store.meta.put(SETTINGS, settings.state())
        if {"bucket", "restore_rate"} & set(values):
            self.throttle.clear()
        return settings

    def context(self, access: Access, request: Request) -> Context:
        base = f"{request.scheme}://{request.host}/{self.name}"
        return Context(self, access, self.now(), base)

    def api_version(self, handle: str) -> dict[str, Any]:
        name = API_VERSIONS.get(handle, handle)
        return {"handle": handle, "displayName": name, "supported": handle != "2027-01"}

    def before_mutation(self, operation: Any, exchange: Exchange | None) -> None:
        """What a fault rule wants to happen right before a mutation runs."""
        if exchange is not None and exchange.plan.has("stale"):
            assert exchange.plan.rule is not None
            self.stock.disturb(exchange, int(exchange.plan.rule.params["by"]))

    def tick(self) -> None:
        """Let everything happen whose time has come on the sandbox's clock."""
        with self.services.store.transaction():
            for part in self.parts:
                part.tick()

    # === WHAT THE HOUSE ASKS === #

    def endpoint(self, method: str, path: str) -> str | None:
        pieces = path.split("/")
        if path == "admin/oauth/access_token":
            return "access_token"
        if pieces[:2] == ["admin", "api"] and len(pieces) == 4 and pieces[3] == "graphql.json":
            return "graphql"
        if pieces[0] in ("staged", "bulk-result"):
            return pieces[0]
        return None

    def refine(self, request: Request, endpoint: str, body: bytes) -> str:
        return self.engine.name_of(request, body) if endpoint == "graphql" else endpoint

    def credential(self, request: Request) -> str:
        return request.headers.get("X-Shopify-Access-Token", "")

    def api(self, exchange: Exchange) -> Response:
        path, method = exchange.path, exchange.request.method
        first = path.split("/")[0]
        if first in ("staged", "bulk-result"):
            return self.uploads.answer(exchange, first)
        if method != "POST":
            return json_response({"errors": "Not Found"}, 404)
        if path == "admin/oauth/access_token":
            return self.tokens.grant(exchange)
        self.tick()
        return self.engine.answer(exchange, path.split("/")[2])

    def refuse(self, status: int, message: str) -> Response:
        texts = {
            401: "[API] Invalid API key or access token (unrecognized login or wrong password)",
            402: "Unavailable Shop",
            423: "Locked",
            429: "Exceeded 2 calls per second for api client. Reduce request rates to resume "
            "uninterrupted service.",
        }
        return json_response({"errors": texts.get(status, message)}, status)

    def control(self, request: Request, path: str) -> Response | None:
        self.tick()
        return self._control.answer(request, path)

    def page(self, request: Request, path: str) -> Response | None:
        self.tick()
        return self._pages.answer(request, path)

    def close(self) -> None:
        self.uploads.close()

    def add_token(self, token: str, accounts: list[str]) -> None:
        if not token or not token.isascii() or not token.isprintable():
            raise ValueError("a token must be printable ASCII text")
        if accounts and not set(accounts) <= set(APPS):
            raise ValueError(f"an account is one of {', '.join(APPS)}")
        with self.services.store.transaction():
            self.tokens.add(token, accounts[0] if accounts else "static")

    def check_webhook(self, data: dict[str, Any]) -> None:
        raise ValueError("Shopify's webhooks are subscribed through its API")

    def seed(self, name: str) -> None:
        if name not in SEEDS:
            raise ValueError(f"unknown seed {name[:40]!r}; known: {', '.join(SEEDS)}")
        with self.services.store.transaction():
            self.reset()
            self.services.store.meta.put("shopify.started", self.now())
            for part in self.parts:
                part.seed(name)

    def reset(self) -> None:
        store = self.services.store
        with store.transaction():
            for part in self.parts:
                part.clear()
            for name in store.meta.names("next.shopify."):
                store.meta.pop(name)
            self._settings = Settings()
            store.meta.pop(SETTINGS)
            self.throttle.clear()

    def is_empty(self) -> bool:
        return not len(self.tokens.table)

    def state(self) -> dict[str, Any]:
        with self.services.store.lock:
            found: dict[str, Any] = {"settings": self.settings.state()}
            for part in self.parts:
                found.update(part.state())
            return found

    def book(self) -> dict[str, Any]:
        """The sandbox's own truth, for comparisons."""
        with self.services.store.lock:
            found: dict[str, Any] = {}
            for part in self.parts:
                found.update(part.book())
            return found

    def facts(self) -> list[tuple[str, str]]:
        return [
            ("Products", f"{len(self.catalogue.products):,}"),
            ("Variants", f"{len(self.catalogue.variants):,}"),
            ("Subscriptions", f"{len(self.events.subscriptions):,}"),
            ("API calls", f"{self.services.calls.count(self.name):,}"),
        ]


__all__ = ["Location", "ShopifyRoom"]
