"""The fields of customers, companies, their locations and contacts, and of drafts."""

from __future__ import annotations

from typing import Any

from ..gids import gid
from ..paging import by_id, connection
from ..part import Context
from ..registry import Resolvers
from . import totals
from .graph_order import payment_terms, purchaser
from .model import Company, Customer
from .money import total
from .rest_order import order_taxes
from .views import (
    ContactView,
    LineView,
    PlaceView,
    ShippingView,
    Show,
    attributes,
    fill,
    ids,
    lists,
    mailing,
    money,
    one_money,
    tax_lines,
)


class DraftLineView(LineView):
    typename = "DraftOrderLineItem"


def people_fields(found: Resolvers) -> None:
    fill(found, "Customer", {
        **ids("Customer"),
        "amountSpent": _spent,
        "companyContactProfiles": lambda row, ctx: [
            ContactView(company, each)
            for company in ctx.room.sales.desk.companies.values()
            for each in company.contacts
            if each.customer == row.id
        ],
        "createdAt": lambda row, ctx: row.created,
        "updatedAt": lambda row, ctx: row.updated,
        "defaultAddress": lambda row, ctx: (
            mailing(row.id, row.addresses[0]) if row.addresses else None
        ),
        "defaultEmailAddress": lambda row, ctx: (
            {"emailAddress": row.email, "marketingState": "NOT_SUBSCRIBED", "validFormat": True}
            if row.email
            else None
        ),
        "defaultPhoneNumber": lambda row, ctx: {"phoneNumber": row.phone} if row.phone else None,
        "displayName": lambda row, ctx: row.name,
        "firstName": lambda row, ctx: row.first_name or None,
        "lastName": lambda row, ctx: row.last_name or None,
        "lastOrder": lambda row, ctx: next(
            iter(reversed(ctx.room.sales.desk.orders_of(row.id))), None
        ),
        "numberOfOrders": lambda row, ctx: len(ctx.room.sales.desk.orders_of(row.id)),
        "note": lambda row, ctx: row.note or None,
        "state": lambda row, ctx: "DISABLED",
        "verifiedEmail": lambda row, ctx: bool(row.email),
    })  # fmt: skip
    lists(found, "Customer", "addressesV2", lambda row, ctx: [
        mailing(row.id, each) for each in row.addresses])  # fmt: skip

    def orders(row: Customer, ctx: Context, **args: Any) -> Any:
        rows = ctx.room.sales.desk.orders_of(row.id)
        known = ("first", "last", "after", "before", "reverse")
        return connection(rows, key=by_id, **{key: args[key] for key in known if key in args})

    found.field("Customer.orders")(orders)
    _company_fields(found)


def _spent(row: Customer, ctx: Context) -> dict[str, Any]:
    bags = (totals.received(e) - totals.refunded(e) for e in ctx.room.sales.desk.orders_of(row.id))
    return one_money(total(bags).shop, ctx.room.shop.currency)


def _company_fields(found: Resolvers) -> None:
    def orders_of(row: Company, ctx: Context) -> list[Any]:
        return [
            each
            for each in ctx.room.sales.desk.orders.values()
            if each.company and each.company[0] == row.id
        ]

    fill(found, "Company", {
        "id": lambda row, ctx: gid("Company", row.id),
        "createdAt": lambda row, ctx: row.created,
        "updatedAt": lambda row, ctx: row.updated,
        "externalId": lambda row, ctx: row.external or None,
        "note": lambda row, ctx: row.note or None,
        "contactsCount": lambda row, ctx: {"count": len(row.contacts), "precision": "EXACT"},
        "locationsCount": lambda row, ctx: {"count": len(row.locations), "precision": "EXACT"},
        "ordersCount": lambda row, ctx: {"count": len(orders_of(row, ctx)), "precision": "EXACT"},
        "mainContact": lambda row, ctx: next(
            (ContactView(row, each) for each in row.contacts if each.main), None
        ),
    })  # fmt: skip
    lists(found, "Company", "contacts", lambda row, ctx: [
        ContactView(row, e) for e in row.contacts])  # fmt: skip
    lists(found, "Company", "locations", lambda row, ctx: [
        PlaceView(row, e) for e in row.locations])  # fmt: skip
    lists(found, "Company", "orders", orders_of)
    fill(found, "CompanyLocation", {
        "id": lambda row, ctx: gid("CompanyLocation", row.id),
        "billingAddress": lambda row, ctx: _company_address(row),
        "shippingAddress": lambda row, ctx: _company_address(row),
        "createdAt": lambda row, ctx: row.company.created,
        "updatedAt": lambda row, ctx: row.company.updated,
        "currency": lambda row, ctx: ctx.room.shop.currency,
        "taxSettings": lambda row, ctx: {
            "taxExempt": False, "taxExemptions": [], "taxRegistrationId": row.tax_id or None
        },
        "externalId": lambda row, ctx: row.external or None,
        "locale": lambda row, ctx: None,
        "note": lambda row, ctx: None,
        "phone": lambda row, ctx: row.phone or None,
    })  # fmt: skip
    fill(found, "CompanyContact", {
        "id": lambda row, ctx: gid("CompanyContact", row.id),
        "createdAt": lambda row, ctx: row.company.created,
        "updatedAt": lambda row, ctx: row.company.updated,
        "customer": lambda row, ctx: ctx.room.sales.desk.customer(row.customer),
        "isMainContact": lambda row, ctx: row.main,
        "locale": lambda row, ctx: None,
        "title": lambda row, ctx: row.title or None,
    })  # fmt: skip


