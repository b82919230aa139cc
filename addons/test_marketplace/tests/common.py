"""What most tests of the core begin with: a connected account on a fake channel."""

import uuid

from odoo.tests.common import TransactionCase

from odoo.addons.marketplace.models import marketplace_outbox

from marketplace_adapters.testing.fake import FakeChannel


class MarketplaceCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls.company = cls.env.company
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.account = cls._make_account("Fake")
        cls.channel = FakeChannel.of(cls.account.base_url)

    def setUp(self):
        super().setUp()
        # The engine opens cursors of its own: let them share the transaction of the test.
        if not type(self)._registry_patched:  # HttpCase has done so
            self.registry_enter_test_mode()
        # In the one transaction of a test time stands still, and everything looks like a burst.
        self.patch(marketplace_outbox, "LINGER_SENDS", 10**6)
        self.env.flush_all()
        self.channel.reset()

    @classmethod
    def _make_account(cls, name, **vals):
        account = cls.env["marketplace.account"].create(
            {
                "name": name,
                "provider": "fake",
                "base_url": f"https://{uuid.uuid4().hex}.fake.example",
                "state": "connected",
                **vals,
            }
        )
        cls.env["marketplace.credential"]._store(account, "token", "fake-token")
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

    @classmethod
    def _list(cls, product, account=None, **vals):
        return cls.env["marketplace.listing"].create(
            {
                "account_id": (account or cls.account).id,
                "product_id": product.id,
                "external_id": f"X{product.id}",
                **vals,
            }
        )

    def run_engine(self):
        """What the jobs would do: dispatch and send until nothing is due."""
        self.env.cr.flush()
        self.env.invalidate_all()
        engine = self.env["marketplace.engine"].with_user(self.env.ref("marketplace.user_engine"))
        engine._job_dispatch()
        for account in self.env["marketplace.account"].search([]):
            self.env.invalidate_all()  # each job is a transaction of its own
            engine._job_send(account.id)
        self.env.invalidate_all()
