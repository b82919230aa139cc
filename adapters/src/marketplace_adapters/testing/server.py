"""A small HTTP server on a real socket, for what only a real socket shows: faults.

>>> with ScriptedServer(lambda call: Reply(200, {"ok": True})) as server:
...     server.next(Reply(503), Reply(fault="reset"))
...     ...  # first call gets 503, second no answer, later ones {"ok": true}
...     assert [call.path for call in server.calls] == [...]
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from typing_extensions import Self

Fault = Literal["reset", "hang", "truncate", "no_http"]


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it arrived; calls on the same connection have the same ``port``."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    target: str = ""
    port: int = 0

    @property
    def json(self) -> Any:
        """The body as JSON, ``None`` when it is empty."""
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, or a fault instead of one.

    :param body: bytes and text as they are, everything else as JSON; ``None`` is empty.
    :param fault: ``reset`` closes the connection; ``hang`` never answers; ``truncate`` ends in the
        middle of the body; ``no_http`` answers something that is not HTTP.
    :param after: the call takes effect first (is given to the handler), only then the fault.
    """

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: Fault | None = None
    after: bool = False


Handler = Callable[[Call], Reply]


class ScriptedServer:
    """Answers with scripted replies first, then with what the handler says.

    :param handler: the normal behaviour; without one, every call gets an empty 200.
    """

    def __init__(self, handler: Handler | None = None) -> None:
        self.calls: list[Call] = []
        self._handler: Handler = handler or (lambda call: Reply())
        self._script: deque[Reply] = deque()
        self._released = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _request_class(self))
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    @property
    def base_url(self) -> str:
        """``http://127.0.0.1:<free port>``."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def next(self, *replies: Reply) -> None:
        """What the next calls get."""
        self._script.extend(replies)

    def handle_with(self, handler: Handler) -> None:
        """Another normal behaviour from now on."""
        self._handler = handler

    def forget(self) -> None:
        """Forget calls and script."""
        self.calls.clear()
        self._script.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, call: Call) -> Reply:
        """Called for each request, in its own thread."""
        with self._lock:
            self.calls.append(call)
            reply = self._script.popleft() if self._script else None
        if reply is None:
            return self._handler(call)
        if reply.after:
            self._handler(call)
        return reply

    def wait_for_end(self) -> None:
        """Hold a connection open until the server is closed."""
        self._released.wait()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


def _request_class(server: ScriptedServer) -> type[BaseHTTPRequestHandler]:
    class Request(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body would otherwise wait for each other's acknowledgement (40 ms a call).
        disable_nagle_algorithm = True

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (ConnectionError, ValueError):
                self.close_connection = True

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            headers = {name.lower(): value for name, value in self.headers.items()}
            port = self.client_address[1]
            call = Call(self.command, parts.path, query, headers, body, self.path, port)
            self._write(server.answer(call))

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

        def _write(self, reply: Reply) -> None:
            if reply.fault:
                self._fail(reply)
                return
            content = _content(reply.body)
            self.send_response(reply.status)
            headers = {"Content-Type": "application/json"} | dict(reply.headers)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _fail(self, reply: Reply) -> None:
            self.close_connection = True
            if reply.fault == "hang":
                server.wait_for_end()
            elif reply.fault == "no_http":
                self.wfile.write(b"\x00\x01 this is no HTTP\r\n\r\n")
            elif reply.fault == "truncate":
                self.send_response(reply.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b'{"data": [')
            else:
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.wfile.flush()
            self.connection.close()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is written to the terminal of a test run."""

    return Request


def _content(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()
