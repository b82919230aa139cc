"""What a submission must remember until its bulk operations are done, in a short text. Pure.

The engine keeps one text for each submission and finds it by the ids of the operations, so these
stand in it plainly. The references behind each line of each file are packed: numbers that follow
each other, as those of a burst do, take next to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..core import wire
from ..core.errors import InvalidError
from ..core.packing import pack_text, unpack_text
from ..core.types import Kind

MAX_TICKET = 2000
"""Characters: the engine's column has an index, whose entries have at most 2,700 bytes."""
_NUMBERED = re.compile(r"([^\n]*?)(0|[1-9]\d{0,17})", re.ASCII)
_LETTERS: dict[Kind, str] = {
    Kind.PRODUCT: "p",
    Kind.PRICE: "m",
    Kind.IMAGE: "i",
    Kind.OVERRIDE: "o",
    Kind.DELETE: "d",
}
_KINDS = {letter: kind for kind, letter in _LETTERS.items()}


@dataclass(frozen=True, slots=True)
class Entry:
    """One item.

    :param key: the variant's key in Odoo, where its ids are to be learned.
    :param again: not all of it could be sent: whatever becomes of the rest, it is told again.
    """

    ref: str
    kind: Kind
    key: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One bulk operation.

    :param id: its number.
    :param document: name of the mutation.
    :param lines: for each line of its file, the positions of its items in :attr:`Ticket.entries`.
    """

    id: str
    document: str
    lines: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Ticket:
    """The bulk operations of one submission."""

    entries: tuple[Entry, ...]
    runs: tuple[Run, ...]

    def text(self) -> str:
        """For :attr:`Submission.remote_id`."""
        runs = [[one.id, one.document, pack_text(_steps(one.lines))] for one in self.runs]
        kinds = "".join(
            _LETTERS[one.kind].upper() if one.again else _LETTERS[one.kind] for one in self.entries
        )
        table = "\x1e".join(
            (
                squeeze([one.ref for one in self.entries]),
                squeeze([one.key for one in self.entries]),
                kinds,
            )
        )
        return wire.dumps({"bulk": runs, "items": pack_text(table)}).decode()


def read_ticket(text: str) -> Ticket:
    """The ticket of a text.

    :raise InvalidError: it is none of ours.
    """
    try:
        data = wire.loads(text)
        refs, keys, kinds = unpack_text(data["items"]).split("\x1e")
        entries = tuple(
            Entry(ref, _KINDS[letter.lower()], key, letter.isupper())
            for ref, letter, key in zip(stretch(refs), kinds, stretch(keys), strict=True)
        )
        runs = tuple(
            Run(str(one), str(document), _lines(unpack_text(lines)))
            for one, document, lines in data["bulk"]
        )
        if any(
            not 0 <= place < len(entries) for run in runs for line in run.lines for place in line
        ):
            raise ValueError("a place without an item")
        return Ticket(entries, runs)
    except (InvalidError, KeyError, TypeError, ValueError):
        raise InvalidError(
            "This is no submission of the Shopify adapter.", code="bad_ticket"
        ) from None


def squeeze(words: Sequence[str]) -> str:
    """Words as a short text: one prefix and numbers as steps, or plainly."""
    prefix: str | None = None
    last, steps = 0, []
    for word in words:
        hit = _NUMBERED.fullmatch(word)
        if hit is None or prefix not in (None, hit[1]):
            return "=" + wire.dumps(list(words)).decode()
        prefix = hit[1]
        steps.append(str(int(hit[2]) - last))
        last = int(hit[2])
    return f"#{prefix or ''}\n{','.join(steps)}"


def stretch(text: str) -> list[str]:
    """The words again.

    :raise ValueError: not ours.
    """
    if text[:1] == "=":
        found = wire.loads(text[1:])
        return [str(one) for one in found] if isinstance(found, list) else []
    prefix, _line, steps = text[1:].partition("\n")
    number, words = 0, []
    for step in steps.split(",") if steps else ():
        number += int(step)
        words.append(f"{prefix}{number}")
    return words


def _steps(lines: Sequence[Sequence[int]]) -> str:
    last, parts = 0, []
    for line in lines:
        steps = []
        for place in line:
            steps.append(str(place - last))
            last = place
        parts.append(",".join(steps))
    return ";".join(parts)


def _lines(text: str) -> tuple[tuple[int, ...], ...]:
    place, lines = 0, []
    for part in text.split(";") if text else ():
        line = []
        for step in part.split(",") if part else ():
            place += int(step)
            line.append(place)
        lines.append(tuple(line))
    return tuple(lines)
