"""A Cartona account that is connected to the real sandbox, over HTTP on this machine."""

import requests

from odoo.tests.common import TransactionCase

from odoo.addons.marketplace.models import marketplace_outbox

from marketplace_sandbox import SandboxServer

TOKEN = "token-of-the-supplier"
WEBHOOK_TOKEN = "token-of-the-webhook"
OTP = "4711"


class Cartona:
    """The sandbox's control API: Cartona's and the retailers' side."""

    def __init__(self, server):
        self.server = server
        self.base_url = f"{server.url}/cartona"
        self.session = requests.Session()

    def call(self, method, path, body=None):
        answer = self.session.request(
            method, f"{self.server.url}/_control/{path}", json=body, timeout=10
        )
        if not answer.ok:
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def reset(self):
        """Empty, with one supplier and its token."""
        for path in ("faults", "calls", "clock", "webhooks"):
            self.call("DELETE", path)
        self.call("POST", "reset")
        self.call("POST", "cartona/suppliers", {"code": "RETAIL", "name": "Nile Foods"})
        self.call("POST", "cartona/tokens", {"token": TOKEN, "suppliers": ["RETAIL"]})

    # === PRODUCTS === #

    def add_product(self, name, **members):
        """:return: its supplier_product_id as text."""
        row = {
            "name": name,
            "base_product_id": 4090,
            "unit": "piece",
            "unit_count": 1,
            "selling_price": "1",
            "available_stock_quantity": 0,
            **members,
        }
        return str(
            self.call("POST", "cartona/products", {"products": [row], "supplier_code": "RETAIL"})[
                0
            ]["id"]
        )

    def product(self, external_id):
        return self.call("GET", f"cartona/products/{external_id}")

    # === ORDERS === #

    def place(self, *lines, **members):
        """A plain order: no offers, no split money unless said.

        :param lines: (supplier_product_id, amount) or objects.
        :return: its hashed_id.
        """
        rows = [
            line if isinstance(line, dict) else {"supplier_product_id": line[0], "amount": line[1]}
            for line in lines
        ]
        spec = {
            "plain": True,
            "force": True,
            "lines": rows,
            "delivered_by": "delivered_by_supplier",
            "retailer_otp": OTP,
            **members,
        }
        return self.call("POST", "cartona/orders", spec)["hashed_id"]

    def order(self, hashed_id):
        return self.call("GET", f"cartona/orders/{hashed_id}")

    def payload(self, hashed_id):
        return self.call("GET", f"cartona/orders/{hashed_id}/payload")

    def act(self, hashed_id, action, **body):
        return self.call("POST", f"cartona/orders/{hashed_id}/{action}", body)

    # === WIRE === #

    def calls(self, endpoint):
        """Calls of one endpoint since the last reset, oldest first."""
        return self.call("GET", f"calls?endpoint={endpoint}&provider=cartona&limit=2000")[::-1]

    def fail(self, endpoint, effect, **params):
        rule = {"match": {"provider": "cartona", "endpoint": endpoint}, "effect": effect, **params}
        self.call("POST", "faults", rule)


class CartonaCase(TransactionCase):
    """One account, one warehouse, one supplier on the sandbox; everything in one transaction."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        server = SandboxServer()
        server.start()
        cls.addClassCleanup(server.stop)
        cls.cartona = Cartona(server)
        cls.company = cls.env.company
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.account = cls._make_account("Cartona")

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
        self.cartona.reset()
        # The engine opens cursors of its own: let them share the transaction of the test.
        if not type(self)._registry_patched:  # HttpCase has done so
            self.registry_enter_test_mode()
        # In the one transaction of a test time stands still, and everything looks like a burst.
        self.patch(marketplace_outbox, "LINGER_SENDS", 10**6)
        self.env.flush_all()

    @classmethod
    def _make_account(cls, name, **vals):
        account = cls.env["marketplace.account"].create(
            {
                "name": name,
                "provider": "cartona",
                "base_url": cls.cartona.base_url,
                "state": "connected",
                "sequence": 1,
                "cartona_token": TOKEN,
                "cartona_webhook_secret": WEBHOOK_TOKEN,
                **vals,
            }
        )
        # Prices in the tests are pounds, whatever the company's currency is worth.
        account.currency_id.rate_ids.unlink()
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

    def _link(self, product, uom=None, account=None, **members):
        """A listing and its product on Cartona; members go to Cartona's side."""
        external_id = self.cartona.add_product(**{"name": product.name, **members})
        return self.env["marketplace.listing"].create(
            {
                "account_id": (account or self.account).id,
                "product_id": product.id,
                "uom_id": (uom or product.uom_id).id,
                "external_id": external_id,
            }
        )

    # === ENGINE === #

    def _engine(self):
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.invalidate_all()
        return self.env["marketplace.engine"].with_user(self.env.ref("marketplace.user_engine"))

    def send(self):
        """What the jobs would do: dispatch and send until nothing is due."""
        engine = self._engine()
        engine._job_dispatch()
        for account in self.env["marketplace.account"].search([("provider", "=", "cartona")]):
            engine._job_send(account.id)
        self.env.invalidate_all()

    def fetch(self):
        """Pull and process, as the jobs would."""
        engine = self._engine()
        accounts = self.env["marketplace.account"].search([("provider", "=", "cartona")])
        for account in accounts:
            engine._job_pull(account.id)
            engine._job_process(account.id)
        self.env.invalidate_all()

    def order_of(self, hashed_id):
        return self.env["marketplace.order"].search([("external_id", "=", hashed_id)])
