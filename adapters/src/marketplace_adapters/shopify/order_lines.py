"""Lines of an order that come to its total, to the cent. Pure.

What a line says is what was agreed and not taken back before it left::

    quantity  = current + units refunded after they had left (every restock type but "cancel")
    amount    = price × ordered − discounts − what was removed before it left; tax included
    total     = Shopify's current total + what these refunds took off it

Units removed by an edit cost their share of the line; units refunded what the refund says. Tax that
is on top becomes part of the unit price: the buyer pays it, and the lines must come to the total.
Where Shopify rounded a tax or a discount over the whole order, the difference is at most a unit of
rounding for each line; it is spread over the dearest lines, so that the same order always reads
the same. A greater difference stays, and the engine shows it to a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import product

from ..core.types import Discount, ListingKey, OrderLine
from .forms import ZERO, Cut, LineForm, OrderForm, RefundLineForm, ShippingForm, Tax
from .wording import DIGITS, cents

SELLER, CHANNEL = "seller", "channel"
TIP, DUTY, GIFT_CARD, FEE, CUSTOM = "tip", "duty", "gift_card", "additional_fee", "custom"
"""What a line of kind ``fee`` is for: in ``listing.sku``."""
CANCEL = "cancel"


@dataclass(slots=True)
class Amount:
    """A line while its money is counted: ``gross`` of ``quantity`` units, of it ``tax``.

    :param by_channel: tax that somebody else pays.
    :param unit: of one unit; ``unpaid_back``: units that came back without a refund so far;
        ``untaxed``: ``by_channel`` of units that were exchanged.
    """

    line: OrderLine
    quantity: int
    gross: Decimal
    tax: Decimal = ZERO
    by_channel: Decimal = ZERO
    taxed: bool = False
    unit: Decimal = field(default=ZERO)
    unpaid_back: Decimal = field(default=ZERO)
    untaxed: Decimal = field(default=ZERO)


def gross_of(row: RefundLineForm, included: bool | None) -> Decimal:
    """What a refunded line gave back, tax included."""
    if not included:
        return row.subtotal + row.tax
    # Some bodies tell the subtotal without the tax that the price holds.
    if row.unit is not None and row.tax:
        whole = row.unit * row.quantity
        if abs(row.subtotal + row.tax - whole) < abs(row.subtotal - whole):
            return row.subtotal + row.tax
    return row.subtotal


def order_lines(form: OrderForm) -> tuple[tuple[OrderLine, ...], Decimal]:
    """Lines, and the total they come to."""
    rows = [_line(form, line) for line in form.lines]
    tips = _tips(form)
    for one in rows:
        if one.line.external_id in tips:
            one.line = replace(one.line, kind="fee", listing=ListingKey(sku=TIP))
    kept = [one for one in rows if one.quantity] or rows
    kept += [_shipping(form, one) for one in form.shipping if not one.removed]
    kept += _duties(form)
    if form.fees:
        kept.append(_fee(form.fees, "fee-additional", "Additional fees", FEE))
    total = _fitted(form, kept)
    missing = cents(total - _sum(kept), form.currency)
    if missing and form.tips and not tips and missing == _own(form, form.tips):
        kept.append(_fee(missing, "fee-tip", "Tip", TIP))
    _add_fee_tax(form, kept, total)
    _spread(form, kept, total)
    return tuple(_neutral(one) for one in kept) + tuple(_channel_taxes(kept)), total


def _line(form: OrderForm, line: LineForm) -> Amount:
    returned = [row for refund in form.refunds for row in refund.lines if row.line == line.id]
    after = sum(row.quantity for row in returned if row.restock != CANCEL)
    left = shipped_units(form, line)
    quantity = min(line.quantity, max(line.current + after, left))
    cancelled = [row for row in returned if row.restock == CANCEL]
    gross, tax, channel = _whole(form, line.price * line.quantity, line.cuts, line.taxes)
    amount = Amount(_neutral_line(form, line, left), quantity, gross, tax, channel)
    amount.taxed = bool(line.taxes) or form.tax is not None
    if line.quantity:
        amount.unit = gross / line.quantity
    removed = line.quantity - quantity
    if removed:
        gone = sum(row.quantity for row in cancelled)
        rows = cancelled if gone <= removed else []
        gone = gone if rows else 0
        back = sum((gross_of(row, form.taxes_included) for row in rows), ZERO)
        back_tax = sum((row.tax for row in rows), ZERO)
        theirs = cents(back_tax * channel / (tax + channel), form.currency) if channel else ZERO
        share = Decimal(removed - gone) / line.quantity
        amount.gross -= back - theirs + cents(gross * share, form.currency)
        amount.tax -= back_tax - theirs + cents(tax * share, form.currency)
        amount.by_channel -= theirs + cents(channel * share, form.currency)
    exchanged = sum(row.quantity for row in _exchanged(form, line))
    if exchanged and channel:
        amount.untaxed = cents(channel * exchanged / line.quantity, form.currency)
        amount.by_channel -= amount.untaxed
    if not quantity:
        amount.gross = amount.tax = amount.by_channel = ZERO
    uncovered = quantity - line.current - after
    if uncovered > 0:
        each = (gross + channel) / line.quantity
        before = cents(each * quantity, form.currency)
        amount.unpaid_back = before - cents(each * (quantity - uncovered), form.currency)
    return amount


def paid_back(form: OrderForm) -> Decimal:
    """Of what refunds gave back, what pays for units that the order lost before, without money:
    an edit took them off, or they were exchanged for something cheaper.

    Such units stand in no line of the refund that pays them: it is money beyond its lines. What was
    given back out of kindness looks the same, so it is at most what such units cost; Shopify may
    round the share of each one otherwise than we do. Less than the lines is below zero: it was set
    off against what the buyer still owed for units that came anew.
    """
    paid = [one for one in form.refunds if one.paid is not None]
    whole = sum((one.paid or ZERO for one in paid), ZERO)
    known = sum((one.shipping + one.duties for one in paid), ZERO)
    known += sum((gross_of(row, form.taxes_included) for one in paid for row in one.lines), ZERO)
    lost, units = _lost_before(form)
    beyond = whole - known
    return beyond if beyond - lost <= _cent(form) * units else lost


def _lost_before(form: OrderForm) -> tuple[Decimal, int]:
    """What the units cost, tax and duties included, that the order lost without money; how many
    they are."""
    found, lost = ZERO, 0
    for line in form.lines:
        rows = [row for refund in form.refunds for row in refund.lines if row.line == line.id]
        cancelled = sum(row.quantity for row in rows if row.restock == CANCEL)
        edited = max(0, line.quantity - _line(form, line).quantity - cancelled)
        if not line.quantity:
            continue
        gross, _tax, channel = _whole(form, line.price * line.quantity, line.cuts, line.taxes)
        found += cents((gross + channel) * edited / line.quantity, form.currency)
        exchanged = _exchanged(form, line)
        found += sum((gross_of(row, form.taxes_included) for row in exchanged), ZERO)
        duty, _tax, _channel = _whole(form, line.duties, (), line.duty_taxes)
        units = edited + sum(row.quantity for row in exchanged)
        found += cents(duty * units / line.quantity, form.currency)
        lost += units
    return found, lost


def _exchanged(form: OrderForm, line: LineForm) -> list[RefundLineForm]:
    """Units that came back and for which no money was given."""
    return [
        row
        for refund in form.refunds
        for row in refund.lines
        if refund.paid is None and row.line == line.id and row.restock != CANCEL
    ]


def shipped_units(form: OrderForm, line: LineForm) -> int:
    """Units of the line that ever left."""
    parcels = [one for one in form.fulfilments if one.alive]
    return sum(quantity for one in parcels for row, quantity in one.lines if row == line.id)


def _whole(
    form: OrderForm, price: Decimal, cuts: Sequence[Cut], taxes: Sequence[Tax]
) -> tuple[Decimal, Decimal, Decimal]:
    """What all units cost the buyer at the seller's, the seller's tax in it, the channel's tax."""
    net = price - sum((one.amount for one in cuts), ZERO)
    own = sum((one.amount for one in taxes if not one.by_channel), ZERO)
    channel = sum((one.amount for one in taxes if one.by_channel), ZERO)
    return (net - channel if form.taxes_included else net + own), own, channel


