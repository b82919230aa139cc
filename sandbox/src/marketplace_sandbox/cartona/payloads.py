"""Rows as the API shows them. The shape of an order is reconstructed, see the contract's schema."""

from __future__ import annotations

from typing import Any

from ..clock import format_time
from .model import BaseProduct, Line, Order, Product
from .settings import Settings

STYLES = ("status", "order", "list", "envelope")


def product_payload(product: Product, settings: Settings) -> dict[str, Any]:
    """A row of the product list; the names of id and name depend on `product_keys`."""
    style, payload = settings.product_keys, dict[str, Any]()
    if style in ("both", "id"):
        payload["id"] = product.id
    if style in ("both", "misspelled"):
        payload["suppler_prodcut_id"] = product.id
        payload["suppler_prodcut_name"] = product.name
    if style == "correct":
        payload["supplier_product_id"] = product.id
        payload["supplier_product_name"] = product.name
    if style in ("both", "id"):
        payload["name"] = product.name
    payload.update(
        internal_product_id=product.internal_product_id,
        base_product_id=product.base_product_id,
        supplier_code=product.supplier_code,
        unit=product.unit,
        unit_count=product.unit_count,
        selling_price=product.selling_price,
        available_stock_quantity=product.available_stock_quantity,
        in_stock=product.in_stock,
        min_order=product.min_order,
        max_order=product.max_order or None,
        is_published=product.is_published,
        is_unlimited_stock=product.is_unlimited_stock,
        remind_me_at_stock=product.remind_me_at_stock,
        notes=product.notes,
    )
    return payload


def base_payload(base: BaseProduct) -> dict[str, Any]:
    """A row of the catalogue. No sample is published; the members are assumed."""
    return {
        "base_product_id": base.id,
        "base_product_name": base.name,
        "base_product_name_ar": base.name_ar or None,
        "brand": base.brand or None,
        "category": base.category or None,
        "units": [{"unit": unit, "unit_count": count} for unit, count in base.units],
    }


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)


def line_payload(line: Line) -> dict[str, Any]:
    return {
        "id": line.id,
        "supplier_product_id": _text(line.supplier_product_id),
        "internal_product_id": line.internal_product_id,
        "base_product_id": _text(line.base_product_id),
        "unit": line.unit,
        "unit_count": line.unit_count,
        "product_name": line.product_name,
        "amount": line.amount,
        "selling_price": line.selling_price,
        "applied_supplier_discount": line.applied_supplier_discount,
        "applied_cartona_discount": line.applied_cartona_discount,
        "comment": line.comment,
    }


def order_payload(order: Order, settings: Settings) -> dict[str, Any]:
    """An order as pull-orders gives it, bent by the order's own `overrides` and `omit`."""
    payload: dict[str, Any] = {
        "hashed_id": order.hashed_id,
        "supplier_code": order.supplier_code,
        "edited_by_admin": order.edited_by_admin,
        "delivery_day": order.delivery_day,
        "status": order.status,
        "delivered_by": order.delivered_by,
        "pickup_date": order.pickup_date,
        "pickup_otp": order.pickup_otp,
        "retailer_preferred_delivery_date": order.retailer_preferred_delivery_date,
        "estimated_delivery_day": order.estimated_delivery_day,
        "cancellation_reason": order.cancellation_reason,
        "return_reason": order.return_reason,
        "total_price": order.total_price,
        "applied_supplier_rebate": order.applied_supplier_rebate,
        "cartona_credit": order.cartona_credit,
        "installment_cost": order.installment_cost,
        "wallet_top_up": order.wallet_top_up,
        "distribution_route_code": order.distribution_route_code,
        "note_message": order.note_message,
        "retailer": dict(order.retailer),
        "order_details": [line_payload(line) for line in order.lines],
    }
    if settings.order_extras:
        payload["receipt_id"] = order.receipt_id
        payload["created_at"] = format_time(order.created_at)
    else:
        for name in ("id", "retailer_email"):
            payload["retailer"].pop(name, None)
    payload.update(order.overrides)
    for path in order.omit:
        _drop(payload, path.split("."))
    return payload


def _drop(data: Any, path: list[str]) -> None:
    """Remove a member by its dotted path; lists are walked through."""
    if isinstance(data, list):
        for each in data:
            _drop(each, path)
    elif isinstance(data, dict):
        if len(path) == 1:
            data.pop(path[0], None)
        else:
            _drop(data.get(path[0]), path[1:])


def event_payload(style: str, topic: str, order: Order, settings: Settings) -> Any:
    """The body of a webhook. The real push is unconfirmed, so the form is a choice.

    ``status`` (default) ``{hashed_id, status}`` as the design text asks for; ``order`` the order;
    ``list`` a list with the order; ``envelope`` ``{event, order}``.
    """
    if style == "order":
        return order_payload(order, settings)
    if style == "list":
        return [order_payload(order, settings)]
    if style == "envelope":
        return {"event": topic, "order": order_payload(order, settings)}
    return {"hashed_id": order.hashed_id, "status": order.status}
