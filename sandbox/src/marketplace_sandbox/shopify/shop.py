"""The shop itself, its apps and its locations."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..control import body_of
from ..wire import ApiError, boolean_of, text_of
from .access import APPS
from .errors import denied
from .gids import gid, level_of, number_of, parse
from .paging import connection
from .part import Context, Part
from .registry import Resolvers
from .search import compile_search

DOMAIN = "demo-shop.myshopify.com"
API_VERSIONS = {"2026-07": "July 2026", "2026-10": "October 2026", "2027-01": "January 2027"}
_SORTS = {
    "NAME": lambda row: (row.name.casefold(), row.id),
    "ID": lambda row: (row.id, row.id),
    "CREATED_AT": lambda row: (row.created, row.id),
}


@dataclass
class Location:
    """A place that keeps stock."""

    id: int
    name: str
    created: datetime
    updated: datetime
    active: bool = True
    fulfills_online_orders: bool = True
    ships_inventory: bool = True
    address: dict[str, Any] = field(default_factory=dict)

    typename = "Location"


@dataclass(frozen=True)
class ShopData:
    """What never changes about the shop."""

    id: int = 70001
    name: str = "Demo Shop"
    email: str = "owner@demo-shop.example"
    domain: str = DOMAIN
    currency: str = "EUR"
    presentment: tuple[str, ...] = ("EUR", "USD", "GBP")
    zone: str = "Europe/Berlin"
    taxes_included: bool = True

    typename = "Shop"


class Shop(Part):
    """Shop, apps, locations, and finding anything by its id."""

    def __init__(self, room: Any) -> None:
        super().__init__(room)
        self.locations = self.rows("locations", Location)

    def clear(self) -> None:
        self.locations.clear()

    def seed(self, name: str) -> None:
        for number, title in ((7001, "Main warehouse"), (7002, "Shop floor")):
            self.add_location(title, number)

    def add_location(self, name: str, number: int | None = None) -> Location:
        now = self.room.now()
        if number is None:
            number = self.room.next_id("location", 7003)
        address = {
            "address1": "Lagerstr. 1",
            "city": "Berlin",
            "zip": "10115",
            "country": "Germany",
            "countryCode": "DE",
        }
        return self.locations.put(Location(number, name, now, now, address=address))

    def state(self) -> dict[str, Any]:
        return {"locations": [vars(each) for each in self.locations.values()]}

    def book(self) -> dict[str, Any]:
        return {"locations": {str(each.id): each.name for each in self.locations.values()}}

    def routes(self) -> list[Any]:
        return [("POST", "/locations", self._add), ("PATCH", "/locations/<int:number>", self._edit)]

    def _add(self, request: Any) -> Any:
        """``{"name"}``: one more location."""
        return vars(self.add_location(text_of(body_of(request, {"name"}).get("name"), "name")))

    def _edit(self, request: Any, number: int) -> Any:
        """``{"name"?, "active"?}``."""
        found = self.locations.get(number)
        if found is None:
            raise ApiError(404, "There is no such location")
        body = body_of(request, {"name", "active"})
        if "name" in body:
            found.name = text_of(body["name"], "name")
        if "active" in body:
            found.active = boolean_of(body["active"], "active")
        found.updated = self.room.now()
        return vars(self.locations.put(found))

    # === THE API === #

    def resolvers(self) -> Resolvers:
        found = Resolvers()
        found.types({"Location": ("read_locations", "read_inventory", "read_markets_home")})
        found.query("shop")(lambda ctx: ShopData())
        found.query("app")(lambda ctx, id=None: self._app(ctx, id))
        found.query("currentAppInstallation")(lambda ctx: {"app": ctx.access.app})
        found.query("publicApiVersions")(
            lambda ctx: [self.room.api_version(each) for each in API_VERSIONS]
        )
        found.query("job")(lambda ctx, id: self.room.sales.job(id))
        found.query("location")(self._location)
        found.query("locations")(self._locations)
        found.query("node")(lambda ctx, id: self.find(ctx, text=id))
        found.query("nodes")(lambda ctx, ids: [self.find(ctx, each) for each in ids])
        found.node("Location", lambda ctx, number: self.locations.get(number))
        self._shop_fields(found)
        self._location_fields(found)
        return found

    def find(self, ctx: Context, text: str) -> Any:
        """Anything by its global id; None when it is not there."""
        kind, number, _ = parse(text)
        resolvers = self.room.resolvers
        if kind == "InventoryLevel":
            row = self.room.stock.level(*level_of(text))
        elif kind in resolvers.loaders:
            row = resolvers.loaders[kind](ctx, number)
        else:
            return None
        scopes = resolvers.type_scopes.get(kind, ())
        if row is not None and scopes and ctx.access.scopes.isdisjoint(scopes):
            raise denied("node", scopes)
        return row

    def _app(self, ctx: Context, text: str | None) -> Any:
        names = {number: name for name, (number, _) in APPS.items()}
        wanted = ctx.access.app if text is None else names.get(number_of(text, "App"))
        return None if wanted is None else {"app": wanted}

    def _location(self, ctx: Context, id: str | None = None) -> Location | None:
        if id is None:
            return next(iter(self.locations.values()), None)
        return self.locations.get(number_of(id, "Location"))

    def _locations(
        self,
        ctx: Context,
        include_inactive: bool = False,
        include_legacy: bool = False,
        query: str | None = None,
        sort_key: str = "NAME",
        **args: Any,
    ) -> Any:
        keep = compile_search(
            query,
            {
                "": lambda row: [row.name, *map(str, row.address.values())],
                "id": lambda row: row.id,
                "location_id": lambda row: row.id,
                "name": lambda row: row.name,
                "active": lambda row: row.active,
            },
        )
        rows = [each for each in self.locations.values() if each.active or include_inactive]
        key = _SORTS.get(sort_key, _SORTS["NAME"])
        return connection(rows, key=key, keep=keep, **args)

    def _shop_fields(self, found: Resolvers) -> None:
        values: dict[str, Any] = {
            "id": lambda row, ctx: gid("Shop", row.id),
            "contactEmail": lambda row, ctx: row.email,
            "myshopifyDomain": lambda row, ctx: row.domain,
            "url": lambda row, ctx: f"https://{row.domain}",
            "primaryDomain": lambda row, ctx: {
                "id": gid("Domain", 1), "host": row.domain, "url": f"https://{row.domain}",
                "sslEnabled": True,
            },
            "currencyCode": lambda row, ctx: row.currency,
            "currencyFormats": lambda row, ctx: {
                "moneyFormat": "€{{amount_with_comma_separator}}",
                "moneyWithCurrencyFormat": "€{{amount_with_comma_separator}} EUR",
            },
            "enabledPresentmentCurrencies": lambda row, ctx: list(row.presentment),
            "ianaTimezone": lambda row, ctx: row.zone,
            "timezoneAbbreviation": lambda row, ctx: "CET",
            "timezoneOffset": lambda row, ctx: "+0100",
            "taxShipping": lambda row, ctx: True,
            "weightUnit": lambda row, ctx: "KILOGRAMS",
            "unitSystem": lambda row, ctx: "METRIC_SYSTEM",
            "plan": lambda row, ctx: {
                "partnerDevelopment": False, "shopifyPlus": False, "publicDisplayName": "Basic"
            },
            "shopAddress": lambda row, ctx: {
                "id": gid("ShopAddress", 1), "address1": "Lagerstr. 1", "city": "Berlin",
                "company": row.name, "country": "Germany", "countryCodeV2": "DE", "zip": "10115",
            },
            "createdAt": lambda row, ctx: self.room.started,
            "updatedAt": lambda row, ctx: self.room.started,
            "setupRequired": lambda row, ctx: False,
            "checkoutApiSupported": lambda row, ctx: True,
        }  # fmt: skip
        for name, function in values.items():
            found.field(f"Shop.{name}")(function)
        apps: dict[str, Any] = {
            "App.id": lambda row, ctx: gid("App", APPS[row["app"]][0]),
            "App.title": lambda row, ctx: APPS[row["app"]][1],
            "App.handle": lambda row, ctx: f"odoo-{row['app']}",
            "App.apiKey": lambda row, ctx: f"key-{row['app']}",
            "App.developerName": lambda row, ctx: "Demo Shop",
            "App.embedded": lambda row, ctx: False,
            "App.installation": lambda row, ctx: row,
            "AppInstallation.id": lambda row, ctx: gid("AppInstallation", APPS[row["app"]][0]),
            "AppInstallation.app": lambda row, ctx: row,
            "AppInstallation.accessScopes": lambda row, ctx: [
                {"handle": each, "description": each.replace("_", " ").capitalize()}
                for each in sorted(self.room.settings.scopes)
            ],
        }
        for name, function in apps.items():
            found.field(name)(function)

    def _location_fields(self, found: Resolvers) -> None:
        values: dict[str, Any] = {
            "id": lambda row, ctx: gid("Location", row.id),
            "legacyResourceId": lambda row, ctx: row.id,
            "isActive": lambda row, ctx: row.active,
            "activatable": lambda row, ctx: not row.active,
            "deactivatable": lambda row, ctx: row.active,
            "deletable": lambda row, ctx: False,
            "addressVerified": lambda row, ctx: False,
            "hasActiveInventory": lambda row, ctx: row.active,
            "hasUnfulfilledOrders": lambda row, ctx: False,
            "isFulfillmentService": lambda row, ctx: False,
            "createdAt": lambda row, ctx: row.created.isoformat(),
            "updatedAt": lambda row, ctx: row.updated,
            "deactivatedAt": lambda row, ctx: None if row.active else row.updated.isoformat(),
            "inventoryLevel": lambda row, ctx, inventory_item_id, include_inactive=False: (
                self.room.stock.level(number_of(inventory_item_id, "InventoryItem"), row.id)
            ),
            "inventoryLevels": lambda row, ctx, **args: self.room.stock.levels_of_location(
                row.id, **args
            ),
        }
        for name, function in values.items():
            found.field(f"Location.{name}")(function)
        found.field("LocationAddress.formatted")(
            lambda row, ctx: [
                row[each] for each in ("address1", "zip", "city", "country") if row.get(each)
            ]
        )
