"""What product mutations have in common: members of a product, options, variants, files, items.

Every function checks before it changes; a mutation collects the plan first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .catalogue import handle_of
from .errors import UserErrors, refuse
from .gids import number_of
from .metafields import merged_tags
from .model import Item, Product, Variant
from .part import Context

if TYPE_CHECKING:
    from .room import ShopifyRoom

Path = Sequence[Any]
#: input member → member of the row
PLAIN = {
    "descriptionHtml": "description_html",
    "vendor": "vendor",
    "productType": "product_type",
    "status": "status",
    "category": "category",
    "templateSuffix": "template_suffix",
    "requiresSellingPlan": "requires_selling_plan",
    "giftCard": "is_gift_card",
}
_TEXTS = ("description_html", "vendor", "product_type")


def check_product(room: ShopifyRoom, product: Product | None, data: Mapping[str, Any], path: Path,
                  codes: Mapping[str, str]) -> None:  # fmt: skip
    """:raises UserErrors: title, handle, tags or category are not acceptable."""
    title = data.get("title")
    if (product is None and not title) or ("title" in data and not (title or "").strip()):
        raise refuse([*path, "title"], "Title can't be blank", codes.get("blank"))
    if title and len(title) > 255:
        raise refuse([*path, "title"], "Title is too long (maximum is 255 characters)",
                     codes.get("blank"))  # fmt: skip
    for name in ("vendor", "productType"):
        if len(data.get(name) or "") > 255:
            raise refuse([*path, name], f"{name} is too long (maximum is 255 characters)",
                         codes.get("invalid"))  # fmt: skip
    if data.get("handle"):
        other = room.catalogue.by_handle(handle_of(data["handle"]))
        if other is not None and other is not product:
            raise refuse([*path, "handle"], f"Handle '{data['handle']}' already in use. Please "
                         "provide a new handle.", codes.get("handle"))  # fmt: skip
    tags = data.get("tags") or ()
    if len(merged_tags(tags)) > 250 or any(len(each) > 255 for each in tags):
        raise refuse([*path, "tags"], "Product tags is invalid", codes.get("invalid"))
    category = data.get("category")
    if category and not category.startswith("gid://shopify/TaxonomyCategory/"):
        raise refuse([*path, "category"], "Invalid product_taxonomy_node_id", codes.get("invalid"))


def fill_product(product: Product, data: Mapping[str, Any]) -> None:
    """Take over the plain members that are there; tags are replaced."""
    for name, member in PLAIN.items():
        if name in data:
            value = data[name]
            setattr(product, member, "" if value is None and member in _TEXTS else value)
    if data.get("title"):
        product.title = data["title"].strip()
    if data.get("handle"):
        product.handle = handle_of(data["handle"])
    if "tags" in data:
        product.tags = merged_tags(data["tags"] or ())
    if "seo" in data:
        given = data["seo"] or {"title": None, "description": None}
        product.seo = {**product.seo, **{k: v or None for k, v in given.items()}}


def check_collections(room: ShopifyRoom, texts: Sequence[str], path: Path, code: str | None
                      ) -> list[int]:  # fmt: skip
    """Numbers of collections that take products by hand."""
    numbers = list(dict.fromkeys(number_of(each, "Collection") for each in texts))
    for index, number in enumerate(numbers):
        found = room.collections.table.get(number)
        if found is None:
            raise refuse([*path, index], "Collection does not exist", code)
        if not found.manual:
            raise refuse([*path, index], "Can't manually add products to a smart collection", code)
    return numbers


# === OPTIONS === #


def plan_options(product: Product | None, given: Sequence[Mapping[str, Any]], path: Path
                 ) -> list[dict[str, Any]]:  # fmt: skip
    """Options as the product shall have them; known ones keep their numbers (0: new)."""
    if len(given) > 3:
        raise refuse(path, "Can only specify a maximum of 3 options", "OPTIONS_OVER_LIMIT")
    known = product.options if product else []
    planned: list[dict[str, Any]] = []
    for index, data in enumerate(given):
        old = _known(known, data, "ProductOption")
        name = data.get("name") or (old["name"] if old else None)
        if not name:
            raise refuse([*path, index, "name"], "Option name can't be blank", "INVALID_INPUT")
        if any(each["name"].casefold() == name.casefold() for each in planned):
            raise refuse([*path, index], f"Duplicated option name '{name}'",
                         "DUPLICATED_OPTION_NAME")  # fmt: skip
        values: list[dict[str, Any]] = []
        for value in data.get("values") or (old["values"] if old else ()):
            before = _known(old["values"] if old else [], value, "ProductOptionValue")
            text = value.get("name") or (before["name"] if before else None)
            if not text:
                raise refuse([*path, index, "values"], "Option value name can't be blank",
                             "OPTION_VALUES_MISSING")  # fmt: skip
            if any(each["name"] == text for each in values):
                raise refuse([*path, index, "values"], f"Duplicated option value '{text}'",
                             "DUPLICATED_OPTION_VALUE")  # fmt: skip
            values.append({"id": before["id"] if before else 0, "name": text,
                           "was": before["name"] if before else text})  # fmt: skip
        if not values:
            raise refuse([*path, index, "values"], "Option values are missing",
                         "OPTION_VALUES_MISSING")  # fmt: skip
        planned.append({"id": old["id"] if old else 0, "name": name, "values": values})
    return planned


def _known(rows: Sequence[Mapping[str, Any]], data: Mapping[str, Any], kind: str) -> Any:
    if data.get("id"):
        text = data["id"]
        wanted = text if isinstance(text, int) else number_of(str(text), kind)
        return next((each for each in rows if each["id"] == wanted), None)
    return next((each for each in rows if each["name"] == data.get("name")), None)


def settle_options(room: ShopifyRoom, planned: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give numbers to what is new."""
    return [
        {
            "id": each["id"] or room.next_id("option", 70_001),
            "name": each["name"],
            "values": [
                {"id": value["id"] or room.next_id("option_value", 90_001), "name": value["name"]}
                for value in each["values"]
            ],
        }
        for each in planned
    ]


