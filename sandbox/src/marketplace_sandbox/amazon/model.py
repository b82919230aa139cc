"""The rows of the Amazon room, and how they are stored."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..store import encode

ZERO = Decimal(0)
OPEN = ("PENDING_AVAILABILITY", "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED")
STATUSES = (*OPEN, "SHIPPED", "CANCELLED", "UNFULFILLABLE")


@dataclass(slots=True)
class Access:
    """An access token. `refresh` names its refresh token; `scope` is of grantless ones."""

    token: str
    expires: datetime
    refresh: str = ""
    scope: str = ""
    paths: list[str] = field(default_factory=list)  # of a restricted data token: METHOD path


@dataclass(slots=True)
class Listing:
    """A SKU of the seller. `attributes` as Amazon keeps them: name → list of values."""

    sku: str
    product_type: str
    requirements: str
    attributes: dict[str, list[dict[str, Any]]]
    marketplaces: list[str]
    asin: str
    created: datetime
    updated: datetime
    live_at: datetime
    fnsku: str = ""
    issues: list[dict[str, Any]] = field(default_factory=list)
    shown: dict[str, list[str]] = field(default_factory=dict)  # status told last, by marketplace
    history: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_parent(self) -> bool:
        values = self.attributes.get("parentage_level") or []
        return any(each.get("value") == "parent" for each in values)


@dataclass(slots=True)
class Document:
    """Bytes at a presigned address. `kind`: input, result, report or schema."""

    id: str
    kind: str
    content_type: str
    created: datetime
    content: bytes | None = None
    gzip: bool = False
    restricted: bool = False


@dataclass(slots=True)
class Feed:
    """A feed. `fault`: what shall go wrong with it, decided when it was made."""

    id: str
    type: str
    marketplaces: list[str]
    created: datetime
    document: str
    options: dict[str, str]
    status: str = "IN_QUEUE"
    started: datetime | None = None
    ended: datetime | None = None
    result: str | None = None
    messages: int = 0
    failed: int = 0
    fault: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Report:
    id: str
    type: str
    marketplaces: list[str]
    created: datetime
    start: datetime | None
    end: datetime | None
    options: dict[str, str] = field(default_factory=dict)
    status: str = "IN_QUEUE"
    started: datetime | None = None
    ended: datetime | None = None
    document: str | None = None
    fault: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Item:
    """A line of an order; amounts of the whole line.

    In marketplaces with VAT prices contain it; elsewhere `*_tax` comes on top and is collected
    and paid by the marketplace. Discounts are positive.
    """

    id: str
    sku: str
    asin: str
    title: str
    quantity: int
    unit_price: Decimal
    shipping: Decimal = ZERO
    gift_wrap: Decimal = ZERO
    item_discount: Decimal = ZERO
    shipping_discount: Decimal = ZERO
    item_tax: Decimal = ZERO
    shipping_tax: Decimal = ZERO
    gift_wrap_tax: Decimal = ZERO
    gift_message: str = ""
    gift_level: str = ""
    promotion_ids: list[str] = field(default_factory=list)
    condition: str = "new_new"
    business_price: bool = False
    shipped: int = 0
    cancelled: int = 0
    returned: int = 0
    cancel_reason: str = ""
    cancelled_by: str = ""
    cancel_requested: str = ""
    refunded: Decimal = ZERO
    merchant_id: str = ""
    taken: int = 0

    @property
    def principal(self) -> Decimal:
        return self.unit_price * self.quantity

    @property
    def live(self) -> int:
        """What was not cancelled."""
        return self.quantity - self.cancelled

    @property
    def remaining(self) -> int:
        """What is still to be shipped."""
        return self.quantity - self.cancelled - self.shipped


@dataclass(slots=True)
class Package:
    """A parcel that the seller confirmed; `items`: item id → quantity."""

    reference: str
    created: datetime
    shipped_at: datetime
    carrier: str
    carrier_name: str
    method: str
    tracking: str
    items: dict[str, int]
    status: str = "SHIPPED"


@dataclass(slots=True)
class Order:
    id: str
    marketplace: str
    status: str
    fulfilled_by: str
    created: datetime
    updated: datetime
    items: list[Item]
    buyer: dict[str, Any]
    address: dict[str, Any]
    ship_from: datetime
    ship_by: datetime
    deliver_from: datetime
    deliver_by: datetime
    service: str = "STANDARD"
    programs: list[str] = field(default_factory=list)
    packages: list[Package] = field(default_factory=list)
    seller_id: str = ""
    payment: str = "CreditCard"
    acknowledged: bool = False
    overrides: dict[str, Any] = field(default_factory=dict)
    omit: list[str] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)

    def item(self, identifier: str) -> Item | None:
        return next((each for each in self.items if each.id == identifier), None)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


@dataclass(slots=True)
class Transaction:
    """Money that moved: `kind` Shipment, Refund or ServiceFee.

    `rows`: {"item", "sku", "asin", "quantity", "entries": [[amount type, description, Decimal]]}.
    """

    id: str
    kind: str
    order_id: str
    marketplace: str
    posted: datetime
    rows: list[dict[str, Any]]
    shipment_id: str = ""
    refund_id: str = ""
    settlement: str = ""
    seller_id: str = ""
    fulfilled_by: str = "MERCHANT"

    @property
    def total(self) -> Decimal:
        return sum((entry[2] for row in self.rows for entry in row["entries"]), ZERO)


@dataclass(slots=True)
class Return:
    """Goods that came back, or shall."""

    id: str
    order_id: str
    item_id: str
    quantity: int
    reason: str
    at: datetime
    disposition: str = "SELLABLE"
    comment: str = ""


@dataclass(slots=True)
class Message:
    """A message in a queue. `visible`: from when it may be received."""

    id: str
    queue: str
    body: str
    sent: datetime
    visible: datetime
    receives: int = 0
    receipt: str = ""
    topic: str = ""


def encode_document(row: Document) -> dict[str, Any]:
    content = None if row.content is None else base64.b64encode(row.content).decode()
    return {**encode(row), "content": content}


def decode_document(data: dict[str, Any]) -> Document:
    content = data["content"]
    return Document(**{**data, "content": None if content is None else base64.b64decode(content)})


def encode_order(order: Order) -> dict[str, Any]:
    return {
        **encode(order),
        "items": [encode(each) for each in order.items],
        "packages": [encode(each) for each in order.packages],
    }


def decode_order(data: dict[str, Any]) -> Order:
    items = [Item(**each) for each in data["items"]]
    packages = [Package(**each) for each in data["packages"]]
    return Order(**{**data, "items": items, "packages": packages})
