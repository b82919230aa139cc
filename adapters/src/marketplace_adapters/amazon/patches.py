"""What is told of one listing in one call or message: all kinds of a target together. Pure.

::

    delete among them          DELETE              everything else of the target is void
    a product that is new      PUT / UPDATE        the whole item, with what comes along
    else                       PATCH               replace what is there, delete what is gone
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from ..core.errors import RejectedError
from ..core.types import (
    DeleteState,
    ItemResult,
    Kind,
    ListingKey,
    Outcome,
    ProductState,
    PushItem,
    RelationshipState,
)
from .payloads import (
    Attributes,
    attributes,
    is_new,
    product_type_of,
    requirements_of,
    sku_of,
)
from .settings import Settings

Way = Literal["put", "patch", "delete"]


@dataclass(slots=True)
class Change:
    """One target and what is told of it.

    :param kinds: attribute → kind that set it, to say whose an issue is.
    """

    sku: str
    key: ListingKey
    way: Way
    items: list[PushItem]
    product_type: str = ""
    requirements: str = ""
    attributes: Attributes = field(default_factory=dict)
    kinds: dict[str, Kind] = field(default_factory=dict)

    def put_body(self, market: str = "") -> dict[str, Any]:
        """ListingsItemPutRequest.

        :param market: only what belongs to this marketplace, or to none.
        """
        told = {
            name: rows
            for name, values in self.attributes.items()
            if (rows := [row for row in values if not market or _in(row, market)])
        }
        return {
            "productType": self.product_type,
            "requirements": self.requirements,
            "attributes": told,
        }

    def patches(self, settings: Settings) -> list[dict[str, Any]]:
        """Operations that bring the listing to these attributes."""
        found = []
        for name, rows in self.attributes.items():
            path = f"/attributes/{name}"
            if rows:
                found.append({"op": "replace", "path": path, "value": rows})
            else:
                gone = [{"marketplace_id": market} for market in settings.ids]
                found.append({"op": "delete", "path": path, "value": gone})
        return found

    def patch_body(self, settings: Settings) -> dict[str, Any]:
        """ListingsItemPatchRequest."""
        return {"productType": self.product_type, "patches": self.patches(settings)}

    def message(self, number: int, settings: Settings) -> dict[str, Any]:
        """A message of a listings feed (X listings-feed-message-schema-v2)."""
        head: dict[str, Any] = {"messageId": number, "sku": self.sku}
        if self.way == "delete":
            return head | {"operationType": "DELETE"}
        if self.way == "put":
            return head | {"operationType": "UPDATE"} | self.put_body()
        return head | {"operationType": "PATCH"} | self.patch_body(settings)


def changes(
    items: Iterable[PushItem], settings: Settings, now: datetime
) -> tuple[list[Change], list[ItemResult]]:
    """Changes in the order of their first items, and results of items that need no call."""
    results: list[ItemResult] = []
    by_sku: dict[str, list[PushItem]] = {}
    for item in items:
        try:
            if not isinstance(item.target, ListingKey):
                raise RejectedError("A product is needed, not an order.", code="unsupported")
            by_sku.setdefault(sku_of(item.target), []).append(item)
        except RejectedError as error:
            results.append(refusal(item, error))
    found = (_change(sku, group, settings, now, results) for sku, group in by_sku.items())
    return [one for one in found if one is not None], results


def _change(
    sku: str,
    items: Sequence[PushItem],
    settings: Settings,
    now: datetime,
    results: list[ItemResult],
) -> Change | None:
    # Later items of a target know more of it, e.g. an id learned meanwhile.
    key = items[-1].target
    assert isinstance(key, ListingKey)
    if any(isinstance(item.state, DeleteState) for item in items):
        return Change(sku, key, "delete", list(items))
    product = next((i.state for i in items if isinstance(i.state, ProductState)), None)
    new = product is not None and is_new(key)
    change = Change(sku, key, "put" if new else "patch", [], product_type_of(key, product))
    for item in items:
        try:
            if isinstance(item.state, ProductState):
                change.requirements = requirements_of(item.state)
            _require_market(settings)
            told = attributes(key, item.state, settings, now, new=new)
        except RejectedError as error:
            results.append(refusal(item, error))
            continue
        change.items.append(item)
        change.attributes |= told
        change.kinds |= dict.fromkeys(told, item.kind)
    if new and not any(isinstance(item.state, ProductState) for item in change.items):
        # Without its product there is nothing that a price could belong to.
        results += [_without_product(item) for item in change.items]
        return None
    if not change.attributes:
        results += [ItemResult(item.ref, Outcome.SUCCESS) for item in change.items]
        return None
    return change


def as_patch(change: Change, settings: Settings, now: datetime) -> Change:
    """The same for a listing that Amazon has already: nothing that is not told is taken away."""
    found = Change(change.sku, change.key, "patch", change.items, change.product_type)
    for item in change.items:
        told = attributes(change.key, item.state, settings, now)
        found.attributes |= told
        found.kinds |= dict.fromkeys(told, item.kind)
    return found


def untold(item: PushItem) -> bool:
    """Whether part of the item cannot be told: Amazon has no attribute for accessories (X8)."""
    return isinstance(item.state, RelationshipState) and bool(item.state.accessories)


def refusal(item: PushItem, error: RejectedError) -> ItemResult:
    """What we know that Amazon would refuse."""
    return ItemResult(item.ref, Outcome.ERROR, error.code or "refused", error.message)


def _without_product(item: PushItem) -> ItemResult:
    text = "The product itself cannot be told, so nothing else of it can."
    return ItemResult(item.ref, Outcome.RETRY, "no_product", text)


def _require_market(settings: Settings) -> None:
    if not settings.markets:
        raise RejectedError("The account names no marketplace.", code="no_marketplace")


def _in(row: dict[str, Any], market: str) -> bool:
    return bool(row.get("marketplace_id", market) == market)
