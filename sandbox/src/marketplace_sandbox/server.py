"""A threaded HTTP/1.1 server with keep-alive for a WSGI application, and the class tests start.

werkzeug's own server closes the connection after every answer; clients of marketplaces keep
theirs open, and faults need to cut one on purpose. So the few lines it takes are here.
"""

from __future__ import annotations

import contextlib
import io
import socket
import socketserver
import struct
import sys
import threading
import traceback
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import unquote

from .app import Application, ConnectionCut
from .calls import CallLog
from .clock import Clock
from .faults import Faults
from .limits import Limiter
from .room import Room
from .store import Store
from .webhooks import Webhooks

BODY_LIMIT = 128 * 1024 * 1024
IDLE_SECONDS = 120


class _BadRequest(Exception):  # noqa: N818 - carries an HTTP status
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    server: Server

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def answer(self) -> None:
        """Run one request through the application."""
        try:
            body = self._read_body()
        except _BadRequest as error:
            self.close_connection = True
            self.send_error(error.status, str(error))
            return
        head: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _info: Any = None) -> None:
            head[:] = [status, headers]

        try:
            chunks = self.server.application(self._environ(body), start_response)
            data = b"".join(chunks)
        except ConnectionCut:
            self._cut()
            return
        except Exception:
            traceback.print_exc(file=sys.stderr)
            head[:] = ["500 INTERNAL SERVER ERROR", [("Content-Type", "text/plain")]]
            data = b"The sandbox itself failed; its log has the traceback.\n"
        self._write(head[0], head[1], data)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer  # noqa: N815

    def _read_body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._read_chunks()
        text = self.headers.get("Content-Length", "0").strip()
        if not text.isascii() or not text.isdigit():
            raise _BadRequest(400, "Content-Length is not a number")
        length = int(text)
        if length > BODY_LIMIT:
            raise _BadRequest(413, "The body is too large")
        body = self.rfile.read(length) if length else b""
        if len(body) < length:
            raise ConnectionError("the client went away")
        return body

    def _read_chunks(self) -> bytes:
        parts: list[bytes] = []
        total = 0
        while True:
            line = self.rfile.readline(1_000).split(b";")[0].strip()
            try:
                size = int(line, 16)
            except ValueError:
                raise _BadRequest(400, "A chunk has no size") from None
            total += size
            if size < 0 or total > BODY_LIMIT:
                raise _BadRequest(413, "The body is too large")
            if not size:
                break
            parts.append(self.rfile.read(size))
            self.rfile.readline(1_000)
        while self.rfile.readline(1_000).strip():
            pass  # trailers
        return b"".join(parts)

    def _environ(self, body: bytes) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": self.server.host,
            "SERVER_PORT": str(self.server.port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            key = name.upper().replace("-", "_")
            if key == "CONTENT_TYPE":
                environ[key] = value
            elif key not in ("CONTENT_LENGTH", "TRANSFER_ENCODING"):
                environ[f"HTTP_{key}"] = value
        return environ

    def _write(self, status: str, headers: list[tuple[str, str]], data: bytes) -> None:
        lines = [f"HTTP/1.1 {status}"]
        lines += [f"{name}: {value}" for name, value in headers]
        names = {name.lower(): value for name, value in headers}
        announced = int(names.get("content-length", len(data)))
        if "content-length" not in names:
            lines.append(f"Content-Length: {len(data)}")
        if self.command == "HEAD":
            data = b""
        elif len(data) < announced:
            self.close_connection = True  # a truncated answer: nothing may follow it
        else:
            lines.append("Connection: " + ("close" if self.close_connection else "keep-alive"))
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + data)

    def _cut(self) -> None:
        """Close at once with a reset, so that the client sees a broken connection."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:
        """The request log of the sandbox is kept elsewhere."""


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Listens on host and port; port 0 picks a free one."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self, application: Application, host: str, port: int) -> None:
        self.application = application
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        if ":" in host:
            self.address_family = socket.AF_INET6
        super().__init__((host, port), Handler)
        self.host = host
        self.port = int(self.server_address[1])

    @property
    def url(self) -> str:
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host and host[0] != '[' else host}:{self.port}"

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], (ConnectionError, OSError)):
            super().handle_error(request, client_address)

    def close_connections(self) -> None:
        """End what is still open, so that no client waits for an answer that will not come."""
        with self._guard:
            for connection in self._open:
                with contextlib.suppress(OSError):  # already gone
                    connection.shutdown(socket.SHUT_RDWR)


class SandboxServer:
    """The sandbox on a port of this machine; a context manager for tests.

    :param port: 0 picks a free port.
    :param state: file to keep the state in; None keeps it in memory.
    :param seed: name of the seed for rooms that are still empty (``demo``, ``empty``), or None.
    :param random_seed: text that all pseudo-random choices depend on.

    Attributes after construction: `url`, `clock`, `store`, `faults`, `limiter`, `calls`,
    `webhooks`, and `rooms` by name.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        state: str | Path | None = None,
        seed: str | None = None,
        random_seed: str = "sandbox",
    ) -> None:
        self.application = Application(state, random_seed)
        try:
            self._server = Server(self.application, host, port)
        except (OSError, OverflowError):  # in use, unknown host; impossible port
            self.application.close()
            raise
        self._thread: threading.Thread | None = None
        try:
            for room in self.rooms.values():
                if seed is not None and room.is_empty():
                    room.seed(seed)
        except ValueError:
            self.stop()
            raise

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return self._server.url

    @property
    def rooms(self) -> Mapping[str, Room]:
        return self.application.rooms

    @property
    def clock(self) -> Clock:
        return self.application.services.clock

    @property
    def store(self) -> Store:
        return self.application.services.store

    @property
    def faults(self) -> Faults:
        return self.application.services.faults

    @property
    def limiter(self) -> Limiter:
        return self.application.services.limiter

    @property
    def calls(self) -> CallLog:
        return self.application.services.calls

    @property
    def webhooks(self) -> Webhooks:
        return self.application.services.webhooks

    def start(self) -> SandboxServer:
        """Serve in a thread."""
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="sandbox", daemon=True
        )
        self._thread.start()
        return self

    def serve_forever(self) -> None:
        """Serve in this thread until `stop` is called from another one."""
        self._server.serve_forever(0.2)

    def stop(self) -> None:
        """Stop listening, cut what is open, close the state."""
        self.application.services.stopping.set()
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()
        self._server.close_connections()
        self.application.close()

    def __enter__(self) -> SandboxServer:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
