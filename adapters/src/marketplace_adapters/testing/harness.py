"""What a provider gives the conformance suite, and the helpers that the suite itself needs."""

from __future__ import annotations

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar

from ..core.adapter import Adapter
from ..core.errors import ThrottledError
from ..core.limits import Budget
from ..core.types import Kind, PushItem
from .server import ScriptedServer


class Harness(ABC):
    """One account of a provider on a platform that answers.

    :cvar secrets: every credential value.
    :cvar personal: texts of the sample order that belong to the buyer.
    :cvar signs_body: the proof of an inbound message covers its body.
    """

    secrets: ClassVar[tuple[str, ...]]
    personal: ClassVar[tuple[str, ...]]
    signs_body: ClassVar[bool] = True

    @abstractmethod
    def open(
        self, *, budget: Budget | None = None, credentials: Mapping[str, str] | None = None
    ) -> Adapter:
        """A new adapter; ``credentials`` instead of the right ones."""

    @abstractmethod
    def items(self, kind: Kind, count: int) -> list[PushItem]:
        """Valid items of a kind with ``count`` different targets that the platform knows, with
        different refs and keys; texts hold Arabic, emoji and quotes wherever text is possible."""

    @abstractmethod
    def seen(self) -> int:
        """How many calls the platform has seen."""

    @abstractmethod
    def state(self) -> Any:
        """What the platform holds of listings and orders, comparable with ``==``."""

    @abstractmethod
    def place_orders(self, count: int) -> set[str]:
        """Let buyers order; the external ids. More than one page is asked for."""

    @abstractmethod
    def payload(self) -> Any:
        """A sample order document with every member filled."""

    @abstractmethod
    def changed(self) -> Any:
        """The same order after something happened to it, as the platform tells it then."""

    @abstractmethod
    def message(self, payload: Any) -> tuple[dict[str, str], bytes]:
        """The headers and body that bring ``payload`` in, properly signed."""

    def finish(self) -> None:  # noqa: B027 - most platforms answer at once
        """Let asynchronous work be done at the next poll."""


class HttpHarness(Harness):
    """A provider that speaks HTTP, through a :class:`ScriptedServer` that stands in front of the
    simulated platform: it counts and can be told to fail."""

    front: ScriptedServer
    timeout: float = 60.0
    """Seconds for which its adapters wait for an answer: platforms that work give one, however
    busy the machine is."""

    def hurried(self) -> Adapter:
        """A new adapter that soon gives up, for a platform that never answers."""
        usual, self.timeout = self.timeout, 0.1
        try:
            return self.open()
        finally:
            self.timeout = usual

    def seen(self) -> int:
        """Calls that arrived at the front."""
        return len(self.front.calls)


