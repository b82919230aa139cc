"""The fields of orders, their lines, discounts, payments and risk."""

from __future__ import annotations

from typing import Any

from ..gids import gid
from ..paging import listed
from ..part import Context
from ..registry import Resolvers
from . import totals
from .graph_lines import applications
from .model import Order
from .money import total
from .rest_lines import fulfillable
from .rest_order import order_taxes, terms_days
from .rest_values import token
from .views import (
    ContactView,
    FulfilmentOrderView,
    FulfilmentView,
    LineView,
    PlaceView,
    RefundView,
    ReturnView,
    ShippingView,
    Show,
    TransactionView,
    attributes,
    fill,
    ids,
    lists,
    mailing,
    money,
    tax_lines,
)

ORDER_SCOPES = ("read_orders", "read_marketplace_orders")


def _sum(name: str, current: bool) -> Show:
    """A sum of the order by the name of a member of `Totals`."""
    return lambda row, ctx: money(row, getattr(ctx.room.sales.desk.sums(row, current), name))


def order_fields(found: Resolvers) -> None:
    fill(found, "Order", {**ids("Order"), **_plain_fields(), **_money_fields()})
    lists(found, "Order", "lineItems", lambda row, ctx: [LineView(row, e) for e in row.lines])
    lists(
        found,
        "Order",
        "nonFulfillableLineItems",
        lambda row, ctx: [
            LineView(row, e) for e in row.lines if not e.fulfilled and not fulfillable(row, e)
        ],
    )
    lists(found, "Order", "discountApplications", lambda row, ctx: applications(row))
    lists(found, "Order", "fulfillmentOrders", lambda row, ctx: [
        FulfilmentOrderView(row, each) for each in row.fulfilment_orders])  # fmt: skip
    lists(found, "Order", "returns", lambda row, ctx: [ReturnView(row, e) for e in row.returns])

    def shipping_lines(
        row: Order, ctx: Context, include_removals: bool = False, **args: Any
    ) -> Any:
        rows = [ShippingView(row, e) for e in row.shipping if include_removals or not e.removed]
        return listed(rows, **args)

    found.field("Order.shippingLines")(shipping_lines)

    def cut(name: str, view: type) -> None:
        def show(row: Order, ctx: Context, first: int | None = None, **args: Any) -> Any:
            rows = [view(row, each) for each in getattr(row, name)]
            return rows if first is None else rows[:first]

        wire = {"fulfilments": "fulfillments"}.get(name, name)
        found.field(f"Order.{wire}")(show)

    cut("fulfilments", FulfilmentView)
    cut("refunds", RefundView)
    cut("transactions", TransactionView)


