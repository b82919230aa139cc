"""Neutral types between Odoo and every provider.

Whatever holds a buyer's data or a secret leaves it out of its ``repr``.
All are frozen and slotted. Money is :class:`~decimal.Decimal` with an ISO 4217 currency code;
datetimes are aware and in UTC; quantities are Decimal in the unit that the listing sells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, TypeAlias


class Kind(str, Enum):
    """What an outbox item tells the channel. Listing kinds are level-triggered (latest state
    wins), order kinds are sent once each and in order."""

    PRODUCT = "product"
    PRICE = "price"
    INVENTORY = "inventory"
    IMAGE = "image"
    RELATIONSHIP = "relationship"
    OVERRIDE = "override"
    DELETE = "delete"
    ACKNOWLEDGE = "acknowledge"
    STATUS = "status"
    LINES = "lines"
    SHIPMENT = "shipment"
    REFUND = "refund"
    CANCEL = "cancel"


LISTING_KINDS = (
    Kind.PRODUCT,
    Kind.PRICE,
    Kind.INVENTORY,
    Kind.IMAGE,
    Kind.RELATIONSHIP,
    Kind.OVERRIDE,
    Kind.DELETE,
)
ORDER_KINDS = (
    Kind.ACKNOWLEDGE,
    Kind.STATUS,
    Kind.LINES,
    Kind.SHIPMENT,
    Kind.REFUND,
    Kind.CANCEL,
)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency (ISO 4217 code)."""

    amount: Decimal
    currency: str


# === OUT: WHAT IS SENT === #


@dataclass(frozen=True, slots=True)
class ListingKey:
    """How a channel identifies one listing; at least one of the ids is set.

    :param external_id: the channel's own id.
    :param internal_id: our id as the channel stores it (a string; Odoo's variant id by default).
    :param extra: further identifiers of the channel, e.g. ``base_product_id``, ``unit``, ``asin``.
    """

    external_id: str | None = None
    sku: str | None = None
    internal_id: str | None = None
    barcode: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OrderKey:
    """How a channel identifies one order."""

    external_id: str
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProductState:
    """Descriptive data; ``None`` means "do not touch this member"."""

    title: str | None = None
    description: str | None = None
    published: bool | None = None
    min_order: Decimal | None = None
    max_order: Decimal | None = None
    barcode: str | None = None
    weight_kg: Decimal | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PriceState:
    """The price a buyer pays for one unit of the listing.

    :param compare_at: the price shown struck through, if the channel has one; ``price`` is then
        the sale price, valid from ``sale_from`` until ``sale_until``.
    :param minimum, maximum: limits for channels that change prices by themselves.
    :param business: the price for companies, where the channel has one.
    :param markets: prices of further markets of the account, by the channel's id of the market.
    """

    price: Money
    compare_at: Money | None = None
    sale_from: datetime | None = None
    sale_until: datetime | None = None
    minimum: Money | None = None
    maximum: Money | None = None
    business: Money | None = None
    markets: Mapping[str, Money] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InventoryState:
    """Quantity for sale, in units of the listing; never negative.

    :param quantity: in all places together.
    :param by_location: the same by the channel's own location id, for channels with several;
        empty for a channel that knows one store only.
    :param known: what the channel acknowledged last, by location, so that it can be told "from 5
        to 7"; a location that is missing was never told.
    """

    quantity: Decimal
    in_stock: bool
    unlimited: bool = False
    restock_date: date | None = None
    handling_days: int | None = None
    by_location: Mapping[str, Decimal] = field(default_factory=dict)
    known: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImageState:
    """Public URLs, main image first.

    :param texts: what each image shows, for those who cannot see it; as long as ``urls``, or empty.
    """

    urls: tuple[str, ...]
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RelationshipState:
    """Parent, siblings or accessories of a listing."""

    parent: ListingKey | None = None
    theme: str | None = None
    accessories: tuple[ListingKey, ...] = ()


@dataclass(frozen=True, slots=True)
class OverrideState:
    """Per-listing exceptions from the account's settings, e.g. a shipping template."""

    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeleteState:
    """The listing is to be closed."""