def _neutral_line(form: OrderForm, line: LineForm, shipped: int) -> OrderLine:
    key = ListingKey(
        external_id=line.variant or None,
        sku=line.sku or None,
        extra={"product_id": line.product} if line.product else {},
    )
    kind = "product"
    if line.gift_card:
        kind, key = "fee", ListingKey(sku=GIFT_CARD)
    elif not (line.variant or line.product or line.sku):
        # Made up in the shop by hand: nothing that Odoo could keep in stock, shipped or not.
        kind, key = "fee", ListingKey(sku=CUSTOM)
    location = form.more.locations.get(line.id, "")
    if not location and form.source == "pos":
        location = form.location
    return OrderLine(
        external_id=line.id,
        listing=key,
        name=line.name,
        quantity=ZERO,
        unit_price=ZERO,
        kind=kind,
        shipped=Decimal(shipped),
        discounts=tuple(Discount(SELLER, one.amount, one.label) for one in line.cuts),
        location=location,
        comment="\n".join(
            f"{name}: {value}" for name, value in line.properties if not name.startswith("_")
        ),
    )


def _tips(form: OrderForm) -> set[str]:
    """Lines that are tips: sold as lines without a product, and told in a total of their own."""
    if not form.tips:
        return set()
    plain = [
        one
        for one in form.lines
        if not (one.variant or one.product or one.sku or one.shippable or one.gift_card)
    ]
    left, found = _own(form, form.tips), set[str]()
    # The name is in the buyer's language, so it only decides which of several comes first.
    for one in sorted(plain, key=lambda one: (one.name.lower() != "tip", one.id)):
        amount = one.price * one.quantity
        if amount and amount <= left + cents(ZERO, form.currency):
            found.add(one.id)
            left -= amount
    return found


