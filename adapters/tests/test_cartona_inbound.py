"""Messages that claim to come from Cartona."""

from __future__ import annotations

import json
from typing import Any

import pytest

import cartona_samples as samples
from marketplace_adapters.cartona import CartonaAdapter
from marketplace_adapters.cartona.signing import verify
from marketplace_adapters.cartona.webhook import MAX_BODY, parse
from marketplace_adapters.core import (
    Connection,
    InvalidError,
    OrderStatus,
    SignatureError,
    revision,
)
from marketplace_adapters.testing import covers

TOKEN = "agreed-9f21"


@pytest.mark.parametrize(
    "headers",
    [
        {"AuthorizationToken": TOKEN},
        {"authorizationtoken": f" {TOKEN} "},
        {"Authorization": f"Bearer {TOKEN}"},
        {"AUTHORIZATION": f"bearer  {TOKEN}"},
        {"AuthorizationToken": "wrong", "Authorization": f"Bearer {TOKEN}"},
    ],
)
@covers("R184", "R194", "X26")
def test_the_agreed_token_is_accepted_bare_or_as_bearer(headers: dict[str, str]) -> None:
    verify(headers, TOKEN)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "missing_token"),
        ({"AuthorizationToken": " "}, "missing_token"),
        ({"Authorization": TOKEN}, "missing_token"),
        ({"Authorization": "Basic " + TOKEN}, "missing_token"),
        ({"X-Token": TOKEN}, "missing_token"),
        ({"AuthorizationToken": TOKEN[:-1]}, "wrong_token"),
        ({"AuthorizationToken": TOKEN + "0"}, "wrong_token"),
        ({"AuthorizationToken": TOKEN.upper()}, "wrong_token"),
        ({"AuthorizationToken": f"Bearer {TOKEN}"}, "wrong_token"),
        ({"AuthorizationToken": "\ud800"}, "wrong_token"),
        ({"AuthorizationToken": "٩"}, "wrong_token"),
    ],
)
@covers("R184", "R194", "X48")
def test_everything_else_is_refused(headers: dict[str, str], code: str) -> None:
    with pytest.raises(SignatureError) as caught:
        verify(headers, TOKEN)
    assert caught.value.code == code
    assert TOKEN not in caught.value.message


def test_without_an_agreed_token_nothing_is_accepted() -> None:
    for headers in ({}, {"AuthorizationToken": ""}, {"AuthorizationToken": "x"}):
        with pytest.raises(SignatureError) as caught:
            verify(headers, "")
        assert caught.value.code == "no_token"


def test_the_header_and_a_token_of_its_own_can_be_configured() -> None:
    credentials = {"token": "api-token", "webhook_token": "hook-token"}
    own = Connection("https://c.test", credentials, {"webhook_header": "X-Hook"})
    with CartonaAdapter(own) as adapter:
        adapter.verify({"x-hook": "hook-token"}, b"")
        for headers in ({"x-hook": "api-token"}, {"AuthorizationToken": "hook-token"}):
            with pytest.raises(SignatureError):
                adapter.verify(headers, b"")
    with CartonaAdapter(Connection("https://c.test", {"token": "api-token"})) as adapter:
        adapter.verify({"AuthorizationToken": "api-token"}, b"")


def events(message: Any) -> list[tuple[str, str, str]]:
    found = parse(json.dumps(message).encode())
    return [(event.topic, event.external_id, event.revision) for event in found]


@covers("R102", "R185", "R196", "X26")
def test_status_messages_and_whole_orders_are_told_apart() -> None:
    status = {"hashed_id": 10557, "status": "delivered", "extra": 1}
    order = samples.order()
    expected_status = ("status", "10557", revision(status))
    expected_order = ("order", "qWe7Rt2y", revision(order))
    assert events(status) == [expected_status]
    assert events(order) == [expected_order]
    assert events([status, order]) == [expected_status, expected_order]
    assert events({"data": [order]}) == [expected_order]
    assert events({"data": status}) == [expected_status]
    assert events({"event": "order.placed", "order": order}) == [expected_order]
    assert events([]) == []


@pytest.mark.parametrize(
    "message",
    [
        {},
        [[]],
        5,
        "x",
        None,
        {"data": 5},
        {"data": None},
        {"hashed_id": "x"},
        {"status": "delivered"},
        {"hashed_id": "", "status": "delivered"},
        {"hashed_id": "x", "status": ""},
        {"hashed_id": "x", "status": []},
        {"hashed_id": {"$gt": ""}, "status": "delivered"},
        {"hashed_id": "x" * 300, "status": "delivered"},
        [{"hashed_id": "x", "status": "delivered"}, {}],
        [{"hashed_id": "x", "status": "delivered"}] * 1001,
    ],
)
@covers("R196", "X51")
def test_other_shapes_are_refused(message: Any) -> None:
    with pytest.raises(InvalidError):
        events(message)


def test_a_message_may_not_be_huge() -> None:
    with pytest.raises(InvalidError) as caught:
        parse(b" " * (MAX_BODY + 1))
    assert caught.value.code == "too_large"


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("payment confirmed", OrderStatus.CONFIRMED),
        ("shipped", OrderStatus.SHIPPED),
        ("delivered", OrderStatus.DELIVERED),
        ("cancelled_by_retailer", OrderStatus.CANCELLED),
        ("editing", OrderStatus.HOLD),
    ],
)
@covers("R104", "R190", "X23")
def test_a_status_event_is_read_later(word: str, status: OrderStatus) -> None:
    with CartonaAdapter(Connection("https://c.test", {"token": "t"})) as adapter:
        assert adapter.status({"hashed_id": "x", "status": word}) is status
        for payload in ({"status": "lost"}, {}, None, {"status": 5}):
            with pytest.raises(InvalidError):
                adapter.status(payload)
