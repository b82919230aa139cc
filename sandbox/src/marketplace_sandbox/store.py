"""The state of all rooms: in memory, guarded by one lock, written through to SQLite if wanted.

What was answered with success survives a killed process: the rows that a request changed are
committed to the file, in one transaction, before the answer leaves.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Generic, TypeVar

Row = TypeVar("Row")

FORMAT = 1


class StoreError(RuntimeError):
    """The state file cannot be used; the text says why."""


def _plain(value: object) -> Any:
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, datetime):
        return {"$time": value.isoformat()}
    raise TypeError(f"{type(value).__name__} cannot be stored")


def _rich(value: dict[str, Any]) -> Any:
    if "$decimal" in value:
        return Decimal(value["$decimal"])
    if "$time" in value:
        return datetime.fromisoformat(value["$time"])
    return value


def _same(row: Any) -> Any:
    return row


_FIELDS: dict[type, tuple[str, ...]] = {}


def encode(row: Any) -> dict[str, Any]:
    """The members of a dataclass row, one level deep."""
    names = _FIELDS.get(type(row))
    if names is None:
        names = _FIELDS[type(row)] = tuple(each.name for each in fields(row))
    return {name: getattr(row, name) for name in names}


class Table(Generic[Row]):
    """Rows of one kind by key, in order of creation. Change it inside `Store.transaction` only.

    :param encode: row → JSON-able structure (Decimals and aware datetimes allowed).
    :param decode: the way back.
    """

    def __init__(
        self, store: Store, name: str, encode: Callable[[Row], Any], decode: Callable[[Any], Row]
    ) -> None:
        self.name = name
        self.encode = encode
        self._store = store
        self._rows: dict[str, Row] = {
            key: decode(json.loads(body, object_hook=_rich)) for key, body in store.read(name)
        }

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def get(self, key: str) -> Row | None:
        return self._rows.get(key)

    def names(self, start: str = "") -> list[str]:
        """The keys that begin so, oldest first."""
        with self._store.lock:
            return [key for key in self._rows if key.startswith(start)]

    def values(self) -> list[Row]:
        """All rows, oldest first; a copy that may be walked without the lock."""
        with self._store.lock:
            return list(self._rows.values())

    def put(self, key: str, row: Row) -> None:
        """Add a row, or say that a row was changed in place."""
        self._rows[key] = row
        self._store.mark(self, key)

    def pop(self, key: str) -> Row | None:
        row = self._rows.pop(key, None)
        if row is not None:
            self._store.mark(self, key)
        return row

    def clear(self) -> None:
        for key in list(self._rows):
            self.pop(key)

    def body(self, key: str) -> str | None:
        """The stored form of a row, or None when it is gone."""
        row = self._rows.get(key)
        if row is None:
            return None
        return json.dumps(self.encode(row), default=_plain, ensure_ascii=False)


class Store:
    """Tables, their lock, and a revision that grows with every change.

    :param path: SQLite file to keep the state in; None keeps it in memory only.
    :param wait: seconds to wait for a process that still has the file.
    :raises StoreError: the file is used by another process, or is no state file of this version.
    """

    def __init__(self, path: str | Path | None = None, wait: float = 2.0) -> None:
        self.lock = threading.RLock()
        self.path = Path(path) if path else None
        self.revision = 0
        self._changed = threading.Condition(self.lock)
        self._dirty: dict[tuple[str, str], Table[Any]] = {}
        self._depth = 0
        self._closed = False
        self._database = self._open(self.path, wait) if self.path else None
        self.meta: Table[Any] = Table(self, "meta", _same, _same)

    @staticmethod
    def _open(path: Path, wait: float) -> sqlite3.Connection:
        if not path.parent.is_dir():
            raise StoreError(f"the folder of the state file does not exist: {path.parent}")
        try:
            database = sqlite3.connect(
                path, timeout=wait, isolation_level=None, check_same_thread=False
            )
            database.execute("PRAGMA locking_mode=EXCLUSIVE")
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=NORMAL")
            database.execute("BEGIN IMMEDIATE")
            database.execute(
                "CREATE TABLE IF NOT EXISTS rows "
                "(name TEXT, key TEXT, body TEXT NOT NULL, PRIMARY KEY (name, key))"
            )
            found = database.execute("PRAGMA user_version").fetchone()[0]
            if found not in (0, FORMAT):
                raise StoreError(f"{path} has state format {found}, this version reads {FORMAT}")
            database.execute(f"PRAGMA user_version={FORMAT}")
            database.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{path} cannot be used as state file: {error}") from error
        return database

    def read(self, name: str) -> list[tuple[str, str]]:
        """Stored (key, body) pairs of a table, oldest first."""
        if self._database is None:
            return []
        query = "SELECT key, body FROM rows WHERE name = ? ORDER BY rowid"
        return self._database.execute(query, (name,)).fetchall()

    def mark(self, table: Table[Any], key: str) -> None:
        if not self._depth:
            raise RuntimeError(f"{table.name} was changed outside a transaction")
        self._dirty[(table.name, key)] = table

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the lock; at the end of the outermost block write what changed and wake waiters."""
        with self.lock:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if not self._depth and self._dirty:
                    self._flush()

    def _flush(self) -> None:
        dirty, self._dirty = self._dirty, {}
        if self._database is not None:
            bodies = [(name, key, table.body(key)) for (name, key), table in dirty.items()]
            self._database.execute("BEGIN")
            self._database.executemany(
                "DELETE FROM rows WHERE name = ? AND key = ?",
                [(name, key) for name, key, body in bodies if body is None],
            )
            self._database.executemany(
                "INSERT INTO rows (name, key, body) VALUES (?, ?, ?) "
                "ON CONFLICT (name, key) DO UPDATE SET body = excluded.body",
                [row for row in bodies if row[2] is not None],
            )
            self._database.execute("COMMIT")
        self.touch()

    def touch(self) -> None:
        """Something happened that a waiter may look for."""
        with self.lock:
            self.revision += 1
            self._changed.notify_all()

    def wait_for(self, predicate: Callable[[], Any], timeout: float) -> Any:
        """Wait without a busy loop until the predicate is true; return its last value."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or predicate(), timeout)
            return predicate()

    def next_id(self, name: str, start: int) -> int:
        """Draw from a named sequence, inside a transaction."""
        number = int(self.meta.get(f"next.{name}") or start)
        self.meta.put(f"next.{name}", number + 1)
        return number

    def close(self) -> None:
        """Wake all waiters and let go of the file."""
        with self.lock:
            self._closed = True
            self._changed.notify_all()
            if self._database is not None:
                self._database.close()
                self._database = None
