"""What a query costs, before it runs and after.

scalar, enum      0
object            1 + its selection; a list of objects that is no connection counts as one object
connection        n × (1 + selection of the node), n = `first` or `last`; edges, node, pageInfo: 0
``nodes(ids:)``   number of ids × (1 + selection)
interface, union  what is selected in common and the dearest of its types
mutation          10 + selection; the payload itself and its userErrors: 0. Inputs of productSet
                  cost as the descriptions of the schema say (variant 0.2, file 1.9,
                  metafield 0.4, variant's file 0.6), rounded up

The actual cost is that of what came back: null 0, a connection as many nodes as it has. The
numbers of connections and mutations follow the published rule in its simplest reading.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_directive_values,
    get_named_type,
    is_leaf_type,
)
from graphql.execution.values import get_argument_values
from graphql.type import GraphQLIncludeDirective, GraphQLSkipDirective

MUTATION = 10
MOST = 1000
Grouped = dict[str, list[FieldNode]]
Composite: TypeAlias = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType


class Meter:
    """Counts one operation with its variables."""

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
    ) -> None:
        self._schema = schema
        self._operation = operation
        self._fragments = fragments
        self._variables = dict(variables)
        self._groups: dict[tuple[str, tuple[int, ...]], Grouped] = {}

    # === BEFORE === #

    def requested(self) -> int:
        mutation = self._operation.operation.value == "mutation"
        root = self._schema.mutation_type if mutation else self._schema.query_type
        assert root is not None
        groups = self._collect(root, [self._operation.selection_set])
        total = 0.0
        for nodes in groups.values():
            total += self._mutation(root, nodes) if mutation else self._field(root, nodes)
        return math.ceil(total)

    def _mutation(self, root: GraphQLObjectType, nodes: list[FieldNode]) -> float:
        definition = root.fields[nodes[0].name.value]
        payload = get_named_type(definition.type)
        total = float(MUTATION)
        if nodes[0].name.value == "productSet":
            args = get_argument_values(definition, nodes[0], self._variables)
            total += _product_set(args.get("input") or {})
        return total + self._payload(payload, nodes, None)

    def _payload(self, payload: Any, nodes: list[FieldNode], data: Any) -> float:
        if not isinstance(payload, GraphQLObjectType):
            return 0
        total = 0.0
        for key, found in self._collect(payload, _sets(nodes)).items():
            if found[0].name.value != "userErrors":
                total += (
                    self._field(payload, found)
                    if data is None
                    else self._actual_field(payload, found, data.get(key))
                )
        return total

    def _field(self, parent: Composite, nodes: list[FieldNode]) -> float:
        name = nodes[0].name.value
        definition = None if isinstance(parent, GraphQLUnionType) else parent.fields.get(name)
        if definition is None:  # __typename
            return 0
        kind = get_named_type(definition.type)
        if is_leaf_type(kind):
            return 0
        if kind.name.endswith("Connection"):
            args = get_argument_values(definition, nodes[0], self._variables)
            count = args.get("first") or args.get("last") or 0
            return self._connection(kind, nodes, int(count))
        inner = 1 + self._selection(kind, _sets(nodes))
        if name == "nodes" and parent is self._schema.query_type:
            args = get_argument_values(definition, nodes[0], self._variables)
            return inner * len(args.get("ids") or ())
        return inner

    def _connection(self, kind: Any, nodes: list[FieldNode], count: int) -> float:
        total = 0.0
        for each in self._collect(kind, _sets(nodes)).values():
            name = each[0].name.value
            if name == "pageInfo":
                continue
            if name not in ("nodes", "edges"):
                total += self._field(kind, each)
                continue
            item = get_named_type(kind.fields[name].type)
            if name == "nodes":
                total += count * (1 + self._selection(item, _sets(each)))
            else:
                for inner in self._collect(item, _sets(each)).values():
                    if inner[0].name.value == "node":
                        node = get_named_type(item.fields["node"].type)
                        total += count * (1 + self._selection(node, _sets(inner)))
                    else:
                        total += self._field(item, inner)
        return total

    def _selection(self, kind: Any, sets: list[SelectionSetNode]) -> float:
        if isinstance(kind, GraphQLObjectType):
            return self._sum(kind, sets)
        named = self._conditions(sets)
        dearest = self._sum(kind, sets)
        for possible in self._schema.get_possible_types(kind):
            names = {possible.name, *(each.name for each in possible.interfaces)}
            if names & named:
                dearest = max(dearest, self._sum(possible, sets))
        return dearest

    def _sum(self, kind: Any, sets: list[SelectionSetNode]) -> float:
        return sum(self._field(kind, nodes) for nodes in self._collect(kind, sets).values())

    # === AFTER === #

    def actual(self, data: Mapping[str, Any] | None) -> int:
        """:param data: the ``data`` of the answer."""
        if data is None:
            return 0
        mutation = self._operation.operation.value == "mutation"
        root = self._schema.mutation_type if mutation else self._schema.query_type
        assert root is not None
        total = 0.0
        for key, nodes in self._collect(root, [self._operation.selection_set]).items():
            found = data.get(key)
            if not mutation:
                total += self._actual_field(root, nodes, found)
            else:
                total += MUTATION
                definition = root.fields[nodes[0].name.value]
                if found is not None:
                    total += self._payload(get_named_type(definition.type), nodes, found)
        return math.ceil(total)

    def _actual_field(self, parent: Composite, nodes: list[FieldNode], data: Any) -> float:
        name = nodes[0].name.value
        definition = None if isinstance(parent, GraphQLUnionType) else parent.fields.get(name)
        if definition is None or data is None:
            return 0
        kind = get_named_type(definition.type)
        if is_leaf_type(kind):
            return 0
        if kind.name.endswith("Connection"):
            return self._actual_connection(kind, nodes, data)
        if isinstance(_unwrapped(definition.type), GraphQLList):
            costs = [self._actual_object(kind, nodes, each) for each in data]
            every = name == "nodes" and parent is self._schema.query_type
            return sum(costs) if every else max(costs, default=0)
        return self._actual_object(kind, nodes, data)

    def _actual_object(self, kind: Any, nodes: list[FieldNode], data: Any) -> float:
        if data is None:
            return 0
        sets = _sets(nodes)
        concrete = kind
        if not isinstance(kind, GraphQLObjectType):
            concrete = next(
                (
                    each
                    for each in self._schema.get_possible_types(kind)
                    if set(self._collect(each, sets)) == set(data)
                ),
                kind,
            )
        total = 1.0
        for key, found in self._collect(concrete, sets).items():
            total += self._actual_field(concrete, found, data.get(key))
        return total

    def _actual_connection(self, kind: Any, nodes: list[FieldNode], data: Any) -> float:
        total = 0.0
        for key, each in self._collect(kind, _sets(nodes)).items():
            name = each[0].name.value
            if name == "pageInfo":
                continue
            rows = data.get(key)
            if name not in ("nodes", "edges"):
                total += self._actual_field(kind, each, rows)
                continue
            item = get_named_type(kind.fields[name].type)
            for row in rows or ():
                if name == "nodes":
                    total += self._actual_object(item, each, row)
                elif row is not None:
                    total += self._actual_edge(item, each, row)
        return total

    def _actual_edge(self, item: Any, nodes: list[FieldNode], row: Any) -> float:
        total = 0.0
        for key, inner in self._collect(item, _sets(nodes)).items():
            if inner[0].name.value == "node":
                kind = get_named_type(item.fields["node"].type)
                total += self._actual_object(kind, inner, row.get(key))
        return total

    # === SELECTIONS === #

    def _collect(self, kind: Any, sets: list[SelectionSetNode]) -> Grouped:
        key = (kind.name, tuple(map(id, sets)))
        found = self._groups.get(key)
        if found is None:
            found = self._groups[key] = {}
            for each in sets:
                self._gather(kind, each, found)
        return found

    def _gather(self, kind: Any, selections: SelectionSetNode, groups: Grouped) -> None:
        for node in selections.selections:
            if not self._included(node):
                continue
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                groups.setdefault(key, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                if condition is None or self._fits(kind, condition.name.value):
                    self._gather(kind, node.selection_set, groups)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
                if self._fits(kind, fragment.type_condition.name.value):
                    self._gather(kind, fragment.selection_set, groups)

    def _included(self, node: Any) -> bool:
        if not node.directives:
            return True
        skip = get_directive_values(GraphQLSkipDirective, node, self._variables)
        include = get_directive_values(GraphQLIncludeDirective, node, self._variables)
        return not (skip and skip["if"]) and not (include and not include["if"])

    def _fits(self, kind: Any, condition: str) -> bool:
        if kind.name == condition:
            return True
        wanted = self._schema.type_map[condition]
        if not isinstance(wanted, (GraphQLInterfaceType, GraphQLUnionType)):
            return False
        return self._schema.is_sub_type(wanted, kind)

    def _conditions(self, sets: Iterable[SelectionSetNode]) -> set[str]:
        names: set[str] = set()
        for each in sets:
            for node in each.selections:
                if isinstance(node, InlineFragmentNode):
                    if node.type_condition:
                        names.add(node.type_condition.name.value)
                    names |= self._conditions([node.selection_set])
                elif isinstance(node, FragmentSpreadNode):
                    fragment = self._fragments[node.name.value]
                    names.add(fragment.type_condition.name.value)
                    names |= self._conditions([fragment.selection_set])
        return names


def _sets(nodes: list[FieldNode]) -> list[SelectionSetNode]:
    return [node.selection_set for node in nodes if node.selection_set]


def _unwrapped(kind: Any) -> Any:
    return kind.of_type if isinstance(kind, GraphQLNonNull) else kind


def _product_set(data: Mapping[str, Any]) -> float:
    variants = data.get("variants") or ()
    total = 0.2 * len(variants) + 1.9 * len(data.get("files") or ())
    total += 0.4 * len(data.get("metafields") or ())
    for each in variants:
        total += 0.4 * len(each.get("metafields") or ()) + (0.6 if each.get("file") else 0)
    # A sum of tenths: without the rounding 0.2 × 5 could become a whole point more.
    return math.ceil(round(total, 6))
