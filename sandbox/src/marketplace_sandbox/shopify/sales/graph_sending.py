"""The fields of fulfilment orders, fulfilments, refunds and returns."""

from __future__ import annotations

from typing import Any

from ..gids import gid
from ..part import Context
from ..registry import Resolvers
from . import totals
from .graph_lines import duty_of
from .model import Order, Refund
from .money import total
from .returns import HANDLES, REASONS
from .views import (
    FulfilmentOrderView,
    FulfilmentView,
    LineView,
    RefundLineView,
    RefundView,
    ReturnLineView,
    ReturnView,
    SentView,
    ShippingView,
    ToFulfilView,
    TransactionView,
    fill,
    ids,
    lists,
    money,
)


def _line(order: Order, number: int) -> LineView | None:
    found = order.line(number)
    return None if found is None else LineView(order, found)


# === FULFILMENT ORDERS === #


def sending_fields(found: Resolvers) -> None:
    fill(found, "FulfillmentOrder", {
        "id": lambda row, ctx: gid("FulfillmentOrder", row.id),
        "assignedLocation": _assigned,
        "createdAt": lambda row, ctx: row.created,
        "updatedAt": lambda row, ctx: row.updated,
        "deliveryMethod": lambda row, ctx: {
            "__typename": "DeliveryMethod",
            "id": gid("DeliveryMethod", row.id),
            "methodType": row.method,
            "presentedName": row.order.shipping[0].title if row.order.shipping else None,
            "serviceCode": None,
        },
        "destination": _destination,
        "fulfillAt": lambda row, ctx: row.created,
        "fulfillBy": lambda row, ctx: None,
        "fulfillmentHolds": lambda row, ctx: [hold_of(each) for each in row.holds],
        "orderId": lambda row, ctx: gid("Order", row.order.id),
        "orderName": lambda row, ctx: row.order.name,
        "orderProcessedAt": lambda row, ctx: row.order.processed,
        "requestStatus": lambda row, ctx: row.request,
        "supportedActions": lambda row, ctx: [{"action": each} for each in _actions(row.status)],
    })  # fmt: skip
    lists(found, "FulfillmentOrder", "lineItems", lambda row, ctx: [
        ToFulfilView(row.order, each, row.row) for each in row.lines])  # fmt: skip
    lists(found, "FulfillmentOrder", "fulfillments", lambda row, ctx: [
        FulfilmentView(row.order, each) for each in row.order.fulfilments
        if {sent.source for sent in each.lines} & {line.id for line in row.lines}])  # fmt: skip
    lists(found, "FulfillmentOrder", "locationsForMove", lambda row, ctx: [
        {"location": each, "movable": row.status in ("OPEN", "IN_PROGRESS"), "message": None}
        for each in ctx.room.locations.values() if each.id != row.location and each.active
    ])  # fmt: skip
    fill(found, "FulfillmentOrderLineItem", {
        "id": lambda row, ctx: gid("FulfillmentOrderLineItem", row.id),
        "lineItem": lambda row, ctx: _line(row.order, row.line),
        "inventoryItemId": lambda row, ctx: _item_id(row),
        "productTitle": lambda row, ctx: row.order.line(row.line).title,
        "remainingQuantity": lambda row, ctx: row.remaining,
        "totalQuantity": lambda row, ctx: row.total,
        "requiresShipping": lambda row, ctx: row.order.line(row.line).ships,
        "sku": lambda row, ctx: row.order.line(row.line).sku or None,
        "variant": lambda row, ctx: ctx.room.catalogue.variants.get(
            row.order.line(row.line).variant
        ),
        "variantTitle": lambda row, ctx: row.order.line(row.line).variant_title or None,
        "vendor": lambda row, ctx: row.order.line(row.line).vendor or None,
    })  # fmt: skip
    _parcel_fields(found)


def _item_id(row: ToFulfilView) -> str | None:
    line = row.order.line(row.line)
    return gid("InventoryItem", line.item) if line and line.item else None


