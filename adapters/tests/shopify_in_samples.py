"""One order as both roads of Shopify tell it: the body of a webhook and the node of a query.

Amounts are written down by hand, on purpose: nothing here counts, so that a wrong sum in the
adapter cannot be hidden by the same sum in its samples.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

SHOP = "demo-shop.myshopify.com"
SECRET = "shpss_demo_secret"
ORDER, CUSTOMER = 820982911946154508, 115310627314723954


def bag(amount: str, other: str | None = None, currency: str = "EUR", buyer: str = "USD") -> Any:
    """A REST set; the buyer's side is ``other`` in another currency, if it is given."""
    second = (amount, currency) if other is None else (other, buyer)
    return {
        "shop_money": {"amount": amount, "currency_code": currency},
        "presentment_money": {"amount": second[0], "currency_code": second[1]},
    }


def node_bag(rest: Any) -> Any:
    """The same as GraphQL prints it: one digit less where it ends with a zero."""
    if rest is None:
        return None

    def side(name: str) -> dict[str, str]:
        amount = rest[name]["amount"]
        short = amount[:-1] if "." in amount and amount.endswith("0") else amount
        return {"amount": short, "currencyCode": rest[name]["currency_code"]}

    return {"shopMoney": side("shop_money"), "presentmentMoney": side("presentment_money")}


@dataclass
class Line:
    """A line item. ``cuts`` are (amount, place in the order's discounts), ``taxes`` are
    (amount, rate, collected by the channel)."""

    id: int
    title: str
    quantity: int
    price: Any
    current: int | None = None
    variant: int | None = 7001
    product: int | None = 9001
    sku: str | None = "COL-330"
    cuts: list[tuple[Any, int]] = field(default_factory=list)
    taxes: list[tuple[Any, float, bool]] = field(default_factory=list)
    duties: list[Any] = field(default_factory=list)
    gift_card: bool = False
    ships: bool = True
    properties: dict[str, str] = field(default_factory=dict)

    def rest(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "admin_graphql_api_id": f"gid://shopify/LineItem/{self.id}",
            "current_quantity": self.quantity if self.current is None else self.current,
            "fulfillable_quantity": 0,
            "gift_card": self.gift_card,
            "name": self.title,
            "title": self.title,
            "price": self.price["shop_money"]["amount"],
            "price_set": self.price,
            "product_exists": self.product is not None,
            "product_id": self.product,
            "variant_id": self.variant,
            "properties": [{"name": k, "value": v} for k, v in self.properties.items()],
            "quantity": self.quantity,
            "requires_shipping": self.ships,
            "sku": self.sku,
            "taxable": True,
            "tax_lines": [_tax(*one) for one in self.taxes],
            "duties": [{"id": "1", **one, "tax_lines": []} for one in self.duties],
            "discount_allocations": [_cut(*one) for one in self.cuts],
        }

    def graph(self, discounts: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": f"gid://shopify/LineItem/{self.id}",
            "name": self.title,
            "title": self.title,
            "sku": self.sku,
            "quantity": self.quantity,
            "currentQuantity": self.quantity if self.current is None else self.current,
            "isGiftCard": self.gift_card,
            "requiresShipping": self.ships,
            "variant": self.variant and {"id": f"gid://shopify/ProductVariant/{self.variant}"},
            "product": self.product and {"id": f"gid://shopify/Product/{self.product}"},
            "originalUnitPriceSet": node_bag(self.price),
            "discountAllocations": [_node_cut(discounts, *one) for one in self.cuts],
            "taxLines": [_node_tax(*one) for one in self.taxes],
            "duties": [{"price": node_bag(one), "taxLines": []} for one in self.duties],
            "customAttributes": [{"key": k, "value": v} for k, v in self.properties.items()],
        }


def _tax(price: Any, rate: float, channel: bool) -> dict[str, Any]:
    plain = price["shop_money"]["amount"]
    return {
        "price": plain,
        "price_set": price,
        "rate": rate,
        "title": "VAT",
        "channel_liable": channel,
    }


