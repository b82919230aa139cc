"""Orders as the GraphQL API brings them (``documents/orders.graphql``). Pure.

The node of an event is whole: lists that had more pages are put together before, and refunds and
returns are merged in, see :mod:`.pull_orders`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ..core.money import decimal
from ..core.shape import as_object, member, text
from ..core.types import Address
from .forms import (
    ZERO,
    CustomerForm,
    Cut,
    FulfilmentForm,
    FulfilmentOrderForm,
    LineForm,
    More,
    OrderForm,
    ShippingForm,
    Tax,
)
from .graph_refunds import read_refund, read_return
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

SIDES = {"shop": "shopMoney", "presentment": "presentmentMoney"}
DEAD = frozenset({"CANCELLED", "ERROR", "FAILURE"})
GONE = frozenset({"CANCELLED", "CLOSED"})
# Words of webhooks for those of the schema (D); what is not here is not fulfilled yet.
FULFILMENT = {
    "FULFILLED": "fulfilled",
    "PARTIALLY_FULFILLED": "partial",
    "RESTOCKED": "restocked",
}
RISKS = {"CANCEL": "high", "INVESTIGATE": "medium", "ACCEPT": "low", "NONE": "none"}
LEVELS = {"HIGH": "high", "MEDIUM": "medium", "LOW": "low", "NONE": "none", "PENDING": "pending"}
GRAVEST = ("high", "medium", "pending", "low", "none")


def bag(data: Mapping[str, Any], name: str, where: str, money: str) -> Decimal:
    """The amount of a MoneyBag on the side that the account takes.

    :raise InvalidError: no bag, or no amount in it.
    """
    found = as_object(data.get(name), f"{where}{name}")
    side = as_object(found.get(SIDES[money]), f"{where}{name}.{SIDES[money]}")
    return decimal(side.get("amount"), f"{where}{name}.amount")


def optional_bag(data: Mapping[str, Any], name: str, where: str, money: str) -> Decimal | None:
    """As :func:`bag`; ``None`` where there is none."""
    return None if data.get(name) is None else bag(data, name, where, money)


def read_order(payload: Any, money: str) -> OrderForm:
    """An Order node.

    :raise InvalidError: names the member that is wrong.
    """
    data = as_object(payload, "order")
    order_id = number(data.get("id"), "id")
    shop = currency_code(data.get("currencyCode"), "currencyCode")
    buyer = text(data, "presentmentCurrencyCode") or shop
    currency = shop if money == "shop" else currency_code(buyer, "presentmentCurrencyCode")
    included = flag(data, "taxesIncluded")
    ship_to, ship_company = graph_address(data.get("shippingAddress"))
    bill_to, bill_company = graph_address(data.get("billingAddress"))
    entity = member(data, "purchasingEntity")
    fulfilments = (
        _fulfilment(one, f"fulfillments[{index}].")
        for index, one in enumerate(strict_list(data, "fulfillments", ""))
    )
    refunds = (
        read_refund(one, money, order_id, currency, included)
        for one in strict_list(data, "refunds", "")
    )
    word = text(data, "displayFulfillmentStatus").upper()
    return OrderForm(
        id=order_id,
        name=text(data, "name"),
        currency=currency,
        total=bag(data, "currentTotalPriceSet", "", money),
        taxes_included=included,
        lines=tuple(
            read_line(one, f"lineItems[{index}]", money)
            for index, one in enumerate(strict_list(data, "lineItems", ""))
        ),
        created_at=moment(data, "processedAt") or moment(data, "createdAt"),
        updated_at=moment(data, "updatedAt"),
        financial=text(data, "displayFinancialStatus").lower(),
        fulfilment=FULFILMENT.get(word, "unfulfilled"),
        cancelled_at=moment(data, "cancelledAt"),
        cancel_reason=text(data, "cancelReason").lower(),
        closed_at=moment(data, "closedAt"),
        shipping=tuple(
            read_shipping(one, f"shippingLines[{index}].", money)
            for index, one in enumerate(strict_list(data, "shippingLines", ""))
        ),
        tax=optional_bag(data, "currentTotalTaxSet", "", money),
        tips=optional_bag(data, "totalTipReceivedSet", "", "shop") or ZERO,
        fees=optional_bag(data, "originalTotalAdditionalFeesSet", "", money) or ZERO,
        current_fees=optional_bag(data, "currentTotalAdditionalFeesSet", "", money) or ZERO,
        duties=optional_bag(data, "originalTotalDutiesSet", "", money) or ZERO,
        current_duties=optional_bag(data, "currentTotalDutiesSet", "", money) or ZERO,
        duties_included=flag(data, "dutiesIncluded"),
        outstanding=optional_bag(data, "totalOutstandingSet", "", "shop"),
        other_total=_other_total(data, money),
        gateways=tuple(sorted(words(data, "paymentGatewayNames"))),
        terms=text(data, "paymentTerms", "paymentTermsName"),
        fulfilments=tuple(sorted(fulfilments, key=lambda one: (len(one.id), one.id))),
        refunds=tuple(sorted(refunds, key=lambda one: (len(one.id), one.id))),
        returns=tuple(read_return(one, order_id) for one in rows(data, "returns")),
        customer=customer(member(data, "customer")),
        email=text(data, "email"),
        phone=text(data, "phone"),
        ship_to=ship_to,
        bill_to=bill_to,
        ship_company=ship_company,
        bill_company=bill_company,
        company=optional_number(member(entity, "company").get("id")),
        site=optional_number(member(entity, "location").get("id")),
        note=text(data, "note"),
        attributes=pairs(data, "customAttributes"),
        tags=labels(data, "tags"),
        codes=tuple(sorted(words(data, "discountCodes"))),
        source=text(data, "sourceName"),
        location=optional_number(member(data, "retailLocation").get("id")),
        po_number=text(data, "poNumber"),
        test=flag(data, "test"),
        money_side=money,
        more=_more(data, entity, money, word == "ON_HOLD"),
    )


def _other_total(data: Mapping[str, Any], money: str) -> tuple[Decimal, str] | None:
    other = SIDES["presentment" if money == "shop" else "shop"]
    side = member(data, "currentTotalPriceSet", other)
    code = text(side, "currencyCode").upper()
    if not code or code == text(data, "currentTotalPriceSet", SIDES[money], "currencyCode").upper():
        return None
    return decimal(side.get("amount"), "currentTotalPriceSet.amount"), code


def _more(data: Mapping[str, Any], entity: Mapping[str, Any], money: str, held: bool) -> More:
    paid = ZERO
    for one in rows(data, "transactions"):
        done = text(one, "kind").upper() in ("SALE", "CAPTURE")
        if (
            done
            and text(one, "status").upper() == "SUCCESS"
            and text(one, "gateway") == "gift_card"
        ):
            paid += bag(one, "amountSet", "transactions.", money)
    orders = rows(data, "fulfillmentOrders")
    return More(
        risk=_risk(member(data, "risk")),
        locations=_locations(orders),
        gift_cards=paid,
        company_name=text(entity, "company", "name"),
        site_name=text(entity, "location", "name"),
        vat=text(entity, "location", "taxSettings", "taxRegistrationId"),
        on_hold=held,
        fulfilment_orders=tuple(_fulfilment_order(one) for one in orders if one.get("id")),
    )


def _fulfilment_order(data: Mapping[str, Any]) -> FulfilmentOrderForm:
    left = [row.get("remainingQuantity") for row in rows(data, "lineItems")]
    return FulfilmentOrderForm(
        optional_number(data.get("id")) or "",
        optional_number(member(data, "assignedLocation", "location").get("id")) or "",
        text(data, "status").lower(),
        sum(pieces for pieces in left if isinstance(pieces, int)),
    )


def _risk(data: Mapping[str, Any]) -> str:
    """The gravest assessment, and what Shopify recommends: ``high``, ``medium``, ``low``, ``none``
    where nobody suspects anything; empty while that is still looked into."""
    found = {RISKS.get(text(data, "recommendation").upper(), "")}
    found |= {LEVELS.get(text(one, "riskLevel").upper(), "") for one in rows(data, "assessments")}
    gravest = next((one for one in GRAVEST if one in found), "")
    return "" if gravest == "pending" else gravest


def _locations(orders: list[Mapping[str, Any]]) -> dict[str, str]:
    """Where each line is to be delivered from. What is still to go counts first: a line that moved
    to another location stands in the old fulfilment order with nothing left."""
    found: dict[str, tuple[tuple[int, int], str]] = {}
    for position, one in enumerate(orders):
        place = optional_number(member(one, "assignedLocation", "location").get("id"))
        if not place or text(one, "status").upper() == "CANCELLED":
            continue
        for row in rows(one, "lineItems"):
            line = optional_number(member(row, "lineItem").get("id"))
            left = row.get("remainingQuantity")
            open_ = isinstance(left, int) and left > 0 and text(one, "status").upper() not in GONE
            rank = (1 if open_ else 0, -position)
            if line and (line not in found or rank > found[line][0]):
                found[line] = (rank, place)
    return {line: place for line, (_rank, place) in found.items()}


# === LINES === #


def read_line(value: Any, where: str, money: str) -> LineForm:
    """A LineItem.

    :raise InvalidError: its id, quantity or money is missing or wrong.
    """
    data = as_object(value, where)
    where = f"{where}."
    duties = rows(data, "duties")
    return LineForm(
        id=number(data.get("id"), f"{where}id"),
        name=text(data, "name") or text(data, "title"),
        quantity=count(data.get("quantity"), f"{where}quantity"),
        current=count(data.get("currentQuantity"), f"{where}currentQuantity"),
        price=bag(data, "originalUnitPriceSet", where, money),
        variant=optional_number(member(data, "variant").get("id")),
        product=optional_number(member(data, "product").get("id")),
        sku=text(data, "sku"),
        gift_card=flag(data, "isGiftCard"),
        shippable=data.get("requiresShipping") is not False,
        cuts=read_cuts(data, where, money),
        taxes=read_taxes(data, where, money),
        duties=sum((bag(one, "price", f"{where}duties.", money) for one in duties), ZERO),
        duty_taxes=tuple(
            tax for one in duties for tax in read_taxes(one, f"{where}duties.", money)
        ),
        properties=pairs(data, "customAttributes"),
    )


def read_shipping(value: Any, where: str, money: str) -> ShippingForm:
    """A ShippingLine."""
    data = as_object(value, where.rstrip("."))
    return ShippingForm(
        id=optional_number(data.get("id")),
        title=text(data, "title"),
        price=bag(data, "originalPriceSet", where, money),
        current=optional_bag(data, "currentDiscountedPriceSet", where, money),
        removed=flag(data, "isRemoved"),
        cuts=read_cuts(data, where, money),
        taxes=read_taxes(data, where, money),
    )


def read_cuts(data: Mapping[str, Any], where: str, money: str) -> tuple[Cut, ...]:
    """``discountAllocations``; those without an amount are left out."""
    found = []
    for one in strict_list(data, "discountAllocations", where):
        row = as_object(one, f"{where}discountAllocations")
        label = text(row, "discountApplication", "code") or text(
            row, "discountApplication", "title"
        )
        amount = bag(row, "allocatedAmountSet", f"{where}discountAllocations.", money)
        if amount:
            found.append(Cut(amount, label))
    return tuple(sorted(found, key=lambda one: (one.label, one.amount)))


def read_taxes(data: Mapping[str, Any], where: str, money: str) -> tuple[Tax, ...]:
    """``taxLines``; those without an amount are left out."""
    found = []
    for one in strict_list(data, "taxLines", where):
        row = as_object(one, f"{where}taxLines")
        amount = bag(row, "priceSet", f"{where}taxLines.", money)
        if amount:
            found.append(Tax(amount, optional_rate(row.get("rate")), flag(row, "channelLiable")))
    return tuple(found)


def pairs(data: Mapping[str, Any], name: str) -> tuple[tuple[str, str], ...]:
    """Attributes with a value."""
    found = [(text(one, "key"), text(one, "value")) for one in rows(data, name)]
    return tuple(one for one in found if one[1])


# === OTHERS === #


def _fulfilment(value: Any, where: str) -> FulfilmentForm:
    data = as_object(value, where.rstrip("."))
    return FulfilmentForm(
        id=number(data.get("id"), f"{where}id"),
        alive=text(data, "status").upper() not in DEAD,
        delivered=text(data, "displayStatus").upper() == "DELIVERED",
        lines=tuple(
            sorted(
                (
                    number(member(one, "lineItem").get("id"), f"{where}lineItem.id"),
                    count(one.get("quantity"), f"{where}quantity"),
                )
                for one in rows(data, "fulfillmentLineItems")
            )
        ),
    )


def customer(data: Mapping[str, Any]) -> CustomerForm:
    """A Customer; empty without one."""
    return CustomerForm(
        id=optional_number(data.get("id")),
        first=text(data, "firstName"),
        last=text(data, "lastName"),
        email=text(data, "defaultEmailAddress", "emailAddress"),
        phone=text(data, "defaultPhoneNumber", "phoneNumber"),
    )


def graph_address(value: Any) -> tuple[Address | None, str]:
    """See :func:`.wording.address`."""
    return address(value, "provinceCode", "countryCodeV2", "firstName", "lastName")
