"""Webhook bodies of fulfilments and refunds; also inside of an order's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .model import Fulfilment, Order, Refund, Transaction
from .money import total
from .rest_lines import line_body, shipping_body
from .rest_values import address, amount, bag, moment

if TYPE_CHECKING:
    from .desk import Desk


def fulfilment_body(desk: Desk, order: Order, made: Fulfilment) -> dict[str, Any]:
    """The body of ``fulfillments/…``; also inside of an order."""
    lines = []
    for sent in made.lines:
        line = order.line(sent.line)
        if line is not None:
            lines.append({**line_body(order, line), "quantity": sent.quantity})
    delivered = {"OUT_FOR_DELIVERY": "out_for_delivery", "IN_TRANSIT": "in_transit"}
    return {
        "id": made.id,
        "admin_graphql_api_id": f"gid://shopify/Fulfillment/{made.id}",
        "created_at": moment(made.created),
        "destination": address(order.address),
        "email": order.email or None,
        "line_items": lines,
        "location_id": made.location,
        "name": made.name.replace("-F", "."),
        "order_id": order.id,
        "origin_address": {},
        "receipt": {},
        "service": made.service,
        "shipment_status": (
            delivered.get(made.delivery, made.delivery.lower()) if made.delivery else None
        ),
        "status": made.status.lower(),
        "tracking_company": made.company or None,
        "tracking_number": made.numbers[0] if made.numbers else None,
        "tracking_numbers": made.numbers,
        "tracking_url": made.urls[0] if made.urls else None,
        "tracking_urls": made.urls,
        "updated_at": moment(made.updated),
    }


def transaction_body(order: Order, row: Transaction) -> dict[str, Any]:
    pair = order.pair
    return {
        "id": row.id,
        "admin_graphql_api_id": f"gid://shopify/OrderTransaction/{row.id}",
        "amount": amount(row.amount.presentment, pair.presentment),
        "amount_set": bag(row.amount, pair),
        "authorization": None,
        "created_at": moment(row.created),
        "currency": pair.presentment,
        "device_id": None,
        "error_code": None,
        "gateway": row.gateway,
        "kind": row.kind,
        "location_id": row.location or None,
        "message": row.message or None,
        "order_id": order.id,
        "parent_id": row.parent or None,
        "payment_id": f"{order.name}.{row.id % 1000}",
        "processed_at": moment(row.created),
        "receipt": row.receipt,
        "source_name": "1830279",
        "status": row.status,
        "test": order.test,
        "user_id": None,
    }


def refund_body(desk: Desk, order: Order, row: Refund) -> dict[str, Any]:
    """The body of ``refunds/create``; also inside of an order."""
    pair = order.pair
    duties = total(each.amount for each in row.duties)
    back = next((each for each in order.returns if each.id == row.of_return), None)
    return {
        "id": row.id,
        "admin_graphql_api_id": f"gid://shopify/Refund/{row.id}",
        "created_at": moment(row.created),
        "duties": [
            {"duty_id": each.duty, "amount_set": bag(each.amount, pair)} for each in row.duties
        ],
        "note": row.note or None,
        "order_id": order.id,
        "processed_at": moment(row.created),
        "restock": any(each.restock != "NO_RESTOCK" for each in row.lines),
        "return": None if back is None else {
            "id": back.id, "admin_graphql_api_id": f"gid://shopify/Return/{back.id}"
        },
        "total_duties_set": bag(duties, pair),
        "user_id": None,
        "order_adjustments": [
            {
                "id": each.id,
                "amount": amount(each.amount.shop, pair.shop),
                "amount_set": bag(each.amount, pair),
                "kind": each.kind,
                "order_id": order.id,
                "reason": each.reason.replace("_", " ").capitalize(),
                "refund_id": row.id,
                "tax_amount": amount(each.tax.shop, pair.shop),
                "tax_amount_set": bag(each.tax, pair),
            }
            for each in row.adjustments
        ],
        "refund_line_items": [_refund_line(order, each) for each in row.lines],
        "refund_shipping_lines": [
            {
                "id": each.id,
                "shipping_line_id": each.shipping,
                "subtotal_amount_set": bag(each.subtotal, pair),
                "tax_amount_set": bag(each.tax, pair),
                "shipping_line": next(
                    (shipping_body(order, s) for s in order.shipping if s.id == each.shipping), None
                ),
            }
            for each in row.shipping
        ],
        "transactions": [
            transaction_body(order, each) for each in order.transactions if each.refund == row.id
        ],
    }  # fmt: skip


def _refund_line(order: Order, row: Any) -> dict[str, Any]:
    """`subtotal` and `total_tax` are numbers here, as the real bodies have them."""
    line = order.line(row.line)
    assert line is not None
    pair = order.pair
    return {
        "id": row.id,
        "line_item": line_body(order, line),
        "line_item_id": row.line,
        "location_id": row.location or None,
        "quantity": row.quantity,
        "restock_type": row.restock.lower(),
        "subtotal": row.subtotal.shop,
        "subtotal_set": bag(row.subtotal, pair),
        "total_tax": row.tax.shop,
        "total_tax_set": bag(row.tax, pair),
    }
