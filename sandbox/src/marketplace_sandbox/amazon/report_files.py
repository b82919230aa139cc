"""The flat files: tab-separated, in the encoding and the number and date forms of a marketplace.

Columns of orders and settlements are as published. Those of the two return reports are the ones
that sellers' files have; nothing machine-readable is published of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .marketplaces import MARKETPLACES, Marketplace
from .model import Item, Order, Return, Transaction
from .order_payloads import gross

if TYPE_CHECKING:
    from .room import AmazonRoom

ORDER_COLUMNS = (
    "amazon-order-id", "merchant-order-id", "purchase-date", "last-updated-date", "order-status",
    "fulfillment-channel", "sales-channel", "order-channel", "ship-service-level", "product-name",
    "sku", "asin", "item-status", "quantity", "currency", "item-price", "item-tax",
    "shipping-price", "shipping-tax", "gift-wrap-price", "gift-wrap-tax",
    "item-promotion-discount", "ship-promotion-discount", "ship-city", "ship-state",
    "ship-postal-code", "ship-country", "promotion-ids", "is-business-order",
    "purchase-order-number", "price-designation",
)  # fmt: skip
SHIPPING_COLUMNS = (
    "order-id", "order-item-id", "purchase-date", "payments-date", "reporting-date",
    "promise-date", "days-past-promise", "buyer-email", "buyer-phone-number", "sku",
    "product-name", "quantity-purchased", "quantity-shipped", "quantity-to-ship",
    "ship-service-level", "recipient-name", "ship-address-1", "ship-address-2", "ship-address-3",
    "ship-city", "ship-state", "ship-postal-code", "ship-country", "is-business-order",
    "purchase-order-number", "price-designation", "is-prime",
)  # fmt: skip
SETTLEMENT_COLUMNS = (
    "settlement-id", "settlement-start-date", "settlement-end-date", "deposit-date",
    "total-amount", "currency", "transaction-type", "order-id", "merchant-order-id",
    "adjustment-id", "shipment-id", "marketplace-name", "amount-type", "amount-description",
    "amount", "fulfillment-id", "posted-date", "posted-date-time", "order-item-code",
    "merchant-order-item-id", "merchant-adjustment-item-id", "sku", "quantity-purchased",
    "promotion-id",
)  # fmt: skip
RETURN_COLUMNS = (
    "Order ID", "Order date", "Return request date", "Return request status", "Amazon RMA ID",
    "Merchant RMA ID", "Label type", "Label cost", "Currency code", "Return carrier",
    "Tracking ID", "Label to be paid by", "A-to-Z Claim", "Is prime", "ASIN", "Merchant SKU",
    "Item Name", "Return quantity", "Return Reason", "In policy", "Return type", "Resolution",
    "Invoice number", "Return delivery date", "Order Amount", "Order quantity",
    "SafeT Action reason", "SafeT claim id", "SafeT claim state", "SafeT claim creation time",
    "SafeT claim reimbursement amount", "Refunded Amount",
)  # fmt: skip
FBA_RETURN_COLUMNS = (
    "return-date", "order-id", "sku", "asin", "fnsku", "product-name", "quantity",
    "fulfillment-center-id", "detailed-disposition", "reason", "status", "license-plate-number",
    "customer-comments",
)  # fmt: skip
STATUS = {
    "PENDING_AVAILABILITY": "Pending",
    "PENDING": "Pending",
    "UNSHIPPED": "Unshipped",
    "PARTIALLY_SHIPPED": "PartiallyShipped",
    "SHIPPED": "Shipped",
    "CANCELLED": "Cancelled",
    "UNFULFILLABLE": "Unfulfillable",
}
Row = dict[str, Any]


def write(columns: Iterable[str], rows: Iterable[Row], encoding: str) -> bytes:
    """A tab-separated file with a header row; what the encoding lacks becomes ``?``."""
    names = list(columns)
    lines = ["\t".join(names)]
    for row in rows:
        cells = (str(row.get(name, "")) for name in names)
        lines.append("\t".join(" ".join(cell.split()) for cell in cells))
    return ("\n".join(lines) + "\n").encode(encoding, "replace")


def amount(value: Decimal, market: Marketplace) -> str:
    text = f"{value:.2f}"
    return text.replace(".", ",") if market.comma else text


def day(moment: datetime, market: Marketplace) -> str:
    return moment.strftime("%d.%m.%Y" if market.day_first else "%Y-%m-%d")


def day_time(moment: datetime, market: Marketplace) -> str:
    return moment.strftime("%d.%m.%Y %H:%M:%S UTC" if market.day_first else "%Y-%m-%d %H:%M:%S UTC")


def _full(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")


# === ORDERS === #


def order_rows(orders: Iterable[Order]) -> list[Row]:
    """All orders: a row for each item. A pending one has no prices and no place."""
    return [_order_row(order, item) for order in orders for item in order.items]


def _order_row(order: Order, item: Item) -> Row:
    market = MARKETPLACES[order.marketplace]
    pending = order.status in ("PENDING", "PENDING_AVAILABILITY")
    row: Row = {
        "amazon-order-id": order.id,
        "merchant-order-id": order.seller_id,
        "purchase-date": _full(order.created),
        "last-updated-date": _full(order.updated),
        "order-status": STATUS[order.status],
        "fulfillment-channel": "Amazon" if order.fulfilled_by == "AMAZON" else "Merchant",
        "sales-channel": market.name,
        "ship-service-level": order.service.title(),
        "product-name": item.title,
        "sku": item.sku,
        "asin": item.asin,
        "item-status": _item_status(order, item),
        "quantity": item.live,
        "promotion-ids": ",".join(item.promotion_ids),
        "is-business-order": str("AMAZON_BUSINESS" in order.programs).lower(),
        "purchase-order-number": order.buyer.get("buyerPurchaseOrderNumber", ""),
        "price-designation": "Business Price" if item.business_price else "",
    }
    if pending or not item.live:
        return row
    rows = gross(item)
    address = order.address
    row.update(
        {
            "currency": market.currency,
            "item-price": f"{rows['ITEM'].get('ITEM', 0):.2f}",
            "ship-city": address.get("city", ""),
            "ship-state": address.get("stateOrRegion", ""),
            "ship-postal-code": address.get("postalCode", ""),
            "ship-country": address.get("countryCode", ""),
        }
    )
    for name, kind, part in (
        ("item-tax", "TAX", "ITEM"),
        ("shipping-price", "SHIPPING", "SHIPPING"),
        ("shipping-tax", "TAX", "SHIPPING"),
        ("gift-wrap-price", "GIFT_WRAP", "GIFT_WRAP"),
        ("gift-wrap-tax", "TAX", "GIFT_WRAP"),
        ("item-promotion-discount", "DISCOUNT", "ITEM"),
        ("ship-promotion-discount", "DISCOUNT", "SHIPPING"),
    ):
        found = rows[kind].get(part)
        if found:
            row[name] = f"{abs(found):.2f}"
    return row


def _item_status(order: Order, item: Item) -> str:
    if not item.live:
        return "Cancelled"
    if item.remaining:
        return "Pending" if order.status.startswith("PENDING") else "Unshipped"
    return "Shipped"


def shipping_rows(orders: Iterable[Order], now: datetime) -> list[Row]:
    """What is to be shipped, with names and addresses: a restricted report."""
    return [
        {
            "order-id": order.id,
            "order-item-id": item.id,
            "purchase-date": _full(order.created),
            "payments-date": _full(order.created),
            "reporting-date": _full(now),
            "promise-date": _full(order.ship_by),
            "days-past-promise": (now - order.ship_by).days,
            "buyer-email": order.buyer.get("buyerEmail", ""),
            "buyer-phone-number": order.address.get("phone", ""),
            "sku": item.sku,
            "product-name": item.title,
            "quantity-purchased": item.quantity,
            "quantity-shipped": item.shipped,
            "quantity-to-ship": item.remaining,
            "ship-service-level": order.service.title(),
            "recipient-name": order.address.get("name", ""),
            "ship-address-1": order.address.get("addressLine1", ""),
            "ship-address-2": order.address.get("addressLine2", ""),
            "ship-address-3": order.address.get("addressLine3", ""),
            "ship-city": order.address.get("city", ""),
            "ship-state": order.address.get("stateOrRegion", ""),
            "ship-postal-code": order.address.get("postalCode", ""),
            "ship-country": order.address.get("countryCode", ""),
            "is-business-order": str("AMAZON_BUSINESS" in order.programs).lower(),
            "purchase-order-number": order.buyer.get("buyerPurchaseOrderNumber", ""),
            "price-designation": "Business Price" if item.business_price else "",
            "is-prime": str("PRIME" in order.programs).lower(),
        }
        for order in orders
        if order.status in ("UNSHIPPED", "PARTIALLY_SHIPPED") and order.fulfilled_by == "MERCHANT"
        for item in order.items
        if item.remaining
    ]


# === RETURNS === #


def return_rows(room: AmazonRoom, rows: Iterable[Return]) -> list[Row]:
    """Returns to the seller's own place."""
    found = []
    for each in rows:
        order = room.orders.find(each.order_id)
        item = order.item(each.item_id)
        assert item is not None
        market = MARKETPLACES[order.marketplace]
        found.append(
            {
                "Order ID": order.id,
                "Order date": order.created.strftime("%d-%b-%Y"),
                "Return request date": each.at.strftime("%d-%b-%Y"),
                "Return request status": "Approved",
                "Amazon RMA ID": each.id,
                "Label type": "AmazonPrePaidLabel",
                "Label cost": amount(Decimal("2.99"), market),
                "Currency code": market.currency,
                "Label to be paid by": "Seller",
                "A-to-Z Claim": "N",
                "Is prime": "Y" if "PRIME" in order.programs else "N",
                "ASIN": item.asin,
                "Merchant SKU": item.sku,
                "Item Name": item.title,
                "Return quantity": each.quantity,
                "Return Reason": each.reason,
                "In policy": "Y",
                "Return type": "C-Returns",
                "Resolution": "StandardRefund",
                "Return delivery date": each.at.strftime("%d-%b-%Y"),
                "Order Amount": amount(item.principal, market),
                "Order quantity": item.quantity,
                "Refunded Amount": amount(item.refunded, market) if item.refunded else "",
            }
        )
    return found


