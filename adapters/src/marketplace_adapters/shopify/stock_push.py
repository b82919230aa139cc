"""The lane of stock: many variants and locations in one call, compared and set.

::

    known 5, wanted 7    changeFromQuantity 5, quantity 7      taken when Shopify has 5
    known 7, wanted 7    nothing
    never told           changeFromQuantity null               taken whatever Shopify has
    stale                one read of the location's levels, one more try with what was read
    stale again          again with the next push: somebody sells faster than we can look

A call is taken as a whole or not at all, so what is refused by name is left out and the rest is
sent once more. The key of a call follows from the push and its content: the same call again is
answered with the first answer.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from ..core.batches import chunks
from ..core.money import floor
from ..core.revision import revision
from ..core.types import InventoryState, ListingKey, PushItem, Submission
from .client import Client
from .failures import UserError, user_errors
from .generated.levels import Levels
from .generated.set_quantities import SetQuantities
from .ids import gid, number
from .limits import MAX_QUANTITIES
from .product_input import Json
from .product_read import Shapes
from .results import Told
from .settings import Settings

STALE = frozenset({"CHANGE_FROM_QUANTITY_STALE", "COMPARE_QUANTITY_STALE"})
NEW_KEY = frozenset({"IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"})
ROUNDS = 4
"""Calls of one chunk: as it is, without what is refused, with what was read, with a new key."""
SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "odoo-marketplace-suite/shopify")


@dataclass(frozen=True, slots=True)
class Level:
    """One quantity to be told."""

    item: PushItem
    inventory_item: str
    location: str
    quantity: int
    known: int | None

    def row(self) -> Json:
        """``InventoryQuantityInput``; the member to compare is always there."""
        return {
            "inventoryItemId": gid("InventoryItem", self.inventory_item),
            "locationId": gid("Location", self.location),
            "quantity": self.quantity,
            "changeFromQuantity": self.known,
        }


class StockPush:
    """Tells quantities of one account."""

    def __init__(self, client: Client, settings: Settings) -> None:
        self._client = client
        self._settings = settings
        self._shapes = Shapes(client)

    def push(self, items: Sequence[PushItem], key: str) -> Submission:
        """See the module.

        :raise AdapterError: nothing was told.
        """
        told = Told()
        owners = self._inventory_items(items)
        levels: list[Level] = []
        for item in items:
            levels += self._levels(item, owners, told)
        # By location, so that what turns out to be stale is read with one call for each.
        levels.sort(key=lambda one: one.location)
        parts = [list(part) for part in chunks(levels, MAX_QUANTITIES)]
        said = _Said(told, levels)
        told.each(parts, lambda part: self._part(part, key, said), _members)
        return told.submission()

    def _inventory_items(self, items: Sequence[PushItem]) -> dict[str, str]:
        known = {}
        for item in items:
            target = cast(ListingKey, item.target)
            known[target.external_id or ""] = target.extra.get("inventory_item_id") or ""
        lost = [variant for variant, found in known.items() if variant and not found]
        if lost:
            known |= {one: found for one, (_product, found) in self._shapes.owners(lost).items()}
        return known

    def _levels(self, item: PushItem, owners: Mapping[str, str], told: Told) -> list[Level]:
        state, key = cast(InventoryState, item.state), cast(ListingKey, item.target)
        inventory_item = owners.get(key.external_id or "", "")
        if not inventory_item:
            told.error(item, "unknown_variant", "Shopify does not have this variant.")
            return []
        wanted = dict(state.by_location)
        if not wanted and self._settings.location:
            wanted = {self._settings.location: state.quantity}
        if not wanted:
            text = (
                "No location of the shop is connected with a warehouse; choose it in the account."
            )
            told.error(item, "no_location", text)
            return []
        found = []
        for location, value in wanted.items():
            quantity = floor(value) if state.in_stock or state.by_location else 0
            known = floor(state.known[location]) if location in state.known else None
            # What Shopify acknowledged is not said again: a sale since then would be undone.
            if known != quantity:
                found.append(Level(item, inventory_item, location, quantity, known))
        if not found:
            told.success(item)
        return found

    # === ONE CALL === #

    def _part(self, part: list[Level], key: str, said: _Said) -> None:
        left, salt, read = part, "", False
        for _round in range(ROUNDS):
            if not left:
                return
            errors = self._set(left, key, salt)
            if not errors:
                said.done(left)
                return
            stale = [one for one in errors if one.code in STALE]
            if stale and read:
                break
            if stale:
                left, read = self._reread(left), True
            elif any(one.code in NEW_KEY for one in errors):
                salt = f"{salt}+"
            else:
                left = said.without(left, errors)
        said.busy(left)

    def _set(self, part: Sequence[Level], key: str, salt: str) -> tuple[UserError, ...]:
        given = {
            "name": "available",
            "reason": "correction",
            "referenceDocumentUri": f"odoo://push/{uuid.uuid5(SPACE, key)}",
            "quantities": [one.row() for one in part],
        }
        name = f"{key}|{salt}|{revision(given)}"
        variables = {"input": given, "key": str(uuid.uuid5(SPACE, name))}
        reply = self._client.call(SetQuantities, variables).inventorySetQuantities
        rows = reply.userErrors if reply else ()
        return user_errors(rows, self._client.transport.masker)

    def _reread(self, part: Sequence[Level]) -> list[Level]:
        """The levels with what Shopify has now."""
        found: dict[tuple[str, str], int] = {}
        for location in dict.fromkeys(one.location for one in part):
            wanted = [one.inventory_item for one in part if one.location == location]
            for ids in chunks(list(dict.fromkeys(wanted)), MAX_QUANTITIES):
                found |= self._read(ids, location)
        return [replace(one, known=found.get((one.inventory_item, one.location))) for one in part]

    def _read(self, items: Iterable[str], location: str) -> dict[tuple[str, str], int]:
        variables = {
            "ids": [gid("InventoryItem", one) for one in items],
            "location": gid("Location", location),
        }
        found = {}
        for node in self._client.call(Levels, variables).nodes:
            level = getattr(node, "inventoryLevel", None)
            if level is not None and level.quantities:
                one = number(getattr(node, "id", ""))
                found[(one, location)] = level.quantities[0].quantity
        return found


class _Said:
    """An item is told when all of its locations are."""

    def __init__(self, told: Told, levels: Iterable[Level]) -> None:
        self._told = told
        self._open: dict[str, tuple[PushItem, int]] = {}
        for one in levels:
            count = self._open.get(one.item.ref, (one.item, 0))[1]
            self._open[one.item.ref] = (one.item, count + 1)

    def done(self, levels: Iterable[Level]) -> None:
        """These were taken."""
        for one in levels:
            item, count = self._open[one.item.ref]
            self._open[one.item.ref] = (item, count - 1)
            if count == 1:
                self._told.success(item)

    def without(self, levels: list[Level], errors: Iterable[UserError]) -> list[Level]:
        """Those that Shopify does not name; the named ones are refused."""
        out: set[int] = set()
        for error in errors:
            place = error.index("quantities")
            places = range(len(levels)) if place is None or place >= len(levels) else (place,)
            for one in places:
                self._told.refused(levels[one].item, error)
                out.add(one)
        return [level for place, level in enumerate(levels) if place not in out]

    def busy(self, levels: Iterable[Level]) -> None:
        """These are told with the next push."""
        for one in levels:
            text = "Shopify's stock changed while it was told; it is told again."
            self._told.again(one.item, "CHANGE_FROM_QUANTITY_STALE", text)


def _members(part: Sequence[Level]) -> list[PushItem]:
    return list({one.item.ref: one.item for one in part}.values())
