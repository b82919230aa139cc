"""The parts of Amazon that are read, as small as they can be, behind a socket; and budgets that
run out, a clock that stands still."""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from marketplace_adapters.amazon import AmazonAdapter
from marketplace_adapters.amazon.auth import TOKENS
from marketplace_adapters.amazon.settings import origins
from marketplace_adapters.core import (
    UTC,
    Connection,
    Event,
    Page,
    ThrottledError,
    Transport,
    parse_datetime,
)
from marketplace_adapters.testing.server import Call, Reply, ScriptedServer

UK, DE, US = "A1F83G8C2ARO7P", "A1PA6795UKMFR9", "ATVPDKIKX0DER"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
Answer = Callable[[Call], Any]


class Still:
    """A clock that a test moves."""

    def __init__(self, now: datetime = NOW) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    def pass_by(self, **span: float) -> None:
        self.time += timedelta(**span)


class Purse:
    """A budget with so many calls of each operation."""

    def __init__(self, **calls: int) -> None:
        self.left = calls
        self.taken: Counter[str] = Counter()

    def take(self, bucket: str, cost: float = 1.0) -> None:
        if bucket in self.left:
            if self.left[bucket] <= 0:
                raise ThrottledError(f"The budget for {bucket} is used up.", retry_after=7.0)
            self.left[bucket] -= 1
        self.taken[bucket] += 1

    def learn(self, bucket: str, **said: float | None) -> None:
        """What answers say is not believed."""


