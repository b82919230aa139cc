"""One sandbox for all tests: starting it over costs each test only the rooms that it enters.

Three rooms with the demo's content take 15 ms, and most tests enter one of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

from marketplace_sandbox import SandboxServer
from marketplace_sandbox.room import Room

#: First part of a control path → nothing there looks into a room, or it resets rooms itself.
OUTSIDE = ("calls", "clock", "counters", "faults", "limits", "reset", "seed")


class FreshSandbox(SandboxServer):
    """A sandbox whose rooms are seeded at their first request after `start_over`.

    They are seeded at the moment of `start_over`, whatever the clock says by then: nobody can
    tell them from rooms that were seeded there and then.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, str] = {}
        self._guard = threading.RLock()
        self._since = datetime.now(timezone.utc)
        super().__init__()
        self._server.application = self._answer  # type: ignore[assignment]
        for room in super().rooms.values():
            self._watch(room)

    @property
    def rooms(self) -> Mapping[str, Room]:
        self._prepare()
        return super().rooms

    def start_over(self, seed: str, webhooks: bool) -> None:
        """What ``POST /_control/reset`` does, the rooms later."""
        with self._guard:
            self.application.services.start_over(webhooks)
            self.calls.clear()
            self._waiting = dict.fromkeys(self.application.rooms, seed)
            self._since = self.clock.now()

    def _watch(self, room: Room) -> None:
        """A room that is emptied by a request no longer waits for its seed."""
        reset = room.reset

        def emptied() -> None:
            self._waiting.pop(room.name, None)
            reset()

        room.reset = emptied  # type: ignore[method-assign]

    def _answer(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        with self._guard:  # a second request waits until the room that it wants is seeded
            if self._waiting:
                self._prepare_for(environ["PATH_INFO"])
        return self.application(environ, start_response)

    def _prepare_for(self, path: str) -> None:
        first, second = [*path.lstrip("/").split("/"), ""][:2]
        name = second if first == "_control" else first
        if name in self.application.rooms:
            self._prepare(name)
        elif first != "_control" or name not in OUTSIDE:
            self._prepare()

    def _prepare(self, *names: str) -> None:
        with self._guard:
            for name in names or list(self._waiting):
                seed = self._waiting.pop(name, None)
                if seed is not None:
                    with self._then():
                        self.application.rooms[name].seed(seed)

    @contextmanager
    def _then(self) -> Iterator[None]:
        """The clock runs on from the moment of `start_over`."""
        clock = self.clock
        mode, shown = clock.mode, clock.now()
        offset = timedelta(seconds=clock.state()["offset_seconds"])
        clock.shift(self._since - datetime.now(timezone.utc))
        try:
            yield
        finally:
            clock.shift(offset)
            if mode == "frozen":
                clock.freeze(shown)
