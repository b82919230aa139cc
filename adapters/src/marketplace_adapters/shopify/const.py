"""Tables of Shopify's Admin API. Source codes as in the channel's facts (G schema, D documentation,
C changelog), read 2026-11."""

from __future__ import annotations

from datetime import date

API_VERSION = "2026-10"
"""The one place that names it."""
API_ENDS = date(2027, 10, 16)
"""Served until then, 15:00 UTC (C: 2026-10 release notes)."""

GRAPHQL_PATH = f"admin/api/{API_VERSION}/graphql.json"
TOKEN_PATH = "admin/oauth/access_token"

UPLOAD_HOSTS = (
    "https://*.googleapis.com",
    "https://*.shopify.com",
    "https://*.shopifycloud.com",
    "https://*.amazonaws.com",
)
"""Where staged uploads go and results of bulk operations lie, besides the shop's own host."""

SCOPES: tuple[str, ...] = (
    "read_products",
    "write_products",
    "read_inventory",
    "write_inventory",
    "read_locations",
    "read_publications",
    "write_publications",
    "read_orders",
    "write_orders",
    "read_merchant_managed_fulfillment_orders",
    "write_merchant_managed_fulfillment_orders",
    "read_returns",
    "read_customers",
    "read_payment_terms",
)
"""Rights that the documents need, as the schema says of each field; a contract test compares."""
DRAFT_SCOPES = ("read_draft_orders",)
"""Besides, when the account takes draft orders."""

CANCEL_REASONS = ("CUSTOMER", "DECLINED", "FRAUD", "INVENTORY", "STAFF", "OTHER")
"""``OrderCancelReason`` (G)."""

WEBHOOK_TOPICS: tuple[str, ...] = (
    "ORDERS_CREATE",
    "ORDERS_UPDATED",
    "ORDERS_CANCELLED",
    "ORDERS_PAID",
    "REFUNDS_CREATE",
    "FULFILLMENTS_CREATE",
    "FULFILLMENTS_UPDATE",
    "INVENTORY_LEVELS_UPDATE",
    "PRODUCTS_CREATE",
    "PRODUCTS_UPDATE",
    "PRODUCTS_DELETE",
    "RETURNS_REQUEST",
    "RETURNS_APPROVE",
    "RETURNS_UPDATE",
    "RETURNS_PROCESS",
    "RETURNS_CLOSE",
    "RETURNS_CANCEL",
    "RETURNS_REOPEN",
    "APP_UNINSTALLED",
    "BULK_OPERATIONS_FINISH",
)
"""``WebhookSubscriptionTopic`` (G) that :meth:`Adapter.subscribe` looks after. Those of privacy
(customers/data_request, customers/redact, shop/redact) are set up with the app, not by calls."""

DRAFT_TOPICS = ("DRAFT_ORDERS_CREATE", "DRAFT_ORDERS_UPDATE", "DRAFT_ORDERS_DELETE")
"""Besides, when the account takes draft orders."""

NAMESPACE = "odoo"
"""Namespace of our metafields: ``odoo.product`` and ``odoo.variant`` hold our keys."""
PRODUCT_KEY, VARIANT_KEY, ORDER_KEY = "product", "variant", "reference"
