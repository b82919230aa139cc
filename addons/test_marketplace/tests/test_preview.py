"""What would be sent can be looked at first, and is then sent exactly so."""

from odoo.tests import new_test_user, tagged

from odoo.addons.marketplace.wizards import marketplace_sync_preview

from marketplace_adapters.testing import covers

from .common import MarketplaceCase


@tagged("post_install", "-at_install")
class TestPreview(MarketplaceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tea = cls._make_product("Tea", 10.0, quantity=5, default_code="TEA")
        cls.milk = cls._make_product("Milk", 4.0, quantity=9)
        cls._list(cls.tea)
        cls._list(cls.milk)
        cls.user = new_test_user(
            cls.env, "p-user", groups="marketplace.group_user,sales_team.group_sale_salesman"
        )

    def setUp(self):
        super().setUp()
        self.run_engine()
        self.channel.calls.clear()

    def preview(self, **vals):
        wizard = (
            self.env["marketplace.sync.wizard"]
            .with_user(self.user)
            .create({"mode": "products", "account_ids": self.account.ids, **vals})
        )
        action = wizard.action_preview()
        self.assertEqual((action["res_model"], action["res_id"]), (wizard._name, wizard.id))
        return wizard

    def lines(self, wizard):
        return [
            (line.product_name, line.kind, line.known, line.wanted) for line in wizard.preview_ids
        ]

    @covers("C5")
    def test_only_what_differs_is_shown_and_nothing_is_sent_or_recorded(self):
        wizard = self.preview()
        self.assertEqual(self.lines(wizard), [])
        self.assertTrue(wizard.preview_summary.startswith("0 change(s)"))
        self.tea.list_price = 12.5
        self.env.cr.flush()
        before = self.env["marketplace.product.operation"].search_count([])
        self.assertEqual(
            self.lines(self.preview()),
            [("[TEA] Tea", "price", "price: 10.00", "price: 12.50")],
        )
        self.env.cr.flush()
        self.assertEqual(self.env["marketplace.product.operation"].search_count([]), before)
        self.assertEqual(self.channel.calls, [])

    @covers("C5")
    def test_what_is_shown_is_what_is_sent(self):
        self.tea.list_price = 12.5
        self.env["stock.quant"]._update_available_quantity(
            self.milk, self.warehouse.lot_stock_id, -2
        )
        wizard = self.preview()
        shown = {(line.listing_id.id, line.kind): line.wanted for line in wizard.preview_ids}
        known = {line.id: dict(line.acknowledged) for line in wizard.preview_ids.listing_id}
        self.assertIn("2 change(s) of 2 listing(s) in 1 call(s)", wizard.preview_summary)
        self.run_engine()
        items = self.env["marketplace.outbox"].search(
            [("id", "in", [int(item.ref) for item in self.channel.pushed])]
        )
        self.assertEqual(len(self.channel.pushes), 1)
        sent = {
            (item.listing_id.id, item.kind): ", ".join(
                f"{name}: {value}"
                for name, value in sorted(item.sent.items())
                if known[item.listing_id.id][item.kind].get(name) != value
            )
            for item in items
        }
        self.assertEqual(shown, sent)

    def test_forced_everything_is_shown(self):
        self.assertEqual(len(self.preview(force=True).preview_ids), 6)
        chosen = self.preview(force=True, scope="selection", product_ids=self.milk.ids)
        self.assertEqual(chosen.preview_ids.mapped("product_name"), ["Milk"] * 3)

    def test_what_the_account_does_not_send_is_not_shown(self):
        self.account.sync_prices = False
        self.tea.list_price = 12.5
        self.assertFalse(self.preview().preview_ids)

    def test_a_trouble_is_shown_before_it_is_one(self):
        self.tea.list_price = -1
        (line,) = self.preview().preview_ids
        self.assertEqual(
            (line.outcome, line.wanted), ("trouble", "The price of [TEA] Tea is negative.")
        )

    def test_calls_are_counted_in_batches_and_a_huge_list_is_cut(self):
        self.account.batch_size = 1
        self.assertIn("in 2 call(s)", self.preview(force=True).preview_summary)
        self.patch(marketplace_sync_preview, "MOST_LISTINGS", 1)
        wizard = self.preview(force=True)
        self.assertEqual(len(wizard.preview_ids.listing_id), 1)
        self.assertIn("Only the first 1 listings", wizard.preview_summary)
