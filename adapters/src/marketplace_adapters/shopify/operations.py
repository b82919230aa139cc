"""The GraphQL documents: ``documents/*.graphql``, one file for each domain.

Names of operations and of fragments are unique over all files. What is sent of them is the one
operation with the fragments that it needs, without comments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
    print_ast,
    strip_ignored_characters,
)

from ..core.errors import InvalidError


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    :param text: as it is sent.
    :param root: name of its first root field, for error messages.
    """

    name: str
    is_mutation: bool
    text: str
    root: str
    node: OperationDefinitionNode = field(repr=False)
    fragments: Mapping[str, FragmentDefinitionNode] = field(repr=False)


@cache
def operation(name: str) -> Operation:
    """The operation of that name.

    :raise InvalidError: there is none (our bug).
    """
    found, fragments = _library()
    if name not in found:
        raise InvalidError(f"There is no GraphQL document {name[:60]!r}.")
    return _operation(found[name], fragments)


@cache
def names() -> tuple[str, ...]:
    """The names of all operations, sorted."""
    return tuple(sorted(_library()[0]))


def read(text: str) -> Operation:
    """An operation that is no file, e.g. the query of a bulk operation.

    :raise InvalidError: not exactly one operation.
    """
    found, fragments = _sorted(parse(text, no_location=True))
    if len(found) != 1:
        raise InvalidError("A document must hold one operation.")
    return _operation(next(iter(found.values())), fragments)


@cache
def _library() -> tuple[dict[str, OperationDefinitionNode], dict[str, FragmentDefinitionNode]]:
    operations: dict[str, OperationDefinitionNode] = {}
    fragments: dict[str, FragmentDefinitionNode] = {}
    folder = files(__package__) / "documents"
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if file.name.endswith(".graphql"):
            own, parts = _sorted(parse(file.read_text(encoding="utf-8"), no_location=True))
            operations.update(own)
            fragments.update(parts)
    return operations, fragments


def _sorted(
    document: DocumentNode,
) -> tuple[dict[str, OperationDefinitionNode], dict[str, FragmentDefinitionNode]]:
    operations: dict[str, OperationDefinitionNode] = {}
    fragments: dict[str, FragmentDefinitionNode] = {}
    for one in document.definitions:
        if isinstance(one, OperationDefinitionNode):
            operations[one.name.value if one.name else ""] = one
        elif isinstance(one, FragmentDefinitionNode):
            fragments[one.name.value] = one
    return operations, fragments


def _operation(
    node: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Operation:
    needed: dict[str, FragmentDefinitionNode] = {}
    _gather(node.selection_set, fragments, needed)
    text = "\n".join(print_ast(one) for one in (node, *needed.values()))
    first = node.selection_set.selections[0]
    return Operation(
        name=node.name.value if node.name else "",
        is_mutation=node.operation.value == "mutation",
        text=strip_ignored_characters(text),
        root=first.name.value if isinstance(first, FieldNode) else "",
        node=node,
        fragments=needed,
    )


def _gather(
    selections: SelectionSetNode | None,
    fragments: Mapping[str, FragmentDefinitionNode],
    needed: dict[str, FragmentDefinitionNode],
) -> None:
    for one in selections.selections if selections else ():
        if isinstance(one, FragmentSpreadNode):
            name = one.name.value
            if name not in fragments:
                raise InvalidError(f"There is no fragment {name[:60]!r}.")
            if name not in needed:
                needed[name] = fragments[name]
                _gather(fragments[name].selection_set, fragments, needed)
        elif isinstance(one, (FieldNode, InlineFragmentNode)):
            _gather(one.selection_set, fragments, needed)
