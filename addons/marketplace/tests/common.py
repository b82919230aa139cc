"""What the tests of all addons of the suite have in common."""

from odoo.tests.common import TransactionCase

from odoo.addons.marketplace.models import marketplace_outbox


class EngineCase(TransactionCase):
    """The engine's jobs run by hand; everything in one transaction."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls.company = cls.env.company
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )

    def setUp(self):
        super().setUp()
        # The engine opens cursors of its own: let them share the transaction of the test.
        if not type(self)._registry_patched:  # HttpCase has done so
            self.registry_enter_test_mode()
        # In the one transaction of a test time stands still, and everything looks like a burst.
        self.patch(marketplace_outbox, "LINGER_SENDS", 10**6)
        self.env.flush_all()

    @classmethod
    def _request_handler(cls, s, r, /, **kw):
        # Odoo's guard against real requests compares the time-out with a number; the adapters
        # give two, for connecting and for reading.
        timeout = kw.get("timeout")
        if isinstance(timeout, tuple):
            kw["timeout"] = max(timeout)
        return super()._request_handler(s, r, **kw)

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

    # === ENGINE === #

    def _engine(self):
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.invalidate_all()
        return self.env["marketplace.engine"].with_user(self.env.ref("marketplace.user_engine"))
