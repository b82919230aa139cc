"""What is told of one product: the items that belong together, and what they say. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from ..core.types import ImageState, ListingKey, OverrideState, ProductState, PushItem
from .ids import gid
from .product_input import Fields, Json, emptied, image_files, partner


@dataclass(slots=True)
class Group:
    """The items of one product."""

    product_id: str = ""
    items: list[PushItem] = field(default_factory=list)

    def of(self, state: type[Any]) -> list[PushItem]:
        """The items with a state of that type."""
        return [item for item in self.items if isinstance(item.state, state)]

    @property
    def product(self) -> Fields:
        """What is to be told of the product as a whole; the first item that says something."""
        for item in self.of(ProductState):
            state = cast(ProductState, item.state)
            own = state.attributes.get("product")
            if isinstance(own, Mapping):
                return own
            plain = {"title": state.title, "description_html": state.description}
            if state.published is not None:
                plain["status"] = "ACTIVE" if state.published else "DRAFT"
            return plain
        return {}

    @property
    def variants(self) -> Sequence[Fields]:
        """All variants that Odoo has of it."""
        for item in self.of(ProductState):
            found = cast(ProductState, item.state).attributes.get("variants")
            if isinstance(found, Sequence) and found:
                return found
        return [variant_of(item) for item in self.of(ProductState)]

    @property
    def files(self) -> list[Json] | None:
        """Its images; ``None`` when nothing is said of them."""
        states = [cast(ImageState, item.state) for item in self.of(ImageState)]
        if not states:
            return None
        found: dict[str, Json] = {}
        for state in states:
            for row in image_files(state):
                found.setdefault(row["originalSource"], row)
        return list(found.values())

    @property
    def grows(self) -> bool:
        """Whether Odoo has variants that Shopify does not have."""
        return any(not one.get("id") for one in self.variants)


def variant_of(item: PushItem) -> Fields:
    """What is to be told of the variant; our key and its id are always there."""
    state, key = item.state, cast(ListingKey, item.target)
    own = state.attributes.get("variant") if isinstance(state, ProductState) else None
    found = dict(own) if isinstance(own, Mapping) else {}
    if isinstance(state, ProductState) and not found:
        found = {"barcode": state.barcode, "weight_kg": state.weight_kg, "sku": key.sku}
    if key.external_id:
        found["id"] = key.external_id
    if key.internal_id:
        found.setdefault("key", key.internal_id)
    return found


def grouped(items: Iterable[PushItem]) -> list[Group]:
    """The items by product, in the order in which they came.

    A product is known by its id, by our own key of it (of a listing that is new,
    ``extra["product_key"]``), or by neither; who names both brings them together.
    """
    named = [(item, product_id_of(item), product_key_of(item)) for item in items]
    ids = {own: known for _item, known, own in named if known and own}
    groups: dict[str, Group] = {}
    for item, known, own in named:
        known = known or ids.get(own, "")
        key = cast(ListingKey, item.target)
        name = known or (f"key:{own}" if own else f"item:{key.external_id or item.ref}")
        groups.setdefault(name, Group(known)).items.append(item)
    return list(groups.values())


def removals(group: Group) -> list[Json]:
    """Metafields of the product and of its variants that are to have no value any more."""
    found = emptied(gid("Product", group.product_id), group.product)
    for item in group.of(ProductState):
        variant = variant_of(item)
        if variant.get("id"):
            found += emptied(gid("ProductVariant", str(variant["id"])), variant)
    return found


def publications(group: Group, managed: Sequence[str]) -> tuple[list[Json], list[Json]]:
    """Where the product is to be seen, and where of the account's publications not."""
    told = [cast(OverrideState, item.state).values for item in group.of(OverrideState)]
    if all(values.get("publications") is None for values in told):
        return [], []
    wanted: dict[str, None] = {}
    for item in group.of(OverrideState):
        for one in cast(OverrideState, item.state).values.get("publications") or ():
            wanted[str(one)] = None
    off = [one for one in managed if one not in wanted]
    return [_publication(one) for one in wanted], [_publication(one) for one in off]


def _publication(one: str) -> Json:
    return {"publicationId": gid("Publication", one)}


def _told_of_product(item: PushItem) -> Fields:
    state = item.state
    product = state.attributes.get("product") if isinstance(state, ProductState) else None
    return product if isinstance(product, Mapping) else {}


def product_id_of(item: PushItem) -> str:
    """Shopify's id of the item's product; empty when nobody says it."""
    known = cast(ListingKey, item.target).extra.get("product_id")
    return str(known or _told_of_product(item).get("id") or "")


def product_key_of(item: PushItem) -> str:
    """Our own key of the item's product; empty when nobody says it."""
    own = _told_of_product(item).get("key")
    return str(own or cast(ListingKey, item.target).extra.get("product_key") or "")


def learned(product_id: str, own: Fields, known: Sequence[Fields]) -> dict[str, str]:
    """The ids of a variant that Shopify has now."""
    found = partner(own, known) or next(
        (one for one in known if own.get("sku") and one["sku"] == own["sku"]), None
    )
    if found is None and len(known) == 1:
        found = known[0]
    told = {"product_id": product_id}
    if found is not None:
        told |= {"external_id": found["id"], "inventory_item_id": found["item"]}
    return told
