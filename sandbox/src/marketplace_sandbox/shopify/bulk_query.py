"""Bulk queries: what may be asked, and the walk that writes every object as a line.

A node of a connection is a line of its own; a nested one has ``__parentId`` with the id of the node
around it. The query is compiled once into a tree of steps that call the resolvers directly, so that
tens of thousands of objects take seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    get_named_type,
    is_leaf_type,
)
from graphql.execution.values import get_argument_values

from .engine import Query

MOST_CONNECTIONS, MOST_DEPTH = 5, 2
PAGE = 250


class BadQuery(Exception):  # noqa: N818 - reads as a verdict
    """The query cannot be a bulk operation; the text says why."""


@dataclass
class Step:
    """One field. `plans` holds what is selected of an object, by its type."""

    key: str
    resolve: Callable[..., Any]
    args: dict[str, Any]
    leaf: Callable[[Any], Any] | None = None
    many: bool = False
    connection: bool = False
    kind: Any = None
    selections: list[SelectionSetNode] = field(default_factory=list)
    plans: dict[str, list[Step]] = field(default_factory=dict)


class Compiled:
    """A query that may run in bulk.

    :raises BadQuery: no connection, too many, too deep, or several root fields.
    """

    def __init__(self, schema: GraphQLSchema, query: Query) -> None:
        self._schema = schema
        self._query = query
        operation = query.operation(None)
        if operation.operation.value != "query":
            raise BadQuery("Bulk queries must be queries")
        if operation.variable_definitions:
            raise BadQuery("Bulk queries cannot have variables")
        assert schema.query_type is not None
        self._counts = {"connections": 0, "depth": 0}
        self._measure(schema.query_type, [operation.selection_set], 0)
        if not self._counts["connections"]:
            raise BadQuery("Bulk queries must contain at least one connection.")
        if self._counts["connections"] > MOST_CONNECTIONS:
            raise BadQuery(f"Bulk queries cannot contain more than {MOST_CONNECTIONS} connections.")
        if self._counts["depth"] > MOST_DEPTH:
            raise BadQuery(
                f"Bulk queries cannot contain connections with a nesting depth greater than "
                f"{MOST_DEPTH}."
            )
        self.steps = self._steps(schema.query_type, [operation.selection_set])
        if any(each.key and not each.connection for each in self.steps if each.leaf is None):
            names = [each.key for each in self.steps]
            if {"node", "nodes"} & set(names):
                raise BadQuery("Bulk queries cannot contain top level `node` or `nodes` fields.")

    def _measure(self, kind: Any, sets: list[SelectionSetNode], depth: int) -> None:
        for node in self._fields(kind, sets):
            definition = self._definition(kind, node)
            if definition is None:
                continue
            target = get_named_type(definition.type)
            if is_leaf_type(target) or node.selection_set is None:
                continue
            deeper = depth
            if target.name.endswith("Connection"):
                deeper += 1
                self._counts["connections"] += 1
                self._counts["depth"] = max(self._counts["depth"], deeper)
            self._measure(target, [node.selection_set], deeper)

    def _fields(self, kind: Any, sets: list[SelectionSetNode]) -> Iterator[FieldNode]:
        """All fields, those of type conditions included."""
        for each in sets:
            for node in each.selections:
                if isinstance(node, FieldNode):
                    yield node
                elif isinstance(node, InlineFragmentNode):
                    yield from self._fields(kind, [node.selection_set])
                elif isinstance(node, FragmentSpreadNode):
                    fragment = self._query.fragments[node.name.value]
                    yield from self._fields(kind, [fragment.selection_set])

    def _definition(self, kind: Any, node: FieldNode) -> Any:
        name = node.name.value
        found = getattr(kind, "fields", {}).get(name)
        if found is None:  # of a type condition on an interface or union
            for each in (
                self._schema.get_possible_types(kind)
                if hasattr(self._schema, "get_possible_types")
                and not isinstance(kind, GraphQLObjectType)
                else ()
            ):
                found = each.fields.get(name)
                if found is not None:
                    break
        return found

    # === COMPILING === #

    def _steps(self, kind: GraphQLObjectType, sets: list[SelectionSetNode]) -> list[Step]:
        groups: dict[str, list[FieldNode]] = {}
        for each in sets:
            self._gather(kind, each, groups)
        steps: list[Step] = []
        for key, nodes in groups.items():
            if nodes[0].name.value == "__typename":
                steps.append(Step(key, lambda row, info, name=kind.name: name, {}, leaf=str))
                continue
            steps.append(self._step(kind, key, nodes))
        return steps

    def _gather(
        self, kind: GraphQLObjectType, sets: SelectionSetNode, groups: dict[str, list[FieldNode]]
    ) -> None:
        for node in sets.selections:
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                groups.setdefault(key, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition.name.value if node.type_condition else kind.name
                if self._fits(kind, condition):
                    self._gather(kind, node.selection_set, groups)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._query.fragments[node.name.value]
                if self._fits(kind, fragment.type_condition.name.value):
                    self._gather(kind, fragment.selection_set, groups)

    def _fits(self, kind: GraphQLObjectType, condition: str) -> bool:
        return (
            kind.name == condition
            or condition in {each.name for each in kind.interfaces}
            or (kind in getattr(self._schema.type_map[condition], "types", ()))
        )

    def _step(self, kind: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> Step:
        definition = kind.fields[nodes[0].name.value]
        args = get_argument_values(definition, nodes[0], {})
        assert definition.resolve is not None
        step = Step(key, definition.resolve, args)
        target = get_named_type(definition.type)
        bare = definition.type
        if isinstance(bare, GraphQLNonNull):
            bare = bare.of_type
        step.many = isinstance(bare, GraphQLList)
        if is_leaf_type(target):
            step.leaf = target.serialize
            return step
        step.kind = target
        step.selections = [each.selection_set for each in nodes if each.selection_set]
        if target.name.endswith("Connection"):
            step.connection = True
            step.args = {k: v for k, v in args.items() if k not in ("first", "last", "after")}
            step.kind, step.selections = self._node(target, step.selections)
        return step

    def _node(
        self, connection: Any, sets: list[SelectionSetNode]
    ) -> tuple[Any, list[SelectionSetNode]]:
        """Type and selection of the nodes, whether asked for by ``nodes`` or by ``edges``."""
        found: list[SelectionSetNode] = []
        for node in self._fields(connection, sets):
            if node.name.value == "nodes" and node.selection_set:
                found.append(node.selection_set)
            elif node.name.value == "edges" and node.selection_set:
                for inner in self._fields(connection, [node.selection_set]):
                    if inner.name.value == "node" and inner.selection_set:
                        found.append(inner.selection_set)
        return get_named_type(connection.fields["nodes"].type), found

    def plan(self, step: Step, row: Any) -> list[Step]:
        """What is selected of an object, by its type."""
        kind = step.kind
        if not isinstance(kind, GraphQLObjectType):
            name = row["__typename"] if isinstance(row, dict) else row.typename
            kind = self._schema.type_map[name]
        found = step.plans.get(kind.name)
        if found is None:
            found = step.plans[kind.name] = self._steps(kind, step.selections)
        return found


@dataclass
class Line:
    """One object of the result. `depth` 1 is an object of the root connection."""

    data: dict[str, Any]
    depth: int
    children: list[Line] = field(default_factory=list)


class Walk:
    """The objects of a compiled query, page by page."""

    def __init__(self, compiled: Compiled, context: Any) -> None:
        self._compiled = compiled
        self._info = SimpleNamespace(context=context)

    def pages(self) -> Iterator[Callable[[], list[Line]]]:
        """Functions that give the next lines; to be called under the store's lock, in turn."""
        for step in self._compiled.steps:
            if not step.connection:
                continue
            state: dict[str, Any] = {"after": None, "more": True}

            def page(step: Step = step, state: dict[str, Any] = state) -> list[Line]:
                found = step.resolve(
                    None, self._info, **{**step.args, "first": PAGE, "after": state["after"]}
                )
                info = found["pageInfo"]
                state["more"], state["after"] = info["hasNextPage"], info["endCursor"]
                return [self._line(step, row, 1, None) for row in found["nodes"]]

            while state["more"]:
                yield page

    def _line(self, step: Step, row: Any, depth: int, parent: str | None) -> Line:
        line = Line({}, depth)
        plan = self._compiled.plan(step, row)
        own = self._id(step, row) if any(map(_has_connection, plan)) else None
        line.data = self._object(plan, row, line, own)
        if parent is not None:
            line.data["__parentId"] = parent
        return line

    def _id(self, step: Step, row: Any) -> str | None:
        kind = step.kind
        if not isinstance(kind, GraphQLObjectType):
            name = row["__typename"] if isinstance(row, dict) else row.typename
            kind = self._compiled._schema.type_map[name]
        definition = kind.fields.get("id")
        if definition is None or definition.resolve is None:
            return None
        return str(definition.resolve(row, self._info))

    def _object(self, plan: list[Step], row: Any, line: Line, own: str | None) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for step in plan:
            if step.connection:
                self._children(step, row, line, own)
                continue
            value = step.resolve(row, self._info, **step.args)
            if value is None:
                data[step.key] = None
            elif step.leaf is not None:
                data[step.key] = (
                    [step.leaf(each) for each in value] if step.many else step.leaf(value)
                )
            elif step.many:
                data[step.key] = [
                    self._object(self._compiled.plan(step, each), each, line, own) for each in value
                ]
            else:
                inner = self._compiled.plan(step, value)
                data[step.key] = self._object(inner, value, line, own)
        return data

    def _children(self, step: Step, row: Any, line: Line, own: str | None) -> None:
        after = None
        while True:
            args = {**step.args, "first": PAGE, "after": after}
            found = step.resolve(row, self._info, **args)
            if found is None:
                return
            for each in found["nodes"]:
                line.children.append(self._line(step, each, line.depth + 1, own))
            info = found["pageInfo"]
            if not info["hasNextPage"]:
                return
            after = info["endCursor"]


def _has_connection(step: Step) -> bool:
    """Whether children may hang on a step; asked for objects only on the way down."""
    return step.connection or step.kind is not None
