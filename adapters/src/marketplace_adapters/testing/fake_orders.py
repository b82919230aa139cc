"""Order documents of the fake channel: a builder for tests and the parser of its adapter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..core.dates import iso, optional_datetime, parse_date
from ..core.errors import InvalidError
from ..core.money import decimal, optional_decimal
from ..core.revision import revision
from ..core.shape import as_id, as_list, as_object, as_text
from ..core.types import (
    Address,
    Buyer,
    Company,
    Discount,
    ListingKey,
    Order,
    OrderLine,
    OrderStatus,
    Payment,
)


def order_line(
    line_id: str, listing: str, quantity: Any = 1, price: Any = 10, **more: Any
) -> dict[str, Any]:
    """A line of :func:`order_document`; ``more`` may hold sku, internal_id, barcode, name, kind,
    unit, unit_count, tax, tax_included, discounts, location and comment."""
    line = {"id": line_id, "listing": listing, "quantity": str(quantity), "price": str(price)}
    return line | more


def order_document(
    order_id: str,
    lines: Sequence[Mapping[str, Any]] | None = None,
    *,
    now: datetime,
    **more: Any,
) -> dict[str, Any]:
    """An order as the fake channel stores it; ``more`` replaces or adds members."""
    chosen = [dict(line) for line in lines or [order_line(f"{order_id}-1", "F-1")]]
    sums = [Decimal(line["quantity"]) * Decimal(line["price"]) for line in chosen]
    document: dict[str, Any] = {
        "id": order_id,
        "number": order_id,
        "status": "pending",
        "currency": "EUR",
        "placed_at": iso(now),
        "updated_at": iso(now),
        "fulfilment": "seller",
        "buyer": {"id": f"B-{order_id}", "name": "Test Buyer", "phone": "+201000000001"},
        "lines": chosen,
        "total": str(sum(sums, Decimal())),
    }
    return document | more


def parse_order(payload: Any, currency: str) -> Order:
    """The neutral order of a document.

    :raise InvalidError: says which member is wrong.
    """
    data = as_object(payload, "order")
    order_id = as_id(data.get("id"), "order.id")
    status = parse_status(data.get("status"))
    address = _address(data.get("ship_to"))
    return Order(
        external_id=order_id,
        number=_text(data, "number") or order_id,
        revision=revision(data),
        status=status,
        raw_status=status.value,
        currency=_text(data, "currency") or currency,
        buyer=_buyer(data.get("buyer")),
        lines=tuple(_line(line, i) for i, line in enumerate(as_list(data.get("lines"), "lines"))),
        total=optional_decimal(data.get("total"), "order.total"),
        paid_back=optional_decimal(data.get("paid_back"), "order.paid_back") or Decimal(),
        placed_at=optional_datetime(data.get("placed_at"), "order.placed_at"),
        updated_at=optional_datetime(data.get("updated_at"), "order.updated_at"),
        fulfilment=_text(data, "fulfilment") or "seller",
        stocked_by=_text(data, "stocked_by") or "seller",
        priced=data.get("priced") is not False,
        summary=data.get("summary") is True,
        test=data.get("test") is True,
        risk=_text(data, "risk"),
        ship_by=optional_datetime(data.get("ship_by"), "order.ship_by"),
        deliver_by=optional_datetime(data.get("deliver_by"), "order.deliver_by"),
        ship_to=address,
        bill_to=_address(data.get("bill_to")) or address,
        payments=tuple(_payment(payment) for payment in as_list(data.get("payments"), "payments")),
        requested_delivery=(
            parse_date(data["requested_delivery"], "order.requested_delivery")
            if data.get("requested_delivery")
            else None
        ),
        cancelled_by=_text(data, "cancelled_by"),
        cancel_reason=_text(data, "cancel_reason"),
        otp_required=data.get("otp_required") is True,
        note=_text(data, "note"),
        extra=as_object(data.get("extra") or {}, "order.extra"),
    )


def parse_status(value: Any) -> OrderStatus:
    """A status word of the fake channel."""
    try:
        return OrderStatus(value)
    except ValueError:
        shown = value[:40] if isinstance(value, str) else type(value).__name__
        raise InvalidError(f"order.status {shown!r} is unknown.", code="unknown_status") from None


def _line(value: Any, index: int) -> OrderLine:
    where = f"lines[{index}]"
    data = as_object(value, where)
    count = decimal(data.get("unit_count") or 1, f"{where}.unit_count")
    return OrderLine(
        external_id=as_id(data.get("id"), f"{where}.id"),
        listing=ListingKey(
            external_id=_text(data, "listing") or None,
            sku=_text(data, "sku") or None,
            internal_id=_text(data, "internal_id") or None,
            barcode=_text(data, "barcode") or None,
        ),
        name=_text(data, "name") or _text(data, "listing"),
        quantity=decimal(data.get("quantity"), f"{where}.quantity"),
        unit_price=decimal(data.get("price"), f"{where}.price"),
        kind=_text(data, "kind") or "product",
        unit=_text(data, "unit"),
        unit_count=max(1, int(count)),
        shipped=optional_decimal(data.get("shipped"), f"{where}.shipped"),
        tax=optional_decimal(data.get("tax"), f"{where}.tax"),
        tax_included=data.get("tax_included") is not False,
        taxed_by=_text(data, "taxed_by") or "seller",
        discounts=tuple(_discount(item) for item in as_list(data.get("discounts"), "discounts")),
        location=_text(data, "location"),
        comment=_text(data, "comment"),
    )


def _discount(value: Any) -> Discount:
    data = as_object(value, "discount")
    amount = decimal(data.get("amount"), "discount.amount")
    return Discount(_text(data, "by") or "seller", amount, _text(data, "label"))


def _payment(value: Any) -> Payment:
    data = as_object(value, "payment")
    amount = decimal(data.get("amount"), "payment.amount")
    sign = data.get("sign")
    if sign not in (-1, 0, 1, None) or isinstance(sign, bool):
        raise InvalidError("payment.sign must be -1, 0 or 1.")
    return Payment(_text(data, "kind") or "paid", amount, sign or 0, _text(data, "label"))


def _buyer(value: Any) -> Buyer:
    data = as_object(value or {}, "buyer")
    return Buyer(
        external_id=_text(data, "id"),
        name=_text(data, "name"),
        email=_text(data, "email"),
        phone=_text(data, "phone"),
        phone2=_text(data, "phone2"),
        is_company=data.get("is_company") is True,
        vat=_text(data, "vat"),
        note=_text(data, "note"),
        address=_address(data.get("address")) or Address(),
        company=_company(data.get("company")),
    )


def _company(value: Any) -> Company | None:
    if not value:
        return None
    data = as_object(value, "company")
    names = ("name", "vat", "site_id", "site_name", "terms")
    return Company(
        as_id(data.get("id"), "company.id"), **{name: _text(data, name) for name in names}
    )


def _address(value: Any) -> Address | None:
    if not value:
        return None
    data = as_object(value, "address")
    return Address(**{name: _text(data, name) for name in Address.__dataclass_fields__})


def _text(data: Mapping[str, Any], name: str) -> str:
    return as_text(data.get(name), name)
