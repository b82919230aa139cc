"""Control of the catalogue: products and stock by hand (foreign edits), webhooks, the app's end.

- ``GET, POST /products`` · ``GET, PATCH, DELETE /products/ID``
- ``GET /variants`` · ``GET /levels`` · ``PATCH /variants/ID`` · ``PATCH /skus/SKU``
  · ``GET, POST /inventory`` · ``GET /bulk``
- ``GET, DELETE /subscriptions`` · ``DELETE /subscriptions/ID`` · ``POST /uninstall``
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from werkzeug.wrappers import Request

from ..control import body_of, whole_of
from ..wire import ApiError, Invalid, decimal_of, integer_of, json_response, text_of
from .metafields import merged_tags
from .model import Item, Product, Variant, quantity_of
from .part import Part, Route

MOST = 50_000
STATUSES = ("ACTIVE", "DRAFT", "ARCHIVED")
PRODUCT = {"title", "description_html", "vendor", "product_type", "tags", "status", "handle"}
VARIANT = {"price", "compare_at", "sku", "barcode", "tracked"}
STOCK = {"quantity", "quantities"}


class Goods(Part):
    """What people and other systems do to the goods past our API calls."""

    def routes(self) -> list[Route]:
        return [
            ("GET", "/products", self._list),
            ("POST", "/products", self._create),
            ("GET", "/products/<int:number>", lambda request, number: self._show(number)),
            ("PATCH", "/products/<int:number>", self._edit),
            ("DELETE", "/products/<int:number>", self._delete),
            ("PATCH", "/variants/<int:number>", self._edit_variant),
            ("PATCH", "/skus/<sku>", self._edit_sku),
            ("GET", "/variants", self._variants),
            ("GET", "/levels", self._all_levels),
            ("GET", "/inventory", self._levels),
            ("POST", "/inventory", self._set_level),
            ("GET", "/bulk", lambda request: [vars(x) for x in self.room.bulk.table.values()]),
            ("GET", "/subscriptions", self._subscriptions),
            ("DELETE", "/subscriptions", self._drop_all),
            ("DELETE", "/subscriptions/<int:number>", self._drop),
            ("POST", "/uninstall", self._uninstall),
        ]

    def looks(self) -> dict[str, Any]:
        return {"sku": self._by_sku, "product": self._by_number, "bulk": self._bulk}

    def _by_sku(self, sku: str) -> dict[str, Any] | None:
        variant = self.room.catalogue.variant_by_sku(sku)
        if variant is None:
            return None
        item = self.room.catalogue.items[variant.item]
        product = self.room.catalogue.products[variant.product]
        found = {
            "product": product.id,
            "variant": variant.id,
            "item": item.id,
            "title": product.title,
            "status": product.status,
            "price": variant.price,
            "compare_at": variant.compare_at,
            "available": sum(quantity_of(each, "available") for each in item.levels.values()),
        }
        found["quantity"] = found["available"]
        for place, level in item.levels.items():
            found[f"available.{place}"] = quantity_of(level, "available")
        return found

    def _by_number(self, number: str) -> dict[str, Any] | None:
        product = self.room.catalogue.products.get(int(number) if number.isdigit() else 0)
        if product is None:
            return None
        return {**vars(product), "publications": sorted(product.publications)}

    def _bulk(self, number: str) -> dict[str, Any] | None:
        row = self.room.bulk.table.get(int(number) if number.isdigit() else 0)
        return None if row is None else dict(vars(row))

    # === PRODUCTS === #

    def _list(self, request: Request) -> Any:
        after, limit = whole_of(request.args, "after", 0), whole_of(request.args, "limit", 100)
        rows = self.room.catalogue.sorted_products("ID").rows
        found = [each for each in rows if each.id > after][:limit]
        return [self.room.catalogue.describe(each) for each in found]

    def _found(self, number: int) -> Product:
        row: Product | None = self.room.catalogue.products.get(number)
        if row is None:
            raise ApiError(404, "There is no such product")
        return row

    def _show(self, number: int) -> Any:
        return self.room.catalogue.describe(self._found(number))

    def _create(self, request: Request) -> Any:
        """``{"products": [{"title", "sku", "price", "quantity"?, "quantities"?: {place: n}, …}]}``,
        ``{"count": n, "first"?: 1, "prefix"?: "P", "price"?, "stock"?}`` or ``{"skus": […]}``.

        Told to nobody. :return: ``{"variants": [{"id", "product_id", "inventory_item_id",
        "sku"}]}``.
        """
        body = body_of(request, {"products", "count", "first", "prefix", "price", "stock", "skus"})
        rows = body.get("products")
        if "count" in body or "skus" in body:
            rows = self._numbered(body)
        if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
            raise Invalid("products must be a list of objects")
        planned = [self._planned(each) for each in rows]
        made = [self.room.catalogue.make(**each) for each in planned]
        variants = self.room.catalogue.variants
        found = [_short(self.room.catalogue, variants[each.variants[0]]) for each in made]
        return json_response({"variants": found}, 201)

    @staticmethod
    def _numbered(body: Mapping[str, Any]) -> list[dict[str, Any]]:
        skus = body.get("skus")
        if skus is None:
            count = integer_of(body["count"], "count", 1, MOST)
            first = integer_of(body.get("first", 1), "first")
            prefix = text_of(body.get("prefix", "P"), "prefix", 40)
            skus = [f"{prefix}{number}" for number in range(first, first + count)]
        if not isinstance(skus, list) or len(skus) > MOST:
            raise Invalid("skus must be a list of texts")
        price, stock = body.get("price", "9.99"), body.get("stock", 10)
        return [
            {"title": f"Product {each}", "sku": each, "price": price, "quantity": stock}
            for each in skus
        ]

    def _variants(self, request: Request) -> Any:
        """Every variant: ``{"id", "product_id", "inventory_item_id", "sku"}``."""
        catalogue = self.room.catalogue
        return [_short(catalogue, each) for each in catalogue.variants.values()]

    def _all_levels(self, request: Request) -> Any:
        """Every level: ``{"inventory_item_id", "location_id", "available"}``."""
        return [
            {
                "inventory_item_id": item.id,
                "location_id": int(place),
                "available": quantity_of(level, "available"),
            }
            for item in self.room.catalogue.items.values()
            for place, level in item.levels.items()
        ]

    def _planned(self, data: dict[str, Any]) -> dict[str, Any]:
        if unknown := set(data) - PRODUCT - VARIANT - STOCK:
            raise Invalid(f"unknown members of a product: {', '.join(sorted(unknown))}")
        found = self._members(data)
        found.pop("handle", None)
        title = text_of(data.get("title"), "title")
        sku = None if data.get("sku") is None else text_of(data["sku"], "sku")
        price = decimal_of(data.get("price", "0"), "price")
        places = data.get("quantities") or {}
        if "quantity" in data:
            places = {next(iter(self.room.locations.values())).id: data["quantity"], **places}
        quantities = {
            self._place(place): integer_of(number, "quantity", -(10**9))
            for place, number in places.items()
        }
        return {**found, "title": title, "sku": sku, "price": price, "quantities": quantities}

    @staticmethod
    def _members(data: Mapping[str, Any]) -> dict[str, Any]:
        found = {name: data[name] for name in PRODUCT - {"tags"} if name in data}
        for name, value in found.items():
            if not isinstance(value, str):
                raise Invalid(f"{name} must be text")
        if found.get("status", "ACTIVE") not in STATUSES:
            raise Invalid(f"status must be one of {', '.join(STATUSES)}")
        if "tags" in data:
            if not isinstance(data["tags"], list):
                raise Invalid("tags must be a list")
            found["tags"] = merged_tags([str(each) for each in data["tags"]])
        return found

    def _place(self, given: Any) -> int:
        text = str(given)
        number = int(text) if text.isdigit() else 0
        if number not in self.room.locations:
            raise Invalid(f"there is no location {text[:40]!r}")
        return number

    def _edit(self, request: Request, number: int) -> Any:
        """A change by hand, told to the subscribers: of the product, and of all its variants."""
        product = self._found(number)
        body = body_of(request, PRODUCT | VARIANT - {"sku"})
        members = self._members(body)
        rows = [(each, self._variant_members(body)) for each in
                self.room.catalogue.variants_of(product)]  # fmt: skip
        for name, value in members.items():
            setattr(product, name, value)
        for variant, values in rows:
            self._fill(variant, values)
        self.room.catalogue.touched(product)
        return self.room.catalogue.describe(product)

    def _delete(self, request: Request, number: int) -> Any:
        self.room.catalogue.delete_product(self._found(number))
        return {}

    # === VARIANTS === #

    @staticmethod
    def _variant_members(data: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if "price" in data:
            found["price"] = decimal_of(data["price"], "price").quantize(Decimal("0.01"))
        if "compare_at" in data:
            value = data["compare_at"]
            found["compare_at"] = (
                None if value is None else decimal_of(value, "compare_at").quantize(Decimal("0.01"))
            )
        for name in ("sku", "barcode"):
            if name in data:
                found[name] = None if data[name] is None else text_of(data[name], name)
        if "tracked" in data:
            found["tracked"] = bool(data["tracked"])
        return found

    def _fill(self, variant: Variant, values: Mapping[str, Any]) -> None:
        item = self.room.catalogue.items[variant.item]
        for name, value in values.items():
            target = item if name in ("sku", "tracked") else variant
            setattr(target, name, value)
            if name in ("price", "compare_at"):
                self.room.acceptances.note(name, value, True, None, sku=item.sku,
                                           variant=variant.id, product=variant.product)  # fmt: skip
        variant.updated = self.room.now()
        self.room.catalogue.save_item(item)
        self.room.catalogue.save_variant(variant)

    def _edit_variant(self, request: Request, number: int) -> Any:
        """``{"price"?, "compare_at"?, "sku"?, "barcode"?, "tracked"?}``: a foreign edit."""
        variant = self.room.catalogue.variants.get(number)
        if variant is None:
            raise ApiError(404, "There is no such variant")
        self._fill(variant, self._variant_members(body_of(request, VARIANT)))
        product = self.room.catalogue.products[variant.product]
        self.room.catalogue.touched(product)
        return self.room.catalogue.describe(product)

    def _edit_sku(self, request: Request, sku: str) -> Any:
        """The same for the first variant with an SKU; also ``{"available", "location"?}``."""
        variant = self.room.catalogue.variant_by_sku(sku)
        if variant is None:
            raise ApiError(404, "There is no such SKU")
        body = body_of(request, VARIANT | {"available", "location"})
        values = self._variant_members(body)
        if "available" in body:
            item = self.room.catalogue.items[variant.item]
            self._set(item, self._location(body), integer_of(body["available"], "available",
                                                             -(10**9)))  # fmt: skip
        if values:
            self._fill(variant, values)
            self.room.catalogue.touched(self.room.catalogue.products[variant.product])
        return self._by_sku(self.room.catalogue.items[variant.item].sku or "")

    # === STOCK === #

    def _location(self, body: Mapping[str, Any]) -> int:
        if body.get("location") is not None:
            return self._place(body["location"])
        return int(next(iter(self.room.locations.values())).id)

    def _set(self, item: Item, place: int, wanted: int) -> None:
        now = self.room.stock.available(item.id, place)
        self.room.stock.change(item.id, place, available=wanted - now)

    def _item(self, body: Mapping[str, Any]) -> Item:
        if body.get("item") is not None:
            found = self.room.catalogue.items.get(integer_of(body["item"], "item"))
        else:
            items = self.room.catalogue.items_by_sku(str(body.get("sku") or ""))
            found = items[0] if items else None
        if found is None:
            raise ApiError(404, "There is no such item")
        row: Item = found
        return row

    def _levels(self, request: Request) -> Any:
        """``?sku=`` or ``?item=``: quantities by location."""
        item = self._item(request.args)
        return {
            place: {
                name: quantity_of(level, name) for name in ("available", "committed", "on_hand")
            }
            for place, level in item.levels.items()
        }

    def _set_level(self, request: Request) -> Any:
        """``{"sku" | "item", "location"?, "available" | "delta"}``: told to the subscribers."""
        body = body_of(request, {"sku", "item", "location", "available", "delta"})
        item, place = self._item(body), self._location(body)
        if "delta" in body:
            self.room.stock.change(
                item.id, place, available=integer_of(body["delta"], "delta", -(10**9))
            )
        else:
            self._set(item, place, integer_of(body.get("available"), "available", -(10**9)))
        return {"item": item.id, "location": place,
                "available": self.room.stock.available(item.id, place)}  # fmt: skip

    # === WEBHOOKS === #

    def _subscriptions(self, request: Request) -> Any:
        return [vars(each) for each in self.room.events.subscriptions.values()]

    def _drop_all(self, request: Request) -> Any:
        """Forget all of them silently, or those of ``?topic=``."""
        topic = request.args.get("topic")
        rows = [each for each in self.room.events.subscriptions.values()
                if topic in (None, each.topic)]  # fmt: skip
        return {"removed": sum(self.room.events.remove(each.id) for each in rows)}

    def _drop(self, request: Request, number: int) -> Any:
        if not self.room.events.remove(number):
            raise ApiError(404, "There is no such subscription")
        return {"removed": 1}

    def _uninstall(self, request: Request) -> Any:
        """The merchant removes the app: tokens end, APP_UNINSTALLED is the last that is told."""
        room = self.room
        shop = room.shop
        body = {"id": shop.id, "name": shop.name, "email": shop.email, "domain": shop.domain,
                "myshopify_domain": shop.domain, "currency": shop.currency}  # fmt: skip
        told = room.events.publish("APP_UNINSTALLED", body, str(shop.id))
        room.tokens.revoke()
        for each in room.events.subscriptions.values():
            # The rows go at once; what waits for them is delivered still.
            room.events.subscriptions.pop(each.id)
        return {"told": told}


def _short(catalogue: Any, variant: Variant) -> dict[str, Any]:
    return {
        "id": variant.id,
        "product_id": variant.product,
        "inventory_item_id": variant.item,
        "sku": catalogue.items[variant.item].sku,
    }
