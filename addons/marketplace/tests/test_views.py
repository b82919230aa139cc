"""Every screen of the addon: renders, reads well, is reachable, and shows to whom it should."""

import re

from lxml import etree

from odoo.tests import TransactionCase, tagged

from marketplace_adapters.testing import covers

from .screens import ScreenMixin

# Existing screens and where the suite's part of them is anchored (X58).
EXTENDED = {
    "product.product_template_only_form_view": "//page[@name='marketplace']",
    "product.product_normal_form_view": "//page[@name='marketplace']",
    "product.product_variant_easy_edit_view": "//group[@name='marketplace']",
    "product.product_template_tree_view": "//field[@name='marketplace_sync_status']",
    "product.product_product_tree_view": "//field[@name='marketplace_sync_status']",
    "product.product_template_search_view": "//filter[@name='marketplace_error']",
    "sale.view_order_form": "//page[@name='marketplace']",
    "sale.sale_order_tree": "//field[@name='marketplace_status']",
    "sale.view_sales_order_filter": "//filter[@name='marketplace']",
    "stock.view_stock_quant_tree": "//field[@name='marketplace_sync_status']",
    "stock.view_stock_quant_tree_editable": "//field[@name='marketplace_sync_status']",
    "base.view_partner_form": "//page[@name='marketplace']",
}
# What Odoo makes of a technical name when nobody wrote a label.
LAZY_LABEL = re.compile(r".* (At|Ids?|Tmpl|Uom)$")


class ScreenCase(ScreenMixin, TransactionCase):
    pass


@tagged("post_install", "-at_install")
class TestViews(ScreenCase):
    @covers("R73", "R219", "X58")
    def test_every_view_renders_for_everybody_who_may_read(self):
        self.check_views(at_least=50)

    @covers("R207", "R213", "R217", "R220", "R225", "R230", "R231", "R248", "R250", "R306", "X58")
    def test_existing_screens_are_extended_for_users_alone(self):
        for xml_id, anchor in EXTENDED.items():
            view = self.env.ref(xml_id)
            with self.subTest(view=xml_id):
                self.assertEqual(len(self.arch(view, self.screen_user).xpath(anchor)), 1)
                self.assertEqual(self.arch(view, self.screen_outsider).xpath(anchor), [])

    @covers("R224", "R229", "R237")
    def test_the_buttons_that_the_sources_name(self):
        for xml_id, button in (
            ("product.product_template_only_form_view", "action_marketplace_sync"),
            ("sale.view_order_form", "update_marketplace_status"),
            ("marketplace.view_marketplace_account_form", "action_test_connection"),
        ):
            found = self.arch(self.env.ref(xml_id), self.screen_manager).xpath(
                f"//button[@name='{button}']"
            )
            with self.subTest(button=button):
                self.assertEqual(len(found), 1)
                self.assertIn("btn-primary", found[0].get("class"))

    @covers("R81", "R82", "R83")
    def test_operations_have_tabs_and_the_two_manual_buttons(self):
        for model, button in (
            ("product", "Manual product synchronization"),
            ("order", "Manual order status synchronization"),
        ):
            view = self.env.ref(f"marketplace.view_{model}_operation_list")
            arch = self.arch(view, self.screen_user)
            self.assertEqual(arch.get("js_class"), "marketplace_operation_list")
            (header,) = arch.xpath("//header/button")
            self.assertEqual(header.get("string"), button)
            self.assertEqual(header.get("display"), "always")

    def test_every_button_has_a_method_and_says_what_it_does(self):
        self.check_buttons()


@tagged("post_install", "-at_install")
class TestWords(ScreenCase):
    def test_no_label_is_left_to_odoo_where_it_reads_badly(self):
        for model in self.registry.values():
            if not (model._original_module == "marketplace" and not model._abstract):
                continue
            for name, field in model._fields.items():
                if field._module != "marketplace" or name in ("id", "display_name"):
                    continue
                with self.subTest(field=str(field)):
                    self.assertTrue(field.string)
                    self.assertIsNone(LAZY_LABEL.fullmatch(field.string))

    @covers("R250")
    def test_an_empty_list_says_what_to_do(self):
        windows = self.own("ir.actions.act_window").filtered(
            lambda action: action.target != "new" and action.view_mode != "form"
        )
        self.assertGreater(len(windows), 12)
        for action in windows:
            with self.subTest(action=action.xml_id):
                self.assertIn("<p", action.help or "")

    def test_every_filter_group_and_default_filter_exists(self):
        """A default filter that is misspelt is silently ignored: nobody would notice."""
        for action in self.own("ir.actions.act_window"):
            names = re.findall(r"search_default_(\w+)", action.context or "")
            if not names:
                continue
            view = action.search_view_id
            search = etree.fromstring(
                self.env[action.res_model].get_view(view.id or None, "search")["arch"]
            )
            known = {node.get("name") for node in search.iter("filter", "field")}
            with self.subTest(action=action.xml_id):
                self.assertLessEqual(set(names), known)