def option_values(options: Sequence[Mapping[str, Any]], data: Mapping[str, Any], path: Path,
                  before: Sequence[str] | None = None) -> list[str]:  # fmt: skip
    """A variant's values in the order of the options.

    :raises UserErrors: an option or value that the product does not have, or one is missing.
    """
    found: dict[int, str] = {}
    for index, row in enumerate(data.get("optionValues") or ()):
        place = next(
            (
                position
                for position, option in enumerate(options)
                if option["name"] == row.get("optionName")
                or (row.get("optionId") and option["id"] == number_of(
                    row["optionId"], "ProductOption"))
            ),
            None,
        )  # fmt: skip
        if place is None:
            raise refuse([*path, "optionValues", index], "Option does not exist",
                         "OPTION_DOES_NOT_EXIST")  # fmt: skip
        value = _known(options[place]["values"], row, "ProductOptionValue")
        if value is None:
            raise refuse([*path, "optionValues", index, "name"], "Option value does not exist",
                         "OPTION_VALUE_DOES_NOT_EXIST")  # fmt: skip
        found[place] = value["name"]
    for place in range(len(options)):
        if place not in found and before is not None and place < len(before):
            found[place] = before[place]
    if len(found) < len(options):
        names = [each["name"] for place, each in enumerate(options) if place not in found]
        raise refuse(
            [*path, "optionValues"],
            f"You need to add option values for {', '.join(names)}",
            "INVALID_VARIANT" if before is None else "NEED_TO_ADD_OPTION_VALUES",
        )
    return [found[place] for place in range(len(options))]


# === VARIANTS AND ITEMS === #


def check_variant(data: Mapping[str, Any], path: Path, code: str) -> None:
    """:raises UserErrors: a price below zero or too long, weight or SKU out of range."""
    for name in ("price", "compareAtPrice"):
        value = data.get(name)
        if value is not None and (value < 0 or value >= Decimal(10) ** 16):
            negative = "NEGATIVE_PRICE_VALUE" if code == "INVALID_INPUT" else code
            raise refuse([*path, name], "Price must be greater than or equal to 0", negative)
    item = data.get("inventoryItem") or {}
    sku = data.get("sku") or item.get("sku") or ""
    if len(sku) > 255:
        raise refuse([*path, "sku"], "SKU is too long (maximum is 255 characters)", code)
    if len(data.get("barcode") or "") > 255:
        raise refuse([*path, "barcode"], "Barcode is too long", code)
    weight = (item.get("measurement") or {}).get("weight")
    if weight and not 0 <= weight["value"] < 2_000_000_000:
        raise refuse([*path, "inventoryItem", "measurement"], "Weight is out of range", code)


