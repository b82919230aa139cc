"""Stock in Amazon's warehouses, and the FBA inventory summaries."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from ..clock import parse_time
from ..room import Exchange
from ..store import Table
from ..wire import json_response
from .api import Handler, Parts, own_marketplaces
from .errors import invalid
from .listing_standing import asin_of
from .listings_api import title_of
from .values import csv_of, digest, iso, moment_of, pack_token, unpack_token

if TYPE_CHECKING:
    from .room import AmazonRoom

PAGE = 50
#: The next page must be asked for within 30 seconds.
TOKEN_LIFE = timedelta(seconds=30)
MEMBERS = ("fulfillable", "reserved", "inbound", "unfulfillable")


class Fba:
    """SKU → pieces: fulfillable, reserved (open orders), inbound, unfulfillable."""

    def __init__(self, room: AmazonRoom) -> None:
        self._room = room
        self.table: Table[dict[str, Any]] = Table(room.services.store, "amazon.fba", dict, dict)

    def clear(self) -> None:
        self.table.clear()

    def handlers(self) -> dict[str, Handler]:
        return {"getInventorySummaries": self._summaries}

    # === STOCK, inside a transaction === #

    def set(self, sku: str, **values: int) -> dict[str, Any]:
        row = self.table.get(sku) or {"sku": sku, **dict.fromkeys(MEMBERS, 0)}
        row.update(values)
        row["updated"] = iso(self._room.now())
        self.table.put(sku, row)
        self._room.listings.touch(sku)
        return row

    def fulfillable(self, sku: str) -> int:
        row = self.table.get(sku)
        return int(row["fulfillable"]) if row else 0

    def reserve(self, sku: str, number: int) -> None:
        row = self.table.get(sku)
        if row:
            taken = min(number, int(row["fulfillable"]))
            self.set(sku, fulfillable=row["fulfillable"] - taken, reserved=row["reserved"] + taken)

    def release(self, sku: str, number: int) -> None:
        row = self.table.get(sku)
        if row:
            back = min(number, int(row["reserved"]))
            self.set(sku, fulfillable=row["fulfillable"] + back, reserved=row["reserved"] - back)

    def ship(self, sku: str, number: int) -> None:
        row = self.table.get(sku)
        if row:
            self.set(sku, reserved=max(0, row["reserved"] - number))

    def add(self, sku: str, number: int) -> None:
        self.set(sku, fulfillable=self.fulfillable(sku) + number)

    # === THE API === #

    def _summaries(self, exchange: Exchange, _: Parts) -> Response:
        args = exchange.request.args
        places = csv_of(args, "marketplaceIds", most=1, required=True)
        own_marketplaces(self._room, places)
        if args.get("granularityType") != "Marketplace" or not args.get("granularityId"):
            raise invalid("'granularityType' must be Marketplace, with a 'granularityId'.")
        if args.get("sellerSku") and args.get("sellerSkus"):
            raise invalid("Only one of 'sellerSku' and 'sellerSkus' may be given.")
        since = moment_of(args.get("startDateTime"), "startDateTime")
        skus = csv_of(args, "sellerSkus", most=50) + csv_of(args, "sellerSku")
        rows = [
            row
            for row in self.table.values()
            if (not skus or row["sku"] in skus)
            and (since is None or parse_time(row["updated"]) >= since)
        ]
        start = 0
        if args.get("nextToken"):
            start = int(unpack_token(args["nextToken"], self._room.now())["n"])
        details = args.get("details", "false").lower() == "true"
        body: dict[str, Any] = {
            "payload": {
                "granularity": {
                    "granularityType": "Marketplace",
                    "granularityId": args["granularityId"],
                },
                "inventorySummaries": [
                    self._summary(row, details) for row in rows[start : start + PAGE]
                ],
            }
        }
        if start + PAGE < len(rows):
            until = (self._room.now() + TOKEN_LIFE).timestamp()
            body["pagination"] = {"nextToken": pack_token({"n": start + PAGE, "x": until})}
        return json_response(body)

    def _summary(self, row: dict[str, Any], details: bool) -> dict[str, Any]:
        listing = self._room.listings.get(row["sku"])
        found: dict[str, Any] = {
            "asin": listing.asin if listing else asin_of(row["sku"]),
            "fnSku": listing.fnsku if listing else f"X00{digest('fnsku', row['sku'])[:7].upper()}",
            "sellerSku": row["sku"],
            "condition": "NewItem",
            "lastUpdatedTime": row["updated"],
            "productName": title_of(listing) if listing else row["sku"],
            "totalQuantity": sum(int(row[name]) for name in MEMBERS),
        }
        if details:
            found["inventoryDetails"] = {
                "fulfillableQuantity": row["fulfillable"],
                "inboundWorkingQuantity": 0,
                "inboundShippedQuantity": row["inbound"],
                "inboundReceivingQuantity": 0,
                "reservedQuantity": {
                    "totalReservedQuantity": row["reserved"],
                    "pendingCustomerOrderQuantity": row["reserved"],
                    "pendingTransshipmentQuantity": 0,
                    "fcProcessingQuantity": 0,
                },
                "unfulfillableQuantity": {
                    "totalUnfulfillableQuantity": row["unfulfillable"],
                    "customerDamagedQuantity": row["unfulfillable"],
                    "warehouseDamagedQuantity": 0,
                    "distributorDamagedQuantity": 0,
                    "carrierDamagedQuantity": 0,
                    "defectiveQuantity": 0,
                    "expiredQuantity": 0,
                },
            }
        return found
