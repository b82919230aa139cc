"""Members of webhook bodies that are read, and where they are told; the official schema has none.

Sources: **D** Shopify's reference of webhook payloads (``docs/api/webhooks``, samples of topics,
read 2026-11); **R** its reference of the legacy REST resources, whose shape the bodies keep; **U**
seen in neither, read if it is there. Paths are below the body; ``[]`` stands for the rows of a
list. Every ``…_set`` holds ``shop_money`` and ``presentment_money``.
"""

from __future__ import annotations

ORDER: dict[str, str] = {
    **dict.fromkeys(
        (
            "id", "admin_graphql_api_id", "name", "order_number", "created_at", "processed_at",
            "updated_at", "cancelled_at", "cancel_reason", "closed_at", "currency",
            "presentment_currency", "taxes_included", "duties_included", "test", "email",
            "contact_email", "phone", "note", "note_attributes[].name", "note_attributes[].value",
            "tags", "po_number", "source_name", "location_id", "financial_status",
            "fulfillment_status", "payment_gateway_names", "payment_terms.payment_terms_name",
            "company.id", "company.location_id", "total_price", "current_total_price",
            "current_total_price_set", "current_total_tax", "current_total_tax_set",
            "total_outstanding", "total_tip_received", "original_total_additional_fees_set",
            "current_total_additional_fees_set", "original_total_duties_set",
            "current_total_duties_set", "discount_applications[].title",
            "discount_applications[].code", "discount_codes[].code", "customer.id",
            "customer.first_name", "customer.last_name", "customer.email", "customer.phone",
            "shipping_address", "billing_address", "fulfillments[].id", "fulfillments[].status",
            "fulfillments[].shipment_status", "fulfillments[].line_items[].id",
            "fulfillments[].line_items[].quantity", "refunds[]", "returns[]", "line_items[]",
            "shipping_lines[]", "current_total_price_set.shop_money.amount",
            "current_total_price_set.shop_money.currency_code",
        ),
        "D orders/create",
    ),
}  # fmt: skip
LINE: dict[str, str] = {
    **dict.fromkeys(
        (
            "id", "name", "title", "sku", "quantity", "current_quantity", "price", "price_set",
            "variant_id", "product_id", "product_exists", "gift_card", "requires_shipping",
            "properties[].name", "properties[].value", "discount_allocations[].amount",
            "discount_allocations[].amount_set",
            "discount_allocations[].discount_application_index", "tax_lines[].price",
            "tax_lines[].price_set", "tax_lines[].rate", "tax_lines[].channel_liable",
        ),
        "D orders/create: line_items",
    ),
    **dict.fromkeys(
        ("duties[].shop_money", "duties[].presentment_money", "duties[].tax_lines"),
        "R Order: line_items.duties",
    ),
    "duties[].price_set": "U",
}  # fmt: skip
SHIPPING: dict[str, str] = dict.fromkeys(
    (
        "id", "title", "price", "price_set", "current_discounted_price_set", "is_removed",
        "tax_lines", "discount_allocations",
    ),
    "D orders/create: shipping_lines",
)  # fmt: skip
ADDRESS: dict[str, str] = dict.fromkeys(
    (
        "first_name", "last_name", "name", "company", "address1", "address2", "city", "zip",
        "province", "province_code", "country_code", "phone",
    ),
    "D orders/create: shipping_address",
)  # fmt: skip
REFUND: dict[str, str] = {
    **dict.fromkeys(
        (
            "id", "order_id", "created_at", "processed_at", "note", "return.id",
            "refund_line_items[].line_item_id", "refund_line_items[].line_item",
            "refund_line_items[].quantity", "refund_line_items[].restock_type",
            "refund_line_items[].location_id", "refund_line_items[].subtotal",
            "refund_line_items[].subtotal_set", "refund_line_items[].total_tax",
            "refund_line_items[].total_tax_set", "refund_shipping_lines[].subtotal_amount_set",
            "refund_shipping_lines[].tax_amount_set", "order_adjustments[].kind",
            "order_adjustments[].amount_set", "order_adjustments[].tax_amount_set",
            "transactions[].kind", "transactions[].status", "transactions[].amount",
            "transactions[].currency", "duties[].amount_set", "total_duties_set",
        ),
        "D refunds/create",
    ),
    "refund_duties[].amount_set": "R Refund",
    "transactions[].amount_set": "U",
}  # fmt: skip
RETURN: dict[str, str] = {
    **dict.fromkeys(
        (
            "id", "status", "name", "order.id", "order_id", "return_line_items[].quantity",
            "return_line_items[].return_reason", "return_line_items[].return_reason_note",
            "return_line_items[].customer_note",
            "return_line_items[].fulfillment_line_item.line_item.id",
        ),
        "D returns/request, returns/close",
    ),
    **dict.fromkeys(
        (
            "return_line_items[].processed_quantity", "return_line_items[].refunded_quantity",
            "return_line_items[].line_item.id", "created_at", "updated_at",
        ),
        "U",
    ),
}  # fmt: skip
PRODUCT: dict[str, str] = dict.fromkeys(
    (
        "id", "title", "body_html", "vendor", "product_type", "handle", "status", "tags",
        "updated_at", "options[].name", "variants[].id", "variants[].sku", "variants[].barcode",
        "variants[].price", "variants[].compare_at_price", "variants[].option1",
        "variants[].option2", "variants[].option3", "variants[].inventory_item_id",
        "variants[].inventory_policy", "variants[].taxable",
    ),
    "D products/update",
)  # fmt: skip
LEVEL: dict[str, str] = dict.fromkeys(
    ("inventory_item_id", "location_id", "available", "updated_at"), "D inventory_levels/update"
)
DRAFT: dict[str, str] = dict.fromkeys(
    (
        "id", "admin_graphql_api_id", "name", "status", "currency", "created_at", "updated_at",
        "taxes_included", "total_price", "total_tax", "applied_discount.amount",
        "applied_discount.title", "shipping_line.title", "shipping_line.price", "order_id", "note",
        "note_attributes", "tags", "email", "customer", "shipping_address", "billing_address",
        "payment_terms.payment_terms_name", "line_items[].applied_discount.amount",
    ),
    "D draft_orders/update",
)  # fmt: skip
OTHERS: dict[str, str] = {
    **dict.fromkeys(("myshopify_domain", "domain", "id", "updated_at"), "D app/uninstalled"),
    **dict.fromkeys(
        ("admin_graphql_api_id", "status", "error_code", "type", "completed_at"),
        "D bulk_operations/finish",
    ),
    **dict.fromkeys(
        (
            "customer.id", "customer.email", "customer.phone", "orders_requested",
            "orders_to_redact", "data_request.id",
        ),
        "D Privacy law compliance",
    ),
}  # fmt: skip
