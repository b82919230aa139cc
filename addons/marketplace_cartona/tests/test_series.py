"""What a later series of Odoo may change under this addon is noticed by name."""

from odoo.tests import tagged

from odoo.addons.marketplace.tests.overrides import OverrideCase

from marketplace_adapters.testing import covers

# Methods of Odoo that this addon overrides, by model.
OVERRIDDEN = {
    "account.move": {"_post", "button_cancel", "button_draft"},
    "product.template": {"_get_related_fields_variant_template"},
    "sale.order": {"_prepare_invoice"},
    "stock.picking": {"_action_done", "_pre_action_done_hook"},
}


@tagged("post_install", "-at_install")
class TestSeries(OverrideCase):
    @covers("R336", "R345")
    def test_every_overridden_method_of_odoo_is_known_and_has_odoos_parameters(self):
        self.check_overrides("marketplace_cartona", OVERRIDDEN)