def _actions(status: str) -> tuple[str, ...]:
    if status in ("OPEN", "IN_PROGRESS"):
        return ("CREATE_FULFILLMENT", "MOVE", "HOLD", "SPLIT")
    return ("RELEASE_HOLD", "HOLD", "MOVE") if status == "ON_HOLD" else ()


def _assigned(row: Any, ctx: Context) -> dict[str, Any]:
    place = ctx.room.locations.get(row.location)
    address = place.address if place else {}
    return {
        "location": place,
        "name": place.name if place else "",
        "address1": address.get("address1"),
        "address2": address.get("address2"),
        "city": address.get("city"),
        "countryCode": address.get("countryCode") or "DE",
        "phone": address.get("phone"),
        "province": address.get("province"),
        "zip": address.get("zip"),
    }


def _destination(row: Any, ctx: Context) -> dict[str, Any] | None:
    order = row.order
    data = order.address
    if not data or row.method == "NONE":
        return None
    return {
        "__typename": "FulfillmentOrderDestination",
        "id": gid("FulfillmentOrderDestination", row.id),
        "firstName": data.get("first_name"),
        "lastName": data.get("last_name"),
        "company": data.get("company"),
        "address1": data.get("address1"),
        "address2": data.get("address2"),
        "city": data.get("city"),
        "zip": data.get("zip"),
        "province": data.get("province"),
        "countryCode": data.get("country_code"),
        "phone": data.get("phone"),
        "email": order.email or None,
    }


def hold_of(row: Any) -> dict[str, Any]:
    return {
        "__typename": "FulfillmentHold",
        "id": gid("FulfillmentHold", row.id),
        "reason": row.reason,
        "reasonNotes": row.notes or None,
        "displayReason": row.reason.replace("_", " ").capitalize(),
        "handle": row.handle or None,
    }


def _parcel_fields(found: Resolvers) -> None:
    fill(found, "Fulfillment", {
        **ids("Fulfillment"),
        "createdAt": lambda row, ctx: row.created,
        "updatedAt": lambda row, ctx: row.updated,
        "deliveredAt": lambda row, ctx: row.delivered,
        "inTransitAt": lambda row, ctx: row.updated if row.delivery == "IN_TRANSIT" else None,
        "estimatedDeliveryAt": lambda row, ctx: None,
        "displayStatus": lambda row, ctx: (
            "CANCELED" if row.status == "CANCELLED" else row.delivery or "FULFILLED"
        ),
        "location": lambda row, ctx: ctx.room.locations.get(row.location),
        "requiresShipping": lambda row, ctx: row.service != "gift_card",
        "totalQuantity": lambda row, ctx: sum(each.quantity for each in row.lines),
    })  # fmt: skip

    def tracking(row: Any, ctx: Context, first: int | None = None) -> list[dict[str, Any]]:
        count = max(len(row.numbers), len(row.urls), 1 if row.company else 0)
        rows = [
            {
                "company": row.company or None,
                "number": row.numbers[index] if index < len(row.numbers) else None,
                "url": row.urls[index] if index < len(row.urls) else None,
            }
            for index in range(count)
        ]
        return rows if first is None else rows[:first]

    found.field("Fulfillment.trackingInfo")(tracking)
    lists(found, "Fulfillment", "fulfillmentLineItems", lambda row, ctx: [
        SentView(row.order, each) for each in row.lines])  # fmt: skip
    lists(found, "Fulfillment", "fulfillmentOrders", lambda row, ctx: [
        FulfilmentOrderView(row.order, each) for each in row.order.fulfilment_orders
        if {sent.source for sent in row.lines} & {line.id for line in each.lines}])  # fmt: skip
    fill(found, "FulfillmentLineItem", {
        "id": lambda row, ctx: gid("FulfillmentLineItem", row.id),
        "lineItem": lambda row, ctx: _line(row.order, row.line),
        "originalTotalSet": lambda row, ctx: money(
            row.order, row.order.line(row.line).unit * row.quantity
        ),
        "discountedTotalSet": lambda row, ctx: money(
            row.order, totals.net(row.order, row.order.line(row.line), row.quantity)
        ),
    })  # fmt: skip


