"""What Shopify asks for a call, known before it is made: points of the leaky bucket.

::

    scalar, enum                                0
    object, list of objects                     1 + members
    field of the mutation                       10 + members of its payload; userErrors free
    connection (has nodes or edges) of size n   n × (1 + members of its nodes); pageInfo free
    nodes(ids)                                  ids × (1 + members)
    fragments of several types                  the dearest of the types
    input of productSet                         0.2 a variant, 1.9 a file, 0.4 a metafield (G)

Source: D "GraphQL Admin API rate limits". It needs the document and its variables, not the schema.
What Shopify really took comes back with the answer and is given to the budget; see
:mod:`.dialect`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
_FREE = "userErrors"


def cost(name: str, variables: Mapping[str, Any]) -> int:
    """Points of one of our documents."""
    used = {one.variable.name.value for one in operation(name).node.variable_definitions or ()}
    sizes = tuple(pair for pair in _sizes(variables) if pair[0] in used)
    points = _cached(name, sizes)
    if operation(name).root == "productSet":
        points += _product_set(variables.get("input"))
    return points


def cost_of(one: Operation, variables: Mapping[str, Any]) -> int:
    """Points of an operation that is no file; the input of productSet left out."""
    return _Counter(one, dict(_sizes(variables))).total()


def _sizes(variables: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for name, value in variables.items():
        if isinstance(value, (list, tuple)):
            yield name, len(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            yield name, value


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
            return self._members(root, root=True)
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
        if one.selection_set is None or one.name.value == _FREE:
            return 0
        arguments = {argument.name.value: argument.value for argument in one.arguments or ()}
        nodes = _nodes(one.selection_set)
        if nodes:
            each = OBJECT + sum(self._members(part) for part in nodes)
            sizes = (self._size(arguments[name]) for name in _SIZES if name in arguments)
            return each * next(sizes, 0)
        each = OBJECT + self._members(one.selection_set)
        if root and one.name.value == "nodes" and "ids" in arguments:
            return self._size(arguments["ids"]) * each
        return each

    def _size(self, value: ValueNode) -> int:
        if isinstance(value, VariableNode):
            return max(0, self._sizes.get(value.name.value, 0))
        if isinstance(value, IntValueNode):
            return max(0, int(value.value))
        return len(value.values) if isinstance(value, ListValueNode) else 0


def _nodes(selections: SelectionSetNode) -> list[SelectionSetNode]:
    """What a connection is asked of its nodes; nothing when it is no connection."""
    found = []
    for one in selections.selections:
        if isinstance(one, FieldNode) and one.selection_set is not None:
            if one.name.value == "nodes":
                found.append(one.selection_set)
            elif one.name.value == "edges":
                found += [
                    edge.selection_set
                    for edge in one.selection_set.selections
                    if isinstance(edge, FieldNode)
                    and edge.name.value == "node"
                    and edge.selection_set is not None
                ]
    return found


def _product_set(given: Any) -> int:
    """What the lists of a ``ProductSetInput`` cost besides."""
    product = given if isinstance(given, Mapping) else {}
    variants = product.get("variants") or ()
    tenths = 2 * len(variants) + 19 * len(product.get("files") or ())
    tenths += 4 * len(product.get("metafields") or ())
    for one in variants:
        tenths += 4 * len(one.get("metafields") or ()) + (6 if one.get("file") else 0)
    return -(-tenths // 10)
