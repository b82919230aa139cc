"""Orders as the order report tells them (GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL).

One row for each item, for any period and any number of orders at the price of one call. It tells
no buyer, no street, no item id where the column is missing, and no total: enough to make an order
that is not here (:attr:`Order.summary`), not to change one that is. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ..core.errors import InvalidError
from ..core.revision import revision
from ..core.shape import as_id, as_list, as_object, as_text
from ..core.types import Address, Buyer, Discount, Event, ListingKey, Order, OrderLine, OrderStatus
from .const import MARKETPLACES
from .flat import amount, comma_style, moment, month_first, table, whole
from .order_lines import CHANNEL, CHANNEL_TAXED, SELLER
from .orders import currency_of, status_of
from .settings import Settings

REPORT_TYPE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
NEEDED = ("amazon-order-id", "order-status", "quantity", "sku")
NO_ID = "added:"
"""Before the number of a row without the item's id: the engine gives such a line the id that comes
with the whole order, by its product, quantity and price."""
OPEN = frozenset({OrderStatus.PENDING, OrderStatus.CONFIRMED, OrderStatus.HOLD})
ZERO = Decimal(0)
_PRICES = (
    "item-price",
    "item-tax",
    "shipping-price",
    "shipping-tax",
    "gift-wrap-price",
    "gift-wrap-tax",
    "item-promotion-discount",
    "ship-promotion-discount",
)
_DATES = ("purchase-date", "last-updated-date")
# Part of the price → its columns, the kind and the name of its line.
_PARTS = (
    (
        "SHIPPING",
        "shipping-price",
        "shipping-tax",
        "ship-promotion-discount",
        "shipping",
        "Shipping",
    ),
    ("GIFT_WRAP", "gift-wrap-price", "gift-wrap-tax", "", "wrap", "Gift wrap"),
)


def summary_events(content: str) -> Iterator[Event]:
    """One event for each order, as soon as its last row is read: rows of one order need not stand
    together, and the report may be long.

    :raise InvalidError: names the column that is missing.
    """
    left: Counter[str] = Counter()
    numbers: list[str] = []
    dates: list[str] = []
    for row in table(content, NEEDED):
        left[row["amazon-order-id"]] += 1
        if len(numbers) < 5000:
            numbers += [row.get(name, "") for name in _PRICES]
            dates += [row.get(name, "") for name in _DATES]
    style = {"comma": comma_style(numbers), "month_first": month_first(dates)}
    waiting: dict[str, list[dict[str, str]]] = {}
    for row in table(content):
        number = row["amazon-order-id"]
        waiting.setdefault(number, []).append({name: cell for name, cell in row.items() if cell})
        left[number] -= 1
        if not left[number]:
            yield _event(number, waiting.pop(number), style)


def _event(number: str, rows: list[dict[str, str]], style: Mapping[str, bool]) -> Event:
    payload = {"summary": number, "style": dict(style), "rows": rows}
    mark = revision(payload)
    times = [moment(row.get("last-updated-date", ""), style["month_first"]) for row in rows]
    latest = max(filter(None, times), default=None)
    return Event("order", number[:256] or f"unknown-{mark[:12]}", mark, payload, latest)


def is_open(event: Event) -> bool:
    """Whether something is still to be done for the order: then it is worth reading it whole."""
    rows = event.payload["rows"] if isinstance(event.payload, dict) else []
    return any(_status(row) in OPEN for row in rows)


def parse_summary(payload: Any, settings: Settings | None = None) -> Order:
    """The payload of an event of :func:`summary_events`.

    :raise InvalidError: a column is wrong.
    """
    data = as_object(payload, "order")
    style = as_object(data.get("style") or {}, "style")
    rows = [as_object(one, "row") for one in as_list(data.get("rows"), "rows")]
    if not rows:
        raise InvalidError("The order has no rows.", code="bad_shape")
    cells = [{str(name): as_text(cell, str(name)) for name, cell in row.items()} for row in rows]
    first = cells[0]
    months = style.get("month_first") is True
    market = market_of(first.get("sales-channel", ""))
    currency = next((row["currency"].upper() for row in cells if row.get("currency")), "")
    by_amazon = first.get("fulfillment-channel", "").lower() in ("amazon", "afn")
    status = _status(first)
    lines: list[OrderLine] = []
    for index, row in enumerate(cells):
        lines += _lines(row, index, status, market, style.get("comma") is True)
    updated = [moment(row.get("last-updated-date", ""), months) for row in cells]
    number = as_id(data.get("summary"), "amazon-order-id")
    return Order(
        external_id=number,
        number=number,
        revision=revision(data),
        status=status,
        raw_status=first.get("order-status", ""),
        currency=currency or currency_of(settings, market),
        buyer=Buyer(address=_place(first)),
        lines=tuple(lines),
        placed_at=moment(first.get("purchase-date", ""), months),
        updated_at=max(filter(None, updated), default=None),
        fulfilment=CHANNEL if by_amazon else SELLER,
        stocked_by=CHANNEL if by_amazon else SELLER,
        priced=any(row.get("item-price") for row in cells),
        summary=True,
        ship_to=_place(first),
        extra=_extra(first, market),
    )


def market_of(sales_channel: str) -> str:
    """``Amazon.co.uk`` → the marketplace's id; empty for another channel."""
    name = sales_channel.strip().lower()
    return next((one.id for one in MARKETPLACES.values() if one.domain == name), "")