def fill_variant(variant: Variant, item: Item, data: Mapping[str, Any]) -> bool:
    """Take over what is there; True when the item changed, too."""
    if data.get("price") is not None:
        variant.price = data["price"].quantize(Decimal("0.01"))
    if "compareAtPrice" in data:
        value = data["compareAtPrice"]
        variant.compare_at = None if value is None else value.quantize(Decimal("0.01"))
    if "barcode" in data:
        variant.barcode = data["barcode"] or None
    if data.get("inventoryPolicy"):
        variant.inventory_policy = data["inventoryPolicy"]
    if data.get("taxable") is not None:
        variant.taxable = data["taxable"]
    given = dict(data.get("inventoryItem") or {})
    if "sku" in data:
        given["sku"] = data["sku"]
    return fill_item(item, given)


def fill_item(item: Item, data: Mapping[str, Any]) -> bool:
    """Take over what is there; True when something did change."""
    before = (item.sku, item.tracked, item.requires_shipping, dict(item.weight), item.hs_code,
              item.country, item.province, item.cost)  # fmt: skip
    names = {"sku": "sku", "countryCodeOfOrigin": "country", "provinceCodeOfOrigin": "province",
             "harmonizedSystemCode": "hs_code", "cost": "cost"}  # fmt: skip
    for name, member in names.items():
        if name in data:
            setattr(item, member, data[name] if data[name] != "" else None)
    for name, member in (("tracked", "tracked"), ("requiresShipping", "requires_shipping")):
        if data.get(name) is not None:
            setattr(item, member, data[name])
    weight = (data.get("measurement") or {}).get("weight")
    if weight:
        item.weight = {"value": weight["value"], "unit": weight["unit"]}
    return before != (item.sku, item.tracked, item.requires_shipping, dict(item.weight),
                      item.hs_code, item.country, item.province, item.cost)  # fmt: skip


# === FILES === #


def plan_files(room: ShopifyRoom, product: Product | None, given: Sequence[Mapping[str, Any]],
               path: Path, code: str | None) -> list[dict[str, Any]]:  # fmt: skip
    """Media as the product shall have them: named by id, or by a source that it has already."""
    known = product.media if product else []
    planned: list[dict[str, Any]] = []
    for index, data in enumerate(given):
        old = None
        if data.get("id"):
            number = number_of(data["id"], "MediaImage")
            old = next((each for each in known if each["id"] == number), None)
            if old is None:
                raise refuse([*path, index, "id"], "File does not exist", code)
        source = data.get("originalSource")
        if old is None:
            if not source or urlsplit(source).scheme not in ("http", "https"):
                raise refuse([*path, index, "originalSource"], "Original source is not a valid URL",
                             code)  # fmt: skip
            old = next((each for each in known if each["source"] == source), None)
        if old is not None and any(each["id"] == old["id"] for each in planned):
            continue
        alt = data.get("alt", old["alt"] if old else None)
        if old is not None:
            planned.append({**old, "alt": alt})
        else:
            planned.append({"id": 0, "source": source, "url": source, "alt": alt,
                            "status": _status(room, source or "")})  # fmt: skip
    return planned


def _status(room: ShopifyRoom, source: str) -> str:
    hosts = room.settings.media_hosts
    return "READY" if "*" in hosts or urlsplit(source).hostname in hosts else "FAILED"


def settle_files(room: ShopifyRoom, planned: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**each, "id": each["id"] or room.next_id("media", 50_001)} for each in planned]


# === METAFIELDS === #


def plan_metafields(ctx: Context, owner_type: str, old: Mapping[str, Any],
                    given: Sequence[Mapping[str, Any]], path: Path, code: str | None,
                    row: Any = None) -> dict[str, Any]:  # fmt: skip
    """Metafields of an input, by name. :raises UserErrors: with `code` instead of its own."""
    planned: dict[str, Any] = {}
    for index, data in enumerate(given):
        try:
            name, field = ctx.room.metafields.check(ctx, owner_type, [*path, index], data, old)
            kind = "Product" if owner_type == "PRODUCT" else "ProductVariant"
            ctx.room.metafields.check_unique(kind, owner_type, row, [*path, index], field)
        except UserErrors as error:
            raise UserErrors([{**each, "code": code or each["code"]} for each in error.errors]
                             ) from None  # fmt: skip
        planned[name] = field
    return planned
