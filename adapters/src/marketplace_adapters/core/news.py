"""What channels tell of listings, returns and money, in neutral types.

Frozen and slotted like :mod:`.types`. Money is :class:`~decimal.Decimal` with an ISO 4217 code;
datetimes are aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum

from .types import Issue, ListingKey


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
    """

    key: ListingKey
    status: tuple[str, ...] | None = None
    issues: tuple[Issue, ...] | None = None
    learned: Mapping[str, str] = field(default_factory=dict)
    deleted: bool = False
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReturnedItem:
    """Part of a return.

    :param line_id: the order line's id on the channel, empty when the channel does not say it.
    """

    listing: ListingKey
    quantity: Decimal
    line_id: str = ""
    reason: str = ""
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Return:
    """Goods that a buyer sends or sent back, as the channel tells.

    :param external_id: unique in the account; the same for every later word on it.
    :param order_id: the order's id on the channel.
    :param received: the goods are back; else they are announced.
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