# === REFUNDS === #


def refund_fields(found: Resolvers) -> None:
    fill(found, "Refund", {
        **ids("Refund"),
        "createdAt": lambda row, ctx: row.created,
        "updatedAt": lambda row, ctx: row.created,
        "processedAt": lambda row, ctx: row.created,
        "note": lambda row, ctx: row.note or None,
        "duties": lambda row, ctx: [_refunded_duty(row.order, each) for each in row.duties],
        "return": lambda row, ctx: next(
            (ReturnView(row.order, e) for e in row.order.returns if e.id == row.of_return), None
        ),
        "totalRefundedSet": lambda row, ctx: money(row.order, paid_back(row.order, row.row)),
    })  # fmt: skip
    lists(found, "Refund", "orderAdjustments", lambda row, ctx: [
        {
            "__typename": "OrderAdjustment",
            "id": gid("OrderAdjustment", each.id),
            "amountSet": money(row.order, each.amount),
            "taxAmountSet": money(row.order, each.tax),
            "reason": "REFUND_DISCREPANCY" if each.reason == "OTHER" else each.reason,
        }
        for each in row.adjustments
    ])  # fmt: skip
    lists(found, "Refund", "refundLineItems", lambda row, ctx: [
        RefundLineView(row.order, each) for each in row.lines])  # fmt: skip
    lists(found, "Refund", "refundShippingLines", lambda row, ctx: [
        {
            "__typename": "RefundShippingLine",
            "id": gid("RefundShippingLine", each.id),
            "shippingLine": next(
                ShippingView(row.order, s) for s in row.order.shipping if s.id == each.shipping
            ),
            "subtotalAmountSet": money(row.order, each.subtotal),
            "taxAmountSet": money(row.order, each.tax),
        }
        for each in row.shipping
    ])  # fmt: skip
    lists(found, "Refund", "transactions", lambda row, ctx: [
        TransactionView(row.order, each) for each in row.order.transactions
        if each.refund == row.id])  # fmt: skip
    fill(found, "RefundLineItem", {
        "id": lambda row, ctx: gid("RefundLineItem", row.id),
        "lineItem": lambda row, ctx: _line(row.order, row.line),
        "location": lambda row, ctx: ctx.room.locations.get(row.location),
        "priceSet": lambda row, ctx: money(row.order, row.order.line(row.line).unit),
        "restockType": lambda row, ctx: row.restock,
        "restocked": lambda row, ctx: row.restock != "NO_RESTOCK",
        "subtotalSet": lambda row, ctx: money(row.order, row.subtotal),
        "totalTaxSet": lambda row, ctx: money(row.order, row.tax),
    })  # fmt: skip


def paid_back(order: Order, refund: Refund) -> Any:
    return total(e.amount for e in order.transactions if e.refund == refund.id)


def _refunded_duty(order: Order, row: Any) -> dict[str, Any]:
    found = (each for line in order.lines for each in line.duties if each.id == row.duty)
    return {
        "amountSet": money(order, row.amount),
        "originalDuty": next((duty_of(order, each) for each in found), None),
    }


# === RETURNS === #


def reason_of(number: int) -> dict[str, Any]:
    _, handle, name = REASONS[number - 1]
    return {
        "__typename": "ReturnReasonDefinition",
        "id": gid("ReturnReasonDefinition", number),
        "handle": handle,
        "name": name,
        "deleted": False,
    }


def _reason_of_handle(handle: str) -> dict[str, Any] | None:
    return next((reason_of(n) for n, each in HANDLES.items() if each == handle), None)


