"""Wire → neutral. Pure: no call, no clock.

Orders are read strictly where money, quantity or identity is concerned (a wrong guess ships the
wrong goods) and leniently elsewhere (a whole order is not lost for an unreadable delivery day).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from ..core.dates import parse_date, parse_datetime
from ..core.errors import InvalidError
from ..core.money import decimal, optional_decimal
from ..core.revision import revision
from ..core.shape import as_id, as_list, as_object, as_text
from ..core.types import (
    Address,
    Buyer,
    Discount,
    Event,
    ListingKey,
    Money,
    Order,
    OrderLine,
    OrderStatus,
    Payment,
    RemoteListing,
)
from .const import CANCELLED_BY, CURRENCY, FULFILMENT_IN, STATUS_IN

T = TypeVar("T")

# Members of an order without a neutral counterpart, kept as received when they are filled.
_EXTRA = (
    "supplier_code",
    "edited_by_admin",
    "delivered_by",
    "delivery_day",
    "estimated_delivery_day",
    "pickup_date",
    "pickup_otp",
    "return_reason",
    "applied_supplier_rebate",
    "distribution_route_code",
)
_MAX_COUNT = Decimal(1_000_000)
# Ids that we write: a variant's, with the pieces of a unit of its own behind it.
_OWN_ID = re.compile(r"\d{1,18}(#\d{1,7})?", re.ASCII)


# === ORDER === #


def parse_order(payload: Any, currency: str = CURRENCY) -> Order:
    """An order of pull-orders or of a webhook.

    :raise InvalidError: says which member is wrong, never with a buyer's data.
    """
    data = as_object(payload, "order")
    hashed_id = as_id(data.get("hashed_id"), "hashed_id")
    raw_status = as_text(data.get("status"), "status")
    status = parse_status(data.get("status"), STATUS_IN)
    buyer = _buyer(data.get("retailer"))
    credit, installment, top_up = (
        optional_decimal(data.get(name), name) or Decimal()
        for name in ("cartona_credit", "installment_cost", "wallet_top_up")
    )
    delivered_by = _lenient_text(data, "delivered_by")
    reasons = [_lenient_text(data, name) for name in ("cancellation_reason", "return_reason")]
    return Order(
        external_id=hashed_id,
        number=_lenient_text(data, "receipt_id") or hashed_id,
        revision=revision(data),
        status=status,
        raw_status=raw_status,
        currency=currency or CURRENCY,
        buyer=buyer,
        lines=_lines(data, status),
        total=optional_decimal(data.get("total_price"), "total_price"),
        placed_at=_lenient(parse_datetime, data, "created_at"),
        updated_at=_lenient(parse_datetime, data, "updated_at"),
        fulfilment=FULFILMENT_IN.get(delivered_by, delivered_by) or "seller",
        ship_to=buyer.address,
        payments=_payments(credit, installment, top_up),
        requested_delivery=_requested_delivery(data),
        cancelled_by=CANCELLED_BY.get(raw_status.lower(), ""),
        cancel_reason=next((reason for reason in reasons if reason), ""),
        otp_required=installment > 0 or top_up > 0,
        note=_lenient_text(data, "note_message"),
        extra={name: data[name] for name in _EXTRA if data.get(name) not in (None, "")},
    )


def parse_status(value: Any, words: Mapping[str, OrderStatus]) -> OrderStatus:
    """The neutral status of Cartona's word.

    :raise InvalidError: a word that ``words`` does not hold; the message shows it.
    """
    word = as_text(value, "status")
    status = words.get("_".join(word.lower().split()))
    if status is None:
        shown = f"{word[:40]!r} is unknown" if word else "is missing"
        raise InvalidError(f"status {shown}.", code="unknown_status")
    return status


def _lines(data: Mapping[str, Any], status: OrderStatus) -> tuple[OrderLine, ...]:
    details = as_list(data.get("order_details"), "order_details")
    if not details and status is not OrderStatus.CANCELLED:
        raise InvalidError("order_details is empty.", code="bad_shape")
    return tuple(_line(value, index) for index, value in enumerate(details))


def _line(value: Any, index: int) -> OrderLine:
    where = f"order_details[{index}]"
    data = as_object(value, where)
    quantity = _not_negative(data.get("amount"), f"{where}.amount")
    key = _listing_key(data, as_text, _unit_count)
    return OrderLine(
        # A line without id cannot be changed later, but it can be sold.
        external_id=as_text(data.get("id"), f"{where}.id") or f"#{index + 1}",
        listing=key,
        name=_lenient_text(data, "product_name"),
        quantity=quantity,
        unit_price=_not_negative(data.get("selling_price"), f"{where}.selling_price"),
        unit=key.extra.get("unit", ""),
        unit_count=int(key.extra.get("unit_count", "1")),
        discounts=_discounts(data, where),
        comment=_lenient_text(data, "comment"),
    )


def _discounts(data: Mapping[str, Any], where: str) -> tuple[Discount, ...]:
    members = (("seller", "applied_supplier_discount"), ("channel", "applied_cartona_discount"))
    amounts = [(by, optional_decimal(data.get(name), f"{where}.{name}")) for by, name in members]
    return tuple(Discount(by, amount) for by, amount in amounts if amount)


def _payments(credit: Decimal, installment: Decimal, top_up: Decimal) -> tuple[Payment, ...]:
    """Cash to collect = total − credit − installment + top-up (A)."""
    parts = (
        Payment("credit", credit, -1, "Cartona credit"),
        Payment("installment", installment, -1, "Installment collected by Cartona"),
        Payment("top_up", top_up, 1, "Wallet top-up collected for Cartona"),
    )
    return tuple(part for part in parts if part.amount)


def _requested_delivery(data: Mapping[str, Any]) -> date | None:
    names = ("retailer_preferred_delivery_date", "delivery_day", "estimated_delivery_day")
    days = (_lenient(parse_date, data, name) for name in names)
    return next((day for day in days if day), None)


# === BUYER === #


def _buyer(value: Any) -> Buyer:
    data = as_object({} if value is None else value, "retailer")
    name = _lenient_text(data, "retailer_name")
    phone = _lenient_text(data, "retailer_number")
    phone2 = _lenient_text(data, "retailer_number2")
    street = _lenient_text(data, "retailer_address")
    return Buyer(
        external_id=buyer_id(data),
        name=name,
        email=_lenient_text(data, "retailer_email"),
        phone=phone,
        phone2=phone2,
        # Cartona sells to shops.
        is_company=True,
        note=_lenient_text(data, "address_notes"),
        address=Address(name=name, street=street, phone=phone or phone2),
    )


def buyer_id(retailer: Mapping[str, Any]) -> str:
    """``retailer_<code>`` (G1, G2, C).

    Without a code: ``retailer_id_<id>``; then ``retailer_tel_`` and a digest of the phone number,
    which is the same every time and however the number is written, and shows nobody's number;
    empty when there is nothing that tells one retailer from another.
    """
    code = _lenient_text(retailer, "retailer_code")
    if code:
        return f"retailer_{code}"
    own_id = _lenient_text(retailer, "id")
    if own_id:
        return f"retailer_id_{own_id}"
    for member in ("retailer_number", "retailer_number2"):
        phone = phone_digits(_lenient_text(retailer, member))
        if phone:
            return f"retailer_tel_{hashlib.sha256(phone.encode()).hexdigest()[:16]}"
    return ""


def phone_digits(text: str) -> str:
    """``+20 100 123 4567``, ``0020100…``, ``0100…`` and Arabic digits give ``201001234567``."""
    digits = "".join(str(unicodedata.digit(char)) for char in text if char.isdecimal())
    if digits.startswith("00"):
        return digits[2:]
    # A mobile number as it is written inside Egypt.
    return f"20{digits[1:]}" if len(digits) == 11 and digits.startswith("01") else digits


# === EVENTS === #


def order_event(payload: Any) -> Event:
    """An order document of a pull.

    A document without a readable id gets one from its content: it will fail in ``parse_order``
    and stay visible there, instead of stopping the page or vanishing.
    """
    mark = revision(payload)
    data = payload if isinstance(payload, dict) else {}
    try:
        hashed_id = as_id(data.get("hashed_id"), "hashed_id")
    except InvalidError:
        hashed_id = f"unknown-{mark[:12]}"
    return Event("order", hashed_id, mark, payload, _lenient(parse_datetime, data, "updated_at"))


# === LISTINGS === #


def parse_listing(value: Any, currency: str = CURRENCY) -> RemoteListing | None:
    """A row of supplier-product, in every spelling seen.

    :return: ``None`` for a row without any identifier. Members that cannot be read are ``None``.
    """
    if not isinstance(value, dict):
        return None
    data = canonical_keys(value)
    if "supplier_product_id" not in data and "id" in data:
        data["supplier_product_id"] = data["id"]
    return _listing(data, currency)


def parse_base_product(value: Any, currency: str = CURRENCY) -> RemoteListing | None:
    """A row of base-products: its ``id`` is a base product's, so the key has no external id."""
    if not isinstance(value, dict):
        return None
    data = canonical_keys(value)
    data.setdefault("base_product_id", data.get("id"))
    data.pop("supplier_product_id", None)
    return _listing(data, currency)


