"""The least that answers like Cartona: for tests of the adapter alone, without the sandbox."""

from __future__ import annotations

import copy
from typing import Any

from marketplace_adapters.testing.server import Call, Reply

PREFIX = "/api/v1/"
TOKEN = "stub-token-7f3a91"
PATHS = {
    "supplier-product/bulk-update": "_products_update",
    "supplier-product/base-product/bulk-update-stock": "_base_stock",
    "order/update-order-status": "_statuses",
    "order/update-order-details": "_details",
}


class CartonaStub:
    """Holds products and orders; refuses unknown ones.

    :ivar style: how bulk calls answer: ``silent`` ({}), ``rows``, ``errors``.
    :ivar stubborn: orders whose status a bulk call silently leaves alone.
    :ivar largest_page: most rows of a page, whatever is asked for.
    :ivar ignores_page: answers every page with the first.
    """

    def __init__(self) -> None:
        self.products: dict[str, dict[str, Any]] = {}
        self.orders: dict[str, dict[str, Any]] = {}
        self.acknowledged: set[str] = set()
        self.style = "silent"
        self.stubborn: set[str] = set()
        self.largest_page = 1000
        self.ignores_page = False
        self.wrapped = False

    def answer(self, call: Call) -> Reply:
        """The normal behaviour behind a scripted server."""
        if call.headers.get("authorizationtoken") != TOKEN:
            return Reply(401, {"error": "Unauthorized"})
        path = call.path.removeprefix(PREFIX)
        if call.method == "GET":
            return self._list(path, call)
        if path.startswith("order/update-order-status/"):
            return self._single(path.rsplit("/", 1)[1], call.json)
        return self._bulk(getattr(self, PATHS[path]), call.json)

    # === LISTS === #

    def _list(self, path: str, call: Call) -> Reply:
        rows = list(self.products.values()) if path.startswith("supplier") else self._open(call)
        wanted = call.query.get("supplier_product_id")
        if wanted:
            rows = [row for row in rows if str(row["suppler_prodcut_id"]) == wanted]
        size = min(int(call.query.get("per_page", 100)), self.largest_page)
        page = 1 if self.ignores_page else int(call.query["page"])
        part = rows[(page - 1) * size : page * size]
        return Reply(200, {"data": part} if self.wrapped else part)

    def _open(self, call: Call) -> list[dict[str, Any]]:
        since = call.query.get("from", "")
        orders = (o for key, o in self.orders.items() if key not in self.acknowledged)
        return [o for o in orders if (o.get("created_at") or "2026-01-01") >= since]

    # === CHANGES === #

    def _bulk(self, apply: Any, rows: list[dict[str, Any]]) -> Reply:
        errors = [apply(row) for row in rows]
        if self.style == "rows":
            said = [
                {**row, "success": not error} | ({"error": error} if error else {})
                for row, error in zip(rows, errors, strict=True)
            ]
            return Reply(200, said)
        if self.style == "errors":
            failed = [
                {"index": i, **rows[i], "error": error} for i, error in enumerate(errors) if error
            ]
            return Reply(
                200, {"success": len(rows) - len(failed), "failed": len(failed), "errors": failed}
            )
        return Reply(200, {})

    def _products_update(self, row: dict[str, Any]) -> str:
        known = self.products.get(str(row.get("supplier_product_id")))
        if known is None:
            return "Product not found"
        known.update({name: value for name, value in row.items() if name != "supplier_product_id"})
        return ""

    def _base_stock(self, row: dict[str, Any]) -> str:
        base = [p for p in self.products.values() if p["base_product_id"] == row["base_product_id"]]
        for product in base:
            pieces = row["available_stock_quantity"]
            product["available_stock_quantity"] = pieces // product["unit_count"]
        return "" if base else "Base product not found"

    def _statuses(self, row: dict[str, Any]) -> str:
        if row["hashed_id"] in self.stubborn:
            return ""
        return self._set(row["hashed_id"], row)

    def _single(self, hashed_id: str, row: dict[str, Any]) -> Reply:
        error = self._set(hashed_id, row)
        return Reply(422, {"error": error, "details": "stub"}) if error else Reply(200, {})

    def _set(self, hashed_id: str, row: dict[str, Any]) -> str:
        order = self.orders.get(hashed_id)
        if order is None:
            return "Order not found"
        if row["status"] == "synced":
            self.acknowledged.add(hashed_id)
            return ""
        if order["status"].startswith("cancelled") and row["status"] != order["status"]:
            return "The order is cancelled"
        if row.get("retailer_otp", "1234") != "1234":
            return "Wrong OTP"
        order["status"] = row["status"]
        order["cancellation_reason"] = row.get("cancellation_reason")
        return ""

    def _details(self, row: dict[str, Any]) -> str:
        order = self.orders.get(row["hashed_id"])
        if order is None:
            return "Order not found"
        for change in row["order_details"]:
            if "id" not in change:
                new = {"id": 9_000_000 + len(order["order_details"]), **change}
                new["selling_price"] = new.pop("price")
                order["order_details"].append(new)
                continue
            for line in order["order_details"]:
                if line["id"] == change["id"]:
                    line["amount"] = 0 if change.get("cancelled") else change["amount"]
        return ""

    # === WHAT TESTS ASK === #

    def add_product(self, number: int, **members: Any) -> None:
        """A product with the misspelled names of the published samples."""
        self.products[str(number)] = {
            "suppler_prodcut_id": number,
            "suppler_prodcut_name": f"منتج {number}",
            "internal_product_id": None,
            "base_product_id": 9000 + number,
            "unit": "piece",
            "unit_count": 1,
        } | members

    def state(self) -> Any:
        """A copy of everything."""
        return copy.deepcopy((self.products, self.orders, sorted(self.acknowledged)))
