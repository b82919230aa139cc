"""Turning pages of connections, within what a call may cost. Lists inside of lists are put together
before anybody reads them, so that a document is always whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..core.errors import InvalidError, ServerError
from ..core.shape import as_object, member, text
from . import cost
from .client import Client
from .wording import flag

MOST_PAGES = 10_000
"""Pages of one list; more is a list that never ends."""
SHARE = 0.95
"""Of the points that a call may cost."""


def size(name: str, variables: Mapping[str, Any], counted: str = "first", most: int = 250) -> int:
    """How many rows of a document one call can pay; at least 1.

    :param counted: the variable that says how many.
    """
    one = cost.cost(name, {**variables, counted: 1})
    two = cost.cost(name, {**variables, counted: 2})
    each = max(1, two - one)
    room = int(cost.MOST * SHARE) - (one - each)
    return max(1, min(most, room // each))


def pages(
    client: Client, name: str, variables: Mapping[str, Any], root: str
) -> Iterator[list[Any]]:
    """All pages of a connection at the root, as lists of nodes.

    :raise InvalidError: an answer without the connection.
    """
    after: str | None = None
    for _page in range(MOST_PAGES):
        data = client.run(name, {**variables, "after": after})
        found = as_object(data.get(root), root)
        nodes = found.get("nodes")
        if not isinstance(nodes, list):
            raise InvalidError(f"{root}.nodes must be a list.", code="bad_shape")
        yield nodes
        cursor = text(found, "pageInfo", "endCursor")
        if not flag(found.get("pageInfo"), "hasNextPage") or not cursor or cursor == after:
            return
        after = cursor
    raise ServerError(f"The list {root} does not end.", code="endless_list")


def whole(
    client: Client,
    owner: Mapping[str, Any],
    name: str,
    document: str,
    root: str,
    each: Callable[[Mapping[str, Any]], None] | None = None,
) -> None:
    """Put a nested connection together in place: the further pages of ``owner[name]``.

    :param document: reads further pages by ``$id``, ``$first`` and ``$after``.
    :param root: its root field.
    :param each: looks after every row, e.g. for connections inside of it.
    """
    found = owner.get(name)
    if not isinstance(found, dict) or not isinstance(found.get("nodes"), list):
        return
    nodes = found["nodes"]
    info = found.pop("pageInfo", None)
    seen = 0
    while flag(info, "hasNextPage") and text(info, "endCursor"):
        variables = {"id": text(owner, "id"), "after": text(info, "endCursor")}
        rows = size(document, variables)
        data = client.run(document, {**variables, "first": rows})
        part = member(data, root, name)
        more = part.get("nodes")
        nodes += more if isinstance(more, list) else []
        following = member(part, "pageInfo")
        if text(following, "endCursor") == variables["after"]:
            break
        info = following
        seen += 1
        if seen > MOST_PAGES:
            raise ServerError(f"The list {name} does not end.", code="endless_list")
    if each is not None:
        for one in nodes:
            if isinstance(one, dict):
                each(one)
