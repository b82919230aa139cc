"""An Amazon account that is connected to the real sandbox, over HTTP on this machine."""

import requests

from odoo import Command
from odoo.tests.common import TransactionCase

from odoo.addons.marketplace.models import marketplace_outbox

from marketplace_sandbox import SandboxServer

CLIENT_ID = "amzn1.application-oa2-client.demo"
CLIENT_SECRET = "amzn1.oa2-cs.demo-secret"
REFRESH_TOKEN = "Atzr|demo-refresh"
SELLER_ID = "A2DEMOSELLER"
UK, DE, US = "A1F83G8C2ARO7P", "A1PA6795UKMFR9", "ATVPDKIKX0DER"
SECRETS = {
    "amazon_client_id": CLIENT_ID,
    "amazon_client_secret": CLIENT_SECRET,
    "amazon_refresh_token": REFRESH_TOKEN,
}
# What the sandbox's GROCERY asks for beyond what Odoo says by itself.
GROCERY = {
    "brand": "Nile Trade",
    "bullet_point": "Fresh from the Nile",
    "country_of_origin": "EG",
    "supplier_declared_dg_hz_regulation": "not_applicable",
    "unit_count": '{"value": 1, "type": {"value": "Count"}}',
    "is_expiration_dated_product": "yes",
}


class Amazon:
    """The sandbox's control API: Amazon's and the buyers' side."""

    def __init__(self, server):
        self.server = server
        self.base_url = f"{server.url}/amazon"
        self.session = requests.Session()

    def call(self, method, path, body=None):
        answer = self.session.request(
            method, f"{self.server.url}/_control/{path}", json=body, timeout=30
        )
        if not answer.ok:
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def reset(self):
        """No listings, no orders; access, a queue and its subscriptions."""
        self.call("POST", "reset", {"provider": "amazon", "seed": "empty"})
        self.settings(rates=0)

    def settings(self, **values):
        return self.call("POST", "amazon/settings", values)

    # === LISTINGS === #

    def add_listings(self, count=1, **members):
        return self.call("POST", "amazon/listings", {"count": count, **members})

    def listing(self, sku):
        return self.call("GET", f"amazon/listings/{sku}")

    def skus(self):
        return sorted(one["sku"] for one in self.call("GET", "amazon/listings"))

    # === ORDERS === #

    def place(self, *lines, **members):
        """:param lines: (SKU, pieces) or objects.
        :return: the order's id."""
        rows = [
            line if isinstance(line, dict) else {"sku": line[0], "quantity": line[1]}
            for line in lines
        ]
        return self.call("POST", "amazon/orders", {"lines": rows, **members})["id"]

    def order(self, order_id):
        return self.call("GET", f"amazon/orders/{order_id}")

    def act(self, order_id, step, **body):
        return self.call("POST", f"amazon/orders/{order_id}/{step}", body)

    # === WIRE === #

    def calls(self, endpoint):
        """Calls of one operation since the last reset, oldest first."""
        return self.call("GET", f"calls?endpoint={endpoint}&provider=amazon&limit=2000")[::-1]

    def fail(self, endpoint, effect, **params):
        rule = {"match": {"provider": "amazon", "endpoint": endpoint}, "effect": effect, **params}
        self.call("POST", "faults", rule)

    def advance(self, seconds):
        self.call("POST", "clock", {"advance": seconds})


class AmazonCase(TransactionCase):
    """One account in the United Kingdom and Germany; everything in one transaction."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        server = SandboxServer()
        server.start()
        cls.addClassCleanup(server.stop)
        cls.amazon = Amazon(server)
        cls.company = cls.env.company
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.account = cls._make_account("Amazon")

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
        self.amazon.reset()
        # The engine opens cursors of its own: let them share the transaction of the test.
        if not type(self)._registry_patched:  # HttpCase has done so
            self.registry_enter_test_mode()
        # In the one transaction of a test time stands still, and everything looks like a burst.
        self.patch(marketplace_outbox, "LINGER_SENDS", 10**6)
        self.env.flush_all()

    @classmethod
    def _make_account(cls, name, markets=(UK, DE), **vals):
        account = cls.env["marketplace.account"].create(
            {
                "name": name,
                "provider": "amazon",
                "base_url": cls.amazon.base_url,
                "sequence": 1,
                "order_lookback_days": 1,
                "amazon_seller_id": SELLER_ID,
                "amazon_market_ids": [
                    Command.create({"market_id": market, "sequence": place})
                    for place, market in enumerate(markets)
                ],
                **SECRETS,
                **vals,
            }
        )
        # Prices in the tests are what they say, whatever the company's currency is worth.
        account.amazon_market_ids.currency_id.rate_ids.unlink()
        if vals.get("state") != "draft":
            account.state = "connected"
        return account

    @classmethod
    def _make_product(cls, name="Tea", price=10.0, quantity=0, **vals):
        product = cls.env["product.product"].create(
            {"name": name, "list_price": price, "is_storable": True, "taxes_id": False, **vals}
        )
        if quantity:
            cls.env["stock.quant"]._update_available_quantity(
                product, cls.warehouse.lot_stock_id, quantity
            )
        return product

    def _type(self, name="GROCERY", account=None):
        """A product type with its definition, as a person would have fetched it."""
        kind = self.env["marketplace.amazon.product.type"]._of(account or self.account, name)
        kind._refresh_if_old()
        return kind

    def _describe(self, product, **values):
        """Rows for what the product type asks for."""
        return self.env["marketplace.amazon.attribute"].create(
            [
                {"product_tmpl_id": product.product_tmpl_id.id, "name": name, "value": value}
                for name, value in {**GROCERY, **values}.items()
            ]
        )

    def _list(self, product, account=None, **vals):
        """A listing of Odoo that Amazon does not have yet; complete unless something is said."""
        account = account or self.account
        if "amazon_product_type_id" not in vals:
            vals["amazon_product_type_id"] = self._type(account=account).id
            if not product.product_tmpl_id.amazon_attribute_ids:
                self._describe(product)
        return self.env["marketplace.listing"].create(
            {"account_id": account.id, "product_id": product.id, **vals}
        )

    # === ENGINE === #

    def _engine(self):
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.invalidate_all()
        return self.env["marketplace.engine"].with_user(self.env.ref("marketplace.user_engine"))

    def _accounts(self):
        return self.env["marketplace.account"].search(
            [("provider", "=", "amazon"), ("state", "!=", "draft")]
        )

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

    def finish_feeds(self):
        """Amazon works on its feeds; then it is asked what became of them.

        The next feed of a type may go at once: here time stands still.
        """
        self.amazon.advance(60)
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

    def order_of(self, order_id):
        return self.env["marketplace.order"].search([("external_id", "=", order_id)])

    def last(self, listing, kind):
        """The newest item that tells a kind of a listing."""
        return self.env["marketplace.outbox"].search(
            [("listing_id", "=", listing.id), ("kind", "=", kind)], order="id desc", limit=1
        )
