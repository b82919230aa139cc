"""What the scripts of the demo's accounts share. They run inside an Odoo shell, as this does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def known_products(env: Any) -> dict[str, Any]:
    """Products by SKU."""
    known = env["product.product"].search([("default_code", "!=", False)])
    return {product.default_code: product for product in known}


def set_rate(env: Any, company: Any, code: str, pounds: float) -> None:
    """A currency with its rate, unless the company has one.

    :param pounds: Egyptian pounds for one.
    """
    currency = env.ref(f"base.{code}")
    currency.active = True
    if not currency.rate_ids.filtered(lambda rate: rate.company_id == company):
        env["res.currency.rate"].create(
            {
                "currency_id": currency.id,
                "company_id": company.id,
                "name": "2026-01-01",
                "inverse_company_rate": pounds,
            }
        )


def make_pricelist(env: Any, company: Any, name: str, code: str, rows: Iterable[Any]) -> Any:
    """The prices that a channel shows today, in its currency.

    :param rows: of :class:`marketplace_adapters.core.RemoteListing`.
    """
    products = known_products(env)
    items = [
        (
            0,
            0,
            {
                "applied_on": "0_product_variant",
                "product_id": products[row.key.sku].id,
                "compute_price": "fixed",
                "fixed_price": float(row.price.amount),
            },
        )
        for row in rows
        if row.key.sku in products and row.price
    ]
    return env["product.pricelist"].create(
        {
            "name": name,
            "currency_id": env.ref(f"base.{code}").id,
            "company_id": company.id,
            "item_ids": items,
        }
    )