def _listing(data: Mapping[str, Any], currency: str) -> RemoteListing | None:
    key = _listing_key(data, _lenient_value, _lenient_count)
    if not (key.external_id or key.internal_id or key.extra.get("base_product_id")):
        return None
    price = _first(_lenient_decimal, data, ("selling_price", "price"))
    names = ("supplier_product_name", "product_name", "base_product_name", "name")
    return RemoteListing(
        key=key,
        title=_first(_lenient_text, data, names) or "",
        price=None if price is None else Money(price, currency or CURRENCY),
        quantity=_first(
            _lenient_decimal, data, ("available_stock_quantity", "stock_quantity", "stock")
        ),
        published=_flag(data.get("is_published")),
        in_stock=_flag(data.get("in_stock")),
        unit=key.extra.get("unit", ""),
        unit_count=int(key.extra.get("unit_count", "1")),
        extra=_listing_extra(data),
    )


def _listing_extra(data: Mapping[str, Any]) -> dict[str, Any]:
    names = ("min_order", "max_order", "is_unlimited_stock", "remind_me_at_stock", "supplier_code")
    return {name: data[name] for name in names if data.get(name) is not None}


def canonical_keys(data: Mapping[str, Any]) -> dict[str, Any]:
    """Members by their right names; the published samples say ``suppler_prodcut_id`` (A)."""
    return {
        str(key).lower().replace("suppler", "supplier").replace("prodcut", "product"): item
        for key, item in data.items()
    }


