"""Who may do what with the models of an addon, group by group."""

from odoo.tests import new_test_user

LETTERS = {"r": "read", "w": "write", "c": "create", "u": "unlink"}


class RightsCase:
    """Mixin: one person of each group, and what they may."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name, group in (
            ("user", "marketplace.group_user"),
            ("manager", "marketplace.group_manager"),
            ("internal", "base.group_user"),
        ):
            setattr(cls, name, new_test_user(cls.env, f"rights-{name}", groups=group))
        cls.engine = cls.env.ref("marketplace.user_engine")

    def rights(self, model, user):
        """:return: letters of what a user may: read, write, create, unlink"""
        records = self.env[model].with_user(user)
        return "".join(letter for letter, right in LETTERS.items() if records.has_access(right))

    def check_rights(self, rights):
        """:param dict rights: model → rights of user, manager and engine."""
        for model, own in rights.items():
            for user, expected in zip((self.user, self.manager, self.engine), own, strict=True):
                with self.subTest(model=model, user=user.login):
                    self.assertEqual(self.rights(model, user), expected)

    def check_others_see_nothing(self, models):
        """:param models: names."""
        for model in models:
            for user in (self.internal, self.env.ref("base.public_user")):
                with self.subTest(model=model, user=user.login):
                    self.assertEqual(self.rights(model, user), "")

    def check_dialogs(self, dialogs):
        """:param dict dialogs: model → the group that needs it."""
        for model, group in dialogs.items():
            person = new_test_user(self.env, f"rights-{model}", groups=group)
            with self.subTest(model):
                self.assertTrue(self.env[model].with_user(person).has_access("create"))

    def models_of(self, addon):
        """Names of the models with a table that an addon brings."""
        return {
            model._name
            for model in self.registry.values()
            if model._original_module == addon and not model._abstract
        }
