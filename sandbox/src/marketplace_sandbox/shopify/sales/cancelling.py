"""Cancelling a whole order: a job that runs when its time has come, and cannot be taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ...store import Table
from ..errors import refuse
from . import totals
from .desk import Desk
from .fulfilment import Fulfilments
from .model import Order
from .payments import Payments
from .refunds import Part, Refunds, Wish, spread

REASONS = ("CUSTOMER", "DECLINED", "FRAUD", "INVENTORY", "OTHER", "STAFF")


class Cancelling:
    """Jobs are rows ``{"id", "order", "reason", "restock", "refund", "note", "due", "done"}``."""

    def __init__(
        self, desk: Desk, fulfilments: Fulfilments, payments: Payments, refunds: Refunds
    ) -> None:
        self.desk = desk
        self._fulfilments = fulfilments
        self._payments = payments
        self._refunds = refunds
        self.jobs: Table[dict[str, Any]] = Table(
            desk.room.services.store, "shopify.jobs", dict, dict
        )
        self.seconds = 0.0

    def clear(self) -> None:
        self.jobs.clear()
        self.seconds = 0.0

    def check(self, order: Order) -> None:
        """:raises UserErrors: it cannot be cancelled."""
        path = ("orderId",)
        if order.cancelled or self._waiting(order):
            raise refuse(path, "Cannot cancel an order that has already been canceled", "INVALID")
        if any(each.status == "SUCCESS" for each in order.fulfilments):
            raise refuse(path, "Cannot cancel an order that has fulfilled line items", "INVALID")
        if any(each.status in ("REQUESTED", "OPEN") for each in order.returns):
            raise refuse(path, "Cannot cancel an order that has returns in progress", "INVALID")
        if any(
            each.kind == "authorization" and each.status == "pending" for each in order.transactions
        ):
            raise refuse(path, "Cannot cancel an order with pending authorizations", "INVALID")

    def _waiting(self, order: Order) -> bool:
        return any(
            each["order"] == order.id and not each["done"] for each in self.jobs.values()[-200:]
        )

    def begin(
        self, order: Order, reason: str, restock: bool, refund: bool, note: str = ""
    ) -> dict[str, Any]:
        """Check, and queue the job."""
        self.check(order)
        job = {
            "id": str(self.desk.new_id("job")),
            "order": order.id,
            "reason": reason,
            "restock": restock,
            "refund": refund,
            "note": note,
            "due": self.desk.now() + timedelta(seconds=self.seconds),
            "done": False,
        }
        self.jobs.put(str(job["id"]), job)
        return job

    def tick(self) -> None:
        now = self.desk.now()
        for job in self.jobs.values():
            if not job["done"] and job["due"] <= now:
                order = self.desk.orders.get(job["order"])
                if order is not None and not order.cancelled:
                    self.cancel(order, job["reason"], job["restock"], job["refund"], job["note"])
                self.jobs.put(str(job["id"]), {**job, "done": True})

    def cancel(
        self, order: Order, reason: str, restock: bool, refund: bool, note: str = ""
    ) -> None:
        """Now. Everything that was to be sent is taken off, and told as a refund of kind CANCEL."""
        restock_type = "CANCEL" if restock else "NO_RESTOCK"
        parts = [
            Part(each.id, each.current, restock_type if each.ships else "NO_RESTOCK")
            for each in order.lines
            if each.current and not (each.gift_card and each.fulfilled)
        ]
        self._payments.void(order)
        order.cancelled = order.closed = self.desk.now()
        order.cancel_reason, order.staff_note = reason, note
        paid = totals.received(order) - totals.refunded(order)
        made = None
        if parts or (refund and paid):
            wish = Wish(parts, shipping=True, note=note, paybacks=None if refund else [],
                        origin="cancel")  # fmt: skip
            if refund:
                wish.paybacks = spread(order, paid.presentment)
            for part in wish.parts:
                line = order.line(part.line)
                if part.restock == "NO_RESTOCK" and line is not None:
                    left = self._fulfilments.to_send(order, line)
                    self._fulfilments.take_off(order, line, left, False)
            made = self._refunds.create(order, wish, tell=False)
        self._fulfilments.close_all(order)
        self.desk.changed(order, f"cancelled: {reason}", "ORDERS_CANCELLED")
        if made is not None:
            self._refunds.tell(order, made)
