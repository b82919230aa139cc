"""Tables of the Cartona supplier integrations API. Data only.

No vendor specification is published; every table names where its content comes from:

* G1: the guide "Cartona-Odoo Integration: Detailed Technical Implementation Guide"
* G2: the guide "Marketplace Supplier Integration – Implementation Guide" of 2025-06-24
* A: an API description published with a client of the vendor in July 2025
* C: the behaviour of the vendor's public client of 2026-07-01

Read 2026-07. What is marked "unconfirmed" was never seen in a real answer.
"""

from __future__ import annotations

from ..core.news import ApiVersion
from ..core.types import OrderStatus

# Hosts (G2, C; staging: A). The account stores its own; these are proposals for its form.
PRODUCTION_URL = "https://supplier-integrations.cartona.com"
STAGING_URL = "https://supplier-integrations.cartona.space"
API_PREFIX = "/api/v1"
# The platform names no end of it.
VERSIONS: tuple[ApiVersion, ...] = (ApiVersion("Supplier integrations v1"),)

# The bare token without "Bearer" (C). A call with another header name was answered with 400.
TOKEN_HEADER = "AuthorizationToken"

CURRENCY = "EGP"  # C

# Paths below API_PREFIX (G2, C). A spells orders/… and base-product.
PATHS = {
    "pull_orders": "order/pull-orders",
    "set_statuses": "order/update-order-status",
    "set_status": "order/update-order-status/{hashed_id}",
    "update_details": "order/update-order-details",
    "products": "supplier-product",
    "update_products": "supplier-product/bulk-update",
    "base_products": "supplier-product/base-products",
    "update_base_products": "supplier-product/base-product/bulk-update",
    "update_base_stock": "supplier-product/base-product/bulk-update-stock",
}

# === ORDER STATUS === #

ACKNOWLEDGED = "synced"  # written, never read: the order is no longer offered (A)

# A; "cancelled" and "return" are read by C besides.
STATUS_IN = {
    "pending": OrderStatus.PENDING,
    "editing": OrderStatus.HOLD,
    "approved": OrderStatus.CONFIRMED,
    "assigned_to_salesman": OrderStatus.SHIPPED,
    "delivered": OrderStatus.DELIVERED,
    "cancelled_by_retailer": OrderStatus.CANCELLED,
    "cancelled_by_supplier": OrderStatus.CANCELLED,
    "cancelled": OrderStatus.CANCELLED,
    "returned": OrderStatus.RETURNED,
    "return": OrderStatus.RETURNED,
}

# Words that only a webhook may use (G1 names "payment confirmed, shipped, delivered"); unconfirmed.
WEBHOOK_STATUS_IN = STATUS_IN | {
    "payment_confirmed": OrderStatus.CONFIRMED,
    "confirmed": OrderStatus.CONFIRMED,
    "shipped": OrderStatus.SHIPPED,
    "cancel": OrderStatus.CANCELLED,
}

# A: what a supplier may write. HOLD and RETURNED are the platform's alone.
STATUS_OUT = {
    OrderStatus.PENDING: "pending",
    OrderStatus.CONFIRMED: "approved",
    OrderStatus.SHIPPED: "assigned_to_salesman",
    OrderStatus.DELIVERED: "delivered",
    OrderStatus.CANCELLED: "cancelled_by_supplier",
}

# How far an order has come, for reading back whether a status took effect.
PROGRESS = {
    OrderStatus.HOLD: 0,
    OrderStatus.PENDING: 0,
    OrderStatus.CONFIRMED: 1,
    OrderStatus.SHIPPED: 2,
    OrderStatus.DELIVERED: 3,
    OrderStatus.RETURNED: 4,
}

CANCELLED_BY = {"cancelled_by_retailer": "buyer", "cancelled_by_supplier": "seller"}

# A: cancellation_reason.
CANCEL_REASONS = (
    "out_of_stock",
    "cannot_deliver_the_order",
    "supplier_asked_me_to_cancel",
    "delayed_order",
    "pending_order_without_action",
    "removed_items",
    "supplier_attitude",
    "missing_items",
    "expired_products",
    "different_prices",
    "different_products",
)
DEFAULT_CANCEL_REASON = "cannot_deliver_the_order"

# === WHO DELIVERS === #

FULFILMENT_IN = {"delivered_by_supplier": "seller", "delivered_by_cartona": "channel"}

# === PRODUCTS === #

# A: units of a supplier product.
UNITS = tuple(
    """
    box can bottle kg piece dozen bag packet plate glass pallet jar shrink ton saddlebag roll
    tissue cone coil bunch strip recharge_card mat
    """.split()  # noqa: SIM905 - a table is read more easily without quotes
)

# Members of ProductState.attributes that the API knows (A).
PRODUCT_ATTRIBUTES = ("supplier_code", "remind_me_at_stock", "notes")
