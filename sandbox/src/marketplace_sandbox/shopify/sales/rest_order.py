"""Webhook bodies of orders, refunds and fulfilments: snake_case, numeric ids, money as text.

An order's body has neither its transactions (those of refunds excepted), nor its fulfilment
orders, nor its risk: the real bodies have not either.
"""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from . import totals
from .model import Fulfilment, Line, Order, Refund, Shipping, Transaction
from .money import NOTHING, Bag, total
from .rest_people import customer_body
from .rest_values import address, allocation, amount, bag, lower, moment, tax_line, token

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
        "shipping_lines": [_shipping(order, each) for each in order.shipping],
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
    for fee in order.fees:
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


def line_body(order: Order, line: Line) -> dict[str, Any]:
    pair = order.pair
    manual = [e for e in line.discounts if order.applications[e.index].method == "one"]
    off = total(each.amount for each in manual)
    done = line.fulfilled >= line.quantity - line.removed
    body: dict[str, Any] = {
        "id": line.id,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{line.id}",
        "attributed_staffs": [],
        "current_quantity": line.current,
        "fulfillable_quantity": fulfillable(order, line),
        "fulfillment_service": "gift_card" if line.gift_card else "manual",
        "fulfillment_status": (
            "fulfilled" if line.fulfilled and done else "partial" if line.fulfilled else None
        ),
        "gift_card": line.gift_card,
        "grams": line.grams,
        "name": line.title + (f" - {line.variant_title}" if line.variant_title else ""),
        "price": amount(line.unit.shop, pair.shop),
        "price_set": bag(line.unit, pair),
        "product_exists": bool(line.product),
        "product_id": line.product or None,
        "properties": [{"name": name, "value": value} for name, value in line.attributes.items()],
        "quantity": line.quantity,
        "requires_shipping": line.ships,
        "sku": line.sku or None,
        "taxable": line.taxable,
        "title": line.title,
        "total_discount": amount(off.shop, pair.shop),
        "total_discount_set": bag(off, pair),
        "variant_id": line.variant or None,
        "variant_inventory_management": "shopify" if line.tracked and line.item else None,
        "variant_title": line.variant_title or None,
        "vendor": line.vendor or None,
        "tax_lines": [tax_line(each, pair) for each in line.taxes],
        "duties": [_duty(order, each) for each in line.duties],
        "discount_allocations": [allocation(each, pair) for each in line.discounts],
    }
    if line.tip:
        body["tip"] = {"payment_gateway": None, "payment_method": None}
    return body


def fulfillable(order: Order, line: Line) -> int:
    return sum(
        row.remaining
        for source in order.fulfilment_orders
        if source.status not in ("CLOSED", "CANCELLED")
        for row in source.lines
        if row.line == line.id
    )


def _duty(order: Order, row: Any) -> dict[str, Any]:
    found = bag(row.amount, order.pair)
    return {
        "id": str(row.id),
        "harmonized_system_code": row.hs_code or None,
        "country_code_of_origin": row.country or None,
        **found,
        "tax_lines": [tax_line(each, order.pair) for each in row.taxes],
        "admin_graphql_api_id": f"gid://shopify/Duty/{row.id}",
    }


def _shipping(order: Order, row: Shipping) -> dict[str, Any]:
    pair = order.pair
    price = row.price - total(each.amount for each in row.discounts)
    now = totals.shipping_price(row) - row.refunded
    return {
        "id": row.id,
        "carrier_identifier": None,
        "code": row.code or row.title,
        "current_discounted_price_set": bag(now, pair),
        "discounted_price": amount(price.shop, pair.shop),
        "discounted_price_set": bag(price, pair),
        "is_removed": row.removed,
        "phone": None,
        "price": amount(row.price.shop, pair.shop),
        "price_set": bag(row.price, pair),
        "requested_fulfillment_service_id": None,
        "source": row.source,
        "title": row.title,
        "tax_lines": [tax_line(each, pair) for each in row.taxes],
        "discount_allocations": [allocation(each, pair) for each in row.discounts],
    }


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


# === FULFILMENTS AND REFUNDS === #


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
                    (_shipping(order, s) for s in order.shipping if s.id == each.shipping), None
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