class Amazon:
    """Answers by operation; what a test does not set is empty."""

    def __init__(self) -> None:
        self.server = ScriptedServer(self.answer)
        self.clock = Still()
        self.orders: list[dict[str, Any]] = []
        self.reports: list[dict[str, Any]] = []
        self.documents: dict[str, bytes] = {}
        self.types: dict[str, str] = defaultdict(lambda: "text/plain; charset=UTF-8")
        self.answers: dict[str, Answer] = {}
        self.page_size = 100
        self.messages: dict[str, str] = {}
        self.deleted: list[str] = []

    # === SERVER === #

    def answer(self, call: Call) -> Reply:
        path = call.path
        if path == "/auth/o2/token":
            return Reply(200, {"access_token": "Atza|token", "expires_in": 3600})
        if path.startswith("/documents/"):
            name = path.rsplit("/", 1)[1]
            return Reply(200, self.documents[name], {"Content-Type": self.types[name]})
        if path.startswith("/sqs/"):
            return self._queue(call)
        for start, answer in (
            ("/orders/2026-01-01/orders/", self._get_order),
            ("/orders/2026-01-01/orders", self._search_orders),
            ("/reports/2021-06-30/documents/", self._document),
            ("/reports/2021-06-30/reports", self._reports),
        ):
            if path.startswith(start):
                return answer(call)
        for start, found in self.answers.items():
            if path.startswith(start):
                reply = found(call)
                return reply if isinstance(reply, Reply) else Reply(200, reply)
        return Reply(404, {"errors": [{"code": "NotFound", "message": "no such place"}]})

    def _search_orders(self, call: Call) -> Reply:
        since = parse_datetime(call.query["lastUpdatedAfter"], "since")
        until = call.query.get("lastUpdatedBefore")
        end = parse_datetime(until, "until") if until else self.clock.now()
        found = [
            one
            for one in self.orders
            if since <= parse_datetime(one["lastUpdatedTime"], "time") <= end
        ]
        start = int(call.query.get("paginationToken", "0"))
        body: dict[str, Any] = {"orders": found[start : start + self.page_size]}
        if start + self.page_size < len(found):
            body["pagination"] = {"nextToken": str(start + self.page_size)}
        if not until:
            body["lastUpdatedBefore"] = (end - timedelta(minutes=2)).isoformat()
        return Reply(200, body)

    def _get_order(self, call: Call) -> Reply:
        number = call.path.rsplit("/", 1)[1]
        found = [one for one in self.orders if one["orderId"] == number]
        if not found:
            return Reply(404, {"errors": [{"code": "NotFound", "message": "no such order"}]})
        return Reply(200, {"order": found[0]})

    def _reports(self, call: Call) -> Reply:
        if call.method == "POST":
            body = call.json
            number = f"R{len(self.reports) + 1}"
            report = {
                "reportId": number,
                "reportType": body["reportType"],
                "createdTime": self.clock.now().isoformat(),
                "processingStatus": "IN_QUEUE",
                "marketplaceIds": body["marketplaceIds"],
            }
            report |= {n: body[n] for n in ("dataStartTime", "dataEndTime") if n in body}
            self.reports.append(report)
            return Reply(202, {"reportId": number})
        types = call.query["reportTypes"].split(",")
        since = parse_datetime(call.query["createdSince"], "since")
        found = [
            one
            for one in self.reports
            if one["reportType"] in types and parse_datetime(one["createdTime"], "t") >= since
        ]
        return Reply(200, {"reports": found[::-1]})

    def _document(self, call: Call) -> Reply:
        name = call.path.rsplit("/", 1)[1]
        url = f"{self.server.base_url}/documents/{name}"
        packed = self.documents[name][:2] == b"\x1f\x8b"
        more = {"compressionAlgorithm": "GZIP"} if packed else {}
        return Reply(200, {"reportDocumentId": name, "url": url, **more})

    def _queue(self, call: Call) -> Reply:
        action = call.headers["x-amz-target"].rpartition(".")[2]
        body = call.json
        headers = {"Content-Type": "application/x-amz-json-1.0"}
        if action == "ReceiveMessage":
            most = body["MaxNumberOfMessages"]
            taken = list(self.messages.items())[:most]
            self._hidden = {**getattr(self, "_hidden", {}), **dict(taken)}
            for number, _text in taken:
                del self.messages[number]
            found = [{"MessageId": n, "ReceiptHandle": f"h{n}", "Body": t} for n, t in taken]
            return Reply(200, {"Messages": found} if found else {}, headers)
        assert action == "DeleteMessageBatch"
        self.deleted += [one["ReceiptHandle"][1:] for one in body["Entries"]]
        done = [{"Id": one["Id"]} for one in body["Entries"]]
        return Reply(200, {"Successful": done, "Failed": []}, headers)

    # === TESTS === #

    def finish(self, content: str | bytes | None = None, status: str = "DONE") -> None:
        """Every report that is under way is made, with this content."""
        for report in self.reports:
            if report["processingStatus"] == "IN_QUEUE":
                self.settle(report, content, status)

    def settle(
        self, report: dict[str, Any], content: str | bytes | None, status: str = "DONE"
    ) -> None:
        report["processingStatus"] = status
        if content is not None and status == "DONE":
            name = f"D{report['reportId']}"
            raw = content.encode() if isinstance(content, str) else content
            self.documents[name] = gzip.compress(raw)
            report["reportDocumentId"] = name

    def operations(self) -> list[str]:
        """What was called, in short."""
        return [
            call.headers["x-amz-target"].rpartition(".")[2]
            if "x-amz-target" in call.headers
            else f"{call.method} {'/'.join(call.path.split('/')[3:])}"
            for call in self.server.calls
            if not call.path.startswith(("/auth", "/documents"))
        ]

    @contextmanager
    def open(self, budget: Purse | None = None, **options: Any) -> Iterator[AmazonAdapter]:
        """An adapter of an account in Germany and the United Kingdom."""
        TOKENS.clear()
        base = self.server.base_url
        connection = Connection(
            base,
            {
                "client_id": "c",
                "client_secret": "s",
                "refresh_token": "r",
                "queue_access_key": "AKIATEST",
                "queue_secret_key": "queue-secret",
            },
            {"seller_id": "A1", "marketplaces": [DE, UK], **options},
        )
        transport = Transport(base, others=origins(connection), clock=self.clock)
        with AmazonAdapter(connection, budget=budget, transport=transport) as adapter:
            yield adapter

    def pull(
        self,
        topic: str,
        since: datetime,
        until: datetime | None = None,
        budget: Purse | None = None,
        **options: Any,
    ) -> tuple[list[Event], datetime | None, BaseException | None]:
        """Events, the newest ``latest``, and what ended the pull, if anything did."""
        events: list[Event] = []
        latest: datetime | None = None
        with self.open(budget, **options) as adapter:
            try:
                for page in adapter.pull(topic, since, until):
                    events += page.events
                    latest = max(filter(None, (latest, page.latest)), default=None)
            except Exception as error:
                return events, latest, error
        return events, latest, None


def pages(adapter: AmazonAdapter, topic: str, since: datetime) -> list[Page]:
    return list(adapter.pull(topic, since))


def note(kind: str, number: str, payload: Any) -> str:
    return json.dumps(
        {
            "NotificationType": kind,
            "EventTime": "2026-11-21T11:59:00Z",
            "Payload": payload,
            "NotificationMetadata": {"NotificationId": number},
        }
    )