def _plain_fields() -> dict[str, Show]:
    return {
        "additionalFees": lambda row, ctx: [_fee(row, each) for each in row.fees],
        "billingAddress": lambda row, ctx: mailing(row.id + 1, row.billing),
        "billingAddressMatchesShippingAddress": lambda row, ctx: row.billing == row.address,
        "shippingAddress": lambda row, ctx: mailing(row.id, row.address),
        "canMarkAsPaid": lambda row, ctx: totals.financial_status(row) in ("PENDING", "AUTHORIZED"),
        "cancelReason": lambda row, ctx: row.cancel_reason or None,
        "cancellation": lambda row, ctx: (
            {"staffNote": row.staff_note or None} if row.cancelled else None
        ),
        "cancelledAt": lambda row, ctx: row.cancelled,
        "capturable": lambda row, ctx: bool(totals.capturable(row)),
        "clientIp": lambda row, ctx: "203.0.113.7" if row.source == "web" else None,
        "closed": lambda row, ctx: row.closed is not None,
        "closedAt": lambda row, ctx: row.closed,
        "confirmationNumber": lambda row, ctx: token(ctx.room.services.seed, "order", row.id)[
            :9
        ].upper(),
        "confirmed": lambda row, ctx: True,
        "createdAt": lambda row, ctx: row.created,
        "processedAt": lambda row, ctx: row.processed,
        "updatedAt": lambda row, ctx: row.updated,
        "currencyCode": lambda row, ctx: row.pair.shop,
        "presentmentCurrencyCode": lambda row, ctx: row.pair.presentment,
        "customAttributes": lambda row, ctx: attributes(row.attributes),
        "customer": lambda row, ctx: ctx.room.sales.desk.customer(row.customer),
        "customerLocale": lambda row, ctx: row.locale or None,
        "discountCode": lambda row, ctx: next(iter(_codes(row)), None),
        "discountCodes": lambda row, ctx: _codes(row),
        "displayFinancialStatus": lambda row, ctx: totals.financial_status(row),
        "displayFulfillmentStatus": lambda row, ctx: totals.fulfilment_status(row),
        "dutiesIncluded": lambda row, ctx: False,
        "edited": lambda row, ctx: row.edits > 0,
        "email": lambda row, ctx: row.email or None,
        "phone": lambda row, ctx: row.phone or None,
        "estimatedTaxes": lambda row, ctx: False,
        "fulfillable": lambda row, ctx: any(fulfillable(row, each) for each in row.lines),
        "fulfillmentsCount": lambda row, ctx: _count(len(row.fulfilments)),
        "transactionsCount": lambda row, ctx: _count(len(row.transactions)),
        "fullyPaid": lambda row, ctx: totals.outstanding(row).presentment <= 0,
        "unpaid": lambda row, ctx: totals.outstanding(row).presentment > 0,
        "merchantEditable": lambda row, ctx: row.cancelled is None,
        "note": lambda row, ctx: row.note or None,
        "number": lambda row, ctx: 1000 + row.number,
        "paymentGatewayNames": lambda row, ctx: list(
            dict.fromkeys(each.gateway for each in row.transactions if each.kind != "refund")
        ),
        "paymentTerms": payment_terms,
        "poNumber": lambda row, ctx: row.po_number or None,
        "purchasingEntity": purchaser,
        "refundable": lambda row, ctx: any(each.current for each in row.lines),
        "requiresShipping": lambda row, ctx: any(each.ships for each in row.lines),
        "restockable": lambda row, ctx: any(each.current and each.tracked for each in row.lines),
        "retailLocation": lambda row, ctx: ctx.room.locations.get(row.location),
        "returnStatus": lambda row, ctx: _return_status(row),
        "risk": lambda row, ctx: _risk(row),
        "shippingLine": lambda row, ctx: next(
            (ShippingView(row, each) for each in row.shipping if not each.removed), None
        ),
        "sourceIdentifier": lambda row, ctx: None,
        "sourceName": lambda row, ctx: row.source,
        "statusPageUrl": lambda row, ctx: f"https://{ctx.room.shop.domain}/orders/{row.id}",
        "taxLines": lambda row, ctx: tax_lines(row, order_taxes(row, current=False)),
        "currentTaxLines": lambda row, ctx: tax_lines(row, order_taxes(row, current=True)),
        "currentSubtotalLineItemsQuantity": lambda row, ctx: (
            ctx.room.sales.desk.sums(row, True).quantity
        ),
        "subtotalLineItemsQuantity": lambda row, ctx: ctx.room.sales.desk.sums(row, False).quantity,
        "currentTotalWeight": lambda row, ctx: sum(e.grams * e.current for e in row.lines),
        "totalWeight": lambda row, ctx: sum(e.grams * e.quantity for e in row.lines),
    }


