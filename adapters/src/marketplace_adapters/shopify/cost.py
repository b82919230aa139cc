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

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    SelectionNode,
    ValueNode,
    VariableNode,
)

from .operations import Operation, operation

OBJECT, MUTATION = 1, 10
MOST = 1000
"""Points of one call (D; U for 2026-10)."""

_SIZES = ("first", "last")
_FREE = "userErrors"
_WRAPPERS = ("nodes", "edges")


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
        root = self._operation.node.selection_set.selections
        if not self._operation.is_mutation:
            return self._members(root, root=True)
        return sum(MUTATION + self._members(_below(nodes)) for nodes in _by_name(root).values())

    def _members(self, selections: Iterable[SelectionNode], *, root: bool = False) -> int:
        """What stands in the braces; a field that is named twice counts once."""
        plain: list[SelectionNode] = []
        groups: dict[str, list[SelectionNode]] = {}
        for one in selections:
            if isinstance(one, FragmentSpreadNode):
                fragment = self._operation.fragments[one.name.value]
                kind = fragment.type_condition.name.value
                groups.setdefault(kind, []).extend(fragment.selection_set.selections)
            elif isinstance(one, InlineFragmentNode):
                kind = one.type_condition.name.value if one.type_condition else ""
                groups.setdefault(kind, []).extend(one.selection_set.selections)
            else:
                plain.append(one)
        if groups:
            return max(self._members([*plain, *group], root=root) for group in groups.values())
        return sum(self._field(nodes, root) for nodes in _by_name(plain).values())

    def _field(self, nodes: Sequence[FieldNode], root: bool) -> int:
        first, below = nodes[0], _below(nodes)
        if not below or first.name.value == _FREE:
            return 0
        arguments = {argument.name.value: argument.value for argument in first.arguments or ()}
        if any(isinstance(one, FieldNode) and one.name.value in _WRAPPERS for one in below):
            sizes = (self._size(arguments[size]) for size in _SIZES if size in arguments)
            return (OBJECT + self._members(_of_nodes(below))) * next(sizes, 0)
        each = OBJECT + self._members(below)
        if root and first.name.value == "nodes" and "ids" in arguments:
            return self._size(arguments["ids"]) * each
        return each

    def _size(self, value: ValueNode) -> int:
        if isinstance(value, VariableNode):
            return max(0, self._sizes.get(value.name.value, 0))
        if isinstance(value, IntValueNode):
            return max(0, int(value.value))
        return len(value.values) if isinstance(value, ListValueNode) else 0


def _by_name(selections: Iterable[SelectionNode]) -> dict[str, list[FieldNode]]:
    """Fields by the name that they have in the answer."""
    found: dict[str, list[FieldNode]] = {}
    for one in selections:
        if isinstance(one, FieldNode):
            name = one.alias.value if one.alias else one.name.value
            found.setdefault(name, []).append(one)
    return found


def _below(nodes: Iterable[FieldNode]) -> list[SelectionNode]:
    """What is asked of one field, wherever it is named."""
    return [one for node in nodes if node.selection_set for one in node.selection_set.selections]


def _of_nodes(below: Iterable[SelectionNode]) -> list[SelectionNode]:
    """What a connection is asked of its nodes, by either of the two ways."""
    found: list[SelectionNode] = []
    for one in below:
        if isinstance(one, FieldNode) and one.name.value == "nodes":
            found += _below([one])
        elif isinstance(one, FieldNode) and one.name.value == "edges":
            found += _below(
                edge
                for edge in _below([one])
                if isinstance(edge, FieldNode) and edge.name.value == "node"
            )
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
