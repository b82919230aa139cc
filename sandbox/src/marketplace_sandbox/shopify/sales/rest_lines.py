"""Lines and shipping lines as webhook bodies have them."""

from __future__ import annotations

from typing import Any

from . import totals
from .model import Line, Order, Shipping
from .money import total
from .rest_values import allocation, amount, bag, tax_line


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
        "duties": [duty_body(order, each) for each in line.duties],
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


def duty_body(order: Order, row: Any) -> dict[str, Any]:
    found = bag(row.amount, order.pair)
    return {
        "id": str(row.id),
        "harmonized_system_code": row.hs_code or None,
        "country_code_of_origin": row.country or None,
        **found,
        "tax_lines": [tax_line(each, order.pair) for each in row.taxes],
        "admin_graphql_api_id": f"gid://shopify/Duty/{row.id}",
    }


def shipping_body(order: Order, row: Shipping) -> dict[str, Any]:
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
