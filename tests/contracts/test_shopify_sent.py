"""What Shopify is really sent, looked at on its way: every variable against the official schema.

The verbs are the adapter's own, made on the sandbox; the sandbox's schema is a cut of the official
one, so that this also sees what the cut would let pass.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from contracts.test_shopify import Official, read_official
from graphql import (
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    OperationDefinitionNode,
    get_variable_values,
    parse,
    validate,
)

from marketplace_adapters.core import Kind, ListingKey, ProductState, PushItem
from marketplace_adapters.shopify import Collection, Rule, cost
from marketplace_adapters.shopify.dialect import cost_said
from marketplace_adapters.shopify.operations import read
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.server import Call, Reply, ScriptedServer
from marketplace_sandbox import SandboxServer
from suite import paths

sys.path.insert(0, str(paths.CHECKOUT / "adapters" / "tests"))
from shopify_harness import ONLINE, product_attributes
from shopify_sandbox import SandboxHarness, Wire


class Watch:
    """Keeps the calls of everything that is told."""

    def __init__(self, front: ScriptedServer, wire: Wire) -> None:
        self.costs: list[float | None] = []
        front.forget()
        wire.start_over()
        self.harness = SandboxHarness(front, wire)
        front.handle_with(lambda call: self._noted(wire, call))
        with self.harness.adapter() as adapter:
            assert adapter.check().ok
            adapter.places(), adapter.publications(), adapter.price_lists()
            adapter.subscribe("https://odoo.test/marketplace/webhook/shopify/x")
            adapter.subscribe("https://new.test/marketplace/webhook/shopify/x")
            for lane in adapter.limits.lanes:
                for kind in lane.kinds:
                    self._told(adapter, self.harness.items(kind, 1))
            for kind in (Kind.PRODUCT, Kind.PRICE, Kind.IMAGE, Kind.OVERRIDE):
                self._told(adapter, self.harness.items(kind, 22))
            self._new(adapter)
            self._collections(adapter)
        self.calls = [call.json for call in front.calls if call.path.endswith("graphql.json")]

    def _noted(self, wire: Wire, call: Call) -> Reply:
        reply = wire.forward(call)
        if call.path.endswith("graphql.json"):
            answer = json.loads(reply.body)
            self.costs.append(cost_said(answer).requested)
        return reply

    def _told(self, adapter: Any, items: list[PushItem]) -> None:
        lane = adapter.limits.lane(items[0].kind)
        submission = adapter.push(lane.name, items, f"key-{items[0].ref}")
        while not submission.done:
            self.harness.finish()
            submission = adapter.poll(submission.remote_id)
        failed = [one for one in submission.results if one.outcome.value != "success"]
        assert failed == []

    def _new(self, adapter: Any) -> None:
        for first in (1, 100):
            items = []
            for number in range(first, first + (1 if first == 1 else 22)):
                key = ListingKey(sku=f"NEW-{number}", internal_id=f"{number}")
                state = ProductState(attributes=product_attributes(number, key))
                items.append(PushItem(f"n{number}", Kind.PRODUCT, key, state, f"n{number}"))
            self._told(adapter, items)

    def _collections(self, adapter: Any) -> None:
        rules = (
            Rule("tag", "TAGGED_WITH", ("a",)),
            Rule("type", "EQUALS", ("b",)),
            Rule("vendor", "STARTS_WITH", ("c",)),
            Rule("title", "CONTAINS", ("d",)),
            Rule("price", "GREATER_THAN", ("5",)),
            Rule("stock", "GREATER_THAN", ("0",)),
        )
        made = adapter.save_collection(Collection("C1", "x", rules=rules, publications=(ONLINE,)))
        adapter.save_collection(Collection("C1", "y", made, rules=rules[:1]))
        adapter.save_collection(Collection("C2", "z", products=()))


@pytest.fixture(scope="module")
def watch() -> Iterator[Watch]:
    with SandboxServer(seed="empty") as sandbox:
        wire = Wire(sandbox.url)
        with ScriptedServer(wire.forward) as front:
            yield Watch(front, wire)


@pytest.fixture(scope="module")
def official(specs: Path) -> Official:
    return read_official(specs)


def root(document: OperationDefinitionNode) -> str:
    """Its first field."""
    return document.selection_set.selections[0].name.value  # type: ignore[attr-defined,no-any-return]


def operations(watch: Watch) -> Iterator[tuple[OperationDefinitionNode, dict[str, Any]]]:
    """Each operation that was sent, with its variables; those inside bulk operations too."""
    for call in watch.calls:
        document = parse(call["query"]).definitions[0]
        assert isinstance(document, OperationDefinitionNode)
        yield document, call["variables"]


@covers("R354")
def test_every_variable_is_what_the_official_schema_takes(watch: Watch, official: Official) -> None:
    wrong = []
    for document, variables in operations(watch):
        definitions = document.variable_definitions or ()
        found = get_variable_values(official.schema, definitions, variables)
        if isinstance(found, list):
            wrong += [f"{root(document)}: {error.message}" for error in found]
        else:
            for definition in definitions:
                name = definition.variable.name.value
                kind = official.schema.type_map[_named(definition.type)]
                wrong += [
                    f"{root(document)}.{name}{path}"
                    for path in _deprecated(kind, variables.get(name))
                ]
    assert wrong == []


def _named(node: Any) -> str:
    while not hasattr(node, "name"):
        node = node.type
    return str(node.name.value)


def _deprecated(kind: Any, value: Any, path: str = "") -> Iterator[str]:
    """Members of a value that the schema calls deprecated."""
    while isinstance(kind, (GraphQLNonNull, GraphQLList)):
        kind = kind.of_type
    if isinstance(value, list):
        for one in value:
            yield from _deprecated(kind, one, path)
    elif isinstance(kind, GraphQLInputObjectType) and isinstance(value, dict):
        for name, member in value.items():
            field = kind.fields[name]
            if field.deprecation_reason:
                yield f"{path}.{name}"
            yield from _deprecated(field.type, member, f"{path}.{name}")


def test_a_deprecated_member_would_be_noticed(official: Official) -> None:
    kind = official.schema.type_map["ProductSetInput"]
    assert list(_deprecated(kind, {"id": "gid://shopify/Product/1"})) == [".id"]


@covers("X37")
def test_every_quantity_says_what_it_is_compared_with(watch: Watch) -> None:
    sent = [v["input"] for one, v in operations(watch) if root(one) == "inventorySetQuantities"]
    assert sent
    for given in sent:
        assert (given["name"], given["reason"]) == ("available", "correction")
        assert given["referenceDocumentUri"].startswith("odoo://")
        assert 1 <= len(given["quantities"]) <= 250
        assert all("changeFromQuantity" in row for row in given["quantities"])


def test_the_mutations_of_bulk_operations_are_valid(watch: Watch, official: Official) -> None:
    runs = [v for one, v in operations(watch) if root(one) == "bulkOperationRunMutation"]
    roots: Counter[str] = Counter()
    for given in runs:
        document = parse(given["mutation"])
        assert validate(official.schema, document) == []
        assert isinstance(document.definitions[0], OperationDefinitionNode)
        roots[root(document.definitions[0])] += 1
    assert set(roots) == {
        "productSet",
        "productUpdate",
        "productVariantsBulkUpdate",
        "publishablePublish",
        "publishableUnpublish",
    }


@covers("R358")
def test_our_count_of_points_is_the_sandboxes(watch: Watch) -> None:
    """Two rooms that share no code count the same for every kind of call."""
    seen: Counter[str] = Counter()
    for call, said in zip(watch.calls, watch.costs, strict=True):
        name = read(call["query"]).name
        if said is not None:
            assert cost.cost(name, call["variables"]) == said, name
            seen[name] += 1
    assert len(seen) > 20
