"""Products: found by their three kinds of identity, changed field by field, every write noted."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Iterable
from decimal import Decimal
from typing import Any

from ..room import Services
from ..store import Table, encode
from ..wire import Invalid, boolean_of, decimal_of, integer_of, text_of
from .model import UNITS, Acceptance, BaseProduct, Product
from .settings import Settings

ACCEPTANCES_KEPT = 1_000_000
MOST_PRICE = 10**9


def _price(value: Any) -> Decimal:
    """A number, or text in plain digits; must be above zero (assumed, as a shop would)."""
    price = decimal_of(value, "selling_price", 0, MOST_PRICE)
    if price <= 0:
        raise Invalid("selling_price must be above 0")
    return price


def _notes(value: Any) -> str | None:
    return None if value is None else text_of(value, "notes", 2_000)


def _remind(value: Any) -> int | None:
    return None if value is None else integer_of(value, "remind_me_at_stock")


PARSERS: dict[str, Callable[[Any], Any]] = {
    "selling_price": _price,
    "available_stock_quantity": lambda value: integer_of(value, "available_stock_quantity"),
    "in_stock": lambda value: boolean_of(value, "in_stock"),
    "min_order": lambda value: integer_of(value, "min_order", 1),
    "max_order": lambda value: 0 if value is None else integer_of(value, "max_order"),
    "is_published": lambda value: boolean_of(value, "is_published"),
    "is_unlimited_stock": lambda value: boolean_of(value, "is_unlimited_stock"),
    "remind_me_at_stock": _remind,
    "notes": _notes,
}


def parse_changes(row: dict[str, Any]) -> dict[str, Any]:
    """The product members of a row, checked; members that are not known are ignored.

    :raises Invalid: one value is not acceptable; nothing of the row counts then.
    """
    return {name: parse(row[name]) for name, parse in PARSERS.items() if name in row}


class Catalogue:
    """Base products and supplier products, with their indexes."""

    def __init__(self, services: Services) -> None:
        store = services.store
        self._store = store
        self.base: Table[BaseProduct] = Table(
            store, "cartona.base", encode, lambda row: BaseProduct(**row)
        )
        self.products: Table[Product] = Table(
            store, "cartona.products", encode, lambda row: Product(**row)
        )
        self.acceptances: deque[Acceptance] = deque(maxlen=ACCEPTANCES_KEPT)
        self._accepted = 0
        self._by_internal: dict[str, dict[int, Product]] = {}
        self._by_base: dict[int, dict[int, Product]] = {}
        self._by_supplier: dict[str, dict[int, Product]] = {}
        for product in self.products.values():
            self._index(product)

    def clear(self) -> None:
        self.base.clear()
        self.products.clear()
        self.acceptances.clear()
        self._by_internal.clear()
        self._by_base.clear()
        self._by_supplier.clear()

    def _index(self, product: Product) -> None:
        if product.internal_product_id is not None:
            self._by_internal.setdefault(product.internal_product_id, {})[product.id] = product
        self._by_base.setdefault(product.base_product_id, {})[product.id] = product
        self._by_supplier.setdefault(product.supplier_code, {})[product.id] = product

    # === FINDING === #

    def get(self, identifier: Any) -> Product | None:
        """By supplier_product_id, given as number or text."""
        return self.products.get(str(identifier).strip())

    def by_internal(self, internal_id: str, codes: Collection[str]) -> list[Product]:
        found = self._by_internal.get(internal_id, {}).values()
        return [product for product in found if product.supplier_code in codes]

    def by_base(self, base_id: int, codes: Collection[str]) -> list[Product]:
        found = self._by_base.get(base_id, {}).values()
        return [product for product in found if product.supplier_code in codes]

    def of_supplier(self, code: str) -> list[Product]:
        return list(self._by_supplier.get(code, {}).values())

    def identify(self, row: dict[str, Any], codes: Collection[str]) -> list[Product]:
        """Products that a row means: by supplier_product_id, else internal_product_id, else
        base_product_id + unit + unit_count. Empty when there is none.

        :raises Invalid: no identity is given, or it is malformed.
        """
        if row.get("supplier_product_id") is not None:
            product = self.get(text_of(row["supplier_product_id"], "supplier_product_id"))
            return [product] if product is not None and product.supplier_code in codes else []
        if row.get("internal_product_id") is not None:
            return self.by_internal(
                text_of(row["internal_product_id"], "internal_product_id"), codes
            )
        if row.get("base_product_id") is None:
            raise Invalid(
                "supplier_product_id, internal_product_id or base_product_id with unit and "
                "unit_count is needed"
            )
        base_id, unit, count = self.base_unit(row)
        return [
            product
            for product in self.by_base(base_id, codes)
            if product.unit == unit and product.unit_count == count
        ]

    @staticmethod
    def base_unit(row: dict[str, Any]) -> tuple[int, str, int]:
        """:raises Invalid: base_product_id, unit or unit_count is missing or malformed."""
        for name in ("base_product_id", "unit", "unit_count"):
            if row.get(name) is None:
                raise Invalid(f"{name} is needed")
        return (
            integer_of(row["base_product_id"], "base_product_id", 1),
            text_of(row["unit"], "unit"),
            integer_of(row["unit_count"], "unit_count", 1),
        )

    # === CHANGING, inside a transaction === #

    def change(
        self, product: Product, changes: dict[str, Any], origin: str, call: int | None = None
    ) -> None:
        """Apply checked values to one product, all or none, and note each.

        :raises Invalid: the values do not go together.
        """
        _check_bounds(product, changes)
        at, monotonic = time.time(), time.monotonic()
        for name, value in changes.items():
            changed = getattr(product, name) != value
            if changed and name == "internal_product_id":
                self._relink(product, value)
            elif changed:
                setattr(product, name, value)
            self._accepted += 1
            self.acceptances.append(
                Acceptance(
                    self._accepted,
                    at,
                    monotonic,
                    product.supplier_code,
                    product.id,
                    product.internal_product_id,
                    name,
                    value,
                    changed,
                    origin,
                    call,
                )
            )
        self.products.put(str(product.id), product)

    def _relink(self, product: Product, internal_id: str | None) -> None:
        if product.internal_product_id is not None:
            self._by_internal[product.internal_product_id].pop(product.id, None)
        product.internal_product_id = internal_id
        self._index(product)

    def move_stock(self, product: Product, change: int) -> int:
        """Raise or lower the quantity, never below zero; returns what was really moved."""
        if product.is_unlimited_stock:
            return 0
        before = product.available_stock_quantity
        product.available_stock_quantity = max(0, before + change)
        self.products.put(str(product.id), product)
        return product.available_stock_quantity - before

    def update(
        self, row: dict[str, Any], codes: Collection[str], settings: Settings, call: int
    ) -> None:
        """One row of supplier-product/bulk-update. :raises Invalid: the row is refused.

        A row identified by supplier_product_id that also has an internal_product_id links the
        two. So does one whose internal_product_id is unknown and that names a catalogue unit.
        """
        changes = parse_changes(row)
        products = self.identify(row, codes)
        links = row.get("supplier_product_id") is not None and "internal_product_id" in row
        if not products and self._may_start(row, settings):
            products = self.identify({**row, "internal_product_id": None}, codes)
            links = row.get("internal_product_id") is not None
            products = products or [self._start(row, codes, changes)]
        if not products:
            raise Invalid("Product not found")
        internal = row.get("internal_product_id") if links else None
        if internal is not None:
            internal = text_of(internal, "internal_product_id")
        for product in products:
            _check_bounds(product, changes)
        for product in products:
            link = links and product.internal_product_id != internal
            values = {**changes, "internal_product_id": internal} if link else changes
            self.change(product, values, "api", call)

    @staticmethod
    def _may_start(row: dict[str, Any], settings: Settings) -> bool:
        return (
            settings.create_from_base
            and row.get("supplier_product_id") is None
            and row.get("base_product_id") is not None
        )

    def _start(
        self, row: dict[str, Any], codes: Collection[str], changes: dict[str, Any]
    ) -> Product:
        """Begin to sell a unit of the catalogue. :raises Invalid: something is missing."""
        base_id, unit, count = self.base_unit(row)
        base = self.base.get(str(base_id))
        if base is None or [unit, count] not in base.units:
            raise Invalid("The catalogue has no such base product, unit and unit_count")
        if "selling_price" not in changes:
            raise Invalid("selling_price is needed to start selling a product")
        if len(codes) != 1:
            raise Invalid("supplier_code is needed to start selling a product")
        values = {"base_product_id": base_id, "unit": unit, "unit_count": count, **row}
        return self.create(next(iter(codes)), {**values, "name": base.name})

    def update_base(self, row: dict[str, Any], codes: Collection[str], call: int) -> None:
        """One row of base-product/bulk-update: all units of a base product, or the named one.

        The members are not published. Assumed: those of a product; a quantity is in pieces and is
        divided by each unit_count; a price is per piece and is multiplied by it.

        :raises Invalid: the row is refused.
        """
        if row.get("base_product_id") is None:
            raise Invalid("base_product_id is needed")
        base_id = integer_of(row["base_product_id"], "base_product_id", 1)
        changes = parse_changes(row)
        if not changes:
            raise Invalid("Nothing to change")
        products = self.by_base(base_id, codes)
        if row.get("unit") is not None:
            _, unit, count = self.base_unit(row)
            products = [each for each in products if (each.unit, each.unit_count) == (unit, count)]
        if not products:
            raise Invalid("Base product not found")
        for product in products:
            _check_bounds(product, changes)
        for product in products:
            values = dict(changes)
            if "available_stock_quantity" in values:
                values["available_stock_quantity"] //= product.unit_count
            if "selling_price" in values:
                values["selling_price"] *= product.unit_count
            self.change(product, values, "api", call)

    def update_base_stock(self, row: dict[str, Any], codes: Collection[str], call: int) -> None:
        """One row of base-product/bulk-update-stock: pieces, divided by each unit_count, floored.

        :raises Invalid: the row is refused.
        """
        if "available_stock_quantity" not in row:
            raise Invalid("available_stock_quantity is needed")
        names = ("base_product_id", "available_stock_quantity")
        self.update_base({name: row.get(name) for name in names}, codes, call)

    # === CREATING === #

    def add_base(self, row: dict[str, Any]) -> BaseProduct:
        """Add to the catalogue, or change what is there. :raises Invalid: malformed."""
        if row.get("id") is not None:
            identifier = integer_of(row["id"], "id", 1)
        else:
            identifier = self._free_id("base", 4_000, self.base)
        units = row.get("units") or []
        if not isinstance(units, list):
            raise Invalid("units must be a list of [unit, unit_count]")
        base = BaseProduct(
            id=identifier,
            name=text_of(row.get("name"), "name"),
            name_ar=str(row.get("name_ar") or ""),
            brand=str(row.get("brand") or ""),
            category=str(row.get("category") or ""),
            units=[_unit(each) for each in units],
        )
        self.base.put(str(identifier), base)
        return base

    def create(self, supplier_code: str, row: dict[str, Any]) -> Product:
        """Add a product of a supplier; its base product is made when it is not there yet.

        :param row: name, selling_price; optional all members of `Product` and `id`.
        :raises Invalid: malformed, or the id is taken.
        """
        name = text_of(row.get("name"), "name")
        given = {name: row[name] for name in ("unit", "unit_count") if row.get(name) is not None}
        unit, count = _unit([given.get("unit", "piece"), given.get("unit_count", 1)])
        if row.get("id") is not None:
            identifier = integer_of(row["id"], "id", 1)
        else:
            identifier = self._free_id("product", 110_000, self.products)
        if str(identifier) in self.products:
            raise Invalid(f"supplier_product_id {identifier} is taken")
        internal = row.get("internal_product_id")
        changes = parse_changes({"selling_price": 10, **row})
        product = Product(
            id=identifier,
            supplier_code=supplier_code,
            name=name,
            base_product_id=self._base_for(row, name, unit, count),
            unit=unit,
            unit_count=count,
            selling_price=changes.pop("selling_price"),
            internal_product_id=None
            if internal is None
            else text_of(internal, "internal_product_id"),
            **changes,
        )
        if product.max_order and product.min_order > product.max_order:
            raise Invalid("min_order must not be above max_order")
        self.products.put(str(identifier), product)
        self._index(product)
        return product

    def remove(self, product: Product) -> None:
        self.products.pop(str(product.id))
        self._by_base[product.base_product_id].pop(product.id, None)
        self._by_supplier[product.supplier_code].pop(product.id, None)
        if product.internal_product_id is not None:
            self._by_internal[product.internal_product_id].pop(product.id, None)

    def _base_for(self, row: dict[str, Any], name: str, unit: str, count: int) -> int:
        given = row.get("base_product_id")
        base = None
        if given is not None:
            base = self.base.get(str(integer_of(given, "base_product_id", 1)))
        if base is None:
            base = self.add_base({"id": given, "name": name})
        if [unit, count] not in base.units:
            base.units.append([unit, count])
            self.base.put(str(base.id), base)
        return base.id

    def _free_id(self, name: str, start: int, table: Table[Any]) -> int:
        while True:
            identifier = self._store.next_id(f"cartona.{name}", start)
            if str(identifier) not in table:
                return identifier


def _unit(pair: Any) -> list[Any]:
    """:raises Invalid: not a pair of a known unit and a count."""
    if not isinstance(pair, list) or len(pair) != 2:
        raise Invalid("a unit must be [unit, unit_count]")
    if not isinstance(pair[0], str) or pair[0] not in UNITS:
        raise Invalid(f"unit must be one of {', '.join(sorted(UNITS))}")
    return [pair[0], integer_of(pair[1], "unit_count", 1)]


def _check_bounds(product: Product, changes: dict[str, Any]) -> None:
    """:raises Invalid: after the changes the smallest order would be above the largest."""
    least = changes.get("min_order", product.min_order)
    most = changes.get("max_order", product.max_order)
    if most and least > most:
        raise Invalid("min_order must not be above max_order")


def matching(products: Iterable[Product], text: str) -> list[Product]:
    """Products whose name, ids or unit contain the text, whatever the case."""
    needle = text.strip().casefold()
    return [
        product
        for product in products
        if not needle
        or needle in product.name.casefold()
        or needle in f"{product.id} {product.internal_product_id or ''} {product.unit}".casefold()
    ]