class OrderStatus(str, Enum):
    """Life of an order as every channel can express it.

    ``HOLD``: the buyer or the channel is changing the order, hands off.
    """

    PENDING = "pending"
    HOLD = "hold"
    CONFIRMED = "confirmed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """We have the order; ``reference`` is our number."""

    reference: str


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """Order status as Odoo sees it.

    :param otp: one-time code of the receiver, where the channel asks for one on delivery.
    """

    status: OrderStatus
    otp: str | None = field(default=None, repr=False)
    delivery_date: date | None = None


@dataclass(frozen=True, slots=True)
class LineChange:
    """A changed line: ``external_id`` of an existing one, or ``listing`` + price of a new one."""

    quantity: Decimal
    external_id: str | None = None
    listing: ListingKey | None = None
    cancelled: bool = False
    price: Money | None = None


@dataclass(frozen=True, slots=True)
class LinesUpdate:
    """Changed, cancelled and added lines of one order."""

    changes: tuple[LineChange, ...]


@dataclass(frozen=True, slots=True)
class ShippedLine:
    """Quantity of one order line in a parcel."""

    external_id: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Shipment:
    """One parcel that left. ``reference`` is our picking (and package); ``complete`` says that
    nothing of the order remains to be shipped; ``location`` is the channel's own id of the location
    that it left from, where the channel knows several."""

    reference: str
    shipped_at: datetime
    lines: tuple[ShippedLine, ...]
    carrier: str | None = None
    carrier_name: str | None = None
    tracking: str | None = None
    tracking_url: str | None = None
    complete: bool = True
    location: str = ""


@dataclass(frozen=True, slots=True)
class RefundedLine:
    """Money given back for one order line; ``external_id`` is ``None`` for what belongs to no line.
    ``location`` is the channel's own id of the location that the goods came back to."""

    external_id: str | None
    quantity: Decimal
    amount: Money
    restock: bool = False
    location: str = ""


@dataclass(frozen=True, slots=True)
class Refund:
    """A posted credit note or a return without money (``lines`` with amount 0)."""

    reference: str
    lines: tuple[RefundedLine, ...]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Cancellation:
    """The seller cancels the whole order. ``reason`` is a code of the channel's own list.

    :param restock: the goods are for sale again.
    :param refund: the channel is to give back what was paid.
    :param notify: the channel is to write to the buyer.
    """

    reason: str | None = None
    note: str | None = None
    restock: bool = True
    refund: bool = False
    notify: bool = False


State: TypeAlias = (
    ProductState
    | PriceState
    | InventoryState
    | ImageState
    | RelationshipState
    | OverrideState
    | DeleteState
    | Acknowledgement
    | StatusUpdate
    | LinesUpdate
    | Shipment
    | Refund
    | Cancellation
)


@dataclass(frozen=True, slots=True)
class PushItem:
    """One thing to tell the channel.

    :param ref: the engine's reference; comes back in :attr:`ItemResult.ref`.
    :param key: idempotency key; the same on every repeat of the same fact.
    """

    ref: str
    kind: Kind
    target: ListingKey | OrderKey
    state: State
    key: str = ""


class Outcome(str, Enum):
    """What the channel said of one item."""

    SUCCESS = "success"
    PENDING = "pending"
    ERROR = "error"
    RETRY = "retry"


