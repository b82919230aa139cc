"""What follows from a listing's attributes: status, price, quantity, family."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..store import Table
from .model import Listing
from .patches import belongs
from .validation import price_in
from .values import digest, iso

if TYPE_CHECKING:
    from .room import AmazonRoom


class Standing:
    """Reads the listings of a room; the base of `Listings`."""

    table: Table[Listing]
    _room: AmazonRoom
    _waiting: set[str]

    def get(self, sku: str) -> Listing | None:
        return self.table.get(sku)

    def touch(self, sku: str) -> None:
        """Look at its status anew at the next tick."""
        if sku in self.table:
            self._waiting.add(sku)

    def status(self, listing: Listing, market: str) -> list[str]:
        """BUYABLE needs a price, stock and no suppression; DISCOVERABLE no suppression."""
        if self._room.now() < listing.live_at:
            return []
        actions = {
            action["action"]
            for each in listing.issues
            if market in each.get("marketplaceIds", [market])
            for action in each.get("enforcements", {}).get("actions", ())
        }
        found: list[str] = []
        blocked = any(
            each["severity"] == "ERROR" and market in each.get("marketplaceIds", [market])
            for each in listing.issues
        )
        sellable = not listing.is_parent and self.price(listing, market) is not None
        stock = self.quantity(listing)
        if sellable and stock and not blocked and "LISTING_SUPPRESSED" not in actions:
            found.append("BUYABLE")
        if not actions & {"SEARCH_SUPPRESSED", "LISTING_SUPPRESSED", "CATALOG_ITEM_REMOVED"}:
            found.append("DISCOVERABLE")
        return found

    def offer(self, listing: Listing, market: str, audience: str = "ALL") -> dict[str, Any] | None:
        for each in listing.attributes.get("purchasable_offer", ()):
            if belongs(each, market) and each.get("audience", "ALL") == audience:
                return each
        return None

    def price(self, listing: Listing, market: str, audience: str = "ALL") -> Decimal | None:
        """What a buyer pays now: the sale price while the sale lasts."""
        offer = self.offer(listing, market, audience)
        if offer is None:
            return None
        now = iso(self._room.now())
        sale, own = price_in(offer, "discounted_price"), price_in(offer, "our_price")
        if sale is not None and str(sale["start_at"]) <= now[: len(str(sale["start_at"]))]:
            end = str(sale["end_at"])
            if now[: len(end)] <= end:
                own = sale
        return None if own is None else Decimal(str(own["value_with_tax"]))

    def channel(self, listing: Listing) -> str:
        """AMAZON when one of the offers is fulfilled by Amazon alone, else MERCHANT."""
        codes = {
            str(each.get("fulfillment_channel_code"))
            for each in listing.attributes.get("fulfillment_availability", ())
        }
        return "AMAZON" if codes and "DEFAULT" not in codes else "MERCHANT"

    def quantity(self, listing: Listing) -> int:
        """What can be bought: own stock as told, or what Amazon's warehouse has."""
        if self.channel(listing) == "AMAZON":
            return self._room.fba.fulfillable(listing.sku)
        return sum(
            int(each.get("quantity") or 0)
            for each in listing.attributes.get("fulfillment_availability", ())
            if each.get("fulfillment_channel_code") == "DEFAULT"
        )

    def move_stock(self, sku: str, change: int) -> int:
        """Raise or lower the quantity of own stock, never below 0; what was really moved."""
        listing = self.get(sku)
        for each in listing.attributes.get("fulfillment_availability", ()) if listing else ():
            if each.get("fulfillment_channel_code") == "DEFAULT" and "quantity" in each:
                before = int(each["quantity"])
                each["quantity"] = max(0, before + change)
                assert listing is not None
                self.table.put(sku, listing)
                self.touch(sku)
                return int(each["quantity"]) - before
        return 0

    def children(self, sku: str) -> list[str]:
        return [each.sku for each in self.table.values() if sku in parents(each)]


def parents(listing: Listing) -> list[str]:
    entries: Iterable[dict[str, Any]] = listing.attributes.get("child_parent_sku_relationship", ())
    return sorted({str(each["parent_sku"]) for each in entries if each.get("parent_sku")})


def asin_of(sku: str) -> str:
    return "B0" + digest("asin", sku)[:8].upper()
