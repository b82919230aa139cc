"""Contents to start with: the goods of the suite's demo, under the SKUs of the other rooms.

`demo`, `orders` and `goods` have products, two collections and prices for the US market; `goods`
has no orders. `empty` has the shop with its locations, channels and tokens alone.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .metafields import merged_tags
from .part import Part
from .values import iso

#: SKU, title, type, tags, price in EUR, pieces in the warehouse, pieces in the shop
ITEMS = (
    ("COL-330", "Cola Can 330 ml", "Beverages", ["drinks"], "1.79", 240, 24),
    ("WTR-600", "Mineral Water 600 ml", "Beverages", ["drinks"], "0.89", 480, 40),
    ("ORJ-1L", "Orange Juice 1 L", "Beverages", ["drinks"], "3.49", 60, 6),
    ("MNG-250", "Mango Nectar 250 ml", "Beverages", ["drinks"], "1.29", 120, 0),
    ("TEA-100", "Black Tea, 100 bags", "Beverages", ["drinks", "hot"], "5.45", 35, 5),
    ("CHP-SLT", "Potato Chips, salted 70 g", "Snacks", ["snacks"], "1.19", 200, 12),
    ("CHO-WFR", "Chocolate Wafer 40 g", "Snacks", ["snacks", "sweet"], "0.95", 300, 30),
    ("DAT-1K", "Dates, pitted 1 kg", "Snacks", ["snacks", "sweet"], "9.75", 40, 3),
)
SHIRT = (("Black", "S"), ("Black", "M"), ("Sand", "S"), ("Sand", "M"))


class Seed(Part):
    """Puts the demo's goods in; after the shop, its places and channels are there."""

    def seed(self, name: str) -> None:
        if name == "empty":
            return
        places = [each.id for each in self.room.locations.values()][:2]
        made = {}
        for sku, title, kind, tags, price, *pieces in ITEMS:
            product = self.room.catalogue.make(
                title,
                sku,
                Decimal(price),
                dict(zip(places, pieces, strict=True)),
                product_type=kind,
                vendor="Nile Trade",
                tags=merged_tags(tags),
                description_html=f"<p>{title}</p>",
                publications=self._channels(),
            )
            made[sku] = product
        self._shirt(places)
        self._collections(made["COL-330"])
        us = self.room.markets.price_lists[9001]
        for sku in ("COL-330", "DAT-1K"):
            variant = made[sku].variants[0]
            own = self.room.catalogue.variants[variant].price
            amount = (own * Decimal("1.15")).quantize(Decimal("0.01"))
            us.prices[str(variant)] = {"price": amount, "compare_at": None}
        self.room.markets.price_lists.put(us)

    def _channels(self) -> dict[str, str]:
        now = iso(self.room.now())
        return {str(each.id): now for each in self.room.markets.publications.values()}

    def _shirt(self, places: list[int]) -> None:
        catalogue, room = self.room.catalogue, self.room
        product = catalogue.new_product("Nile T-Shirt")
        product.vendor, product.product_type = "Nile Trade", "Apparel"
        product.tags, product.publications = ["apparel"], self._channels()
        product.options = [
            {
                "id": room.next_id("option", 70_001),
                "name": name,
                "values": [{"id": room.next_id("option_value", 90_001), "name": each}
                           for each in values],
            }
            for name, values in (("Colour", ("Black", "Sand")), ("Size", ("S", "M")))
        ]  # fmt: skip
        for number, (colour, size) in enumerate(SHIRT):
            variant, item = catalogue.new_variant(product, [colour, size])
            variant.price = Decimal("19.90")
            item.sku, item.tracked = f"TSH-{colour[:3].upper()}-{size}", True
            item.weight = {"value": 0.2, "unit": "KILOGRAMS"}
            for place, pieces in zip(places, (12 + number, 4), strict=True):
                item.levels[str(place)] = {
                    "available": pieces, "updated": product.created, "created": product.created
                }  # fmt: skip
            catalogue.save_item(item)
            catalogue.save_variant(variant)
        catalogue.save_product(product)

    def _collections(self, featured: Any) -> None:
        rows = self.room.collections
        snacks = rows.add("Snacks")
        condition = {"id": self.room.next_id("condition", 13_001), "kind": "productTag",
                     "relation": "TAGGED_WITH", "match": "ANY", "values": ["snacks"]}  # fmt: skip
        snacks.sources = [
            {"id": self.room.next_id("source", 12_001), "title": "By tag", "description": None,
             "match": "ALL", "conditions": [condition]}
        ]  # fmt: skip
        rows.table.put(snacks)
        home = rows.add("Featured")
        featured.collections = [home.id]
        self.room.catalogue.save_product(featured)
