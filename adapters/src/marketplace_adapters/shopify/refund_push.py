"""Money given back: a refund with the lines, the restocking and the payments that it comes from.

``refundCreate`` carries a key, so the same credit note told twice is one refund; and its note names
our number, so that one made long ago is found, too. What the customer gets back is spread over the
payments of the order that still have something to give.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, cast

from ..core.errors import RejectedError
from ..core.money import decimal, floor, plain
from ..core.types import ItemResult, OrderKey, Outcome, PushItem, Refund, RefundedLine
from .client import Client
from .failures import user_errors
from .generated.give_back import GiveBack
from .generated.to_refund import ToRefund, ToRefundOrder
from .ids import gid, number
from .product_input import Json
from .results import Told
from .settings import Settings
from .stock_push import SPACE
from .wording import DIGITS

REFUND_NOTE = "Odoo: "
"""Stands before our number in the note of a refund."""
NEW_KEY = frozenset({"IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"})
PAID = frozenset({"SALE", "CAPTURE"})


@dataclass(slots=True)
class Source:
    """A payment that something can be given back from, in the currency of the customer."""

    id: str
    gateway: str
    left: Decimal


class Refunds:
    """Tells credit notes of one account."""

    def __init__(self, client: Client, settings: Settings) -> None:
        self._client = client
        self._settings = settings

    def tell(self, item: PushItem, told: Told) -> None:
        """One credit note.

        :raise AdapterError: nothing is known to have happened to it.
        """
        key, state = cast(OrderKey, item.target).external_id, cast(Refund, item.state)
        order = self._client.call(ToRefund, {"id": gid("Order", key)}).order
        if order is None:
            raise RejectedError("Shopify does not have this order.", code="unknown_order")
        known = made_before(order, state.reference)
        if known:
            told.success(item, {"external_id": f"refund-{known}"})
            return
        given = self._input(key, order, state)
        name = f"{key}|{item.key or state.reference}"
        for salt in ("", "+"):
            variables = {"input": given, "key": str(uuid.uuid5(SPACE, name + salt))}
            reply = self._client.call(GiveBack, variables).refundCreate
            errors = user_errors(reply.userErrors if reply else (), self._client.transport.masker)
            if not errors or not _wants_new_key(errors[0].code, errors[0].message):
                break
        if errors:
            told.refused(item, errors[0])
        elif reply is None or reply.refund is None:
            raise RejectedError("Shopify did not say which refund it made.", code="no_refund")
        else:
            told.success(item, {"external_id": f"refund-{number(reply.refund.id)}"})

    def applied(self, item: PushItem) -> ItemResult | None:
        """Whether the refund is there."""
        key, state = cast(OrderKey, item.target).external_id, cast(Refund, item.state)
        order = self._client.call(ToRefund, {"id": gid("Order", key)}).order
        if order is None:
            return None
        made = made_before(order, state.reference)
        return ItemResult(item.ref, Outcome.SUCCESS if made else Outcome.RETRY)

    def _input(self, key: str, order: ToRefundOrder, state: Refund) -> Json:
        """``RefundInput``."""
        found: Json = {
            "orderId": gid("Order", key),
            "note": f"{REFUND_NOTE}{state.reference}",
            "notify": self._settings.notify_customers,
            "currency": order.presentmentCurrencyCode.value,
        }
        unfulfilled = {number(one.id): one.unfulfilledQuantity for one in order.lineItems.nodes}
        goods = [line for line in state.lines if is_goods(line) and floor(line.quantity)]
        rows: list[Json] = []
        for line in goods:
            rows += self._lines(line, unfulfilled.get(line.external_id or "", 0))
        if rows:
            found["refundLineItems"] = rows
        shipping = sum(
            (self._money(order, line) for line in state.lines if is_shipping(line)), Decimal(0)
        )
        if shipping > 0:
            found["shipping"] = {"amount": plain(shipping)}
        total = sum((self._money(order, line) for line in state.lines), Decimal(0))
        found["transactions"] = transactions(key, order, total)
        return found

    def _lines(self, line: RefundedLine, unfulfilled: int) -> list[Json]:
        """Units that never left are taken off the order, others come back or do not."""
        quantity = floor(line.quantity)
        location = line.location or self._settings.location
        restock = {"odoo": line.restock, "never": False, "always": True}[self._settings.restock]
        base: Json = {"lineItemId": gid("LineItem", line.external_id or "")}
        if not restock or not location:
            return [{**base, "quantity": quantity, "restockType": "NO_RESTOCK"}]
        never_left = min(quantity, unfulfilled)
        rows = [("CANCEL", never_left), ("RETURN", quantity - never_left)]
        return [
            {
                **base,
                "quantity": many,
                "restockType": word,
                "locationId": gid("Location", location),
            }
            for word, many in rows
            if many
        ]

    @staticmethod
    def _money(order: ToRefundOrder, line: RefundedLine) -> Decimal:
        """The amount in the currency of the customer, by the rate of the order.

        :raise RejectedError: a currency that the order does not have.
        """
        amount, currency = line.amount.amount, line.amount.currency
        if currency == order.presentmentCurrencyCode.value:
            return amount
        if currency != order.currencyCode.value:
            raise RejectedError(
                f"The order is in {order.currencyCode.value}, the credit note in {currency}.",
                code="wrong_currency",
            )
        shop = decimal(order.totalPriceSet.shopMoney.amount, "totalPriceSet")
        shown = decimal(order.totalPriceSet.presentmentMoney.amount, "totalPriceSet")
        if not shop:
            return Decimal(0)
        step = Decimal(1).scaleb(-DIGITS.get(order.presentmentCurrencyCode.value, 2))
        return (amount * shown / shop).quantize(step, ROUND_HALF_UP)


def is_goods(line: RefundedLine) -> bool:
    """A line of the order: its id is a number, those of shipping and fees are not."""
    return bool(line.external_id) and str(line.external_id).isdecimal()


def is_shipping(line: RefundedLine) -> bool:
    """Money for shipping."""
    return str(line.external_id or "").startswith("shipping")


def made_before(order: ToRefundOrder, reference: str) -> str:
    """The refund that carries our number already."""
    wanted = f"{REFUND_NOTE}{reference}"
    return next((number(one.id) for one in order.refunds if one.note == wanted), "")


def sources(order: ToRefundOrder) -> list[Source]:
    """Payments that have something left to give back, the newest first."""
    rows: Sequence[Any] = order.transactions
    found: dict[str, Source] = {}
    for one in rows:
        if one.kind.value in PAID and one.status is not None and one.status.value == "SUCCESS":
            paid = decimal(one.amountSet.presentmentMoney.amount, "amount")
            found[one.id] = Source(one.id, one.gateway or "", paid)
    for one in rows:
        parent = one.parentTransaction.id if one.parentTransaction else ""
        if one.kind.value == "REFUND" and parent in found and one.status.value != "FAILURE":
            found[parent].left -= decimal(one.amountSet.presentmentMoney.amount, "amount")
    return [one for one in reversed(found.values()) if one.left > 0]


def transactions(key: str, order: ToRefundOrder, total: Decimal) -> list[Json]:
    """``OrderTransactionInput`` for an amount.

    :raise RejectedError: more than was paid and not yet given back.
    """
    rows: list[Json] = []
    left = total
    for one in sources(order):
        part = min(left, one.left)
        if part > 0:
            rows.append(
                {
                    "orderId": gid("Order", key),
                    "parentId": one.id,
                    "gateway": one.gateway,
                    "kind": "REFUND",
                    "amount": plain(part),
                }
            )
            left -= part
    # What was never paid needs no giving back: the refund lowers what is still owed.
    owed = decimal(order.totalOutstandingSet.presentmentMoney.amount, "totalOutstandingSet")
    if left > max(owed, Decimal(0)):
        raise RejectedError(
            f"The credit note is {plain(left)} {order.presentmentCurrencyCode.value} more than "
            "was paid for the order and not yet given back.",
            code="over_refund",
        )
    return rows


def _wants_new_key(code: str, message: str) -> bool:
    """``refundCreate`` has no codes in its errors; a used key is known by its words."""
    return code in NEW_KEY or "previous attempt" in message.lower()