def _company_address(row: PlaceView) -> dict[str, Any] | None:
    data = row.address
    found = mailing(row.row.id, data)
    if found is None:
        return None
    return {
        **found,
        "__typename": "CompanyAddress",
        "id": gid("CompanyAddress", row.row.id),
        "address1": data.get("address1") or "",
        "companyName": row.company.name,
        "countryCode": data.get("country_code") or "DE",
        "recipient": data.get("name"),
        "zoneCode": data.get("province_code"),
        "formattedAddress": found["formatted"],
        "createdAt": row.company.created,
        "updatedAt": row.company.updated,
    }


# === DRAFTS === #


def draft_fields(found: Resolvers) -> None:
    def of(show: Show) -> Show:
        return lambda row, ctx: show(row.content, ctx)

    def amount(name: str) -> Show:
        return lambda row, ctx: money(row.content, getattr(totals.totals(row.content, True), name))

    fill(found, "DraftOrder", {
        **ids("DraftOrder"),
        "appliedDiscount": lambda row, ctx: None,
        "billingAddress": of(lambda row, ctx: mailing(2, row.billing)),
        "shippingAddress": of(lambda row, ctx: mailing(1, row.address)),
        "completedAt": lambda row, ctx: row.completed,
        "createdAt": lambda row, ctx: row.created,
        "updatedAt": lambda row, ctx: row.updated,
        "currencyCode": of(lambda row, ctx: row.pair.shop),
        "presentmentCurrencyCode": of(lambda row, ctx: row.pair.presentment),
        "customAttributes": of(lambda row, ctx: attributes(row.attributes)),
        "customer": of(lambda row, ctx: ctx.room.sales.desk.customer(row.customer)),
        "discountCodes": of(lambda row, ctx: [
            each.code for each in row.applications if each.kind == "code"]),
        "email": of(lambda row, ctx: row.email or None),
        "phone": of(lambda row, ctx: row.phone or None),
        "note2": of(lambda row, ctx: row.note or None),
        "poNumber": of(lambda row, ctx: row.po_number or None),
        "tags": of(lambda row, ctx: row.tags),
        "taxExempt": of(lambda row, ctx: row.tax_exempt),
        "taxesIncluded": of(lambda row, ctx: row.taxes_included),
        "taxLines": of(lambda row, ctx: tax_lines(row, order_taxes(row, current=True))),
        "paymentTerms": of(payment_terms),
        "purchasingEntity": of(purchaser),
        "invoiceSentAt": lambda row, ctx: row.invoiced,
        "invoiceUrl": lambda row, ctx: f"https://{ctx.room.shop.domain}/invoices/{row.id}",
        "order": lambda row, ctx: ctx.room.sales.desk.orders.get(row.order),
        "ready": lambda row, ctx: True,
        "shippingLine": of(lambda row, ctx: next(
            (ShippingView(row, each) for each in row.shipping), None)),
        "lineItemsSubtotalPrice": amount("subtotal"),
        "subtotalPriceSet": amount("subtotal"),
        "totalDiscountsSet": amount("discounts"),
        "totalLineItemsPriceSet": amount("items"),
        "totalPriceSet": amount("total"),
        "totalShippingPriceSet": amount("shipping"),
        "totalTaxSet": amount("tax"),
        "totalQuantityOfLineItems": of(lambda row, ctx: sum(e.quantity for e in row.lines)),
    })  # fmt: skip
    lists(found, "DraftOrder", "lineItems", lambda row, ctx: [
        DraftLineView(row.content, each) for each in row.content.lines])  # fmt: skip
    fill(found, "DraftOrderLineItem", {
        "id": lambda row, ctx: gid("DraftOrderLineItem", row.id),
        "uuid": lambda row, ctx: f"00000000-0000-0000-0000-{row.id:012d}",
        "appliedDiscount": lambda row, ctx: None,
        "custom": lambda row, ctx: not row.variant,
        "customAttributes": lambda row, ctx: attributes(row.attributes),
        "originalUnitPriceSet": lambda row, ctx: money(row.order, row.unit),
        "originalTotalSet": lambda row, ctx: money(row.order, row.unit * row.quantity),
        "discountedTotalSet": lambda row, ctx: money(
            row.order, totals.net(row.order, row.row, row.quantity)
        ),
        "totalDiscountSet": lambda row, ctx: money(
            row.order, totals.discount(row.order, row.row, row.quantity)
        ),
        "isGiftCard": lambda row, ctx: row.gift_card,
        "name": lambda row, ctx: row.title,
        "product": lambda row, ctx: ctx.room.catalogue.products.get(row.product),
        "variant": lambda row, ctx: ctx.room.catalogue.variants.get(row.variant),
        "requiresShipping": lambda row, ctx: row.ships,
        "sku": lambda row, ctx: row.sku or None,
        "vendor": lambda row, ctx: row.vendor or None,
        "variantTitle": lambda row, ctx: row.variant_title or None,
        "taxLines": lambda row, ctx: tax_lines(row.order, row.taxes),
    })  # fmt: skip