def _node_tax(price: Any, rate: float, channel: bool) -> dict[str, Any]:
    return {"priceSet": node_bag(price), "rate": rate, "channelLiable": channel}


def _cut(amount: Any, index: int) -> dict[str, Any]:
    plain = amount["shop_money"]["amount"]
    return {"amount": plain, "amount_set": amount, "discount_application_index": index}


def _node_cut(discounts: list[dict[str, Any]], amount: Any, index: int) -> dict[str, Any]:
    one = discounts[index]
    said = {"code": one["code"]} if "code" in one else {"title": one["title"]}
    return {"allocatedAmountSet": node_bag(amount), "discountApplication": said}


@dataclass
class Shipping:
    """A way of shipping."""

    id: int
    price: Any
    current: Any = None
    cuts: list[tuple[Any, int]] = field(default_factory=list)
    taxes: list[tuple[Any, float, bool]] = field(default_factory=list)
    removed: bool = False
    title: str = "DHL"

    def rest(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "title": self.title,
            "code": self.title,
            "price": self.price["shop_money"]["amount"],
            "price_set": self.price,
            "current_discounted_price_set": self.current or self.price,
            "is_removed": self.removed,
            "tax_lines": [_tax(*one) for one in self.taxes],
            "discount_allocations": [_cut(*one) for one in self.cuts],
        }

    def graph(self, discounts: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": f"gid://shopify/ShippingLine/{self.id}",
            "title": self.title,
            "isRemoved": self.removed,
            "originalPriceSet": node_bag(self.price),
            "currentDiscountedPriceSet": node_bag(self.current or self.price),
            "discountAllocations": [_node_cut(discounts, *one) for one in self.cuts],
            "taxLines": [_node_tax(*one) for one in self.taxes],
        }


@dataclass
class Refund:
    """A refund. ``lines`` are (line, quantity, restock, location, subtotal, tax)."""

    id: int
    lines: list[tuple[Line, int, str, int | None, Any, Any]] = field(default_factory=list)
    paid: Any = None
    shipping: list[tuple[Any, Any]] = field(default_factory=list)
    duties: list[Any] = field(default_factory=list)
    note: str | None = None
    of_return: int | None = None
    status: str = "success"
    created: str = "2026-11-21T12:00:00+01:00"

    def rest(self, order: int = ORDER) -> dict[str, Any]:
        back = self.of_return and {"id": self.of_return}
        return {
            "id": self.id,
            "admin_graphql_api_id": f"gid://shopify/Refund/{self.id}",
            "order_id": order,
            "created_at": self.created,
            "note": self.note,
            "return": back,
            "duties": [{"duty_id": 1, "amount_set": one} for one in self.duties],
            "order_adjustments": [],
            "refund_shipping_lines": [
                {"id": 1, "subtotal_amount_set": a, "tax_amount_set": b} for a, b in self.shipping
            ],
            "refund_line_items": [
                {
                    "id": index,
                    "line_item_id": line.id,
                    "line_item": line.rest(),
                    "quantity": quantity,
                    "restock_type": restock,
                    "location_id": place,
                    "subtotal": float(subtotal["shop_money"]["amount"]),
                    "subtotal_set": subtotal,
                    "total_tax": float(tax["shop_money"]["amount"]),
                    "total_tax_set": tax,
                }
                for index, (line, quantity, restock, place, subtotal, tax) in enumerate(self.lines)
            ],
            "transactions": []
            if self.paid is None
            else [
                {
                    "kind": "refund",
                    "status": self.status,
                    "gateway": "bogus",
                    "amount": self.paid["presentment_money"]["amount"],
                    "currency": self.paid["presentment_money"]["currency_code"],
                    "amount_set": self.paid,
                }
            ],
        }

    def graph(self) -> dict[str, Any]:
        return {
            "id": f"gid://shopify/Refund/{self.id}",
            "createdAt": "2026-11-21T11:00:00Z",
            "note": self.note,
            "return": self.of_return and {"id": f"gid://shopify/Return/{self.of_return}"},
            "duties": [{"amountSet": node_bag(one)} for one in self.duties],
            "refundLineItems": {
                "nodes": [
                    {
                        "quantity": quantity,
                        "restockType": restock.upper(),
                        "location": place and {"id": f"gid://shopify/Location/{place}"},
                        "subtotalSet": node_bag(subtotal),
                        "totalTaxSet": node_bag(tax),
                        "lineItem": line.graph([{"title": ""}] * 9),
                    }
                    for line, quantity, restock, place, subtotal, tax in self.lines
                ]
            },
            "refundShippingLines": {
                "nodes": [
                    {"subtotalAmountSet": node_bag(a), "taxAmountSet": node_bag(b)}
                    for a, b in self.shipping
                ]
            },
            "transactions": {
                "nodes": []
                if self.paid is None
                else [
                    {
                        "kind": "REFUND",
                        "status": self.status.upper(),
                        "amountSet": node_bag(self.paid),
                    }
                ]
            },
        }


