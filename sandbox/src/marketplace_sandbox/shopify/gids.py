"""Global ids: ``gid://shopify/Product/123`` and the number in it."""

from __future__ import annotations

import re

_GID = re.compile(r"gid://shopify/([A-Za-z]+)/(\d{1,19})(?:\?(.*))?", re.ASCII)


class BadGid(ValueError):  # noqa: N818 - reads as a verdict on a value
    """Not a global id, or one of another type."""


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def parse(text: str) -> tuple[str, int, str]:
    """Type, number and query part. :raises BadGid: no global id."""
    match = _GID.fullmatch(text)
    if match is None:
        raise BadGid(f"Invalid global id '{text[:100]}'")
    return match[1], int(match[2]), match[3] or ""


def number_of(text: str, *kinds: str) -> int:
    """The number of an id of one of these types. :raises BadGid: anything else."""
    kind, number, _ = parse(text)
    if kind not in kinds:
        raise BadGid(f"Invalid id: {text[:100]}")
    return number


def level_gid(item: int, location: int) -> str:
    """An inventory level: the number stands for the place, the query part for the item."""
    return f"gid://shopify/InventoryLevel/{location}?inventory_item_id={item}"


def level_of(text: str) -> tuple[int, int]:
    """(item, location) of an inventory level's id. :raises BadGid: it is none."""
    kind, location, query = parse(text)
    name, _, item = query.partition("=")
    if kind != "InventoryLevel" or name != "inventory_item_id" or not item.isdigit():
        raise BadGid(f"Invalid id: {text[:100]}")
    return int(item), location
