"""Quantities per item and location: changes from all sides, and how the API sets them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .errors import FieldError, UserErrors, refuse, user_error
from .gids import BadGid, gid, level_gid, level_of, number_of
from .model import NAMES, Item, Level, quantity_of
from .paging import listed
from .part import Context, Part
from .registry import Resolvers
from .rest import level_body

if TYPE_CHECKING:
    from ..room import Exchange

MOST = 1_000_000_000
REASONS = frozenset(
    (
        "correction",
        "cycle_count_available",
        "damaged",
        "movement_canceled",
        "movement_created",
        "movement_received",
        "movement_updated",
        "other",
        "promotion",
        "quality_control",
        "received",
        "reservation_created",
        "reservation_deleted",
        "reservation_updated",
        "restock",
        "safety_stock",
        "shrinkage",
    )
)
_URI = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)


class Stock(Part):
    """All quantities of the shop. The rows themselves are the catalogue's items."""

    def level(self, item: int, location: int) -> Level | None:
        found = self.room.catalogue.items.get(item)
        row = found.levels.get(str(location)) if found else None
        return None if found is None or row is None else Level(found, location, row)

    def available(self, item: int, location: int) -> int:
        found = self.level(item, location)
        return quantity_of(found.row, "available") if found else 0

    def levels_of_location(self, location: int, query: str | None = None, **args: Any) -> Any:
        """Connection of a location's levels, by item."""
        key = str(location)
        rows = [Level(each, location, each.levels[key]) for each in
                self.room.catalogue.items.values() if key in each.levels]  # fmt: skip
        return listed(rows, **args)

    def change(
        self,
        item: int,
        location: int,
        *,
        ctx: Context | None = None,
        tell: bool = True,
        **deltas: int,
    ) -> None:
        """Move quantities of an item by so much: ``available=-2, committed=2``.

        The level is made when the item was never at this location. ``on_hand`` moves
        ``available``. A change of ``available`` is told to the subscribers of
        INVENTORY_LEVELS_UPDATE.

        :raises KeyError: there is no such item.
        """
        found: Item = self.room.catalogue.items[item]
        level = self._level(found, location, self.room.now())
        before = quantity_of(level, "available")
        for name, delta in deltas.items():
            stored = "available" if name == "on_hand" else name
            if stored not in NAMES:
                raise ValueError(f"unknown quantity {name}")
            level[stored] = int(level.get(stored, 0)) + delta
        self._changed(found, location, before, ctx, tell)

    @staticmethod
    def _level(item: Item, location: int, now: datetime) -> dict[str, Any]:
        return item.levels.setdefault(
            str(location), {"available": 0, "updated": now, "created": now}
        )

    def _changed(
        self, item: Item, location: int, before: int, ctx: Context | None, tell: bool = True
    ) -> None:
        level, room = item.levels[str(location)], self.room
        level["updated"] = room.now()
        after = quantity_of(level, "available")
        room.catalogue.items.put(item)
        room.acceptances.note(
            "quantity", after, after != before, ctx,
            sku=item.sku, item=item.id, variant=item.variant, location=location,
        )  # fmt: skip
        if tell and after != before:
            room.events.publish(
                "INVENTORY_LEVELS_UPDATE", lambda: level_body(item, location), str(item.id)
            )

    def disturb(self, exchange: Exchange, by: int) -> None:
        """For the fault ``stale``: somebody else changes every level that a call names."""
        text = exchange.body.decode("utf-8", "replace")
        items = dict.fromkeys(re.findall(r"gid://shopify/InventoryItem/(\d+)", text))
        places = dict.fromkeys(re.findall(r"gid://shopify/Location/(\d+)", text))
        for item in items:
            for place in places:
                if self.level(int(item), int(place)) is not None:
                    self.change(int(item), int(place), available=by)

    # === THE API === #

    def resolvers(self) -> Resolvers:
        found = Resolvers()
        write = "write_inventory"
        found.types({"InventoryLevel": ("read_inventory",)})
        found.mutation("inventorySetQuantities", write, idempotent=True)(self._set)
        found.mutation("inventoryAdjustQuantities", write, idempotent=True)(self._adjust)
        found.mutation("inventoryActivate", write, idempotent=True)(self._activate)
        found.query("inventoryLevel")(lambda ctx, id: self.level(*level_of(id)))
        values: dict[str, Any] = {
            "id": lambda row, ctx: level_gid(row.item.id, row.location),
            "location": lambda row, ctx: self.room.locations.get(row.location),
            "quantities": lambda row, ctx, names: [_quantity(row, each) for each in names],
            "isActive": lambda row, ctx: True,
            "canDeactivate": lambda row, ctx: True,
            "deactivationAlert": lambda row, ctx: None,
            "createdAt": lambda row, ctx: row.row["created"],
            "updatedAt": lambda row, ctx: row.row["updated"],
        }
        for name, function in values.items():
            found.field(f"InventoryLevel.{name}")(function)
        return found

    def _set(self, ctx: Context, input: dict[str, Any]) -> Any:
        name, rows = input["name"], input["quantities"]
        most = int(self.room.settings.quantities_most)
        if len(rows) > most:
            raise FieldError(
                f"The input array size of {len(rows)} is greater than the maximum allowed of "
                f"{most}.",
                "MAX_INPUT_SIZE_EXCEEDED",
            )
        if name not in ("available", "on_hand"):
            raise refuse(["input", "name"], "The quantity name must be either 'available' or "
                         "'on_hand'.", "INVALID_NAME")  # fmt: skip
        self._check_reason(input)
        planned: list[tuple[Item, int, int]] = []
        errors: list[dict[str, Any]] = []
        for index, row in enumerate(rows):
            path = ["input", "quantities", index]
            if "changeFromQuantity" not in row:
                raise FieldError(
                    "The changeFromQuantity argument is required: give the quantity to compare "
                    "with, or null to skip the comparison.",
                    "BAD_REQUEST",
                )
            try:
                planned.append(self._plan(name, row, path, row["quantity"]))
            except UserErrors as error:
                errors += error.errors
        pairs = Counter((item.id, place) for item, place, _ in planned)
        if any(count > 1 for count in pairs.values()):
            errors.append(user_error(
                ["input", "quantities"], "The combination of inventoryItemId and locationId must "
                "be unique.", "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR",
            ))  # fmt: skip
        if errors:
            raise UserErrors(errors)
        return self._apply(ctx, name, planned, input)

    def _adjust(self, ctx: Context, input: dict[str, Any]) -> Any:
        name = input["name"]
        if name not in NAMES or name == "on_hand":
            raise refuse(["input", "name"], "The specified quantity name is invalid.",
                         "INVALID_QUANTITY_NAME")  # fmt: skip
        self._check_reason(input)
        planned: list[tuple[Item, int, int]] = []
        for index, row in enumerate(input["changes"]):
            if "changeFromQuantity" not in row:
                raise FieldError("The changeFromQuantity argument is required.", "BAD_REQUEST")
            path = ["input", "changes", index]
            item, place, now = self._plan(name, row, path, 0)
            planned.append((item, place, now + self._current(item, place, name) + row["delta"]))
        return self._apply(ctx, name, planned, input)

    @staticmethod
    def _current(item: Item, place: int, name: str) -> int:
        return quantity_of(item.levels.get(str(place), {}), name)

    def _check_reason(self, data: dict[str, Any]) -> None:
        if data["reason"] not in REASONS:
            raise refuse(["input", "reason"], "The specified reason is invalid.", "INVALID_REASON")
        uri = data.get("referenceDocumentUri")
        if uri is not None and not _URI.fullmatch(uri):
            raise refuse(["input", "referenceDocumentUri"], "The specified reference document is "
                         "invalid.", "INVALID_REFERENCE_DOCUMENT")  # fmt: skip

    def _plan(
        self, name: str, row: dict[str, Any], path: Sequence[Any], wanted: int
    ) -> tuple[Item, int, int]:
        try:
            item = self.room.catalogue.items.get(number_of(row["inventoryItemId"], "InventoryItem"))
        except BadGid:
            item = None
        if item is None:
            raise refuse([*path, "inventoryItemId"], "The specified inventory item could not be "
                         "found.", "INVALID_INVENTORY_ITEM")  # fmt: skip
        try:
            place = self.room.locations.get(number_of(row["locationId"], "Location"))
        except BadGid:
            place = None
        if place is None or not place.active:
            raise refuse([*path, "locationId"], "The specified location could not be found.",
                         "INVALID_LOCATION")  # fmt: skip
        compared = row["changeFromQuantity"]
        if compared is not None and compared != self._current(item, place.id, name):
            raise refuse(
                [*path, "changeFromQuantity"],
                "The changeFromQuantity argument no longer matches the persisted quantity.",
                "CHANGE_FROM_QUANTITY_STALE",
            )
        if wanted > MOST:
            raise refuse([*path, "quantity"], f"The quantity can't be higher than {MOST:,}.",
                         "INVALID_QUANTITY_TOO_HIGH")  # fmt: skip
        if wanted < -MOST:
            raise refuse([*path, "quantity"], f"The quantity can't be lower than -{MOST:,}.",
                         "INVALID_QUANTITY_TOO_LOW")  # fmt: skip
        return item, place.id, wanted

    def _apply(
        self,
        ctx: Context,
        name: str,
        planned: Sequence[tuple[Item, int, int]],
        data: dict[str, Any],
    ) -> Any:
        changes: list[dict[str, Any]] = []
        for item, place, wanted in planned:
            level = self._level(item, place, ctx.now)
            delta = wanted - quantity_of(level, name)
            before = quantity_of(level, "available")
            stored = "available" if name == "on_hand" else name
            level[stored] = int(level.get(stored, 0)) + delta
            self._changed(item, place, before, ctx)
            names = {name, "on_hand"} | ({"available"} if stored == "available" else set())
            if delta:
                changes += [
                    {"name": each, "delta": delta, "item": item, "ledgerDocumentUri": None,
                     "location": self.room.locations.get(place),
                     "quantityAfterChange": quantity_of(level, each)}
                    for each in sorted(names)
                ]  # fmt: skip
        if not changes:
            return {"inventoryAdjustmentGroup": None, "userErrors": []}
        group = {
            "__typename": "InventoryAdjustmentGroup",
            "id": gid("InventoryAdjustmentGroup", self.room.next_id("adjustment", 10_001)),
            "createdAt": ctx.now,
            "reason": data["reason"],
            "referenceDocumentUri": data.get("referenceDocumentUri"),
            "app": {"app": ctx.access.app},
            "changes": changes,
        }
        return {"inventoryAdjustmentGroup": group, "userErrors": []}

    def _activate(
        self,
        ctx: Context,
        inventory_item_id: str,
        location_id: str,
        available: int | None = None,
        on_hand: int | None = None,
        stock_at_legacy_location: bool = False,
    ) -> Any:
        item = self.room.catalogue.items.get(number_of(inventory_item_id, "InventoryItem"))
        place = self.room.locations.get(number_of(location_id, "Location"))
        if item is None or place is None or not place.active:
            field = "inventoryItemId" if item is None else "locationId"
            raise refuse([field], "The product couldn't be stocked there: it was not found.")
        if available is not None and on_hand is not None:
            raise refuse(["available"], "Cannot set both available and on_hand quantities.")
        if str(place.id) in item.levels and (available is not None or on_hand is not None):
            raise refuse(["available"], "Not allowed to set available quantity when the item is "
                         "already active at the location.")  # fmt: skip
        level = self._level(item, place.id, ctx.now)
        before = quantity_of(level, "available")
        level["available"] = before + (available or on_hand or 0)
        self._changed(item, place.id, before, ctx)
        return {"inventoryLevel": self.level(item.id, place.id), "userErrors": []}


def _quantity(row: Level, name: str) -> dict[str, Any]:
    if name not in NAMES:
        raise FieldError(f"Invalid quantity name: {name[:40]}", "BAD_REQUEST")
    number = f"{row.location}?inventory_item_id={row.item.id}&name={name}"
    return {
        "id": f"gid://shopify/InventoryQuantity/{number}",
        "name": name,
        "quantity": quantity_of(row.row, name),
        "updatedAt": row.row["updated"],
    }
