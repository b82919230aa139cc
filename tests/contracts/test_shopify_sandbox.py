"""The sandbox's own Shopify schema against the official one and the adapter's documents."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    Undefined,
    ast_from_value,
    concat_ast,
    parse,
    print_ast,
    validate,
)

import marketplace_adapters.shopify as adapter
from marketplace_adapters.shopify import cost as adapter_cost
from marketplace_adapters.testing import covers
from marketplace_sandbox import SandboxServer
from marketplace_sandbox.shopify.cost import Meter
from marketplace_sandbox.shopify.room import ShopifyRoom

KINDS: dict[type[GraphQLNamedType], str] = {
    GraphQLObjectType: "OBJECT",
    GraphQLInterfaceType: "INTERFACE",
    GraphQLUnionType: "UNION",
    GraphQLEnumType: "ENUM",
    GraphQLInputObjectType: "INPUT_OBJECT",
    GraphQLScalarType: "SCALAR",
}
Official = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def official(specs: Path) -> Official:
    """Types of the official schema by name."""
    path = specs / "shopify" / "admin_2026-10.introspection.json.gz"
    with gzip.open(path) as file:
        found = json.load(file)["data"]["__schema"]
    types: Official = {each["name"]: each for each in found["types"]}
    types["__directives"] = {each["name"]: each for each in found["directives"]}
    return types


@pytest.fixture(scope="module")
def room() -> Iterator[ShopifyRoom]:
    with SandboxServer(seed="demo") as server:
        found = server.rooms["shopify"]
        assert isinstance(found, ShopifyRoom)
        yield found


@pytest.fixture(scope="module")
def schema(room: ShopifyRoom) -> GraphQLSchema:
    return room.engine.api.schema


def own(schema: GraphQLSchema) -> list[GraphQLNamedType]:
    """Our types; those of GraphQL itself left out."""
    return [
        each
        for each in schema.type_map.values()
        if not each.name.startswith("__") and each.name not in ("String", "Boolean", "ID", "Int")
    ]


def written(kind: dict[str, Any]) -> str:
    """A type of the introspection as the SDL has it."""
    if kind["kind"] == "NON_NULL":
        return written(kind["ofType"]) + "!"
    return f"[{written(kind['ofType'])}]" if kind["kind"] == "LIST" else str(kind["name"])


def default(value: Any) -> str | None:
    """A default of ours as the introspection has it."""
    if value.default_value is Undefined:
        return None
    node = ast_from_value(value.default_value, value.type)
    return None if node is None else print_ast(node)


def inputs(where: str, ours: dict[str, Any], theirs: list[dict[str, Any]]) -> Iterator[str]:
    """Complaints about arguments, or about the members of an input type."""
    known = {each["name"]: each for each in theirs}
    for name, value in ours.items():
        found = known.get(name)
        if found is None or found["isDeprecated"]:
            yield f"{where}({name}) does not exist or is deprecated"
        elif (str(value.type), default(value)) != (written(found["type"]), found["defaultValue"]):
            yield f"{where}({name}): {value.type} = {default(value)}, officially {found}"
    for name, found in known.items():
        needed = found["type"]["kind"] == "NON_NULL" and found["defaultValue"] is None
        if needed and not found["isDeprecated"] and name not in ours:
            yield f"{where}: the required {name} is missing"


def complaints(kind: GraphQLNamedType, theirs: dict[str, Any]) -> Iterator[str]:
    """What is not as it is officially."""
    if KINDS[type(kind)] != theirs["kind"]:
        yield f"{kind.name} is a {theirs['kind']}"
    if isinstance(kind, GraphQLEnumType):
        good = {each["name"] for each in theirs["enumValues"] if not each["isDeprecated"]}
        yield from (f"{kind.name}.{each}" for each in set(kind.values) - good)
    elif isinstance(kind, GraphQLUnionType):
        good = {each["name"] for each in theirs["possibleTypes"]}
        yield from (f"{kind.name} | {each.name}" for each in kind.types if each.name not in good)
    elif isinstance(kind, GraphQLInputObjectType):
        yield from inputs(kind.name, kind.fields, theirs["inputFields"])
        one = any(each.name.value == "oneOf" for each in kind.ast_node.directives)  # type: ignore[union-attr]
        if one != bool(theirs["isOneOf"]):
            yield f"{kind.name}: @oneOf"
    elif isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)):
        good = {each["name"] for each in theirs["interfaces"]}
        yield from (f"{kind.name} & {each.name}" for each in kind.interfaces
                    if each.name not in good)  # fmt: skip
        fields = {each["name"]: each for each in theirs["fields"]}
        for name, field in kind.fields.items():
            found = fields.get(name)
            if found is None or found["isDeprecated"]:
                yield f"{kind.name}.{name} does not exist or is deprecated"
            elif str(field.type) != written(found["type"]):
                yield f"{kind.name}.{name}: {field.type}, officially {written(found['type'])}"
            else:
                yield from inputs(f"{kind.name}.{name}", field.args, found["args"])


@covers("R354")
def test_everything_in_our_schema_is_official_and_not_deprecated(
    schema: GraphQLSchema, official: Official
) -> None:
    unknown = [each.name for each in own(schema) if each.name not in official]
    assert unknown == []
    found = [text for each in own(schema) for text in complaints(each, official[each.name])]
    assert found == []
    roots = (schema.query_type, schema.mutation_type)
    assert [each and each.name for each in roots] == ["QueryRoot", "Mutation"]


@covers("R354")
def test_the_comparison_sees_what_is_wrong(official: Official, schema: GraphQLSchema) -> None:
    kind = schema.type_map["InventoryQuantityInput"]
    good = official["InventoryQuantityInput"]
    assert list(complaints(kind, good)) == []
    gone = {**good, "inputFields": [x for x in good["inputFields"] if x["name"] != "quantity"]}
    assert list(complaints(kind, gone)) == [
        "InventoryQuantityInput(quantity) does not exist or is deprecated"
    ]
    old = [{**each, "isDeprecated": True} for each in official["Shop"]["fields"]]
    shop = schema.type_map["Shop"]
    assert isinstance(shop, GraphQLObjectType)
    found = list(complaints(shop, {**official["Shop"], "fields": old}))
    assert len(found) == len(shop.fields)


@covers("R354")
def test_directives_are_official_and_asked_for_where_they_are_required(
    room: ShopifyRoom, official: Official
) -> None:
    directive = room.engine.api.schema.get_directive("idempotent")
    assert directive is not None
    theirs = official["__directives"]["idempotent"]
    assert list(inputs("@idempotent", directive.args, theirs["args"])) == []
    assert [each.name for each in directive.locations] == theirs["locations"] == ["FIELD"]
    needed = {
        each["name"]
        for each in official["Mutation"]["fields"]
        if "the idempotency key is required" in (each["description"] or "")
    }
    mutation = room.engine.api.schema.mutation_type
    assert mutation is not None
    assert set(room.engine.api.idempotent) == needed & set(mutation.fields)
    assert "inventorySetQuantities" in room.engine.api.idempotent


@covers("R354")
def test_every_field_of_the_roots_is_answered(room: ShopifyRoom) -> None:
    schema, known = room.engine.api.schema, room.resolvers.fields
    for root in (schema.query_type, schema.mutation_type):
        assert root is not None
        assert [f"{root.name}.{x}" for x in root.fields if f"{root.name}.{x}" not in known] == []


@covers("R353")
def test_scopes_are_those_of_the_official_schema(room: ShopifyRoom, official: Official) -> None:
    for name, scopes in room.resolvers.type_scopes.items():
        text = official[name]["requiredAccess"]
        if text is not None:  # said at the fields that give it
            assert [each for each in scopes if f"`{each}`" not in text] == [], name
    fields = {each["name"]: each for each in official["Mutation"]["fields"]}
    for name, entry in room.resolvers.fields.items():
        kind, _, field = name.partition(".")
        text = fields[field]["requiredAccess"] if kind == "Mutation" else None
        named = re.findall(r"`(write_\w+)`", text or "")
        if named and entry.scopes:
            assert set(entry.scopes) <= set(named), name


def documents() -> Iterator[Path]:
    folder = Path(adapter.__file__).parent / "documents"
    yield from sorted(folder.glob("*.graphql"))


@covers("R354")
def test_the_sandbox_answers_every_document_of_the_adapter(schema: GraphQLSchema) -> None:
    parsed = concat_ast([parse(each.read_text("utf-8")) for each in documents()])
    found = validate(schema, parsed, max_errors=200)
    assert [each.message for each in found] == []


@covers("R355")
def test_the_adapter_never_takes_less_than_the_sandbox_asks(schema: GraphQLSchema) -> None:
    """Nor much more: a field that a document names twice may count twice with the adapter."""
    parsed = concat_ast([parse(each.read_text("utf-8")) for each in documents()])
    fragments = {x.name.value: x for x in parsed.definitions if x.kind == "fragment_definition"}  # type: ignore[attr-defined]
    different = []
    for node in parsed.definitions:
        if node.kind != "operation_definition":
            continue
        name = node.name.value  # type: ignore[attr-defined]
        variables: dict[str, Any] = {"input": {}, "identifier": {"id": "gid://shopify/Product/1"}}
        for definition in node.variable_definitions or ():  # type: ignore[attr-defined]
            text = print_ast(definition.type)
            if text.startswith("Int"):
                variables[definition.variable.name.value] = 7
            elif text == "[ID!]!":
                variables[definition.variable.name.value] = ["gid://shopify/Order/1"] * 9
        meter = Meter(schema, node, fragments, variables)  # type: ignore[arg-type]
        asked, taken = meter.requested(), adapter_cost.cost(name, variables)
        if not asked <= taken <= asked * 1.05:
            different.append((name, asked, taken))
    assert different == []
