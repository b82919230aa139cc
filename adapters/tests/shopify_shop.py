"""Small helpers of the tests of what Shopify is told, on the sandbox."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from marketplace_adapters.core import (
    InventoryState,
    ItemResult,
    Kind,
    ListingKey,
    Money,
    OrderKey,
    Outcome,
    PriceState,
    ProductState,
    PushItem,
    State,
    Submission,
)
from marketplace_adapters.shopify import ShopifyAdapter
from shopify_sandbox import SandboxHarness, tail

PRODUCT = """
query Look($id: ID!) {
  product(id: $id) {
    id title descriptionHtml vendor productType tags status handle
    seo { title description }
    options { name optionValues { name } }
    metafields(first: 20) { nodes { namespace key type value } }
    media(first: 20) { nodes { alt } }
    resourcePublications(first: 10) { nodes { publication { id } isPublished } }
    variants(first: 50) {
      nodes {
        id sku barcode price compareAtPrice taxable inventoryPolicy
        selectedOptions { name value }
        metafield(namespace: "odoo", key: "variant") { value }
        inventoryItem { id tracked measurement { weight { value unit } } }
      }
    }
  }
}
"""
LEVELS = """
query Look($id: ID!) {
  inventoryItem(id: $id) {
    inventoryLevels(first: 10) {
      nodes { location { id } quantities(names: ["available"]) { quantity } }
    }
  }
}
"""
SET = """
mutation Set($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) { userErrors { code message } }
}
"""


def item(
    kind: Kind, target: ListingKey | OrderKey, state: State, ref: str = "r1", key: str = ""
) -> PushItem:
    """One item."""
    return PushItem(ref, kind, target, state, key or f"key-{ref}")


def push(
    harness: SandboxHarness, adapter: ShopifyAdapter, *items: PushItem, key: str = "push"
) -> Submission:
    """Push items of one lane and wait for the end; the results of all steps together."""
    lane = adapter.limits.lane(items[0].kind)
    assert lane is not None
    submission = adapter.push(lane.name, items, key)
    results = list(submission.results)
    while not submission.done:
        harness.finish()
        submission = adapter.poll(submission.remote_id or "")
        results += submission.results
    return Submission(tuple(results), retry_after=submission.retry_after)


def only(submission: Submission) -> ItemResult:
    """The one result."""
    (result,) = submission.results
    return result


def outcomes(submission: Submission) -> list[tuple[str, str, str | None]]:
    """Ref, outcome and code of each result, sorted."""
    return sorted((one.ref, one.outcome.value, one.code) for one in submission.results)


def good(submission: Submission) -> Submission:
    """All of them took effect."""
    failed = [one for one in submission.results if one.outcome is not Outcome.SUCCESS]
    assert failed == []
    return submission


def look(harness: SandboxHarness, product_id: str) -> dict[str, Any]:
    """The product as its owner sees it."""
    found = harness.wire.graphql(PRODUCT, {"id": f"gid://shopify/Product/{product_id}"})
    product: dict[str, Any] = found["product"]
    return product


def skus(product: Mapping[str, Any]) -> list[str]:
    return [one["sku"] for one in product["variants"]["nodes"]]


def variant(number: int, colour: str, **members: Any) -> dict[str, Any]:
    """A variant as the addon tells it."""
    return {
        "key": f"V{number}",
        "sku": f"TEE-{colour.upper()}",
        "options": {"Colour": colour},
        "tracked": True,
        "price": "12.50",
        **members,
    }


def product(variants: list[dict[str, Any]], own: Mapping[str, Any], **members: Any) -> ProductState:
    """A product with variants, told for the listing of one of them."""
    values = [one["options"]["Colour"] for one in variants]
    head = {
        "key": "P1",
        "title": "Tee 🍵",
        "status": "ACTIVE",
        "options": [{"name": "Colour", "values": values}],
        **members,
    }
    return ProductState(
        attributes={"product": head, "variant": dict(own), "variants": list(variants)}
    )


def tee(
    harness: SandboxHarness, adapter: ShopifyAdapter, *colours: str, **members: Any
) -> dict[str, ListingKey]:
    """A product that Odoo made; the keys of its listings by colour."""
    rows = [variant(number, colour) for number, colour in enumerate(colours, start=1)]
    items = [
        item(
            Kind.PRODUCT,
            ListingKey(sku=row["sku"], internal_id=row["key"]),
            product(rows, row, **members),
            f"r{number}",
        )
        for number, row in enumerate(rows)
    ]
    done = {one.ref: one for one in good(push(harness, adapter, *items)).results}
    found = {}
    for number, row in enumerate(rows):
        told = dict(done[f"r{number}"].learned)
        key = told.pop("external_id")
        found[colours[number]] = ListingKey(key, row["sku"], row["key"], extra=told)
    return found


def levels(harness: SandboxHarness, key: ListingKey) -> dict[str, int]:
    """What is for sale, by location."""
    number = key.extra["inventory_item_id"]
    found = harness.wire.graphql(LEVELS, {"id": f"gid://shopify/InventoryItem/{number}"})
    return {
        tail(one["location"]["id"]): one["quantities"][0]["quantity"]
        for one in found["inventoryItem"]["inventoryLevels"]["nodes"]
    }


def stock(key: ListingKey, known: Mapping[str, int], ref: str = "r1", **wanted: int) -> PushItem:
    """Quantities by location: ``L7001=5``."""
    told = {name[1:]: Decimal(value) for name, value in wanted.items()}
    state = InventoryState(
        sum(told.values(), Decimal(0)),
        True,
        by_location=told,
        known={name: Decimal(value) for name, value in known.items()},
    )
    return item(Kind.INVENTORY, key, state, ref)


def priced(key: ListingKey, amount: str, ref: str = "r1", **members: Any) -> PushItem:
    """A price in the shop's currency."""
    return item(Kind.PRICE, key, PriceState(Money(Decimal(amount), "EUR"), **members), ref)


def operations(harness: SandboxHarness) -> list[str]:
    """The root field of every call so far."""
    found = []
    for call in harness.front.calls:
        if call.path.endswith("graphql.json"):
            text = call.json["query"]
            found.append(text[text.index("{") + 1 :].split("(")[0].split("{")[0])
    return found


@contextmanager
def calls(harness: SandboxHarness) -> Iterator[list[str]]:
    """The calls made meanwhile, by root field."""
    before, found = len(operations(harness)), list[str]()
    yield found
    found += operations(harness)[before:]
