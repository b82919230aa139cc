"""Rows of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

#: Quantities that add up to ``on_hand``.
HELD = ("available", "committed", "reserved", "damaged", "safety_stock", "quality_control")
NAMES = (*HELD, "on_hand", "incoming")
DEFAULT_OPTION, DEFAULT_VALUE = "Title", "Default Title"


@dataclass
class Product:
    """A product; `variants` are the numbers of its variants in their order.

    options: ``{"id", "name", "values": [{"id", "name"}]}``. media: ``{"id", "url", "alt",
    "status"}``. metafields: see `metafields`. publications: number as text → since when.
    collections: numbers of the collections that it was put into by hand.
    """

    id: int
    title: str
    created: datetime
    updated: datetime
    handle: str
    description_html: str = ""
    vendor: str = ""
    product_type: str = ""
    tags: list[str] = field(default_factory=list)
    status: str = "ACTIVE"
    category: str | None = None
    seo: dict[str, Any] = field(default_factory=lambda: {"title": None, "description": None})
    template_suffix: str | None = None
    requires_selling_plan: bool = False
    is_gift_card: bool = False
    options: list[dict[str, Any]] = field(default_factory=list)
    variants: list[int] = field(default_factory=list)
    media: list[dict[str, Any]] = field(default_factory=list)
    metafields: dict[str, Any] = field(default_factory=dict)
    publications: dict[str, str] = field(default_factory=dict)
    collections: list[int] = field(default_factory=list)

    typename = "Product"


@dataclass
class Variant:
    """A variant; `options` are its values in the order of the product's options."""

    id: int
    product: int
    item: int
    created: datetime
    updated: datetime
    options: list[str] = field(default_factory=list)
    barcode: str | None = None
    price: Decimal = Decimal("0.00")
    compare_at: Decimal | None = None
    position: int = 1
    taxable: bool = True
    inventory_policy: str = "DENY"
    media: int | None = None
    metafields: dict[str, Any] = field(default_factory=dict)

    typename = "ProductVariant"

    @property
    def title(self) -> str:
        return " / ".join(self.options)


@dataclass
class Item:
    """What is in stock for a variant. levels: location as text → quantity by name and `updated`."""

    id: int
    variant: int
    created: datetime
    updated: datetime
    sku: str | None = None
    tracked: bool = False
    requires_shipping: bool = True
    weight: dict[str, Any] = field(default_factory=lambda: {"value": 0.0, "unit": "KILOGRAMS"})
    hs_code: str | None = None
    country: str | None = None
    province: str | None = None
    cost: Decimal | None = None
    levels: dict[str, dict[str, Any]] = field(default_factory=dict)

    typename = "InventoryItem"


def quantity_of(level: dict[str, Any], name: str) -> int:
    """A quantity of a level by its name."""
    if name == "on_hand":
        return sum(int(level.get(each, 0)) for each in HELD)
    return int(level.get(name, 0))


@dataclass(frozen=True)
class Level:
    """An item at a location."""

    item: Item
    location: int
    row: dict[str, Any]

    typename = "InventoryLevel"
