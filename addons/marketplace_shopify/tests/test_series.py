"""What a later series of Odoo may change under this addon is noticed by name."""

import inspect

from odoo.tests import TransactionCase, tagged

from marketplace_adapters.testing import covers

OURS = "odoo.addons.marketplace"
# Methods of Odoo that this addon overrides, by model.
OVERRIDDEN = {
    "product.category": {"write"},
    "product.product": {"write"},
    "product.template": {"write"},
    "sale.mass.cancel.orders": {"action_mass_cancel"},
    "sale.order": {"_action_cancel", "action_cancel"},
}


@tagged("post_install", "-at_install")
class TestSeries(TransactionCase):
    def overrides(self, model):
        """{method: (ours, Odoo's own)} of what this addon overrides in a model of Odoo."""
        found = {}
        classes = type(self.env[model]).mro()
        own = [one for one in classes if one.__module__.startswith(f"{OURS}_shopify.")]
        for one in own:
            for name, function in vars(one).items():
                theirs = [
                    vars(other)[name]
                    for other in classes
                    if name in vars(other)
                    and other.__module__.startswith("odoo.addons.")
                    and not other.__module__.startswith(OURS)
                ]
                if inspect.isfunction(function) and theirs:
                    found[name] = (function, theirs[-1])
        return found

    @covers("R336", "R345")
    def test_every_overridden_method_of_odoo_is_known_and_has_odoos_parameters(self):
        for model, names in OVERRIDDEN.items():
            overrides = self.overrides(model)
            with self.subTest(model):
                self.assertEqual(set(overrides), names)
            for name, (ours, theirs) in overrides.items():
                with self.subTest(model=model, method=name):
                    self.assertEqual(
                        list(inspect.signature(ours).parameters),
                        list(inspect.signature(theirs).parameters),
                    )
