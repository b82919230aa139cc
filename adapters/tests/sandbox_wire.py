"""A room of the sandbox over plain HTTP, as the harnesses of all providers use it."""

from __future__ import annotations

import http.client
import json
from typing import Any, ClassVar
from urllib.parse import urlsplit

from marketplace_adapters.testing.server import Call, Reply


class SandboxWire:
    """The room's control API, and what a scripted server in front passes on to it.

    :cvar sent: headers of a call that are passed on.
    :cvar kept: headers of the answer that are; spelled as the front spells its own.
    """

    room: ClassVar[str]
    sent: ClassVar[tuple[str, ...]]
    kept: ClassVar[tuple[str, ...]] = ("Content-Type",)

    def __init__(self, url: str) -> None:
        self.url = url
        self._host = urlsplit(url).netloc
        self._idle: list[http.client.HTTPConnection] = []

    def send(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
        connection = self._connection()
        try:
            connection.request(method, target, body or None, headers)
            answer = connection.getresponse()
            told = {name: answer.headers[name] for name in self.kept if name in answer.headers}
            reply = Reply(answer.status, answer.read(), told)
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return reply

    def _connection(self) -> http.client.HTTPConnection:
        """One that nobody uses; it opens itself anew when the sandbox has closed it."""
        try:
            return self._idle.pop()  # two threads never get the same one
        except IndexError:
            return http.client.HTTPConnection(self._host, timeout=60)

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def forward(self, call: Call) -> Reply:
        headers = {name: call.headers[name] for name in self.sent if name in call.headers}
        return self.send(call.method, call.target, headers, call.body)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Of the room; with ``../`` in front, of the whole sandbox."""
        data = b"" if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        place = path.removeprefix("../") if path[:1] == "." else f"{self.room}/{path}"
        reply = self.send(method, f"/_control/{place}", headers, data)
        assert 200 <= reply.status < 300, (path, reply.status, reply.body)
        return json.loads(reply.body)

    def start_over(self) -> None:
        """Access alone: no listings, no orders."""
        self.control("POST", "../seed", {"name": "empty"})
