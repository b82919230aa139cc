"""What only the transport promises; the rest is in the conformance suite."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from marketplace_adapters.core import (
    UTC,
    AuthError,
    Dialect,
    InvalidError,
    Masker,
    RejectedError,
    Response,
    ServerError,
    Transport,
    TransportError,
    check_base_url,
    segment,
)
from marketplace_adapters.core.response import Headers, retry_after
from marketplace_adapters.core.transport import BODY_CAP, MAX_EXCHANGES
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.harness import RecordingBudget
from marketplace_adapters.testing.server import Reply, ScriptedServer

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


class StepClock:
    """Every look takes ``step`` seconds."""

    def __init__(self, step: float) -> None:
        self.step, self.seconds = step, 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        self.seconds += self.step
        return self.seconds


@pytest.fixture(scope="module")
def running() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def server(running: ScriptedServer) -> ScriptedServer:
    running.forget()
    return running


@pytest.fixture
def transport(server: ScriptedServer) -> Iterator[Transport]:
    own = Transport(f"{server.base_url}/pre", timeout=(5.0, 60.0))
    yield own
    own.close()


# === ADDRESSES === #


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://api.test/", "https://api.test"),
        (" https://api.test/a/b// ", "https://api.test/a/b"),
        ("https://api.test:8443", "https://api.test:8443"),
        ("http://localhost:8069/x", "http://localhost:8069/x"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://[::1]:99/x", "http://[::1]:99/x"),
        ("https://مثال.test/x", "https://مثال.test/x"),
    ],
)
@covers("R332", "X29")
def test_good_base_urls_are_kept_without_trailing_slashes(given: str, kept: str) -> None:
    assert check_base_url(given) == kept


@pytest.mark.parametrize(
    "url",
    ["", "api.test", "//api.test", "ftp://api.test", "http://api.test", "http://127.0.0.1.evil.test",
     "http://localhost.evil.test", "https://", "https://user:pass@api.test", "https://user@api.test",
     "https://api.test?x=1", "https://api.test#x", "https://api.test:port", "https://[::1",
     "https://api.test/a b", "https://api.test/a\\b", "https://api.test/\nx", "javascript:alert(1)",
     "file:///etc/passwd", "http://127.0.0.1@evil.test"],
)  # fmt: skip
@covers("R332", "X29")
def test_bad_base_urls_are_refused_without_quoting_them(url: str) -> None:
    with pytest.raises(InvalidError) as caught:
        check_base_url(url)
    assert caught.value.code == "bad_url"
    assert "pass" not in caught.value.message
    with pytest.raises(InvalidError):
        Transport(url)


def test_paths_stay_below_the_prefix(server: ScriptedServer, transport: Transport) -> None:
    for path in ("a/b", "/a/b", "//a/b", f"{server.base_url}/pre/a/b"):
        transport.request("GET", path)
    assert [call.path for call in server.calls] == ["/pre/a/b"] * 4


@pytest.mark.parametrize(
    "path",
    ["https://evil.test/x", "HTTPS://evil.test", "http://127.0.0.1:1/x", "http://user@127.0.0.1/x",
     "a b", "a\nb", "a\\b", "\x00"],
)  # fmt: skip
def test_other_addresses_are_refused_before_any_call(
    server: ScriptedServer, transport: Transport, path: str
) -> None:
    with pytest.raises(InvalidError):
        transport.request("GET", path)
    assert server.calls == []


def test_an_id_cannot_change_the_path(server: ScriptedServer, transport: Transport) -> None:
    transport.request("GET", f"x/{segment('../a?b#c%/ü')}")
    assert server.calls[0].target == "/pre/x/..%2Fa%3Fb%23c%25%2F%C3%BC"
    for bad in ("", ".", "..", "\ud800"):
        with pytest.raises(InvalidError):
            segment(bad)


def test_query_members_that_are_none_are_left_out(
    server: ScriptedServer, transport: Transport
) -> None:
    transport.request("GET", "x?a=1", params={"b": "ب&", "c": None, "d": 0, "e": [1, 2]})
    assert server.calls[0].target == "/pre/x?a=1&b=%D8%A8%26&d=0&e=1&e=2"


# === REQUESTS === #


def test_json_goes_out_as_utf8_and_comes_back_parsed(
    server: ScriptedServer, transport: Transport
) -> None:
    server.next(Reply(201, {"id": 5, "name": "شاي"}))
    response = transport.request("POST", "x", json=[{"a": "شاي"}], headers={"X-Key": "v"})
    (call,) = server.calls
    assert call.body == '[{"a":"شاي"}]'.encode()
    assert call.headers["content-type"] == "application/json"
    assert call.headers["x-key"] == "v"
    assert (response.status, response.data) == (201, {"id": 5, "name": "شاي"})
    assert "شاي" not in repr(response)


def test_one_connection_is_kept(server: ScriptedServer, transport: Transport) -> None:
    for _ in range(3):
        transport.request("GET", "x")
    assert len({call.port for call in server.calls}) == 1


@pytest.mark.parametrize("status", [200, 204])
def test_an_empty_answer_is_an_answer(
    server: ScriptedServer, transport: Transport, status: int
) -> None:
    server.next(Reply(status, b" \n" if status == 200 else None))
    assert transport.request("GET", "x").data is None


def test_text_is_an_answer_only_where_it_is_expected(
    server: ScriptedServer, transport: Transport
) -> None:
    server.next(Reply(200, b"a,b\n1,2"), Reply(200, b"a,b\n1,2"))
    assert transport.request("GET", "x", expect_json=False).content == b"a,b\n1,2"
    with pytest.raises(TransportError) as caught:
        transport.request("GET", "x")
    assert caught.value.code == "not_json"


@pytest.mark.parametrize("value", ["a\r\nX: 1", "tökén", "\x00", " padded ", "مفتاح"])
@covers("R130")
def test_a_credential_that_cannot_travel_is_an_auth_error_without_the_value(
    server: ScriptedServer, transport: Transport, value: str
) -> None:
    with pytest.raises(AuthError) as caught:
        transport.request("GET", "x", headers={"X-Token": value})
    assert value.strip() not in str(caught.value)
    assert "X-Token" in caught.value.message
    with pytest.raises(InvalidError):
        transport.request("GET", "x", headers={"Bad Name": "v"})
    assert server.calls == []


@covers("R332")
def test_the_netrc_of_the_machine_does_not_replace_our_credentials(
    server: ScriptedServer, transport: Transport, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    transport.request("GET", "x", headers={"Authorization": "own"})
    assert server.calls[0].headers["authorization"] == "own"


def test_proxies_of_the_environment_serve_other_machines_only(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    Transport(server.base_url).request("GET", "x")
    assert len(server.calls) == 1
    with pytest.raises(TransportError):
        Transport("https://api.test").request("GET", "x")


# === ANSWERS === #


def test_an_answer_that_drips_is_given_up(server: ScriptedServer) -> None:
    server.next(Reply(200, b"[" + b"1," * 100_000 + b"1]"))
    slow = Transport(server.base_url, clock=StepClock(50.0), deadline=120.0)
    with pytest.raises(TransportError) as caught:
        slow.request("GET", "x")
    assert "120 s" in caught.value.message
    assert slow.take_exchanges()[0].status == 200


def test_an_answer_that_is_too_large_is_given_up(
    server: ScriptedServer, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marketplace_adapters.core.transport.MAX_RESPONSE", 1000)
    server.next(Reply(200, b'"' + b"x" * 5000 + b'"'))
    with pytest.raises(TransportError) as caught:
        transport.request("GET", "x")
    assert "1000 bytes" in caught.value.message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": "Order not found", "details": "id 5"}, "HTTP 422: Order not found: id 5"),
        ({"errors": [{"message": "a"}, {"message": "b", "x": "hidden"}]}, "HTTP 422: a; b"),
        ({"unknown": "member"}, "HTTP 422"),
        (b"plain\n  words", "HTTP 422: plain words"),
        (b"<!DOCTYPE html><p>x", "HTTP 422"),
        (b"", "HTTP 422"),
        ({"error": "call +201001234567 or a@b.test"}, "HTTP 422: call *** or ***"),
        ({"error": "x" * 1000}, "HTTP 422: " + "x" * 300 + "… (700 more characters)"),
    ],
)
def test_the_platforms_words_are_kept_short_and_masked(
    server: ScriptedServer, transport: Transport, body: Any, message: str
) -> None:
    server.next(Reply(422, body, {"X-Request-Id": "req-9"}))
    with pytest.raises(RejectedError) as caught:
        transport.request("GET", "x")
    assert caught.value.message == message
    assert str(caught.value) == f"[req-9] {message}"


def test_a_code_just_sent_is_hidden_even_when_the_answer_repeats_it(
    server: ScriptedServer, transport: Transport
) -> None:
    server.next(Reply(422, {"error": "OTP 748812 is wrong", "code": "otp-748812"}))
    with pytest.raises(RejectedError) as caught:
        transport.request("POST", "x", json={"retailer_otp": "748812"})
    (exchange,) = transport.take_exchanges()
    assert "748812" not in f"{caught.value!r} {caught.value.code} {exchange!r}"
    assert caught.value.message == "HTTP 422: OTP *** is wrong"


def test_a_dialect_may_read_errors_and_rates_its_own_way(server: ScriptedServer) -> None:
    class Own(Dialect):
        def error_class(self, response: Response) -> type[RejectedError] | type[ServerError]:
            return RejectedError if response.status == 403 else ServerError

    budget = RecordingBudget()
    own = Transport(server.base_url, dialect=Own(), budget=budget)
    headers = {"X-RateLimit-Remaining": "7", "X-RateLimit-Limit": "40"}
    server.next(Reply(403, headers=headers), Reply(200, headers={"X-RateLimit-Limit": "many"}))
    with pytest.raises(RejectedError):
        own.request("GET", "x", bucket="b")
    own.request("GET", "x")
    assert budget.taken == ["b", "default"]
    assert [(one["remaining"], one["limit"]) for one in budget.learned] == [(7.0, 40.0)]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0", 1.0),
        ("1.5", 1.5),
        ("999999999", 86400.0),
        ("Thu, 01 Jan 2026 12:01:30 GMT", 90.0),
        ("Thu, 01 Jan 2026 12:01:30 -0000", 90.0),
        ("Thu, 01 Jan 2015 00:00:00 GMT", 1.0),
        ("Fri, 01 Jan 9999 00:00:00 GMT", 86400.0),
        ("-5", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


def test_header_names_are_compared_without_case() -> None:
    headers = Headers({"X-Key": "secret-value"})
    assert headers["x-kEY"] == "secret-value"
    assert "X-KEY" in headers
    assert headers.get("other") is None
    assert "secret-value" not in repr(headers)


# === THE LOG === #


def test_exchanges_are_masked_capped_and_taken_once(server: ScriptedServer) -> None:
    own = Transport(server.base_url, mask=Masker(["tok-987654"]), clock=StepClock(0.25))
    server.next(Reply(200, [{"retailer_name": "Mona", "n": n} for n in range(20_000)]))
    body = {"otp": "1234", "x": "tok-987654"}
    own.request("POST", "p", params={"token": "t", "page": 1}, json=body)
    (exchange,) = own.take_exchanges()
    assert exchange.url == f"{server.base_url}/p?token=***&page=1"
    assert exchange.request == '{"otp": "***", "x": "***"}'
    assert len(exchange.response) <= BODY_CAP
    assert "Mona" not in exchange.response
    assert exchange.duration > 0
    assert exchange.started_at.tzinfo is UTC
    assert own.take_exchanges() == ()


def test_only_the_last_exchanges_are_kept(server: ScriptedServer, transport: Transport) -> None:
    for number in range(MAX_EXCHANGES + 3):
        transport.request("GET", f"n{number}")
    kept = transport.take_exchanges()
    assert len(kept) == MAX_EXCHANGES
    assert kept[0].url.endswith("/n3")


def test_binary_answers_are_kept_as_text(server: ScriptedServer, transport: Transport) -> None:
    server.next(Reply(200, b"\x00\xff" * 10))
    transport.request("GET", "x", expect_json=False)
    assert "\x00" not in transport.take_exchanges()[0].response


def test_a_given_session_is_used_and_closed(server: ScriptedServer) -> None:
    class Session(requests.Session):
        closed = 0

        def close(self) -> None:
            self.closed += 1
            super().close()

    session = Session()
    own = Transport(server.base_url, session=session)
    own.request("GET", "x")
    own.close()
    assert (len(server.calls), session.closed) == (1, 1)
