"""Documents of Amazon, made up after the official models; nobody in them is real."""

from __future__ import annotations

from typing import Any

UK, DE, US = "A1F83G8C2ARO7P", "A1PA6795UKMFR9", "ATVPDKIKX0DER"
SELLER = "A2TESTSELLER99"

PERSONAL = (
    "Zoë Ångström-Müller",
    "z0e4ngstr0m@marketplace.amazon.test",
    "Lange Straße 17 ½",
    "Hinterhaus, bei „Königs“",
    "+49 30 9988 7766",
    "Bitte nicht klingeln 🙏",
)


def money(amount: str, currency: str = "EUR") -> dict[str, str]:
    return {"amount": amount, "currencyCode": currency}


def item(number: int = 1, **members: Any) -> dict[str, Any]:
    """An order item of two pieces, with shipping and tax on top."""
    return {
        "orderItemId": f"{number:014d}",
        "quantityOrdered": 2,
        "product": {
            "asin": "B0TEST0001",
            "title": 'Tee „Grün“ 🍵 & "Zitrone"',
            "sellerSku": f"sku-{number}",
            "condition": {"conditionType": "NEW", "conditionSubtype": "NEW"},
            "price": {"unitPrice": money("10.00")},
        },
        "proceeds": {
            "proceedsTotal": money("24.00"),
            "breakdowns": [
                {"type": "ITEM", "subtotal": money("20.00")},
                {"type": "SHIPPING", "subtotal": money("4.00")},
            ],
        },
        "fulfillment": {"quantityFulfilled": 0, "quantityUnfulfilled": 2},
    } | members


def order(order_id: str = "302-1234567-7654321", **members: Any) -> dict[str, Any]:
    """An unshipped order with every member that an adapter looks at."""
    address = {
        "name": PERSONAL[0],
        "addressLine1": PERSONAL[2],
        "addressLine2": PERSONAL[3],
        "city": "Berlin",
        "postalCode": "10117",
        "countryCode": "DE",
        "phone": PERSONAL[4],
        "addressType": "RESIDENTIAL",
    }
    return {
        "orderId": order_id,
        "orderAliases": [],
        "createdTime": "2026-03-01T09:15:00Z",
        "lastUpdatedTime": "2026-03-01T10:15:00Z",
        "programs": ["PRIME"],
        "salesChannel": {
            "channelName": "AMAZON",
            "marketplaceId": DE,
            "marketplaceName": "Amazon.de",
        },
        "buyer": {"buyerName": PERSONAL[0], "buyerEmail": PERSONAL[1]},
        "recipient": {
            "deliveryAddress": address,
            "deliveryPreference": {"addressInstruction": PERSONAL[5]},
        },
        "proceeds": {"grandTotal": money("24.00")},
        "fulfillment": {
            "fulfillmentStatus": "UNSHIPPED",
            "fulfilledBy": "MERCHANT",
            "fulfillmentServiceLevel": "STANDARD",
            "shipByWindow": {"latestDateTime": "2026-03-03T22:59:59Z"},
            "deliverByWindow": {"latestDateTime": "2026-03-06T22:59:59Z"},
        },
        "orderItems": [item()],
    } | members


def schema(**properties: Any) -> dict[str, Any]:
    """A product type's schema in the manner of Amazon's, small."""

    def text(title: str, **value: Any) -> dict[str, Any]:
        return {
            "title": title,
            "description": f"{title}, in words.",
            "type": "array",
            "minUniqueItems": 1,
            "maxUniqueItems": 1,
            "selectors": ["marketplace_id", "language_tag"],
            "items": {
                "type": "object",
                "required": ["value"],
                "properties": {
                    "value": {"type": "string", "maxLength": 200, **value},
                    "language_tag": {"$ref": "#/$defs/language_tag"},
                    "marketplace_id": {"$ref": "#/$defs/marketplace_id"},
                },
            },
        }

    return {
        "$schema": "https://schemas.amazon.com/selling-partners/definitions/meta-schema/v1",
        "$id": "https://schemas.amazon.com/selling-partners/definitions/SHIRT",
        "$defs": {
            "marketplace_id": {"type": "string", "default": DE, "anyOf": [{"enum": [DE]}]},
            "language_tag": {"type": "string", "default": "de_DE", "enum": ["de_DE", "en_GB"]},
        },
        "type": "object",
        "required": ["item_name", "brand"],
        "properties": {
            "item_name": text("Title", maxUtf8ByteLength=40),
            "brand": text("Brand"),
            "color": text("Colour", enum=["red", "green"], enumNames=["Rot", "Grün"]),
            "size": text("Size"),
            "fabric_type": text("Fabric"),
            "batteries_required": {
                "title": "Batteries",
                "items": {"properties": {"value": {"type": "boolean"}}},
            },
            "number_of_items": {
                "title": "Pieces",
                "items": {"properties": {"value": {"type": "integer", "minimum": 1}}},
            },
            "purchasable_offer": {
                "title": "Offer",
                "items": {"properties": {"currency": {}, "our_price": {"type": "array"}}},
            },
        }
        | properties,
        "allOf": [
            {
                "if": {
                    "required": ["batteries_required"],
                    "properties": {
                        "batteries_required": {
                            "contains": {"properties": {"value": {"const": True}}}
                        }
                    },
                },
                "then": {"required": ["fabric_type"]},
                "else": {"allOf": [{"required": ["size"]}]},
            },
            {"if": {"required": ["color"]}, "then": {"properties": {"color": {"maxItems": 9}}}},
        ],
    }
