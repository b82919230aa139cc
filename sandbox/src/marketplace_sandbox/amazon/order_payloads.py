"""An order as the Orders API 2026-01-01 shows it.

A pending order has no prices, no buyer and no address. `proceeds` lists what makes up the total,
see `Settings.vat_rows` and `discount_sign` for what the model leaves open.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from .marketplaces import MARKETPLACES, Marketplace
from .model import ZERO, Item, Order, Package
from .settings import Settings
from .values import cents, iso, money

KINDS = ("ITEM", "SHIPPING", "GIFT_WRAP", "DISCOUNT", "TAX")
Rows = dict[str, dict[str, Decimal]]


def _scale(item: Item, amount: Decimal) -> Decimal:
    """The part of an amount that is not cancelled."""
    if item.live == item.quantity:
        return amount
    return cents(amount * item.live / item.quantity)


def gross(item: Item) -> Rows:
    """Type → subtype → amount, as the buyer pays it; discounts negative."""
    rows: Rows = {
        "ITEM": {"ITEM": _scale(item, item.principal)},
        "SHIPPING": {"SHIPPING": _scale(item, item.shipping)},
        "GIFT_WRAP": {"GIFT_WRAP": _scale(item, item.gift_wrap)},
        "DISCOUNT": {
            "ITEM": -_scale(item, item.item_discount),
            "SHIPPING": -_scale(item, item.shipping_discount),
        },
        "TAX": {
            "ITEM": _scale(item, item.item_tax),
            "SHIPPING": _scale(item, item.shipping_tax),
            "GIFT_WRAP": _scale(item, item.gift_wrap_tax),
        },
    }
    return {
        kind: {name: amount for name, amount in parts.items() if amount}
        for kind, parts in rows.items()
    }


def item_total(item: Item) -> Decimal:
    """What the buyer pays for a line, tax included."""
    return sum((a for parts in gross(item).values() for a in parts.values()), ZERO)


def order_total(order: Order) -> Decimal:
    return sum((item_total(each) for each in order.items), ZERO)


def _shown_rows(item: Item, market: Marketplace, settings: Settings) -> Rows:
    rows = gross(item)
    if market.vat is None or settings.vat_rows == "none":
        return rows
    tax: dict[str, Decimal] = {}
    for kind in ("ITEM", "SHIPPING", "GIFT_WRAP", "DISCOUNT"):
        for name, amount in rows[kind].items():
            part = amount - cents(amount / (1 + market.vat))
            tax[name] = tax.get(name, ZERO) + part
            if settings.vat_rows == "added":
                rows[kind][name] = amount - part
    rows["TAX"] = {name: amount for name, amount in tax.items() if amount}
    return rows


def _breakdowns(rows: Rows, currency: str, settings: Settings) -> list[dict[str, Any]]:
    turn = -1 if settings.discount_sign == "positive" else 1
    found = []
    for kind in KINDS:
        parts = rows[kind]
        if not parts and kind != "ITEM":
            continue
        sign = turn if kind == "DISCOUNT" else 1
        entry: dict[str, Any] = {
            "type": kind,
            "subtotal": money(sign * sum(parts.values(), ZERO), currency),
        }
        if kind in ("DISCOUNT", "TAX"):
            entry["detailedBreakdowns"] = [
                {"subtype": name, "value": money(sign * amount, currency)}
                for name, amount in parts.items()
            ]
        found.append(entry)
    return found


def order_payload(order: Order, settings: Settings, included: Collection[str]) -> dict[str, Any]:
    """The order with the wanted parts (BUYER, RECIPIENT, PROCEEDS …)."""
    market = MARKETPLACES[order.marketplace]
    pending = order.status in ("PENDING", "PENDING_AVAILABILITY")
    found: dict[str, Any] = {
        "orderId": order.id,
        "createdTime": iso(order.created),
        "lastUpdatedTime": iso(order.updated),
        "salesChannel": {
            "channelName": "AMAZON",
            "marketplaceId": market.id,
            "marketplaceName": market.name,
        },
        "orderItems": [_item(order, each, market, settings, included) for each in order.items],
    }
    if order.seller_id:
        found["orderAliases"] = [{"aliasId": order.seller_id, "aliasType": "SELLER_ORDER_ID"}]
    if order.programs:
        found["programs"] = list(order.programs)
    if "FULFILLMENT" in included:
        found["fulfillment"] = _fulfilment(order, pending)
    if not pending:
        found.update(_people(order, settings, included))
        found.update(_money(order, market, settings, included))
    if "PACKAGES" in included and order.fulfilled_by == "MERCHANT":
        found["packages"] = [_package(each) for each in order.packages]
    return _bent(order, found)


def _people(order: Order, settings: Settings, included: Collection[str]) -> dict[str, Any]:
    if not settings.buyer_data:
        return {}
    found: dict[str, Any] = {}
    if "BUYER" in included and order.buyer:
        found["buyer"] = dict(order.buyer)
    if "RECIPIENT" in included and order.address and order.status != "CANCELLED":
        found["recipient"] = {"deliveryAddress": dict(order.address)}
    return found


def _money(
    order: Order, market: Marketplace, settings: Settings, included: Collection[str]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    total = order_total(order)
    cancelled = order.status == "CANCELLED"
    if "PROCEEDS" in included and not cancelled:
        rows: Rows = {kind: {} for kind in KINDS}
        for item in order.items:
            for kind, parts in _shown_rows(item, market, settings).items():
                for name, amount in parts.items():
                    rows[kind][name] = rows[kind].get(name, ZERO) + amount
        breakdowns = _breakdowns(rows, market.currency, settings)
        found["proceeds"] = {
            "grandTotal": money(total, market.currency),
            "breakdowns": [
                {name: each[name] for name in ("type", "subtotal")} for each in breakdowns
            ],
        }
    if "PAYMENT" in included and not cancelled:
        found["payment"] = {
            "paymentExecutions": [
                {"paymentMethod": order.payment, "paymentAmount": money(total, market.currency)}
            ]
        }
    if "TAX" in included and "AMAZON_BUSINESS" in order.programs:
        found["tax"] = {"taxInvoicing": {"buyerInvoicePreference": "BUSINESS"}}
    return found


def _fulfilment(order: Order, pending: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "fulfillmentStatus": order.status,
        "fulfilledBy": order.fulfilled_by,
        "fulfillmentServiceLevel": order.service,
    }
    if not pending:
        found["shipByWindow"] = {
            "earliestDateTime": iso(order.ship_from),
            "latestDateTime": iso(order.ship_by),
        }
        found["deliverByWindow"] = {
            "earliestDateTime": iso(order.deliver_from),
            "latestDateTime": iso(order.deliver_by),
        }
    return found


def _item(
    order: Order, item: Item, market: Marketplace, settings: Settings, included: Collection[str]
) -> dict[str, Any]:
    pending = order.status in ("PENDING", "PENDING_AVAILABILITY")
    cancelled = order.status == "CANCELLED"
    kind, _, subtype = item.condition.partition("_")
    product: dict[str, Any] = {
        "asin": item.asin,
        "title": item.title,
        "sellerSku": item.sku,
        "condition": {"conditionType": kind.upper(), "conditionSubtype": subtype.upper()},
    }
    if not pending:
        unit = item.unit_price
        if market.vat is not None and settings.vat_rows == "added":
            unit = cents(unit / (1 + market.vat))
        product["price"] = {"unitPrice": money(unit, market.currency)}
        if item.business_price:
            product["price"]["priceDesignation"] = "BUSINESS_PRICE"
    found: dict[str, Any] = {
        "orderItemId": item.id,
        "quantityOrdered": item.quantity if cancelled else item.live,
        "product": product,
    }
    if "PROCEEDS" in included and not pending and not cancelled:
        rows = _shown_rows(item, market, settings)
        found["proceeds"] = {
            "proceedsTotal": money(item_total(item), market.currency),
            "breakdowns": _breakdowns(rows, market.currency, settings),
        }
    if "PROMOTION" in included and item.promotion_ids and not pending:
        found["promotion"] = {"breakdowns": [{"promotionId": each} for each in item.promotion_ids]}
    if "CANCELLATION" in included and (item.cancelled or item.cancel_requested):
        found["cancellation"] = _cancellation(item)
    if "FULFILLMENT" in included:
        found["fulfillment"] = _item_fulfilment(item)
    if "TAX" in included and market.vat is None and item.item_tax and not pending:
        party = {"model": "MARKETPLACE_FACILITATOR", "responsibleParty": "Amazon Services, Inc."}
        found["tax"] = {"taxCollections": [party]}
    return found


def _cancellation(item: Item) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if item.cancel_requested:
        found["cancellationRequest"] = {
            "requester": "BUYER",
            "cancelReason": item.cancel_requested,
        }
    if item.cancelled:
        found["cancellationExecution"] = {
            "cancelledBy": item.cancelled_by or "AMAZON",
            "cancelReason": item.cancel_reason or "NO_REASON",
        }
    return found


def _item_fulfilment(item: Item) -> dict[str, Any]:
    found: dict[str, Any] = {
        "quantityFulfilled": item.shipped,
        "quantityUnfulfilled": item.remaining,
    }
    if item.gift_message or item.gift_level:
        option = {"giftMessage": item.gift_message, "giftWrapLevel": item.gift_level}
        found["packing"] = {"giftOption": {name: v for name, v in option.items() if v}}
    return found


def _package(package: Package) -> dict[str, Any]:
    carrier = package.carrier_name if package.carrier == "Other" else package.carrier
    return {
        "packageReferenceId": package.reference,
        "createdTime": iso(package.created),
        "packageStatus": {"status": package.status},
        "carrier": carrier or package.carrier,
        "shipTime": iso(package.shipped_at),
        "shippingService": package.method,
        "trackingNumber": package.tracking,
        "packageItems": [
            {"orderItemId": name, "quantity": number} for name, number in package.items.items()
        ],
    }


def _bent(order: Order, found: dict[str, Any]) -> dict[str, Any]:
    """What a nasty test wants shown otherwise, or not at all (dotted names)."""
    for name, value in order.overrides.items():
        place, last = _place(found, name)
        if place is not None:
            place[last] = value
    for name in order.omit:
        place, last = _place(found, name)
        if isinstance(place, dict):
            place.pop(last, None)
    return found


def _place(found: Any, name: str) -> tuple[Any, str]:
    """The object that holds the last part of a dotted name; None when there is no such place."""
    *way, last = name.split(".")
    for part in way:
        if isinstance(found, list):
            found = found[int(part)] if part.isdigit() and int(part) < len(found) else None
        elif isinstance(found, dict):
            found = found.get(part)
    return (found if isinstance(found, dict) else None), last
