from pathlib import Path

from odoo.exceptions import AccessError
from odoo.modules.module import get_module_path
from odoo.tests import new_test_user, tagged

from odoo.addons.marketplace.tests.screens import ScreenMixin

from marketplace_adapters.testing import covers

from .common import CartonaCase

WIZARDS = (
    "marketplace.cartona.base",
    "marketplace.cartona.base.line",
    "marketplace.cartona.cancel",
    "marketplace.cartona.otp",
    "marketplace.cartona.otp.line",
)


@tagged("post_install", "-at_install")
class TestData(CartonaCase):
    @covers("R330")
    def test_a_neutralized_copy_knows_no_token_and_works_for_no_account(self):
        draft = self.env.ref("marketplace_cartona.account_cartona")
        draft.cartona_token = "s3cret"
        self.env.flush_all()
        script = Path(get_module_path("marketplace_cartona"), "data", "neutralize.sql")
        self.env.cr.execute(script.read_text(encoding="utf-8"))
        self.env.invalidate_all()
        self.assertEqual(self.account.state, "paused")
        self.assertEqual(draft.state, "draft")
        for account in (self.account, draft):
            self.assertFalse(account.cartona_token)
            self.assertEqual(self.env["marketplace.credential"]._read_all(account), {})
            self.assertFalse(account._may_call())

    def test_every_dialog_is_reachable_for_those_who_need_it_and_for_nobody_else(self):
        nobody = new_test_user(self.env, "cartona-nobody", groups="base.group_user")
        courier = new_test_user(self.env, "cartona-stock", groups="stock.group_stock_user")
        seller = new_test_user(self.env, "cartona-sale", groups="sales_team.group_sale_salesman")
        user = new_test_user(self.env, "cartona-market", groups="marketplace.group_user")
        may = {
            nobody: (),
            courier: ("marketplace.cartona.otp", "marketplace.cartona.otp.line"),
            seller: ("marketplace.cartona.cancel",),
            user: ("marketplace.cartona.base", "marketplace.cartona.base.line"),
        }
        for person, names in may.items():
            with self.subTest(person.login):
                self.assertEqual(
                    tuple(
                        name
                        for name in WIZARDS
                        if self.env[name].with_user(person).has_access("create")
                    ),
                    names,
                )

    @covers("R112", "R292")
    def test_the_configuration_is_for_managers(self):
        user = new_test_user(self.env, "cartona-market2", groups="marketplace.group_user")
        action = self.env.ref("marketplace_cartona.action_cartona_configuration")
        with self.assertRaises(AccessError):
            action.with_user(user).run()
        manager = new_test_user(self.env, "cartona-manager", groups="marketplace.group_manager")
        self.assertEqual(action.with_user(manager).run()["res_model"], "marketplace.account")

    @covers("R121", "R122", "X34")
    def test_the_menu_has_a_configuration_of_cartona(self):
        menu = self.env.ref("marketplace_cartona.menu_cartona_configuration")
        self.assertEqual(menu.complete_name, "Marketplace/Cartona/Configuration")
        self.env["marketplace.account"].search([("provider", "=", "cartona")]).filtered(
            lambda account: account != self.account
        ).unlink()
        self.assertEqual(menu.action.run()["res_id"], self.account.id)

    @covers("R300", "R306", "R308")
    def test_the_fields_stand_on_the_screens_of_odoo(self):
        for model, view, names in (
            ("product.template", "product.product_template_only_form_view", ["cartona_id"]),
            ("product.product", "product.product_normal_form_view", ["cartona_id"]),
            ("res.partner", "base.view_partner_form", ["cartona_id"]),
            ("sale.order", "sale.view_order_form", ["cartona_id", "delivered_by", "cartona_cash"]),
            ("stock.picking", "stock.view_picking_form", ["cartona_id", "cartona_cash"]),
        ):
            arch = self.env[model].get_view(self.env.ref(view).id)["arch"]
            for name in names:
                with self.subTest(model=model, field=name):
                    self.assertEqual(arch.count(f'name="{name}"'), 1)


@tagged("post_install", "-at_install")
class TestScreens(ScreenMixin, CartonaCase):
    addon = "marketplace_cartona"

    @covers("R73", "X58")
    def test_every_view_renders_for_everybody_who_may_read(self):
        self.check_views(at_least=10)

    def test_every_button_has_a_method_and_says_what_it_does(self):
        self.check_buttons()
