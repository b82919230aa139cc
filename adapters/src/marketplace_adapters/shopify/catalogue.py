"""The whole catalogue as one bulk operation, read without ever holding it.

::

    found again: an operation with our query ─┬─ runs        ThrottledError, ask again
      (nothing is remembered here)            ├─ is done     its file, line by line
                                              └─ none, old   a new one is started
    file: lines in any order, children name their parent ──▶ a store on the disk ──▶ listings

Shopify does not put children next to their parent (G: groupObjects), so the lines go to a file of
SQLite that lives as long as the reading: memory stays the same for a hundred products and for a
million.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ..core.dates import Clock, iso
from ..core.errors import InvalidError, ServerError, ThrottledError
from ..core.shape import member, text
from ..core.types import RemoteListing
from . import files
from .client import Client
from .failures import refused, user_errors
from .news import remote_listing
from .wording import moment, rows

GOOD_FOR = timedelta(minutes=15)
"""A file that was made within so long is as good as a new one; it holds for seven days (D)."""
SKEW = timedelta(seconds=5)
"""Clocks that are right differ by so much."""
AGAIN = timedelta(minutes=2)
"""Nobody wants another catalogue so soon after he got one; a clock that is wrong does."""
BACK = timedelta(days=1)
"""How far back an operation is looked for; one that takes longer is given up by Shopify (D)."""
FAILED_LATELY = timedelta(minutes=2)
SHORTEST_WAIT, LONGEST_WAIT = 2.0, 60.0
LOOKED_AT = 50
BATCH = 50
WORKING = frozenset({"CREATED", "RUNNING", "CANCELING"})
BUSY = frozenset({"OPERATION_IN_PROGRESS", "LIMIT_REACHED"})

QUERY = """{
  productVariants {
    edges {
      node {
        id
        title
        sku
        barcode
        price
        compareAtPrice
        inventoryQuantity
        inventoryPolicy
        availableForSale
        taxable
        selectedOptions { name value }
        product {
          id
          title
          status
          handle
          vendor
          productType
          tags
          descriptionHtml
          featuredMedia { preview { image { url } } }
        }
        media {
          edges {
            node {
              ... on MediaImage {
                id
                image { url }
              }
            }
          }
        }
        inventoryItem {
          id
          tracked
          measurement { weight { unit value } }
          inventoryLevels {
            edges {
              node {
                id
                location { id }
                quantities(names: ["available"]) { name quantity }
              }
            }
          }
        }
      }
    }
  }
}"""
"""D: connections at most two levels deep, so it begins with the variants and not with products."""


# === OPERATION === #


@dataclass(frozen=True, slots=True)
class Written:
    """A catalogue that Shopify wrote.

    :param url: of the file; empty when the shop has no products.
    :param at: when Shopify began to write it.
    """

    url: str
    at: datetime | None


def result(client: Client, clock: Clock, since: datetime | None = None) -> Written:
    """The file with the whole catalogue.

    :param since: an older one is not good enough.
    :raise ThrottledError: it is being made.
    :raise ServerError: Shopify could not make it; the next time a new one is started.
    """
    now = clock.now()
    found = _found(client, now, since)
    if found is None:
        _start(client)
        raise ThrottledError("The catalogue is being written.", retry_after=SHORTEST_WAIT)
    status = text(found, "status").upper()
    if status in WORKING:
        age = (now - (moment(found, "createdAt") or now)).total_seconds()
        wait = min(max(age / 4, SHORTEST_WAIT), LONGEST_WAIT)
        count = text(found, "rootObjectCount") or "0"
        raise ThrottledError(
            f"The catalogue is being written ({count} variants so far).", retry_after=wait
        )
    if status == "COMPLETED":
        return Written(text(found, "url"), moment(found, "createdAt"))
    code = text(found, "errorCode") or status
    raise ServerError(f"Shopify could not write the catalogue ({code[:60]}).", code=code[:100])


def _found(client: Client, now: datetime, since: datetime | None) -> Mapping[str, Any] | None:
    """The newest operation with our query that still counts."""
    search = f"operation_type:query created_at:>='{iso(now - BACK)}'"
    data = client.run("BulkQueries", {"first": LOOKED_AT, "query": search})
    own = [
        (created, one)
        for one in rows(data, "bulkOperations")
        if _words(text(one, "query")) == _words(QUERY) and (created := moment(one, "createdAt"))
    ]
    own.sort(key=lambda pair: (pair[0], text(pair[1], "id")), reverse=True)
    if not own:
        return None
    newest, status = own[0][1], text(own[0][1], "status").upper()
    if status in WORKING:
        return newest
    age = now - (moment(newest, "completedAt") or own[0][0])
    if status == "COMPLETED":
        good = age < GOOD_FOR if since is None else own[0][0] >= since - SKEW
        return newest if good or _ahead(own, GOOD_FOR if since is None else AGAIN) else None
    return newest if status == "FAILED" and age < FAILED_LATELY else None


def _ahead(own: list[tuple[datetime, Mapping[str, Any]]], within: timedelta) -> bool:
    """Whether our clock is ahead of Shopify's, so that what is new looks old: the last operation
    was started although the one before was good."""
    if len(own) < 2 or text(own[1][1], "status").upper() != "COMPLETED":
        return False
    return own[0][0] - (moment(own[1][1], "completedAt") or own[1][0]) < within


def _words(query: str) -> str:
    """A query without its spaces: Shopify may print it in its own way."""
    return "".join(query.split())


def _start(client: Client) -> None:
    data = client.run("BulkQuery", {"query": QUERY})
    payload = member(data, "bulkOperationRunQuery")
    errors = user_errors(rows(payload, "userErrors"), client.transport.masker)
    if not errors:
        return
    if errors[0].code in BUSY:
        raise ThrottledError(
            "Other bulk operations run in the shop.", retry_after=LONGEST_WAIT, code=errors[0].code
        )
    raise refused(errors[0], "the catalogue")


# === FILE === #


def listings(client: Client, url: str, currency: str) -> Iterator[RemoteListing]:
    """Every variant of the file, by product.

    :raise InvalidError: a line that is none of a catalogue.
    """
    if not url:
        return
    yield from joined(files.lines(client.transport, url), currency)


def joined(lines: Iterable[Mapping[str, Any]], currency: str) -> Iterator[RemoteListing]:
    """Variants with their products, pictures and quantities, whatever the order of the lines."""
    with tempfile.TemporaryDirectory(prefix="catalogue-") as folder:
        store = _Store(Path(folder) / "lines.db")
        with closing(store):
            for line in lines:
                store.put(line)
            yield from store.listings(currency)


class _Store:
    """Lines by what they are and whom they belong to, on the disk."""

    def __init__(self, path: Path) -> None:
        self._base = sqlite3.connect(path)
        self._base.executescript(
            """
            PRAGMA journal_mode = OFF;
            PRAGMA synchronous = OFF;
            PRAGMA cache_size = -8000;
            CREATE TABLE variant (product TEXT, place INTEGER, id TEXT, line TEXT,
                                  PRIMARY KEY (product, place)) WITHOUT ROWID;
            CREATE TABLE child (parent TEXT, kind TEXT, place INTEGER, line TEXT,
                                PRIMARY KEY (parent, kind, place)) WITHOUT ROWID;
            """
        )
        self._waiting: list[tuple[str, str, int, str]] = []
        self._place = 0

    def close(self) -> None:
        """Give the file back."""
        with suppress(sqlite3.Error):
            self._base.close()

    def put(self, line: Mapping[str, Any]) -> None:
        """Keep one line.

        :raise InvalidError: it has no id.
        """
        own, parent = text(line, "id"), text(line, "__parentId")
        if not own:
            # A medium that is no picture (a film, say) has no members of ours.
            if parent:
                return
            raise InvalidError("A line of the catalogue has no id.", code="bad_shape")
        self._place += 1
        kept = json.dumps({key: value for key, value in line.items() if key != "__parentId"})
        kind = own.removeprefix("gid://shopify/").split("/")[0]
        if kind == "ProductVariant":
            row = (text(line, "product", "id"), self._place, own, kept)
            self._base.execute("INSERT INTO variant VALUES (?, ?, ?, ?)", row)
            return
        self._waiting.append((parent, kind, self._place, kept))
        if len(self._waiting) >= BATCH:
            self._flush()

    def _flush(self) -> None:
        self._base.executemany("INSERT INTO child VALUES (?, ?, ?, ?)", self._waiting)
        self._waiting.clear()

    def listings(self, currency: str) -> Iterator[RemoteListing]:
        """The variants of a product one after another."""
        self._flush()
        cursor = self._base.execute("SELECT line FROM variant ORDER BY product, place")
        for (line,) in cursor:
            variant = json.loads(line)
            own = text(variant, "id")
            # The parent of a quantity is the variant; of an older file its item.
            parents = (own, text(variant, "inventoryItem", "id"))
            images = [text(one, "image", "url") for one in self._children("MediaImage", own)]
            found = remote_listing(
                member(variant, "product"),
                variant,
                self._children("InventoryLevel", *parents),
                currency,
                images,
            )
            if found is not None:
                yield found

    def _children(self, kind: str, *parents: str) -> list[dict[str, Any]]:
        marks = ", ".join("?" for _one in parents)
        cursor = self._base.execute(
            f"SELECT line FROM child WHERE parent IN ({marks}) AND kind = ? ORDER BY place",
            (*parents, kind),
        )
        return [json.loads(line) for (line,) in cursor]
