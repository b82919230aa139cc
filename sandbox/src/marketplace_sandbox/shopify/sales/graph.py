"""All resolvers of the sales side."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..gids import number_of
from ..part import Context
from ..registry import Resolvers
from . import totals
from .graph_lines import line_fields, transaction_fields
from .graph_order import ORDER_SCOPES, order_fields
from .graph_people import draft_fields, people_fields
from .graph_queries import queries
from .graph_sending import refund_fields, return_fields, sending_fields
from .model import Order
from .money import NOTHING, Bag, total
from .mutate_orders import Ordering
from .mutate_sending import Sending
from .payments import refundable_of, refundables
from .refunds import due_back
from .views import LineView, TransactionView, money

if TYPE_CHECKING:
    from .part import Sales

SCOPES: dict[str, tuple[str, ...]] = {
    "Order": ORDER_SCOPES,
    "DraftOrder": ("read_draft_orders",),
    "Customer": ("read_customers",),
    "Company": ("read_companies", "read_customers"),
    "CompanyLocation": ("read_companies", "read_customers"),
    "CompanyContact": ("read_companies", "read_customers"),
    "PaymentTerms": ("read_payment_terms",),
    "Return": ("read_returns",),
    "FulfillmentOrder": (
        "read_merchant_managed_fulfillment_orders", "read_assigned_fulfillment_orders",
        "read_third_party_fulfillment_orders",
    ),
}  # fmt: skip


def resolvers(sales: Sales) -> Resolvers:
    found = Resolvers()
    found.types(SCOPES)
    order_fields(found)
    line_fields(found)
    transaction_fields(found)
    sending_fields(found)
    refund_fields(found)
    return_fields(found)
    people_fields(found)
    draft_fields(found)
    queries(sales, found)
    Ordering(sales).register(found)
    Sending(sales).register(found)
    found.field("Order.suggestedRefund")(suggested)
    desk = sales.desk
    found.owner("Order", "ORDER", "write_orders", lambda row: desk.changed(row, "marked"))
    found.owner("DraftOrder", "DRAFTORDER", "write_draft_orders", sales.drafts.tell)
    found.owner("Customer", "CUSTOMER", "write_customers", sales.people.tell)
    for kind in ("Order", "DraftOrder", "Customer"):
        sales.room.metafields.bind(found, kind)
    return found


def suggested(row: Order, ctx: Context, **args: Any) -> dict[str, Any]:
    """What a refund of some parts would be worth, and through which gateways."""
    parts: list[tuple[Any, int, Any]] = []
    for each in args.get("refund_line_items") or ():
        line = row.line(number_of(each["lineItemId"], "LineItem"))
        if line is not None:
            parts.append((line, min(int(each["quantity"]), line.current), each))
    if args.get("suggest_full_refund"):
        parts = [(line, line.current, {}) for line in row.lines if line.current]
    subtotal, tax, duties = NOTHING, NOTHING, NOTHING
    lines = []
    for line, pieces, each in parts:
        left = line.current - pieces
        net = totals.net(row, line, line.current) - totals.net(row, line, left)
        own = totals.tax(row, line, line.current) - totals.tax(row, line, left)
        duties = duties + totals.duty(row, line, line.current) - totals.duty(row, line, left)
        subtotal, tax = subtotal + net, tax + own
        place = each.get("locationId")
        lines.append({
            "id": None, "lineItem": LineView(row, line), "quantity": pieces,
            "location": ctx.room.locations.get(number_of(place, "Location")) if place else None,
            "priceSet": money(row, line.unit),
            "restockType": each.get("restockType") or "NO_RESTOCK",
            "restocked": False, "subtotalSet": money(row, net), "totalTaxSet": money(row, own),
        })  # fmt: skip
    shipping, shipping_tax = _shipping(row, args)
    worth = subtotal + duties + shipping
    if not row.taxes_included:
        worth = worth + tax + shipping_tax
    paid = totals.received(row) - totals.refunded(row)
    due = due_back(row, worth, totals.outstanding(row))
    return {
        "amountSet": money(row, due),
        "maximumRefundableSet": money(row, paid),
        "subtotalSet": money(row, subtotal),
        "discountedSubtotalSet": money(row, subtotal),
        "totalTaxSet": money(row, tax + shipping_tax),
        "totalDutiesSet": money(row, duties),
        "refundDuties": [],
        "refundLineItems": lines,
        "shipping": _shipping_refund(row, shipping, shipping_tax),
        "suggestedTransactions": _transactions(row, due),
    }


def _shipping(row: Order, args: dict[str, Any]) -> tuple[Bag, Bag]:
    rest = total(totals.shipping_price(each) - each.refunded for each in row.shipping)
    rest_tax = total(totals.shipping_tax(each) - each.refunded_tax for each in row.shipping)
    if args.get("refund_shipping") or args.get("suggest_full_refund"):
        return rest, rest_tax
    if args.get("shipping_amount") is not None:
        part = row.pair.of_presentment(Decimal(args["shipping_amount"]))
        part = rest if part.presentment > rest.presentment else part
        return part, row.pair.portion(rest_tax, part, rest)
    return NOTHING, NOTHING


def _shipping_refund(row: Order, amount: Bag, tax: Bag) -> dict[str, Any]:
    rest = total(totals.shipping_price(each) - each.refunded for each in row.shipping)
    return {
        "amountSet": money(row, amount),
        "maximumRefundableSet": money(row, rest),
        "taxSet": money(row, tax),
    }


def _transactions(row: Order, worth: Bag) -> list[dict[str, Any]]:
    left, found = worth.presentment, []
    for each in refundables(row):
        most = refundable_of(row, each)
        part = min(left, most.presentment)
        if part <= 0:
            continue
        left -= part
        found.append({
            "amountSet": money(row, row.pair.of_presentment(part)),
            "maximumRefundableSet": money(row, most),
            "gateway": each.gateway,
            "formattedGateway": each.gateway.replace("_", " ").capitalize(),
            "kind": "SUGGESTED_REFUND",
            "parentTransaction": TransactionView(row, each),
        })  # fmt: skip
    return found
