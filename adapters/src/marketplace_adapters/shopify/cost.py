"""What Shopify asks for a call, known before it is made: points of the leaky bucket.

::

    scalar, enum                         0
    object, list of objects              1 + members
    field of the mutation                10 + members
    connection with first/last: n        n × (1 + members of its nodes) + its other objects
    nodes(ids)                           ids × (1 + members)
    fragments of several types           the dearest of the types

Source: D "GraphQL Admin API rate limits". It needs the document and its variables, not the schema.
What Shopify really took comes back with the answer and is given to the budget; see
:mod:`.dialect`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)

from .operations import Operation, operation

OBJECT, MUTATION = 1, 10
MOST = 1000
"""Points of one call (D; U for 2026-10)."""

_SIZES = ("first", "last")


def cost(name: str, variables: Mapping[str, Any]) -> int:
    """Points of one of our documents."""
    node = operation(name).node
    used = [one.variable.name.value for one in node.variable_definitions or ()]
    sizes = []
    for one in used:
        value = variables.get(one)
        if isinstance(value, (list, tuple)):
            sizes.append((one, len(value)))
        elif isinstance(value, int) and not isinstance(value, bool):
            sizes.append((one, value))
    return _cached(name, tuple(sizes))


def cost_of(one: Operation, variables: Mapping[str, Any]) -> int:
    """Points of any operation."""
    sizes = {
        name: len(value) if isinstance(value, (list, tuple)) else value
        for name, value in variables.items()
        if isinstance(value, (list, tuple, int))
    }
    return _Counter(one, sizes).total()


@lru_cache(maxsize=2048)
def _cached(name: str, sizes: tuple[tuple[str, int], ...]) -> int:
    return _Counter(operation(name), dict(sizes)).total()


class _Counter:
    def __init__(self, one: Operation, sizes: Mapping[str, int]) -> None:
        self._operation = one
        self._sizes = dict(sizes)
        for definition in one.node.variable_definitions or ():
            default = definition.default_value
            if isinstance(default, IntValueNode):
                self._sizes.setdefault(definition.variable.name.value, int(default.value))

    def total(self) -> int:
        root = self._operation.node.selection_set
        if not self._operation.is_mutation:
            return max(1, self._members(root, root=True))
        return sum(
            MUTATION + self._members(one.selection_set)
            for one in root.selections
            if isinstance(one, FieldNode)
        )

    def _members(self, selections: SelectionSetNode | None, *, root: bool = False) -> int:
        plain, groups = 0, dict[str, int]()
        for one in selections.selections if selections else ():
            if isinstance(one, FieldNode):
                plain += self._field(one, root)
            elif isinstance(one, FragmentSpreadNode):
                fragment = self._operation.fragments[one.name.value]
                kind = fragment.type_condition.name.value
                groups[kind] = groups.get(kind, 0) + self._members(fragment.selection_set)
            elif isinstance(one, InlineFragmentNode):
                kind = one.type_condition.name.value if one.type_condition else ""
                groups[kind] = groups.get(kind, 0) + self._members(one.selection_set)
        return plain + max(groups.values(), default=0)

    def _field(self, one: FieldNode, root: bool) -> int:
        if one.selection_set is None:
            return 0
        arguments = {argument.name.value: argument.value for argument in one.arguments or ()}
        for name in _SIZES:
            if name in arguments:
                return self._connection(one.selection_set, self._size(arguments[name]))
        each = OBJECT + self._members(one.selection_set)
        if root and one.name.value == "nodes" and "ids" in arguments:
            return self._size(arguments["ids"]) * each
        return each

    def _connection(self, selections: SelectionSetNode, size: int) -> int:
        each = others = 0
        for one in selections.selections:
            if not isinstance(one, FieldNode) or one.selection_set is None:
                continue
            if one.name.value == "nodes":
                each += self._members(one.selection_set)
            elif one.name.value == "edges":
                each += sum(
                    self._members(edge.selection_set)
                    for edge in one.selection_set.selections
                    if isinstance(edge, FieldNode) and edge.name.value == "node"
                )
            else:
                others += self._field(one, root=False)
        return size * (OBJECT + each) + others

    def _size(self, value: ValueNode) -> int:
        if isinstance(value, VariableNode):
            return max(0, self._sizes.get(value.name.value, 0))
        if isinstance(value, IntValueNode):
            return max(0, int(value.value))
        return len(value.values) if isinstance(value, ListValueNode) else 0
