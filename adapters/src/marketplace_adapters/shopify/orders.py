"""What an order, or a draft of one, means. Pure; see :mod:`.forms` for how it is read.

::

    cancelled_at                                            CANCELLED
    a draft: open, invoice_sent / completed, deleted        PENDING / CANCELLED
    every unit that left came back                          RETURNED
    everything left, every parcel arrived / not yet         DELIVERED / SHIPPED
    paid, authorized, partly refunded, or terms agreed      CONFIRMED
    else, where the account waits for the money             PENDING, else CONFIRMED
"""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from ..core.errors import InvalidError
from ..core.shape import as_object, text
from ..core.types import Address, Buyer, Company, Order, OrderStatus, Payment
from . import drafts, graph_orders, rest_orders
from .forms import ZERO, OrderForm, digest
from .order_lines import CANCEL, order_lines, paid_back, shipped_units
from .settings import Settings
from .wording import cents

PAID = frozenset({"paid", "authorized", "partially_refunded", "refunded"})
DRAFT_OVER = frozenset({"completed", "deleted"})
DRAFT_ID = "draft-"
GIFT_CARD = "gift_card"


def read(payload: Any, settings: Settings) -> OrderForm:
    """The form of a document of either road.

    :raise InvalidError: names the member that is wrong.
    """
    data = as_object(payload, "order")
    money = settings.money
    if drafts.is_draft(data):
        return drafts.read(data, money)
    if text(data, "id").startswith("gid://"):
        return graph_orders.read_order(data, money)
    return rest_orders.read_order(data, money)


def parse_order(payload: Any, settings: Settings) -> Order:
    """An order document as an order.

    :raise InvalidError: names the member that is wrong, never with a buyer's data.
    """
    try:
        return order_of(read(payload, settings), settings)
    except (ArithmeticError, RecursionError, ValueError):
        raise InvalidError(
            "The order holds numbers that cannot be counted.", code="bad_number"
        ) from None


def order_of(form: OrderForm, settings: Settings) -> Order:
    """The neutral order of a form."""
    lines, total = order_lines(form)
    if not lines and not form.draft and form.cancelled_at is None:
        raise InvalidError("line_items is empty.", code="bad_shape")
    status = status_of(form, settings.confirm_when)
    return Order(
        external_id=external_id(form),
        number=form.name or form.id,
        revision=digest(form, settings.location, await_risk=settings.await_risk),
        status=status,
        raw_status=_raw(form),
        currency=form.currency,
        buyer=_buyer(form),
        lines=lines,
        total=total,
        paid_back=paid_back(form),
        placed_at=form.created_at,
        updated_at=form.updated_at,
        test=form.test,
        risk=_risk(form, settings),
        ship_to=form.ship_to or form.bill_to,
        bill_to=form.bill_to,
        payments=_payments(form, total),
        cancelled_by=_cancelled_by(form, status),
        cancel_reason=form.cancel_reason,
        note=_note(form),
        extra=_extra(form),
    )


def external_id(form: OrderForm) -> str:
    """The order's number; a draft's has a word before it, because both count from anywhere."""
    return f"{DRAFT_ID}{form.id}" if form.draft else form.id


# === STATUS === #


def status_of(form: OrderForm, confirm_when: str) -> OrderStatus:
    """See the module."""
    if form.draft:
        return OrderStatus.CANCELLED if form.draft in DRAFT_OVER else OrderStatus.PENDING
    if form.cancelled_at is not None:
        return OrderStatus.CANCELLED
    if _all_back(form):
        return OrderStatus.RETURNED
    if form.fulfilment == "fulfilled":
        parcels = [one for one in form.fulfilments if one.alive]
        arrived = bool(parcels) and all(one.delivered for one in parcels)
        return OrderStatus.DELIVERED if arrived else OrderStatus.SHIPPED
    if confirm_when == "placed" or form.financial in PAID or form.terms:
        return OrderStatus.CONFIRMED
    return OrderStatus.PENDING


def _all_back(form: OrderForm) -> bool:
    """Whether units left and each of them came back, and nothing more is to leave."""
    left = {line.id: shipped_units(form, line) for line in form.lines}
    if not any(left.values()) or any(line.current for line in form.lines if line.shippable):
        return False
    back = dict.fromkeys(left, 0)
    for refund in form.refunds:
        for row in refund.lines:
            if row.restock not in (CANCEL, "no_restock") and row.line in back:
                back[row.line] += row.quantity
    return all(back[line] >= units for line, units in left.items())


def _risk(form: OrderForm, settings: Settings) -> str:
    """That nobody suspects anything is a word of its own only where orders wait for one."""
    if form.more.risk == "none":
        return "low" if settings.await_risk else ""
    return form.more.risk


