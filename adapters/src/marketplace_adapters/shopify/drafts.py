"""Draft orders of both roads: quotations, no sales. Pure.

A draft has discounts that are not allocated and, in webhooks, taxes that are not told by shipping:
the discount of the whole draft is a line of its own, and tax that no line explains is shipping's.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ..core.money import decimal, optional_decimal
from ..core.shape import as_object, member, text
from . import graph_orders, rest_orders
from .forms import ZERO, Cut, LineForm, More, OrderForm, ShippingForm, Tax
from .wording import (
    count,
    currency_code,
    flag,
    labels,
    moment,
    number,
    optional_number,
    rows,
    strict_list,
)

KIND = "gid://shopify/DraftOrder/"
DELETED = "deleted"


def is_draft(data: Mapping[str, Any]) -> bool:
    """Whether the document of an order is one of a draft."""
    return text(data, "id").startswith(KIND) or text(data, "admin_graphql_api_id").startswith(KIND)


def deleted(number_: str) -> dict[str, Any]:
    """The document of a draft that is no more: its message names it alone."""
    return {"id": f"{KIND}{number_}", "status": "DELETED"}


def read(data: Mapping[str, Any], money: str) -> OrderForm:
    """A draft of either road.

    :raise InvalidError: names the member that is wrong.
    """
    if text(data, "status").upper() == "DELETED" and "currencyCode" not in data:
        return _gone(data)
    graph = text(data, "id").startswith(KIND)
    return _graph(data, money) if graph else _rest(data, money)


def _gone(data: Mapping[str, Any]) -> OrderForm:
    found = number(data.get("id"), "id")
    # Nothing is left to be paid, in no money: XXX is the "no currency" of ISO 4217.
    return OrderForm(
        found, f"#{found}", "XXX", ZERO, False, (), None, None, draft=DELETED, outstanding=ZERO
    )


def _shipping(
    title: str, price: Decimal, lines: tuple[LineForm, ...], tax: Decimal | None, cut: Decimal
) -> ShippingForm:
    known = sum((one.amount for line in lines for one in line.taxes), ZERO)
    rest = (tax or ZERO) - known
    taxes = (Tax(rest),) if rest > 0 else ()
    return ShippingForm("", title, price, cuts=(Cut(cut),) if cut else (), taxes=taxes)


def _discount_line(data: Mapping[str, Any], amount: Decimal) -> tuple[LineForm, ...]:
    """The discount of the whole draft as a line below zero."""
    if not amount:
        return ()
    title = text(data, "title") or text(data, "description") or "Discount"
    return (LineForm("0", title, 1, 1, -amount, shippable=False),)


# === WEBHOOK === #


def _rest(data: Mapping[str, Any], money: str) -> OrderForm:
    purse = rest_orders.purse_of(data, money)
    lines = tuple(
        _rest_line(one, f"line_items[{index}]", purse)
        for index, one in enumerate(strict_list(data, "line_items", ""))
    )
    tax = purse.optional(data, "total_tax", "")
    off = member(data, "applied_discount")
    ship = member(data, "shipping_line")
    shipping: tuple[ShippingForm, ...] = ()
    if ship:
        price = purse.of(ship, "price", "shipping_line.")
        shipping = (_shipping(text(ship, "title"), price, lines, tax, ZERO),)
    ship_to, ship_company = rest_orders.rest_address(data.get("shipping_address"))
    bill_to, bill_company = rest_orders.rest_address(data.get("billing_address"))
    cut = optional_decimal(off.get("amount"), "applied_discount.amount") or ZERO
    return OrderForm(
        id=number(data.get("id"), "id"),
        name=text(data, "name"),
        currency=purse.currency,
        total=purse.of(data, "total_price", ""),
        taxes_included=flag(data, "taxes_included"),
        lines=(*lines, *_discount_line(off, cut)),
        created_at=moment(data, "created_at"),
        updated_at=moment(data, "updated_at"),
        shipping=shipping,
        tax=tax,
        terms=text(data, "payment_terms", "payment_terms_name"),
        customer=rest_orders.customer(member(data, "customer")),
        email=text(data, "email"),
        phone=text(data, "phone"),
        ship_to=ship_to,
        bill_to=bill_to,
        ship_company=ship_company,
        bill_company=bill_company,
        note=text(data, "note"),
        attributes=tuple(
            (text(one, "name"), text(one, "value")) for one in rows(data, "note_attributes")
        ),
        tags=labels(data, "tags"),
        po_number=text(data, "po_number"),
        source="draft",
        draft=text(data, "status").lower() or "open",
        order_of_draft=optional_number(data.get("order_id")),
        money_side=money,
    )


def _rest_line(value: Any, where: str, purse: rest_orders.Purse) -> LineForm:
    data = as_object(value, where)
    where = f"{where}."
    quantity = count(data.get("quantity"), f"{where}quantity")
    off = optional_decimal(member(data, "applied_discount").get("amount"), f"{where}amount") or ZERO
    return LineForm(
        id=number(data.get("id"), f"{where}id"),
        name=text(data, "name") or text(data, "title"),
        quantity=quantity,
        current=quantity,
        price=purse.of(data, "price", where),
        variant=optional_number(data.get("variant_id")),
        product=optional_number(data.get("product_id")),
        sku=text(data, "sku"),
        gift_card=flag(data, "gift_card"),
        shippable=data.get("requires_shipping") is not False,
        cuts=(Cut(off),) if off else (),
        taxes=rest_orders.read_taxes(data, where, purse),
        properties=tuple(
            (text(one, "name"), text(one, "value")) for one in rows(data, "properties")
        ),
    )


# === GRAPHQL === #


def _graph(data: Mapping[str, Any], money: str) -> OrderForm:
    shop = currency_code(data.get("currencyCode"), "currencyCode")
    buyer = text(data, "presentmentCurrencyCode") or shop
    lines = tuple(
        _graph_line(one, f"lineItems[{index}]", money)
        for index, one in enumerate(strict_list(data, "lineItems", ""))
    )
    tax = graph_orders.optional_bag(data, "totalTaxSet", "", money)
    off = member(data, "appliedDiscount")
    cut = graph_orders.bag(off, "amountSet", "appliedDiscount.", money) if off else ZERO
    ship = member(data, "shippingLine")
    shipping: tuple[ShippingForm, ...] = ()
    if ship:
        one = graph_orders.read_shipping(ship, "shippingLine.", money)
        less = sum((cut_.amount for cut_ in one.cuts), ZERO)
        shipping = (_shipping(one.title, one.price, lines, tax, less),)
    ship_to, ship_company = graph_orders.graph_address(data.get("shippingAddress"))
    bill_to, bill_company = graph_orders.graph_address(data.get("billingAddress"))
    entity = member(data, "purchasingEntity")
    return OrderForm(
        id=number(data.get("id"), "id"),
        name=text(data, "name"),
        currency=shop if money == "shop" else currency_code(buyer, "presentmentCurrencyCode"),
        total=graph_orders.bag(data, "totalPriceSet", "", money),
        taxes_included=flag(data, "taxesIncluded"),
        lines=(*lines, *_discount_line(off, cut)),
        created_at=moment(data, "createdAt"),
        updated_at=moment(data, "updatedAt"),
        shipping=shipping,
        tax=tax,
        terms=text(data, "paymentTerms", "paymentTermsName"),
        customer=graph_orders.customer(member(data, "customer")),
        email=text(data, "email"),
        phone=text(data, "phone"),
        ship_to=ship_to,
        bill_to=bill_to,
        ship_company=ship_company,
        bill_company=bill_company,
        company=optional_number(member(entity, "company").get("id")),
        site=optional_number(member(entity, "location").get("id")),
        note=text(data, "note2"),
        attributes=graph_orders.pairs(data, "customAttributes"),
        tags=labels(data, "tags"),
        po_number=text(data, "poNumber"),
        source="draft",
        draft=text(data, "status").lower() or "open",
        order_of_draft=optional_number(member(data, "order").get("id")),
        money_side=money,
        more=More(
            company_name=text(entity, "company", "name"),
            site_name=text(entity, "location", "name"),
            vat=text(entity, "location", "taxSettings", "taxRegistrationId"),
        ),
    )


def _graph_line(value: Any, where: str, money: str) -> LineForm:
    data = as_object(value, where)
    where = f"{where}."
    quantity = count(data.get("quantity"), f"{where}quantity")
    price = graph_orders.bag(data, "originalUnitPriceSet", where, money)
    left = graph_orders.bag(data, "discountedTotalSet", where, money)
    off = decimal(price * quantity - left, f"{where}discountedTotalSet")
    return LineForm(
        id=number(data.get("id"), f"{where}id"),
        name=text(data, "name") or text(data, "title"),
        quantity=quantity,
        current=quantity,
        price=price,
        variant=optional_number(member(data, "variant").get("id")),
        product=optional_number(member(data, "product").get("id")),
        sku=text(data, "sku"),
        gift_card=flag(data, "isGiftCard"),
        shippable=data.get("requiresShipping") is not False,
        cuts=(Cut(off),) if off else (),
        taxes=graph_orders.read_taxes(data, where, money),
        properties=graph_orders.pairs(data, "customAttributes"),
    )
