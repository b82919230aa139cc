"""What Shopify gives the conformance suite, in front of the sandbox."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from marketplace_adapters.core import (
    LISTING_KINDS,
    UTC,
    Acknowledgement,
    Adapter,
    Budget,
    Cancellation,
    Connection,
    DeleteState,
    ImageState,
    InventoryState,
    Kind,
    ListingKey,
    Money,
    OrderKey,
    OverrideState,
    PriceState,
    ProductState,
    PushItem,
    Refund,
    RefundedLine,
    Shipment,
    ShippedLine,
    State,
    Transport,
    wire,
)
from marketplace_adapters.shopify import ShopifyAdapter
from marketplace_adapters.shopify.auth import TOKENS
from marketplace_adapters.shopify.product_read import forget_definitions
from marketplace_adapters.shopify.settings import origins
from marketplace_adapters.testing.harness import HttpHarness
from marketplace_adapters.testing.server import ScriptedServer

SHIPPED_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
STORE, SHOP_FLOOR = "7001", "7002"
ONLINE, POS = "8001", "8002"
MARKET = "9001"
CREDENTIALS = {"client_id": "demo-shopify-client", "client_secret": "shpss_demo_secret"}
OPTIONS = {
    "shop": "demo-shop.myshopify.com",
    "publications": [ONLINE, POS],
    "price_lists": {MARKET: "USD"},
    "location": STORE,
    "confirm_when": "placed",
    "batch_size": 30,
}


class ShopifyHarness(HttpHarness):
    """Subclasses say where listings and orders come from. The shop is logged in to before anything
    is counted."""

    kind = ShopifyAdapter

    def __init__(self, front: ScriptedServer, prefix: str = "") -> None:
        self.front = front
        self.base_url = front.base_url + prefix
        self._numbers = itertools.count(1)
        TOKENS.clear()
        forget_definitions()
        with self.adapter() as adapter:
            adapter.client.login.token()
        front.forget()

    @property
    def secrets(self) -> tuple[str, ...]:  # type: ignore[override]
        """The client id is none."""
        return (CREDENTIALS["client_secret"],)

    def open(
        self, *, budget: Budget | None = None, credentials: Mapping[str, str] | None = None
    ) -> Adapter:
        """An adapter that waits as long as the harness says."""
        return self.adapter(budget=budget, credentials=credentials)

    def adapter(
        self,
        *,
        budget: Budget | None = None,
        credentials: Mapping[str, str] | None = None,
        **options: Any,
    ) -> ShopifyAdapter:
        """The same, as what it is."""
        own = CREDENTIALS if credentials is None else credentials
        connection = Connection(self.base_url, own, {**OPTIONS, **options}, "EUR")
        transport = Transport(
            self.base_url, others=origins(connection), timeout=(1.0, self.timeout)
        )
        return self.kind(connection, budget=budget, transport=transport)

    def items(self, kind: Kind, count: int) -> list[PushItem]:
        """Listings or orders that exist, one item each."""
        numbers = [next(self._numbers) for _ in range(count)]
        if kind in LISTING_KINDS:
            keys = self.listings(numbers)
            return [
                PushItem(f"r{n}", kind, key, listing_state(kind, n, key), f"k{n}")
                for n, key in zip(numbers, keys, strict=True)
            ]
        return [
            PushItem(f"r{n}", kind, OrderKey(order), order_state(kind, line, n), f"k{n}")
            for n, (order, line) in zip(numbers, self.orders(numbers), strict=True)
        ]

    @abstractmethod
    def listings(self, numbers: list[int]) -> list[ListingKey]:
        """New products with one variant each."""

    @abstractmethod
    def orders(self, numbers: list[int]) -> list[tuple[str, str]]:
        """Ids of new, paid orders and of their first lines of two pieces."""

    def message(self, payload: Any) -> tuple[dict[str, str], bytes]:
        """Signed as Shopify signs."""
        body = wire.dumps(payload)
        digest = hmac.new(CREDENTIALS["client_secret"].encode(), body, hashlib.sha256).digest()
        headers = {
            "X-Shopify-Topic": "orders/updated",
            "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
            "X-Shopify-Shop-Domain": str(OPTIONS["shop"]),
            "X-Shopify-Event-Id": "11111111-2222-3333-4444-555555555555",
        }
        return headers, body


def product_attributes(number: int, key: ListingKey) -> dict[str, Any]:
    """Everything that a product may have."""
    variant: dict[str, Any] = {
        "key": key.internal_id or f"{number}",
        "id": key.external_id,
        "options": {},
        "sku": key.sku,
        "barcode": f"40000000{number:05d}",
        "weight_kg": "0.25",
        "taxable": True,
        "tracked": True,
        "requires_shipping": True,
        "inventory_policy": "DENY",
        "metafields": [
            {
                "namespace": "custom",
                "key": "care",
                "type": "single_line_text_field",
                "value": "غسيل بارد",
            }
        ],
        "position": 1,
    }
    product = {
        "key": f"P{number}",
        "id": key.extra.get("product_id"),
        "title": f'Tee "Grün" 🍵 شاي {number}',
        "description_html": "<p>Erste Ernte &amp; <b>Handarbeit</b> 🌱</p>",
        "vendor": "Läden",
        "type": "Shirts",
        "tags": ["grün", "شاي"],
        "status": "ACTIVE",
        "seo_title": "Tee 🍵",
        "seo_description": "weich",
        "options": [],
        "metafields": [
            {
                "namespace": "custom",
                "key": "origin",
                "type": "single_line_text_field",
                "value": "Ägypten",
            }
        ],
    }
    return {"product": product, "variant": variant, "variants": [variant]}


def listing_state(kind: Kind, number: int, key: ListingKey) -> State:
    """A state with everything that the kind has."""
    price = Decimal(number) + Decimal("0.05")
    if kind is Kind.PRODUCT:
        return ProductState(title=f"Tee {number}", attributes=product_attributes(number, key))
    if kind is Kind.PRICE:
        compare = Money(price + 5, "EUR")
        return PriceState(Money(price, "EUR"), compare, markets={MARKET: Money(price + 1, "USD")})
    if kind is Kind.INVENTORY:
        levels = {STORE: Decimal("7.9"), SHOP_FLOOR: Decimal(number)}
        return InventoryState(Decimal(7 + number), True, by_location=levels)
    if kind is Kind.IMAGE:
        urls = (f"https://shop.test/{number}.jpg", f"https://shop.test/{number}-b.png?u=1")
        return ImageState(urls, ("Vorderseite 🍵", "Rückseite"))
    if kind is Kind.OVERRIDE:
        return OverrideState({"publications": [ONLINE]})
    return DeleteState()


def order_state(kind: Kind, line: str, number: int = 1) -> State:
    """A state of an order with one line of two pieces."""
    if kind is Kind.ACKNOWLEDGE:
        return Acknowledgement(f"S{number:05d}")
    if kind is Kind.SHIPMENT:
        return Shipment(
            f"WH/OUT/{number:05d}",
            SHIPPED_AT + timedelta(seconds=number),
            (ShippedLine(line, Decimal(2)),),
            carrier="DHL",
            tracking=f"00340434{number:09d}",
            location=STORE,
        )
    if kind is Kind.REFUND:
        amount = Money(Decimal("4.20"), "EUR")
        rows = (RefundedLine(line, Decimal(1), amount, True, STORE),)
        return Refund(f"RINV/{number:05d}", rows)
    return Cancellation("INVENTORY", "nicht mehr da")
