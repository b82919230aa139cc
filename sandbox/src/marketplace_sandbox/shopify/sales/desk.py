"""Where the rows of the sales side lie, how they are found, and how their changes are told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ...store import Table
from ..errors import refuse
from ..part import Rows
from .model import CODEC, Company, Customer, Draft, Order
from .rest_order import order_body
from .totals import Totals, totals

if TYPE_CHECKING:
    from ..room import ShopifyRoom


class HasId(Protocol):
    id: int


Row = TypeVar("Row", bound=HasId)
#: first id of each kind: far apart, so that one kind is never taken for another
STARTS = {
    "order": 5_400_001,
    "number": 1,
    "line": 12_400_001,
    "shipping": 4_100_001,
    "fee": 990_001,
    "duty": 980_001,
    "transaction": 6_700_001,
    "fulfilment_order": 6_100_001,
    "fulfilment_order_line": 13_500_001,
    "fulfilment": 5_200_001,
    "fulfilment_line": 11_800_001,
    "hold": 940_001,
    "event": 930_001,
    "refund": 8_300_001,
    "refund_line": 5_900_001,
    "adjustment": 3_300_001,
    "return": 7_700_001,
    "return_line": 14_100_001,
    "reverse": 970_001,
    "draft": 1_150_001,
    "draft_number": 1,
    "customer": 7_200_001,
    "company": 820_001,
    "company_location": 830_001,
    "contact": 840_001,
    "address": 9_600_001,
    "job": 1,
    "edit": 2_200_001,
}


class Kept(Rows[Row]):
    """Rows that are made of nested dataclasses."""

    def __init__(self, room: ShopifyRoom, name: str) -> None:
        table: Table[Row] = Table(
            room.services.store, f"shopify.{name}", CODEC.encode, CODEC.decode
        )
        self._table = table
        self._rows = {row.id: row for row in table.values()}
        self.version = 0


class Desk:
    """The tables, an index of everything that hangs on an order, ids, and events."""

    def __init__(self, room: ShopifyRoom) -> None:
        self.room = room
        self.orders: Kept[Order] = Kept(room, "orders")
        self.drafts: Kept[Draft] = Kept(room, "drafts")
        self.customers: Kept[Customer] = Kept(room, "customers")
        self.companies: Kept[Company] = Kept(room, "companies")
        self._owner: dict[tuple[str, int], int] = {}
        self._sums: dict[tuple[int, bool], Totals] = {}
        for order in self.orders.values():
            self.index(order)

    def clear(self) -> None:
        for table in (self.orders, self.drafts, self.customers, self.companies):
            table.clear()
        self._owner.clear()
        self._sums.clear()
        store = self.room.services.store
        for kind in STARTS:
            store.meta.pop(f"next.shopify.sales.{kind}")

    def now(self) -> datetime:
        return self.room.now()

    def new_id(self, kind: str) -> int:
        return self.room.services.store.next_id(f"shopify.sales.{kind}", STARTS[kind])

    # === FINDING === #

    def index(self, order: Order) -> None:
        """Learn whose the parts of an order are."""
        owner, number = self._owner, order.id
        groups: tuple[tuple[str, Iterable[Any]], ...] = (
            ("LineItem", order.lines),
            ("FulfillmentOrder", order.fulfilment_orders),
            ("Fulfillment", order.fulfilments),
            ("Refund", order.refunds),
            ("Return", order.returns),
            ("OrderTransaction", order.transactions),
        )
        for kind, rows in groups:
            for row in rows:
                owner[kind, row.id] = number
        for parcel in order.fulfilments:
            for sent in parcel.lines:
                owner["FulfillmentLineItem", sent.id] = number
        for back in order.returns:
            owner["ReverseFulfillmentOrder", back.reverse] = number

    def owner(self, kind: str, number: int) -> Order | None:
        """The order that a part belongs to."""
        found = self._owner.get((kind, number))
        return None if found is None else self.orders.get(found)

    def order(self, number: int, path: tuple[str, ...] = ("id",)) -> Order:
        """:raises UserErrors: there is no such order."""
        found = self.orders.get(number)
        if found is None:
            raise refuse(path, "Order does not exist", "NOT_FOUND")
        return found

    def customer(self, number: int) -> Customer | None:
        return self.customers.get(number) if number else None

    def company(self, number: int) -> Company | None:
        return self.companies.get(number) if number else None

    def orders_of(self, customer: int) -> list[Order]:
        return [each for each in self.orders.values() if each.customer == customer]

    def sums(self, order: Order, current: bool) -> Totals:
        """Totals of a kept order, remembered until it changes."""
        key = (order.id, current)
        if key not in self._sums:
            self._sums[key] = totals(order, current)
        return self._sums[key]

    # === TELLING === #

    def changed(self, order: Order, word: str, *topics: str) -> None:
        """Keep a change and tell it: the topics in turn, then ORDERS_UPDATED."""
        order.updated = self.now()
        self._sums.pop((order.id, True), None)
        self._sums.pop((order.id, False), None)
        order.history.append({"at": order.updated, "event": word})
        self.orders.put(order)
        self.index(order)
        told: dict[str, Any] = {}  # one body for all topics of this change

        def body() -> dict[str, Any]:
            if not told:
                told.update(order_body(self, order))
            return told

        wanted = [each for each in topics if each.startswith("ORDERS_")]
        if "ORDERS_CREATE" not in topics:
            wanted.append("ORDERS_UPDATED")
        for topic in wanted:
            self.room.events.publish(topic, body, key=str(order.id))

    def note(self, order: Order, word: str) -> None:
        """A remark in the order's history that no event tells."""
        order.history.append({"at": self.now(), "event": word})
