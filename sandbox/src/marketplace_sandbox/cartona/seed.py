"""Contents to start with: a small wholesaler of drinks, dairy and snacks.

`demo`: two supplier accounts (retail sells pieces and boxes, wholesale boxes and pallets), their
tokens, a catalogue, and a few finished orders of the past. `orders`: the same and eight open
orders. `empty`: accounts and tokens alone.

The internal_product_id of each demo product is its SKU, so that a catalogue with the same SKUs
can be linked by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from . import rules
from .model import Order, Supplier, Token

if TYPE_CHECKING:
    from .room import CartonaRoom

SEEDS = ("demo", "orders", "empty")
RETAIL, WHOLESALE = "EG-RETAIL", "EG-WHOLESALE"
SUPPLIERS = ((RETAIL, "Nile Trade, retail"), (WHOLESALE, "Nile Trade, wholesale"))
TOKENS = (
    ("sandbox-retail-token", (RETAIL,)),
    ("sandbox-wholesale-token", (WHOLESALE,)),
    ("sandbox-both-token", (RETAIL, WHOLESALE)),
)


@dataclass(frozen=True)
class Item:
    """A catalogue product: prices in EGP per piece and per box, stock in pieces."""

    sku: str
    name: str
    name_ar: str
    category: str
    piece_unit: str
    price: str
    box_count: int
    box_price: str
    stock: int


ITEMS = (
    Item("WTR-600", "Mineral Water 600 ml", "مياه معدنية ٦٠٠ مل", "Beverages", "bottle", "6", 20, "112", 960),
    Item("WTR-1500", "Mineral Water 1.5 L", "مياه معدنية ١٫٥ لتر", "Beverages", "bottle", "10", 12, "112.5", 480),
    Item("COL-330", "Cola Can 330 ml", "كولا علبة ٣٣٠ مل", "Beverages", "can", "15", 24, "342", 1200),
    Item("ORJ-1L", "Orange Juice 1 L", "عصير برتقال ١ لتر", "Beverages", "bottle", "38.5", 12, "441", 240),
    Item("MNG-250", "Mango Nectar 250 ml", "نكتار مانجو ٢٥٠ مل", "Beverages", "piece", "9.75", 27, "252.75", 540),
    Item("TEA-100", "Black Tea, 100 bags", "شاي أسود ١٠٠ فتلة", "Beverages", "packet", "84", 24, "1920", 96),
    Item("MLK-1L", "Full Cream Milk 1 L", "حليب كامل الدسم ١ لتر", "Dairy", "piece", "42", 12, "492", 360),
    Item("YOG-105", "Plain Yoghurt 105 g", "زبادي طبيعي ١٠٥ جم", "Dairy", "piece", "7.5", 24, "174", 720),
    Item("FTA-500", "Feta Cheese 500 g", "جبنة فيتا ٥٠٠ جم", "Dairy", "packet", "55.25", 12, "645", 144),
    Item("CHP-SLT", "Potato Chips, salted 70 g", "بطاطس مقلية بالملح ٧٠ جم", "Snacks", "bag", "10", 40, "380", 800),
    Item("CRK-CHS", "Cheese Crackers 45 g", "مقرمشات بالجبن ٤٥ جم", "Snacks", "packet", "5", 48, "228", 0),
    Item("CHO-WFR", "Chocolate Wafer 40 g", "ويفر شوكولاتة ٤٠ جم", "Snacks", "piece", "7.25", 24, "166.5", 600),
    Item("DAT-1K", "Dates, pitted 1 kg", "تمر منزوع النوى ١ كجم", "Snacks", "bag", "120", 10, "1150", 75),
)  # fmt: skip
WHOLESALE_ITEMS = ("WTR-600", "WTR-1500", "COL-330", "MLK-1L", "CHP-SLT", "CHO-WFR")
PALLET_BOXES = 60


def product_rows() -> list[dict[str, Any]]:
    """All demo products, each with its `supplier_code`, in the order of their ids."""
    rows: list[dict[str, Any]] = []
    for number, item in enumerate(ITEMS):
        piece = _row(number, item, item.sku, item.piece_unit, 1, item.price)
        box = _row(number, item, f"{item.sku}-BOX", "box", item.box_count, item.box_price)
        rows += [{**piece, "max_order": 200}, box]
        if item.sku in WHOLESALE_ITEMS:
            price = Decimal(item.box_price) * PALLET_BOXES * 95 / 100
            count = item.box_count * PALLET_BOXES
            pallet = _row(number, item, f"{item.sku}-PAL", "pallet", count, price)
            wholesale = {"supplier_code": WHOLESALE}
            rows.append({**box, **wholesale, "available_stock_quantity": 240, "min_order": 5})
            rows.append({**pallet, **wholesale, "available_stock_quantity": 4})
    return rows


def _row(
    number: int, item: Item, sku: str, unit: str, count: int, price: str | Decimal
) -> dict[str, Any]:
    """A product of the retail account, with as many as the stock in pieces allows."""
    return {
        "supplier_code": RETAIL,
        "name": item.name,
        "base_product_id": 4_090 + number,
        "is_published": item.stock > 0,
        "internal_product_id": sku,
        "unit": unit,
        "unit_count": count,
        "selling_price": price,
        "available_stock_quantity": item.stock // count,
    }


def plant(room: CartonaRoom, name: str) -> None:
    """Put a seed into a room, in a transaction. :raises ValueError: unknown name."""
    if name not in SEEDS:
        raise ValueError(f"unknown seed {name[:40]!r}; known: {', '.join(SEEDS)}")
    for code, title in SUPPLIERS:
        room.suppliers.put(code, Supplier(code, title))
    for token, codes in TOKENS:
        room.tokens.put(token, Token(token, list(codes)))
    if name == "empty":
        return
    for number, item in enumerate(ITEMS):
        room.catalogue.add_base(
            {
                "id": 4_090 + number,
                "name": item.name,
                "name_ar": item.name_ar,
                "category": item.category,
                "units": [[item.piece_unit, 1], ["box", item.box_count]],
            }
        )
    for number, row in enumerate(product_rows()):
        room.catalogue.create(row.pop("supplier_code"), {**row, "id": 110_774 + number})
    _past(room)
    if name == "orders":
        for _ in range(8):
            room.orders.place({"notify": False}, RETAIL)


def _past(room: CartonaRoom) -> None:
    """Finished orders of the last days: seen by people, acknowledged, not in the pull."""
    ends = (
        rules.DELIVERED,
        rules.DELIVERED,
        rules.CANCELLED_BY_RETAILER,
        rules.DELIVERED,
        rules.RETURNED,
    )
    now = room.services.clock.now()
    for number, status in enumerate(ends):
        at = now - timedelta(days=5 - number, hours=number, minutes=7 * number)
        spec = {"status": status, "created_at": at.isoformat(), "notify": False, "plain": True}
        order: Order = room.orders.place({**spec, "line_count": 2 + number % 2}, RETAIL)
        order.acknowledged = True
        order.history.append({**order.history[0], "actor": "supplier", "text": f"ended {status}"})
        for line in order.lines:
            product = room.catalogue.get(line.supplier_product_id)
            if product is not None:
                room.catalogue.move_stock(product, line.taken)
            line.taken = 0
        room.orders.table.put(order.hashed_id, order)
