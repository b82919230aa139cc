"""The official models as JSON Schemas: answers and requests are held against them."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

from jsonschema import Draft4Validator, Draft7Validator
from support import specs

MODELS = {
    "sellers": "sellers.json",
    "tokens": "tokens_2021-03-01.json",
    "listings": "listingsItems_2021-08-01.json",
    "definitions": "definitionsProductTypes_2020-09-01.json",
    "feeds": "feeds_2021-06-30.json",
    "orders": "orders_2026-01-01.json",
    "ordersV0": "ordersV0.json",
    "reports": "reports_2021-06-30.json",
    "finances": "finances_2024-06-19.json",
    "fba": "fbaInventory.json",
    "notifications": "notifications.json",
}


@cache
def model(name: str) -> dict[str, Any]:
    """A model with its objects closed: a member that it does not have is a mistake."""
    data: dict[str, Any] = json.loads(specs("amazon", "models", MODELS[name]).read_text("utf-8"))
    for definition in data["definitions"].values():
        _close(definition)
    return data


def _close(schema: Any) -> None:
    if isinstance(schema, list):
        for each in schema:
            _close(each)
    if not isinstance(schema, dict):
        return
    if "properties" in schema and "additionalProperties" not in schema:
        schema["additionalProperties"] = False
    for key, each in schema.items():
        if key not in ("example", "x-example", "examples", "enum"):
            _close(each)


def _operation(name: str, operation: str) -> dict[str, Any]:
    for path in model(name)["paths"].values():
        for each in path.values():
            if isinstance(each, dict) and each.get("operationId") == operation:
                return each
    raise AssertionError(f"{name} has no operation {operation}")


def complaints(name: str, operation: str, status: int, body: Any) -> list[str]:
    """What the model of an operation has against an answer."""
    response = _operation(name, operation)["responses"][str(status)]
    if "schema" not in response:
        return [] if body is None else ["the model has no body here"]
    schema = {**copy.deepcopy(response["schema"]), "definitions": model(name)["definitions"]}
    if name == "finances":  # contexts are one of several kinds, written as all of them
        schema["definitions"] = {**schema["definitions"], "Context": {"type": "object"}}
    found = Draft4Validator(schema).iter_errors(body)
    return [f"{operation} {status}: {each.json_path}: {each.message}" for each in found]


def notification_complaints(file: str, message: dict[str, Any]) -> list[str]:
    """What the published schema of a notification type has against a message."""
    text = specs("amazon", "schemas", "notifications", file).read_text("utf-8")
    schema = json.loads(text)
    _close(schema.get("properties", {}))
    schema.setdefault("additionalProperties", False)
    found = Draft7Validator(schema).iter_errors(message)
    return [f"{file}: {each.json_path}: {each.message}" for each in found]


def feed_complaints(file: str, document: Any) -> list[str]:
    text = specs("amazon", "schemas", "feeds", file).read_text("utf-8")
    found = Draft7Validator(json.loads(text)).iter_errors(document)
    return [f"{file}: {each.json_path}: {each.message}" for each in found]
