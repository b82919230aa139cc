"""Run inside an Odoo shell, after :mod:`amazon`: the demo's account of Shopify.

Runs once. ``SHOPIFY_URL`` and ``ODOO_URL`` are put in front by whoever runs it. What the simulated
shop sells already is linked by SKU; its two locations are the two warehouses.
"""

from suite.demo.accounts import known_products, make_pricelist, set_rate

# Egyptian pounds for one.
EURO = 54.0


def connect(env, company):
    """The draft account that comes with the addon, filled in."""
    account = env.ref("marketplace_shopify.account_shopify")
    account.write(
        {
            "name": "Shopify (sandbox)",
            "company_id": company.id,
            "shopify_shop": "demo-shop.myshopify.com",
            "base_url": SHOPIFY_URL,  # noqa: F821 - put in front
            "shopify_client_id": "demo-shopify-client",
            "shopify_client_secret": "shpss_demo_secret",
            "interval": 10,
        }
    )
    return account


def place_stock(env, account, company):
    """Each location of the shop is a warehouse."""
    warehouses = env["stock.warehouse"].search([("company_id", "=", company.id)], order="id")
    for place, warehouse in zip(account.place_ids.sorted("external_id"), warehouses, strict=False):
        place.location_ids = warehouse.lot_stock_id


def link(env, account, rows, products):
    """A listing for every SKU of the shop whose product is here."""
    return env["marketplace.listing"].create(
        [
            {
                "account_id": account.id,
                "product_id": products[row.key.sku].id,
                "external_id": row.key.external_id,
                "sku": row.key.sku,
                "title": row.group_title or row.title,
                "extra": dict(row.key.extra),
            }
            for row in rows
            if row.key.sku in products
        ]
    )


def main(env):
    company = env.ref("base.main_company")
    account = connect(env, company)
    # Webhooks come to this address.
    env["ir.config_parameter"].set_param("web.base.url", ODOO_URL)  # noqa: F821 - put in front
    env.cr.commit()
    check, problem = account._test_connection()
    if not check:
        raise SystemExit(problem)
    keys = account._ask(lambda adapter: adapter.places(), connected=False)
    account._take_over_places(keys)
    place_stock(env, account, company)
    rows = read_catalogue(account)
    set_rate(env, company, "EUR", EURO)
    pricelist = make_pricelist(env, company, "Web shop", "EUR", rows)
    account.write({"price_source": "pricelist", "pricelist_id": pricelist.id})
    listings = link(env, account, rows, known_products(env))
    account.state = "connected"
    account.action_check_webhooks()
    env.cr.commit()
    print(f"demo ready: {len(listings)} listings of Shopify")


def read_catalogue(account):
    """The whole catalogue; the shop takes a moment for it."""
    import time

    from marketplace_adapters.core import ThrottledError

    for _attempt in range(60):
        try:
            with account._open_adapter() as adapter:
                return list(adapter.listings())
        except ThrottledError as exc:
            time.sleep(min(exc.retry_after, 1.0))
    raise SystemExit("the shop's catalogue could not be read")


main(env)  # noqa: F821 - Odoo's shell has it
