"""Pushes that are bulk operations: which lines go into which, and what becomes of each item."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from ..core.errors import AdapterError
from ..core.types import ItemResult, Kind, ListingKey, ProductState, PushItem, Submission
from .bulk import RUNNING, Bulk, Line
from .client import Client
from .failures import UserError, user_errors
from .ids import number
from .product_read import Shapes
from .results import AGAIN, Told
from .tickets import MAX_TICKET, Entry, Run, Ticket, read_ticket

LIST_MEMBER = "variants"
_UNSENT = "A part of it could not be sent; it is told again."


@dataclass(frozen=True, slots=True)
class Draft:
    """One line to be.

    :param row: the variables of one call.
    :param items: told by it; in the order of its variants where it has some.
    :param new: the acceptance teaches ids.
    """

    document: str
    row: Mapping[str, Any]
    items: tuple[PushItem, ...]
    new: bool = False


class BulkPush:
    """Starts bulk operations for drafts, and reads what became of them."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._bulk = Bulk(client)

    # === START === #

    def start(self, drafts: Sequence[Draft], told: Told, key: str) -> Submission:
        """One operation for each document. What does not fit into a ticket comes again.

        :raise AdapterError: nothing was told.
        """
        drafts = [one for one in drafts if not any(told.failed(item) for item in one.items)]
        if not drafts:
            return told.submission()
        fitting = _fitting(drafts)
        if len(fitting) < len(drafts):
            told.wait = AGAIN
        entries, places = _entries(fitting)
        runs: list[Run] = []
        unsent: set[str] = set()
        for document in dict.fromkeys(one.document for one in fitting):
            own = [one for one in fitting if one.document == document]
            if unsent:
                unsent |= {item.ref for one in own for item in one.items}
                continue
            try:
                started = self._bulk.start(document, [one.row for one in own], f"{key}:{document}")
            except AdapterError as error:
                if not runs and not len(told):
                    raise
                told.wait = getattr(error, "retry_after", AGAIN)
                unsent |= {item.ref for one in own for item in one.items}
                continue
            lines = tuple(tuple(places[item.ref] for item in one.items) for one in own)
            runs.append(Run(started, document, lines))
        if not runs:
            return told.submission()
        entries = tuple(
            dataclasses.replace(one, again=True) if one.ref in unsent else one for one in entries
        )
        return told.submission(remote_id=Ticket(entries, tuple(runs)).text())

    # === OUTCOME === #

    def poll(self, text: str) -> Submission:
        """What became of a submission; not done while an operation runs.

        :raise InvalidError: no ticket of ours.
        """
        ticket = read_ticket(text)
        states = [(run, self._bulk.state(run.id)) for run in ticket.runs]
        if any(state is not None and state.status.value in RUNNING for _run, state in states):
            return Submission((), done=False, remote_id=text)
        outcome = _Outcome(ticket)
        for run, state in states:
            seen: set[int] = set()
            if state is not None:
                for line in self._bulk.lines(state, run.document):
                    if 0 <= line.number < len(run.lines) and line.number not in seen:
                        seen.add(line.number)
                        self._read(run, line, ticket, outcome)
            for place in range(len(run.lines)):
                if place not in seen:
                    outcome.again(run.lines[place], _why(state))
        return Submission(outcome.results())

    def _read(self, run: Run, line: Line, ticket: Ticket, outcome: _Outcome) -> None:
        places = run.lines[line.number]
        if line.payload is None:
            masked = self._client.transport.masker.text(line.error) or "The line was not done."
            outcome.again(places, masked)
            return
        rows = line.payload.get("userErrors")
        errors = user_errors(rows if isinstance(rows, list) else (), self._client.transport.masker)
        blamed: set[int] = set()
        for error in errors:
            index = error.index(LIST_MEMBER) if run.document == "VariantsUpdate" else None
            found = places if index is None or index >= len(places) else (places[index],)
            blamed.update(found)
            outcome.refused(found, error)
        product = line.payload.get("product")
        known = _known(product) if run.document == "ProductSet" else None
        for place in places:
            if place not in blamed:
                entry = ticket.entries[place]
                outcome.success(place, _learned(entry, known) if known else {})