def _listing_key(
    data: Mapping[str, Any], read: Callable[[Any, str], str], count: Callable[[Any], int]
) -> ListingKey:
    extra = {
        "base_product_id": read(data.get("base_product_id"), "base_product_id"),
        "unit": read(data.get("unit"), "unit"),
        "unit_count": str(count(data.get("unit_count"))),
    }
    internal_id = read(data.get("internal_product_id"), "internal_product_id") or None
    return ListingKey(
        external_id=read(data.get("supplier_product_id"), "supplier_product_id") or None,
        # Free text agreed with the supplier (A): what cannot be an id of ours is often his SKU.
        sku=internal_id if internal_id and not _OWN_ID.fullmatch(internal_id) else None,
        internal_id=internal_id,
        extra={name: text for name, text in extra.items() if text},
    )


# === HELPERS === #


def _unit_count(value: Any) -> int:
    """Pieces in one sold unit; missing or zero is one piece.

    :raise InvalidError: a count that would change a quantity if it were guessed.
    """
    count = optional_decimal(value, "unit_count") or Decimal(1)
    if not 1 <= count <= _MAX_COUNT or count != count.to_integral_value():
        raise InvalidError("unit_count is no positive whole number.", code="bad_number")
    return int(count)


def _lenient_count(value: Any) -> int:
    try:
        return _unit_count(value)
    except InvalidError:
        return 1


def _lenient_value(value: Any, member: str) -> str:
    try:
        return as_text(value, member)
    except InvalidError:
        return ""


def _not_negative(value: Any, member: str) -> Decimal:
    number = decimal(value, member)
    if number < 0:
        raise InvalidError(f"{member} is below zero.", code="bad_number")
    return number


def _lenient(read: Callable[[Any, str], T], data: Mapping[str, Any], name: str) -> T | None:
    try:
        return read(data.get(name), name) if data.get(name) else None
    except InvalidError:
        return None


def _lenient_text(data: Mapping[str, Any], name: str) -> str:
    return _lenient(as_text, data, name) or ""


def _lenient_decimal(data: Mapping[str, Any], name: str) -> Decimal | None:
    # Zero is a number, so the emptiness test of _lenient would be wrong here.
    try:
        return optional_decimal(data.get(name), name)
    except InvalidError:
        return None


def _first(
    read: Callable[[Mapping[str, Any], str], T | None],
    data: Mapping[str, Any],
    names: tuple[str, ...],
) -> T | None:
    return next((value for name in names if (value := read(data, name)) not in (None, "")), None)


def _flag(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, str)):
        return {"1": True, "true": True, "0": False, "false": False}.get(str(value).lower())
    return None
