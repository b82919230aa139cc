"""Product types: what Amazon asks of a listing, in a compact form that can be kept. Pure.

Amazon's schema of one type has megabytes; of it stays what a form shows and what can be checked
before something is sent: attributes with label, type, values and limits, which of them are
required, and the rules by which others become required (D: Product Type Definitions, the meta
schema's vocabulary). What is left out, Amazon checks itself, and says so in issues.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from jsonschema import Draft201909Validator

from ..core import wire
from ..core.errors import InvalidError
from ..core.masking import cap
from ..core.shape import as_list, as_object, as_text
from ..core.types import Issue, Severity

MAX_VALUES = 2000
MAX_TEXT = 500
SELECTORS = frozenset({"marketplace_id", "language_tag", "audience", "currency"})


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a product type.

    :param type: ``text``, ``number``, ``integer``, ``boolean`` or ``object`` (several members).
    :param values: what may be chosen, with labels; ``open`` says whether other values may be
        written as well.
    :param localized: has a language.
    :param members: names of the members of an instance, of an ``object``.
    """

    name: str
    label: str
    type: str = "text"
    required: bool = False
    description: str = ""
    example: str = ""
    group: str = ""
    values: tuple[tuple[str, str], ...] = ()
    open: bool = True
    localized: bool = False
    max_length: int | None = None
    max_bytes: int | None = None
    min_value: float | None = None
    max_value: float | None = None
    max_items: int | None = None
    members: tuple[str, ...] = ()
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class ProductType:
    """A product type in one marketplace.

    :param checksum: of the schema it was made of; equal as long as nothing changed.
    :param rules: JSON Schemas that say when further attributes are required.
    :param definitions: what the rules refer to.
    """

    name: str
    label: str
    market: str
    requirements: str = "LISTING"
    locale: str = ""
    version: str = ""
    checksum: str = ""
    attributes: tuple[Attribute, ...] = ()
    rules: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    definitions: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the attributes that are always required."""
        return tuple(one.name for one in self.attributes if one.required)

    def attribute(self, name: str) -> Attribute | None:
        """The attribute of that name."""
        return next((one for one in self.attributes if one.name == name), None)

    def to_json(self) -> dict[str, Any]:
        """JSON-able, for a cache; see :func:`from_json`."""
        return asdict(self)


def from_json(data: Any) -> ProductType:
    """A product type out of the cache.

    :raise InvalidError: it was not written by this version.
    """
    try:
        own = dict(data)
        rows = [dict(one) for one in own.pop("attributes")]
        for row in rows:
            row["values"] = tuple((str(value), str(label)) for value, label in row["values"])
            row["members"] = tuple(row["members"])
        attributes = tuple(Attribute(**row) for row in rows)
        return ProductType(**own | {"attributes": attributes, "rules": tuple(own["rules"])})
    except (KeyError, TypeError, ValueError):
        raise InvalidError("The kept product type cannot be read.", code="bad_cache") from None


# === READING === #


def schema_link(definition: Any) -> tuple[str, str]:
    """Address and checksum of the schema in an answer of getDefinitionsProductType."""
    schema = as_object(as_object(definition, "definition").get("schema"), "schema")
    link = as_object(schema.get("link"), "schema.link")
    return as_text(link.get("resource"), "resource"), as_text(schema.get("checksum"), "checksum")


def same_checksum(content: bytes, checksum: str) -> bool:
    """Whether a schema arrived whole: Base64 of MD5 (M), in hexadecimal in the model's example."""
    if not checksum:
        return True
    digest = hashlib.md5(content, usedforsecurity=False)
    return checksum in (base64.b64encode(digest.digest()).decode(), digest.hexdigest())


