"""An order as it would be after an edit: the type CalculatedOrder and its lines."""

from __future__ import annotations

from typing import Any

from ..gids import gid
from . import totals
from .model import Line, Order, Shipping
from .rest_order import order_taxes
from .views import attributes, money, tax_lines


def calculated(order: Order, preview: Order, number: int) -> dict[str, Any]:
    known = {each.id for each in order.lines}
    sums = totals.totals(preview, current=True)
    return {
        "__typename": "CalculatedOrder",
        "id": gid("CalculatedOrder", number),
        "originalOrder": order,
        "lineItems": _list([calculated_line(preview, each) for each in preview.lines]),
        "addedLineItems": _list(
            [calculated_line(preview, each) for each in preview.lines if each.id not in known]
        ),
        "subtotalLineItemsQuantity": sums.quantity,
        "subtotalPriceSet": money(preview, sums.subtotal),
        "totalPriceSet": money(preview, sums.total),
        "totalOutstandingSet": money(preview, totals.outstanding(preview)),
        "taxLines": tax_lines(preview, order_taxes(preview, current=True)),
    }


def _list(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A connection that is never longer than an order; told whole."""
    return {
        "nodes": rows,
        "edges": [{"cursor": each["id"], "node": each} for each in rows],
        "pageInfo": {
            "hasNextPage": False,
            "hasPreviousPage": False,
            "startCursor": rows[0]["id"] if rows else None,
            "endCursor": rows[-1]["id"] if rows else None,
        },
    }


def calculated_line(order: Order, line: Line) -> dict[str, Any]:
    off = order.pair.share(totals.discount(order, line, line.quantity), 1, line.quantity)
    return {
        "id": gid("CalculatedLineItem", line.id),
        "title": line.title,
        "variantTitle": line.variant_title or None,
        "sku": line.sku or None,
        "variant": None,
        "quantity": line.current,
        "editableQuantity": max(0, line.current - line.fulfilled),
        "customAttributes": attributes(line.attributes),
        "originalUnitPriceSet": money(order, line.unit),
        "discountedUnitPriceSet": money(order, line.unit - off),
        "restockable": line.tracked and bool(line.item),
        "restocking": False,
    }


def calculated_shipping(order: Order, row: Shipping) -> dict[str, Any]:
    return {
        "id": gid("CalculatedShippingLine", row.id),
        "title": row.title,
        "price": money(order, row.price),
    }
