"""What a later series of Odoo may change is used in one place each."""

import ast
from pathlib import Path

from odoo import release
from odoo.modules.module import get_manifest
from odoo.tests import BaseCase, tagged

from marketplace_adapters.testing import covers

from .overrides import OverrideCase

ADDON = Path(__file__).parent.parent

# Odoo's internals and the one file that uses each; ROADMAP.md names the files.
INTERNALS = {
    "_check_company_domain": "tools/pricing.py",
    "_convert": "tools/pricing.py",
    "_compute_quantities_dict": "models/marketplace_listing_stock.py",
    "_filter_taxes_by_company": "tools/pricing.py",
    "_get_fiscal_position": "tools/pricing.py",
    "_get_invoice_lines": "models/marketplace_return_money.py",
    "_get_products_price": "models/marketplace_listing_price.py",
    "_get_tax_details": "tools/pricing.py",
    "_has_common_reference": "wizards/marketplace_link_matcher.py",
    "_price_compute": "models/marketplace_listing_price.py",
    "_prepare_invoice": "models/marketplace_return_money.py",
    "_reverse_moves": "models/marketplace_order_update.py",
    "_sql_error_to_message": "wizards/marketplace_link_planner.py",
    "_store_values": "models/marketplace_engine.py",
    "_trigger": "models/marketplace_privacy_request.py",
    "_update_available_quantity": "models/marketplace_stored.py",
    "_xmlid_to_res_id": "controllers/webhook.py",
}
# Underscored by habit, yet the same in every series that Odoo supports.
COMMON = {
    "_description_selection",
    "_description_string",
    "_fields",
    "_for_xml_id",
    "_message_log",
    "_message_log_batch",
    "_name",
    "_origin",
    "_read_group",
    "_search",
}
# Methods of Odoo that this addon overrides, by model.
OVERRIDDEN = {
    "account.move": {"_post"},
    "product.pricelist.item": {"create", "unlink", "write"},
    "product.product": {"create", "unlink", "write"},
    "product.template": {"create", "unlink", "write"},
    "product.template.attribute.value": {"write"},
    "res.currency": {"write"},
    "sale.mass.cancel.orders": {"action_mass_cancel"},
    "sale.order": {
        "_action_cancel",
        "_compute_currency_id",
        "_confirmation_error_message",
        "action_cancel",
        "write",
    },
    "sale.order.line": {
        "_action_launch_stock_rule",
        "_compute_qty_delivered_method",
        "_compute_qty_invoiced_posted",
        "_compute_warehouse_id",
        "_prepare_qty_invoiced",
        "create",
        "unlink",
        "write",
    },
    "stock.move": {"_action_done", "create", "unlink", "write"},
    "stock.picking": {"_action_done", "write"},
    "stock.quant": {"create", "unlink", "write"},
}


@tagged("post_install", "-at_install")
class TestSeries(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.trees = {
            path.relative_to(ADDON).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
            for path in sorted(ADDON.rglob("*.py"))
            if "tests" not in path.parts
        }

    def names_of_ours(self):
        for tree in self.trees.values():
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef):
                    yield node.name
                elif isinstance(node, ast.Assign):
                    for target in node.targets:
                        if isinstance(target, (ast.Name, ast.Attribute)):
                            yield getattr(target, "id", None) or target.attr

    @covers("R334", "R336")
    def test_each_internal_of_odoo_is_used_in_one_place(self):
        ours = set(self.names_of_ours())
        used = {}
        for path, tree in self.trees.items():
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
                    name = node.attr
                    if not name.startswith("__") and name not in ours | COMMON and name != "_":
                        used.setdefault(name, set()).add(path)
        self.assertEqual(used, {name: {path} for name, path in INTERNALS.items()})

    @covers("R336", "R344", "X32")
    def test_no_code_asks_for_the_series_and_the_manifest_names_it(self):
        for path, tree in self.trees.items():
            asked = {
                node.attr if isinstance(node, ast.Attribute) else getattr(node, "name", None)
                for node in ast.walk(tree)
                if isinstance(node, (ast.Attribute, ast.alias))
            }
            with self.subTest(path=path):
                self.assertFalse(asked & {"release", "version_info", "serie", "major_version"})
        self.assertTrue(get_manifest("marketplace")["version"].startswith(f"{release.series}."))

    @covers("R199", "R346")
    def test_the_known_limits_name_the_series_and_where_it_matters(self):
        text = (ADDON / "readme" / "ROADMAP.md").read_text(encoding="utf-8")
        self.assertIn(f"Odoo {release.series}", text)
        for path in sorted(set(INTERNALS.values())):
            self.assertIn(f"`{path}`", text)


@tagged("post_install", "-at_install")
class TestOverrides(OverrideCase):
    @covers("R336", "R345")
    def test_every_overridden_method_of_odoo_is_known_and_has_odoos_parameters(self):
        self.check_overrides("marketplace", OVERRIDDEN)
