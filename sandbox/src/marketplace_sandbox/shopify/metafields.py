"""Metafields, their definitions, and tags: what many kinds of rows have in common.

A row keeps its metafields as a dict by ``namespace.key``: ``{"id", "namespace", "key", "type",
"value", "created", "updated"}``. A definition of type ``id`` makes the value unique among the rows
of its owner type, so that it can identify one.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from ..clock import parse_time
from .errors import UserErrors, denied, refuse, user_error
from .gids import gid, number_of, parse
from .paging import connection, listed
from .part import Context, Part
from .registry import Owner, Resolvers
from .search import compile_search

_TEXT = ("single_line_text_field", "multi_line_text_field", "id", "url", "color", "rich_text_field",
         "product_reference", "variant_reference", "file_reference", "link")  # fmt: skip
TYPES = frozenset(
    (*_TEXT, "number_integer", "number_decimal", "boolean", "date", "date_time", "json", "money",
     "weight", "volume", "dimension", "rating",
     *(f"list.{each}" for each in ("single_line_text_field", "number_integer", "number_decimal",
                                   "url", "date", "date_time", "product_reference",
                                   "variant_reference", "file_reference", "color")))
)  # fmt: skip
_JSON = ("json", "money", "weight", "volume", "dimension", "rating")


@dataclass
class Definition:
    """What a metafield of an owner type is."""

    id: int
    namespace: str
    key: str
    name: str
    type: str
    owner_type: str
    description: str | None = None
    unique: bool = False
    pinned: bool = False

    typename = "MetafieldDefinition"


def value_error(kind: str, value: str) -> str | None:
    """Why a value does not fit a type, or None."""
    if value == "":
        return "Value can't be blank."
    if kind.startswith("list."):
        found = _parsed(value)
        if not isinstance(found, list):
            return "Value must be a JSON array."
        errors = (value_error(kind[5:], str(each)) for each in found)
        return next((each for each in errors if each), None)
    good, text = _VALUES.get("json" if kind in _JSON else kind, (None, ""))
    return None if good is None or good(value) else text


def _parsed(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return None


def _is_decimal(value: str) -> bool:
    try:
        return Decimal(value).is_finite()
    except InvalidOperation:
        return False


def _is_moment(value: str) -> bool:
    try:
        parse_time(value)
    except ValueError:
        return False
    return True


def _is_line(value: str) -> bool:
    return "\n" not in value


_VALUES: dict[str, tuple[Callable[[str], Any], str]] = {
    "number_integer": (re.compile(r"-?\d{1,19}").fullmatch, "Value must be an integer."),
    "number_decimal": (_is_decimal, "Value must be a decimal."),
    "boolean": (re.compile("true|false").fullmatch, "Value must be true or false."),
    "date": (_is_moment, "Value must be in ISO 8601 format."),
    "date_time": (_is_moment, "Value must be in ISO 8601 format."),
    "json": (lambda value: _parsed(value) is not None, "Value must be valid JSON."),
    "single_line_text_field": (_is_line, "Value must be a single line text string."),
    "id": (_is_line, "Value must be a single line text string."),
}


class Metafields(Part):
    """Definitions, and the reading and writing of the metafields and tags of any row."""

    def __init__(self, room: Any) -> None:
        super().__init__(room)
        self.definitions = self.rows("definitions", Definition)
        self._index: dict[tuple[str, str, str], Definition] = {}
        self._version = -1

    def clear(self) -> None:
        self.definitions.clear()

    def state(self) -> dict[str, Any]:
        return {"metafield_definitions": [vars(each) for each in self.definitions.values()]}

    def definition(self, owner_type: str, namespace: str, key: str) -> Definition | None:
        if self._version != self.definitions.version:
            self._index = {
                (each.owner_type, each.namespace, each.key): each
                for each in self.definitions.values()
            }
            self._version = self.definitions.version
        return self._index.get((owner_type, namespace, key))

    # === VALUES OF A ROW === #

    def namespace_of(self, ctx: Context, given: str | None) -> str:
        """``$app`` and nothing at all mean the app's own namespace."""
        own = f"app--{501 if ctx.access.app == 'client' else 502}"
        if not given:
            return own
        return own + given[4:] if given.startswith("$app") else given

    def check(
        self,
        ctx: Context,
        owner_type: str,
        path: Sequence[Any],
        data: Mapping[str, Any],
        old: Mapping[str, Any],
    ) -> tuple[str, dict[str, Any]]:
        """(``namespace.key``, row) of an input. :raises UserErrors: INVALID_VALUE and the like."""
        if data.get("id"):
            number = number_of(str(data["id"]), "Metafield")
            known = next((each for each in old.values() if each["id"] == number), None)
            if known is None:
                raise refuse([*path, "id"], "Metafield does not exist.", "INVALID")
            data = {**known, **{k: v for k, v in data.items() if v is not None and k != "id"}}
        namespace, key = self.namespace_of(ctx, data.get("namespace")), str(data.get("key") or "")
        if not re.fullmatch(r"[A-Za-z0-9_-]{2,64}", key):
            raise refuse([*path, "key"], "Key is invalid.", "INVALID")
        found = self.definition(owner_type, namespace, key)
        before = old.get(f"{namespace}.{key}")
        kind = data.get("type") or (found.type if found else before["type"] if before else None)
        if kind is None:
            raise refuse([*path, "type"], "Type can't be blank.", "BLANK")
        if kind not in TYPES or (found is not None and found.type != kind):
            raise refuse([*path, "type"], f"Type must be {found.type if found else 'a known one'}.",
                         "INVALID_TYPE")  # fmt: skip
        value = str(data.get("value") if data.get("value") is not None else "")
        if text := value_error(kind, value):
            raise refuse([*path, "value"], text, "INVALID_VALUE")
        number = before["id"] if before else self.room.next_id("metafield", 30_001)
        created = before["created"] if before else ctx.now
        same = before is not None and (before["type"], before["value"]) == (kind, value)
        updated = before["updated"] if same and before else ctx.now
        row = {"id": number, "namespace": namespace, "key": key, "type": kind, "value": value,
               "created": created, "updated": updated}  # fmt: skip
        return f"{namespace}.{key}", row

    def object(self, kind: str, owner: Any, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row as the type Metafield."""
        owner_type = self.room.resolvers.owners[kind].owner_type
        value = row["value"]
        text = row["type"] in _TEXT or row["type"] in ("date", "date_time")
        return {
            "__typename": "Metafield",
            "id": gid("Metafield", row["id"]),
            "legacyResourceId": row["id"],
            "namespace": row["namespace"],
            "key": row["key"],
            "type": row["type"],
            "value": value,
            "jsonValue": value if text else _parsed(value),
            "compareDigest": digest(row),
            "createdAt": row["created"],
            "updatedAt": row["updated"],
            "owner": owner,
            "ownerType": owner_type,
            "sizeInBytes": len(value.encode()),
            "definition": self.definition(owner_type, row["namespace"], row["key"]),
        }

    def bind(self, found: Resolvers, kind: str) -> None:
        """Give a type the fields ``metafield`` and ``metafields``."""

        def one(row: Any, ctx: Context, key: str, namespace: str | None = None) -> Any:
            if namespace is None and "." in key:
                namespace, _, key = key.partition(".")
            name = f"{self.namespace_of(ctx, namespace)}.{key}"
            field = row.metafields.get(name)
            return None if field is None else self.object(kind, row, field)

        def many(
            row: Any,
            ctx: Context,
            keys: list[str] | None = None,
            namespace: str | None = None,
            **args: Any,
        ) -> Any:
            space = self.namespace_of(ctx, namespace) if namespace else None
            rows = [
                self.object(kind, row, each)
                for name, each in row.metafields.items()
                if (space is None or each["namespace"] == space)
                and (not keys or name in keys or each["key"] in keys)
            ]
            return listed(rows, **args)

        found.field(f"{kind}.metafield")(one)
        found.field(f"{kind}.metafields")(many)

    # === THE API === #

    def resolvers(self) -> Resolvers:
        found = Resolvers()
        found.query("metafieldDefinitions")(self._list)
        found.query("metafieldDefinition")(self._by_identifier)
        found.node("MetafieldDefinition", lambda ctx, number: self.definitions.get(number))
        found.mutation("metafieldDefinitionCreate")(self._define)
        found.mutation("metafieldsSet")(self._set)
        found.mutation("metafieldsDelete")(self._delete)
        found.mutation("tagsAdd")(lambda ctx, id, tags: self._tag(ctx, id, tags, True))
        found.mutation("tagsRemove")(lambda ctx, id, tags: self._tag(ctx, id, tags, False))
        values: dict[str, Any] = {
            "id": lambda row, ctx: gid("MetafieldDefinition", row.id),
            "type": lambda row, ctx: {"name": row.type, "category": row.type.split("_")[0].upper()},
            "capabilities": lambda row, ctx: {
                "uniqueValues": {"enabled": row.unique, "eligible": row.type in _TEXT}
            },
            "metafieldsCount": lambda row, ctx, validation_status=None: 0,
            "pinnedPosition": lambda row, ctx: 1 if row.pinned else None,
            "validationStatus": lambda row, ctx: "ALL_VALID",
        }
        for name, function in values.items():
            found.field(f"MetafieldDefinition.{name}")(function)
        return found

    def _list(
        self,
        ctx: Context,
        owner_type: str,
        key: str | None = None,
        namespace: str | None = None,
        query: str | None = None,
        sort_key: str | None = None,
        **args: Any,
    ) -> Any:
        keep = compile_search(
            query,
            {
                "": lambda row: [row.name, row.key],
                "id": lambda row: row.id,
                "key": lambda row: row.key,
                "namespace": lambda row: row.namespace,
                "type": lambda row: row.type,
            },
        )
        space = self.namespace_of(ctx, namespace) if namespace else None
        rows = [
            each
            for each in self.definitions.values()
            if each.owner_type == owner_type
            and (key is None or each.key == key)
            and (space is None or each.namespace == space)
        ]
        return connection(rows, keep=keep, **args)

    def _by_identifier(self, ctx: Context, identifier: dict[str, Any] | None = None) -> Any:
        if identifier is None:
            return None
        space = self.namespace_of(ctx, identifier.get("namespace"))
        return self.definition(identifier["ownerType"], space, identifier["key"])

    def _define(self, ctx: Context, definition: dict[str, Any]) -> Any:
        namespace = self.namespace_of(ctx, definition.get("namespace"))
        kind, owner_type, key = definition["type"], definition["ownerType"], definition["key"]
        if kind not in TYPES:
            raise refuse(["definition", "type"], f"Type {kind[:40]} is not valid.", "INCLUSION")
        if not re.fullmatch(r"[A-Za-z0-9_-]{2,64}", key):
            raise refuse(["definition", "key"], "Key is invalid.", "INVALID_CHARACTER")
        if self.definition(owner_type, namespace, key) is not None:
            raise refuse(
                ["definition", "key"], "Key is in use for Product metafields on the '"
                f"{namespace}' namespace.", "TAKEN",
            )  # fmt: skip
        wanted = (definition.get("capabilities") or {}).get("uniqueValues") or {}
        if kind == "id" and wanted.get("enabled") is False:
            raise refuse(["definition", "capabilities"], "Type id needs unique values.",
                         "CAPABILITY_REQUIRED_BUT_DISABLED")  # fmt: skip
        row = Definition(
            self.room.next_id("definition", 4001),
            namespace,
            key,
            definition["name"],
            kind,
            owner_type,
            definition.get("description"),
            kind == "id" or bool(wanted.get("enabled")),
            bool(definition.get("pin")),
        )
        return {"createdDefinition": self.definitions.put(row), "userErrors": []}

    def _owner(self, ctx: Context, text: str, field: str) -> tuple[str, Owner, Any]:
        """(type, rules, row) of an owner's id. :raises UserErrors: not there."""
        kind, number, _ = parse(text)
        owner = self.room.resolvers.owners.get(kind)
        row = self.room.resolvers.loaders[kind](ctx, number) if owner else None
        if owner is None or row is None:
            raise refuse([field], f"{kind} does not exist", "INVALID")
        if owner.scope not in ctx.access.scopes:
            raise denied(field, (owner.scope,))
        return kind, owner, row

    def _set(self, ctx: Context, metafields: list[dict[str, Any]]) -> Any:
        if len(metafields) > 25:
            raise refuse(["metafields"], "Exceeded the maximum metafields input limit of 25.",
                         "LESS_THAN_OR_EQUAL_TO")  # fmt: skip
        planned: list[tuple[str, Owner, Any, str, dict[str, Any]]] = []
        errors: list[dict[str, Any]] = []
        for index, data in enumerate(metafields):
            path = ["metafields", str(index)]
            try:
                kind, owner, row = self._owner(ctx, data["ownerId"], "ownerId")
                old = row.metafields
                name, field = self.check(ctx, owner.owner_type, path, data, old)
                wanted = data.get("compareDigest")
                if "compareDigest" in data and wanted != (
                    digest(old[name]) if name in old else None
                ):
                    raise refuse(path, "The resource has been updated since it was loaded.",
                                 "STALE_OBJECT")  # fmt: skip
                self.check_unique(kind, owner.owner_type, row, path, field)
                planned.append((kind, owner, row, name, field))
            except UserErrors as error:
                errors += [{**each, "elementIndex": index} for each in error.errors]
        if errors:
            raise UserErrors(errors)
        for _, owner, row, name, field in planned:
            if row.metafields.get(name) != field:
                row.metafields[name] = field
                owner.save(row)
        objects = [self.object(kind, row, field) for kind, _, row, _, field in planned]
        return {"metafields": objects, "userErrors": []}

    def check_unique(
        self,
        kind: str,
        owner_type: str,
        row: Any,
        path: Sequence[Any],
        field: Mapping[str, Any],
    ) -> None:
        """:raises UserErrors: another row has this value of a unique metafield."""
        found = self.definition(owner_type, field["namespace"], field["key"])
        if found is None or not found.unique or kind != "Product":
            return
        other = self.room.catalogue.by_custom_id(field["namespace"], field["key"], field["value"])
        if other is not None and other is not row:
            raise refuse([*path, "value"], "Value has already been assigned to another metafield.",
                         "TAKEN")  # fmt: skip

    def _delete(self, ctx: Context, metafields: list[dict[str, Any]]) -> Any:
        deleted: list[Any] = []
        for data in metafields:
            _, owner, row = self._owner(ctx, data["ownerId"], "metafields")
            space = self.namespace_of(ctx, data["namespace"])
            gone = row.metafields.pop(f"{space}.{data['key']}", None)
            if gone is not None:
                owner.save(row)
            deleted.append(
                None if gone is None
                else {"ownerId": data["ownerId"], "namespace": space, "key": data["key"]}
            )  # fmt: skip
        return {"deletedMetafields": deleted, "userErrors": []}

    def _tag(self, ctx: Context, id: str, tags: list[str], add: bool) -> Any:
        _, owner, row = self._owner(ctx, id, "id")
        folded = {each.strip().casefold() for each in tags}
        kept = [each for each in row.tags if add or each.casefold() not in folded]
        wanted = merged_tags([*kept, *(tags if add else ())])
        if any(len(each) > 255 for each in wanted) or len(wanted) > 250:
            raise UserErrors([user_error(["tags"], "Tags are too long or too many.")])
        if wanted != row.tags:
            row.tags = wanted
            owner.save(row)
        return {"node": row, "userErrors": []}


def merged_tags(tags: Sequence[str]) -> list[str]:
    """Without blanks and doubles (case apart), in alphabetical order."""
    found: dict[str, str] = {}
    for each in tags:
        text = each.strip()
        if text:
            found.setdefault(text.casefold(), text)
    return [found[key] for key in sorted(found)]


def digest(row: Mapping[str, Any]) -> str:
    """What `compareDigest` is compared with."""
    return hashlib.sha256(f"{row['type']}\n{row['value']}".encode()).hexdigest()
