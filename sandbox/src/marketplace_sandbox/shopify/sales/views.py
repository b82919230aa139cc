"""Rows as the API shows them: a part of an order together with its order.

A resolver is ``function(row, ctx)``; it is registered by `fill` under its type and field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from ..gids import gid
from ..paging import listed
from ..part import Context
from ..registry import Resolvers
from ..values import money_bag, money_v2
from .model import Company, Order, Tax
from .money import Bag

PAGE = ("first", "last", "after", "before", "reverse")
Show = Callable[[Any, Context], Any]


class On:
    """A row of an order; members that a view has not are the row's."""

    typename: ClassVar[str] = ""

    def __init__(self, order: Order, row: Any) -> None:
        self.order = order
        self.row = row

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)


class LineView(On):
    typename = "LineItem"


class ShippingView(On):
    typename = "ShippingLine"


class FulfilmentOrderView(On):
    typename = "FulfillmentOrder"


class ToFulfilView(On):
    typename = "FulfillmentOrderLineItem"

    def __init__(self, order: Order, row: Any, source: Any) -> None:
        super().__init__(order, row)
        self.source = source


class FulfilmentView(On):
    typename = "Fulfillment"


class SentView(On):
    typename = "FulfillmentLineItem"


class RefundView(On):
    typename = "Refund"


class RefundLineView(On):
    typename = "RefundLineItem"


class ReturnView(On):
    typename = "Return"


class ReturnLineView(On):
    typename = "ReturnLineItem"


class TransactionView(On):
    typename = "OrderTransaction"


class PlaceView(On):
    """A location of a company."""

    typename = "CompanyLocation"

    def __init__(self, company: Company, row: Any) -> None:
        self.company = company
        self.row = row


class ContactView(PlaceView):
    typename = "CompanyContact"


def fill(found: Resolvers, kind: str, fields: Mapping[str, Show]) -> None:
    """Register resolvers of a type."""

    def bound(show: Show) -> Callable[..., Any]:
        return lambda row, ctx, **args: show(row, ctx)

    for name, show in fields.items():
        found.field(f"{kind}.{name}")(bound(show))


def ids(kind: str) -> dict[str, Show]:
    """``id`` and ``legacyResourceId`` of a type with a number."""
    return {
        "id": lambda row, ctx: gid(kind, row.id),
        "legacyResourceId": lambda row, ctx: row.id,
    }


def lists(
    found: Resolvers, kind: str, name: str, rows: Callable[[Any, Context], Iterable[Any]]
) -> None:
    """Register a connection over a short list in its own order."""

    def show(row: Any, ctx: Context, **args: Any) -> Any:
        known = {key: args[key] for key in PAGE if key in args}
        return listed(list(rows(row, ctx)), **known)

    found.field(f"{kind}.{name}")(show)


def money(order: Order, bag: Bag) -> dict[str, Any]:
    pair = order.pair
    return money_bag(bag.shop, pair.shop, bag.presentment, pair.presentment)


def one_money(amount: Decimal, currency: str) -> dict[str, Any]:
    return money_v2(amount, currency)


def tax_lines(order: Order, rows: Iterable[Tax]) -> list[dict[str, Any]]:
    return [
        {
            "title": each.title,
            "rate": float(each.rate),
            "ratePercentage": float(each.rate * 100),
            "priceSet": money(order, each.amount),
            "channelLiable": each.channel_liable,
            "source": None,
        }
        for each in rows
    ]


def mailing(kind_id: int, data: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A MailingAddress; every one has an id of its own."""
    if not data:
        return None
    parts = [
        data.get("name"),
        data.get("company"),
        data.get("address1"),
        data.get("address2"),
        f"{data.get('zip') or ''} {data.get('city') or ''}".strip(),
        data.get("country"),
    ]
    area = [data.get("city"), data.get("province_code"), data.get("country")]
    return {
        "__typename": "MailingAddress",
        "id": f"gid://shopify/MailingAddress/{data.get('id') or kind_id}?model_name=Address",
        "firstName": data.get("first_name"),
        "lastName": data.get("last_name"),
        "name": data.get("name"),
        "company": data.get("company"),
        "address1": data.get("address1"),
        "address2": data.get("address2"),
        "city": data.get("city"),
        "zip": data.get("zip"),
        "province": data.get("province"),
        "provinceCode": data.get("province_code"),
        "country": data.get("country"),
        "countryCodeV2": data.get("country_code"),
        "phone": data.get("phone"),
        "latitude": data.get("latitude"),
        "longitude": data.get("longitude"),
        "formatted": [str(each) for each in parts if each],
        "formattedArea": ", ".join(str(each) for each in area if each),
    }


def attributes(data: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in data.items()]
