"""The lanes of orders: our number on them, parcels, refunds, and orders called off.

An order that is called off is a job of Shopify's: it is done when the order says so, which is asked
at once and, when it is not yet, by :meth:`OrderPush.poll`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from ..core import wire
from ..core.errors import InvalidError, RejectedError
from ..core.shape import as_list, as_text
from ..core.types import (
    Acknowledgement,
    Cancellation,
    ItemResult,
    Kind,
    OrderKey,
    Outcome,
    PushItem,
    Submission,
)
from .client import Client
from .const import CANCEL_REASONS, ORDER_KEY
from .failures import user_errors
from .fulfilments import Fulfilments
from .generated.acknowledge import Acknowledge
from .generated.cancel_order import CancelOrder
from .generated.cancel_state import CancelState
from .generated.order_state import OrderState
from .ids import gid, number
from .refund_push import Refunds
from .results import Told
from .settings import Settings

TAG = "Odoo"
MAX_TAG = 40
"""Characters of an order's tag (D)."""
MAX_NOTE = 255
DRAFT = "draft-"
"""Begins the id of a draft order, which is told nothing."""


@dataclass(frozen=True, slots=True)
class Job:
    """An order that is being called off."""

    ref: str
    order: str
    job: str


class OrderPush:
    """Tells orders of one account."""

    def __init__(self, client: Client, settings: Settings) -> None:
        self._client = client
        self._settings = settings
        self._fulfilments = Fulfilments(client, settings)
        self._refunds = Refunds(client, settings)

    def push(self, items: Sequence[PushItem]) -> Submission:
        """One after the other, in the order in which they came.

        :raise AdapterError: nothing was told.
        """
        told, jobs = Told(), list[Job]()
        work: dict[Kind, Callable[[PushItem], None]] = {
            Kind.ACKNOWLEDGE: lambda item: self._acknowledge(item, told),
            Kind.CANCEL: lambda item: self._cancel(item, told, jobs),
            Kind.SHIPMENT: lambda item: self._fulfilments.tell(item, told),
            Kind.REFUND: lambda item: self._refunds.tell(item, told),
        }

        def one(item: PushItem) -> None:
            if cast(OrderKey, item.target).external_id.startswith(DRAFT):
                told.success(item)
            else:
                work[item.kind](item)

        told.each(items, one, lambda item: [item])
        return told.submission(remote_id=_ticket(jobs) if jobs else None)

    def poll(self, text: str) -> Submission:
        """What became of orders that were called off.

        :raise InvalidError: no ticket of ours.
        """
        told = Told()
        for one in _jobs(text):
            item = PushItem(one.ref, Kind.CANCEL, OrderKey(one.order), Cancellation())
            done, cancelled = self._state(one)
            if cancelled:
                told.success(item)
            elif done:
                told.error(item, "not_cancelled", _NOT_CANCELLED)
            else:
                return Submission((), done=False, remote_id=text)
        return told.submission()

    def applied(self, item: PushItem) -> ItemResult | None:
        """Whether something that is told once took effect."""
        key = cast(OrderKey, item.target).external_id
        if key.startswith(DRAFT):
            return ItemResult(item.ref, Outcome.SUCCESS)
        if item.kind is Kind.SHIPMENT:
            return self._fulfilments.applied(item)
        if item.kind is Kind.REFUND:
            return self._refunds.applied(item)
        order = self._client.call(OrderState, {"id": gid("Order", key)}).order
        if order is None:
            return None
        if item.kind is Kind.CANCEL:
            there = order.cancelledAt is not None
        else:
            noted = order.metafield.value if order.metafield else ""
            there = noted == cast(Acknowledgement, item.state).reference
        return ItemResult(item.ref, Outcome.SUCCESS if there else Outcome.RETRY)

    # === OUR NUMBER === #

    def _acknowledge(self, item: PushItem, told: Told) -> None:
        order = gid("Order", cast(OrderKey, item.target).external_id)
        reference = cast(Acknowledgement, item.state).reference
        tags = [TAG, reference] if reference and len(reference) <= MAX_TAG else [TAG]
        row = {
            "ownerId": order,
            "namespace": self._settings.namespace,
            "key": ORDER_KEY,
            "type": "single_line_text_field",
            "value": reference,
        }
        variables = {"id": order, "tags": tags, "metafields": [row] if reference else []}
        reply = self._client.call(Acknowledge, variables)
        rows = [
            *(reply.tagsAdd.userErrors if reply.tagsAdd else ()),
            *(reply.metafieldsSet.userErrors if reply.metafieldsSet else ()),
        ]
        errors = user_errors(rows, self._client.transport.masker)
        if errors:
            told.refused(item, errors[0])
        else:
            told.success(item)

    # === CALLED OFF === #

    def _cancel(self, item: PushItem, told: Told, jobs: list[Job]) -> None:
        key, state = cast(OrderKey, item.target).external_id, cast(Cancellation, item.state)
        reason = (state.reason or "OTHER").upper()
        if reason not in CANCEL_REASONS:
            raise RejectedError(
                f"Shopify knows no reason {reason[:40]!r}; it knows {', '.join(CANCEL_REASONS)}.",
                code="unknown_reason",
            )
        variables = {
            "orderId": gid("Order", key),
            "reason": reason,
            "restock": state.restock,
            "refundMethod": {"originalPaymentMethodsRefund": state.refund},
            "notifyCustomer": state.notify or self._settings.notify_customers,
            "staffNote": (state.note or "")[:MAX_NOTE] or None,
        }
        reply = self._client.call(CancelOrder, variables).orderCancel
        errors = user_errors(
            reply.orderCancelUserErrors if reply else (), self._client.transport.masker
        )
        job = Job(item.ref, key, number(reply.job.id) if reply and reply.job else "")
        if errors and self._state(job)[1]:
            # It was called off before.
            told.success(item)
        elif errors:
            told.refused(item, errors[0])
        else:
            done, cancelled = self._state(job)
            if cancelled:
                told.success(item)
            elif done or not job.job:
                told.error(item, "not_cancelled", _NOT_CANCELLED)
            else:
                jobs.append(job)

    def _state(self, one: Job) -> tuple[bool, bool]:
        """Whether the job is done, and whether the order is cancelled."""
        order = gid("Order", one.order)
        if not one.job:
            found = self._client.call(OrderState, {"id": order}).order
            return True, found is not None and found.cancelledAt is not None
        variables = {"orderId": order, "jobId": f"gid://shopify/Job/{one.job}"}
        reply = self._client.call(CancelState, variables)
        cancelled = reply.order is not None and reply.order.cancelledAt is not None
        return reply.job is None or reply.job.done, cancelled


_NOT_CANCELLED = (
    "Shopify could not cancel the order: it has a return, a payment or a parcel under way. Look at "
    "the order in the Shopify admin."
)


def _ticket(jobs: Sequence[Job]) -> str:
    rows = [[one.ref, one.order, one.job] for one in jobs]
    return wire.dumps({"cancel": rows}).decode()


def _jobs(text: str) -> list[Job]:
    try:
        rows = as_list(wire.loads(text).get("cancel"), "cancel")
        return [Job(*(as_text(part, "part") for part in row)) for row in rows]
    except (InvalidError, AttributeError, TypeError):
        raise InvalidError(
            "This is no submission of the Shopify adapter.", code="bad_ticket"
        ) from None