def parse_product_type(definition: Any, schema_content: bytes) -> ProductType:
    """A product type from the definition and the document it names.

    :raise InvalidError: either has another shape.
    """
    data = as_object(definition, "definition")
    schema = as_object(wire.loads(schema_content), "schema")
    properties = as_object(schema.get("properties"), "schema.properties")
    names = as_list(schema.get("required"), "required")
    required = {name for name in names if isinstance(name, str) and name in properties}
    groups = _groups(data.get("propertyGroups"))
    markets = [str(one) for one in as_list(data.get("marketplaceIds"), "marketplaceIds")]
    version = data.get("productTypeVersion")
    return ProductType(
        name=as_text(data.get("productType"), "productType"),
        label=as_text(data.get("displayName"), "displayName"),
        market=markets[0] if markets else "",
        requirements=as_text(data.get("requirements"), "requirements") or "LISTING",
        locale=as_text(data.get("locale"), "locale"),
        version=str(version.get("version") or "") if isinstance(version, dict) else "",
        checksum=schema_link(definition)[1],
        attributes=tuple(
            _attribute(name, value, name in required, groups.get(name, ""))
            for name, value in properties.items()
            if isinstance(value, dict)
        ),
        rules=tuple(rule for rule in as_list(schema.get("allOf"), "allOf") if _is_rule(rule)),
        definitions=_mapping(schema.get("$defs")),
    )


def parse_product_types(reply: Any) -> tuple[tuple[str, str], ...]:
    """Names and labels in an answer of searchDefinitionsProductTypes."""
    rows = as_list(as_object(reply, "answer").get("productTypes"), "productTypes")
    found = [as_object(row, "product type") for row in rows]
    return tuple(
        (name, as_text(row.get("displayName"), "displayName") or name)
        for row in found
        if (name := as_text(row.get("name"), "name"))
    )


def _attribute(name: str, data: Mapping[str, Any], required: bool, group: str) -> Attribute:
    members = _mapping(_mapping(data.get("items")).get("properties"))
    own = [one for one in members if one not in SELECTORS]
    simple = own == ["value"] or ("value" in own and all(_hidden(members[o]) for o in own[1:]))
    value = _mapping(members.get("value")) if simple else {}
    options = [value, *(_mapping(one) for one in value.get("anyOf") or value.get("oneOf") or ())]
    # A variation theme has a name in the place of a value.
    chosen = options if simple else [_mapping(members.get("name"))]
    listed = next((one for one in chosen if isinstance(one.get("enum"), list)), {})
    closed = "enum" in value or len([o for o in options[1:] if "enum" not in o]) == 0
    return Attribute(
        name=name,
        label=_words(data.get("title")) or name.replace("_", " "),
        type=_type(options) if simple else "object",
        required=required,
        description=cap(_words(data.get("description")), MAX_TEXT),
        example=cap(_example(data, value), MAX_TEXT),
        group=group,
        values=_values(listed),
        open=not (listed and closed),
        localized="language_tag" in members,
        max_length=_first_int(options, "maxLength"),
        max_bytes=_first_int(options, "maxUtf8ByteLength"),
        min_value=_first_number(options, "minimum"),
        max_value=_first_number(options, "maximum"),
        max_items=_first_int([data], "maxUniqueItems") or _first_int([data], "maxItems"),
        members=() if simple else tuple(own),
        hidden=_hidden(data),
    )


def _type(options: Sequence[Mapping[str, Any]]) -> str:
    told = next((one.get("type") for one in options if one.get("type")), "string")
    told = told[0] if isinstance(told, list) and told else told
    return {"string": "text", "number": "number", "integer": "integer", "boolean": "boolean"}.get(
        str(told), "object"
    )


