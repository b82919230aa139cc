"""Goods on their way back.

REQUESTED ─► OPEN ─► CLOSED     request, approve (or created by the shop), process, close
    │         │ ▲      │
    ▼         │ └──────┘ reopen
DECLINED      └─► CANCELED
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import refuse
from . import placing
from .desk import Desk
from .fulfilment import Fulfilments
from .model import ExchangeLine, Fulfilment, Order, Return, ReturnLine, Sent
from .refunds import Part, Refunds, Wish
from .rest_other import return_body

#: reason definitions: id, handle, name
REASONS = (
    (1, "unknown", "Unknown"),
    (2, "size-too-small", "Size was too small"),
    (3, "size-too-large", "Size was too large"),
    (4, "unwanted", "Customer changed their mind"),
    (5, "not-as-described", "Item not as described"),
    (6, "wrong-item", "Received the wrong item"),
    (7, "defective", "Damaged or defective"),
    (8, "style", "Style"),
    (9, "color", "Color"),
    (10, "other", "Other"),
)
HANDLES = {number: handle for number, handle, _ in REASONS}


class Returns:
    """Rules of returns and exchanges."""

    def __init__(self, desk: Desk, fulfilments: Fulfilments, refunds: Refunds) -> None:
        self.desk = desk
        self._fulfilments = fulfilments
        self._refunds = refunds

    # === FINDING === #

    @staticmethod
    def sent_line(order: Order, identifier: int) -> tuple[Fulfilment, Sent] | None:
        for made in order.fulfilments:
            for sent in made.lines:
                if sent.id == identifier and made.status == "SUCCESS":
                    return made, sent
        return None

    @staticmethod
    def returnable(order: Order, sent: Sent) -> int:
        """Pieces of a fulfilled line that no living return has taken yet."""
        taken = sum(
            row.quantity
            for each in order.returns
            if each.status not in ("DECLINED", "CANCELED")
            for row in each.lines
            if row.sent == sent.id
        )
        return sent.quantity - taken

    # === STEPS === #

    def create(
        self,
        order: Order,
        lines: Sequence[Mapping[str, Any]],
        exchanges: Sequence[Mapping[str, Any]] = (),
        status: str = "OPEN",
    ) -> Return:
        """:param lines: ``{"sent", "quantity", "reason"?, "note"?, "customer_note"?}``.

        :param exchanges: ``{"variant", "quantity"}``.
        """
        if not lines:
            raise refuse(("returnLineItems",), "Return must have at least one line item.", "BLANK")
        desk, now = self.desk, self.desk.now()
        rows = [self._line(order, index, each) for index, each in enumerate(lines)]
        wanted: dict[int, int] = {}
        for row in rows:
            wanted[row.sent] = wanted.get(row.sent, 0) + row.quantity
        for identifier, pieces in wanted.items():
            found = self.sent_line(order, identifier)
            if found is None or pieces > self.returnable(order, found[1]):
                raise refuse(
                    ("returnLineItems", "0", "quantity"),
                    "Return line item has an invalid quantity.", "INVALID",
                )  # fmt: skip
        made = Return(
            desk.new_id("return"), f"{order.name}-R{len(order.returns) + 1}", status, now, now,
            rows, [self._exchange(each) for each in exchanges], desk.new_id("reverse"),
            approved=now if status == "OPEN" else None,
        )  # fmt: skip
        order.returns.append(made)
        topic = "RETURNS_REQUEST" if status == "REQUESTED" else "RETURNS_APPROVE"
        self._tell(order, made, topic, f"return {made.name} {status.lower()}")
        return made

    def _line(self, order: Order, index: int, data: Mapping[str, Any]) -> ReturnLine:
        path = ("returnLineItems", str(index))
        found = self.sent_line(order, int(data["sent"]))
        if found is None:
            raise refuse(
                (*path, "fulfillmentLineItemId"), "Return line item does not exist.", "NOT_FOUND"
            )
        quantity = int(data["quantity"])
        if quantity <= 0:
            raise refuse((*path, "quantity"), "Quantity must be greater than 0.", "GREATER_THAN")
        return ReturnLine(
            self.desk.new_id("return_line"), found[1].id, found[1].line, quantity,
            str(data.get("reason") or "unknown"), str(data.get("note") or ""),
            str(data.get("customer_note") or ""), source=self.desk.new_id("return_line"),
        )  # fmt: skip

    def _exchange(self, data: Mapping[str, Any]) -> ExchangeLine:
        variant = self.desk.room.catalogue.variants.get(int(data["variant"]))
        if variant is None:
            raise refuse(("exchangeLineItems",), "Variant does not exist.", "NOT_FOUND")
        facts = placing.facts_of(self.desk.room, variant)
        return ExchangeLine(
            self.desk.new_id("return_line"), variant.id, int(data["quantity"]), facts["title"],
            facts["sku"], facts["variant_title"], facts["product"],
        )  # fmt: skip

    def approve(self, order: Order, made: Return) -> None:
        self._must(made, ("REQUESTED",))
        made.status, made.approved = "OPEN", self.desk.now()
        self._tell(order, made, "RETURNS_APPROVE", f"return {made.name} approved")

    def decline(self, order: Order, made: Return, reason: str, note: str = "") -> None:
        self._must(made, ("REQUESTED",))
        made.status, made.decline, made.decline_note = "DECLINED", reason, note
        self._tell(order, made, "RETURNS_DECLINE", f"return {made.name} declined")

    def cancel(self, order: Order, made: Return) -> None:
        self._must(made, ("REQUESTED", "OPEN"))
        if any(each.processed or each.refunded for each in made.lines):
            raise refuse(("id",), "Return has processed line items.", "INVALID_STATE")
        made.status = "CANCELED"
        self._tell(order, made, "RETURNS_CANCEL", f"return {made.name} cancelled")

    def close(self, order: Order, made: Return) -> None:
        self._must(made, ("OPEN", "CLOSED"))
        if made.status == "OPEN":
            made.status, made.closed = "CLOSED", self.desk.now()
            self._tell(order, made, "RETURNS_CLOSE", f"return {made.name} closed")

    def reopen(self, order: Order, made: Return) -> None:
        self._must(made, ("CLOSED", "OPEN"))
        if made.status == "CLOSED":
            made.status, made.closed = "OPEN", None
            self._tell(order, made, "RETURNS_REOPEN", f"return {made.name} reopened")

    def process(
        self,
        order: Order,
        made: Return,
        lines: Sequence[Mapping[str, Any]] = (),
        exchanges: Sequence[Mapping[str, Any]] = (),
        refund: Mapping[str, Any] | None = None,
    ) -> None:
        """Goods arrived.

        :param lines: ``{"id", "quantity", "dispositions": [{"type", "quantity", "location"}]}``;
            type RESTOCKED, NOT_RESTOCKED, PROCESSING_REQUIRED or MISSING.
        :param exchanges: ``{"id", "quantity"}``: what is sent out instead.
        :param refund: ``{"paybacks": [Payback] | None, "shipping", "note", "over"}`` or None.
        """
        self._must(made, ("OPEN",))
        parts = [part for each in lines for part in self._arriving(made, each)]
        self._check_swaps(made, exchanges)
        given = refund or {}
        swap = bool(exchanges) and refund is None
        wish = Wish(
            parts, given.get("shipping") or False, paybacks=[] if swap else given.get("paybacks"),
            note=str(given.get("note") or ""), over=bool(given.get("over")), of_return=made.id,
            balanced=swap,
        )  # fmt: skip
        if refund is not None or swap:
            self._refunds.check(order, wish)
        self._arrived(order, made, lines, parts)
        self._swap(order, made, exchanges)
        if refund is not None or swap:
            self._refunds.create(order, wish)
            self._count_refunded(made, parts)
        else:
            for part in parts:
                line = order.line(part.line)
                if part.restock == "RETURN" and line is not None:
                    self._fulfilments.take_back(line, part.quantity, part.location)
        done = all(each.processed >= each.quantity for each in made.lines) and all(
            each.processed >= each.quantity for each in made.exchanges
        )
        self._tell(order, made, "RETURNS_PROCESS", f"return {made.name} processed")
        if done:
            self.close(order, made)

    @staticmethod
    def _row(made: Return, data: Mapping[str, Any]) -> ReturnLine:
        row = next((each for each in made.lines if each.id == int(data["id"])), None)
        if row is None:
            raise refuse(("returnLineItems",), "Return line item does not exist.", "NOT_FOUND")
        return row

    def _arriving(self, made: Return, data: Mapping[str, Any]) -> list[Part]:
        """Pieces of a return line by what becomes of them; nothing is changed."""
        row, quantity = self._row(made, data), int(data["quantity"])
        if not 0 < quantity <= row.quantity - row.processed:
            raise refuse(("returnLineItems", "quantity"), "Quantity can't be processed.", "INVALID")
        left, parts = quantity, []
        for each in data.get("dispositions") or ():
            pieces, place = min(left, int(each["quantity"])), int(each.get("location") or 0)
            shelf = each["type"] == "RESTOCKED"
            if shelf and place not in self.desk.room.locations:
                raise refuse(("returnLineItems",), "Location does not exist.", "NOT_FOUND")
            if pieces > 0:
                restock = "RETURN" if shelf else "NO_RESTOCK"
                parts.append(Part(row.line, pieces, restock, place if shelf else 0))
            left -= pieces
        if left:
            parts.append(Part(row.line, left))
        return parts

    def _arrived(
        self, order: Order, made: Return, lines: Sequence[Mapping[str, Any]], parts: list[Part]
    ) -> None:
        for data in lines:
            row, quantity = self._row(made, data), int(data["quantity"])
            row.processed += quantity
            line = order.line(row.line)
            if line is not None:
                line.returned += quantity
            for part in self._shelved(row, parts):
                row.restocked, row.location = row.restocked + part.quantity, part.location

    @staticmethod
    def _shelved(row: ReturnLine, parts: list[Part]) -> list[Part]:
        return [each for each in parts if each.line == row.line and each.restock == "RETURN"]

    @staticmethod
    def _check_swaps(made: Return, exchanges: Sequence[Mapping[str, Any]]) -> None:
        for data in exchanges:
            row = next((each for each in made.exchanges if each.id == int(data["id"])), None)
            if row is None or not 0 < int(data["quantity"]) <= row.quantity - row.processed:
                raise refuse(("exchangeLineItems",), "Exchange can't be processed.", "INVALID")

    def _swap(self, order: Order, made: Return, exchanges: Sequence[Mapping[str, Any]]) -> None:
        """What is sent out instead becomes lines of the order, at the price of today."""
        for data in exchanges:
            row = next(each for each in made.exchanges if each.id == int(data["id"]))
            quantity = int(data["quantity"])
            line = placing.further_line(self.desk, order, row.variant, quantity)
            order.lines.append(line)
            row.processed += quantity
            row.lines.append(line.id)
            self._fulfilments.assign(order, [(line, quantity)])

    @staticmethod
    def _count_refunded(made: Return, parts: list[Part]) -> None:
        left: dict[int, int] = {}
        for part in parts:
            left[part.line] = left.get(part.line, 0) + part.quantity
        for row in made.lines:
            taken = min(left.get(row.line, 0), row.processed - row.refunded)
            row.refunded += taken
            left[row.line] = left.get(row.line, 0) - taken

    # === REST === #

    @staticmethod
    def _must(made: Return, states: tuple[str, ...]) -> None:
        if made.status not in states:
            raise refuse(
                ("id",), f"Return is {made.status.lower()} and can't be changed.", "INVALID_STATE"
            )

    def _tell(self, order: Order, made: Return, topic: str, word: str) -> None:
        made.updated = self.desk.now()
        self.desk.changed(order, word)
        self.desk.room.events.publish(
            topic, lambda: return_body(self.desk, order, made), key=str(order.id)
        )
