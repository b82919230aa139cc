"""Webhook bodies of drafts, returns, edits and risk, and of the privacy topics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import totals
from .model import Customer, Draft, Order, Return
from .money import total
from .rest_lines import line_body
from .rest_order import order_body
from .rest_values import amount, bag, moment, tax_line

if TYPE_CHECKING:
    from .desk import Desk


def draft_body(desk: Desk, draft: Draft) -> dict[str, Any]:
    """The body of ``draft_orders/create`` and ``update``."""
    content = draft.content
    sums, pair = totals.totals(content, current=True), content.pair
    body = order_body(desk, content)
    lines = []
    for line in content.lines:
        row = line_body(content, line)
        lines.append(
            {
                **row,
                "custom": not line.variant,
                "applied_discount": None,
                "admin_graphql_api_id": f"gid://shopify/DraftOrderLineItem/{line.id}",
            }
        )
    shipping = content.shipping[0] if content.shipping else None
    return {
        "id": draft.id,
        "admin_graphql_api_id": f"gid://shopify/DraftOrder/{draft.id}",
        "name": draft.name,
        "status": draft.status.lower(),
        "note": content.note or None,
        "email": content.email or None,
        "taxes_included": content.taxes_included,
        "currency": pair.shop,
        "presentment_currency": pair.presentment,
        "invoice_sent_at": moment(draft.invoiced),
        "created_at": moment(draft.created),
        "updated_at": moment(draft.updated),
        "tax_exempt": content.tax_exempt,
        "completed_at": moment(draft.completed),
        "allow_discount_codes_in_checkout?": False,
        "b2b?": bool(content.company),
        "line_items": lines,
        "shipping_address": body["shipping_address"],
        "billing_address": body["billing_address"],
        "invoice_url": f"https://{desk.room.shop.domain}/{desk.room.shop.id}/invoices/{draft.id}",
        "created_on_api_version_handle": None,
        "applied_discount": None,
        "order_id": draft.order or None,
        "shipping_line": (
            None
            if shipping is None
            else {
                "title": shipping.title,
                "custom": True,
                "handle": None,
                "price": amount(shipping.price.shop, pair.shop),
            }
        ),
        "tax_lines": [tax_line(each, pair) for line in content.lines for each in line.taxes],
        "tags": ", ".join(content.tags),
        "note_attributes": body["note_attributes"],
        "po_number": content.po_number or None,
        "total_price": amount(sums.total.shop, pair.shop),
        "total_price_set": bag(sums.total, pair),
        "subtotal_price": amount(sums.subtotal.shop, pair.shop),
        "subtotal_price_set": bag(sums.subtotal, pair),
        "total_tax": amount(sums.tax.shop, pair.shop),
        "total_tax_set": bag(sums.tax, pair),
        "payment_terms": body["payment_terms"],
        "customer": body["customer"],
        "company": body["company"],
    }


def return_body(desk: Desk, order: Order, row: Return) -> dict[str, Any]:
    """The body of ``returns/…``."""
    worth = []
    for each in row.lines:
        line = order.line(each.line)
        if line is not None:
            worth.append(totals.net(order, line, each.quantity))
    return {
        "id": row.id,
        "admin_graphql_api_id": f"gid://shopify/Return/{row.id}",
        "name": row.name,
        "status": row.status.lower(),
        "created_at": moment(row.created),
        "closed_at": moment(row.closed),
        "order_id": order.id,
        "order": {"id": order.id, "admin_graphql_api_id": f"gid://shopify/Order/{order.id}"},
        "total_return_line_items": sum(each.quantity for each in row.lines),
        "total_exchange_line_items": sum(each.quantity for each in row.exchanges),
        "decline": (
            {"reason": row.decline.lower(), "note": row.decline_note} if row.decline else None
        ),
        "subtotal_set": bag(total(worth), order.pair),
        "return_line_items": [
            {
                "id": each.id,
                "admin_graphql_api_id": f"gid://shopify/ReturnLineItem/{each.id}",
                "fulfillment_line_item": {
                    "id": each.sent,
                    "admin_graphql_api_id": f"gid://shopify/FulfillmentLineItem/{each.sent}",
                    "line_item": {
                        "id": each.line,
                        "admin_graphql_api_id": f"gid://shopify/LineItem/{each.line}",
                    },
                },
                "quantity": each.quantity,
                "processed_quantity": each.processed,
                "refundable_quantity": each.quantity - each.refunded,
                "refunded_quantity": each.refunded,
                "return_reason": each.reason.replace("-", "_"),
                "return_reason_note": each.note,
                "customer_note": each.customer_note or None,
            }
            for each in row.lines
        ],
        "exchange_line_items": [
            {
                "id": each.id,
                "admin_graphql_api_id": f"gid://shopify/ExchangeLineItem/{each.id}",
                "quantity": each.quantity,
                "processed_quantity": each.processed,
                "variant_id": each.variant,
                "line_items": [{"id": number} for number in each.lines],
            }
            for each in row.exchanges
        ],
    }


def edit_body(
    order: Order, number: int, additions: list[tuple[int, int]], removals: list[tuple[int, int]],
    note: str,
) -> dict[str, Any]:  # fmt: skip
    """The body of ``orders/edited``; pairs of (line, pieces)."""
    return {
        "order_edit": {
            "id": number,
            "app_id": None,
            "created_at": moment(order.updated),
            "committed_at": moment(order.updated),
            "notify_customer": False,
            "order_id": order.id,
            "staff_note": note,
            "user_id": None,
            "line_items": {
                "additions": [{"id": line, "delta": pieces} for line, pieces in additions],
                "removals": [{"id": line, "delta": pieces} for line, pieces in removals],
            },
            "discounts": {"line_item": {"additions": [], "removals": []}},
            "shipping_lines": {"additions": [], "removals": []},
        }
    }


def risk_body(desk: Desk, order: Order) -> dict[str, Any]:
    """The body of ``orders/risk_assessment_changed``."""
    return {
        "provider_id": None,
        "provider_title": "Sandbox",
        "risk_level": order.risks[-1].level.lower() if order.risks else "none",
        "created_at": moment(order.updated),
        "order_id": order.id,
        "admin_graphql_api_order_id": f"gid://shopify/Order/{order.id}",
    }


# === PRIVACY === #


def privacy_body(desk: Desk, topic: str, customer: Customer | None) -> dict[str, Any]:
    """The body of ``customers/data_request``, ``customers/redact`` and ``shop/redact``."""
    shop = desk.room.shop
    body: dict[str, Any] = {"shop_id": shop.id, "shop_domain": shop.domain}
    if topic == "shop/redact" or customer is None:
        return body
    orders = [each.id for each in desk.orders_of(customer.id)]
    who = {"id": customer.id, "email": customer.email or None, "phone": customer.phone or None}
    if topic == "customers/redact":
        return {**body, "customer": who, "orders_to_redact": orders}
    return {**body, "orders_requested": orders, "customer": who,
            "data_request": {"id": customer.id % 10_000 + 9_000}}  # fmt: skip
