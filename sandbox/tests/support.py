"""What the tests share: a client over real sockets, a receiver of webhooks, the specs folder."""

from __future__ import annotations

import http.client
import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import pytest

Function = TypeVar("Function", bound=Callable[..., Any])

RETAIL, WHOLESALE = "EG-RETAIL", "EG-WHOLESALE"
RETAIL_TOKEN = "sandbox-retail-token"
WHOLESALE_TOKEN = "sandbox-wholesale-token"
BOTH_TOKEN = "sandbox-both-token"


def covers(*_requirements: str) -> Callable[[Function], Function]:
    """Say which requirements a test shows; read from the source by the traceability report."""

    def mark(function: Function) -> Function:
        return function

    return mark


def specs(*parts: str) -> Path:
    """A file of the channel specifications, ``../shared/specs`` beside the repository.

    Another place is named by SUITE_SPECS. Missing, the test is skipped, but fails in CI.
    """
    default = Path(__file__).resolve().parents[2].parent / "shared" / "specs"
    path = Path(os.environ.get("SUITE_SPECS") or default).joinpath(*parts)
    if not path.exists():
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(f"{path} is missing")
        pytest.skip(f"{path} is missing; set SUITE_SPECS")
    return path


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)


class Client:
    """One kept connection."""

    def __init__(self, url: str) -> None:
        self.host = urlsplit(url).netloc
        self.connection = http.client.HTTPConnection(self.host, timeout=10)

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        self.connection.request(method, path, body, headers or {})
        response = self.connection.getresponse()
        data = response.read()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, data)

    def json(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        return self.send(method, path, data, {"Content-Type": "application/json", **headers})

    def close(self) -> None:
        self.connection.close()


class Cartona(Client):
    """A supplier's client of the simulated API."""

    def __init__(self, url: str, token: str = RETAIL_TOKEN) -> None:
        super().__init__(url)
        self.token = token

    def get(self, endpoint: str, **query: Any) -> Answer:
        text = f"?{urlencode(query)}" if query else ""
        path = f"/cartona/api/v1/{endpoint}{text}"
        return self.json("GET", path, AuthorizationToken=self.token)

    def post(self, endpoint: str, body: Any) -> Answer:
        path = f"/cartona/api/v1/{endpoint}"
        return self.json("POST", path, body, AuthorizationToken=self.token)

    def post_raw(self, endpoint: str, body: bytes, kind: str = "application/json") -> Answer:
        headers = {"AuthorizationToken": self.token, "Content-Type": kind}
        return self.send("POST", f"/cartona/api/v1/{endpoint}", body, headers)

    def pulled(self, **query: Any) -> list[str]:
        """The ids that pull-orders gives."""
        answer = self.get("order/pull-orders", **query)
        assert answer.status == 200, answer.body
        return [order["hashed_id"] for order in answer.data]

    def product(self, identifier: int) -> dict[str, Any]:
        rows = self.get("supplier-product", supplier_product_id=identifier).data
        assert len(rows) == 1
        found: dict[str, Any] = rows[0]
        return found


class Control(Client):
    """The control API; a refusal is an assertion, unless a status is expected."""

    def call(self, method: str, path: str, body: Any = None, expect: int | None = None) -> Any:
        answer = self.json(method, f"/_control/{path}", body)
        wanted = (200, 201) if expect is None else (expect,)
        assert answer.status in wanted, f"{answer.status} {answer.body!r}"
        return answer.data

    def place(self, **spec: Any) -> dict[str, Any]:
        """A plain order of one cola, unless said otherwise."""
        lines = [{"internal_product_id": "COL-330", "amount": 1}]
        found: dict[str, Any] = self.call(
            "POST", "cartona/orders", {"plain": True, "lines": lines, **spec}
        )
        return found

    def order(self, hashed_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", f"cartona/orders/{hashed_id}")
        return found

    def act(self, hashed_id: str, action: str, expect: int | None = None, **body: Any) -> Any:
        return self.call("POST", f"cartona/orders/{hashed_id}/{action}", body, expect)

    def settings(self, **values: Any) -> None:
        self.call("POST", "cartona/settings", values)

    def fault(self, effect: str, **params: Any) -> None:
        self.call("POST", "faults", {"effect": effect, **params})


def refusal(cartona: Cartona, control: Control, name: str, row: Any) -> str | None:
    """Send one row to a bulk endpoint; the error of that row, or None when it was accepted."""
    control.settings(bulk_results="rows")
    answer = cartona.post(name, [row])
    assert answer.status == 200
    (result,) = answer.data
    assert result["success"] is ("error" not in result)
    error: str | None = result.get("error")
    return error


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """The connected system's end of a webhook. `answers` are given in turn, then 200."""

    answers: list[int] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    together: threading.Barrier | None = None
    hangs_up: bool = False

    def __post_init__(self) -> None:
        self._arrived = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            wbufsize = -1  # head and body in one packet: two cost 40 ms of waiting for an ACK
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if receiver.together is not None:
                    receiver.together.wait(5)
                headers = {name.lower(): value for name, value in self.headers.items()}
                status = receiver.take(Received(self.path, headers, body))
                self.send_response(status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")
                self.close_connection = receiver.hangs_up

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook?x=1"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def take(self, received: Received) -> int:
        with self._arrived:
            self.received.append(received)
            self._arrived.notify_all()
            return self.answers.pop(0) if self.answers else 200

    def wait(self, count: int) -> list[Received]:
        """The first `count` that arrived."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.received) >= count, 10)
            return self.received[:count]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
