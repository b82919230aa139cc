"""The sandbox's own truth, for tests that compare a client with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..store import encode
from .marketplaces import MARKETPLACES
from .model import Listing
from .order_payloads import order_total

if TYPE_CHECKING:
    from .room import AmazonRoom


def listing_state(room: AmazonRoom, listing: Listing, market: str = "") -> dict[str, Any]:
    """A listing with what follows from its attributes; `price` and `status` in one marketplace."""
    listings = room.listings
    place = market or (listing.marketplaces[0] if listing.marketplaces else "")
    return {
        **encode(listing),
        "price": listings.price(listing, place) if place else None,
        "prices": {
            each: str(price)
            for each in listing.marketplaces
            if (price := listings.price(listing, each)) is not None
        },
        "quantity": listings.quantity(listing),
        "channel": listings.channel(listing),
        "status": listings.status(listing, place) if place else [],
    }


def book(room: AmazonRoom) -> dict[str, Any]:
    """Orders with totals and states, reservations, listings' prices and stock, money, calls.

    Amounts are texts with two decimals. `reservations`: SKU → pieces of the seller's own stock
    that open orders (pending ones too) wait for.
    """
    with room.services.store.lock:
        return {
            "orders": {
                each.id: {
                    "status": each.status,
                    "marketplace": each.marketplace,
                    "currency": MARKETPLACES[each.marketplace].currency,
                    "total": f"{order_total(each):.2f}",
                    "fulfilled_by": each.fulfilled_by,
                    "seller_id": each.seller_id,
                    "acknowledged": each.acknowledged,
                    "lines": {
                        item.id: {
                            "sku": item.sku,
                            "quantity": item.quantity,
                            "cancelled": item.cancelled,
                            "shipped": item.shipped,
                            "returned": item.returned,
                            "refunded": f"{item.refunded:.2f}",
                        }
                        for item in each.items
                    },
                    "packages": {
                        package.reference: {
                            "carrier": package.carrier,
                            "carrier_name": package.carrier_name,
                            "tracking": package.tracking,
                            "items": package.items,
                        }
                        for package in each.packages
                    },
                }
                for each in room.orders.table.values()
            },
            "reservations": room.orders.reservations(),
            "listings": {
                each.sku: {
                    "prices": listing_state(room, each)["prices"],
                    "quantity": room.listings.quantity(each),
                    "asin": each.asin,
                    "issues": [found["code"] for found in each.issues],
                }
                for each in room.listings.table.values()
            },
            "settlements": {
                each["id"]: {"total": f"{each['total']:.2f}", "currency": each["currency"]}
                for each in room.settlements.table.values()
            },
            "calls": {
                name: tally["calls"]
                for name, tally in room.services.calls.counters().get(room.name, {}).items()
            },
        }
