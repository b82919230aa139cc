"""Resolvers by field name, with what the access rules need to know about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Function = Callable[..., Any]


@dataclass(frozen=True)
class Entry:
    """A resolver. `scopes`: any of them opens the field; none: everybody may."""

    function: Function
    scopes: tuple[str, ...] = ()
    idempotent: bool = False


@dataclass(frozen=True)
class Owner:
    """A type whose rows have `metafields` (dict by ``namespace.key``) or `tags` (list)."""

    owner_type: str
    scope: str
    save: Function


@dataclass
class Resolvers:
    """What one part of the room answers.

    fields: ``Type.field`` → ``function(row, ctx, **args)``; of the roots ``function(ctx, **args)``.
    type_scopes: type → scopes, any of which lets a token see objects of it.
    loaders: type → ``function(ctx, number)`` that finds a row by the number of its global id.
    owners: type → how metafieldsSet, tagsAdd … change its rows.
    """

    fields: dict[str, Entry] = field(default_factory=dict)
    type_scopes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    loaders: dict[str, Function] = field(default_factory=dict)
    owners: dict[str, Owner] = field(default_factory=dict)

    def field(self, name: str, scope: str | tuple[str, ...] = ()) -> Callable[[Function], Function]:
        return self._register(name, scope, False)

    def query(self, name: str, scope: str | tuple[str, ...] = ()) -> Callable[[Function], Function]:
        return self._register(f"QueryRoot.{name}", scope, False)

    def mutation(
        self, name: str, scope: str | tuple[str, ...] = (), idempotent: bool = False
    ) -> Callable[[Function], Function]:
        """:param idempotent: the call needs the directive ``@idempotent(key:)``."""
        return self._register(f"Mutation.{name}", scope, idempotent)

    def types(self, scopes: dict[str, tuple[str, ...]]) -> None:
        self.type_scopes.update(scopes)

    def node(self, kind: str, loader: Function) -> None:
        self.loaders[kind] = loader

    def owner(self, kind: str, owner_type: str, scope: str, save: Function) -> None:
        """Let metafieldsSet, metafieldsDelete, tagsAdd and tagsRemove change rows of a type.

        :param owner_type: of the enum MetafieldOwnerType.
        :param save: ``function(row)``, called after a change in place.
        """
        self.owners[kind] = Owner(owner_type, scope, save)

    def _register(
        self, name: str, scope: str | tuple[str, ...], idempotent: bool
    ) -> Callable[[Function], Function]:
        scopes = (scope,) if isinstance(scope, str) else scope

        def keep(function: Function) -> Function:
            if name in self.fields:
                raise ValueError(f"{name} has a resolver already")
            self.fields[name] = Entry(function, scopes, idempotent)
            return function

        return keep

    def merge(self, other: Resolvers) -> None:
        """:raises ValueError: both have the same field."""
        if double := set(self.fields) & set(other.fields):
            raise ValueError(f"resolved twice: {', '.join(sorted(double))}")
        self.fields.update(other.fields)
        self.type_scopes.update(other.type_scopes)
        self.loaders.update(other.loaders)
        self.owners.update(other.owners)
