"""Run inside an Odoo shell, after :mod:`catalogue`: the demo's account of Amazon.

Runs once. ``AMAZON_URL`` and ``QUEUE_URL`` are put in front by whoever runs it. What the simulated
Amazon sells already is linked by SKU, as a seller's first linking does; two of the products lie in
Amazon's own store under a second SKU.
"""

from suite.demo.accounts import known_products, make_pricelist, set_rate

UK, DE = "A1F83G8C2ARO7P", "A1PA6795UKMFR9"
FBA = "-FBA"
# Egyptian pounds for one.
RATES = {"GBP": 64.0, "EUR": 54.0, "USD": 49.0}


def connect(env, company):
    """The draft account that comes with the addon, filled in."""
    account = env.ref("marketplace_amazon.account_amazon")
    account.write(
        {
            "name": "Amazon (sandbox)",
            "company_id": company.id,
            "amazon_region": "other",
            "base_url": AMAZON_URL,  # noqa: F821 - put in front
            "amazon_seller_id": "A2DEMOSELLER",
            "amazon_client_id": "amzn1.application-oa2-client.demo",
            "amazon_client_secret": "amzn1.oa2-cs.demo-secret",
            "amazon_refresh_token": "Atzr|demo-refresh",
            "amazon_queue_url": QUEUE_URL,  # noqa: F821
            "amazon_queue_region": "eu-west-1",
            "amazon_queue_access_key": "AKIADEMOQUEUE000000A",
            "amazon_queue_secret_key": "demo-queue-secret",
            "amazon_market_ids": [
                (0, 0, {"market_id": UK, "sequence": 1}),
                (0, 0, {"market_id": DE, "sequence": 2}),
            ],
            "interval": 10,
        }
    )
    return account


def link(env, account, rows, products):
    """A listing for every SKU of Amazon whose product is here; a second one where Amazon keeps the
    goods."""
    vals_list = []
    for row in rows:
        sku = row.key.sku
        product = products.get(sku.removesuffix(FBA))
        if product:
            vals_list.append(
                {
                    "account_id": account.id,
                    "product_id": product.id,
                    "external_id": sku,
                    "sku": sku,
                    "title": row.title,
                    "offer": "FBA" if sku.endswith(FBA) else False,
                    "extra": dict(row.key.extra),
                }
            )
    return env["marketplace.listing"].create(vals_list)


def main(env):
    company = env.ref("base.main_company")
    for code, pounds in RATES.items():
        set_rate(env, company, code, pounds)
    account = connect(env, company)
    env.cr.commit()
    with account._open_adapter() as adapter:
        rows = list(adapter.listings())
    pricelist = make_pricelist(env, company, "Amazon UK", "GBP", rows)
    account.write({"price_source": "pricelist", "pricelist_id": pricelist.id})
    listings = link(env, account, rows, known_products(env))
    account.state = "connected"
    env.cr.commit()
    print(f"demo ready: {len(listings)} listings of Amazon")


main(env)  # noqa: F821 - Odoo's shell has it
