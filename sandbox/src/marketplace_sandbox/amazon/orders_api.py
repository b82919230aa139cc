"""The Orders API 2026-01-01 (search, get) and confirmShipment of v0."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from ..room import Exchange
from ..wire import Invalid, integer_of, json_response
from .api import Handler, Parts, own_marketplaces
from .errors import SpError, invalid, missing
from .model import STATUSES, Order, Package
from .order_payloads import order_payload
from .orders import Refused
from .values import (
    body_object,
    csv_of,
    iso,
    moment_of,
    pack_token,
    text_member,
    unpack_token,
    whole,
)

if TYPE_CHECKING:
    from .room import AmazonRoom

INCLUDED = (
    "BUYER", "RECIPIENT", "PROCEEDS", "EXPENSE", "PROMOTION", "CANCELLATION", "FULFILLMENT",
    "PACKAGES", "TAX", "PAYMENT", "FULFILLMENT_ORDERS",
)  # fmt: skip
MOST_PAGE = 100
LATEST = timedelta(minutes=2)


class OrdersApi:
    """The handlers."""

    def __init__(self, room: AmazonRoom) -> None:
        self._room = room

    def handlers(self) -> dict[str, Handler]:
        return {
            "searchOrders": self._search,
            "getOrder": self._get,
            "confirmShipment": self._confirm,
        }

    # === SEARCH === #

    def _period(self, args: MultiDict[str, str]) -> tuple[str, datetime, datetime]:
        """(member, from, to). :raises SpError: not exactly one kind of period, or a wrong one."""
        created, updated = args.get("createdAfter"), args.get("lastUpdatedAfter")
        if bool(created) == bool(updated):
            raise invalid("Exactly one of 'createdAfter' and 'lastUpdatedAfter' must be provided.")
        start, other = ("created", "lastUpdated") if created else ("lastUpdated", "created")
        if args.get(f"{other}Before"):
            raise invalid(f"'{other}Before' cannot be combined with '{start}After'.")
        after = moment_of(args.get(f"{start}After"), f"{start}After")
        before = moment_of(args.get(f"{start}Before"), f"{start}Before")
        latest = self._room.now() - LATEST
        assert after is not None
        if before is not None and (before < after or before > latest):
            raise invalid(
                f"'{start}Before' must be after '{start}After' and at least two minutes ago."
            )
        return ("created" if created else "updated"), after, before or self._room.now()

    def _search(self, exchange: Exchange, _: Parts) -> Response:
        args = exchange.request.args
        token = args.get("paginationToken")
        place: dict[str, Any] = {}
        if token:
            place = unpack_token(token, self._room.now(), "paginationToken")
        if "until" in place:  # the period was fixed by the first page
            member, after = place["member"], moment_of(place["after"], "createdAfter")
            until = moment_of(place["until"], "createdBefore")
        else:
            member, after, until = self._period(args)
        assert after is not None and until is not None
        size = whole(args, "maxResultsPerPage", MOST_PAGE, 1, MOST_PAGE)
        included = csv_of(args, "includedData", INCLUDED)
        orders = self._wanted(args, member, after, until)
        start = 0
        if place:
            seen = (moment_of(place["at"], "at"), place["id"])
            start = sum(self._key(each, member) <= seen for each in orders)
        back = 1 if start and self._room.settings.repeat_on_pages else 0
        page = orders[start - back : start - back + size]
        body: dict[str, Any] = {
            "orders": [order_payload(each, self._room.settings, included) for each in page],
            "createdBefore" if member == "created" else "lastUpdatedBefore": iso(until),
        }
        if page and orders[-1] is not page[-1]:
            body["pagination"] = {"nextToken": self._token(page[-1], member, after, until)}
        exchange.record.rows = len(page)
        return json_response(body)

    @staticmethod
    def _key(order: Order, member: str) -> tuple[datetime, str]:
        return (order.created if member == "created" else order.updated, order.id)

    def _token(self, last: Order, member: str, after: datetime, until: datetime) -> str:
        at, identifier = self._key(last, member)
        life = timedelta(seconds=self._room.settings.page_token_seconds)
        return pack_token(
            {
                "member": member,
                "after": after.isoformat(),
                "until": until.isoformat(),
                "at": at.isoformat(),
                "id": identifier,
                "x": (self._room.now() + life).timestamp(),
            }
        )

    def _wanted(
        self, args: MultiDict[str, str], member: str, after: datetime, until: datetime
    ) -> list[Order]:
        statuses = csv_of(args, "fulfillmentStatuses", STATUSES)
        sides = csv_of(args, "fulfilledBy", ("MERCHANT", "AMAZON"))
        places = own_marketplaces(self._room, csv_of(args, "marketplaceIds", most=50))
        oldest = self._room.now() - timedelta(days=730)
        found = [
            each
            for each in self._room.orders.table.values()
            if after <= (each.created if member == "created" else each.updated) <= until
            and each.created >= oldest
            and (not statuses or each.status in statuses)
            and (not sides or each.fulfilled_by in sides)
            and (each.marketplace in (places or self._room.settings.marketplaces))
        ]
        return sorted(found, key=lambda each: self._key(each, member))

    def _get(self, exchange: Exchange, parts: Parts) -> Response:
        included = csv_of(exchange.request.args, "includedData", INCLUDED)
        order = self._room.orders.get(parts["id"])
        if order is None:
            raise missing(f"The order '{parts['id'][:40]}' was not found.")
        return json_response({"order": order_payload(order, self._room.settings, included)})

    # === SHIPMENT === #

    def _confirm(self, exchange: Exchange, parts: Parts) -> Response:
        body = body_object(exchange.body)
        order = self._room.orders.get(parts["id"])
        if order is None:
            raise missing(f"The order '{parts['id'][:40]}' was not found.")
        if text_member(body, "marketplaceId") != order.marketplace:
            raise invalid("The order was not placed in this marketplace.")
        if body.get("codCollectionMethod") not in (None, "DirectPayment"):
            raise invalid("Invalid value for 'codCollectionMethod'.")
        detail = body.get("packageDetail")
        if not isinstance(detail, dict):
            raise invalid("'packageDetail' is required.")
        package = self._package(detail)
        exchange.record.rows = len(package.items)
        try:
            self._room.orders.confirm(order, package)
        except Refused as error:
            raise SpError(400, str(error)) from None
        return Response(b"", 204)

    def _package(self, detail: dict[str, Any]) -> Package:
        """:raises SpError: 400, a member is missing or malformed."""
        reference = text_member(detail, "packageReferenceId")
        if not (reference.isascii() and reference.isdigit()) or int(reference) < 1:
            raise invalid("'packageReferenceId' must be a positive number.")
        carrier = text_member(detail, "carrierCode")
        name = text_member(detail, "carrierName", required=False)
        if carrier.casefold() in ("other", "others") and not name:
            raise invalid("'carrierName' is required when 'carrierCode' is Other.")
        shipped = moment_of(text_member(detail, "shipDate"), "shipDate")
        assert shipped is not None
        return Package(
            reference,
            self._room.now(),
            shipped,
            carrier,
            name,
            text_member(detail, "shippingMethod", required=False),
            text_member(detail, "trackingNumber"),
            _parts(detail.get("orderItems")),
        )


def _parts(rows: Any) -> dict[str, int]:
    """Item id → pieces. :raises SpError: 400."""
    if not isinstance(rows, list) or not rows:
        raise invalid("'orderItems' must be a list with at least one item.")
    found: dict[str, int] = {}
    for row in rows:
        if not isinstance(row, dict):
            raise invalid("An order item must be an object.")
        name = text_member(row, "orderItemId")
        value = row.get("quantity")
        if isinstance(value, str):
            raise invalid("'quantity' must be a whole number.")
        try:
            number = integer_of(value, "quantity", 1)
        except Invalid as error:
            raise invalid(str(error)) from None
        found[name] = found.get(name, 0) + number
    return found
