"""What Shopify is asked, against the official schema: the documents, and the variables sent."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    GraphQLNonNull,
    GraphQLSchema,
    NoDeprecatedCustomRule,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_schema,
    get_named_type,
    parse,
    validate,
    visit,
)

from marketplace_adapters.shopify import const, cost, generated, operations
from marketplace_adapters.testing import covers
from suite.commands import graphql_types

#: Since 2026-04 refused at run time without the directive (FACTS, "Idempotency"); of these we use:
IDEMPOTENT = {
    "inventoryActivate",
    "inventoryAdjustQuantities",
    "inventoryMoveQuantities",
    "inventorySetOnHandQuantities",
    "inventorySetQuantities",
    "inventoryTransferCreate",
    "inventoryTransferCreateAsReadyToShip",
    "inventoryTransferDuplicate",
    "inventoryTransferSetItems",
    "inventoryShipmentAddItems",
    "inventoryShipmentCreate",
    "inventoryShipmentCreateInTransit",
    "inventoryShipmentReceive",
    "locationActivate",
    "locationDeactivate",
    "refundCreate",
}
#: Root fields of the adapter's mutations; a new one is written down here on purpose.
MUTATIONS = {
    "bulkOperationRunMutation",
    "bulkOperationRunQuery",
    "collectionCreate",
    "collectionUpdate",
    "fulfillmentCreate",
    "fulfillmentTrackingInfoUpdate",
    "inventorySetQuantities",
    "metafieldDefinitionCreate",
    "metafieldsDelete",
    "metafieldsSet",
    "orderCancel",
    "priceListFixedPricesAdd",
    "productDelete",
    "productSet",
    "productUpdate",
    "productVariantsBulkDelete",
    "productVariantsBulkUpdate",
    "publishablePublish",
    "publishableUnpublish",
    "refundCreate",
    "stagedUploadsCreate",
    "tagsAdd",
    "webhookSubscriptionCreate",
    "webhookSubscriptionDelete",
    "webhookSubscriptionUpdate",
}
#: What the schema says only in words: "`orders` access scope", "the same access level".
IN_WORDS = {"refundCreate": "write_orders"}


@dataclass(frozen=True)
class Official:
    """The schema, and which rights each type and field asks for."""

    schema: GraphQLSchema
    rights: Mapping[tuple[str, str], tuple[str, ...]]


@cache
def read_official(folder: Path) -> Official:
    text = gzip.decompress((folder / "shopify" / "admin_2026-10.graphql.gz").read_bytes())
    schema = build_schema(text.decode(), assume_valid=True)
    packed = (folder / "shopify" / "admin_2026-10.introspection.json.gz").read_bytes()
    rows = json.loads(gzip.decompress(packed))["offline_scopes"]["items"]
    rights = {
        (row["typeName"], row.get("fieldName") or ""): tuple(row["offlineScopes"]) for row in rows
    }
    return Official(schema, rights)


@pytest.fixture(scope="module")
def official(specs: Path) -> Official:
    return read_official(specs)


@pytest.fixture(scope="module")
def document() -> DocumentNode:
    """All files as one: names are unique over all of them."""
    paths = sorted(graphql_types.DOCUMENTS.glob("*.graphql"))
    assert paths
    return parse("\n".join(path.read_text(encoding="utf-8") for path in paths))


def roots(document: DocumentNode) -> Iterator[tuple[str, FieldNode]]:
    """Name of the operation and each of its root fields."""
    for one in document.definitions:
        if isinstance(one, OperationDefinitionNode) and one.name:
            for field in one.selection_set.selections:
                assert isinstance(field, FieldNode)
                yield one.name.value, field


@covers("R354")
def test_every_document_is_valid_in_the_official_schema(
    official: Official, document: DocumentNode
) -> None:
    assert [error.message for error in validate(official.schema, document)] == []


@covers("R354")
def test_nothing_deprecated_is_asked_for(official: Official, document: DocumentNode) -> None:
    found = validate(official.schema, document, [NoDeprecatedCustomRule])
    assert [error.message for error in found] == []


def test_a_deprecated_field_would_be_noticed(official: Official) -> None:
    old = parse("query Old { order(id: 1) { name totalPrice } }")
    (error,) = validate(official.schema, old, [NoDeprecatedCustomRule])
    assert "totalPrice is deprecated" in error.message


@covers("R354")
def test_each_document_that_is_sent_is_valid_by_itself(official: Official) -> None:
    for name in operations.names():
        sent = parse(operations.operation(name).text)
        assert [error.message for error in validate(official.schema, sent)] == [], name


@covers("R354")
def test_the_generated_types_are_current(specs: Path) -> None:
    assert graphql_types.digest() == generated.SOURCES, "run tools/graphql-types"


def test_every_operation_has_its_type() -> None:
    folder = graphql_types.GENERATED
    texts = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    for name in operations.names():
        assert f"class {name}(BaseModel)" in texts, name


# === RULES THAT THE SCHEMA DOES NOT ENFORCE === #


@covers("X37")
def test_the_key_of_idempotency_is_given_where_it_is_required(document: DocumentNode) -> None:
    given = set()
    for name, field in roots(document):
        keyed = [one for one in field.directives or () if _is_key(one)]
        assert bool(keyed) == (field.name.value in IDEMPOTENT), name
        given.update(field.name.value for _one in keyed)
    assert given == {"inventorySetQuantities", "refundCreate"}


def _is_key(directive: DirectiveNode) -> bool:
    return directive.name.value == "idempotent" and any(
        one.name.value == "key" for one in directive.arguments or ()
    )


def test_the_covered_mutations_are_these(document: DocumentNode) -> None:
    kinds = {
        one.name.value: one.operation.value
        for one in document.definitions
        if isinstance(one, OperationDefinitionNode) and one.name
    }
    used = {field.name.value for name, field in roots(document) if kinds[name] == "mutation"}
    assert used == MUTATIONS


def test_every_error_of_a_mutation_is_asked_for(official: Official, document: DocumentNode) -> None:
    """Each payload's list of errors, with every member that it has."""
    mutation = official.schema.mutation_type
    assert mutation is not None
    for name, field in roots(document):
        if field.name.value not in mutation.fields:
            continue
        payload = get_named_type(mutation.fields[field.name.value].type)
        lists = [one for one in payload.fields if one.lower().endswith("usererrors")]
        current = [one for one in lists if not payload.fields[one].deprecation_reason]
        asked = {one.name.value: one for one in field.selection_set.selections}  # type: ignore
        assert set(current) <= set(asked), name