@tagged("post_install", "-at_install")
class TestReach(ScreenCase):
    def menus(self, user):
        """Names of the suite's menus that a user can click his way to."""
        menus = self.env["ir.ui.menu"].with_user(user).load_menus(False)
        names = self.own("ir.ui.menu").get_external_id()
        reached, todo = set(), list(menus["root"]["children"])
        while todo:
            menu_id = todo.pop()
            reached.add(menu_id)
            todo += menus[menu_id]["children"]
        return {name for menu_id, name in names.items() if menu_id in reached}

    @covers("R73", "R249", "X33", "X34")
    def test_who_sees_which_menu(self):
        self.assertEqual(self.menus(self.screen_outsider), set())
        seen = self.menus(self.screen_user)
        self.assertLessEqual(
            {
                f"marketplace.menu_{name}"
                for name in (
                    "root",
                    "dashboard",
                    "operations",
                    "causes",
                    "deadline",
                    "money",
                    "settlement",
                    "settlement_line",
                    "return",
                    "links",
                    "listing",
                    "partner_link",
                    "order",
                    "log",
                    "outbox",
                    "submission",
                    "exchange",
                    "inbox",
                    "reporting",
                    "figures",
                    "budget",
                )
            },
            seen,
        )
        self.assertNotIn("marketplace.menu_configuration", seen)
        self.assertNotIn("marketplace.menu_account", seen)
        self.assertLessEqual(
            seen
            | {
                "marketplace.menu_configuration",
                "marketplace.menu_account",
                "marketplace.menu_connect",
                "marketplace.menu_carrier",
            },
            self.menus(self.screen_manager),
        )

    @covers("R249", "X34")
    def test_no_menu_doubles_the_products_or_the_orders(self):
        for menu in self.own("ir.ui.menu"):
            if menu.action and menu.action._name == "ir.actions.act_window":
                with self.subTest(menu=menu.complete_name):
                    self.assertNotIn(
                        menu.action.res_model,
                        ("product.template", "product.product", "sale.order", "res.partner"),
                    )

    def test_every_model_that_a_user_may_read_can_be_reached(self):
        shown = {action.res_model for action in self.own("ir.actions.act_window")}
        for view in self.own("ir.ui.view").filtered("model"):
            shown.add(view.model)
            for node in etree.fromstring(view.arch_db).iter("field"):
                field = self.env[view.model]._fields.get(node.get("name"))
                if field is not None and field.comodel_name:
                    shown.add(field.comodel_name)
        for model in self.registry.values():
            if model._original_module == "marketplace" and not model._abstract:
                with self.subTest(model=model._name):
                    if self.may_read(model._name, self.screen_manager):
                        self.assertIn(model._name, shown)

    @covers("R218", "R245", "R247")
    def test_configuration_monitoring_and_connection_test_are_the_new_screens(self):
        for xml_id, model, view_type in (
            ("marketplace.action_dashboard", "marketplace.account", "kanban"),
            ("marketplace.action_connect_wizard", "marketplace.connect.wizard", "form"),
            ("marketplace.action_exchange", "marketplace.exchange", "list"),
        ):
            action = self.env.ref(xml_id)
            with self.subTest(action=xml_id):
                self.assertEqual(action.res_model, model)
                self.assertIn(view_type, action.view_mode.split(","))
        wizard = self.env.ref("marketplace.action_connect_wizard")
        form = etree.fromstring(
            self.env[wizard.res_model]
            .with_user(self.screen_manager)
            .get_view(view_type="form")["arch"]
        )
        self.assertEqual(len(form.xpath("//button[@name='action_test']")), 1)
        self.assertEqual(self.env.ref("marketplace.action_figures").tag, "marketplace_figures")

    def test_configuration_is_for_managers(self):
        for name in ("connect_wizard", "connect_credential"):
            model = f"marketplace.{name.replace('_', '.')}"
            self.assertFalse(self.may_read(model, self.screen_user))
            self.assertTrue(self.may_read(model, self.screen_manager))
        form = self.env.ref("marketplace.view_marketplace_account_form")
        for user, count in ((self.screen_user, 0), (self.screen_manager, 1)):
            arch = self.arch(form, user)
            for path in (
                "//page[@name='connection']",
                "//button[@name='action_test_connection']",
                "//button[@name='action_pause']",
                "//button[@name='action_resume']",
            ):
                with self.subTest(user=user.login, path=path):
                    self.assertEqual(len(arch.xpath(path)), count)