class Severity(str, Enum):
    """How bad an issue is: an ``ERROR`` keeps the item from being sold or changed."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that the channel finds wrong.

    :param code: the platform's own code.
    :param attributes: names of the members that are concerned.
    """

    code: str
    message: str
    severity: Severity = Severity.ERROR
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemResult:
    """The channel's answer to one :class:`PushItem`.

    :param code: stable cause, groups equal errors (``unknown_product``); the platform's own
        code where it has one.
    :param message: the platform's text, for a person.
    :param learned: identifiers the channel gave for the target (``external_id``, …).
    :param issues: everything the channel found, also warnings on a success; ``None`` when it does
        not look for issues.
    """

    ref: str
    outcome: Outcome
    code: str | None = None
    message: str | None = None
    learned: Mapping[str, str] = field(default_factory=dict)
    issues: tuple[Issue, ...] | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """Answer to one push or poll. ``done`` is False while an asynchronous channel still works;
    ``remote_id`` is then what :meth:`Adapter.poll` needs.

    :param retry_after: the budget ran out before every item was told: those without a result wait
        so many seconds, and their attempt does not count.
    """

    results: tuple[ItemResult, ...]
    done: bool = True
    remote_id: str | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP call as the log may keep it: bodies are masked and capped, headers are left out.

    :param duration: seconds on the wire.
    :param status: HTTP status, ``None`` when no answer came.
    """

    method: str
    url: str
    started_at: datetime
    duration: float
    status: int | None
    request: str
    response: str
    request_id: str | None = None


# === IN: WHAT IS RECEIVED === #


@dataclass(frozen=True, slots=True)
class Event:
    """One document or event of a channel, before anything is done with it.

    :param topic: ``order``, ``status``, ``product`` …; what :meth:`Adapter.pull` was asked for.
    :param external_id: id of the thing it is about.
    :param revision: equal for equal content: the remote version or a digest of the payload.
    :param occurred_at: the remote's own time of the change, when it says one.
    :param delivery: the platform's id of this event, the same however often it is delivered; empty
        where it gives none. A second event with the same id is dropped.
    :param payload: JSON-able, as received.
    """

    topic: str
    external_id: str
    revision: str
    payload: Any = field(repr=False)
    occurred_at: datetime | None = None
    delivery: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a pull.

    :param latest: the newest remote timestamp so far, where everything older has been delivered
        with this page; it moves the cursor, and a long pull may be divided after it. ``None``:
        what follows may be older.
    """

    events: tuple[Event, ...]
    latest: datetime | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """A postal address; ``country`` and ``state`` are ISO codes where the channel gives codes.

    Its ``repr`` shows nothing of the person."""

    name: str = ""
    street: str = ""
    street2: str = ""
    city: str = ""
    zip: str = ""
    state: str = ""
    country: str = ""
    phone: str = ""

    def __repr__(self) -> str:
        return "Address(***)"


@dataclass(frozen=True, slots=True, repr=False)
class Company:
    """The company that a buyer orders for, where the channel knows companies.

    :param external_id: unique in the account.
    :param site_id: the company's branch that orders; empty when it has only one.
    :param terms: agreed terms of payment, in the channel's own words.

    Its ``repr`` shows the id alone.
    """

    external_id: str
    name: str = ""
    vat: str = ""
    site_id: str = ""
    site_name: str = ""
    terms: str = ""

    def __repr__(self) -> str:
        return f"Company({self.external_id!r})"


@dataclass(frozen=True, slots=True, repr=False)
class Buyer:
    """Who ordered. ``external_id`` is unique in the account, empty when the channel hides it.

    :param company: for whom; ``is_company`` says that the buyer is a company itself.

    Its ``repr`` shows the id alone."""

    external_id: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    phone2: str = ""
    is_company: bool = False
    vat: str = ""
    note: str = ""
    address: Address = field(default_factory=Address)
    company: Company | None = None

    def __repr__(self) -> str:
        return f"Buyer({self.external_id!r})"


