"""What a submission must remember until its outcome is known, in a short text. Pure.

The engine keeps one text for each submission and finds it by the ids of its feeds, so the ids stand
in it plainly. The refs of the items behind each message are packed: message *n* of a feed has the
*n*-th group. References that follow each other, as those of a burst do, take next to nothing.

A report names the SKUs of what it refuses only, and what was sent cannot be read back. The SKUs of
new listings, whose identity the acceptance teaches, are therefore part of the text as long as they
fit in; of a larger upload they come with the next news of listings.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..core import wire
from ..core.errors import InvalidError
from ..core.packing import pack_text, unpack_text
from ..core.types import Kind

Refs = tuple[tuple[str, Kind], ...]
"""The items of one message, with their kinds."""

MAX_TICKET = 2000
"""Characters of the packed groups of all feeds: the engine's column has an index, whose entries
must not be longer than 2,700 bytes."""

_LETTERS: dict[Kind, str] = {
    Kind.PRODUCT: "p",
    Kind.PRICE: "m",
    Kind.INVENTORY: "q",
    Kind.IMAGE: "i",
    Kind.RELATIONSHIP: "r",
    Kind.OVERRIDE: "o",
    Kind.DELETE: "d",
    Kind.ACKNOWLEDGE: "a",
    Kind.STATUS: "u",
    Kind.LINES: "l",
    Kind.SHIPMENT: "s",
    Kind.REFUND: "f",
    Kind.CANCEL: "c",
}
_KINDS = {letter: kind for kind, letter in _LETTERS.items()}
_NUMBERED = re.compile(r"(.*?)(0|[1-9]\d{0,17})", re.ASCII | re.DOTALL)
_STEP = re.compile(r"(-?\d{1,19})([a-z])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Sent:
    """One feed of a submission.

    :param skus: of new listings by message, empty text for the others; or nothing at all.
    """

    feed: str
    groups: tuple[Refs, ...]
    skus: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ticket:
    """One submission: its type of feed and the feeds with their messages."""

    feed_type: str
    feeds: tuple[Sent, ...]

    def text(self) -> str:
        """For :attr:`Submission.remote_id`."""
        feeds = [
            [one.feed, pack(one.groups), *([pack_skus(one.skus)] if one.skus else [])]
            for one in self.feeds
        ]
        return wire.dumps({"type": self.feed_type, "feeds": feeds}).decode()


def read_ticket(text: str) -> Ticket:
    """The ticket of a text.

    :raise InvalidError: it is none of ours.
    """
    try:
        data = wire.loads(text)
        feeds = tuple(
            Sent(str(feed), unpack(packed), unpack_skus(*skus))
            for feed, packed, *skus in data["feeds"]
        )
        return Ticket(str(data["type"]), feeds)
    except (InvalidError, KeyError, TypeError, ValueError):
        raise InvalidError(
            "This is no submission of the Amazon adapter.", code="bad_ticket"
        ) from None


def pack(groups: Sequence[Refs]) -> str:
    """Groups as short text."""
    text = _stepped(groups)
    if text is None:
        rows = [[f"{_LETTERS[kind]}{ref}" for ref, kind in group] for group in groups]
        text = wire.dumps(rows).decode()
    return pack_text(text)


def unpack(packed: str) -> tuple[Refs, ...]:
    """The groups again.

    :raise ValueError: not ours.
    """
    text = unpack_text(packed)
    if text[:1] == "[":
        return tuple(
            tuple((entry[1:], _KINDS[entry[0]]) for entry in group) for group in wire.loads(text)
        )
    prefix, _line, steps = text.partition("\n")
    return _walked(prefix, steps)


def pack_skus(skus: Sequence[str]) -> str:
    """SKUs as short text; none holds a line break."""
    return pack_text("\n".join(skus))


def unpack_skus(packed: str = "") -> tuple[str, ...]:
    """The SKUs again.

    :raise ValueError: not ours.
    """
    return tuple(unpack_text(packed).split("\n")) if packed else ()


def _stepped(groups: Sequence[Refs]) -> str | None:
    """References that are one prefix and a number, as steps from each to the next."""
    prefix: str | None = None
    last = 0
    parts = []
    for group in groups:
        entries = []
        for ref, kind in group:
            hit = _NUMBERED.fullmatch(ref)
            if hit is None or prefix not in (None, hit[1]) or "\n" in hit[1] or hit[1][:1] == "[":
                return None
            prefix = hit[1]
            number = int(hit[2])
            entries.append(f"{number - last}{_LETTERS[kind]}")
            last = number
        parts.append("".join(entries))
    return f"{prefix or ''}\n{','.join(parts)}"


def _walked(prefix: str, steps: str) -> tuple[Refs, ...]:
    number = 0
    groups = []
    for part in steps.split(",") if steps else ():
        group = []
        for step, letter in _STEP.findall(part):
            number += int(step)
            group.append((f"{prefix}{number}", _KINDS[letter]))
        groups.append(tuple(group))
    return tuple(groups)
