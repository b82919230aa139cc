"""What Shopify tells; a frame until it is built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ..core.adapter import Adapter
from ..core.errors import InvalidError
from ..core.types import Event, Order, Page, RemoteListing
from .client import Client
from .settings import Settings


class Pulls(Adapter):
    """Mixin of the adapter: what comes in."""

    client: Client
    settings: Settings

    def pull(self, topic: str, since: datetime, until: datetime | None = None) -> Iterator[Page]:
        """Not built."""
        raise InvalidError(f"Shopify has no topic {topic[:40]!r}.")

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """Not built."""
        raise InvalidError("not built")

    def parse(self, headers: Mapping[str, str], body: bytes) -> tuple[Event, ...]:
        """Not built."""
        raise InvalidError("not built")

    def order(self, payload: Any) -> Order:
        """Not built."""
        raise InvalidError("not built")

    def listings(self, keys: Iterable[str] | None = None) -> Iterator[RemoteListing]:
        """Not built."""
        raise InvalidError("not built")
