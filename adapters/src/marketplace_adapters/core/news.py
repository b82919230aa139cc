"""What channels tell of listings, returns and money, in neutral types.

Frozen and slotted like :mod:`.types`. Money is :class:`~decimal.Decimal` with an ISO 4217 code;
datetimes are aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from .types import Issue, ListingKey, Money


@dataclass(frozen=True, slots=True)
class ListingNews:
    """What the channel says of one listing now, unasked or asked.

    :param status: the channel's own words, e.g. ``("BUYABLE", "DISCOVERABLE")``; ``None`` when it
        says nothing of it.
    :param issues: everything that is wrong with it now; ``None`` when it says nothing of it, an
        empty tuple when nothing is wrong.
    :param learned: identifiers that the channel gave, as in
        :attr:`~.types.ItemResult.learned`.
    :param deleted: the channel has it no more.
    :param values: what the channel shows now, by kind and member as the engine keeps what it told:
        ``{"product": {"title": "Shirt", "published": True}, "price": {"price": "12.50",
        "currency": "EUR"}, "inventory": {"by_location": {"7": "3"}}}``; decimals as strings.
        Members that are missing are not known.
    """

    key: ListingKey
    status: tuple[str, ...] | None = None
    issues: tuple[Issue, ...] | None = None
    learned: Mapping[str, str] = field(default_factory=dict)
    deleted: bool = False
    occurred_at: datetime | None = None
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReturnedItem:
    """Part of a return.

    :param line_id: the order line's id on the channel, empty when the channel does not say it.
    :param amount: money given back for it, tax included; ``None`` when the channel says nothing.
    :param restock: whether the goods are back on the shelf; without it they came back to nobody's
        stock, or never left.
    :param location: the channel's own id of the location that they came back to.
    :param left: whether it had left before; what never left is off the order's document.
    """

    listing: ListingKey
    quantity: Decimal
    line_id: str = ""
    reason: str = ""
    condition: str = ""
    amount: Decimal | None = None
    restock: bool = True
    location: str = ""
    left: bool = True


@dataclass(frozen=True, slots=True)
class GivenBack:
    """Money given back that belongs to no line of goods.

    :param kind: ``shipping``, ``fee``, ``tax``, ``adjustment``.
    """

    kind: str
    amount: Decimal
    label: str = ""


@dataclass(frozen=True, slots=True)
class Return:
    """Goods that a buyer sends or sent back, or money given back, as the channel tells.

    :param external_id: unique in the account; the same for every later word on it.
    :param order_id: the order's id on the channel.
    :param received: the goods are back; else they are announced.
    :param amount: all the money that was given back, tax included; 0 when this settles what came
        back without any (an exchange), ``None`` when money is not spoken of.
    :param others: the part of ``amount`` that belongs to no item.
    :param reference: our own reference, when it was us who told the channel to give it back.
    :param stocked_by: where they come back to: ``seller`` or ``channel``.
    :param comment: the buyer's own words.
    """

    external_id: str
    order_id: str
    items: tuple[ReturnedItem, ...]
    received: bool = False
    stocked_by: str = "seller"
    returned_at: datetime | None = None
    raw_status: str = ""
    amount: Money | None = None
    others: tuple[GivenBack, ...] = ()
    reference: str = ""
    comment: str = field(default="", repr=False)


class MoneyKind(str, Enum):
    """What an amount of a settlement is."""

    SALE = "sale"
    SHIPPING = "shipping"
    TAX = "tax"
    DISCOUNT = "discount"
    REFUND = "refund"
    FEE = "fee"
    ADJUSTMENT = "adjustment"
    RESERVE = "reserve"
    TRANSFER = "transfer"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class SettlementLine:
    """One transaction of a settlement. Positive amounts are to the seller's credit.

    :param external_id: unique in the settlement, the same whenever it is read again.
    :param kind: ``REFUND`` for whatever is given back to a buyer, whichever part of the price.
    :param type: the channel's own words, e.g. ``Order / ItemPrice / Principal``.
    :param order_id: the order's id on the channel; empty when it belongs to none.
    """

    external_id: str
    kind: MoneyKind
    type: str
    amount: Decimal
    order_id: str = ""
    line_id: str = ""
    sku: str = ""
    quantity: Decimal = Decimal(0)
    posted_at: datetime | None = None
    description: str = ""
    marketplace: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a channel paid, or is going to pay, for a period.

    :param total: what the channel says its lines add up to.
    :param provisional: still open; a later one with the same ``external_id`` replaces it.
    """

    external_id: str
    currency: str
    total: Decimal
    lines: tuple[SettlementLine, ...]
    started_at: datetime | None = None
    ended_at: datetime | None = None
    paid_at: datetime | None = None
    provisional: bool = False
    marketplace: str = ""


@dataclass(frozen=True, slots=True)
class StoredQuantity:
    """What the channel keeps for the seller of one listing.

    :param available: for sale now. ``reserved``, ``inbound`` and ``unsellable`` come on top.
    """

    key: ListingKey
    available: Decimal
    reserved: Decimal = Decimal(0)
    inbound: Decimal = Decimal(0)
    unsellable: Decimal = Decimal(0)
    place: str = ""


class PrivacyKind(str, Enum):
    """What a platform asks for in a buyer's name, by law."""

    REPORT = "report"
    FORGET_BUYER = "forget_buyer"
    FORGET_SHOP = "forget_shop"


@dataclass(frozen=True, slots=True, repr=False)
class PrivacyRequest:
    """A buyer wants to know what is kept of them, or wants it forgotten; or the seller left the
    platform, and everything of its buyers is to be forgotten.

    :param external_id: unique in the account; the same when it is delivered again.
    :param order_ids: orders that are concerned, as the channel numbers them; empty means all of
        the buyer's.

    Its ``repr`` shows nothing of the person.
    """

    external_id: str
    kind: PrivacyKind
    buyer_id: str = ""
    email: str = ""
    phone: str = ""
    order_ids: tuple[str, ...] = ()
    requested_at: datetime | None = None

    def __repr__(self) -> str:
        return f"PrivacyRequest({self.external_id!r}, {self.kind.value!r})"


@dataclass(frozen=True, slots=True)
class Place:
    """A location of the channel that stock is kept at.

    :param active: goods can be sold from it.
    """

    external_id: str
    name: str
    active: bool = True
    address: str = ""


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """Whether the channel sends its webhooks as it should.

    :param wanted: topics that should come, in the channel's words.
    :param missing: of these, what was not subscribed, or to another address or version.
    :param mended: of the missing, what was put right just now.
    """

    wanted: tuple[str, ...]
    missing: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApiVersion:
    """A version of a platform's interface that the adapter speaks, and until when it is served."""

    name: str
    ends: date | None = None
