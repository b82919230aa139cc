"""Orders and what happens to them: placed, paid, shipped, cancelled, refunded, returned.

    PENDING ─ pay ─► UNSHIPPED ─ ship ─► PARTIALLY_SHIPPED ─ ship ─► SHIPPED
       └─────────── cancel ──────┴──────────► CANCELLED

Every step moves `updated`, writes the history, and is told by ORDER_CHANGE.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..store import Table, encode
from ..wire import ApiError
from .model import OPEN, Item, Order, Package, Return, decode_order, encode_order
from .values import digest, iso

if TYPE_CHECKING:
    from .ledger import Ledger
    from .room import AmazonRoom


class Refused(ApiError):  # noqa: N818 - reads as a verdict on a step
    """A step that the state of the order does not allow."""

    def __init__(self, message: str) -> None:
        super().__init__(422, message)


class Orders:
    """All orders of the seller."""

    def __init__(self, room: AmazonRoom) -> None:
        self._room = room
        store = room.services.store
        self.table: Table[Order] = Table(store, "amazon.orders", encode_order, decode_order)
        self.returns: Table[Return] = Table(
            store, "amazon.returns", encode, lambda row: Return(**row)
        )

    @property
    def ledger(self) -> Ledger:
        return self._room.ledger

    def clear(self) -> None:
        self.table.clear()
        self.returns.clear()

    def get(self, identifier: str) -> Order | None:
        return self.table.get(identifier)

    def find(self, identifier: str) -> Order:
        """:raises ApiError: 404."""
        order = self.get(identifier)
        if order is None:
            raise ApiError(404, "There is no such order")
        return order

    def by_seller_id(self, seller_id: str) -> Order | None:
        """The order that the seller gave a number of his own."""
        found = (each for each in self.table.values() if each.seller_id == seller_id)
        return next(found, None) if seller_id else None

    def tick(self) -> None:
        """Pending orders become unshipped, and late ones are cancelled, if that is wanted."""
        settings, now = self._room.settings, self._room.now()
        if not settings.pending_seconds and not settings.unshipped_days:
            return
        for order in self.table.values():
            age = now - order.created
            if order.status == "PENDING" and 0 < settings.pending_seconds <= age.total_seconds():
                self.pay(order)
            late = timedelta(days=settings.unshipped_days)
            own = order.status == "UNSHIPPED" and order.fulfilled_by == "MERCHANT"
            if own and late and age >= late:
                self.cancel(order, "AMAZON", "NOT_SHIPPED_IN_TIME")

    def new_id(self, country: str) -> str:
        """An id that no order has: 3-7-7 digits, the first ones by region."""
        start = {"US": "112", "CA": "702", "DE": "302"}.get(country, "202")
        number = self._room.services.store.next_id("amazon.order", 1)
        digits = str(int(digest("order", self._room.services.seed, str(number))[:15], 16))[-7:]
        return f"{start}-{digits.zfill(7)}-{number:07d}"

    def new_item_id(self) -> str:
        """Exactly 14 digits."""
        number = self._room.services.store.next_id("amazon.item", 1)
        return f"{20_000_000_000_000 + number * 7919}"

    # === STEPS, inside a transaction === #

    def add(self, order: Order) -> None:
        """A buyer has ordered; stock that is on offer is taken."""
        if self._room.settings.orders_take_stock:
            for item in order.items:
                if order.fulfilled_by == "MERCHANT":
                    item.taken = -self._room.listings.move_stock(item.sku, -item.quantity)
                else:
                    self._room.fba.reserve(item.sku, item.quantity)
        self._changed(order, "placed by the buyer", at=order.updated)

    def pay(self, order: Order) -> None:
        """:raises Refused: it is not pending."""
        if order.status not in ("PENDING", "PENDING_AVAILABILITY"):
            raise Refused(f"an order that is {order.status} does not become unshipped")
        order.status = "UNSHIPPED"
        self._changed(order, "released by Amazon")

    def cancel(
        self,
        order: Order,
        by: str,
        reason: str,
        quantities: Mapping[str, int] | None = None,
    ) -> None:
        """Cancel the order, or some pieces.

        :param by: BUYER, MERCHANT or AMAZON.
        :param quantities: item id → pieces; None cancels what is not shipped.
        :raises Refused: nothing can be cancelled, or more than there is.
        """
        if not order.is_open:
            raise Refused(f"an order that is {order.status} cannot be cancelled")
        if quantities is None:
            quantities = {each.id: each.remaining for each in order.items if each.remaining}
        for identifier, number in quantities.items():
            item = self.item(order, identifier)
            if not 1 <= number <= item.remaining:
                raise Refused(f"of item {identifier} {item.remaining} can be cancelled")
        for identifier, number in quantities.items():
            item = self.item(order, identifier)
            item.cancelled += number
            item.cancelled_by, item.cancel_reason = by, reason
            self._give_back(order, item, number)
        self._settle_status(order)
        self._changed(order, f"cancelled by {by.lower()}: {reason or 'no reason'}")

    def _give_back(self, order: Order, item: Item, number: int) -> None:
        if order.fulfilled_by == "AMAZON":
            self._room.fba.release(item.sku, number)
        else:
            back = min(number, item.taken)
            item.taken -= back
            self._room.listings.move_stock(item.sku, back)

    def request_cancellation(self, order: Order, reason: str) -> None:
        """The buyer asks; the seller decides."""
        if order.status not in ("UNSHIPPED", "PARTIALLY_SHIPPED"):
            raise Refused("the buyer can ask for this only before it is shipped")
        for item in order.items:
            if item.remaining:
                item.cancel_requested = reason or "CHANGED_MIND"
        self._changed(order, "the buyer asks to cancel", "BuyerRequestedChange")

    @staticmethod
    def item(order: Order, identifier: str) -> Item:
        """:raises Refused: the order has none with this id."""
        item = order.item(identifier)
        if item is None:
            raise Refused(f"the order has no item {identifier[:40]}")
        return item

    @staticmethod
    def _settle_status(order: Order) -> None:
        live = sum(each.live for each in order.items)
        shipped = sum(each.shipped for each in order.items)
        if not live:
            order.status = "CANCELLED"
        elif shipped and shipped >= live:
            order.status = "SHIPPED"
        elif shipped:
            order.status = "PARTIALLY_SHIPPED"

    # === SHIPPING === #

    def confirm(self, order: Order, package: Package) -> None:
        """A parcel of the seller; one with a known reference replaces what was told of it.

        :raises Refused: not the seller's to ship, not paid, or more than there is to ship.
        """
        if order.fulfilled_by != "MERCHANT":
            raise Refused("The order is fulfilled by Amazon.")
        if order.status in ("PENDING", "PENDING_AVAILABILITY", "CANCELLED", "UNFULFILLABLE"):
            raise Refused(f"The order is not in a state to be shipped: {order.status}.")
        old = next((each for each in order.packages if each.reference == package.reference), None)
        before = old.items if old is not None else {}
        for identifier, number in package.items.items():
            item = order.item(identifier)
            if item is None:
                raise Refused(f"The order item {identifier[:40]} is not part of the order.")
            free = item.remaining + before.get(identifier, 0)
            if not 1 <= number <= free:
                raise Refused(
                    f"The quantity {number} of item {identifier} exceeds the {free} left."
                )
        if old is None:
            order.packages.append(package)
            self.ledger.shipped(order, package.items, self._shipment_id(order), package)
            text = "confirmed by the seller"
        else:
            if package.items != before:
                self.ledger.reshipped(order, before, package.items, package)
            text = "changed by the seller"
            package.created = old.created
            order.packages[order.packages.index(old)] = package
        for item in order.items:
            item.shipped = sum(each.items.get(item.id, 0) for each in order.packages)
        self._settle_status_after_edit(order)
        self._changed(order, f"parcel {package.reference} {text}")

    def _settle_status_after_edit(self, order: Order) -> None:
        order.status = "UNSHIPPED"
        self._settle_status(order)

    def ship(self, order: Order, quantities: Mapping[str, int] | None = None) -> None:
        """Amazon ships (FBA), or a parcel is confirmed by hand in Seller Central.

        :raises Refused: there is nothing to ship.
        """
        parts = dict(quantities or {each.id: each.remaining for each in order.items})
        parts = {name: number for name, number in parts.items() if number}
        if order.status not in ("UNSHIPPED", "PARTIALLY_SHIPPED") or not parts:
            raise Refused(f"an order that is {order.status} is not shipped")
        now = self._room.now()
        if order.fulfilled_by == "MERCHANT":
            reference = str(
                1 + max((_number(each.reference) for each in order.packages), default=0)
            )
            tracking = f"HAND{digest(order.id, reference)[:10].upper()}"
            self.confirm(
                order, Package(reference, now, now, "Other", "by hand", "", tracking, parts)
            )
            return
        for identifier, number in parts.items():
            item = self.item(order, identifier)
            if not 1 <= number <= item.remaining:
                raise Refused(f"of item {identifier} {item.remaining} can be shipped")
        self.ledger.shipped(order, parts, self._shipment_id(order), None)
        for identifier, number in parts.items():
            item = self.item(order, identifier)
            item.shipped += number
            self._room.fba.ship(item.sku, number)
        self._settle_status(order)
        self._changed(order, "shipped by Amazon")

    def _shipment_id(self, order: Order) -> str:
        number = self._room.services.store.next_id("amazon.shipment", 1)
        return f"D{digest('shipment', order.id, str(number))[:9].upper()}"

    def deliver(self, order: Order) -> None:
        if order.status != "SHIPPED":
            raise Refused("only a shipped order is delivered")
        for package in order.packages:
            package.status = "DELIVERED"
        self._changed(order, "delivered")

    # === MONEY BACK AND GOODS BACK === #

    def refund(
        self, order: Order, parts: Mapping[str, Mapping[str, Decimal]], reason: str, by: str
    ) -> str:
        """Pay back.

        :param parts: item id → component (Principal, Shipping, Tax …) → positive amount.
        :return: the id of the refund.
        :raises Refused: nothing was shipped, or more than was paid.
        """
        if not any(each.shipped for each in order.items):
            raise Refused("The order has not been shipped; cancel it instead.")
        for identifier, components in parts.items():
            item = self.item(order, identifier)
            total = sum(components.values(), Decimal(0))
            left = self.ledger.paid(order, item) - item.refunded
            if total <= 0 or total > left:
                raise Refused(f"The refund {total} of item {identifier} exceeds the {left} left.")
        for identifier, components in parts.items():
            self.item(order, identifier).refunded += sum(components.values(), Decimal(0))
        refund_id = self.ledger.refunded(order, parts)
        self._changed(order, f"refunded by {by}: {reason or 'no reason'}")
        return refund_id

    def take_back(
        self, order: Order, item: Item, quantity: int, reason: str, **more: Any
    ) -> Return:
        """The buyer returns goods. :raises Refused: more than was shipped."""
        if not 1 <= quantity <= item.shipped - item.returned:
            raise Refused(f"of item {item.id} {item.shipped - item.returned} can be returned")
        item.returned += quantity
        number = self._room.services.store.next_id("amazon.return", 1)
        found = Return(
            f"D{digest('return', order.id, str(number))[:8]}RRMA",
            order.id,
            item.id,
            quantity,
            reason or "CR-UNWANTED_ITEM",
            self._room.now(),
            str(more.get("disposition") or "SELLABLE"),
            str(more.get("comment") or ""),
        )
        self.returns.put(found.id, found)
        if order.fulfilled_by == "AMAZON" and found.disposition == "SELLABLE":
            self._room.fba.add(item.sku, quantity)
        self._changed(order, f"{quantity} of {item.sku} returned")
        return found

    def acknowledge(self, order: Order, seller_id: str, items: Mapping[str, str]) -> None:
        """The seller tells his own numbers."""
        order.acknowledged = True
        order.seller_id = seller_id or order.seller_id
        for identifier, own in items.items():
            self.item(order, identifier).merchant_id = own
        self._changed(order, "acknowledged by the seller", tell=False)

    # === TELLING === #

    def _changed(
        self,
        order: Order,
        text: str,
        change: str = "OrderStatusChange",
        tell: bool = True,
        at: datetime | None = None,
    ) -> None:
        order.updated = at or self._room.now()
        order.history.append({"at": iso(order.updated), "text": text, "status": order.status})
        self.table.put(order.id, order)
        if tell:
            self._room.notifications.order_change(order, change, text)

    def touch(self, order: Order) -> None:
        """Something of it was changed that has no step of its own."""
        self._changed(order, "changed by hand")

    # === THE BOOK === #

    def reservations(self) -> dict[str, int]:
        """SKU → pieces of the seller's own stock that open orders wait for."""
        found: dict[str, int] = {}
        for order in self.table.values():
            if order.fulfilled_by == "MERCHANT" and order.status in OPEN:
                for item in order.items:
                    if item.remaining:
                        found[item.sku] = found.get(item.sku, 0) + item.remaining
        return dict(sorted(found.items()))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
