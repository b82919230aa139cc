"""What a later series of Odoo may change under an addon is noticed by name."""

import inspect

from odoo.tests.common import TransactionCase

ADDONS = "odoo.addons."
OURS = "odoo.addons.marketplace"


class OverrideCase(TransactionCase):
    """Tests of an addon that overrides methods of Odoo."""

    maxDiff = None

    def overrides(self, addon):
        """{model of Odoo: {method: (ours, Odoo's own)}} of what an addon overrides."""
        found = {}
        for name, model in self.env.registry.items():
            if not name.startswith("marketplace."):
                methods = dict(_overridden(model.mro(), f"{ADDONS}{addon}."))
                if methods:
                    found[name] = methods
        return found

    def check_overrides(self, addon, expected):
        """Every overridden method is known, and has the parameters that Odoo's own has.

        :param dict expected: model of Odoo → names of methods.
        """
        found = self.overrides(addon)
        self.assertEqual({model: set(methods) for model, methods in found.items()}, expected)
        for model, methods in found.items():
            for name, (ours, theirs) in methods.items():
                with self.subTest(model=model, method=name):
                    self.assertEqual(
                        list(inspect.signature(ours).parameters),
                        list(inspect.signature(theirs).parameters),
                    )


def _overridden(classes, prefix):
    """(name, (ours, Odoo's own)) of the methods that an addon's classes override."""
    for own in classes:
        if not own.__module__.startswith(prefix):
            continue
        for name, function in vars(own).items():
            theirs = [
                vars(other)[name]
                for other in classes
                if name in vars(other)
                and other.__module__.startswith(ADDONS)
                and not other.__module__.startswith(OURS)
            ]
            if inspect.isfunction(function) and theirs:
                yield name, (function, theirs[-1])
