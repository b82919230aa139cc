"""Product types: what a listing of each must have, written as JSON Schema (2019-09).

Five types in the manner of Amazon's, with far fewer attributes than the real ones. The schema
that a client gets is the one that the sandbox checks submissions with.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .attributes import ATTRIBUTES, FACTS, IMAGES, OFFER, Schema
from .marketplaces import Marketplace

VERSION = "U8L4z4Ud95N16tZlR7rsmbQ=="
META_ID = "https://schemas.amazon.com/selling-partners/definitions/product-types/meta-schema/v1"
META: Schema = {
    "$schema": "https://json-schema.org/draft/2019-09/schema",
    "$id": META_ID,
    "title": "Amazon Product Type Definition Meta-Schema",
    "$vocabulary": {
        "https://json-schema.org/draft/2019-09/vocab/core": True,
        "https://json-schema.org/draft/2019-09/vocab/applicator": True,
        "https://json-schema.org/draft/2019-09/vocab/validation": True,
    },
    "allOf": [{"$ref": "https://json-schema.org/draft/2019-09/schema"}],
}
COMMON = (
    "item_name",
    "brand",
    "country_of_origin",
    "supplier_declared_dg_hz_regulation",
    "condition_type",
)


@dataclass(frozen=True)
class ProductType:
    """`required` on top of `COMMON`; `themes`: variation theme → attributes that differ."""

    title: str
    words: str
    required: tuple[str, ...] = ()
    themes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    without: tuple[str, ...] = ()


CLOTHES = (
    "department",
    "target_gender",
    "age_range_description",
    "fabric_type",
    "care_instructions",
)
TYPES: dict[str, ProductType] = {
    "PRODUCT": ProductType(
        "Product",
        "anything other generic",
        themes=(("COLOR", ("color",)), ("SIZE", ("size",)), ("SIZE/COLOR", ("size", "color"))),
        without=(*CLOTHES, "number_of_wheels"),
    ),
    "SHIRT": ProductType(
        "Shirt",
        "t-shirt top blouse clothing apparel",
        (
            "bullet_point", "department", "target_gender", "age_range_description", "fabric_type",
            "color", "size",
        ),
        (("COLOR", ("color",)), ("SIZE", ("size",)), ("SIZE/COLOR", ("size", "color"))),
        ("number_of_wheels", "flavor", "is_heat_sensitive"),
    ),
    "LUGGAGE": ProductType(
        "Luggage",
        "suitcase trolley bag travel",
        ("bullet_point", "color", "material", "number_of_wheels"),
        (("COLOR", ("color",)), ("SIZE_NAME/COLOR_NAME", ("size", "color"))),
        (*CLOTHES, "flavor"),
    ),
    "HOME": ProductType(
        "Home",
        "house kitchen decoration living",
        ("bullet_point", "included_components", "number_of_items"),
        (("COLOR", ("color",)), ("STYLE", ("style",))),
        (*CLOTHES, "number_of_wheels", "flavor"),
    ),
    "GROCERY": ProductType(
        "Grocery",
        "food drink beverage snack dairy tea water juice",
        ("bullet_point", "unit_count", "is_expiration_dated_product"),
        (("FLAVOR", ("flavor",)), ("SIZE", ("size",)), ("FLAVOR/SIZE", ("flavor", "size"))),
        (*CLOTHES, "number_of_wheels"),
    ),
}  # fmt: skip
GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "product_identity": (
        "Product Identity",
        (
            "item_name", "brand", "externally_assigned_product_identifier",
            "supplier_declared_has_product_identifier_exemption", "merchant_suggested_asin",
            "item_type_keyword",
        ),
    ),
    "variations": (
        "Variations",
        ("parentage_level", "child_parent_sku_relationship", "variation_theme"),
    ),
    "offer": ("Offer", tuple(name for name in OFFER if name != "merchant_suggested_asin")),
    "images": ("Images", IMAGES),
    "product_details": (
        "Product Details",
        tuple(
            name
            for name in FACTS
            if name not in ("item_name", "brand", "parentage_level", "variation_theme", *IMAGES)
        ),
    ),
}  # fmt: skip


def themes_of(name: str) -> dict[str, tuple[str, ...]]:
    return dict(TYPES[name].themes)


def _required(name: str, requirements: str, parent: bool) -> list[str]:
    kind = TYPES[name]
    if requirements == "LISTING_OFFER_ONLY":
        return ["condition_type", "merchant_suggested_asin"]
    found = [*COMMON, *kind.required]
    if parent:
        differing = {each for _, names in kind.themes for each in names}
        found = [each for each in found if each not in differing | {"condition_type"}]
        found += ["parentage_level", "variation_theme"]
    if requirements == "LISTING_PRODUCT_ONLY":
        found = [each for each in found if each not in OFFER or each.startswith("supplier")]
    return found


@lru_cache(maxsize=512)
def _schema(
    name: str, market: Marketplace, requirements: str, parent: bool, enforced: bool
) -> Schema:
    kind = TYPES[name]
    names = OFFER if requirements == "LISTING_OFFER_ONLY" else ATTRIBUTES
    properties: dict[str, Any] = {
        each: copy.deepcopy(schema)
        for each, schema in names.items()
        if each not in kind.without
        and not (requirements == "LISTING_PRODUCT_ONLY" and each == "purchasable_offer")
    }
    if "variation_theme" in properties:
        members = properties["variation_theme"]["items"]["properties"]
        members["name"]["enum"] = [theme for theme, _ in kind.themes]
    return {
        "$schema": META_ID,
        "$id": f"https://schemas.amazon.com/selling-partners/definitions/product-types/{name}",
        "$comment": f"Amazon product type definition of {name}, simulated",
        "$defs": {
            "marketplace_id": {"type": "string", "default": market.id, "enum": [market.id]},
            "language_tag": {
                "type": "string",
                "default": market.language,
                "enum": sorted({market.language, "en_US", "en_GB", "ar_AE"}),
            },
            "currency": {"type": "string", "default": market.currency, "enum": [market.currency]},
        },
        "type": "object",
        "required": _required(name, requirements, parent) if enforced else [],
        "properties": properties,
        "additionalProperties": False,
    }


def schema_of(
    name: str,
    market: Marketplace,
    requirements: str = "LISTING",
    parent: bool = False,
    enforced: bool = True,
) -> Schema:
    """The schema of a product type that `TYPES` has; not to be changed."""
    return _schema(name, market, requirements, parent, enforced)
