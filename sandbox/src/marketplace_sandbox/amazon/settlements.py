"""Settlements: Amazon closes a period, pays out, and offers a report that is listed, not asked for.

One settlement is of one marketplace and its currency, and takes all that was posted and not
settled before. The rows of its report add up to its total.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..store import Table
from ..wire import Invalid, decimal_of
from .marketplaces import MARKETPLACES
from .model import Transaction
from .report_files import SETTLEMENT_COLUMNS, settlement_rows, write
from .values import cents

if TYPE_CHECKING:
    from .room import AmazonRoom

REPORT = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
PERIOD = timedelta(days=14)


class Settlements:
    """Rows: id, marketplace, start, end, deposit, total, report."""

    def __init__(self, room: AmazonRoom) -> None:
        self._room = room
        self.table: Table[dict[str, Any]] = Table(
            room.services.store, "amazon.settlements", dict, dict
        )

    def clear(self) -> None:
        self.table.clear()

    def close(self, marketplace: str, fees: dict[str, Any] | None = None) -> dict[str, Any]:
        """Close the period of a marketplace, inside a transaction.

        :param fees: description → amount of further charges, such as ``Subscription Fee``.
        :raises Invalid: nothing was posted since the last one.
        """
        room = self._room
        for description, value in (fees or {}).items():
            amount = decimal_of(value, "a fee", -(10**6), 10**6)
            room.ledger.fee(marketplace, str(description), cents(amount))
        taken = self.open(marketplace)
        if not taken:
            raise Invalid("nothing was posted in this marketplace since the last settlement")
        now = room.now()
        ends = [each["end"] for each in self.table.values() if each["marketplace"] == marketplace]
        start = max(ends) if ends else min(now - PERIOD, *(each.posted for each in taken))
        number = room.services.store.next_id("amazon.settlement", 14_500_000_001)
        row: dict[str, Any] = {
            "id": str(number),
            "marketplace": marketplace,
            "currency": MARKETPLACES[marketplace].currency,
            "start": start,
            "end": now,
            "deposit": now + timedelta(days=2),
            "total": sum((each.total for each in taken), Decimal(0)),
            "transactions": [each.id for each in taken],
        }
        for each in taken:
            each.settlement = row["id"]
            room.ledger.table.put(each.id, each)
        content = write(
            SETTLEMENT_COLUMNS,
            settlement_rows(row, taken),
            room.reports.encoding(marketplace),
        )
        report = room.reports.offer(REPORT, marketplace, start, now, content)
        row["report"] = report.id
        self.table.put(row["id"], row)
        return row

    def open(self, marketplace: str) -> list[Transaction]:
        """What was posted and is not settled yet, oldest first."""
        found = (
            each
            for each in self._room.ledger.table.values()
            if each.marketplace == marketplace and not each.settlement
        )
        return sorted(found, key=lambda each: each.posted)
