"""The rows of the Cartona room, and how they are stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from ..store import encode

UNITS = frozenset(
    (
        "box",
        "can",
        "bottle",
        "kg",
        "piece",
        "dozen",
        "bag",
        "packet",
        "plate",
        "glass",
        "pallet",
        "jar",
        "shrink",
        "ton",
        "saddlebag",
        "roll",
        "tissue",
        "cone",
        "coil",
        "bunch",
        "strip",
        "recharge_card",
        "mat",
    )
)


@dataclass(slots=True)
class Supplier:
    """A supplier account."""

    code: str
    name: str


@dataclass(slots=True)
class Token:
    """What opens one or several supplier accounts."""

    token: str
    suppliers: list[str]
    revoked: bool = False


@dataclass(slots=True)
class BaseProduct:
    """A product of Cartona's catalogue, with the units that may be sold: (unit, pieces in it)."""

    id: int
    name: str
    name_ar: str = ""
    brand: str = ""
    category: str = ""
    units: list[list[Any]] = field(default_factory=list)


@dataclass(slots=True)
class Product:
    """A catalogue unit as one supplier sells it. Prices in EGP per unit; `max_order` 0: no cap."""

    id: int
    supplier_code: str
    name: str
    base_product_id: int
    unit: str
    unit_count: int
    selling_price: Decimal
    internal_product_id: str | None = None
    available_stock_quantity: int = 0
    in_stock: bool = True
    min_order: int = 1
    max_order: int = 0
    is_published: bool = True
    is_unlimited_stock: bool = False
    remind_me_at_stock: int | None = None
    notes: str | None = None

    @property
    def on_offer(self) -> int:
        """How many a retailer could order now."""
        if not (self.is_published and self.in_stock):
            return 0
        return 10**6 if self.is_unlimited_stock else self.available_stock_quantity


@dataclass(slots=True)
class Line:
    """A line of an order. `selling_price` is per unit, with both discounts already off."""

    id: int
    supplier_product_id: int | None
    internal_product_id: str | None
    base_product_id: int | None
    unit: str | None
    unit_count: int | None
    product_name: str
    amount: Decimal
    selling_price: Decimal
    applied_supplier_discount: Decimal = Decimal(0)
    applied_cartona_discount: Decimal = Decimal(0)
    comment: str | None = None
    taken: int = 0


@dataclass(slots=True)
class Order:
    """An order of a retailer. `overrides` and `omit` bend what the API shows, for nasty tests."""

    hashed_id: str
    supplier_code: str
    receipt_id: str
    status: str
    created_at: datetime
    updated_at: datetime
    retailer: dict[str, Any]
    lines: list[Line]
    delivered_by: str | None = "delivered_by_supplier"
    retailer_otp: str = ""
    pickup_otp: str | None = None
    pickup_date: str | None = None
    delivery_day: str | None = None
    estimated_delivery_day: str | None = None
    retailer_preferred_delivery_date: str | None = None
    cancellation_reason: str | None = None
    return_reason: str | None = None
    edited_by_admin: bool = False
    applied_supplier_rebate: Decimal = Decimal(0)
    cartona_credit: Decimal = Decimal(0)
    installment_cost: Decimal = Decimal(0)
    wallet_top_up: Decimal = Decimal(0)
    distribution_route_code: str | None = None
    note_message: str | None = None
    acknowledged: bool = False
    overrides: dict[str, Any] = field(default_factory=dict)
    omit: list[str] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)

    @property
    def total_price(self) -> Decimal:
        return sum((line.amount * line.selling_price for line in self.lines), Decimal(0))

    @property
    def cash_to_collect(self) -> Decimal:
        """What the courier takes at the door."""
        return self.total_price - self.cartona_credit - self.installment_cost + self.wallet_top_up

    @property
    def needs_otp(self) -> bool:
        return self.installment_cost > 0 or self.wallet_top_up > 0


class Acceptance(NamedTuple):
    """One accepted write of one field of one product.

    `at` is the machine's wall time (seconds since 1970), `monotonic` its monotonic time, both
    taken at the instant of acceptance, before the answer leaves. `origin`: api or hand.
    """

    seq: int
    at: float
    monotonic: float
    supplier_code: str
    supplier_product_id: int
    internal_product_id: str | None
    field: str
    value: Any
    changed: bool
    origin: str
    call: int | None

    def state(self) -> dict[str, Any]:
        return dict(self._asdict())


def encode_order(order: Order) -> dict[str, Any]:
    return {**encode(order), "lines": [encode(line) for line in order.lines]}


def decode_order(data: dict[str, Any]) -> Order:
    return Order(**{**data, "lines": [Line(**line) for line in data["lines"]]})
