from odoo.tests import HttpCase, new_test_user, tagged

from marketplace_adapters.testing import covers

from .test_catalogue_import import ImportCase


@tagged("post_install", "-at_install")
class TestCatalogueTours(HttpCase, ImportCase):
    """A person in the browser, a channel in memory. In between, the test is the job runner."""

    @covers("R247", "R295", "R303")
    def test_a_manager_goes_through_the_first_import(self):
        manager = new_test_user(
            self.env,
            "tour-manager",
            groups="marketplace.group_manager,product.group_product_manager,stock.group_stock_user",
        )
        tea = self._make_product("Tea", default_code="TEA")
        self.account.sync_orders = False
        self.remote("T", sku="TEA")
        self.remote("A")
        self.variants("G", "Shirt", {"B": {"Size": "S"}, "C": {"Size": "L"}})
        self.read_while_it_is_shown()

        path = f"/odoo/marketplace.account/{self.account.id}"
        self.start_tour(path, "test_marketplace_onboarding", login=manager.login)

        self.env.invalidate_all()
        self.assertEqual(self.product("T"), tea)
        self.assertEqual(self.product("B").product_tmpl_id, self.product("C").product_tmpl_id)
        self.assertEqual(self.product("A").create_uid, manager)
        self.assertEqual(self.account.onboarding_ids.step, "done")
        self.assertTrue(self.account.automatic)

    def read_while_it_is_shown(self):
        """The job runs when the page has shown its beginning once: what comes then is seen only
        because the page reads itself again."""
        onboarding = self.registry["marketplace.onboarding"]
        original = onboarding.web_read
        seen = []

        def web_read(records, specification):
            catalogue = records.catalogue_id
            if catalogue.state == "waiting":
                seen.append(catalogue.state)
                if len(seen) > 1:
                    catalogue._job_fetch()
            return original(records, specification)

        web_read._readonly = False
        self.patch(onboarding, "web_read", web_read)
