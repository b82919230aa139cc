"""Refunds and returns as webhooks bring them. Pure.

::

    refunds/create, orders/*.refunds      a refund, whole
    returns/request, approve, …           a return with its lines
    returns/close, cancel, reopen         a return's id and status
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ..core.errors import InvalidError
from ..core.money import decimal, optional_decimal
from ..core.shape import as_object, member, text
from .forms import ZERO, RefundForm, RefundLineForm, ReturnForm, ReturnLineForm
from .wording import count, moment, number, optional_number, rows, strict_list

PAID = frozenset({"success", "pending"})
SIDES = {"shop": "shop_money", "presentment": "presentment_money"}


def read_refund(
    payload: Any,
    money: str,
    order_id: str = "",
    currency: str = "",
    included: bool | None = None,
) -> RefundForm:
    """A refund.

    :param money: ``shop`` or ``presentment``.
    :param order_id, currency, included: of the order it was found in; a refund that comes alone
        names its order, its currency is that of its amounts.
    :raise InvalidError: names the member that is wrong.
    """
    data = as_object(payload, "refund")
    lines = [
        (one, _line(one, f"refund_line_items[{index}].", money))
        for index, one in enumerate(strict_list(data, "refund_line_items", "refund."))
    ]
    if included is None:
        included = _included([as_object(one, "").get("line_item") for one, _form in lines])
    code = currency or _currency(data, money)
    paid = _paid(data, money, code)
    if included is None and paid is not None:
        # No rate tells: the way that comes nearer to what was paid.
        told = sum((form.subtotal for _one, form in lines), ZERO)
        taxes = sum((form.tax for _one, form in lines), ZERO)
        included = abs(paid - told) < abs(paid - told - taxes)
    return RefundForm(
        id=number(data.get("id"), "refund.id"),
        order=order_id or number(data.get("order_id"), "refund.order_id"),
        currency=code,
        lines=tuple(
            sorted(
                (form for _one, form in lines),
                key=lambda one: (one.line, one.restock, one.quantity),
            )
        ),
        paid=paid,
        shipping=_shipping(data, money, included),
        duties=sum(
            (
                _set(one, "amount", "refund.duties.", money)
                for one in rows(data, "refund_duties") or rows(data, "duties")
            ),
            ZERO,
        ),
        note=text(data, "note"),
        return_id=optional_number(member(data, "return").get("id")),
        taxes_included=included,
        at=moment(data, "created_at") or moment(data, "processed_at"),
    )


def _line(value: Any, where: str, money: str) -> RefundLineForm:
    data = as_object(value, where.rstrip("."))
    item = member(data, "line_item")
    restock = text(data, "restock_type").lower()
    there = item.get("product_exists") is not False
    return RefundLineForm(
        line=number(data.get("line_item_id") or item.get("id"), f"{where}line_item_id"),
        quantity=count(data.get("quantity"), f"{where}quantity"),
        restock=restock or "no_restock",
        subtotal=_set(data, "subtotal", where, money),
        tax=_set(data, "total_tax", where, money, ZERO),
        location=optional_number(data.get("location_id")),
        unit=_unit(item, where, money),
        variant=optional_number(item.get("variant_id")) if there else "",
        product=optional_number(item.get("product_id")) if there else "",
        sku=text(item, "sku"),
        name=text(item, "name") or text(item, "title"),
    )


def _unit(item: Mapping[str, Any], where: str, money: str) -> Decimal | None:
    """What one unit cost after discounts."""
    if not item or not item.get("quantity"):
        return None
    quantity = count(item.get("quantity"), f"{where}line_item.quantity")
    price = _set(item, "price", f"{where}line_item.", money)
    cuts = sum(
        (
            _set(one, "amount", f"{where}line_item.discount_allocations.", money)
            for one in rows(item, "discount_allocations")
        ),
        ZERO,
    )
    return (price * quantity - cuts) / quantity if quantity else None


def _shipping(data: Mapping[str, Any], money: str, included: bool | None) -> Decimal:
    """For shipping, tax included; older bodies have an adjustment for it, below zero."""
    found = rows(data, "refund_shipping_lines")
    if found:
        total = ZERO
        for one in found:
            total += _set(one, "subtotal_amount", "refund_shipping_lines.", money)
            if not included:
                total += _set(one, "tax_amount", "refund_shipping_lines.", money, ZERO)
        return total
    total = ZERO
    for one in rows(data, "order_adjustments"):
        if text(one, "kind").lower() == "shipping_refund":
            total -= _set(one, "amount", "order_adjustments.", money)
            total -= _set(one, "tax_amount", "order_adjustments.", money, ZERO)
    return total


def _paid(data: Mapping[str, Any], money: str, currency: str) -> Decimal | None:
    """What its transactions gave back; ``None`` when nothing moved."""
    moved = [
        one
        for one in rows(data, "transactions")
        if text(one, "kind").lower() == "refund" and text(one, "status").lower() in PAID
    ]
    if not moved:
        return None
    total = ZERO
    for one in moved:
        if one.get("amount_set") is not None:
            total += _set(one, "amount", "transactions.", money)
        elif text(one, "currency").upper() in ("", currency):
            total += decimal(one.get("amount"), "transactions.amount")
        else:
            # In the other currency alone: what its lines say is the best that is known.
            return None
    return total


def _set(
    data: Mapping[str, Any], name: str, where: str, money: str, default: Decimal | None = None
) -> Decimal:
    bag = data.get(f"{name}_set")
    if bag is not None:
        side = as_object(
            as_object(bag, f"{where}{name}_set").get(SIDES[money]), f"{where}{name}_set"
        )
        return decimal(side.get("amount"), f"{where}{name}_set.amount")
    found = optional_decimal(data.get(name), f"{where}{name}")
    if found is None:
        found = default
    return decimal(None, f"{where}{name}") if found is None else found


def _currency(data: Mapping[str, Any], money: str) -> str:
    """Of the first amount that names one; empty when there is none."""
    bags = [
        bag
        for name in (
            "refund_line_items",
            "order_adjustments",
            "refund_shipping_lines",
            "transactions",
        )
        for one in rows(data, name)
        for key in ("subtotal_set", "amount_set", "subtotal_amount_set")
        if isinstance(bag := one.get(key), Mapping)
    ]
    if isinstance(data.get("total_duties_set"), Mapping):
        bags.append(data["total_duties_set"])
    for bag in bags:
        code = text(bag, SIDES[money], "currency_code").upper()
        if code:
            return code
    return next(
        filter(None, (text(one, "currency").upper() for one in rows(data, "transactions"))), ""
    )


def _included(items: list[Any]) -> bool | None:
    """Whether prices hold the tax: by which of the two the rates of a taxed line come to its tax;
    ``None`` when no line tells."""
    for item in items:
        found = member(item)
        rates, taxes = ZERO, ZERO
        try:
            for one in rows(found, "tax_lines"):
                rates += optional_decimal(one.get("rate"), "rate") or ZERO
                taxes += optional_decimal(one.get("price"), "price") or ZERO
            each = optional_decimal(found.get("price"), "price") or ZERO
            whole = each * (optional_decimal(found.get("quantity"), "quantity") or ZERO)
            for one in rows(found, "discount_allocations"):
                whole -= optional_decimal(one.get("amount"), "amount") or ZERO
        except InvalidError:
            continue
        if rates > 0 and taxes > 0 and whole > 0:
            on_top = abs(whole * rates - taxes)
            inside = abs(whole * rates / (1 + rates) - taxes)
            return inside < on_top
    return None


# === RETURNS === #


def read_return(payload: Any, order_id: str = "") -> ReturnForm:
    """A return; its lines only where the message has them.

    :raise InvalidError: names the member that is wrong.
    """
    data = as_object(payload, "return")
    order = order_id or data.get("order_id") or member(data, "order").get("id")
    found = data.get("return_line_items")
    lines = None
    if found is not None:
        lines = tuple(
            _return_line(one, f"return_line_items[{index}].")
            for index, one in enumerate(strict_list(data, "return_line_items", "return."))
        )
    return ReturnForm(
        id=number(data.get("id"), "return.id"),
        order=number(order, "return.order_id"),
        status=text(data, "status").lower(),
        name=text(data, "name"),
        lines=lines,
        at=moment(data, "updated_at") or moment(data, "created_at"),
    )


def _return_line(value: Any, where: str) -> ReturnLineForm:
    data = as_object(value, where.rstrip("."))
    item = member(data, "fulfillment_line_item", "line_item") or member(data, "line_item")
    processed = data.get("processed_quantity")
    refunded = data.get("refunded_quantity")
    return ReturnLineForm(
        line=optional_number(item.get("id")),
        quantity=count(data.get("quantity"), f"{where}quantity"),
        processed=0 if processed is None else count(processed, f"{where}processed_quantity"),
        refunded=0 if refunded is None else count(refunded, f"{where}refunded_quantity"),
        reason=text(data, "return_reason").lower().replace("_", " "),
        note=text(data, "customer_note") or text(data, "return_reason_note"),
    )
