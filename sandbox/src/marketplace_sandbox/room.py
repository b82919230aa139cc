"""What a simulated marketplace must bring, and how its package is found.

A provider is a package under `marketplace_sandbox` that exports a class `Room`. Nothing else
names it: put the directory there and it is served under ``/<name>/``.
"""

from __future__ import annotations

import importlib
import pkgutil
import random
import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from werkzeug.wrappers import Request, Response

from .calls import Call, CallLog
from .clock import Clock
from .faults import Faults, Plan
from .limits import Limiter
from .store import Store
from .webhooks import Webhooks


@dataclass
class Services:
    """What the house offers to its rooms. `stopping` is set when the server shuts down."""

    clock: Clock
    store: Store
    faults: Faults
    limiter: Limiter
    calls: CallLog
    webhooks: Webhooks
    stopping: threading.Event
    seed: str = "sandbox"

    def random(self, name: str) -> random.Random:
        """A generator that gives the same numbers in every run with the same seed."""
        return random.Random(f"{self.seed}/{name}")

    def start_over(self, webhooks: bool) -> None:
        """Forget faults, limits, deliveries and the clock; subscriptions too when `webhooks`."""
        self.faults.clear()
        self.limiter.clear()
        self.clock.real()
        self.webhooks.clear()
        if webhooks:
            self.webhooks.unsubscribe()


@dataclass
class Exchange:
    """One API request on its way through a room."""

    request: Request
    path: str
    endpoint: str
    body: bytes
    record: Call
    plan: Plan


class Room(ABC):
    """One simulated marketplace."""

    name: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, services: Services) -> None:
        self.services = services

    @abstractmethod
    def endpoint(self, method: str, path: str) -> str | None:
        """Name the endpoint for counters, limits and fault rules.

        :param path: below the room, without the leading slash.
        :return: None when the path is not below the room's API at all (a page, then).
        """

    def refine(self, request: Request, endpoint: str, body: bytes) -> str:
        """Name the endpoint more exactly by what is in the body (one address, many operations)."""
        return endpoint

    @abstractmethod
    def credential(self, request: Request) -> str:
        """The token of a request, for limits and the log; empty when there is none."""

    @abstractmethod
    def api(self, exchange: Exchange) -> Response:
        """Answer an API request. :raises ApiError: it is refused."""

    @abstractmethod
    def refuse(self, status: int, message: str) -> Response:
        """An error in this marketplace's own form."""

    @abstractmethod
    def control(self, request: Request, path: str) -> Response | None:
        """Answer ``/_control/<name>/<path>``; None when there is no such path."""

    @abstractmethod
    def page(self, request: Request, path: str) -> Response | None:
        """Answer a page for people; None when there is no such page."""

    def tick(self) -> None:  # noqa: B027 - most rooms have nothing to do
        """Let happen what is due on the sandbox's clock; called while somebody waits or looks."""

    def close(self) -> None:  # noqa: B027 - most rooms have nothing to do
        """The server stops; let go of what lies outside the store."""

    @abstractmethod
    def add_token(self, token: str, accounts: list[str]) -> None:
        """Give access with a token; no accounts means the first one.

        :raises ValueError: an empty token or an unknown account.
        """

    @abstractmethod
    def check_webhook(self, data: dict[str, Any]) -> None:
        """:raises ValueError: the room cannot serve such a subscription (style, account)."""

    @abstractmethod
    def seed(self, name: str) -> None:
        """Fill with one of `seeds`. :raises ValueError: unknown name."""

    @abstractmethod
    def reset(self) -> None:
        """Forget everything."""

    @abstractmethod
    def is_empty(self) -> bool:
        """Whether nothing was ever put in."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Everything, for `GET /_control/state`."""

    @abstractmethod
    def facts(self) -> list[tuple[str, str]]:
        """(label, value) pairs for the start page."""


def find_rooms(services: Services) -> dict[str, Room]:
    """Make one room of every provider package, by name."""
    package = importlib.import_module(__package__ or "marketplace_sandbox")
    rooms: dict[str, Room] = {}
    for module in pkgutil.iter_modules(package.__path__):
        if module.ispkg:
            found = importlib.import_module(f"{package.__name__}.{module.name}")
            room: Room = found.Room(services)
            rooms[room.name] = room
    return rooms
