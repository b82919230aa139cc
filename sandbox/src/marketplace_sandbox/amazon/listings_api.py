"""The Listings Items API 2021-08-01."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from ..room import Exchange
from ..wire import json_response
from .api import Handler, Parts, own_marketplaces
from .errors import SpError, denied, invalid, missing
from .listing_standing import parents
from .listings import Outcome, Submission
from .listings_search import Filter
from .marketplaces import MARKETPLACES
from .model import Listing
from .patches import belongs
from .product_types import themes_of
from .values import (
    body_object,
    csv_of,
    iso,
    pack_token,
    text_member,
    unpack_token,
    whole,
)

if TYPE_CHECKING:
    from .room import AmazonRoom

DATA = (
    "summaries", "attributes", "issues", "offers", "fulfillmentAvailability", "procurement",
    "relationships", "productTypes",
)  # fmt: skip
REQUIREMENTS = ("LISTING", "LISTING_PRODUCT_ONLY", "LISTING_OFFER_ONLY")
SORTS = {
    "sku": lambda each: each.sku,
    "createdDate": lambda each: (each.created, each.sku),
    "lastUpdatedDate": lambda each: (each.updated, each.sku),
}
MOST_FOUND = 1000
MOST_MARKETS = 25


class ListingsApi:
    """The handlers."""

    def __init__(self, room: AmazonRoom) -> None:
        self._room = room

    def handlers(self) -> dict[str, Handler]:
        return {
            "putListingsItem": self._put,
            "patchListingsItem": self._patch,
            "getListingsItem": self._get,
            "deleteListingsItem": self._delete,
            "searchListingsItems": self._search,
        }

    def _markets(self, exchange: Exchange, parts: Parts, most: int) -> list[str]:
        """:raises SpError: another seller, or marketplaces that are not his."""
        if parts["seller"] != self._room.seller_id:
            raise denied("The seller of the path is not the one who authorised the application.")
        places = csv_of(exchange.request.args, "marketplaceIds", most=most, required=True)
        return own_marketplaces(self._room, places)

    # === SUBMISSIONS === #

    def _submission(
        self, exchange: Exchange, parts: Parts, body: dict[str, Any], most: int = 1
    ) -> Submission:
        """`most` marketplaces: the model limits put and delete to one, a patch takes several."""
        args = exchange.request.args
        markets = self._markets(exchange, parts, most)
        csv_of(args, "includedData", ("identifiers", "issues"))
        mode = args.get("mode")
        if mode not in (None, "VALIDATION_PREVIEW"):
            raise invalid(f"Invalid value '{mode[:40]}' for parameter 'mode'.")
        if not 1 <= len(parts["sku"]) <= 40:
            raise invalid("A SKU has 1 to 40 characters.")
        return Submission(
            parts["sku"],
            markets,
            text_member(body, "productType"),
            preview=mode is not None,
            call=exchange.record.id,
        )

    def _put(self, exchange: Exchange, parts: Parts) -> Response:
        body = body_object(exchange.body)
        submission = self._submission(exchange, parts, body)
        requirements = body.get("requirements", "LISTING")
        if requirements not in REQUIREMENTS or not isinstance(body.get("attributes"), dict):
            raise invalid("'requirements' or 'attributes' is not valid.")
        submission.requirements = requirements
        exchange.record.rows = 1
        return self._reply(exchange, self._room.listings.put(submission, body["attributes"]))

    def _patch(self, exchange: Exchange, parts: Parts) -> Response:
        body = body_object(exchange.body)
        submission = self._submission(exchange, parts, body, MOST_MARKETS)
        if not isinstance(body.get("patches"), list) or not body["patches"]:
            raise invalid("'patches' must be a list with at least one operation.")
        listings = self._room.listings
        if self._room.settings.patch_unknown == "not_found" and not listings.get(submission.sku):
            raise missing(
                f"SKU '{submission.sku}' not found in marketplace {submission.markets[0]}"
            )
        exchange.record.rows = len(body["patches"])
        return self._reply(exchange, listings.patch(submission, body["patches"]))

    def _delete(self, exchange: Exchange, parts: Parts) -> Response:
        markets = self._markets(exchange, parts, 1)
        submission = Submission(parts["sku"], markets, call=exchange.record.id)
        outcome = self._room.listings.delete(submission)
        if outcome is None:
            raise SpError(
                404, f"SKU '{parts['sku']}' not found in marketplace {markets[0]}", code="NOT_FOUND"
            )
        return self._reply(exchange, outcome)

    def _reply(self, exchange: Exchange, outcome: Outcome) -> Response:
        body: dict[str, Any] = {
            "sku": outcome.sku,
            "status": outcome.status,
            "submissionId": outcome.submission,
            "issues": [_shown(each) for each in outcome.issues],
        }
        wanted = csv_of(exchange.request.args, "includedData")
        if wanted and "issues" not in wanted:
            del body["issues"]
        if "identifiers" in wanted and outcome.listing is not None:
            body["identifiers"] = [
                {"marketplaceId": each, "asin": outcome.listing.asin}
                for each in csv_of(exchange.request.args, "marketplaceIds")
            ]
        return json_response(body)

    # === READING === #

    def _get(self, exchange: Exchange, parts: Parts) -> Response:
        markets = self._markets(exchange, parts, 50)
        data = csv_of(exchange.request.args, "includedData", DATA) or ["summaries"]
        listing = self._room.listings.get(parts["sku"])
        if listing is None or not set(markets) & set(listing.marketplaces):
            raise SpError(
                404, f"SKU '{parts['sku']}' not found in marketplace {markets[0]}", code="NOT_FOUND"
            )
        return json_response(self.item(listing, markets, data))

    def item(self, listing: Listing, markets: list[str], data: list[str]) -> dict[str, Any]:
        """An item as get and search give it."""
        places = [each for each in markets if each in listing.marketplaces]
        makers: dict[str, Callable[[], Any]] = {
            "summaries": lambda: [self._summary(listing, each) for each in places],
            "attributes": lambda: {
                name: shown
                for name, entries in listing.attributes.items()
                if (shown := [e for e in entries if any(belongs(e, place) for place in places)])
            },
            "issues": lambda: [_shown(each) for each in listing.issues],
            "offers": lambda: self._offers(listing, places),
            "fulfillmentAvailability": lambda: self._availability(listing),
            "procurement": list,
            "relationships": lambda: [self._relations(listing, each) for each in places],
            "productTypes": lambda: [
                {"marketplaceId": each, "productType": listing.product_type} for each in places
            ],
        }
        return {"sku": listing.sku, **{name: makers[name]() for name in data}}

    def _summary(self, listing: Listing, market: str) -> dict[str, Any]:
        room = self._room
        found: dict[str, Any] = {
            "marketplaceId": market,
            "productType": listing.product_type,
            "status": room.listings.status(listing, market),
            "itemName": title_of(listing, market),
            "createdDate": iso(listing.created),
            "lastUpdatedDate": iso(listing.updated),
        }
        if room.now() >= listing.live_at:
            found["asin"] = listing.asin
        if room.listings.channel(listing) == "AMAZON":
            found["fnSku"] = listing.fnsku
        condition = _first(listing, "condition_type", market)
        if condition:
            found["conditionType"] = condition
        image = _first(listing, "main_product_image_locator", market, "media_location")
        if image:
            found["mainImage"] = {"link": image, "height": 500, "width": 500}
        return found

    def _offers(self, listing: Listing, markets: list[str]) -> list[dict[str, Any]]:
        found = []
        for market in markets:
            for audience, kind, name in (
                ("ALL", "B2C", "Sell on Amazon"),
                ("B2B", "B2B", "Amazon Business"),
            ):
                price = self._room.listings.price(listing, market, audience)
                if price is not None:
                    found.append(
                        {
                            "marketplaceId": market,
                            "offerType": kind,
                            "price": {
                                "currencyCode": MARKETPLACES[market].currency,
                                "amount": str(price),
                            },
                            "audience": {"value": audience, "displayName": name},
                        }
                    )
        return found

    def _availability(self, listing: Listing) -> list[dict[str, Any]]:
        found = []
        for each in listing.attributes.get("fulfillment_availability", ()):
            code = each["fulfillment_channel_code"]
            row: dict[str, Any] = {"fulfillmentChannelCode": code}
            if code == "DEFAULT" and "quantity" in each:
                row["quantity"] = int(each["quantity"])
            found.append(row)
        return found

    def _relations(self, listing: Listing, market: str) -> dict[str, Any]:
        theme = _first(listing, "variation_theme", market, "name")
        rows: list[dict[str, Any]] = []
        relation: dict[str, Any] = {"type": "VARIATION"}
        if theme:
            names = themes_of(listing.product_type).get(theme, ())
            relation["variationTheme"] = {"theme": theme, "attributes": list(names)}
        children = self._room.listings.children(listing.sku)
        above = [each for each in parents(listing) if self._room.listings.get(each)]
        if children:
            rows.append({**relation, "childSkus": children})
        if above:
            rows.append({**relation, "parentSkus": above})
        return {"marketplaceId": market, "relationships": rows}

    # === SEARCHING === #

    def _search(self, exchange: Exchange, parts: Parts) -> Response:
        args = exchange.request.args
        markets = self._markets(exchange, parts, 50)
        data = csv_of(args, "includedData", DATA) or ["summaries"]
        size = whole(args, "pageSize", 10, 1, 20)
        sort, order = args.get("sortBy", "lastUpdatedDate"), args.get("sortOrder", "DESC")
        if sort not in SORTS or order not in ("ASC", "DESC"):
            raise invalid("Invalid value for 'sortBy' or 'sortOrder'.")
        wanted = Filter.parse(args, markets)
        status = self._room.listings.status
        rows = [each for each in self._room.listings.table.values() if wanted.fits(each, status)]
        rows.sort(key=SORTS[sort], reverse=order == "DESC")
        start = 0
        if args.get("pageToken"):
            start = int(unpack_token(args["pageToken"], self._room.now(), "pageToken")["n"])
        found = rows[:MOST_FOUND]
        body: dict[str, Any] = {
            "numberOfResults": len(rows),
            "items": [self.item(each, markets, data) for each in found[start : start + size]],
        }
        pages = {
            name: self._token(place)
            for name, place, there in (
                ("nextToken", start + size, start + size < len(found)),
                ("previousToken", max(0, start - size), start > 0),
            )
            if there
        }
        if pages:
            body["pagination"] = pages
        exchange.record.rows = len(body["items"])
        return json_response(body)

    def _token(self, place: int) -> str:
        life = timedelta(seconds=self._room.settings.page_token_seconds)
        return pack_token({"n": place, "x": (self._room.now() + life).timestamp()})


def _first(listing: Listing, name: str, market: str, member: str = "value") -> str:
    for each in listing.attributes.get(name, ()):
        if belongs(each, market) and each.get(member):
            return str(each[member])
    return ""


def title_of(listing: Listing, market: str = "") -> str:
    place = market or (listing.marketplaces[0] if listing.marketplaces else "")
    return _first(listing, "item_name", place) or listing.sku


def _shown(issue: dict[str, Any]) -> dict[str, Any]:
    """An issue without what only the sandbox knows of it."""
    return {name: value for name, value in issue.items() if name != "origin"}