def _values(listed: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    values = [_plain(one) for one in listed.get("enum") or ()][:MAX_VALUES]
    names = listed.get("enumNames")
    labels = [_words(one) for one in names] if isinstance(names, list) else []
    return tuple(
        (value, labels[place] if place < len(labels) and labels[place] else value)
        for place, value in enumerate(values)
    )


def _groups(value: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for group in _mapping(value).values():
        data = _mapping(group)
        names = data.get("propertyNames")
        for name in names if isinstance(names, list) else ():
            found.setdefault(str(name), _words(data.get("title")))
    return found


def _is_rule(value: Any) -> bool:
    """Rules that may require attributes; others constrain values, which Amazon checks itself."""
    return isinstance(value, dict) and "if" in value and bool(set(_required_by(value)))


def _required_by(rule: Mapping[str, Any]) -> Iterator[str]:
    for branch in ("then", "else"):
        yield from _top_required(_mapping(rule.get(branch)))


def _top_required(schema: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    names = schema.get("required")
    if isinstance(names, list):
        yield from (str(one) for one in names)
    if depth < 8:
        for part in schema.get("allOf") or ():
            yield from _top_required(_mapping(part), depth + 1)


# === CHECKING === #


def missing(
    attributes: Mapping[str, Sequence[Mapping[str, Any]]], definition: ProductType
) -> tuple[Issue, ...]:
    """What Amazon would surely find wrong, in words.

    :param attributes: as :func:`.payloads.attributes` makes them; of other marketplaces than the
        definition's nothing is looked at.
    """
    market = definition.market
    told = {
        name: rows
        for name, values in attributes.items()
        if (rows := [row for row in values if row.get("marketplace_id", market) == market])
    }
    found = []
    for name in (*definition.required, *_ruled(told, definition)):
        if name not in told:
            one = definition.attribute(name)
            label = one.label if one else name.replace("_", " ")
            text = f"“{label}” ({name}) is required for {definition.label or definition.name}."
            found.append(Issue("missing", text, Severity.ERROR, (name,)))
    for name, rows in told.items():
        one = definition.attribute(name)
        if one is not None:
            found += _wrong(one, rows)
    return tuple(dict.fromkeys(found))


def _ruled(told: Mapping[str, Any], definition: ProductType) -> Iterator[str]:
    """Attributes that become required by what is told."""
    document = dict(told)
    for rule in definition.rules:
        condition = {**_mapping(rule.get("if")), "$defs": definition.definitions}
        try:
            holds = Draft201909Validator(condition).is_valid(document)
        except Exception:
            # The schema is Amazon's: whatever is wrong with one rule, Amazon checks it itself.
            continue
        yield from _top_required(_mapping(rule.get("then" if holds else "else")))


def _wrong(one: Attribute, rows: Sequence[Mapping[str, Any]]) -> Iterator[Issue]:
    if one.max_items and len(rows) > one.max_items:
        text = f"“{one.label}” takes {one.max_items} values, {len(rows)} are given."
        yield Issue("too_many", text, Severity.ERROR, (one.name,))
    for row in rows:
        if "value" in row and one.type != "object":
            for code, text in _complaints(one, row["value"]):
                yield Issue(code, f"“{one.label}” {text}", Severity.ERROR, (one.name,))


def _complaints(one: Attribute, value: Any) -> Iterator[tuple[str, str]]:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    wanted = {"number": number, "integer": number, "boolean": isinstance(value, bool)}
    if not wanted.get(one.type, True):
        kind = "yes or no" if one.type == "boolean" else "a number"
        yield "bad_type", f"must be {kind}."
        return
    if one.values and not one.open and _plain(value) not in {known for known, _label in one.values}:
        shown = ", ".join(label for _value, label in one.values[:8])
        more = ", …" if len(one.values) > 8 else ""
        yield "not_allowed", f"must be one of: {shown}{more}."
    if number:
        if one.min_value is not None and value < one.min_value:
            yield "too_small", f"must be at least {one.min_value:g}."
        if one.max_value is not None and value > one.max_value:
            yield "too_large", f"must be at most {one.max_value:g}."
    elif isinstance(value, str):
        if one.max_length is not None and len(value) > one.max_length:
            yield "too_long", f"may have {one.max_length} characters, it has {len(value)}."
        size = len(value.encode("utf-8", "replace"))
        if one.max_bytes is not None and size > one.max_bytes:
            yield "too_long", f"may have {one.max_bytes} bytes, it has {size}."


# === VALUES === #


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _hidden(value: Any) -> bool:
    return _mapping(value).get("hidden") is True


def _words(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _example(data: Mapping[str, Any], value: Mapping[str, Any]) -> str:
    for source in (value, data):
        examples = source.get("examples")
        if isinstance(examples, list) and examples and isinstance(examples[0], (str, int, float)):
            return _plain(examples[0])
    return ""


def _first_int(options: Sequence[Mapping[str, Any]], name: str) -> int | None:
    found = _first_number(options, name)
    return None if found is None else int(found)


def _first_number(options: Sequence[Mapping[str, Any]], name: str) -> float | None:
    for one in options:
        value = one.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return value
    return None
