"""Amazon's official models (Swagger 2.0), held against requests and used as a source of answers.

The schemas in them are checked by jsonschema; what Swagger has around them, paths and parameters,
is matched here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jsonschema import Draft4Validator, FormatChecker

METHODS = {"get", "put", "post", "patch", "delete"}
#: The models of which operations are used; others lie beside them.
USED = (
    "sellers",
    "listingsItems_2021-08-01",
    "definitionsProductTypes_2020-09-01",
    "feeds_2021-06-30",
    "orders_2026-01-01",
    "ordersV0",
    "reports_2021-06-30",
    "finances_2024-06-19",
    "fbaInventory",
    "notifications",
)
#: Some examples are written member by member instead of as a whole, by a type or a title.
_MEMBERS = {"payload", "errors", "pagination"}
#: A row of a usage plan: requests per second, burst.
_PLAN = re.compile(r"\|\s*([\d.]+)\s*\|\s*([\d.]+)\s*\|")
_KEPT = {"type", "enum", "items", "minimum", "maximum", "minItems", "maxItems", "format"}


@dataclass(frozen=True)
class Example:
    """One answer that a model shows."""

    operation: str
    status: int
    body: Any


@dataclass(frozen=True)
class Operation:
    """One operation of a model."""

    name: str
    model: str
    method: str
    path: re.Pattern[str]
    parameters: tuple[Mapping[str, Any], ...]
    definitions: Mapping[str, Any]
    deprecated: bool
    rates: tuple[tuple[float, float], ...]
    examples: tuple[Example, ...]

    def complaints(self, target: str, body: bytes) -> list[str]:
        """What the model has against a request."""
        found = [f"{self.name}: {text}" for text in self._query(target)]
        return found + [f"{self.name}: {text}" for text in self._body(body)]

    def _query(self, target: str) -> Iterator[str]:
        known = {one["name"]: one for one in self.parameters if one["in"] == "query"}
        given = dict(parse_qsl(urlsplit(target).query, keep_blank_values=True))
        yield from (f"unknown parameter {name}" for name in given.keys() - known.keys())
        for name, one in known.items():
            if name not in given:
                if one.get("required"):
                    yield f"parameter {name} is missing"
                continue
            schema = {key: value for key, value in one.items() if key in _KEPT}
            value = _typed(given[name], schema)
            for error in Draft4Validator(schema, format_checker=FormatChecker()).iter_errors(value):
                yield f"parameter {name}: {error.message}"

    def _body(self, body: bytes) -> Iterator[str]:
        schemas = [one for one in self.parameters if one["in"] == "body"]
        if not schemas:
            if body:
                yield "a body is sent, the model has none"
            return
        schema = {**schemas[0]["schema"], "definitions": self.definitions}
        validator = Draft4Validator(schema, format_checker=FormatChecker())
        for error in validator.iter_errors(json.loads(body)):
            yield f"{error.json_path}: {error.message}"


def _typed(text: str, schema: Mapping[str, Any]) -> Any:
    kind = schema.get("type")
    if kind == "array":
        # Every list of these models is of the default form "csv".
        return [_typed(part, schema.get("items", {})) for part in text.split(",")]
    if kind == "integer" and text.lstrip("-").isdecimal():
        return int(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


def operations(specs: Path, names: tuple[str, ...] = USED) -> list[Operation]:
    """All operations of these models."""
    return [
        operation
        for name in names
        for operation in _operations(name, specs / "amazon" / "models" / f"{name}.json")
    ]


def _operations(name: str, path: Path) -> Iterator[Operation]:
    data = json.loads(path.read_text("utf-8"))
    definitions = data["definitions"]
    _close(definitions)
    for template, methods in data["paths"].items():
        pattern = re.compile(re.sub(r"\\?\{[^}]*\\?\}", "[^/]+", re.escape(template)))
        common = [_resolved(one, data) for one in methods.get("parameters", ())]
        for method, one in methods.items():
            if method not in METHODS:
                continue
            own = [_resolved(parameter, data) for parameter in one.get("parameters", ())]
            yield Operation(
                one["operationId"],
                name,
                method.upper(),
                pattern,
                (*common, *own),
                definitions,
                bool(one.get("deprecated")),
                tuple((float(a), float(b)) for a, b in _PLAN.findall(one["description"])),
                tuple(_examples(one)),
            )


def _resolved(parameter: Mapping[str, Any], data: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = parameter.get("$ref")
    if not reference:
        return parameter
    found: Any = data
    for part in str(reference).removeprefix("#/").split("/"):
        found = found[part]
    assert isinstance(found, Mapping)
    return found


def _examples(operation: Mapping[str, Any]) -> Iterator[Example]:
    name = operation["operationId"]
    for status, response in operation["responses"].items():
        shown = response.get("x-amzn-api-sandbox") or {}
        for one in shown.get("static", ()):
            yield Example(name, int(status), one.get("response"))
        bodies = response.get("examples") or {}
        yield from (
            Example(name, int(status), one) for kind, one in bodies.items() if kind not in _MEMBERS
        )
        members = {kind: one for kind, one in bodies.items() if kind in _MEMBERS}
        if members:
            yield Example(name, int(status), members)


def _close(schema: Any) -> None:
    """A member that an object of the model does not have is a mistake of ours."""
    for one in schema if isinstance(schema, list) else ():
        _close(one)
    if not isinstance(schema, dict):
        return
    if isinstance(schema.get("properties"), dict):
        schema.setdefault("additionalProperties", False)
    for key, one in schema.items():
        if key not in ("example", "x-example", "examples", "enum"):
            _close(one)


def match(known: list[Operation], method: str, path: str) -> Operation | None:
    """The operation of a request."""
    for one in known:
        if one.method == method and one.path.fullmatch(path):
            return one
    return None
