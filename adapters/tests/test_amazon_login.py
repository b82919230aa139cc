"""Login with Amazon, errors and rates as Amazon words them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

import amazon_samples as samples
from amazon_room import CREDENTIALS, Purse, Room, opened
from amazon_stub import TOKEN, error
from marketplace_adapters.amazon.auth import AHEAD
from marketplace_adapters.amazon.dialect import AmazonDialect
from marketplace_adapters.core import (
    UTC,
    AdapterError,
    AuthError,
    Headers,
    InvalidError,
    RejectedError,
    Response,
    ServerError,
    ThrottledError,
    TransportError,
)
from marketplace_adapters.core.tokens import Tokens
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.server import Reply

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def room() -> Iterator[Room]:
    with opened() as found:
        yield found


class Watch:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return self.time


class Issuer:
    """Gives tokens t1, t2 … that live for an hour, or fails."""

    def __init__(self, seconds: float = 3600) -> None:
        self.seconds = seconds
        self.count = 0
        self.error: AdapterError | None = None

    def __call__(self) -> tuple[str, float]:
        self.count += 1
        if self.error:
            raise self.error
        return f"t{self.count}", self.seconds


# === TOKENS === #


def test_a_token_is_kept_until_five_minutes_before_its_end() -> None:
    tokens, clock, issue = Tokens(AHEAD), Watch(), Issuer()
    assert [tokens.get("a", issue, clock) for _ in range(3)] == ["t1"] * 3
    clock.time += 3299
    assert tokens.get("a", issue, clock) == "t1"
    clock.time += 2
    assert tokens.get("a", issue, clock) == "t2"
    assert tokens.get("b", issue, clock) == "t3", "another account has another token"


def test_a_short_lived_token_is_not_asked_for_before_every_call() -> None:
    tokens, clock, issue = Tokens(AHEAD), Watch(), Issuer(120)
    assert tokens.get("a", issue, clock) == tokens.get("a", issue, clock) == "t1"
    clock.time += 61
    assert tokens.get("a", issue, clock) == "t2"


def test_the_old_token_serves_while_it_holds_and_login_fails() -> None:
    tokens, clock, issue = Tokens(AHEAD), Watch(), Issuer()
    tokens.get("a", issue, clock)
    clock.time += 3400
    issue.error = TransportError("no")
    assert tokens.get("a", issue, clock) == "t1"
    clock.time += 3400
    with pytest.raises(TransportError):
        tokens.get("a", issue, clock)


def test_a_refused_login_is_told_even_while_the_old_token_holds() -> None:
    tokens, clock, issue = Tokens(AHEAD), Watch(), Issuer()
    tokens.get("a", issue, clock)
    clock.time += 3400
    issue.error = AuthError("revoked")
    with pytest.raises(AuthError):
        tokens.get("a", issue, clock)


def test_forgetting_an_old_token_keeps_the_new_one() -> None:
    tokens, clock, issue = Tokens(AHEAD), Watch(), Issuer()
    tokens.get("a", issue, clock)
    tokens.forget("a", "t0")
    assert tokens.get("a", issue, clock) == "t1"
    tokens.forget("a", "t1")
    assert tokens.get("a", issue, clock) == "t2"


def test_many_threads_log_in_once() -> None:
    tokens, clock = Tokens(AHEAD), Watch()
    asked, gate, start = [0], threading.Event(), threading.Barrier(9)

    def issue() -> tuple[str, float]:
        asked[0] += 1
        assert gate.wait(5)
        return "t", 3600

    found: list[str] = []

    def ask() -> None:
        start.wait(5)
        found.append(tokens.get("a", issue, clock))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    start.wait(5)
    gate.set()
    for thread in threads:
        thread.join(5)
    assert (asked, found) == ([1], ["t"] * 8)


def test_nobody_waits_while_an_old_token_is_renewed() -> None:
    tokens, clock, issue = Tokens(AHEAD), Watch(), Issuer()
    tokens.get("a", issue, clock)
    clock.time += 3400
    inside, gate = threading.Event(), threading.Event()

    def slow() -> tuple[str, float]:
        inside.set()
        assert gate.wait(5)
        return "new", 3600

    thread = threading.Thread(target=lambda: tokens.get("a", slow, clock))
    thread.start()
    assert inside.wait(5)
    assert tokens.get("a", issue, clock) == "t1"
    gate.set()
    thread.join(5)
    assert tokens.get("a", issue, clock) == "new"


def test_tokens_do_not_grow_without_end_and_do_not_show() -> None:
    tokens, clock, issue = Tokens(AHEAD), Watch(), Issuer()
    for number in range(600):
        tokens.get(str(number), issue, clock)
    assert repr(tokens) == "Tokens(512)"


# === LOGGING IN === #


@covers("R76", "R77", "X7")
def test_two_adapters_of_an_account_share_a_token_and_a_new_secret_does_not(room: Room) -> None:
    for _ in range(2):
        with room.adapter() as adapter:
            assert adapter.client.login.token() == TOKEN
    assert len(room.login.calls) == 1
    with room.adapter(credentials=CREDENTIALS | {"client_secret": "another-secret"}) as adapter:
        with pytest.raises(AuthError) as caught:
            adapter.client.login.token()
        assert caught.value.code == "invalid_client"
    assert len(room.login.calls) == 2


def test_an_expired_token_is_renewed_and_the_call_repeated_once(room: Room) -> None:
    with room.adapter() as adapter:
        adapter.client.participations()
        room.logins.token = "Atza|second"
        room.stub.valid = {"Atza|second"}
        adapter.client.participations()
        assert len(room.login.calls) == 2
        room.stub.valid = set()
        with pytest.raises(AuthError) as caught:
            adapter.client.participations()
    assert caught.value.code == "token_expired"
    assert len(room.front.calls) == 5, "one, one and its repeat, one and its repeat"


def test_a_missing_role_is_not_repeated(room: Room) -> None:
    with room.adapter() as adapter:
        adapter.client.login.token()
        room.front.next(error(403, "Unauthorized", "Access to requested resource is denied."))
        with pytest.raises(AuthError) as caught:
            adapter.client.participations()
    assert (caught.value.code, caught.value.request_id) == ("Unauthorized", "stub-request")
    assert len(room.front.calls) == 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, {}),
        Reply(200, []),
        Reply(200, {"access_token": ""}),
        Reply(200, {"access_token": 5}),
        Reply(200, b"<html>"),
        Reply(503),
        Reply(fault="reset"),
    ],
)
def test_a_login_without_a_token_may_be_tried_again(room: Room, reply: Reply) -> None:
    room.login.next(reply)
    with room.adapter() as adapter, pytest.raises((TransportError, ServerError)):
        adapter.client.login.token()
    assert room.front.calls == []


def test_neither_the_login_nor_the_token_is_kept_or_shown(room: Room) -> None:
    with room.adapter() as adapter:
        adapter.client.participations()
        room.front.next(Reply(500, {"errors": [{"code": "x", "message": f"{TOKEN} broke"}]}))
        with pytest.raises(ServerError) as caught:
            adapter.client.participations()
        shown = f"{caught.value} {adapter.take_exchanges()!r} {adapter.client.login!r}"
    assert "broke" in shown
    for secret in (TOKEN, *list(CREDENTIALS.values())[1:]):
        assert secret not in shown
    assert " bytes)" in shown


def test_every_call_names_itself_and_its_time(room: Room) -> None:
    with room.adapter() as adapter:
        adapter.client.participations()
    headers = room.front.calls[0].headers
    assert headers["user-agent"] == "OdooMarketplaceSuite/19.0 (Language=Python)"
    assert datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ")
    assert headers["x-amz-access-token"] == TOKEN


def test_an_operation_without_a_rate_is_our_bug(room: Room) -> None:
    with room.adapter() as adapter, pytest.raises(InvalidError):
        adapter.client.call("getOrders", "GET", "/orders/v0/orders")
    assert room.login.calls == []


# === DIALECT === #


def answer(status: int, data: Any, **headers: str) -> Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, Headers(names), b"{}", data, True)


def listed(code: str, message: str = "m", details: str = "") -> dict[str, Any]:
    return {"errors": [{"code": code, "message": message, "details": details}]}


@pytest.mark.parametrize(
    ("status", "data", "cls", "code"),
    [
        (400, listed("InvalidInput"), RejectedError, "InvalidInput"),
        (400, listed("BAD_REQUEST"), InvalidError, "BAD_REQUEST"),
        (400, {"error": "invalid_grant"}, AuthError, "invalid_grant"),
        (401, {"error": "invalid_client"}, AuthError, "invalid_client"),
        (403, listed("Unauthorized"), AuthError, "Unauthorized"),
        (403, listed("Unauthorized", "x", "The access token you provided has expired."),
         AuthError, "token_expired"),
        (401, listed("Unauthorized", "Access token is revoked, malformed or invalid"),
         AuthError, "token_expired"),
        (404, listed("NotFound"), RejectedError, "NotFound"),
        (413, listed("TooLarge"), InvalidError, "TooLarge"),
        (429, listed("QuotaExceeded"), ThrottledError, "QuotaExceeded"),
        (500, listed("InternalFailure"), ServerError, "InternalFailure"),
        (503, listed("ServiceUnavailable"), ServerError, "ServiceUnavailable"),
        (400, None, InvalidError, None),
        (400, {"errors": []}, InvalidError, None),
        (400, {"errors": ["x"]}, InvalidError, None),
        (400, {"errors": {"code": 1}}, InvalidError, None),
    ],
)  # fmt: skip
def test_errors_are_translated(
    status: int, data: Any, cls: type[AdapterError], code: str | None
) -> None:
    dialect = AmazonDialect()
    assert dialect.error_class(answer(status, data)) is cls
    assert dialect.code(answer(status, data)) == code


@pytest.mark.parametrize(
    ("headers", "wait", "rate"),
    [
        ({}, None, None),
        ({"x_amzn_RateLimit_Limit": "0.5"}, 2.0, 0.5),
        ({"x_amzn_RateLimit_Limit": "0.0056"}, 1 / 0.0056, 0.0056),
        ({"x_amzn_RateLimit_Limit": "100"}, 1.0, 100.0),
        ({"x_amzn_RateLimit_Limit": "2.0", "Retry_After": "9"}, 9.0, 2.0),
        ({"x_amzn_RateLimit_Limit": "0"}, None, None),
        ({"x_amzn_RateLimit_Limit": "many"}, None, None),
        ({"x_amzn_RateLimit_Limit": "1e999"}, None, None),
        ({"x_amzn_RateLimit_Limit": "٥"}, None, None),
    ],
)
def test_the_stated_rate_is_learned(
    headers: dict[str, str], wait: float | None, rate: float | None
) -> None:
    dialect = AmazonDialect()
    learned = dialect.learned(answer(429, {}, **headers), NOW)
    assert (learned.per_second, learned.retry_after) == (rate, wait)
    calm = dialect.learned(answer(200, {}, **headers), NOW)
    assert calm.per_second == rate


def test_the_budget_of_the_very_operation_learns(room: Room) -> None:
    budget = Purse()
    with room.adapter(budget) as adapter:
        adapter.client.patch_item("sku", (samples.DE,), {"productType": "P", "patches": [
            {"op": "replace", "path": "/attributes/brand", "value": []}]})  # fmt: skip
    assert budget.learned == [("patchListingsItem", 5.0, None)]
