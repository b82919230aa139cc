"""Bodies of webhooks about the catalogue, in the REST shape: snake_case, numbers as ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .gids import gid, level_gid
from .model import Item, Product, Variant, quantity_of
from .values import iso_rest, money_text

if TYPE_CHECKING:
    from .room import ShopifyRoom

_WEIGHTS = {"KILOGRAMS": "kg", "GRAMS": "g", "POUNDS": "lb", "OUNCES": "oz"}


def product_body(room: ShopifyRoom, product: Product) -> dict[str, Any]:
    """``products/create`` and ``products/update``."""
    variants = [_variant(room, product, each) for each in room.catalogue.variants_of(product)]
    images = [
        _image(product, each, position) for position, each in enumerate(product.media, start=1)
    ]
    published = min(product.publications.values(), default=None)
    return {
        "id": product.id,
        "admin_graphql_api_id": gid("Product", product.id),
        "title": product.title,
        "body_html": product.description_html,
        "vendor": product.vendor,
        "product_type": product.product_type,
        "handle": product.handle,
        "status": product.status.lower(),
        "tags": ", ".join(product.tags),
        "template_suffix": product.template_suffix,
        "published_scope": "web",
        "created_at": iso_rest(product.created),
        "updated_at": iso_rest(product.updated),
        "published_at": published,
        "options": [
            {
                "id": each["id"],
                "product_id": product.id,
                "name": each["name"],
                "position": position,
                "values": [value["name"] for value in each["values"]],
            }
            for position, each in enumerate(product.options, start=1)
        ],
        "variants": variants,
        "images": images,
        "image": images[0] if images else None,
        "category": None
        if product.category is None
        else {"admin_graphql_api_id": product.category, "name": product.category.split("/")[-1]},
        "has_variants_that_requires_components": False,
        "variant_gids": [
            {"admin_graphql_api_id": each["admin_graphql_api_id"], "updated_at": each["updated_at"]}
            for each in variants
        ],
    }


def _variant(room: ShopifyRoom, product: Product, variant: Variant) -> dict[str, Any]:
    item = room.catalogue.items[variant.item]
    values = [*variant.options, None, None, None][:3]
    total = sum(quantity_of(level, "available") for level in item.levels.values())
    return {
        "id": variant.id,
        "admin_graphql_api_id": gid("ProductVariant", variant.id),
        "product_id": product.id,
        "inventory_item_id": item.id,
        "title": variant.title,
        "sku": item.sku or "",
        "barcode": variant.barcode,
        "price": money_text(variant.price),
        "compare_at_price": None if variant.compare_at is None else money_text(variant.compare_at),
        "position": variant.position,
        "inventory_policy": variant.inventory_policy.lower(),
        "inventory_quantity": total,
        "old_inventory_quantity": total,
        "taxable": variant.taxable,
        "option1": values[0],
        "option2": values[1],
        "option3": values[2],
        "image_id": variant.media,
        "created_at": iso_rest(variant.created),
        "updated_at": iso_rest(variant.updated),
    }


def _image(product: Product, media: dict[str, Any], position: int) -> dict[str, Any]:
    return {
        "id": media["id"],
        "product_id": product.id,
        "position": position,
        "alt": media["alt"],
        "src": media["url"],
        "width": 1200,
        "height": 1200,
        "variant_ids": [],
        "admin_graphql_api_id": gid("MediaImage", media["id"]),
    }


def level_body(item: Item, location: int) -> dict[str, Any]:
    """``inventory_levels/update``."""
    level = item.levels[str(location)]
    return {
        "inventory_item_id": item.id,
        "location_id": location,
        "available": quantity_of(level, "available"),
        "updated_at": iso_rest(level["updated"]),
        "admin_graphql_api_id": level_gid(item.id, location),
    }