def return_fields(found: Resolvers) -> None:
    fill(found, "Return", {
        "id": lambda row, ctx: gid("Return", row.id),
        "createdAt": lambda row, ctx: row.created,
        "closedAt": lambda row, ctx: row.closed,
        "requestApprovedAt": lambda row, ctx: row.approved,
        "decline": lambda row, ctx: (
            {"reason": row.row.decline, "note": row.decline_note or None}
            if row.row.decline
            else None
        ),
        "totalQuantity": lambda row, ctx: sum(each.quantity for each in row.lines),
    })  # fmt: skip
    lists(found, "Return", "returnLineItems", lambda row, ctx: [
        ReturnLineView(row.order, each) for each in row.lines])  # fmt: skip
    lists(found, "Return", "exchangeLineItems", lambda row, ctx: [
        _exchange(row.order, each) for each in row.exchanges])  # fmt: skip
    lists(found, "Return", "refunds", lambda row, ctx: [
        RefundView(row.order, each) for each in row.order.refunds
        if each.of_return == row.id])  # fmt: skip
    lists(found, "Return", "reverseFulfillmentOrders", lambda row, ctx: (
        [_reverse(row)] if row.reverse and row.status != "REQUESTED" else []))  # fmt: skip
    fill(found, "ReturnLineItem", {
        "id": lambda row, ctx: gid("ReturnLineItem", row.id),
        "customerNote": lambda row, ctx: row.customer_note or None,
        "fulfillmentLineItem": lambda row, ctx: _sent(row.order, row.sent),
        "processableQuantity": lambda row, ctx: row.quantity - row.processed,
        "unprocessedQuantity": lambda row, ctx: row.quantity - row.processed,
        "processedQuantity": lambda row, ctx: row.processed,
        "refundableQuantity": lambda row, ctx: row.quantity - row.refunded,
        "refundedQuantity": lambda row, ctx: row.refunded,
        "returnReasonDefinition": lambda row, ctx: _reason_of_handle(row.reason),
        "returnReasonNote": lambda row, ctx: row.note,
        "withCodeDiscountedTotalPriceSet": lambda row, ctx: money(
            row.order, totals.net(row.order, row.order.line(row.line), row.quantity)
        ),
    })  # fmt: skip


def _sent(order: Order, number: int) -> SentView | None:
    for made in order.fulfilments:
        for each in made.lines:
            if each.id == number:
                return SentView(order, each)
    return None


def _exchange(order: Order, row: Any) -> dict[str, Any]:
    return {
        "__typename": "ExchangeLineItem",
        "id": gid("ExchangeLineItem", row.id),
        "quantity": row.quantity,
        "processedQuantity": row.processed,
        "processableQuantity": row.quantity - row.processed,
        "unprocessedQuantity": row.quantity - row.processed,
        "productId": gid("Product", row.product) if row.product else None,
        "variantId": gid("ProductVariant", row.variant),
        "variantSku": row.sku or None,
        "variantTitle": row.variant_title or None,
        "title": row.title,
        "lineItems": [found for each in row.lines if (found := _line(order, each))],
    }


def _reverse(row: ReturnView) -> dict[str, Any]:
    """What is expected back; its lines take the dispositions."""
    done = all(each.processed >= each.quantity for each in row.lines)
    lines = [
        {
            "__typename": "ReverseFulfillmentOrderLineItem",
            "id": gid("ReverseFulfillmentOrderLineItem", each.source),
            "totalQuantity": each.quantity,
            "fulfillmentLineItem": _sent(row.order, each.sent),
            "dispositions": [
                {
                    "__typename": "ReverseFulfillmentOrderDisposition",
                    "id": gid("ReverseFulfillmentOrderDisposition", each.source),
                    "type": "RESTOCKED",
                    "quantity": each.restocked,
                    "location": None,
                    "createdAt": row.updated,
                }
            ]
            if each.restocked
            else [],
        }
        for each in row.lines
    ]
    return {
        "__typename": "ReverseFulfillmentOrder",
        "id": gid("ReverseFulfillmentOrder", row.reverse),
        "status": "CLOSED" if done or row.status == "CLOSED" else "OPEN",
        "order": row.order,
        "lineItems": {
            "nodes": lines,
            "edges": [{"cursor": each["id"], "node": each} for each in lines],
            "pageInfo": {"hasNextPage": False, "hasPreviousPage": False},
        },
    }
