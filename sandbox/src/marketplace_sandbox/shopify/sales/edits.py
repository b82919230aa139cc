"""Changing the lines of an order that exists: staged, looked at, committed; or by hand at once.

A session is a row ``{"id", "order", "ops": […], "lines": [ids], "note"}``. An operation is one of

- ``{"op": "quantity", "line", "quantity", "restock"}`` – pieces that shall be left or be there
- ``{"op": "variant", "line": new id, "variant", "quantity", "location"}``
- ``{"op": "custom", "line": new id, "title", "price", "quantity", "ships", "taxable"}``
- ``{"op": "discount", "line", "type": "percentage"|"fixed_amount", "value", "title"}``
- ``{"op": "shipping", "id": new id, "title", "price"}``

The preview applies them to a copy; the commit to the order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ...store import Table
from ...wire import Invalid
from ..errors import refuse
from . import totals
from .desk import Desk
from .discounts import apply, rates_on, tax_line, tax_shipping
from .fulfilment import Fulfilments
from .model import CODEC, Allocation, Application, Line, Order, Shipping
from .money import total
from .placing import further_line
from .rest_other import edit_body


@dataclass
class Diff:
    """What a commit changed: (line, pieces) that came and went."""

    additions: list[tuple[int, int]] = field(default_factory=list)
    removals: list[tuple[int, int]] = field(default_factory=list)


class Edits:
    """Rules of editing."""

    def __init__(self, desk: Desk, fulfilments: Fulfilments) -> None:
        self.desk = desk
        self._fulfilments = fulfilments
        self.sessions: Table[dict[str, Any]] = Table(
            desk.room.services.store, "shopify.edits", dict, dict
        )

    def clear(self) -> None:
        self.sessions.clear()

    # === SESSIONS === #

    def begin(self, order: Order) -> dict[str, Any]:
        self.check(order)
        number = self.desk.new_id("edit")
        session = {"id": number, "order": order.id, "ops": []}
        self.sessions.put(str(number), session)
        return session

    @staticmethod
    def check(order: Order) -> None:
        if order.cancelled:
            raise refuse(("id",), "The order cannot be edited.", "INVALID")

    def session(self, number: int) -> dict[str, Any]:
        found = self.sessions.get(str(number))
        if found is None:
            raise refuse(("id",), "The calculated order does not exist.", "NOT_FOUND")
        return found

    def stage(self, session: dict[str, Any], op: dict[str, Any]) -> Order:
        """Add an operation; the order as it would be. Nothing is kept when it is refused."""
        preview = self.preview(session)
        self.apply(preview, op, None)
        changed = {**session, "ops": [*session["ops"], op]}
        self.sessions.put(str(session["id"]), changed)
        return preview

    def preview(self, session: Mapping[str, Any]) -> Order:
        order = self.desk.order(session["order"])
        copy: Order = CODEC.decode(CODEC.encode(order))
        for op in session["ops"]:
            self.apply(copy, op, None)
        return copy

    def commit(self, session: Mapping[str, Any], note: str = "") -> Order:
        order = self.desk.order(session["order"])
        self.check(order)
        if not session["ops"]:
            raise refuse(("id",), "There must be at least one change to be made.", "INVALID")
        self.run(order, session["ops"], note, int(session["id"]))
        self.sessions.pop(str(session["id"]))
        return order

    def run(self, order: Order, ops: list[dict[str, Any]], note: str = "", number: int = 0) -> None:
        """Apply for good, with stock and fulfilment orders, and tell it. All or nothing."""
        self.check(order)
        trial: Order = CODEC.decode(CODEC.encode(order))
        for op in ops:
            self.apply(trial, op, None)
        diff = Diff()
        for op in ops:
            self.apply(order, op, diff)
        order.edits += 1
        number = number or self.desk.new_id("edit")
        self.desk.changed(order, "edited")
        self.desk.room.events.publish(
            "ORDERS_EDITED",
            lambda: edit_body(order, number, diff.additions, diff.removals, note),
            key=str(order.id),
        )

    # === OPERATIONS === #

    def apply(self, order: Order, op: Mapping[str, Any], diff: Diff | None) -> None:
        """:param diff: None for a preview: stock and fulfilment orders are left alone."""
        kinds = {
            "quantity": self._quantity,
            "variant": self._variant,
            "custom": self._custom,
            "discount": self._discount,
            "shipping": self._shipping,
        }
        if op.get("op") not in kinds:
            raise Invalid(f"unknown operation; known: {', '.join(kinds)}")
        kinds[str(op["op"])](order, op, diff)

    def _line(self, order: Order, op: Mapping[str, Any]) -> Line:
        found = order.line(int(op["line"]))
        if found is None:
            raise refuse(("lineItemId",), "Line item does not exist.", "NOT_FOUND")
        return found

    def _quantity(self, order: Order, op: Mapping[str, Any], diff: Diff | None) -> None:
        line, wanted = self._line(order, op), int(op["quantity"])
        change = wanted - line.current
        if wanted < 0:
            raise refuse(("quantity",), "Quantity can't be negative.", "INVALID")
        if change < 0:
            free = line.current if line.tip else self._free(order, line)
            if -change > free:
                raise refuse(
                    ("quantity",), "Quantity can't be below what was fulfilled.", "INVALID"
                )
            if diff is not None:
                if not line.tip:
                    self._fulfilments.take_off(order, line, -change, bool(op.get("restock", True)))
                diff.removals.append((line.id, -change))
            line.removed -= change
        elif change > 0:
            self._grow(order, line, change)
            if diff is not None:
                self._fulfilments.assign(order, [(line, change)])
                diff.additions.append((line.id, change))

    def _free(self, order: Order, line: Line) -> int:
        """Pieces that may be taken off: neither sent nor refunded."""
        return min(line.current, self._fulfilments.to_send(order, line) or self._staged(line))

    @staticmethod
    def _staged(line: Line) -> int:
        """A line that was added in the same session waits nowhere yet."""
        return line.current if line.edited and not line.fulfilled else 0

    @staticmethod
    def _grow(order: Order, line: Line, pieces: int) -> None:
        """More of a line: percentages grow with it, fixed discounts stay."""
        old, new = line.quantity, line.quantity + pieces
        line.discounts = [
            each
            if order.applications[each.index].value_type == "fixed_amount"
            else Allocation(each.index, order.pair.times(each.amount, Decimal(new) / old))
            for each in line.discounts
        ]
        rates = [(each.title, each.rate, each.channel_liable) for each in line.taxes]
        line.quantity = new
        tax_line(order, line, rates)

    def _variant(self, order: Order, op: Mapping[str, Any], diff: Diff | None) -> None:
        try:
            line = further_line(self.desk, order, int(op["variant"]), int(op["quantity"]))
        except Invalid as error:
            raise refuse(("variantId",), str(error), "NOT_FOUND") from None
        self._add(order, line, op, diff)

    def _custom(self, order: Order, op: Mapping[str, Any], diff: Diff | None) -> None:
        price = order.pair.of_presentment(Decimal(str(op["price"])))
        line = Line(
            0, str(op["title"]), int(op["quantity"]), price, tracked=False, edited=True,
            taxable=bool(op.get("taxable", True)), ships=bool(op.get("ships", True)),
        )  # fmt: skip
        tax_line(order, line, rates_on(order))
        self._add(order, line, op, diff)

    def _add(self, order: Order, line: Line, op: Mapping[str, Any], diff: Diff | None) -> None:
        if line.quantity <= 0:
            raise refuse(("quantity",), "Quantity must be greater than 0.", "INVALID")
        line.id = int(op["line"])
        order.lines.append(line)
        if diff is not None:
            self._fulfilments.assign(order, [(line, line.quantity)], int(op.get("location") or 0))
            diff.additions.append((line.id, line.quantity))

    def _discount(self, order: Order, op: Mapping[str, Any], diff: Diff | None) -> None:
        line, value = self._line(order, op), Decimal(str(op["value"]))
        if line.fulfilled or line.refunded:
            raise refuse(("lineItemId",), "The line item can't be discounted.", "INVALID")
        rates = [(each.title, each.rate, each.channel_liable) for each in line.taxes]
        found = Application(
            "manual", str(op.get("title") or "Discount"), str(op["type"]), value,
            selection="explicit", method="one",
        )  # fmt: skip
        apply(order, found, [line])
        tax_line(order, line, rates)

    def _shipping(self, order: Order, op: Mapping[str, Any], diff: Diff | None) -> None:
        price = order.pair.of_presentment(Decimal(str(op["price"])))
        row = Shipping(int(op["id"]), str(op["title"]), price, "custom")
        tax_shipping(order, row, rates_on(order))
        order.shipping.append(row)


def difference(before: Order, after: Order) -> Decimal:
    """What a preview adds to the total, in the buyer's currency."""
    found = totals.totals(after, True).total - totals.totals(before, True).total
    return total([found]).presentment
