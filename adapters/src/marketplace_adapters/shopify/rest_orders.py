"""Orders as webhooks bring them: REST shape, snake_case, numeric ids. Pure.

Members and their source are listed in :mod:`.rest_members`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ..core.money import decimal, optional_decimal
from ..core.shape import as_object, member, text
from .forms import (
    ZERO,
    CustomerForm,
    Cut,
    FulfilmentForm,
    LineForm,
    OrderForm,
    ShippingForm,
    Tax,
)
from .rest_refunds import read_refund, read_return
from .wording import (
    address,
    count,
    currency_code,
    flag,
    labels,
    moment,
    number,
    optional_number,
    optional_rate,
    rows,
    strict_list,
    words,
)

DEAD = frozenset({"cancelled", "error", "failure"})
SIDES = {"shop": "shop_money", "presentment": "presentment_money"}


class Purse:
    """Reads money in the currency that the account takes.

    :param money: ``shop`` or ``presentment``.
    :param plain: whether amounts without a set are in that currency too.
    """

    def __init__(self, money: str, currency: str, plain: bool = True) -> None:
        self.side = SIDES[money]
        self.currency = currency
        self.plain = plain

    def of(self, data: Mapping[str, Any], name: str, where: str) -> Decimal:
        """``<name>_set``, or ``<name>`` where there is no set.

        :raise InvalidError: neither, or no amount.
        """
        found = self.optional(data, name, where)
        return decimal(None, f"{where}{name}") if found is None else found

    def optional(self, data: Mapping[str, Any], name: str, where: str) -> Decimal | None:
        """As :meth:`of`; ``None`` where it is not told."""
        bag = data.get(f"{name}_set")
        if bag is not None:
            return self.bag(bag, f"{where}{name}_set")
        return optional_decimal(data.get(name), f"{where}{name}") if self.plain else None

    def bag(self, value: Any, where: str) -> Decimal:
        """``{"shop_money": {"amount", "currency_code"}, "presentment_money": …}``."""
        side = as_object(as_object(value, where).get(self.side), f"{where}.{self.side}")
        return decimal(side.get("amount"), f"{where}.{self.side}.amount")


def purse_of(data: Mapping[str, Any], money: str) -> Purse:
    """The purse of an order, refund or draft; see :class:`Purse`."""
    shop = currency_code(data.get("currency"), "currency")
    buyer = text(data, "presentment_currency") or shop
    if money == "shop":
        return Purse(money, shop)
    return Purse(money, currency_code(buyer, "presentment_currency"), plain=buyer == shop)


def read_order(payload: Any, money: str) -> OrderForm:
    """An order of ``orders/*``.

    :raise InvalidError: names the member that is wrong.
    """
    data = as_object(payload, "order")
    order_id = number(data.get("id"), "id")
    purse = purse_of(data, money)
    total = purse.optional(data, "current_total_price", "")
    if total is None:
        total = purse.of(data, "total_price", "")
    included = flag(data, "taxes_included")
    ship_to, ship_company = rest_address(data.get("shipping_address"))
    bill_to, bill_company = rest_address(data.get("billing_address"))
    company = member(data, "company")
    terms = member(data, "payment_terms")
    titles = discount_labels(data)
    return OrderForm(
        id=order_id,
        name=text(data, "name") or text(data, "order_number"),
        currency=purse.currency,
        total=total,
        taxes_included=included,
        lines=tuple(
            read_line(one, f"line_items[{index}]", purse, titles)
            for index, one in enumerate(strict_list(data, "line_items", ""))
        ),
        created_at=moment(data, "processed_at") or moment(data, "created_at"),
        updated_at=moment(data, "updated_at"),
        financial=text(data, "financial_status").lower(),
        fulfilment=text(data, "fulfillment_status").lower() or "unfulfilled",
        cancelled_at=moment(data, "cancelled_at"),
        cancel_reason=text(data, "cancel_reason").lower(),
        closed_at=moment(data, "closed_at"),
        shipping=tuple(
            read_shipping(one, f"shipping_lines[{index}].", purse, titles)
            for index, one in enumerate(strict_list(data, "shipping_lines", ""))
        ),
        tax=purse.optional(data, "current_total_tax", ""),
        tips=optional_decimal(data.get("total_tip_received"), "total_tip_received") or ZERO,
        fees=purse.optional(data, "original_total_additional_fees", "") or ZERO,
        current_fees=purse.optional(data, "current_total_additional_fees", "") or ZERO,
        duties=purse.optional(data, "original_total_duties", "") or ZERO,
        current_duties=purse.optional(data, "current_total_duties", "") or ZERO,
        duties_included=flag(data, "duties_included"),
        outstanding=optional_decimal(data.get("total_outstanding"), "total_outstanding"),
        other_total=_other_total(data, money),
        gateways=tuple(sorted(words(data, "payment_gateway_names"))),
        terms=text(terms, "payment_terms_name"),
        fulfilments=tuple(
            sorted(
                (
                    _fulfilment(one, f"fulfillments[{index}].")
                    for index, one in enumerate(strict_list(data, "fulfillments", ""))
                ),
                key=lambda one: (len(one.id), one.id),
            )
        ),
        refunds=tuple(
            sorted(
                (
                    read_refund(one, money, order_id, purse.currency, included)
                    for one in strict_list(data, "refunds", "")
                ),
                key=lambda one: (len(one.id), one.id),
            )
        ),
        returns=tuple(
            read_return(one, order_id)
            for one in rows(data, "returns")
            if optional_number(one.get("id"))
        ),
        customer=customer(member(data, "customer")),
        email=text(data, "contact_email") or text(data, "email"),
        phone=text(data, "phone"),
        ship_to=ship_to,
        bill_to=bill_to,
        ship_company=ship_company,
        bill_company=bill_company,
        company=optional_number(company.get("id")),
        site=optional_number(company.get("location_id")),
        note=text(data, "note"),
        attributes=_pairs(data, "note_attributes"),
        tags=labels(data, "tags"),
        codes=tuple(
            sorted(filter(None, (text(one, "code") for one in rows(data, "discount_codes"))))
        ),
        source=text(data, "source_name"),
        location=optional_number(data.get("location_id")),
        po_number=text(data, "po_number"),
        test=flag(data, "test"),
        money_side=money,
    )


def _other_total(data: Mapping[str, Any], money: str) -> tuple[Decimal, str] | None:
    other = "presentment_money" if money == "shop" else "shop_money"
    side = member(data, "current_total_price_set", other)
    code = text(side, "currency_code").upper()
    if (
        not code
        or code == text(data, "current_total_price_set", SIDES[money], "currency_code").upper()
    ):
        return None
    return decimal(side.get("amount"), "current_total_price_set.amount"), code


def discount_labels(data: Mapping[str, Any]) -> dict[str, str]:
    """Code or title of every discount, by its place in ``discount_applications``."""
    return {
        str(index): text(one, "code") or text(one, "title")
        for index, one in enumerate(rows(data, "discount_applications"))
    }


# === LINES === #


def read_line(value: Any, where: str, purse: Purse, titles: Mapping[str, str]) -> LineForm:
    """A line item of an order or of a refund.

    :raise InvalidError: its id, quantity or money is missing or wrong.
    """
    data = as_object(value, where)
    where = f"{where}."
    quantity = count(data.get("quantity"), f"{where}quantity")
    current = data.get("current_quantity")
    duties = rows(data, "duties")
    there = data.get("product_exists") is not False
    return LineForm(
        id=number(data.get("id"), f"{where}id"),
        name=text(data, "name") or text(data, "title"),
        quantity=quantity,
        current=quantity if current is None else count(current, f"{where}current_quantity"),
        price=purse.of(data, "price", where),
        variant=optional_number(data.get("variant_id")) if there else "",
        product=optional_number(data.get("product_id")) if there else "",
        sku=text(data, "sku"),
        gift_card=flag(data, "gift_card"),
        shippable=data.get("requires_shipping") is not False,
        cuts=read_cuts(data, where, purse, titles),
        taxes=read_taxes(data, where, purse),
        duties=sum((_duty(one, f"{where}duties.", purse) for one in duties), ZERO),
        duty_taxes=tuple(
            tax for one in duties for tax in read_taxes(one, f"{where}duties.", purse)
        ),
        properties=_pairs(data, "properties"),
    )


def read_shipping(value: Any, where: str, purse: Purse, titles: Mapping[str, str]) -> ShippingForm:
    """A row of ``shipping_lines``."""
    data = as_object(value, where.rstrip("."))
    return ShippingForm(
        id=optional_number(data.get("id")),
        title=text(data, "title"),
        price=purse.of(data, "price", where),
        current=purse.optional(data, "current_discounted_price", where),
        removed=flag(data, "is_removed"),
        cuts=read_cuts(data, where, purse, titles),
        taxes=read_taxes(data, where, purse),
    )


def read_cuts(
    data: Mapping[str, Any], where: str, purse: Purse, titles: Mapping[str, str]
) -> tuple[Cut, ...]:
    """``discount_allocations``; those without an amount are left out."""
    found = [
        Cut(
            purse.of(as_object(one, f"{where}discount_allocations"), "amount", where),
            titles.get(text(one, "discount_application_index"), ""),
        )
        for one in strict_list(data, "discount_allocations", where)
    ]
    return tuple(
        sorted((one for one in found if one.amount), key=lambda one: (one.label, one.amount))
    )


def read_taxes(data: Mapping[str, Any], where: str, purse: Purse) -> tuple[Tax, ...]:
    """``tax_lines``; those without an amount are left out."""
    found = [
        Tax(
            purse.of(as_object(one, f"{where}tax_lines"), "price", f"{where}tax_lines."),
            optional_rate(as_object(one, where).get("rate")),
            flag(one, "channel_liable"),
        )
        for one in strict_list(data, "tax_lines", where)
    ]
    return tuple(one for one in found if one.amount)


def _duty(data: Mapping[str, Any], where: str, purse: Purse) -> Decimal:
    # D: the two sides stand in the duty itself; a set where newer bodies have one.
    return purse.bag(data.get("price_set") or data, where)


def _pairs(data: Mapping[str, Any], name: str) -> tuple[tuple[str, str], ...]:
    found = [(text(one, "name"), text(one, "value")) for one in rows(data, name)]
    return tuple(one for one in found if one[1])


# === OTHERS === #


def _fulfilment(value: Any, where: str) -> FulfilmentForm:
    data = as_object(value, where.rstrip("."))
    return FulfilmentForm(
        id=number(data.get("id"), f"{where}id"),
        alive=text(data, "status").lower() not in DEAD,
        delivered=text(data, "shipment_status").lower() == "delivered",
        lines=tuple(
            sorted(
                (
                    number(one.get("id"), f"{where}line_items.id"),
                    count(one.get("quantity"), f"{where}line_items.quantity"),
                )
                for one in rows(data, "line_items")
            )
        ),
    )


def customer(data: Mapping[str, Any]) -> CustomerForm:
    """``customer`` of an order; empty without one."""
    return CustomerForm(
        id=optional_number(data.get("id")),
        first=text(data, "first_name"),
        last=text(data, "last_name"),
        email=text(data, "email"),
        phone=text(data, "phone"),
    )


def rest_address(value: Any) -> Any:
    """See :func:`.wording.address`."""
    return address(value, "province_code", "country_code", "first_name", "last_name")
