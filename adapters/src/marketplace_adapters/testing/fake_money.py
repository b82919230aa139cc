"""Returns and settlements of the fake channel: builders for tests, parsers of its adapter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from ..core.dates import optional_datetime
from ..core.money import decimal, optional_decimal
from ..core.news import (
    GivenBack,
    MoneyKind,
    Return,
    ReturnedItem,
    Settlement,
    SettlementLine,
)
from ..core.shape import as_id, as_list, as_object, as_text
from ..core.types import ListingKey, Money


def return_document(
    return_id: str, order_id: str, items: Sequence[Mapping[str, Any]], **more: Any
) -> dict[str, Any]:
    """A return as the fake channel tells it.

    :param items: of ``{"listing", "quantity", "line", "reason", "condition", "amount", "restock",
        "location", "left"}``.
    :param more: received, stocked_by, returned_at, status, comment, updated_at, amount, currency,
        reference and others (of ``{"kind", "amount", "label"}``).
    """
    return {"id": return_id, "order": order_id, "items": [dict(item) for item in items]} | more


def settlement_line(
    line_id: str, kind: str, amount: Any, order: str = "", **more: Any
) -> dict[str, Any]:
    """A line of :func:`settlement_document`; ``more`` may hold type, line, sku, quantity,
    posted_at, description and marketplace."""
    return {"id": line_id, "kind": kind, "amount": str(amount), "order": order} | more


def settlement_document(
    settlement_id: str, lines: Sequence[Mapping[str, Any]], **more: Any
) -> dict[str, Any]:
    """A settlement as the fake channel tells it; its total is the sum of the lines unless given.

    :param more: total, currency, started_at, ended_at, paid_at, provisional, marketplace.
    """
    total = sum((Decimal(line["amount"]) for line in lines), Decimal())
    document = {
        "id": settlement_id,
        "currency": "EUR",
        "total": str(total),
        "lines": [dict(line) for line in lines],
    }
    return document | more


def parse_return(payload: Any) -> Return:
    """The neutral return of a document.

    :raise InvalidError: says which member is wrong.
    """
    data = as_object(payload, "return")
    return Return(
        external_id=as_id(data.get("id"), "return.id"),
        order_id=as_id(data.get("order"), "return.order"),
        items=tuple(_item(item, i) for i, item in enumerate(as_list(data.get("items"), "items"))),
        received=data.get("received") is True,
        stocked_by=as_text(data.get("stocked_by"), "stocked_by") or "seller",
        returned_at=optional_datetime(data.get("returned_at"), "return.returned_at"),
        raw_status=as_text(data.get("status"), "return.status"),
        comment=as_text(data.get("comment"), "return.comment"),
        amount=_amount(data),
        others=tuple(_other(other) for other in as_list(data.get("others") or [], "others")),
        reference=as_text(data.get("reference"), "return.reference"),
    )


def _amount(data: Mapping[str, Any]) -> Money | None:
    amount = optional_decimal(data.get("amount"), "return.amount")
    if amount is None:
        return None
    return Money(amount, as_text(data.get("currency"), "return.currency"))


def _other(value: Any) -> GivenBack:
    data = as_object(value, "other")
    return GivenBack(
        as_text(data.get("kind"), "other.kind"),
        decimal(data.get("amount"), "other.amount"),
        as_text(data.get("label"), "other.label"),
    )


def _item(value: Any, index: int) -> ReturnedItem:
    where = f"items[{index}]"
    data = as_object(value, where)
    return ReturnedItem(
        ListingKey(
            external_id=as_text(data.get("listing"), f"{where}.listing") or None,
            sku=as_text(data.get("sku"), f"{where}.sku") or None,
        ),
        decimal(data.get("quantity"), f"{where}.quantity"),
        line_id=as_text(data.get("line"), f"{where}.line"),
        reason=as_text(data.get("reason"), f"{where}.reason"),
        condition=as_text(data.get("condition"), f"{where}.condition"),
        amount=optional_decimal(data.get("amount"), f"{where}.amount"),
        restock=data.get("restock") is not False,
        location=as_text(data.get("location"), f"{where}.location"),
        left=data.get("left") is not False,
    )


def parse_settlement(payload: Any) -> Settlement:
    """The neutral settlement of a document.

    :raise InvalidError: says which member is wrong.
    """
    data = as_object(payload, "settlement")
    return Settlement(
        external_id=as_id(data.get("id"), "settlement.id"),
        currency=as_text(data.get("currency"), "settlement.currency"),
        total=decimal(data.get("total"), "settlement.total"),
        lines=tuple(_line(line, i) for i, line in enumerate(as_list(data.get("lines"), "lines"))),
        started_at=optional_datetime(data.get("started_at"), "settlement.started_at"),
        ended_at=optional_datetime(data.get("ended_at"), "settlement.ended_at"),
        paid_at=optional_datetime(data.get("paid_at"), "settlement.paid_at"),
        provisional=data.get("provisional") is True,
        marketplace=as_text(data.get("marketplace"), "settlement.marketplace"),
    )


def _line(value: Any, index: int) -> SettlementLine:
    where = f"lines[{index}]"
    data = as_object(value, where)
    return SettlementLine(
        external_id=as_id(data.get("id"), f"{where}.id"),
        kind=MoneyKind(data.get("kind")),
        type=as_text(data.get("type"), f"{where}.type"),
        amount=decimal(data.get("amount"), f"{where}.amount"),
        order_id=as_text(data.get("order"), f"{where}.order"),
        line_id=as_text(data.get("line"), f"{where}.line"),
        sku=as_text(data.get("sku"), f"{where}.sku"),
        quantity=decimal(data.get("quantity") or 0, f"{where}.quantity"),
        posted_at=optional_datetime(data.get("posted_at"), f"{where}.posted_at"),
        description=as_text(data.get("description"), f"{where}.description"),
        marketplace=as_text(data.get("marketplace"), f"{where}.marketplace"),
    )