def test_no_document_costs_more_than_a_call_may() -> None:
    """With the most that the adapter puts into one call."""
    most: dict[str, Any] = {"first": 1, "ids": ["x"]}
    sizes: dict[str, dict[str, Any]] = {
        "Locations": {"first": 100},
        "Publications": {"first": 100},
        "PriceLists": {"first": 100},
        "Subscriptions": {"first": 100},
        "ProductShape": {"first": 100},
        "ProductSet": {"first": 200},
        "ToFulfil": {"first": 5, "lines": 60},
        "FulfilmentLines": {"first": 250},
        "Levels": {"ids": ["x"] * 250},
        "VariantOwners": {"ids": ["x"] * 100},
    }
    for name in operations.names():
        assert 0 <= cost.cost(name, sizes.get(name, most)) <= cost.MOST, name


# === RIGHTS === #


@covers("R355")
def test_the_rights_that_are_asked_for_are_those_that_the_documents_need(
    official: Official, document: DocumentNode
) -> None:
    known = (*const.SCOPES, *const.DRAFT_SCOPES)
    chosen = set(IN_WORDS.values())
    for place, alternatives in needs(official, document).items():
        usable = [one for one in known if one in alternatives]
        assert usable, f"{place} needs one of {alternatives}"
        # A right that is needed anyway serves for the places that have a choice as well.
        if len(alternatives) == 1 or not chosen.intersection(usable):
            chosen.add(usable[0])
    assert chosen == set(known)


def needs(official: Official, document: DocumentNode) -> dict[str, tuple[str, ...]]:
    """Rights by place, those without a choice first; any of a place's rights will do."""
    info = TypeInfo(official.schema)
    found: dict[str, tuple[str, ...]] = {}

    class Collect(Visitor):
        def enter_field(self, node: FieldNode, *_rest: Any) -> None:
            parent, kind = info.get_parent_type(), info.get_type()
            if parent is None or kind is None:
                return
            named = get_named_type(kind)
            for place in ((parent.name, node.name.value), (named.name, "")):
                if official.rights.get(place):
                    found[".".join(place)] = official.rights[place]

    visit(document, TypeInfoVisitor(info, Collect()))
    return dict(sorted(found.items(), key=lambda pair: len(pair[1])))


def test_the_topics_of_webhooks_exist(official: Official) -> None:
    topics = official.schema.type_map["WebhookSubscriptionTopic"].values  # type: ignore
    for topic in (*const.WEBHOOK_TOPICS, *const.DRAFT_TOPICS):
        assert topic in topics, topic
        assert topics[topic].deprecation_reason is None, topic


def test_the_reasons_to_cancel_are_the_schemas(official: Official) -> None:
    reasons = official.schema.type_map["OrderCancelReason"].values  # type: ignore
    assert sorted(const.CANCEL_REASONS) == sorted(reasons)


def test_the_comparison_of_stock_must_be_told(official: Official) -> None:
    """The schema would let it be missing; Shopify does not."""
    row = official.schema.type_map["InventoryQuantityInput"].fields  # type: ignore
    assert not isinstance(row["changeFromQuantity"].type, GraphQLNonNull)
    assert "compareQuantity" not in row
