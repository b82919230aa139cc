"""Run inside an Odoo shell: the demo's companies, warehouses, catalogue, stock and account.

Runs once on a fresh database. ``SANDBOX_URL`` and ``TOKEN`` are put in front by whoever runs it.
The catalogue is read from the channel, as a seller's first linking does: its ids are our SKUs.
"""

import base64
import io

from PIL import Image, ImageDraw

COLOURS = ("#2a9d8f", "#e76f51", "#457b9d", "#8d6a9f", "#c9772b", "#4f772d", "#b5485d")


def picture(name, number):
    """A plain square with the product's initials, as an image field wants it."""
    image = Image.new("RGB", (512, 512), COLOURS[number % len(COLOURS)])
    initials = "".join(word[0] for word in name.split()[:2]).upper()
    ImageDraw.Draw(image).text((256, 256), initials, fill="white", anchor="mm", font_size=220)
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return base64.b64encode(stream.getvalue())


def make_company(env):
    """Egyptian pounds, a chart of accounts, two companies, a second warehouse."""
    pounds = env.ref("base.EGP")
    pounds.active = True
    egypt = env.ref("base.eg")
    company = env.company
    company.write({"name": "Nile Trade", "country_id": egypt.id, "currency_id": pounds.id})
    second = env["res.company"].create(
        {"name": "Nile Trade Alexandria", "country_id": egypt.id, "currency_id": pounds.id}
    )
    admin = env.ref("base.user_admin")
    admin.write({"company_ids": [(4, second.id)]})
    for each in company | second:
        env["account.chart.template"].try_loading("generic_coa", company=each, install_demo=False)
        each.currency_id = pounds  # the chart of accounts brings dollars
    env["stock.warehouse"].create({"name": "Giza", "code": "GIZA", "company_id": company.id})
    users = admin.group_ids | env.ref("uom.group_uom") | env.ref("product.group_product_pricelist")
    users |= env.ref("product.group_product_variant") | env.ref("stock.group_stock_multi_locations")
    users |= env.ref("stock.group_stock_multi_warehouses")
    admin.group_ids = users
    return company


def box_unit(env, piece, count, units):
    """The unit of measure "Box of N"."""
    if count not in units:
        units[count] = env["uom.uom"].create(
            {"name": f"Box of {count}", "relative_factor": count, "relative_uom_id": piece.id}
        )
    return units[count]


def make_products(env, rows):
    """One product for each piece of the channel, and one template with two variants.

    :param rows: of :class:`marketplace_adapters.core.RemoteListing`.
    :return: {SKU of the piece: variant}
    """
    products = {}
    categories = env["product.category"].create({"name": "Food and drinks"})
    for number, row in enumerate(row for row in rows if row.unit_count == 1):
        sku = row.key.internal_id
        if sku.startswith("ICT-"):
            continue
        products[sku] = env["product.product"].create(
            {
                "name": row.title,
                "default_code": sku,
                "barcode": f"62200{number:08d}",
                "list_price": float(row.price.amount),
                "is_storable": True,
                "type": "consu",
                "categ_id": categories.id,
                "taxes_id": False,
                "image_1920": picture(row.title, number),
            }
        )
    flavour = env["product.attribute"].create(
        {"name": "Flavour", "value_ids": [(0, 0, {"name": "Lemon"}), (0, 0, {"name": "Peach"})]}
    )
    tea = env["product.template"].create(
        {
            "name": "Iced Tea 330 ml",
            "list_price": 14,
            "is_storable": True,
            "categ_id": categories.id,
            "taxes_id": False,
            "image_1920": picture("Iced Tea", 5),
            "attribute_line_ids": [
                (
                    0,
                    0,
                    {
                        "attribute_id": flavour.id,
                        "value_ids": [(6, 0, flavour.value_ids.ids)],
                    },
                )
            ],
        }
    )
    for variant, sku in zip(tea.product_variant_ids, ("ICT-LEM", "ICT-PCH"), strict=True):
        variant.default_code = sku
        products[sku] = variant
    return products


def make_stock(env, company, products, rows):
    """What the channel shows is what lies in the main warehouse."""
    place = env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1).lot_stock_id
    for row in rows:
        product = products.get(row.key.internal_id)
        if product and row.quantity:
            env["stock.quant"]._update_available_quantity(product, place, float(row.quantity))


def connect(env, company):
    """The draft account that comes with the addon, filled in."""
    account = env.ref("marketplace_cartona.account_cartona")
    account.write(
        {
            "name": "Cartona (sandbox)",
            "company_id": company.id,
            "base_url": SANDBOX_URL,  # noqa: F821 - put in front
            "cartona_token": TOKEN,  # noqa: F821
            "interval": 10,
        }
    )
    return account


def link(env, account, products, rows):
    """A listing for every piece and box of the channel."""
    units = {}
    vals_list = []
    for row in rows:
        sku = row.key.internal_id
        product = products.get(sku) or products.get(sku.removesuffix("-BOX"))
        if not product:
            continue
        unit = product.uom_id
        if row.unit_count != 1:
            unit = box_unit(env, unit, int(row.unit_count), units)
        vals_list.append(
            {
                "account_id": account.id,
                "product_id": product.id,
                "external_id": row.key.external_id,
                "internal_id": sku,
                "sku": sku,
                "title": row.title,
                "uom_id": unit.id,
                "extra": dict(row.key.extra),
            }
        )
    return env["marketplace.listing"].create(vals_list)


def main(env):
    company = make_company(env)
    pricelist = env["product.pricelist"].create(
        {"name": "Cartona", "currency_id": company.currency_id.id, "company_id": company.id}
    )
    env.cr.commit()
    account = connect(env, company)
    account.write({"price_source": "pricelist", "pricelist_id": pricelist.id})
    with account._open_adapter() as adapter:
        rows = list(adapter.listings())
    products = make_products(env, rows)
    make_stock(env, company, products, rows)
    listings = link(env, account, products, rows)
    account.state = "connected"
    env.cr.commit()
    print(f"demo ready: {len(products)} products, {len(listings)} listings")


main(env)  # noqa: F821 - Odoo's shell has it
