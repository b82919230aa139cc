"""The Reports API 2021-06-30.

A report without data is CANCELLED, as the real service does; order reports then have a header
only. A period of more than 30 days ends FATAL. Rules for the endpoint ``processReport`` (path
``/<report type>``) decide when a report is asked for: `stuck`, `status` (FATAL).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from ..room import Exchange
from ..store import Table, encode
from ..wire import json_response
from . import report_files as files
from .api import Handler, Parts
from .errors import denied, invalid, missing
from .marketplaces import MARKETPLACES
from .model import Order, Report, Return
from .queued import KEPT, fault_of, options_of, page_of, places_of
from .settlements import REPORT as SETTLEMENT
from .tokens import HEADER, RESTRICTED_REPORTS
from .values import (
    body_object,
    iso,
    moment_of,
    seconds,
    text_member,
)

if TYPE_CHECKING:
    from .room import AmazonRoom

BY_UPDATE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
BY_DATE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
BY_DATE_SHORT = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE"
SHIPPING = "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING"
RETURNS = "GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE"
FBA_RETURNS = "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA"
#: Removed 2026-11-11; only the V2 flat file remains.
REMOVED = ("GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE", "GET_V2_SETTLEMENT_REPORT_DATA_XML")
LONGEST = timedelta(days=30)


class Reports:
    """Reports, asked for or offered."""

    def __init__(self, room: AmazonRoom) -> None:
        self._room = room
        self.table: Table[Report] = Table(
            room.services.store, "amazon.reports", encode, lambda row: Report(**row)
        )
        self._open = {each.id for each in self.table.values() if each.ended is None}
        self._writers: dict[str, Callable[[Report], bytes | None]] = {
            BY_UPDATE: self._orders,
            BY_DATE: self._orders,
            BY_DATE_SHORT: self._orders,
            SHIPPING: self._shipping,
            RETURNS: self._returns,
            FBA_RETURNS: self._fba_returns,
        }

    def clear(self) -> None:
        self.table.clear()
        self._open.clear()

    def handlers(self) -> dict[str, Handler]:
        return {
            "createReport": self._create,
            "getReport": self._get,
            "getReports": self._list,
            "cancelReport": self._cancel,
            "getReportDocument": self._document,
        }

    def encoding(self, marketplace: str) -> str:
        return self._room.settings.encoding or MARKETPLACES[marketplace].encoding

    # === THE API === #

    def _create(self, exchange: Exchange, _: Parts) -> Response:
        body = body_object(exchange.body)
        kind = text_member(body, "reportType")
        places = places_of(self._room, body)
        if kind in REMOVED:
            raise invalid(f"Report type '{kind}' was removed.", f"Use {SETTLEMENT}.")
        if kind == SETTLEMENT:
            raise invalid("Settlement reports cannot be requested; they are made by Amazon.")
        if kind not in self._writers:
            raise invalid(f"Report type '{kind[:80]}' is not supported.")
        options = options_of(body, "reportOptions")
        start = moment_of(body.get("dataStartTime"), "dataStartTime")
        end = moment_of(body.get("dataEndTime"), "dataEndTime")
        now = self._room.now()
        end = min(end, now) if end else now
        start = start or end - timedelta(days=1)
        if start > end:
            raise invalid("'dataStartTime' must be before 'dataEndTime'.")
        number = self._room.services.store.next_id("amazon.report", 54_000_000_001)
        report = Report(
            str(number), kind, places, now, start, end,
            options, fault=self._plan(kind),
        )  # fmt: skip
        self.table.put(report.id, report)
        self._open.add(report.id)
        return json_response({"reportId": report.id}, 202)

    def _plan(self, kind: str) -> dict[str, Any]:
        rule = fault_of(self._room, "REPORT", "processReport", kind)
        return {} if rule is None else {"effect": rule.effect}

    def find(self, identifier: str) -> Report:
        """:raises SpError: 404."""
        report = self.table.get(identifier)
        if report is None or self._room.now() > report.created + KEPT:
            raise missing(f"The report '{identifier[:40]}' was not found.")
        return report

    def _get(self, exchange: Exchange, parts: Parts) -> Response:
        return json_response(_shown(self.find(parts["id"])))

    def _list(self, exchange: Exchange, _: Parts) -> Response:
        names = ("reportTypes", "reports")
        args = exchange.request.args
        return page_of(self._room, args, self.table, names, _shown, refuse=_refuse_removed)

    def _cancel(self, exchange: Exchange, parts: Parts) -> Response:
        report = self.find(parts["id"])
        if report.status != "IN_QUEUE":
            raise invalid(f"The report is {report.status}; it cannot be cancelled.")
        self._end(report, "CANCELLED")
        return Response(b"", 200)

    def _document(self, exchange: Exchange, parts: Parts) -> Response:
        documents = self._room.documents
        document = documents.get(parts["id"], ("report",))
        if document is None:
            raise missing("The report document was not found.")
        access = self._room.tokens.access.get(exchange.request.headers.get(HEADER, ""))
        if document.restricted and (access is None or not access.paths):
            raise denied("A restricted data token is needed for this report.")
        return json_response(documents.describe(exchange.request, document, "reportDocumentId"))

    # === PROCESSING === #

    def tick(self) -> None:
        """Move on every report whose time has come."""
        now, wait = self._room.now(), seconds(self._room.settings.report_seconds)
        for identifier in sorted(self._open, key=lambda each: (len(each), each)):
            report = self.table.get(identifier)
            if report is None or report.ended is not None:
                self._open.discard(identifier)
                continue
            if report.status == "IN_QUEUE" and now >= report.created + wait / 3:
                report.status, report.started = "IN_PROGRESS", now
                self.table.put(report.id, report)
            stuck = report.fault.get("effect") == "stuck"
            if not stuck and now >= report.created + wait:
                self._process(report)

    def _process(self, report: Report) -> None:
        assert report.start is not None and report.end is not None
        if report.fault.get("effect") == "status" or report.end - report.start > LONGEST:
            self._end(report, "FATAL")
            return
        content = self._writers[report.type](report)
        if content is None:
            self._end(report, "CANCELLED")
            return
        self._attach(report, content)
        self._end(report, "DONE")

    def _attach(self, report: Report, content: bytes) -> None:
        charset = self.encoding(report.marketplaces[0])
        kind = f"text/plain; charset={charset}"
        settings = self._room.settings
        document = self._room.documents.add("report", kind, content, settings.compress)
        document.restricted = report.type in RESTRICTED_REPORTS
        report.document = document.id

    def _end(self, report: Report, status: str) -> None:
        report.status, report.ended = status, self._room.now()
        self.table.put(report.id, report)
        self._open.discard(report.id)
        self._room.notifications.report_finished(report)

    def offer(
        self, kind: str, marketplace: str, start: datetime, end: datetime, content: bytes
    ) -> Report:
        """A report that Amazon makes by itself."""
        number = self._room.services.store.next_id("amazon.report", 54_000_000_001)
        now = self._room.now()
        report = Report(str(number), kind, [marketplace], now, start, end, started=now)
        self._attach(report, content)
        self._end(report, "DONE")
        return report

    # === CONTENTS === #

    def _period(self, report: Report, moment: datetime) -> bool:
        assert report.start is not None and report.end is not None
        return report.start <= moment <= report.end

    def _found(self, report: Report) -> list[Order]:
        by_update = report.type == BY_UPDATE
        return [
            each
            for each in self._room.orders.table.values()
            if each.marketplace in report.marketplaces
            and self._period(report, each.updated if by_update else each.created)
        ]

    def _orders(self, report: Report) -> bytes:
        rows = files.order_rows(self._found(report))
        return files.write(files.ORDER_COLUMNS, rows, self.encoding(report.marketplaces[0]))

    def _shipping(self, report: Report) -> bytes:
        rows = files.shipping_rows(self._found(report), self._room.now())
        return files.write(files.SHIPPING_COLUMNS, rows, self.encoding(report.marketplaces[0]))

    def _of_side(self, report: Report, side: str) -> list[Return]:
        orders = self._room.orders
        return [
            each
            for each in orders.returns.values()
            if self._period(report, each.at)
            and orders.find(each.order_id).fulfilled_by == side
            and orders.find(each.order_id).marketplace in report.marketplaces
        ]

    def _returns(self, report: Report) -> bytes | None:
        rows = files.return_rows(self._room, self._of_side(report, "MERCHANT"))
        charset = self.encoding(report.marketplaces[0])
        return files.write(files.RETURN_COLUMNS, rows, charset) if rows else None

    def _fba_returns(self, report: Report) -> bytes | None:
        rows = files.fba_return_rows(self._room, self._of_side(report, "AMAZON"))
        charset = self.encoding(report.marketplaces[0])
        return files.write(files.FBA_RETURN_COLUMNS, rows, charset) if rows else None


def _refuse_removed(kinds: list[str]) -> None:
    if set(kinds) & set(REMOVED):
        raise invalid("A report type was removed.", f"Use {SETTLEMENT}.")


def _shown(report: Report) -> dict[str, Any]:
    found: dict[str, Any] = {
        "reportId": report.id,
        "reportType": report.type,
        "marketplaceIds": report.marketplaces,
        "createdTime": iso(report.created),
        "processingStatus": report.status,
    }
    for name, moment in (
        ("dataStartTime", report.start),
        ("dataEndTime", report.end),
        ("processingStartTime", report.started),
        ("processingEndTime", report.ended),
    ):
        if moment is not None:
            found[name] = iso(moment)
    if report.document is not None:
        found["reportDocumentId"] = report.document
    return found
