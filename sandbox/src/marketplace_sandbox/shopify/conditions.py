"""Conditions of collections: what they compare, how they are written and read.

A condition is kept as ``{"id", "kind", "relation", "match", "values"}``; `kind` is the member of
the input. Values are texts, for a category ``{"categoryId", "includeDescendants"}``, for price and
inventory of variants one number; these fit when any variant does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .catalogue_api import category_object, total_of
from .gids import gid
from .model import Product
from .values import money_v2

if TYPE_CHECKING:
    from .room import ShopifyRoom

PREFIX = "CollectionSourceInclusionCondition"
TEXTS: dict[str, Callable[[Product], list[str]]] = {
    "productTag": lambda row: row.tags,
    "productType": lambda row: [row.product_type],
    "productVendor": lambda row: [row.vendor],
    "productTitle": lambda row: [row.title],
    "productStatus": lambda row: [row.status],
}
NUMBERS = ("variantPrice", "variantInventory")
_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "EQUALS": lambda found, wanted: bool(found == wanted),
    "TAGGED_WITH": lambda found, wanted: bool(found == wanted),
    "CONTAINS": lambda found, wanted: wanted in found,
    "STARTS_WITH": lambda found, wanted: bool(found.startswith(wanted)),
    "ENDS_WITH": lambda found, wanted: bool(found.endswith(wanted)),
    "GREATER_THAN": lambda found, wanted: bool(found > wanted),
    "LESS_THAN": lambda found, wanted: bool(found < wanted),
}
_OPPOSITES = {
    "NOT_EQUALS": "EQUALS",
    "NOT_TAGGED_WITH": "TAGGED_WITH",
    "DOES_NOT_CONTAIN": "CONTAINS",
}


def fits(room: ShopifyRoom, product: Product, source: Mapping[str, Any]) -> bool:
    """Whether a product matches a source's conditions; never, when it has none."""
    if not source["conditions"]:
        return False
    results = (_fits(room, product, each) for each in source["conditions"])
    return any(results) if source["match"] == "ANY" else all(results)


def _fits(room: ShopifyRoom, product: Product, condition: Mapping[str, Any]) -> bool:
    kind, relation = condition["kind"], condition["relation"]
    test = _TESTS[_OPPOSITES.get(relation, relation)]
    opposite = relation in _OPPOSITES
    if kind in NUMBERS:
        found = _numbers(room, product, kind)
        return any(test(each, condition["values"][0]) != opposite for each in found)
    if kind == "productCategory":
        results = [_in_category(product, each) != opposite for each in condition["values"]]
    else:
        texts = [each.casefold() for each in TEXTS[kind](product)]
        results = [
            any(test(each, value.casefold()) for each in texts) != opposite
            for value in condition["values"]
        ]
    return any(results) if condition["match"] == "ANY" else all(results)


def _numbers(room: ShopifyRoom, product: Product, kind: str) -> list[Any]:
    variants = room.catalogue.variants_of(product)
    if kind == "variantPrice":
        return [each.price for each in variants]
    return [total_of(room.catalogue.items[each.item]) for each in variants]


def _in_category(product: Product, value: Mapping[str, Any]) -> bool:
    wanted, own = value["categoryId"], product.category or ""
    return own == wanted or (bool(value["includeDescendants"]) and own.startswith(f"{wanted}-"))


def made(room: ShopifyRoom, given: Mapping[str, Any]) -> dict[str, Any]:
    """A row of an input, which has one member."""
    ((kind, data),) = given.items()
    row = {"id": room.next_id("condition", 13_001), "kind": kind, "relation": "", "match": None,
           "values": []}  # fmt: skip
    change(row, kind, data)
    return row


def change(row: dict[str, Any], kind: str, data: Mapping[str, Any]) -> None:
    """Take over what is there."""
    row["kind"] = kind
    row["relation"] = data.get("relation") or row["relation"]
    row["match"] = data.get("matchType") or row["match"]
    if data.get("value") is not None:
        value = data["value"]
        row["values"] = [value["amount"] if kind == "variantPrice" else value]
        if kind == "variantPrice":
            row["currency"] = value["currencyCode"]
    elif data.get("values") is not None:
        row["values"] = list(data["values"])


def described(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as its GraphQL type."""
    kind = row["kind"]
    found: dict[str, Any] = {
        "__typename": f"{PREFIX}{kind[0].upper()}{kind[1:]}",
        "id": gid(PREFIX, row["id"]),
        "relation": row["relation"],
        "matchType": row["match"],
    }
    if kind == "variantPrice":
        found["value"] = money_v2(row["values"][0], row["currency"])
    elif kind == "variantInventory":
        found["value"] = row["values"][0]
    elif kind == "productCategory":
        found["values"] = [
            {
                "category": category_object(each["categoryId"]),
                "includeDescendants": each["includeDescendants"],
            }
            for each in row["values"]
        ]
    else:
        found["values"] = row["values"]
    return found
