"""The Amazon room: its parts and what the house asks of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Protocol

from werkzeug.wrappers import Request, Response

from ..room import Exchange, Room, Services
from ..store import encode
from ..wire import Invalid
from . import operations, seed
from .api import Api, Handler
from .control import AmazonControl
from .definitions import Definitions
from .documents import Documents
from .fba import Fba
from .feeds import Feeds
from .finances import Finances
from .generator import Generator
from .ledger import Ledger
from .listings import Listings
from .listings_api import ListingsApi, title_of
from .marketplaces import MARKETPLACES
from .model import OPEN, Listing, Order, encode_order
from .notifications import Notifications
from .order_payloads import item_total, order_total
from .orders import Orders
from .orders_api import OrdersApi
from .page import AmazonPages
from .placing import Placing
from .rates import Rates
from .reports import Reports
from .settings import Settings
from .settlements import Settlements
from .sqs import Queue
from .tokens import HEADER, Tokens

SELLER = "A2DEMOSELLER"
SEQUENCES = (
    "token", "document", "submission", "order", "item", "shipment", "return", "transaction",
    "refund", "feed", "report", "settlement", "destination", "subscription", "notification",
    "message", "seed",
)  # fmt: skip


class Part(Protocol):
    """What answers some of the operations."""

    def handlers(self) -> dict[str, Handler]: ...


class AmazonRoom(Room):
    """One seller on Amazon. The parts keep their own rows."""

    name: ClassVar[str] = "amazon"
    title: ClassVar[str] = "Amazon"
    seller_id: ClassVar[str] = SELLER

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._settings = Settings().changed(services.store.meta.get("amazon.settings") or {})
        self.tokens = Tokens(self)
        self.documents = Documents(self)
        self.notifications = Notifications(self)
        self.queue = Queue(self)
        self.fba = Fba(self)
        self.listings = Listings(self)
        self.listings_api = ListingsApi(self)
        self.ledger = Ledger(self)
        self.orders = Orders(self)
        self.feeds = Feeds(self)
        self.settlements = Settlements(self)
        self.reports = Reports(self)
        self.placing = Placing(self, Generator(self))
        self._api = Api(self)
        self._control = AmazonControl(self)
        self._pages = AmazonPages(self)

    def parts(self) -> list[Part]:
        """Everything that answers operations."""
        return [
            Definitions(self),
            self.listings_api,
            self.feeds,
            OrdersApi(self),
            self.reports,
            Finances(self),
            self.fba,
            self.notifications,
        ]

    # === WHAT THE PARTS NEED === #

    def now(self) -> datetime:
        return self.services.clock.now()

    @property
    def settings(self) -> Settings:
        return self._settings

    def change_settings(self, values: dict[str, Any]) -> Settings:
        """:raises Invalid: a name or value is not acceptable; nothing is changed then."""
        settings = self._settings.changed(values)
        with self.services.store.transaction():
            self._settings = settings
            self.services.store.meta.put("amazon.settings", settings.state())
        if "rates" in values:
            self._api.rates.clear()
        return settings

    def api_rates(self) -> Rates:
        return self._api.rates

    def tick(self) -> None:
        """Let everything happen whose time has come on the sandbox's clock."""
        with self.services.store.transaction():
            self.orders.tick()
            self.feeds.tick()
            self.reports.tick()
            self.listings.tick()
            self.queue.tick()

    def market(self, given: Any) -> str:
        """A marketplace of the seller by id or country; the first one when none is given.

        :raises Invalid: unknown.
        """
        own = self.settings.marketplaces
        if given is None or given == "":
            return own[0]
        for each in own:
            if given in (each, MARKETPLACES[each].country):
                return each
        raise Invalid(f"unknown marketplace {str(given)[:40]!r}; known: {', '.join(own)}")

    @staticmethod
    def title_of(listing: Listing) -> str:
        return title_of(listing)

    @staticmethod
    def currency(market: str) -> str:
        return MARKETPLACES[market].currency

    # === WHAT THE HOUSE ASKS === #

    def endpoint(self, method: str, path: str) -> str | None:
        found = operations.find(method, path)
        return None if found is None else found[0]

    def credential(self, request: Request) -> str:
        return request.headers.get(HEADER, "")

    def api(self, exchange: Exchange) -> Response:
        return self._api.answer(exchange)

    def refuse(self, status: int, message: str) -> Response:
        return self._api.refuse(status, message)

    def control(self, request: Request, path: str) -> Response | None:
        self.tick()
        return self._control.answer(request, path)

    def page(self, request: Request, path: str) -> Response | None:
        self.tick()
        return self._pages.answer(request, path)

    def add_token(self, token: str, accounts: list[str]) -> None:
        if not token or not token.isascii() or not token.isprintable():
            raise ValueError("a refresh token must be printable ASCII text")
        if accounts and accounts != [SELLER]:
            raise ValueError(f"the only seller is {SELLER}")
        with self.services.store.transaction():
            self.tokens.add(token)

    def check_webhook(self, data: dict[str, Any]) -> None:
        raise ValueError("Amazon sends no webhooks; its notifications go to a queue")

    def seed(self, name: str) -> None:
        if name not in seed.SEEDS:
            raise ValueError(f"unknown seed {name[:40]!r}; known: {', '.join(seed.SEEDS)}")
        with self.services.store.transaction():
            self.reset()
            seed.plant(self, name)

    def reset(self) -> None:
        store = self.services.store
        with store.transaction():
            for part in (
                self.tokens, self.notifications, self.queue, self.fba, self.listings, self.ledger,
                self.orders, self.feeds, self.settlements, self.reports,
            ):  # fmt: skip
                part.clear()
            self.documents.table.clear()
            for name in SEQUENCES:
                store.meta.pop(f"next.amazon.{name}")
            self._settings = Settings()
            store.meta.pop("amazon.settings")
            self._api.rates.clear()

    def is_empty(self) -> bool:
        return not len(self.tokens.refresh)

    def state(self) -> dict[str, Any]:
        with self.services.store.lock:
            return {
                "settings": self.settings.state(),
                "listings": [encode(each) for each in self.listings.table.values()],
                "orders": [self.order_state(each) for each in self.orders.table.values()],
                "feeds": [encode(each) for each in self.feeds.table.values()],
                "reports": [encode(each) for each in self.reports.table.values()],
                "settlements": self.settlements.table.values(),
                "subscriptions": self.notifications.subscriptions.values(),
                "queue": [encode(each) for each in self.queue.table.values()],
                "fba": self.fba.table.values(),
            }

    def order_state(self, order: Order) -> dict[str, Any]:
        """All that the sandbox knows of an order."""
        data = encode_order(order)
        for row, item in zip(data["items"], order.items, strict=True):
            row.update(total=str(item_total(item)), remaining=item.remaining)
        return {
            **data,
            "total": str(order_total(order)),
            "currency": MARKETPLACES[order.marketplace].currency,
        }

    def facts(self) -> list[tuple[str, str]]:
        opened = sum(each.status in OPEN for each in self.orders.table.values())
        working = sum(each.ended is None for each in self.feeds.table.values())
        return [
            ("Listings", f"{len(self.listings.table):,}"),
            ("Open orders", f"{opened:,}"),
            ("Feeds under way", f"{working:,}"),
            ("Messages in the queue", f"{len(self.queue.table):,}"),
            ("API calls", f"{self.services.calls.count(self.name):,}"),
        ]
