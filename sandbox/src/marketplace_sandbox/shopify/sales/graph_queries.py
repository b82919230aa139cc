"""Queries of the sales side: one row, or pages of sorted and filtered ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..gids import number_of
from ..paging import Sorted, connection, listed
from ..part import Context
from ..registry import Resolvers
from ..search import Getter, Predicate, compile_search
from . import totals
from .graph_sending import reason_of
from .model import Draft, Order
from .returns import REASONS
from .views import (
    PAGE,
    ContactView,
    FulfilmentOrderView,
    FulfilmentView,
    LineView,
    PlaceView,
    RefundView,
    ReturnView,
    TransactionView,
)

if TYPE_CHECKING:
    from .part import Sales

#: sort key → value; a cursor holds it beside the id
ORDER_SORTS: dict[str, Callable[[Order], Any]] = {
    "CREATED_AT": lambda row: row.created,
    "PROCESSED_AT": lambda row: row.processed,
    "UPDATED_AT": lambda row: row.updated,
    "ID": lambda row: row.id,
    "RELEVANCE": lambda row: row.id,
    "ORDER_NUMBER": lambda row: row.number,
    "PO_NUMBER": lambda row: row.po_number,
    "CUSTOMER_NAME": lambda row: str((row.address or {}).get("name") or ""),
    "DESTINATION": lambda row: str((row.address or {}).get("city") or ""),
    "FINANCIAL_STATUS": totals.financial_status,
    "FULFILLMENT_STATUS": totals.fulfilment_status,
    "TOTAL_PRICE": lambda row: totals.totals(row, False).total.shop,
    "CURRENT_TOTAL_PRICE": lambda row: totals.totals(row, True).total.shop,
    "TOTAL_ITEMS_QUANTITY": lambda row: sum(each.quantity for each in row.lines),
}
FULFILMENT = {
    "FULFILLED": "shipped",
    "PARTIALLY_FULFILLED": "partial",
    "UNFULFILLED": "unshipped",
}
ORDER_FIELDS: dict[str, Getter] = {
    "": lambda row: [row.name, row.email, *row.tags],
    "id": lambda row: row.id,
    "name": lambda row: [row.name, str(1000 + row.number)],
    "created_at": lambda row: row.created,
    "processed_at": lambda row: row.processed,
    "updated_at": lambda row: row.updated,
    "status": lambda row: "cancelled" if row.cancelled else "closed" if row.closed else "open",
    "financial_status": lambda row: totals.financial_status(row).lower(),
    "fulfillment_status": lambda row: FULFILMENT.get(
        word := totals.fulfilment_status(row), word.lower()
    ),
    "email": lambda row: row.email,
    "customer_id": lambda row: row.customer,
    "tag": lambda row: row.tags,
    "test": lambda row: row.test,
    "source_name": lambda row: row.source,
    "location_id": lambda row: row.location,
    "sku": lambda row: [each.sku for each in row.lines],
    "po_number": lambda row: row.po_number,
    "risk_level": lambda row: row.risks[-1].level.lower() if row.risks else "none",
    "discount_code": lambda row: [e.code for e in row.applications if e.kind == "code"],
    "return_status": lambda row: "in_progress" if row.returns else "no_return",
}


def queries(sales: Sales, found: Resolvers) -> None:
    """Register the queries and the loaders of `node`."""
    desk = sales.desk
    pages: dict[str, tuple[int, Sorted]] = {}

    def page_of(name: str, table: Any, value: Callable[[Any], Any]) -> Sorted:
        """All rows in an order, kept until one of them changes."""
        known = pages.get(name)
        if known is None or known[0] != table.version:
            rows = table.values()
            pages[name] = (table.version, Sorted(rows, lambda row: (value(row), row.id)))
        return pages[name][1]

    def orders(ctx: Context, **args: Any) -> Any:
        key = args.get("sort_key") or "PROCESSED_AT"
        rows = page_of(f"order.{key}", desk.orders, ORDER_SORTS[key])
        keep = _visible(ctx, compile_search(args.get("query"), ORDER_FIELDS))
        return connection(rows, keep=keep, **_page(args))

    def one(ctx: Context, id: str) -> Order | None:
        found = desk.orders.get(number_of(id, "Order"))
        seen = _visible(ctx, None)
        return found if found is not None and (seen is None or seen(found)) else None

    def count(ctx: Context, query: str | None = None, limit: int | None = 10_000) -> Any:
        keep = _visible(ctx, compile_search(query, ORDER_FIELDS))
        number = sum(keep is None or keep(row) for row in desk.orders.values())
        if limit is not None and number > limit:
            return {"count": limit, "precision": "AT_LEAST"}
        return {"count": number, "precision": "EXACT"}

    found.query("orders")(orders)
    found.query("ordersCount")(count)
    found.query("order")(one)
    found.query("orderByIdentifier")(lambda ctx, identifier: _by_identifier(sales, identifier))
    found.query("draftOrder")(lambda ctx, id: desk.drafts.get(number_of(id, "DraftOrder")))
    found.query("draftOrders")(lambda ctx, **args: _drafts(sales, page_of, args))
    found.query("customer")(lambda ctx, id: desk.customers.get(number_of(id, "Customer")))
    found.query("customers")(lambda ctx, **args: _customers(sales, page_of, args))
    found.query("customerByIdentifier")(lambda ctx, identifier: _customer_by(sales, identifier))
    found.query("company")(lambda ctx, id: desk.companies.get(number_of(id, "Company")))
    found.query("companies")(lambda ctx, **args: connection(
        desk.companies.values(), keep=compile_search(args.get("query"), {
            "": lambda row: row.name, "name": lambda row: row.name, "id": lambda row: row.id,
            "external_id": lambda row: row.external, "updated_at": lambda row: row.updated,
        }), **_page(args)))  # fmt: skip
    found.query("companyLocation")(lambda ctx, id: place(desk, number_of(id, "CompanyLocation")))
    _parts(sales, found)


def _visible(ctx: Context, keep: Predicate | None) -> Predicate | None:
    """Orders older than 60 days are shown to apps that may read all orders."""
    if "read_all_orders" in ctx.access.scopes:
        return keep
    since = ctx.now - timedelta(days=60)
    return lambda row: row.created >= since and (keep is None or keep(row))


def _page(args: dict[str, Any]) -> dict[str, Any]:
    return {key: args[key] for key in PAGE if key in args}


def _by_identifier(sales: Sales, identifier: dict[str, Any]) -> Order | None:
    if identifier.get("id"):
        return sales.desk.orders.get(number_of(identifier["id"], "Order"))
    custom = identifier.get("customId") or {}
    name = f"{custom.get('namespace')}.{custom.get('key')}"
    for row in sales.desk.orders.values():
        if (row.metafields.get(name) or {}).get("value") == custom.get("value"):
            return row
    return None


def _drafts(sales: Sales, page_of: Any, args: dict[str, Any]) -> Any:
    sorts: dict[str, Callable[[Draft], Any]] = {
        "UPDATED_AT": lambda row: row.updated,
        "STATUS": lambda row: row.status,
        "TOTAL_PRICE": lambda row: totals.totals(row.content, True).total.shop,
    }
    key = args.get("sort_key") or "ID"
    rows = page_of(f"draft.{key}", sales.desk.drafts, sorts.get(key, lambda row: row.id))
    keep = compile_search(args.get("query"), {
        "": lambda row: [row.name, row.content.email],
        "id": lambda row: row.id,
        "status": lambda row: row.status.lower(),
        "tag": lambda row: row.content.tags,
        "created_at": lambda row: row.created,
        "updated_at": lambda row: row.updated,
        "customer_id": lambda row: row.content.customer,
    })  # fmt: skip
    return connection(rows, keep=keep, **_page(args))


def _customers(sales: Sales, page_of: Any, args: dict[str, Any]) -> Any:
    sorts: dict[str, Callable[[Any], Any]] = {
        "UPDATED_AT": lambda row: row.updated,
        "CREATED_AT": lambda row: row.created,
        "NAME": lambda row: row.name,
    }
    key = args.get("sort_key") or "ID"
    rows = page_of(f"customer.{key}", sales.desk.customers, sorts.get(key, lambda row: row.id))
    keep = compile_search(args.get("query"), {
        "": lambda row: [row.name, row.email, row.phone],
        "id": lambda row: row.id,
        "email": lambda row: row.email,
        "phone": lambda row: row.phone,
        "tag": lambda row: row.tags,
        "created_at": lambda row: row.created,
        "updated_at": lambda row: row.updated,
    })  # fmt: skip
    return connection(rows, keep=keep, **_page(args))


def _customer_by(sales: Sales, identifier: dict[str, Any]) -> Any:
    for row in sales.desk.customers.values():
        if identifier.get("id") and row.id == number_of(identifier["id"], "Customer"):
            return row
        if identifier.get("emailAddress") and row.email == identifier["emailAddress"]:
            return row
        if identifier.get("phoneNumber") and row.phone == identifier["phoneNumber"]:
            return row
    return None


def place(desk: Any, number: int) -> PlaceView | None:
    for company in desk.companies.values():
        for each in company.locations:
            if each.id == number:
                return PlaceView(company, each)
    return None


def contact(desk: Any, number: int) -> ContactView | None:
    for company in desk.companies.values():
        for each in company.contacts:
            if each.id == number:
                return ContactView(company, each)
    return None


def _parts(sales: Sales, found: Resolvers) -> None:
    desk = sales.desk

    def part(kind: str, member: str, view: type) -> Callable[[int], Any]:
        def find(number: int) -> Any:
            order = desk.owner(kind, number)
            if order is None:
                return None
            rows = getattr(order, member)
            return next((view(order, each) for each in rows if each.id == number), None)

        found.node(kind, lambda ctx, number: find(number))
        return find

    finders = {
        "fulfillment": ("Fulfillment", part("Fulfillment", "fulfilments", FulfilmentView)),
        "fulfillmentOrder": (
            "FulfillmentOrder",
            part("FulfillmentOrder", "fulfilment_orders", FulfilmentOrderView),
        ),
        "refund": ("Refund", part("Refund", "refunds", RefundView)),
        "return": ("Return", part("Return", "returns", ReturnView)),
    }
    part("LineItem", "lines", LineView)
    part("OrderTransaction", "transactions", TransactionView)

    def bound(kind: str, find: Callable[[int], Any]) -> Callable[..., Any]:
        return lambda ctx, id: find(number_of(id, kind))

    for name, (kind, find) in finders.items():
        found.query(name)(bound(kind, find))
    found.query("fulfillmentOrders")(lambda ctx, **args: _fulfilment_orders(sales, args))
    found.query("returnReasonDefinitions")(lambda ctx, **args: listed(
        [reason_of(number) for number, handle, _ in REASONS
         if not args.get("handles") or handle in args["handles"]], **_page(args)))  # fmt: skip
    for kind, table in (("Order", desk.orders), ("DraftOrder", desk.drafts),
                        ("Customer", desk.customers), ("Company", desk.companies)):  # fmt: skip
        found.node(kind, lambda ctx, number, table=table: table.get(number))
    found.node("CompanyLocation", lambda ctx, number: place(desk, number))
    found.node("CompanyContact", lambda ctx, number: contact(desk, number))
    found.node("ReturnReasonDefinition", lambda ctx, number: (
        reason_of(number) if 0 < number <= len(REASONS) else None))  # fmt: skip


def _fulfilment_orders(sales: Sales, args: dict[str, Any]) -> Any:
    keep = compile_search(args.get("query"), {
        "id": lambda row: row.id,
        "status": lambda row: row.status.lower(),
        "updated_at": lambda row: row.updated,
        "assigned_location_id": lambda row: row.location,
    })  # fmt: skip
    closed = bool(args.get("include_closed"))
    rows = [
        FulfilmentOrderView(order, each)
        for order in sales.desk.orders.values()
        for each in order.fulfilment_orders
        if closed or each.status not in ("CLOSED", "CANCELLED")
    ]
    return connection(rows, keep=keep, key=lambda row: (row.row.id, row.row.id), **_page(args))
