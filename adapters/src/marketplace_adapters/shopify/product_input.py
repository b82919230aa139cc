"""Products as Shopify takes them, from ``ProductState.attributes``. Pure.

A member that is ``None`` or missing is not sent: the shop owns it. Lists that Shopify replaces as a
whole (variants, options, metafields and collections of ``productSet``) are sent for a product that
is new, or merged with what was read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ..core.errors import RejectedError
from ..core.money import decimal
from ..core.types import ImageState
from .const import PRODUCT_KEY, VARIANT_KEY
from .ids import gid

Json = dict[str, Any]
Fields = Mapping[str, Any]

_PLAIN = {
    "title": "title",
    "description_html": "descriptionHtml",
    "vendor": "vendor",
    "type": "productType",
    "status": "status",
    "category": "category",
}
_VARIANT = {"barcode": "barcode", "taxable": "taxable", "inventory_policy": "inventoryPolicy"}
_ITEM = {
    "sku": "sku",
    "tracked": "tracked",
    "requires_shipping": "requiresShipping",
    "hs_code": "harmonizedSystemCode",
    "country": "countryCodeOfOrigin",
}
_SUFFIXES = frozenset({"jpg", "jpeg", "png", "gif", "webp", "heic", "svg"})
DEFAULT_OPTION, DEFAULT_VALUE = "Title", "Default Title"
"""What Shopify calls the only option of a product without any."""


def product_fields(product: Fields) -> Json:
    """What describes the product, for ``productUpdate`` and ``productSet`` alike."""
    found: Json = {
        wire: product[name] for name, wire in _PLAIN.items() if product.get(name) is not None
    }
    if product.get("tags") is not None:
        found["tags"] = [str(tag) for tag in product["tags"]]
    seo = {
        wire: product[name]
        for name, wire in (("seo_title", "title"), ("seo_description", "description"))
        if product.get(name) is not None
    }
    if seo:
        found["seo"] = seo
    if product.get("handle"):
        found |= {"handle": product["handle"], "redirectNewHandle": True}
    return found


def product_update(product_id: str, product: Fields) -> Json | None:
    """``ProductUpdateInput``; ``None`` when nothing is to be told."""
    found = product_fields(product)
    fields = metafields(product.get("metafields"))
    if fields:
        found["metafields"] = fields
    wanted = [str(one) for one in product.get("collections") or ()]
    leaving = [str(one) for one in product.get("managed_collections") or ()]
    leaving = [one for one in leaving if one not in wanted]
    if wanted:
        found["collectionsToJoin"] = [gid("Collection", one) for one in wanted]
    if leaving and product.get("collections") is not None:
        found["collectionsToLeave"] = [gid("Collection", one) for one in leaving]
    return {"id": gid("Product", product_id), **found} if found else None


def new_product(product: Fields, variants: Sequence[Fields], files: list[Json] | None) -> Json:
    """``ProductSetInput`` of a product that Shopify does not have yet."""
    found = product_fields(product)
    own = {"namespace": "odoo", "key": PRODUCT_KEY, "type": "id", "value": str(product["key"])}
    found["metafields"] = [own, *metafields(product.get("metafields"))]
    if product.get("collections"):
        found["collections"] = [gid("Collection", one) for one in product["collections"]]
    found["productOptions"] = options(product.get("options") or (), variants)
    found["variants"] = [new_variant(one) for one in variants]
    if files is not None:
        found["files"] = files
    return found


def identifier(product: Fields) -> Json:
    """By what a repeat finds the product that it made before."""
    value = str(product["key"])
    return {"customId": {"namespace": "odoo", "key": PRODUCT_KEY, "value": value}}


def options(declared: Iterable[Fields], variants: Iterable[Fields]) -> list[Json]:
    """Options in the order of Odoo, with every value that a variant has."""
    values: dict[str, list[str]] = {
        str(one["name"]): [str(value) for value in one.get("values") or ()] for one in declared
    }
    for variant in variants:
        for name, value in (variant.get("options") or {}).items():
            values.setdefault(str(name), []).append(str(value))
    values = values or {DEFAULT_OPTION: [DEFAULT_VALUE]}
    return [
        {
            "name": name,
            "position": place,
            "values": [{"name": value} for value in dict.fromkeys(known)],
        }
        for place, (name, known) in enumerate(values.items(), start=1)
    ]


def option_values(chosen: Mapping[str, str] | None) -> list[Json]:
    """``VariantOptionValueInput`` of a variant."""
    pairs = dict(chosen or {}) or {DEFAULT_OPTION: DEFAULT_VALUE}
    return [{"optionName": str(name), "name": str(value)} for name, value in pairs.items()]


def variant_fields(variant: Fields) -> Json:
    """What a variant has besides options and price."""
    found: Json = {
        wire: variant[name] for name, wire in _VARIANT.items() if variant.get(name) is not None
    }
    item: Json = {
        wire: variant[name] for name, wire in _ITEM.items() if variant.get(name) is not None
    }
    if variant.get("weight_kg") is not None:
        value = float(decimal(variant["weight_kg"], "weight_kg"))
        item["measurement"] = {"weight": {"value": value, "unit": "KILOGRAMS"}}
    if item:
        found["inventoryItem"] = item
    fields = metafields(variant.get("metafields"))
    if variant.get("key"):
        fields.insert(0, _variant_key(str(variant["key"])))
    if fields:
        found["metafields"] = fields
    return found


def new_variant(variant: Fields) -> Json:
    """``ProductVariantSetInput`` of a variant that Shopify does not have yet."""
    found = {"optionValues": option_values(variant.get("options")), **variant_fields(variant)}
    if variant.get("position"):
        found["position"] = int(variant["position"])
    if variant.get("price") is not None:
        found["price"] = str(variant["price"])
    if variant.get("compare_at") is not None:
        found["compareAtPrice"] = str(variant["compare_at"])
    return found


def changed_variant(variant_id: str, variant: Fields) -> Json:
    """``ProductVariantsBulkInput`` of a variant that Shopify has; prices travel for themselves."""
    return {"id": gid("ProductVariant", variant_id), **variant_fields(variant)}


def metafields(rows: Iterable[Fields] | None) -> list[Json]:
    """``MetafieldInput`` of those with a value; see :func:`emptied` for the others."""
    return [
        {name: str(row[name]) for name in ("namespace", "key", "type", "value")}
        for row in rows or ()
        if row.get("value") not in (None, "")
    ]


def emptied(owner: str, fields: Fields) -> list[Json]:
    """``MetafieldIdentifierInput`` of those that are to have no value any more.

    :param owner: id as Shopify writes it.
    """
    return [
        {"ownerId": owner, "namespace": str(row["namespace"]), "key": str(row["key"])}
        for row in fields.get("metafields") or ()
        if row.get("value") in (None, "")
    ]


def image_files(state: ImageState) -> list[Json]:
    """``FileSetInput``. A file is named after its address, so that the same image again is the
    same file; without a known ending Shopify names it."""
    texts = [*state.texts, *[""] * len(state.urls)]
    found = []
    for url, text in zip(state.urls, texts, strict=False):
        row: Json = {"originalSource": url, "contentType": "IMAGE", "alt": text}
        suffix = urlsplit(url).path.rpartition(".")[2].lower()
        if suffix in _SUFFIXES:
            digest = hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()[:24]
            row |= {"filename": f"odoo-{digest}.{suffix}", "duplicateResolutionMode": "REPLACE"}
        found.append(row)
    return found


def _variant_key(key: str) -> Json:
    return {
        "namespace": "odoo",
        "key": VARIANT_KEY,
        "type": "single_line_text_field",
        "value": key,
    }


# === MERGE === #


def merged(
    product: Fields,
    variants: Sequence[Fields],
    remote: Sequence[Fields],
    remote_options: Sequence[Fields],
) -> Json:
    """Options and variants for ``productSet`` of a product to which variants are added.

    :param variants: all that Odoo has.
    :param remote: all that Shopify has: ``id``, ``key``, ``sku``, ``options``.
    :param remote_options: ``name`` and ``values``, in Shopify's order.
    :raise RejectedError: the two cannot be brought together without losing a variant.
    """
    pairs = [(one, partner(one, remote)) for one in variants]
    taken = {found["id"] for _own, found in pairs if found is not None}
    strangers = [one for one in remote if one["id"] not in taken]
    declared: Sequence[Fields] = product.get("options") or ()
    if strangers:
        _same_options(variants, remote_options)
        declared = remote_options
    rows: list[Json] = [
        {"id": gid("ProductVariant", one["id"]), "optionValues": option_values(one["options"])}
        for one in strangers
    ]
    for own, found in pairs:
        if found is None:
            rows.append(new_variant(own))
        else:
            chosen = option_values(own.get("options") or found["options"])
            known = {"id": gid("ProductVariant", found["id"]), "optionValues": chosen}
            rows.append(known | variant_fields(own))
    everything = [*variants, *({"options": one["options"]} for one in strangers)]
    return {"productOptions": options(declared, everything), "variants": rows}


def partner(own: Fields, remote: Sequence[Fields]) -> Fields | None:
    """The variant of Shopify that is this one: by id, by our key, by its options."""
    for name in ("id", "key"):
        wanted = str(own.get(name) or "")
        found = next((one for one in remote if wanted and one[name] == wanted), None)
        if found is not None:
            return found
    chosen = dict(own.get("options") or {})
    return next((one for one in remote if chosen and dict(one["options"]) == chosen), None)


def _same_options(variants: Sequence[Fields], remote_options: Sequence[Fields]) -> None:
    theirs = {str(one["name"]) for one in remote_options}
    for variant in variants:
        ours = set(variant.get("options") or {DEFAULT_OPTION: ""})
        if ours != theirs:
            raise RejectedError(
                f"The shop has variants with the options {', '.join(sorted(theirs))}, Odoo has "
                f"{', '.join(sorted(ours))}. Give both the same names, or delete the shop's other "
                "variants.",
                code="options_differ",
            )
