"""The fields of lines, shipping lines, discounts and transactions."""

from __future__ import annotations

from typing import Any

from ..gids import gid
from ..registry import Resolvers
from . import totals
from .model import Duty, Line, Order
from .money import NOTHING, Bag, total
from .payments import MANUAL, refundable_of
from .rest_lines import fulfillable
from .rest_order import applied
from .views import Show, TransactionView, attributes, fill, money, one_money, tax_lines

# === DISCOUNTS === #


def application(row: Order, index: int) -> dict[str, Any]:
    each = row.applications[index]
    kinds = {"code": "DiscountCodeApplication", "automatic": "AutomaticDiscountApplication"}
    value: dict[str, Any]
    if each.value_type == "percentage":
        value = {"__typename": "PricingPercentageValue", "percentage": float(each.value)}
    else:
        value = {
            "__typename": "MoneyV2",
            **one_money(applied(row, index).presentment, row.pair.presentment),
        }
    return {
        "__typename": kinds.get(each.kind, "ManualDiscountApplication"),
        "index": index,
        "code": each.code,
        "title": each.title,
        "description": each.description or None,
        "value": value,
        "allocationMethod": each.method.upper(),
        "targetSelection": each.selection.upper(),
        "targetType": each.target.upper(),
    }


def applications(row: Order) -> list[dict[str, Any]]:
    return [application(row, index) for index in range(len(row.applications))]


def _allocations(row: Order, discounts: Any) -> list[dict[str, Any]]:
    return [
        {
            "allocatedAmountSet": money(row, each.amount),
            "discountApplication": application(row, each.index),
        }
        for each in discounts
    ]


# === LINES === #


def duty_of(order: Order, row: Duty) -> dict[str, Any]:
    return {
        "__typename": "Duty",
        "id": gid("Duty", row.id),
        "price": money(order, row.amount),
        "countryCodeOfOrigin": row.country or None,
        "harmonizedSystemCode": row.hs_code or None,
        "taxLines": tax_lines(order, row.taxes),
    }


def line_fields(found: Resolvers) -> None:
    def bag(value: Any) -> Show:
        return lambda row, ctx: money(row.order, value(row.order, row.row))

    def each_of(order: Order, line: Line, value: Bag) -> Bag:
        return order.pair.share(value, 1, line.quantity)

    def manual(order: Order, line: Line) -> Bag:
        rows = [e for e in line.discounts if order.applications[e.index].method == "one"]
        return total(each.amount for each in rows)

    fill(found, "LineItem", {
        "id": lambda row, ctx: gid("LineItem", row.id),
        "currentQuantity": lambda row, ctx: row.current,
        "refundableQuantity": lambda row, ctx: row.current,
        "unfulfilledQuantity": lambda row, ctx: fulfillable(row.order, row.row),
        "nonFulfillableQuantity": lambda row, ctx: (
            row.quantity - row.fulfilled - fulfillable(row.order, row.row)
        ),
        "customAttributes": lambda row, ctx: attributes(row.attributes),
        "discountAllocations": lambda row, ctx: _allocations(row.order, row.discounts),
        "originalUnitPriceSet": bag(lambda order, line: line.unit),
        "originalTotalSet": bag(lambda order, line: line.unit * line.quantity),
        "discountedTotalSet": bag(
            lambda order, line: line.unit * line.quantity - manual(order, line)
        ),
        "discountedUnitPriceSet": bag(
            lambda order, line: line.unit - each_of(order, line, manual(order, line))
        ),
        "discountedUnitPriceAfterAllDiscountsSet": bag(
            lambda order, line: line.unit
            - each_of(order, line, totals.discount(order, line, line.quantity))
        ),
        "totalDiscountSet": bag(manual),
        "unfulfilledOriginalTotalSet": bag(
            lambda order, line: line.unit * fulfillable(order, line)
        ),
        "unfulfilledDiscountedTotalSet": bag(
            lambda order, line: totals.net(order, line, fulfillable(order, line))
        ),
        "duties": lambda row, ctx: [
            duty_of(row.order, each)
            for each in row.duties
        ],
        "isGiftCard": lambda row, ctx: row.gift_card,
        "merchantEditable": lambda row, ctx: not row.fulfilled,
        "name": lambda row, ctx: (
            row.title + (f" - {row.variant_title}" if row.variant_title else "")
        ),
        "product": lambda row, ctx: ctx.room.catalogue.products.get(row.product),
        "variant": lambda row, ctx: ctx.room.catalogue.variants.get(row.variant),
        "requiresShipping": lambda row, ctx: row.ships,
        "restockable": lambda row, ctx: row.tracked and bool(row.item),
        "sku": lambda row, ctx: row.sku or None,
        "vendor": lambda row, ctx: row.vendor or None,
        "variantTitle": lambda row, ctx: row.variant_title or None,
        "taxLines": lambda row, ctx: tax_lines(row.order, row.taxes),
    })  # fmt: skip
    fill(found, "ShippingLine", {
        "id": lambda row, ctx: gid("ShippingLine", row.id),
        "carrierIdentifier": lambda row, ctx: None,
        "code": lambda row, ctx: row.code or row.title,
        "custom": lambda row, ctx: row.code == "custom",
        "phone": lambda row, ctx: None,
        "isRemoved": lambda row, ctx: row.removed,
        "originalPriceSet": lambda row, ctx: money(row.order, row.price),
        "discountedPriceSet": lambda row, ctx: money(
            row.order, row.price - total(each.amount for each in row.discounts)
        ),
        "currentDiscountedPriceSet": lambda row, ctx: money(
            row.order, totals.shipping_price(row.row) - row.refunded
        ),
        "discountAllocations": lambda row, ctx: _allocations(row.order, row.discounts),
        "taxLines": lambda row, ctx: tax_lines(row.order, row.taxes),
    })  # fmt: skip


def transaction_fields(found: Resolvers) -> None:
    fill(found, "OrderTransaction", {
        "id": lambda row, ctx: gid("OrderTransaction", row.id),
        "amountSet": lambda row, ctx: money(row.order, row.amount),
        "authorizationExpiresAt": lambda row, ctx: None,
        "createdAt": lambda row, ctx: row.created,
        "processedAt": lambda row, ctx: row.created,
        "errorCode": lambda row, ctx: None,
        "formattedGateway": lambda row, ctx: row.gateway.replace("_", " ").capitalize(),
        "kind": lambda row, ctx: row.kind.upper(),
        "status": lambda row, ctx: row.status.upper(),
        "location": lambda row, ctx: ctx.room.locations.get(row.location),
        "manualPaymentGateway": lambda row, ctx: row.gateway in MANUAL,
        "maximumRefundableV2": lambda row, ctx: (
            one_money(refundable_of(row.order, row.row).presentment, row.order.pair.presentment)
            if row.kind in ("sale", "capture")
            else None
        ),
        "order": lambda row, ctx: row.order,
        "parentTransaction": lambda row, ctx: next(
            (TransactionView(row.order, e) for e in row.order.transactions if e.id == row.parent),
            None,
        ),
        "paymentId": lambda row, ctx: f"{row.order.name}.{row.id % 1000}",
        "receiptJson": lambda row, ctx: row.receipt,
        "test": lambda row, ctx: row.order.test,
        "totalUnsettledSet": lambda row, ctx: money(
            row.order, row.amount if row.kind == "authorization" else NOTHING
        ),
    })  # fmt: skip
