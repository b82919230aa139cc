"""Lists of a shop that are chosen from in the account: locations, publications, price lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ..core.news import Place
from .client import Client
from .generated.locations import Locations
from .generated.price_lists import PriceLists
from .generated.publications import Publications
from .ids import number

PAGE = 100
MOST_PAGES = 20


@dataclass(frozen=True, slots=True)
class Publication:
    """Where products can be seen: a sales channel or a catalogue."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class PriceList:
    """Prices of a market or of companies, in one currency (ISO 4217)."""

    id: str
    name: str
    currency: str


def places(client: Client) -> tuple[Place, ...]:
    """All locations."""
    rows = _all(lambda after: client.call(Locations, {"first": PAGE, "after": after}).locations)
    return tuple(
        Place(number(one.id), one.name, one.isActive, ", ".join(one.address.formatted))
        for one in rows
    )


def publications(client: Client) -> tuple[Publication, ...]:
    """All publications; one without a name is called by its id."""
    rows = _all(
        lambda after: client.call(Publications, {"first": PAGE, "after": after}).publications
    )
    return tuple(
        Publication(number(one.id), (one.catalog.title if one.catalog else "") or number(one.id))
        for one in rows
    )


def price_lists(client: Client) -> tuple[PriceList, ...]:
    """All price lists."""
    rows = _all(lambda after: client.call(PriceLists, {"first": PAGE, "after": after}).priceLists)
    return tuple(PriceList(number(one.id), one.name, one.currency.value) for one in rows)


def _all(read: Callable[[str | None], Any]) -> Iterator[Any]:
    after = None
    for _page in range(MOST_PAGES):
        connection = read(after)
        yield from connection.nodes
        if not connection.pageInfo.hasNextPage:
            return
        after = connection.pageInfo.endCursor
