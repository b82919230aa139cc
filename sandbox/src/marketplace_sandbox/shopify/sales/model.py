"""The rows of the sales side: orders with everything that hangs on them, drafts, people.

Ids are whole numbers. Amounts of a line are those of its whole ordered quantity; what belongs to
the current quantity is the share of it, rounded half up (see `totals`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from .codec import Codec
from .money import NOTHING, Bag, Pair


@dataclass(slots=True)
class Application:
    """A discount of an order. `kind`: code, automatic or manual."""

    kind: str
    title: str
    value_type: str  # percentage, fixed_amount
    value: Decimal
    target: str = "line_item"  # line_item, shipping_line
    selection: str = "all"  # all, entitled, explicit
    method: str = "across"  # across, each, one
    code: str = ""
    description: str = ""


@dataclass(slots=True)
class Allocation:
    """What of a discount falls on one line. `index`: place of the discount in the order."""

    index: int
    amount: Bag


@dataclass(slots=True)
class Tax:
    """`channel_liable`: the channel pays this tax to the state, not the shop."""

    title: str
    rate: Decimal
    amount: Bag
    channel_liable: bool = False


@dataclass(slots=True)
class Duty:
    id: int
    amount: Bag
    country: str = ""
    hs_code: str = ""
    taxes: list[Tax] = field(default_factory=list)


@dataclass(slots=True)
class Line:
    """A line item. `removed`: taken off by an edit; `refunded`: by refunds; both stay counted in
    `quantity`. `fulfilled`: on its way now, `returned`: sent back and processed."""

    id: int
    title: str
    quantity: int
    unit: Bag
    variant: int = 0
    product: int = 0
    item: int = 0  # inventory item
    sku: str = ""
    variant_title: str = ""
    vendor: str = ""
    grams: int = 0
    taxable: bool = True
    ships: bool = True
    tracked: bool = True
    gift_card: bool = False
    tip: bool = False
    discounts: list[Allocation] = field(default_factory=list)
    taxes: list[Tax] = field(default_factory=list)
    duties: list[Duty] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    removed: int = 0
    refunded: int = 0
    fulfilled: int = 0
    returned: int = 0
    edited: bool = False  # added by an edit or an exchange

    @property
    def current(self) -> int:
        return self.quantity - self.removed - self.refunded


@dataclass(slots=True)
class Shipping:
    """A shipping line. `refunded` without tax, `refunded_tax` its tax."""

    id: int
    title: str
    price: Bag
    code: str = ""
    source: str = "shopify"
    discounts: list[Allocation] = field(default_factory=list)
    taxes: list[Tax] = field(default_factory=list)
    removed: bool = False
    refunded: Bag = NOTHING
    refunded_tax: Bag = NOTHING


@dataclass(slots=True)
class Fee:
    """An additional fee of the order (a charge that is neither goods nor shipping)."""

    id: int
    name: str
    amount: Bag
    taxes: list[Tax] = field(default_factory=list)


@dataclass(slots=True)
class Transaction:
    """Money that moved or shall. `kind`: authorization, capture, sale, refund, void."""

    id: int
    kind: str
    status: str  # success, pending, failure
    gateway: str
    amount: Bag
    created: datetime
    parent: int = 0
    refund: int = 0
    location: int = 0
    message: str = ""
    receipt: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class ToFulfil:
    """A line of a fulfilment order. `total`: what it was to send, `remaining`: what it still is."""

    id: int
    line: int
    total: int
    remaining: int


@dataclass(slots=True)
class Hold:
    id: int
    reason: str
    notes: str = ""
    handle: str = ""


@dataclass(slots=True)
class FulfilmentOrder:
    """What one location is to send of an order."""

    id: int
    location: int
    status: str  # OPEN, IN_PROGRESS, ON_HOLD, CLOSED, CANCELLED, SCHEDULED, INCOMPLETE
    created: datetime
    updated: datetime
    method: str  # SHIPPING, NONE, RETAIL, LOCAL, PICK_UP
    lines: list[ToFulfil] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    request: str = "UNSUBMITTED"


@dataclass(slots=True)
class Sent:
    """A line of a fulfilment. `source`: the line of the fulfilment order that it was sent for."""

    id: int
    line: int
    quantity: int
    source: int


@dataclass(slots=True)
class Fulfilment:
    """A parcel. `service`: manual, or gift_card for what the shop sends by itself."""

    id: int
    name: str
    location: int
    status: str  # SUCCESS, CANCELLED
    created: datetime
    updated: datetime
    lines: list[Sent]
    company: str = ""
    numbers: list[str] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    service: str = "manual"
    delivery: str = ""  # display status told by the carrier: IN_TRANSIT, DELIVERED …
    delivered: datetime | None = None
    origin: str = "api"


@dataclass(slots=True)
class RefundLine:
    id: int
    line: int
    quantity: int
    restock: str  # NO_RESTOCK, CANCEL, RETURN
    location: int
    subtotal: Bag
    tax: Bag


@dataclass(slots=True)
class RefundShipping:
    id: int
    shipping: int
    subtotal: Bag
    tax: Bag


@dataclass(slots=True)
class RefundedDuty:
    duty: int
    amount: Bag


@dataclass(slots=True)
class Adjustment:
    """A difference between what the parts are worth and what was paid back."""

    id: int
    amount: Bag
    tax: Bag
    kind: str  # refund_discrepancy, shipping_refund
    reason: str


@dataclass(slots=True)
class Refund:
    id: int
    created: datetime
    note: str = ""
    lines: list[RefundLine] = field(default_factory=list)
    shipping: list[RefundShipping] = field(default_factory=list)
    duties: list[RefundedDuty] = field(default_factory=list)
    adjustments: list[Adjustment] = field(default_factory=list)
    of_return: int = 0
    origin: str = "api"


@dataclass(slots=True)
class ReturnLine:
    """`sent`: the line of the fulfilment that comes back. `source`: line of the reverse order."""

    id: int
    sent: int
    line: int
    quantity: int
    reason: str = "UNKNOWN"
    note: str = ""
    customer_note: str = ""
    processed: int = 0
    refunded: int = 0
    source: int = 0
    restocked: int = 0
    location: int = 0


@dataclass(slots=True)
class ExchangeLine:
    """What the buyer gets instead. `lines`: line items made when it was processed."""

    id: int
    variant: int
    quantity: int
    title: str = ""
    sku: str = ""
    variant_title: str = ""
    product: int = 0
    processed: int = 0
    lines: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Return:
    id: int
    name: str
    status: str  # REQUESTED, OPEN, CLOSED, DECLINED, CANCELED
    created: datetime
    updated: datetime
    lines: list[ReturnLine]
    exchanges: list[ExchangeLine] = field(default_factory=list)
    reverse: int = 0  # reverse fulfilment order
    approved: datetime | None = None
    closed: datetime | None = None
    decline: str = ""
    decline_note: str = ""


@dataclass(slots=True)
class Risk:
    """An assessment. `level`: HIGH, MEDIUM, LOW, NONE, PENDING; facts: [text, sentiment]."""

    level: str
    facts: list[list[str]] = field(default_factory=list)


@dataclass(slots=True)
class Order:
    typename: ClassVar[str] = "Order"

    id: int
    number: int  # 1, 2 …; the name is # and 1000 more
    created: datetime
    updated: datetime
    processed: datetime
    pair: Pair
    lines: list[Line]
    original: Bag = NOTHING  # total when it was placed
    shipping: list[Shipping] = field(default_factory=list)
    applications: list[Application] = field(default_factory=list)
    fees: list[Fee] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    fulfilment_orders: list[FulfilmentOrder] = field(default_factory=list)
    fulfilments: list[Fulfilment] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    risks: list[Risk] = field(default_factory=list)
    recommendation: str = "NONE"
    taxes_included: bool = True
    tax_exempt: bool = False
    test: bool = False
    customer: int = 0
    company: list[int] = field(default_factory=list)  # company, location, contact
    email: str = ""
    phone: str = ""
    billing: dict[str, Any] | None = None
    address: dict[str, Any] | None = None
    note: str = ""
    po_number: str = ""
    terms: str = ""  # of payment, as Net 30
    attributes: dict[str, str] = field(default_factory=dict)
    metafields: dict[str, dict[str, Any]] = field(default_factory=dict)  # "ns.key" → row
    tags: list[str] = field(default_factory=list)
    source: str = "web"
    location: int = 0  # of a point of sale
    locale: str = "en"
    edits: int = 0
    cancelled: datetime | None = None
    cancel_reason: str = ""
    staff_note: str = ""
    closed: datetime | None = None
    overrides: dict[str, Any] = field(default_factory=dict)
    omit: list[str] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"#{1000 + self.number}"

    def line(self, identifier: int) -> Line | None:
        return next((each for each in self.lines if each.id == identifier), None)


@dataclass(slots=True)
class Draft:
    """A draft order. `content` is the order that it would become."""

    typename: ClassVar[str] = "DraftOrder"

    id: int
    name: str
    status: str  # OPEN, INVOICE_SENT, COMPLETED
    created: datetime
    updated: datetime
    content: Order
    order: int = 0
    completed: datetime | None = None
    invoiced: datetime | None = None


@dataclass(slots=True)
class Customer:
    typename: ClassVar[str] = "Customer"

    id: int
    created: datetime
    updated: datetime
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    note: str = ""
    locale: str = "en"
    tags: list[str] = field(default_factory=list)
    addresses: list[dict[str, Any]] = field(default_factory=list)
    metafields: dict[str, dict[str, Any]] = field(default_factory=dict)
    tax_exempt: bool = False
    redacted: bool = False

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email or self.phone


@dataclass(slots=True)
class CompanyLocation:
    id: int
    name: str
    external: str = ""
    address: dict[str, Any] = field(default_factory=dict)
    phone: str = ""
    tax_id: str = ""


@dataclass(slots=True)
class Contact:
    id: int
    customer: int
    title: str = ""
    main: bool = False


@dataclass(slots=True)
class Company:
    typename: ClassVar[str] = "Company"

    id: int
    name: str
    created: datetime
    updated: datetime
    external: str = ""
    note: str = ""
    locations: list[CompanyLocation] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)


CODEC = Codec(
    Bag, Pair, Application, Allocation, Tax, Duty, Line, Shipping, Fee, Transaction, ToFulfil, Hold,
    FulfilmentOrder, Sent, Fulfilment, RefundLine, RefundShipping, RefundedDuty, Adjustment, Refund,
    ReturnLine, ExchangeLine, Return, Risk, Order, Draft, Customer, CompanyLocation, Contact,
    Company,
)  # fmt: skip
