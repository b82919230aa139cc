"""The catalogue's rows with their indexes: by SKU, handle, custom id, collection.

Every change goes through `save_product`, `save_variant` and `save_item`, which keep the indexes,
and `touched`, which moves `updated` and tells the subscribers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from .model import DEFAULT_OPTION, DEFAULT_VALUE, Item, Product, Variant, quantity_of
from .paging import Key, Sorted
from .part import Context, Part
from .registry import Resolvers
from .rest import product_body

_SORTS: dict[str, Any] = {
    "ID": lambda row: row.id,
    "RELEVANCE": lambda row: row.id,
    "CREATED_AT": lambda row: row.created,
    "UPDATED_AT": lambda row: row.updated,
    "PUBLISHED_AT": lambda row: row.updated,
    "TITLE": lambda row: row.title.casefold(),
    "VENDOR": lambda row: row.vendor.casefold(),
    "PRODUCT_TYPE": lambda row: row.product_type.casefold(),
}


def handle_of(title: str) -> str:
    """``"Café au lait!"`` → ``cafe-au-lait``; letters of other scripts stay."""
    text = unicodedata.normalize("NFKD", title)
    text = "".join(each for each in text if not unicodedata.combining(each)).casefold()
    return re.sub(r"[\W_]+", "-", text).strip("-")[:200] or "product"


class Catalogue(Part):
    """Products, variants and items."""

    def __init__(self, room: Any) -> None:
        super().__init__(room)
        self.products = self.rows("products", Product)
        self.variants = self.rows("variants", Variant)
        self.items = self.rows("items", Item)
        self._handles: dict[str, int] = {}
        self._ids: dict[tuple[str, str, str], int] = {}
        self._keys: dict[int, tuple[str, list[tuple[str, str, str]], list[int]]] = {}
        self._skus: dict[str, dict[int, None]] = {}
        self._sku_of: dict[int, str] = {}
        self._members: dict[int, dict[int, None]] = {}
        self._sorted: dict[str, tuple[int, Sorted]] = {}
        for product in self.products.values():
            self._index_product(product)
        for item in self.items.values():
            self._index_item(item)

    def clear(self) -> None:
        for rows in (self.products, self.variants, self.items):
            rows.clear()
        for index in (self._handles, self._ids, self._keys, self._skus, self._sku_of,
                      self._members, self._sorted):  # fmt: skip
            index.clear()

    def resolvers(self) -> Resolvers:
        # The reader needs this module's rows; it is imported when all of them are there.
        from .catalogue_api import catalogue_resolvers  # noqa: PLC0415

        return catalogue_resolvers(self.room)

    def state(self) -> dict[str, Any]:
        return {"products": [self.describe(each) for each in self.products.values()[:2_000]]}

    def describe(self, product: Product) -> dict[str, Any]:
        """Everything about a product, variants and quantities included."""
        rows = []
        for variant in self.variants_of(product):
            item = self.items[variant.item]
            rows.append({**vars(variant), "title": variant.title, "inventory": vars(item)})
        return {**vars(product), "variants": rows}

    def book(self) -> dict[str, Any]:
        variants = {}
        for each in self.variants.values():
            item = self.items[each.item]
            product = self.products[each.product]
            variants[str(each.id)] = {
                "product": each.product,
                "item": each.item,
                "sku": item.sku,
                "price": str(each.price),
                "compare_at": None if each.compare_at is None else str(each.compare_at),
                "status": product.status,
                "levels": {
                    place: {"available": quantity_of(level, "available"),
                            "committed": quantity_of(level, "committed"),
                            "on_hand": quantity_of(level, "on_hand")}
                    for place, level in item.levels.items()
                },
            }  # fmt: skip
        return {"variants": variants}

    # === FINDING === #

    def variants_of(self, product: Product) -> list[Variant]:
        return [self.variants[each] for each in product.variants]

    def items_by_sku(self, sku: str) -> list[Item]:
        return [self.items[each] for each in self._skus.get(sku, ())]

    def variant_by_sku(self, sku: str) -> Variant | None:
        """The first variant with an SKU."""
        found = self.items_by_sku(sku)
        return self.variants[found[0].variant] if found else None

    def by_handle(self, handle: str) -> Product | None:
        number = self._handles.get(handle)
        return None if number is None else self.products[number]

    def by_custom_id(self, namespace: str, key: str, value: str) -> Product | None:
        number = self._ids.get((namespace, key, value))
        return None if number is None else self.products[number]

    def members(self, collection: int) -> list[int]:
        """Products that were put into a collection by hand."""
        return list(self._members.get(collection, ()))

    def sorted_products(self, key: str) -> Sorted:
        """All products in an order; kept until one changes."""
        version, found = self._sorted.get(key, (-1, None))
        if found is None or version != self.products.version:
            getter = _SORTS.get(key, _SORTS["ID"])

            def sort_key(row: Product) -> Key:
                return getter(row), row.id

            found = Sorted(self.products.values(), sort_key)
            self._sorted[key] = (self.products.version, found)
        return found

    def sorted_variants(self) -> Sorted:
        """All variants by number; kept until one changes."""
        version, found = self._sorted.get("variants", (-1, None))
        if found is None or version != self.variants.version:
            found = Sorted(self.variants.values(), lambda row: (row.id, row.id))
            self._sorted["variants"] = (self.variants.version, found)
        return found

    # === CHANGING === #

    def free_handle(self, wanted: str, own: int | None = None) -> str:
        """The handle itself, or with the next number behind it."""
        found, number = wanted, 0
        while self._handles.get(found, own) != own:
            number += 1
            found = f"{wanted}-{number}"
        return found

    def new_product(self, title: str, handle: str | None = None) -> Product:
        """A row that is not kept yet."""
        now = self.room.now()
        name = handle or self.free_handle(handle_of(title))
        return Product(self.room.next_id("product", 8001), title, now, now, name)

    def new_variant(self, product: Product, options: list[str]) -> tuple[Variant, Item]:
        """A variant with its item, kept, at the end of the product's list (not kept)."""
        room, now = self.room, self.room.now()
        variant_id = room.next_id("variant", 40_001)
        item_id = room.next_id("item", 60_001)
        variant = Variant(
            variant_id, product.id, item_id, now, now, options, position=len(product.variants) + 1
        )
        item = Item(item_id, variant_id, now, now)
        first = next((each.id for each in room.locations.values() if each.active), None)
        if first is not None:
            item.levels[str(first)] = {"available": 0, "updated": now, "created": now}
        self.save_item(item)
        self.save_variant(variant)
        product.variants.append(variant_id)
        return variant, item

    def make(
        self,
        title: str,
        sku: str | None = None,
        price: Decimal = Decimal("0.00"),
        quantities: dict[int, int] | None = None,
        **more: Any,
    ) -> Product:
        """A product with one plain variant, by hand; not told to anybody."""
        product = self.new_product(title)
        for name, value in more.items():
            setattr(product, name, value)
        self.default_options(product)
        variant, item = self.new_variant(product, [DEFAULT_VALUE])
        variant.price, item.sku, item.tracked = price, sku, True
        for place, number in (quantities or {}).items():
            level = {"available": number, "updated": product.created, "created": product.created}
            item.levels[str(place)] = level
        self.save_item(item)
        return self.save_product(product)

    def default_options(self, product: Product) -> None:
        """The one option of a product that has none."""
        value = {"id": self.room.next_id("option_value", 90_001), "name": DEFAULT_VALUE}
        number = self.room.next_id("option", 70_001)
        product.options = [{"id": number, "name": DEFAULT_OPTION, "values": [value]}]

    def save_product(self, product: Product) -> Product:
        self.products.put(product)
        self._index_product(product)
        return product

    def save_variant(self, variant: Variant) -> Variant:
        return self.variants.put(variant)

    def save_item(self, item: Item) -> Item:
        self.items.put(item)
        self._index_item(item)
        return item

    def drop_variant(self, variant: Variant) -> None:
        """Forget a variant and its item; the product's list is the caller's."""
        self.variants.pop(variant.id)
        item = self.items.pop(variant.item)
        if item is not None:
            item.sku = None
            self._index_item(item)

    def delete_product(self, product: Product) -> None:
        """Forget a product with its variants, and say so."""
        for variant in self.variants_of(product):
            self.drop_variant(variant)
        self._unindex(product.id)
        self.products.pop(product.id)
        self.room.events.publish("PRODUCTS_DELETE", {"id": product.id}, str(product.id))

    def touched(self, product: Product, ctx: Context | None = None, new: bool = False) -> None:
        """Keep a product that was changed, and tell the subscribers."""
        if not new:
            product.updated = self._later(product.updated)
        self.save_product(product)
        topic = "PRODUCTS_CREATE" if new else "PRODUCTS_UPDATE"
        self.room.events.publish(topic, lambda: product_body(self.room, product), str(product.id))

    def _later(self, before: datetime) -> datetime:
        return max(before, self.room.now())

    # === INDEXES === #

    def _index_product(self, product: Product) -> None:
        ids = [
            (each["namespace"], each["key"], each["value"])
            for each in product.metafields.values()
            if each["type"] == "id"
        ]
        keys = (product.handle, ids, list(product.collections))
        if self._keys.get(product.id) == keys:
            return
        self._unindex(product.id)
        self._keys[product.id] = keys
        self._handles[product.handle] = product.id
        for each in ids:
            self._ids[each] = product.id
        for number in product.collections:
            self._members.setdefault(number, {})[product.id] = None

    def _unindex(self, number: int) -> None:
        handle, ids, collections = self._keys.pop(number, ("", [], []))
        _drop(self._handles, [handle], number)
        _drop(self._ids, ids, number)
        for each in collections:
            self._members.get(each, {}).pop(number, None)

    def _index_item(self, item: Item) -> None:
        old, new = self._sku_of.get(item.id, ""), item.sku or ""
        if old == new:
            return
        if old:
            self._skus[old].pop(item.id, None)
        if new:
            self._skus.setdefault(new, {})[item.id] = None
            self._sku_of[item.id] = new
        else:
            self._sku_of.pop(item.id, None)


def _drop(index: dict[Any, int], keys: Iterable[Any], number: int) -> None:
    for key in keys:
        if index.get(key) == number:
            del index[key]
