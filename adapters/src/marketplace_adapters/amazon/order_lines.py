"""Items of an order as neutral lines that come to the order's total. Pure.

::

    <orderItemId>             the product, promotions off its unit price
    <orderItemId>#SHIPPING    shipping, wrap, fees: one line each, as Amazon tells them by item
    <orderItemId>#TAX         what Amazon collects of tax and pays itself (taxed_by "channel")
    order#DELIVERY_TIP        what belongs to the whole order

Tax that the seller owes is part of the unit price (``tax_included``), whether Amazon lists it on
top or not: the buyer pays it, and the lines must come to the order's total.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ..core.errors import InvalidError
from ..core.money import decimal
from ..core.shape import as_id, as_object, member, rows, text
from ..core.types import Discount, ListingKey, OrderLine, OrderStatus
from .amounts import PARTS, ZERO, Amounts, Purse, breakdowns, item_amounts, spread

CHANNEL, SELLER = "channel", "seller"
# Part of a breakdown → kind and name of its line.
EXTRAS = {
    "SHIPPING": ("shipping", "Shipping"),
    "GIFT_WRAP": ("wrap", "Gift wrap"),
    "COD_FEE": ("fee", "Cash on delivery fee"),
    "OTHER": ("fee", "Other charges"),
    "DELIVERY_TIP": ("fee", "Delivery tip"),
    "DISCOUNT": ("fee", "Discount"),
    "TAX": ("tax", "Tax collected by Amazon"),
}
# Every state with a sales tax has Amazon collect it, so that an order without tax data is no
# reason to book it as the seller's (D: Marketplace Tax Collection).
CHANNEL_TAXED = frozenset({"ATVPDKIKX0DER"})


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the order, read but not yet a line."""

    data: Mapping[str, Any] = field(repr=False)
    external_id: str
    ordered: Decimal
    quantity: Decimal
    unit_price: Decimal | None
    amounts: Amounts | None
    by_channel: bool


def read_item(value: Any, index: int, status: OrderStatus, market: str, purse: Purse) -> Item:
    """An item of ``orderItems``.

    :raise InvalidError: its id, its quantity or its money is missing or wrong.
    """
    where = f"orderItems[{index}]"
    data = as_object(value, where)
    product = as_object(data.get("product"), f"{where}.product")
    ordered = _count(data.get("quantityOrdered"), f"{where}.quantityOrdered")
    price = as_object(product.get("price") or {}, f"{where}.product.price")
    unit_price = purse.optional(price.get("unitPrice"), f"{where}.product.price.unitPrice")
    amounts = item_amounts(data.get("proceeds"), f"{where}.proceeds", purse, unit_price, ordered)
    return Item(
        data=data,
        external_id=as_id(data.get("orderItemId"), f"{where}.orderItemId"),
        ordered=ordered,
        quantity=_left(data, where, ordered, status),
        unit_price=unit_price,
        amounts=amounts,
        by_channel=_collected(data, market),
    )


def _count(value: Any, where: str) -> Decimal:
    number = decimal(value, where)
    if number < 0:
        raise InvalidError(f"{where} is below zero.", code="bad_number")
    return number


def _left(data: Mapping[str, Any], where: str, ordered: Decimal, status: OrderStatus) -> Decimal:
    """What is still wanted of an item: Amazon keeps the ordered number when it cancels some."""
    told = member(data, "fulfillment")
    if status is OrderStatus.PENDING or "quantityUnfulfilled" not in told:
        return ordered
    done = _count(told.get("quantityFulfilled") or 0, f"{where}.fulfillment.quantityFulfilled")
    open_ = _count(told.get("quantityUnfulfilled"), f"{where}.fulfillment.quantityUnfulfilled")
    # Nothing done and nothing open says "cancelled" only where a cancellation is told as well.
    if not (done or open_ or member(data, "cancellation", "cancellationExecution")):
        return ordered
    return min(ordered, done + open_)


def _collected(data: Mapping[str, Any], market: str) -> bool:
    """Whether Amazon collects the item's tax and pays it itself."""
    models = [text(one, "model").upper() for one in rows(data, "tax", "taxCollections")]
    return "MARKETPLACE_FACILITATOR" in models or market in CHANNEL_TAXED


# === LINES === #


def order_lines(
    data: Mapping[str, Any], items: Sequence[Item], grand: Decimal | None, purse: Purse
) -> tuple[tuple[OrderLine, ...], Decimal | None]:
    """Lines and the total they must come to."""
    known = [item.amounts for item in items if item.amounts is not None]
    whole = sum((one.total() for one in known), ZERO)
    common = _common(data, known, ZERO if grand is None else grand - whole, purse)
    whole += sum((line.unit_price for line in common), ZERO)
    if grand is None and known and len(known) == len(items):
        # An order always tells its total once it has one; its items' totals say the same.
        grand = whole
    lines: list[OrderLine] = []
    for item in items:
        rest = _remaining(item)
        if grand is not None and item.amounts is not None and rest is not item.amounts:
            gone = item.amounts.total() - (rest.total() if rest else ZERO)
            whole_told = whole == grand
            whole -= gone
            grand = grand - gone if whole_told else grand
        lines += _item_lines(item, rest)
    return (*lines, *common), grand


def _remaining(item: Item) -> Amounts | None:
    """The money of what is left of an item whose units were cancelled in part.

    Not documented (U) is whether Amazon lessens the amounts. It did not where they still are the
    unit price times what was ordered, and where something is asked for nothing.
    """
    amounts = item.amounts
    if amounts is None or item.quantity == item.ordered:
        return amounts
    full = item.unit_price is not None and (
        amounts.charges.get("ITEM") == item.unit_price * item.ordered
    )
    return amounts.scaled(item.quantity, item.ordered) if full or not item.quantity else amounts


