"""Notifications, news of listings, returns and stock as the suite reads them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from amazon_in_samples import DE, STOCK, UK, US, note
from marketplace_adapters.amazon import news, notifications
from marketplace_adapters.core import (
    UTC,
    InvalidError,
    Issue,
    ListingKey,
    Severity,
)
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.harness import NASTY_BODIES, check_neutral, mutations

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def event(message: Any) -> tuple[str, str, str]:
    found = notifications.event(notifications.read(json.dumps(message)))
    return found.topic, found.external_id, found.revision


CHANGE = {
    "OrderChangeNotification": {
        "NotificationLevel": "OrderLevel",
        "AmazonOrderId": "302-1",
        "OrderChangeType": "OrderStatusChange",
        "OrderChangeTrigger": {"TimeOfOrderChange": "2026-11-21T11:58:00Z"},
        "Summary": {"OrderStatus": "Canceled"},
    }
}
FEED = {"feedProcessingFinishedNotification": {"feedId": "5334", "processingStatus": "DONE"}}
STATUS = {"SellerId": "A1", "MarketplaceId": DE, "Asin": "B1", "Sku": "S-1", "Status": ["BUYABLE"]}
ISSUES = {"SellerId": "A1", "MarketplaceId": DE, "Sku": "S-1", "Severities": ["ERROR"]}
# === NOTIFICATIONS === #


@pytest.mark.parametrize("camel", [False, True])
@pytest.mark.parametrize(
    ("kind", "payload", "expected"),
    [
        ("ORDER_CHANGE", CHANGE, ("status", "302-1")),
        ("LISTINGS_ITEM_STATUS_CHANGE", STATUS, ("listing", "S-1")),
        ("LISTINGS_ITEM_STATUS_CHANGED", STATUS, ("listing", "S-1")),
        ("LISTINGS_ITEM_ISSUES_CHANGE", ISSUES, ("listing", "S-1")),
        ("FEED_PROCESSING_FINISHED", FEED, ("submission", "5334")),
        ("FBA_INVENTORY_AVAILABILITY_CHANGES", STOCK, ("stored", "S-1")),
        (
            "FBA_INVENTORY_AVAILABILITY_CHANGE",
            STOCK["FulfillmentInventoryAvailabilityChangeNotification"],
            ("stored", "S-1"),
        ),
        ("PRICING_HEALTH", {"x": 1}, ("notification", "n-1")),
        ("ORDER_CHANGE", {}, ("notification", "n-1")),
        ("FEED_PROCESSING_FINISHED", {}, ("notification", "n-1")),
    ],
)
@covers("X9")
def test_a_notification_is_read_in_either_spelling(
    kind: str, payload: Any, expected: tuple[str, str], camel: bool
) -> None:
    assert event(note(kind, payload, camel=camel)) == (*expected, "n-1")


def test_the_wrappings_of_event_buses_are_taken_off() -> None:
    message = note("FEED_PROCESSING_FINISHED", FEED)
    sns = {"Type": "Notification", "Message": json.dumps(message)}
    bus = {"detail-type": "FEED_PROCESSING_FINISHED", "detail": message}
    for wrapped in (
        sns,
        bus,
        {"Message": json.dumps(bus)},
        {"Records": 1, "body": json.dumps(sns)},
    ):
        assert event(wrapped) == ("submission", "5334", "n-1")


def test_a_message_that_cannot_be_read_is_kept_on_record() -> None:
    for body in NASTY_BODIES:
        found = notifications.event(notifications.read(body))
        assert (found.topic, found.external_id) == ("unreadable", found.revision)
        assert set(found.payload) == {"error", "body"}
        assert len(found.payload["body"]) <= 4000
    hidden = notifications.event(notifications.read("call me: a@b.example.com"))
    assert "a@b" not in json.dumps(hidden.payload)
    big = notifications.event(notifications.read(b" " * (notifications.MAX_BODY + 1)))
    assert (big.topic, "larger" in big.payload["error"]) == ("unreadable", True)


def test_a_message_without_an_id_is_known_by_its_content() -> None:
    message = note("FEED_PROCESSING_FINISHED", FEED)
    del message["NotificationMetadata"]
    first, second = event(message), event(message)
    assert first == second
    assert len(first[2]) == 32


def test_no_damage_of_a_notification_stops_the_queue() -> None:
    for kind, payload in (("ORDER_CHANGE", CHANGE), ("LISTINGS_ITEM_STATUS_CHANGE", STATUS)):
        for damaged in mutations(note(kind, payload)):
            try:
                body = json.dumps(damaged)
            except ValueError:
                continue
            found = notifications.event(notifications.read(body))
            assert found.external_id
            assert found.revision


# === LISTINGS === #


def test_the_status_of_a_listing_is_news() -> None:
    payload = {**STATUS, "event_time": "2026-11-21T11:59:00Z"}
    found = news.parse_news(payload, DE)
    assert found.key == ListingKey("S-1", "S-1", extra={"asin": "B1"})
    assert (found.status, found.issues, found.deleted) == (("BUYABLE",), None, False)
    assert found.learned == {"external_id": "S-1", "asin": "B1"}
    assert found.occurred_at == datetime(2026, 11, 21, 11, 59, tzinfo=UTC)
    gone = news.parse_news({**STATUS, "Status": ["DELETED"]}, DE)
    assert (gone.status, gone.deleted) == ((), True)
    assert news.parse_news({**STATUS, "Status": []}, DE).status == ()


def test_another_marketplace_does_not_speak_for_the_home_one() -> None:
    found = news.parse_news({**STATUS, "Status": ["DELETED"]}, UK)
    assert (found.status, found.deleted, found.learned) == (None, False, {})
    assert news.parse_news(ISSUES, UK).issues is None


@pytest.mark.parametrize(
    ("severities", "expected"),
    [
        (["NONE"], ()),
        (["ERROR"], (("ERROR", Severity.ERROR),)),
        (["ERROR", "WARNING"], (("ERROR", Severity.ERROR), ("WARNING", Severity.WARNING))),
    ],
)
def test_severities_are_a_hint_until_the_issues_are_read(
    severities: list[str], expected: tuple[tuple[str, Severity], ...]
) -> None:
    payload = {**ISSUES, "Severities": severities, "EnforcementActions": ["SEARCH_SUPPRESSED"]}
    found = news.parse_news(payload, DE)
    assert found.issues is not None
    assert tuple((one.code, one.severity) for one in found.issues) == expected
    assert all("SEARCH_SUPPRESSED" in one.message for one in found.issues)
    assert found.status is None


ITEM = {
    "sku": "S-1",
    "summaries": [
        {"marketplaceId": UK, "asin": "B2", "status": ["DISCOVERABLE"], "lastUpdatedDate": "x"},
        {"marketplaceId": DE, "asin": "B1", "status": ["BUYABLE"]},
    ],
    "issues": [
        {
            "code": "90220",
            "message": "'size' is required.",
            "severity": "ERROR",
            "attributeNames": ["size"],
            "marketplaceIds": [DE],
        },
        {
            "code": "18027",
            "message": "Bad image.",
            "severity": "WARNING",
            "enforcements": {
                "actions": [{"action": "SEARCH_SUPPRESSED"}],
                "exemption": {"status": "NOT_EXEMPT"},
            },
        },
        {
            "code": "18027",
            "message": "Bad image.",
            "severity": "WARNING",
            "enforcements": {
                "actions": [{"action": "SEARCH_SUPPRESSED"}],
                "exemption": {"status": "EXEMPT"},
            },
        },
        {"code": "1", "message": "Elsewhere.", "severity": "ERROR", "marketplaceIds": [US]},
    ],
}


def test_an_item_tells_state_and_issues_of_the_accounts_marketplaces() -> None:
    event = news.item_event(ITEM, NOW)
    assert (event.topic, event.external_id, event.occurred_at) == ("listing", "S-1", NOW)
    assert event.revision == news.item_event(ITEM, datetime(2026, 1, 1, tzinfo=UTC)).revision
    found = news.parse_news(event.payload, DE, (DE, UK))
    assert (found.status, found.occurred_at) == (("BUYABLE",), NOW)
    assert found.learned == {"external_id": "S-1", "asin": "B1"}
    assert found.issues == (
        Issue("90220", "'size' is required.", Severity.ERROR, ("size",)),
        Issue("18027", "Bad image. (SEARCH_SUPPRESSED)", Severity.WARNING),
        Issue("18027", "Bad image.", Severity.WARNING),
    )
    assert news.parse_news({"item": {"sku": "S-1", "issues": []}}, DE).issues == ()
    assert news.parse_news({"item": {"sku": "S-1"}}, DE).issues is None


def test_no_damage_of_news_gets_further_than_a_refusal() -> None:
    for sample in (news.item_event(ITEM, NOW).payload, STATUS, ISSUES):
        for damaged in mutations(sample):
            try:
                check_neutral(news.parse_news(damaged, DE))
            except InvalidError:
                continue
