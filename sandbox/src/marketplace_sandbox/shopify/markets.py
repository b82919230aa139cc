"""Where and for how much things are sold: publications (sales channels) and price lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from .errors import UserErrors, refuse, user_error
from .gids import gid, number_of, parse
from .paging import connection, listed
from .part import Context, Part
from .registry import Resolvers
from .search import compile_search
from .values import iso, money_v2

MOST_PRICES = 250


@dataclass
class Publication:
    """A sales channel."""

    id: int
    name: str

    typename = "Publication"


@dataclass
class PriceList:
    """Prices of a market; `prices`: variant as text → ``{"price", "compare_at"}``."""

    id: int
    name: str
    currency: str
    created: datetime
    prices: dict[str, dict[str, Any]] = field(default_factory=dict)

    typename = "PriceList"


class Markets(Part):
    """Publications and price lists."""

    def __init__(self, room: Any) -> None:
        super().__init__(room)
        self.publications = self.rows("publications", Publication)
        self.price_lists = self.rows("price_lists", PriceList)

    def clear(self) -> None:
        self.publications.clear()
        self.price_lists.clear()

    def seed(self, name: str) -> None:
        self.publications.put(Publication(8001, "Online Store"))
        self.publications.put(Publication(8002, "Point of Sale"))
        self.price_lists.put(PriceList(9001, "United States", "USD", self.room.now()))

    def state(self) -> dict[str, Any]:
        return {
            "publications": [vars(each) for each in self.publications.values()],
            "price_lists": [vars(each) for each in self.price_lists.values()],
        }

    def book(self) -> dict[str, Any]:
        return {
            "publications": {
                str(each.id): sorted(
                    row.id
                    for row in self.room.catalogue.products.values()
                    if str(each.id) in row.publications
                )
                for each in self.publications.values()
            },
            "price_lists": {
                str(each.id): {variant: str(row["price"]) for variant, row in each.prices.items()}
                for each in self.price_lists.values()
            },
        }

    def price(self, price_list: int, variant: int) -> Decimal | None:
        """The fixed price of a variant in a list."""
        found = self.price_lists.get(price_list)
        row = found.prices.get(str(variant)) if found else None
        return None if row is None else row["price"]

    # === READING === #

    def resolvers(self) -> Resolvers:
        found = Resolvers()
        found.types({"Publication": ("read_publications",), "PriceList": ("read_products",)})
        found.node("Publication", lambda ctx, number: self.publications.get(number))
        found.node("PriceList", lambda ctx, number: self.price_lists.get(number))
        found.query("publication")(
            lambda ctx, id: self.publications.get(number_of(id, "Publication"))
        )
        found.query("publications")(
            lambda ctx, catalog_type=None, **args: connection(self.publications.values(), **args)
        )
        found.query("publicationsCount", "read_publications")(
            lambda ctx, **args: {"count": len(self.publications), "precision": "EXACT"}
        )
        found.query("priceList")(lambda ctx, id: self.price_lists.get(number_of(id, "PriceList")))
        found.query("priceLists")(
            lambda ctx, sort_key=None, **args: connection(self.price_lists.values(), **args)
        )
        found.query("catalogs", "read_products")(self._catalogs)
        found.mutation("publishablePublish", "write_publications")(self._publish)
        found.mutation("publishableUnpublish", "write_publications")(self._unpublish)
        found.mutation("priceListFixedPricesAdd", "write_products")(self._add_prices)
        found.mutation("priceListFixedPricesDelete", "write_products")(self._drop_prices)
        self._fields(found)
        for kind in ("Product", "Collection"):
            self._publishable(found, kind)
        return found

    def _fields(self, found: Resolvers) -> None:
        values: dict[str, Any] = {
            "Publication.id": lambda row, ctx: gid("Publication", row.id),
            "Publication.autoPublish": lambda row, ctx: False,
            "Publication.supportsFuturePublishing": lambda row, ctx: row.id == 8001,
            "Publication.catalog": lambda row, ctx: _app_catalog(row),
            "PriceList.id": lambda row, ctx: gid("PriceList", row.id),
            "PriceList.catalog": lambda row, ctx: _market_catalog(row),
            "PriceList.fixedPricesCount": lambda row, ctx: len(row.prices),
            "PriceList.parent": lambda row, ctx: {
                "adjustment": {"type": "PERCENTAGE_INCREASE", "value": 0.0}
            },
            "PriceList.prices": self._prices,
        }
        for name, function in values.items():
            found.field(name)(function)

    def _catalogs(
        self, ctx: Context, type: str | None = None, query: str | None = None, **args: Any
    ) -> Any:
        rows = []
        if type in (None, "APP"):
            rows += [_app_catalog(each) for each in self.publications.values()]
        if type in (None, "MARKET"):
            rows += [_market_catalog(each) for each in self.price_lists.values()]
        return listed(rows, **args)

    def _prices(
        self,
        row: PriceList,
        ctx: Context,
        origin_type: str | None = None,
        query: str | None = None,
        **args: Any,
    ) -> Any:
        """Fixed prices alone: relative ones would need the market's rate."""
        variants = self.room.catalogue.variants
        keep = compile_search(
            query,
            {
                "variant_id": int,
                "product_id": lambda each: variants[int(each)].product,
            },
        )
        known = [each for each in row.prices if int(each) in variants]
        if origin_type == "RELATIVE":
            known = []
        picked = [each for each in known if keep is None or keep(each)]
        return listed([self._price(row, each) for each in picked], **args)

    def _price(self, row: PriceList, variant: str) -> dict[str, Any]:
        found = row.prices[variant]
        compare = found["compare_at"]
        return {
            "variant": self.room.catalogue.variants[int(variant)],
            "originType": "FIXED",
            "price": money_v2(found["price"], row.currency),
            "compareAtPrice": None if compare is None else money_v2(compare, row.currency),
        }

    # === PUBLICATIONS === #

    def _publishable(self, found: Resolvers, kind: str) -> None:
        def published(row: Any, ctx: Context, publication_id: str) -> bool:
            return str(number_of(publication_id, "Publication")) in row.publications

        def resources(row: Any, ctx: Context, only_published: bool = True, **args: Any) -> Any:
            return listed(
                [
                    {
                        "publication": each,
                        "isPublished": str(each.id) in row.publications,
                        "publishDate": row.publications.get(str(each.id), iso(ctx.now)),
                        "publishable": row,
                    }
                    for each in self.publications.values()
                    if not only_published or str(each.id) in row.publications
                ],
                **args,
            )

        def count(row: Any, ctx: Context, **args: Any) -> Any:
            return {"count": len(row.publications), "precision": "EXACT"}

        def unpublished(row: Any, ctx: Context, **args: Any) -> Any:
            rows = [each for each in self.publications.values()
                    if str(each.id) not in row.publications]  # fmt: skip
            return connection(rows, **args)

        found.field(f"{kind}.publishedOnPublication")(published)
        found.field(f"{kind}.resourcePublications")(resources)
        found.field(f"{kind}.resourcePublicationsV2")(resources)
        found.field(f"{kind}.resourcePublicationsCount")(count)
        found.field(f"{kind}.availablePublicationsCount")(count)
        found.field(f"{kind}.unpublishedPublications")(unpublished)

    def _target(self, ctx: Context, id: str) -> Any:
        kind, number, _ = parse(id)
        loaders = self.room.resolvers.loaders
        row = loaders[kind](ctx, number) if kind in ("Product", "Collection") else None
        if row is None:
            raise refuse(["id"], "Resource does not exist or cannot be published.")
        return row

    def _numbers(self, given: list[dict[str, Any]]) -> list[tuple[str, Any]]:
        found = []
        for index, each in enumerate(given):
            text = each.get("publicationId")
            number = number_of(text, "Publication") if text else 0
            if number not in self.publications:
                raise refuse(["input", index, "publicationId"],
                             "Publication does not exist or is not publishable.")  # fmt: skip
            found.append((str(number), each.get("publishDate")))
        return found

    def _publish(self, ctx: Context, id: str, input: list[dict[str, Any]]) -> Any:
        row = self._target(ctx, id)
        for number, date in self._numbers(input):
            row.publications.setdefault(number, iso(date or ctx.now))
        return self._published(ctx, row)

    def _unpublish(self, ctx: Context, id: str, input: list[dict[str, Any]]) -> Any:
        row = self._target(ctx, id)
        for number, _ in self._numbers(input):
            row.publications.pop(number, None)
        return self._published(ctx, row)

    def _published(self, ctx: Context, row: Any) -> Any:
        self.room.resolvers.owners[row.typename].save(row)
        numbers = sorted(row.publications)
        self.room.acceptances.note("publications", numbers, True, ctx, product=row.id)
        return {"publishable": row, "shop": self.room.shop, "userErrors": []}

    # === PRICE LISTS === #

    def _list(self, id: str) -> PriceList:
        row = self.price_lists.get(number_of(id, "PriceList"))
        if row is None:
            raise refuse(["priceListId"], "Price list does not exist.", "PRICE_LIST_NOT_FOUND")
        return row

    def _add_prices(self, ctx: Context, price_list_id: str, prices: list[dict[str, Any]]) -> Any:
        row = self._list(price_list_id)
        errors: list[dict[str, Any]] = []
        planned: dict[str, dict[str, Any]] = {}
        if len(prices) > MOST_PRICES:
            raise refuse(["prices"], f"Exceeds {MOST_PRICES} prices.", "BLANK")
        for index, each in enumerate(prices):
            path = ["prices", index]
            number = number_of(each["variantId"], "ProductVariant")
            money = [each["price"], *filter(None, [each.get("compareAtPrice")])]
            if number not in self.room.catalogue.variants:
                errors.append(user_error([*path, "variantId"], "Variant does not exist.",
                                         "VARIANT_NOT_FOUND"))  # fmt: skip
            elif any(amount["currencyCode"] != row.currency for amount in money):
                errors.append(user_error(
                    [*path, "price", "currencyCode"],
                    "The currency of the price does not match the price list's currency.",
                    "PRICE_LIST_CURRENCY_MISMATCH",
                ))  # fmt: skip
            else:
                compare = each.get("compareAtPrice")
                planned[str(number)] = {
                    "price": each["price"]["amount"],
                    "compare_at": compare["amount"] if compare else None,
                }
        if errors:
            raise UserErrors(errors)
        for variant, prices_of in planned.items():
            item = self.room.catalogue.items[self.room.catalogue.variants[int(variant)].item]
            self.room.acceptances.note(
                "market_price", prices_of["price"], row.prices.get(variant) != prices_of, ctx,
                sku=item.sku, variant=int(variant), price_list=row.id,
            )  # fmt: skip
        row.prices.update(planned)
        self.price_lists.put(row)
        return {"prices": [self._price(row, each) for each in planned], "userErrors": []}

    def _drop_prices(self, ctx: Context, price_list_id: str, variant_ids: list[str]) -> Any:
        row = self._list(price_list_id)
        deleted = []
        for each in variant_ids:
            if row.prices.pop(str(number_of(each, "ProductVariant")), None) is not None:
                deleted.append(each)
        self.price_lists.put(row)
        return {"deletedFixedPriceVariantIds": deleted, "userErrors": []}


def _app_catalog(row: Publication) -> dict[str, Any]:
    return {"__typename": "AppCatalog", "id": gid("AppCatalog", row.id), "title": row.name,
            "status": "ACTIVE", "priceList": None, "publication": row}  # fmt: skip


def _market_catalog(row: PriceList) -> dict[str, Any]:
    return {"__typename": "MarketCatalog", "id": gid("MarketCatalog", row.id),
            "title": row.name, "status": "ACTIVE", "priceList": row,
            "publication": None}  # fmt: skip