def _raw(form: OrderForm) -> str:
    if form.draft:
        return f"draft/{form.draft}"
    parts = [form.financial or "unknown", form.fulfilment or "unfulfilled"]
    parts += ["cancelled"] if form.cancelled_at else ["closed"] if form.closed_at else []
    return "/".join(parts)


def _cancelled_by(form: OrderForm, status: OrderStatus) -> str:
    if status is not OrderStatus.CANCELLED or form.draft:
        return ""
    return "buyer" if form.cancel_reason == "customer" else "seller"


# === WHO === #


def _buyer(form: OrderForm) -> Buyer:
    person = " ".join(filter(None, (form.customer.first, form.customer.last)))
    place = form.bill_to or form.ship_to or Address()
    company = form.bill_company or form.ship_company
    named = place.name.removesuffix(f", {company}") if company else place.name
    phone = form.phone or form.customer.phone or place.phone
    ship_phone = form.ship_to.phone if form.ship_to else ""
    return Buyer(
        external_id=form.customer.id,
        name=person or named or form.email or form.customer.email,
        email=form.email or form.customer.email,
        phone=phone,
        phone2=ship_phone if ship_phone != phone else "",
        address=place,
        company=_company(form, company),
    )


def _company(form: OrderForm, named: str) -> Company | None:
    if not form.company:
        return None
    return Company(
        external_id=form.company,
        name=form.more.company_name or named,
        vat=form.more.vat,
        site_id=form.site,
        site_name=form.more.site_name,
        terms=form.terms,
    )


def _note(form: OrderForm) -> str:
    lines = [form.note] if form.note else []
    lines += [f"{name}: {value}" for name, value in form.attributes if not name.startswith("_")]
    return "\n".join(lines)


# === MONEY, MORE === #


def _payments(form: OrderForm, total: Decimal) -> tuple[Payment, ...]:
    """What is paid already; the rest is to be collected."""
    paid = total - _outstanding(form, total)
    if paid <= 0:
        return ()
    label = ", ".join(form.gateways)
    if form.gateways == (GIFT_CARD,):
        return (Payment(GIFT_CARD, paid, -1, label),)
    cards = min(form.more.gift_cards, paid)
    if cards <= 0:
        return (Payment("paid", paid, -1, label),)
    rest = ", ".join(one for one in form.gateways if one != GIFT_CARD)
    found = [Payment(GIFT_CARD, cards, -1, GIFT_CARD)]
    return tuple(found + ([Payment("paid", paid - cards, -1, rest)] if paid > cards else []))


def _outstanding(form: OrderForm, total: Decimal) -> Decimal:
    """What is still to be paid, in the order's currency; money that is owed to the buyer is told
    by refunds."""
    if form.draft:
        return total
    if form.outstanding is None:
        # Authorized money is the seller's to take: nothing is collected on delivery.
        return ZERO if form.financial in PAID else total
    if form.financial == "authorized":
        return ZERO
    left = max(form.outstanding, ZERO)
    if form.other_total is not None and left:
        other, code = form.other_total
        if form.money_side == "presentment" and other and code != form.currency:
            left = cents(left * form.total / other, form.currency)
    return min(left, max(total, ZERO))


def _extra(form: OrderForm) -> dict[str, Any]:
    """Members without a neutral counterpart, only those that say something."""
    other, code = form.other_total or (None, "")
    shown = "draft_orders" if form.draft else "orders"
    refunded = sum((one.paid for one in form.refunds if one.paid is not None), ZERO)
    cards = form.more.gift_cards
    found = {
        "source_name": form.source,
        "financial_status": form.financial,
        "fulfillment_status": form.fulfilment if not form.draft else "",
        "gateway": ", ".join(form.gateways),
        "current_total": _plain(form.total, form.currency),
        "refunded_total": _plain(refunded, form.currency) if refunded else "",
        "other_total": _plain(other, code) if other is not None else "",
        "other_currency": code,
        "location_id": form.location,
        "tags": ", ".join(form.tags),
        "po_number": form.po_number,
        "payment_terms": form.terms,
        "discount_codes": ", ".join(form.codes),
        "gift_cards": _plain(cards, form.currency) if cards else "",
        "on_hold": form.more.on_hold,
        "fulfillment_orders": [asdict(one) for one in form.more.fulfilment_orders],
        "draft": form.draft,
        "order_of_draft": form.order_of_draft,
        "admin_path": f"{shown}/{form.id}",
    }
    return {name: value for name, value in found.items() if value}


def _plain(value: Decimal, currency: str) -> str:
    """As webhooks write it, whichever road it came by."""
    return format(cents(value, currency), "f")