def _status(row: Mapping[str, str]) -> OrderStatus:
    """``Shipped - Delivered to Buyer`` and its like say where the parcel is as well."""
    word, _dash, more = row.get("order-status", "").partition(" - ")
    status = status_of(word)
    if status is not OrderStatus.SHIPPED:
        return status
    if "returned to seller" in more.lower():
        return OrderStatus.RETURNED
    return OrderStatus.DELIVERED if "delivered" in more.lower() else status


def _lines(
    row: Mapping[str, str], index: int, status: OrderStatus, market: str, comma: bool
) -> list[OrderLine]:
    """The product, shipping and wrap, and tax of one row."""
    cells = _Cells(row, comma, market in CHANNEL_TAXED)
    number = row.get("order-item-id") or f"{NO_ID}{index + 1}"
    first = _product_line(cells, number, status)
    lines, tax = [first], cells.money("item-tax")
    for part, price, on_it, promotion, kind, name in _PARTS:
        paid = cells.money(price) - abs(cells.money(promotion))
        tax += cells.money(on_it)
        if paid:
            lines.append(cells.line(f"{number}#{part}", kind, name, paid, cells.money(on_it)))
    # In the shops where Amazon collects the tax, prices are without it; elsewhere they hold it.
    if cells.collected and tax and first.quantity:
        lines.append(cells.line(f"{number}#TAX", "tax", "Tax collected by Amazon", tax, None))
    return lines


@dataclass(frozen=True, slots=True)
class _Cells:
    """One row of the report.

    :param collected: Amazon collects the tax and pays it itself.
    """

    row: Mapping[str, str] = field(repr=False)
    comma: bool
    collected: bool

    @property
    def taxed_by(self) -> str:
        return CHANNEL if self.collected else SELLER

    def money(self, name: str) -> Decimal:
        return amount(self.row.get(name, ""), name, self.comma) if name else ZERO

    def line(
        self, number: str, kind: str, name: str, paid: Decimal, tax: Decimal | None
    ) -> OrderLine:
        """A line that is no product."""
        return OrderLine(
            number,
            ListingKey(),
            name,
            Decimal(1),
            paid,
            kind=kind,
            tax=ZERO if self.collected and tax is not None else tax,
            taxed_by=self.taxed_by,
        )


def _product_line(cells: _Cells, number: str, status: OrderStatus) -> OrderLine:
    row = cells.row
    quantity = whole(row.get("quantity", ""), "quantity")
    if quantity < 0:
        raise InvalidError("quantity is below zero.", code="bad_number")
    gone = row.get("item-status", "").lower() in ("cancelled", "canceled")
    if gone and status is not OrderStatus.CANCELLED:
        quantity = ZERO
    sku, off = row.get("sku", ""), abs(cells.money("item-promotion-discount"))
    paid = cells.money("item-price") - off
    return OrderLine(
        external_id=number,
        listing=ListingKey(
            external_id=sku or None,
            sku=sku or None,
            extra={"asin": row["asin"]} if row.get("asin") else {},
        ),
        name=row.get("product-name", ""),
        quantity=quantity,
        unit_price=paid / quantity if quantity else ZERO,
        tax=ZERO if cells.collected else cells.money("item-tax"),
        taxed_by=cells.taxed_by,
        discounts=(Discount(SELLER, off, row.get("promotion-ids", "")),) if off else (),
    )


def _place(row: Mapping[str, str]) -> Address:
    return Address(
        city=row.get("ship-city", ""),
        state=row.get("ship-state", ""),
        zip=row.get("ship-postal-code", ""),
        country=row.get("ship-country", "").upper(),
    )


def _extra(row: Mapping[str, str], market: str) -> dict[str, Any]:
    business = row.get("is-business-order", "").lower() in ("true", "yes", "1")
    found: dict[str, Any] = {
        "marketplace_id": market,
        "sales_channel": row.get("sales-channel", ""),
        "outside": row.get("sales-channel", "").lower().startswith("non-amazon"),
        "is_business": business,
        "ship_service_level": row.get("ship-service-level", ""),
        "purchase_order": row.get("purchase-order-number", ""),
        "seller_order_id": row.get("merchant-order-id", ""),
    }
    return {name: value for name, value in found.items() if value}
