"""The attributes that listings may have, as JSON Schema the way Amazon's own schemas are built.

Every attribute is an array of objects; `selectors` name the members that tell two entries apart.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
CONDITIONS = (
    "new_new", "new_open_box", "new_oem", "refurbished_refurbished", "used_like_new",
    "used_very_good", "used_good", "used_acceptable", "collectible_like_new",
    "collectible_very_good", "collectible_good", "collectible_acceptable", "club_club",
)  # fmt: skip
COUNTRIES = (
    "AE", "AT", "BD", "BE", "BR", "CA", "CH", "CN", "DE", "DK", "EG", "ES", "FR", "GB", "GR", "ID",
    "IE", "IN", "IT", "JP", "KR", "MA", "MX", "MY", "NL", "PK", "PL", "PT", "SA", "SE", "SG", "TH",
    "TN", "TR", "TW", "US", "VN", "ZA",
)  # fmt: skip
MARKET: Schema = {"$ref": "#/$defs/marketplace_id"}
LANGUAGE: Schema = {"$ref": "#/$defs/language_tag"}
TEXT: Schema = {"type": "string", "minLength": 1}


def attribute(
    title: str,
    members: Schema,
    required: tuple[str, ...],
    most: int = 1,
    select: tuple[str, ...] = (),
) -> Schema:
    """An array of objects with these members; at most `most` for one choice of the selectors."""
    selectors = select or ("marketplace_id",)
    return {
        "title": title,
        "type": "array",
        "minItems": 1,
        "minUniqueItems": 1,
        "maxUniqueItems": most,
        "selectors": list(selectors),
        "items": {
            "type": "object",
            "required": list(required),
            "properties": {**members, "marketplace_id": MARKET},
            "additionalProperties": False,
        },
    }


def words(title: str, most_letters: int, most: int = 1) -> Schema:
    """Text in a language."""
    members = {
        "value": {**TEXT, "title": title, "maxLength": most_letters},
        "language_tag": LANGUAGE,
    }
    select = ("marketplace_id", "language_tag")
    return attribute(title, members, ("value",), most, select)


def plain(title: str, most_letters: int = 100) -> Schema:
    return attribute(title, {"value": {**TEXT, "maxLength": most_letters}}, ("value",))


def choice(title: str, values: tuple[str, ...]) -> Schema:
    value = {"type": "string", "enum": list(values), "enumNames": [_spoken(v) for v in values]}
    return attribute(title, {"value": value}, ("value",))


def yes_no(title: str) -> Schema:
    return attribute(title, {"value": {"type": "boolean"}}, ("value",))


def whole(title: str, least: int = 1, most: int = 10**6) -> Schema:
    value = {"type": "integer", "minimum": least, "maximum": most}
    return attribute(title, {"value": value}, ("value",))


def measure(title: str, units: tuple[str, ...]) -> Schema:
    members = {
        "value": {"type": "number", "minimum": 0},
        "unit": {"type": "string", "enum": list(units)},
    }
    return attribute(title, members, ("value", "unit"))


def sizes(title: str) -> Schema:
    side = {
        "type": "object",
        "required": ["value", "unit"],
        "properties": {
            "value": {"type": "number", "minimum": 0},
            "unit": {"type": "string", "enum": ["centimeters", "inches", "millimeters"]},
        },
        "additionalProperties": False,
    }
    members = {name: side for name in ("length", "width", "height")}
    return attribute(title, members, ("length", "width", "height"))


def image(title: str) -> Schema:
    place = {"type": "string", "pattern": "^(https?|s3)://[^\\s]+$", "maxLength": 2000}
    return attribute(title, {"media_location": place}, ("media_location",))


def _spoken(value: str) -> str:
    return value.replace("_", " ").capitalize()


def _prices(title: str, dated: bool = False) -> Schema:
    members: Schema = {"value_with_tax": {"type": "number", "exclusiveMinimum": 0}}
    if dated:
        members["start_at"] = {"type": "string", "format": "date-time"}
        members["end_at"] = {"type": "string", "format": "date-time"}
    return {
        "title": title,
        "type": "array",
        "minItems": 1,
        "maxItems": 1,
        "items": {
            "type": "object",
            "required": ["schedule"],
            "properties": {
                "schedule": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 1,
                    "items": {
                        "type": "object",
                        "required": ["value_with_tax"],
                        "properties": members,
                        "additionalProperties": False,
                    },
                }
            },
            "additionalProperties": False,
        },
    }


def _moment() -> Schema:
    value = {"type": "string", "format": "date-time"}
    return {
        "type": "object",
        "required": ["value"],
        "properties": {"value": value},
        "additionalProperties": False,
    }


def _offer() -> Schema:
    members = {
        "currency": {"$ref": "#/$defs/currency"},
        "audience": {"type": "string", "enum": ["ALL", "B2B"]},
        "our_price": _prices("Your price"),
        "discounted_price": _prices("Sale price", dated=True),
        "minimum_seller_allowed_price": _prices("Minimum price"),
        "maximum_seller_allowed_price": _prices("Maximum price"),
        "start_at": _moment(),
        "end_at": _moment(),
        "quantity_discount_plan": {"type": "array"},
    }
    select = ("marketplace_id", "currency", "audience")
    return attribute("Purchasable offer", members, ("currency", "our_price"), 1, select)


def _availability() -> Schema:
    members = {
        "fulfillment_channel_code": {
            "type": "string",
            "enum": ["DEFAULT", "AMAZON_NA", "AMAZON_EU", "AMAZON_JP"],
        },
        "quantity": {"type": "integer", "minimum": 0, "maximum": 999_999_999},
        "lead_time_to_ship_max_days": {"type": "integer", "minimum": 0, "maximum": 30},
        "restock_date": {"type": "string", "format": "date"},
        "is_inventory_available": {"type": "boolean"},
    }
    required, select = ("fulfillment_channel_code",), ("fulfillment_channel_code",)
    return attribute("Fulfillment availability", members, required, 1, select)


def _relationship() -> Schema:
    members = {
        "child_relationship_type": {"type": "string", "enum": ["variation", "package_hierarchy"]},
        "parent_sku": {**TEXT, "maxLength": 40},
    }
    return attribute("Parent SKU", members, ("child_relationship_type",))


def _list_price() -> Schema:
    members = {
        "value": {"type": "number", "minimum": 0},
        "value_with_tax": {"type": "number", "minimum": 0},
        "currency": {"$ref": "#/$defs/currency"},
    }
    return attribute("List price", members, ("currency",))


def _identifier() -> Schema:
    members = {
        "type": {"type": "string", "enum": ["ean", "gtin", "upc", "isbn"]},
        "value": {"type": "string", "pattern": "^[0-9X]{8,14}$"},
    }
    return attribute("Product identifier", members, ("type", "value"))


def _units() -> Schema:
    kind = {
        "type": "object",
        "required": ["value"],
        "properties": {"value": TEXT, "language_tag": LANGUAGE},
        "additionalProperties": False,
    }
    members = {"value": {"type": "number", "minimum": 0}, "type": kind}
    return attribute("Unit count", members, ("value", "type"))


def _gift() -> Schema:
    members = {
        "can_be_messaged": {"type": "boolean"},
        "can_be_wrapped": {"type": "boolean"},
    }
    return attribute("Gift options", members, ())


def _theme() -> Schema:
    """The variation theme; the product type puts in the names that it has."""
    return attribute("Variation theme", {"name": {"type": "string"}}, ("name",))


WEIGHTS = ("grams", "kilograms", "ounces", "pounds", "milligrams")
OFFER: dict[str, Schema] = {
    "condition_type": choice("Condition", CONDITIONS),
    "condition_note": words("Condition note", 1000),
    "purchasable_offer": _offer(),
    "fulfillment_availability": _availability(),
    "merchant_shipping_group": plain("Merchant shipping group"),
    "list_price": _list_price(),
    "max_order_quantity": whole("Maximum order quantity"),
    "gift_options": _gift(),
    "merchant_release_date": attribute(
        "Release date", {"value": {"type": "string", "format": "date"}}, ("value",)
    ),
    "product_tax_code": plain("Product tax code"),
    "merchant_suggested_asin": plain("Merchant suggested ASIN", 10),
    "batteries_required": yes_no("Batteries required"),
    "batteries_included": yes_no("Batteries included"),
    "supplier_declared_dg_hz_regulation": choice(
        "Dangerous goods regulation",
        ("not_applicable", "ghs", "storage", "waste", "transportation", "other", "unknown"),
    ),
    "main_offer_image_locator": image("Main offer image"),
}
IMAGES = (
    "main_product_image_locator",
    "swatch_product_image_locator",
    *(f"other_product_image_locator_{number}" for number in range(1, 9)),
)
FACTS: dict[str, Schema] = {
    "item_name": words("Item name", 200),
    "brand": words("Brand", 100),
    "bullet_point": words("Bullet point", 700, 10),
    "product_description": words("Product description", 10_000),
    "generic_keyword": words("Search terms", 500),
    "item_type_keyword": plain("Item type keyword", 300),
    "item_type_name": words("Item type name", 100),
    "recommended_browse_nodes": plain("Recommended browse nodes", 50),
    "manufacturer": words("Manufacturer", 100),
    "model_number": words("Model number", 60),
    "model_name": words("Model name", 80),
    "part_number": words("Part number", 60),
    "country_of_origin": choice("Country of origin", COUNTRIES),
    "externally_assigned_product_identifier": _identifier(),
    "supplier_declared_has_product_identifier_exemption": yes_no("Without product identifier"),
    "parentage_level": choice("Parentage level", ("parent", "child")),
    "child_parent_sku_relationship": _relationship(),
    "variation_theme": _theme(),
    "color": words("Colour", 50),
    "size": words("Size", 50),
    "style": words("Style", 50),
    "flavor": words("Flavour", 50),
    "material": words("Material", 100, 5),
    "number_of_items": whole("Number of items"),
    "item_package_quantity": whole("Pieces in the package"),
    "unit_count": _units(),
    "included_components": words("Included components", 500, 5),
    "item_weight": measure("Item weight", WEIGHTS),
    "item_package_weight": measure("Package weight", WEIGHTS),
    "item_package_dimensions": sizes("Package dimensions"),
    "department": words("Department", 50),
    "target_gender": choice("Target gender", ("female", "male", "unisex")),
    "age_range_description": words("Age range", 50),
    "fabric_type": words("Fabric type", 200),
    "care_instructions": words("Care instructions", 200, 5),
    "number_of_wheels": whole("Number of wheels", 0, 32),
    "special_feature": words("Special feature", 100, 5),
    "is_expiration_dated_product": yes_no("Has an expiry date"),
    "is_heat_sensitive": yes_no("Heat sensitive"),
    **{name: image(name.replace("_", " ").capitalize()) for name in IMAGES},
}
ATTRIBUTES = {**FACTS, **OFFER}
