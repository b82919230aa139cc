"""The HTTP server: connections, bodies of all kinds, and ends that are no answer."""

from __future__ import annotations

import http.client
import socket
import threading
from urllib.parse import urlsplit

import pytest
from support import Cartona, Client, Control, covers

from marketplace_sandbox import SandboxServer


def raw(url: str, text: bytes) -> bytes:
    """Send bytes, read until the server closes."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as link:
        link.sendall(text)
        link.shutdown(socket.SHUT_WR)
        found = b""
        while chunk := link.recv(65536):
            found += chunk
    return found


@covers("R430", "R431")
def test_many_requests_use_one_connection(cartona: Cartona) -> None:
    assert cartona.get("supplier-product").status == 200
    first = cartona.connection.sock
    assert first is not None
    for _ in range(5):
        answer = cartona.get("supplier-product", per_page=1)
        assert answer.headers["connection"] == "keep-alive"
    assert cartona.connection.sock is first


def test_a_client_that_wants_to_close_is_heard(sandbox: SandboxServer) -> None:
    text = b"GET /_control/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = raw(sandbox.url, text)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Connection: close" in answer


def test_two_requests_sent_at_once_are_answered_in_order(sandbox: SandboxServer) -> None:
    one = b"GET /_control/clock HTTP/1.1\r\nHost: x\r\n\r\n"
    two = b"GET /_control/faults HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = raw(sandbox.url, one + two)
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert answer.endswith(b"[]")


def test_a_chunked_body_is_read(sandbox: SandboxServer, cartona: Cartona) -> None:
    connection = http.client.HTTPConnection(cartona.host, timeout=10)
    chunks = iter([b'[{"supplier_product_id": 110774,', b' "selling_price": "7.25"}]'])
    headers = {"AuthorizationToken": cartona.token, "Content-Type": "application/json"}
    connection.request(
        "POST",
        "/cartona/api/v1/supplier-product/bulk-update",
        chunks,
        headers,
        encode_chunked=True,
    )
    assert connection.getresponse().status == 200
    connection.close()
    assert cartona.product(110774)["selling_price"] == 7.25


def test_head_has_no_body(sandbox: SandboxServer) -> None:
    client = Client(sandbox.url)
    answer = client.send("HEAD", "/")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) > 0
    assert client.send("GET", "/_control/health").status == 200
    client.close()


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Content-Length: many", b"400"),
        (b"Content-Length: -5", b"400"),
        (b"Content-Length: 99999999999", b"413"),
        (b"Transfer-Encoding: chunked", b"400"),
    ],
)
def test_a_body_that_makes_no_sense_is_refused(
    sandbox: SandboxServer, head: bytes, status: bytes
) -> None:
    text = b"POST /_control/seed HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\nnothing\r\n"
    assert raw(sandbox.url, text).split(b" ")[1] == status


def test_noise_instead_of_http_does_not_hurt(sandbox: SandboxServer, control: Control) -> None:
    raw(sandbox.url, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")
    raw(sandbox.url, b"POST /_control/seed HTTP/1.1\r\nContent-Length: 100\r\n\r\nshort")
    assert control.call("GET", "health")["ok"] is True


def test_a_mistake_in_the_sandbox_is_answered_with_500(
    sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr(sandbox.rooms["cartona"], "page", broken)
    client = Client(sandbox.url)
    assert client.send("GET", "/cartona/").status == 500
    assert client.send("GET", "/_control/health").status == 200
    client.close()
    assert "on purpose" in capfd.readouterr().err


def test_many_clients_at_once_lose_nothing(sandbox: SandboxServer, control: Control) -> None:
    def work(number: int) -> None:
        client = Cartona(sandbox.url)
        for turn in range(20):
            row = {"supplier_product_id": 110774 + number, "available_stock_quantity": turn}
            assert client.post("supplier-product/bulk-update", [row]).status == 200
        client.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in (0, 1, 4, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    tally = control.call("GET", "counters")["cartona"]["supplier-product/bulk-update"]
    assert (tally["calls"], tally["rows"], tally["errors"]) == (80, 80, 0)
    stocks = [control.call("GET", f"cartona/products/{110774 + n}") for n in (0, 1, 4, 5)]
    assert [each["available_stock_quantity"] for each in stocks] == [19] * 4


def test_stopping_ends_open_connections_and_waits() -> None:
    server = SandboxServer(seed="demo").start()
    client = Control(server.url)
    assert client.call("GET", "health")["ok"] is True
    waiting = threading.Event()
    outcome: list[object] = []

    def wait() -> None:
        waiter = Client(server.url)
        waiting.set()
        try:
            outcome.append(waiter.send("GET", "/_control/changes?timeout=60").status)
        except (OSError, http.client.HTTPException) as error:
            outcome.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    waiting.wait(5)
    server.stop()
    thread.join(10)
    assert not thread.is_alive()
    assert len(outcome) == 1
    with pytest.raises((OSError, http.client.HTTPException)):
        client.call("GET", "health")


def test_a_port_in_use_is_told(sandbox: SandboxServer) -> None:
    with pytest.raises(OSError, match="in use"):
        SandboxServer(port=urlsplit(sandbox.url).port or 0)


def test_an_unknown_seed_is_told() -> None:
    with pytest.raises(ValueError, match="unknown seed 'nothing'"):
        SandboxServer(seed="nothing")
