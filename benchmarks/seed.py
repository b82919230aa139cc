"""Data for the figures, equal in every database that is compared."""

from __future__ import annotations

from typing import Any

import scene

from suite.sandbox import Sandbox

STOCK = 1_000_000.0


def products(env: Any, count: int, *, stock: bool = True) -> list[int]:
    """Storable products that can be sold, one variant each, in stock or not.

    :return: ids of the variants.
    """
    pounds(env)
    quiet = env(context={**env.context, "tracking_disable": True})
    records = quiet["product.product"].create(
        [
            {
                "name": f"Tea {number} شاي",
                "default_code": f"TEA-{number:06}",
                "barcode": f"29{number:011}",
                "list_price": 10.0 + number % 90,
                "is_storable": True,
                "taxes_id": False,
            }
            for number in range(count)
        ]
    )
    if not stock:
        return list(records.ids)
    location = _warehouse(quiet).lot_stock_id
    quiet["stock.quant"].sudo().create(
        [
            {"product_id": product.id, "location_id": location.id, "quantity": STOCK}
            for product in records
        ]
    )
    return list(records.ids)


def location(env: Any) -> Any:
    """Where the goods lie."""
    return _warehouse(env).lot_stock_id


def _warehouse(env: Any) -> Any:
    return env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)


def customer(env: Any) -> Any:
    return env["res.partner"].create({"name": "A Shop متجر", "street": "Main Street 1"})


def account(env: Any, base_url: str, **vals: Any) -> Any:
    """A connected account of Cartona whose token is :data:`scene.TOKEN`."""
    record = env["marketplace.account"].create(
        {
            "name": "Benchmark",
            "provider": "cartona",
            "base_url": base_url,
            "state": "connected",
            **vals,
        }
    )
    env["marketplace.credential"]._store(record, "token", scene.TOKEN)
    return record


def listings(env: Any, account: Any, product_ids: list[int]) -> Any:
    """A listing for each product, found on the channel by our own id."""
    return env["marketplace.listing"].create(
        [{"account_id": account.id, "product_id": product} for product in product_ids]
    )


def on_sandbox(sandbox: Sandbox, product_ids: list[int]) -> None:
    """The same products on the simulated channel, knowing our ids."""
    rows = [
        {"name": f"Tea {product}", "internal_product_id": str(product), "selling_price": 1}
        for product in product_ids
    ]
    sandbox.control("POST", "cartona/products", {"products": rows})


def pounds(env: Any) -> None:
    """The company keeps its books in the currency of the channel: no rate is involved."""
    currency = env.ref("base.EGP")
    currency.active = True
    env.company.currency_id = currency


def deliveries(env: Any, product_ids: list[int], count: int) -> list[int]:
    """Confirmed sales orders of three lines, reserved and ready to be delivered.

    :return: ids of the pickings.
    """
    quiet = env(context={**env.context, "tracking_disable": True})
    buyer = customer(quiet)
    orders = quiet["sale.order"].create(
        [
            {
                "partner_id": buyer.id,
                "order_line": [
                    (0, 0, {"product_id": product, "product_uom_qty": 1 + at})
                    for at, product in enumerate(
                        product_ids[(3 * number + offset) % len(product_ids)] for offset in range(3)
                    )
                ],
            }
            for number in range(count)
        ]
    )
    orders.action_confirm()
    pickings = orders.picking_ids
    assert len(pickings) == count and set(pickings.mapped("state")) == {"assigned"}
    pickings.move_ids.picked = True
    return list(pickings.ids)
