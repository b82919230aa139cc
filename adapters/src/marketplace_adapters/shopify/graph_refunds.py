"""Refunds and returns as the GraphQL API brings them (``documents/refunds.graphql``). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ..core.money import decimal
from ..core.shape import as_object, member, text
from .forms import ZERO, RefundForm, RefundLineForm, ReturnForm, ReturnLineForm
from .wording import count, moment, number, optional_number, rows, strict_list

SIDES = {"shop": "shopMoney", "presentment": "presentmentMoney"}
PAID = frozenset({"SUCCESS", "PENDING"})


def read_refund(
    payload: Any, money: str, order_id: str, currency: str, included: bool | None
) -> RefundForm:
    """A Refund node.

    :raise InvalidError: names the member that is wrong.
    """
    data = as_object(payload, "refund")
    lines = tuple(
        _line(one, f"refundLineItems[{index}].", money)
        for index, one in enumerate(strict_list(data, "refundLineItems", "refund."))
    )
    shipping = ZERO
    for one in rows(data, "refundShippingLines"):
        shipping += _bag(one, "subtotalAmountSet", money)
        shipping += ZERO if included else _bag(one, "taxAmountSet", money)
    moved = [
        one
        for one in rows(data, "transactions")
        if text(one, "kind").upper() == "REFUND" and text(one, "status").upper() in PAID
    ]
    return RefundForm(
        id=number(data.get("id"), "refund.id"),
        order=order_id,
        currency=currency,
        lines=tuple(sorted(lines, key=lambda one: (one.line, one.restock, one.quantity))),
        paid=sum((_bag(one, "amountSet", money) for one in moved), ZERO) if moved else None,
        shipping=shipping,
        duties=sum((_bag(one, "amountSet", money) for one in rows(data, "duties")), ZERO),
        note=text(data, "note"),
        return_id=optional_number(member(data, "return").get("id")),
        taxes_included=included,
        at=moment(data, "createdAt"),
    )


def _line(value: Any, where: str, money: str) -> RefundLineForm:
    data = as_object(value, where.rstrip("."))
    item = as_object(data.get("lineItem"), f"{where}lineItem")
    ordered = item.get("quantity")
    unit = None
    if ordered:
        quantity = count(ordered, f"{where}lineItem.quantity")
        cuts = sum(
            (_bag(one, "allocatedAmountSet", money) for one in rows(item, "discountAllocations")),
            ZERO,
        )
        unit = (_bag(item, "originalUnitPriceSet", money) * quantity - cuts) / quantity
    return RefundLineForm(
        line=number(item.get("id"), f"{where}lineItem.id"),
        quantity=count(data.get("quantity"), f"{where}quantity"),
        restock=text(data, "restockType").lower() or "no_restock",
        subtotal=_bag(data, "subtotalSet", money),
        tax=_bag(data, "totalTaxSet", money),
        location=optional_number(member(data, "location").get("id")),
        unit=unit,
        variant=optional_number(member(item, "variant").get("id")),
        product=optional_number(member(item, "product").get("id")),
        sku=text(item, "sku"),
        name=text(item, "name"),
    )


def _bag(data: Mapping[str, Any], name: str, money: str) -> Decimal:
    side = as_object(as_object(data.get(name), name).get(SIDES[money]), f"{name}.{SIDES[money]}")
    return decimal(side.get("amount"), f"{name}.amount")


def read_return(payload: Any, order_id: str) -> ReturnForm:
    """A Return node.

    :raise InvalidError: names the member that is wrong.
    """
    data = as_object(payload, "return")
    lines = tuple(
        _return_line(one, f"returnLineItems[{index}].")
        for index, one in enumerate(strict_list(data, "returnLineItems", "return."))
    )
    return ReturnForm(
        id=number(data.get("id"), "return.id"),
        order=order_id,
        status=text(data, "status").lower(),
        name=text(data, "name"),
        lines=lines,
        at=moment(data, "closedAt") or moment(data, "createdAt"),
    )


def _return_line(value: Any, where: str) -> ReturnLineForm:
    data = as_object(value, where.rstrip("."))
    item = member(data, "fulfillmentLineItem", "lineItem")
    return ReturnLineForm(
        line=optional_number(item.get("id")),
        quantity=count(data.get("quantity"), f"{where}quantity"),
        processed=count(data.get("processedQuantity"), f"{where}processedQuantity"),
        refunded=count(data.get("refundedQuantity"), f"{where}refundedQuantity"),
        reason=text(data, "returnReasonDefinition", "name").lower(),
        note=text(data, "customerNote") or text(data, "returnReasonNote"),
    )
