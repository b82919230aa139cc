"""The sales part of the room: its rules in one place, its API, control calls, pages and book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...wire import Invalid
from ..errors import UserErrors
from ..part import Page, Part, Route
from ..registry import Resolvers
from . import totals
from .book import book, order_book
from .cancelling import Cancelling
from .control import SalesControl
from .desk import Desk
from .drafts import Drafts
from .edits import Edits
from .fulfilment import Fulfilments
from .generator import Generator
from .graph import resolvers
from .model import CODEC, Draft, Order, Risk
from .page import SalesPages
from .payments import Payments
from .people import People
from .placing import PAYMENTS, RISKS, Placing
from .refunds import Refunds
from .rest_other import risk_body
from .returns import Returns
from .steps import Steps

#: orders of the demo content
DEMO: tuple[dict[str, Any], ...] = (
    {"lines": [{"sku": "COL-330", "quantity": 6}, {"sku": "TEA-100"}], "shipping": "4.90"},
    {
        "lines": [{"sku": "TSH-BLA-M", "quantity": 2}],
        "currency": "USD",
        "payment": "authorized",
        "discounts": [{"code": "SOMMER15", "type": "percentage", "value": "15"}],
        "shipping": "12.00",
    },
    {"lines": [{"sku": "WTR-600", "quantity": 2}], "source": "pos"},
    {
        "lines": [{"sku": "DAT-1K", "quantity": 3}],
        "company": "Großhandel Süd GmbH & Co. KG",
        "po_number": "PO-4711",
        "payment_terms": "Net 30",
        "payment": "pending",
        "tags": ["B2B"],
    },
)


class Sales(Part):
    """The rules that the API, the control calls and the pages share."""

    def __init__(self, room: Any) -> None:
        super().__init__(room)
        self.desk = Desk(room)
        self.people = People(self.desk)
        self.placing = Placing(self.desk, self.people)
        self.fulfilments = Fulfilments(self.desk)
        self.payments = Payments(self.desk, self.fulfilments)
        self.refunds = Refunds(self.desk, self.fulfilments, self.payments)
        self.cancelling = Cancelling(self.desk, self.fulfilments, self.payments, self.refunds)
        self.returns = Returns(self.desk, self.fulfilments, self.refunds)
        self.edits = Edits(self.desk, self.fulfilments)
        self.drafts = Drafts(self.desk, self.placing)
        self.steps = Steps(self)
        self.generator = Generator(room.services.random("shopify/mixed"))

    # === WHAT THE ROOM ASKS === #

    def resolvers(self) -> Resolvers:
        return resolvers(self)

    def routes(self) -> list[Route]:
        return SalesControl(self).routes()

    def pages(self) -> dict[str, Page]:
        return SalesPages(self).pages()

    def clear(self) -> None:
        self.desk.clear()
        self.cancelling.clear()
        self.edits.clear()
        self.placing.start_over()
        self.generator.start_over(self.room.services.random("shopify/mixed"))

    def tick(self) -> None:
        self.cancelling.tick()

    def seed(self, name: str) -> None:
        if name in ("demo", "orders"):
            self.place_all(DEMO)
        if name == "orders":
            self.place_all([{"mixed": True} for _ in range(8)])

    def state(self) -> dict[str, Any]:
        return {
            "orders": [self.order_state(each) for each in self.desk.orders.values()],
            "drafts": [CODEC.encode(each) for each in self.desk.drafts.values()],
            "customers": [CODEC.encode(each) for each in self.desk.customers.values()],
            "companies": [CODEC.encode(each) for each in self.desk.companies.values()],
        }

    def looks(self) -> dict[str, Any]:
        """``/wait?order=ID&field=fulfillment_status&value=FULFILLED``: an order of the book."""

        def look(text: str) -> dict[str, Any] | None:
            found = self.desk.orders.get(int(text)) if text.isdigit() else None
            return None if found is None else order_book(found)

        return {"order": look}

    def book(self) -> dict[str, Any]:
        return book(self.desk)

    def job(self, text: str) -> dict[str, Any] | None:
        """A job of `orderCancel` by its global id; other ids are taken for done ones."""
        found = self.cancelling.jobs.get(text.rpartition("/")[2])
        return {"id": text, "done": found is None or bool(found["done"])}

    # === PLACING === #

    def place(self, spec: Mapping[str, Any]) -> Order:
        """One order, with all that its description says happens to it.

        :raises Invalid: a member is not acceptable; nothing is kept.
        """
        given = dict(spec)
        if given.pop("mixed", False):
            given = {**self.generator.mixed(), **given}
        if given.pop("draft", False):
            return self._by_draft(given)
        order = self.placing.build(given)
        self._take_in(order, given)
        return order

    def _by_draft(self, given: dict[str, Any]) -> Order:
        rest: dict[str, Any] = {
            key: given[key] for key in ("payment", "gateway", "steps", "status") if key in given
        }
        draft = self.drafts.create({k: v for k, v in given.items() if k not in rest})
        return self.complete(draft, rest)

    def complete(self, draft: Draft, given: Mapping[str, Any] | None = None) -> Order:
        """The order of a draft. :raises UserErrors: it was completed already."""
        order = self.drafts.content_for_order(draft)
        self._take_in(order, {"payment": "paid", "gateway": "manual", **(given or {})})
        self.drafts.completed(draft, order)
        return order

    def place_all(self, specs: Sequence[Mapping[str, Any]]) -> list[Order]:
        """All or none: every description is checked before the first order is made."""
        for spec in specs:
            self._check(spec)
        return [self.place(spec) for spec in specs]

    def _check(self, spec: Mapping[str, Any]) -> None:
        given = {key: value for key, value in spec.items() if key not in ("mixed", "draft")}
        if set(given) - {"steps", "payment", "line_count"}:
            self.placing.check(given)
        for name in given.get("steps") or ():
            self.steps.named(str(name))
        if given.get("payment", "paid") not in PAYMENTS:
            raise Invalid(f"unknown payment; known: {', '.join(PAYMENTS)}")

    def _take_in(self, order: Order, given: Mapping[str, Any]) -> None:
        desk = self.desk
        order.id, order.number = desk.new_id("order"), desk.new_id("number")
        desk.orders.put(order)
        self.fulfilments.assign(
            order, [(each, each.quantity) for each in order.lines], order.location
        )
        paid = self._pay(
            order, str(given.get("payment") or "paid"), str(given.get("gateway") or "")
        )
        desk.changed(order, "placed", "ORDERS_CREATE", *(("ORDERS_PAID",) if paid else ()))
        if paid:
            self.payments.send_gift_cards(order)
        if order.location and order.source == "pos":
            self._hand_over(order)
        status = str(given.get("status") or "")
        for name in (*([status] if status else ()), *(given.get("steps") or ())):
            step = self.steps.named(str(name))
            try:
                step(order)
            except UserErrors as error:
                desk.note(order, f"{name} was refused: {error}")

    def _pay(self, order: Order, payment: str, gateway: str) -> bool:
        """The first transactions; whether all is paid. ``gift_card:10.00`` pays that part so."""
        if payment not in PAYMENTS:
            raise Invalid(f"unknown payment; known: {', '.join(PAYMENTS)}")
        due = totals.outstanding(order)
        if due.presentment <= 0:
            return True
        name, _, part = gateway.partition(":")
        if name == "gift_card" and part:
            card = order.pair.of_presentment(self.placing.number(part))
            card = due if card.presentment > due.presentment else card
            self.payments.add(
                order,
                "sale",
                "gift_card",
                card,
                receipt={"gift_card_id": order.id, "last_characters": "c3a7"},
            )
            due, name = due - card, ""
        name = name or ("cash" if order.source == "pos" else "shopify_payments")
        if due.presentment <= 0:
            return payment == "paid"
        if payment == "paid":
            self.payments.add(order, "sale", name, due)
        elif payment == "authorized":
            self.payments.add(order, "authorization", name, due)
        elif payment == "partially_paid":
            self.payments.add(order, "sale", name, order.pair.share(due, 1, 2))
        elif payment == "pending":
            self.payments.add(order, "sale", "Bank Deposit", due, status="pending")
        else:
            self.payments.add(order, "authorization", name, due)
            self.payments.void(order)
        return payment == "paid"

    def _hand_over(self, order: Order) -> None:
        """Sold in a shop: the buyer takes it with him."""
        for source in list(order.fulfilment_orders):
            if source.status == "OPEN":
                parts = self.fulfilments.everything(source)
                self.fulfilments.create(order, [(source, parts)], origin="pos")

    def assess(self, order: Order, level: str) -> None:
        """A new risk assessment."""
        words = dict(RISKS.values())
        if level not in words:
            raise Invalid(f"unknown level; known: {', '.join(words)}")
        # One that was still being made has come to its end.
        order.risks = [one for one in order.risks if one.level != "PENDING"]
        order.risks.append(Risk(level, [["Assessed by hand", "NEUTRAL"]]))
        order.recommendation = words[level]
        self.desk.changed(order, f"risk {level.lower()}")
        self.room.events.publish(
            "ORDERS_RISK_ASSESSMENT_CHANGED", lambda: risk_body(self.desk, order), key=str(order.id)
        )

    # === SHOWING === #

    def order_state(self, order: Order) -> dict[str, Any]:
        """All that the sandbox knows of an order, amounts as numbers."""
        sums = totals.totals(order, current=True)
        state: dict[str, Any] = CODEC.encode(order)
        for line, row in zip(order.lines, state["lines"], strict=True):
            row["current"] = line.current
        return {
            **state,
            "name": order.name,
            "financial_status": totals.financial_status(order),
            "fulfillment_status": totals.fulfilment_status(order),
            "total": f"{sums.total.presentment:f}",
            "currency": order.pair.presentment,
        }
