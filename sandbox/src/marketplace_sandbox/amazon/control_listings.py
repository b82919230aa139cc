"""``/_control/amazon/listings…`` and ``issues…``: as if somebody worked in Seller Central."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request

from ..control import Handler, body_of
from ..wire import ApiError, Invalid, decimal_of, integer_of, text_of
from .book import listing_state
from .listings import Outcome, Submission
from .model import Listing
from .seed import grocery
from .validation import issue

if TYPE_CHECKING:
    from .room import AmazonRoom

MOST_CREATED = 50_000


class ListingControl:
    """The routes of listings."""

    def __init__(self, room: AmazonRoom) -> None:
        self._room = room

    def routes(self) -> list[tuple[str, str, Handler]]:
        return [
            ("GET", "/listings", self._listings),
            ("POST", "/listings", self._create_listings),
            ("GET", "/listings/<path:sku>", self._listing),
            ("PATCH", "/listings/<path:sku>", self._edit_listing),
            ("DELETE", "/listings/<path:sku>", self._remove_listing),
            ("POST", "/issues/<path:sku>", self._add_issue),
            ("DELETE", "/issues/<path:sku>", self._clear_issues),
        ]

    def _listings(self, request: Request) -> Any:
        with self._room.services.store.lock:
            return [listing_state(self._room, e) for e in self._room.listings.table.values()]

    def _create_listings(self, request: Request) -> Any:
        """``{"count", "first"?: 1, "prefix"?: "SKU-", "price"?, "quantity"?, "channel"?}``, or
        ``{"sku", "product_type", "attributes", "marketplaces"?}``: as if listed in Seller Central.
        """
        body = body_of(request)
        if "sku" in body:
            return self._submit(
                text_of(body["sku"], "sku", 40),
                body.get("attributes"),
                str(body.get("product_type") or "PRODUCT"),
                body.get("marketplaces"),
            )
        count = integer_of(body.get("count"), "count", 1, MOST_CREATED)
        first, prefix = integer_of(body.get("first", 1), "first"), str(body.get("prefix", "SKU-"))
        markets = self._room.settings.marketplaces
        skus = [f"{prefix}{number:05d}" for number in range(first, first + count)]
        price = str(decimal_of(body.get("price", "9.99"), "price"))
        quantity = integer_of(body.get("quantity", 100), "quantity")
        channel = str(body.get("channel") or "DEFAULT")
        for sku in skus:
            attributes = grocery(f"Product {sku}", price, quantity, channel, markets)
            self._submit(sku, attributes, "GROCERY", None)
        return skus

    def _submit(self, sku: str, attributes: Any, kind: str, markets: Any) -> Any:
        places = [self._room.market(m) for m in markets or self._room.settings.marketplaces]
        submission = Submission(sku, places, kind, origin="hand")
        return self._outcome(self._room.listings.put(submission, attributes))

    def _outcome(self, outcome: Outcome) -> Any:
        if outcome.status == "INVALID" or outcome.listing is None:
            raise Invalid("; ".join(each["message"] for each in outcome.issues)[:500])
        return listing_state(self._room, outcome.listing)

    def _find(self, sku: str) -> Listing:
        listing = self._room.listings.get(sku)
        if listing is None:
            raise ApiError(404, "There is no such listing")
        return listing

    def _listing(self, request: Request, sku: str) -> Any:
        with self._room.services.store.lock:
            return listing_state(self._room, self._find(sku))

    def _edit_listing(self, request: Request, sku: str) -> Any:
        """``{"price"?, "quantity"?, "marketplace"?, "attributes"?}``: a foreign edit by hand."""
        body = body_of(request, {"price", "quantity", "marketplace", "attributes"})
        listing = self._find(sku)
        market = self._room.market(body.get("marketplace") or listing.marketplaces[0])
        patches = [
            {"op": "replace", "path": f"/attributes/{name}", "value": value}
            for name, value in (body.get("attributes") or {}).items()
        ]
        if "price" in body:
            offer = dict(self._room.listings.offer(listing, market) or {})
            offer.setdefault("currency", self._room.currency(market))
            offer.update(marketplace_id=market, our_price=[_schedule(body["price"])])
            patches.append(_replace("purchasable_offer", offer))
        if "quantity" in body:
            number = integer_of(body["quantity"], "quantity")
            value = {"fulfillment_channel_code": "DEFAULT", "quantity": number}
            patches.append(_replace("fulfillment_availability", value))
        submission = Submission(sku, [market], listing.product_type, origin="hand")
        return self._outcome(self._room.listings.patch(submission, patches))

    def _remove_listing(self, request: Request, sku: str) -> Any:
        listing = self._find(sku)
        submission = Submission(sku, list(listing.marketplaces), origin="hand")
        self._room.listings.delete(submission)
        return {}

    def _add_issue(self, request: Request, sku: str) -> Any:
        """``{"code", "message", "severity", "attributes": [names], "category", "action",
        "marketplaces"}``: Amazon finds fault with a listing."""
        body = body_of(request)
        listing = self._find(sku)
        names = body.get("attributes") or []
        if isinstance(names, str):
            names = [each.strip() for each in names.split(",") if each.strip()]
        severity = str(body.get("severity") or "ERROR")
        if severity not in ("ERROR", "WARNING", "INFO"):
            raise Invalid("severity must be ERROR, WARNING or INFO")
        found = issue(
            str(body.get("code") or "18027"),
            str(body.get("message") or "The main image does not meet the requirements."),
            *[str(each) for each in names],
            severity=severity,
            category=str(body.get("category") or "INVALID_ATTRIBUTE"),
        )
        if body.get("action"):
            action = {"action": str(body["action"])}
            found["enforcements"] = {"actions": [action], "exemption": {"status": "NOT_EXEMPT"}}
        if body.get("marketplaces"):
            found["marketplaceIds"] = [self._room.market(each) for each in body["marketplaces"]]
        self._room.listings.set_issues(listing, [*listing.issues, found])
        self._room.listings.tick()
        return listing_state(self._room, listing)

    def _clear_issues(self, request: Request, sku: str) -> Any:
        self._room.listings.set_issues(self._find(sku), [])
        self._room.listings.tick()
        return {}


def _schedule(price: Any) -> dict[str, Any]:
    return {"schedule": [{"value_with_tax": decimal_of(price, "price")}]}


def _replace(name: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"op": "replace", "path": f"/attributes/{name}", "value": [value]}
