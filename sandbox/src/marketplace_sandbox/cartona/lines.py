"""The lines of orders: made from requests, changed all or none, and the stock they take."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from ..store import Store
from ..wire import Invalid, boolean_of, decimal_of, integer_of, text_of
from .catalogue import Catalogue
from .model import Line, Order, Product
from .settings import Settings
from .values import object_of

IDENTITY = ("supplier_product_id", "internal_product_id", "base_product_id")


class Lines:
    """Makes and changes lines; everything runs inside a transaction."""

    def __init__(
        self, store: Store, catalogue: Catalogue, settings: Callable[[], Settings]
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._settings = settings

    def new(self, request: dict[str, Any], code: str, force: bool) -> Line:
        """A line from a request.

        :param request: identity of a product (see `Catalogue.identify`), `amount` (1), and
            `selling_price` or `price` (the product's own). With `product_name` a product that is
            not in the catalogue may be named, to provoke the unknown.
        :raises Invalid: malformed, unknown, or not on offer.
        """
        amount = amount_of(request.get("amount", 1))
        named = any(request.get(name) is not None for name in IDENTITY)
        found = self._catalogue.identify(request, (code,)) if named else []
        product = found[0] if found else None
        if product is None and not request.get("product_name"):
            raise Invalid("Product not found")
        if product is not None and not force:
            _check_offer(product, amount)
        given = request.get("selling_price", request.get("price"))
        if given is None and product is None:
            raise Invalid("selling_price is needed for a product that is not in the catalogue")
        price = product.selling_price if given is None and product else decimal_of(given, "price")
        return Line(
            id=self._store.next_id("cartona.line", 14_500_001),
            amount=amount,
            selling_price=price,
            applied_supplier_discount=_discount(request, "applied_supplier_discount"),
            applied_cartona_discount=_discount(request, "applied_cartona_discount"),
            comment=request.get("comment"),
            **(_known(product) if product else _unknown(request)),
        )

    def apply(self, order: Order, details: Any, force: bool) -> None:
        """Change lines, all or none.

        Members of a detail: `id` of a line with `amount`, `price` or ``"cancelled": true``; without
        `id` a product's identity, `amount` and `price` for an added line. A product that the order
        has already is added once more, as the same product may stand on two lines (assumed).

        :raises Invalid: a detail is refused, or no line would remain.
        """
        if not isinstance(details, list) or not details:
            raise Invalid("order_details must be a list with at least one line")
        lines = {line.id: line for line in order.lines}
        changes: dict[int, tuple[Decimal, Decimal]] = {}
        cancelled: set[int] = set()
        added: list[Line] = []
        for detail in details:
            object_of(detail, "a detail")
            if detail.get("id") is None:
                added.append(self.new(detail, order.supplier_code, force))
                continue
            line = lines.get(integer_of(detail["id"], "id", 1))
            if line is None:
                raise Invalid(f"The order has no line {detail['id']}")
            if boolean_of(detail.get("cancelled", False), "cancelled"):
                cancelled.add(line.id)
            else:
                changes[line.id] = _line_values(detail, line)
                if not force:
                    self._check_more(line, changes[line.id][0])
        if len(cancelled) == len(lines) and not added:
            raise Invalid("An order keeps at least one line; cancel the order instead")
        self.give_back([lines[each] for each in cancelled])
        for identifier, (amount, price) in changes.items():
            line = lines[identifier]
            self.give_back([line])
            line.amount, line.selling_price = amount, price
            self.take([line] if identifier not in cancelled else [])
        self.take(added)
        order.lines = [line for line in order.lines if line.id not in cancelled] + added

    def _check_more(self, line: Line, amount: Decimal) -> None:
        """:raises Invalid: a line is raised by more than is on offer."""
        product = self._catalogue.get(line.supplier_product_id)
        if product is not None and amount - line.amount > product.on_offer:
            raise Invalid(f"Only {product.on_offer} more of {product.name} ({product.id}) on offer")

    # === STOCK === #

    def take(self, lines: list[Line]) -> None:
        if not self._settings().orders_take_stock:
            return
        for line in lines:
            product = self._catalogue.get(line.supplier_product_id)
            if product is not None:
                line.taken = -self._catalogue.move_stock(product, -math.ceil(line.amount))

    def give_back(self, lines: list[Line]) -> None:
        for line in lines:
            product = self._catalogue.get(line.supplier_product_id)
            if product is not None and line.taken:
                self._catalogue.move_stock(product, line.taken)
            line.taken = 0


def amount_of(value: Any) -> Decimal:
    """:raises Invalid: not a number above zero."""
    amount = decimal_of(value, "amount", 0, 10**7)
    if amount <= 0:
        raise Invalid("amount must be above 0; to drop a line write cancelled")
    return amount


def _discount(request: dict[str, Any], name: str) -> Decimal:
    return decimal_of(request.get(name) or 0, name)


def _line_values(detail: dict[str, Any], line: Line) -> tuple[Decimal, Decimal]:
    price = detail.get("price", detail.get("selling_price"))
    if detail.get("amount") is None and price is None:
        raise Invalid("a detail needs amount, price or cancelled")
    amount = line.amount if detail.get("amount") is None else amount_of(detail["amount"])
    return amount, line.selling_price if price is None else decimal_of(price, "price")


def _check_offer(product: Product, amount: Decimal) -> None:
    if amount > product.on_offer:
        raise Invalid(f"Only {product.on_offer} of {product.name} ({product.id}) on offer")
    if amount < product.min_order or (product.max_order and amount > product.max_order):
        most = product.max_order or "any number"
        raise Invalid(f"{product.name} ({product.id}): order {product.min_order} to {most}")


def _known(product: Product) -> dict[str, Any]:
    return {
        "supplier_product_id": product.id,
        "internal_product_id": product.internal_product_id,
        "base_product_id": product.base_product_id,
        "unit": product.unit,
        "unit_count": product.unit_count,
        "product_name": product.name,
    }


def _unknown(request: dict[str, Any]) -> dict[str, Any]:
    supplier_id, base_id = request.get("supplier_product_id"), request.get("base_product_id")
    internal = request.get("internal_product_id")
    return {
        "supplier_product_id": None
        if supplier_id is None
        else integer_of(supplier_id, "supplier_product_id"),
        "internal_product_id": None
        if internal is None
        else text_of(internal, "internal_product_id"),
        "base_product_id": None if base_id is None else integer_of(base_id, "base_product_id"),
        "unit": request.get("unit"),
        "unit_count": request.get("unit_count"),
        "product_name": text_of(request["product_name"], "product_name"),
    }