class _Outcome:
    """Results by place; the gravest word stands."""

    def __init__(self, ticket: Ticket) -> None:
        self._told = Told()
        self._items = [
            PushItem(one.ref, one.kind, ListingKey(), ProductState()) for one in ticket.entries
        ]
        self.again([place for place, one in enumerate(ticket.entries) if one.again], _UNSENT)

    def success(self, place: int, learned: Mapping[str, str]) -> None:
        self._told.success(self._items[place], learned)

    def refused(self, places: Sequence[int], error: UserError) -> None:
        for place in places:
            self._told.refused(self._items[place], error)

    def again(self, places: Sequence[int], why: str) -> None:
        for place in places:
            self._told.again(self._items[place], "not_done", why)

    def results(self) -> tuple[ItemResult, ...]:
        return self._told.submission().results


def _why(state: Any) -> str:
    if state is None:
        return "Shopify does not know the bulk operation any more; it is told again."
    reason = f" ({state.errorCode.value})" if state.errorCode is not None else ""
    return f"The bulk operation ended as {state.status.value}{reason} before this line was done."


def _fitting(drafts: Sequence[Draft]) -> Sequence[Draft]:
    """As many drafts as a ticket can remember; an item's drafts are sent together or not at all."""
    low, high = 1, len(drafts)
    while low < high:
        middle = (low + high + 1) // 2
        if _size(drafts[:middle]) <= MAX_TICKET:
            low = middle
        else:
            high = middle - 1
    beyond = {item.ref for one in drafts[low:] for item in one.items}
    kept = [one for one in drafts[:low] if not beyond.intersection(i.ref for i in one.items)]
    return kept or drafts[:low]


def _size(drafts: Sequence[Draft]) -> int:
    entries, places = _entries(drafts)
    runs = [
        Run(
            "9" * 15,
            document,
            tuple(
                tuple(places[item.ref] for item in one.items)
                for one in drafts
                if one.document == document
            ),
        )
        for document in dict.fromkeys(one.document for one in drafts)
    ]
    return len(Ticket(entries, tuple(runs)).text())


def _entries(drafts: Sequence[Draft]) -> tuple[tuple[Entry, ...], dict[str, int]]:
    entries: list[Entry] = []
    places: dict[str, int] = {}
    for draft in drafts:
        for item in draft.items:
            if item.ref not in places:
                places[item.ref] = len(entries)
                key = cast(ListingKey, item.target)
                own = _variant_key(item, key) if draft.new else ""
                entries.append(Entry(item.ref, item.kind, own))
    return tuple(entries), places


def _variant_key(item: PushItem, key: ListingKey) -> str:
    state = item.state
    variant = state.attributes.get("variant") if isinstance(state, ProductState) else None
    own = variant.get("key") if isinstance(variant, Mapping) else None
    return str(own or key.internal_id or "").replace("\x1e", "")


def _known(product: Any) -> tuple[str, list[dict[str, Any]]] | None:
    """The product of an answer and its variants."""
    if not isinstance(product, Mapping) or not product.get("id"):
        return None
    variants = product.get("variants")
    nodes = variants.get("nodes") if isinstance(variants, Mapping) else None
    try:
        rows = Shapes.rows(nodes if isinstance(nodes, list) else ())
    except (AttributeError, KeyError, TypeError):
        rows = []
    return number(product["id"]), rows


def _learned(entry: Entry, known: tuple[str, list[dict[str, Any]]]) -> dict[str, str]:
    product, rows = known
    if entry.kind is not Kind.PRODUCT:
        return {}
    found = next((one for one in rows if entry.key and one["key"] == entry.key), None)
    if found is None and len(rows) == 1:
        found = rows[0]
    told = {"product_id": product}
    if found is not None:
        told |= {"external_id": found["id"], "inventory_item_id": found["item"]}
    return told
