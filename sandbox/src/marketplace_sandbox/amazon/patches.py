"""JSON Patch operations on the attributes of a listing: add, replace, merge, delete.

A patch works on one whole attribute, ``/attributes/<name>``. add and replace put the value in the
place of all entries of these marketplaces. merge changes members of the entry that has the same
selectors, and is possible for offers and availability only. delete takes out the entries that
have the members of the value, or all when there is no value.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from . import validation as v
from .attributes import ATTRIBUTES
from .validation import Issue, issue

PREFIX = "/attributes/"
MERGEABLE = ("purchasable_offer", "fulfillment_availability")
DEFAULTS = {"audience": "ALL"}


def belongs(entry: dict[str, Any], market: str) -> bool:
    """Whether an entry counts in a marketplace."""
    return entry.get("marketplace_id") in (None, market)


@dataclass
class Touched:
    """Attributes on their way through patches: the names that were touched, and if any went."""

    attributes: dict[str, list[dict[str, Any]]]
    names: set[str] = field(default_factory=set)
    removed: bool = False


def apply_patches(touched: Touched, patches: Any, markets: list[str]) -> list[Issue]:
    """Apply all; the first that is wrong is told and the rest is left alone."""
    if not isinstance(patches, list) or not patches:
        return [_wrong("'patches' must be a list with at least one operation.")]
    for patch in patches:
        problem = _apply(touched, patch, markets)
        if problem is not None:
            return [problem]
    return []


def _wrong(text: str, *names: str) -> Issue:
    return issue(v.BAD_PATCH, text, *names)


def _apply(touched: Touched, patch: Any, markets: list[str]) -> Issue | None:
    if not isinstance(patch, dict):
        return _wrong("A patch must be an object.")
    op, path, value = patch.get("op"), patch.get("path"), patch.get("value")
    if op not in ("add", "replace", "merge", "delete"):
        return _wrong(f"Invalid patch operation '{str(op)[:40]}'.")
    name = path[len(PREFIX) :] if isinstance(path, str) and path.startswith(PREFIX) else ""
    if not name or "/" in name:
        text = f"Invalid path '{str(path)[:80]}': only whole attributes can be patched."
        return _wrong(text)
    if value is None and op != "delete":
        return _wrong(f"The operation '{op}' of '{name}' needs a value.", name)
    if value is not None and (
        not isinstance(value, list) or not all(isinstance(each, dict) for each in value)
    ):
        return _wrong(f"The value of '{name}' must be a list of objects.", name)
    if op == "merge" and name not in MERGEABLE:
        return _wrong(f"The operation 'merge' is not possible for '{name}'.", name)
    touched.names.add(name)
    entries = touched.attributes.get(name, [])
    if op == "merge":
        touched.attributes[name] = _merged(name, entries, value or [], markets)
    elif op == "delete":
        touched.removed = True
        touched.attributes[name] = _without(entries, value, markets)
        if not touched.attributes[name]:
            del touched.attributes[name]
    else:
        touched.attributes[name] = [
            *(each for each in entries if not any(belongs(each, market) for market in markets)),
            *copy.deepcopy(value or []),
        ]
    return None


def _selected(name: str, entry: dict[str, Any], markets: list[str]) -> tuple[Any, ...]:
    """The values of the selectors, with those that are understood when they are left out."""
    found = []
    for selector in ATTRIBUTES[name]["selectors"]:
        default = markets[0] if selector == "marketplace_id" else DEFAULTS.get(selector)
        found.append(entry.get(selector, default))
    return tuple(found)


def _merged(
    name: str, entries: list[dict[str, Any]], value: list[dict[str, Any]], markets: list[str]
) -> list[dict[str, Any]]:
    result = copy.deepcopy(entries)
    for change in value:
        key = _selected(name, change, markets)
        for entry in result:
            if _selected(name, entry, markets) == key:
                entry.update(copy.deepcopy(change))
                break
        else:
            result.append(copy.deepcopy(change))
    return result


def _without(
    entries: list[dict[str, Any]], value: list[dict[str, Any]] | None, markets: list[str]
) -> list[dict[str, Any]]:
    def goes(entry: dict[str, Any]) -> bool:
        if not any(belongs(entry, market) for market in markets):
            return False
        if not value:
            return True
        full = {**DEFAULTS, "marketplace_id": markets[0], **entry}
        return any(all(full.get(k) == each[k] for k in each) for each in value)

    return [each for each in entries if not goes(each)]
