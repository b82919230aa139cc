"""Pages for people: orders and drafts as the shop's admin would show them.

The pages only read; their buttons use the control API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from ...pages import PAGE, cut, render
from ...wire import to_json
from ..part import Page
from . import totals
from .fulfilment import OPEN
from .model import Order
from .rest_order import order_body

if TYPE_CHECKING:
    from .part import Sales

TABS = (("orders", "Orders"), ("drafts", "Drafts"))
FINANCIAL = ("PENDING", "AUTHORIZED", "PARTIALLY_PAID", "PAID", "PARTIALLY_REFUNDED", "REFUNDED",
             "VOIDED")  # fmt: skip
FULFILMENT = ("UNFULFILLED", "PARTIALLY_FULFILLED", "FULFILLED", "ON_HOLD", "RESTOCKED")


class SalesPages:
    """``/shopify/orders``, ``/shopify/orders/ID``, ``/shopify/drafts``."""

    def __init__(self, sales: Sales) -> None:
        self._sales = sales

    def pages(self) -> dict[str, Page]:
        return {"orders": self._orders, "drafts": self._drafts}

    def _render(self, template: str, tab: str, **values: Any) -> Response:
        room = self._sales.room
        tabs = getattr(room, "tabs", None) or TABS
        return render(
            room.services, room.name, template, room=room, tab=tab, totals=totals,
            active_faults=room.services.faults.state(), tabs=tabs, **values,
        )  # fmt: skip

    def _orders(self, request: Request, rest: str) -> Response | None:
        if rest:
            order = self._sales.desk.orders.get(int(rest)) if rest.isdigit() else None
            return None if order is None else self._order(order)
        text, status = request.args.get("q", "").strip(), request.args.get("status", "")
        needle = text.casefold()
        rows = [
            each
            for each in reversed(self._sales.desk.orders.values())
            if (
                not status
                or status in (totals.financial_status(each), totals.fulfilment_status(each))
            )
            and (not needle or needle in f"{each.name} {each.email} {self._buyer(each)}".casefold())
        ]
        return self._render(
            "shopify_orders.html", "orders",
            slice=cut(rows, request.args.get("page")),
            statuses=(*FINANCIAL, *FULFILMENT), q=text, status=status, buyer=self._buyer,
            goods=self._goods(),
        )  # fmt: skip

    def _buyer(self, order: Order) -> str:
        found = self._sales.desk.customer(order.customer)
        return found.name if found else str((order.address or {}).get("name") or "")

    def _goods(self) -> list[tuple[int, str, str]]:
        """(variant, SKU, title) of what can be bought; not more than a list box takes."""
        catalogue, found = self._sales.room.catalogue, []
        for variant in catalogue.variants.values()[:300]:
            product, item = (
                catalogue.products.get(variant.product),
                catalogue.items.get(variant.item),
            )
            title = product.title if product else ""
            more = "" if variant.title == "Default Title" else f", {variant.title}"
            found.append((variant.id, (item.sku if item else "") or "", f"{title}{more}"))
        return found

    def _order(self, order: Order) -> Response:
        desk = self._sales.desk
        places = {each.id: each.name for each in self._sales.room.locations.values()}
        company = desk.company(order.company[0]) if order.company else None
        log = desk.room.services.webhooks.deliveries(2_000)
        return self._render(
            "shopify_order.html", "orders", order=order, buyer=self._buyer(order), company=company,
            places=places, now=totals.totals(order, True), first=totals.totals(order, False),
            goods=self._goods(), opened=OPEN, to_send=self._sales.fulfilments.to_send,
            payload=to_json(order_body(desk, order)).decode(),
            deliveries=[each for each in log if each.key == str(order.id)][:20],
        )  # fmt: skip

    def _drafts(self, request: Request, rest: str) -> Response | None:
        if rest:
            return None
        rows = list(reversed(self._sales.desk.drafts.values()))[:PAGE]
        return self._render(
            "shopify_drafts.html", "drafts", drafts=rows, goods=self._goods(),
            buyer=lambda draft: self._buyer(draft.content),
        )  # fmt: skip
