"""The demo without a person: a price out, an order in, both times measured."""

from __future__ import annotations

import time
from typing import Any, Protocol

from suite.console import SuiteError, say
from suite.web import OdooClient

PATIENCE = 60.0
SKU = "COL-330"


class Running(Protocol):
    """What is checked: the demo's scene, or anything else with an Odoo and a sandbox."""

    def client(self) -> OdooClient: ...

    def control(self, method: str, path: str, body: object = None) -> Any:
        """The control interface of the simulated Cartona."""


class AmazonRunning(Running, Protocol):
    """The same with a simulated Amazon."""

    def amazon(self, method: str, path: str, body: object = None) -> Any:
        """The control interface of the simulated Amazon."""


def price_out(scene: Running) -> float:
    """Change a price through Odoo's external API and wait until the channel has it.

    :return: seconds from the answer of Odoo to the acceptance by the channel.
    """
    client = scene.client()
    (product,) = client("product.product", "search", [["default_code", "=", SKU]])
    price = 20 + round(time.time() % 10, 2)
    client("product.product", "write", [product], {"list_price": price})
    started = time.monotonic()
    # Answers as soon as the price is there, and with an error when the time is over.
    scene.control(
        "GET", f"wait?product={SKU}&field=selling_price&value={price:.2f}&timeout={PATIENCE:.0f}"
    )
    return time.monotonic() - started


def order_in(scene: Running) -> tuple[float, dict[str, Any]]:
    """Place an order on the channel and wait until Odoo has it, confirmed and reserved.

    :return: seconds, and what Odoo made of it.
    """
    client = scene.client()
    placed = scene.control(
        "POST",
        "orders",
        {"lines": [{"internal_product_id": SKU, "amount": 3}], "supplier_code": "EG-RETAIL"},
    )
    started = time.monotonic()
    hashed_id = placed["hashed_id"]
    while time.monotonic() - started < PATIENCE:
        orders = client(
            "sale.order",
            "search_read",
            [["marketplace_order_ids.external_id", "=", hashed_id], ["state", "=", "sale"]],
            fields=["name", "state", "amount_total", "picking_ids"],
        )
        if orders:
            order: dict[str, Any] = orders[0]
            seconds = time.monotonic() - started
            pickings = client(
                "stock.picking", "read", order["picking_ids"], fields=["name", "state"]
            )
            if [picking["state"] for picking in pickings] != ["assigned"]:
                raise SuiteError(f"{order['name']} reserved nothing: {pickings}")
            return seconds, order
        time.sleep(0.05)
    raise SuiteError(f"the order {hashed_id} did not arrive in {PATIENCE:.0f} s")


def amazon_price_out(scene: AmazonRunning) -> float:
    """Change a price in the pricelist of Amazon and wait until Amazon has it.

    :return: seconds from the answer of Odoo to the acceptance by Amazon.
    """
    client = scene.client()
    (rule,) = client(
        "product.pricelist.item",
        "search",
        [["product_id.default_code", "=", SKU], ["pricelist_id.name", "=", "Amazon UK"]],
    )
    price = 2 + round(time.time() % 5, 2)
    client("product.pricelist.item", "write", [rule], {"fixed_price": price})
    started = time.monotonic()
    scene.amazon("GET", f"wait?sku={SKU}&field=price&value={price:.2f}&timeout={PATIENCE:.0f}")
    return time.monotonic() - started


def amazon_order_in(scene: AmazonRunning) -> tuple[float, dict[str, Any]]:
    """Place a paid order on Amazon and wait until Odoo has it, confirmed.

    :return: seconds, and what Odoo made of it.
    """
    placed = scene.amazon(
        "POST", "orders", {"status": "UNSHIPPED", "lines": [{"sku": SKU, "quantity": 2}]}
    )
    started = time.monotonic()
    number = placed["id"]
    while time.monotonic() - started < PATIENCE:
        orders = scene.client()(
            "sale.order",
            "search_read",
            [["marketplace_order_ids.external_id", "=", number], ["state", "=", "sale"]],
            fields=["name", "amount_total", "currency_id"],
        )
        if orders:
            order: dict[str, Any] = orders[0]
            return time.monotonic() - started, order
        time.sleep(0.05)
    raise SuiteError(f"the order {number} of Amazon did not arrive in {PATIENCE:.0f} s")


def check(scene: AmazonRunning) -> None:
    """Both ways on both channels, with their times."""
    seconds = price_out(scene)
    say(f"  price changed in Odoo → accepted by Cartona: {seconds:.2f} s")
    seconds, order = order_in(scene)
    say(f"  order placed on Cartona → {order['name']} confirmed and reserved: {seconds:.2f} s")
    seconds = amazon_price_out(scene)
    say(f"  price changed in Odoo → accepted by Amazon: {seconds:.2f} s")
    seconds, order = amazon_order_in(scene)
    say(f"  order placed on Amazon → {order['name']} confirmed: {seconds:.2f} s")
