"""Pages for people below ``/shopify/``: the shop's catalogue as its admin shows it, and the work
behind it. The pages only read; their buttons use the control API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from ..pages import cut, render, requests_shown
from .model import Product, quantity_of
from .part import Page

if TYPE_CHECKING:
    from .room import ShopifyRoom

TABS = (
    ("", "Live"),
    ("products", "Products"),
    ("collections", "Collections"),
    ("orders", "Orders"),
    ("drafts", "Drafts"),
    ("work", "Bulk & webhooks"),
    ("requests", "Requests"),
)


class ShopifyPages:
    """The pages of the catalogue, and those that the parts bring."""

    def __init__(self, room: ShopifyRoom) -> None:
        self._room = room
        self._pages: dict[str, Page] = {
            "": self._live,
            "products": self._products,
            "collections": self._collections,
            "work": self._work,
            "requests": self._requests,
        }
        for part in room.parts:
            self._pages.update(part.pages())

    def answer(self, request: Request, path: str) -> Response | None:
        """None when there is no such page."""
        first, _, rest = path.strip("/").partition("/")
        if first == "admin":  # as links into the real admin are written
            kind = rest.partition("/")[0]
            pages = {"products": rest, "orders": rest, "draft_orders": "drafts"}
            return redirect(f"/{self._room.name}/{pages.get(kind, 'collections')}")
        if request.method not in ("GET", "HEAD") or first not in self._pages:
            return None
        with self._room.services.store.lock:
            return self._pages[first](request, rest)

    def _render(self, template: str, tab: str, **values: Any) -> Response:
        room = self._room
        return render(
            room.services,
            room.name,
            template,
            room=room,
            tab=tab,
            active_faults=room.services.faults.state(),
            tabs=TABS,
            **values,
        )

    # === LIVE === #

    def _live(self, request: Request, rest: str) -> Response | None:
        if rest:
            return None
        room = self._room
        newest = list(reversed(room.catalogue.sorted_products("UPDATED_AT").rows[-10:]))
        changes = list(room.acceptances.rows_kept)[-12:]
        return self._render(
            "shopify_live.html",
            "",
            figures=self._figures(),
            products=[self._row(each) for each in newest],
            changes=list(reversed(changes)),
            calls=room.services.calls.select(room.name, limit=12),
        )

    def _figures(self) -> list[tuple[str, str, str]]:
        """(label, value, remark) of the tiles."""
        room = self._room
        counters = room.services.calls.counters().get(room.name, {})
        calls = sum(each["calls"] for each in counters.values())
        errors = sum(each["errors"] for each in counters.values())
        bounds = (room.now(), room.settings.bucket, room.settings.restore_rate)
        points = room.throttle.status("client", *bounds)
        open_work = sum(each.completed is None for each in room.bulk.table.values())
        variants = f"{len(room.catalogue.variants):,} variants"
        listeners = len({each.uri for each in room.events.subscriptions.values()})
        return [
            ("Products", f"{len(room.catalogue.products):,}", variants),
            ("Webhooks", f"{len(room.events.subscriptions):,}", f"{listeners:,} addresses"),
            ("Bulk operations", f"{open_work:,}", f"{len(room.bulk.table):,} in all"),
            ("Points left", f"{points['currentlyAvailable']:,}",
             f"of {points['maximumAvailable']:,.0f}, {points['restoreRate']:g} a second"),
            ("API calls", f"{calls:,}", f"{errors:,} refused"),
        ]  # fmt: skip

    # === PRODUCTS === #

    def _row(self, product: Product) -> dict[str, Any]:
        catalogue = self._room.catalogue
        variants = catalogue.variants_of(product)
        prices = sorted(each.price for each in variants)
        items = [catalogue.items[each.item] for each in variants]
        levels = [level for item in items for level in item.levels.values()]
        return {
            "product": product,
            "skus": [each.sku or "–" for each in items],
            "low": prices[0] if prices else None,
            "high": prices[-1] if prices else None,
            "available": sum(quantity_of(each, "available") for each in levels),
            "tracked": any(each.tracked for each in items),
        }

    def _products(self, request: Request, rest: str) -> Response | None:
        if rest:
            product = self._room.catalogue.products.get(int(rest)) if rest.isdigit() else None
            return None if product is None else self._product(product)
        text, status = request.args.get("q", "").strip(), request.args.get("status", "")
        needle = text.casefold()
        rows = [
            each
            for each in reversed(self._room.catalogue.sorted_products("UPDATED_AT").rows)
            if (not status or each.status == status) and (not needle or self._has(each, needle))
        ]
        found = cut(rows, request.args.get("page"))
        return self._render(
            "shopify_products.html",
            "products",
            rows=[self._row(each) for each in found.rows],
            slice=found,
            q=text,
            status=status,
        )

    def _has(self, product: Product, needle: str) -> bool:
        if needle in f"{product.title} {product.vendor}".casefold():
            return True
        catalogue = self._room.catalogue
        items = (catalogue.items[each.item] for each in catalogue.variants_of(product))
        return any(needle in (each.sku or "").casefold() for each in items)

    def _product(self, product: Product) -> Response:
        room = self._room
        variants = []
        for each in room.catalogue.variants_of(product):
            item = room.catalogue.items[each.item]
            levels = {
                place: {name: quantity_of(level, name) for name in ("available", "committed")}
                for place, level in item.levels.items()
            }
            markets = {row.currency: row.prices[str(each.id)]["price"]
                       for row in room.markets.price_lists.values()
                       if str(each.id) in row.prices}  # fmt: skip
            variants.append({"row": each, "item": item, "levels": levels, "markets": markets})
        log = room.services.webhooks.deliveries(1_000)
        return self._render(
            "shopify_product.html",
            "products",
            product=product,
            variants=variants,
            locations=room.locations.values(),
            channels=room.markets.publications.values(),
            collections=room.collections.of_product(product),
            history=[each for each in reversed(room.acceptances.rows_kept)
                     if each.get("product") == product.id][:20],
            deliveries=[each for each in log if each.key == str(product.id)][:10],
        )  # fmt: skip

    def _collections(self, request: Request, rest: str) -> Response | None:
        if rest:
            return None
        room = self._room
        rows = [
            {"row": each, "products": room.collections.products(each).rows}
            for each in room.collections.table.values()
        ]
        return self._render("shopify_collections.html", "collections", rows=rows)

    # === WORK === #

    def _work(self, request: Request, rest: str) -> Response | None:
        if rest:
            return None
        room = self._room
        log = [each for each in room.services.webhooks.deliveries(1_000)
               if each.subscription.provider == room.name]  # fmt: skip
        return self._render(
            "shopify_work.html",
            "work",
            operations=list(reversed(room.bulk.table.values()))[:30],
            subscriptions=room.events.subscriptions.values(),
            deliveries=log[:40],
        )

    def _requests(self, request: Request, rest: str) -> Response | None:
        if rest:
            return None
        shown = requests_shown(self._room.services, self._room.name, request)
        return self._render("requests.html", "requests", **shown)