PLACE = {
    "first_name": "Léa",
    "last_name": "Müller",
    "name": "Léa Müller",
    "company": "Müller & Söhne",
    "address1": "Hauptstraße 1",
    "address2": "Hof, 3. Stock",
    "city": "Köln",
    "zip": "50667",
    "province": "Nordrhein-Westfalen",
    "province_code": "NW",
    "country": "Germany",
    "country_code": "DE",
    "phone": "+49 221 1234567",
}


def node_place(rest: Any) -> Any:
    """An address as GraphQL has it."""
    if rest is None:
        return None
    names = ("name", "company", "address1", "address2", "city", "zip", "province", "phone")
    return {
        **{name: rest.get(name) for name in names},
        "provinceCode": rest.get("province_code"),
        "countryCodeV2": rest.get("country_code"),
    }


FINANCIAL = "paid"


@dataclass
class Sample:
    """An order; see :func:`Sample.rest` and :func:`Sample.graph` for its two faces."""

    lines: list[Line]
    total: Any
    tax: Any = None
    included: bool = True
    shipping: list[Shipping] = field(default_factory=list)
    discounts: list[dict[str, Any]] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    parcels: list[tuple[int, str, str, list[tuple[int, int]]]] = field(default_factory=list)
    financial: str = FINANCIAL
    fulfilment: str | None = None
    outstanding: str = "0.00"
    tip: str = "0.00"
    fees: tuple[Any, Any] | None = None
    duties: tuple[Any, Any] | None = None
    gateways: list[str] = field(default_factory=lambda: ["shopify_payments"])
    customer: bool = True
    address: Any = field(default_factory=lambda: dict(PLACE))
    company: tuple[int, int, str, str] | None = None
    cancelled: str | None = None
    reason: str | None = None
    terms: str | None = None
    source: str = "web"
    location: int | None = None
    risk: tuple[str, list[str]] = ("NONE", [])
    places: list[tuple[int, str, list[tuple[int, int]]]] = field(default_factory=list)
    currencies: tuple[str, str] = ("EUR", "EUR")
    rest_more: dict[str, Any] = field(default_factory=dict)
    graph_more: dict[str, Any] = field(default_factory=dict)

    def rest(self) -> dict[str, Any]:
        zero = bag("0.00")
        words = {"PARTIALLY_FULFILLED": "partial", "FULFILLED": "fulfilled"}
        company = self.company and {"id": self.company[0], "location_id": self.company[1]}
        terms = self.terms and {"id": 1, "payment_terms_name": self.terms}
        fees, duties = self.fees or (None, None), self.duties or (None, None)
        body = {
            "id": ORDER,
            "admin_graphql_api_id": f"gid://shopify/Order/{ORDER}",
            "name": "#1001",
            "number": 1,
            "order_number": 1001,
            "created_at": "2026-11-20T23:30:00-05:00",
            "processed_at": "2026-11-20T23:30:00-05:00",
            "updated_at": "2026-11-21T12:00:00+01:00",
            "cancelled_at": self.cancelled and "2026-11-21T11:59:00+01:00",
            "cancel_reason": self.reason,
            "closed_at": None,
            "currency": self.currencies[0],
            "presentment_currency": self.currencies[1],
            "taxes_included": self.included,
            "duties_included": False,
            "test": False,
            "email": "lea@example.com",
            "contact_email": "lea@example.com",
            "phone": None,
            "note": "Bitte klingeln",
            "note_attributes": [{"name": "wish", "value": "red"}, {"name": "_ga", "value": "1"}],
            "tags": "b, a",
            "po_number": None,
            "source_name": self.source,
            "location_id": self.location,
            "financial_status": self.financial,
            "fulfillment_status": words.get(self.fulfilment or ""),
            "payment_gateway_names": self.gateways,
            "payment_terms": terms,
            "company": company,
            "current_total_price": self.total["shop_money"]["amount"],
            "current_total_price_set": self.total,
            "current_total_tax": (self.tax or zero)["shop_money"]["amount"],
            "current_total_tax_set": self.tax or zero,
            "total_outstanding": self.outstanding,
            "total_tip_received": self.tip,
            "original_total_additional_fees_set": fees[0],
            "current_total_additional_fees_set": fees[1],
            "original_total_duties_set": duties[0],
            "current_total_duties_set": duties[1],
            "discount_applications": self.discounts,
            "discount_codes": [
                {"code": one["code"], "amount": "1.00", "type": "percentage"}
                for one in self.discounts
                if "code" in one
            ],
            "customer": {
                "id": CUSTOMER,
                "first_name": "Léa",
                "last_name": "Müller",
                "email": "lea@example.com",
                "phone": "+49 170 7654321",
            }
            if self.customer
            else None,
            "shipping_address": self.address,
            "billing_address": self.address,
            "line_items": [one.rest() for one in self.lines],
            "shipping_lines": [one.rest() for one in self.shipping],
            "fulfillments": [
                {
                    "id": number,
                    "status": status,
                    "shipment_status": shown.lower() or None,
                    "location_id": 7001,
                    "line_items": [{"id": line, "quantity": units} for line, units in lines],
                }
                for number, status, shown, lines in self.parcels
            ],
            "refunds": [one.rest() for one in self.refunds],
            "returns": [],
        }
        return copy.deepcopy(body | self.rest_more)

    def graph(self) -> dict[str, Any]:
        zero = bag("0.00")
        fees, duties = self.fees or (None, None), self.duties or (None, None)
        buyer: Any = {"__typename": "Customer"}
        if self.company:
            buyer = {
                "company": {
                    "id": f"gid://shopify/Company/{self.company[0]}",
                    "name": self.company[2],
                },
                "location": {
                    "id": f"gid://shopify/CompanyLocation/{self.company[1]}",
                    "name": self.company[3],
                    "taxSettings": {"taxRegistrationId": "DE123456789"},
                },
            }
        rates = self.outstanding
        node = {
            "id": f"gid://shopify/Order/{ORDER}",
            "name": "#1001",
            "createdAt": "2026-11-21T04:30:00Z",
            "processedAt": "2026-11-21T04:30:00Z",
            "updatedAt": "2026-11-21T11:00:00Z",
            "cancelledAt": self.cancelled and "2026-11-21T10:59:00Z",
            "cancelReason": self.reason and self.reason.upper(),
            "closedAt": None,
            "displayFinancialStatus": self.financial.upper(),
            "displayFulfillmentStatus": self.fulfilment or "UNFULFILLED",
            "returnStatus": "NO_RETURN",
            "currencyCode": self.currencies[0],
            "presentmentCurrencyCode": self.currencies[1],
            "taxesIncluded": self.included,
            "dutiesIncluded": False,
            "test": False,
            "email": "lea@example.com",
            "phone": None,
            "note": "Bitte klingeln",
            "tags": ["a", "b"],
            "discountCodes": [one["code"] for one in self.discounts if "code" in one],
            "paymentGatewayNames": self.gateways,
            "poNumber": None,
            "sourceName": self.source,
            "currentTotalPriceSet": node_bag(self.total),
            "currentTotalTaxSet": node_bag(self.tax or zero),
            "totalOutstandingSet": node_bag(bag(rates)),
            "totalTipReceivedSet": node_bag(bag(self.tip)),
            "originalTotalAdditionalFeesSet": node_bag(fees[0]),
            "currentTotalAdditionalFeesSet": node_bag(fees[1]),
            "originalTotalDutiesSet": node_bag(duties[0]),
            "currentTotalDutiesSet": node_bag(duties[1]),
            "customAttributes": [
                {"key": "wish", "value": "red"},
                {"key": "_ga", "value": "1"},
            ],
            "paymentTerms": self.terms and {"paymentTermsName": self.terms},
            "retailLocation": self.location and {"id": f"gid://shopify/Location/{self.location}"},
            "risk": {
                "recommendation": self.risk[0],
                "assessments": [{"riskLevel": one} for one in self.risk[1]],
            },
            "customer": {
                "id": f"gid://shopify/Customer/{CUSTOMER}",
                "firstName": "Léa",
                "lastName": "Müller",
                "defaultEmailAddress": {"emailAddress": "lea@example.com"},
                "defaultPhoneNumber": {"phoneNumber": "+49 170 7654321"},
            }
            if self.customer
            else None,
            "purchasingEntity": buyer,
            "shippingAddress": node_place(self.address),
            "billingAddress": node_place(self.address),
            "lineItems": {"nodes": [one.graph(self.discounts) for one in self.lines]},
            "shippingLines": {"nodes": [one.graph(self.discounts) for one in self.shipping]},
            "fulfillments": [
                {
                    "id": f"gid://shopify/Fulfillment/{number}",
                    "status": status.upper(),
                    "displayStatus": shown or "FULFILLED",
                    "fulfillmentLineItems": {
                        "nodes": [
                            {
                                "quantity": units,
                                "lineItem": {"id": f"gid://shopify/LineItem/{line}"},
                            }
                            for line, units in lines
                        ]
                    },
                }
                for number, status, shown, lines in self.parcels
            ],
            "fulfillmentOrders": {
                "nodes": [
                    {
                        "id": f"gid://shopify/FulfillmentOrder/{index}",
                        "status": status,
                        "assignedLocation": {
                            "location": {"id": f"gid://shopify/Location/{location}"}
                        },
                        "lineItems": {
                            "nodes": [
                                {
                                    "remainingQuantity": left,
                                    "lineItem": {"id": f"gid://shopify/LineItem/{line}"},
                                }
                                for line, left in lines
                            ]
                        },
                    }
                    for index, (location, status, lines) in enumerate(self.places, start=1)
                ]
            },
            "refunds": [one.graph() for one in self.refunds],
        }
        return copy.deepcopy(node | self.graph_more)


# === SAMPLES === #


def plain() -> Sample:
    """Two lines, German prices with tax, shipping."""
    return Sample(
        lines=[
            Line(1, "Cola", 2, bag("11.90"), taxes=[(bag("3.80"), 0.19, False)]),
            Line(
                2,
                "Tea",
                1,
                bag("10.70"),
                sku="TEA",
                variant=7002,
                taxes=[(bag("0.70"), 0.07, False)],
            ),
        ],
        shipping=[Shipping(5, bag("4.90"), taxes=[(bag("0.78"), 0.19, False)])],
        total=bag("39.40"),
        tax=bag("5.28"),
    )