@dataclass(frozen=True, slots=True)
class Discount:
    """A discount already taken off the unit price. ``by``: ``seller`` or ``channel``."""

    by: str
    amount: Decimal
    label: str = ""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line. ``unit_price`` is what the buyer pays for one unit, discounts already off.

    :param kind: ``product``, ``shipping``, ``wrap``, ``fee``, ``tax``.
    :param unit_count: pieces in one sold unit.
    :param shipped: how much of it has left, as the channel says; ``None`` when it does not.
    :param tax: tax on the whole line as the channel states it; ``None`` when it does not.
    :param taxed_by: ``channel`` when the channel collects and pays the tax itself: the line then
        bears none here, and what the buyer pays of it is a line of kind ``tax``.
    :param location: the channel's own id of the location that is to deliver it, where it says one.
    """

    external_id: str
    listing: ListingKey
    name: str
    quantity: Decimal
    unit_price: Decimal
    kind: str = "product"
    unit: str = ""
    unit_count: int = 1
    shipped: Decimal | None = None
    tax: Decimal | None = None
    tax_included: bool = True
    taxed_by: str = "seller"
    discounts: tuple[Discount, ...] = ()
    location: str = ""
    comment: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Payment:
    """Part of the money that does not flow the plain way.

    :param kind: ``credit`` (paid by the channel), ``installment`` (collected by the channel),
        ``top_up`` (cash collected for the channel), ``paid`` …
    :param sign: +1 adds to the cash that the seller collects, -1 takes away, 0 neutral.
    """

    kind: str
    amount: Decimal
    sign: int = 0
    label: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """An order of a channel.

    :param revision: equal for equal content.
    :param fulfilment: ``seller`` or ``channel``; other values are kept as received.
    :param total: what the channel says the buyer pays in all; ``None`` when it says nothing.
    :param stocked_by: from whose stock it is delivered: ``seller``, or ``channel`` when the channel
        keeps the goods; such an order never touches the seller's own stock.
    :param priced: whether the prices are known; a pending order may tell them later.
    :param summary: less than the whole order (a line of a report, say): enough to make an order
        that is not here, not enough to change one that is.
    :param ship_by, deliver_by: the channel's deadlines.
    :param paid_back: of the money that was given back, what pays for units that were taken off
        before they left or were exchanged: the lines are without them, so the order does not come
        to less for it. Below zero: set off against what the buyer owed for units that came anew.
    :param test: placed to try the shop; nobody pays it.
    :param risk: how likely it is a fraud, as the channel says: ``low``, ``medium``, ``high``, or
        empty when it says nothing.
    :param otp_required: delivery must be confirmed with the receiver's code.
    :param extra: provider's own members worth keeping, JSON-able.
    """

    external_id: str
    number: str
    revision: str
    status: OrderStatus
    raw_status: str
    currency: str
    buyer: Buyer
    lines: tuple[OrderLine, ...]
    total: Decimal | None = None
    paid_back: Decimal = Decimal()
    placed_at: datetime | None = None
    updated_at: datetime | None = None
    fulfilment: str = "seller"
    stocked_by: str = "seller"
    priced: bool = True
    summary: bool = False
    test: bool = False
    risk: str = ""
    ship_by: datetime | None = None
    deliver_by: datetime | None = None
    ship_to: Address | None = None
    bill_to: Address | None = None
    payments: tuple[Payment, ...] = ()
    requested_delivery: date | None = None
    cancelled_by: str = ""
    cancel_reason: str = ""
    otp_required: bool = False
    note: str = field(default="", repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class RemoteListing:
    """A listing as the channel has it now, for linking, read-back and audits, and to make a product
    of it; ``None`` where the channel does not say.

    :param group: the channel's id of what holds the variants of one product together; empty for
        a channel without variants.
    :param group_title: name of that product; ``title`` is the listing's own.
    :param options: what tells this variant from the others, by option: ``{"Colour": "Blue"}``.
    :param description: HTML.
    :param by_location: ``quantity`` by the channel's own location id.
    :param read_at: when the channel wrote this down, where that was before it was asked.
    """

    key: ListingKey
    title: str = ""
    price: Money | None = None
    quantity: Decimal | None = None
    published: bool | None = None
    in_stock: bool | None = None
    unit: str = ""
    unit_count: int = 1
    group: str = ""
    group_title: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    compare_at: Money | None = None
    weight_kg: Decimal | None = None
    image_urls: tuple[str, ...] = ()
    by_location: Mapping[str, Decimal] = field(default_factory=dict)
    read_at: datetime | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Check:
    """Result of a connection test: sentences for a person, and what is missing."""

    ok: bool
    message: str
    missing: tuple[str, ...] = ()
    seller_name: str = ""
