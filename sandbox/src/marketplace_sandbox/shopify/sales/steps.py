"""What a buyer, a carrier or the shop's staff does to an order, by the name of a step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...wire import Invalid, boolean_of, decimal_of, integer_of
from ..errors import refuse
from . import totals
from .model import FulfilmentOrder, Order, Return
from .refunds import Part, Payback, Wish, spread

if TYPE_CHECKING:
    from .part import Sales


class Steps:
    """By name, with the body of a control call; also without one, as the generator does it."""

    def __init__(self, sales: Sales) -> None:
        self._sales = sales
        self._steps: dict[str, Callable[[Order, Mapping[str, Any]], Any]] = {
            "pay": self.pay,
            "edit": self.edit,
            "cancel": self.cancel,
            "refund": self.refund,
            "fulfil": self.fulfil,
            "track": self.track,
            "deliver": self.deliver,
            "cancel-fulfilment": self.cancel_fulfilment,
            "hold": self.hold,
            "release": self.release,
            "move": self.move,
            "return": self.return_,
            "approve": lambda order, body: self._sales.returns.approve(
                order, self._back(order, body, "REQUESTED")
            ),
            "decline": lambda order, body: self._sales.returns.decline(
                order, self._back(order, body, "REQUESTED"), str(body.get("reason") or "OTHER")
            ),
            "process": self.process,
            "close-return": lambda order, body: self._sales.returns.close(
                order, self._back(order, body, "OPEN")
            ),
            "change": self.change,
            "risk": self.risk,
            "touch": lambda order, body: self._sales.desk.changed(order, "touched"),
        }

    def act(self, order: Order, name: str, body: Mapping[str, Any]) -> Any:
        """:raises Invalid: an unknown step or value. :raises UserErrors: a rule forbids it."""
        if name not in self._steps:
            raise Invalid(f"unknown step {name[:40]!r}; known: {', '.join(self._steps)}")
        return self._steps[name](order, body)

    # === STEPS WITH A BODY === #

    def pay(self, order: Order, body: Mapping[str, Any]) -> None:
        """``{"gateway"?, "amount"?}``."""
        amount = body.get("amount")
        bag = None if amount in (None, "") else order.pair.of_presentment(
            decimal_of(amount, "amount"))  # fmt: skip
        self._sales.payments.pay(order, str(body.get("gateway") or ""), bag)

    def edit(self, order: Order, body: Mapping[str, Any]) -> None:
        """``{"quantities": {line: pieces left}, "add": [{"sku"|"variant"|"title"+"price",
        "quantity"}], "discounts": {line: {"type", "value"}}, "shipping": amount, "restock"?}``."""
        sales, ops = self._sales, []
        restock = boolean_of(body.get("restock", True), "restock")
        for key, pieces in dict(body.get("quantities") or {}).items():
            quantity = integer_of(pieces, "quantity")
            line = order.line(_number(key))
            if line is not None and line.current == quantity:
                continue  # a form tells every line, changed or not
            ops.append({"op": "quantity", "line": _number(key), "quantity": quantity,
                        "restock": restock})  # fmt: skip
        for row in body.get("add") or ():
            ops.append(self._addition(row))
        for key, row in dict(body.get("discounts") or {}).items():
            value = str(decimal_of(row.get("value"), "value"))
            kind = row.get("type", "percentage")
            ops.append({"op": "discount", "line": _number(key), "type": kind, "value": value})
        if body.get("shipping") not in (None, ""):
            price = str(decimal_of(body["shipping"], "shipping"))
            ops.append({"op": "shipping", "id": sales.desk.new_id("shipping"), "title": "Extra",
                        "price": price})  # fmt: skip
        if not ops:
            raise refuse(("id",), "There must be at least one change to be made.", "INVALID")
        sales.edits.run(order, ops, str(body.get("note") or ""))

    def _addition(self, row: Mapping[str, Any]) -> dict[str, Any]:
        desk = self._sales.desk
        quantity = integer_of(row.get("quantity") or 1, "quantity", 1)
        made: dict[str, Any] = {"line": desk.new_id("line"), "quantity": quantity}
        variant = row.get("variant")
        if not variant and row.get("sku"):
            found = desk.room.catalogue.variant_by_sku(str(row["sku"]))
            variant = found.id if found else None
        if variant:
            return {"op": "variant", "variant": integer_of(variant, "variant"), **made}
        if row.get("price") in (None, ""):
            raise Invalid("an added line needs a sku of the catalogue, or a title and a price")
        return {
            "op": "custom",
            "title": str(row.get("title") or "Custom item"),
            "price": str(decimal_of(row["price"], "price")),
            **made,
        }

    def cancel(self, order: Order, body: Mapping[str, Any]) -> None:
        """``{"reason"?, "restock"?, "refund"?}``: at once, by the shop's page."""
        sales = self._sales
        sales.cancelling.check(order)
        sales.cancelling.cancel(
            order, str(body.get("reason") or "CUSTOMER").upper(),
            boolean_of(body.get("restock", True), "restock"),
            boolean_of(body.get("refund", True), "refund"), str(body.get("note") or ""),
        )  # fmt: skip

    def refund(self, order: Order, body: Mapping[str, Any]) -> int:
        """``{"items": {line: pieces}, "shipping": amount|true, "amount"?, "restock":
        "auto"|"no_restock"|"cancel"|"return", "location"?, "note"?}``; nothing told: all."""
        items = {
            _number(k): integer_of(v, "pieces") for k, v in dict(body.get("items") or {}).items()
        }
        shipping, amount = body.get("shipping"), body.get("amount")
        everything = not items and shipping in (None, "") and amount in (None, "")
        if everything:
            items = {each.id: each.current for each in order.lines if each.current}
            shipping = True
        parts = self._parts(order, items, body)
        wanted = True if shipping is True else decimal_of(shipping or 0, "shipping")
        wish = Wish(parts, wanted or False, note=str(body.get("note") or ""), origin="hand")
        if amount not in (None, ""):
            due = decimal_of(amount, "amount")
            wish.paybacks = spread(order, due)
            if sum(each.amount for each in wish.paybacks) < due:
                wish.paybacks = [Payback(due, "manual")]
        return self._sales.refunds.create(order, wish).id

    def _parts(self, order: Order, items: Mapping[int, int], body: Mapping[str, Any]) -> list[Part]:
        """Pieces that wait are cancelled, pieces that were sent come back."""
        parts: list[Part] = []
        word = str(body.get("restock") or "auto").upper()
        given = integer_of(body.get("location") or 0, "location")
        for number, pieces in items.items():
            line = order.line(number)
            if line is None or not pieces:
                continue
            if word != "AUTO":
                place = given or self._place(order, number)
                parts.append(Part(number, pieces, word, place if word != "NO_RESTOCK" else 0))
                continue
            waiting = min(pieces, self._sales.fulfilments.to_send(order, line))
            if waiting:
                parts.append(Part(number, waiting, "CANCEL", given))
            if pieces > waiting:
                back = line.ships and line.fulfilled >= pieces - waiting
                place = given or self._place(order, number)
                parts.append(Part(number, pieces - waiting, "RETURN" if back else "NO_RESTOCK",
                                  place if back else 0))  # fmt: skip
        return parts

    def _place(self, order: Order, line: int) -> int:
        for made in order.fulfilments:
            if any(each.line == line for each in made.lines):
                return made.location
        for source in order.fulfilment_orders:
            if any(each.line == line for each in source.lines):
                return source.location
        return 0

    def fulfil(self, order: Order, body: Mapping[str, Any]) -> Any:
        """``{"items"?: {line: pieces}, "company"?, "number"?, "url"?, "fulfillment_order"?}``."""
        items = dict(body.get("items") or {})
        wanted = {_number(k): integer_of(v, "pieces") for k, v in items.items()}
        only = integer_of(body.get("fulfillment_order") or 0, "fulfillment_order")
        tracking = {key: body[key] for key in ("company", "number", "url") if body.get(key)}
        groups: dict[int, list[tuple[FulfilmentOrder, dict[int, int]]]] = {}
        for source in order.fulfilment_orders:
            if source.status not in ("OPEN", "IN_PROGRESS") or only not in (0, source.id):
                continue
            parts: dict[int, int] = {}
            for row in source.lines:
                pieces = row.remaining
                if wanted:
                    pieces = min(wanted.get(row.line, 0), row.remaining)
                    wanted[row.line] = wanted.get(row.line, 0) - pieces
                if pieces:
                    parts[row.id] = pieces
            if parts:
                groups.setdefault(source.location, []).append((source, parts))
        if not groups:
            raise refuse(("fulfillment",), "There is nothing to fulfil.")
        return [
            self._sales.fulfilments.create(order, portions, tracking, origin="hand")
            for portions in groups.values()
        ]

    def _parcel(self, order: Order, body: Mapping[str, Any]) -> Any:
        given = integer_of(body.get("fulfillment") or 0, "fulfillment")
        for made in reversed(order.fulfilments):
            if given in (0, made.id) and (given or made.status == "SUCCESS"):
                return made
        raise refuse(("fulfillment",), "There is no such fulfillment.", "NOT_FOUND")

    def track(self, order: Order, body: Mapping[str, Any]) -> None:
        """``{"fulfillment"?, "company", "number", "url"}``."""
        self._sales.fulfilments.track(order, self._parcel(order, body), body)

    def deliver(self, order: Order, body: Mapping[str, Any]) -> None:
        """``{"fulfillment"?, "status"?: "DELIVERED"}``."""
        status = str(body.get("status") or "DELIVERED")
        self._sales.fulfilments.event(order, self._parcel(order, body), status)

    def cancel_fulfilment(self, order: Order, body: Mapping[str, Any]) -> None:
        self._sales.fulfilments.cancel(order, self._parcel(order, body))

    def _source(self, order: Order, body: Mapping[str, Any]) -> FulfilmentOrder:
        given = integer_of(body.get("fulfillment_order") or 0, "fulfillment_order")
        opened = [e for e in order.fulfilment_orders if e.status not in ("CLOSED", "CANCELLED")]
        for each in opened:
            if given in (0, each.id):
                return each
        raise refuse(("id",), "There is no such open fulfillment order.", "NOT_FOUND")

    def hold(self, order: Order, body: Mapping[str, Any]) -> None:
        self._sales.fulfilments.hold(
            order, self._source(order, body), str(body.get("reason") or "OTHER")
        )

    def release(self, order: Order, body: Mapping[str, Any]) -> None:
        self._sales.fulfilments.release(order, self._source(order, body))

    def move(self, order: Order, body: Mapping[str, Any]) -> None:
        """``{"fulfillment_order"?, "location"}``."""
        place = integer_of(body.get("location"), "location", 1)
        if place not in self._sales.desk.room.locations:
            raise Invalid(f"unknown location {place}")
        self._sales.fulfilments.move(order, self._source(order, body), place)

    def _back(self, order: Order, body: Mapping[str, Any], *states: str) -> Return:
        given = integer_of(body.get("return") or 0, "return")
        for made in reversed(order.returns):
            if given == made.id or (not given and made.status in states):
                return made
        raise refuse(("id",), "There is no such return.", "NOT_FOUND")

    def return_(self, order: Order, body: Mapping[str, Any]) -> Return:
        """``{"items"?: {line: pieces}, "reason"?, "note"?, "exchange"?: {variant: pieces},
        "requested"?: true}``; nothing told: everything that was sent."""
        wanted = {_number(k): integer_of(v, "pieces")
                  for k, v in dict(body.get("items") or {}).items()}  # fmt: skip
        rows = []
        for made in order.fulfilments:
            for sent in made.lines if made.status == "SUCCESS" else ():
                line = order.line(sent.line)
                free = self._sales.returns.returnable(order, sent)
                pieces = min(free, wanted.get(sent.line, 0)) if wanted else free
                if line is None or not line.ships or pieces <= 0:
                    continue
                if wanted:
                    wanted[sent.line] -= pieces
                rows.append({"sent": sent.id, "quantity": pieces, "reason": body.get("reason"),
                             "note": body.get("note")})  # fmt: skip
        swaps = [
            {"variant": _number(key), "quantity": integer_of(pieces, "pieces", 1)}
            for key, pieces in dict(body.get("exchange") or {}).items()
        ]
        asked = boolean_of(body.get("requested", False), "requested")
        return self._sales.returns.create(order, rows, swaps, "REQUESTED" if asked else "OPEN")

    def process(self, order: Order, body: Mapping[str, Any]) -> None:
        """``{"return"?, "restock"?: true, "location"?, "refund"?: true}``: all that is open."""
        made = self._back(order, body, "OPEN")
        restock = boolean_of(body.get("restock", True), "restock")
        given = integer_of(body.get("location") or 0, "location")
        rows = []
        for row in made.lines:
            pieces = row.quantity - row.processed
            if pieces <= 0:
                continue
            found = self._sales.returns.sent_line(order, row.sent)
            place = given or (found[0].location if found else 0)
            kind = "RESTOCKED" if restock and place else "NOT_RESTOCKED"
            rows.append({"id": row.id, "quantity": pieces, "dispositions": [
                {"type": kind, "quantity": pieces, "location": place}]})  # fmt: skip
        swaps = [{"id": e.id, "quantity": e.quantity - e.processed}
                 for e in made.exchanges if e.quantity > e.processed]  # fmt: skip
        back = boolean_of(body.get("refund", not swaps), "refund")
        self._sales.returns.process(order, made, rows, swaps, {"paybacks": None} if back else None)

    def change(self, order: Order, body: Mapping[str, Any]) -> None:
        """``{"note"?, "tags"?, "email"?, "phone"?, "po_number"?, "address"?, "test"?,
        "note_attributes"?}``: staff writes on the order."""
        names = {"note", "tags", "email", "phone", "po_number", "address", "test",
                 "note_attributes"}  # fmt: skip
        if unknown := set(body) - names:
            raise Invalid(f"unknown members: {', '.join(sorted(unknown))}")
        for name in ("note", "email", "phone", "po_number"):
            if name in body:
                setattr(order, name, str(body[name] or ""))
        if "tags" in body:
            order.tags = sorted({str(each) for each in body["tags"] or ()})
        if "address" in body:
            given = body["address"]
            order.address = self._sales.people.full_address(given) if given else None
        if "test" in body:
            order.test = boolean_of(body["test"], "test")
        if "note_attributes" in body:
            order.attributes = {str(k): str(v) for k, v in dict(body["note_attributes"]).items()}
        self._sales.desk.changed(order, "changed")

    def risk(self, order: Order, body: Mapping[str, Any]) -> None:
        """``{"level": "high"|"medium"|"low"|"none"|"pending"}``."""
        self._sales.assess(order, str(body.get("level") or "high").upper())

    # === STEPS WITHOUT A BODY, FOR THE GENERATOR === #

    def named(self, name: str) -> Callable[[Order], None]:
        """:raises Invalid: an unknown name."""
        steps: dict[str, Callable[[Order], Any]] = {
            "pay": lambda order: self.pay(order, {}),
            "fulfilled": lambda order: self.fulfil(
                order, {"company": "DHL", "number": f"JD{order.id}"}
            ),
            "partial": self._partial,
            "edited": self._fewer,
            "edited_up": self._more,
            "cancelled": lambda order: self.cancel(order, {"refund": True}),
            "refunded": lambda order: self.refund(order, {}),
            "part_refunded": self._part_back,
            "returned": self._send_back,
            "exchanged": self._swap,
            "voided": lambda order: self.cancel(order, {"refund": False, "restock": False}),
            "noted": lambda order: self.change(order, {"note": f"Called at {order.edits}:00"}),
            "tagged": lambda order: self.change(order, {"tags": [*order.tags, "called"]}),
            "delivered": lambda order: self.deliver(order, {}),
        }
        if name not in steps:
            raise Invalid(f"unknown step {name[:40]!r}; known: {', '.join(steps)}")
        return steps[name]

    def _goods(self, order: Order) -> list[Any]:
        return [each for each in order.lines if not each.tip and not each.gift_card]

    def _partial(self, order: Order) -> None:
        line = next(
            (e for e in self._goods(order) if self._sales.fulfilments.to_send(order, e)), None
        )
        if line is None:
            raise refuse(("id",), "There is nothing to fulfil.")
        self.fulfil(order, {"items": {line.id: 1}, "company": "DHL", "number": f"JP{order.id}"})

    def _fewer(self, order: Order) -> None:
        line = next((e for e in self._goods(order) if e.current and
                     self._sales.fulfilments.to_send(order, e)), None)  # fmt: skip
        if line is None or sum(each.current for each in self._goods(order)) < 2:
            raise refuse(("id",), "There is nothing to take off.")
        self.edit(order, {"quantities": {line.id: line.current - 1}})

    def _more(self, order: Order) -> None:
        variants = self._sales.desk.room.catalogue.variants.values()
        if not variants:
            self.edit(order, {"add": [{"title": "One more", "price": "3.33"}]})
            return
        variant = variants[order.id % len(variants)]
        self.edit(order, {"add": [{"variant": variant.id, "quantity": 1 + order.id % 2}]})

    def _part_back(self, order: Order) -> None:
        line = next((each for each in self._goods(order) if each.current), None)
        left = totals.received(order) - totals.refunded(order)
        if line is None or left.presentment <= 0:
            raise refuse(("id",), "There is nothing to refund.")
        self.refund(order, {"items": {line.id: 1}})

    def _send_back(self, order: Order) -> None:
        if not order.fulfilments:
            self.fulfil(order, {})
        self.return_(order, {"reason": "unwanted"})
        paid = (totals.received(order) - totals.refunded(order)).presentment > 0
        self.process(order, {"refund": paid})

    def _swap(self, order: Order) -> None:
        variants = self._sales.desk.room.catalogue.variants.values()
        if not order.fulfilments:
            self.fulfil(order, {})
        line = next((e for e in self._goods(order) if e.fulfilled and e.current), None)
        if line is None or not variants:
            raise refuse(("id",), "There is nothing to exchange.")
        swap = {variants[(order.id * 7) % len(variants)].id: 1}
        self.return_(order, {"items": {line.id: 1}, "reason": "size-too-small", "exchange": swap})
        self.process(order, {})


def _number(text: Any) -> int:
    """A line's id as a key of an object; pages write it as ``id123``."""
    word = str(text).removeprefix("id")
    if not word.isdigit():
        raise Invalid(f"{str(text)[:40]!r} is not the id of a line")
    return int(word)
