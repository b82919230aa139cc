"""The adapter of Amazon against the official models: what it asks, and what it understands.

The requests are those of the adapter's own verbs, made on the sandbox and looked at on their way.
Every operation that the adapter has a rate for must be among them.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from contracts.amazon_models import Example, Operation, match, operations
from jsonschema import Draft7Validator

from marketplace_adapters.amazon import check, const, documents, fba, finances, news, product_types
from marketplace_adapters.amazon.dialect import AmazonDialect
from marketplace_adapters.amazon.limits import RATES
from marketplace_adapters.amazon.listings import parse_listing
from marketplace_adapters.amazon.orders import parse_order
from marketplace_adapters.amazon.processing import read_report
from marketplace_adapters.amazon.replies import issues_of, submission
from marketplace_adapters.amazon.settings import Market, Settings
from marketplace_adapters.core import (
    LISTING_KINDS,
    AdapterError,
    Headers,
    Kind,
    Masker,
    Outcome,
    Response,
    Severity,
)
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.server import Call, ScriptedServer
from marketplace_sandbox import SandboxServer
from suite import paths

sys.path.insert(0, str(paths.CHECKOUT / "adapters" / "tests"))
from amazon_sandbox import SandboxHarness, Wire

#: Rates of ours that are no operation of the Selling Partner API.
OWN = {"token", "document", "queue"}
US, UK = "ATVPDKIKX0DER", "A1F83G8C2ARO7P"
HOME = Settings((Market(US, "USD", "en_US", "US", "na"),), "A2DEMOSELLER")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def used() -> set[str]:
    """The operations that the adapter may call."""
    return {name for name in RATES if name not in OWN and not name.startswith("feed:")}


@pytest.fixture(scope="module")
def known(specs: Path) -> list[Operation]:
    return operations(specs)


# === WHAT IT ASKS === #


class Watch:
    """Keeps the calls of every verb of the adapter."""

    def __init__(self, front: ScriptedServer, wire: Wire) -> None:
        front.forget()
        wire.start_over()
        wire.control("POST", "settings", {"feed_queue_seconds": 0, "feed_seconds": 0})
        self._harness = SandboxHarness(front, wire)
        self._wire = wire
        self.calls: list[Call] = []
        self._everything()
        self.calls = list(front.calls)
        self.feeds = wire.control("GET", "feeds")

    def _everything(self) -> None:
        harness = self._harness
        queue = f"{harness.base_url}/sqs/demo-queue"
        harness.credentials |= {
            "queue_access_key": "AKIADEMOQUEUE000000A",
            "queue_secret_key": "demo-queue-secret",
        }
        with harness.adapter(queue_url=queue, queue_region="eu-west-1") as adapter:
            assert adapter.check().ok
            self._listings(adapter)
            self._orders(adapter)
            self._types(adapter)
            self._topics(adapter)
            self._rest(adapter.client)

    def _listings(self, adapter: Any) -> None:
        harness = self._harness
        for kind in LISTING_KINDS:
            self._told(adapter, harness.items(kind, 1))
        self._told(adapter, harness.items(Kind.PRICE, 40))
        adapter.preview(harness.items(Kind.PRODUCT, 1))
        new = [
            type(item)(item.ref, item.kind, type(item.target)(sku=f"NEW-{item.ref}"), item.state)
            for item in harness.items(Kind.PRODUCT, 1)
        ]
        adapter.push("listing", new, "k")
        assert list(adapter.listings())
        assert list(adapter.listings(["SKU-00001"]))

    def _orders(self, adapter: Any) -> None:
        harness = self._harness
        for kind in (Kind.ACKNOWLEDGE, Kind.CANCEL, Kind.SHIPMENT, Kind.REFUND):
            items = harness.items(kind, 1)
            adapter.applied(items[0])
            self._told(adapter, items)
        many = harness.items(Kind.SHIPMENT, 30)
        self._told(adapter, many)

    def _told(self, adapter: Any, items: list[Any]) -> None:
        answer = adapter.push(adapter.limits.lane(items[0].kind).name, items, "k")
        while not answer.done:
            self._harness.finish()
            answer = adapter.poll(answer.remote_id)
        assert {result.outcome for result in answer.results} == {Outcome.SUCCESS}

    def _types(self, adapter: Any) -> None:
        assert adapter.product_types("tea")
        assert adapter.product_types(title="Black Tea")
        for parentage in ("", "PARENT", "CHILD"):
            assert adapter.product_type("GROCERY", parentage=parentage).required

    def _topics(self, adapter: Any) -> None:
        """Every topic, live and for a long period; a report that is not ready yet is asked for
        again."""
        now = adapter.transport.clock.now()
        for topic in adapter.limits.topics:
            for since, until in (
                (now - timedelta(hours=1), None),
                (now - timedelta(days=20), now - timedelta(minutes=10)),
            ):
                for _attempt in range(4):
                    try:
                        for _page in adapter.pull(topic, since, until):
                            pass
                        break
                    except AdapterError:
                        self._harness.finish()

    def _rest(self, client: Any) -> None:
        """Operations that no verb needs every day."""
        since = datetime.now(UTC) - timedelta(hours=2)
        arn = "arn:aws:sqs:eu-west-1:123456789012:demo-queue"
        for call in (
            lambda: client.item("SKU-00001", (UK,)),
            lambda: client.reports(("GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2",), since=since),
            lambda: client.create_report(
                "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL", (UK,), since, since
            ),
            lambda: client.report("1"),
            lambda: client.report_document("1"),
            lambda: client.transactions(since),
            lambda: client.inventory_summaries(UK, since),
            client.destinations,
            lambda: client.create_destination("suite", arn),
            lambda: client.subscription("ORDER_CHANGE"),
            lambda: client.subscribe("ORDER_CHANGE", "d-1"),
            lambda: client.cancel_feed("1"),
        ):
            try:
                call()
            except AdapterError:
                # What the sandbox thinks of it does not matter here.
                continue


@pytest.fixture(scope="module")
def watch() -> Iterator[Watch]:
    with SandboxServer(seed="empty") as sandbox:
        wire = Wire(sandbox.url)
        with ScriptedServer(wire.forward) as front:
            yield Watch(front, wire)


def api_calls(watch: Watch) -> list[tuple[Call, str]]:
    """Calls of the API with their path in the models."""
    found = []
    for call in watch.calls:
        path = urlsplit(call.target).path.removeprefix("/amazon")
        if not path.startswith(("/documents/", "/sqs/", "/auth/")):
            found.append((call, path))
    return found


@covers("R23", "R25", "R28", "R34", "R36", "R38", "R39", "X8", "X9", "X11", "X13")
def test_every_request_is_as_the_models_have_it(watch: Watch, known: list[Operation]) -> None:
    complaints: set[str] = set()
    seen: Counter[str] = Counter()
    for call, path in api_calls(watch):
        operation = match(known, call.method, path)
        assert operation is not None, f"{call.method} {path} is no operation"
        seen[operation.name] += 1
        complaints.update(operation.complaints(call.target, call.body))
        assert call.headers["x-amz-access-token"]
        assert call.headers["user-agent"].startswith("OdooMarketplaceSuite/")
    print("\nrequests:", *(f"{name} {count}" for name, count in sorted(seen.items())), sep="\n  ")
    assert sorted(complaints) == []
    assert seen.keys() == used(), "every operation is looked at, none is called without a rate"


def test_retired_operations_are_never_called(watch: Watch, known: list[Operation]) -> None:
    retired = {(one.model, one.name) for one in known if one.deprecated}
    called = {
        (operation.model, operation.name)
        for call, path in api_calls(watch)
        if (operation := match(known, call.method, path))
    }
    assert len(retired) == 6
    assert called & retired == set()
    assert {name for model, name in called if model == "ordersV0"} == {"confirmShipment"}
    assert not any(path.startswith(("/finances/v0", "/mws")) for _call, path in api_calls(watch))
    types = {feed["type"] for feed in watch.feeds}
    assert types == set(const.FEED_TYPES)
    assert types.isdisjoint(const.RETIRED_FEED_TYPES)


def test_every_rate_is_the_one_of_the_usage_plan(known: list[Operation]) -> None:
    plans = {one.name: one.rates for one in known if not one.deprecated}
    rates = {name: (RATES[name].per_second, RATES[name].burst) for name in used()}
    assert {name: rate for name, rate in rates.items() if rate not in plans[name]} == {}


def test_documents_get_no_token(watch: Watch) -> None:
    stored = [call for call in watch.calls if call.path.startswith("/amazon/documents/")]
    assert {call.method for call in stored} == {"GET", "PUT"}
    assert all("x-amz-access-token" not in call.headers for call in stored)


@covers("R23", "X8")
def test_every_listings_feed_is_as_its_schema_has_it(watch: Watch, specs: Path) -> None:
    folder = specs / "amazon" / "schemas" / "feeds"
    feed = Draft7Validator(json.loads((folder / "listings-feed-schema-v2.json").read_text()))
    message = Draft7Validator(
        json.loads((folder / "listings-feed-message-schema-v2.json").read_text())
    )
    sent = [
        call.json for call in watch.calls if call.method == "PUT" and b'"messages"' in call.body
    ]
    assert sent
    for document in sent:
        assert [error.message for error in feed.iter_errors(document)] == []
        for one in document["messages"]:
            assert [error.message for error in message.iter_errors(one)] == []
        numbers = [one["messageId"] for one in document["messages"]]
        assert numbers == list(range(1, len(numbers) + 1))


# === WHAT IT UNDERSTANDS === #


def _submission(body: Any) -> None:
    results = submission(body, [("r", Kind.PRODUCT)], "SKU", Masker())
    expected = Outcome.ERROR if body["status"] == "INVALID" else Outcome.SUCCESS
    assert [result.outcome for result in results] == [expected]
    told = {issue["code"] for issue in body["issues"]}
    assert {issue.code for issue in results[0].issues or ()} == told


def _item(body: Any) -> None:
    found = parse_listing(body, HOME)
    assert found is not None
    assert found.key.sku == body["sku"]
    assert len(issues_of(body.get("issues"))) == len(body.get("issues") or ())
    event = news.item_event(body, NOW)
    assert news.parse_news(event.payload, US, (US,)).key.sku == body["sku"]


def _items(body: Any) -> None:
    for item in body["items"]:
        _item(item)


def _order(body: Any) -> None:
    order = parse_order(body["order"])
    assert order.external_id == body["order"]["orderId"]
    assert order.lines


def _orders(body: Any) -> None:
    for one in body["orders"]:
        _order({"order": one})


def _definition(body: Any) -> None:
    assert product_types.schema_link(body)[0].startswith("https://")


def _transactions(body: Any) -> None:
    rows = body["payload"].get("transactions") or []
    finances.balance_events(rows, NOW - timedelta(days=9000), ["USD", "EUR"])


def _stock(body: Any) -> None:
    for one in body["payload"]["inventorySummaries"]:
        assert fba.parse_stored(fba.summary_event(one, US).payload, US)


def _has(*path: str) -> Callable[[Any], None]:
    def read(body: Any) -> None:
        for name in path:
            body = body[name]
        assert isinstance(body, str)
        assert body

    return read


def _nothing(body: Any) -> None:
    """An answer without a body, or one that is kept as it is."""


READERS: dict[str, Callable[[Any], Any]] = {
    "getMarketplaceParticipations": lambda body: check.participations(body)[0]["id"],
    "putListingsItem": _submission,
    "patchListingsItem": _submission,
    "deleteListingsItem": _submission,
    "getListingsItem": _item,
    "searchListingsItems": _items,
    "searchDefinitionsProductTypes": product_types.parse_product_types,
    "getDefinitionsProductType": _definition,
    "createFeedDocument": documents.described,
    "getFeedDocument": documents.described,
    "getReportDocument": documents.described,
    "createFeed": _has("feedId"),
    "getFeed": _has("processingStatus"),
    "getFeeds": lambda body: [_has("processingStatus")(one) for one in body["feeds"]],
    "cancelFeed": _nothing,
    "confirmShipment": _nothing,
    "searchOrders": _orders,
    "getOrder": _order,
    "createReport": _has("reportId"),
    "getReport": _has("processingStatus"),
    "getReports": lambda body: [_has("processingStatus")(one) for one in body["reports"]],
    "listTransactions": _transactions,
    "getInventorySummaries": _stock,
    "getSubscription": _has("payload", "subscriptionId"),
    "createSubscription": _has("payload", "subscriptionId"),
    "getDestinations": lambda body: [_has("destinationId")(one) for one in body["payload"]],
    "createDestination": _has("payload", "destinationId"),
}


def examples(known: list[Operation]) -> list[Example]:
    """All answers that the models show of the operations used."""
    used_here = {(one.model, one.name): one for one in known if one.name in used()}
    used_here.pop(("ordersV0", "getOrder"))
    return [example for one in used_here.values() for example in one.examples]


def test_every_example_of_an_answer_is_understood(known: list[Operation]) -> None:
    shown = [one for one in examples(known) if one.status < 400]
    count: Counter[str] = Counter()
    for one in shown:
        READERS[one.operation](one.body)
        count[one.operation] += 1
    print("\nanswers:", *(f"{name} {number}" for name, number in sorted(count.items())), sep="\n  ")
    without = used() - count.keys()
    print("no example in the models:", *sorted(without))
    assert READERS.keys() == used()
    assert without == {"getInventorySummaries"}
    assert sum(count.values()) >= 40


def test_every_example_of_an_error_becomes_one_of_the_closed_set(known: list[Operation]) -> None:
    dialect = AmazonDialect()
    shown = [one for one in examples(known) if one.status >= 400]
    for one in shown:
        response = Response(one.status, Headers(), b"{}", one.body, True)
        assert issubclass(dialect.error_class(response), AdapterError)
        errors = one.body["errors"] if isinstance(one.body, dict) else one.body
        assert dialect.code(response) == errors[0]["code"]
        assert errors[0]["message"] in dialect.message(response)
    assert len(shown) >= 20


def test_the_example_of_a_processing_report_is_read(specs: Path) -> None:
    name = "listings-feed-processing-report-schema-v2.example.json"
    report = read_report((specs / "amazon" / "schemas" / "feeds" / name).read_bytes())
    assert (report.taken, report.refused, report.final) == (2, 2, True)
    assert {number: len(found) for number, found in report.messages.items()} == {4: 2, 5: 1}
    (issue,) = report.messages[5]
    assert (issue.code, issue.severity) == ("99022", Severity.ERROR)
    assert issue.attributes == ("purchasable_offer.our_price",)
    assert report.skus == {4: "My-SKU-B", 5: "My-SKU-C"}


@covers("X11")
def test_every_reason_is_one_of_the_schemas(specs: Path) -> None:
    text = (specs / "amazon" / "ORDER_FEEDS.md").read_text("utf-8")

    def listed(title: str) -> list[str]:
        line = next(row for row in text.splitlines() if row.startswith(title))
        return line.removeprefix(title).rstrip(".").replace(" ", "").split(",")

    assert list(const.CANCEL_REASONS) == listed("CancelReason:")
    assert list(const.ADJUSTMENT_REASONS) == listed("AdjustmentReason:")
