"""The executable schema: all ``schema/*.graphql`` files joined, with the parts' resolvers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLAbstractType,
    GraphQLError,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    build_ast_schema,
    get_directive_values,
    get_named_type,
    parse,
    value_from_ast_untyped,
)

from ..clock import parse_time
from .errors import FieldError, UserErrors, denied
from .gids import BadGid
from .registry import Entry, Resolvers
from .values import decimal_text, iso, money_text, snake

FOLDER = Path(__file__).parent / "schema"
ROOTS = ("QueryRoot", "Mutation")
Resolve = Callable[..., Any]


@dataclass
class Api:
    """The schema, and which mutations need the directive ``@idempotent``."""

    schema: GraphQLSchema
    idempotent: frozenset[str]
    resolvers: Resolvers


def sdl() -> str:
    """All files of the schema, in the order of their names."""
    return "\n\n".join(path.read_text("utf-8") for path in sorted(FOLDER.glob("*.graphql")))


@lru_cache(1)
def _document() -> DocumentNode:
    # Every server builds its own schema; the files are read once in a process.
    return parse(sdl(), no_location=True)


def assemble(resolvers: Resolvers) -> Api:
    """Build the schema. :raises ValueError: a resolver is for a field that is not in the SDL."""
    schema = build_ast_schema(_document(), assume_valid_sdl=True)
    left = dict(resolvers.fields)
    for kind in schema.type_map.values():
        if kind.name.startswith("__"):
            continue
        if isinstance(kind, GraphQLObjectType):
            for name, field in kind.fields.items():
                _bind(kind.name, name, field, left.pop(f"{kind.name}.{name}", None), resolvers)
        elif isinstance(kind, (GraphQLInterfaceType, GraphQLUnionType)):
            kind.resolve_type = _type_of
        elif isinstance(kind, GraphQLInputObjectType):
            _one_of(kind)
        elif isinstance(kind, GraphQLScalarType):
            _scalar(kind)
    if left:
        raise ValueError(f"resolvers without a field: {', '.join(sorted(left))}")
    idempotent = frozenset(
        name.partition(".")[2] for name, entry in resolvers.fields.items() if entry.idempotent
    )
    return Api(schema, idempotent, resolvers)


def _type_of(row: Any, _info: Any, _kind: GraphQLAbstractType) -> str:
    return str(row["__typename"] if isinstance(row, dict) else row.typename)


# === FIELDS === #


def _bind(
    parent: str, name: str, field: GraphQLField, entry: Entry | None, resolvers: Resolvers
) -> None:
    for argument, definition in field.args.items():
        definition.out_name = snake(argument)
    target = get_named_type(field.type).name
    own = resolvers.type_scopes.get(target.removesuffix("Connection"), ())
    scopes = (entry.scopes if entry else ()) or own
    if entry is None:
        resolve = _plain(name)
    elif parent in ROOTS:
        resolve = _root(entry.function, mutation=parent == "Mutation")
    else:
        resolve = _of_row(entry.function)
    field.resolve = _guarded(resolve, name, scopes) if scopes else resolve


def _plain(name: str) -> Resolve:
    member = snake(name)

    def resolve(row: Any, _info: Any, **_args: Any) -> Any:
        if type(row) is dict:
            found = row.get(name)
            return found() if callable(found) else found
        return getattr(row, member)

    return resolve


def _of_row(function: Resolve) -> Resolve:
    return lambda row, info, **args: function(row, info.context, **args)


def _root(function: Resolve, mutation: bool) -> Resolve:
    if not mutation:

        def query(_root: Any, info: Any, **args: Any) -> Any:
            try:
                return function(info.context, **args)
            except BadGid as error:
                raise FieldError(str(error), "INVALID_ID") from None

        return query

    def mutate(_root: Any, info: Any, **args: Any) -> Any:
        refused = info.context.refusals.get(info.path.key)
        if refused is not None:
            return {"userErrors": [refused]}
        try:
            return function(info.context, **args)
        except UserErrors as error:
            return {"userErrors": error.errors}
        except BadGid as error:
            raise FieldError(str(error), "INVALID_ID") from None

    return mutate


def _guarded(resolve: Resolve, name: str, scopes: tuple[str, ...]) -> Resolve:
    def guarded(row: Any, info: Any, **args: Any) -> Any:
        if info.context.access.scopes.isdisjoint(scopes):
            raise denied(name, scopes)
        return resolve(row, info, **args)

    return guarded


def idempotency_key(api: Api, node: Any, variables: dict[str, Any]) -> str | None:
    """The key of the directive on a field, or None."""
    directive = api.schema.get_directive("idempotent")
    assert directive is not None
    found = get_directive_values(directive, node, variables)
    return None if found is None else str(found["key"])


# === VALUES === #


def _one_of(kind: GraphQLInputObjectType) -> None:
    node = kind.ast_node
    if node is None or not any(each.name.value == "oneOf" for each in node.directives):
        return

    def check(value: dict[str, Any]) -> dict[str, Any]:
        if len(value) != 1 or None in value.values():
            raise GraphQLError(
                f"'{kind.name}' requires exactly one argument, but {len(value)} were provided."
            )
        return value

    kind.out_type = check  # type: ignore[method-assign]


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        raise GraphQLError("a number is expected")
    try:
        found = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        raise GraphQLError(f"invalid number {str(value)[:40]!r}") from None
    if not found.is_finite():
        raise GraphQLError("a finite number is expected")
    return found


def _moment(value: Any) -> datetime:
    try:
        return parse_time(str(value))
    except ValueError as error:
        raise GraphQLError(str(error)) from None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


_UNTYPED: Callable[..., Any] = value_from_ast_untyped
_SERIALIZE: dict[str, Callable[[Any], Any]] = {
    "Money": lambda value: money_text(Decimal(value)),
    "Decimal": lambda value: decimal_text(Decimal(value)),
    "DateTime": lambda value: value if isinstance(value, str) else iso(value),
    "UnsignedInt64": _text,
    "BigInt": _text,
    "JSON": lambda value: value,
}
_PARSE: dict[str, Callable[[Any], Any]] = {
    "Money": _decimal,
    "Decimal": _decimal,
    "DateTime": _moment,
    "JSON": _json,
}


def _scalar(kind: GraphQLScalarType) -> None:
    if kind.name in ("String", "Int", "Float", "Boolean", "ID"):
        return
    read: Callable[[Any], Any] = _PARSE.get(kind.name, _text)

    def literal(node: Any, variables: dict[str, Any] | None = None) -> Any:
        value: Any = _UNTYPED(node, variables)
        return read(value)

    # A custom scalar gets its functions after the schema was built from the SDL.
    vars(kind).update(
        serialize=_SERIALIZE.get(kind.name, _text), parse_value=read, parse_literal=literal
    )
