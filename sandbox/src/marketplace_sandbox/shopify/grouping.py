"""Collections: products put in by hand, and products that match conditions.

A collection has sources; a source has conditions (see `conditions`) and selections.
Selections by hand are kept at the products; a collection without any condition takes products by
productSet and productUpdate, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .catalogue import handle_of
from .conditions import NUMBERS, change, described, fits, made
from .errors import refuse
from .gids import gid, number_of
from .model import Product
from .paging import Key, Sorted, connection, listed
from .part import Context, Part
from .product_values import plan_metafields
from .registry import Resolvers
from .search import compile_search


@dataclass
class Collection:
    """A collection. sources: ``{"id", "title", "description", "match", "conditions"}`` with
    conditions ``{"id", "kind", "relation", "match", "values"}``."""

    id: int
    title: str
    handle: str
    created: datetime
    updated: datetime
    description_html: str = ""
    sort_order: str = "BEST_SELLING"
    template_suffix: str | None = None
    seo: dict[str, Any] = field(default_factory=lambda: {"title": None, "description": None})
    sources: list[dict[str, Any]] = field(default_factory=list)
    metafields: dict[str, Any] = field(default_factory=dict)
    publications: dict[str, str] = field(default_factory=dict)

    typename = "Collection"

    @property
    def manual(self) -> bool:
        """Whether products may be put in by hand alone."""
        return not any(each["conditions"] for each in self.sources)


class Collections(Part):
    """The collections of the shop."""

    def __init__(self, room: Any) -> None:
        super().__init__(room)
        self.table = self.rows("collections", Collection)
        self._members: dict[int, tuple[tuple[int, ...], Sorted]] = {}

    def clear(self) -> None:
        self.table.clear()
        self._members.clear()

    def state(self) -> dict[str, Any]:
        return {"collections": [vars(each) for each in self.table.values()]}

    def book(self) -> dict[str, Any]:
        return {
            "collections": {
                str(each.id): {"title": each.title, "products": [
                    row.id for row in self.products(each).rows]}
                for each in self.table.values()
            }
        }  # fmt: skip

    # === MEMBERS === #

    def _version(self, row: Collection) -> tuple[int, ...]:
        """What the list of a collection's products depends on."""
        catalogue = self.room.catalogue
        kinds = {rule["kind"] for source in row.sources for rule in source["conditions"]}
        deep = (catalogue.variants.version, catalogue.items.version) if kinds & {*NUMBERS} else ()
        return catalogue.products.version, self.table.version, *deep

    def products(self, row: Collection) -> Sorted:
        """Its products, by number; kept until a product or a collection changes."""
        version = self._version(row)
        known, found = self._members.get(row.id, ((), None))
        if found is None or known != version:
            catalogue = self.room.catalogue
            members = {each: catalogue.products[each] for each in catalogue.members(row.id)}
            sources = [each for each in row.sources if each["conditions"]]
            if sources:
                for product in catalogue.products.values():
                    if any(fits(self.room, product, each) for each in sources):
                        members[product.id] = product

            def key(product: Product) -> Key:
                return product.id, product.id

            found = Sorted(list(members.values()), key)
            self._members[row.id] = (version, found)
        return found

    def has(self, row: Collection, product: Product) -> bool:
        if row.id in product.collections:
            return True
        return any(fits(self.room, product, each) for each in row.sources)

    def of_product(self, product: Product) -> list[Collection]:
        return [each for each in self.table.values() if self.has(each, product)]

    def find(self, ctx: Context, identifier: Mapping[str, Any]) -> Collection | None:
        """By id, handle or custom id."""
        if "id" in identifier:
            return self.table.get(number_of(identifier["id"], "Collection"))
        if "handle" in identifier:
            wanted = identifier["handle"]
            return next((each for each in self.table.values() if each.handle == wanted), None)
        given = identifier["customId"]
        space = self.room.metafields.namespace_of(ctx, given.get("namespace"))
        name = f"{space}.{given['key']}"
        return next(
            (
                each
                for each in self.table.values()
                if each.metafields.get(name, {}).get("value") == given["value"]
            ),
            None,
        )

    # === READING === #

    def resolvers(self) -> Resolvers:
        found = Resolvers()
        write = "write_products"
        found.types({"Collection": ("read_products",)})
        found.node("Collection", lambda ctx, number: self.table.get(number))
        found.owner("Collection", "COLLECTION", write, self._touched)
        found.query("collection")(lambda ctx, id: self.table.get(number_of(id, "Collection")))
        found.query("collectionByIdentifier", "read_products")(
            lambda ctx, identifier: self.find(ctx, dict(identifier))
        )
        found.query("collections")(self._list)
        found.query("collectionsCount", "read_products")(
            lambda ctx, **args: {"count": len(self.table), "precision": "EXACT"}
        )
        found.mutation("collectionCreate", write)(self._create)
        found.mutation("collectionUpdate", write)(self._update)
        found.mutation("collectionDelete", write)(self._delete)
        self.room.metafields.bind(found, "Collection")
        values: dict[str, Any] = {
            "Collection.id": lambda row, ctx: gid("Collection", row.id),
            "Collection.legacyResourceId": lambda row, ctx: row.id,
            "Collection.description": lambda row, ctx, truncate_at=None: row.description_html,
            "Collection.updatedAt": lambda row, ctx: row.updated,
            "Collection.sources": lambda row, ctx: [self._source(row, x) for x in row.sources],
            "Collection.products": lambda row, ctx, sort_key="ID", **args: connection(
                self.products(row), **args
            ),
            "Collection.productsCount": lambda row, ctx: {
                "count": len(self.products(row).rows), "precision": "EXACT",
            },
            "Collection.hasProduct": lambda row, ctx, id: self._has(row, id),
            "Product.collections": lambda row, ctx, query=None, sort_key="ID", **args: connection(
                self.of_product(row), **args
            ),
            "Product.inCollection": lambda row, ctx, id: (
                (found := self.table.get(number_of(id, "Collection"))) is not None
                and self.has(found, row)
            ),
            "CollectionConditionsSource.products": lambda row, ctx, **args: connection(
                self.products(row["collection"]), **args
            ),
            "CollectionSourceInclusion.selections": lambda row, ctx, **args: listed(
                [{"product": self.room.catalogue.products[each]}
                 for each in self.room.catalogue.members(row["collection"].id)], **args
            ),
        }  # fmt: skip
        for name, function in values.items():
            found.field(name)(function)
        return found

    def _has(self, row: Collection, text: str) -> bool:
        product = self.room.catalogue.products.get(number_of(text, "Product"))
        return product is not None and self.has(row, product)

    def _source(self, row: Collection, source: Mapping[str, Any]) -> dict[str, Any]:
        rows = [described(each) for each in source["conditions"]]
        return {
            "__typename": "CollectionConditionsSource",
            "id": gid("CollectionConditionsSource", source["id"]),
            "title": source["title"],
            "description": source["description"],
            "app": None,
            "shareable": False,
            "targetType": "PRODUCTS",
            "collection": row,
            "inclusion": {
                "conditions": rows, "matchType": source["match"], "collection": row,
            },
        }  # fmt: skip

    def _list(
        self, ctx: Context, query: str | None = None, sort_key: str = "ID",
        saved_search_id: str | None = None, **args: Any,
    ) -> Any:  # fmt: skip
        keep = compile_search(
            query,
            {
                "": lambda row: row.title,
                "id": lambda row: row.id,
                "title": lambda row: row.title,
                "handle": lambda row: row.handle,
                "updated_at": lambda row: row.updated,
                "collection_type": lambda row: "custom" if row.manual else "smart",
            },
        )
        keys: dict[str, Any] = {
            "TITLE": lambda row: (row.title.casefold(), row.id),
            "UPDATED_AT": lambda row: (row.updated, row.id),
        }
        rows = self.table.values()
        key = keys.get(sort_key, lambda row: (row.id, row.id))
        return connection(rows, key=key, keep=keep, **args)

    # === WRITING === #

    def _touched(self, row: Collection) -> None:
        row.updated = self.room.now()
        self.table.put(row)

    def add(self, title: str, handle: str | None = None, number: int | None = None) -> Collection:
        """An empty collection, by hand."""
        now = self.room.now()
        name, count = handle or handle_of(title), 0
        taken = {each.handle for each in self.table.values()}
        while name in taken:
            count += 1
            name = f"{handle or handle_of(title)}-{count}"
        number = number or self.room.next_id("collection", 6001)
        return self.table.put(Collection(number, title, name, now, now))

    def _check(self, ctx: Context, data: Mapping[str, Any], row: Collection | None) -> Any:
        if (row is None or "title" in data) and not (data.get("title") or "").strip():
            raise refuse(["title"], "Title can't be blank")
        handle = data.get("handle")
        if handle:
            other = self.find(ctx, {"handle": handle_of(handle)})
            if other is not None and other is not row:
                raise refuse(["handle"], "Handle has already been taken")
        old = row.metafields if row else {}
        return plan_metafields(
            ctx, "COLLECTION", old, data.get("metafields") or (), ["metafields"], None
        )

    @staticmethod
    def _fill(row: Collection, data: Mapping[str, Any]) -> None:
        names = {"title": "title", "descriptionHtml": "description_html", "sortOrder": "sort_order",
                 "templateSuffix": "template_suffix"}  # fmt: skip
        for name, member in names.items():
            if name in data and (data[name] is not None or name == "templateSuffix"):
                setattr(row, member, data[name])
        if data.get("handle"):
            row.handle = handle_of(data["handle"])
        if data.get("seo"):
            row.seo = {**row.seo, **data["seo"]}

    def _create(self, ctx: Context, collection: dict[str, Any] | None = None) -> Any:
        data = collection or {}
        fields = self._check(ctx, data, None)
        fresh = [self._new_source(each, ["sources", index])
                for index, each in enumerate(data.get("sources") or ())]  # fmt: skip
        row = self.add(data["title"].strip(), data.get("handle") and handle_of(data["handle"]))
        self._fill(row, {k: v for k, v in data.items() if k not in ("handle", "title")})
        row.metafields = fields
        for source, products in fresh:
            row.sources.append(source)
            self._select(row, products, [])
        self.table.put(row)
        return {"collection": row, "userErrors": []}

    def _new_source(
        self, target: Mapping[str, Any], path: list[Any]
    ) -> tuple[dict[str, Any], list[int]]:
        data = target["source"]
        inclusion = data.get("inclusion") or {}
        conditions = [made(self.room, each) for each in inclusion.get("conditions") or ()]
        products = self._numbers(inclusion.get("selections") or (), path)
        source = {
            "id": self.room.next_id("source", 12_001),
            "title": data["title"],
            "description": data.get("description"),
            "match": inclusion.get("matchType") or ("ALL" if conditions else None),
            "conditions": conditions,
        }
        return source, products

    def _numbers(self, rows: Sequence[Mapping[str, Any]], path: list[Any]) -> list[int]:
        numbers = []
        for index, each in enumerate(rows):
            number = number_of(each["productId"], "Product")
            if number not in self.room.catalogue.products:
                raise refuse([*path, "inclusion", "selections", index], "Product does not exist")
            numbers.append(number)
        return numbers

    def _select(self, row: Collection, add: Sequence[int], remove: Sequence[int]) -> None:
        catalogue = self.room.catalogue
        for number in dict.fromkeys((*add, *remove)):
            product = catalogue.products[number]
            kept = [each for each in product.collections if each != row.id]
            product.collections = kept if number in remove else [*kept, row.id]
            catalogue.save_product(product)

    def _update(self, ctx: Context, collection: dict[str, Any] | None = None) -> Any:
        data = collection or {}
        number = number_of(data["id"], "Collection") if data.get("id") else 0
        row = self.table.get(number)
        if row is None:
            raise refuse(["id"], "Collection does not exist")
        fields = self._check(ctx, data, row)
        fresh = [self._new_source(each, ["sourcesToCreate", index])
                for index, each in enumerate(data.get("sourcesToCreate") or ())]  # fmt: skip
        gone = {number_of(each, "CollectionConditionsSource")
                for each in data.get("sourcesToDelete") or ()}  # fmt: skip
        for index, each in enumerate(data.get("sourcesToUpdate") or ()):
            self._update_source(row, each["condition"], ["sourcesToUpdate", index])
        self._fill(row, data)
        row.metafields.update(fields)
        row.sources = [each for each in row.sources if each["id"] not in gone]
        if gone and not row.sources:  # selections go with the last source that could hold them
            self._select(row, [], self.room.catalogue.members(row.id))
        for source, products in fresh:
            row.sources.append(source)
            self._select(row, products, [])
        self._touched(row)
        return {"collection": row, "job": None, "userErrors": []}

    def _update_source(self, row: Collection, data: Mapping[str, Any], path: list[Any]) -> None:
        number = number_of(data["id"], "CollectionConditionsSource")
        source = next((each for each in row.sources if each["id"] == number), None)
        if source is None:
            raise refuse([*path, "condition", "id"], "Source does not exist")
        inclusion = data.get("inclusion") or {}
        added = self._numbers(inclusion.get("selectionsToAdd") or (), path)
        removed = self._numbers(inclusion.get("selectionsToRemove") or (), path)
        for name in ("title", "description"):
            if name in data:
                source[name] = data[name]
        source["match"] = inclusion.get("matchType") or source["match"]
        kind = "CollectionSourceInclusionCondition"
        gone = {number_of(each, kind) for each in inclusion.get("conditionsToDelete") or ()}
        changed = {
            number_of(each["id"], kind): each["condition"]
            for each in inclusion.get("conditionsToUpdate") or ()
        }
        conditions = [each for each in source["conditions"] if each["id"] not in gone]
        for each in conditions:
            for kind_name, value in (changed.get(each["id"]) or {}).items():
                change(each, kind_name, value)
        conditions += [made(self.room, x) for x in inclusion.get("conditionsToCreate") or ()]
        source["conditions"] = conditions
        if conditions and not source["match"]:
            source["match"] = "ALL"
        self._select(row, added, removed)

    def _delete(self, ctx: Context, input: dict[str, Any]) -> Any:
        row = self.table.get(number_of(input["id"], "Collection"))
        if row is None:
            raise refuse(["id"], "Collection does not exist")
        self._select(row, [], self.room.catalogue.members(row.id))
        self.table.pop(row.id)
        return {"deletedCollectionId": input["id"], "shop": self.room.shop, "userErrors": []}
