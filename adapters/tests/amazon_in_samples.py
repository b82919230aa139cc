"""Documents as Amazon sends them, made for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

US, UK, DE, JP = "ATVPDKIKX0DER", "A1F83G8C2ARO7P", "A1PA6795UKMFR9", "A1VC38T7YXB528"
FACILITATOR = {"taxCollections": [{"model": "MARKETPLACE_FACILITATOR", "responsibleParty": "x"}]}


def money(amount: Any, currency: str = "EUR") -> dict[str, str]:
    return {"amount": str(amount), "currencyCode": currency}


def breakdown(
    kind: str, amount: Any, currency: str = "EUR", details: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    row: dict[str, Any] = {"type": kind, "subtotal": money(amount, currency)}
    if details:
        row["detailedBreakdowns"] = [
            {"subtype": name, "value": money(value, currency)} for name, value in details.items()
        ]
    return row


def item(
    number: str = "11111111111111",
    quantity: int = 1,
    rows: Sequence[dict[str, Any]] | None = None,
    *,
    total: Any = None,
    unit: Any = None,
    currency: str = "EUR",
    **more: Any,
) -> dict[str, Any]:
    """An order item; without ``rows`` it has no proceeds."""
    product: dict[str, Any] = {
        "asin": "B000000001",
        "title": "قميص 👕",
        "sellerSku": f"SKU-{number}",
    }
    if unit is not None:
        product["price"] = {"unitPrice": money(unit, currency)}
    data: dict[str, Any] = {
        "orderItemId": number,
        "quantityOrdered": quantity,
        "product": product,
        **more,
    }
    if rows is not None:
        data["proceeds"] = {"breakdowns": list(rows)}
        if total is not None:
            data["proceeds"]["proceedsTotal"] = money(total, currency)
    return data


def order(
    *items: dict[str, Any],
    total: Any = None,
    status: str = "UNSHIPPED",
    market: str = DE,
    currency: str = "EUR",
    by: str = "MERCHANT",
    rows: Sequence[dict[str, Any]] = (),
    **more: Any,
) -> dict[str, Any]:
    """An order document of the 2026-01-01 API."""
    data: dict[str, Any] = {
        "orderId": "302-1234567-7654321",
        "createdTime": "2026-11-20T08:00:00Z",
        "lastUpdatedTime": "2026-11-21T10:30:00.250Z",
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": market},
        "fulfillment": {
            "fulfillmentStatus": status,
            "fulfilledBy": by,
            "shipByWindow": {
                "earliestDateTime": "2026-11-21T00:00:00Z",
                "latestDateTime": "2026-11-23T22:59:59Z",
            },
            "deliverByWindow": {"latestDateTime": "2026-11-26T22:59:59Z"},
        },
        "orderItems": list(items),
        **more,
    }
    if total is not None or rows:
        data["proceeds"] = {"breakdowns": list(rows)}
        if total is not None:
            data["proceeds"]["grandTotal"] = money(total, currency)
    return data


def full_order() -> dict[str, Any]:
    """An order with every member that is read, in the United States."""
    rows = [
        breakdown("ITEM", "20.00", "USD"),
        breakdown("SHIPPING", "5.99", "USD"),
        breakdown("GIFT_WRAP", "3.00", "USD"),
        breakdown("DISCOUNT", "-2.99", "USD", {"ITEM": "-1.00", "SHIPPING": "-1.99"}),
        breakdown("TAX", "2.10", "USD", {"ITEM": "1.60", "SHIPPING": "0.30", "GIFT_WRAP": "0.20"}),
    ]
    first = item(
        "12345678901234",
        3,
        rows,
        total="28.10",
        unit="6.67",
        currency="USD",
        promotion={"breakdowns": [{"promotionId": "SAVE5"}]},
        cancellation={
            "cancellationRequest": {"requester": "BUYER", "cancelReason": "Changed mind"}
        },
        fulfillment={
            "quantityFulfilled": 0,
            "quantityUnfulfilled": 3,
            "packing": {"giftOption": {"giftMessage": "حبيبتي", "giftWrapLevel": "PREMIUM"}},
            "shipping": {"internationalShipping": {"iossNumber": "IM3720000224"}},
        },
        tax=FACILITATOR,
    )
    first["product"]["customization"] = {"customizedUrl": "https://custom.test/x?y=1"}
    return order(
        first,
        total="33.10",
        market=US,
        currency="USD",
        rows=[breakdown("DELIVERY_TIP", "5.00", "USD")],
        programs=["PRIME", "AMAZON_BUSINESS", "PREMIUM"],
        associatedOrders=[
            {"orderId": "302-0000000-0000001", "associationType": "REPLACEMENT_ORIGINAL_ID"}
        ],
        orderAliases=[{"aliasId": "S00042", "aliasType": "SELLER_ORDER_ID"}],
        buyer={
            "buyerName": "山田 太郎",
            "buyerEmail": "Abc123@marketplace.amazon.com",
            "buyerCompanyName": "Yamada GmbH",
            "buyerPurchaseOrderNumber": "PO-7",
        },
        recipient={
            "deliveryAddress": {
                "name": "ليلى حسن",
                "companyName": "Yamada GmbH",
                "addressLine1": "12 Nile St",
                "addressLine2": "Floor 3",
                "addressLine3": "",
                "city": "Cairo",
                "districtOrCounty": "Zamalek",
                "stateOrRegion": "C",
                "postalCode": "11211",
                "countryCode": "eg",
                "phone": "+20 100 123 4567",
            },
            "deliveryPreference": {"dropOffLocation": "Porch", "addressInstruction": "Blue door"},
        },
        tax={
            "taxRegistrations": [
                {
                    "entityType": "BUYER",
                    "legalName": "Yamada Legal",
                    "taxRegistrationNumber": "DE123456789",
                    "taxRegistrationAddress": {"addressLine1": "Tax Rd 1", "countryCode": "DE"},
                },
                {"entityType": "MERCHANT", "taxRegistrationNumber": "XX"},
            ]
        },
        payment={"paymentExecutions": [{"paymentMethod": "CreditCard"}]},
        packages=[{"packageReferenceId": "1", "packageStatus": {"status": "IN_TRANSIT"}}],
    )


# === NOTIFICATIONS === #


def note(kind: str, payload: Any, *, camel: bool = False, number: str = "n-1") -> dict[str, Any]:
    """A notification in either spelling of its names."""
    message = {
        "NotificationVersion": "1.0",
        "NotificationType": kind,
        "PayloadVersion": "1.0",
        "EventTime": "2026-11-21T11:59:00.123Z",
        "Payload": payload,
        "NotificationMetadata": {"NotificationId": number},
    }
    return _camel(message) if camel else message


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _camel(item) for key, item in value.items()}
    return value


STOCK = {
    "FulfillmentInventoryAvailabilityChangeNotification": {
        "SKU": "S-1",
        "ASIN": "B1",
        "FNSKU": "X1",
        "FulfillmentInventoryByMarketplace": [
            {
                "MarketplaceId": market,
                "FulfillmentInventory": {
                    "Fulfillable": available,
                    "Unfulfillable": 1,
                    "Researching": 2,
                    "InboundQuantityBreakdown": {"Working": 1, "Shipped": 2, "Receiving": 3},
                    "ReservedQuantityBreakdown": {
                        "WarehouseProcessing": 5,
                        "WarehouseTransfer": 15,
                        "PendingCustomerOrder": 10,
                    },
                },
            }
            for market, available in ((UK, 40), (DE, 50))
        ],
    }
}

# === FLAT FILES === #

SETTLEMENT_COLUMNS = [
    "settlement-id",
    "settlement-start-date",
    "settlement-end-date",
    "deposit-date",
    "total-amount",
    "currency",
    "transaction-type",
    "order-id",
    "merchant-order-id",
    "adjustment-id",
    "shipment-id",
    "marketplace-name",
    "amount-type",
    "amount-description",
    "amount",
    "fulfillment-id",
    "posted-date",
    "posted-date-time",
    "order-item-code",
    "merchant-order-item-id",
    "merchant-adjustment-item-id",
    "sku",
    "quantity-purchased",
    "promotion-id",
]


def tsv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]], end: str = "\r\n") -> str:
    """A flat file: header and rows, tabs between them."""
    lines = ["\t".join(columns)]
    lines += ["\t".join(str(row.get(name, "")) for name in columns) for row in rows]
    return end.join(lines) + end


def settlement_rows(
    *amounts: tuple[str, str, str, str, str], comma: bool = False
) -> list[dict[str, str]]:
    """Summary and one row for each (transaction, type, description, amount, order)."""

    def number(value: Any) -> str:
        text = f"{Decimal(str(value)):,.2f}"
        return text.translate(str.maketrans(",.", ".,")) if comma else text.replace(",", "")

    total = sum((Decimal(amount) for _t, _y, _d, amount, _o in amounts), Decimal(0))
    day = "31.10.2026" if comma else "2026-10-31"
    summary = {
        "settlement-id": "17550012345",
        "settlement-start-date": f"{day} 08:00:00 UTC",
        "settlement-end-date": ("14.11.2026" if comma else "2026-11-14") + " 08:00:00 UTC",
        "deposit-date": ("16.11.2026" if comma else "2026-11-16") + " 08:00:00 UTC",
        "total-amount": number(total),
        "currency": "EUR",
    }
    rows = [
        {
            "settlement-id": "17550012345",
            "transaction-type": transaction,
            "amount-type": kind,
            "amount-description": description,
            "amount": number(amount),
            "order-id": order_id,
            "order-item-code": "12345678901234" if order_id else "",
            "sku": "SKU-1" if order_id else "",
            "quantity-purchased": "2" if description == "Principal" else "",
            "posted-date": "12.11.2026" if comma else "2026-11-12",
            "posted-date-time": ("12.11.2026" if comma else "2026-11-12") + " 21:15:00 UTC",
            "marketplace-name": "Amazon.de" if order_id else "",
        }
        for transaction, kind, description, amount, order_id in amounts
    ]
    return [summary, *rows]
