"""Every screen of an addon: renders, and its buttons lead somewhere."""

from lxml import etree

from odoo.tests import new_test_user

# People who see all screens of Odoo that an addon extends.
SELLERS = "sales_team.group_sale_manager,stock.group_stock_user,account.group_account_invoice"


class ScreenMixin:
    """Mixin: the views of an addon as a user and a manager see them."""

    addon = "marketplace"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name, group in (
            ("outsider", ""),
            ("user", "marketplace.group_user,"),
            ("manager", "marketplace.group_manager,"),
        ):
            person = new_test_user(cls.env, f"screen-{name}", groups=group + SELLERS)
            setattr(cls, f"screen_{name}", person)

    def own(self, model):
        """Records of a model that the addon brings."""
        ids = self.env["ir.model.data"].search([("module", "=", self.addon), ("model", "=", model)])
        return self.env[model].browse(ids.mapped("res_id")).exists()

    def arch(self, view, user):
        """A view with all that extends it, as a user gets it."""
        root = view
        while root.inherit_id and root.mode == "extension":
            root = root.inherit_id
        return etree.fromstring(
            self.env[root.model].with_user(user).get_view(root.id, root.type)["arch"]
        )

    def may_read(self, model, user):
        return self.env[model].with_user(user).has_access("read")

    def check_views(self, at_least):
        """Every view renders for everybody who may read.

        :param at_least: how many there must be, or nothing was looked at.
        """
        views = self.own("ir.ui.view").filtered("model")
        self.assertGreaterEqual(len(views), at_least)
        for view in views:
            for user in (self.screen_user, self.screen_manager):
                if self.may_read(view.model, user):
                    with self.subTest(view=view.xml_id, user=user.login):
                        self.assertIsNotNone(self.arch(view, user))

    def check_buttons(self):
        """Every button has a method, and says what it does."""
        for view in self.own("ir.ui.view"):
            for button in etree.fromstring(view.arch_db).iterfind(".//button"):
                with self.subTest(view=view.xml_id, button=button.get("name")):
                    self.assertTrue(
                        button.get("string") or button.get("title") or button.text or len(button)
                    )
                    if view.model and button.get("type") == "object":
                        self.assertTrue(self._leads_somewhere(view, button.get("name")))

    def _leads_somewhere(self, view, method):
        """Whether the view's model or one that it shows has a method."""
        models = {view.model} | {
            field.comodel_name
            for field in self.env[view.model]._fields.values()
            if field.comodel_name
        }
        return any(hasattr(self.registry[model], method) for model in models)
