"""The shop's own truth of its sales, for comparison with what a connector made of it."""

from __future__ import annotations

from typing import Any

from . import totals
from .desk import Desk
from .fulfilment import OPEN
from .model import Line, Order, Refund, RefundLine
from .money import NOTHING, Bag, total
from .rest_values import amount


def book(desk: Desk) -> dict[str, Any]:
    """Every order and draft, and the pieces that wait to be sent.

    Amounts are texts; ``{"shop": "10.00", "presentment": "10.84"}``. Keys are numeric ids as text.
    `reservations`: location → SKU → pieces that open fulfilment orders wait for.
    """
    reservations: dict[str, dict[str, int]] = {}
    for order in desk.orders.values():
        _reserve(order, reservations)
    return {
        "orders": {str(each.id): order_book(each) for each in desk.orders.values()},
        "drafts": {
            str(each.id): {
                "name": each.name,
                "status": each.status,
                "order": str(each.order) if each.order else None,
                "total": _both(each.content, totals.totals(each.content, True).total),
            }
            for each in desk.drafts.values()
        },
        "reservations": reservations,
        "customers": {
            str(each.id): {"name": each.name, "email": each.email, "redacted": each.redacted}
            for each in desk.customers.values()
        },
    }


def _reserve(order: Order, found: dict[str, dict[str, int]]) -> None:
    for source in order.fulfilment_orders:
        if source.status not in OPEN:
            continue
        for row in source.lines:
            line = order.line(row.line)
            if line is not None and line.item and line.tracked and row.remaining:
                place = found.setdefault(str(source.location), {})
                place[line.sku] = place.get(line.sku, 0) + row.remaining


def _both(order: Order, bag: Bag) -> dict[str, str]:
    return {
        "shop": amount(bag.shop, order.pair.shop),
        "presentment": amount(bag.presentment, order.pair.presentment),
    }


def order_book(order: Order) -> dict[str, Any]:
    now, first = totals.totals(order, True), totals.totals(order, False)
    return {
        "name": order.name,
        "created_at": order.created,
        "updated_at": order.updated,
        "currency": order.pair.shop,
        "presentment_currency": order.pair.presentment,
        "financial_status": totals.financial_status(order),
        "fulfillment_status": totals.fulfilment_status(order),
        "cancelled": order.cancelled is not None,
        "cancel_reason": order.cancel_reason,
        "test": order.test,
        "risk": order.risks[-1].level if order.risks else "NONE",
        "source": order.source,
        "location": str(order.location) if order.location else None,
        "customer": str(order.customer) if order.customer else None,
        "company": [str(each) for each in order.company],
        "po_number": order.po_number,
        "tags": order.tags,
        "note": order.note,
        "reference": (order.metafields.get("odoo.reference") or {}).get("value"),
        "edits": order.edits,
        "taxes_included": order.taxes_included,
        "total": _both(order, now.total),
        "sold_total": _both(order, totals.sold(order)),
        "ordered_total": _both(order, first.total),
        "original_total": _both(order, order.original),
        "subtotal": _both(order, now.subtotal),
        "shipping": _both(order, now.shipping),
        "tax": _both(order, now.tax),
        "discounts": _both(order, now.discounts),
        "tips": _both(order, now.tips),
        "duties": _both(order, now.duties),
        "fees": _both(order, now.fees),
        "received": _both(order, totals.received(order)),
        "refunded": _both(order, totals.refunded(order)),
        "outstanding": _both(order, totals.outstanding(order)),
        "lines": {str(each.id): line_book(order, each) for each in order.lines},
        "fulfillment_orders": {
            str(each.id): {
                "status": each.status,
                "location": str(each.location),
                "remaining": {str(row.line): row.remaining for row in each.lines},
            }
            for each in order.fulfilment_orders
        },
        "fulfillments": {
            str(each.id): {
                "status": each.status,
                "location": str(each.location),
                "company": each.company,
                "numbers": each.numbers,
                "urls": each.urls,
                "origin": each.origin,
                "items": {str(row.line): row.quantity for row in each.lines},
            }
            for each in order.fulfilments
        },
        "refunds": {str(each.id): refund_book(order, each) for each in order.refunds},
        "returns": {
            str(each.id): {
                "status": each.status,
                "items": {str(row.line): row.quantity for row in each.lines},
                "processed": {str(row.line): row.processed for row in each.lines},
                "exchanges": {str(row.variant): row.quantity for row in each.exchanges},
            }
            for each in order.returns
        },
    }


def line_book(order: Order, line: Line) -> dict[str, Any]:
    return {
        "sku": line.sku,
        "title": line.title,
        "variant": str(line.variant) if line.variant else None,
        "quantity": line.quantity,
        "current": line.current,
        "removed": line.removed,
        "refunded": line.refunded,
        "fulfilled": line.fulfilled,
        "returned": line.returned,
        "cancelled": line.removed + totals.cancelled_pieces(order, line),
        "unit_price": _both(order, line.unit),
        "net": _both(order, totals.net(order, line, line.current)),
        "tax": _both(order, totals.tax(order, line, line.current)),
    }


def refund_book(order: Order, refund: Refund) -> dict[str, Any]:
    """`left_amount`: without what belongs to pieces that never left (restock CANCEL)."""
    paid = total(each.amount for each in order.transactions if each.refund == refund.id)
    unsent = total(refund_worth(order, row) for row in refund.lines if row.restock == "CANCEL")
    left = NOTHING if unsent.presentment >= paid.presentment else paid - unsent
    return {
        "amount": _both(order, paid),
        "left_amount": _both(order, left),
        "note": refund.note,
        "origin": refund.origin,
        "return": str(refund.of_return) if refund.of_return else None,
        "items": {
            str(row.id): {
                "line": str(row.line),
                "quantity": row.quantity,
                "restock": row.restock,
                "location": str(row.location) if row.location else None,
            }
            for row in refund.lines
        },
    }


def refund_worth(order: Order, row: RefundLine) -> Bag:
    """What refunded pieces are worth, duties not counted."""
    return row.subtotal if order.taxes_included else row.subtotal + row.tax
