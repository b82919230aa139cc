"""Neutral → wire. Pure: no call, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..core.errors import RejectedError
from ..core.money import floor, number, plain
from ..core.types import (
    Cancellation,
    InventoryState,
    LineChange,
    LinesUpdate,
    ListingKey,
    Money,
    OrderKey,
    OrderStatus,
    PriceState,
    ProductState,
    State,
    StatusUpdate,
)
from .const import (
    ACKNOWLEDGED,
    CANCEL_REASONS,
    CURRENCY,
    DEFAULT_CANCEL_REASON,
    PRODUCT_ATTRIBUTES,
    STATUS_OUT,
)
from .rules import allowed

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Style:
    """Choices of the account that change the wire.

    :param price_as_string: C sends ``"10.50"``, A says a number.
    :param base_stock: stock goes once per base product, over all its units.
    :param cancel_reason: used when a cancellation names none.
    """

    currency: str = CURRENCY
    price_as_string: bool = True
    base_stock: bool = False
    cancel_reason: str = DEFAULT_CANCEL_REASON


# === PRODUCTS === #


def identifier(key: ListingKey) -> Row:
    """The members that say which product is meant.

    Cartona looks at supplier_product_id first, then internal_product_id, then base_product_id with
    unit and unit_count (A). Both of the first are sent when both are known: that writes our id to
    the product and so links the two. Without a supplier_product_id, the unit of the base product
    goes beside our id: so a unit of the catalogue is named that does not know our id yet.

    :raise RejectedError: none of the three is known.
    """
    row: Row = {}
    if key.external_id:
        row["supplier_product_id"] = key.external_id
    if key.internal_id:
        row["internal_product_id"] = key.internal_id
    if not key.external_id:
        row |= _base_unit(key)
    if not row:
        text = "The product has no Cartona id and no internal id."
        raise RejectedError(text, code="no_identifier")
    return row


def _base_unit(key: ListingKey) -> Row:
    """The unit of a base product, when all three members are known."""
    base, unit = key.extra.get("base_product_id"), key.extra.get("unit")
    count = key.extra.get("unit_count", "")
    if base and unit and _is_whole(count):
        return {"base_product_id": base, "unit": unit, "unit_count": int(count)}
    return {}


def members(state: State, style: Style) -> Row:
    """The members of a product row that a state says something about; may be empty.

    :raise RejectedError: a value that Cartona cannot take.
    """
    if isinstance(state, ProductState):
        return _product(state)
    if isinstance(state, PriceState):
        return {"selling_price": price(state.price, style, as_string=style.price_as_string)}
    if isinstance(state, InventoryState):
        return _inventory(state)
    raise RejectedError(f"{type(state).__name__} cannot be sent to Cartona.", code="unsupported")


def _product(state: ProductState) -> Row:
    row: Row = {}
    if state.published is not None:
        row["is_published"] = state.published
    if state.min_order is not None:
        row["min_order"] = number(state.min_order)
    if state.max_order is not None:
        row["max_order"] = number(state.max_order)
    for name in PRODUCT_ATTRIBUTES:
        if state.attributes.get(name) is not None:
            value = state.attributes[name]
            row[name] = number(value) if isinstance(value, Decimal) else value
    return row


def _inventory(state: InventoryState) -> Row:
    # Half a box cannot be sold: what rounds to nothing is out of stock.
    quantity = floor(state.quantity)
    row: Row = {
        "in_stock": state.in_stock and (state.unlimited or quantity > 0),
        "is_unlimited_stock": state.unlimited,
    }
    if not state.unlimited:
        row["available_stock_quantity"] = quantity
    return row


def base_pieces(key: ListingKey, state: InventoryState) -> int:
    """Pieces of the base product that a listing's stock stands for."""
    count = key.extra.get("unit_count") or "1"
    pieces = state.quantity * int(count) if _is_whole(count) else state.quantity
    # 25 pieces sold by the dozen come as 2.0833…; the product of that must be 25 again.
    return floor(pieces.quantize(Decimal("0.000001"))) if state.in_stock else 0


