"""What most tests of the core begin with: a connected account on a fake channel."""

import uuid
from unittest.mock import patch

from odoo.addons.marketplace.tests.common import EngineCase

from marketplace_adapters.testing.fake import FakeChannel


class Killed(BaseException):
    """Ends a job the way a kill does: nothing after it runs."""


class MarketplaceCase(EngineCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account = cls._make_account("Fake")
        cls.channel = FakeChannel.of(cls.account.base_url)

    def setUp(self):
        super().setUp()
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
    def _list(cls, product, account=None, **vals):
        return cls.env["marketplace.listing"].create(
            {
                "account_id": (account or cls.account).id,
                "product_id": product.id,
                "external_id": f"X{product.id}",
                **vals,
            }
        )

    def run_engine_to_its_death(self, method="_push", dying=Killed, model="marketplace.sender"):
        """Run the jobs until one is killed in a method of the engine.

        :param dying: what ends it, or what is done instead.
        """
        with patch.object(type(self.env[model]), method, side_effect=dying, autospec=True):
            # Not assertRaises: Odoo's rolls back what was committed before the kill.
            try:
                self.run_engine()
            except Killed:
                self.env.invalidate_all()
            else:
                self.fail("nothing was killed")

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