def fba_return_rows(room: AmazonRoom, rows: Iterable[Return]) -> list[Row]:
    """Returns to Amazon's warehouses."""
    found = []
    for each in rows:
        order = room.orders.find(each.order_id)
        item = order.item(each.item_id)
        assert item is not None
        listing = room.listings.get(item.sku)
        found.append(
            {
                "return-date": _full(each.at),
                "order-id": order.id,
                "sku": item.sku,
                "asin": item.asin,
                "fnsku": listing.fnsku if listing else "",
                "product-name": item.title,
                "quantity": each.quantity,
                "fulfillment-center-id": "BHX4",
                "detailed-disposition": each.disposition,
                "reason": each.reason.removeprefix("CR-"),
                "status": "Unit returned to inventory"
                if each.disposition == "SELLABLE"
                else "Reimbursed",
                "license-plate-number": f"LPN{each.id[1:9].upper()}",
                "customer-comments": each.comment,
            }
        )
    return found


# === SETTLEMENTS === #


def settlement_rows(settlement: Row, transactions: Iterable[Transaction]) -> list[Row]:
    """The summary row, then a row for each amount; these add up to `total-amount`."""
    market = MARKETPLACES[settlement["marketplace"]]
    start, end = settlement["start"], settlement["end"]
    summary: Row = {
        "settlement-id": settlement["id"],
        "settlement-start-date": day_time(start, market),
        "settlement-end-date": day_time(end, market),
        "deposit-date": day_time(settlement["deposit"], market),
        "total-amount": amount(settlement["total"], market),
        "currency": market.currency,
    }
    rows = [summary]
    for each in transactions:
        rows += [
            _amount_row(settlement, market, each, line, entry)
            for line in each.rows
            for entry in line["entries"]
        ]
    return rows


def _amount_row(
    settlement: Row, market: Marketplace, each: Transaction, line: Row, entry: list[Any]
) -> Row:
    kind, description, value = entry
    row: Row = {
        "settlement-id": settlement["id"],
        "transaction-type": {"Shipment": "Order", "Refund": "Refund"}.get(
            each.kind, "other-transaction"
        ),
        "order-id": each.order_id,
        "merchant-order-id": each.seller_id,
        "adjustment-id": line["adjustment"],
        "shipment-id": each.shipment_id,
        "marketplace-name": market.name if each.order_id else "",
        "amount-type": kind,
        "amount-description": description,
        "amount": amount(value, market),
        "posted-date": day(each.posted, market),
        "posted-date-time": day_time(each.posted, market),
        "order-item-code": line["item"],
        "merchant-order-item-id": line.get("merchant_item", ""),
        "sku": line["sku"],
    }
    if each.order_id:
        row["fulfillment-id"] = "AFN" if each.fulfilled_by == "AMAZON" else "MFN"
    if description == "Principal" and kind == "ItemPrice" and line["quantity"]:
        row["quantity-purchased"] = line["quantity"]
    if kind == "Promotion":
        row["promotion-id"] = line["promotion"]
    return row