def _money_fields() -> dict[str, Show]:
    def some(name: str, current: bool, member: str) -> Show:
        def show(row: Order, ctx: Context) -> Any:
            there = row.fees if member == "fees" else [d for e in row.lines for d in e.duties]
            return _sum(name, current)(row, ctx) if there else None

        return show

    return {
        "cartDiscountAmountSet": _sum("discounts", False),
        "currentCartDiscountAmountSet": _sum("discounts", True),
        "currentShippingPriceSet": _sum("shipping", True),
        "currentSubtotalPriceSet": _sum("subtotal", True),
        "currentTotalAdditionalFeesSet": some("fees", True, "fees"),
        "currentTotalDiscountsSet": _sum("discounts", True),
        "currentTotalDutiesSet": some("duties", True, "duties"),
        "currentTotalPriceSet": _sum("total", True),
        "currentTotalTaxSet": _sum("tax", True),
        "netPaymentSet": lambda row, ctx: money(row, totals.received(row) - totals.refunded(row)),
        "originalTotalAdditionalFeesSet": some("fees", False, "fees"),
        "originalTotalDutiesSet": some("duties", False, "duties"),
        "originalTotalPriceSet": lambda row, ctx: money(row, row.original),
        "refundDiscrepancySet": lambda row, ctx: money(row, totals.discrepancy(row)),
        "subtotalPriceSet": _sum("subtotal", False),
        "totalCapturableSet": lambda row, ctx: money(row, totals.capturable(row)),
        "totalDiscountsSet": _sum("discounts", False),
        "totalOutstandingSet": lambda row, ctx: money(row, totals.outstanding(row)),
        "totalPriceSet": _sum("total", False),
        "totalReceivedSet": lambda row, ctx: money(row, totals.received(row)),
        "totalRefundedSet": lambda row, ctx: money(row, totals.refunded(row)),
        "totalRefundedShippingSet": lambda row, ctx: money(
            row, total(each.refunded for each in row.shipping)
        ),
        "totalShippingPriceSet": _sum("shipping", False),
        "totalTaxSet": _sum("tax", False),
        "totalTipReceivedSet": _sum("tips", False),
    }


def payment_terms(row: Order, ctx: Context) -> dict[str, Any] | None:
    if not row.terms:
        return None
    days = terms_days(row)
    return {
        "__typename": "PaymentTerms",
        "id": gid("PaymentTerms", row.id + 40_000_000),
        "order": row if row.id else None,
        "due": False,
        "overdue": False,
        "dueInDays": days,
        "paymentTermsName": row.terms,
        "paymentTermsType": "RECEIPT" if days is None else "NET",
        "translatedName": row.terms,
    }


def _count(number: int) -> dict[str, Any]:
    return {"count": number, "precision": "EXACT"}


def _codes(row: Order) -> list[str]:
    return [each.code for each in row.applications if each.kind == "code"]


def _fee(row: Order, fee: Any) -> dict[str, Any]:
    return {
        "__typename": "AdditionalFee",
        "id": gid("AdditionalFee", fee.id),
        "name": fee.name,
        "price": money(row, fee.amount),
        "taxLines": tax_lines(row, fee.taxes),
    }


def purchaser(row: Order, ctx: Context) -> Any:
    desk = ctx.room.sales.desk
    company = desk.company(row.company[0]) if row.company else None
    if company is None:
        return desk.customer(row.customer)
    place = next(each for each in company.locations if each.id == row.company[1])
    contact = next((each for each in company.contacts if each.id == row.company[2]), None)
    return {
        "__typename": "PurchasingCompany",
        "company": company,
        "location": PlaceView(company, place),
        "contact": None if contact is None else ContactView(company, contact),
    }


def _return_status(row: Order) -> str:
    states = {each.status for each in row.returns} - {"DECLINED", "CANCELED"}
    if not states:
        return "NO_RETURN"
    if "OPEN" in states:
        return "IN_PROGRESS"
    return "RETURN_REQUESTED" if "REQUESTED" in states else "RETURNED"


def _risk(row: Order) -> dict[str, Any]:
    return {
        "recommendation": row.recommendation,
        "assessments": [
            {
                "riskLevel": each.level,
                "facts": [{"description": text, "sentiment": mood} for text, mood in each.facts],
            }
            for each in row.risks
        ],
    }