class RecordingBudget:
    """A budget that remembers, and refuses when ``wait`` is set."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.learned: list[dict[str, float | None]] = []
        self.wait: float | None = None

    def take(self, bucket: str, cost: float = 1.0) -> None:
        """Note the bucket."""
        if self.wait is not None:
            raise ThrottledError("The budget is used up.", retry_after=self.wait)
        self.taken.append(bucket)

    def learn(
        self,
        bucket: str,
        *,
        remaining: float | None = None,
        limit: float | None = None,
        per_second: float | None = None,
        retry_after: float | None = None,
        unused: float | None = None,
    ) -> None:
        """Note what is said."""
        values = {"remaining": remaining, "limit": limit, "per_second": per_second}
        more = {} if unused is None else {"unused": unused}
        self.learned.append({**values, "retry_after": retry_after, **more})


# === NASTY DATA === #

NASTY_VALUES: tuple[Any, ...] = (
    None,
    "",
    " ",
    "x",
    "12,5",
    "NaN",
    "1e999999999",
    "\x00",
    "\ud800",
    "٣",
    "9" * 600,
    "' OR 1=1 --",
    True,
    False,
    0,
    -1,
    10**30,
    0.1,
    1e308,
    [],
    [None],
    [[]],
    {},
    {"a": {"b": [1]}},
)

NASTY_BODIES: tuple[bytes, ...] = (
    b"",
    b" ",
    b"null",
    b"1",
    b'"text"',
    b"[]",
    b"{}",
    b"[null]",
    b"[[]]",
    b"{",
    b"\xff\xfe\x00",
    b"\xef\xbb\xbf{}",
    b'{"data": null}',
    b'{"data": [1, "x", null]}',
    b'{"data": {"id": NaN}}',
    b'{"id": 1e999}',
    b'{"id": ' + b"9" * 5000 + b"}",
    b"[" * 100_000,
    b'{"a":' * 200 + b"1" + b"}" * 200,
    b'{"id": "\\ud800", "hashed_id": "\\u0000", "status": "\\u0000"}',
    b"<html>504 Gateway Time-out</html>",
)


class Mutations(Sequence[Any]):
    """Copies of a JSON document with one member replaced by a nasty value or left out; each is
    made when it is asked for."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._paths = list(_paths(document))
        self._each = len(NASTY_VALUES) + 1

    def __len__(self) -> int:
        return len(NASTY_VALUES) + len(self._paths) * self._each

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        number = range(len(self))[index]
        if number < len(NASTY_VALUES):
            return NASTY_VALUES[number]
        place, turn = divmod(number - len(NASTY_VALUES), self._each)
        if turn < len(NASTY_VALUES):
            return _replaced(self._document, self._paths[place], NASTY_VALUES[turn])
        return _without(self._document, self._paths[place])


def mutations(document: Any) -> Mutations:
    """First the values alone, then the document with each of them at every member."""
    return Mutations(document)


def spread(documents: Sequence[Any], most: int) -> Iterator[Any]:
    """All of the :func:`mutations` of a document, or of a large one that many of them: at every
    member some of the values, at the next one others."""
    step = -(-len(documents) // most)
    while math.gcd(step, len(NASTY_VALUES) + 1) > 1:
        step += 1
    return (documents[number] for number in range(0, len(documents), step))


def turned(value: Any) -> Any:
    """A JSON document with the members of each object in the opposite order: the same content."""
    if isinstance(value, list):
        return [turned(item) for item in value]
    if isinstance(value, dict):
        return {name: turned(value[name]) for name in reversed(value)}
    return value


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    members = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        members = enumerate(value)  # type: ignore[assignment]
    for name, item in members:
        yield (*path, name)
        yield from _paths(item, (*path, name))


def _replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = _replaced(value[path[0]], path[1:], new)
    return copy


def _without(value: Any, path: tuple[Any, ...]) -> Any:
    copy = value.copy()
    if len(path) == 1:
        del copy[path[0]]
    else:
        copy[path[0]] = _without(value[path[0]], path[1:])
    return copy


# === CHECKS === #


def check_neutral(value: Any, where: str = "value") -> None:
    """Assert that a neutral value holds no float, no naive or foreign time and no odd Decimal.

    Mappings are the provider's own JSON and are left alone.
    """
    if value is None:
        return
    assert not isinstance(value, float), f"{where} is a float"
    if isinstance(value, str):
        assert "\x00" not in value, f"{where} holds NUL"
        value.encode()
    elif isinstance(value, Decimal):
        assert value.is_finite(), f"{where} is not finite"
    elif isinstance(value, datetime):
        assert value.utcoffset() == timedelta(0), f"{where} is not aware UTC"
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            check_neutral(item, f"{where}[{index}]")
    else:
        for name in _members(value.__class__):
            check_neutral(getattr(value, name), f"{where}.{name}")


@cache
def _members(kind: type[object]) -> tuple[str, ...]:
    """Names of the members of a dataclass; none of anything else."""
    if not dataclasses.is_dataclass(kind):
        return ()
    return tuple(member.name for member in dataclasses.fields(kind))


def check_hidden(text: str, hidden: tuple[str, ...]) -> None:
    """Assert that none of the values appears; the failing assertion names its position only."""
    found = [index for index, value in enumerate(hidden) if value in text]
    assert found == [], f"hidden values number {found} are shown"
