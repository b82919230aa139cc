"""The smaller mutations of products, variants and items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import FieldError, UserErrors, refuse
from .gids import number_of
from .model import Item, Product, Variant
from .part import Context, Part
from .product_values import (
    check_collections,
    check_product,
    check_variant,
    fill_item,
    fill_product,
    fill_variant,
    option_values,
    plan_files,
    plan_metafields,
    settle_files,
)
from .registry import Resolvers

MOST = 250


class ProductEdits(Part):
    """productUpdate, productDelete, the bulk mutations of variants, inventoryItemUpdate."""

    def resolvers(self) -> Resolvers:
        found = Resolvers()
        write = "write_products"
        found.mutation("productUpdate", write)(self._update)
        found.mutation("productDelete", write)(self._delete)
        found.mutation("productVariantsBulkUpdate", write)(self._update_variants)
        found.mutation("productVariantsBulkCreate", write)(self._create_variants)
        found.mutation("productVariantsBulkDelete", write)(self._delete_variants)
        found.mutation("inventoryItemUpdate", "write_inventory")(self._update_item)
        catalogue = self.room.catalogue
        found.owner("Product", "PRODUCT", write, catalogue.touched)
        found.owner("ProductVariant", "PRODUCTVARIANT", write, self._save_variant)
        return found

    def _save_variant(self, variant: Variant) -> None:
        variant.updated = self.room.now()
        self.room.catalogue.save_variant(variant)
        self.room.catalogue.touched(self.room.catalogue.products[variant.product])

    # === PRODUCTS === #

    def _update(
        self,
        ctx: Context,
        product: dict[str, Any] | None = None,
        identifier: dict[str, Any] | None = None,
        media: list[dict[str, Any]] | None = None,
    ) -> Any:
        data = product or {}
        wanted = identifier or ({"id": data["id"]} if data.get("id") else None)
        row = self.room.product_writer.find(ctx, wanted) if wanted else None
        if row is None:
            raise refuse(["id"], "Product does not exist")
        check_product(self.room, row, data, [], {})
        fields = plan_metafields(
            ctx, "PRODUCT", row.metafields, data.get("metafields") or (), ["metafields"], None, row
        )
        joins = check_collections(
            self.room, data.get("collectionsToJoin") or (), ["collectionsToJoin"], None
        )
        leaves = {number_of(each, "Collection") for each in data.get("collectionsToLeave") or ()}
        files = plan_files(self.room, None, media or (), ["media"], None)
        fill_product(row, data)
        row.metafields.update(fields)
        row.media += settle_files(self.room, files)
        kept = [each for each in row.collections if each not in leaves]
        row.collections = list(dict.fromkeys([*kept, *joins]))
        self.room.catalogue.touched(row, ctx)
        self.room.acceptances.note("product", row.title, True, ctx, product=row.id)
        return {"product": row, "userErrors": []}

    def _delete(self, ctx: Context, input: dict[str, Any], synchronous: bool = True) -> Any:
        row = self.room.catalogue.products.get(number_of(input["id"], "Product"))
        if row is None:
            raise refuse(["id"], "Product does not exist")
        self.room.catalogue.delete_product(row)
        self.room.acceptances.note("delete", row.title, True, ctx, product=row.id)
        return {"deletedProductId": input["id"], "shop": self.room.shop, "userErrors": []}

    # === VARIANTS === #

    def _product(self, text: str) -> Product:
        row: Product | None = self.room.catalogue.products.get(number_of(text, "Product"))
        if row is None:
            raise refuse(["productId"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")
        return row

    @staticmethod
    def _check_size(rows: list[Any], name: str) -> None:
        if len(rows) > MOST:
            raise FieldError(
                f"The input array size of {len(rows)} is greater than the maximum allowed of "
                f"{MOST}. ({name})",
                "MAX_INPUT_SIZE_EXCEEDED",
            )

    def _update_variants(
        self,
        ctx: Context,
        product_id: str,
        variants: list[dict[str, Any]],
        allow_partial_updates: bool = False,
        media: list[dict[str, Any]] | None = None,
    ) -> Any:
        self._check_size(variants, "variants")
        product = self._product(product_id)
        planned: list[tuple[Variant, dict[str, Any], list[str], dict[str, Any]]] = []
        errors: list[dict[str, Any]] = []
        for index, data in enumerate(variants):
            try:
                planned.append(self._plan_update(ctx, product, data, ["variants", index]))
            except UserErrors as error:
                errors += error.errors
        if errors and (not allow_partial_updates or not planned):
            raise UserErrors(errors)
        for variant, data, values, fields in planned:
            variant.options = values
            variant.metafields.update(fields)
            self._store(ctx, variant, self.room.catalogue.items[variant.item], data)
        self.room.catalogue.touched(product, ctx)
        return {
            "product": product,
            "productVariants": [each[0] for each in planned],
            "userErrors": errors,
        }

    def _plan_update(
        self, ctx: Context, product: Product, data: dict[str, Any], path: list[Any]
    ) -> tuple[Variant, dict[str, Any], list[str], dict[str, Any]]:
        if not data.get("id"):
            raise refuse([*path, "id"], "Product variant is missing ID attribute",
                         "PRODUCT_VARIANT_ID_MISSING")  # fmt: skip
        variant = self.room.catalogue.variants.get(number_of(data["id"], "ProductVariant"))
        if variant is None or variant.product != product.id:
            raise refuse([*path, "id"], "Product variant does not exist",
                         "PRODUCT_VARIANT_DOES_NOT_EXIST")  # fmt: skip
        if data.get("inventoryQuantities"):
            raise refuse(
                [*path, "inventoryQuantities"],
                "Inventory quantities can only be provided during create.",
                "NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE",
            )
        check_variant(data, path, "INVALID_INPUT")
        values = variant.options
        if data.get("optionValues"):
            values = option_values(product.options, data, path, variant.options)
            twins = self.room.catalogue.variants_of(product)
            if any(each.options == values and each is not variant for each in twins):
                raise refuse([*path, "optionValues"], f"The variant '{' / '.join(values)}' already "
                             "exists.", "VARIANT_ALREADY_EXISTS")  # fmt: skip
        fields = plan_metafields(ctx, "PRODUCTVARIANT", variant.metafields,
                                 data.get("metafields") or (), [*path, "metafields"],
                                 "INVALID_VALUE")  # fmt: skip
        return variant, data, values, fields

    def _store(self, ctx: Context, variant: Variant, item: Item, data: Mapping[str, Any]) -> None:
        before = (variant.price, variant.compare_at)
        if fill_variant(variant, item, data):
            item.updated = ctx.now
            self.room.catalogue.save_item(item)
        if data.get("mediaId"):
            variant.media = number_of(data["mediaId"], "MediaImage")
        variant.updated = ctx.now
        self.room.catalogue.save_variant(variant)
        for name, value, old in (("price", variant.price, before[0]),
                                 ("compare_at", variant.compare_at, before[1])):  # fmt: skip
            given = "price" if name == "price" else "compareAtPrice"
            if given in data:
                self.room.acceptances.note(name, value, value != old, ctx, sku=item.sku,
                                           variant=variant.id, product=variant.product)  # fmt: skip

    def _create_variants(
        self,
        ctx: Context,
        product_id: str,
        variants: list[dict[str, Any]],
        strategy: str = "DEFAULT",
        media: list[dict[str, Any]] | None = None,
    ) -> Any:
        self._check_size(variants, "variants")
        product = self._product(product_id)
        planned: list[tuple[dict[str, Any], list[str], dict[str, Any]]] = []
        taken = {tuple(each.options) for each in self.room.catalogue.variants_of(product)}
        for index, data in enumerate(variants):
            path: list[Any] = ["variants", index]
            check_variant(data, path, "INVALID_INPUT")
            self._grow_options(product, data)
            values = option_values(product.options, data, path, [])
            if tuple(values) in taken:
                raise refuse(path, f"The variant '{' / '.join(values)}' already exists.",
                             "VARIANT_ALREADY_EXISTS")  # fmt: skip
            taken.add(tuple(values))
            fields = plan_metafields(ctx, "PRODUCTVARIANT", {}, data.get("metafields") or (),
                                     [*path, "metafields"], "INVALID_INPUT")  # fmt: skip
            planned.append((data, values, fields))
        made = []
        for data, values, fields in planned:
            variant, item = self.room.catalogue.new_variant(product, values)
            variant.metafields = fields
            self._store(ctx, variant, item, data)
            for each in data.get("inventoryQuantities") or ():
                place = number_of(each["locationId"], "Location")
                self.room.stock.change(item.id, place, ctx=ctx, available=each["availableQuantity"])
            made.append(variant)
        self.room.catalogue.touched(product, ctx)
        return {"product": product, "productVariants": made, "userErrors": []}

    def _grow_options(self, product: Product, data: Mapping[str, Any]) -> None:
        """A new value of a known option is added to it."""
        for row in data.get("optionValues") or ():
            for option in product.options:
                known = [each["name"] for each in option["values"]]
                if (
                    option["name"] == row.get("optionName")
                    and row.get("name")
                    and (row["name"] not in known)
                ):
                    number = self.room.next_id("option_value", 90_001)
                    option["values"].append({"id": number, "name": row["name"]})

    def _delete_variants(self, ctx: Context, product_id: str, variants_ids: list[str]) -> Any:
        product = self._product(product_id)
        numbers = [number_of(each, "ProductVariant") for each in variants_ids]
        for index, number in enumerate(numbers):
            if number not in product.variants:
                raise refuse(
                    ["variantsIds", index],
                    "At least one variant does not belong to the product",
                    "AT_LEAST_ONE_VARIANT_DOES_NOT_BELONG_TO_THE_PRODUCT",
                )
        if set(numbers) == set(product.variants):
            raise refuse(["variantsIds"], "Cannot delete all variants of a product",
                         "CANNOT_DELETE_LAST_VARIANT")  # fmt: skip
        for number in dict.fromkeys(numbers):
            self.room.catalogue.drop_variant(self.room.catalogue.variants[number])
            product.variants.remove(number)
        for place, number in enumerate(product.variants, start=1):
            self.room.catalogue.variants[number].position = place
        self.room.catalogue.touched(product, ctx)
        return {"product": product, "userErrors": []}

    def _update_item(self, ctx: Context, id: str, input: dict[str, Any]) -> Any:
        item = self.room.catalogue.items.get(number_of(id, "InventoryItem"))
        if item is None:
            raise refuse(["id"], "Inventory item does not exist")
        if fill_item(item, input):
            item.updated = ctx.now
            self.room.catalogue.save_item(item)
        return {"inventoryItem": item, "userErrors": []}
