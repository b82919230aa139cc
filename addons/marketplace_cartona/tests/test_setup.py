from pathlib import Path

from lxml import etree

from odoo import fields
from odoo.modules.module import Manifest
from odoo.tests import new_test_user, tagged

from marketplace_adapters.testing import covers

from .common import TOKEN
from .test_orders import OrderCase

UPDATE = "supplier-product/bulk-update"
PULL = "order/pull-orders"


@tagged("post_install", "-at_install")
class TestAddon(OrderCase):
    @covers("R88", "R105", "R106", "R107", "R108", "R111", "R212", "X30", "X31", "X32")
    def test_cartona_is_one_addon_on_the_core_with_the_usual_folders(self):
        manifest = Manifest.for_addon("marketplace_cartona")
        self.assertEqual(manifest["name"], "Marketplace: Cartona")
        self.assertEqual(manifest["depends"], ["marketplace"])
        self.assertRegex(manifest["version"], r"^19\.0\.\d+\.\d+\.\d+$")
        self.assertTrue(manifest["summary"])
        self.assertTrue(manifest["application"])
        self.assertEqual(manifest["license"], "LGPL-3")
        folders = {path.name for path in Path(manifest.path).iterdir() if path.is_dir()}
        self.assertLessEqual(
            {"controllers", "data", "models", "security", "tests", "views", "wizards"}, folders
        )

    @covers("R109", "R285", "R290", "R329", "X31")
    def test_all_it_stands_on_is_sales_stock_and_the_job_queue(self):
        needed, waiting = set(), ["marketplace_cartona"]
        while waiting:
            name = waiting.pop()
            if name.startswith("marketplace"):
                waiting += Manifest.for_addon(name)["depends"]
            else:
                needed.add(name)
        self.assertLessEqual({"sale_management", "sale_stock", "queue_job"}, needed)
        addons = self.env["ir.module.module"].search([("name", "in", list(needed))])
        # Nothing of the Enterprise edition.
        self.assertEqual(set(addons.mapped("license")), {"LGPL-3"})
        self.assertEqual(
            set(addons.mapped("state")) | {self.env.ref("base.module_marketplace_cartona").state},
            {"installed"},
        )

    @covers("R134", "R140", "R141", "R158", "X18", "X39", "X52")
    def test_external_ids_are_unique_on_an_account_and_indexed(self):
        for table in ("marketplace_listing", "marketplace_order", "marketplace_partner"):
            self.env.cr.execute("SELECT indexdef FROM pg_indexes WHERE tablename = %s", [table])
            unique = [row[0] for row in self.env.cr.fetchall() if "UNIQUE" in row[0]]
            with self.subTest(table):
                self.assertTrue([one for one in unique if "(account_id, external_id)" in one])

    @covers("R213", "R217", "R220", "R231", "R245", "R286", "R308")
    def test_screens_of_odoo_are_extended_and_none_is_copied(self):
        data = self.env["ir.model.data"].search(
            [("module", "=", "marketplace_cartona"), ("model", "=", "ir.ui.view")]
        )
        views = self.env["ir.ui.view"].browse(data.mapped("res_id"))
        own = views.filtered(lambda view: not view.inherit_id)
        self.assertTrue(
            all(model.startswith("marketplace.cartona.") for model in own.mapped("model"))
        )
        extended = (views - own).mapped("model")
        for model in ("product.template", "res.partner", "sale.order", "stock.picking"):
            self.assertIn(model, extended)

    @covers("R113", "R114", "R118", "R205", "R236", "R238", "R239", "R240", "R242", "R243", "R244")
    def test_the_accounts_form_has_what_the_connection_needs(self):
        form = self.env["marketplace.account"].get_view(view_type="form")["arch"]
        arch = etree.fromstring(form)
        for name in (
            "name",
            "base_url",
            "cartona_token",
            "cartona_supplier_code",
            "automatic",
            "interval",
            "sync_products",
            "sync_orders",
        ):
            with self.subTest(name):
                found = arch.xpath(f"//field[@name='{name}'][not(ancestor::list)]")
                self.assertEqual(len(found), 1)
        self.assertEqual(arch.xpath("//field[@name='cartona_token']/@password"), ["True"])
        self.assertEqual(arch.xpath("//field[@name='state']/@widget"), ["statusbar"])
        self.assertEqual(len(arch.xpath("//field[@name='last_pulled_at']")), 1)
        described = self.env["marketplace.account"].fields_get(["last_pulled_at"])
        self.assertTrue(described["last_pulled_at"]["readonly"])

    @covers("R125", "R127", "R294")
    def test_a_missing_token_is_said_in_words_and_nothing_is_called(self):
        self.account.cartona_token = False
        self.cartona.call("DELETE", "calls")
        with self.account._open_adapter() as adapter:
            check = adapter.check()
        self.assertEqual((check.ok, check.missing), (False, ("token",)))
        self.tea.list_price = 11
        self.send()
        self.assertFalse(self.cartona.calls(UPDATE))
        self.assertEqual(self.account.state, "paused")
        self.assertIn("token", self.account.pause_reason)
        self.account.cartona_token = "token-of-the-supplier"
        self.account.action_resume()
        self.send()
        self.assertEqual(
            float(self.cartona.product(self.tea_listing.external_id)["selling_price"]), 11.0
        )

    @covers("R90", "R123", "R126", "R127", "R128", "R204", "R262", "R264")
    def test_every_call_goes_to_the_accounts_address_with_its_token(self):
        self.order_in()
        self.tea.list_price = 12
        self.send()
        calls = self.cartona.call("GET", "calls?provider=cartona&limit=100")
        self.assertGreaterEqual({call["endpoint"] for call in calls}, {UPDATE, PULL})
        self.assertEqual({call["status"] for call in calls}, {200})
        self.assertTrue(all(call["path"].startswith("/api/v1/") for call in calls))


