"""A shop of Shopify that is connected to the real sandbox, over HTTP on this machine."""

import base64
import io
from decimal import Decimal

import requests
from PIL import Image

from odoo import Command
from odoo.tests.common import TransactionCase

from odoo.addons.marketplace.models import marketplace_outbox

from marketplace_adapters.shopify.product_read import forget_definitions
from marketplace_sandbox import SandboxServer

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


class Shop:
    """The sandbox's control API: the merchant's and the buyers' side."""

    def __init__(self, server):
        self.server = server
        self.base_url = f"{server.url}/shopify"
        self.session = requests.Session()

    def call(self, method, path, body=None):
        answer = self.session.request(
            method, f"{self.server.url}/_control/{path}", json=body, timeout=30
        )
        if not answer.ok:
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

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

    def order(self, order_id):
        return self.call("GET", f"shopify/orders/{order_id}")

    def act(self, order_id, step, **body):
        return self.call("POST", f"shopify/orders/{order_id}/{step}", body)

    # === WIRE === #

    def settings(self, **values):
        return self.call("POST", "shopify/settings", values)

    def calls(self, endpoint):
        """Calls of one operation since the last reset, oldest first."""
        path = f"calls?endpoint={endpoint}&provider=shopify&limit=2000"
        return self.call("GET", path)[::-1]

    def fail(self, endpoint, effect, **params):
        rule = {"match": {"provider": "shopify", "endpoint": endpoint}, "effect": effect, **params}
        self.call("POST", "faults", rule)

    def advance(self, seconds):
        self.call("POST", "clock", {"advance": seconds})


class OfflineCase(TransactionCase):
    """One shop with two locations that nobody calls; everything in one transaction."""

    # Nothing listens there.
    base_url_of_shop = "http://127.0.0.1:9/shopify"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls._start_shop()
        cls.company = cls.env.company
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
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

    def setUp(self):
        super().setUp()
        # The engine opens cursors of its own: let them share the transaction of the test.
        if not type(self)._registry_patched:  # HttpCase has done so
            self.registry_enter_test_mode()
        # In the one transaction of a test time stands still, and everything looks like a burst.
        self.patch(marketplace_outbox, "LINGER_SENDS", 10**6)
        self.env.flush_all()

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
    def _make_product(cls, name="Tea", price=10.0, quantity=0, **vals):
        product = cls.env["product.product"].create(
            {"name": name, "list_price": price, "is_storable": True, "taxes_id": False, **vals}
        )
        if quantity:
            cls._add_stock(product, quantity)
        return product

    @classmethod
    def _add_stock(cls, product, quantity, location=None):
        cls.env["stock.quant"]._update_available_quantity(
            product, location or cls.warehouse.lot_stock_id, quantity
        )

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

    # === ENGINE === #

    def _engine(self):
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.invalidate_all()
        return self.env["marketplace.engine"].with_user(self.env.ref("marketplace.user_engine"))

    def _accounts(self):
        return self.env["marketplace.account"].search(
            [("provider", "=", "shopify"), ("state", "!=", "draft")]
        )

    def order_of(self, order_id):
        return self.env["marketplace.order"].search([("external_id", "=", str(order_id))])

    def last(self, listing, kind):
        """The newest item that tells a kind of a listing."""
        return self.env["marketplace.outbox"].search(
            [("listing_id", "=", listing.id), ("kind", "=", kind)], order="id desc", limit=1
        )


class ShopifyCase(OfflineCase):
    """The same, connected to the sandbox."""

    @classmethod
    def _start_shop(cls):
        server = SandboxServer()
        server.start()
        cls.addClassCleanup(server.stop)
        cls.shop = Shop(server)
        cls.base_url_of_shop = cls.shop.base_url

    @classmethod
    def _request_handler(cls, s, r, /, **kw):
        # Odoo's guard against real requests compares the time-out with a number; the adapters
        # give two, for connecting and for reading.
        timeout = kw.get("timeout")
        if isinstance(timeout, tuple):
            kw["timeout"] = max(timeout)
        return super()._request_handler(s, r, **kw)

    def setUp(self):
        super().setUp()
        self.shop.reset()
        forget_definitions()  # a shop that was emptied knows none

    def send(self):
        """What the jobs would do: dispatch and send until nothing more can be sent.

        Budgets are full at every turn: here time stands still.
        """
        engine = self._engine()
        engine._job_dispatch()
        left = None
        while left != (left := self._forget_budgets()):
            for account in self._accounts():
                engine._job_send(account.id)
            self.env.invalidate_all()

    def _forget_budgets(self):
        """Full budgets, and nothing that waits for one.

        :return: ids of what is still to be sent.
        """
        self.env["marketplace.budget"].sudo().search([]).unlink()
        waiting = self.env["marketplace.outbox"].search([("status", "=", "new")])
        waiting.filtered("not_before").not_before = False
        self.env.flush_all()
        return waiting.ids

    def finish_bulk(self):
        """The shop works on its bulk operations; then it is asked what became of them."""
        self.shop.advance(60)
        self._forget_budgets()
        pending = self.env["marketplace.submission"].search([("state", "=", "pending")])
        pending.poll_at = "2000-01-01"
        engine = self._engine()
        for account in self._accounts():
            engine._job_send(account.id)
        self.env.invalidate_all()

    def fetch(self, *topics):
        """Pull and process, as the jobs would."""
        engine = self._engine()
        for account in self._accounts():
            for topic in topics or ("order",):
                account.with_user(engine.env.user)._pull_topic(topic)
            engine._job_process(account.id)
        self.env.invalidate_all()
