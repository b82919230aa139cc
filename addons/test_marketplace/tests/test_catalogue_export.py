"""Products of Odoo that a channel is to list, and the way of an account from its first day."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.marketplace.wizards import marketplace_catalogue_export as module
from odoo.addons.queue_job.tests.common import trap_jobs

from marketplace_adapters.testing import covers

from .test_catalogue_import import ImportCase


class ExportCase(ImportCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.category = cls.env["product.category"].create({"name": "Drinks"})
        cls.tea = cls._make_product("Tea", default_code="TEA", categ_id=cls.category.id)
        cls.coffee = cls._make_product(
            "Coffee", default_code="COF", categ_id=cls.category.id, quantity=3
        )

    def export(self, **wishes):
        work = self.env["marketplace.catalogue.export"].create(
            {"account_id": self.account.id, "category_ids": [(6, 0, self.category.ids)], **wishes}
        )
        work.action_preview()
        return work

    def mine(self):
        return self.env["marketplace.listing"].search([("account_id", "=", self.account.id)])


@tagged("post_install", "-at_install")
class TestCatalogueExport(ExportCase):
    @covers("C5")
    def test_a_preview_counts_products_calls_and_time_and_writes_nothing(self):
        self._list(self._make_product("Milk", categ_id=self.category.id))
        self._make_product("Water", price=-1, categ_id=self.category.id)
        self._make_product("Elsewhere")
        self.run_engine()
        self.channel.calls.clear()
        before = self.mine()
        work = self.export()
        self.assertEqual((work.state, work.product_count, work.listed_count), ("planned", 3, 1))
        self.assertEqual((work.call_count, work.seconds, work.trouble_count), (1, 0, 1))
        self.assertEqual(self.mine(), before)
        self.assertEqual(self.channel.calls, [])
        told = work.line_ids.filtered(lambda line: line.product_id == self.tea)
        self.assertEqual(set(told.mapped("kind")), {"product", "price", "inventory"})

    def test_calls_are_reckoned_from_a_sample(self):
        self.patch(module, "SAMPLE", 1)
        self.account.batch_size = 1
        self.assertEqual(self.export().call_count, 2)

    @covers("R358")
    def test_products_are_listed_and_watched_until_the_channel_acknowledged_them(self):
        self.channel.reject("COF")
        work = self.export()
        with trap_jobs() as trap:
            work.action_run()
            self.assertEqual((work.state, work.made_count, work.told_count), ("telling", 2, 0))
            trap.assert_jobs_count(1)
            self.assertEqual(self.channel.pushes, [])
            self.run_engine()
            trap.perform_enqueued_jobs()
        self.assertEqual(
            (work.state, work.told_count, work.error_count, work.progress), ("done", 1, 1, 100.0)
        )
        self.assertEqual(self.mine().product_id, self.tea | self.coffee)
        self.assertEqual(
            self.env["marketplace.listing"].search(work.action_listings()["domain"]), self.mine()
        )

    @covers("R356")
    def test_many_are_listed_in_the_background_part_by_part(self):
        self.patch(module, "AT_ONCE", 1)
        self.patch(module, "LIST_CHUNK", 1)
        work = self.export()
        with trap_jobs():
            work.action_run()
            self.assertEqual((work.state, work.made_count), ("running", 0))
            work._job_work()
        self.env.invalidate_all()
        self.assertEqual((work.state, work.made_count), ("telling", 2))

    def test_the_choice_can_be_narrowed(self):
        self.assertEqual(self.export(with_stock_only=True).product_count, 1)
        self.assertEqual(
            self.export(product_domain="[('default_code', '=', 'TEA')]").product_count, 1
        )
        self._make_product(
            "Gift wrapping", type="service", is_storable=False, categ_id=self.category.id
        )
        self.assertEqual(self.export().product_count, 2)
        self.assertEqual(self.export(with_services=True).product_count, 3)
        with self.assertRaises(UserError):
            self.export(product_domain="__import__('os')")
        self.account.write({"sync_products": False, "sync_prices": False, "sync_stock": False})
        with self.assertRaises(UserError):
            self.export()

    @covers("R292")
    def test_whoever_may_not_see_the_account_lists_nothing(self):
        work = self.export()
        stranger = new_test_user(self.env, "stranger", groups="base.group_user")
        with self.assertRaises(AccessError):
            work.with_user(stranger).action_run()
        self.assertFalse(self.mine())
        user = new_test_user(self.env, "exporter", groups="marketplace.group_user")
        with trap_jobs():
            work.with_user(user).action_run()
        self.assertEqual(self.mine().create_uid, user)


@tagged("post_install", "-at_install")
class TestOnboarding(ExportCase):
    def begin(self):
        action = self.account.action_onboarding()
        return self.env[action["res_model"]].browse(action["res_id"])

    @covers("R247")
    def test_an_account_is_quiet_until_the_first_import_ends_and_can_be_left(self):
        one = self.begin()
        self.assertEqual((one.step, self.account.automatic), ("compare", False))
        with self.assertRaises(UserError):
            one.action_next()
        self.remote("T", sku="TEA", quantity=5)
        self.remote("A", quantity=2)
        with trap_jobs() as trap:
            one.action_read()
            one.invalidate_recordset()
            self.assertTrue(one.busy)
            trap.perform_enqueued_jobs()
        self.env.invalidate_all()
        self.assertEqual((one.remote_count, one.proposed_count, one.likely_count), (2, 1, 1))
        one.action_next()
        self.assertEqual(one.step, "match")
        one.action_link_likely()
        one.invalidate_recordset()  # another request
        self.assertEqual((one.linked_count, one.unmatched_count), (1, 1))
        self.assertEqual(one.action_later()["res_id"], self.account.id)
        self.assertTrue(self.account.onboarding_open)
        self.assertEqual(self.begin(), one)
        one.action_next()
        action = one.action_import()
        work = self.env[action["res_model"]].browse(action["res_id"])
        work.with_images = False
        work.action_plan()
        work.action_run()
        one.invalidate_recordset()
        self.assertEqual((one.import_state, one.import_done), ("done", 1))
        one.action_next()
        self.assertEqual((one.step, one.empty_count), ("finish", 2))
        self.tea.name = "Better tea"
        self.channel.calls.clear()
        self.run_engine()
        self.assertEqual(self.channel.pushes, [])
        one.import_orders = False
        one.sync_stock = False
        self.assertEqual(one.empty_count, 0)
        one.action_finish()
        self.assertEqual((one.step, self.account.automatic), ("done", True))
        self.assertFalse(self.account.onboarding_open)
        self.run_engine()
        self.assertEqual({item.target.external_id for item in self.channel.pushed}, {"T"})

    def test_a_person_may_have_it_work_at_once(self):
        one = self.begin()
        one.quiet = False
        self.assertTrue(self.account.automatic)
        one.quiet = True
        self.assertFalse(self.account.automatic)
        one.unlink()
        self.assertTrue(self.account.automatic)

    def test_an_account_that_did_not_work_by_itself_does_not_so_afterwards(self):
        self.account.automatic = False
        one = self.begin()
        one.action_finish()
        self.assertFalse(self.account.automatic)

    def test_it_can_be_gone_through_once_more(self):
        one = self.begin()
        one.action_finish()
        one.action_again()
        self.assertEqual((one.step, self.account.automatic), ("compare", False))
        one.action_back()
        self.assertEqual(one.step, "compare")

    def test_the_connection_ends_with_it(self):
        account = self._make_account("New", state="draft")
        wizard = self.env["marketplace.connect.wizard"].create({"account_id": account.id})
        action = wizard.action_finish_onboarding()
        one = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual((account.state, account.automatic), ("connected", False))
        self.assertEqual((one.account_id, one.automatic_after), (account, True))
        with self.assertRaises(UserError):
            self._make_account("Newer", state="draft").action_onboarding()

    def test_products_are_listed_from_it(self):
        one = self.begin()
        action = one.action_export()
        work = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(work.account_id, self.account)
        self.assertEqual(one.action_export()["res_id"], work.id)
        with Form(work) as form:
            form.with_stock_only = True
        work.category_ids = self.category
        work.action_preview()
        with trap_jobs():
            work.action_run()
        self.run_engine()
        self.assertEqual(self.channel.pushes, [])
        # It was asked for by hand, which sends although the account is quiet.
        engine = self.env["marketplace.engine"].with_user(self.env.ref("marketplace.user_engine"))
        engine._job_send(self.account.id, 1)
        work._job_work()
        self.env.invalidate_all()
        self.assertEqual((one.export_state, one.export_told), ("done", 1))

    @covers("R292")
    def test_only_managers_go_through_it(self):
        user = new_test_user(self.env, "looker", groups="marketplace.group_user")
        with self.assertRaises(AccessError):
            self.account.with_user(user).action_onboarding()