@tagged("post_install", "-at_install")
class TestFlow(OrderCase):
    @covers("R86", "R87", "R91", "R200", "R246")
    def test_price_stock_and_orders_flow_both_ways_without_a_person(self):
        self.tea.list_price = 11
        hashed_id, sale = self.order_in(amount=2)
        self.deliver(sale)
        remote = self.cartona.product(self.tea_listing.external_id)
        self.assertEqual(float(remote["selling_price"]), 11.0)
        self.assertEqual(remote["available_stock_quantity"], 98)
        self.assertEqual(self.status(hashed_id), "delivered")
        self.assertEqual(self.tea.qty_available, 98.0)

    @covers("R96", "R145", "R146", "R155", "R156", "R157", "R311")
    def test_a_finished_move_sends_stock_the_same_way_as_a_price(self):
        receipt = self.env["stock.move"].create(
            {
                "product_id": self.tea.id,
                "product_uom_qty": 20,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.warehouse.lot_stock_id.id,
            }
        )
        receipt._action_confirm()
        receipt.quantity = 20
        receipt.picked = True
        self.cartona.call("DELETE", "calls")
        receipt._action_done()
        self.assertFalse(self.cartona.calls(UPDATE), "the user's own transaction calls nobody")
        self.tea.list_price = 9
        self.send()
        (call,) = self.cartona.calls(UPDATE)
        for member in ('"available_stock_quantity":120', '"selling_price":"9.00"'):
            self.assertIn(member, call["request_body"].replace(" ", ""))

    @covers("R147", "R148", "X27", "R320")
    def test_the_nightly_check_tells_what_is_not_as_acknowledged_and_nothing_else(self):
        rice = self._link(self._make_product("Rice", price=20, quantity=5))
        self.send()
        rice.acknowledged = False
        self.cartona.call("PATCH", f"cartona/products/{rice.external_id}", {"selling_price": "1"})
        self.cartona.call("DELETE", "calls")
        self._engine()._cron_reconcile()
        self.send()
        (call,) = self.cartona.calls(UPDATE)
        self.assertIn(rice.external_id, call["request_body"])
        self.assertNotIn(self.tea_listing.external_id, call["request_body"])
        self.assertEqual(float(self.cartona.product(rice.external_id)["selling_price"]), 20.0)

    @covers("R117", "R160", "R198", "R267", "X6", "X28")
    def test_a_pull_is_due_at_once_and_then_after_the_interval(self):
        self.assertEqual(self.account.interval, 60)
        self.assertTrue(self.account._pull_is_due())
        self.fetch()
        cursor = self.account.cursor_ids
        self.assertTrue(cursor.pulled_at)
        self.assertFalse(self.account._pull_is_due())
        cursor.pulled_at = fields.Datetime.subtract(fields.Datetime.now(), seconds=61)
        self.assertTrue(self.account._pull_is_due())

    @covers("R117", "R130")
    def test_a_pull_that_failed_is_not_the_last_successful_one(self):
        self.fetch()
        earlier = fields.Datetime.subtract(fields.Datetime.now(), hours=1)
        self.account.cursor_ids.pulled_at = earlier
        self.cartona.fail(PULL, "status", status=500)
        self.fetch()
        self.assertEqual(self.account.cursor_ids.pulled_at, earlier)
        self.assertEqual(self.account.last_pulled_at, earlier)
        self.cartona.call("DELETE", "faults")
        self.fetch()
        self.assertGreater(self.account.last_pulled_at, earlier)

    @covers("R89", "R160", "R198", "X28")
    def test_a_scheduled_action_wakes_the_pull_of_connected_accounts_every_minute(self):
        cron = self.env.ref("marketplace.cron_keep_going")
        self.assertEqual(
            (cron.active, cron.interval_number, cron.interval_type), (True, 1, "minutes")
        )
        draft = self.env.ref("marketplace_cartona.account_cartona")
        woken = []
        self.patch(
            type(self.env["marketplace.engine"]),
            "_wake",
            lambda engine, method, account_id=0, *args, **kwargs: woken.append(
                (method, account_id)
            ),
        )
        self._engine()._cron_keep_going()
        self.assertIn(("_job_pull", self.account.id), woken)
        self.assertFalse([one for one in woken if one[1] == draft.id])
        woken.clear()
        self.account.automatic = False
        self._engine()._cron_keep_going()
        self.assertNotIn(("_job_pull", self.account.id), woken)

    @covers("R162", "R314", "R320")
    def test_one_bad_order_does_not_stop_the_others(self):
        good = [self.cartona.place((self.tea_listing.external_id, 1)) for _n in range(2)]
        bad = self.cartona.place(
            (self.tea_listing.external_id, 1), overrides={"status": "teleported"}
        )
        worse = self.cartona.place(
            (self.tea_listing.external_id, 1), overrides={"order_details": "none"}
        )
        good.append(self.cartona.place((self.tea_listing.external_id, 1)))
        self.fetch()
        self.assertTrue(all(self.order_of(one).sale_order_id.state == "sale" for one in good))
        items = self.env["marketplace.inbox"].search([("external_id", "in", (bad, worse))])
        self.assertEqual(items.mapped("status"), ["quarantined"] * 2)

    @covers("R242", "R243", "R259", "R351")
    def test_products_prices_stock_and_orders_are_switched_on_their_own(self):
        self.account.write({"sync_stock": False, "sync_orders": False, "sync_order_status": False})
        hashed_id = self.cartona.place((self.tea_listing.external_id, 1))
        self.cartona.call("DELETE", "calls")
        self.tea.list_price = 13
        self.env["stock.quant"]._update_available_quantity(
            self.tea, self.warehouse.lot_stock_id, -10
        )
        self.send()
        self.fetch()
        (call,) = self.cartona.calls(UPDATE)
        self.assertIn("selling_price", call["request_body"])
        self.assertNotIn("available_stock_quantity", call["request_body"])
        self.assertFalse(self.cartona.calls(PULL))
        self.assertFalse(self.order_of(hashed_id))

    @covers("R283")
    def test_nothing_is_sent_before_the_account_is_connected_and_the_product_linked(self):
        self.account.state = "draft"
        rice = self._make_product("Rice", price=20, quantity=5)
        rice_id = self.cartona.add_product("Rice")
        self.cartona.call("DELETE", "calls")
        rice.list_price = 21
        self.send()
        self.account.state = "connected"
        rice.list_price = 22
        self.send()
        self.assertFalse([call for call in self.cartona.calls(UPDATE) if rice_id in str(call)])
        rice.cartona_id = rice_id
        rice.list_price = 23
        self.send()
        self.assertEqual(float(self.cartona.product(rice_id)["selling_price"]), 23.0)

    @covers("R265", "R284", "R293")
    def test_a_token_is_all_that_must_be_entered(self):
        wizard = self.env["marketplace.connect.wizard"].create(
            {"provider": "cartona", "name": "Token only"}
        )
        wizard.action_next()
        account = wizard.account_id
        self.assertEqual(account.base_url, "https://supplier-integrations.cartona.com")
        account.base_url = self.cartona.base_url
        self.assertEqual(wizard.credential_ids.mapped("key"), ["token"])
        wizard.credential_ids.value = TOKEN
        for _step in ("credentials", "policies"):
            wizard.action_next()
        self.assertTrue(wizard.test_ok)
        wizard.action_finish()
        self.assertEqual((account.state, account._may_call()), ("connected", True))

    @covers("R258", "R265", "R287", "R352", "X17")
    def test_suppliers_of_two_companies_share_nothing(self):
        self.cartona.call("POST", "cartona/suppliers", {"code": "DELTA", "name": "Delta"})
        self.cartona.call("POST", "cartona/tokens", {"token": "t2", "suppliers": ["DELTA"]})
        row = {"name": "Rice", "unit": "kg", "unit_count": 1, "selling_price": "20"}
        body = {"products": [row], "supplier_code": "DELTA"}
        rice_id = str(self.cartona.call("POST", "cartona/products", body)[0]["id"])
        company = self.env["res.company"].create({"name": "Delta"})
        other = self._make_account("Delta", company_id=company.id, cartona_token="t2")
        rice = self._make_product("Rice", price=20, company_id=company.id)
        self.env["marketplace.listing"].create(
            {"account_id": other.id, "product_id": rice.id, "external_id": rice_id}
        )
        retailer = {"retailer_name": "Nour", "retailer_code": "1001"}
        mine = self.cartona.place((self.tea_listing.external_id, 1), retailer=retailer)
        theirs = self.cartona.place((rice_id, 1), retailer=retailer, supplier_code="DELTA")
        self.fetch()
        ours, others = self.order_of(mine), self.order_of(theirs)
        self.assertEqual((ours.account_id, others.account_id), (self.account, other))
        self.assertEqual(
            (ours.sale_order_id.company_id, others.sale_order_id.company_id),
            (self.company, company),
        )
        user = new_test_user(
            self.env,
            "cartona-delta",
            groups="marketplace.group_user,sales_team.group_sale_manager",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        for model in ("marketplace.order", "marketplace.listing", "marketplace.partner"):
            seen = self.env[model].with_user(user).search([])
            with self.subTest(model):
                self.assertEqual(seen.account_id, other)

    @covers("R233", "R350")
    def test_a_supplier_can_be_linked_as_well_as_a_shop(self):
        partner = self.env["res.partner"].create({"name": "Mill", "cartona_id": "S-9"})
        self.env.invalidate_all()
        partner.marketplace_customer_type = "supplier"
        link = self.env["marketplace.partner"].search([("partner_id", "=", partner.id)])
        self.assertEqual((link.customer_type, link.external_id), ("supplier", "retailer_S-9"))

    @covers("R327")
    def test_an_order_can_be_invoiced_like_any_other(self):
        _hashed_id, sale = self.order_in(amount=10, cartona_credit="20")
        self.deliver(sale)
        invoice = sale._create_invoices()
        self.assertEqual(invoice.amount_total, 100.0)
        self.assertIn("20.00", str(invoice.narration))