def _own(form: OrderForm, amount: Decimal) -> Decimal:
    """An amount of the shop's currency in the order's."""
    if form.money_side == "shop" or form.other_total is None or not amount:
        return amount
    other, code = form.other_total
    if code == form.currency or not other:
        return amount
    return cents(amount * form.total / other, form.currency)


# === WHAT IS NO PRODUCT === #


def _shipping(form: OrderForm, one: ShippingForm) -> Amount:
    gross, tax, channel = _whole(form, one.price, one.cuts, one.taxes)
    line = OrderLine(
        external_id=f"shipping-{one.id or one.title}",
        listing=ListingKey(),
        name=one.title or "Shipping",
        quantity=ZERO,
        unit_price=ZERO,
        kind="shipping",
        discounts=tuple(Discount(SELLER, cut.amount, cut.label) for cut in one.cuts),
    )
    return Amount(line, 1, gross, tax, channel, taxed=bool(one.taxes) or form.tax is not None)


def _duties(form: OrderForm) -> list[Amount]:
    """One line for the duties of all lines that are still wanted."""
    if form.duties_included:
        return []
    gross = tax = ZERO
    for line in form.lines:
        if line.duties:
            back = sum(row.quantity for row in _exchanged(form, line))
            wanted = _line(form, line).quantity - back
            own, own_tax, _channel = _whole(form, line.duties, (), line.duty_taxes)
            share = Decimal(wanted) / line.quantity if line.quantity else ZERO
            gross += cents(own * share, form.currency)
            tax += cents(own_tax * share, form.currency)
    if not any(line.duties for line in form.lines):
        # Told for the whole order alone.
        gross = form.duties
    found = _fee(gross, "fee-duty", "Duties", DUTY)
    found.tax = tax
    return [found] if gross else []


def _fee(amount: Decimal, external_id: str, name: str, code: str) -> Amount:
    line = OrderLine(external_id, ListingKey(sku=code), name, ZERO, ZERO, kind="fee")
    return Amount(line, 1, amount)


def _channel_taxes(rows: list[Amount]) -> list[OrderLine]:
    return [
        OrderLine(
            external_id=f"{one.line.external_id}#TAX",
            listing=ListingKey(),
            name="Tax collected by the channel",
            quantity=Decimal(1),
            unit_price=one.by_channel,
            kind="tax",
            taxed_by=CHANNEL,
        )
        for one in rows
        if one.by_channel
    ]


