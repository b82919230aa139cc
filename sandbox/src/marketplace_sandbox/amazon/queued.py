"""What feeds and reports share: both are asked for, wait, are worked on, and are listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from ..faults import FaultRule
from ..store import Table
from ..wire import json_response
from .api import own_marketplaces
from .errors import invalid
from .values import csv_of, moment_of, pack_token, unpack_token, whole

if TYPE_CHECKING:
    from .room import AmazonRoom

STATUSES = ("CANCELLED", "DONE", "FATAL", "IN_PROGRESS", "IN_QUEUE")
KEPT = timedelta(days=90)


class Queued(Protocol):
    """A feed or a report."""

    id: str
    type: str
    marketplaces: list[str]
    created: datetime
    status: str


Q = TypeVar("Q", bound=Queued)


def places_of(room: AmazonRoom, body: Mapping[str, Any]) -> list[str]:
    """The marketplaces that something is asked for.

    :raises SpError: 400, or 403 for one of another seller.
    """
    places = body.get("marketplaceIds")
    if not isinstance(places, list) or not places or not all(isinstance(x, str) for x in places):
        raise invalid("'marketplaceIds' must be a list with at least one marketplace.")
    own_marketplaces(room, places, 25)
    return list(places)


def options_of(body: Mapping[str, Any], name: str) -> dict[str, str]:
    """The options of that member, as texts.

    :raises SpError: 400.
    """
    options = body.get(name) or {}
    if not isinstance(options, dict):
        raise invalid(f"'{name}' must be an object.")
    return {str(option): str(value) for option, value in options.items()}


def fault_of(
    room: AmazonRoom, method: str, endpoint: str, kind: str, content: bytes = b""
) -> FaultRule | None:
    """What shall go wrong with it, from the rules in force now."""
    facts = {
        "provider": room.name,
        "method": method,
        "path": f"/{kind}",
        "endpoint": endpoint,
        "token": "",
    }
    return room.services.faults.plan(facts, content, named=True).rule


def page_of(
    room: AmazonRoom,
    args: MultiDict[str, str],
    table: Table[Q],
    names: tuple[str, str],
    shown: Callable[[Q], dict[str, Any]],
    refuse: Callable[[list[str]], None] = lambda kinds: None,
) -> Response:
    """A page, newest first.

    :param names: the parameter with the types, the member with the rows.
    :param refuse: raises for types that are not listed.
    :raises SpError: 400.
    """
    token = args.get("nextToken")
    if token:
        if set(args) - {"nextToken"}:
            raise invalid("'nextToken' cannot be combined with other parameters.")
        data = unpack_token(token, room.now())
        rows = [each for each in map(table.get, data["ids"]) if each is not None]
        size = int(data["size"])
    else:
        kinds = csv_of(args, names[0], most=10)
        if not kinds:
            raise invalid(f"'{names[0]}' or 'nextToken' is required.")
        refuse(kinds)
        size = whole(args, "pageSize", 10, 1, 100)
        rows = _found(room, args, table, kinds)
    body: dict[str, Any] = {names[1]: [shown(each) for each in rows[:size]]}
    if len(rows) > size:
        life = timedelta(seconds=room.settings.page_token_seconds)
        rest = [each.id for each in rows[size:]]
        until = (room.now() + life).timestamp()
        body["nextToken"] = pack_token({"ids": rest, "size": size, "x": until})
    return json_response(body)


def _found(
    room: AmazonRoom, args: MultiDict[str, str], table: Table[Q], kinds: list[str]
) -> list[Q]:
    places = csv_of(args, "marketplaceIds", most=10)
    statuses = csv_of(args, "processingStatuses", STATUSES)
    since = moment_of(args.get("createdSince"), "createdSince") or room.now() - KEPT
    until = moment_of(args.get("createdUntil"), "createdUntil") or room.now()
    return [
        each
        for each in reversed(table.values())
        if each.type in kinds
        and (not places or set(places) & set(each.marketplaces))
        and (not statuses or each.status in statuses)
        and since <= each.created <= until
    ]
