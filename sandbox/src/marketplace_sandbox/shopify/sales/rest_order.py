"""Webhook bodies of orders, refunds and fulfilments: snake_case, numeric ids, money as text.

An order's body has neither its transactions (those of refunds excepted), nor its fulfilment
orders, nor its risk: the real bodies have not either.
"""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from . import totals
from .model import Order
from .money import NOTHING, Bag, total
from .rest_lines import line_body, shipping_body
from .rest_people import customer_body
from .rest_sending import fulfilment_body, refund_body
from .rest_values import address, amount, bag, lower, moment, tax_line, token

if TYPE_CHECKING:
    from .desk import Desk


def order_body(desk: Desk, order: Order, bend: bool = True) -> dict[str, Any]:
    """The body of every ``orders/…`` topic.

    :param bend: with what a test made of it (`overrides`, `omit` of the order).
    """
    body = {
        **_head(desk, order),
        **_sums(order),
        "billing_address": address(order.billing),
        "customer": _customer(desk, order),
        "discount_applications": [_application(order, each) for each in order.applications],
        "fulfillments": [fulfilment_body(desk, order, each) for each in order.fulfilments],
        "line_items": [line_body(order, each) for each in order.lines],
        "payment_terms": terms_body(order),
        "refunds": [refund_body(desk, order, each) for each in order.refunds],
        "returns": [_return_row(each) for each in order.returns],
        "shipping_address": address(order.address),
        "shipping_lines": [shipping_body(order, each) for each in order.shipping],
    }
    return bent(body, order) if bend else body


def terms_body(order: Order) -> dict[str, Any] | None:
    """Payment terms with one schedule; None when the order is due at once."""
    if not order.terms:
        return None
    days = terms_days(order)
    due = None if days is None else order.created + timedelta(days=days)
    return {
        "id": order.id + 40_000_000,
        "created_at": moment(order.created),
        "due_in_days": days,
        "payment_schedules": [
            {
                "id": order.id + 50_000_000,
                "amount": amount(order.original.presentment, order.pair.presentment),
                "currency": order.pair.presentment,
                "issued_at": moment(order.created),
                "due_at": moment(due),
                "completed_at": None,
                "expected_payment_method": "shopify_payments",
            }
        ],
        "payment_terms_name": order.terms,
        "payment_terms_type": "receipt" if days is None else "net",
        "updated_at": moment(order.created),
    }


def terms_days(order: Order) -> int | None:
    """30 of ``Net 30``."""
    digits = "".join(each for each in order.terms if each.isdigit())
    return int(digits) if digits else None


def bent(body: dict[str, Any], order: Order) -> dict[str, Any]:
    """With members replaced (dotted names) or left out, for nasty tests."""
    if not order.overrides and not order.omit:
        return body
    body = copy.deepcopy(body)
    for name, value in order.overrides.items():
        parent, leaf = _walk(body, name)
        if parent is not None:
            parent[leaf] = value
    for name in order.omit:
        parent, leaf = _walk(body, name)
        if isinstance(parent, dict):
            parent.pop(str(leaf), None)
    return body


def _walk(body: Any, name: str) -> tuple[Any, Any]:
    *path, leaf = [int(each) if each.isdigit() else each for each in name.split(".")]
    for step in path:
        try:
            body = body[step]
        except (KeyError, IndexError, TypeError):
            return None, leaf
    return body, leaf


def _head(desk: Desk, order: Order) -> dict[str, Any]:
    gateways = list(dict.fromkeys(
        each.gateway for each in order.transactions if each.kind != "refund"
    ))  # fmt: skip
    key = token(desk.room.services.seed, "order", order.id)
    return {
        "id": order.id,
        "admin_graphql_api_id": f"gid://shopify/Order/{order.id}",
        "app_id": 580111 if order.source == "web" else 1354745,
        "browser_ip": "203.0.113.7" if order.source == "web" else None,
        "buyer_accepts_marketing": False,
        "cancel_reason": order.cancel_reason.lower() or None,
        "cancelled_at": moment(order.cancelled),
        "cart_token": None,
        "checkout_id": order.id + 30_000_000 if order.source == "web" else None,
        "checkout_token": key if order.source == "web" else None,
        "client_details": None,
        "closed_at": moment(order.closed),
        "company": (
            {"id": order.company[0], "location_id": order.company[1]} if order.company else None
        ),
        "confirmation_number": key[:9].upper(),
        "confirmed": True,
        "contact_email": order.email or None,
        "created_at": moment(order.created),
        "currency": order.pair.shop,
        "customer_locale": order.locale or None,
        "device_id": 1 if order.source == "pos" else None,
        "discount_codes": _codes(order),
        "duties_included": False,
        "email": order.email,
        "estimated_taxes": False,
        "financial_status": totals.financial_status(order).lower(),
        "fulfillment_status": lower(order, totals.fulfilment_status(order)),
        "landing_site": "/" if order.source == "web" else None,
        "landing_site_ref": None,
        "location_id": order.location or None,
        "merchant_business_entity_id": "MTcwMDAx",
        "merchant_of_record_app_id": None,
        "name": order.name,
        "note": order.note or None,
        "note_attributes": [
            {"name": name, "value": value} for name, value in order.attributes.items()
        ],
        "number": order.number,
        "order_number": 1000 + order.number,
        "order_status_url": f"https://{desk.room.shop.domain}/{desk.room.shop.id}/orders/{key}/"
        f"authenticate?key={key[::-1]}",
        "payment_gateway_names": gateways,
        "phone": order.phone or None,
        "po_number": order.po_number or None,
        "presentment_currency": order.pair.presentment,
        "processed_at": moment(order.processed),
        "reference": None,
        "referring_site": None,
        "source_identifier": None,
        "source_name": order.source,
        "source_url": None,
        "tags": ", ".join(order.tags),
        "tax_exempt": order.tax_exempt,
        "tax_lines": [tax_line(each, order.pair) for each in order_taxes(order, current=False)],
        "taxes_included": order.taxes_included,
        "test": order.test,
        "token": key,
        "total_weight": sum(each.grams * each.quantity for each in order.lines),
        "updated_at": moment(order.updated),
        "user_id": 4711 if order.source in ("pos", "shopify_draft_order") else None,
    }


