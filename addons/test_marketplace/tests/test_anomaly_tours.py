from odoo.tests import HttpCase, new_test_user, tagged

from marketplace_adapters.core import InventoryState
from marketplace_adapters.testing import covers

from .common import MarketplaceCase


@tagged("post_install", "-at_install")
class TestAnomalyTours(HttpCase, MarketplaceCase):
    """A manager in the browser sees what is held back, looks at it, and sends it anyway."""

    @covers("C10")
    def test_a_manager_sends_anyway_what_is_held_back(self):
        place = self.warehouse.lot_stock_id
        for number in range(30):
            product = self._make_product(f"Wiped {number}", quantity=5)
            self._list(product)
        self.run_engine()
        quants = self.env["stock.quant"].search(
            [("product_id.name", "=like", "Wiped %"), ("location_id", "=", place.id)]
        )
        quants.inventory_quantity = 0
        quants.action_apply_inventory()
        self.run_engine()
        self.channel.calls.clear()
        manager = new_test_user(
            self.env, "tour-manager", groups="marketplace.group_manager,stock.group_stock_user"
        )
        self.start_tour("/odoo/marketplace", "test_marketplace_anomaly", login=manager.login)
        self.run_engine()
        told = [one for one in self.channel.pushed if isinstance(one.state, InventoryState)]
        self.assertEqual([one.state.quantity for one in told], [0] * 30)
        hold = self.env["marketplace.hold"].search([("account_id", "=", self.account.id)])
        self.assertEqual((hold.state, hold.decided_by_id), ("sent", manager))
