"""What Amazon shows of its answers and notifications, read to the cent and by every schema."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from contracts.amazon_models import operations
from jsonschema import Draft7Validator

from marketplace_adapters.amazon import fba, finances, news, notifications
from marketplace_adapters.amazon.flat import table
from marketplace_adapters.amazon.orders import parse_order, status_of
from marketplace_adapters.amazon.returns import NAMES
from marketplace_adapters.amazon.settlements import NEEDED, REPORT_TYPE
from marketplace_adapters.amazon.summaries import NEEDED as ORDER_COLUMNS
from marketplace_adapters.amazon.summaries import REPORT_TYPE as ORDER_REPORT
from marketplace_adapters.core import OrderStatus, parse_datetime
from marketplace_adapters.testing import covers

DE = "A1PA6795UKMFR9"


def shown_orders(specs: Path) -> Iterator[dict[str, Any]]:
    """Every order in the examples of the model."""
    for operation in operations(specs, ("orders_2026-01-01",)):
        for example in operation.examples:
            if example.status == 200:
                yield from example.body.get("orders") or [example.body["order"]]


# === ORDERS === #


@covers("R33", "X9")
def test_every_order_that_is_shown_comes_to_its_total(specs: Path) -> None:
    seen = []
    for document in shown_orders(specs):
        order = parse_order(document)
        money = document["proceeds"]["grandTotal"]
        amount = sum((line.quantity * line.unit_price for line in order.lines), Decimal())

        assert (order.total, order.currency) == (Decimal(money["amount"]), money["currencyCode"])
        assert amount == order.total
        assert [line.external_id for line in order.lines if line.kind == "product"] == [
            item["orderItemId"] for item in document["orderItems"]
        ]
        assert sum(line.quantity for line in order.lines if line.kind == "product") == sum(
            item["quantityOrdered"] for item in document["orderItems"]
        )
        assert order.ship_to is not None
        seen.append((order.external_id, order.currency, order.stocked_by))

    assert len(seen) >= 8
    assert {currency for _id, currency, _by in seen} >= {"USD", "GBP", "JPY", "BRL", "TRY"}
    assert {by for _id, _currency, by in seen} == {"seller", "channel"}


@covers("R33", "X9")
def test_every_status_of_the_model_and_of_the_notification_is_known(specs: Path) -> None:
    model = json.loads((specs / "amazon/models/orders_2026-01-01.json").read_text("utf-8"))
    schema = json.loads(
        (specs / "amazon/schemas/notifications/OrderChangeNotification.json").read_text("utf-8")
    )
    change = schema["properties"]["Payload"]["properties"]["OrderChangeNotification"]
    words = [
        *model["definitions"]["FulfillmentStatus"]["enum"],
        *change["properties"]["Summary"]["properties"]["OrderStatus"]["enum"],
    ]

    assert len(words) == 15
    assert [word for word in words if status_of(word) is OrderStatus.HOLD] == []


def test_an_order_without_anything_that_the_model_does_not_require_is_read(specs: Path) -> None:
    """Each member left out, one after the other: all but the required ones may be missing."""
    for document in shown_orders(specs):
        for name in document:
            if name not in ("orderId", "orderItems"):
                smaller = {key: value for key, value in document.items() if key != name}
                assert parse_order(smaller).external_id == document["orderId"]


# === NOTIFICATIONS === #

USED = {
    "FBAInventoryAvailabilityChangeNotification": "stored",
    "FeedProcessingFinishedNotification": "submission",
    "ListingsItemIssuesChangeNotification": "listing",
    "ListingsItemIssuesChangeNotification_2023-12-13": "listing",
    "ListingsItemStatusChangeNotification": "listing",
    "OrderChangeNotification": "status",
    "ReportProcessingFinishedNotification": "notification",
}


def schemas(specs: Path) -> dict[str, Any]:
    folder = specs / "amazon" / "schemas" / "notifications"
    paths = sorted(folder.glob("*.json"))
    return {path.stem: json.loads(path.read_text("utf-8")) for path in paths}


def generated(schema: dict[str, Any]) -> Any:
    """A value of a schema, with every member, from its own examples."""
    for name in ("anyOf", "oneOf", "allOf"):
        if name in schema and "type" not in schema:
            return generated(schema[name][0])
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        members = schema.get("properties", {})
        return {name: generated(one) for name, one in members.items()}
    if kind == "array" and "items" in schema:
        items = schema["items"]
        return [generated(items[0] if isinstance(items, list) else items)]
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("examples"):
        return copy.deepcopy(schema["examples"][0])
    plain = {"integer": 1, "number": 1, "boolean": True, "array": [], "null": None}
    return plain.get(str(kind), "x")


def messages(specs: Path) -> Iterator[tuple[str, Any]]:
    """Examples of the schemas and, for those that are used, messages that they accept."""
    for name, schema in schemas(specs).items():
        if name in USED:
            made = generated(schema)
            assert [error.message for error in Draft7Validator(schema).iter_errors(made)] == []
            yield name, made
        for example in schema.get("examples", ()):
            yield name, example


@covers("X9")
def test_every_notification_that_is_described_is_read(specs: Path) -> None:
    topics: dict[str, set[str]] = {}
    for name, message in messages(specs):
        note = notifications.read(json.dumps(message))
        event = notifications.event(note)

        assert note.kind, f"{name} is not read"
        assert event.external_id
        assert event.topic != "unreadable"
        topics.setdefault(name, set()).add(event.topic)

    found = {name: topic for name, topic in topics.items() if topic != {"notification"}}
    assert found == {name: {topic} for name, topic in USED.items() if topic != "notification"}
    assert len(topics) >= 14
    print("\nnotifications:", *(f"{name}: {one}" for name, one in topics.items()), sep="\n  ")


@covers("X9")
def test_what_the_used_notifications_tell_has_a_meaning(specs: Path) -> None:
    count = 0
    for name, message in messages(specs):
        note = notifications.read(json.dumps(message))
        event = notifications.event(note)
        if event.topic == "listing":
            assert news.parse_news(event.payload).key.sku == event.external_id
        elif event.topic == "stored":
            quantities = fba.parse_stored(event.payload)
            assert {one.key.sku for one in quantities} == {event.external_id}
        elif event.topic == "status":
            assert status_of(event.payload["status"]) is not OrderStatus.HOLD
        elif event.topic == "submission":
            assert event.external_id == "53347018456"
        elif name == "ReportProcessingFinishedNotification":
            told = notifications.finished_report(note)
            assert told["reportId"] and told["reportType"] and told["processingStatus"]
        else:
            continue
        count += 1
    assert count >= 12


def test_the_types_that_are_subscribed_are_described(specs: Path) -> None:
    kinds = {notifications.read(json.dumps(message)).kind for _name, message in messages(specs)}
    assert set(notifications.SUBSCRIBED) - kinds == set()


# === REPORTS, MONEY === #


@pytest.mark.parametrize(
    ("report", "needed"), [(REPORT_TYPE, NEEDED), (ORDER_REPORT, ORDER_COLUMNS)]
)
@covers("R39", "R33", "X12")
def test_the_columns_that_are_needed_are_those_of_the_report(
    specs: Path, report: str, needed: tuple[str, ...]
) -> None:
    columns = json.loads((specs / "amazon" / "report-columns.json").read_text("utf-8"))[report]
    text = "\t".join(columns) + "\n" + "\t".join(columns) + "\n"

    (row,) = table(text, needed)
    assert row == {name: name for name in columns}


def test_no_name_stands_for_two_members_of_a_return() -> None:
    names = [column for columns in NAMES.values() for column in columns]
    assert len(names) == len(set(names))


@covers("R39", "X12")
def test_transactions_that_are_shown_make_an_open_balance(specs: Path) -> None:
    found = 0
    for operation in operations(specs, ("finances_2024-06-19",)):
        for example in operation.examples if operation.name == "listTransactions" else ():
            if example.status == 200:
                rows = example.body["payload"]["transactions"]
                since = parse_datetime("2020-07-01", "since")
                for event in finances.balance_events(rows, since):
                    balance = finances.parse_balance(event.payload)
                    told = sum(Decimal(str(one["totalAmount"]["currencyAmount"])) for one in rows)
                    assert balance.total == told == sum(line.amount for line in balance.lines)
                    assert {line.order_id for line in balance.lines} == {"8129762527551"}
                    found += 1
    assert found >= 1