def _sums(order: Order) -> dict[str, Any]:
    pair = order.pair
    first, now = totals.totals(order, current=False), totals.totals(order, current=True)
    duties = any(each.duties for each in order.lines)
    both: dict[str, Bag] = {
        "current_subtotal_price": now.subtotal,
        "current_total_discounts": now.discounts,
        "current_total_price": now.total,
        "current_total_tax": now.tax,
        "subtotal_price": first.subtotal,
        "total_discounts": first.discounts,
        "total_line_items_price": first.items,
        "total_price": first.total,
        "total_tax": first.tax,
    }
    sets: dict[str, Bag | None] = {
        "current_shipping_price_set": now.shipping,
        "current_total_additional_fees_set": now.fees if order.fees else None,
        "current_total_duties_set": now.duties if duties else None,
        "original_total_additional_fees_set": first.fees if order.fees else None,
        "original_total_duties_set": first.duties if duties else None,
        "total_cash_rounding_payment_adjustment_set": NOTHING,
        "total_cash_rounding_refund_adjustment_set": NOTHING,
        "total_shipping_price_set": first.shipping,
    }
    body: dict[str, Any] = {}
    for name, value in both.items():
        body[name] = amount(value.shop, pair.shop)
        body[f"{name}_set"] = bag(value, pair)
    for name, found in sets.items():
        body[name] = None if found is None else bag(found, pair)
    body["total_outstanding"] = amount(totals.outstanding(order).shop, pair.shop)
    body["total_tip_received"] = amount(first.tips.shop, pair.shop)
    return body


def order_taxes(order: Order, current: bool) -> list[Any]:
    """Taxes of the whole order, one row for each title and rate."""
    found: dict[tuple[str, Any], Any] = {}

    def add(row: Any, value: Bag) -> None:
        key = (row.title, row.rate)
        if key in found:
            value = found[key].amount + value
        found[key] = type(row)(row.title, row.rate, value, row.channel_liable)

    for line in order.lines:
        pieces = line.current if current else line.quantity
        for tax in line.taxes:
            add(tax, order.pair.share(tax.amount, pieces, line.quantity))
    for each in order.shipping:
        if each.removed:
            continue
        whole = totals.shipping_tax(each)
        rest = whole - each.refunded_tax if current else whole
        for tax in each.taxes:
            add(tax, order.pair.portion(tax.amount, rest, whole))
    for fee in [] if current and order.cancelled else order.fees:
        for tax in fee.taxes:
            add(tax, tax.amount)
    return list(found.values())


def _codes(order: Order) -> list[dict[str, Any]]:
    return [
        {
            "code": each.code,
            "amount": amount(applied(order, index).shop, order.pair.shop),
            "type": "shipping" if each.target == "shipping_line" else each.value_type,
        }
        for index, each in enumerate(order.applications)
        if each.kind == "code"
    ]


def applied(order: Order, index: int) -> Bag:
    """What a discount took off, in all."""
    discounts = [each for row in order.lines for each in row.discounts]
    discounts += [each for row in order.shipping for each in row.discounts]
    return total(each.amount for each in discounts if each.index == index)


def _application(order: Order, row: Any) -> dict[str, Any]:
    body = {
        "target_type": row.target,
        "type": {"code": "discount_code"}.get(row.kind, row.kind),
        "value": f"{row.value:f}" if "." in f"{row.value:f}" else f"{row.value:f}.0",
        "value_type": row.value_type,
        "allocation_method": row.method,
        "target_selection": row.selection,
    }
    if row.kind == "code":
        return {**body, "code": row.code}
    found = {**body, "title": row.title}
    return {**found, "description": row.description or row.title} if row.kind == "manual" else found


def _customer(desk: Desk, order: Order) -> dict[str, Any] | None:
    found = desk.customer(order.customer)
    return None if found is None else customer_body(desk, found, inside=True)


def _return_row(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "admin_graphql_api_id": f"gid://shopify/Return/{row.id}",
        "name": row.name,
        "status": row.status.lower(),
    }
