"""productSet: a product with everything that hangs on it in one call.

List members of the input (variants, tags, metafields, collections, files) replace what the product
has; other members are changed when they are there. Variants are found by their id, or by their
option values; what is not named is deleted. A productSet in the background (``synchronous: false``)
is done when `async_seconds` have passed on the sandbox's clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .access import Access
from .errors import UserErrors, refuse
from .gids import gid, number_of
from .model import DEFAULT_VALUE, Product, Variant
from .part import Context, Part
from .product_values import (
    check_collections,
    check_product,
    check_variant,
    fill_product,
    fill_variant,
    option_values,
    plan_files,
    plan_metafields,
    plan_options,
    settle_files,
    settle_options,
)
from .registry import Resolvers

MOST_VARIANTS = 2048
CODES = {"blank": "INVALID_PRODUCT", "invalid": "INVALID_PRODUCT", "handle": "HANDLE_NOT_UNIQUE"}


@dataclass
class Operation:
    """A productSet in the background."""

    id: int
    app: str
    due: datetime
    identifier: dict[str, Any] | None
    data: dict[str, Any]
    status: str = "CREATED"
    product: int | None = None
    errors: list[dict[str, Any]] | None = None

    typename = "ProductSetOperation"


@dataclass
class _Plan:
    """What a productSet is going to do."""

    product: Product | None
    options: list[dict[str, Any]] | None
    variants: list[tuple[Variant | None, list[str], Mapping[str, Any], dict[str, Any] | None]]
    files: list[dict[str, Any]] | None
    metafields: dict[str, Any] | None
    collections: list[int] | None
    replace_variants: bool


class ProductWriter(Part):
    """The mutation productSet and its operations."""

    def __init__(self, room: Any) -> None:
        super().__init__(room)
        self.operations = self.rows("product_operations", Operation)

    def clear(self) -> None:
        self.operations.clear()

    def resolvers(self) -> Resolvers:
        found = Resolvers()
        found.mutation("productSet", "write_products")(self._set)
        found.node("ProductSetOperation", lambda ctx, number: self.operations.get(number))
        found.query("productOperation", "read_products")(
            lambda ctx, id: self.operations.get(number_of(id, "ProductSetOperation"))
        )
        values: dict[str, Any] = {
            "id": lambda row, ctx: gid("ProductSetOperation", row.id),
            "product": lambda row, ctx: self.room.catalogue.products.get(row.product or 0),
            "userErrors": lambda row, ctx: row.errors or [],
        }
        for name, function in values.items():
            found.field(f"ProductSetOperation.{name}")(function)
        return found

    def find(self, ctx: Context, identifier: Mapping[str, Any]) -> Product | None:
        """A product by id, handle or custom id. :raises UserErrors: no such definition."""
        catalogue = self.room.catalogue
        if "id" in identifier:
            return catalogue.products.get(number_of(identifier["id"], "Product"))
        if "handle" in identifier:
            return catalogue.by_handle(identifier["handle"])
        space, key, value = self._custom(ctx, identifier)
        return catalogue.by_custom_id(space, key, value)

    def _custom(self, ctx: Context, identifier: Mapping[str, Any]) -> tuple[str, str, str]:
        given = identifier["customId"]
        space = self.room.metafields.namespace_of(ctx, given.get("namespace"))
        found = self.room.metafields.definition("PRODUCT", space, given["key"])
        if found is None or found.type != "id":
            raise refuse(
                ["identifier", "customId"],
                f"Metafield definition of type 'id' is required when using custom ids: "
                f"{space}.{given['key']}",
                "INVALID_METAFIELD",
            )
        return space, given["key"], given["value"]

    # === THE MUTATION === #

    def _set(
        self,
        ctx: Context,
        input: dict[str, Any],
        identifier: dict[str, Any] | None = None,
        synchronous: bool = True,
    ) -> Any:
        if synchronous or ctx.origin != "api":
            product = self._apply(ctx, identifier, input)
            return {"product": product, "productSetOperation": None, "userErrors": []}
        self._plan(ctx, identifier, input)  # what is wrong at once is told at once
        due = ctx.now + timedelta(seconds=self.room.settings.async_seconds)
        number = self.room.next_id("product_operation", 2001)
        operation = Operation(number, ctx.access.app, due, identifier, input)
        self.operations.put(operation)
        return {"product": None, "productSetOperation": operation, "userErrors": []}

    def tick(self) -> None:
        now = self.room.now()
        for each in self.operations.values():
            if each.status != "COMPLETE" and each.due <= now:
                scopes = self.room.tokens.scopes()
                ctx = Context(self.room, Access(each.app, scopes), now, origin="async")
                try:
                    each.product = self._apply(ctx, each.identifier, each.data).id
                except UserErrors as error:
                    each.errors = error.errors
                each.status = "COMPLETE"
                self.operations.put(each)

    # === PLAN === #

    def _plan(self, ctx: Context, identifier: dict[str, Any] | None, data: dict[str, Any]) -> _Plan:
        product = self._target(ctx, identifier, data)
        check_product(self.room, product, data, ["input"], CODES)
        options = None
        if "productOptions" in data and data["productOptions"] is not None:
            if "variants" not in data:
                raise refuse(["input", "variants"], "The variants field is required when "
                             "productOptions is given", "VARIANTS_INPUT_MISSING")  # fmt: skip
            options = plan_options(product, data["productOptions"], ["input", "productOptions"])
        elif data.get("variants") is not None:
            raise refuse(["input", "productOptions"], "The productOptions field is required when "
                         "variants is given", "PRODUCT_OPTIONS_INPUT_MISSING")  # fmt: skip
        variants = self._plan_variants(ctx, product, options, data)
        files = metafields = collections = None
        if "files" in data:
            path = ["input", "files"]
            files = plan_files(self.room, product, data["files"] or (), path, "INVALID_INPUT")
        if "metafields" in data:
            metafields = plan_metafields(
                ctx, "PRODUCT", product.metafields if product else {}, data["metafields"] or (),
                ["input", "metafields"], "INVALID_METAFIELD", product,
            )  # fmt: skip
            self._check_custom(ctx, identifier, metafields)
        if "collections" in data:
            given = data["collections"] or ()
            collections = check_collections(
                self.room, given, ["input", "collections"], "INVALID_INPUT"
            )
        return _Plan(
            product, options, variants, files, metafields, collections,
            data.get("variants") is not None,
        )  # fmt: skip

    def _target(
        self, ctx: Context, identifier: dict[str, Any] | None, data: dict[str, Any]
    ) -> Product | None:
        if identifier is None:
            return None
        product = self.find(ctx, identifier)
        if product is None and "id" in identifier:
            raise refuse(["identifier", "id"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")
        handle = identifier.get("handle")
        if handle and data.get("handle", handle) != handle:
            raise refuse(["identifier", "handle"], "The identifier value does not match the value "
                         "of the corresponding field in the input.", "INPUT_MISMATCH")  # fmt: skip
        return product

    def _check_custom(
        self, ctx: Context, identifier: dict[str, Any] | None, metafields: dict[str, Any]
    ) -> None:
        if identifier is None or "customId" not in identifier:
            return
        space, key, value = self._custom(ctx, identifier)
        if metafields.get(f"{space}.{key}", {}).get("value") != value:
            raise refuse(["input", "metafields"], "The input argument `metafields` (if present) "
                         "must contain the `customId` value.", "METAFIELD_MISMATCH")  # fmt: skip

    def _plan_variants(
        self,
        ctx: Context,
        product: Product | None,
        options: list[dict[str, Any]] | None,
        data: dict[str, Any],
    ) -> list[tuple[Variant | None, list[str], Mapping[str, Any], dict[str, Any] | None]]:
        given = data.get("variants")
        if given is None or options is None:
            return []
        path = ["input", "variants"]
        if not given:
            raise refuse(path, "A product needs at least one variant", "VARIANTS_INPUT_MISSING")
        if len(given) > MOST_VARIANTS:
            raise refuse(path, f"Cannot have more than {MOST_VARIANTS} variants",
                         "VARIANTS_OVER_LIMIT")  # fmt: skip
        catalogue = self.room.catalogue
        own = catalogue.variants_of(product) if product else []
        by_number = {each.id: each for each in own}
        by_values = {tuple(self._renamed(each, product, options)): each for each in own}
        planned = []
        seen: set[tuple[str, ...]] = set()
        for index, row in enumerate(given):
            here = [*path, index]
            check_variant(row, here, "INVALID_VARIANT")
            values = option_values(options, row, here)
            if tuple(values) in seen:
                raise refuse(here, f"The variant '{' / '.join(values)}' already exists. Please "
                             "change at least one option value.", "INVALID_VARIANT")  # fmt: skip
            seen.add(tuple(values))
            variant = by_values.get(tuple(values))
            if row.get("id"):
                variant = by_number.get(number_of(row["id"], "ProductVariant"))
                if variant is None:
                    raise refuse([*here, "id"], "Product variant does not exist",
                                 "PRODUCT_VARIANT_DOES_NOT_EXIST")  # fmt: skip
            self._check_quantities(row, here)
            fields = None
            if "metafields" in row:
                old = variant.metafields if variant else {}
                fields = plan_metafields(ctx, "PRODUCTVARIANT", old, row["metafields"] or (),
                                         [*here, "metafields"], "INVALID_METAFIELD")  # fmt: skip
            planned.append((variant, values, row, fields))
        named = [each[0].id for each in planned if each[0] is not None]
        if len(set(named)) < len(named):
            raise refuse(path, "A variant is named twice", "INVALID_VARIANT")
        return planned

    @staticmethod
    def _renamed(
        variant: Variant, product: Product | None, options: list[dict[str, Any]]
    ) -> list[str]:
        """A variant's values under the new names and order of the options."""
        old = {each["name"]: place for place, each in enumerate(product.options if product else [])}
        ids = {each["id"]: place for place, each in enumerate(product.options if product else [])}
        found = []
        for option in options:
            place = ids.get(option["id"], old.get(option["name"]))
            value = variant.options[place] if place is not None else ""
            names = {each["was"]: each["name"] for each in option["values"]}
            found.append(names.get(value, value))
        return found

    def _check_quantities(self, row: Mapping[str, Any], path: list[Any]) -> None:
        for index, each in enumerate(row.get("inventoryQuantities") or ()):
            here = [*path, "inventoryQuantities", index]
            place = self.room.locations.get(number_of(each["locationId"], "Location"))
            if place is None or not place.active:
                raise refuse([*here, "locationId"], "Location does not exist", "INVALID_INPUT")
            if each["name"] not in ("available", "on_hand"):
                raise refuse([*here, "name"], "Inventory quantity name is invalid", "INVALID_INPUT")

    # === DOING === #

    def _apply(
        self, ctx: Context, identifier: dict[str, Any] | None, data: dict[str, Any]
    ) -> Product:
        plan = self._plan(ctx, identifier, data)
        catalogue, product = self.room.catalogue, plan.product
        new = product is None
        if product is None:
            title = data["title"].strip()
            handle = (identifier or {}).get("handle") if not data.get("handle") else None
            product = catalogue.new_product(title, handle)
            product.vendor = self.room.shop.name
        fill_product(product, data)
        if plan.files is not None:
            product.media = settle_files(self.room, plan.files)
        self._apply_metafields(ctx, product, identifier, plan.metafields)
        if plan.collections is not None:
            product.collections = plan.collections
        if plan.options is not None:
            product.options = settle_options(self.room, plan.options)
        elif new:
            catalogue.default_options(product)
        if plan.replace_variants:
            self._apply_variants(ctx, product, plan)
        elif new:
            catalogue.new_variant(product, [DEFAULT_VALUE])
        catalogue.touched(product, ctx, new)
        self.room.acceptances.note("product", product.title, True, ctx, product=product.id)
        return product

    def _apply_metafields(
        self,
        ctx: Context,
        product: Product,
        identifier: dict[str, Any] | None,
        planned: dict[str, Any] | None,
    ) -> None:
        if planned is not None:
            product.metafields = planned
        if identifier is not None and "customId" in identifier:
            space, key, value = self._custom(ctx, identifier)
            name, field = self.room.metafields.check(
                ctx, "PRODUCT", ["identifier"],
                {"namespace": space, "key": key, "type": "id", "value": value}, product.metafields,
            )  # fmt: skip
            product.metafields[name] = field

    def _apply_variants(self, ctx: Context, product: Product, plan: _Plan) -> None:
        catalogue = self.room.catalogue
        kept = {each[0].id for each in plan.variants if each[0] is not None}
        for variant in catalogue.variants_of(product):
            if variant.id not in kept:
                catalogue.drop_variant(variant)
        product.variants = []
        rows: list[tuple[int, int]] = []
        for index, (known, values, data, fields) in enumerate(plan.variants):
            if known is None:
                variant, item = catalogue.new_variant(product, values)
                product.variants.pop()
            else:
                variant, item = known, catalogue.items[known.item]
            before = (variant.price, variant.compare_at)
            variant.options = values
            fill_variant(variant, item, data)
            if fields is not None:
                variant.metafields = fields
            if data.get("file"):
                variant.media = self._media_of(product, data["file"])
            variant.updated = item.updated = ctx.now
            catalogue.save_item(item)
            self._note_price(ctx, variant, item.sku, before)
            self._quantities(ctx, item, data, known is None)
            rows.append((data.get("position") or index + 1, variant.id))
            catalogue.save_variant(variant)
        # The order asked for wins; the order of the list decides between equals.
        product.variants = [number for _, number in sorted(rows, key=lambda row: row[0])]
        for place, number in enumerate(product.variants, start=1):
            catalogue.variants[number].position = place

    def _note_price(self, ctx: Context, variant: Variant, sku: str | None, before: Any) -> None:
        for name, value, old in (("price", variant.price, before[0]),
                                 ("compare_at", variant.compare_at, before[1])):  # fmt: skip
            if value != old:
                self.room.acceptances.note(name, value, True, ctx, sku=sku, variant=variant.id,
                                           product=variant.product)  # fmt: skip

    @staticmethod
    def _media_of(product: Product, data: Mapping[str, Any]) -> int | None:
        number = number_of(data["id"], "MediaImage") if data.get("id") else None
        source = data.get("originalSource")
        return next(
            (each["id"] for each in product.media if number == each["id"]
             or (source and each["source"] == source)),
            None,
        )  # fmt: skip

    def _quantities(self, ctx: Context, item: Any, data: Mapping[str, Any], new: bool) -> None:
        for each in data.get("inventoryQuantities") or ():
            place = number_of(each["locationId"], "Location")
            now = self.room.stock.available(item.id, place)
            if new or str(place) in item.levels:
                self.room.stock.change(item.id, place, ctx=ctx, available=each["quantity"] - now)
