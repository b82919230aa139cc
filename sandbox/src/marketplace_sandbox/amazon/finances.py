"""The Finances API 2024-06-19: listTransactions, from the same ledger as the settlements."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from ..room import Exchange
from ..wire import json_response
from .api import Handler, Parts, own_marketplaces
from .errors import invalid
from .marketplaces import MARKETPLACES
from .model import Transaction
from .values import csv_of, iso, moment_of, pack_token, unpack_token

if TYPE_CHECKING:
    from .room import AmazonRoom

PAGE = 100
LATEST = timedelta(minutes=2)
LONGEST = timedelta(days=180)
#: amount type of the ledger → breakdown that holds it
GROUPS = {
    "ItemPrice": "ProductCharges",
    "Promotion": "PromotionalRebates",
    "ItemWithheldTax": "TaxesWithheld",
    "ItemFees": "AmazonFees",
    "other-transaction": "ServiceFee",
}
DESCRIPTIONS = {"Shipment": "Order Payment", "Refund": "Refund Order", "ServiceFee": "Service Fee"}


class Finances:
    """The handlers."""

    def __init__(self, room: AmazonRoom) -> None:
        self._room = room

    def handlers(self) -> dict[str, Handler]:
        return {"listTransactions": self._list}

    def _list(self, exchange: Exchange, _: Parts) -> Response:
        args = exchange.request.args
        latest = self._room.now() - LATEST
        after = moment_of(args.get("postedAfter"), "postedAfter")
        before = moment_of(args.get("postedBefore"), "postedBefore")
        name, value = args.get("relatedIdentifierName"), args.get("relatedIdentifierValue")
        if bool(name) != bool(value):
            raise invalid("'relatedIdentifierName' and 'relatedIdentifierValue' go together.")
        if name and name not in ("FINANCIAL_EVENT_GROUP_ID", "ORDER_ID"):
            raise invalid(f"'{name[:40]}' cannot be used for filtering.")
        if after is None and not name:
            raise invalid("'postedAfter' or a related identifier is required.")
        for label, moment in (("postedAfter", after), ("postedBefore", before)):
            if moment is not None and moment > latest:
                raise invalid(f"'{label}' must be more than two minutes ago.")
        if after and before and before <= after:
            raise invalid("'postedBefore' must be later than 'postedAfter'.")
        market = args.get("marketplaceId")
        if market:
            own_marketplaces(self._room, csv_of(args, "marketplaceId", most=1))
        until = before or latest
        rows = [
            each
            for each in self._room.ledger.table.values()
            if (after is None or after <= each.posted)
            and each.posted < until
            and (not market or each.marketplace == market)
            and (not value or value in (each.order_id, _group(each)))
            and (not args.get("transactionStatus") or args["transactionStatus"] == _status(each))
        ]
        if after and until - after > LONGEST:
            rows = []
        rows.sort(key=lambda each: each.posted)
        return json_response({"payload": self._page(exchange, rows)})

    def _page(self, exchange: Exchange, rows: list[Transaction]) -> dict[str, Any]:
        token, start = exchange.request.args.get("nextToken"), 0
        if token:
            start = int(unpack_token(token, self._room.now())["n"])
        page: dict[str, Any] = {
            "transactions": [self._shown(each) for each in rows[start : start + PAGE]]
        }
        if start + PAGE < len(rows):
            life = timedelta(seconds=self._room.settings.page_token_seconds)
            until = (self._room.now() + life).timestamp()
            page["nextToken"] = pack_token({"n": start + PAGE, "x": until})
        return page

    def _shown(self, each: Transaction) -> dict[str, Any]:
        market = MARKETPLACES[each.marketplace]
        entries = [entry for row in each.rows for entry in row["entries"]]
        related = {
            "ORDER_ID": each.order_id,
            "SHIPMENT_ID": each.shipment_id,
            "REFUND_ID": each.refund_id,
            "FINANCIAL_EVENT_GROUP_ID": _group(each),
            "SETTLEMENT_ID": each.settlement,
        }
        return {
            "sellingPartnerMetadata": {
                "sellingPartnerId": self._room.seller_id,
                "accountType": "Standard Orders",
                "marketplaceId": market.id,
            },
            "relatedIdentifiers": [
                {"relatedIdentifierName": name, "relatedIdentifierValue": value}
                for name, value in related.items()
                if value
            ],
            "transactionType": each.kind,
            "transactionId": each.id,
            "transactionStatus": _status(each),
            "description": DESCRIPTIONS[each.kind],
            "postedDate": iso(each.posted),
            "totalAmount": _amount(each.total, market.currency),
            "marketplaceDetails": {"marketplaceId": market.id, "marketplaceName": market.name},
            "items": [self._item(each, row, market.currency) for row in each.rows if row["item"]],
            "breakdowns": _breakdowns(entries, market.currency),
        }

    @staticmethod
    def _item(each: Transaction, row: dict[str, Any], currency: str) -> dict[str, Any]:
        total = sum((entry[2] for entry in row["entries"]), Decimal(0))
        return {
            "description": row["sku"],
            "relatedIdentifiers": [
                {
                    "itemRelatedIdentifierName": "ORDER_ADJUSTMENT_ITEM_ID",
                    "itemRelatedIdentifierValue": row["item"],
                }
            ],
            "totalAmount": _amount(total, currency),
            "breakdowns": _breakdowns(row["entries"], currency),
            "contexts": [
                {
                    "contextType": "ProductContext",
                    "asin": row["asin"],
                    "sku": row["sku"],
                    "quantityShipped": row["quantity"],
                    "fulfillmentNetwork": "AFN" if each.fulfilled_by == "AMAZON" else "MFN",
                }
            ],
        }


def _amount(value: Decimal, currency: str) -> dict[str, Any]:
    return {"currencyCode": currency, "currencyAmount": value}


def _breakdowns(entries: list[list[Any]], currency: str) -> list[dict[str, Any]]:
    """Amounts by group; the groups add up to the total, their parts to the group."""
    groups: dict[str, dict[str, Decimal]] = {}
    for kind, description, value in entries:
        parts = groups.setdefault(GROUPS[kind], {})
        parts[description] = parts.get(description, Decimal(0)) + value
    return [
        {
            "breakdownType": group,
            "breakdownAmount": _amount(sum(parts.values(), Decimal(0)), currency),
            "breakdowns": [
                {"breakdownType": name, "breakdownAmount": _amount(value, currency)}
                for name, value in parts.items()
            ],
        }
        for group, parts in groups.items()
    ]


def _group(each: Transaction) -> str:
    """The financial event group: that of the settlement, or the open one of the marketplace."""
    return f"group-{each.settlement}" if each.settlement else f"group-open-{each.marketplace}"


def _status(each: Transaction) -> str:
    return "RELEASED"
