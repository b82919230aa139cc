"""Orders to order: a specification of what the buyer does becomes an order in a certain state."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..clock import parse_time
from ..wire import Invalid, boolean_of, decimal_of, integer_of, text_of
from .generator import Generator
from .listing_standing import asin_of
from .listings_api import title_of
from .marketplaces import MARKETPLACES, Marketplace
from .model import STATUSES, Item, Order
from .values import cents

if TYPE_CHECKING:
    from .room import AmazonRoom

MEMBERS = frozenset(
    (
        "marketplace", "fulfilled_by", "status", "lines", "gift_wrap", "gift_message", "promotion",
        "shipping", "prime", "business", "premium", "created_at", "order_id", "buyer", "address",
        "service", "overrides", "omit", "line_count", "mixed", "purchase_order",
    )
)  # fmt: skip
LINE = frozenset(
    (
        "sku", "quantity", "price", "title", "shipping", "gift_wrap", "gift_message", "gift_level",
        "discount", "shipping_discount", "promotion", "condition", "asin",
    )
)  # fmt: skip


class Placing:
    """Makes orders. The chances are drawn from a seeded generator."""

    def __init__(self, room: AmazonRoom, generator: Generator) -> None:
        self._room = room
        self._generator = generator

    def start_over(self) -> None:
        """Draw the same chances again."""
        self._generator.start_over()

    def place_all(self, specs: list[dict[str, Any]]) -> list[Order]:
        """Place each; all are checked first. :raises Invalid: one is not acceptable."""
        self._generator.look()
        ready = [self._prepare(spec) for spec in specs]
        for order, status in ready:
            self._room.orders.add(order)
            self._reach(order, status)
        return [order for order, _ in ready]

    def _prepare(self, spec: dict[str, Any]) -> tuple[Order, str]:
        if unknown := set(spec) - MEMBERS:
            raise Invalid(f"unknown members of an order: {', '.join(sorted(unknown))}")
        if boolean_of(spec.get("mixed", False), "mixed"):
            spec = {**self._generator.mixed(), **spec}
        room = self._room
        market = MARKETPLACES[room.market(spec.get("marketplace"))]
        side = str(spec.get("fulfilled_by") or "MERCHANT")
        status = str(spec.get("status") or "PENDING")
        if side not in ("MERCHANT", "AMAZON") or status not in STATUSES:
            raise Invalid("fulfilled_by or status is not valid")
        created = self._created(spec.get("created_at"))
        lines = spec.get("lines") or self._generator.lines(side, spec.get("line_count"))
        if not isinstance(lines, list):
            raise Invalid("lines must be a list")
        items = [self._item(market, line, spec) for line in lines]
        if not items:
            raise Invalid("an order needs a line")
        if status == "PARTIALLY_SHIPPED" and sum(each.quantity for each in items) < 2:
            raise Invalid("an order of one piece cannot be shipped in part")
        for name, kind in (("buyer", dict), ("address", dict), ("overrides", dict), ("omit", list)):
            if not isinstance(spec.get(name) or kind(), kind):
                raise Invalid(f"{name} must be a JSON {'object' if kind is dict else 'list'}")
        order_id = spec.get("order_id") or room.orders.new_id(market.country)
        if str(order_id) in room.orders.table:
            raise Invalid(f"the order {order_id} exists already")
        buyer, address = self._generator.person(market)
        order = Order(
            str(order_id), market.id,
            "PENDING_AVAILABILITY" if status == "PENDING_AVAILABILITY" else "PENDING",
            side, created, created, items,
            {**buyer, **(spec.get("buyer") or {})}, {**address, **(spec.get("address") or {})},
            created, created + timedelta(days=2),
            created + timedelta(days=3), created + timedelta(days=6),
            str(spec.get("service") or "STANDARD"), self._programs(spec),
            overrides=dict(spec.get("overrides") or {}), omit=list(spec.get("omit") or []),
        )  # fmt: skip
        if spec.get("purchase_order"):
            order.buyer["buyerPurchaseOrderNumber"] = str(spec["purchase_order"])
        return order, status

    def _created(self, given: Any) -> datetime:
        if not given:
            return self._room.now()
        try:
            return parse_time(str(given))
        except ValueError as error:
            raise Invalid(f"created_at: {error}") from None

    @staticmethod
    def _programs(spec: dict[str, Any]) -> list[str]:
        names = (("prime", "PRIME"), ("business", "AMAZON_BUSINESS"), ("premium", "PREMIUM"))
        return [name for key, name in names if boolean_of(spec.get(key, False), key)]

    def _item(self, market: Marketplace, line: Any, spec: dict[str, Any]) -> Item:
        if not isinstance(line, dict):
            raise Invalid("a line must be an object")
        if unknown := set(line) - LINE:
            raise Invalid(f"unknown members of a line: {', '.join(sorted(unknown))}")
        room = self._room
        sku = text_of(line.get("sku"), "sku", 40)
        listing = room.listings.get(sku)
        quantity = integer_of(line.get("quantity", 1), "quantity", 1, 10**6)
        price = line.get("price")
        if price is None and listing is not None:
            price = room.listings.price(listing, market.id)
        price = cents(decimal_of(price if price is not None else "19.99", "price"))

        def amount(name: str, default: Any = 0) -> Decimal:
            return cents(decimal_of(line.get(name, default) or 0, name))

        promotion = str(line.get("promotion") or "")
        discount = amount("discount", spec.get("promotion", 0))
        item = Item(
            id=room.orders.new_item_id(),
            sku=sku,
            asin=str(line.get("asin") or (listing.asin if listing else asin_of(sku))),
            title=str(line.get("title") or (title_of(listing, market.id) if listing else sku)),
            quantity=quantity,
            unit_price=price,
            shipping=amount("shipping", spec.get("shipping", 0)),
            gift_wrap=amount("gift_wrap", spec.get("gift_wrap", 0)),
            item_discount=min(discount, price * quantity),
            shipping_discount=amount("shipping_discount"),
            gift_message=str(line.get("gift_message") or spec.get("gift_message") or ""),
            condition=str(line.get("condition") or "new_new"),
            business_price=bool(spec.get("business")),
        )
        if item.gift_wrap or line.get("gift_level"):
            item.gift_level = str(line.get("gift_level") or "CLASSIC")
        if item.shipping_discount > item.shipping:
            raise Invalid("shipping_discount is above shipping")
        if item.item_discount or item.shipping_discount or promotion:
            item.promotion_ids = [promotion or "Save-Core-Free-Delivery-2026"]
        _tax(market, item)
        return item

    def _reach(self, order: Order, status: str) -> None:
        """Walk from pending to the wanted state, with all that belongs to the way."""
        orders = self._room.orders
        if status in ("PENDING", "PENDING_AVAILABILITY"):
            return
        if status == "CANCELLED":
            orders.cancel(order, "BUYER", "CHANGED_MIND")
            return
        orders.pay(order)
        if status == "UNFULFILLABLE":
            order.status = status
            orders.touch(order)
        elif status == "SHIPPED":
            orders.ship(order)
        elif status == "PARTIALLY_SHIPPED":
            first = order.items[0]
            part = first.quantity if len(order.items) > 1 else 1
            orders.ship(order, {first.id: part})


def _tax(market: Marketplace, item: Item) -> None:
    """Tax on top of the prices, after discounts, where the marketplace collects it."""
    rate = market.sales_tax
    if not rate:
        return
    item.item_tax = cents((item.principal - item.item_discount) * rate)
    item.shipping_tax = cents((item.shipping - item.shipping_discount) * rate)
    item.gift_wrap_tax = cents(item.gift_wrap * rate)
