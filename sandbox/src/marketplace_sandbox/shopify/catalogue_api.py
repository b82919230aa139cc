"""Reading the catalogue: products, variants, items, with search and paging."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .gids import gid, number_of
from .model import DEFAULT_VALUE, Item, Level, Product, Variant, quantity_of
from .paging import connection, listed
from .part import Context
from .registry import Resolvers
from .search import Getter, Predicate, compile_search, id_terms
from .values import money_v2

if TYPE_CHECKING:
    from .room import ShopifyRoom


def catalogue_resolvers(room: ShopifyRoom) -> Resolvers:
    """Everything that reads products, variants and items."""
    reader = _Reader(room)
    found = Resolvers()
    found.types(
        {
            "Product": ("read_products",),
            "ProductVariant": ("read_products",),
            "InventoryItem": ("read_inventory", "read_products"),
        }
    )
    reader.roots(found)
    reader.products(found)
    reader.options_and_media(found)
    reader.variants(found)
    reader.items(found)
    room.metafields.bind(found, "Product")
    room.metafields.bind(found, "ProductVariant")
    return found


def total_of(item: Item) -> int:
    return sum(quantity_of(level, "available") for level in item.levels.values())


class _Reader:
    def __init__(self, room: ShopifyRoom) -> None:
        self._room = room
        self._catalogue = room.catalogue
        self._product_fields: dict[str, Getter] = {
            "": lambda row: [row.title, row.vendor, row.product_type, *row.tags],
            "id": lambda row: row.id,
            "title": lambda row: row.title,
            "handle": lambda row: row.handle,
            "status": lambda row: row.status,
            "vendor": lambda row: row.vendor,
            "product_type": lambda row: row.product_type,
            "tag": lambda row: row.tags,
            "created_at": lambda row: row.created,
            "updated_at": lambda row: row.updated,
            "sku": lambda row: [each.sku for each in self._items(row)],
            "barcode": lambda row: [each.barcode for each in self._catalogue.variants_of(row)],
            "inventory_total": lambda row: sum(map(total_of, self._items(row))),
            "collection_id": lambda row: [each.id for each in room.collections.of_product(row)],
            "price": lambda row: [each.price for each in self._catalogue.variants_of(row)],
            "is_published": lambda row: bool(row.publications),
        }
        self._variant_fields: dict[str, Getter] = {
            "": lambda row: [row.title, self._catalogue.items[row.item].sku],
            "id": lambda row: row.id,
            "sku": lambda row: self._catalogue.items[row.item].sku,
            "barcode": lambda row: row.barcode,
            "title": lambda row: row.title,
            "product_id": lambda row: row.product,
            "product_ids": lambda row: row.product,
            "product_status": lambda row: self._catalogue.products[row.product].status,
            "inventory_quantity": lambda row: total_of(self._catalogue.items[row.item]),
            "updated_at": lambda row: row.updated,
            "vendor": lambda row: self._catalogue.products[row.product].vendor,
            "product_type": lambda row: self._catalogue.products[row.product].product_type,
            "tag": lambda row: self._catalogue.products[row.product].tags,
        }
        self._item_fields: dict[str, Getter] = {
            "": lambda row: row.sku,
            "id": lambda row: row.id,
            "sku": lambda row: row.sku,
            "created_at": lambda row: row.created,
            "updated_at": lambda row: row.updated,
        }

    def _items(self, product: Product) -> list[Item]:
        catalogue = self._catalogue
        return [catalogue.items[each.item] for each in catalogue.variants_of(product)]

    # === ROOTS === #

    def roots(self, found: Resolvers) -> None:
        rows = self._catalogue
        found.node("Product", lambda ctx, number: rows.products.get(number))
        found.node("ProductVariant", lambda ctx, number: rows.variants.get(number))
        found.node("InventoryItem", lambda ctx, number: rows.items.get(number))
        found.query("product")(lambda ctx, id: rows.products.get(number_of(id, "Product")))
        found.query("products")(self._list)
        found.query("productsCount", "read_products")(self._count)
        found.query("productByIdentifier", "read_products")(self._by_identifier)
        found.query("productVariant")(
            lambda ctx, id: rows.variants.get(number_of(id, "ProductVariant"))
        )
        found.query("productVariantByIdentifier", "read_products")(
            lambda ctx, identifier: (
                rows.variants.get(number_of(identifier["id"], "ProductVariant"))
                if "id" in identifier
                else None
            )
        )
        found.query("productVariants")(self._list_variants)
        found.query("productVariantsCount", "read_products")(self._count_variants)
        found.query("inventoryItem")(lambda ctx, id: rows.items.get(number_of(id, "InventoryItem")))
        found.query("inventoryItems")(self._list_items)

    def _by_identifier(self, ctx: Context, identifier: dict[str, Any]) -> Product | None:
        return self._room.product_writer.find(ctx, identifier)

    def _list(
        self,
        ctx: Context,
        query: str | None = None,
        sort_key: str = "ID",
        saved_search_id: str | None = None,
        **args: Any,
    ) -> Any:
        numbers = id_terms(query)
        if numbers is not None:
            known = self._catalogue.products
            named = [known[each] for each in dict.fromkeys(numbers) if each in known]
            return connection(named, **args)
        if sort_key == "INVENTORY_TOTAL":
            rows = self._catalogue.products.values()
            return connection(
                rows,
                key=lambda row: (sum(map(total_of, self._items(row))), row.id),
                keep=compile_search(query, self._product_fields),
                **args,
            )
        found = self._catalogue.sorted_products(sort_key)
        return connection(found, keep=compile_search(query, self._product_fields), **args)

    def _count(
        self,
        ctx: Context,
        query: str | None = None,
        limit: int | None = None,
        saved_search_id: str | None = None,
    ) -> Any:
        keep = compile_search(query, self._product_fields)
        return _counted(self._catalogue.products.values(), keep, limit)

    def _count_variants(
        self, ctx: Context, query: str | None = None, limit: int | None = None
    ) -> Any:
        keep = compile_search(query, self._variant_fields)
        return _counted(self._catalogue.variants.values(), keep, limit)

    def _list_variants(
        self,
        ctx: Context,
        query: str | None = None,
        sort_key: str = "ID",
        saved_search_id: str | None = None,
        **args: Any,
    ) -> Any:
        rows = self._by_sku(query)
        if rows is not None:
            return connection(rows, **args)
        keep = compile_search(query, self._variant_fields)
        if sort_key == "SKU":
            items = self._catalogue.items
            return connection(
                self._catalogue.variants.values(),
                key=lambda row: (items[row.item].sku or "", row.id),
                keep=keep,
                **args,
            )
        return connection(self._catalogue.sorted_variants(), keep=keep, **args)

    def _by_sku(self, query: str | None) -> list[Variant] | None:
        """Rows of a query that names ids or SKUs alone, found by the index."""
        variants = self._catalogue.variants
        numbers = id_terms(query)
        if numbers is not None:
            return [variants[each] for each in dict.fromkeys(numbers) if each in variants]
        term = r"sku:(?:\"[^\"\\*]+\"|'[^'\\*]+'|[^\s()\"'*]+)"
        if not query or not re.fullmatch(rf"\s*{term}(?:\s+OR\s+{term})*\s*", query):
            return None
        skus = [each[4:].strip("\"'") for each in re.findall(term, query)]
        found = [
            variants[item.variant] for sku in skus for item in self._catalogue.items_by_sku(sku)
        ]
        return list({each.id: each for each in found}.values())

    def _list_items(self, ctx: Context, query: str | None = None, **args: Any) -> Any:
        keep = compile_search(query, self._item_fields)
        return connection(self._catalogue.items.values(), keep=keep, **args)

    # === PRODUCTS === #

    def products(self, found: Resolvers) -> None:
        values: dict[str, Callable[..., Any]] = {
            "id": lambda row, ctx: gid("Product", row.id),
            "legacyResourceId": lambda row, ctx: row.id,
            "description": _description,
            "category": lambda row, ctx: category_object(row.category),
            "createdAt": lambda row, ctx: row.created,
            "updatedAt": lambda row, ctx: row.updated,
            "publishedAt": lambda row, ctx: min(row.publications.values(), default=None),
            "options": lambda row, ctx, first=None: [
                {"option": each, "position": position, "product": row}
                for position, each in enumerate(row.options[:first], start=1)
            ],
            "variants": lambda row, ctx, sort_key="POSITION", **args: listed(
                self._catalogue.variants_of(row), **args
            ),
            "variantsCount": lambda row, ctx: {"count": len(row.variants), "precision": "EXACT"},
            "media": lambda row, ctx, query=None, sort_key="POSITION", **args: listed(
                [_media(each, row) for each in row.media], **args
            ),
            "mediaCount": lambda row, ctx: {"count": len(row.media), "precision": "EXACT"},
            "featuredMedia": lambda row, ctx: _media(row.media[0], row) if row.media else None,
            "totalInventory": lambda row, ctx: sum(map(total_of, self._items(row))),
            "tracksInventory": lambda row, ctx: any(each.tracked for each in self._items(row)),
            "hasOnlyDefaultVariant": lambda row, ctx: _is_default(row),
            "hasOutOfStockVariants": lambda row, ctx: any(
                each.tracked and total_of(each) <= 0 for each in self._items(row)
            ),
            "onlineStoreUrl": lambda row, ctx: (
                f"https://{self._room.shop.domain}/products/{row.handle}"
                if row.publications and row.status == "ACTIVE"
                else None
            ),
            "onlineStorePreviewUrl": lambda row, ctx: (
                f"https://{self._room.shop.domain}/products/{row.handle}?preview=1"
            ),
            "priceRangeV2": self._range,
        }
        for name, function in values.items():
            found.field(f"Product.{name}")(function)

    def _range(self, row: Product, ctx: Context) -> Any:
        prices = [each.price for each in self._catalogue.variants_of(row)] or [Decimal(0)]
        currency = self._room.shop.currency
        return {
            "minVariantPrice": money_v2(min(prices), currency),
            "maxVariantPrice": money_v2(max(prices), currency),
        }

    def options_and_media(self, found: Resolvers) -> None:
        values: dict[str, Callable[..., Any]] = {
            "ProductOption.id": lambda row, ctx: gid("ProductOption", row["option"]["id"]),
            "ProductOption.name": lambda row, ctx: row["option"]["name"],
            "ProductOption.values": lambda row, ctx: [
                each["name"] for each in row["option"]["values"]
                if each["name"] in self._used(row)
            ],
            "ProductOption.optionValues": lambda row, ctx: [
                {"value": each, "used": each["name"] in self._used(row)}
                for each in row["option"]["values"]
            ],
            "ProductOptionValue.id": lambda row, ctx: gid("ProductOptionValue", row["value"]["id"]),
            "ProductOptionValue.name": lambda row, ctx: row["value"]["name"],
            "ProductOptionValue.hasVariants": lambda row, ctx: row["used"],
        }  # fmt: skip
        for name, function in values.items():
            found.field(name)(function)
        found.field("Image.url")(lambda row, ctx, transform=None: row["url"])

    def _used(self, row: dict[str, Any]) -> set[str]:
        place = row["position"] - 1
        return {each.options[place] for each in self._catalogue.variants_of(row["product"])}

    # === VARIANTS === #

    def variants(self, found: Resolvers) -> None:
        products, items = self._catalogue.products, self._catalogue.items
        values: dict[str, Callable[..., Any]] = {
            "id": lambda row, ctx: gid("ProductVariant", row.id),
            "legacyResourceId": lambda row, ctx: row.id,
            "displayName": lambda row, ctx: f"{products[row.product].title} - {row.title}",
            "sku": lambda row, ctx: items[row.item].sku,
            "compareAtPrice": lambda row, ctx: row.compare_at,
            "selectedOptions": self._selected,
            "inventoryItem": lambda row, ctx: items[row.item],
            "inventoryQuantity": lambda row, ctx: total_of(items[row.item]),
            "sellableOnlineQuantity": lambda row, ctx: max(0, total_of(items[row.item])),
            "availableForSale": lambda row, ctx: (
                not items[row.item].tracked
                or row.inventory_policy == "CONTINUE"
                or total_of(items[row.item]) > 0
            ),
            "product": lambda row, ctx: products[row.product],
            "media": self._variant_media,
            "createdAt": lambda row, ctx: row.created,
            "updatedAt": lambda row, ctx: row.updated,
            "requiresComponents": lambda row, ctx: False,
        }
        for name, function in values.items():
            found.field(f"ProductVariant.{name}")(function)

    def _selected(self, row: Variant, ctx: Context) -> Any:
        options = self._catalogue.products[row.product].options
        return [
            {
                "name": option["name"],
                "value": value,
                "optionValue": {
                    "value": next(
                        (each for each in option["values"] if each["name"] == value),
                        {"id": 0, "name": value},
                    ),
                    "used": True,
                },
            }
            for option, value in zip(options, row.options, strict=False)
        ]

    def _variant_media(self, row: Variant, ctx: Context, **args: Any) -> Any:
        product = self._catalogue.products[row.product]
        rows = [_media(each, product) for each in product.media if each["id"] == row.media]
        return listed(rows, **args)

    # === ITEMS === #

    def items(self, found: Resolvers) -> None:
        variants = self._catalogue.variants
        values: dict[str, Callable[..., Any]] = {
            "id": lambda row, ctx: gid("InventoryItem", row.id),
            "legacyResourceId": lambda row, ctx: row.id,
            "countryCodeOfOrigin": lambda row, ctx: row.country,
            "provinceCodeOfOrigin": lambda row, ctx: row.province,
            "harmonizedSystemCode": lambda row, ctx: row.hs_code,
            "createdAt": lambda row, ctx: row.created,
            "updatedAt": lambda row, ctx: row.updated,
            "unitCost": lambda row, ctx: (
                None if row.cost is None else money_v2(row.cost, self._room.shop.currency)
            ),
            "measurement": lambda row, ctx: {
                "id": gid("InventoryItemMeasurement", row.id),
                "weight": row.weight,
            },
            "variants": lambda row, ctx, **args: listed([variants[row.variant]], **args),
            "duplicateSkuCount": lambda row, ctx: (
                len(self._catalogue.items_by_sku(row.sku)) - 1 if row.sku else 0
            ),
            "locationsCount": lambda row, ctx: {"count": len(row.levels), "precision": "EXACT"},
            "inventoryLevel": lambda row, ctx, location_id, include_inactive=False: (
                self._room.stock.level(row.id, number_of(location_id, "Location"))
            ),
            "inventoryLevels": lambda row, ctx, query=None, include_inactive=False, **args: listed(
                [Level(row, int(place), level) for place, level in row.levels.items()], **args
            ),
        }
        for name, function in values.items():
            found.field(f"InventoryItem.{name}")(function)


def _counted(rows: list[Any], keep: Predicate | None, limit: int | None) -> dict[str, Any]:
    count = len(rows) if keep is None else sum(map(bool, map(keep, rows)))
    most = 10_000 if limit is None else limit
    return {
        "count": min(count, most) if limit is not None else count,
        "precision": "AT_LEAST" if limit is not None and count > most else "EXACT",
    }


def _description(row: Product, ctx: Context, truncate_at: int | None = None) -> str:
    text = html.unescape(re.sub(r"<[^>]*>", " ", row.description_html))
    text = " ".join(text.split())
    if truncate_at is not None and len(text) > truncate_at:
        return text[: max(0, truncate_at - 1)] + "…"
    return text


def category_object(text: str | None) -> dict[str, Any] | None:
    """A category of the taxonomy by its id; names are not known here."""
    if text is None:
        return None
    name = text.rsplit("/", 1)[-1]
    return {
        "__typename": "TaxonomyCategory",
        "id": text,
        "name": name,
        "fullName": name,
        "isLeaf": True,
        "isRoot": "-" not in name,
        "isArchived": False,
        "level": name.count("-") + 1,
    }


def _media(row: dict[str, Any], product: Product) -> dict[str, Any]:
    ready = row["status"] == "READY"
    image = {
        "id": gid("ImageSource", row["id"]),
        "url": row["url"],
        "altText": row["alt"],
        "width": 1200,
        "height": 1200,
    }
    errors = []
    if not ready:
        errors = [{"code": "IMAGE_DOWNLOAD_FAILURE", "details": None,
                   "message": "The image could not be downloaded."}]  # fmt: skip
    return {
        "__typename": "MediaImage",
        "id": gid("MediaImage", row["id"]),
        "alt": row["alt"],
        "mediaContentType": "IMAGE",
        "mediaErrors": errors,
        "mediaWarnings": [],
        "status": row["status"],
        "fileStatus": row["status"],
        "image": image if ready else None,
        "preview": {"image": image if ready else None, "status": row["status"]},
        "mimeType": "image/jpeg",
        "createdAt": product.created,
        "updatedAt": product.updated,
    }


def _is_default(row: Product) -> bool:
    return (
        len(row.variants) == 1
        and len(row.options) == 1
        and [each["name"] for each in row.options[0]["values"]] == [DEFAULT_VALUE]
    )
