"""The demo without a person: a price out, an order in, both times measured."""

from __future__ import annotations

import time
from typing import Any, Protocol

from suite.console import SuiteError, say
from suite.web import OdooClient

PATIENCE = 60.0
SKU = "COL-330"
#: A product that every channel sells and nobody else of the check.
LAST = "ORJ-1L"


class Running(Protocol):
    """What is checked: the demo's scene, or anything else with an Odoo and a sandbox."""

    def client(self) -> OdooClient: ...

    def channel(self, provider: str, method: str, path: str, body: object = None) -> Any:
        """The control interface of a simulated channel."""


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
    scene.channel(
        "cartona",
        "GET",
        f"wait?product={SKU}&field=selling_price&value={price:.2f}&timeout={PATIENCE:.0f}",
    )
    return time.monotonic() - started


def order_in(scene: Running) -> tuple[float, dict[str, Any]]:
    """Place an order on the channel and wait until Odoo has it, confirmed and reserved.

    :return: seconds, and what Odoo made of it.
    """
    client = scene.client()
    placed = scene.channel(
        "cartona",
        "POST",
        "orders",
        {"lines": [{"internal_product_id": SKU, "amount": 3}], "supplier_code": "EG-RETAIL"},
    )
    seconds, order = _arrival(scene, str(placed["hashed_id"]), "Cartona")
    pickings = client("stock.picking", "read", order["picking_ids"], fields=["name", "state"])
    if [picking["state"] for picking in pickings] != ["assigned"]:
        raise SuiteError(f"{order['name']} reserved nothing: {pickings}")
    return seconds, order


def pricelist_out(scene: Running, provider: str, pricelist: str, lowest: int) -> float:
    """Change a price in the pricelist of a channel and wait until the channel has it.

    :param lowest: what the price is at the least.
    :return: seconds from the answer of Odoo to the acceptance by the channel.
    """
    client = scene.client()
    (rule,) = client(
        "product.pricelist.item",
        "search",
        [["product_id.default_code", "=", SKU], ["pricelist_id.name", "=", pricelist]],
    )
    price = lowest + round(time.time() % 5, 2)
    client("product.pricelist.item", "write", [rule], {"fixed_price": price})
    started = time.monotonic()
    scene.channel(
        provider,
        "GET",
        f"wait?sku={SKU}&field=price&value={price:.2f}&timeout={PATIENCE:.0f}",
    )
    return time.monotonic() - started


def amazon_order_in(scene: Running) -> tuple[float, dict[str, Any]]:
    """Place a paid order on Amazon and wait until Odoo has it, confirmed.

    :return: seconds, and what Odoo made of it.
    """
    placed = scene.channel(
        "amazon", "POST", "orders", {"status": "UNSHIPPED", "lines": [{"sku": SKU, "quantity": 2}]}
    )
    return _arrival(scene, str(placed["id"]), "Amazon")


def shopify_order_in(scene: Running) -> tuple[float, dict[str, Any]]:
    """Place a paid order in the shop and wait until Odoo has it, confirmed.

    :return: seconds, and what Odoo made of it.
    """
    placed = scene.channel(
        "shopify", "POST", "orders", {"payment": "paid", "lines": [{"sku": SKU, "quantity": 2}]}
    )
    return _arrival(scene, str(placed["id"]), "Shopify")


def last_piece(scene: Running) -> float:
    """Sell the last piece on Cartona and wait until Amazon and Shopify show none.

    :return: seconds from the order to the zero on the last of them.
    """
    client = scene.client()
    (product,) = client("product.product", "search", [["default_code", "=", LAST]])
    quants = client(
        "stock.quant",
        "search_read",
        [["product_id", "=", product], ["location_id.usage", "=", "internal"]],
        ["id", "reserved_quantity"],
    )
    for place, quant in enumerate(quants):
        # One piece that nobody has ordered yet, in the first place alone.
        left = quant["reserved_quantity"] + (place == 0)
        client(
            "stock.quant",
            "write",
            [quant["id"]],
            {"inventory_quantity": left},
            context={"inventory_mode": True},
        )
        client("stock.quant", "action_apply_inventory", [quant["id"]])
    _stock_shown(scene, 1)
    started = time.monotonic()
    scene.channel(
        "cartona",
        "POST",
        "orders",
        {"lines": [{"internal_product_id": LAST, "amount": 1}], "supplier_code": "EG-RETAIL"},
    )
    _stock_shown(scene, 0)
    return time.monotonic() - started


def _stock_shown(scene: Running, pieces: int) -> None:
    """Wait until both other channels show so many."""
    for provider, field in (("amazon", "quantity"), ("shopify", "available")):
        scene.channel(
            provider,
            "GET",
            f"wait?sku={LAST}&field={field}&value={pieces}&timeout={PATIENCE:.0f}",
        )


def _arrival(scene: Running, number: str, channel: str) -> tuple[float, dict[str, Any]]:
    """Wait until an order of a channel is a confirmed sales order."""
    started = time.monotonic()
    while time.monotonic() - started < PATIENCE:
        orders = scene.client()(
            "sale.order",
            "search_read",
            [["marketplace_order_ids.external_id", "=", number], ["state", "=", "sale"]],
            fields=["name", "state", "amount_total", "currency_id", "picking_ids"],
        )
        if orders:
            order: dict[str, Any] = orders[0]
            return time.monotonic() - started, order
        time.sleep(0.05)
    raise SuiteError(f"the order {number} of {channel} did not arrive in {PATIENCE:.0f} s")


def check(scene: Running) -> None:
    """Both ways on all channels, with their times; then the last piece of something."""
    seconds = price_out(scene)
    say(f"  price changed in Odoo → accepted by Cartona: {seconds:.2f} s")
    seconds, order = order_in(scene)
    say(f"  order placed on Cartona → {order['name']} confirmed and reserved: {seconds:.2f} s")
    seconds = pricelist_out(scene, "amazon", "Amazon UK", 2)
    say(f"  price changed in Odoo → accepted by Amazon: {seconds:.2f} s")
    seconds, order = amazon_order_in(scene)
    say(f"  order placed on Amazon → {order['name']} confirmed: {seconds:.2f} s")
    seconds = pricelist_out(scene, "shopify", "Web shop", 1)
    say(f"  price changed in Odoo → accepted by Shopify: {seconds:.2f} s")
    seconds, order = shopify_order_in(scene)
    say(f"  order placed on Shopify → {order['name']} confirmed: {seconds:.2f} s")
    seconds = last_piece(scene)
    say(f"  last piece sold on Cartona → none on Amazon and Shopify: {seconds:.2f} s")
