"""Refunds and returns in neutral types. Pure.

::

    refund-<id>   money that went back, and units that came back with it or never left
    return-<id>   what a buyer announces; units that were dealt with but not by a refund came back

Goods come back by the refund whose restock type is ``return``, to the location it names; ``cancel``
never left, and what is not restocked came back to nobody's stock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from ..core.errors import InvalidError
from ..core.news import GivenBack, Return, ReturnedItem
from ..core.shape import as_object, text
from ..core.types import ListingKey, Money
from . import graph_refunds, rest_refunds
from .forms import ZERO, RefundForm, RefundLineForm, ReturnForm
from .order_lines import CANCEL, gross_of
from .settings import Settings
from .wording import flag, number

REFUND_ID, RETURN_ID = "refund-", "return-"
REFUND_NOTE = "Odoo: "
"""What the note of a refund of ours begins with; our reference follows."""
RESTOCKED = frozenset({"return", "legacy_restock"})


def parse_return(payload: Any, settings: Settings) -> Return:
    """The payload of an event with topic ``return``.

    :raise InvalidError: names the member that is wrong.
    """
    form = read(payload, settings)
    try:
        return refund_of(form, settings) if isinstance(form, RefundForm) else return_of(form)
    except ArithmeticError:
        raise InvalidError(
            "The refund holds numbers that cannot be counted.", code="bad_number"
        ) from None


def read(payload: Any, settings: Settings) -> RefundForm | ReturnForm:
    """A refund or return of either road, as :func:`refund_payload` and its neighbours pack it."""
    data = as_object(payload, "return")
    order = text(data, "order_id")
    if "refund" in data:
        node = as_object(data["refund"], "refund")
        code, included = text(data, "currency"), data.get("taxes_included")
        known = included if isinstance(included, bool) else None
        if text(node, "id").startswith("gid://"):
            return graph_refunds.read_refund(
                node, settings.money, number(order, "order_id"), code, known
            )
        return rest_refunds.read_refund(node, settings.money, order, code, known)
    node = as_object(data.get("return"), "return")
    if text(node, "id").startswith("gid://"):
        return graph_refunds.read_return(node, number(order, "order_id"))
    return rest_refunds.read_return(node, order)


def refund_payload(
    refund: Any, order: Mapping[str, Any] | None = None, money: str = "shop"
) -> dict[str, Any]:
    """What an event of a refund holds.

    :param order: its order's document of the same road, where it came with one.
    :param money: ``shop`` or ``presentment``.
    """
    found: dict[str, Any] = {"refund": refund}
    if order is not None:
        graph = text(order, "id").startswith("gid://")
        found["order_id"] = text(order, "id").rsplit("/", 1)[-1]
        found["taxes_included"] = flag(order, "taxesIncluded" if graph else "taxes_included")
        shop = text(order, "currencyCode" if graph else "currency")
        buyer = text(order, "presentmentCurrencyCode" if graph else "presentment_currency")
        found["currency"] = shop if money == "shop" else buyer or shop
    return found


def return_payload(value: Any, order: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What an event of a return holds."""
    found: dict[str, Any] = {"return": value}
    if order is not None:
        found["order_id"] = text(order, "id").rsplit("/", 1)[-1]
    return found


def refund_of(form: RefundForm, settings: Settings) -> Return:
    """The neutral return of a refund."""
    moved = form.paid is not None
    items = tuple(_item(row, form) for row in form.lines)
    others = []
    if form.shipping:
        others.append(GivenBack("shipping", form.shipping))
    if form.duties and items and not any(one.left for one in items):
        # Duties of what never left are gone from the order together with it.
        first = items[0]
        items = (replace(first, amount=(first.amount or ZERO) + form.duties), *items[1:])
    elif form.duties:
        others.append(GivenBack("fee", form.duties, "duty"))
    # Of an exchange nothing is given back, and that is told as well.
    amount = Money(ZERO, form.currency or settings.currency)
    if form.paid is not None:
        known = sum((one.amount or ZERO for one in items), ZERO)
        known += sum((one.amount for one in others), ZERO)
        if form.paid != known:
            others.append(GivenBack("adjustment", form.paid - known))
        amount = Money(form.paid, form.currency or settings.currency)
    return Return(
        external_id=f"{REFUND_ID}{form.id}",
        order_id=form.order,
        items=items,
        received=True,
        returned_at=form.at,
        raw_status="refunded" if moved else "restocked",
        amount=amount,
        others=tuple(others) if moved else (),
        reference=reference_of(form.note),
        comment="" if reference_of(form.note) else form.note,
    )


def reference_of(note: str) -> str:
    """Our own reference in the note of a refund; empty when it is not ours."""
    if not note.startswith(REFUND_NOTE):
        return ""
    return note[len(REFUND_NOTE) :].splitlines()[0].strip() if note[len(REFUND_NOTE) :] else ""


def _item(row: RefundLineForm, form: RefundForm) -> ReturnedItem:
    return ReturnedItem(
        listing=ListingKey(
            external_id=row.variant or None,
            sku=row.sku or None,
            extra={"product_id": row.product} if row.product else {},
        ),
        quantity=Decimal(row.quantity),
        line_id=row.line,
        reason=row.restock,
        amount=gross_of(row, form.taxes_included) if form.paid is not None else None,
        restock=row.restock in RESTOCKED,
        left=row.restock != CANCEL,
        location=row.location,
    )


def return_of(form: ReturnForm) -> Return:
    """The neutral return of a return: an announcement, until its units were dealt with."""
    items = []
    for row in form.lines or ():
        # What a refund covers comes with the refund, and must not come twice.
        back = max(0, row.processed - row.refunded)
        waiting = max(0, row.quantity - row.processed)
        for units, restock in ((back, True), (waiting, False)):
            if units:
                items.append(
                    ReturnedItem(
                        listing=ListingKey(),
                        quantity=Decimal(units),
                        line_id=row.line,
                        reason=row.reason,
                        restock=restock,
                    )
                )
    done = bool(form.lines) and all(row.processed >= row.quantity for row in form.lines or ())
    return Return(
        external_id=f"{RETURN_ID}{form.id}",
        order_id=form.order,
        items=tuple(items),
        received=done,
        returned_at=form.at,
        raw_status=form.status,
        comment="\n".join(row.note for row in form.lines or () if row.note),
    )