# === TOTAL === #


def _sum(rows: list[Amount]) -> Decimal:
    return sum((one.gross + one.by_channel for one in rows), ZERO)


def _fitted(form: OrderForm, rows: list[Amount]) -> Decimal:
    """The total that the lines must come to.

    Sure is that Shopify takes refunded units off its current total. Whether it takes off refunded
    shipping, duties and fees as well is said differently in different places (G, U): of the ways
    to read it the first that the lines come to is taken.
    """
    total = form.total + sum(
        (
            gross_of(row, form.taxes_included)
            for refund in form.refunds
            for row in refund.lines
            if row.restock != CANCEL
        ),
        ZERO,
    )
    total += sum((one.unpaid_back - one.untaxed for one in rows), ZERO)
    told = sum((one.shipping for one in form.refunds), ZERO)
    lowered = sum((_lowered(form, one) for one in form.shipping if not one.removed), ZERO)
    duties = sum((one.duties for one in form.refunds), ZERO)
    wanted = sum((one.gross for one in rows if one.line.listing.sku == DUTY), ZERO)
    sums, slack = _sum(rows), _slack(form, rows)
    readings = product(
        dict.fromkeys((told, ZERO, lowered)),
        dict.fromkeys((max(wanted - form.current_duties, ZERO), ZERO, duties)),
        dict.fromkeys((max(form.fees - form.current_fees, ZERO), ZERO)),
    )
    found = [total + sum(reading, ZERO) for reading in readings]
    return next((one for one in found if abs(one - sums) <= slack), found[0])


def _lowered(form: OrderForm, one: ShippingForm) -> Decimal:
    """By how much the shipping price is less now, tax included."""
    if one.current is None:
        return ZERO
    gross, _tax, channel = _whole(form, one.price, one.cuts, one.taxes)
    before = one.price - sum((cut.amount for cut in one.cuts), ZERO)
    if not before:
        return ZERO
    return cents((gross + channel) * (before - one.current) / before, form.currency)


def _slack(form: OrderForm, rows: list[Amount]) -> Decimal:
    return _cent(form) * (len(rows) or 1)


def _cent(form: OrderForm) -> Decimal:
    """The smallest unit of the order's currency."""
    return Decimal(1).scaleb(-DIGITS.get(form.currency, 2))


def _add_fee_tax(form: OrderForm, rows: list[Amount], total: Decimal) -> None:
    """Tax on additional fees is told only in the order's tax: it is what no other line explains."""
    fees = [one for one in rows if one.line.listing.sku == FEE]
    missing, slack = total - _sum(rows), _slack(form, rows)
    if not fees or form.tax is None or form.taxes_included or missing <= slack:
        return
    known = sum((one.tax + one.by_channel for one in rows), ZERO)
    # The order's tax is of what is left of it, the lines' of what was agreed.
    back = sum(
        (row.tax for one in form.refunds for row in one.lines if row.restock != CANCEL), ZERO
    )
    unexplained = form.tax + back - known
    if unexplained - slack <= missing <= unexplained + known:
        fees[0].gross += missing
        fees[0].tax += missing
        fees[0].taxed = True


def _spread(form: OrderForm, rows: list[Amount], total: Decimal) -> None:
    missing = total - _sum(rows)
    if not missing or abs(missing) > _slack(form, rows):
        return
    step = _cent(form).copy_sign(missing)
    for one in sorted(rows, key=lambda one: -abs(one.gross)):
        if not one.quantity:
            continue
        part = step if abs(step) <= abs(missing) else missing
        one.gross += part
        missing -= part
        if not missing:
            return


def _neutral(one: Amount) -> OrderLine:
    each = one.gross / one.quantity if one.quantity else one.unit
    shipped = one.line.shipped
    return replace(
        one.line,
        quantity=Decimal(one.quantity),
        unit_price=each,
        tax=one.tax if one.taxed else None,
        taxed_by=CHANNEL if one.by_channel else SELLER,
        shipped=None if shipped is None else min(shipped, Decimal(one.quantity)),
    )