def base_stock_row(base_product_id: str, pieces: int) -> Row:
    """A row of base-product/bulk-update-stock: ``{"base_product_id": 4090, …: 300}`` (A)."""
    return {"base_product_id": _int_if_whole(base_product_id), "available_stock_quantity": pieces}


def price(money: Money, style: Style, *, as_string: bool) -> str | int | float:
    """A price in the account's currency.

    :raise RejectedError: another currency, or below zero.
    """
    if money.currency != style.currency:
        text = f"The price is in {money.currency or 'no currency'}, Cartona takes {style.currency}."
        raise RejectedError(text, code="wrong_currency")
    if money.amount < 0:
        raise RejectedError("The price is below zero.", code="negative_price")
    return plain(money.amount) if as_string else number(money.amount)


# === ORDERS === #


def acknowledge_row(key: OrderKey) -> Row:
    """The order need not be offered again."""
    return {"hashed_id": key.external_id, "status": ACKNOWLEDGED}


def status_row(key: OrderKey, state: StatusUpdate, style: Style) -> Row:
    """A status change.

    ``key.extra["fulfilment"]``, when given, is checked against the permission matrix once more:
    it may have changed since the engine looked.

    :raise RejectedError: a status that only Cartona sets, or that may not travel.
    """
    if state.status is OrderStatus.CANCELLED:
        return cancel_row(key, Cancellation(), style)
    word = STATUS_OUT.get(state.status)
    if word is None:
        text = f"The status {state.status.value} is set by Cartona alone."
        raise RejectedError(text, code="not_writable")
    if not allowed("out", key.extra.get("fulfilment", "seller"), state.status):
        text = "Cartona delivers this order; only a cancellation may be sent."
        raise RejectedError(text, code="not_allowed")
    row: Row = {"hashed_id": key.external_id, "status": word}
    if state.otp:
        row["retailer_otp"] = state.otp
    if state.delivery_date:
        delivered = state.status is OrderStatus.DELIVERED
        member = "delivery_day" if delivered else "estimated_delivery_day"
        row[member] = state.delivery_date.isoformat()
    return row


def cancel_row(key: OrderKey, state: Cancellation, style: Style) -> Row:
    """A cancellation by the supplier; Cartona has no member for a note.

    :raise RejectedError: a reason that is not on Cartona's list.
    """
    reason = state.reason or style.cancel_reason
    if reason not in CANCEL_REASONS:
        raise RejectedError("Cartona does not know this reason.", code="unknown_reason")
    return {
        "hashed_id": key.external_id,
        "status": STATUS_OUT[OrderStatus.CANCELLED],
        "cancellation_reason": reason,
    }


def lines_row(key: OrderKey, state: LinesUpdate, style: Style) -> Row:
    """Changed lines of one order: ``{"hashed_id", "order_details": […]}`` (A).

    :raise RejectedError: a line that cannot be expressed.
    """
    if not state.changes:
        raise RejectedError("No line is changed.", code="no_lines")
    details = [_line(change, style) for change in state.changes]
    return {"hashed_id": key.external_id, "order_details": details}


def _line(change: LineChange, style: Style) -> Row:
    if change.external_id:
        # The price of an existing line cannot be changed; Cartona has no member for it.
        if not _is_whole(change.external_id):
            raise RejectedError("The line has no Cartona id.", code="no_line_id")
        line: Row = {"id": int(change.external_id)}
        told: Row = {"cancelled": True} if change.cancelled else _amount(change)
        return line | told
    if change.cancelled or change.listing is None or change.price is None:
        raise RejectedError("A new line needs a product and a price.", code="no_line_id")
    new = identifier(change.listing) | _amount(change)
    return new | {"price": price(change.price, style, as_string=False)}


def _amount(change: LineChange) -> Row:
    if change.quantity < 0:
        raise RejectedError("The quantity is below zero.", code="negative_quantity")
    return {"amount": number(change.quantity)}


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) > 0


def _int_if_whole(text: str) -> int | str:
    return int(text) if _is_whole(text) else text
