"""Shopify's orders, refunds and returns as both roads tell them, before anything is made of it.

::

    webhook, REST shape ──▶ rest_orders, rest_refunds   ┐
                                                        ├─▶ forms ─▶ orders, returns (meaning)
    GraphQL node        ──▶ graph_orders, graph_refunds ┘

Amounts are in the one currency that the account takes its orders in. What only one road knows is
kept apart in :class:`More`, so that equal content gives equal forms on both.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..core.dates import UTC
from ..core.revision import revision
from ..core.types import Address

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Tax:
    """Part of a tax. ``by_channel``: who sells it on pays it (``channel_liable``)."""

    amount: Decimal
    rate: Decimal | None = None
    by_channel: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """A discount on one line; ``label`` is its code or title."""

    amount: Decimal
    label: str = ""


@dataclass(frozen=True, slots=True)
class LineForm:
    """One line item.

    :param quantity: units ever ordered; ``current``: without refunded and removed ones.
    :param price: of one unit before discounts, with tax if the order's taxes are included.
    :param cuts, taxes, duties: of all ``quantity`` units.
    """

    id: str
    name: str
    quantity: int
    current: int
    price: Decimal
    variant: str = ""
    product: str = ""
    sku: str = ""
    gift_card: bool = False
    shippable: bool = True
    cuts: tuple[Cut, ...] = ()
    taxes: tuple[Tax, ...] = ()
    duties: Decimal = ZERO
    duty_taxes: tuple[Tax, ...] = ()
    properties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ShippingForm:
    """One way of shipping. ``current``: after refunds."""

    id: str
    title: str
    price: Decimal
    current: Decimal | None = None
    removed: bool = False
    cuts: tuple[Cut, ...] = ()
    taxes: tuple[Tax, ...] = ()


@dataclass(frozen=True, slots=True)
class FulfilmentForm:
    """A parcel that left; ``lines`` are (line id, quantity)."""

    id: str
    alive: bool
    delivered: bool
    lines: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class RefundLineForm:
    """Units given back. ``restock``: ``return``, ``cancel``, ``no_restock``, ``legacy_restock``.

    :param unit: what one unit cost after discounts, as ``subtotal`` would have it; ``None`` when
        it is not told.
    """

    line: str
    quantity: int
    restock: str
    subtotal: Decimal
    tax: Decimal
    location: str = ""
    unit: Decimal | None = field(default=None, compare=False)
    variant: str = ""
    product: str = ""
    sku: str = ""
    name: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class RefundForm:
    """One refund.

    :param paid: money that went back; ``None`` when none did.
    :param shipping: of it for shipping, tax included; ``duties`` for duties.
    :param return_id: of the return that it belongs to.
    """

    id: str
    order: str
    currency: str = field(compare=False)
    lines: tuple[RefundLineForm, ...] = ()
    paid: Decimal | None = None
    shipping: Decimal = ZERO
    duties: Decimal = ZERO
    note: str = field(default="", repr=False)
    return_id: str = ""
    taxes_included: bool | None = field(default=None, compare=False)
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReturnLineForm:
    """Units that a buyer wants to send back.

    :param processed: of them, dealt with; ``refunded``: of these, by a refund.
    """

    line: str
    quantity: int
    processed: int = 0
    refunded: int = 0
    reason: str = ""
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ReturnForm:
    """A return. ``lines`` is ``None`` where a message names the return alone."""

    id: str
    order: str
    status: str
    name: str = ""
    lines: tuple[ReturnLineForm, ...] | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CustomerForm:
    """Who ordered."""

    id: str = ""
    first: str = field(default="", repr=False)
    last: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class FulfilmentOrderForm:
    """A part of an order that one location delivers.

    :param status: in lower case, e.g. ``open``, ``in_progress``, ``on_hold``, ``closed``.
    :param left: pieces that are still to go.
    """

    id: str
    location: str
    status: str
    left: int


@dataclass(frozen=True, slots=True)
class More:
    """What only the GraphQL road tells.

    :param risk: ``high``, ``medium``, ``low``, ``none``; empty: not told yet.
    :param locations: of what is to be delivered, by line id.
    :param gift_cards: paid by gift cards.
    """

    risk: str = ""
    locations: Mapping[str, str] = field(default_factory=dict)
    gift_cards: Decimal = ZERO
    company_name: str = ""
    site_name: str = ""
    vat: str = field(default="", repr=False)
    on_hold: bool = False
    fulfilment_orders: tuple[FulfilmentOrderForm, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderForm:
    """An order, or a draft of one.

    :param financial, fulfilment: words in lower case as webhooks have them.
    :param total: what it comes to now, refunded and removed units left out.
    :param tax: the whole tax of ``total``; ``None`` when it is not told.
    :param fees: additional fees when it was placed; ``current_fees`` now.
    :param outstanding: still to be paid.
    :param other_total: the total in the other currency, and that currency.
    :param tips, outstanding: in the shop's currency, whatever the others are in.
    :param draft: a draft order: ``open``, ``invoice_sent``, ``completed`` or ``deleted``.
    :param money_side: ``shop`` or ``presentment``: whose currency the amounts are in.
    """

    id: str
    name: str
    currency: str
    total: Decimal
    taxes_included: bool
    lines: tuple[LineForm, ...]
    created_at: datetime | None
    updated_at: datetime | None
    financial: str = ""
    fulfilment: str = ""
    cancelled_at: datetime | None = None
    cancel_reason: str = ""
    closed_at: datetime | None = None
    shipping: tuple[ShippingForm, ...] = ()
    tax: Decimal | None = None
    tips: Decimal = ZERO
    fees: Decimal = ZERO
    current_fees: Decimal = ZERO
    duties: Decimal = ZERO
    current_duties: Decimal = ZERO
    duties_included: bool = False
    outstanding: Decimal | None = None
    other_total: tuple[Decimal, str] | None = None
    gateways: tuple[str, ...] = ()
    terms: str = ""
    fulfilments: tuple[FulfilmentForm, ...] = ()
    refunds: tuple[RefundForm, ...] = field(default=(), compare=False)
    returns: tuple[ReturnForm, ...] = field(default=(), compare=False)
    customer: CustomerForm = field(default_factory=CustomerForm)
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    ship_to: Address | None = None
    bill_to: Address | None = None
    ship_company: str = field(default="", repr=False)
    bill_company: str = field(default="", repr=False)
    company: str = ""
    site: str = ""
    note: str = field(default="", repr=False)
    attributes: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    tags: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    source: str = ""
    location: str = ""
    po_number: str = ""
    test: bool = False
    draft: str = ""
    order_of_draft: str = ""
    money_side: str = field(default="shop", compare=False)
    more: More = field(default_factory=More)


def digest(
    form: OrderForm | RefundForm | ReturnForm, home: str = "", *, await_risk: bool = False
) -> str:
    """The revision of a form: equal for equal content, whichever road it came by.

    :param home: the location that is meant where none is told; see :func:`rich`.
    :param await_risk: see :func:`rich`.
    """
    plain = _plain(form)
    plain.pop("more", None)
    if not isinstance(form, OrderForm):
        return revision(plain)
    if form.refunds:
        # What was given back decides which units are to be delivered, and what it comes to.
        plain["given_back"] = sorted(_given_back(one) for one in form.refunds)
    mark = revision(plain)
    # Nothing waits for the risk of a draft, nor of what has left or was called off.
    await_risk = await_risk and not form.draft and form.fulfilment != "fulfilled"
    known = rich(form.more, home, await_risk=await_risk and form.cancelled_at is None)
    return f"{mark}+{revision(known)[:8]}" if known else mark


def _given_back(refund: RefundForm) -> list[Any]:
    lines = sorted([one.line, one.restock, one.quantity] for one in refund.lines)
    return [refund.id, None if refund.paid is None else _value(refund.paid), lines]


def rich(more: More, home: str = "", *, await_risk: bool = False) -> dict[str, Any]:
    """Of what only GraphQL tells, what makes a difference.

    :param home: the shop's only location: an order that is delivered from there tells nothing new.
    :param await_risk: orders wait for the word on their risk, so that a low one is news as well.
    """
    locations = {line: place for line, place in more.locations.items() if place and place != home}
    grave = more.risk in ("medium", "high")
    found = {
        "risk": more.risk if grave or await_risk else "",
        "locations": dict(sorted(locations.items())),
        "gift_cards": _value(more.gift_cards) if more.gift_cards else "",
        "company": more.company_name,
        "site": more.site_name,
        "vat": more.vat,
        "on_hold": more.on_hold,
    }
    return {name: value for name, value in found.items() if value}


def _plain(form: Any) -> dict[str, Any]:
    return {
        one.name: _value(getattr(form, one.name)) for one in dataclasses.fields(form) if one.compare
    }


def _value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, (tuple, list)):
        found = [_value(one) for one in value]
        # The two roads do not list rows in the same order.
        rows = bool(found) and all(isinstance(one, dict) for one in found)
        return sorted(found, key=lambda one: json.dumps(one, sort_keys=True)) if rows else found
    if dataclasses.is_dataclass(value):
        return _plain(value)
    return dict(value) if isinstance(value, Mapping) else value