def _shipped(item: Item) -> Decimal | None:
    """How much of an item has left."""
    told = member(item.data, "fulfillment").get("quantityFulfilled")
    return None if told is None else _count(told, "quantityFulfilled")


def _item_lines(item: Item, amounts: Amounts | None) -> list[OrderLine]:
    product = member(item.data, "product")
    found = amounts or Amounts(charges={"ITEM": (item.unit_price or ZERO) * item.quantity})
    paid = found.net("ITEM") + (ZERO if item.by_channel else found.tax("ITEM"))
    sku = text(product, "sellerSku")
    asin = text(product, "asin")
    first = OrderLine(
        external_id=item.external_id,
        listing=ListingKey(
            external_id=sku or None,
            sku=sku or None,
            extra={"asin": asin} if asin else {},
        ),
        name=text(product, "title"),
        quantity=item.quantity,
        unit_price=_each(paid, item.quantity, item.unit_price),
        shipped=_shipped(item),
        tax=_tax(item, found, "ITEM"),
        taxed_by=CHANNEL if item.by_channel else SELLER,
        discounts=_discounts(item, found, "ITEM"),
        comment=_comment(item.data),
    )
    lines = [first]
    for part in found.parts():
        paid = found.net(part) + (ZERO if item.by_channel else found.tax(part))
        if part != "ITEM" and paid:
            lines.append(_extra_line(item, found, part, paid))
    collected = sum(found.taxes.values(), ZERO) if item.by_channel else ZERO
    if collected:
        lines.append(_plain_line(f"{item.external_id}#TAX", "TAX", collected, CHANNEL))
    return lines


def _each(amount: Decimal, quantity: Decimal, unit_price: Decimal | None) -> Decimal:
    """The amount for one unit; as exact as Decimal is where it does not come out even."""
    if not quantity:
        return unit_price or ZERO
    return amount / quantity


def _tax(item: Item, amounts: Amounts, part: str) -> Decimal | None:
    if not amounts.taxed:
        return None
    return ZERO if item.by_channel else amounts.tax(part)


def _discounts(item: Item, amounts: Amounts, part: str) -> tuple[Discount, ...]:
    """Promotions lessen the seller's proceeds, so they are his; what Amazon pays is not shown."""
    off = amounts.discounts.get(part)
    if not off:
        return ()
    ids = [text(one, "promotionId") for one in rows(item.data, "promotion", "breakdowns")]
    return (Discount(SELLER, off, ", ".join(filter(None, ids))),)


def _extra_line(item: Item, amounts: Amounts, part: str, paid: Decimal) -> OrderLine:
    kind, name = EXTRAS[part]
    return OrderLine(
        external_id=f"{item.external_id}#{part}",
        listing=ListingKey(),
        name=name,
        quantity=Decimal(1),
        unit_price=paid,
        kind=kind,
        tax=_tax(item, amounts, part),
        taxed_by=CHANNEL if item.by_channel else SELLER,
        discounts=_discounts(item, amounts, part),
    )


def _plain_line(external_id: str, part: str, amount: Decimal, taxed_by: str) -> OrderLine:
    kind, name = EXTRAS[part]
    return OrderLine(
        external_id, ListingKey(), name, Decimal(1), amount, kind=kind, taxed_by=taxed_by
    )


def _common(
    data: Mapping[str, Any], known: list[Amounts], gap: Decimal, purse: Purse
) -> list[OrderLine]:
    """Lines for what the order tells and its items do not, so far as it is part of the total.

    :param gap: by how much the total is more than its items.
    """
    told: dict[str, Decimal] = {}
    for kind, subtotal, _details in breakdowns(member(data, "proceeds"), "proceeds", purse):
        told[kind] = told.get(kind, ZERO) + subtotal
    rests: dict[str, Decimal] = {}
    for kind, subtotal in told.items():
        rest = subtotal - sum((one.told.get(kind, ZERO) for one in known), ZERO)
        if rest and kind != "ITEM":
            part = kind if kind in EXTRAS else "OTHER"
            rests[part] = rests.get(part, ZERO) + (-abs(rest) if kind == "DISCOUNT" else rest)
    if not rests or not gap:
        return []
    if sum(rests.values(), ZERO) != gap:
        # Tax that the prices hold already is told, but not paid once more.
        rests.pop("TAX", None)
    tax = rests.pop("TAX", ZERO)
    if tax and _spread_tax(known, tax):
        tax = ZERO
    if tax:
        rests["TAX"] = tax
    return [_plain_line(f"order#{part}", part, rest, CHANNEL) for part, rest in rests.items()]


def _spread_tax(known: list[Amounts], tax: Decimal) -> bool:
    """Put tax that only the order tells on its items, by what they cost; False if there is none."""
    if not known:
        return False
    for amounts, share in zip(known, spread(tax, [one.total() for one in known]), strict=True):
        before = {part: amounts.net(part) for part in PARTS if part in amounts.charges}
        amounts.charges.update(
            {part: net + amounts.discounts.get(part, ZERO) for part, net in before.items()}
        )
        amounts.taxes["ITEM"] = amounts.tax("ITEM") + share
        amounts.on_top = amounts.taxed = True
    return True


def _comment(data: Mapping[str, Any]) -> str:
    """Gift message and customization. Addresses are shown, never followed."""
    gift = member(data, "fulfillment", "packing", "giftOption")
    parts = (
        ("Gift message", text(gift, "giftMessage")),
        ("Gift wrap", text(gift, "giftWrapLevel")),
        ("Customization", text(data, "product", "customization", "customizedUrl")),
    )
    return "\n".join(f"{name}: {value}" for name, value in parts if value)
