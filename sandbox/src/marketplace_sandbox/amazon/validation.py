"""Checking attributes against a product type: what Amazon answers as issues of a listing.

The codes 90220 (required but not supplied) and 99022 (too few values) are published in examples.
The other codes are in the manner of the real ones; their numbers are not published in full.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from ..clock import parse_time
from .attributes import Schema

Issue = dict[str, Any]
MISSING, TOO_FEW, TOO_MANY = "90220", "99022", "99016"
BAD_VALUE, NOT_A_CHOICE, BAD_FORM, UNKNOWN_MEMBER = "4000001", "4000002", "4000000", "4000005"
UNKNOWN, UNKNOWN_TYPE, BAD_PATCH, NO_SKU = "90000900", "4000003", "4000004", "13013"
NO_PARENT, BAD_DATES, BAD_BOUNDS = "8008", "90057", "90111"
_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int, Decimal),
    "number": (int, Decimal, float),
    "object": (dict,),
    "array": (list,),
}


def issue(
    code: str,
    message: str,
    *names: str,
    severity: str = "ERROR",
    category: str = "INVALID_ATTRIBUTE",
) -> Issue:
    """An issue as the Listings Items API shows it."""
    found: Issue = {
        "code": code,
        "message": message,
        "severity": severity,
        "categories": [category],
    }
    if names:
        found["attributeNames"] = list(names)
    return found


def check_required(schema: Schema, attributes: dict[str, Any]) -> Iterator[Issue]:
    for name in schema["required"]:
        if not attributes.get(name):
            yield issue(
                MISSING,
                f"'{name}' is required but not supplied.",
                name,
                category="MISSING_ATTRIBUTE",
            )


def check_attribute(schema: Schema, name: str, value: Any, unknown: str) -> Iterator[Issue]:
    """The issues of one attribute.

    :param unknown: severity when the product type does not have it.
    """
    found = schema["properties"].get(name)
    if found is None:
        text = f"The attribute '{name[:80]}' is not part of the product type and is ignored."
        yield issue(UNKNOWN, text, name[:200], severity=unknown)
        return
    for path, code, message in _errors(schema["$defs"], found, value, name):
        category = "INVALID_PRICE" if name == "purchasable_offer" else "INVALID_ATTRIBUTE"
        if name.endswith("image_locator") or "image_locator_" in name:
            category = "INVALID_IMAGE"
        yield issue(code, message.format(path=path), name, category=category)
    if name == "purchasable_offer" and isinstance(value, list):
        yield from _check_offers(value)


Found = tuple[str, str, str]


def _errors(defs: Schema, schema: Schema, value: Any, path: str) -> Iterator[Found]:
    """(path, code, message) of all that is wrong; messages speak of ``{path}``."""
    if "$ref" in schema:
        schema = defs[schema["$ref"].rpartition("/")[2]]
    kind = schema.get("type")
    if kind is not None and not _is(kind, value):
        yield path, BAD_FORM, "The value of '{path}' must be of type " + str(kind) + "."
        return
    if "enum" in schema and value not in schema["enum"]:
        allowed = ", ".join(map(str, schema["enum"][:20]))
        text = "The value of '{path}' is not one of the allowed values: " + _safe(allowed) + "."
        yield path, NOT_A_CHOICE, text
    if kind == "string":
        yield from _text_errors(schema, value, path)
    elif kind in ("integer", "number"):
        yield from _number_errors(schema, value, path)
    elif kind == "array":
        yield from _list_errors(defs, schema, value, path)
    elif kind == "object":
        yield from _object_errors(defs, schema, value, path)


def _safe(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _is(kind: str, value: Any) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, Decimal) and value != value.to_integral_value():
        return False
    return isinstance(value, _KINDS[kind])


def _text_errors(schema: Schema, value: str, path: str) -> Iterator[Found]:
    if len(value.strip()) < schema.get("minLength", 0):
        yield path, TOO_FEW, "The value of '{path}' must not be empty."
    if len(value) > schema.get("maxLength", 10**9):
        most = schema["maxLength"]
        yield path, BAD_VALUE, f"The value of '{{path}}' is longer than {most} characters."
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield path, BAD_VALUE, "The value of '{path}' is not valid."
    if not _is_format(schema.get("format"), value):
        yield path, BAD_VALUE, "The value of '{path}' is not a valid " + schema["format"] + "."


def _is_format(form: str | None, value: str) -> bool:
    try:
        if form == "date-time":
            parse_time(value)
        elif form == "date":
            # Live traffic has restock dates with a time as well.
            date.fromisoformat(value[:10])
    except ValueError:
        return False
    return True


def _number_errors(schema: Schema, value: Any, path: str) -> Iterator[Found]:
    least, above, most = (schema.get(name) for name in ("minimum", "exclusiveMinimum", "maximum"))
    if (least is not None and value < least) or (above is not None and value <= above):
        bound = f"at least {least}" if least is not None else f"above {above}"
        yield path, BAD_VALUE, f"The value of '{{path}}' must be {bound}."
    if most is not None and value > most:
        yield path, BAD_VALUE, f"The value of '{{path}}' must be at most {most}."


def _list_errors(defs: Schema, schema: Schema, value: list[Any], path: str) -> Iterator[Found]:
    least = schema.get("minItems", 0)
    if len(value) < least:
        text = (
            f"The field '{{path}}' does not have enough values. The required minimum is '{least}'"
        )
        yield path, TOO_FEW, text + " value(s)."
    if len(value) > schema.get("maxItems", 10**9):
        yield path, TOO_MANY, "The field '{path}' has too many values."
    if "selectors" in schema:
        counts: dict[str, int] = {}
        for each in value:
            if isinstance(each, dict):
                key = repr([each.get(name) for name in schema["selectors"]])
                counts[key] = counts.get(key, 0) + 1
        if any(count > schema["maxUniqueItems"] for count in counts.values()):
            yield path, TOO_MANY, "The field '{path}' has too many values."
    if "items" in schema:
        for each in value:
            yield from _errors(defs, schema["items"], each, path)


def _object_errors(
    defs: Schema, schema: Schema, value: dict[str, Any], path: str
) -> Iterator[Found]:
    for name in schema.get("required", ()):
        if name not in value:
            yield path, MISSING, "'{path}." + name + "' is required but not supplied."
    properties = schema.get("properties", {})
    for name, each in value.items():
        if name in properties:
            yield from _errors(defs, properties[name], each, f"{path}.{name}")
        elif schema.get("additionalProperties") is False:
            text = f"The field '{_safe(name[:80])}' is not known in '{{path}}'."
            yield path, UNKNOWN_MEMBER, text


def price_in(offer: dict[str, Any], name: str) -> dict[str, Any] | None:
    """The schedule entry of a price of an offer, or None."""
    try:
        found = offer[name][0]["schedule"][0]
    except (KeyError, IndexError, TypeError):
        return None
    return found if isinstance(found, dict) and "value_with_tax" in found else None


def _check_offers(offers: list[Any]) -> Iterator[Issue]:
    """What goes together: the dates of a sale, the price and its bounds."""
    for offer in offers:
        if not isinstance(offer, dict):
            continue
        prices = {
            name: price_in(offer, name)
            for name in (
                "our_price",
                "discounted_price",
                "minimum_seller_allowed_price",
                "maximum_seller_allowed_price",
            )
        }
        sale = prices["discounted_price"]
        if sale is not None:
            start, end = str(sale.get("start_at") or ""), str(sale.get("end_at") or "")
            dated = _is_format("date-time", start) and _is_format("date-time", end)
            if not (start and end) or not dated or parse_time(start) >= parse_time(end):
                text = "A sale price needs a start date and a later end date."
                yield issue(BAD_DATES, text, "purchasable_offer", category="INVALID_PRICE")
        numbers = {
            name: Decimal(str(each["value_with_tax"]))
            for name, each in prices.items()
            if each is not None and _is("number", each["value_with_tax"])
        }
        own = numbers.get("our_price")
        low = numbers.get("minimum_seller_allowed_price")
        high = numbers.get("maximum_seller_allowed_price")
        if own is not None and (
            (low is not None and own < low) or (high is not None and own > high)
        ):
            text = "The price is outside of the minimum and maximum price of the offer."
            yield issue(BAD_BOUNDS, text, "purchasable_offer", category="INVALID_PRICE")
