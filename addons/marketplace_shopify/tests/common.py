"""A shop of Shopify that is connected to the real sandbox, over HTTP on this machine."""

import base64
import io
from decimal import Decimal

from PIL import Image

from odoo import Command

from odoo.addons.marketplace.tests.channel import ChannelCase, Control

from marketplace_adapters.shopify.product_read import forget_definitions

SHOP = "demo-shop.myshopify.com"
CLIENT_ID = "demo-shopify-client"
CLIENT_SECRET = "shpss_demo_secret"
STATIC_TOKEN = "shpat_demo_static"
SECRETS = {"shopify_client_id": CLIENT_ID, "shopify_client_secret": CLIENT_SECRET}
WAREHOUSE_ID, FLOOR_ID = "7001", "7002"
ONLINE, POS = "8001", "8002"
US_LIST = "9001"


def picture(colour):
    """A small PNG in one colour, as base64."""
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(stream, "PNG")
    return base64.b64encode(stream.getvalue())


RED, GREEN, BLUE = picture("red"), picture("green"), picture("blue")


class Shop(Control):
    """The sandbox's control API: the merchant's and the buyers' side."""

    provider = "shopify"

    def reset(self):
        """No products, no orders; access, locations, sales channels and price lists."""
        self.call("POST", "reset", {"provider": "shopify", "seed": "empty"})

    # === PRODUCTS === #

    def variants(self):
        """Variants of all products, with their SKU."""
        return [
            {**row, "sku": row["inventory"]["sku"]}
            for product in self.call("GET", "shopify/products?limit=1000")
            for row in product["variants"]
        ]

    def product(self, product_id):
        return self.call("GET", f"shopify/products/{product_id}")

    def available(self, item_id):
        """{location: pieces} of what was ever told."""
        levels = self.call("GET", f"shopify/inventory?item={item_id}")
        return {place: level["available"] for place, level in levels.items()}

    def collections(self, product_id):
        """Numbers of the collections that a product is in."""
        return [str(number) for number in self.product(product_id)["collections"]]

    # === ORDERS === #

    def place(self, *lines, **members):
        """:param lines: (SKU, pieces) or objects.
        :return: the order's id.
        """
        rows = [
            line if isinstance(line, dict) else {"sku": line[0], "quantity": line[1]}
            for line in lines
        ]
        members.setdefault("tax_exempt", True)
        return str(self.call("POST", "shopify/orders", {"lines": rows, **members})["id"])


class OfflineCase(ChannelCase):
    """One shop with two locations that nobody calls; everything in one transaction."""

    provider = "shopify"

    # Nothing listens there.
    base_url_of_shop = "http://127.0.0.1:9/shopify"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._start_shop()
        cls.floor = cls.env["stock.location"].create(
            {"name": "Shop floor", "location_id": cls.warehouse.view_location_id.id}
        )
        cls.euro = cls.env.ref("base.EUR")
        cls.euro.active = True
        cls.dollar = cls.env.ref("base.USD")
        cls.dollar.active = True
        # Prices in the tests are what they say, whatever the company's currency is worth.
        (cls.euro | cls.dollar).rate_ids.unlink()
        cls.account = cls._make_account("Shopify")

    @classmethod
    def _start_shop(cls):
        """Whatever the account is to be connected to."""

    @classmethod
    def _make_account(cls, name, **vals):
        vals = {
            "name": name,
            "provider": "shopify",
            "shopify_shop": SHOP,
            "base_url": cls.base_url_of_shop,
            "currency_id": cls.euro.id,
            "sequence": 1,
            "order_lookback_days": 1,
            **SECRETS,
            **vals,
        }
        account = cls.env["marketplace.account"].create(vals)
        cls.env["marketplace.shopify.publication"]._take_over(
            account, [(ONLINE, "Online Store"), (POS, "Point of Sale")]
        )
        if vals.get("company_id", cls.company.id) == cls.company.id:
            cls.env["marketplace.place"].create(
                [
                    {
                        "account_id": account.id,
                        "external_id": external_id,
                        "name": title,
                        "sequence": place,
                        "location_ids": [Command.set(location.ids)],
                    }
                    for place, (external_id, title, location) in enumerate(
                        (
                            (WAREHOUSE_ID, "Main warehouse", cls.warehouse.lot_stock_id),
                            (FLOOR_ID, "Shop floor", cls.floor),
                        )
                    )
                ]
            )
        if vals.get("state") != "draft":
            account.state = "connected"
        return account

    @classmethod
    def _make_shirt(cls, colours=("Red", "Blue"), sizes=("S", "M"), name="Shirt", **vals):
        """A product with variants; SKUs like SHIRT-RED-S."""
        lines = []
        for title, values in (("Colour", colours), ("Size", sizes)):
            if values:
                attribute = cls.env["product.attribute"].create(
                    {
                        "name": title,
                        "value_ids": [Command.create({"name": one}) for one in values],
                    }
                )
                lines.append(
                    Command.create(
                        {
                            "attribute_id": attribute.id,
                            "value_ids": [Command.set(attribute.value_ids.ids)],
                        }
                    )
                )
        template = cls.env["product.template"].create(
            {
                "name": name,
                "list_price": 20.0,
                "is_storable": True,
                "taxes_id": False,
                "attribute_line_ids": lines,
                **vals,
            }
        )
        for variant in template.product_variant_ids:
            names = variant.product_template_attribute_value_ids.mapped("name")
            variant.default_code = "-".join([name, *names]).upper()
        return template

    @classmethod
    def _make_category(cls, name, **vals):
        return cls.env["product.category"].create({"name": name, **vals})

    def _list(self, products, account=None, **vals):
        """Listings of Odoo that the shop does not have yet."""
        account = account or self.account
        return self.env["marketplace.listing"].create(
            [{"account_id": account.id, "product_id": one.id, **vals} for one in products]
        )

    def _link(self, listing, product_id, variant_id):
        """As if the shop had acknowledged it."""
        listing._learn(
            {
                "external_id": str(variant_id),
                "product_id": str(product_id),
                "inventory_item_id": f"5{variant_id}",
            }
        )

    def _acknowledge(self, listing, kind, values):
        listing.acknowledged = {**(listing.acknowledged or {}), kind: values}

    def _money(self, text):
        return Decimal(text)


class ShopifyCase(OfflineCase):
    """The same, connected to the sandbox."""

    @classmethod
    def _start_shop(cls):
        cls.shop = cls._start_sandbox(Shop)
        cls.base_url_of_shop = cls.shop.base_url

    def setUp(self):
        super().setUp()
        self.shop.reset()
        forget_definitions()  # a shop that was emptied knows none

    def finish_bulk(self):
        """The shop works on its bulk operations; then it is asked what became of them."""
        self.finish(self.shop)
