"""Pages for people below ``/amazon/``: what Seller Central would show, and what lies behind it.

The pages only read; their buttons use the control API, so whatever a person can do a test can.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from ..pages import PAGE, cut, faults_shown, render, requests_shown
from ..wire import to_json
from .marketplaces import MARKETPLACES
from .model import OPEN, STATUSES, Order
from .order_payloads import item_total, order_payload, order_total
from .orders_api import INCLUDED
from .page_presets import PRESETS
from .settings import CHOICES

if TYPE_CHECKING:
    from .room import AmazonRoom

TABS = (
    ("", "Live"),
    ("listings", "Listings"),
    ("orders", "Orders"),
    ("work", "Feeds & reports"),
    ("money", "Money"),
    ("queue", "Queue"),
    ("requests", "Requests"),
    ("faults", "Faults & clock"),
    ("access", "Access"),
)


class AmazonPages:
    """The pages of the room."""

    def __init__(self, room: AmazonRoom) -> None:
        self._room = room

    def answer(self, request: Request, path: str) -> Response | None:
        """None when there is no such page."""
        first, _, rest = path.strip("/").partition("/")
        pages: dict[str, Callable[[Request], Response]] = {
            "": self._live,
            "listings": self._listings,
            "orders": self._orders,
            "work": self._work,
            "money": self._money,
            "queue": self._queue,
            "requests": self._requests,
            "faults": self._faults,
            "access": self._access,
        }
        if request.method not in ("GET", "HEAD"):
            return None
        with self._room.services.store.lock:
            if first == "orders" and rest:
                order = self._room.orders.get(rest)
                return None if order is None else self._order(order)
            if first == "listings" and rest:
                return self._listing(rest)
            if first in pages and not rest:
                return pages[first](request)
        return None

    def _render(self, template: str, tab: str, **values: Any) -> Response:
        room = self._room
        return render(
            room.services,
            room.name,
            template,
            room=room,
            tab=tab,
            tabs=TABS,
            markets=[MARKETPLACES[each] for each in room.settings.marketplaces],
            market_of=MARKETPLACES,
            total_of=order_total,
            active_faults=room.services.faults.state(),
            **values,
        )

    def _by_date(self) -> list[Order]:
        found = self._room.orders.table.values()
        return sorted(found, key=lambda each: each.created, reverse=True)

    def _sellable(self) -> list[Any]:
        rows = self._room.listings.table.values()[:500]
        return [each for each in rows if not each.is_parent]

    # === PAGES === #

    def _live(self, request: Request) -> Response:
        room = self._room
        changes = [
            each
            for each in list(room.listings.acceptances)[-200:]
            if not each["origin"].startswith("hand") or each["names"]
        ]
        return self._render(
            "amazon_live.html",
            "",
            listings=room.listings.table.values()[:12],
            orders=self._by_date()[:8],
            feeds=list(reversed(room.feeds.table.values()))[:6],
            changes=list(reversed(changes))[:10],
            calls=room.services.calls.select(room.name, limit=10),
            figures=self._figures(),
        )

    def _figures(self) -> list[tuple[str, str, str]]:
        """(label, value, remark) of the tiles."""
        room = self._room
        listings, orders = room.listings.table.values(), room.orders.table.values()
        faulty = sum(bool(each.issues) for each in listings)
        opened = [each for each in orders if each.status in OPEN]
        pending = sum(each.status == "PENDING" for each in opened)
        working = sum(each.ended is None for each in room.feeds.table.values())
        counters = room.services.calls.counters().get(room.name, {})
        calls = sum(each["calls"] for each in counters.values())
        errors = sum(each["errors"] for each in counters.values())
        return [
            ("Listings", f"{len(listings):,}", f"{faulty:,} with issues"),
            ("Open orders", f"{len(opened):,}", f"{pending:,} pending"),
            ("Feeds under way", f"{working:,}", f"{len(room.feeds.table):,} in all"),
            ("Queue", f"{len(room.queue.table):,}", "messages not deleted"),
            ("API calls", f"{calls:,}", f"{errors:,} refused or failed"),
        ]

    def _listings(self, request: Request) -> Response:
        text = request.args.get("q", "").strip()
        wanted = request.args.get("issues", "")
        needle = text.casefold()
        rows = [
            each
            for each in self._room.listings.table.values()
            if (not wanted or each.issues)
            and (not needle or needle in f"{each.sku} {each.asin} {_title(each)}".casefold())
        ]
        return self._render(
            "amazon_listings.html",
            "listings",
            slice=cut(rows, request.args.get("page")),
            q=text,
            issues=wanted,
        )

    def _listing(self, sku: str) -> Response | None:
        listing = self._room.listings.get(sku)
        if listing is None:
            return None
        return self._render(
            "amazon_listing.html",
            "listings",
            listing=listing,
            attributes=to_json(listing.attributes).decode(),
        )

    def _orders(self, request: Request) -> Response:
        text, status = request.args.get("q", "").strip(), request.args.get("status", "")
        needle = text.casefold()
        rows = [
            each
            for each in self._by_date()
            if (not status or each.status == status)
            and (
                not needle
                or needle in f"{each.id} {each.seller_id} {each.buyer.get('buyerName')}".casefold()
            )
        ]
        return self._render(
            "amazon_orders.html",
            "orders",
            slice=cut(rows, request.args.get("page")),
            listings=self._sellable(),
            statuses=STATUSES,
            q=text,
            status=status,
        )

    def _order(self, order: Order) -> Response:
        room = self._room
        returns = [e for e in room.orders.returns.values() if e.order_id == order.id]
        money = [e for e in room.ledger.table.values() if e.order_id == order.id]
        payload = order_payload(order, room.settings, INCLUDED)
        return self._render(
            "amazon_order.html",
            "orders",
            order=order,
            item_total=item_total,
            returns=returns,
            money=money,
            payload=to_json(payload).decode(),
        )

    def _work(self, request: Request) -> Response:
        room = self._room
        return self._render(
            "amazon_work.html",
            "work",
            feeds=list(reversed(room.feeds.table.values()))[:PAGE],
            reports=list(reversed(room.reports.table.values()))[:PAGE],
        )

    def _money(self, request: Request) -> Response:
        room = self._room
        opened = [
            (MARKETPLACES[each], room.settlements.open(each)) for each in room.settings.marketplaces
        ]
        return self._render(
            "amazon_money.html",
            "money",
            opened=opened,
            settlements=list(reversed(room.settlements.table.values())),
            transactions=list(reversed(room.ledger.table.values()))[:PAGE],
            fba=room.fba.table.values(),
        )

    def _queue(self, request: Request) -> Response:
        room = self._room
        return self._render(
            "amazon_queue.html",
            "queue",
            messages=list(reversed(room.queue.table.values()))[:PAGE],
            total=len(room.queue.table),
            subscriptions=room.notifications.subscriptions.values(),
            destinations=room.notifications.destinations,
            now=room.now(),
        )

    def _requests(self, request: Request) -> Response:
        shown = requests_shown(self._room.services, self._room.name, request)
        return self._render("requests.html", "requests", **shown)

    def _faults(self, request: Request) -> Response:
        shown = faults_shown(self._room.services, self._room.name, PRESETS)
        return self._render("amazon_faults.html", "faults", **shown)

    def _access(self, request: Request) -> Response:
        return self._render(
            "amazon_access.html",
            "access",
            tokens=self._room.tokens.refresh.values(),
            settings=self._room.settings.state(),
            choices=CHOICES,
        )


def _title(listing: Any) -> str:
    return " ".join(str(each.get("value")) for each in listing.attributes.get("item_name", ()))
