"""A Cartona account that is connected to the real sandbox, over HTTP on this machine."""

from odoo.addons.marketplace.tests.channel import ChannelCase, Control

TOKEN = "token-of-the-supplier"
WEBHOOK_TOKEN = "token-of-the-webhook"
OTP = "4711"


class Cartona(Control):
    """The sandbox's control API: Cartona's and the retailers' side."""

    provider = "cartona"

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

    def payload(self, hashed_id):
        return self.call("GET", f"cartona/orders/{hashed_id}/payload")


class CartonaCase(ChannelCase):
    """One account, one warehouse, one supplier on the sandbox; everything in one transaction."""

    provider = "cartona"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cartona = cls._start_sandbox(Cartona)
        cls.account = cls._make_account("Cartona")

    def setUp(self):
        super().setUp()
        self.cartona.reset()

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
