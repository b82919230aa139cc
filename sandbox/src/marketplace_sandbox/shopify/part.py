"""What a part of the room brings: resolvers, control routes, pages, and its share of the state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from werkzeug.wrappers import Request, Response

from ..store import Store, Table
from .registry import Resolvers

if TYPE_CHECKING:
    from .access import Access
    from .room import ShopifyRoom

Route = tuple[str, str, Callable[..., Any]]
Page = Callable[[Request, str], "Response | None"]


class HasId(Protocol):
    id: int


Row = TypeVar("Row", bound=HasId)


@dataclass
class Context:
    """One request: who asks, when, and where from.

    :param base: address of the room as the caller knows it, for links.
    :param refusals: response key of a mutation → the userError that it gets instead of being run.
    :param origin: ``api``, or ``bulk ID`` for a line of a bulk operation.
    """

    room: ShopifyRoom
    access: Access
    now: datetime
    base: str = ""
    refusals: dict[str, dict[str, Any]] = field(default_factory=dict)
    origin: str = "api"
    call: int | None = None


class Rows(Generic[Row]):
    """Rows of one dataclass by their number, oldest first.

    The dataclass has flat members: plain JSON values, Decimals, moments, lists and dicts of these.
    `version` grows with every change, for whoever keeps something that was made from the rows.
    """

    def __init__(self, store: Store, name: str, kind: Callable[..., Row]) -> None:
        self._table: Table[Row] = Table(
            store, name, lambda row: dict(vars(row)), lambda data: kind(**data)
        )
        self._rows: dict[int, Row] = {row.id: row for row in self._table.values()}
        self.version = 0

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, number: int) -> bool:
        return number in self._rows

    def get(self, number: int) -> Row | None:
        return self._rows.get(number)

    def __getitem__(self, number: int) -> Row:
        return self._rows[number]

    def values(self) -> list[Row]:
        return list(self._rows.values())

    def put(self, row: Row) -> Row:
        """Add a row, or say that it was changed in place; inside a transaction."""
        self._rows[row.id] = row
        self._table.put(str(row.id), row)
        self.version += 1
        return row

    def pop(self, number: int) -> Row | None:
        self.version += 1
        self._table.pop(str(number))
        return self._rows.pop(number, None)

    def clear(self) -> None:
        self.version += 1
        self._table.clear()
        self._rows.clear()


class Part:
    """A domain of the room. Everything but the constructor may be left out."""

    def __init__(self, room: ShopifyRoom) -> None:
        self.room = room

    def rows(self, name: str, kind: Callable[..., Row]) -> Rows[Row]:
        """A kept table of this room."""
        return Rows(self.room.services.store, f"shopify.{name}", kind)

    def plain(self, name: str) -> Table[dict[str, Any]]:
        """A kept table of dicts by text."""
        return Table(self.room.services.store, f"shopify.{name}", dict, dict)

    def resolvers(self) -> Resolvers:
        return Resolvers()

    def routes(self) -> list[Route]:
        """Control routes below ``/_control/shopify``."""
        return []

    def pages(self) -> dict[str, Page]:
        """First segment of the path → ``handler(request, rest of the path)``."""
        return {}

    def looks(self) -> dict[str, Callable[[str], dict[str, Any] | None]]:
        """For ``/_control/shopify/wait``: argument → ``function(text)`` that describes a row."""
        return {}

    def clear(self) -> None:
        """Forget everything; inside a transaction."""

    def tick(self) -> None:
        """Let happen what is due on the sandbox's clock; inside a transaction."""

    def seed(self, name: str) -> None:
        """Fill with ``demo``, ``orders``, ``goods`` or ``empty``; inside a transaction."""

    def state(self) -> dict[str, Any]:
        return {}

    def book(self) -> dict[str, Any]:
        """The sandbox's own truth, for comparisons."""
        return {}
