"""Who sends what: fulfilment orders by location, parcels, holds, and the stock behind them.

    order placed ─► OPEN ─► IN_PROGRESS (a part sent) ─► CLOSED (all sent)
                     │ ▲
             hold    ▼ │ release            all taken off ─► CLOSED, order cancelled ─► CANCELLED
                   ON_HOLD

Stock: placed: available −, committed +. Sent: committed −, on hand −. Taken off with restock:
committed −, available +; without: committed −, on hand − (the piece is lost).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..errors import refuse
from .desk import Desk
from .model import Fulfilment, FulfilmentOrder, Hold, Line, Order, Sent, ToFulfil
from .rest_sending import fulfilment_body

OPEN = ("OPEN", "IN_PROGRESS", "ON_HOLD", "SCHEDULED")
Portion = tuple[FulfilmentOrder, dict[int, int]]  # line of the fulfilment order → pieces


class Fulfilments:
    """Rules of sending. Everything raises `UserErrors` when a rule forbids it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    # === STOCK === #

    def _stock(self, line: Line, location: int, *, available: int = 0, committed: int = 0) -> None:
        """``on_hand`` is a sum there, so it moves with what is told here."""
        known = line.item in self.desk.room.catalogue.items
        if known and line.tracked and location and (available or committed):
            self.desk.room.stock.change(
                line.item, location, available=available, committed=committed
            )

    def _available(self, line: Line, location: int) -> int:
        return int(self.desk.room.stock.available(line.item, location))

    # === ASSIGNING === #

    def assign(self, order: Order, lines: Sequence[tuple[Line, int]], location: int = 0) -> None:
        """Make fulfilment orders for pieces of lines, and commit stock to them.

        One location with everything is preferred; else each line goes to the first place that has
        all of it, else its pieces are divided. What no place has is committed all the same, at
        the first place (the shop oversells).

        :param location: fixed place (point of sale).
        """
        goods = [(line, pieces) for line, pieces in lines if pieces > 0 and not line.tip]
        digital = [(line, pieces) for line, pieces in goods if not line.ships]
        physical = [(line, pieces) for line, pieces in goods if line.ships]
        places = [location] if location else self._places()
        if not places:
            return
        groups: dict[int, list[tuple[Line, int]]] = {}
        for line, place, pieces in self._route(physical, places):
            groups.setdefault(place, []).append((line, pieces))
        method = "RETAIL" if location else "SHIPPING"
        for place in places:
            if place in groups:
                self._make(order, place, method, groups[place])
        if digital:
            self._make(order, places[0], "NONE", digital)

    def _places(self) -> list[int]:
        return [each.id for each in self.desk.room.locations.values() if each.active]

    def _route(
        self, lines: Sequence[tuple[Line, int]], places: Sequence[int]
    ) -> Iterable[tuple[Line, int, int]]:
        def has(place: int, line: Line, pieces: int) -> bool:
            free = not line.item or not line.tracked
            return free or self._available(line, place) >= pieces

        whole = next(
            (place for place in places if all(has(place, line, n) for line, n in lines)), None
        )
        for line, pieces in lines:
            place = whole or next((each for each in places if has(each, line, pieces)), None)
            if place is not None:
                yield line, place, pieces
                continue
            left = pieces
            for each in places:
                part = min(left, max(0, self._available(line, each)))
                if part and each != places[0]:
                    yield line, each, part
                    left -= part
            if left:
                yield line, places[0], left

    def _make(
        self, order: Order, place: int, method: str, lines: Sequence[tuple[Line, int]]
    ) -> FulfilmentOrder:
        desk, now = self.desk, self.desk.now()
        rows = [
            ToFulfil(desk.new_id("fulfilment_order_line"), line.id, pieces, pieces)
            for line, pieces in lines
        ]
        made = FulfilmentOrder(
            desk.new_id("fulfilment_order"), place, "OPEN", now, now, method, rows
        )
        order.fulfilment_orders.append(made)
        for line, pieces in lines:
            self._stock(line, place, available=-pieces, committed=pieces)
        return made

    # === SENDING === #

    def create(
        self,
        order: Order,
        portions: Sequence[Portion],
        tracking: Mapping[str, Any] | None = None,
        service: str = "manual",
        origin: str = "api",
    ) -> Fulfilment:
        """Send pieces of fulfilment orders of one location as one parcel."""
        self._check(portions)
        now, desk = self.desk.now(), self.desk
        rows: list[Sent] = []
        for source, parts in portions:
            for row in source.lines:
                pieces = parts.get(row.id, 0)
                line = order.line(row.line)
                if not pieces or line is None:
                    continue
                row.remaining -= pieces
                line.fulfilled += pieces
                rows.append(Sent(desk.new_id("fulfilment_line"), line.id, pieces, row.id))
                self._stock(line, source.location, committed=-pieces)
            self._settle(source, now)
        made = Fulfilment(
            desk.new_id("fulfilment"), f"{order.name}-F{len(order.fulfilments) + 1}",
            portions[0][0].location, "SUCCESS", now, now, rows, service=service, origin=origin,
        )  # fmt: skip
        self._track(made, tracking or {})
        order.fulfilments.append(made)
        done = not any(each.status in OPEN for each in order.fulfilment_orders)
        self._tell(order, "FULFILLMENTS_CREATE", made, f"fulfilled {made.name}",
                   "ORDERS_FULFILLED" if done else "ORDERS_PARTIALLY_FULFILLED")  # fmt: skip
        return made

    def _check(self, portions: Sequence[Portion]) -> None:
        path = ("fulfillment", "lineItemsByFulfillmentOrder")
        if not portions:
            raise refuse(path, "At least one fulfillment order is required.")
        if len({source.location for source, _ in portions}) > 1:
            raise refuse(
                ("fulfillment",), "All fulfillment orders must be assigned to the same location."
            )
        for source, parts in portions:
            if source.status not in ("OPEN", "IN_PROGRESS"):
                raise refuse(
                    ("fulfillment",),
                    f"Fulfillment order {source.id} has an unfulfillable status= "
                    f"{source.status.lower()}.",
                )
            known = {row.id: row for row in source.lines}
            if not any(parts.values()):
                raise refuse(path, "Quantity must be greater than 0.")
            for identifier, pieces in parts.items():
                if identifier not in known:
                    raise refuse(path, f"Fulfillment order line item {identifier} does not exist.")
                if pieces <= 0:
                    raise refuse(path, "Quantity must be greater than 0.")
                if pieces > known[identifier].remaining:
                    raise refuse(path, "Invalid fulfillment order line item quantity requested.")

    @staticmethod
    def everything(source: FulfilmentOrder) -> dict[int, int]:
        return {row.id: row.remaining for row in source.lines if row.remaining}

    def _settle(self, source: FulfilmentOrder, now: datetime) -> None:
        source.updated = now
        if not any(row.remaining for row in source.lines):
            source.status = "CLOSED"
        elif source.status == "OPEN" and any(row.remaining < row.total for row in source.lines):
            source.status = "IN_PROGRESS"

    @staticmethod
    def _track(made: Fulfilment, tracking: Mapping[str, Any]) -> None:
        if "company" in tracking:
            made.company = str(tracking["company"] or "")
        if "number" in tracking or "numbers" in tracking:
            one = [tracking["number"]] if tracking.get("number") else []
            made.numbers = [str(each) for each in tracking.get("numbers") or one]
        if "url" in tracking or "urls" in tracking:
            one = [tracking["url"]] if tracking.get("url") else []
            made.urls = [str(each) for each in tracking.get("urls") or one]

    def track(self, order: Order, made: Fulfilment, tracking: Mapping[str, Any]) -> None:
        if made.status == "CANCELLED":
            raise refuse(("fulfillmentId",), "Fulfillment is cancelled and can't be updated.")
        self._track(made, tracking)
        made.updated = self.desk.now()
        self._tell(order, "FULFILLMENTS_UPDATE", made, f"tracking of {made.name}")

    def event(self, order: Order, made: Fulfilment, status: str) -> None:
        """The carrier tells where a parcel is, ``IN_TRANSIT``, ``DELIVERED`` …"""
        made.delivery = status
        made.updated = self.desk.now()
        if status == "DELIVERED":
            made.delivered = made.updated
        self._tell(order, "FULFILLMENTS_UPDATE", made, f"{made.name} {status.lower()}")

    def cancel(self, order: Order, made: Fulfilment) -> None:
        """Take a parcel back before it leaves: its pieces are to be sent again."""
        if made.status == "CANCELLED":
            raise refuse(("id",), "Fulfillment is already cancelled.")
        held = {row.sent for back in order.returns for row in back.lines
                if back.status in ("REQUESTED", "OPEN")}  # fmt: skip
        if made.delivered or held & {row.id for row in made.lines}:
            raise refuse(("id",), "Fulfillment can't be cancelled.")
        now = self.desk.now()
        made.status, made.updated = "CANCELLED", now
        rows = {row.id: source for source in order.fulfilment_orders for row in source.lines}
        for sent in made.lines:
            line, source = order.line(sent.line), rows.get(sent.source)
            if line is None or source is None:
                continue
            line.fulfilled -= sent.quantity
            row = next(each for each in source.lines if each.id == sent.source)
            row.remaining += sent.quantity
            self._stock(line, source.location, committed=sent.quantity)
            source.status = "OPEN" if row.remaining == row.total else "IN_PROGRESS"
            source.updated = now
        self._tell(order, "FULFILLMENTS_UPDATE", made, f"{made.name} cancelled")

    def _tell(self, order: Order, topic: str, made: Fulfilment, word: str, *more: str) -> None:
        self.desk.changed(order, word, *more)
        self.desk.room.events.publish(
            topic, lambda: fulfilment_body(self.desk, order, made), key=str(order.id)
        )

    # === TAKING OFF === #

    def to_send(self, order: Order, line: Line) -> int:
        """Pieces of a line that wait to be sent."""
        return sum(
            row.remaining
            for source in order.fulfilment_orders
            if source.status in OPEN
            for row in source.lines
            if row.line == line.id
        )

    def take_off(
        self, order: Order, line: Line, pieces: int, restock: bool, location: int = 0
    ) -> int:
        """Pieces that shall not be sent any more; the place that they were at (the last one)."""
        left, place = pieces, location
        sources = [each for each in order.fulfilment_orders if each.status in OPEN]
        sources.sort(key=lambda each: each.location != location)
        for source in sources:
            for row in source.lines:
                part = min(left, row.remaining) if row.line == line.id else 0
                if not part:
                    continue
                row.remaining -= part
                row.total -= part
                left -= part
                place = source.location
                self._stock(line, place, committed=-part, available=part if restock else 0)
            source.lines = [row for row in source.lines if row.total]
            self._settle(source, self.desk.now())
        return place

    def take_back(self, line: Line, pieces: int, location: int) -> None:
        """Pieces that had been sent lie in the shelf again."""
        self._stock(line, location, available=pieces)

    def close_all(self, order: Order) -> None:
        for source in order.fulfilment_orders:
            if source.status in OPEN:
                source.status = "CLOSED" if not source.lines else "CANCELLED"
                source.updated = self.desk.now()

    # === HOLDS AND PLACES === #

    def hold(
        self, order: Order, source: FulfilmentOrder, reason: str, notes: str = "", handle: str = ""
    ) -> Hold:
        if source.status not in ("OPEN", "ON_HOLD") or len(source.holds) >= 10:
            raise refuse(
                ("id",), "The fulfillment order can't be placed on hold.",
                "FULFILLMENT_ORDER_HOLD_LIMIT_REACHED" if source.holds else "TAKEN",
            )  # fmt: skip
        if handle and any(each.handle == handle for each in source.holds):
            raise refuse(
                ("fulfillmentHold", "handle"), "The handle is taken.",
                "DUPLICATE_FULFILLMENT_HOLD_HANDLE",
            )  # fmt: skip
        made = Hold(self.desk.new_id("hold"), reason, notes, handle)
        source.holds.append(made)
        source.status, source.updated = "ON_HOLD", self.desk.now()
        self.desk.changed(order, f"fulfilment order {source.id} held: {reason}")
        return made

    def release(self, order: Order, source: FulfilmentOrder, holds: Iterable[int] = ()) -> None:
        if source.status != "ON_HOLD":
            raise refuse(("id",), "The fulfillment order isn't on hold.", "INVALID")
        chosen = set(holds)
        source.holds = [each for each in source.holds if chosen and each.id not in chosen]
        if not source.holds:
            source.status = "OPEN"
        source.updated = self.desk.now()
        self.desk.changed(order, f"fulfilment order {source.id} released")

    def move(self, order: Order, source: FulfilmentOrder, location: int) -> FulfilmentOrder:
        """Another place shall send what is left; a part that was sent stays where it was."""
        if source.status not in ("OPEN", "IN_PROGRESS"):
            raise refuse(("id",), "Fulfillment order can't be moved.", "INVALID")
        parts = [(line, row.remaining) for row in source.lines
                 if row.remaining and (line := order.line(row.line))]  # fmt: skip
        for line, pieces in parts:
            self._stock(line, source.location, available=pieces, committed=-pieces)
        for row in source.lines:
            row.total -= row.remaining
            row.remaining = 0
        source.lines = [row for row in source.lines if row.total]
        source.status, source.updated = "CLOSED", self.desk.now()
        if not source.lines:
            order.fulfilment_orders.remove(source)
        made = self._make(order, location, source.method, parts)
        self.desk.changed(order, f"fulfilment order {source.id} moved to {location}")
        return made
