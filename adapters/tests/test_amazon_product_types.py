"""Product types: kept in a small form, and what they ask is checked before anything is sent."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from typing import Any

import pytest

from amazon_samples import DE, UK, schema
from marketplace_adapters.amazon.product_types import (
    Attribute,
    ProductType,
    from_json,
    missing,
    parse_product_type,
    parse_product_types,
    same_checksum,
)
from marketplace_adapters.core import InvalidError, Severity
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.harness import NASTY_VALUES

DEFINITION: dict[str, Any] = {
    "schema": {"link": {"resource": "https://s3.amazonaws.com/x", "verb": "GET"}, "checksum": "c1"},
    "requirements": "LISTING",
    "requirementsEnforced": "ENFORCED",
    "propertyGroups": {
        "product_identity": {"title": "Product Identity", "propertyNames": ["item_name", "brand"]},
        "offer": {"title": "Offer", "propertyNames": ["purchasable_offer", "item_name"]},
    },
    "locale": "de_DE",
    "marketplaceIds": [DE],
    "productType": "SHIRT",
    "displayName": "Hemd",
    "productTypeVersion": {"version": "V7=", "latest": True},
}


def shirt(**properties: Any) -> ProductType:
    return parse_product_type(DEFINITION, json.dumps(schema(**properties)).encode())


def rows(value: Any, market: str = DE) -> list[dict[str, Any]]:
    return [{"value": value, "marketplace_id": market}]


FINE = {"item_name": rows("Tee"), "brand": rows("Läden"), "size": rows("L")}


def codes(told: dict[str, Any], definition: ProductType | None = None) -> list[tuple[str, str]]:
    found = missing(told, definition or shirt())
    assert all(issue.severity is Severity.ERROR for issue in found)
    return [(issue.code, issue.attributes[0]) for issue in found]


@covers("R23")
def test_a_product_type_is_read_into_a_small_form() -> None:
    kind = shirt()
    assert (kind.name, kind.label, kind.market, kind.version, kind.checksum, kind.locale) == (
        "SHIRT",
        "Hemd",
        DE,
        "V7=",
        "c1",
        "de_DE",
    )
    assert kind.required == ("item_name", "brand")
    assert len(kind.rules) == 1, "the rule that requires nothing is left out"
    assert kind.attribute("item_name") == Attribute(
        name="item_name",
        label="Title",
        type="text",
        required=True,
        description="Title, in words.",
        group="Product Identity",
        localized=True,
        max_length=200,
        max_bytes=40,
        max_items=1,
    )
    color = kind.attribute("color")
    assert color is not None
    assert (color.values, color.open) == ((("red", "Rot"), ("green", "Grün")), False)
    assert [kind.attribute(name).type for name in ("batteries_required", "number_of_items",  # type: ignore[union-attr]
                                                   "purchasable_offer")] == [
        "boolean", "integer", "object"]  # fmt: skip
    offer = kind.attribute("purchasable_offer")
    assert offer is not None
    assert offer.members == ("our_price",)
    assert kind.attribute("no_such_thing") is None


def test_it_survives_the_cache() -> None:
    kind = shirt()
    stored = json.loads(json.dumps(kind.to_json()))
    assert from_json(stored) == kind
    assert codes({}, from_json(stored)) == codes({}, kind)
    for value in (*NASTY_VALUES, {**stored, "attributes": [{"nome": 1}]}, {**stored, "more": 1}):
        with pytest.raises(InvalidError):
            from_json(value)


def test_a_whole_product_lacks_nothing() -> None:
    assert codes(FINE) == []


@covers("R23")
def test_what_is_missing_is_said_in_words() -> None:
    (first, second, third) = missing({}, shirt())
    assert (first.code, first.attributes) == ("missing", ("item_name",))
    assert first.message == "“Title” (item_name) is required for Hemd."
    assert (second.attributes, third.attributes) == (("brand",), ("size",))


def test_rules_require_more_depending_on_what_is_told() -> None:
    assert codes({**FINE, "batteries_required": rows(True)}) == [("missing", "fabric_type")]
    without = {name: value for name, value in FINE.items() if name != "size"}
    assert codes({**without, "batteries_required": rows(False)}) == [("missing", "size")]


def test_another_marketplaces_values_do_not_count() -> None:
    assert codes({**FINE, "brand": rows("x", UK)}) == [("missing", "brand")]
    assert codes({**FINE, "brand": rows("x" * 999, UK) + rows("y")}) == []


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("color", "blue", "not_allowed"),
        ("color", "Rot", "not_allowed"),
        ("brand", "x" * 201, "too_long"),
        ("item_name", "ä" * 21, "too_long"),
        ("batteries_required", "yes", "bad_type"),
        ("number_of_items", "3", "bad_type"),
        ("number_of_items", True, "bad_type"),
        ("number_of_items", 0, "too_small"),
    ],
)
def test_a_value_that_does_not_fit_is_named(name: str, value: Any, code: str) -> None:
    found = codes({**FINE, "fabric_type": rows("Wolle"), name: rows(value)})
    assert found == [(code, name)]


def test_too_many_values_are_counted() -> None:
    found = missing({**FINE, "brand": rows("a") + rows("b")}, shirt())
    assert [(one.code, one.message) for one in found] == [
        ("too_many", "“Brand” takes 1 values, 2 are given.")
    ]


def test_values_may_be_open_as_well() -> None:
    value = {"anyOf": [{"type": "string"}, {"type": "string", "enum": ["a"], "enumNames": ["A"]}]}
    kind = shirt(style={"items": {"properties": {"value": value}}})
    style = kind.attribute("style")
    assert style is not None
    assert (style.values, style.open, style.label) == ((("a", "A"),), True, "style")
    assert codes({**FINE, "style": rows("anything")}, kind) == []


def test_a_rule_that_cannot_be_read_is_amazons_to_check() -> None:
    document = schema()
    document["allOf"] = [
        {"if": {"$ref": "#/$defs/nowhere"}, "then": {"required": ["size"]}},
        {"if": {"type": 7}, "then": {"required": ["size"]}},
        {"if": {"pattern": "("}, "then": {"required": ["brand"]}},
        "rule",
        None,
    ]
    kind = parse_product_type(DEFINITION, json.dumps(document).encode())
    assert codes({"item_name": rows("x"), "brand": rows("y")}, kind) in ([], [("missing", "size")])


def test_damaged_schemas_are_read_or_refused_but_never_break() -> None:
    for place in ("properties", "required", "allOf", "$defs"):
        for value in NASTY_VALUES:
            document = schema() | {place: copy.deepcopy(value)}
            try:
                content = json.dumps(document).encode("utf-8", "surrogatepass")
                missing(FINE, parse_product_type(DEFINITION, content))
            except InvalidError:
                continue
    for value in NASTY_VALUES:
        document = schema(
            color=value, size={"items": value}, brand={"items": {"properties": value}}
        )
        try:
            missing(FINE, parse_product_type(DEFINITION, json.dumps(document).encode()))
        except InvalidError:
            continue


def test_a_schema_that_is_not_whole_is_noticed() -> None:
    content = b"{}"
    digest = hashlib.md5(content)
    assert same_checksum(content, base64.b64encode(digest.digest()).decode())
    assert same_checksum(content, digest.hexdigest())
    assert same_checksum(content, "")
    assert not same_checksum(b"{ }", digest.hexdigest())


def test_product_types_are_offered_by_name_and_label() -> None:
    reply = {"productTypes": [{"name": "SHIRT", "displayName": "Hemd"}, {"name": "X"}, {}]}
    assert parse_product_types(reply) == (("SHIRT", "Hemd"), ("X", "X"))
    wrong: tuple[Any, ...] = (None, [], {"productTypes": {}}, {"productTypes": [1]})
    for value in wrong:
        with pytest.raises(InvalidError):
            parse_product_types(value)
